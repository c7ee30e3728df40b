/* Taking change sets at the hub: positions, verdicts, merging, holding, going back. SPEC 3.5, 6, 7.10. */
#include "tests/lib/catalogue_load.h"
#include "tests/lib/hub_world.h"
#include "proto/record.h"
#include "common/io/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

enum { TYPE = 1, NAME = 1, PHONE = 19, ADDRESS = 14 }; /* person of the project's catalogue */

static struct id_record rid_of(unsigned n)
{
    struct id_record r = {{0}};
    r.b[0] = (uint8_t)n;
    r.b[1] = (uint8_t)(n >> 8);
    r.b[15] = 7;
    return r;
}

static struct id_version save_text(struct world_node *n, enum change_kind kind, unsigned rid,
                                   unsigned field, const char *text, const struct id_version *bases,
                                   size_t count)
{
    struct world_op o;
    struct id_record r = rid_of(rid);
    world_op_begin(&o, kind, &r, TYPE);
    world_op_text(&o, field, text, bases, count);
    struct bytes p = world_op_end(&o);
    struct id_version v = world_save(n, &p, 1);
    world_op_free(&o);
    return v;
}

static struct hub_taken own_text(struct world *w, enum change_kind kind, unsigned rid,
                                 unsigned field, const char *text, const struct id_version *bases,
                                 size_t count)
{
    struct world_op o;
    struct id_record r = rid_of(rid);
    world_op_begin(&o, kind, &r, TYPE);
    world_op_text(&o, field, text, bases, count);
    struct bytes p = world_op_end(&o);
    struct hub_taken t = world_own(w, &p, 1);
    world_op_free(&o);
    return t;
}

static void publish(struct world *w)
{
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    world_publish(w, files, count);
    catalogue_unload(files, count);
}

static const char *text_of(struct world *w, unsigned rid, unsigned field, size_t *conflicts)
{
    struct id_record r = rid_of(rid);
    return world_text(w, &r, field, conflicts);
}

static enum err count_row(void *ctx, const struct hub_record_row *r)
{
    (void)r;
    ++*(size_t *)ctx;
    return ERR_OK;
}

static size_t conflicts_listed(struct world *w)
{
    size_t n = 0;
    assert_int_equal(hub_store_conflicts(w->store, count_row, &n), ERR_OK);
    return n;
}

static uint64_t held(struct world *w)
{
    struct hub_counts c;
    assert_int_equal(hub_store_counts(w->store, &c), ERR_OK);
    return c.held;
}

static void positions_and_p_go_on(void **state)
{
    (void)state;
    struct world w;
    struct world_node n;
    struct hub_position before, after;
    world_open(&w, 1);
    world_node_open(&w, &n, "26170", 11);
    hub_store_position(w.store, &before);
    save_text(&n, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    assert_int_equal(world_push(&w, &n), ERR_OK);
    hub_store_position(w.store, &after);
    assert_int_equal(after.position, before.position + 2); /* genesis and the record */
    uint8_t m[64];
    struct id_hash p = before.hash;
    for (size_t i = 0; i < 2; i++) {
        memcpy(m, p.b, 32);
        memcpy(m + 32, n.sets[i].hash.b, 32);
        crypto_generichash(p.b, 32, m, 64, NULL, 0);
    }
    assert_memory_equal(p.b, after.hash.b, 32);
    bool known = false;
    assert_int_equal(hub_store_knows(w.store, after.epoch, after.position, after.hash.b, &known),
                     0);
    assert_true(known);
    assert_int_equal(
        hub_store_knows(w.store, after.epoch, after.position - 1, after.hash.b, &known), 0);
    assert_false(known);
    assert_int_equal(
        hub_store_knows(w.store, after.epoch + 1, after.position, after.hash.b, &known), 0);
    assert_false(known);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_reopen(&w);
    struct hub_position again;
    hub_store_position(w.store, &again);
    assert_memory_equal(&again, &after, sizeof again);
    world_node_close(&n);
    world_close(&w);
}

static void two_edits_offline_are_a_conflict_until_the_hub_decides(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    size_t conflicts = 0;
    world_open(&w, 2);
    publish(&w);
    world_node_open(&w, &a, "26170", 21);
    world_node_open(&w, &b, "26170", 22); /* a second PC of the same commune */
    struct id_version v0 = save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    struct id_version heads[2];
    heads[0] = save_text(&a, CHANGE_EDIT, 1, NAME, "Lan Anh", &v0, 1);
    heads[1] = save_text(&b, CHANGE_EDIT, 1, NAME, "Lan Hương", &v0, 1);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    struct hub_position at;
    hub_store_position(w.store, &at);
    assert_int_equal(world_verdict(&w, at.position), FOLD_CONFLICT);
    assert_string_equal(text_of(&w, 1, NAME, &conflicts), "Lan Anh");
    assert_int_equal(conflicts, 1);
    assert_int_equal(conflicts_listed(&w), 1);

    struct fold f;
    struct buf bytes, value;
    unsigned type = 0;
    uint64_t position = 0;
    struct id_version base;
    struct id_record rid = rid_of(1);
    buf_init(&bytes, FOLD_STATE_BYTES_MAX);
    buf_init(&value, 100);
    assert_int_equal(fold_init(&f), ERR_OK);
    assert_int_equal(hub_store_record(w.store, &rid, &bytes, &type, NULL, &position), ERR_OK);
    assert_int_equal(fold_load(&f, buf_bytes(&bytes)), ERR_OK);
    const struct fold_register *r = fold_find(&f, NAME, (struct bytes){NULL, 0});
    assert_int_equal(hub_store_base(w.store, &rid, &f, r, &value, &base), ERR_OK);
    assert_memory_equal(base.b, v0.b, sizeof v0.b);
    assert_memory_equal(value.p, "\xa3Lan", 4);
    fold_free(&f);
    buf_free(&bytes);
    buf_free(&value);

    if (memcmp(heads[0].b, heads[1].b, sizeof heads[0].b) > 0) {
        struct id_version t = heads[0];
        heads[0] = heads[1];
        heads[1] = t;
    }
    struct hub_taken done = own_text(&w, CHANGE_EDIT, 1, NAME, "Lan Hương", heads, 2);
    assert_int_equal(world_verdict(&w, done.last_position), FOLD_APPLIED);
    assert_string_equal(text_of(&w, 1, NAME, &conflicts), "Lan Hương");
    assert_int_equal(conflicts, 0);
    assert_int_equal(conflicts_listed(&w), 0);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static void an_edit_before_its_record_waits_and_is_told_later(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    world_open(&w, 3);
    world_node_open(&w, &a, "26170", 31);
    world_node_open(&w, &b, "26170", 32);
    struct id_version v0 = save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    struct id_version v1 = save_text(&b, CHANGE_EDIT, 1, NAME, "Mai", &v0, 1);
    save_text(&b, CHANGE_EDIT, 1, NAME, "Hoa", &v1, 1);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    struct hub_position at;
    hub_store_position(w.store, &at);
    assert_int_equal(world_verdict(&w, at.position), FOLD_HELD_UNKNOWN);
    assert_int_equal(held(&w), 2);
    struct hub_feed feed;
    struct message_hello_node hello = {0};
    assert_int_equal(hub_store_feed(w.store, &b.hub_node, 0, &hello, 1 << 20, &feed), ERR_OK);
    assert_true(feed.last);
    uint64_t cursor = feed.upto;
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(held(&w), 0);
    assert_int_equal(world_verdict(&w, at.position), FOLD_APPLIED);
    assert_string_equal(text_of(&w, 1, NAME, NULL), "Hoa");
    assert_int_equal(hub_store_feed(w.store, &b.hub_node, cursor, &hello, 1 << 20, &feed), ERR_OK);
    assert_int_equal(feed.verdict_count, 1); /* both sets, one run */
    assert_int_equal(feed.verdicts[0].first_seq, 1);
    assert_int_equal(feed.verdicts[0].verdicts.len, 2);
    assert_int_equal(feed.verdicts[0].verdicts.p[0], FOLD_APPLIED);
    assert_int_equal(feed.verdicts[0].verdicts.p[1], FOLD_APPLIED);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static void an_edit_before_the_create_in_one_set_waits_for_it(void **state)
{
    (void)state;
    struct world w;
    struct world_node a;
    world_open(&w, 4);
    world_node_open(&w, &a, "26170", 41);
    struct world_op edit, create;
    struct id_record rid = rid_of(1);
    struct id_version none = {{1}};
    world_op_begin(&edit, CHANGE_EDIT, &rid, TYPE);
    world_op_text(&edit, PHONE, "0901", &none, 1);
    world_op_begin(&create, CHANGE_CREATE, &rid, TYPE);
    world_op_text(&create, NAME, "Lan", NULL, 0);
    struct bytes payloads[2];
    payloads[0] = world_op_end(&edit);
    payloads[1] = world_op_end(&create);
    world_save(&a, payloads, 2);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    struct hub_position at;
    hub_store_position(w.store, &at);
    assert_int_equal(world_verdict(&w, at.position), FOLD_APPLIED);
    assert_int_equal(held(&w), 0);
    assert_string_equal(text_of(&w, 1, PHONE, NULL), "0901");
    world_op_free(&edit);
    world_op_free(&create);
    world_node_close(&a);
    world_close(&w);
}

static void another_commune_cannot_write_a_record(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    world_open(&w, 5);
    world_node_open(&w, &a, "26170", 51);
    world_node_open(&w, &b, "26173", 52);
    struct id_version v0 = save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    save_text(&b, CHANGE_EDIT, 1, NAME, "X", &v0, 1);
    save_text(&b, CHANGE_CREATE, 1, NAME, "Y", NULL, 0); /* the same id */
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    struct hub_position at;
    hub_store_position(w.store, &at);
    assert_int_equal(world_verdict(&w, at.position), FOLD_HELD_SCOPE);
    assert_int_equal(world_verdict(&w, at.position - 1), FOLD_HELD_SCOPE);
    assert_string_equal(text_of(&w, 1, NAME, NULL), "Lan");
    assert_int_equal(held(&w), 2);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static void a_node_cannot_administer(void **state)
{
    (void)state;
    struct world w;
    struct world_node a;
    world_open(&w, 6);
    world_node_open(&w, &a, "26170", 61);
    struct buf b;
    buf_init(&b, 1000);
    admin_revoke_encode(&(struct admin_revoke){.node = a.hub_node.node, .reason = bytes_str("x")},
                        &b);
    struct bytes p = buf_bytes(&b);
    world_save(&a, &p, 1);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    struct hub_position at;
    hub_store_position(w.store, &at);
    assert_int_equal(world_verdict(&w, at.position), FOLD_HELD_UNREADABLE);
    struct hub_node n;
    assert_int_equal(hub_store_node(w.store, &a.hub_node.node, &n), ERR_OK);
    assert_false(n.revoked);
    world_own(&w, &p, 1); /* the hub can */
    assert_int_equal(hub_store_node(w.store, &a.hub_node.node, &n), ERR_OK);
    assert_true(n.revoked);
    save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    assert_int_equal(world_push(&w, &a), ERR_REVOKED);
    buf_free(&b);
    world_node_close(&a);
    world_close(&w);
}

static void a_delete_that_did_not_see_an_edit_is_a_conflict(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    world_open(&w, 7);
    world_node_open(&w, &a, "26170", 71);
    world_node_open(&w, &b, "26170", 72);
    struct id_version v0 = save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    uint8_t digest[18] = {0xc4, 16}, hash[32];
    crypto_generichash(hash, 32, v0.b, sizeof v0.b, NULL, 0);
    memcpy(digest + 2, hash, 16);
    struct world_op o;
    struct id_record rid = rid_of(1);
    world_op_begin(&o, CHANGE_DELETE, &rid, TYPE);
    world_op_value(&o, 0, BYTES_OF(digest), NULL, 0);
    struct bytes p = world_op_end(&o);
    world_save(&a, &p, 1);
    save_text(&b, CHANGE_EDIT, 1, NAME, "Mai", &v0, 1);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(conflicts_listed(&w), 0); /* what it saw is what there is */
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_int_equal(conflicts_listed(&w), 1);
    assert_string_equal(text_of(&w, 1, NAME, NULL), "Mai");
    world_op_free(&o);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

/* Two people delete a record at once, each with a set of its own that says why. */
static void delete_twice(unsigned reason_field, const char *why, size_t conflicts)
{
    struct world w;
    struct world_node n[2];
    world_open(&w, 9);
    publish(&w);
    world_node_open(&w, &n[0], "26170", 91);
    world_node_open(&w, &n[1], "26170", 92);
    struct id_version v0 = save_text(&n[0], CHANGE_CREATE, 1, PHONE, "1", NULL, 0);
    assert_int_equal(world_push(&w, &n[0]), ERR_OK);
    uint8_t digest[18] = {0xc4, 16}, hash[32];
    crypto_generichash(hash, 32, v0.b, sizeof v0.b, NULL, 0);
    memcpy(digest + 2, hash, 16);
    struct id_record rid = rid_of(1);
    for (int i = 0; i < 2; i++) {
        struct world_op o;
        save_text(&n[i], CHANGE_EDIT, 1, reason_field, i == 0 ? "mistake" : why, NULL, 0);
        world_op_begin(&o, CHANGE_DELETE, &rid, TYPE);
        world_op_value(&o, 0, BYTES_OF(digest), NULL, 0);
        struct bytes p = world_op_end(&o);
        world_save(&n[i], &p, 1);
        world_op_free(&o);
    }
    assert_int_equal(world_push(&w, &n[0]), ERR_OK);
    assert_int_equal(conflicts_listed(&w), conflicts);
    assert_int_equal(world_push(&w, &n[1]), ERR_OK);
    assert_int_equal(conflicts_listed(&w), conflicts);
    struct fold f;
    struct buf bytes;
    unsigned type = 0;
    uint64_t position = 0;
    buf_init(&bytes, FOLD_STATE_BYTES_MAX);
    assert_int_equal(fold_init(&f), ERR_OK);
    assert_int_equal(hub_store_record(w.store, &rid, &bytes, &type, NULL, &position), ERR_OK);
    assert_int_equal(fold_load(&f, buf_bytes(&bytes)), ERR_OK);
    assert_true(fold_deleted(&f));
    assert_int_equal(fold_delete_conflict(&f), conflicts > 0);
    assert_int_equal(fold_find(&f, reason_field, bytes_make(NULL, 0))->count, 2);
    fold_free(&f);
    buf_free(&bytes);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&n[0]);
    world_node_close(&n[1]);
    world_close(&w);
}

static void two_who_delete_at_once_agree(void **state)
{
    (void)state;
    delete_twice(RECORD_REASON_FIELD, "mistake", 0);
    delete_twice(RECORD_REASON_FIELD, "duplicate", 0); /* the later reason is shown */
    delete_twice(NAME, "mistake", 1);                  /* any other write counts */
}

static void the_order_of_arrival_does_not_change_the_heads(void **state)
{
    (void)state;
    char shown[2][100];
    size_t conflicts[2];
    for (int order = 0; order < 2; order++) {
        struct world w;
        struct world_node a, b;
        world_open(&w, 8);
        publish(&w);
        world_node_open(&w, &a, "26170", 81);
        world_node_open(&w, &b, "26170", 82);
        struct id_version v0 = save_text(&a, CHANGE_CREATE, 1, PHONE, "1", NULL, 0);
        struct id_version v1 = save_text(&a, CHANGE_EDIT, 1, PHONE, "2", &v0, 1);
        struct id_version v2 = save_text(&b, CHANGE_EDIT, 1, PHONE, "3", &v1, 1);
        struct id_version v3 = save_text(&a, CHANGE_EDIT, 1, PHONE, "4", &v2, 1);
        save_text(&b, CHANGE_EDIT, 1, PHONE, "5", &v3, 1);
        assert_int_equal(world_push(&w, order ? &b : &a), ERR_OK);
        assert_int_equal(world_push(&w, order ? &a : &b), ERR_OK);
        snprintf(shown[order], sizeof shown[order], "%s", text_of(&w, 1, PHONE, &conflicts[order]));
        assert_int_equal(hub_store_check(w.store), ERR_OK);
        world_node_close(&a);
        world_node_close(&b);
        world_close(&w);
    }
    assert_string_equal(shown[0], "5");
    assert_string_equal(shown[1], "5");
    assert_int_equal(conflicts[0] + conflicts[1], 0);
}

static void a_rollback_takes_memory_back_too(void **state)
{
    (void)state;
    struct world w;
    struct world_node a;
    struct hub_position before, after;
    struct message_head head;
    world_open(&w, 9);
    world_node_open(&w, &a, "26177", 91);
    hub_store_position(w.store, &before);
    save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    assert_int_equal(hub_store_begin(w.store), ERR_OK);
    assert_int_equal(world_send(&w, &a, 100), ERR_OK);
    hub_store_rollback(w.store);
    hub_store_position(w.store, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(hub_store_head(w.store, &a.hub_node.node, &a.g.next.inc, &head), ERR_OK);
    assert_int_equal(head.next_seq, 0);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_string_equal(text_of(&w, 1, NAME, NULL), "Lan");
    /* A frame that was decoded against an older head is refused, and the transaction goes on. */
    struct pack_sets sets;
    struct hub_taken taken;
    world_frame(&a, &head, 100, &sets);
    assert_int_equal(hub_store_begin(w.store), ERR_OK);
    assert_int_equal(hub_store_take(w.store, &a.hub_node.node, &sets, w.now_ms, &taken),
                     ERR_CHAIN_BROKEN);
    save_text(&a, CHANGE_CREATE, 2, NAME, "Mai", NULL, 0);
    assert_int_equal(world_send(&w, &a, 1), ERR_OK);
    assert_int_equal(hub_store_commit(w.store), ERR_OK);
    assert_string_equal(text_of(&w, 2, NAME, NULL), "Mai");
    pack_sets_free(&sets);
    world_node_close(&a);
    world_close(&w);
}

static int64_t pragma(struct db *db, const char *sql)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(db, sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

static void a_full_disk_loses_nothing_and_goes_on_after(void **state)
{
    (void)state;
    struct world w;
    struct world_node a;
    struct hub_position before, after;
    char sql[80];
    world_open(&w, 10);
    world_node_open(&w, &a, "26170", 101);
    save_text(&a, CHANGE_CREATE, 1, NAME, "Lan", NULL, 0);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    hub_store_position(w.store, &before);
    struct db *db = hub_store_db(w.store);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count=%lld",
             (long long)pragma(db, "PRAGMA page_count") + 3);
    pragma(db, sql);
    char text[1500];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (unsigned i = 0; i < 60; i++)
        save_text(&a, CHANGE_CREATE, 10 + i, NAME, text, NULL, 0);
    assert_int_equal(world_push(&w, &a), ERR_FULL);
    hub_store_position(w.store, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    assert_string_equal(text_of(&w, 1, NAME, NULL), "Lan");
    pragma(db, "PRAGMA max_page_count=1000000");
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_string_equal(text_of(&w, 69, NAME, NULL), text);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&a);
    world_close(&w);
}

static void clocks_are_clamped(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    size_t conflicts = 0;
    world_open(&w, 12);
    publish(&w);
    world_node_open(&w, &a, "26170", 121);
    world_node_open(&w, &b, "26170", 122);
    /* `a` believes it is 2040. Clamped, its write is older than b's, which comes later in truth. */
    a.g.next.hlc = UINT64_C(2208988800000) << 16;
    struct id_version v0 = save_text(&a, CHANGE_CREATE, 1, PHONE, "0", NULL, 0);
    save_text(&a, CHANGE_EDIT, 1, PHONE, "a", &v0, 1);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    w.now_ms += 3600000;
    b.g.next.hlc = (uint64_t)(w.now_ms - 1000) << 16;
    save_text(&b, CHANGE_EDIT, 1, PHONE, "b", &v0, 1);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_string_equal(text_of(&w, 1, PHONE, &conflicts), "b"); /* policy latest */
    assert_int_equal(conflicts, 0);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static void sums_equal_a_recount_after_random_work(void **state)
{
    (void)state;
    struct world w;
    struct world_node nodes[3];
    static const char *const units[] = {"26170", "26173", "26170"};
    const uint64_t seed = 20231103;
    struct rng r = {seed};
    printf("seed %llu\n", (unsigned long long)seed);
    world_open(&w, seed);
    publish(&w);
    for (size_t k = 0; k < 3; k++)
        world_node_open(&w, &nodes[k], units[k], 500 + k);
    for (unsigned i = 0; i < 60; i++) {
        size_t k = rng_below(&r, 3);
        for (unsigned j = 0; j < 10; j++) {
            struct setgen_set set;
            if (rng_below(&r, 2)) {
                setgen_random(&nodes[k].g, &set);
            } else {
                setgen_workload(&nodes[k].g, &set);
            }
            world_keep(&nodes[k], &set);
        }
        if (rng_below(&r, 4) == 0) { /* thrown away and sent again */
            assert_int_equal(hub_store_begin(w.store), ERR_OK);
            assert_int_equal(world_send(&w, &nodes[k], 7), ERR_OK);
            hub_store_rollback(w.store);
        }
        assert_int_equal(world_push(&w, &nodes[k]), ERR_OK);
        if (i % 20 == 19) {
            assert_int_equal(hub_store_check(w.store), ERR_OK);
            assert_int_equal(hub_store_project(w.store), ERR_OK);
        }
        if (i == 30) publish(&w); /* a second edition folds all again */
    }
    world_reopen(&w);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    for (size_t k = 0; k < 3; k++)
        world_node_close(&nodes[k]);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_and_p_go_on),
        cmocka_unit_test(two_edits_offline_are_a_conflict_until_the_hub_decides),
        cmocka_unit_test(an_edit_before_its_record_waits_and_is_told_later),
        cmocka_unit_test(an_edit_before_the_create_in_one_set_waits_for_it),
        cmocka_unit_test(another_commune_cannot_write_a_record),
        cmocka_unit_test(a_node_cannot_administer),
        cmocka_unit_test(a_delete_that_did_not_see_an_edit_is_a_conflict),
        cmocka_unit_test(two_who_delete_at_once_agree),
        cmocka_unit_test(the_order_of_arrival_does_not_change_the_heads),
        cmocka_unit_test(a_rollback_takes_memory_back_too),
        cmocka_unit_test(a_full_disk_loses_nothing_and_goes_on_after),
        cmocka_unit_test(clocks_are_clamped),
        cmocka_unit_test(sums_equal_a_recount_after_random_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

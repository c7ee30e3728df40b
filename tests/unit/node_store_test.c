#include "tests/lib/node_fixture.h"
#include "proto/record.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sodium.h>
#include <cmocka.h>

#define assert_ok(call) assert_int_equal(call, ERR_OK)

static struct node_fixture fx;
static struct node_store_record rec;

static int setup(void **state)
{
    (void)state;
    fixture_open(&fx, true);
    return node_store_record_init(&rec) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    node_store_record_free(&rec);
    fixture_close(&fx);
    return 0;
}

static const struct catalogue_type *type_of(const char *name)
{
    const struct catalogue *c = node_store_catalogue(fx.store, NULL);
    assert_non_null(c);
    return catalogue_type_by_name(c, name);
}

/* Save one person: create with a new id, or edit what is there. */
static void save(struct id_record *rid, bool create, const char *field, const char *value)
{
    struct record_writes w;
    struct node_own own;
    struct buf payload;
    const struct catalogue_type *t = type_of("person");
    struct record_edit edit = {.field = catalogue_field_by_name(t, field),
                               .text = bytes_str(value)};
    buf_init(&payload, CHANGE_BYTES_MAX);
    assert_ok(record_writes_init(&w));
    assert_ok(node_own_begin(fx.store, &fx.keys, 1700000000000, &own));
    if (create) node_own_rid(&own, 0, rid);
    enum err e = node_store_record_read(fx.store, rid, &rec);
    assert_int_equal(e, create ? ERR_NOT_FOUND : ERR_OK);
    assert_ok(record_writes_make(&rec.fold, &edit, 1, &w));
    struct change_op op = {.kind = create ? CHANGE_CREATE : CHANGE_EDIT,
                           .rid = *rid,
                           .type = t->no,
                           .writes = w.v,
                           .count = w.count};
    change_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    assert_ok(node_own_add(&own, &(struct node_own_set){.payloads = &p, .count = 1}));
    assert_ok(node_own_commit(&own, NULL));
    node_own_free(&own);
    record_writes_free(&w);
    buf_free(&payload);
}

static void expect_text(const struct id_record *rid, const char *field, const char *value)
{
    struct buf text;
    const struct catalogue_field *f = catalogue_field_by_name(type_of("person"), field);
    buf_init(&text, 4096);
    assert_ok(node_store_record_read(fx.store, rid, &rec));
    const struct fold_register *r = fold_find(&rec.fold, f->no, (struct bytes){NULL, 0});
    assert_non_null(r);
    assert_ok(record_value_to_text(f, fold_shown(&rec.fold, r, FOLD_ASK)->value, &text));
    assert_string_equal(buf_cstr(&text), value);
    buf_free(&text);
}

static void status(struct node_store_status *st)
{
    assert_ok(node_store_status(fx.store, st));
    assert_int_equal(st->sets, st->delivered + st->waiting);
    assert_int_equal(st->ops, st->ops_waiting + st->applied + st->replaced + st->conflict +
                                  st->held + st->erased + st->unsaid);
}

/* The state that the hub would send: the own op at a position. */
static void hub_state(const struct id_record *rid, uint64_t position, struct buf *state)
{
    assert_ok(node_store_record_read(fx.store, rid, &rec));
    for (size_t i = 0; i < rec.fold.set_count; i++)
        rec.fold.sets[i].position = position;
    fold_save(&rec.fold, state);
    assert_ok(state->e);
}

static void stage(const struct id_record *rid, uint64_t position, struct bytes state)
{
    struct message_record m = {
        .rid = *rid, .unit = bytes_str("26188"), .position = position, .state = state};
    assert_ok(node_store_stage_records(fx.store, fx.epoch, &m, 1));
    fx.position = position;
}

static void test_catalogue_arrives(void **state)
{
    (void)state;
    uint32_t edition = 0;
    assert_non_null(node_store_catalogue(fx.store, &edition));
    assert_int_equal(edition, 1);
    fixture_reopen(&fx);
    assert_non_null(node_store_catalogue(fx.store, &edition));
    assert_int_equal(edition, 1);
    fixture_catalogue(&fx, 2);
    assert_ok(fixture_end(&fx, NULL, NULL, 0));
    assert_non_null(node_store_catalogue(fx.store, &edition));
    assert_int_equal(edition, 2);
}

static void test_save_survives(void **state)
{
    (void)state;
    struct id_record rid;
    struct node_store_tip tip;
    save(&rid, true, "full_name", "Nguyễn Văn Hoà");
    assert_ok(node_store_tip(fx.store, &tip));
    assert_int_equal(tip.next_seq, 2); /* genesis and the save */
    assert_true(tip.has_root);
    assert_int_equal(tip.hub_seen, fx.position);
    fixture_reopen(&fx);
    expect_text(&rid, "full_name", "Nguyễn Văn Hoà");
    assert_int_equal(rec.pending, 1);
    assert_true(node_store_field_pending(&rec, 1));
    assert_false(node_store_field_pending(&rec, 2));
    assert_string_equal(rec.unit, "26188");
    save(&rid, false, "full_name", "Nguyễn Văn Hòa");
    expect_text(&rid, "full_name", "Nguyễn Văn Hòa");
    assert_ok(node_store_scrub(fx.store));
}

static void test_append_wants_the_next(void **state)
{
    (void)state;
    struct id_record rid;
    struct node_own a, b;
    uint8_t payload_bytes[] = {0};
    (void)payload_bytes;
    save(&rid, true, "full_name", "A");
    assert_ok(node_own_begin(fx.store, &fx.keys, 1, &a));
    assert_ok(node_own_begin(fx.store, &fx.keys, 1, &b));
    struct record_writes w;
    struct buf payload;
    buf_init(&payload, 4096);
    assert_ok(record_writes_init(&w));
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    assert_ok(record_writes_delete(&rec.fold, &w));
    struct change_op op = {CHANGE_DELETE, rid, rec.fold.type, w.v, w.count};
    change_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    struct node_own_set set = {.payloads = &p, .count = 1};
    assert_ok(node_own_add(&a, &set));
    assert_ok(node_own_add(&b, &set));
    assert_ok(node_own_commit(&a, NULL));
    assert_int_equal(node_own_commit(&b, NULL), ERR_CHAIN_BROKEN);
    node_own_free(&a);
    node_own_free(&b);
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    assert_true(fold_deleted(&rec.fold));
    assert_int_equal(rec.pending, 2);
    record_writes_free(&w);
    buf_free(&payload);
}

static void test_receipt_then_feed(void **state)
{
    (void)state;
    struct id_record rid;
    struct node_store_status st;
    struct node_store_tip tip;
    struct buf hub;
    uint8_t sum[16] = {0}, term[16];
    buf_init(&hub, FOLD_STATE_BYTES_MAX);
    save(&rid, true, "full_name", "Trần Thị Mai");
    status(&st);
    assert_int_equal(st.waiting, 2);
    assert_int_equal(st.ops_waiting, 2);
    assert_true(st.waiting_bytes > 0);
    fixture_receipt(&fx, 2);
    status(&st);
    assert_int_equal(st.delivered, 2);
    assert_int_equal(st.unsaid, 2);
    expect_text(&rid, "full_name", "Trần Thị Mai");
    assert_int_equal(rec.pending, 1); /* a receipt drops nothing */

    assert_ok(node_store_tip(fx.store, &tip));
    hub_state(&rid, 100, &hub);
    uint8_t verdicts[] = {0, 0};
    struct message_verdicts v = {.inc = tip.inc, .verdicts = BYTES_OF(verdicts)};
    assert_ok(node_store_stage_verdicts(fx.store, fx.epoch, &v, 1));
    stage(&rid, 100, buf_bytes(&hub));
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    assert_int_equal(rec.position, 0); /* staged: shown to nobody */
    fold_scope_term(&rid, fx.epoch, 100, buf_bytes(&hub), term);
    fold_scope_add(sum, term);
    assert_ok(fixture_end(&fx, sum, &tip.inc, 2));
    expect_text(&rid, "full_name", "Trần Thị Mai");
    assert_int_equal(rec.pending, 0);
    assert_int_equal(rec.position, 100);
    status(&st);
    assert_int_equal(st.applied, 2);
    assert_int_equal(st.records, 1);
    assert_int_equal(st.position, 100);
    buf_free(&hub);
}

static void test_wrong_scope_hash_fetches_anew(void **state)
{
    (void)state;
    struct id_record rid;
    struct message_hello_node hello;
    struct buf hub;
    uint8_t sum[16] = {0}, term[16], wrong[16] = {9};
    buf_init(&hub, FOLD_STATE_BYTES_MAX);
    save(&rid, true, "full_name", "Lê Văn Bình");
    hub_state(&rid, 50, &hub);
    stage(&rid, 50, buf_bytes(&hub));
    assert_ok(node_store_hello(fx.store, &hello));
    assert_int_equal(hello.staged, 50);
    assert_int_equal(fixture_end(&fx, wrong, NULL, 0), ERR_BAD_HASH);
    assert_ok(node_store_hello(fx.store, &hello));
    assert_int_equal(hello.staged, 0);
    assert_int_equal(hello.cursor_position, 0);
    expect_text(&rid, "full_name", "Lê Văn Bình");
    assert_int_equal(rec.pending, 1);
    /* Anew: the same record, and then it is right. */
    stage(&rid, 50, buf_bytes(&hub));
    fold_scope_term(&rid, fx.epoch, 50, buf_bytes(&hub), term);
    fold_scope_add(sum, term);
    assert_ok(fixture_end(&fx, sum, NULL, 0));
    /* Fetched anew once more, without the record: it left. */
    struct id_record other;
    memset(other.b, 7, sizeof other.b);
    stage(&other, 60, buf_bytes(&hub));
    memset(sum, 0, sizeof sum);
    fold_scope_term(&other, fx.epoch, 60, buf_bytes(&hub), term);
    fold_scope_add(sum, term);
    assert_ok(fixture_end(&fx, sum, NULL, 0));
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    assert_int_equal(rec.position, 0);
    assert_ok(node_store_record_read(fx.store, &other, &rec));
    assert_int_equal(rec.position, 60);
    buf_free(&hub);
}

static void test_held_stays_shown(void **state)
{
    (void)state;
    struct id_record rid;
    struct node_store_tip tip;
    struct node_store_status st;
    save(&rid, true, "full_name", "Phạm Thị Lan");
    fixture_receipt(&fx, 2);
    assert_ok(node_store_tip(fx.store, &tip));
    uint8_t verdicts[] = {0, FOLD_HELD_SCOPE | FOLD_FLAG_LATE};
    struct message_verdicts v = {.inc = tip.inc, .verdicts = BYTES_OF(verdicts)};
    assert_ok(node_store_stage_verdicts(fx.store, fx.epoch, &v, 1));
    assert_ok(fixture_end(&fx, NULL, &tip.inc, 2));
    expect_text(&rid, "full_name", "Phạm Thị Lan");
    assert_int_equal(rec.pending, 0);
    assert_int_equal(rec.held, 1);
    assert_int_equal(rec.held_verdict & FOLD_VERDICT_MASK, FOLD_HELD_SCOPE);
    status(&st);
    assert_int_equal(st.held, 1);
    assert_int_equal(st.late, 1);
    assert_int_equal(st.applied, 1);
    /* Tried again by the hub: now it is applied, and no longer folded here. */
    verdicts[1] = FOLD_APPLIED;
    assert_ok(node_store_stage_verdicts(fx.store, fx.epoch, &v, 1));
    assert_ok(fixture_end(&fx, NULL, &tip.inc, 2));
    assert_int_equal(node_store_record_read(fx.store, &rid, &rec), ERR_NOT_FOUND);
    status(&st);
    assert_int_equal(st.held, 0);
    assert_int_equal(st.applied, 2);
}

static enum err count_row(void *ctx, const struct node_store_row *r)
{
    assert_true(r->pending > 0);
    ++*(size_t *)ctx;
    return ERR_OK;
}

static enum err count_event(void *ctx, const struct node_store_event *v)
{
    assert_true(v->payload.len > 0);
    ++*(size_t *)ctx;
    return ERR_OK;
}

static void test_lists_and_history(void **state)
{
    (void)state;
    struct id_record a, b, found[2];
    size_t n = 0;
    const struct catalogue_type *t = type_of("person");
    save(&a, true, "full_name", "Một");
    save(&b, true, "full_name", "Hai");
    save(&b, false, "national_id", "075082123456");
    struct node_store_list q = {.type = t, .max = 10};
    assert_ok(node_store_list(fx.store, &q, count_row, &n));
    assert_int_equal(n, 2);
    q.filters[0] =
        (struct node_store_filter){catalogue_field_by_name(t, "full_name"), bytes_str("Hai")};
    q.filter_count = 1;
    n = 0;
    assert_ok(node_store_list(fx.store, &q, count_row, &n));
    assert_int_equal(n, 1);
    assert_ok(node_store_find(fx.store, t, catalogue_field_by_name(t, "national_id"),
                              bytes_str("075082123456"), found, &n));
    assert_int_equal(n, 1);
    assert_memory_equal(found[0].b, b.b, 16);
    n = 0;
    assert_ok(node_store_history(fx.store, &b, count_event, &n));
    assert_int_equal(n, 2);
}

static void test_version_moves_with_heads(void **state)
{
    (void)state;
    struct id_record rid;
    uint8_t v1[16], v2[16];
    save(&rid, true, "full_name", "Một");
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    node_store_record_version(&rec, v1);
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    node_store_record_version(&rec, v2);
    assert_memory_equal(v1, v2, 16);
    save(&rid, false, "full_name", "Hai");
    assert_ok(node_store_record_read(fx.store, &rid, &rec));
    node_store_record_version(&rec, v2);
    assert_memory_not_equal(v1, v2, 16);
}

static void test_reading_for_sending(void **state)
{
    (void)state;
    struct id_record rid;
    struct node_store_tip tip;
    const struct node_store_set *sets = NULL;
    size_t count = 0;
    uint8_t root[16];
    save(&rid, true, "full_name", "0");
    for (int i = 0; i < 70; i++)
        save(&rid, false, "full_name", i % 2 ? "lẻ" : "chẵn");
    assert_ok(node_store_tip(fx.store, &tip));
    assert_int_equal(tip.next_seq, 72);
    assert_ok(node_store_read_sets(fx.store, &tip.inc, 0, 1000, 1 << 20, &sets, &count));
    assert_int_equal(count, 72);
    struct id_hash hash;
    struct change_head h;
    memset(&hash, 0, sizeof hash);
    for (size_t i = 0; i < count; i++) {
        assert_ok(change_head_read(sets[i].head, &h));
        assert_int_equal(h.seq, i);
        assert_memory_equal(h.prev.b, hash.b, 32);
        change_hash(sets[i].head, &hash);
        assert_ok(change_check_signature(fx.sign.public, &h, &hash, sets[i].signature));
    }
    assert_memory_equal(hash.b, tip.head.b, 32);
    assert_ok(node_store_read_sets(fx.store, &tip.inc, 10, 1000, 1, &sets, &count));
    assert_int_equal(count, 1);
    assert_ok(node_store_read_sets(fx.store, &tip.inc, 72, 10, 1000, &sets, &count));
    assert_int_equal(count, 0);
    assert_ok(node_store_block_root(fx.store, &tip.inc, 1, root));
    assert_int_equal(node_store_block_root(fx.store, &tip.inc, 2, root), ERR_NOT_FOUND);
}

static void test_full_disk_refuses_and_recovers(void **state)
{
    (void)state;
    struct id_record rid;
    struct node_store_tip before, after;
    struct message_hello_node hello;
    save(&rid, true, "full_name", "Trước");
    assert_ok(node_store_tip(fx.store, &before));
    assert_ok(node_store_limit_pages(fx.store, 1)); /* SQLite keeps what there is: no page more */
    struct node_own own;
    enum err e = ERR_OK;
    for (int i = 0; i < 200 && e == ERR_OK; i++) { /* until the free pages are used up */
        char big[3000];
        memset(big, 'a', sizeof big - 1);
        big[sizeof big - 1] = '\0';
        struct record_writes w;
        struct buf payload;
        buf_init(&payload, CHANGE_BYTES_MAX);
        assert_ok(record_writes_init(&w));
        assert_ok(node_own_begin(fx.store, &fx.keys, 1, &own));
        struct fold empty;
        assert_ok(fold_init(&empty));
        struct record_edit edit = {.field = catalogue_field_by_name(type_of("person"), "note"),
                                   .text = bytes_str(big)};
        assert_ok(record_writes_make(&empty, &edit, 1, &w));
        struct id_record next;
        node_own_rid(&own, 0, &next);
        struct change_op op = {CHANGE_CREATE, next, 1, w.v, w.count};
        change_op_encode(&op, &payload);
        struct bytes p = buf_bytes(&payload);
        assert_ok(node_own_add(&own, &(struct node_own_set){.payloads = &p, .count = 1}));
        assert_ok(node_store_tip(fx.store, &before));
        e = node_own_commit(&own, NULL);
        node_own_free(&own);
        fold_free(&empty);
        record_writes_free(&w);
        buf_free(&payload);
    }
    assert_int_equal(e, ERR_FULL);
    assert_ok(node_store_tip(fx.store, &after));
    assert_int_equal(after.next_seq, before.next_seq);
    expect_text(&rid, "full_name", "Trước");       /* reading goes on */
    assert_ok(node_store_hello(fx.store, &hello)); /* and sending */
    assert_ok(node_store_limit_pages(fx.store, 0));
    save(&rid, false, "full_name", "Sau");
    expect_text(&rid, "full_name", "Sau");
    fixture_reopen(&fx);
    expect_text(&rid, "full_name", "Sau");
}

static void test_damage_is_said(void **state)
{
    (void)state;
    struct id_record rid;
    save(&rid, true, "full_name", "x");
    node_store_close(fx.store);
    fx.store = NULL;
    FILE *f = fopen(fx.path, "r+b");
    assert_non_null(f);
    for (int i = 0; i < 64; i++)
        fputc(0x5a, f);
    fclose(f);
    struct node_store *s = NULL;
    assert_int_equal(node_store_open(&(struct node_store_options){.path = fx.path}, &s),
                     ERR_DAMAGED);
    assert_null(s);
}

static void test_open_says_what_is_missing(void **state)
{
    (void)state;
    struct node_store *s = NULL;
    assert_int_equal(
        node_store_open(&(struct node_store_options){.path = "/tmp/dongbo-no-such.db"}, &s),
        ERR_NOT_READY);
    node_store_close(fx.store);
    fx.store = NULL;
    assert_int_equal(
        node_store_open(&(struct node_store_options){.path = fx.path, .create = true}, &s),
        ERR_EXISTS);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_catalogue_arrives),
        T(test_save_survives),
        T(test_append_wants_the_next),
        T(test_receipt_then_feed),
        T(test_wrong_scope_hash_fetches_anew),
        T(test_held_stays_shown),
        T(test_lists_and_history),
        T(test_version_moves_with_heads),
        T(test_reading_for_sending),
        T(test_full_disk_refuses_and_recovers),
        T(test_damage_is_said),
        T(test_open_says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A set that rots at the hub comes back from the node that made it (SPEC 15.6), as it was and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/io/db.h"
#include "hub/scrub.h"
#include "hub/store_records.h"
#include "hub/store_repair.h"
#include "hub/store_users.h"
#include "node/keyring.h"
#include "node/own.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SAVES = 5 };

static void begin(struct pair *w, uint64_t seed)
{
    char text[32];
    pair_open(w, seed);
    pair_join(&w->nodes[0]);
    for (int i = 0; i < SAVES; i++) {
        struct id_record rid;
        snprintf(text, sizeof text, "Người thứ %d", i);
        pair_save(&w->nodes[0], CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    }
    OK(pair_settle(&w->nodes[0]));
    OK(db_seal(hub_store_db(w->hub.store), NULL));
}

/* Another program's write to a closed database, as a disk would do it: no seal follows. */
static void harm(const char *path, const char *sql)
{
    struct db *db = NULL;
    OK(db_open(path, NULL, 0, &db));
    OK(db_exec(db, sql));
    db_close(db);
}

static void harm_hub(struct pair *w, const char *sql)
{
    pair_hub_off(w);
    harm(w->hub.path, sql);
    pair_hub_on(w);
}

static struct db *hub_db(struct pair *w)
{
    return hub_store_db(w->hub.store);
}

/* One round of the hub's scrub; how much it found. */
static uint64_t scrub(struct pair *w)
{
    struct hub_scrub s;
    hub_scrub_init(&s, w->hub.store, 0);
    for (uint64_t t = HUB_SCRUB_FIRST_MS; s.rounds == 0; t += 1000)
        hub_scrub_turn(&s, t, PAIR_WALL);
    hub_scrub_free(&s);
    return s.findings;
}

static enum err audit_seen(void *ctx, int64_t row, const struct hub_audit *a)
{
    (void)row;
    *(unsigned *)ctx += strcmp(a->what, "mend") == 0;
    return ERR_OK;
}

static unsigned audits(struct pair *w)
{
    unsigned n = 0;
    OK(hub_audit_each(w->hub.store, 0, audit_seen, &n));
    return n;
}

/* The newest set of the node, and the third newest, in three ways. */
static void a_set_that_rots_at_the_hub_comes_back_from_its_node(void **state)
{
    static const char *const harms[] = {
        "UPDATE sys_log SET body = x'0102' || body WHERE pos = (SELECT max(pos) FROM sys_log)",
        "UPDATE sys_log SET head = x'00' WHERE pos = (SELECT max(pos) - 2 FROM sys_log)",
        "UPDATE sys_log SET body = x'' WHERE pos >= (SELECT max(pos) - 2 FROM sys_log)",
    };
    static const uint64_t sets[] = {1, 1, 3};
    (void)state;
    struct pair w;
    begin(&w, 51);
    assert_int_equal(scrub(&w), 0);
    for (unsigned i = 0; i < 3; i++) {
        unsigned before = audits(&w);
        harm_hub(&w, harms[i]);
        assert_int_not_equal(hub_store_check(w.hub.store), ERR_OK);
        assert_true(scrub(&w) > 0);
        assert_int_equal(pair_number(hub_db(&w), "SELECT count(*) FROM sys_mend"), sets[i]);
        OK(pair_settle(&w.nodes[0]));
        assert_int_equal(pair_number(hub_db(&w), "SELECT count(*) FROM sys_mend"), 0);
        assert_int_equal(audits(&w), before + sets[i]);
        OK(hub_store_check(w.hub.store));
        assert_int_equal(scrub(&w), 0); /* the seals too: every byte is as it was */
    }
    pair_close(&w);
}

/* The node's keys are others by now: what they signed before, and the change itself, come back too. */
static void a_set_of_before_a_change_of_keys_comes_back(void **state)
{
    (void)state;
    struct pair w;
    struct node_identity id;
    struct admin_rekey r;
    struct id_record rid;
    struct node_keyring ring = {.old_count = 0};
    struct node_sync_keys fresh;
    char sql[160];
    begin(&w, 53);
    struct pair_node *n = &w.nodes[0];
    int64_t last = pair_number(hub_db(&w), "SELECT max(pos) FROM sys_log");
    OK(key_sign_make(&ring.sign, KEY_SIGN));
    OK(key_box_make(&ring.transport, KEY_TRANSPORT));
    OK(key_box_make(&ring.sealing, KEY_SEALING));
    node_keyring_keys(&ring, &fresh);
    OK(node_store_identity(n->store, &id));
    memcpy(r.sign_pk, fresh.sign_pk, 32);
    memcpy(r.transport_pk, fresh.transport_pk, 32);
    memcpy(r.sealing_pk, fresh.sealing.public_key, 32);
    admin_rekey_sign(&r, &id.hub, &id.node, fresh.sign_secret);
    n->keys.next = &fresh;
    OK(node_own_rekey(n->store, &n->keys, &r, PAIR_WALL + (int64_t)w.now_ms));
    OK(pair_settle(n));
    n->keys = fresh; /* the old secrets are gone */
    pair_save(n, CHANGE_CREATE, &rid, "Người sau", bytes_make(NULL, 0));
    OK(pair_settle(n));
    OK(node_store_identity(n->store, &id));
    assert_memory_equal(id.transport_pk, fresh.transport_pk, 32);
    snprintf(sql, sizeof sql, "UPDATE sys_log SET body = x'90' WHERE pos BETWEEN %lld AND %lld",
             (long long)last, (long long)last + 1);
    harm_hub(&w, sql);
    assert_true(scrub(&w) > 0);
    assert_int_equal(pair_number(hub_db(&w), "SELECT count(*) FROM sys_mend"), 2);
    OK(pair_settle(n));
    assert_int_equal(pair_number(hub_db(&w), "SELECT count(*) FROM sys_mend"), 0);
    OK(hub_store_check(w.hub.store));
    assert_int_equal(scrub(&w), 0);
    pair_close(&w);
    node_keyring_free(&ring);
}

static void a_node_that_lost_it_too_sends_none_and_goes_on(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    begin(&w, 52);
    struct pair_node *n = &w.nodes[0];
    harm_hub(&w, "UPDATE sys_log SET body = x'90' WHERE pos = (SELECT max(pos) FROM sys_log)");
    assert_true(scrub(&w) > 0);
    pair_node_off(n);
    harm(n->path, "UPDATE sys_log SET body = x'90' WHERE seq = (SELECT max(seq) FROM sys_log)");
    pair_node_on(n);
    OK(pair_settle(n));
    assert_int_equal(pair_number(hub_db(&w), "SELECT count(*) FROM sys_mend"), 1);
    pair_save(n, CHANGE_CREATE, &rid, "Người sau", bytes_make(NULL, 0));
    OK(pair_settle(n));
    assert_int_equal(pair_status(n).waiting, 0);
    assert_int_equal(pair_number(hub_db(&w), "SELECT count(*) FROM sys_mend"), 1);
    pair_close(&w);
}

static bool mend(struct pair *w, const struct id_hash *node, const struct message_set *set)
{
    bool mended = true;
    OK(hub_store_begin(w->hub.store));
    OK(hub_store_mend(w->hub.store, node, set, PAIR_WALL, &mended));
    OK(hub_store_commit(w->hub.store));
    return mended;
}

/* Only the very set, of the very node, and only where it is wanted. */
static void nothing_else_is_written(void **state)
{
    (void)state;
    struct pair w;
    struct message_head h;
    struct node_identity id;
    const struct message_set *v;
    size_t count = 0;
    struct buf body, head;
    begin(&w, 53);
    OK(node_store_identity(w.nodes[0].store, &id));
    struct node_store_status st = pair_status(&w.nodes[0]);
    OK(hub_store_head(w.hub.store, &id.node, &st.inc, &h));
    OK(hub_store_own_sets(w.hub.store, &id.node, &st.inc, h.next_seq - 2, 100000, &v, &count));
    assert_int_equal(count, 2);
    buf_init(&body, CHANGE_BYTES_MAX);
    buf_init(&head, CHANGE_BYTES_MAX);
    buf_add_bytes(&head, v[1].head);
    buf_add_bytes(&body, v[1].body);
    struct message_set last = {.head = buf_bytes(&head), .body = buf_bytes(&body)}, wrong = last;
    assert_false(mend(&w, &id.node, &last)); /* nobody asked for it */
    harm_hub(&w, "UPDATE sys_log SET body = x'90' WHERE pos = (SELECT max(pos) FROM sys_log)");
    assert_true(scrub(&w) > 0);
    OK(hub_store_own_sets(w.hub.store, &id.node, &st.inc, h.next_seq - 2, 100000, &v, &count));
    assert_false(mend(&w, &id.node, &v[0])); /* a good set, but another */
    assert_false(mend(&w, &w.hub.id, &last));
    for (size_t i = 0; i < body.len; i += 7) {
        body.p[i] ^= 1;
        wrong.body = buf_bytes(&body);
        assert_false(mend(&w, &id.node, &wrong));
        body.p[i] ^= 1;
    }
    assert_true(mend(&w, &id.node, &last));
    assert_int_equal(scrub(&w), 0);
    buf_free(&head);
    buf_free(&body);
    pair_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_that_rots_at_the_hub_comes_back_from_its_node),
        cmocka_unit_test(a_set_of_before_a_change_of_keys_comes_back),
        cmocka_unit_test(a_node_that_lost_it_too_sends_none_and_goes_on),
        cmocka_unit_test(nothing_else_is_written),
    };
    if (randombytes_set_implementation(&pair_random) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

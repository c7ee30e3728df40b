/* A node's own keys change: cut anywhere, from copies of either side, with the old keys in other hands. Whole
 * sessions over real stores, and the files of the folder. SPEC 18.9 to 18.12. */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/own.h"
#include "hub/rekey.h"
#include "hub/store_nodes.h"
#include "hub/store_quarantine.h"
#include "hub/store_records.h"
#include "hub/store_repair.h"
#include "hub/store_rekey.h"
#include "hub/verify.h"
#include "node/keyring.h"
#include "node/maintain.h"
#include "node/own.h"
#include "node/store_rekey.h"
#include "node/store_repair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static char folder[64]; /* of the whole run: revoked.list stands beside the hub's database */

static void begin(struct pair *w, uint64_t seed)
{
    pair_random_state.s = seed * 104729;
    unlink(HUB_REVOKED_FILE);
    pair_open(w, seed);
}

/* ---- the new keys of a node ---- */

struct spare {
    struct node_keyring ring;
    struct node_sync_keys keys;
};

static void spare_open(struct spare *s)
{
    *s = (struct spare){.ring = {.old_count = 0}};
    OK(key_sign_make(&s->ring.sign, KEY_SIGN));
    OK(key_box_make(&s->ring.transport, KEY_TRANSPORT));
    OK(key_box_make(&s->ring.sealing, KEY_SEALING));
    node_keyring_keys(&s->ring, &s->keys);
}

static void change(struct pair_node *n, struct spare *s)
{
    struct node_identity id;
    struct admin_rekey r;
    OK(node_store_identity(n->store, &id));
    memcpy(r.sign_pk, s->keys.sign_pk, 32);
    memcpy(r.transport_pk, s->keys.transport_pk, 32);
    memcpy(r.sealing_pk, s->keys.sealing.public_key, 32);
    admin_rekey_sign(&r, &id.hub, &id.node, s->keys.sign_secret);
    n->keys.next = &s->keys;
    OK(node_own_rekey(n->store, &n->keys, &r, PAIR_WALL + (int64_t)n->w->now_ms));
}

static struct node_identity who(const struct pair_node *n)
{
    struct node_identity id;
    OK(node_store_identity(n->store, &id));
    return id;
}

static bool under_way(const struct pair_node *n)
{
    struct node_rekey r;
    enum err e = node_store_rekey(n->store, &r);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return e == ERR_OK;
}

/* The hub has these keys, the node has nothing but them, and everything verifies. */
static void changed(struct pair *w, struct pair_node *n, struct spare *s)
{
    struct hub_verified_log hub;
    struct node_verified node;
    struct hub_node row;
    struct admin_cert cert;
    struct node_identity id = who(n);
    OK(hub_store_node(w->hub.store, &id.node, &row));
    assert_memory_equal(row.sign_pk, s->keys.sign_pk, 32);
    assert_memory_equal(row.transport_pk, s->keys.transport_pk, 32);
    OK(hub_store_cert(w->hub.store, &id.node, &cert));
    assert_memory_equal(cert.sign_pk, s->keys.sign_pk, 32);
    assert_memory_equal(cert.sealing_pk, s->keys.sealing.public_key, 32);
    assert_false(under_way(n));
    assert_memory_equal(id.sign_pk, s->keys.sign_pk, 32);
    assert_memory_equal(id.transport_pk, s->keys.transport_pk, 32);
    assert_memory_equal(id.sealing_pk, s->keys.sealing.public_key, 32);
    OK(hub_verify_log(w->hub.store, NULL, NULL, &hub));
    assert_int_equal(hub.findings, 0);
    OK(node_store_verify(n->store, NULL, NULL, &node));
    assert_int_equal(node.findings, 0);
    n->keys = s->keys; /* as the folder does now: the old secrets are gone */
}

/* ---- cuts ---- */

/* One change with work before and behind it, until all of it is at the hub. false: nothing was cut. */
static bool one_change(uint64_t seed, size_t cut_after, bool (*step)(void *ctx, const char *what))
{
    static struct pair w;
    struct id_record rid[3];
    struct spare s;
    begin(&w, seed);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid[0], "before");
    OK(pair_settle(n));
    pair_create(n, &rid[1], "waits");
    change(n, &s);
    pair_create(n, &rid[2], "behind");
    w.cut_after = cut_after;
    w.hub.step = step;
    if (step != NULL) {
        pair_hub_off(&w);
        pair_hub_on(&w);
    }
    enum err e = pair_attempt(n);
    w.cut_after = SIZE_MAX;
    bool cut = e != ERR_OK;
    if (step != NULL) { /* the hub's power is back */
        w.hub.step = NULL;
        pair_hub_off(&w);
        pair_hub_on(&w);
    }
    OK(pair_settle(n));
    if (under_way(n)) OK(pair_settle(n));
    for (unsigned i = 0; i < 3; i++)
        assert_true(pair_hub_has(&w, &rid[i]));
    changed(&w, n, &s);
    pair_create(n, &rid[0], "under the new keys alone");
    OK(pair_settle(n));
    assert_true(pair_hub_has(&w, &rid[0]));
    node_keyring_free(&s.ring);
    pair_close(&w);
    return cut;
}

static void a_cut_anywhere_is_mended_by_the_next_session(void **state)
{
    (void)state;
    unsigned n = 0;
    for (size_t cut = 200; one_change(1, cut, NULL); cut += 61)
        n++;
    printf("%u cuts of the link\n", n);
    assert_true(n > 10);
}

static unsigned steps_left;

static bool step_until(void *ctx, const char *what)
{
    (void)ctx;
    (void)what;
    return steps_left-- > 0;
}

static void a_power_cut_of_the_hub_at_any_step_is_mended(void **state)
{
    (void)state;
    unsigned n = 0;
    for (;; n++) {
        steps_left = n;
        if (!one_change(2, SIZE_MAX, step_until)) break;
    }
    printf("%u steps of the hub\n", n);
    assert_true(n >= 5);
}

/* ---- the old keys in other hands ---- */

static enum err count_parcel(void *ctx, const struct hub_parcel *p)
{
    (void)p;
    ++*(size_t *)ctx;
    return ERR_OK;
}

static void who_has_the_old_keys_gets_and_brings_nothing(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy copy = {.bytes = {.p = NULL}};
    struct id_record rid, mine, theirs;
    struct spare s;
    size_t parcels = 0;
    begin(&w, 3);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid, "both have it");
    OK(pair_settle(n));
    buf_init(&copy.bytes, 1u << 26);
    pair_node_copy(n, &copy);
    struct pair_node *thief = pair_clone(&w, 0, 2, &copy);
    change(n, &s);
    pair_create(n, &mine, "the node's");
    OK(pair_settle(n));
    OK(pair_settle(n));
    changed(&w, n, &s);
    uint64_t end = pair_hub_position(&w);
    uint64_t seen = pair_status(thief).position;
    pair_create(thief, &theirs, "at the place of the change");
    assert_int_equal(pair_attempt(thief), ERR_REVOKED);
    assert_int_equal(pair_hub_position(&w), end);
    OK(node_store_renew(
        thief->store)); /* as after a restore: a log of its own, under the old key */
    pair_create(thief, &theirs, "in another log");
    assert_int_equal(pair_attempt(thief), ERR_REVOKED);
    assert_int_equal(pair_hub_position(&w), end);
    assert_false(pair_hub_has(&w, &theirs));
    OK(hub_store_quarantine(w.hub.store, false, count_parcel, &parcels));
    assert_int_equal(parcels, 2); /* the genesis, and what was typed: kept apart for a person */
    assert_int_equal(pair_attempt(thief), ERR_REVOKED);
    parcels = 0;
    OK(hub_store_quarantine(w.hub.store, false, count_parcel, &parcels));
    assert_int_equal(parcels, 2);
    assert_int_equal(pair_status(thief).position, seen); /* nothing went down to it */
    OK(pair_settle(n));
    buf_free(&copy.bytes);
    node_keyring_free(&s.ring);
    pair_close(&w);
}

static void a_log_under_a_key_that_the_node_never_had_is_refused(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid, strange;
    struct spare s;
    begin(&w, 4);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid, "x");
    OK(pair_settle(n));
    struct node_identity id = who(n);
    memcpy(id.sign_pk, s.keys.sign_pk, 32); /* no op 27 says so */
    OK(node_store_identity_set(n->store, &id));
    n->keys.next = &s.keys;
    OK(node_store_renew(n->store));
    pair_create(n, &strange, "y");
    uint64_t end = pair_hub_position(&w);
    assert_int_not_equal(pair_attempt(n), ERR_OK);
    assert_int_equal(pair_hub_position(&w), end);
    assert_false(pair_hub_has(&w, &strange));
    node_keyring_free(&s.ring);
    pair_close(&w);
}

/* ---- copies of either side ---- */

/* A second PC with the same copy was quicker: the change loses its place, and is made again. */
static void a_change_that_lost_its_place_is_made_again(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy copy = {.bytes = {.p = NULL}};
    struct id_record rid, theirs, mine;
    struct spare s;
    begin(&w, 5);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid, "both have it");
    OK(pair_settle(n));
    buf_init(&copy.bytes, 1u << 26);
    pair_node_copy(n, &copy);
    struct pair_node *other = pair_clone(&w, 0, 2, &copy);
    pair_create(other, &theirs, "first");
    OK(pair_settle(other));
    change(n, &s);
    pair_create(n, &mine, "second");
    OK(pair_settle(n));
    assert_true(pair_hub_has(&w, &mine));
    assert_false(under_way(n)); /* undone ... */
    assert_memory_equal(who(n).sign_pk, n->keys.sign_pk, 32);
    change(n, &s); /* ... and as node_rekey_turn() does */
    OK(pair_settle(n));
    OK(pair_settle(n));
    changed(&w, n, &s);
    assert_true(pair_hub_has(&w, &theirs));
    buf_free(&copy.bytes);
    node_keyring_free(&s.ring);
    pair_close(&w);
}

static void a_hub_from_before_the_change_learns_it_again(void **state)
{
    (void)state;
    for (int list = 0; list < 2; list++) { /* with revoked.list beside it, and without */
        struct pair w;
        struct pair_copy copy = {.bytes = {.p = NULL}};
        struct id_record rid[3];
        struct hub_node row;
        struct spare s;
        begin(&w, 6);
        spare_open(&s);
        struct pair_node *n = &w.nodes[0];
        pair_join(n);
        pair_create(n, &rid[0], "old");
        OK(pair_settle(n));
        buf_init(&copy.bytes, 1u << 26);
        pair_hub_copy(&w, &copy);
        pair_create(n, &rid[1], "lost by the hub");
        change(n, &s);
        pair_create(n, &rid[2], "new");
        OK(pair_settle(n));
        OK(pair_settle(n));
        changed(&w, n, &s);
        if (list == 0) unlink(HUB_REVOKED_FILE);
        pair_hub_back(&w, &copy);
        struct id_hash node = who(n).node;
        OK(hub_store_node(w.hub.store, &node, &row));
        assert_int_equal(memcmp(row.sign_pk, s.keys.sign_pk, 32) == 0, list == 1);
        OK(pair_settle(n));
        OK(pair_settle(n));
        for (unsigned i = 0; i < 3; i++)
            assert_true(pair_hub_has(&w, &rid[i]));
        changed(&w, n, &s);
        struct hub_rekeyed seen;
        OK(hub_store_node(w.hub.store, &node, &row));
        OK(hub_store_rekeyed(w.hub.store, &row, &seen));
        assert_int_equal(seen.count, 1); /* op 27 came again in its log */
        buf_free(&copy.bytes);
        node_keyring_free(&s.ring);
        pair_close(&w);
    }
}

static void certify(struct pair *w, const struct id_hash *node, const char *unit)
{
    OK(hub_store_begin(w->hub.store));
    OK(hub_rekey_certify(w->hub.store, &w->hub.keys,
                         &(struct hub_certify){.node = node, .unit = unit},
                         PAIR_WALL + (int64_t)w->now_ms));
    OK(hub_store_commit(w->hub.store));
}

static uint32_t certified(struct pair *w, const struct id_hash *node, const uint8_t sign_pk[32],
                          const char *unit)
{
    struct hub_node row;
    struct admin_cert cert;
    OK(hub_store_node(w->hub.store, node, &row));
    assert_memory_equal(row.sign_pk, sign_pk, 32);
    assert_string_equal(row.unit, unit);
    OK(hub_store_cert(w->hub.store, node, &cert));
    assert_memory_equal(cert.sign_pk, sign_pk, 32);
    assert_string_equal(cert.unit, unit);
    return cert.serial;
}

/* The hub went back without revoked.list, and certified the old keys again before the node came: `times` times,
 * so that the serial of the new keys is above, equal, or below. Where it moved the node meanwhile, that holds. */
static void keys_certified_anew_by_a_hub_that_went_back_lock_nobody_out(void **state)
{
    (void)state;
    for (unsigned times = 0; times < 5; times++) {
        struct pair w;
        struct pair_copy copy = {.bytes = {.p = NULL}}, old = {.bytes = {.p = NULL}};
        struct id_record rid[3], theirs;
        struct spare s;
        uint8_t first[32];
        begin(&w, 60 + times);
        spare_open(&s);
        struct pair_node *n = &w.nodes[0];
        pair_join(n);
        pair_create(n, &rid[0], "old");
        OK(pair_settle(n));
        struct id_hash node = who(n).node;
        memcpy(first, n->keys.sign_pk, 32);
        buf_init(&copy.bytes, 1u << 26);
        buf_init(&old.bytes, 1u << 26);
        pair_hub_copy(&w, &copy);
        pair_node_copy(n, &old);
        struct pair_node *thief = pair_clone(&w, 0, 2, &old);
        pair_create(n, &rid[1], "lost by the hub");
        change(n, &s);
        OK(pair_settle(n));
        OK(pair_settle(n));
        changed(&w, n, &s);
        unlink(HUB_REVOKED_FILE);
        pair_hub_back(&w, &copy);
        for (unsigned i = 0; i < times; i++)
            certify(&w, &node, i % 2 == 0 ? "26176" : "26179");
        const char *unit = times == 0 ? "26173" : times % 2 == 1 ? "26176" : "26179";
        assert_int_equal(certified(&w, &node, first, unit), 1 + times);
        if (times == 4) OK(pair_attempt(thief)); /* it has the newest certificate of the old keys */
        pair_create(n, &rid[2], "new");
        OK(pair_settle(n));
        OK(pair_settle(n));
        for (unsigned i = 0; i < 3; i++)
            assert_true(pair_hub_has(&w, &rid[i]));
        changed(&w, n, &s);
        uint32_t serial = certified(&w, &node, n->keys.sign_pk, unit);
        assert_true(times == 0 ? serial == 2 : serial > times + 1); /* above all that were said */
        assert_string_equal(who(n).unit, unit);                     /* and the node was told */
        pair_create(thief, &theirs, "by the old keys");
        enum err e = pair_attempt(thief);
        assert_int_not_equal(e, ERR_OK);
        assert_false(pair_hub_has(&w, &theirs));
        OK(pair_settle(n));
        changed(&w, n, &s);
        buf_free(&copy.bytes);
        buf_free(&old.bytes);
        node_keyring_free(&s.ring);
        pair_close(&w);
    }
}

/* ---- what the hub said of its nodes, as others keep it ---- */

struct paper { /* the set of the hub's log with a node's newest certificate */
    struct buf head;
    struct buf body;
    uint8_t signature[64];
};

static void paper_copy(struct pair *w, const struct id_hash *node, struct paper *p)
{
    struct db_stmt *q = NULL;
    buf_init(&p->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&p->body, CHANGE_BODY_BYTES_MAX);
    OK(db_prepare(hub_store_db(w->hub.store),
                  "SELECT l.head, l.body, l.signature FROM sys_node n JOIN sys_log l ON "
                  "l.pos = n.enrolled_pos WHERE n.node = ?1",
                  &q));
    db_bind_blob(q, 1, BYTES_OF(node->b));
    OK(db_get(q));
    struct bytes head = db_column_bytes(q, 0), body = db_column_bytes(q, 1);
    buf_add(&p->head, head.p, head.len);
    buf_add(&p->body, body.p, body.len);
    OK(db_column_copy(q, 2, p->signature, sizeof p->signature));
    db_stmt_free(q);
}

static void paper_give(struct pair *w, const struct paper *p)
{
    int64_t now_ms = PAIR_WALL + (int64_t)w->now_ms;
    struct message_set set = {.head = buf_bytes(&p->head), .body = buf_bytes(&p->body)};
    memcpy(set.signature, p->signature, sizeof set.signature);
    OK(hub_store_begin(w->hub.store));
    OK(hub_store_give(w->hub.store, &set, now_ms));
    OK(hub_rekey_given(w->hub.store, &w->hub.keys, now_ms));
    OK(hub_store_commit(w->hub.store));
}

static void paper_free(struct paper *p)
{
    buf_free(&p->head);
    buf_free(&p->body);
}

/* Two changes of keys are lost by a hub that certified the first keys again meanwhile, and hears of the second keys
 * first: from who has a copy of that time, or because their certificate came back. The third ones count all the
 * same, as does the unit that the hub said since, and who has an older copy gets and brings nothing. */
static void two_lost_changes_lock_nobody_out(void **state)
{
    (void)state;
    enum { NOBODY, COPY, PAPER, ROADS };
    for (unsigned k = 0; k < 4u * ROADS; k++) {
        unsigned times = k / ROADS, road = k % ROADS;
        struct pair w;
        struct pair_copy copy = {.bytes = {.p = NULL}}, one = copy, two = copy;
        struct id_record rid[4], theirs;
        struct spare s, t;
        struct paper paper;
        begin(&w, 70 + k);
        spare_open(&s);
        spare_open(&t);
        struct pair_node *n = &w.nodes[0], *other = &w.nodes[1];
        pair_join(n);
        pair_join(other);
        pair_create(n, &rid[0], "old");
        OK(pair_settle(n));
        struct id_hash node = who(n).node;
        buf_init(&copy.bytes, 1u << 26);
        buf_init(&one.bytes, 1u << 26);
        buf_init(&two.bytes, 1u << 26);
        pair_hub_copy(&w, &copy);
        pair_node_copy(n, &one);
        struct pair_node *first = pair_clone(&w, 0, 2, &one);
        change(n, &s);
        OK(pair_settle(n));
        OK(pair_settle(n));
        changed(&w, n, &s);
        pair_create(n, &rid[1], "under the second keys");
        OK(pair_settle(n));
        pair_node_copy(n, &two);
        struct pair_node *middle = pair_clone(&w, 0, 3, &two);
        middle->keys = s.keys;
        paper_copy(&w, &node, &paper);
        change(n, &t);
        pair_create(n, &rid[2], "under the third");
        OK(pair_settle(n));
        OK(pair_settle(n));
        changed(&w, n, &t);
        pair_create(other, &theirs, "of another PC");
        OK(pair_settle(other));
        unlink(HUB_REVOKED_FILE);
        pair_hub_back(&w, &copy);
        if (times == 1) OK(pair_settle(other)); /* so the hub knows that it went back */
        for (unsigned i = 0; i < times; i++)
            certify(&w, &node, i % 2 == 0 ? "26176" : "26179");
        if (road == COPY) OK(pair_settle(middle));
        if (road == PAPER) paper_give(&w, &paper);
        pair_create(n, &rid[3], "new");
        OK(pair_settle(n));
        OK(pair_settle(n));
        OK(pair_settle(n));
        for (unsigned i = 0; i < 4; i++)
            assert_true(pair_hub_has(&w, &rid[i]));
        changed(&w, n, &t);
        const char *unit = times == 0 ? "26173" : times % 2 == 1 ? "26176" : "26179";
        assert_string_equal(who(n).unit, unit);
        certified(&w, &node, t.keys.sign_pk, unit);
        for (int i = 0; i < 2; i++) {
            struct pair_node *thief = i == 0 ? first : middle;
            pair_create(thief, &theirs, "by older keys");
            assert_int_not_equal(pair_attempt(thief), ERR_OK);
            assert_false(pair_hub_has(&w, &theirs));
        }
        OK(pair_settle(n));
        changed(&w, n, &t);
        buf_free(&copy.bytes);
        buf_free(&one.bytes);
        buf_free(&two.bytes);
        paper_free(&paper);
        node_keyring_free(&s.ring);
        node_keyring_free(&t.ring);
        pair_close(&w);
    }
}

static void a_node_from_before_the_change_goes_on(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy copy = {.bytes = {.p = NULL}};
    struct id_record rid[4];
    struct admin_rekey proven;
    struct spare s;
    begin(&w, 7);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid[0], "in the copy");
    OK(pair_settle(n));
    buf_init(&copy.bytes, 1u << 26);
    pair_node_copy(n, &copy);
    pair_create(n, &rid[1], "behind it");
    change(n, &s);
    pair_create(n, &rid[2], "new");
    OK(pair_settle(n));
    OK(pair_settle(n));
    changed(&w, n, &s);
    pair_node_back(n, &copy);
    memcpy(proven.sign_pk, s.keys.sign_pk, 32);
    memcpy(proven.transport_pk, s.keys.transport_pk, 32);
    memcpy(proven.sealing_pk, s.keys.sealing.public_key, 32);
    OK(node_store_rekey_adopt(n->store, &proven)); /* as node_rekey_open() does, by keys/change */
    pair_create(n, &rid[3], "after the restore");
    OK(pair_settle(n));
    OK(pair_settle(n));
    for (unsigned i = 0; i < 4; i++)
        assert_true(pair_hub_has(&w, &rid[i]));
    changed(&w, n, &s);
    pair_assert_scope(n);
    buf_free(&copy.bytes);
    node_keyring_free(&s.ring);
    pair_close(&w);
}

/* ---- the demand ---- */

static void the_hub_asks_until_the_key_is_gone(void **state)
{
    (void)state;
    char why[ADMIN_KEY_REASON_BYTES_MAX + 1];
    struct pair w;
    struct id_record rid;
    struct hub_rekeyed seen;
    struct hub_node row;
    struct buf b;
    struct spare s;
    begin(&w, 8);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0], *other = &w.nodes[1];
    pair_join(n);
    pair_join(other);
    pair_create(n, &rid, "x");
    OK(pair_settle(n));
    struct admin_rekey_ask ask = {.node = who(n).node, .reason = bytes_str("đổi định kỳ")};
    memcpy(ask.sign_pk, n->keys.sign_pk, 32);
    buf_init(&b, 1024);
    admin_rekey_ask_encode(&ask, &b);
    struct bytes p = buf_bytes(&b);
    OK(hub_store_begin(w.hub.store));
    OK(hub_own_append(w.hub.store, &w.hub.keys, &(struct hub_own_set){.payloads = &p, .count = 1},
                      PAIR_WALL + (int64_t)w.now_ms, NULL));
    OK(hub_store_commit(w.hub.store));
    OK(pair_settle(n));
    OK(pair_settle(other));
    OK(node_store_rekey_asked(n->store, why));
    assert_string_equal(why, "đổi định kỳ");
    assert_int_equal(node_store_rekey_asked(other->store, why), ERR_NOT_FOUND);
    OK(hub_store_node(w.hub.store, &ask.node, &row));
    OK(hub_store_rekeyed(w.hub.store, &row, &seen));
    assert_int_not_equal(seen.asked_position, 0);
    change(n, &s);
    assert_int_equal(node_store_rekey_asked(n->store, why), ERR_NOT_FOUND);
    OK(pair_settle(n));
    OK(pair_settle(n));
    changed(&w, n, &s);
    OK(hub_store_node(w.hub.store, &ask.node, &row));
    OK(hub_store_rekeyed(w.hub.store, &row, &seen));
    assert_int_equal(seen.asked_position, 0);
    assert_int_equal(seen.count, 1);
    buf_free(&b);
    node_keyring_free(&s.ring);
    pair_close(&w);
}

/* ---- the folder ---- */

static void copy_file(const char *from, const char *to)
{
    struct buf b;
    buf_init(&b, KEY_FILE_BYTES_MAX);
    OK(file_read(from, KEY_FILE_BYTES_MAX, &b));
    OK(file_write_atomic(to, buf_bytes(&b), 0600));
    buf_free(&b);
}

static const char *const names[] = {"sign.key", "transport.key", "sealing.key"};

static void clear_folder(void)
{
    char path[64];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "keys/%s", names[i]);
        unlink(path);
        snprintf(path, sizeof path, "keys/next-%s", names[i]);
        unlink(path);
    }
    for (unsigned i = 0; i < SEALED_OLD_MAX; i++) {
        snprintf(path, sizeof path, "keys/old-sealing-%u.key", i);
        unlink(path);
    }
    unlink("keys/change");
    rmdir("keys");
}

/* The new keys go into their places one by one: cut behind each of them, and before any. */
static void keys_find_their_places_after_a_cut(void **state)
{
    (void)state;
    pair_random_state.s = 99;
    for (unsigned moved = 0; moved <= 3; moved++) {
        struct node_keyring old = {0}, next = {0}, now = {0};
        struct node_identity id = {.joined = true}, before;
        struct admin_rekey r;
        char from[64], to[64];
        clear_folder();
        OK(mkdir("keys", 0700));
        OK(node_keyring_load(".", "", true, &old));
        assert_int_equal(node_keyring_load(".", NODE_KEYRING_NEXT, false, &next), ERR_NOT_FOUND);
        OK(node_keyring_load(".", NODE_KEYRING_NEXT, true, &next));
        before = id;
        memcpy(before.sign_pk, old.sign.public, 32);
        memcpy(before.transport_pk, old.transport.public, 32);
        memcpy(before.sealing_pk, old.sealing.public, 32);
        OK(node_keyring_settle(".", &before)); /* the change is not done: nothing moves */
        OK(node_keyring_load(".", "", false, &now));
        assert_memory_equal(now.sign.public, old.sign.public, 32);
        node_keyring_free(&now);
        OK(node_keyring_fits(".", &before));
        memcpy(id.sign_pk, next.sign.public, 32);
        memcpy(id.transport_pk, next.transport.public, 32);
        memcpy(id.sealing_pk, next.sealing.public, 32);
        OK(node_keyring_fits(".", &id)); /* a copy of the time between */
        for (unsigned i = 0; i < moved; i++) {
            snprintf(from, sizeof from, "keys/next-%s", names[i]);
            snprintf(to, sizeof to, "keys/%s", names[i]);
            if (i == 0) { /* the proof stands before the first key moves */
                copy_file(from, "keys/kept");
                OK(node_keyring_settle(".", &id));
                copy_file("keys/kept", "keys/sign.key");
                unlink("keys/kept");
            }
            if (file_exists(from)) OK(file_replace(from, to));
        }
        OK(node_keyring_settle(".", &id));
        OK(node_keyring_load(".", "", false, &now));
        assert_memory_equal(now.sign.public, id.sign_pk, 32);
        assert_memory_equal(now.transport.public, id.transport_pk, 32);
        assert_memory_equal(now.sealing.public, id.sealing_pk, 32);
        assert_int_equal(now.old_count, 1); /* reads on, until it is not needed */
        assert_memory_equal(now.old[0].public, old.sealing.public, 32);
        assert_memory_equal(now.old[0].secret, old.sealing.secret, 32);
        OK(node_keyring_drop_old(".", &now));
        assert_int_equal(now.old_count, 0);
        assert_false(file_exists("keys/old-sealing-0.key"));
        OK(node_keyring_changed(".", &before, &r)); /* an older copy of the database may go on */
        OK(node_keyring_fits(".", &before));
        before.node.b[0] ^= 1; /* another node's may not */
        assert_int_equal(node_keyring_changed(".", &before, &r), ERR_NOT_FOUND);
        assert_int_equal(node_keyring_fits(".", &before), ERR_WRONG_HUB);
        node_keyring_free(&now);
        node_keyring_free(&old);
        node_keyring_free(&next);
    }
    clear_folder();
}

/* Several changes before everything is sealed again: each old key is kept once, up to the limit. */
static void old_sealing_keys_are_kept_up_to_the_limit(void **state)
{
    (void)state;
    struct node_keyring k = {0};
    struct stat st;
    clear_folder();
    OK(mkdir("keys", 0700));
    OK(node_keyring_load(".", "", true, &k));
    node_keyring_free(&k);
    for (unsigned n = 0; n <= SEALED_OLD_MAX; n++) {
        struct node_identity id = {.joined = true};
        struct node_keyring next = {0};
        OK(node_keyring_load(".", NODE_KEYRING_NEXT, true, &next));
        memcpy(id.sign_pk, next.sign.public, 32);
        memcpy(id.transport_pk, next.transport.public, 32);
        memcpy(id.sealing_pk, next.sealing.public, 32);
        bool room = n < SEALED_OLD_MAX;
        assert_int_equal(node_keyring_settle(".", &id), room ? ERR_OK : ERR_TOO_LARGE);
        if (room) OK(node_keyring_settle(".", &id)); /* once more changes nothing */
        node_keyring_free(&next);
        OK(node_keyring_load(".", "", false, &k));
        assert_int_equal(k.old_count, room ? n + 1 : SEALED_OLD_MAX);
        node_keyring_free(&k);
    }
    OK(stat("keys/old-sealing-0.key", &st));
    assert_int_equal(st.st_mode & 0777, 0600);
    clear_folder();
}

static void keys_of_a_change_that_never_began_are_dropped(void **state)
{
    (void)state;
    struct node_keyring k = {0};
    clear_folder();
    OK(mkdir("keys", 0700));
    OK(node_keyring_load(".", NODE_KEYRING_NEXT, true, &k));
    node_keyring_free(&k);
    unlink("keys/next-sealing.key"); /* cut before the last */
    assert_int_equal(node_keyring_load(".", NODE_KEYRING_NEXT, false, &k), ERR_NOT_FOUND);
    OK(node_keyring_drop_next("."));
    assert_false(file_exists("keys/next-sign.key"));
    OK(node_keyring_drop_next("."));
    clear_folder();
}

/* ---- payloads ---- */

static void payloads_are_strict(void **state)
{
    (void)state;
    uint8_t pk[32], sk[64];
    struct id_hash hub = {{1}}, node = {{2}};
    struct admin_rekey r, got;
    struct admin_rekey_ask ask = {.reason = bytes_str("vì")}, asked;
    struct buf b;
    pair_random_state.s = 5;
    crypto_sign_keypair(pk, sk);
    memset(&r, 7, sizeof r);
    memcpy(r.sign_pk, pk, sizeof pk);
    admin_rekey_sign(&r, &hub, &node, sk);
    OK(admin_rekey_check(&r, &hub, &node));
    buf_init(&b, 4096);
    admin_rekey_encode(&r, &b);
    OK(admin_rekey_decode(buf_bytes(&b), &got));
    assert_memory_equal(&got, &r, sizeof r);
    for (size_t cut = 0; cut < b.len; cut++)
        assert_int_equal(admin_rekey_decode(bytes_make(b.p, cut), &got), ERR_BAD_FORMAT);
    hub.b[0] ^= 1;
    assert_int_equal(admin_rekey_check(&r, &hub, &node), ERR_BAD_SIGNATURE);
    hub.b[0] ^= 1;
    node.b[0] ^= 1;
    assert_int_equal(admin_rekey_check(&r, &hub, &node), ERR_BAD_SIGNATURE);
    node.b[0] ^= 1;
    r.sealing_pk[0] ^= 1;
    assert_int_equal(admin_rekey_check(&r, &hub, &node), ERR_BAD_SIGNATURE);
    buf_clear(&b);
    admin_rekey_ask_encode(&ask, &b);
    OK(admin_rekey_ask_decode(buf_bytes(&b), &asked));
    char long_text[ADMIN_KEY_REASON_BYTES_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    for (size_t len = ADMIN_KEY_REASON_BYTES_MAX; len <= ADMIN_KEY_REASON_BYTES_MAX + 1; len++) {
        ask.reason = bytes_make((const uint8_t *)long_text, len);
        buf_clear(&b);
        admin_rekey_ask_encode(&ask, &b);
        assert_int_equal(admin_rekey_ask_decode(buf_bytes(&b), &asked),
                         len == ADMIN_KEY_REASON_BYTES_MAX ? ERR_OK : ERR_BAD_FORMAT);
    }
    ask.reason.len = 0;
    buf_clear(&b);
    admin_rekey_ask_encode(&ask, &b);
    assert_int_equal(admin_rekey_ask_decode(buf_bytes(&b), &asked), ERR_BAD_FORMAT);
    buf_free(&b);
}

/* A copy from before comes back, its session begins, and then the keys change: the session would repair logs that do
 * not name the one that began with the new key. */
static void a_change_in_the_middle_of_a_repair_waits_for_the_next_session(void **state)
{
    (void)state;
    for (uint64_t seed = 41; seed < 45; seed++) {
        struct pair w;
        struct pair_copy copy = {.bytes = {.p = NULL}};
        struct id_record rid[6];
        struct spare s;
        begin(&w, seed);
        spare_open(&s);
        struct pair_node *n = &w.nodes[0];
        pair_join(n);
        pair_create(n, &rid[0], "before");
        OK(pair_settle(n));
        buf_init(&copy.bytes, 1u << 26);
        pair_node_copy(n, &copy);
        for (size_t i = 1; i < 4; i++)
            pair_create(n, &rid[i], "behind");
        OK(pair_settle(n));
        pair_node_back(n, &copy);
        if (seed % 2 != 0) pair_create(n, &rid[4], "in the way");
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
        change(n, &s);
        pair_create(n, &rid[5], "under the new key");
        while (pair_turn(n)) {
        }
        for (int i = 0; i < 8 && under_way(n); i++) {
            if (pair_settle(n) != ERR_OK) continue;
            struct node_rekey r;
            if (node_store_rekey(n->store, &r) == ERR_NOT_FOUND &&
                memcmp(who(n).sign_pk, s.keys.sign_pk, 32) != 0)
                change(n, &s); /* as the daemon does when it lost its place */
        }
        if (memcmp(who(n).sign_pk, s.keys.sign_pk, 32) != 0) {
            change(n, &s);
            OK(pair_settle(n));
        }
        OK(pair_settle(n));
        changed(&w, n, &s);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(pair_hub_has(&w, &rid[i]), i != 4 || seed % 2 != 0);
        buf_free(&copy.bytes);
        node_keyring_free(&s.ring);
        pair_close(&w);
    }
}

/* ---- where frames end ---- */

static size_t run(const char *marks) /* 's': has a signature */
{
    static struct node_store_set v[16];
    size_t count = strlen(marks);
    for (size_t i = 0; i < count; i++)
        memset(v[i].signature, marks[i] == 's' ? 7 : 0, sizeof v[i].signature);
    return node_keys_run(v, count);
}

static void a_frame_ends_where_a_signature_stands(void **state)
{
    (void)state;
    assert_int_equal(run("s"), 1);
    assert_int_equal(run("sss"), 3);
    assert_int_equal(run("..s"), 3);
    assert_int_equal(run("..ss"), 3); /* the run, whole; what is behind it goes on its own */
    assert_int_equal(run("ss..s"), 2);
    assert_int_equal(run("ss.."), 2);
    assert_int_equal(run(".."), 0); /* it stands behind what was read */
    assert_int_equal(run("."), 0);
}

/* ---- a damaged first set ---- */

static void a_damaged_first_set_stops_nothing_else(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid[2];
    struct db *db = NULL;
    begin(&w, 31);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid[0], "before");
    OK(pair_settle(n));
    pair_node_off(n);
    OK(db_open(n->path, NULL, 0, &db));
    OK(db_exec(db, "UPDATE sys_log SET body = x'00' WHERE seq = 0"));
    db_close(db);
    pair_node_on(n);
    pair_create(n, &rid[1], "behind");
    OK(pair_settle(n));
    assert_true(pair_hub_has(&w, &rid[1]));
    pair_close(&w);
}

/* Of a database of before the table of serials. */
static void a_hub_that_changed_keys_before_the_upgrade_verifies(void **state)
{
    (void)state;
    struct pair w;
    struct spare s;
    struct id_record rid;
    struct db *db = NULL;
    uint32_t last = 0;
    begin(&w, 32);
    spare_open(&s);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid, "before");
    OK(pair_settle(n));
    change(n, &s);
    OK(pair_settle(n));
    if (under_way(n)) OK(pair_settle(n));
    struct id_hash node = who(n).node;
    OK(hub_store_serial_max(w.hub.store, &node, &last));
    assert_int_equal(last, 2);
    pair_hub_off(&w);
    OK(db_open(w.hub.path, NULL, 0, &db));
    OK(db_exec(db, "UPDATE sys_node SET key_serial = 1; DELETE FROM sys_key;"
                   "DELETE FROM sys_meta WHERE key = 'keys'"));
    db_close(db);
    pair_hub_on(&w);
    OK(hub_store_serial_max(w.hub.store, &node, &last));
    assert_int_equal(last, 2);
    OK(hub_store_check(w.hub.store));
    changed(&w, n, &s);
    node_keyring_free(&s.ring);
    pair_close(&w);
}

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(payloads_are_strict),
        T(a_cut_anywhere_is_mended_by_the_next_session),
        T(a_power_cut_of_the_hub_at_any_step_is_mended),
        T(who_has_the_old_keys_gets_and_brings_nothing),
        T(a_log_under_a_key_that_the_node_never_had_is_refused),
        T(a_change_that_lost_its_place_is_made_again),
        T(a_hub_from_before_the_change_learns_it_again),
        T(keys_certified_anew_by_a_hub_that_went_back_lock_nobody_out),
        T(two_lost_changes_lock_nobody_out),
        T(a_node_from_before_the_change_goes_on),
        T(the_hub_asks_until_the_key_is_gone),
        T(keys_find_their_places_after_a_cut),
        T(old_sealing_keys_are_kept_up_to_the_limit),
        T(keys_of_a_change_that_never_began_are_dropped),
        T(a_change_in_the_middle_of_a_repair_waits_for_the_next_session),
        T(a_frame_ends_where_a_signature_stands),
        T(a_damaged_first_set_stops_nothing_else),
        T(a_hub_that_changed_keys_before_the_upgrade_verifies),
    };
    randombytes_set_implementation(&pair_random);
    snprintf(folder, sizeof folder, "rekey-test-XXXXXX");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(HUB_REVOKED_FILE);
    unlink("erased.list");
    if (chdir("..") != 0 || rmdir(folder) != 0) printf("folder %s stays\n", folder);
    return failed;
}

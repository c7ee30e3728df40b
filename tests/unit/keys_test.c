/* Keys: a node that is revoked and what it still sends. Whole sessions and bundles over real stores. SPEC 18. */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/file.h"
#include "hub/bundle.h"
#include "hub/own.h"
#include "hub/store_erase.h"
#include "hub/store_nodes.h"
#include "hub/store_own.h"
#include "hub/store_quarantine.h"
#include "hub/store_records.h"
#include "hub/verify.h"
#include "node/bundle.h"
#include "proto/admin_key.h"
#include "proto/wire.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static char folder[64]; /* of the whole run: revoked.list stands beside the hub's database */

static void begin(struct pair *w, uint64_t seed)
{
    pair_random_state.s = seed * 104729;
    unlink(HUB_REVOKED_FILE);
    pair_open(w, seed);
}

static struct id_hash node_id(struct pair_node *n)
{
    struct node_identity id;
    OK(node_store_identity(n->store, &id));
    return id.node;
}

static enum err own(struct pair *w, const struct buf *payload)
{
    struct bytes p = buf_bytes(payload);
    OK(payload->e);
    OK(hub_store_begin(w->hub.store));
    enum err e = hub_own_append(w->hub.store, &w->hub.keys,
                                &(struct hub_own_set){.payloads = &p, .count = 1},
                                PAIR_WALL + (int64_t)w->now_ms, NULL);
    if (e == ERR_OK) return hub_store_commit(w->hub.store);
    hub_store_rollback(w->hub.store);
    return e;
}

static void revoke(struct pair *w, struct pair_node *n)
{
    struct buf b;
    buf_init(&b, 1000);
    admin_revoke_encode(&(struct admin_revoke){.node = node_id(n), .reason = bytes_str("mất trộm")},
                        &b);
    OK(own(w, &b));
    buf_free(&b);
}

/* ---- parcels ---- */

static struct hub_parcel parcels[64];
static size_t parcel_count;

static enum err parcel_row(void *ctx, const struct hub_parcel *p)
{
    (void)ctx;
    assert_true(parcel_count < sizeof parcels / sizeof parcels[0]);
    parcels[parcel_count++] = *p;
    return ERR_OK;
}

static size_t look(struct pair *w, bool all)
{
    parcel_count = 0;
    OK(hub_store_quarantine(w->hub.store, all, parcel_row, NULL));
    return parcel_count;
}

/* The word alone, in an open transaction: what it is about may not be here. */
static void say(struct pair *w, const struct hub_parcel *p, bool release, int64_t now)
{
    struct buf b;
    buf_init(&b, 2000);
    struct admin_quarantine d = {.node = p->node,
                                 .inc = p->inc,
                                 .first = p->first,
                                 .next = p->next,
                                 .hash = p->hash,
                                 .release = release,
                                 .by = bytes_str("Trần Thị B"),
                                 .reason = bytes_str("đã hỏi cán bộ xã")};
    admin_quarantine_encode(&d, &b);
    struct bytes payload = buf_bytes(&b);
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys,
                      &(struct hub_own_set){.payloads = &payload, .count = 1}, now, NULL));
    buf_free(&b);
}

static enum err decide(struct pair *w, const struct hub_parcel *p, bool release)
{
    struct hub_taken taken;
    int64_t now = PAIR_WALL + (int64_t)w->now_ms;
    say(w, p, release, now);
    enum err e = release ? hub_store_parcel_take(w->hub.store, p->no, now, &taken) : ERR_OK;
    return e == ERR_OK ? hub_store_commit(w->hub.store) : e;
}

static enum err no_finding(void *ctx, const struct hub_finding *f)
{
    (void)ctx;
    fail_msg("finding %d at %llu", (int)f->kind, (unsigned long long)f->position);
    return ERR_OK;
}

static void verified(struct pair *w)
{
    struct hub_verified_log v;
    OK(hub_verify_log(w->hub.store, no_finding, NULL, &v));
    assert_int_equal(v.findings, 0);
}

static void nothing_of_a_revoked_node_enters_the_log(void **state)
{
    (void)state;
    struct pair w;
    struct id_record before, rid[20];
    struct message_head head;
    begin(&w, 1);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_join(&w.nodes[1]);
    pair_create(n, &before, "before");
    OK(pair_attempt(n));
    assert_true(pair_hub_has(&w, &before));
    for (size_t i = 0; i < 20; i++) /* more than a flight of frames */
        pair_create(n, &rid[i], "after");
    revoke(&w, n);
    uint64_t end = pair_hub_position(&w);
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_non_null(strstr(pair_result(n).text, "20 thay đổi"));
    assert_int_equal(pair_hub_position(&w), end);
    assert_int_equal(look(&w, false), 20); /* each by itself: a person decides about each */
    assert_true(parcels[0].road == HUB_ROAD_NETWORK && parcels[0].state == HUB_PARCEL_WAITS);
    assert_string_equal(parcels[0].revoked_why, "mất trộm");
    assert_string_equal(parcels[0].unit, "26173");
    struct id_hash id = node_id(n);
    OK(hub_store_head(w.hub.store, &id, &parcels[0].inc, &head));
    assert_true(head.next_seq == parcels[0].first); /* the log itself stands where it stood */
    struct node_store_status st = pair_status(n);
    assert_int_equal(st.waiting, 20); /* no receipt: nobody is told "delivered" */
    /* Again: nothing new, nothing twice, and no word but that it is revoked. */
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_int_equal(look(&w, true), 20);
    /* The others go on. */
    struct id_record other;
    pair_create(&w.nodes[1], &other, "other");
    OK(pair_attempt(&w.nodes[1]));
    assert_true(pair_hub_has(&w, &other));
    verified(&w);
    pair_close(&w);
}

static void a_person_lets_parcels_in_or_not(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid[3];
    begin(&w, 2);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    pair_create(n, &rid[0], "a");
    pair_create(n, &rid[1], "b");
    pair_create(n, &rid[2], "c");
    revoke(&w, n);
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    size_t count = look(&w, false);
    assert_int_equal(count, 4); /* the genesis of its log too */
    assert_int_equal(decide(&w, &parcels[2], true), ERR_CHAIN_BROKEN); /* in their order */
    assert_int_equal(look(&w, false), count); /* the decision went with it */
    OK(decide(&w, &parcels[0], true));
    OK(decide(&w, &parcels[1], true));
    assert_true(pair_hub_has(&w, &rid[0]) && !pair_hub_has(&w, &rid[1]));
    OK(decide(&w, &parcels[2], false));
    assert_int_equal(look(&w, false), 1);
    assert_int_equal(look(&w, true), 4);
    assert_true(parcels[1].state == HUB_PARCEL_RELEASED);
    assert_true(parcels[2].state == HUB_PARCEL_DISCARDED);
    assert_string_equal(parcels[2].by, "Trần Thị B");
    assert_string_equal(parcels[2].reason, "đã hỏi cán bộ xã");
    assert_false(pair_hub_has(&w, &rid[1]));
    OK(decide(&w, &parcels[2], true)); /* thought better of: it was kept */
    assert_true(pair_hub_has(&w, &rid[1]));
    verified(&w); /* a replay of the log comes to the same, decisions included */
    pair_close(&w);
}

/* The hub goes back behind decisions. They come back from another node, and what they let in comes into the log: from
 * where it stood apart, or when it is handed in again, which gets no receipt. */
static void a_decision_that_comes_back_counts(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid[2];
    struct pair_copy before = {{0}}, apart = {{0}};
    begin(&w, 12);
    struct pair_node *n = &w.nodes[0], *other = &w.nodes[1];
    pair_join(n);
    pair_join(other);
    OK(pair_attempt(n));
    OK(pair_attempt(other));
    pair_hub_copy(&w, &before);
    pair_create(n, &rid[0], "a");
    pair_create(n, &rid[1], "b");
    revoke(&w, n);
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    pair_hub_copy(&w, &apart);
    assert_int_equal(look(&w, false), 3); /* the genesis too */
    for (size_t i = 0; i < 3; i++)
        OK(decide(&w, &parcels[i], true));
    OK(pair_attempt(other));
    pair_hub_back(&w, &apart);
    assert_false(pair_hub_has(&w, &rid[0]));
    for (int i = 0; i < 4; i++)
        (void)pair_attempt(other);
    assert_true(pair_hub_has(&w, &rid[0]) && pair_hub_has(&w, &rid[1]));
    verified(&w);
    pair_hub_back(&w, &before);
    for (int i = 0; i < 4; i++)
        (void)pair_attempt(other);
    assert_false(pair_hub_has(&w, &rid[0]));
    assert_int_equal(pair_attempt(n), ERR_REVOKED); /* one session for all of it */
    assert_true(pair_hub_has(&w, &rid[0]) && pair_hub_has(&w, &rid[1]));
    assert_int_equal(look(&w, true), 0);
    assert_int_equal(pair_status(n).waiting, 3); /* no receipt */
    verified(&w);
    buf_free(&before.bytes);
    buf_free(&apart.bytes);
    pair_close(&w);
}

/* Only the later one of two decisions came back: what it lets in waits for what is before it. */
static void what_is_let_in_waits_for_what_is_before_it(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid[2];
    struct pair_copy before = {{0}};
    begin(&w, 13);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    revoke(&w, n);
    pair_hub_copy(&w, &before);
    pair_create(n, &rid[0], "a");
    pair_create(n, &rid[1], "b");
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_int_equal(look(&w, false), 3);
    struct hub_parcel later = parcels[1];
    pair_hub_back(&w, &before);
    say(&w, &later, true, PAIR_WALL + (int64_t)w.now_ms);
    OK(hub_store_commit(w.hub.store));
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_int_equal(look(&w, true), 3);
    assert_true(parcels[1].state == HUB_PARCEL_RELEASED && !pair_hub_has(&w, &rid[0]));
    OK(decide(&w, &parcels[0], true));
    assert_true(pair_hub_has(&w, &rid[0]) && !pair_hub_has(&w, &rid[1]));
    verified(&w);
    buf_free(&before.bytes);
    pair_close(&w);
}

/* What was let in is these bytes and no others at the same place. */
static void another_set_at_a_released_place_stays_out(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid, forged;
    struct pair_copy copy = {{0}};
    begin(&w, 3);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    pair_create(n, &rid, "true");
    OK(pair_attempt(n));
    pair_node_copy(n, &copy);
    revoke(&w, n);
    pair_create(n, &rid, "one");
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_int_equal(look(&w, false), 1);
    /* The same seq of the same log, with other content: the thief went on from a copy. */
    pair_node_back(n, &copy);
    pair_create(n, &forged, "forged");
    uint64_t end = pair_hub_position(&w);
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_int_equal(pair_hub_position(&w), end);
    OK(decide(&w, &parcels[0], true));
    assert_true(pair_hub_has(&w, &rid));
    end = pair_hub_position(&w);
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_int_equal(pair_hub_position(&w), end);
    assert_false(pair_hub_has(&w, &forged));
    verified(&w);
    buf_free(&copy.bytes);
    pair_close(&w);
}

static unsigned revoke_at_take; /* an admin revokes before this frame of a session */
static struct pair *revoking;
static bool revoke_step(void *ctx, const char *what)
{
    (void)ctx;
    if (revoke_at_take == 0 || strcmp(what, "take") != 0 || --revoke_at_take > 0) return true;
    struct buf b;
    buf_init(&b, 1000);
    struct id_hash id = node_id(&revoking->nodes[0]);
    admin_revoke_encode(&(struct admin_revoke){.node = id, .reason = bytes_str("x")}, &b);
    struct bytes p = buf_bytes(&b);
    OK(hub_own_append(revoking->hub.store, &revoking->hub.keys,
                      &(struct hub_own_set){.payloads = &p, .count = 1},
                      PAIR_WALL + (int64_t)revoking->now_ms, NULL));
    buf_free(&b);
    return true;
}

static void a_session_under_way_feels_it_at_once(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid[60];
    static char text[3000];
    begin(&w, 4);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    hub_engine_free(w.hub.engine);
    w.hub.step = revoke_step;
    revoking = &w;
    pair_hub_engine(&w);
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < 60; i++) { /* several frames, one commit each */
        for (size_t k = 0; k < sizeof text - 1; k++)
            text[k] = (char)('a' + rng_below(&w.rng, 26));
        pair_create(n, &rid[i], text);
    }
    w.chunks = true;
    revoke_at_take = 2; /* the transaction of the first is open */
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    struct id_hash id = node_id(n);
    struct hub_node who;
    OK(hub_store_node(w.hub.store, &id, &who));
    assert_true(who.revoked);
    w.chunks = false;
    for (int i = 0; i < 4; i++) /* the rest is handed in, sooner or later */
        assert_int_equal(pair_attempt(n), ERR_REVOKED);
    look(&w, false);
    uint64_t apart = 0, inside = 0;
    for (size_t i = 0; i < parcel_count; i++)
        apart += parcels[i].next - parcels[i].first;
    for (size_t i = 0; i < 60; i++)
        inside += pair_hub_has(&w, &rid[i]);
    assert_true(inside < 60);
    assert_true(apart + inside >= 60);
    w.hub.step = NULL;
    verified(&w);
    pair_close(&w);
}

/* ---- the list outside the database ---- */

static void a_restored_hub_still_refuses(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct pair_copy old = {{0}}, none = {{0}};
    begin(&w, 5);
    struct pair_node *n = &w.nodes[0];
    pair_hub_copy(&w, &none); /* of before it joined */
    pair_join(n);
    OK(pair_attempt(n));
    pair_hub_copy(&w, &old);
    revoke(&w, n);
    pair_hub_back(&w, &old);
    struct id_hash id = node_id(n);
    struct hub_node who;
    OK(hub_store_node(w.hub.store, &id, &who));
    assert_true(who.revoked); /* before anything was served */
    pair_create(n, &rid, "late");
    assert_int_equal(pair_attempt(n), ERR_REVOKED);
    assert_false(pair_hub_has(&w, &rid));
    /* A copy that does not even know the node: enrolled again by its certificate, it stays revoked. */
    pair_hub_back(&w, &none);
    for (int i = 0; i < 4; i++)
        assert_int_not_equal(pair_attempt(n), ERR_OK);
    OK(hub_store_node(w.hub.store, &id, &who));
    assert_true(who.revoked);
    assert_false(pair_hub_has(&w, &rid));
    buf_free(&old.bytes);
    buf_free(&none.bytes);
    pair_close(&w);
}

static void a_file_that_is_cut_or_strange_harms_nothing(void **state)
{
    (void)state;
    struct pair w;
    struct buf file;
    begin(&w, 6);
    pair_join(&w.nodes[0]);
    revoke(&w, &w.nodes[0]);
    buf_init(&file, 1u << 20);
    OK(file_read(HUB_REVOKED_FILE, 1u << 20, &file));
    uint64_t end = pair_hub_position(&w);
    for (size_t len = 0; len <= file.len; len++) {
        if (len > 40 && len + 40 < file.len && len % 7 != 0) continue;
        pair_hub_off(&w);
        OK(file_write_atomic(HUB_REVOKED_FILE, bytes_make(file.p, len), 0600));
        pair_hub_on(&w);
        assert_int_equal(pair_hub_position(&w), end);
    }
    unlink(HUB_REVOKED_FILE);
    pair_hub_off(&w);
    pair_hub_on(&w);
    struct id_record rid;
    pair_create(&w.nodes[0], &rid, "x");
    assert_int_equal(pair_attempt(&w.nodes[0]), ERR_REVOKED);
    assert_true(file_exists(HUB_REVOKED_FILE)); /* made anew with the next commit */
    buf_free(&file);
    pair_close(&w);
}

/* ---- the hub's card ---- */

static void make_card(const struct admin_card *c, const struct key_sign *root, struct buf *out)
{
    buf_init(out, ADMIN_CARD_BYTES_MAX);
    admin_card_make(c, root->secret, out);
    OK(out->e);
}

static void a_card_with_keys_of_before_is_strict(void **state)
{
    (void)state;
    struct key_sign root = {.secret = NULL};
    struct admin_card c = {.serial = 7}, out;
    struct id_hash hub;
    struct buf b;
    OK(key_ready());
    OK(key_sign_make(&root, KEY_ROOT));
    crypto_generichash(hub.b, 32, root.public, 32, NULL, 0);
    memcpy(c.root_pk, root.public, 32);
    memset(c.address, 'a', ADMIN_ADDRESS_BYTES_MAX);
    c.past_count = ADMIN_CARD_PAST_MAX;
    for (size_t i = 0; i < c.past_count; i++) {
        memset(c.past[i].log_pk, (int)i + 1, 32);
        c.past[i].last = (uint64_t)INT64_MAX - i;
        c.past[i].stolen = i % 2 == 1;
    }
    make_card(&c, &root, &b); /* the largest there is */
    OK(admin_card_open(buf_bytes(&b), &hub, &out));
    assert_string_equal(out.address, c.address);
    assert_int_equal(out.past_count, c.past_count);
    assert_memory_equal(out.past, c.past, sizeof out.past);
    for (size_t i = 0; i < b.len; i++) { /* every byte is under the signature */
        b.p[i] ^= 1;
        assert_int_not_equal(admin_card_open(buf_bytes(&b), &hub, &out), ERR_OK);
        b.p[i] ^= 1;
        assert_int_not_equal(admin_card_open(bytes_make(b.p, i), &hub, &out), ERR_OK);
    }
    buf_free(&b);
    /* One form only: a card without address and past is of the first form. */
    struct admin_card plain = {.serial = 7};
    memcpy(plain.root_pk, root.public, 32);
    make_card(&plain, &root, &b);
    assert_int_equal(b.p[0], 0x96);
    OK(admin_card_open(buf_bytes(&b), &hub, &out));
    assert_int_equal(out.past_count, 0);
    buf_free(&b);
    key_sign_free(&root);
}

/* Whose word counts, and where. */
static void a_stolen_key_counts_up_to_its_position(void **state)
{
    (void)state;
    struct key_sign now = {.secret = NULL}, old = {.secret = NULL}, stolen = {.secret = NULL};
    struct change_head h = {.seq = 3};
    struct id_hash hash = {{9}};
    uint8_t sig[64];
    OK(key_ready());
    OK(key_sign_make(&now, KEY_SIGN));
    OK(key_sign_make(&old, KEY_SIGN));
    OK(key_sign_make(&stolen, KEY_SIGN));
    struct admin_card c = {.past = {{.last = 10}, {.last = 20, .stolen = true}}, .past_count = 2};
    memcpy(c.log_pk, now.public, 32);
    memcpy(c.past[0].log_pk, old.public, 32);
    memcpy(c.past[1].log_pk, stolen.public, 32);
    static const struct {
        unsigned who; /* 0 now, 1 old, 2 stolen, 3 nobody */
        uint64_t position;
        enum err e;
    } cases[] = {{0, 0, ERR_OK},
                 {0, 99, ERR_OK},
                 {1, 0, ERR_OK},
                 {1, 11, ERR_OK}, /* its secret is gone: given back it stands where it stands */
                 {2, 20, ERR_OK},
                 {2, 21, ERR_BAD_SIGNATURE},
                 {2, 0, ERR_BAD_SIGNATURE},
                 {3, 1, ERR_BAD_SIGNATURE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t *secrets[] = {now.secret, old.secret, stolen.secret, now.secret};
        change_sign(secrets[cases[i].who], &h, &hash, sig);
        if (cases[i].who == 3) sig[5] ^= 1;
        assert_int_equal(admin_key_set_check(&c, &h, &hash, sig, cases[i].position, NULL),
                         cases[i].e);
    }
    struct admin_receipt r = {.first_position = 20, .last_position = 20};
    admin_receipt_sign(&r, stolen.secret, sig);
    OK(admin_key_receipt_check(&r, &c, sig));
    r.last_position = 21;
    admin_receipt_sign(&r, stolen.secret, sig);
    assert_int_equal(admin_key_receipt_check(&r, &c, sig), ERR_BAD_SIGNATURE);
    key_sign_free(&now);
    key_sign_free(&old);
    key_sign_free(&stolen);
}

/* The hub's keys are changed as hub/rotate does it, in the store and in the engine. */
struct new_keys {
    struct key_sign log;
    struct key_box transport, sealing;
    struct hub_sync_keys was;
};

static void change_keys(struct pair *w, struct new_keys *k, bool stolen, const char *address)
{
    struct hub_identity id;
    struct buf card;
    OK(hub_store_identity(w->hub.store, &id));
    OK(key_sign_make(&k->log, KEY_SIGN));
    OK(key_box_make(&k->transport, KEY_TRANSPORT));
    OK(key_box_make(&k->sealing, KEY_SEALING));
    k->was = w->hub.keys;
    struct admin_past *p = &id.parsed.past[id.parsed.past_count++];
    *p = (struct admin_past){.last = pair_hub_position(w), .stolen = stolen};
    memcpy(p->log_pk, id.parsed.log_pk, 32);
    memcpy(id.parsed.log_pk, k->log.public, 32);
    memcpy(id.parsed.sealing_pk, k->sealing.public, 32);
    if (stolen) memcpy(id.parsed.transport_pk, k->transport.public, 32);
    snprintf(id.parsed.address, sizeof id.parsed.address, "%s", address);
    id.parsed.serial++;
    make_card(&id.parsed, &w->hub.root, &card);
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    buf_free(&card);
    randombytes_buf(id.inc.b, sizeof id.inc.b);
    randombytes_buf(&id.epoch, sizeof id.epoch);
    OK(hub_store_identity_set(w->hub.store, &id));
    w->hub.keys.log_secret = k->log.secret;
    w->hub.keys.log_pk = k->log.public;
    if (stolen) {
        w->hub.keys.transport_secret = k->transport.secret;
        w->hub.keys.transport_pk = k->transport.public;
        w->hub.keys.old_transport_secret = k->was.transport_secret;
        w->hub.keys.old_transport_pk = k->was.transport_pk;
    }
    hub_engine_free(w->hub.engine);
    pair_hub_engine(w);
}

static void drop_keys(struct new_keys *k)
{
    key_sign_free(&k->log);
    key_box_free(&k->transport);
    key_box_free(&k->sealing);
}

static void nodes_follow_a_new_card(void **state)
{
    (void)state;
    for (int stolen = 0; stolen < 2; stolen++) {
        struct pair w;
        struct id_record rid[3];
        struct new_keys k;
        struct node_identity id;
        int64_t since_ms = 0;
        begin(&w, 20 + (uint64_t)stolen);
        struct pair_node *n = &w.nodes[0];
        pair_join(n);
        OK(pair_attempt(n));
        pair_create(n, &rid[0], "before");
        pair_hub_save(&w, CHANGE_CREATE, &rid[2], "district", bytes_make(NULL, 0));
        OK(pair_attempt(n));
        pair_create(n, &rid[1], "waits");
        OK(hub_store_own_since(w.hub.store, &since_ms));
        int64_t before_ms = since_ms;
        w.now_ms += 5000;
        change_keys(&w, &k, stolen, "hub:1");
        assert_int_equal(hub_store_own_since(w.hub.store, &since_ms), ERR_NOT_FOUND);
        struct id_record own = {{7}};
        pair_hub_save(&w, CHANGE_CREATE, &own, "signed", bytes_make(NULL, 0));
        OK(hub_store_own_since(w.hub.store, &since_ms));
        assert_true(since_ms >= before_ms + 5000); /* that of the new keys, and it stays that */
        OK(pair_attempt(n)); /* stolen: dials the old key, gets the card and no more, comes again */
        for (int i = 0; i < 3 && !pair_hub_has(&w, &rid[1]); i++)
            OK(pair_attempt(n));
        assert_true(pair_hub_has(&w, &rid[1]));
        OK(node_store_identity(n->store, &id));
        assert_int_equal(id.card_serial, 2);
        assert_memory_equal(id.hub_log_pk, k.log.public, 32);
        if (stolen) assert_memory_equal(id.hub_transport_pk, k.transport.public, 32);
        OK(pair_attempt(n));
        pair_assert_scope(n);
        verified(&w);
        /* One that joins only now, with an invitation of before. */
        if (stolen) OK(pair_attempt(&w.nodes[1])); /* the card first */
        pair_join(&w.nodes[1]);
        OK(pair_attempt(&w.nodes[1]));
        pair_close(&w);
        drop_keys(&k);
    }
}

static void the_old_hub_is_not_believed_any_more(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct new_keys k;
    struct pair_copy thief = {{0}};
    begin(&w, 30);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    pair_hub_copy(&w, &thief); /* the whole hub, keys and all */
    change_keys(&w, &k, true, "hub:1");
    for (int i = 0; i < 3; i++)
        OK(pair_attempt(n));
    /* The thief runs the copy under the old keys, at the same address. */
    w.hub.keys = k.was;
    pair_hub_back(&w, &thief);
    pair_create(n, &rid, "secret");
    for (int i = 0; i < 3; i++)
        assert_int_not_equal(pair_attempt(n), ERR_OK);
    assert_false(pair_hub_has(&w, &rid)); /* nothing is said to it */
    struct node_identity id;
    OK(node_store_identity(n->store, &id));
    assert_int_equal(id.card_serial, 2);
    buf_free(&thief.bytes);
    pair_close(&w);
    drop_keys(&k);
}

/* ---- papers ---- */

static void a_decision_is_strict(void **state)
{
    (void)state;
    static char reason[ADMIN_KEY_REASON_BYTES_MAX + 2], by[ADMIN_KEY_NAME_BYTES_MAX + 2];
    struct admin_quarantine in = {.first = 3, .next = 9, .release = true}, out;
    memset(reason, 'r', sizeof reason - 1);
    memset(by, 'b', sizeof by - 1);
    for (unsigned k = 0; k < 6; k++) {
        struct buf b;
        size_t reason_len = k == 1 ? sizeof reason - 1 : k == 2 ? 0 : sizeof reason - 2;
        size_t by_len = k == 3 ? sizeof by - 1 : k == 4 ? 0 : sizeof by - 2;
        in.reason = bytes_make(reason, reason_len);
        in.by = bytes_make(by, by_len);
        in.next = k == 5 ? 3 : 9;
        buf_init(&b, 2000);
        admin_quarantine_encode(&in, &b);
        enum err e = admin_quarantine_decode(buf_bytes(&b), &out);
        assert_int_equal(e, k == 0 ? ERR_OK : ERR_BAD_FORMAT);
        if (k == 0) assert_true(out.release && out.next == 9 && bytes_equal(out.by, in.by));
        for (size_t len = 0; k == 0 && len < b.len; len++)
            assert_int_not_equal(admin_quarantine_decode(bytes_make(b.p, len), &out), ERR_OK);
        buf_free(&b);
    }
}

#define T(f) cmocka_unit_test(f)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_of_a_revoked_node_enters_the_log),
        T(a_person_lets_parcels_in_or_not),
        T(a_decision_that_comes_back_counts),
        T(what_is_let_in_waits_for_what_is_before_it),
        T(another_set_at_a_released_place_stays_out),
        T(a_session_under_way_feels_it_at_once),
        T(a_restored_hub_still_refuses),
        T(a_file_that_is_cut_or_strange_harms_nothing),
        T(a_decision_is_strict),
        T(a_card_with_keys_of_before_is_strict),
        T(a_stolen_key_counts_up_to_its_position),
        T(nodes_follow_a_new_card),
        T(the_old_hub_is_not_believed_any_more),
    };
    randombytes_set_implementation(&pair_random);
    snprintf(folder, sizeof folder, "keys-test-XXXXXX");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(HUB_REVOKED_FILE);
    unlink(ERASE_FILE_NAME);
    if (chdir("..") != 0 || rmdir(folder) != 0) printf("folder %s stays\n", folder);
    return failed;
}

/* The node's sync core alone: hand-made events, and a fake hub at the other end of a real link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sodium.h>

#include "node/sync.h"
#include "proto/key.h"
#include "proto/wire.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SETS = 40 };

struct own_set {
    struct buf head, body;
    struct id_hash hash;
    uint8_t signature[64];
};

struct rig {
    struct node_sync_mending mending;
    struct key_sign root, log, sign;
    struct key_box hub_transport, transport;
    struct node_sync_keys keys;
    struct node_identity identity;
    struct message_hello_node hello;
    struct own_set sets[SETS];
    size_t set_count;
    struct node_sync *core;
    struct node_sync_effects fx;
    uint64_t now_ms, link, wake_at, random;
    /* the fake hub */
    struct link *hub;
    struct message_hello_node heard;
    unsigned types[64]; /* of the messages that came up */
    size_t type_count;
    uint64_t receipted;
    /* what the store was asked to do */
    unsigned receipts, staged, applied, notes, closes, dials;
    enum err noted;
};

static void set_make(struct rig *r, uint64_t seq)
{
    struct own_set *s = &r->sets[seq];
    struct change_head h = {.hub = r->identity.hub,
                            .node = r->identity.node,
                            .inc = {{7, 7, 7}},
                            .seq = seq,
                            .hlc = 1000 + seq};
    uint8_t seed[16] = {(uint8_t)seq};
    struct buf p;
    struct change_builder b;
    if (seq > 0) h.prev = r->sets[seq - 1].hash;
    buf_init(&p, 50000);
    if (seq == 0) {
        struct admin_genesis g = {.has_parent = false};
        memcpy(g.sign_pk, r->sign.public, 32);
        admin_genesis_encode(&g, &p);
    } else { /* 40 kB that no compression makes small: one set a frame */
        struct buf v[11];
        struct change_write w[11];
        memset(w, 0, sizeof w);
        for (unsigned i = 0; i < 11; i++) {
            uint8_t noise[2000];
            char hex[4001];
            randombytes_buf(noise, sizeof noise);
            id_hex(BYTES_OF(noise), hex);
            buf_init(&v[i], 5000);
            wire_put_str(&v[i], bytes_make(hex, 4000));
            w[i] = (struct change_write){.field = i + 1, .value = buf_bytes(&v[i])};
        }
        struct change_op op = {.kind = CHANGE_CREATE, .type = 1, .writes = w, .count = 11};
        change_rid(seed, 0, &op.rid);
        change_op_encode(&op, &p);
        for (unsigned i = 0; i < 11; i++)
            buf_free(&v[i]);
    }
    OK(p.e);
    buf_init(&s->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&s->body, CHANGE_BODY_BYTES_MAX);
    change_begin(&b, &h, seed);
    change_add(&b, buf_bytes(&p));
    OK(change_finish(&b, &s->head, &s->body, &s->hash));
    change_sign(r->sign.secret, &h, &s->hash, s->signature);
    buf_free(&p);
}

static void rig_open(struct rig *r, size_t sets)
{
    memset(r, 0, sizeof *r);
    OK(key_ready());
    OK(key_sign_make(&r->root, KEY_ROOT));
    OK(key_sign_make(&r->log, KEY_SIGN));
    OK(key_sign_make(&r->sign, KEY_SIGN));
    OK(key_box_make(&r->hub_transport, KEY_TRANSPORT));
    OK(key_box_make(&r->transport, KEY_TRANSPORT));
    r->keys = (struct node_sync_keys){.transport_secret = r->transport.secret,
                                      .transport_pk = r->transport.public,
                                      .sign_secret = r->sign.secret,
                                      .sign_pk = r->sign.public};
    struct node_identity *id = &r->identity;
    id->joined = true;
    id->card_serial = 1;
    crypto_generichash(id->hub.b, 32, r->root.public, 32, NULL, 0);
    crypto_generichash(id->node.b, 32, r->sign.public, 32, NULL, 0);
    memcpy(id->hub_log_pk, r->log.public, 32);
    memcpy(id->hub_transport_pk, r->hub_transport.public, 32);
    snprintf(id->address, sizeof id->address, "hub:1");
    r->set_count = sets;
    for (size_t i = 0; i < sets; i++)
        set_make(r, i);
    if (sets > 0) {
        r->hello.log_count = 1;
        r->hello.logs[0] = (struct message_log){
            .inc = {{7, 7, 7}}, .next_seq = sets, .head = r->sets[sets - 1].hash};
    }
    OK(node_sync_new(&r->keys, &r->core));
    r->now_ms = 1000;
    r->random = 12345;
}

static void rig_close(struct rig *r)
{
    node_sync_free(r->core);
    link_free(r->hub);
    for (size_t i = 0; i < r->set_count; i++) {
        buf_free(&r->sets[i].head);
        buf_free(&r->sets[i].body);
    }
    key_sign_free(&r->root);
    key_sign_free(&r->log);
    key_sign_free(&r->sign);
    key_box_free(&r->hub_transport);
    key_box_free(&r->transport);
}

/* ---- the fake store and hub ---- */

static void hub_hear_piece(struct rig *r, struct bytes bytes)
{
    struct link_event m;
    OK(link_feed(r->hub, bytes));
    for (;;) {
        OK(link_next(r->hub, &m));
        if (m.kind == LINK_NOTHING) return;
        if (m.kind == LINK_HELLO) {
            OK(message_hello_node_decode(m.body, &r->heard));
        } else if (r->type_count < 64) {
            r->types[r->type_count++] = m.type;
        }
    }
}

static void hub_hear(struct rig *r, struct bytes bytes)
{
    if (r->hub == NULL) return;
    for (size_t at = 0, n = 0; at < bytes.len; at += n) {
        n = bytes.len - at < 30000 ? bytes.len - at : 30000;
        hub_hear_piece(r, bytes_make(bytes.p + at, n));
    }
}

static void step(struct rig *r, struct node_sync_event ev);

static void answer(struct rig *r, const struct node_sync_effect *f)
{
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_STORED};
    struct node_store_set sets[SETS];
    if (f->kind == NODE_SYNC_FX_LOAD_HELLO) {
        ev = (struct node_sync_event){.kind = NODE_SYNC_EV_HELLO_FACTS,
                                      .hello = &r->hello,
                                      .identity = &r->identity,
                                      .mending = &r->mending};
    } else if (f->kind == NODE_SYNC_FX_READ_SETS) {
        ev.kind = NODE_SYNC_EV_SETS;
        ev.sets = sets;
        for (size_t i = f->seq; i < r->set_count && ev.set_count < f->count; i++) {
            sets[ev.set_count].head = buf_bytes(&r->sets[i].head);
            sets[ev.set_count].body = buf_bytes(&r->sets[i].body);
            memcpy(sets[ev.set_count++].signature, r->sets[i].signature, 64);
        }
    } else if (f->kind == NODE_SYNC_FX_APPLY) {
        r->applied++;
        ev.kind = NODE_SYNC_EV_APPLIED;
    } else if (f->kind == NODE_SYNC_FX_STORE_RECEIPT) {
        r->receipts++;
        r->receipted = f->receipt.next_seq;
    } else {
        r->staged++;
    }
    step(r, ev);
}

static void step(struct rig *r, struct node_sync_event ev)
{
    struct node_sync_effects fx;
    const struct node_sync_effect *ask = NULL;
    ev.now_ms = r->now_ms;
    ev.wall_ms = 1686000000000;
    ev.random = r->random++;
    if (ev.link == 0) ev.link = r->link;
    node_sync_step(r->core, &ev, &fx);
    for (size_t i = 0; i < fx.count; i++) {
        const struct node_sync_effect *f = &fx.v[i];
        if (f->kind == NODE_SYNC_FX_DIAL) {
            r->link = f->link;
            r->dials++;
        } else if (f->kind == NODE_SYNC_FX_SEND) {
            hub_hear(r, f->bytes);
        } else if (f->kind == NODE_SYNC_FX_CLOSE) {
            r->closes++;
        } else if (f->kind == NODE_SYNC_FX_WAKE_AT) {
            r->wake_at = f->at_ms;
        } else if (f->kind == NODE_SYNC_FX_NOTE_CONTACT) {
            assert_int_equal(i, fx.count - 1); /* always last */
            r->notes++;
            r->noted = f->error;
        } else {
            assert_null(ask);
            ask = f;
        }
    }
    if (ask == NULL) return;
    struct node_sync_effect copy = *ask;
    answer(r, &copy);
}

static void event(struct rig *r, enum node_sync_event_kind kind)
{
    step(r, (struct node_sync_event){.kind = kind});
}

static void hub_says(struct rig *r)
{
    struct buf *out = link_out(r->hub);
    step(r, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_BYTES, .bytes = buf_bytes(out)});
    buf_clear(out);
}

/* WAKE to the point where the node's hello is at the hub. */
static void greet(struct rig *r)
{
    struct link_keys k = {.secret = r->hub_transport.secret, .public_key = r->hub_transport.public};
    link_free(r->hub);
    r->hub = NULL;
    r->type_count = 0;
    OK(link_new_hub(&r->hub, &r->identity.hub, &k));
    if (node_sync_state(r->core) == NODE_SYNC_IDLE) event(r, NODE_SYNC_EV_NOW);
    assert_int_equal(node_sync_state(r->core), NODE_SYNC_DIALING);
    event(r, NODE_SYNC_EV_LINK_UP);
    assert_int_equal(node_sync_state(r->core), NODE_SYNC_GREETING);
}

static struct message_hello_hub hub_hello(const struct rig *r, enum message_verdict v)
{
    struct message_hello_hub h = {.verdict = v, .epoch = 5, .clock_ms = 77};
    memcpy(h.nonce, r->heard.nonce, 16);
    h.head_count = r->heard.log_count;
    h.lineage_count = 1;
    h.lineage[0] = (struct message_epoch){5, 1};
    return h;
}

static void hub_answers(struct rig *r, const struct message_hello_hub *h)
{
    struct buf b;
    buf_init(&b, LINK_HELLO_BYTES_MAX);
    message_hello_hub_encode(h, &b);
    OK(b.e);
    OK(link_answer(r->hub, buf_bytes(&b)));
    buf_free(&b);
    hub_says(r);
}

static void hub_sends(struct rig *r, unsigned type, struct buf *b)
{
    OK(b->e);
    OK(link_send(r->hub, type, buf_bytes(b), false));
    buf_free(b);
}

static void hub_receipts(struct rig *r, uint64_t next_seq, int lie)
{
    struct admin_receipt a = {.hub = r->identity.hub,
                              .node = r->identity.node,
                              .epoch = 5,
                              .inc = {{7, 7, 7}},
                              .next_seq = next_seq,
                              .chain = r->sets[next_seq - 1].hash,
                              .first_position = 1,
                              .last_position = next_seq};
    if (lie == 1) a.chain.b[0] ^= 1;
    if (lie == 2) a.epoch = 6;
    if (lie == 3) a.node.b[0] ^= 1;
    struct message_receipt m = {
        .inc = a.inc, .next_seq = next_seq, .first_position = 1, .last_position = next_seq};
    admin_receipt_sign(&a, lie == 4 ? r->root.secret : r->log.secret, m.signature);
    if (lie == 5) m.next_seq = next_seq + 1;
    if (lie == 6) m.inc.b[0] ^= 1;
    struct buf b;
    buf_init(&b, 1000);
    message_receipt_encode(&m, &b);
    hub_sends(r, MESSAGE_RECEIPT, &b);
}

static void hub_ends(struct rig *r, uint64_t next_seq)
{
    struct message_end end = {.position = next_seq};
    struct buf b;
    if (next_seq > 0) {
        end.head_count = 1;
        end.incs[0] = (struct id_inc){{7, 7, 7}};
        end.next_seqs[0] = next_seq;
    }
    buf_init(&b, 1000);
    message_end_encode(&end, &b);
    hub_sends(r, MESSAGE_END, &b);
}

static size_t came(const struct rig *r, unsigned type)
{
    size_t n = 0;
    for (size_t i = 0; i < r->type_count; i++)
        n += r->types[i] == type;
    return n;
}

static struct node_sync_result result(const struct rig *r)
{
    struct node_sync_result x;
    node_sync_result(r->core, &x);
    return x;
}

static void go(struct rig *r)
{
    greet(r);
    struct message_hello_hub h = hub_hello(r, MESSAGE_GO);
    hub_answers(r, &h);
}

/* ---- tests ---- */

static void a_session_sends_gets_receipts_applies_and_says_bye(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 3);
    go(&r);
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_SYNCING);
    assert_true(came(&r, MESSAGE_UP) >= 1);
    assert_int_equal(came(&r, MESSAGE_UPEND), 1);
    assert_int_equal(r.receipts, 0);
    hub_receipts(&r, 3, 0);
    hub_says(&r);
    assert_int_equal(r.receipted, 3);
    hub_ends(&r, 3);
    hub_says(&r);
    assert_int_equal(r.applied, 1);
    assert_int_equal(came(&r, MESSAGE_BYE), 1);
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_CLOSING);
    assert_int_equal(r.notes, 1);
    assert_int_equal(r.noted, ERR_OK);
    event(&r, NODE_SYNC_EV_LINK_DOWN);
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
    assert_int_equal(result(&r).last, ERR_OK);
    uint64_t now = r.now_ms;
    r.now_ms = r.wake_at; /* of the closing: too early for the next session */
    event(&r, NODE_SYNC_EV_WAKE);
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
    assert_in_range(r.wake_at, now + NODE_SYNC_INTERVAL_MS * 4 / 5, now + NODE_SYNC_INTERVAL_MS);
    rig_close(&r);
}

static void at_most_16_frames_are_ahead_of_the_receipts(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, SETS);
    go(&r);
    assert_int_equal(came(&r, MESSAGE_UP), LINK_UNRECEIPTED_MAX);
    assert_int_equal(came(&r, MESSAGE_UPEND), 0);
    uint64_t next = 2; /* the genesis travels with the first big set */
    for (unsigned i = 1; next <= SETS; i++, next++) {
        hub_receipts(&r, next, 0);
        hub_says(&r);
        assert_int_equal(r.receipts, i);
        size_t expected = LINK_UNRECEIPTED_MAX + i;
        if (expected > SETS - 1) expected = SETS - 1;
        assert_int_equal(came(&r, MESSAGE_UP), expected);
    }
    assert_int_equal(came(&r, MESSAGE_UPEND), 1);
    rig_close(&r);
}

static void wrong_receipts_end_the_session_and_store_nothing(void **state)
{
    (void)state;
    for (int lie = 1; lie <= 6; lie++) {
        struct rig r;
        rig_open(&r, 2);
        go(&r);
        hub_receipts(&r, 2, lie);
        hub_says(&r);
        assert_int_equal(r.receipts, 0);
        assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
        assert_int_equal(result(&r).last, lie < 5 ? ERR_BAD_SIGNATURE : ERR_BAD_FORMAT);
        assert_int_equal(r.closes, 1);
        rig_close(&r);
    }
}

static void a_receipt_twice_for_the_same_frame_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 2);
    go(&r);
    hub_receipts(&r, 2, 0);
    hub_receipts(&r, 2, 0);
    hub_says(&r);
    assert_int_equal(r.receipts, 1);
    assert_int_equal(result(&r).last, ERR_BAD_FORMAT);
    rig_close(&r);
}

static void an_end_that_claims_more_than_was_proved_is_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct rig r;
        rig_open(&r, 2);
        go(&r);
        if (kind > 0) hub_receipts(&r, 2, 0);
        if (kind == 2) r.set_count = 2;
        hub_ends(&r, kind == 1 ? 3 : 2); /* 0: a frame has no receipt; 1: a head above ours */
        hub_says(&r);
        assert_int_equal(r.applied, kind == 2);
        assert_int_equal(result(&r).last, kind == 2 ? ERR_OK : ERR_BAD_FORMAT);
        rig_close(&r);
    }
}

static void every_verdict_ends_with_its_code_and_words(void **state)
{
    (void)state;
    static const struct {
        enum message_verdict v;
        enum err e;
    } cases[] = {{MESSAGE_NEW_INCARNATION, ERR_FORKED},
                 {MESSAGE_UNKNOWN_NODE, ERR_REFUSED},
                 {MESSAGE_REVOKED, ERR_REVOKED},
                 {MESSAGE_NO_VERSION, ERR_REFUSED},
                 {MESSAGE_JOIN_FIRST, ERR_BAD_FORMAT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig r;
        rig_open(&r, 2);
        greet(&r);
        struct message_hello_hub h = hub_hello(&r, cases[i].v);
        if (cases[i].v == MESSAGE_REVOKED)
            h.head_count = 0; /* with heads: tests/unit/keys_test.c */
        hub_answers(&r, &h);
        assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
        assert_int_equal(result(&r).last, cases[i].e);
        assert_int_equal(result(&r).verdict, cases[i].v);
        assert_int_equal(r.noted, cases[i].e);
        assert_int_equal(result(&r).vi != NULL, cases[i].v != MESSAGE_JOIN_FIRST);
        assert_int_equal(result(&r).en != NULL, cases[i].v != MESSAGE_JOIN_FIRST);
        assert_true(result(&r).vi == NULL || strstr(result(&r).vi, " / ") == NULL);
        assert_int_equal(came(&r, MESSAGE_UP), 0);
        rig_close(&r);
    }
}

static void a_replayed_hello_is_refused(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 2);
    greet(&r);
    struct message_hello_hub h = hub_hello(&r, MESSAGE_GO);
    h.nonce[0] ^= 1;
    hub_answers(&r, &h);
    assert_int_equal(result(&r).last, ERR_HANDSHAKE);
    rig_close(&r);
}

static void heads_that_are_not_ours_stop_before_anything_is_sent(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct rig r;
        rig_open(&r, 3);
        greet(&r);
        struct message_hello_hub h = hub_hello(&r, MESSAGE_GO);
        static const uint64_t next[] = {2, 3, 4, 2};
        h.heads[0].next_seq = next[kind];
        h.heads[0].head = r.sets[next[kind] < 3 ? next[kind] - 1 : 2].hash;
        if (kind < 2) h.heads[0].head.b[5] ^= 1; /* forked behind us; forked at our head */
        hub_answers(&r, &h);
        if (kind < 3) {
            assert_int_equal(node_sync_state(r.core), NODE_SYNC_SYNCING);
            assert_int_equal(came(&r, MESSAGE_PULL), 1); /* to see what the hub has */
            assert_int_equal(came(&r, MESSAGE_UP), 0);
        } else { /* a true head: only what is behind it goes */
            assert_int_equal(came(&r, MESSAGE_UP), 1);
        }
        rig_close(&r);
    }
}

static void a_damaged_set_ends_its_log_but_not_the_feed(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 4);
    r.sets[2].body.p[40] ^= 1;
    go(&r);
    assert_int_equal(came(&r, MESSAGE_UPEND), 1);
    hub_receipts(&r, 2, 0);
    hub_ends(&r, 2);
    hub_says(&r);
    assert_int_equal(r.applied, 1);
    assert_int_equal(result(&r).last, ERR_DAMAGED);
    rig_close(&r);
}

/* Sets of an older key that came back have the signature of the frame that they came in at its end alone. */
static void a_run_of_sets_without_signatures_that_cannot_go_ends_its_log_but_not_the_feed(
    void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) { /* damaged within; more than a frame; the end is missing */
        struct rig r;
        rig_open(&r, 4);
        for (size_t i = 1; i < (how == 2 ? 4u : 3u); i++)
            memset(r.sets[i].signature, 0, sizeof r.sets[i].signature);
        if (how == 0) r.sets[2].body.p[40] ^= 1;
        go(&r);
        assert_int_equal(came(&r, MESSAGE_UP), 1);
        assert_int_equal(came(&r, MESSAGE_UPEND), 1);
        hub_receipts(&r, 1, 0);
        hub_ends(&r, 1);
        hub_says(&r);
        assert_int_equal(r.applied, 1);
        assert_int_equal(result(&r).last, ERR_DAMAGED);
        rig_close(&r);
    }
}

static void a_set_of_the_feed_must_be_signed_by_the_hub(void **state)
{
    (void)state;
    for (int lie = 0; lie < 4; lie++) {
        struct rig r;
        struct buf p, head, body, b;
        struct change_builder cb;
        struct message_set m = {.position = 9};
        rig_open(&r, 0);
        struct change_head h = {.hub = r.identity.hub, .node = r.identity.hub, .hlc = 9};
        if (lie == 1) h.node = r.identity.node;
        struct admin_genesis g = {.has_parent = false};
        uint8_t seed[16] = {1};
        struct id_hash hash;
        buf_init(&p, 1000);
        buf_init(&head, 1000);
        buf_init(&body, 1000);
        buf_init(&b, 3000);
        admin_genesis_encode(&g, &p);
        change_begin(&cb, &h, seed);
        change_add(&cb, buf_bytes(&p));
        OK(change_finish(&cb, &head, &body, &hash));
        change_sign(lie == 2 ? r.root.secret : r.log.secret, &h, &hash, m.signature);
        if (lie == 3) body.p[body.len - 1] ^= 1;
        m.head = buf_bytes(&head);
        m.body = buf_bytes(&body);
        go(&r);
        message_sets_encode(&m, 1, &b);
        hub_sends(&r, MESSAGE_SETS, &b);
        hub_says(&r);
        assert_int_equal(r.staged, lie == 0);
        assert_int_equal(node_sync_state(r.core), lie == 0 ? NODE_SYNC_SYNCING : NODE_SYNC_IDLE);
        buf_free(&p);
        buf_free(&head);
        buf_free(&body);
        rig_close(&r);
    }
}

static void silence_ends_every_state(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 2);
    event(&r, NODE_SYNC_EV_WAKE); /* the start */
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_DIALING);
    assert_int_equal(r.wake_at, r.now_ms + NODE_SYNC_DIAL_MS);
    r.now_ms = r.wake_at - 1;
    event(&r, NODE_SYNC_EV_WAKE); /* a timer that fires early changes nothing */
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_DIALING);
    r.now_ms++;
    event(&r, NODE_SYNC_EV_WAKE);
    assert_int_equal(result(&r).last, ERR_UNREACHABLE);

    r.now_ms = r.wake_at;
    greet(&r);
    r.now_ms += NODE_SYNC_HANDSHAKE_MS;
    event(&r, NODE_SYNC_EV_WAKE);
    assert_int_equal(result(&r).last, ERR_TIMEOUT);

    go(&r);
    r.now_ms += NODE_SYNC_SILENCE_MS - 1;
    event(&r, NODE_SYNC_EV_WAKE);
    event(&r, NODE_SYNC_EV_LINK_DRAINED); /* something moved */
    r.now_ms += NODE_SYNC_SILENCE_MS - 1;
    event(&r, NODE_SYNC_EV_WAKE);
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_SYNCING);
    r.now_ms++;
    event(&r, NODE_SYNC_EV_WAKE);
    assert_int_equal(result(&r).last, ERR_TIMEOUT);
    rig_close(&r);
}

static void retries_double_with_jitter_from_5_s_to_15_min(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 0);
    event(&r, NODE_SYNC_EV_WAKE);
    uint64_t low = NODE_SYNC_RETRY_MS_MIN;
    for (unsigned i = 0; i < 20; i++) {
        r.random = i * UINT64_C(0x123456789ABCDEF);
        step(&r, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DOWN, .error = ERR_LINK_LOST});
        assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
        uint64_t high = 2 * low < NODE_SYNC_RETRY_MS_MAX ? 2 * low : NODE_SYNC_RETRY_MS_MAX;
        uint64_t since = r.now_ms;
        while (node_sync_state(r.core) == NODE_SYNC_IDLE) { /* a timer may fire early */
            r.now_ms = r.wake_at;
            event(&r, NODE_SYNC_EV_WAKE);
        }
        assert_in_range(r.now_ms - since, high / 2, high);
        low = high;
    }
    rig_close(&r);
}

/* What makes each session end early, for ever: a set that stays damaged whatever is done about it; a hub that says
 * over and over that it went back; one that has revoked both our keys and those that they change to. */
static void early_session(struct rig *r, int road)
{
    if (road == 0) {
        go(r);
        hub_receipts(r, 2, 0);
        hub_ends(r, 2);
        hub_says(r);
        assert_int_equal(result(r).last, ERR_DAMAGED);
    } else if (road == 1) {
        greet(r);
        struct message_hello_hub h = hub_hello(r, MESSAGE_WENT_BACK);
        hub_answers(r, &h);
        assert_int_equal(result(r).last, ERR_AGAIN);
    } else {
        r->mending.rekey = true;
        greet(r);
        struct message_hello_hub h = hub_hello(r, MESSAGE_REVOKED);
        h.heads[0].next_seq = 4; /* nothing is left to hand in */
        hub_answers(r, &h);
    }
    assert_int_not_equal(node_sync_state(r->core), NODE_SYNC_SYNCING);
    if (node_sync_state(r->core) == NODE_SYNC_CLOSING) event(r, NODE_SYNC_EV_LINK_DOWN);
}

static void sessions_that_lead_nowhere_come_to_wait_as_after_failures(void **state)
{
    (void)state;
    for (int road = 0; road < 3; road++) {
        struct rig r;
        uint64_t longest = 0;
        unsigned at_once = 0;
        rig_open(&r, 4);
        r.sets[2].body.p[40] ^= 1;
        for (unsigned i = 0; i < 24; i++) {
            early_session(&r, road);
            event(&r, NODE_SYNC_EV_SAVED); /* work that goes on hurries nothing */
            uint64_t since = r.now_ms;
            while (node_sync_state(r.core) == NODE_SYNC_IDLE) { /* a timer may fire early */
                if (r.wake_at > r.now_ms) r.now_ms = r.wake_at;
                event(&r, NODE_SYNC_EV_WAKE);
            }
            uint64_t wait = r.now_ms - since;
            at_once += wait == 0;
            if (wait > 0) assert_in_range(wait, NODE_SYNC_RETRY_MS_MIN, NODE_SYNC_RETRY_MS_MAX);
            if (wait > longest) longest = wait;
        }
        assert_true(at_once <= 6);
        assert_in_range(longest, NODE_SYNC_RETRY_MS_MAX / 2, NODE_SYNC_RETRY_MS_MAX);
        rig_close(&r);
    }
}

static void events_of_old_links_are_ignored(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 0);
    event(&r, NODE_SYNC_EV_WAKE);
    uint64_t old = r.link;
    event(&r, NODE_SYNC_EV_LINK_DOWN);
    event(&r, NODE_SYNC_EV_NOW);
    assert_int_not_equal(r.link, old);
    step(&r, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_UP, .link = old});
    step(&r, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DOWN, .link = old});
    step(&r, (struct node_sync_event){
                 .kind = NODE_SYNC_EV_LINK_BYTES, .link = old, .bytes = bytes_str("x")});
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_DIALING);
    rig_close(&r);
}

static void a_save_brings_a_session_within_2_s_when_the_hub_was_there(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 1);
    event(&r, NODE_SYNC_EV_SAVED); /* never met: the start decides */
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
    go(&r);
    hub_receipts(&r, 1, 0);
    hub_ends(&r, 1);
    hub_says(&r);
    event(&r, NODE_SYNC_EV_LINK_DOWN);
    event(&r, NODE_SYNC_EV_SAVED);
    assert_int_equal(r.wake_at, r.now_ms + NODE_SYNC_SAVED_MS);
    r.now_ms = r.wake_at;
    event(&r, NODE_SYNC_EV_WAKE);
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_DIALING);
    event(&r, NODE_SYNC_EV_LINK_DOWN); /* unreachable now: a save does not hurry */
    uint64_t wake = r.wake_at;
    event(&r, NODE_SYNC_EV_SAVED);
    assert_int_equal(r.wake_at, wake);
    /* saved after UPEND: another session follows */
    go(&r);
    event(&r, NODE_SYNC_EV_SAVED);
    assert_true(result(&r).wanted_again);
    hub_receipts(&r, 1, 0);
    hub_ends(&r, 1);
    hub_says(&r);
    event(&r, NODE_SYNC_EV_LINK_DOWN);
    assert_int_equal(r.wake_at, r.now_ms + NODE_SYNC_SAVED_MS);
    rig_close(&r);
}

static void garbage_and_refusals_end_the_session(void **state)
{
    (void)state;
    struct rig r;
    struct buf b;
    rig_open(&r, 1);
    for (unsigned type = 1; type < 30; type++) { /* empty or foreign bodies of every type */
        go(&r);
        buf_init(&b, 10);
        wire_put_uint(&b, 7);
        hub_sends(&r, type, &b);
        hub_says(&r);
        assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
        assert_int_equal(result(&r).last, ERR_BAD_FORMAT);
    }
    go(&r);
    struct message_refuse refuse = {.code = MESSAGE_BUSY, .text = bytes_str("bận")};
    buf_init(&b, 100);
    message_refuse_encode(&refuse, &b);
    hub_sends(&r, MESSAGE_REFUSE, &b);
    hub_says(&r);
    assert_int_equal(result(&r).last, ERR_REFUSED);
    assert_int_equal(result(&r).refused, MESSAGE_BUSY);
    assert_string_equal(result(&r).text, "bận");
    assert_int_equal(r.applied, 0);
    rig_close(&r);
}

static void a_store_failure_ends_the_session_and_is_tried_again(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, 1);
    go(&r);
    step(&r, (struct node_sync_event){.kind = NODE_SYNC_EV_STORE_FAILED, .error = ERR_FULL});
    assert_int_equal(node_sync_state(r.core), NODE_SYNC_IDLE);
    assert_int_equal(result(&r).last, ERR_FULL);
    assert_int_equal(r.closes, 1);
    assert_true(r.wake_at > r.now_ms);
    step(&r, (struct node_sync_event){.kind = NODE_SYNC_EV_STORE_FAILED, .error = ERR_FULL});
    assert_int_equal(result(&r).finished, 1); /* the note itself failed: nothing more happens */
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_sends_gets_receipts_applies_and_says_bye),
        cmocka_unit_test(at_most_16_frames_are_ahead_of_the_receipts),
        cmocka_unit_test(wrong_receipts_end_the_session_and_store_nothing),
        cmocka_unit_test(a_receipt_twice_for_the_same_frame_is_refused),
        cmocka_unit_test(an_end_that_claims_more_than_was_proved_is_refused),
        cmocka_unit_test(every_verdict_ends_with_its_code_and_words),
        cmocka_unit_test(a_replayed_hello_is_refused),
        cmocka_unit_test(heads_that_are_not_ours_stop_before_anything_is_sent),
        cmocka_unit_test(a_damaged_set_ends_its_log_but_not_the_feed),
        cmocka_unit_test(
            a_run_of_sets_without_signatures_that_cannot_go_ends_its_log_but_not_the_feed),
        cmocka_unit_test(a_set_of_the_feed_must_be_signed_by_the_hub),
        cmocka_unit_test(silence_ends_every_state),
        cmocka_unit_test(retries_double_with_jitter_from_5_s_to_15_min),
        cmocka_unit_test(sessions_that_lead_nowhere_come_to_wait_as_after_failures),
        cmocka_unit_test(events_of_old_links_are_ignored),
        cmocka_unit_test(a_save_brings_a_session_within_2_s_when_the_hub_was_there),
        cmocka_unit_test(garbage_and_refusals_end_the_session),
        cmocka_unit_test(a_store_failure_ends_the_session_and_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Bad links and rude peers, with real engines and stores: backoff, processes that stand still, links that
 * went silent, half-open floods, one node's flood beside others, and the lane of attachments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "hub/own.h"
#include "hub/store_alarm.h"
#include "hub/store_attach.h"
#include "hub/store_nodes.h"
#include "node/store_attach.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static struct bytes none(void)
{
    return bytes_make(NULL, 0);
}

/* ---- retries ---- */

static void waits_are_random_bounded_and_never_end(void **state)
{
    (void)state;
    struct pair w;
    uint64_t fifth[5] = {0};
    pair_open(&w, 71);
    struct pair_node *n = &w.nodes[0];
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
    for (unsigned i = 0; i < 3000; i++) {
        assert_true(n->dialed); /* it tries again, however often it failed */
        n->dialed = false;
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DOWN,
                                               .link = n->link,
                                               .error = ERR_UNREACHABLE});
        uint64_t from = w.now_ms;
        while (!n->dialed) {
            assert_true(n->wake_at > w.now_ms && n->wake_at <= from + NODE_SYNC_RETRY_MS_MAX);
            w.now_ms = n->wake_at;
            pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
        }
        assert_in_range(w.now_ms - from, NODE_SYNC_RETRY_MS_MIN, NODE_SYNC_RETRY_MS_MAX);
        uint64_t half = NODE_SYNC_RETRY_MS_MAX / 2;
        if (i >= 10) fifth[(w.now_ms - from - half) * 5 / (half + 1)]++;
    }
    for (unsigned i = 0; i < 5; i++) /* nodes that fell out together do not come back together */
        assert_in_range(fifth[i], 450, 750);
    pair_close(&w);
}

/* ---- time that passes in the middle ---- */

/* `turns` of a session in which node 0 hands in three saves. false: it was over before. */
static bool session_of_three(struct pair *w, uint64_t seed, unsigned turns)
{
    struct id_record rid;
    bool more = true;
    pair_open(w, seed);
    struct pair_node *n = &w->nodes[0];
    pair_join(n);
    for (int i = 0; i < 3; i++)
        pair_save(n, CHANGE_CREATE, &rid, "x", none());
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    for (unsigned i = 0; i < turns && more; i++)
        more = pair_turn(n);
    return more;
}

/* All that it began with arrives, once. */
static void three_arrive(struct pair *w)
{
    struct pair_node *n = &w->nodes[0];
    OK(pair_settle(n));
    struct node_store_status s = pair_status(n);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.sets, 4); /* with the genesis; nothing was made anew or twice */
    assert_int_equal(s.applied, s.ops);
    pair_assert_scope(n);
    OK(hub_store_check(w->hub.store));
    pair_close(w);
}

/* A session is left after `turns` and nothing moves for `ms`; then all goes on. */
static bool interrupted(uint64_t seed, unsigned turns, uint64_t ms)
{
    struct pair w;
    bool more = session_of_three(&w, seed, turns);
    struct pair_node *n = &w.nodes[0];
    w.now_ms += ms;
    hub_engine_tick(w.hub.engine, pair_time(&w));
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
    while (pair_turn(n)) {
    }
    three_arrive(&w);
    return more;
}

static void a_process_that_stood_still_for_an_hour_goes_on(void **state)
{
    (void)state;
    unsigned turns = 0;
    while (interrupted(100 + turns, turns, 3600000))
        turns++;
    assert_true(turns >= 5); /* every moment of the session was tried */
}

/* The line is there, but nothing comes through: both sides end it by themselves. */
static void a_silent_line_is_left_after_45_s(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 72);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_save(n, CHANGE_CREATE, &rid, "x", none());
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    for (int i = 0; i < 3; i++)
        assert_true(pair_turn(n));
    assert_int_equal(node_engine_state(n->engine), NODE_SYNC_SYNCING);
    unsigned ticks = 0;
    while (node_engine_state(n->engine) != NODE_SYNC_IDLE) {
        w.now_ms += 1000;
        ticks++;
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
        hub_engine_tick(w.hub.engine, pair_time(&w));
        assert_true(ticks <= NODE_SYNC_SILENCE_MS / 1000 + 2);
    }
    assert_true(ticks >= NODE_SYNC_SILENCE_MS / 1000);
    struct hub_engine_output o;
    bool closed = false;
    while (hub_engine_next(w.hub.engine, &o))
        closed = closed || o.close;
    assert_true(closed);
    pair_close(&w);
}

/* ---- one direction ---- */

enum {
    ONE_WAY_S = 3600,
    ONE_WAY_DIALS_MAX = 16
}; /* waits double from 5 s to 15 min: that many in an hour */

struct one_way {
    struct pair *w;
    struct pair_node *n;
    bool up; /* what the node sends is lost; otherwise what the hub sends */
    bool node_on, hub_on;
    unsigned dials;
};

static void one_way_node_off(struct one_way *x, enum err why)
{
    x->node_on = false;
    x->n->up = x->n->dialed = x->n->closing = false;
    pair_event(x->n, (struct node_sync_event){
                         .kind = NODE_SYNC_EV_LINK_DOWN, .link = x->n->link, .error = why});
}

/* The node writes into its system's buffer, and hears what the hub says unless that is the dead direction. */
static void one_way_node(struct one_way *x)
{
    struct pair_node *n = x->n;
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
    if (!x->node_on && n->dialed) { /* a connection needs both directions */
        x->dials++;
        one_way_node_off(x, ERR_UNREACHABLE);
    }
    if (x->node_on && n->to_hub.len > 0) {
        if (!x->up && x->hub_on)
            hub_engine_bytes(x->w->hub.engine, n->conn, buf_bytes(&n->to_hub), pair_time(x->w));
        buf_clear(&n->to_hub);
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DRAINED, .link = n->link});
    }
    if (!x->node_on || !n->closing) return;
    if (!x->up && x->hub_on) {
        hub_engine_down(x->w->hub.engine, n->conn, pair_time(x->w));
        x->hub_on = false;
    }
    one_way_node_off(x, ERR_LINK_LOST);
}

static void one_way_hub(struct one_way *x)
{
    struct pair_node *n = x->n;
    struct hub_engine_output o;
    bool closes = false, wrote = false;
    hub_engine_tick(x->w->hub.engine, pair_time(x->w));
    OK(hub_engine_flush(x->w->hub.engine, pair_time(x->w)));
    while (hub_engine_next(x->w->hub.engine, &o)) {
        closes = closes || o.close;
        wrote = wrote || o.bytes.len > 0;
        if (x->up && x->node_on && o.bytes.len > 0)
            pair_event(n, (struct node_sync_event){
                              .kind = NODE_SYNC_EV_LINK_BYTES, .link = n->link, .bytes = o.bytes});
    }
    if (!x->hub_on) return;
    if (wrote) hub_engine_drained(x->w->hub.engine, n->conn, pair_time(x->w));
    if (!closes) return;
    hub_engine_down(x->w->hub.engine, n->conn, pair_time(x->w));
    x->hub_on = false;
    if (x->up && x->node_on) one_way_node_off(x, ERR_LINK_LOST);
}

/* After `turns` of a session one direction is dead for 20 minutes; then all goes on. False: the session was over. */
static bool one_way(uint64_t seed, unsigned turns, bool up)
{
    struct pair w;
    bool more = session_of_three(&w, seed, turns);
    struct pair_node *n = &w.nodes[0];
    struct one_way x = {.w = &w, .n = n, .up = up, .node_on = n->up, .hub_on = n->up};
    n->dialed = n->dialed && n->up;
    buf_clear(
        &n->to_node); /* read from the hub by pair_turn() and not delivered: lost, or repeated by TCP for ever */
    for (unsigned s = 0; s < ONE_WAY_S; s++) {
        one_way_node(&x);
        one_way_hub(&x);
        w.now_ms += 1000;
        if (s > NODE_SYNC_SILENCE_MS / 1000 + 2) assert_false(x.node_on || x.hub_on);
    }
    assert_int_equal(hub_engine_conns(w.hub.engine), 0);
    assert_true(!more || x.dials >= 3);
    assert_true(x.dials <= ONE_WAY_DIALS_MAX);
    three_arrive(&w);
    return more;
}

static void one_dead_direction_is_left_like_a_dead_line(void **state)
{
    (void)state;
    for (unsigned up = 0; up < 2; up++) {
        unsigned turns = 1;
        while (one_way(300 + turns, turns, up == 1))
            turns++;
        assert_true(turns >= 5); /* every moment of the session was tried */
    }
}

/* ---- peers that only take up room ---- */

static void half_open_links_do_not_keep_a_node_out(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct hub_engine_output o;
    static uint64_t conns[3 * HUB_ENGINE_HALF_OPEN_MAX];
    size_t answered = 0;
    pair_open(&w, 73);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_save(n, CHANGE_CREATE, &rid, "x", none());
    for (unsigned i = 0; i < 3 * HUB_ENGINE_HALF_OPEN_MAX; i++) {
        OK(hub_engine_connect(w.hub.engine, pair_time(&w), &conns[i]));
        hub_engine_bytes(w.hub.engine, conns[i], bytes_str("\x01"), pair_time(&w));
        while (hub_engine_next(w.hub.engine, &o)) {
            answered += o.bytes.len;
            if (o.close) hub_engine_down(w.hub.engine, o.conn, pair_time(&w));
        }
        assert_true(hub_engine_conns(w.hub.engine) <= HUB_ENGINE_HALF_OPEN_MAX);
    }
    OK(pair_attempt(n));
    assert_int_equal(pair_status(n).waiting, 0);
    assert_int_equal(answered, 0); /* strangers get silence */
    w.now_ms += HUB_SYNC_HANDSHAKE_MS;
    hub_engine_tick(w.hub.engine, pair_time(&w));
    while (hub_engine_next(w.hub.engine, &o)) {
        assert_int_equal(o.bytes.len, 0);
        if (o.close) hub_engine_down(w.hub.engine, o.conn, pair_time(&w));
    }
    for (unsigned i = 0; i < 3 * HUB_ENGINE_HALF_OPEN_MAX; i++)
        hub_engine_down(w.hub.engine, conns[i], pair_time(&w));
    assert_int_equal(hub_engine_conns(w.hub.engine), 0);
    pair_close(&w);
}

struct first_piece {
    uint8_t bytes[4096];
    size_t len;
};

static void keep_first(void *ctx, bool up, struct bytes piece)
{
    struct first_piece *f = ctx;
    if (!up || f->len > 0) return;
    assert_true(piece.len <= sizeof f->bytes);
    memcpy(f->bytes, piece.p, piece.len);
    f->len = piece.len;
}

/* The hub answers an old hello like a new one: who plays it has no key to go on with. */
static void old_hellos_played_again_give_way(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct hub_engine_output o;
    struct first_piece hello = {.len = 0};
    size_t answered = 0;
    pair_open(&w, 75);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    w.tap = keep_first;
    w.tap_ctx = &hello;
    OK(pair_attempt(n));
    w.tap = NULL;
    pair_save(n, CHANGE_CREATE, &rid, "x", none());
    for (unsigned i = 0; i < 3 * HUB_ENGINE_HALF_OPEN_MAX; i++) {
        uint64_t conn = 0;
        OK(hub_engine_connect(w.hub.engine, pair_time(&w), &conn));
        hub_engine_bytes(w.hub.engine, conn, bytes_make(hello.bytes, hello.len), pair_time(&w));
        while (hub_engine_next(w.hub.engine, &o)) {
            answered += o.bytes.len > 0;
            assert_false(o.proven);
            if (o.close) hub_engine_down(w.hub.engine, o.conn, pair_time(&w));
        }
        assert_true(hub_engine_conns(w.hub.engine) <= HUB_ENGINE_HALF_OPEN_MAX);
    }
    assert_int_equal(answered, 3 * HUB_ENGINE_HALF_OPEN_MAX);
    OK(pair_attempt(n));
    assert_int_equal(pair_status(n).waiting, 0);
    pair_close(&w);
}

/* Its line died without a word, and it dials again: the hub drops the dead line as soon as the node has proved itself,
 * not before, or an old hello that is played again would end a good session. */
static void a_node_has_one_session(void **state)
{
    (void)state;
    struct pair w;
    struct hub_engine_output o;
    struct first_piece hello = {.len = 0};
    uint64_t replay = 0;
    unsigned closed = 0;
    assert_true(session_of_three(&w, 76, 4));
    struct pair_node *n = &w.nodes[0];
    assert_int_not_equal(node_engine_state(n->engine), NODE_SYNC_IDLE);
    uint64_t old = n->conn;
    n->up = n->dialed = false;
    buf_clear(&n->to_hub);
    buf_clear(&n->to_node);
    pair_event(n, (struct node_sync_event){
                      .kind = NODE_SYNC_EV_LINK_DOWN, .link = n->link, .error = ERR_LINK_LOST});
    w.tap = keep_first;
    w.tap_ctx = &hello;
    OK(pair_attempt(n));
    w.tap = NULL;
    assert_int_equal(pair_status(n).waiting, 0);
    assert_int_equal(hub_engine_conns(w.hub.engine),
                     1); /* its end is still to be said to the drive */
    w.now_ms += HUB_SYNC_SILENCE_MS;
    hub_engine_tick(w.hub.engine, pair_time(&w));
    assert_false(hub_engine_next(w.hub.engine, &o)); /* it had ended, and that was said */
    hub_engine_down(w.hub.engine, old, pair_time(&w));

    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    for (unsigned i = 0; i < 4; i++)
        assert_true(pair_turn(n));
    assert_int_not_equal(node_engine_state(n->engine), NODE_SYNC_IDLE);
    OK(hub_engine_connect(w.hub.engine, pair_time(&w), &replay));
    hub_engine_bytes(w.hub.engine, replay, bytes_make(hello.bytes, hello.len), pair_time(&w));
    while (hub_engine_next(w.hub.engine, &o)) {
        closed += o.close;
        if (o.conn == n->conn) buf_add_bytes(&n->to_node, o.bytes);
    }
    assert_int_equal(closed, 0);
    while (pair_turn(n)) {
    }
    three_arrive(&w);
}

static void a_flood_of_one_node_is_paced_and_delivered(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    char text[3000];
    pair_open(&w, 74);
    struct pair_node *flood = &w.nodes[0], *other = &w.nodes[1];
    pair_join(flood);
    pair_join(other);
    for (int i = 0; i < 600; i++) {
        for (size_t k = 0; k + 1 < sizeof text; k++)
            text[k] = (char)('a' + rng_below(&w.rng, 26));
        text[sizeof text - 1] = '\0';
        pair_save(flood, CHANGE_CREATE, &rid, text, none());
    }
    pair_save(other, CHANGE_CREATE, &rid, "x", none());
    w.chunks = true;
    pair_event(flood, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    for (int i = 0; i < 4; i++)
        pair_turn(flood);
    pair_event(other, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    bool moves = true;
    while (moves && pair_status(other).waiting > 0) {
        moves = pair_turn(other);
        moves = pair_turn(flood) || moves;
        assert_true(flood->to_hub.len < LINK_UNRECEIPTED_MAX * 66000u); /* it waits for receipts */
    }
    assert_int_equal(pair_status(other).waiting, 0);
    assert_true(pair_status(flood).waiting > 0); /* the others did not wait for the flood */
    while (pair_turn(flood) || pair_turn(other)) {
    }
    OK(pair_settle(flood));
    assert_int_equal(pair_status(flood).waiting, 0); /* and nothing of it was refused */
    assert_int_equal(pair_status(flood).applied, pair_status(flood).ops);
    pair_close(&w);
}

/* ---- attachments ---- */

static void file_make(struct buf *b, size_t len, unsigned char salt)
{
    buf_init(b, ATTACH_BYTES_MAX + 1);
    uint8_t *p = buf_room(b, len);
    assert_non_null(p);
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(i * 31 + i / 251 + salt);
    memcpy(p, "%PDF-", 5);
    b->len = len;
}

/* A record that names a file of this node, and the file. */
static struct attach_ref attach(struct pair_node *n, size_t len, unsigned char salt)
{
    struct attach_ref ref;
    struct buf file;
    char hex[2 * ID_HASH_BYTES + 1];
    struct id_hash hash;
    file_make(&file, len, salt);
    attach_hash(buf_bytes(&file), &hash);
    id_hex(BYTES_OF(hash.b), hex);
    pair_save(n, CHANGE_CREATE, &ref.record, hex, none());
    OK(node_store_attach_add(n->store, &ref.record, buf_bytes(&file), PAIR_WALL, &ref.hash));
    assert_memory_equal(ref.hash.b, hash.b, sizeof hash.b);
    assert_int_equal(
        node_store_attach_add(n->store, &ref.record, buf_bytes(&file), PAIR_WALL, &hash),
        ERR_EXISTS);
    buf_free(&file);
    return ref;
}

static struct node_attach_counts counts(struct pair_node *n)
{
    struct node_attach_counts c;
    OK(node_store_attach_counts(n->store, &c));
    assert_int_equal(c.files, c.delivered + c.waiting + c.fetching);
    return c;
}

static void a_file_is_cut_anywhere_and_resumed(void **state)
{
    (void)state;
    struct pair w;
    struct buf got;
    const size_t len = 3 * ATTACH_BLOCK_BYTES + 5;
    size_t wasted = 0;
    pair_open(&w, 75);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    for (size_t cut = 400; cut < len + 3000; cut += 9001) {
        struct attach_ref ref = attach(n, len, (unsigned char)(cut / 9001));
        w.chunks = true;
        w.cut_after = cut;
        enum err e = pair_attempt(n);
        size_t sent = n->sent;
        w.cut_after = SIZE_MAX;
        struct node_attach a;
        OK(node_store_attach_get(n->store, &ref, &a));
        assert_true(a.delivered == (e == ERR_OK));
        if (e != ERR_OK) OK(pair_settle(n));
        OK(node_store_attach_get(n->store, &ref, &a));
        assert_true(a.delivered);
        size_t more = sent + n->sent > len ? sent + n->sent - len : 0;
        if (e != ERR_OK && sent > 3000) wasted = more > wasted ? more : wasted;
        buf_init(&got, ATTACH_BYTES_MAX);
        OK(hub_store_attach_file(w.hub.store, &ref, &got));
        assert_int_equal(got.len, len);
        buf_free(&got);
    }
    printf("a cut costs at most %zu bytes\n", wasted);
    assert_true(wasted < ATTACH_BLOCK_BYTES + 4000); /* one block, and what a session says */
    assert_int_equal(counts(n).waiting, 0);
    pair_close(&w);
}

static void only_who_may_gets_a_file(void **state)
{
    (void)state;
    struct pair w;
    struct buf got;
    pair_open(&w, 76);
    struct pair_node *n = &w.nodes[0], *other = &w.nodes[1];
    pair_join(n);
    pair_join(other);
    struct attach_ref ref = attach(n, 40000, 1);
    OK(pair_settle(n));
    assert_int_equal(counts(n).delivered, 1);
    /* another commune that knows record and hash gets nothing, and learns nothing by offering it */
    struct node_identity id;
    struct hub_node who;
    struct hub_attach_said said;
    struct bytes data;
    struct attach_want want = {.ref = ref};
    struct attach_offer offer = {.ref = ref, .size = 40000};
    OK(pair_settle(other));
    OK(node_store_identity(other->store, &id));
    OK(hub_store_node(w.hub.store, &id.node, &who));
    OK(hub_store_attach_read(w.hub.store, &who, &want, &data, &said));
    assert_int_equal(said.code, ATTACH_UNKNOWN);
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_attach_offer(w.hub.store, &who, &offer, PAIR_WALL, &said));
    assert_int_equal(said.code, ATTACH_UNKNOWN);
    OK(hub_store_commit(w.hub.store));
    OK(node_store_attach_want(other->store, &ref, PAIR_WALL));
    OK(pair_settle(other)); /* of a record that is not here: not even the wish stays */
    assert_int_equal(counts(other).files, 0);
    /* its own node gets it back after it lost it */
    OK(node_store_attach_drop(n->store, &ref.record));
    OK(node_store_attach_want(n->store, &ref, PAIR_WALL));
    buf_init(&got, ATTACH_BYTES_MAX);
    assert_int_equal(node_store_attach_file(n->store, &ref, &got), ERR_AGAIN);
    OK(pair_settle(n));
    OK(node_store_attach_file(n->store, &ref, &got));
    assert_int_equal(got.len, 40000);
    assert_int_equal(counts(n).delivered, 1);
    buf_free(&got);
    pair_close(&w);
}

static enum err add_have(void *ctx, const struct hub_attach *a)
{
    *(uint64_t *)ctx += a->have;
    return ERR_OK;
}

static uint64_t at_hub(struct pair *w)
{
    uint64_t have = 0;
    OK(hub_store_attach_each(w->hub.store, NULL, add_have, &have));
    return have;
}

static void revoke(struct pair *w, struct pair_node *n)
{
    struct node_identity id;
    struct buf b;
    OK(node_store_identity(n->store, &id));
    buf_init(&b, 1000);
    admin_revoke_encode(&(struct admin_revoke){.node = id.node, .reason = bytes_str("mất máy")},
                        &b);
    struct bytes p = buf_bytes(&b);
    OK(b.e);
    OK(hub_engine_begin(w->hub.engine, pair_time(w)));
    OK(hub_own_append(w->hub.store, &w->hub.keys, &(struct hub_own_set){.payloads = &p, .count = 1},
                      PAIR_WALL + (int64_t)w->now_ms, NULL));
    pair_hub_outputs(w); /* commits */
    buf_free(&b);
}

/* The session is behind its END, where only files travel: nothing else asks who the node is. */
static void a_file_under_way_stops_where_its_node_is_revoked(void **state)
{
    (void)state;
    const size_t len = 20 * ATTACH_BLOCK_BYTES;
    for (unsigned up = 0; up < 2; up++) {
        struct pair w;
        struct buf got;
        unlink("revoked.list");
        pair_open(&w, 83 + up);
        struct pair_node *n = &w.nodes[0];
        pair_join(n);
        OK(pair_attempt(n));
        struct attach_ref ref = attach(n, len, 1);
        if (up == 0) { /* it is at the hub and comes back */
            OK(pair_settle(n));
            assert_int_equal(at_hub(&w), len);
            OK(node_store_attach_drop(n->store, &ref.record));
            OK(node_store_attach_want(n->store, &ref, PAIR_WALL));
        }
        bool revoked = false;
        n->received = 0;
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
        while (pair_turn(n)) {
            bool begun = up == 1 ? at_hub(&w) > 0 : n->received > 2 * ATTACH_BLOCK_BYTES;
            if (begun && !revoked) revoke(&w, n);
            revoked = revoked || begun;
        }
        assert_true(revoked);
        buf_init(&got, ATTACH_BYTES_MAX);
        if (up == 1)
            assert_true(at_hub(&w) < len);
        else
            assert_int_equal(node_store_attach_file(n->store, &ref, &got), ERR_AGAIN);
        assert_int_equal(pair_attempt(n), ERR_REVOKED);
        buf_free(&got);
        pair_close(&w);
        unlink("revoked.list");
    }
}

static void the_hub_takes_no_other_bytes_and_no_more_than_its_quota(void **state)
{
    (void)state;
    struct pair w;
    struct node_identity id;
    struct hub_node node;
    struct hub_attach_said said;
    struct buf file;
    pair_open(&w, 77);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    struct attach_ref ref = attach(n, 1000, 1);
    struct attach_offer offer = {.ref = ref, .size = 1000};
    w.cut_after = SIZE_MAX;
    OK(node_store_identity(n->store, &id));
    OK(node_store_attach_drop(n->store, &ref.record)); /* only the record goes up */
    OK(pair_settle(n));
    OK(hub_store_node(w.hub.store, &id.node, &node));
    OK(hub_store_begin(w.hub.store));
    hub_store_attach_quota(w.hub.store, 999);
    OK(hub_store_attach_offer(w.hub.store, &node, &offer, PAIR_WALL, &said));
    assert_int_equal(said.code, ATTACH_QUOTA);
    hub_store_attach_quota(w.hub.store, 1000);
    OK(hub_store_attach_offer(w.hub.store, &node, &offer, PAIR_WALL, &said));
    assert_int_equal(said.code, ATTACH_OK);
    assert_int_equal(said.have, 0);
    file_make(&file, 1000, 2); /* not what the record names */
    struct attach_block b = {.from = 0, .size = 1000, .data = buf_bytes(&file)};
    OK(hub_store_attach_block(w.hub.store, &ref, &b, &said));
    assert_int_equal(said.code, ATTACH_BAD);
    assert_int_equal(said.have, 0);
    OK(hub_store_commit(w.hub.store));
    struct buf got;
    buf_init(&got, ATTACH_BYTES_MAX);
    assert_int_equal(hub_store_attach_file(w.hub.store, &ref, &got), ERR_NOT_FOUND);
    offer.ref.hash.b[0] ^= 1; /* a hash that no record names */
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_attach_offer(w.hub.store, &node, &offer, PAIR_WALL, &said));
    assert_int_equal(said.code, ATTACH_UNKNOWN);
    OK(hub_store_commit(w.hub.store));
    buf_free(&got);
    buf_free(&file);
    pair_close(&w);
}

/* Bytes that the node sends in one session. */
static size_t sends(struct pair_node *n)
{
    OK(pair_attempt(n));
    return n->sent;
}

static struct node_attach file_of(struct pair_node *n, const struct attach_ref *ref)
{
    struct node_attach a;
    OK(node_store_attach_get(n->store, ref, &a));
    return a;
}

static void the_clock_goes_on(struct pair *w, int64_t ms)
{
    w->now_ms += (uint64_t)ms;
}

/* What the hub does not take stays here, says why, and is not offered again in each session. */
static void a_refused_file_rests_a_day(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct buf got;
    pair_open(&w, 91);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_create(n, &rid, "a log that the hello names");
    OK(pair_settle(n));
    size_t quiet = sends(n) + 40; /* an offer has more */
    hub_store_attach_quota(w.hub.store, 999);
    struct attach_ref large = attach(n, 1000, 1), small = attach(n, 900, 2);
    OK(pair_settle(n));
    assert_int_equal(file_of(n, &large).code, ATTACH_QUOTA);
    assert_true(file_of(n, &small).delivered); /* what stands behind it goes all the same */
    assert_int_equal(counts(n).refused, 1);
    assert_int_equal(counts(n).waiting, 1);
    assert_true(sends(n) < quiet);
    hub_store_attach_quota(w.hub.store, 10000);
    the_clock_goes_on(&w, NODE_ATTACH_REST_MS / 2);
    assert_true(sends(n) < quiet);
    the_clock_goes_on(&w, NODE_ATTACH_REST_MS / 2);
    assert_true(sends(n) > quiet + 1000);
    assert_true(file_of(n, &large).delivered);
    assert_int_equal(counts(n).refused, 0);
    buf_init(&got, ATTACH_BYTES_MAX);
    OK(hub_store_attach_file(w.hub.store, &large, &got));
    assert_int_equal(got.len, 1000);
    buf_free(&got);
    pair_close(&w);
}

/* Sooner, when its record changes; and by a clock that went back. */
static void a_refused_file_is_offered_when_its_record_changes(void **state)
{
    (void)state;
    struct pair w;
    struct buf bases;
    pair_open(&w, 92);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_settle(n));
    hub_store_attach_quota(w.hub.store, 999);
    struct attach_ref first = attach(n, 1000, 1), second = attach(n, 1001, 2);
    OK(pair_settle(n));
    assert_int_equal(counts(n).refused, 2);
    hub_store_attach_quota(w.hub.store, 10000);
    OK(pair_settle(n));
    assert_int_equal(counts(n).refused, 2);
    buf_init(&bases, 64 * ID_VERSION_BYTES);
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(first.hash.b), hex);
    (void)pair_heads(n, &first.record, &bases);
    pair_save(n, CHANGE_EDIT, &first.record, hex, buf_bytes(&bases));
    for (int i = 0; i < 3; i++)
        OK(pair_settle(n));
    assert_true(file_of(n, &first).delivered);
    assert_int_equal(file_of(n, &second).code, ATTACH_QUOTA);
    struct node_attach a;
    int64_t before = PAIR_WALL - NODE_ATTACH_REST_MS;
    OK(node_store_attach_next(n->store, 0, before, &a)); /* it would rest two days */
    assert_memory_equal(&a.ref, &second, sizeof second);
    buf_free(&bases);
    pair_close(&w);
}

static enum err damage_told(void *ctx, const struct hub_alarm *a)
{
    if (a->kind == HUB_ALARM_DAMAGED && strstr(a->what, "sys_attach") != NULL) ++*(int *)ctx;
    return ERR_OK;
}

/* A block that is gone at the hub, or short, is that file's matter: the session goes on, and what else is wished for
 * comes; an officer is told. */
static void a_damaged_file_keeps_no_other_back(void **state)
{
    static const char *const damages[] = {
        "DELETE FROM sys_attach_block WHERE file = 1 AND at = 0",
        "DELETE FROM sys_attach_block WHERE file = 1 AND at > 0",
        "UPDATE sys_attach_block SET data = substr(data, 2) WHERE file = 1 AND at = 0",
        "UPDATE sys_attach_block SET data = zeroblob(length(data)) WHERE file = 1 AND at = 0"};
    (void)state;
    for (unsigned i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct pair w;
        int told = 0;
        pair_open(&w, 93 + i);
        struct pair_node *n = &w.nodes[0];
        pair_join(n);
        struct attach_ref bad = attach(n, ATTACH_BLOCK_BYTES + 7, 1), good = attach(n, 900, 2);
        OK(pair_settle(n));
        OK(db_exec(hub_store_db(w.hub.store), damages[i]));
        OK(node_store_attach_drop(n->store, &bad.record));
        OK(node_store_attach_drop(n->store, &good.record));
        OK(node_store_attach_want(n->store, &bad, PAIR_WALL));
        OK(node_store_attach_want(n->store, &good, PAIR_WALL));
        OK(pair_attempt(n));
        assert_true(file_of(n, &good).delivered);
        assert_int_equal(file_of(n, &bad).code, i == 3 ? ATTACH_BAD : ATTACH_NONE);
        OK(hub_store_alarms(w.hub.store, false, damage_told, &told));
        assert_int_equal(told, i == 3 ? 0 : 1);
        size_t received = n->received;
        OK(pair_attempt(n)); /* nor is it fetched whole again in each session */
        assert_true(i != 3 || n->received < received);
        pair_close(&w);
    }
}

/* What came of a file before is gone when its last block comes: it begins anew, and the session goes on. */
static void a_file_whose_first_blocks_are_lost_begins_anew(void **state)
{
    (void)state;
    struct pair w;
    pair_open(&w, 97);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    struct attach_ref ref = attach(n, 3 * ATTACH_BLOCK_BYTES, 1), next = attach(n, 900, 2);
    w.cut_after = 2 * ATTACH_BLOCK_BYTES + 9000;
    assert_true(pair_attempt(n) != ERR_OK);
    w.cut_after = SIZE_MAX;
    assert_true(at_hub(&w) > 0 && at_hub(&w) < 3 * ATTACH_BLOCK_BYTES);
    OK(db_exec(hub_store_db(w.hub.store), "DELETE FROM sys_attach_block WHERE at = 0"));
    OK(pair_settle(n));
    assert_true(file_of(n, &next).delivered);
    assert_int_equal(file_of(n, &ref).code, ATTACH_BAD);
    the_clock_goes_on(&w, NODE_ATTACH_REST_MS);
    OK(pair_settle(n));
    assert_true(file_of(n, &ref).delivered);
    pair_close(&w);
}

static void messages_end_at_their_limits(void **state)
{
    (void)state;
    struct buf b;
    static uint8_t data[ATTACH_BLOCK_BYTES];
    struct attach_offer offer = {.size = ATTACH_BYTES_MAX}, o2;
    struct attach_block block = {.from = ATTACH_BYTES_MAX - ATTACH_BLOCK_BYTES,
                                 .size = ATTACH_BYTES_MAX,
                                 .data = bytes_make(data, sizeof data)},
                        b2;
    buf_init(&b, FRAME_BODY_BYTES_MAX);
    attach_offer_encode(&offer, &b);
    OK(attach_offer_decode(buf_bytes(&b), &o2));
    const uint64_t sizes[] = {0, ATTACH_BYTES_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&b);
        offer.size = sizes[i];
        attach_offer_encode(&offer, &b);
        assert_int_equal(attach_offer_decode(buf_bytes(&b), &o2), ERR_BAD_FORMAT);
    }
    buf_clear(&b);
    attach_block_encode(&block, &b);
    OK(b.e);
    OK(attach_block_decode(buf_bytes(&b), &b2));
    assert_int_equal(b2.data.len, sizeof data);
    for (size_t cut = 0; cut < b.len; cut += 997)
        assert_int_equal(attach_block_decode(bytes_make(b.p, cut), &b2), ERR_BAD_FORMAT);
    block.from++; /* not the begin of a block */
    buf_clear(&b);
    attach_block_encode(&block, &b);
    assert_int_equal(attach_block_decode(buf_bytes(&b), &b2), ERR_BAD_FORMAT);
    block.from = 0;
    block.data.len--; /* shorter than its place says */
    buf_clear(&b);
    attach_block_encode(&block, &b);
    assert_int_equal(attach_block_decode(buf_bytes(&b), &b2), ERR_BAD_FORMAT);
    buf_free(&b);
    assert_int_equal(attach_kind_of(bytes_str("%PDF-1.7")), ATTACH_KIND_PDF);
    assert_int_equal(attach_kind_of(bytes_str("%PDF")), ATTACH_KIND_NONE);
    assert_int_equal(attach_kind_of(bytes_str("MZ")), ATTACH_KIND_NONE);
    assert_int_equal(attach_kind_of(bytes_make("RIFF0000WEBP", 12)), ATTACH_KIND_WEBP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_are_random_bounded_and_never_end),
        cmocka_unit_test(a_process_that_stood_still_for_an_hour_goes_on),
        cmocka_unit_test(a_silent_line_is_left_after_45_s),
        cmocka_unit_test(one_dead_direction_is_left_like_a_dead_line),
        cmocka_unit_test(half_open_links_do_not_keep_a_node_out),
        cmocka_unit_test(old_hellos_played_again_give_way),
        cmocka_unit_test(a_node_has_one_session),
        cmocka_unit_test(a_flood_of_one_node_is_paced_and_delivered),
        cmocka_unit_test(a_file_is_cut_anywhere_and_resumed),
        cmocka_unit_test(only_who_may_gets_a_file),
        cmocka_unit_test(a_file_under_way_stops_where_its_node_is_revoked),
        cmocka_unit_test(the_hub_takes_no_other_bytes_and_no_more_than_its_quota),
        cmocka_unit_test(a_refused_file_rests_a_day),
        cmocka_unit_test(a_refused_file_is_offered_when_its_record_changes),
        cmocka_unit_test(a_damaged_file_keeps_no_other_back),
        cmocka_unit_test(a_file_whose_first_blocks_are_lost_begins_anew),
        cmocka_unit_test(messages_end_at_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

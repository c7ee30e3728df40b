/*
 * Memory runs out at any call (fault P3): the n-th allocation of our own code, and of SQLite, fails once
 * while a node saves and syncs and the hub takes its frames. Each call must return an error of its own, and
 * with memory again all that was saved is delivered, once.
 *
 *   oom_test [STRIDE]     1 = every n; the default is what fits ./dev test
 *
 * Nothing fails in the pipe between both sides, which is this file's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "node/own.h"
#include "proto/wire.h"
#include "tests/lib/failing.h"
#include "tests/lib/pair.h"
#include "tests/lib/setgen.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { PIPE_BYTES = 1024 * 1024, STRIDE = 7, ROUNDS_MAX = 100000 };

/* ---- the pipe, with memory of its own ---- */

static uint8_t up[PIPE_BYTES], down[PIPE_BYTES];
static size_t up_len, down_len;
static uint64_t link_no, conn_no;
static bool dialed, connected, node_closes, hub_closes;

static void put(uint8_t *pipe, size_t *len, struct bytes b)
{
    assert_true(*len + b.len <= PIPE_BYTES);
    if (b.len > 0) memcpy(pipe + *len, b.p, b.len);
    *len += b.len;
}

static void node_event(struct pair_node *n, struct node_sync_event ev)
{
    struct node_engine_outputs out;
    ev.now_ms = n->w->now_ms;
    ev.wall_ms = PAIR_WALL + (int64_t)n->w->now_ms;
    ev.random = rng_u64(&n->w->rng);
    failing.armed = true;
    node_engine_handle(n->engine, &ev, &out);
    failing.armed = false;
    for (size_t i = 0; i < out.count; i++) {
        const struct node_engine_output *o = &out.v[i];
        if (o->kind == NODE_ENGINE_DIAL) {
            link_no = o->link;
            dialed = true;
            connected = node_closes = hub_closes = false;
            up_len = down_len = 0;
        } else if (o->kind == NODE_ENGINE_SEND && o->link == link_no) {
            put(up, &up_len, o->bytes);
        } else if (o->kind == NODE_ENGINE_CLOSE && o->link == link_no) {
            node_closes = true;
        } else if (o->kind == NODE_ENGINE_WAKE_AT) {
            n->wake_at = o->at_ms;
        }
    }
}

static void hang_up(struct pair_node *n)
{
    if (connected) hub_engine_down(n->w->hub.engine, conn_no, pair_time(n->w));
    connected = dialed = false;
    node_event(n, (struct node_sync_event){
                      .kind = NODE_SYNC_EV_LINK_DOWN, .link = link_no, .error = ERR_LINK_LOST});
}

static void hub_outputs(struct pair *w)
{
    struct hub_engine_output o;
    failing.armed = true;
    enum err e = hub_engine_flush(w->hub.engine, pair_time(w));
    (void)e; /* told by what happens to the sessions */
    failing.armed = false;
    while (hub_engine_next(w->hub.engine, &o)) {
        if (o.conn != conn_no) continue;
        put(down, &down_len, o.bytes);
        hub_closes = hub_closes || o.close;
    }
}

/* false: nothing moves any more. */
static bool turn(struct pair_node *n)
{
    struct pair *w = n->w;
    static uint8_t piece[PIPE_BYTES];
    if (dialed && !connected) {
        failing.armed = true;
        enum err e = hub_engine_connect(w->hub.engine, pair_time(w), &conn_no);
        failing.armed = false;
        if (e != ERR_OK) {
            hang_up(n);
            return true;
        }
        connected = true;
        node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_UP, .link = link_no});
        return true;
    }
    if (!connected) return false;
    if (up_len > 0) {
        size_t len = up_len;
        memcpy(piece, up, len);
        up_len = 0;
        failing.armed = true;
        hub_engine_bytes(w->hub.engine, conn_no, bytes_make(piece, len), pair_time(w));
        failing.armed = false;
        hub_outputs(w);
        return true;
    }
    hub_outputs(w);
    if (down_len > 0 && !node_closes) {
        size_t len = down_len;
        memcpy(piece, down, len);
        down_len = 0;
        node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_BYTES,
                                               .link = link_no,
                                               .bytes = bytes_make(piece, len)});
        failing.armed = true;
        hub_engine_drained(w->hub.engine, conn_no, pair_time(w));
        failing.armed = false;
        return true;
    }
    if (node_closes || hub_closes) {
        hang_up(n);
        return true;
    }
    return false;
}

static enum err session(struct pair_node *n)
{
    struct node_sync_result r;
    node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    for (int i = 0; i < 6; i++) {
        while (turn(n)) {
        }
        if (node_engine_state(n->engine) == NODE_SYNC_IDLE) break;
        if (n->wake_at > n->w->now_ms) n->w->now_ms = n->wake_at; /* only time ends it */
        node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
    }
    assert_int_equal(node_engine_state(n->engine), NODE_SYNC_IDLE);
    n->w->now_ms += 1000;
    node_engine_result(n->engine, &r);
    return r.last;
}

/* ---- one save ---- */

static enum err save(struct pair_node *n)
{
    struct node_own o = {.store = NULL};
    struct buf value, payload;
    struct id_record rid;
    static const struct id_person person = {{1}};
    buf_init(&value, 64);
    buf_init(&payload, CHANGE_BYTES_MAX);
    failing.armed = true;
    enum err e = node_own_begin(n->store, &n->keys, PAIR_WALL + (int64_t)n->w->now_ms, &o);
    if (e == ERR_OK) {
        node_own_rid(&o, 0, &rid);
        wire_put_str(&value, bytes_str("Lê Thị Mai"));
        struct change_write write = {.field = PAIR_NAME, .value = buf_bytes(&value)};
        struct change_op op = {
            .kind = CHANGE_CREATE, .rid = rid, .type = PAIR_TYPE, .writes = &write, .count = 1};
        if (value.e == ERR_OK) change_op_encode(&op, &payload);
        e = value.e != ERR_OK ? value.e : payload.e;
        struct bytes b = buf_bytes(&payload);
        if (e == ERR_OK)
            e = node_own_add(&o,
                             &(struct node_own_set){.person = person, .payloads = &b, .count = 1});
        if (e == ERR_OK) e = node_own_commit(&o, NULL);
    }
    failing.armed = false;
    node_own_free(&o);
    buf_free(&value);
    buf_free(&payload);
    return e;
}

static long stride = STRIDE;

static void every_allocation_that_fails_costs_nothing(void **state)
{
    (void)state;
    struct pair w;
    uint64_t saved = 0, refused = 0, broken = 0, runs = 0;
    failing_sql();
    pair_open(&w, 81);
    struct pair_node *n = &w.nodes[0];
    OK(session(n)); /* joins */
    OK(session(n));
    OK(save(n));
    saved++;
    OK(session(n));
    for (long at = 1; at < ROUNDS_MAX; at += stride) {
        failing.failed = false;
        failing.countdown = (uint64_t)at;
        enum err e = save(n);
        bool in_save = failing.failed;
        assert_true(e == ERR_OK || in_save); /* no other reason to refuse */
        saved += e == ERR_OK;
        refused += e != ERR_OK;
        if (!in_save) {
            enum err ended = session(n);
            broken += ended != ERR_OK;
            assert_true(ended == ERR_OK || failing.failed);
        }
        runs += failing.failed;
        failing.countdown = 0;
        if (!failing.failed) break; /* the whole of it has fewer allocations than that */
        enum err again = ERR_AGAIN;
        for (int i = 0; i < 4 && again != ERR_OK; i++)
            again = session(n);
        OK(again);
        struct node_store_status s = pair_status(n);
        assert_int_equal(s.sets, saved + 1); /* and the genesis: nothing lost, nothing twice */
        assert_int_equal(s.waiting, 0);
        assert_int_equal(s.applied, s.ops);
        assert_false(failing.failed && failing.countdown != 0);
    }
    printf("%llu allocations failed, each %ldth: %llu saves refused, %llu sessions broken, %llu "
           "kept\n",
           (unsigned long long)runs, stride, (unsigned long long)refused,
           (unsigned long long)broken, (unsigned long long)saved);
    assert_true(refused > 0 && broken > 0);
    assert_false(failing.failed); /* the last round reached the end */
    pair_assert_scope(n);
    OK(hub_store_check(w.hub.store));
    pair_close(&w);
}

/* ---- one frame, packed and read ---- */

enum { FRAME_SETS = 40 };

struct frame_log {
    struct setgen g;
    struct setgen_set made[FRAME_SETS];
    struct pack_set sets[FRAME_SETS];
};

static void frame_log_open(struct frame_log *l, uint64_t seed)
{
    setgen_open(&l->g, seed);
    for (size_t i = 0; i < FRAME_SETS; i++) {
        if (i == 0)
            setgen_genesis(&l->g, &l->made[i]);
        else if (i % 4 == 1)
            setgen_random(&l->g, &l->made[i]);
        else
            setgen_workload(&l->g, &l->made[i]);
        l->sets[i] = (struct pack_set){buf_bytes(&l->made[i].head), buf_bytes(&l->made[i].body)};
    }
}

static void frame_log_close(struct frame_log *l)
{
    for (size_t i = 0; i < FRAME_SETS; i++)
        setgen_set_free(&l->made[i]);
    setgen_close(&l->g);
}

static const uint8_t *frame_root(void *ctx, const struct id_inc *inc, uint64_t block)
{
    (void)ctx;
    (void)inc;
    (void)block;
    return NULL;
}

static enum err frame_signature(void *ctx, size_t index, uint8_t out[static 64])
{
    const struct frame_log *l = ctx;
    memcpy(out, l->made[index].signature, 64);
    return ERR_OK;
}

static enum err frame_encode(struct frame_log *l, struct buf *body)
{
    struct pack *p = NULL;
    size_t taken = 0;
    failing.armed = true;
    enum err e = pack_new(&p);
    if (e == ERR_OK)
        e = pack_encode(p, l->sets, FRAME_SETS, frame_root, frame_signature, l, body, &taken);
    pack_free(p);
    failing.armed = false;
    if (e == ERR_OK) assert_int_equal(taken, FRAME_SETS);
    return e;
}

static enum err frame_decode(struct frame_log *l, struct bytes body)
{
    struct pack *p = NULL;
    struct pack_sets got;
    const struct pack_context c = {
        .hub = l->g.next.hub, .node = l->g.next.node, .inc = l->g.next.inc};
    failing.armed = true;
    enum err e = pack_new(&p);
    if (e == ERR_OK) e = pack_decode(p, body, &c, &got);
    pack_free(p);
    failing.armed = false;
    if (e != ERR_OK) return e;
    assert_int_equal(got.count, FRAME_SETS);
    for (size_t i = 0; i < got.count; i++) {
        assert_true(bytes_equal(got.v[i].head, l->sets[i].head));
        assert_true(bytes_equal(got.v[i].body, l->sets[i].body));
    }
    pack_sets_free(&got);
    return ERR_OK;
}

static void a_frame_without_memory_is_none_or_the_same(void **state)
{
    (void)state;
    struct frame_log l;
    struct buf whole, body;
    bool packed = false, read = false;
    uint64_t runs = 0;
    frame_log_open(&l, 82);
    buf_init(&whole, FRAME_BODY_BYTES_MAX);
    failing.countdown = 0;
    OK(frame_encode(&l, &whole));
    for (uint64_t at = 1; at < ROUNDS_MAX && !(packed && read); at++) {
        failing.failed = false;
        failing.countdown = at;
        buf_init(&body, FRAME_BODY_BYTES_MAX); /* without the memory of the round before */
        enum err e = frame_encode(&l, &body);
        assert_int_equal(e, failing.failed ? ERR_NOMEM : ERR_OK);
        if (e == ERR_OK) assert_true(bytes_equal(buf_bytes(&body), buf_bytes(&whole)));
        packed = !failing.failed;
        buf_free(&body);
        failing.failed = false;
        failing.countdown = at;
        e = frame_decode(&l, buf_bytes(&whole));
        assert_int_equal(e, failing.failed ? ERR_NOMEM : ERR_OK);
        read = !failing.failed;
        runs++;
    }
    failing.countdown = 0;
    printf("a frame: %llu allocations failed\n", (unsigned long long)runs);
    assert_true(packed && read && runs > 20);
    buf_free(&whole);
    frame_log_close(&l);
}

int main(int argc, char **argv)
{
    if (argc > 1) stride = strtol(argv[1], NULL, 10);
    if (stride < 1) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_that_fails_costs_nothing),
        cmocka_unit_test(a_frame_without_memory_is_none_or_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

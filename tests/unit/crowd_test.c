/*
 * Everybody comes back at once (fault N10): the hub was away, each commune saved a record meanwhile, and now all dial
 * it in the same millisecond; several times more of them than it takes connections, and more than may stand before it
 * unproven. Real engines and stores; lines that take a while, some of them long; a hub that gets through so many reads
 * and one commit in each turn of its loop; a clock that this file moves.
 *
 *   crowd_test [NODES CONNS_MAX HALF_OPEN_MAX]     the default is what fits ./dev test
 *
 * It prints how long it took by that clock, and how often a commune had to dial.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum {
    TURN_MS = 50,       /* of the hub's loop: what it reads, and one commit */
    READ_BYTES = 65536, /* of a connection at once */
    TURN_READS = 8,     /* so many connections are read in one of them */
    LINE_MS = 100,      /* shortest one way of a line; the longest of the good ones is twice that */
    SLOW_LINE_MS = 2000,
    SLOW_OF = 4,       /* one of so many lines is slow */
    JOIN_AT_ONCE = 16, /* before the crowd, in peace */
    BOUND_MS = 1800000,
    DIALS_MAX = 16, /* waits double: nobody gets through half an hour with more */
    NODE_FILES = 4, /* descriptors of one store */
};

static unsigned nodes = 100, conns_max = 16, half_open_max = 8;

struct peer {
    struct pair_node n;
    uint64_t line_ms;
    uint64_t dial_at, up_at, down_at; /* when it gets there; UINT64_MAX: nothing is under way */
    bool done;
    uint64_t done_at;
    unsigned dials;
};

struct crowd {
    struct pair w;
    struct peer *v;
    unsigned count, first; /* those that take part; who is read first in this turn */
    unsigned denied, displaced, conns_most, done;
};

/* The engine's word, and when what it made arrives. */
static void peer_event(struct crowd *c, struct peer *p, struct node_sync_event ev)
{
    size_t had = p->n.to_hub.len;
    pair_event(&p->n, ev);
    if (p->n.to_hub.len > had && had == 0) p->up_at = c->w.now_ms + p->line_ms;
    if (p->n.dialed && !p->n.up && p->dial_at == UINT64_MAX) {
        p->dials++;
        p->dial_at = c->w.now_ms + p->line_ms;
    }
}

/* A timer of the program: fires once. What it does not need any more it does not get. */
static void peer_wake(struct crowd *c, struct peer *p)
{
    if (p->done || p->n.wake_at > c->w.now_ms) return;
    p->n.wake_at = UINT64_MAX;
    peer_event(c, p, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
}

static void peer_down(struct crowd *c, struct peer *p)
{
    struct node_sync_result r;
    p->n.up = p->n.dialed = false;
    p->dial_at = p->up_at = p->down_at = UINT64_MAX;
    buf_clear(&p->n.to_hub);
    buf_clear(&p->n.to_node);
    peer_event(c, p,
               (struct node_sync_event){
                   .kind = NODE_SYNC_EV_LINK_DOWN, .link = p->n.link, .error = ERR_LINK_LOST});
    r = pair_result(&p->n);
    if (p->done || r.last != ERR_OK || pair_status(&p->n).waiting > 0) return;
    p->done = true;
    p->done_at = c->w.now_ms;
    c->done++;
}

/* The system takes the connection; a hub that has no room closes it without a word. */
static void peer_arrives(struct crowd *c, struct peer *p)
{
    if (p->dial_at > c->w.now_ms) return;
    p->dial_at = UINT64_MAX;
    enum err e = hub_engine_connect(c->w.hub.engine, pair_time(&c->w), &p->n.conn);
    assert_true(e == ERR_OK || e == ERR_DENIED);
    p->n.up = true;
    peer_event(c, p, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_UP, .link = p->n.link});
    if (e == ERR_DENIED) {
        c->denied++;
        peer_down(c, p);
    }
    unsigned conns = hub_engine_conns(c->w.hub.engine);
    assert_true(conns <= conns_max); /* and with it the hub's memory */
    if (conns > c->conns_most) c->conns_most = conns;
}

static bool peer_to_hub(struct crowd *c, struct peer *p)
{
    if (!p->n.up || p->up_at > c->w.now_ms) return false;
    p->up_at = UINT64_MAX;
    hub_engine_bytes(c->w.hub.engine, p->n.conn, buf_bytes(&p->n.to_hub), pair_time(&c->w));
    buf_clear(&p->n.to_hub);
    peer_event(c, p,
               (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DRAINED, .link = p->n.link});
    return true;
}

static void peer_to_node(struct crowd *c, struct peer *p)
{
    struct buf got;
    if (!p->n.up) return;
    if (p->down_at <= c->w.now_ms && p->n.to_node.len > 0 && !p->n.closing) {
        p->down_at = UINT64_MAX;
        got = p->n.to_node;
        buf_init(&p->n.to_node, 1u << 26);
        for (size_t at = 0; at < got.len && !p->n.closing; at += READ_BYTES) {
            size_t len = got.len - at < READ_BYTES ? got.len - at : READ_BYTES;
            peer_event(c, p,
                       (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_BYTES,
                                                .link = p->n.link,
                                                .bytes = bytes_make(got.p + at, len)});
        }
        buf_free(&got);
        hub_engine_drained(c->w.hub.engine, p->n.conn, pair_time(&c->w));
    }
    bool over = p->n.closing || (p->n.hub_closing && p->down_at <= c->w.now_ms);
    if (!over || p->n.to_hub.len > 0 || (p->n.to_node.len > 0 && !p->n.closing)) return;
    hub_engine_down(c->w.hub.engine, p->n.conn, pair_time(&c->w));
    peer_down(c, p);
}

static struct peer *peer_of(struct crowd *c, uint64_t conn)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->v[i].n.up && c->v[i].n.conn == conn) return &c->v[i];
    }
    return NULL;
}

static void hub_speaks(struct crowd *c)
{
    struct hub_engine_output o;
    OK(hub_engine_flush(c->w.hub.engine, pair_time(&c->w)));
    while (hub_engine_next(c->w.hub.engine, &o)) {
        struct peer *p = peer_of(c, o.conn);
        if (p == NULL) continue;
        buf_add_bytes(&p->n.to_node, o.bytes);
        if (p->down_at == UINT64_MAX) p->down_at = c->w.now_ms + p->line_ms;
        if (!o.close) continue;
        if (o.why == ERR_TIMEOUT) { /* gave way to another: what it says now is not read */
            c->displaced++;
            p->up_at = UINT64_MAX;
            buf_clear(&p->n.to_hub);
        }
        p->n.hub_closing = true;
    }
}

static void turn(struct crowd *c)
{
    unsigned reads = 0, at = c->first;
    if (c->w.now_ms % 1000 == 0) hub_engine_tick(c->w.hub.engine, pair_time(&c->w));
    for (unsigned i = 0; i < c->count; i++) {
        peer_wake(c, &c->v[i]);
        peer_arrives(c, &c->v[i]);
    }
    for (unsigned i = 0; i < c->count && reads < TURN_READS; i++) {
        at = (c->first + i) % c->count;
        reads += peer_to_hub(c, &c->v[at]);
    }
    c->first = (at + 1) % c->count;
    hub_speaks(c);
    for (unsigned i = 0; i < c->count; i++)
        peer_to_node(c, &c->v[i]);
    c->w.now_ms += TURN_MS;
}

/* Until `wanted` have come through, or BOUND_MS have passed. */
static void until(struct crowd *c, unsigned wanted)
{
    uint64_t end = c->w.now_ms + BOUND_MS;
    while (c->done < wanted && c->w.now_ms < end)
        turn(c);
    assert_int_equal(c->done, wanted);
}

/* ---- before ---- */

static void limits(struct crowd *c, unsigned conns, unsigned half_open)
{
    hub_engine_free(c->w.hub.engine);
    c->w.hub.conns_max = conns;
    c->w.hub.half_open_max = half_open;
    pair_hub_engine(&c->w);
}

static void room_for_files(void)
{
    struct rlimit r;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
    if (r.rlim_cur >= (rlim_t)nodes * NODE_FILES + 64) return;
    r.rlim_cur = r.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
}

/* All have joined, in peace. */
static void gather(struct crowd *c)
{
    memset(c, 0, sizeof *c);
    room_for_files();
    pair_open(&c->w, 4711);
    c->v = calloc(nodes, sizeof *c->v);
    assert_non_null(c->v);
    for (unsigned i = 0; i < nodes; i++) {
        struct peer *p = &c->v[i];
        pair_node_make(&c->w, &p->n, PAIR_NODES + i);
        p->n.wake_at = p->dial_at = p->up_at = p->down_at = UINT64_MAX;
        p->line_ms = i % SLOW_OF == 0 ? SLOW_LINE_MS : LINE_MS + rng_below(&c->w.rng, LINE_MS + 1);
        c->count++;
        peer_event(c, p, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
        if (c->count % JOIN_AT_ONCE == 0 || c->count == nodes) until(c, c->count);
    }
    assert_int_equal(c->denied + c->displaced, 0);
}

static void scatter(struct crowd *c)
{
    for (unsigned i = 0; i < nodes; i++)
        pair_node_free(&c->v[i].n, true);
    free(c->v);
    pair_close(&c->w);
}

/* ---- the crowd ---- */

static int by_time(const void *a, const void *b)
{
    const struct peer *x = a, *y = b;
    return (x->done_at > y->done_at) - (x->done_at < y->done_at);
}

static void tell(struct crowd *c, uint64_t from)
{
    unsigned dials = 0, most = 0;
    for (unsigned i = 0; i < nodes; i++) {
        dials += c->v[i].dials;
        if (c->v[i].dials > most) most = c->v[i].dials;
    }
    qsort(c->v, nodes, sizeof *c->v, by_time);
    printf("%u communes, at most %u connections, %u of them unproven; seconds until half, 99 of "
           "100, all are through: "
           "%.0f, %.0f, %.0f\n",
           nodes, conns_max, half_open_max, (double)(c->v[nodes / 2].done_at - from) / 1000,
           (double)(c->v[nodes * 99 / 100].done_at - from) / 1000,
           (double)(c->v[nodes - 1].done_at - from) / 1000);
    printf("%u dials, of one commune at most %u; %u found no room, %u gave way; %u connections at "
           "most\n",
           dials, most, c->denied, c->displaced, c->conns_most);
    assert_true(most <= DIALS_MAX);
}

static void all_come_at_once_and_all_get_through(void **state)
{
    (void)state;
    static struct crowd c;
    struct id_record rid;
    gather(&c);
    limits(&c, conns_max, half_open_max);
    uint64_t sets = pair_hub_position(&c.w), from = c.w.now_ms;
    c.done = 0;
    for (unsigned i = 0; i < nodes; i++) {
        c.v[i].done = false;
        c.v[i].dials = 0;
        pair_create(&c.v[i].n, &rid, "sau khi có mạng lại");
        peer_event(&c, &c.v[i], (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
        assert_int_equal(c.v[i].dials, 1);
        sets += pair_status(&c.v[i].n).waiting;
    }
    until(&c, nodes);
    assert_int_equal(pair_hub_position(&c.w), sets); /* each once */
    assert_int_equal(hub_engine_conns(c.w.hub.engine), 0);
    OK(hub_store_check(c.w.hub.store));
    tell(&c, from);
    assert_true(c.denied > 0 &&
                c.displaced > 0); /* it was more than the hub takes at once, of both kinds */
    scatter(&c);
}

int main(int argc, char **argv)
{
    if (argc == 4) {
        nodes = (unsigned)strtoul(argv[1], NULL, 10);
        conns_max = (unsigned)strtoul(argv[2], NULL, 10);
        half_open_max = (unsigned)strtoul(argv[3], NULL, 10);
    }
    if ((argc != 1 && argc != 4) || nodes < 1 || nodes > 10000 || conns_max < 1 ||
        half_open_max < 1)
        return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_come_at_once_and_all_get_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

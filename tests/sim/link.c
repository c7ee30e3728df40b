/* Connections: pieces of bytes that arrive in order after a while, or do not. */
#include "tests/sim/world.h"

#include <assert.h>
#include <stdlib.h>

enum { TO_HUB = 0, TO_NODE = 1, PIECE_BYTES_MAX = 6000 };

struct world_conn {
    uint64_t id; /* 0: free */
    int node;    /* -1: a stranger with what somebody else once sent; -2: with noise */
    uint64_t link;
    uint64_t hub_conn;
    bool accepted;  /* the hub has it */
    bool node_gone; /* the node was told that it is down, or closed it */
    bool hub_gone;
    bool silent;         /* nothing gets through any more, and nobody is told */
    bool lost;           /* cut: what is under way is lost */
    uint64_t arrival[2]; /* of the last piece in each direction */
    bool drain[2];
};

static struct world_conn *conn_find(struct world *w, uint64_t id)
{
    for (unsigned i = 0; i < WORLD_CONNS_MAX; i++) {
        if (id != 0 && w->conns[i].id == id) return &w->conns[i];
    }
    return NULL;
}

static struct world_conn *conn_of_link(struct world *w, unsigned node, uint64_t link)
{
    for (unsigned i = 0; i < WORLD_CONNS_MAX; i++) {
        struct world_conn *c = &w->conns[i];
        if (c->id != 0 && c->node == (int)node && c->link == link && !c->node_gone) return c;
    }
    return NULL;
}

static struct world_conn *conn_of_hub(struct world *w, uint64_t hub_conn)
{
    for (unsigned i = 0; i < WORLD_CONNS_MAX; i++) {
        struct world_conn *c = &w->conns[i];
        if (c->id != 0 && c->accepted && !c->hub_gone && c->hub_conn == hub_conn) return c;
    }
    return NULL;
}

static struct world_conn *conn_new(struct world *w, int node, uint64_t link)
{
    if (w->conns == NULL) w->conns = calloc(WORLD_CONNS_MAX, sizeof *w->conns);
    assert(w->conns != NULL);
    for (unsigned i = 0; i < WORLD_CONNS_MAX; i++) {
        struct world_conn *c = &w->conns[i];
        if (c->id != 0 && !(c->node_gone && (c->hub_gone || !c->accepted))) continue;
        *c = (struct world_conn){.id = ++w->serial, .node = node, .link = link};
        return c;
    }
    assert(0 && "too many connections at once");
    return NULL;
}

static uint64_t latency(struct world *w)
{
    return 1 + rng_below(&w->link_rng, w->rates.latency_ms + 1);
}

static bool chance(struct world *w, unsigned permille)
{
    return permille > 0 && rng_below(&w->link_rng, 1000) < permille;
}

/* When something sent now in this direction arrives: never before what was sent before. */
static uint64_t arrival(struct world *w, struct world_conn *c, int dir)
{
    uint64_t at = w->now_ms + latency(w);
    if (at < c->arrival[dir]) at = c->arrival[dir];
    c->arrival[dir] = at;
    return at - w->now_ms;
}

static void conn_event(struct world *w, const struct world_conn *c, uint64_t delay,
                       enum world_event_kind kind, int dir)
{
    world_push(w, delay, (struct world_event){.kind = kind, .who = dir, .n = c->id});
}

static void piece_push(struct world *w, struct world_conn *c, int dir, const uint8_t *p, size_t len)
{
    struct world_event ev = {.kind = WORLD_EV_BYTES, .who = dir, .n = c->id, .len = len};
    ev.data = malloc(len > 0 ? len : 1);
    assert(ev.data != NULL);
    if (len > 0) memcpy(ev.data, p, len);
    if (len > 0 && chance(w, w->rates.flip))
        ev.data[rng_below(&w->link_rng, (unsigned)len)] ^=
            (uint8_t)(1u << rng_below(&w->link_rng, 8));
    world_push(w, arrival(w, c, dir), ev);
}

static void conn_send(struct world *w, struct world_conn *c, int dir, struct bytes b)
{
    if (c->lost || c->silent) return;
    if (dir == TO_HUB && w->first_bytes.len == 0 && c->node >= 0) buf_add_bytes(&w->first_bytes, b);
    while (b.len > 0) {
        size_t len = b.len;
        unsigned style = rng_below(&w->link_rng, 4);
        if (style == 0) len = 1 + rng_below(&w->link_rng, 60);
        if (style == 1) len = 1 + rng_below(&w->link_rng, PIECE_BYTES_MAX);
        if (len > b.len) len = b.len;
        if (chance(w, w->rates.cut)) {
            /* All of it before any byte may still arrive. */
            piece_push(w, c, dir, b.p, rng_below(&w->link_rng, (unsigned)len + 1));
            conn_event(w, c, arrival(w, c, dir), WORLD_EV_CUT, dir);
            w->stats.cuts++;
            return;
        }
        if (chance(w, w->rates.stall)) {
            c->silent = true;
            w->stats.cuts++;
            return;
        }
        piece_push(w, c, dir, b.p, len);
        b.p += len;
        b.len -= len;
    }
    if (!c->drain[dir]) conn_event(w, c, c->arrival[dir] - w->now_ms, WORLD_EV_DRAINED, dir);
    c->drain[dir] = true;
}

/* ---- telling the two sides ---- */

static void node_event(struct world *w, const struct world_conn *c, enum node_sync_event_kind kind,
                       enum err error, struct bytes bytes)
{
    struct node_sync_event ev = {.kind = kind, .link = c->link, .error = error, .bytes = bytes};
    if (c->node >= 0) world_node_handle(w, (unsigned)c->node, &ev);
}

static void tell_node_down(struct world *w, struct world_conn *c, enum err why)
{
    if (c->node_gone) return;
    c->node_gone = true;
    struct world_conn copy = *c; /* the node may dial at once and use the place again */
    node_event(w, &copy, NODE_SYNC_EV_LINK_DOWN, why, (struct bytes){NULL, 0});
}

static void tell_hub_down(struct world *w, struct world_conn *c)
{
    if (!c->accepted || c->hub_gone) return;
    c->hub_gone = true;
    if (w->hub.host.up) hub_engine_down(w->hub.engine, c->hub_conn, world_hub_time(w));
}

void world_link_outputs(struct world *w, unsigned n, const struct node_engine_outputs *out)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct node_engine_output *o = &out->v[i];
        struct world_node *node = &w->nodes[n];
        struct world_conn *c = NULL;
        switch (o->kind) {
        case NODE_ENGINE_DIAL:
            c = conn_new(w, (int)n, o->link);
            if (node->offline || chance(w, w->rates.dial)) {
                conn_event(w, c, 100 + latency(w), WORLD_EV_DIAL_FAILED, TO_NODE);
            } else {
                conn_event(w, c, arrival(w, c, TO_HUB), WORLD_EV_DIALED, TO_HUB);
            }
            break;
        case NODE_ENGINE_SEND:
            c = conn_of_link(w, n, o->link);
            if (c != NULL) conn_send(w, c, TO_HUB, o->bytes);
            break;
        case NODE_ENGINE_CLOSE:
            c = conn_of_link(w, n, o->link);
            if (c == NULL) break;
            if (!c->silent) conn_event(w, c, arrival(w, c, TO_HUB), WORLD_EV_DOWN, TO_HUB);
            conn_event(w, c, 1, WORLD_EV_DOWN, TO_NODE);
            break;
        case NODE_ENGINE_WAKE_AT:
            if (o->at_ms > world_mono(w, &node->host) + WORLD_WAIT_MS_MAX && !node->hostile)
                world_fail(w, "node %u does nothing for %u s", n,
                           (unsigned)((o->at_ms - world_mono(w, &node->host)) / 1000));
            world_push(
                w,
                o->at_ms > world_mono(w, &node->host) ? o->at_ms - world_mono(w, &node->host) : 0,
                (struct world_event){.kind = WORLD_EV_WAKE, .who = (int)n, .n = ++node->wake});
            break;
        }
    }
}

void world_hub_drain(struct world *w)
{
    struct hub_engine_output o;
    if (!w->hub.host.up || memvfs_dead(w->hub.host.disk)) return;
    while (hub_engine_next(w->hub.engine, &o)) {
        struct world_conn *c = conn_of_hub(w, o.conn);
        if (c == NULL) continue;
        if (o.bytes.len > 0 && c->node == -2) world_fail(w, "the hub answers a stranger");
        if (o.bytes.len > 0) conn_send(w, c, TO_NODE, o.bytes);
        if (!o.close) continue;
        if (!c->silent) conn_event(w, c, arrival(w, c, TO_NODE), WORLD_EV_DOWN, TO_NODE);
        conn_event(w, c, 1, WORLD_EV_DOWN, TO_HUB);
    }
}

/* ---- events ---- */

static void on_dialed(struct world *w, struct world_conn *c)
{
    enum err e = ERR_UNREACHABLE;
    if (w->hub.host.up) e = hub_engine_connect(w->hub.engine, world_hub_time(w), &c->hub_conn);
    if (e != ERR_OK) {
        conn_event(w, c, latency(w), WORLD_EV_DIAL_FAILED, TO_NODE);
        return;
    }
    c->accepted = true;
    world_hub_turn_soon(w);
    conn_event(w, c, arrival(w, c, TO_NODE), WORLD_EV_DIALED, TO_NODE);
}

/* Somebody who recorded a connection sends its first bytes again. */
static void replay(struct world *w)
{
    struct world_conn *c = conn_new(w, -1, 0);
    c->node_gone = true;
    if (hub_engine_connect(w->hub.engine, world_hub_time(w), &c->hub_conn) != ERR_OK) return;
    c->accepted = true;
    piece_push(w, c, TO_HUB, w->first_bytes.p, w->first_bytes.len);
    conn_event(w, c, 20000, WORLD_EV_DOWN, TO_HUB);
}

/* Somebody without keys: noise, or what looks like the first message. */
static void stranger(struct world *w)
{
    uint8_t noise[3000];
    struct world_conn *c = conn_new(w, -2, 0);
    size_t len = 1 + rng_below(&w->link_rng, sizeof noise);
    rng_fill(&w->link_rng, noise, len);
    if (rng_below(&w->link_rng, 2) == 0 && w->first_bytes.len > 2) {
        len = w->first_bytes.len < sizeof noise ? w->first_bytes.len : sizeof noise;
        memcpy(noise, w->first_bytes.p, len);
        noise[rng_below(&w->link_rng, (unsigned)len)] ^= 0x10;
    }
    w->stats.strangers++;
    c->node_gone = true;
    if (hub_engine_connect(w->hub.engine, world_hub_time(w), &c->hub_conn) != ERR_OK) return;
    c->accepted = true;
    piece_push(w, c, TO_HUB, noise, len);
    conn_event(w, c, 20000, WORLD_EV_DOWN, TO_HUB);
}

static void on_bytes(struct world *w, struct world_conn *c, const struct world_event *ev)
{
    struct bytes b = bytes_make(ev->data, ev->len);
    if (c->silent || c->lost) return;
    if (ev->who == TO_NODE) {
        if (!c->node_gone) node_event(w, c, NODE_SYNC_EV_LINK_BYTES, ERR_OK, b);
        return;
    }
    if (c->hub_gone || !w->hub.host.up) return;
    memvfs_set_time(world_wall(w, &w->hub.host));
    hub_engine_bytes(w->hub.engine, c->hub_conn, b, world_hub_time(w));
    world_hub_drain(w); /* what may leave before the commit leaves now */
    world_look(w, WORLD_HUB);
    world_hub_turn_soon(w);
    if (w->hub.host.up && c->node >= 0 && w->first_bytes.len > 0 && chance(w, w->rates.replay))
        replay(w);
    if (w->hub.host.up && c->node >= 0 && chance(w, w->rates.stranger)) stranger(w);
}

static void on_drained(struct world *w, struct world_conn *c, int dir)
{
    c->drain[dir] = false;
    if (c->lost || c->silent) return;
    if (dir == TO_HUB) {
        if (!c->node_gone)
            node_event(w, c, NODE_SYNC_EV_LINK_DRAINED, ERR_OK, (struct bytes){NULL, 0});
    } else if (!c->hub_gone && w->hub.host.up) {
        hub_engine_drained(w->hub.engine, c->hub_conn, world_hub_time(w));
        world_look(w, WORLD_HUB);
        world_hub_turn_soon(w);
    }
}

static void on_cut(struct world *w, struct world_conn *c)
{
    c->lost = true;
    conn_event(w, c, latency(w), WORLD_EV_DOWN, TO_HUB);
    conn_event(w, c, latency(w), WORLD_EV_DOWN, TO_NODE);
}

void world_link_event(struct world *w, struct world_event *ev)
{
    struct world_conn *c = conn_find(w, ev->n);
    if (c == NULL) return;
    switch (ev->kind) {
    case WORLD_EV_BYTES: on_bytes(w, c, ev); break;
    case WORLD_EV_CUT: on_cut(w, c); break;
    case WORLD_EV_DRAINED: on_drained(w, c, ev->who); break;
    case WORLD_EV_DOWN:
        if (ev->who == TO_HUB) tell_hub_down(w, c);
        if (ev->who == TO_NODE) tell_node_down(w, c, ERR_LINK_LOST);
        break;
    case WORLD_EV_DIALED:
        if (ev->who == TO_HUB) {
            if (!c->node_gone) on_dialed(w, c);
        } else if (!c->node_gone && !c->lost && !c->silent) {
            node_event(w, c, NODE_SYNC_EV_LINK_UP, ERR_OK, (struct bytes){NULL, 0});
        }
        break;
    case WORLD_EV_DIAL_FAILED: tell_node_down(w, c, ERR_UNREACHABLE); break;
    case WORLD_EV_WAKE:
    case WORLD_EV_TURN:
    case WORLD_EV_TICK:
    case WORLD_EV_BOOT:
    case WORLD_EV_CALL: break;
    }
}

/* The dead side tells nobody; the other learns it when the system resets the connection. */
void world_link_host_died(struct world *w, int who)
{
    for (unsigned i = 0; w->conns != NULL && i < WORLD_CONNS_MAX; i++) {
        struct world_conn *c = &w->conns[i];
        if (c->id == 0) continue;
        if (who == WORLD_HUB) {
            c->hub_gone = true;
            c->lost = true;
            if (!c->node_gone) conn_event(w, c, latency(w), WORLD_EV_DOWN, TO_NODE);
        } else if (c->node == who) {
            c->node_gone = true;
            c->lost = true;
            if (c->accepted) conn_event(w, c, latency(w), WORLD_EV_DOWN, TO_HUB);
        }
    }
}

void world_cut_all(struct world *w, unsigned n)
{
    for (unsigned i = 0; w->conns != NULL && i < WORLD_CONNS_MAX; i++) {
        struct world_conn *c = &w->conns[i];
        if (c->id != 0 && c->node == (int)n && !c->lost && !c->node_gone) on_cut(w, c);
    }
}

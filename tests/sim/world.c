#include "tests/sim/base.h"
#include "hub/store_nodes.h"
#include "tests/sim/check.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct world_events { /* heap ordered by (time, insertion) */
    struct world_event *v;
    size_t count;
    size_t room;
    uint64_t order;
};

/* ---- events ---- */

static bool event_before(const struct world_event *a, const struct world_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void world_push(struct world *w, uint64_t delay_ms, struct world_event ev)
{
    struct world_events *h = w->events;
    if (h->count == h->room) {
        h->room = h->room ? 2 * h->room : 256;
        h->v = realloc(h->v, h->room * sizeof *h->v);
        assert(h->v != NULL);
    }
    ev.at_ms = w->now_ms + delay_ms;
    ev.order = h->order++;
    size_t i = h->count++;
    for (; i > 0 && event_before(&ev, &h->v[(i - 1) / 2]); i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = ev;
}

static struct world_event event_pop(struct world_events *h)
{
    struct world_event top = h->v[0];
    struct world_event last = h->v[--h->count];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= h->count) break;
        if (c + 1 < h->count && event_before(&h->v[c + 1], &h->v[c])) c++;
        if (!event_before(&h->v[c], &last)) break;
        h->v[i] = h->v[c];
        i = c;
    }
    if (h->count > 0) h->v[i] = last;
    return top;
}

void world_call(struct world *w, uint64_t delay_ms, world_call_fn *fn, uint64_t arg)
{
    world_push(w, delay_ms, (struct world_event){.kind = WORLD_EV_CALL, .call = fn, .n = arg});
}

/* ---- trace ---- */

void world_note(struct world *w, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++)
        w->hash = (w->hash ^ p[i]) * UINT64_C(0x100000001b3);
}

void world_trace(struct world *w, const char *who, const char *fmt, ...)
{
    char line[400];
    va_list args;
    int at = snprintf(line, sizeof line, "%-4s ", who);
    va_start(args, fmt);
    vsnprintf(line + at, sizeof line - (size_t)at, fmt, args);
    va_end(args);
    world_note(w, line, strlen(line));
    if (w->story != NULL) buf_printf(w->story, "%s\n", line);
    if (w->echo != NULL) fprintf(w->echo, "[%10.3f] %s\n", (double)w->now_ms / 1000.0, line);
}

void world_fail(struct world *w, const char *fmt, ...)
{
    va_list args;
    if (w->failed) return;
    w->failed = true;
    va_start(args, fmt);
    vsnprintf(w->failure, sizeof w->failure, fmt, args);
    va_end(args);
    world_trace(w, "FAIL", "%s", w->failure);
}

/* ---- hosts ---- */

struct world_host *world_host_of(struct world *w, int who)
{
    return who == WORLD_HUB ? &w->hub.host : &w->nodes[who].host;
}

int64_t world_wall(const struct world *w, const struct world_host *h)
{
    return w->wall0_ms + (int64_t)w->now_ms + h->skew_ms;
}

uint64_t world_mono(const struct world *w, const struct world_host *h)
{
    return w->now_ms - h->booted_ms + 1;
}

struct hub_engine_time world_hub_time(const struct world *w)
{
    return (struct hub_engine_time){world_mono(w, &w->hub.host), world_wall(w, &w->hub.host)};
}

static bool host_step(struct world *w, struct world_host *h, const char *what)
{
    world_note(w, what, strlen(what));
    uint64_t step = h->steps++;
    if (step == h->crash_step || (w->watch != NULL && w->watch(w, h, step))) {
        memvfs_kill(h->disk);
        return false;
    }
    return true;
}

static bool hub_step(void *ctx, const char *what)
{
    struct world *w = ctx;
    if (strcmp(what, "committed") == 0) {
        w->hub.committed = true;
        w->stats.commits++;
    }
    return host_step(w, &w->hub.host, what);
}

struct step_ctx {
    struct world *w;
    unsigned n;
    const char *before;
};

static struct step_ctx step_ctxs[WORLD_NODES_MAX];

static bool node_step(void *ctx, const char *what)
{
    struct step_ctx *c = ctx;
    struct world_node *n = &c->w->nodes[c->n];
    if (strcmp(what, "repair") == 0 || strcmp(what, "reset") == 0) n->mends = true;
    if (strcmp(what, "committed") != 0) {
        c->before = what;
    } else if (strcmp(c->before, "receipt") == 0 || n->mends) {
        n->receipted = true;
    } else if (strcmp(c->before, "apply") == 0) {
        n->applied = true;
    }
    return host_step(c->w, &n->host, what);
}

static void host_close(struct world *w, int who)
{
    if (who == WORLD_HUB) {
        hub_engine_free(w->hub.engine);
        hub_store_close(w->hub.store);
        w->hub.engine = NULL;
        w->hub.store = NULL;
        w->hub.turn = w->hub.tick = false;
    } else {
        struct world_node *n = &w->nodes[who];
        node_engine_free(n->engine);
        node_store_close(n->store);
        n->engine = NULL;
        n->store = NULL;
        n->wake++;
    }
}

static enum err hub_boot(struct world *w)
{
    struct hub_store_options o = {.path = "hub/hub.db", .vfs = MEMVFS_NAME};
    enum err e = hub_store_open(&o, &w->hub.store);
    if (e == ERR_OK) e = world_hub_keys_open(w);
    if (e != ERR_OK) return e;
    hub_store_attach_quota(w->hub.store, w->quota);
    struct hub_engine_options eo = {
        .store = w->hub.store, .keys = &w->hub.keys, .step = hub_step, .step_ctx = w};
    return hub_engine_new(&eo, &w->hub.engine);
}

static enum err node_boot(struct world *w, unsigned i)
{
    struct world_node *n = &w->nodes[i];
    char path[32];
    snprintf(path, sizeof path, "%s/node.db", n->host.name);
    struct node_store_options o = {.path = path, .vfs = MEMVFS_NAME};
    enum err e = node_store_open(&o, &n->store);
    if (e == ERR_OK) e = world_keys_open(w, i);
    if (e != ERR_OK) return e;
    step_ctxs[i] = (struct step_ctx){w, i, ""};
    struct node_engine_options eo = {
        .store = n->store, .keys = &n->sync_keys, .step = node_step, .step_ctx = &step_ctxs[i]};
    return node_engine_new(&eo, &n->engine);
}

static void host_boot(struct world *w, int who)
{
    struct world_host *h = world_host_of(w, who);
    if (h->up) return;
    memvfs_boot(h->disk);
    if (h->power) {
        memvfs_power_loss(h->disk, h->power_seed);
        w->stats.power_losses++;
    }
    h->power = false;
    h->booted_ms = w->now_ms;
    memvfs_set_time(world_wall(w, h));
    enum err e = who == WORLD_HUB ? hub_boot(w) : node_boot(w, (unsigned)who);
    if (e != ERR_OK) {
        host_close(w, who);
        if (memvfs_dead(h->disk) || memvfs_faulty(h->disk)) {
            memvfs_kill(h->disk); /* it died again while booting, or its disk does not work yet */
            world_push(w, 1000, (struct world_event){.kind = WORLD_EV_BOOT, .who = who});
            return;
        }
        world_fail(w, "%s does not boot: %s", h->name, err_name(e));
        return;
    }
    h->up = true;
    world_trace(w, h->name, "boots");
    if (who == WORLD_HUB) {
        check_hub(w, true);
    } else {
        check_node_booted(w, (unsigned)who);
        w->nodes[who].finished = 0;
        w->nodes[who].complete = 0;
        world_push(
            w, 0,
            (struct world_event){.kind = WORLD_EV_WAKE, .who = who, .n = ++w->nodes[who].wake});
        world_keys_turn(w, (unsigned)who);
    }
}

static void host_down(struct world *w, int who, uint64_t down_ms)
{
    struct world_host *h = world_host_of(w, who);
    if (!h->up) return;
    h->up = false;
    h->crashes++;
    h->crash_step = UINT64_MAX;
    w->stats.crashes++;
    memvfs_kill(h->disk);
    world_trace(w, h->name, h->power ? "loses power" : "dies");
    host_close(w, who);
    world_link_host_died(w, who);
    world_push(w, down_ms, (struct world_event){.kind = WORLD_EV_BOOT, .who = who});
}

void world_crash(struct world *w, int who, bool power, uint64_t down_ms)
{
    struct world_host *h = world_host_of(w, who);
    if (!h->up) return;
    h->power = power;
    h->power_seed = rng_u64(&w->rng);
    host_down(w, who, down_ms);
}

void world_look(struct world *w, int who)
{
    struct world_host *h = world_host_of(w, who);
    if (!h->up) return;
    if (memvfs_dead(h->disk)) {
        host_down(w, who, 500 + rng_below(&w->rng, 3000));
    } else if (w->reopens && memvfs_io_failures(h->disk) > 0) {
        memvfs_heal(h->disk);
        h->power = false;
        host_down(w, who, 500 + rng_below(&w->rng, 3000));
    }
}

void world_await(struct world *w, int who)
{
    const struct world_host *h = world_host_of(w, who);
    for (unsigned i = 0; !h->up && !w->failed && i < WORLD_AWAIT_S; i++)
        world_run(w, 1000);
    if (!h->up) world_fail(w, "%s does not come back", h->name);
}

/* ---- back in time ---- */

static struct memvfs_host *image_of(const struct world_host *h)
{
    char name[MEMVFS_NAME_BYTES_MAX + 1];
    snprintf(name, sizeof name, "image-%s", h->name);
    return memvfs_host(name);
}

bool world_image(struct world *w, int who)
{
    struct world_host *h = world_host_of(w, who);
    if (!h->up || memvfs_dead(h->disk) || memvfs_faulty(h->disk)) return false;
    if (who == WORLD_HUB && w->hub.turn)
        return false; /* something is committed and not compared, or open */
    memvfs_copy(h->disk, image_of(h), false);
    check_image(w, who);
    h->has_image = true;
    world_trace(w, h->name, "is backed up");
    return true;
}

bool world_restore(struct world *w, int who)
{
    struct world_host *h = world_host_of(w, who);
    if (!h->up || !h->has_image || memvfs_dead(h->disk) || memvfs_faulty(h->disk)) return false;
    if (who == WORLD_HUB && w->hub.turn) return false;
    if (!world_keys_stay(w, who)) return false;
    check_restored(w, who);
    h->power = false;
    host_down(w, who, 1000 + rng_below(&w->rng, 60000));
    memvfs_boot(h->disk);
    memvfs_copy(image_of(h), h->disk, false);
    memvfs_kill(h->disk);
    if (who == WORLD_HUB) w->stats.hub_restores++;
    if (who != WORLD_HUB) w->stats.node_restores++;
    world_trace(w, h->name, "is restored from its backup");
    return true;
}

static void node_prepare(struct world *w, unsigned i, const char *unit, struct world_keys *keys);

int world_clone(struct world *w, unsigned from)
{
    const struct world_node *a = &w->nodes[from];
    unsigned to = w->node_count;
    if (to == WORLD_NODES_MAX || !a->host.up || memvfs_dead(a->host.disk)) return -1;
    node_prepare(w, to, a->unit, a->keys);
    w->node_count++;
    struct world_node *b = &w->nodes[to];
    memvfs_copy(a->host.disk, b->host.disk, false);
    b->hostile = a->hostile; /* what its own garbling did to it is on the copy too */
    check_cloned(w, from, to);
    b->host.skew_ms = a->host.skew_ms;
    w->stats.clones++;
    world_trace(w, b->host.name, "is a copy of %s", a->host.name);
    host_boot(w, (int)to);
    return (int)to;
}

/* ---- nodes ---- */

static void node_after(struct world *w, unsigned i)
{
    struct world_node *n = &w->nodes[i];
    struct node_sync_result r;
    if (!n->host.up || memvfs_dead(n->host.disk)) return;
    node_engine_result(n->engine, &r);
    if (r.finished != n->finished) {
        n->finished = r.finished;
        if (r.last == ERR_OK) {
            n->complete++;
            n->synced++;
        }
        w->stats.sessions++;
        world_keys_turn(w, i);
        if (r.last != ERR_UNREACHABLE)
            world_trace(w, n->host.name, "session ends: %s%s%s", err_name(r.last),
                        r.last == ERR_REFUSED ? ", " : "", r.last == ERR_REFUSED ? r.text : "");
    }
    if (n->receipted || n->applied) check_node(w, i);
    n->receipted = n->applied = false;
}

void world_node_handle(struct world *w, unsigned i, struct node_sync_event *ev)
{
    struct world_node *n = &w->nodes[i];
    struct node_engine_outputs out;
    if (!n->host.up) return;
    ev->now_ms = world_mono(w, &n->host);
    ev->wall_ms = world_wall(w, &n->host);
    ev->random = rng_u64(&w->rng);
    memvfs_set_time(ev->wall_ms);
    world_hostile_turn(w, i, true, false);
    node_engine_handle(n->engine, ev, &out);
    world_hostile_turn(w, i, false, false);
    if (!memvfs_dead(n->host.disk)) {
        node_after(w, i);
        world_link_outputs(w, i, &out);
    }
    world_look(w, (int)i);
}

void world_sync(struct world *w, unsigned n)
{
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_NOW};
    world_trace(w, w->nodes[n].host.name, "is asked to sync");
    world_node_handle(w, n, &ev);
}

void world_offline(struct world *w, unsigned n, bool offline)
{
    if (w->nodes[n].offline == offline) return;
    w->nodes[n].offline = offline;
    world_trace(w, w->nodes[n].host.name, offline ? "goes offline" : "is online");
    if (offline) world_cut_all(w, n);
}

/* ---- the loop ---- */

static void hub_turn(struct world *w)
{
    struct hub_engine_time t = world_hub_time(w);
    w->hub.turn = false;
    if (!w->hub.host.up) return;
    memvfs_set_time(t.wall_ms);
    world_hub_drain(w);
    enum err e = hub_engine_flush(w->hub.engine, t);
    if (e != ERR_OK) world_trace(w, "hub", "commit fails: %s", err_name(e));
    if (w->hub.committed && !memvfs_dead(w->hub.host.disk)) check_hub(w, false);
    w->hub.committed = false;
    world_hub_drain(w);
    world_look(w, WORLD_HUB);
}

static void hub_tick(struct world *w)
{
    w->hub.tick = false;
    if (!w->hub.host.up) return;
    hub_engine_tick(w->hub.engine, world_hub_time(w));
    world_hub_turn_soon(w);
}

void world_hub_turn_soon(struct world *w)
{
    if (!w->hub.host.up) return;
    if (!w->hub.turn) {
        uint64_t ms = w->rates.turn_ms ? rng_below(&w->link_rng, w->rates.turn_ms + 1) : 1;
        world_push(w, ms, (struct world_event){.kind = WORLD_EV_TURN, .who = WORLD_HUB});
        w->hub.turn = true;
    }
    if (!w->hub.tick && hub_engine_conns(w->hub.engine) > 0) {
        world_push(w, 1000, (struct world_event){.kind = WORLD_EV_TICK, .who = WORLD_HUB});
        w->hub.tick = true;
    }
}

static void event_do(struct world *w, struct world_event *ev)
{
    struct node_sync_event wake = {.kind = NODE_SYNC_EV_WAKE};
    switch (ev->kind) {
    case WORLD_EV_WAKE:
        if (ev->n == w->nodes[ev->who].wake) world_node_handle(w, (unsigned)ev->who, &wake);
        break;
    case WORLD_EV_TURN: hub_turn(w); break;
    case WORLD_EV_TICK: hub_tick(w); break;
    case WORLD_EV_BOOT: host_boot(w, ev->who); break;
    case WORLD_EV_CALL: ev->call(w, ev->n); break;
    case WORLD_EV_BYTES:
    case WORLD_EV_CUT:
    case WORLD_EV_DOWN:
    case WORLD_EV_DRAINED:
    case WORLD_EV_DIALED:
    case WORLD_EV_DIAL_FAILED: world_link_event(w, ev); break;
    }
}

bool world_step(struct world *w, uint64_t until_ms)
{
    struct world_events *h = w->events;
    if (w->failed || h->count == 0 || h->v[0].at_ms > until_ms) return false;
    struct world_event ev = event_pop(h);
    w->now_ms = ev.at_ms;
    w->stats.events++;
    uint64_t what[4] = {ev.at_ms, (uint64_t)ev.kind, (uint64_t)(int64_t)ev.who, ev.len};
    world_note(w, what, sizeof what);
    world_note(w, ev.data, ev.len);
    event_do(w, &ev);
    free(ev.data);
    return true;
}

void world_run(struct world *w, uint64_t ms)
{
    uint64_t until = w->now_ms + ms;
    while (world_step(w, until)) {
    }
    if (!w->failed) w->now_ms = until;
}

static bool all_settled(struct world *w)
{
    if (!w->hub.host.up || w->hub.turn) return false;
    for (unsigned i = 0; i < w->node_count; i++) {
        if (!w->nodes[i].host.up) return false;
        if (!w->nodes[i].offline && !check_settled(w, i)) return false;
    }
    return true;
}

void world_settle(struct world *w)
{
    uint64_t until = w->now_ms + WORLD_DRAIN_MS;
    unsigned latency = w->rates.latency_ms;
    w->rates = (struct world_rates){.latency_ms = latency > 200 ? 200 : latency,
                                    .turn_ms = w->rates.turn_ms > 2 ? 2 : w->rates.turn_ms};
    uint64_t seen = UINT64_MAX;
    bool settled = false;
    while (!w->failed && !settled) {
        uint64_t now = w->stats.sessions + w->stats.commits + w->stats.crashes;
        settled = now != seen && all_settled(w);
        seen = now;
        if (!settled && !world_step(w, until)) break;
        if (w->hub.turn) seen = UINT64_MAX;
    }
    if (!settled) world_fail(w, "queues do not drain within %d s", WORLD_DRAIN_MS / 1000);
    if (!w->failed) world_trace(w, "all", "settled");
}

void world_end(struct world *w)
{
    w->calm = true;
    for (unsigned i = 0; i < w->node_count; i++)
        world_offline(w, i, false);
    for (int who = WORLD_HUB; who < (int)w->node_count; who++)
        memvfs_heal(world_host_of(w, who)->disk);
    world_settle(w);
    if (!w->failed) check_quiet(w);
}

/* ---- opening ---- */

static struct node_sync_keys node_keys_of(const struct world_keys *k)
{
    return (struct node_sync_keys){.transport_secret = k->transport.secret,
                                   .transport_pk = k->transport.public,
                                   .sign_secret = k->sign.secret,
                                   .sign_pk = k->sign.public,
                                   .sealing = {k->sealing.secret, k->sealing.public}};
}

static void save_init(struct world_save *s)
{
    buf_init(&s->payload, CHANGE_BYTES_MAX);
    buf_init(&s->first, CHANGE_BYTES_MAX);
}

static void save_free(struct world_save *s)
{
    buf_free(&s->payload);
    buf_free(&s->first);
}

static void node_prepare(struct world *w, unsigned i, const char *unit, struct world_keys *keys)
{
    struct world_node *n = &w->nodes[i];
    snprintf(n->host.name, sizeof n->host.name, "n%u", i);
    snprintf(n->unit, sizeof n->unit, "%s", unit);
    n->keys = keys;
    n->sync_keys = node_keys_of(keys);
    n->ring = (struct world_ring){.next = node_keys_of(&base_keys()->next[i])};
    save_init(&n->doubt);
    save_init(&n->doubt_before);
    save_init(&n->image_doubt);
    n->host.disk = memvfs_host(n->host.name);
    n->host.crash_step = UINT64_MAX;
}

static void hosts_prepare(struct world *w, const char *const *units)
{
    struct base *b = base_keys();
    snprintf(w->hub.host.name, sizeof w->hub.host.name, "hub");
    w->hub.keys = (struct hub_sync_keys){.hub = b->hub,
                                         .transport_secret = b->hub_transport.secret,
                                         .transport_pk = b->hub_transport.public,
                                         .log_secret = b->hub_log.secret,
                                         .log_pk = b->hub_log.public};
    for (unsigned i = 0; i < w->node_count; i++)
        node_prepare(w, i, units[i], &b->nodes[i]);
    w->hub.host.disk = memvfs_host(w->hub.host.name);
    w->hub.host.crash_step = UINT64_MAX;
}

/* Longer than any clock jumps: nobody writes new ones here. */
#define WORLD_INVITED_MS (64 * INT64_C(31557600000))

static void invite_all(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        int64_t now = world_wall(w, &w->hub.host);
        enum err e = hub_store_invite_create(w->hub.store, base_keys()->tokens[i], w->nodes[i].unit,
                                             "Xã", now, now + WORLD_INVITED_MS);
        assert(e == ERR_OK);
        (void)e;
    }
}

static void world_begin(struct world *w, uint64_t seed, unsigned nodes, const char *const *units)
{
    assert(nodes <= WORLD_NODES_MAX);
    memset(w, 0, sizeof *w);
    memvfs_reset(seed);
    base_random_seed(seed ^ UINT64_C(0x5eed));
    w->seed = seed;
    w->rng.s = seed;
    w->link_rng.s = seed ^ UINT64_C(0x11a4);
    w->hash = UINT64_C(0xcbf29ce484222325);
    w->wall0_ms = INT64_C(1672531200000); /* 2023-01-01 */
    w->rates = (struct world_rates){.latency_ms = 40, .turn_ms = 2};
    w->node_count = nodes;
    w->events = calloc(1, sizeof *w->events);
    w->check = check_new();
    world_sticks_init(w);
    buf_init(&w->first_bytes, 65536);
    assert(w->events != NULL);
    hosts_prepare(w, units);
}

static void base_host(const struct world_host *h, const char *name, struct memvfs_host **out)
{
    char base[MEMVFS_NAME_BYTES_MAX + 1];
    snprintf(base, sizeof base, "base-%s-%s", name, h->name);
    *out = memvfs_host(base);
}

/* Make the disks that runs of this shape begin with; and that of a hub without anything, for check_quiet. */
static void base_build(unsigned nodes, const char *const *units, bool joined, const char *name)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    world_begin(w, 42, nodes, units);
    base_make(w);
    host_boot(w, WORLD_HUB);
    invite_all(w);
    world_publish(w, 1);
    for (unsigned i = 0; i < nodes; i++)
        host_boot(w, (int)i);
    if (joined) {
        world_settle(w);
    } else {
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
    }
    if (w->failed) {
        fprintf(stderr, "the base of all runs fails: %s\n", w->failure);
        abort();
    }
    for (int who = WORLD_HUB; who < (int)nodes; who++) {
        struct memvfs_host *to = NULL;
        struct world_host *h = world_host_of(w, who);
        host_close(w, who);
        base_host(h, name, &to);
        memvfs_copy(h->disk, to, false);
    }
    world_close(w);
    free(w);
}

void world_open(struct world *w, uint64_t seed, unsigned nodes, const char *const *units,
                bool joined)
{
    static char built[16][MEMVFS_NAME_BYTES_MAX];
    static unsigned count;
    char name[40];
    unsigned k = 0;
    size_t at = (size_t)snprintf(name, sizeof name, "%c", joined ? 'j' : 'u');
    for (unsigned i = 0; i < nodes; i++)
        at += (size_t)snprintf(name + at, sizeof name - at, ".%s", units[i]);
    while (k < count && strcmp(built[k], name) != 0)
        k++;
    if (k == count) {
        assert(count < 16);
        base_build(nodes, units, joined, name);
        snprintf(built[count++], sizeof built[0], "%s", name);
    }
    world_begin(w, seed, nodes, units);
    w->wall0_ms += 86400000;
    for (int who = WORLD_HUB; who < (int)nodes; who++) {
        struct memvfs_host *from = NULL;
        base_host(world_host_of(w, who), name, &from);
        memvfs_copy(from, world_host_of(w, who)->disk, false);
    }
    for (int who = WORLD_HUB; who < (int)nodes; who++)
        host_boot(w, who);
}

void world_close(struct world *w)
{
    for (int who = WORLD_HUB; who < (int)w->node_count; who++) {
        memvfs_kill(world_host_of(w, who)->disk);
        host_close(w, who);
        if (who == WORLD_HUB) continue;
        save_free(&w->nodes[who].doubt);
        save_free(&w->nodes[who].doubt_before);
        save_free(&w->nodes[who].image_doubt);
    }
    while (w->events->count > 0) {
        struct world_event ev = event_pop(w->events);
        free(ev.data);
    }
    free(w->events->v);
    free(w->events);
    free(w->conns);
    buf_free(&w->first_bytes);
    world_sticks_free(w);
    check_free(w->check);
}

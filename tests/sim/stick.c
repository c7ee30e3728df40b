/* Bundles on sticks: sealed at a node, read at the hub whenever somebody comes by, the answer carried back. */
#include "tests/sim/base.h"
#include "tests/sim/check.h"

#include "hub/bundle.h"
#include "node/bundle.h"

#include <assert.h>
#include <stdlib.h>

enum { STICK_BYTES_MAX = 1024 * 1024, STICK_TRIES = 4, STICK_WAY_MS = 20 * 60 * 1000 };

struct world_stick {
    struct buf file;
    int node;    /* that it is of, or for */
    bool answer; /* from the hub */
    bool used;
    unsigned tries;
};

static struct node_bundle node_side(struct world *w, unsigned n)
{
    struct world_node *x = &w->nodes[n];
    memvfs_set_time(world_wall(w, &x->host));
    return (struct node_bundle){.store = x->store,
                                .keys = &x->sync_keys,
                                .sealing = {x->keys->sealing.secret, x->keys->sealing.public},
                                .now_ms = world_wall(w, &x->host)};
}

static enum err hub_begins(void *ctx)
{
    struct world *w = ctx;
    return hub_engine_begin(w->hub.engine, world_hub_time(w));
}

static enum err hub_commits(void *ctx)
{
    struct world *w = ctx;
    return hub_engine_flush(w->hub.engine, world_hub_time(w));
}

static void hub_aborts(void *ctx)
{
    struct world *w = ctx;
    hub_engine_abort(w->hub.engine, world_hub_time(w));
}

static struct hub_bundle hub_side(struct world *w)
{
    struct base *b = base_keys();
    memvfs_set_time(world_wall(w, &w->hub.host));
    return (struct hub_bundle){.store = w->hub.store,
                               .keys = &w->hub.keys,
                               .sealing = {b->sealing.secret, b->sealing.public},
                               .now_ms = world_wall(w, &w->hub.host),
                               .begin = hub_begins,
                               .commit = hub_commits,
                               .abort = hub_aborts,
                               .ctx = w};
}

static void stick_arrives(struct world *w, uint64_t arg);

static void stick_sent(struct world *w, struct bytes file, int node, bool answer)
{
    unsigned i = 0;
    while (i < WORLD_STICKS_MAX && w->sticks[i].used)
        i++;
    if (i == WORLD_STICKS_MAX || w->calm) return; /* it is lost */
    struct world_stick *s = &w->sticks[i];
    *s = (struct world_stick){.node = node, .answer = answer, .used = true};
    buf_init(&s->file, STICK_BYTES_MAX);
    buf_add_bytes(&s->file, file);
    if (rng_below(&w->link_rng, 12) == 0) /* a stick that does not keep what was written */
        s->file.p[rng_below(&w->link_rng, (unsigned)file.len)] ^= 1;
    world_call(w, 1 + rng_below(&w->link_rng, STICK_WAY_MS), stick_arrives, i);
}

static enum err at_hub(struct world *w, const struct world_stick *s)
{
    struct hub_bundle b = hub_side(w);
    struct hub_bundle_result r;
    struct buf answer;
    buf_init(&answer, STICK_BYTES_MAX);
    enum err e = hub_bundle_in(&b, buf_bytes(&s->file),
                               rng_below(&w->link_rng, 4) ? STICK_BYTES_MAX : 8192, &answer, &r);
    world_trace(w, "hub", "reads a bundle of n%d: %s", s->node, err_name(e));
    if (w->hub.committed && !memvfs_dead(w->hub.host.disk)) check_hub(w, false);
    w->hub.committed = false;
    if (e == ERR_OK && !memvfs_dead(w->hub.host.disk))
        stick_sent(w, buf_bytes(&answer), s->node, true);
    buf_free(&answer);
    world_hub_drain(w);
    world_look(w, WORLD_HUB);
    world_hub_turn_soon(w);
    return e;
}

/* Mostly at the node that it is for. */
static enum err at_node(struct world *w, const struct world_stick *s)
{
    unsigned n =
        rng_below(&w->link_rng, 12) ? (unsigned)s->node : rng_below(&w->link_rng, w->node_count);
    struct world_node *x = &w->nodes[n];
    struct node_bundle_read r;
    if (!x->host.up) return ERR_AGAIN;
    struct node_bundle b = node_side(w, n);
    x->mends = true; /* an answer may bring what a repair needs */
    enum err e = node_bundle_in(&b, buf_bytes(&s->file), &r);
    world_trace(w, x->host.name, "reads an answer for n%d: %s", s->node, err_name(e));
    if (!memvfs_dead(x->host.disk)) check_node(w, n);
    world_look(w, (int)n);
    return e;
}

static void stick_arrives(struct world *w, uint64_t arg)
{
    struct world_stick *s = &w->sticks[arg];
    if (w->failed) return;
    enum err e = ERR_AGAIN;
    if (s->answer || w->hub.host.up) e = s->answer ? at_node(w, s) : at_hub(w, s);
    /* It failed, or it lies about and somebody reads it once more, long after. */
    bool again = e != ERR_OK || rng_below(&w->link_rng, 6) == 0;
    if (again && ++s->tries < STICK_TRIES && !w->calm) {
        world_call(w, 1 + rng_below(&w->link_rng, STICK_WAY_MS), stick_arrives, arg);
        return;
    }
    buf_free(&s->file);
    s->used = false;
}

bool world_bundle(struct world *w, unsigned n)
{
    struct world_node *x = &w->nodes[n];
    struct node_bundle_made made;
    struct buf file;
    if (!x->host.up || memvfs_dead(x->host.disk)) return false;
    struct node_bundle b = node_side(w, n);
    buf_init(&file, STICK_BYTES_MAX);
    world_hostile_turn(w, n, true, true);
    enum err e = node_bundle_out(&b, rng_below(&w->link_rng, 3) == 0,
                                 rng_below(&w->link_rng, 4) ? STICK_BYTES_MAX : 8192, &file, &made);
    world_hostile_turn(w, n, false, true);
    world_trace(w, x->host.name, "writes a bundle: %s", err_name(e));
    if (e == ERR_OK && !memvfs_dead(x->host.disk)) {
        w->stats.bundles++;
        stick_sent(w, buf_bytes(&file), (int)n, false);
    }
    buf_free(&file);
    world_look(w, (int)n);
    return true;
}

void world_sticks_init(struct world *w)
{
    w->sticks = calloc(WORLD_STICKS_MAX, sizeof *w->sticks);
    assert(w->sticks != NULL);
}

void world_sticks_free(struct world *w)
{
    for (unsigned i = 0; i < WORLD_STICKS_MAX; i++) {
        if (w->sticks[i].used) buf_free(&w->sticks[i].file);
    }
    free(w->sticks);
}

/* What revoked nodes sent stands apart until a person lets it in, or not: SPEC 18.4. */
#include "tests/sim/base.h"
#include "tests/sim/check.h"

#include "hub/store_quarantine.h"
#include "proto/admin_key.h"

#include <assert.h>

enum { RELEASE_TRIES = 60, PARCELS_MAX = 256 };

struct parcels {
    struct hub_parcel v[PARCELS_MAX];
    unsigned count;
};

/* Those that wait, and those of which somebody may think better. */
static enum err parcel_add(void *ctx, const struct hub_parcel *p)
{
    struct parcels *l = ctx;
    if (p->state != HUB_PARCEL_RELEASED && l->count < PARCELS_MAX) l->v[l->count++] = *p;
    return ERR_OK;
}

static enum err decide(struct world *w, const struct hub_parcel *p, bool release)
{
    struct hub_engine_time t = world_hub_time(w);
    struct hub_taken taken;
    struct admin_quarantine d = {.node = p->node,
                                 .inc = p->inc,
                                 .first = p->first,
                                 .next = p->next,
                                 .hash = p->hash,
                                 .release = release,
                                 .by = bytes_str("Trần Thị B"),
                                 .reason = bytes_str("đã hỏi cán bộ xã")};
    struct buf b;
    buf_init(&b, CHANGE_BYTES_MAX);
    admin_quarantine_encode(&d, &b);
    assert(b.e == ERR_OK);
    struct bytes payload = buf_bytes(&b);
    enum err e = base_hub_append(w, &payload, 1);
    if (e == ERR_OK && release) {
        e = hub_store_parcel_take(w->hub.store, p->no, t.wall_ms, &taken);
        if (e != ERR_OK) hub_engine_abort(w->hub.engine, t);
    }
    buf_free(&b);
    world_trace(w, "hub", "%s %u sets that stand apart: %s", release ? "lets in" : "discards",
                (unsigned)(p->next - p->first), err_name(e));
    return e;
}

/* The pick-th of those that are not let in; true: there is none. */
static bool decide_try(struct world *w, unsigned pick, bool release)
{
    static struct parcels l;
    l.count = 0;
    memvfs_set_time(world_wall(w, &w->hub.host));
    enum err e = hub_store_quarantine(w->hub.store, true, parcel_add, &l);
    if (e == ERR_OK && l.count > 0) e = decide(w, &l.v[pick % l.count], release);
    w->stats.released += e == ERR_OK && l.count > 0 && release;
    world_look(w, WORLD_HUB);
    world_hub_turn_soon(w);
    return e == ERR_OK && l.count == 0;
}

void world_release(struct world *w)
{
    for (unsigned i = 0; i < RELEASE_TRIES && !w->failed; i++) {
        world_await(w, WORLD_HUB);
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (w->failed || decide_try(w, 0, true)) return;
    }
    world_fail(w, "what stands apart cannot be let in");
}

void world_try_decide(struct world *w, unsigned pick, bool release)
{
    if (w->hub.host.up && !w->failed) (void)decide_try(w, pick, release);
}

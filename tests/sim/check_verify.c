/* Promise 8: `verify` finds nothing where nothing is wrong. What both programs offer for looking for damage is run on
 * what is there when everything has come to rest, whatever happened before. */
#include "tests/sim/check_priv.h"

#include "hub/verify.h"
#include "node/maintain.h"

struct found {
    struct world *w;
    const char *where;
    unsigned
        kept; /* sets of a thief's log, which a node holds for the hub until three ENDs came without them */
};

static enum err hub_row(void *ctx, const struct hub_finding *f)
{
    struct world *w = ctx;
    world_fail(w, "the hub's verify finds damage where there is none: %s %s at %u",
               hub_finding_en(f->kind), f->table != NULL ? f->table : "", (unsigned)f->position);
    return ERR_OK;
}

static enum err node_row(void *ctx, const struct node_finding *f)
{
    struct found *x = ctx;
    if (f->kind == NODE_FINDING_HUB_SET && x->w->thieves > 0) {
        x->kept++;
        return ERR_OK;
    }
    world_fail(x->w, "%s: its verify finds damage where there is none: kind %u %s", x->where,
               (unsigned)f->kind, f->table != NULL ? f->table : "");
    return ERR_OK;
}

void check_verified(struct world *w)
{
    struct hub_verified_log hub;
    enum err e = hub_verify_log(w->hub.store, hub_row, w, &hub);
    if (!w->failed && e != ERR_OK) world_fail(w, "the hub's verify: %s", err_name(e));
    for (unsigned i = 0; i < w->node_count && !w->failed; i++) {
        struct found x = {w, w->nodes[i].host.name, 0};
        struct node_verified v;
        if (check_outside(w, i) || w->nodes[i].hostile) continue;
        e = node_store_verify(w->nodes[i].store, node_row, &x, &v);
        if (e == ERR_DAMAGED && x.kept > 0 && x.kept == v.findings) e = ERR_OK;
        if (!w->failed && e != ERR_OK) world_fail(w, "%s: its verify: %s", x.where, err_name(e));
    }
}

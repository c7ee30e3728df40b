/* Store effects of sessions that repair. SPEC 7.13, 7.14. */
#include "hub/engine_priv.h"
#include "hub/proof.h"
#include "hub/rekey.h"
#include "hub/store_repair.h"

#include <assert.h>

enum { HUB_ENGINE_OWN_BYTES = 60000 }; /* one bite of a node's own log */

enum err hub_engine_own(struct hub_engine *e, const struct hub_sync_effect *f,
                        struct hub_sync_event *ev)
{
    ev->kind = HUB_SYNC_EV_OWN;
    return hub_store_own_sets(e->store, &f->node->node, &f->inc, f->cursor, HUB_ENGINE_OWN_BYTES,
                              &ev->sets, &ev->set_count);
}

enum err hub_engine_prove(struct hub_engine *e, const struct hub_sync_effect *f,
                          struct hub_sync_event *ev)
{
    enum err err = hub_engine_open(e);
    if (err == ERR_OK)
        err = hub_proof_take(e->store, &e->keys, f->hello, f->receipt, f->certified, ev->wall_ms);
    ev->kind = HUB_SYNC_EV_PROVED;
    return err;
}

enum err hub_engine_give(struct hub_engine *e, const struct hub_sync_effect *f,
                         struct hub_sync_event *ev)
{
    enum err err = hub_engine_open(e);
    for (size_t i = 0; err == ERR_OK && i < f->given_count; i++) {
        err = hub_store_give_any(e->store, &f->given[i], ev->wall_ms);
        if (err == ERR_OK) err = hub_rekey_given(e->store, &e->keys, ev->wall_ms);
    }
    ev->kind = HUB_SYNC_EV_GIVEN;
    return err;
}

/* Only while somebody waits for it: no other session costs a commit at its end. */
enum err hub_engine_gave_back(struct hub_engine *e, const struct hub_sync_effect *f)
{
    int64_t since_ms = 0;
    enum err err = hub_store_confirm_wanted(e->store, &since_ms);
    if (err != ERR_OK || since_ms == 0) return err;
    if (!hub_engine_step(e, "gave back")) return ERR_STORE;
    err = hub_engine_open(e);
    return err == ERR_OK ? hub_store_gave_back(e->store, &f->node->node, f->epoch) : err;
}

enum err hub_engine_mend(struct hub_engine *e, const struct hub_sync_effect *f,
                         struct hub_sync_event *ev)
{
    bool mended = false;
    enum err err = f->given_count > 0 ? hub_engine_open(e) : ERR_OK;
    if (err == ERR_OK && f->given_count > 0)
        err = hub_store_mend(e->store, &f->node->node, f->given, ev->wall_ms, &mended);
    ev->kind = HUB_SYNC_EV_GIVEN;
    return err;
}

/* What sessions were greeted with does not hold in a new epoch. */
void hub_engine_epoch_check(struct hub_engine *e, struct hub_engine_time t)
{
    struct hub_position at;
    hub_store_position(e->store, &at);
    if (at.epoch == e->epoch) return;
    bool began = e->epoch != 0;
    e->epoch = at.epoch;
    for (unsigned i = 0; began && i < HUB_ENGINE_CONNS_MAX; i++) {
        struct hub_session *x = e->slots[i];
        if (x != NULL && !hub_engine_half_open(x)) hub_engine_kill(x, ERR_LINK_LOST, t);
    }
}

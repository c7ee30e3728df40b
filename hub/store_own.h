/*
 * Where the hub's own log goes on, for building its next change set (hub/own). Part of the hub's
 * store. SPEC 4.2, 4.7-4.9.
 *
 * Threads: loop thread only.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_OWN_H
#define DONGBO_HUB_STORE_OWN_H

#include "hub/store.h"

/*
 * The header and seed of the next set of the hub's own log, inside a transaction: hub, node, inc,
 * seq, prev, clock (greater than the one before), epoch, hub_seen and edition are filled; person,
 * flags and import are the caller's. At seq 0 the set to make is the genesis. Asked again for the
 * same seq it gives the same seed.
 *
 * ERR_NOT_READY: the hub has no identity yet.
 */
MUST_CHECK enum err hub_store_own_next(struct hub_store *s, int64_t now_ms,
                                       struct change_head *head,
                                       uint8_t seed[static CHANGE_SEED_BYTES]);

/*
 * Since when the present log key signs, as far as the log knows: UTC ms by the hub's clock. The sealing key came with
 * it. Cheap: one set of each incarnation of the hub. ERR_NOT_FOUND: nothing was signed yet.
 */
MUST_CHECK enum err hub_store_own_since(struct hub_store *s, int64_t *since_ms);

#endif

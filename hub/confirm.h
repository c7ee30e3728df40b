/*
 * Orders of kind "restore": two officers confirm that the communes have sent again what a hub lost that went
 * back in time (SPEC 7.14, 12.9). Until then closing, erasing and releasing transfers wait (hub_store_settled).
 * An order is about one epoch: it cannot confirm another loss than the one that its signers looked at.
 *
 * Ownership: borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_CONFIRM_H
#define DONGBO_HUB_CONFIRM_H

#include "hub/orders.h"

enum {
    HUB_CONFIRM_MISSING_MAX =
        64, /* communes' PCs that an order names as not back yet, or as not done; more are counted only */
};

/* Content of the order that confirms the present epoch, appended to `out`. ERR_NOT_FOUND: nothing waits. */
MUST_CHECK enum err hub_confirm_content(struct hub_app *a, struct buf *out);

/*
 * How far the communes' PCs are, while a confirmation is wanted, into `out`: "went_back", "nodes", "called" (they
 * came since), "finished" (a session ended well in which they gave back what the hub had lost), and by name "missing"
 * (not called) and "unfinished" (called, not finished). Nothing when nothing waits. The store's errors; ERR_NOMEM.
 */
MUST_CHECK enum err hub_confirm_progress(struct hub_app *a, json_t *out);

/* Are there two people who may sign it? ERR_DENIED: officers must be recorded first. */
MUST_CHECK enum err hub_confirm_able(struct hub_app *a);

/*
 * Functions of the kind (hub/orders.h). The check says ERR_EXISTS when nothing waits (any more), ERR_STALE when
 * the hub went back once more since the order was drafted.
 */
MUST_CHECK enum err hub_confirm_check(struct hub_app *a, const struct order *o);
json_t *hub_confirm_describe(struct hub_app *a, struct bytes content);
MUST_CHECK enum err hub_confirm_apply(struct hub_app *a, const struct order *o,
                                      const struct id_hash *id, int64_t now_ms);

#endif

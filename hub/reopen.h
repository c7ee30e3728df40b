/*
 * Orders of kind "reopen": two officers open a closed period again. SPEC 14.5. The row of
 * hub/orders.c: its check, its words, and what it does.
 *
 * Threads: loop thread.   Errors: those of struct hub_order_kind.
 */
#ifndef DONGBO_HUB_REOPEN_H
#define DONGBO_HUB_REOPEN_H

#include "hub/orders.h"

/* ERR_NOT_FOUND: that issue is not the newest of its period; ERR_EXISTS: it is open already. */
MUST_CHECK enum err hub_reopen_check(struct hub_app *a, const struct order *o);
json_t *hub_reopen_describe(struct hub_app *a, struct bytes content);
MUST_CHECK enum err hub_reopen_apply(struct hub_app *a, const struct order *o,
                                     const struct id_hash *id, int64_t now_ms);

#endif

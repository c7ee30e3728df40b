/*
 * Orders of kind "erase" for the commands: drafting one out of ids that a person typed, checking that
 * it could be carried out, and saying what it would take away. SPEC 12.4.
 *
 * Ownership: borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_ERASING_H
#define DONGBO_HUB_ERASING_H

#include "hub/orders.h"
#include "proto/erase.h"

struct order;

/* ERR_REFUSED: a hub that went back waits for its confirmation (hub/confirm.h). Whom an order is about, and what
 * else belongs to them, may not be back yet, so nothing is erased until then. */
MUST_CHECK enum err hub_erasing_may(struct hub_app *a);

/*
 * Content of an order out of words: 32 hex digits (a record), or LOG:SEQ:OP with 16 hex digits and two
 * numbers (one op). Appended to `out`. *bad: the word that is wrong.
 * ERR_BAD_INPUT  no such form, or an op that is no op on a record or a deletion
 * ERR_NOT_FOUND  no such record or op;   ERR_TOO_LARGE  too many for one order
 */
MUST_CHECK enum err hub_erasing_content(struct hub_app *a, const char *const *words, size_t count,
                                        struct buf *out, size_t *bad);

/* Functions of the kind (hub/orders.h); the check asks hub_erasing_may() first. */
MUST_CHECK enum err hub_erasing_check(struct hub_app *a, const struct order *o);
json_t *hub_erasing_describe(struct hub_app *a, struct bytes content);

#endif

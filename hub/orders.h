/*
 * Actions that two people take together: an order is drafted, one officer signs it (propose), another
 * signs the same bytes (approve), and only then it stands in the hub's log and is carried out, in one
 * transaction. The officers' keys are theirs: this module sees public keys and signatures only.
 * SPEC 12.1-12.4.
 *
 * A kind of order is a row of the table in orders.c (struct hub_order_kind) and a role bit in
 * proto/order.h. To add one: write its check, describe and apply functions, add the row.
 *
 * Ownership: everything is borrowed for the call unless said.   Threads: loop thread only.
 * Units:     UTC ms.   Limits: ORDER_* of proto/order.h, HUB_ORDERS_OPEN_MAX.
 */
#ifndef DONGBO_HUB_ORDERS_H
#define DONGBO_HUB_ORDERS_H

#include "hub/app.h"
#include "hub/store_order.h"

#include <jansson.h>

struct hub_order_kind {
    const char *kind; /* "erase", "reopen", ... as in proto/order.c */
    const char *vi;   /* what it is called */
    const char *en;
    /*
     * Is this order one that could be carried out now? Outside a transaction, when it is drafted,
     * proposed and approved. ERR_OK, or the reason why not: ERR_BAD_FORMAT, ERR_NOT_FOUND,
     * ERR_EXISTS ... NULL: any will do.
     */
    enum err (*check)(struct hub_app *a, const struct order *o);
    /* What it says, for the people who sign: a JSON object, theirs to keep; no personal data beyond
     * what they need. NULL: the content in hex. */
    json_t *(*describe)(struct hub_app *a, struct bytes content);
    /*
     * Carry it out, inside the transaction that put the order into the log: append own sets
     * (hub_own_append), change tables. Anything but ERR_OK rolls all of it back. NULL: being in the
     * log is all (the store acts by itself when it takes the set).
     */
    enum err (*apply)(struct hub_app *a, const struct order *o, const struct id_hash *id,
                      int64_t now_ms);
    /* After the commit; cannot undo it. NULL: nothing. */
    void (*done)(struct hub_app *a, const struct order *o, int64_t now_ms);
};

/* The row of a kind; NULL: there is none. */
const struct hub_order_kind *hub_order_kind(struct bytes kind);

/*
 * Bytes of a new order, appended to `out`, to be signed by both officers. Nothing is kept.
 *   in   basis   the legal basis, 1..ORDER_BASIS_BYTES_MAX bytes of text
 * ERR_BAD_INPUT (basis, unknown kind), ERR_TOO_LARGE, and what the kind's check says.
 */
MUST_CHECK enum err hub_order_draft(struct hub_app *a, const char *kind, struct bytes basis,
                                    struct bytes content, int64_t now_ms, struct buf *out);

/*
 * The first officer signed: keep it until a second one does.
 * ERR_NOT_FOUND, ERR_REVOKED, ERR_DENIED  that key may not (unknown, revoked, not its role)
 * ERR_BAD_SIGNATURE, ERR_BAD_FORMAT, ERR_WRONG_HUB, ERR_EXISTS, ERR_TOO_LARGE; the kind's check
 */
MUST_CHECK enum err hub_order_propose(struct hub_app *a, struct bytes order,
                                      const struct order_signature *by, int64_t now_ms,
                                      struct id_hash *id);

/*
 * The second officer signed: into the log and carried out. Durable when it returns.
 * As above; ERR_DENIED also when it is the same officer; ERR_NOT_FOUND also for an unknown order;
 * ERR_EXISTS: it was approved before; the kind's check and apply.
 */
MUST_CHECK enum err hub_order_approve(struct hub_app *a, const struct id_hash *id,
                                      const struct order_signature *by, int64_t now_ms);

#endif

/*
 * The hub's store, part 9: officers and orders of two people. Officers and approved orders are what
 * the hub's own log says; a proposed order waits here until a second officer signs it. SPEC 12.
 *
 * Ownership: what a callback is given is borrowed for the call.
 * Threads:   loop thread.   Units: UTC ms.   Errors: those of hub/store.h everywhere.
 */
#ifndef DONGBO_HUB_STORE_ORDER_H
#define DONGBO_HUB_STORE_ORDER_H

#include "hub/store.h"
#include "proto/order.h"

enum {
    HUB_ORDERS_OPEN_MAX = 256, /* proposals that wait for a second signature */
};

/* The register of officers as the log has it now. ERR_NOT_READY: no identity. */
MUST_CHECK enum err hub_store_officers(struct hub_store *s, struct order_register *out);

struct hub_officer_row {
    const char *name;
    uint8_t pk[32];
    unsigned roles;
    uint64_t position;
    uint64_t revoked_position; /* 0: living */
    const char *revoked_why;
};
MUST_CHECK enum err hub_store_officer_list(
    struct hub_store *s, enum err (*row)(void *ctx, const struct hub_officer_row *o), void *ctx);

struct hub_order_row {
    struct id_hash id;
    struct bytes order; /* its bytes */
    struct order_signature by[2];
    unsigned signatures; /* 1: proposed; 2: approved */
    int64_t proposed_ms; /* 0: it came with a node's copy of the log, nobody proposed it here */
    int64_t approved_ms;
    uint64_t position; /* of the approved order in the log, 0: it waits */
};
/* ERR_NOT_FOUND. `order` is appended to `memory`. */
MUST_CHECK enum err hub_store_order(struct hub_store *s, const struct id_hash *id,
                                    struct hub_order_row *out, struct buf *memory);
/* Newest first. `kind` "" = all; `open`: only what waits. */
MUST_CHECK enum err hub_store_orders(struct hub_store *s, const char *kind, bool open,
                                     enum err (*row)(void *ctx, const struct hub_order_row *o),
                                     void *ctx);

/*
 * Keep a proposal, inside a transaction; its one signature was checked (order_register_signed).
 * ERR_EXISTS  there is this very order;   ERR_TOO_LARGE  HUB_ORDERS_OPEN_MAX wait
 */
MUST_CHECK enum err hub_store_order_propose(struct hub_store *s, struct bytes order,
                                            const struct order_signature *by, int64_t now_ms);
/* Forget a proposal. ERR_NOT_FOUND: none waits with that id. */
MUST_CHECK enum err hub_store_order_withdraw(struct hub_store *s, const struct id_hash *id);

#endif

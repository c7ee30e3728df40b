/*
 * The node's store, scope moves: transfers of records to and from this unit, shares, and writes that
 * crossed a transfer. SPEC 13. They come with the feed; own offers and answers show at once.
 *
 * Ownership: rows handed to callbacks are borrowed for the call.   Threads: loop thread only.
 * Units:     UTC milliseconds.
 */
#ifndef DONGBO_NODE_STORE_MOVES_H
#define DONGBO_NODE_STORE_MOVES_H

#include "node/store.h"
#include "proto/move.h"

struct node_transfer {
    struct move_transfer t; /* t.state: as the hub last told */
    bool at_hub;            /* false: the offer waits here */
    bool said;              /* the hub's verdict about the own offer is known: */
    uint8_t verdict;        /* enum fold_verdict with flags; 1: there was another offer already */
    bool replied;           /* an own answer: */
    enum move_reply reply;
    bool reply_said;
    uint8_t reply_verdict; /* 1: it had been answered otherwise before */
};

/* All, newest at the hub first; or one: ERR_NOT_FOUND. */
MUST_CHECK enum err node_store_transfers(struct node_store *s,
                                         enum err (*row)(void *ctx, const struct node_transfer *t),
                                         void *ctx);
MUST_CHECK enum err node_store_transfer(struct node_store *s, const struct id_record *id,
                                        enum err (*row)(void *ctx, const struct node_transfer *t),
                                        void *ctx);

/* Is an offer of this record open, or waiting here? */
MUST_CHECK enum err node_store_offered(struct node_store *s, const struct id_record *rid,
                                       bool *offered);

struct node_crossed {
    struct move_crossing c;
    bool decided; /* by an own decision that waits or was taken */
    bool apply;
};
MUST_CHECK enum err node_store_crossed(struct node_store *s,
                                       enum err (*row)(void *ctx, const struct node_crossed *c),
                                       void *ctx);

/* With whom a record is shared. */
MUST_CHECK enum err node_store_shares(struct node_store *s, const struct id_record *rid,
                                      enum err (*row)(void *ctx, const struct move_shared *h),
                                      void *ctx);

#endif

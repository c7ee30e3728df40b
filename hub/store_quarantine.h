/*
 * The hub's store, part 11: revoked nodes, and what they still send. SPEC 18.1 to 18.4.
 *
 * From the position of its revocation on nothing of a node enters the log. What comes all the same,
 * over the network or in a bundle, is kept apart in *parcels*: the sets of one frame, which one
 * signature covers. A person looks at them and lets them in or discards them, under a name and with a
 * reason; that decision is a set of the hub's own log. A discarded parcel stays and can still be let in.
 *
 * Ownership: what a callback is given is borrowed for the call.
 * Threads:   loop thread only.   Units: UTC ms.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_QUARANTINE_H
#define DONGBO_HUB_STORE_QUARANTINE_H

#include "hub/store.h"
#include "proto/admin_key.h"

#define HUB_QUARANTINE_BYTES_MAX (64u * 1024u * 1024u) /* of one node: heads and bodies */
#define HUB_REVOKED_FILE         "revoked.list"        /* beside the database */
#define HUB_REVOKED_TAG          "dongbo/revoked/1"

enum hub_road { HUB_ROAD_NETWORK = 0, HUB_ROAD_BUNDLE = 1 }; /* stored */

/* By which road the sets come that are taken from now on; network at first. */
void hub_store_road(struct hub_store *s, enum hub_road road);

/* The head of a revoked node's log for its sessions and bundles: of what is kept apart, where that
 * goes on behind the log. As hub_store_head, which is the answer for all other nodes. */
MUST_CHECK enum err hub_store_apart_head(struct hub_store *s, const struct id_hash *node,
                                         const struct id_inc *inc, struct message_head *out);
/* As hub_store_set_hash, of what is kept apart too. */
MUST_CHECK enum err hub_store_apart_hash(struct hub_store *s, const struct id_inc *inc,
                                         uint64_t seq, struct id_hash *out);

/* All revocations, oldest first. */
MUST_CHECK enum err hub_store_revocations(struct hub_store *s,
                                          enum err (*row)(void *ctx, const struct admin_revoke *r),
                                          void *ctx);

/* A newer card is in force than when the database was opened: what stands outside it is judged anew. */
MUST_CHECK enum err hub_store_reread(struct hub_store *s);

/* ---- for people ---- */

enum hub_parcel_state { HUB_PARCEL_WAITS, HUB_PARCEL_RELEASED, HUB_PARCEL_DISCARDED };

struct hub_parcel {
    int64_t no;
    struct id_hash node;
    char unit[ADMIN_UNIT_BYTES_MAX + 1]; /* of the node */
    char name[MESSAGE_TEXT_MAX + 1];     /* of the PC */
    char revoked_why[ADMIN_KEY_REASON_BYTES_MAX + 1];
    uint64_t revoked_position;
    struct id_inc inc;
    uint64_t first, next;
    struct id_hash hash; /* of the last set */
    int64_t at_ms;
    enum hub_road road;
    uint64_t bytes;
    enum hub_parcel_state state;
    char by[ADMIN_KEY_NAME_BYTES_MAX + 1]; /* who decided, "" while it waits */
    char reason[ADMIN_KEY_REASON_BYTES_MAX + 1];
    int64_t decided_ms;
};
/* In the order in which they came; only those that wait, or all. */
MUST_CHECK enum err hub_store_quarantine(struct hub_store *s, bool all,
                                         enum err (*row)(void *ctx, const struct hub_parcel *p),
                                         void *ctx);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err hub_store_parcel(struct hub_store *s, int64_t no, struct hub_parcel *out);
/* The sets of a parcel, opened. */
MUST_CHECK enum err hub_store_parcel_sets(struct hub_store *s, int64_t no,
                                          enum err (*row)(void *ctx,
                                                          const struct change_view *view),
                                          void *ctx);
/* Parcels that wait, and the sets in them. */
MUST_CHECK enum err hub_store_quarantine_count(struct hub_store *s, uint64_t *parcels,
                                               uint64_t *sets);

/*
 * Behind the decision (kind 26) in the same transaction: take the parcel's sets into the log.
 * ERR_CHAIN_BROKEN: what is before them in their log is not in the hub's, or that log has ended;
 * ERR_DENIED: nobody let them in. Every error rolls the transaction back.
 */
MUST_CHECK enum err hub_store_parcel_take(struct hub_store *s, int64_t no, int64_t now_ms,
                                          struct hub_taken *out);

#endif

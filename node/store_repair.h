/*
 * The node's store when things went back in time: own sets that come back from the hub, the one
 * repair (a new incarnation that re-authors what the hub has not got), the reset after the hub went
 * back, and sets of the hub's log that are kept to be given back to it. SPEC 7.13, 7.14.
 *
 *   own log    what the hub has of it, and what is to be sent; a set that lost its place to another
 *              of the same seq, or whose log was closed before it, moves to a branch: kept for ever,
 *              shown no more, re-authored in the incarnation that follows
 *
 * Ownership: arrays given back live until the next call of the same function.
 * Threads:   loop thread only.   Units: UTC milliseconds.   Errors: those of node/store.h.
 */
#ifndef DONGBO_NODE_STORE_REPAIR_H
#define DONGBO_NODE_STORE_REPAIR_H

#include "node/store.h"

enum {
    NODE_STORE_KEPT_MAX = 256, /* sets of one node_store_kept() */
    NODE_STORE_KEPT_TRIES_MAX =
        3, /* ENDs behind which a set that was given back is still not the hub's: then it is
                                      only kept; likewise how often it is sent between two ENDs */
    NODE_STORE_HELLO_NEWEST = 4, /* logs that every hello names; the others take turns */
};

/* A log of the hello as the hub's hello finds it. */
struct node_store_fix {
    struct id_inc inc;
    uint64_t next_seq;   /* of the hub */
    struct id_hash head; /* there */
    bool pull;           /* the hub has sets that we lack: they were staged */
    bool tail;           /* the log is closed at the hub: what is above its head moves on */
    bool closed;
};

/* Delivered sets of a log that are damaged here: none outside of [first, last]. */
struct node_store_rot {
    bool any;
    uint64_t first, last;
};

/* Own sets that came back, hashes checked by the caller; consecutive. */
MUST_CHECK enum err node_store_stage_own(struct node_store *s, const struct id_inc *inc,
                                         const struct message_set *v, size_t count);
/* Forget those that came. */
MUST_CHECK enum err node_store_own_drop(struct node_store *s);
/* Where an own log ends: next seq, hash of its last set. ERR_NOT_FOUND: there is no such log. */
MUST_CHECK enum err node_store_log_head(struct node_store *s, const struct id_inc *inc,
                                        uint64_t *next_seq, struct id_hash *head);
/* Next seq behind the staged sets of this log, 0 when there are none. */
MUST_CHECK enum err node_store_staged_own(struct node_store *s, const struct id_inc *inc,
                                          uint64_t *next_seq);

/* Sign with the secret of sign_pk. false: there is none, and nothing was written. */
typedef bool node_store_sign_fn(const void *ctx, const uint8_t sign_pk[static 32],
                                const struct change_head *head, const struct id_hash *hash,
                                uint8_t signature[static 64]);

/*
 * The one repair, in one transaction: staged sets go into the own log; sets in their way move to a
 * branch; so do the unsent sets of logs that are closed or newer than such a log; a new incarnation
 * begins when anything moved, or the newest log is closed or changed; its genesis names parent and
 * branches, and the branches' ops are saved once more in it: same clock, person, edition; bases that
 * name moved versions name the new ones.
 *
 *   in   fixes: every log of the hello, newest first;  sign: signs with the node's key
 *
 * ERR_OK; ERR_CHAIN_BROKEN: what was pulled does not begin in our log; it was dropped, and the next
 * pull will begin at 0; ERR_AGAIN: a log began since the hello, nothing was done: in the next session
 */
MUST_CHECK enum err node_store_repair(struct node_store *s, const struct node_store_fix *fixes,
                                      size_t count, node_store_sign_fn *sign, const void *ctx,
                                      int64_t now_ms);

/*
 * The hub lost what is above these heads: those own sets are waiting again. `forget`: the cursor
 * goes to 0 so that the state is fetched anew, and the hub's own sets are kept until they come down
 * again.
 */
MUST_CHECK enum err node_store_reset(struct node_store *s, const struct node_store_fix *fixes,
                                     size_t count, bool forget, int64_t now_ms);

/* The newest receipt. ERR_NOT_FOUND. */
MUST_CHECK enum err node_store_proof(struct node_store *s, struct admin_receipt *r,
                                     uint8_t signature[static 64]);

/* Sets of the hub's log that it does not have any more, behind number *after, about `max_bytes`;
 * *after moves on. *count 0: all were read. Each call counts as sent. */
MUST_CHECK enum err node_store_kept(struct node_store *s, uint64_t *after, size_t max_bytes,
                                    const struct message_set **sets, size_t *count);
MUST_CHECK enum err node_store_keeps(struct node_store *s, bool *keeps);

/* This database is older than what its node wrote last: the next save begins a new incarnation. */
MUST_CHECK enum err node_store_renew(struct node_store *s);

#endif

/*
 * The hub's store, part 7: when things went back in time. Own sets of a node given back to it,
 * proofs that this hub lost something, new epochs, the hub's own sets given back by nodes, and the
 * alarms that a person settles. SPEC 7.13, 7.14.
 *
 * Ownership: arrays given back live until the next call of the same function.
 * Threads:   loop thread only.   Units: UTC milliseconds.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_REPAIR_H
#define DONGBO_HUB_STORE_REPAIR_H

#include "hub/store.h"

enum {
    HUB_OWN_SETS_MAX = 1024, /* sets of one hub_store_own_sets() */
};

/*
 * Sets `from` and following of a log of this node, until the end of the log or about `max_bytes`.
 * Signatures are zeros where a later one of the log covers the set. *count is 0 when there are none.
 */
MUST_CHECK enum err hub_store_own_sets(struct hub_store *s, const struct id_hash *node,
                                       const struct id_inc *inc, uint64_t from, size_t max_bytes,
                                       const struct message_set **sets, size_t *count);

/* Does this receipt, whose signature was checked, tell of a moment that the log does not have, and
 * that no newer epoch stands for yet? */
MUST_CHECK enum err hub_store_lost(struct hub_store *s, const struct admin_receipt *r, bool *lost);

/*
 * Begin a new epoch behind the present end, inside the open transaction: random epoch and
 * incarnation of the hub's own log; confirmation by a person is wanted from now on; an alarm.
 * `lost_epoch`: an epoch that is not in the lineage and stands for nothing any more, 0 = none.
 */
MUST_CHECK enum err hub_store_epoch_new(struct hub_store *s, uint64_t lost_epoch, int64_t now_ms);

/*
 * The hub noticed that it went back and waits for an admin: taking change sets goes on, closing a
 * period does not (hub/close.h asks this). Outside or inside a transaction.
 */
MUST_CHECK enum err hub_store_confirm_wanted(struct hub_store *s, bool *wanted);
/* An admin looked at what came back. ERR_NOT_FOUND: nothing is waiting. */
MUST_CHECK enum err hub_store_confirm(struct hub_store *s, int64_t now_ms);

/*
 * Take one set of the hub's own log that a node gives back, inside the open transaction. A set that
 * is in the log already changes nothing.
 *
 * ERR_OK; ERR_BAD_FORMAT, ERR_BAD_HASH, ERR_BAD_SIGNATURE, ERR_WRONG_HUB: it is not a set of ours;
 * the transaction is as it was. Any other error rolled it back.
 */
MUST_CHECK enum err hub_store_give(struct hub_store *s, const struct message_set *set,
                                   int64_t received_ms);

/* ---- alarms ---- */

enum hub_alarm_kind {
    HUB_ALARM_CLONE = 1,     /* two live copies of one node, or one older than its last repair */
    HUB_ALARM_WENT_BACK = 2, /* this hub lost the end of its log; a new epoch began */
};

struct hub_alarm {
    int64_t no;
    enum hub_alarm_kind kind;
    bool has_node;
    struct id_hash node;
    int64_t first_ms;
    int64_t last_ms;
    uint64_t count;   /* times it was noticed */
    int64_t acked_ms; /* 0: it stands */
};

/* Raise it, or count one that stands already. `node` NULL: about the hub itself. Inside a
 * transaction. */
MUST_CHECK enum err hub_store_alarm(struct hub_store *s, enum hub_alarm_kind kind,
                                    const struct id_hash *node, int64_t now_ms);
/* Newest first; only those that stand, or all. */
MUST_CHECK enum err hub_store_alarms(struct hub_store *s, bool all,
                                     enum err (*row)(void *ctx, const struct hub_alarm *a),
                                     void *ctx);
/* A person settled it. ERR_NOT_FOUND: no such alarm stands. */
MUST_CHECK enum err hub_store_alarm_ack(struct hub_store *s, int64_t no, int64_t now_ms);

/* Look for a clone in a hello, inside a transaction: the node's newest log here is not among its
 * logs. Raises HUB_ALARM_CLONE, once for each newest log. */
MUST_CHECK enum err hub_store_clone_look(struct hub_store *s, const struct id_hash *node,
                                         const struct message_hello_node *hello, int64_t now_ms);

/* The end of the log as a witness beside the database tells it (hub/witness.h): true when this
 * database does not contain that moment. */
MUST_CHECK enum err hub_store_behind(struct hub_store *s, uint64_t epoch, uint64_t position,
                                     const struct id_hash *hash, bool *behind);

#endif

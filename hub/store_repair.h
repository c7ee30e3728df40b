/*
 * The hub's store, part 7: when things went back in time. Own sets of a node given back to it,
 * proofs that this hub lost something, new epochs and the hub's own sets given back by nodes. SPEC 7.13, 7.14.
 *
 * Ownership: arrays given back live until the next call of the same function.
 * Threads:   loop thread only.   Units: UTC milliseconds.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_REPAIR_H
#define DONGBO_HUB_STORE_REPAIR_H

#include "hub/store_alarm.h"

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

/* P at this position of the log. ERR_NOT_FOUND: it has no such. */
MUST_CHECK enum err hub_store_p(struct hub_store *s, uint64_t position, struct id_hash *out);

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
 * The gate: may what cannot be taken back be done? Closing a period, erasing, releasing a transfer and
 * their like ask this first. A hub that noticed that it went back (restored from a copy, or proved by a
 * receipt) goes on taking change sets, but answers no here until two officers confirmed that the nodes have
 * sent again what it lost (SPEC 7.14, hub/confirm.h). Outside or inside a transaction.
 *
 * ERR_OK      go on
 * ERR_DENIED  it waits: tell the person hub_unsettled_vi, hub_unsettled_en
 */
MUST_CHECK enum err hub_store_settled(struct hub_store *s);
extern const char hub_unsettled_vi[], hub_unsettled_en[];
/* When the hub noticed it; 0: nothing waits. */
MUST_CHECK enum err hub_store_confirm_wanted(struct hub_store *s, int64_t *since_ms);
/*
 * A session of this node, of this epoch, came to its end, and could give back what the hub lost when the epoch
 * began: the node knew then what had not come down to it again (SPEC 7.14). Inside a transaction; while nothing
 * waits it is not asked for. hub_node_row.finished tells it.
 */
MUST_CHECK enum err hub_store_gave_back(struct hub_store *s, const struct id_hash *node,
                                        uint64_t epoch);
/* The order of two says that what was lost is back, inside its transaction. ERR_NOT_FOUND: nothing waits. */
MUST_CHECK enum err hub_store_confirm(struct hub_store *s);

/*
 * Take one set of the hub's own log that a node gives back, inside the open transaction. A set that
 * is in the log already changes nothing.
 *
 * ERR_OK; ERR_BAD_FORMAT, ERR_BAD_HASH, ERR_BAD_SIGNATURE, ERR_WRONG_HUB: it is not a set of ours;
 * the transaction is as it was. Any other error rolled it back.
 */
MUST_CHECK enum err hub_store_give(struct hub_store *s, const struct message_set *set,
                                   int64_t received_ms);
/* Likewise; what is no set of ours, as of a thief's hub that the node believed once, is left: nobody's session
 * ends for it. */
MUST_CHECK enum err hub_store_give_any(struct hub_store *s, const struct message_set *set,
                                       int64_t received_ms);

/*
 * Damaged sets (SPEC 15.6). hub_store_mend_note(): the set at this position is not what it was; when the
 * hash that it must have is beyond doubt (the position hash says so), it is asked for where it came from,
 * in hub_feed.again. Nothing happens to a set of the hub's own log.
 *
 * hub_store_mend(), inside the open transaction: a node sent one once more. *mended = false: nobody asked
 * for it, or it is not that set, byte for byte; then nothing changed. What orders of erasure name does not
 * come back with it.
 */
MUST_CHECK enum err hub_store_mend_note(struct hub_store *s, uint64_t position, int64_t now_ms);
MUST_CHECK enum err hub_store_mend(struct hub_store *s, const struct id_hash *node,
                                   const struct message_set *set, int64_t now_ms, bool *mended);

/* The end of the log as a witness beside the database tells it (hub/witness.h): true when this
 * database does not contain that moment. */
MUST_CHECK enum err hub_store_behind(struct hub_store *s, uint64_t epoch, uint64_t position,
                                     const struct id_hash *hash, bool *behind);

#endif

/*
 * The hub's store, part 16: what happened to one record: the change sets of the log that touched it. SPEC 6.
 *
 * sys_history names the positions by the first 8 bytes of a record's id (ids are random, so few share
 * them; the sets themselves decide). It is made of the log alone, behind everything else, so that taking
 * sets costs no more for it; who asks is answered from it and from what of the log is not in it yet.
 *
 * Ownership: what a callback is given is borrowed for the call.   Threads: loop thread; hub_store_history()
 *            also over a reader.   Errors: those of hub/store.h.   Limits: HUB_HISTORY_*.
 */
#ifndef DONGBO_HUB_STORE_HISTORY_H
#define DONGBO_HUB_STORE_HISTORY_H

#include "hub/store_records.h"
#include "proto/change.h"

enum {
    HUB_HISTORY_TURN = 500, /* positions that one turn of the loop brings into the index */
};

/* Bring at most so many positions of the log more into the index. Outside a transaction. *done: it has all.
 * Sets that cannot be read are left out (the scrub tells of them). */
MUST_CHECK enum err hub_store_history_some(struct hub_store *s, uint64_t positions, bool *done);

/* `op` is the set's op number `index`; NULL: that op was erased by an order, and only its place is left. */
typedef enum err hub_history_fn(void *ctx, const struct hub_set *set, unsigned index,
                                const struct change_op *op);
/* Every op of the log on this record, in the order of the log. */
MUST_CHECK enum err hub_store_history(struct hub_store *s, const struct id_record *rid,
                                      hub_history_fn *each, void *ctx);

#endif

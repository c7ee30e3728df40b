/*
 * The node's store, part 6: the own log held beside a proof (SPEC 16).
 *
 * Ownership: nothing is kept.   Threads: loop thread.   Errors: those of node/store.h.
 */
#ifndef DONGBO_NODE_STORE_PROOF_H
#define DONGBO_NODE_STORE_PROOF_H

#include "node/store.h"

/* What this node knows of one record of a proof. */
struct node_store_proof {
    unsigned own;   /* its sets that stand in this node's own log */
    unsigned hub;   /* sets of the hub's log that came here */
    unsigned other; /* sets of another computer, as far as this node can tell */
    bool newer;     /* an own change that was applied before the cut stands nowhere in the proof,
                       although nothing but own sets does */
};

/*
 * `sets`: hashes of 32 bytes. The cut is the close set's: epoch and position.
 */
MUST_CHECK enum err node_store_proof_record(struct node_store *s, const struct id_record *rid,
                                            struct bytes sets, uint64_t epoch, uint64_t position,
                                            struct node_store_proof *out);

/* Position of the hub's set with these header and entries, as it came here; 0: it did not. */
MUST_CHECK enum err node_store_hub_set_at(struct node_store *s, struct bytes head,
                                          uint64_t *position);

#endif

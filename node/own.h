/*
 * Change sets of the node's own log: build, sign, append. SPEC 4.
 *
 *   node_own_begin -> (node_own_rid for records that are created) -> node_own_add, once per set
 *   -> node_own_commit, which makes all of them durable in one transaction -> node_own_free
 *
 * The first save begins the log: its genesis is built by itself and committed with it. Clocks are
 * the PC's, corrected by what the hub said at the last contact, and always grow within the log.
 *
 * Ownership: a struct node_own holds everything it built; the store, identity and keys are borrowed.
 * Threads:   loop thread only.   Units: UTC milliseconds.
 * Limits:    NODE_OWN_SETS_MAX; CHANGE_OPS_MAX and CHANGE_BYTES_MAX a set.
 */
#ifndef DONGBO_NODE_OWN_H
#define DONGBO_NODE_OWN_H

#include "node/store_records.h"
#include "node/sync.h"
#include "proto/admin_key.h"

#define NODE_OWN_SETS_MAX 256u /* sets of one commit, the genesis included */

struct node_own_item; /* a set that was built */

struct node_own {
    struct node_store *store;
    const struct node_sync_keys *keys;
    struct node_identity identity;
    struct node_store_tip tip; /* moves on with every set that is added */
    bool root_is_new;          /* tip.root is not in the store yet */
    int64_t wall_ms;
    uint8_t seed[CHANGE_SEED_BYTES]; /* of the next set */
    struct node_own_item *items;
    size_t count;
};

/*
 * Look where the log stands.
 * ERR_OK         free it with node_own_free
 * ERR_NOT_READY  the node has not been told of a hub yet: nothing can be signed for it
 * and the store's errors, ERR_NOMEM
 */
MUST_CHECK enum err node_own_begin(struct node_store *store, const struct node_sync_keys *keys,
                                   int64_t wall_ms, struct node_own *out);

/* Id for a record that op `index` of the next set creates (SPEC 4.6). */
void node_own_rid(const struct node_own *o, unsigned index, struct id_record *out);

struct node_own_set {
    struct id_person person;
    const struct bytes *payloads; /* canonical (change_op_encode); borrowed for the call */
    size_t count;                 /* 1..CHANGE_OPS_MAX */
    uint64_t import;              /* 0: not an import */
    bool import_last;
};

/*
 * Build and sign one set.
 * ERR_OK; ERR_TOO_LARGE: over CHANGE_OPS_MAX, CHANGE_BYTES_MAX (split it) or NODE_OWN_SETS_MAX
 * (commit first); ERR_BAD_INPUT: no op; ERR_NOMEM. After an error nothing was added.
 */
MUST_CHECK enum err node_own_add(struct node_own *o, const struct node_own_set *set);

struct node_own_saved { /* the last set of a commit */
    struct id_inc inc;
    uint64_t seq;
    struct id_hash hash;
    uint64_t hlc;
};

/*
 * Make everything added durable. `out` may be NULL. Tell the sync core (NODE_SYNC_EV_SAVED) after.
 * ERR_OK; ERR_CHAIN_BROKEN: somebody else appended meanwhile, begin again; the store's errors:
 * nothing was saved. In all cases `o` is spent: free it.
 */
MUST_CHECK enum err node_own_commit(struct node_own *o, struct node_own_saved *out);

void node_own_free(struct node_own *o); /* a zeroed one is fine */

/*
 * The node's keys change (SPEC 18.9): the end of the present log, under the old key, and the genesis of the
 * next one, under the new; durable together. `keys` has both. Errors as of begin, add and commit.
 */
MUST_CHECK enum err node_own_rekey(struct node_store *store, const struct node_sync_keys *keys,
                                   const struct admin_rekey *r, int64_t wall_ms);

/* All of it for one set. */
MUST_CHECK enum err node_own_append(struct node_store *store, const struct node_sync_keys *keys,
                                    const struct node_own_set *set, int64_t wall_ms,
                                    struct node_own_saved *out);

#endif

/*
 * Change sets of the hub's own log: build, sign with the hub's log key, take. Everything the
 * district decides or publishes goes this way (records, decisions, catalogue, enrolments,
 * closings). SPEC 4.
 *
 * Ownership: everything is borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 * Limits:    CHANGE_OPS_MAX and CHANGE_BYTES_MAX a set; splitting is the caller's work.
 */
#ifndef DONGBO_HUB_OWN_H
#define DONGBO_HUB_OWN_H

#include "hub/store.h"
#include "hub/sync.h"

struct hub_own_set {
    struct id_person person;
    const struct bytes *payloads; /* canonical payloads of any kind a hub may write */
    size_t count;                 /* 1..CHANGE_OPS_MAX */
    uint64_t import;              /* 0: not an import */
    bool import_last;
};

/*
 * Append one set to the hub's own log, inside the open transaction (hub_store_begin). The genesis
 * is made by itself before the first. `taken` may be NULL.
 *
 * ERR_OK         the set has a position; durable after hub_store_commit
 * ERR_TOO_LARGE  over CHANGE_OPS_MAX or CHANGE_BYTES_MAX: split it; ERR_BAD_INPUT: no op
 * ERR_NOT_READY  the hub has no identity yet
 * and the store's errors. After an error roll the transaction back.
 */
MUST_CHECK enum err hub_own_append(struct hub_store *store, const struct hub_sync_keys *keys,
                                   const struct hub_own_set *set, int64_t now_ms,
                                   struct hub_taken *taken);

#endif

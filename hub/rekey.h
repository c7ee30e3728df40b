/*
 * Certificates for nodes that have one already: after a change of their keys (SPEC 18.9), of the hub's
 * (18.6), or of their unit (13.7). Each has a serial above the one before it, so that a hub that went back
 * knows the newer one.
 *
 * Ownership: everything is borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_REKEY_H
#define DONGBO_HUB_REKEY_H

#include "hub/store_rekey.h"
#include "hub/sync.h"
#include "proto/key.h"

struct hub_certify {
    const struct id_hash *node;
    const char *unit;               /* NULL: as it is */
    const struct id_person *person; /* NULL: nobody's decision */
};

/* A certificate of the node's present keys, as a set of the hub's own log (op 19), inside the open
 * transaction. ERR_NOT_FOUND: no such node; and of the store: roll back. */
MUST_CHECK enum err hub_rekey_certify(struct hub_store *store, const struct hub_sync_keys *keys,
                                      const struct hub_certify *c, int64_t now_ms);

/* Behind hub_store_take() of a set that changed the node's keys. */
MUST_CHECK enum err hub_rekey_taken(struct hub_store *store, const struct hub_sync_keys *keys,
                                    const struct id_hash *node, const struct hub_taken *taken,
                                    int64_t now_ms);

/* A node whose certificate shows that this hub enrolled it, or knew newer keys of it, and lost that: into the
 * hub's log once more, inside the open transaction; nothing where another session was quicker. `paper`: the
 * bytes of `shown`. Errors of the store: roll back. */
MUST_CHECK enum err hub_rekey_again(struct hub_store *store, const struct hub_sync_keys *keys,
                                    const struct admin_cert *shown, struct bytes paper,
                                    int64_t now_ms);

/* Behind each hub_store_give(), inside the open transaction: where an old certificate of a node came back, what
 * holds of it is said once more behind it. */
MUST_CHECK enum err hub_rekey_given(struct hub_store *store, const struct hub_sync_keys *keys,
                                    int64_t now_ms);

/* Does this certificate, which a node shows, prove that the hub knew newer keys of it once? */
bool hub_rekey_newer(struct hub_store *store, const struct admin_cert *shown);

#endif

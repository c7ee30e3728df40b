/*
 * Enrolling a node, whatever road its JOIN came by: a session or a bundle. SPEC 7.11, 11.6.
 *
 * Ownership: everything is borrowed for the call but what `struct hub_join` holds itself.
 * Threads:   loop thread only.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_JOIN_H
#define DONGBO_HUB_JOIN_H

#include "hub/store.h"
#include "hub/sync.h"

struct hub_join {     /* what taking a JOIN gave */
    unsigned refusal; /* enum message_refusal, 0: it is a node now, or was already */
    bool again;       /* the same keys used the invitation before: nothing was written */
    struct id_hash node;
    struct hub_identity identity;
    uint8_t cert[ADMIN_CERT_BYTES_MAX];
    size_t cert_len;
    char unit_name[MESSAGE_TEXT_MAX + 1];
};

/*
 * Take a JOIN whose proof was checked, inside the open transaction (hub_store_begin): use the
 * token, write the enrol set, make the certificate.
 * ERR_OK: look at out->refusal;  the store's errors: roll the transaction back
 */
MUST_CHECK enum err hub_join_take(struct hub_store *store, const struct hub_sync_keys *keys,
                                  const struct message_join *join, int64_t now_ms,
                                  struct hub_join *out);

/* The WELCOME of an accepted join; it points into `join`. */
struct message_welcome hub_join_welcome(const struct hub_join *join);

#endif

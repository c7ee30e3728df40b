/*
 * The hub's store, part 16: a node's own keys change. SPEC 18.9 to 18.11.
 *
 * A node ends a log with an op of kind 27, under its old key and its new one; from that position on the
 * old key is *retired*: its logs are closed, and what it still signs is kept apart like sets of a revoked
 * node (hub/store_quarantine.h). Each log verifies under the key of its genesis.
 *
 * Ownership: copies.   Threads: loop thread only.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_REKEY_H
#define DONGBO_HUB_STORE_REKEY_H

#include "hub/store.h"
#include "proto/admin_key.h"

/* The key of a log, out of its genesis. ERR_NOT_FOUND: the hub has no such log of this node. */
MUST_CHECK enum err hub_store_log_key(struct hub_store *s, const struct id_hash *node,
                                      const struct id_inc *inc, uint8_t sign_pk[static 32]);

enum hub_rekey_use { HUB_REKEY_TRANSPORT, HUB_REKEY_SEALING };

/* Did the node have this key before its newest change? Then `sign_pk` is the one that went with it.
 * ERR_NOT_FOUND: never, or it has it still. */
MUST_CHECK enum err hub_store_retired(struct hub_store *s, const struct id_hash *node,
                                      enum hub_rekey_use use, const uint8_t pk[static 32],
                                      uint8_t sign_pk[static 32]);

/* Newest certificate of a node. ERR_NOT_FOUND; ERR_DAMAGED. */
MUST_CHECK enum err hub_store_cert(struct hub_store *s, const struct id_hash *node,
                                   struct admin_cert *out);

/* The highest serial of any certificate of the node in the hub's log, whichever keys it names; 0: none. The next
 * one is above it. */
MUST_CHECK enum err hub_store_serial_max(struct hub_store *s, const struct id_hash *node,
                                         uint32_t *out);

/* Are the keys of this certificate, which the hub signed, newer than those that it has of the node? By the lowest
 * serials under which either are known to have been certified: since the hub went back it may have certified its
 * keys again, up to the serial of the newer ones and beyond (SPEC 18.11). *keep: they are, but the unit that the
 * hub has of the node was said since then, and stays. ERR_NOT_FOUND: no such node. */
MUST_CHECK enum err hub_store_keys_newer(struct hub_store *s, const struct admin_cert *shown,
                                         bool *newer, bool *keep);

/* Since it was asked last: did a certificate come back that is not what holds of that node? Nodes that read the log
 * in its order would follow it. */
bool hub_store_certify_due(struct hub_store *s, struct id_hash *node);

/* A change in the list of nodes: its newest, and whether the hub waits for one. */
struct hub_rekeyed {
    uint64_t position; /* 0: these are its first keys */
    int64_t at_ms;
    uint64_t count;
    uint64_t asked_position; /* 0: nobody asks for another change */
    char asked_why[ADMIN_KEY_REASON_BYTES_MAX + 1];
};
MUST_CHECK enum err hub_store_rekeyed(struct hub_store *s, const struct hub_node *node,
                                      struct hub_rekeyed *out);

#endif

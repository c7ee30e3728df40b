/*
 * A node's keys on disk: keys/sign.key, transport.key, sealing.key; while they change (SPEC 18.9) also
 * keys/next-sign.key and so on; keys/old-sealing-0.key to 3, which read until all that they open is
 * sealed again; and keys/change, which proves behind a change that they are this node's.
 *
 * Order of a change, so that a cut at any point is completed or forgotten by the next opening: the three
 * next keys, durable; one transaction that ends the log and begins the next; the hub's certificate, in
 * the transaction that applies it; keys/change; a copy of the sealing key as an old one; the next keys in
 * the place of the old ones, one by one. Old sealing keys are removed when nothing needs them.
 *
 * Ownership: node_keyring_free() wipes and releases; a zeroed one is fine.
 * Threads:   any, one folder at a time.   Errors: of files; ERR_BAD_FORMAT a key file.
 */
#ifndef DONGBO_NODE_KEYRING_H
#define DONGBO_NODE_KEYRING_H

#include "node/store.h"
#include "node/sync.h"
#include "proto/admin_key.h"
#include "proto/key.h"
#include "proto/sealed_record.h"

struct node_keyring {
    struct key_sign sign;
    struct key_box transport;
    struct key_box sealing;
    struct key_box old[SEALED_OLD_MAX]; /* of before: they read what is sealed (SPEC 22.10) */
    size_t old_count;
};

#define NODE_KEYRING_NEXT "next-" /* prefix of the names of those that are changed to */

/* `make`: what is not there is made. ERR_NOT_FOUND: one is not there (and was not to be made). */
MUST_CHECK enum err node_keyring_load(const char *dir, const char *prefix, bool make,
                                      struct node_keyring *out);
void node_keyring_free(struct node_keyring *k);
/* Pointers into it; next stays NULL. */
void node_keyring_keys(const struct node_keyring *k, struct node_sync_keys *out);

/* Next keys that nothing was signed with: of a change that was cut before it began. */
MUST_CHECK enum err node_keyring_drop_next(const char *dir);

/* The change is done, the identity has the new keys: proof first, then each key into its place, as far
 * as that was not done. */
MUST_CHECK enum err node_keyring_settle(const char *dir, const struct node_identity *id);

/* Nothing needs the old sealing keys: their files go, and the secrets in memory. */
MUST_CHECK enum err node_keyring_drop_old(const char *dir, struct node_keyring *k);

/* Are the present keys of this folder those of this node, by what it kept of its last change? ERR_NOT_FOUND:
 * nothing says so. */
MUST_CHECK enum err node_keyring_changed(const char *dir, const struct node_identity *id,
                                         struct admin_rekey *out);
/* May this folder's keys go on with a database of this identity? ERR_WRONG_HUB. */
MUST_CHECK enum err node_keyring_fits(const char *dir, const struct node_identity *id);

#endif

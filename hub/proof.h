/*
 * What a node shows of a hub that went back: its receipts, its certificate, its logs. Sessions and bundles ask the
 * same. SPEC 7.13, 7.14.
 *
 * Ownership: everything is borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 * Errors:    those of hub/store.h.
 */
#ifndef DONGBO_HUB_PROOF_H
#define DONGBO_HUB_PROOF_H

#include "hub/store.h"
#include "hub/sync.h"
#include "proto/message.h"

/* Does the log that the node tells of begin with the hub's? Where the node's is longer the node itself compares: it has
 * the set at the hub's head. */
bool hub_proof_extends(const struct message_log *own, const struct message_head *hub);

/* The receipt of a PROOF that has one, its signature checked under `card`. Errors of admin_key_receipt_check(). */
MUST_CHECK enum err hub_proof_receipt(const struct message_proof *m, const struct id_hash *hub,
                                      const struct id_hash *node, const struct admin_card *card,
                                      struct admin_receipt *out);

/*
 * Inside the open transaction: begin a new epoch when this proves that the log lost something; and, when `certified`,
 * enrol the node again with the certificate of its hello. `receipt` NULL: it has none, and without a certificate that
 * is a bare claim, which changes nothing.
 */
MUST_CHECK enum err hub_proof_take(struct hub_store *s, const struct hub_sync_keys *keys,
                                   const struct message_hello_node *hello,
                                   const struct admin_receipt *receipt, bool certified,
                                   int64_t now_ms);

#endif

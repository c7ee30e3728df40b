/*
 * The hub's card as a node uses it: which keys count, and taking a newer one. SPEC 18.5, 18.6.
 *
 * Ownership: copies.   Threads: any, pure.
 */
#ifndef DONGBO_NODE_CARD_H
#define DONGBO_NODE_CARD_H

#include "node/store.h"
#include "proto/admin_key.h"

/* The card that this node pins; before the first one, only the keys it was told. */
void node_card_of(const struct node_identity *id, struct admin_card *out);

/*
 * Is this a card of the node's hub, and newer than its own? ERR_BAD_FORMAT, ERR_WRONG_HUB, ERR_BAD_SIGNATURE:
 * it is not the root's;  ERR_STALE: older than what is pinned, or the same serial with other words.
 */
MUST_CHECK enum err node_card_check(const struct node_identity *id, struct bytes card,
                                    struct admin_card *out);
/* Put it into an identity: keys, serial, and the address, if it states one. */
void node_card_use(struct node_identity *id, struct bytes card, const struct admin_card *parsed);

#endif

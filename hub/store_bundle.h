/*
 * What the hub's store keeps for bundles: which were read, those that wait for a gap to close, and
 * the sealing keys of nodes. SPEC 11.
 *
 * Threads: loop thread only.   Units: UTC ms.   Errors: those of hub/store.h.
 * Limits:  HUB_BUNDLE_WAITING_MAX files, HUB_BUNDLE_WAITING_BYTES_MAX bytes of them, for one node.
 */
#ifndef DONGBO_HUB_STORE_BUNDLE_H
#define DONGBO_HUB_STORE_BUNDLE_H

#include "hub/store.h"

#define HUB_BUNDLE_WAITING_MAX       16u                    /* files held for one node */
#define HUB_BUNDLE_WAITING_BYTES_MAX (128u * 1024u * 1024u) /* their bytes, for one node */

/* The sealing key in a node's certificate. ERR_NOT_FOUND: not a node. */
MUST_CHECK enum err hub_store_sealing(struct hub_store *s, const struct id_hash *node,
                                      uint8_t out[static 32]);

#endif

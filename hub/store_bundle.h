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

/* Position that the node's last hello named; 0: none. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_store_node_cursor(struct hub_store *s, const struct id_hash *node,
                                          uint64_t *out);

/* The newest logs of a node, newest first: inc, next seq, head. */
MUST_CHECK enum err hub_store_node_logs(struct hub_store *s, const struct id_hash *node,
                                        struct message_log out[static HELLO_LOGS_MAX],
                                        size_t *count);

/* Was this file read before? */
MUST_CHECK enum err hub_store_bundle_seen(struct hub_store *s, const struct id_hash *file,
                                          bool *seen);
/* The rest inside a transaction. */
MUST_CHECK enum err hub_store_bundle_note(struct hub_store *s, const struct id_hash *file,
                                          const struct id_hash *node, size_t bytes, uint64_t sets,
                                          int64_t now_ms);
/* Hold a file. ERR_TOO_LARGE: over a limit, it was not held. Twice is fine. */
MUST_CHECK enum err hub_store_waiting_put(struct hub_store *s, const struct id_hash *file,
                                          const struct id_hash *node, struct bytes bytes,
                                          int64_t now_ms);
MUST_CHECK enum err hub_store_waiting_drop(struct hub_store *s, const struct id_hash *file);
/* The first waiting file of a node whose hash is above `after`, appended to `bytes`.
 * ERR_NOT_FOUND: no more. */
MUST_CHECK enum err hub_store_waiting_next(struct hub_store *s, const struct id_hash *node,
                                           const struct id_hash *after, struct id_hash *file,
                                           struct buf *bytes);

#endif

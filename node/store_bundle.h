/*
 * What the node's store keeps for bundles: which were written and read, and where the last one
 * ended. Part of the node's store. SPEC 11.
 *
 * Threads: loop thread only.   Units: UTC ms.   Errors: those of node/store.h.
 */
#ifndef DONGBO_NODE_STORE_BUNDLE_H
#define DONGBO_NODE_STORE_BUNDLE_H

#include "node/store.h"
#include "node/store_attach.h"

/* Was this file read (outward false) or written (true) before? */
MUST_CHECK enum err node_store_bundle_seen(struct node_store *s, const struct id_hash *file,
                                           bool outward, bool *seen);
MUST_CHECK enum err node_store_bundle_note(struct node_store *s, const struct id_hash *file,
                                           bool outward, size_t bytes, uint64_t sets,
                                           int64_t now_ms);

/* Sets of a log below next_seq stand in bundles that were written. 0: none. */
MUST_CHECK enum err node_store_bundled(struct node_store *s, const struct id_inc *inc,
                                       uint64_t *next_seq);
MUST_CHECK enum err node_store_bundled_set(struct node_store *s, const struct id_inc *inc,
                                           uint64_t next_seq);

/*
 * Bundles that were made, by their nonces, the newest NODE_STORE_ASKED_MAX. A repair, a reset and another epoch of the
 * hub forget them: what an answer to one says of heads is then of before.
 *
 * logs: as the hello has them; count: at most HELLO_LOGS_MAX.   node_store_asked: ERR_NOT_FOUND, no such.
 */
enum { NODE_STORE_ASKED_MAX = 16 };
MUST_CHECK enum err node_store_asked_note(struct node_store *s, const uint8_t nonce[static 16],
                                          const struct message_log *logs, size_t count);
MUST_CHECK enum err node_store_asked(struct node_store *s, const uint8_t nonce[static 16],
                                     struct id_inc *logs, size_t *count);

/* When the oldest set without a receipt was saved; 0: there is none. */
MUST_CHECK enum err node_store_waiting_since(struct node_store *s, int64_t *ms);

/* Forget what is staged: a page of a bundle begins anew. */
MUST_CHECK enum err node_store_stage_drop(struct node_store *s);

#endif

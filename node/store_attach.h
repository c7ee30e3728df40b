/*
 * The node's store, attachments: the bytes of files that records name (SPEC 19). The record is a change
 * set like any other; what stands here follows it: bytes of a record that is not shown here any more
 * (it was erased, or left the unit) go in the same transaction.
 *
 * Happy path, made here:  node_store_attach_add -> (the record is saved) -> next -> read ... -> said
 *             fetched:    node_store_attach_want -> next -> put ... -> node_store_attach_file
 *
 * Ownership: bytes given out are borrowed until the next call of the same function.
 * Threads:   loop thread.   Units: bytes, UTC ms.   Limits: ATTACH_BYTES_MAX.
 * Errors:    those of node/store.h everywhere.
 */
#ifndef DONGBO_NODE_STORE_ATTACH_H
#define DONGBO_NODE_STORE_ATTACH_H

#include "node/store.h"
#include "proto/attach.h"

struct node_attach {
    int64_t no;
    struct attach_ref ref;
    uint64_t size;  /* 0: not known before the first block came */
    uint64_t have;  /* bytes here, from its beginning; size: whole */
    bool delivered; /* the hub said, in its present epoch, that it has the whole */
    unsigned code;  /* why not, by the last session; ATTACH_OK: nothing is known against it */
};

/* What the hub said no to stays here and rests so long, or until its record changes or a person asks (SPEC 19.3). */
#define NODE_ATTACH_REST_MS INT64_C(86400000)

/* A whole file for a record that is about to be saved. ERR_TOO_LARGE; ERR_BAD_INPUT: of no kind that
 * is taken, or empty; ERR_EXISTS: it is here already. */
MUST_CHECK enum err node_store_attach_add(struct node_store *s, const struct id_record *record,
                                          struct bytes file, int64_t now_ms, struct id_hash *hash);
/* The record was not saved after all. */
MUST_CHECK enum err node_store_attach_drop(struct node_store *s, const struct id_record *record);

/* Fetch it with the next session, whatever the hub said before. */
MUST_CHECK enum err node_store_attach_want(struct node_store *s, const struct attach_ref *ref,
                                           int64_t now_ms);

/* ERR_NOT_FOUND: nothing is here of it, not even the wish. */
MUST_CHECK enum err node_store_attach_get(struct node_store *s, const struct attach_ref *ref,
                                          struct node_attach *out);
/* The whole file, appended. ERR_NOT_FOUND; ERR_AGAIN: not whole yet; ERR_DAMAGED. */
MUST_CHECK enum err node_store_attach_file(struct node_store *s, const struct attach_ref *ref,
                                           struct buf *out);

/* ---- for a session ---- */

/* Has the lane anything to do? */
MUST_CHECK enum err node_store_attach_busy(struct node_store *s, int64_t now_ms, bool *busy);
/* The next file behind number `after` to be sent (have = size > 0) or fetched, of those that do not rest. A whole one
 * was hashed again; one that is damaged here is noted and passed over. ERR_NOT_FOUND: no more. */
MUST_CHECK enum err node_store_attach_next(struct node_store *s, int64_t after, int64_t now_ms,
                                           struct node_attach *out);
/* The block that begins at `from` of a file that is whole. */
MUST_CHECK enum err node_store_attach_read(struct node_store *s, int64_t no, uint64_t from,
                                           struct bytes *out);
/* A block that came, durable when it returns; the next one behind what is here. *have: what is here
 * now. ERR_BAD_FORMAT: it is not the next. ERR_BAD_HASH: the whole is another file; it rests and begins anew. */
MUST_CHECK enum err node_store_attach_put(struct node_store *s, int64_t no,
                                          const struct attach_block *b, int64_t now_ms,
                                          uint64_t *have);
/* What the hub said of it: code ATTACH_OK = it has the whole. */
MUST_CHECK enum err node_store_attach_said(struct node_store *s, int64_t no, unsigned code,
                                           int64_t now_ms);

/* ---- for bundles ---- */

/* The file went into a bundle, or (no = 0) none did. */
MUST_CHECK enum err node_store_attach_bundled(struct node_store *s, int64_t no);
MUST_CHECK enum err node_store_attach_is_bundled(struct node_store *s, int64_t no, bool *bundled);
/* The hub has it whole. Unknown here: nothing. */
MUST_CHECK enum err node_store_attach_held(struct node_store *s, const struct attach_ref *ref);

/* ---- for status ---- */

struct node_attach_counts { /* files = delivered + waiting + fetching */
    uint64_t files;
    uint64_t delivered; /* whole here and at the hub */
    uint64_t waiting;   /* whole here, the hub has not said that it has it */
    uint64_t waiting_bytes;
    uint64_t fetching; /* not whole here yet */
    uint64_t refused;  /* of all these: the hub said no in the last session */
};
MUST_CHECK enum err node_store_attach_counts(struct node_store *s, struct node_attach_counts *out);

#endif

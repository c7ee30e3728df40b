/*
 * The hub's store, attachments: bytes of files that records name (SPEC 19). A file is taken from a node
 * in whose scope a record names it, kept beside the log, given to nodes in whose scope the record is,
 * and gone with the record's erasure.
 *
 * Ownership: bytes given out are borrowed until the next call of the same function.
 * Threads:   loop thread.   Units: bytes, UTC ms.   Limits: ATTACH_BYTES_MAX, HUB_ATTACH_UNIT_BYTES_MAX.
 * Errors:    those of hub/store.h. What a node may not do is no error but an enum attach_code.
 */
#ifndef DONGBO_HUB_STORE_ATTACH_H
#define DONGBO_HUB_STORE_ATTACH_H

#include "hub/store.h"
#include "proto/attach.h"

#define HUB_ATTACH_UNIT_BYTES_MAX 1073741824u /* bytes of all files of one unit's records, 1 GiB */

/* What the hub says of a file. */
struct hub_attach_said {
    uint64_t have;
    uint64_t size;
    enum attach_code code;
};

/* Inside a transaction: may this node send the file, and from where on? Begins it when it is new. */
MUST_CHECK enum err hub_store_attach_offer(struct hub_store *s, const struct hub_node *node,
                                           const struct attach_offer *o, int64_t now_ms,
                                           struct hub_attach_said *out);
/* Inside a transaction: a block of a file that was begun. One that is here already changes nothing; one
 * that leaves a gap, or of another size, neither (ATTACH_BAD). With the last one the whole is hashed:
 * what is another file, or of no kind that is taken, goes (ATTACH_BAD). */
MUST_CHECK enum err hub_store_attach_block(struct hub_store *s, const struct attach_ref *ref,
                                           const struct attach_block *b,
                                           struct hub_attach_said *out);
/* The block that begins at `from`, of a whole file, for this node. ERR_DAMAGED: it, or the record, is not as it was
 * stored; that says nothing of other files. */
MUST_CHECK enum err hub_store_attach_read(struct hub_store *s, const struct hub_node *node,
                                          const struct attach_want *w, struct bytes *data,
                                          struct hub_attach_said *out);

/* ---- for people ---- */

struct hub_attach {
    struct attach_ref ref;
    char unit[ADMIN_UNIT_BYTES_MAX + 1]; /* owner of the record when it was offered */
    uint64_t size, have;
    int64_t at_ms; /* when it was offered */
    bool sealed;   /* by its first bytes: nobody here can open it (SPEC 22.11) */
};
/* Files, oldest first; of one record when `record` is not NULL. */
MUST_CHECK enum err hub_store_attach_each(struct hub_store *s, const struct id_record *record,
                                          enum err (*row)(void *ctx, const struct hub_attach *a),
                                          void *ctx);
/* The same, of the records of the catalogue's type `attachment` that say they belong to `record`. None
 * where the catalogue has no such type. */
MUST_CHECK enum err hub_store_attach_about(struct hub_store *s, const struct id_record *record,
                                           enum err (*row)(void *ctx, const struct hub_attach *a),
                                           void *ctx);
/* Whole files of the node's unit, the newest ATTACH_TOLD_MAX: what a bundle tells it. */
MUST_CHECK enum err hub_store_attach_whole(struct hub_store *s, const struct hub_node *node,
                                           enum err (*row)(void *ctx, const struct hub_attach *a),
                                           void *ctx);
/* A whole file, appended. ERR_NOT_FOUND; ERR_AGAIN: not whole yet; ERR_DAMAGED. */
MUST_CHECK enum err hub_store_attach_file(struct hub_store *s, const struct attach_ref *ref,
                                          struct buf *out);

/* Bytes that all files of one unit may have together; 0: the usual. For tests and the config. */
void hub_store_attach_quota(struct hub_store *s, uint64_t bytes);

#endif

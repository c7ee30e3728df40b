/*
 * Bundles at the hub: taking what a node sealed, and sealing the answer. SPEC 11.
 *
 *   hub_bundle_in   read a file; its sets are in the log and on the disk when it returns; the answer
 *                   (receipts, WELCOME, feed) is sealed to the node
 *   hub_bundle_out  the same answer without a question
 *
 * Reading a file twice changes nothing. A file that begins above the hub's head is kept and tried
 * again by itself when other files of that node come. A cut or changed file changes nothing.
 *
 * Ownership: everything is borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 * Limits:    BUNDLE_BYTES_MAX, HUB_BUNDLE_*.
 */
#ifndef DONGBO_HUB_BUNDLE_H
#define DONGBO_HUB_BUNDLE_H

#include "hub/store.h"
#include "hub/sync.h"
#include "proto/bundle.h"

#define HUB_BUNDLE_GROUP_SETS 8192u /* sets taken before a commit comes by itself */

struct hub_bundle { /* who works: all of it borrowed */
    struct hub_store *store;
    const struct hub_sync_keys *keys;
    struct link_keys sealing;
    int64_t now_ms;
    /* the transaction; NULL: the store's own */
    enum err (*begin)(void *ctx);
    enum err (*commit)(void *ctx);
    void (*abort)(void *ctx);
    void *ctx;
};

struct hub_bundle_result {
    struct id_hash node;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    bool again;       /* this very file was read before */
    bool joined;      /* it carried a JOIN, which was accepted */
    unsigned refusal; /* ... or why it was not (enum message_refusal) */
    enum message_verdict verdict;
    uint64_t sets_new;     /* sets taken, out of files that waited too */
    uint64_t sets_known;   /* sets that the hub had */
    uint64_t apart;        /* sets of a revoked node, kept apart */
    uint64_t apart_unkept; /* ... and not even that: too many are */
    uint64_t files;        /* attachments that are whole now */
    bool waits;            /* it begins above the hub's head and is kept */
    bool unkept;           /* ... it is not kept: too many wait; the node has it */
    uint64_t gap_from;     /* sets missing: from here ... */
    uint64_t gap_to;       /* ... up to before here */
    bool forked;           /* a log is no extension of what the hub has: nothing of it was taken */
    uint64_t tried;        /* files that waited and were taken now */
    int64_t made_ms;       /* the node's clock when it made the file */
    bool page_cut;         /* the feed does not fit the answer: it has receipts only */
    uint64_t position;     /* end of the log in the answer */
    uint64_t records;      /* records in the answer */
};

/*
 * ERR_OK              look at `out`; `answer` (may be NULL) has the sealed answer appended
 * ERR_DENIED          sealed to another key;   ERR_HANDSHAKE changed, or of another hub
 * ERR_NOT_FOUND       of a node that this hub does not know
 * ERR_BAD_SIGNATURE   not sealed by the node that it names
 * ERR_AGAIN           cut;  ERR_CONFIG a newer version;  ERR_BAD_FORMAT;  ERR_BAD_HASH;  ERR_TOO_LARGE
 * and the store's errors: nothing of the file was taken, or up to a group of it
 */
MUST_CHECK enum err hub_bundle_in(const struct hub_bundle *b, struct bytes file, size_t answer_max,
                                  struct buf *answer, struct hub_bundle_result *out);

/* `whole`: the feed from its beginning. ERR_NOT_FOUND; the store's errors. */
MUST_CHECK enum err hub_bundle_out(const struct hub_bundle *b, const struct id_hash *node,
                                   bool whole, size_t file_max, struct buf *file,
                                   struct hub_bundle_result *out);

#endif

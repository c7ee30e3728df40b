/*
 * Bundles at the node: sealing what has no receipt, and reading the hub's answer. SPEC 11.
 *
 *   node_bundle_out  every own set without a receipt (or the JOIN of a node that is not one yet)
 *   node_bundle_in   receipts, WELCOME, and the page of the feed when it goes on from what is here
 *
 * Both may be done any number of times, mixed with sessions: receipts only grow, and a page that is
 * older than what is here is left aside. A cut or changed file changes nothing.
 *
 * Ownership: everything is borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 * Limits:    BUNDLE_BYTES_MAX.
 */
#ifndef DONGBO_NODE_BUNDLE_H
#define DONGBO_NODE_BUNDLE_H

#include "node/store_bundle.h"
#include "node/sync.h"
#include "proto/bundle.h"

struct node_bundle { /* who works: all of it borrowed */
    struct node_store *store;
    const struct node_sync_keys *keys;
    struct link_keys sealing; /* the present one; keys->next has the other while they change */
    int64_t now_ms;
};

struct node_bundle_made {
    bool joining;     /* it asks to join, and carries nothing else */
    uint64_t sets;    /* sets in it */
    uint64_t files;   /* attachments in it */
    int64_t since_ms; /* the oldest of what waits was saved then; 0: nothing waits */
    bool more;        /* not all went in: make the next one */
    bool damaged;     /* a set no longer matches its hashes: its log ends before it */
};

/*
 * Append a sealed file of at most `file_max` bytes to `file`. `next`: go on behind the bundle made
 * before, instead of everything without a receipt.
 * ERR_NOT_READY: no invitation yet;  the store's errors; ERR_NOMEM
 */
MUST_CHECK enum err node_bundle_out(const struct node_bundle *b, bool next, size_t file_max,
                                    struct buf *file, struct node_bundle_made *out);

enum node_bundle_page { /* what became of the feed in it */
                        NODE_BUNDLE_NO_PAGE,
                        NODE_BUNDLE_APPLIED,
                        NODE_BUNDLE_OLD, /* all of it is here already */
                        NODE_BUNDLE_GAP, /* it begins behind what is here: something is missing */
                        NODE_BUNDLE_EPOCH, /* of another epoch of the hub: sync, or ask for a new one */
                        NODE_BUNDLE_CUT, /* too large for its file: receipts only */
                        NODE_BUNDLE_BAD, /* the scope hash differs: the next sync fetches all anew */
};

struct node_bundle_read {
    bool again;  /* this very file was read before */
    bool joined; /* it made this PC a node */
    enum message_verdict verdict;
    bool revoked;       /* the verdict says so, and means this PC, not keys that it is changing */
    unsigned refusal;   /* of the JOIN, 0 = none */
    uint64_t delivered; /* sets that have a receipt now and had none */
    bool ahead;         /* the hub has sets that this PC has not: it was restored or copied */
    bool repaired; /* ... and that was mended: what the hub has not got goes with the next file */
    bool hub_back; /* the hub went back: what it lost waits again, for the next file */
    enum node_bundle_page page;
    uint64_t records;
    int64_t made_ms; /* the hub's clock when it made the file */
};

/*
 * ERR_OK              look at `out`
 * ERR_NOT_READY       no invitation yet
 * ERR_DENIED          sealed to another key;   ERR_HANDSHAKE  changed, or of another hub
 * ERR_WRONG_HUB       not sealed by the hub
 * ERR_AGAIN           cut;   ERR_CONFIG  a newer version;   ERR_BAD_FORMAT, ERR_BAD_SIGNATURE ...
 * and the store's errors; what was done of it stays done, and doing it again is fine
 */
MUST_CHECK enum err node_bundle_in(const struct node_bundle *b, struct bytes file,
                                   struct node_bundle_read *out);

#endif

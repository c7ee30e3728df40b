/*
 * The node's store: all of the node's SQL. This header is the part that syncing uses; what the
 * officer's commands use (saving, listing, status, import) is in node/store_records.h. Implements
 * SPEC 7.9 on the node's side.
 *
 * One SQLite file <data>/node.db. Tables of the engine begin with sys_; the typed tables (one per
 * record type, plain names) are for people and for SQL expressions of the catalogue.
 *
 *   own log      change sets of this node, for ever, exactly as made
 *   pending      own sets whose position the applied feed has not reached; folded on top of the
 * hub's state for display, dropped only by node_store_apply(), never by a receipt records      the
 * hub's state of every record in scope, as sent staged       what came in this or an earlier, cut
 * session; invisible until END
 *
 * Ownership: one struct node_store per process; row data handed to callbacks is borrowed for the
 * call. Threads:   loop thread only. Units:     times are UTC milliseconds unless named _mono.
 * Errors:    every function may return ERR_FULL, ERR_STORE, ERR_DAMAGED, ERR_IO, ERR_NOMEM: the
 * transaction was rolled back and nothing changed; the caller shows it, keeps running and may try
 * again later.
 */
#ifndef DONGBO_NODE_STORE_H
#define DONGBO_NODE_STORE_H

#include "common/catalogue.h"
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/key.h"
#include "proto/message.h"

struct node_store;

struct node_store_options {
    const char *path; /* of the database file */
    const char *vfs;  /* SQLite VFS name, NULL = the default */
    bool create;      /* create it; ERR_EXISTS when it is there */
    bool witness;     /* keep and ask the witness file beside it; not with a VFS */
    bool seal; /* keep the seals that verify compares; a database that has them always does */
    const struct key_box *sealing; /* reads what is sealed to this node (node/store_readers.h); the
                                      secret lives longer than the store. NULL: it cannot */
};

/* ERR_NOT_READY: there is none and create is false. Migrates an older schema forward; ERR_NEWER:
 * made by a newer version. */
MUST_CHECK enum err node_store_open(const struct node_store_options *options,
                                    struct node_store **out);
void node_store_close(struct node_store *s);

/* The connection, for copying it (node/maintain.h). */
struct db;
struct db *node_store_db(struct node_store *s);

/* Who this node is; written once by init/join, and again when the hub sends a newer card. */
enum node_compared {                      /* what a person said of the six words (SPEC 7.11) */
                     NODE_COMPARED_NEVER, /* nobody was asked: joined by the tool, or by a program of before */
                     NODE_COMPARED_ASK, /* the page asks */
                     NODE_COMPARED_SAME,
                     NODE_COMPARED_DIFFER /* this may be a wrong hub: nothing is sent to it or taken from it */
};

struct node_identity {
    bool joined; /* a certificate is there */
    struct id_hash hub;
    struct id_hash node;
    uint8_t sign_pk[32];
    uint8_t transport_pk[32];
    uint8_t sealing_pk[32];
    uint8_t hub_transport_pk[32]; /* from the invitation, then from the card */
    uint8_t hub_sealing_pk[32];   /* likewise */
    uint8_t hub_log_pk[32];       /* from the card */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char unit_name[MESSAGE_TEXT_MAX + 1];
    char address[ADMIN_ADDRESS_BYTES_MAX + 1];
    uint8_t token[16];               /* of the invitation, until joined */
    char name[MESSAGE_TEXT_MAX + 1]; /* of this PC, for the hub's list */
    uint8_t cert[ADMIN_CERT_BYTES_MAX];
    size_t cert_len;
    uint8_t card[ADMIN_CARD_BYTES_MAX];
    size_t card_len;
    uint32_t card_serial;
    enum node_compared compared; /* read only: node_store_compared_set() */
};
/* ERR_NOT_READY when none was written. */
MUST_CHECK enum err node_store_identity(struct node_store *s, struct node_identity *out);
MUST_CHECK enum err node_store_identity_set(struct node_store *s, const struct node_identity *id);
MUST_CHECK enum err node_store_compared_set(struct node_store *s, enum node_compared said);

/* Everything the hello says but version, nonce and clock; counts this attempt in `sessions`,
 * durably. */
MUST_CHECK enum err node_store_hello(struct node_store *s, struct message_hello_node *hello);

/*
 * Read own sets of `inc` from `from_seq` on, in order, until `max_sets` or about `max_bytes`.
 * The arrays are the store's and stay valid until the next call of this function.
 * ERR_OK: *count may be 0 (nothing more).
 */
struct node_store_set {
    struct bytes head;
    struct bytes body;
    uint8_t signature[64];
};
MUST_CHECK enum err node_store_read_sets(struct node_store *s, const struct id_inc *inc,
                                         uint64_t from_seq, size_t max_sets, size_t max_bytes,
                                         const struct node_store_set **sets, size_t *count);

/* Root of a block of seeds (SPEC 4.7). ERR_NOT_FOUND: not kept, send leaves. */
MUST_CHECK enum err node_store_block_root(struct node_store *s, const struct id_inc *inc,
                                          uint64_t block, uint8_t out[static 16]);

/* A receipt whose signature was checked: own sets below next_seq are delivered. Durable when it
 * returns. */
MUST_CHECK enum err node_store_receipt(struct node_store *s, const struct admin_receipt *r,
                                       const uint8_t signature[static 64], int64_t now_ms);

/* Stage parts of the feed, in one transaction each. Signatures of SETS were checked by the caller.
 */
MUST_CHECK enum err node_store_stage_sets(struct node_store *s, uint64_t epoch,
                                          const struct message_set *v, size_t count);
MUST_CHECK enum err node_store_stage_records(struct node_store *s, uint64_t epoch,
                                             const struct message_record *v, size_t count);
MUST_CHECK enum err node_store_stage_moves(struct node_store *s, uint64_t epoch,
                                           const struct message_move *v, size_t count);
MUST_CHECK enum err node_store_stage_verdicts(struct node_store *s, uint64_t epoch,
                                              const struct message_verdicts *v, size_t count);

/*
 * END: make everything staged visible in one transaction: records, hub sets (a new catalogue
 * edition is opened and the typed tables follow), verdicts; drop pending sets below the heads;
 * refresh typed rows; move the cursor.
 *
 *   from   the feed begins behind this position: that of a page (SPEC 11.5), or the cursor or above. What lies between
 *          it and the cursor came before; hub sets of it that did not come again the hub has lost, without noticing:
 *          they are kept for it (SPEC 7.14).
 *
 * ERR_OK
 * ERR_BAD_HASH  the scope hash differs: everything staged was dropped and the cursor set to 0, so
 * that the next session fetches all anew; pending sets are untouched
 */
MUST_CHECK enum err node_store_apply(struct node_store *s, uint64_t epoch,
                                     const struct message_end *end, uint64_t from, int64_t now_ms);

/* Epochs of the hub, newest first, as its hello told them: records of positions before the present
 * epoch count with their own (SPEC 7.10). For the calls of node_store_apply() that follow; without
 * it all count with the one given there. At most HELLO_EPOCHS_MAX. */
void node_store_lineage(struct node_store *s, const struct message_epoch *v, size_t count);

/* Remember a newer hub card that was checked. */
MUST_CHECK enum err node_store_card(struct node_store *s, struct bytes card,
                                    const struct admin_card *parsed);

/* A bundle says that this PC is revoked (SPEC 11.5): kept for status. A session that says so notes it by itself. */
MUST_CHECK enum err node_store_revoked(struct node_store *s);

/* End of a session, for status: when, and why it ended (ERR_OK = complete). */
MUST_CHECK enum err node_store_contact(struct node_store *s, int64_t now_ms, enum err how,
                                       int64_t hub_clock_ms);

#endif

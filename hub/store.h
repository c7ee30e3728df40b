/*
 * The hub's store: all of the hub's SQL. This header is the part that syncing uses; what the
 * district's commands use is in hub/store_records.h, hub/store_nodes.h and hub/store_reports.h.
 * Implements SPEC 3.5, 6, 7.8-7.10 on the hub's side.
 *
 * One SQLite file <data>/hub.db. Tables of the engine begin with sys_; typed tables have the plain
 * names of the record types and are brought up to date lazily (hub_store_project) so that taking
 * change sets stays fast.
 *
 *   sys_log      every change set that has a position, exactly as made, in the hub's one total
 * order, with its verdicts sys_record   state of every record (SPEC 6.5), owner unit, position of
 * its last change, number of conflicts sys_held     ops that wait, with reason and owner
 *
 * Group commit: hub_store_begin(), any number of hub_store_take()/..., hub_store_commit(); only
 * then may a receipt leave.
 *
 * Ownership: one struct hub_store per process. Arrays given back live until the next call of the
 * same function. Threads:   loop thread only; a reader (hub_store_reader()) one other.
 * Errors:    ERR_FULL, ERR_STORE, ERR_DAMAGED, ERR_IO, ERR_NOMEM from any function: the open
 * transaction is rolled back, nothing changed, in-memory state follows the disk again; callers drop
 * the links that took part.
 */
#ifndef DONGBO_HUB_STORE_H
#define DONGBO_HUB_STORE_H

#include "common/catalogue.h"
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/message.h"
#include "proto/pack.h"

struct hub_store;

struct hub_store_options {
    const char *path;
    const char *vfs; /* SQLite VFS name, NULL = the default */
    bool create;
    bool witness; /* keep and ask the witness file beside it; not with a VFS */
    bool seal;    /* keep the seals that verify compares; a database that has them always does */
    bool
        scratch; /* with create: a file that has no name and is gone when it is closed, as DB_SCRATCH */
};

MUST_CHECK enum err hub_store_open(const struct hub_store_options *options, struct hub_store **out);
void hub_store_close(struct hub_store *s);

/* The connection, for the other store files of the hub (reports) in the same thread. */
struct db;
struct db *hub_store_db(struct hub_store *s);

/* Who this hub is. */
struct hub_identity {
    struct id_hash hub;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char unit_name[MESSAGE_TEXT_MAX + 1];
    uint8_t card[ADMIN_CARD_BYTES_MAX];
    size_t card_len;
    struct admin_card parsed;
    struct id_inc inc; /* the hub's own log in this epoch */
    uint64_t epoch;
};
MUST_CHECK enum err hub_store_identity(struct hub_store *s, struct hub_identity *out);
MUST_CHECK enum err hub_store_identity_set(struct hub_store *s, const struct hub_identity *id);

/* Where the log stands: last position, P there, epoch, lineage (newest first), catalogue edition.
 */
struct hub_position {
    uint64_t epoch;
    uint64_t position;
    struct id_hash hash;
    struct message_epoch lineage[HELLO_EPOCHS_MAX];
    size_t lineage_count;
    uint32_t edition;
};
void hub_store_position(struct hub_store *s, struct hub_position *out);

/* A node as the hub knows it. */
struct hub_node {
    struct id_hash node;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint8_t sign_pk[32];
    uint8_t transport_pk[32];
    bool revoked;
    bool rekeyed;   /* these are not its first keys, as the log tells (hub/store_rekey.h) */
    uint64_t floor; /* its cursor must not be below: what left its scope before is not told */
};
/* ERR_NOT_FOUND. */
MUST_CHECK enum err hub_store_node(struct hub_store *s, const struct id_hash *node,
                                   struct hub_node *out);

/* Durable head of a log of a node: next seq and hash of the set before it; next_seq 0 = unknown
 * log. */
MUST_CHECK enum err hub_store_head(struct hub_store *s, const struct id_hash *node,
                                   const struct id_inc *inc, struct message_head *out);
/* Hash of set `seq` of a log, for telling a fork from a lag. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_store_set_hash(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                                       struct id_hash *out);

/* Group commit. Not nested. */
MUST_CHECK enum err hub_store_begin(struct hub_store *s);
MUST_CHECK enum err hub_store_commit(struct hub_store *s);
void hub_store_rollback(struct hub_store *s);

/* What taking a frame gave. */
struct hub_taken {
    uint64_t first_position;
    uint64_t last_position;
    struct id_hash position_hash; /* P at last_position */
    struct id_hash chain;         /* hash of the last set */
    uint64_t next_seq;
    uint64_t epoch;
    bool
        apart; /* the node is revoked: they are not in the log, no positions (hub/store_quarantine.h) */
    bool rekeyed; /* the node's keys changed: a certificate is due (hub/rekey.h) */
    bool unkept;  /* ... nor anywhere: HUB_QUARANTINE_BYTES_MAX of this node are kept already */
};

/* ERR_CHAIN_BROKEN, ERR_NOT_FOUND, ERR_NOT_READY, and ERR_BAD_FORMAT of hub_store_take
 * (an op without its payload that no order names), leave the open transaction as it was. Any other
 * error rolls it back whole. */

/*
 * Take the sets of one verified frame (pack_decode with the head of hub_store_head as context),
 * inside a transaction: give positions, fold every op, record verdicts, holds, conflicts, matches.
 *
 *   in   node     the author;  sets;  signature of the last set;  received_ms UTC
 *
 * Those of a revoked node, and of a log whose key the node changed, are kept apart instead, and out->apart
 * says so (hub/store_quarantine.h, hub/store_rekey.h).
 *
 * ERR_OK; ERR_CHAIN_BROKEN: the head moved since decoding (another session of this node): close
 * this link
 */
MUST_CHECK enum err hub_store_take(struct hub_store *s, const struct id_hash *node,
                                   const struct pack_sets *sets, int64_t received_ms,
                                   struct hub_taken *out);

/* Take one set of the hub's own log (district records, decisions, catalogue, enrolment, closing),
 * inside a transaction. Every node in whose scope it changes a record gets the whole set, so one set
 * must not touch the records of two communes. Administrative ops that do not apply are the caller's
 * mistake: ERR_BAD_FORMAT, ERR_BAD_HASH, ERR_BAD_SIGNATURE, ERR_BAD_INPUT (a catalogue with
 * mistakes), ERR_EXISTS. hub/own.h makes and signs sets. */
MUST_CHECK enum err hub_store_take_own(struct hub_store *s, struct bytes head, struct bytes body,
                                       const uint8_t signature[static 64], int64_t received_ms,
                                       struct hub_taken *out);

/*
 * Inside a transaction it tells of what is not durable yet: the caller sends it after the commit.
 * Everything of one position stands in one bite, so a bite may be larger than asked for; the caller
 * cuts it into messages.
 *
 * The feed of a node from `cursor` (exclusive), in order of position, about `max_bytes` of it: at
 * most MESSAGE_ITEMS_MAX of each kind. Sets of the hub's own log that concern the node
 * (administrative; records in its scope), records in its scope, verdicts of its own sets. When the
 * end of the log is reached `last` is true and `end` is filled, all of one moment.
 */
enum { HUB_MEND_ASKED_MAX = 16 }; /* damaged sets that one session asks for */
struct hub_feed {
    const struct message_set *sets;
    size_t set_count;
    const struct message_record *records;
    size_t record_count;
    const struct message_verdicts *verdicts;
    const struct message_move *moves;
    size_t move_count;
    size_t verdict_count;
    uint64_t upto; /* new cursor */
    /* of the list of erasures instead (hub/store_erase.h); its end when `list` has no sets */
    bool of_list;
    const struct message_set *list;
    size_t list_count;
    uint64_t list_next; /* number of the set behind them */
    bool last;
    struct message_end end;
    struct message_pull again[HUB_MEND_ASKED_MAX]; /* with `last`: damaged here, asked for again */
    size_t again_count;
};
MUST_CHECK enum err hub_store_feed(struct hub_store *s, const struct hub_node *node,
                                   uint64_t cursor, const struct message_hello_node *hello,
                                   size_t max_bytes, struct hub_feed *out);

/* Does (epoch, position, first 8 bytes of P) stand in this hub's history? */
MUST_CHECK enum err hub_store_knows(struct hub_store *s, uint64_t epoch, uint64_t position,
                                    const uint8_t hash8[static 8], bool *known);

/* Invitations: ERR_NOT_FOUND unknown; ERR_EXISTS used by other keys; ERR_TIMEOUT expired; ERR_OK:
 * unit filled, not used up yet. */
MUST_CHECK enum err hub_store_invite_check(struct hub_store *s, const uint8_t token[static 16],
                                           const struct id_hash *node, int64_t now_ms,
                                           char unit[static ADMIN_UNIT_BYTES_MAX + 1],
                                           char unit_name[static MESSAGE_TEXT_MAX + 1]);
/* Inside the transaction that takes the enrol set: mark it used by this node. */
MUST_CHECK enum err hub_store_invite_use(struct hub_store *s, const uint8_t token[static 16],
                                         const struct id_hash *node, struct bytes name,
                                         int64_t now_ms);

/* Note a contact for the list of nodes: waiting counts and clock out of its hello. Inside a transaction; once a day
 * hub_store_moves_prune() with it. */
MUST_CHECK enum err hub_store_contact(struct hub_store *s, const struct id_hash *node,
                                      const struct message_hello_node *hello, int64_t now_ms);

/* The catalogue in force, NULL before the first is published; lives until the next edition is
 * taken or rolled back. */
const struct catalogue *hub_store_catalogue(struct hub_store *s);
/* Would the SQL of this catalogue work here? Outside a transaction; leaves nothing behind.
 * ERR_BAD_INPUT: `why` has got a mistake for each that does not. */
MUST_CHECK enum err hub_store_catalogue_try(struct hub_store *s, const struct catalogue *c,
                                            struct catalogue_mistakes *why);

/* Recompute every record's scope sum, and the position hashes and chains of the whole log.
 * ERR_DAMAGED: something differs (logged). Outside a transaction. */
MUST_CHECK enum err hub_store_check(struct hub_store *s);

/* Bring the typed tables up to date with sys_record. Cheap when nothing changed. Outside a
 * transaction. */
MUST_CHECK enum err hub_store_project(struct hub_store *s);
/* The same bit by bit: at most so many positions of the log more. *done: they are up to date. */
MUST_CHECK enum err hub_store_project_some(struct hub_store *s, uint64_t positions, bool *done);
/* Are more than so many positions to be brought in? False also when the store cannot say. */
bool hub_store_project_far(struct hub_store *s, uint64_t positions);

/*
 * A second store over the same file for one long question beside the loop: read-only, of this very
 * moment, whatever is committed later; all functions that only read take it, on one other thread. The
 * typed tables must be up to date (hub_store_project()), no transaction open. While there is a reader
 * the file is not wiped behind an erasure; that happens when the last one closes.
 *
 * ERR_AGAIN: the typed tables are behind. ERR_NOT_READY: a database in memory or of a VFS has no
 * readers. And those of opening.
 */
MUST_CHECK enum err hub_store_reader(struct hub_store *s, struct hub_store **out);
/* On the loop, when the other thread is done with it. */
void hub_store_reader_close(struct hub_store *s, struct hub_store *reader);
/* Was something erased since it was opened? Then what was read may hold what is gone. */
bool hub_store_reader_old(const struct hub_store *s, const struct hub_store *reader);
/* How many are open. */
unsigned hub_store_readers(const struct hub_store *s);
/* From any thread: how many rows of the log it has gone through since it was opened; a check of the log goes through
 * all of them twice. */
uint64_t hub_store_reader_rows(const struct hub_store *reader);
/* From any thread: let what it does end soon, with an error. */
void hub_store_reader_stop(struct hub_store *reader);

#endif

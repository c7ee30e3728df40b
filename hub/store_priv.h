/*
 * What the files of the hub's store share. Only hub/store*.c include it.
 *
 * In memory and following the disk through every rollback: the end of the log, the head of every
 * incarnation, units with their scope sums, epochs, the current catalogue.
 */
#ifndef DONGBO_HUB_STORE_PRIV_H
#define DONGBO_HUB_STORE_PRIV_H

#include "common/io/db.h"
#include "common/io/file.h"
#include "common/io/store_typed.h"
#include "common/person_match.h"
#include "common/io/witness.h"
#include "hub/store.h"
#include "proto/attach.h"
#include "proto/erase.h"
#include "proto/fold.h"
#include "proto/move.h"
#include "proto/record.h"

enum {
    HUB_SCOPE_NONE = 0,       /* stays at the hub */
    HUB_SCOPE_ALL = 1,        /* goes to every node */
    HUB_UNIT_FIRST = 2,       /* numbers of units; a unit's scope has its number */
    HUB_UNITS_MAX = 20000,    /* units that ever had a node or a record at one hub */
    HUB_LOGS_MAX = 100000,    /* incarnations at one hub */
    HUB_EPOCHS_MAX = 10000,   /* epochs of one hub */
    HUB_CLAMP_MS = 120000,    /* clocks are taken for at most received + 2 minutes (SPEC 4.9) */
    HUB_MATCH_KEY_BYTES = 32, /* key of the hash that finds one person in two communes */
};

/* The pages of one group commit stay in memory (KiB), and checkpoints (pages) come after several of
 * them. tests/bench takes the same for its raw inserts. */
#define HUB_STORE_PRAGMAS "PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=8000"

struct hub_log { /* head of an incarnation */
    struct id_inc inc;
    struct id_hash node;
    int64_t no;
    uint64_t next_seq;
    struct id_hash head;
    bool closed;        /* a later incarnation of the node goes on in its place */
    bool given;         /* what nodes gave back of a dead incarnation of the hub: may have gaps */
    struct id_inc real; /* given: that incarnation, as the sets' headers have it */
};

struct hub_unit { /* index in the array = number of the unit or scope */
    char code[ADMIN_UNIT_BYTES_MAX + 1];
    uint8_t sum[16]; /* SPEC 7.10 over the records of this scope */
    uint64_t records;
    bool dirty;
};

struct hub_record { /* a row of sys_record; state borrows the statement */
    int64_t no;
    struct id_record rid;
    unsigned type;
    int64_t unit;
    int64_t scope;
    uint64_t pos;
    size_t conflicts;
    struct bytes state;
    int64_t
        author; /* log whose changes, and nobody else's, came after position `others`; 0: mixed */
    uint64_t others; /* and which can be folded from the sets alone (SPEC 7.9) */
    int64_t shared;  /* units besides its owner that have it (SPEC 13.4) */
};

struct hub_feed_memory;

struct hub_closed { /* data window of a closed period */
    int64_t unit;   /* of whose records; the hub's own unit: of everybody's */
    struct date first;
    struct date last;
};

enum {
    HUB_READ_SEEN = 32
}; /* readings that are remembered, so that a page's asking again is one */
struct hub_read_seen {
    struct id_hash hash;
    int64_t at_ms;
};

struct hub_store {
    struct db *db;
    bool exclusive; /* nobody else may open the file */
    bool stale;     /* memory may differ from the disk: load before use */
    bool has_identity;
    struct hub_identity identity;
    int64_t hub_unit;             /* number of the hub's own unit; 0 = no identity yet */
    struct message_epoch *epochs; /* oldest first */
    size_t epoch_count;
    uint64_t position;
    struct id_hash position_hash;
    struct hub_log *logs;
    size_t log_count;
    size_t log_room;
    struct hub_unit *units;
    size_t unit_count;
    size_t unit_room;
    uint32_t edition;
    struct catalogue *catalogue; /* NULL: none published yet */
    struct typed *typed;
    uint32_t typed_edition;
    bool moves;        /* some record was ever offered, moved or shared */
    int64_t pruned_ms; /* when what is old of them was last looked for */
    uint8_t match_key[HUB_MATCH_KEY_BYTES];
    struct record_rules_ctx rules_ctx;
    struct fold_rules rules;
    struct fold fold;
    struct fold other;         /* of a record that is compared with the one in `fold` */
    struct id_record folding;  /* record that is being folded, for arrived() */
    struct hub_closed *closed; /* periods that are closed now */
    size_t closed_count;
    size_t closed_room;
    bool late; /* the record that is being folded had a day in one of them before this op */
    struct change_view *view;
    struct change_write *writes; /* CHANGE_WRITES_MAX */
    struct buf state;
    struct hub_feed_memory *feed;
    /* the seed root that this process made last, and the seed of the next own set in a block of
     * another: a restored copy must not make the same record ids */
    bool root_made;
    struct id_inc root_inc;
    uint64_t root_block;
    bool lone;
    struct id_inc lone_inc;
    uint64_t lone_seq;
    uint8_t lone_seed[CHANGE_SEED_BYTES];
    struct witness witness;
    struct message_set *own_sets; /* HUB_OWN_SETS_MAX, of hub_store_own_sets() */
    struct buf own_memory;
    /* erasure */
    struct erase_list erased;              /* all orders together */
    struct hub_store *replays;             /* of a replay: the store whose log it is; else NULL */
    char erased_path[FILE_PATH_BYTES_MAX]; /* copy of the list; "": none is kept */
    bool erased_grown;                     /* it is to be written */
    struct buf ingest;                     /* body of a set that came with what is erased */
    struct hub_read_seen read_seen[HUB_READ_SEEN]; /* readings of a moment ago */
    size_t read_next;
    char revoked_path[FILE_PATH_BYTES_MAX]; /* revocations outside the database; "": none is kept */
    bool revoked_grown;                     /* it is to be written, before the commit */
    bool let_in;                            /* a decision about a parcel came back */
    bool certify_due; /* what came back of this node says another unit than holds (hub/rekey.h) */
    struct id_hash certify_node;
    int road;                /* enum hub_road of what is taken now */
    bool wipe_wanted;        /* the file may still hold what was deleted */
    unsigned late_wipes;     /* asked for by hub_erase_late() since the day's first contact */
    struct buf attach_block; /* of hub_store_attach_read() */
    uint64_t attach_quota;   /* bytes of files of one unit, 0: the usual */
    const struct hub_store *reader; /* of which store it is a reader; NULL: it is none */
    unsigned readers;               /* that are open */
    size_t erased_then;             /* of a reader: length of the list when it was opened */
    _Atomic uint64_t rows_seen;     /* of the log, by hub_log_rows(); another thread may look */
    bool replaying; /* of another store's log: what is gone there may be gone here */
};

/* One op on its way into a record. */
struct hub_writer {
    bool own;            /* of the hub's log: may edit any record */
    int64_t unit;        /* of the author */
    int64_t author;      /* number of its log; 0: its node cannot fold this op as the hub does */
    struct fold_set set; /* the op's own change set */
    unsigned op;         /* of a move: its number in the set */
    uint64_t at;         /* position at which the record changes */
    int64_t received_ms; /* when the hub got the set */
    bool settled;        /* somebody decided that the op applies, whosever the record is now */
    bool erased;         /* an op without its values: no step to ask about */
};

/* store_schema.c */
extern const struct db_migration hub_schema[];
extern const size_t hub_schema_count;

/* store.c, store_cache.c */
MUST_CHECK enum err hub_cache_load(struct hub_store *s);
MUST_CHECK enum err hub_cache_ready(struct hub_store *s);
void hub_cache_free(struct hub_store *s);
MUST_CHECK enum err hub_sums_flush(struct hub_store *s);
uint64_t hub_epoch_of(const struct hub_store *s, uint64_t position);
struct hub_log *hub_log_find(struct hub_store *s, const struct id_inc *inc);
MUST_CHECK enum err hub_log_add(struct hub_store *s, const struct hub_log *log);
/* Number of a unit; made when it is new. */
MUST_CHECK enum err hub_unit_number(struct hub_store *s, const char *code, int64_t *out);
int64_t hub_unit_find(const struct hub_store *s, const char *code); /* 0: not there */
MUST_CHECK enum err hub_meta_get(struct hub_store *s, const char *key, struct buf *out);
MUST_CHECK enum err hub_meta_set(struct hub_store *s, const char *key, struct bytes value);
MUST_CHECK enum err hub_meta_int(struct hub_store *s, const char *key, int64_t *out); /* 0: none */
MUST_CHECK enum err hub_meta_set_int(struct hub_store *s, const char *key, int64_t value);

/* store.c: seals, if it has them or `want`s them; again after tables changed. */
MUST_CHECK enum err hub_store_seal(struct hub_store *s, bool want);

/* store_witness.c: a database that is older than its witness begins a new epoch. */
MUST_CHECK enum err hub_witness_open(struct hub_store *s, const char *path);
void hub_witness_note(struct hub_store *s); /* after a commit */

/* store_op.c: one op on a record. `verdict` includes the flags. */
MUST_CHECK enum err hub_op_take(struct hub_store *s, const struct hub_writer *w,
                                const struct change_op *op, unsigned index, uint8_t *verdict,
                                int64_t *scope);
MUST_CHECK enum err hub_op_apply(struct hub_store *s, const struct hub_writer *w,
                                 const struct change_op *op, uint8_t *verdict, int64_t *scope);
/* Scope of a record under the current catalogue. */
int64_t hub_scope_of(const struct hub_store *s, unsigned type, int64_t unit);
MUST_CHECK enum err hub_scope_move(struct hub_store *s, const struct hub_record *old,
                                   const struct hub_record *now);
/* Read a row whose columns are these. */
#define HUB_RECORD_COLUMNS                                                                         \
    "no, rid, type, unit, scope, pos, conflicts, state, author, others, shared"
MUST_CHECK enum err hub_record_read(const struct db_stmt *q, struct hub_record *r);
/* Fold every record again under a new catalogue: scopes, conflicts, matches. */
MUST_CHECK enum err hub_records_refresh(struct hub_store *s, uint64_t at);

MUST_CHECK enum err hub_record_update(struct hub_store *s, const struct hub_record *r);

/* store_scope.c: who has which record (SPEC 13.1). What another unit may do with a record. */
/* Is this value the id of a record: a ref, or a text of 32 small hex digits? */
bool hub_refers_to(struct bytes value, struct id_record *out);
MUST_CHECK enum err hub_scope_access(struct hub_store *s, int64_t record, int64_t unit,
                                     enum move_access *out);
/* The record belongs to unit `to` from position `at` on; `since`: from that day on in figures. */
MUST_CHECK enum err hub_scope_rehome(struct hub_store *s, const struct hub_record *old, int64_t to,
                                     uint64_t at, const char *since);
MUST_CHECK enum err hub_scope_share(struct hub_store *s, const struct hub_record *old, int64_t unit,
                                    enum move_access access, uint64_t at);
/* A record by its id or number; *q is done by the caller in any case. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_record_get(struct hub_store *s, const struct id_record *rid,
                                   struct db_stmt **q, struct hub_record *r);
MUST_CHECK enum err hub_record_get_no(struct hub_store *s, int64_t no, struct db_stmt **q,
                                      struct hub_record *r);
/* The record and all that goes along with it (follows.csv), of the same unit. ERR_TOO_LARGE: over
 * MOVE_CLOSURE_MAX. *v is the caller's to free. */
MUST_CHECK enum err hub_scope_closure(struct hub_store *s, int64_t record, int64_t **v,
                                      size_t *count);
MUST_CHECK enum err hub_moves_load(struct hub_store *s); /* s->moves */

/* store_owner.c: the record left unit `from` for `to`: from the day `since` on, days of `from` are `to`'s. */
MUST_CHECK enum err hub_owner_change(struct hub_store *s, int64_t record, int64_t from, int64_t to,
                                     const char *since);
MUST_CHECK enum err hub_owners_open(struct hub_store *s); /* inside a transaction */

/* store_key.c: a certificate that stands in the hub's log, whether it changed anything or not. */
MUST_CHECK enum err hub_key_note(struct hub_store *s, const struct admin_cert *c);
/* A certificate that the hub gave before it went back and takes into its log again for the sake of its keys says
 * nothing of the unit, where the hub has said what holds since. Before the certificate is noted. */
MUST_CHECK enum err hub_key_keeps_unit(struct hub_store *s, const struct admin_cert *c,
                                       char unit[static ADMIN_UNIT_BYTES_MAX + 1], bool *keeps);
MUST_CHECK enum err hub_keys_open(struct hub_store *s); /* inside a transaction */
/* store_rekey.c: did an op 27 of the node end this key? */
MUST_CHECK enum err hub_rekey_retired(struct hub_store *s, const struct id_hash *node,
                                      const uint8_t sign_pk[static 32], bool *retired);

/* store_move.c: one op of SPEC 13.2. */
struct hub_moved {
    uint8_t verdict;
    struct id_record wait; /* held (4): until this record or transfer is there */
    bool wakes;            /* what waited for `wait` can be tried again */
    int64_t scope;         /* who gets a set of the hub's own log with it */
};
MUST_CHECK enum err hub_move_apply(struct hub_store *s, const struct hub_writer *w,
                                   struct bytes payload, struct hub_moved *out);
/* An op was held because the record is another unit's: had it been the writer's? */
MUST_CHECK enum err hub_crossed_note(struct hub_store *s, const struct hub_writer *w,
                                     const struct id_record *rid, unsigned index, bool *noted);

/* store_held.c */
/* A person decided about a held op: it applies, or is set aside. *done = false: it cannot be applied
 * even so, and stays held. */
MUST_CHECK enum err hub_held_decide(struct hub_store *s, uint64_t pos, unsigned op, bool apply,
                                    uint64_t at, bool *done);
MUST_CHECK enum err hub_held_add(struct hub_store *s, const struct hub_writer *w,
                                 const struct id_record *rid, unsigned index, uint8_t verdict);
/* Try the ops that waited for this record. `view`, `verdicts`: the set being taken, not yet in the
 * log, and when it came; NULL verdicts: it is there, and the time is not looked at. */
MUST_CHECK enum err hub_held_retry(struct hub_store *s, const struct id_record *rid, uint64_t at,
                                   const struct change_view *view, uint8_t *verdicts,
                                   int64_t received_ms);
/* Try this op, whatever it waits for; ERR_OK too when it does not wait. */
MUST_CHECK enum err hub_held_again(struct hub_store *s, uint64_t pos, unsigned op, uint64_t at);

/* store_match.c */
#define HUB_MATCH_HASH_BYTES 16u
#define HUB_MATCH_CANDIDATES_MAX                                                                   \
    64u /* records of one key that a person's record is compared with */

struct hub_match {       /* who a record is about, at one moment; hashes are keyed */
    struct id_inc maker; /* the log that made the record, as far as the state says it */
    bool has;            /* a national id */
    uint8_t hash[HUB_MATCH_HASH_BYTES];
    bool named; /* a name */
    struct person_match person;
    uint8_t look[HUB_MATCH_HASH_BYTES]; /* of name, birth and sex as they stand */
    size_t key_count;
    uint8_t keys[PERSON_MATCH_KEYS_MAX][HUB_MATCH_HASH_BYTES];
};
/* ERR_NOMEM only. */
MUST_CHECK enum err hub_match_of(const struct hub_store *s, const struct fold *f,
                                 struct hub_match *out);
MUST_CHECK enum err hub_match_move(struct hub_store *s, const struct hub_record *r,
                                   const struct hub_match *old, const struct hub_match *now);
MUST_CHECK enum err hub_link_note(struct hub_store *s, const struct hub_record *r,
                                  const struct fold *f);

/* store_admin.c: administrative ops. */
MUST_CHECK enum err hub_admin_genesis(struct hub_store *s, const struct change_view *view,
                                      struct hub_log *log);
MUST_CHECK enum err hub_admin_take(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                                   int64_t received_ms, uint8_t *verdict);
MUST_CHECK enum err hub_catalogue_load(struct hub_store *s);

/* store_take.c: take a set that hub_store_give() checked; rolls back on error. */
MUST_CHECK enum err hub_take_given(struct hub_store *s, struct hub_log *log,
                                   const struct message_set *set, const struct id_hash *hash,
                                   int64_t received_ms);
/* store_admin.c: was the certificate of this node made since the hub went back last? ERR_NOT_FOUND. */
MUST_CHECK enum err hub_enrol_anew(struct hub_store *s, const struct id_hash *node, bool *anew);

/* store_admin.c: what a held edition waits for, in the place of a record: a part of it. */
extern const struct id_record hub_waits_parts;
/* An administrative op of such a set. What no longer applies is held (7), an edition before its last part (4). */
MUST_CHECK enum err hub_admin_given(struct hub_store *s, struct bytes payload, int kind,
                                    uint64_t at, int64_t received_ms, uint8_t *verdict);

/* store_order.c: ops of kinds CHANGE_OFFICER, CHANGE_OFFICER_REVOKE, CHANGE_ORDER. */
MUST_CHECK enum err hub_order_admin(struct hub_store *s, struct bytes payload, int kind,
                                    uint64_t at, int64_t received_ms);
/* Of a set that a node gave back. What another set did since changes nothing, and its set is of the
 * list of erasures as well (SPEC 12.6). */
MUST_CHECK enum err hub_order_given(struct hub_store *s, struct bytes payload, int kind,
                                    uint64_t at, int64_t received_ms);

/* store_late.c: which periods are closed, and what comes too late for them (SPEC 14.6). */
MUST_CHECK enum err hub_closed_load(struct hub_store *s);
/* Has the record in s->fold a day in a closed period of this unit? `none`: what is said of one
 * without any day. */
bool hub_record_late(const struct hub_store *s, int64_t unit, bool none);
/* The flag of an op that was folded into s->fold: FOLD_FLAG_LATE or 0. */
uint8_t hub_late_flag(const struct hub_store *s, const struct hub_writer *w);
/* First and last day of a closing's window as texts; "" when the catalogue does not know it. */
void hub_closed_window(const struct hub_store *s, struct bytes report, struct bytes unit,
                       struct bytes period, char first[static DATE_TEXT_ROOM],
                       char last[static DATE_TEXT_ROOM]);

/* store_flow.c: ops of kinds CHANGE_JUDGE to CHANGE_REOPEN. */
MUST_CHECK enum err hub_flow_admin(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                                   int64_t received_ms);
/* The scope of such an op: its unit's, or everybody. */
MUST_CHECK enum err hub_flow_scope(struct hub_store *s, struct bytes payload, int64_t *scope);
/* store_scope.c: put the record into the sum of a unit that has it, or take it out. */
void hub_sum_change(struct hub_store *s, int64_t unit, const struct hub_record *r, bool add);
/* All sums again from the records. Inside a transaction. */
MUST_CHECK enum err hub_sums_anew(struct hub_store *s);

/* store_repair.c: room for, and pointers of, s->own_sets in s->own_memory. */
MUST_CHECK enum err hub_own_room(struct hub_store *s);
void hub_own_point(struct hub_store *s, size_t count);

/* store_op.c: the record's row becomes `now` with the state in s->fold; its scope's sum follows. */
MUST_CHECK enum err hub_record_rewrite(struct hub_store *s, const struct hub_record *old,
                                       struct hub_record *now);

/* store_list.c: a list of signed sets in a file beside the database. */
struct hub_list {
    const char *path;
    const char *tag;   /* the file begins with it */
    const char *event; /* the log's word for a set that is given back */
    enum err (*known)(struct hub_store *s, const struct id_hash *hash, bool *known);
};
/* Give the database what the file has and it has not, each set in a transaction of its own. *count =
 * sets in the file, 0 without one. A set that is none of ours is left. */
MUST_CHECK enum err hub_list_open(struct hub_store *s, const struct hub_list *l, size_t *count);

/* store_rekey.c: may the log of these sets take them (ERR_CHAIN_BROKEN: its key was never the node's), or is
 * its key retired, so that they are kept apart? */
MUST_CHECK enum err hub_rekey_judge(struct hub_store *s, const struct hub_node *who,
                                    const struct pack_decoded *first, bool *retired);
/* Op of kind CHANGE_REKEY, alone in the set at hand. *done false: it does not apply, and is held. */
MUST_CHECK enum err hub_rekey_take(struct hub_store *s, const struct hub_writer *w,
                                   const struct hub_log *log, struct bytes payload, bool *done);
MUST_CHECK enum err hub_rekey_ask_take(struct hub_store *s, struct bytes payload, uint64_t at);

/* store_revoked.c */
MUST_CHECK enum err hub_revoke_take(struct hub_store *s, const struct admin_revoke *r, uint64_t at);
/* A node that is enrolled (again) stays revoked. */
MUST_CHECK enum err hub_revoked_mark(struct hub_store *s, const struct id_hash *node);
/* Before a commit: a revocation stands outside the database before anybody is told of it. */
MUST_CHECK enum err hub_revoked_write(struct hub_store *s);
MUST_CHECK enum err hub_revoked_open(struct hub_store *s);

/* store_quarantine.c, store_parcel.c */
struct admin_quarantine;
struct hub_parcel;
/* Keep the sets of a revoked node apart; the transaction goes on after ERR_CHAIN_BROKEN. */
MUST_CHECK enum err hub_quarantine_take(struct hub_store *s, const struct id_hash *node,
                                        const struct pack_sets *sets, int64_t received_ms,
                                        struct hub_taken *out);
MUST_CHECK enum err hub_quarantine_released(struct hub_store *s, const struct id_hash *node,
                                            const struct pack_sets *sets, bool *released);
MUST_CHECK enum err hub_quarantine_decide(struct hub_store *s, const struct admin_quarantine *d,
                                          uint64_t at, int64_t received_ms);
/* A decision came back, or a parcel was let in: take those that were let in and are due now. An error rolls back. */
MUST_CHECK enum err hub_parcels_due(struct hub_store *s, int64_t now_ms);
/* Its sets into out->v (room for all); their bytes into `memory`. */
MUST_CHECK enum err hub_parcel_load(struct hub_store *s, const struct hub_parcel *p,
                                    struct pack_sets *out, struct buf *memory);
/* What orders of erasure name goes from here too; *any: there was something. */
MUST_CHECK enum err hub_quarantine_erase(struct hub_store *s, bool *any);

/* store_erase.c, store_erase_list.c */
MUST_CHECK enum err hub_erased_load(struct hub_store *s);
/* At open: an older database gets the orders of the file. After each commit: file and wipe. */
MUST_CHECK enum err hub_erased_open(struct hub_store *s);
void hub_erased_settle(struct hub_store *s);
/* Carry out an order's content; `at` is its position. */
MUST_CHECK enum err hub_erase_apply(struct hub_store *s, struct bytes content, uint64_t at);
MUST_CHECK enum err hub_erasure_add(struct hub_store *s, const struct id_hash *hash, uint64_t at);
/* The body of a set that comes, without what is erased; *changed = false: nothing of it is. */
MUST_CHECK enum err hub_erase_ingest(struct hub_store *s, const struct change_view *view,
                                     struct buf *body, bool *changed);
enum { HUB_LATE_WIPES_MAX = 16 }; /* a day; what is more waits for the next day's first contact */
/* Names of erased offers became known with the set that will have position `at`: the answers that wait for them go, and
 * their nodes are told. */
MUST_CHECK enum err hub_erase_late(struct hub_store *s, uint64_t at);
/* May this op be without its payload (or has it one)? `writes`: room for CHANGE_WRITES_MAX. */
bool hub_erase_may(const struct hub_store *s, const struct change_view *view, unsigned op,
                   struct change_write *writes);
MUST_CHECK enum err hub_erased_count(struct hub_store *s, uint64_t position, unsigned op,
                                     uint64_t at);
/* In a replay, of an op without its payload: had it one when it came? Then it is taken as it was taken. */
bool hub_erased_since(struct hub_store *s, uint64_t position, unsigned op);
/* In a replay, of an op on a record of which an order took values, so that it cannot be judged anew: was it held as a
 * step that its author may not take? *known = false: judge it. */
MUST_CHECK enum err hub_step_was(struct hub_store *s, const struct hub_writer *w,
                                 const struct id_record *rid, bool *known, bool *held);
/* An op on a record; in a replay also one without its values. False: it is none. */
bool hub_op_read(struct hub_store *s, const struct change_view *view, unsigned op,
                 struct change_op *out);

/* store_erase_move.c: the record that an offer, answer, share or settle speaks of; false: none. */
bool hub_move_rid(struct hub_store *s, struct bytes payload, struct id_record *rid);
/* Keep the names of the offers in this set that are of records of the list, for answers to them; *any: one is new. */
MUST_CHECK enum err hub_dead_offers(struct hub_store *s, const struct erase_list *l,
                                    const struct change_view *view, bool *any);
/* Before the record goes: its transfers, and what went along with it, stay known by number. */
MUST_CHECK enum err hub_erase_moves(struct hub_store *s, int64_t record,
                                    const struct id_record *rid);
/* store_erase_move.c: an op's values out of the copies that stay where the record left. Uses the work fold. */
MUST_CHECK enum err hub_erase_copies(struct hub_store *s, int64_t record, const struct erase_op *o);
/* In a replay: what went along with the erased accept at position `at`, and assignments that applied there though the
 * record that they waited for is erased. */
MUST_CHECK enum err hub_moved_again(struct hub_store *from, struct hub_store *to, uint64_t at,
                                    int64_t received_ms);

/* store_erase_attach.c: files that ops named which an order takes; their bytes go when their records are without them.
 * The list is freed by free(f->v). */
struct hub_erase_files {
    struct attach_ref *v;
    size_t count, room;
};
MUST_CHECK enum err hub_erase_files_add(struct hub_store *s, struct hub_erase_files *f,
                                        const struct change_view *view, unsigned op);
MUST_CHECK enum err hub_erase_files_go(struct hub_store *s, const struct hub_erase_files *f);

/* store_attach.c, inside a transaction: bytes of files go that this record names no more; of this file alone, or of all
 * (NULL). */
MUST_CHECK enum err hub_attach_unnamed(struct hub_store *s, const struct id_record *rid,
                                       const struct id_hash *only);

void hub_feed_free(struct hub_feed_memory *m);

/* store_search.c: the row of a record in the index of lists, in the transaction of its typed row. No
 * text of a sealed field enters it. */
MUST_CHECK enum err hub_search_put(struct hub_store *s, const struct hub_record *r,
                                   const struct catalogue_type *t,
                                   const struct typed_value *values);
MUST_CHECK enum err hub_search_remove(struct hub_store *s, int64_t record);

/* store_project.c: are the typed tables up to date? */
MUST_CHECK enum err hub_project_done(struct hub_store *s, bool *done);

/* store.c: what a store needs in memory besides its cache. */
MUST_CHECK enum err hub_memory(struct hub_store *s);

#endif

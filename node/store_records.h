/*
 * The node's store, the officer's part: saving, reading and listing records, history, imports,
 * status. SPEC 4 (own log), 6 (merging: own pending sets folded on top of the hub's state).
 *
 * Happy path of a save: node_store_tip -> build and sign (node/own.h) -> node_store_append, which
 * is one durable transaction: the set, its ops, the shown rows. ERR_OK means that it is on the disk.
 *
 * Ownership: a struct node_store_record owns its fold and buffers; init once, read many, free. Rows
 * handed to callbacks are borrowed for the call. The catalogue belongs to the store and is replaced
 * by node_store_apply(): ask again after each call of it.
 * Threads:   loop thread only.   Units: UTC milliseconds.
 * Errors:    ERR_FULL, ERR_STORE, ERR_DAMAGED, ERR_IO, ERR_NOMEM as in node/store.h: nothing changed.
 */
#ifndef DONGBO_NODE_STORE_RECORDS_H
#define DONGBO_NODE_STORE_RECORDS_H

#include "node/store.h"
#include "proto/fold.h"
#include "proto/move.h"

#define NODE_STORE_FILTERS_MAX      8u     /* conditions of one list */
#define NODE_STORE_LIST_MAX         10000u /* rows of one list call */
#define NODE_STORE_PERSON_BYTES_MAX 200u   /* bytes of a login's name */
#define NODE_STORE_SOURCE_BYTES_MAX 255u   /* bytes of an import's file name */

/* ---- the end of the own log, and appending to it ---- */

struct node_store_tip { /* what the next change set follows; all of one moment */
    bool has_log;       /* false: no set yet, the next one is the genesis of a first incarnation */
    struct id_inc inc;
    uint64_t next_seq;
    struct id_hash head; /* hash of set next_seq - 1 */
    uint64_t hlc;        /* greatest clock of any own set */
    uint64_t epoch;      /* of the cursor: 0 = no feed applied yet */
    uint64_t hub_seen;
    uint8_t hub_seen_hash[8];
    uint32_t edition; /* of the catalogue in use, 0 = none */
    bool has_root;    /* the seed root of next_seq's block is kept, and was made by this process */
    uint8_t root[16];
    int64_t hub_ahead_ms; /* hub's clock minus this PC's at the last contact; 0 = never met */
    bool renew;           /* this copy is old: the next set must begin a new incarnation */
};
MUST_CHECK enum err node_store_tip(struct node_store *s, struct node_store_tip *out);

struct node_store_append { /* one own change set, signed */
    struct bytes head;
    struct bytes body;
    struct id_hash hash; /* of the set */
    uint8_t signature[64];
    struct id_inc inc;
    uint64_t seq;
    uint64_t hlc;
    const uint8_t
        *new_root; /* 16 bytes: root of the block that begins with this set; NULL = none new */
};

/*
 * Append own sets, all in one durable transaction. A set of an incarnation that the store does not
 * know begins that log (seq 0); ops on records become pending and show at once.
 *
 * ERR_OK            durable
 * ERR_CHAIN_BROKEN  seq is not the log's next, or prev does not match: ask the tip again
 * ERR_BAD_FORMAT    head or body is no change set (our own bug)
 */
MUST_CHECK enum err node_store_append(struct node_store *s, const struct node_store_append *sets,
                                      size_t count, int64_t now_ms);

/* ---- the catalogue ---- */

/* The catalogue in use, NULL when none has come yet (then the node can only join and sync). */
const struct catalogue *node_store_catalogue(struct node_store *s, uint32_t *edition);

/* ---- one record ---- */

struct node_store_record {
    struct fold fold; /* the hub's state with own pending ops on top; type 0: unknown here */
    char unit[ADMIN_UNIT_BYTES_MAX + 1]; /* owner; of an own new record the node's unit */
    uint64_t position;                   /* of the hub's last change, 0: not at the hub yet */
    size_t pending;                      /* own ops that wait for the hub */
    size_t held;                         /* own ops that the hub holds */
    uint8_t held_verdict;                /* of the last of them */
    bool frozen;                         /* it left this unit: a copy for reading */
    enum move_access shared;             /* another unit's, shared with this one */
    struct buf state;                    /* memory of the fold */
    struct buf bodies;
    struct buf ops;
    struct buf opened; /* texts of sealed fields, after node_store_record_open() */
    uint64_t unread;   /* bit (no - 1): a sealed field that this node cannot open */
};
MUST_CHECK enum err node_store_record_init(struct node_store_record *r); /* ERR_NOMEM */
void node_store_record_free(struct node_store_record *r);

/* ERR_NOT_FOUND: no such record here (r->fold.type is 0, everything else is set). */
MUST_CHECK enum err node_store_record_read(struct node_store *s, const struct id_record *rid,
                                           struct node_store_record *r);

/* True when an own op that still waits wrote a head of this field. */
bool node_store_field_pending(const struct node_store_record *r, unsigned field);

/* The rules of folding under the catalogue in use: live until the next node_store_apply(). */
const struct fold_rules *node_store_rules(struct node_store *s);

/*
 * What a form showed: a digest of all heads. The text of `version` in get's output; a save that
 * brings another one is stale.
 */
void node_store_record_version(const struct node_store_record *r, uint8_t out[static 16]);

/* ---- what the hub holds ---- */

struct node_store_held { /* one own op */
    bool about;          /* it is about record `rid`; else a report or the like */
    struct id_record rid;
    unsigned type; /* of the record, 0 = not known here any more */
    unsigned kind; /* enum change_kind */
    uint8_t verdict;
    int64_t at_ms; /* when it was saved, UTC */
    struct id_person person;
};
typedef enum err node_store_held_fn(void *ctx, const struct node_store_held *h);

/* Calls fn for each, oldest first, at most `max`: as many as node_store_status counts. Errors of the store, or fn's. */
MUST_CHECK enum err node_store_held(struct node_store *s, size_t max, node_store_held_fn *fn,
                                    void *ctx);

/* ---- lists ---- */

struct node_store_filter { /* field = value; the value as canonical text */
    const struct catalogue_field *field;
    struct bytes value;
};

struct node_store_row { /* one record of a list */
    struct id_record rid;
    struct bytes unit;
    unsigned type;
    size_t pending;
    size_t held;
    size_t conflicts;
    bool deleted;
    bool frozen; /* another unit's now, this is the copy that stayed */
};

struct node_store_list {
    const struct catalogue_type *type; /* NULL: all types */
    struct node_store_filter filters[NODE_STORE_FILTERS_MAX];
    size_t filter_count;
    bool only_conflicts;
    bool only_pending;
    bool deleted; /* deleted ones in place of the living */
    bool has_after;
    struct id_record after; /* go on behind this record, in order of id */
    size_t max;             /* rows, at most NODE_STORE_LIST_MAX */
};
/* Rows in order of id. An error of the callback ends the list and is returned. */
MUST_CHECK enum err node_store_list(struct node_store *s, const struct node_store_list *q,
                                    enum err (*row)(void *ctx, const struct node_store_row *r),
                                    void *ctx);

/* How many living records each type has, none left out but those without any. An error of the callback ends it. */
MUST_CHECK enum err node_store_used(struct node_store *s,
                                    enum err (*each)(void *ctx, unsigned type, uint64_t records),
                                    void *ctx);

/* How many records of a type are here, deleted ones too: it grows with each that is made. */
MUST_CHECK enum err node_store_made(struct node_store *s, unsigned type, uint64_t *made);

/* Living records of a type whose field has this canonical text: the first two are enough to tell
 * "none", "one" and "several". Not for references and sets (ERR_BAD_INPUT). */
MUST_CHECK enum err node_store_find(struct node_store *s, const struct catalogue_type *type,
                                    const struct catalogue_field *field, struct bytes value,
                                    struct id_record out[static 2], size_t *count);

/* Make node_store_find() by this field fast. Identity fields are so from the start. */
MUST_CHECK enum err node_store_index(struct node_store *s, const struct catalogue_type *type,
                                     const struct catalogue_field *field);

/* Check required, relevant and constraint of a prospective record: `fold` has the new values.
 * ERR_BAD_VALUE with the field and the words; ERR_NOT_READY without a catalogue. */
MUST_CHECK enum err node_store_check(struct node_store *s, const struct catalogue_type *type,
                                     const struct fold *fold, const struct catalogue_field **bad,
                                     struct catalogue_why *why);

/* Records that have every value of a prospective one (typed_twins); ERR_NOT_READY without a catalogue. */
MUST_CHECK enum err node_store_twins(struct node_store *s, const struct catalogue_type *type,
                                     const struct fold *fold, struct id_record *out, size_t max,
                                     size_t *found);

/* Records that are named so (proto/entry_called.h). ERR_NOT_READY without a catalogue. */
struct entry_called;
MUST_CHECK enum err node_store_called(struct node_store *s, const struct entry_called *named,
                                      struct id_record *out, size_t max, size_t *found);

/* The same, told of every field at once (common/io/store_typed.h); by its place in the type. */
struct typed_review;
MUST_CHECK enum err node_store_review(struct node_store *s, const struct catalogue_type *type,
                                      const struct fold *fold, struct typed_review *out);

/* ---- history ---- */

struct node_store_event { /* one own op on the record, oldest first */
    struct id_inc inc;
    uint64_t seq;
    unsigned op;
    uint64_t import; /* 0: saved by hand */
    struct id_person person;
    char person_name[NODE_STORE_PERSON_BYTES_MAX + 1]; /* "" when it is not known here */
    int64_t at_ms;                                     /* clock of the set */
    enum change_kind kind;
    bool delivered; /* a receipt covers it */
    int verdict;    /* -1: none yet */
    struct bytes payload;
};
MUST_CHECK enum err node_store_history(struct node_store *s, const struct id_record *rid,
                                       enum err (*event)(void *ctx,
                                                         const struct node_store_event *v),
                                       void *ctx);

/* ---- persons ---- */

/* Id of a login's name; `fresh` is kept as its id when neither is here yet. */
MUST_CHECK enum err node_store_person(struct node_store *s, struct bytes name,
                                      const struct id_person *fresh, struct id_person *out);
/* Name of an id into `out`; "" when it is not known here. */
MUST_CHECK enum err node_store_person_name(struct node_store *s, const struct id_person *id,
                                           char out[static NODE_STORE_PERSON_BYTES_MAX + 1]);

/* ---- imports ---- */

struct node_store_import {
    uint64_t id;
    char source[NODE_STORE_SOURCE_BYTES_MAX + 1];
    int64_t begun_ms;
    int64_t ended_ms; /* 0: the last set is not there: unfinished */
    uint64_t ops;
    uint64_t sets;
};
/* Note an import before its first set; `as_of` is the day that its list is of, "" when nobody said.
 * ERR_EXISTS. */
MUST_CHECK enum err node_store_import_begin(struct node_store *s, uint64_t id, struct bytes source,
                                            const char *as_of, int64_t now_ms);
/* The list of an import of this PC: the file's name (it stays on this PC), "" when it is not known, and the day that it
 * is of, where somebody said. */
MUST_CHECK enum err node_store_import_list(struct node_store *s, uint64_t id,
                                           char source[static NODE_STORE_SOURCE_BYTES_MAX + 1],
                                           bool *said, struct date *day);
/* Was this version written by an import of this PC that said its day? */
MUST_CHECK enum err node_store_import_day(struct node_store *s, const struct id_version *version,
                                          bool *said, struct date *day);
/* Newest first. */
MUST_CHECK enum err node_store_imports(struct node_store *s, size_t max,
                                       struct node_store_import *out, size_t *count);

/* ---- status ---- */

struct node_store_status {
    bool has_log;
    struct id_inc inc;
    uint64_t next_seq;
    /* sets of the own log: sets = delivered + waiting */
    uint64_t sets;
    uint64_t delivered; /* the hub's signed receipt covers them */
    uint64_t waiting;
    uint64_t waiting_bytes;
    /* ops of the own log: ops = ops_delivered + ops_waiting; ops_delivered = applied + replaced +
     * conflict + held + erased + aside + unsaid */
    uint64_t ops;
    uint64_t ops_waiting;
    uint64_t applied;
    uint64_t replaced;
    uint64_t conflict;
    uint64_t held;
    uint64_t erased;
    uint64_t aside;  /* held once, and a person decided that it does not apply */
    uint64_t unsaid; /* delivered, and the verdict has not come down yet */
    uint64_t late;   /* of all of these: late for a closed period */
    uint64_t records;
    uint64_t records_conflict;
    uint64_t records_deleted;
    uint64_t imports_unfinished;
    uint64_t sessions;
    int64_t contact_ms; /* last time the hub answered, 0 = never */
    int64_t session_ms; /* end of the last session */
    enum err session_how;
    bool revoked;         /* the hub said so, by either road, and no session was complete since */
    int64_t complete_ms;  /* end of the last complete session, 0 = never */
    int64_t file_ms;      /* when a file of the hub was read last, 0 = never */
    int64_t hub_ahead_ms; /* hub's clock minus this PC's at the last contact */
    uint64_t epoch;
    uint64_t position;
    uint32_t edition;
};
MUST_CHECK enum err node_store_status(struct node_store *s, struct node_store_status *out);

/* PRAGMA quick_check, and every own set against its hashes. ERR_DAMAGED. */
MUST_CHECK enum err node_store_scrub(struct node_store *s);

/* Limit the database to so many pages of 4 KiB; 0 = no limit. For tests of a full disk. */
MUST_CHECK enum err node_store_limit_pages(struct node_store *s, unsigned pages);

#endif

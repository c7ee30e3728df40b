/*
 * Verifying: issued files with nothing but a public key; an issue against the log that it was made
 * of; the whole log against itself.
 *
 * Nothing here changes anything. A finding is not an error of the call: functions return ERR_OK when
 * they could look at everything and found nothing, ERR_DAMAGED when there is at least one finding,
 * and another error when they could not look.
 *
 * Ownership: findings are borrowed for the callback.   Threads: loop thread.
 * Limits:    HUB_VERIFY_FINDINGS_MAX are told one by one, the rest counted.
 */
#ifndef DONGBO_HUB_VERIFY_H
#define DONGBO_HUB_VERIFY_H

#include "hub/store_issues.h"

enum {
    HUB_VERIFY_FINDINGS_MAX = 1000,               /* findings given to the callback */
    HUB_VERIFY_FILE_BYTES_MAX = 64 * 1024 * 1024, /* bytes of an issued file */
};

/* ---- files, offline ---- */

struct hub_verified_file {
    const char *name;
    enum err e;           /* ERR_OK: signed by the key; else why not */
    struct bytes trusted; /* its trusted comment, when ERR_OK */
};
typedef enum err hub_verified_fn(void *ctx, const struct hub_verified_file *file);

/*
 * One file with its NAME.minisig beside it. `public_key` is the content of a public key file.
 * The trusted comment must name this very file.
 *
 * ERR_OK, ERR_NOT_FOUND (file or signature), ERR_BAD_SIGNATURE, ERR_BAD_FORMAT, ERR_TOO_LARGE, ERR_IO
 * *trusted: the comment appended, only on ERR_OK
 */
MUST_CHECK enum err hub_verify_file(const char *path, struct bytes public_key, struct buf *trusted);

/*
 * Every file of a folder that is not a signature or the key itself. `key_path` NULL: the folder's
 * own dongbo.pub, which proves only that the files belong together: compare its line with the
 * printed one.
 *
 * ERR_OK         all signed (*count of them);  ERR_DAMAGED: at least one is not, as told to `row`
 * ERR_NOT_FOUND  no folder, no key or no file to look at
 */
MUST_CHECK enum err hub_verify_folder(const char *folder, const char *key_path,
                                      hub_verified_fn *row, void *ctx, size_t *count);

/* ---- an issue ---- */

struct hub_verified_issue { /* true: as it should be */
    bool files;             /* stored bytes match their hashes and signatures */
    bool digest;            /* of the stored JSON is the issue's */
    bool logged;            /* the close set in the log states the same */
    bool cut;               /* the log has the issue's P at its cut */
    bool listed;            /* the list that the closing kept is the one that it logged */
    bool inputs;            /* replayed up to the cut, the log gives the same list */
    bool rebuilt;           /* and the same figures */
    struct id_hash figures; /* digest of the rebuilt figures, when they could be made */
    uint64_t erased;        /* ops before the cut that orders behind it took away */
    uint64_t order;         /* the newest of these orders */
    bool traced; /* the closing kept what its figures were read from (SPEC 16.5): then what differs
                               must be explained; else any erasure excuses everything that does */
    bool explained;       /* each difference has an erased record as its reason (SPEC 16.6) */
    uint64_t differing;   /* cells whose figure or list does not come out again */
    uint64_t unexplained; /* differences without a reason */
};

enum hub_unlike_what {
    HUB_UNLIKE_CELL,   /* line, total, value, unit: the figure, or the records behind it */
    HUB_UNLIKE_SETS,   /* the sets behind a record of the list */
    HUB_UNLIKE_TYPE,   /* value = the type: its records are not those that the closing saw */
    HUB_UNLIKE_MEMBER, /* value = the member of the issued figures */
};
struct hub_unlike {
    enum hub_unlike_what what;
    unsigned line;
    bool total;
    const char *value, *unit;
    bool explained; /* an erased record is the reason */
};
struct hub_gone { /* a record that the SQL of a line that differs had read, and an order erased */
    unsigned line;
    const char *type;
    struct id_record record;
    uint64_t order;
};
struct hub_verify_tell {
    enum err (*unlike)(void *ctx, const struct hub_unlike *unlike);
    enum err (*gone)(void *ctx, const struct hub_gone *gone);
    void *ctx;
};

/* ERR_OK, ERR_DAMAGED (see *out), or why it could not be looked at. `tell`: what differs and why, or NULL. */
MUST_CHECK enum err hub_verify_issue(struct hub_store *s, const struct hub_issue *issue,
                                     const struct hub_verify_tell *tell,
                                     struct hub_verified_issue *out);

struct hub_input_set;
struct hub_lost { /* a record's set that stood behind a figure and is not there any more */
    const struct hub_issue_cell *cell;
    struct id_record record;
    const struct hub_input_set *set;
    uint64_t order; /* number of the order that erased it; 0: the log has lost the set */
};
typedef enum err hub_lost_fn(void *ctx, const struct hub_lost *lost);
/* Every one of them, cell by cell, out of the closing's own list. Nothing for an issue from before
 * SPEC 16. Whatever `row` returns and the store's errors. */
MUST_CHECK enum err hub_verify_lost(struct hub_store *s, const struct hub_issue *issue,
                                    hub_lost_fn *row, void *ctx);

/* ---- the log ---- */

enum hub_finding_kind {
    HUB_FINDING_POSITION,  /* a position is missing or twice */
    HUB_FINDING_FORMAT,    /* the stored bytes are no change set */
    HUB_FINDING_OP,        /* an op is not what its hash says */
    HUB_FINDING_HASH,      /* the set is not what its stored hash says */
    HUB_FINDING_CHAIN,     /* it does not extend the set before it in its log */
    HUB_FINDING_P,         /* the position hash is not that of what stands before it */
    HUB_FINDING_SIGNATURE, /* a stored signature does not verify, or the end of a log has none */
    HUB_FINDING_REPLAY,    /* the set cannot be taken again */
    HUB_FINDING_STATE,     /* a record is not what the log makes of it */
    HUB_FINDING_TABLE,     /* a table is not what the log makes of it */
    HUB_FINDING_SEAL,      /* a table is not what this program wrote */
    HUB_FINDING_FILE       /* SQLite finds the file damaged */
};

struct hub_finding {
    enum hub_finding_kind kind;
    uint64_t position; /* in the log; for a record: of its last change */
    struct id_inc inc; /* zeros for a record */
    uint64_t seq;
    struct id_record rid; /* HUB_FINDING_STATE only */
    const char *table;    /* HUB_FINDING_TABLE and _SEAL only, else NULL */
};
typedef enum err hub_finding_fn(void *ctx, const struct hub_finding *finding);

struct hub_verified_log {
    uint64_t sets;
    uint64_t records;
    uint64_t findings;
    struct hub_cut end; /* position and P as recomputed; epoch as stored */
};

/*
 * Recompute every op hash, set hash, chain, stored signature and P, then replay the log and compare
 * the state of every record.
 */
MUST_CHECK enum err hub_verify_log(struct hub_store *s, hub_finding_fn *row, void *ctx,
                                   struct hub_verified_log *out);

/* Words for people. */
const char *hub_finding_vi(enum hub_finding_kind kind);
const char *hub_finding_en(enum hub_finding_kind kind);

#endif

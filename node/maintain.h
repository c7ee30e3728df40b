/*
 * Looking after a node's database: copies of it, bringing one back, and looking for damage. SPEC 15.
 *
 * Ownership: findings are borrowed for the callback.   Threads: loop thread.
 * Limits:    NODE_FINDINGS_MAX are told one by one, the rest counted.
 */
#ifndef DONGBO_NODE_MAINTAIN_H
#define DONGBO_NODE_MAINTAIN_H

#include "common/io/file.h"
#include "node/store.h"

enum { NODE_FINDINGS_MAX = 1000 };

enum node_finding_kind {
    NODE_FINDING_FILE,      /* SQLite finds the file damaged */
    NODE_FINDING_SET,       /* an own set is not what its hashes say */
    NODE_FINDING_CHAIN,     /* an own set does not extend its log, or the log's end is another */
    NODE_FINDING_SIGNATURE, /* our signature under an own set is wrong */
    NODE_FINDING_OP,        /* the list of ops says something else than the set */
    NODE_FINDING_RECEIPT,   /* a receipt is not what the hub signed */
    NODE_FINDING_HUB_SET,   /* a set of the hub's log is not what it signed */
    NODE_FINDING_RECORD,    /* a record is not what came with the feed */
    NODE_FINDING_SCOPE,     /* the records together are not what the hub counted */
    NODE_FINDING_IDENTITY,  /* card or certificate do not verify */
    NODE_FINDING_SEAL       /* a table is not what this program wrote */
};

struct node_finding {
    enum node_finding_kind kind;
    struct id_inc inc; /* of sets and receipts */
    uint64_t seq;
    uint64_t position; /* of hub sets */
    struct id_record rid;
    const char *table; /* NODE_FINDING_SEAL only, else NULL */
};
typedef enum err node_finding_fn(void *ctx, const struct node_finding *f);
const char *node_finding_vi(enum node_finding_kind kind);
const char *node_finding_en(enum node_finding_kind kind);

struct node_verified {
    uint64_t sets;
    uint64_t records;
    uint64_t receipts;
    uint64_t findings;
};

/* Recompute every hash, chain and signature, and the states' digests. ERR_OK: nothing was found;
 * ERR_DAMAGED: there are findings; other errors: it could not look. Changes nothing. */
MUST_CHECK enum err node_store_verify(struct node_store *s, node_finding_fn *row, void *ctx,
                                      struct node_verified *out);

/* Where a backup to `to`, a file's name or a folder, goes. ERR_BAD_INPUT: into the folder of the database, or
 * below it. ERR_NOT_READY, ERR_TOO_LARGE, ERR_NOT_FOUND. */
MUST_CHECK enum err node_backup_dest(struct node_store *s, const char *to, int64_t now_ms,
                                     char out[static FILE_PATH_BYTES_MAX]);

/* A whole copy in a new file, or in a folder under a name with unit and time, while the node goes on;
 * the keys are not in it. `made` gets the file's name. ERR_EXISTS, ERR_FULL. */
MUST_CHECK enum err node_backup(struct node_store *s, const char *to, int64_t now_ms,
                                char made[static FILE_PATH_BYTES_MAX]);

/* ---- restoring ---- */

struct node_restore {
    const char *copy;       /* a file that node_backup() made, or any copy of a node.db */
    const char *path;       /* the database, which nobody may have open */
    const uint8_t *sign_pk; /* 32 bytes: the key in this folder, which must be the copy's ... */
    const char *dir;        /* ... or follow on it, as this folder can prove; NULL: it cannot */
    int64_t now_ms;         /* for the name of what is set aside */
    bool look_only;         /* check the copy, change nothing */
    node_finding_fn *row;   /* may be NULL */
    void *ctx;
};

struct node_restored {
    struct node_verified seen;
    char kept
        [FILE_PATH_BYTES_MAX]; /* where the database that was there is now; "": there was none */
};

/*
 * Put a copy in the place of the database. The copy is copied, brought to this program's schema and
 * verified first; whatever is wrong, nothing changes. Then one rename puts it in place; what was there
 * is kept beside it. The next save begins a new incarnation, and the repair of SPEC 7.13 brings back
 * what the hub has and re-authors what it has not.
 *
 * ERR_NOT_FOUND  no such copy
 * ERR_DAMAGED    the copy is damaged (`row` told where), or no node's database
 * ERR_WRONG_HUB  it is a copy of another node: its keys are not those of this folder
 * ERR_NEWER      made by a newer program;   ERR_OTHER_PROGRAM
 * ERR_FULL       no room for the copy beside the database
 */
MUST_CHECK enum err node_restore(const struct node_restore *r, struct node_restored *out);

#endif

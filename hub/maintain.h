/*
 * Looking after a hub's database: copies of it and bringing one back. hub/verify.h looks for damage.
 * SPEC 15.
 *
 * Threads: loop thread.   Ownership: findings are borrowed for the callback.
 */
#ifndef DONGBO_HUB_MAINTAIN_H
#define DONGBO_HUB_MAINTAIN_H

#include "common/io/file.h"
#include "hub/verify.h"

/* Where a backup to `to`, a file's name or a folder, goes. ERR_NOT_READY, ERR_TOO_LARGE. */
MUST_CHECK enum err hub_backup_dest(struct hub_store *s, const char *to, int64_t now_ms,
                                    char out[static FILE_PATH_BYTES_MAX]);

/* A whole copy in a new file, or in a folder under a name with unit and time, while the hub goes on;
 * the keys are not in it. `made` gets the file's name. ERR_EXISTS, ERR_FULL. */
MUST_CHECK enum err hub_backup(struct hub_store *s, const char *to, int64_t now_ms,
                               char made[static FILE_PATH_BYTES_MAX]);

struct hub_restore {
    const char *copy;       /* a file that hub_backup() made, or any copy of a hub.db */
    const char *path;       /* the database, which nobody may have open */
    const uint8_t *log_pk;  /* 32 bytes: the log key in this folder, which must be the copy's */
    const uint8_t *root_pk; /* or, when that file is gone (log_pk NULL): the root key, likewise */
    struct bytes card;      /* ... or of before this card, kept in the folder; empty: none */
    int64_t now_ms;
    bool look_only;      /* check the copy, change nothing */
    hub_finding_fn *row; /* may be NULL */
    void *ctx;
};

struct hub_restored {
    struct hub_verified_log seen;
    char kept
        [FILE_PATH_BYTES_MAX]; /* where the database that was there is now; "": there was none */
};

/*
 * Put a copy in the place of the database. The copy is copied, brought to this program's schema and
 * verified first; whatever is wrong, nothing changes. Then one rename puts it in place; what was there
 * is kept beside it. The copy begins a new epoch; the repair of SPEC 7.14 brings back what the nodes
 * hold; until two officers confirm it, hub_store_settled() says no.
 *
 * ERR_NOT_FOUND  no such copy
 * ERR_DAMAGED    the copy is damaged (`row` told where), or no hub's database
 * ERR_WRONG_HUB  it is a copy of another hub: its keys are not those of this folder
 * ERR_NEWER      made by a newer program;   ERR_OTHER_PROGRAM
 * ERR_FULL       no room for the copy beside the database
 */
MUST_CHECK enum err hub_restore(const struct hub_restore *r, struct hub_restored *out);

#endif

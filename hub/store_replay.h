/*
 * The hub's store, part 6: replaying its log. A second store takes the sets of the log again through
 * the same code, up to a position; what it then holds is what the log says, whatever the tables of the
 * first one say. Reads the first, never writes it.
 *
 * The second store is a file without a name beside the first (DB_SCRATCH): nothing of it is left, however the
 * process ends. That of a store in memory or behind a VFS is in memory.
 *
 * Ownership: hub_replay_open gives a store that the caller closes with hub_store_close.
 * Threads:   that of the first store, outside a transaction; several at once over several readers.
 * Limits:    free room on the disk for another database as large as the first.
 */
#ifndef DONGBO_HUB_STORE_REPLAY_H
#define DONGBO_HUB_STORE_REPLAY_H

#include "hub/store.h"

/*
 * A store with positions 1 .. `upto` of `s`, that stands in `epoch`: where no set of it is among them, it begins
 * behind them (the position of a restored hub, until it takes a set).
 *
 * ERR_FULL, ERR_READONLY, ERR_IO, ERR_NOMEM, ERR_AGAIN (db_stop)  it could not be made: says nothing of the log
 * ERR_NOT_FOUND  the log is shorter than `upto`
 * ERR_DAMAGED, ERR_BAD_FORMAT, ERR_BAD_HASH, ERR_CHAIN_BROKEN ...  the set at *position cannot be
 *                taken: the log is damaged there
 */
MUST_CHECK enum err hub_replay_open(struct hub_store *s, uint64_t epoch, uint64_t upto,
                                    struct hub_store **out, uint64_t *position);

/* Remove what processes killed between making that file and taking its name away left: empty files beside the
 * database `path`. Only by who holds the folder's lock, before any replay. */
void hub_replay_sweep(const char *path);

/* Is this one of the errors that say nothing of the log? */
bool hub_replay_unmade(enum err e);

/* One set of the log as it stands on disk; bytes are borrowed for the call. */
struct hub_log_row {
    uint64_t position;
    uint64_t seq;
    struct bytes inc;       /* 8 */
    struct bytes node;      /* 32 */
    struct bytes sign_pk;   /* 32, of the log's genesis as stored */
    struct bytes hash;      /* 32 */
    struct bytes p;         /* 32 */
    struct bytes signature; /* 64, or empty: covered by a later one of its log */
    struct bytes head;
    struct bytes body;
    int64_t received_ms;
    bool own;   /* of the hub's own log */
    bool given; /* and given back by a node: it extends nothing (SPEC 7.14) */
};
typedef enum err hub_log_fn(void *ctx, const struct hub_log_row *row);
MUST_CHECK enum err hub_log_rows(struct hub_store *s, hub_log_fn *row, void *ctx);

/* State of every record by record id: type, owner's code, position, state. */
struct hub_state_row {
    struct id_record rid;
    unsigned type;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint64_t position;
    struct id_hash digest; /* BLAKE2b-256 of the state */
};
/* The first record whose id is greater than *after (NULL: the first of all). ERR_NOT_FOUND: none. */
MUST_CHECK enum err hub_state_next(struct hub_store *s, const struct id_record *after,
                                   struct hub_state_row *out);

/* Digest of the n-th of the tables that the log decides, ordered; its name. For n = 0, 1 ... until
 * ERR_NOT_FOUND. */
MUST_CHECK enum err hub_table_digest(struct hub_store *s, unsigned n, const char **name,
                                     struct id_hash *out);

#endif

/* What db.c and db_query.c share. Included by db*.c only. */
#ifndef DONGBO_COMMON_IO_DB_PRIV_H
#define DONGBO_COMMON_IO_DB_PRIV_H

#include "common/io/db.h"

#include <sqlite3.h>
#include <stdatomic.h>

struct db_stmt {
    struct db *db;
    sqlite3_stmt *q;
    enum err e; /* sticky failure of prepare or bind */
};

enum { DB_SLOTS = 2 * DB_STMTS_MAX }; /* a power of two */

struct db_slot {
    const char *sql; /* the literal's address; NULL: free */
    struct db_stmt stmt;
};

enum db_tx { DB_TX_NONE, DB_TX_OPEN, DB_TX_LOST, DB_TX_READ /* db_snapshot() */ };

struct db_guard {
    const struct db_query *query;
    char **tables; /* names in the schema, sorted */
    size_t table_count;
    uint64_t steps_left;
    uint64_t end_ms;         /* of clock_mono_ms() */
    const atomic_bool *stop; /* of the connection */
    bool watch;              /* SQLite is compiling or running the guarded statement right now */
    bool denied;             /* the authorizer refused */
    bool late;               /* the time is over */
};

struct db {
    sqlite3 *handle;
    enum db_tx tx;
    enum err lost_by; /* why the transaction was lost */
    bool system_vfs;
    unsigned flags;   /* of db_open() */
    atomic_bool stop; /* set by another thread: db_stop() */
    bool schema_torn; /* the schema was not what its seal says when it was opened */
    struct db_guard *guard;
    size_t slot_count;
    struct db_stmt broken; /* handed out when a statement cannot be prepared */
    char text[DB_TEXT_BYTES_MAX];
    struct db_slot slots[DB_SLOTS];
};

/* SQLite's code as ours, nothing else. */
enum err db_map(int rc);

/* May the database be used? What lost the transaction that is open. And none is open, but SQLite is still in
 * one, because memory was short even for going back: that is done now, or nothing is, for what would be
 * written would not be committed. */
MUST_CHECK enum err db_usable(struct db *db);

/* Map, remember, log, and roll back what cannot go on. `rc` is an extended result code. */
enum err db_fail(struct db *db, int rc, const char *what);

/* Before anything changes the schema: is it what was sealed? Sets db->schema_torn. ERR_DAMAGED: it had
 * seals, which are gone. */
enum err db_seal_look(struct db *db);

/* Before the database is opened: bring to the disk what was left in its WAL, see db_wal.c. Nothing is
 * done while another connection has the database open. */
enum err db_wal_trust(struct db *db, const char *path, const char *vfs);

/* The authorizer installed for the life of each connection; lets everything pass while nothing is
 * guarded. */
int db_query_authorize(void *ctx, int action, const char *a, const char *b, const char *schema,
                       const char *trigger);

#endif

/*
 * The SQLite wrapper: opening with the durable settings of architecture 8, cached statements,
 * transactions, migrations, guarded execution of catalogue SQL, backup, and the one mapping of
 * SQLite's codes to enum err. Callers own their SQL text (files named store*.c); <sqlite3.h> is
 * included only in db*.c.
 *
 * Ownership: a struct db owns its statements; a struct db_stmt from db_stmt() lives until
 * db_close(). Bytes and texts bound to a statement are borrowed until its next use or db_done().
 * Bytes read from a column live until the next step, reset or use of that statement. Threads:   one
 * thread at a time per struct db. Limits:    DB_* below; sqlite3_limit() values are set from them.
 */
#ifndef DONGBO_COMMON_IO_DB_H
#define DONGBO_COMMON_IO_DB_H

#include "common/buf.h"
#include "common/io/file.h"

enum {
    DB_VALUE_BYTES_MAX = 64 * 1024 * 1024,    /* one text, blob or row */
    DB_SQL_BYTES_MAX = 1024 * 1024,           /* one SQL text */
    DB_COLUMNS_MAX = 512,                     /* of a table or a result */
    DB_STMTS_MAX = 512,                       /* different SQL literals in one process and side */
    DB_VACUUM_MEMORY_MAX = 256 * 1024 * 1024, /* a larger database is vacuumed in files */
    DB_BUSY_MS = 5000,                        /* wait for another connection's lock */
    DB_PARAMS_MAX = 128,                      /* parameters of one catalogue query */
    DB_TEXT_BYTES_MAX = 256,                  /* db_text(), terminator included */
};

enum {
    DB_CREATE = 1,   /* make the file when it is missing; without it: ERR_NOT_FOUND */
    DB_READONLY = 2, /* for report queries beside the writer; not together with DB_EXCLUSIVE */
    DB_EXCLUSIVE =
        4, /* one process and one connection own the file: no -shm, works on VFSs without it */
    DB_SCRATCH = 8, /* with DB_CREATE and nothing else: see db_open() */
};

/* A path for db_open() with DB_CREATE: a new database in memory, gone when it is closed. For
 * replaying a log; nothing of it is durable. */
#define DB_MEMORY_PATH ":memory:"

struct db;
struct db_stmt;

/*
 * Every function that returns enum err may return these; one log line (codes only, never data) was
 * written:
 * ERR_FULL     disk full: nothing of the transaction is kept; reading goes on
 * ERR_DAMAGED  the file is no database or is corrupt: stop saving, verify
 * ERR_LOCKED   another connection holds the file (after DB_BUSY_MS)
 * ERR_IO       read, write or sync failed: nothing of the transaction is kept; going on and opening
 *              again are both safe (db_wal.c)
 * ERR_READONLY the file or its folder cannot be written
 * ERR_MOVED    at db_commit(): the file was moved, removed or replaced since it was opened;
 *              nothing is kept: say it, stop saving, do not open it anew by yourself
 * ERR_NOMEM    out of memory
 * ERR_EXISTS   a row with that unique key is there already (not logged)
 * ERR_STORE    anything else: constraint, wrong SQL, lost transaction
 * A FULL, DAMAGED, IO or NOMEM inside a transaction rolls it back at once; everything until
 * db_rollback() or the failing db_commit() then returns that same error, so that no later statement
 * runs outside its transaction.
 */

/*
 * Open `path` through the SQLite VFS `vfs` (NULL: the system's; then a new file gets mode 0600 and
 * its folder is fsynced). synchronous is EXTRA while the file is created and turned to WAL, FULL
 * afterwards.
 *
 * A WAL that was left behind (crash, kill, failed sync) is written anew before anything in it is
 * believed, because a failed sync may have left in the system's cache what is not on the disk. The
 * first connection to a file does that; so open the writer first and DB_READONLY ones beside it.
 *
 * With DB_SCRATCH the file is made anew and loses its name before anything is written into it: it is gone with
 * db_close() and with the process, however that ends. It is for what would be too large for memory: no
 * transaction in it is durable, its journal is in memory. One at a time for a path; what another process left
 * under this name, killed in the moment before, is removed.
 *
 * ERR_NOT_FOUND  no such file and no DB_CREATE
 * ERR_STORE      WAL could not be turned on, among others
 */
MUST_CHECK enum err db_open(const char *path, const char *vfs, unsigned flags, struct db **out);

/*
 * For a DB_READONLY connection beside the writer, once: from now on it reads the database as it is at
 * this moment, whatever the writer commits, until db_close(). The WAL grows meanwhile.
 */
MUST_CHECK enum err db_snapshot(struct db *db);

/* From any thread: what runs on this connection ends soon with an error, and so does whatever is begun
 * after it. For leaving; there is no way back. */
void db_stop(struct db *db);

/* Finalizes all statements; an open transaction is rolled back. NULL is allowed. */
void db_close(struct db *db);

/* What the last failure was about, English, without data; "" when there was none. Valid until the
 * next call. */
const char *db_text(const struct db *db);

/* The file's absolute path; "" in memory. Lives as long as `db`. */
const char *db_path(const struct db *db);

/*
 * The cached statement of an SQL literal, reset and with all parameters NULL. Keyed by the
 * literal's address (and its text, so a reused buffer is safe but slow). Never NULL: when it cannot
 * be prepared, its db_step() returns why. The same literal must not be in use twice at once.
 */
struct db_stmt *db_stmt(struct db *db, const char *sql);

/* A statement outside the cache for SQL made at run time; release with db_stmt_free(). */
MUST_CHECK enum err db_prepare(struct db *db, const char *sql, struct db_stmt **out);
void db_stmt_free(struct db_stmt *q);

/* Bind parameter `i` (from 1). A failure is sticky and returned by the next step. An empty text or
 * blob is empty, not NULL. */
void db_bind_int(struct db_stmt *q, int i, int64_t v);
void db_bind_double(struct db_stmt *q, int i, double v);
void db_bind_blob(struct db_stmt *q, int i, struct bytes v);
void db_bind_text(struct db_stmt *q, int i, struct bytes v);
void db_bind_str(struct db_stmt *q, int i, const char *v); /* NULL binds NULL */
void db_bind_null(struct db_stmt *q, int i);

/* One step: *row says whether there is a row to read. At the end or on error the statement is
 * reset. */
MUST_CHECK enum err db_step(struct db_stmt *q, bool *row);

/* Run to the end, ignoring rows. */
MUST_CHECK enum err db_run(struct db_stmt *q);

/* Step once for a single row. ERR_NOT_FOUND: no row. Call db_done() after reading it. */
MUST_CHECK enum err db_get(struct db_stmt *q);

/* Leave a row loop early. Also done by db_stmt(), db_begin(), db_commit() and db_rollback() for
 * whatever is open. */
void db_done(struct db_stmt *q);

enum db_kind { DB_NULL, DB_INT, DB_DOUBLE, DB_TEXT, DB_BLOB };

/* Read column `i` (from 0) of the current row. NULL reads as 0, 0.0 and empty bytes. */
enum db_kind db_column_kind(const struct db_stmt *q, int i);
int64_t db_column_int(const struct db_stmt *q, int i);
double db_column_double(const struct db_stmt *q, int i);
struct bytes db_column_bytes(const struct db_stmt *q, int i); /* text or blob */
int db_column_count(const struct db_stmt *q);
const char *db_column_name(const struct db_stmt *q, int i);

/* Copy a blob column of exactly `len` bytes; anything else is ERR_DAMAGED (our own rows have fixed
 * shapes). */
MUST_CHECK enum err db_column_copy(const struct db_stmt *q, int i, void *out, size_t len);

/* Rows changed by the last INSERT, UPDATE or DELETE; rowid of the last INSERT. */
int64_t db_changes(const struct db *db);
int64_t db_last_rowid(const struct db *db);

/* BEGIN IMMEDIATE … COMMIT. Nested begin is asserted against. After a failed commit nothing is kept
 * and the connection is in autocommit again. db_rollback() is allowed without a transaction. */
MUST_CHECK enum err db_begin(struct db *db);
MUST_CHECK enum err db_commit(struct db *db);
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

/* `e` decides: commit on ERR_OK (and return how that went), else roll back and return `e`. */
MUST_CHECK enum err db_end(struct db *db, enum err e);

/* Run schema text: any number of statements without parameters. */
MUST_CHECK enum err db_exec(struct db *db, const char *sql);

MUST_CHECK enum err db_version(struct db *db, int64_t *out);
MUST_CHECK enum err db_set_version(struct db *db, int64_t version);

/* Step i (from 0) takes user_version i to i+1. */
struct db_migration {
    const char *sql;
};

/* ERR_OTHER_PROGRAM: there is this table, which only databases of the other program have. Before db_migrate(), which
 * would take its version for one of ours. */
MUST_CHECK enum err db_has_not(struct db *db, const char *table);

/*
 * Bring the schema to version n, forward only, all steps in one transaction. ERR_NEWER: the file
 * is of a newer program; db_text() says which versions; nothing was changed.
 */
MUST_CHECK enum err db_migrate(struct db *db, const struct db_migration *steps, size_t n);

/*
 * A copy of the whole database as a new file, in steps, while this connection goes on reading and
 * writing: what it writes meanwhile goes into the copy too (db_copy.c). The copy stands under
 * "<dest>.part" until it is whole and durable, then gets its name; it has mode 0600.
 *
 *   db_copy_begin -> db_copy_step ... until *done -> db_copy_free, at any time: an unfinished copy goes
 *
 * ERR_EXISTS: nothing is ever overwritten. ERR_FULL: there is no room for it; a failure of the place
 * where the copy goes says nothing about the database and leaves it as it was.
 */
struct db_copy;
MUST_CHECK enum err db_copy_begin(struct db *db, const char *dest, struct db_copy **out);
/* At most `pages` more (-1: all). Inside a transaction it does nothing and is not done. */
MUST_CHECK enum err db_copy_step(struct db_copy *c, int pages, bool *done);
/* Pages copied and pages in all, as far as known. */
void db_copy_progress(const struct db_copy *c, int64_t *copied, int64_t *pages);
void db_copy_free(struct db_copy *c); /* NULL is fine */

/* Where a copy goes: `path`, or, when that is a folder, "<path>/<stem>-<stamp>.db" in it. */
MUST_CHECK enum err db_copy_dest(const char *path, const char *stem, const char *stamp, char *out,
                                 size_t cap);

/* All of that in one call. */
MUST_CHECK enum err db_backup(struct db *db, const char *dest);

/* A copy of the database file `from`, which another process may have open, as the new file `to`.
 * ERR_EXISTS; ERR_NOT_FOUND; ERR_DAMAGED: it is no database. */
MUST_CHECK enum err db_copy_file(const char *from, const char *to);

/*
 * Put the closed database `fresh` in the place of `path`, which nobody has open. What is there is
 * kept as "<path>.old-<stamp>" with its WAL (the stamp is ours, e.g. "20261122-101500"; "-2", "-3"...
 * behind it when that name is taken) and named in `kept` ("" when there was nothing). At any moment of
 * a power cut `path` names the old database or the new one, whole; on a file system without hard links
 * there is a moment when the old one has only its second name.
 */
MUST_CHECK enum err db_swap(const char *fresh, const char *path, const char *stamp, char *kept,
                            size_t cap);

/* Its size as this connection sees it, by its pages. */
MUST_CHECK enum err db_bytes(struct db *db, int64_t *out);

/* Has the disk of the file `path` room for another database as large as this one, and a little more? ERR_FULL: no. */
MUST_CHECK enum err db_room(struct db *db, const char *path);

/* Remove a database that nobody has open, with its WAL. None there is fine. */
MUST_CHECK enum err db_remove(const char *path);

/* The name that a restore gives the copy while it checks it, beside the database `path`. */
MUST_CHECK enum err db_restore_name(const char *path, char out[static FILE_PATH_BYTES_MAX]);

/* Remove what a restore of `path` that was killed left under that name: a copy with all that is in it. Only by who
 * holds the folder's lock, while `path` is there. */
void db_restore_sweep(const char *path);

/* How many databases db_replace() left beside `path`: what an order erased may stand in them still. The name of the
 * first, without its folder, in `first`; "" and 0 where there is none, or the folder cannot be read. */
size_t db_old_count(const char *path, char first[static FILE_PATH_BYTES_MAX]);

/* The same for people, in both languages: what it is and what to do with it. False: there is none. */
struct db_old_words {
    char vi[512], en[512];
};
bool db_old_told(const char *path, struct db_old_words *out);

/* Move the WAL into the database and truncate it (erasure: old pages leave the disk). ERR_LOCKED: a
 * reader is in the way; try again later. */
MUST_CHECK enum err db_checkpoint(struct db *db);

/*
 * Move what can be moved without waiting for anybody; outside a transaction. A connection that begins to
 * read when all was moved does not keep the WAL from being begun anew. So before each reader that follows
 * another, or the WAL grows as long as there is always one.
 */
MUST_CHECK enum err db_checkpoint_some(struct db *db);

/*
 * Write the whole database anew, so that no free page and no slack inside a page keeps what was
 * deleted (secure_delete zeroes what is deleted, not the copies that moving cells between pages left
 * behind), then as db_checkpoint(). Outside a transaction; needs about the size of the database in
 * memory, or in temporary files when it is larger than DB_VACUUM_MEMORY_MAX.
 * ERR_FULL, ERR_NOMEM ...: nothing changed.
 */
MUST_CHECK enum err db_vacuum(struct db *db);

/* PRAGMA quick_check. ERR_DAMAGED when it finds anything; ERR_NOMEM, ERR_IO, ERR_FULL: it could not look. */
MUST_CHECK enum err db_check(struct db *db);

/* PRAGMA integrity_check: the same, and every index against its table. */
MUST_CHECK enum err db_check_whole(struct db *db);

/*
 * Seals (db_seal.c): for each table of the schema but those that `skip` names, sys_seal keeps the sum
 * modulo 2^128 of BLAKE2b-128 over its rows, in the same transaction as every change, by triggers that
 * live in this connection only. What changes a row in any other way, a flipped bit or another program,
 * leaves a sum that does not fit. Call it after migrations, and again after tables or columns were
 * added; a table that is new to it, or has other columns, is summed up as it is. Inside a transaction,
 * or one of its own.
 */
MUST_CHECK enum err db_seal(struct db *db, bool (*skip)(const char *table));
/* A row that was damaged is written as it had been: the seal of its table, kept before and put back after, in the same
 * transaction, is of that. */
enum { DB_SEAL_BYTES = 16 };
struct db_seal {
    bool there;
    uint8_t sum[DB_SEAL_BYTES];
};
MUST_CHECK enum err db_seal_keep(struct db *db, const char *table, struct db_seal *out);
MUST_CHECK enum err db_seal_back(struct db *db, const char *table, const struct db_seal *seal);
/* Take every row out of a table that is filled anew in the same transaction, whatever was damaged in it or in its
 * indexes; its seal is then of no rows. No statement of the connection may be under way. */
MUST_CHECK enum err db_seal_empty(struct db *db, const char *table);
/* Has it seals? Then whoever writes must go on with db_seal(). */
MUST_CHECK enum err db_sealed(struct db *db, bool *sealed);
/* Sum up again and compare: `broken` is told each table that does not fit (or cannot be read). */
MUST_CHECK enum err db_seal_check(struct db *db, enum err (*broken)(void *ctx, const char *table),
                                  void *ctx);

/*
 * The same bit by bit, between other work on the connection (db_scan.c): each step sums up at most `rows`
 * rows of one table; `broken` is told a table that does not fit when its end is reached. A table that
 * was changed by this connection meanwhile is begun again, three times at most a round. *done: all tables
 * were looked at; the next step begins a new round. Outside a transaction; the database has seals.
 * ERR_NOMEM, ERR_IO: this step did nothing; what `broken` returned.
 */
struct db_scan;
MUST_CHECK enum err db_scan_new(struct db *db, struct db_scan **out);
MUST_CHECK enum err db_scan_step(struct db_scan *s, int rows,
                                 enum err (*broken)(void *ctx, const char *table), void *ctx,
                                 bool *done);
void db_scan_free(struct db_scan *s); /* NULL is fine */

/* A named parameter of a catalogue query: "t0" for ":t0". */
struct db_param {
    const char *name;
    enum db_kind kind;
    int64_t i;
    double d;
    struct bytes b; /* text or blob, borrowed for the call */
};

struct db_query {
    const char *sql; /* one SELECT (or WITH … SELECT, VALUES) */
    const struct db_param *params;
    size_t param_count;
    uint64_t step_max; /* SQLite VM steps; exceeded by at most DB_QUERY_GRAIN_STEPS */
    uint32_t ms_max;   /* time by the clock, looked at every DB_QUERY_GRAIN_STEPS; never 0 */
    /* May this column be read? Base tables are asked for, also those behind views; "": no column of
     * the table is, only its rows. */
    bool (*allow)(void *ctx, const char *table, const char *column);
    /* A row; `q` is for db_column_* only. Anything but ERR_OK ends the query with that error. NULL:
     * rows are only counted against step_max. The callback may use the same db. */
    enum err (*row)(void *ctx, struct db_stmt *q);
    /* May the SQL have this parameter (without its colon; NULL: one without a name)? NULL: any. */
    bool (*known)(void *ctx, const char *name);
    void *ctx;
};

enum { DB_QUERY_GRAIN_STEPS = 1000 };

/*
 * Run SQL that people wrote (catalogue constraints and indicators) with no right but to read the
 * allowed tables: no write, PRAGMA, ATTACH, schema table, extension, nor functions whose result is
 * not of the data (random, current time, changes; date() and its like without a time value, or with
 * 'now', 'localtime', 'utc' or 'subsec' written out). Parameters the SQL has but `params` lacks are
 * NULL; params it does not use are ignored.
 *
 * ERR_DENIED     it wants something forbidden; db_text() says what
 * ERR_BAD_INPUT  it is not exactly one statement, does not compile or run, or has a parameter that is not known;
 *                db_text() says why
 * ERR_TOO_LARGE  step_max, ms_max or a DB_* limit; no further rows
 */
MUST_CHECK enum err db_query_readonly(struct db *db, const struct db_query *query);

#endif

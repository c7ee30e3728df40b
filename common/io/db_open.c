#include "common/io/db_priv.h"
#include "common/io/file.h"
#include "common/log.h"
#include "common/zoo.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err db_exec(struct db *db, const char *sql)
{
    enum err e = db_usable(db);
    if (e != ERR_OK) return e;
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : db_fail(db, sqlite3_extended_errcode(db->handle), "exec");
}

/* ERR_STORE unless the pragma answers with `want`. */
static enum err db_pragma_is(struct db *db, const char *sql, const char *want)
{
    struct db_stmt *q = NULL;
    enum err e = db_prepare(db, sql, &q);
    if (e != ERR_OK) return e;
    e = db_get(q);
    if (e == ERR_NOT_FOUND) e = ERR_STORE;
    if (e == ERR_OK && !bytes_equal(db_column_bytes(q, 0), bytes_str(want))) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("db.setting"), log_str("sql", sql),
                  log_str("want", want));
        e = ERR_STORE;
    }
    db_stmt_free(q);
    return e;
}

/* One attached database, because VACUUM is made of ATTACH. */
static void db_set_limits(sqlite3 *h)
{
    static const struct {
        int id, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, DB_VALUE_BYTES_MAX}, {SQLITE_LIMIT_SQL_LENGTH, DB_SQL_BYTES_MAX},
        {SQLITE_LIMIT_COLUMN, DB_COLUMNS_MAX},     {SQLITE_LIMIT_EXPR_DEPTH, 200},
        {SQLITE_LIMIT_COMPOUND_SELECT, 100},       {SQLITE_LIMIT_VDBE_OP, 250000},
        {SQLITE_LIMIT_FUNCTION_ARG, 64},           {SQLITE_LIMIT_ATTACHED, 1},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256},   {SQLITE_LIMIT_VARIABLE_NUMBER, DB_COLUMNS_MAX},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 10},          {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(h, limits[i].id, limits[i].value);
}

static enum err db_configure(struct db *db)
{
    sqlite3 *h = db->handle;
    int rc = sqlite3_extended_result_codes(h, 1);
    if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(h, DB_BUSY_MS);
    if (rc == SQLITE_OK) rc = sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    if (rc == SQLITE_OK) rc = sqlite3_db_config(h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    if (rc == SQLITE_OK) rc = sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)NULL);
    if (rc == SQLITE_OK) rc = sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    if (rc == SQLITE_OK) rc = sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    if (rc == SQLITE_OK) rc = sqlite3_set_authorizer(h, db_query_authorize, db);
    if (rc != SQLITE_OK) return db_fail(db, rc, "configure");
    db_set_limits(h);
    return db_exec(db,
                   "PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY");
}

/*
 * EXTRA before WAL: the transaction that turns WAL on still uses a rollback journal, and with FULL
 * its unlink is not made durable, so that the journal could come back after a power cut and undo
 * acknowledged commits. The locking mode also has to be set before the first use of the WAL, or
 * SQLite would already have made a -shm.
 */
static enum err db_make_durable(struct db *db, unsigned flags)
{
    enum err e = ERR_OK;
    if (flags & DB_SCRATCH)
        return db_exec(
            db,
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; "
            "PRAGMA secure_delete=OFF");
    if (flags & DB_READONLY) return db_exec(db, "PRAGMA query_only=ON");
    if (flags & DB_EXCLUSIVE) e = db_pragma_is(db, "PRAGMA locking_mode=EXCLUSIVE", "exclusive");
    if (e == ERR_OK) e = db_exec(db, "PRAGMA synchronous=EXTRA");
    if (e == ERR_OK) e = db_pragma_is(db, "PRAGMA journal_mode=WAL", "wal");
    const char *sync = ZOO(7)     ? "PRAGMA synchronous=OFF"
                       : ZOO(111) ? "PRAGMA synchronous=NORMAL"
                                  : "PRAGMA synchronous=FULL";
    if (e == ERR_OK) e = db_exec(db, sync);
    return e;
}

/* SQLite's own count of memory takes a lock at each allocation, a tenth of the time of taking a frame, and nobody
 * asks for it. It can be switched off before SQLite's first use only; behind that it just stays on. */
static void db_no_memory_statistics(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum err db_open_handle(struct db *db, const char *path, const char *vfs, unsigned flags)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, db_no_memory_statistics);
    int mode = (flags & DB_READONLY) ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (!db->system_vfs && (flags & DB_CREATE)) mode |= SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(path, &db->handle,
                             mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, vfs);
    if (rc == SQLITE_OK) return ERR_OK;
    if (db->handle == NULL) return ERR_NOMEM;
    rc = sqlite3_extended_errcode(db->handle);
    enum err e = db_fail(db, rc, "open");
    return (rc & 0xff) == SQLITE_CANTOPEN && e != ERR_FULL && e != ERR_READONLY ? ERR_NOT_FOUND : e;
}

/* The file for db_open_handle(): with our mode before SQLite makes it with the umask's. */
static enum err db_file(const char *path, unsigned flags)
{
    enum err e = ERR_OK;
    if ((flags & DB_CREATE) == 0) return file_exists(path) ? ERR_OK : ERR_NOT_FOUND;
    if ((flags & DB_SCRATCH) && file_exists(path)) e = file_remove(path); /* of a killed process */
    if (e == ERR_OK) e = file_create_empty(path);
    return e == ERR_EXISTS && (flags & DB_SCRATCH) == 0 ? ERR_OK : e;
}

static enum err db_open_scratch(struct db *db, const char *path)
{
    enum err e = db_file(path, db->flags);
    if (e != ERR_OK) return e;
    e = db_open_handle(db, path, NULL, db->flags);
    enum err gone = file_remove(path);
    return e == ERR_OK ? gone : e;
}

static enum err db_open_file(struct db *db, const char *path, const char *vfs, bool memory)
{
    enum err e = memory && (db->flags & DB_CREATE) == 0 ? ERR_NOT_FOUND : ERR_OK;
    if (db->system_vfs) e = db_file(path, db->flags);
    if (e == ERR_OK && !memory && (db->flags & DB_READONLY) == 0) e = db_wal_trust(db, path, vfs);
    return e == ERR_OK ? db_open_handle(db, path, vfs, db->flags) : e;
}

enum err db_open(const char *path, const char *vfs, unsigned flags, struct db **out)
{
    bool scratch = (flags & DB_SCRATCH) != 0;
    assert((flags & DB_READONLY) == 0 || (flags & (DB_CREATE | DB_EXCLUSIVE)) == 0);
    assert(!scratch || (vfs == NULL && flags == (DB_SCRATCH | DB_CREATE)));
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL) return ERR_NOMEM;
    bool memory = vfs == NULL && strcmp(path, DB_MEMORY_PATH) == 0;
    db->flags = flags;
    db->system_vfs = vfs == NULL && !memory;
    enum err e = scratch ? db_open_scratch(db, path) : db_open_file(db, path, vfs, memory);
    if (e == ERR_OK) e = db_configure(db);
    if (e == ERR_OK && !memory) e = db_make_durable(db, flags);
    if (e == ERR_OK && db->system_vfs && (flags & DB_CREATE) && !scratch)
        e = file_sync_parent(path);
    if (e != ERR_OK) {
        db_close(db);
        return e;
    }
    *out = db;
    return ERR_OK;
}

enum err db_snapshot(struct db *db)
{
    enum err e = db_exec(db, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
    if (e == ERR_OK) db->tx = DB_TX_READ;
    return e == ERR_OK ? db_seal_look(db) : e;
}

void db_stop(struct db *db)
{
    atomic_store(&db->stop, true);
    sqlite3_interrupt(db->handle);
}

void db_close(struct db *db)
{
    if (db == NULL) return;
    for (size_t i = 0; i < DB_SLOTS; i++)
        sqlite3_finalize(db->slots[i].stmt.q);
    if (db->handle != NULL) {
        if (!sqlite3_get_autocommit(db->handle)) db_rollback(db);
        int rc = sqlite3_close(db->handle);
        assert(rc == SQLITE_OK && "a statement of db_prepare() was not freed");
        (void)rc;
    }
    free(db);
}

/* ---- versions ---- */

enum err db_version(struct db *db, int64_t *out)
{
    struct db_stmt *q = db_stmt(db, "PRAGMA user_version");
    enum err e = db_get(q);
    if (e == ERR_OK) *out = db_column_int(q, 0);
    db_done(q);
    return e;
}

enum err db_set_version(struct db *db, int64_t version)
{
    char sql[64];
    assert(version >= 0 && version <= INT32_MAX);
    snprintf(sql, sizeof sql, "PRAGMA user_version=%ld", (long)version);
    return db_exec(db, sql);
}

enum err db_has_not(struct db *db, const char *table)
{
    struct db_stmt *q =
        db_stmt(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
    db_bind_str(q, 1, table);
    enum err e = db_get(q);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e == ERR_OK ? ERR_OTHER_PROGRAM : e;
}

static enum err db_migrate_steps(struct db *db, const struct db_migration *steps, size_t from,
                                 size_t n)
{
    enum err e = ERR_OK;
    for (size_t i = from; e == ERR_OK && i < n; i++)
        e = db_exec(db, steps[i].sql);
    if (e == ERR_OK) e = db_set_version(db, (int64_t)n);
    return e;
}

enum err db_migrate(struct db *db, const struct db_migration *steps, size_t n)
{
    int64_t now = 0;
    enum err e = db_begin(db);
    if (e != ERR_OK) return e;
    e = db_seal_look(db);
    if (e == ERR_OK) e = db_version(db, &now);
    if (e == ERR_OK && (now < 0 || (uint64_t)now > n)) {
        snprintf(db->text, sizeof db->text,
                 "the data folder is of a newer program (schema %ld, this program knows %zu): "
                 "install that version",
                 (long)now, n);
        e = ERR_NEWER;
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("db.newer"), log_int("schema", now),
                  log_int("known", (int64_t)n));
    }
    if (e == ERR_OK && (size_t)now < n) e = db_migrate_steps(db, steps, (size_t)now, n);
    return db_end(db, e);
}

/* ---- the whole file ---- */

enum err db_checkpoint(struct db *db)
{
    assert(db->tx == DB_TX_NONE);
    enum err e = db_usable(db);
    if (e != ERR_OK) return e;
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : db_fail(db, rc, "checkpoint");
}

enum err db_checkpoint_some(struct db *db)
{
    assert(db->tx == DB_TX_NONE);
    enum err e = db_usable(db);
    if (e != ERR_OK) return e;
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) return ERR_OK; /* somebody else is doing it */
    return rc == SQLITE_OK ? ERR_OK : db_fail(db, rc, "checkpoint");
}

/* Forget what cached statements still read, or VACUUM would find them in its way. */
static void db_reset_all(struct db *db)
{
    for (size_t i = 0; i < DB_SLOTS; i++) {
        if (db->slots[i].stmt.q != NULL) db_done(&db->slots[i].stmt);
    }
}

enum err db_bytes(struct db *db, int64_t *out)
{
    struct db_stmt *q = NULL;
    enum err e = db_prepare(
        db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &q);
    if (e != ERR_OK) return e;
    e = db_get(q);
    if (e == ERR_OK) *out = db_column_int(q, 0);
    db_stmt_free(q);
    return e;
}

enum err db_vacuum(struct db *db)
{
    assert(db->tx == DB_TX_NONE);
    int64_t bytes = 0;
    db_reset_all(db);
    enum err e = db_bytes(db, &bytes);
    if (e != ERR_OK) return e;
    bool large = bytes > DB_VACUUM_MEMORY_MAX;
    if (e == ERR_OK && large) e = db_exec(db, "PRAGMA temp_store=FILE");
    if (e == ERR_OK) e = db_exec(db, "VACUUM");
    if (large) {
        enum err back = db_exec(db, "PRAGMA temp_store=MEMORY");
        if (e == ERR_OK) e = back;
    }
    return e == ERR_OK ? db_checkpoint(db) : e;
}

/* What could not be looked at is not damaged: no memory, or a disk that does not read just now. SQLite then answers
 * with a row of words: "... unable to get the page. error code=266", "failed to get page 7". The second (of free pages
 * and long values) does not say why: *again. */
static enum err db_check_once(struct db *db, const char *sql, bool *again)
{
    static const char mark[] = "error code=", unread[] = "failed to get page";
    char text[DB_TEXT_BYTES_MAX];
    struct db_stmt *q = NULL;
    bool row = false;
    enum err e = db_prepare(db, sql, &q);
    if (e == ERR_OK) e = db_step(q, &row);
    if (e == ERR_OK && row) {
        struct bytes said = db_column_bytes(q, 0);
        snprintf(text, sizeof text, "%.*s", (int)(said.len < sizeof text ? said.len : 0),
                 (const char *)said.p);
        const char *code = strstr(text, mark);
        *again = code == NULL && strstr(text, unread) != NULL;
        if (code != NULL)
            e = db_map((int)strtol(code + sizeof mark - 1, NULL, 10));
        else if (strcmp(text, "ok") != 0)
            e = *again ? ERR_IO : ERR_DAMAGED;
    }
    if (e == ERR_OK && !row) e = ERR_DAMAGED;
    db_stmt_free(q);
    return e == ERR_OK || e == ERR_NOMEM || e == ERR_IO || e == ERR_FULL ? e : ERR_DAMAGED;
}

static enum err db_checked(struct db *db, const char *sql)
{
    bool again = false;
    enum err e = db_check_once(db, sql, &again);
    return again ? db_check_once(db, sql, &again) : e;
}

enum err db_check(struct db *db)
{
    return db_checked(db, "PRAGMA quick_check(1)");
}

enum err db_check_whole(struct db *db)
{
    return db_checked(db, "PRAGMA integrity_check(1)");
}

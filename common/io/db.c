#include "common/io/db_priv.h"
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum err db_map(int rc)
{
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rc == SQLITE_CONSTRAINT_ROWID) {
        return ERR_EXISTS;
    }
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return ERR_OK;
    case SQLITE_FULL: return ERR_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_DAMAGED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_LOCKED;
    case SQLITE_IOERR: return rc == SQLITE_IOERR_NOMEM ? ERR_NOMEM : ERR_IO;
    case SQLITE_NOMEM: return ERR_NOMEM;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    case SQLITE_READONLY: return rc == SQLITE_READONLY_DBMOVED ? ERR_MOVED : ERR_READONLY;
    default: return ERR_STORE;
    }
}

/* The same, and a full or read-only disk under its many names: files that could not be made or grow. A failed sync
 * stays what it is, whatever its reason: pages may be lost. */
static enum err db_map_errno(sqlite3 *handle, int rc)
{
    enum err e = db_map(rc);
    bool io = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
    if (!io || rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC || handle == NULL) return e;
    int code = sqlite3_system_errno(handle);
    if (code == EROFS || code == EACCES || code == EPERM) return ERR_READONLY;
    return code == ENOSPC || code == EDQUOT || rc == SQLITE_IOERR_SHMSIZE ? ERR_FULL : e;
}

static bool db_ends_transaction(enum err e)
{
    return e == ERR_FULL || e == ERR_DAMAGED || e == ERR_IO || e == ERR_NOMEM ||
           e == ERR_READONLY || e == ERR_MOVED;
}

/* Only the static text of the code: sqlite3_errmsg() could quote SQL or values. */
enum err db_fail(struct db *db, int rc, const char *what)
{
    enum err e = db_map_errno(db->handle, rc);
    if (e == ERR_OK) return e;
    snprintf(db->text, sizeof db->text, "%s: %s (code %d)", what, sqlite3_errstr(rc), rc);
    if (e == ERR_EXISTS) return e;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("db.failed"), log_str("what", what), log_err(e),
              log_int("code", rc), log_str("text", sqlite3_errstr(rc)));
    if (db->tx == DB_TX_OPEN && (db_ends_transaction(e) || sqlite3_get_autocommit(db->handle))) {
        db->tx = DB_TX_LOST;
        db->lost_by = e;
        if (!sqlite3_get_autocommit(db->handle))
            sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    }
    return e;
}

enum err db_usable(struct db *db)
{
    if (db->tx == DB_TX_LOST) return db->lost_by;
    if (db->tx == DB_TX_READ) /* after an error that ended it: it would read another moment */
        return sqlite3_get_autocommit(db->handle) ? ERR_STORE : ERR_OK;
    if (db->tx == DB_TX_OPEN || sqlite3_get_autocommit(db->handle)) return ERR_OK;
    int rc = sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : db_fail(db, rc, "go back");
}

/* ---- statements ---- */

static int db_compile(struct db *db, const char *sql, unsigned flags, sqlite3_stmt **out)
{
    return sqlite3_prepare_v3(db->handle, sql, -1, flags, out, NULL);
}

static struct db_stmt *db_broken(struct db *db, enum err e)
{
    db->broken = (struct db_stmt){.db = db, .e = e};
    return &db->broken;
}

static struct db_slot *db_slot_find(struct db *db, const char *sql)
{
    size_t i = (size_t)(((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 40) % DB_SLOTS;
    for (;; i = (i + 1) % DB_SLOTS) {
        struct db_slot *s = &db->slots[i];
        if (s->sql == NULL) return s;
        /* The same address can hold another text when the caller reuses a buffer. */
        if (s->sql == sql && strcmp(sqlite3_sql(s->stmt.q), sql) == 0) return s;
    }
}

struct db_stmt *db_stmt(struct db *db, const char *sql)
{
    assert(db != NULL && sql != NULL);
    enum err usable = db_usable(db);
    if (usable != ERR_OK) return db_broken(db, usable);
    struct db_slot *s = db_slot_find(db, sql);
    if (s->sql != NULL) {
        sqlite3_reset(s->stmt.q);
        sqlite3_clear_bindings(s->stmt.q);
        s->stmt.e = ERR_OK;
        return &s->stmt;
    }
    assert(db->slot_count < DB_STMTS_MAX); /* SQL made at run time belongs into db_prepare(). */
    int rc = db_compile(db, sql, SQLITE_PREPARE_PERSISTENT, &s->stmt.q);
    if (rc != SQLITE_OK) return db_broken(db, db_fail(db, rc, "prepare"));
    assert(s->stmt.q != NULL && sqlite3_sql(s->stmt.q) != NULL);
    s->sql = sql;
    s->stmt.db = db;
    s->stmt.e = ERR_OK;
    db->slot_count++;
    return &s->stmt;
}

enum err db_prepare(struct db *db, const char *sql, struct db_stmt **out)
{
    enum err e = db_usable(db);
    if (e != ERR_OK) return e;
    struct db_stmt *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->db = db;
    int rc = db_compile(db, sql, 0, &s->q);
    if (rc == SQLITE_OK && s->q == NULL) rc = SQLITE_ERROR; /* Only blanks or comments. */
    if (rc != SQLITE_OK) {
        free(s);
        return db_fail(db, rc, "prepare");
    }
    *out = s;
    return ERR_OK;
}

void db_stmt_free(struct db_stmt *q)
{
    if (q == NULL) return;
    sqlite3_finalize(q->q);
    free(q);
}

static void db_bound(struct db_stmt *q, int rc)
{
    if (rc != SQLITE_OK) q->e = db_fail(q->db, rc, "bind");
}

void db_bind_int(struct db_stmt *q, int i, int64_t v)
{
    if (q->e == ERR_OK) db_bound(q, sqlite3_bind_int64(q->q, i, v));
}

void db_bind_double(struct db_stmt *q, int i, double v)
{
    if (q->e == ERR_OK) db_bound(q, sqlite3_bind_double(q->q, i, v));
}

void db_bind_blob(struct db_stmt *q, int i, struct bytes v)
{
    const void *p = v.len ? (const void *)v.p : "";
    if (q->e == ERR_OK) db_bound(q, sqlite3_bind_blob64(q->q, i, p, v.len, SQLITE_STATIC));
}

void db_bind_text(struct db_stmt *q, int i, struct bytes v)
{
    const char *p = v.len ? (const char *)v.p : "";
    if (q->e == ERR_OK)
        db_bound(q, sqlite3_bind_text64(q->q, i, p, v.len, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_str(struct db_stmt *q, int i, const char *v)
{
    if (v == NULL) {
        db_bind_null(q, i);
    } else {
        db_bind_text(q, i, bytes_str(v));
    }
}

void db_bind_null(struct db_stmt *q, int i)
{
    if (q->e == ERR_OK) db_bound(q, sqlite3_bind_null(q->q, i));
}

enum err db_step(struct db_stmt *q, bool *row)
{
    *row = false;
    enum err e = db_usable(q->db);
    if (e != ERR_OK) return e;
    if (q->e != ERR_OK) return q->e;
    if (atomic_load_explicit(&q->db->stop, memory_order_relaxed)) return ERR_AGAIN;
    int rc = sqlite3_step(q->q);
    if (rc == SQLITE_ROW) {
        *row = true;
        return ERR_OK;
    }
    sqlite3_reset(q->q);
    return db_fail(q->db, rc, "step");
}

enum err db_run(struct db_stmt *q)
{
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row)
        e = db_step(q, &row);
    return e;
}

enum err db_get(struct db_stmt *q)
{
    bool row = false;
    enum err e = db_step(q, &row);
    return e == ERR_OK && !row ? ERR_NOT_FOUND : e;
}

void db_done(struct db_stmt *q)
{
    sqlite3_reset(q->q); /* NULL is allowed. */
}

enum db_kind db_column_kind(const struct db_stmt *q, int i)
{
    switch (sqlite3_column_type(q->q, i)) {
    case SQLITE_INTEGER: return DB_INT;
    case SQLITE_FLOAT: return DB_DOUBLE;
    case SQLITE_TEXT: return DB_TEXT;
    case SQLITE_BLOB: return DB_BLOB;
    default: return DB_NULL;
    }
}

int64_t db_column_int(const struct db_stmt *q, int i)
{
    return sqlite3_column_int64(q->q, i);
}

double db_column_double(const struct db_stmt *q, int i)
{
    return sqlite3_column_double(q->q, i);
}

struct bytes db_column_bytes(const struct db_stmt *q, int i)
{
    const void *p = sqlite3_column_blob(q->q, i);
    int n = sqlite3_column_bytes(q->q, i);
    if (p == NULL || n <= 0) return bytes_make("", 0);
    return bytes_make(p, (size_t)n);
}

int db_column_count(const struct db_stmt *q)
{
    return sqlite3_column_count(q->q);
}

const char *db_column_name(const struct db_stmt *q, int i)
{
    const char *name = sqlite3_column_name(q->q, i);
    return name != NULL ? name : "";
}

enum err db_column_copy(const struct db_stmt *q, int i, void *out, size_t len)
{
    struct bytes b = db_column_bytes(q, i);
    if (db_column_kind(q, i) != DB_BLOB || b.len != len) return ERR_DAMAGED;
    if (len > 0) memcpy(out, b.p, len);
    return ERR_OK;
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_last_rowid(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

const char *db_text(const struct db *db)
{
    return db->text;
}

const char *db_path(const struct db *db)
{
    const char *path = sqlite3_db_filename(db->handle, "main");
    return path != NULL ? path : "";
}

/* ---- transactions ---- */

/* A row loop left open would keep an old snapshot alive and block the checkpoint. */
static void db_reset_all(struct db *db)
{
    for (sqlite3_stmt *q = NULL; (q = sqlite3_next_stmt(db->handle, q)) != NULL;) {
        if (sqlite3_stmt_busy(q)) sqlite3_reset(q);
    }
}

enum err db_begin(struct db *db)
{
    if (db->tx == DB_TX_READ) return ERR_READONLY;
    assert(db->tx == DB_TX_NONE && "transactions do not nest");
    db_reset_all(db);
    enum err e = db_run(db_stmt(db, "BEGIN IMMEDIATE"));
    if (e == ERR_OK) db->tx = DB_TX_OPEN;
    return e;
}

/* SQLite goes on writing into a file that has no name any more: all of it would be lost at the end.
 * A VFS that cannot say it has not moved anything. */
static enum err db_in_place(struct db *db)
{
    int moved = 0;
    if (db->flags & DB_SCRATCH) return ERR_OK;
    int rc = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return rc == SQLITE_OK && moved != 0 ? db_fail(db, SQLITE_READONLY_DBMOVED, "look for")
                                         : ERR_OK;
}

enum err db_commit(struct db *db)
{
    assert(db->tx != DB_TX_NONE);
    if (db->tx == DB_TX_LOST) {
        db->tx = DB_TX_NONE;
        return db->lost_by;
    }
    db_reset_all(db);
    enum err e = db_in_place(db);
    if (e == ERR_OK) e = db_run(db_stmt(db, "COMMIT"));
    if (e != ERR_OK) db_rollback(db);
    db->tx = DB_TX_NONE;
    return e;
}

void db_rollback(struct db *db)
{
    db->tx = DB_TX_NONE;
    db_reset_all(db);
    if (sqlite3_get_autocommit(db->handle)) return;
    int rc = sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    if (rc != SQLITE_OK) (void)db_fail(db, rc, "rollback");
}

bool db_in_transaction(const struct db *db)
{
    return db->tx == DB_TX_OPEN || db->tx == DB_TX_LOST;
}

enum err db_end(struct db *db, enum err e)
{
    if (e == ERR_OK) return db_commit(db);
    db_rollback(db);
    return e;
}

/*
 * What is found in a WAL when a database is opened.
 *
 * An fsync that fails may leave its pages in the system's cache, clean and never written (Rebello et
 * al., USENIX ATC 2020): they are read back as if they were there, no later fsync writes them, and
 * they are gone with the power. After a crash SQLite would take such a commit out of the cache for
 * durable and put later, acknowledged ones behind it; when the power fails the chain of frames ends
 * before it and all of them are lost. A checkpoint instead is no cure: with the power lost in the
 * middle of it the database has half of a transaction whose WAL is gone.
 *
 * So nothing in a WAL that somebody left behind is believed: it is copied into a new file, which is
 * synced and then takes its place by a rename. Whenever the power fails, one whole WAL is there: the
 * old or the same one, of which every byte was written and synced by us. The commit that failed is
 * then there or not, as the cache had it; what was acknowledged before it is durable already and
 * stands in both.
 *
 * A connection that goes on after a failed sync needs none of this: it rolls the commit back, its
 * index of the WAL ends before it, and the next commit writes over the same bytes before it syncs.
 */
#include "common/io/db_priv.h"
#include "common/io/file.h"

#include <stdlib.h>

enum { DB_WAL_PIECE_BYTES = 65536 };

struct db_wal {
    struct db *db;
    sqlite3_vfs *vfs;
    char *path; /* of the database, absolute */
    char *wal;
    char *copy;
    sqlite3_file *main;
    sqlite3_file *from;
    sqlite3_file *to;
    uint8_t *piece;
};

static enum err db_wal_rc(struct db_wal *w, int rc, const char *what)
{
    return rc == SQLITE_OK ? ERR_OK : db_fail(w->db, rc, what);
}

static void db_wal_close(sqlite3_file *f)
{
    if (f->pMethods != NULL) (void)f->pMethods->xClose(f);
    f->pMethods = NULL;
}

static enum err db_wal_open(struct db_wal *w, const char *path, int flags, sqlite3_file *f)
{
    int out = 0;
    return db_wal_rc(w, w->vfs->xOpen(w->vfs, path, f, flags, &out), "open for the WAL");
}

/* SQLite wants two zeros behind the name of a database. */
static char *db_wal_name(const char *path, const char *suffix)
{
    size_t len = strlen(path), more = strlen(suffix);
    char *name = calloc(1, len + more + 2);
    if (name == NULL) return NULL;
    memcpy(name, path, len);
    memcpy(name + len, suffix, more);
    return name;
}

static enum err db_wal_names(struct db_wal *w, const char *path)
{
    int room = w->vfs->mxPathname + 1;
    char *full = calloc(1, (size_t)room);
    if (full == NULL) return ERR_NOMEM;
    int rc = w->vfs->xFullPathname(w->vfs, path, room, full);
    if (rc == SQLITE_OK_SYMLINK) rc = SQLITE_OK;
    if (rc == SQLITE_OK) {
        w->path = db_wal_name(full, "");
        w->wal = db_wal_name(full, "-wal");
        w->copy = db_wal_name(full, "-wal-new");
        if (w->path == NULL || w->wal == NULL || w->copy == NULL) rc = SQLITE_NOMEM;
    }
    free(full);
    return db_wal_rc(w, rc, "path");
}

static enum err db_wal_init(struct db_wal *w, const char *path)
{
    size_t file = (size_t)w->vfs->szOsFile;
    w->main = calloc(1, file);
    w->from = calloc(1, file);
    w->to = calloc(1, file);
    w->piece = malloc(DB_WAL_PIECE_BYTES);
    if (w->main == NULL || w->from == NULL || w->to == NULL || w->piece == NULL) return ERR_NOMEM;
    return db_wal_names(w, path);
}

static void db_wal_free(struct db_wal *w)
{
    if (w->from != NULL) db_wal_close(w->from);
    if (w->to != NULL) db_wal_close(w->to);
    if (w->main != NULL) db_wal_close(w->main); /* releases its locks */
    free(w->path);
    free(w->wal);
    free(w->copy);
    free(w->main);
    free(w->from);
    free(w->to);
    free(w->piece);
}

static enum err db_wal_there(struct db_wal *w, const char *path, bool *there)
{
    int is = 0;
    int rc = w->vfs->xAccess(w->vfs, path, SQLITE_ACCESS_EXISTS, &is);
    *there = is != 0;
    return db_wal_rc(w, rc, "access");
}

/* Every connection to a database with a WAL holds a shared lock: *busy when there is one. It then
 * did this before, and our own lock keeps others away until we are done. */
static enum err db_wal_lock(struct db_wal *w, bool *busy)
{
    enum err e = db_wal_open(w, w->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, w->main);
    if (e != ERR_OK) return e;
    int rc = w->main->pMethods->xLock(w->main, SQLITE_LOCK_SHARED);
    if (rc == SQLITE_OK) rc = w->main->pMethods->xLock(w->main, SQLITE_LOCK_EXCLUSIVE);
    *busy = (rc & 0xff) == SQLITE_BUSY;
    return *busy ? ERR_OK : db_wal_rc(w, rc, "lock");
}

static enum err db_wal_copy(struct db_wal *w, sqlite3_int64 len)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
    enum err e = db_wal_open(w, w->copy, flags, w->to);
    for (sqlite3_int64 at = 0; e == ERR_OK && at < len;) {
        int n = len - at < DB_WAL_PIECE_BYTES ? (int)(len - at) : DB_WAL_PIECE_BYTES;
        e = db_wal_rc(w, w->from->pMethods->xRead(w->from, w->piece, n, at), "read the WAL");
        if (e == ERR_OK)
            e = db_wal_rc(w, w->to->pMethods->xWrite(w->to, w->piece, n, at), "copy the WAL");
        at += n;
    }
    if (e == ERR_OK)
        e = db_wal_rc(w, w->to->pMethods->xSync(w->to, SQLITE_SYNC_FULL), "sync the WAL");
    if (w->to->pMethods != NULL) db_wal_close(w->to);
    return e;
}

/* A VFS of a test that keeps files elsewhere has a system call "rename" of this shape, durable on
 * return. */
typedef int db_wal_rename_fn(const char *from, const char *to);

static enum err db_wal_replace(struct db_wal *w)
{
    sqlite3_syscall_ptr call = NULL;
    if (w->vfs->iVersion >= 3 && w->vfs->xGetSystemCall != NULL)
        call = w->vfs->xGetSystemCall(w->vfs, "rename");
    if (call == NULL) return file_replace(w->copy, w->wal);
    return db_wal_rc(w, ((db_wal_rename_fn *)call)(w->copy, w->wal), "rename the WAL");
}

static enum err db_wal_anew(struct db_wal *w)
{
    sqlite3_int64 len = 0;
    bool busy = false, left = false;
    enum err e = db_wal_lock(w, &busy);
    if (e != ERR_OK || busy) return e;
    /* What an interrupted copy left was never looked at. */
    e = db_wal_there(w, w->copy, &left);
    if (e == ERR_OK && left) e = db_wal_rc(w, w->vfs->xDelete(w->vfs, w->copy, 0), "delete");
    if (e == ERR_OK) e = db_wal_open(w, w->wal, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, w->from);
    if (e == ERR_OK) e = db_wal_rc(w, w->from->pMethods->xFileSize(w->from, &len), "size");
    if (e != ERR_OK || len == 0) return e;
    e = db_wal_copy(w, len);
    db_wal_close(w->from);
    return e == ERR_OK ? db_wal_replace(w) : e;
}

enum err db_wal_trust(struct db *db, const char *path, const char *vfs)
{
    struct db_wal w = {.db = db, .vfs = sqlite3_vfs_find(vfs)};
    bool there = false, wal = false;
    if (w.vfs == NULL) return ERR_STORE;
    enum err e = db_wal_init(&w, path);
    if (e == ERR_OK) e = db_wal_there(&w, w.path, &there);
    if (e == ERR_OK && there) e = db_wal_there(&w, w.wal, &wal);
    if (e == ERR_OK && wal) e = db_wal_anew(&w);
    db_wal_free(&w);
    return e;
}

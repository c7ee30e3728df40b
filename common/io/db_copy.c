/* Copies of a database while it is in use, and putting one in the place of another. */
#include "common/io/db_priv.h"
#include "common/io/file.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DB_PART_SUFFIX ".part" /* of a copy that is being made */
#define DB_RESTORE_SUFFIX                                                                          \
    ".restore" /* of one that is checked before it takes the place of the database */

enum {
    DB_OLD_MAX = 1000,                 /* databases set aside under one stamp */
    DB_COPY_SPARE_BYTES = 1024 * 1024, /* left free beside a copy: it must not fill the disk */
};

struct db_copy {
    struct db *db;
    sqlite3 *to;
    sqlite3_backup *backup;
    bool made; /* the .part file is ours */
    bool whole;
    char dest[FILE_PATH_BYTES_MAX];
    char part[FILE_PATH_BYTES_MAX];
};

static enum err db_name(char out[static FILE_PATH_BYTES_MAX], const char *path, const char *suffix)
{
    int n = snprintf(out, FILE_PATH_BYTES_MAX, "%s%s", path, suffix);
    return n > 0 && n < FILE_PATH_BYTES_MAX ? ERR_OK : ERR_TOO_LARGE;
}

/* ---- copying ---- */

/* Not db_fail(): the place of the copy is in trouble, not our database. */
static enum err db_copy_fail(int rc, const char *what)
{
    enum err e = db_map(rc);
    if (e == ERR_OK) return e;
    if ((rc & 0xff) == SQLITE_CANTOPEN) e = ERR_IO;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("db.copy"), log_str("what", what), log_err(e),
              log_int("code", rc));
    return e;
}

enum err db_room(struct db *db, const char *dest)
{
    char folder[FILE_PATH_BYTES_MAX];
    uint64_t room = 0;
    int64_t bytes = 0;
    const char *slash = strrchr(dest, '/');
    int n = slash == NULL ? 1 : slash == dest ? 1 : (int)(slash - dest);
    snprintf(folder, sizeof folder, "%.*s", n, slash == NULL ? "." : dest);
    enum err e = file_free_bytes(folder, &room);
    if (e == ERR_OK) e = db_bytes(db, &bytes);
    return e == ERR_OK && room < (uint64_t)bytes + DB_COPY_SPARE_BYTES ? ERR_FULL : e;
}

static enum err db_copy_open(struct db_copy *c)
{
    enum err e = file_create_empty(c->part);
    if (e != ERR_OK) return e;
    c->made = true;
    int rc = sqlite3_open_v2(c->part, &c->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_extended_result_codes(c->to, 1);
    if (rc == SQLITE_OK) rc = sqlite3_exec(c->to, "PRAGMA synchronous=EXTRA", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        c->backup = sqlite3_backup_init(c->to, "main", c->db->handle, "main");
        if (c->backup == NULL) rc = sqlite3_extended_errcode(c->to);
    }
    return db_copy_fail(rc, "open");
}

enum err db_copy_begin(struct db *db, const char *dest, struct db_copy **out)
{
    struct db_copy *c = calloc(1, sizeof *c);
    if (c == NULL) return ERR_NOMEM;
    c->db = db;
    enum err e = db_name(c->dest, dest, "");
    if (e == ERR_OK) e = db_name(c->part, dest, DB_PART_SUFFIX);
    if (e == ERR_OK && file_exists(dest)) e = ERR_EXISTS;
    if (e == ERR_OK) e = db_room(db, dest);
    if (e == ERR_OK && file_exists(c->part)) e = file_remove(c->part); /* one that was cut */
    if (e == ERR_OK) e = db_copy_open(c);
    if (e != ERR_OK) {
        db_copy_free(c);
        return e;
    }
    *out = c;
    return ERR_OK;
}

static enum err db_copy_end(struct db_copy *c)
{
    int rc = sqlite3_backup_finish(c->backup);
    c->backup = NULL;
    /* One file that any reader can open, also from a disk that may not be written. */
    if (rc == SQLITE_OK) rc = sqlite3_exec(c->to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_close(c->to);
    if (rc != SQLITE_OK) return db_copy_fail(rc, "finish");
    c->to = NULL;
    enum err e = file_rename(c->part, c->dest);
    c->whole = e == ERR_OK;
    return e;
}

enum err db_copy_step(struct db_copy *c, int pages, bool *done)
{
    *done = c->whole;
    if (c->whole) return ERR_OK;
    int rc = sqlite3_backup_step(c->backup, pages);
    if (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED) return ERR_OK;
    if (rc != SQLITE_DONE) return db_copy_fail(rc, "step");
    enum err e = db_copy_end(c);
    *done = c->whole;
    return e;
}

void db_copy_progress(const struct db_copy *c, int64_t *copied, int64_t *pages)
{
    *pages = c->backup != NULL ? sqlite3_backup_pagecount(c->backup) : 0;
    *copied = c->backup != NULL ? *pages - sqlite3_backup_remaining(c->backup) : 0;
}

void db_copy_free(struct db_copy *c)
{
    if (c == NULL) return;
    if (c->backup != NULL) sqlite3_backup_finish(c->backup);
    sqlite3_close(c->to);
    if (c->made && !c->whole && file_remove(c->part) != ERR_OK)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("db.copy"), log_int("leftover", 1));
    free(c);
}

enum err db_copy_dest(const char *path, const char *stem, const char *stamp, char *out, size_t cap)
{
    if (!file_is_folder(path)) {
        int n = snprintf(out, cap, "%s", path);
        return n > 0 && (size_t)n < cap ? ERR_OK : ERR_TOO_LARGE;
    }
    char name[128];
    int n = snprintf(name, sizeof name, "%s-%s.db", stem, stamp);
    if (n <= 0 || (size_t)n >= sizeof name) return ERR_TOO_LARGE;
    return file_join(path, name, out, cap);
}

enum err db_backup(struct db *db, const char *dest)
{
    struct db_copy *c = NULL;
    bool done = false;
    enum err e = db_copy_begin(db, dest, &c);
    if (e == ERR_OK) e = db_copy_step(c, -1, &done);
    if (e == ERR_OK && !done) e = ERR_LOCKED; /* inside a transaction */
    db_copy_free(c);
    return e;
}

enum err db_copy_file(const char *from, const char *to)
{
    struct db *db = NULL;
    enum err e = db_open(from, NULL, DB_READONLY, &db);
    if (e == ERR_OK) e = db_backup(db, to);
    db_close(db);
    return e;
}

/* ---- putting one in the place of another ---- */

enum err db_restore_name(const char *path, char out[static FILE_PATH_BYTES_MAX])
{
    return db_name(out, path, DB_RESTORE_SUFFIX);
}

void db_restore_sweep(const char *path)
{
    char fresh[FILE_PATH_BYTES_MAX];
    enum err e = db_restore_name(path, fresh);
    if (e == ERR_OK) e = db_remove(fresh);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("restore.sweep"), log_err(e));
    /* not all that begins with the name: somebody may have called a backup so */
    file_sweep(path, DB_RESTORE_SUFFIX DB_PART_SUFFIX);
    file_sweep(path, DB_RESTORE_SUFFIX ".replay-");
}

static enum err db_old_name(const char *path, const char *stamp, char *out)
{
    for (unsigned i = 1; i < DB_OLD_MAX; i++) {
        char suffix[64];
        snprintf(suffix, sizeof suffix, i == 1 ? ".old-%.40s" : ".old-%.40s-%u", stamp, i);
        enum err e = db_name(out, path, suffix);
        if (e != ERR_OK || !file_exists(out)) return e;
    }
    return ERR_EXISTS;
}

size_t db_old_count(const char *path, char first[static FILE_PATH_BYTES_MAX])
{
    struct file_list list;
    char folder[FILE_PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t n = 0, len = strlen(name);
    int dir = slash != NULL ? (int)(slash - path) : 1;
    snprintf(folder, sizeof folder, "%.*s", dir, slash != NULL ? path : ".");
    first[0] = '\0';
    if (file_list(folder, &list) != ERR_OK) return 0;
    for (size_t i = 0; i < list.n; i++) {
        const char *found = list.names[i];
        size_t end = strlen(found);
        bool wal = end > 4 &&
                   (strcmp(found + end - 4, "-wal") == 0 || strcmp(found + end - 4, "-shm") == 0);
        if (strncmp(found, name, len) != 0 || strncmp(found + len, ".old-", 5) != 0 || wal)
            continue;
        if (n++ == 0) snprintf(first, FILE_PATH_BYTES_MAX, "%s", found);
    }
    file_list_free(&list);
    return n;
}

bool db_old_told(const char *path, struct db_old_words *out)
{
    char first[FILE_PATH_BYTES_MAX];
    size_t n = db_old_count(path, first);
    if (n == 0) return false;
    snprintf(out->vi, sizeof out->vi,
             "Còn %zu bản dữ liệu cũ do `restore` để lại cạnh tệp dữ liệu (%.80s...): trong đó vẫn "
             "còn những gì đã xóa theo lệnh. "
             "Khi đã đồng bộ và không cần nữa, hãy xóa các tệp này.",
             n, first);
    snprintf(out->en, sizeof out->en,
             "%zu databases that `restore` left stand beside the database (%.80s...): what was "
             "erased by an order is still in them. "
             "Delete these files when everything has synced and nobody needs them.",
             n, first);
    return true;
}

enum err db_remove(const char *path)
{
    static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < sizeof parts / sizeof parts[0]; i++) {
        char name[FILE_PATH_BYTES_MAX];
        e = db_name(name, path, parts[i]);
        if (e == ERR_OK && file_exists(name)) e = file_remove(name);
    }
    return e;
}

/* A WAL belongs to its database: beside another it would be played into it. Usually there is none:
 * who closes a database last moves it in. */
static enum err db_move_wal(const char *path, const char *old)
{
    static const char *const parts[] = {"-wal", "-shm"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char a[FILE_PATH_BYTES_MAX], b[FILE_PATH_BYTES_MAX];
        enum err e = db_name(a, path, parts[i]);
        if (e == ERR_OK) e = db_name(b, old, parts[i]);
        if (e == ERR_OK && file_exists(a)) e = file_rename(a, b);
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

/* As far as it can be opened at all, everything of its WAL goes into the file. */
static void db_settle(const char *path)
{
    struct db *db = NULL;
    if (db_open(path, NULL, DB_EXCLUSIVE, &db) != ERR_OK) return;
    enum err e = db_checkpoint(db);
    (void)e; /* then its WAL moves with it */
    db_close(db);
}

enum err db_swap(const char *fresh, const char *path, const char *stamp, char *kept, size_t cap)
{
    char old[FILE_PATH_BYTES_MAX];
    if (cap > 0) kept[0] = '\0';
    db_settle(fresh); /* so that it is one file */
    if (!file_exists(path)) {
        enum err e = db_old_name(path, stamp, old);
        if (e == ERR_OK) e = db_move_wal(path, old); /* one without its database */
        return e == ERR_OK ? file_rename(fresh, path) : e;
    }
    db_settle(path);
    enum err e = db_old_name(path, stamp, old);
    if (e == ERR_OK) e = db_move_wal(path, old);
    if (e == ERR_OK) e = file_swap(fresh, path, old);
    if (e == ERR_OK) snprintf(kept, cap, "%s", old);
    if (e != ERR_OK && file_exists(path) && file_exists(fresh)) {
        /* It is as it was, so its WAL belongs beside it: there may be saves that nothing else has. */
        enum err back = db_move_wal(old, path);
        if (back != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("db.swap"), log_err(back));
    }
    return e;
}

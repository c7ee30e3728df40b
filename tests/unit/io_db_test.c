#include "common/io/db.h"
#include "common/io/file.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/dongbo-io-db-XXXXXX";
static char path[64], copy_path[64], side[80];

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/db", folder);
    snprintf(copy_path, sizeof copy_path, "%s/copy", folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "-wal", "-wal-new", "-shm", "-journal"};
    for (size_t i = 0; i < 5; i++) {
        snprintf(side, sizeof side, "%s%s", path, ends[i]);
        unlink(side);
        snprintf(side, sizeof side, "%s%s", copy_path, ends[i]);
        unlink(side);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static struct db *make(unsigned flags)
{
    struct db *db = NULL;
    assert_int_equal(db_open(path, NULL, flags, &db), ERR_OK);
    return db;
}

static int64_t number(struct db *db, const char *sql)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(db, sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

static bool has(const char *end)
{
    snprintf(side, sizeof side, "%s%s", path, end);
    return file_exists(side);
}

static void a_new_file_is_private_and_has_the_durable_settings(void **state)
{
    (void)state;
    struct db *db = NULL;
    assert_int_equal(db_open(path, NULL, 0, &db), ERR_NOT_FOUND);
    assert_false(file_exists(path));
    umask(0);
    db = make(DB_CREATE);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(number(db, "PRAGMA synchronous"), 2);
    assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(db, "PRAGMA secure_delete"), 1);
    assert_int_equal(number(db, "PRAGMA cell_size_check"), 1);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a)"), ERR_OK);
    assert_true(has("-wal"));
    snprintf(side, sizeof side, "%s-wal", path);
    assert_int_equal(stat(side, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* Defensive: the schema table cannot be edited even on purpose. */
    assert_int_not_equal(db_exec(db, "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema"),
                         ERR_OK);
    db_close(db);
}

/* A VFS that notes how rollback journals are deleted: with EXTRA the folder is synced after it. */
static int journal_deletes, journal_dir_syncs;
static int (*real_delete)(sqlite3_vfs *, const char *, int);

static int spy_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    if (strstr(name, "-journal") != NULL) {
        journal_deletes++;
        journal_dir_syncs += sync_dir != 0;
    }
    return real_delete(vfs, name, sync_dir);
}

static void creation_syncs_the_folder_after_the_first_journal(void **state)
{
    (void)state;
    static sqlite3_vfs spy;
    spy = *sqlite3_vfs_find(NULL);
    real_delete = spy.xDelete;
    spy.zName = "spy";
    spy.xDelete = spy_delete;
    assert_int_equal(sqlite3_vfs_register(&spy, 0), SQLITE_OK);
    struct db *db = NULL;
    assert_int_equal(db_open(path, "spy", DB_CREATE | DB_EXCLUSIVE, &db), ERR_OK);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a)"), ERR_OK);
    db_close(db);
    sqlite3_vfs_unregister(&spy);
    assert_true(journal_deletes > 0);
    assert_int_equal(journal_dir_syncs, journal_deletes);
}

static void exclusive_has_no_shared_memory_and_shuts_others_out(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE | DB_EXCLUSIVE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)"), ERR_OK);
    assert_true(has("-wal"));
    assert_false(has("-shm"));
    db_close(db);
    db = make(DB_EXCLUSIVE);
    assert_int_equal(number(db, "SELECT a FROM t"), 1);
    assert_false(has("-shm"));
    db_close(db);
}

static void a_read_connection_reads_beside_the_writer_and_never_writes(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(7)"), ERR_OK);
    struct db *reader = make(DB_READONLY);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES(8)"), ERR_OK);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    assert_int_equal(db_commit(db), ERR_OK);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 2);
    assert_int_equal(db_exec(reader, "INSERT INTO t VALUES(9)"), ERR_READONLY);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
    db_close(reader);
    db_close(db);
}

static void statements_are_cached_reset_and_cleared(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a,b,c,d,e)"), ERR_OK);
    static const char insert[] = "INSERT INTO t VALUES(?1,?2,?3,?4,?5)";
    struct db_stmt *q = db_stmt(db, insert);
    db_bind_int(q, 1, INT64_MIN);
    db_bind_blob(q, 2, bytes_make("\0\xff", 2));
    db_bind_text(q, 3, bytes_str("xã Phú Lý"));
    db_bind_double(q, 4, 0.5);
    db_bind_blob(q, 5, bytes_make(NULL, 0));
    assert_int_equal(db_run(q), ERR_OK);
    assert_int_equal(db_changes(db), 1);
    assert_int_equal(db_last_rowid(db), 1);
    assert_ptr_equal(db_stmt(db, insert), q);
    assert_int_equal(db_run(db_stmt(db, insert)), ERR_OK); /* All NULL: nothing of before. */
    struct db_stmt *s = db_stmt(db, "SELECT * FROM t ORDER BY rowid");
    assert_ptr_not_equal(s, q);
    assert_int_equal(db_get(s), ERR_OK);
    assert_int_equal(db_column_count(s), 5);
    assert_string_equal(db_column_name(s, 2), "c");
    assert_true(db_column_int(s, 0) == INT64_MIN);
    assert_true(bytes_equal(db_column_bytes(s, 1), bytes_make("\0\xff", 2)));
    assert_true(bytes_equal(db_column_bytes(s, 2), bytes_str("xã Phú Lý")));
    assert_true(db_column_double(s, 3) == 0.5);
    assert_int_equal(db_column_kind(s, 4), DB_BLOB);
    uint8_t two[2];
    assert_int_equal(db_column_copy(s, 1, two, 2), ERR_OK);
    assert_int_equal(db_column_copy(s, 1, two, 1), ERR_DAMAGED);
    assert_int_equal(db_column_copy(s, 2, two, 2), ERR_DAMAGED);
    bool row = false;
    assert_int_equal(db_step(s, &row), ERR_OK);
    assert_true(row);
    for (int i = 0; i < 5; i++)
        assert_int_equal(db_column_kind(s, i), DB_NULL);
    assert_int_equal(db_step(s, &row), ERR_OK);
    assert_false(row);
    assert_int_equal(db_get(db_stmt(db, "SELECT 1 WHERE 0")), ERR_NOT_FOUND);
    db_close(db);
}

static void a_reused_buffer_is_not_mistaken_for_its_old_text(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    char sql[16];
    for (int64_t i = 0; i < 50; i++) {
        snprintf(sql, sizeof sql, "SELECT %d", (int)i);
        struct db_stmt *q = db_stmt(db, sql);
        assert_int_equal(db_get(q), ERR_OK);
        assert_int_equal(db_column_int(q, 0), i);
        db_done(q);
    }
    db_close(db);
}

static void wrong_use_is_an_error_at_the_step(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    struct db_stmt *q = db_stmt(db, "SELECT nonsense FROM nowhere");
    db_bind_int(q, 1, 1);
    assert_int_equal(db_run(q), ERR_STORE);
    assert_string_not_equal(db_text(db), "");
    assert_int_equal(db_column_int(q, 0), 0);
    q = db_stmt(db, "SELECT ?1");
    db_bind_int(q, 2, 1);
    assert_int_equal(db_run(q), ERR_STORE);
    assert_int_equal(db_exec(db, "CREATE TABLE u(a PRIMARY KEY, b CHECK (b > 0)) WITHOUT ROWID"),
                     ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO u VALUES(1,1)"), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO u VALUES(1,1)"), ERR_EXISTS);
    assert_int_equal(db_exec(db, "INSERT INTO u VALUES(2,0)"), ERR_STORE);
    db_close(db);
}

static void commit_keeps_rollback_drops_and_open_loops_end(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a)"), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_true(db_in_transaction(db));
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES(1),(2)"), ERR_OK);
    assert_int_equal(db_get(db_stmt(db, "SELECT a FROM t")), ERR_OK); /* Left open on purpose. */
    assert_int_equal(db_end(db, ERR_OK), ERR_OK);
    assert_int_equal(db_checkpoint(db),
                     ERR_OK); /* LOCKED if the loop above still held its snapshot. */
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(db_exec(db, "DELETE FROM t"), ERR_OK);
    assert_int_equal(db_end(db, ERR_BAD_VALUE), ERR_BAD_VALUE);
    assert_false(db_in_transaction(db));
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
    db_close(db);
}

static void a_nested_begin_stops_the_process(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_begin(db), ERR_OK);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) == NULL) _exit(0);
        _exit(db_begin(db) == ERR_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    db_rollback(db);
    db_rollback(db);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(db_commit(db), ERR_OK);
    db_close(db);
}

static void a_full_disk_loses_the_transaction_and_nothing_else(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(
        db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES('kept'); PRAGMA max_page_count=12"),
        ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES('gone')"), ERR_OK);
    struct db_stmt *q = db_stmt(db, "INSERT INTO t VALUES(zeroblob(?1))");
    db_bind_int(q, 1, 100000);
    assert_int_equal(db_run(q), ERR_FULL);
    /* Whoever goes on in spite of it gets the same error, and nothing is written outside a
     * transaction. */
    assert_int_equal(db_run(db_stmt(db, "INSERT INTO t VALUES('stray')")), ERR_FULL);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES('stray')"), ERR_FULL);
    assert_int_equal(db_commit(db), ERR_FULL);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    /* It recovers without hands when there is room again. */
    assert_int_equal(db_exec(db, "PRAGMA max_page_count=1000"), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    q = db_stmt(db, "INSERT INTO t VALUES(zeroblob(?1))");
    db_bind_int(q, 1, 100000);
    assert_int_equal(db_run(q), ERR_OK);
    assert_int_equal(db_commit(db), ERR_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
    db_close(db);
}

static enum err insert_one(struct db *db)
{
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO t VALUES('one')"), ERR_OK);
    return db_commit(db);
}

static void a_file_moved_or_replaced_while_open_takes_no_commit(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a)"), ERR_OK);
    assert_int_equal(insert_one(db), ERR_OK);
    assert_int_equal(rename(path, copy_path), 0);
    assert_int_equal(insert_one(db), ERR_MOVED);
    assert_false(db_in_transaction(db));
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    assert_int_equal(file_create_empty(path), ERR_OK);
    assert_int_equal(insert_one(db), ERR_MOVED);
    /* Put back, it goes on. */
    assert_int_equal(rename(copy_path, path), 0);
    assert_int_equal(insert_one(db), ERR_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
    db_close(db);
}

/* A VFS that fails the n-th write or sync, or the n-th read (once or for ever), with an I/O error. The
 * database file has other methods (locks) than its log and journal, so there are two sets. */
static int fail_countdown, fail_reads;
static bool fail_for_ever, read_failed;
static sqlite3_io_methods fail_methods[2];
static int (*real_write)(sqlite3_file *, const void *, int, sqlite3_int64);
static int (*real_sync)(sqlite3_file *, int);
static int (*real_read)(sqlite3_file *, void *, int, sqlite3_int64);
static int (*real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);

static int fail_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (fail_countdown > 0 && --fail_countdown == 0) return SQLITE_IOERR_WRITE;
    return real_write(f, p, n, at);
}

static int fail_sync(sqlite3_file *f, int flags)
{
    if (fail_countdown > 0 && --fail_countdown == 0) return SQLITE_IOERR_FSYNC;
    return real_sync(f, flags);
}

static int fail_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    if (fail_reads > 0 && --fail_reads == 0) {
        fail_reads = fail_for_ever;
        read_failed = true;
        return SQLITE_IOERR_READ;
    }
    return real_read(f, p, n, at);
}

static int fail_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    int rc = real_open(vfs, name, f, flags, out);
    if (rc != SQLITE_OK || f->pMethods == NULL) return rc;
    sqlite3_io_methods *m = &fail_methods[(flags & SQLITE_OPEN_MAIN_DB) != 0];
    *m = *f->pMethods;
    real_write = m->xWrite; /* The same functions for all kinds of files. */
    real_sync = m->xSync;
    m->xWrite = fail_write;
    m->xSync = fail_sync;
    real_read = m->xRead;
    m->xRead = fail_read;
    f->pMethods = m;
    return rc;
}

static enum err insert_pair(struct db *db)
{
    enum err e = db_begin(db);
    if (e != ERR_OK) return e;
    e = db_run(db_stmt(db, "INSERT INTO t VALUES(zeroblob(5000))"));
    if (e == ERR_OK) e = db_run(db_stmt(db, "INSERT INTO t VALUES(zeroblob(5000))"));
    return db_end(db, e);
}

static void fail_register(void)
{
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL);
    real_open = vfs.xOpen;
    vfs.zName = "fail";
    vfs.xOpen = fail_open;
    assert_int_equal(sqlite3_vfs_register(&vfs, 0), SQLITE_OK);
}

/* Tables, long values and free pages: SQLite says of the two latter without its reason that it got no page. */
static void a_check_that_cannot_read_does_not_call_it_damage(void **state)
{
    (void)state;
    unsigned unread = 0;
    struct db *db = NULL;
    fail_register();
    assert_int_equal(db_open(path, "fail", DB_CREATE | DB_EXCLUSIVE, &db), ERR_OK);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); CREATE TABLE gone(a); "
                                 "INSERT INTO t VALUES(zeroblob(40000)), (zeroblob(40000)); "
                                 "INSERT INTO gone VALUES(zeroblob(9000000)); DROP TABLE gone"),
                     ERR_OK);
    assert_int_equal(db_checkpoint(db), ERR_OK);
    db_close(db);
    for (int n = 1; n <= 120; n++) {
        for (int ever = 0; ever < 2; ever++) {
            assert_int_equal(db_open(path, "fail", DB_EXCLUSIVE, &db), ERR_OK);
            fail_reads = n;
            fail_for_ever = ever != 0;
            read_failed = false;
            enum err e = db_check_whole(db);
            fail_reads = 0;
            assert_true(e == ERR_OK || e == ERR_IO);
            if (ever) assert_int_equal(e, read_failed ? ERR_IO : ERR_OK);
            unread += e == ERR_IO;
            assert_int_equal(db_check_whole(db), ERR_OK);
            db_close(db);
        }
    }
    assert_true(unread > 20);
    sqlite3_vfs_unregister(sqlite3_vfs_find("fail"));
}

static void every_failing_write_or_sync_leaves_autocommit_and_whole_transactions(void **state)
{
    (void)state;
    fail_register();
    struct db *db = NULL;
    assert_int_equal(db_open(path, "fail", DB_CREATE | DB_EXCLUSIVE, &db), ERR_OK);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a)"), ERR_OK);
    int failures = 0, done = 0;
    for (int n = 1; done < 3; n++) {
        fail_countdown = n;
        int64_t before = number(db, "SELECT count(*) FROM t");
        enum err e = insert_pair(db);
        bool fired = fail_countdown == 0;
        fail_countdown = 0;
        assert_false(db_in_transaction(db));
        if (e == ERR_OK) {
            done += !fired;
            assert_int_equal(number(db, "SELECT count(*) FROM t"), before + 2);
        } else {
            failures++;
            assert_int_equal(e, ERR_IO);
            assert_int_equal(number(db, "SELECT count(*) FROM t"), before);
        }
        assert_int_equal(insert_pair(db), ERR_OK);
    }
    assert_true(failures > 2);
    assert_int_equal(db_check(db), ERR_OK);
    db_close(db);
    sqlite3_vfs_unregister(sqlite3_vfs_find("fail"));
}

/* A process that dies leaves its WAL behind. */
static void leave_a_wal(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct db *db = NULL;
        bool good = db_open(path, NULL, DB_CREATE | DB_EXCLUSIVE, &db) == ERR_OK &&
                    db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(41),(1)") == ERR_OK;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static ino_t wal_inode(void)
{
    struct stat st;
    snprintf(side, sizeof side, "%s-wal", path);
    assert_int_equal(stat(side, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    return st.st_ino;
}

static void a_wal_that_was_left_is_written_anew_by_the_first_connection_only(void **state)
{
    (void)state;
    leave_a_wal();
    ino_t left = wal_inode();
    snprintf(side, sizeof side, "%s-wal-new", path); /* of an attempt that was interrupted */
    assert_int_equal(file_create_private(side, bytes_str("half")), ERR_OK);
    struct db *first = make(0), *second = NULL;
    assert_false(file_exists(side));
    ino_t now = wal_inode();
    assert_true(now != left);
    assert_int_equal(number(first, "SELECT sum(a) FROM t"), 42);
    assert_int_equal(db_exec(first, "INSERT INTO t VALUES(58)"), ERR_OK);
    second = make(0);
    assert_true(wal_inode() == now);
    assert_int_equal(number(second, "SELECT sum(a) FROM t"), 100);
    db_close(second);
    assert_int_equal(number(first, "SELECT sum(a) FROM t"), 100);
    assert_int_equal(db_check(first), ERR_OK);
    db_close(first);
}

static void a_wal_that_cannot_be_written_anew_is_not_believed(void **state)
{
    (void)state;
    leave_a_wal();
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL);
    real_open = vfs.xOpen;
    vfs.zName = "fail";
    vfs.xOpen = fail_open;
    assert_int_equal(sqlite3_vfs_register(&vfs, 0), SQLITE_OK);
    struct db *db = NULL;
    ino_t left = wal_inode();
    for (fail_countdown = 1; fail_countdown <= 2; fail_countdown++) { /* its write, its sync */
        int n = fail_countdown;
        assert_int_equal(db_open(path, "fail", 0, &db), ERR_IO);
        assert_null(db);
        assert_true(wal_inode() == left);
        fail_countdown = n;
    }
    fail_countdown = 0;
    assert_int_equal(db_open(path, "fail", 0, &db), ERR_OK);
    assert_int_equal(number(db, "SELECT sum(a) FROM t"), 42);
    db_close(db);
    sqlite3_vfs_unregister(sqlite3_vfs_find("fail"));
}

static void a_file_that_is_no_database_is_damaged(void **state)
{
    (void)state;
    char junk[4096];
    memset(junk, 'x', sizeof junk);
    assert_int_equal(file_write_atomic(path, bytes_make(junk, sizeof junk), 0600), ERR_OK);
    struct db *db = NULL;
    assert_int_equal(db_open(path, NULL, 0, &db), ERR_DAMAGED);
    assert_null(db);
}

static void migration_goes_up_in_one_transaction_and_never_down(void **state)
{
    (void)state;
    static const struct db_migration steps[] = {
        {"CREATE TABLE a(x); INSERT INTO a VALUES(1)"},
        {"ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1"},
        {"CREATE TABLE broken("},
    };
    struct db *db = make(DB_CREATE);
    int64_t v = -1;
    assert_int_equal(db_migrate(db, steps, 1), ERR_OK);
    assert_int_equal(db_version(db, &v), ERR_OK);
    assert_int_equal(v, 1);
    assert_int_equal(db_migrate(db, steps, 3),
                     ERR_STORE); /* The second step is undone with the third. */
    assert_int_equal(db_version(db, &v), ERR_OK);
    assert_int_equal(v, 1);
    assert_int_equal(db_exec(db, "SELECT y FROM a"), ERR_STORE);
    assert_int_equal(db_migrate(db, steps, 2), ERR_OK);
    assert_int_equal(db_migrate(db, steps, 2), ERR_OK);
    assert_int_equal(number(db, "SELECT y FROM a"), 2);
    assert_int_equal(db_migrate(db, steps, 1), ERR_NEWER);
    assert_non_null(strstr(db_text(db), "schema 2"));
    assert_false(db_in_transaction(db));
    assert_int_equal(number(db, "SELECT y FROM a"), 2);
    db_close(db);
}

static void a_backup_is_whole_private_and_never_overwrites(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE | DB_EXCLUSIVE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(41),(1)"), ERR_OK);
    assert_int_equal(db_backup(db, copy_path), ERR_OK);
    assert_int_equal(db_backup(db, copy_path), ERR_EXISTS);
    db_close(db);
    struct stat st;
    assert_int_equal(stat(copy_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(db_open(copy_path, NULL, 0, &db), ERR_OK);
    assert_int_equal(number(db, "SELECT sum(a) FROM t"), 42);
    assert_int_equal(db_check(db), ERR_OK);
    db_close(db);
}

static void the_checkpoint_empties_the_wal(void **state)
{
    (void)state;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(9000))"),
                     ERR_OK);
    struct stat st;
    snprintf(side, sizeof side, "%s-wal", path);
    assert_int_equal(stat(side, &st), 0);
    assert_true(st.st_size > 0);
    assert_int_equal(db_checkpoint(db), ERR_OK);
    assert_int_equal(stat(side, &st), 0);
    assert_int_equal(st.st_size, 0);
    db_close(db);
}

/* ---- guarded queries ---- */

struct rows {
    int n;
    int64_t sum;
    struct db *db;
};

static bool only_case(void *ctx, const char *table, const char *column)
{
    (void)ctx;
    return strcmp(table, "drug_case") == 0 && strcmp(column, "alias") != 0;
}

static enum err add_row(void *ctx, struct db_stmt *q)
{
    struct rows *r = ctx;
    r->n++;
    r->sum += db_column_int(q, 0);
    /* The same connection may be used, also for tables the query may not read. */
    return r->db != NULL ? db_run(db_stmt(r->db, "SELECT * FROM secret WHERE a = 1 AND 2 = 2"))
                         : ERR_OK;
}

static enum err ask(struct db *db, const char *sql, struct rows *rows)
{
    static const struct db_param params[] = {
        {.name = "unit", .kind = DB_TEXT, .b = {(const uint8_t *)"x1", 2}},
        {.name = "t0", .kind = DB_INT, .i = 2},
        {.name = "unused", .kind = DB_NULL},
    };
    *rows = (struct rows){.db = rows->db};
    return db_query_readonly(db, &(struct db_query){.sql = sql,
                                                    .params = params,
                                                    .param_count = 3,
                                                    .step_max = 100000,
                                                    .ms_max = 600000,
                                                    .allow = only_case,
                                                    .row = add_row,
                                                    .ctx = rows});
}

static struct db *make_cases(void)
{
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE drug_case(id INTEGER, unit TEXT, alias TEXT);"
                                 "INSERT INTO drug_case VALUES(1,'x1','a'),(2,'x1','b'),"
                                 "(3,'x1','c'),(4,'x2','d');"
                                 "CREATE TABLE secret(a); INSERT INTO secret VALUES(1);"
                                 "CREATE VIEW peek AS SELECT a FROM secret"),
                     ERR_OK);
    return db;
}

static void a_guarded_query_reads_allowed_tables_by_named_parameters(void **state)
{
    (void)state;
    struct db *db = make_cases();
    struct rows r = {0};
    assert_int_equal(ask(db, "SELECT id FROM drug_case WHERE unit=:unit AND id >= :t0", &r),
                     ERR_OK);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.sum, 5);
    assert_int_equal(
        ask(db, "WITH c(x) AS (SELECT id FROM drug_case) SELECT count(*) FROM c -- end\n;", &r),
        ERR_OK);
    assert_int_equal(r.sum, 4);
    assert_int_equal(ask(db, "SELECT :missing IS NULL", &r), ERR_OK);
    assert_int_equal(r.sum, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM drug_case", &r), ERR_OK);
    assert_int_equal(r.sum, 4);
    r.db = db;
    assert_int_equal(ask(db, "SELECT id FROM drug_case", &r), ERR_OK);
    assert_int_equal(r.n, 4);
    /* The guard ends with the query. */
    assert_int_equal(number(db, "SELECT count(*) FROM secret"), 1);
    db_close(db);
}

static void a_guarded_query_can_do_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum err e;
    } cases[] = {
        {"SELECT a FROM secret", ERR_DENIED},
        {"SELECT alias FROM drug_case", ERR_DENIED},
        {"SELECT * FROM drug_case", ERR_DENIED},
        {"SELECT count(*) FROM drug_case WHERE ALIAS IS NOT NULL", ERR_DENIED},
        {"SELECT id FROM drug_case ORDER BY alias", ERR_DENIED},
        {"WITH c(x) AS (SELECT alias FROM drug_case) SELECT 1 FROM c WHERE x > 'b'", ERR_DENIED},
        {"SELECT count(*) FROM secret", ERR_DENIED},
        {"SELECT a FROM peek", ERR_DENIED},
        {"SELECT count(*) FROM peek", ERR_DENIED},
        {"WITH drug_case AS (SELECT a FROM secret) SELECT a FROM drug_case", ERR_DENIED},
        {"SELECT (SELECT max(a) FROM secret) FROM drug_case", ERR_DENIED},
        {"SELECT name FROM sqlite_schema", ERR_DENIED},
        {"SELECT count(*) FROM sqlite_master", ERR_DENIED},
        {"SELECT * FROM pragma_table_info('secret')", ERR_DENIED},
        {"INSERT INTO drug_case VALUES(9,'x')", ERR_DENIED},
        {"UPDATE drug_case SET id=0", ERR_DENIED},
        {"DELETE FROM drug_case", ERR_DENIED},
        {"DELETE FROM drug_case RETURNING id", ERR_DENIED},
        {"CREATE TABLE z(a)", ERR_DENIED},
        {"CREATE TEMP TABLE z(a)", ERR_DENIED},
        {"DROP TABLE drug_case", ERR_DENIED},
        {"ATTACH ':memory:' AS m", ERR_DENIED},
        {"DETACH main", ERR_DENIED},
        {"PRAGMA user_version=5", ERR_DENIED},
        {"PRAGMA user_version", ERR_DENIED},
        {"VACUUM", ERR_DENIED},
        {"BEGIN", ERR_DENIED},
        {"COMMIT", ERR_DENIED},
        {"SAVEPOINT s", ERR_DENIED},
        {"REINDEX", ERR_DENIED},
        {"ANALYZE", ERR_DENIED},
        {"EXPLAIN SELECT 1", ERR_DENIED},
        {"SELECT load_extension('x')", ERR_DENIED},
        {"SELECT random()", ERR_DENIED},
        {"SELECT CURRENT_TIMESTAMP", ERR_DENIED},
        {"SELECT 1; SELECT 2", ERR_BAD_INPUT},
        {"SELECT 1; DROP TABLE drug_case", ERR_BAD_INPUT},
        {"", ERR_BAD_INPUT},
        {"-- nothing", ERR_BAD_INPUT},
        {"SELEC 1", ERR_BAD_INPUT},
        {"SELECT nonsense FROM drug_case", ERR_BAD_INPUT},
        {"SELECT abs(-9223372036854775808)", ERR_BAD_INPUT},
        {"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT max(x) FROM c",
         ERR_TOO_LARGE},
        {"SELECT length(zeroblob(1000000000))", ERR_TOO_LARGE},
    };
    struct db *db = make_cases();
    struct rows r = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err e = ask(db, cases[i].sql, &r);
        if (e != cases[i].e) print_error("%s: %s %s\n", cases[i].sql, err_name(e), db_text(db));
        assert_int_equal(e, cases[i].e);
        assert_string_not_equal(db_text(db), "");
        assert_false(db_in_transaction(db));
    }
    assert_int_equal(number(db, "SELECT count(*) FROM drug_case"), 4);
    assert_int_equal(number(db, "SELECT sum(id) FROM drug_case"), 10);
    assert_int_equal(number(db, "PRAGMA user_version"), 0);
    db_close(db);
}

/* SQLite compares columns by name without asking who may read them. */
static void a_guarded_query_joins_by_no_hidden_column(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "SELECT count(*) FROM drug_case NATURAL JOIN (SELECT 'b' AS alias)",
        "SELECT count(*) FROM drug_case natural left join (SELECT 'b' AS alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'b' AS alias) USING(alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'b' AS alias)using(alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'b' AS alias)/**/UsInG/**/(alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'b' AS alias) -- '\nUSING(alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'b' AS alias) /* ' */ USING(alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'b' AS alias)/*/*/USING(alias)",
        "SELECT count(*) FROM drug_case JOIN (SELECT 'it''s' x, 'b' AS alias) USING(alias)",
        "SELECT count(*), 'a--' FROM drug_case NATURAL JOIN (SELECT 'b' AS alias)",
        "SELECT count(*) \"/*\" FROM drug_case NATURAL JOIN (SELECT 'b' AS alias) AS \"*/\"",
        "SELECT count(*) `--` FROM drug_case NATURAL JOIN (SELECT 'b' AS alias)",
        "SELECT count(*) [it's] FROM drug_case NATURAL JOIN (SELECT 'b' AS alias)",
        "SELECT count(*) FROM drug_case \xef\xbb\xbfNATURAL JOIN (SELECT 'b' AS alias)",
        "SELECT count(*), $a(--) FROM drug_case NATURAL JOIN (SELECT 'b' AS alias)",
        "SELECT count(*), :a::b(') FROM drug_case NATURAL JOIN (SELECT 'b' AS alias) -- '",
        "SELECT count(*), :\xe1(/*) FROM drug_case NATURAL JOIN (SELECT 'b' AS alias)",
        "WITH g(alias) AS (SELECT 'b') SELECT (SELECT count(*) FROM drug_case NATURAL JOIN g)",
    };
    static const char *const fine[] = {
        "SELECT count(*) FROM drug_case -- NATURAL JOIN\n",
        "SELECT count(*) FROM drug_case /* using(alias) */",
        "SELECT 4 WHERE 'natural using' <> 'x'",
        "SELECT 4 AS \"natural\" WHERE 1",
        "SELECT 4 AS [using]",
        "SELECT 4 AS naturally, 0 AS reusing, 0 AS using_",
        "SELECT count(*) FROM drug_case a JOIN (SELECT 1 AS x) b ON b.x=1 WHERE (:missing) IS NULL",
        "SELECT 5-1*1/1",
    };
    struct db *db = make_cases();
    struct rows r = {0};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        enum err e = ask(db, refused[i], &r);
        if (e != ERR_DENIED) print_error("%s: %s\n", refused[i], err_name(e));
        assert_int_equal(e, ERR_DENIED);
        assert_non_null(strstr(db_text(db), "USING"));
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        enum err e = ask(db, fine[i], &r);
        if (e != ERR_OK) print_error("%s: %s %s\n", fine[i], err_name(e), db_text(db));
        assert_int_equal(e, ERR_OK);
        assert_int_equal(r.sum, 4);
    }
    db_close(db);
}

/* What a function of time is given decides whether it asks the clock; SQLite tells of its name alone. */
static void a_guarded_query_asks_no_clock(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *named;
    } refused[] = {
        {"SELECT date('now')", "date()"},
        {"SELECT 4 WHERE DATE ( 'NOW' , '-1 day') > ''", "DATE()"},
        {"SELECT date/* ' */('now')", "date()"},
        {"SELECT \"date\"('now')", "date()"},
        {"SELECT [datetime]()", "datetime()"},
        {"SELECT datetime()", "datetime()"},
        {"SELECT julianday( -- the day\n)", "julianday()"},
        {"SELECT time()", "time()"},
        {"SELECT unixepoch('subsec')", "unixepoch()"},
        {"SELECT strftime('%Y')", "strftime()"},
        {"SELECT strftime('(,%Y')", "strftime()"},
        {"SELECT strftime('%Y', 'now')", "strftime()"},
        {"SELECT date(coalesce(NULL, 'now'))", "date()"},
        {"SELECT julianday('2026-01-01') - julianday((('now')))", "julianday()"},
        {"SELECT datetime('2026-01-01', 'localtime')", "datetime()"},
        {"SELECT datetime('2026-01-01', 'utc')", "datetime()"},
        {"SELECT timediff('2026-01-01')", "timediff()"},
        {"SELECT CURRENT_DATE", "current_date"},
        {"SELECT CURRENT_TIME", "current_time"},
        {"SELECT CURRENT_TIMESTAMP", "current_timestamp"},
        {"SELECT random()", "random"},
        {"SELECT hex(randomblob(4))", "randomblob"},
    };
    static const char *const fine[] = {
        "SELECT 4 WHERE date('2026-01-31', 'start of month', '+1 month') = '2026-02-01'",
        "SELECT 4 WHERE strftime('%Y', '2026-01-31') = '2026' AND 'now' <> 'x'",
        "SELECT 4 WHERE date(:missing, '+1 day') IS NULL",
        "SELECT 4 AS date WHERE julianday(date('2026-01-02')) > 0 -- date()",
        "WITH date(a) AS (SELECT 4) SELECT a FROM date",
        "SELECT 4 WHERE 'date()' <> 'strftime(''%Y'')'",
    };
    struct db *db = make_cases();
    struct rows r = {0};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        enum err e = ask(db, refused[i].sql, &r);
        if (e != ERR_DENIED) print_error("%s: %s\n", refused[i].sql, err_name(e));
        assert_int_equal(e, ERR_DENIED);
        if (strstr(db_text(db), refused[i].named) == NULL) print_error("%s\n", db_text(db));
        assert_non_null(strstr(db_text(db), refused[i].named));
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        enum err e = ask(db, fine[i], &r);
        if (e != ERR_OK) print_error("%s: %s %s\n", fine[i], err_name(e), db_text(db));
        assert_int_equal(e, ERR_OK);
        assert_int_equal(r.sum, 4);
    }
    db_close(db);
}

static void the_step_limit_does_not_outlive_its_query(void **state)
{
    (void)state;
    struct db *db = make_cases();
    struct rows r = {0};
    static const char endless[] =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c";
    assert_int_equal(ask(db, endless, &r), ERR_TOO_LARGE);
    assert_true(r.n > 100 && r.n < 100000);
    assert_int_equal(
        number(db, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 100000) "
                   "SELECT max(x) FROM c"),
        100000);
    db_close(db);
}

/* However many steps it may take: an endless one ends by the clock, and says so. */
static void a_guarded_query_ends_by_the_clock(void **state)
{
    (void)state;
    struct db *db = make_cases();
    struct db_query q = {.sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) "
                                "SELECT max(x) FROM c",
                         .step_max = UINT64_MAX,
                         .ms_max = 20,
                         .allow = only_case};
    assert_int_equal(db_query_readonly(db, &q), ERR_TOO_LARGE);
    assert_string_equal(db_text(db), "the query takes too long");
    q.sql = "SELECT count(*) FROM drug_case";
    q.ms_max = 600000;
    assert_int_equal(db_query_readonly(db, &q), ERR_OK);
    db_close(db);
}

static size_t names_in_folder(void)
{
    DIR *d = opendir(folder);
    size_t n = 0;
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d)) != NULL;)
        n += strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0;
    closedir(d);
    return n;
}

/* Writes 8 MB into a scratch database with a small cache, in several transactions. */
static struct db *scratch_full(void)
{
    struct db *db = make(DB_CREATE | DB_SCRATCH);
    assert_int_equal(
        db_exec(db, "PRAGMA cache_size=-256; CREATE TABLE t(i INTEGER PRIMARY KEY, b BLOB)"),
        ERR_OK);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(db_begin(db), ERR_OK);
        assert_int_equal(db_exec(db,
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                 "LIMIT 1000) INSERT INTO t(b) SELECT zeroblob(1000) FROM n"),
                         ERR_OK);
        assert_int_equal(db_commit(db), ERR_OK);
    }
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(db_exec(db, "DELETE FROM t"), ERR_OK);
    db_rollback(db);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 8000);
    return db;
}

static void a_scratch_database_has_no_name_and_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(file_create_empty(path), ERR_OK); /* of a process killed at the wrong moment */
    struct db *db = scratch_full();
    assert_int_equal(names_in_folder(), 0);
    /* ... and it is in a file: not all of it fits its cache */
    char links[64], where[256] = "";
    bool found = false;
    for (int fd = 3; fd < 64 && !found; fd++) {
        snprintf(links, sizeof links, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(links, where, sizeof where - 1);
        struct stat st;
        if (n <= 0 || fstat(fd, &st) != 0) continue;
        where[n] = '\0';
        found = strncmp(where, path, strlen(path)) == 0 && st.st_nlink == 0 && st.st_size > 4000000;
    }
    assert_true(found);
    db_close(db);
    assert_int_equal(names_in_folder(), 0);
}

static void a_scratch_database_is_gone_with_its_process(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct db *db = scratch_full();
        (void)db;
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(names_in_folder(), 0);
}

static void room_for_another_database_is_looked_for(void **state)
{
    (void)state;
    int64_t bytes = 0;
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(b)"), ERR_OK);
    assert_int_equal(db_bytes(db, &bytes), ERR_OK);
    assert_int_equal(bytes, 2 * 4096);
    assert_int_equal(db_room(db, copy_path), ERR_OK);
    assert_int_equal(db_room(db, "/proc/no-room-there"), ERR_FULL);
    db_close(db);
}

/* Where something holds the database its WAL cannot be moved into it: a swap that comes to nothing then leaves both. */
static void a_swap_that_fails_leaves_the_wal_where_it_was(void **state)
{
    (void)state;
    char kept[FILE_PATH_BYTES_MAX] = "-", first[FILE_PATH_BYTES_MAX];
    struct db *db = make(DB_CREATE);
    assert_int_equal(db_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)"), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    snprintf(side, sizeof side, "%s-wal", path);
    assert_true(file_exists(side));
    assert_int_equal(mkdir(copy_path, 0700), 0); /* no file can be put in its place */
    assert_true(db_swap(copy_path, path, "20260102-030405", kept, sizeof kept) != ERR_OK);
    assert_true(file_exists(path) && file_exists(side));
    assert_int_equal(db_old_count(path, first), 0);
    assert_string_equal(kept, "");
    db_rollback(db);
    db_close(db);
    assert_int_equal(rmdir(copy_path), 0);
    db = make(0);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    db_close(db);
}

/* What a killed restore left goes, with all its files; what a person called alike stays. */
static void the_copy_of_a_killed_restore_is_swept(void **state)
{
    (void)state;
    static const struct {
        const char *suffix;
        bool stays;
    } names[] = {
        {".restore", false},
        {".restore-wal", false},
        {".restore-journal", false},
        {".restore.part", false},
        {".restore.part-journal", false},
        {".restore.replay-0badcafe-7", false},
        {"", true},
        {"-wal", true},
        {".restored", true},
        {".restore-2026-11-23", true},
        {".old-20260102-030405", true},
    };
    enum { NAMES = sizeof names / sizeof names[0] };
    char name[FILE_PATH_BYTES_MAX];
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "%s%s", path, names[i].suffix);
        assert_int_equal(file_create_empty(name), ERR_OK);
    }
    for (int again = 0; again < 2; again++)
        db_restore_sweep(path);
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "%s%s", path, names[i].suffix);
        assert_int_equal(file_exists(name), names[i].stays);
        if (names[i].stays) assert_int_equal(file_remove(name), ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_copy_of_a_killed_restore_is_swept, clean),
        cmocka_unit_test_teardown(a_swap_that_fails_leaves_the_wal_where_it_was, clean),
        cmocka_unit_test_teardown(a_new_file_is_private_and_has_the_durable_settings, clean),
        cmocka_unit_test_teardown(creation_syncs_the_folder_after_the_first_journal, clean),
        cmocka_unit_test_teardown(exclusive_has_no_shared_memory_and_shuts_others_out, clean),
        cmocka_unit_test_teardown(a_read_connection_reads_beside_the_writer_and_never_writes,
                                  clean),
        cmocka_unit_test_teardown(statements_are_cached_reset_and_cleared, clean),
        cmocka_unit_test_teardown(a_reused_buffer_is_not_mistaken_for_its_old_text, clean),
        cmocka_unit_test_teardown(wrong_use_is_an_error_at_the_step, clean),
        cmocka_unit_test_teardown(commit_keeps_rollback_drops_and_open_loops_end, clean),
        cmocka_unit_test_teardown(a_nested_begin_stops_the_process, clean),
        cmocka_unit_test_teardown(a_file_moved_or_replaced_while_open_takes_no_commit, clean),
        cmocka_unit_test_teardown(a_full_disk_loses_the_transaction_and_nothing_else, clean),
        cmocka_unit_test_teardown(
            every_failing_write_or_sync_leaves_autocommit_and_whole_transactions, clean),
        cmocka_unit_test_teardown(a_wal_that_was_left_is_written_anew_by_the_first_connection_only,
                                  clean),
        cmocka_unit_test_teardown(a_wal_that_cannot_be_written_anew_is_not_believed, clean),
        cmocka_unit_test_teardown(a_check_that_cannot_read_does_not_call_it_damage, clean),
        cmocka_unit_test_teardown(a_file_that_is_no_database_is_damaged, clean),
        cmocka_unit_test_teardown(migration_goes_up_in_one_transaction_and_never_down, clean),
        cmocka_unit_test_teardown(a_backup_is_whole_private_and_never_overwrites, clean),
        cmocka_unit_test_teardown(the_checkpoint_empties_the_wal, clean),
        cmocka_unit_test_teardown(a_guarded_query_reads_allowed_tables_by_named_parameters, clean),
        cmocka_unit_test_teardown(a_guarded_query_can_do_nothing_else, clean),
        cmocka_unit_test_teardown(a_guarded_query_joins_by_no_hidden_column, clean),
        cmocka_unit_test_teardown(a_guarded_query_asks_no_clock, clean),
        cmocka_unit_test_teardown(a_guarded_query_ends_by_the_clock, clean),
        cmocka_unit_test_teardown(the_step_limit_does_not_outlive_its_query, clean),
        cmocka_unit_test_teardown(a_scratch_database_has_no_name_and_leaves_nothing, clean),
        cmocka_unit_test_teardown(a_scratch_database_is_gone_with_its_process, clean),
        cmocka_unit_test_teardown(room_for_another_database_is_looked_for, clean),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

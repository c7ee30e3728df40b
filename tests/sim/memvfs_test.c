/* The simulated disk: it must lose what SQLite's settings allow to be lost, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "tests/lib/rng.h"
#include "tests/sim/memvfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { COMMITS = 12, SEEDS = 5 };

struct tally {
    unsigned runs;
    unsigned lost;     /* a commit that was acknowledged is not there */
    unsigned torn;     /* half of a transaction is there */
    unsigned unusable; /* does not open, or quick_check finds something */
};

static const char schema[] = "CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v BLOB)";

/* ---- raw SQLite, with the settings of finding 1 ---- */

static sqlite3 *raw_open(const char *synchronous)
{
    sqlite3 *d = NULL;
    char sql[256];
    snprintf(sql, sizeof sql,
             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=%s; PRAGMA journal_mode=WAL; %s",
             synchronous, schema);
    int rc = sqlite3_open_v2("a/x.db", &d, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, MEMVFS_NAME);
    if (rc == SQLITE_OK) rc = sqlite3_exec(d, sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK) return d;
    sqlite3_close(d);
    return NULL;
}

static int raw_write(sqlite3 *d)
{
    for (int i = 1; i <= COMMITS; i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "BEGIN; INSERT INTO t VALUES(%d, randomblob(%d));"
                 "INSERT INTO t VALUES(%d, x'00'); COMMIT",
                 i, 200 + i * 300, 1000 + i);
        if (sqlite3_exec(d, sql, NULL, NULL, NULL) != SQLITE_OK) return i - 1;
        if (i == COMMITS / 2)
            (void)sqlite3_exec(d, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    }
    return COMMITS;
}

static int raw_int(sqlite3 *d, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int n = -1;
    if (sqlite3_prepare_v2(d, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return n;
}

static void raw_look(sqlite3 *d, int acked, struct tally *t)
{
    int first = raw_int(d, "SELECT count(*) FROM t WHERE k < 1000");
    int second = raw_int(d, "SELECT count(*) FROM t WHERE k >= 1000");
    int good = raw_int(d, "SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'");
    if (good != 1) t->unusable++;
    if (first >= 0 && first < acked) t->lost++;
    if (first != second || first > acked + 1) t->torn++;
}

/* One run that dies in operation `op`; true when the work was finished before. */
static bool raw_run(const char *synchronous, uint64_t op, uint64_t seed, struct tally *t)
{
    memvfs_reset(seed);
    struct memvfs_host *h = memvfs_host("a");
    memvfs_crash_at(h, op);
    sqlite3 *d = raw_open(synchronous);
    int acked = d != NULL ? raw_write(d) : 0;
    bool done = !memvfs_dead(h);
    memvfs_kill(h);
    sqlite3_close(d);
    memvfs_boot(h);
    memvfs_power_loss(h, seed);
    t->runs++;
    d = raw_open(synchronous);
    if (d == NULL) {
        t->unusable++;
    } else {
        raw_look(d, acked, t);
        sqlite3_close(d);
    }
    return done;
}

static struct tally raw_all(const char *synchronous, unsigned seeds)
{
    struct tally t = {0};
    bool done = false;
    for (uint64_t op = 0; !done; op++) {
        for (uint64_t r = 0; r < seeds; r++)
            done = raw_run(synchronous, op, op * 1000003 + r, &t) || done;
    }
    print_message("synchronous=%s before WAL: %u runs, %u lost acknowledged commits, %u torn, "
                  "%u unusable\n",
                  synchronous, t.runs, t.lost, t.torn, t.unusable);
    return t;
}

static void test_full_is_not_enough_at_creation(void **state)
{
    (void)state;
    struct tally t = raw_all("FULL", 1);
    assert_true(t.lost > t.runs / 20);
}

static void test_normal_loses(void **state)
{
    (void)state;
    struct tally t = raw_all("NORMAL", 1);
    assert_true(t.lost > t.runs / 2);
}

static void test_extra_loses_nothing(void **state)
{
    (void)state;
    struct tally t = raw_all("EXTRA", SEEDS);
    assert_true(t.runs > 500);
    assert_int_equal(t.lost, 0);
    assert_int_equal(t.torn, 0);
    assert_int_equal(t.unusable, 0);
}

/* ---- the same through common/io/db, in the order in which stores do it ---- */

static int db_write(struct db *db)
{
    for (int i = 1; i <= COMMITS; i++) {
        enum err e = db_begin(db);
        if (e == ERR_OK) {
            struct db_stmt *q = db_stmt(db, "INSERT INTO t VALUES(?1, randomblob(?2))");
            db_bind_int(q, 1, i);
            db_bind_int(q, 2, 200 + i * 300);
            e = db_run(q);
            q = db_stmt(db, "INSERT INTO t VALUES(?1, x'00')");
            db_bind_int(q, 1, 1000 + i);
            if (e == ERR_OK) e = db_run(q);
            e = db_end(db, e);
        }
        if (e != ERR_OK) return i - 1;
        if (i == COMMITS / 2 && db_checkpoint(db) != ERR_OK) return i;
    }
    return COMMITS;
}

static int64_t db_count(struct db *db, const char *sql)
{
    struct db_stmt *q = NULL;
    int64_t n = -1;
    if (db_prepare(db, sql, &q) != ERR_OK) return n;
    if (db_get(q) == ERR_OK) n = db_column_int(q, 0);
    db_stmt_free(q);
    return n;
}

static bool db_ready(struct db *db)
{
    static const struct db_migration steps[] = {{"CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)"}};
    return db_migrate(db, steps, 1) == ERR_OK;
}

static bool db_run_once(uint64_t op, uint64_t seed, struct tally *t)
{
    struct db *db = NULL;
    memvfs_reset(seed);
    struct memvfs_host *h = memvfs_host("a");
    memvfs_crash_at(h, op);
    int acked = 0;
    if (db_open("a/x.db", MEMVFS_NAME, DB_CREATE | DB_EXCLUSIVE, &db) == ERR_OK && db_ready(db))
        acked = db_write(db);
    bool done = !memvfs_dead(h);
    memvfs_kill(h);
    db_close(db);
    memvfs_boot(h);
    memvfs_power_loss(h, seed);
    t->runs++;
    db = NULL;
    if (db_open("a/x.db", MEMVFS_NAME, DB_CREATE | DB_EXCLUSIVE, &db) != ERR_OK || !db_ready(db)) {
        t->unusable++;
    } else {
        int64_t first = db_count(db, "SELECT count(*) FROM t WHERE k < 1000");
        if (first < acked) t->lost++;
        if (first != db_count(db, "SELECT count(*) FROM t WHERE k >= 1000")) t->torn++;
        if (db_check(db) != ERR_OK) t->unusable++;
    }
    db_close(db);
    return done;
}

static void test_stores_lose_nothing(void **state)
{
    struct tally t = {0};
    bool done = false;
    (void)state;
    for (uint64_t op = 0; !done; op++) {
        for (uint64_t r = 0; r < SEEDS; r++)
            done = db_run_once(op, op * 1000003 + r, &t) || done;
    }
    print_message("common/io/db: %u runs, %u lost, %u torn, %u unusable\n", t.runs, t.lost, t.torn,
                  t.unusable);
    assert_true(t.runs > 500);
    assert_int_equal(t.lost, 0);
    assert_int_equal(t.torn, 0);
    assert_int_equal(t.unusable, 0);
}

/* Faults that do not kill: the transaction fails whole, and after healing the next one works. */
static void test_faults(void **state)
{
    (void)state;
    unsigned full = 0, io = 0;
    for (uint64_t op = 0; op < 400; op++) {
        struct db *db = NULL;
        memvfs_reset(op);
        struct memvfs_host *h = memvfs_host("a");
        assert_int_equal(db_open("a/x.db", MEMVFS_NAME, DB_CREATE | DB_EXCLUSIVE, &db), ERR_OK);
        assert_true(db_ready(db));
        enum memvfs_fault kind = op % 2 ? MEMVFS_IO_FORGET : MEMVFS_FULL;
        memvfs_fail(h, kind, memvfs_ops(h) + op / 2, op % 4 < 2 ? 1 : MEMVFS_NEVER);
        int acked = db_write(db);
        if (acked < COMMITS) *(kind == MEMVFS_FULL ? &full : &io) += 1;
        memvfs_heal(h);
        int64_t there = db_count(db, "SELECT count(*) FROM t WHERE k < 1000");
        assert_true(there == acked);
        assert_int_equal(db_exec(db, "INSERT INTO t VALUES(5000, NULL)"), ERR_OK);
        assert_int_equal(db_check(db), ERR_OK);
        db_close(db);
    }
    print_message("writes that failed: %u full, %u I/O\n", full, io);
    assert_true(full > 50 && io > 50);
}

/* ---- a sync that fails, a crash, and then the power ---- */

/* Row k; ERR_OK: it was acknowledged. */
static enum err row_add(struct db *db, int k, int bytes)
{
    struct db_stmt *q = db_stmt(db, "INSERT INTO t VALUES(?1, randomblob(?2))");
    db_bind_int(q, 1, k);
    db_bind_int(q, 2, bytes);
    return db_run(q);
}

static struct db *forgotten_open(void)
{
    struct db *db = NULL;
    if (db_open("a/x.db", MEMVFS_NAME, DB_CREATE | DB_EXCLUSIVE, &db) != ERR_OK) return NULL;
    if (db_ready(db)) return db;
    db_close(db);
    return NULL;
}

static void forgotten_crash(struct memvfs_host *h, struct db *db, bool power, uint64_t seed)
{
    memvfs_kill(h);
    db_close(db);
    memvfs_boot(h);
    memvfs_heal(h);
    if (power) memvfs_power_loss(h, seed);
}

/*
 * Row 1 is durable. The sync of row 2 fails and the system forgets half of what was pending. The process dies, the
 * machine does not: the cache still shows row 2. The store is opened again and `op` operations later the power fails,
 * or row 3 is acknowledged before. What was acknowledged must be there, and the database must be whole.
 */
static bool forgotten_run(uint64_t op, uint64_t seed, struct tally *t)
{
    memvfs_reset(seed);
    struct memvfs_host *h = memvfs_host("a");
    struct db *db = forgotten_open();
    assert_non_null(db);
    assert_int_equal(row_add(db, 1, 1500), ERR_OK);
    bool restarts = seed % 2; /* the WAL: its header is written and synced first */
    assert_int_equal(restarts ? db_checkpoint(db) : ERR_OK, ERR_OK);
    memvfs_fail(h, MEMVFS_SYNC_FORGET, memvfs_ops(h) + (restarts ? 2 : 0), MEMVFS_NEVER);
    assert_int_equal(row_add(db, 2, 20000), ERR_IO);
    forgotten_crash(h, db, false, 0);
    memvfs_crash_at(h, memvfs_ops(h) + op);
    db = forgotten_open();
    int acked = db != NULL && row_add(db, 3, 1500) == ERR_OK ? 3 : 1;
    bool done = !memvfs_dead(h);
    forgotten_crash(h, db, true, seed);
    db = forgotten_open();
    t->runs++;
    if (db == NULL || db_check(db) != ERR_OK) {
        t->unusable++;
    } else {
        t->lost += db_count(db, "SELECT count(*) FROM t WHERE k = 1") != 1;
        t->lost += acked == 3 && db_count(db, "SELECT count(*) FROM t WHERE k = 3") != 1;
    }
    db_close(db);
    return done;
}

static void test_a_forgotten_sync_takes_nothing_with_it(void **state)
{
    struct tally t = {0};
    bool done = false;
    (void)state;
    for (uint64_t op = 0; !done; op++) {
        done = true;
        for (uint64_t r = 0; r < 10 * SEEDS; r++)
            done = forgotten_run(op, op * 1000003 + r, &t) && done;
    }
    print_message("a failed sync, a crash and a power loss: %u runs, %u lost, %u unusable\n",
                  t.runs, t.lost, t.unusable);
    assert_true(t.runs > 500);
    assert_int_equal(t.lost, 0);
    assert_int_equal(t.unusable, 0);
}

/* The same seed gives the same bytes. */
static void test_same_seed_same_disk(void **state)
{
    struct tally t = {0};
    unsigned other = 0;
    (void)state;
    for (uint64_t op = 40; op < 240; op += 50) {
        raw_run("EXTRA", op, 7, &t);
        uint64_t sum = memvfs_sum(memvfs_host("a"));
        raw_run("EXTRA", op, 7, &t);
        assert_true(sum == memvfs_sum(memvfs_host("a")));
        raw_run("EXTRA", op, 8, &t);
        other += sum != memvfs_sum(memvfs_host("a"));
    }
    assert_true(other > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_is_not_enough_at_creation),
        cmocka_unit_test(test_normal_loses),
        cmocka_unit_test(test_extra_loses_nothing),
        cmocka_unit_test(test_stores_lose_nothing),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_a_forgotten_sync_takes_nothing_with_it),
        cmocka_unit_test(test_same_seed_same_disk),
    };
    memvfs_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

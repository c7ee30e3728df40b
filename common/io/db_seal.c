/* Seals: a sum over the rows of each table, kept by triggers that live in this connection only. */
#include "common/buf.h"
#include "common/io/db_priv.h"
#include "common/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DB_SEAL_TABLES_MAX = 500,           /* tables of one database that are sealed */
    DB_SEAL_NAME_BYTES = 64,            /* of a table or column, terminator included */
    DB_SEAL_SQL_BYTES_MAX = 256 * 1024, /* triggers of one table */
    DB_SEAL_APPLICATION = 0x444f4e47,   /* "DONG": SQLite's application_id of a sealed database */
};

/* ---- the function dongbo_seal(sum, sign, value...) ---- */

static void seal_value(crypto_generichash_state *h, sqlite3_value *v)
{
    uint8_t head[9] = {(uint8_t)sqlite3_value_type(v)};
    const void *p = NULL;
    int n = 0;
    if (head[0] == SQLITE_INTEGER) {
        le64_store(head + 1, (uint64_t)sqlite3_value_int64(v));
    } else if (head[0] == SQLITE_FLOAT) {
        double d = sqlite3_value_double(v);
        memcpy(head + 1, &d, sizeof d); /* a database stays on its machine's kind */
    } else if (head[0] != SQLITE_NULL) {
        p = sqlite3_value_blob(v);
        n = sqlite3_value_bytes(v);
        le64_store(head + 1, (uint64_t)n);
    }
    crypto_generichash_update(h, head, sizeof head);
    if (n > 0) crypto_generichash_update(h, p, (unsigned long long)n);
}

static void seal_function(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    uint8_t sum[DB_SEAL_BYTES], term[DB_SEAL_BYTES];
    crypto_generichash_state h;
    if (argc < 2 || sqlite3_value_bytes(argv[0]) != DB_SEAL_BYTES) {
        sqlite3_result_error_code(ctx, SQLITE_CORRUPT);
        return;
    }
    memcpy(sum, sqlite3_value_blob(argv[0]), sizeof sum);
    crypto_generichash_init(&h, NULL, 0, sizeof term);
    for (int i = 2; i < argc; i++)
        seal_value(&h, argv[i]);
    crypto_generichash_final(&h, term, sizeof term);
    if (sqlite3_value_int(argv[1]) > 0) {
        sodium_add(sum, term, sizeof sum);
    } else {
        sodium_sub(sum, term, sizeof sum);
    }
    sqlite3_result_blob(ctx, sum, sizeof sum, SQLITE_TRANSIENT);
}

static enum err seal_register(struct db *db)
{
    int rc = sqlite3_create_function_v2(db->handle, "dongbo_seal", -1,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                        seal_function, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : db_fail(db, rc, "seal");
}

/* ---- tables ---- */

static enum err seal_names(struct db *db, bool (*skip)(const char *table),
                           char (*names)[DB_SEAL_NAME_BYTES], size_t *count)
{
    struct db_stmt *q = NULL;
    bool row = false;
    size_t n = 0;
    enum err e = db_prepare(db,
                            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT "
                            "LIKE 'sqlite_%' AND name <> 'sys_seal' ORDER BY name",
                            &q);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct bytes b = db_column_bytes(q, 0);
        if (b.len >= DB_SEAL_NAME_BYTES || memchr(b.p, '"', b.len) != NULL ||
            memchr(b.p, '\'', b.len) != NULL || n == DB_SEAL_TABLES_MAX) {
            e = ERR_TOO_LARGE;
            break;
        }
        memcpy(names[n], b.p, b.len);
        names[n][b.len] = '\0';
        if (skip == NULL || !skip(names[n])) n++;
        e = db_step(q, &row);
    }
    db_stmt_free(q);
    *count = n;
    return e;
}

/* Columns of a table, each behind `prefix` ("NEW." ...), with commas between. */
static enum err seal_columns(struct db *db, const char *name, const char *prefix, struct buf *out)
{
    struct db_stmt *q = NULL;
    bool row = false;
    enum err e = db_prepare(db, "SELECT name FROM pragma_table_info(?1)", &q);
    if (e != ERR_OK) return e;
    db_bind_str(q, 1, name);
    e = db_step(q, &row);
    for (bool first = true; e == ERR_OK && row; first = false) {
        struct bytes b = db_column_bytes(q, 0);
        if (memchr(b.p, '"', b.len) != NULL) e = ERR_TOO_LARGE;
        if (e == ERR_OK)
            buf_printf(out, "%s%s\"%.*s\"", first ? "" : ", ", prefix, (int)b.len,
                       (const char *)b.p);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_stmt_free(q);
    return e == ERR_OK ? out->e : e;
}

/* The sum over the rows as they are. */
static enum err seal_sum(struct db *db, const char *name, uint8_t sum[static DB_SEAL_BYTES])
{
    struct buf sql;
    struct db_stmt *q = NULL;
    bool row = false;
    memset(sum, 0, DB_SEAL_BYTES);
    buf_init(&sql, DB_SEAL_SQL_BYTES_MAX);
    buf_add_str(&sql, "SELECT dongbo_seal(zeroblob(16), 1, ");
    enum err e = seal_columns(db, name, "", &sql);
    buf_printf(&sql, ") FROM main.\"%s\"", name);
    if (e == ERR_OK) e = sql.e;
    if (e == ERR_OK) e = db_prepare(db, buf_cstr(&sql), &q);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        uint8_t term[DB_SEAL_BYTES];
        e = db_column_copy(q, 0, term, sizeof term);
        if (e == ERR_OK) sodium_add(sum, term, DB_SEAL_BYTES);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_stmt_free(q);
    buf_free(&sql);
    return e;
}

static enum err seal_triggers(struct db *db, const char *name)
{
    struct buf sql, olds, news;
    buf_init(&sql, DB_SEAL_SQL_BYTES_MAX);
    buf_init(&olds, DB_SEAL_SQL_BYTES_MAX);
    buf_init(&news, DB_SEAL_SQL_BYTES_MAX);
    enum err e = seal_columns(db, name, "OLD.", &olds);
    if (e == ERR_OK) e = seal_columns(db, name, "NEW.", &news);
    for (const char *k = "iud"; e == ERR_OK && *k != '\0'; k++)
        buf_printf(&sql, "DROP TRIGGER IF EXISTS temp.\"seal_%c_%s\";", *k, name);
    buf_printf(
        &sql,
        "CREATE TEMP TRIGGER \"seal_i_%s\" AFTER INSERT ON main.\"%s\" BEGIN UPDATE sys_seal "
        "SET sum = dongbo_seal(sum, 1, %s) WHERE name = '%s'; END;",
        name, name, buf_cstr(&news), name);
    buf_printf(
        &sql,
        "CREATE TEMP TRIGGER \"seal_d_%s\" AFTER DELETE ON main.\"%s\" BEGIN UPDATE sys_seal "
        "SET sum = dongbo_seal(sum, -1, %s) WHERE name = '%s'; END;",
        name, name, buf_cstr(&olds), name);
    buf_printf(
        &sql,
        "CREATE TEMP TRIGGER \"seal_u_%s\" AFTER UPDATE ON main.\"%s\" BEGIN UPDATE sys_seal "
        "SET sum = dongbo_seal(dongbo_seal(sum, -1, %s), 1, %s) WHERE name = '%s'; END;",
        name, name, buf_cstr(&olds), buf_cstr(&news), name);
    if (e == ERR_OK) e = olds.e != ERR_OK ? olds.e : news.e != ERR_OK ? news.e : sql.e;
    if (e == ERR_OK) e = db_exec(db, buf_cstr(&sql));
    buf_free(&sql);
    buf_free(&olds);
    buf_free(&news);
    return e;
}

enum seal_row { SEAL_NONE, SEAL_OTHER, SEAL_SAME };

/* Is there a row, and of these columns? */
static enum err seal_known(struct db *db, const char *name, const char *columns,
                           enum seal_row *known)
{
    struct db_stmt *q = db_stmt(db, "SELECT columns FROM main.sys_seal WHERE name = ?1");
    db_bind_str(q, 1, name);
    enum err e = db_get(q);
    *known = e != ERR_OK                                              ? SEAL_NONE
             : bytes_equal(db_column_bytes(q, 0), bytes_str(columns)) ? SEAL_SAME
                                                                      : SEAL_OTHER;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err seal_store(struct db *db, const char *name, const char *columns,
                           const uint8_t sum[static DB_SEAL_BYTES])
{
    struct db_stmt *q = db_stmt(
        db,
        "INSERT INTO main.sys_seal(name, columns, sum) VALUES (?1, ?2, ?3) ON CONFLICT(name) DO "
        "UPDATE SET columns = excluded.columns, sum = excluded.sum");
    db_bind_str(q, 1, name);
    db_bind_str(q, 2, columns);
    db_bind_blob(q, 3, bytes_make(sum, DB_SEAL_BYTES));
    return db_run(q);
}

static enum err seal_put(struct db *db, const char *name, const char *columns)
{
    uint8_t sum[DB_SEAL_BYTES];
    enum err e = seal_sum(db, name, sum);
    return e == ERR_OK ? seal_store(db, name, columns, sum) : e;
}

static enum err seal_triggered(struct db *db, const char *name, bool *there)
{
    struct db_stmt *q =
        db_stmt(db, "SELECT 1 FROM sqlite_temp_schema WHERE name = 'seal_u_' || ?1");
    db_bind_str(q, 1, name);
    enum err e = db_get(q);
    *there = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* `altered`: the schema is not the one that was sealed; else other columns are damage, which stays as it
 * is for db_seal_check() to find. */
static enum err seal_one(struct db *db, const char *name, bool altered)
{
    struct buf columns;
    enum seal_row known = SEAL_NONE;
    bool triggered = false;
    buf_init(&columns, DB_SEAL_SQL_BYTES_MAX);
    enum err e = seal_columns(db, name, "", &columns);
    if (e == ERR_OK) e = seal_known(db, name, buf_cstr(&columns), &known);
    if (e == ERR_OK) e = seal_triggered(db, name, &triggered);
    bool put = known == SEAL_NONE || (known == SEAL_OTHER && altered);
    if (e == ERR_OK && (put || !triggered)) e = seal_triggers(db, name);
    if (e == ERR_OK && put) e = seal_put(db, name, buf_cstr(&columns));
    buf_free(&columns);
    return e;
}

/* ---- the schema ---- */

#define SEAL_SCHEMA "sqlite_schema"

/* SQLite's number of the schema, which every change of it raises; twice, so that damage to it shows. */
static enum err seal_schema_version(struct db *db, char out[static 48])
{
    struct db_stmt *q = db_stmt(db, "PRAGMA main.schema_version");
    enum err e = db_get(q);
    long long v = e == ERR_OK ? (long long)db_column_int(q, 0) : 0;
    snprintf(out, 48, "%lld %lld", v, v);
    db_done(q);
    return e;
}

/* What was sealed is damaged itself: never sealed anew. */
static enum err seal_schema_torn(struct db *db, bool *torn)
{
    struct db_stmt *q = db_stmt(db, "SELECT columns, sum FROM main.sys_seal WHERE name = ?1");
    db_bind_str(q, 1, SEAL_SCHEMA);
    enum err e = db_get(q);
    bool kinds = e == ERR_OK && db_column_kind(q, 0) == DB_TEXT && db_column_kind(q, 1) == DB_BLOB;
    struct bytes b = e == ERR_OK ? db_column_bytes(q, 0) : bytes_make(NULL, 0);
    size_t half = b.len / 2;
    *torn = e == ERR_OK && (!kinds || b.len % 2 == 0 || b.p[half] != ' ' ||
                            memcmp(b.p, b.p + half + 1, half) != 0);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err seal_schema_sum(struct db *db, uint8_t sum[static DB_SEAL_BYTES])
{
    struct db_stmt *q = NULL;
    bool row = false;
    memset(sum, 0, DB_SEAL_BYTES);
    enum err e = db_prepare(db,
                            "SELECT dongbo_seal(zeroblob(16), 1, type, name, tbl_name, sql) FROM "
                            "main.sqlite_schema",
                            &q);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        uint8_t term[DB_SEAL_BYTES];
        e = db_column_copy(q, 0, term, sizeof term);
        if (e == ERR_OK) sodium_add(sum, term, DB_SEAL_BYTES);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_stmt_free(q);
    return e;
}

/* Is the schema another than the sealed one? */
static enum err seal_schema_altered(struct db *db, bool *altered)
{
    char version[48];
    enum seal_row known = SEAL_NONE;
    bool torn = false;
    enum err e = seal_schema_version(db, version);
    if (e == ERR_OK) e = seal_known(db, SEAL_SCHEMA, version, &known);
    if (e == ERR_OK) e = seal_schema_torn(db, &torn);
    *altered = known != SEAL_SAME && !torn;
    return e;
}

static enum err seal_schema(struct db *db)
{
    char version[48];
    uint8_t sum[DB_SEAL_BYTES];
    enum err e = seal_schema_version(db, version);
    if (db->schema_torn) version[0] = '\0'; /* never good again: seal_schema_torn() */
    if (e == ERR_OK) e = seal_schema_sum(db, sum);
    return e == ERR_OK ? seal_store(db, SEAL_SCHEMA, version, sum) : e;
}

/* *fits stays true while the schema was changed and not sealed again. */
static enum err seal_schema_check(struct db *db, bool *fits)
{
    char version[48];
    uint8_t sum[DB_SEAL_BYTES];
    bool torn = false;
    enum err e = seal_schema_version(db, version);
    if (e == ERR_OK) e = seal_schema_sum(db, sum);
    if (e == ERR_OK) e = seal_schema_torn(db, &torn);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(db, "SELECT sum FROM main.sys_seal WHERE name = ?1 AND columns = ?2");
    db_bind_str(q, 1, SEAL_SCHEMA);
    db_bind_str(q, 2, version);
    e = db_get(q);
    bool same = e == ERR_OK && bytes_equal(db_column_bytes(q, 0), BYTES_OF(sum));
    *fits = !torn && !db->schema_torn && (e == ERR_NOT_FOUND || same);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- the calls ---- */

static enum err seal_pragma(struct db *db, const char *sql, int64_t *out)
{
    struct db_stmt *q = NULL;
    enum err e = db_prepare(db, sql, &q);
    if (e == ERR_OK) e = db_get(q);
    if (e == ERR_OK) *out = db_column_int(q, 0);
    db_stmt_free(q);
    return e;
}

/* A database says twice that it has seals, so that losing the table to a flipped bit of its name shows. */
enum err db_sealed(struct db *db, bool *sealed)
{
    int64_t table = 0, id = 0;
    enum err e =
        seal_pragma(db, "SELECT count(*) FROM main.sqlite_schema WHERE name = 'sys_seal'", &table);
    if (e == ERR_OK) e = seal_pragma(db, "PRAGMA main.application_id", &id);
    *sealed = table > 0;
    if (e == ERR_OK && table == 0 && id == DB_SEAL_APPLICATION) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("db.damaged"), log_str("table", "sys_seal"));
        e = ERR_DAMAGED;
    }
    return e;
}

enum err db_seal_look(struct db *db)
{
    bool sealed = false, fits = true;
    enum err e = db_sealed(db, &sealed);
    if (e == ERR_OK && sealed) e = seal_register(db);
    if (e == ERR_OK && sealed) e = seal_schema_check(db, &fits);
    db->schema_torn = db->schema_torn || !fits;
    return e;
}

/* Those of before 0.1's end have none; any other number is damage, which stays. */
static enum err seal_application(struct db *db)
{
    int64_t id = 0;
    char sql[64];
    enum err e = seal_pragma(db, "PRAGMA main.application_id", &id);
    if (e != ERR_OK || id != 0) return e;
    snprintf(sql, sizeof sql, "PRAGMA main.application_id=%d", (int)DB_SEAL_APPLICATION);
    return db_exec(db, sql);
}

enum err db_seal(struct db *db, bool (*skip)(const char *table))
{
    char(*names)[DB_SEAL_NAME_BYTES] = calloc(DB_SEAL_TABLES_MAX, sizeof *names);
    if (names == NULL) return ERR_NOMEM;
    size_t count = 0;
    enum err e = seal_register(db);
    /* Else REPLACE would remove rows without telling. */
    if (e == ERR_OK) e = db_exec(db, "PRAGMA recursive_triggers=ON");
    bool own = e == ERR_OK && db->tx == DB_TX_NONE;
    if (own) e = db_begin(db);
    if (e == ERR_OK)
        e = db_exec(db, "CREATE TABLE IF NOT EXISTS main.sys_seal(name TEXT PRIMARY KEY NOT NULL, "
                        "columns TEXT NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID");
    if (e == ERR_OK) e = seal_application(db);
    bool altered = false;
    if (e == ERR_OK) e = seal_schema_altered(db, &altered);
    if (e == ERR_OK) e = seal_names(db, skip, names, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = seal_one(db, names[i], altered);
    if (e == ERR_OK && altered) e = seal_schema(db);
    if (own) e = db_end(db, e);
    free(names);
    return e;
}

enum err db_seal_keep(struct db *db, const char *table, struct db_seal *out)
{
    struct db_seal seal = {.there = false};
    bool sealed = false;
    enum err e = db_sealed(db, &sealed);
    if (e == ERR_OK && sealed) {
        struct db_stmt *q = db_stmt(db, "SELECT sum FROM sys_seal WHERE name = ?1");
        db_bind_str(q, 1, table);
        e = db_get(q);
        if (e == ERR_OK) e = db_column_copy(q, 0, seal.sum, sizeof seal.sum);
        seal.there = e == ERR_OK;
        db_done(q);
        if (e == ERR_NOT_FOUND) e = ERR_OK;
    }
    if (e == ERR_OK) *out = seal;
    return e;
}

enum err db_seal_back(struct db *db, const char *table, const struct db_seal *seal)
{
    if (!seal->there) return ERR_OK;
    struct db_stmt *q = db_stmt(db, "UPDATE sys_seal SET sum = ?2 WHERE name = ?1");
    db_bind_str(q, 1, table);
    db_bind_blob(q, 2, BYTES_OF(seal->sum));
    return db_run(q);
}

/* Without triggers SQLite clears the trees as they are, and asks no index where its rows were. */
enum err db_seal_empty(struct db *db, const char *table)
{
    static const uint8_t none[DB_SEAL_BYTES];
    bool triggered = false;
    struct buf sql;
    buf_init(&sql, DB_SEAL_SQL_BYTES_MAX);
    for (const char *k = "iud"; *k != '\0'; k++)
        buf_printf(&sql, "DROP TRIGGER IF EXISTS temp.\"seal_%c_%s\";", *k, table);
    buf_printf(&sql, "DELETE FROM main.\"%s\";", table);
    enum err e = sql.e;
    if (e == ERR_OK) e = seal_triggered(db, table, &triggered);
    if (e == ERR_OK) e = db_exec(db, buf_cstr(&sql));
    if (e == ERR_OK && triggered) e = seal_triggers(db, table);
    if (e == ERR_OK && triggered) {
        struct db_stmt *q = db_stmt(db, "UPDATE main.sys_seal SET sum = ?2 WHERE name = ?1");
        db_bind_str(q, 1, table);
        db_bind_blob(q, 2, BYTES_OF(none));
        e = db_run(q);
    }
    buf_free(&sql);
    return e;
}

enum err db_seal_check(struct db *db, enum err (*broken)(void *ctx, const char *table), void *ctx)
{
    struct db_stmt *q = NULL;
    bool row = false;
    bool fits = true;
    int64_t id = 0;
    enum err e = seal_schema_check(db, &fits);
    if (e == ERR_OK && !fits) e = broken(ctx, SEAL_SCHEMA);
    if (e == ERR_OK) e = seal_pragma(db, "PRAGMA main.application_id", &id);
    if (e == ERR_OK && id != DB_SEAL_APPLICATION) e = broken(ctx, "application_id");
    if (e == ERR_OK)
        e = db_prepare(
            db,
            "SELECT name, sum, columns, EXISTS (SELECT 1 FROM main.sqlite_schema t WHERE "
            "t.type = 'table' AND t.name = s.name) AND typeof(name) = 'text' AND "
            "typeof(columns) = 'text' AND typeof(sum) = 'blob' FROM main.sys_seal s WHERE name <> "
            "'" SEAL_SCHEMA "' ORDER BY name",
            &q);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        char name[DB_SEAL_NAME_BYTES] = "?";
        uint8_t sum[DB_SEAL_BYTES];
        struct bytes b = db_column_bytes(q, 0);
        bool good = b.len < sizeof name;
        if (good) memcpy(name, b.p, b.len);
        if (good) name[b.len] = '\0';
        struct buf columns;
        buf_init(&columns, DB_SEAL_SQL_BYTES_MAX);
        good = good && db_column_int(q, 3) != 0; /* to the letter: SQLite itself ignores case */
        enum err seen = good ? seal_columns(db, name, "", &columns) : ERR_DAMAGED;
        if (seen == ERR_OK && !bytes_equal(db_column_bytes(q, 2), buf_bytes(&columns)))
            seen = ERR_DAMAGED;
        buf_free(&columns);
        if (seen == ERR_OK) seen = seal_sum(db, name, sum);
        if (seen == ERR_NOMEM || seen == ERR_IO) e = seen;
        good = seen == ERR_OK && bytes_equal(db_column_bytes(q, 1), BYTES_OF(sum));
        if (e == ERR_OK && !good) e = broken(ctx, name);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_stmt_free(q);
    return e;
}

/* The seals looked at bit by bit, while the connection goes on writing. db.h says what for. */
#include "common/io/db_priv.h"
#include "common/buf.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DB_SCAN_NAME_BYTES = 64,
    DB_SCAN_SUM_BYTES = 16,
    DB_SCAN_TRIES = 3, /* for a table that changes meanwhile; then it waits for the next round */
    DB_SCAN_SQL_BYTES_MAX = 256 * 1024,
};

struct db_scan {
    struct db *db;
    char name[DB_SCAN_NAME_BYTES];    /* of the table; "" before the first */
    uint8_t start[DB_SCAN_SUM_BYTES]; /* what the seal said when the table was begun */
    uint8_t sum[DB_SCAN_SUM_BYTES];   /* of its rows so far */
    struct buf columns;
    int64_t at; /* last rowid, or rows so far */
    unsigned tries;
    bool inside, by_rowid;
};

enum err db_scan_new(struct db *db, struct db_scan **out)
{
    struct db_scan *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->db = db;
    buf_init(&s->columns, DB_SCAN_SQL_BYTES_MAX);
    *out = s;
    return ERR_OK;
}

void db_scan_free(struct db_scan *s)
{
    if (s == NULL) return;
    buf_free(&s->columns);
    free(s);
}

static void scan_begin(struct db_scan *s)
{
    memset(s->sum, 0, sizeof s->sum);
    s->at = s->by_rowid ? INT64_MIN : 0;
    s->inside = true;
}

/* The seal of s->name as it is now. ERR_NOT_FOUND: gone. */
static enum err scan_seal(struct db_scan *s, uint8_t sum[static DB_SCAN_SUM_BYTES])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT sum FROM main.sys_seal WHERE name = ?1");
    db_bind_str(q, 1, s->name);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, sum, DB_SCAN_SUM_BYTES);
    db_done(q);
    return e;
}

/* The table after s->name. ERR_NOT_FOUND: there is none. */
static enum err scan_next(struct db_scan *s)
{
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT s.name, s.sum, s.columns, (SELECT max(t.wr) FROM pragma_table_list(s.name) t "
        "WHERE t.schema = 'main') FROM main.sys_seal s WHERE s.name > ?1 AND s.name <> "
        "'sqlite_schema' ORDER BY s.name LIMIT 1");
    db_bind_str(q, 1, s->name);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        struct bytes name = db_column_bytes(q, 0);
        buf_clear(&s->columns);
        buf_add_bytes(&s->columns, db_column_bytes(q, 2));
        s->by_rowid = db_column_int(q, 3) == 0;
        snprintf(s->name, sizeof s->name, "%.*s", (int)name.len, (const char *)name.p);
        e = db_column_copy(q, 1, s->start, sizeof s->start);
        if (e == ERR_OK) e = s->columns.e;
    }
    db_done(q);
    s->tries = 0;
    if (e == ERR_OK) scan_begin(s);
    return e;
}

/* Up to `rows` rows more; *left: there may be others. */
static enum err scan_rows(struct db_scan *s, int rows, bool *left)
{
    struct buf sql;
    struct db_stmt *q = NULL;
    bool row = false;
    int n = 0;
    buf_init(&sql, DB_SCAN_SQL_BYTES_MAX);
    buf_printf(&sql, "SELECT %s, dongbo_seal(zeroblob(16), 1, %s) FROM main.\"%s\" %s",
               s->by_rowid ? "rowid" : "0", buf_cstr(&s->columns), s->name,
               s->by_rowid ? "WHERE rowid > ?1 ORDER BY rowid LIMIT ?2" : "LIMIT ?2 OFFSET ?1");
    enum err e = sql.e != ERR_OK ? sql.e : db_prepare(s->db, buf_cstr(&sql), &q);
    if (e == ERR_OK) {
        db_bind_int(q, 1, s->at);
        db_bind_int(q, 2, rows);
        e = db_step(q, &row);
    }
    for (; e == ERR_OK && row; n++) {
        uint8_t term[DB_SCAN_SUM_BYTES];
        s->at = s->by_rowid ? db_column_int(q, 0) : s->at + 1;
        e = db_column_copy(q, 1, term, sizeof term);
        if (e == ERR_OK) sodium_add(s->sum, term, sizeof term);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_stmt_free(q);
    buf_free(&sql);
    *left = n == rows;
    return e;
}

/* All rows are summed up: does it fit? A table that changed meanwhile is begun again. */
static enum err scan_compare(struct db_scan *s, bool *fits)
{
    uint8_t now[DB_SCAN_SUM_BYTES];
    *fits = true;
    enum err e = scan_seal(s, now);
    if (e == ERR_NOT_FOUND) e = ERR_OK; /* the table went meanwhile */
    s->inside = false;
    if (e != ERR_OK) return e;
    if (memcmp(now, s->start, sizeof now) == 0) {
        *fits = memcmp(s->sum, now, sizeof now) == 0;
    } else if (++s->tries < DB_SCAN_TRIES) {
        memcpy(s->start, now, sizeof now);
        scan_begin(s);
    }
    return ERR_OK;
}

enum err db_scan_step(struct db_scan *s, int rows, enum err (*broken)(void *ctx, const char *table),
                      void *ctx, bool *done)
{
    bool left = false, fits = true;
    enum err e = s->inside ? ERR_OK : scan_next(s);
    *done = e == ERR_NOT_FOUND;
    if (*done) {
        s->name[0] = '\0'; /* the next step begins anew */
        return ERR_OK;
    }
    if (e == ERR_OK) e = scan_rows(s, rows, &left);
    if (e == ERR_OK && !left) e = scan_compare(s, &fits);
    if (e == ERR_NOMEM || e == ERR_IO) return e;
    if (e != ERR_OK) s->inside = false;
    return e == ERR_OK && fits ? ERR_OK : broken(ctx, s->name);
}

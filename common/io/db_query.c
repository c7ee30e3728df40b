#include "common/io/clock.h"
#include "common/io/db_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DB_TABLES_MAX = 4096 };

/* ---- the authorizer ---- */

/* Results that are not a function of the data would make a figure impossible to reproduce. */
static bool db_function_allowed(const char *name)
{
    static const char *const refused[] = {
        "load_extension",    "random",         "randomblob",    "current_date",
        "current_time",      "changes",        "total_changes", "current_timestamp",
        "last_insert_rowid", "fts3_tokenizer",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (sqlite3_stricmp(name, refused[i]) == 0) return false;
    }
    return sqlite3_strnicmp(name, "sqlite_", 7) != 0;
}

static bool db_table_exists(const struct db_guard *g, const char *name)
{
    for (size_t i = 0; i < g->table_count; i++) {
        if (sqlite3_stricmp(g->tables[i], name) == 0) return true;
    }
    return false;
}

static bool db_is_builtin(const char *name)
{
    return sqlite3_strnicmp(name, "sqlite_", 7) == 0 || sqlite3_strnicmp(name, "pragma_", 7) == 0 ||
           sqlite3_stricmp(name, "dbstat") == 0;
}

/*
 * SQLite asks with an empty column for a FROM item of which no column is used, and then also for
 * names of common table expressions. Such a name is no table of the schema. (The name of the
 * surrounding view cannot be trusted: a CTE may carry the same.)
 */
static bool db_read_allowed(const struct db_guard *g, const char *table, const char *column)
{
    if (table == NULL || db_is_builtin(table)) return false;
    bool rows = column == NULL || column[0] == '\0';
    if (g->query->allow(g->query->ctx, table, rows ? "" : column)) return true;
    return rows && !db_table_exists(g, table);
}

int db_query_authorize(void *ctx, int action, const char *a, const char *b, const char *schema,
                       const char *trigger)
{
    struct db *db = ctx;
    struct db_guard *g = db->guard;
    (void)schema;
    (void)trigger;
    if (g == NULL || !g->watch) return SQLITE_OK;
    bool ok = action == SQLITE_SELECT || action == SQLITE_RECURSIVE ||
              (action == SQLITE_FUNCTION && b != NULL && db_function_allowed(b)) ||
              (action == SQLITE_READ && db_read_allowed(g, a, b));
    if (ok) return SQLITE_OK;
    if (action == SQLITE_FUNCTION) {
        snprintf(db->text, sizeof db->text, "not permitted: function %.100s", b != NULL ? b : "");
        g->denied = true;
        return SQLITE_DENY;
    }
    bool column = action == SQLITE_READ && b != NULL && b[0] != '\0';
    snprintf(db->text, sizeof db->text, "not permitted: action %d %.100s%s%.100s", action,
             action == SQLITE_READ && a != NULL ? a : "", column ? "." : "", column ? b : "");
    g->denied = true;
    return SQLITE_DENY;
}

static int db_query_progress(void *ctx)
{
    struct db_guard *g = ctx;
    if (!g->watch) return 0;
    if (atomic_load_explicit(g->stop, memory_order_relaxed)) return 1;
    if (g->steps_left < DB_QUERY_GRAIN_STEPS) {
        g->steps_left = 0;
        return 1;
    }
    g->steps_left -= DB_QUERY_GRAIN_STEPS;
    g->late = clock_mono_ms() > g->end_ms;
    return g->late ? 1 : 0;
}

/* ---- the names in the schema ---- */

static void db_guard_free(struct db_guard *g)
{
    for (size_t i = 0; i < g->table_count; i++)
        free(g->tables[i]);
    free(g->tables);
}

static enum err db_guard_add(struct db_guard *g, struct bytes name)
{
    if (g->table_count == DB_TABLES_MAX) return ERR_TOO_LARGE;
    if ((g->table_count & 63) == 0) {
        char **more = realloc(g->tables, (g->table_count + 64) * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        g->tables = more;
    }
    char *copy = malloc(name.len + 1);
    if (copy == NULL) return ERR_NOMEM;
    if (name.len > 0) memcpy(copy, name.p, name.len);
    copy[name.len] = '\0';
    g->tables[g->table_count++] = copy;
    return ERR_OK;
}

static enum err db_guard_load(struct db *db, struct db_guard *g)
{
    struct db_stmt *q =
        db_stmt(db, "SELECT name FROM sqlite_schema WHERE type IN ('table','view')");
    bool row = false;
    enum err e;
    do {
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = db_guard_add(g, db_column_bytes(q, 0));
    } while (e == ERR_OK && row);
    db_done(q);
    return e;
}

/* ---- running ---- */

/* Rest of the SQL after the first statement: only blanks, semicolons and comments may follow. */
static bool db_tail_empty(sqlite3 *h, const char *tail)
{
    while (tail != NULL && *tail != '\0') {
        sqlite3_stmt *more = NULL;
        const char *next = NULL;
        int rc = sqlite3_prepare_v2(h, tail, -1, &more, &next);
        bool empty = rc == SQLITE_OK && more == NULL;
        sqlite3_finalize(more);
        if (!empty || next == tail) return false;
        tail = next;
    }
    return true;
}

/* Errors of the text are its author's; errors of the machine are ours. */
static enum err db_query_fail(struct db *db, const struct db_guard *g, int rc)
{
    int kind = rc & 0xff;
    if (g->denied || kind == SQLITE_AUTH) return ERR_DENIED;
    if (kind == SQLITE_INTERRUPT) {
        snprintf(db->text, sizeof db->text, "the query takes too %s",
                 g->late ? "long" : "many steps");
        return ERR_TOO_LARGE;
    }
    if (kind == SQLITE_TOOBIG) {
        snprintf(db->text, sizeof db->text, "a value or the query is too large");
        return ERR_TOO_LARGE;
    }
    if (kind == SQLITE_ERROR || kind == SQLITE_MISMATCH || kind == SQLITE_RANGE) {
        snprintf(db->text, sizeof db->text, "%s", sqlite3_errmsg(db->handle));
        return ERR_BAD_INPUT;
    }
    return db_fail(db, rc, "query");
}

static bool db_sql_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Behind the quoted text or the comment that begins at `p`, as SQLite's tokenizer reads them; `p` itself: none does. */
static const char *db_sql_skip(const char *p)
{
    if (p[0] == '-' && p[1] == '-') return p + strcspn(p, "\n");
    if (p[0] == '/' && p[1] == '*' && p[2] != '\0') {
        const char *end = strstr(p + 2, "*/");
        return end != NULL ? end + 2 : p + strlen(p);
    }
    if (strchr("'\"`[", p[0]) == NULL) return p;
    const char close = p[0] == '[' ? ']' : p[0];
    for (p++; *p != '\0'; p++) {
        if (*p != close) continue;
        if (close == ']' || p[1] != close) return p + 1;
        p++;
    }
    return p;
}

/*
 * SQLite does not ask the authorizer for the columns that NATURAL and USING compare: with them a guess could be counted
 * in a column that may not be read. Both are words of the language in no other place and never quoted, so any that
 * stands outside of quotes and comments is refused. `$name(...)` is refused with them: SQLite takes it for one
 * parameter, whatever stands in the brackets, and no query of ours has one.
 */
static bool db_sql_hides_columns(const char *sql)
{
    bool name = false; /* of a parameter: a bracket may follow */
    for (const char *p = sql; *p != '\0';) {
        const char *after = db_sql_skip(p);
        if (after == p && strchr("$@#:?", *p) != NULL) {
            name = true;
            p++;
        } else if (after == p && db_sql_letter(*p)) {
            while (db_sql_letter(*after))
                after++;
            size_t len = (size_t)(after - p);
            if (len == 7 && sqlite3_strnicmp(p, "NATURAL", 7) == 0) return true;
            if (len == 5 && sqlite3_strnicmp(p, "USING", 5) == 0) return true;
            p = after;
        } else {
            if (name && *p == '(') return true;
            name = name && (unsigned char)*p >= 0x80; /* letters to SQLite */
            p = after == p ? p + 1 : after;
        }
    }
    return false;
}

/* How many time values, which stand first, and whether a format stands before them; 0: reads no time. */
static size_t db_time_values(const char *name, size_t len, bool *format)
{
    static const char *const one[] = {"date", "time", "datetime", "julianday", "unixepoch"};
    *format = len == 8 && sqlite3_strnicmp(name, "strftime", 8) == 0;
    if (len == 8 && sqlite3_strnicmp(name, "timediff", 8) == 0) return 2;
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
        if (strlen(one[i]) == len && sqlite3_strnicmp(name, one[i], (int)len) == 0) return 1;
    return *format ? 1 : 0;
}

/* Behind blanks and comments. */
static const char *db_sql_blank(const char *p)
{
    for (;;) {
        const char *after = p + strspn(p, " \t\n\f\r");
        if (*after == '-' || *after == '/') after = db_sql_skip(after);
        if (after == p) return p;
        p = after;
    }
}

/* What makes a function of time ask the clock, or the machine where it stands: a text in its brackets. */
static bool db_time_word(const char *p, const char *end)
{
    static const char *const words[] = {"'now'", "'localtime'", "'utc'", "'subsec'", "'subsecond'"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) == n && sqlite3_strnicmp(p, words[i], (int)n) == 0) return true;
    }
    return false;
}

/* Do the brackets of a function of time, from behind the first on, make it ask the clock? */
static bool db_time_asks_clock(const char *p, size_t values, bool format)
{
    size_t arguments = 0, depth = 0;
    bool filled = false;
    for (p = db_sql_blank(p); *p != '\0'; p = db_sql_blank(p)) {
        const char *after = db_sql_skip(p);
        if (*p == '\'' && db_time_word(p, after)) return true;
        if (*p == ')' && depth-- == 0) break;
        if (*p == '(') depth++;
        if (*p == ',' && depth == 0) arguments++;
        filled = true;
        p = after == p ? p + 1 : after;
    }
    return (filled ? arguments + 1 : 0) < values + (format ? 1u : 0u);
}

/*
 * Without a time value, or with 'now', SQLite's functions of time take it from the clock, and 'localtime' and 'utc' go
 * by the machine's zone: a figure would change with the day on which it is made and the PC that makes it. The
 * authorizer is told of functions and not of what stands in their brackets. The function's name, or NULL.
 */
static const char *db_sql_asks_clock(const char *sql, size_t *len)
{
    for (const char *p = sql; *p != '\0';) {
        const char *after = db_sql_skip(p);
        const char *name = p;
        bool quoted = after != p && strchr("\"`[", *p) != NULL && after > p + 1;
        if (after == p)
            while (db_sql_letter(*after))
                after++;
        *len = (size_t)(after - p);
        if (quoted) {
            name++;
            *len -= 2;
        }
        bool format = false;
        size_t values = db_time_values(name, *len, &format);
        const char *open = values > 0 ? db_sql_blank(after) : after;
        if (values > 0 && *open == '(' && db_time_asks_clock(open + 1, values, format)) return name;
        p = after == p ? p + 1 : after;
    }
    return NULL;
}

static enum err db_query_compile(struct db *db, struct db_guard *g, struct db_stmt *q)
{
    const char *tail = NULL;
    if (db_sql_hides_columns(g->query->sql)) {
        snprintf(db->text, sizeof db->text, "not permitted: NATURAL or USING; write JOIN ... ON");
        return ERR_DENIED;
    }
    size_t len = 0;
    const char *name = db_sql_asks_clock(g->query->sql, &len);
    if (name != NULL) {
        snprintf(db->text, sizeof db->text,
                 "not permitted: %.*s() of the clock (no time value, now, utc)", (int)len, name);
        return ERR_DENIED;
    }
    g->watch = true;
    int rc = sqlite3_prepare_v2(db->handle, g->query->sql, -1, &q->q, &tail);
    bool alone = rc == SQLITE_OK && q->q != NULL && db_tail_empty(db->handle, tail);
    g->watch = false;
    if (rc != SQLITE_OK) return db_query_fail(db, g, rc);
    if (!alone) {
        snprintf(db->text, sizeof db->text, "exactly one statement is wanted");
        return ERR_BAD_INPUT;
    }
    if (sqlite3_stmt_readonly(q->q) && !sqlite3_stmt_isexplain(q->q) &&
        sqlite3_column_count(q->q) > 0)
        return ERR_OK;
    snprintf(db->text, sizeof db->text, "not permitted: only SELECT");
    return ERR_DENIED;
}

/* One that nobody binds would be NULL for ever, and whatever is compared with it silently false. */
static enum err db_query_known(struct db *db, const struct db_query *query, const struct db_stmt *q)
{
    for (int i = 1; query->known != NULL && i <= sqlite3_bind_parameter_count(q->q); i++) {
        const char *name = sqlite3_bind_parameter_name(q->q, i);
        if (query->known(query->ctx, name != NULL && name[0] == ':' ? name + 1 : NULL)) continue;
        snprintf(db->text, sizeof db->text, "no such parameter: %.60s", name != NULL ? name : "?");
        return ERR_BAD_INPUT;
    }
    return ERR_OK;
}

static void db_query_bind_one(struct db_stmt *q, int i, const struct db_param *p)
{
    switch (p->kind) {
    case DB_NULL: db_bind_null(q, i); break;
    case DB_INT: db_bind_int(q, i, p->i); break;
    case DB_DOUBLE: db_bind_double(q, i, p->d); break;
    case DB_TEXT: db_bind_text(q, i, p->b); break;
    case DB_BLOB: db_bind_blob(q, i, p->b); break;
    }
}

static enum err db_query_bind(struct db_stmt *q, const struct db_query *query)
{
    for (size_t k = 0; k < query->param_count; k++) {
        char name[128];
        int n = snprintf(name, sizeof name, ":%s", query->params[k].name);
        assert(n > 0 && (size_t)n < sizeof name);
        int i = sqlite3_bind_parameter_index(q->q, name);
        if (i > 0) db_query_bind_one(q, i, &query->params[k]);
    }
    return q->e;
}

static enum err db_query_run(struct db *db, struct db_guard *g, struct db_stmt *q)
{
    for (;;) {
        g->watch = true;
        int rc = sqlite3_step(q->q);
        g->watch = false;
        if (rc == SQLITE_DONE) return ERR_OK;
        if (rc != SQLITE_ROW) return db_query_fail(db, g, rc);
        if (g->query->row == NULL) continue;
        enum err e = g->query->row(g->query->ctx, q);
        if (e != ERR_OK) return e;
    }
}

enum err db_query_readonly(struct db *db, const struct db_query *query)
{
    assert(query->allow != NULL && query->ms_max > 0 && query->param_count <= DB_PARAMS_MAX);
    assert(db->guard == NULL && "guarded queries do not nest");
    enum err e = db_usable(db);
    if (e != ERR_OK) return e;
    struct db_guard g = {.query = query,
                         .steps_left = query->step_max,
                         .end_ms = clock_mono_ms() + query->ms_max,
                         .stop = &db->stop};
    struct db_stmt q = {.db = db};
    e = db_guard_load(db, &g);
    if (e != ERR_OK) goto out;
    db->guard = &g;
    sqlite3_progress_handler(db->handle, DB_QUERY_GRAIN_STEPS, db_query_progress, &g);
    e = db_query_compile(db, &g, &q);
    if (e == ERR_OK) e = db_query_known(db, query, &q);
    if (e == ERR_OK) e = db_query_bind(&q, query);
    if (e == ERR_OK) e = db_query_run(db, &g, &q);
    sqlite3_finalize(q.q);
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    db->guard = NULL;
out:
    db_guard_free(&g);
    return e;
}

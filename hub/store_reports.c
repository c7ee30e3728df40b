#include "hub/store_reports.h"
#include "hub/store_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum err hub_reports_ready(struct hub_store *s, struct hub_cut *cut)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity || s->catalogue == NULL) return ERR_NOT_READY;
    e = hub_store_project(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT hash FROM sys_catalogue WHERE edition = ?1");
    db_bind_int(q, 1, s->edition);
    e = db_get(q);
    if (e == ERR_NOT_FOUND) e = ERR_DAMAGED;
    *cut = (struct hub_cut){
        .epoch = s->identity.epoch,
        .position = s->position,
        .hash = s->position_hash,
        .edition = s->edition,
    };
    if (e == ERR_OK) e = db_column_copy(q, 0, cut->archive.b, sizeof cut->archive.b);
    db_done(q);
    return e;
}

/* ---- indicators ---- */

enum { REPORTS_COLUMNS = 8 }; /* unit subject record num den by1 by2 by3 */

struct reports_run {
    const struct typed *typed;
    hub_fact_fn *row;
    void *ctx;
    char *why;
    bool amounts;                /* sums: num is out of records */
    int column[REPORTS_COLUMNS]; /* -1: the SQL has no such column */
    bool mapped;
};

static const char *const reports_columns[REPORTS_COLUMNS] = {"unit", "subject", "record", "num",
                                                             "den",  "by1",     "by2",    "by3"};

static bool reports_allow(void *ctx, const char *table)
{
    const struct reports_run *run = ctx;
    return typed_table_allowed(run->typed, table);
}

static enum err reports_map(struct reports_run *run, const struct db_stmt *q)
{
    for (int k = 0; k < REPORTS_COLUMNS; k++) {
        run->column[k] = -1;
        for (int i = 0; i < db_column_count(q); i++) {
            if (strcmp(db_column_name(q, i), reports_columns[k]) == 0) run->column[k] = i;
        }
        if (k <= 3 && run->column[k] < 0) {
            snprintf(run->why, HUB_REPORT_WHY_ROOM, "no column %s", reports_columns[k]);
            return ERR_BAD_INPUT;
        }
    }
    run->mapped = true;
    return ERR_OK;
}

static struct bytes reports_text(const struct reports_run *run, const struct db_stmt *q, int k)
{
    return run->column[k] < 0 ? (struct bytes){NULL, 0} : db_column_bytes(q, run->column[k]);
}

/* An amount comes out of a record, where a value of another kind may stand: that is odd, not wrong
 * SQL. Counts and rates are made by the SQL itself. */
static enum err reports_number(const struct reports_run *run, const struct db_stmt *q, int k,
                               bool *has, int64_t *out, bool *odd)
{
    *has = false;
    if (run->column[k] < 0 || db_column_kind(q, run->column[k]) == DB_NULL) return ERR_OK;
    if (db_column_kind(q, run->column[k]) != DB_INT) {
        *odd = true;
        if (run->amounts) return ERR_OK;
        snprintf(run->why, HUB_REPORT_WHY_ROOM, "%s is not an integer", reports_columns[k]);
        return ERR_BAD_INPUT;
    }
    *has = true;
    *out = db_column_int(q, run->column[k]);
    return ERR_OK;
}

static enum err reports_row(void *ctx, struct db_stmt *q)
{
    struct reports_run *run = ctx;
    struct hub_fact fact = {.num = 0};
    enum err e = run->mapped ? ERR_OK : reports_map(run, q);
    if (e == ERR_OK) e = reports_number(run, q, 3, &fact.has_num, &fact.num, &fact.odd);
    if (e == ERR_OK) e = reports_number(run, q, 4, &fact.has_den, &fact.den, &fact.odd);
    if (e != ERR_OK) return e;
    fact.unit = reports_text(run, q, 0);
    fact.subject = reports_text(run, q, 1);
    fact.record = reports_text(run, q, 2);
    for (int i = 0; i < HUB_FIGURES_BY_MAX; i++)
        fact.by[i] = reports_text(run, q, 5 + i);
    return run->row(run->ctx, &fact);
}

static struct db_param reports_param(const char *name, const char *text)
{
    return (struct db_param){.name = name, .kind = DB_TEXT, .b = bytes_str(text)};
}

struct reports_params {
    struct db_param v[DB_PARAMS_MAX];
    char names[DB_PARAMS_MAX][CATALOGUE_NAME_BYTES_MAX + 3];
    size_t count;
};

/* Every parameter of the catalogue that is valid on the day, as p_NAME. */
static enum err reports_bind(const struct catalogue *c, struct date on, struct reports_params *p)
{
    size_t count = 0;
    const struct catalogue_param *params = catalogue_params(c, &count);
    for (size_t i = 0; i < count; i++) {
        bool valid = date_compare(params[i].valid_from, on) <= 0 &&
                     date_compare(on, params[i].valid_to) <= 0;
        if (!valid) continue;
        if (p->count == DB_PARAMS_MAX) return ERR_TOO_LARGE;
        snprintf(p->names[p->count], sizeof p->names[0], "p_%s", params[i].name);
        p->v[p->count] = reports_param(p->names[p->count], params[i].value);
        p->count++;
    }
    return ERR_OK;
}

enum err hub_reports_run(struct hub_store *s, const struct catalogue_indicator *indicator,
                         struct period_window window, hub_fact_fn *row, void *ctx,
                         char why[static HUB_REPORT_WHY_ROOM])
{
    char t0[DATE_TEXT_ROOM], t1[DATE_TEXT_ROOM];
    struct reports_run run = {
        .typed = s->typed,
        .row = row,
        .ctx = ctx,
        .why = why,
        .amounts = indicator->measure == CATALOGUE_SUM || indicator->measure == CATALOGUE_RATIO_SUM,
    };
    struct reports_params *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    why[0] = '\0';
    date_print(window.first, t0);
    date_print(window.last, t1);
    p->v[p->count++] = reports_param("t0", t0);
    p->v[p->count++] = reports_param("t1", t1);
    enum err e = s->typed != NULL ? reports_bind(s->catalogue, window.last, p) : ERR_NOT_READY;
    if (e == ERR_OK) {
        struct db_query query = {
            .sql = indicator->sql,
            .params = p->v,
            .param_count = p->count,
            .step_max = HUB_INDICATOR_STEPS_MAX,
            .allow = reports_allow,
            .row = reports_row,
            .ctx = &run,
        };
        e = db_query_readonly(s->db, &query);
    }
    bool told = e == ERR_BAD_INPUT || e == ERR_DENIED || e == ERR_TOO_LARGE;
    if (told && why[0] == '\0') snprintf(why, HUB_REPORT_WHY_ROOM, "%s", db_text(s->db));
    free(p);
    return e;
}

/* ---- targets ---- */

/* False when the text does not fit. */
static bool reports_copy(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len >= room || (b.len > 0 && memchr(b.p, 0, b.len) != NULL)) return false;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return true;
}

static bool reports_has_targets(const struct catalogue *c)
{
    static const char *const fields[] = {"indicator", "target_unit", "year", "period",    "op",
                                         "value",     "value_hi",    "per",  "base_value"};
    const struct catalogue_type *t = catalogue_type_by_name(c, "target");
    for (size_t i = 0; t != NULL && i < sizeof fields / sizeof fields[0]; i++) {
        if (catalogue_field_by_name(t, fields[i]) == NULL) return false;
    }
    return t != NULL;
}

enum err hub_reports_targets(struct hub_store *s, int year,
                             enum err (*row)(void *ctx, const struct hub_target_row *t), void *ctx)
{
    if (s->typed == NULL || !reports_has_targets(s->catalogue)) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT id, indicator, target_unit, period, op, CAST(value AS TEXT), "
                       "CAST(value_hi AS TEXT), per, CAST(base_value AS TEXT) FROM target WHERE "
                       "year = ?1 AND unit = ?2 ORDER BY id");
    db_bind_int(q, 1, year);
    db_bind_str(q, 2, s->identity.unit);
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct hub_target_row t;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = db_column_copy(q, 0, t.rid.b, sizeof t.rid.b);
        bool fits = reports_copy(q, 1, t.indicator, sizeof t.indicator) &&
                    reports_copy(q, 2, t.unit, sizeof t.unit) &&
                    reports_copy(q, 3, t.period, sizeof t.period) &&
                    reports_copy(q, 4, t.op, sizeof t.op) &&
                    reports_copy(q, 5, t.value, sizeof t.value) &&
                    reports_copy(q, 6, t.value_hi, sizeof t.value_hi) &&
                    reports_copy(q, 7, t.per, sizeof t.per) &&
                    reports_copy(q, 8, t.base_value, sizeof t.base_value);
        if (e == ERR_OK && fits) e = row(ctx, &t);
    }
    db_done(q);
    return e;
}

/* ---- who sent ---- */

static enum err reports_any_record(struct hub_store *s, int64_t unit, bool *any)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_record WHERE unit = ?1 LIMIT 1");
    db_bind_int(q, 1, unit);
    enum err e = db_step(q, any);
    db_done(q);
    return e;
}

/* Clocks grow along a log, so the last set of each log is the newest. Seq 0 is no data. */
static enum err reports_newest_ms(struct hub_store *s, int64_t unit, int64_t *newest_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.head FROM sys_node n JOIN sys_inc i ON i.node = n.node "
                       "JOIN sys_log l ON l.inc = i.no AND "
                       "l.seq = (SELECT max(m.seq) FROM sys_log m WHERE m.inc = i.no) "
                       "WHERE n.unit = ?1 AND l.seq > 0");
    db_bind_int(q, 1, unit);
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        struct change_head head;
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        if (change_head_read(db_column_bytes(q, 0), &head) != ERR_OK) e = ERR_DAMAGED;
        if (e == ERR_OK && (int64_t)(head.hlc >> 16) > *newest_ms)
            *newest_ms = (int64_t)(head.hlc >> 16);
    }
    db_done(q);
    return e;
}

enum err hub_reports_sent(struct hub_store *s, const char *unit, int64_t window_ms,
                          enum hub_sent *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    int64_t no = hub_unit_find(s, unit);
    int64_t newest_ms = INT64_MIN;
    bool any = false;
    if (no != 0) e = reports_any_record(s, no, &any);
    if (e == ERR_OK && any) e = reports_newest_ms(s, no, &newest_ms);
    if (e != ERR_OK) return e;
    *out = !any ? HUB_SENT_NOTHING : newest_ms < window_ms ? HUB_SENT_EARLIER : HUB_SENT_YES;
    return ERR_OK;
}

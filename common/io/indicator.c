#include "common/io/indicator.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { INDICATOR_COLUMNS = 8, INDICATOR_BY = 5 }; /* unit subject record num den by1 by2 by3 */

struct indicator_job {
    const struct typed *typed;
    const struct catalogue_choice *by[FACT_BY_MAX]; /* values of each breakdown */
    size_t by_count[FACT_BY_MAX];
    indicator_fn *row;
    void *ctx;
    char *why;
    bool amounts;                  /* sums: num is out of records */
    int column[INDICATOR_COLUMNS]; /* -1: the SQL has no such column */
    bool mapped;
};

static const char *const indicator_columns[INDICATOR_COLUMNS] = {
    "unit", "subject", "record", "num", "den", "by1", "by2", "by3"};

static bool indicator_allow(void *ctx, const char *table, const char *column)
{
    const struct indicator_job *run = ctx;
    return typed_column_allowed(run->typed, table, column);
}

static enum err indicator_map(struct indicator_job *run, const struct db_stmt *q)
{
    for (int k = 0; k < INDICATOR_COLUMNS; k++) {
        run->column[k] = -1;
        for (int i = 0; i < db_column_count(q); i++) {
            if (strcmp(db_column_name(q, i), indicator_columns[k]) == 0) run->column[k] = i;
        }
        if (k <= 3 && run->column[k] < 0) {
            snprintf(run->why, INDICATOR_WHY_ROOM, "no column %s", indicator_columns[k]);
            return ERR_BAD_INPUT;
        }
    }
    run->mapped = true;
    return ERR_OK;
}

static struct bytes indicator_text(const struct indicator_job *run, const struct db_stmt *q, int k)
{
    return run->column[k] < 0 ? (struct bytes){NULL, 0} : db_column_bytes(q, run->column[k]);
}

/* The lists of by1, by2, by3. */
static void indicator_lists(struct indicator_job *run, const struct catalogue *c, const char *by)
{
    size_t count = 0;
    const struct catalogue_choice *all = catalogue_choices(c, &count);
    for (int i = 0; i < FACT_BY_MAX && by[0] != '\0'; i++) {
        struct bytes list = bytes_make(by, strcspn(by, "|"));
        for (size_t k = 0; k < count; k++) {
            if (!bytes_equal(list, bytes_str(all[k].list))) continue;
            if (run->by[i] == NULL) run->by[i] = &all[k];
            run->by_count[i]++;
        }
        by += list.len + (by[list.len] != '\0' ? 1 : 0);
    }
}

/* A figure is broken down by the values of a list, and by nothing else: what a record says of itself in
 * words cannot leave in a report. A value that the list has not (of another program, or SQL that gives a
 * text) counts under INDICATOR_OTHER. */
static struct bytes indicator_by(const struct indicator_job *run, const struct db_stmt *q, int i)
{
    struct bytes text = indicator_text(run, q, INDICATOR_BY + i);
    if (text.len == 0 || run->by[i] == NULL) return (struct bytes){NULL, 0};
    for (size_t k = 0; k < run->by_count[i]; k++)
        if (bytes_equal(text, bytes_str(run->by[i][k].value))) return text;
    return bytes_str(INDICATOR_OTHER);
}

/* An amount comes out of a record, where a value of another kind may stand: that is odd, not wrong
 * SQL. Counts and rates are made by the SQL itself. */
static enum err indicator_number(const struct indicator_job *run, const struct db_stmt *q, int k,
                                 bool *has, int64_t *out, bool *odd)
{
    *has = false;
    if (run->column[k] < 0 || db_column_kind(q, run->column[k]) == DB_NULL) return ERR_OK;
    if (db_column_kind(q, run->column[k]) != DB_INT) {
        *odd = true;
        if (run->amounts) return ERR_OK;
        snprintf(run->why, INDICATOR_WHY_ROOM, "%s is not an integer", indicator_columns[k]);
        return ERR_BAD_INPUT;
    }
    *has = true;
    *out = db_column_int(q, run->column[k]);
    return ERR_OK;
}

static enum err indicator_row(void *ctx, struct db_stmt *q)
{
    struct indicator_job *run = ctx;
    struct fact fact = {.num = 0};
    enum err e = run->mapped ? ERR_OK : indicator_map(run, q);
    if (e == ERR_OK) e = indicator_number(run, q, 3, &fact.has_num, &fact.num, &fact.odd);
    if (e == ERR_OK) e = indicator_number(run, q, 4, &fact.has_den, &fact.den, &fact.odd);
    if (e != ERR_OK) return e;
    fact.unit = indicator_text(run, q, 0);
    fact.subject = indicator_text(run, q, 1);
    fact.record = indicator_text(run, q, 2);
    for (int i = 0; i < FACT_BY_MAX; i++)
        fact.by[i] = indicator_by(run, q, i);
    return run->row(run->ctx, &fact);
}

static struct db_param indicator_param(const char *name, const char *text)
{
    return (struct db_param){.name = name, .kind = DB_TEXT, .b = bytes_str(text)};
}

struct indicator_params {
    struct db_param v[DB_PARAMS_MAX];
    char names[DB_PARAMS_MAX][CATALOGUE_NAME_BYTES_MAX + 3];
    size_t count;
};

/* Every parameter of the catalogue that is valid on the day, as p_NAME. */
static enum err indicator_bind(const struct catalogue *c, struct date on,
                               struct indicator_params *p)
{
    size_t count = 0;
    const struct catalogue_param *params = catalogue_params(c, &count);
    for (size_t i = 0; i < count; i++) {
        bool valid = date_compare(params[i].valid_from, on) <= 0 &&
                     date_compare(on, params[i].valid_to) <= 0;
        if (!valid) continue;
        if (p->count == DB_PARAMS_MAX) return ERR_TOO_LARGE;
        snprintf(p->names[p->count], sizeof p->names[0], "p_%s", params[i].name);
        p->v[p->count] = indicator_param(p->names[p->count], params[i].value);
        p->count++;
    }
    return ERR_OK;
}

enum err indicator_run(struct db *db, const struct typed *typed, const struct catalogue *c,
                       const struct catalogue_indicator *indicator, struct period_window window,
                       struct bytes owed, indicator_fn *row, void *ctx,
                       char why[static INDICATOR_WHY_ROOM])
{
    char t0[DATE_TEXT_ROOM], t1[DATE_TEXT_ROOM];
    struct indicator_job run = {
        .typed = typed,
        .row = row,
        .ctx = ctx,
        .why = why,
        .amounts = indicator->measure == CATALOGUE_SUM || indicator->measure == CATALOGUE_RATIO_SUM,
    };
    struct indicator_params *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    why[0] = '\0';
    indicator_lists(&run, c, indicator->by);
    date_print(window.first, t0);
    date_print(window.last, t1);
    p->v[p->count++] = indicator_param("t0", t0);
    p->v[p->count++] = indicator_param("t1", t1);
    if (owed.p != NULL)
        p->v[p->count++] = (struct db_param){.name = "owed", .kind = DB_TEXT, .b = owed};
    enum err e = typed != NULL ? indicator_bind(c, window.last, p) : ERR_NOT_READY;
    if (e == ERR_OK) {
        struct db_query query = {
            .sql = indicator->sql,
            .params = p->v,
            .param_count = p->count,
            .step_max = INDICATOR_STEPS_MAX,
            .ms_max = INDICATOR_MS_MAX,
            .allow = indicator_allow,
            .row = indicator_row,
            .ctx = &run,
        };
        e = db_query_readonly(db, &query);
    }
    bool told = e == ERR_BAD_INPUT || e == ERR_DENIED || e == ERR_TOO_LARGE;
    if (told && why[0] == '\0') snprintf(why, INDICATOR_WHY_ROOM, "%s", db_text(db));
    free(p);
    return e;
}

bool indicator_odd(const struct fact *fact)
{
    return fact->odd || fact->num > INDICATOR_AMOUNT_MAX || fact->num < -INDICATOR_AMOUNT_MAX ||
           fact->den > INDICATOR_AMOUNT_MAX || fact->den < -INDICATOR_AMOUNT_MAX;
}

struct bytes indicator_clean(struct bytes value, uint8_t room[static FACT_TEXT_BYTES_MAX])
{
    struct bytes s = text_truncate(value, FACT_TEXT_BYTES_MAX);
    for (size_t i = 0; i < s.len; i++)
        room[i] = s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
    return bytes_make(room, s.len);
}

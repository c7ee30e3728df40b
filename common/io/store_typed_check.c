#include "common/io/store_typed_priv.h"
#include "common/io/store_watch.h"
#include "common/log.h"
#include "common/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPED_CHECK_STEPS_MAX = 2000000, /* SQLite steps of the constraints of one row */
    TYPED_COMPILE_STEPS_MAX = 100000,
    TYPED_MS_MAX = 60000, /* ms by the clock, of either */
};

/* ---- telling what is wrong with a catalogue ---- */

static enum err typed_refuse(struct catalogue_mistakes *why, const char *file, const char *what,
                             const char *column, const char *detail)
{
    if (why == NULL) { /* in use: it was good once, and all else of it still is */
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("catalogue.rule"), log_str("file", file),
                  log_str("what", what));
        return ERR_OK;
    }
    if (why->count == why->room) return ERR_BAD_INPUT;
    struct catalogue_error *x = &why->v[why->count++];
    *x = (struct catalogue_error){0};
    snprintf(x->file, sizeof x->file, "%s", file);
    snprintf(x->column, sizeof x->column, "%s", column);
    snprintf(x->text_vi, sizeof x->text_vi, "%.63s: biểu thức SQL không dùng được: %.90s", what,
             detail);
    snprintf(x->text_en, sizeof x->text_en, "%.63s: the SQL expression does not work: %.90s", what,
             detail);
    return ERR_OK; /* the next is looked at as well */
}

/* The prospective row as a one-row table with the names of the fields. */
static void typed_row_text(const struct catalogue_type *type, struct buf *sql)
{
    buf_add_str(sql, "(SELECT ");
    for (size_t i = 0; i < type->field_count; i++) {
        buf_printf(sql, "%sCAST(:f%u AS %s) AS \"%s\"", i ? ", " : "", (unsigned)i,
                   typed_affinity(type->fields[i].kind), type->fields[i].name);
    }
    buf_add_str(sql, ")");
}

/* relevant and constraint of every field that has one, in order; NULL when none has. A newline
 * ends a comment at the end of an expression. */
char *typed_check_text(const struct catalogue_type *type, struct buf *sql)
{
    bool any = false;
    buf_clear(sql);
    buf_add_str(sql, "SELECT ");
    for (size_t i = 0; i < type->field_count; i++) {
        const struct catalogue_field *f = &type->fields[i];
        if (f->relevant[0] != '\0') buf_printf(sql, "%s(%s\n)", any ? ", " : "", f->relevant);
        any = any || f->relevant[0] != '\0';
        if (f->constraint[0] != '\0') buf_printf(sql, "%s(%s\n)", any ? ", " : "", f->constraint);
        any = any || f->constraint[0] != '\0';
    }
    buf_add_str(sql, " FROM ");
    typed_row_text(type, sql);
    return any ? typed_copy(sql) : NULL;
}

/* ---- checking expressions ---- */

static bool typed_allow(void *ctx, const char *table, const char *column)
{
    return typed_column_allowed(ctx, table, column);
}

/* What is bound: the row's values (typed_row_text), the days, and the parameters of the catalogue, whatever
 * their days. */
static bool typed_known_row(void *ctx, const char *name)
{
    (void)ctx;
    return name != NULL && name[0] == 'f' && name[1] >= '0' && name[1] <= '9';
}

static bool typed_known_day(void *ctx, const char *name)
{
    const struct typed *t = ctx;
    size_t n = 0;
    const struct catalogue_param *params = catalogue_params(t->catalogue, &n);
    if (name == NULL) return false;
    if (strcmp(name, "t0") == 0 || strcmp(name, "t1") == 0) return true;
    for (size_t i = 0; strncmp(name, "p_", 2) == 0 && i < n; i++)
        if (strcmp(params[i].name, name + 2) == 0) return true;
    return false;
}

static bool typed_known_window(void *ctx, const char *name)
{
    return typed_known_day(ctx, name) || (name != NULL && strcmp(name, "owed") == 0);
}

typedef bool typed_known_fn(void *ctx, const char *name);

static enum err typed_compile(struct typed *t, const char *sql, typed_known_fn *known)
{
    struct db_query query = {
        .sql = sql,
        .step_max = TYPED_COMPILE_STEPS_MAX,
        .ms_max = TYPED_MS_MAX,
        .allow = typed_allow,
        .known = known,
        .ctx = t,
    };
    return db_query_readonly(t->db, &query);
}

static bool typed_is_refusal(enum err e)
{
    return e == ERR_DENIED || e == ERR_BAD_INPUT || e == ERR_TOO_LARGE;
}

static enum err typed_check_expression(struct typed *t, const struct catalogue_type *type,
                                       const struct catalogue_field *f, const char *expression,
                                       const char *column, struct buf *sql)
{
    if (expression[0] == '\0') return ERR_OK;
    char what[2 * CATALOGUE_NAME_BYTES_MAX + 2];
    snprintf(what, sizeof what, "%s.%s", type->name, f->name);
    buf_clear(sql);
    buf_printf(sql, "SELECT (%s\n) FROM ", expression);
    typed_row_text(type, sql);
    buf_add_str(sql, " LIMIT 0");
    const char *text = buf_cstr(sql);
    enum err e = sql->e != ERR_OK ? sql->e : typed_compile(t, text, typed_known_row);
    if (!typed_is_refusal(e)) return e;
    return typed_refuse(t->why, "fields.csv", what, column, db_text(t->db));
}

static enum err typed_check_type(struct typed *t, const struct catalogue_type *type,
                                 struct buf *sql)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < type->field_count; i++) {
        const struct catalogue_field *f = &type->fields[i];
        e = typed_check_expression(t, type, f, f->relevant, "relevant", sql);
        if (e == ERR_OK) e = typed_check_expression(t, type, f, f->constraint, "constraint", sql);
    }
    return e;
}

/* EXPLAIN is not let through by the guard; LIMIT 0 compiles all and runs nothing. */
static const char *typed_indicator_text(const struct catalogue_indicator *i, struct buf *sql)
{
    buf_clear(sql);
    buf_printf(sql, "SELECT unit, subject, record, num, den FROM (%s\n) LIMIT 0", i->sql);
    return buf_cstr(sql);
}

static enum err typed_check_indicator(struct typed *t, const struct catalogue_indicator *i,
                                      struct buf *sql)
{
    const char *text = typed_indicator_text(i, sql);
    enum err e = sql->e != ERR_OK ? sql->e : typed_compile(t, text, typed_known_window);
    if (!typed_is_refusal(e)) return e;
    char file[64];
    snprintf(file, sizeof file, "indicators/%.40s.sql", i->id);
    return typed_refuse(t->why, file, i->id, "", db_text(t->db));
}

struct typed_types_job {
    const struct typed *typed;
    void (*type)(void *ctx, const struct catalogue_type *type);
    void *ctx;
};

static bool typed_types_allow(void *ctx, const char *table, const char *column)
{
    const struct typed_types_job *job = ctx;
    const struct catalogue_type *type = catalogue_type_by_name(job->typed->catalogue, table);
    if (type != NULL) job->type(job->ctx, type);
    return typed_column_allowed(job->typed, table, column);
}

enum err typed_indicator_types(struct typed *t, const struct catalogue_indicator *indicator,
                               void (*type)(void *ctx, const struct catalogue_type *type),
                               void *ctx)
{
    struct buf sql;
    buf_init(&sql, DB_SQL_BYTES_MAX);
    struct typed_types_job job = {t, type, ctx};
    struct db_query query = {
        .sql = typed_indicator_text(indicator, &sql),
        .step_max = TYPED_COMPILE_STEPS_MAX,
        .ms_max = TYPED_MS_MAX,
        .allow = typed_types_allow,
        .ctx = &job,
    };
    enum err e = sql.e != ERR_OK ? sql.e : db_query_readonly(t->db, &query);
    buf_free(&sql);
    return e;
}

/* Clocks and checks run like indicators. */
static enum err typed_check_rule(struct typed *t, const struct catalogue_clock *clock,
                                 const struct catalogue_check *check, struct buf *sql)
{
    assert(clock != NULL || check != NULL);
    buf_clear(sql);
    buf_add_str(sql, "SELECT * FROM (");
    if (clock != NULL)
        watch_clock_sql(clock, sql);
    else
        watch_check_sql(check, sql);
    buf_add_str(sql, ") LIMIT 0");
    const char *text = buf_cstr(sql);
    enum err e = sql->e != ERR_OK ? sql->e : typed_compile(t, text, typed_known_day);
    if (!typed_is_refusal(e)) return e;
    return typed_refuse(t->why, clock != NULL ? "clocks.csv" : "checks.csv",
                        clock != NULL ? clock->id : check->id, "", db_text(t->db));
}

static enum err typed_check_rules(struct typed *t, struct buf *sql)
{
    enum err e = ERR_OK;
    size_t clocks = 0, checks = 0;
    const struct catalogue_clock *clock = catalogue_clocks(t->catalogue, &clocks);
    const struct catalogue_check *check = catalogue_checks(t->catalogue, &checks);
    for (size_t i = 0; e == ERR_OK && i < clocks; i++)
        e = typed_check_rule(t, &clock[i], NULL, sql);
    for (size_t i = 0; e == ERR_OK && i < checks; i++)
        e = typed_check_rule(t, NULL, &check[i], sql);
    size_t triggers = 0;
    const struct catalogue_trigger *g = catalogue_triggers(t->catalogue, &triggers);
    for (size_t i = 0; e == ERR_OK && i < triggers; i++) {
        struct catalogue_check records = {
            .id = g[i].label_en, .type = g[i].type, .unit = "", .wrong = g[i].records};
        if (g[i].type != NULL) e = typed_check_rule(t, NULL, &records, sql);
    }
    return e;
}

enum err typed_check_all(struct typed *t, struct buf *sql)
{
    enum err e = ERR_OK;
    size_t before = t->why != NULL ? t->why->count : 0;
    for (size_t i = 0; e == ERR_OK && i < t->count; i++)
        e = typed_check_type(t, t->tables[i].type, sql);
    size_t count = 0;
    const struct catalogue_indicator *v = catalogue_indicators(t->catalogue, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = typed_check_indicator(t, &v[i], sql);
    if (e == ERR_OK) e = typed_check_rules(t, sql);
    return e == ERR_OK && t->why != NULL && t->why->count > before ? ERR_BAD_INPUT : e;
}

/* ---- checking a row ---- */

struct typed_verdict {
    bool relevant[CATALOGUE_FIELDS_MAX];
    bool wrong[CATALOGUE_FIELDS_MAX];
    const struct catalogue_type *type;
};

/* NULL is "cannot say": relevant and not wrong, as CHECK of SQL takes it. */
static bool typed_is_false(const struct db_stmt *q, int i)
{
    return db_column_kind(q, i) != DB_NULL && db_column_double(q, i) == 0.0;
}

static enum err typed_check_row(void *ctx, struct db_stmt *q)
{
    struct typed_verdict *v = ctx;
    int column = 0;
    for (size_t i = 0; i < v->type->field_count; i++) {
        const struct catalogue_field *f = &v->type->fields[i];
        if (f->relevant[0] != '\0') v->relevant[i] = !typed_is_false(q, column++);
        if (f->constraint[0] != '\0') v->wrong[i] = typed_is_false(q, column++);
    }
    return ERR_OK;
}

struct typed_check_ctx {
    const struct typed *t;
    struct typed_verdict *verdict;
};

static bool typed_check_allow(void *ctx, const char *table, const char *column)
{
    return typed_column_allowed(((struct typed_check_ctx *)ctx)->t, table, column);
}

static enum err typed_check_each(void *ctx, struct db_stmt *q)
{
    return typed_check_row(((struct typed_check_ctx *)ctx)->verdict, q);
}

static enum err typed_evaluate(struct typed *t, const struct typed_table *table,
                               const struct typed_value *values, size_t count,
                               struct typed_verdict *verdict)
{
    static const enum db_kind kinds[] = {DB_NULL, DB_INT, DB_TEXT, DB_BLOB};
    struct db_param params[CATALOGUE_FIELDS_MAX];
    char names[CATALOGUE_FIELDS_MAX][8];
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "f%u", (unsigned)(i & 0xffu));
        params[i] = (struct db_param){
            .name = names[i],
            .kind = kinds[values[i].kind],
            .i = values[i].number,
            .b = values[i].bytes,
        };
    }
    struct typed_check_ctx ctx = {.t = t, .verdict = verdict};
    struct db_query query = {
        .sql = table->check_sql,
        .params = params,
        .param_count = count,
        .step_max = TYPED_CHECK_STEPS_MAX,
        .ms_max = TYPED_MS_MAX,
        .allow = typed_check_allow,
        .row = typed_check_each,
        .ctx = &ctx,
    };
    return db_query_readonly(t->db, &query);
}

/* "label: reason", cut between characters. */
static void typed_words(const char *label, const char *reason, char *out, size_t room)
{
    struct bytes l = text_truncate(bytes_str(label), room / 2 - 2);
    struct bytes r = text_truncate(bytes_str(reason), room - l.len - 3);
    snprintf(out, room, "%.*s: %.*s", (int)l.len, (const char *)l.p, (int)r.len, (const char *)r.p);
}

static enum err typed_wrong(const struct catalogue_field *f, bool missing,
                            const struct catalogue_field **bad, struct catalogue_why *why)
{
    *bad = f;
    const char *vi = missing ? "Chưa nhập" : f->constraint_vi;
    const char *en = missing ? "Missing" : f->constraint_en;
    typed_words(f->label_vi, vi[0] != '\0' ? vi : "Giá trị không hợp lệ", why->vi, sizeof why->vi);
    typed_words(f->label_en, en[0] != '\0' ? en : "The value is not allowed", why->en,
                sizeof why->en);
    return ERR_BAD_VALUE;
}

enum err typed_review(struct typed *t, const struct catalogue_type *type,
                      const struct typed_value *values, size_t count, struct typed_review *out)
{
    const struct typed_table *table = typed_find(t, type);
    assert(table != NULL && count == table->type->field_count && count <= CATALOGUE_FIELDS_MAX);
    struct typed_verdict verdict = {.type = table->type};
    for (size_t i = 0; i < count; i++)
        verdict.relevant[i] = true;
    enum err e = ERR_OK;
    if (table->check_sql != NULL) e = typed_evaluate(t, table, values, count, &verdict);
    if (e != ERR_OK) return e;
    *out = (struct typed_review){.relevant = {false}};
    for (size_t i = 0; i < count; i++) {
        out->relevant[i] = verdict.relevant[i];
        out->wrong[i] = verdict.relevant[i] && verdict.wrong[i];
        out->missing[i] =
            verdict.relevant[i] && table->type->fields[i].required && values[i].kind == TYPED_NULL;
    }
    return ERR_OK;
}

enum err typed_check(struct typed *t, const struct catalogue_type *type,
                     const struct typed_value *values, size_t count,
                     const struct catalogue_field **bad, struct catalogue_why *why)
{
    struct typed_review review;
    enum err e = typed_review(t, type, values, count, &review);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (review.missing[i] || review.wrong[i])
            e = typed_wrong(&typed_find(t, type)->type->fields[i], review.missing[i], bad, why);
    }
    return e;
}

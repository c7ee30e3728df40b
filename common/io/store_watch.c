#include "common/io/store_watch.h"

#include "common/ics.h"
#include "common/workday.h"

#include <stdio.h>
#include <stdlib.h>

enum { WATCH_ID, WATCH_UNIT, WATCH_START, WATCH_DUE, WATCH_END };

/* ---- queries ---- */

static void watch_column(const char *expression, const char *other, struct buf *out)
{
    buf_printf(out, ", (%s\n)", expression[0] != '\0' ? expression : other);
}

void watch_clock_sql(const struct catalogue_clock *k, struct buf *out)
{
    const char *t = k->type->name;
    buf_printf(out, "SELECT \"%s\".id", t);
    watch_column(k->unit, "unit", out);
    watch_column(k->start, "NULL", out);
    watch_column(k->due, "NULL", out);
    watch_column(k->done, "NULL", out);
    buf_printf(out, " FROM \"%s\" WHERE (%s\n) ORDER BY \"%s\".id", t,
               k->relevant[0] != '\0' ? k->relevant : "1", t);
}

void watch_check_sql(const struct catalogue_check *k, struct buf *out)
{
    const char *t = k->type->name;
    buf_printf(out, "SELECT \"%s\".id", t);
    watch_column(k->unit, "unit", out);
    buf_printf(out, " FROM \"%s\" WHERE (%s\n) ORDER BY \"%s\".id", t, k->wrong, t);
}

/* ---- states ---- */

static const char *watch_state_name(enum watch_state s)
{
    static const char *const names[] = {"undated", "running",   "soon",        "overdue",
                                        "done",    "done_late", "done_unknown"};
    return names[s];
}

/* The last day of a clock that only says how many. */
static void watch_count(const struct catalogue *c, struct watch_row *row)
{
    const char *text = row->clock->days[0] != '\0' && row->has_start
                           ? catalogue_param(c, row->clock->days, row->start)
                           : NULL;
    unsigned long days = text != NULL ? strtoul(text, NULL, 10) : 0;
    if (days == 0 || days > CATALOGUE_CLOCK_DAYS_MAX) return;
    enum err e = row->clock->working ? workday_add(c, row->start, (unsigned)days, &row->due)
                                     : date_add_days(row->start, (int32_t)days, &row->due);
    row->has_due = e == ERR_OK;
    row->guessed = row->has_due && row->clock->working &&
                   !(workday_known(c, row->start.year) && workday_known(c, row->due.year));
}

/* What a clock says of these days on the day `on`; fills state, due, left, guessed. */
static void watch_judge(const struct catalogue *c, struct date on, struct watch_row *row)
{
    if (!row->has_due) watch_count(c, row);
    row->left = row->has_due ? date_to_days(row->due) - date_to_days(on) : 0;
    /* What is written of a day that has not come proves nothing. */
    row->has_done = row->has_done && date_compare(row->done, on) <= 0;
    if (row->over || (row->has_done && !row->has_due)) {
        row->state = WATCH_DONE_UNKNOWN;
    } else if (row->has_done) {
        row->state = date_compare(row->done, row->due) > 0 ? WATCH_DONE_LATE : WATCH_DONE;
    } else if (!row->has_due) {
        row->state = WATCH_UNDATED;
    } else if (row->left < 0) {
        row->state = WATCH_OVERDUE;
    } else {
        row->state = row->left <= (int32_t)row->clock->soon ? WATCH_SOON : WATCH_RUNNING;
    }
}

/* ---- running ---- */

struct watch_job {
    const struct typed *typed;
    const struct catalogue *c;
    const struct catalogue_clock *clock;
    const struct catalogue_check *check;
    struct date on;
    watch_fn *row;
    void *ctx;
};

static bool watch_allow(void *ctx, const char *table, const char *column)
{
    return typed_column_allowed(((const struct watch_job *)ctx)->typed, table, column);
}

/* A value that is no whole date is none: an unknown day sets no clock. */
static bool watch_date(const struct db_stmt *q, int i, struct date *out)
{
    return db_column_kind(q, i) == DB_TEXT && date_parse(db_column_bytes(q, i), out) == ERR_OK;
}

static enum err watch_each(void *ctx, struct db_stmt *q)
{
    struct watch_job *job = ctx;
    struct watch_row row = {.clock = job->clock, .check = job->check};
    enum err e = db_column_copy(q, WATCH_ID, row.record.b, sizeof row.record.b);
    if (e != ERR_OK) return e;
    if (db_column_kind(q, WATCH_UNIT) == DB_TEXT) row.unit = db_column_bytes(q, WATCH_UNIT);
    if (job->clock != NULL) {
        row.has_start = watch_date(q, WATCH_START, &row.start);
        row.has_due = watch_date(q, WATCH_DUE, &row.due);
        row.has_done = watch_date(q, WATCH_END, &row.done);
        row.over = !row.has_done && db_column_kind(q, WATCH_END) == DB_TEXT;
        watch_judge(job->c, job->on, &row);
    }
    return job->row(job->ctx, &row);
}

/* Parameters of indicators are parameters here too: :t1 is the day, :p_NAME those of the catalogue. */
struct watch_params {
    struct db_param v[DB_PARAMS_MAX];
    char names[DB_PARAMS_MAX][CATALOGUE_NAME_BYTES_MAX + 3];
    char day[DATE_TEXT_ROOM];
    char from[DATE_TEXT_ROOM];
    size_t count;
};

static enum err watch_bind(const struct catalogue *c, struct date from, struct date on,
                           struct watch_params *p)
{
    size_t n = 0;
    const struct catalogue_param *params = catalogue_params(c, &n);
    date_print(on, p->day);
    date_print(from, p->from);
    p->v[p->count++] = (struct db_param){.name = "t0", .kind = DB_TEXT, .b = bytes_str(p->from)};
    p->v[p->count++] = (struct db_param){.name = "t1", .kind = DB_TEXT, .b = bytes_str(p->day)};
    for (size_t i = 0; i < n; i++) {
        if (date_compare(params[i].valid_from, on) > 0 || date_compare(on, params[i].valid_to) > 0)
            continue;
        if (p->count == DB_PARAMS_MAX) return ERR_TOO_LARGE;
        snprintf(p->names[p->count], sizeof p->names[0], "p_%s", params[i].name);
        p->v[p->count] = (struct db_param){
            .name = p->names[p->count], .kind = DB_TEXT, .b = bytes_str(params[i].value)};
        p->count++;
    }
    return ERR_OK;
}

static enum err watch_run(struct db *db, struct watch_job *job, struct watch_params *p,
                          struct buf *sql, char why[static WATCH_WHY_ROOM])
{
    const char *id = job->clock != NULL ? job->clock->id : job->check->id;
    buf_clear(sql);
    if (job->clock != NULL)
        watch_clock_sql(job->clock, sql);
    else
        watch_check_sql(job->check, sql);
    struct db_query query = {.sql = buf_cstr(sql),
                             .params = p->v,
                             .param_count = p->count,
                             .step_max = WATCH_STEPS_MAX,
                             .ms_max = WATCH_MS_MAX,
                             .allow = watch_allow,
                             .row = watch_each,
                             .ctx = job};
    enum err e = sql->e == ERR_OK ? db_query_readonly(db, &query) : sql->e;
    if (e == ERR_BAD_INPUT || e == ERR_DENIED || e == ERR_TOO_LARGE)
        snprintf(why, WATCH_WHY_ROOM, "%.16s: %.200s", id, db_text(db));
    return e;
}

/* A rule that does not work is told and hides no other. */
static enum err watch_one(struct db *db, struct watch_job *job, struct watch_params *p,
                          struct buf *sql)
{
    char why[WATCH_WHY_ROOM] = "";
    enum err e = watch_run(db, job, p, sql, why);
    if (why[0] == '\0') return e;
    struct watch_row row = {.clock = job->clock, .check = job->check, .failed = why};
    return job->row(job->ctx, &row);
}

static enum err watch_all(struct db *db, struct watch_job *job, bool checks)
{
    size_t n = 0;
    struct buf sql;
    if (job->typed == NULL) return ERR_NOT_READY;
    struct watch_params *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    buf_init(&sql, WATCH_SQL_BYTES_MAX);
    const struct catalogue_check *check = catalogue_checks(job->c, &n);
    const struct catalogue_clock *clock = checks ? NULL : catalogue_clocks(job->c, &n);
    enum err e = watch_bind(job->c, job->on, job->on, p);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        job->clock = checks ? NULL : &clock[i];
        job->check = checks ? &check[i] : NULL;
        e = watch_one(db, job, p, &sql);
    }
    buf_free(&sql);
    free(p);
    return e;
}

enum err watch_clocks(struct db *db, const struct typed *typed, const struct catalogue *c,
                      struct date on, watch_fn *row, void *ctx)
{
    struct watch_job job = {.typed = typed, .c = c, .on = on, .row = row, .ctx = ctx};
    return watch_all(db, &job, false);
}

enum err watch_checks(struct db *db, const struct typed *typed, const struct catalogue *c,
                      struct date on, watch_fn *row, void *ctx)
{
    struct watch_job job = {.typed = typed, .c = c, .on = on, .row = row, .ctx = ctx};
    return watch_all(db, &job, true);
}

enum err watch_check_one(struct db *db, const struct typed *typed, const struct catalogue *c,
                         const struct catalogue_check *check, struct date from, struct date on,
                         watch_fn *row, void *ctx, char why[static WATCH_WHY_ROOM])
{
    struct watch_job job = {
        .typed = typed, .c = c, .check = check, .on = on, .row = row, .ctx = ctx};
    struct buf sql;
    why[0] = '\0';
    if (typed == NULL) return ERR_NOT_READY;
    struct watch_params *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    buf_init(&sql, WATCH_SQL_BYTES_MAX);
    enum err e = watch_bind(c, from, on, p);
    if (e == ERR_OK) e = watch_run(db, &job, p, &sql, why);
    buf_free(&sql);
    free(p);
    return e;
}

/* ---- showing ---- */

static json_t *watch_day(bool has, struct date d)
{
    char text[DATE_TEXT_ROOM];
    if (!has) return json_null();
    date_print(d, text);
    return json_string(text);
}

/* A code of units.csv, else "". */
static const char *watch_unit(const struct catalogue *c, struct date on, struct bytes unit,
                              char code[static CATALOGUE_NAME_BYTES_MAX + 1])
{
    code[0] = '\0';
    if (unit.len == 0 || unit.len > CATALOGUE_NAME_BYTES_MAX || memchr(unit.p, 0, unit.len) != NULL)
        return "";
    memcpy(code, unit.p, unit.len);
    code[unit.len] = '\0';
    return catalogue_unit_name(c, code, on);
}

static json_t *watch_ref_json(const struct watch_ref *ref, json_t *j)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    id_hex(BYTES_OF(ref->target.b), hex);
    json_object_set_new(j, "field", json_string(ref->field->name));
    json_object_set_new(j, "target", json_string(hex));
    return j;
}

/* The row as lists show it (docs/cases.md, "A row"); NULL without memory. */
static json_t *watch_json(const struct catalogue *c, struct date on, const struct watch_row *row)
{
    char code[CATALOGUE_NAME_BYTES_MAX + 1], hex[2 * ID_RECORD_BYTES + 1];
    bool clock = row->clock != NULL;
    const struct catalogue_type *type = clock ? row->clock->type : row->check->type;
    const char *name = watch_unit(c, on, row->unit, code);
    id_hex(BYTES_OF(row->record.b), hex);
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}",
                          clock ? "clock" : "check", clock ? row->clock->id : row->check->id, "vi",
                          clock ? row->clock->label_vi : row->check->label_vi, "en",
                          clock ? row->clock->label_en : row->check->label_en, "record", hex,
                          "type", type->name, "type_vi", type->label_vi, "type_en", type->label_en,
                          "unit", code, "unit_name", name, "class", (int)type->sensitivity);
    if (j != NULL && row->ref != NULL) return watch_ref_json(row->ref, j);
    if (j == NULL || !clock) return j;
    json_t *more =
        json_pack("{s:s, s:o, s:o, s:o, s:b}", "state", watch_state_name(row->state), "start",
                  watch_day(row->has_start, row->start), "due", watch_day(row->has_due, row->due),
                  "done", watch_day(row->has_done, row->done), "guessed", (int)row->guessed);
    if (more != NULL && row->has_due) json_object_set_new(more, "left", json_integer(row->left));
    int set = more != NULL ? json_object_update(j, more) : -1;
    json_decref(more);
    if (set == 0) return j;
    json_decref(j);
    return NULL;
}

/* The clock as an all-day event; nothing for what has no day or is done. */
static enum err watch_ics(const struct catalogue *c, struct date on, int64_t now_ms,
                          const struct watch_row *row, struct buf *out)
{
    char code[CATALOGUE_NAME_BYTES_MAX + 1], hex[2 * ID_RECORD_BYTES + 1], uid[80], summary[400];
    if (!row->has_due || row->has_done) return ERR_OK;
    const char *name = watch_unit(c, on, row->unit, code);
    id_hex(BYTES_OF(row->record.b), hex);
    snprintf(uid, sizeof uid, "%.16s-%s@dongbo", row->clock->id, hex);
    snprintf(summary, sizeof summary, "Hạn: %.200s%s%.100s", row->clock->label_vi,
             name[0] != '\0' ? ", " : "", name);
    return ics_event(&(struct ics_event){.uid = uid,
                                         .day = row->due,
                                         .summary = summary,
                                         .description = "",
                                         .stamp_ms = now_ms,
                                         .alarm_days = (int)row->clock->soon},
                     out);
}

/* A rule that does not work, as an event of today: who subscribed to the calendar does not take its silence for
 * "nothing is due". */
static enum err watch_ics_broken(const struct watch_list *l, const struct watch_row *row)
{
    char uid[80], summary[400], text[WATCH_WHY_ROOM + 200];
    snprintf(uid, sizeof uid, "%.16s-failed@dongbo", row->clock->id);
    snprintf(summary, sizeof summary, "KHÔNG TÍNH ĐƯỢC hạn: %.200s", row->clock->label_vi);
    snprintf(text, sizeof text,
             "Lịch này thiếu các hạn đó, vì một quy tắc của danh mục bị lỗi (%s). Hãy báo người "
             "quản trị trung tâm.",
             row->failed);
    return ics_event(&(struct ics_event){.uid = uid,
                                         .day = l->on,
                                         .summary = summary,
                                         .description = text,
                                         .stamp_ms = l->now_ms},
                     l->ics);
}

/* ---- lists ---- */

static bool watch_listed(const struct watch_list *l, const struct watch_row *row)
{
    const char *id = row->clock != NULL ? row->clock->id : row->check->id;
    if (l->unit != NULL && !bytes_equal(row->unit, bytes_str(l->unit))) return false;
    if (l->id != NULL && strcmp(l->id, id) != 0) return false;
    return l->record == NULL || ID_EQUAL(l->record, &row->record);
}

static enum err watch_broken(struct watch_list *l, const struct watch_row *row)
{
    bool clock = row->clock != NULL;
    const char *id = clock ? row->clock->id : row->check->id;
    if (l->id != NULL && strcmp(l->id, id) != 0) return ERR_OK;
    l->broken++;
    enum err e = l->ics != NULL && clock ? watch_ics_broken(l, row) : ERR_OK;
    if (e != ERR_OK || l->failed == NULL) return e;
    json_t *j = json_pack("{s:s, s:s, s:s, s:s}", clock ? "clock" : "check", id, "vi",
                          clock ? row->clock->label_vi : row->check->label_vi, "en",
                          clock ? row->clock->label_en : row->check->label_en, "why", row->failed);
    return json_array_append_new(l->failed, j) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err watch_list_add(void *ctx, const struct watch_row *row)
{
    struct watch_list *l = ctx;
    if (row->failed != NULL) return watch_broken(l, row);
    if (!watch_listed(l, row)) return ERR_OK;
    bool over = row->clock != NULL && row->state >= WATCH_DONE;
    if (row->clock != NULL)
        l->counts[row->state]++;
    else
        l->wrong++;
    bool near =
        row->has_due && date_compare(l->from, row->due) <= 0 && date_compare(row->due, l->to) <= 0;
    if (l->ics != NULL && near && !over) {
        enum err e = watch_ics(l->catalogue, l->on, l->now_ms, row, l->ics);
        if (e != ERR_OK) return e;
        l->events++;
    }
    if (l->rows == NULL || (over && !l->done) || json_array_size(l->rows) >= WATCH_ROWS_MAX)
        return ERR_OK;
    return json_array_append_new(l->rows, watch_json(l->catalogue, l->on, row)) == 0 ? ERR_OK
                                                                                     : ERR_NOMEM;
}

json_t *watch_list_counts(const struct watch_list *l)
{
    json_t *j = json_object();
    for (int i = WATCH_UNDATED; i <= WATCH_DONE_UNKNOWN; i++)
        json_object_set_new(j, watch_state_name((enum watch_state)i), json_integer(l->counts[i]));
    return j;
}

/* Overdue, soon, undated, running, done late, done without a day, done. */
static int watch_rank(const json_t *row)
{
    static const char *const order[] = {"overdue",   "soon",         "undated", "running",
                                        "done_late", "done_unknown", "done"};
    const char *state = json_string_value(json_object_get(row, "state"));
    for (int i = 0; state != NULL && i < 7; i++)
        if (strcmp(order[i], state) == 0) return i;
    return 7;
}

static const char *watch_text(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s != NULL ? s : "";
}

static int watch_order(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    static const char *const keys[] = {"due", "clock", "unit", "record"};
    int c = watch_rank(x) - watch_rank(y);
    for (size_t i = 0; c == 0 && i < sizeof keys / sizeof keys[0]; i++)
        c = strcmp(watch_text(x, keys[i]), watch_text(y, keys[i]));
    return c;
}

void watch_list_sort(json_t *rows)
{
    size_t n = json_array_size(rows);
    json_t **v = calloc(n + 1, sizeof(json_t *));
    if (v == NULL) return; /* unsorted is still right */
    for (size_t i = 0; i < n; i++)
        v[i] = json_incref(json_array_get(rows, i));
    qsort(v, n, sizeof(json_t *), watch_order);
    for (size_t i = 0; i < n; i++)
        json_array_set_new(rows, i, v[i]);
    free(v);
}

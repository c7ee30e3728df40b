/* What runs out, what does not add up, and the year's money. docs/cases.md. */
#include "node/command_priv.h"

#include "node/store_watch.h"

#include <stdio.h>
#include <stdlib.h>

/* The day of a request, or today. False: it is no day. */
static bool cases_day(struct node_command *c, const json_t *request, const char *key,
                      struct date *out)
{
    const char *text = node_request_str(request, key);
    return text != NULL ? date_parse(bytes_str(text), out) == ERR_OK
                        : date_of_ms(c->wall_ms(), out) == ERR_OK;
}

static json_t *cases_usage(void)
{
    return node_command_error(ERR_BAD_INPUT, "Ngày ghi NĂM-THÁNG-NGÀY, năm ghi bốn chữ số.",
                              "A day is written YYYY-MM-DD, a year with four digits.", NULL);
}

static json_t *cases_wrong(enum err e)
{
    return e == ERR_NOT_READY ? node_no_catalogue() : node_command_fail(e);
}

/* ---- cases ---- */

#define CASES_TITLES_MAX                                                                           \
    300u /* rows that say what the record is called; people read the first ones */

static void cases_titles(struct node_command *c, json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows) && i < CASES_TITLES_MAX; i++) {
        json_t *row = json_array_get(rows, i);
        const char *hex = json_string_value(json_object_get(row, "record"));
        json_t *about = hex != NULL ? node_search_about(c, hex) : NULL;
        if (about != NULL) json_object_set(row, "title", json_object_get(about, "title"));
        json_decref(about);
    }
}

json_t *node_command_cases(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    struct id_record rid;
    char day[DATE_TEXT_ROOM];
    const char *record = node_request_str(request, "record");
    struct watch_list clocks = {.id = node_request_str(request, "clock")};
    struct watch_list checks = {.id = node_request_str(request, "check")};
    clocks.done =
        node_request_str(request, "all") != NULL || json_is_true(json_object_get(request, "all"));
    if (!cases_day(c, request, "on", &clocks.on)) return cases_usage();
    if (record != NULL && node_request_id(record, &rid) != ERR_OK) return node_bad_id();
    enum err e = node_store_identity(c->store, &id);
    if (e != ERR_OK) return node_command_fail(e);
    clocks.record = checks.record = record != NULL ? &rid : NULL;
    clocks.unit = checks.unit = id.unit;
    clocks.catalogue = checks.catalogue = node_store_catalogue(c->store, NULL);
    checks.on = clocks.on;
    clocks.rows = json_array();
    checks.rows = json_array();
    clocks.failed = checks.failed = json_array();
    e = node_watch_run(c->store, clocks.on, false, watch_list_add, &clocks);
    if (e == ERR_OK) e = node_watch_run(c->store, clocks.on, true, watch_list_add, &checks);
    if (e == ERR_OK) e = node_watch_refs(c->store, checks.on, watch_list_add, &checks);
    watch_list_sort(clocks.rows);
    if (e == ERR_OK && json_is_true(json_object_get(request, "titles"))) {
        cases_titles(c, clocks.rows);
        cases_titles(c, checks.rows);
    }
    date_print(clocks.on, day);
    json_t *j = e != ERR_OK
                    ? cases_wrong(e)
                    : json_pack("{s:s, s:O, s:o, s:O, s:I, s:O}", "on", day, "rows", clocks.rows,
                                "counts", watch_list_counts(&clocks), "checks", checks.rows,
                                "wrong", checks.wrong, "failed", clocks.failed);
    json_decref(clocks.failed);
    json_decref(clocks.rows);
    json_decref(checks.rows);
    return j;
}

json_t *node_command_referring(struct node_command *c, const json_t *request)
{
    struct id_record rid;
    uint64_t records = 0;
    json_t *said = node_request_record(c, request, &rid);
    if (said != NULL) return said;
    enum err e = node_watch_referring(c->store, &rid, &records);
    return e == ERR_OK ? json_pack("{s:I}", "records", (json_int_t)records) : cases_wrong(e);
}

void node_referring_said(struct node_command *c, const struct entry_op *op, json_t *j)
{
    uint64_t records = 0;
    if (!op->changed || op->kind != CHANGE_DELETE) return;
    if (node_watch_referring(c->store, &op->rid, &records) != ERR_OK) return; /* it is deleted */
    json_object_set_new(j, "referring", json_integer((json_int_t)records));
}

void node_command_cases_status(struct node_command *c, json_t *status, json_t *warnings)
{
    struct node_identity id;
    struct watch_list clocks = {.rows = NULL}, checks = {.rows = NULL};
    if (date_of_ms(c->wall_ms(), &clocks.on) != ERR_OK) return;
    if (node_store_identity(c->store, &id) != ERR_OK) return;
    clocks.unit = checks.unit = id.unit;
    if (node_watch_run(c->store, clocks.on, false, watch_list_add, &clocks) != ERR_OK) return;
    if (node_watch_run(c->store, clocks.on, true, watch_list_add, &checks) != ERR_OK) return;
    json_t *cases = watch_list_counts(&clocks);
    json_int_t failed = clocks.broken + checks.broken;
    json_object_set_new(cases, "wrong", json_integer(checks.wrong));
    json_object_set_new(cases, "failed", json_integer(failed));
    json_object_set_new(status, "cases", cases);
    if (failed > 0)
        json_array_append_new(warnings,
                              json_pack("{s:s, s:s, s:s}", "code", "rule_failed", "vi",
                                        "Có quy tắc của danh mục không dùng được nên số việc ở đây "
                                        "còn thiếu: xem `cases` và báo cán bộ "
                                        "huyện.",
                                        "en",
                                        "A rule of the catalogue does not work, so the counts here "
                                        "are too low: see `cases` and tell the "
                                        "district's officer."));
    if (clocks.counts[WATCH_OVERDUE] > 0)
        json_array_append_new(warnings, json_pack("{s:s, s:s, s:s}", "code", "overdue", "vi",
                                                  "Có việc quá hạn: xem `cases`.", "en",
                                                  "Something is past its last day: see `cases`."));
}

enum err node_command_cases_ics(struct node_command *c, struct date on, struct date from,
                                struct date to, int64_t now_ms, struct buf *ics, json_t *failed,
                                json_int_t *events)
{
    struct node_identity id;
    struct watch_list l = {
        .on = on, .from = from, .to = to, .ics = ics, .failed = failed, .now_ms = now_ms};
    enum err e = node_store_identity(c->store, &id);
    l.unit = id.unit;
    l.catalogue = node_store_catalogue(c->store, NULL);
    if (e == ERR_OK) e = node_watch_run(c->store, on, false, watch_list_add, &l);
    *events += l.events;
    return e;
}

/* ---- budgets ---- */

bool node_command_year(struct node_command *c, const json_t *request, int *year)
{
    const char *text = node_request_str(request, "year");
    const json_t *number = json_object_get(request, "year");
    struct date today;
    if (text == NULL && !json_is_integer(number)) {
        if (date_of_ms(c->wall_ms(), &today) != ERR_OK) return false;
        *year = today.year;
        return true;
    }
    json_int_t v = text != NULL ? strtol(text, NULL, 10) : json_integer_value(number);
    *year = (int)v;
    return v >= DATE_YEAR_MIN && v <= DATE_YEAR_MAX;
}

json_t *node_command_budget(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    int year = 0;
    json_t *j = NULL;
    if (!node_command_year(c, request, &year)) return cases_usage();
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_OK) e = node_watch_budgets(c->store, year, id.unit, &j);
    if (e == ERR_NOT_READY)
        return node_command_error(e, "Danh mục chưa có phần kinh phí: hãy đồng bộ để nhận bản mới.",
                                  "The catalogue has no budgets yet: sync to get the newer one.",
                                  NULL);
    return e == ERR_OK ? j : node_command_fail(e);
}

static const struct budget_step { /* what a word does: the state, and the field that gets the day */
    const char *type, *word, *state, *day;
} budget_steps[] = {
    {"budget_estimate", "submit", "submitted", "submitted_on"},
    {"budget_estimate", "back", "draft", NULL},
    {"budget_estimate", "approve", "approved", "hdnd_approved_on"},
    {"budget_estimate", "send", "sent", "sent_to_district_on"},
    {"budget_settlement", "submit", "submitted", "submitted_on"},
    {"budget_settlement", "back", "none", NULL},
};

/* A check that does not work: nobody knows whether the record adds up. */
static json_t *budget_broken(const json_t *rule)
{
    char vi[WATCH_WHY_ROOM + 80], en[WATCH_WHY_ROOM + 80];
    const char *why = json_string_value(json_object_get(rule, "why"));
    snprintf(vi, sizeof vi, "Một quy tắc trong danh mục không dùng được: %s. Hãy báo huyện.",
             why != NULL ? why : "");
    snprintf(en, sizeof en, "A rule of the catalogue does not work: %s. Tell the district.",
             why != NULL ? why : "");
    return node_command_error(ERR_BAD_INPUT, vi, en, NULL);
}

/* The first check that a record fails, as the answer; NULL: none. */
static json_t *budget_adds_up(struct node_command *c, const struct id_record *rid)
{
    struct watch_list l = {.record = rid, .rows = json_array(), .failed = json_array()};
    struct date on;
    l.catalogue = node_store_catalogue(c->store, NULL);
    enum err e = date_of_ms(c->wall_ms(), &on);
    if (e == ERR_OK) e = node_watch_run(c->store, on, true, watch_list_add, &l);
    json_t *first = json_array_get(l.rows, 0), *j = NULL;
    if (e != ERR_OK)
        j = node_command_fail(e);
    else if (first != NULL)
        j = node_command_error(ERR_BAD_VALUE, json_string_value(json_object_get(first, "vi")),
                               json_string_value(json_object_get(first, "en")), NULL);
    else if (l.broken > 0)
        j = budget_broken(json_array_get(l.failed, 0));
    json_decref(l.rows);
    json_decref(l.failed);
    return j;
}

/* The step as the form that says it. */
static json_t *budget_put(struct node_command *c, const json_t *request, const char *type)
{
    const char *word = node_request_str(request, "step");
    struct date on;
    char day[DATE_TEXT_ROOM];
    if (!cases_day(c, request, "on", &on)) return cases_usage();
    date_print(on, day);
    for (size_t i = 0; word != NULL && i < sizeof budget_steps / sizeof budget_steps[0]; i++) {
        const struct budget_step *s = &budget_steps[i];
        if (strcmp(s->type, type) != 0 || strcmp(s->word, word) != 0) continue;
        json_t *put = json_deep_copy(request), *values = json_object();
        json_object_set_new(values, "state", json_string(s->state));
        if (s->day != NULL) json_object_set_new(values, s->day, json_string(day));
        json_object_set_new(put, "values", values);
        json_t *j = node_command_put(c, put);
        json_decref(put);
        return j;
    }
    return node_command_error(
        ERR_USAGE, "Dự toán: submit, approve, send, back; quyết toán: submit, back.",
        "An estimate: submit, approve, send, back; a settlement: submit, back.", NULL);
}

json_t *node_command_budget_step(struct node_command *c, const json_t *request)
{
    struct id_record rid;
    const char *id = node_request_str(request, "id"), *word = node_request_str(request, "step");
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    if (cat == NULL) return node_no_catalogue();
    if (id == NULL || node_request_id(id, &rid) != ERR_OK) return node_bad_id();
    enum err e = node_store_record_read(c->store, &rid, &c->entry.record);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return node_command_fail(e);
    const struct catalogue_type *t =
        e == ERR_OK ? catalogue_type_by_no(cat, c->entry.record.fold.type) : NULL;
    if (t == NULL)
        return node_command_error(ERR_NOT_FOUND, "Không có hồ sơ này trên máy.",
                                  "There is no such record here.", NULL);
    bool back = word != NULL && strcmp(word, "back") == 0;
    json_t *j = back ? NULL : budget_adds_up(c, &rid);
    return j != NULL ? j : budget_put(c, request, t->name);
}

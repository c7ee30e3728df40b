/* What runs out and what does not add up, in every unit; the year's money. docs/cases.md. */
#include "hub/command_cases.h"

#include "common/io/clock.h"
#include "hub/store_moves.h"
#include "hub/store_watch.h"

#include <stdio.h>
#include <stdlib.h>

enum { CASES_STATUS_MS = 60 * 1000 }; /* counts of a status are at most so old */

bool hub_cases_day(const json_t *request, const char *key, struct date *out)
{
    const char *text = hub_request_str(request, key);
    return text != NULL ? date_parse(bytes_str(text), out) == ERR_OK
                        : date_of_ms(clock_wall_ms(), out) == ERR_OK;
}

bool hub_cases_year(const json_t *request, int *year)
{
    const char *text = hub_request_str(request, "year");
    const json_t *number = json_object_get(request, "year");
    struct date today;
    if (text == NULL && !json_is_integer(number)) {
        if (date_of_ms(clock_wall_ms(), &today) != ERR_OK) return false;
        *year = today.year;
        return true;
    }
    json_int_t v = text != NULL ? strtol(text, NULL, 10) : json_integer_value(number);
    *year = (int)v;
    return v >= DATE_YEAR_MIN && v <= DATE_YEAR_MAX;
}

json_t *hub_cases_usage(void)
{
    return hub_command_error(ERR_BAD_INPUT, "Ngày ghi NĂM-THÁNG-NGÀY, năm ghi bốn chữ số.",
                             "A day is written YYYY-MM-DD, a year with four digits.");
}

/* Offers of records to other units run out too (move_answer_days); they are no records of a type. */
static json_t *cases_transfers(struct hub_app *a, struct date on)
{
    struct hub_moves_waiting m;
    if (hub_store_moves_waiting(a->store, date_to_ms(on) + DATE_DAY_MS - 1, &m) != ERR_OK)
        return json_null();
    return json_pack("{s:I, s:I}", "open", (json_int_t)m.offers, "overdue", (json_int_t)m.overdue);
}

#define CASES_TITLES_MAX 300u /* rows that say what the record is called; people read the first */

/* What the record of each row is called; initials where lists of it show initials. */
static void cases_titles(struct hub_app *a, json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows) && i < CASES_TITLES_MAX; i++) {
        json_t *row = json_array_get(rows, i);
        json_t *about = json_pack("{s:O, s:O}", "type", json_object_get(row, "type"), "id",
                                  json_object_get(row, "record"));
        json_int_t class = json_integer_value(json_object_get(row, "class"));
        if (about != NULL) hub_titles_add(a, about, class >= HUB_CLASS_MASKED);
        if (about != NULL) json_object_set(row, "title", json_object_get(about, "title"));
        json_decref(about);
    }
}

json_t *hub_command_cases(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    char day[DATE_TEXT_ROOM];
    struct watch_list clocks = {.id = hub_request_str(request, "clock")};
    struct watch_list checks = {.id = hub_request_str(request, "check")};
    bool one = hub_request_str(request, "record") != NULL;
    clocks.done =
        hub_request_str(request, "all") != NULL || json_is_true(json_object_get(request, "all"));
    if (!hub_cases_day(request, "on", &clocks.on)) return hub_cases_usage();
    if (one && hub_request_id(request, "record", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    clocks.record = checks.record = one ? &rid : NULL;
    clocks.unit = checks.unit = hub_request_str(request, "unit");
    clocks.catalogue = checks.catalogue = hub_store_catalogue(a->store);
    checks.on = clocks.on;
    clocks.rows = json_array();
    checks.rows = json_array();
    clocks.failed = checks.failed = json_array();
    enum err e = hub_watch_run(a->store, clocks.on, false, watch_list_add, &clocks);
    if (e == ERR_OK) e = hub_watch_run(a->store, clocks.on, true, watch_list_add, &checks);
    if (e == ERR_OK) e = hub_watch_refs(a->store, checks.on, watch_list_add, &checks);
    watch_list_sort(clocks.rows);
    if (e == ERR_OK && json_is_true(json_object_get(request, "titles"))) {
        cases_titles(a, clocks.rows);
        cases_titles(a, checks.rows);
    }
    date_print(clocks.on, day);
    json_t *j = e != ERR_OK ? hub_command_fail(e)
                            : json_pack("{s:s, s:O, s:o, s:O, s:I, s:O, s:o}", "on", day, "rows",
                                        clocks.rows, "counts", watch_list_counts(&clocks), "checks",
                                        checks.rows, "wrong", checks.wrong, "failed", clocks.failed,
                                        "transfers", cases_transfers(a, clocks.on));
    json_decref(clocks.failed);
    json_decref(clocks.rows);
    json_decref(checks.rows);
    return j;
}

json_t *hub_command_referring(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    uint64_t records = 0;
    if (hub_request_id(request, "id", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    enum err e = hub_watch_referring(a->store, &rid, &records);
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có hồ sơ này ở trung tâm.",
                                 "There is no such record at the hub.");
    return e == ERR_OK ? json_pack("{s:I}", "records", (json_int_t)records) : hub_command_fail(e);
}

void hub_referring_said(struct hub_app *a, const struct entry_op *op, json_t *j)
{
    uint64_t records = 0;
    if (!op->changed || op->kind != CHANGE_DELETE) return;
    if (hub_watch_referring(a->store, &op->rid, &records) != ERR_OK) return; /* it is deleted */
    json_object_set_new(j, "referring", json_integer((json_int_t)records));
}

static json_t *cases_failed_warning(void)
{
    return json_pack("{s:s, s:s, s:s}", "code", "rule_failed", "vi",
                     "Có quy tắc của danh mục không dùng được nên số việc ở đây còn thiếu: xem "
                     "`cases`, sửa quy tắc và ban hành lại.",
                     "en",
                     "A rule of the catalogue does not work, so the counts here are too low: see "
                     "`cases`, mend the rule and publish "
                     "again.");
}

/* Every table of cases is read for this: not more often than once a minute. */
void hub_command_cases_status(struct hub_app *a, json_t *status)
{
    int64_t now = clock_wall_ms();
    bool fresh = a->cases_ms != 0 && now - a->cases_ms < CASES_STATUS_MS && now >= a->cases_ms;
    if (!fresh) {
        struct watch_list clocks = {.rows = NULL}, checks = {.rows = NULL};
        a->cases_ms = 0;
        if (date_of_ms(now, &clocks.on) != ERR_OK) return;
        if (hub_watch_run(a->store, clocks.on, false, watch_list_add, &clocks) != ERR_OK) return;
        if (hub_watch_run(a->store, clocks.on, true, watch_list_add, &checks) != ERR_OK) return;
        a->cases_overdue = clocks.counts[WATCH_OVERDUE];
        a->cases_soon = clocks.counts[WATCH_SOON];
        a->cases_wrong = checks.wrong;
        a->cases_failed = clocks.broken + checks.broken;
        a->cases_ms = now;
    }
    json_object_set_new(status, "cases",
                        json_pack("{s:I, s:I, s:I, s:I}", "overdue", (json_int_t)a->cases_overdue,
                                  "soon", (json_int_t)a->cases_soon, "wrong",
                                  (json_int_t)a->cases_wrong, "failed",
                                  (json_int_t)a->cases_failed));
    if (a->cases_failed > 0)
        json_array_append_new(json_object_get(status, "warnings"), cases_failed_warning());
}

enum err hub_command_cases_ics(struct hub_app *a, const char *unit, struct date on,
                               struct date from, struct date to, int64_t now_ms, struct buf *ics,
                               json_t *failed, json_int_t *events)
{
    struct watch_list l = {.unit = unit,
                           .on = on,
                           .from = from,
                           .to = to,
                           .ics = ics,
                           .failed = failed,
                           .now_ms = now_ms};
    l.catalogue = hub_store_catalogue(a->store);
    enum err e = hub_watch_run(a->store, on, false, watch_list_add, &l);
    *events += l.events;
    return e;
}

static json_t *cases_broken(const json_t *rule)
{
    char vi[WATCH_WHY_ROOM + 80], en[WATCH_WHY_ROOM + 80];
    const char *why = json_string_value(json_object_get(rule, "why"));
    snprintf(vi, sizeof vi, "Một quy tắc trong danh mục không dùng được: %s.", why ? why : "");
    snprintf(en, sizeof en, "A rule of the catalogue does not work: %s.", why ? why : "");
    return hub_command_error(ERR_BAD_INPUT, vi, en);
}

json_t *hub_cases_adds_up(struct hub_app *a, const struct id_record *rid)
{
    struct watch_list l = {.record = rid, .rows = json_array(), .failed = json_array()};
    json_t *j = NULL;
    l.catalogue = hub_store_catalogue(a->store);
    enum err e = date_of_ms(clock_wall_ms(), &l.on);
    if (e == ERR_OK) e = hub_watch_run(a->store, l.on, true, watch_list_add, &l);
    json_t *first = json_array_get(l.rows, 0);
    if (e == ERR_OK && first == NULL && l.broken > 0) /* nobody knows whether it adds up */
        j = cases_broken(json_array_get(l.failed, 0));
    else if (e != ERR_OK)
        j = hub_command_fail(e);
    else if (first != NULL)
        j = hub_command_error(ERR_BAD_VALUE, json_string_value(json_object_get(first, "vi")),
                              json_string_value(json_object_get(first, "en")));
    json_decref(l.rows);
    json_decref(l.failed);
    return j;
}

/* ---- budgets ---- */

json_t *hub_command_budget(struct hub_app *a, const json_t *request)
{
    json_t *j = NULL;
    int year = 0;
    if (!hub_cases_year(request, &year)) return hub_cases_usage();
    enum err e = hub_watch_budgets(a->store, year, hub_request_str(request, "unit"), &j);
    if (e == ERR_NOT_READY)
        return hub_command_error(e, "Danh mục chưa có phần kinh phí.",
                                 "The catalogue has no budgets.");
    return e == ERR_OK ? j : hub_command_fail(e);
}

static json_t *budget_usage(void)
{
    return hub_command_error(
        ERR_USAGE, "Quyết toán: approve (duyệt), return (trả lại, cần lý do); dự toán: return.",
        "A settlement: approve, return (with a reason); an estimate: return.");
}

static json_t *budget_put(struct hub_app *a, const json_t *request, json_t *values)
{
    json_t *put = json_pack("{s:s, s:o}", "id", hub_request_str(request, "id"), "values", values);
    json_t *person = json_object_get(request, "person");
    if (put != NULL && person != NULL) json_object_set(put, "person", person);
    json_t *j = put != NULL ? hub_command_put(a, put) : NULL;
    json_decref(put);
    return j;
}

json_t *hub_command_budget_step(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct date on;
    char day[DATE_TEXT_ROOM];
    const char *step = hub_request_str(request, "step"),
               *reason = hub_request_str(request, "reason");
    if (step == NULL || hub_request_id(request, "id", &rid) != ERR_OK) return budget_usage();
    if (!hub_cases_day(request, "on", &on)) return hub_cases_usage();
    enum err e = hub_store_project(a->store);
    if (e != ERR_OK) return hub_command_fail(e);
    const struct catalogue_type *t = hub_record_type(a, &rid);
    bool settlement = t != NULL && strcmp(t->name, "budget_settlement") == 0;
    bool estimate = t != NULL && strcmp(t->name, "budget_estimate") == 0;
    if (!settlement && !estimate)
        return hub_command_error(ERR_NOT_FOUND, "Không có quyết toán hoặc dự toán này.",
                                 "There is no such settlement or estimate.");
    date_print(on, day);
    if (strcmp(step, "return") == 0) {
        if (reason == NULL)
            return hub_command_error(ERR_BAD_INPUT, "Trả lại cần lý do.",
                                     "A return needs a reason.");
        return budget_put(a, request,
                          json_pack("{s:s, s:s}", "state", "returned",
                                    settlement ? "return_reason" : "note", reason));
    }
    if (strcmp(step, "approve") != 0 || !settlement) return budget_usage();
    json_t *j = hub_cases_adds_up(a, &rid);
    return j != NULL ? j
                     : budget_put(a, request,
                                  json_pack("{s:s, s:s}", "state", "approved", "approved_on", day));
}

/* The report workflow: who owes what, the calendar, requests for reports, corrections.
 * docs/workflow.md. */
#include "hub/command_cases.h"
#include "hub/command_flow.h"

#include "common/ics.h"

#include <sodium.h>
#include <stdio.h>

enum { OWE_SOON_DAYS = 10, OWE_ICS_BYTES_MAX = 4 * 1024 * 1024, OWE_CALENDAR_DAYS = 400 };

/* ---- corrections ---- */

struct owe_corrections {
    struct hub_app *app;
    bool open;  /* only those without an answer */
    bool words; /* with what people wrote, and the record it is about: of class 3 */
    json_t *rows;
};

static json_t *owe_text(bool told, struct bytes b)
{
    return told && b.len > 0 ? hub_json_text(b) : json_null();
}

static enum err owe_correction(void *ctx, const struct hub_flow_op *op)
{
    struct owe_corrections *l = ctx;
    struct workflow_correct c;
    struct hub_flow_answer answer = {.answer = "", .answered_on = ""};
    struct buf note;
    if (workflow_correct_decode(op->payload, &c) != ERR_OK) return ERR_DAMAGED;
    enum err e = hub_flow_answered(l->app->store, &c.id, &answer);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    bool open = e == ERR_NOT_FOUND;
    if (l->open && !open) return ERR_OK;
    buf_init(&note, CATALOGUE_TEXT_BYTES_MAX);
    e = open ? ERR_OK : hub_flow_field(l->app->store, &c.id, "note", &note);
    json_t *j =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s?, s:o}", "id",
                  hub_json_hex(BYTES_OF(c.id.b)), "unit", hub_json_text(c.key.unit), "report",
                  hub_json_text(c.key.report), "period", hub_json_text(c.key.period), "indicator",
                  hub_json_text(c.indicator), "value", owe_text(true, c.value), "record",
                  l->words && c.has_record ? hub_json_hex(BYTES_OF(c.record.b)) : json_null(),
                  "before", hub_json_text(c.before), "after", hub_json_text(c.after), "reason",
                  owe_text(l->words, c.reason), "at", hub_json_time(op->at_ms), "state",
                  open ? "open" : answer.answer, "answered",
                  answer.answered_on[0] != '\0' ? answer.answered_on : NULL, "note",
                  owe_text(l->words, buf_bytes(&note)));
    buf_free(&note);
    if (e != ERR_OK) {
        json_decref(j);
        return e;
    }
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* Those of the unit, report and period that the request names. */
static enum err owe_corrections(struct hub_app *a, const json_t *request, bool open, json_t *rows)
{
    struct hub_cut cut;
    struct owe_corrections l = {a, open, hub_request_words(request), rows};
    enum err e = hub_reports_ready(a->store, &cut);
    return e == ERR_OK ? hub_flow_ops(a->store, CHANGE_CORRECT, hub_request_str(request, "unit"),
                                      hub_request_str(request, "report"),
                                      hub_request_str(request, "period"), owe_correction, &l)
                       : e;
}

json_t *hub_command_corrections(struct hub_app *a, const json_t *request)
{
    json_t *rows = json_array();
    enum err e = owe_corrections(a, request, json_is_true(json_object_get(request, "open")), rows);
    if (e == ERR_OK) return json_pack("{s:o}", "corrections", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

static json_t *owe_correct_missing(void)
{
    return hub_command_error(ERR_USAGE,
                             "Cần --indicator, --before, --after và --reason: trước là bao nhiêu, "
                             "sau là bao nhiêu, vì sao.",
                             "--indicator, --before, --after and --reason are needed: what it was, "
                             "what it is, and why.");
}

static bool owe_choice(const struct catalogue *c, const struct catalogue_indicator *i,
                       const char *value)
{
    for (const char *p = i->by; *p != '\0'; p += *p == '|') {
        char list[CATALOGUE_NAME_BYTES_MAX + 1];
        size_t n = strcspn(p, "|");
        snprintf(list, sizeof list, "%.*s", (int)n, p);
        if (catalogue_choice_known(c, list, value)) return true;
        p += n;
    }
    return false;
}

/* What is corrected is printed in reports that leave: a number, and a value of the catalogue's. Words
 * belong into the reason, which stays here. A correction of a record says in words what to change. */
static json_t *owe_correct_wrong(const struct catalogue *c, const struct catalogue_indicator *i,
                                 const struct workflow_correct *v)
{
    char value[WORKFLOW_NAME_BYTES_MAX + 1];
    int64_t before = 0, after = 0;
    snprintf(value, sizeof value, "%.*s", (int)v->value.len, (const char *)v->value.p);
    if (value[0] != '\0' && !owe_choice(c, i, value))
        return hub_command_error(ERR_BAD_INPUT,
                                 "Chỉ tiêu này không chia theo giá trị đó: --value là một mã trong "
                                 "danh sách mà chỉ tiêu chia theo. Chưa ghi gì.",
                                 "This indicator is not broken down by that: --value is a code of "
                                 "a list that it is broken down by. Nothing was written.");
    if (v->has_record) return NULL;
    if (hub_figures_is_ratio(i->measure))
        return hub_command_error(ERR_BAD_INPUT,
                                 "Tỷ lệ tính từ hồ sơ nên không đính chính bằng số: nêu hồ sơ cần "
                                 "sửa (--record). Chưa ghi gì.",
                                 "A rate follows from records and is not corrected by a number: "
                                 "name the record (--record). Nothing was written.");
    if (!workflow_number(v->before, &before) || !workflow_number(v->after, &after) || after < 0 ||
        (i->measure == CATALOGUE_COUNT && before < 0))
        return hub_command_error(
            ERR_BAD_INPUT,
            "--before và --after là số nguyên không âm như đã in trong báo cáo, chỉ gồm chữ số "
            "(12, "
            "không phải 012, 2,5 hay -5); lời giải thích ghi ở --reason. Chưa ghi gì.",
            "--before and --after are whole numbers as the report prints them, not below 0, digits "
            "alone (12, not 012, 2.5 or -5); words belong into --reason. Nothing was written.");
    return NULL;
}

/* The district never edits a commune's record: it says what it counts instead, and asks. */
static json_t *owe_correct(struct hub_app *a, const json_t *request, const struct hub_flow_row *r,
                           struct bytes reason)
{
    char label[PERIOD_LABEL_ROOM];
    struct buf payload;
    const char *indicator = hub_request_str(request, "indicator");
    const char *before = hub_request_str(request, "before");
    const char *after = hub_request_str(request, "after");
    const char *value = hub_request_str(request, "value");
    const struct catalogue *c = hub_store_catalogue(a->store);
    if (indicator == NULL || after == NULL || reason.len == 0) return owe_correct_missing();
    const struct catalogue_indicator *i = catalogue_indicator(c, indicator);
    if (i == NULL)
        return hub_command_error(ERR_NOT_FOUND, "Danh mục không có chỉ tiêu này.",
                                 "The catalogue has no such indicator.");
    period_print(r->row.slot.period, label);
    struct workflow_correct v = {
        .key = {bytes_str(r->unit), bytes_str(r->row.form->id), bytes_str(label)},
        .indicator = bytes_str(indicator),
        .value = bytes_str(value != NULL ? value : ""),
        .has_record = hub_request_str(request, "record") != NULL,
        .before = bytes_str(before != NULL ? before : ""),
        .after = bytes_str(after),
        .reason = reason,
    };
    if (v.has_record && hub_request_id(request, "record", &v.record) != ERR_OK)
        return hub_flow_usage();
    json_t *wrong = owe_correct_wrong(c, i, &v);
    if (wrong != NULL) return wrong;
    randombytes_buf(v.id.b, sizeof v.id.b);
    buf_init(&payload, CHANGE_BYTES_MAX);
    workflow_correct_encode(&v, &payload);
    struct workflow_correct again; /* texts over a limit are told before they reach the log */
    enum err e = payload.e;
    if (e == ERR_OK) e = workflow_correct_decode(buf_bytes(&payload), &again);
    if (e == ERR_BAD_FORMAT) e = ERR_BAD_INPUT;
    if (e == ERR_OK) e = hub_request_save(a, request, &payload, NULL);
    buf_free(&payload);
    return e == ERR_OK ? json_pack("{s:o}", "id", hub_json_hex(BYTES_OF(v.id.b)))
                       : hub_command_fail(e);
}

json_t *hub_command_correct(struct hub_app *a, const json_t *request)
{
    struct hub_flow_row r;
    struct buf reason;
    json_t *j = hub_flow_person_needed(request);
    if (j == NULL) j = hub_flow_named(a, request, &r);
    if (j != NULL) return j;
    buf_init(&reason, WORKFLOW_REASON_BYTES_MAX);
    enum err e = hub_flow_words(request, "reason", &reason);
    j = e == ERR_OK ? owe_correct(a, request, &r, buf_bytes(&reason)) : hub_command_fail(e);
    buf_free(&reason);
    hub_flow_row_free(&r);
    return j;
}

/* ---- requests for a report ---- */

json_t *hub_command_ask(struct hub_app *a, const json_t *request)
{
    struct workflow_ask v = {.key = {.unit = {NULL, 0}}};
    struct period period;
    struct date due;
    struct buf payload, text;
    const char *report = hub_request_str(request, "report"),
               *unit = hub_request_str(request, "unit");
    const char *label = hub_request_str(request, "period"), *day = hub_request_str(request, "due");
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_report *form =
        c != NULL && report != NULL ? catalogue_report(c, report) : NULL;
    json_t *j = hub_flow_person_needed(request);
    if (j != NULL) return j;
    if (form == NULL || unit == NULL || label == NULL ||
        period_parse(bytes_str(label), &period) != ERR_OK || period.kind != PERIOD_ADHOC ||
        (form->period_kinds & (1u << PERIOD_ADHOC)) == 0 ||
        (day != NULL && date_parse(bytes_str(day), &due) != ERR_OK))
        return hub_flow_usage();
    buf_init(&payload, 2 * WORKFLOW_REASON_BYTES_MAX);
    buf_init(&text, WORKFLOW_REASON_BYTES_MAX);
    enum err e = hub_flow_words(request, "text", &text);
    if (e == ERR_OK && text.len == 0) e = ERR_BAD_INPUT;
    bool all = strcmp(unit, "*") == 0;
    if (e == ERR_OK && !all && catalogue_unit_at(c, unit, period.last) == NULL) e = ERR_NOT_FOUND;
    v.key = (struct workflow_key){bytes_str(all ? "" : unit), bytes_str(report), bytes_str(label)};
    v.due = bytes_str(day != NULL ? day : "");
    v.text = buf_bytes(&text);
    randombytes_buf(v.id.b, sizeof v.id.b);
    workflow_ask_encode(&v, &payload);
    if (e == ERR_OK) e = hub_request_save(a, request, &payload, NULL);
    buf_free(&payload);
    buf_free(&text);
    return e == ERR_OK ? json_pack("{s:o}", "id", hub_json_hex(BYTES_OF(v.id.b)))
                       : hub_command_fail(e);
}

/* ---- who owes what ---- */

struct owe_list {
    json_t *units;    /* by first row */
    json_t *to_judge; /* submissions that wait for the district */
    json_t *ready;    /* report and period: how many are in */
};

static json_t *owe_unit(json_t *units, const struct hub_flow_row *r)
{
    for (size_t i = 0; i < json_array_size(units); i++) {
        json_t *u = json_array_get(units, i);
        const char *code = json_string_value(json_object_get(u, "unit"));
        if (code != NULL && strcmp(code, r->unit) == 0) return u;
    }
    json_t *u =
        json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:[]}", "unit", r->unit, "name", r->row.unit_name,
                  "overdue", 0, "soon", 0, "returned", 0, "corrections", 0, "rows");
    return json_array_append_new(units, u) == 0 ? u : NULL;
}

static void owe_count(json_t *o, const char *key)
{
    json_object_set_new(o, key, json_integer(json_integer_value(json_object_get(o, key)) + 1));
}

static void owe_ready(json_t *ready, const struct hub_flow_row *r)
{
    char label[PERIOD_LABEL_ROOM];
    json_t *o = NULL;
    period_print(r->row.slot.period, label);
    for (size_t i = 0; o == NULL && i < json_array_size(ready); i++) {
        json_t *at = json_array_get(ready, i);
        bool same =
            strcmp(json_string_value(json_object_get(at, "report")), r->row.form->id) == 0 &&
            strcmp(json_string_value(json_object_get(at, "period")), label) == 0;
        if (same) o = at;
    }
    if (o == NULL) {
        o = json_pack("{s:s, s:s, s:i, s:i, s:i}", "report", r->row.form->id, "period", label, "in",
                      0, "accepted", 0, "of", 0);
        if (json_array_append_new(ready, o) != 0) return;
    }
    owe_count(o, "of");
    if (flow_is_in(r->open_state)) owe_count(o, "in");
    if (r->open_state == FLOW_ACCEPTED) owe_count(o, "accepted");
}

static bool owe_soon(const struct flow_row *r)
{
    struct date last;
    if (!r->slot.has_due || date_compare(r->slot.due, r->today) < 0) return false;
    return date_add_days(r->today, OWE_SOON_DAYS, &last) == ERR_OK &&
           date_compare(r->slot.due, last) <= 0;
}

static enum err owe_row(void *ctx, struct hub_flow_row *r)
{
    struct owe_list *l = ctx;
    bool waits = r->row.state == FLOW_SUBMITTED || r->row.state == FLOW_LATE;
    if (r->row.state == FLOW_LOCKED) return ERR_OK;
    bool over = date_compare(r->row.slot.window.last, r->row.today) < 0;
    if (over) owe_ready(l->ready, r);
    if (waits) json_array_append_new(l->to_judge, flow_row_json(&r->row));
    bool overdue = flow_row_overdue(&r->row), soon = owe_soon(&r->row);
    bool returned = r->row.state == FLOW_RETURNED;
    if (flow_is_in(r->row.state) || (!overdue && !soon && !returned)) return ERR_OK;
    json_t *u = owe_unit(l->units, r);
    if (u == NULL) return ERR_NOMEM;
    if (overdue) owe_count(u, "overdue");
    if (!overdue && soon) owe_count(u, "soon");
    if (returned) owe_count(u, "returned");
    json_array_append_new(json_object_get(u, "rows"), flow_row_json(&r->row));
    return ERR_OK;
}

static void owe_open_corrections(struct owe_list *l, const json_t *corrections, struct hub_app *a)
{
    for (size_t i = 0; i < json_array_size(corrections); i++) {
        const char *code =
            json_string_value(json_object_get(json_array_get(corrections, i), "unit"));
        struct hub_flow_row like = {.row = {.unit_name = hub_unit_name(a, code)}};
        snprintf(like.unit, sizeof like.unit, "%s", code);
        json_t *u = owe_unit(l->units, &like);
        if (u != NULL) owe_count(u, "corrections");
    }
}

json_t *hub_command_owes(struct hub_app *a, const json_t *request)
{
    struct hub_flow_query q;
    struct date on;
    char day[DATE_TEXT_ROOM];
    json_t *j = hub_flow_query(a, request, &q, &on);
    if (j != NULL) return j;
    struct owe_list l = {json_array(), json_array(), json_array()};
    json_t *corrections = json_array();
    enum err e = hub_flow_each(a->store, &q, owe_row, &l);
    if (e == ERR_OK) e = owe_corrections(a, request, true, corrections);
    if (e == ERR_OK) owe_open_corrections(&l, corrections, a);
    date_print(on, day);
    j = e != ERR_OK
            ? hub_command_fail(e)
            : json_pack("{s:s, s:O, s:{s:O, s:O, s:O}}", "on", day, "units", l.units, "district",
                        "to_judge", l.to_judge, "to_close", l.ready, "corrections", corrections);
    json_decref(l.units);
    json_decref(l.to_judge);
    json_decref(l.ready);
    json_decref(corrections);
    return j;
}

/* ---- calendar ---- */

struct owe_calendar {
    struct hub_app *app;
    struct buf ics;
    int64_t now_ms;
    bool one; /* of one unit: its name need not stand in each line */
    json_int_t events;
    char
        last[2 * PERIOD_LABEL_ROOM]; /* report and period of the event before, all units together */
};

static enum err owe_event(void *ctx, struct hub_flow_row *r)
{
    struct owe_calendar *c = ctx;
    char label[PERIOD_LABEL_ROOM], title[PERIOD_TITLE_ROOM], uid[120], summary[400], key[44];
    const struct due_slot *slot = &r->row.slot;
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM], text[300];
    if (!slot->has_due) return ERR_OK;
    period_print(slot->period, label);
    period_title_vi(slot->period, title);
    snprintf(key, sizeof key, "%.20s %.21s", r->row.form->id, label);
    if (!c->one && strcmp(key, c->last) == 0) return ERR_OK; /* the same day for the next unit */
    snprintf(c->last, sizeof c->last, "%s", key);
    char hub[17];
    id_hex(bytes_make(c->app->identity.hub.b, 8), hub);
    snprintf(summary, sizeof summary, "Hạn nộp %s: %.200s, %s%s%.60s", r->row.form->id,
             r->row.form->label_vi, title, c->one ? ", " : "", c->one ? r->row.unit_name : "");
    snprintf(uid, sizeof uid, "%.40s-%s-%s@%s", r->row.form->id, label, c->one ? r->unit : "all",
             hub);
    date_print_vi(slot->window.first, first);
    date_print_vi(slot->window.last, last);
    snprintf(text, sizeof text, "Số liệu từ %s đến hết %s.", first, last);
    struct ics_event v = {.uid = uid,
                          .day = slot->due,
                          .summary = summary,
                          .description = text,
                          .stamp_ms = c->now_ms,
                          .alarm_days = 3};
    c->events++;
    return ics_event(&v, &c->ics);
}

json_t *hub_command_calendar(struct hub_app *a, const json_t *request)
{
    struct hub_flow_query q;
    struct date on;
    json_t *j = hub_flow_query(a, request, &q, &on);
    if (j != NULL) return j;
    if (hub_request_str(request, "to") == NULL &&
        date_add_days(on, OWE_CALENDAR_DAYS, &q.to) != ERR_OK)
        return hub_flow_usage();
    struct owe_calendar c = {.app = a, .now_ms = q.now_ms, .one = q.unit != NULL};
    json_t *failed = json_array();
    buf_init(&c.ics, OWE_ICS_BYTES_MAX);
    ics_begin("Đồng Bộ: hạn báo cáo", &c.ics);
    enum err e = hub_flow_each(a->store, &q, owe_event, &c);
    if (e == ERR_OK)
        e = hub_command_cases_ics(a, q.unit, on, q.from, q.to, q.now_ms, &c.ics, failed, &c.events);
    ics_end(&c.ics);
    if (e == ERR_OK) e = c.ics.e;
    j = e == ERR_OK ? json_pack("{s:o, s:I, s:O}", "ics", hub_json_text(buf_bytes(&c.ics)),
                                "events", c.events, "failed", failed)
                    : hub_command_fail(e);
    json_decref(failed);
    buf_free(&c.ics);
    return j;
}

/* The report workflow: who owes what, the calendar, requests for reports.
 * docs/workflow.md. */
#include "hub/command_cases.h"
#include "hub/command_flow.h"

#include "common/ics.h"

#include <sodium.h>
#include <stdio.h>

enum { OWE_SOON_DAYS = 10, OWE_ICS_BYTES_MAX = 4 * 1024 * 1024, OWE_CALENDAR_DAYS = 400 };

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

/* Since when: what was due when the hub began, and since, as far as FLOW_OWED_DAYS_MAX. *cut: not all of it. */
static enum err owe_since(struct hub_app *a, struct date on, struct date *from, bool *cut)
{
    int64_t begun_ms = 0;
    struct date begun, least;
    enum err e = hub_flow_begun(a->store, &begun_ms);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = date_of_ms(begun_ms, &begun);
    if (e == ERR_OK) e = date_add_days(begun, -FLOW_BACK_DAYS, &begun);
    if (e == ERR_OK) e = date_add_days(on, -FLOW_OWED_DAYS_MAX, &least);
    if (e != ERR_OK || date_compare(*from, begun) <= 0) return e;
    *cut = date_compare(begun, least) < 0;
    *from = *cut ? least : begun;
    return ERR_OK;
}

static void owe_lists_free(struct owe_list *l)
{
    json_decref(l->units);
    json_decref(l->to_judge);
    json_decref(l->ready);
}

/* All of it; of more than HUB_FLOW_ROWS_MAX reports the newer half, or half of that, and it is told from when on. */
static enum err owe_walk(struct hub_app *a, struct hub_flow_query *q, struct date on,
                         struct owe_list *l, bool *cut)
{
    for (;;) {
        *l = (struct owe_list){json_array(), json_array(), json_array()};
        enum err e = hub_flow_each(a->store, q, owe_row, l);
        int32_t days = date_to_days(on) - date_to_days(q->from);
        if (e != ERR_TOO_LARGE || q->has_period || days <= FLOW_BACK_DAYS) return e;
        owe_lists_free(l);
        *cut = true;
        e = date_add_days(on, -days / 2, &q->from);
        if (e != ERR_OK) return e;
    }
}

json_t *hub_command_owes(struct hub_app *a, const json_t *request)
{
    struct hub_flow_query q;
    struct date on;
    char day[DATE_TEXT_ROOM], from[DATE_TEXT_ROOM];
    bool cut = false;
    json_t *j = hub_flow_query(a, request, &q, &on);
    if (j != NULL) return j;
    struct owe_list l = {NULL, NULL, NULL};
    json_t *corrections = json_array();
    enum err e = ERR_OK;
    if (json_object_get(request, "from") == NULL) e = owe_since(a, on, &q.from, &cut);
    if (e == ERR_OK) e = owe_walk(a, &q, on, &l, &cut);
    if (e == ERR_OK) e = hub_corrections_list(a, request, true, false, corrections);
    if (e == ERR_OK) owe_open_corrections(&l, corrections, a);
    date_print(on, day);
    date_print(q.from, from);
    j = e != ERR_OK ? hub_command_fail(e)
                    : json_pack("{s:s, s:s, s:b, s:O, s:{s:O, s:O, s:O}}", "on", day, "from", from,
                                "cut", (int)cut, "units", l.units, "district", "to_judge",
                                l.to_judge, "to_close", l.ready, "corrections", corrections);
    owe_lists_free(&l);
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
    snprintf(text, sizeof text, "Số liệu từ %s đến hết %s.%s", first, last,
             slot->guessed ? DUE_GUESSED_VI : "");
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

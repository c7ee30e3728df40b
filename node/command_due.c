/* What reports are due: as a list and as a calendar. docs/workflow.md. */
#include "node/command_priv.h"

#include "common/ics.h"
#include "node/flow.h"
#include "node/store_users.h"

#include <stdio.h>

enum {
    REPORT_CALENDAR_DAYS = 400,
    REPORT_ICS_BYTES_MAX = 1024 * 1024,
};

static bool report_day(const json_t *request, const char *key, struct date *out)
{
    const char *text = node_request_str(request, key);
    return text != NULL && date_parse(bytes_str(text), out) == ERR_OK;
}

/* ---- lists ---- */

struct report_rows {
    json_t *rows;
    /* the first login of this PC was made: it was set up then. INT64_MAX: none was */
    int64_t first_ms;
    struct date recent; /* of what was due before, only what is still owed is listed */
};

static enum err report_login(void *ctx, const struct node_user *u)
{
    int64_t *first_ms = ctx;
    if (u->created_ms < *first_ms) *first_ms = u->created_ms;
    return ERR_OK;
}

/* Due before this PC was set up, and nothing of it is known here: the unit may have sent it on paper or from another PC
 * whose log is gone. It is no alarm of this PC; whether it is owed the hub says. */
static bool report_before(const struct report_rows *l, const struct flow_row *r)
{
    struct date first;
    return l->first_ms != INT64_MAX && r->slot.has_due && r->state == FLOW_NOT_STARTED &&
           date_of_ms(l->first_ms, &first) == ERR_OK && date_compare(r->slot.due, first) < 0;
}

/* Due long ago, and nobody waits for it any more. */
static bool report_done(const struct report_rows *l, const struct flow_row *r)
{
    struct date on = r->slot.has_due ? r->slot.due : r->slot.window.last;
    bool owed = flow_row_overdue(r) || r->state == FLOW_RETURNED;
    return date_compare(on, l->recent) < 0 && (!owed || report_before(l, r));
}

static enum err report_list_row(void *ctx, struct node_flow *f)
{
    struct report_rows *l = ctx;
    if (report_done(l, &f->row)) return ERR_OK;
    json_t *j = flow_row_json(&f->row);
    json_object_set_new(j, "before", json_boolean(report_before(l, &f->row)));
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* Days of a list; `ahead` when the request names none. */
static json_t *report_days(struct node_command *c, const json_t *request, int ahead,
                           struct date *on, struct date *from, struct date *to)
{
    bool has_from = json_object_get(request, "from") != NULL;
    bool has_to = json_object_get(request, "to") != NULL;
    bool days = json_object_get(request, "on") != NULL ? report_day(request, "on", on)
                                                       : date_of_ms(c->wall_ms(), on) == ERR_OK;
    days = days && (has_from ? report_day(request, "from", from)
                             : date_add_days(*on, -FLOW_BACK_DAYS, from) == ERR_OK);
    days =
        days && (has_to ? report_day(request, "to", to) : date_add_days(*on, ahead, to) == ERR_OK);
    if (days) return NULL;
    return node_command_error(ERR_USAGE, "Ngày (on, from, to) viết như 2018-06-04.",
                              "A day (on, from, to) is written like 2018-06-04.", NULL);
}

static int64_t report_now(struct node_command *c, const json_t *request, struct date on)
{
    bool asked = node_request_str(request, "on") != NULL;
    return asked ? date_to_ms(on) + DATE_DAY_MS - 1 : c->wall_ms();
}

/* Back to the day on which this PC was set up, as far as FLOW_OWED_DAYS_MAX. *cut: not so far. */
static enum err report_since(int64_t first_ms, struct date on, struct date *from, bool *cut)
{
    struct date first, least;
    if (first_ms == INT64_MAX) return ERR_OK;
    enum err e = date_of_ms(first_ms, &first);
    if (e == ERR_OK) e = date_add_days(on, -FLOW_OWED_DAYS_MAX, &least);
    if (e != ERR_OK || date_compare(*from, first) <= 0) return e;
    *cut = date_compare(first, least) < 0;
    *from = *cut ? least : first;
    return ERR_OK;
}

json_t *node_command_report_list(struct node_command *c, const json_t *request)
{
    struct date on = {0}, from = {0}, to = {0};
    char day[DATE_TEXT_ROOM], since[DATE_TEXT_ROOM];
    bool cut = false;
    json_t *j = report_days(c, request, FLOW_AHEAD_DAYS, &on, &from, &to);
    if (j != NULL) return j;
    struct report_rows l = {json_array(), INT64_MAX, from};
    enum err e = node_users_each(c->store, report_login, &l.first_ms);
    if (e == ERR_OK && json_object_get(request, "from") == NULL)
        e = report_since(l.first_ms, on, &from, &cut);
    if (e == ERR_OK)
        e = node_flow_each(c->store, &c->entry.record, from, to, report_now(c, request, on),
                           report_list_row, &l);
    date_print(on, day);
    date_print(from, since);
    if (e == ERR_OK)
        return json_pack("{s:s, s:s, s:b, s:o}", "on", day, "from", since, "cut", (int)cut, "rows",
                         l.rows);
    json_decref(l.rows);
    return node_command_fail(e);
}

struct report_calendar {
    struct buf ics;
    int64_t now_ms;
    json_int_t events;
};

static enum err report_event(void *ctx, struct node_flow *f)
{
    struct report_calendar *c = ctx;
    char label[PERIOD_LABEL_ROOM], title[PERIOD_TITLE_ROOM], uid[140], summary[400], text[200];
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    const struct due_slot *slot = &f->row.slot;
    if (!slot->has_due) return ERR_OK;
    period_print(slot->period, label);
    period_title_vi(slot->period, title);
    date_print_vi(slot->window.first, first);
    date_print_vi(slot->window.last, last);
    snprintf(uid, sizeof uid, "%.40s-%s-%s@dongbo", f->row.form->id, label, f->unit);
    snprintf(summary, sizeof summary, "Hạn nộp %s: %.200s, %s", f->row.form->id,
             f->row.form->label_vi, title);
    snprintf(text, sizeof text, "Số liệu từ %s đến hết %s.%s", first, last,
             slot->guessed ? DUE_GUESSED_VI : "");
    c->events++;
    return ics_event(&(struct ics_event){.uid = uid,
                                         .day = slot->due,
                                         .summary = summary,
                                         .description = text,
                                         .stamp_ms = c->now_ms,
                                         .alarm_days = 3},
                     &c->ics);
}

json_t *node_command_calendar(struct node_command *c, const json_t *request)
{
    struct date on = {0}, from = {0}, to = {0};
    json_t *j = report_days(c, request, REPORT_CALENDAR_DAYS, &on, &from, &to);
    if (j != NULL) return j;
    struct report_calendar v = {.now_ms = c->wall_ms()};
    json_t *failed = json_array();
    buf_init(&v.ics, REPORT_ICS_BYTES_MAX);
    ics_begin("Đồng Bộ: hạn báo cáo", &v.ics);
    enum err e = node_flow_each(c->store, &c->entry.record, from, to, v.now_ms, report_event, &v);
    if (e == ERR_OK)
        e = node_command_cases_ics(c, on, from, to, v.now_ms, &v.ics, failed, &v.events);
    ics_end(&v.ics);
    if (e == ERR_OK) e = v.ics.e;
    j = e == ERR_OK ? json_pack("{s:o, s:I, s:O}", "ics", node_json_text(buf_bytes(&v.ics)),
                                "events", v.events, "failed", failed)
                    : node_command_fail(e);
    json_decref(failed);
    buf_free(&v.ics);
    return j;
}

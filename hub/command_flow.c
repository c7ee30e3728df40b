/* The report workflow: who sent what, one report with its figures, accepting and returning.
 * docs/workflow.md. */
#include "hub/command_flow.h"

#include "common/io/clock.h"
#include "common/sheet.h"
#include "common/text.h"
#include "hub/close.h"
#include "hub/report.h"
#include "hub/small.h"

#include <stdlib.h>

/* ---- reading requests ---- */

/* A day of the request; false: missing or not one. */
static bool hub_flow_day(const json_t *request, const char *key, struct date *out)
{
    const char *text = hub_request_str(request, key);
    return text != NULL && date_parse(bytes_str(text), out) == ERR_OK;
}

json_t *hub_flow_usage(void)
{
    return hub_command_error(
        ERR_BAD_INPUT,
        "Cần báo cáo, kỳ và đơn vị đúng; ngày viết 2018-06-04, kỳ viết 2023-06, "
        "2023-Q2, 2023-6M, 2023-9M, 2023 hoặc 2023-03-01_2023-05-15.",
        "Report, period and unit are needed; a day is written 2018-06-04, a "
        "period 2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023 or "
        "2023-03-01_2023-05-15.");
}

/* `on` of the request, or today. The time of the state is always now. */
json_t *hub_flow_query(struct hub_app *a, const json_t *request, struct hub_flow_query *q,
                       struct date *on)
{
    struct hub_cut cut;
    const char *period = hub_request_str(request, "period");
    *q = (struct hub_flow_query){.report = hub_request_str(request, "report"),
                                 .unit = hub_request_str(request, "unit"),
                                 .now_ms = clock_wall_ms()};
    enum err e = hub_reports_ready(a->store, &cut);
    if (e != ERR_OK) return hub_command_fail(e);
    if (hub_request_str(request, "on") != NULL) {
        if (!hub_flow_day(request, "on", on)) return hub_flow_usage();
        q->now_ms = date_to_ms(*on) + DATE_DAY_MS - 1;
    } else if (date_of_ms(q->now_ms, on) != ERR_OK) {
        return hub_command_fail(ERR_BAD_INPUT);
    }
    q->has_period = period != NULL;
    if (period != NULL && period_parse(bytes_str(period), &q->period) != ERR_OK)
        return hub_flow_usage();
    if (!hub_flow_day(request, "from", &q->from) &&
        date_add_days(*on, -FLOW_BACK_DAYS, &q->from) != ERR_OK)
        return hub_flow_usage();
    if (!hub_flow_day(request, "to", &q->to) &&
        date_add_days(*on, FLOW_AHEAD_DAYS, &q->to) != ERR_OK)
        return hub_flow_usage();
    return NULL;
}

/* ---- the matrix ---- */

struct flow_list {
    bool quiet; /* who asks may see no free texts: they may name somebody */
    json_t *rows;
    json_int_t states[FLOW_STATES];
    json_int_t times[FLOW_TIMES];
    json_int_t overdue;
};

static json_t *flow_said(const struct flow_row *row, bool quiet)
{
    json_t *j = flow_row_json(row), *judged = json_object_get(j, "judged");
    if (quiet && json_is_object(judged)) json_object_del(judged, "reason");
    return j;
}

static enum err flow_list_row(void *ctx, struct hub_flow_row *r)
{
    struct flow_list *l = ctx;
    l->states[r->row.state]++;
    l->times[r->row.time]++;
    l->overdue += flow_row_overdue(&r->row);
    return json_array_append_new(l->rows, flow_said(&r->row, l->quiet)) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_reports(struct hub_app *a, const json_t *request)
{
    struct hub_flow_query q;
    struct date on;
    char day[DATE_TEXT_ROOM];
    struct flow_list l = {.quiet = !hub_request_words(request)};
    json_t *j = hub_flow_query(a, request, &q, &on);
    if (j != NULL) return j;
    l.rows = json_array();
    enum err e = hub_flow_each(a->store, &q, flow_list_row, &l);
    if (e != ERR_OK) {
        json_decref(l.rows);
        return hub_command_fail(e);
    }
    json_t *counts = json_object();
    for (int i = 0; i < FLOW_STATES; i++)
        json_object_set_new(counts, flow_state_name((enum flow_state)i), json_integer(l.states[i]));
    date_print(on, day);
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I}", "on", day, "rows", l.rows, "counts",
                     counts, "in_time", l.times[FLOW_TIME_IN_TIME], "late", l.times[FLOW_TIME_LATE],
                     "late_unproven", l.times[FLOW_TIME_UNPROVEN], "overdue", l.overdue);
}

/* ---- one ---- */

/* The row that a request names. NULL: *out is filled and to be freed. */
json_t *hub_flow_named(struct hub_app *a, const json_t *request, struct hub_flow_row *out)
{
    struct hub_cut cut;
    struct period period;
    const char *report = hub_request_str(request, "report"),
               *unit = hub_request_str(request, "unit");
    const char *label = hub_request_str(request, "period");
    if (report == NULL || unit == NULL || label == NULL ||
        period_parse(bytes_str(label), &period) != ERR_OK)
        return hub_flow_usage();
    enum err e = hub_reports_ready(a->store, &cut);
    if (e == ERR_OK) e = hub_flow_row(a->store, report, unit, period, clock_wall_ms(), out);
    if (e == ERR_NOT_FOUND || e == ERR_BAD_INPUT)
        return hub_command_error(
            e, "Không có báo cáo đó của đơn vị đó trong kỳ đó (chỉ báo cáo cấp xã mới nộp).",
            "There is no such report of that unit and period (only reports of communes are "
            "submitted).");
    return e == ERR_OK ? NULL : hub_command_fail(e);
}

static enum err flow_sheet_of(struct hub_app *a, const struct hub_flow_row *r, struct buf *out)
{
    static const char *const parts[SHEET_PARTS] = {"figures", "figures_2", "figures_3",
                                                   "figures_4"};
    enum err e = ERR_OK;
    if (!r->row.has_record) return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < SHEET_PARTS; i++) {
        size_t at = out->len;
        if (at > 0) buf_add_str(out, "\n");
        e = hub_flow_field(a->store, &r->row.record, parts[i], out);
        if (out->len == at + 1 && at > 0) out->len = at; /* no such part */
    }
    return e;
}

static json_t *flow_cell_text(bool there, const struct sheet_row *row, const char *hidden)
{
    char text[SHEET_TEXT_ROOM];
    if (!there) return json_null();
    if (hidden != NULL) return json_string(hidden);
    sheet_text(row, text);
    return json_string(text);
}

/* One figure beside another; *differs is set when they are not the same. */
static json_t *flow_figure(const struct hub_report_line *line, const struct hub_report_row *row,
                           struct bytes sent, struct bytes now, bool quiet, bool *differs)
{
    struct sheet_row x, y;
    bool total = row == line->rows;
    bool has_x = sheet_find(sent, line->no, total, bytes_str(row->value), &x) == ERR_OK;
    bool has_y = sheet_find(now, line->no, total, bytes_str(row->value), &y) == ERR_OK;
    bool other = sent.len > 0 && (has_x ? x.num : 0) != (has_y ? y.num : 0);
    other = other || (sent.len > 0 && has_x && has_y && x.den != y.den);
    *differs = *differs || other;
    const char *hidden = quiet ? hub_small_text(&row->cells[0]) : NULL;
    bool beside = quiet && other && hub_small_class(NULL, line->indicator) >= HUB_SMALL_CLASS;
    if (hidden == NULL && beside) hidden = "*"; /* what was sent may be small */
    return json_pack("{s:I, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:o, s:o, s:b}", "line",
                     (json_int_t)line->no, "indicator", line->indicator->id, "label_vi",
                     line->label_vi, "label_en", line->label_en, "total", (int)total, "value",
                     row->value, "value_vi", row->label_vi, "value_en", row->label_en, "sent",
                     flow_cell_text(has_x, &x, hidden), "hub", flow_cell_text(has_y, &y, hidden),
                     "differs", (int)other);
}

static enum err flow_figures(struct hub_app *a, const struct hub_flow_row *r, bool quiet,
                             json_t *out, bool *differs)
{
    struct hub_report *report = NULL;
    struct hub_report_why why;
    struct buf sent, now;
    buf_init(&sent, SHEET_BYTES_MAX + SHEET_PARTS);
    buf_init(&now, HUB_FIGURES_POOL_BYTES_MAX);
    enum err e = flow_sheet_of(a, r, &sent);
    if (e == ERR_OK)
        e = hub_report_compute(a->store, r->row.form->id, r->unit, r->row.slot.period, &report,
                               &why);
    if (e == ERR_OK) e = hub_report_sheet(report, 0, &now);
    if (e == ERR_OK && quiet) e = hub_close_hide(a->store, report);
    for (size_t i = 0; e == ERR_OK && i < report->line_count; i++) {
        const struct hub_report_line *line = &report->lines[i];
        for (size_t k = 0; k < line->row_count; k++)
            json_array_append_new(out, flow_figure(line, &line->rows[k], buf_bytes(&sent),
                                                   buf_bytes(&now), quiet, differs));
    }
    hub_report_free(report);
    buf_free(&sent);
    buf_free(&now);
    return e;
}

json_t *hub_command_report_show(struct hub_app *a, const json_t *request)
{
    struct hub_flow_row r;
    bool differs = false;
    json_t *j = hub_flow_named(a, request, &r);
    if (j != NULL) return j;
    bool quiet = !hub_request_words(request);
    json_t *narrative = json_object(), *figures = json_array();
    json_t *names = NULL;
    enum err e = quiet ? ERR_OK : hub_named_report(a, &r, narrative, &names);
    if (e == ERR_OK) e = flow_figures(a, &r, quiet, figures, &differs);
    bool sent = r.row.digest[0] != '\0';
    j = e != ERR_OK ? hub_command_fail(e)
                    : json_pack("{s:o, s:O, s:O, s:b, s:b}", "row", flow_said(&r.row, quiet),
                                "narrative", narrative, "figures", figures, "same",
                                (int)(sent && !differs), "words", (int)!quiet);
    if (e == ERR_OK && names != NULL) json_object_set(j, "names", names);
    json_decref(names);
    json_decref(narrative);
    json_decref(figures);
    hub_flow_row_free(&r);
    return j;
}

/* ---- judging ---- */

/* A text of a request, brought into NFC; at most WORKFLOW_REASON_BYTES_MAX. */
enum err hub_flow_words(const json_t *request, const char *key, struct buf *out)
{
    const char *text = hub_request_str(request, key);
    if (text == NULL) return ERR_OK;
    return text_normalise(text_trim(bytes_str(text)), WORKFLOW_REASON_BYTES_MAX, TEXT_NOTE, out);
}

json_t *hub_flow_person_needed(const json_t *request)
{
    if (hub_request_str(request, "person") != NULL) return NULL;
    return hub_command_error(ERR_USAGE, "Cần tên người làm việc này (--person TÊN).",
                             "The name of who does this is needed (--person NAME).");
}

/* May this be said of the row now? NULL: yes. */
static json_t *flow_may(const json_t *request, const struct hub_flow_row *r, enum flow_event event)
{
    char hex[2 * ID_VERSION_BYTES + 1];
    enum flow_state next;
    const char *version = hub_request_str(request, "version");
    if (flow_step(r->row.state, event, &next) != ERR_OK)
        return hub_command_error(ERR_DENIED, flow_why_vi(r->row.state, event),
                                 flow_why_en(r->row.state, event));
    if (r->row.conflict)
        return hub_command_error(
            ERR_DENIED,
            "Hai máy của xã ghi khác nhau trong báo cáo này: hãy quyết định xung đột trước "
            "(resolve).",
            "Two PCs of the commune said different things in this report: settle the conflict "
            "first (resolve).");
    id_hex(BYTES_OF(r->row.version.b), hex);
    if (version == NULL || strcmp(version, hex) == 0) return NULL;
    return hub_command_error(
        ERR_STALE, "Xã vừa gửi bản khác sau khi bạn mở báo cáo; chưa ghi gì. Hãy mở lại.",
        "The commune sent another version after you opened the report; nothing "
        "was saved. Open it again.");
}

/* The answer to what is saved: never an error. */
static json_t *flow_judged(struct hub_app *a, const json_t *request, struct hub_flow_row *before,
                           bool accept, json_t *names)
{
    struct hub_flow_row after;
    json_t *unread = hub_flow_named(a, request, &after);
    json_t *j = NULL;
    if (unread == NULL) {
        j = flow_row_json(&after.row);
        hub_flow_row_free(&after);
    } else { /* it cannot be read anew now: as it was, with what was decided */
        before->row.state = accept ? FLOW_ACCEPTED : FLOW_RETURNED;
        j = flow_row_json(&before->row);
    }
    json_object_set(j, "names", names);
    json_decref(unread);
    return j;
}

static json_t *flow_judge(struct hub_app *a, const json_t *request, enum workflow_verdict verdict)
{
    struct hub_flow_row r;
    char label[PERIOD_LABEL_ROOM];
    struct buf payload, reason;
    bool accept = verdict == WORKFLOW_VERDICT_ACCEPTED;
    json_t *names = NULL;
    json_t *j = hub_flow_person_needed(request);
    if (j == NULL) j = hub_flow_named(a, request, &r);
    if (j != NULL) return j;
    buf_init(&payload, 2 * WORKFLOW_REASON_BYTES_MAX);
    buf_init(&reason, WORKFLOW_REASON_BYTES_MAX);
    j = flow_may(request, &r, accept ? FLOW_EV_ACCEPT : FLOW_EV_RETURN);
    enum err e = j == NULL ? hub_flow_words(request, "reason", &reason) : ERR_OK;
    if (j == NULL && e == ERR_OK && !accept && reason.len == 0)
        j = hub_command_error(ERR_USAGE, "Trả lại thì phải nêu lý do (--reason).",
                              "Returning needs a reason (--reason).");
    /* What is answered is looked up before: once it is saved nothing may say that it failed. The words of the
     * record that is judged are not changed by it. */
    if (j == NULL && e == ERR_OK) e = hub_named_report(a, &r, NULL, &names);
    if (j == NULL && e == ERR_OK) {
        period_print(r.row.slot.period, label);
        workflow_judge_encode(
            &(struct workflow_judge){
                .key = {bytes_str(r.unit), bytes_str(r.row.form->id), bytes_str(label)},
                .version = r.row.version,
                .verdict = verdict,
                .reason = buf_bytes(&reason)},
            &payload);
        e = hub_request_save(a, request, &payload, NULL);
    }
    if (j == NULL)
        j = e == ERR_OK ? flow_judged(a, request, &r, accept, names) : hub_command_fail(e);
    json_decref(names);
    hub_flow_row_free(&r);
    buf_free(&payload);
    buf_free(&reason);
    return j;
}

json_t *hub_command_report_accept(struct hub_app *a, const json_t *request)
{
    return flow_judge(a, request, WORKFLOW_VERDICT_ACCEPTED);
}

json_t *hub_command_report_return(struct hub_app *a, const json_t *request)
{
    return flow_judge(a, request, WORKFLOW_VERDICT_RETURNED);
}

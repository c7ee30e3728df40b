/* Closing, supplements and reopening a period. docs/workflow.md. */
#include "hub/command_close.h"

#include "hub/orders.h"

#include "common/due.h"
#include "common/io/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CLOSE_NAMED_MAX = 5, /* reports that a refusal names */
    CLOSE_WORDS_BYTES_MAX = 8192,
};

json_t *hub_close_begun(struct hub_app *a, const struct hub_close_request *q)
{
    char label[PERIOD_LABEL_ROOM], first[DATE_TEXT_ROOM], on[DATE_TEXT_ROOM], vi[400], en[400];
    struct due_slot slot;
    struct date today;
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *unit = q->unit != NULL ? q->unit : a->identity.unit;
    if (q->difference != NULL || c == NULL ||
        due_slot(c, q->report, unit, q->period, &slot) != ERR_OK ||
        date_of_ms(q->now_ms, &today) != ERR_OK || due_begun(&slot, today))
        return NULL;
    period_print(q->period, label);
    date_print_vi(slot.window.first, first);
    date_print_vi(today, on);
    snprintf(
        vi, sizeof vi,
        "Chưa chốt gì: kỳ %s của báo cáo này bắt đầu ngày %s, hôm nay là %s nên chưa có số liệu "
        "nào để chốt. Hãy xem lại kỳ, hoặc chỉnh đồng hồ máy nếu ngày hôm nay sai.",
        label, first, on);
    date_print(slot.window.first, first);
    date_print(today, on);
    snprintf(
        en, sizeof en,
        "Nothing was closed: the period %s of this report begins on %s and today is %s, so "
        "there are no figures to close. Look at the period again, or set the clock if today is "
        "wrong.",
        label, first, on);
    return hub_command_error(ERR_DENIED, vi, en);
}

/* ---- who is missing ---- */

static bool close_named(const char *codes, const char *unit)
{
    size_t n = strlen(unit);
    for (const char *p = codes; (p = strstr(p, unit)) != NULL; p += n) {
        bool begins = p == codes || p[-1] == ' ';
        if (begins && (p[n] == ' ' || p[n] == '\0')) return true;
    }
    return false;
}

static enum err close_missing_row(void *ctx, struct hub_flow_row *r)
{
    struct hub_close_missing *m = ctx;
    char label[PERIOD_LABEL_ROOM];
    size_t at = strlen(m->codes);
    period_print(r->row.slot.period, label);
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "unit", r->unit, "name",
                          r->row.unit_name, "report", r->row.form->id, "period", label, "state",
                          flow_state_name(r->open_state), "state_vi", flow_state_vi(r->open_state),
                          "state_en", flow_state_en(r->open_state));
    if (json_array_append_new(m->units, j) != 0) return ERR_NOMEM;
    if (close_named(m->codes, r->unit)) return ERR_OK;
    if (at + strlen(r->unit) + 2 > ADMIN_MISSING_BYTES_MAX) return ERR_TOO_LARGE;
    snprintf(m->codes + at, ADMIN_MISSING_BYTES_MAX - at, "%s%s", at > 0 ? " " : "", r->unit);
    return ERR_OK;
}

void hub_close_missing_free(struct hub_close_missing *m)
{
    json_decref(m->units);
    free(m->codes);
    *m = (struct hub_close_missing){NULL, NULL};
}

/* "Xã A (RP03 2023), Xã B (RP03 2023)": what is missing, as far as a sentence has room. */
static void close_missing_say(const json_t *rows, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(rows) && i < CLOSE_NAMED_MAX; i++) {
        const json_t *row = json_array_get(rows, i);
        buf_printf(out, "%s%s (%s %s)", i > 0 ? ", " : "", hub_request_str(row, "name"),
                   hub_request_str(row, "report"), hub_request_str(row, "period"));
    }
    if (json_array_size(rows) > CLOSE_NAMED_MAX) buf_add_str(out, ", …");
}

static json_t *close_incomplete(struct hub_close_missing *m)
{
    struct buf vi, en;
    size_t count = json_array_size(m->units);
    buf_init(&vi, CLOSE_WORDS_BYTES_MAX);
    buf_init(&en, CLOSE_WORDS_BYTES_MAX);
    buf_printf(&vi, "Chưa chốt gì: còn thiếu %zu báo cáo: ", count);
    buf_printf(&en, "Nothing was closed: %zu reports are missing: ", count);
    close_missing_say(m->units, &vi);
    close_missing_say(m->units, &en);
    buf_add_str(&vi, ". Hãy đợi đủ, hoặc bỏ --complete để chốt và ghi rõ tên đơn vị còn thiếu.");
    buf_add_str(&en, ". Wait for them, or close without --complete: it then names who is missing.");
    json_t *j = vi.e == ERR_OK && en.e == ERR_OK
                    ? hub_command_error(ERR_DENIED, buf_cstr(&vi), buf_cstr(&en))
                    : hub_command_fail(ERR_NOMEM);
    json_object_set(j, "missing", m->units);
    buf_free(&vi);
    buf_free(&en);
    hub_close_missing_free(m);
    return j;
}

json_t *hub_close_missing(struct hub_app *a, const json_t *request,
                          const struct hub_close_request *q, struct hub_close_missing *out)
{
    struct hub_cut cut;
    *out = (struct hub_close_missing){json_array(), calloc(1, ADMIN_MISSING_BYTES_MAX)};
    enum err e = out->codes != NULL && out->units != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) e = hub_reports_ready(a->store, &cut);
    if (e == ERR_OK)
        e = hub_flow_missing(a->store, q->report, q->unit, q->period, q->now_ms, close_missing_row,
                             out);
    if (e == ERR_NOT_FOUND || e == ERR_NOT_READY)
        e = ERR_OK; /* the closing itself says it better */
    if (e != ERR_OK) {
        hub_close_missing_free(out);
        return hub_command_fail(e);
    }
    bool wants = json_is_true(json_object_get(request, "complete"));
    return wants && json_array_size(out->units) > 0 ? close_incomplete(out) : NULL;
}

const char *hub_close_mode(enum admin_close_mode mode)
{
    static const char *const words[] = {"first", "supplement", "again"};
    return words[mode];
}

/* ---- supplement ---- */

struct close_whole { /* "RP04 2023-6M", the closed report that a report is a part of; "": none */
    struct hub_app *app;
    char name[CATALOGUE_NAME_BYTES_MAX + 1 + PERIOD_LABEL_ROOM];
};

static enum err close_whole(void *ctx, const char *report, struct period period)
{
    struct close_whole *w = ctx;
    struct hub_closing c;
    char label[PERIOD_LABEL_ROOM];
    period_print(period, label);
    enum err e = hub_flow_closing(w->app->store, w->app->identity.unit, report, label, &c);
    if (e == ERR_OK && !c.reopened) snprintf(w->name, sizeof w->name, "%s %s", report, label);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Nothing was closed under that name; perhaps it is locked all the same, as a part of what was. */
static json_t *close_no_issue(struct hub_app *a, const char *report, struct period period)
{
    char vi[256], en[256];
    struct close_whole w = {.app = a};
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_report *form =
        c != NULL && report != NULL ? catalogue_report(c, report) : NULL;
    enum err e = form != NULL ? due_each_whole(c, form, period, close_whole, &w) : ERR_OK;
    if (e != ERR_OK) return hub_command_fail(e);
    if (w.name[0] == '\0')
        return hub_command_error(ERR_NOT_FOUND,
                                 "Kỳ này chưa chốt nên chưa có gì để bổ sung hay mở lại.",
                                 "The period is not closed: nothing to add to or to reopen.");
    snprintf(vi, sizeof vi,
             "Báo cáo này không chốt riêng: nó khóa theo %s. Muốn bổ sung hay mở lại thì làm với "
             "báo cáo đó.",
             w.name);
    snprintf(en, sizeof en,
             "This report was not closed by itself: it is locked with %s. Add to that report, or "
             "reopen it.",
             w.name);
    return hub_command_error(ERR_NOT_FOUND, vi, en);
}

/* The newest issue that the request names. NULL: found. */
static json_t *close_issue(struct hub_app *a, const json_t *request, struct hub_issue *out)
{
    struct period period;
    char label[PERIOD_LABEL_ROOM];
    const char *unit = hub_request_str(request, "unit");
    if (!hub_request_period(request, &period)) return hub_flow_usage();
    period_print(period, label);
    enum err e = hub_issues_find(a->store, hub_request_str(request, "report"),
                                 unit != NULL ? unit : a->identity.unit, label, 0, out);
    if (e == ERR_NOT_FOUND) return close_no_issue(a, hub_request_str(request, "report"), period);
    return e == ERR_OK ? NULL : hub_command_fail(e);
}

/* What differs by cell and cause: the newest issue against the figures of now. */
json_t *hub_command_supplement(struct hub_app *a, const json_t *request)
{
    struct hub_issue issue;
    json_t *j = close_issue(a, request, &issue);
    if (j != NULL) return j;
    json_t *ask = json_pack("{s:I}", "a", (json_int_t)issue.id);
    json_t *diff = hub_command_diff(a, ask);
    json_decref(ask);
    if (hub_command_error_of(diff) != ERR_OK) return diff;
    json_object_set_new(diff, "of", json_integer(issue.number));
    if (json_is_true(json_object_get(request, "preview"))) return diff;
    if (json_integer_value(json_object_get(diff, "differing")) == 0) {
        json_decref(diff);
        return hub_command_error(ERR_NOT_FOUND,
                                 "Không có số liệu nào khác bản đã chốt: không cần bổ sung.",
                                 "No figure differs from the issue: there is nothing to add.");
    }
    j = hub_close_answer(a, request, diff);
    if (hub_command_error_of(j) != ERR_OK) {
        json_decref(diff);
        return j;
    }
    json_object_set_new(diff, "issue", j);
    return diff;
}

/* ---- reopening ---- */

/* The order that two officers sign; approving it reopens the period. */
json_t *hub_command_reopen(struct hub_app *a, const json_t *request)
{
    struct hub_issue issue;
    struct buf content, order;
    const char *basis = hub_request_str(request, "reason");
    json_t *j = close_issue(a, request, &issue);
    if (j != NULL) return j;
    if (basis == NULL)
        return hub_command_error(ERR_USAGE, "Cần lý do mở lại kỳ (--reason).",
                                 "Reopening needs a reason (--reason).");
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&order, ORDER_BYTES_MAX);
    struct workflow_key key = {bytes_str(issue.unit), bytes_str(issue.report),
                               bytes_str(issue.period)};
    workflow_order_encode(&key, issue.number, &content);
    enum err e = content.e;
    if (e == ERR_OK)
        e = hub_order_draft(a, "reopen", bytes_str(basis), buf_bytes(&content), clock_wall_ms(),
                            &order);
    if (e == ERR_EXISTS)
        j = hub_command_error(e, "Kỳ này đang mở lại rồi.", "The period is open again already.");
    else
        j = e != ERR_OK ? hub_command_fail(e)
                        : json_pack("{s:o, s:I}", "order", hub_json_base64(buf_bytes(&order)),
                                    "number", (json_int_t)issue.number);
    buf_free(&content);
    buf_free(&order);
    return j;
}

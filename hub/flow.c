#include "hub/flow.h"

#include <stdio.h>
#include <string.h>

/* ---- one ---- */

struct flow_judged {
    struct hub_flow_row *out;
    bool any;
    struct workflow_judge judge;
};

/* The last judgement of the present submission counts (SPEC 14.2): one of an older submission may stand behind it, when
 * it came back to a hub that had gone back. Without any the last of all is shown, and counts for nothing. */
static enum err flow_judged_row(void *ctx, const struct hub_flow_op *op)
{
    struct flow_judged *j = ctx;
    struct hub_flow_row *r = j->out;
    enum err e = workflow_judge_decode(op->payload, &j->judge);
    if (e != ERR_OK) return ERR_DAMAGED;
    bool present = r->row.has_version && ID_EQUAL(&j->judge.version, &r->row.version);
    if (r->row.judged_this && !present) return ERR_OK;
    j->any = true;
    r->row.judged = j->judge.verdict == WORKFLOW_VERDICT_ACCEPTED ? "accepted" : "returned";
    r->row.judged_ms = op->at_ms;
    r->row.judge = op->person;
    r->row.judged_this = present;
    buf_clear(&r->memory);
    buf_add_bytes(&r->memory, j->judge.reason);
    r->row.reason = buf_bytes(&r->memory);
    return r->memory.e;
}

/* What the commune's record says, before anybody judged it. */
static enum flow_state flow_said(const struct hub_sent_report *sent, enum flow_time time)
{
    if (strcmp(sent->state, "not_started") == 0) return FLOW_NOT_STARTED;
    if (strcmp(sent->state, "draft") == 0) return FLOW_DRAFT;
    if (strcmp(sent->state, "withdrawn") == 0) return FLOW_WITHDRAWN;
    if (sent->unconfirmed) return FLOW_DRAFT;
    return time == FLOW_TIME_LATE || time == FLOW_TIME_UNPROVEN ? FLOW_LATE : FLOW_SUBMITTED;
}

static enum err flow_submission(struct hub_store *s, const char *label, struct hub_flow_row *out)
{
    struct flow_row *r = &out->row;
    enum err e = hub_flow_report(s, out->unit, r->form->id, label, r->slot.window.last, &out->sent);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK) return e;
    r->has_record = r->has_version = r->has_person = true;
    r->record = out->sent.rid;
    r->version = out->sent.version;
    r->person = out->sent.person;
    r->conflict = out->sent.conflict;
    r->has_other = out->sent.has_other;
    r->other = out->sent.other;
    r->unconfirmed = out->sent.unconfirmed;
    r->digest = out->sent.digest;
    r->submitted_on = out->sent.submitted_on;
    r->signed_by = out->sent.signed_by;
    r->received_ms = out->sent.proof.before_ms;
    r->claimed_ms = out->sent.proof.claimed_ms;
    r->after_ms = out->sent.proof.has_after ? out->sent.proof.after_ms : 0;
    r->time = flow_time_of(&out->sent.proof, due_late_ms(&r->slot));
    out->open_state = flow_said(&out->sent, r->time);
    if (!flow_is_in(out->open_state)) r->time = FLOW_TIME_NONE;
    return ERR_OK;
}

static enum err flow_judgement(struct hub_store *s, const char *label, struct hub_flow_row *out)
{
    struct flow_judged j = {.out = out};
    enum flow_state next;
    enum err e =
        hub_flow_ops(s, CHANGE_JUDGE, out->unit, out->row.form->id, label, flow_judged_row, &j);
    if (e != ERR_OK || !j.any || !out->row.judged_this) return e;
    bool accepted = strcmp(out->row.judged, "accepted") == 0;
    if (flow_step(out->open_state, accepted ? FLOW_EV_ACCEPT : FLOW_EV_RETURN, &next) == ERR_OK)
        out->open_state = next;
    return ERR_OK;
}

/* The unit's own period may be closed, or that of all. */
static enum err flow_closed_by(struct hub_store *s, const char *unit, const char *report,
                               const char *label, struct hub_flow_row *out)
{
    struct hub_closing c;
    struct hub_issue issue;
    enum err e = hub_flow_closing(s, unit, report, label, &c);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && c.reopened)) return ERR_OK;
    if (e != ERR_OK) return e;
    out->row.state = FLOW_LOCKED;
    out->row.issue_number = c.number;
    e = hub_issues_find(s, report, unit, label, c.number, &issue);
    if (e == ERR_OK) out->row.issue = issue.id;
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* its files were lost with an older hub */
}

struct flow_lock {
    struct hub_store *s;
    const char *hub; /* code of its unit */
    struct hub_flow_row *out;
};

static enum err flow_whole_closed(void *ctx, const char *report, struct period period)
{
    const struct flow_lock *l = ctx;
    char label[PERIOD_LABEL_ROOM];
    period_print(period, label);
    return flow_closed_by(l->s, l->hub, report, label, l->out);
}

/* Closed for the unit, for the hub's, or by the closing of a district's report that it is a part of. */
static enum err flow_closing(struct hub_store *s, const char *label, struct hub_flow_row *out)
{
    struct hub_identity id;
    const struct flow_row *r = &out->row;
    struct flow_lock l = {s, id.unit, out};
    enum err e = hub_store_identity(s, &id);
    if (e == ERR_OK)
        e = due_each_whole(hub_store_catalogue(s), r->form, r->slot.period, flow_whole_closed, &l);
    if (e == ERR_OK) e = flow_closed_by(s, out->unit, r->form->id, label, out);
    return e == ERR_OK ? flow_closed_by(s, id.unit, r->form->id, label, out) : e;
}

static const char *flow_sent_name(enum hub_sent sent)
{
    if (sent == HUB_SENT_NOTHING) return "nothing";
    return sent == HUB_SENT_EARLIER ? "earlier" : "yes";
}

static enum err flow_fill(struct hub_store *s, const struct catalogue_unit *u,
                          const struct due_slot *slot, int64_t now_ms, struct hub_flow_row *out)
{
    char label[PERIOD_LABEL_ROOM];
    enum hub_sent sent;
    period_print(slot->period, label);
    out->row.slot = *slot;
    out->row.unit = out->unit;
    out->row.unit_name = u->name_vi;
    out->row.at_hub = true;
    out->row.digest = out->row.submitted_on = out->row.signed_by = "";
    snprintf(out->unit, sizeof out->unit, "%s", u->code);
    enum err e = date_of_ms(now_ms, &out->row.today);
    if (e == ERR_OK) e = hub_reports_sent(s, u->code, date_to_ms(slot->window.first), &sent);
    if (e == ERR_OK) out->row.sent = flow_sent_name(sent);
    if (e == ERR_OK) e = flow_submission(s, label, out);
    if (e == ERR_OK) e = flow_judgement(s, label, out);
    out->row.state = out->open_state;
    return e == ERR_OK ? flow_closing(s, label, out) : e;
}

void hub_flow_row_free(struct hub_flow_row *r)
{
    buf_free(&r->memory);
}

/* A unit that is below the hub's on the window's last day. */
static const struct catalogue_unit *flow_unit(const struct catalogue *c, const char *hub,
                                              const char *unit, struct date on)
{
    const struct catalogue_unit *u = catalogue_unit_at(c, unit, on);
    return u != NULL && strcmp(u->parent, hub) == 0 ? u : NULL;
}

enum err hub_flow_row(struct hub_store *s, const char *report, const char *unit,
                      struct period period, int64_t now_ms, struct hub_flow_row *out)
{
    const struct catalogue *c = hub_store_catalogue(s);
    struct hub_identity id;
    struct due_slot slot;
    struct hub_flow_row r = {.open_state = FLOW_NOT_STARTED};
    enum err e = c != NULL ? hub_store_identity(s, &id) : ERR_NOT_READY;
    if (e != ERR_OK) return e;
    r.row.form = catalogue_report(c, report);
    if (r.row.form == NULL) return ERR_NOT_FOUND;
    if (strcmp(r.row.form->level, "commune") != 0) return ERR_BAD_INPUT;
    e = due_slot(c, report, unit, period, &slot);
    if (e != ERR_OK) return e;
    const struct catalogue_unit *u = flow_unit(c, id.unit, unit, slot.window.last);
    if (u == NULL) return ERR_NOT_FOUND;
    *out = r;
    buf_init(&out->memory, 2 * WORKFLOW_REASON_BYTES_MAX + 16);
    e = flow_fill(s, u, &slot, now_ms, out);
    if (e != ERR_OK) hub_flow_row_free(out);
    return e;
}

/* ---- all that are expected ---- */

struct flow_walk {
    struct hub_store *s;
    const struct catalogue *c;
    const struct hub_flow_query *q;
    const char *hub; /* code of its unit */
    const struct catalogue_report *form;
    const struct catalogue_unit *unit;
    hub_flow_row_fn *row;
    void *ctx;
    size_t count;
};

static enum err flow_emit(struct flow_walk *w, struct hub_flow_row *r)
{
    if (++w->count > HUB_FLOW_ROWS_MAX) return ERR_TOO_LARGE;
    return w->row(w->ctx, r);
}

static enum err flow_walk_slot(void *ctx, const struct due_slot *slot)
{
    struct flow_walk *w = ctx;
    struct hub_flow_row r;
    bool owed =
        flow_unit(w->c, w->hub, w->unit->code, slot->window.last) == w->unit &&
        (w->q->unowed || catalogue_owes(w->c, w->form->id, w->unit->code, slot->window.last));
    if (!owed) return ERR_OK;
    enum err e = hub_flow_row(w->s, w->form->id, w->unit->code, slot->period, w->q->now_ms, &r);
    if (e != ERR_OK) return e;
    e = flow_emit(w, &r);
    hub_flow_row_free(&r);
    return e;
}

static enum err flow_walk_unit(struct flow_walk *w)
{
    struct due_slot slot;
    if (!w->q->has_period)
        return due_each(w->c, w->form->id, w->unit->code, w->q->from, w->q->to, flow_walk_slot, w);
    enum err e = due_slot(w->c, w->form->id, w->unit->code, w->q->period, &slot);
    return e == ERR_OK ? flow_walk_slot(w, &slot) : e == ERR_BAD_INPUT ? ERR_OK : e;
}

static enum err flow_walk_report(struct flow_walk *w)
{
    size_t n = 0;
    enum err e = ERR_OK;
    const struct catalogue_unit *units = catalogue_units(w->c, &n);
    if (strcmp(w->form->level, "commune") != 0) return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        if (strcmp(units[i].parent, w->hub) != 0) continue;
        if (w->q->unit != NULL && strcmp(units[i].code, w->q->unit) != 0) continue;
        w->unit = &units[i];
        e = flow_walk_unit(w);
    }
    return e;
}

/* ---- ad-hoc ones ---- */

/* One unit of a request; its own due day rules. */
static enum err flow_ask_unit(struct flow_walk *w, const struct workflow_ask *ask,
                              struct period period, const char *code)
{
    struct hub_flow_row r;
    char report[CATALOGUE_NAME_BYTES_MAX + 1];
    snprintf(report, sizeof report, "%.*s", (int)ask->key.report.len,
             (const char *)ask->key.report.p);
    enum err e = hub_flow_row(w->s, report, code, period, w->q->now_ms, &r);
    if (e == ERR_NOT_FOUND || e == ERR_BAD_INPUT) return ERR_OK; /* no such unit or report now */
    if (e != ERR_OK) return e;
    struct date due;
    r.row.asked = true;
    r.row.ask_id = ask->id;
    r.row.ask_text = ask->text;
    r.row.ask_due = ask->due;
    if (date_parse(ask->due, &due) == ERR_OK) {
        r.row.slot.has_due = true;
        r.row.slot.due = due;
        if (r.row.has_version && flow_is_in(r.open_state))
            r.row.time = flow_time_of(&r.sent.proof, due_late_ms(&r.row.slot));
        bool late = r.row.time == FLOW_TIME_LATE || r.row.time == FLOW_TIME_UNPROVEN;
        if (r.row.state == FLOW_SUBMITTED && late) r.row.state = r.open_state = FLOW_LATE;
    }
    e = flow_emit(w, &r);
    hub_flow_row_free(&r);
    return e;
}

static bool flow_ask_wanted(const struct flow_walk *w, const struct workflow_ask *ask,
                            struct period period)
{
    struct date on;
    if (w->q->report != NULL && !bytes_equal(ask->key.report, bytes_str(w->q->report)))
        return false;
    if (w->q->has_period) {
        char a[PERIOD_LABEL_ROOM], b[PERIOD_LABEL_ROOM];
        period_print(w->q->period, a);
        period_print(period, b);
        return strcmp(a, b) == 0;
    }
    if (date_parse(ask->due, &on) != ERR_OK) on = period_nominal(period).last;
    return date_compare(w->q->from, on) <= 0 && date_compare(on, w->q->to) <= 0;
}

static enum err flow_ask_row(void *ctx, const struct hub_flow_op *op)
{
    struct flow_walk *w = ctx;
    struct workflow_ask ask;
    struct period period;
    size_t n = 0;
    enum err e = workflow_ask_decode(op->payload, &ask);
    if (e != ERR_OK) return ERR_DAMAGED;
    if (period_parse(ask.key.period, &period) != ERR_OK) return ERR_OK;
    if (period.kind != PERIOD_ADHOC || !flow_ask_wanted(w, &ask, period)) return ERR_OK;
    const struct catalogue_unit *units = catalogue_units(w->c, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        const struct catalogue_unit *u = &units[i];
        struct date on = period_nominal(period).last;
        bool wanted = flow_unit(w->c, w->hub, u->code, on) == u &&
                      (ask.key.unit.len == 0 || bytes_equal(ask.key.unit, bytes_str(u->code))) &&
                      (w->q->unit == NULL || strcmp(w->q->unit, u->code) == 0);
        if (wanted) e = flow_ask_unit(w, &ask, period, u->code);
    }
    return e;
}

enum err hub_flow_each(struct hub_store *s, const struct hub_flow_query *q, hub_flow_row_fn *row,
                       void *ctx)
{
    struct hub_identity id;
    size_t n = 0;
    struct flow_walk w = {.s = s, .c = hub_store_catalogue(s), .q = q, .row = row, .ctx = ctx};
    if (w.c == NULL) return ERR_NOT_READY;
    enum err e = hub_store_identity(s, &id);
    w.hub = id.unit;
    const struct catalogue_report *reports = catalogue_reports(w.c, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        w.form = &reports[i];
        if (q->report == NULL || strcmp(q->report, w.form->id) == 0) e = flow_walk_report(&w);
    }
    if (e != ERR_OK || q->unowed) return e;
    return hub_flow_ops(s, CHANGE_ASK, NULL, NULL, NULL, flow_ask_row, &w);
}

/* ---- who is missing ---- */

struct flow_those { /* that are in, or not */
    bool in;
    hub_flow_row_fn *row;
    void *ctx;
};

static enum err flow_those_row(void *ctx, struct hub_flow_row *r)
{
    const struct flow_those *t = ctx;
    return flow_is_in(r->open_state) == t->in ? t->row(t->ctx, r) : ERR_OK;
}

static enum err flow_parts(struct hub_store *s, const char *report, const char *unit,
                           struct period period, int64_t now_ms, struct flow_those *those)
{
    struct hub_identity id;
    const struct catalogue *c = hub_store_catalogue(s);
    const struct catalogue_report *form = c != NULL ? catalogue_report(c, report) : NULL;
    enum err e = form != NULL ? hub_store_identity(s, &id) : ERR_NOT_FOUND;
    size_t n = 0;
    if (e != ERR_OK) return e;
    bool whole = unit == NULL || strcmp(unit, id.unit) == 0;
    struct hub_flow_query q = {.unit = whole ? NULL : unit,
                               .has_period = true,
                               .period = period,
                               .now_ms = now_ms,
                               .unowed = those->in};
    if (strcmp(form->level, "commune") == 0) {
        q.report = report;
        return hub_flow_each(s, &q, flow_those_row, those);
    }
    const struct catalogue_report *reports = catalogue_reports(c, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        bool part = catalogue_feeds(c, reports[i].id, report, period_nominal(period).last);
        if (!part || !due_part(&reports[i], period, &q.period)) continue;
        q.report = reports[i].id;
        e = hub_flow_each(s, &q, flow_those_row, those);
    }
    return e;
}

enum err hub_flow_missing(struct hub_store *s, const char *report, const char *unit,
                          struct period period, int64_t now_ms, hub_flow_row_fn *row, void *ctx)
{
    struct flow_those those = {false, row, ctx};
    if (period.kind == PERIOD_ADHOC) return ERR_OK;
    return flow_parts(s, report, unit, period, now_ms, &those);
}

enum err hub_flow_handed_in(struct hub_store *s, const char *report, const char *unit,
                            struct period period, int64_t now_ms, hub_flow_row_fn *row, void *ctx)
{
    struct flow_those those = {true, row, ctx};
    return flow_parts(s, report, unit, period, now_ms, &those);
}

#include "node/flow.h"

#include "proto/record.h"
#include "proto/submission.h"
#include "proto/workflow.h"

#include <stdio.h>

enum err node_flow_field(const struct node_store_record *record, const struct catalogue_type *type,
                         const char *field, struct buf *out)
{
    const struct catalogue_field *f = type != NULL ? catalogue_field_by_name(type, field) : NULL;
    if (f == NULL || record->fold.type != type->no) return ERR_OK;
    const struct fold_register *r = fold_find(&record->fold, f->no, (struct bytes){NULL, 0});
    const struct fold_head *head = r != NULL ? fold_shown(&record->fold, r, FOLD_ASK) : NULL;
    return head != NULL ? record_value_to_text(f, head->value, out) : ERR_OK;
}

static enum err flow_short(const struct node_store_record *record,
                           const struct catalogue_type *type, const char *field, char *out,
                           size_t room)
{
    struct buf text;
    buf_init(&text, CATALOGUE_TEXT_BYTES_MAX);
    enum err e = node_flow_field(record, type, field, &text);
    if (e == ERR_OK) snprintf(out, room, "%s", buf_cstr(&text));
    buf_free(&text);
    return e;
}

static enum flow_state flow_said(const struct node_flow *f)
{
    if (f->state[0] == '\0' || strcmp(f->state, "not_started") == 0) return FLOW_NOT_STARTED;
    if (strcmp(f->state, "draft") == 0) return FLOW_DRAFT;
    if (strcmp(f->state, "withdrawn") == 0) return FLOW_WITHDRAWN;
    if (f->row.unconfirmed) return FLOW_DRAFT;
    return f->row.time == FLOW_TIME_LATE ? FLOW_LATE : FLOW_SUBMITTED;
}

static bool flow_is_district(void *ctx, const struct id_version *version)
{
    return node_district_wrote(ctx, version);
}

/* Of the unit's records of this report, the one that counts (SPEC 14.2); it is in `record` then. */
static enum err flow_choose(struct node_store *s, struct node_store_record *record,
                            const struct catalogue_type *type, const char *label,
                            struct node_flow *out, struct submission *best)
{
    struct flow_row *r = &out->row;
    struct id_record rid;
    const struct id_record *after = NULL;
    enum err e = ERR_OK;
    fold_clear(&record->fold);
    for (; e == ERR_OK; after = &rid) {
        struct submission one;
        const struct node_district *d = NULL;
        e = node_flow_find(s, out->unit, r->form->id, label, after, &rid);
        if (e == ERR_OK) e = node_flow_district(s, &d);
        if (e == ERR_OK) e = node_store_record_read(s, &rid, record);
        if (e == ERR_OK) e = submission_of(&record->fold, type, flow_is_district, (void *)d, &one);
        if (e != ERR_OK) break;
        if (node_district_elsewhere(d, &rid, r->slot.window.last)) continue;
        bool wins = !r->has_record || submission_before(&one, best);
        const struct submission *lost = wins ? best : &one;
        if (r->has_record && lost->rank != SUBMISSION_DRAFT) {
            r->has_other = true;
            r->other = wins ? r->record : rid;
        }
        if (wins) {
            *best = one;
            r->record = rid;
        }
        r->has_record = true;
    }
    if (e != ERR_NOT_FOUND) return e;
    return r->has_record ? node_store_record_read(s, &r->record, record) : ERR_NOT_FOUND;
}

static enum err flow_record(struct node_store *s, struct node_store_record *record,
                            const char *label, struct node_flow *out)
{
    struct flow_row *r = &out->row;
    struct submission said;
    const struct catalogue_type *type =
        catalogue_type_by_name(node_store_catalogue(s, NULL), "report");
    enum err e = flow_choose(s, record, type, label, out, &said);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = flow_short(record, type, "state", out->state, sizeof out->state);
    if (e == ERR_OK) e = flow_short(record, type, "digest", out->digest, sizeof out->digest);
    if (e == ERR_OK)
        e = flow_short(record, type, "submitted_on", out->submitted_on, sizeof out->submitted_on);
    if (e == ERR_OK)
        e = flow_short(record, type, "signed_by", out->signed_by, sizeof out->signed_by);
    if (e != ERR_OK) return e;
    r->conflict = r->has_other || fold_conflicts(&record->fold, node_store_rules(s)) > 0;
    r->unconfirmed = said.rank == SUBMISSION_UNCONFIRMED;
    r->has_version = r->has_person = true;
    r->version = said.version.version;
    r->person = submission_person(&said);
    struct flow_proof proof = {.claimed_ms = (int64_t)(said.sent.clock >> 16)};
    e = node_flow_had(s, &said.sent, &proof.before_ms);
    if (e != ERR_OK) return e;
    r->time = flow_time_of(&proof, due_late_ms(&r->slot));
    /* When the hub received it this PC hears with its answers: until then it is neither in time nor late. */
    if (r->time == FLOW_TIME_UNPROVEN) r->time = FLOW_TIME_UNCONFIRMED;
    out->open_state = flow_said(out);
    if (!flow_is_in(out->open_state)) r->time = FLOW_TIME_NONE;
    return ERR_OK;
}

/* ---- what the district said ---- */

/* The last judgement of the present submission counts; without any the last of all is shown (SPEC 14.2). */
static enum err flow_judge(void *ctx, const struct node_flow_op *op)
{
    struct workflow_judge j;
    struct node_flow *f = ctx;
    struct flow_row *r = &f->row;
    if (workflow_judge_decode(op->payload, &j) != ERR_OK) return ERR_DAMAGED;
    if (!bytes_equal(j.key.unit, bytes_str(f->unit))) return ERR_OK; /* of a unit it was before */
    bool present = r->has_version && ID_EQUAL(&j.version, &r->version);
    if (r->judged_this && !present) return ERR_OK;
    r->judged = j.verdict == WORKFLOW_VERDICT_ACCEPTED ? "accepted" : "returned";
    r->judged_ms = op->at_ms;
    r->judge = op->person;
    r->judged_this = present;
    buf_clear(&f->memory);
    buf_add_bytes(&f->memory, j.reason);
    r->reason = buf_bytes(&f->memory);
    return f->memory.e;
}

struct flow_lock { /* the closings of one report and period, for one unit */
    struct node_store *s;
    struct node_flow *f;
    const char *unit;
    uint32_t number; /* of the newest; 0: none, or reopened */
};

static enum err flow_close(void *ctx, const struct node_flow_op *op)
{
    struct flow_lock *l = ctx;
    struct admin_close c;
    if (admin_close_decode(op->payload, &c) != ERR_OK) return ERR_DAMAGED;
    if (bytes_equal(c.unit, bytes_str(l->unit))) l->number = c.issue;
    return ERR_OK;
}

static enum err flow_reopen(void *ctx, const struct node_flow_op *op)
{
    struct flow_lock *l = ctx;
    struct workflow_reopen v;
    if (workflow_reopen_decode(op->payload, &v) != ERR_OK) return ERR_DAMAGED;
    if (bytes_equal(v.key.unit, bytes_str(l->unit)) && v.issue == l->number) l->number = 0;
    return ERR_OK;
}

/* A closing that is not reopened locks; what one reopens another may still lock. */
static enum err flow_closed_by(struct flow_lock *l, const char *unit, const char *report,
                               const char *label)
{
    l->unit = unit;
    l->number = 0;
    enum err e = node_flow_ops(l->s, CHANGE_CLOSE, report, label, flow_close, l);
    if (e == ERR_OK) e = node_flow_ops(l->s, CHANGE_REOPEN, report, label, flow_reopen, l);
    if (e != ERR_OK || l->number == 0) return e;
    l->f->row.state = FLOW_LOCKED;
    l->f->row.issue_number = l->number;
    return ERR_OK;
}

struct flow_hub {
    struct flow_lock lock;
    const char *unit;
};

static enum err flow_whole_closed(void *ctx, const char *report, struct period period)
{
    struct flow_hub *h = ctx;
    char label[PERIOD_LABEL_ROOM];
    period_print(period, label);
    return flow_closed_by(&h->lock, h->unit, report, label);
}

/* Closed for the unit, for the district's, or by the closing of a district's report that it is a part of, as at the
 * hub. The district is the unit above ours on the window's last day; without one in the catalogue nothing is. */
static enum err flow_closing(struct node_store *s, const char *label, struct node_flow *f)
{
    const struct catalogue *c = node_store_catalogue(s, NULL);
    const struct catalogue_unit *own = catalogue_unit_at(c, f->unit, f->row.slot.window.last);
    struct flow_hub h = {{.s = s, .f = f}, own != NULL ? own->parent : ""};
    enum err e = due_each_whole(c, f->row.form, f->row.slot.period, flow_whole_closed, &h);
    if (e == ERR_OK) e = flow_closed_by(&h.lock, f->unit, f->row.form->id, label);
    return e == ERR_OK ? flow_closed_by(&h.lock, h.unit, f->row.form->id, label) : e;
}

static enum err flow_district(struct node_store *s, const char *label, struct node_flow *f)
{
    enum flow_state next;
    enum err e = node_flow_ops(s, CHANGE_JUDGE, f->row.form->id, label, flow_judge, f);
    bool accepted = f->row.judged != NULL && strcmp(f->row.judged, "accepted") == 0;
    if (f->row.judged_this &&
        flow_step(f->open_state, accepted ? FLOW_EV_ACCEPT : FLOW_EV_RETURN, &next) == ERR_OK)
        f->open_state = next;
    f->row.state = f->open_state;
    return e == ERR_OK ? flow_closing(s, label, f) : e;
}

/* ---- one ---- */

enum err node_flow_row(struct node_store *s, struct node_store_record *record, const char *report,
                       struct period period, int64_t now_ms, struct node_flow *out)
{
    struct node_identity id;
    char label[PERIOD_LABEL_ROOM];
    struct node_flow f = {.open_state = FLOW_NOT_STARTED};
    const struct catalogue *c = node_store_catalogue(s, NULL);
    enum err e = c != NULL ? node_store_identity(s, &id) : ERR_NOT_READY;
    if (e != ERR_OK) return e;
    f.row.form = catalogue_report(c, report);
    if (f.row.form == NULL) return ERR_NOT_FOUND;
    if (strcmp(f.row.form->level, "commune") != 0) return ERR_BAD_INPUT;
    e = due_slot(c, report, id.unit, period, &f.row.slot);
    if (e == ERR_OK) e = date_of_ms(now_ms, &f.row.today);
    if (e != ERR_OK) return e;
    *out = f;
    snprintf(out->unit, sizeof out->unit, "%s", id.unit);
    const char *then = catalogue_unit_name(c, id.unit, out->row.slot.window.last);
    snprintf(out->unit_name, sizeof out->unit_name, "%s", then[0] != '\0' ? then : id.unit_name);
    out->row.unit = out->unit;
    out->row.unit_name = out->unit_name;
    out->row.digest = out->digest;
    out->row.submitted_on = out->submitted_on;
    out->row.signed_by = out->signed_by;
    buf_init(&out->memory, 3 * WORKFLOW_REASON_BYTES_MAX);
    period_print(period, label);
    e = flow_record(s, record, label, out);
    if (e == ERR_OK) e = flow_district(s, label, out);
    if (e != ERR_OK) node_flow_free(out);
    return e;
}

void node_flow_free(struct node_flow *f)
{
    buf_free(&f->memory);
}

/* ---- all ---- */

struct flow_walk {
    struct node_store *s;
    struct node_store_record *record;
    const struct catalogue *c;
    const char *unit;
    const char *report;
    struct date from;
    struct date to;
    int64_t now_ms;
    node_flow_fn *row;
    void *ctx;
};

static enum err flow_walk_slot(void *ctx, const struct due_slot *slot)
{
    struct flow_walk *w = ctx;
    struct node_flow f;
    if (!catalogue_owes(w->c, w->report, w->unit, slot->window.last)) return ERR_OK;
    enum err e = node_flow_row(w->s, w->record, w->report, slot->period, w->now_ms, &f);
    if (e != ERR_OK) return e;
    e = w->row(w->ctx, &f);
    node_flow_free(&f);
    return e;
}

static enum err flow_walk_ask(void *ctx, const struct node_flow_op *op)
{
    struct flow_walk *w = ctx;
    struct workflow_ask ask;
    struct period period;
    struct node_flow f;
    char report[CATALOGUE_NAME_BYTES_MAX + 1];
    if (workflow_ask_decode(op->payload, &ask) != ERR_OK) return ERR_DAMAGED;
    bool ours = ask.key.unit.len == 0 || bytes_equal(ask.key.unit, bytes_str(w->unit));
    if (!ours || period_parse(ask.key.period, &period) != ERR_OK) return ERR_OK;
    struct date on = period_nominal(period).last, due = on;
    bool has_due = date_parse(ask.due, &due) == ERR_OK;
    if (date_compare(due, w->from) < 0 || date_compare(w->to, due) < 0) return ERR_OK;
    snprintf(report, sizeof report, "%.*s", (int)ask.key.report.len,
             (const char *)ask.key.report.p);
    enum err e = node_flow_row(w->s, w->record, report, period, w->now_ms, &f);
    if (e == ERR_NOT_FOUND || e == ERR_BAD_INPUT) return ERR_OK; /* an older or newer catalogue's */
    if (e != ERR_OK) return e;
    f.row.asked = true;
    f.row.ask_id = ask.id;
    f.row.ask_text = ask.text;
    f.row.ask_due = ask.due;
    f.row.slot.has_due = has_due;
    if (has_due) f.row.slot.due = due;
    e = w->row(w->ctx, &f);
    node_flow_free(&f);
    return e;
}

enum err node_flow_each(struct node_store *s, struct node_store_record *record, struct date from,
                        struct date to, int64_t now_ms, node_flow_fn *row, void *ctx)
{
    struct node_identity id;
    size_t n = 0;
    struct flow_walk w = {.s = s,
                          .record = record,
                          .c = node_store_catalogue(s, NULL),
                          .from = from,
                          .to = to,
                          .now_ms = now_ms,
                          .row = row,
                          .ctx = ctx};
    enum err e = w.c != NULL ? node_store_identity(s, &id) : ERR_NOT_READY;
    if (e != ERR_OK) return e;
    w.unit = id.unit;
    const struct catalogue_report *reports = catalogue_reports(w.c, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        w.report = reports[i].id;
        if (strcmp(reports[i].level, "commune") == 0)
            e = due_each(w.c, w.report, w.unit, from, to, flow_walk_slot, &w);
    }
    return e == ERR_OK ? node_flow_ops(s, CHANGE_ASK, NULL, NULL, flow_walk_ask, &w) : e;
}

/* Reports of this unit: what is due, drafting, confirming, taking back; corrections and their answers.
 * docs/workflow.md. */
#include "node/command_priv.h"

#include "common/text.h"
#include "node/figures.h"
#include "node/flow.h"
#include "node/store_moves.h"
#include "proto/submission.h"
#include "proto/workflow.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    REPORT_VALUES_MAX = 24, /* fields that a form of this file sets */
};

static const char *const report_parts[SHEET_PARTS] = {"figures", "figures_2", "figures_3",
                                                      "figures_4"};

/* ---- requests ---- */

json_t *node_report_usage(void)
{
    return node_command_error(ERR_BAD_INPUT,
                              "Cần báo cáo và kỳ đúng; ngày viết 2018-06-04, kỳ viết 2023-06, "
                              "2023-Q2, 2023-6M, 2023-9M, 2023 hoặc 2023-03-01_2023-05-15.",
                              "Report and period are needed; a day is written 2018-06-04, a period "
                              "2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023 or 2023-03-01_2023-05-15.",
                              NULL);
}

/* The report that a request names. NULL: *out is to be freed. */
static json_t *report_named(struct node_command *c, const json_t *request, struct node_flow *out)
{
    struct period period;
    const char *report = node_request_str(request, "report");
    const char *label = node_request_str(request, "period");
    if (report == NULL || label == NULL || period_parse(bytes_str(label), &period) != ERR_OK)
        return node_report_usage();
    enum err e = node_flow_row(c->store, &c->entry.record, report, period, c->wall_ms(), out);
    if (e == ERR_NOT_FOUND || e == ERR_BAD_INPUT)
        return node_command_error(e, "Xã không nộp báo cáo đó, hoặc không nộp cho loại kỳ đó.",
                                  "The commune does not make that report, or not for that kind of "
                                  "period.",
                                  NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

static json_t *report_again(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    json_t *j = report_named(c, request, &f);
    if (j != NULL) return j;
    j = flow_row_json(&f.row);
    node_flow_free(&f);
    return j;
}

static json_t *report_may(const struct node_flow *f, enum flow_event event)
{
    enum flow_state next;
    if (flow_step(f->row.state, event, &next) != ERR_OK)
        return node_command_error(ERR_DENIED, flow_why_vi(f->row.state, event),
                                  flow_why_en(f->row.state, event), NULL);
    if (!f->row.conflict) return NULL;
    return node_command_error(ERR_DENIED,
                              "Hai máy ghi khác nhau trong báo cáo này: hãy mở hồ sơ báo cáo và "
                              "chọn giá trị đúng trước.",
                              "Two PCs said different things in this report: open its record and "
                              "settle that first.",
                              NULL);
}

/* ---- one ---- */

static json_t *report_cell(bool there, const struct sheet_row *row)
{
    char text[SHEET_TEXT_ROOM];
    if (!there) return json_null();
    sheet_text(row, text);
    return json_string(text);
}

/* Labels of a breakdown's value. */
static void report_value_labels(const struct catalogue *c, const struct catalogue_line *line,
                                const struct sheet_row *row, json_t *out)
{
    size_t n = 0;
    const struct catalogue_choice *choices = catalogue_choices(c, &n);
    bool none = row->value.len == 0;
    json_t *vi = row->total ? json_string("") : none ? json_string("Không ghi") : NULL;
    json_t *en = row->total ? json_string("") : none ? json_string("Not stated") : NULL;
    for (size_t i = 0; vi == NULL && i < n; i++) {
        if (strcmp(choices[i].list, line->by) != 0 ||
            !bytes_equal(row->value, bytes_str(choices[i].value)))
            continue;
        vi = json_string(choices[i].label_vi);
        en = json_string(choices[i].label_en);
    }
    json_object_set_new(out, "value_vi", vi != NULL ? vi : node_json_text(row->value));
    json_object_set_new(out, "value_en", en != NULL ? en : node_json_text(row->value));
}

static const struct catalogue_line *report_line(const struct catalogue *c, const char *report,
                                                unsigned no)
{
    size_t n = 0;
    const struct catalogue_line *lines = catalogue_lines(c, report, &n);
    for (size_t i = 0; i < n; i++)
        if (lines[i].no == no) return &lines[i];
    return NULL;
}

static void report_figure(const struct catalogue *c, const struct node_flow *f,
                          const struct sheet_row *row, struct bytes sent, struct bytes now,
                          json_t *out)
{
    struct sheet_row x, y;
    const struct catalogue_line *line = report_line(c, f->row.form->id, row->line);
    const struct catalogue_indicator *in =
        line != NULL ? catalogue_indicator(c, line->indicator) : NULL;
    if (in == NULL) return; /* of an older catalogue */
    bool has_x = sheet_find(sent, row->line, row->total, row->value, &x) == ERR_OK;
    bool has_y = sheet_find(now, row->line, row->total, row->value, &y) == ERR_OK;
    bool differs = sent.len > 0 && ((has_x ? x.num : 0) != (has_y ? y.num : 0) ||
                                    (has_x ? x.den : 0) != (has_y ? y.den : 0));
    bool own = line->label_vi[0] != '\0';
    json_t *j =
        json_pack("{s:I, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:b}", "line", (json_int_t)row->line,
                  "indicator", in->id, "label_vi", own ? line->label_vi : in->label_vi, "label_en",
                  own ? line->label_en : in->label_en, "total", (int)row->total, "value",
                  node_json_text(row->value), "sent", report_cell(has_x, &x), "hub",
                  report_cell(has_y, &y), "differs", (int)differs);
    report_value_labels(c, line, row, j);
    json_array_append_new(out, j);
}

/* Rows of the figures of now, then those that only the submission has. */
static void report_figures(const struct catalogue *c, const struct node_flow *f, struct bytes sent,
                           struct bytes now, json_t *out)
{
    struct sheet_row row, other;
    for (struct bytes rest = now; sheet_next(&rest, &row) == ERR_OK;)
        report_figure(c, f, &row, sent, now, out);
    for (struct bytes rest = sent; sheet_next(&rest, &row) == ERR_OK;) {
        if (sheet_find(now, row.line, row.total, row.value, &other) != ERR_OK)
            report_figure(c, f, &row, sent, now, out);
    }
}

static enum err report_sent(struct node_command *c, struct buf *out)
{
    const struct catalogue_type *type =
        catalogue_type_by_name(node_store_catalogue(c->store, NULL), "report");
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < SHEET_PARTS; i++) {
        size_t at = out->len;
        if (at > 0) buf_add_str(out, "\n");
        e = node_flow_field(&c->entry.record, type, report_parts[i], out);
        if (at > 0 && out->len == at + 1) out->len = at; /* no such part */
    }
    return e;
}

static json_t *report_narrative(struct node_command *c)
{
    const struct catalogue_type *type =
        catalogue_type_by_name(node_store_catalogue(c->store, NULL), "report");
    json_t *out = json_object();
    struct buf text;
    buf_init(&text, CATALOGUE_TEXT_BYTES_MAX);
    for (size_t i = 0; i < SUBMISSION_TEXTS; i++) {
        buf_clear(&text);
        if (node_flow_field(&c->entry.record, type, submission_texts[i], &text) == ERR_OK)
            json_object_set_new(out, submission_texts[i], node_json_text(buf_bytes(&text)));
    }
    buf_clear(&text);
    if (node_flow_field(&c->entry.record, type, "note", &text) == ERR_OK && text.len > 0)
        json_object_set_new(out, "note", node_json_text(buf_bytes(&text)));
    buf_free(&text);
    return out;
}

static json_t *report_wrong(enum err e, const char *why)
{
    char vi[400], en[400];
    if (why[0] == '\0') return node_command_fail(e);
    snprintf(vi, sizeof vi, "Một chỉ tiêu của danh mục có lỗi, hãy báo trung tâm: %.250s", why);
    snprintf(en, sizeof en, "An indicator of the catalogue is wrong, tell the hub: %.250s", why);
    return node_command_error(e, vi, en, NULL);
}

struct report_moved {
    const char *unit;
    int64_t from_ms;
    json_int_t away, came;
};

static enum err report_move(void *ctx, const struct node_transfer *t)
{
    struct report_moved *m = ctx;
    struct bytes unit = bytes_str(m->unit);
    if (t->t.state != MOVE_ACCEPTED || (int64_t)t->t.offered_ms < m->from_ms) return ERR_OK;
    m->away += bytes_equal(t->t.from, unit);
    m->came += bytes_equal(t->t.to, unit);
    return ERR_OK;
}

/* Records that changed hands since the period began. Here they count where they are today, at the
 * district where they were when it ended: the two figures may differ by them. */
static enum err report_moved(struct node_command *c, const struct node_flow *f, json_t **out)
{
    struct report_moved m = {.unit = f->unit, .from_ms = date_to_ms(f->row.slot.window.first)};
    enum err e = node_store_transfers(c->store, report_move, &m);
    *out = e == ERR_OK ? json_pack("{s:I, s:I}", "away", m.away, "came", m.came) : json_null();
    return e;
}

json_t *node_command_report_show(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    struct buf sent, now;
    char why[INDICATOR_WHY_ROOM] = "";
    json_t *j = report_named(c, request, &f);
    if (j != NULL) return j;
    buf_init(&sent, SHEET_BYTES_MAX + SHEET_PARTS);
    buf_init(&now, FIGURES_SHEET_BYTES_MAX);
    json_t *narrative = report_narrative(c);
    enum err e = report_sent(c, &sent);
    if (e == ERR_OK)
        e = node_figures_sheet(c->store, f.unit, f.row.form->id, f.row.slot.window, &now, why);
    json_t *figures = json_array();
    if (e == ERR_OK) {
        report_figures(node_store_catalogue(c->store, NULL), &f, buf_bytes(&sent), buf_bytes(&now),
                       figures);
        e = node_report_targets(c, &f, buf_bytes(&now), figures);
    }
    json_t *moved = NULL;
    if (e == ERR_OK) e = report_moved(c, &f, &moved);
    j = e != ERR_OK ? report_wrong(e, why)
                    : json_pack("{s:o, s:O, s:O, s:b, s:o, s:O}", "row", flow_row_json(&f.row),
                                "narrative", narrative, "figures", figures, "same",
                                (int)bytes_equal(buf_bytes(&sent), buf_bytes(&now)), "names",
                                node_report_names(c, narrative), "moved", moved);
    json_decref(moved);
    json_decref(figures);
    json_decref(narrative);
    buf_free(&sent);
    buf_free(&now);
    node_flow_free(&f);
    return j;
}

/* ---- saving ---- */

struct report_form {
    struct entry_value values[REPORT_VALUES_MAX];
    size_t count;
    const struct catalogue_type *type;
};

static void report_set(struct report_form *form, const char *field, struct bytes text)
{
    const struct catalogue_field *f = catalogue_field_by_name(form->type, field);
    if (f != NULL && form->count < REPORT_VALUES_MAX)
        form->values[form->count++] = (struct entry_value){f, text, false};
}

/* One change set on the report's record, made when there is none. */
static json_t *report_save(struct node_command *c, const json_t *request, const struct node_flow *f,
                           struct report_form *form, const struct id_person *person)
{
    struct node_own own;
    struct entry_op op;
    struct entry_why why = {.field = NULL};
    struct node_entry_form entry = {.action = ENTRY_SAVE,
                                    .type = form->type,
                                    .rid = f->row.record,
                                    .values = form->values,
                                    .count = form->count};
    enum err e = node_own_begin(c->store, c->keys, c->wall_ms(), &own);
    if (e != ERR_OK) return node_command_fail(e);
    if (!f->row.has_record) node_own_rid(&own, 0, &entry.rid);
    e = node_entry_make(&c->entry, &entry, &op, &why);
    if (e == ERR_OK && op.changed) {
        struct node_own_set set = {.person = *person, .payloads = &op.payload, .count = 1};
        e = node_own_add(&own, &set);
        if (e == ERR_OK) e = node_own_commit(&own, NULL);
        if (e == ERR_OK && c->saved != NULL) c->saved(c->ctx);
    }
    node_own_free(&own);
    if (e == ERR_OK && !op.changed && f->row.unconfirmed)
        return node_command_error(
            ERR_DENIED,
            "Chưa nộp: hồ sơ đã ghi sẵn đúng như vậy mà chưa ai xác nhận. Người soạn lưu lại bản "
            "nháp "
            "trước, rồi lãnh đạo nộp.",
            "Not submitted: the record says exactly this already, and nobody has confirmed it. Who "
            "drafts saves the draft again first, then the leader submits.",
            NULL);
    return e == ERR_OK ? report_again(c, request) : node_command_why(e, &why);
}

struct report_days_text { /* memory of a form's short texts */
    char label[PERIOD_LABEL_ROOM];
    char from[DATE_TEXT_ROOM], to[DATE_TEXT_ROOM], due[DATE_TEXT_ROOM], today[DATE_TEXT_ROOM];
};

static json_t *report_type(struct node_command *c, struct report_form *form)
{
    form->type = catalogue_type_by_name(node_store_catalogue(c->store, NULL), "report");
    if (form->type != NULL) return NULL;
    return node_command_error(ERR_NOT_READY, "Danh mục không có loại hồ sơ báo cáo (report).",
                              "The catalogue has no record type report.", NULL);
}

static json_t *report_person(struct node_command *c, const json_t *request, struct id_person *out)
{
    enum err e = node_request_person(c, request, out);
    if (e == ERR_BAD_INPUT)
        return node_command_error(e, "Cần tên người làm việc này (--person TÊN).",
                                  "The name of who does this is needed (--person NAME).", NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

/* Everything but state, texts and figures. NULL: the form is begun. */
static json_t *report_begin(struct node_command *c, const json_t *request,
                            const struct node_flow *f, struct report_form *form,
                            struct report_days_text *t, struct id_person *person)
{
    const struct due_slot *slot = &f->row.slot;
    json_t *j = report_type(c, form);
    if (j == NULL) j = report_person(c, request, person);
    if (j != NULL) return j;
    period_print(slot->period, t->label);
    date_print(slot->window.first, t->from);
    date_print(slot->window.last, t->to);
    date_print(f->row.today, t->today);
    t->due[0] = '\0';
    if (slot->has_due) date_print(slot->due, t->due);
    report_set(form, "definition", bytes_str(f->row.form->id));
    report_set(form, "period", bytes_str(t->label));
    report_set(form, "data_from", bytes_str(t->from));
    report_set(form, "data_to", bytes_str(t->to));
    report_set(form, "due_on", bytes_str(t->due));
    return NULL;
}

json_t *node_command_report_draft(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    struct id_person person;
    struct report_days_text t;
    struct report_form form = {.count = 0};
    const json_t *values = json_object_get(request, "values");
    json_t *j = report_named(c, request, &f);
    if (j != NULL) return j;
    j = node_report_known(values, submission_texts, SUBMISSION_TEXTS);
    if (j == NULL) j = report_may(&f, FLOW_EV_DRAFT);
    if (j == NULL) j = report_begin(c, request, &f, &form, &t, &person);
    if (j == NULL) {
        report_set(&form, "state", bytes_str("draft"));
        for (size_t i = 0; i < SUBMISSION_TEXTS; i++) {
            const char *text = json_string_value(json_object_get(values, submission_texts[i]));
            if (text != NULL) report_set(&form, submission_texts[i], bytes_str(text));
        }
        j = report_save(c, request, &f, &form, &person);
    }
    node_flow_free(&f);
    return j;
}

/* What is handed in says what happened: of days that have not begun nothing has. */
static json_t *report_begun(const struct node_flow *f)
{
    char label[PERIOD_LABEL_ROOM], first[DATE_TEXT_ROOM], today[DATE_TEXT_ROOM];
    char vi[400], en[400];
    const struct due_slot *slot = &f->row.slot;
    if (due_begun(slot, f->row.today)) return NULL;
    period_print(slot->period, label);
    date_print_vi(slot->window.first, first);
    date_print_vi(f->row.today, today);
    snprintf(
        vi, sizeof vi,
        "Chưa nộp: kỳ %s của báo cáo này bắt đầu ngày %s, hôm nay là %s nên chưa có gì để báo "
        "cáo. Bản nháp vẫn lưu được. Hãy xem lại kỳ, hoặc chỉnh đồng hồ máy nếu ngày hôm nay sai.",
        label, first, today);
    date_print(slot->window.first, first);
    date_print(f->row.today, today);
    snprintf(
        en, sizeof en,
        "Not submitted: the period %s of this report begins on %s and today is %s, so there is "
        "nothing to report yet. A draft can be saved. Look at the period again, or set the "
        "PC's clock if today is wrong.",
        label, first, today);
    return node_command_error(ERR_DENIED, vi, en, NULL);
}

static json_t *report_submit(struct node_command *c, const json_t *request,
                             const struct node_flow *f, struct report_form *form,
                             const struct report_days_text *t, const struct id_person *person)
{
    char why[INDICATOR_WHY_ROOM], hex[2 * ID_HASH_BYTES + 1];
    struct bytes parts[SHEET_PARTS];
    struct id_hash digest;
    struct buf sheet;
    json_t *j = NULL;
    buf_init(&sheet, FIGURES_SHEET_BYTES_MAX);
    enum err e =
        node_figures_sheet(c->store, f->unit, f->row.form->id, f->row.slot.window, &sheet, why);
    if (e == ERR_OK) e = sheet_split(buf_bytes(&sheet), parts);
    if (e != ERR_OK) {
        j = report_wrong(e, why);
    } else {
        crypto_generichash(digest.b, sizeof digest.b, sheet.p, sheet.len, NULL, 0);
        id_hex(BYTES_OF(digest.b), hex);
        report_set(form, "state", bytes_str("submitted"));
        report_set(form, "submitted_on", bytes_str(t->today));
        report_set(form, "signed_by", bytes_str(node_request_str(request, "person")));
        report_set(form, "digest", bytes_str(hex));
        for (size_t i = 0; i < SHEET_PARTS; i++)
            report_set(form, report_parts[i], parts[i]);
        j = report_save(c, request, f, form, person);
    }
    buf_free(&sheet);
    return j;
}

json_t *node_command_report_submit(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    struct id_person person;
    struct report_days_text t;
    struct report_form form = {.count = 0};
    json_t *j = report_named(c, request, &f);
    if (j != NULL) return j;
    j = report_may(&f, f.row.state == FLOW_LATE ? FLOW_EV_SUBMIT_LATE : FLOW_EV_SUBMIT);
    if (j == NULL) j = report_begun(&f);
    if (j == NULL) j = report_begin(c, request, &f, &form, &t, &person);
    if (j == NULL) j = node_report_confirms(c, request, &f, &person);
    if (j == NULL) j = report_submit(c, request, &f, &form, &t, &person);
    node_flow_free(&f);
    return j;
}

json_t *node_command_report_withdraw(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    struct id_person person;
    struct report_days_text t;
    struct report_form form = {.count = 0};
    json_t *j = report_named(c, request, &f);
    if (j != NULL) return j;
    j = report_may(&f, FLOW_EV_WITHDRAW);
    if (j == NULL) j = report_begin(c, request, &f, &form, &t, &person);
    if (j == NULL) j = node_report_takes_back(c, request);
    if (j == NULL) {
        report_set(&form, "state", bytes_str("withdrawn"));
        j = report_save(c, request, &f, &form, &person);
    }
    node_flow_free(&f);
    return j;
}

/* What nobody confirms and no decision is about, so in whatever state the report is. */
json_t *node_command_report_note(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    struct id_person person;
    struct report_form form = {.count = 0};
    static const char *const fields[] = {"note"};
    const json_t *values = json_object_get(request, "values");
    const char *note = node_request_str(values, "note");
    json_t *j = report_named(c, request, &f);
    if (j != NULL) return j;
    j = node_report_known(values, fields, 1);
    if (j == NULL && note == NULL)
        j = node_command_error(ERR_USAGE, "Cần ghi chú (note=CHỮ).",
                               "A note is needed (note=TEXT).", NULL);
    else if (j == NULL && !f.row.has_record)
        j = node_command_error(ERR_NOT_FOUND, "Báo cáo này chưa lập nên chưa có gì để ghi chú.",
                               "This report was not begun: there is nothing to note on.", NULL);
    if (j == NULL) j = report_type(c, &form);
    if (j == NULL) j = report_person(c, request, &person);
    if (j == NULL && note != NULL) {
        report_set(&form, "note", bytes_str(note));
        j = report_save(c, request, &f, &form, &person);
    }
    node_flow_free(&f);
    return j;
}

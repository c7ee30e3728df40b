/* Corrections of the district, and the commune's answers. docs/workflow.md. */
#include "node/command_priv.h"

#include "node/figures.h"
#include "node/flow.h"
#include "proto/figures.h"
#include "proto/workflow.h"

#include <stdio.h>
#include <string.h>

struct correction_list {
    struct node_command *c;
    const struct catalogue_type *type;
    const struct id_record *id; /* only this one; NULL: all */
    json_t *rows;
    struct workflow_correct found; /* texts in `memory` */
    struct buf memory;
    bool has;
};

static json_t *correction_text(struct bytes b)
{
    return b.len > 0 ? node_json_text(b) : json_null();
}

/* The answer is a record of type `correction` with the correction's id. */
static enum err correction_answered(struct correction_list *l, const struct id_record *id,
                                    struct buf *answer, struct buf *on, struct buf *note)
{
    struct node_store_record *r = &l->c->entry.record;
    enum err e = node_store_record_read(l->c->store, id, r);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = node_flow_field(r, l->type, "answer", answer);
    if (e == ERR_OK) e = node_flow_field(r, l->type, "answered_on", on);
    return e == ERR_OK ? node_flow_field(r, l->type, "note", note) : e;
}

static json_t *correction_json(const struct workflow_correct *v, const struct node_flow_op *op,
                               struct buf *answer, struct buf *on, struct buf *note)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "id",
                     node_json_hex(BYTES_OF(v->id.b)), "unit", node_json_text(v->key.unit),
                     "report", node_json_text(v->key.report), "period",
                     node_json_text(v->key.period), "indicator", node_json_text(v->indicator),
                     "value", correction_text(v->value), "record",
                     v->has_record ? node_json_hex(BYTES_OF(v->record.b)) : json_null(), "before",
                     node_json_text(v->before), "after", node_json_text(v->after), "reason",
                     node_json_text(v->reason), "at", node_json_time(op->at_ms), "state",
                     answer->len > 0 ? buf_cstr(answer) : "open", "answered",
                     correction_text(buf_bytes(on)), "note", correction_text(buf_bytes(note)));
}

/* What the records give now, where that is not what the district corrects: agreed to, it would change
 * nothing (docs/workflow.md). Told of open ones alone: what was agreed to is the district's to count.
 * What cannot be counted here, as a report of an older catalogue, is not told. */
static void correction_now(struct node_command *c, const struct workflow_correct *v, json_t *row)
{
    struct node_flow f;
    struct period period;
    char report[WORKFLOW_NAME_BYTES_MAX + 1], indicator[WORKFLOW_NAME_BYTES_MAX + 1];
    char value[WORKFLOW_NAME_BYTES_MAX + 1], list[CATALOGUE_NAME_BYTES_MAX + 1];
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    int64_t before = 0, now = 0;
    bool there = false;
    snprintf(report, sizeof report, "%.*s", (int)v->key.report.len, (const char *)v->key.report.p);
    snprintf(indicator, sizeof indicator, "%.*s", (int)v->indicator.len,
             (const char *)v->indicator.p);
    snprintf(value, sizeof value, "%.*s", (int)v->value.len, (const char *)v->value.p);
    const struct catalogue_indicator *i = cat != NULL ? catalogue_indicator(cat, indicator) : NULL;
    if (v->has_record || i == NULL || figures_is_ratio(i->measure) ||
        !workflow_number(v->before, &before) || !catalogue_indicator_list(cat, i, value, list) ||
        period_parse(v->key.period, &period) != ERR_OK ||
        node_flow_row(c->store, &c->entry.record, report, period, c->wall_ms(), &f) != ERR_OK)
        return;
    enum err e = node_figures_count(c->store, f.unit, i, list, bytes_str(value), f.row.slot.window,
                                    &there, &now);
    node_flow_free(&f);
    if (e == ERR_OK && (!there || now != before))
        json_object_set_new(row, "figure", there ? json_integer((json_int_t)now) : json_null());
}

static enum err correction_row(void *ctx, const struct node_flow_op *op)
{
    struct correction_list *l = ctx;
    struct workflow_correct v;
    struct buf answer, on, note;
    if (workflow_correct_decode(op->payload, &v) != ERR_OK) return ERR_DAMAGED;
    if (l->id != NULL && !ID_EQUAL(l->id, &v.id)) return ERR_OK;
    if (l->id != NULL) {
        buf_clear(&l->memory);
        buf_add_bytes(&l->memory, op->payload);
        l->has = workflow_correct_decode(buf_bytes(&l->memory), &l->found) == ERR_OK;
        return l->memory.e;
    }
    buf_init(&answer, CATALOGUE_TEXT_BYTES_MAX);
    buf_init(&on, CATALOGUE_TEXT_BYTES_MAX);
    buf_init(&note, CATALOGUE_TEXT_BYTES_MAX);
    enum err e = correction_answered(l, &v.id, &answer, &on, &note);
    json_t *row = e == ERR_OK ? correction_json(&v, op, &answer, &on, &note) : NULL;
    if (row != NULL && answer.len == 0) correction_now(l->c, &v, row);
    if (e == ERR_OK && json_array_append_new(l->rows, row) != 0) e = ERR_NOMEM;
    buf_free(&answer);
    buf_free(&on);
    buf_free(&note);
    return e;
}

static const struct catalogue_type *correction_type(struct node_command *c)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    return cat != NULL ? catalogue_type_by_name(cat, "correction") : NULL;
}

static void correction_name(json_t *row, const char *vi_key, const char *vi, const char *en_key,
                            const char *en)
{
    json_object_set_new(row, vi_key, json_string(vi));
    json_object_set_new(row, en_key, json_string(en));
}

/* What the codes of report and indicator mean, as far as the catalogue of today knows them. */
static void correction_names(struct node_command *c, json_t *rows)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    for (size_t i = 0; cat != NULL && i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *report = json_string_value(json_object_get(row, "report"));
        const char *what = json_string_value(json_object_get(row, "indicator"));
        const struct catalogue_report *r = report != NULL ? catalogue_report(cat, report) : NULL;
        const struct catalogue_indicator *t = what != NULL ? catalogue_indicator(cat, what) : NULL;
        if (r != NULL) correction_name(row, "report_vi", r->label_vi, "report_en", r->label_en);
        if (t != NULL)
            correction_name(row, "indicator_vi", t->label_vi, "indicator_en", t->label_en);
    }
}

json_t *node_command_corrections(struct node_command *c, const json_t *request)
{
    struct correction_list l = {.c = c, .type = correction_type(c), .rows = json_array()};
    (void)request;
    enum err e = node_flow_ops(c->store, CHANGE_CORRECT, NULL, NULL, correction_row, &l);
    if (e == ERR_OK) {
        correction_names(c, l.rows);
        return json_pack("{s:o}", "corrections", l.rows);
    }
    json_decref(l.rows);
    return node_command_fail(e);
}

/* ---- answering ---- */

static json_t *correction_usage(void)
{
    return node_command_error(
        ERR_USAGE, "Cần mã đính chính (xem corrections) và trả lời agree hoặc object.",
        "The correction's id (see corrections) and the answer agree or object "
        "are needed.",
        NULL);
}

/* Nobody can agree to a number that is none, or that nothing that is counted or added up can be: it
 * would count in no report. */
static json_t *correction_no_number(void)
{
    return node_command_error(
        ERR_BAD_INPUT,
        "Đính chính này không nêu con số nào, hoặc nêu số âm, nên không thể đồng ý: hãy trả lời "
        "không (object), trung tâm sẽ gửi lại. Chưa ghi gì.",
        "This correction names no number, or one below 0, so it cannot be agreed to: object to it, "
        "and the centre will send another. Nothing was written.",
        NULL);
}

static bool correction_has_numbers(const struct workflow_correct *v)
{
    int64_t before = 0, after = 0;
    return v->has_record ||
           (workflow_number(v->before, &before) && workflow_number(v->after, &after) && after >= 0);
}

/* The commune's own record, signed by it: what the district said, and what it says to that. */
static json_t *correction_values(const struct workflow_correct *v, const char *state,
                                 const char *day, const char *note)
{
    json_t *j = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s}", "kind", "district", "period",
        node_json_text(v->key.period), "indicator", node_json_text(v->indicator), "before_value",
        node_json_text(v->before), "after_value", node_json_text(v->after), "reason",
        node_json_text(v->reason), "on_date", day, "answer", state, "answered_on", day);
    if (note != NULL) json_object_set_new(j, "note", json_string(note));
    if (v->has_record) json_object_set_new(j, "record", node_json_hex(BYTES_OF(v->record.b)));
    return j;
}

/* The report that is corrected, as far as this PC has it: Q02 counts corrections by report. */
static void correction_report(struct node_command *c, const struct workflow_correct *v,
                              json_t *values)
{
    struct node_flow f;
    struct period period;
    char report[WORKFLOW_NAME_BYTES_MAX + 1];
    if (period_parse(v->key.period, &period) != ERR_OK) return;
    snprintf(report, sizeof report, "%.*s", (int)v->key.report.len, (const char *)v->key.report.p);
    if (node_flow_row(c->store, &c->entry.record, report, period, c->wall_ms(), &f) != ERR_OK)
        return; /* of an older catalogue */
    if (f.row.has_record)
        json_object_set_new(values, "report", node_json_hex(BYTES_OF(f.row.record.b)));
    node_flow_free(&f);
}

json_t *node_command_correction_answer(struct node_command *c, const json_t *request)
{
    struct id_record id;
    struct date today;
    char day[DATE_TEXT_ROOM];
    const char *word = node_request_str(request, "answer");
    const char *person = node_request_str(request, "person");
    if (node_request_id(node_request_str(request, "id"), &id) != ERR_OK || word == NULL)
        return correction_usage();
    bool agree = strcmp(word, "agree") == 0;
    if (!agree && strcmp(word, "object") != 0) return correction_usage();
    struct correction_list l = {.c = c, .id = &id};
    buf_init(&l.memory, CHANGE_BYTES_MAX);
    enum err e = node_flow_ops(c->store, CHANGE_CORRECT, NULL, NULL, correction_row, &l);
    if (e == ERR_OK && !l.has) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = date_of_ms(c->wall_ms(), &today);
    if (e != ERR_OK) {
        buf_free(&l.memory);
        return e == ERR_NOT_FOUND ? correction_usage() : node_command_fail(e);
    }
    if (agree && !correction_has_numbers(&l.found)) {
        buf_free(&l.memory);
        return correction_no_number();
    }
    date_print(today, day);
    json_t *values = correction_values(&l.found, agree ? "agreed" : "objected", day,
                                       node_request_str(request, "note"));
    correction_report(c, &l.found, values);
    json_t *put = json_pack("{s:s, s:s, s:s, s:s?, s:o}", "verb", "put", "type", "correction", "id",
                            node_request_str(request, "id"), "person", person, "values", values);
    buf_free(&l.memory);
    json_t *j = node_workflow_put(c, put);
    json_decref(put);
    return j;
}

/* The report workflow: what the district corrects in a commune's figures. docs/workflow.md, SPEC 14.7. */
#include "hub/command_flow.h"
#include "hub/report.h"
#include "hub/small.h"

#include <sodium.h>
#include <stdio.h>

struct correct_list {
    struct hub_app *app;
    bool open;  /* only those without an answer */
    bool words; /* with what people wrote, and the record it is about: of class 3 */
    bool now;   /* with what the records give now, where that is not what was corrected */
    json_t *rows;
};

struct correct_figure { /* what the records give in the place that a correction names */
    bool
        told; /* a number is corrected there, so there is one to compare with; else no more is known */
    bool there;
    int64_t num;
    bool same; /* as the correction says it: then it counts once the commune agrees */
};

static bool correct_copy(struct bytes b, char *out, size_t room)
{
    if (b.len >= room) return false;
    snprintf(out, room, "%.*s", (int)b.len, (const char *)b.p);
    return strlen(out) == b.len;
}

/* Of a correction as the log has it: what it names may not be, or not be any more. */
static enum err correct_now(struct hub_store *s, const struct workflow_correct *v,
                            struct correct_figure *out, struct hub_report_why *why)
{
    char report[CATALOGUE_NAME_BYTES_MAX + 1], unit[ADMIN_UNIT_BYTES_MAX + 1];
    char indicator[CATALOGUE_NAME_BYTES_MAX + 1], list[CATALOGUE_NAME_BYTES_MAX + 1];
    char value[WORKFLOW_NAME_BYTES_MAX + 1];
    struct hub_report_spot spot = {report, unit, {.kind = PERIOD_MONTH}, indicator, list, value};
    const struct catalogue *c = hub_store_catalogue(s);
    int64_t before = 0, after = 0;
    *out = (struct correct_figure){.told = false};
    if (v->has_record || !workflow_number(v->before, &before) ||
        !workflow_number(v->after, &after) || !correct_copy(v->key.report, report, sizeof report) ||
        !correct_copy(v->key.unit, unit, sizeof unit) ||
        !correct_copy(v->value, value, sizeof value) ||
        !correct_copy(v->indicator, indicator, sizeof indicator) ||
        period_parse(v->key.period, &spot.period) != ERR_OK)
        return ERR_OK;
    const struct catalogue_indicator *i = catalogue_indicator(c, indicator);
    if (i == NULL || hub_figures_is_ratio(i->measure) ||
        !catalogue_indicator_list(c, i, value, list))
        return ERR_OK;
    enum err e = hub_report_spot(s, &spot, &out->there, &out->num, why);
    if (e != ERR_OK) return e;
    out->told = true;
    out->same = out->there && out->num == before;
    return ERR_OK;
}

/* In the list: an agreed one that has no effect is called that, and one that would have none shows the figure.
 * Where a report cannot be made (any more), the rest of the list is told all the same. */
static void correct_overtaken(struct hub_app *a, const struct workflow_correct *v, bool agreed,
                              json_t *row)
{
    struct correct_figure f;
    struct hub_report_why why;
    if (correct_now(a->store, v, &f, &why) != ERR_OK || !f.told || f.same) return;
    if (agreed) json_object_set_new(row, "state", json_string("overtaken"));
    json_object_set_new(row, "figure", f.there ? json_integer((json_int_t)f.num) : json_null());
}

static json_t *correct_text(bool told, struct bytes b)
{
    return told && b.len > 0 ? hub_json_text(b) : json_null();
}

/* Is it of figures of few persons? What nobody knows may be. */
static bool correct_small(const struct hub_app *a, const struct workflow_correct *c)
{
    char id[CATALOGUE_NAME_BYTES_MAX + 1];
    const struct catalogue_indicator *i =
        correct_copy(c->indicator, id, sizeof id)
            ? catalogue_indicator(hub_store_catalogue(a->store), id)
            : NULL;
    return i == NULL || hub_small_class(NULL, i) >= HUB_SMALL_CLASS;
}

static enum err correct_correction(void *ctx, const struct hub_flow_op *op)
{
    struct correct_list *l = ctx;
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
                  hub_json_text(c.indicator), "value", correct_text(true, c.value), "record",
                  l->words && c.has_record ? hub_json_hex(BYTES_OF(c.record.b)) : json_null(),
                  "before", hub_json_text(c.before), "after", hub_json_text(c.after), "reason",
                  correct_text(l->words, c.reason), "at", hub_json_time(op->at_ms), "state",
                  open ? "open" : answer.answer, "answered",
                  answer.answered_on[0] != '\0' ? answer.answered_on : NULL, "note",
                  correct_text(l->words, buf_bytes(&note)));
    buf_free(&note);
    if (e != ERR_OK) {
        json_decref(j);
        return e;
    }
    bool agreed = !open && strcmp(answer.answer, "agreed") == 0;
    if (!l->words && !c.has_record && correct_small(l->app, &c)) {
        json_object_set_new(j, "before", json_null());
        json_object_set_new(j, "after", json_null());
    } else if (l->now && (open || agreed))
        correct_overtaken(l->app, &c, agreed, j);
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err hub_corrections_list(struct hub_app *a, const json_t *request, bool open, bool now,
                              json_t *rows)
{
    struct hub_cut cut;
    struct correct_list l = {a, open, hub_request_words(request), now, rows};
    enum err e = hub_reports_ready(a->store, &cut);
    return e == ERR_OK ? hub_flow_ops(a->store, CHANGE_CORRECT, hub_request_str(request, "unit"),
                                      hub_request_str(request, "report"),
                                      hub_request_str(request, "period"), correct_correction, &l)
                       : e;
}

json_t *hub_command_corrections(struct hub_app *a, const json_t *request)
{
    json_t *rows = json_array();
    bool open = json_is_true(json_object_get(request, "open"));
    enum err e = hub_corrections_list(a, request, open, true, rows);
    if (e == ERR_OK) return json_pack("{s:o}", "corrections", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

static json_t *correct_correct_missing(void)
{
    return hub_command_error(ERR_USAGE,
                             "Cần --indicator, --before, --after và --reason: trước là bao nhiêu, "
                             "sau là bao nhiêu, vì sao.",
                             "--indicator, --before, --after and --reason are needed: what it was, "
                             "what it is, and why.");
}

/* What is corrected is printed in reports that leave: a number, and a value of the catalogue's. Words
 * belong into the reason, which stays here. A correction of a record says in words what to change. */
static json_t *correct_correct_wrong(const struct catalogue *c, const struct catalogue_indicator *i,
                                     const struct workflow_correct *v)
{
    char value[WORKFLOW_NAME_BYTES_MAX + 1], list[CATALOGUE_NAME_BYTES_MAX + 1];
    int64_t before = 0, after = 0;
    snprintf(value, sizeof value, "%.*s", (int)v->value.len, (const char *)v->value.p);
    if (!catalogue_indicator_list(c, i, value, list))
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

/* A correction replaces exactly the figure that it names: one that is not there would be agreed to for nothing. */
static json_t *correct_correct_stale(struct hub_app *a, const struct workflow_correct *v)
{
    char vi[HUB_REPORT_WHY_ROOM], en[HUB_REPORT_WHY_ROOM];
    struct correct_figure f;
    struct hub_report_why why;
    enum err e = correct_now(a->store, v, &f, &why);
    if (e != ERR_OK) return hub_report_said(e, &why);
    if (!f.told || f.same) return NULL;
    if (!f.there)
        return hub_command_error(
            ERR_BAD_INPUT,
            "Theo hồ sơ của xã, hiện không có số nào ở ô này (xã chưa gửi, hoặc "
            "chưa có giá trị đó) nên không có gì để đính chính. Chưa ghi gì.",
            "By the commune's records there is no figure here now (nothing was "
            "sent, or no such value), so nothing to correct. Nothing was "
            "written.");
    snprintf(vi, sizeof vi,
             "Theo hồ sơ của xã, số này hiện là %lld, không phải %.*s: đính chính sẽ không có tác "
             "dụng. Chưa ghi gì.",
             (long long)f.num, (int)v->before.len, (const char *)v->before.p);
    snprintf(en, sizeof en,
             "By the commune's records this figure is %lld now, not %.*s: the correction would "
             "change nothing. Nothing was written.",
             (long long)f.num, (int)v->before.len, (const char *)v->before.p);
    json_t *j = hub_command_error(ERR_BAD_INPUT, vi, en);
    if (j != NULL) json_object_set_new(j, "figure", json_integer((json_int_t)f.num));
    return j;
}

/* The district never edits a commune's record: it says what it counts instead, and asks. */
static json_t *correct_correct(struct hub_app *a, const json_t *request,
                               const struct hub_flow_row *r, struct bytes reason)
{
    char label[PERIOD_LABEL_ROOM];
    struct buf payload;
    const char *indicator = hub_request_str(request, "indicator");
    const char *before = hub_request_str(request, "before");
    const char *after = hub_request_str(request, "after");
    const char *value = hub_request_str(request, "value");
    const struct catalogue *c = hub_store_catalogue(a->store);
    if (indicator == NULL || after == NULL || reason.len == 0) return correct_correct_missing();
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
    json_t *wrong = correct_correct_wrong(c, i, &v);
    if (wrong == NULL) wrong = correct_correct_stale(a, &v);
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
    j = e == ERR_OK ? correct_correct(a, request, &r, buf_bytes(&reason)) : hub_command_fail(e);
    buf_free(&reason);
    hub_flow_row_free(&r);
    return j;
}

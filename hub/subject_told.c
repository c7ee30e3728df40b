#include "hub/subject_told.h"

#include "common/due.h"
#include "common/io/clock.h"
#include "common/told.h"
#include "hub/command_priv.h"

/* ---- values ---- */

/* The record under this id, to be freed, with its name in *name; *name is NULL when there is none to tell. */
static json_t *told_record(struct hub_app *a, const struct catalogue_field *f, const char *hex,
                           unsigned max_class, bool own, const char **name)
{
    const struct catalogue_type *t = catalogue_type_by_name(hub_store_catalogue(a->store), f->list);
    const struct catalogue_field *title = t != NULL ? told_title(t, max_class, own) : NULL;
    if (title == NULL) return NULL;
    json_t *ask = json_pack("{s:s}", "id", hex);
    json_t *r = hub_record_json(a, ask);
    const char *type = hub_request_str(r, "type");
    if (type != NULL && strcmp(type, t->name) == 0)
        *name = hub_request_str(json_object_get(r, "values"), title->name);
    json_decref(ask);
    return r;
}

json_t *hub_told_value(struct hub_app *a, const struct catalogue_field *f, const char *text,
                       unsigned max_class, bool own)
{
    struct buf out;
    struct date today = {1970, 1, 1};
    const char *name = NULL;
    json_t *r = NULL;
    if (f->kind == CATALOGUE_REF) r = told_record(a, f, text, max_class, own, &name);
    if (date_of_ms(clock_wall_ms(), &today) != ERR_OK) today = (struct date){1970, 1, 1};
    buf_init(&out, 4 * CATALOGUE_TEXT_BYTES_MAX);
    told_value(hub_store_catalogue(a->store), today, f, text, name, &out);
    json_t *j = out.e == ERR_OK ? hub_json_text(buf_bytes(&out)) : json_string(text);
    buf_free(&out);
    json_decref(r);
    return j;
}

/* ---- the access log ---- */

struct hub_told_words hub_told_read(const char *verb)
{
    static const struct {
        const char *verb;
        struct hub_told_words words;
    } told[] = {
        {"get", {"Mở hồ sơ", "Opened a record"}},
        {"list", {"Mở danh sách hồ sơ", "Opened a list of records"}},
        {"explain", {"Xem hồ sơ sau một con số", "Looked at what is behind a figure"}},
        {"report", {"Xem số nhỏ trong báo cáo", "Looked at small figures of a report"}},
        {"conflicts", {"Xem xung đột", "Looked at conflicts"}},
        {"history", {"Xem lịch sử một hồ sơ", "Looked at a record's history"}},
        {"subject", {"Xuất dữ liệu về một người", "Took out what is held about a person"}},
        {"request", {"Sổ yêu cầu của chủ thể dữ liệu", "Register of data subjects' requests"}},
        {"breach", {"Sổ vi phạm dữ liệu", "Register of data breaches"}},
        {"crossed", {"Xem thay đổi đến sau khi chuyển", "Looked at late changes of a transfer"}},
        {"quarantine_show", {"Xem phần để riêng", "Looked into the quarantine"}},
        {"open", {"Mở phần đã niêm phong", "Opened what is sealed"}},
        {"close",
         {"Chốt kỳ dù lời báo cáo nêu tên", "Closed, though texts of reports name people"}},
        {"attach_get", {"Tải tệp kèm theo", "Took out an attached file"}},
    };
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (strcmp(told[i].verb, verb) == 0) return told[i].words;
    }
    return (struct hub_told_words){verb, verb};
}

/* ---- figures of issues ---- */

static const struct catalogue_line *told_line(const struct catalogue *c, const char *report,
                                              unsigned no)
{
    size_t n = 0;
    const struct catalogue_line *v = catalogue_lines(c, report, &n);
    for (size_t i = 0; i < n; i++) {
        if (v[i].no == no) return &v[i];
    }
    return NULL;
}

/* What the unit was called on the last day of the report's window. */
static const char *told_unit(struct hub_app *a, const struct hub_issue *issue, const char *unit,
                             struct period period)
{
    struct due_slot slot;
    const struct catalogue *c = hub_store_catalogue(a->store);
    if (strcmp(unit, a->identity.unit) == 0) return a->identity.unit_name;
    enum err e = due_slot(c, issue->report, NULL, period, &slot);
    return e == ERR_OK ? catalogue_unit_name(c, unit, slot.window.last) : hub_unit_name(a, unit);
}

void hub_told_cell(struct hub_app *a, const struct hub_issue *issue,
                   const struct hub_issue_cell *cell, json_t *out)
{
    char title[PERIOD_TITLE_ROOM];
    struct period period;
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_report *form = catalogue_report(c, issue->report);
    const struct catalogue_line *line = told_line(c, issue->report, cell->line);
    const struct catalogue_indicator *i =
        line != NULL ? catalogue_indicator(c, line->indicator) : NULL;
    const char *value = cell->total ? "" : "Không ghi";
    if (line != NULL && cell->value[0] != '\0') value = told_choice(c, line->by, cell->value);
    const char *label = line != NULL && line->label_vi[0] != '\0' ? line->label_vi : "";
    if (label[0] == '\0' && i != NULL) label = i->label_vi;
    json_object_set_new(out, "report_label", json_string(form != NULL ? form->label_vi : ""));
    json_object_set_new(out, "line_label", json_string(label));
    json_object_set_new(out, "value_label", json_string(value));
    if (period_parse(bytes_str(issue->period), &period) != ERR_OK) return;
    period_title_vi(period, title);
    json_object_set_new(out, "period_label", json_string(title));
    json_object_set_new(out, "unit_name", json_string(told_unit(a, issue, cell->unit, period)));
}

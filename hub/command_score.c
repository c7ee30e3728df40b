/* The district appraises score sheets and publishes them; it never writes what a commune scored. docs/cases.md. */
#include "hub/command_cases.h"

#include "common/io/clock.h"
#include "hub/figures.h"
#include "hub/owed.h"
#include "hub/report.h"
#include "hub/store_watch.h"
#include "common/sheet.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCORE_VALUES_BYTES_MAX = 256 * 1024 }; /* typed texts of one record */

static json_t *score_fail(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có bảng chấm điểm này.",
                                 "There is no such score sheet.");
    if (e == ERR_NOT_READY)
        return hub_command_error(e, "Danh mục chưa có phần chấm điểm.",
                                 "The catalogue has no scores.");
    return hub_command_fail(e);
}

static const char *score_text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

/* The sheet of a request's "id"; NULL with the answer in *said. */
static json_t *score_sheet(struct hub_app *a, const json_t *request, struct id_record *rid,
                           json_t **said)
{
    json_t *sheet = NULL;
    *said = NULL;
    enum err e = hub_request_id(request, "id", rid);
    if (e == ERR_OK) e = hub_watch_sheet(a->store, rid, &sheet);
    if (e != ERR_OK) *said = score_fail(e);
    return sheet;
}

/* ---- figures beside the criteria ---- */

struct score_facts {
    const char *unit;
    struct hub_figures *figures;
};

static enum err score_fact(void *ctx, const struct hub_fact *fact)
{
    struct score_facts *f = ctx;
    if (fact->odd || !bytes_equal(fact->unit, bytes_str(f->unit))) return ERR_OK;
    return hub_figures_add(f->figures, fact);
}

static enum err score_figure(struct hub_app *a, const char *unit,
                             const struct catalogue_indicator *in, struct period_window w,
                             char out[static SHEET_TEXT_ROOM])
{
    char why[HUB_REPORT_WHY_ROOM];
    struct score_facts f = {.unit = unit};
    struct hub_figures_table t = {.count = 0};
    struct sheet_row row = {.total = true, .ratio = figures_is_ratio(in->measure)};
    enum err e = hub_figures_new(in->measure, &f.figures);
    if (e == ERR_OK) e = hub_owed_run(a->store, in, w, score_fact, &f, why);
    if (e == ERR_OK) e = hub_figures_finish(f.figures);
    if (e == ERR_OK) e = hub_figures_tabulate(f.figures, -1, &t);
    const struct hub_figure *one =
        e == ERR_OK ? hub_figures_find(&t, HUB_FIGURES_ALL, HUB_FIGURES_ALL) : NULL;
    if (one != NULL) row.num = one->num;
    if (one != NULL) row.den = one->den;
    if (e == ERR_OK) sheet_text(&row, out);
    hub_figures_table_free(&t);
    hub_figures_free(f.figures);
    return e;
}

static enum err score_figures(struct hub_app *a, json_t *sheet)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    json_t *lines = json_object_get(sheet, "lines");
    int year = (int)json_integer_value(json_object_get(sheet, "year"));
    enum err e = ERR_OK;
    if (year < DATE_YEAR_MIN || year > DATE_YEAR_MAX) return ERR_OK;
    struct period_window w = {{(int16_t)year, 1, 1}, {(int16_t)year, 12, 31}};
    for (size_t i = 0; e == ERR_OK && i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        char text[SHEET_TEXT_ROOM];
        const struct catalogue_indicator *in =
            catalogue_indicator(c, score_text(line, "indicator"));
        if (in == NULL) continue;
        e = score_figure(a, score_text(sheet, "unit"), in, w, text);
        if (e != ERR_OK) break;
        json_object_set_new(line, "figure", json_string(text));
        json_object_set_new(line, "figure_vi", json_string(in->label_vi));
        json_object_set_new(line, "figure_en", json_string(in->label_en));
    }
    return e;
}

/* Does what is published still say what the lines say? null: nothing is published. */
static json_t *score_same(const json_t *sheet)
{
    struct buf text;
    if (score_text(sheet, "frozen")[0] == '\0') return json_null();
    buf_init(&text, CATALOGUE_TEXT_BYTES_MAX);
    bool same = money_frozen(sheet, &text) == ERR_OK &&
                bytes_equal(buf_bytes(&text), bytes_str(score_text(sheet, "frozen")));
    buf_free(&text);
    return json_boolean(same);
}

/* Sum of the lines, the district's score before the commune's. */
static int32_t score_sum(const json_t *sheet)
{
    int32_t sum = 0;
    const json_t *lines = json_object_get(sheet, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        int32_t parts = 0;
        bool district = json_is_string(json_object_get(l, "district_score"));
        if (catalogue_points_read(score_text(l, district ? "district_score" : "self_score"),
                                  &parts) == ERR_OK)
            sum += parts;
    }
    return sum;
}

/* The class of so many points; NULL: the scheme has none. */
static const struct catalogue_band *score_band(const struct catalogue *c, const json_t *sheet,
                                               int32_t total)
{
    const struct catalogue_scheme *s = catalogue_scheme_find(
        c, score_text(sheet, "scheme"), score_text(sheet, "version"), (struct date){1, 1, 1});
    return s != NULL ? catalogue_band_of(s, total) : NULL;
}

json_t *hub_command_score(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    json_t *j = NULL, *said = NULL;
    int year = 0;
    if (hub_request_str(request, "id") != NULL) {
        j = score_sheet(a, request, &rid, &said);
        if (j == NULL) return said;
        enum err e = score_figures(a, j);
        if (e == ERR_OK) {
            json_object_set_new(j, "same", score_same(j));
            const struct catalogue_band *band =
                score_band(hub_store_catalogue(a->store), j, score_sum(j));
            if (band != NULL) json_object_set_new(j, "points_class", json_string(band->name));
            return j;
        }
        json_decref(j);
        return hub_command_fail(e);
    }
    bool all = json_object_get(request, "year") == NULL;
    if (!all && !hub_cases_year(request, &year)) return hub_cases_usage();
    enum err e = hub_watch_sheets(a->store, year, hub_request_str(request, "unit"), &j);
    return e == ERR_OK ? json_pack("{s:o}", "sheets", j) : score_fail(e);
}

/* ---- appraising ---- */

struct score_job {
    struct hub_app *app;
    struct hub_edit edit;
    struct hub_own_set set;
    struct buf memory;
    struct entry_why why;
};

/* One record of the job's transaction; takes over `values`. */
static enum err score_append(struct score_job *job, const char *type, const char *id,
                             json_t *values)
{
    struct entry_value typed[ENTRY_FIELDS_MAX];
    struct entry_op op;
    struct entry_form form = {.action = ENTRY_SAVE, .values = typed};
    form.type = catalogue_type_by_name(hub_store_catalogue(job->app->store), type);
    enum err e = values != NULL ? id_unhex(id, form.rid.b, sizeof form.rid.b) : ERR_NOMEM;
    if (e == ERR_OK)
        e = hub_values_read(form.type, values, typed, &form.count, &job->memory, &job->why);
    if (e == ERR_OK) e = hub_edit_append(&job->edit, &form, &job->set, &op, &job->why);
    json_decref(values);
    return e;
}

static json_t *score_line(const json_t *sheet, const char *code)
{
    const json_t *lines = json_object_get(sheet, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++)
        if (strcmp(score_text(json_array_get(lines, i), "code"), code) == 0)
            return json_array_get(lines, i);
    return NULL;
}

/* Put one appraised line into `sheet`, checked; NULL: it is there. */
static json_t *score_take(json_t *sheet, const char *code, const json_t *given)
{
    char vi[200], en[200];
    int32_t parts = 0, most = CATALOGUE_POINTS_MAX, own = 0;
    json_t *line = score_line(sheet, code);
    const char *score = score_text(given, "score"), *note = score_text(given, "note");
    if (line == NULL || score_text(line, "id")[0] == '\0') {
        snprintf(vi, sizeof vi, "Bảng này không có tiêu chí %.60s.", code);
        snprintf(en, sizeof en, "The sheet has no criterion %.60s.", code);
        return hub_command_error(ERR_NOT_FOUND, vi, en);
    }
    enum err e = catalogue_points_read(score, &parts);
    if (json_is_string(json_object_get(line, "most")) &&
        catalogue_points_read(score_text(line, "most"), &most) != ERR_OK)
        e = ERR_BAD_INPUT;
    if (e != ERR_OK || parts < 0 || parts > most) {
        snprintf(vi, sizeof vi, "%.60s: điểm phải từ 0 đến %.20s.", code, score_text(line, "most"));
        snprintf(en, sizeof en, "%.60s: a score is 0 to %.20s.", code, score_text(line, "most"));
        return hub_command_error(ERR_BAD_VALUE, vi, en);
    }
    bool other =
        catalogue_points_read(score_text(line, "self_score"), &own) != ERR_OK || own != parts;
    if (other && note[0] == '\0') {
        snprintf(vi, sizeof vi, "%.60s: điểm khác điểm xã tự chấm thì cần lý do.", code);
        snprintf(en, sizeof en, "%.60s: another score than the commune's needs a reason.", code);
        return hub_command_error(ERR_BAD_INPUT, vi, en);
    }
    json_object_set_new(line, "district_score", json_string(score));
    if (json_is_string(json_object_get(given, "note"))) /* "": it is taken away */
        json_object_set_new(line, "district_note", json_string(note));
    json_object_set_new(line, "taken", json_true());
    return NULL;
}

/* Class of the request, or that of the points. NULL with the answer in *said: neither will do. */
static const char *score_class(struct hub_app *a, const json_t *request, const json_t *sheet,
                               int32_t total, json_t **said)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *class = hub_request_str(request, "class");
    const struct catalogue_band *band = score_band(c, sheet, total);
    const char *note = hub_request_str(request, "note");
    bool noted = note != NULL && note[0] != '\0';
    if (class == NULL && band != NULL) return band->name;
    if (class == NULL)
        *said = hub_command_error(
            ERR_BAD_INPUT, "Bộ tiêu chí không có mức phân loại theo điểm: hãy ghi phân loại.",
            "The scheme has no classes by points: name the class.");
    else if (!catalogue_choice_known(c, "score_class", class))
        *said =
            hub_command_error(ERR_BAD_VALUE, "Không có phân loại này.", "There is no such class.");
    else if (band != NULL && strcmp(band->name, class) != 0 && !noted)
        *said = hub_command_error(ERR_BAD_INPUT, "Phân loại khác mức điểm thì cần nhận xét.",
                                  "Another class than that of the points needs a note.");
    return *said == NULL ? class : NULL;
}

static enum err score_lines_append(struct score_job *job, const json_t *sheet)
{
    const json_t *lines = json_object_get(sheet, "lines");
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        if (!json_is_true(json_object_get(l, "taken"))) continue;
        e = score_append(job, "score_line", score_text(l, "id"),
                         json_pack("{s:s, s:s}", "district_score", score_text(l, "district_score"),
                                   "district_note", score_text(l, "district_note")));
    }
    return e;
}

/* Lines and sheet in one transaction. */
static json_t *score_save(struct hub_app *a, const json_t *request, const json_t *sheet,
                          json_t *values)
{
    struct score_job job = {.app = a, .set = {.count = 1}};
    hub_request_person(a, request, &job.set.person);
    buf_init(&job.memory, SCORE_VALUES_BYTES_MAX);
    enum err e = hub_edit_init(&job.edit, a);
    if (e == ERR_OK) {
        e = hub_app_begin(a);
        if (e == ERR_OK) {
            e = score_lines_append(&job, sheet);
            if (e == ERR_OK)
                e = score_append(&job, "score_sheet", score_text(sheet, "id"), json_incref(values));
            if (e == ERR_OK)
                e = hub_app_commit(a);
            else
                hub_app_abort(a);
        }
        hub_edit_free(&job.edit);
    }
    buf_free(&job.memory);
    json_decref(values);
    if (e != ERR_OK) return hub_command_why(e, &job.why);
    return json_pack("{s:s, s:b}", "id", score_text(sheet, "id"), "saved", 1);
}

static json_t *score_wrong_state(void)
{
    return hub_command_error(ERR_DENIED, "Bảng này chưa nộp, hoặc đã công bố: chưa ghi gì.",
                             "The sheet is not handed in, or is published: nothing was saved.");
}

json_t *hub_command_score_appraise(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct date on;
    char day[DATE_TEXT_ROOM], total[CATALOGUE_POINTS_ROOM];
    json_t *said = NULL, *sheet = score_sheet(a, request, &rid, &said);
    const char *code = NULL, *person = hub_request_str(request, "person");
    json_t *given = NULL;
    if (sheet == NULL) return said;
    const char *state = score_text(sheet, "state");
    if (strcmp(state, "self_scored") != 0 && strcmp(state, "appraised") != 0)
        said = score_wrong_state();
    if (said == NULL && !hub_cases_day(request, "on", &on)) said = hub_cases_usage();
    json_object_foreach(json_object_get(request, "lines"), code, given)
    {
        if (said == NULL) said = score_take(sheet, code, given);
    }
    int32_t sum = score_sum(sheet);
    const char *class = said == NULL ? score_class(a, request, sheet, sum, &said) : NULL;
    if (said == NULL) {
        date_print(on, day);
        catalogue_points_print(sum, total);
        json_t *values = json_pack("{s:s, s:s, s:s, s:s, s:s}", "district_total", total,
                                   "appraised_on", day, "approved_by", person != NULL ? person : "",
                                   "result_class", class, "state", "appraised");
        if (hub_request_str(request, "note") != NULL)
            json_object_set(values, "district_note", json_object_get(request, "note"));
        said = score_save(a, request, sheet, values);
    }
    json_decref(sheet);
    return said;
}

/* ---- returning and publishing ---- */

static json_t *score_freeze(json_t *sheet, const char *day)
{
    struct buf text;
    uint8_t digest[ID_HASH_BYTES];
    char hex[2 * ID_HASH_BYTES + 1];
    buf_init(&text, CATALOGUE_TEXT_BYTES_MAX);
    json_t *values = NULL;
    if (money_frozen(sheet, &text) == ERR_OK) {
        crypto_generichash(digest, sizeof digest, text.p, text.len, NULL, 0);
        id_hex(BYTES_OF(digest), hex);
        values = json_pack("{s:s, s:s, s:s, s:s}", "state", "published", "published_on", day,
                           "digest", hex, "frozen", buf_cstr(&text));
    }
    buf_free(&text);
    return values;
}

json_t *hub_command_score_step(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct date on;
    char day[DATE_TEXT_ROOM];
    json_t *said = NULL, *sheet = score_sheet(a, request, &rid, &said), *values = NULL;
    const char *step = hub_request_str(request, "step"),
               *reason = hub_request_str(request, "reason");
    if (sheet == NULL) return said;
    bool publish = step != NULL && strcmp(step, "publish") == 0;
    bool back = step != NULL && strcmp(step, "return") == 0;
    const char *wanted = publish ? "appraised" : "self_scored";
    if (!publish && !back)
        said = hub_command_error(ERR_USAGE, "Chỉ có: appraise, return, publish.",
                                 "There are: appraise, return, publish.");
    else if (strcmp(score_text(sheet, "state"), wanted) != 0)
        said = score_wrong_state();
    else if (back && reason == NULL)
        said = hub_command_error(ERR_BAD_INPUT, "Trả lại cần lý do.", "A return needs a reason.");
    else if (!hub_cases_day(request, "on", &on))
        said = hub_cases_usage();
    if (said == NULL && publish) said = hub_cases_adds_up(a, &rid);
    if (said == NULL) {
        date_print(on, day);
        values = publish ? score_freeze(sheet, day)
                         : json_pack("{s:s, s:s}", "state", "draft", "district_note", reason);
        said = values != NULL ? score_save(a, request, sheet, values)
                              : hub_command_error(ERR_TOO_LARGE, "Bảng quá dài để công bố.",
                                                  "The sheet is too long to be published.");
    }
    json_decref(sheet);
    return said;
}

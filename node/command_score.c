/* A commune scores itself, criterion by criterion, and hands the sheet in. docs/cases.md. */
#include "node/command_priv.h"

#include "node/figures.h"
#include "node/store_watch.h"

#include <stdio.h>

static json_t *score_error(enum err e, const char *vi, const char *en)
{
    return node_command_error(e, vi, en, NULL);
}

static json_t *score_fail(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return score_error(e, "Không có bảng chấm điểm này trên máy.",
                           "There is no such score sheet here.");
    if (e == ERR_NOT_READY)
        return score_error(e, "Danh mục chưa có phần chấm điểm: hãy đồng bộ để nhận bản mới.",
                           "The catalogue has no scores yet: sync to get the newer one.");
    return node_command_fail(e);
}

/* The sheet of a request's "id"; NULL with the answer in *said. */
static json_t *score_sheet(struct node_command *c, const json_t *request, json_t **said)
{
    struct id_record rid;
    json_t *sheet = NULL;
    const char *id = node_request_str(request, "id");
    *said = NULL;
    if (id == NULL || node_request_id(id, &rid) != ERR_OK) {
        *said = node_bad_id();
        return NULL;
    }
    enum err e = node_watch_sheet(c->store, &rid, &sheet);
    if (e != ERR_OK) *said = score_fail(e);
    return sheet;
}

/* Beside a criterion stands this year's figure of its indicator, made by the very SQL of the reports. */
static enum err score_figures(struct node_command *c, json_t *sheet)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *unit = json_string_value(json_object_get(sheet, "unit"));
    json_t *lines = json_object_get(sheet, "lines");
    int year = (int)json_integer_value(json_object_get(sheet, "year"));
    if (year < DATE_YEAR_MIN || year > DATE_YEAR_MAX) return ERR_OK;
    struct period_window w = {{(int16_t)year, 1, 1}, {(int16_t)year, 12, 31}};
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        char text[SHEET_TEXT_ROOM];
        const char *id = json_string_value(json_object_get(line, "indicator"));
        const struct catalogue_indicator *in = id != NULL ? catalogue_indicator(cat, id) : NULL;
        if (in == NULL) continue;
        enum err e = node_figures_text(c->store, unit, in, w, text);
        if (e != ERR_OK) return e;
        json_object_set_new(line, "figure", json_string(text));
        json_object_set_new(line, "figure_vi", json_string(in->label_vi));
        json_object_set_new(line, "figure_en", json_string(in->label_en));
    }
    return ERR_OK;
}

json_t *node_command_score(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    json_t *j = NULL, *said = NULL;
    int year = 0;
    if (node_request_str(request, "id") != NULL) {
        j = score_sheet(c, request, &said);
        if (j == NULL) return said;
        enum err e = score_figures(c, j);
        if (e == ERR_OK) return j;
        json_decref(j);
        return node_command_fail(e);
    }
    bool all = node_request_str(request, "year") == NULL;
    if (!all && !node_command_year(c, request, &year)) return score_fail(ERR_BAD_INPUT);
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_OK) e = node_watch_sheets(c->store, year, id.unit, &j);
    return e == ERR_OK ? json_pack("{s:o}", "sheets", j) : score_fail(e);
}

/* ---- saving ---- */

/* A put by the request's person; takes over `values`. `id` NULL: a new record. */
static json_t *score_put(struct node_command *c, const json_t *request, const char *type,
                         const char *id, json_t *values)
{
    json_t *put = json_pack("{s:s, s:o}", "type", type, "values", values);
    json_t *person = json_object_get(request, "person"), *clerk = json_object_get(request, "clerk");
    if (put == NULL) return NULL;
    if (person != NULL) json_object_set(put, "person", person);
    if (clerk != NULL) json_object_set(put, "clerk", clerk);
    if (id != NULL) json_object_set_new(put, "id", json_string(id));
    json_t *j = node_command_put(c, put);
    json_decref(put);
    return j;
}

static bool score_there(const json_t *sheets, const char *scheme)
{
    for (size_t i = 0; i < json_array_size(sheets); i++) {
        const char *s = json_string_value(json_object_get(json_array_get(sheets, i), "scheme"));
        if (s != NULL && strcmp(s, scheme) == 0) return true;
    }
    return false;
}

/* The scheme of a request that is valid at the end of the year; without a name, the only one. */
static const struct catalogue_scheme *score_scheme(struct node_command *c, const json_t *request,
                                                   int year)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *name = node_request_str(request, "scheme");
    struct date last = {(int16_t)year, 12, 31};
    size_t n = 0;
    if (name != NULL) return catalogue_scheme_find(cat, name, NULL, last);
    const struct catalogue_scheme *v = catalogue_schemes(cat, &n), *only = NULL;
    for (size_t i = 0; i < n; i++) {
        if (catalogue_scheme_find(cat, v[i].scheme, NULL, last) != &v[i]) continue;
        if (only != NULL) return NULL;
        only = &v[i];
    }
    return only;
}

json_t *node_command_score_start(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    json_t *sheets = NULL;
    int year = 0;
    if (node_store_catalogue(c->store, NULL) == NULL) return node_no_catalogue();
    if (!node_command_year(c, request, &year)) return score_fail(ERR_BAD_INPUT);
    const struct catalogue_scheme *s = score_scheme(c, request, year);
    if (s == NULL)
        return score_error(
            ERR_NOT_FOUND,
            "Năm này không có bộ tiêu chí đó, hoặc có nhiều bộ: hãy ghi tên bộ tiêu chí.",
            "There is no such scheme in that year, or several: name the scheme.");
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_OK) e = node_watch_sheets(c->store, year, id.unit, &sheets);
    if (e != ERR_OK) return score_fail(e);
    bool there = score_there(sheets, s->scheme);
    json_decref(sheets);
    if (there)
        return score_error(ERR_EXISTS, "Năm này đã có bảng chấm điểm theo bộ tiêu chí đó.",
                           "There is a sheet of that year and scheme already.");
    return score_put(c, request, "score_sheet", NULL,
                     json_pack("{s:i, s:s, s:s, s:s}", "year", year, "scheme", s->scheme, "version",
                               s->version, "state", "draft"));
}

static const json_t *score_line(const json_t *sheet, const char *code)
{
    const json_t *lines = json_object_get(sheet, "lines");
    for (size_t i = 0; code != NULL && i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        const char *s = json_string_value(json_object_get(l, "code"));
        if (s != NULL && strcmp(s, code) == 0) return l;
    }
    return NULL;
}

static bool score_is(const json_t *sheet, const char *state)
{
    const char *s = json_string_value(json_object_get(sheet, "state"));
    return s != NULL && strcmp(s, state) == 0;
}

/* "0 to most"; NULL: the score may be given. */
static json_t *score_range(const json_t *line, const char *code, const char *text)
{
    char vi[200], en[200];
    int32_t parts = 0, most = 0;
    const char *top = json_string_value(json_object_get(line, "most"));
    bool good = text != NULL && catalogue_points_read(text, &parts) == ERR_OK && parts >= 0;
    if (top == NULL || catalogue_points_read(top, &most) != ERR_OK)
        top = "10000", most = CATALOGUE_POINTS_MAX;
    if (good && parts <= most) return NULL;
    snprintf(vi, sizeof vi, "Tiêu chí %.60s: điểm phải từ 0 đến %.20s, tối đa hai chữ số lẻ.", code,
             top);
    snprintf(en, sizeof en, "Criterion %.60s: a score is 0 to %.20s with at most two decimals.",
             code, top);
    return node_command_error(ERR_BAD_VALUE, vi, en, "self_score");
}

static json_t *score_unknown(const char *code)
{
    char vi[120], en[120];
    snprintf(vi, sizeof vi, "Bộ tiêu chí không có mã %.60s.", code != NULL ? code : "?");
    snprintf(en, sizeof en, "The scheme has no criterion %.60s.", code != NULL ? code : "?");
    return score_error(ERR_NOT_FOUND, vi, en);
}

json_t *node_command_score_line(struct node_command *c, const json_t *request)
{
    json_t *said = NULL, *sheet = score_sheet(c, request, &said);
    const char *score = node_request_str(request, "score");
    const char *code = node_request_str(request, "code");
    if (sheet == NULL) return said;
    const json_t *line = score_line(sheet, code);
    if (line == NULL)
        said = score_unknown(code);
    else if (!score_is(sheet, "draft"))
        said = score_error(ERR_DENIED, "Bảng đã nộp: lãnh đạo rút lại rồi mới sửa điểm.",
                           "The sheet is handed in: the leader takes it back first.");
    else
        said = score_range(line, code, score);
    if (said == NULL && json_is_true(json_object_get(request, "check"))) said = json_object();
    if (said == NULL) {
        json_t *values = json_pack("{s:s, s:s, s:s}", "sheet", node_request_str(request, "id"),
                                   "code", code, "self_score", score);
        static const char *const texts[] = {"reason", "evidence"};
        for (size_t i = 0; i < 2; i++) {
            const char *t = json_string_value(json_object_get(request, texts[i]));
            if (t != NULL) json_object_set_new(values, texts[i], json_string(t));
        }
        said = score_put(c, request, "score_line", json_string_value(json_object_get(line, "id")),
                         values);
    }
    json_decref(sheet);
    return said;
}

/* NULL: every criterion has a score. */
static json_t *score_whole(const json_t *sheet)
{
    char vi[160], en[160];
    const json_t *lines = json_object_get(sheet, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        const char *code = json_string_value(json_object_get(l, "code"));
        if (json_is_string(json_object_get(l, "self_score"))) continue;
        snprintf(vi, sizeof vi, "Chưa nộp: tiêu chí %.60s chưa có điểm.",
                 code != NULL ? code : "?");
        snprintf(en, sizeof en, "Not handed in: criterion %.60s has no score.",
                 code != NULL ? code : "?");
        return score_error(ERR_BAD_VALUE, vi, en);
    }
    return NULL;
}

json_t *node_command_score_step(struct node_command *c, const json_t *request)
{
    json_t *said = NULL, *sheet = score_sheet(c, request, &said), *values = NULL;
    const char *step = node_request_str(request, "step");
    const char *person = node_request_str(request, "person");
    struct date on;
    char day[DATE_TEXT_ROOM];
    if (sheet == NULL) return said;
    bool submit = step != NULL && strcmp(step, "submit") == 0;
    bool withdraw = step != NULL && strcmp(step, "withdraw") == 0;
    if (date_of_ms(c->wall_ms(), &on) != ERR_OK || (!submit && !withdraw))
        said = score_error(ERR_USAGE, "Chỉ có: submit (nộp), withdraw (rút lại).",
                           "There are: submit, withdraw.");
    if (said == NULL && submit) said = score_whole(sheet);
    if (said == NULL && submit) {
        date_print(on, day);
        values = json_pack("{s:O, s:s, s:s, s:s}", "self_total", json_object_get(sheet, "self_sum"),
                           "self_scored_on", day, "scored_by", person != NULL ? person : "",
                           "state", "self_scored");
    } else if (said == NULL) {
        values = json_pack("{s:s}", "state", "draft");
    }
    if (said == NULL)
        said = score_put(c, request, "score_sheet", node_request_str(request, "id"), values);
    json_decref(sheet);
    return said;
}

#include "common/io/store_money.h"

#include "common/id.h"
#include "common/text.h"
#include "common/told.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- rows as objects ---- */

/* A member; jansson says nothing of memory that ran out but by its result, and a figure that is left out would look
 * like one that nobody gave. */
static void money_set(json_t *o, const char *key, json_t *value, enum err *e)
{
    if (json_object_set_new(o, key, value) != 0) *e = ERR_NOMEM;
}

static void money_add(json_t *rows, json_t *value, enum err *e)
{
    if (json_array_append_new(rows, value) != 0) *e = ERR_NOMEM;
}

/* Whole hundredths of a point as its text. */
static json_t *money_points(int64_t parts)
{
    char text[CATALOGUE_POINTS_ROOM];
    if (parts > CATALOGUE_POINTS_MAX || parts < -CATALOGUE_POINTS_MAX) return json_null();
    catalogue_points_print((int32_t)parts, text);
    return json_string(text);
}

static json_t *money_value(const struct db_stmt *q, int i)
{
    struct bytes b = db_column_bytes(q, i);
    char hex[2 * ID_RECORD_BYTES + 1];
    switch (db_column_kind(q, i)) {
    case DB_INT: return json_integer(db_column_int(q, i));
    case DB_TEXT: {
        return text_utf8_prefix(b) == b.len ? json_stringn((const char *)b.p, b.len)
                                            : json_string("?");
    }
    case DB_BLOB:
        if (b.len != ID_RECORD_BYTES) return json_null();
        id_hex(b, hex);
        return json_string(hex);
    case DB_NULL:
    case DB_DOUBLE: break; /* what is no whole number is no amount */
    }
    return json_null();
}

/* An object per row with the columns' names; a name that ends in _parts becomes points. */
static enum err money_rows(struct db_stmt *q, json_t *rows)
{
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        json_t *j = json_object();
        for (int i = 0; i < db_column_count(q); i++) {
            const char *name = db_column_name(q, i);
            size_t n = strlen(name), cut = n > 6 && strcmp(name + n - 6, "_parts") == 0 ? 6 : 0;
            char key[CATALOGUE_NAME_BYTES_MAX + 1];
            snprintf(key, sizeof key, "%.*s", (int)(n - cut), name);
            bool points = cut > 0 && db_column_kind(q, i) == DB_INT;
            money_set(j, key, points ? money_points(db_column_int(q, i)) : money_value(q, i), &e);
        }
        if (json_array_size(rows) >= MONEY_ROWS_MAX) e = ERR_TOO_LARGE;
        if (e == ERR_OK)
            money_add(rows, j, &e);
        else
            json_decref(j);
    }
    db_done(q);
    return e;
}

/* Are there all tables and columns that the queries below name? */
static bool money_has(const struct catalogue *c, const char *const (*names)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_type *t = catalogue_type_by_name(c, names[i][0]);
        if (t == NULL || catalogue_field_by_name(t, names[i][1]) == NULL) return false;
    }
    return true;
}

static const char *money_text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

/* Beside the code under `key`, of a choice field of the type, its labels: "state_vi", "state_en". */
static void money_label(const struct catalogue *c, const char *type, const char *field, json_t *row,
                        const char *key, enum err *e)
{
    char vi[CATALOGUE_NAME_BYTES_MAX + 4], en[CATALOGUE_NAME_BYTES_MAX + 4];
    const struct catalogue_type *t = catalogue_type_by_name(c, type);
    const struct catalogue_field *f = t != NULL ? catalogue_field_by_name(t, field) : NULL;
    const struct catalogue_choice *v =
        f != NULL ? told_find(c, f->list, money_text(row, key)) : NULL;
    if (v == NULL) return;
    snprintf(vi, sizeof vi, "%s_vi", key);
    snprintf(en, sizeof en, "%s_en", key);
    money_set(row, vi, json_string(v->label_vi), e);
    money_set(row, en, json_string(v->label_en), e);
}

static enum err money_states(const struct catalogue *c, const char *type, json_t *rows)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        money_label(c, type, "state", row, "state", &e);
        money_label(c, type, "result_class", row, "result_class", &e); /* of score sheets */
        money_label(c, type, "result_class", row, "class_by_points", &e);
    }
    return e;
}

/* ---- budgets ---- */

static enum err money_estimates(struct db *db, int year, const char *unit, json_t *rows)
{
    struct db_stmt *q = db_stmt(
        db,
        "SELECT id, unit, year, total, coalesce(line_activity, 0) + coalesce(line_allowance, 0) + "
        "coalesce(line_uniform, 0) + coalesce(line_propaganda, 0) + coalesce(line_training, 0) + "
        "coalesce(line_point, 0) + coalesce(line_support, 0) + coalesce(line_other, 0) AS lines, "
        "state, submitted_on, hdnd_approved_on, sent_to_district_on, line_activity, "
        "line_allowance, "
        "line_uniform, line_propaganda, line_training, line_point, line_support, line_other FROM "
        "budget_estimate "
        "WHERE year = ?1 AND (?2 IS NULL OR unit = ?2) ORDER BY unit, id");
    db_bind_int(q, 1, year);
    db_bind_str(q, 2, unit);
    return money_rows(q, rows);
}

static enum err money_allocations(struct db *db, int year, const char *unit, json_t *rows)
{
    struct db_stmt *q = db_stmt(
        db, "SELECT a.id, a.alloc_unit AS unit, a.year, a.model, a.printed, a.amount, "
            "(SELECT sum(l.amount) FROM allocation_line l WHERE l.allocation = a.id) AS lines_sum, "
            "a.estimate, a.decided_no, a.decided_on, a.drawn_on, a.settle_due_on "
            "FROM budget_allocation a WHERE a.year = ?1 AND (?2 IS NULL OR a.alloc_unit = ?2) "
            "ORDER BY a.alloc_unit, a.id");
    db_bind_int(q, 1, year);
    db_bind_str(q, 2, unit);
    return money_rows(q, rows);
}

static enum err money_parts(struct db *db, int year, json_t *lines, json_t *settlements)
{
    struct db_stmt *q = db_stmt(
        db, "SELECT l.id, l.allocation, l.model, l.printed, l.amount FROM allocation_line l "
            "JOIN budget_allocation a ON a.id = l.allocation WHERE a.year = ?1 ORDER BY l.id");
    db_bind_int(q, 1, year);
    enum err e = money_rows(q, lines);
    if (e != ERR_OK) return e;
    q = db_stmt(db,
                "SELECT s.id, s.allocation, s.unit, s.state, s.spent, s.returned, s.submitted_on, "
                "s.approved_on, s.return_reason, coalesce(a.settle_due_on, s.due_on) AS due, "
                "coalesce(s.submitted_on > coalesce(a.settle_due_on, s.due_on), 0) AS late "
                "FROM budget_settlement s JOIN budget_allocation a ON a.id = s.allocation "
                "WHERE a.year = ?1 ORDER BY s.id");
    db_bind_int(q, 1, year);
    return money_rows(q, settlements);
}

/* Hang what belongs to an allocation below it, under `key`. */
static enum err money_hang(json_t *allocations, const json_t *parts, const char *key)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < json_array_size(allocations); i++) {
        json_t *a = json_array_get(allocations, i), *list = json_array();
        for (size_t k = 0; k < json_array_size(parts); k++) {
            json_t *p = json_array_get(parts, k);
            if (strcmp(money_text(p, "allocation"), money_text(a, "id")) == 0)
                money_add(list, json_incref(p), &e);
        }
        money_set(a, key, list, &e);
    }
    return e;
}

enum err money_budgets(struct db *db, const struct catalogue *c, int year, const char *unit,
                       json_t **out)
{
    static const char *const names[][2] = {{"budget_estimate", "state"},
                                           {"budget_allocation", "estimate"},
                                           {"budget_settlement", "return_reason"},
                                           {"allocation_line", "amount"}};
    if (!money_has(c, names, sizeof names / sizeof names[0])) return ERR_NOT_READY;
    json_t *estimates = json_array(), *allocations = json_array();
    json_t *lines = json_array(), *settlements = json_array();
    enum err e = money_estimates(db, year, unit, estimates);
    if (e == ERR_OK) e = money_allocations(db, year, unit, allocations);
    if (e == ERR_OK) e = money_parts(db, year, lines, settlements);
    if (e == ERR_OK) e = money_states(c, "budget_estimate", estimates);
    if (e == ERR_OK) e = money_states(c, "budget_settlement", settlements);
    if (e == ERR_OK) e = money_hang(allocations, lines, "lines");
    if (e == ERR_OK) e = money_hang(allocations, settlements, "settlements");
    if (e == ERR_OK) {
        *out = json_pack("{s:i, s:O, s:O}", "year", year, "estimates", estimates, "allocations",
                         allocations);
        if (*out == NULL) e = ERR_NOMEM;
    }
    json_decref(estimates);
    json_decref(allocations);
    json_decref(lines);
    json_decref(settlements);
    return e;
}

/* ---- scores ---- */

static bool money_scored(const struct catalogue *c)
{
    static const char *const names[][2] = {
        {"score_sheet", "frozen"}, {"score_sheet", "digest"}, {"score_line", "code"}};
    return money_has(c, names, sizeof names / sizeof names[0]);
}

#define MONEY_SHEET                                                                                \
    "SELECT id, unit, year, scheme, version, state, CAST(round(self_total * 100) AS INTEGER) AS "  \
    "self_total_parts, CAST(round(district_total * 100) AS INTEGER) AS district_total_parts, "     \
    "result_class, mode, self_scored_on, appraised_on, published_on, district_note, digest "

enum err money_sheets(struct db *db, const struct catalogue *c, int year, const char *unit,
                      json_t **out)
{
    if (!money_scored(c)) return ERR_NOT_READY;
    json_t *rows = json_array();
    struct db_stmt *q =
        db_stmt(db, MONEY_SHEET "FROM score_sheet WHERE (?1 = 0 OR year = ?1) AND (?2 IS NULL OR "
                                "unit = ?2) ORDER BY year DESC, unit, id");
    db_bind_int(q, 1, year);
    db_bind_str(q, 2, unit);
    enum err e = money_rows(q, rows);
    if (rows == NULL && e == ERR_OK) e = ERR_NOMEM;
    if (e == ERR_OK) e = money_states(c, "score_sheet", rows);
    if (e == ERR_OK)
        *out = rows;
    else
        json_decref(rows);
    return e;
}

static const char *money_line_points(const json_t *line, const char *key)
{
    const char *s = json_string_value(json_object_get(line, key));
    return s;
}

/* Points of a line: the district's, or the commune's own where it gave none. False: nobody did. */
static bool money_effective(const json_t *line, bool district, int32_t *parts)
{
    const char *d = district ? money_line_points(line, "district_score") : NULL;
    const char *s = d != NULL ? d : money_line_points(line, "self_score");
    return s != NULL && catalogue_points_read(s, parts) == ERR_OK;
}

/* A line with what its criterion says, and the district's difference. NULL: no memory. */
static json_t *money_line(const struct catalogue_criterion *k, json_t *line)
{
    int32_t own = 0, theirs = 0;
    enum err e = ERR_OK;
    json_t *j = json_object();
    if (j != NULL && line != NULL && json_object_update(j, line) != 0) e = ERR_NOMEM;
    if (k != NULL) {
        money_set(j, "code", json_string(k->code), &e);
        money_set(j, "most", money_points(k->most), &e);
        money_set(j, "name_vi", json_string(k->name_vi), &e);
        money_set(j, "name_en", json_string(k->name_en), &e);
        money_set(j, "method", json_string(k->method), &e);
        money_set(j, "evidence_wanted", json_string(k->evidence), &e);
        money_set(j, "indicator", json_string(k->indicator), &e);
    }
    bool both = money_line_points(j, "self_score") != NULL &&
                money_line_points(j, "district_score") != NULL && money_effective(j, false, &own) &&
                money_effective(j, true, &theirs);
    if (both) money_set(j, "difference", money_points(theirs - own), &e);
    if (e == ERR_OK) return j;
    json_decref(j);
    return NULL;
}

static json_t *money_find(const json_t *lines, const char *code)
{
    for (size_t i = 0; i < json_array_size(lines); i++)
        if (strcmp(money_text(json_array_get(lines, i), "code"), code) == 0)
            return json_array_get(lines, i);
    return NULL;
}

static void money_sum(const json_t *lines, bool district, json_t *sheet, const char *key,
                      enum err *e)
{
    int64_t sum = 0;
    int32_t parts = 0;
    for (size_t i = 0; i < json_array_size(lines); i++)
        if (money_effective(json_array_get(lines, i), district, &parts)) sum += parts;
    money_set(sheet, key, money_points(sum), e);
}

/* The criteria in their order, then lines that the scheme does not have. */
static enum err money_lines(const struct catalogue_scheme *s, const json_t *lines, json_t *sheet)
{
    json_t *out = json_array();
    enum err e = ERR_OK;
    for (size_t i = 0; s != NULL && i < s->criterion_count; i++)
        money_add(out, money_line(&s->criteria[i], money_find(lines, s->criteria[i].code)), &e);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        if (s == NULL || catalogue_criterion_find(s, money_text(line, "code")) == NULL)
            money_add(out, money_line(NULL, line), &e);
    }
    money_sum(lines, false, sheet, "self_sum", &e);
    money_sum(lines, true, sheet, "district_sum", &e);
    int32_t parts = 0;
    const struct catalogue_band *band = NULL;
    if (s != NULL && catalogue_points_read(money_text(sheet, "district_sum"), &parts) == ERR_OK)
        band = catalogue_band_of(s, parts);
    money_set(sheet, "class_by_points", band != NULL ? json_string(band->name) : json_null(), &e);
    money_set(sheet, "most", s != NULL ? money_points(s->most) : json_null(), &e);
    money_set(sheet, "label_vi", json_string(s != NULL ? s->label_vi : ""), &e);
    money_set(sheet, "label_en", json_string(s != NULL ? s->label_en : ""), &e);
    money_set(sheet, "lines", out, &e);
    return e;
}

enum err money_sheet(struct db *db, const struct catalogue *c, const struct id_record *rid,
                     json_t **out)
{
    if (!money_scored(c)) return ERR_NOT_READY;
    json_t *rows = json_array(), *lines = json_array(), *sheet = NULL;
    struct db_stmt *q = db_stmt(db, MONEY_SHEET ", frozen FROM score_sheet WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = money_rows(q, rows);
    if (e == ERR_OK && json_array_size(rows) == 0) e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        q = db_stmt(db, "SELECT id, code, CAST(round(self_score * 100) AS INTEGER) AS "
                        "self_score_parts, CAST(round(district_score * 100) AS INTEGER) AS "
                        "district_score_parts, reason, evidence, district_note FROM score_line "
                        "WHERE sheet = ?1 ORDER BY code, id");
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        e = money_rows(q, lines);
    }
    if (e == ERR_OK) {
        sheet = json_incref(json_array_get(rows, 0));
        const struct catalogue_scheme *s = catalogue_scheme_find(
            c, money_text(sheet, "scheme"), money_text(sheet, "version"), (struct date){1, 1, 1});
        e = money_lines(s, lines, sheet);
        if (e == ERR_OK) e = money_states(c, "score_sheet", rows); /* the sheet is the one row */
    }
    json_decref(rows);
    json_decref(lines);
    if (e == ERR_OK)
        *out = sheet;
    else
        json_decref(sheet);
    return e;
}

static void money_fact(const char *name, const char *value, struct buf *out)
{
    buf_printf(out, "%s %s\n", name, value);
}

static int64_t money_fact_parts(const json_t *o, const char *key)
{
    int32_t parts = 0;
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL && catalogue_points_read(s, &parts) == ERR_OK ? parts : -1;
}

enum err money_frozen(const json_t *sheet, struct buf *out)
{
    const json_t *lines = json_object_get(sheet, "lines");
    buf_add_str(out, "dongbo score 1\n");
    money_fact("unit", money_text(sheet, "unit"), out);
    buf_printf(out, "year %lld\n", (long long)json_integer_value(json_object_get(sheet, "year")));
    money_fact("scheme", money_text(sheet, "scheme"), out);
    money_fact("version", money_text(sheet, "version"), out);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        int32_t parts = 0;
        bool any = money_effective(l, true, &parts);
        buf_printf(out, "line %lld %lld %lld %s\n", (long long)money_fact_parts(l, "most"),
                   (long long)money_fact_parts(l, "self_score"), any ? (long long)parts : -1LL,
                   money_text(l, "code"));
    }
    buf_printf(out, "total %lld %lld %lld\n", (long long)money_fact_parts(sheet, "most"),
               (long long)money_fact_parts(sheet, "self_sum"),
               (long long)money_fact_parts(sheet, "district_sum"));
    buf_printf(out, "class %s", money_text(sheet, "result_class"));
    if (out->e == ERR_OK && out->len > CATALOGUE_TEXT_BYTES_MAX) return ERR_TOO_LARGE;
    return out->e;
}

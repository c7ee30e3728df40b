/* schemes.csv, criteria.csv, bands.csv: how communes are scored, versions with dates of validity. */
#include "common/catalogue_rules.h"
#include "common/catalogue_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- points ---- */

enum err catalogue_points_read(const char *text, int32_t *parts)
{
    int32_t v = 0;
    int decimals = -1;
    const char *p = text[0] == '-' ? text + 1 : text;
    if (*p < '0' || *p > '9') return ERR_BAD_INPUT;
    for (; *p != '\0'; p++) {
        if (*p == '.' && decimals < 0 && p[1] != '\0') {
            decimals = 0;
            continue;
        }
        if (*p < '0' || *p > '9' || decimals == 2) return ERR_BAD_INPUT;
        v = v * 10 + (*p - '0');
        if (v > CATALOGUE_POINTS_MAX) return ERR_BAD_INPUT;
        if (decimals >= 0) decimals++;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
        v *= 10;
    if (v > CATALOGUE_POINTS_MAX) return ERR_BAD_INPUT;
    *parts = text[0] == '-' ? -v : v;
    return ERR_OK;
}

void catalogue_points_print(int32_t parts, char out[static CATALOGUE_POINTS_ROOM])
{
    int32_t v = parts < 0 ? -parts : parts;
    const char *sign = parts < 0 ? "-" : "";
    int whole = (int)(v / CATALOGUE_POINT_PARTS), rest = (int)(v % CATALOGUE_POINT_PARTS);
    if (rest == 0)
        snprintf(out, CATALOGUE_POINTS_ROOM, "%s%d", sign, whole);
    else if (rest % 10 == 0)
        snprintf(out, CATALOGUE_POINTS_ROOM, "%s%d.%d", sign, whole, rest / 10);
    else
        snprintf(out, CATALOGUE_POINTS_ROOM, "%s%d.%02d", sign, whole, rest);
}

static int32_t points_cell(const struct catalogue_table *t, size_t row, size_t column)
{
    int32_t v = 0;
    if (catalogue_points_read(catalogue_cell(t, row, column), &v) == ERR_OK && v >= 0) return v;
    catalogue_cell_mistake(t, row, column, "Điểm là số từ 0 đến 10000, tối đa hai chữ số lẻ",
                           "Points are 0 to 10000 with at most two decimals");
    return 0;
}

/* ---- schemes ---- */

enum {
    SC_SCHEME,
    SC_VERSION,
    SC_LABEL_VI,
    SC_LABEL_EN,
    SC_MOST,
    SC_FROM,
    SC_TO,
    SC_SOURCE,
    SC_COLUMNS
};

static struct catalogue_scheme *schemes_read(struct catalogue_parser *ps, struct catalogue_table *t)
{
    static const char *const columns[] = {"scheme", "version",    "label_vi", "label_en",
                                          "most",   "valid_from", "valid_to", "source"};
    catalogue_table_read(ps, "schemes.csv", columns, SC_COLUMNS, false, t);
    struct catalogue_scheme *v = catalogue_alloc(ps, t->row_count, sizeof *v);
    if (v == NULL) return NULL;
    for (size_t i = 0; i < t->row_count && catalogue_more(ps); i++) {
        v[i].scheme = catalogue_cell_needed(t, i, SC_SCHEME);
        v[i].version = catalogue_cell_needed(t, i, SC_VERSION);
        v[i].label_vi = catalogue_cell_needed(t, i, SC_LABEL_VI);
        v[i].label_en = catalogue_cell_needed(t, i, SC_LABEL_EN);
        v[i].most = points_cell(t, i, SC_MOST);
        catalogue_cell_validity(t, i, SC_FROM, &v[i].valid_from, &v[i].valid_to);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(v[j].scheme, v[i].scheme) != 0) continue;
            if (strcmp(v[j].version, v[i].version) == 0)
                catalogue_cell_mistake(t, i, SC_VERSION, "Phiên bản này đã ghi ở dòng khác",
                                       "The version stands in another row already");
            else if (catalogue_days_overlap(v[j].valid_from, v[j].valid_to, v[i].valid_from,
                                            v[i].valid_to))
                catalogue_cell_mistake(t, i, SC_FROM, "Trùng ngày hiệu lực với phiên bản khác",
                                       "Its days overlap those of another version");
        }
        ps->c->scheme_count = i + 1;
    }
    ps->c->schemes = v;
    return v;
}

/* The scheme of a row of criteria or bands; `count` when there is none, with a mistake. */
static size_t scheme_of(const struct catalogue_table *t, size_t row)
{
    const struct catalogue *c = t->ps->c;
    for (size_t i = 0; i < c->scheme_count; i++)
        if (strcmp(c->schemes[i].scheme, catalogue_cell(t, row, SC_SCHEME)) == 0 &&
            strcmp(c->schemes[i].version, catalogue_cell(t, row, SC_VERSION)) == 0)
            return i;
    catalogue_cell_unknown(t, row, SC_SCHEME, "schemes.csv",
                           "schemes.csv không có bộ tiêu chí, phiên bản này",
                           "schemes.csv has no such scheme and version");
    return c->scheme_count;
}

/* ---- criteria ---- */

enum {
    CR_SCHEME,
    CR_VERSION,
    CR_CODE,
    CR_MOST,
    CR_NAME_VI,
    CR_NAME_EN,
    CR_METHOD,
    CR_EVIDENCE,
    CR_INDICATOR,
    CR_SOURCE,
    CR_COLUMNS
};

static void criterion_read(const struct catalogue_table *t, size_t row,
                           struct catalogue_criterion *k)
{
    k->code = catalogue_cell_needed(t, row, CR_CODE);
    k->most = points_cell(t, row, CR_MOST);
    k->name_vi = catalogue_cell_needed(t, row, CR_NAME_VI);
    k->name_en = catalogue_cell_needed(t, row, CR_NAME_EN);
    k->method = catalogue_cell(t, row, CR_METHOD);
    k->evidence = catalogue_cell(t, row, CR_EVIDENCE);
    k->indicator = catalogue_cell(t, row, CR_INDICATOR);
    if (k->indicator[0] != '\0' && catalogue_indicator(t->ps->c, k->indicator) == NULL)
        catalogue_cell_unknown(t, row, CR_INDICATOR, "indicators.csv",
                               "indicators.csv không có chỉ tiêu này",
                               "indicators.csv has no such indicator");
}

/* Rows of one scheme must stand together: it owns a run of them. False: they do not. */
static bool run_add(const struct catalogue_table *t, size_t row, size_t *count, bool first_of_run)
{
    if (*count == 0 || !first_of_run) {
        (*count)++;
        return true;
    }
    catalogue_cell_mistake(t, row, SC_SCHEME, "Các dòng của một bộ tiêu chí phải đứng liền nhau",
                           "The rows of a scheme must stand together");
    return false;
}

static void criteria_read(struct catalogue_parser *ps, struct catalogue_scheme *schemes)
{
    static const char *const columns[] = {"scheme",  "version", "code",     "most",      "name_vi",
                                          "name_en", "method",  "evidence", "indicator", "source"};
    struct catalogue_table t;
    catalogue_table_read(ps, "criteria.csv", columns, CR_COLUMNS, false, &t);
    struct catalogue_criterion *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    size_t last = ps->c->scheme_count;
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        size_t at = scheme_of(&t, i);
        criterion_read(&t, i, &v[i]);
        if (at == ps->c->scheme_count) continue;
        struct catalogue_scheme *s = &schemes[at];
        if (s->criterion_count > 0 && catalogue_criterion_find(s, v[i].code) != NULL)
            catalogue_cell_mistake(&t, i, CR_CODE, "Mã tiêu chí bị trùng",
                                   "The code is used twice");
        if (s->criterion_count == 0) s->criteria = &v[i];
        if (!run_add(&t, i, &s->criterion_count, at != last)) continue;
        last = at;
    }
}

/* ---- bands ---- */

enum { BA_SCHEME, BA_VERSION, BA_CLASS, BA_LEAST, BA_BELOW, BA_COLUMNS };

static void bands_read(struct catalogue_parser *ps, struct catalogue_scheme *schemes)
{
    static const char *const columns[] = {"scheme", "version", "class", "least", "below"};
    struct catalogue_table t;
    catalogue_table_read(ps, "bands.csv", columns, BA_COLUMNS, false, &t);
    struct catalogue_band *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    size_t last = ps->c->scheme_count;
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        size_t at = scheme_of(&t, i);
        if (at == ps->c->scheme_count) continue;
        struct catalogue_scheme *s = &schemes[at];
        bool open = catalogue_cell(&t, i, BA_BELOW)[0] == '\0';
        v[i].name = catalogue_cell_needed(&t, i, BA_CLASS);
        v[i].least = points_cell(&t, i, BA_LEAST);
        v[i].below = open ? s->most + 1 : points_cell(&t, i, BA_BELOW);
        if (!catalogue_choice_known(ps->c, "score_class", v[i].name))
            catalogue_cell_unknown(&t, i, BA_CLASS, "choices.csv",
                                   "choices.csv: score_class không có giá trị này",
                                   "choices.csv: score_class has no such value");
        if (s->band_count == 0) s->bands = &v[i];
        if (!run_add(&t, i, &s->band_count, at != last)) continue;
        int32_t from = s->band_count == 1 ? 0 : s->bands[s->band_count - 2].below;
        if (v[i].least != from)
            catalogue_cell_mistake(&t, i, BA_LEAST,
                                   "Mức này phải bắt đầu ở chỗ mức trước kết thúc (đầu tiên: 0)",
                                   "A band begins where the one before ends (the first: 0)");
        if (v[i].below <= v[i].least)
            catalogue_cell_mistake(&t, i, BA_BELOW, "Mức này không có điểm nào",
                                   "The band is empty");
        last = at;
    }
}

/* ---- a whole scheme ---- */

static void scheme_check(const struct catalogue_table *t, size_t row,
                         const struct catalogue_scheme *s)
{
    int64_t sum = 0;
    for (size_t i = 0; i < s->criterion_count; i++)
        sum += s->criteria[i].most;
    if (sum != s->most) {
        char text[CATALOGUE_POINTS_ROOM];
        catalogue_points_print(sum <= CATALOGUE_POINTS_MAX ? (int32_t)sum : CATALOGUE_POINTS_MAX,
                               text);
        catalogue_mistake(t->ps, (struct catalogue_place){t->file, t->rows[row], "most"},
                          "Điểm tối đa khác tổng điểm các tiêu chí, là",
                          "The most differs from the sum of its criteria, which is", text);
    }
    if (s->band_count > 0 && s->bands[s->band_count - 1].below != s->most + 1)
        catalogue_cell_mistake(t, row, SC_MOST,
                               "Mức cao nhất trong bands.csv phải để trống cột below",
                               "The highest band in bands.csv must leave the column below empty");
}

void catalogue_parse_scores(struct catalogue_parser *ps)
{
    struct catalogue_table t;
    struct catalogue_scheme *schemes = schemes_read(ps, &t);
    if (schemes == NULL) return;
    criteria_read(ps, schemes);
    if (!ps->nomem) bands_read(ps, schemes);
    if (ps->nomem || !catalogue_more(ps)) return;
    for (size_t i = 0; i < ps->c->scheme_count; i++)
        scheme_check(&t, i, &schemes[i]);
}

/* ---- look-ups ---- */

const struct catalogue_scheme *catalogue_schemes(const struct catalogue *c, size_t *count)
{
    *count = c->scheme_count;
    return c->schemes;
}

const struct catalogue_scheme *catalogue_scheme_find(const struct catalogue *c, const char *scheme,
                                                     const char *version, struct date on)
{
    for (size_t i = 0; i < c->scheme_count; i++) {
        const struct catalogue_scheme *s = &c->schemes[i];
        if (strcmp(s->scheme, scheme) != 0) continue;
        if (version != NULL
                ? strcmp(s->version, version) == 0
                : date_compare(s->valid_from, on) <= 0 && date_compare(on, s->valid_to) <= 0)
            return s;
    }
    return NULL;
}

const struct catalogue_criterion *catalogue_criterion_find(const struct catalogue_scheme *s,
                                                           const char *code)
{
    for (size_t i = 0; i < s->criterion_count; i++)
        if (strcmp(s->criteria[i].code, code) == 0) return &s->criteria[i];
    return NULL;
}

const struct catalogue_band *catalogue_band_of(const struct catalogue_scheme *s, int32_t parts)
{
    for (size_t i = 0; i < s->band_count; i++)
        if (parts >= s->bands[i].least && parts < s->bands[i].below) return &s->bands[i];
    return NULL;
}

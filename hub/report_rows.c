/* Rows and cells of a report's lines. */
#include "hub/report_priv.h"

#include <stdio.h>
#include <stdlib.h>

size_t hub_report_columns(const struct hub_report *r)
{
    return r->unit_count + (r->has_total ? 1 : 0);
}

/* ---- values of a breakdown ---- */

/* Which of the columns by1..by3 a breakdown list is: its place in "a|b|c". -1: none. */
static int rows_by(const struct catalogue_indicator *indicator, const char *by)
{
    size_t len = strlen(by);
    const char *p = indicator->by;
    for (int i = 0; len > 0 && i < HUB_FIGURES_BY_MAX; i++) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, by, n) == 0) return i;
        if (p[n] == '\0') break;
        p += n + 1;
    }
    return -1;
}

struct rows_value {
    const char *text;
    uint32_t number; /* of the text in the figures */
    size_t rank;     /* place in the catalogue's list; unknown ones behind, "" last */
    const char *label_vi;
    const char *label_en;
};

static void rows_label(const struct catalogue *c, const char *list, struct rows_value *v)
{
    size_t count = 0;
    const struct catalogue_choice *choices = catalogue_choices(c, &count);
    v->rank = count;
    v->label_vi = v->text;
    v->label_en = v->text;
    if (v->text[0] == '\0') {
        v->rank = count + 1;
        v->label_vi = "Không ghi";
        v->label_en = "Not stated";
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choices[i].list, list) != 0 || strcmp(choices[i].value, v->text) != 0) continue;
        v->rank = i;
        v->label_vi = choices[i].label_vi;
        v->label_en = choices[i].label_en;
    }
}

static int rows_value_compare(const void *a, const void *b)
{
    const struct rows_value *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* The distinct values of the breakdown, with their texts copied behind line->texts. */
static enum err rows_values(const struct hub_report *r, struct hub_report_line *line,
                            struct rows_value **out, size_t *count)
{
    const struct hub_figures_table *t = &line->split;
    size_t room = t->count;
    *count = 0;
    *out = calloc(room + 1, sizeof **out);
    line->texts = calloc(room + 1, HUB_FIGURES_TEXT_BYTES_MAX + 1);
    if (*out == NULL || line->texts == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < t->count; i++) {
        /* With all communes together every value stands once. */
        if (t->v[i].unit != HUB_FIGURES_ALL) continue;
        if (*count == HUB_REPORT_VALUES_MAX) return ERR_TOO_LARGE;
        struct bytes b = hub_figures_text(line->figures, t->v[i].value);
        char *text = line->texts + *count * (HUB_FIGURES_TEXT_BYTES_MAX + 1);
        if (b.len > 0) memcpy(text, b.p, b.len);
        struct rows_value *v = &(*out)[(*count)++];
        v->text = text;
        v->number = t->v[i].value;
        rows_label(r->catalogue, line->by, v);
    }
    qsort(*out, *count, sizeof **out, rows_value_compare);
    return ERR_OK;
}

/* ---- cells ---- */

static void rows_cell(const struct hub_report *r, const struct hub_report_line *line,
                      const struct hub_figures_table *t, size_t column, uint32_t value,
                      struct hub_report_cell *cell)
{
    uint32_t unit = HUB_FIGURES_ALL;
    bool known = column == r->unit_count ||
                 hub_figures_number(line->figures, bytes_str(r->units[column].code), &unit);
    *cell = (struct hub_report_cell){
        .absent = column < r->unit_count && r->units[column].sent == HUB_SENT_NOTHING,
        .figure = known ? hub_figures_find(t, unit, value) : NULL,
    };
    if (cell->figure != NULL) {
        cell->num = cell->figure->num;
        cell->den = cell->figure->den;
        cell->absent = false;
    }
    cell->null = hub_figures_is_ratio(line->indicator->measure) && cell->den <= 0;
}

static enum err rows_fill(const struct hub_report *r, const struct hub_report_line *line,
                          const struct hub_figures_table *t, uint32_t value,
                          struct hub_report_row *row)
{
    size_t n = hub_report_columns(r);
    row->cells = calloc(n ? n : 1, sizeof *row->cells);
    if (row->cells == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        rows_cell(r, line, t, i, value, &row->cells[i]);
    return ERR_OK;
}

static enum err rows_split(struct hub_report *r, struct hub_report_line *line,
                           const struct rows_value *values, size_t count)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct hub_report_row *row = &line->rows[line->row_count];
        row->value = values[i].text;
        row->label_vi = values[i].label_vi;
        row->label_en = values[i].label_en;
        e = rows_fill(r, line, &line->split, values[i].number, row);
        if (e == ERR_OK) line->row_count++;
    }
    return e;
}

enum err hub_report_rows(struct hub_report *r, struct hub_report_line *line)
{
    struct rows_value *values = NULL;
    size_t count = 0;
    int by = rows_by(line->indicator, line->by);
    enum err e = hub_figures_tabulate(line->figures, -1, &line->total);
    if (e == ERR_OK && by >= 0) {
        e = hub_figures_tabulate(line->figures, by, &line->split);
        if (e == ERR_OK) e = rows_values(r, line, &values, &count);
    }
    if (e != ERR_OK) goto out;
    e = ERR_NOMEM;
    line->rows = calloc(count + 1, sizeof *line->rows);
    if (line->rows == NULL) goto out;
    line->rows[0] = (struct hub_report_row){
        .value = "", .label_vi = line->label_vi, .label_en = line->label_en};
    e = rows_fill(r, line, &line->total, HUB_FIGURES_ALL, &line->rows[0]);
    if (e == ERR_OK) line->row_count = 1;
    if (e == ERR_OK) e = rows_split(r, line, values, count);
out:
    free(values);
    return e;
}

/* ---- reading ---- */

void hub_report_value(const struct hub_report_line *line, const struct hub_report_cell *cell,
                      char out[static HUB_REPORT_VALUE_ROOM])
{
    out[0] = '\0';
    if (cell->absent || cell->null || cell->hide != HUB_HIDE_NO) return;
    if (!hub_figures_is_ratio(line->indicator->measure)) {
        snprintf(out, HUB_REPORT_VALUE_ROOM, "%lld", (long long)cell->num);
        return;
    }
    __extension__ __int128 num = cell->num, den = cell->den;
    bool minus = num < 0;
    num = ((minus ? -num : num) * 2000 + den) / (2 * den); /* tenths, halves away from zero */
    if (num > INT64_MAX) num = INT64_MAX;
    int64_t tenths = (int64_t)num;
    snprintf(out, HUB_REPORT_VALUE_ROOM, "%s%lld.%lld", minus && tenths > 0 ? "-" : "",
             (long long)(tenths / 10), (long long)(tenths % 10));
}

enum err hub_report_inputs(const struct hub_report_line *line, const struct hub_report_cell *cell,
                           hub_report_input_fn *fn, void *ctx)
{
    enum err e = ERR_OK;
    struct bytes parts = cell->figure != NULL ? cell->figure->parts : (struct bytes){NULL, 0};
    for (size_t i = 0; e == ERR_OK && cell->figure != NULL && i < cell->figure->record_count; i++) {
        struct hub_figures_part part;
        e = figures_part_read(&parts, &part);
        if (e == ERR_OK)
            e = fn(ctx, hub_figures_text(line->figures, cell->figure->records[i]), &part);
    }
    return e;
}

enum err hub_report_column(const struct hub_report *r, const char *unit, size_t *column)
{
    for (size_t i = 0; i < r->unit_count; i++) {
        if (strcmp(r->units[i].code, unit) != 0) continue;
        *column = i;
        return ERR_OK;
    }
    if (!r->has_total || strcmp(r->unit, unit) != 0) return ERR_NOT_FOUND;
    *column = r->unit_count;
    return ERR_OK;
}

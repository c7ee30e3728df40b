/* The lines of a consolidated report. */
#include "hub/consolidate_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUM_MARK_VI " (chưa loại trùng giữa các đơn vị)"
#define SUM_MARK_EN " (persons known to several units count in each)"

/* ---- adding up ---- */

/* A source without the row has nobody in it: zero, which is no figure only where it sent nothing. */
static enum err sum_cells(const struct hub_report *r, const struct consolidate_source *sources,
                          const struct hub_report_line *line, struct hub_report_row *row,
                          bool total)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure), absent = true;
    struct hub_report_cell *all;
    row->cells = calloc(r->unit_count + 1, sizeof *row->cells);
    if (row->cells == NULL) return ERR_NOMEM;
    all = &row->cells[r->unit_count];
    for (size_t i = 0; i < r->unit_count; i++) {
        struct hub_report_cell *c = &row->cells[i];
        const json_t *from =
            hub_canonical_find_line(sources[i].figures, line->no, line->indicator->id, line->by);
        const json_t *cell = hub_canonical_find_cell(
            hub_canonical_find_row(from, total, row->value), sources[i].unit);
        if (cell != NULL)
            hub_canonical_read_cell(cell, ratio, c);
        else
            c->null = ratio;
        absent = absent && c->absent;
        if (c->hide != HUB_HIDE_NO) all->hide = ratio ? HUB_HIDE_RATE : HUB_HIDE_SECOND;
        if (__builtin_add_overflow(all->num, c->num, &all->num) ||
            __builtin_add_overflow(all->den, c->den, &all->den))
            return ERR_TOO_LARGE;
    }
    all->absent = absent;
    all->null = ratio && all->hide == HUB_HIDE_NO && all->den <= 0;
    return ERR_OK;
}

static size_t sum_rank(const struct catalogue *c, const char *list, const char *value)
{
    size_t count = 0;
    const struct catalogue_choice *choices = catalogue_choices(c, &count);
    if (value[0] == '\0') return count + 1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choices[i].list, list) == 0 && strcmp(choices[i].value, value) == 0) return i;
    }
    return count;
}

/* Is the row's value before another's in print? */
static bool sum_before(const struct hub_report *r, const struct hub_report_line *line,
                       const char *a, const char *b)
{
    size_t x = sum_rank(r->catalogue, line->by, a), y = sum_rank(r->catalogue, line->by, b);
    return x != y ? x < y : strcmp(a, b) < 0;
}

static enum err sum_value(struct hub_report *r, struct hub_report_line *line, const json_t *row)
{
    const char *value = hub_canonical_str(row, "value");
    size_t at = 1;
    for (; at < line->row_count; at++) {
        if (strcmp(line->rows[at].value, value) == 0) return ERR_OK;
        if (sum_before(r, line, value, line->rows[at].value)) break;
    }
    if (line->row_count == HUB_REPORT_VALUES_MAX + 1) return ERR_TOO_LARGE;
    memmove(&line->rows[at + 1], &line->rows[at], (line->row_count - at) * sizeof *line->rows);
    line->rows[at] = (struct hub_report_row){.value = value,
                                             .label_vi = hub_canonical_str(row, "label_vi"),
                                             .label_en = hub_canonical_str(row, "label_en")};
    line->row_count++;
    return ERR_OK;
}

static enum err sum_rows(struct hub_report *r, const struct consolidate_source *sources,
                         struct hub_report_line *line)
{
    enum err e = ERR_OK;
    line->rows = calloc(HUB_REPORT_VALUES_MAX + 2, sizeof *line->rows);
    if (line->rows == NULL) return ERR_NOMEM;
    line->rows[0] = (struct hub_report_row){
        .value = "", .label_vi = line->label_vi, .label_en = line->label_en};
    line->row_count = 1;
    for (size_t i = 0; i < r->unit_count; i++) {
        const json_t *from =
            hub_canonical_find_line(sources[i].figures, line->no, line->indicator->id, line->by);
        const json_t *rows = json_object_get(from, "rows");
        if (from == NULL) return ERR_BAD_FORMAT;
        line->left_out += (uint64_t)json_integer_value(json_object_get(from, "left_out"));
        for (size_t k = 0; e == ERR_OK && k < json_array_size(rows); k++) {
            const json_t *row = json_array_get(rows, k);
            if (!json_is_true(json_object_get(row, "total"))) e = sum_value(r, line, row);
        }
    }
    for (size_t i = 0; e == ERR_OK && i < line->row_count; i++)
        e = sum_cells(r, sources, line, &line->rows[i], i == 0);
    return e;
}

/* A line over persons says so wherever its label is printed. */
static enum err sum_label(struct hub_report_line *line)
{
    size_t n = strlen(line->label_vi) + sizeof SUM_MARK_VI;
    size_t m = strlen(line->label_en) + sizeof SUM_MARK_EN;
    line->summed = line->indicator->persons;
    if (!line->summed) return ERR_OK;
    line->texts = malloc(n + m);
    if (line->texts == NULL) return ERR_NOMEM;
    snprintf(line->texts, n, "%s" SUM_MARK_VI, line->label_vi);
    snprintf(line->texts + n, m, "%s" SUM_MARK_EN, line->label_en);
    line->label_vi = line->texts;
    line->label_en = line->texts + n;
    return ERR_OK;
}

/* ---- targets ---- */

static size_t sum_line_of(const struct hub_report *r, const json_t *target)
{
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *l = &r->lines[i];
        if ((json_int_t)l->no == json_integer_value(json_object_get(target, "line")) &&
            strcmp(l->indicator->id, hub_canonical_str(target, "indicator")) == 0)
            return i;
    }
    return r->line_count;
}

static enum err sum_target(struct hub_report *r, const json_t *from, size_t unit)
{
    struct hub_report_target t = {.line = sum_line_of(r, from), .unit = unit};
    struct hub_target_row *row = &t.row;
    if (t.line == r->line_count ||
        id_unhex(hub_canonical_str(from, "record"), row->rid.b, sizeof row->rid.b) != ERR_OK)
        return ERR_BAD_FORMAT;
    if (r->target_count == HUB_REPORT_TARGETS_MAX) return ERR_TOO_LARGE;
    snprintf(row->indicator, sizeof row->indicator, "%s", hub_canonical_str(from, "indicator"));
    snprintf(row->unit, sizeof row->unit, "%s", hub_canonical_str(from, "unit"));
    snprintf(row->op, sizeof row->op, "%s", hub_canonical_str(from, "op"));
    snprintf(row->value, sizeof row->value, "%s", hub_canonical_str(from, "value"));
    snprintf(row->value_hi, sizeof row->value_hi, "%s", hub_canonical_str(from, "value_hi"));
    snprintf(row->base_value, sizeof row->base_value, "%s", hub_canonical_str(from, "base_value"));
    snprintf(row->per, sizeof row->per, "%s", hub_canonical_str(from, "per"));
    t.met = hub_canonical_read_met(hub_canonical_str(from, "status"));
    t.in = (size_t)json_integer_value(json_object_get(from, "units_sent"));
    t.of = (size_t)json_integer_value(json_object_get(from, "units_of"));
    struct hub_report_target *more =
        realloc(r->targets, (r->target_count + 1) * sizeof *r->targets);
    if (more == NULL) return ERR_NOMEM;
    r->targets = more;
    r->targets[r->target_count++] = t;
    return ERR_OK;
}

/* What each hub set for all its units together stands beside its own figure, judged as there. */
static enum err sum_targets(struct hub_report *r, const struct consolidate_source *source,
                            size_t unit)
{
    const json_t *list = json_object_get(source->figures, "targets");
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        if (strcmp(hub_canonical_str(t, "unit"), source->unit) == 0) e = sum_target(r, t, unit);
    }
    return e;
}

static int sum_target_order(const void *a, const void *b)
{
    const struct hub_report_target *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return memcmp(x->row.rid.b, y->row.rid.b, sizeof x->row.rid.b);
}

/* ---- who had not submitted ---- */

/* Source by source, as each district's issue names them. */
static enum err sum_missing(struct hub_report *r, const struct consolidate_source *sources,
                            size_t count)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += json_array_size(json_object_get(sources[i].figures, "missing"));
    r->missing = calloc(room + 1, sizeof *r->missing);
    if (r->missing == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const json_t *list = json_object_get(sources[i].figures, "missing");
        for (size_t k = 0; k < json_array_size(list); k++) {
            const char *code = json_string_value(json_array_get(list, k));
            if (code == NULL || code[0] == '\0' || strlen(code) > ADMIN_UNIT_BYTES_MAX)
                return ERR_BAD_FORMAT;
            snprintf(r->missing[r->missing_count++], sizeof *r->missing, "%s", code);
        }
        r->sources[i].missing = json_array_size(list);
    }
    return ERR_OK;
}

enum err consolidate_sum(struct hub_report *r, const struct consolidate_source *sources,
                         size_t count)
{
    size_t line_count = 0;
    const struct catalogue_line *lines = catalogue_lines(r->catalogue, r->form->id, &line_count);
    r->units = calloc(count, sizeof *r->units);
    r->sources = calloc(count, sizeof *r->sources);
    r->lines = calloc(line_count + 1, sizeof *r->lines);
    if (r->units == NULL || r->sources == NULL || r->lines == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const json_t *f = sources[i].figures;
        r->units[r->unit_count++] = (struct hub_report_unit){
            sources[i].unit, hub_canonical_str(f, "unit_name"), HUB_SENT_YES};
        r->sources[r->source_count++] = (struct hub_report_source){
            .unit = sources[i].unit,
            .hub = hub_canonical_str(f, "hub"),
            .figures = hub_canonical_str(sources[i].manifest, "figures"),
            .number = (uint32_t)json_integer_value(json_object_get(sources[i].manifest, "issue")),
        };
    }
    enum err e = sum_missing(r, sources, count);
    for (size_t i = 0; e == ERR_OK && i < line_count; i++) {
        struct hub_report_line *line = &r->lines[r->line_count++];
        line->no = lines[i].no;
        line->indicator = catalogue_indicator(r->catalogue, lines[i].indicator);
        line->by = lines[i].by;
        bool own = lines[i].label_vi[0] != '\0';
        line->label_vi = own ? lines[i].label_vi : line->indicator->label_vi;
        line->label_en = own ? lines[i].label_en : line->indicator->label_en;
        e = sum_label(line);
        if (e == ERR_OK) e = sum_rows(r, sources, line);
    }
    for (size_t i = 0; e == ERR_OK && i < r->unit_count; i++)
        e = sum_targets(r, &sources[i], i);
    if (e == ERR_OK && r->target_count > 1)
        qsort(r->targets, r->target_count, sizeof *r->targets, sum_target_order);
    return e;
}

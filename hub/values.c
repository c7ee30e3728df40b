#include "hub/values.h"

#include <stdio.h>

/* Does an earlier line give the same element? `by` NULL: its totals. */
static bool values_earlier(const struct hub_report *r, size_t line, bool total)
{
    for (size_t i = 0; i < line; i++) {
        if (r->lines[i].indicator != r->lines[line].indicator) continue;
        if (total || strcmp(r->lines[i].by, r->lines[line].by) == 0) return true;
    }
    return false;
}

static void values_upper(const char *name, char out[static CATALOGUE_NAME_BYTES_MAX + 1])
{
    size_t n = 0;
    for (; name[n] != '\0' && n < CATALOGUE_NAME_BYTES_MAX; n++)
        out[n] = name[n] >= 'a' && name[n] <= 'z' ? (char)(name[n] - 'a' + 'A') : name[n];
    out[n] = '\0';
}

static bool values_missing(const struct hub_report_cell *cell)
{
    return cell->absent || cell->hide != HUB_HIDE_NO;
}

struct values_place {
    const struct hub_report_line *line;
    char by[CATALOGUE_NAME_BYTES_MAX + 1];
    const char *option;
    hub_value_fn *fn;
    void *ctx;
};

static void values_cell(const struct values_place *p, const struct hub_report_cell *cell)
{
    char code[HUB_VALUES_CODE_ROOM];
    struct hub_value v = {.element = code, .by = p->by, .option = p->option};
    const char *id = p->line->indicator->id, *join = p->by[0] != '\0' ? "_" : "";
    bool ratio = hub_figures_is_ratio(p->line->indicator->measure);
    if (values_missing(cell)) return;
    snprintf(code, sizeof code, "%s%s%s%s", id, join, p->by, ratio ? "_NUM" : "");
    v.number = cell->num;
    p->fn(p->ctx, &v);
    if (!ratio) return;
    snprintf(code, sizeof code, "%s%s%s_DEN", id, join, p->by);
    v.number = cell->den;
    p->fn(p->ctx, &v);
}

void hub_values_of(const struct hub_report *r, size_t column, hub_value_fn *fn, void *ctx)
{
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        struct values_place p = {.line = line, .option = "", .fn = fn, .ctx = ctx};
        if (!values_earlier(r, i, true)) values_cell(&p, &line->rows[0].cells[column]);
        if (line->by[0] == '\0' || values_earlier(r, i, false)) continue;
        values_upper(line->by, p.by);
        for (size_t k = 1; k < line->row_count; k++) {
            const char *value = line->rows[k].value;
            if (value[0] != '\0' && !catalogue_choice_known(r->catalogue, line->by, value))
                continue;
            p.option = value[0] != '\0' ? value : "_";
            values_cell(&p, &line->rows[k].cells[column]);
        }
    }
}

static void values_one(void *ctx, const struct hub_value *v)
{
    size_t *n = ctx;
    (void)v;
    ++*n;
}

size_t hub_values_count(const struct hub_report *r)
{
    size_t n = 0;
    for (size_t c = 0; c < hub_report_columns(r); c++)
        hub_values_of(r, c, values_one, &n);
    return n;
}

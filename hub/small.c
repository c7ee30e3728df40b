#include "hub/small.h"

const char *hub_small_text(const struct hub_report_cell *cell)
{
    switch (cell->hide) {
    case HUB_HIDE_NO: return NULL;
    case HUB_HIDE_SMALL: return "<5";
    case HUB_HIDE_SECOND: return "*";
    case HUB_HIDE_RATE: return "–*";
    }
    return NULL;
}

unsigned hub_small_class(void *ctx, const struct catalogue_indicator *indicator)
{
    (void)ctx;
    (void)indicator;
    return 0;
}

static bool small_number(int64_t n)
{
    return n > 0 && n < HUB_SMALL_LEAST;
}

static bool small_open(const struct hub_report_cell *cell)
{
    return !cell->absent && !cell->null && cell->hide == HUB_HIDE_NO;
}

/* Cells that are small in themselves. */
static void small_first(const struct hub_report *r, struct hub_report_line *line, bool ratio)
{
    for (size_t i = 0; i < line->row_count; i++) {
        for (size_t c = 0; c < hub_report_columns(r); c++) {
            struct hub_report_cell *cell = &line->rows[i].cells[c];
            if (!small_open(cell)) continue;
            if (!ratio) {
                if (small_number(cell->num)) cell->hide = HUB_HIDE_SMALL;
            } else if (small_number(cell->num) || small_number(cell->den) ||
                       small_number(cell->den - cell->num)) {
                cell->hide = HUB_HIDE_RATE;
            }
        }
    }
}

/* A total and its parts: cell 0 is the total. */
struct small_group {
    struct hub_report_line *line;
    bool across; /* parts are units in row `at`; else values of the breakdown in column `at` */
    size_t at;
    size_t total; /* index of the total among the cells */
    size_t count; /* cells with the total */
};

static struct hub_report_cell *small_cell(const struct small_group *g, size_t i)
{
    return g->across ? &g->line->rows[g->at].cells[i] : &g->line->rows[i].cells[g->at];
}

/* Better to hide: a number rather than zero, and a small number rather than a large one. */
static bool small_better(const struct hub_report_cell *a, const struct hub_report_cell *b)
{
    if ((a->num == 0) != (b->num == 0)) return a->num != 0;
    return a->num < b->num;
}

/* Hide a second cell of the group if it needs one. True: something was hidden. */
static bool small_second(const struct small_group *g, bool ratio)
{
    struct hub_report_cell *total = small_cell(g, g->total), *best = NULL;
    size_t hidden = 0;
    if (!small_open(total)) return false;
    for (size_t i = 0; i < g->count; i++) {
        struct hub_report_cell *cell = small_cell(g, i);
        if (i == g->total) continue;
        hidden += cell->hide != HUB_HIDE_NO;
        if (small_open(cell) && (best == NULL || small_better(cell, best))) best = cell;
    }
    if (hidden != 1) return false;
    if (best == NULL) best = total;
    best->hide = ratio ? HUB_HIDE_RATE : HUB_HIDE_SECOND;
    return true;
}

static bool small_round(const struct hub_report *r, struct hub_report_line *line, bool ratio)
{
    size_t columns = hub_report_columns(r);
    bool changed = false;
    for (size_t i = 0; r->has_total && i < line->row_count; i++) {
        struct small_group g = {line, true, i, columns - 1, columns};
        changed = small_second(&g, ratio) || changed;
    }
    for (size_t c = 0; line->row_count > 1 && c < columns; c++) {
        struct small_group g = {line, false, c, 0, line->row_count};
        changed = small_second(&g, ratio) || changed;
    }
    return changed;
}

void hub_small_apply(struct hub_report *r, hub_small_class_fn *class_of, void *ctx)
{
    for (size_t i = 0; i < r->line_count; i++) {
        struct hub_report_line *line = &r->lines[i];
        bool ratio = hub_figures_is_ratio(line->indicator->measure);
        if (class_of(ctx, line->indicator) < HUB_SMALL_CLASS) continue;
        small_first(r, line, ratio);
        while (small_round(r, line, ratio)) {
        } /* each round hides one more cell at least */
    }
}

/* Small cells where the period has an issue already. */
#include "hub/small.h"

#include "hub/canonical.h"
#include "hub/canonical_read.h"

/* Where the earlier paper has a line's total, and where the parts of its breakdown. NULL: nowhere. */
struct again_old {
    const json_t *total, *parts;
};

/* By what a cell is of. Issues that do not name the one beside them were made by the line's number. */
static struct again_old again_old(const struct hub_report *r, const struct hub_report_line *line,
                                  const json_t *before)
{
    if (r->beside == 0) {
        const json_t *l = hub_canonical_find_line(before, line->no, line->indicator->id, NULL);
        if (json_integer_value(json_object_get(l, "no")) != (json_int_t)line->no) l = NULL;
        return (struct again_old){l, l};
    }
    return (struct again_old){hub_canonical_find_like(before, line, true),
                              hub_canonical_find_like(before, line, false)};
}

/* The figure of the earlier paper; a row or unit that it has not counted nothing. */
static struct hub_report_cell again_was(const json_t *row, const char *unit, bool ratio)
{
    struct hub_report_cell was = {.null = ratio};
    const json_t *cell = hub_canonical_find_cell(row, unit);
    if (cell != NULL) hub_canonical_read_cell(cell, ratio, &was);
    return was;
}

static bool again_hides_now(const struct hub_report *r, const struct hub_report_line *line)
{
    for (size_t i = 0; i < line->row_count; i++) {
        for (size_t c = 0; c < hub_report_columns(r); c++)
            if (line->rows[i].cells[c].hide != HUB_HIDE_NO) return true;
    }
    return false;
}

static bool again_hid(const json_t *line, bool ratio)
{
    const json_t *rows = json_object_get(line, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *cells = json_object_get(json_array_get(rows, i), "cells");
        for (size_t c = 0; c < json_array_size(cells); c++) {
            struct hub_report_cell was;
            hub_canonical_read_cell(json_array_get(cells, c), ratio, &was);
            if (was.hide != HUB_HIDE_NO) return true;
        }
    }
    return false;
}

/* Does the paper say of this cell what the earlier one said? */
static bool again_same(const struct hub_report_cell *cell, const struct hub_report_cell *was,
                       bool ratio)
{
    if (cell->absent || was->absent) return cell->absent == was->absent;
    if (cell->hide != HUB_HIDE_NO || was->hide != HUB_HIDE_NO) return cell->hide == was->hide;
    return cell->num == was->num && (!ratio || cell->den == was->den);
}

/* Hide what the earlier paper hid and what differs from it; no mark says how small. True: that changed
 * something. */
static bool again_hide(struct hub_report_cell *cell, const struct hub_report_cell *was, bool ratio)
{
    enum hub_hide mark = ratio ? HUB_HIDE_RATE : HUB_HIDE_SECOND;
    bool open = cell->hide == HUB_HIDE_NO && was->hide == HUB_HIDE_NO;
    if (cell->absent || cell->hide == mark || (open && again_same(cell, was, ratio))) return false;
    cell->hide = mark;
    return true;
}

/* Every cell of a line beside that of the earlier paper: are all the same (hide false), or hide. */
static bool again_cells(struct hub_report *r, struct hub_report_line *line,
                        const struct again_old *old, bool hide)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure), changed = false, differs = false;
    for (size_t i = 0; i < line->row_count; i++) {
        const json_t *from = i == 0 ? old->total : old->parts;
        if (from == NULL)
            continue; /* parts that nobody has seen: hub_small_apply() looks at them */
        const json_t *row = hub_canonical_find_row(from, i == 0, i == 0 ? "" : line->rows[i].value);
        for (size_t c = 0; c < hub_report_columns(r); c++) {
            struct hub_report_cell *cell = &line->rows[i].cells[c];
            struct hub_report_cell was = again_was(row, hub_canonical_unit(r, c), ratio);
            differs = differs || !again_same(cell, &was, ratio);
            changed = (hide && again_hide(cell, &was, ratio)) || changed;
        }
    }
    return hide ? changed : differs;
}

/* True: some more cells are hidden, or say less. */
static bool again_line(struct hub_report *r, struct hub_report_line *line, const json_t *before)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure);
    struct again_old old = again_old(r, line, before);
    if (old.total == NULL) return false;
    bool hid = again_hid(old.total, ratio) || again_hid(old.parts, ratio);
    if (!hid && !again_hides_now(r, line)) return false;
    return again_cells(r, line, &old, false) && again_cells(r, line, &old, true);
}

enum err hub_small_apply_again(struct hub_report *r, const json_t *before,
                               hub_small_class_fn *class_of, void *ctx)
{
    bool changed = before != NULL;
    enum err e = hub_small_apply(r, class_of, ctx);
    while (e == ERR_OK && changed) {
        changed = false;
        for (size_t i = 0; i < r->line_count; i++) {
            struct hub_report_line *line = &r->lines[i];
            if (class_of(ctx, line->indicator) < HUB_SMALL_CLASS) continue;
            changed = again_line(r, line, before) || changed;
        }
        if (changed) e = hub_small_apply(r, class_of, ctx);
    }
    return e;
}

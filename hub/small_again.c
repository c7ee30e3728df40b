/* Small cells where the period has an issue already. */
#include "hub/small.h"

#include "hub/canonical.h"
#include "hub/canonical_read.h"

/* Where the earlier paper has a line's total, and where the parts of its breakdown. NULL: nowhere. */
struct again_old {
    const json_t *total, *parts;
};

static struct again_old again_old(const struct hub_small_paper *paper,
                                  const struct hub_report_line *line)
{
    if (paper->rule == HUB_SMALL_BY_LINE) {
        const json_t *l =
            hub_canonical_find_line(paper->figures, line->no, line->indicator->id, NULL);
        if (json_integer_value(json_object_get(l, "no")) != (json_int_t)line->no) l = NULL;
        return (struct again_old){l, l};
    }
    return (struct again_old){hub_canonical_find_like(paper->figures, line, true),
                              hub_canonical_find_like(paper->figures, line, false)};
}

/* The figure of the earlier paper. False: it says nothing about that unit. In its own form, a row or unit that it
 * has not counted nothing; in another one, a row. */
static bool again_was(const struct hub_small_paper *paper, const struct again_old *old,
                      const struct hub_report *r, const struct hub_report_line *line, size_t row,
                      size_t column, struct hub_report_cell *was)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure);
    const char *unit = hub_canonical_unit(r, column);
    const json_t *from = row == 0 ? old->total : old->parts;
    const json_t *found =
        hub_canonical_find_row(from, row == 0, row == 0 ? "" : line->rows[row].value);
    const json_t *any = hub_canonical_find_row(from, true, "");
    const json_t *cell = hub_canonical_find_cell(found, unit);
    *was = (struct hub_report_cell){.null = ratio};
    if (cell != NULL) hub_canonical_read_cell(cell, ratio, was);
    return cell != NULL || paper->own || hub_canonical_find_cell(any, unit) != NULL;
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
                        const struct hub_small_paper *paper, const struct again_old *old, bool hide)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure), changed = false, differs = false;
    for (size_t i = 0; i < line->row_count; i++) {
        if ((i == 0 ? old->total : old->parts) == NULL)
            continue; /* parts that nobody has seen: hub_small_apply() looks at them */
        for (size_t c = 0; c < hub_report_columns(r); c++) {
            struct hub_report_cell *cell = &line->rows[i].cells[c], was;
            if (!again_was(paper, old, r, line, i, c, &was)) continue;
            differs = differs || !again_same(cell, &was, ratio);
            changed = (hide && again_hide(cell, &was, ratio)) || changed;
        }
    }
    return hide ? changed : differs;
}

/* True: some more cells are hidden, or say less. */
static bool again_line(struct hub_report *r, struct hub_report_line *line,
                       const struct hub_small_paper *paper)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure);
    struct again_old old = again_old(paper, line);
    if (old.total == NULL) return false;
    bool hid = again_hid(old.total, ratio) || again_hid(old.parts, ratio);
    if (!hid && !again_hides_now(r, line)) return false;
    return again_cells(r, line, paper, &old, false) && again_cells(r, line, paper, &old, true);
}

/* What the paper tells of the numbers of a line: those that it shows and that are the same still can hide
 * nothing. */
static void again_told(struct hub_report *r, struct hub_report_line *line,
                       const struct hub_small_paper *paper)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure);
    struct again_old old = again_old(paper, line);
    if (old.total == NULL) return;
    if (old.parts == NULL && json_array_size(json_object_get(old.total, "rows")) > 1)
        line->beside = true;
    for (size_t i = 0; i < line->row_count && (i == 0 || old.parts != NULL); i++) {
        for (size_t c = 0; c < hub_report_columns(r); c++) {
            struct hub_report_cell *cell = &line->rows[i].cells[c], was;
            if (!again_was(paper, &old, r, line, i, c, &was) || was.absent || cell->absent)
                continue;
            bool few = was.hide == HUB_HIDE_SMALL && cell->num > 0 && cell->num < HUB_SMALL_LEAST;
            if (few && cell->told == HUB_TOLD_NOTHING) cell->told = HUB_TOLD_SMALL;
            if (was.hide == HUB_HIDE_NO && cell->num == was.num && (!ratio || cell->den == was.den))
                cell->told = HUB_TOLD_ALL;
        }
    }
}

/* Each line that hides beside a paper. True: that changed something. */
static bool again_paper(struct hub_report *r, const struct hub_small_paper *paper,
                        hub_small_class_fn *class_of, void *ctx, bool tell)
{
    bool changed = false;
    for (size_t i = 0; i < r->line_count; i++) {
        struct hub_report_line *line = &r->lines[i];
        if (class_of(ctx, line->indicator) < HUB_SMALL_CLASS) continue;
        if (tell) again_told(r, line, paper);
        if (!tell) changed = again_line(r, line, paper) || changed;
    }
    return changed;
}

enum err hub_small_apply_again(struct hub_report *r, const struct hub_small_paper *papers,
                               size_t count, hub_small_class_fn *class_of, void *ctx)
{
    bool changed = count > 0;
    for (size_t i = 0; i < count; i++) {
        if (papers[i].rule == HUB_SMALL_BY_FIGURE)
            (void)again_paper(r, &papers[i], class_of, ctx, true);
    }
    enum err e = hub_small_apply(r, class_of, ctx);
    while (e == ERR_OK && changed) {
        changed = false;
        for (size_t i = 0; i < count; i++)
            changed = again_paper(r, &papers[i], class_of, ctx, false) || changed;
        if (changed) e = hub_small_apply(r, class_of, ctx);
    }
    return e;
}

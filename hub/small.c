#include "hub/small.h"

#include <stdlib.h>
#include <string.h>

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
    return indicator->sensitivity;
}

static bool small_number(int64_t n)
{
    return n > 0 && n < HUB_SMALL_LEAST;
}

static bool small_open(const struct hub_report_cell *cell)
{
    return !cell->absent && !cell->null && cell->hide == HUB_HIDE_NO;
}

/* ---- one line as a table with totals ---- */

struct small {
    struct hub_report_line *line;
    size_t rows, columns;
    bool across; /* the last column is the sum of the others */
    bool down;   /* row 0 is the sum of the others */
    bool ratio;
    bool before;  /* hub_report.small_before */
    bool fixed;   /* another line or paper has the totals too: nothing here may follow from them */
    bool tops;    /* look at numerators; else at counts or denominators */
    size_t *todo; /* nodes still to visit: rows, then columns */
    bool *seen;
};

static struct hub_report_cell *small_cell(const struct small *s, size_t row, size_t column)
{
    return &s->line->rows[row].cells[column];
}

/* Nodes of the graph: where rows need not add up, all of them are one. */
static size_t small_row_node(const struct small *s, size_t row)
{
    return s->across ? row : 0;
}

static size_t small_column_node(const struct small *s, size_t column)
{
    return s->down ? s->rows + column : s->across ? s->rows : 0;
}

/* A part and its total move the same way, two parts against each other. */
static bool small_minus(const struct small *s, size_t row, size_t column)
{
    bool total_row = s->down && row == 0, total_column = s->across && column + 1 == s->columns;
    return total_row != total_column;
}

/*
 * Could the number behind a hidden cell be one more (up) or one less, for all that its mark says?
 * "<5" is 1 to 4; "*" is known to be 5 or more, "–*" to have a denominator, by who knows the rule.
 */
static bool small_can(const struct small *s, const struct hub_report_cell *cell, bool up)
{
    if (cell->hide == HUB_HIDE_NO || cell->told == HUB_TOLD_ALL) return false;
    if (s->ratio && s->tops) return up || cell->num > 0;
    if (s->ratio) return up || cell->den > 1;
    if (cell->hide == HUB_HIDE_SMALL || cell->told == HUB_TOLD_SMALL)
        return up ? cell->num + 1 < HUB_SMALL_LEAST : cell->num > 1;
    return up || cell->num > (cell->num < HUB_SMALL_LEAST ? 1 : HUB_SMALL_LEAST);
}

static bool small_fixed(const struct small *s, size_t row)
{
    return s->fixed && row == 0;
}

/* May the cell carry one unit from its row's node to its column's (out), or back? */
static bool small_arc(const struct small *s, size_t row, size_t column, bool out)
{
    if (small_fixed(s, row)) return false;
    return small_can(s, small_cell(s, row, column), out != small_minus(s, row, column));
}

static void small_visit(struct small *s, size_t node, size_t *count)
{
    if (s->seen[node]) return;
    s->seen[node] = true;
    s->todo[(*count)++] = node;
}

/* Is there a way from one node to another that does not use the cell itself? */
static bool small_path(struct small *s, size_t from, size_t to, size_t row, size_t column)
{
    size_t count = 0;
    memset(s->seen, 0, (s->rows + s->columns + 1) * sizeof *s->seen);
    small_visit(s, from, &count);
    for (size_t i = 0; i < count && !s->seen[to]; i++) {
        size_t node = s->todo[i];
        for (size_t r = 0; r < s->rows; r++) {
            bool mine = small_row_node(s, r) == node;
            if (!mine && node < s->rows && s->down) continue;
            for (size_t c = 0; c < s->columns; c++) {
                size_t other = small_column_node(s, c);
                if (r == row && c == column) continue;
                if (mine && small_arc(s, r, c, true)) small_visit(s, other, &count);
                if (other == node && small_arc(s, r, c, false))
                    small_visit(s, small_row_node(s, r), &count);
            }
        }
    }
    return s->seen[to];
}

/*
 * Is a hidden cell free to be another number while every number that is shown, and every sum, stays?
 * The hidden cells are the edges of a flow between rows and columns: exactly those on a cycle with
 * room in it are free (small_path finds the rest of the cycle).
 */
static bool small_free(struct small *s, size_t row, size_t column)
{
    size_t r = small_row_node(s, row), c = small_column_node(s, column);
    if (small_arc(s, row, column, true) && (r == c || small_path(s, c, r, row, column)))
        return true;
    return small_arc(s, row, column, false) && (r == c || small_path(s, r, c, row, column));
}

static bool small_safe(struct small *s, size_t row, size_t column)
{
    s->tops = false;
    if (!small_free(s, row, column)) return false;
    if (!s->ratio || small_cell(s, row, column)->num == 0) return true;
    s->tops = true;
    return small_free(s, row, column);
}

/* ---- hiding more ---- */

static int64_t small_size(const struct small *s, const struct hub_report_cell *cell)
{
    return s->ratio ? cell->den : cell->num;
}

static enum hub_hide small_mark(const struct small *s, const struct hub_report_cell *cell)
{
    if (s->ratio) return HUB_HIDE_RATE;
    return small_number(cell->num) ? HUB_HIDE_SMALL : HUB_HIDE_SECOND;
}

/* What it costs to hide some cells: totals first, then how many, then how much. */
struct small_cost {
    size_t totals, cells;
    int64_t size;
};

/* Add a corner. False: it cannot be hidden. A zero helps nobody. */
static bool small_corner(const struct small *s, size_t row, size_t column, struct small_cost *cost)
{
    const struct hub_report_cell *cell = small_cell(s, row, column);
    if (cell->told == HUB_TOLD_ALL || small_fixed(s, row)) return false;
    if (cell->hide != HUB_HIDE_NO) return true;
    if (!small_open(cell) || small_size(s, cell) <= 0) return false;
    cost->totals += (s->down && row == 0) || (s->across && column + 1 == s->columns);
    cost->cells++;
    cost->size += small_size(s, cell);
    return true;
}

static bool small_cheaper(const struct small_cost *a, const struct small_cost *b)
{
    if (a->totals != b->totals) return a->totals < b->totals;
    if (a->cells != b->cells) return a->cells < b->cells;
    return a->size < b->size;
}

/* The rectangle from (row, column) to (r, c); a line where only rows or only columns add up. */
static bool small_rectangle(const struct small *s, size_t row, size_t column, size_t r, size_t c,
                            struct small_cost *cost)
{
    *cost = (struct small_cost){0, 0, 0};
    bool other_row = !s->down || r != row, other_column = !s->across || c != column;
    if (!other_row || !other_column || (r == row && c == column)) return false;
    if (!s->down && r != row) return false;
    if (!s->across && c != column) return false;
    bool fits = small_corner(s, r, c, cost);
    if (s->down && s->across)
        fits = fits && small_corner(s, row, c, cost) && small_corner(s, r, column, cost);
    return fits && cost->cells > 0;
}

static void small_hide(const struct small *s, size_t row, size_t column)
{
    struct hub_report_cell *cell = small_cell(s, row, column);
    if (cell->hide == HUB_HIDE_NO) cell->hide = small_mark(s, cell);
}

/* Any one more cell of the table: the cheapest. */
static bool small_any(const struct small *s)
{
    struct small_cost best = {SIZE_MAX, 0, 0};
    size_t at_row = 0, at_column = 0;
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t c = 0; c < s->columns; c++) {
            struct small_cost cost = {0, 0, 0};
            if (!small_corner(s, r, c, &cost) || cost.cells == 0 || !small_cheaper(&cost, &best))
                continue;
            best = cost;
            at_row = r;
            at_column = c;
        }
    }
    if (best.totals == SIZE_MAX) return false;
    small_hide(s, at_row, at_column);
    return true;
}

/*
 * Everything is hidden, and still the marks say too much: parts of at least 1 each that add up to at
 * most 4. Then the totals say nothing but that they are hidden; nor do the parts, where a total cannot be hidden
 * because it is known.
 */
static bool small_loosen(const struct small *s, bool parts)
{
    bool changed = false;
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t c = 0; c < s->columns; c++) {
            struct hub_report_cell *cell = small_cell(s, r, c);
            bool total = (s->down && r == 0) || (s->across && c + 1 == s->columns);
            if (!(total || parts) || small_fixed(s, r) || cell->hide != HUB_HIDE_SMALL) continue;
            cell->hide = HUB_HIDE_SECOND;
            changed = true;
        }
    }
    return changed;
}

/* Hide what closes the cheapest rectangle with this cell. False: there is no more to hide. */
static bool small_more(const struct small *s, size_t row, size_t column)
{
    struct small_cost best = {SIZE_MAX, 0, 0};
    size_t at_row = 0, at_column = 0;
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t c = 0; c < s->columns; c++) {
            struct small_cost cost;
            if (!small_rectangle(s, row, column, r, c, &cost) || !small_cheaper(&cost, &best))
                continue;
            best = cost;
            at_row = r;
            at_column = c;
        }
    }
    if (best.totals == SIZE_MAX)
        return small_any(s) || small_loosen(s, false) || (!s->before && small_loosen(s, true));
    small_hide(s, at_row, at_column);
    small_hide(s, row, at_column);
    small_hide(s, at_row, column);
    return true;
}

/* Hide cells that are small in themselves. True: some are hidden, for whatever reason. */
static bool small_first(const struct small *s)
{
    bool any = false;
    for (size_t i = 0; i < s->rows; i++) {
        for (size_t c = 0; c < s->columns; c++) {
            struct hub_report_cell *cell = small_cell(s, i, c);
            any = any || (!s->before && cell->hide != HUB_HIDE_NO);
            if (!small_open(cell)) continue;
            if (!s->ratio && small_number(cell->num)) cell->hide = HUB_HIDE_SMALL;
            if (s->ratio && (small_number(cell->num) || small_number(cell->den) ||
                             small_number(cell->den - cell->num)))
                cell->hide = HUB_HIDE_RATE;
            any = any || cell->hide != HUB_HIDE_NO;
        }
    }
    return any;
}

/* Hide until no hidden cell can be worked out, or nothing is left to hide. True: some were. */
static bool small_line(struct small *s)
{
    bool changed = false, again = small_first(s);
    while (again) {
        again = false;
        for (size_t i = 0; i < s->rows && !again; i++) {
            for (size_t c = 0; c < s->columns && !again; c++) {
                const struct hub_report_cell *cell = small_cell(s, i, c);
                if (cell->hide == HUB_HIDE_NO || cell->told == HUB_TOLD_ALL || small_fixed(s, i) ||
                    small_safe(s, i, c))
                    continue;
                again = small_more(s, i, c);
                changed = changed || again;
            }
        }
    }
    return changed;
}

/* Parts of a total that is hidden in another breakdown as well say nothing, not even that they are none. */
static bool small_columns(const struct small *s)
{
    bool changed = false;
    enum hub_hide mark = s->ratio ? HUB_HIDE_RATE : HUB_HIDE_SECOND;
    for (size_t c = 0; c < s->columns; c++) {
        const struct hub_report_cell *total = small_cell(s, 0, c);
        if (total->hide == HUB_HIDE_NO || total->told == HUB_TOLD_ALL) continue;
        for (size_t r = 1; r < s->rows; r++) {
            struct hub_report_cell *cell = small_cell(s, r, c);
            if (cell->absent || cell->hide == mark) continue;
            cell->hide = mark;
            changed = true;
        }
    }
    return changed;
}

/* Totals that stand elsewhere too are looked at by themselves, then parts that do not lean on them. */
static bool small_beside(struct small *s)
{
    size_t rows = s->rows;
    s->rows = 1;
    s->down = false;
    bool changed = small_line(s);
    s->rows = rows;
    s->down = s->fixed = true;
    changed = small_columns(s) || changed;
    return small_line(s) || changed;
}

/* ---- lines that say the same ---- */

enum small_part { SMALL_NUM, SMALL_DEN };

static int64_t small_value(const struct hub_report_cell *cell, enum small_part part)
{
    return part == SMALL_NUM ? cell->num : cell->den;
}

/* Are the totals of two lines the same number for every unit? Then one shows what the other hides. */
static bool small_same(const struct hub_report *r, const struct hub_report_line *a,
                       enum small_part pa, const struct hub_report_line *b, enum small_part pb)
{
    bool any = false;
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        const struct hub_report_cell *x = &a->rows[0].cells[c], *y = &b->rows[0].cells[c];
        if (x->absent != y->absent || small_value(x, pa) != small_value(y, pb)) return false;
        any = any || small_value(x, pa) != 0;
    }
    return any;
}

/* Hide in b what a hides. */
static bool small_copy(const struct hub_report *r, const struct hub_report_line *a,
                       struct hub_report_line *b)
{
    bool changed = false;
    bool ratio = hub_figures_is_ratio(b->indicator->measure);
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        const struct hub_report_cell *x = &a->rows[0].cells[c];
        struct hub_report_cell *y = &b->rows[0].cells[c];
        if (!r->small_before && !ratio && x->hide == HUB_HIDE_SECOND && y->hide == HUB_HIDE_SMALL) {
            y->hide = HUB_HIDE_SECOND; /* had to be loosened there */
            changed = true;
        }
        if (x->hide == HUB_HIDE_NO || !small_open(y)) continue;
        y->hide = ratio ? HUB_HIDE_RATE : small_number(y->num) ? HUB_HIDE_SMALL : HUB_HIDE_SECOND;
        changed = true;
    }
    return changed;
}

/* Do the lines have the same totals, as counts or under a rate? */
static bool small_alike(const struct hub_report *r, const struct hub_report_line *a,
                        const struct hub_report_line *b)
{
    static const enum small_part parts[] = {SMALL_NUM, SMALL_DEN};
    bool same = false;
    for (size_t i = 0; i < 2; i++) {
        if (i > 0 && !hub_figures_is_ratio(a->indicator->measure)) continue;
        for (size_t k = 0; k < 2; k++) {
            if (k > 0 && !hub_figures_is_ratio(b->indicator->measure)) continue;
            same = same || small_same(r, a, parts[i], b, parts[k]);
        }
    }
    return same;
}

/* ---- a report ---- */

/* Does a line above, or an earlier paper, break the same totals down? */
static bool small_broken(const struct hub_report *r, size_t line, hub_small_class_fn *class_of,
                         void *ctx)
{
    const struct hub_report_line *own = &r->lines[line];
    if (r->small_before || own->row_count == 1) return false;
    for (size_t i = 0; i < line; i++) {
        const struct hub_report_line *above = &r->lines[i];
        if (above->row_count > 1 && class_of(ctx, above->indicator) >= HUB_SMALL_CLASS &&
            small_alike(r, above, own))
            return true;
    }
    return own->beside;
}

static enum err small_each(struct hub_report *r, struct hub_report_line *line, bool broken,
                           bool *changed)
{
    struct small s = {
        .line = line,
        .rows = line->row_count,
        .columns = hub_report_columns(r),
        .across = r->has_total && r->unit_count > 0,
        .down = line->row_count > 1,
        .ratio = hub_figures_is_ratio(line->indicator->measure),
        .before = r->small_before,
    };
    s.todo = calloc(s.rows + s.columns + 1, sizeof *s.todo);
    s.seen = calloc(s.rows + s.columns + 1, sizeof *s.seen);
    enum err e = s.todo != NULL && s.seen != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK && (broken ? small_beside(&s) : small_line(&s))) *changed = true;
    free(s.todo);
    free(s.seen);
    return e;
}

static void small_targets(struct hub_report *r)
{
    for (size_t i = 0; i < r->target_count; i++) {
        struct hub_report_target *t = &r->targets[i];
        if (r->lines[t->line].rows[0].cells[t->unit].hide != HUB_HIDE_NO) t->met = HUB_MET_HIDDEN;
    }
}

enum err hub_small_apply(struct hub_report *r, hub_small_class_fn *class_of, void *ctx)
{
    bool changed = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && changed) {
        changed = false;
        for (size_t i = 0; e == ERR_OK && i < r->line_count; i++) {
            if (class_of(ctx, r->lines[i].indicator) < HUB_SMALL_CLASS) continue;
            e = small_each(r, &r->lines[i], small_broken(r, i, class_of, ctx), &changed);
            for (size_t k = 0; k < r->line_count; k++) {
                if (k == i || class_of(ctx, r->lines[k].indicator) < HUB_SMALL_CLASS) continue;
                if (!small_alike(r, &r->lines[i], &r->lines[k])) continue;
                changed = small_copy(r, &r->lines[i], &r->lines[k]) || changed;
            }
        }
    }
    if (e == ERR_OK) small_targets(r);
    return e;
}

/*
 * Corrections: what the district counts in the place of a commune's figure once the commune agreed.
 * SPEC 14.7. The records stay as they are, and so does what is listed behind the figure.
 */
#include "common/due.h"
#include "hub/report_priv.h"
#include "hub/small.h"
#include "hub/store_flow.h"

#include <stdio.h>
#include <stdlib.h>

const char *hub_correction_name(enum hub_correction_state state)
{
    static const char *const names[] = {"applied", "overtaken", "no_number"};
    return names[state];
}

const char *hub_correction_vi(enum hub_correction_state state)
{
    static const char *const names[] = {"đã áp dụng", "không áp dụng: số liệu từ hồ sơ đã khác",
                                        "không áp dụng: không phải số đếm"};
    return names[state];
}

struct correct_place {
    struct hub_store *s;
    struct hub_report *r;
};

static bool correct_text(struct bytes b, char *out, size_t room)
{
    if (b.len >= room || (b.len > 0 && memchr(b.p, 0, b.len) != NULL)) return false;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return true;
}

/* Is the correction about this report's days? The commune's own report may have another name. */
static bool correct_window(const struct hub_report *r, const char *form, const char *unit)
{
    struct due_slot slot;
    return due_slot(r->catalogue, form, unit, r->period, &slot) == ERR_OK &&
           date_compare(slot.window.first, r->window.first) == 0 &&
           date_compare(slot.window.last, r->window.last) == 0;
}

/* The row that a correction names; line->row_count: none. */
static size_t correct_row(const struct hub_report_line *line, const char *value)
{
    size_t i = value[0] == '\0' ? 0 : 1;
    while (value[0] != '\0' && i < line->row_count && strcmp(line->rows[i].value, value) != 0)
        i++;
    return i;
}

enum err hub_report_spot(struct hub_store *s, const struct hub_report_spot *spot, bool *there,
                         int64_t *num, struct hub_report_why *why)
{
    struct hub_report *r = NULL;
    size_t column;
    enum err e = hub_report_begin(s, spot->report, spot->unit, spot->period, &r, why);
    if (e != ERR_OK) return e;
    struct catalogue_line line = {
        .indicator = spot->indicator, .by = spot->by, .label_vi = "", .label_en = ""};
    if (catalogue_indicator(r->catalogue, spot->indicator) == NULL) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_report_lines(s, r, &line, 1, why);
    if (e == ERR_OK) e = hub_report_column(r, spot->unit, &column);
    if (e == ERR_OK) {
        const struct hub_report_line *l = &r->lines[0];
        size_t row = correct_row(l, spot->value);
        *there = row < l->row_count && !l->rows[row].cells[column].absent;
        *num = *there ? l->rows[row].cells[column].num : 0;
    }
    hub_report_free(r);
    return e;
}

/* A correction replaces exactly the figure that it names; the newest one goes first. */
static enum hub_correction_state correct_apply(struct hub_report *r,
                                               struct hub_report_correction *c)
{
    int64_t before = 0, after = 0, by = 0, sum = 0;
    struct hub_report_line *line = &r->lines[c->line];
    enum catalogue_measure measure = line->indicator->measure;
    if (hub_figures_is_ratio(measure) || !workflow_number(bytes_str(c->before), &before) ||
        !workflow_number(bytes_str(c->after), &after) || after < 0)
        return HUB_CORRECTION_NO_NUMBER;
    if (c->row == line->row_count) return HUB_CORRECTION_OVERTAKEN;
    struct hub_report_row *row = &line->rows[c->row];
    struct hub_report_cell *cell = &row->cells[c->column];
    if (cell->absent || cell->corrected != 0 || cell->num != before)
        return HUB_CORRECTION_OVERTAKEN;
    struct hub_report_cell *all = r->has_total ? &row->cells[r->unit_count] : NULL;
    by = after - before; /* both are short */
    if (all != NULL && __builtin_add_overflow(all->num, by, &sum)) return HUB_CORRECTION_NO_NUMBER;
    cell->num = after;
    cell->corrected = by;
    if (all != NULL) {
        all->num = sum;
        all->corrected += by;
    }
    return HUB_CORRECTION_APPLIED;
}

static enum err correct_add(struct hub_report *r, const struct workflow_correct *v, size_t line,
                            size_t column)
{
    if (r->correction_count == HUB_REPORT_CORRECTIONS_MAX) return ERR_TOO_LARGE;
    if (r->corrections == NULL)
        r->corrections = calloc(HUB_REPORT_CORRECTIONS_MAX, sizeof *r->corrections);
    if (r->corrections == NULL) return ERR_NOMEM;
    struct hub_report_correction *c = &r->corrections[r->correction_count];
    const struct catalogue_indicator *i = r->lines[line].indicator;
    *c = (struct hub_report_correction){.id = v->id, .line = line, .column = column};
    c->no = r->lines[line].no;
    c->quiet = hub_small_class(NULL, i) >= HUB_SMALL_CLASS;
    snprintf(c->indicator, sizeof c->indicator, "%s", i->id);
    snprintf(c->unit, sizeof c->unit, "%s", r->units[column].code);
    if (!correct_text(v->value, c->value, sizeof c->value) ||
        !correct_text(v->before, c->before, sizeof c->before) ||
        !correct_text(v->after, c->after, sizeof c->after))
        return ERR_OK; /* no figure of ours is that long */
    c->row = correct_row(&r->lines[line], c->value);
    c->reason = calloc(1, v->reason.len + 1);
    if (c->reason == NULL) return ERR_NOMEM;
    if (v->reason.len > 0) memcpy(c->reason, v->reason.p, v->reason.len);
    r->correction_count++;
    return ERR_OK;
}

/* A later correction of the same cell takes the place of the earlier one. */
static void correct_forget(struct hub_report *r, const struct workflow_correct *v, size_t line,
                           size_t column)
{
    for (size_t i = 0; i < r->correction_count; i++) {
        struct hub_report_correction *c = &r->corrections[i];
        if (c->line != line || c->column != column || !bytes_equal(bytes_str(c->value), v->value))
            continue;
        free(c->reason);
        memmove(c, c + 1, (--r->correction_count - i) * sizeof *c);
        return;
    }
}

static enum err correct_op(void *ctx, const struct hub_flow_op *op)
{
    struct correct_place *p = ctx;
    struct hub_report *r = p->r;
    struct workflow_correct v;
    char form[CATALOGUE_NAME_BYTES_MAX + 1], unit[ADMIN_UNIT_BYTES_MAX + 1];
    size_t column = 0;
    bool agreed = false;
    if (workflow_correct_decode(op->payload, &v) != ERR_OK) return ERR_DAMAGED;
    if (v.has_record || !correct_text(v.key.report, form, sizeof form) ||
        !correct_text(v.key.unit, unit, sizeof unit))
        return ERR_OK; /* of a record: the commune changes it, and with it the figure */
    while (column < r->unit_count && strcmp(r->units[column].code, unit) != 0)
        column++;
    if (column == r->unit_count || !correct_window(r, form, unit)) return ERR_OK;
    enum err e = hub_flow_agreed(p->s, &v.id, v.key.unit, &agreed);
    for (size_t i = 0; e == ERR_OK && agreed && i < r->line_count; i++) {
        if (!bytes_equal(bytes_str(r->lines[i].indicator->id), v.indicator)) continue;
        correct_forget(r, &v, i, column);
        e = correct_add(r, &v, i, column);
    }
    return e;
}

/* Words that were written in the place of a number or of a value are no figure of a report: nothing
 * that is printed has them. */
static void correct_plain(const struct hub_report *r, struct hub_report_correction *c)
{
    const struct hub_report_line *line = &r->lines[c->line];
    int64_t n = 0;
    c->nowhere =
        c->row == line->row_count && !catalogue_choice_known(r->catalogue, line->by, c->value);
    if (c->nowhere) c->value[0] = '\0';
    if (!workflow_number(bytes_str(c->before), &n)) c->before[0] = '\0';
    if (!workflow_number(bytes_str(c->after), &n)) c->after[0] = '\0';
}

const char *hub_correction_value(const struct hub_report *r, const struct hub_report_correction *c)
{
    const struct hub_report_line *line = &r->lines[c->line];
    if (c->nowhere) return NULL;
    if (!c->quiet || c->value[0] == '\0') return c->value;
    bool shown =
        c->row < line->row_count && line->rows[c->row].cells[c->column].hide == HUB_HIDE_NO;
    return shown ? c->value : NULL;
}

static int correct_order(const void *a, const void *b)
{
    const struct hub_report_correction *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    int c = strcmp(x->value, y->value);
    return c != 0 ? c : strcmp(x->unit, y->unit);
}

enum err hub_report_correct(struct hub_store *s, struct hub_report *r)
{
    struct correct_place p = {s, r};
    enum err e = hub_flow_ops(s, CHANGE_CORRECT, NULL, NULL, r->label, correct_op, &p);
    if (e != ERR_OK || r->correction_count == 0) return e;
    qsort(r->corrections, r->correction_count, sizeof *r->corrections, correct_order);
    for (size_t i = 0; i < r->correction_count; i++) {
        r->corrections[i].state = correct_apply(r, &r->corrections[i]);
        correct_plain(r, &r->corrections[i]);
    }
    return ERR_OK;
}

void hub_report_corrections_free(struct hub_report *r)
{
    for (size_t i = 0; i < r->correction_count; i++)
        free(r->corrections[i].reason);
    free(r->corrections);
}

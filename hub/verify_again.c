/*
 * An issue that does not come out of the log byte for byte any more: what differs, and whether an erased
 * record is the reason. A cell may differ for a record that the closing listed behind it, or for one of a
 * type that the line's SQL reads (SPEC 16.6); everything else must be as it was.
 */
#include "hub/verify_priv.h"

#include "hub/close.h"
#include "hub/small.h"

#include <sodium.h>
#include <stdlib.h>

/* ---- what was erased ---- */

static enum err again_op(void *ctx, const struct hub_erased_op *op)
{
    struct again *a = ctx;
    if (op->order == 0) return ERR_OK; /* without an order it is no reason */
    if (a->gone_count == a->gone_room) {
        size_t room = a->gone_room > 0 ? 2 * a->gone_room : 64;
        struct hub_erased_op *more = realloc(a->gone, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        a->gone = more;
        a->gone_room = room;
    }
    a->gone[a->gone_count++] = *op;
    return ERR_OK;
}

static int again_gone_compare(const void *a, const void *b)
{
    const struct hub_erased_op *x = a, *y = b;
    int c = memcmp(x->rid.b, y->rid.b, sizeof x->rid.b);
    return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

static enum err again_erased(struct again *a)
{
    size_t kept = 0;
    enum err e = hub_store_erased_ops(a->store, a->issue->cut.position, again_op, a);
    if (e == ERR_OK && a->gone_count > 1)
        qsort(a->gone, a->gone_count, sizeof *a->gone, again_gone_compare);
    for (size_t i = 0; e == ERR_OK && i < a->gone_count; i++) {
        if (kept == 0 || !ID_EQUAL(&a->gone[kept - 1].rid, &a->gone[i].rid))
            a->gone[kept++] = a->gone[i];
    }
    a->gone_count = kept;
    return e;
}

static int again_gone_key(const void *rid, const void *op)
{
    return memcmp(rid, ((const struct hub_erased_op *)op)->rid.b, ID_RECORD_BYTES);
}

bool hub_again_gone(const struct again *a, const struct id_record *rid)
{
    return a->gone_count > 0 &&
           bsearch(rid->b, a->gone, a->gone_count, sizeof *a->gone, again_gone_key) != NULL;
}

/* The lines whose SQL reads this type. */
static bool again_reads(const struct again *a, size_t line, const struct hub_basis_type *type)
{
    const struct hub_basis_type *now = hub_basis_find(a->now, type->type);
    return now != NULL && a->now->line[line * a->now->count + (size_t)(now - a->now->v)];
}

static void again_touch(struct again *a)
{
    for (size_t t = 0; t < a->then->count; t++) {
        const struct hub_basis_type *type = &a->then->v[t];
        bool any = false;
        for (size_t g = 0; g < a->gone_count && !any; g++)
            any = hub_basis_has(type, &a->gone[g].rid);
        for (size_t i = 0; any && i < a->report->line_count; i++)
            a->touched[i] = a->touched[i] || again_reads(a, i, type);
    }
}

/* ---- what the closing kept ---- */

/* Of the records behind a cell. */
static struct id_hash again_hash(struct bytes inputs)
{
    static const uint8_t nothing[1];
    struct id_hash out;
    crypto_generichash(out.b, sizeof out.b, inputs.len > 0 ? inputs.p : nothing, inputs.len, NULL,
                       0);
    return out;
}

static enum err again_load(void *ctx, const struct hub_issue_cell *cell)
{
    struct again *a = ctx;
    if (a->cell_count == a->cell_room) {
        size_t room = a->cell_room > 0 ? 2 * a->cell_room : 1024;
        struct again_cell *more = realloc(a->cells, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        a->cells = more;
        a->cell_room = room;
    }
    struct again_cell *v = &a->cells[a->cell_count++];
    *v = (struct again_cell){
        .line = cell->line,
        .total = cell->total,
        .absent = cell->absent,
        .at = a->values.len,
        .num = cell->num,
        .den = cell->den,
        .inputs = again_hash(cell->inputs),
    };
    memcpy(v->unit, cell->unit, strlen(cell->unit));
    buf_add(&a->values, cell->value, strlen(cell->value) + 1);
    for (size_t at = 0; !v->gone && at < cell->inputs.len; at += ID_RECORD_BYTES) {
        struct id_record rid;
        memcpy(rid.b, cell->inputs.p + at, sizeof rid.b);
        v->gone = hub_again_gone(a, &rid);
    }
    return a->values.e;
}

static int again_order(const void *a, const void *b)
{
    const struct again_cell *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->total != y->total) return x->total ? -1 : 1;
    int c = strcmp(x->value, y->value);
    return c != 0 ? c : strcmp(x->unit, y->unit);
}

static bool again_same_row(const struct again_cell *x, const struct again_cell *y)
{
    return x->line == y->line && x->total == y->total && strcmp(x->value, y->value) == 0;
}

/* What the closing signed is the list of each unit; the figure of all together has the records of all. */
static void again_together(struct again *a)
{
    for (size_t i = 0, end; i < a->cell_count; i = end) {
        bool gone = false;
        for (end = i; end < a->cell_count && again_same_row(&a->cells[i], &a->cells[end]); end++) {
            struct again_cell *c = &a->cells[end];
            if (a->report->has_total && strcmp(c->unit, a->report->unit) == 0) c->gone = false;
            gone = gone || c->gone;
        }
        for (size_t k = i; k < end; k++) {
            struct again_cell *c = &a->cells[k];
            if (a->report->has_total && strcmp(c->unit, a->report->unit) == 0) c->gone = gone;
        }
    }
}

static size_t again_line(const struct again *a, unsigned no)
{
    size_t i = 0;
    while (i < a->report->line_count && a->report->lines[i].no != no)
        i++;
    return i;
}

static enum err again_kept(struct again *a)
{
    enum err e = hub_issues_cells(a->store, a->issue->id, NULL, again_load, a);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < a->cell_count; i++)
        a->cells[i].value = (const char *)a->values.p + a->cells[i].at;
    if (a->cell_count > 1) qsort(a->cells, a->cell_count, sizeof *a->cells, again_order);
    again_together(a);
    for (size_t i = 0; i < a->cell_count; i++) {
        size_t line = again_line(a, a->cells[i].line);
        if (line < a->report->line_count) a->hit[line] = a->hit[line] || a->cells[i].gone;
    }
    for (size_t i = 0; i < a->report->line_count; i++) {
        const struct catalogue_indicator *indicator = a->report->lines[i].indicator;
        a->hit[i] = a->hit[i] || a->touched[i];
        a->small = a->small || (a->hit[i] && hub_small_class(NULL, indicator) >= HUB_SMALL_CLASS);
    }
    return ERR_OK;
}

/* ---- reasons ---- */

static struct again_cell *again_find(const struct again *a, unsigned line, bool total,
                                     const char *value, const char *unit)
{
    struct again_cell key = {.line = line, .total = total, .value = value};
    if (a->cell_count == 0 || strlen(unit) >= sizeof key.unit) return NULL;
    memcpy(key.unit, unit, strlen(unit));
    return bsearch(&key, a->cells, a->cell_count, sizeof *a->cells, again_order);
}

static bool again_silent(const struct again *a, const char *unit)
{
    for (size_t i = 0; i < a->report->unit_count; i++)
        if (a->silent[i] && strcmp(a->report->units[i].code, unit) == 0) return true;
    return false;
}

bool hub_again_explains(const struct again *a, size_t line, const struct hub_unlike *cell)
{
    if (line < a->report->line_count && a->touched[line]) return true;
    const struct again_cell *kept = again_find(a, cell->line, cell->total, cell->value, cell->unit);
    return (kept != NULL && kept->gone) || again_silent(a, cell->unit);
}

enum err hub_again_unlike(struct again *a, const struct hub_unlike *unlike)
{
    a->out->unexplained += !unlike->explained;
    return a->tell != NULL ? a->tell->unlike(a->tell->ctx, unlike) : ERR_OK;
}

/* ---- cells ---- */

static enum err again_other(struct again *a, unsigned no, bool total, const char *value,
                            const char *unit)
{
    struct hub_unlike v = {
        .what = HUB_UNLIKE_CELL, .line = no, .total = total, .value = value, .unit = unit};
    size_t line = again_line(a, no);
    v.explained = hub_again_explains(a, line, &v);
    if (line < a->report->line_count) a->differs[line] = true;
    a->out->differing++;
    return hub_again_unlike(a, &v);
}

static bool again_says(const struct hub_issue_cell *c)
{
    return c->num != 0 || c->den != 0 || c->inputs.len > 0;
}

static enum err again_cell(void *ctx, const struct hub_issue_cell *now)
{
    struct again *a = ctx;
    struct id_hash inputs = again_hash(now->inputs);
    struct again_cell *then = again_find(a, now->line, now->total, now->value, now->unit);
    bool same = then == NULL ? !again_says(now)
                             : then->absent == now->absent && then->num == now->num &&
                                   then->den == now->den && ID_EQUAL(&then->inputs, &inputs);
    if (then != NULL) then->seen = true;
    return same ? ERR_OK : again_other(a, now->line, now->total, now->value, now->unit);
}

static enum err again_cells(struct again *a)
{
    enum err e = ERR_OK;
    struct id_hash none = again_hash((struct bytes){.p = NULL});
    for (size_t c = 0; e == ERR_OK && c < hub_report_columns(a->report); c++)
        e = hub_inputs_cells(a->report, c, again_cell, a);
    for (size_t i = 0; e == ERR_OK && i < a->cell_count; i++) {
        const struct again_cell *c = &a->cells[i];
        bool says = c->num != 0 || c->den != 0 || !ID_EQUAL(&c->inputs, &none);
        if (!c->seen && says) e = again_other(a, c->line, c->total, c->value, c->unit);
    }
    return e;
}

/* ---- records behind them ---- */

static bool again_same_sets(const struct hub_inputs *x, const struct hub_input *a,
                            const struct hub_inputs *y, const struct hub_input *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!ID_EQUAL(&x->sets[a->first + i].hash, &y->sets[b->first + i].hash)) return false;
    }
    return true;
}

static enum err again_sets(struct again *a)
{
    struct hub_inputs then = {.count = 0};
    enum err e = hub_inputs_load(a->store, a->issue->id, &then);
    for (size_t i = 0; e == ERR_OK && i < a->inputs->count; i++) {
        const struct hub_input *now = &a->inputs->v[i];
        const struct hub_input *was = hub_inputs_find(&then, &now->rid);
        if (was == NULL || hub_again_gone(a, &now->rid) ||
            again_same_sets(&then, was, a->inputs, now))
            continue;
        e = hub_again_unlike(a, &(struct hub_unlike){.what = HUB_UNLIKE_SETS});
    }
    hub_inputs_free(&then);
    return e;
}

/* ---- what they were read from ---- */

static int again_begin_key(const void *begin, const void *op)
{
    return memcmp(begin, ((const struct hub_erased_op *)op)->rid.b, PROOF_READ_BYTES);
}

/* The records of a type are those of the closing, without those that were erased. */
static bool again_same_type(const struct again *a, struct bytes then, struct bytes now)
{
    size_t i = 0, k = 0;
    while (i < then.len || k < now.len) {
        int c = i == then.len  ? 1
                : k == now.len ? -1
                               : memcmp(then.p + i, now.p + k, PROOF_READ_BYTES);
        const uint8_t *alone = c < 0 ? then.p + i : now.p + k;
        if (c != 0 && (a->gone_count == 0 || bsearch(alone, a->gone, a->gone_count, sizeof *a->gone,
                                                     again_begin_key) == NULL))
            return false;
        if (c <= 0) i += PROOF_READ_BYTES;
        if (c >= 0) k += PROOF_READ_BYTES;
    }
    return true;
}

static enum err again_types(struct again *a)
{
    enum err e = ERR_OK;
    for (size_t t = 0; e == ERR_OK && t < a->then->count; t++) {
        const struct hub_basis_type *then = &a->then->v[t],
                                    *now = hub_basis_find(a->now, then->type);
        if (now == NULL || again_same_type(a, buf_bytes(&then->ids), buf_bytes(&now->ids)))
            continue;
        e = hub_again_unlike(a, &(struct hub_unlike){.what = HUB_UNLIKE_TYPE, .value = then->type});
    }
    return e;
}

/* Of each line that differs: which records that its SQL had read are erased. */
static enum err again_tell(const struct again *a)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < a->report->line_count; i++) {
        for (size_t t = 0; a->differs[i] && t < a->then->count; t++) {
            const struct hub_basis_type *type = &a->then->v[t];
            for (size_t g = 0; e == ERR_OK && again_reads(a, i, type) && g < a->gone_count; g++) {
                if (!hub_basis_has(type, &a->gone[g].rid)) continue;
                struct hub_gone v = {a->report->lines[i].no, type->type, a->gone[g].rid,
                                     a->gone[g].order};
                e = a->tell->gone(a->tell->ctx, &v);
            }
        }
    }
    return e;
}

/* ---- all of it ---- */

/* Its digest says already when the list, or the figures, are the same. */
static enum err again_list(struct again *a)
{
    enum err e = again_cells(a);
    if (e != ERR_OK || a->out->inputs) return e;
    e = again_sets(a);
    if (e == ERR_OK) e = again_types(a);
    a->out->inputs = a->out->listed && a->out->differing == 0 && a->out->unexplained == 0;
    return e;
}

static enum err again_figures(struct again *a, struct bytes now)
{
    json_t *then = NULL, *figures = NULL;
    if (a->out->rebuilt) return again_list(a);
    figures = json_loadb((const char *)now.p, now.len, 0, NULL);
    enum err e = figures != NULL ? hub_close_figures(a->store, a->issue, &then) : ERR_NOMEM;
    if (e == ERR_OK) e = hub_again_units(a, then, figures);
    if (e == ERR_OK) e = again_list(a);
    if (e == ERR_OK) e = hub_again_json(a, then, figures);
    json_decref(then);
    json_decref(figures);
    return e;
}

enum err hub_verify_again(struct again *a, struct bytes now)
{
    size_t lines = a->report->line_count + 1, units = a->report->unit_count + 1;
    buf_init(&a->values, HUB_VERIFY_FILE_BYTES_MAX);
    a->touched = calloc(lines, sizeof *a->touched);
    a->hit = calloc(lines, sizeof *a->hit);
    a->differs = calloc(lines, sizeof *a->differs);
    a->silent = calloc(units, sizeof *a->silent);
    bool room = a->touched != NULL && a->hit != NULL && a->differs != NULL && a->silent != NULL;
    enum err e = room ? again_erased(a) : ERR_NOMEM;
    if (e == ERR_OK) again_touch(a);
    if (e == ERR_OK) e = again_kept(a);
    if (e == ERR_OK) e = again_figures(a, now);
    if (e == ERR_OK && a->tell != NULL) e = again_tell(a);
    a->out->explained = e == ERR_OK && a->out->unexplained == 0;
    buf_free(&a->values);
    free(a->gone);
    free(a->cells);
    free(a->touched);
    free(a->hit);
    free(a->differs);
    free(a->silent);
    return e;
}

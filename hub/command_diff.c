/* What differs between two issues, or an issue and the figures of now, and why. docs/explain.md. */
#include "hub/command_priv.h"
#include "hub/canonical_diff.h"
#include "hub/close.h"
#include "hub/side.h"
#include "hub/small.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HUB_DIFF_CELLS_MAX = 500,     /* cells of one answer */
    HUB_DIFF_RECORDS_MAX = 20,    /* records named for one cell; all are counted */
    HUB_DIFF_DELETED_MAX = 20000, /* records that left and are asked why, of all cells */
};

struct hub_diff {
    struct hub_app *app;
    struct hub_side a, b;
    json_t *figures_a, *figures_b; /* canonical; NULL: they cannot be read */
    bool quiet;                    /* without lines that may have figures of few persons */
    json_t *cells;
    json_int_t differing; /* cells, also those that are not in the answer */
    json_int_t same;
    bool window;   /* the two are of different days */
    size_t looked; /* records that left, of which we asked whether they were deleted */
};

/* ---- rules ---- */

static bool hub_diff_params(const struct hub_side *a, const struct hub_side *b, const char *sql)
{
    size_t count = 0;
    const struct catalogue_param *params = catalogue_params(b->catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        char name[CATALOGUE_NAME_BYTES_MAX + 4];
        snprintf(name, sizeof name, ":p_%s", params[i].name);
        if (strstr(sql, name) == NULL) continue;
        const char *x = catalogue_param(a->catalogue, params[i].name, a->window.last);
        const char *y = catalogue_param(b->catalogue, params[i].name, b->window.last);
        if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0)) return true;
    }
    return false;
}

/* Is the figure made in another way? */
static bool hub_diff_rule(const struct hub_diff *d, const struct catalogue_indicator *x,
                          const struct catalogue_indicator *y)
{
    return strcmp(x->sql, y->sql) != 0 || x->measure != y->measure || strcmp(x->by, y->by) != 0 ||
           hub_diff_params(&d->a, &d->b, y->sql);
}

/* ---- records ---- */

struct hub_diff_records {
    json_t *named; /* at most HUB_DIFF_RECORDS_MAX */
    json_int_t count;
    json_t *reasons; /* how many were deleted for each reason; "" = nobody said why */
};

static bool hub_diff_has_set(const struct hub_side *side, const struct hub_input *in,
                             const struct id_hash *hash)
{
    for (size_t i = 0; in != NULL && i < in->count; i++) {
        if (ID_EQUAL(&side->inputs.sets[in->first + i].hash, hash)) return true;
    }
    return false;
}

/* Sets of the record in the later list that the earlier one has not. */
static void hub_diff_sets(struct hub_diff *d, const struct id_record *rid, json_t *sets)
{
    const struct hub_input *x = hub_inputs_find(&d->a.inputs, rid);
    const struct hub_input *y = hub_inputs_find(&d->b.inputs, rid);
    for (size_t i = 0; y != NULL && i < y->count; i++) {
        const struct hub_input_set *set = &d->b.inputs.sets[y->first + i];
        bool before = x == NULL && set->position <= d->a.issue.cut.position;
        if (!before && !hub_diff_has_set(&d->a, x, &set->hash))
            json_array_append_new(sets, hub_input_set_json(d->app, set));
    }
}

struct hub_diff_behind {
    struct hub_diff *d;
    json_t *sets;
};

static enum err hub_diff_behind_set(void *ctx, uint64_t position, const struct id_hash *hash)
{
    struct hub_diff_behind *b = ctx;
    struct hub_input_set set = {*hash, position};
    if (position > b->d->a.issue.cut.position && position <= b->d->b.issue.cut.position)
        json_array_append_new(b->sets, hub_input_set_json(b->d->app, &set));
    return ERR_OK;
}

/* A record that is behind no figure of the later side: what changed it stands in its present state. */
static void hub_diff_gone(struct hub_diff *d, const struct id_record *rid, json_t *sets)
{
    struct fold scratch;
    struct hub_diff_behind b = {d, sets};
    if (fold_init(&scratch) != ERR_OK) return;
    enum err e = hub_issues_behind(d->app->store, rid, &scratch, hub_diff_behind_set, &b);
    (void)e; /* erased: then nothing can be named */
    fold_free(&scratch);
}

/* Was it deleted by the cut of the later side, and why? "" when no reason of the catalogue says so. */
static void hub_diff_reason(struct hub_diff *d, const struct fold *f, json_t *reasons)
{
    const struct catalogue *c = hub_store_catalogue(d->app->store);
    const struct fold_register *r = fold_find(f, 0, bytes_make(NULL, 0));
    if (!fold_deleted(f) || f->sets[r->heads[0].set].position > d->b.issue.cut.position) return;
    const struct catalogue_choice *v = record_reason_choice(c, record_reason(f));
    const char *name = v != NULL ? v->value : "";
    json_int_t n = json_integer_value(json_object_get(reasons, name));
    json_object_set_new(reasons, name, json_integer(n + 1));
}

static void hub_diff_deleted(struct hub_diff *d, json_t *reasons, const struct id_record *rid)
{
    struct fold f;
    struct buf state;
    if (d->window || d->looked++ >= HUB_DIFF_DELETED_MAX || fold_init(&f) != ERR_OK) return;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(d->app->store, rid, &state, NULL, NULL, NULL);
    if (e == ERR_OK) e = fold_load(&f, buf_bytes(&state));
    if (e == ERR_OK) hub_diff_reason(d, &f, reasons);
    buf_free(&state); /* erased or unreadable: nothing is said */
    fold_free(&f);
}

/* [{reason, label_vi, label_en, count}] in the catalogue's order, who said nothing last. */
static json_t *hub_diff_reasons_json(const struct hub_diff *d, const json_t *reasons)
{
    size_t count = 0;
    const struct catalogue_choice *v =
        catalogue_choices(hub_store_catalogue(d->app->store), &count);
    json_t *a = json_array();
    for (size_t i = 0; i <= count; i++) {
        if (i < count && strcmp(v[i].list, RECORD_REASON_LIST) != 0) continue;
        const char *name = i < count ? v[i].value : "";
        json_t *n = json_object_get(reasons, name);
        if (n == NULL) continue;
        json_array_append_new(a,
                              json_pack("{s:s, s:s, s:s, s:O}", "reason", name, "label_vi",
                                        i < count ? v[i].label_vi : "không ghi lý do", "label_en",
                                        i < count ? v[i].label_en : "no reason given", "count", n));
    }
    return a;
}

static void hub_diff_record(struct hub_diff *d, struct hub_diff_records *out,
                            const struct hub_input *in)
{
    if (out->reasons != NULL) hub_diff_deleted(d, out->reasons, &in->rid);
    out->count++;
    if (json_array_size(out->named) >= HUB_DIFF_RECORDS_MAX) return;
    json_t *sets = json_array();
    if (hub_inputs_find(&d->b.inputs, &in->rid) != NULL)
        hub_diff_sets(d, &in->rid, sets);
    else
        hub_diff_gone(d, &in->rid, sets);
    json_array_append_new(
        out->named, json_pack("{s:o, s:o}", "id", hub_json_hex(BYTES_OF(in->rid.b)), "sets", sets));
}

static bool hub_diff_same_sets(const struct hub_diff *d, const struct hub_input *x,
                               const struct hub_input *y)
{
    if (x->count != y->count) return false;
    for (size_t i = 0; i < x->count; i++) {
        if (!ID_EQUAL(&d->a.inputs.sets[x->first + i].hash, &d->b.inputs.sets[y->first + i].hash))
            return false;
    }
    return true;
}

struct hub_diff_why {
    struct hub_diff_records added, removed, changed;
};

static const struct hub_input *hub_diff_at(const struct hub_side *side,
                                           const struct hub_side_cell *cell, size_t i)
{
    bool there = cell != NULL && i < cell->count;
    return there ? &side->inputs.v[side->records[cell->first + i]] : NULL;
}

/* Both lists are by record id. */
static void hub_diff_lists(struct hub_diff *d, const struct hub_side_cell *a,
                           const struct hub_side_cell *b, struct hub_diff_why *why)
{
    for (size_t i = 0, k = 0;;) {
        const struct hub_input *x = hub_diff_at(&d->a, a, i), *y = hub_diff_at(&d->b, b, k);
        if (x == NULL && y == NULL) return;
        int c = x == NULL ? 1 : y == NULL ? -1 : memcmp(x->rid.b, y->rid.b, sizeof x->rid.b);
        if (c < 0) hub_diff_record(d, &why->removed, x);
        if (c > 0) hub_diff_record(d, &why->added, y);
        if (c == 0 && !hub_diff_same_sets(d, x, y)) hub_diff_record(d, &why->changed, y);
        i += c <= 0;
        k += c >= 0;
    }
}

/* ---- lines ---- */

/* Has the form a line of this indicator, measured in the same, with this breakdown? */
static bool hub_diff_has_line(const struct hub_side *side, const struct catalogue_indicator *like,
                              const char *by)
{
    size_t count = 0;
    const struct catalogue_line *lines =
        catalogue_lines(side->catalogue, side->issue.report, &count);
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_indicator *x =
            catalogue_indicator(side->catalogue, lines[i].indicator);
        if (x != NULL && strcmp(x->id, like->id) == 0 && strcmp(lines[i].by, by) == 0 &&
            x->measure == like->measure && strcmp(x->measured_vi, like->measured_vi) == 0)
            return true;
    }
    return false;
}

/* Lines of one form that the other has not, whatever their numbers. */
static json_t *hub_diff_lines(const struct hub_side *from, const struct hub_side *in)
{
    size_t count = 0;
    const struct catalogue_line *lines =
        catalogue_lines(from->catalogue, from->issue.report, &count);
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_line *l = &lines[i];
        const struct catalogue_indicator *x = catalogue_indicator(from->catalogue, l->indicator);
        if (x == NULL || hub_diff_has_line(in, x, l->by)) continue;
        bool own = l->label_vi[0] != '\0';
        json_array_append_new(out,
                              json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "line", (json_int_t)l->no,
                                        "indicator", x->id, "by", l->by, "measured_vi",
                                        x->measured_vi, "label_vi", own ? l->label_vi : x->label_vi,
                                        "label_en", own ? l->label_en : x->label_en));
    }
    return out;
}

/* ---- cells ---- */

static bool hub_diff_cell_same(const struct hub_side_cell *a, const struct hub_side_cell *b)
{
    return a != NULL && b != NULL && a->absent == b->absent && a->num == b->num && a->den == b->den;
}

static json_t *hub_diff_records_json(const struct hub_diff *d, const struct hub_diff_records *r)
{
    json_t *j = json_pack("{s:I, s:O}", "count", r->count, "records", r->named);
    if (json_object_size(r->reasons) > 0)
        json_object_set_new(j, "deleted", hub_diff_reasons_json(d, r->reasons));
    return j;
}

static bool hub_diff_corrected(const struct hub_diff *d, const struct hub_side_cell *a,
                               const struct hub_side_cell *b)
{
    const struct hub_side_cell *cell = b != NULL ? b : a;
    json_t *x = hub_side_corrections(d->figures_a, &d->a, cell);
    json_t *y = hub_side_corrections(d->figures_b, &d->b, cell);
    bool differ = !json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return differ;
}

/* The words of the causes, in the order of weight: how a figure is made, then of what. */
static json_t *hub_diff_causes(const struct hub_diff *d, const struct hub_side_cell *a,
                               const struct hub_side_cell *b, const struct hub_diff_why *why)
{
    json_t *out = json_array();
    bool rule = a != NULL && b != NULL && hub_diff_rule(d, a->indicator, b->indicator);
    if (rule) json_array_append_new(out, json_string("rule"));
    if (d->window) json_array_append_new(out, json_string("window"));
    if (a == NULL || b == NULL)
        json_array_append_new(out, json_string(a == NULL ? "new_cell" : "no_cell"));
    if (a != NULL && b != NULL && a->absent != b->absent)
        json_array_append_new(out, json_string("sent"));
    if (hub_diff_corrected(d, a, b)) json_array_append_new(out, json_string("corrected"));
    if (why->added.count > 0) json_array_append_new(out, json_string("added"));
    if (why->removed.count > 0) json_array_append_new(out, json_string("removed"));
    if (why->changed.count > 0) json_array_append_new(out, json_string("changed"));
    /* the same records, made the same way: something that they refer to changed */
    if (json_array_size(out) == 0) json_array_append_new(out, json_string("related"));
    return out;
}

static void hub_diff_cell(struct hub_diff *d, const struct hub_side_cell *a,
                          const struct hub_side_cell *b)
{
    if (d->quiet && ((a != NULL && hub_small_class(NULL, a->indicator) >= HUB_SMALL_CLASS) ||
                     (b != NULL && hub_small_class(NULL, b->indicator) >= HUB_SMALL_CLASS)))
        return;
    if (hub_diff_cell_same(a, b)) {
        d->same++;
        return;
    }
    if (d->differing++ >= HUB_DIFF_CELLS_MAX) return;
    struct hub_diff_why why = {.added = {json_array(), 0, NULL},
                               .removed = {json_array(), 0, json_object()},
                               .changed = {json_array(), 0, NULL}};
    hub_diff_lists(d, a, b, &why);
    json_t *j = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "a",
        a != NULL ? hub_side_cell_json(&d->a, a) : json_null(), "b",
        b != NULL ? hub_side_cell_json(&d->b, b) : json_null(), "causes",
        hub_diff_causes(d, a, b, &why), "added", hub_diff_records_json(d, &why.added), "removed",
        hub_diff_records_json(d, &why.removed), "changed", hub_diff_records_json(d, &why.changed));
    const struct catalogue_indicator *i = b != NULL ? b->indicator : a->indicator;
    json_object_set_new(j, "label_vi", json_string(i->label_vi));
    json_object_set_new(j, "label_en", json_string(i->label_en));
    if (a != NULL && b != NULL && !a->absent && !b->absent)
        json_object_set_new(j, "delta", json_integer((json_int_t)(b->num - a->num)));
    json_array_append_new(d->cells, j);
    json_decref(why.added.named);
    json_decref(why.removed.named);
    json_decref(why.removed.reasons);
    json_decref(why.changed.named);
}

/* End of the run of equal figures that begins at i: an indicator may stand on several lines. */
static size_t hub_diff_run(const struct hub_side *side, size_t i)
{
    size_t end = i;
    while (end < side->count && hub_side_compare(&side->cells[i], &side->cells[end]) == 0)
        end++;
    return end;
}

/* Among equal figures the one of a line with the same breakdown, else the first. */
static const struct hub_side_cell *hub_diff_like(const struct hub_side *side, size_t first,
                                                 size_t end, const struct hub_side_cell *like)
{
    for (size_t i = first; i < end; i++)
        if (strcmp(side->cells[i].by, like->by) == 0) return &side->cells[i];
    return &side->cells[first];
}

/* Of two different forms a line that only one of them has is told as a line, not cell by cell. */
static bool hub_diff_told(const struct hub_diff *d, const struct hub_side *other,
                          const struct hub_side_cell *cell)
{
    return strcmp(d->a.issue.report, d->b.issue.report) != 0 &&
           !hub_diff_has_line(other, cell->indicator, cell->by);
}

static void hub_diff_alone(struct hub_diff *d, bool first, size_t from, size_t end)
{
    const struct hub_side *side = first ? &d->a : &d->b, *other = first ? &d->b : &d->a;
    for (size_t i = from; i < end; i++) {
        const struct hub_side_cell *cell = &side->cells[i];
        if (!hub_diff_told(d, other, cell))
            hub_diff_cell(d, first ? cell : NULL, first ? NULL : cell);
    }
}

static void hub_diff_cells(struct hub_diff *d)
{
    for (size_t i = 0, k = 0; i < d->a.count || k < d->b.count;) {
        int c = i == d->a.count   ? 1
                : k == d->b.count ? -1
                                  : hub_side_compare(&d->a.cells[i], &d->b.cells[k]);
        size_t x = c <= 0 ? hub_diff_run(&d->a, i) : i, y = c >= 0 ? hub_diff_run(&d->b, k) : k;
        if (c < 0) hub_diff_alone(d, true, i, x);
        if (c > 0) hub_diff_alone(d, false, k, y);
        bool more = x - i > y - k; /* every line of the form that has more of them has its cell */
        for (size_t n = k; c == 0 && !more && n < y; n++)
            hub_diff_cell(d, hub_diff_like(&d->a, i, x, &d->b.cells[n]), &d->b.cells[n]);
        for (size_t n = i; c == 0 && more && n < x; n++)
            hub_diff_cell(d, &d->a.cells[n], hub_diff_like(&d->b, k, y, &d->a.cells[n]));
        i = x;
        k = y;
    }
}

/* ---- rules, units and targets of the whole ---- */

static void hub_diff_rules(const struct hub_diff *d, json_t *out)
{
    size_t count = 0;
    const struct catalogue_line *lines = catalogue_lines(d->b.catalogue, d->b.issue.report, &count);
    json_t *rules = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_indicator *y =
            catalogue_indicator(d->b.catalogue, lines[i].indicator);
        const struct catalogue_indicator *x =
            catalogue_indicator(d->a.catalogue, lines[i].indicator);
        bool told = y == NULL || !hub_diff_has_line(&d->a, y, lines[i].by);
        for (size_t k = 0; !told && k < i; k++)
            told = strcmp(lines[i].indicator, lines[k].indicator) == 0;
        if (told || (x != NULL && !hub_diff_rule(d, x, y))) continue;
        json_array_append_new(rules, json_pack("{s:s, s:s, s:b}", "indicator", y->id, "label_vi",
                                               y->label_vi, "new", (int)(x == NULL)));
    }
    json_object_set_new(out, "rules", rules);
}

static void hub_diff_whole(struct hub_diff *d, json_t *out)
{
    const json_t *a = d->figures_a, *b = d->figures_b;
    const json_t *ua = json_object_get(a, "units"), *ub = json_object_get(b, "units");
    const json_t *ta = json_object_get(a, "targets"), *tb = json_object_get(b, "targets");
    json_object_set_new(out, "targets", hub_canonical_targets_differ(ta, tb));
    json_object_set_new(out, "units_gone", hub_canonical_units_alone(ua, ub));
    json_object_set_new(out, "units_new", hub_canonical_units_alone(ub, ua));
    json_object_set_new(out, "lines_gone", hub_diff_lines(&d->a, &d->b));
    json_object_set_new(out, "lines_new", hub_diff_lines(&d->b, &d->a));
    json_object_set_new(out, "window_differs", json_boolean(d->window));
    hub_diff_rules(d, out);
}

/* ---- one request ---- */

static json_t *hub_diff_answer(struct hub_diff *d)
{
    d->window = date_compare(d->a.window.first, d->b.window.first) != 0 ||
                date_compare(d->a.window.last, d->b.window.last) != 0;
    d->cells = json_array();
    d->figures_a = hub_side_figures(d->app, &d->a);
    d->figures_b = hub_side_figures(d->app, &d->b);
    hub_diff_cells(d);
    json_t *j = json_pack("{s:o, s:o, s:I, s:I, s:b, s:o}", "a", hub_side_json(&d->a), "b",
                          hub_side_json(&d->b), "differing", d->differing, "same", d->same, "more",
                          (int)(d->differing > HUB_DIFF_CELLS_MAX), "cells", d->cells);
    if (j != NULL) hub_diff_whole(d, j);
    json_decref(d->figures_a);
    json_decref(d->figures_b);
    return j != NULL ? j : hub_command_fail(ERR_NOMEM);
}

/* "a": an issue; "b": an issue, or missing: the same report as it would be now. */
json_t *hub_command_diff(struct hub_app *a, const json_t *request)
{
    struct hub_diff d = {.app = a, .quiet = !hub_request_words(request)};
    json_t *j = hub_side_request(a, request, "a", &d.a);
    if (j != NULL) return j;
    if (json_object_get(request, "b") != NULL) {
        j = hub_side_request(a, request, "b", &d.b);
    } else {
        struct hub_report_why why = {.vi = ""};
        const struct hub_issue *i = &d.a.issue;
        enum err e = hub_side_now(a->store, i->report, i->unit, d.a.period, &d.b, &why);
        if (e == ERR_OK && d.quiet) e = hub_close_hide(a->store, d.b.report); /* its targets */
        if (e != ERR_OK) j = hub_report_said(e, &why);
    }
    if (j == NULL) j = hub_diff_answer(&d);
    hub_side_free(&d.a);
    hub_side_free(&d.b);
    return j;
}

#include "hub/side.h"
#include "common/due.h"

#include <stdio.h>
#include <stdlib.h>

#define SIDE_PARTS_BYTES_MAX ((size_t)1 << 30) /* of all cells: far more than a report has */

/* ---- the catalogue of a closing ---- */

static enum err side_parse_archive(struct bytes archive, struct catalogue **out)
{
    struct catalogue_file *files = NULL;
    size_t count = 0, mistakes = 0;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    if (errors == NULL) return ERR_NOMEM;
    enum err e = catalogue_unarchive(archive, &files, &count);
    if (e == ERR_OK) e = catalogue_parse(files, count, out, errors, &mistakes);
    if (e == ERR_BAD_INPUT || e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
    catalogue_files_free(files);
    free(errors);
    return e;
}

static enum err side_catalogue(struct hub_store *s, struct hub_side *side)
{
    struct buf archive;
    struct hub_position at;
    hub_store_position(s, &at);
    side->catalogue = hub_store_catalogue(s);
    if (side->catalogue != NULL && at.edition == side->issue.cut.edition) return ERR_OK;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_issues_archive(s, side->issue.cut.edition, &archive);
    if (e == ERR_NOT_FOUND) e = ERR_DAMAGED;
    if (e == ERR_OK) e = side_parse_archive(buf_bytes(&archive), &side->own);
    buf_free(&archive);
    side->catalogue = side->own;
    return e;
}

/* As hub_report_compute() had it: by the rules of then, of this unit, with the days between two rules. */
static enum err side_window(struct hub_side *side)
{
    const struct hub_issue *i = &side->issue;
    struct due_slot slot;
    enum err e = period_parse(bytes_str(i->period), &side->period);
    if (e == ERR_OK) e = due_slot(side->catalogue, i->report, i->unit, side->period, &slot);
    if (e == ERR_OK) side->window = slot.window;
    return e == ERR_OK ? ERR_OK : ERR_DAMAGED;
}

/* ---- cells ---- */

static enum err side_grow(void **array, size_t *room, size_t want, size_t item)
{
    size_t more = *room > 0 ? *room : 256;
    if (want <= *room) return ERR_OK;
    while (more < want)
        more *= 2;
    void *p = realloc(*array, more * item);
    if (p == NULL) return ERR_NOMEM;
    *array = p;
    *room = more;
    return ERR_OK;
}

static const struct catalogue_line *side_line(const struct hub_side *side, unsigned no)
{
    size_t count = 0;
    const struct catalogue_line *lines =
        catalogue_lines(side->catalogue, side->issue.report, &count);
    for (size_t i = 0; i < count; i++) {
        if (lines[i].no == no) return &lines[i];
    }
    return NULL;
}

static enum err side_records(struct hub_side *side, struct bytes ids)
{
    size_t n = ids.len / ID_RECORD_BYTES;
    enum err e = side_grow((void **)&side->records, &side->record_room, side->record_count + n,
                           sizeof *side->records);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        struct id_record rid;
        memcpy(rid.b, ids.p + i * ID_RECORD_BYTES, sizeof rid.b);
        const struct hub_input *in = hub_inputs_find(&side->inputs, &rid);
        if (in == NULL) return ERR_DAMAGED;
        side->records[side->record_count++] = (uint32_t)(in - side->inputs.v);
    }
    return e;
}

static enum err side_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct hub_side *side = ctx;
    const struct catalogue_line *line = side_line(side, cell->line);
    if (line == NULL) return ERR_DAMAGED;
    if (side->count == HUB_SIDE_CELLS_MAX) return ERR_TOO_LARGE;
    enum err e =
        side_grow((void **)&side->cells, &side->cell_room, side->count + 1, sizeof *side->cells);
    if (e != ERR_OK) return e;
    struct hub_side_cell *v = &side->cells[side->count];
    *v = (struct hub_side_cell){
        .line = cell->line,
        .indicator = catalogue_indicator(side->catalogue, line->indicator),
        .by = line->by,
        .total = cell->total,
        .absent = cell->absent,
        .num = cell->num,
        .den = cell->den,
        .first = side->record_count,
    };
    snprintf(v->value, sizeof v->value, "%s", cell->value);
    snprintf(v->unit, sizeof v->unit, "%s", cell->unit);
    v->part_at = side->parts.len;
    v->part_len = cell->parts.len;
    buf_add_bytes(&side->parts, cell->parts);
    e = side_records(side, cell->inputs);
    if (e == ERR_OK) e = side->parts.e;
    v->count = side->record_count - v->first;
    if (e == ERR_OK) side->count++;
    return e;
}

int hub_side_compare(const struct hub_side_cell *a, const struct hub_side_cell *b)
{
    int c = strcmp(a->indicator->id, b->indicator->id);
    if (c == 0)
        c = (a->indicator->measure > b->indicator->measure) -
            (a->indicator->measure < b->indicator->measure);
    if (c == 0) c = strcmp(a->indicator->measured_vi, b->indicator->measured_vi);
    if (c == 0 && a->total != b->total) c = a->total ? -1 : 1;
    if (c == 0 && !a->total) c = strcmp(a->by, b->by);
    if (c == 0) c = strcmp(a->value, b->value);
    return c != 0 ? c : strcmp(a->unit, b->unit);
}

static int side_order(const void *a, const void *b)
{
    const struct hub_side_cell *x = a, *y = b;
    int c = hub_side_compare(x, y);
    return c != 0 ? c : (x->line > y->line) - (x->line < y->line);
}

static void side_sort(struct hub_side *side)
{
    if (side->count > 1) qsort(side->cells, side->count, sizeof *side->cells, side_order);
}

/* ---- loading ---- */

/* An issue of before SPEC 16 kept the records of its cells and no sets. */
static enum err side_old_cell(void *ctx, const struct hub_issue_cell *cell)
{
    return hub_inputs_add(ctx, cell->inputs);
}

enum err hub_side_issue(struct hub_store *s, const struct hub_issue *issue, struct hub_side *out)
{
    struct hub_side side = {.issue = *issue};
    buf_init(&side.parts, SIDE_PARTS_BYTES_MAX);
    enum err e = side_catalogue(s, &side);
    if (e == ERR_OK) e = side_window(&side);
    if (e == ERR_OK) e = hub_inputs_load(s, issue->id, &side.inputs);
    if (e == ERR_OK && side.inputs.count == 0) {
        e = hub_issues_cells(s, issue->id, NULL, side_old_cell, &side.inputs);
        hub_inputs_sort(&side.inputs);
    }
    if (e == ERR_OK) e = hub_issues_cells(s, issue->id, NULL, side_cell, &side);
    if (e == ERR_OK) {
        side_sort(&side);
        *out = side;
    } else {
        hub_side_free(&side);
    }
    return e;
}

enum err hub_side_now(struct hub_store *s, const char *report, const char *unit,
                      struct period period, struct hub_side *out, struct hub_report_why *why)
{
    struct hub_side side = {.live = true, .period = period};
    struct hub_report *r = NULL;
    enum err e = hub_report_compute(s, report, unit, period, &r, why);
    if (e != ERR_OK) return e;
    buf_init(&side.parts, SIDE_PARTS_BYTES_MAX);
    side.catalogue = r->catalogue;
    side.window = r->window;
    side.issue.cut = r->cut;
    snprintf(side.issue.report, sizeof side.issue.report, "%s", r->form->id);
    snprintf(side.issue.unit, sizeof side.issue.unit, "%s", r->unit);
    snprintf(side.issue.period, sizeof side.issue.period, "%s", r->label);
    e = hub_inputs_collect(s, r, &side.inputs);
    for (size_t c = 0; e == ERR_OK && c < hub_report_columns(r); c++)
        e = hub_inputs_cells(r, c, side_cell, &side);
    side.report = r;
    if (e == ERR_OK) {
        side_sort(&side);
        *out = side;
    } else {
        hub_side_free(&side);
    }
    return e;
}

void hub_side_free(struct hub_side *side)
{
    hub_inputs_free(&side->inputs);
    catalogue_free(side->own);
    hub_report_free(side->report);
    free(side->cells);
    free(side->records);
    buf_free(&side->parts);
    *side = (struct hub_side){.count = 0};
}

/* ---- looking up ---- */

static bool side_matches(const struct hub_side *side, const struct hub_side_cell *c,
                         const struct hub_side_key *key)
{
    const char *unit = key->unit != NULL ? key->unit : side->issue.unit;
    if (key->indicator != NULL && strcmp(key->indicator, c->indicator->id) != 0) return false;
    if (key->line != 0 && key->line != c->line) return false;
    if (strcmp(unit, c->unit) != 0 || c->total != (key->value == NULL)) return false;
    return key->value == NULL || strcmp(key->value, c->value) == 0;
}

enum err hub_side_find(const struct hub_side *side, const struct hub_side_key *key,
                       const struct hub_side_cell **out)
{
    const struct hub_side_cell *found = NULL;
    for (size_t i = 0; i < side->count; i++) {
        const struct hub_side_cell *c = &side->cells[i];
        if (!side_matches(side, c, key)) continue;
        /* the totals of two lines of one indicator are the same figure */
        if (found != NULL && !c->total && strcmp(c->by, found->by) != 0) return ERR_BAD_INPUT;
        if (found == NULL) found = c;
    }
    if (found == NULL) return ERR_NOT_FOUND;
    *out = found;
    return ERR_OK;
}

enum err hub_side_parse(char *text, struct hub_side_key *out)
{
    struct hub_side_key key = {.line = 0};
    char *unit = strrchr(text, '@'), *value = strchr(text, ':');
    if (unit != NULL && (value == NULL || unit > value)) {
        *unit = '\0';
        key.unit = unit + 1;
        if (*key.unit == '\0') return ERR_BAD_INPUT;
    }
    if (value != NULL) {
        *value = '\0';
        key.value = value + 1;
    }
    size_t n = strlen(text), digits = strspn(text, "0123456789");
    if (n == 0 || n > CATALOGUE_NAME_BYTES_MAX) return ERR_BAD_INPUT;
    if (digits == n) {
        if (n > 6) return ERR_BAD_INPUT;
        key.line = (unsigned)strtoul(text, NULL, 10);
        if (key.line == 0) return ERR_BAD_INPUT;
    } else {
        key.indicator = text;
    }
    *out = key;
    return ERR_OK;
}

void hub_side_text(const struct hub_side_cell *cell, char out[static HUB_REPORT_VALUE_ROOM])
{
    struct hub_report_line line = {.indicator = cell->indicator};
    struct hub_report_cell v = {.absent = cell->absent, .num = cell->num, .den = cell->den};
    v.null = hub_figures_is_ratio(cell->indicator->measure) && cell->den <= 0;
    hub_report_value(&line, &v, out);
}

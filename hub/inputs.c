#include "hub/inputs_priv.h"
#include "hub/canonical.h"
#include "proto/fold.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- gathering ---- */

static enum err inputs_grow(void **array, size_t *room, size_t want, size_t item)
{
    if (want <= *room) return ERR_OK;
    size_t more = *room > 0 ? *room * 2 : 256;
    void *p = realloc(*array, more * item);
    if (p == NULL) return ERR_NOMEM;
    *array = p;
    *room = more;
    return ERR_OK;
}

static enum err inputs_add(struct hub_inputs *in, const struct id_record *rid)
{
    enum err e = inputs_grow((void **)&in->v, &in->room, in->count + 1, sizeof *in->v);
    if (e == ERR_OK) in->v[in->count++] = (struct hub_input){.rid = *rid};
    return e;
}

static int inputs_compare(const void *a, const void *b)
{
    const struct hub_input *x = a, *y = b;
    return memcmp(x->rid.b, y->rid.b, sizeof x->rid.b);
}

void hub_inputs_sort(struct hub_inputs *in)
{
    size_t kept = 0;
    if (in->count > 1) qsort(in->v, in->count, sizeof *in->v, inputs_compare);
    for (size_t i = 0; i < in->count; i++) {
        if (kept == 0 || !ID_EQUAL(&in->v[kept - 1].rid, &in->v[i].rid)) in->v[kept++] = in->v[i];
    }
    in->count = kept;
}

static enum err inputs_record(void *ctx, struct bytes record, const struct hub_figures_part *part)
{
    (void)part;
    struct id_record rid;
    if (record.len != sizeof rid.b) return ERR_OK; /* a fact that names no record */
    memcpy(rid.b, record.p, sizeof rid.b);
    return inputs_add(ctx, &rid);
}

enum err hub_inputs_add(struct hub_inputs *in, struct bytes ids)
{
    enum err e = ERR_OK;
    for (size_t at = 0; e == ERR_OK && at + ID_RECORD_BYTES <= ids.len; at += ID_RECORD_BYTES)
        e = inputs_record(in, bytes_make(ids.p + at, ID_RECORD_BYTES), NULL);
    return e;
}

static enum err inputs_line(const struct hub_report *r, const struct hub_report_line *line,
                            struct hub_inputs *in)
{
    enum err e = ERR_OK;
    for (size_t k = 0; e == ERR_OK && k < line->row_count; k++) {
        for (size_t c = 0; e == ERR_OK && c < r->unit_count; c++)
            e = hub_report_inputs(line, &line->rows[k].cells[c], inputs_record, in);
    }
    hub_inputs_sort(in); /* a line brings each record several times: keep the list short */
    return e;
}

/* ---- the sets ---- */

static enum err inputs_set(void *ctx, uint64_t position, const struct id_hash *hash)
{
    struct hub_inputs *in = ctx;
    enum err e =
        inputs_grow((void **)&in->sets, &in->set_room, in->set_count + 1, sizeof *in->sets);
    if (e == ERR_OK) in->sets[in->set_count++] = (struct hub_input_set){*hash, position};
    return e;
}

static int inputs_set_compare(const void *a, const void *b)
{
    const struct hub_input_set *x = a, *y = b;
    return memcmp(x->hash.b, y->hash.b, sizeof x->hash.b);
}

static enum err inputs_sets(struct hub_store *s, struct hub_inputs *in)
{
    struct fold fold;
    enum err e = fold_init(&fold);
    if (e != ERR_OK) return e;
    for (size_t i = 0; e == ERR_OK && i < in->count; i++) {
        struct hub_input *v = &in->v[i];
        v->first = in->set_count;
        e = hub_issues_behind(s, &v->rid, &fold, inputs_set, in);
        if (e == ERR_NOT_FOUND) e = ERR_OK; /* the SQL named what is no record */
        v->count = in->set_count - v->first;
        if (e == ERR_OK && v->count > PROOF_SETS_MAX) e = ERR_TOO_LARGE;
        if (v->count > 1)
            qsort(in->sets + v->first, v->count, sizeof *in->sets, inputs_set_compare);
    }
    fold_free(&fold);
    return e;
}

enum err hub_inputs_collect(struct hub_store *s, const struct hub_report *r, struct hub_inputs *out)
{
    struct hub_inputs in = {.count = 0};
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < r->line_count; i++)
        e = inputs_line(r, &r->lines[i], &in);
    if (e == ERR_OK && in.count > PROOF_RECORDS_MAX) e = ERR_TOO_LARGE;
    if (e == ERR_OK) e = inputs_sets(s, &in);
    if (e == ERR_OK) {
        *out = in;
    } else {
        hub_inputs_free(&in);
    }
    return e;
}

void hub_inputs_free(struct hub_inputs *inputs)
{
    free(inputs->v);
    free(inputs->sets);
    *inputs = (struct hub_inputs){.count = 0};
}

const struct hub_input *hub_inputs_find(const struct hub_inputs *inputs,
                                        const struct id_record *rid)
{
    struct hub_input key = {.rid = *rid};
    if (inputs->count == 0) return NULL;
    return bsearch(&key, inputs->v, inputs->count, sizeof *inputs->v, inputs_compare);
}

/* ---- keeping ---- */

static enum err inputs_pack(const struct hub_inputs *inputs, const struct hub_input *v,
                            struct buf *sets, struct buf *pack)
{
    buf_clear(sets);
    for (size_t k = v->first; k < v->first + v->count; k++) {
        buf_add(sets, inputs->sets[k].hash.b, ID_HASH_BYTES);
        buf_add_le64(sets, inputs->sets[k].position);
    }
    hub_issues_pack(pack, &(struct hub_issue_input){.rid = v->rid, .sets = buf_bytes(sets)});
    return sets->e != ERR_OK ? sets->e : pack->e;
}

enum err hub_inputs_store(struct hub_store *s, int64_t issue, const struct hub_inputs *inputs)
{
    struct buf sets, pack;
    enum err e = ERR_OK;
    buf_init(&sets, (size_t)PROOF_SETS_MAX * HUB_ISSUE_SET_BYTES);
    buf_init(&pack, HUB_ISSUE_PACK_BYTES_MAX);
    for (size_t i = 0; e == ERR_OK && i < inputs->count; i++) {
        e = inputs_pack(inputs, &inputs->v[i], &sets, &pack);
        bool last = i + 1 == inputs->count;
        if (e != ERR_OK || (pack.len < HUB_ISSUE_PACK_BYTES && !last)) continue;
        e = hub_issues_add_pack(s, issue, buf_bytes(&pack));
        buf_clear(&pack);
    }
    buf_free(&pack);
    buf_free(&sets);
    return e;
}

static enum err inputs_row(void *ctx, const struct hub_issue_input *row)
{
    struct hub_inputs *in = ctx;
    enum err e = inputs_add(in, &row->rid);
    if (e != ERR_OK) return e;
    struct hub_input *v = &in->v[in->count - 1];
    v->first = in->set_count;
    for (size_t at = 0; e == ERR_OK && at < row->sets.len; at += HUB_ISSUE_SET_BYTES) {
        struct id_hash hash;
        memcpy(hash.b, row->sets.p + at, sizeof hash.b);
        e = inputs_set(in, le64_load(row->sets.p + at + ID_HASH_BYTES), &hash);
    }
    if (e != ERR_OK) return e;
    in->v[in->count - 1].count = in->set_count - in->v[in->count - 1].first;
    return ERR_OK;
}

enum err hub_inputs_load(struct hub_store *s, int64_t issue, struct hub_inputs *out)
{
    struct hub_inputs in = {.count = 0};
    enum err e = hub_issues_inputs(s, issue, inputs_row, &in);
    if (e == ERR_OK) {
        *out = in;
    } else {
        hub_inputs_free(&in);
    }
    return e;
}

/* ---- cells ---- */

struct inputs_of_cell {
    struct buf ids, parts;
};

static enum err inputs_id(void *ctx, struct bytes record, const struct hub_figures_part *part)
{
    struct inputs_of_cell *out = ctx;
    if (record.len != ID_RECORD_BYTES) return ERR_OK;
    buf_add_bytes(&out->ids, record);
    figures_part_write(part, &out->parts);
    return out->ids.e != ERR_OK ? out->ids.e : out->parts.e;
}

enum err hub_inputs_cells(const struct hub_report *r, size_t column, hub_issue_cell_fn *row,
                          void *ctx)
{
    struct inputs_of_cell of;
    enum err e = ERR_OK;
    buf_init(&of.ids, (size_t)HUB_FIGURES_ROWS_MAX * ID_RECORD_BYTES);
    buf_init(&of.parts, (size_t)HUB_FIGURES_ROWS_MAX * FIGURES_PART_BYTES_MAX);
    for (size_t i = 0; e == ERR_OK && i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t k = 0; e == ERR_OK && k < line->row_count; k++) {
            const struct hub_report_cell *cell = &line->rows[k].cells[column];
            buf_clear(&of.ids);
            buf_clear(&of.parts);
            e = hub_report_inputs(line, cell, inputs_id, &of);
            struct hub_issue_cell v = {
                .line = line->no,
                .value = line->rows[k].value,
                .total = k == 0,
                .unit = hub_canonical_unit(r, column),
                .absent = cell->absent,
                .num = cell->num,
                .den = cell->den,
                .inputs = buf_bytes(&of.ids),
                .parts = buf_bytes(&of.parts),
            };
            if (e == ERR_OK) e = row(ctx, &v);
        }
    }
    buf_free(&of.parts);
    buf_free(&of.ids);
    return e;
}

/* ---- sections ---- */

struct inputs_section {
    const struct hub_inputs *all;
    uint32_t *number; /* of each of `all` in this section, 1.. ; 0: not in it */
    uint32_t records, cells;
    struct buf *out;
};

static size_t inputs_at(const struct inputs_section *c, const uint8_t *id)
{
    struct id_record rid;
    memcpy(rid.b, id, sizeof rid.b);
    const struct hub_input *v = hub_inputs_find(c->all, &rid);
    return v != NULL ? (size_t)(v - c->all->v) : SIZE_MAX;
}

static enum err section_mark(void *ctx, const struct hub_issue_cell *cell)
{
    struct inputs_section *c = ctx;
    for (size_t at = 0; at < cell->inputs.len; at += ID_RECORD_BYTES) {
        size_t i = inputs_at(c, cell->inputs.p + at);
        if (i == SIZE_MAX) return ERR_DAMAGED;
        c->number[i] = 1;
    }
    c->cells += cell->inputs.len > 0;
    return ERR_OK;
}

static enum err section_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct inputs_section *c = ctx;
    if (cell->inputs.len == 0) return ERR_OK;
    struct proof_cell v = {
        .line = cell->line,
        .total = cell->total,
        .value = bytes_str(cell->value),
        .count = (uint32_t)(cell->inputs.len / ID_RECORD_BYTES),
    };
    proof_section_cell(c->out, &v);
    for (size_t at = 0; at < cell->inputs.len; at += ID_RECORD_BYTES)
        buf_add_le32(c->out, c->number[inputs_at(c, cell->inputs.p + at)] - 1);
    return c->out->e;
}

static enum err section_records(struct inputs_section *c)
{
    struct id_hash hashes[PROOF_SETS_MAX];
    uint32_t number = 0;
    for (size_t i = 0; i < c->all->count; i++) {
        const struct hub_input *v = &c->all->v[i];
        if (c->number[i] == 0) continue;
        if (v->count > PROOF_SETS_MAX) return ERR_DAMAGED;
        for (size_t k = 0; k < v->count; k++)
            hashes[k] = c->all->sets[v->first + k].hash;
        proof_section_record(c->out, &v->rid, hashes, (uint16_t)v->count);
        c->number[i] = ++number;
    }
    return c->out->e;
}

/* Where the cells of a unit come from: a report's column, or an issue. */
struct inputs_source {
    const struct hub_report *report;
    size_t column;
    struct hub_store *store;
    int64_t issue;
};

static enum err source_cells(const struct inputs_source *from, const char *unit,
                             hub_issue_cell_fn *row, void *ctx)
{
    if (from->report != NULL) return hub_inputs_cells(from->report, from->column, row, ctx);
    return hub_issues_cells(from->store, from->issue, unit, row, ctx);
}

static enum err inputs_section(const struct inputs_source *from, const struct hub_inputs *all,
                               const char *unit, struct buf *out)
{
    struct inputs_section c = {.all = all, .out = out};
    c.number = calloc(all->count + 1, sizeof *c.number);
    if (c.number == NULL) return ERR_NOMEM;
    enum err e = source_cells(from, unit, section_mark, &c);
    for (size_t i = 0; i < all->count; i++)
        c.records += c.number[i] != 0;
    if (e == ERR_OK) {
        proof_section_begin(out, bytes_str(unit), c.records);
        e = section_records(&c);
    }
    if (e == ERR_OK) {
        proof_section_cells(out, c.cells);
        e = source_cells(from, unit, section_cell, &c);
    }
    free(c.number);
    return e != ERR_OK ? e : out->e;
}

enum err hub_inputs_section(struct hub_store *s, int64_t issue, const struct hub_inputs *all,
                            const char *unit, struct buf *out)
{
    struct inputs_source from = {.store = s, .issue = issue};
    return inputs_section(&from, all, unit, out);
}

void hub_inputs_reads_leaf(const struct hub_basis *reads, struct buf *leaves)
{
    struct id_hash leaf;
    if (reads == NULL || reads->count == 0) return;
    hub_basis_leaf(reads, &leaf);
    proof_leaves_add(leaves, bytes_str(PROOF_READS_UNIT), &leaf);
}

enum err hub_inputs_digest(const struct hub_report *r, const struct hub_inputs *inputs,
                           const struct hub_basis *reads, struct id_hash *out)
{
    struct buf section, leaves;
    enum err e = ERR_OK;
    buf_init(&section, PROOF_BYTES_MAX);
    buf_init(&leaves, (size_t)(HUB_REPORT_UNITS_MAX + 1) * PROOF_LEAF_BYTES_MAX);
    hub_inputs_reads_leaf(reads, &leaves);
    for (size_t c = 0; e == ERR_OK && c < r->unit_count; c++) {
        struct inputs_source from = {.report = r, .column = c};
        struct id_hash leaf;
        buf_clear(&section);
        e = inputs_section(&from, inputs, r->units[c].code, &section);
        if (e != ERR_OK) break;
        proof_leaf(buf_bytes(&section), &leaf);
        proof_leaves_add(&leaves, bytes_str(r->units[c].code), &leaf);
        e = leaves.e;
    }
    if (e == ERR_OK) proof_root(buf_bytes(&leaves), out);
    buf_free(&section);
    buf_free(&leaves);
    return e;
}

/* The typed tables and the index of lists, brought up to date out of sys_record. */
#include "common/zoo.h"
#include "common/log.h"
#include "hub/store_desk.h"
#include "hub/store_priv.h"
#include "hub/store_records.h"
#include "proto/entry_called.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HUB_LISTS_BYTES_MAX = 24 * FOLD_STATE_BYTES_MAX, /* JSON texts of one row */
    HUB_PROJECTION =
        1, /* what is made of a record; with another number all is made anew. 1: sys_search */
};

struct hub_row { /* memory for one row */
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    struct typed_value values[CATALOGUE_FIELDS_MAX];
    struct buf lists; /* JSON of choices, one behind the other */
};

/* A value of an older catalogue may be of another kind than the column: SQLite keeps it as it is. */
static void hub_value(struct bytes value, struct typed_value *out)
{
    struct wire_reader r;
    wire_open(&r, value);
    switch (wire_peek(&r)) {
    case WIRE_BOOL:
        *out = (struct typed_value){.kind = TYPED_INT, .number = wire_get_bool(&r)};
        return;
    case WIRE_UINT: /* the greatest integers do not fit SQLite's; kept as the greatest it has */
        *out = (struct typed_value){.kind = TYPED_INT};
        uint64_t v = wire_get_uint(&r, UINT64_MAX);
        out->number = v > INT64_MAX ? INT64_MAX : (int64_t)v;
        return;
    case WIRE_NEGATIVE:
        *out = (struct typed_value){.kind = TYPED_INT, .number = wire_get_int(&r)};
        return;
    case WIRE_STR:
        *out = (struct typed_value){.kind = TYPED_TEXT, .bytes = wire_get_str(&r)};
        return;
    case WIRE_BIN:
        *out = (struct typed_value){.kind = TYPED_BLOB, .bytes = wire_get_bin(&r)};
        return;
    case WIRE_NIL:
    case WIRE_ARRAY:
    case WIRE_END: *out = (struct typed_value){.kind = TYPED_NULL}; return;
    }
}

static enum err hub_row_fill(const struct fold *f, const struct catalogue_type *t,
                             struct hub_row *row)
{
    record_cells(f, t, row->cells);
    buf_clear(&row->lists);
    for (size_t i = 0; i < t->field_count; i++) {
        struct typed_value *v = &row->values[i];
        *v = (struct typed_value){.kind = TYPED_NULL};
        if (!row->cells[i].set) continue;
        if (t->fields[i].kind != CATALOGUE_CHOICES) {
            hub_value(row->cells[i].value, v);
            continue;
        }
        size_t start = row->lists.len;
        record_elements_json(f, t->fields[i].no, &row->lists);
        *v = (struct typed_value){.kind = TYPED_TEXT, .bytes = {NULL, row->lists.len - start}};
    }
    const uint8_t *p = row->lists.p;
    for (size_t i = 0; i < t->field_count; i++) {
        struct typed_value *v = &row->values[i];
        if (v->kind != TYPED_TEXT || t->fields[i].kind != CATALOGUE_CHOICES) continue;
        v->bytes.p = p;
        p += v->bytes.len;
    }
    return row->lists.e;
}

/* The row that a record would make. ERR_OK: free it with hub_row_free(). */
static enum err hub_row_new(struct hub_store *s, const struct catalogue_type *type,
                            const struct fold *f, struct hub_row **out)
{
    if (s->typed == NULL) return ERR_NOT_READY;
    struct hub_row *row = calloc(1, sizeof *row);
    if (row == NULL) return ERR_NOMEM;
    buf_init(&row->lists, HUB_LISTS_BYTES_MAX);
    *out = row;
    return hub_row_fill(f, type, row);
}

static void hub_row_free(struct hub_row *row)
{
    if (row == NULL) return;
    buf_free(&row->lists);
    free(row);
}

enum err hub_store_try_record(struct hub_store *s, const struct catalogue_type *type,
                              const struct fold *f, const struct catalogue_field **bad,
                              struct catalogue_why *why)
{
    struct hub_row *row = NULL;
    enum err e = hub_row_new(s, type, f, &row);
    if (e == ERR_OK) e = typed_check(s->typed, type, row->values, type->field_count, bad, why);
    hub_row_free(row);
    return e;
}

enum err hub_store_twins(struct hub_store *s, const struct catalogue_type *type,
                         const struct fold *f, struct id_record *out, size_t max, size_t *found)
{
    struct hub_row *row = NULL;
    enum err e = hub_row_new(s, type, f, &row);
    if (e == ERR_OK)
        e = typed_twins(s->typed, type, row->values, type->field_count, out, max, found);
    hub_row_free(row);
    return e;
}

enum err hub_store_called(struct hub_store *s, const struct entry_called *named,
                          struct id_record *out, size_t max, size_t *found)
{
    struct typed_value v[CATALOGUE_FIELDS_MAX];
    const struct catalogue_type *t = named->type;
    for (size_t i = 0; i < t->field_count; i++) {
        struct bytes text = entry_called_text(named, i);
        v[i] = (struct typed_value){text.p != NULL ? TYPED_TEXT : TYPED_NULL, 0, text};
    }
    if (s->typed == NULL) return ERR_NOT_READY;
    return typed_twins(s->typed, t, v, t->field_count, out, max, found);
}

enum err hub_store_review(struct hub_store *s, const struct catalogue_type *type,
                          const struct fold *f, struct typed_review *out)
{
    struct hub_row *row = NULL;
    enum err e = hub_row_new(s, type, f, &row);
    if (e == ERR_OK) e = typed_review(s->typed, type, row->values, type->field_count, out);
    hub_row_free(row);
    return e;
}

/* NULL: of no type that the catalogue has, or a commune's, from before it kept the type at the hub:
 * it decides nothing. */
static const struct catalogue_type *hub_project_type(const struct hub_store *s,
                                                     const struct hub_record *r)
{
    const struct catalogue_type *t = catalogue_type_by_no(s->catalogue, r->type);
    bool other = t != NULL && t->scope == CATALOGUE_SCOPE_HUB && r->unit != s->hub_unit;
    return other ? NULL : t;
}

static enum err hub_project_one(struct hub_store *s, const struct hub_record *r,
                                struct hub_row *row)
{
    const struct catalogue_type *t = hub_project_type(s, r);
    if (t == NULL) return hub_search_remove(s, r->no);
    fold_clear(&s->fold);
    enum err e = fold_load(&s->fold, r->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    if (fold_deleted(&s->fold) && !ZOO(107)) {
        e = typed_remove(s->typed, t, &r->rid);
        return e == ERR_OK ? hub_search_remove(s, r->no) : e;
    }
    e = hub_row_fill(&s->fold, t, row);
    if (e == ERR_OK)
        e = typed_put(s->typed, t, &r->rid, s->units[r->unit].code, row->values, t->field_count);
    return e == ERR_OK ? hub_search_put(s, r, t, row->values) : e;
}

/* What last changed at a position in (from, upto]. */
static enum err hub_project_scope(struct hub_store *s, size_t scope, int64_t from, int64_t upto,
                                  struct hub_row *row)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS
                       " FROM sys_record WHERE scope = ?1 AND pos > ?2 AND pos <= ?3 ORDER BY pos");
    db_bind_int(q, 1, (int64_t)scope);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, upto);
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct hub_record r;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_record_read(q, &r);
        if (e == ERR_OK && more) e = hub_project_one(s, &r, row);
    }
    db_done(q);
    return e;
}

/* Up to which position the tables are; 0: all is to be made, by a new program or catalogue. */
static enum err hub_project_from(struct hub_store *s, int64_t *from)
{
    int64_t edition = 0, form = 0;
    enum err e = hub_meta_int(s, "projected", from);
    if (e == ERR_OK) e = hub_meta_int(s, "projected_edition", &edition);
    if (e == ERR_OK) e = hub_meta_int(s, "projected_form", &form);
    if (e == ERR_OK && ((uint32_t)edition != s->edition || form != HUB_PROJECTION)) *from = 0;
    return e;
}

bool hub_store_project_far(struct hub_store *s, uint64_t positions)
{
    int64_t from = 0;
    if (hub_cache_ready(s) != ERR_OK || s->catalogue == NULL) return false;
    return hub_project_from(s, &from) == ERR_OK && s->position - (uint64_t)from > positions;
}

/* At most so many positions more. A row may stay as it was before a later change: the tables show one
 * moment only when the last position is reached. */
static enum err hub_project_more(struct hub_store *s, uint64_t positions, struct hub_row *row)
{
    int64_t from = 0, upto = (int64_t)s->position;
    enum err e = hub_project_from(s, &from);
    if (e != ERR_OK) return e;
    if (s->typed == NULL) {
        e = typed_open(s->db, s->catalogue, NULL, &s->typed);
        s->typed_edition = s->edition;
        if (e == ERR_OK) e = hub_store_seal(s, false);
    }
    if ((uint64_t)(upto - from) > positions) upto = from + (int64_t)positions;
    for (size_t i = 0; e == ERR_OK && i < s->unit_count; i++)
        e = hub_project_scope(s, i, from, upto, row);
    if (e == ERR_OK) e = hub_meta_set_int(s, "projected", upto);
    if (e == ERR_OK) e = hub_meta_set_int(s, "projected_edition", s->edition);
    if (e == ERR_OK) e = hub_meta_set_int(s, "projected_form", HUB_PROJECTION);
    return e;
}

/* Of a reader: what it reads is of a moment at which all was up to date. */
static enum err hub_project_read(struct hub_store *s)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK || s->catalogue == NULL || s->typed != NULL) return e;
    s->typed_edition = s->edition;
    return typed_open_read(s->db, s->catalogue, &s->typed);
}

static enum err hub_project_step(struct hub_store *s, uint64_t positions)
{
    struct hub_row *row = calloc(1, sizeof *row);
    if (row == NULL) return ERR_NOMEM;
    buf_init(&row->lists, HUB_LISTS_BYTES_MAX);
    enum err e = db_begin(s->db);
    if (e == ERR_OK) {
        e = hub_project_more(s, positions, row);
        bool fresh = e != ERR_OK;
        e = db_end(s->db, e);
        if (fresh || e != ERR_OK) { /* its tables may be gone again */
            typed_close(s->typed);
            s->typed = NULL;
        }
    }
    buf_free(&row->lists);
    free(row);
    return e;
}

enum err hub_project_done(struct hub_store *s, bool *done)
{
    int64_t at = 0;
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_meta_int(s, "projected", &at);
    *done = e == ERR_OK &&
            (s->catalogue == NULL ||
             (s->typed != NULL && s->typed_edition == s->edition && (uint64_t)at == s->position));
    return e;
}

enum err hub_store_project_some(struct hub_store *s, uint64_t positions, bool *done)
{
    assert(s->reader == NULL && !db_in_transaction(s->db));
    enum err e = hub_project_done(s, done);
    if (e != ERR_OK || *done) return e;
    e = hub_project_step(s, positions);
    return e == ERR_OK ? hub_project_done(s, done) : e;
}

enum err hub_store_project(struct hub_store *s)
{
    bool done = false;
    if (s->reader != NULL) return hub_project_read(s);
    return hub_store_project_some(s, INT64_MAX, &done);
}

enum err hub_store_catalogue_try(struct hub_store *s, const struct catalogue *c,
                                 struct catalogue_mistakes *why)
{
    struct typed *t = NULL;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = typed_open(s->db, c, why, &t);
    typed_close(t);
    db_rollback(s->db);
    return e;
}

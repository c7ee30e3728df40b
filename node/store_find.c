/* The questions of node/store_search.h. Names in SQL texts are the catalogue's ([a-z][a-z0-9_]*). */
#include "node/store_priv.h"
#include "node/store_search.h"

#include <assert.h>
#include <stdio.h>

/* Numbers of the parameters. */
enum {
    FIND_TYPE = 1,
    FIND_MAX,
    FIND_OFFSET,
    FIND_WORDS,
    FIND_FILTERS = FIND_WORDS + SEARCH_WORDS_MAX,
};

static enum err node_find_split(const struct node_search *q, struct search_words *w)
{
    enum err e = search_words_init(w, q->query);
    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_BAD_INPUT;
}

/* A word stands in the row's own text, or in the title of what it refers to. The inner question does
 * not depend on the row: SQLite answers it once, and not at all for a type without references (the
 * plus keeps it from beginning at the wrong end). */
static void node_find_word(const struct node_search *q, unsigned param, struct buf *sql)
{
    buf_printf(sql, " AND (instr(x.fold, ?%u) > 0", param);
    if (q->type != NULL)
        buf_printf(sql,
                   " OR x.rid IN (SELECT f.rid FROM sys_ref f WHERE f.type = ?1 AND +f.target IN "
                   "(SELECT r.rid FROM sys_search r WHERE instr(r.fold, ?%u) > 0))",
                   param);
    buf_add_str(sql, ")");
}

static bool node_find_integer(enum catalogue_kind kind)
{
    return kind == CATALOGUE_INT || kind == CATALOGUE_MONEY || kind == CATALOGUE_BOOL;
}

static void node_find_filter(const struct node_search_filter *v, unsigned param, struct buf *sql)
{
    const char *cast = node_find_integer(v->field->kind)     ? "INTEGER"
                       : v->field->kind == CATALOGUE_DECIMAL ? "NUMERIC"
                                                             : NULL;
    char value[48];
    if (cast != NULL)
        snprintf(value, sizeof value, "CAST(?%u AS %s)", param, cast);
    else
        snprintf(value, sizeof value, "?%u", param);
    switch (v->op) {
    case NODE_SEARCH_EMPTY: buf_printf(sql, " AND t.\"%s\" IS NULL", v->field->name); return;
    case NODE_SEARCH_FILLED: buf_printf(sql, " AND t.\"%s\" IS NOT NULL", v->field->name); return;
    case NODE_SEARCH_FROM: buf_printf(sql, " AND t.\"%s\" >= %s", v->field->name, value); return;
    case NODE_SEARCH_TO:
        /* "1982" covers "1982-05-12": '~' stands behind '-' and the digits */
        buf_printf(sql, " AND t.\"%s\" <= %s%s", v->field->name, value,
                   v->field->kind == CATALOGUE_PDATE ? " || '~'" : "");
        return;
    case NODE_SEARCH_IS: break;
    }
    if (v->field->kind == CATALOGUE_CHOICES)
        buf_printf(sql, " AND EXISTS (SELECT 1 FROM json_each(t.\"%s\") WHERE value = %s)",
                   v->field->name, value);
    else
        buf_printf(sql, " AND t.\"%s\" = %s", v->field->name, value);
}

static void node_find_flags(const struct node_search *q, const char *rid, struct buf *sql)
{
    if (q->only_conflicts)
        buf_printf(sql, " AND %s IN (SELECT w.rid FROM sys_shown w WHERE w.conflicts > 0)", rid);
    if (q->only_pending)
        buf_printf(sql, " AND %s IN (SELECT w.rid FROM sys_shown w WHERE w.pending + w.held > 0)",
                   rid);
}

static void node_find_filters(const struct node_search *q, struct buf *sql)
{
    buf_printf(sql, "FROM \"%s\" t WHERE 1", q->type->name);
    for (size_t i = 0; i < q->filter_count; i++)
        node_find_filter(&q->filters[i], FIND_FILTERS + (unsigned)i, sql);
}

/* Rows by their folded texts. Conditions are answered in one walk over the type's own table: looking
 * each row up there would cost a page of the disk for each. */
static void node_find_by_text(const struct node_search *q, size_t words, bool filters,
                              struct buf *sql)
{
    buf_add_str(sql, "FROM sys_search x WHERE ");
    buf_add_str(sql, q->type != NULL ? "x.type = ?1" : "1");
    for (size_t i = 0; i < words; i++)
        node_find_word(q, FIND_WORDS + (unsigned)i, sql);
    if (filters && q->filter_count > 0) {
        buf_add_str(sql, " AND x.rid IN (SELECT t.id ");
        node_find_filters(q, sql);
        buf_add_str(sql, ")");
    }
}

static bool node_find_by_column(const struct node_search *q)
{
    return q->sort != NULL && q->sort != catalogue_title(q->type);
}

/* Rows by a column of the type's own table; FROM and WHERE of it. */
static void node_find_from_type(const struct node_search *q, size_t words, struct buf *sql)
{
    node_find_filters(q, sql);
    node_find_flags(q, "t.id", sql);
    if (words == 0) return;
    buf_add_str(sql, " AND t.id IN (SELECT x.rid ");
    node_find_by_text(q, words, false, sql);
    buf_add_str(sql, ")");
}

/* By a reference one sorts as one reads it: by the title of what it names. */
static void node_find_key(const struct node_search *q, struct buf *sql)
{
    if (q->sort->kind == CATALOGUE_REF)
        buf_printf(sql, "(SELECT r.fold FROM sys_search r WHERE r.rid = t.\"%s\")", q->sort->name);
    else
        buf_printf(sql, "t.\"%s\"", q->sort->name);
}

/* The rows wanted, in their order; what is shown of them is joined to these few only. */
static void node_find_page(const struct node_search *q, size_t words, struct buf *sql)
{
    const char *down = q->down ? " DESC" : "";
    if (node_find_by_column(q)) {
        const struct catalogue_field *title = catalogue_title(q->type);
        buf_add_str(sql, "SELECT t.id AS rid, ");
        if (title != NULL)
            buf_printf(sql, "t.\"%s\" AS n, ", title->name);
        else
            buf_add_str(sql, "NULL AS n, ");
        node_find_key(q, sql);
        buf_add_str(sql, " AS k ");
        node_find_from_type(q, words, sql);
        buf_printf(sql, " ORDER BY k IS NULL, k%s, n, rid", down);
    } else {
        buf_add_str(sql, "SELECT x.rid AS rid, x.type AS type, x.fold AS fold ");
        node_find_by_text(q, words, true, sql);
        node_find_flags(q, "x.rid", sql);
        buf_printf(sql, " ORDER BY x.type%s, x.fold%s, x.rid%s", down, down, down);
    }
    buf_add_str(sql, " LIMIT ?2 OFFSET ?3");
}

static void node_find_total(const struct node_search *q, size_t words, struct buf *sql)
{
    buf_add_str(sql, "SELECT count(*) ");
    if (words == 0 && q->filter_count > 0) {
        node_find_from_type(q, words, sql);
    } else {
        node_find_by_text(q, words, true, sql);
        node_find_flags(q, "x.rid", sql);
    }
}

enum node_find_what { FIND_COUNT, FIND_ROWS, FIND_CELLS, FIND_CELLS_IDS };

static void node_find_cells(const struct catalogue_field *const *fields, size_t count, bool ids,
                            struct buf *sql)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i]->kind == CATALOGUE_REF && !ids)
            buf_printf(sql, ", (SELECT r.title FROM sys_search r WHERE r.rid = c.\"%s\")",
                       fields[i]->name);
        else
            buf_printf(sql, ", c.\"%s\"", fields[i]->name);
    }
}

static void node_find_sql(const struct node_search *q, size_t words, enum node_find_what what,
                          const struct catalogue_field *const *fields, size_t count,
                          struct buf *sql)
{
    const char *down = q->down ? " DESC" : "";
    if (what == FIND_COUNT) {
        node_find_total(q, words, sql);
        return;
    }
    buf_add_str(sql, "SELECT s.rid, s.unit, s.type, s.pending, s.held, s.conflicts");
    bool cells = what != FIND_ROWS;
    if (cells) node_find_cells(fields, count, what == FIND_CELLS_IDS, sql);
    buf_add_str(sql, " FROM (");
    node_find_page(q, words, sql);
    buf_add_str(sql, ") p JOIN sys_shown s ON s.rid = p.rid");
    if (cells) buf_printf(sql, " JOIN \"%s\" c ON c.id = p.rid", q->type->name);
    if (node_find_by_column(q))
        buf_printf(sql, " ORDER BY p.k IS NULL, p.k%s, p.n, p.rid", down);
    else
        buf_printf(sql, " ORDER BY p.type%s, p.fold%s, p.rid%s", down, down, down);
}

static void node_find_bind(const struct node_search *q, const struct search_words *w,
                           enum node_find_what what, struct db_stmt *st)
{
    if (q->type != NULL) db_bind_int(st, FIND_TYPE, q->type->no);
    if (what != FIND_COUNT) {
        size_t most = what == FIND_ROWS ? NODE_STORE_LIST_MAX : NODE_SEARCH_CELL_ROWS_MAX;
        size_t max = what == FIND_ROWS && q->max < most ? q->max : most;
        db_bind_int(st, FIND_MAX, (int64_t)max);
        db_bind_int(st, FIND_OFFSET, what == FIND_ROWS ? (int64_t)q->offset : 0);
    }
    for (size_t i = 0; i < w->count; i++)
        db_bind_text(st, FIND_WORDS + (int)i, w->word[i]);
    for (size_t i = 0; i < q->filter_count; i++) {
        const struct node_search_filter *v = &q->filters[i];
        if (v->op == NODE_SEARCH_EMPTY || v->op == NODE_SEARCH_FILLED) continue;
        if (v->field->kind == CATALOGUE_REF)
            db_bind_blob(st, FIND_FILTERS + (int)i, v->value);
        else
            db_bind_text(st, FIND_FILTERS + (int)i, v->value);
    }
}

static enum err node_find_prepare(struct node_store *s, const struct node_search *q,
                                  const struct search_words *w, enum node_find_what what,
                                  const struct catalogue_field *const *fields, size_t count,
                                  struct db_stmt **out)
{
    struct buf sql;
    buf_init(&sql, 64 * 1024);
    node_find_sql(q, w->count, what, fields, count, &sql);
    const char *text = buf_cstr(&sql);
    enum err e = sql.e != ERR_OK ? sql.e : db_prepare(s->db, text, out);
    buf_free(&sql);
    if (e == ERR_OK) node_find_bind(q, w, what, *out);
    return e;
}

static enum err node_find_count(struct node_store *s, const struct node_search *q,
                                const struct search_words *w, size_t *total)
{
    struct db_stmt *st = NULL;
    enum err e = node_find_prepare(s, q, w, FIND_COUNT, NULL, 0, &st);
    if (e != ERR_OK) return e;
    e = db_get(st);
    if (e == ERR_OK) *total = (size_t)db_column_int(st, 0);
    db_stmt_free(st);
    return e;
}

static enum err node_find_row(const struct db_stmt *st, struct node_store_row *r)
{
    *r = (struct node_store_row){.unit = db_column_bytes(st, 1),
                                 .type = (unsigned)db_column_int(st, 2),
                                 .pending = (size_t)db_column_int(st, 3),
                                 .held = (size_t)db_column_int(st, 4),
                                 .conflicts = (size_t)db_column_int(st, 5)};
    return db_column_copy(st, 0, r->rid.b, sizeof r->rid.b);
}

static void node_find_values(const struct db_stmt *st, size_t count, struct typed_value *values)
{
    for (size_t i = 0; i < count; i++) {
        int at = 6 + (int)i;
        struct typed_value *v = &values[i];
        *v = (struct typed_value){.kind = TYPED_NULL};
        switch (db_column_kind(st, at)) {
        case DB_NULL: break;
        case DB_INT:
            v->kind = TYPED_INT;
            v->number = db_column_int(st, at);
            break;
        case DB_DOUBLE: /* of a decimal: as text */
        case DB_TEXT:
            v->kind = TYPED_TEXT;
            v->bytes = db_column_bytes(st, at);
            break;
        case DB_BLOB:
            v->kind = TYPED_BLOB;
            v->bytes = db_column_bytes(st, at);
            break;
        }
    }
}

enum err node_store_search(struct node_store *s, const struct node_search *q,
                           enum err (*row)(void *ctx, const struct node_store_row *r), void *ctx,
                           size_t *total)
{
    struct search_words w;
    struct db_stmt *st = NULL;
    size_t rows = 0;
    bool more = false;
    assert(q->filter_count <= NODE_SEARCH_FILTERS_MAX);
    assert(q->type != NULL || (q->filter_count == 0 && q->sort == NULL));
    enum err e = node_find_split(q, &w);
    if (e == ERR_OK) e = node_find_prepare(s, q, &w, FIND_ROWS, NULL, 0, &st);
    if (e == ERR_OK) e = db_step(st, &more);
    while (e == ERR_OK && more) {
        struct node_store_row r;
        e = node_find_row(st, &r);
        rows++;
        if (e == ERR_OK) e = row(ctx, &r);
        if (e == ERR_OK) e = db_step(st, &more);
    }
    db_stmt_free(st);
    /* Counting walks as far as the rows did: not again when they were the last ones. */
    *total = q->offset + rows;
    if (e == ERR_OK && (rows == 0 ? q->offset > 0 : rows >= q->max))
        e = node_find_count(s, q, &w, total);
    search_words_free(&w); /* it was bound, not copied */
    return e;
}

enum err node_store_cells(struct node_store *s, const struct node_search *q,
                          const struct catalogue_field *const *fields, size_t count, bool ids,
                          enum err (*row)(void *ctx, const struct node_store_row *r,
                                          const struct typed_value *values),
                          void *ctx)
{
    struct search_words w;
    struct typed_value values[NODE_SEARCH_CELLS_MAX];
    struct db_stmt *st = NULL;
    bool more = false;
    assert(q->type != NULL && count <= NODE_SEARCH_CELLS_MAX);
    enum err e = node_find_split(q, &w);
    if (e == ERR_OK)
        e = node_find_prepare(s, q, &w, ids ? FIND_CELLS_IDS : FIND_CELLS, fields, count, &st);
    if (e == ERR_OK) e = db_step(st, &more);
    while (e == ERR_OK && more) {
        struct node_store_row r;
        e = node_find_row(st, &r);
        node_find_values(st, count, values);
        if (e == ERR_OK) e = row(ctx, &r, values);
        if (e == ERR_OK) e = db_step(st, &more);
    }
    db_stmt_free(st);
    search_words_free(&w);
    return e;
}

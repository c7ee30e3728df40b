/* The narrow index of the hub's lists (sys_search): kept with the typed tables, asked by the desk. */
#include "common/search.h"
#include "hub/store_desk.h"
#include "hub/store_priv.h"

#include <stdio.h>

/* Numbers of the parameters. */
enum { HUB_FIND_TYPE = 1, HUB_FIND_UNIT, HUB_FIND_MAX, HUB_FIND_OFFSET, HUB_FIND_WORDS };

enum { HUB_FIND_SQL_MAX = 1024 };

/* ---- keeping ---- */

static void hub_search_fold(const struct catalogue_field *f, const struct typed_value *v,
                            struct buf *out)
{
    if (f->kind == CATALOGUE_TEXT && !f->sealed && v->kind == TYPED_TEXT)
        search_fold_add(v->bytes, out);
}

enum err hub_search_put(struct hub_store *s, const struct hub_record *r,
                        const struct catalogue_type *t, const struct typed_value *values)
{
    struct buf fold;
    const struct catalogue_field *title = catalogue_title(t);
    buf_init(&fold, SEARCH_FOLD_BYTES_MAX);
    if (title != NULL) hub_search_fold(title, &values[title - t->fields], &fold);
    for (size_t i = 0; i < t->field_count; i++) { /* behind the title: it orders lists */
        const struct catalogue_field *f = &t->fields[i];
        if (f != title && f->identity == CATALOGUE_IDENTITY_NUMBER)
            hub_search_fold(f, &values[i], &fold);
    }
    /* Most edits change neither name nor unit: nothing is written then. */
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_search(record, type, unit, fold) VALUES (?1, ?2, ?3, ?4) "
                       "ON CONFLICT(record) DO UPDATE SET unit = excluded.unit, fold = "
                       "excluded.fold WHERE unit <> excluded.unit OR fold <> excluded.fold");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, r->type);
    db_bind_int(q, 3, r->unit);
    db_bind_text(q, 4, buf_bytes(&fold));
    enum err e = fold.e == ERR_OK ? db_run(q) : fold.e;
    buf_free(&fold);
    return e;
}

enum err hub_search_remove(struct hub_store *s, int64_t record)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_search WHERE record = ?1");
    db_bind_int(q, 1, record);
    return db_run(q);
}

/* ---- finding ---- */

static void hub_find_where(const struct hub_find *q, size_t words, struct buf *sql)
{
    buf_add_str(sql, "FROM sys_search x WHERE x.type = ?1");
    if (q->unit != NULL) buf_add_str(sql, " AND x.unit = ?2");
    for (size_t i = 0; i < words; i++)
        buf_printf(sql, " AND instr(x.fold, ?%u) > 0", HUB_FIND_WORDS + (unsigned)i);
}

/* Only the rows that are told are looked up in sys_record. */
static enum err hub_find_prepare(struct hub_store *s, const struct hub_find *q,
                                 const struct search_words *w, bool count, struct db_stmt **out)
{
    struct buf sql;
    buf_init(&sql, HUB_FIND_SQL_MAX);
    buf_add_str(&sql, count ? "SELECT count(*) "
                            : "SELECT r.rid FROM (SELECT x.record AS record, x.fold AS fold ");
    hub_find_where(q, w->count, &sql);
    if (!count)
        buf_add_str(&sql, " ORDER BY x.fold, x.record LIMIT ?3 OFFSET ?4) p JOIN sys_record r ON "
                          "r.no = p.record ORDER BY p.fold, p.record");
    const char *text = buf_cstr(&sql);
    enum err e = sql.e == ERR_OK ? db_prepare(s->db, text, out) : sql.e;
    buf_free(&sql);
    if (e != ERR_OK) return e;
    db_bind_int(*out, HUB_FIND_TYPE, q->type->no);
    if (q->unit != NULL) db_bind_int(*out, HUB_FIND_UNIT, hub_unit_find(s, q->unit));
    if (!count) db_bind_int(*out, HUB_FIND_MAX, (int64_t)q->max);
    if (!count) db_bind_int(*out, HUB_FIND_OFFSET, (int64_t)q->offset);
    for (size_t i = 0; i < w->count; i++)
        db_bind_text(*out, HUB_FIND_WORDS + (int)i, w->word[i]);
    return ERR_OK;
}

static enum err hub_find_count(struct hub_store *s, const struct hub_find *q,
                               const struct search_words *w, size_t *total)
{
    struct db_stmt *st = NULL;
    enum err e = hub_find_prepare(s, q, w, true, &st);
    if (e != ERR_OK) return e;
    e = db_get(st);
    if (e == ERR_OK) *total = (size_t)db_column_int(st, 0);
    db_stmt_free(st);
    return e;
}

static enum err hub_find_rows(struct hub_store *s, const struct hub_find *q,
                              const struct search_words *w,
                              enum err (*each)(void *ctx, const struct id_record *rid), void *ctx,
                              size_t *rows)
{
    struct db_stmt *st = NULL;
    bool more = false;
    enum err e = hub_find_prepare(s, q, w, false, &st);
    if (e != ERR_OK) return e;
    e = db_step(st, &more);
    while (e == ERR_OK && more) {
        struct id_record rid;
        ++*rows;
        e = db_column_copy(st, 0, rid.b, sizeof rid.b);
        if (e == ERR_OK) e = each(ctx, &rid);
        if (e == ERR_OK) e = db_step(st, &more);
    }
    db_stmt_free(st);
    return e;
}

enum err hub_store_find(struct hub_store *s, const struct hub_find *q,
                        enum err (*each)(void *ctx, const struct id_record *rid), void *ctx,
                        size_t *total)
{
    struct search_words w;
    size_t rows = 0;
    enum err e = hub_store_project(s);
    if (e == ERR_OK && s->typed == NULL) e = ERR_NOT_READY;
    if (e != ERR_OK) return e;
    e = search_words_init(&w, q->query);
    if (e == ERR_OK) e = hub_find_rows(s, q, &w, each, ctx, &rows);
    if (e == ERR_OK) *total = q->offset + rows;
    /* Counting walks as far as the rows did: not again when they were the last ones. */
    if (e == ERR_OK && (rows == 0 ? q->offset > 0 : rows >= q->max))
        e = hub_find_count(s, q, &w, total);
    search_words_free(&w); /* it was bound, not copied */
    return e;
}

enum err hub_store_made(struct hub_store *s, const struct catalogue_type *type, int64_t *made)
{
    enum err e = hub_store_project(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT max(record) FROM sys_search WHERE type = ?1");
    db_bind_int(q, 1, type->no);
    e = db_get(q);
    if (e == ERR_OK) *made = db_column_int(q, 0);
    db_done(q);
    return e;
}

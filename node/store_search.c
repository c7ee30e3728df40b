#include "node/store_search.h"
#include "common/text.h"
#include "node/store_priv.h"

#include <stdio.h>

const struct catalogue_field *node_store_title_field(const struct catalogue_type *t)
{
    const struct catalogue_field *first = NULL;
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        if (f->kind != CATALOGUE_TEXT) continue;
        if (f->required) return f;
        if (first == NULL) first = f;
    }
    return first;
}

/* ---- keeping ---- */

static void node_search_fold(const struct catalogue_type *t, const struct typed_value *values,
                             const struct catalogue_field *title, struct buf *out)
{
    size_t first = title != NULL ? (size_t)(title - t->fields) : 0;
    for (size_t k = 0; k < t->field_count; k++) { /* the title first: it orders lists */
        size_t i = k == 0 ? first : k <= first ? k - 1 : k;
        if (t->fields[i].kind != CATALOGUE_TEXT || values[i].kind != TYPED_TEXT) continue;
        struct buf one;
        buf_init(&one, NODE_SEARCH_FOLD_BYTES_MAX * 8u);
        /* What cannot be folded is not found by its text; it is saved all the same. */
        if (text_fold(values[i].bytes, TEXT_INPUT_MAX, &one) == ERR_OK) {
            size_t room = NODE_SEARCH_FOLD_BYTES_MAX - out->len;
            if (room > 1 && out->len > 0) buf_add_str(out, " ");
            if (room > 1) buf_add_bytes(out, text_truncate(buf_bytes(&one), room - 1));
        }
        buf_free(&one);
    }
}

enum err node_search_put(struct node_store *s, const struct id_record *rid,
                         const struct catalogue_type *t, const struct typed_value *values)
{
    struct buf fold;
    struct bytes title = {NULL, 0};
    const struct catalogue_field *f = node_store_title_field(t);
    buf_init(&fold, NODE_SEARCH_FOLD_BYTES_MAX);
    if (f != NULL && values[f - t->fields].kind == TYPED_TEXT)
        title = text_truncate(values[f - t->fields].bytes, NODE_SEARCH_TITLE_BYTES_MAX);
    node_search_fold(t, values, f, &fold);
    struct db_stmt *q = db_stmt(
        s->db, "INSERT OR REPLACE INTO sys_search(rid, type, title, fold) VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_int(q, 2, t->no);
    db_bind_text(q, 3, title);
    db_bind_text(q, 4, buf_bytes(&fold));
    enum err e = fold.e == ERR_OK ? db_run(q) : fold.e;
    buf_free(&fold);
    return e;
}

enum err node_search_remove(struct node_store *s, const struct id_record *rid)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_search WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    return db_run(q);
}

enum err node_store_title(struct node_store *s, const struct id_record *rid,
                          char out[static NODE_SEARCH_TITLE_BYTES_MAX + 1])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT title FROM sys_search WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    out[0] = '\0';
    enum err e = db_get(q);
    if (e == ERR_OK) {
        struct bytes b = text_truncate(db_column_bytes(q, 0), NODE_SEARCH_TITLE_BYTES_MAX);
        if (b.len > 0) memcpy(out, b.p, b.len);
        out[b.len] = '\0';
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- finding ---- */

struct node_search_words {
    struct buf fold;
    struct bytes word[NODE_SEARCH_WORDS_MAX];
    size_t count;
};

static enum err node_search_split(const struct node_search *q, struct node_search_words *w)
{
    *w = (struct node_search_words){.count = 0};
    buf_init(&w->fold, NODE_SEARCH_QUERY_BYTES_MAX * 8u);
    enum err e = text_fold(q->query, NODE_SEARCH_QUERY_BYTES_MAX, &w->fold);
    if (e != ERR_OK) return e == ERR_NOMEM ? e : ERR_BAD_INPUT;
    struct bytes s = buf_bytes(&w->fold);
    for (size_t at = 0; at < s.len && w->count < NODE_SEARCH_WORDS_MAX;) {
        size_t end = at;
        while (end < s.len && s.p[end] != ' ')
            end++;
        if (end > at) w->word[w->count++] = bytes_make(s.p + at, end - at);
        at = end + 1;
    }
    return ERR_OK;
}

/* What is searched of a row: its own text and the titles of what it refers to. */
static size_t node_search_from(const struct node_search *q, size_t words, struct buf *sql)
{
    size_t refs = 0;
    buf_add_str(sql, " FROM sys_search x JOIN sys_shown s ON s.rid = x.rid");
    if (q->type == NULL || words == 0) return 0;
    for (size_t i = 0; i < q->type->field_count && refs < NODE_SEARCH_REFS_MAX; i++) {
        const struct catalogue_field *f = &q->type->fields[i];
        if (f->kind != CATALOGUE_REF) continue;
        if (refs == 0) buf_printf(sql, " JOIN \"%s\" t ON t.id = x.rid", q->type->name);
        buf_printf(sql, " LEFT JOIN sys_search r%u ON r%u.rid = t.\"%s\"", (unsigned)refs,
                   (unsigned)refs, f->name);
        refs++;
    }
    return refs;
}

static void node_search_where(const struct node_search *q, size_t words, struct buf *sql)
{
    size_t refs = node_search_from(q, words, sql);
    buf_add_str(sql, " WHERE s.deleted = 0");
    if (q->type != NULL) buf_add_str(sql, " AND x.type = ?1");
    if (q->only_conflicts) buf_add_str(sql, " AND s.conflicts > 0");
    if (q->only_pending) buf_add_str(sql, " AND s.pending + s.held > 0");
    for (size_t i = 0; i < words; i++) {
        buf_printf(sql, " AND (instr(x.fold, ?%u) > 0", (unsigned)i + 4);
        for (size_t k = 0; k < refs; k++)
            buf_printf(sql, " OR instr(r%u.fold, ?%u) > 0", (unsigned)k, (unsigned)i + 4);
        buf_add_str(sql, ")");
    }
}

static enum err node_search_prepare(struct node_store *s, const struct node_search *q,
                                    const struct node_search_words *w, bool count,
                                    struct db_stmt **out)
{
    struct buf sql;
    buf_init(&sql, 16 * 1024);
    buf_add_str(&sql, count ? "SELECT count(*)"
                            : "SELECT s.rid, s.unit, s.type, s.pending, s.held, s.conflicts");
    node_search_where(q, w->count, &sql);
    if (!count) buf_add_str(&sql, " ORDER BY x.type, x.fold, x.rid LIMIT ?2 OFFSET ?3");
    const char *text = buf_cstr(&sql);
    enum err e = sql.e != ERR_OK ? sql.e : db_prepare(s->db, text, out);
    buf_free(&sql);
    if (e != ERR_OK) return e;
    if (q->type != NULL) db_bind_int(*out, 1, q->type->no);
    if (!count) {
        size_t max = q->max < NODE_STORE_LIST_MAX ? q->max : NODE_STORE_LIST_MAX;
        db_bind_int(*out, 2, (int64_t)max);
        db_bind_int(*out, 3, (int64_t)q->offset);
    }
    for (size_t i = 0; i < w->count; i++)
        db_bind_text(*out, (int)i + 4, w->word[i]);
    return ERR_OK;
}

static enum err node_search_count(struct node_store *s, const struct node_search *q,
                                  const struct node_search_words *w, size_t *total)
{
    struct db_stmt *st = NULL;
    enum err e = node_search_prepare(s, q, w, true, &st);
    if (e != ERR_OK) return e;
    e = db_get(st);
    if (e == ERR_OK) *total = (size_t)db_column_int(st, 0);
    db_stmt_free(st);
    return e;
}

static enum err node_search_rows(struct node_store *s, const struct node_search *q,
                                 const struct node_search_words *w,
                                 enum err (*row)(void *ctx, const struct node_store_row *r),
                                 void *ctx)
{
    struct db_stmt *st = NULL;
    bool more = false;
    enum err e = node_search_prepare(s, q, w, false, &st);
    if (e != ERR_OK) return e;
    e = db_step(st, &more);
    while (e == ERR_OK && more) {
        struct node_store_row r = {.unit = db_column_bytes(st, 1),
                                   .type = (unsigned)db_column_int(st, 2),
                                   .pending = (size_t)db_column_int(st, 3),
                                   .held = (size_t)db_column_int(st, 4),
                                   .conflicts = (size_t)db_column_int(st, 5)};
        e = db_column_copy(st, 0, r.rid.b, sizeof r.rid.b);
        if (e == ERR_OK) e = row(ctx, &r);
        if (e == ERR_OK) e = db_step(st, &more);
    }
    db_stmt_free(st);
    return e;
}

enum err node_store_search(struct node_store *s, const struct node_search *q,
                           enum err (*row)(void *ctx, const struct node_store_row *r), void *ctx,
                           size_t *total)
{
    struct node_search_words w;
    enum err e = node_search_split(q, &w);
    if (e == ERR_OK) e = node_search_count(s, q, &w, total);
    if (e == ERR_OK) e = node_search_rows(s, q, &w, row, ctx);
    buf_free(&w.fold);
    return e;
}

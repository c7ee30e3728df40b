#include "node/store_search.h"
#include "common/text.h"
#include "node/store_priv.h"

#include <stdio.h>

/* ---- keeping ---- */

static void node_search_fold(const struct catalogue_type *t, const struct typed_value *values,
                             const struct catalogue_field *title, struct buf *out)
{
    size_t first = title != NULL ? (size_t)(title - t->fields) : 0;
    for (size_t k = 0; k < t->field_count; k++) { /* the title first: it orders lists */
        size_t i = k == 0 ? first : k <= first ? k - 1 : k;
        if (t->fields[i].kind != CATALOGUE_TEXT || values[i].kind != TYPED_TEXT) continue;
        search_fold_add(values[i].bytes, out);
    }
}

static enum err node_refs_remove(struct node_store *s, const struct id_record *rid,
                                 const struct catalogue_type *t)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_ref WHERE type = ?1 AND rid = ?2");
    db_bind_int(q, 1, t->no);
    db_bind_blob(q, 2, BYTES_OF(rid->b));
    return db_run(q);
}

static enum err node_refs_put(struct node_store *s, const struct id_record *rid,
                              const struct catalogue_type *t, const struct typed_value *values)
{
    size_t refs = 0;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < t->field_count; i++) {
        if (t->fields[i].kind != CATALOGUE_REF) continue;
        if (refs++ == 0) e = node_refs_remove(s, rid, t);
        if (e != ERR_OK || values[i].kind != TYPED_BLOB || refs > NODE_SEARCH_REFS_MAX) continue;
        struct db_stmt *q =
            db_stmt(s->db, "INSERT OR IGNORE INTO sys_ref(type, rid, target) VALUES (?1, ?2, ?3)");
        db_bind_int(q, 1, t->no);
        db_bind_blob(q, 2, BYTES_OF(rid->b));
        db_bind_blob(q, 3, values[i].bytes);
        e = db_run(q);
    }
    return e;
}

enum err node_search_put(struct node_store *s, const struct id_record *rid,
                         const struct catalogue_type *t, const struct typed_value *values)
{
    struct buf fold;
    struct bytes title = {NULL, 0};
    const struct catalogue_field *f = catalogue_title(t);
    buf_init(&fold, SEARCH_FOLD_BYTES_MAX);
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
    if (e == ERR_OK) e = node_refs_put(s, rid, t, values);
    buf_free(&fold);
    return e;
}

enum err node_search_remove(struct node_store *s, const struct id_record *rid)
{
    struct db_stmt *r = db_stmt(s->db, "DELETE FROM sys_ref WHERE rid = ?1 AND type = (SELECT type "
                                       "FROM sys_search WHERE rid = ?1)");
    db_bind_blob(r, 1, BYTES_OF(rid->b));
    enum err e = db_run(r);
    if (e != ERR_OK) return e;
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

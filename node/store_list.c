/* Lists, look-ups, history, persons and imports. */
#include "node/store_priv.h"

#include "common/text.h"

#include <assert.h>
#include <stdlib.h>

/* ---- lists ---- */

static const char *node_list_affinity(enum catalogue_kind kind)
{
    if (kind == CATALOGUE_INT || kind == CATALOGUE_MONEY || kind == CATALOGUE_BOOL)
        return "INTEGER";
    if (kind == CATALOGUE_DECIMAL) return "NUMERIC";
    return kind == CATALOGUE_REF ? "BLOB" : "TEXT";
}

static void node_list_where(const struct node_store_list *q, struct buf *sql)
{
    buf_add_str(sql, " WHERE s.deleted = ?1");
    if (q->type != NULL) buf_add_str(sql, " AND s.type = ?2");
    if (q->has_after) buf_add_str(sql, " AND s.rid > ?3");
    if (q->only_conflicts) buf_add_str(sql, " AND s.conflicts > 0");
    if (q->only_pending) buf_add_str(sql, " AND s.pending + s.held > 0");
    for (size_t i = 0; i < q->filter_count; i++) {
        const struct catalogue_field *f = q->filters[i].field;
        unsigned param = (unsigned)i + 5;
        if (q->filters[i].value.len == 0) {
            buf_printf(sql, " AND t.\"%s\" IS NULL", f->name);
        } else if (f->kind == CATALOGUE_CHOICES) {
            buf_printf(sql, " AND EXISTS (SELECT 1 FROM json_each(t.\"%s\") WHERE value = ?%u)",
                       f->name, param);
        } else {
            buf_printf(sql, " AND t.\"%s\" = CAST(?%u AS %s)", f->name, param,
                       node_list_affinity(f->kind));
        }
    }
}

/* Names of tables and columns are the catalogue's, which checked them ([a-z][a-z0-9_]*). */
static enum err node_list_prepare(struct node_store *s, const struct node_store_list *q,
                                  struct db_stmt **out)
{
    struct buf sql;
    buf_init(&sql, 16 * 1024);
    buf_add_str(&sql, "SELECT s.rid, s.unit, s.type, s.pending, s.held, s.conflicts, s.deleted "
                      "FROM sys_shown s");
    if (q->filter_count > 0) buf_printf(&sql, " JOIN \"%s\" t ON t.id = s.rid", q->type->name);
    node_list_where(q, &sql);
    buf_add_str(&sql, " ORDER BY s.rid LIMIT ?4");
    const char *text = buf_cstr(&sql);
    enum err e = sql.e != ERR_OK ? sql.e : db_prepare(s->db, text, out);
    buf_free(&sql);
    return e;
}

static enum err node_list_bind(const struct node_store_list *q, struct db_stmt *st,
                               struct id_record refs[static NODE_STORE_FILTERS_MAX])
{
    db_bind_int(st, 1, q->deleted);
    if (q->type != NULL) db_bind_int(st, 2, q->type->no);
    if (q->has_after) db_bind_blob(st, 3, BYTES_OF(q->after.b));
    db_bind_int(st, 4,
                (int64_t)(q->max < NODE_STORE_LIST_MAX ? q->max : (size_t)NODE_STORE_LIST_MAX));
    for (size_t i = 0; i < q->filter_count; i++) {
        struct bytes v = q->filters[i].value;
        char hex[2 * ID_RECORD_BYTES + 1] = {0};
        if (v.len == 0) continue;
        if (q->filters[i].field->kind != CATALOGUE_REF) {
            db_bind_text(st, (int)i + 5, v);
            continue;
        }
        if (v.len != sizeof hex - 1) return ERR_BAD_INPUT;
        memcpy(hex, v.p, v.len);
        enum err e = id_unhex(hex, refs[i].b, sizeof refs[i].b);
        if (e != ERR_OK) return e;
        db_bind_blob(st, (int)i + 5, BYTES_OF(refs[i].b));
    }
    return ERR_OK;
}

static enum err node_list_row(const struct db_stmt *q, struct node_store_row *r)
{
    r->unit = db_column_bytes(q, 1);
    r->type = (unsigned)db_column_int(q, 2);
    r->pending = (size_t)db_column_int(q, 3);
    r->held = (size_t)db_column_int(q, 4);
    r->conflicts = (size_t)db_column_int(q, 5);
    r->deleted = db_column_int(q, 6) != 0;
    return db_column_copy(q, 0, r->rid.b, sizeof r->rid.b);
}

enum err node_store_list(struct node_store *s, const struct node_store_list *q,
                         enum err (*row)(void *ctx, const struct node_store_row *r), void *ctx)
{
    struct db_stmt *st = NULL;
    struct id_record refs[NODE_STORE_FILTERS_MAX];
    bool more = false;
    assert(q->filter_count <= NODE_STORE_FILTERS_MAX && (q->filter_count == 0 || q->type != NULL));
    enum err e = node_list_prepare(s, q, &st);
    if (e != ERR_OK) return e;
    e = node_list_bind(q, st, refs);
    if (e == ERR_OK) e = db_step(st, &more);
    while (e == ERR_OK && more) {
        struct node_store_row r;
        e = node_list_row(st, &r);
        if (e == ERR_OK) e = row(ctx, &r);
        if (e == ERR_OK) e = db_step(st, &more);
    }
    db_stmt_free(st);
    return e;
}

/* The typed table has the living records only. */
static enum err node_find_prepare(struct node_store *s, const struct catalogue_type *type,
                                  const struct catalogue_field *field, struct db_stmt **out)
{
    struct buf sql;
    buf_init(&sql, 1024);
    buf_printf(&sql, "SELECT id FROM \"%s\" WHERE \"%s\" = CAST(?1 AS %s) LIMIT 2", type->name,
               field->name, node_list_affinity(field->kind));
    const char *text = buf_cstr(&sql);
    enum err e = sql.e != ERR_OK ? sql.e : db_prepare(s->db, text, out);
    buf_free(&sql);
    return e;
}

enum err node_store_find(struct node_store *s, const struct catalogue_type *type,
                         const struct catalogue_field *field, struct bytes value,
                         struct id_record out[static 2], size_t *count)
{
    struct db_stmt *q = NULL;
    bool row = false;
    size_t n = 0;
    if (field->kind == CATALOGUE_REF || field->kind == CATALOGUE_CHOICES) return ERR_BAD_INPUT;
    enum err e = node_find_prepare(s, type, field, &q);
    if (e != ERR_OK) return e;
    db_bind_text(q, 1, value);
    e = db_step(q, &row);
    while (e == ERR_OK && row && n < 2) {
        e = db_column_copy(q, 0, out[n].b, sizeof out[n].b);
        n++;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_stmt_free(q);
    if (e == ERR_OK) *count = n;
    return e;
}

enum err node_store_index(struct node_store *s, const struct catalogue_type *type,
                          const struct catalogue_field *field)
{
    struct buf sql;
    buf_init(&sql, 1024);
    buf_printf(&sql, "CREATE INDEX IF NOT EXISTS \"sys_key_%s_%s\" ON \"%s\"(\"%s\")", type->name,
               field->name, type->name, field->name);
    const char *text = buf_cstr(&sql);
    enum err e = sql.e != ERR_OK ? sql.e : db_exec(s->db, text);
    buf_free(&sql);
    return e;
}

/* ---- history ---- */

static enum err node_history_event(struct node_store *s, const struct db_stmt *q,
                                   struct node_store_event *v)
{
    int64_t log = db_column_int(q, 0);
    v->seq = node_store_u64(db_column_int(q, 1));
    v->op = (unsigned)db_column_int(q, 2);
    v->kind = (enum change_kind)db_column_int(q, 3);
    v->verdict = db_column_kind(q, 4) == DB_NULL ? -1 : (int)db_column_int(q, 4);
    v->delivered = db_column_int(q, 5) != 0;
    enum err e = node_log_view(s, log, v->seq);
    if (e != ERR_OK) return e;
    if (v->op >= s->view->head.ops) return ERR_DAMAGED;
    v->inc = s->view->head.inc;
    v->person = s->view->head.person;
    v->import = s->view->head.import;
    v->at_ms = (int64_t)(s->view->head.hlc >> 16);
    v->payload = s->view->payload[v->op];
    return node_store_person_name(s, &v->person, v->person_name);
}

enum err node_store_history(struct node_store *s, const struct id_record *rid,
                            enum err (*event)(void *ctx, const struct node_store_event *v),
                            void *ctx)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT o.log, o.seq, o.op, o.kind, o.verdict, o.seq < i.receipted "
                       "FROM sys_op o JOIN sys_inc i ON i.no = o.log WHERE o.rid = ?1 "
                       "ORDER BY o.log, o.seq, o.op");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct node_store_event v = {.seq = 0};
        e = node_history_event(s, q, &v);
        if (e == ERR_OK) e = event(ctx, &v);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- persons ---- */

enum err node_store_person(struct node_store *s, struct bytes name, const struct id_person *fresh,
                           struct id_person *out)
{
    if (name.len == 0 || name.len > NODE_STORE_PERSON_BYTES_MAX) return ERR_BAD_INPUT;
    struct db_stmt *q = db_stmt(s->db, "SELECT id FROM sys_person WHERE name = ?1");
    db_bind_text(q, 1, name);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->b, sizeof out->b);
    db_done(q);
    if (e != ERR_NOT_FOUND) return e;
    q = db_stmt(s->db,
                "INSERT INTO sys_person(id, name) VALUES (?1, ?2) ON CONFLICT(id) DO NOTHING");
    db_bind_blob(q, 1, BYTES_OF(fresh->b));
    db_bind_text(q, 2, name);
    e = db_run(q);
    if (e == ERR_OK) *out = *fresh;
    return e;
}

enum err node_store_person_name(struct node_store *s, const struct id_person *id,
                                char out[static NODE_STORE_PERSON_BYTES_MAX + 1])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT name FROM sys_person WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    out[0] = '\0';
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) {
        struct bytes name = db_column_bytes(q, 0);
        size_t n = name.len < NODE_STORE_PERSON_BYTES_MAX ? name.len : NODE_STORE_PERSON_BYTES_MAX;
        if (n > 0) memcpy(out, name.p, n);
        out[n] = '\0';
    }
    db_done(q);
    return e;
}

/* ---- imports ---- */

enum err node_store_import_begin(struct node_store *s, uint64_t id, struct bytes source,
                                 const char *as_of, int64_t now_ms)
{
    source = text_truncate(source, NODE_STORE_SOURCE_BYTES_MAX); /* whole letters */
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_import(id, source, begun_ms, as_of) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, node_store_i64(id));
    db_bind_text(q, 2, source);
    db_bind_int(q, 3, now_ms);
    db_bind_str(q, 4, as_of);
    return db_run(q);
}

/* The import that a set of an own log belongs to; 0: none, or the set is not here. */
static enum err node_import_of(struct node_store *s, const struct id_version *version,
                               uint64_t *import)
{
    struct id_inc inc = id_version_inc(version);
    struct change_head h;
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.head FROM sys_inc n JOIN sys_log l ON l.log = n.no "
                       "AND l.seq = ?2 WHERE n.inc = ?1");
    *import = 0;
    db_bind_blob(q, 1, BYTES_OF(inc.b));
    db_bind_int(q, 2, (int64_t)id_version_seq(version));
    enum err e = db_step(q, &row);
    if (e == ERR_OK && row) e = change_head_read(db_column_bytes(q, 0), &h);
    if (e == ERR_OK && row) *import = h.import;
    db_done(q);
    return e;
}

enum err node_store_import_list(struct node_store *s, uint64_t id,
                                char source[static NODE_STORE_SOURCE_BYTES_MAX + 1], bool *said,
                                struct date *day)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT source, as_of FROM sys_import WHERE id = ?1");
    source[0] = '\0';
    *said = false;
    db_bind_int(q, 1, node_store_i64(id));
    enum err e = db_step(q, &row);
    if (e == ERR_OK && row) {
        struct bytes name = db_column_bytes(q, 0);
        size_t len =
            name.len < NODE_STORE_SOURCE_BYTES_MAX ? name.len : NODE_STORE_SOURCE_BYTES_MAX;
        if (len > 0) memcpy(source, name.p, len);
        source[len] = '\0';
        *said = date_parse(db_column_bytes(q, 1), day) == ERR_OK;
    }
    db_done(q);
    return e;
}

enum err node_store_import_day(struct node_store *s, const struct id_version *version, bool *said,
                               struct date *day)
{
    char source[NODE_STORE_SOURCE_BYTES_MAX + 1];
    uint64_t import = 0;
    *said = false;
    enum err e = node_import_of(s, version, &import);
    if (e != ERR_OK || import == 0) return e;
    return node_store_import_list(s, import, source, said, day);
}

enum err node_store_imports(struct node_store *s, size_t max, struct node_store_import *out,
                            size_t *count)
{
    bool row = false;
    size_t n = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT id, source, begun_ms, ended_ms, ops, sets FROM "
                                       "sys_import ORDER BY begun_ms DESC, id LIMIT ?1");
    db_bind_int(q, 1, (int64_t)max);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row && n < max) {
        struct node_store_import *v = &out[n++];
        struct bytes source = db_column_bytes(q, 1);
        *v = (struct node_store_import){
            .id = node_store_u64(db_column_int(q, 0)),
            .begun_ms = db_column_int(q, 2),
            .ended_ms = db_column_int(q, 3),
            .ops = node_store_u64(db_column_int(q, 4)),
            .sets = node_store_u64(db_column_int(q, 5)),
        };
        if (source.len > NODE_STORE_SOURCE_BYTES_MAX) source.len = NODE_STORE_SOURCE_BYTES_MAX;
        if (source.len > 0) memcpy(v->source, source.p, source.len);
        e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK) *count = n;
    return e;
}

enum err node_store_used(struct node_store *s,
                         enum err (*each)(void *ctx, unsigned type, uint64_t records), void *ctx)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT type, count(*) FROM sys_shown WHERE NOT deleted GROUP BY type");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        int64_t type = db_column_int(q, 0);
        if (type > 0 && type <= UINT16_MAX)
            e = each(ctx, (unsigned)type, node_store_u64(db_column_int(q, 1)));
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_store_made(struct node_store *s, unsigned type, uint64_t *made)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT count(*) FROM sys_shown WHERE type = ?1");
    db_bind_int(q, 1, type);
    enum err e = db_get(q);
    if (e == ERR_OK) *made = node_store_u64(db_column_int(q, 0));
    db_done(q);
    return e;
}

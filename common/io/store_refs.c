/* Names in SQL texts are the catalogue's ([a-z][a-z0-9_]*). */
#include "common/io/store_refs.h"

#include <stdio.h>
#include <string.h>

enum { REFS_SQL_ROOM = 600, REFS_WORDS_ROOM = 400, REFS_COUNT_SQL_MAX = 8192 };

struct refs { /* one question */
    struct db *db;
    const struct catalogue *c;
    struct date on;
    refs_judge_fn *judge;
    void *judge_ctx;
    watch_fn *row;
    void *ctx;
};

/* ---- references that lead nowhere ---- */

static bool refs_old(const struct refs *r, int64_t saved_ms)
{
    struct date saved;
    if (date_of_ms(saved_ms, &saved) != ERR_OK) return true; /* no clock wrote that */
    return date_to_days(r->on) - date_to_days(saved) > REFS_WAIT_DAYS;
}

static enum err refs_tell(const struct refs *r, const struct refs_row *row, bool deleted)
{
    char vi[REFS_WORDS_ROOM], en[REFS_WORDS_ROOM];
    const struct catalogue_field *f = row->field;
    const struct catalogue_type *to = catalogue_type_by_name(r->c, f->list);
    struct catalogue_check check = {.id = deleted ? REFS_CHECK_DELETED : REFS_CHECK_UNKNOWN,
                                    .type = row->type,
                                    .label_vi = vi,
                                    .label_en = en};
    struct watch_ref ref = {.field = f, .target = row->target, .deleted = deleted};
    struct watch_row w = {.check = &check, .unit = row->unit, .record = row->record, .ref = &ref};
    if (deleted) {
        snprintf(vi, sizeof vi, "Mục “%.150s” nhắc tới một hồ sơ đã bị xóa", f->label_vi);
        snprintf(en, sizeof en, "“%.150s” names a record that was deleted", f->label_en);
    } else {
        snprintf(vi, sizeof vi, "Mục “%.120s”: ở đây không có hồ sơ “%.120s” nào mang mã đã ghi",
                 f->label_vi, to->label_vi);
        snprintf(en, sizeof en, "“%.120s”: no record “%.120s” with the id in it is here",
                 f->label_en, to->label_en);
    }
    return r->row(r->ctx, &w);
}

static enum err refs_look(const struct refs *r, const struct refs_row *row)
{
    enum refs_lead lead = REFS_FINE;
    int64_t saved_ms = 0;
    enum err e = r->judge(r->judge_ctx, row, &lead, &saved_ms);
    bool told = lead == REFS_DELETED || (lead == REFS_UNKNOWN && refs_old(r, saved_ms));
    return e == ERR_OK && told ? refs_tell(r, row, lead == REFS_DELETED) : e;
}

static enum err refs_field(const struct refs *r, const struct catalogue_type *t,
                           const struct catalogue_field *f)
{
    char sql[REFS_SQL_ROOM];
    struct db_stmt *q = NULL;
    bool more = false;
    snprintf(sql, sizeof sql,
             "SELECT t.id, t.unit, t.\"%s\" FROM \"%s\" t WHERE typeof(t.\"%s\") = 'blob' AND "
             "length(t.\"%s\") = %d AND NOT EXISTS (SELECT 1 FROM \"%s\" p WHERE p.id = t.\"%s\") "
             "ORDER BY t.id",
             f->name, t->name, f->name, f->name, ID_RECORD_BYTES, f->list, f->name);
    enum err e = db_prepare(r->db, sql, &q);
    if (e != ERR_OK) return e;
    e = db_step(q, &more);
    while (e == ERR_OK && more) {
        struct refs_row row = {.type = t, .field = f, .unit = db_column_bytes(q, 1)};
        e = db_column_copy(q, 0, row.record.b, sizeof row.record.b);
        if (e == ERR_OK) e = db_column_copy(q, 2, row.target.b, sizeof row.target.b);
        if (e == ERR_OK) e = refs_look(r, &row);
        if (e == ERR_OK) e = db_step(q, &more);
    }
    db_stmt_free(q);
    return e;
}

enum err refs_watch(struct db *db, const struct catalogue *c, struct date on, refs_judge_fn *judge,
                    void *judge_ctx, watch_fn *row, void *ctx)
{
    struct refs r = {db, c, on, judge, judge_ctx, row, ctx};
    size_t types = 0;
    enum err e = ERR_OK;
    const struct catalogue_type *t = catalogue_types(c, &types);
    for (size_t i = 0; i < types && e == ERR_OK; i++) {
        if (t[i].scope == CATALOGUE_SCOPE_HUB) continue;
        for (size_t k = 0; k < t[i].field_count && e == ERR_OK; k++) {
            const struct catalogue_field *f = &t[i].fields[k];
            if (f->kind == CATALOGUE_REF && catalogue_type_by_name(c, f->list) != NULL)
                e = refs_field(&r, &t[i], f);
        }
    }
    return e;
}

/* ---- who names a record ---- */

static enum err refs_count_type(struct db *db, const struct catalogue_type *t,
                                const struct catalogue_type *of, const struct id_record *rid,
                                uint64_t *records)
{
    struct buf sql;
    struct db_stmt *q = NULL;
    bool refs = false;
    buf_init(&sql, REFS_COUNT_SQL_MAX);
    buf_printf(&sql, "SELECT count(*) FROM \"%s\" WHERE id <> ?1 AND (0", t->name);
    for (size_t k = 0; k < t->field_count; k++) {
        const struct catalogue_field *f = &t->fields[k];
        if (f->kind != CATALOGUE_REF || strcmp(f->list, of->name) != 0) continue;
        buf_printf(&sql, " OR \"%s\" = ?1", f->name);
        refs = true;
    }
    buf_add_str(&sql, ")");
    const char *text = buf_cstr(&sql);
    enum err e = sql.e == ERR_OK && refs ? db_prepare(db, text, &q) : sql.e;
    buf_free(&sql);
    if (q == NULL) return e;
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    e = db_get(q);
    if (e == ERR_OK) *records += (uint64_t)db_column_int(q, 0);
    db_stmt_free(q);
    return e;
}

enum err refs_count(struct db *db, const struct catalogue *c, const struct catalogue_type *type,
                    const struct id_record *rid, uint64_t *records)
{
    size_t types = 0;
    enum err e = ERR_OK;
    const struct catalogue_type *t = catalogue_types(c, &types);
    *records = 0;
    for (size_t i = 0; i < types && e == ERR_OK; i++)
        if (t[i].scope != CATALOGUE_SCOPE_HUB) e = refs_count_type(db, &t[i], type, rid, records);
    return e;
}

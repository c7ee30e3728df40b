#include "hub/store_desk.h"
#include "hub/store_priv.h"

#include "common/text.h"

#include <stdio.h>

enum { HUB_FIND_SQL_MAX = 1024 }; /* names of types and fields are bounded */

/* ---- finding ---- */

static const struct catalogue_field *hub_find_identity(const struct catalogue_type *t)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].identity == CATALOGUE_IDENTITY_NUMBER) return &t->fields[i];
    }
    return NULL;
}

static bool hub_find_in(struct bytes text, struct bytes wanted, struct buf *fold)
{
    buf_clear(fold);
    if (text.len == 0 || text_fold(text, CATALOGUE_TEXT_BYTES_MAX, fold) != ERR_OK) return false;
    for (size_t i = 0; i + wanted.len <= fold->len; i++) {
        if (memcmp(fold->p + i, wanted.p, wanted.len) == 0) return true;
    }
    return false;
}

/* Every word of the query stands in the title, or the whole of it in the number. */
static bool hub_find_fits(const struct db_stmt *row, struct bytes wanted, struct buf *fold)
{
    size_t at = 0, words = 0;
    if (wanted.len == 0 || hub_find_in(db_column_bytes(row, 2), wanted, fold)) return true;
    while (at < wanted.len) {
        size_t len = 0;
        while (at + len < wanted.len && wanted.p[at + len] != ' ')
            len++;
        if (len > 0 && !hub_find_in(db_column_bytes(row, 1), bytes_make(wanted.p + at, len), fold))
            return false;
        words += len > 0;
        at += len + 1;
    }
    return words > 0;
}

static enum err hub_find_rows(struct db_stmt *rows, const struct hub_find *q, struct bytes wanted,
                              enum err (*each)(void *ctx, const struct id_record *rid), void *ctx,
                              size_t *total)
{
    struct buf fold;
    bool row = false;
    size_t n = 0;
    buf_init(&fold, 8 * CATALOGUE_TEXT_BYTES_MAX);
    enum err e = db_step(rows, &row);
    while (e == ERR_OK && row) {
        if (hub_find_fits(rows, wanted, &fold)) {
            struct id_record rid;
            n++;
            if (n > q->offset && n <= q->offset + q->max) {
                e = db_column_copy(rows, 0, rid.b, sizeof rid.b);
                if (e == ERR_OK) e = each(ctx, &rid);
            }
        }
        if (e == ERR_OK) e = db_step(rows, &row);
    }
    buf_free(&fold);
    *total = n;
    return e;
}

enum err hub_store_find(struct hub_store *s, const struct hub_find *q,
                        enum err (*each)(void *ctx, const struct id_record *rid), void *ctx,
                        size_t *total)
{
    char sql[HUB_FIND_SQL_MAX];
    struct buf wanted;
    struct db_stmt *rows = NULL;
    const struct catalogue_field *title = catalogue_title(q->type);
    const struct catalogue_field *number = hub_find_identity(q->type);
    if (q->query.len > HUB_FIND_QUERY_MAX) return ERR_TOO_LARGE;
    enum err e = hub_store_project(s);
    if (e == ERR_OK && s->typed == NULL) e = ERR_NOT_READY;
    if (e != ERR_OK) return e;
    int n =
        snprintf(sql, sizeof sql,
                 "SELECT id, %s%s%s, %s%s%s FROM \"%s\" WHERE ?1 IS NULL OR unit = ?1 ORDER BY "
                 "2, id",
                 title != NULL ? "\"" : "", title != NULL ? title->name : "NULL",
                 title != NULL ? "\"" : "", number != NULL ? "\"" : "",
                 number != NULL ? number->name : "NULL", number != NULL ? "\"" : "", q->type->name);
    if (n < 0 || (size_t)n >= sizeof sql) return ERR_TOO_LARGE;
    buf_init(&wanted, 8 * HUB_FIND_QUERY_MAX);
    if (q->query.len > 0) e = text_fold(q->query, HUB_FIND_QUERY_MAX, &wanted);
    if (e == ERR_OK) e = db_prepare(s->db, sql, &rows);
    if (e == ERR_OK) {
        db_bind_str(rows, 1, q->unit);
        e = hub_find_rows(rows, q, buf_bytes(&wanted), each, ctx, total);
        db_stmt_free(rows);
    }
    buf_free(&wanted);
    return e;
}

/* ---- drafts ---- */

enum err hub_draft_put(struct hub_store *s, const char *user, const struct hub_draft *d)
{
    if (d->body.len > HUB_DRAFT_BYTES_MAX || strlen(d->key) > HUB_DRAFT_KEY_BYTES_MAX)
        return ERR_TOO_LARGE;
    struct db_stmt *n =
        db_stmt(s->db, "SELECT count(*) FROM sys_draft WHERE user = ?1 AND key <> ?2");
    db_bind_str(n, 1, user);
    db_bind_str(n, 2, d->key);
    enum err e = db_get(n);
    if (e == ERR_OK && db_column_int(n, 0) >= HUB_DRAFTS_MAX) e = ERR_TOO_LARGE;
    db_done(n);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db,
        "INSERT OR REPLACE INTO sys_draft(user, key, body, saved_ms) VALUES (?1, ?2, ?3, ?4)");
    db_bind_str(q, 1, user);
    db_bind_str(q, 2, d->key);
    db_bind_text(q, 3, d->body);
    db_bind_int(q, 4, d->saved_ms);
    return db_run(q);
}

enum err hub_draft_remove(struct hub_store *s, const char *user, const char *key)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_draft WHERE user = ?1 AND key = ?2");
    db_bind_str(q, 1, user);
    db_bind_str(q, 2, key);
    return db_run(q);
}

enum err hub_drafts_each(struct hub_store *s, const char *user,
                         enum err (*each)(void *ctx, const struct hub_draft *d), void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT key, body, saved_ms FROM sys_draft WHERE user = ?1 "
                                       "ORDER BY saved_ms DESC, key");
    db_bind_str(q, 1, user);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        char key[HUB_DRAFT_KEY_BYTES_MAX + 1];
        struct bytes k = db_column_bytes(q, 0);
        snprintf(key, sizeof key, "%.*s", (int)k.len, (const char *)k.p);
        struct hub_draft d = {key, db_column_bytes(q, 1), db_column_int(q, 2)};
        e = each(ctx, &d);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- the last backup ---- */

enum err hub_backup_last(struct hub_store *s, struct hub_backup_note *out)
{
    struct buf name;
    *out = (struct hub_backup_note){.at_ms = 0};
    buf_init(&name, sizeof out->name - 1);
    enum err e = hub_meta_int(s, "backup_ms", &out->at_ms);
    if (e == ERR_OK) e = hub_meta_get(s, "backup_name", &name);
    if (e == ERR_OK) snprintf(out->name, sizeof out->name, "%s", buf_cstr(&name));
    buf_free(&name);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_backup_noted(struct hub_store *s, const char *path, int64_t at_ms)
{
    const char *base = strrchr(path, '/');
    struct bytes name = bytes_str(base != NULL ? base + 1 : path);
    enum err e = hub_meta_set(s, "backup_name",
                              text_truncate(name, sizeof((struct hub_backup_note *)0)->name - 1));
    return e == ERR_OK ? hub_meta_set_int(s, "backup_ms", at_ms) : e;
}

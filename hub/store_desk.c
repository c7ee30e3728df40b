#include "hub/store_desk.h"
#include "hub/store_priv.h"

#include "common/text.h"

#include <stdio.h>

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

/* ---- the last looks at the log ---- */

enum err hub_check_last(struct hub_store *s, struct buf *out)
{
    enum err e = hub_meta_get(s, "check_log", out);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_check_noted(struct hub_store *s, struct bytes text)
{
    return text.len <= HUB_CHECK_BYTES_MAX ? hub_meta_set(s, "check_log", text) : ERR_TOO_LARGE;
}

enum err hub_scrub_last(struct hub_store *s, struct hub_scrub_note *out)
{
    int64_t findings = 0;
    *out = (struct hub_scrub_note){.at_ms = 0};
    enum err e = hub_meta_int(s, "scrub_ms", &out->at_ms);
    if (e == ERR_OK) e = hub_meta_int(s, "scrub_findings", &findings);
    out->findings = (uint64_t)findings;
    return e;
}

enum err hub_scrub_noted(struct hub_store *s, const struct hub_scrub_note *note)
{
    bool own = !db_in_transaction(s->db); /* both or none */
    enum err e = own ? db_begin(s->db) : ERR_OK;
    if (e != ERR_OK) return e;
    e = hub_meta_set_int(s, "scrub_findings", (int64_t)note->findings);
    if (e == ERR_OK) e = hub_meta_set_int(s, "scrub_ms", note->at_ms);
    return own ? db_end(s->db, e) : e;
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
    bool own = !db_in_transaction(s->db); /* both or none */
    enum err e = own ? db_begin(s->db) : ERR_OK;
    if (e != ERR_OK) return e;
    e = hub_meta_set(s, "backup_name",
                     text_truncate(name, sizeof((struct hub_backup_note *)0)->name - 1));
    if (e == ERR_OK) e = hub_meta_set_int(s, "backup_ms", at_ms);
    return own ? db_end(s->db, e) : e;
}

#include "hub/store_users.h"
#include "hub/store_priv.h"

#include "common/text.h"

#include <stdio.h>

/* ---- roles and names ---- */

static const struct {
    enum hub_role role;
    const char *name;
} hub_roles[] = {{HUB_ROLE_ADMIN, "admin"},
                 {HUB_ROLE_STATISTICIAN, "statistician"},
                 {HUB_ROLE_VIEWER, "viewer"},
                 {HUB_ROLE_PROVINCE, "province"}};

const char *hub_role_name(enum hub_role role)
{
    for (size_t i = 0; i < sizeof hub_roles / sizeof hub_roles[0]; i++) {
        if (hub_roles[i].role == role) return hub_roles[i].name;
    }
    return "";
}

enum hub_role hub_role_of(const char *name)
{
    for (size_t i = 0; i < sizeof hub_roles / sizeof hub_roles[0]; i++) {
        if (hub_roles[i].role != HUB_ROLE_PROVINCE && strcmp(hub_roles[i].name, name) == 0)
            return hub_roles[i].role;
    }
    return HUB_ROLE_NONE;
}

bool hub_role_needs_code(enum hub_role role)
{
    return role == HUB_ROLE_ADMIN || role == HUB_ROLE_STATISTICIAN;
}

enum err hub_user_name(const char *typed, struct hub_user_name *out)
{
    struct buf clean, fold;
    buf_init(&clean, LOGIN_NAME_BYTES_MAX);
    buf_init(&fold, 8 * LOGIN_NAME_BYTES_MAX);
    enum err e =
        text_normalise(text_trim(bytes_str(typed)), LOGIN_NAME_BYTES_MAX, TEXT_ONE_LINE, &clean);
    if (e == ERR_OK) e = text_fold(buf_bytes(&clean), LOGIN_NAME_BYTES_MAX, &fold);
    if (e == ERR_OK && fold.len == 0) e = ERR_BAD_INPUT;
    if (e == ERR_OK) {
        snprintf(out->clean, sizeof out->clean, "%s", buf_cstr(&clean));
        snprintf(out->fold, sizeof out->fold, "%s", buf_cstr(&fold));
    }
    buf_free(&clean);
    buf_free(&fold);
    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_BAD_INPUT;
}

/* ---- users ---- */

static void hub_users_text(struct bytes b, char *out, size_t room)
{
    size_t len = b.len < room ? b.len : room - 1;
    if (len > 0) memcpy(out, b.p, len);
    out[len] = '\0';
}

#define HUB_USER_COLUMNS "name, hash, role, once, secret, code_step, created_ms, disabled_ms"

static enum err hub_user_row(const struct db_stmt *q, struct hub_user *u)
{
    char role[HUB_ROLE_ROOM];
    *u = (struct hub_user){.once = db_column_int(q, 3) != 0,
                           .code_step = db_column_int(q, 5),
                           .created_ms = db_column_int(q, 6),
                           .disabled_ms = db_column_int(q, 7)};
    hub_users_text(db_column_bytes(q, 0), u->name, sizeof u->name);
    hub_users_text(db_column_bytes(q, 1), u->hash, sizeof u->hash);
    hub_users_text(db_column_bytes(q, 2), role, sizeof role);
    u->role = hub_role_of(role);
    if (db_column_kind(q, 4) == DB_NULL) return ERR_OK;
    enum err e = db_column_copy(q, 4, u->secret, sizeof u->secret);
    u->has_secret = e == ERR_OK;
    return e;
}

enum err hub_users_find(struct hub_store *s, const char *fold, struct hub_user *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT " HUB_USER_COLUMNS " FROM sys_user WHERE fold = ?1");
    db_bind_str(q, 1, fold);
    enum err e = db_get(q);
    if (e == ERR_OK) e = hub_user_row(q, out);
    db_done(q);
    return e;
}

static void hub_user_bind(struct db_stmt *q, const struct hub_user *u)
{
    db_bind_str(q, 1, u->name);
    db_bind_str(q, 2, u->hash);
    db_bind_str(q, 3, hub_role_name(u->role));
    db_bind_int(q, 4, u->once);
    if (u->has_secret) db_bind_blob(q, 5, BYTES_OF(u->secret));
    db_bind_int(q, 6, u->code_step);
    db_bind_int(q, 7, u->disabled_ms);
}

enum err hub_users_add(struct hub_store *s, const struct hub_user *u, const char *fold)
{
    struct db_stmt *n = db_stmt(s->db, "SELECT count(*) FROM sys_user");
    enum err e = db_get(n);
    if (e == ERR_OK && db_column_int(n, 0) >= HUB_USERS_MAX) e = ERR_TOO_LARGE;
    db_done(n);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_user(name, hash, role, once, secret, code_step, disabled_ms, fold, "
               "created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    hub_user_bind(q, u);
    db_bind_str(q, 8, fold);
    db_bind_int(q, 9, u->created_ms);
    return db_run(q);
}

enum err hub_users_set(struct hub_store *s, const struct hub_user *u)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_user SET hash = ?2, role = ?3, once = ?4, secret = ?5, "
                       "code_step = ?6, disabled_ms = ?7 WHERE name = ?1");
    hub_user_bind(q, u);
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

enum err hub_users_each(struct hub_store *s, enum err (*each)(void *ctx, const struct hub_user *u),
                        void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT " HUB_USER_COLUMNS " FROM sys_user ORDER BY fold");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct hub_user u;
        e = hub_user_row(q, &u);
        if (e == ERR_OK) e = each(ctx, &u);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- failed tries ---- */

enum err hub_tries_get(struct hub_store *s, const char *key, struct hub_tries *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT fails, at_ms FROM sys_tries WHERE key = ?1");
    db_bind_str(q, 1, key);
    *out = (struct hub_tries){.fails = 0};
    enum err e = db_get(q);
    if (e == ERR_OK) {
        int64_t fails = db_column_int(q, 0);
        out->fails = fails > 0 && fails < 1000000 ? (unsigned)fails : 0;
        out->at_ms = db_column_int(q, 1);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Names nobody has are remembered too, so that an answer tells nothing; the oldest of them give
 * way. */
static enum err hub_tries_make_room(struct hub_store *s)
{
    struct db_stmt *n = db_stmt(s->db, "SELECT count(*) FROM sys_tries");
    enum err e = db_get(n);
    bool full = e == ERR_OK && db_column_int(n, 0) >= HUB_TRIES_MAX;
    db_done(n);
    if (!full) return e;
    return db_run(db_stmt(s->db, "DELETE FROM sys_tries WHERE key = (SELECT t.key FROM sys_tries t "
                                 "LEFT JOIN sys_user u ON u.fold = t.key ORDER BY u.fold IS NOT "
                                 "NULL, t.at_ms LIMIT 1)"));
}

enum err hub_tries_set(struct hub_store *s, const char *key, const struct hub_tries *tries)
{
    if (tries->fails == 0) {
        struct db_stmt *d = db_stmt(s->db, "DELETE FROM sys_tries WHERE key = ?1");
        db_bind_str(d, 1, key);
        return db_run(d);
    }
    enum err e = hub_tries_make_room(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_tries(key, fails, at_ms) VALUES (?1, ?2, ?3) ON "
                       "CONFLICT(key) DO UPDATE SET fails = excluded.fails, at_ms = "
                       "excluded.at_ms");
    db_bind_str(q, 1, key);
    db_bind_int(q, 2, tries->fails);
    db_bind_int(q, 3, tries->at_ms);
    return db_run(q);
}

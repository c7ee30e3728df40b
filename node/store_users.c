#include "node/store_users.h"
#include "node/store_priv.h"

#include <stdio.h>

static enum err node_users_number(struct db_stmt *q, size_t *out)
{
    enum err e = db_get(q);
    if (e == ERR_OK) *out = (size_t)db_column_int(q, 0);
    db_done(q);
    return e;
}

static void node_users_text(struct bytes b, char *out, size_t room)
{
    size_t len = b.len < room ? b.len : room - 1;
    if (len > 0) memcpy(out, b.p, len);
    out[len] = '\0';
}

/* ---- users ---- */

enum err node_users_count(struct node_store *s, size_t *out)
{
    return node_users_number(db_stmt(s->db, "SELECT count(*) FROM desk_user"), out);
}

static const char *const node_user_roles[NODE_USER_ROLES] = {"keeper", "clerk", "leader"};

const char *node_user_role_word(enum node_user_role role)
{
    return node_user_roles[role];
}

enum err node_user_role_read(const char *word, enum node_user_role *out)
{
    for (unsigned i = 0; i < NODE_USER_ROLES; i++) {
        if (strcmp(word, node_user_roles[i]) != 0) continue;
        *out = (enum node_user_role)i;
        return ERR_OK;
    }
    return ERR_BAD_INPUT;
}

/* An unknown role is the one that may do least. */
static void node_users_row(const struct db_stmt *q, struct node_user *u)
{
    char role[16];
    *u = (struct node_user){.created_ms = db_column_int(q, 2)};
    node_users_text(db_column_bytes(q, 0), u->name, sizeof u->name);
    node_users_text(db_column_bytes(q, 1), u->hash, sizeof u->hash);
    node_users_text(db_column_bytes(q, 3), role, sizeof role);
    if (node_user_role_read(role, &u->role) != ERR_OK) u->role = NODE_USER_LEADER;
    u->active = db_column_int(q, 4) != 0;
}

enum err node_users_find(struct node_store *s, struct bytes fold, struct node_user *out)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT name, hash, created_ms, role, active FROM desk_user WHERE fold = ?1");
    db_bind_text(q, 1, fold);
    enum err e = db_get(q);
    if (e == ERR_OK) node_users_row(q, out);
    db_done(q);
    return e;
}

enum err node_users_add(struct node_store *s, const struct node_user *u, struct bytes fold)
{
    size_t n = 0;
    enum err e = node_users_count(s, &n);
    if (e == ERR_OK && n >= NODE_USERS_MAX) e = ERR_TOO_LARGE;
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db,
        "INSERT INTO desk_user(name, fold, hash, created_ms, role) VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_str(q, 1, u->name);
    db_bind_text(q, 2, fold);
    db_bind_str(q, 3, u->hash);
    db_bind_int(q, 4, u->created_ms);
    db_bind_str(q, 5, node_user_role_word(u->role));
    return db_run(q);
}

enum err node_users_set_hash(struct node_store *s, const char *name, const char *hash)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE desk_user SET hash = ?2 WHERE name = ?1");
    db_bind_str(q, 1, name);
    db_bind_str(q, 2, hash);
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

static enum err node_users_role_put(struct node_store *s, const char *name,
                                    enum node_user_role role, bool active)
{
    size_t keepers = 0;
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE desk_user SET role = ?2, active = ?3 WHERE name = ?1");
    db_bind_str(q, 1, name);
    db_bind_str(q, 2, node_user_role_word(role));
    db_bind_int(q, 3, active);
    enum err e = db_run(q);
    if (e == ERR_OK && db_changes(s->db) == 0) e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = node_users_number(
            db_stmt(s->db, "SELECT count(*) FROM desk_user WHERE role = 'keeper' AND active"),
            &keepers);
    return e == ERR_OK && keepers == 0 ? ERR_DENIED : e;
}

enum err node_users_set_role(struct node_store *s, const char *name, enum node_user_role role,
                             bool active)
{
    enum err e = db_begin(s->db);
    return e == ERR_OK ? db_end(s->db, node_users_role_put(s, name, role, active)) : e;
}

enum err node_users_each(struct node_store *s,
                         enum err (*each)(void *ctx, const struct node_user *u), void *ctx)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT name, hash, created_ms, role, active FROM desk_user ORDER BY fold");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct node_user u;
        node_users_row(q, &u);
        e = each(ctx, &u);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_users_take(struct node_store *to, struct node_store *from)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(from->db, "SELECT name, fold, hash, created_ms, role, active FROM desk_user");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct db_stmt *put =
            db_stmt(to->db, "INSERT INTO desk_user(name, fold, hash, created_ms, role, active) "
                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        for (int i = 0; i < 6; i++) {
            if (i == 3 || i == 5)
                db_bind_int(put, i + 1, db_column_int(q, i));
            else
                db_bind_text(put, i + 1, db_column_bytes(q, i));
        }
        e = db_run(put);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- failed tries ---- */

enum err node_tries_get(struct node_store *s, const char *key, struct node_tries *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT fails, at_ms FROM desk_tries WHERE key = ?1");
    db_bind_str(q, 1, key);
    *out = (struct node_tries){.fails = 0};
    enum err e = db_get(q);
    if (e == ERR_OK) {
        int64_t fails = db_column_int(q, 0);
        out->fails = fails > 0 && fails < 1000000 ? (unsigned)fails : 0;
        out->at_ms = db_column_int(q, 1);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Names nobody has are remembered too, so that an answer tells nothing; the oldest give way. */
static enum err node_tries_make_room(struct node_store *s)
{
    size_t n = 0;
    enum err e = node_users_number(db_stmt(s->db, "SELECT count(*) FROM desk_tries"), &n);
    if (e != ERR_OK || n < NODE_TRIES_MAX) return e;
    return db_run(db_stmt(s->db, "DELETE FROM desk_tries WHERE key = (SELECT t.key FROM desk_tries "
                                 "t LEFT JOIN desk_user u ON u.fold = t.key ORDER BY u.fold IS "
                                 "NOT NULL, t.at_ms LIMIT 1)"));
}

enum err node_tries_set(struct node_store *s, const char *key, const struct node_tries *tries)
{
    if (tries->fails == 0) {
        struct db_stmt *d = db_stmt(s->db, "DELETE FROM desk_tries WHERE key = ?1");
        db_bind_str(d, 1, key);
        return db_run(d);
    }
    enum err e = node_tries_make_room(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO desk_tries(key, fails, at_ms) VALUES (?1, ?2, ?3)");
    db_bind_str(q, 1, key);
    db_bind_int(q, 2, tries->fails);
    db_bind_int(q, 3, tries->at_ms);
    return db_run(q);
}

/* ---- forgotten passwords ---- */

enum err node_reset_get(struct node_store *s, struct bytes fold, struct node_reset *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT challenge, at_ms FROM desk_reset WHERE fold = ?1");
    db_bind_text(q, 1, fold);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        node_users_text(db_column_bytes(q, 0), out->challenge, sizeof out->challenge);
        out->at_ms = db_column_int(q, 1);
    }
    db_done(q);
    return e;
}

enum err node_reset_set(struct node_store *s, struct bytes fold, const struct node_reset *v)
{
    struct db_stmt *q =
        v == NULL ? db_stmt(s->db, "DELETE FROM desk_reset WHERE fold = ?1")
                  : db_stmt(s->db, "INSERT OR REPLACE INTO desk_reset(fold, challenge, at_ms) "
                                   "VALUES (?1, ?2, ?3)");
    db_bind_text(q, 1, fold);
    if (v != NULL) db_bind_str(q, 2, v->challenge);
    if (v != NULL) db_bind_int(q, 3, v->at_ms);
    return db_run(q);
}

/* ---- drafts ---- */

enum err node_drafts_hand_over(struct node_store *s, const char *from, const char *to)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE OR IGNORE desk_draft SET user = ?2 WHERE user = ?1");
    db_bind_str(q, 1, from);
    db_bind_str(q, 2, to);
    return db_run(q);
}

enum err node_draft_put(struct node_store *s, const char *user, const struct node_draft *d)
{
    size_t others = 0;
    if (d->body.len > NODE_DRAFT_BYTES_MAX || strlen(d->key) > NODE_DRAFT_KEY_BYTES_MAX)
        return ERR_TOO_LARGE;
    struct db_stmt *n =
        db_stmt(s->db, "SELECT count(*) FROM desk_draft WHERE user = ?1 AND key <> ?2");
    db_bind_str(n, 1, user);
    db_bind_str(n, 2, d->key);
    enum err e = node_users_number(n, &others);
    if (e == ERR_OK && others >= NODE_DRAFTS_MAX) e = ERR_TOO_LARGE;
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db,
        "INSERT OR REPLACE INTO desk_draft(user, key, body, saved_ms) VALUES (?1, ?2, ?3, ?4)");
    db_bind_str(q, 1, user);
    db_bind_str(q, 2, d->key);
    db_bind_text(q, 3, d->body);
    db_bind_int(q, 4, d->saved_ms);
    return db_run(q);
}

enum err node_draft_remove(struct node_store *s, const char *user, const char *key)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM desk_draft WHERE user = ?1 AND key = ?2");
    db_bind_str(q, 1, user);
    db_bind_str(q, 2, key);
    return db_run(q);
}

enum err node_drafts_each(struct node_store *s, const char *user,
                          enum err (*each)(void *ctx, const struct node_draft *d), void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT key, body, saved_ms FROM desk_draft WHERE user = ?1 "
                                       "ORDER BY saved_ms DESC, key");
    db_bind_str(q, 1, user);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        char key[NODE_DRAFT_KEY_BYTES_MAX + 1];
        node_users_text(db_column_bytes(q, 0), key, sizeof key);
        struct node_draft d = {
            .key = key, .body = db_column_bytes(q, 1), .saved_ms = db_column_int(q, 2)};
        e = each(ctx, &d);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- who looked ---- */

enum err node_access_add(struct node_store *s, const struct node_access *a)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO desk_access(at_ms, user, what, type, rid, why) VALUES (?1, ?2, ?3, ?4, "
               "?5, ?6)");
    db_bind_int(q, 1, a->at_ms);
    db_bind_str(q, 2, a->user);
    db_bind_str(q, 3, a->what);
    db_bind_str(q, 4, a->type);
    if (a->rid != NULL) db_bind_blob(q, 5, BYTES_OF(a->rid->b));
    db_bind_str(q, 6, a->why != NULL ? a->why : "");
    return db_run(q);
}

enum err node_access_each(struct node_store *s, int64_t before, size_t max,
                          enum err (*each)(void *ctx, const struct node_access *a), void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT at_ms, user, what, type, rid, no, why FROM desk_access WHERE ?2 = 0 OR no < ?2 "
        "ORDER BY no DESC LIMIT ?1");
    db_bind_int(q, 1, (int64_t)(max < NODE_ACCESS_ROWS_MAX ? max : NODE_ACCESS_ROWS_MAX));
    db_bind_int(q, 2, before);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        char user[NODE_STORE_PERSON_BYTES_MAX + 1], what[32], type[CATALOGUE_NAME_BYTES_MAX + 1];
        char why[NODE_ACCESS_WHY_BYTES_MAX + 1];
        struct id_record rid;
        bool has = db_column_kind(q, 4) != DB_NULL;
        node_users_text(db_column_bytes(q, 1), user, sizeof user);
        node_users_text(db_column_bytes(q, 2), what, sizeof what);
        node_users_text(db_column_bytes(q, 3), type, sizeof type);
        if (has) e = db_column_copy(q, 4, rid.b, sizeof rid.b);
        node_users_text(db_column_bytes(q, 6), why, sizeof why);
        struct node_access a = {
            db_column_int(q, 5), db_column_int(q, 0), user, what, type, has ? &rid : NULL, why};
        if (e == ERR_OK) e = each(ctx, &a);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

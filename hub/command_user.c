/* Logins of the desk: who may come in, and as what. docs/hub-desk.md. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/closed.h"
#include "hub/store_users.h"

/* ---- answers ---- */

static json_t *hub_user_bad_name(void)
{
    return hub_command_error(ERR_BAD_INPUT, "Họ tên phải có chữ và không quá 200 byte.",
                             "A name has letters and at most 200 bytes.");
}

static json_t *hub_user_bad_role(void)
{
    return hub_command_error(
        ERR_BAD_INPUT, "Vai trò là admin (quản trị), statistician (thống kê) hoặc viewer (xem).",
        "A role is admin, statistician or viewer.");
}

static json_t *hub_user_json(const struct hub_user *u)
{
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:o}", "name", u->name, "role",
                     hub_role_name(u->role), "disabled", (int)(u->disabled_ms != 0), "once",
                     (int)u->once, "authenticator", (int)u->has_secret, "created",
                     hub_json_time(u->created_ms));
}

/* ---- list ---- */

static enum err hub_user_each(void *ctx, const struct hub_user *u)
{
    return json_array_append_new(ctx, hub_user_json(u)) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_user_list(struct hub_app *a)
{
    json_t *rows = json_array();
    enum err e = hub_users_each(a->store, hub_user_each, rows);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "users", rows) : hub_command_fail(e);
    json_decref(rows);
    return j;
}

/* ---- changing one ---- */

/* A new password to hand out, good for one login. */
static json_t *hub_user_give(struct hub_user *u, char once[static LOGIN_ONCE_ROOM])
{
    login_once(once);
    u->once = true;
    return login_hash(once, u->hash) == ERR_OK ? NULL : hub_command_fail(ERR_NOMEM);
}

static json_t *hub_user_saved(enum err e, const struct hub_user *u, const char *once)
{
    if (e == ERR_EXISTS)
        return hub_command_error(e, "Đã có người dùng mang tên này.",
                                 "There is a user of this name already.");
    if (e == ERR_TOO_LARGE)
        return hub_command_error(e, "Đã đủ 200 người dùng.", "There are 200 users already.");
    json_t *j = e == ERR_OK ? hub_user_json(u) : hub_command_fail(e);
    if (e == ERR_OK && once[0] != '\0') json_object_set_new(j, "password", json_string(once));
    return j;
}

static json_t *hub_user_add(struct hub_app *a, const json_t *request,
                            const struct hub_user_name *name)
{
    char once[LOGIN_ONCE_ROOM] = "";
    const char *role = hub_request_str(request, "role");
    struct hub_user u = {.role = hub_role_of(role != NULL ? role : ""),
                         .code_step = -1,
                         .created_ms = clock_wall_ms()};
    if (u.role == HUB_ROLE_NONE) return hub_user_bad_role();
    memcpy(u.name, name->clean, sizeof u.name);
    json_t *j = hub_user_give(&u, once);
    if (j == NULL) j = hub_user_saved(hub_users_add(a->store, &u, name->fold), &u, once);
    login_wipe(once, sizeof once);
    login_wipe(&u, sizeof u);
    return j;
}

/* Is there another admin who can still log in? Without one nobody could undo it at the desk. */
struct hub_admins {
    const char *but;
    size_t count;
};

static enum err hub_user_admin(void *ctx, const struct hub_user *u)
{
    struct hub_admins *w = ctx;
    if (u->role == HUB_ROLE_ADMIN && u->disabled_ms == 0 && strcmp(u->name, w->but) != 0)
        w->count++;
    return ERR_OK;
}

static json_t *hub_user_last(struct hub_app *a, const struct hub_user *u)
{
    struct hub_admins w = {.but = u->name};
    if (u->role != HUB_ROLE_ADMIN || u->disabled_ms != 0) return NULL;
    enum err e = hub_users_each(a->store, hub_user_admin, &w);
    if (e != ERR_OK) return hub_command_fail(e);
    if (w.count > 0) return NULL;
    return hub_command_error(ERR_DENIED,
                             "Đây là người quản trị cuối cùng: hãy thêm người quản trị khác trước.",
                             "This is the last admin: add another one first.");
}

/* Closed outside the database first, opened there last: in doubt a login stays closed. */
static enum err hub_user_save(struct hub_app *a, const struct hub_user *u, bool was_closed)
{
    struct hub_user_name name;
    bool closed = u->disabled_ms != 0;
    enum err e = hub_user_name(u->name, &name);
    if (e == ERR_OK && closed)
        e = hub_closed_set(a, HUB_CLOSED_USER, name.fold, u->created_ms, true);
    if (e == ERR_OK) e = hub_users_set(a->store, u);
    if (e == ERR_OK && !closed && was_closed)
        e = hub_closed_set(a, HUB_CLOSED_USER, name.fold, u->created_ms, false);
    return e;
}

static json_t *hub_user_change(struct hub_app *a, const json_t *request, const char *action,
                               struct hub_user *u)
{
    char once[LOGIN_ONCE_ROOM] = "";
    const bool was_closed = u->disabled_ms != 0;
    json_t *j = NULL;
    if (strcmp(action, "disable") == 0) {
        j = hub_user_last(a, u);
        if (u->disabled_ms == 0) u->disabled_ms = clock_wall_ms();
    } else if (strcmp(action, "enable") == 0) {
        u->disabled_ms = 0;
    } else if (strcmp(action, "role") == 0) {
        const char *role = hub_request_str(request, "role");
        enum hub_role want = hub_role_of(role != NULL ? role : "");
        j = want == HUB_ROLE_NONE ? hub_user_bad_role() : NULL;
        if (j == NULL && want != HUB_ROLE_ADMIN) j = hub_user_last(a, u);
        u->role = want;
    } else if (strcmp(action, "passwd") == 0) {
        j = hub_user_give(u, once);
    } else if (strcmp(action, "authenticator") == 0) { /* a lost telephone */
        u->has_secret = false;
        j = hub_user_give(u, once);
    } else {
        j = hub_command_fail(ERR_USAGE);
    }
    if (j == NULL) j = hub_user_saved(hub_user_save(a, u, was_closed), u, once);
    login_wipe(once, sizeof once);
    return j;
}

json_t *hub_command_user(struct hub_app *a, const json_t *request)
{
    struct hub_user_name name;
    struct hub_user u;
    const char *action = hub_request_str(request, "action");
    const char *typed = hub_request_str(request, "name");
    if (action == NULL) return hub_command_fail(ERR_USAGE);
    if (strcmp(action, "list") == 0) return hub_user_list(a);
    enum err e = typed != NULL ? hub_user_name(typed, &name) : ERR_BAD_INPUT;
    if (e != ERR_OK) return e == ERR_BAD_INPUT ? hub_user_bad_name() : hub_command_fail(e);
    if (strcmp(action, "add") == 0) return hub_user_add(a, request, &name);
    e = hub_users_find(a->store, name.fold, &u);
    json_t *j = e == ERR_OK          ? hub_user_change(a, request, action, &u)
                : e == ERR_NOT_FOUND ? hub_command_error(e, "Không có người dùng mang tên này.",
                                                         "There is no user of this name.")
                                     : hub_command_fail(e);
    login_wipe(&u, sizeof u);
    return j;
}

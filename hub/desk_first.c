/* The first admin, made in the browser: with a code that stands in a file of the hub's machine, while
 * there is no login yet. */
#include "hub/desk_priv.h"

#include "common/io/file.h"
#include "common/io/work.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>

#define HUB_FIRST_KEY " first" /* of the tries at the code; no folded name begins with a blank */

static enum err hub_desk_first_count(void *ctx, const struct hub_user *u)
{
    (void)u;
    ++*(size_t *)ctx;
    return ERR_OK;
}

static enum err hub_desk_logins(const struct hub_desk *d, size_t *out)
{
    *out = 0;
    return hub_users_each(d->o.app->store, hub_desk_first_count, out);
}

static enum err hub_desk_first_path(const struct hub_desk *d, char out[static FILE_PATH_BYTES_MAX])
{
    return d->o.app->data[0] != '\0' ? hub_app_path(d->o.app->data, HUB_FIRST_FILE, out)
                                     : ERR_NOT_FOUND;
}

/* Somebody can log in: the code is worth nothing any more. */
static void hub_desk_first_over(struct hub_desk *d)
{
    char path[FILE_PATH_BYTES_MAX];
    login_wipe(d->first, sizeof d->first);
    enum err e = hub_desk_first_path(d, path);
    if (e == ERR_OK) e = file_remove(path);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.first"), log_err(e));
}

enum err hub_desk_first_begin(struct hub_desk *d)
{
    char path[FILE_PATH_BYTES_MAX], text[LOGIN_ONCE_ROOM + 1];
    size_t users = 0;
    enum err e = hub_desk_logins(d, &users);
    if (e != ERR_OK) return e;
    if (users > 0) {
        hub_desk_first_over(d);
        return ERR_OK;
    }
    login_once(d->first);
    e = hub_desk_first_path(d, path);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    int n = snprintf(text, sizeof text, "%s\n", d->first);
    if (e == ERR_OK) e = file_write_atomic(path, bytes_make(text, (size_t)n), 0600);
    login_wipe(text, sizeof text);
    if (e == ERR_OK) LOG_EVENT(LOG_LEVEL_INFO, log_evt("desk.first"), log_str("code", path));
    return e;
}

bool hub_desk_first_open(struct hub_desk *d)
{
    size_t users = 0;
    if (d->first[0] == '\0' || hub_desk_logins(d, &users) != ERR_OK) return false;
    if (users > 0) hub_desk_first_over(d); /* made by the command line */
    return users == 0;
}

const char *hub_desk_first_code(const struct hub_desk *d)
{
    return d->first;
}

/* ---- the password's hash beside the loop ---- */

struct hub_desk_first_job {
    struct hub_desk *d;
    struct web_later *later; /* NULL: `r` is filled at once */
    struct web_response *r;
    struct hub_user_name name;
    struct hub_user user;
    char password[LOGIN_PASSWORD_MAX + 1];
    enum err e;
};

static void hub_desk_first_work(void *ctx)
{
    struct hub_desk_first_job *j = ctx;
    j->e = login_hash(j->password, j->user.hash);
}

static json_t *hub_desk_first_add(struct hub_desk_first_job *j)
{
    struct hub_desk *d = j->d;
    enum err e = j->e;
    if (e == ERR_OK) e = hub_app_settle(d->o.app);
    if (e == ERR_OK && !hub_desk_first_open(d)) e = ERR_EXISTS; /* another one was faster */
    if (e == ERR_OK) e = hub_users_add(d->o.app->store, &j->user, j->name.fold);
    hub_desk_note(d, j->user.name, "first", NULL, e);
    if (e == ERR_EXISTS)
        return hub_command_error(e, "Đã có người dùng: hãy đăng nhập.",
                                 "There are users already: log in.");
    if (e != ERR_OK) return hub_command_fail(e);
    hub_desk_first_over(d);
    struct login_session *s = hub_desk_begin(d, j->r, NULL, j->user.name, HUB_STAGE_ENROL);
    return hub_desk_state(d, s, &j->user);
}

static void hub_desk_first_done(void *ctx)
{
    struct hub_desk_first_job *j = ctx;
    j->d->hashing--;
    if (j->later != NULL) j->r = web_later_response(j->later);
    if (j->r != NULL) web_json_answer(j->r, hub_desk_first_add(j));
    if (j->later != NULL) web_later_done(j->later);
    login_wipe(j, sizeof *j);
    free(j);
}

static void hub_desk_first_start(struct hub_desk_call *c, struct hub_desk_first_job *j)
{
    struct hub_desk *d = c->d;
    d->hashing++;
    c->later = true;
    if (d->o.loop != NULL) j->later = web_later(d->web);
    if (j->later == NULL ||
        work_start(d->o.loop, hub_desk_first_work, hub_desk_first_done, j) != ERR_OK) {
        hub_desk_first_work(j);
        hub_desk_first_done(j);
    }
}

/* ---- the route ---- */

json_t *hub_desk_first(struct hub_desk_call *c)
{
    struct hub_tries t;
    struct hub_user_name name;
    const char *password = web_json_text(c->body, "password");
    size_t len = strlen(password);
    if (!hub_desk_first_open(c->d))
        return hub_command_error(ERR_EXISTS, "Đã có người dùng: hãy đăng nhập.",
                                 "There are users already: log in.");
    json_t *said = hub_desk_may_try(c->d, c->r, HUB_FIRST_KEY, &t);
    if (said == NULL && c->d->hashing >= HUB_DESK_HASHES_MAX) said = hub_desk_busy(c->r);
    if (said != NULL) return said;
    bool right = login_same(c->d->first, web_json_text(c->body, "code"));
    hub_desk_tried(c->d, HUB_FIRST_KEY, right);
    if (!right)
        return hub_command_error(
            ERR_DENIED, "Mã một lần không đúng. Trên máy trung tâm: `dongbo-hub first-code`.",
            "The one-time code is wrong. On the hub's machine: `dongbo-hub first-code`.");
    if (hub_user_name(web_json_text(c->body, "name"), &name) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Họ tên phải có chữ và không quá 200 byte.",
                                 "A name has letters and at most 200 bytes.");
    if (len < LOGIN_PASSWORD_MIN || len > LOGIN_PASSWORD_MAX)
        return hub_command_error(ERR_BAD_INPUT, "Mật khẩu cần ít nhất 8 ký tự.",
                                 "The password needs at least 8 characters.");
    struct hub_desk_first_job *j = calloc(1, sizeof *j);
    if (j == NULL) return hub_command_fail(ERR_NOMEM);
    *j = (struct hub_desk_first_job){.d = c->d, .r = c->r, .name = name};
    j->user =
        (struct hub_user){.role = HUB_ROLE_ADMIN, .code_step = -1, .created_ms = c->d->o.wall_ms()};
    memcpy(j->user.name, name.clean, sizeof j->user.name);
    memcpy(j->password, password, len + 1);
    hub_desk_first_start(c, j);
    return NULL;
}

/* Logins: the first one, passwords, failed tries, sessions. */
#include "node/desk_priv.h"
#include "common/io/file.h"
#include "common/log.h"
#include "common/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NODE_DESK_FIRST_KEY " first" /* of the tries at the code; no folded name begins so */

static struct node_store *node_desk_store(const struct node_desk *d)
{
    return d->o.command->store;
}

/* ---- the code of the first login ---- */

enum err node_desk_code_set(struct node_desk *d)
{
    char path[FILE_PATH_BYTES_MAX], text[NODE_DESK_CODE_BYTES + 2];
    uint8_t random[NODE_DESK_CODE_BYTES / 2];
    size_t users = 0;
    enum err e = node_users_count(node_desk_store(d), &users);
    if (e == ERR_OK) e = file_join(d->o.dir, "run", path, sizeof path);
    if (e == ERR_OK) e = file_mkdirs(path, 0700);
    if (e == ERR_OK) e = file_join(d->o.dir, "run/desk-code", path, sizeof path);
    if (e != ERR_OK) return e;
    d->code[0] = '\0';
    if (users > 0) {
        e = file_remove(path);
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    }
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(d->code, sizeof d->code, random, sizeof random);
    int n = snprintf(text, sizeof text, "%s\n", d->code);
    return file_write_atomic(path, bytes_make(text, (size_t)n), 0600);
}

/* ---- sessions ---- */

static void node_desk_cookie_name(const struct node_desk *d, char out[static 32])
{
    snprintf(out, 32, "dongbo_%u", (unsigned)d->port); /* cookies of all ports are one jar */
}

static void node_desk_cookie_set(const struct node_desk_call *c, const char *token)
{
    char name[32], text[200];
    node_desk_cookie_name(c->d, name);
    snprintf(text, sizeof text, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s", name, token,
             token[0] == '\0' ? "; Max-Age=0" : "");
    web_set_header(c->r, "Set-Cookie", text);
}

struct login_session *node_desk_session_of(struct node_desk *d, const struct web_request *q)
{
    char name[32];
    node_desk_cookie_name(d, name);
    return login_session_of(&d->sessions, q->headers[WEB_COOKIE], name, d->o.mono_ms());
}

/* A new session with a new id; the one that the request came with ends. */
static struct login_session *node_desk_session_begin(struct node_desk_call *c, const char *user)
{
    if (c->session != NULL) login_session_end(c->session);
    struct login_session *s = login_session_begin(&c->d->sessions, user, c->d->o.mono_ms());
    node_desk_cookie_set(c, s->token);
    return s;
}

static json_t *node_desk_who(const struct node_desk *d, const struct login_session *s)
{
    return json_pack("{s:b, s:s, s:s, s:I}", "first", (int)(d->code[0] != '\0'), "user",
                     s != NULL ? s->user : "", "csrf", s != NULL ? s->csrf : d->csrf, "idle_ms",
                     (json_int_t)NODE_DESK_IDLE_MS);
}

json_t *node_desk_session_get(struct node_desk_call *c)
{
    return node_desk_who(c->d, c->session);
}

json_t *node_desk_logout(struct node_desk_call *c)
{
    if (c->session != NULL) login_session_end(c->session);
    node_desk_cookie_set(c, "");
    return node_desk_who(c->d, NULL);
}

/* ---- how often one may try ---- */

static json_t *node_desk_too_often(struct node_desk_call *c, int64_t wait_ms)
{
    char vi[200], en[200], after[24];
    long long s = (long long)(wait_ms + 999) / 1000;
    snprintf(after, sizeof after, "%lld", s);
    web_set_header(c->r, "Retry-After", after);
    snprintf(vi, sizeof vi, "Thử sai quá nhiều lần: hãy đợi %lld giây rồi thử lại.", s);
    snprintf(en, sizeof en, "Too many wrong tries: wait %lld seconds and try again.", s);
    return node_command_error(ERR_AGAIN, vi, en, NULL);
}

/* One password check costs the loop a fifth of a second: NULL when it may be paid for now. */
static json_t *node_desk_may_hash(struct node_desk_call *c)
{
    uint64_t now = c->d->o.mono_ms(), *paid = &c->d->hashes_ms;
    const uint64_t room = (uint64_t)NODE_DESK_HASHES_MAX * NODE_DESK_HASH_MS;
    if (*paid + room < now) *paid = now > room ? now - room : 0;
    if (*paid + NODE_DESK_HASH_MS > now) return node_desk_too_often(c, NODE_DESK_HASH_MS);
    *paid += NODE_DESK_HASH_MS;
    return NULL;
}

/* NULL: go on. */
static json_t *node_desk_may_try(struct node_desk_call *c, const char *key, struct node_tries *t)
{
    enum err e = node_tries_get(node_desk_store(c->d), key, t);
    if (e != ERR_OK) return node_command_fail(e);
    int64_t wait = login_wait_ms(t->fails, t->at_ms, c->d->o.command->wall_ms());
    return wait > 0 ? node_desk_too_often(c, wait) : node_desk_may_hash(c);
}

static void node_desk_tried(struct node_desk_call *c, const char *key, struct node_tries *t,
                            bool right)
{
    if (right && t->fails == 0) return;
    t->fails = right ? 0 : t->fails + 1;
    t->at_ms = c->d->o.command->wall_ms();
    enum err e = node_tries_set(node_desk_store(c->d), key, t);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.tries"), log_err(e));
}

/* ---- names and passwords ---- */

struct node_desk_name {
    struct buf clean;
    struct buf fold;
};

static enum err node_desk_name(const char *typed, struct node_desk_name *n)
{
    buf_init(&n->clean, NODE_STORE_PERSON_BYTES_MAX);
    buf_init(&n->fold, 8 * NODE_STORE_PERSON_BYTES_MAX);
    enum err e = text_normalise(text_trim(bytes_str(typed)), NODE_STORE_PERSON_BYTES_MAX,
                                TEXT_ONE_LINE, &n->clean);
    if (e == ERR_OK) e = text_fold(buf_bytes(&n->clean), NODE_STORE_PERSON_BYTES_MAX, &n->fold);
    if (e == ERR_OK && n->fold.len == 0) e = ERR_BAD_INPUT;
    return e;
}

static void node_desk_name_free(struct node_desk_name *n)
{
    buf_free(&n->clean);
    buf_free(&n->fold);
}

static json_t *node_desk_bad_name(void)
{
    return node_command_error(ERR_BAD_INPUT, "Họ tên phải có chữ và không quá 200 byte.",
                              "A name has letters and at most 200 bytes.", "name");
}

static json_t *node_desk_bad_password(const char *password)
{
    size_t len = strlen(password);
    if (len >= LOGIN_PASSWORD_MIN && len <= LOGIN_PASSWORD_MAX) return NULL;
    return node_command_error(ERR_BAD_INPUT, "Mật khẩu cần ít nhất 8 ký tự.",
                              "A password needs at least 8 characters.", "password");
}

static json_t *node_desk_hash(const char *password, char out[static NODE_USER_HASH_BYTES_MAX + 1])
{
    _Static_assert(LOGIN_HASH_ROOM == NODE_USER_HASH_BYTES_MAX + 1, "room for the hash");
    return login_hash(password, out) == ERR_OK ? NULL : node_command_fail(ERR_NOMEM);
}

static json_t *node_desk_add(struct node_desk *d, const char *name, const char *password)
{
    struct node_desk_name n;
    struct node_user u = {.created_ms = d->o.command->wall_ms()};
    enum err e = node_desk_name(name, &n);
    json_t *j = e == ERR_OK ? node_desk_bad_password(password) : node_desk_bad_name();
    if (j == NULL) j = node_desk_hash(password, u.hash);
    if (j == NULL) {
        snprintf(u.name, sizeof u.name, "%s", buf_cstr(&n.clean));
        e = node_users_add(node_desk_store(d), &u, buf_bytes(&n.fold));
        if (e == ERR_EXISTS)
            j = node_command_error(e, "Đã có người dùng tên này.", "There is a user of that name.",
                                   "name");
        else if (e != ERR_OK)
            j = node_command_fail(e);
    }
    node_desk_name_free(&n);
    sodium_memzero(&u, sizeof u);
    return j;
}

/* ---- routes ---- */

json_t *node_desk_first(struct node_desk_call *c)
{
    struct node_tries t;
    struct node_desk_name n;
    json_t *j = NULL;
    if (c->d->code[0] == '\0')
        return node_command_error(ERR_EXISTS, "Đã có người dùng: hãy đăng nhập.",
                                  "There is a user already: log in.", NULL);
    j = node_desk_may_try(c, NODE_DESK_FIRST_KEY, &t);
    if (j != NULL) return j;
    bool right = login_same(node_desk_text(c, "code"), c->d->code);
    node_desk_tried(c, NODE_DESK_FIRST_KEY, &t, right);
    if (!right)
        return node_command_error(ERR_DENIED,
                                  "Mã không đúng. Mã nằm trong tệp run/desk-code của thư mục dữ "
                                  "liệu trên máy này.",
                                  "The code is wrong. It stands in the file run/desk-code of this "
                                  "PC's data folder.",
                                  "code");
    j = node_desk_add(c->d, node_desk_text(c, "name"), node_desk_text(c, "password"));
    if (j != NULL) return j;
    enum err e = node_desk_code_set(c->d);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.code"), log_err(e));
    if (node_desk_name(node_desk_text(c, "name"), &n) != ERR_OK) buf_clear(&n.clean);
    struct login_session *s = node_desk_session_begin(c, buf_cstr(&n.clean));
    node_desk_name_free(&n);
    node_desk_note(c->d, s->user, "login", "", NULL);
    return node_desk_who(c->d, s);
}

json_t *node_desk_login(struct node_desk_call *c)
{
    struct node_desk_name n;
    struct node_user u = {.name = ""};
    struct node_tries t;
    const char *password = node_desk_text(c, "password");
    enum err e = node_desk_name(node_desk_text(c, "name"), &n);
    json_t *j = e == ERR_OK ? node_desk_may_try(c, buf_cstr(&n.fold), &t) : node_desk_bad_name();
    if (j == NULL) {
        e = node_users_find(node_desk_store(c->d), buf_bytes(&n.fold), &u);
        if (e != ERR_OK && e != ERR_NOT_FOUND) j = node_command_fail(e);
    }
    if (j == NULL) {
        bool known = e == ERR_OK;
        bool fits = login_fits(known ? u.hash : NULL, password);
        node_desk_tried(c, buf_cstr(&n.fold), &t, known && fits);
        node_desk_note(c->d, known ? u.name : "?", known && fits ? "login" : "refused", "", NULL);
        j = known && fits ? node_desk_who(c->d, node_desk_session_begin(c, u.name))
                          : node_command_error(ERR_DENIED, "Tên hoặc mật khẩu không đúng.",
                                               "The name or the password is wrong.", "password");
    }
    node_desk_name_free(&n);
    sodium_memzero(&u, sizeof u);
    return j;
}

static enum err node_desk_user_each(void *ctx, const struct node_user *u)
{
    json_t *j = json_pack("{s:s, s:o}", "name", u->name, "created",
                          json_integer((json_int_t)u->created_ms));
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_desk_users(struct node_desk_call *c)
{
    json_t *a = json_array();
    enum err e = node_users_each(node_desk_store(c->d), node_desk_user_each, a);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "users", a) : node_command_fail(e);
    json_decref(a);
    return j;
}

json_t *node_desk_user_add(struct node_desk_call *c)
{
    json_t *j = node_desk_may_hash(c);
    if (j == NULL)
        j = node_desk_add(c->d, node_desk_text(c, "name"), node_desk_text(c, "password"));
    if (j != NULL) return j;
    node_desk_note(c->d, c->session->user, "user", "", NULL);
    return node_desk_users(c);
}

/* Own password: the old one is asked again, and every other session of this login ends. */
json_t *node_desk_password(struct node_desk_call *c)
{
    struct node_desk_name n;
    struct node_user u = {.name = ""};
    char hash[NODE_USER_HASH_BYTES_MAX + 1];
    struct node_tries t;
    const char *old = node_desk_text(c, "old"), *fresh = node_desk_text(c, "password");
    enum err e = node_desk_name(c->session->user, &n);
    json_t *j = e == ERR_OK ? node_desk_may_try(c, buf_cstr(&n.fold), &t) : node_command_fail(e);
    if (j == NULL) e = node_users_find(node_desk_store(c->d), buf_bytes(&n.fold), &u);
    if (j == NULL && e != ERR_OK) j = node_command_fail(e);
    if (j == NULL) {
        bool fits = login_fits(u.hash, old);
        node_desk_tried(c, buf_cstr(&n.fold), &t, fits);
        j = fits ? node_desk_bad_password(fresh)
                 : node_command_error(ERR_DENIED, "Mật khẩu hiện tại không đúng.",
                                      "The present password is wrong.", "old");
    }
    if (j == NULL) j = node_desk_hash(fresh, hash);
    if (j == NULL) e = node_users_set_hash(node_desk_store(c->d), u.name, hash);
    if (j == NULL && e != ERR_OK) j = node_command_fail(e);
    if (j == NULL) login_session_end_all(&c->d->sessions, u.name, c->session);
    if (j == NULL) node_desk_note(c->d, u.name, "password", "", NULL);
    node_desk_name_free(&n);
    sodium_memzero(&u, sizeof u);
    return j != NULL ? j : json_pack("{s:b}", "changed", 1);
}

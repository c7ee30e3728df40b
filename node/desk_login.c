/* Logins: the first one, passwords, failed tries, sessions. */
#include "node/desk_priv.h"
#include "common/io/file.h"
#include "common/log.h"
#include "common/text.h"
#include "proto/reset.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
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
static struct login_session *node_desk_session_begin(struct node_desk_call *c, const char *user,
                                                     enum node_user_role role)
{
    if (c->session != NULL) login_session_end(c->session);
    struct login_session *s = login_session_begin(&c->d->sessions, user, c->d->o.mono_ms());
    s->stage = role;
    node_desk_cookie_set(c, s->token);
    return s;
}

static json_t *node_desk_who(const struct node_desk *d, const struct login_session *s)
{
    json_t *j =
        json_pack("{s:b, s:s, s:s, s:s, s:I}", "first", (int)(d->code[0] != '\0'), "user",
                  s != NULL ? s->user : "", "role",
                  s != NULL ? node_user_role_word((enum node_user_role)s->stage) : "", "csrf",
                  s != NULL ? s->csrf : d->csrf, "idle_ms", (json_int_t)NODE_DESK_IDLE_MS);
    char path[FILE_PATH_BYTES_MAX], whole[FILE_PATH_BYTES_MAX];
    if (j != NULL && d->code[0] != '\0' &&
        file_join(d->o.dir, "run/desk-code", path, sizeof path) == ERR_OK &&
        file_absolute(path, whole, sizeof whole) == ERR_OK)
        json_object_set_new(j, "code_file", json_string(whole));
    return j;
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

/* Nobody did anything wrong: the page waits and asks again by itself. */
static json_t *node_desk_busy(struct node_desk_call *c)
{
    web_set_header(c->r, "Retry-After", "1");
    json_t *j = node_command_error(
        ERR_AGAIN,
        "Máy đang bận kiểm tra mật khẩu: chưa thay đổi gì. Hãy đợi một giây rồi thử lại.",
        "Passwords are being checked just now: nothing was changed. Try again in a second.", NULL);
    if (j != NULL) json_object_set_new(j, "busy", json_true());
    return j;
}

/* One password check costs a processor a fifth of a second and 64 MiB. */
json_t *node_desk_may_hash(struct node_desk_call *c)
{
    _Static_assert(NODE_DESK_HASH_MS == 1000, "what Retry-After says");
    if (c->d->hashing >= NODE_DESK_HASHING_MAX) return node_desk_busy(c);
    uint64_t now = c->d->o.mono_ms(), *paid = &c->d->hashes_ms;
    const uint64_t room = (uint64_t)NODE_DESK_HASHES_MAX * NODE_DESK_HASH_MS;
    if (*paid + room < now) *paid = now > room ? now - room : 0;
    if (*paid + NODE_DESK_HASH_MS > now) return node_desk_busy(c);
    *paid += NODE_DESK_HASH_MS;
    return NULL;
}

/* NULL: go on. */
static json_t *node_desk_may_try(struct node_desk_call *c, const char *key)
{
    struct node_tries t;
    enum err e = node_tries_get(node_desk_store(c->d), key, &t);
    if (e != ERR_OK) return node_command_fail(e);
    int64_t wait = login_wait_ms(t.fails, t.at_ms, c->d->o.command->wall_ms());
    return wait > 0 ? node_desk_too_often(c, wait) : node_desk_may_hash(c);
}

/* Read again: another try may have ended meanwhile. */
static void node_desk_tried(struct node_desk_call *c, const char *key, bool right)
{
    struct node_tries t;
    enum err e = node_tries_get(node_desk_store(c->d), key, &t);
    if (e == ERR_OK && right && t.fails == 0) return;
    t.fails = right ? 0 : t.fails + 1;
    t.at_ms = c->d->o.command->wall_ms();
    if (e == ERR_OK) e = node_tries_set(node_desk_store(c->d), key, &t);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.tries"), log_err(e));
}

/* ---- names and passwords ---- */

enum err node_desk_name(const char *typed, struct node_desk_name *n)
{
    struct buf clean, fold;
    buf_init(&clean, sizeof n->clean - 1);
    buf_init(&fold, sizeof n->fold - 1);
    enum err e = text_normalise(text_trim(bytes_str(typed)), NODE_STORE_PERSON_BYTES_MAX,
                                TEXT_ONE_LINE, &clean);
    if (e == ERR_OK) e = text_fold(buf_bytes(&clean), NODE_STORE_PERSON_BYTES_MAX, &fold);
    if (e == ERR_OK && fold.len == 0) e = ERR_BAD_INPUT;
    snprintf(n->clean, sizeof n->clean, "%s", e == ERR_OK ? buf_cstr(&clean) : "");
    snprintf(n->fold, sizeof n->fold, "%s", e == ERR_OK ? buf_cstr(&fold) : "");
    buf_free(&clean);
    buf_free(&fold);
    return e;
}

json_t *node_desk_bad_name(void)
{
    return node_command_error(ERR_BAD_INPUT, "Họ tên phải có chữ và không quá 200 byte.",
                              "A name has letters and at most 200 bytes.", "name");
}

json_t *node_desk_bad_password(const char *password)
{
    size_t len = strlen(password);
    if (len >= LOGIN_PASSWORD_MIN && len <= LOGIN_PASSWORD_MAX) return NULL;
    return node_command_error(ERR_BAD_INPUT, "Mật khẩu cần ít nhất 8 ký tự.",
                              "A password needs at least 8 characters.", "password");
}

/* ---- passwords beside the loop ---- */

static void node_desk_pass_work(struct node_desk_job *j)
{
    struct node_desk_pass *p = (struct node_desk_pass *)j;
    if (p->verify) p->fits = login_fits(p->stored, p->typed);
    if (p->make && (!p->verify || p->fits)) p->e = login_hash(p->fresh, p->hash);
}

static json_t *node_desk_pass_done(struct node_desk_call *c, struct node_desk_job *j)
{
    struct node_desk_pass *p = (struct node_desk_pass *)j;
    return p->e == ERR_OK ? p->then(c, p) : node_command_fail(p->e);
}

void node_desk_pass_drop(struct node_desk_job *j)
{
    struct node_desk_pass *p = (struct node_desk_pass *)j;
    sodium_memzero(p, sizeof *p);
    free(p);
}

struct node_desk_pass *node_desk_pass_new(json_t *(*then)(struct node_desk_call *c,
                                                          struct node_desk_pass *p))
{
    struct node_desk_pass *p = calloc(1, sizeof *p);
    if (p == NULL) return NULL;
    p->job = (struct node_desk_job){.work = node_desk_pass_work,
                                    .done = node_desk_pass_done,
                                    .drop = node_desk_pass_drop,
                                    .hash = true};
    p->then = then;
    return p;
}

/* A text of the request into its place; one that is too long becomes one that no password equals. */
static void node_desk_pass_text(char *to, size_t room, const char *from)
{
    _Static_assert(LOGIN_PASSWORD_MIN > 0, "no password is empty");
    snprintf(to, room, "%s", strlen(from) < room ? from : "");
}

static json_t *node_desk_pass_begin(struct node_desk_call *c, struct node_desk_pass *p,
                                    json_t *wrong)
{
    if (wrong == NULL) return node_desk_work(c, &p->job);
    node_desk_pass_drop(&p->job);
    return wrong;
}

/* The login of p->name: its hash, and whether it may log in. */
static json_t *node_desk_pass_find(struct node_desk_call *c, struct node_desk_pass *p)
{
    struct node_user u = {.name = ""};
    enum err e = node_users_find(node_desk_store(c->d), bytes_str(p->name.fold), &u);
    p->known = e == ERR_OK && u.active;
    if (p->known) {
        snprintf(p->stored, sizeof p->stored, "%s", u.hash);
        snprintf(p->name.clean, sizeof p->name.clean, "%s", u.name);
        p->role = u.role;
    }
    sodium_memzero(&u, sizeof u);
    return e == ERR_OK || e == ERR_NOT_FOUND ? NULL : node_command_fail(e);
}

static json_t *node_desk_enter(struct node_desk_call *c, const struct node_desk_pass *p)
{
    struct login_session *s = node_desk_session_begin(c, p->name.clean, p->role);
    node_desk_note(c->d, p->name.clean, "login", "", NULL);
    return node_desk_who(c->d, s);
}

/* ---- the first officer ---- */

static json_t *node_desk_first_then(struct node_desk_call *c, struct node_desk_pass *p)
{
    if (c->d->code[0] == '\0') /* somebody was first meanwhile */
        return node_command_error(ERR_EXISTS, "Đã có người dùng: hãy đăng nhập.",
                                  "There is a user already: log in.", NULL);
    json_t *j = node_desk_user_make(c->d, p);
    if (j != NULL) return j;
    enum err e = node_desk_code_set(c->d);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.code"), log_err(e));
    return node_desk_enter(c, p);
}

json_t *node_desk_first(struct node_desk_call *c)
{
    if (c->d->code[0] == '\0')
        return node_command_error(ERR_EXISTS, "Đã có người dùng: hãy đăng nhập.",
                                  "There is a user already: log in.", NULL);
    json_t *j = node_desk_may_try(c, NODE_DESK_FIRST_KEY);
    if (j != NULL) return j;
    bool right = login_same(node_desk_text(c, "code"), c->d->code);
    node_desk_tried(c, NODE_DESK_FIRST_KEY, right);
    if (!right)
        return node_command_error(ERR_DENIED,
                                  "Mã không đúng. Mã nằm trong tệp run/desk-code của thư mục dữ "
                                  "liệu trên máy này.",
                                  "The code is wrong. It stands in the file run/desk-code of this "
                                  "PC's data folder.",
                                  "code");
    struct node_desk_pass *p = node_desk_pass_new(node_desk_first_then);
    if (p == NULL) return node_command_fail(ERR_NOMEM);
    p->make = true;
    p->role = NODE_USER_KEEPER;
    if (node_desk_name(node_desk_text(c, "name"), &p->name) != ERR_OK) j = node_desk_bad_name();
    if (j == NULL) j = node_desk_bad_password(node_desk_text(c, "password"));
    node_desk_pass_text(p->fresh, sizeof p->fresh, node_desk_text(c, "password"));
    return node_desk_pass_begin(c, p, j);
}

/* ---- login ---- */

static json_t *node_desk_login_then(struct node_desk_call *c, struct node_desk_pass *p)
{
    bool right = p->known && p->fits;
    node_desk_tried(c, p->name.fold, right);
    if (right) return node_desk_enter(c, p);
    node_desk_note(c->d, p->known ? p->name.clean : "?", "refused", "", NULL);
    return node_command_error(ERR_DENIED, "Tên hoặc mật khẩu không đúng.",
                              "The name or the password is wrong.", "password");
}

json_t *node_desk_login(struct node_desk_call *c)
{
    struct node_desk_pass *p = node_desk_pass_new(node_desk_login_then);
    if (p == NULL) return node_command_fail(ERR_NOMEM);
    p->verify = true;
    json_t *j = node_desk_name(node_desk_text(c, "name"), &p->name) == ERR_OK
                    ? node_desk_may_try(c, p->name.fold)
                    : node_desk_bad_name();
    if (j == NULL) j = node_desk_pass_find(c, p);
    node_desk_pass_text(p->typed, sizeof p->typed, node_desk_text(c, "password"));
    return node_desk_pass_begin(c, p, j);
}

/* ---- own password: the old one is asked again, and every other session of this login ends ---- */

static json_t *node_desk_password_set(struct node_desk_call *c, const struct node_desk_pass *p)
{
    enum err e = node_users_set_hash(node_desk_store(c->d), p->name.clean, p->hash);
    if (e != ERR_OK) return node_command_fail(e);
    login_session_end_all(&c->d->sessions, p->name.clean, c->session);
    return NULL;
}

static json_t *node_desk_password_then(struct node_desk_call *c, struct node_desk_pass *p)
{
    node_desk_tried(c, p->name.fold, p->fits);
    if (!p->fits || !p->known)
        return node_command_error(ERR_DENIED, "Mật khẩu hiện tại không đúng.",
                                  "The present password is wrong.", "old");
    json_t *j = node_desk_password_set(c, p);
    if (j != NULL) return j;
    node_desk_note(c->d, p->name.clean, "password", "", NULL);
    return json_pack("{s:b}", "changed", 1);
}

json_t *node_desk_password(struct node_desk_call *c)
{
    struct node_desk_pass *p = node_desk_pass_new(node_desk_password_then);
    if (p == NULL) return node_command_fail(ERR_NOMEM);
    p->verify = p->make = true;
    json_t *j = node_desk_name(c->session->user, &p->name) == ERR_OK
                    ? node_desk_may_try(c, p->name.fold)
                    : node_desk_bad_name();
    if (j == NULL) j = node_desk_pass_find(c, p);
    if (j == NULL) j = node_desk_bad_password(node_desk_text(c, "password"));
    node_desk_pass_text(p->typed, sizeof p->typed, node_desk_text(c, "old"));
    node_desk_pass_text(p->fresh, sizeof p->fresh, node_desk_text(c, "password"));
    return node_desk_pass_begin(c, p, j);
}

/* ---- a forgotten password (proto/reset.h) ---- */

static json_t *node_desk_reset_begin(struct node_desk_call *c, const struct node_desk_name *n,
                                     const struct node_identity *id)
{
    struct node_user u;
    struct node_reset v = {.at_ms = c->d->o.command->wall_ms()};
    char challenge[RESET_CHALLENGE_ROOM], node[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(id->node.b), node);
    reset_challenge(challenge);
    _Static_assert(sizeof challenge <= sizeof v.challenge, "room for a challenge");
    memcpy(v.challenge, challenge, sizeof challenge);
    enum err e = node_users_find(node_desk_store(c->d), bytes_str(n->fold), &u);
    /* Who is not there gets a challenge too; it is kept nowhere, and no code fits it. */
    if (e == ERR_OK) e = node_reset_set(node_desk_store(c->d), bytes_str(n->fold), &v);
    sodium_memzero(&u, sizeof u);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return node_command_fail(e);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "challenge", challenge, "name", n->clean, "unit",
                     node_unit_own(c->d->o.command, id), "pc", id->name, "node", node);
}

static bool node_desk_reset_right(struct node_desk_call *c, const struct node_desk_name *n,
                                  const struct node_identity *id)
{
    struct node_reset v;
    char code[RESET_CODE_ROOM];
    if (node_reset_get(node_desk_store(c->d), bytes_str(n->fold), &v) != ERR_OK) return false;
    int64_t age = c->d->o.command->wall_ms() - v.at_ms;
    struct reset_about a = {.peer_pk = id->hub_transport_pk,
                            .hub = &id->hub,
                            .node = &id->node,
                            .name = bytes_str(n->fold),
                            .challenge = v.challenge};
    bool right = false;
    const struct node_sync_keys *k = c->d->o.command->keys;
    for (; k != NULL && age <= RESET_AGE_MS && age >= -RESET_AGE_MS; k = k->next) {
        a.secret = k->transport_secret; /* while they change the hub may know either */
        right = right ||
                (reset_code(&a, code) == ERR_OK && reset_same(code, node_desk_text(c, "code")));
    }
    sodium_memzero(code, sizeof code);
    return right;
}

static json_t *node_desk_reset_then(struct node_desk_call *c, struct node_desk_pass *p)
{
    json_t *j = node_desk_password_set(c, p);
    enum err e =
        j == NULL ? node_reset_set(node_desk_store(c->d), bytes_str(p->name.fold), NULL) : ERR_OK;
    if (j == NULL && e != ERR_OK) j = node_command_fail(e);
    if (j != NULL) return j;
    node_desk_tried(c, p->name.fold, true);
    node_desk_note(c->d, p->name.clean, "reset", "", NULL);
    return node_desk_enter(c, p);
}

static json_t *node_desk_reset_end(struct node_desk_call *c, const struct node_desk_name *n,
                                   const struct node_identity *id)
{
    char key[sizeof n->fold + 8];
    snprintf(key, sizeof key, " reset %s", n->fold);
    json_t *j = node_desk_bad_password(node_desk_text(c, "password"));
    if (j == NULL) j = node_desk_may_try(c, key);
    if (j != NULL) return j;
    bool right = node_desk_reset_right(c, n, id);
    node_desk_tried(c, key, right);
    if (!right)
        return node_command_error(
            ERR_DENIED,
            "Mã trả lời không đúng, hoặc mã trên màn hình đã quá một ngày. Mật khẩu chưa đổi. Đọc "
            "lại mã trên màn hình cho trung tâm.",
            "The answer is wrong, or the code on the screen is older than a day. The password was "
            "not changed. Read the code on the screen to the hub again.",
            "code");
    struct node_desk_pass *p = node_desk_pass_new(node_desk_reset_then);
    if (p == NULL) return node_command_fail(ERR_NOMEM);
    p->make = true;
    p->name = *n;
    j = node_desk_pass_find(c, p);
    if (j == NULL && !p->known)
        j = node_command_error(ERR_DENIED, "Tài khoản này đã ngừng dùng.",
                               "This login is not in use any more.", "name");
    node_desk_pass_text(p->fresh, sizeof p->fresh, node_desk_text(c, "password"));
    return node_desk_pass_begin(c, p, j);
}

json_t *node_desk_reset(struct node_desk_call *c)
{
    struct node_desk_name n;
    struct node_identity id;
    if (node_desk_name(node_desk_text(c, "name"), &n) != ERR_OK) return node_desk_bad_name();
    enum err e = node_store_identity(node_desk_store(c->d), &id);
    if (e != ERR_OK) return node_command_fail(e);
    if (id.address[0] == '\0')
        return node_command_error(
            ERR_NOT_READY,
            "Máy này chưa ghi danh với trung tâm nào, nên không ai cấp mã được. Một người khác có "
            "tài khoản trên máy này đặt lại được ở trang Thiết lập.",
            "This PC has joined no hub, so nobody can answer. Another user of this PC can help in "
            "the settings.",
            NULL);
    return node_desk_text(c, "code")[0] == '\0' ? node_desk_reset_begin(c, &n, &id)
                                                : node_desk_reset_end(c, &n, &id);
}

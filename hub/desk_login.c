/* Logins at the hub's desk: passwords, codes of authenticators, the province's token, stages. */
#include "hub/desk_priv.h"

#include "common/io/work.h"
#include "common/log.h"
#include "hub/qr.h"
#include "hub/store_nodes.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define HUB_CODE_KEY "code " /* before the name: tries at the code are counted apart */

/* ---- cookie and session ---- */

static void hub_desk_cookie_name(const struct hub_desk *d, char out[static 40])
{
    /* Cookies of all ports of a host are one jar. */
    snprintf(out, 40, "__Host-dongbo_%u", (unsigned)d->o.app->web_port);
}

static void hub_desk_cookie_set(const struct hub_desk *d, struct web_response *r, const char *token)
{
    char name[40], text[200];
    hub_desk_cookie_name(d, name);
    snprintf(text, sizeof text, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s", name, token,
             token[0] == '\0' ? "; Max-Age=0" : "");
    web_set_header(r, "Set-Cookie", text);
}

struct login_session *hub_desk_begin(struct hub_desk *d, struct web_response *r,
                                     struct login_session *before, const char *user,
                                     enum hub_stage stage)
{
    if (before != NULL) login_session_end(before);
    struct login_session *s = login_session_begin(&d->sessions, user, d->o.mono_ms());
    s->stage = stage;
    hub_desk_cookie_set(d, r, s->token);
    hub_desk_keys(d);
    return s;
}

static enum hub_stage hub_desk_stage_of(const struct hub_user *u, bool code)
{
    if (u->once) return HUB_STAGE_CHANGE;
    if (!hub_role_needs_code(u->role) || code) return HUB_STAGE_IN;
    return u->has_secret ? HUB_STAGE_CODE : HUB_STAGE_ENROL;
}

struct hub_token_seek {
    const struct login_session *session;
    bool living;
};

/* `note` holds when the token was made: a later one of the same name is another. */
static enum err hub_desk_token_row(void *ctx, const struct hub_token *t)
{
    struct hub_token_seek *seek = ctx;
    char made[24];
    snprintf(made, sizeof made, "%lld", (long long)t->created_ms);
    if (t->revoked_ms == 0 && strcmp(t->name, seek->session->user) == 0 &&
        strcmp(made, seek->session->note) == 0)
        seek->living = true;
    return ERR_OK;
}

static enum err hub_desk_who_province(struct hub_desk_call *c)
{
    struct hub_token_seek seek = {.session = c->session};
    enum err e = hub_store_tokens(c->d->o.app->store, hub_desk_token_row, &seek);
    if (e == ERR_OK && seek.living) c->role = HUB_ROLE_PROVINCE;
    return e;
}

/* The login as it is in the store now: one that was disabled or got a new password is out. */
static enum err hub_desk_who_user(struct hub_desk_call *c)
{
    struct hub_user_name n;
    enum err e = hub_user_name(c->session->user, &n);
    if (e == ERR_OK) e = hub_users_find(c->d->o.app->store, n.fold, &c->user);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK || c->user.disabled_ms != 0) return e;
    enum hub_stage now = hub_desk_stage_of(&c->user, c->session->stage == HUB_STAGE_IN);
    if (c->session->stage == HUB_STAGE_IN && hub_role_needs_code(c->user.role) &&
        !c->user.has_secret)
        return ERR_OK;
    if (now != c->session->stage) return ERR_OK;
    c->role = now == HUB_STAGE_IN ? c->user.role : HUB_ROLE_NONE;
    return ERR_AGAIN; /* the session stands */
}

enum err hub_desk_who(struct hub_desk_call *c)
{
    char name[40];
    hub_desk_cookie_name(c->d, name);
    c->session =
        login_session_of(&c->d->sessions, c->q->headers[WEB_COOKIE], name, c->d->o.mono_ms());
    if (c->session == NULL) return ERR_OK;
    enum err e =
        c->session->stage == HUB_STAGE_PROVINCE ? hub_desk_who_province(c) : hub_desk_who_user(c);
    if (e == ERR_AGAIN || (e == ERR_OK && c->role != HUB_ROLE_NONE)) return ERR_OK;
    login_session_end(c->session);
    login_wipe(&c->user, sizeof c->user);
    c->session = NULL;
    return e;
}

/* ---- who is here ---- */

json_t *hub_desk_state(struct hub_desk *d, const struct login_session *s, const struct hub_user *u)
{
    static const char *const stages[] = {"none", "change", "code", "enrol", "in", "province"};
    const char *role = s == NULL                        ? ""
                       : s->stage == HUB_STAGE_PROVINCE ? hub_role_name(HUB_ROLE_PROVINCE)
                       : s->stage == HUB_STAGE_IN       ? hub_role_name(u->role)
                                                        : "";
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:b}", "stage",
                     stages[s != NULL ? s->stage : HUB_STAGE_NONE], "user",
                     s != NULL ? s->user : "", "role", role, "csrf", s != NULL ? s->csrf : d->csrf,
                     "idle_ms", (json_int_t)HUB_DESK_IDLE_MS, "unit", d->o.app->identity.unit,
                     "unit_name", d->o.app->identity.unit_name, "first",
                     (int)(s == NULL && hub_desk_first_open(d)));
}

json_t *hub_desk_session(struct hub_desk_call *c)
{
    return hub_desk_state(c->d, c->session, &c->user);
}

json_t *hub_desk_logout(struct hub_desk_call *c)
{
    if (c->session != NULL) login_session_end(c->session);
    hub_desk_cookie_set(c->d, c->r, "");
    return hub_desk_state(c->d, NULL, NULL);
}

/* ---- how often one may try ---- */

static json_t *hub_desk_too_often(struct web_response *r, int64_t wait_ms)
{
    char vi[200], en[200], after[24];
    long long s = (long long)(wait_ms + 999) / 1000;
    snprintf(after, sizeof after, "%lld", s);
    web_set_header(r, "Retry-After", after);
    snprintf(vi, sizeof vi, "Thử quá nhiều lần: hãy đợi %lld giây rồi thử lại.", s);
    snprintf(en, sizeof en, "Too many tries: wait %lld seconds and try again.", s);
    return hub_command_error(ERR_AGAIN, vi, en);
}

json_t *hub_desk_busy(struct web_response *r)
{
    web_set_header(r, "Retry-After", "1");
    json_t *j = hub_command_error(
        ERR_AGAIN,
        "Máy chủ đang bận kiểm tra mật khẩu: chưa thay đổi gì. Hãy đợi một giây rồi thử lại.",
        "Passwords are being checked just now: nothing was changed. Try again in a second.");
    if (j != NULL) json_object_set_new(j, "busy", json_true());
    return j;
}

json_t *hub_desk_may_try(struct hub_desk *d, struct web_response *r, const char *key,
                         struct hub_tries *t)
{
    enum err e = hub_tries_get(d->o.app->store, key, t);
    if (e != ERR_OK) return hub_command_fail(e);
    int64_t wait = login_wait_ms(t->fails, t->at_ms, d->o.wall_ms());
    return wait > 0 ? hub_desk_too_often(r, wait) : NULL;
}

void hub_desk_tried(struct hub_desk *d, const char *key, bool right)
{
    struct hub_tries t;
    enum err e = hub_tries_get(d->o.app->store, key, &t);
    if (e == ERR_OK && right && t.fails == 0) return;
    t.fails = right ? 0 : t.fails + 1;
    t.at_ms = d->o.wall_ms();
    if (e == ERR_OK) e = hub_tries_set(d->o.app->store, key, &t);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.tries"), log_err(e));
}

static json_t *hub_desk_wrong(void)
{
    return hub_command_error(ERR_DENIED, "Tên hoặc mật khẩu không đúng.",
                             "The name or the password is wrong.");
}

/* ---- a password beside the loop ---- */

struct hub_desk_hash {
    struct hub_desk *d;
    struct web_later *later; /* NULL: `r` is filled at once */
    struct web_response *r;
    struct hub_user_name name;
    char token[LOGIN_TOKEN_ROOM]; /* of the session that asks for a new password; "" at a login */
    char hash[LOGIN_HASH_ROOM];   /* "": nobody has that name */
    char password[LOGIN_PASSWORD_MAX + 1];
    char fresh[LOGIN_PASSWORD_MAX + 1];
    char fresh_hash[LOGIN_HASH_ROOM];
    bool fits;
    enum err e;
};

static void hub_desk_hash_work(void *ctx)
{
    struct hub_desk_hash *h = ctx;
    h->fits = login_fits(h->hash, h->password);
    if (h->fits && h->fresh[0] != '\0') h->e = login_hash(h->fresh, h->fresh_hash);
}

static json_t *hub_desk_logged_in(struct hub_desk_hash *h, struct hub_user *u)
{
    struct hub_desk *d = h->d;
    bool known = u->name[0] != '\0' && u->disabled_ms == 0 && strcmp(u->hash, h->hash) == 0;
    bool right = known && h->fits;
    hub_desk_tried(d, h->name.fold, right);
    hub_desk_note(d, known ? u->name : "?", "login", NULL, right ? ERR_OK : ERR_DENIED);
    if (!right) return hub_desk_wrong();
    struct login_session *s = hub_desk_begin(d, h->r, NULL, u->name, hub_desk_stage_of(u, false));
    return hub_desk_state(d, s, u);
}

static json_t *hub_desk_changed(struct hub_desk_hash *h, struct hub_user *u)
{
    struct hub_desk *d = h->d;
    struct login_session *s = NULL;
    hub_desk_tried(d, h->name.fold, h->fits);
    if (!h->fits) return hub_desk_wrong();
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        if (d->sessions.at[i].used && login_same(d->sessions.at[i].token, h->token))
            s = &d->sessions.at[i];
    }
    if (s == NULL || u->name[0] == '\0') return hub_desk_wrong();
    bool in = s->stage == HUB_STAGE_IN;
    memcpy(u->hash, h->fresh_hash, sizeof u->hash);
    u->once = false;
    enum err e = h->e == ERR_OK ? hub_users_set(d->o.app->store, u) : h->e;
    hub_desk_note(d, u->name, "password", NULL, e);
    if (e != ERR_OK) return hub_command_fail(e);
    login_session_end_all(&d->sessions, u->name, s);
    s = hub_desk_begin(d, h->r, s, u->name, hub_desk_stage_of(u, in));
    return hub_desk_state(d, s, u);
}

static void hub_desk_hash_done(void *ctx)
{
    struct hub_desk_hash *h = ctx;
    struct hub_user u = {.name = ""};
    h->d->hashing--;
    if (h->later != NULL) h->r = web_later_response(h->later);
    if (h->r != NULL) { /* somebody waits for it */
        enum err e = hub_app_settle(h->d->o.app);
        if (e == ERR_OK) e = hub_users_find(h->d->o.app->store, h->name.fold, &u);
        json_t *j = e != ERR_OK && e != ERR_NOT_FOUND ? hub_command_fail(e)
                    : h->token[0] != '\0'             ? hub_desk_changed(h, &u)
                                                      : hub_desk_logged_in(h, &u);
        web_json_answer(h->r, j);
    }
    if (h->later != NULL) web_later_done(h->later);
    login_wipe(&u, sizeof u);
    login_wipe(h, sizeof *h);
    free(h);
}

/* Begin to check; the answer is given when it is known. */
static json_t *hub_desk_hash_start(struct hub_desk_call *c, const struct hub_user_name *name,
                                   const char *password, const char *fresh)
{
    struct hub_desk *d = c->d;
    struct hub_tries t;
    struct hub_user u = {.name = ""};
    json_t *j = hub_desk_may_try(d, c->r, name->fold, &t);
    if (j == NULL && d->hashing >= HUB_DESK_HASHES_MAX) j = hub_desk_busy(c->r);
    if (j == NULL && strlen(password) > LOGIN_PASSWORD_MAX) j = hub_desk_wrong();
    if (j != NULL) return j;
    enum err e = hub_users_find(d->o.app->store, name->fold, &u);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return hub_command_fail(e);
    struct hub_desk_hash *h = calloc(1, sizeof *h);
    if (h == NULL) return hub_command_fail(ERR_NOMEM);
    *h = (struct hub_desk_hash){.d = d, .name = *name, .r = c->r};
    memcpy(h->hash, u.hash, sizeof h->hash);
    snprintf(h->password, sizeof h->password, "%s", password);
    snprintf(h->fresh, sizeof h->fresh, "%s", fresh);
    if (fresh[0] != '\0') memcpy(h->token, c->session->token, sizeof h->token);
    login_wipe(&u, sizeof u);
    d->hashing++;
    c->later = true;
    if (d->o.loop != NULL) h->later = web_later(d->web);
    if (h->later == NULL ||
        work_start(d->o.loop, hub_desk_hash_work, hub_desk_hash_done, h) != ERR_OK) {
        hub_desk_hash_work(h);
        hub_desk_hash_done(h);
    }
    return NULL;
}

/* ---- routes ---- */

json_t *hub_desk_login(struct hub_desk_call *c)
{
    struct hub_user_name n;
    enum err e = hub_user_name(web_json_text(c->body, "name"), &n);
    if (e == ERR_BAD_INPUT) return hub_desk_wrong();
    if (e != ERR_OK) return hub_command_fail(e);
    return hub_desk_hash_start(c, &n, web_json_text(c->body, "password"), "");
}

json_t *hub_desk_password(struct hub_desk_call *c)
{
    struct hub_user_name n;
    const char *fresh = web_json_text(c->body, "password");
    const char *old = web_json_text(c->body, "old");
    size_t len = strlen(fresh);
    if (c->user.name[0] == '\0' ||
        (c->session->stage != HUB_STAGE_IN && c->session->stage != HUB_STAGE_CHANGE))
        return hub_command_error(ERR_LOCKED, "Hãy đăng nhập trước.", "Log in first.");
    if (len < LOGIN_PASSWORD_MIN || len > LOGIN_PASSWORD_MAX || strcmp(fresh, old) == 0)
        return hub_command_error(ERR_BAD_INPUT,
                                 "Mật khẩu mới cần ít nhất 8 ký tự và khác mật khẩu cũ.",
                                 "The new password needs at least 8 characters and must differ "
                                 "from the old one.");
    enum err e = hub_user_name(c->user.name, &n);
    return e == ERR_OK ? hub_desk_hash_start(c, &n, old, fresh) : hub_command_fail(e);
}

/* Check the code of an authenticator with its secret; waits grow as with passwords. */
static json_t *hub_desk_code_try(struct hub_desk_call *c, const uint8_t *secret, int64_t *step)
{
    char key[sizeof HUB_CODE_KEY + sizeof((struct hub_user_name *)0)->fold];
    struct hub_user_name n;
    struct hub_tries t;
    enum err e = hub_user_name(c->user.name, &n);
    if (e != ERR_OK) return hub_command_fail(e);
    snprintf(key, sizeof key, "%s%s", HUB_CODE_KEY, n.fold);
    json_t *j = hub_desk_may_try(c->d, c->r, key, &t);
    if (j != NULL) return j;
    bool right = login_code(secret, web_json_text(c->body, "code"), c->d->o.wall_ms(), step);
    hub_desk_tried(c->d, key, right);
    hub_desk_note(c->d, c->user.name, "code", NULL, right ? ERR_OK : ERR_DENIED);
    return right ? NULL
                 : hub_command_error(
                       ERR_DENIED,
                       "Mã không đúng hoặc đã dùng: hãy đợi mã kế tiếp. Nếu vẫn sai, xem giờ của "
                       "điện thoại.",
                       "The code is wrong or was used: wait for the next one. If it stays wrong, "
                       "look at the phone's clock.");
}

static json_t *hub_desk_through(struct hub_desk_call *c)
{
    enum err e = hub_users_set(c->d->o.app->store, &c->user);
    if (e != ERR_OK) return hub_command_fail(e);
    c->session = hub_desk_begin(c->d, c->r, c->session, c->user.name, HUB_STAGE_IN);
    return hub_desk_state(c->d, c->session, &c->user);
}

json_t *hub_desk_code(struct hub_desk_call *c)
{
    if (c->session == NULL || c->session->stage != HUB_STAGE_CODE)
        return hub_command_error(ERR_LOCKED, "Hãy nhập tên và mật khẩu trước.",
                                 "Give name and password first.");
    json_t *j = hub_desk_code_try(c, c->user.secret, &c->user.code_step);
    return j != NULL ? j : hub_desk_through(c);
}

static json_t *hub_desk_not_enrolling(void)
{
    return hub_command_error(ERR_LOCKED, "Hãy đăng nhập trước.", "Log in first.");
}

/* The squares of a QR code, row by row: "0110..." */
json_t *hub_desk_qr(const char *text)
{
    struct hub_qr qr;
    json_t *rows = json_array();
    enum err e = hub_qr_make(text, &qr);
    for (size_t y = 0; e == ERR_OK && y < qr.width; y++) {
        char row[256];
        for (size_t x = 0; x < qr.width; x++)
            row[x] = hub_qr_dark(&qr, x, y) ? '1' : '0';
        json_array_append_new(rows, json_stringn(row, qr.width));
    }
    if (e == ERR_OK) hub_qr_free(&qr);
    return rows;
}

json_t *hub_desk_authenticator(struct hub_desk_call *c)
{
    char text[LOGIN_SECRET_ROOM], uri[200];
    if (c->session == NULL || c->session->stage != HUB_STAGE_ENROL) return hub_desk_not_enrolling();
    if (sodium_is_zero(c->session->secret, sizeof c->session->secret))
        login_secret(c->session->secret);
    login_secret_text(c->session->secret, text);
    snprintf(uri, sizeof uri, "otpauth://totp/DongBo:hub-%s?secret=%s&issuer=DongBo",
             c->d->o.app->identity.unit, text);
    json_t *j = json_pack("{s:s, s:s, s:o}", "secret", text, "uri", uri, "qr", hub_desk_qr(uri));
    login_wipe(text, sizeof text);
    login_wipe(uri, sizeof uri);
    return j;
}

json_t *hub_desk_authenticator_set(struct hub_desk_call *c)
{
    int64_t step = -1;
    if (c->session == NULL || c->session->stage != HUB_STAGE_ENROL ||
        sodium_is_zero(c->session->secret, sizeof c->session->secret))
        return hub_desk_not_enrolling();
    json_t *j = hub_desk_code_try(c, c->session->secret, &step);
    if (j != NULL) return j;
    c->user.has_secret = true;
    c->user.code_step = step;
    memcpy(c->user.secret, c->session->secret, sizeof c->user.secret);
    hub_desk_note(c->d, c->user.name, "authenticator", NULL, ERR_OK);
    return hub_desk_through(c);
}

/* ---- the province ---- */

struct hub_token_made {
    const char *name;
    int64_t created_ms;
};

static enum err hub_desk_token_made(void *ctx, const struct hub_token *t)
{
    struct hub_token_made *m = ctx;
    if (t->revoked_ms == 0 && strcmp(t->name, m->name) == 0) m->created_ms = t->created_ms;
    return ERR_OK;
}

json_t *hub_desk_token(struct hub_desk_call *c)
{
    static const char key[] = " token"; /* no folded name begins with a blank */
    char name[MESSAGE_TEXT_MAX + 1] = "";
    uint8_t token[HUB_TOKEN_BYTES];
    struct hub_tries t;
    size_t len = 0;
    const char *text = web_json_text(c->body, "token");
    json_t *j = hub_desk_may_try(c->d, c->r, key, &t);
    if (j != NULL) return j;
    enum err e = sodium_base642bin(token, sizeof token, text, strlen(text), " \t\r\n", &len, NULL,
                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0
                     ? hub_store_token_check(c->d->o.app->store, bytes_make(token, len), name)
                     : ERR_DENIED;
    login_wipe(token, sizeof token);
    if (e != ERR_OK && e != ERR_DENIED) return hub_command_fail(e);
    hub_desk_tried(c->d, key, e == ERR_OK);
    hub_desk_note(c->d, e == ERR_OK ? name : "?", "token", NULL, e);
    if (e == ERR_DENIED)
        return hub_command_error(e,
                                 "Mã truy cập không đúng hoặc đã bị thu hồi. Hãy hỏi người quản "
                                 "trị của trung tâm.",
                                 "The token is wrong or was revoked. Ask the hub's admin.");
    struct hub_token_made made = {.name = name};
    e = hub_store_tokens(c->d->o.app->store, hub_desk_token_made, &made);
    if (e != ERR_OK) return hub_command_fail(e);
    struct login_session *s = hub_desk_begin(c->d, c->r, c->session, name, HUB_STAGE_PROVINCE);
    snprintf(s->note, sizeof s->note, "%lld", (long long)made.created_ms);
    return hub_desk_state(c->d, s, &c->user);
}

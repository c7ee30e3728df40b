#include "hub/desk_priv.h"

#include "common/io/db.h"
#include "common/log.h"
#include "hub/aside.h"
#include "hub/desk_assets.h"
#include "hub/province.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the routes ---- */

enum {
    DESK_ADMIN = HUB_ROLE_ADMIN,
    DESK_CASES = HUB_ROLE_STATISTICIAN, /* records of persons, and what comes of them */
    DESK_SIGNS = HUB_ROLE_ADMIN | HUB_ROLE_STATISTICIAN, /* with an officer's own key besides */
    DESK_STAFF = HUB_ROLE_ADMIN | HUB_ROLE_STATISTICIAN | HUB_ROLE_VIEWER,
    DESK_ALL = DESK_STAFF | HUB_ROLE_PROVINCE,
};
enum {
    DESK_QUIET = 1,  /* asked by the page's clock: does not keep a session alive */
    DESK_NOTE = 2,   /* a GET that goes to the audit: it opens a record */
    DESK_TYPING = 4, /* no GET, but it changes nothing that counts: not for the audit */
    DESK_FILE = 8,   /* the body is a file's bytes, what is asked stands in the query */
};

/* `verb`: the body (or query) goes to that command with the login's name as `person`; a second word is
 * its `action`, else the body says it. roles 0: no login is needed. */
static const struct hub_desk_route {
    enum web_method method;
    const char *path;
    unsigned roles;
    const char *verb;
    hub_desk_fn *fn;
    unsigned flags;
} hub_desk_routes[] = {
    {WEB_GET, "/api/session", 0, NULL, hub_desk_session, DESK_QUIET},
    {WEB_POST, "/api/login", 0, NULL, hub_desk_login, 0},
    {WEB_POST, "/api/first", 0, NULL, hub_desk_first, 0},
    {WEB_POST, "/api/token", 0, NULL, hub_desk_token, 0},
    {WEB_POST, "/api/code", 0, NULL, hub_desk_code, 0},
    {WEB_GET, "/api/authenticator", 0, NULL, hub_desk_authenticator, 0},
    {WEB_POST, "/api/authenticator", 0, NULL, hub_desk_authenticator_set, 0},
    {WEB_POST, "/api/password", 0, NULL, hub_desk_password, 0},
    {WEB_POST, "/api/logout", 0, NULL, hub_desk_logout, 0},
    {WEB_GET, "/api/authority", 0, NULL, hub_desk_authority, DESK_QUIET},
    {WEB_GET, "/api/openapi.json", 0, NULL, hub_desk_openapi, DESK_QUIET},
    {WEB_GET, "/api/status", DESK_STAFF, NULL, hub_desk_status, DESK_QUIET},
    {WEB_GET, "/api/events", DESK_STAFF, NULL, hub_desk_events, DESK_QUIET},
    {WEB_GET, "/api/catalogue", DESK_STAFF, "forms", NULL, DESK_QUIET},
    {WEB_GET, "/api/nodes", DESK_STAFF, "nodes", NULL, DESK_QUIET},
    {WEB_GET, "/api/catalogue/files", DESK_ADMIN, NULL, hub_desk_files, 0},
    {WEB_POST, "/api/catalogue/files", DESK_ADMIN, NULL, hub_desk_files_set, 0},
    {WEB_POST, "/api/backup", DESK_ADMIN, NULL, hub_desk_backup, 0},
    {WEB_GET, "/api/invites", DESK_ADMIN, "invites", NULL, 0},
    {WEB_POST, "/api/invite", DESK_ADMIN, NULL, hub_desk_invite, 0},
    {WEB_GET, "/api/conflicts", DESK_CASES, "conflicts", NULL, 0},
    {WEB_GET, "/api/held", DESK_CASES, "held", NULL, 0},
    {WEB_POST, "/api/resolve", DESK_CASES, "resolve", NULL, 0},
    {WEB_POST, "/api/put", DESK_CASES, "put", NULL, 0},
    {WEB_POST, "/api/import", DESK_CASES, "import", NULL, 0},
    {WEB_POST, HUB_DESK_SHEET_PATH, DESK_CASES, NULL, hub_desk_sheet, DESK_TYPING | DESK_FILE},
    {WEB_POST, "/api/verify-log", DESK_ADMIN, NULL, hub_desk_check_log, 0},
    {WEB_GET, "/api/list", DESK_CASES, "list", NULL, DESK_NOTE},
    {WEB_GET, "/api/record", DESK_CASES, "get", NULL, DESK_NOTE},
    {WEB_GET, "/api/history", DESK_CASES, "history", NULL, DESK_NOTE},
    {WEB_POST, "/api/reveal", DESK_CASES, "get", NULL, 0},
    {WEB_GET, "/api/search", DESK_CASES, NULL, hub_desk_search, 0},
    {WEB_POST, "/api/check", DESK_CASES, "check", NULL, DESK_TYPING},
    {WEB_GET, "/api/drafts", DESK_CASES, NULL, hub_desk_drafts, 0},
    {WEB_PUT, "/api/draft", DESK_CASES, NULL, hub_desk_draft_set, DESK_TYPING},
    {WEB_DELETE, "/api/draft", DESK_CASES, NULL, hub_desk_draft_drop, DESK_TYPING},
    {WEB_GET, "/api/report", DESK_STAFF, "report", NULL, 0},
    {WEB_POST, "/api/close", DESK_CASES, "close", NULL, 0},
    {WEB_POST, "/api/supplement", DESK_CASES, "supplement", NULL, 0},
    {WEB_GET, "/api/explain", DESK_CASES, "explain", NULL, DESK_NOTE},
    {WEB_GET, "/api/diff", DESK_STAFF, "diff", NULL, 0},
    {WEB_GET, "/api/reports", DESK_STAFF, "reports", NULL, DESK_QUIET},
    {WEB_GET, "/api/report/show", DESK_STAFF, "report_show", NULL, 0},
    {WEB_POST, "/api/report/accept", DESK_CASES, "report_accept", NULL, 0},
    {WEB_POST, "/api/report/return", DESK_CASES, "report_return", NULL, 0},
    {WEB_GET, "/api/cases", DESK_CASES, "cases", NULL, 0},
    {WEB_GET, "/api/referring", DESK_CASES, "referring", NULL, 0},
    {WEB_GET, "/api/budget", DESK_STAFF, "budget", NULL, 0},
    {WEB_POST, "/api/budget/step", DESK_CASES, "budget_step", NULL, 0},
    {WEB_GET, "/api/score", DESK_STAFF, "score", NULL, 0},
    {WEB_POST, "/api/score/appraise", DESK_CASES, "score_appraise", NULL, 0},
    {WEB_POST, "/api/score/step", DESK_CASES, "score_step", NULL, 0},
    {WEB_GET, "/api/owes", DESK_STAFF, "owes", NULL, 0},
    {WEB_GET, "/api/doubts", DESK_CASES, "doubts", NULL, 0},
    {WEB_POST, "/api/ask", DESK_CASES, "ask", NULL, 0},
    {WEB_GET, "/api/corrections", DESK_STAFF, "corrections", NULL, 0},
    {WEB_POST, "/api/corrections", DESK_CASES, "correct", NULL, 0},
    {WEB_GET, "/api/triggers", DESK_CASES, "triggers", NULL, DESK_NOTE},
    {WEB_GET, "/api/calendar", DESK_STAFF, "calendar", NULL, 0},
    {WEB_GET, "/api/crossed", DESK_CASES, "crossed", NULL, DESK_NOTE},
    {WEB_POST, "/api/crossed", DESK_CASES, "settle", NULL, 0},
    {WEB_POST, "/api/offer", DESK_CASES, "transfer_offer", NULL, 0},
    {WEB_GET, "/api/scope", DESK_CASES, "scope", NULL, 0},
    {WEB_POST, "/api/share", DESK_CASES, "share", NULL, 0},
    {WEB_GET, "/api/units", DESK_SIGNS, "units", NULL, 0},
    {WEB_POST, "/api/units", DESK_CASES, "units_apply", NULL, 0},
    {WEB_POST, "/api/units/assign", DESK_CASES, "units_assign", NULL, 0},
    {WEB_POST, "/api/units/node", DESK_SIGNS, "units_node", NULL, 0},
    {WEB_GET, "/api/transfers", DESK_CASES, "transfers", NULL, 0},
    {WEB_POST, "/api/transfers", DESK_CASES, "transfer_answer", NULL, 0},
    {WEB_GET, "/api/alarms", DESK_STAFF, "alarms", NULL, DESK_QUIET},
    {WEB_POST, "/api/alarms", DESK_ADMIN, "alarms", NULL, 0},
    {WEB_POST, "/api/reset-code", DESK_ADMIN, "reset_code", NULL, 0},
    {WEB_POST, HUB_DESK_UPLOAD_PATH, DESK_SIGNS, "bundle_in", NULL, 0},
    {WEB_POST, "/api/bundle/out", DESK_SIGNS, "bundle_out", NULL, 0},
    {WEB_POST, "/api/keys/demand", DESK_ADMIN, "keys demand", NULL, 0},
    {WEB_POST, "/api/confirm", DESK_SIGNS, "confirm", NULL, 0},
    {WEB_POST, "/api/revoke", DESK_ADMIN, "revoke", NULL, 0},
    {WEB_GET, "/api/quarantine", DESK_STAFF, "quarantine list", NULL, DESK_QUIET},
    {WEB_GET, "/api/quarantine/show", DESK_CASES, "quarantine_show", NULL, DESK_NOTE},
    {WEB_POST, "/api/quarantine", DESK_ADMIN, "quarantine", NULL, 0},
    {WEB_GET, "/api/issues", DESK_STAFF, "issues", NULL, DESK_QUIET},
    {WEB_GET, "/api/proof", DESK_CASES, "proof_data", NULL, DESK_NOTE},
    {WEB_GET, "/api/taken", DESK_STAFF, "taken", NULL, 0},
    {WEB_POST, "/api/rebuild", DESK_STAFF, "verify", NULL, 0},
    {WEB_POST, "/api/verify", DESK_ALL, NULL, hub_desk_verify, 0},
    {WEB_GET, "/api/users", DESK_ADMIN, "user list", NULL, 0},
    {WEB_POST, "/api/users", DESK_ADMIN, "user", NULL, 0},
    {WEB_GET, "/api/tokens", DESK_ADMIN, "token list", NULL, 0},
    {WEB_POST, "/api/tokens", DESK_ADMIN, "token", NULL, 0},
    {WEB_GET, "/api/requests", DESK_CASES, "request list", NULL, 0},
    {WEB_GET, "/api/reads", DESK_ADMIN, "reads", NULL, 0},
    {WEB_GET, "/api/attachments", DESK_CASES, NULL, hub_desk_attachments, 0},
    {WEB_GET, "/api/attachment", DESK_CASES, NULL, hub_desk_attachment, DESK_NOTE},
    {WEB_POST, "/api/subject", DESK_CASES, NULL, hub_desk_subject, 0},
    {WEB_POST, "/api/requests", DESK_CASES, "request", NULL, 0},
    {WEB_GET, "/api/breaches", DESK_SIGNS, "breach list", NULL, 0},
    {WEB_POST, "/api/breaches", DESK_SIGNS, "breach", NULL, 0},
    {WEB_GET, "/api/officers", DESK_SIGNS, "officer list", NULL, 0},
    {WEB_POST, "/api/officers", DESK_ADMIN, "officer", NULL, 0},
    {WEB_GET, "/api/readers", DESK_SIGNS, "readers list", NULL, 0},
    {WEB_GET, "/api/readers/sealed", DESK_SIGNS, "readers_sealed", NULL, 0},
    {WEB_POST, "/api/readers", DESK_SIGNS, "readers order", NULL, 0},
    {WEB_GET, "/api/orders", DESK_SIGNS, "order list", NULL, 0},
    {WEB_GET, "/api/order", DESK_SIGNS, "order show", NULL, 0},
    {WEB_POST, "/api/orders", DESK_SIGNS, "order", NULL, 0},
    {WEB_POST, "/api/erase", DESK_CASES, "erase draft", NULL, 0},
    {WEB_POST, "/api/reopen", DESK_CASES, "reopen", NULL, 0},
    {WEB_GET, "/api/audit", DESK_ADMIN, NULL, hub_desk_audit, 0},
};

enum { HUB_DESK_ROUTES = sizeof hub_desk_routes / sizeof hub_desk_routes[0] };

bool hub_desk_route_at(size_t i, struct hub_desk_route_text *out)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    if (i >= HUB_DESK_ROUTES) return false;
    *out = (struct hub_desk_route_text){methods[hub_desk_routes[i].method], hub_desk_routes[i].path,
                                        hub_desk_routes[i].roles};
    return true;
}

/* ---- a request ---- */

static bool hub_desk_reads(const struct web_request *q)
{
    return q->method == WEB_GET || q->method == WEB_HEAD;
}

/* What a page of another origin cannot send: the origin of the very host that was asked, and the
 * token that only our page can read. */
static bool hub_desk_ours(const struct hub_desk_call *c)
{
    const char *origin = c->q->headers[WEB_ORIGIN], *csrf = c->q->headers[WEB_CSRF];
    const char *host = c->q->headers[WEB_HOST];
    char mine[280];
    if (origin == NULL || csrf == NULL || host == NULL) return false;
    int n = snprintf(mine, sizeof mine, "https://%s", host);
    return n > 0 && (size_t)n < sizeof mine && strcmp(origin, mine) == 0 &&
           login_same(csrf, c->session != NULL ? c->session->csrf : c->d->csrf);
}

/* Once a command was carried out: what pages show, and the audit. */
static void hub_desk_after(struct hub_desk *d, const struct hub_desk_route *route, bool reads,
                           const char *user, const json_t *body, const json_t *answer)
{
    if (!reads) d->news++;
    bool changes = !reads && (route->flags & DESK_TYPING) == 0;
    if (route->roles == 0 || (!changes && (route->flags & DESK_NOTE) == 0)) return;
    char what[32]; /* the verb without its action, or the path behind "/api/" */
    const char *name = route->verb != NULL ? route->verb : route->path + 5;
    snprintf(what, sizeof what, "%.*s", (int)strcspn(name, " "), name);
    hub_desk_note(d, user, what, body, web_json_error_of(answer));
}

/* ---- a command beside the loop ---- */

struct hub_desk_aside {
    struct hub_desk *d;
    const struct hub_desk_route *route;
    struct web_later *later;
    json_t *body;
    bool reads;
};

static void hub_desk_aside_done(void *ctx, json_t *answer)
{
    struct hub_desk_aside *j = ctx;
    const char *user = json_string_value(json_object_get(j->body, "person"));
    hub_desk_after(j->d, j->route, j->reads, user != NULL ? user : "", j->body, answer);
    struct web_response *r = web_later_response(j->later);
    if (r != NULL)
        web_json_answer(r, answer);
    else
        json_decref(answer);
    web_later_done(j->later);
    json_decref(j->body);
    free(j);
}

/* False: it is to be done now. */
static bool hub_desk_aside(struct hub_desk_call *c, const struct hub_desk_route *route)
{
    struct hub_desk *d = c->d;
    if (d->o.aside == NULL || !hub_aside_wants(d->o.app, c->body)) return false;
    struct hub_desk_aside *j = calloc(1, sizeof *j);
    if (j == NULL) return false;
    *j = (struct hub_desk_aside){d, route, web_later(d->web), c->body, hub_desk_reads(c->q)};
    if (j->later == NULL) {
        free(j);
        return false;
    }
    json_incref(j->body);
    c->later = true;
    enum err e = hub_aside_start(d->o.aside, c->body, hub_desk_aside_done, j);
    if (e != ERR_OK)
        hub_desk_aside_done(j, e == ERR_AGAIN ? hub_aside_full() : hub_command(d->o.app, c->body));
    return true;
}

static json_t *hub_desk_command(struct hub_desk_call *c, const struct hub_desk_route *route)
{
    size_t len = strcspn(route->verb, " ");
    json_object_set_new(c->body, "verb", json_stringn(route->verb, len));
    json_object_set_new(c->body, "person", json_string(c->session->user));
    if (((unsigned)c->role & DESK_CASES) == 0)
        json_object_set_new(c->body, "no_words",
                            json_true()); /* of corrections: they may name somebody */
    if (route->verb[len] == ' ')
        json_object_set_new(c->body, "action", json_string(route->verb + len + 1));
    return hub_desk_aside(c, route) ? NULL : hub_command(c->d->o.app, c->body);
}

static void hub_desk_carry_out(struct hub_desk_call *c, const struct hub_desk_route *route)
{
    c->body = route->flags & DESK_FILE ? web_json_query(c->q) : web_json_body(c->q);
    if (c->body == NULL) {
        web_json_refuse(c->r, 400, ERR_BAD_INPUT, "Yêu cầu không phải JSON hợp lệ.",
                        "The request is no valid JSON.");
        return;
    }
    json_t *answer = route->fn != NULL ? route->fn(c) : hub_desk_command(c, route);
    bool aside = c->later && route->fn == NULL; /* then it is not done yet */
    if (!aside)
        hub_desk_after(c->d, route, hub_desk_reads(c->q),
                       c->session != NULL ? c->session->user : "", c->body, answer);
    if (answer != NULL || (!c->later && c->r->body.len == 0)) web_json_answer(c->r, answer);
    json_decref(c->body);
}

static void hub_desk_api(struct hub_desk_call *c, const struct hub_desk_route *route)
{
    if (!hub_desk_reads(c->q) && !hub_desk_ours(c)) {
        web_json_refuse(c->r, 403, ERR_DENIED,
                        "Yêu cầu không đến từ trang này, hoặc phiên đã đổi: hãy tải lại trang.",
                        "The request does not come from this page, or the session has changed: "
                        "load the page again.");
    } else if (route->roles != 0 && c->role == HUB_ROLE_NONE) {
        web_json_refuse(c->r, 401, ERR_LOCKED,
                        "Phiên làm việc đã hết: hãy đăng nhập lại. Những gì đã ghi vẫn còn.",
                        "The session has ended: log in again. What was saved is kept.");
    } else if (route->roles != 0 && ((unsigned)c->role & route->roles) == 0) {
        web_json_refuse(c->r, 403, ERR_DENIED,
                        "Vai trò của bạn không làm được việc này. Hãy nhờ người quản trị.",
                        "Your role may not do this. Ask the admin.");
    } else {
        if (c->session != NULL && (route->flags & DESK_QUIET) == 0)
            c->session->seen_ms = c->d->o.mono_ms();
        hub_desk_carry_out(c, route);
    }
}

/* What is not the API: the two pages and their files. */
static bool hub_desk_page(const struct web_request *q, struct web_response *r)
{
    const char *path = q->path;
    if (strcmp(path, "/") == 0) path = "/hub.html";
    if (strcmp(path, "/cai-dat") == 0) path = "/install.html";
    if (strcmp(path, "/tinh") == 0) path = "/province.html";
    return hub_desk_reads(q) && web_asset_answer(hub_desk_assets, hub_desk_asset_count, path, q, r);
}

static void hub_desk_route(struct hub_desk_call *c)
{
    bool known = false;
    for (size_t i = 0; i < HUB_DESK_ROUTES; i++) {
        const struct hub_desk_route *route = &hub_desk_routes[i];
        enum web_method m = c->q->method == WEB_HEAD ? WEB_GET : c->q->method;
        if (strcmp(route->path, c->q->path) != 0) continue;
        known = true;
        if (route->method != m) continue;
        hub_desk_api(c, route);
        return;
    }
    if (!known && hub_desk_page(c->q, c->r)) return;
    web_json_refuse(c->r, known ? 405 : 404, known ? ERR_USAGE : ERR_NOT_FOUND,
                    "Không có trang này.", "There is no such page.");
}

void hub_desk_handle(void *desk, const struct web_request *q, struct web_response *r)
{
    static const char api[] = "/api/v1/";
    struct hub_desk *d = desk;
    struct hub_desk_call c = {.d = d, .q = q, .r = r};
    web_page_headers(r);
    web_set_header(r, "Strict-Transport-Security", "max-age=31536000");
    enum err e = hub_app_settle(d->o.app);
    if (e == ERR_OK) e = hub_desk_who(&c);
    if (e != ERR_OK) {
        web_json_answer(r, hub_command_fail(e));
    } else if (strncmp(q->path, api, sizeof api - 1) != 0) {
        hub_desk_route(&c);
    } else if (q->headers[WEB_AUTHORIZATION] == NULL && c.role != HUB_ROLE_NONE) {
        struct hub_province_who who = {c.session->user, c.role == HUB_ROLE_PROVINCE, true};
        hub_province_serve(d->o.app, q, r, &who);
    } else {
        hub_province_handle(d->o.app, q, r);
    }
    login_wipe(&c.user, sizeof c.user);
}

/* ---- life ---- */

enum err hub_desk_new(const struct hub_desk_options *o, struct hub_desk **out)
{
    struct hub_desk *d = calloc(1, sizeof *d);
    if (d == NULL) return ERR_NOMEM;
    d->o = *o;
    d->sessions.idle_ms = HUB_DESK_IDLE_MS;
    d->sessions.max_ms = HUB_DESK_SESSION_MS;
    login_token(d->csrf);
    enum err e = hub_desk_first_begin(d);
    if (e == ERR_OK) {
        *out = d;
    } else {
        hub_desk_free(d);
    }
    return e;
}

void hub_desk_serve(struct hub_desk *d, struct web *web)
{
    d->web = web;
}

void hub_desk_free(struct hub_desk *d)
{
    if (d == NULL) return;
    json_decref(d->check_failed);
    login_wipe(d, sizeof *d);
    free(d);
}

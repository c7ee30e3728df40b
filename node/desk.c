#include "node/desk_priv.h"
#include "common/io/file.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the routes ---- */

enum {
    NODE_DESK_OPEN = 1,  /* without a login */
    NODE_DESK_QUIET = 2, /* asked by the page's clock: does not keep a session alive */
    NODE_DESK_WATCH = 4, /* the record that it shows goes to the access log, by its class */
    /* who may: a keeper all; without one of these whoever is logged in */
    NODE_DESK_WRITE = 8,   /* a clerk */
    NODE_DESK_SUBMIT = 16, /* a leader */
    NODE_DESK_KEEP = 32,   /* nobody else */
    NODE_DESK_FILE = 64,   /* the body is a file's bytes, what is asked stands in the query */
};

/* `verb`: the body (or query) goes to that command with the login's name as `person`. */
static const struct node_desk_route {
    enum web_method method;
    const char *path;
    const char *verb;
    node_desk_fn *fn;
    unsigned flags;
} node_desk_routes[] = {
    {WEB_GET, "/api/session", NULL, node_desk_session_get, NODE_DESK_OPEN | NODE_DESK_QUIET},
    {WEB_POST, "/api/first", NULL, node_desk_first, NODE_DESK_OPEN},
    {WEB_POST, "/api/login", NULL, node_desk_login, NODE_DESK_OPEN},
    {WEB_POST, "/api/reset", NULL, node_desk_reset, NODE_DESK_OPEN},
    {WEB_POST, "/api/logout", NULL, node_desk_logout, NODE_DESK_OPEN},
    {WEB_GET, "/api/openapi.json", NULL, node_desk_openapi, NODE_DESK_OPEN | NODE_DESK_QUIET},
    {WEB_GET, "/api/status", NULL, node_desk_status, NODE_DESK_QUIET},
    {WEB_GET, "/api/events", NULL, node_desk_events, NODE_DESK_QUIET},
    {WEB_POST, "/api/sync", NULL, node_desk_sync, 0},
    {WEB_POST, "/api/join", "join", NULL, NODE_DESK_KEEP},
    {WEB_POST, "/api/compare", "compare", NULL, NODE_DESK_KEEP},
    {WEB_POST, "/api/unjoin", NULL, node_desk_unjoin, NODE_DESK_KEEP},
    {WEB_GET, "/api/catalogue", "catalogue", NULL, 0},
    {WEB_GET, "/api/used", "used", NULL, NODE_DESK_QUIET},
    {WEB_GET, "/api/search", "search", NULL, 0},
    {WEB_POST, "/api/export", NULL, node_desk_export, 0},
    {WEB_GET, "/api/record", "reveal", NULL, NODE_DESK_WATCH},
    {WEB_GET, "/api/history", "history", NULL, 0},
    {WEB_GET, "/api/held", "held", NULL, 0},
    {WEB_POST, "/api/check", "check", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/put", "put", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/import", "import", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/sheet", NULL, node_desk_sheet, NODE_DESK_WRITE | NODE_DESK_FILE},
    {WEB_POST, "/api/reveal", "reveal", NULL, NODE_DESK_WATCH},
    {WEB_POST, "/api/bundle/out", "bundle_out", NULL, 0},
    {WEB_POST, "/api/bundle/in", "bundle_in", NULL, 0},
    {WEB_POST, "/api/bundle/inspect", "bundle_inspect", NULL, 0},
    {WEB_GET, "/api/attachments", "attach_list", NULL, NODE_DESK_WATCH},
    {WEB_GET, "/api/attachment", "attach_get", NULL, NODE_DESK_WATCH},
    {WEB_POST, "/api/attachment", "attach_add", NULL, NODE_DESK_WRITE},
    {WEB_GET, "/api/transfers", "transfers", NULL, 0},
    {WEB_POST, "/api/transfer", "transfer_offer", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/transfer/answer", "transfer_answer", NULL, NODE_DESK_WRITE},
    {WEB_GET, "/api/crossed", "crossed", NULL, 0},
    {WEB_POST, "/api/settle", "settle", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/backup", "backup", NULL, NODE_DESK_KEEP},
    {WEB_POST, "/api/restore", NULL, node_desk_restore, NODE_DESK_KEEP},
    {WEB_GET, "/api/sticks", NULL, node_desk_sticks, NODE_DESK_KEEP},
    {WEB_POST, "/api/alarm", "alarms", NULL, NODE_DESK_KEEP},
    {WEB_GET, "/api/shares", "shares", NULL, 0},
    {WEB_POST, "/api/share", "share", NULL, NODE_DESK_WRITE},
    {WEB_GET, "/api/readers", "readers", NULL, 0},
    {WEB_POST, "/api/reader", "reader_accept", NULL, NODE_DESK_KEEP},
    {WEB_POST, "/api/reseal", "reseal", NULL, NODE_DESK_KEEP},
    {WEB_GET, "/api/reports", "report_list", NULL, NODE_DESK_QUIET},
    {WEB_GET, "/api/report", "report_show", NULL, 0},
    {WEB_GET, "/api/report/records", "report_records", NULL, 0},
    {WEB_POST, "/api/report/draft", "report_draft", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/report/submit", "report_submit", NULL, NODE_DESK_SUBMIT},
    {WEB_POST, "/api/report/withdraw", "report_withdraw", NULL, NODE_DESK_SUBMIT},
    {WEB_POST, "/api/report/note", "report_note", NULL, NODE_DESK_WRITE},
    {WEB_GET, "/api/calendar", "calendar", NULL, 0},
    {WEB_GET, "/api/corrections", "corrections", NULL, 0},
    {WEB_POST, "/api/correction", "correction_answer", NULL, NODE_DESK_WRITE},
    {WEB_GET, "/api/cases", "cases", NULL, 0},
    {WEB_GET, "/api/referring", "referring", NULL, 0},
    {WEB_GET, "/api/budget", "budget", NULL, 0},
    {WEB_POST, "/api/budget/step", "budget_step", NULL, 0},
    {WEB_GET, "/api/score", "score", NULL, 0},
    {WEB_POST, "/api/score/start", "score_start", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/score/line", "score_line", NULL, NODE_DESK_WRITE},
    {WEB_POST, "/api/score/step", "score_step", NULL, NODE_DESK_SUBMIT},
    {WEB_GET, "/api/drafts", NULL, node_desk_drafts, 0},
    {WEB_PUT, "/api/draft", NULL, node_desk_draft_set, 0},
    {WEB_DELETE, "/api/draft", NULL, node_desk_draft_drop, 0},
    {WEB_GET, "/api/users", NULL, node_desk_users, 0},
    {WEB_POST, "/api/users", NULL, node_desk_user_add, NODE_DESK_KEEP},
    {WEB_PUT, "/api/users", NULL, node_desk_user_set, NODE_DESK_KEEP},
    {WEB_POST, "/api/handover", NULL, node_desk_hand_over, NODE_DESK_KEEP},
    {WEB_POST, "/api/password", NULL, node_desk_password, 0},
    {WEB_GET, "/api/access", NULL, node_desk_access, NODE_DESK_SUBMIT},
    {WEB_POST, "/api/subject", NULL, node_desk_subject, NODE_DESK_SUBMIT},
};

enum { NODE_DESK_ROUTES = sizeof node_desk_routes / sizeof node_desk_routes[0] };

bool node_desk_route_at(size_t i, struct node_desk_route_text *out)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    if (i >= NODE_DESK_ROUTES) return false;
    *out = (struct node_desk_route_text){methods[node_desk_routes[i].method],
                                         node_desk_routes[i].path};
    return true;
}

/* ---- answers ---- */

const char *node_desk_text(const struct node_desk_call *c, const char *key)
{
    return web_json_text(c->body, key);
}

/* ---- a request ---- */

/* What a page of another origin cannot send: our own Origin and the token that only ours can read. */
static bool node_desk_ours(const struct node_desk *d, const struct web_request *q,
                           const struct login_session *s)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};
    const char *origin = q->headers[WEB_ORIGIN], *csrf = q->headers[WEB_CSRF];
    bool same = false;
    for (size_t i = 0; origin != NULL && i < 2; i++) {
        char mine[64];
        snprintf(mine, sizeof mine, "http://%s:%u", names[i], (unsigned)d->port);
        same = same || strcmp(origin, mine) == 0;
    }
    return same && csrf != NULL && login_same(csrf, s != NULL ? s->csrf : d->csrf);
}

static void node_desk_watch(struct node_desk_call *c, const json_t *response)
{
    const char *type = json_string_value(json_object_get(response, "type"));
    const char *rid = json_string_value(json_object_get(response, "id"));
    const struct catalogue *cat = node_store_catalogue(c->d->o.command->store, NULL);
    const struct catalogue_type *t =
        cat != NULL && type != NULL ? catalogue_type_by_name(cat, type) : NULL;
    if (t == NULL || t->sensitivity < NODE_COMMAND_CLASS_MASKED) return;
    /* A page that renews a record is one look. */
    bool again = c->q->method == WEB_GET && rid != NULL && strcmp(rid, c->session->note) == 0;
    if (again) return;
    if (c->q->method == WEB_GET && rid != NULL)
        snprintf(c->session->note, sizeof c->session->note, "%s", rid);
    node_desk_note(c->d, c->session->user, c->q->method == WEB_POST ? "reveal" : "open", type, rid);
}

static json_t *node_desk_command(struct node_desk_call *c, const struct node_desk_route *route)
{
    json_object_set_new(c->body, "verb", json_string(route->verb));
    json_object_set_new(c->body, "person", json_string(c->session->user));
    json_object_set_new(c->body, "clerk", json_boolean(c->session->stage == NODE_USER_CLERK));
    if (strcmp(route->verb, "search") == 0) json_object_set_new(c->body, "mask", json_true());
    json_t *response = node_command_run(c->d->o.command, c->body);
    if (route->flags & NODE_DESK_WATCH) node_desk_watch(c, response);
    if (route->method != WEB_GET) c->d->news++;
    return response;
}

static void node_desk_carry_out(struct node_desk_call *c, const struct node_desk_route *route)
{
    c->body = route->flags & NODE_DESK_FILE ? web_json_query(c->q) : web_json_body(c->q);
    if (c->body == NULL) {
        web_json_refuse(c->r, 400, ERR_BAD_INPUT, "Yêu cầu không phải JSON hợp lệ.",
                        "The request is no valid JSON.");
        return;
    }
    json_t *response = route->fn != NULL ? route->fn(c) : node_desk_command(c, route);
    /* The one that answers with a file of the page has filled the response itself. */
    if (!c->left && (response != NULL || c->r->body.len == 0)) web_json_answer(c->r, response);
    json_decref(c->body);
}

static bool node_desk_may(const struct login_session *s, unsigned flags)
{
    static const unsigned never[NODE_USER_ROLES] = {
        [NODE_USER_KEEPER] = 0,
        [NODE_USER_CLERK] = NODE_DESK_SUBMIT | NODE_DESK_KEEP,
        [NODE_USER_LEADER] = NODE_DESK_WRITE | NODE_DESK_KEEP,
    };
    return (flags & never[s->stage]) == 0;
}

static void node_desk_api(struct node_desk *d, const struct web_request *q, struct web_response *r,
                          const struct node_desk_route *route)
{
    struct node_desk_call c = {.d = d, .q = q, .r = r, .session = node_desk_session_of(d, q)};
    if (q->method != WEB_GET && q->method != WEB_HEAD && !node_desk_ours(d, q, c.session)) {
        web_json_refuse(r, 403, ERR_DENIED,
                        "Yêu cầu không đến từ trang này, hoặc phiên đã đổi: hãy tải lại trang.",
                        "The request does not come from this page, or the session has changed: "
                        "load the page again.");
        return;
    }
    if (c.session == NULL && (route->flags & NODE_DESK_OPEN) == 0) {
        web_json_refuse(r, 401, ERR_LOCKED,
                        "Phiên làm việc đã hết: hãy đăng nhập lại. Bản nháp vẫn còn.",
                        "The session has ended: log in again. Drafts are kept.");
        return;
    }
    if (c.session != NULL && !node_desk_may(c.session, route->flags)) {
        web_json_refuse(r, 403, ERR_DENIED,
                        "Vai trò của bạn không làm được việc này; chưa thay đổi gì. Hãy hỏi người "
                        "phụ trách máy.",
                        "Your role may not do this; nothing was changed. Ask this PC's keeper.");
        return;
    }
    if (c.session != NULL && (route->flags & NODE_DESK_QUIET) == 0)
        c.session->seen_ms = d->o.mono_ms();
    node_desk_carry_out(&c, route);
}

void node_desk_handle(void *desk, const struct web_request *q, struct web_response *r)
{
    struct node_desk *d = desk;
    bool known = false;
    web_page_headers(r);
    for (size_t i = 0; i < NODE_DESK_ROUTES; i++) {
        const struct node_desk_route *route = &node_desk_routes[i];
        enum web_method m = q->method == WEB_HEAD ? WEB_GET : q->method;
        if (strcmp(route->path, q->path) != 0) continue;
        known = true;
        if (route->method != m) continue;
        node_desk_api(d, q, r, route);
        return;
    }
    bool reading = q->method == WEB_GET || q->method == WEB_HEAD;
    if (!known && reading && node_desk_asset(q, r)) return;
    web_json_refuse(r, known ? 405 : 404, known ? ERR_USAGE : ERR_NOT_FOUND, "Không có trang này.",
                    "There is no such page.");
}

/* ---- open and close ---- */

enum err node_desk_new(const struct node_desk_options *o, struct node_desk **out)
{
    struct node_desk *d = calloc(1, sizeof *d);
    if (d == NULL) return ERR_NOMEM;
    d->o = *o;
    d->port = o->port;
    d->sessions.idle_ms = NODE_DESK_IDLE_MS;
    d->sessions.max_ms = NODE_DESK_SESSION_MS;
    login_token(d->csrf);
    enum err e = node_desk_code_set(d);
    if (e != ERR_OK) {
        node_desk_free(d);
        return e;
    }
    *out = d;
    return ERR_OK;
}

void node_desk_free(struct node_desk *d)
{
    if (d == NULL) return;
    json_decref(d->synced);
    free(d);
}

static enum err node_desk_ports(const struct node_desk *d)
{
    char path[FILE_PATH_BYTES_MAX], text[64];
    int n = snprintf(text, sizeof text, "{\"desk\": %u}\n", (unsigned)d->port);
    enum err e = file_join(d->o.dir, "run/ports.json", path, sizeof path);
    return e == ERR_OK ? file_write_atomic(path, bytes_make(text, (size_t)n), 0600) : e;
}

enum err node_desk_open(const struct node_desk_options *o, struct node_desk **out)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    struct node_desk *d = NULL;
    enum err e = node_desk_new(o, &d);
    if (e != ERR_OK) return e;
    struct web_options w = {.address = o->address,
                            .port = o->port,
                            .hosts = hosts,
                            .host_count = 2,
                            .methods = 1u << WEB_GET | 1u << WEB_HEAD | 1u << WEB_POST |
                                       1u << WEB_PUT | 1u << WEB_DELETE,
                            .body_bytes_max = NODE_DESK_BODY_BYTES_MAX,
                            .handler = node_desk_handle,
                            .tick = node_desk_tick,
                            .ctx = d};
    e = web_open(o->loop, &w, &d->web);
    if (e != ERR_OK) {
        node_desk_free(d);
        return e;
    }
    d->port = web_port(d->web);
    e = node_desk_ports(d);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.ports"), log_err(e));
    *out = d;
    return ERR_OK;
}

uint16_t node_desk_port(const struct node_desk *d)
{
    return d->port;
}

const char *node_desk_code(const struct node_desk *d)
{
    return d->code;
}

void node_desk_synced(struct node_desk *d, const json_t *response)
{
    json_decref(d->synced);
    d->synced = json_deep_copy(response);
    d->sessions_ended++;
    d->news++;
}

void node_desk_changed(struct node_desk *d)
{
    d->news++;
}

static void node_desk_gone(void *ctx)
{
    struct node_desk *d = ctx;
    d->gone = true;
    if (d->working == 0) node_desk_free(d);
}

void node_desk_close(struct node_desk *d)
{
    web_close(d->web, node_desk_gone, d);
}

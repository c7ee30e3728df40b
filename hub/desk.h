/*
 * The hub's page and the province's page, behind the hub's HTTPS door: routes over common/io/web to
 * the same JSON commands as the tool (hub/command.h). docs/api-hub.md describes the API,
 * web/openapi-hub.json word for word.
 *
 *   request -> /api/v1/... -> the province's door (hub/province.h), by token or by session
 *           -> route -> (not a GET) Origin and token -> session -> role -> command -> JSON, audit
 *
 * Who gets in: logins of `dongbo-hub user add` with a role (hub/store_users.h). A login passes
 * stages, each in a session of its own id: a one-time password must be changed; who may close, erase
 * or manage keys needs the code of an authenticator, and sets it up first. The province comes in with
 * its token and sees issued files alone.
 * While there is no login at all, whoever has the code of HUB_FIRST_FILE becomes the first admin.
 * A password's hash is computed beside the loop, HUB_DESK_HASHES_MAX at once. Whatever changes
 * something, and whoever opens a person's record, is noted in the audit.
 *
 * Ownership: hub_desk_new() returns the desk; the app and texts of the options are borrowed.
 * Threads:   loop thread only.   Units: milliseconds.   Limits: HUB_DESK_*, LOGIN_*.
 */
#ifndef DONGBO_HUB_DESK_H
#define DONGBO_HUB_DESK_H

#include "common/io/web.h"
#include "hub/app.h"

#define HUB_DESK_IDLE_MS          900000u          /* without a person's action */
#define HUB_DESK_SESSION_MS       43200000u        /* in all */
#define HUB_FIRST_FILE            "run/first-code" /* in the data folder, for its owner only */
#define HUB_DESK_FIGURES_MS       5000u /* status is told so often though nothing happened */
#define HUB_DESK_HASHES_MAX       2u    /* passwords that are checked at once */
#define HUB_DESK_UPLOAD_PATH      "/api/bundle/in"
#define HUB_DESK_SHEET_PATH       "/api/sheet"
#define HUB_DESK_UPLOAD_BYTES_MAX 7340032u /* of their body: a file of 5 MiB as base64; a sheet */

struct uv_loop_s;
struct hub_aside;
struct hub_desk;

struct hub_desk_options {
    struct hub_app *app;
    struct uv_loop_s *loop;  /* NULL in a test: hashes are computed at once */
    struct hub_aside *aside; /* for what takes long; NULL in a test: then at once */
    uint64_t (*mono_ms)(void);
    int64_t (*wall_ms)(void);
};

/* ERR_NOMEM, and those of writing HUB_FIRST_FILE. */
MUST_CHECK enum err hub_desk_new(const struct hub_desk_options *o, struct hub_desk **out);
/* The code with which the first admin is made; "" when there are logins. */
const char *hub_desk_first_code(const struct hub_desk *d);
/* The service that asks it, once it listens. */
void hub_desk_serve(struct hub_desk *d, struct web *web);
/* After the service and the loop have ended. NULL is fine. */
void hub_desk_free(struct hub_desk *d);

/* For the service's `tick`: pages that listen get their figures. */
void hub_desk_tick(void *desk);
/* To be called once a second, also when nobody listens: a backup goes on. */
void hub_desk_second(void *desk);
/* A web_handler_fn; ctx is the desk. */
void hub_desk_handle(void *desk, const struct web_request *q, struct web_response *r);

/* ---- for tests ---- */

struct hub_desk_route_text {
    const char *method; /* "GET" */
    const char *path;
    unsigned roles; /* bits of enum hub_role; 0: without a login */
};
/* Row `i` of the route table of the API; false behind the last one. */
bool hub_desk_route_at(size_t i, struct hub_desk_route_text *out);

#endif

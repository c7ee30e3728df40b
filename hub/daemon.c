/* The hub's daemon: the sync port, the province's door and the control socket on one loop. */
#include "common/io/clock.h"
#include "common/io/db.h"
#include "common/io/rpc.h"
#include "common/io/tls.h"
#include "common/log.h"
#include "hub/aside.h"
#include "hub/command.h"
#include "hub/command_priv.h"
#include "hub/desk.h"
#include "hub/scrub.h"
#include "hub/store_history.h"
#include "hub/stops.h"

#include <stdio.h>

enum { HUB_HOST_ROOM = 256 };

struct hub_daemon {
    struct hub_app *app;
    struct rpc_server *rpc;
    struct web *web;
    struct hub_desk *desk;
    struct hub_aside *aside;
    struct hub_scrub scrub;
    enum err history; /* of the last turn of its index */
};

/* ---- a backup beside everything else ---- */

static void hub_daemon_reply(struct rpc_call *call, json_t *response)
{
    rpc_reply(call, response);
    json_decref(response);
}

static void hub_daemon_copied(void *ctx, enum err how, const char *made)
{
    hub_daemon_reply(ctx, hub_command_backup_said(how, made));
}

static void hub_daemon_backup(struct hub_daemon *d, struct rpc_call *call, const json_t *request)
{
    enum err e = hub_copier_start(&d->app->copier, hub_request_str(request, "path"),
                                  hub_daemon_copied, call);
    if (e != ERR_OK) hub_daemon_reply(call, hub_command_backup_said(e, d->app->copier.made));
}

static void hub_daemon_answered(void *ctx, json_t *answer)
{
    hub_daemon_reply(ctx, answer);
}

static void hub_daemon_request(void *ctx, struct rpc_call *call, json_t *request)
{
    struct hub_daemon *d = ctx;
    const char *verb = hub_request_str(request, "verb");
    if (verb != NULL && strcmp(verb, "backup") == 0) {
        hub_daemon_backup(d, call, request);
        return;
    }
    enum err e = hub_aside_wants(d->app, request)
                     ? hub_aside_start(d->aside, request, hub_daemon_answered, call)
                     : ERR_NOMEM;
    if (e == ERR_OK) return;
    json_t *response = e == ERR_AGAIN ? hub_aside_full() : hub_command(d->app, request);
    if (response == NULL) response = json_object(); /* the caller reports what it cannot read */
    rpc_reply(call, response);
    json_decref(response);
}

static void hub_daemon_on_stop(void *ctx)
{
    struct hub_daemon *d = ctx;
    hub_copier_stop(&d->app->copier);
    hub_aside_stop(d->aside);
    if (d->rpc != NULL) rpc_close(d->rpc, NULL, NULL);
    if (d->web != NULL) web_close(d->web, NULL, NULL);
    d->rpc = NULL;
    d->web = NULL;
}

/* Some of the log more into the index by record. On a full disk it waits; who asks is answered all the same. */
static void hub_daemon_history(struct hub_daemon *d)
{
    bool done = false;
    if (db_in_transaction(hub_store_db(d->app->store))) return;
    enum err e = hub_store_history_some(d->app->store, HUB_HISTORY_TURN, &done);
    if (e != ERR_OK && e != d->history) LOG_EVENT(LOG_LEVEL_WARN, log_evt("history"), log_err(e));
    d->history = e;
}

static void hub_daemon_second(void *ctx)
{
    struct hub_daemon *d = ctx;
    if (d->desk != NULL) hub_desk_second(d->desk);
    hub_scrub_turn(&d->scrub, clock_mono_ms(), clock_wall_ms());
    hub_daemon_history(d);
}

static void hub_daemon_trouble(void *ctx, enum err why)
{
    (void)ctx; /* the drive logged it; nodes keep their sets and send again */
    (void)why;
}

/* ---- the province's door ---- */

static enum err hub_daemon_pem(struct hub_app *a, const char *key, const char *usual, bool secret,
                               struct buf *out)
{
    char path[FILE_PATH_BYTES_MAX];
    const char *set = conf_string(a->conf, "web", key);
    enum err e = ERR_OK;
    if (set[0] != '\0') {
        snprintf(path, sizeof path, "%s", set);
    } else {
        e = hub_app_path(a->data, usual, path);
    }
    if (e == ERR_OK)
        e = secret ? file_read_private(path, TLS_PEM_BYTES_MAX, out)
                   : file_read(path, TLS_PEM_BYTES_MAX, out);
    if (e != ERR_OK)
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("web.pem"), log_str("path", path), log_err(e));
    return e;
}

static enum err hub_daemon_web(struct hub_daemon *d)
{
    struct hub_app *a = d->app;
    char host[HUB_HOST_ROOM], names[HUB_HOST_ROOM];
    const char *hosts[WEB_HOSTS_MAX];
    struct buf cert, key;
    struct web_options o = {.address = host,
                            .handler = hub_desk_handle,
                            .tick = hub_desk_tick,
                            .ctx = d->desk,
                            .upload_paths = {HUB_DESK_UPLOAD_PATH, HUB_DESK_SHEET_PATH},
                            .upload_bytes_max = HUB_DESK_UPLOAD_BYTES_MAX};
    if (!conf_hostport(a->conf, "web", "listen", host, sizeof host, &o.port)) return ERR_CONFIG;
    snprintf(names, sizeof names, "%s", conf_string(a->conf, "web", "names"));
    o.host_count = hub_app_split(names, hosts, WEB_HOSTS_MAX);
    o.hosts = hosts;
    o.methods = 1u << WEB_GET | 1u << WEB_HEAD | 1u << WEB_POST | 1u << WEB_PUT | 1u << WEB_DELETE;
    buf_init(&cert, TLS_PEM_BYTES_MAX);
    buf_init(&key, TLS_PEM_BYTES_MAX);
    enum err e = hub_daemon_pem(a, "cert", "tls/cert.pem", false, &cert);
    if (e == ERR_OK) e = tls_fingerprint(buf_bytes(&cert), a->certificate);
    if (e == ERR_OK) e = tls_until(buf_bytes(&cert), &a->certificate_until_ms);
    if (e == ERR_OK) e = hub_daemon_pem(a, "key", "tls/key.pem", true, &key);
    o.cert_pem = buf_cstr(&cert);
    o.key_pem = buf_cstr(&key);
    if (e == ERR_OK) e = web_open(hub_drive_loop(a->drive), &o, &d->web);
    if (e == ERR_OK) {
        a->web_port = web_port(d->web);
        hub_desk_serve(d->desk, d->web);
    }
    tls_wipe(&key);
    buf_free(&cert);
    return e;
}

/* ---- starting ---- */

static enum err hub_daemon_ports(struct hub_app *a)
{
    char path[FILE_PATH_BYTES_MAX], text[64];
    snprintf(text, sizeof text, "{\"sync\": %u, \"web\": %u}\n", a->sync_port, a->web_port);
    enum err e = hub_app_path(a->data, HUB_PORTS_FILE, path);
    return e == ERR_OK ? file_write_atomic(path, bytes_str(text), 0600) : e;
}

static enum err hub_daemon_start(struct hub_daemon *d)
{
    struct hub_app *a = d->app;
    char host[HUB_HOST_ROOM], path[FILE_PATH_BYTES_MAX];
    uint16_t port = 0;
    if (!conf_hostport(a->conf, "hub", "listen", host, sizeof host, &port)) return ERR_CONFIG;
    enum err e = hub_drive_listen(a->drive, host, port, &a->sync_port);
    if (e != ERR_OK) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("hub.listen"), log_str("address", host),
                  log_uint("port", port), log_err(e));
        return e;
    }
    e = hub_daemon_web(d);
    if (e != ERR_OK) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("web.listen"), log_err(e));
        return e;
    }
    e = hub_app_path(a->data, HUB_CONTROL_SOCKET, path);
    if (e == ERR_OK) e = rpc_serve(hub_drive_loop(a->drive), path, hub_daemon_request, d, &d->rpc);
    if (e == ERR_OK) e = hub_daemon_ports(a);
    return e;
}

enum err hub_app_run(struct hub_app *a)
{
    struct hub_daemon d = {.app = a};
    char path[FILE_PATH_BYTES_MAX];
    struct hub_drive_options o = {.store = a->store,
                                  .keys = &a->keys,
                                  .signals = true,
                                  .source_rate = (unsigned)conf_int(a->conf, "hub", "rate"),
                                  .on_stop = hub_daemon_on_stop,
                                  .on_tick = hub_daemon_second,
                                  .on_trouble = hub_daemon_trouble,
                                  .ctx = &d};
    hub_stops_open(a, clock_wall_ms());
    o.blackbox = hub_stops(a);
    enum err e = hub_drive_new(&o, &a->drive);
    if (e != ERR_OK) {
        hub_stops_close(a);
        return e;
    }
    a->copier = (struct hub_copier){
        .store = a->store, .loop = hub_drive_loop(a->drive), .wall_ms = clock_wall_ms};
    hub_scrub_init(&d.scrub, a->store, clock_mono_ms());
    e = hub_aside_new(a, hub_drive_loop(a->drive), &d.aside);
    struct hub_desk_options desk = {.app = a,
                                    .aside = d.aside,
                                    .loop = hub_drive_loop(a->drive),
                                    .mono_ms = clock_mono_ms,
                                    .wall_ms = clock_wall_ms};
    if (e == ERR_OK) e = hub_desk_new(&desk, &d.desk);
    if (e == ERR_OK) e = hub_daemon_start(&d);
    if (e == ERR_OK) {
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("hub.ready"), log_uint("port", a->sync_port),
                  log_uint("web_port", a->web_port), log_str("certificate", a->certificate));
        e = hub_drive_run(a->drive);
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("hub.stopped"));
    }
    hub_drive_free(a->drive);
    hub_aside_free(d.aside);
    hub_scrub_free(&d.scrub);
    a->drive = NULL;
    hub_stops_close(a);
    hub_desk_free(d.desk);
    enum err gone = hub_app_path(a->data, HUB_PORTS_FILE, path);
    if (gone == ERR_OK) gone = file_remove(path);
    (void)gone; /* it may never have been written */
    return e;
}

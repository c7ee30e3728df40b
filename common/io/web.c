/*
 * A request is one struct web_job, made at its first header callback and freed when the library says that it completed.
 * Its `stage` says whose turn it is; while the connection sleeps (WAITING) only the loop's thread touches the job:
 *
 *     READING --whole body--> WAITING --handler ran--> DONE --answer queued--> (completed: freed)
 *        '--guard, limit--> refused at once
 *
 * The connection is put to sleep before the job enters the queue, so a wake-up can never come too early. When the
 * service stops, the same mutex that guards the queue guarantees that no job is left asleep.
 */
#include "common/io/web_priv.h"
#include "common/log.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <microhttpd.h>
#include <uv.h>

#define WEB_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

enum web_stage { WEB_READING, WEB_WAITING, WEB_DONE };

struct web_job {
    struct web *web;
    struct MHD_Connection *connection;
    struct web_job *next;
    enum web_stage stage;
    struct web_head head;
    struct web_request request;
    struct web_response response;
    struct buf body;
    bool overflow; /* more headers than there is room for */
    size_t text_len;
    char text[WEB_CONN_MEMORY_BYTES]; /* copies of path, headers and parameters */
};

struct web {
    struct MHD_Daemon *daemon;
    uv_async_t wake;
    struct web_guard guard;
    web_handler_fn handler;
    void *ctx;
    void (*on_gone)(void *);
    void *gone_ctx;
    bool in_handler;
    uv_mutex_t mutex; /* guards all below */
    struct web_job *first, *last;
    unsigned waiting;
    bool stopping;
};

static const char *const web_header_names[WEB_HEADER_COUNT] = {
    [WEB_AUTHORIZATION] = "Authorization",
    [WEB_IF_NONE_MATCH] = "If-None-Match",
    [WEB_RANGE] = "Range",
    [WEB_CONTENT_TYPE] = "Content-Type",
    [WEB_ORIGIN] = "Origin",
    [WEB_COOKIE] = "Cookie",
    [WEB_CSRF] = "X-Dongbo-Csrf",
};

/* ---- jobs, library's thread ---- */

/* A copy of `s` inside the job; "" when there is no room, and then the request is refused. */
static const char *web_keep(struct web_job *j, const char *s)
{
    if (s == NULL) return "";
    size_t len = strlen(s) + 1;
    if (len > sizeof j->text - j->text_len) {
        j->overflow = true;
        return "";
    }
    char *at = j->text + j->text_len;
    memcpy(at, s, len);
    j->text_len += len;
    return at;
}

/* UINT64_MAX unless the text is a plain decimal number. */
static uint64_t web_number(const char *s)
{
    uint64_t v = 0;
    if (s == NULL || *s == '\0' || strlen(s) > 18) return UINT64_MAX;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9') return UINT64_MAX;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    return v;
}

static enum MHD_Result web_on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct web_job *j = ctx;
    (void)kind;
    if (strcasecmp(name, "Host") == 0) {
        j->head.host_count++;
        j->head.host = web_keep(j, value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        j->head.content_length_count++;
        j->head.content_length = web_number(value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        j->head.transfer_encoding_count++;
    }
    for (size_t i = 0; i < WEB_HEADER_COUNT; i++) {
        if (j->request.headers[i] == NULL && strcasecmp(name, web_header_names[i]) == 0) {
            j->request.headers[i] = web_keep(j, value);
        }
    }
    return MHD_YES;
}

static enum MHD_Result web_on_param(void *ctx, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct web_job *j = ctx;
    (void)kind;
    if (j->request.param_count == WEB_PARAMS_MAX) {
        j->overflow = true;
        return MHD_NO;
    }
    j->request.params[j->request.param_count++] =
        (struct web_param){.name = web_keep(j, name), .value = web_keep(j, value)};
    return MHD_YES;
}

static int web_hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* %-decoding in place. "%00" stays as it is: a decoded NUL would cut the text short behind our back. */
static size_t web_on_unescape(void *ctx, struct MHD_Connection *c, char *s)
{
    char *out = s;
    (void)ctx;
    (void)c;
    for (const char *in = s; *in != '\0';) {
        int high = *in == '%' ? web_hex(in[1]) : -1;
        int low = high >= 0 ? web_hex(in[2]) : -1;
        if (low >= 0 && (high | low) != 0) {
            *out++ = (char)(high * 16 + low);
            in += 3;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return (size_t)(out - s);
}

static struct web_job *web_job_new(struct web *w, struct MHD_Connection *c, const char *url,
                                   const char *method)
{
    struct web_job *j = malloc(sizeof *j);
    if (j == NULL) return NULL;
    memset(j, 0, offsetof(struct web_job, text));
    j->web = w;
    j->connection = c;
    buf_init(&j->body, WEB_BODY_BYTES_MAX);
    web_response_init(&j->response);
    j->request.path = j->head.path = web_keep(j, url);
    j->head.method = web_keep(j, method);
    MHD_get_connection_values(c, MHD_HEADER_KIND, web_on_header, j);
    MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, web_on_param, j);
    return j;
}

static void web_on_completed(void *ctx, struct MHD_Connection *c, void **slot,
                             enum MHD_RequestTerminationCode code)
{
    struct web_job *j = *slot;
    (void)ctx;
    (void)c;
    (void)code;
    if (j == NULL) return;
    assert(j->stage != WEB_WAITING); /* A sleeping connection cannot complete. */
    web_response_free(&j->response);
    buf_free(&j->body);
    free(j);
    *slot = NULL;
}

static void web_add_headers(struct MHD_Response *m, const struct web_response *r)
{
    static const char *const always[][2] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
    };
    for (size_t i = 0; i < r->header_count; i++)
        MHD_add_response_header(m, r->headers[i].name, r->headers[i].value);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        if (!web_has_header(r, always[i][0]))
            MHD_add_response_header(m, always[i][0], always[i][1]);
    }
}

static enum MHD_Result web_answer(struct MHD_Connection *c, struct web_response *r)
{
    if (r->body.e != ERR_OK || r->status < 200 || r->status > 599) {
        buf_clear(&r->body);
        r->status = 500;
    }
    struct MHD_Response *m = NULL;
    if (r->body.len > 0) {
        m = MHD_create_response_from_buffer(r->body.len, r->body.p, MHD_RESPMEM_MUST_FREE);
        if (m != NULL) r->body = (struct buf){.max = r->body.max}; /* The library frees it. */
    } else {
        m = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    if (m == NULL) return MHD_NO;
    web_add_headers(m, r);
    enum MHD_Result ok = MHD_queue_response(c, r->status, m);
    MHD_destroy_response(m);
    return ok;
}

/* Answer and end the connection: what follows on it cannot be trusted to be where a request begins. */
static enum MHD_Result web_refuse(struct web_job *j, unsigned status)
{
    web_set_header(&j->response, "Connection", "close");
    web_text(&j->response, status, "text/plain; charset=utf-8", "refused\n");
    j->stage = WEB_DONE;
    return web_answer(j->connection, &j->response);
}

static enum MHD_Result web_begin(struct web_job *j)
{
    struct web_guard *g = &j->web->guard;
    uv_mutex_lock(&j->web->mutex); /* The port is set after the library's thread began. */
    uv_mutex_unlock(&j->web->mutex);
    unsigned status = j->overflow ? 431 : web_guard_check(g, &j->head, &j->request.method);
    return status != 0 ? web_refuse(j, status) : MHD_YES;
}

/* The whole request is here: sleep, enter the queue, wake the loop. */
static void web_enqueue(struct web_job *j)
{
    struct web *w = j->web;
    j->request.body = buf_bytes(&j->body);
    j->stage = WEB_WAITING;
    MHD_suspend_connection(j->connection);
    uv_mutex_lock(&w->mutex);
    bool taken = !w->stopping && w->waiting < WEB_QUEUE_MAX;
    if (taken) {
        if (w->last != NULL) w->last->next = j;
        if (w->first == NULL) w->first = j;
        w->last = j;
        w->waiting++;
        uv_async_send(&w->wake);
    }
    uv_mutex_unlock(&w->mutex);
    if (taken) return;
    web_set_header(&j->response, "Retry-After", "5");
    web_text(&j->response, 503, "text/plain; charset=utf-8", "busy\n");
    j->stage = WEB_DONE;
    MHD_resume_connection(j->connection);
}

static enum MHD_Result web_on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                      const char *method, const char *version, const char *data,
                                      size_t *data_len, void **slot)
{
    struct web_job *j = *slot;
    (void)version;
    if (j == NULL) {
        j = web_job_new(ctx, c, url, method);
        *slot = j;
        return j != NULL ? web_begin(j) : MHD_NO;
    }
    if (j->stage == WEB_DONE) return web_answer(c, &j->response);
    if (*data_len > 0) {
        buf_add(&j->body, data, *data_len);
        *data_len = 0;
        return j->body.e == ERR_OK
                   ? MHD_YES
                   : MHD_NO; /* A chunked body over the cap: no answer fits in here. */
    }
    web_enqueue(j);
    return MHD_YES;
}

/* ---- loop's thread ---- */

static struct web_job *web_take(struct web *w)
{
    uv_mutex_lock(&w->mutex);
    struct web_job *j = w->first;
    if (j != NULL) {
        w->first = j->next;
        if (w->first == NULL) w->last = NULL;
    }
    uv_mutex_unlock(&w->mutex);
    return j;
}

static void web_hand_back(struct web *w, struct web_job *j)
{
    uv_mutex_lock(&w->mutex);
    w->waiting--;
    j->stage = WEB_DONE;
    uv_mutex_unlock(&w->mutex);
    MHD_resume_connection(j->connection); /* From here the job is the library's thread's again. */
}

static void web_on_wake(uv_async_t *a)
{
    struct web *w = a->data;
    for (struct web_job *j; (j = web_take(w)) != NULL;) {
        w->in_handler = true;
        w->handler(w->ctx, &j->request, &j->response);
        w->in_handler = false;
        web_hand_back(w, j);
    }
}

/* ---- start and stop ---- */

/* Only the library's own format text: the arguments can hold bytes of a peer. */
static void web_on_log(void *ctx, const char *format, va_list ap)
{
    (void)ctx;
    (void)ap;
    LOG_EVENT(LOG_LEVEL_DEBUG, log_evt("web.library"), log_str("text", format));
}

union web_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum err web_parse_address(const struct web_options *o, union web_address *a)
{
    bool loopback = false;
    memset(a, 0, sizeof *a);
    if (inet_pton(AF_INET, o->address, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(o->port);
        loopback = (ntohl(a->v4.sin_addr.s_addr) >> 24) == 127;
    } else if (inet_pton(AF_INET6, o->address, &a->v6.sin6_addr) == 1) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(o->port);
        loopback = IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
    } else {
        return ERR_BAD_INPUT;
    }
    return o->cert_pem == NULL && !loopback ? ERR_BAD_INPUT : ERR_OK;
}

static enum err web_start_daemon(struct web *w, const struct web_options *o,
                                 const union web_address *a)
{
    unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->cert_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->key_pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)WEB_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    if (o->cert_pem != NULL) flags |= MHD_USE_TLS;
    if (a->any.sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    errno = 0;
    w->daemon = MHD_start_daemon(
        flags, o->port, NULL, NULL, web_on_request, w, MHD_OPTION_EXTERNAL_LOGGER, web_on_log, w,
        MHD_OPTION_SOCK_ADDR, &a->any, MHD_OPTION_NOTIFY_COMPLETED, web_on_completed, w,
        MHD_OPTION_UNESCAPE_CALLBACK, web_on_unescape, w, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)WEB_CONNS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)WEB_CONNS_PER_IP_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_CONN_MEMORY_BYTES,
        o->cert_pem != NULL ? MHD_OPTION_ARRAY : MHD_OPTION_END, tls, MHD_OPTION_END);
    if (w->daemon != NULL) return ERR_OK;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("web.start"), log_int("errno", errno));
    if (errno == EADDRINUSE) return ERR_LOCKED;
    if (errno == EACCES) return ERR_DENIED;
    return o->cert_pem != NULL ? ERR_CONFIG : ERR_IO;
}

static void web_free(struct web *w)
{
    uv_mutex_destroy(&w->mutex);
    web_guard_free(&w->guard);
    free(w);
}

static void web_on_closed(uv_handle_t *h)
{
    struct web *w = h->data;
    if (w->on_gone != NULL) w->on_gone(w->gone_ctx);
    web_free(w);
}

static enum err web_prepare(struct uv_loop_s *loop, const struct web_options *o, struct web **out)
{
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    w->handler = o->handler;
    w->ctx = o->ctx;
    if (uv_mutex_init(&w->mutex) != 0) {
        free(w);
        return ERR_NOMEM;
    }
    enum err e = web_guard_set(&w->guard, o->hosts, o->host_count, o->methods);
    if (e == ERR_OK && uv_async_init(loop, &w->wake, web_on_wake) != 0) e = ERR_IO;
    if (e != ERR_OK) {
        web_free(w);
        return e;
    }
    w->wake.data = w;
    *out = w;
    return ERR_OK;
}

enum err web_open(struct uv_loop_s *loop, const struct web_options *options, struct web **out)
{
    union web_address a;
    struct web *w = NULL;
    assert(options->handler != NULL);
    signal(SIGPIPE, SIG_IGN);
    enum err e = web_parse_address(options, &a);
    if (e == ERR_OK) e = web_prepare(loop, options, &w);
    if (e != ERR_OK) return e;
    uv_mutex_lock(&w->mutex); /* A request that comes at once waits in the guard for the port. */
    e = web_start_daemon(w, options, &a);
    if (e == ERR_OK) {
        const union MHD_DaemonInfo *info =
            MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT);
        if (info != NULL) w->guard.port = info->port;
    }
    uv_mutex_unlock(&w->mutex);
    if (e != ERR_OK) {
        uv_close((uv_handle_t *)&w->wake, web_on_closed);
        return e;
    }
    *out = w;
    return ERR_OK;
}

uint16_t web_port(const struct web *w)
{
    return w->guard.port;
}

void web_close(struct web *w, void (*on_gone)(void *ctx), void *ctx)
{
    assert(!w->in_handler && !w->stopping);
    uv_mutex_lock(&w->mutex);
    w->stopping = true;
    uv_mutex_unlock(&w->mutex);
    for (struct web_job *j; (j = web_take(w)) != NULL;) {
        web_text(&j->response, 503, "text/plain; charset=utf-8", "stopping\n");
        web_hand_back(w, j);
    }
    MHD_stop_daemon(w->daemon); /* Joins its thread. */
    w->on_gone = on_gone;
    w->gone_ctx = ctx;
    uv_close((uv_handle_t *)&w->wake, web_on_closed);
}

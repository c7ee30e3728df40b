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
#include "common/io/web_http.h"
#include "common/io/web_priv.h"
#include "common/log.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <uv.h>

#define WEB_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct web {
    struct MHD_Daemon *daemon;
    uv_async_t wake;
    struct web_guard guard;
    uv_timer_t timer; /* of the streams */
    unsigned handles; /* not closed yet */
    web_handler_fn handler;
    void (*tick)(void *ctx);
    void *ctx;
    void (*on_gone)(void *);
    void *gone_ctx;
    struct web_job *handling; /* in the handler now; NULL: none */
    struct web_later *laters; /* answers that are still to come */
    struct web_streams *streams;
    unsigned ticks;
    unsigned uploads; /* the library's thread alone */
    uv_mutex_t mutex; /* guards all below */
    struct web_job *first, *last;
    uv_cond_t sent;     /* `answering` became 0 */
    unsigned answering; /* answers that are not sent to their end; streams aside */
    unsigned waiting;
    bool stopping;
};

struct web_later {
    struct web_job *job; /* NULL: the service has stopped */
    struct web_later *next, *before;
};

/* An answer is sent, or nobody takes it. */
static void web_answered(struct web_job *j)
{
    struct web *w = j->web;
    if (!j->answering) return;
    uv_mutex_lock(&w->mutex);
    if (--w->answering == 0) uv_cond_signal(&w->sent);
    uv_mutex_unlock(&w->mutex);
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
    web_answered(j);
    if (j->upload) j->web->uploads--;
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
        web_http.add_response_header(m, r->headers[i].name, r->headers[i].value);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        if (!web_has_header(r, always[i][0]))
            web_http.add_response_header(m, always[i][0], always[i][1]);
    }
}

static enum MHD_Result web_answer(struct web_job *j)
{
    struct MHD_Connection *c = j->connection;
    struct web_response *r = &j->response;
    if (r->body.e != ERR_OK || r->status < 200 || r->status > 599) {
        buf_clear(&r->body);
        r->status = 500;
    }
    struct MHD_Response *m = NULL;
    if (j->stream != 0) {
        m = web_streams_response(j->web->streams, j->stream, c);
    } else if (r->body.len > 0) {
        m = web_http.create_response_from_buffer(r->body.len, r->body.p, MHD_RESPMEM_MUST_FREE);
        if (m != NULL) r->body = (struct buf){.max = r->body.max}; /* The library frees it. */
    } else {
        m = web_http.create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    if (m == NULL) return MHD_NO;
    web_add_headers(m, r);
    enum MHD_Result ok = web_http.queue_response(c, r->status, m);
    web_http.destroy_response(m);
    return ok;
}

#define WEB_RETRY_AFTER                                                                            \
    "5" /* seconds: who is told 503 while there is too much at once asks again then */

/* Answer and end the connection: what follows on it cannot be trusted to be where a request begins. */
static enum MHD_Result web_refuse(struct web_job *j, unsigned status)
{
    web_set_header(&j->response, "Connection", "close");
    if (status == 503) web_set_header(&j->response, "Retry-After", WEB_RETRY_AFTER);
    web_text(&j->response, status, "text/plain; charset=utf-8", "refused\n");
    j->stage = WEB_DONE;
    return web_answer(j);
}

static enum MHD_Result web_begin(struct web_job *j)
{
    struct web_guard *g = &j->web->guard;
    uv_mutex_lock(&j->web->mutex); /* The port is set after the library's thread began. */
    bool upload = web_guard_upload(g, j->head.path, j->request.headers[WEB_CSRF]);
    uv_mutex_unlock(&j->web->mutex);
    unsigned status = j->overflow ? 431 : web_guard_check(g, &j->head, upload, &j->request.method);
    if (status == 0 && upload) {
        j->upload = j->web->uploads < WEB_UPLOADS_MAX;
        if (j->upload)
            j->web->uploads++;
        else
            status = 503;
    }
    j->body.max = j->upload ? g->upload_bytes_max : g->body_bytes_max;
    return status != 0 ? web_refuse(j, status) : MHD_YES;
}

/* The whole request is here: sleep, enter the queue, wake the loop. */
static void web_enqueue(struct web_job *j)
{
    struct web *w = j->web;
    j->request.body = buf_bytes(&j->body);
    j->stage = WEB_WAITING;
    web_http.suspend_connection(j->connection);
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
    web_set_header(&j->response, "Retry-After", WEB_RETRY_AFTER);
    web_text(&j->response, 503, "text/plain; charset=utf-8", "busy\n");
    j->stage = WEB_DONE;
    web_http.resume_connection(j->connection);
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
    if (j->stage == WEB_DONE) return web_answer(j);
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
    j->answering = j->stream == 0;
    w->answering += j->answering;
    uv_mutex_unlock(&w->mutex);
    web_http.resume_connection(
        j->connection); /* From here the job is the library's thread's again. */
}

static void web_on_wake(uv_async_t *a)
{
    struct web *w = a->data;
    for (struct web_job *j; (j = web_take(w)) != NULL;) {
        w->handling = j;
        w->handler(w->ctx, &j->request, &j->response);
        w->handling = NULL;
        if (j->later == NULL) web_hand_back(w, j);
    }
}

struct web_later *web_later(struct web *w)
{
    struct web_later *l = calloc(1, sizeof *l);
    assert(w->handling != NULL && w->handling->later == NULL && w->handling->stream == 0);
    if (l == NULL) return NULL;
    *l = (struct web_later){.job = w->handling, .next = w->laters};
    if (w->laters != NULL) w->laters->before = l;
    w->laters = l;
    w->handling->later = l;
    return l;
}

struct web_response *web_later_response(struct web_later *l)
{
    return l->job != NULL ? &l->job->response : NULL;
}

/* The job's connection wakes; `l` knows no job any more. */
static void web_later_let_go(struct web *w, struct web_later *l)
{
    struct web_job *j = l->job;
    if (l->before != NULL)
        l->before->next = l->next;
    else
        w->laters = l->next;
    if (l->next != NULL) l->next->before = l->before;
    l->job = NULL;
    web_hand_back(w, j);
}

void web_later_done(struct web_later *l)
{
    if (l->job != NULL) web_later_let_go(l->job->web, l);
    free(l);
}

/* ---- streams, loop's thread ---- */

static void web_on_timer(uv_timer_t *t)
{
    struct web *w = t->data;
    /* One more turn after the last stream went: so its owner hears of it, however fast it went. */
    bool none = web_streams_count(w->streams) == 0;
    if (++w->ticks % (WEB_HEARTBEAT_MS / WEB_TICK_MS) == 0) web_streams_heartbeat(w->streams);
    if (w->tick != NULL) w->tick(w->ctx);
    if (none) uv_timer_stop(t);
}

uint64_t web_stream_open(struct web *w)
{
    struct web_job *j = w->handling;
    assert(j != NULL && j->later == NULL && j->stream == 0);
    j->stream = web_streams_add(w->streams);
    if (j->stream == 0) return 0;
    web_set_header(&j->response, "Content-Type", "text/event-stream; charset=utf-8");
    web_set_header(&j->response, "Cache-Control", "no-store");
    if (!uv_is_active((uv_handle_t *)&w->timer))
        (void)uv_timer_start(&w->timer, web_on_timer, WEB_TICK_MS, WEB_TICK_MS);
    return j->stream;
}

bool web_stream_send(struct web *w, uint64_t stream, const char *event, const char *data)
{
    return web_streams_send(w->streams, stream, event, data);
}

void web_stream_end(struct web *w, uint64_t stream)
{
    if (stream != 0) web_streams_end(w->streams, stream);
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
    w->daemon = web_http.start_daemon(
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
    web_streams_free(w->streams);
    uv_cond_destroy(&w->sent);
    uv_mutex_destroy(&w->mutex);
    web_guard_free(&w->guard);
    free(w);
}

static void web_on_closed(uv_handle_t *h)
{
    struct web *w = h->data;
    if (--w->handles > 0) return;
    if (w->on_gone != NULL) w->on_gone(w->gone_ctx);
    web_free(w);
}

static void web_close_handles(struct web *w)
{
    uv_close((uv_handle_t *)&w->wake, web_on_closed);
    uv_close((uv_handle_t *)&w->timer, web_on_closed);
}

static enum err web_prepare(struct uv_loop_s *loop, const struct web_options *o, struct web **out)
{
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    w->handler = o->handler;
    w->tick = o->tick;
    w->ctx = o->ctx;
    if (uv_mutex_init(&w->mutex) != 0) {
        free(w);
        return ERR_NOMEM;
    }
    if (uv_cond_init(&w->sent) != 0) {
        uv_mutex_destroy(&w->mutex);
        free(w);
        return ERR_NOMEM;
    }
    enum err e = web_guard_set(&w->guard, o->hosts, o->host_count, o->methods);
    w->guard.body_bytes_max = o->body_bytes_max != 0 ? o->body_bytes_max : WEB_BODY_BYTES_MAX;
    memcpy(w->guard.upload_paths, o->upload_paths, sizeof w->guard.upload_paths);
    w->guard.upload_bytes_max = o->upload_bytes_max;
    assert(w->guard.body_bytes_max <= WEB_UPLOAD_BYTES_MAX);
    assert(o->upload_bytes_max <= WEB_UPLOAD_BYTES_MAX);
    if (e == ERR_OK) e = web_streams_new(&w->streams);
    if (e == ERR_OK && uv_async_init(loop, &w->wake, web_on_wake) != 0) e = ERR_IO;
    if (e != ERR_OK) {
        web_free(w);
        return e;
    }
    (void)uv_timer_init(loop, &w->timer); /* always 0 */
    w->wake.data = w->timer.data = w;
    w->handles = 2;
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
    if (e == ERR_OK) e = web_http_load();
    if (e == ERR_OK) e = web_prepare(loop, options, &w);
    if (e != ERR_OK) return e;
    uv_mutex_lock(&w->mutex); /* A request that comes at once waits in the guard for the port. */
    e = web_start_daemon(w, options, &a);
    if (e == ERR_OK) {
        const union MHD_DaemonInfo *info =
            web_http.get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT);
        if (info != NULL) w->guard.port = info->port;
    }
    uv_mutex_unlock(&w->mutex);
    if (e != ERR_OK) {
        web_close_handles(w);
        return e;
    }
    *out = w;
    return ERR_OK;
}

void web_upload_keys(struct web *w, const char *const *keys, size_t n)
{
    uv_mutex_lock(&w->mutex);
    web_guard_keys(&w->guard, keys, n);
    uv_mutex_unlock(&w->mutex);
}

uint16_t web_port(const struct web *w)
{
    return w->guard.port;
}

/* The library throws away what it has not sent when it is told to stop. */
static void web_let_send(struct web *w)
{
    const uint64_t end = uv_hrtime() + (uint64_t)WEB_STOP_MS * 1000000u;
    uv_mutex_lock(&w->mutex);
    for (uint64_t now; w->answering > 0 && (now = uv_hrtime()) < end;)
        (void)uv_cond_timedwait(&w->sent, &w->mutex, end - now);
    uv_mutex_unlock(&w->mutex);
}

void web_close(struct web *w, void (*on_gone)(void *ctx), void *ctx)
{
    assert(w->handling == NULL && !w->stopping);
    uv_mutex_lock(&w->mutex);
    w->stopping = true;
    uv_mutex_unlock(&w->mutex);
    for (struct web_job *j; (j = web_take(w)) != NULL;) {
        web_text(&j->response, 503, "text/plain; charset=utf-8", "stopping\n");
        web_hand_back(w, j);
    }
    for (struct web_later *l; (l = w->laters) != NULL;) {
        web_text(&l->job->response, 503, "text/plain; charset=utf-8", "stopping\n");
        web_later_let_go(w, l);
    }
    web_streams_end(w->streams, 0);
    web_let_send(w);
    web_http.stop_daemon(w->daemon); /* Joins its thread. */
    w->on_gone = on_gone;
    w->gone_ctx = ctx;
    web_close_handles(w);
}

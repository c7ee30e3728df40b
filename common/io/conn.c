/* TCP_USER_TIMEOUT is outside POSIX. */
#define _DEFAULT_SOURCE

#include "common/io/conn.h"
#include "common/log.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <uv.h>

enum conn_state { CONN_RESOLVING, CONN_CONNECTING, CONN_NEXT_ADDRESS, CONN_OPEN, CONN_CLOSING };

struct conn {
    union {
        uv_tcp_t tcp;
        uv_pipe_t pipe;
        uv_stream_t stream;
        uv_handle_t handle;
    } u;
    uv_timer_t timer; /* connect timeout, then idle timeout */
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
    uv_loop_t *loop;
    struct conn_handlers on;
    void *ctx;
    struct conn_options options;
    void (*on_freed)(void *);
    void *freed_ctx;
    enum conn_state state;
    enum err why;
    unsigned open_handles; /* stream, timer and name look-up that still can call us */
    bool stream_live;      /* the stream handle is initialised and not closing */
    bool finishing;
    bool reading;
    size_t queued;
    uint16_t port;
    size_t address_count, address_next;
    struct sockaddr_storage addresses[CONN_ADDRESSES_MAX];
};

struct conn_write {
    uv_write_t req;
    struct conn *c;
    size_t len;
    uint8_t data[];
};

static void conn_try_next(struct conn *c);

/* ---- the end ---- */

static void conn_released(struct conn *c)
{
    assert(c->open_handles > 0);
    if (--c->open_handles > 0) return;
    assert(c->state == CONN_CLOSING);
    if (c->on.on_gone != NULL) c->on.on_gone(c->ctx, c->why);
    if (c->on_freed != NULL) c->on_freed(c->freed_ctx);
    free(c);
}

static void conn_on_timer_closed(uv_handle_t *h)
{
    conn_released(h->data);
}

static void conn_on_stream_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    if (c->state == CONN_NEXT_ADDRESS) {
        c->open_handles--;
        conn_try_next(c);
        return;
    }
    conn_released(c);
}

static void conn_close_stream(struct conn *c)
{
    if (!c->stream_live) return;
    c->stream_live = false;
    uv_close(&c->u.handle, conn_on_stream_closed);
}

void conn_close(struct conn *c, enum err why)
{
    if (c->state == CONN_CLOSING) return;
    if (c->state == CONN_RESOLVING)
        uv_cancel((uv_req_t *)&c->lookup); /* Its callback runs in any case. */
    c->state = CONN_CLOSING;
    c->why = why;
    conn_close_stream(c);
    uv_close((uv_handle_t *)&c->timer, conn_on_timer_closed);
}

bool conn_is_closing(const struct conn *c)
{
    return c->state == CONN_CLOSING;
}

/* The one mapping of libuv's codes of streams. */
static enum err conn_map(int rc)
{
    switch (rc) {
    case UV_ETIMEDOUT: return ERR_TIMEOUT;
    case UV_ENOMEM:
    case UV_ENOBUFS: return ERR_NOMEM;
    default: return ERR_LINK_LOST;
    }
}

/* ---- timers ---- */

static void conn_on_timer(uv_timer_t *t)
{
    conn_close(t->data, ERR_TIMEOUT);
}

static void conn_arm(struct conn *c, unsigned ms)
{
    if (ms == 0) {
        uv_timer_stop(&c->timer);
    } else {
        uv_timer_start(&c->timer, conn_on_timer, ms, ms);
    }
}

static void conn_touch(struct conn *c)
{
    if (c->state == CONN_OPEN && c->options.idle_timeout_ms > 0) uv_timer_again(&c->timer);
}

void conn_set_idle_timeout(struct conn *c, unsigned idle_timeout_ms)
{
    c->options.idle_timeout_ms = idle_timeout_ms;
    if (c->state == CONN_OPEN) conn_arm(c, idle_timeout_ms);
}

/* ---- reading ---- */

static void conn_on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *out)
{
    /* The bytes are handed on before the next read of this thread's loop, so one buffer serves all.
     */
    static _Thread_local char shared[CONN_READ_BYTES];
    (void)h;
    (void)hint;
    *out = uv_buf_init(shared, sizeof shared);
}

static void conn_on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = s->data;
    if (n < 0) {
        conn_close(c, conn_map((int)n));
        return;
    }
    if (n == 0 || c->finishing) return;
    conn_touch(c);
    if (c->on.on_bytes != NULL) c->on.on_bytes(c->ctx, bytes_make(b->base, (size_t)n));
}

void conn_pause(struct conn *c)
{
    c->reading = false;
    if (c->state == CONN_OPEN) uv_read_stop(&c->u.stream);
}

void conn_resume(struct conn *c)
{
    c->reading = true;
    if (c->state != CONN_OPEN) return;
    int rc = uv_read_start(&c->u.stream, conn_on_alloc, conn_on_read);
    if (rc != 0 && rc != UV_EALREADY) conn_close(c, conn_map(rc));
}

/* ---- writing ---- */

static void conn_sent(struct conn *c)
{
    conn_touch(c);
    if (c->queued > 0 || c->state != CONN_OPEN) return;
    if (c->finishing) {
        conn_close(c, ERR_OK);
    } else if (c->on.on_drained != NULL) {
        c->on.on_drained(c->ctx);
    }
}

static void conn_on_written(uv_write_t *req, int status)
{
    struct conn_write *w = req->data;
    struct conn *c = w->c;
    c->queued -= w->len;
    free(w);
    if (status < 0) {
        conn_close(c, conn_map(status));
    } else {
        conn_sent(c);
    }
}

static enum err conn_enqueue(struct conn *c, struct bytes bytes)
{
    struct conn_write *w = malloc(sizeof *w + bytes.len);
    if (w == NULL) return ERR_NOMEM;
    w->c = c;
    w->len = bytes.len;
    w->req.data = w;
    memcpy(w->data, bytes.p, bytes.len);
    uv_buf_t b = uv_buf_init((char *)w->data, (unsigned)bytes.len);
    int rc = uv_write(&w->req, &c->u.stream, &b, 1, conn_on_written);
    if (rc != 0) {
        free(w);
        return conn_map(rc);
    }
    c->queued += bytes.len;
    return ERR_OK;
}

enum err conn_send(struct conn *c, struct bytes bytes)
{
    if (c->state != CONN_OPEN || c->finishing) return ERR_LINK_LOST;
    if (bytes.len > c->options.queue_bytes_max) return ERR_TOO_LARGE;
    if (c->queued > c->options.queue_bytes_max - bytes.len) return ERR_AGAIN;
    if (bytes.len == 0) return ERR_OK;
    if (c->queued == 0) { /* Most messages go out here, without a copy. */
        uv_buf_t b = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.len);
        int n = uv_try_write(&c->u.stream, &b, 1);
        if (n < 0 && n != UV_EAGAIN) {
            conn_close(c, conn_map(n));
            return ERR_LINK_LOST;
        }
        if (n > 0) {
            conn_touch(c);
            bytes = bytes_make(bytes.p + n, bytes.len - (size_t)n);
        }
        if (bytes.len == 0) return ERR_OK;
    }
    return conn_enqueue(c, bytes);
}

bool conn_peer(const struct conn *c, uint8_t address[static 16])
{
    static const uint8_t v4[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_storage a = {0};
    int len = sizeof a;
    if (!c->stream_live || c->u.handle.type != UV_TCP ||
        uv_tcp_getpeername(&c->u.tcp, (struct sockaddr *)&a, &len) != 0)
        return false;
    if (a.ss_family == AF_INET6) {
        memcpy(address, &((const struct sockaddr_in6 *)&a)->sin6_addr, 16);
        return true;
    }
    if (a.ss_family != AF_INET) return false;
    memcpy(address, v4, sizeof v4);
    memcpy(address + sizeof v4, &((const struct sockaddr_in *)&a)->sin_addr, 4);
    return true;
}

size_t conn_queued(const struct conn *c)
{
    return c->queued;
}

void conn_finish(struct conn *c)
{
    if (c->state != CONN_OPEN) {
        conn_close(c, ERR_OK);
        return;
    }
    c->finishing = true;
    if (c->queued == 0) conn_close(c, ERR_OK);
}

/* ---- the beginning ---- */

static void conn_tune(struct conn *c)
{
    uv_os_fd_t fd;
    unsigned dead_ms = CONN_DEAD_MS;
    if (c->u.handle.type != UV_TCP) return;
    int rc = uv_tcp_nodelay(&c->u.tcp, 1);
    if (rc == 0) rc = uv_tcp_keepalive(&c->u.tcp, 1, CONN_KEEPALIVE_S);
#ifdef TCP_USER_TIMEOUT
    if (rc == 0) rc = uv_fileno(&c->u.handle, &fd);
    if (rc == 0) rc = setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
#endif
    if (rc != 0)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("conn.tune"),
                  log_int("code", rc)); /* It works without. */
}

static void conn_opened(struct conn *c)
{
    c->state = CONN_OPEN;
    conn_tune(c);
    conn_arm(c, c->options.idle_timeout_ms);
}

static void conn_on_connect(uv_connect_t *req, int status)
{
    struct conn *c = req->data;
    if (c->state != CONN_CONNECTING) return; /* Closing: the stream's own callback ends it. */
    if (status != 0) {
        c->state = CONN_NEXT_ADDRESS;
        conn_close_stream(c);
        return;
    }
    conn_opened(c);
    if (c->on.on_open != NULL) c->on.on_open(c->ctx);
    if (c->reading) conn_resume(c);
}

/* Called without a live stream handle. */
static void conn_try_next(struct conn *c)
{
    while (c->address_next < c->address_count) {
        const struct sockaddr *to = (const struct sockaddr *)&c->addresses[c->address_next++];
        if (uv_tcp_init(c->loop, &c->u.tcp) != 0) break;
        c->u.handle.data = c;
        c->open_handles++;
        c->stream_live = true;
        c->connect.data = c;
        c->state = CONN_CONNECTING;
        if (uv_tcp_connect(&c->connect, &c->u.tcp, to, conn_on_connect) == 0) return;
        c->state = CONN_NEXT_ADDRESS; /* This kind of address is not there: close the handle, try
                                         the next. */
        conn_close_stream(c);
        return;
    }
    c->state = CONN_CONNECTING;
    conn_close(c, ERR_UNREACHABLE);
}

static void conn_keep_addresses(struct conn *c, const struct addrinfo *list)
{
    for (; list != NULL && c->address_count < CONN_ADDRESSES_MAX; list = list->ai_next) {
        if (list->ai_addrlen > sizeof c->addresses[0]) continue;
        memcpy(&c->addresses[c->address_count++], list->ai_addr, list->ai_addrlen);
    }
}

static void conn_on_lookup(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    struct conn *c = req->data;
    if (c->state == CONN_RESOLVING) {
        if (status == 0) conn_keep_addresses(c, list);
        conn_try_next(c);
    }
    uv_freeaddrinfo(list);
    conn_released(c);
}

static struct conn *conn_new(uv_loop_t *loop, const struct conn_options *options)
{
    signal(SIGPIPE, SIG_IGN); /* A peer that left is an error code, not our death. */
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->loop = loop;
    if (options != NULL) c->options = *options;
    if (c->options.queue_bytes_max == 0) c->options.queue_bytes_max = CONN_QUEUE_BYTES_MAX;
    uv_timer_init(loop, &c->timer); /* Cannot fail. */
    c->timer.data = c;
    c->open_handles = 1;
    return c;
}

enum err conn_dial(struct uv_loop_s *loop, const char *host, uint16_t port,
                   const struct conn_options *options, const struct conn_handlers *handlers,
                   void *ctx, struct conn **out)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    char service[8];
    size_t len = strlen(host);
    if (len == 0 || len >= CONN_HOST_BYTES_MAX || port == 0) return ERR_BAD_INPUT;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct conn *c = conn_new(loop, options);
    if (c == NULL) return ERR_NOMEM;
    c->on = *handlers;
    c->ctx = ctx;
    c->port = port;
    c->reading = true;
    c->state = CONN_RESOLVING;
    c->lookup.data = c;
    conn_arm(c, c->options.connect_timeout_ms);
    int rc = uv_getaddrinfo(loop, &c->lookup, conn_on_lookup, host, service, &hints);
    if (rc == 0) {
        c->open_handles++;
        *out = c;
        return ERR_OK;
    }
    c->on = (struct conn_handlers){0}; /* No callback for what never started. */
    c->state = CONN_CONNECTING;
    conn_close(c, ERR_OK);
    return rc == UV_ENOMEM ? ERR_NOMEM : ERR_BAD_INPUT;
}

void conn_set_handlers(struct conn *c, const struct conn_handlers *handlers, void *ctx)
{
    c->on = *handlers;
    c->ctx = ctx;
}

enum err conn_accept(struct uv_loop_s *loop, struct uv_stream_s *server, bool pipe,
                     const struct conn_options *options, void (*on_freed)(void *), void *freed_ctx,
                     struct conn **out)
{
    struct conn *c = conn_new(loop, options);
    if (c == NULL) return ERR_NOMEM;
    int rc = pipe ? uv_pipe_init(loop, &c->u.pipe, 0) : uv_tcp_init(loop, &c->u.tcp);
    c->state = CONN_CONNECTING;
    if (rc == 0) {
        c->u.handle.data = c;
        c->open_handles++;
        c->stream_live = true;
        rc = uv_accept(server, &c->u.stream);
    }
    if (rc != 0) {
        conn_close(c, ERR_OK);
        return conn_map(rc);
    }
    c->on_freed = on_freed;
    c->freed_ctx = freed_ctx;
    conn_opened(c);
    *out = c;
    return ERR_OK;
}

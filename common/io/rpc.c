#include "common/io/rpc.h"
#include "common/buf.h"
#include "common/io/clock.h"
#include "common/io/listen.h"
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RPC_HEAD_BYTES = 4 };

struct rpc_server {
    struct listener *listener;
    rpc_request_fn on_request;
    void *ctx;
    void (*on_gone)(void *ctx);
    void *gone_ctx;
    bool closing;
    unsigned open; /* the listener and the peers */
    struct rpc_peer *peers;
};

struct rpc_peer {
    struct rpc_server *server;
    struct conn *conn;
    struct buf in;
    struct rpc_call *call; /* the one request being answered */
    struct rpc_peer *next;
};

struct rpc_call {
    struct rpc_peer *peer; /* NULL once the peer left */
};

/* ---- messages ---- */

static json_t *rpc_parse(struct bytes text)
{
    json_error_t why;
    json_t *j = json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &why);
    if (j != NULL && !json_is_object(j)) {
        json_decref(j);
        return NULL;
    }
    return j;
}

static int rpc_dump_part(const char *p, size_t len, void *out)
{
    buf_add(out, p, len);
    return ((struct buf *)out)->e == ERR_OK ? 0 : -1;
}

/* Length and JSON into `out`. */
static enum err rpc_pack(const json_t *j, struct buf *out)
{
    buf_init(out, RPC_HEAD_BYTES + RPC_MESSAGE_BYTES_MAX);
    buf_add_le32(out, 0);
    int rc = json_dump_callback(j, rpc_dump_part, out, JSON_COMPACT);
    if (out->e != ERR_OK) return out->e;
    if (rc != 0) return ERR_BAD_FORMAT;
    le32_store(out->p, (uint32_t)(out->len - RPC_HEAD_BYTES));
    return ERR_OK;
}

/* The first whole message of `in`. ERR_AGAIN: not there yet. */
static enum err rpc_next(struct bytes in, struct bytes *body)
{
    if (in.len < RPC_HEAD_BYTES) return ERR_AGAIN;
    uint32_t len = le32_load(in.p);
    if (len > RPC_MESSAGE_BYTES_MAX) return ERR_TOO_LARGE;
    if (in.len - RPC_HEAD_BYTES < len) return ERR_AGAIN;
    *body = bytes_make(in.p + RPC_HEAD_BYTES, len);
    return ERR_OK;
}

/* ---- server ---- */

static void rpc_released(struct rpc_server *s)
{
    assert(s->open > 0);
    if (--s->open > 0) return;
    if (s->on_gone != NULL) s->on_gone(s->gone_ctx);
    free(s);
}

static void rpc_on_gone(void *ctx, enum err why)
{
    struct rpc_peer *p = ctx;
    (void)why;
    if (p->call != NULL) p->call->peer = NULL;
    for (struct rpc_peer **at = &p->server->peers; *at != NULL; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            break;
        }
    }
    buf_free(&p->in);
    rpc_released(p->server);
    free(p);
}

static void rpc_drop(struct rpc_peer *p, const char *why)
{
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("rpc.dropped"), log_str("why", why));
    conn_close(p->conn, ERR_BAD_FORMAT);
}

static void rpc_dispatch(struct rpc_peer *p, json_t *request)
{
    struct rpc_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        rpc_drop(p, "nomem");
        return;
    }
    call->peer = p;
    p->call = call;
    conn_set_idle_timeout(p->conn, 0); /* A long report is no idle peer. */
    p->server->on_request(p->server->ctx, call, request);
}

static void rpc_take(struct rpc_peer *p)
{
    struct bytes body = {0};
    enum err e = rpc_next(buf_bytes(&p->in), &body);
    if (e == ERR_AGAIN) return;
    json_t *request =
        e == ERR_OK && p->in.len == RPC_HEAD_BYTES + body.len ? rpc_parse(body) : NULL;
    buf_clear(&p->in);
    if (request == NULL) {
        rpc_drop(p, e == ERR_OK ? "format" : "limit");
        return;
    }
    rpc_dispatch(p, request);
    json_decref(request);
}

static void rpc_on_bytes(void *ctx, struct bytes bytes)
{
    struct rpc_peer *p = ctx;
    if (p->call != NULL) {
        rpc_drop(p, "early");
        return;
    }
    buf_add_bytes(&p->in, bytes);
    if (p->in.e != ERR_OK) {
        rpc_drop(p, "limit");
    } else {
        rpc_take(p);
    }
}

static void rpc_on_conn(void *ctx, struct conn *c)
{
    static const struct conn_handlers handlers = {.on_bytes = rpc_on_bytes, .on_gone = rpc_on_gone};
    struct rpc_server *s = ctx;
    struct rpc_peer *p = calloc(1, sizeof *p);
    if (p == NULL) {
        conn_close(c, ERR_NOMEM);
        return;
    }
    *p = (struct rpc_peer){.server = s, .conn = c, .next = s->peers};
    buf_init(&p->in, RPC_HEAD_BYTES + RPC_MESSAGE_BYTES_MAX);
    s->peers = p;
    s->open++;
    conn_set_handlers(c, &handlers, p);
    conn_resume(c);
}

static void rpc_on_listener_gone(void *ctx)
{
    rpc_released(ctx);
}

enum err rpc_serve(struct uv_loop_s *loop, const char *path, rpc_request_fn on_request, void *ctx,
                   struct rpc_server **out)
{
    struct rpc_server *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    *s = (struct rpc_server){.on_request = on_request, .ctx = ctx, .open = 1};
    enum err e = listen_pipe(
        loop, path,
        &(struct listen_options){.conn_max = RPC_PEERS_MAX,
                                 .conn = {.queue_bytes_max = RPC_HEAD_BYTES + RPC_MESSAGE_BYTES_MAX,
                                          .idle_timeout_ms = RPC_IDLE_MS},
                                 .on_conn = rpc_on_conn,
                                 .on_gone = rpc_on_listener_gone,
                                 .ctx = s},
        &s->listener);
    if (e != ERR_OK) {
        free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

static enum err rpc_pack_reply(const json_t *response, struct buf *out)
{
    enum err e = rpc_pack(response, out);
    if (e == ERR_OK) return e;
    buf_free(out);
    json_t *text = json_pack("{s:s}", "error", err_name(e));
    if (text == NULL) return ERR_NOMEM;
    e = rpc_pack(text, out);
    json_decref(text);
    return e;
}

void rpc_reply(struct rpc_call *call, json_t *response)
{
    struct rpc_peer *p = call->peer;
    free(call);
    if (p == NULL) return;
    struct buf out;
    p->call = NULL;
    enum err e = rpc_pack_reply(response, &out);
    if (e == ERR_OK) e = conn_send(p->conn, buf_bytes(&out));
    buf_free(&out);
    if (e != ERR_OK) conn_close(p->conn, e);
    conn_set_idle_timeout(p->conn, RPC_IDLE_MS);
}

void rpc_close(struct rpc_server *s, void (*on_gone)(void *ctx), void *ctx)
{
    assert(!s->closing);
    s->closing = true;
    s->on_gone = on_gone;
    s->gone_ctx = ctx;
    for (struct rpc_peer *p = s->peers; p != NULL; p = p->next)
        conn_finish(p->conn);
    listen_close(s->listener);
}

/* ---- client ---- */

struct rpc_client {
    int fd;
    uint64_t deadline_ms;
};

static enum err rpc_wait(const struct rpc_client *c, short events)
{
    for (;;) {
        uint64_t now_ms = clock_mono_ms();
        if (now_ms >= c->deadline_ms) return ERR_TIMEOUT;
        uint64_t left = c->deadline_ms - now_ms;
        struct pollfd f = {.fd = c->fd, .events = events};
        int n = poll(&f, 1, left > 60000 ? 60000 : (int)left);
        if (n > 0) return ERR_OK;
        if (n < 0 && errno != EINTR) return ERR_IO;
    }
}

static enum err rpc_connect(struct rpc_client *c, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len > LISTEN_PIPE_BYTES_MAX) return ERR_CONFIG;
    memcpy(a.sun_path, path, len + 1);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0) return ERR_IO;
    if (connect(c->fd, (const struct sockaddr *)&a, sizeof a) == 0) return ERR_OK;
    if (errno == EACCES || errno == EPERM) return ERR_DENIED;
    return errno == EAGAIN ? ERR_TIMEOUT : ERR_UNREACHABLE; /* EAGAIN: its backlog is full. */
}

static enum err rpc_send_all(const struct rpc_client *c, struct bytes out)
{
    while (out.len > 0) {
        enum err e = rpc_wait(c, POLLOUT);
        if (e != ERR_OK) return e;
        ssize_t n = send(c->fd, out.p, out.len, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n < 0) return ERR_LINK_LOST;
        out = bytes_make(out.p + n, out.len - (size_t)n);
    }
    return ERR_OK;
}

static enum err rpc_receive(const struct rpc_client *c, struct buf *in, struct bytes *body)
{
    uint8_t chunk[16384];
    for (;;) {
        enum err e = rpc_next(buf_bytes(in), body);
        if (e == ERR_TOO_LARGE) return ERR_BAD_FORMAT;
        if (e != ERR_AGAIN) return e;
        e = rpc_wait(c, POLLIN);
        if (e != ERR_OK) return e;
        ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) return ERR_LINK_LOST;
        buf_add(in, chunk, (size_t)n);
        if (in->e != ERR_OK) return in->e;
    }
}

enum err rpc_ask(const char *path, const json_t *request, unsigned timeout_ms, json_t **response)
{
    struct rpc_client c = {.fd = -1, .deadline_ms = clock_mono_ms() + timeout_ms};
    struct buf out, in;
    struct bytes body = {0};
    buf_init(&in, RPC_HEAD_BYTES + RPC_MESSAGE_BYTES_MAX);
    enum err e = rpc_pack(request, &out);
    if (e == ERR_OK) e = rpc_connect(&c, path);
    if (e == ERR_OK) e = rpc_send_all(&c, buf_bytes(&out));
    if (e == ERR_OK) e = rpc_receive(&c, &in, &body);
    if (e == ERR_OK) {
        json_t *j = rpc_parse(body);
        if (j != NULL) *response = j;
        if (j == NULL) e = ERR_BAD_FORMAT;
    }
    if (c.fd >= 0) close(c.fd);
    buf_free(&out);
    buf_free(&in);
    return e;
}

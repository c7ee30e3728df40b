#include "common/io/listen.h"
#include "common/log.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct listener {
    union {
        uv_tcp_t tcp;
        uv_pipe_t pipe;
        uv_stream_t stream;
        uv_handle_t handle;
    } u;
    struct listen_options options;
    bool pipe;
    bool started; /* the caller knows of it */
    bool closing;
    bool closed;
    unsigned live; /* connections not freed yet; they point back here */
    uint64_t refused;
    char path[LISTEN_PIPE_BYTES_MAX + 1];
};

static enum err listen_map(int rc)
{
    switch (rc) {
    case 0: return ERR_OK;
    case UV_EADDRINUSE: return ERR_LOCKED;
    case UV_EACCES:
    case UV_EPERM: return ERR_DENIED;
    case UV_ENOMEM: return ERR_NOMEM;
    case UV_EINVAL:
    case UV_EADDRNOTAVAIL: return ERR_BAD_INPUT;
    default: return ERR_IO;
    }
}

static void listen_release(struct listener *l)
{
    if (l->closed && l->live == 0) free(l);
}

static void listen_on_conn_freed(void *ctx)
{
    struct listener *l = ctx;
    assert(l->live > 0);
    l->live--;
    listen_release(l);
}

static void listen_take(struct listener *l)
{
    struct conn *c = NULL;
    uv_stream_t *s = &l->u.stream;
    if (conn_accept(s->loop, s, l->pipe, &l->options.conn, listen_on_conn_freed, l, &c) != ERR_OK)
        return;
    l->live++;
    if (l->live <= l->options.conn_max) {
        l->options.on_conn(l->options.ctx, c);
        return;
    }
    l->refused++;
    conn_close(c, ERR_OK);
}

static void listen_on_connection(uv_stream_t *s, int status)
{
    if (status == 0) listen_take(s->data);
}

static void listen_on_closed(uv_handle_t *h)
{
    struct listener *l = h->data;
    l->closed = true;
    if (l->started && l->options.on_gone != NULL) l->options.on_gone(l->options.ctx);
    listen_release(l);
}

void listen_close(struct listener *l)
{
    assert(!l->closing);
    l->closing = true;
    uv_close(&l->u.handle, listen_on_closed);
    if (l->path[0] != '\0')
        unlink(l->path); /* libuv does it too; a missing file is what we want. */
}

static struct listener *listen_new(const struct listen_options *options)
{
    assert(options->conn_max > 0 && options->on_conn != NULL);
    struct listener *l = calloc(1, sizeof *l);
    if (l != NULL) l->options = *options;
    return l;
}

static enum err listen_start(struct listener *l, int rc, struct listener **out)
{
    if (rc == 0) rc = uv_listen(&l->u.stream, LISTEN_BACKLOG, listen_on_connection);
    if (rc != 0) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("listen.failed"), log_int("code", rc),
                  log_str("text", uv_strerror(rc)));
        listen_close(l);
        return listen_map(rc);
    }
    l->started = true;
    *out = l;
    return ERR_OK;
}

enum err listen_tcp(struct uv_loop_s *loop, const char *address, uint16_t port,
                    const struct listen_options *options, struct listener **out)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    if (uv_ip4_addr(address, port, &a.v4) != 0 && uv_ip6_addr(address, port, &a.v6) != 0)
        return ERR_BAD_INPUT;
    struct listener *l = listen_new(options);
    if (l == NULL) return ERR_NOMEM;
    int rc = uv_tcp_init(loop, &l->u.tcp);
    if (rc != 0) {
        free(l);
        return listen_map(rc);
    }
    l->u.handle.data = l;
    return listen_start(l, uv_tcp_bind(&l->u.tcp, &a.any, 0), out);
}

/* Nobody can connect between bind and chmod: it does not listen yet. */
static int listen_bind_path(struct listener *l, const char *path)
{
    unlink(path);
    int rc = uv_pipe_bind(&l->u.pipe, path);
    if (rc == 0) memcpy(l->path, path, strlen(path) + 1);
    if (rc == 0 && chmod(path, 0600) != 0) rc = UV_EACCES;
    return rc;
}

enum err listen_pipe(struct uv_loop_s *loop, const char *path, const struct listen_options *options,
                     struct listener **out)
{
    size_t len = strlen(path);
    if (len == 0 || len > LISTEN_PIPE_BYTES_MAX) return ERR_CONFIG;
    struct listener *l = listen_new(options);
    if (l == NULL) return ERR_NOMEM;
    l->pipe = true;
    int rc = uv_pipe_init(loop, &l->u.pipe, 0);
    if (rc != 0) {
        free(l);
        return listen_map(rc);
    }
    l->u.handle.data = l;
    return listen_start(l, listen_bind_path(l, path), out);
}

uint16_t listen_port(const struct listener *l)
{
    struct sockaddr_storage a = {0};
    int len = sizeof a;
    if (l->pipe || uv_tcp_getsockname(&l->u.tcp, (struct sockaddr *)&a, &len) != 0) return 0;
    if (a.ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)&a)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&a)->sin_port);
}

unsigned listen_count(const struct listener *l)
{
    return l->live;
}

uint64_t listen_refused(const struct listener *l)
{
    return l->refused;
}

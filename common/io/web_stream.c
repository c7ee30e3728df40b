/*
 * Streams of events. The loop's thread appends to a stream, the library's thread reads from it and puts the connection
 * to sleep when there is nothing. The mutex orders the two: a connection that sleeps is woken with the mutex held, and
 * the library frees a stream (web_stream_on_free) with the mutex held, so that nobody wakes a connection that is gone.
 */
#include "common/io/web_http.h"
#include "common/io/web_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct web_stream {
    struct web_streams *all;
    uint64_t id; /* 0: free place */
    struct MHD_Connection *connection;
    struct buf out; /* not read yet */
    bool taken;     /* has its response: the library frees it */
    bool asleep;
    bool ended;
    bool quiet; /* nothing was sent since the last heartbeat */
};

struct web_streams {
    uv_mutex_t mutex; /* guards all below */
    struct web_stream v[WEB_STREAMS_MAX];
    uint64_t last_id;
    bool closed;
};

enum err web_streams_new(struct web_streams **out)
{
    struct web_streams *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    if (uv_mutex_init(&s->mutex) != 0) {
        free(s);
        return ERR_NOMEM;
    }
    *out = s;
    return ERR_OK;
}

static void web_stream_clear(struct web_stream *w)
{
    buf_free(&w->out);
    *w = (struct web_stream){.id = 0};
}

void web_streams_free(struct web_streams *s)
{
    if (s == NULL) return;
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        assert(!s->v[i].taken); /* its connection would read freed memory */
        if (s->v[i].id != 0) web_stream_clear(&s->v[i]);
    }
    uv_mutex_destroy(&s->mutex);
    free(s);
}

static struct web_stream *web_stream_find(struct web_streams *s, uint64_t id)
{
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        if (s->v[i].id == id) return &s->v[i];
    }
    return NULL;
}

uint64_t web_streams_add(struct web_streams *s)
{
    uint64_t id = 0;
    uv_mutex_lock(&s->mutex);
    struct web_stream *w = s->closed ? NULL : web_stream_find(s, 0);
    if (w != NULL) {
        id = ++s->last_id;
        *w = (struct web_stream){.all = s, .id = id};
        buf_init(&w->out, WEB_STREAM_BYTES_MAX);
    }
    uv_mutex_unlock(&s->mutex);
    return id;
}

/* Mutex held. */
static void web_stream_wake(struct web_stream *w)
{
    if (!w->asleep) return;
    w->asleep = false;
    web_http.resume_connection(w->connection);
}

bool web_streams_send(struct web_streams *s, uint64_t id, const char *event, const char *data)
{
    assert(id != 0 && strchr(data, '\n') == NULL && strchr(event, '\n') == NULL);
    uv_mutex_lock(&s->mutex);
    struct web_stream *w = web_stream_find(s, id);
    bool ok = w != NULL && !w->ended;
    if (ok) {
        buf_add_str(&w->out, "event: ");
        buf_add_str(&w->out, event);
        buf_add_str(&w->out, "\ndata: ");
        buf_add_str(&w->out, data);
        buf_add_str(&w->out, "\n\n");
        w->quiet = false;
        /* Half an event would be worse than none: who reads too slowly begins anew. */
        w->ended = w->out.e != ERR_OK;
        ok = !w->ended;
        web_stream_wake(w);
    }
    uv_mutex_unlock(&s->mutex);
    return ok;
}

void web_streams_end(struct web_streams *s, uint64_t id)
{
    uv_mutex_lock(&s->mutex);
    s->closed = s->closed || id == 0;
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        struct web_stream *w = &s->v[i];
        if (w->id == 0 || (id != 0 && w->id != id)) continue;
        w->ended = true;
        web_stream_wake(w);
    }
    uv_mutex_unlock(&s->mutex);
}

void web_streams_heartbeat(struct web_streams *s)
{
    uv_mutex_lock(&s->mutex);
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        struct web_stream *w = &s->v[i];
        if (w->id == 0 || w->ended) continue;
        if (w->quiet) {
            buf_add_str(&w->out, ":\n\n"); /* a comment; writing finds out who left */
            w->ended = w->out.e != ERR_OK;
            web_stream_wake(w);
        }
        w->quiet = true;
    }
    uv_mutex_unlock(&s->mutex);
}

size_t web_streams_count(struct web_streams *s)
{
    size_t n = 0;
    uv_mutex_lock(&s->mutex);
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++)
        n += s->v[i].id != 0;
    uv_mutex_unlock(&s->mutex);
    return n;
}

/* ---- library's thread ---- */

static ssize_t web_stream_on_read(void *ctx, uint64_t at, char *to, size_t max)
{
    struct web_stream *w = ctx;
    ssize_t got = 0;
    (void)at;
    uv_mutex_lock(&w->all->mutex);
    size_t n = w->out.len < max ? w->out.len : max;
    if (n > 0 && w->out.e == ERR_OK) {
        memcpy(to, w->out.p, n);
        memmove(w->out.p, w->out.p + n, w->out.len - n);
        w->out.len -= n;
        got = (ssize_t)n;
    } else if (w->ended) {
        got = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        w->asleep = true;
        web_http.suspend_connection(w->connection);
    }
    uv_mutex_unlock(&w->all->mutex);
    return got;
}

static void web_stream_on_free(void *ctx)
{
    struct web_stream *w = ctx;
    struct web_streams *s = w->all;
    uv_mutex_lock(&s->mutex);
    web_stream_clear(w);
    uv_mutex_unlock(&s->mutex);
}

struct MHD_Response *web_streams_response(struct web_streams *s, uint64_t id,
                                          struct MHD_Connection *c)
{
    uv_mutex_lock(&s->mutex);
    struct web_stream *w = web_stream_find(s, id);
    if (w != NULL) w->connection = c;
    uv_mutex_unlock(&s->mutex);
    if (w == NULL) return NULL;
    struct MHD_Response *m = web_http.create_response_from_callback(
        MHD_SIZE_UNKNOWN, 4096, web_stream_on_read, w, web_stream_on_free);
    uv_mutex_lock(&s->mutex);
    w->taken = m != NULL;
    if (m == NULL) web_stream_clear(w);
    uv_mutex_unlock(&s->mutex);
    return m;
}

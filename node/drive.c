#include "node/drive.h"

#include "common/io/clock.h"
#include "common/io/conn.h"
#include "node/stops.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <uv.h>

struct node_drive_link { /* one connection attempt; freed when it is gone */
    struct node_drive *drive;
    struct conn *conn; /* NULL once gone, or never begun */
    uint64_t number;
};

struct node_drive {
    struct node_drive_options options;
    struct node_engine *engine;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_signal_t signals[2];
    struct node_drive_link *link; /* of the newest attempt, NULL = none */
    enum err dial_failed;
    uint64_t dial_number;
    uint64_t finished; /* sessions told to on_result */
    bool stopping;
};

static void node_drive_event(struct node_drive *d, struct node_sync_event *ev);

/* ---- callbacks: translate and hand over ---- */

static void node_drive_on_timer(uv_timer_t *t)
{
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_WAKE};
    node_drive_event(t->data, &ev);
}

static void node_drive_on_signal(uv_signal_t *s, int number)
{
    (void)number;
    node_drive_stop(s->data);
}

static void node_drive_on_open(void *ctx)
{
    struct node_drive_link *l = ctx;
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_LINK_UP, .link = l->number};
    node_drive_event(l->drive, &ev);
}

static void node_drive_on_bytes(void *ctx, struct bytes bytes)
{
    struct node_drive_link *l = ctx;
    struct node_sync_event ev = {
        .kind = NODE_SYNC_EV_LINK_BYTES, .link = l->number, .bytes = bytes};
    node_drive_event(l->drive, &ev);
}

static void node_drive_on_drained(void *ctx)
{
    struct node_drive_link *l = ctx;
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_LINK_DRAINED, .link = l->number};
    node_drive_event(l->drive, &ev);
}

static void node_drive_on_gone(void *ctx, enum err why)
{
    struct node_drive_link *l = ctx;
    struct node_drive *d = l->drive;
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_LINK_DOWN, .link = l->number, .error = why};
    if (d->link == l) d->link = NULL;
    free(l);
    node_drive_event(d, &ev);
}

/* ---- outputs ---- */

static bool node_drive_address(const char *address, char host[CONN_HOST_BYTES_MAX], uint16_t *port)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address) return false;
    size_t n = (size_t)(colon - address);
    if (address[0] == '[' && n >= 2 && colon[-1] == ']') { /* [IPv6]:port */
        address++;
        n -= 2;
    }
    if (n == 0 || n >= CONN_HOST_BYTES_MAX) return false;
    memcpy(host, address, n);
    host[n] = '\0';
    char *end = NULL;
    unsigned long p = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || p == 0 || p > UINT16_MAX) return false;
    *port = (uint16_t)p;
    return true;
}

static enum err node_drive_dial(struct node_drive *d, const struct node_engine_output *o)
{
    static const struct conn_handlers handlers = {.on_open = node_drive_on_open,
                                                  .on_bytes = node_drive_on_bytes,
                                                  .on_drained = node_drive_on_drained,
                                                  .on_gone = node_drive_on_gone};
    static const struct conn_options options = {.queue_bytes_max = NODE_DRIVE_QUEUE_BYTES_MAX,
                                                .connect_timeout_ms = NODE_SYNC_DIAL_MS};
    char host[CONN_HOST_BYTES_MAX];
    uint16_t port = 0;
    if (d->link != NULL) conn_close(d->link->conn, ERR_OK);
    d->link = NULL;
    if (!node_drive_address(o->address, host, &port)) return ERR_UNREACHABLE;
    struct node_drive_link *l = calloc(1, sizeof *l);
    if (l == NULL) return ERR_NOMEM;
    l->drive = d;
    l->number = o->link;
    enum err e = conn_dial(&d->loop, host, port, &options, &handlers, l, &l->conn);
    if (e != ERR_OK) {
        free(l);
        return e == ERR_BAD_INPUT ? ERR_UNREACHABLE : e;
    }
    d->link = l;
    return ERR_OK;
}

static void node_drive_output(struct node_drive *d, const struct node_engine_output *o)
{
    struct node_drive_link *l = d->link;
    bool mine = l != NULL && l->number == o->link;
    uint64_t now = clock_mono_ms();
    enum err e = ERR_OK;
    switch (o->kind) {
    case NODE_ENGINE_DIAL:
        d->dial_failed = node_drive_dial(d, o);
        d->dial_number = o->link;
        break;
    case NODE_ENGINE_SEND:
        if (mine) e = conn_send(l->conn, o->bytes);
        if (e != ERR_OK) conn_close(l->conn, e == ERR_AGAIN ? ERR_TIMEOUT : e);
        break;
    case NODE_ENGINE_CLOSE:
        if (mine && o->error == ERR_OK) conn_finish(l->conn);
        if (mine && o->error != ERR_OK) conn_close(l->conn, o->error);
        break;
    case NODE_ENGINE_WAKE_AT:
        uv_timer_start(&d->timer, node_drive_on_timer, o->at_ms > now ? o->at_ms - now : 0, 0);
        break;
    }
}

static void node_drive_tell(struct node_drive *d)
{
    struct node_sync_result r;
    node_engine_result(d->engine, &r);
    if (r.finished == d->finished) return;
    d->finished = r.finished;
    if (r.last == ERR_OK) node_stops_forgive(d->options.blackbox);
    if (d->options.on_result != NULL) d->options.on_result(d->options.ctx, &r);
}

static void node_drive_event(struct node_drive *d, struct node_sync_event *ev)
{
    struct node_engine_outputs out;
    bool by_itself = ev->kind == NODE_SYNC_EV_WAKE || ev->kind == NODE_SYNC_EV_SAVED;
    bool more = !d->stopping;
    if (by_itself && node_stops_stopped(d->options.blackbox)) return; /* a person wakes it */
    while (more) {
        ev->now_ms = clock_mono_ms();
        ev->wall_ms = clock_wall_ms();
        randombytes_buf(&ev->random, sizeof ev->random);
        d->dial_failed = ERR_OK;
        node_stops_begin(d->options.blackbox);
        node_engine_handle(d->engine, ev, &out);
        node_stops_end(d->options.blackbox);
        for (size_t i = 0; i < out.count; i++)
            node_drive_output(d, &out.v[i]);
        more = d->dial_failed != ERR_OK; /* a call that never began is told like a lost link */
        *ev = (struct node_sync_event){
            .kind = NODE_SYNC_EV_LINK_DOWN, .link = d->dial_number, .error = d->dial_failed};
    }
    if (!d->stopping) node_drive_tell(d);
}

/* ---- life ---- */

enum err node_drive_new(const struct node_drive_options *options, struct node_drive **out)
{
    struct node_engine_options engine = {.store = options->store, .keys = options->keys};
    struct node_drive *d = calloc(1, sizeof *d);
    if (d == NULL) return ERR_NOMEM;
    d->options = *options;
    enum err e = node_engine_new(&engine, &d->engine);
    if (e == ERR_OK && uv_loop_init(&d->loop) != 0) e = ERR_IO;
    if (e != ERR_OK) {
        node_engine_free(d->engine);
        free(d);
        return e;
    }
    uv_timer_init(&d->loop, &d->timer);
    d->timer.data = d;
    for (int i = 0; i < 2; i++) {
        if (uv_signal_init(&d->loop, &d->signals[i]) != 0) e = ERR_IO;
        d->signals[i].data = d;
        if (e == ERR_OK && options->signals &&
            uv_signal_start(&d->signals[i], node_drive_on_signal, i == 0 ? SIGINT : SIGTERM) != 0)
            e = ERR_IO;
    }
    if (e != ERR_OK) {
        node_drive_free(d);
        return e;
    }
    *out = d;
    return ERR_OK;
}

struct uv_loop_s *node_drive_loop(struct node_drive *d)
{
    return &d->loop;
}

enum err node_drive_run(struct node_drive *d)
{
    node_drive_on_timer(&d->timer);
    return uv_run(&d->loop, UV_RUN_DEFAULT) == 0 ? ERR_OK : ERR_IO;
}

void node_drive_now(struct node_drive *d)
{
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_NOW};
    node_stops_forgive(d->options.blackbox);
    node_drive_event(d, &ev);
}

void node_drive_saved(struct node_drive *d)
{
    struct node_sync_event ev = {.kind = NODE_SYNC_EV_SAVED};
    node_drive_event(d, &ev);
}

void node_drive_hang_up(struct node_drive *d)
{
    if (d->link != NULL) conn_close(d->link->conn, ERR_WRONG_HUB);
}

void node_drive_stop(struct node_drive *d)
{
    if (d->stopping) return;
    d->stopping = true;
    if (d->link != NULL) conn_close(d->link->conn, ERR_OK);
    d->link = NULL;
    uv_close((uv_handle_t *)&d->timer, NULL);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    if (d->options.on_stop != NULL) d->options.on_stop(d->options.ctx);
}

enum node_sync_state node_drive_state(const struct node_drive *d)
{
    return node_engine_state(d->engine);
}

void node_drive_free(struct node_drive *d)
{
    if (d == NULL) return;
    node_drive_stop(d);
    int left = uv_run(&d->loop, UV_RUN_DEFAULT);
    assert(left == 0);
    left = uv_loop_close(&d->loop);
    assert(left == 0); /* a handle that nobody closed is our bug */
    (void)left;
    node_engine_free(d->engine);
    free(d);
}

#include "hub/drive.h"

#include "common/io/clock.h"
#include "common/io/listen.h"
#include "common/log.h"
#include "hub/sources.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct hub_drive_link { /* one connection; freed when it is gone */
    struct hub_drive *drive;
    struct conn *conn;
    uint64_t number; /* of the engine */
    bool remote;     /* `address` is its source's */
    bool taken;      /* all that was sent left at once: the engine is told in the next turn */
    bool welcomed;
    uint8_t address[16];
};

struct hub_drive {
    struct hub_drive_options options;
    struct hub_engine *engine;
    struct listener *listener;
    struct log_limit limit;
    struct hub_sources sources;
    uv_loop_t loop;
    uv_timer_t tick;
    uv_check_t check;
    uv_idle_t soon; /* runs while a link is `taken`: the next turn does not wait */
    uv_signal_t signals[2];
    struct hub_drive_link *links[HUB_ENGINE_CONNS_MAX]; /* at number mod HUB_ENGINE_CONNS_MAX */
    bool stopping;
};

static struct hub_engine_time hub_drive_time(void)
{
    return (struct hub_engine_time){.now_ms = clock_mono_ms(), .wall_ms = clock_wall_ms()};
}

static struct hub_drive_link **hub_drive_slot(struct hub_drive *d, uint64_t number)
{
    return &d->links[number % HUB_ENGINE_CONNS_MAX];
}

/* ---- outputs ---- */

/* Why a connection ended badly, at most a few lines a minute: garbage must not fill the disk. */
static void hub_drive_log(struct hub_drive *d, enum err why)
{
    uint64_t suppressed = 0;
    if (why == ERR_OK || why == ERR_LINK_LOST) return;
    if (!log_limit_allows(&d->limit, (int64_t)clock_mono_ms(), &suppressed)) return;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("link.closed"), log_err(why),
              log_uint("suppressed", suppressed));
}

/* What the engine says of a connection is counted for its source. */
static void hub_drive_judge(struct hub_drive *d, struct hub_drive_link *l,
                            const struct hub_engine_output *o)
{
    uint64_t now_ms = clock_mono_ms();
    if (!l->remote || l->welcomed) return;
    if (o->proven) {
        l->welcomed = true;
        hub_sources_welcome(&d->sources, l->address, now_ms);
    } else if (o->close) {
        hub_sources_blame(&d->sources, l->address, o->why, now_ms);
    }
}

static void hub_drive_on_soon(uv_idle_t *i)
{
    (void)i;
}

/* What the system took at once brings no on_drained, and a feed that paused would wait for it. Told in
 * the next turn and not here, so that one long feed does not hold up the others. */
static void hub_drive_sent(struct hub_drive *d, struct hub_drive_link *l)
{
    if (conn_queued(l->conn) > 0) return;
    l->taken = true;
    uv_idle_start(&d->soon, hub_drive_on_soon);
}

static void hub_drive_outputs(struct hub_drive *d)
{
    struct hub_engine_output o;
    while (hub_engine_next(d->engine, &o)) {
        struct hub_drive_link *l = *hub_drive_slot(d, o.conn);
        if (l == NULL || l->number != o.conn) continue;
        enum err e = o.bytes.len > 0 ? conn_send(l->conn, o.bytes) : ERR_OK;
        if (e == ERR_OK && o.bytes.len > 0) hub_drive_sent(d, l);
        hub_drive_judge(d, l, &o);
        if (o.close) hub_drive_log(d, o.why);
        if (e != ERR_OK) {
            conn_close(l->conn, e);
        } else if (o.close) {
            conn_finish(l->conn);
        }
    }
}

enum err hub_drive_flush(struct hub_drive *d)
{
    enum err e = hub_engine_flush(d->engine, hub_drive_time());
    if (e != ERR_OK) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("store.commit"), log_err(e));
        if (d->options.on_trouble != NULL) d->options.on_trouble(d->options.ctx, e);
    }
    hub_drive_outputs(d);
    return e;
}

/* Trouble is logged and told in there; the next turn tries again. */
static void hub_drive_turn(struct hub_drive *d)
{
    enum err e = hub_drive_flush(d);
    (void)e;
}

/* ---- callbacks: translate and hand over ---- */

static void hub_drive_tell_taken(struct hub_drive *d)
{
    uv_idle_stop(&d->soon);
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        struct hub_drive_link *l = d->links[i];
        if (l == NULL || !l->taken) continue;
        l->taken = false;
        if (conn_queued(l->conn) == 0) hub_engine_drained(d->engine, l->number, hub_drive_time());
    }
}

static void hub_drive_on_check(uv_check_t *c)
{
    struct hub_drive *d = c->data;
    if (uv_is_active((uv_handle_t *)&d->soon)) hub_drive_tell_taken(d);
    hub_drive_turn(d);
}

static void hub_drive_on_tick(uv_timer_t *t)
{
    struct hub_drive *d = t->data;
    hub_engine_tick(d->engine, hub_drive_time());
    hub_drive_turn(d);
    if (d->options.on_tick != NULL) d->options.on_tick(d->options.ctx);
}

static void hub_drive_on_signal(uv_signal_t *s, int number)
{
    (void)number;
    hub_drive_stop(s->data);
}

static void hub_drive_on_bytes(void *ctx, struct bytes bytes)
{
    struct hub_drive_link *l = ctx;
    hub_engine_bytes(l->drive->engine, l->number, bytes, hub_drive_time());
}

static void hub_drive_on_drained(void *ctx)
{
    struct hub_drive_link *l = ctx;
    hub_engine_drained(l->drive->engine, l->number, hub_drive_time());
}

static void hub_drive_on_gone(void *ctx, enum err why)
{
    struct hub_drive_link *l = ctx;
    (void)why;
    hub_engine_down(l->drive->engine, l->number, hub_drive_time());
    *hub_drive_slot(l->drive, l->number) = NULL;
    free(l);
}

static void hub_drive_on_refused(void *ctx, enum err why)
{
    (void)ctx;
    (void)why;
}

static void hub_drive_refuse(struct hub_drive *d, struct conn *c, enum err why)
{
    static const struct conn_handlers refused = {.on_bytes = NULL, .on_gone = hub_drive_on_refused};
    conn_set_handlers(c, &refused, NULL);
    conn_close(c, why);
    hub_drive_log(d, why);
}

static void hub_drive_accept(struct hub_drive *d, struct conn *c)
{
    static const struct conn_handlers handlers = {.on_bytes = hub_drive_on_bytes,
                                                  .on_drained = hub_drive_on_drained,
                                                  .on_gone = hub_drive_on_gone};
    uint8_t address[16];
    bool remote = conn_peer(c, address);
    if (remote && !hub_sources_admit(&d->sources, address, clock_mono_ms())) {
        hub_drive_refuse(d, c, ERR_DENIED);
        return;
    }
    struct hub_drive_link *l = calloc(1, sizeof *l);
    enum err e =
        l != NULL ? hub_engine_connect(d->engine, hub_drive_time(), &l->number) : ERR_NOMEM;
    if (e != ERR_OK) {
        free(l);
        hub_drive_refuse(d, c, e);
        return;
    }
    l->drive = d;
    l->remote = remote;
    if (remote) memcpy(l->address, address, sizeof l->address);
    l->conn = c;
    *hub_drive_slot(d, l->number) = l;
    conn_set_handlers(c, &handlers, l);
    conn_resume(c);
}

static void hub_drive_on_conn(void *ctx, struct conn *c)
{
    hub_drive_accept(ctx, c);
}

/* ---- life ---- */

static enum err hub_drive_handles(struct hub_drive *d)
{
    enum err e = ERR_OK;
    uv_timer_init(&d->loop, &d->tick);
    uv_check_init(&d->loop, &d->check);
    uv_idle_init(&d->loop, &d->soon);
    d->tick.data = d;
    d->check.data = d;
    for (int i = 0; i < 2; i++) {
        if (uv_signal_init(&d->loop, &d->signals[i]) != 0) e = ERR_IO;
        d->signals[i].data = d;
        if (e == ERR_OK && d->options.signals &&
            uv_signal_start(&d->signals[i], hub_drive_on_signal, i == 0 ? SIGINT : SIGTERM) != 0)
            e = ERR_IO;
    }
    uv_timer_start(&d->tick, hub_drive_on_tick, HUB_DRIVE_TICK_MS, HUB_DRIVE_TICK_MS);
    uv_check_start(&d->check, hub_drive_on_check);
    return e;
}

enum err hub_drive_new(const struct hub_drive_options *options, struct hub_drive **out)
{
    struct hub_engine_options engine = {.store = options->store,
                                        .keys = options->keys,
                                        .conns_max = options->conns_max,
                                        .blackbox = options->blackbox};
    struct hub_drive *d = calloc(1, sizeof *d);
    if (d == NULL) return ERR_NOMEM;
    d->options = *options;
    hub_sources_init(&d->sources, options->source_rate);
    log_limit_init(&d->limit, HUB_DRIVE_LOG_MAX, 60000);
    enum err e = hub_engine_new(&engine, &d->engine);
    if (e == ERR_OK && uv_loop_init(&d->loop) != 0) e = ERR_IO;
    if (e != ERR_OK) {
        hub_engine_free(d->engine);
        free(d);
        return e;
    }
    e = hub_drive_handles(d);
    if (e != ERR_OK) {
        hub_drive_free(d);
        return e;
    }
    *out = d;
    return ERR_OK;
}

struct uv_loop_s *hub_drive_loop(struct hub_drive *d)
{
    return &d->loop;
}

uint64_t hub_drive_refused(const struct hub_drive *d)
{
    return hub_sources_refused(&d->sources);
}

struct hub_engine *hub_drive_engine(struct hub_drive *d)
{
    return d->engine;
}

enum err hub_drive_listen(struct hub_drive *d, const char *address, uint16_t want, uint16_t *port)
{
    assert(d->listener == NULL);
    struct listen_options o = {.conn_max = d->options.conns_max ? d->options.conns_max
                                                                : HUB_ENGINE_CONNS_MAX,
                               .conn = {.queue_bytes_max = HUB_DRIVE_QUEUE_BYTES_MAX},
                               .on_conn = hub_drive_on_conn,
                               .ctx = d};
    enum err e = listen_tcp(&d->loop, address, want, &o, &d->listener);
    if (e == ERR_OK) *port = listen_port(d->listener);
    return e;
}

enum err hub_drive_run(struct hub_drive *d)
{
    return uv_run(&d->loop, UV_RUN_DEFAULT) == 0 ? ERR_OK : ERR_IO;
}

void hub_drive_stop(struct hub_drive *d)
{
    if (d->stopping) return;
    d->stopping = true;
    hub_drive_turn(d); /* what was taken in this turn is kept, and receipted if it leaves */
    if (d->listener != NULL) listen_close(d->listener);
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        if (d->links[i] != NULL) conn_close(d->links[i]->conn, ERR_OK);
    }
    uv_close((uv_handle_t *)&d->tick, NULL);
    uv_close((uv_handle_t *)&d->check, NULL);
    uv_close((uv_handle_t *)&d->soon, NULL);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    if (d->options.on_stop != NULL) d->options.on_stop(d->options.ctx);
}

void hub_drive_free(struct hub_drive *d)
{
    if (d == NULL) return;
    hub_drive_stop(d);
    int left = uv_run(&d->loop, UV_RUN_DEFAULT);
    assert(left == 0);
    left = uv_loop_close(&d->loop);
    assert(left == 0); /* a handle that nobody closed is our bug */
    (void)left;
    hub_engine_free(d->engine);
    free(d);
}

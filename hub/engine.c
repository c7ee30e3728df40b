#include "hub/engine_priv.h"
#include "common/zoo.h"
#include "proto/key.h"

#include <assert.h>
#include <stdlib.h>

enum err hub_engine_new(const struct hub_engine_options *options, struct hub_engine **out)
{
    struct hub_engine *e = calloc(1, sizeof *e);
    if (e == NULL) return ERR_NOMEM;
    e->store = options->store;
    e->keys = *options->keys;
    e->conns_max = options->conns_max ? options->conns_max : HUB_ENGINE_CONNS_MAX;
    e->half_open_max = options->half_open_max ? options->half_open_max : HUB_ENGINE_HALF_OPEN_MAX;
    if (e->conns_max > HUB_ENGINE_CONNS_MAX) e->conns_max = HUB_ENGINE_CONNS_MAX;
    e->step = options->step;
    e->step_ctx = options->step_ctx;
    e->blackbox = options->blackbox;
    *out = e;
    return ERR_OK;
}

static void hub_engine_drop(struct hub_engine *e, unsigned slot)
{
    struct hub_session *x = e->slots[slot];
    e->slots[slot] = NULL;
    e->count--;
    hub_sync_free(x->core);
    buf_free(&x->out);
    free(x);
}

void hub_engine_free(struct hub_engine *e)
{
    if (e == NULL) return;
    if (e->open && !e->dead) hub_store_rollback(e->store);
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        if (e->slots[i] != NULL) hub_engine_drop(e, i);
    }
    free(e);
}

unsigned hub_engine_conns(const struct hub_engine *e)
{
    return e->count;
}

bool hub_engine_dead(const struct hub_engine *e)
{
    return e->dead;
}

bool hub_engine_step(struct hub_engine *e, const char *what)
{
    if (e->step != NULL && !e->dead && !e->step(e->step_ctx, what)) e->dead = true;
    return !e->dead;
}

static struct hub_session *hub_engine_find(struct hub_engine *e, uint64_t conn)
{
    struct hub_session *x = e->slots[conn % HUB_ENGINE_CONNS_MAX];
    return x != NULL && x->conn == conn ? x : NULL;
}

bool hub_engine_half_open(const struct hub_session *x)
{
    enum hub_sync_state s = hub_sync_state(x->core);
    return s == HUB_SYNC_GREETING || s == HUB_SYNC_LOOKUP || s == HUB_SYNC_JOINING;
}

/* The link has said what cannot be said: end it without another word. */
void hub_engine_kill(struct hub_session *x, enum err why, struct hub_engine_time t)
{
    struct hub_sync_event ev = {
        .kind = HUB_SYNC_EV_LINK_DOWN, .now_ms = t.now_ms, .wall_ms = t.wall_ms, .error = why};
    struct hub_sync_effects fx;
    hub_sync_step(x->core, &ev, &fx);
    buf_clear(&x->out);
    x->bound = x->waits = false;
    x->closing = true;
    x->why = why;
}

/* Whoever only holds connections open, or plays an old hello again, has not got further. */
static bool hub_engine_unproven(const struct hub_session *x)
{
    return !x->closing && !hub_sync_live(x->core);
}

/* A free slot; HUB_ENGINE_CONNS_MAX when there is none. At half_open_max the oldest that has not proved
 * itself gives way. */
static unsigned hub_engine_slot(struct hub_engine *e, struct hub_engine_time t)
{
    unsigned half_open = 0;
    unsigned slot = HUB_ENGINE_CONNS_MAX;
    struct hub_session *oldest = NULL;
    if (e->count >= e->conns_max) return slot;
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        struct hub_session *x = e->slots[i];
        if (x == NULL) {
            slot = slot == HUB_ENGINE_CONNS_MAX ? i : slot;
        } else if (hub_engine_unproven(x)) {
            half_open++;
            if (oldest == NULL || x->conn < oldest->conn) oldest = x;
        }
    }
    if (half_open >= e->half_open_max) hub_engine_kill(oldest, ERR_TIMEOUT, t);
    return slot;
}

enum err hub_engine_connect(struct hub_engine *e, struct hub_engine_time t, uint64_t *conn)
{
    unsigned slot = hub_engine_slot(e, t);
    if (e->dead || slot == HUB_ENGINE_CONNS_MAX) return ERR_DENIED;
    struct hub_session *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    enum err err = hub_sync_new(&e->keys, t.now_ms, &x->core);
    if (err != ERR_OK) {
        free(x);
        return err;
    }
    buf_init(&x->out, HUB_ENGINE_OUT_BYTES_MAX);
    x->conn = ++e->serial * HUB_ENGINE_CONNS_MAX + slot;
    e->slots[slot] = x;
    e->count++;
    *conn = x->conn;
    return ERR_OK;
}

/* ---- the transaction ---- */

enum err hub_engine_open(struct hub_engine *e)
{
    if (e->open) return ERR_OK;
    enum err err = hub_store_begin(e->store);
    if (err == ERR_OK) e->open = true;
    return err;
}

/* Nothing of the open transaction remains: nor may a word that depends on it. */
static void hub_engine_lost(struct hub_engine *e, enum err why, struct hub_engine_time t)
{
    e->open = false;
    e->group = 0;
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        if (e->slots[i] != NULL && e->slots[i]->bound) hub_engine_kill(e->slots[i], why, t);
    }
}

enum err hub_engine_begin(struct hub_engine *e, struct hub_engine_time t)
{
    (void)t;
    return e->dead ? ERR_STORE : hub_engine_open(e);
}

void hub_engine_abort(struct hub_engine *e, struct hub_engine_time t)
{
    if (e->dead || !e->open) return;
    hub_store_rollback(e->store);
    hub_engine_lost(e, ERR_STORE, t);
}

/* ---- running one session ---- */

static void hub_engine_put(struct hub_session *x, const struct hub_sync_effect *f)
{
    if (f->kind == HUB_SYNC_FX_SEND) {
        buf_add_bytes(&x->out, f->bytes);
    } else if (!x->closing) {
        x->closing = true;
        x->why = f->error;
    }
}

/* Errors that leave the open transaction as it was. */
static bool hub_engine_harmless(enum err why)
{
    return why == ERR_CHAIN_BROKEN || why == ERR_NOT_FOUND || why == ERR_REVOKED;
}

/*
 * A store effect failed; `rest` stands behind it in the list. With the transaction goes whatever the
 * session said in it, and the link's numbering with that: then it ends without a word. If it said
 * nothing, or nothing was lost, it may still say why it ends.
 */
static void hub_engine_failed(struct hub_engine *e, struct hub_session *x, enum err why,
                              const struct hub_sync_effect *rest, size_t rest_count,
                              struct hub_sync_event *ev)
{
    bool lost = e->open && !hub_engine_harmless(why);
    bool said = x->out.len > 0;
    for (size_t i = 0; i < rest_count; i++) {
        if (rest[i].kind != HUB_SYNC_FX_SEND) continue;
        said = true;
        if (!lost) hub_engine_put(x, &rest[i]);
    }
    if (lost) {
        x->bound = said;
        hub_store_rollback(e->store);
        hub_engine_lost(e, why, (struct hub_engine_time){ev->now_ms, ev->wall_ms});
    }
    ev->kind = HUB_SYNC_EV_STORE_FAILED;
    ev->error = why;
}

/* From its facts on a session is somebody's. */
static void hub_engine_know(struct hub_engine *e, struct hub_session *x,
                            const struct hub_sync_effect *f)
{
    const struct hub_node *n = &e->facts.node;
    if (f->kind != HUB_SYNC_FX_LOOKUP || !(e->facts.known || e->facts.certified)) return;
    x->known = key_equal(f->peer, n->transport_pk, sizeof n->transport_pk);
    x->node = n->node;
    if (x->known) blackbox_begin(e->blackbox, x->node.b);
}

/* Its node is behind it, and not a thief of its old keys. */
static bool hub_engine_proven(const struct hub_session *x)
{
    return x->known && hub_sync_live(x->core) && !hub_sync_apart(x->core);
}

/* Its node is really there: no other session of it is wanted any more. */
static void hub_engine_alone(struct hub_engine *e, const struct hub_session *x,
                             struct hub_engine_time t)
{
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        struct hub_session *o = e->slots[i];
        if (o == NULL || o == x || o->closing || !o->known || !hub_sync_live(o->core)) continue;
        if (ID_EQUAL(&o->node, &x->node)) hub_engine_kill(o, ERR_LINK_LOST, t);
    }
}

/* Carry out one list. true: `ev` is the core's next event. */
static bool hub_engine_list(struct hub_engine *e, struct hub_session *x,
                            const struct hub_sync_effects *fx, struct hub_sync_event *ev)
{
    bool more = false;
    for (size_t i = 0; i < fx->count; i++) {
        const struct hub_sync_effect *f = &fx->v[i];
        if (f->kind == HUB_SYNC_FX_SEND || f->kind == HUB_SYNC_FX_CLOSE) {
            hub_engine_put(x, f);
            continue;
        }
        if (f->kind == HUB_SYNC_FX_READ_FEED && e->open) { /* only what is durable is sent down */
            x->waits = true;
            x->feed = *f;
            x->bound = !ZOO(1);
            continue;
        }
        struct hub_sync_event answer = *ev;
        enum err err = hub_engine_store(e, f, &answer);
        if (e->dead) return false;
        /* Nothing was said that a note of the session's end must be durable for. */
        if (f->kind != HUB_SYNC_FX_GAVE_BACK) x->bound = (x->bound || e->open) && !ZOO(1);
        if (err != ERR_OK) {
            hub_engine_failed(e, x, err, f + 1, fx->count - i - 1, ev);
            return true;
        }
        if (f->kind == HUB_SYNC_FX_GAVE_BACK) continue;
        if (f->kind == HUB_SYNC_FX_CONTACT) {
            if (hub_engine_proven(x))
                hub_engine_alone(e, x, (struct hub_engine_time){ev->now_ms, ev->wall_ms});
            continue;
        }
        hub_engine_know(e, x, f);
        assert(!more); /* at most one answer a list */
        *ev = answer;
        more = true;
    }
    return more;
}

/* Nobody's work is under way any more. A session that ended well shows that its node can be served. */
static void hub_engine_rest(struct hub_engine *e, const struct hub_session *x)
{
    if (e->dead) return;
    blackbox_end(e->blackbox);
    if (x->known && x->closing && x->why == ERR_OK) blackbox_forgive(e->blackbox, x->node.b);
}

static void hub_engine_run(struct hub_engine *e, struct hub_session *x, struct hub_sync_event *ev)
{
    struct hub_sync_effects fx;
    if (e->dead) return;
    if (x->known) blackbox_begin(e->blackbox, x->node.b);
    do {
        hub_sync_step(x->core, ev, &fx);
    } while (hub_engine_list(e, x, &fx, ev));
    hub_engine_rest(e, x);
    struct hub_engine_time t = {ev->now_ms, ev->wall_ms};
    if (x->out.e != ERR_OK) hub_engine_kill(x, x->out.e, t);
}

/* Sessions whose feed waited for the commit go on; what they take opens the next transaction. */
static void hub_engine_resume(struct hub_engine *e, struct hub_engine_time t)
{
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX && !e->open && !ZOO(45); i++) {
        struct hub_session *x = e->slots[i];
        if (x == NULL || !x->waits) continue;
        struct hub_sync_effects fx = {.v = {x->feed}, .count = 1};
        struct hub_sync_event ev = {.now_ms = t.now_ms, .wall_ms = t.wall_ms};
        x->waits = false;
        if (x->known) blackbox_begin(e->blackbox, x->node.b);
        if (hub_engine_list(e, x, &fx, &ev)) hub_engine_run(e, x, &ev);
        hub_engine_rest(e, x);
    }
}

static enum err hub_engine_commit(struct hub_engine *e, struct hub_engine_time t)
{
    if (!hub_engine_step(e, "commit")) return ERR_OK;
    enum err err = hub_store_commit(e->store);
    if (err != ERR_OK && !ZOO(3)) {
        hub_engine_lost(e, err, t);
        return err;
    }
    if (!hub_engine_step(e, "committed")) return ERR_OK;
    e->open = false;
    e->group = 0;
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        if (e->slots[i] != NULL) e->slots[i]->bound = false;
    }
    hub_engine_epoch_check(e, t);
    hub_engine_resume(e, t);
    return ERR_OK;
}

/* Bytes that were fed are finite, so is this. */
enum err hub_engine_flush(struct hub_engine *e, struct hub_engine_time t)
{
    enum err err = ERR_OK;
    while (!e->dead && e->open && err == ERR_OK)
        err = hub_engine_commit(e, t);
    return err;
}

void hub_engine_bytes(struct hub_engine *e, uint64_t conn, struct bytes bytes,
                      struct hub_engine_time t)
{
    struct hub_session *x = hub_engine_find(e, conn);
    struct hub_sync_event ev = {
        .kind = HUB_SYNC_EV_LINK_BYTES, .now_ms = t.now_ms, .wall_ms = t.wall_ms, .bytes = bytes};
    if (x != NULL) hub_engine_run(e, x, &ev);
}

void hub_engine_drained(struct hub_engine *e, uint64_t conn, struct hub_engine_time t)
{
    struct hub_session *x = hub_engine_find(e, conn);
    struct hub_sync_event ev = {
        .kind = HUB_SYNC_EV_LINK_DRAINED, .now_ms = t.now_ms, .wall_ms = t.wall_ms};
    /* While something still waits here, the link has not drained. */
    if (x != NULL && x->out.len == 0) hub_engine_run(e, x, &ev);
}

void hub_engine_down(struct hub_engine *e, uint64_t conn, struct hub_engine_time t)
{
    (void)t;
    if (hub_engine_find(e, conn) != NULL) {
        if (e->given == conn) e->given = 0;
        hub_engine_drop(e, (unsigned)(conn % HUB_ENGINE_CONNS_MAX));
    }
}

void hub_engine_tick(struct hub_engine *e, struct hub_engine_time t)
{
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        struct hub_sync_event ev = {
            .kind = HUB_SYNC_EV_TICK, .now_ms = t.now_ms, .wall_ms = t.wall_ms};
        if (e->slots[i] != NULL) hub_engine_run(e, e->slots[i], &ev);
    }
}

bool hub_engine_next(struct hub_engine *e, struct hub_engine_output *out)
{
    struct hub_session *x = e->given != 0 ? hub_engine_find(e, e->given) : NULL;
    if (x != NULL) buf_clear(&x->out);
    e->given = 0;
    if (e->dead) return false;
    for (unsigned i = 0; i < HUB_ENGINE_CONNS_MAX; i++) {
        x = e->slots[i];
        if (x == NULL || x->bound || (x->out.len == 0 && (!x->closing || x->told))) continue;
        *out = (struct hub_engine_output){.conn = x->conn, .bytes = buf_bytes(&x->out)};
        out->close = x->closing && !x->told;
        out->why = x->why;
        out->proven = hub_engine_proven(x);
        x->told = x->told || out->close;
        e->given = x->conn;
        return true;
    }
    return false;
}

#include "node/engine.h"
#include "common/log.h"
#include "node/store_attach.h"
#include "node/store_erase.h"
#include "node/store_heal.h"
#include "node/store_rekey.h"

#include <assert.h>
#include <stdlib.h>

struct node_engine {
    struct node_store *store;
    struct node_sync *core;
    node_engine_step_fn *step;
    void *step_ctx;
    bool dead;
    struct buf bytes; /* of all SENDs of one event */
    struct node_identity identity;
    struct message_hello_node hello;
    struct node_sync_root roots[NODE_SYNC_ROOTS_MAX];
    const struct node_sync_keys *keys;
    struct node_sync_mending mending;
    struct node_attach attach;
};

enum err node_engine_new(const struct node_engine_options *options, struct node_engine **out)
{
    struct node_engine *e = calloc(1, sizeof *e);
    if (e == NULL) return ERR_NOMEM;
    enum err err = node_sync_new(options->keys, &e->core);
    if (err != ERR_OK) {
        free(e);
        return err;
    }
    e->store = options->store;
    e->keys = options->keys;
    e->step = options->step;
    e->step_ctx = options->step_ctx;
    buf_init(&e->bytes, NODE_ENGINE_BYTES_MAX);
    *out = e;
    return ERR_OK;
}

void node_engine_free(struct node_engine *e)
{
    if (e == NULL) return;
    node_sync_free(e->core);
    buf_free(&e->bytes);
    free(e);
}

void node_engine_result(const struct node_engine *e, struct node_sync_result *out)
{
    node_sync_result(e->core, out);
}

enum node_sync_state node_engine_state(const struct node_engine *e)
{
    return node_sync_state(e->core);
}

static bool node_engine_step(struct node_engine *e, const char *what)
{
    if (e->step != NULL && !e->dead && !e->step(e->step_ctx, what)) e->dead = true;
    return !e->dead;
}

/* ---- store effects: each fills `ev` with its answer ---- */

/* What may be needed if something went back in time. */
static enum err node_engine_mending(struct node_engine *e, int64_t now_ms)
{
    struct node_sync_mending *m = &e->mending;
    memset(m, 0, sizeof *m);
    enum err err = node_store_proof(e->store, &m->receipt, m->signature);
    m->has_receipt = err == ERR_OK;
    m->receipt.hub = e->identity.hub;
    m->receipt.node = e->identity.node;
    if (err == ERR_NOT_FOUND) err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < e->hello.log_count; i++)
        err = node_store_staged_own(e->store, &e->hello.logs[i].inc, &m->pulled[i]);
    if (err == ERR_OK) err = node_store_attach_busy(e->store, now_ms, &m->attach);
    return err == ERR_OK ? node_store_keeps(e->store, &m->keeps) : err;
}

/* Under which keys this session is, and which key each log of the hello has. */
static enum err node_engine_keys(struct node_engine *e)
{
    struct node_sync_mending *m = &e->mending;
    struct node_rekey r;
    enum err err = node_store_rekey(e->store, &r);
    m->rekey = err == ERR_OK;
    m->rekey_turn = m->rekey && r.turn;
    if (err == ERR_NOT_FOUND) err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < e->hello.log_count; i++) {
        err = node_store_log_key(e->store, &e->hello.logs[i].inc, m->log_keys[i]);
        if (err == ERR_NOT_FOUND || err == ERR_DAMAGED) { /* its first set is: the rest goes on */
            memset(m->log_keys[i], 0, sizeof m->log_keys[i]);
            err = ERR_OK;
        }
    }
    const uint8_t *pk = m->rekey_turn ? r.transport_pk : e->identity.transport_pk;
    if (err == ERR_OK && !node_keys_transport(e->keys, pk, &m->dial)) m->dial.secret = NULL;
    return err;
}

static enum err node_engine_kept(struct node_engine *e, const struct node_sync_effect *f,
                                 struct node_sync_event *ev)
{
    uint64_t after = f->seq;
    ev->kind = NODE_SYNC_EV_KEPT;
    ev->kept_count = 0;
    return node_store_kept(e->store, &after, NODE_ENGINE_KEPT_BYTES, &ev->kept, &ev->kept_count);
}

/* What does not work here (a full disk) is tried again at the next session: this one goes on. */
static void node_engine_heal_begin(struct node_engine *e)
{
    enum err err = node_store_heal_begin(e->store);
    if (err != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.begin"), log_err(err));
}

static void node_engine_rot(struct node_engine *e)
{
    enum err err = node_store_heal_rot(e->store, &e->hello, e->mending.rot);
    if (err == ERR_OK) return;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.rot"), log_err(err));
    memset(e->mending.rot, 0, sizeof e->mending.rot);
}

static enum err node_engine_hello(struct node_engine *e, struct node_sync_event *ev)
{
    memset(&e->hello, 0, sizeof e->hello);
    enum err err = node_store_identity(e->store, &e->identity);
    if (err == ERR_OK) node_engine_heal_begin(e);
    if (err == ERR_OK) err = node_store_hello(e->store, &e->hello);
    if (err == ERR_OK) err = node_engine_mending(e, ev->wall_ms);
    if (err == ERR_OK) node_engine_rot(e);
    if (err == ERR_OK) err = node_engine_keys(e);
    ev->kind = NODE_SYNC_EV_HELLO_FACTS;
    ev->mending = &e->mending;
    ev->hello = &e->hello;
    ev->identity = &e->identity;
    return err;
}

/* The roots of all blocks that the sets touch, those that are kept. */
static enum err node_engine_roots(struct node_engine *e, const struct node_sync_effect *f,
                                  struct node_sync_event *ev)
{
    ev->roots = e->roots;
    ev->root_count = 0;
    if (ev->set_count == 0) return ERR_OK;
    uint64_t last = (f->seq + ev->set_count - 1) / CHANGE_BLOCK_SETS;
    for (uint64_t b = f->seq / CHANGE_BLOCK_SETS; b <= last; b++) {
        assert(ev->root_count < NODE_SYNC_ROOTS_MAX);
        struct node_sync_root *r = &e->roots[ev->root_count];
        r->block = b;
        enum err err = node_store_block_root(e->store, &f->inc, b, r->root);
        if (err == ERR_OK) ev->root_count++;
        if (err != ERR_OK && err != ERR_NOT_FOUND) return err;
    }
    return ERR_OK;
}

static enum err node_engine_read(struct node_engine *e, const struct node_sync_effect *f,
                                 struct node_sync_event *ev)
{
    assert(f->count <= NODE_SYNC_READ_SETS);
    ev->kind = NODE_SYNC_EV_SETS;
    ev->sets = NULL;
    ev->set_count = 0;
    enum err err = node_store_read_sets(e->store, &f->inc, f->seq, f->count, NODE_SYNC_READ_BYTES,
                                        &ev->sets, &ev->set_count);
    return err == ERR_OK ? node_engine_roots(e, f, ev) : err;
}

static enum err node_engine_apply(struct node_engine *e, const struct node_sync_effect *f,
                                  struct node_sync_event *ev)
{
    node_store_lineage(e->store, f->lineage, f->count);
    enum err err = node_store_apply(e->store, f->epoch, f->end, UINT64_MAX, ev->wall_ms);
    ev->kind = NODE_SYNC_EV_APPLIED;
    ev->error = err;
    return err == ERR_BAD_HASH ? ERR_OK : err; /* BAD_HASH is a result, not a failure */
}

/* ---- attachments ---- */

static enum err node_engine_attach_next(struct node_engine *e, const struct node_sync_effect *f,
                                        struct node_sync_event *ev)
{
    enum err err = node_store_attach_next(e->store, f->attach->no, ev->wall_ms, &e->attach);
    ev->kind = NODE_SYNC_EV_ATTACH;
    ev->attach = err == ERR_OK ? &e->attach : NULL;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err node_engine_attach_put(struct node_engine *e, const struct node_sync_effect *f,
                                       struct node_sync_event *ev)
{
    uint64_t have = 0;
    ev->error = node_store_attach_put(e->store, f->attach->no, f->block, ev->wall_ms, &have);
    return ev->error == ERR_BAD_HASH ? ERR_OK : ev->error; /* BAD_HASH is a result, not a failure */
}

/* The session is over, so there is time for what takes long. */
static enum err node_engine_contact(struct node_engine *e, const struct node_sync_effect *f,
                                    const struct node_sync_event *ev)
{
    if (node_store_wipe_wanted(e->store) && node_store_wipe(e->store) != ERR_OK)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("erase.wipe")); /* again at the next session or start */
    if (f->tried) {
        enum err err = node_store_heal_tried(e->store);
        if (err != ERR_OK) return err;
    }
    if (f->turn) {
        enum err err = node_store_rekey_turn(e->store, !e->mending.rekey_turn);
        if (err != ERR_OK) return err;
    }
    return node_store_contact(e->store, ev->wall_ms, f->error, f->hub_clock_ms);
}

/* Carry out one store effect. *answered: `ev` is now the answer that the core waits for. */
static enum err node_engine_store(struct node_engine *e, const struct node_sync_effect *f,
                                  struct node_sync_event *ev, bool *answered)
{
    *answered = true;
    ev->kind = NODE_SYNC_EV_STORED;
    switch (f->kind) {
    case NODE_SYNC_FX_LOAD_HELLO: return node_engine_hello(e, ev);
    case NODE_SYNC_FX_READ_SETS: return node_engine_read(e, f, ev);
    case NODE_SYNC_FX_STORE_RECEIPT:
        return node_store_receipt(e->store, &f->receipt, f->signature, ev->wall_ms);
    case NODE_SYNC_FX_STORE_CARD: return node_store_card(e->store, f->bytes, &f->card);
    case NODE_SYNC_FX_STORE_IDENTITY: return node_store_identity_set(e->store, f->identity);
    case NODE_SYNC_FX_STAGE_SETS:
        return node_store_stage_sets(e->store, f->epoch, f->sets, f->count);
    case NODE_SYNC_FX_STAGE_RECORDS:
        return node_store_stage_records(e->store, f->epoch, f->records, f->count);
    case NODE_SYNC_FX_STAGE_VERDICTS:
        return node_store_stage_verdicts(e->store, f->epoch, f->verdicts, f->count);
    case NODE_SYNC_FX_STAGE_MOVES:
        return node_store_stage_moves(e->store, f->epoch, f->moves, f->count);
    case NODE_SYNC_FX_ERASE:
        return node_store_erasures(e->store, f->sets, f->count, f->whole, f->last);
    case NODE_SYNC_FX_APPLY: return node_engine_apply(e, f, ev);
    case NODE_SYNC_FX_STAGE_OWN: return node_store_stage_own(e->store, &f->inc, f->sets, f->count);
    case NODE_SYNC_FX_HEAL:
        return node_store_heal_sets(e->store, &f->inc, f->sets, f->count, node_keys_signer,
                                    e->keys);
    case NODE_SYNC_FX_REPAIR:
        return node_store_repair(e->store, f->fixes, f->count, node_keys_signer, e->keys,
                                 ev->wall_ms);
    case NODE_SYNC_FX_RESET:
        return node_store_reset(e->store, f->fixes, f->count, f->forget, ev->wall_ms);
    case NODE_SYNC_FX_READ_KEPT: return node_engine_kept(e, f, ev);
    case NODE_SYNC_FX_ATTACH_NEXT: return node_engine_attach_next(e, f, ev);
    case NODE_SYNC_FX_ATTACH_READ:
        ev->kind = NODE_SYNC_EV_ATTACH_BLOCK;
        return node_store_attach_read(e->store, f->attach->no, f->seq, &ev->bytes);
    case NODE_SYNC_FX_ATTACH_PUT: return node_engine_attach_put(e, f, ev);
    case NODE_SYNC_FX_ATTACH_SAID:
        return node_store_attach_said(e->store, f->attach->no, (unsigned)f->seq, ev->wall_ms);
    case NODE_SYNC_FX_NOTE_CONTACT: *answered = false; return node_engine_contact(e, f, ev);
    case NODE_SYNC_FX_DIAL:
    case NODE_SYNC_FX_SEND:
    case NODE_SYNC_FX_CLOSE:
    case NODE_SYNC_FX_WAKE_AT: break;
    }
    assert(false); /* not a store effect */
    return ERR_STORE;
}

/* The name of a store effect for the step hook; NULL: it is the caller's, or writes nothing. */
static const char *node_engine_step_name(enum node_sync_effect_kind kind)
{
    switch (kind) {
    case NODE_SYNC_FX_LOAD_HELLO: return "hello";
    case NODE_SYNC_FX_STORE_RECEIPT: return "receipt";
    case NODE_SYNC_FX_STORE_CARD: return "card";
    case NODE_SYNC_FX_STORE_IDENTITY: return "identity";
    case NODE_SYNC_FX_STAGE_SETS:
    case NODE_SYNC_FX_STAGE_RECORDS:
    case NODE_SYNC_FX_STAGE_OWN:
    case NODE_SYNC_FX_STAGE_VERDICTS:
    case NODE_SYNC_FX_STAGE_MOVES: return "stage";
    case NODE_SYNC_FX_ERASE: return "erase";
    case NODE_SYNC_FX_HEAL: return "heal";
    case NODE_SYNC_FX_REPAIR: return "repair";
    case NODE_SYNC_FX_RESET: return "reset";
    case NODE_SYNC_FX_READ_KEPT: return "kept";
    case NODE_SYNC_FX_APPLY: return "apply";
    case NODE_SYNC_FX_NOTE_CONTACT: return "contact";
    case NODE_SYNC_FX_ATTACH_PUT:
    case NODE_SYNC_FX_ATTACH_SAID: return "attach";
    case NODE_SYNC_FX_ATTACH_NEXT:
    case NODE_SYNC_FX_ATTACH_READ:
    case NODE_SYNC_FX_READ_SETS:
    case NODE_SYNC_FX_DIAL:
    case NODE_SYNC_FX_SEND:
    case NODE_SYNC_FX_CLOSE:
    case NODE_SYNC_FX_WAKE_AT: break;
    }
    return NULL;
}

/* ---- outputs ---- */

static struct node_engine_output *node_engine_output(struct node_engine_outputs *out,
                                                     enum node_engine_output_kind kind,
                                                     uint64_t link)
{
    assert(out->count < NODE_ENGINE_OUTPUTS_MAX);
    struct node_engine_output *o = &out->v[out->count++];
    *o = (struct node_engine_output){.kind = kind, .link = link};
    return o;
}

/* Bytes are collected in one buffer, which moves as it grows: until the end `p` is not set and the
 * lengths tell where each begins. */
static void node_engine_send(struct node_engine *e, const struct node_sync_effect *f,
                             struct node_engine_outputs *out)
{
    struct node_engine_output *last = out->count > 0 ? &out->v[out->count - 1] : NULL;
    if (last == NULL || last->kind != NODE_ENGINE_SEND || last->link != f->link)
        last = node_engine_output(out, NODE_ENGINE_SEND, f->link);
    buf_add_bytes(&e->bytes, f->bytes);
    last->bytes.len += f->bytes.len;
}

static void node_engine_place(const struct node_engine *e, struct node_engine_outputs *out)
{
    size_t at = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (out->v[i].kind != NODE_ENGINE_SEND) continue;
        out->v[i].bytes.p = e->bytes.p + at;
        at += out->v[i].bytes.len;
    }
}

static void node_engine_put(struct node_engine *e, const struct node_sync_effect *f,
                            struct node_engine_outputs *out)
{
    if (f->kind == NODE_SYNC_FX_DIAL) {
        e->identity = *f->identity; /* it outlives the core's next step */
        node_engine_output(out, NODE_ENGINE_DIAL, f->link)->address = e->identity.address;
    } else if (f->kind == NODE_SYNC_FX_SEND) {
        node_engine_send(e, f, out);
    } else if (f->kind == NODE_SYNC_FX_CLOSE) {
        node_engine_output(out, NODE_ENGINE_CLOSE, f->link)->error = f->error;
    } else {
        struct node_engine_output *last = out->count > 0 ? &out->v[out->count - 1] : NULL;
        if (last == NULL || last->kind != NODE_ENGINE_WAKE_AT)
            last = node_engine_output(out, NODE_ENGINE_WAKE_AT, 0);
        last->at_ms = f->at_ms;
    }
}

static bool node_engine_for_caller(enum node_sync_effect_kind kind)
{
    return kind == NODE_SYNC_FX_DIAL || kind == NODE_SYNC_FX_SEND || kind == NODE_SYNC_FX_CLOSE ||
           kind == NODE_SYNC_FX_WAKE_AT;
}

/* Carry out one list. true: `ev` is the next event of the core. */
static bool node_engine_list(struct node_engine *e, const struct node_sync_effects *fx,
                             struct node_sync_event *ev, struct node_engine_outputs *out)
{
    bool more = false;
    for (size_t i = 0; i < fx->count; i++) {
        const struct node_sync_effect *f = &fx->v[i];
        if (node_engine_for_caller(f->kind)) {
            node_engine_put(e, f, out);
            continue;
        }
        const char *name = node_engine_step_name(f->kind);
        if (name != NULL && !node_engine_step(e, name)) return false;
        bool answered = false;
        struct node_sync_event answer = *ev;
        enum err err = node_engine_store(e, f, &answer, &answered);
        if (err == ERR_OK && name != NULL && !node_engine_step(e, "committed")) return false;
        if (err != ERR_OK) {
            ev->kind = NODE_SYNC_EV_STORE_FAILED;
            ev->error = err;
            return true;
        }
        assert(!answered || !more); /* at most one answer a list */
        if (answered) *ev = answer;
        more = more || answered;
    }
    return more;
}

/* No memory for what was to be sent: that link is lost, the rest stands. */
static bool node_engine_drop_link(struct node_engine *e, struct node_sync_event *ev,
                                  struct node_engine_outputs *out)
{
    if (e->bytes.e == ERR_OK) return false;
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (out->v[i].kind == NODE_ENGINE_SEND) {
            ev->link = out->v[i].link;
        } else {
            out->v[kept++] = out->v[i];
        }
    }
    out->count = kept;
    node_engine_output(out, NODE_ENGINE_CLOSE, ev->link)->error = ERR_NOMEM;
    buf_clear(&e->bytes);
    ev->kind = NODE_SYNC_EV_LINK_DOWN;
    ev->error = ERR_NOMEM;
    return true;
}

void node_engine_handle(struct node_engine *e, const struct node_sync_event *ev,
                        struct node_engine_outputs *out)
{
    struct node_sync_event now = *ev;
    struct node_sync_effects fx;
    out->count = 0;
    if (e->dead) return;
    buf_clear(&e->bytes);
    bool more = true;
    while (more) {
        node_sync_step(e->core, &now, &fx);
        now.random = now.random * 6364136223846793005u + 1442695040888963407u;
        more = node_engine_list(e, &fx, &now, out);
        more = node_engine_drop_link(e, &now, out) || more;
    }
    if (e->dead) out->count = 0;
    node_engine_place(e, out);
}

/* Going back in time: nodes and the hub restored from old copies, clones, forks; nothing that anyone
 * still holds is lost, nothing is overwritten unseen. Whole sessions over real stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <sodium.h>

#include "common/io/db.h"
#include "hub/engine.h"
#include "hub/own.h"
#include "hub/store_nodes.h"
#include "hub/store_records.h"
#include "hub/store_repair.h"
#include "hub/verify.h"
#include "node/engine.h"
#include "node/own.h"
#include "proto/key.h"
#include "proto/wire.h"
#include "tests/lib/rng.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { MAKE = 2, NODES = 4, TYPE = 900, FIELD_NAME = 2, FIELD_STATE = 8 };
static const int64_t WALL = INT64_C(1686000000000);

struct hub_side {
    struct key_sign root, log;
    struct key_box transport, sealing;
    struct id_hash id;
    struct hub_sync_keys keys;
    struct hub_store *store;
    struct hub_engine *engine;
    char path[64];
    bool (*step)(void *ctx, const char *what);
};

struct node_side {
    struct world *w;
    struct key_sign sign;
    struct key_box transport;
    struct node_sync_keys keys;
    bool active;
    struct node_store *store;
    struct node_engine *engine;
    char path[64];
    uint64_t link, conn, wake_at;
    bool up, dialed, closing, hub_closing;
    struct buf to_hub, to_node;
    size_t sent, received; /* bytes of the last session */
};

struct world {
    struct rng rng;
    uint64_t now_ms;
    struct hub_side hub;
    struct node_side nodes[NODES];
    size_t cut_after; /* bytes of both directions until the link is cut; SIZE_MAX = never */
    bool chunks;      /* deliver in random pieces */
    unsigned serial;
};

static struct hub_engine_time hub_time(struct world *w)
{
    return (struct hub_engine_time){w->now_ms, WALL + (int64_t)w->now_ms};
}

static void unlink_db(const char *path)
{
    char name[80];
    unlink(path);
    snprintf(name, sizeof name, "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
}

static void hub_open_engine(struct world *w)
{
    struct hub_engine_options o = {
        .store = w->hub.store, .keys = &w->hub.keys, .step = w->hub.step, .step_ctx = w};
    OK(hub_engine_new(&o, &w->hub.engine));
}

static void hub_make(struct world *w)
{
    struct hub_side *h = &w->hub;
    OK(key_sign_make(&h->root, KEY_ROOT));
    OK(key_sign_make(&h->log, KEY_SIGN));
    OK(key_box_make(&h->transport, KEY_TRANSPORT));
    OK(key_box_make(&h->sealing, KEY_SEALING));
    crypto_generichash(h->id.b, 32, h->root.public, 32, NULL, 0);
    h->keys = (struct hub_sync_keys){.hub = h->id,
                                     .transport_secret = h->transport.secret,
                                     .transport_pk = h->transport.public,
                                     .log_secret = h->log.secret,
                                     .log_pk = h->log.public};
    struct hub_identity id = {.hub = h->id, .unit = "735", .unit_name = "Vĩnh Cửu"};
    id.parsed.serial = 1;
    memcpy(id.parsed.root_pk, h->root.public, 32);
    memcpy(id.parsed.log_pk, h->log.public, 32);
    memcpy(id.parsed.transport_pk, h->transport.public, 32);
    memcpy(id.parsed.sealing_pk, h->sealing.public, 32);
    struct buf card;
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id.parsed, h->root.secret, &card);
    OK(card.e);
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    buf_free(&card);
    randombytes_buf(id.inc.b, sizeof id.inc.b);
    randombytes_buf(&id.epoch, sizeof id.epoch);
    snprintf(h->path, sizeof h->path, "repair-%d-hub.db", (int)getpid());
    unlink_db(h->path);
    OK(hub_store_open(&(struct hub_store_options){.path = h->path, .create = true}, &h->store));
    OK(hub_store_identity_set(h->store, &id));
    hub_open_engine(w);
}

static void node_open_engine(struct node_side *n)
{
    struct node_engine_options o = {.store = n->store, .keys = &n->keys};
    OK(node_engine_new(&o, &n->engine));
}

static void node_make(struct world *w, unsigned i)
{
    struct node_side *n = &w->nodes[i];
    struct node_identity id = {.joined = false, .hub = w->hub.id};
    n->w = w;
    n->active = true;
    OK(key_sign_make(&n->sign, KEY_SIGN));
    OK(key_box_make(&n->transport, KEY_TRANSPORT));
    n->keys = (struct node_sync_keys){.transport_secret = n->transport.secret,
                                      .transport_pk = n->transport.public,
                                      .sign_secret = n->sign.secret,
                                      .sign_pk = n->sign.public};
    crypto_generichash(id.node.b, 32, n->sign.public, 32, NULL, 0);
    memcpy(id.sign_pk, n->sign.public, 32);
    memcpy(id.transport_pk, n->transport.public, 32);
    memcpy(id.hub_transport_pk, w->hub.transport.public, 32);
    memset(id.token, (int)(i + 1), sizeof id.token);
    snprintf(id.unit, sizeof id.unit, "%u", 26173 + 3 * i);
    snprintf(id.address, sizeof id.address, "hub:1");
    snprintf(id.name, sizeof id.name, "PC %u", i);
    OK(hub_store_invite_create(w->hub.store, id.token, id.unit, "Xã", WALL, WALL + 1000000000));
    snprintf(n->path, sizeof n->path, "repair-%d-node%u.db", (int)getpid(), i);
    unlink_db(n->path);
    OK(node_store_open(&(struct node_store_options){.path = n->path, .create = true}, &n->store));
    OK(node_store_identity_set(n->store, &id));
    node_open_engine(n);
    buf_init(&n->to_hub, 1u << 26);
    buf_init(&n->to_node, 1u << 26);
}

static void world_open(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->rng.s = seed;
    w->now_ms = 1000;
    w->cut_after = SIZE_MAX;
    OK(key_ready());
    hub_make(w);
    for (unsigned i = 0; i < MAKE; i++)
        node_make(w, i);
}

static void world_close(struct world *w)
{
    hub_engine_free(w->hub.engine);
    hub_store_close(w->hub.store);
    unlink_db(w->hub.path);
    key_sign_free(&w->hub.root);
    key_sign_free(&w->hub.log);
    key_box_free(&w->hub.transport);
    key_box_free(&w->hub.sealing);
    for (unsigned i = 0; i < NODES; i++) {
        struct node_side *n = &w->nodes[i];
        if (!n->active) continue;
        node_engine_free(n->engine);
        node_store_close(n->store);
        unlink_db(n->path);
        if (i < MAKE) {
            key_sign_free(&n->sign);
            key_box_free(&n->transport);
        }
        buf_free(&n->to_hub);
        buf_free(&n->to_node);
    }
}

/* ---- the pipe ---- */

static void node_event(struct node_side *n, struct node_sync_event ev)
{
    struct node_engine_outputs out;
    ev.now_ms = n->w->now_ms;
    ev.wall_ms = WALL + (int64_t)n->w->now_ms;
    ev.random = rng_u64(&n->w->rng);
    node_engine_handle(n->engine, &ev, &out);
    for (size_t i = 0; i < out.count; i++) {
        const struct node_engine_output *o = &out.v[i];
        if (o->kind == NODE_ENGINE_DIAL) {
            assert_string_equal(o->address, "hub:1");
            n->link = o->link;
            n->dialed = true;
            n->closing = n->hub_closing = false;
        } else if (o->kind == NODE_ENGINE_SEND && o->link == n->link) {
            buf_add_bytes(&n->to_hub, o->bytes);
        } else if (o->kind == NODE_ENGINE_CLOSE && o->link == n->link) {
            n->closing = true;
        } else if (o->kind == NODE_ENGINE_WAKE_AT) {
            n->wake_at = o->at_ms;
        }
    }
}

static void link_down(struct node_side *n)
{
    struct world *w = n->w;
    n->up = n->dialed = false;
    buf_clear(&n->to_hub);
    buf_clear(&n->to_node);
    hub_engine_down(w->hub.engine, n->conn, hub_time(w));
    node_event(n, (struct node_sync_event){
                      .kind = NODE_SYNC_EV_LINK_DOWN, .link = n->link, .error = ERR_LINK_LOST});
}

static void hub_outputs(struct world *w)
{
    struct hub_engine_output o;
    enum err e = hub_engine_flush(w->hub.engine, hub_time(w));
    (void)e; /* tests of failing commits look at what follows */
    while (hub_engine_next(w->hub.engine, &o)) {
        for (unsigned i = 0; i < NODES; i++) {
            struct node_side *n = &w->nodes[i];
            if (!n->up || n->conn != o.conn) continue;
            buf_add_bytes(&n->to_node, o.bytes);
            n->hub_closing = n->hub_closing || o.close;
        }
    }
}

/* How much of what waits is delivered now; the cut counts every byte. */
static size_t portion(struct world *w, size_t waiting)
{
    size_t n = waiting;
    if (w->chunks && n > 1) n = 1 + rng_below(&w->rng, (unsigned)(n < 3000 ? n : 3000));
    if (n > w->cut_after) n = w->cut_after;
    if (w->cut_after != SIZE_MAX) w->cut_after -= n;
    return n;
}

static void deliver(struct node_side *n, bool up)
{
    struct world *w = n->w;
    struct buf *b = up ? &n->to_hub : &n->to_node;
    size_t len = portion(w, b->len);
    if (len == 0) return;
    uint8_t *exact = malloc(len); /* reads past the piece are trapped */
    assert_non_null(exact);
    memcpy(exact, b->p, len);
    buf_drop(b, len);
    if (up) {
        n->sent += len;
        hub_engine_bytes(w->hub.engine, n->conn, bytes_make(exact, len), hub_time(w));
    } else {
        n->received += len;
        node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_BYTES,
                                               .link = n->link,
                                               .bytes = bytes_make(exact, len)});
    }
    free(exact);
}

/* One turn for one node: false when nothing moves any more. */
static bool turn(struct node_side *n)
{
    struct world *w = n->w;
    if (n->dialed && !n->up) {
        OK(hub_engine_connect(w->hub.engine, hub_time(w), &n->conn));
        n->up = true;
        node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_UP, .link = n->link});
        return true;
    }
    if (!n->up) return false;
    if (w->cut_after == 0) {
        link_down(n);
        return true;
    }
    if (n->to_hub.len > 0) {
        deliver(n, true);
        if (n->to_hub.len == 0)
            node_event(
                n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DRAINED, .link = n->link});
        return true;
    }
    hub_outputs(w);
    if (n->to_node.len > 0 && !n->closing) {
        deliver(n, false);
        if (n->to_node.len == 0) hub_engine_drained(w->hub.engine, n->conn, hub_time(w));
        return true;
    }
    if (n->to_hub.len == 0 && (n->closing || n->hub_closing)) {
        link_down(n);
        return true;
    }
    return false;
}

static struct node_sync_result result_of(const struct node_side *n)
{
    struct node_sync_result r;
    node_engine_result(n->engine, &r);
    return r;
}

/* One attempt from NOW to IDLE. */
static enum err attempt(struct node_side *n)
{
    n->sent = n->received = 0;
    node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    while (turn(n)) {
    }
    for (int i = 0; i < 5 && node_engine_state(n->engine) != NODE_SYNC_IDLE; i++) {
        if (n->wake_at > n->w->now_ms) n->w->now_ms = n->wake_at; /* silence: only time ends it */
        node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
        while (turn(n)) {
        }
    }
    assert_int_equal(node_engine_state(n->engine), NODE_SYNC_IDLE);
    n->w->now_ms += 10000;
    return result_of(n).last;
}

static void join(struct node_side *n)
{
    struct node_identity id;
    OK(attempt(n));
    OK(node_store_identity(n->store, &id));
    assert_true(id.joined);
}

/* ---- records ---- */

static void put_text(struct buf *b, const char *text)
{
    wire_put_str(b, bytes_str(text));
}

/* Payload of an op that writes FIELD_NAME (and FIELD_STATE for a create). */
static void payload(struct buf *out, enum change_kind kind, const struct id_record *rid,
                    const char *text, struct bytes bases)
{
    struct change_write writes[2];
    struct buf v;
    memset(writes, 0, sizeof writes);
    buf_init(&v, 8192);
    put_text(&v, text);
    writes[0] = (struct change_write){.field = FIELD_NAME, .value = buf_bytes(&v), .bases = bases};
    writes[1] = (struct change_write){.field = FIELD_STATE, .value = buf_bytes(&v)};
    struct change_op op = {.kind = kind,
                           .rid = *rid,
                           .type = TYPE,
                           .writes = writes,
                           .count = kind == CHANGE_CREATE ? 2 : 1};
    change_op_encode(&op, out);
    OK(out->e);
    buf_free(&v);
}

static void node_save(struct node_side *n, enum change_kind kind, struct id_record *rid,
                      const char *text, struct bytes bases)
{
    struct node_own o;
    struct buf p;
    static const struct id_person person = {{1, 2, 3, 4, 5, 6, 7, 8}};
    buf_init(&p, CHANGE_BYTES_MAX);
    OK(node_own_begin(n->store, &n->keys, WALL + (int64_t)n->w->now_ms, &o));
    if (kind == CHANGE_CREATE) node_own_rid(&o, 0, rid);
    payload(&p, kind, rid, text, bases);
    struct bytes b = buf_bytes(&p);
    OK(node_own_add(&o, &(struct node_own_set){.person = person, .payloads = &b, .count = 1}));
    OK(node_own_commit(&o, NULL));
    node_own_free(&o);
    buf_free(&p);
    node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_SAVED});
}

static void hub_save(struct world *w, enum change_kind kind, const struct id_record *rid,
                     const char *text, struct bytes bases)
{
    struct buf p;
    struct hub_taken taken;
    buf_init(&p, CHANGE_BYTES_MAX);
    payload(&p, kind, rid, text, bases);
    struct bytes b = buf_bytes(&p);
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys, &(struct hub_own_set){.payloads = &b, .count = 1},
                      WALL + (int64_t)w->now_ms, &taken));
    OK(hub_store_commit(w->hub.store));
    buf_free(&p);
}

static struct node_store_status status_of(struct node_side *n)
{
    struct node_store_status s;
    OK(node_store_status(n->store, &s));
    return s;
}

/* The promise of END: the node's sum over its scope is the hub's. */
static void assert_scope_equal(struct node_side *n)
{
    struct message_hello_node hello;
    struct node_identity id;
    struct hub_node node;
    struct hub_position pos;
    struct hub_feed feed;
    OK(node_store_hello(n->store, &hello));
    OK(node_store_identity(n->store, &id));
    OK(hub_store_node(n->w->hub.store, &id.node, &node));
    hub_store_position(n->w->hub.store, &pos);
    OK(hub_store_feed(n->w->hub.store, &node, pos.position, &hello, 1000, &feed));
    assert_true(feed.last);
    assert_memory_equal(hello.scope_hash, feed.end.scope_hash, 16);
    assert_int_equal(hello.cursor_position, pos.position);
}

/* ---- a seed replays ---- */

static struct rng fixed_rng;

static const char *fixed_name(void)
{
    return "fixed";
}

static uint32_t fixed_word(void)
{
    return (uint32_t)rng_u64(&fixed_rng);
}

static void fixed_fill(void *const p, const size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)(rng_u64(&fixed_rng) >> 32);
}

static struct randombytes_implementation fixed_random = {
    .implementation_name = fixed_name, .random = fixed_word, .buf = fixed_fill};

/* ---- copies of databases ---- */

struct copy {
    struct buf bytes;
};

static void file_get(const char *path, struct buf *out)
{
    uint8_t block[4096];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    buf_free(out);
    buf_init(out, 1u << 28);
    for (size_t k; (k = fread(block, 1, sizeof block, f)) > 0;)
        buf_add(out, block, k);
    OK(out->e);
    fclose(f);
}

static void file_put(const char *path, const struct buf *in)
{
    unlink_db(path);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(in->p, 1, in->len, f), in->len);
    fclose(f);
}

static void node_off(struct node_side *n)
{
    node_engine_free(n->engine);
    node_store_close(n->store);
    n->engine = NULL;
    n->store = NULL;
}

static void node_on(struct node_side *n)
{
    OK(node_store_open(&(struct node_store_options){.path = n->path}, &n->store));
    node_open_engine(n);
    n->up = n->dialed = n->closing = n->hub_closing = false;
}

static void hub_off(struct world *w)
{
    hub_engine_free(w->hub.engine);
    hub_store_close(w->hub.store);
}

static void hub_on(struct world *w)
{
    OK(hub_store_open(&(struct hub_store_options){.path = w->hub.path}, &w->hub.store));
    hub_open_engine(w);
}

static void node_copy(struct node_side *n, struct copy *c)
{
    node_off(n);
    file_get(n->path, &c->bytes);
    node_on(n);
}

static void node_restore(struct node_side *n, const struct copy *c)
{
    node_off(n);
    file_put(n->path, &c->bytes);
    node_on(n);
}

static void hub_copy(struct world *w, struct copy *c)
{
    hub_off(w);
    file_get(w->hub.path, &c->bytes);
    hub_on(w);
}

static void hub_restore(struct world *w, const struct copy *c)
{
    hub_off(w);
    file_put(w->hub.path, &c->bytes);
    hub_on(w);
}

/* A second PC with the same keys, out of a copy. */
static struct node_side *node_clone(struct world *w, unsigned from, unsigned to,
                                    const struct copy *c)
{
    struct node_side *n = &w->nodes[to];
    const struct node_side *old = &w->nodes[from];
    if (n->active) {
        node_off(n);
        buf_free(&n->to_hub);
        buf_free(&n->to_node);
    }
    *n = (struct node_side){.w = w, .active = true, .keys = old->keys};
    snprintf(n->path, sizeof n->path, "repair-%d-node%u.db", (int)getpid(), to);
    file_put(n->path, &c->bytes);
    buf_init(&n->to_hub, 1u << 26);
    buf_init(&n->to_node, 1u << 26);
    node_on(n);
    return n;
}

/* ---- a model of what was typed ---- */

enum { WRITES_MAX = 4000, RECORDS_MAX = 400, HUB = NODES };

struct model {
    struct id_record rids[RECORDS_MAX];
    unsigned owner[RECORDS_MAX]; /* unit: 0 or 1 */
    unsigned records;
    struct {
        unsigned record;
        unsigned bases[8]; /* writes that the form showed */
        unsigned base_count;
        unsigned author;
        bool known[NODES + 1]; /* who holds it: nodes, HUB */
    } writes[WRITES_MAX];
    unsigned count;
    size_t conflicts, extra;
};

static struct model model;

static unsigned unit_of(unsigned node)
{
    return node < MAKE ? node : 0; /* clones are of the first */
}

/* Texts of the heads of FIELD_NAME in a fold, as numbers of writes. */
static unsigned texts_of(const struct fold *f, unsigned *out, unsigned max)
{
    const struct fold_register *reg = fold_find(f, FIELD_NAME, bytes_make(NULL, 0));
    unsigned n = 0;
    for (size_t i = 0; reg != NULL && i < reg->count; i++) {
        struct wire_reader r;
        char text[32] = "";
        wire_open(&r, reg->heads[i].value);
        struct bytes t = wire_get_str(&r);
        assert_true(t.len < sizeof text);
        memcpy(text, t.p, t.len);
        unsigned w = (unsigned)strtoul(text + 1, NULL, 10);
        bool there = false;
        for (unsigned k = 0; k < n; k++)
            there = there || out[k] == w;
        assert_true(n < max);
        if (!there) out[n++] = w;
    }
    return n;
}

static unsigned node_texts(struct node_side *n, const struct id_record *rid, unsigned out[8],
                           struct buf *bases)
{
    struct node_store_record r;
    unsigned count = 0;
    OK(node_store_record_init(&r));
    enum err e = node_store_record_read(n->store, rid, &r);
    if (e == ERR_OK) {
        const struct fold_register *reg = fold_find(&r.fold, FIELD_NAME, bytes_make(NULL, 0));
        count = texts_of(&r.fold, out, 8);
        buf_clear(bases);
        fold_bases(&r.fold, reg, bases);
        OK(bases->e);
    } else {
        assert_int_equal(e, ERR_NOT_FOUND);
    }
    node_store_record_free(&r);
    return count;
}

static unsigned hub_texts(struct world *w, const struct id_record *rid, unsigned out[64],
                          struct buf *bases)
{
    struct fold f;
    struct buf state;
    unsigned type = 0, count = 0;
    uint64_t position = 0;
    OK(fold_init(&f));
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(w->hub.store, rid, &state, &type, NULL, &position);
    if (e == ERR_OK) {
        OK(fold_load(&f, buf_bytes(&state)));
        count = texts_of(&f, out, 64);
        if (bases != NULL) {
            buf_clear(bases);
            fold_bases(&f, fold_find(&f, FIELD_NAME, bytes_make(NULL, 0)), bases);
        }
    }
    fold_free(&f);
    buf_free(&state);
    return count;
}

static unsigned type_write(unsigned record, unsigned who, const unsigned *bases, unsigned count)
{
    unsigned w = model.count++;
    assert_true(w < WRITES_MAX);
    memset(&model.writes[w], 0, sizeof model.writes[w]);
    model.writes[w].record = record;
    model.writes[w].known[who] = true;
    assert_true(count <= 8);
    if (count > 0) memcpy(model.writes[w].bases, bases, count * sizeof *bases);
    model.writes[w].author = who;
    model.writes[w].base_count = count;
    return w;
}

static void do_create(struct world *w, unsigned who)
{
    char text[32];
    struct id_record rid;
    if (model.records == RECORDS_MAX) return;
    unsigned record = model.records++;
    unsigned write = type_write(record, who, NULL, 0);
    snprintf(text, sizeof text, "w%u", write);
    node_save(&w->nodes[who], CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    model.rids[record] = rid;
    model.owner[record] = unit_of(who);
}

static void do_edit(struct world *w, unsigned who)
{
    char text[32];
    unsigned seen[64];
    struct buf bases;
    if (model.records == 0) return;
    unsigned record = rng_below(&w->rng, model.records);
    buf_init(&bases, 8192);
    if (who == HUB) {
        unsigned n = hub_texts(w, &model.rids[record], seen, &bases);
        if (n > 0 && n <= 8) {
            snprintf(text, sizeof text, "w%u", type_write(record, HUB, seen, n));
            hub_save(w, CHANGE_EDIT, &model.rids[record], text, buf_bytes(&bases));
        }
    } else if (model.owner[record] == unit_of(who)) {
        unsigned n = node_texts(&w->nodes[who], &model.rids[record], seen, &bases);
        if (n > 0) {
            snprintf(text, sizeof text, "w%u", type_write(record, who, seen, n));
            node_save(&w->nodes[who], CHANGE_EDIT, &model.rids[record], text, buf_bytes(&bases));
        }
    }
    buf_free(&bases);
}

/* Sessions until one is complete. */
static enum err settle(struct node_side *n)
{
    enum err e = ERR_AGAIN;
    for (int i = 0; i < 12 && e != ERR_OK; i++)
        e = attempt(n);
    return e;
}

/* A complete session: the hub has what the node had; the node has the hub's own sets on its records
 * (given back later than own ones: `all`). */
static void note_synced(unsigned who, bool all)
{
    for (unsigned i = 0; i < model.count; i++) {
        bool mine = model.owner[model.writes[i].record] == unit_of(who);
        bool hubs = model.writes[i].author == HUB;
        if (model.writes[i].known[who] && (all || !hubs)) model.writes[i].known[HUB] = true;
        if (model.writes[i].known[HUB] && hubs && mine) model.writes[i].known[who] = true;
    }
}

static void note_copy(unsigned from, bool *saved)
{
    for (unsigned i = 0; i < WRITES_MAX; i++)
        saved[i] = i < model.count && model.writes[i].known[from];
}

static void note_restore(unsigned to, const bool *saved)
{
    for (unsigned i = 0; i < model.count; i++)
        model.writes[i].known[to] = saved[i];
}

static void tell_record(unsigned record)
{
    for (unsigned i = 0; i < model.count; i++) {
        if (model.writes[i].record != record) continue;
        printf("  write %u by %u, held by", i, model.writes[i].author);
        for (unsigned k = 0; k <= NODES; k++)
            if (model.writes[i].known[k]) printf(" %u", k);
        printf(", saw");
        for (unsigned k = 0; k < model.writes[i].base_count; k++)
            printf(" %u", model.writes[i].bases[k]);
        printf("\n");
    }
}

/* Bases always have lower numbers. */
static void seen_by(const unsigned *heads, unsigned n, bool *seen)
{
    memset(seen, 0, WRITES_MAX * sizeof *seen);
    for (unsigned k = model.count; k > 0; k--) {
        bool of = seen[k - 1];
        for (unsigned h = 0; h < n; h++)
            of = of || heads[h] == k - 1;
        for (unsigned b = 0; of && b < model.writes[k - 1].base_count; b++)
            seen[model.writes[k - 1].bases[b]] = true;
    }
}

/* After all nodes synced: what anybody held is at the hub; a write that nobody named is shown. */
static void check_model(struct world *w, const char *what)
{
    for (unsigned r = 0; r < model.records; r++) {
        unsigned heads[64];
        unsigned n = hub_texts(w, &model.rids[r], heads, NULL);
        bool created =
            false; /* else nobody holds the record itself: edits of it are held, and kept */
        for (unsigned i = 0; i < model.count; i++)
            created = created || (model.writes[i].record == r && model.writes[i].base_count == 0 &&
                                  model.writes[i].known[HUB]);
        if (!created) continue;
        if (n > 1) model.conflicts++;
        static bool seen[WRITES_MAX]; /* by the writers of what is shown, or by those they saw */
        seen_by(heads, n, seen);
        for (unsigned i = 0; i < model.count; i++) {
            if (model.writes[i].record != r || !model.writes[i].known[HUB]) continue;
            bool shown = false;
            for (unsigned k = 0; k < n; k++)
                shown = shown || heads[k] == i;
            bool named = seen[i];
            if (!named && !shown)
                printf(
                    "%s: write %u of record %u by %u is held but not shown; %u heads, first %u\n",
                    what, i, r, model.writes[i].author, n, heads[0]);
            if (!named && !shown) tell_record(r);
            assert_true(named || shown);
        }
        for (unsigned k = 0; k < n; k++)
            model.extra += seen[heads[k]]; /* a head that a writer of another had seen */
    }
}

static void check_hub_log(struct world *w)
{
    struct hub_verified_log v;
    enum err e = hub_verify_log(w->hub.store, NULL, NULL, &v);
    assert_int_equal(e, ERR_OK);
}

/* All nodes come together; those that lost something need a second time after the others. */
static void gather(struct world *w, const char *what)
{
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < NODES; i++) {
            if (!w->nodes[i].active) continue;
            enum err e = settle(&w->nodes[i]);
            if (e != ERR_OK) printf("%s: node %u ends with %s\n", what, i, err_name(e));
            assert_int_equal(e, ERR_OK);
            note_synced(i, true);
        }
    }
    for (unsigned i = 0; i < NODES; i++) {
        if (!w->nodes[i].active) continue;
        assert_scope_equal(&w->nodes[i]);
        assert_int_equal(status_of(&w->nodes[i]).waiting, 0);
    }
    check_model(w, what);
    check_hub_log(w);
}

static size_t alarms;
static enum err count_alarm(void *ctx, const struct hub_alarm *a)
{
    const enum hub_alarm_kind *kind = ctx;
    if (a->kind == *kind) alarms++;
    return ERR_OK;
}

static size_t alarms_of(struct world *w, enum hub_alarm_kind kind)
{
    alarms = 0;
    OK(hub_store_alarms(w->hub.store, false, count_alarm, &kind));
    return alarms;
}

static void begin(struct world *w, uint64_t seed)
{
    memset(&model, 0, sizeof model);
    fixed_rng.s = seed * 7919;
    world_open(w, seed);
}

/* ---- tests ---- */

enum { STORY = 14 };

/* One step of a story at node 0: odd steps save, even ones sync or are edited at the hub. */
static void story_step(struct world *w, int i)
{
    do_create(w, 0);
    do_edit(w, 0);
    if (i % 3 == 2) {
        OK(settle(&w->nodes[0]));
        note_synced(0, false);
        do_edit(w, HUB);
        do_edit(w, 0);
    }
}

static void a_node_restored_from_every_earlier_moment_loses_nothing(void **state)
{
    (void)state;
    for (int moment = 0; moment < STORY; moment++) {
        for (int typed = 0; typed < 3; typed++) { /* saves between the restore and the contact */
            struct world w;
            struct copy c = {0};
            static bool saved[WRITES_MAX];
            char what[64];
            begin(&w, 100 + (uint64_t)moment);
            join(&w.nodes[0]);
            OK(settle(&w.nodes[0]));
            for (int i = 0; i < STORY; i++) {
                if (i == moment) {
                    node_copy(&w.nodes[0], &c);
                    note_copy(0, saved);
                }
                story_step(&w, i);
            }
            if (moment % 2 == 0) OK(settle(&w.nodes[0]));
            if (moment % 2 == 0) note_synced(0, false);
            node_restore(&w.nodes[0], &c);
            note_restore(0, saved);
            for (int i = 0; i < typed; i++) {
                do_edit(&w, 0);
                do_create(&w, 0);
            }
            snprintf(what, sizeof what, "moment %d, %d typed", moment, typed);
            gather(&w, what);
            do_edit(&w, 0);
            gather(&w, what);
            buf_free(&c.bytes);
            world_close(&w);
        }
    }
}

static void a_clone_goes_on_beside_its_original_and_alarms(void **state)
{
    (void)state;
    struct world w;
    struct copy c = {0};
    static bool saved[WRITES_MAX];
    begin(&w, 7);
    join(&w.nodes[0]);
    for (int i = 0; i < 5; i++)
        story_step(&w, i);
    node_copy(&w.nodes[0], &c);
    note_copy(0, saved);
    node_clone(&w, 0, 2, &c);
    note_restore(2, saved);
    assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 0);
    for (int i = 0; i < 6; i++) {
        unsigned who = i % 2 ? 2 : 0;
        do_create(&w, who);
        do_edit(&w, who);
        OK(settle(&w.nodes[who]));
        note_synced(who, false);
        /* the second PC forks at its first contact; the first one's next contact shows both alive */
        if (i >= 2) assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 1);
    }
    OK(hub_store_alarm_ack(w.hub.store, 1, 5));
    gather(&w, "clone");
    assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 0); /* settled, and nothing new */
    printf("clone: %zu conflicts, %zu of them with a version twice\n", model.conflicts,
           model.extra);
    buf_free(&c.bytes);
    world_close(&w);
}

static void a_hub_restored_from_every_earlier_moment_gets_all_back(void **state)
{
    (void)state;
    for (int moment = -2; moment < STORY; moment++) { /* -2: before the enrolment */
        struct world w;
        struct copy c = {0};
        char what[64];
        begin(&w, 200 + (uint64_t)moment);
        if (moment == -2) hub_copy(&w, &c);
        join(&w.nodes[0]);
        if (moment == -1) hub_copy(&w, &c);
        join(&w.nodes[1]);
        OK(settle(&w.nodes[0]));
        for (int i = 0; i < STORY; i++) {
            if (i == moment) hub_copy(&w, &c);
            story_step(&w, i);
            do_create(&w, 1);
            if (i % 4 == 1) OK(settle(&w.nodes[1]));
            if (i % 4 == 1) note_synced(1, false);
        }
        OK(settle(&w.nodes[0])); /* so that every own set of the hub is held by a node */
        note_synced(0, false);
        OK(settle(&w.nodes[1]));
        struct hub_identity before, after;
        OK(hub_store_identity(w.hub.store, &before));
        hub_restore(&w, &c);
        snprintf(what, sizeof what, "hub at moment %d", moment);
        gather(&w, what);
        OK(hub_store_identity(w.hub.store, &after));
        assert_true(before.epoch != after.epoch);
        assert_int_equal(alarms_of(&w, HUB_ALARM_WENT_BACK), 1);
        bool wanted = false;
        OK(hub_store_confirm_wanted(w.hub.store, &wanted));
        assert_true(wanted);
        OK(hub_store_confirm(w.hub.store, 1));
        assert_int_equal(hub_store_confirm(w.hub.store, 1), ERR_NOT_FOUND);
        do_edit(&w, HUB);
        do_edit(&w, 0);
        gather(&w, what);
        assert_int_equal(alarms_of(&w, HUB_ALARM_WENT_BACK), 1); /* one loss, one epoch */
        buf_free(&c.bytes);
        world_close(&w);
    }
}

/* Everything at once, by chance. */
static void swarm_seed(uint64_t seed)
{
    struct world w;
    struct copy node_copies[4] = {{{0}}}, hub_copies[3] = {{{0}}};
    static bool node_saved[4][WRITES_MAX], hub_saved[3][WRITES_MAX];
    unsigned node_of[4] = {0};
    unsigned nodes = 0, hubs = 0;
    char what[64];
    snprintf(what, sizeof what, "seed %llu", (unsigned long long)seed);
    begin(&w, seed);
    w.chunks = true;
    join(&w.nodes[0]);
    join(&w.nodes[1]);
    for (int step = 0; step < 60; step++) {
        unsigned who = rng_below(&w.rng, NODES);
        unsigned dice = rng_below(&w.rng, 100);
        if (!w.nodes[who].active) who = who % MAKE;
        if (getenv("REPAIR_TRACE") != NULL)
            printf("step %d: node %u dice %u, %u writes, copies %u %u\n", step, who, dice,
                   model.count, nodes, hubs);
        if (dice < 20) {
            do_create(&w, who);
        } else if (dice < 45) {
            do_edit(&w, who);
        } else if (dice < 52) {
            do_edit(&w, HUB);
        } else if (dice < 72) {
            if (rng_below(&w.rng, 2)) w.cut_after = rng_below(&w.rng, 6000);
            enum err e = settle(&w.nodes[who]);
            w.cut_after = SIZE_MAX;
            if (e != ERR_OK) e = settle(&w.nodes[who]);
            if (e != ERR_OK) printf("%s: step %d ends with %s\n", what, step, err_name(e));
            assert_int_equal(e, ERR_OK);
            note_synced(who, false);
        } else if (dice < 80) {
            unsigned k = nodes++ % 4;
            node_copy(&w.nodes[who], &node_copies[k]);
            note_copy(who, node_saved[k]);
            node_of[k] = who;
        } else if (dice < 86) {
            hub_copy(&w, &hub_copies[hubs % 3]);
            note_copy(HUB, hub_saved[hubs++ % 3]);
        } else if (dice < 93 && nodes > 0) {
            unsigned k = rng_below(&w.rng, nodes < 4 ? nodes : 4);
            node_restore(&w.nodes[node_of[k]], &node_copies[k]);
            note_restore(node_of[k], node_saved[k]);
        } else if (dice < 96 && nodes > 0) {
            unsigned k = rng_below(&w.rng, nodes < 4 ? nodes : 4);
            unsigned to = 2 + rng_below(&w.rng, 2);
            if (unit_of(node_of[k]) == 0 && !w.nodes[to].active) {
                node_clone(&w, 0, to, &node_copies[k]);
                note_restore(to, node_saved[k]);
            }
        } else if (dice >= 96 && hubs > 0) {
            unsigned k = rng_below(&w.rng, hubs < 3 ? hubs : 3);
            hub_restore(&w, &hub_copies[k]);
            note_restore(HUB, hub_saved[k]);
        }
    }
    gather(&w, what);
    for (int i = 0; i < 4; i++)
        buf_free(&node_copies[i].bytes);
    for (int i = 0; i < 3; i++)
        buf_free(&hub_copies[i].bytes);
    world_close(&w);
}

static void restores_and_clones_of_everything_by_chance(void **state)
{
    (void)state;
    size_t writes = 0, conflicts = 0, extra = 0;
    uint64_t first = 1, seeds = 60;
    if (getenv("REPAIR_SEED") != NULL) first = strtoull(getenv("REPAIR_SEED"), NULL, 10);
    if (getenv("REPAIR_SEEDS") != NULL) seeds = strtoull(getenv("REPAIR_SEEDS"), NULL, 10);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        swarm_seed(seed);
        writes += model.count;
        conflicts += model.conflicts;
        extra += model.extra;
    }
    printf("seeds %llu..%llu: %zu writes, %zu records in conflict, %zu heads that were seen\n",
           (unsigned long long)first, (unsigned long long)(first + seeds - 1), writes, conflicts,
           extra);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_restored_from_every_earlier_moment_loses_nothing),
        cmocka_unit_test(a_clone_goes_on_beside_its_original_and_alarms),
        cmocka_unit_test(a_hub_restored_from_every_earlier_moment_gets_all_back),
        cmocka_unit_test(restores_and_clones_of_everything_by_chance),
    };
    if (randombytes_set_implementation(&fixed_random) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

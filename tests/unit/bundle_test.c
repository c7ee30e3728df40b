/* Bundles between real stores, alone and mixed with sessions of both engines. SPEC 11. */
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
#include "hub/bundle.h"
#include "hub/engine.h"
#include "hub/own.h"
#include "hub/store_nodes.h"
#include "node/bundle.h"
#include "node/engine.h"
#include "node/own.h"
#include "proto/key.h"
#include "proto/wire.h"
#include "tests/lib/rng.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { NODES = 2, TYPE = 900, FIELD_NAME = 2, FIELD_STATE = 8 };
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
    struct key_box transport, sealing;
    struct node_sync_keys keys;
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
    snprintf(h->path, sizeof h->path, "bundle-%d-hub.db", (int)getpid());
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
    OK(key_sign_make(&n->sign, KEY_SIGN));
    OK(key_box_make(&n->transport, KEY_TRANSPORT));
    OK(key_box_make(&n->sealing, KEY_SEALING));
    n->keys = (struct node_sync_keys){.transport_secret = n->transport.secret,
                                      .transport_pk = n->transport.public,
                                      .sign_secret = n->sign.secret,
                                      .sign_pk = n->sign.public};
    crypto_generichash(id.node.b, 32, n->sign.public, 32, NULL, 0);
    memcpy(id.sign_pk, n->sign.public, 32);
    memcpy(id.transport_pk, n->transport.public, 32);
    memcpy(id.sealing_pk, n->sealing.public, 32);
    memcpy(id.hub_transport_pk, w->hub.transport.public, 32);
    memcpy(id.hub_sealing_pk, w->hub.sealing.public, 32);
    memset(id.token, (int)(i + 1), sizeof id.token);
    snprintf(id.unit, sizeof id.unit, "%u", 26173 + 3 * i);
    snprintf(id.address, sizeof id.address, "hub:1");
    snprintf(id.name, sizeof id.name, "PC %u", i);
    OK(hub_store_invite_create(w->hub.store, id.token, id.unit, "Xã", WALL, WALL + 1000000000));
    snprintf(n->path, sizeof n->path, "bundle-%d-node%u.db", (int)getpid(), i);
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
    for (unsigned i = 0; i < NODES; i++)
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
        node_engine_free(n->engine);
        node_store_close(n->store);
        unlink_db(n->path);
        key_sign_free(&n->sign);
        key_box_free(&n->transport);
        key_box_free(&n->sealing);
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

/* Versions of all heads of FIELD_NAME as the node shows them, and how many. */
static size_t heads_of(struct node_side *n, const struct id_record *rid, struct buf *bases)
{
    struct node_store_record r;
    OK(node_store_record_init(&r));
    OK(node_store_record_read(n->store, rid, &r));
    const struct fold_register *reg = fold_find(&r.fold, FIELD_NAME, bytes_make(NULL, 0));
    assert_non_null(reg);
    size_t count = reg->count;
    if (bases != NULL) {
        buf_clear(bases);
        fold_bases(&r.fold, reg, bases);
        OK(bases->e);
    }
    node_store_record_free(&r);
    return count;
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

/* ---- files ---- */

enum { FILE_MAX = 5 * 1024 * 1024 };

static struct node_bundle node_of(const struct node_side *n)
{
    return (struct node_bundle){.store = n->store,
                                .keys = &n->keys,
                                .sealing = {n->sealing.secret, n->sealing.public},
                                .now_ms = WALL + (int64_t)n->w->now_ms};
}

static struct hub_bundle hub_of(const struct world *w)
{
    return (struct hub_bundle){.store = w->hub.store,
                               .keys = &w->hub.keys,
                               .sealing = {w->hub.sealing.secret, w->hub.sealing.public},
                               .now_ms = WALL + (int64_t)w->now_ms};
}

static struct node_bundle_made out_of(struct node_side *n, bool next, size_t max, struct buf *file)
{
    struct node_bundle b = node_of(n);
    struct node_bundle_made made;
    buf_init(file, BUNDLE_BYTES_MAX);
    OK(node_bundle_out(&b, next, max, file, &made));
    return made;
}

static struct hub_bundle_result into_hub(struct world *w, const struct buf *file,
                                         struct buf *answer)
{
    struct hub_bundle b = hub_of(w);
    struct hub_bundle_result r;
    if (answer != NULL) buf_init(answer, BUNDLE_BYTES_MAX);
    OK(hub_bundle_in(&b, buf_bytes(file), FILE_MAX, answer, &r));
    return r;
}

static struct node_bundle_read into_node(struct node_side *n, const struct buf *file)
{
    struct node_bundle b = node_of(n);
    struct node_bundle_read r;
    OK(node_bundle_in(&b, buf_bytes(file), &r));
    return r;
}

/* There and back by hand. */
static void carry(struct node_side *n)
{
    struct buf file, answer;
    out_of(n, false, FILE_MAX, &file);
    into_hub(n->w, &file, &answer);
    into_node(n, &answer);
    buf_free(&file);
    buf_free(&answer);
    n->w->now_ms += 10000;
}

static void save(struct node_side *n, unsigned count)
{
    struct id_record rid;
    for (unsigned i = 0; i < count; i++)
        node_save(n, CHANGE_CREATE, &rid, "Nguyễn Văn A", bytes_make(NULL, 0));
}

static uint64_t hub_sets(const struct world *w)
{
    struct hub_position p;
    hub_store_position(w->hub.store, &p);
    return p.position;
}

/* ---- tests ---- */

static void a_node_joins_and_works_by_files_alone(void **state)
{
    (void)state;
    struct world w;
    struct buf file, answer;
    struct node_identity id;
    world_open(&w, 1);
    struct node_side *n = &w.nodes[0];

    struct node_bundle_made made = out_of(n, false, FILE_MAX, &file);
    assert_true(made.joining);
    struct hub_bundle_result in = into_hub(&w, &file, &answer);
    assert_true(in.joined && !in.again);
    printf("joining: %zu bytes out, %zu back\n", file.len, answer.len);
    uint64_t at = hub_sets(&w);
    struct buf second;
    in = into_hub(&w, &file, &second); /* the same file: the same welcome, nothing written */
    assert_true(in.joined && in.again);
    assert_int_equal(hub_sets(&w), at);
    struct node_bundle_read r = into_node(n, &answer);
    assert_true(r.joined && !r.again);
    assert_int_equal(r.page, NODE_BUNDLE_APPLIED);
    OK(node_store_identity(n->store, &id));
    assert_true(id.joined);
    assert_scope_equal(n);
    r = into_node(n, &second);
    assert_true(!r.joined);
    r = into_node(n, &answer);
    assert_true(r.again && !r.joined);
    buf_free(&second);
    buf_free(&file);
    buf_free(&answer);

    save(n, 50);
    assert_int_equal(status_of(n).waiting, 51);
    made = out_of(n, false, FILE_MAX, &file);
    assert_int_equal(made.sets, 51);
    assert_true(made.since_ms > 0 && !made.more && !made.damaged && !made.joining);
    in = into_hub(&w, &file, &answer);
    assert_int_equal(in.sets_new, 51);
    assert_int_equal(in.sets_known, 0);
    printf("50 creates: %zu bytes out, %zu back\n", file.len, answer.len);
    assert_int_equal(status_of(n).waiting, 51); /* nobody is told "done" before the receipt */
    r = into_node(n, &answer);
    assert_int_equal(r.delivered, 51);
    assert_int_equal(r.page, NODE_BUNDLE_APPLIED);
    struct node_store_status s = status_of(n);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.applied, s.ops);
    assert_scope_equal(n);
    r = into_node(n, &answer);
    assert_true(r.again);
    assert_int_equal(r.delivered, 0);
    assert_int_equal(r.page, NODE_BUNDLE_OLD);
    at = hub_sets(&w);
    in = into_hub(&w, &file, NULL);
    assert_true(in.again);
    assert_int_equal(in.sets_new, 0);
    assert_int_equal(in.sets_known, 51);
    assert_int_equal(hub_sets(&w), at);
    buf_free(&file);
    buf_free(&answer);
    world_close(&w);
}

static void a_later_bundle_waits_for_the_one_before(void **state)
{
    (void)state;
    struct world w;
    struct buf first, second, third, answer;
    world_open(&w, 2);
    struct node_side *n = &w.nodes[0];
    carry(n);
    save(n, 10);
    assert_int_equal(out_of(n, false, FILE_MAX, &first).sets, 11);
    save(n, 5);
    assert_int_equal(out_of(n, true, FILE_MAX, &second).sets, 5);
    save(n, 3);
    assert_int_equal(out_of(n, true, FILE_MAX, &third).sets, 3);
    uint64_t at = hub_sets(&w);

    struct hub_bundle_result r = into_hub(&w, &third, &answer);
    assert_true(r.waits);
    assert_int_equal(r.gap_from, 0);
    assert_int_equal(r.gap_to, 16);
    assert_int_equal(hub_sets(&w), at);
    struct node_bundle_read back = into_node(n, &answer); /* an honest answer: no receipt */
    assert_int_equal(back.delivered, 0);
    assert_int_equal(status_of(n).waiting, 19);
    buf_free(&answer);
    r = into_hub(&w, &second, NULL);
    assert_true(r.waits);
    r = into_hub(&w, &second, NULL);
    assert_true(r.waits);
    r = into_hub(&w, &first, &answer);
    assert_true(!r.waits);
    assert_int_equal(r.tried, 2);
    assert_int_equal(r.sets_new, 19);
    back = into_node(n, &answer);
    assert_int_equal(back.delivered, 19);
    assert_scope_equal(n);
    r = into_hub(&w, &third, NULL);
    assert_true(r.again && !r.waits);
    assert_int_equal(r.sets_new, 0);
    buf_free(&first);
    buf_free(&second);
    buf_free(&third);
    buf_free(&answer);
    world_close(&w);
}

static void both_roads_mix(void **state)
{
    (void)state;
    struct world w;
    struct buf file, answer, old;
    world_open(&w, 3);
    struct node_side *n = &w.nodes[0];
    join(n);
    OK(attempt(n));
    save(n, 20);
    out_of(n, false, FILE_MAX, &file);
    save(n, 100);
    OK(attempt(n)); /* the network was quicker, and brought more */
    assert_int_equal(status_of(n).waiting, 0);
    struct hub_bundle_result r = into_hub(&w, &file, &old);
    assert_int_equal(r.sets_new, 0);
    assert_int_equal(r.sets_known, 21);
    save(n, 30);
    struct buf overlapping;
    out_of(n, false, FILE_MAX, &overlapping); /* from set 121 on */
    buf_free(&file);
    save(n, 7);
    OK(attempt(n));
    r = into_hub(&w, &overlapping, &answer);
    assert_int_equal(r.sets_new, 0);
    struct node_bundle_read back = into_node(n, &old);
    assert_int_equal(back.page, NODE_BUNDLE_OLD);
    back = into_node(n, &answer);
    assert_int_equal(back.delivered, 0);
    assert_scope_equal(n);
    buf_free(&overlapping);
    buf_free(&answer);
    buf_free(&old);

    /* receipts by file for what went by network, and the other way round */
    save(n, 9);
    out_of(n, false, FILE_MAX, &file);
    r = into_hub(&w, &file, &answer);
    assert_int_equal(r.sets_new, 9);
    OK(attempt(n));
    assert_int_equal(status_of(n).waiting, 0);
    back = into_node(n, &answer);
    assert_int_equal(back.delivered, 0);
    assert_scope_equal(n);
    buf_free(&file);
    buf_free(&answer);
    world_close(&w);
}

/* Random saves, files that get lost, come late, twice or out of order, and sessions, in any mixture. */
static void any_mixture_ends_equal(void **state)
{
    (void)state;
    for (unsigned seed = 100; seed < 112; seed++) {
        struct world w;
        struct buf up[40], down[40];
        unsigned ups = 0, downs = 0;
        world_open(&w, seed);
        struct node_side *n = &w.nodes[0];
        carry(n);
        for (unsigned step = 0; step < 60; step++) {
            w.now_ms += 1000;
            switch (rng_below(&w.rng, 6)) {
            case 0:
            case 1: save(n, 1 + rng_below(&w.rng, 5)); break;
            case 2:
                if (ups < 40) out_of(n, rng_below(&w.rng, 2) == 0, FILE_MAX, &up[ups++]);
                break;
            case 3:
                if (ups == 0 || downs == 40) break;
                into_hub(&w, &up[rng_below(&w.rng, ups)], &down[downs]);
                downs++;
                break;
            case 4:
                if (downs > 0) into_node(n, &down[rng_below(&w.rng, downs)]);
                break;
            default:
                if (rng_below(&w.rng, 3) == 0) OK(attempt(n));
                break;
            }
            struct node_store_status s = status_of(n);
            assert_int_equal(s.sets, s.delivered + s.waiting);
            assert_true(s.delivered <= hub_sets(&w));
        }
        carry(n);
        struct node_store_status s = status_of(n);
        assert_int_equal(s.waiting, 0);
        assert_int_equal(s.applied, s.ops);
        assert_scope_equal(n);
        OK(attempt(n));
        assert_scope_equal(n);
        for (unsigned i = 0; i < ups; i++)
            buf_free(&up[i]);
        for (unsigned i = 0; i < downs; i++)
            buf_free(&down[i]);
        world_close(&w);
    }
}

static void what_does_not_fit_goes_into_the_next(void **state)
{
    (void)state;
    struct world w;
    struct buf file, answer;
    world_open(&w, 4);
    struct node_side *n = &w.nodes[0];
    carry(n);
    for (int i = 0; i < 400; i++) { /* texts that no compression shortens much */
        struct id_record rid;
        char text[1000];
        for (size_t at = 0; at + 1 < sizeof text; at++)
            text[at] = (char)('!' + rng_below(&w.rng, 90));
        text[sizeof text - 1] = '\0';
        node_save(n, CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    }
    unsigned files = 0;
    struct node_bundle_made made = {.more = true};
    uint64_t sets = 0;
    while (made.more) {
        made = out_of(n, files > 0, 200 * 1024, &file);
        assert_true(file.len <= 200 * 1024);
        sets += made.sets;
        into_hub(&w, &file, &answer);
        buf_free(&file);
        if (made.more) buf_free(&answer);
        files++;
    }
    assert_int_equal(sets, 401);
    assert_true(files > 1);
    struct node_bundle_read r = into_node(n, &answer);
    assert_int_equal(r.delivered, 401);
    assert_scope_equal(n);
    buf_free(&answer);
    world_close(&w);
}

static void others_can_carry_but_not_read_or_answer(void **state)
{
    (void)state;
    struct world w;
    struct buf file, answer, spare;
    struct hub_bundle h;
    struct hub_bundle_result in;
    struct node_bundle_read read;
    world_open(&w, 5);
    struct node_side *a = &w.nodes[0], *b = &w.nodes[1];
    carry(a);
    carry(b);
    save(a, 3);
    out_of(a, false, FILE_MAX, &file);
    struct node_bundle nb = node_of(b);
    assert_int_equal(node_bundle_in(&nb, buf_bytes(&file), &read), ERR_DENIED);
    struct hub_bundle_result r = into_hub(&w, &file, &answer); /* brought by b */
    assert_int_equal(r.sets_new, 4);
    assert_int_equal(node_bundle_in(&nb, buf_bytes(&answer), &read), ERR_DENIED);
    assert_int_equal(into_node(a, &answer).delivered, 4);
    buf_free(&file);
    buf_free(&answer);

    /* b cannot speak for a: its hello with b's key */
    struct node_bundle liar = node_of(a);
    liar.sealing = (struct link_keys){b->sealing.secret, b->sealing.public};
    struct node_bundle_made made;
    buf_init(&file, BUNDLE_BYTES_MAX);
    OK(node_bundle_out(&liar, false, FILE_MAX, &file, &made));
    h = hub_of(&w);
    buf_init(&spare, BUNDLE_BYTES_MAX);
    assert_int_equal(hub_bundle_in(&h, buf_bytes(&file), FILE_MAX, &spare, &in), ERR_BAD_SIGNATURE);
    assert_int_equal(spare.len, 0);
    /* nor for the hub */
    struct bundle *fake = NULL;
    struct bytes bytes;
    struct link_keys k = {b->sealing.secret, b->sealing.public};
    struct message_hello_hub hello = {.verdict = MESSAGE_GO, .epoch = 1};
    struct buf body;
    buf_init(&body, 4096);
    message_hello_hub_encode(&hello, &body);
    OK(bundle_begin(&fake, &w.hub.id, a->sealing.public, &k, buf_bytes(&body), FILE_MAX));
    OK(bundle_finish(fake, &bytes));
    struct node_bundle na = node_of(a);
    assert_int_equal(node_bundle_in(&na, bytes, &read), ERR_WRONG_HUB);
    bundle_free(fake);
    buf_free(&body);
    buf_free(&file);
    buf_free(&spare);
    world_close(&w);
}

static void a_changed_or_cut_file_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    struct buf file, answer;
    world_open(&w, 6);
    struct node_side *n = &w.nodes[0];
    carry(n);
    save(n, 200);
    out_of(n, false, FILE_MAX, &file);
    uint64_t at = hub_sets(&w);
    struct hub_bundle h = hub_of(&w);
    struct hub_bundle_result in;
    for (size_t len = 0; len < file.len; len += 211)
        assert_int_not_equal(hub_bundle_in(&h, bytes_make(file.p, len), FILE_MAX, NULL, &in),
                             ERR_OK);
    for (size_t bit = 0; bit < 8 * file.len; bit += 997) {
        file.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(hub_bundle_in(&h, buf_bytes(&file), FILE_MAX, NULL, &in), ERR_OK);
        file.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(hub_sets(&w), at);
    into_hub(&w, &file, &answer);
    assert_int_equal(hub_sets(&w), at + 201);
    struct node_bundle b = node_of(n);
    struct node_bundle_read read;
    for (size_t bit = 0; bit < 8 * answer.len; bit += 4999) {
        answer.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(node_bundle_in(&b, buf_bytes(&answer), &read), ERR_OK);
        answer.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(status_of(n).waiting, 201);
    assert_int_equal(into_node(n, &answer).delivered, 201);
    buf_free(&file);
    buf_free(&answer);
    world_close(&w);
}

static void the_hub_can_write_first(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    struct node_identity id;
    struct buf file, bases;
    world_open(&w, 7);
    struct node_side *n = &w.nodes[0];
    carry(n);
    node_save(n, CHANGE_CREATE, &rid, "Lê C", bytes_make(NULL, 0));
    carry(n);
    buf_init(&bases, 4096);
    heads_of(n, &rid, &bases);
    hub_save(&w, CHANGE_EDIT, &rid, "Lê Thị C", buf_bytes(&bases));
    OK(node_store_identity(n->store, &id));
    for (int whole = 0; whole < 2; whole++) {
        struct hub_bundle h = hub_of(&w);
        struct hub_bundle_result r;
        buf_init(&file, BUNDLE_BYTES_MAX);
        OK(hub_bundle_out(&h, &id.node, whole != 0, FILE_MAX, &file, &r));
        assert_int_equal(into_node(n, &file).page, whole ? NODE_BUNDLE_OLD : NODE_BUNDLE_APPLIED);
        assert_scope_equal(n);
        buf_free(&file);
    }
    buf_free(&bases);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_joins_and_works_by_files_alone),
        cmocka_unit_test(a_later_bundle_waits_for_the_one_before),
        cmocka_unit_test(both_roads_mix),
        cmocka_unit_test(any_mixture_ends_equal),
        cmocka_unit_test(what_does_not_fit_goes_into_the_next),
        cmocka_unit_test(others_can_carry_but_not_read_or_answer),
        cmocka_unit_test(a_changed_or_cut_file_changes_nothing),
        cmocka_unit_test(the_hub_can_write_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

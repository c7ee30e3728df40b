/* Whole sessions: both engines over real stores, joined by a pipe that can be cut at any byte. */
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
    struct key_box transport;
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
    snprintf(h->path, sizeof h->path, "session-%d-hub.db", (int)getpid());
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
    snprintf(n->path, sizeof n->path, "session-%d-node%u.db", (int)getpid(), i);
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

/* ---- tests ---- */

static void a_node_joins_saves_syncs_and_gets_its_receipts(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 1);
    struct node_side *n = &w.nodes[0];
    join(n);
    OK(attempt(n));
    node_save(n, CHANGE_CREATE, &rid, "Nguyễn Văn A", bytes_make(NULL, 0));
    assert_int_equal(status_of(n).waiting, 2); /* genesis and the save */
    OK(attempt(n));
    struct node_store_status s = status_of(n);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.applied + s.unsaid, s.ops);
    assert_int_equal(s.unsaid, 0);
    assert_int_equal(heads_of(n, &rid, NULL), 1);
    assert_scope_equal(n);
    world_close(&w);
}

static void a_second_session_has_nothing_to_say_and_is_small(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 2);
    struct node_side *n = &w.nodes[0];
    join(n);
    for (int i = 0; i < 50; i++)
        node_save(n, CHANGE_CREATE, &rid, "Trần Thị B", bytes_make(NULL, 0));
    OK(attempt(n));
    OK(attempt(n));
    printf("empty session: %zu bytes up, %zu down\n", n->sent, n->received);
    assert_true(n->sent + n->received <= 1000);
    struct buf bases;
    buf_init(&bases, 4096);
    heads_of(n, &rid, &bases);
    node_save(n, CHANGE_EDIT, &rid, "Trần Thị C", buf_bytes(&bases));
    OK(attempt(n));
    printf("session of one change: %zu bytes up, %zu down\n", n->sent, n->received);
    assert_int_equal(status_of(n).waiting, 0);
    assert_scope_equal(n);
    buf_free(&bases);
    world_close(&w);
}

static void edits_on_both_sides_conflict_and_a_resolution_comes_down(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    struct buf bases;
    world_open(&w, 3);
    buf_init(&bases, 4096);
    struct node_side *n = &w.nodes[0];
    join(n);
    node_save(n, CHANGE_CREATE, &rid, "Lê C", bytes_make(NULL, 0));
    OK(attempt(n));
    heads_of(n, &rid, &bases);
    node_save(n, CHANGE_EDIT, &rid, "Lê Văn C", buf_bytes(&bases));
    hub_save(&w, CHANGE_EDIT, &rid, "Lê Thị C", buf_bytes(&bases));
    OK(attempt(n));
    assert_int_equal(heads_of(n, &rid, &bases), 2);
    assert_int_equal(status_of(n).conflict, 1);
    assert_int_equal(status_of(n).records_conflict, 1);
    assert_scope_equal(n);
    hub_save(&w, CHANGE_EDIT, &rid, "Lê Thị C", buf_bytes(&bases));
    OK(attempt(n));
    assert_int_equal(heads_of(n, &rid, &bases), 1);
    assert_int_equal(status_of(n).records_conflict, 0);
    assert_scope_equal(n);
    buf_free(&bases);
    world_close(&w);
}

static void two_nodes_see_only_their_own_records(void **state)
{
    (void)state;
    struct world w;
    struct id_record a, b;
    struct node_store_record r;
    world_open(&w, 4);
    for (unsigned i = 0; i < NODES; i++)
        join(&w.nodes[i]);
    node_save(&w.nodes[0], CHANGE_CREATE, &a, "A", bytes_make(NULL, 0));
    node_save(&w.nodes[1], CHANGE_CREATE, &b, "B", bytes_make(NULL, 0));
    node_event(&w.nodes[0], (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    node_event(&w.nodes[1], (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    bool more = true;
    while (more) { /* both at once: their sets share commits */
        more = turn(&w.nodes[0]);
        more = turn(&w.nodes[1]) || more;
    }
    for (unsigned i = 0; i < NODES; i++) {
        assert_int_equal(result_of(&w.nodes[i]).last, ERR_OK);
        OK(attempt(&w.nodes[i])); /* each to the end of the log */
        assert_scope_equal(&w.nodes[i]);
    }
    assert_int_equal(heads_of(&w.nodes[0], &a, NULL), 1);
    OK(node_store_record_init(&r));
    assert_int_equal(node_store_record_read(w.nodes[0].store, &b, &r), ERR_NOT_FOUND);
    node_store_record_free(&r);
    world_close(&w);
}

static void refused_invitations_say_why(void **state)
{
    (void)state;
    struct world w;
    struct node_identity id;
    world_open(&w, 5);
    struct node_side *n = &w.nodes[0], *m = &w.nodes[1];
    join(n);
    OK(node_store_identity(m->store, &id));
    memset(id.token, 99, sizeof id.token);
    OK(node_store_identity_set(m->store, &id));
    assert_int_equal(attempt(m), ERR_REFUSED);
    assert_int_equal(result_of(m).refused, MESSAGE_BAD_INVITE);
    assert_true(result_of(m).text[0] != '\0');
    memset(id.token, 1, sizeof id.token); /* the other node's */
    OK(node_store_identity_set(m->store, &id));
    assert_int_equal(attempt(m), ERR_REFUSED);
    assert_int_equal(result_of(m).refused, MESSAGE_USED_INVITE);
    memset(id.token, 2, sizeof id.token);
    OK(node_store_identity_set(m->store, &id));
    join(m);
    world_close(&w);
}

static void a_log_that_is_no_extension_gets_verdict_1(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 6);
    struct node_side *n = &w.nodes[0];
    char copy[80], command[200];
    join(n);
    node_save(n, CHANGE_CREATE, &rid, "trước", bytes_make(NULL, 0));
    OK(attempt(n));
    node_engine_free(n->engine);
    node_store_close(n->store);
    snprintf(copy, sizeof copy, "%s.copy", n->path);
    snprintf(command, sizeof command, "%s", n->path);
    struct buf old;
    buf_init(&old, 1u << 26);
    FILE *f = fopen(n->path, "rb");
    assert_non_null(f);
    uint8_t block[4096];
    for (size_t k; (k = fread(block, 1, sizeof block, f)) > 0;)
        buf_add(&old, block, k);
    fclose(f);
    OK(node_store_open(&(struct node_store_options){.path = n->path}, &n->store));
    node_open_engine(n);
    node_save(n, CHANGE_CREATE, &rid, "mất", bytes_make(NULL, 0));
    OK(attempt(n));

    for (int longer = 0; longer < 2; longer++) { /* restored: shorter, then diverged and longer */
        node_engine_free(n->engine);
        node_store_close(n->store);
        unlink_db(n->path);
        f = fopen(n->path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(old.p, 1, old.len, f), old.len);
        fclose(f);
        OK(node_store_open(&(struct node_store_options){.path = n->path}, &n->store));
        node_open_engine(n);
        for (int i = 0; i < 2 * longer; i++)
            node_save(n, CHANGE_CREATE, &rid, "khác", bytes_make(NULL, 0));
        struct hub_position before, after;
        hub_store_position(w.hub.store, &before);
        assert_int_equal(attempt(n), ERR_AGAIN);
        assert_int_equal(result_of(n).verdict, MESSAGE_NEW_INCARNATION * !longer);
        hub_store_position(w.hub.store, &after);
        assert_int_equal(before.position, after.position);
        /* the hub's three, a genesis, and what it has not got once more */
        assert_int_equal(status_of(n).sets, 3 + 1 + 2 * longer);
    }
    buf_free(&old);
    world_close(&w);
}

static void sessions_cut_at_any_byte_lose_nothing(void **state)
{
    (void)state;
    uint64_t seed = 20230605;
    const char *given = getenv("SESSION_SEED");
    if (given != NULL) seed = strtoull(given, NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    struct world w;
    struct id_record rid[2];
    struct buf bases;
    world_open(&w, seed);
    buf_init(&bases, 4096);
    w.chunks = true;
    struct node_side *n = &w.nodes[0];
    join(n);
    unsigned cuts = 0;
    for (unsigned round = 0; round < 60; round++) {
        unsigned k = round % 2;
        if (round < 2) {
            node_save(n, CHANGE_CREATE, &rid[k], "đầu", bytes_make(NULL, 0));
        } else {
            heads_of(n, &rid[k], &bases);
            node_save(n, CHANGE_EDIT, &rid[k], "sửa", buf_bytes(&bases));
        }
        w.cut_after = rng_below(&w.rng, 2200);
        cuts += attempt(n) != ERR_OK;
        w.cut_after = SIZE_MAX;
        struct node_store_status s = status_of(n);
        assert_int_equal(s.sets, s.delivered + s.waiting);
    }
    assert_true(cuts > 10);
    OK(attempt(n));
    assert_int_equal(status_of(n).waiting, 0);
    assert_int_equal(status_of(n).unsaid, 0);
    assert_int_equal(status_of(n).conflict, 0);
    assert_scope_equal(n);
    OK(hub_store_check(w.hub.store));
    buf_free(&bases);
    world_close(&w);
}

static void a_cut_at_each_byte_of_one_session_is_resumed(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 8);
    struct node_side *n = &w.nodes[0];
    join(n);
    OK(attempt(n));
    size_t cut = 0;
    for (bool whole = false; !whole; cut += 7) {
        node_save(n, CHANGE_CREATE, &rid, "một", bytes_make(NULL, 0));
        w.cut_after = cut;
        whole = attempt(n) == ERR_OK;
        w.cut_after = SIZE_MAX;
        OK(attempt(n));
        assert_int_equal(status_of(n).waiting, 0);
    }
    assert_true(cut > 700);
    assert_scope_equal(n);
    world_close(&w);
}

static bool commit_fails(void *ctx, const char *what)
{
    struct world *w = ctx;
    if (strcmp(what, "commit") == 0 && w->serial > 0) {
        w->serial--;
        /* A constraint that is looked at by COMMIT only. */
        enum err e = db_exec(hub_store_db(w->hub.store), "INSERT INTO t_child VALUES (1)");
        assert_int_equal(e, ERR_OK);
    }
    return true;
}

static void a_failed_commit_receipts_nothing_and_loses_nothing(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 9);
    OK(db_exec(hub_store_db(w.hub.store),
               "PRAGMA foreign_keys = ON; CREATE TABLE t_parent(a INTEGER PRIMARY KEY);"
               "CREATE TABLE t_child(b REFERENCES t_parent(a) DEFERRABLE INITIALLY DEFERRED)"));
    hub_engine_free(w.hub.engine);
    w.hub.step = commit_fails;
    hub_open_engine(&w);
    struct node_side *n = &w.nodes[0];
    join(n);
    node_save(n, CHANGE_CREATE, &rid, "chờ", bytes_make(NULL, 0));
    struct hub_position before, after;
    hub_store_position(w.hub.store, &before);
    w.serial = 1;
    assert_int_not_equal(attempt(n), ERR_OK);
    hub_store_position(w.hub.store, &after);
    assert_int_equal(before.position, after.position);
    assert_int_equal(status_of(n).delivered, 0);
    assert_int_equal(status_of(n).waiting, 2);
    assert_int_equal(w.serial, 0);
    OK(attempt(n));
    assert_int_equal(status_of(n).delivered, 2);
    assert_scope_equal(n);
    world_close(&w);
}

static void a_full_disk_at_the_hub_is_refused_in_words(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    char big[4000];
    world_open(&w, 10);
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    struct node_side *n = &w.nodes[0];
    join(n);
    OK(attempt(n));
    for (int i = 0; i < 30; i++)
        node_save(n, CHANGE_CREATE, &rid, big, bytes_make(NULL, 0));
    OK(db_exec(hub_store_db(w.hub.store), "PRAGMA max_page_count = 1")); /* = no page more */
    assert_int_equal(attempt(n), ERR_REFUSED);
    assert_int_equal(result_of(n).refused, MESSAGE_CANNOT_STORE);
    assert_int_equal(status_of(n).delivered, 0);
    OK(db_exec(hub_store_db(w.hub.store), "PRAGMA max_page_count = 1000000"));
    OK(attempt(n));
    assert_int_equal(status_of(n).waiting, 0);
    assert_scope_equal(n);
    world_close(&w);
}

static bool dies(void *ctx, const char *what)
{
    struct world *w = ctx;
    (void)what;
    return w->serial == 0 || --w->serial > 0;
}

/* The hub dies at its k-th durable step, for every k of a session; then it is started again. */
static void a_hub_that_dies_at_any_step_loses_no_receipted_set(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 13);
    struct node_side *n = &w.nodes[0];
    hub_engine_free(w.hub.engine);
    w.hub.step = dies;
    hub_open_engine(&w);
    unsigned deaths = 0;
    for (unsigned k = 1; k < 12; k++) { /* the first sessions join */
        node_save(n, CHANGE_CREATE, &rid, "bền", bytes_make(NULL, 0));
        w.serial = k;
        enum err e = attempt(n);
        bool dead = hub_engine_dead(w.hub.engine);
        w.serial = 0;
        deaths += dead;
        assert_true(dead || e == ERR_OK);
        uint64_t delivered = status_of(n).delivered;
        hub_engine_free(w.hub.engine);
        hub_store_close(w.hub.store);
        OK(hub_store_open(&(struct hub_store_options){.path = w.hub.path}, &w.hub.store));
        hub_open_engine(&w);
        struct hub_position pos;
        hub_store_position(w.hub.store, &pos);
        assert_true(pos.position >= delivered);
        OK(attempt(n));
        OK(attempt(n));
        assert_int_equal(status_of(n).waiting, 0);
        assert_scope_equal(n);
    }
    assert_true(deaths >= 4);
    OK(hub_store_check(w.hub.store));
    world_close(&w);
}

static void garbage_on_the_port_gets_no_answer(void **state)
{
    (void)state;
    struct world w;
    uint8_t junk[300];
    uint64_t conn = 0;
    struct hub_engine_output o;
    world_open(&w, 11);
    for (int i = 0; i < 200; i++) {
        size_t len = 1 + rng_below(&w.rng, sizeof junk);
        rng_fill(&w.rng, junk, len);
        OK(hub_engine_connect(w.hub.engine, hub_time(&w), &conn));
        hub_engine_bytes(w.hub.engine, conn, bytes_make(junk, len), hub_time(&w));
        w.now_ms += HUB_SYNC_HANDSHAKE_MS;
        hub_engine_tick(w.hub.engine, hub_time(&w));
        assert_true(hub_engine_next(w.hub.engine, &o));
        assert_int_equal(o.bytes.len, 0);
        assert_true(o.close && o.why != ERR_OK);
        assert_false(hub_engine_next(w.hub.engine, &o));
        hub_engine_down(w.hub.engine, conn, hub_time(&w));
    }
    assert_int_equal(hub_engine_conns(w.hub.engine), 0);
    for (unsigned i = 0; i < HUB_ENGINE_HALF_OPEN_MAX; i++)
        OK(hub_engine_connect(w.hub.engine, hub_time(&w), &conn));
    assert_int_equal(hub_engine_connect(w.hub.engine, hub_time(&w), &conn), ERR_DENIED);
    world_close(&w);
}

static void a_big_backlog_goes_in_many_frames(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    char text[3000];
    world_open(&w, 12);
    w.chunks = true;
    struct node_side *n = &w.nodes[0];
    join(n);
    for (int i = 0; i < 700; i++) { /* about 4 MB: more than one flight of frames */
        for (size_t k = 0; k + 1 < sizeof text; k++)
            text[k] = (char)('a' + rng_below(&w.rng, 26));
        text[sizeof text - 1] = '\0';
        node_save(n, CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    }
    OK(attempt(n));
    printf("700 notes of 3 kB: %zu bytes up, %zu down\n", n->sent, n->received);
    assert_int_equal(status_of(n).waiting, 0);
    assert_int_equal(status_of(n).unsaid, 0);
    assert_scope_equal(n);
    world_close(&w);
}

/* Records in the hub's feed for this node, from what it has applied on. */
static size_t records_for(struct node_side *n)
{
    struct message_hello_node hello;
    struct node_identity id;
    struct hub_node node;
    struct hub_feed feed;
    OK(node_store_hello(n->store, &hello));
    OK(node_store_identity(n->store, &id));
    OK(hub_store_node(n->w->hub.store, &id.node, &node));
    OK(hub_store_feed(n->w->hub.store, &node, hello.cursor_position, &hello, 1u << 20, &feed));
    assert_true(feed.last);
    return feed.record_count;
}

/* A session that is cut when the hub has the sets: the node has applied nothing of it. */
static void push_only(struct node_side *n)
{
    struct hub_position before, now;
    hub_store_position(n->w->hub.store, &before);
    node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    do {
        assert_true(turn(n));
        hub_store_position(n->w->hub.store, &now);
    } while (now.position == before.position);
    hub_outputs(n->w);
    link_down(n);
    n->w->now_ms += 10000;
}

static void what_only_the_node_changed_does_not_come_back(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid[20];
    struct buf bases;
    world_open(&w, 13);
    buf_init(&bases, 4096);
    struct node_side *n = &w.nodes[0];
    join(n);
    hub_save(&w, CHANGE_CREATE, &(struct id_record){{1}}, "của huyện", bytes_make(NULL, 0));
    OK(attempt(n)); /* something is applied now */
    for (size_t i = 0; i < 20; i++) {
        node_save(n, CHANGE_CREATE, &rid[i], "Nguyễn Văn A", bytes_make(NULL, 0));
        heads_of(n, &rid[i], &bases);
        node_save(n, CHANGE_EDIT, &rid[i], "Nguyễn Văn B", buf_bytes(&bases));
    }
    push_only(n);
    assert_int_equal(records_for(n), 0);
    OK(attempt(n));
    assert_scope_equal(n);
    assert_int_equal(status_of(n).records, 20);
    assert_int_equal(heads_of(n, &rid[7], NULL), 1);
    /* What the hub changed comes, also where the node changed it after that. */
    heads_of(n, &rid[3], &bases);
    hub_save(&w, CHANGE_EDIT, &rid[3], "huyện sửa", buf_bytes(&bases));
    node_save(n, CHANGE_EDIT, &rid[3], "xã sửa", buf_bytes(&bases));
    heads_of(n, &rid[4], &bases);
    node_save(n, CHANGE_EDIT, &rid[4], "xã sửa", buf_bytes(&bases));
    push_only(n);
    assert_int_equal(records_for(n), 1);
    OK(attempt(n));
    assert_scope_equal(n);
    assert_int_equal(heads_of(n, &rid[3], NULL), 2);
    /* After that the node changes it alone again. */
    heads_of(n, &rid[3], &bases);
    node_save(n, CHANGE_EDIT, &rid[3], "xong", buf_bytes(&bases));
    push_only(n);
    assert_int_equal(records_for(n), 0);
    OK(attempt(n));
    assert_scope_equal(n);
    assert_int_equal(heads_of(n, &rid[3], NULL), 1);
    buf_free(&bases);
    world_close(&w);
}

static void a_clock_ahead_is_clamped_and_the_state_comes_down(void **state)
{
    (void)state;
    struct world w;
    struct id_record rid;
    world_open(&w, 14);
    struct node_side *n = &w.nodes[0];
    join(n);
    hub_save(&w, CHANGE_CREATE, &(struct id_record){{1}}, "của huyện", bytes_make(NULL, 0));
    OK(attempt(n));
    w.now_ms += 3600000;
    node_save(n, CHANGE_CREATE, &rid, "giờ sai", bytes_make(NULL, 0));
    w.now_ms -= 3600000;
    push_only(n);
    assert_int_equal(records_for(n), 1);
    OK(attempt(n));
    assert_scope_equal(n);
    assert_int_equal(heads_of(n, &rid, NULL), 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_joins_saves_syncs_and_gets_its_receipts),
        cmocka_unit_test(a_second_session_has_nothing_to_say_and_is_small),
        cmocka_unit_test(edits_on_both_sides_conflict_and_a_resolution_comes_down),
        cmocka_unit_test(two_nodes_see_only_their_own_records),
        cmocka_unit_test(refused_invitations_say_why),
        cmocka_unit_test(a_log_that_is_no_extension_gets_verdict_1),
        cmocka_unit_test(sessions_cut_at_any_byte_lose_nothing),
        cmocka_unit_test(a_cut_at_each_byte_of_one_session_is_resumed),
        cmocka_unit_test(a_failed_commit_receipts_nothing_and_loses_nothing),
        cmocka_unit_test(a_full_disk_at_the_hub_is_refused_in_words),
        cmocka_unit_test(a_hub_that_dies_at_any_step_loses_no_receipted_set),
        cmocka_unit_test(garbage_on_the_port_gets_no_answer),
        cmocka_unit_test(a_big_backlog_goes_in_many_frames),
        cmocka_unit_test(what_only_the_node_changed_does_not_come_back),
        cmocka_unit_test(a_clock_ahead_is_clamped_and_the_state_comes_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

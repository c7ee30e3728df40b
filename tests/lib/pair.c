#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "hub/own.h"
#include "hub/store_nodes.h"
#include "node/own.h"
#include "proto/edition.h"
#include "proto/wire.h"

#define OK(call) assert_int_equal((call), ERR_OK)

struct hub_engine_time pair_time(struct pair *w)
{
    return (struct hub_engine_time){w->now_ms, PAIR_WALL + (int64_t)w->now_ms};
}

const char *pair_vfs;

void pair_unlink(const char *path)
{
    char name[128];
    unlink(path);
    snprintf(name, sizeof name, "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
}

void pair_hub_engine(struct pair *w)
{
    struct hub_engine_options o = {.store = w->hub.store,
                                   .keys = &w->hub.keys,
                                   .step = w->hub.step,
                                   .step_ctx = w,
                                   .conns_max = w->hub.conns_max,
                                   .half_open_max = w->hub.half_open_max,
                                   .blackbox = w->hub.blackbox};
    OK(hub_engine_new(&o, &w->hub.engine));
}

static void hub_make(struct pair *w)
{
    struct pair_hub *h = &w->hub;
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
    if (pair_vfs != NULL)
        snprintf(h->path, sizeof h->path, "hub/hub.db");
    else
        snprintf(h->path, sizeof h->path, "repair-%d-hub.db", (int)getpid());
    pair_unlink(h->path);
    OK(hub_store_open(&(struct hub_store_options){.path = h->path, .vfs = pair_vfs, .create = true},
                      &h->store));
    OK(hub_store_identity_set(h->store, &id));
    pair_hub_engine(w);
}

void pair_node_engine(struct pair_node *n)
{
    struct node_engine_options o = {.store = n->store, .keys = &n->keys};
    OK(node_engine_new(&o, &n->engine));
}

void pair_node_make(struct pair *w, struct pair_node *n, unsigned i)
{
    struct node_identity id = {.joined = false, .hub = w->hub.id};
    n->w = w;
    n->active = true;
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
    memset(id.token, (int)(i % 255 + 1), sizeof id.token);
    id.token[0] ^= (uint8_t)(i / 255);
    snprintf(id.unit, sizeof id.unit, "%u", 26173 + 3 * i);
    snprintf(id.address, sizeof id.address, "hub:1");
    snprintf(id.name, sizeof id.name, "PC %u", i);
    OK(hub_store_invite_create(w->hub.store, id.token, id.unit, "Xã", PAIR_WALL,
                               PAIR_WALL + 1000000000));
    if (pair_vfs != NULL)
        snprintf(n->path, sizeof n->path, "n%u/node.db", i);
    else
        snprintf(n->path, sizeof n->path, "repair-%d-node%u.db", (int)getpid(), i);
    pair_unlink(n->path);
    OK(node_store_open(
        &(struct node_store_options){.path = n->path, .vfs = pair_vfs, .create = true}, &n->store));
    OK(node_store_identity_set(n->store, &id));
    pair_node_engine(n);
    buf_init(&n->to_hub, 1u << 26);
    buf_init(&n->to_node, 1u << 26);
}

void pair_open(struct pair *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->rng.s = seed;
    w->now_ms = 1000;
    w->cut_after = SIZE_MAX;
    OK(key_ready());
    hub_make(w);
    for (unsigned i = 0; i < PAIR_MAKE; i++)
        pair_node_make(w, &w->nodes[i], i);
}

void pair_node_free(struct pair_node *n, bool keys)
{
    char witness[96];
    node_engine_free(n->engine);
    node_store_close(n->store);
    pair_unlink(n->path);
    snprintf(witness, sizeof witness, "%s.witness", n->path);
    unlink(witness);
    if (keys) {
        key_sign_free(&n->sign);
        key_box_free(&n->transport);
        key_box_free(&n->sealing);
    }
    buf_free(&n->to_hub);
    buf_free(&n->to_node);
}

void pair_close(struct pair *w)
{
    hub_engine_free(w->hub.engine);
    hub_store_close(w->hub.store);
    pair_unlink(w->hub.path);
    char witness[96];
    snprintf(witness, sizeof witness, "%s.witness", w->hub.path);
    unlink(witness);
    key_sign_free(&w->hub.root);
    key_sign_free(&w->hub.log);
    key_box_free(&w->hub.transport);
    key_box_free(&w->hub.sealing);
    for (unsigned i = 0; i < PAIR_NODES; i++) {
        struct pair_node *n = &w->nodes[i];
        if (n->active) pair_node_free(n, i < PAIR_MAKE);
    }
}

/* ---- the pipe ---- */

void pair_event(struct pair_node *n, struct node_sync_event ev)
{
    struct node_engine_outputs out;
    ev.now_ms = n->w->now_ms;
    ev.wall_ms = PAIR_WALL + (int64_t)n->w->now_ms;
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

void pair_link_down(struct pair_node *n)
{
    struct pair *w = n->w;
    n->up = n->dialed = false;
    buf_clear(&n->to_hub);
    buf_clear(&n->to_node);
    hub_engine_down(w->hub.engine, n->conn, pair_time(w));
    pair_event(n, (struct node_sync_event){
                      .kind = NODE_SYNC_EV_LINK_DOWN, .link = n->link, .error = ERR_LINK_LOST});
}

void pair_hub_outputs(struct pair *w)
{
    struct hub_engine_output o;
    enum err e = hub_engine_flush(w->hub.engine, pair_time(w));
    (void)e; /* tests of failing commits look at what follows */
    while (hub_engine_next(w->hub.engine, &o)) {
        for (unsigned i = 0; i < PAIR_NODES; i++) {
            struct pair_node *n = &w->nodes[i];
            if (!n->up || n->conn != o.conn) continue;
            buf_add_bytes(&n->to_node, o.bytes);
            n->hub_closing = n->hub_closing || o.close;
        }
    }
}

/* How much of what waits is delivered now; the cut counts every byte. */
static size_t portion(struct pair *w, size_t waiting)
{
    size_t n = waiting;
    if (w->chunks && n > 1) n = 1 + rng_below(&w->rng, (unsigned)(n < 3000 ? n : 3000));
    if (n > w->cut_after) n = w->cut_after;
    if (w->cut_after != SIZE_MAX) w->cut_after -= n;
    return n;
}

static void deliver(struct pair_node *n, bool up)
{
    struct pair *w = n->w;
    struct buf *b = up ? &n->to_hub : &n->to_node;
    size_t len = portion(w, b->len);
    if (len == 0) return;
    uint8_t *exact = malloc(len); /* reads past the piece are trapped */
    assert_non_null(exact);
    memcpy(exact, b->p, len);
    buf_drop(b, len);
    if (w->tap != NULL) w->tap(w->tap_ctx, up, bytes_make(exact, len));
    if (up) {
        n->sent += len;
        hub_engine_bytes(w->hub.engine, n->conn, bytes_make(exact, len), pair_time(w));
    } else {
        n->received += len;
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_BYTES,
                                               .link = n->link,
                                               .bytes = bytes_make(exact, len)});
    }
    free(exact);
}

/* One turn for one node: false when nothing moves any more. */
bool pair_turn(struct pair_node *n)
{
    struct pair *w = n->w;
    if (n->dialed && !n->up) {
        OK(hub_engine_connect(w->hub.engine, pair_time(w), &n->conn));
        n->up = true;
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_UP, .link = n->link});
        return true;
    }
    if (!n->up) return false;
    if (w->cut_after == 0) {
        pair_link_down(n);
        return true;
    }
    if (n->to_hub.len > 0) {
        deliver(n, true);
        if (n->to_hub.len == 0)
            pair_event(
                n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DRAINED, .link = n->link});
        return true;
    }
    pair_hub_outputs(w);
    if (n->to_node.len > 0 && !n->closing) {
        deliver(n, false);
        if (n->to_node.len == 0) hub_engine_drained(w->hub.engine, n->conn, pair_time(w));
        return true;
    }
    if (n->to_hub.len == 0 && (n->closing || n->hub_closing)) {
        pair_link_down(n);
        return true;
    }
    return false;
}

struct node_sync_result pair_result(const struct pair_node *n)
{
    struct node_sync_result r;
    node_engine_result(n->engine, &r);
    return r;
}

/* One pair_attempt from NOW to IDLE. */
enum err pair_attempt(struct pair_node *n)
{
    n->sent = n->received = 0;
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    while (pair_turn(n)) {
    }
    for (int i = 0; i < 5 && node_engine_state(n->engine) != NODE_SYNC_IDLE; i++) {
        if (n->wake_at > n->w->now_ms) n->w->now_ms = n->wake_at; /* silence: only time ends it */
        pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_WAKE});
        while (pair_turn(n)) {
        }
    }
    assert_int_equal(node_engine_state(n->engine), NODE_SYNC_IDLE);
    n->w->now_ms += 10000;
    return pair_result(n).last;
}

void pair_join(struct pair_node *n)
{
    struct node_identity id;
    OK(pair_attempt(n));
    OK(node_store_identity(n->store, &id));
    assert_true(id.joined);
}

/* ---- records ---- */

static void put_text(struct buf *b, const char *text)
{
    wire_put_str(b, bytes_str(text));
}

/* Payload of an op that writes PAIR_NAME (and PAIR_STATE for a create). */
static void payload(struct buf *out, enum change_kind kind, const struct id_record *rid,
                    const char *text, struct bytes bases)
{
    struct change_write writes[2];
    struct buf v;
    memset(writes, 0, sizeof writes);
    buf_init(&v, 8192);
    put_text(&v, text);
    writes[0] = (struct change_write){.field = PAIR_NAME, .value = buf_bytes(&v), .bases = bases};
    writes[1] = (struct change_write){.field = PAIR_STATE, .value = buf_bytes(&v)};
    struct change_op op = {.kind = kind,
                           .rid = *rid,
                           .type = PAIR_TYPE,
                           .writes = writes,
                           .count = kind == CHANGE_CREATE ? 2 : 1};
    change_op_encode(&op, out);
    OK(out->e);
    buf_free(&v);
}

void pair_save(struct pair_node *n, enum change_kind kind, struct id_record *rid, const char *text,
               struct bytes bases)
{
    struct node_own o;
    struct buf p;
    static const struct id_person person = {{1, 2, 3, 4, 5, 6, 7, 8}};
    buf_init(&p, CHANGE_BYTES_MAX);
    OK(node_own_begin(n->store, &n->keys, PAIR_WALL + (int64_t)n->w->now_ms, &o));
    if (kind == CHANGE_CREATE) node_own_rid(&o, 0, rid);
    payload(&p, kind, rid, text, bases);
    struct bytes b = buf_bytes(&p);
    OK(node_own_add(&o, &(struct node_own_set){.person = person, .payloads = &b, .count = 1}));
    OK(node_own_commit(&o, NULL));
    node_own_free(&o);
    buf_free(&p);
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_SAVED});
}

void pair_create(struct pair_node *n, struct id_record *rid, const char *text)
{
    pair_save(n, CHANGE_CREATE, rid, text, bytes_make(NULL, 0));
}

bool pair_hub_has(struct pair *w, const struct id_record *rid)
{
    unsigned type = 0;
    enum err e = hub_store_record(w->hub.store, rid, NULL, &type, NULL, NULL);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return e == ERR_OK;
}

uint64_t pair_hub_position(struct pair *w)
{
    struct hub_position at;
    hub_store_position(w->hub.store, &at);
    return at.position;
}

void pair_hub_save(struct pair *w, enum change_kind kind, const struct id_record *rid,
                   const char *text, struct bytes bases)
{
    struct buf p;
    struct hub_taken taken;
    buf_init(&p, CHANGE_BYTES_MAX);
    payload(&p, kind, rid, text, bases);
    struct bytes b = buf_bytes(&p);
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys, &(struct hub_own_set){.payloads = &b, .count = 1},
                      PAIR_WALL + (int64_t)w->now_ms, &taken));
    OK(hub_store_commit(w->hub.store));
    buf_free(&p);
}

size_t pair_heads(struct pair_node *n, const struct id_record *rid, struct buf *bases)
{
    struct node_store_record r;
    OK(node_store_record_init(&r));
    OK(node_store_record_read(n->store, rid, &r));
    const struct fold_register *reg = fold_find(&r.fold, PAIR_NAME, bytes_make(NULL, 0));
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

struct node_store_status pair_status(struct pair_node *n)
{
    struct node_store_status s;
    OK(node_store_status(n->store, &s));
    return s;
}

/* The promise of END: the node's sum over its scope is the hub's. */
void pair_assert_scope(struct pair_node *n)
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

struct rng pair_random_state;

static const char *fixed_name(void)
{
    return "fixed";
}

static uint32_t fixed_word(void)
{
    return (uint32_t)rng_u64(&pair_random_state);
}

static void fixed_fill(void *const p, const size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)(rng_u64(&pair_random_state) >> 32);
}

struct randombytes_implementation pair_random = {
    .implementation_name = fixed_name, .random = fixed_word, .buf = fixed_fill};

/* ---- copies of databases ---- */

void pair_file_get(const char *path, struct buf *out)
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

void pair_file_put(const char *path, const struct buf *in)
{
    pair_unlink(path);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(in->p, 1, in->len, f), in->len);
    fclose(f);
}

void pair_node_off(struct pair_node *n)
{
    node_engine_free(n->engine);
    node_store_close(n->store);
    n->engine = NULL;
    n->store = NULL;
}

void pair_node_on(struct pair_node *n)
{
    OK(node_store_open(&(struct node_store_options){.path = n->path, .vfs = pair_vfs}, &n->store));
    pair_node_engine(n);
    n->up = n->dialed = n->closing = n->hub_closing = false;
}

void pair_hub_off(struct pair *w)
{
    hub_engine_free(w->hub.engine);
    hub_store_close(w->hub.store);
}

void pair_hub_on(struct pair *w)
{
    OK(hub_store_open(&(struct hub_store_options){.path = w->hub.path, .vfs = pair_vfs},
                      &w->hub.store));
    pair_hub_engine(w);
}

void pair_node_copy(struct pair_node *n, struct pair_copy *c)
{
    pair_node_off(n);
    pair_file_get(n->path, &c->bytes);
    pair_node_on(n);
}

void pair_node_back(struct pair_node *n, const struct pair_copy *c)
{
    pair_node_off(n);
    pair_file_put(n->path, &c->bytes);
    pair_node_on(n);
}

void pair_hub_copy(struct pair *w, struct pair_copy *c)
{
    pair_hub_off(w);
    pair_file_get(w->hub.path, &c->bytes);
    pair_hub_on(w);
}

void pair_hub_back(struct pair *w, const struct pair_copy *c)
{
    pair_hub_off(w);
    pair_file_put(w->hub.path, &c->bytes);
    pair_hub_on(w);
}

/* A second PC with the same keys, out of a copy. */
struct pair_node *pair_clone(struct pair *w, unsigned from, unsigned to, const struct pair_copy *c)
{
    struct pair_node *n = &w->nodes[to];
    const struct pair_node *old = &w->nodes[from];
    if (n->active) {
        pair_node_off(n);
        buf_free(&n->to_hub);
        buf_free(&n->to_node);
    }
    *n = (struct pair_node){.w = w, .active = true, .keys = old->keys};
    snprintf(n->path, sizeof n->path, "repair-%d-node%u.db", (int)getpid(), to);
    pair_file_put(n->path, &c->bytes);
    buf_init(&n->to_hub, 1u << 26);
    buf_init(&n->to_node, 1u << 26);
    pair_node_on(n);
    return n;
}

/* Sessions until one is complete. */
enum err pair_settle(struct pair_node *n)
{
    enum err e = ERR_AGAIN;
    for (int i = 0; i < 12 && e != ERR_OK; i++)
        e = pair_attempt(n);
    return e;
}

/* ---- a catalogue ---- */

static const struct {
    const char *name, *text;
} catalogue_texts[] = {
    {"types.csv", "no,name,label_vi,label_en,scope,seed\n900,thing,Vật,Thing,own,R01\n"},
    {"fields.csv",
     "type,no,name,kind,list,label_vi,label_en,section,required,identity,class,policy,tie,relevant,"
     "constraint,constraint_vi,constraint_en\n"
     "thing,2,name,text,,Tên,Name,Chung,,,1,ask,,,,,\nthing,8,state,text,,Nơi,State,Chung,,,1,ask,,"
     ",,,\n"},
    {"choices.csv", "list,value,label_vi,label_en\nnone,one,Một,One\n"},
    {"units.csv", "code,name_vi,level,parent,valid_from,valid_to\n735,Vĩnh Cửu,huyen,,1900-01-01,\n"
                  "26173,Xã A,xa,735,1900-01-01,\n26176,Xã B,xa,735,1900-01-01,\n"},
};

static void pair_own(struct pair *w, struct bytes payload)
{
    struct hub_taken taken;
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys,
                      &(struct hub_own_set){.payloads = &payload, .count = 1}, PAIR_WALL, &taken));
    OK(hub_store_commit(w->hub.store));
}

void pair_publish(struct pair *w, uint32_t edition)
{
    pair_publish_large(w, edition, 0);
}

void pair_publish_large(struct pair *w, uint32_t edition, size_t noise)
{
    static uint8_t bytes[128 * 1024];
    struct catalogue_file files[5] = {[4] = {"noise.md", {bytes, noise}}};
    char choices[80]; /* no edition is like another */
    struct admin_edition ed = {0};
    struct buf archive, frame, payload;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&frame, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    for (size_t i = 0; i < 4; i++)
        files[i] =
            (struct catalogue_file){catalogue_texts[i].name, bytes_str(catalogue_texts[i].text)};
    snprintf(choices, sizeof choices, "%snone,v%u,Hai,Two\n", catalogue_texts[2].text, edition);
    files[2].data = bytes_str(choices);
    assert_true(noise <= sizeof bytes);
    if (noise > 0) rng_fill(&(struct rng){edition}, bytes, noise);
    for (size_t i = 0; i < noise; i++)
        bytes[i] = (uint8_t)('0' + bytes[i] % 64); /* text */
    OK(catalogue_archive(files, noise > 0 ? 5 : 4, &archive));
    OK(edition_squeeze(buf_bytes(&archive), &frame, &ed));
    ed.edition = edition;
    for (unsigned i = 0; i < ed.parts; i++) {
        struct admin_part part = edition_part(&ed, buf_bytes(&frame), i);
        buf_clear(&payload);
        admin_part_encode(&part, &payload);
        pair_own(w, buf_bytes(&payload));
    }
    buf_clear(&payload);
    admin_edition_encode(&ed, &payload);
    pair_own(w, buf_bytes(&payload));
    buf_free(&archive);
    buf_free(&frame);
    buf_free(&payload);
}

int64_t pair_number(struct db *db, const char *sql)
{
    struct db_stmt *q = NULL;
    OK(db_prepare(db, sql, &q));
    OK(db_get(q));
    int64_t n = db_column_int(q, 0);
    db_stmt_free(q);
    return n;
}

bool pair_node_has(struct pair_node *n, const struct id_record *rid)
{
    struct node_store_record r;
    OK(node_store_record_init(&r));
    enum err e = node_store_record_read(n->store, rid, &r);
    node_store_record_free(&r);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return e == ERR_OK;
}

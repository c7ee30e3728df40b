/*
 * Writes messages.json: what SPEC says from section 6 on, as bytes. Merged states, the rarer messages,
 * officers and orders, erasure and its stubs, scope moves, the report workflow, proofs, a bundle.
 * Everything comes from fixed numbers: the same program gives the same bytes.
 */
#include "proto/admin_key.h"
#include "proto/bundle.h"
#include "proto/erase.h"
#include "proto/fold.h"
#include "proto/message.h"
#include "proto/move.h"
#include "proto/order.h"
#include "proto/proof.h"
#include "proto/reset.h"
#include "proto/wire.h"
#include "proto/workflow.h"
#include "tests/vectors/vec.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        enum err ok_e = (call);                                                                    \
        if (ok_e != ERR_OK) {                                                                      \
            fprintf(stderr, "%s: %s\n", #call, err_name(ok_e));                                    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { BYTES_MAX = 1 << 20 };
#define EPOCH UINT64_C(0x0123456789abcdef)
#define NOON  UINT64_C(1685595600000) /* 2023-06-01T05:00:00Z */

static struct key_sign root, hub_log, node, officers[2], next_log, next;
static struct key_box hub_sealing, node_sealing, hub_transport, node_transport, next_sealing,
    next_transport;
static struct id_hash hub_id, node_id;

/* ---- keys ---- */

static void describe_key(json_t *keys, const char *name, const char *kind, const uint8_t *secret,
                         const uint8_t *public_key)
{
    json_t *j = json_object();
    vec_put(j, "name", json_string(name));
    vec_put(j, "kind", json_string(kind));
    vec_put_hex(j, "secret", secret, 32);
    vec_put_hex(j, "public", public_key, 32);
    vec_add(keys, j);
}

static void sign_key(json_t *keys, const char *name, struct key_sign *k, enum key_use use,
                     uint8_t first)
{
    uint8_t seed[32];
    vec_count_up(seed, sizeof seed, first);
    OK(key_sign_from_seed(k, use, seed));
    describe_key(keys, name, "Ed25519", seed, k->public);
}

static void box_key(json_t *keys, const char *name, struct key_box *k, enum key_use use,
                    uint8_t first)
{
    uint8_t seed[32];
    vec_count_up(seed, sizeof seed, first);
    OK(key_box_from_seed(k, use, seed));
    describe_key(keys, name, "X25519", seed, k->public);
}

static void make_keys(json_t *all)
{
    json_t *keys = json_array();
    sign_key(keys, "root", &root, KEY_ROOT, 0x00);
    sign_key(keys, "hub log", &hub_log, KEY_SIGN, 0x20);
    sign_key(keys, "node", &node, KEY_SIGN, 0x40);
    box_key(keys, "hub transport", &hub_transport, KEY_TRANSPORT, 0x60);
    box_key(keys, "hub sealing", &hub_sealing, KEY_SEALING, 0x80);
    box_key(keys, "node transport", &node_transport, KEY_TRANSPORT, 0xA0);
    box_key(keys, "node sealing", &node_sealing, KEY_SEALING, 0xC0);
    sign_key(keys, "officer 1", &officers[0], KEY_OFFICER, 0x11);
    sign_key(keys, "officer 2", &officers[1], KEY_OFFICER, 0x31);
    sign_key(keys, "hub log, next", &next_log, KEY_SIGN, 0x51);
    sign_key(keys, "node, next", &next, KEY_SIGN, 0x71);
    box_key(keys, "node transport, next", &next_transport, KEY_TRANSPORT, 0x91);
    box_key(keys, "node sealing, next", &next_sealing, KEY_SEALING, 0xB1);
    change_hash(BYTES_OF(root.public), &hub_id);
    change_hash(BYTES_OF(node.public), &node_id);
    vec_put(all, "keys", keys);
    vec_put_hex(all, "hub_id", hub_id.b, 32);
    vec_put_hex(all, "node_id", node_id.b, 32);
}

/* ---- small values ---- */

static struct id_record rid_of(uint8_t first)
{
    struct id_record r;
    vec_count_up(r.b, sizeof r.b, first);
    return r;
}

static struct id_inc inc_of(const char *eight)
{
    struct id_inc i;
    memcpy(i.b, eight, 8);
    return i;
}

static struct id_version version_of(const char *inc, uint64_t seq)
{
    struct id_inc i = inc_of(inc);
    struct id_hash h;
    memset(h.b, (int)(0x50 + seq), sizeof h.b);
    return id_version_make(&i, seq, &h);
}

/* {value, bytes}: the bytes of a msgpack value. */
static json_t *value_and_bytes(struct bytes b)
{
    json_t *j = json_object();
    vec_put(j, "value", vec_value(b));
    vec_put_hex(j, "bytes", b.p, b.len);
    return j;
}

static void add_named(json_t *list, const char *name, struct buf *b)
{
    assert(b->e == ERR_OK);
    json_t *j = value_and_bytes(buf_bytes(b));
    vec_put(j, "name", json_string(name));
    vec_add(list, j);
    buf_clear(b);
}

static struct bytes state_of_nothing(void)
{
    return bytes_make("\x94\x01\x90\x90\x90", 5);
}

/* ---- merged states (SPEC 6) ---- */

struct fold_step {
    const char *inc;
    uint64_t seq, position;
    enum change_kind kind;
    unsigned count;
    struct {
        unsigned field;
        const char *value; /* NULL: nil; "\1": true; "\2": false */
        const char *element;
        const char *base_inc[2]; /* bases: (inc, seq), NULL = no more */
        uint64_t base_seq[2];
    } w[3];
};

struct fold_seen { /* versions that reached the record */
    struct id_version v[4];
    size_t count;
};

static bool fold_arrived(void *ctx, const struct id_version *version)
{
    const struct fold_seen *seen = ctx;
    for (size_t i = 0; i < seen->count; i++)
        if (ID_EQUAL(&seen->v[i], version)) return true;
    return false;
}

static struct fold_seen fold_seen;

static void fold_one(json_t *list, struct fold *f, const struct fold_step *s,
                     const struct id_record *rid)
{
    static uint8_t bases[3][40], values[3][100];
    struct change_write writes[3] = {{0}};
    struct fold_rules rules = {.arrived = fold_arrived, .ctx = &fold_seen};
    enum fold_verdict verdict;
    struct change_op op = {
        .kind = s->kind, .rid = *rid, .type = 7, .writes = writes, .count = s->count};
    for (unsigned i = 0; i < s->count; i++) {
        struct buf v;
        size_t n = 0;
        buf_init(&v, sizeof values[0]);
        if (s->w[i].value == NULL && s->kind == CHANGE_DELETE) {
            uint8_t digest[16];
            fold_digest(f, digest);
            wire_put_bin(&v, BYTES_OF(digest));
        } else if (s->w[i].value == NULL) {
            wire_put_nil(&v);
        } else if (s->w[i].value[0] <= '\2') {
            wire_put_bool(&v, s->w[i].value[0] == '\1');
        } else {
            wire_put_str(&v, bytes_str(s->w[i].value));
        }
        OK(v.e);
        memcpy(values[i], v.p, v.len);
        for (; n < 2 && s->w[i].base_inc[n] != NULL; n++)
            memcpy(bases[i] + 20 * n, version_of(s->w[i].base_inc[n], s->w[i].base_seq[n]).b, 20);
        writes[i] =
            (struct change_write){.field = s->w[i].field, .value = bytes_make(values[i], v.len)};
        if (n > 0) writes[i].bases = bytes_make(bases[i], 20 * n);
        if (s->w[i].element != NULL) writes[i].element = bytes_str(s->w[i].element);
        buf_free(&v);
    }
    struct fold_set set = {.version = version_of(s->inc, s->seq),
                           .clock = (NOON + 1000 * s->position) << 16,
                           .position = s->position};
    memcpy(set.person.b, s->inc, 8);
    struct buf payload;
    buf_init(&payload, BYTES_MAX);
    change_op_encode(&op, &payload);
    OK(fold_apply(f, &op, &set, &rules, &verdict));
    fold_seen.v[fold_seen.count++] = set.version;
    json_t *j = value_and_bytes(buf_bytes(&payload));
    vec_put_hex(j, "version", set.version.b, 20);
    vec_put_hex(j, "person", set.person.b, 8);
    vec_put_u64(j, "clock", set.clock);
    vec_put_u64(j, "position", s->position);
    vec_put_u64(j, "verdict", (uint64_t)verdict);
    vec_add(list, j);
    buf_free(&payload);
}

static void fold_story(json_t *all, const char *name, const struct fold_step *steps, size_t count)
{
    struct fold f;
    struct buf state, again[4];
    json_t *j = json_object(), *list = json_array();
    struct id_record rid = rid_of(0xE0);
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    OK(fold_init(&f));
    fold_seen.count = 0;
    for (size_t i = 0; i < count; i++) { /* saved and loaded between the ops: steps share memory */
        fold_one(list, &f, &steps[i], &rid);
        buf_init(&again[i], FOLD_STATE_BYTES_MAX);
        if (f.type == 0) continue;
        fold_save(&f, &again[i]);
        OK(again[i].e);
        fold_clear(&f);
        OK(fold_load(&f, buf_bytes(&again[i])));
    }
    fold_save(&f, &state);
    vec_put(j, "name", json_string(name));
    vec_put(j, "ops", list);
    vec_put(j, "state", value_and_bytes(buf_bytes(&state)));
    uint8_t digest[16], term[16];
    fold_digest(&f, digest);
    fold_scope_term(&rid, EPOCH, steps[count - 1].position, buf_bytes(&state), term);
    vec_put_hex(j, "digest", digest, 16);
    vec_put_hex(j, "scope_term", term, 16);
    vec_add(all, j);
    fold_free(&f);
    buf_free(&state);
    for (size_t i = 0; i < count; i++)
        buf_free(&again[i]);
}

static void make_folds(json_t *all)
{
    static const struct fold_step conflict[] = {
        {"commune1",
         1,
         10,
         CHANGE_CREATE,
         2,
         {{.field = 1, .value = "Lê Văn Tám"}, {.field = 4, .value = "1950"}}},
        {"commune1",
         2,
         11,
         CHANGE_EDIT,
         1,
         {{.field = 4, .value = "1951", .base_inc = {"commune1"}, .base_seq = {1}}}},
        {"district",
         5,
         12,
         CHANGE_EDIT,
         1,
         {{.field = 4, .value = "1952", .base_inc = {"commune1"}, .base_seq = {1}}}},
    };
    static const struct fold_step settled[] = {
        {"commune1", 1, 10, CHANGE_CREATE, 1, {{.field = 4, .value = "1950"}}},
        {"commune1",
         2,
         11,
         CHANGE_EDIT,
         1,
         {{.field = 4, .value = "1951", .base_inc = {"commune1"}, .base_seq = {1}}}},
        {"district",
         6,
         13,
         CHANGE_EDIT,
         1,
         {{.field = 4, .value = "1952", .base_inc = {"commune1", "commune2"}, .base_seq = {2, 9}}}},
        {"commune2",
         9,
         14,
         CHANGE_EDIT,
         1,
         {{.field = 4, .value = "1953", .base_inc = {"commune1"}, .base_seq = {1}}}},
    };
    static const struct fold_step early[] = {
        {"commune1", 1, 10, CHANGE_CREATE, 1, {{.field = 4, .value = "1950"}}},
        {"district",
         6,
         13,
         CHANGE_EDIT,
         1,
         {{.field = 4, .value = "1952", .base_inc = {"commune1", "commune2"}, .base_seq = {1, 9}}}},
    };
    static const struct fold_step elements[] = {
        {"commune1",
         1,
         10,
         CHANGE_CREATE,
         2,
         {{.field = 9, .value = "\1", .element = "học nghề"},
          {.field = 9, .value = "\1", .element = "vay vốn"}}},
        {"commune1", 2, 11, CHANGE_DELETE, 1, {{.field = 0}}},
        {"district",
         5,
         12,
         CHANGE_EDIT,
         1,
         {{.field = 9,
           .value = "\2",
           .element = "vay vốn",
           .base_inc = {"commune1"},
           .base_seq = {1}}}},
    };
    json_t *list = json_array();
    fold_story(list, "two edits that did not see each other", conflict, 3);
    fold_story(list, "a base that comes after the write that names it", settled, 4);
    fold_story(list, "a base that has not come", early, 2);
    fold_story(list, "elements, and a write after a delete that had not seen it", elements, 3);
    vec_put(all, "folds", list);
}

/* ---- the hub's own sets ---- */

static struct id_hash hub_prev;
static uint64_t hub_seq = 4;

struct own_set {
    struct buf head, body;
    struct id_hash hash;
    uint8_t signature[64];
};

static void own_set(struct own_set *s, const struct buf *payloads, size_t count)
{
    struct change_builder b;
    struct change_head h = {.hub = hub_id,
                            .node = hub_id,
                            .inc = inc_of("hub-inc."),
                            .seq = hub_seq,
                            .prev = hub_prev,
                            .hlc = (NOON + hub_seq) << 16,
                            .epoch = EPOCH,
                            .edition = 1};
    uint8_t seed[16];
    vec_count_up(seed, 16, (uint8_t)(0x30 + hub_seq));
    change_begin(&b, &h, seed);
    for (size_t i = 0; i < count; i++)
        change_add(&b, buf_bytes(&payloads[i]));
    buf_init(&s->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&s->body, CHANGE_BODY_BYTES_MAX);
    OK(change_finish(&b, &s->head, &s->body, &s->hash));
    h.ops = (uint16_t)count;
    change_sign(hub_log.secret, &h, &s->hash, s->signature);
    hub_prev = s->hash;
    hub_seq++;
}

static struct message_set set_message(const struct own_set *s, uint64_t position)
{
    struct message_set m = {
        .position = position, .head = buf_bytes(&s->head), .body = buf_bytes(&s->body)};
    memcpy(m.signature, s->signature, 64);
    return m;
}

static void own_free(struct own_set *s)
{
    buf_free(&s->head);
    buf_free(&s->body);
}

/* ---- officers, an order of erasure, what it leaves (SPEC 12) ---- */

static struct own_set erasure_sets[2]; /* two officers; the order */

static void put_officers(struct buf payload[2])
{
    static const char *const names[] = {"Trần Thị Hạnh", "Phạm Văn Đức"};
    for (unsigned i = 0; i < 2; i++) {
        struct order_officer o = {.name = bytes_str(names[i]),
                                  .roles = ORDER_ROLE_ERASE + ORDER_ROLE_REOPEN * i};
        memcpy(o.pk, officers[i].public, 32);
        OK(order_officer_prove(&officers[i], &hub_id, &o));
        if (i == 1) OK(order_officer_vouch(&root, &hub_id, &o));
        buf_init(&payload[i], BYTES_MAX);
        order_officer_encode(&o, &payload[i]);
        OK(payload[i].e);
    }
}

static void put_order(const char *kind, struct bytes content, struct buf *order, struct buf *op)
{
    struct order o = {.hub = hub_id, .kind = bytes_str(kind), .made_ms = NOON, .content = content};
    struct order_op signed_op;
    vec_count_up(o.nonce, sizeof o.nonce, 0x90);
    o.basis = bytes_str("Điều 16 Luật Bảo vệ dữ liệu cá nhân");
    buf_init(order, BYTES_MAX);
    buf_init(op, BYTES_MAX);
    order_encode(&o, order);
    signed_op.order = buf_bytes(order);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(signed_op.by[i].pk, officers[i].public, 32);
        OK(order_sign(&officers[i], buf_bytes(order), signed_op.by[i].signature));
    }
    order_op_encode(&signed_op, op);
    OK(op->e);
}

/* A node's set of four ops: two records made, a third edited, the first offered. */
static void erased_set(struct change_view *v, struct buf *head, struct buf *body)
{
    struct change_builder b;
    struct change_head h = {
        .hub = hub_id, .node = node_id, .inc = inc_of("node-inc"), .seq = 9, .hlc = NOON << 16};
    struct buf payload;
    struct id_hash hash;
    uint8_t seed[16];
    struct id_version old = version_of("node-inc", 3);
    struct change_write w[2] = {{.field = 1,
                                 .value = bytes_str("\xa9"
                                                    "Bị xóa")},
                                {.field = 2,
                                 .value = bytes_str("\xa4"
                                                    "1990"),
                                 .bases = BYTES_OF(old.b)}};
    vec_count_up(seed, 16, 0x70);
    change_begin(&b, &h, seed);
    for (unsigned i = 0; i < 3; i++) {
        struct change_op op = {.kind = i < 2 ? CHANGE_CREATE : CHANGE_EDIT,
                               .rid = rid_of((uint8_t)(0x10 * (1 + i))),
                               .type = 1,
                               .writes = &w[i / 2],
                               .count = 1};
        buf_init(&payload, BYTES_MAX);
        change_op_encode(&op, &payload);
        change_add(&b, buf_bytes(&payload));
        buf_free(&payload);
    }
    buf_init(&payload, BYTES_MAX);
    move_offer_encode(&(struct move_offer){rid_of(0x60), rid_of(0x10), bytes_str("26173"),
                                           bytes_str("chuyển chỗ ở")},
                      &payload);
    change_add(&b, buf_bytes(&payload));
    buf_free(&payload);
    OK(change_finish(&b, head, body, &hash));
    OK(change_open(buf_bytes(head), buf_bytes(body), v));
}

static void describe_erased(json_t *all)
{
    static struct change_view v;
    static struct change_write writes[CHANGE_WRITES_MAX];
    struct buf head, body, stubs[3], after;
    struct bytes stub[4] = {{0}};
    struct move_offer offer;
    json_t *j = json_object(), *list = json_array();
    buf_init(&head, BYTES_MAX);
    buf_init(&body, BYTES_MAX);
    buf_init(&after, BYTES_MAX);
    erased_set(&v, &head, &body);
    for (unsigned i = 0; i < 2; i++) { /* op 0: its record; op 2: named alone */
        struct change_op op;
        buf_init(&stubs[i], BYTES_MAX);
        OK(change_op_decode(v.payload[2 * i], writes, &op));
        erase_stub_encode(&op, i == 0, &stubs[i]);
        stub[2 * i] = buf_bytes(&stubs[i]);
        vec_add(list, value_and_bytes(buf_bytes(&stubs[i])));
    }
    buf_init(&stubs[2], BYTES_MAX);
    OK(move_offer_decode(v.payload[3], &offer)); /* of the first record, too */
    erase_stub_offer(&offer.record, &offer.transfer, &stubs[2]);
    stub[3] = buf_bytes(&stubs[2]);
    vec_add(list, value_and_bytes(stub[3]));
    change_rewrite(&v, stub, &after);
    vec_put_buf(j, "head", &head);
    vec_put_buf(j, "body", &body);
    vec_put(j, "stubs", list);
    vec_put_buf(j, "erased_body", &after);
    vec_put(all, "erased_set", j);
    buf_free(&head);
    buf_free(&body);
    buf_free(&after);
    for (unsigned i = 0; i < 3; i++)
        buf_free(&stubs[i]);
}

static void describe_order(json_t *all, const char *name, struct bytes content,
                           const struct buf *order, const struct buf *op)
{
    struct id_hash id;
    json_t *j = json_object();
    order_id(buf_bytes(order), &id);
    vec_put(j, "content", value_and_bytes(content));
    vec_put(j, "order", value_and_bytes(buf_bytes(order)));
    vec_put_hex(j, "id", id.b, 32);
    vec_put(j, "op", value_and_bytes(buf_bytes(op)));
    vec_put(all, name, j);
}

static void make_erasure(json_t *all, json_t *ops)
{
    struct buf payload[2], content, order, op;
    struct id_record record = rid_of(0x10);
    static struct erase_op one;
    struct erase_list list = {.records = &record, .record_count = 1, .ops = &one, .op_count = 1};
    struct order_revoke gone = {.reason = bytes_str("nghỉ hưu")};
    one = (struct erase_op){.inc = inc_of("node-inc"),
                            .seq = 9,
                            .op = 2,
                            .rid = rid_of(0x30),
                            .fields = {2},
                            .field_count = 1};
    put_officers(payload);
    own_set(&erasure_sets[0], payload, 2);
    add_named(ops, "officer", &payload[0]);
    add_named(ops, "officer with vouch", &payload[1]);
    buf_init(&content, BYTES_MAX);
    erase_encode(&list, &content);
    put_order("erase", buf_bytes(&content), &order, &op);
    own_set(&erasure_sets[1], &op, 1);
    describe_order(all, "erase_order", buf_bytes(&content), &order, &op);
    add_named(ops, "order", &op);
    memcpy(gone.pk, officers[0].public, 32);
    buf_clear(&content);
    order_revoke_encode(&gone, &content);
    add_named(ops, "officer revoked", &content);
    describe_erased(all);
    buf_clear(&content);
    erase_file_begin(ERASE_FILE_TAG, &content);
    for (unsigned i = 0; i < 2; i++)
        erase_file_add(buf_bytes(&erasure_sets[i].head), buf_bytes(&erasure_sets[i].body),
                       erasure_sets[i].signature, &content);
    vec_put_buf(all, "erased_list", &content);
    for (unsigned i = 0; i < 2; i++)
        buf_free(&payload[i]);
    buf_free(&content);
    buf_free(&order);
    buf_free(&op);
}

/* ---- keys (18) ---- */

/* The card of 18.6, with an address and a key of before that was stolen. */
static void card_next(struct buf *out)
{
    struct admin_card card = {.serial = 3, .address = "hub.vinhcuu.example:7443", .past_count = 1};
    memcpy(card.root_pk, root.public, 32);
    memcpy(card.log_pk, next_log.public, 32);
    memcpy(card.transport_pk, hub_transport.public, 32);
    memcpy(card.sealing_pk, hub_sealing.public, 32);
    memcpy(card.past[0].log_pk, hub_log.public, 32);
    card.past[0].last = 24;
    card.past[0].stolen = true;
    admin_card_make(&card, root.secret, out);
}

static void make_key_ops(json_t *ops)
{
    struct buf b, card;
    struct admin_rekey r;
    struct admin_rekey_ask ask = {.node = node_id, .reason = bytes_str("thay máy tính")};
    struct admin_quarantine q = {.node = node_id,
                                 .inc = inc_of("node-inc"),
                                 .first = 7,
                                 .next = 9,
                                 .release = true,
                                 .by = bytes_str("Nguyễn Văn An"),
                                 .reason = bytes_str("đã hỏi cán bộ xã")};
    buf_init(&b, BYTES_MAX);
    buf_init(&card, BYTES_MAX);
    card_next(&card);
    admin_key_card_encode(buf_bytes(&card), &b);
    add_named(ops, "card", &b);
    vec_count_up(q.hash.b, 32, 0x70);
    admin_quarantine_encode(&q, &b);
    add_named(ops, "parcel", &b);
    memcpy(r.sign_pk, next.public, 32);
    memcpy(r.transport_pk, next_transport.public, 32);
    memcpy(r.sealing_pk, next_sealing.public, 32);
    admin_rekey_sign(&r, &hub_id, &node_id, next.secret);
    admin_rekey_encode(&r, &b);
    add_named(ops, "rekey", &b);
    memcpy(ask.sign_pk, node.public, 32);
    admin_rekey_ask_encode(&ask, &b);
    add_named(ops, "rekey asked", &b);
    buf_free(&b);
    buf_free(&card);
}

/* ---- scope moves (13) and the report workflow (14) ---- */

static void make_moves(json_t *ops)
{
    struct buf b;
    struct id_record t = rid_of(0x40), r = rid_of(0x50);
    uint8_t two[32];
    vec_count_up(two, 32, 0x50);
    buf_init(&b, BYTES_MAX);
    move_offer_encode(&(struct move_offer){t, r, bytes_str("26173"), bytes_str("chuyển chỗ ở")},
                      &b);
    add_named(ops, "offer", &b);
    move_answer_encode(&(struct move_answer){t, MOVE_ACCEPT, bytes_str("")}, &b);
    add_named(ops, "answer", &b);
    move_share_encode(&(struct move_share){r, bytes_str("26176"), MOVE_WRITE}, &b);
    add_named(ops, "share", &b);
    move_settle_encode(&(struct move_settle){r, version_of("node-inc", 7), 2, true}, &b);
    add_named(ops, "settle", &b);
    move_assign_encode(
        &(struct move_assign){bytes_str("26179"), bytes_str("2025-07-01"), BYTES_OF(two)}, &b);
    add_named(ops, "assign", &b);
    buf_free(&b);
}

static void make_workflow(json_t *all, json_t *ops)
{
    struct buf b, content, order, op;
    struct workflow_key key = {bytes_str("26170"), bytes_str("RP04"), bytes_str("2023-6T")};
    struct id_record id = rid_of(0x60);
    struct workflow_reopen again = {.key = key, .issue = 2};
    buf_init(&b, BYTES_MAX);
    buf_init(&content, BYTES_MAX);
    workflow_judge_encode(&(struct workflow_judge){key, version_of("node-inc", 7),
                                                   WORKFLOW_VERDICT_RETURNED,
                                                   bytes_str("Thiếu số liệu mục III")},
                          &b);
    add_named(ops, "judge", &b);
    workflow_ask_encode(
        &(struct workflow_ask){key, id, bytes_str("2023-07-15"), bytes_str("Báo cáo đột xuất")},
        &b);
    add_named(ops, "ask", &b);
    workflow_correct_encode(&(struct workflow_correct){.key = key,
                                                       .id = id,
                                                       .indicator = bytes_str("I01"),
                                                       .value = bytes_str("female"),
                                                       .before = bytes_str("12"),
                                                       .after = bytes_str("11"),
                                                       .reason = bytes_str("tính trùng")},
                            &b);
    add_named(ops, "correct", &b);
    workflow_order_encode(&key, 2, &content);
    put_order("reopen", buf_bytes(&content), &order, &op);
    order_id(buf_bytes(&order), &again.order);
    describe_order(all, "reopen_order", buf_bytes(&content), &order, &op);
    workflow_reopen_encode(&again, &b);
    add_named(ops, "reopen", &b);
    buf_free(&b);
    buf_free(&content);
    buf_free(&order);
    buf_free(&op);
}

/* ---- messages (7.6) ---- */

static json_t *messages;

static void add_message(const char *name, unsigned type, struct buf *b)
{
    assert(b->e == ERR_OK);
    json_t *j = value_and_bytes(buf_bytes(b));
    vec_put(j, "name", json_string(name));
    vec_put_u64(j, "type", type);
    vec_add(messages, j);
    buf_clear(b);
}

static struct admin_receipt a_receipt(void)
{
    struct admin_receipt r = {.hub = hub_id,
                              .node = node_id,
                              .epoch = EPOCH,
                              .inc = inc_of("node-inc"),
                              .next_seq = 10,
                              .first_position = 20,
                              .last_position = 23};
    memset(r.chain.b, 0x59, 32);
    memset(r.position_hash.b, 0xA1, 32);
    return r;
}

static void add_repair(struct buf *b)
{
    struct admin_receipt r = a_receipt();
    struct message_proof p = {.has = true,
                              .epoch = r.epoch,
                              .inc = r.inc,
                              .next_seq = r.next_seq,
                              .chain = r.chain,
                              .first_position = r.first_position,
                              .last_position = r.last_position,
                              .position_hash = r.position_hash};
    admin_receipt_sign(&r, hub_log.secret, p.signature);
    message_pull_encode(&(struct message_pull){r.inc, 6}, b);
    add_message("PULL", MESSAGE_PULL, b);
    message_proof_encode(&p, b);
    add_message("PROOF", MESSAGE_PROOF, b);
    p.has = false;
    message_proof_encode(&p, b);
    add_message("PROOF of nothing", MESSAGE_PROOF, b);
    message_sets_encode(NULL, 0, b);
    add_message("end of OWN", MESSAGE_OWN, b);
}

static void add_feed(struct buf *b)
{
    struct message_set sets[2] = {set_message(&erasure_sets[0], 21),
                                  set_message(&erasure_sets[1], 24)};
    struct message_verdicts v[2] = {
        {inc_of("node-inc"), 4, 30, bytes_make("\0\1\2\3\4\5\6\x08\x40\x81\xc2", 11)},
        {inc_of("node-inc"), 2, 0, bytes_make("\x09", 1)},
    };
    struct message_erasures e = {.first = 1, .total = 2, .count = 2};
    struct message_record r = {rid_of(0xE0), bytes_str("26170"), 33, state_of_nothing()};
    message_sets_encode(sets, 2, b);
    add_message("SETS", MESSAGE_SETS, b);
    message_sets_encode(&sets[1], 1, b);
    add_message("GIVEBACK", MESSAGE_GIVEBACK, b);
    message_erasures_encode(&e, sets, b);
    add_message("ERASURES", MESSAGE_ERASURES, b);
    e = (struct message_erasures){.first = 1};
    message_erasures_encode(&e, NULL, b);
    add_message("ERASURES of an empty list", MESSAGE_ERASURES, b);
    message_verdicts_encode(v, 2, b);
    add_message("VERDICTS", MESSAGE_VERDICTS, b);
    message_records_encode(&r, 1, b);
    add_message("RECORDS", MESSAGE_RECORDS, b);
    message_refuse_encode(
        &(struct message_refuse){MESSAGE_OLD_INVITE, bytes_str("Lời mời đã hết hạn.")}, b);
    add_message("REFUSE", MESSAGE_REFUSE, b);
    message_page_encode(&(struct message_page){17, {1, 2, 3, 4, 5, 6, 7, 8}}, b);
    add_message("PAGE", MESSAGE_PAGE, b);
}

static void add_moves(struct buf *b)
{
    struct buf item[5];
    struct message_move m[5];
    struct id_record t = rid_of(0x40), r = rid_of(0x50);
    static const unsigned kinds[5] = {MOVE_ITEM_LEAVE, MOVE_ITEM_LEAVE, MOVE_ITEM_TRANSFER,
                                      MOVE_ITEM_CROSSED, MOVE_ITEM_SHARE};
    for (unsigned i = 0; i < 5; i++)
        buf_init(&item[i], BYTES_MAX);
    move_leave_encode(&(struct move_leave){r, true, bytes_str("26173"), state_of_nothing()},
                      &item[0]);
    move_leave_encode(&(struct move_leave){.record = t}, &item[1]);
    move_transfer_encode(&(struct move_transfer){t, r, 1, bytes_str("26170"), bytes_str("26173"),
                                                 MOVE_ACCEPTED, NOON, 15, bytes_str("chuyển chỗ ở"),
                                                 bytes_str("đã nhận")},
                         &item[2]);
    move_crossing_encode(&(struct move_crossing){r, version_of("node-inc", 7), 2,
                                                 bytes_str("26170"), MOVE_CROSSED_OPEN,
                                                 bytes_make("\x90", 1)},
                         &item[3]);
    move_shared_encode(&(struct move_shared){r, bytes_str("26176"), MOVE_READ}, &item[4]);
    for (unsigned i = 0; i < 5; i++)
        m[i] = (struct message_move){40 + i, kinds[i], buf_bytes(&item[i])};
    message_moves_encode(m, 5, b);
    add_message("MOVES", MESSAGE_MOVES, b);
    for (unsigned i = 0; i < 5; i++)
        buf_free(&item[i]);
}

static void make_messages(json_t *all)
{
    struct buf b;
    messages = json_array();
    buf_init(&b, BYTES_MAX);
    add_repair(&b);
    add_feed(&b);
    add_moves(&b);
    vec_put(all, "messages", messages);
    buf_free(&b);
}

/* ---- a proof (16) ---- */

static void make_section(struct buf *out)
{
    struct id_hash sets[2];
    struct id_record a = rid_of(0x10), c = rid_of(0x20);
    struct proof_cell cell = {.line = 3, .total = true, .count = 2};
    memset(sets[0].b, 0x33, 32);
    memset(sets[1].b, 0x44, 32);
    proof_section_begin(out, bytes_str("26170"), 2);
    proof_section_record(out, &a, sets, 2);
    proof_section_record(out, &c, sets, 1);
    proof_section_cells(out, 2);
    proof_section_cell(out, &cell);
    buf_add_le32(out, 0);
    buf_add_le32(out, 1);
    cell = (struct proof_cell){.line = 3, .value = bytes_str("female"), .count = 1};
    proof_section_cell(out, &cell);
    buf_add_le32(out, 1);
}

static void put_card(struct buf *card)
{
    struct admin_card c = {.serial = 2};
    memcpy(c.root_pk, root.public, 32);
    memcpy(c.log_pk, hub_log.public, 32);
    memcpy(c.transport_pk, hub_transport.public, 32);
    memcpy(c.sealing_pk, hub_sealing.public, 32);
    admin_card_make(&c, root.secret, card);
}

static void make_proof(json_t *all)
{
    struct buf section, leaves, card, payload, file;
    struct id_hash leaf, other;
    struct own_set set;
    json_t *j = json_object();
    struct admin_close c = {.report = bytes_str("RP04"),
                            .unit = bytes_str("735"),
                            .period = bytes_str("2023-6T"),
                            .issue = 2,
                            .cut_epoch = EPOCH,
                            .cut_position = 50,
                            .edition = 1,
                            .has_inputs = true,
                            .mode = ADMIN_CLOSE_SUPPLEMENT,
                            .missing = bytes_str("26173 26176")};
    struct proof p = {.figures = bytes_str("{\"figures\":[]}\n")};
    struct proof_checked checked;
    buf_init(&section, BYTES_MAX);
    buf_init(&leaves, BYTES_MAX);
    buf_init(&card, BYTES_MAX);
    buf_init(&payload, BYTES_MAX);
    buf_init(&file, BYTES_MAX);
    make_section(&section);
    proof_leaf(buf_bytes(&section), &leaf);
    memset(other.b, 0x77, 32);
    proof_leaves_add(&leaves, bytes_str("26170"), &leaf);
    proof_leaves_add(&leaves, bytes_str("26173"), &other);
    proof_root(buf_bytes(&leaves), &c.inputs);
    memset(c.cut_hash.b, 0xC0, 32);
    change_hash(p.figures, &c.figures);
    admin_close_encode(&c, &payload);
    own_set(&set, &payload, 1);
    put_card(&card);
    p.card = buf_bytes(&card);
    p.head = buf_bytes(&set.head);
    p.body = buf_bytes(&set.body);
    p.signature = BYTES_OF(set.signature);
    p.leaves = buf_bytes(&leaves);
    p.section = buf_bytes(&section);
    proof_write(&p, &file);
    OK(proof_check(&p, &hub_id, &checked));
    vec_put(j, "close", value_and_bytes(buf_bytes(&payload)));
    vec_put_hex(j, "inputs", c.inputs.b, 32);
    vec_put_buf(j, "file", &file);
    vec_put(all, "proof", j);
    own_free(&set);
    buf_free(&section);
    buf_free(&leaves);
    buf_free(&card);
    buf_free(&payload);
    buf_free(&file);
}

/* ---- a bundle (11), hub to node ---- */

static const char *counting(void)
{
    return "counting";
}

static void counting_fill(void *const p, const size_t len)
{
    vec_count_up(p, len, 0xD0);
}

static uint32_t counting_word(void)
{
    return 0;
}

static void make_bundle(json_t *all)
{
    static struct randombytes_implementation fixed = {
        .implementation_name = counting, .random = counting_word, .buf = counting_fill};
    struct link_keys keys = {hub_sealing.secret, hub_sealing.public};
    struct message_hello_hub hello = {.verdict = MESSAGE_GO,
                                      .epoch = EPOCH,
                                      .lineage = {{EPOCH, 1}},
                                      .lineage_count = 1,
                                      .upto = 23,
                                      .feed_count = 6,
                                      .clock_ms = NOON,
                                      .edition = 1};
    struct admin_receipt r = a_receipt();
    struct message_receipt receipt = {.inc = r.inc,
                                      .next_seq = r.next_seq,
                                      .first_position = 23,
                                      .last_position = 23,
                                      .position_hash = r.position_hash};
    struct message_end end = {.position = 23, .position_hash = r.position_hash, .records = 0};
    struct bundle *b;
    struct bytes file;
    struct buf body;
    uint8_t ephemeral[32];
    json_t *j = json_object(), *list = json_array();
    buf_init(&body, BYTES_MAX);
    r.first_position = 23;
    admin_receipt_sign(&r, hub_log.secret, receipt.signature);
    vec_count_up(ephemeral, 32, 0xD0);
    if (randombytes_set_implementation(&fixed) != 0) exit(1);
    message_hello_hub_encode(&hello, &body);
    OK(bundle_begin(&b, &hub_id, node_sealing.public, &keys, buf_bytes(&body), 1u << 20));
    vec_put_hex(j, "ephemeral", ephemeral, 32);
    vec_put(j, "hello", value_and_bytes(buf_bytes(&body)));
    for (unsigned i = 0; i < 3; i++) {
        static const unsigned types[] = {MESSAGE_RECEIPT, MESSAGE_PAGE, MESSAGE_END};
        buf_clear(&body);
        if (i == 0) message_receipt_encode(&receipt, &body);
        if (i == 1)
            message_page_encode(&(struct message_page){17, {1, 2, 3, 4, 5, 6, 7, 8}}, &body);
        if (i == 2) message_end_encode(&end, &body);
        OK(bundle_add(b, types[i], buf_bytes(&body)));
        json_t *m = value_and_bytes(buf_bytes(&body));
        vec_put_u64(m, "type", types[i]);
        vec_add(list, m);
    }
    vec_put(j, "messages", list);
    vec_put_hex(j, "handshake_hash", bundle_hash(b), 64);
    OK(bundle_finish(b, &file));
    vec_put_hex(j, "file", file.p, file.len);
    vec_put(all, "bundle", j);
    bundle_free(b);
    buf_free(&body);
}

/* ---- a code for a forgotten password (17) ---- */

static void make_reset(json_t *all)
{
    char code[RESET_CODE_ROOM];
    json_t *j = json_object();
    struct reset_about a = {.secret = hub_transport.secret,
                            .peer_pk = node_transport.public,
                            .hub = &hub_id,
                            .node = &node_id,
                            .name = bytes_str("nguyen thi lan"),
                            .challenge = "K7P2-9XQM"};
    OK(reset_code(&a, code));
    vec_put(j, "name", json_string("nguyen thi lan"));
    vec_put(j, "challenge", json_string(a.challenge));
    vec_put(j, "code", json_string(code));
    vec_put(all, "reset", j);
}

int main(void)
{
    json_t *all = json_object(), *ops = json_array();
    OK(key_ready());
    make_keys(all);
    make_folds(all);
    make_erasure(all, ops);
    make_key_ops(ops);
    make_moves(ops);
    make_workflow(all, ops);
    vec_put(all, "ops", ops);
    make_messages(all);
    make_proof(all);
    make_reset(all);
    make_bundle(all);
    own_free(&erasure_sets[0]);
    own_free(&erasure_sets[1]);
    int bad = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    for (unsigned i = 0; i < 2; i++)
        key_sign_free(&officers[i]);
    key_sign_free(&root);
    key_sign_free(&hub_log);
    key_sign_free(&node);
    key_sign_free(&next_log);
    key_sign_free(&next);
    key_box_free(&next_sealing);
    key_box_free(&next_transport);
    key_box_free(&hub_sealing);
    key_box_free(&node_sealing);
    key_box_free(&hub_transport);
    key_box_free(&node_transport);
    return bad == 0 && putchar('\n') != EOF ? 0 : 1;
}

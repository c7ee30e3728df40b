/*
 * Writes the test vectors of the protocol to standard output, as JSON (tests/vectors/README.md says
 * what each field is). Everything comes from the fixed numbers below: the same program gives the
 * same bytes.
 */
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/wire.h"
#include "tests/vectors/vec.h"

#include <assert.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAKE_BYTES_MAX = 100000 }; /* any one byte string of a vector */

struct make_key {
    uint8_t pk[32];
    uint8_t sk[64];
};

static struct make_key make_root, make_log, make_node;
static uint8_t make_hub_transport[32], make_hub_sealing[32], make_node_transport[32];
static uint8_t make_node_sealing[32];
static struct id_hash make_hub_id, make_node_id;

static json_t *make_sign_key(struct make_key *k, const char *name, uint8_t first)
{
    uint8_t seed[32];
    json_t *j = json_object();
    vec_count_up(seed, sizeof seed, first);
    crypto_sign_seed_keypair(k->pk, k->sk, seed);
    vec_put(j, "name", json_string(name));
    vec_put(j, "kind", json_string("Ed25519"));
    vec_put_hex(j, "secret", seed, sizeof seed);
    vec_put_hex(j, "public", k->pk, sizeof k->pk);
    return j;
}

static json_t *make_box_key(uint8_t pk[static 32], const char *name, uint8_t first)
{
    uint8_t scalar[32];
    json_t *j = json_object();
    vec_count_up(scalar, sizeof scalar, first);
    int bad = crypto_scalarmult_base(pk, scalar);
    assert(bad == 0);
    vec_put(j, "name", json_string(name));
    vec_put(j, "kind", json_string("X25519"));
    vec_put_hex(j, "secret", scalar, sizeof scalar);
    vec_put_hex(j, "public", pk, 32);
    return j;
}

static void make_keys(json_t *all)
{
    json_t *keys = json_array();
    vec_add(keys, make_sign_key(&make_root, "root", 0x00));
    vec_add(keys, make_sign_key(&make_log, "hub log", 0x20));
    vec_add(keys, make_sign_key(&make_node, "node", 0x40));
    vec_add(keys, make_box_key(make_hub_transport, "hub transport", 0x60));
    vec_add(keys, make_box_key(make_hub_sealing, "hub sealing", 0x80));
    vec_add(keys, make_box_key(make_node_transport, "node transport", 0xA0));
    vec_add(keys, make_box_key(make_node_sealing, "node sealing", 0xC0));
    vec_put(all, "keys", keys);
    change_hash(BYTES_OF(make_root.pk), &make_hub_id);
    change_hash(BYTES_OF(make_node.pk), &make_node_id);
    vec_put_hex(all, "hub_id", make_hub_id.b, 32);
    vec_put_hex(all, "node_id", make_node_id.b, 32);
}

/* One log being written: what the next set needs of the one before. */
struct make_log_state {
    const char *author;
    const struct make_key *key;
    struct id_hash node;
    struct id_inc inc;
    uint8_t root[16]; /* of block 0 of the seed tree */
    uint64_t seq;
    struct id_hash prev;
    json_t *sets;
    uint64_t position; /* P of all sets so far, both logs */
    struct id_hash *p;
};

static json_t *make_header(const struct change_head *h)
{
    json_t *j = json_object();
    vec_put_hex(j, "hub_id", h->hub.b, 32);
    vec_put_hex(j, "node_id", h->node.b, 32);
    vec_put_hex(j, "inc", h->inc.b, 8);
    vec_put_u64(j, "seq", h->seq);
    vec_put_hex(j, "person", h->person.b, 8);
    vec_put_hex(j, "prev", h->prev.b, 32);
    vec_put_u64(j, "clock", h->hlc);
    vec_put_u64(j, "epoch", h->epoch);
    vec_put_u64(j, "hub_seen", h->hub_seen);
    vec_put_hex(j, "hub_seen_hash", h->hub_seen_hash, 8);
    vec_put_u64(j, "edition", h->edition);
    vec_put_u64(j, "ops", h->ops);
    vec_put_u64(j, "flags", h->flags);
    vec_put_u64(j, "import", h->import);
    return j;
}

static json_t *make_op(const struct change_view *v, unsigned i)
{
    json_t *j = json_object();
    struct id_record rid;
    change_rid(v->seed, i, &rid);
    vec_put(j, "value", vec_value(v->payload[i]));
    vec_put_hex(j, "payload", v->payload[i].p, v->payload[i].len);
    vec_put_hex(j, "salt", v->salt[i], 16);
    vec_put_hex(j, "hash", v->head_bytes.p + CHANGE_HEADER_BYTES + i * CHANGE_ENTRY_BYTES, 32);
    vec_put_hex(j, "derived_id", rid.b, 16);
    return j;
}

/* The message under a set's signature, SPEC 4.8. */
static void put_signed(json_t *j, const struct change_view *v)
{
    struct buf m;
    buf_init(&m, 1000);
    buf_add_str(&m, "dongbo/set-sig/1");
    buf_add(&m, v->head.hub.b, 32);
    buf_add(&m, v->head.node.b, 32);
    buf_add(&m, v->head.inc.b, 8);
    buf_add_le64(&m, v->head.seq);
    buf_add(&m, v->hash.b, 32);
    vec_put_buf(j, "signed", &m);
    buf_free(&m);
}

/* The body after op `gone` was erased, SPEC 7.7. */
static void put_erased(json_t *j, const struct change_view *v, unsigned gone)
{
    struct buf b;
    buf_init(&b, CHANGE_BODY_BYTES_MAX);
    buf_add_u8(&b, 1);
    for (unsigned i = 0; i < v->head.ops; i++) {
        buf_add_u8(&b, i == gone ? 0 : 1);
        if (i == gone) continue;
        buf_add(&b, v->salt[i], 16);
        buf_add_bytes(&b, v->payload[i]);
    }
    vec_put_u64(j, "erased_op", gone);
    vec_put_buf(j, "erased_body", &b);
    buf_free(&b);
}

static void make_position(struct make_log_state *log, json_t *j, const struct id_hash *hash)
{
    uint8_t m[64];
    memcpy(m, log->p->b, 32);
    memcpy(m + 32, hash->b, 32);
    change_hash(BYTES_OF(m), log->p);
    log->position++;
    vec_put_u64(j, "position", log->position);
    vec_put_hex(j, "position_hash", log->p->b, 32);
}

static void make_describe(struct make_log_state *log, const char *name, struct bytes head,
                          struct bytes body)
{
    static struct change_view v;
    uint8_t sig[64];
    json_t *j = json_object(), *ops = json_array();
    if (change_open(head, body, &v) != ERR_OK || change_verify(&v) != ERR_OK) abort();
    struct id_version version = id_version_make(&v.head.inc, v.head.seq, &v.hash);
    vec_put(j, "name", json_string(name));
    vec_put(j, "author", json_string(log->author));
    vec_put(j, "header", make_header(&v.head));
    vec_put_hex(j, "block_root", log->root, 16);
    vec_put_hex(j, "seed", v.seed, 16);
    for (unsigned i = 0; i < v.head.ops; i++)
        vec_add(ops, make_op(&v, i));
    vec_put(j, "ops", ops);
    vec_put_hex(j, "head", head.p, head.len);
    vec_put_hex(j, "body", body.p, body.len);
    vec_put_hex(j, "hash", v.hash.b, 32);
    vec_put_hex(j, "version", version.b, 20);
    put_signed(j, &v);
    change_sign(log->key->sk, &v.head, &v.hash, sig);
    vec_put_hex(j, "signature", sig, 64);
    if (v.head.ops > 1) put_erased(j, &v, 1);
    make_position(log, j, &v.hash);
    vec_add(log->sets, j);
    log->prev = v.hash;
    log->seq++;
}

/* Sign a set of these payloads into the log and describe it; its version to `version`. */
static void make_set(struct make_log_state *log, const char *name, const struct buf *payloads,
                     size_t count, struct id_version *version)
{
    struct change_builder b;
    struct buf head, body;
    struct id_hash hash;
    uint8_t seed[16];
    struct change_head h = {
        .hub = make_hub_id,
        .node = log->node,
        .inc = log->inc,
        .seq = log->seq,
        .prev = log->prev,
        .hlc = ((UINT64_C(1685581200000) + 60000 * log->seq) << 16) + log->seq,
        .epoch = log->seq == 0 ? 0 : UINT64_C(0x0123456789abcdef),
        .hub_seen = log->seq == 0 ? 0 : 3,
        .edition = log->seq == 0 ? 0 : 1,
        .flags = log->seq == 3 ? CHANGE_FLAG_IMPORT_LAST : 0,
        .import = log->seq == 3 ? 77 : 0,
    };
    memcpy(h.person.b, "person-1", 8);
    if (log->seq > 0) memcpy(h.hub_seen_hash, "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8", 8);
    buf_init(&head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    change_tree_leaf(log->root, 6, (unsigned)(log->seq % 64), seed);
    change_begin(&b, &h, seed);
    for (size_t i = 0; i < count; i++)
        change_add(&b, buf_bytes(&payloads[i]));
    if (change_finish(&b, &head, &body, &hash) != ERR_OK) abort();
    if (version != NULL) *version = id_version_make(&h.inc, h.seq, &hash);
    make_describe(log, name, buf_bytes(&head), buf_bytes(&body));
    buf_free(&head);
    buf_free(&body);
}

/* The record id that op `index` of the log's next set derives. */
static struct id_record make_next_rid(const struct make_log_state *log, unsigned index)
{
    uint8_t seed[16];
    struct id_record rid;
    change_tree_leaf(log->root, 6, (unsigned)(log->seq % 64), seed);
    change_rid(seed, index, &rid);
    return rid;
}

static void make_op_payload(struct buf *out, enum change_kind kind, struct id_record rid,
                            unsigned type, struct change_write *writes, size_t count)
{
    struct change_op op = {kind, rid, type, writes, count};
    buf_init(out, MAKE_BYTES_MAX);
    change_op_encode(&op, out);
    assert(out->e == ERR_OK);
}

static void make_genesis(struct make_log_state *log, const char *name)
{
    struct admin_genesis g = {0};
    struct buf payload;
    memcpy(g.sign_pk, log->key->pk, 32);
    if (log->node.b[0] == make_node_id.b[0]) { /* the node: as if it had been restored */
        g.has_parent = true;
        memcpy(g.parent_inc.b, "old-inc.", 8);
        g.parent_seq = 300;
        memset(g.parent_hash.b, 0xEE, 32);
        g.reauthored_count = 1;
        memcpy(g.reauthored[0].inc.b, "old-inc.", 8);
        g.reauthored[0].first = 298;
        g.reauthored[0].last = 300;
        memset(g.reauthored[0].hash.b, 0xDD, 32);
    }
    buf_init(&payload, MAKE_BYTES_MAX);
    admin_genesis_encode(&g, &payload);
    make_set(log, name, &payload, 1, NULL);
    buf_free(&payload);
}

/* Create with three fields, then an edit that names its version. */
static void make_record_sets(struct make_log_state *log, struct id_record *person,
                             struct id_version *created)
{
    struct buf payload;
    *person = make_next_rid(log, 0);
    struct change_write create[] = {
        {.field = 1,
         .value = bytes_str("\xba"
                            "Nguyễn Thị Ngọc Ánh")},
        {.field = 2,
         .value = bytes_str("\xa7"
                            "1987-05")},
        {.field = 7, .value = bytes_str("\xce\x02\x80\xde\x80")},
    };
    make_op_payload(&payload, CHANGE_CREATE, *person, 1, create, 3);
    make_set(log, "create", &payload, 1, created);
    buf_free(&payload);
    struct change_write edit[] = {
        {.field = 2,
         .value = bytes_str("\xaa"
                            "1987-05-12"),
         .bases = BYTES_OF(created->b)},
    };
    make_op_payload(&payload, CHANGE_EDIT, *person, 1, edit, 1);
    make_set(log, "edit", &payload, 1, NULL);
    buf_free(&payload);
}

/* Three ops in one set: a record with a reference, an edit of elements, a create with own id. */
static void make_several(struct make_log_state *log, struct id_record person,
                         const struct id_version *created, struct id_version *version)
{
    struct buf payload[3], reference;
    struct id_record own;
    uint8_t two[40];
    memcpy(two, created->b, 20);
    memset(two + 20, 0xFF, 20);
    memcpy(own.b, "a random 16 byte", 16);
    buf_init(&reference, 100);
    wire_put_bin(&reference, BYTES_OF(person.b));
    struct change_write episode[] = {
        {.field = 1, .value = buf_bytes(&reference)},
        {.field = 2, .value = bytes_str("\xd1\xfe\xd4")},
        {.field = 3, .value = bytes_str("\xc3")},
    };
    make_op_payload(&payload[0], CHANGE_CREATE, make_next_rid(log, 0), 7, episode, 3);
    struct change_write elements[] = {
        {.field = 7, .value = bytes_str("\xc0"), .bases = BYTES_OF(two)},
        {.field = 9, .value = bytes_str("\xc3"), .element = bytes_str("học nghề")},
        {.field = 9,
         .value = bytes_str("\xc2"),
         .bases = BYTES_OF(created->b),
         .element = bytes_str("vay vốn")},
    };
    make_op_payload(&payload[1], CHANGE_EDIT, person, 1, elements, 3);
    struct change_write activity[] = {{.field = 4,
                                       .value = bytes_str("\xa5"
                                                          "12.75")}};
    make_op_payload(&payload[2], CHANGE_CREATE, own, 9, activity, 1);
    make_set(log, "several ops", payload, 3, version);
    for (unsigned i = 0; i < 3; i++)
        buf_free(&payload[i]);
    buf_free(&reference);
}

/* Delete of the record with one field: its heads have one version. */
static void make_delete(struct make_log_state *log, const struct id_version *version)
{
    struct buf payload;
    struct id_record rid;
    struct id_hash all;
    uint8_t digest[18] = {0xC4, 0x10};
    memcpy(rid.b, "a random 16 byte", 16);
    change_hash(BYTES_OF(version->b), &all);
    memcpy(digest + 2, all.b, 16);
    struct change_write write = {.field = 0, .value = BYTES_OF(digest)};
    make_op_payload(&payload, CHANGE_DELETE, rid, 9, &write, 1);
    make_set(log, "delete", &payload, 1, NULL);
    buf_free(&payload);
}

static struct admin_cert make_cert(void)
{
    struct admin_cert c = {.hub = make_hub_id, .node = make_node_id, .unit = "25933", .serial = 1};
    memcpy(c.sign_pk, make_node.pk, 32);
    memcpy(c.transport_pk, make_node_transport, 32);
    memcpy(c.sealing_pk, make_node_sealing, 32);
    return c;
}

/* The administrative ops, one of each, in one set of the hub's log. */
static void make_admin(struct make_log_state *log)
{
    struct buf payload[5], cert;
    struct admin_cert c = make_cert();
    struct admin_part part = {.parts = 1, .data = bytes_str("not really a zstd frame")};
    struct admin_edition edition = {.edition = 1, .archive_bytes = 4321, .parts = 1};
    memset(part.archive.b, 0xCA, 32);
    edition.archive = part.archive;
    for (unsigned i = 0; i < 5; i++)
        buf_init(&payload[i], MAKE_BYTES_MAX);
    buf_init(&cert, ADMIN_CERT_BYTES_MAX);
    admin_cert_make(&c, make_log.sk, &cert);
    struct admin_enrol enrol = {.node = make_node_id, .certificate = buf_bytes(&cert)};
    struct admin_revoke revoke = {.node = make_node_id, .reason = bytes_str("mất máy")};
    struct admin_close closing = {.report = bytes_str("RP04"),
                                  .unit = bytes_str("H731"),
                                  .period = bytes_str("2023-6T"),
                                  .issue = 1,
                                  .cut_epoch = UINT64_C(0x0123456789abcdef),
                                  .cut_position = 3,
                                  .edition = 1};
    memset(closing.cut_hash.b, 0xC0, 32);
    memset(closing.figures.b, 0xF1, 32);
    admin_part_encode(&part, &payload[0]);
    admin_edition_encode(&edition, &payload[1]);
    admin_enrol_encode(&enrol, &payload[2]);
    admin_revoke_encode(&revoke, &payload[3]);
    admin_close_encode(&closing, &payload[4]);
    make_set(log, "hub administration", payload, 5, NULL);
    for (unsigned i = 0; i < 5; i++)
        buf_free(&payload[i]);
    buf_free(&cert);
}

static void make_tree_vectors(json_t *all, const uint8_t root[static 16])
{
    static const unsigned places[][2] = {{6, 0}, {5, 32}, {3, 8}, {1, 62}, {0, 0}, {0, 1}, {0, 63}};
    json_t *tree = json_object(), *nodes = json_array();
    vec_put_hex(tree, "root", root, 16);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint8_t value[16];
        json_t *j = json_object();
        change_tree(root, places[i][0], places[i][1], value);
        vec_put_u64(j, "height", places[i][0]);
        vec_put_u64(j, "first", places[i][1]);
        vec_put_hex(j, "value", value, 16);
        vec_add(nodes, j);
    }
    vec_put(tree, "nodes", nodes);
    vec_put(all, "seed_tree", tree);
}

static void make_sets(json_t *all, struct id_hash *p, struct make_log_state *node)
{
    struct id_record person;
    struct id_version created, several;
    struct make_log_state hub = {
        .author = "hub log", .key = &make_log, .node = make_hub_id, .p = p};
    *node =
        (struct make_log_state){.author = "node", .key = &make_node, .node = make_node_id, .p = p};
    hub.sets = node->sets = json_array();
    memcpy(hub.inc.b, "hub-inc.", 8);
    memcpy(node->inc.b, "node-inc", 8);
    vec_count_up(hub.root, 16, 0xB0);
    vec_count_up(node->root, 16, 0xD0);
    make_tree_vectors(all, node->root);
    make_genesis(&hub, "hub genesis");
    make_admin(&hub);
    node->position = hub.position;
    make_genesis(node, "genesis");
    make_record_sets(node, &person, &created);
    make_several(node, person, &created, &several);
    make_delete(node, &several);
    vec_put(all, "change_sets", node->sets);
}

/* A card or certificate: what is signed, and the whole. */
static json_t *make_paper(const struct buf *whole)
{
    json_t *j = json_object();
    struct bytes content = bytes_make(whole->p, whole->len - 64);
    vec_put(j, "value", vec_value(content));
    vec_put_hex(j, "content", content.p, content.len);
    vec_put_hex(j, "signature", content.p + content.len, 64);
    vec_put_buf(j, "whole", whole);
    return j;
}

static void make_papers(json_t *all)
{
    struct buf b;
    struct admin_card card = {.serial = 2};
    struct admin_cert cert = make_cert();
    buf_init(&b, 1000);
    memcpy(card.root_pk, make_root.pk, 32);
    memcpy(card.log_pk, make_log.pk, 32);
    memcpy(card.transport_pk, make_hub_transport, 32);
    memcpy(card.sealing_pk, make_hub_sealing, 32);
    admin_card_make(&card, make_root.sk, &b);
    vec_put(all, "card", make_paper(&b));
    buf_clear(&b);
    admin_cert_make(&cert, make_log.sk, &b);
    vec_put(all, "certificate", make_paper(&b));
    buf_free(&b);
}

static void make_receipt(json_t *all, const struct make_log_state *node)
{
    uint8_t sig[64];
    json_t *j = json_object();
    struct admin_receipt r = {.hub = make_hub_id,
                              .node = make_node_id,
                              .epoch = UINT64_C(0x0123456789abcdef),
                              .inc = node->inc,
                              .next_seq = node->seq,
                              .chain = node->prev,
                              .first_position = 3,
                              .last_position = node->position,
                              .position_hash = *node->p};
    admin_receipt_sign(&r, make_log.sk, sig);
    vec_put_hex(j, "hub_id", r.hub.b, 32);
    vec_put_hex(j, "node_id", r.node.b, 32);
    vec_put_u64(j, "epoch", r.epoch);
    vec_put_hex(j, "inc", r.inc.b, 8);
    vec_put_u64(j, "next_seq", r.next_seq);
    vec_put_hex(j, "chain", r.chain.b, 32);
    vec_put_u64(j, "first_position", r.first_position);
    vec_put_u64(j, "last_position", r.last_position);
    vec_put_hex(j, "position_hash", r.position_hash.b, 32);
    vec_put_hex(j, "signature", sig, 64);
    vec_put(all, "receipt", j);
}

static void make_join(json_t *all)
{
    uint8_t handshake[64], sig[64];
    struct id_hash words;
    json_t *j = json_object();
    vec_count_up(handshake, sizeof handshake, 0x10);
    admin_join_sign(make_node.sk, &make_hub_id, handshake, make_node.pk, make_node_transport,
                    make_node_sealing, sig);
    admin_join_fingerprint(&make_hub_id, &make_node_id, make_node.pk, make_node_transport, &words);
    vec_put_hex(j, "handshake_hash", handshake, 64);
    vec_put_hex(j, "sign_pk", make_node.pk, 32);
    vec_put_hex(j, "transport_pk", make_node_transport, 32);
    vec_put_hex(j, "sealing_pk", make_node_sealing, 32);
    vec_put_hex(j, "signature", sig, 64);
    vec_put_hex(j, "fingerprint", words.b, 32);
    vec_put(all, "join", j);
}

static void make_invitation(json_t *all)
{
    struct buf text;
    json_t *j = json_object();
    struct admin_invite i = {
        .hub = make_hub_id, .address = "dongbo.vinhcuu.example:7421", .unit = "25933"};
    memcpy(i.transport_pk, make_hub_transport, 32);
    memcpy(i.sealing_pk, make_hub_sealing, 32);
    vec_count_up(i.token, 16, 0x70);
    buf_init(&text, 1000);
    admin_invite_encode(&i, &text);
    vec_put_hex(j, "hub_id", i.hub.b, 32);
    vec_put_hex(j, "transport_pk", i.transport_pk, 32);
    vec_put_hex(j, "sealing_pk", i.sealing_pk, 32);
    vec_put_hex(j, "token", i.token, 16);
    vec_put(j, "address", json_string(i.address));
    vec_put(j, "unit", json_string(i.unit));
    vec_put(j, "text", json_string(buf_cstr(&text)));
    vec_put(all, "invitation", j);
    buf_free(&text);
}

int main(void)
{
    struct id_hash p = {{0}};
    struct make_log_state node;
    if (sodium_init() < 0) return 1;
    json_t *all = json_object();
    make_keys(all);
    make_sets(all, &p, &node);
    make_papers(all);
    make_receipt(all, &node);
    make_join(all);
    make_invitation(all);
    int bad = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    return bad == 0 && putchar('\n') != EOF ? 0 : 1;
}

/* Claim: from the inputs in tests/vectors/vectors.json our code makes exactly the bytes that stand
 * there, and reads them back. */
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

enum { BYTES_MAX = 100000 };

static json_t *vectors;

static const char *text_of(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    if (s == NULL) print_error("no text \"%s\"\n", name);
    assert_non_null(s);
    return s;
}

static uint64_t number_of(const json_t *o, const char *name)
{
    const json_t *j = json_object_get(o, name);
    assert_true(json_is_integer(j));
    return (uint64_t)json_integer_value(j);
}

static void hex_of(const json_t *o, const char *name, uint8_t *out, size_t len)
{
    assert_int_equal(id_unhex(text_of(o, name), out, len), ERR_OK);
}

/* Bytes of any length; the caller frees the buffer. */
static void buf_of(const json_t *o, const char *name, struct buf *out)
{
    const char *hex = text_of(o, name);
    size_t len = strlen(hex) / 2;
    buf_init(out, BYTES_MAX);
    uint8_t *p = buf_room(out, len);
    assert_non_null(p);
    assert_int_equal(id_unhex(hex, p, len), ERR_OK);
}

static void assert_hex(const json_t *o, const char *name, struct bytes got)
{
    char *hex = malloc(2 * got.len + 1);
    assert_non_null(hex);
    id_hex(got, hex);
    assert_string_equal(hex, text_of(o, name));
    free(hex);
}

/* The msgpack of a JSON tree; {"bin": hex} is a bin. */
static void put_value(const json_t *j, struct buf *out)
{
    struct buf bin;
    size_t i;
    const json_t *item;
    switch (json_typeof(j)) {
    case JSON_NULL: wire_put_nil(out); return;
    case JSON_TRUE: wire_put_bool(out, true); return;
    case JSON_FALSE: wire_put_bool(out, false); return;
    case JSON_INTEGER: wire_put_int(out, json_integer_value(j)); return;
    case JSON_STRING:
        wire_put_str(out, bytes_make(json_string_value(j), json_string_length(j)));
        return;
    case JSON_OBJECT:
        buf_of(j, "bin", &bin);
        wire_put_bin(out, buf_bytes(&bin));
        buf_free(&bin);
        return;
    case JSON_ARRAY:
        wire_put_array(out, json_array_size(j));
        for (i = 0; i < json_array_size(j); i++) {
            item = json_array_get(j, i);
            put_value(item, out);
        }
        return;
    case JSON_REAL: break;
    }
    fail_msg("a vector holds a value the protocol does not have");
}

static void key_of(const char *name, uint8_t pk[static 32], uint8_t sk[static 64])
{
    const json_t *keys = json_object_get(vectors, "keys");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *k = json_array_get(keys, i);
        uint8_t secret[32];
        if (strcmp(text_of(k, "name"), name) != 0) continue;
        hex_of(k, "secret", secret, 32);
        if (strcmp(text_of(k, "kind"), "Ed25519") == 0)
            assert_int_equal(crypto_sign_seed_keypair(pk, sk, secret), 0);
        else
            assert_int_equal(crypto_scalarmult_base(pk, secret), 0);
        assert_hex(k, "public", bytes_make(pk, 32));
        return;
    }
    fail_msg("no key \"%s\"", name);
}

static struct change_head head_of(const json_t *j)
{
    struct change_head h = {0};
    hex_of(j, "hub_id", h.hub.b, 32);
    hex_of(j, "node_id", h.node.b, 32);
    hex_of(j, "inc", h.inc.b, 8);
    h.seq = number_of(j, "seq");
    hex_of(j, "person", h.person.b, 8);
    hex_of(j, "prev", h.prev.b, 32);
    h.hlc = number_of(j, "clock");
    h.epoch = number_of(j, "epoch");
    h.hub_seen = number_of(j, "hub_seen");
    hex_of(j, "hub_seen_hash", h.hub_seen_hash, 8);
    h.edition = (uint32_t)number_of(j, "edition");
    h.flags = (uint16_t)number_of(j, "flags");
    h.import = number_of(j, "import");
    return h;
}

/* Decode an administrative payload and encode it again. */
static void readmit(struct bytes payload, struct buf *out)
{
    static struct admin_genesis genesis;
    struct admin_part part;
    struct admin_edition edition;
    struct admin_enrol enrol;
    struct admin_revoke revoke;
    struct admin_close closing;
    switch (change_payload_kind(payload)) {
    case CHANGE_GENESIS:
        assert_int_equal(admin_genesis_decode(payload, &genesis), ERR_OK);
        admin_genesis_encode(&genesis, out);
        return;
    case CHANGE_CATALOGUE_PART:
        assert_int_equal(admin_part_decode(payload, &part), ERR_OK);
        admin_part_encode(&part, out);
        return;
    case CHANGE_CATALOGUE:
        assert_int_equal(admin_edition_decode(payload, &edition), ERR_OK);
        admin_edition_encode(&edition, out);
        return;
    case CHANGE_ENROL:
        assert_int_equal(admin_enrol_decode(payload, &enrol), ERR_OK);
        admin_enrol_encode(&enrol, out);
        return;
    case CHANGE_REVOKE:
        assert_int_equal(admin_revoke_decode(payload, &revoke), ERR_OK);
        admin_revoke_encode(&revoke, out);
        return;
    case CHANGE_CLOSE:
        assert_int_equal(admin_close_decode(payload, &closing), ERR_OK);
        admin_close_encode(&closing, out);
        return;
    default: fail_msg("unknown payload");
    }
}

/* The payload of one op: made from its JSON, and through our structs. */
static void rebuild_payload(const json_t *op, struct buf *payload)
{
    static struct change_write writes[CHANGE_WRITES_MAX];
    struct change_op decoded;
    struct buf again;
    buf_init(payload, BYTES_MAX);
    buf_init(&again, BYTES_MAX);
    put_value(json_object_get(op, "value"), payload);
    assert_hex(op, "payload", buf_bytes(payload));
    enum err e = change_op_decode(buf_bytes(payload), writes, &decoded);
    if (e == ERR_NOT_FOUND) {
        readmit(buf_bytes(payload), &again);
    } else {
        assert_int_equal(e, ERR_OK);
        change_op_encode(&decoded, &again);
    }
    assert_hex(op, "payload", buf_bytes(&again));
    buf_free(&again);
}

static void check_ops(const json_t *set, const struct change_view *view)
{
    const json_t *ops = json_object_get(set, "ops");
    for (unsigned i = 0; i < view->head.ops; i++) {
        const json_t *op = json_array_get(ops, i);
        struct id_record rid;
        change_rid(view->seed, i, &rid);
        assert_hex(op, "payload", view->payload[i]);
        assert_hex(op, "salt", BYTES_OF(view->salt[i]));
        assert_hex(op, "derived_id", BYTES_OF(rid.b));
        assert_hex(op, "hash", bytes_make(view->head_bytes.p + 184 + 36 * i, 32));
    }
}

static void check_erased(const json_t *set, const struct change_view *view)
{
    static struct change_view erased;
    struct buf body;
    buf_of(set, "erased_body", &body);
    assert_int_equal(change_open(view->head_bytes, buf_bytes(&body), &erased), ERR_OK);
    assert_int_equal(change_verify(&erased), ERR_OK);
    for (unsigned i = 0; i < view->head.ops; i++) {
        if (i == number_of(set, "erased_op"))
            assert_null(erased.payload[i].p);
        else
            assert_true(bytes_equal(erased.payload[i], view->payload[i]));
    }
    buf_free(&body);
}

static void check_signature(const json_t *set, const struct change_view *view)
{
    uint8_t pk[32], sk[64], sig[64];
    key_of(text_of(set, "author"), pk, sk);
    change_sign(sk, &view->head, &view->hash, sig);
    assert_hex(set, "signature", BYTES_OF(sig));
    assert_int_equal(change_check_signature(pk, &view->head, &view->hash, sig), ERR_OK);
}

static void rebuild_set(const json_t *set, struct buf *head, struct buf *body)
{
    struct change_builder b;
    struct id_hash hash;
    uint8_t root[16], seed[16];
    struct change_head h = head_of(json_object_get(set, "header"));
    const json_t *ops = json_object_get(set, "ops");
    hex_of(set, "block_root", root, 16);
    change_tree_leaf(root, 6, (unsigned)(h.seq % CHANGE_BLOCK_SETS), seed);
    assert_hex(set, "seed", BYTES_OF(seed));
    change_begin(&b, &h, seed);
    for (size_t i = 0; i < json_array_size(ops); i++) {
        struct buf payload;
        rebuild_payload(json_array_get(ops, i), &payload);
        change_add(&b, buf_bytes(&payload));
        buf_free(&payload);
    }
    buf_init(head, CHANGE_HEAD_BYTES_MAX);
    buf_init(body, CHANGE_BODY_BYTES_MAX);
    assert_int_equal(change_finish(&b, head, body, &hash), ERR_OK);
    assert_hex(set, "head", buf_bytes(head));
    assert_hex(set, "body", buf_bytes(body));
    assert_hex(set, "hash", BYTES_OF(hash.b));
}

static void every_change_set_is_rebuilt_byte_for_byte(void **state)
{
    (void)state;
    static struct change_view view;
    const json_t *sets = json_object_get(vectors, "change_sets");
    assert_int_equal(json_array_size(sets), 7);
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *set = json_array_get(sets, i);
        struct buf head, body;
        rebuild_set(set, &head, &body);
        assert_int_equal(change_open(buf_bytes(&head), buf_bytes(&body), &view), ERR_OK);
        assert_int_equal(change_verify(&view), ERR_OK);
        struct id_version version = id_version_make(&view.head.inc, view.head.seq, &view.hash);
        assert_hex(set, "version", BYTES_OF(version.b));
        check_ops(set, &view);
        check_signature(set, &view);
        if (view.head.ops > 1) check_erased(set, &view);
        buf_free(&head);
        buf_free(&body);
    }
}

static void the_seed_tree_has_the_nodes_of_the_vectors(void **state)
{
    (void)state;
    const json_t *tree = json_object_get(vectors, "seed_tree");
    const json_t *nodes = json_object_get(tree, "nodes");
    uint8_t root[16], value[16];
    hex_of(tree, "root", root, 16);
    assert_int_equal(json_array_size(nodes), 7);
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        const json_t *node = json_array_get(nodes, i);
        unsigned height = (unsigned)number_of(node, "height");
        change_tree(root, height, (unsigned)number_of(node, "first"), value);
        assert_hex(node, "value", BYTES_OF(value));
    }
}

static void the_card_is_remade(void **state)
{
    (void)state;
    const json_t *j = json_object_get(vectors, "card");
    struct buf whole, again;
    struct admin_card card;
    struct id_hash hub;
    uint8_t pk[32], sk[64];
    key_of("root", pk, sk);
    hex_of(vectors, "hub_id", hub.b, 32);
    buf_of(j, "whole", &whole);
    assert_int_equal(admin_card_open(buf_bytes(&whole), &hub, &card), ERR_OK);
    assert_memory_equal(card.root_pk, pk, 32);
    assert_int_equal(card.serial, 2);
    buf_init(&again, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&card, sk, &again);
    assert_hex(j, "whole", buf_bytes(&again));
    buf_clear(&again);
    put_value(json_object_get(j, "value"), &again);
    assert_hex(j, "content", buf_bytes(&again));
    buf_free(&whole);
    buf_free(&again);
}

static void the_certificate_is_remade(void **state)
{
    (void)state;
    const json_t *j = json_object_get(vectors, "certificate");
    struct buf whole, again;
    struct admin_cert cert;
    struct id_hash hub;
    uint8_t pk[32], sk[64];
    key_of("hub log", pk, sk);
    hex_of(vectors, "hub_id", hub.b, 32);
    buf_of(j, "whole", &whole);
    assert_int_equal(admin_cert_open(buf_bytes(&whole), &hub, pk, &cert), ERR_OK);
    assert_hex(vectors, "node_id", BYTES_OF(cert.node.b));
    assert_string_equal(cert.unit, "25933");
    buf_init(&again, ADMIN_CERT_BYTES_MAX);
    admin_cert_make(&cert, sk, &again);
    assert_hex(j, "whole", buf_bytes(&again));
    buf_clear(&again);
    put_value(json_object_get(j, "value"), &again);
    assert_hex(j, "content", buf_bytes(&again));
    buf_free(&whole);
    buf_free(&again);
}

static void the_receipt_is_signed_again(void **state)
{
    (void)state;
    const json_t *j = json_object_get(vectors, "receipt");
    struct admin_receipt r;
    uint8_t pk[32], sk[64], sig[64];
    key_of("hub log", pk, sk);
    hex_of(j, "hub_id", r.hub.b, 32);
    hex_of(j, "node_id", r.node.b, 32);
    r.epoch = number_of(j, "epoch");
    hex_of(j, "inc", r.inc.b, 8);
    r.next_seq = number_of(j, "next_seq");
    hex_of(j, "chain", r.chain.b, 32);
    r.first_position = number_of(j, "first_position");
    r.last_position = number_of(j, "last_position");
    hex_of(j, "position_hash", r.position_hash.b, 32);
    admin_receipt_sign(&r, sk, sig);
    assert_hex(j, "signature", BYTES_OF(sig));
    assert_int_equal(admin_receipt_check(&r, pk, sig), ERR_OK);
}

static void the_join_proof_is_signed_again(void **state)
{
    (void)state;
    const json_t *j = json_object_get(vectors, "join");
    struct id_hash hub, node, words;
    uint8_t pk[32], sk[64], sig[64], handshake[64], transport[32], sealing[32];
    uint8_t unused[64];
    key_of("node", pk, sk);
    key_of("node transport", transport, unused);
    key_of("node sealing", sealing, unused);
    hex_of(vectors, "hub_id", hub.b, 32);
    hex_of(vectors, "node_id", node.b, 32);
    hex_of(j, "handshake_hash", handshake, 64);
    admin_join_sign(sk, &hub, handshake, pk, transport, sealing, sig);
    assert_hex(j, "signature", BYTES_OF(sig));
    admin_join_fingerprint(&hub, &node, pk, transport, &words);
    assert_hex(j, "fingerprint", BYTES_OF(words.b));
}

static void the_invitation_is_written_again(void **state)
{
    (void)state;
    const json_t *j = json_object_get(vectors, "invitation");
    struct admin_invite i;
    struct buf text;
    assert_int_equal(admin_invite_decode(text_of(j, "text"), &i), ERR_OK);
    assert_hex(j, "hub_id", BYTES_OF(i.hub.b));
    assert_hex(j, "transport_pk", BYTES_OF(i.transport_pk));
    assert_hex(j, "sealing_pk", BYTES_OF(i.sealing_pk));
    assert_hex(j, "token", BYTES_OF(i.token));
    assert_string_equal(i.address, text_of(j, "address"));
    assert_string_equal(i.unit, text_of(j, "unit"));
    buf_init(&text, 1000);
    admin_invite_encode(&i, &text);
    assert_string_equal(buf_cstr(&text), text_of(j, "text"));
    buf_free(&text);
}

static int setup(void **state)
{
    (void)state;
    json_error_t why;
    if (sodium_init() < 0) return -1;
    vectors = json_load_file(DONGBO_SOURCE_DIR "/tests/vectors/vectors.json", 0, &why);
    if (vectors == NULL) print_error("vectors.json: %s\n", why.text);
    return vectors == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_set_is_rebuilt_byte_for_byte),
        cmocka_unit_test(the_seed_tree_has_the_nodes_of_the_vectors),
        cmocka_unit_test(the_card_is_remade),
        cmocka_unit_test(the_certificate_is_remade),
        cmocka_unit_test(the_receipt_is_signed_again),
        cmocka_unit_test(the_join_proof_is_signed_again),
        cmocka_unit_test(the_invitation_is_written_again),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

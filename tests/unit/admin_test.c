/* Claims about proto/admin: payloads decode to what was encoded and only from it; papers and proofs
 * are believed only with the right key over the right bytes. */
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

static uint8_t root_pk[32], root_sk[64], log_pk[32], log_sk[64];
static struct id_hash hub_id;

static int setup(void **state)
{
    (void)state;
    static const uint8_t one[32] = {1}, two[32] = {2};
    if (sodium_init() < 0) return -1;
    crypto_sign_seed_keypair(root_pk, root_sk, one);
    crypto_sign_seed_keypair(log_pk, log_sk, two);
    change_hash(BYTES_OF(root_pk), &hub_id);
    return 0;
}

/* Decoders behind one shape, so that every one meets the same bad bytes. The result is what was
 * decoded, encoded again. */
typedef enum err again_fn(struct bytes in, struct buf *out);

#define AGAIN(name)                                                                                \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        static struct admin_##name v;                                                              \
        enum err e = admin_##name##_decode(in, &v);                                                \
        if (e == ERR_OK) admin_##name##_encode(&v, out);                                           \
        return e;                                                                                  \
    }
AGAIN(genesis)
AGAIN(part)
AGAIN(edition)
AGAIN(enrol)
AGAIN(revoke)
AGAIN(close)

/* Decoding an exact-size copy. */
static enum err decode_copy(again_fn *again, const uint8_t *p, size_t len, struct buf *out)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0) memcpy(copy, p, len);
    enum err e = again(bytes_make(copy, len), out);
    free(copy);
    return e;
}

/* It round-trips; every prefix, a longer one and another kind are refused; a flipped bit is refused
 * or gives the flipped bytes again. */
static void assert_strict(again_fn *again, const struct buf *payload)
{
    struct buf out;
    buf_init(&out, 100000);
    assert_int_equal(payload->e, ERR_OK);
    assert_int_equal(decode_copy(again, payload->p, payload->len, &out), ERR_OK);
    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(payload)));
    for (size_t len = 0; len < payload->len; len++)
        assert_int_equal(decode_copy(again, payload->p, len, &out), ERR_BAD_FORMAT);
    uint8_t *copy = malloc(payload->len + 1);
    assert_non_null(copy);
    memcpy(copy, payload->p, payload->len);
    copy[payload->len] = 0;
    assert_int_equal(again(bytes_make(copy, payload->len + 1), &out), ERR_BAD_FORMAT);
    copy[1] ^= 1;
    assert_int_equal(again(bytes_make(copy, payload->len), &out), ERR_BAD_FORMAT);
    copy[1] ^= 1;
    for (size_t bit = 0; bit < 8 * payload->len && bit < 4000; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        buf_clear(&out);
        enum err e = again(bytes_make(copy, payload->len), &out);
        if (e == ERR_OK)
            assert_true(bytes_equal(buf_bytes(&out), bytes_make(copy, payload->len)));
        else
            assert_int_equal(e, ERR_BAD_FORMAT);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    free(copy);
    buf_free(&out);
}

static struct admin_genesis genesis; /* large */

static void a_genesis_is_read_strictly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    memset(&genesis, 0, sizeof genesis);
    memset(genesis.sign_pk, 7, 32);
    admin_genesis_encode(&genesis, &b);
    assert_strict(again_genesis, &b);
    genesis.has_parent = true;
    genesis.parent_seq = UINT64_MAX;
    genesis.reauthored_count = ADMIN_REAUTHORED_MAX;
    for (size_t i = 0; i < ADMIN_REAUTHORED_MAX; i++) {
        genesis.reauthored[i].first = i;
        genesis.reauthored[i].last = 1000 * i;
    }
    buf_clear(&b);
    admin_genesis_encode(&genesis, &b);
    assert_strict(again_genesis, &b);
    genesis.reauthored[3].last = 2; /* ends before it begins */
    buf_clear(&b);
    admin_genesis_encode(&genesis, &b);
    assert_int_equal(admin_genesis_decode(buf_bytes(&b), &genesis), ERR_BAD_FORMAT);
    buf_free(&b);
}

static void a_genesis_re_authors_at_most_its_limit(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    struct buf b;
    buf_init(&b, 100000);
    for (size_t over = 0; over < 2; over++) {
        buf_clear(&b);
        wire_put_array(&b, 4);
        wire_put_uint(&b, CHANGE_GENESIS);
        wire_put_bin(&b, BYTES_OF(zeros));
        wire_put_nil(&b);
        wire_put_array(&b, ADMIN_REAUTHORED_MAX + over);
        for (size_t i = 0; i < ADMIN_REAUTHORED_MAX + over; i++) {
            wire_put_array(&b, 4);
            wire_put_bin(&b, bytes_make(zeros, 8));
            wire_put_uint(&b, 0);
            wire_put_uint(&b, 0);
            wire_put_bin(&b, BYTES_OF(zeros));
        }
        enum err e = admin_genesis_decode(buf_bytes(&b), &genesis);
        assert_int_equal(e, over == 0 ? ERR_OK : ERR_BAD_FORMAT);
    }
    buf_free(&b);
}

static void put_part(struct buf *b, uint64_t index, uint64_t parts, size_t data)
{
    static const uint8_t zeros[ADMIN_PART_BYTES_MAX + 1];
    buf_clear(b);
    wire_put_array(b, 5);
    wire_put_uint(b, CHANGE_CATALOGUE_PART);
    wire_put_bin(b, bytes_make(zeros, 32));
    wire_put_uint(b, index);
    wire_put_uint(b, parts);
    wire_put_bin(b, bytes_make(zeros, data));
}

static void a_catalogue_part_holds_its_limits(void **state)
{
    (void)state;
    static const struct {
        uint64_t index, parts;
        size_t data;
        enum err e;
    } cases[] = {
        {0, 1, 1, ERR_OK},
        {0, 1, 0, ERR_BAD_FORMAT},
        {1, 1, 1, ERR_BAD_FORMAT},
        {0, 0, 1, ERR_BAD_FORMAT},
        {ADMIN_PARTS_MAX - 1, ADMIN_PARTS_MAX, ADMIN_PART_BYTES_MAX, ERR_OK},
        {ADMIN_PARTS_MAX - 1, ADMIN_PARTS_MAX + 1, 1, ERR_BAD_FORMAT},
        {ADMIN_PARTS_MAX, ADMIN_PARTS_MAX, 1, ERR_BAD_FORMAT},
        {0, 1, ADMIN_PART_BYTES_MAX + 1, ERR_BAD_FORMAT},
    };
    struct buf b;
    struct admin_part part;
    buf_init(&b, 100000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_part(&b, cases[i].index, cases[i].parts, cases[i].data);
        assert_int_equal(admin_part_decode(buf_bytes(&b), &part), cases[i].e);
    }
    put_part(&b, 3, 9, 500);
    assert_strict(again_part, &b);
    buf_free(&b);
}

static void the_other_payloads_are_read_strictly(void **state)
{
    (void)state;
    static const uint8_t cert[ADMIN_CERT_BYTES_MAX + 1] = {1, 2, 3};
    struct buf b;
    buf_init(&b, 100000);
    struct admin_edition edition = {.edition = 3, .archive_bytes = 4u << 20, .parts = 100};
    admin_edition_encode(&edition, &b);
    assert_strict(again_edition, &b);
    buf_clear(&b);
    struct admin_enrol enrol = {.certificate = bytes_make(cert, ADMIN_CERT_BYTES_MAX)};
    admin_enrol_encode(&enrol, &b);
    assert_strict(again_enrol, &b);
    buf_clear(&b);
    enrol.certificate.len++;
    admin_enrol_encode(&enrol, &b);
    assert_int_equal(admin_enrol_decode(buf_bytes(&b), &enrol), ERR_BAD_FORMAT);
    buf_clear(&b);
    struct admin_revoke revoke = {.reason = bytes_str("mất máy tính")};
    admin_revoke_encode(&revoke, &b);
    assert_strict(again_revoke, &b);
    buf_clear(&b);
    struct admin_close closing = {.report = bytes_str("RP04"),
                                  .unit = bytes_str("731"),
                                  .period = bytes_str("2023-6T"),
                                  .issue = 2,
                                  .cut_epoch = UINT64_MAX,
                                  .cut_position = 70000,
                                  .edition = UINT32_MAX};
    admin_close_encode(&closing, &b);
    assert_strict(again_close, &b);
    buf_clear(&b);
    closing.has_inputs = true;
    memset(closing.inputs.b, 0x1d, sizeof closing.inputs.b);
    admin_close_encode(&closing, &b);
    assert_strict(again_close, &b);
    struct admin_close read;
    assert_int_equal(admin_close_decode(buf_bytes(&b), &read), ERR_OK);
    assert_true(read.has_inputs && ID_EQUAL(&read.inputs, &closing.inputs));
    buf_free(&b);
}

static void an_edition_counts_from_one_and_fits_an_archive(void **state)
{
    (void)state;
    static const struct {
        uint64_t edition, bytes, parts;
        enum err e;
    } cases[] = {{1, 4194304, ADMIN_PARTS_MAX, ERR_OK}, {0, 1, 1, ERR_BAD_FORMAT},
                 {1, 4194305, 1, ERR_BAD_FORMAT},       {1, 1, 0, ERR_BAD_FORMAT},
                 {1, 1, 257, ERR_BAD_FORMAT},           {UINT64_C(1) << 32, 1, 1, ERR_BAD_FORMAT}};
    static const uint8_t zeros[32];
    struct buf b;
    struct admin_edition edition;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&b);
        wire_put_array(&b, 5);
        wire_put_uint(&b, CHANGE_CATALOGUE);
        wire_put_uint(&b, cases[i].edition);
        wire_put_bin(&b, BYTES_OF(zeros));
        wire_put_uint(&b, cases[i].bytes);
        wire_put_uint(&b, cases[i].parts);
        assert_int_equal(admin_edition_decode(buf_bytes(&b), &edition), cases[i].e);
    }
    buf_free(&b);
}

/* The largest card and certificate there can be. */
static struct admin_card a_card(void)
{
    struct admin_card c = {.serial = UINT32_MAX};
    memcpy(c.root_pk, root_pk, 32);
    memcpy(c.log_pk, log_pk, 32);
    memset(c.transport_pk, 3, 32);
    memset(c.sealing_pk, 4, 32);
    return c;
}

static struct admin_cert a_cert(void)
{
    struct admin_cert c = {.hub = hub_id, .unit = "1234567890123456", .serial = UINT32_MAX};
    memset(c.node.b, 5, 32);
    memset(c.sign_pk, 6, 32);
    memset(c.transport_pk, 7, 32);
    memset(c.sealing_pk, 8, 32);
    return c;
}

static enum err open_card(struct bytes card)
{
    struct admin_card c;
    return admin_card_open(card, &hub_id, &c);
}

static enum err open_cert(struct bytes cert)
{
    struct admin_cert c;
    return admin_cert_open(cert, &hub_id, log_pk, &c);
}

/* No bit of a paper may differ, and no byte may be missing or too many. */
static void assert_paper(enum err (*open)(struct bytes), struct buf *b)
{
    assert_int_equal(open(buf_bytes(b)), ERR_OK);
    for (size_t bit = 0; bit < 8 * b->len; bit++) {
        b->p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        enum err e = open(buf_bytes(b));
        assert_true(e == ERR_BAD_FORMAT || e == ERR_WRONG_HUB || e == ERR_BAD_SIGNATURE);
        b->p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t len = 0; len < b->len; len++) {
        uint8_t *copy = malloc(len > 0 ? len : 1);
        assert_non_null(copy);
        memcpy(copy, b->p, len);
        assert_int_equal(open(bytes_make(copy, len)), ERR_BAD_FORMAT);
        free(copy);
    }
    buf_add_u8(b, 0);
    assert_int_equal(open(buf_bytes(b)), ERR_BAD_FORMAT);
}

static void a_card_is_believed_only_from_its_root(void **state)
{
    (void)state;
    struct buf b;
    struct admin_card c = a_card(), out;
    struct id_hash other = {{9}};
    buf_init(&b, 1000);
    buf_add_str(&b, "before"); /* it appends */
    admin_card_make(&c, root_sk, &b);
    buf_drop(&b, 6);
    assert_true(b.len <= ADMIN_CARD_BYTES_MAX);
    assert_int_equal(admin_card_open(buf_bytes(&b), &hub_id, &out), ERR_OK);
    assert_memory_equal(&out, &c, sizeof c);
    assert_int_equal(admin_card_open(buf_bytes(&b), &other, &out), ERR_WRONG_HUB);
    assert_paper(open_card, &b);
    buf_clear(&b);
    admin_card_make(&c, log_sk, &b); /* signed by a key that is not the root */
    assert_int_equal(admin_card_open(buf_bytes(&b), &hub_id, &out), ERR_BAD_SIGNATURE);
    buf_free(&b);
}

static void a_certificate_is_believed_only_from_the_log_key(void **state)
{
    (void)state;
    struct buf b;
    struct admin_cert c = a_cert(), out = {.serial = 1};
    struct id_hash other = {{9}};
    buf_init(&b, 1000);
    admin_cert_make(&c, log_sk, &b);
    assert_true(b.len <= ADMIN_CERT_BYTES_MAX);
    assert_int_equal(admin_cert_open(buf_bytes(&b), &other, log_pk, &out), ERR_WRONG_HUB);
    assert_int_equal(admin_cert_open(buf_bytes(&b), &hub_id, root_pk, &out), ERR_BAD_SIGNATURE);
    assert_int_equal(out.serial, 1); /* untouched */
    assert_int_equal(admin_cert_open(buf_bytes(&b), &hub_id, log_pk, &out), ERR_OK);
    assert_memory_equal(out.node.b, c.node.b, 32);
    assert_memory_equal(out.sign_pk, c.sign_pk, 32);
    assert_memory_equal(out.transport_pk, c.transport_pk, 32);
    assert_memory_equal(out.sealing_pk, c.sealing_pk, 32);
    assert_string_equal(out.unit, c.unit);
    assert_int_equal(out.serial, UINT32_MAX);
    assert_paper(open_cert, &b);
    buf_free(&b);
}

static void a_receipt_covers_every_field(void **state)
{
    (void)state;
    struct admin_receipt r = {.hub = hub_id, .epoch = 1, .next_seq = 2, .first_position = 3};
    uint8_t sig[64];
    admin_receipt_sign(&r, log_sk, sig);
    assert_int_equal(admin_receipt_check(&r, log_pk, sig), ERR_OK);
    assert_int_equal(admin_receipt_check(&r, root_pk, sig), ERR_BAD_SIGNATURE);
    struct {
        uint8_t *p;
        size_t len;
    } fields[] = {{r.hub.b, 32},
                  {r.node.b, 32},
                  {(uint8_t *)&r.epoch, 8},
                  {r.inc.b, 8},
                  {(uint8_t *)&r.next_seq, 8},
                  {r.chain.b, 32},
                  {(uint8_t *)&r.first_position, 8},
                  {(uint8_t *)&r.last_position, 8},
                  {r.position_hash.b, 32}};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (size_t i = 0; i < fields[f].len; i++) {
            fields[f].p[i] ^= 1;
            assert_int_equal(admin_receipt_check(&r, log_pk, sig), ERR_BAD_SIGNATURE);
            fields[f].p[i] ^= 1;
        }
    }
    assert_int_equal(admin_receipt_check(&r, log_pk, sig), ERR_OK);
}

static void a_join_proof_binds_hub_handshake_and_keys(void **state)
{
    (void)state;
    uint8_t hash[64] = {1}, transport[32] = {2}, sealing[32] = {3}, sig[64];
    struct id_hash other = {{9}}, first, second;
    admin_join_sign(log_sk, &hub_id, hash, log_pk, transport, sealing, sig);
    assert_int_equal(admin_join_check(&hub_id, hash, log_pk, transport, sealing, sig), ERR_OK);
    assert_int_equal(admin_join_check(&other, hash, log_pk, transport, sealing, sig),
                     ERR_BAD_SIGNATURE);
    assert_int_equal(admin_join_check(&hub_id, hash, root_pk, transport, sealing, sig),
                     ERR_BAD_SIGNATURE);
    admin_join_fingerprint(&hub_id, &other, log_pk, transport, &first);
    hash[63] ^= 1;
    assert_int_equal(admin_join_check(&hub_id, hash, log_pk, transport, sealing, sig),
                     ERR_BAD_SIGNATURE);
    hash[63] ^= 1;
    sealing[0] ^= 1;
    assert_int_equal(admin_join_check(&hub_id, hash, log_pk, transport, sealing, sig),
                     ERR_BAD_SIGNATURE);
    sealing[0] ^= 1;
    transport[0] ^= 1;
    assert_int_equal(admin_join_check(&hub_id, hash, log_pk, transport, sealing, sig),
                     ERR_BAD_SIGNATURE);
    admin_join_fingerprint(&hub_id, &other, log_pk, transport, &second);
    assert_memory_not_equal(first.b, second.b, 32);
}

static void an_invitation_survives_being_pasted(void **state)
{
    (void)state;
    struct admin_invite i = {.hub = hub_id, .unit = "1234567890123456"}, out;
    struct buf b, broken;
    memset(i.address, 'h', ADMIN_ADDRESS_BYTES_MAX);
    buf_init(&b, 10000);
    buf_init(&broken, 10000);
    admin_invite_encode(&i, &b);
    assert_int_equal(admin_invite_decode(buf_cstr(&b), &out), ERR_OK);
    assert_memory_equal(&out, &i, sizeof i);
    buf_add_str(&broken, "\n  ");
    for (size_t at = 0; at < b.len; at++) {
        buf_add_u8(&broken, b.p[at]);
        if (at % 60 == 59) buf_add_str(&broken, "\r\n");
    }
    buf_add_str(&broken, " \n");
    assert_int_equal(admin_invite_decode(buf_cstr(&broken), &out), ERR_OK);
    assert_memory_equal(&out, &i, sizeof i);
    buf_free(&b);
    buf_free(&broken);
}

static void a_mistyped_invitation_is_bad_input(void **state)
{
    (void)state;
    struct admin_invite i = {.hub = hub_id, .address = "hub.example:7421", .unit = "25933"}, out;
    struct buf b;
    char text[1100];
    buf_init(&b, 10000);
    admin_invite_encode(&i, &b);
    for (size_t len = 0; len < b.len; len++) { /* cut */
        memcpy(text, b.p, len);
        text[len] = '\0';
        assert_int_equal(admin_invite_decode(text, &out), ERR_BAD_INPUT);
    }
    memcpy(text, buf_cstr(&b), b.len + 1);
    for (size_t at = 0; at < b.len; at++) {
        text[at] = '!';
        assert_int_equal(admin_invite_decode(text, &out), ERR_BAD_INPUT);
        text[at] = (char)b.p[at];
    }
    memset(text, 'A', sizeof text - 1);
    memcpy(text, "dongbo1:", 8);
    text[sizeof text - 1] = '\0';
    assert_int_equal(admin_invite_decode(text, &out), ERR_BAD_INPUT);
    assert_int_equal(admin_invite_decode("", &out), ERR_BAD_INPUT);
    assert_int_equal(admin_invite_decode("dongbo1:", &out), ERR_BAD_INPUT);
    memcpy(i.address, "a b:1", 6); /* blanks inside an address */
    buf_clear(&b);
    admin_invite_encode(&i, &b);
    assert_int_equal(admin_invite_decode(buf_cstr(&b), &out), ERR_BAD_INPUT);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_genesis_is_read_strictly),
        cmocka_unit_test(a_genesis_re_authors_at_most_its_limit),
        cmocka_unit_test(a_catalogue_part_holds_its_limits),
        cmocka_unit_test(the_other_payloads_are_read_strictly),
        cmocka_unit_test(an_edition_counts_from_one_and_fits_an_archive),
        cmocka_unit_test(a_card_is_believed_only_from_its_root),
        cmocka_unit_test(a_certificate_is_believed_only_from_the_log_key),
        cmocka_unit_test(a_receipt_covers_every_field),
        cmocka_unit_test(a_join_proof_binds_hub_handshake_and_keys),
        cmocka_unit_test(an_invitation_survives_being_pasted),
        cmocka_unit_test(a_mistyped_invitation_is_bad_input),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

/* Claims about proto/change: what is built opens and verifies, every damage is seen, every limit
 * holds. */
#include "proto/change.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

static uint64_t rng_state;

static uint64_t rng(void) /* splitmix64 */
{
    uint64_t z = (rng_state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t n)
{
    return rng() % n;
}

static void rng_seed(const char *what)
{
    const char *given = getenv("DONGBO_SEED");
    rng_state = given != NULL ? strtoull(given, NULL, 0) : 20230601;
    printf("%s: DONGBO_SEED=%llu\n", what, (unsigned long long)rng_state);
}

static const uint8_t test_seed[16] = "0123456789abcde";

static struct change_head a_head(uint64_t seq)
{
    struct change_head h = {.seq = seq,
                            .hlc = UINT64_C(1685577600000) << 16,
                            .epoch = 7,
                            .hub_seen = 41,
                            .edition = 3,
                            .flags = CHANGE_FLAG_IMPORT_LAST,
                            .import = 99};
    memset(h.hub.b, 0x11, sizeof h.hub.b);
    memset(h.node.b, 0x22, sizeof h.node.b);
    memset(h.inc.b, 0x33, sizeof h.inc.b);
    memset(h.person.b, 0x44, sizeof h.person.b);
    if (seq > 0) memset(h.prev.b, 0x55, sizeof h.prev.b);
    memset(h.hub_seen_hash, 0x66, sizeof h.hub_seen_hash);
    return h;
}

struct set { /* a built set and the view of it; static: the view is large */
    struct buf head;
    struct buf body;
    struct id_hash hash;
};

static struct change_view view;

static void set_build(struct set *s, const struct change_head *h, const struct bytes *payloads,
                      size_t count)
{
    struct change_builder b;
    buf_init(&s->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&s->body, CHANGE_BODY_BYTES_MAX);
    change_begin(&b, h, test_seed);
    for (size_t i = 0; i < count; i++)
        change_add(&b, payloads[i]);
    assert_int_equal(change_finish(&b, &s->head, &s->body, &s->hash), ERR_OK);
}

static void set_free(struct set *s)
{
    buf_free(&s->head);
    buf_free(&s->body);
}

static enum err set_open(const struct set *s)
{
    return change_open(buf_bytes(&s->head), buf_bytes(&s->body), &view);
}

static void set_two(struct set *s)
{
    const struct bytes payloads[2] = {bytes_str("first payload"), bytes_str("second")};
    struct change_head h = a_head(5);
    set_build(s, &h, payloads, 2);
}

static void what_is_built_opens_and_verifies(void **state)
{
    (void)state;
    struct set s;
    struct change_head h = a_head(5), only;
    set_two(&s);
    assert_int_equal(s.head.len, 184 + 2 * 36);
    assert_int_equal(s.body.len, 1 + 16 + 13 + 6);
    assert_int_equal(set_open(&s), ERR_OK);
    assert_int_equal(change_verify(&view), ERR_OK);
    assert_true(view.seeded);
    assert_memory_equal(view.seed, test_seed, 16);
    assert_memory_equal(view.hash.b, s.hash.b, 32);
    assert_true(bytes_equal(view.payload[0], bytes_str("first payload")));
    assert_true(bytes_equal(view.payload[1], bytes_str("second")));
    assert_int_equal(change_head_read(buf_bytes(&s.head), &only), ERR_OK);
    h.ops = 2;
    assert_memory_equal(&only.hub, &h.hub, 32);
    assert_memory_equal(&only.node, &h.node, 32);
    assert_memory_equal(&only.inc, &h.inc, 8);
    assert_memory_equal(&only.person, &h.person, 8);
    assert_memory_equal(&only.prev, &h.prev, 32);
    assert_memory_equal(only.hub_seen_hash, h.hub_seen_hash, 8);
    assert_true(only.seq == h.seq && only.hlc == h.hlc && only.epoch == h.epoch);
    assert_true(only.hub_seen == h.hub_seen && only.edition == h.edition && only.ops == 2);
    assert_true(only.flags == h.flags && only.import == h.import);
    set_free(&s);
}

static void every_flipped_bit_is_seen(void **state)
{
    (void)state;
    struct set s;
    uint8_t pk[32], sk[64], sig[64];
    static const uint8_t key_seed[32] = {1};
    crypto_sign_seed_keypair(pk, sk, key_seed);
    set_two(&s);
    assert_int_equal(set_open(&s), ERR_OK);
    change_sign(sk, &view.head, &view.hash, sig);
    assert_int_equal(change_check_signature(pk, &view.head, &view.hash, sig), ERR_OK);
    struct buf *parts[2] = {&s.head, &s.body};
    for (size_t part = 0; part < 2; part++) {
        for (size_t bit = 0; bit < 8 * parts[part]->len; bit++) {
            parts[part]->p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            enum err e = set_open(&s);
            if (e == ERR_OK) e = change_verify(&view);
            if (e == ERR_OK) e = change_check_signature(pk, &view.head, &view.hash, sig);
            if (e == ERR_OK) print_error("part %zu, bit %zu is not seen\n", part, bit);
            assert_int_not_equal(e, ERR_OK);
            parts[part]->p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
    }
    assert_int_equal(set_open(&s), ERR_OK);
    for (size_t bit = 0; bit < 8 * sizeof sig; bit++) {
        sig[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(change_check_signature(pk, &view.head, &view.hash, sig),
                         ERR_BAD_SIGNATURE);
        sig[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    set_free(&s);
}

static void every_cut_or_longer_set_is_refused(void **state)
{
    (void)state;
    struct set s;
    set_two(&s);
    for (size_t len = 0; len < s.head.len; len++) {
        uint8_t *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, s.head.p, len);
        struct bytes cut = bytes_make(copy, len);
        assert_int_equal(change_open(cut, buf_bytes(&s.body), &view), ERR_BAD_FORMAT);
        free(copy);
    }
    for (size_t len = 0; len < s.body.len; len++) {
        uint8_t *copy = malloc(len > 0 ? len : 1);
        assert_non_null(copy);
        memcpy(copy, s.body.p, len);
        struct bytes cut = bytes_make(copy, len);
        assert_int_equal(change_open(buf_bytes(&s.head), cut, &view), ERR_BAD_FORMAT);
        free(copy);
    }
    buf_add_u8(&s.body, 0);
    assert_int_equal(set_open(&s), ERR_BAD_FORMAT);
    s.body.len--;
    buf_add_u8(&s.head, 0);
    assert_int_equal(set_open(&s), ERR_BAD_FORMAT);
    set_free(&s);
}

/* Body form 1 (SPEC 7.7) of the open view, with the ops of `erased` (bits) left out. */
static void body_erase(struct buf *out, unsigned erased)
{
    buf_clear(out);
    buf_add_u8(out, 1);
    for (unsigned i = 0; i < view.head.ops; i++) {
        bool gone = ((erased >> i) & 1) != 0;
        buf_add_u8(out, gone ? 0 : 1);
        if (gone) continue;
        buf_add(out, view.salt[i], 16);
        buf_add_bytes(out, view.payload[i]);
    }
}

static void an_erased_op_leaves_the_others_and_the_hash(void **state)
{
    (void)state;
    struct set s;
    struct buf body;
    static struct change_view other;
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    set_two(&s);
    assert_int_equal(set_open(&s), ERR_OK);
    for (unsigned erased = 1; erased < 4; erased++) {
        body_erase(&body, erased);
        assert_int_equal(change_open(buf_bytes(&s.head), buf_bytes(&body), &other), ERR_OK);
        assert_int_equal(change_verify(&other), ERR_OK);
        assert_false(other.seeded);
        assert_memory_equal(other.hash.b, s.hash.b, 32);
        for (unsigned i = 0; i < 2; i++) {
            if (((erased >> i) & 1) != 0)
                assert_null(other.payload[i].p);
            else
                assert_true(bytes_equal(other.payload[i], view.payload[i]));
        }
        for (size_t cut = 0; cut < body.len; cut++) {
            struct bytes part = bytes_make(body.p, cut);
            assert_int_equal(change_open(buf_bytes(&s.head), part, &other), ERR_BAD_FORMAT);
        }
        body.p[1] = 2; /* neither kept nor erased */
        assert_int_equal(change_open(buf_bytes(&s.head), buf_bytes(&body), &other), ERR_BAD_FORMAT);
    }
    body_erase(&body, 0); /* nothing erased: the other form is the only one */
    assert_int_equal(change_open(buf_bytes(&s.head), buf_bytes(&body), &other), ERR_BAD_FORMAT);
    body_erase(&body, 1);
    body.p[body.len - 1] ^= 1; /* the payload that is left is still checked */
    assert_int_equal(change_open(buf_bytes(&s.head), buf_bytes(&body), &other), ERR_OK);
    assert_int_equal(change_verify(&other), ERR_BAD_HASH);
    buf_free(&body);
    set_free(&s);
}

static void a_header_has_the_rules_of_the_spec(void **state)
{
    (void)state;
    struct set s;
    set_two(&s);
    struct change_head h;
    static const struct {
        size_t at;
        uint8_t v;
    } bad[] = {{11, 1}, {172, 0}, {172, 1}, {172, 3}, {173, 1}, {174, 2}, {174, 3}, {175, 128}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t was = s.head.p[bad[i].at];
        s.head.p[bad[i].at] = bad[i].v;
        assert_int_equal(change_head_read(buf_bytes(&s.head), &h), ERR_BAD_FORMAT);
        s.head.p[bad[i].at] = was;
    }
    assert_int_equal(change_head_read(buf_bytes(&s.head), &h), ERR_OK);
    s.head.p[88] = 0; /* seq 0 has no set before it, but prev is not zero */
    assert_int_equal(change_head_read(buf_bytes(&s.head), &h), ERR_BAD_FORMAT);
    memset(s.head.p + 104, 0, 32);
    assert_int_equal(change_head_read(buf_bytes(&s.head), &h), ERR_OK);
    le32_store(s.head.p + 184 + 32, 0);
    assert_int_equal(set_open(&s), ERR_BAD_FORMAT);
    le32_store(s.head.p + 184 + 32, UINT32_MAX);
    assert_int_equal(set_open(&s), ERR_TOO_LARGE);
    set_free(&s);
}

/* Build a set of `ops` payloads of `bytes` each. */
static enum err build_of(size_t ops, size_t bytes, struct set *s)
{
    struct change_builder b;
    struct change_head h = a_head(1);
    uint8_t *p = calloc(1, bytes > 0 ? bytes : 1);
    assert_non_null(p);
    buf_init(&s->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&s->body, CHANGE_BODY_BYTES_MAX);
    change_begin(&b, &h, test_seed);
    for (size_t i = 0; i < ops; i++)
        change_add(&b, bytes_make(p, bytes));
    free(p);
    return change_finish(&b, &s->head, &s->body, &s->hash);
}

static void a_set_holds_its_limits_of_ops_and_bytes(void **state)
{
    (void)state;
    struct set s;
    const size_t room = CHANGE_BYTES_MAX - CHANGE_HEADER_BYTES - CHANGE_ENTRY_BYTES;
    assert_int_equal(build_of(CHANGE_OPS_MAX, 1, &s), ERR_OK);
    assert_int_equal(s.head.len, CHANGE_HEAD_BYTES_MAX);
    assert_int_equal(set_open(&s), ERR_OK);
    assert_int_equal(change_verify(&view), ERR_OK);
    set_free(&s);
    assert_int_equal(build_of(CHANGE_OPS_MAX + 1, 1, &s), ERR_TOO_LARGE);
    assert_int_equal(s.head.len + s.body.len, 0);
    assert_int_equal(build_of(1, room, &s), ERR_OK);
    assert_int_equal(set_open(&s), ERR_OK);
    assert_int_equal(change_verify(&view), ERR_OK);
    le32_store(s.head.p + 184 + 32, (uint32_t)room + 1);
    buf_add_u8(&s.body, 0);
    assert_int_equal(set_open(&s), ERR_TOO_LARGE);
    set_free(&s);
    assert_int_equal(build_of(1, room + 1, &s), ERR_TOO_LARGE);
    assert_int_equal(build_of(0, 1, &s), ERR_BAD_INPUT);
    assert_int_equal(build_of(1, 0, &s), ERR_BAD_INPUT);
    set_free(&s);
    struct change_builder b;
    struct change_head h = a_head(1);
    change_begin(&b, &h, test_seed);
    assert_int_equal(change_size_with(&b, room), CHANGE_BYTES_MAX);
    change_add(&b, bytes_str("x"));
    assert_int_equal(change_size_with(&b, 10), 184 + 36 + 1 + 36 + 10);
    change_abandon(&b);
}

static void a_leaf_is_the_same_by_every_way_down_the_tree(void **state)
{
    (void)state;
    uint8_t root[16], leaves[64][16], node[16], leaf[16];
    for (unsigned i = 0; i < 16; i++)
        root[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < 64; i++)
        change_tree_leaf(root, 6, i, leaves[i]);
    for (unsigned i = 0; i < 64; i++)
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(leaves[i], leaves[j], 16);
    for (unsigned height = 0; height <= 6; height++) {
        for (unsigned first = 0; first < 64; first += 1u << height) {
            change_tree(root, height, first, node);
            for (unsigned i = 0; i < 1u << height; i++) {
                change_tree_leaf(node, height, i, leaf);
                assert_memory_equal(leaf, leaves[first + i], 16);
            }
        }
    }
    change_tree(root, 6, 0, node);
    assert_memory_equal(node, root, 16);
}

static void salts_and_derived_ids_differ(void **state)
{
    (void)state;
    uint8_t salt[2][16];
    struct id_record rid[2];
    for (unsigned i = 0; i < 2; i++) {
        change_salt(test_seed, i * 255, salt[i]);
        change_rid(test_seed, i * 255, &rid[i]);
        assert_memory_not_equal(salt[i], rid[i].b, 16);
    }
    assert_memory_not_equal(salt[0], salt[1], 16);
    assert_memory_not_equal(rid[0].b, rid[1].b, 16);
}

/* Ops on records. */

static struct change_write writes_out[CHANGE_WRITES_MAX];

/* Begin a payload by hand, so that it may be wrong. */
static void put_op(struct buf *b, unsigned kind, size_t writes)
{
    buf_clear(b);
    wire_put_array(b, 4);
    wire_put_uint(b, kind);
    wire_put_bin(b, BYTES_OF(test_seed));
    wire_put_uint(b, 2);
    wire_put_array(b, writes);
}

static void put_write(struct buf *b, unsigned field, size_t bases, const char *element)
{
    uint8_t versions[(CHANGE_BASES_MAX + 1) * 20] = {0};
    wire_put_array(b, element == NULL ? 3 : 4);
    wire_put_uint(b, field);
    if (element == NULL)
        wire_put_uint(b, 1);
    else
        wire_put_bool(b, true);
    for (size_t i = 0; i < bases; i++)
        versions[i * 20] = (uint8_t)(i + 1);
    if (bases > 0)
        wire_put_bin(b, bytes_make(versions, bases * 20));
    else
        wire_put_nil(b);
    if (element != NULL) wire_put_str(b, bytes_str(element));
}

static enum err decode(const struct buf *b)
{
    struct change_op op;
    assert_int_equal(b->e, ERR_OK);
    uint8_t *copy = malloc(b->len);
    assert_non_null(copy);
    memcpy(copy, b->p, b->len);
    enum err e = change_op_decode(bytes_make(copy, b->len), writes_out, &op);
    free(copy);
    return e;
}

static void an_op_holds_its_limits_of_writes_bases_and_values(void **state)
{
    (void)state;
    struct buf b;
    char text[CHANGE_VALUE_BYTES_MAX + 2];
    memset(text, 'a', sizeof text);
    buf_init(&b, 100000);
    for (unsigned over = 0; over < 2; over++) {
        enum err expected = over == 0 ? ERR_OK : ERR_BAD_FORMAT;
        put_op(&b, CHANGE_EDIT, CHANGE_WRITES_MAX + over);
        for (unsigned i = 0; i < CHANGE_WRITES_MAX + over; i++)
            put_write(&b, i + 1, 0, NULL);
        assert_int_equal(decode(&b), expected);
        put_op(&b, CHANGE_EDIT, 1);
        put_write(&b, 1, CHANGE_BASES_MAX + over, NULL);
        assert_int_equal(decode(&b), expected);
        put_op(&b, CHANGE_EDIT, 1);
        wire_put_array(&b, 3);
        wire_put_uint(&b, 1);
        wire_put_str(&b, bytes_make(text, CHANGE_VALUE_BYTES_MAX + over));
        wire_put_nil(&b);
        assert_int_equal(decode(&b), expected);
        put_op(&b, CHANGE_EDIT, 1);
        text[CHANGE_VALUE_BYTES_MAX + over] = '\0';
        put_write(&b, 1, 0, text);
        text[CHANGE_VALUE_BYTES_MAX + over] = 'a';
        assert_int_equal(decode(&b), expected);
        put_op(&b, CHANGE_EDIT, 1);
        put_write(&b, CHANGE_NUMBER_MAX + over, 0, NULL);
        assert_int_equal(decode(&b), expected);
    }
    put_op(&b, CHANGE_EDIT, 0);
    assert_int_equal(decode(&b), ERR_BAD_FORMAT);
    put_op(&b, CHANGE_EDIT, 1);
    put_write(&b, 1, 0, "");
    assert_int_equal(decode(&b), ERR_BAD_FORMAT);
    buf_free(&b);
}

static void writes_are_sorted_and_none_stands_twice(void **state)
{
    (void)state;
    static const struct {
        unsigned field[2];
        const char *element[2];
        enum err e;
    } cases[] = {
        {{1, 2}, {NULL, NULL}, ERR_OK},         {{2, 1}, {NULL, NULL}, ERR_BAD_FORMAT},
        {{1, 1}, {NULL, NULL}, ERR_BAD_FORMAT}, {{1, 1}, {NULL, "a"}, ERR_OK},
        {{1, 1}, {"a", NULL}, ERR_BAD_FORMAT},  {{1, 1}, {"a", "b"}, ERR_OK},
        {{1, 1}, {"a", "a"}, ERR_BAD_FORMAT},   {{1, 1}, {"a", "aa"}, ERR_OK},
        {{1, 1}, {"b", "aa"}, ERR_BAD_FORMAT},  {{1, 2}, {"b", "a"}, ERR_OK},
    };
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_op(&b, CHANGE_EDIT, 2);
        for (unsigned k = 0; k < 2; k++)
            put_write(&b, cases[i].field[k], 0, cases[i].element[k]);
        assert_int_equal(decode(&b), cases[i].e);
    }
    buf_free(&b);
}

static void bases_are_sorted_whole_and_none_stands_twice(void **state)
{
    (void)state;
    static const struct {
        uint8_t first[3]; /* first bytes of the versions */
        size_t len;
        enum err e;
    } cases[] = {
        {{1, 2, 3}, 60, ERR_OK},         {{1, 3, 2}, 60, ERR_BAD_FORMAT},
        {{1, 1, 2}, 60, ERR_BAD_FORMAT}, {{1, 2, 3}, 59, ERR_BAD_FORMAT},
        {{1, 2, 3}, 20, ERR_OK},         {{1, 2, 3}, 0, ERR_BAD_FORMAT},
    };
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t versions[60] = {0};
        for (unsigned k = 0; k < 3; k++)
            versions[20 * k] = cases[i].first[k];
        put_op(&b, CHANGE_EDIT, 1);
        wire_put_array(&b, 3);
        wire_put_uint(&b, 1);
        wire_put_nil(&b);
        wire_put_bin(&b, bytes_make(versions, cases[i].len));
        assert_int_equal(decode(&b), cases[i].e);
    }
    buf_free(&b);
}

/* One write of `value` (msgpack) to `field`, with or without bases, with or without an element. */
static enum err one_write(unsigned kind, unsigned field, struct bytes value, size_t bases,
                          const char *element)
{
    struct buf b;
    uint8_t versions[20] = {0};
    buf_init(&b, 1000);
    put_op(&b, kind, 1);
    wire_put_array(&b, element == NULL ? 3 : 4);
    wire_put_uint(&b, field);
    buf_add_bytes(&b, value);
    if (bases > 0)
        wire_put_bin(&b, BYTES_OF(versions));
    else
        wire_put_nil(&b);
    if (element != NULL) wire_put_str(&b, bytes_str(element));
    enum err e = decode(&b);
    buf_free(&b);
    return e;
}

static void each_kind_writes_what_it_may(void **state)
{
    (void)state;
    const struct bytes nil = bytes_str("\xc0"), yes = bytes_str("\xc3"), one = bytes_str("\x01");
    const struct bytes array = bytes_str("\x91\x01"), minus = bytes_str("\xff");
    const struct bytes bin16 = bytes_str("\xc4\x10"
                                         "aaaaaaaaaaaaaaaa");
    const struct bytes bin15 = bytes_str("\xc4\x0f"
                                         "aaaaaaaaaaaaaaa");
    const struct bytes good[] = {nil, yes, one, minus, bin16, bytes_str("\xa1x")};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(one_write(CHANGE_CREATE, 1, good[i], 0, NULL), ERR_OK);
        assert_int_equal(one_write(CHANGE_EDIT, 1, good[i], 1, NULL), ERR_OK);
    }
    assert_int_equal(one_write(CHANGE_CREATE, 1, one, 1, NULL), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_CREATE, 0, nil, 0, NULL), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_EDIT, 1, array, 0, NULL), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_EDIT, 1, bin15, 0, NULL), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_EDIT, 1, one, 0, "an element"), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_EDIT, 1, nil, 0, "an element"), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_EDIT, 1, yes, 0, "an element"), ERR_OK);
    assert_int_equal(one_write(CHANGE_EDIT, 0, nil, 1, NULL), ERR_OK);
    assert_int_equal(one_write(CHANGE_EDIT, 0, bin16, 1, NULL), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_EDIT, 0, yes, 1, "an element"), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_DELETE, 0, bin16, 1, NULL), ERR_OK);
    assert_int_equal(one_write(CHANGE_DELETE, 0, bin16, 0, NULL), ERR_OK);
    assert_int_equal(one_write(CHANGE_DELETE, 0, nil, 0, NULL), ERR_BAD_FORMAT);
    assert_int_equal(one_write(CHANGE_DELETE, 1, bin16, 0, NULL), ERR_BAD_FORMAT);
}

static void other_payloads_are_told_apart(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    for (unsigned kind = 0; kind < 128; kind++) {
        bool record = kind <= 2, admin = kind >= 16 && kind <= CHANGE_KIND_MAX;
        put_op(&b, kind, 1);
        put_write(&b, kind == 2 ? 0 : 1, 0, NULL);
        assert_int_equal(change_payload_kind(buf_bytes(&b)), record || admin ? (int)kind : -1);
        if (kind == 2) continue; /* its value is no digest */
        enum err expected = admin ? ERR_NOT_FOUND : ERR_BAD_FORMAT;
        assert_int_equal(decode(&b), record ? ERR_OK : expected);
    }
    assert_int_equal(change_payload_kind(bytes_str("")), -1);
    assert_int_equal(change_payload_kind(bytes_str("\x91")), -1);
    assert_int_equal(change_payload_kind(bytes_str("\x90\x01")), -1);
    assert_int_equal(change_payload_kind(bytes_str("\xc0\x01")), -1);
    buf_free(&b);
}

/* A random value; its bytes live in `store`. */
static struct bytes random_value(struct buf *store, bool boolean)
{
    char text[64];
    size_t start = store->len, len = below(sizeof text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + below(26));
    switch (boolean ? 1 : below(6)) {
    case 0: wire_put_nil(store); break;
    case 1: wire_put_bool(store, below(2) == 1); break;
    case 2: wire_put_uint(store, rng() >> below(64)); break;
    case 3: wire_put_int(store, -(int64_t)(rng() >> (1 + below(63))) - 1); break;
    case 4: wire_put_str(store, bytes_make(text, len)); break;
    default: wire_put_bin(store, BYTES_OF(test_seed)); break;
    }
    assert_int_equal(store->e, ERR_OK);
    return bytes_make(store->p + start, store->len - start);
}

static struct bytes random_bases(struct buf *store)
{
    size_t start = store->len, count = below(4) == 0 ? 1 + below(CHANGE_BASES_MAX) : 1;
    for (size_t i = 0; i < count; i++) {
        uint8_t version[20];
        memset(version, (int)(i + below(2) * 100), sizeof version);
        version[0] = (uint8_t)i;
        le64_store(version + 8, rng());
        buf_add(store, version, sizeof version);
    }
    assert_int_equal(store->e, ERR_OK);
    return bytes_make(store->p + start, count * 20);
}

static struct change_write writes_in[CHANGE_WRITES_MAX];
static const char *const test_elements[] = {"a", "ab", "b", "học nghề", "vay vốn"};

static void random_write(struct change_write *w, unsigned field, const char *element,
                         enum change_kind kind, struct buf *store)
{
    *w = (struct change_write){.field = field};
    if (element != NULL) w->element = bytes_str(element);
    w->value = random_value(store, element != NULL);
    if (kind == CHANGE_EDIT && below(2) == 1) w->bases = random_bases(store);
}

static void random_op(struct change_op *op, struct buf *store)
{
    static const uint8_t digest[18] = {0xC4, 0x10, 9, 8, 7};
    op->kind = (enum change_kind)below(3);
    op->type = (unsigned)below(CHANGE_NUMBER_MAX + 1);
    op->writes = writes_in;
    op->count = 0;
    le64_store(op->rid.b, rng());
    le64_store(op->rid.b + 8, rng());
    if (op->kind == CHANGE_DELETE) {
        op->writes[op->count++] = (struct change_write){.value = BYTES_OF(digest)};
        return;
    }
    size_t fields = 1 + below(below(20) == 0 ? 100 : 10);
    for (unsigned field = 1; field <= fields; field++) {
        if (below(5) > 0) {
            random_write(&writes_in[op->count++], field, NULL, op->kind, store);
            continue;
        }
        for (size_t k = 0; k < 5; k++) {
            const char *element = test_elements[k];
            random_write(&writes_in[op->count++], field, element, op->kind, store);
        }
    }
    for (size_t i = op->count; i > 1; i--) { /* shuffle: the sort below has something to do */
        size_t j = below(i);
        struct change_write t = writes_in[i - 1];
        writes_in[i - 1] = writes_in[j];
        writes_in[j] = t;
    }
    change_writes_sort(op->writes, op->count);
}

static bool same_op(const struct change_op *a, const struct change_op *b)
{
    if (a->kind != b->kind || a->type != b->type || a->count != b->count) return false;
    if (!ID_EQUAL(&a->rid, &b->rid)) return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct change_write *x = &a->writes[i], *y = &b->writes[i];
        if (x->field != y->field || !bytes_equal(x->value, y->value)) return false;
        if (!bytes_equal(x->bases, y->bases) || !bytes_equal(x->element, y->element)) return false;
        if ((x->element.p == NULL) != (y->element.p == NULL)) return false;
    }
    return true;
}

static void decoding_undoes_encoding(void **state)
{
    (void)state;
    struct buf store, first, second;
    /* Views point into the store while it grows: give it all its memory at once. */
    buf_init(&store, 4000000);
    (void)buf_room(&store, 3900000);
    buf_init(&first, 1000000);
    buf_init(&second, 1000000);
    rng_seed("decoding_undoes_encoding");
    for (unsigned i = 0; i < 10000; i++) {
        struct change_op in, out;
        buf_clear(&store);
        buf_clear(&first);
        buf_clear(&second);
        random_op(&in, &store);
        change_op_encode(&in, &first);
        assert_int_equal(first.e, ERR_OK);
        assert_int_equal(change_op_decode(buf_bytes(&first), writes_out, &out), ERR_OK);
        assert_true(same_op(&in, &out));
        change_op_encode(&out, &second);
        assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
        /* One damaged byte: refused, or another op that is just as canonical. */
        first.p[below(first.len)] ^= (uint8_t)(1u << below(8));
        if (change_op_decode(buf_bytes(&first), writes_out, &out) != ERR_OK) continue;
        buf_clear(&second);
        change_op_encode(&out, &second);
        assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
    }
    buf_free(&store);
    buf_free(&first);
    buf_free(&second);
}

static int setup(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_opens_and_verifies),
        cmocka_unit_test(every_flipped_bit_is_seen),
        cmocka_unit_test(every_cut_or_longer_set_is_refused),
        cmocka_unit_test(an_erased_op_leaves_the_others_and_the_hash),
        cmocka_unit_test(a_header_has_the_rules_of_the_spec),
        cmocka_unit_test(a_set_holds_its_limits_of_ops_and_bytes),
        cmocka_unit_test(a_leaf_is_the_same_by_every_way_down_the_tree),
        cmocka_unit_test(salts_and_derived_ids_differ),
        cmocka_unit_test(an_op_holds_its_limits_of_writes_bases_and_values),
        cmocka_unit_test(writes_are_sorted_and_none_stands_twice),
        cmocka_unit_test(bases_are_sorted_whole_and_none_stands_twice),
        cmocka_unit_test(each_kind_writes_what_it_may),
        cmocka_unit_test(other_payloads_are_told_apart),
        cmocka_unit_test(decoding_undoes_encoding),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}

/* The file of a bundle: cuts, flipped bits, padding, wrong receivers, replays. SPEC 11. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sodium.h>

#include "proto/bundle.h"
#include "proto/key.h"
#include "proto/pack.h"
#include "tests/lib/rng.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static struct key_box sender, receiver, other;
static const struct id_hash hub = {{7}}, other_hub = {{8}};

static struct link_keys keys_of(const struct key_box *k)
{
    return (struct link_keys){.secret = k->secret, .public_key = k->public};
}

static int setup(void **state)
{
    (void)state;
    OK(key_ready());
    OK(key_box_make(&sender, KEY_SEALING));
    OK(key_box_make(&receiver, KEY_SEALING));
    OK(key_box_make(&other, KEY_SEALING));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    key_box_free(&sender);
    key_box_free(&receiver);
    key_box_free(&other);
    return 0;
}

/* A bundle of `count` messages of `len` bytes each, type i % 100. */
static void make(struct buf *file, size_t count, size_t len)
{
    struct bundle *b = NULL;
    struct bytes bytes;
    struct link_keys k = keys_of(&sender);
    uint8_t *body = malloc(len + 1);
    assert_non_null(body);
    OK(bundle_begin(&b, &hub, receiver.public, &k, bytes_str("hello"), BUNDLE_BYTES_MAX));
    for (size_t i = 0; i < count; i++) {
        memset(body, (int)i, len);
        OK(bundle_add(b, (unsigned)(i % 100), bytes_make(body, len)));
    }
    OK(bundle_finish(b, &bytes));
    buf_init(file, BUNDLE_BYTES_MAX);
    buf_add_bytes(file, bytes);
    OK(file->e);
    bundle_free(b);
    free(body);
}

static enum err check_with(struct bytes file, const struct id_hash *h, const struct key_box *k)
{
    struct link_keys keys = keys_of(k);
    return bundle_check(file, h, &keys);
}

static void messages_come_back_as_they_went_in(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 63, 64, 1000, FRAME_BODY_BYTES_MAX};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct buf f;
        struct bundle_reader *r = NULL;
        unsigned type = 0;
        struct bytes body;
        struct link_keys k = keys_of(&receiver);
        make(&f, 150, lens[i]);
        assert_int_equal(f.len % BUNDLE_BLOCK_BYTES, 0);
        OK(bundle_open(&r, buf_bytes(&f), &hub, &k));
        assert_true(bytes_equal(bundle_hello(r), bytes_str("hello")));
        assert_memory_equal(bundle_peer(r), sender.public, 32);
        for (size_t m = 0; m < 150; m++) {
            OK(bundle_next(r, &type, &body));
            assert_int_equal(type, m % 100);
            assert_int_equal(body.len, lens[i]);
            for (size_t at = 0; at < body.len; at++)
                assert_int_equal(body.p[at], (uint8_t)m);
        }
        OK(bundle_next(r, &type, &body));
        assert_int_equal(type, BUNDLE_CLOSE);
        assert_int_equal(bundle_next(r, &type, &body), ERR_AGAIN);
        bundle_reader_free(r);
        buf_free(&f);
    }
}

/* Every residue of the length before the padding: always whole blocks, never an unpadded end. */
static void padding_hides_the_size(void **state)
{
    (void)state;
    size_t one = 0, two = 0;
    for (size_t len = 3700; len < 4100; len++) { /* not squeezed: types of sealed size len + 19 */
        struct buf f;
        struct bundle *b = NULL;
        struct bytes bytes;
        struct link_keys k = keys_of(&sender);
        uint8_t noise[4100];
        randombytes_buf(noise, len);
        OK(bundle_begin(&b, &hub, receiver.public, &k, bytes_str("hello"), BUNDLE_BYTES_MAX));
        OK(bundle_add(b, 1, bytes_make(noise, len)));
        OK(bundle_finish(b, &bytes));
        buf_init(&f, BUNDLE_BYTES_MAX);
        buf_add_bytes(&f, bytes);
        assert_true(f.len == BUNDLE_BLOCK_BYTES || f.len == 2 * BUNDLE_BLOCK_BYTES);
        one += f.len == BUNDLE_BLOCK_BYTES;
        two += f.len == 2 * BUNDLE_BLOCK_BYTES;
        OK(check_with(buf_bytes(&f), &hub, &receiver));
        buf_free(&f);
        bundle_free(b);
    }
    assert_true(one > 0 && two > 0);
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    struct buf f;
    make(&f, 12, 900);
    for (size_t len = 0; len < f.len; len++) {
        uint8_t *copy = malloc(len > 0 ? len : 1); /* reads past the cut are trapped */
        assert_non_null(copy);
        memcpy(copy, f.p, len);
        enum err e = check_with(bytes_make(copy, len), &hub, &receiver);
        assert_true(e == (len < 16 ? ERR_BAD_FORMAT : ERR_AGAIN));
        free(copy);
    }
    /* at the end of each frame, padded to a block again with zeros: still no bundle */
    for (size_t at = BUNDLE_HEAD_BYTES; at < f.len; at += 2u + le16_load(f.p + at)) {
        struct buf cut;
        buf_init(&cut, BUNDLE_BYTES_MAX);
        buf_add(&cut, f.p, at);
        while (cut.len % BUNDLE_BLOCK_BYTES != 0)
            buf_add_u8(&cut, 0);
        assert_int_not_equal(check_with(buf_bytes(&cut), &hub, &receiver), ERR_OK);
        buf_free(&cut);
    }
    buf_add_u8(&f, 0);
    assert_int_equal(check_with(buf_bytes(&f), &hub, &receiver), ERR_AGAIN);
    buf_free(&f);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct buf f;
    make(&f, 10, 500);
    assert_true(f.len <= 2 * BUNDLE_BLOCK_BYTES);
    for (size_t bit = 0; bit < 8 * f.len; bit += bit < 8 * 400 ? 1 : 7) {
        f.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(check_with(buf_bytes(&f), &hub, &receiver), ERR_OK);
        f.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    OK(check_with(buf_bytes(&f), &hub, &receiver));
    buf_free(&f);
}

/* Take two frames and swap, double or drop them. */
static void frames_cannot_be_moved(void **state)
{
    (void)state;
    struct buf f, g;
    make(&f, 4, 200);
    size_t at[7] = {BUNDLE_HEAD_BYTES};
    for (size_t i = 1; i < 7; i++)
        at[i] = at[i - 1] + 2u + le16_load(f.p + at[i - 1]);
    assert_int_equal(at[6], f.len);
    buf_init(&g, BUNDLE_BYTES_MAX);
    for (unsigned how = 0; how < 3; how++) {
        buf_clear(&g);
        buf_add(&g, f.p, at[2]);
        if (how == 0) buf_add(&g, f.p + at[3], at[4] - at[3]); /* swapped */
        if (how != 2) buf_add(&g, f.p + at[2], at[3] - at[2]);
        if (how == 1) buf_add(&g, f.p + at[2], at[3] - at[2]); /* doubled */
        buf_add(&g, f.p + at[how == 0 ? 4 : 3], f.len - at[how == 0 ? 4 : 3]);
        while (g.len % BUNDLE_BLOCK_BYTES != 0)
            buf_add_u8(&g, 0);
        assert_int_not_equal(check_with(buf_bytes(&g), &hub, &receiver), ERR_OK);
    }
    buf_free(&f);
    buf_free(&g);
}

static void only_the_receiver_opens_it(void **state)
{
    (void)state;
    struct buf f;
    struct bundle_look look;
    uint8_t id[BUNDLE_KEY_ID_BYTES];
    make(&f, 3, 100);
    assert_int_equal(check_with(buf_bytes(&f), &hub, &other), ERR_DENIED);
    assert_int_equal(check_with(buf_bytes(&f), &hub, &sender), ERR_DENIED);
    assert_int_equal(check_with(buf_bytes(&f), &other_hub, &receiver), ERR_HANDSHAKE);
    OK(bundle_look(buf_bytes(&f), &look));
    bundle_key_id(receiver.public, id);
    assert_memory_equal(look.key_id, id, sizeof id);
    assert_int_equal(look.bytes, f.len);
    assert_int_equal(look.frames, 5);
    bundle_key_id(other.public, f.p + 16); /* somebody readdresses it */
    assert_int_equal(check_with(buf_bytes(&f), &hub, &other), ERR_HANDSHAKE);
    f.p[14] = '2';
    assert_int_equal(check_with(buf_bytes(&f), &hub, &receiver), ERR_CONFIG);
    buf_free(&f);
}

static void it_stays_under_its_limit(void **state)
{
    (void)state;
    struct bundle *b = NULL;
    struct bytes file;
    struct link_keys k = keys_of(&sender);
    uint8_t body[60000];
    size_t added = 0;
    enum err e = ERR_OK;
    OK(bundle_begin(&b, &hub, receiver.public, &k, bytes_str("hello"), 1u << 20));
    while (e == ERR_OK) {
        randombytes_buf(body, sizeof body);
        e = bundle_add(b, 1, BYTES_OF(body));
        added += e == ERR_OK;
    }
    assert_int_equal(e, ERR_TOO_LARGE);
    assert_true(added >= 15);
    OK(bundle_finish(b, &file));
    assert_true(file.len <= 1u << 20);
    OK(check_with(file, &hub, &receiver));
    bundle_free(b);

    uint8_t *big = calloc(1, BUNDLE_BYTES_MAX + 4096u);
    assert_non_null(big);
    memcpy(big, "dongbo/bundle/1", 16);
    struct bundle_look look;
    assert_int_equal(bundle_look(bytes_make(big, BUNDLE_BYTES_MAX + 4096u), &look), ERR_TOO_LARGE);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_back_as_they_went_in),
        cmocka_unit_test(padding_hides_the_size),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(frames_cannot_be_moved),
        cmocka_unit_test(only_the_receiver_opens_it),
        cmocka_unit_test(it_stays_under_its_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Claims about proto/wire: one canonical form, nothing read outside, nothing believed unchecked. */
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* An exact-size heap copy, so that the sanitizer sees a read behind the end. */
static enum err check_copy(const void *p, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0) memcpy(copy, p, len);
    enum err e = wire_check(bytes_make(copy, len));
    free(copy);
    return e;
}

#define ACCEPTS(literal) assert_int_equal(check_copy(literal, sizeof(literal) - 1), ERR_OK)
#define REFUSES(literal) assert_int_equal(check_copy(literal, sizeof(literal) - 1), ERR_BAD_FORMAT)

static void the_shortest_form_of_an_integer_is_the_only_one(void **state)
{
    (void)state;
    ACCEPTS("\x00");
    ACCEPTS("\x7f");
    ACCEPTS("\xcc\x80");
    REFUSES("\xcc\x7f");
    ACCEPTS("\xcc\xff");
    REFUSES("\xcd\x00\xff");
    ACCEPTS("\xcd\x01\x00");
    REFUSES("\xce\x00\x00\xff\xff");
    ACCEPTS("\xce\x00\x01\x00\x00");
    REFUSES("\xcf\x00\x00\x00\x00\xff\xff\xff\xff");
    ACCEPTS("\xcf\x00\x00\x00\x01\x00\x00\x00\x00");
    ACCEPTS("\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    ACCEPTS("\xe0");
    ACCEPTS("\xff");
    REFUSES("\xd0\xe0"); /* -32 */
    ACCEPTS("\xd0\xdf"); /* -33 */
    ACCEPTS("\xd0\x80");
    REFUSES("\xd0\x01"); /* positive in a signed form */
    REFUSES("\xd1\xff\x80");
    ACCEPTS("\xd1\xff\x7f"); /* -129 */
    REFUSES("\xd1\x01\x00");
    REFUSES("\xd2\xff\xff\x80\x00");
    ACCEPTS("\xd2\xff\xff\x7f\xff");
    REFUSES("\xd3\xff\xff\xff\xff\x80\x00\x00\x00");
    ACCEPTS("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff");
    ACCEPTS("\xd3\x80\x00\x00\x00\x00\x00\x00\x00");
    REFUSES("\xd3\x00\x00\x00\x01\x00\x00\x00\x00");
}

/* A message of `head` followed by `fill` bytes of 'a'. */
static enum err check_filled(const char *head, size_t head_len, size_t fill)
{
    uint8_t *p = malloc(head_len + fill);
    assert_non_null(p);
    memcpy(p, head, head_len);
    memset(p + head_len, 'a', fill);
    enum err e = wire_check(bytes_make(p, head_len + fill));
    free(p);
    return e;
}

static void the_shortest_header_of_text_and_bytes_is_the_only_one(void **state)
{
    (void)state;
    assert_int_equal(check_filled("\xbf", 1, 31), ERR_OK);
    assert_int_equal(check_filled("\xd9\x1f", 2, 31), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xd9\x20", 2, 32), ERR_OK);
    assert_int_equal(check_filled("\xd9\xff", 2, 255), ERR_OK);
    assert_int_equal(check_filled("\xda\x00\xff", 3, 255), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xda\x01\x00", 3, 256), ERR_OK);
    assert_int_equal(check_filled("\xdb\x00\x00\xff\xff", 5, 65535), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xdb\x00\x01\x00\x00", 5, 65536), ERR_OK);
    assert_int_equal(check_filled("\xc4\x00", 2, 0), ERR_OK);
    assert_int_equal(check_filled("\xc4\xff", 2, 255), ERR_OK);
    assert_int_equal(check_filled("\xc5\x00\xff", 3, 255), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xc5\x01\x00", 3, 256), ERR_OK);
    assert_int_equal(check_filled("\xc6\x00\x00\xff\xff", 5, 65535), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xc6\x00\x01\x00\x00", 5, 65536), ERR_OK);
    assert_int_equal(check_filled("\x9f", 1, 15), ERR_OK);
    assert_int_equal(check_filled("\xdc\x00\x0f", 3, 15), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xdc\x00\x10", 3, 16), ERR_OK);
    assert_int_equal(check_filled("\xdd\x00\x00\xff\xff", 5, 65535), ERR_BAD_FORMAT);
    assert_int_equal(check_filled("\xdd\x00\x01\x00\x00", 5, 65536), ERR_OK);
}

static void only_nil_bool_int_str_bin_and_array_exist(void **state)
{
    (void)state;
    ACCEPTS("\xc0");
    ACCEPTS("\xc2");
    ACCEPTS("\xc3");
    for (unsigned first = 0x80; first <= 0xDF; first++) {
        bool known = (first >= 0x90 && first <= 0xC0) || (first >= 0xC2 && first <= 0xC6) ||
                     (first >= 0xCC && first <= 0xD3) || (first >= 0xD9 && first <= 0xDD);
        if (known) continue;
        uint8_t m[300] = {(uint8_t)first}; /* map, float, ext, c1 with any length of zeros behind */
        for (size_t len = 1; len <= 20; len++)
            assert_int_equal(check_copy(m, len), ERR_BAD_FORMAT);
        m[1] = 1;
        for (size_t len = 1; len <= 20; len++)
            assert_int_equal(check_copy(m, len), ERR_BAD_FORMAT);
    }
}

static void nothing_may_stand_behind_the_value(void **state)
{
    (void)state;
    REFUSES("");
    REFUSES("\xc0\xc0");
    REFUSES("\x91\x01\x01");
    REFUSES("\x92\x01");
    ACCEPTS("\x90");
    REFUSES("\x90\x00");
    assert_int_equal(wire_check(bytes_make(NULL, 0)), ERR_BAD_FORMAT);
}

static void eight_levels_of_arrays_and_no_ninth(void **state)
{
    (void)state;
    ACCEPTS("\x91\x91\x91\x91\x91\x91\x91\x91\x01");
    ACCEPTS("\x91\x91\x91\x91\x91\x91\x91\x90");
    REFUSES("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01");
    REFUSES("\x91\x91\x91\x91\x91\x91\x91\x91\x90");
    ACCEPTS("\x92\x91\x91\x91\x91\x91\x91\x91\x01\x91\x01");
}

static void a_message_has_at_most_the_limit_of_values(void **state)
{
    (void)state;
    for (uint32_t extra = 0; extra < 2; extra++) {
        uint32_t count = WIRE_ITEMS_MAX - 1 + extra; /* the array itself is a value too */
        uint8_t *p = calloc(1, 5u + count);
        assert_non_null(p);
        p[0] = 0xDD;
        for (unsigned i = 0; i < 4; i++)
            p[1 + i] = (uint8_t)(count >> (24 - 8 * i));
        enum err e = wire_check(bytes_make(p, 5u + count));
        assert_int_equal(e, extra == 0 ? ERR_OK : ERR_BAD_FORMAT);
        free(p);
    }
}

static void a_count_is_not_believed(void **state)
{
    (void)state;
    REFUSES("\xdd\x0f\xff\xff\xff");
    REFUSES("\xdd\xff\xff\xff\xff\x00");
    REFUSES("\xdc\xff\xff\x00\x00");
    REFUSES("\x9f\x00");
    REFUSES("\xdb\xff\xff\xff\xff");
    REFUSES("\xc6\xff\xff\xff\xff\x00");
    REFUSES("\x92\xdd\x0f\xff\xff\xff\x00");
    struct wire_reader r; /* not even without wire_check() */
    wire_open(&r, bytes_make("\xdd\x0f\xff\xff\xff", 5));
    assert_int_equal(wire_get_array(&r), 0);
    assert_int_equal(r.e, ERR_BAD_FORMAT);
}

static void text_is_valid_utf8(void **state)
{
    (void)state;
    ACCEPTS("\xa2\xc3\xa9");
    ACCEPTS("\xa3\xe1\xba\xbf"); /* ế */
    ACCEPTS("\xa4\xf0\x9f\x98\x80");
    ACCEPTS("\xa3\xed\x9f\xbf");
    ACCEPTS("\xa4\xf4\x8f\xbf\xbf");
    ACCEPTS("\xac"
            "Nguy\xe1\xbb\x85n V\xc3\xa2"); /* eight ASCII bytes at once must not hide it */
    REFUSES("\xa1\x80");
    REFUSES("\xa1\xc3");
    REFUSES("\xa2\xc0\x80"); /* overlong */
    REFUSES("\xa2\xc1\xbf");
    REFUSES("\xa3\xe0\x9f\xbf");
    REFUSES("\xa4\xf0\x8f\xbf\xbf");
    REFUSES("\xa3\xed\xa0\x80"); /* surrogate */
    REFUSES("\xa4\xf4\x90\x80\x80");
    REFUSES("\xa4\xf5\x80\x80\x80");
    REFUSES("\xa2\xe1\xba"); /* cut, and a continuation must not be taken from behind */
    REFUSES("\x92\xa2\xe1\xba\xa1\xbf");
    REFUSES("\xa3\xe1\xba\x7f");
    REFUSES("\xa9"
            "aaaaaaaa\xff");
    REFUSES("\xa9"
            "aaaaaaa\xff"
            "a");
    ACCEPTS("\xc4\x01\xff"); /* bytes are not text */
}

/* A message with every kind and width in it. */
static void put_everything(struct buf *b)
{
    static const uint8_t long_bytes[300];
    wire_put_array(b, 12);
    wire_put_nil(b);
    wire_put_bool(b, true);
    wire_put_bool(b, false);
    wire_put_uint(b, 127);
    wire_put_uint(b, UINT64_MAX);
    wire_put_int(b, -33);
    wire_put_int(b, INT64_MIN);
    wire_put_str(b, bytes_str("Xã Phú Lý"));
    wire_put_bin(b, BYTES_OF(long_bytes));
    wire_put_array(b, 2);
    wire_put_uint(b, 300);
    wire_put_uint(b, 70000);
    wire_put_array(b, 0);
    wire_put_str(b, bytes_str("a text that is longer than thirty-one bytes"));
    assert_int_equal(b->e, ERR_OK);
}

static void every_proper_prefix_is_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    put_everything(&b);
    assert_int_equal(check_copy(b.p, b.len), ERR_OK);
    for (size_t len = 0; len < b.len; len++)
        assert_int_equal(check_copy(b.p, len), ERR_BAD_FORMAT);
    buf_free(&b);
}

static void the_reader_takes_what_the_writer_put(void **state)
{
    (void)state;
    struct buf b;
    struct wire_reader r;
    buf_init(&b, 4096);
    put_everything(&b);
    assert_int_equal(wire_open_array(&r, buf_bytes(&b), 12), ERR_OK);
    assert_int_equal(wire_peek(&r), WIRE_NIL);
    assert_true(wire_get_nil(&r));
    assert_false(wire_get_nil(&r));
    assert_true(wire_get_bool(&r));
    assert_false(wire_get_bool(&r));
    assert_int_equal(wire_get_int(&r), 127);
    assert_true(wire_get_uint(&r, UINT64_MAX) == UINT64_MAX);
    assert_int_equal(wire_peek(&r), WIRE_NEGATIVE);
    assert_int_equal(wire_get_int(&r), -33);
    assert_true(wire_get_int(&r) == INT64_MIN);
    assert_true(bytes_equal(wire_get_str(&r), bytes_str("Xã Phú Lý")));
    assert_int_equal(wire_get_bin(&r).len, 300);
    struct bytes raw = wire_get_raw(&r);
    assert_true(bytes_equal(raw, bytes_make("\x92\xcd\x01\x2c\xce\x00\x01\x11\x70", 9)));
    assert_int_equal(wire_get_array(&r), 0);
    assert_int_equal(wire_close(&r), ERR_BAD_FORMAT); /* something is left */
    assert_int_equal(wire_get_str(&r).len, 43);
    assert_int_equal(wire_peek(&r), WIRE_END);
    assert_int_equal(wire_close(&r), ERR_OK);
    (void)wire_get_bool(&r);
    assert_int_equal(wire_close(&r), ERR_BAD_FORMAT);
    buf_free(&b);
}

static void integers_at_every_width_are_written_canonically(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int d = -1; d <= 1; d++) {
            uint64_t v = (UINT64_C(1) << bit) + (uint64_t)(int64_t)d;
            struct buf b;
            struct wire_reader r;
            buf_init(&b, 64);
            wire_put_uint(&b, v);
            assert_int_equal(check_copy(b.p, b.len), ERR_OK);
            wire_open(&r, buf_bytes(&b));
            assert_true(wire_get_uint(&r, UINT64_MAX) == v);
            buf_clear(&b);
            int64_t n = -(int64_t)(v >> 1) - 1;
            wire_put_int(&b, n);
            assert_int_equal(check_copy(b.p, b.len), ERR_OK);
            wire_open(&r, buf_bytes(&b));
            assert_true(wire_get_int(&r) == n);
            assert_int_equal(wire_close(&r), ERR_OK);
            buf_free(&b);
        }
    }
}

static void the_first_mismatch_sticks(void **state)
{
    (void)state;
    struct wire_reader r;
    static const uint8_t m[] = {0x93, 0x05, 0xA1, 'x', 0x07};
    wire_open(&r, BYTES_OF(m));
    assert_int_equal(wire_get_array(&r), 3);
    assert_int_equal(wire_get_uint(&r, 4), 0); /* 5 is over the caller's limit */
    assert_int_equal(r.e, ERR_BAD_FORMAT);
    assert_null(wire_get_str(&r).p);
    assert_int_equal(wire_peek(&r), WIRE_END);
    assert_int_equal(wire_get_uint(&r, 100), 0);
    assert_int_equal(wire_get_int(&r), 0);
    assert_int_equal(wire_get_array(&r), 0);
    assert_false(wire_get_nil(&r));
    assert_null(wire_get_raw(&r).p);
    assert_int_equal(wire_close(&r), ERR_BAD_FORMAT);
    wire_open(&r, BYTES_OF(m));
    assert_int_equal(wire_get_array(&r), 3);
    assert_int_equal(wire_get_uint(&r, 5), 5);
    assert_null(wire_get_bin(&r).p);
    assert_int_equal(wire_close(&r), ERR_BAD_FORMAT);
    uint8_t two[2] = {9, 9};
    wire_open(&r, bytes_make("\xc4\x01\x01", 3));
    wire_get_bin_exact(&r, two, 2);
    assert_int_equal(r.e, ERR_BAD_FORMAT);
    assert_int_equal(two[0] + two[1], 0);
    assert_int_equal(wire_open_array(&r, BYTES_OF(m), 2), ERR_BAD_FORMAT);
    wire_open(&r, bytes_make("\xcf\x80\x00\x00\x00\x00\x00\x00\x00", 9));
    assert_true(wire_get_int(&r) == 0); /* 2^63 is no int64 */
    assert_int_equal(r.e, ERR_BAD_FORMAT);
}

/* Of all messages of three bytes, those accepted are those the writer can make: read, write, compare. */
static bool rewrite(struct wire_reader *r, struct buf *b)
{
    size_t items = 0;
    switch (wire_peek(r)) {
    case WIRE_NIL: wire_put_nil(b); return wire_get_nil(r);
    case WIRE_BOOL: wire_put_bool(b, wire_get_bool(r)); return true;
    case WIRE_UINT: wire_put_uint(b, wire_get_uint(r, UINT64_MAX)); return true;
    case WIRE_NEGATIVE: wire_put_int(b, wire_get_int(r)); return true;
    case WIRE_STR: wire_put_str(b, wire_get_str(r)); return true;
    case WIRE_BIN: wire_put_bin(b, wire_get_bin(r)); return true;
    case WIRE_ARRAY:
        items = wire_get_array(r);
        wire_put_array(b, items);
        while (items-- > 0)
            if (!rewrite(r, b)) return false;
        return true;
    case WIRE_END: return false;
    }
    return false;
}

static void what_is_accepted_is_what_the_writer_makes(void **state)
{
    (void)state;
    struct buf b;
    unsigned accepted = 0;
    buf_init(&b, 64);
    for (uint32_t n = 0; n < 0x1000000; n++) {
        const uint8_t m[3] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
        if (wire_check(BYTES_OF(m)) != ERR_OK) continue;
        struct wire_reader r;
        wire_open(&r, BYTES_OF(m));
        buf_clear(&b);
        assert_true(rewrite(&r, &b));
        assert_int_equal(wire_close(&r), ERR_OK);
        assert_true(bytes_equal(buf_bytes(&b), BYTES_OF(m)));
        accepted++;
    }
    /* cd: 65536-256; d1: 32768-128; c4 01 x: 256; a2 + UTF-8: 128*128 + 30*64; 91 cc, 91 d0:
     * 128 + 96; 91 a1: 128; 91 91 + one byte; 92 and two one-byte values; 91 c4 00 */
    const unsigned one = 128 + 32 + 3 + 1 + 1;     /* ints, nil, bools, "", [] */
    const unsigned two = 128 + 96 + 128 + 1 + one; /* cc, d0, a1, c4 00, 91 */
    assert_int_equal(accepted, 65280 + 32640 + 256 + 16384 + 1920 + two + one * one);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_form_of_an_integer_is_the_only_one),
        cmocka_unit_test(the_shortest_header_of_text_and_bytes_is_the_only_one),
        cmocka_unit_test(only_nil_bool_int_str_bin_and_array_exist),
        cmocka_unit_test(nothing_may_stand_behind_the_value),
        cmocka_unit_test(eight_levels_of_arrays_and_no_ninth),
        cmocka_unit_test(a_message_has_at_most_the_limit_of_values),
        cmocka_unit_test(a_count_is_not_believed),
        cmocka_unit_test(text_is_valid_utf8),
        cmocka_unit_test(every_proper_prefix_is_refused),
        cmocka_unit_test(the_reader_takes_what_the_writer_put),
        cmocka_unit_test(integers_at_every_width_are_written_canonically),
        cmocka_unit_test(the_first_mismatch_sticks),
        cmocka_unit_test(what_is_accepted_is_what_the_writer_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

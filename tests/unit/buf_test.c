/* Claims about common/buf and common/bytes: the cap is exact, the error sticks, nothing is lost on the way. */
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void it_holds_what_was_appended(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_add(&b, "ab", 2);
    buf_add(&b, NULL, 0);
    buf_add_str(&b, "cd");
    buf_add_bytes(&b, bytes_str("ef"));
    buf_add_u8(&b, 0xFF);
    buf_add_le16(&b, 0x1122);
    buf_add_le32(&b, 0x33445566);
    buf_add_le64(&b, UINT64_C(0x778899AABBCCDDEE));
    buf_printf(&b, "%d-%s", -7, "x");
    static const uint8_t expected[] =
        "abcdef\xff\x22\x11\x66\x55\x44\x33\xee\xdd\xcc\xbb\xaa\x99\x88\x77-7-x";
    assert_int_equal(b.e, ERR_OK);
    assert_int_equal(b.len, sizeof expected - 1);
    assert_memory_equal(b.p, expected, sizeof expected - 1);
    assert_true(bytes_equal(buf_bytes(&b), bytes_make(expected, sizeof expected - 1)));
    buf_free(&b);
    buf_free(&b);
    assert_int_equal(b.len, 0);
    buf_add_str(&b, "again"); /* a freed one keeps its cap and may be used */
    assert_string_equal(buf_cstr(&b), "again");
    buf_free(&b);
}

static void it_grows_and_keeps_its_content(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (uint32_t i = 0; i < 25000; i++)
        buf_add_le32(&b, i);
    assert_int_equal(b.e, ERR_OK);
    assert_int_equal(b.len, 100000);
    for (uint32_t i = 0; i < 25000; i++)
        assert_int_equal(le32_load(b.p + 4 * (size_t)i), i);
    buf_free(&b);
}

static void the_cap_is_exact_and_the_error_sticks(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_add_str(&b, "abcde");
    assert_int_equal(b.e, ERR_OK);
    assert_string_equal(buf_cstr(&b), "abcde");
    buf_add_u8(&b, 'f');
    assert_int_equal(b.e, ERR_TOO_LARGE);
    assert_int_equal(buf_bytes(&b).len, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_add_u8(&b, 'g');
    buf_printf(&b, "h");
    assert_null(buf_room(&b, 0));
    assert_int_equal(b.e, ERR_TOO_LARGE);
    buf_clear(&b);
    assert_int_equal(b.e, ERR_OK);
    buf_add_str(&b, "xy");
    assert_string_equal(buf_cstr(&b), "xy");
    assert_null(buf_room(&b, SIZE_MAX)); /* no sum may wrap around */
    assert_int_equal(b.e, ERR_TOO_LARGE);
    buf_clear(&b);
    buf_add_str(&b, "123456");
    assert_int_equal(b.e, ERR_TOO_LARGE);
    buf_clear(&b);
    buf_printf(&b, "%s", "12345");
    assert_string_equal(buf_cstr(&b), "12345");
    buf_clear(&b);
    buf_printf(&b, "%s", "123456");
    assert_int_equal(b.e, ERR_TOO_LARGE);
    buf_free(&b);
    buf_init(&b, 0);
    assert_string_equal(buf_cstr(&b), "");
    assert_int_equal(b.e, ERR_OK);
    buf_add_u8(&b, 1);
    assert_int_equal(b.e, ERR_TOO_LARGE);
    buf_free(&b);
}

static void room_counts_and_drop_moves_down(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    uint8_t *room = buf_room(&b, 3);
    assert_non_null(room);
    memcpy(room, "abc", 3);
    buf_add_str(&b, "def");
    buf_drop(&b, 2);
    assert_string_equal(buf_cstr(&b), "cdef");
    buf_drop(&b, 0);
    assert_string_equal(buf_cstr(&b), "cdef");
    buf_drop(&b, 4);
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_free(&b);
    buf_drop(&b, 0); /* without memory too */
}

static void bytes_order_by_content_then_length(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "b\x7f", "b\x80", "b\xff"};
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 8; k++) {
            int c = bytes_compare(bytes_str(sorted[i]), bytes_str(sorted[k]));
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
            assert_int_equal(bytes_equal(bytes_str(sorted[i]), bytes_str(sorted[k])), i == k);
        }
    }
    struct bytes none = {NULL, 0};
    assert_true(bytes_equal(none, bytes_str("")));
    assert_int_equal(bytes_compare(none, none), 0);
}

static void little_endian_is_the_same_on_every_machine(void **state)
{
    (void)state;
    uint8_t p[8];
    le16_store(p, 0xFF01);
    assert_memory_equal(p, "\x01\xff", 2);
    assert_int_equal(le16_load(p), 0xFF01);
    le32_store(p, 0xFF020304u);
    assert_memory_equal(p, "\x04\x03\x02\xff", 4);
    assert_true(le32_load(p) == 0xFF020304u);
    le64_store(p, UINT64_C(0xFF02030405060708));
    assert_memory_equal(p, "\x08\x07\x06\x05\x04\x03\x02\xff", 8);
    assert_true(le64_load(p) == UINT64_C(0xFF02030405060708));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_what_was_appended),
        cmocka_unit_test(it_grows_and_keeps_its_content),
        cmocka_unit_test(the_cap_is_exact_and_the_error_sticks),
        cmocka_unit_test(room_counts_and_drop_moves_down),
        cmocka_unit_test(bytes_order_by_content_then_length),
        cmocka_unit_test(little_endian_is_the_same_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

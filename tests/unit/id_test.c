/* Claims about common/id: hexadecimal both ways, and a version's bytes as SPEC lays them out. */
#include "common/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void hex_reads_back_every_byte(void **state)
{
    (void)state;
    uint8_t all[256];
    uint8_t back[256];
    char text[2 * 256 + 1];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    id_hex(BYTES_OF(all), text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_int_equal(id_unhex(text, back, sizeof back), ERR_OK);
    assert_memory_equal(all, back, sizeof all);
    id_hex(bytes_make(all, 0), text);
    assert_string_equal(text, "");
    assert_int_equal(id_unhex("", back, 0), ERR_OK);
}

static void either_case_is_read_and_lower_is_written(void **state)
{
    (void)state;
    uint8_t out[3];
    char text[7];
    assert_int_equal(id_unhex("aBcDeF", out, sizeof out), ERR_OK);
    assert_int_equal(out[0], 0xAB);
    assert_int_equal(out[1], 0xCD);
    assert_int_equal(out[2], 0xEF);
    id_hex(BYTES_OF(out), text);
    assert_string_equal(text, "abcdef");
}

static void what_is_no_hex_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "a",    "ab",   "abc",  "abcde", "abcdef0",
                                      "abcg", "gbcd", "ab d", "0xab", "ab-d",  "ab\xc3\xa0",
                                      "/bcd", "ab:d", "ab@d", "ab`d"};
    uint8_t out[2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(id_unhex(bad[i], out, sizeof out), ERR_BAD_INPUT);
}

static void a_version_is_incarnation_seq_and_check_bytes(void **state)
{
    (void)state;
    struct id_inc inc = {{1, 2, 3, 4, 5, 6, 7, 8}};
    struct id_hash hash = {{0xA1, 0xA2, 0xA3, 0xA4, 0xA5}};
    struct id_version v = id_version_make(&inc, UINT64_C(0x1122334455667788), &hash);
    static const uint8_t expected[ID_VERSION_BYTES] = {1,    2,    3,    4,    5,    6,    7,
                                                       8,    0x88, 0x77, 0x66, 0x55, 0x44, 0x33,
                                                       0x22, 0x11, 0xA1, 0xA2, 0xA3, 0xA4};
    assert_memory_equal(v.b, expected, sizeof expected);
    assert_true(id_version_seq(&v) == UINT64_C(0x1122334455667788));
    struct id_inc back = id_version_inc(&v);
    assert_true(ID_EQUAL(&back, &inc));
    struct id_version w = id_version_make(&inc, UINT64_C(0x1122334455667789), &hash);
    assert_false(ID_EQUAL(&v, &w));
    w = v;
    assert_true(ID_EQUAL(&v, &w));
    w.b[ID_VERSION_BYTES - 1] ^= 1;
    assert_false(ID_EQUAL(&v, &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_reads_back_every_byte),
        cmocka_unit_test(either_case_is_read_and_lower_is_written),
        cmocka_unit_test(what_is_no_hex_is_refused),
        cmocka_unit_test(a_version_is_incarnation_seq_and_check_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TCVN3 and VNI: every letter, whole names, the guess. Oracle for TCVN3: the table of the C library. */
#include "common/legacy_text.h"

#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *decoded(enum legacy_text kind, const char *s)
{
    static struct buf out;
    if (out.max == 0) buf_init(&out, 1u << 16);
    buf_clear(&out);
    assert_int_equal(legacy_text_decode(kind, bytes_str(s), &out), ERR_OK);
    return buf_cstr(&out);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(decoded(LEGACY_TCVN3, "NguyÔn V¨n Hïng"), "Nguyễn Văn Hùng");
    assert_string_equal(decoded(LEGACY_TCVN3, "§Æng ThÞ Hång H¹nh"), "Đặng Thị Hồng Hạnh");
    assert_string_equal(decoded(LEGACY_TCVN3, "TrÇn Quèc Tr­ëng, x· Phó Lý"),
                        "Trần Quốc Trưởng, xã Phú Lý");
    assert_string_equal(decoded(LEGACY_VNI, "Nguyeãn Vaên Huøng"), "Nguyễn Văn Hùng");
    assert_string_equal(decoded(LEGACY_VNI, "Ñaëng Thò Hoàng Haïnh"), "Đặng Thị Hồng Hạnh");
    assert_string_equal(decoded(LEGACY_VNI, "Traàn Quoác Tröôûng, xaõ Phuù Lyù"),
                        "Trần Quốc Trưởng, xã Phú Lý");
    assert_string_equal(decoded(LEGACY_VNI, "TRAÀN VAÊN ÑÖÙC"), "TRẦN VĂN ĐỨC");
    assert_string_equal(decoded(LEGACY_UNICODE, "Nguyeãn"), "Nguyeãn");
    assert_string_equal(decoded(LEGACY_VNI, ""), "");
}

/* Every vowel with every tone, as the VNI keyboards' documentation lists them. */
static void test_vni_letters(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"aùaøaûaõaï", "áàảãạ"},
        {"aâaáaàaåaãaä", "âấầẩẫậ"},
        {"aêaéaèaúaüaë", "ăắằẳẵặ"},
        {"eùeøeûeõeï", "éèẻẽẹ"},
        {"eâeáeàeåeãeä", "êếềểễệ"},
        {"íìæóò", "íìỉĩị"},
        {"oùoøoûoõoï", "óòỏõọ"},
        {"oâoáoàoåoãoä", "ôốồổỗộ"},
        {"ôôùôøôûôõôï", "ơớờởỡợ"},
        {"uùuøuûuõuï", "úùủũụ"},
        {"ööùöøöûöõöï", "ưứừửữự"},
        {"yùyøyûyõî", "ýỳỷỹỵ"},
        {"ñÑ", "đĐ"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_string_equal(decoded(LEGACY_VNI, pairs[i][0]), pairs[i][1]);
}

static void test_tcvn3_against_the_c_library(void **state)
{
    (void)state;
    iconv_t cd = iconv_open("UTF-8", "TCVN5712-1");
    unsigned compared = 0;
    assert_true(cd != (iconv_t)-1);
    for (unsigned b = 0xA1; b <= 0xFE; b++) {
        char in[2] = {(char)b, '\0'}, want[16] = {0}, *from = in, *to = want;
        size_t in_left = 1, left = sizeof want - 1;
        char shown[8];
        (void)iconv(cd, NULL, NULL, NULL, NULL);
        if (iconv(cd, &from, &in_left, &to, &left) == (size_t)-1) continue;
        (void)iconv(cd, NULL, NULL, &to, &left);
        *to = '\0';
        snprintf(shown, sizeof shown, "%c%c", (char)(0xC0 | (b >> 6)), (char)(0x80 | (b & 0x3F)));
        const char *got = decoded(LEGACY_TCVN3, shown);
        if (strcmp(got, shown) == 0 && strcmp(got, want) != 0)
            continue; /* a capital with a tone: VN1 has it, VN3 does not */
        assert_string_equal(got, want);
        compared++;
    }
    iconv_close(cd);
    assert_int_equal(compared, 74);
}

static enum legacy_text guess(const char *s)
{
    return legacy_text_guess(bytes_str(s));
}

static void test_guess(void **state)
{
    (void)state;
    assert_int_equal(guess("họ tên;xã\nNguyễn Văn Hùng;Phú Lý\n"), LEGACY_UNICODE);
    assert_int_equal(guess("Hoà, Khuê, Thuý, Lâm, Hà\n"), LEGACY_UNICODE); /* VNI would read Hồ */
    assert_int_equal(guess("name;commune\nplain;text\n"), LEGACY_UNICODE);
    assert_int_equal(guess(""), LEGACY_UNICODE);
    assert_int_equal(guess("hä tªn;x·\nNguyÔn V¨n Hïng;Phó Lý\n"), LEGACY_TCVN3);
    assert_int_equal(guess("hoï teân;xaõ\nNguyeãn Vaên Huøng;Phuù Lyù\n"), LEGACY_VNI);
    assert_int_equal(guess("Łódź, Čapek, Ğ\n"), LEGACY_UNICODE);
    assert_int_equal(guess("\xff\xff"), LEGACY_UNICODE);
}

static void test_limits_and_bad_input(void **state)
{
    (void)state;
    struct buf out, big;
    buf_init(&out, 4 * LEGACY_BYTES_MAX);
    buf_init(&big, LEGACY_BYTES_MAX + 1);
    memset(buf_room(&big, LEGACY_BYTES_MAX + 1), 'a', LEGACY_BYTES_MAX + 1);
    assert_int_equal(legacy_text_decode(LEGACY_VNI, buf_bytes(&big), &out), ERR_TOO_LARGE);
    assert_int_equal(legacy_text_bytes(buf_bytes(&big), &out), ERR_TOO_LARGE);
    assert_int_equal(legacy_text_decode(LEGACY_VNI, bytes_make(big.p, LEGACY_BYTES_MAX), &out),
                     ERR_OK);
    assert_int_equal(out.len, LEGACY_BYTES_MAX);
    buf_clear(&out);
    assert_int_equal(legacy_text_decode(LEGACY_VNI, bytes_str("a\xc3"), &out), ERR_BAD_INPUT);
    assert_int_equal(out.len, 0);
    assert_int_equal(legacy_text_bytes(bytes_str("NguyÔn"), &out), ERR_OK);
    buf_clear(&out);
    assert_int_equal(legacy_text_bytes(bytes_str("Nguy\xD4n"), &out), ERR_OK);
    assert_string_equal(buf_cstr(&out), "NguyÔn");
    buf_free(&out);
    buf_free(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_vni_letters),
        cmocka_unit_test(test_tcvn3_against_the_c_library),
        cmocka_unit_test(test_guess),
        cmocka_unit_test(test_limits_and_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Claims about common/text: one spelling per value, nothing hidden in it, and a fold that matches
 * people. */
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <utf8proc.h>

static struct bytes S(const char *s) {
    return bytes_str(s);
}

static void
assert_fold(const char *in, const char *expected)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(text_fold(S(in), TEXT_BYTES_MAX, &out), ERR_OK);
    assert_string_equal(buf_cstr(&out), expected);
    buf_free(&out);
}

static void assert_normal(const char *in, unsigned allow, const char *expected)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(text_normalise(S(in), TEXT_BYTES_MAX, allow, &out), ERR_OK);
    assert_string_equal(buf_cstr(&out), expected);
    assert_int_equal(text_check(buf_bytes(&out), TEXT_BYTES_MAX, allow), ERR_OK);
    buf_free(&out);
}

static void vietnamese_in_nfc_passes(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "Nguyễn Thị Hòa",
                                       "Đắk Lắk – “Đội công tác xã hội tình nguyện”",
                                       "42.000.000 ₫",
                                       "한국어 日本語 العربية",
                                       "👩‍🌾"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(text_check(S(good[i]), TEXT_BYTES_MAX, TEXT_ONE_LINE), ERR_OK);
}

static void each_flaw_is_found_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        enum text_flaw flaw;
        size_t at;
    } rows[] = {
        {"a\xff", TEXT_FLAW_UTF8, 1},
        {"ab\xe1\xbb", TEXT_FLAW_UTF8, 2},       /* cut short */
        {"\xc0\x80", TEXT_FLAW_UTF8, 0},         /* overlong */
        {"a\xed\xa0\x80", TEXT_FLAW_UTF8, 1},    /* surrogate */
        {"\xf4\x90\x80\x80", TEXT_FLAW_UTF8, 0}, /* over U+10FFFF */
        {"\x80", TEXT_FLAW_UTF8, 0},             /* a continuation alone */
        {"ab\x1b[2J", TEXT_FLAW_CONTROL, 2},     /* escape */
        {"a\tb", TEXT_FLAW_CONTROL, 1},
        {"a\nb", TEXT_FLAW_CONTROL, 1},
        {"a\r", TEXT_FLAW_CONTROL, 1},
        {"a\x7f", TEXT_FLAW_CONTROL, 1},
        {"a\xc2\x85", TEXT_FLAW_CONTROL, 1},              /* next line */
        {"a\xe2\x80\xa8", TEXT_FLAW_CONTROL, 1},          /* line separator */
        {"a\xef\xbb\xbf", TEXT_FLAW_CONTROL, 1},          /* byte order mark */
        {"ab\xe2\x80\xae", TEXT_FLAW_BIDI, 2},            /* right-to-left override */
        {"\xe2\x81\xa6", TEXT_FLAW_BIDI, 0},              /* isolate */
        {"\xe2\x80\x8f", TEXT_FLAW_BIDI, 0},              /* right-to-left mark */
        {"\xef\xb7\x90", TEXT_FLAW_NONCHARACTER, 0},      /* U+FDD0 */
        {"a\xef\xbf\xbf", TEXT_FLAW_NONCHARACTER, 1},     /* U+FFFF */
        {"a\xf0\x9f\xbf\xbe", TEXT_FLAW_NONCHARACTER, 1}, /* U+1FFFE */
        {"Hoa\xcc\x80", TEXT_FLAW_NFC, 0},
        {"\xe2\x84\xa6", TEXT_FLAW_NFC, 0}, /* ohm sign, a singleton */
        {"ả", TEXT_FLAW_NONE, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t at = 999;
        assert_int_equal(text_find_flaw(S(rows[i].s), TEXT_ONE_LINE, &at), rows[i].flaw);
        assert_int_equal(at, rows[i].at);
        enum err e = rows[i].flaw == TEXT_FLAW_NONE ? ERR_OK : ERR_BAD_INPUT;
        assert_int_equal(text_check(S(rows[i].s), TEXT_BYTES_MAX, TEXT_ONE_LINE), e);
    }
    assert_int_equal(text_check(bytes_make("a\0b", 3), 3, TEXT_NOTE), ERR_BAD_INPUT);
}

static void tab_and_line_feed_need_their_flag(void **state)
{
    (void)state;
    assert_int_equal(text_check(S("a\tb"), 9, TEXT_TAB), ERR_OK);
    assert_int_equal(text_check(S("a\nb"), 9, TEXT_TAB), ERR_BAD_INPUT);
    assert_int_equal(text_check(S("a\nb"), 9, TEXT_LF), ERR_OK);
    assert_int_equal(text_check(S("a\tb"), 9, TEXT_LF), ERR_BAD_INPUT);
    assert_int_equal(text_check(S("a\n\tb"), 9, TEXT_NOTE), ERR_OK);
    assert_int_equal(text_check(S("a\r\nb"), 9, TEXT_NOTE), ERR_BAD_INPUT);
}

static void the_limit_is_exact(void **state)
{
    (void)state;
    char *p = malloc(TEXT_BYTES_MAX + 1);
    assert_non_null(p);
    memset(p, 'a', TEXT_BYTES_MAX + 1);
    assert_int_equal(text_check(bytes_make(p, TEXT_BYTES_MAX), TEXT_BYTES_MAX, 0), ERR_OK);
    assert_int_equal(text_check(bytes_make(p, TEXT_BYTES_MAX + 1), TEXT_BYTES_MAX, 0),
                     ERR_TOO_LARGE);
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    assert_int_equal(text_normalise(bytes_make(p, TEXT_BYTES_MAX + 1), TEXT_BYTES_MAX, 0, &out),
                     ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_int_equal(text_normalise(bytes_make(p, TEXT_BYTES_MAX), TEXT_BYTES_MAX, 0, &out),
                     ERR_OK);
    assert_int_equal(out.len, TEXT_BYTES_MAX);
    assert_int_equal(text_normalise(S("a"), TEXT_BYTES_MAX, 0, &out),
                     ERR_TOO_LARGE); /* cap of out */
    buf_clear(&out);
    assert_int_equal(text_fold(bytes_make(p, TEXT_BYTES_MAX), TEXT_BYTES_MAX, &out), ERR_OK);
    assert_int_equal(text_fold(bytes_make(p, TEXT_BYTES_MAX + 1), TEXT_BYTES_MAX, &out),
                     ERR_TOO_LARGE);
    buf_free(&out);
    free(p);
    p = malloc(TEXT_INPUT_MAX + 1);
    assert_non_null(p);
    memset(p, 'a', TEXT_INPUT_MAX + 1);
    assert_int_equal(text_check(bytes_make(p, TEXT_INPUT_MAX), SIZE_MAX, 0), ERR_OK);
    assert_int_equal(text_check(bytes_make(p, TEXT_INPUT_MAX + 1), SIZE_MAX, 0), ERR_TOO_LARGE);
    assert_int_equal(text_normalise(bytes_make(p, TEXT_INPUT_MAX + 1), SIZE_MAX, 0, &out),
                     ERR_TOO_LARGE);
    assert_int_equal(text_fold(bytes_make(p, TEXT_INPUT_MAX + 1), SIZE_MAX, &out), ERR_TOO_LARGE);
    free(p);
}

static void marks_in_a_row_are_bounded(void **state)
{
    (void)state;
    char s[2 + 2 * (TEXT_MARKS_MAX + 1)] = "q";
    size_t len = 1;
    for (size_t i = 0; i < TEXT_MARKS_MAX; i++, len += 2)
        memcpy(s + len, "\xcc\xa3", 2);
    assert_int_equal(text_check(bytes_make(s, len), 999, 0), ERR_OK);
    memcpy(s + len, "\xcc\xa3", 2);
    size_t at;
    assert_int_equal(text_find_flaw(bytes_make(s, len + 2), 0, &at), TEXT_FLAW_MARKS);
    assert_int_equal(at, len);
}

static void normalising_gives_one_spelling(void **state)
{
    (void)state;
    assert_normal("", 0, "");
    assert_normal("Hoa\xcc\x80", 0, "Hoà");
    assert_normal("Vie\xcc\xa3\xcc\x82t", 0, "Việt"); /* dot below before circumflex */
    assert_normal("Vie\xcc\x82\xcc\xa3t", 0, "Việt"); /* and after it */
    assert_normal("a\r\nb\rc\n", TEXT_LF, "a\nb\nc\n");
    assert_normal("\r\r\n", TEXT_LF, "\n\n");
    struct buf out;
    buf_init(&out, 100);
    assert_int_equal(text_normalise(S("a\rb"), 10, TEXT_TAB, &out), ERR_BAD_INPUT);
    assert_int_equal(text_normalise(S("a\xff"), 10, TEXT_NOTE, &out), ERR_BAD_INPUT);
    assert_int_equal(text_normalise(S("a\xe2\x80\xae"), 10, TEXT_NOTE, &out), ERR_BAD_INPUT);
    assert_int_equal(out.len, 0);
    assert_int_equal(text_normalise(S("a\r\nb"), 3, TEXT_LF, &out),
                     ERR_OK); /* the limit is the result's */
    buf_free(&out);
}

static void one_name_in_many_spellings_folds_alike(void **state)
{
    (void)state;
    assert_fold("Hoà", "hoa");
    assert_fold("Hòa", "hoa");
    assert_fold("HÒA", "hoa");
    assert_fold("Ho\x61\xcc\x80", "hoa");
    assert_fold("Đắk", "dak");
    assert_fold("Đăk", "dak");
    assert_fold("ĐẮK", "dak");
    assert_fold("Ðắk", "dak"); /* with eth */
    assert_fold("Nguyễn  Thị\t Hương ", "nguyen thi huong");
    assert_fold("\xc2\xa0 Trần\xe3\x80\x80Văn\r\nƠn", "tran van on");
    assert_fold("ＶĨＮＨ Ｃửu", "vinh cuu");
    assert_fold("Lê\xe2\x80\x8b", "le"); /* zero-width space */
    assert_fold("Straße", "strasse");
    assert_fold("", "");
    assert_fold(" \t\n", "");
    struct buf out;
    buf_init(&out, 100);
    buf_add_str(&out, "x:");
    assert_int_equal(text_fold(S("Ân"), 10, &out), ERR_OK);
    assert_string_equal(buf_cstr(&out), "x:an");
    assert_int_equal(text_fold(S("a\xff"), 10, &out), ERR_BAD_INPUT);
    assert_string_equal(buf_cstr(&out), "x:an");
    buf_free(&out);
}

static size_t encode(uint32_t point, uint8_t out[4])
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)point, out);
}

static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    struct buf once, twice;
    buf_init(&once, 1000);
    buf_init(&twice, 1000);
    for (uint32_t point = 1; point <= 0x10FFFF; point++) {
        if (point >= 0xD800 && point <= 0xDFFF) continue;
        if (point == 0x30000) point = 0xE0000; /* nothing between is assigned */
        uint8_t s[4];
        buf_clear(&once);
        buf_clear(&twice);
        assert_int_equal(text_fold(bytes_make(s, encode(point, s)), 4, &once), ERR_OK);
        assert_int_equal(text_fold(buf_bytes(&once), 1000, &twice), ERR_OK);
        if (!bytes_equal(buf_bytes(&once), buf_bytes(&twice))) fail_msg("U+%04X", (unsigned)point);
        if (point == 0xE1000) break;
    }
    buf_free(&once);
    buf_free(&twice);
}

/* The quick answer for plain text against the library's full normalisation, alone and behind a
 * letter. */
static void quick_nfc_check_agrees_with_the_full_one(void **state)
{
    (void)state;
    size_t normal = 0;
    size_t other = 0;
    for (uint32_t point = 0xA0; point < 0x30000; point++) {
        if (point >= 0xD800 && point <= 0xDFFF) continue;
        for (int with_letter = 0; with_letter < 2; with_letter++) {
            uint8_t s[5] = {'a'};
            size_t len = (size_t)with_letter + encode(point, s + with_letter);
            size_t at;
            enum text_flaw flaw = text_find_flaw(bytes_make(s, len), 0, &at);
            if (flaw != TEXT_FLAW_NONE && flaw != TEXT_FLAW_NFC) continue;
            utf8proc_uint8_t *nfc = NULL;
            utf8proc_ssize_t n =
                utf8proc_map(s, (utf8proc_ssize_t)len, &nfc, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
            assert_true(n > 0);
            bool same = bytes_equal(bytes_make(nfc, (size_t)n), bytes_make(s, len));
            free(nfc);
            if (same != (flaw == TEXT_FLAW_NONE)) fail_msg("U+%04X", (unsigned)point);
            if (same)
                normal++;
            else
                other++;
        }
    }
    assert_true(normal > 100000 && other > 500);
}

static void truncating_never_cuts_a_code_point(void **state)
{
    (void)state;
    struct bytes s = S("aĐặ👩z"); /* 1 + 2 + 3 + 4 + 1 bytes */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    assert_int_equal(s.len, 11);
    for (size_t max = 0; max < sizeof expected / sizeof expected[0]; max++) {
        struct bytes t = text_truncate(s, max);
        assert_int_equal(t.len, expected[max]);
        assert_int_equal(text_utf8_prefix(t), t.len);
    }
    assert_int_equal(text_count(s), 5);
    assert_int_equal(text_count(S("")), 0);
    assert_int_equal(text_utf8_prefix(S("Đ\xff")), 2);
}

static void trimming_takes_blanks_at_the_ends_only(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {{"", ""},
                {" \t\r\n", ""},
                {"a b", "a b"},
                {"  a b\n", "a b"},
                {"\xc2\xa0 à \xc2\xa0", "à"},
                {"\xef\xbb\xbfx", "x"},
                {"\xa0", "\xa0"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(bytes_equal(text_trim(S(rows[i].in)), S(rows[i].out)));
}

/* No read past the end: each cut of a text in a block of exactly that size, under the sanitizer. */
static void every_cut_is_read_within_its_bytes(void **state)
{
    (void)state;
    struct bytes s = S("Đ👩ệ\xcc\x80\xef\xbb\xbf\xe2\x80\xae");
    for (size_t cut = 0; cut <= s.len; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        assert_non_null(exact);
        memcpy(exact, s.p, cut);
        struct bytes c = bytes_make(exact, cut);
        struct buf out;
        buf_init(&out, 100);
        size_t whole = text_utf8_prefix(c);
        enum err e = text_fold(c, 100, &out);
        assert_int_equal(e, whole == cut ? ERR_OK : ERR_BAD_INPUT);
        if (whole != cut) assert_int_equal(text_check(c, 100, TEXT_NOTE), ERR_BAD_INPUT);
        e = text_normalise(c, 100, TEXT_NOTE, &out);
        if (whole != cut) assert_int_equal(e, ERR_BAD_INPUT);
        assert_true(text_trim(c).len <= cut);
        buf_free(&out);
        free(exact);
    }
}

static void numbers_are_grouped_as_vietnamese_write_them(void **state)
{
    static const char *const pairs[][2] = {
        {"0", "0"},
        {"-7", "-7"},
        {"100.0", "100,0"},
        {"999", "999"},
        {"1000", "1.000"},
        {"72000000", "72.000.000"},
        {"-1000", "-1.000"},
        {"-1234567.8", "-1.234.567,8"},
        {"", ""},
        {"-100", "-100"},
    };
    char out[24], less[6];
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        text_grouped(pairs[i][0], out, sizeof out);
        assert_string_equal(out, pairs[i][1]);
        text_grouped(pairs[i][0], less, sizeof less);
        assert_memory_equal(less, out, strlen(less));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vietnamese_in_nfc_passes),
        cmocka_unit_test(each_flaw_is_found_at_its_place),
        cmocka_unit_test(tab_and_line_feed_need_their_flag),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(marks_in_a_row_are_bounded),
        cmocka_unit_test(normalising_gives_one_spelling),
        cmocka_unit_test(one_name_in_many_spellings_folds_alike),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(quick_nfc_check_agrees_with_the_full_one),
        cmocka_unit_test(truncating_never_cuts_a_code_point),
        cmocka_unit_test(trimming_takes_blanks_at_the_ends_only),
        cmocka_unit_test(every_cut_is_read_within_its_bytes),
        cmocka_unit_test(numbers_are_grouped_as_vietnamese_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

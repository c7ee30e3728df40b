/* Claims about proto/words: the list is sound, and the words of a hash never change. */
#include "proto/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <utf8proc.h>

#include "proto/key.h"

enum { ROOM = 32 };

/* The syllable without tones and marks, đ as d: what somebody types without a Vietnamese keyboard.
 */
static void plain_of(const char *word, char out[ROOM])
{
    utf8proc_uint8_t *stripped = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)word, 0, &stripped,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK);
    assert_true(n > 0);
    size_t len = 0;
    for (const char *s = (const char *)stripped; *s != '\0'; s++) {
        assert_true(len + 1 < ROOM);
        if (strncmp(s, "đ", 2) == 0) {
            out[len++] = 'd';
            s++;
        } else {
            out[len++] = *s;
        }
    }
    out[len] = '\0';
    free(stripped);
}

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* What a telephone and the regions leave of a syllable: onsets and endings that meet get one
 * letter. */
static void sound_of(const char *word, char out[ROOM])
{
    static const char *const onset[][2] = {
        {"ngh", "N"}, {"ng", "N"}, {"nh", "J"}, {"n", "l"}, {"tr", "C"}, {"ch", "C"}, {"gh", "G"},
        {"gi", "z"},  {"g", "G"},  {"d", "z"},  {"r", "z"}, {"v", "z"},  {"x", "s"},  {"k", "c"},
    };
    char plain[ROOM];
    plain_of(word, plain);
    const char *rest = plain;
    size_t len = 0;
    if (starts(word, "đ")) {
        out[len++] = 'D';
        rest++;
    } else if (starts(plain, "kh")) {
        out[len++] = 'K';
        rest += 2;
    } else {
        for (size_t i = 0; i < sizeof onset / sizeof *onset; i++) {
            if (!starts(rest, onset[i][0])) continue;
            out[len++] = *onset[i][1];
            rest += strlen(onset[i][0]);
            break;
        }
    }
    while (*rest != '\0')
        out[len++] = *rest++;
    if (len > 2 && (starts(&out[len - 2], "ng") || (out[len - 2] == 'n' && out[len - 1] == 'h')))
        len--;
    if (len > 2 && out[len - 2] == 'c' && out[len - 1] == 'h') len--;
    if (out[len - 1] == 'm') out[len - 1] = 'n';
    if (out[len - 1] == 'p' || out[len - 1] == 'c') out[len - 1] = 't';
    out[len] = '\0';
}

static void all_words_are_short_syllables_in_nfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORDS_LIST_COUNT; i++) {
        const char *w = words_list[i];
        assert_non_null(w);
        utf8proc_uint8_t *nfc = utf8proc_NFC((const utf8proc_uint8_t *)w);
        assert_non_null(nfc);
        assert_string_equal((const char *)nfc, w);
        free(nfc);
        char plain[ROOM];
        plain_of(w, plain);
        assert_in_range(strlen(plain), 2, 6);
        for (const char *s = plain; *s != '\0'; s++)
            assert_in_range(*s, 'a', 'z');
    }
}

static void no_two_words_are_alike_without_marks(void **state)
{
    (void)state;
    static char plain[WORDS_LIST_COUNT][ROOM];
    for (size_t i = 0; i < WORDS_LIST_COUNT; i++) {
        plain_of(words_list[i], plain[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(plain[i], plain[j]);
    }
}

static void no_two_words_sound_alike_in_any_region(void **state)
{
    (void)state;
    static char sound[WORDS_LIST_COUNT][ROOM];
    char a[ROOM], b[ROOM];
    sound_of("sách", a); /* the fold itself: these pairs meet, this one does not */
    sound_of("xạt", b);
    assert_string_equal(a, b);
    sound_of("năm", a);
    sound_of("lang", b);
    assert_string_equal(a, b);
    sound_of("đồng", a);
    sound_of("rồng", b);
    assert_string_not_equal(a, b);
    for (size_t i = 0; i < WORDS_LIST_COUNT; i++) {
        sound_of(words_list[i], sound[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(sound[i], sound[j]);
    }
}

static void words_of_a_hash_never_change(void **state)
{
    (void)state;
    struct id_hash h;
    struct buf text;
    for (size_t i = 0; i < sizeof h.b; i++)
        h.b[i] = (uint8_t)i;
    buf_init(&text, 256);
    assert_int_equal(words_text(&h, &text), ERR_OK);
    assert_string_equal(buf_cstr(&text), "ngon – gậy – lào – ít – hồ – ấm");
    buf_free(&text);
    buf_init(&text, 10);
    assert_int_equal(words_text(&h, &text), ERR_TOO_LARGE);
    buf_free(&text);
}

static void every_bit_of_the_hash_counts(void **state)
{
    (void)state;
    struct id_hash h = {.b = {0}};
    const char *base[WORDS_COUNT], *other[WORDS_COUNT];
    words_of(&h, base);
    for (size_t bit = 0; bit < 8 * sizeof h.b; bit++) {
        size_t same = 0;
        h.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        words_of(&h, other);
        for (size_t i = 0; i < WORDS_COUNT; i++)
            same += base[i] == other[i];
        assert_in_range(same, 0, 2);
        h.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static int ready(void **state)
{
    (void)state;
    return key_ready() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_words_are_short_syllables_in_nfc),
        cmocka_unit_test(no_two_words_are_alike_without_marks),
        cmocka_unit_test(no_two_words_sound_alike_in_any_region),
        cmocka_unit_test(words_of_a_hash_never_change),
        cmocka_unit_test(every_bit_of_the_hash_counts),
    };
    return cmocka_run_group_tests(tests, ready, NULL);
}

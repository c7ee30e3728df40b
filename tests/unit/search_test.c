/* Words of a question and folded texts of records: common/search.h, with its limits. */
#include "common/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void a_question_is_split_into_folded_words(void **state)
{
    (void)state;
    static const struct {
        const char *query, *words[4];
    } cases[] = {
        {"", {NULL}},
        {"  \t ", {NULL}},
        {"Đặng", {"dang", NULL}},
        {"  Hồng   ĐẶNG ", {"hong", "dang", NULL}},
        {"0790 %_'", {"0790", "%_'", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct search_words w;
        size_t n = 0;
        assert_int_equal(search_words_init(&w, bytes_str(cases[i].query)), ERR_OK);
        for (; cases[i].words[n] != NULL; n++) {
            assert_true(n < w.count);
            assert_true(bytes_equal(w.word[n], bytes_str(cases[i].words[n])));
        }
        assert_int_equal(w.count, n);
        search_words_free(&w);
    }
}

static void the_limits_of_a_question(void **state)
{
    (void)state;
    char text[SEARCH_QUERY_BYTES_MAX + 1];
    struct search_words w;
    memset(text, 'a', sizeof text);
    assert_int_equal(search_words_init(&w, bytes_make(text, sizeof text - 1)), ERR_OK);
    assert_int_equal(w.count, 1);
    search_words_free(&w);
    assert_int_equal(search_words_init(&w, bytes_make(text, sizeof text)), ERR_TOO_LARGE);
    search_words_free(&w);
    assert_int_equal(search_words_init(&w, bytes_str("\xff")), ERR_BAD_INPUT);
    search_words_free(&w);
    assert_int_equal(search_words_init(&w, bytes_str("a b c d e f")), ERR_OK);
    assert_int_equal(w.count, SEARCH_WORDS_MAX);
    search_words_free(&w);
    assert_int_equal(search_words_init(&w, bytes_str("a b c d e f g")), ERR_OK);
    assert_int_equal(w.count, SEARCH_WORDS_MAX);
    assert_true(bytes_equal(w.word[SEARCH_WORDS_MAX - 1], bytes_str("f")));
    search_words_free(&w);
}

static void a_record_keeps_so_much_folded_text(void **state)
{
    (void)state;
    static char text[SEARCH_FOLD_BYTES_MAX + 1];
    struct buf out;
    buf_init(&out, SEARCH_FOLD_BYTES_MAX);
    search_fold_add(bytes_str("Đỗ Văn Đức"), &out);
    search_fold_add(bytes_str(""), &out);
    search_fold_add(bytes_str("\xff\xfe"), &out); /* no text: left out */
    search_fold_add(bytes_str("075 082"), &out);
    assert_string_equal(buf_cstr(&out), "do van duc 075 082");
    memset(text, 'a', sizeof text);
    search_fold_add(bytes_make(text, sizeof text), &out);
    assert_int_equal(out.e, ERR_OK);
    assert_int_equal(out.len, SEARCH_FOLD_BYTES_MAX);
    search_fold_add(bytes_str("b"), &out);
    assert_int_equal(out.e, ERR_OK);
    assert_int_equal(out.len, SEARCH_FOLD_BYTES_MAX);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_split_into_folded_words),
        cmocka_unit_test(the_limits_of_a_question),
        cmocka_unit_test(a_record_keeps_so_much_folded_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

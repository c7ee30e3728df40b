/* Claims about common/err: each code has its words, scope and exit code, and none is a copy of another. */
#include "common/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/text.h"

static void every_code_has_words_in_both_languages(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        struct bytes en = bytes_str(err_text_en(e));
        struct bytes vi = bytes_str(err_text_vi(e));
        assert_true(strlen(err_name(e)) > 0 && en.len > 0 && vi.len > 0);
        assert_int_equal(text_check(vi, TEXT_BYTES_MAX, TEXT_ONE_LINE), ERR_OK);
        assert_int_equal(text_count(en), en.len); /* ASCII */
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(err_name(e), err_name((enum err)k));
            assert_string_not_equal(err_text_en(e), err_text_en((enum err)k));
            assert_string_not_equal(err_text_vi(e), err_text_vi((enum err)k));
        }
    }
    assert_int_equal(ERR_OK, 0);
    assert_string_equal(err_name(ERR_BAD_HASH), "BAD_HASH");
}

static void scopes_say_how_much_is_broken(void **state)
{
    (void)state;
    assert_int_equal(err_scope(ERR_BAD_VALUE), ERR_SCOPE_ITEM);
    assert_int_equal(err_scope(ERR_BAD_SIGNATURE), ERR_SCOPE_CHAIN);
    assert_int_equal(err_scope(ERR_FORKED), ERR_SCOPE_CHAIN);
    assert_int_equal(err_scope(ERR_LINK_LOST), ERR_SCOPE_LINK);
    assert_int_equal(err_scope(ERR_NOMEM), ERR_SCOPE_LINK); /* drop the link, stay alive */
    assert_int_equal(err_scope(ERR_FULL), ERR_SCOPE_SELF);
    assert_int_equal(err_scope(ERR_DAMAGED), ERR_SCOPE_SELF);
}

static void only_success_exits_with_0(void **state)
{
    (void)state;
    assert_int_equal(err_exit_code(ERR_OK), 0);
    for (int i = 1; i < ERR_COUNT; i++) {
        int code = err_exit_code((enum err)i);
        assert_true(code > 0 && code < 126); /* above are the shell's own */
    }
}

static void exit_codes_are_the_documented_ones(void **state)
{
    (void)state;
    static const struct {
        enum err e;
        int code;
    } rows[] = {{ERR_USAGE, 2},          {ERR_CONFIG, 2},        {ERR_NEWER, 2},
                {ERR_OTHER_PROGRAM, 12}, {ERR_NOT_READY, 10},    {ERR_LOCKED, 11},
                {ERR_WRONG_HUB, 12},     {ERR_REFUSED, 12},      {ERR_BAD_HASH, 13},
                {ERR_BAD_SIGNATURE, 13}, {ERR_CHAIN_BROKEN, 13}, {ERR_FORKED, 13},
                {ERR_DAMAGED, 13},       {ERR_UNREACHABLE, 15},  {ERR_TIMEOUT, 15},
                {ERR_LINK_LOST, 15},     {ERR_HANDSHAKE, 15},    {ERR_BAD_INPUT, 1},
                {ERR_NOT_FOUND, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(err_exit_code(rows[i].e), rows[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_words_in_both_languages),
        cmocka_unit_test(scopes_say_how_much_is_broken),
        cmocka_unit_test(only_success_exits_with_0),
        cmocka_unit_test(exit_codes_are_the_documented_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Claims about proto/entry_called: what a list types for a record is its id, number, name, or name and birth. */
#include "proto/entry_called.h"
#include "tests/lib/catalogue_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct catalogue *c;
static struct entry n;

static const struct catalogue_field *field_of(const char *type, const char *field)
{
    const struct catalogue_field *f =
        catalogue_field_by_name(catalogue_type_by_name(c, type), field);
    assert_non_null(f);
    return f;
}

/* "national_id=075085000001", "full_name=An;dob=1985" (in the order of the type); "": nothing is looked for. */
static void assert_called(const struct catalogue_field *f, const char *typed, const char *want)
{
    struct entry_called called;
    struct entry_why why;
    char got[200] = "";
    assert_int_equal(entry_called_read(&n, c, f, bytes_str(typed), &called, &why), ERR_OK);
    for (size_t i = 0; i < called.type->field_count; i++) {
        struct bytes text = entry_called_text(&called, i);
        size_t len = strlen(got);
        if (text.p == NULL) continue;
        snprintf(got + len, sizeof got - len, "%s%s=%.*s", len ? ";" : "",
                 called.type->fields[i].name, (int)text.len, (const char *)text.p);
    }
    assert_string_equal(got, want);
}

static void words_are_number_name_or_birth(void **state)
{
    static const struct {
        const char *typed, *want;
    } cases[] = {
        {"", ""},
        {"  ", ""},
        {"0123456789abcdef0123456789ABCDEF", ""},
        {"075085000001", "national_id=075085000001"},
        {" 075 085 000001 ", "national_id=075085000001"},
        {"Nguyễn Văn An", "full_name=Nguyễn Văn An"},
        {"Nguyễn Văn An, 1985", "full_name=Nguyễn Văn An;dob=1985"},
        {"Nguyễn Văn An ,15/3/1985", "full_name=Nguyễn Văn An;dob=1985-03-15"},
        {"Bà Tư, Chợ Cũ", "full_name=Bà Tư, Chợ Cũ"}, /* no birth: of the name */
        {"Bà Tư, Chợ Cũ, 1950", "full_name=Bà Tư, Chợ Cũ;dob=1950"},
        {"0123456789abcdef0123456789abcde", "full_name=0123456789abcdef0123456789abcde"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_called(field_of("contact_log", "client"), cases[i].typed, cases[i].want);
    assert_called(field_of("team_member", "team"), "Đội A, 1985", "name=Đội A, 1985");
}

static void what_is_no_word_is_said(void **state)
{
    char name[ENTRY_CALLED_BYTES_MAX + 2];
    const struct catalogue_field *client = field_of("contact_log", "client");
    struct entry_called called;
    struct entry_why why = {.field = NULL};
    (void)state;
    assert_int_equal(entry_called_read(&n, c, client, bytes_str("1234"), &called, &why),
                     ERR_BAD_VALUE);
    assert_ptr_equal(why.field, client);
    assert_true(why.vi[0] != '\0' && why.en[0] != '\0');
    const struct catalogue_field *assignment = field_of("contact_log", "assignment");
    assert_int_equal(entry_called_read(&n, c, assignment, bytes_str("Quyết định 1"), &called, &why),
                     ERR_BAD_VALUE);
    assert_ptr_equal(why.field, assignment);
    assert_non_null(strstr(why.en, "id"));
    for (size_t len = ENTRY_CALLED_BYTES_MAX; len <= ENTRY_CALLED_BYTES_MAX + 1; len++) {
        memset(name, 'a', len);
        name[len] = '\0';
        assert_int_equal(entry_called_read(&n, c, client, bytes_str(name), &called, &why),
                         len == ENTRY_CALLED_BYTES_MAX ? ERR_OK : ERR_BAD_VALUE);
        assert_true(len == ENTRY_CALLED_BYTES_MAX || why.en[0] != '\0');
        why.en[0] = '\0';
    }
    static const uint8_t broken[] = {'A', 0xff, ' ', 'B'};
    assert_int_equal(
        entry_called_read(&n, c, client, bytes_make(broken, sizeof broken), &called, &why),
        ERR_BAD_VALUE);
}

static void one_is_meant_or_it_is_asked(void **state)
{
    const struct catalogue_field *client = field_of("contact_log", "client");
    struct entry_called called;
    struct entry_why why = {.field = NULL};
    (void)state;
    assert_int_equal(entry_called_read(&n, c, client, bytes_str("An"), &called, &why), ERR_OK);
    assert_int_equal(entry_called_one(&called, client, 1, &why), ERR_OK);
    assert_null(why.field);
    assert_int_equal(entry_called_one(&called, client, 0, &why), ERR_BAD_VALUE);
    assert_ptr_equal(why.field, client);
    assert_non_null(strstr(why.en, "name"));
    assert_int_equal(entry_called_one(&called, client, 2, &why), ERR_BAD_VALUE);
    assert_non_null(strstr(why.en, "Several"));
}

static int setup(void **state)
{
    (void)state;
    c = catalogue_load_parsed("catalogue");
    return entry_init(&n) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    entry_free(&n);
    catalogue_free(c);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_number_name_or_birth),
                                       cmocka_unit_test(what_is_no_word_is_said),
                                       cmocka_unit_test(one_is_meant_or_it_is_asked)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

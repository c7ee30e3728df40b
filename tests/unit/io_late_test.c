/* Libraries that are loaded when they are needed: all of the functions that are asked for, or none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/io/late.h"

static double (*cosine)(double);
static double (*other)(double);

static void a_library_is_loaded_once(void **state)
{
    const struct late_symbol v[] = {{"cos", &cosine}};
    struct late_library l = {.soname = "libm.so.6", .symbols = v, .count = 1};
    (void)state;
    assert_int_equal(late_load(&l), ERR_OK);
    assert_true(l.loaded && cosine != NULL);
    assert_true(cosine(0.0) == 1.0);
    double (*before)(double) = cosine;
    assert_int_equal(late_load(&l), ERR_OK);
    assert_ptr_equal(cosine, before);
}

static void without_one_function_none_is_set(void **state)
{
    const struct late_symbol v[] = {{"sin", &other}, {"dongbo_is_in_no_library", &cosine}};
    struct late_library l = {.soname = "libm.so.6", .symbols = v, .count = 2};
    (void)state;
    other = NULL;
    assert_int_equal(late_load(&l), ERR_IO);
    assert_false(l.loaded);
    assert_null(other);
    assert_int_equal(late_load(&l), ERR_IO); /* and it may be asked again */
}

static void a_library_that_is_missing_is_an_error(void **state)
{
    const struct late_symbol v[] = {{"cos", &other}};
    struct late_library l = {.soname = "libdongbo-none.so.9", .symbols = v, .count = 1};
    (void)state;
    other = NULL;
    assert_int_equal(late_load(&l), ERR_IO);
    assert_null(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_loaded_once),
        cmocka_unit_test(without_one_function_none_is_set),
        cmocka_unit_test(a_library_that_is_missing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Claims about common/workday, on the shipped holidays.csv: each day checked against the calendar of its year. */
#include "common/workday.h"
#include "common/catalogue_rules.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static struct catalogue *cat;

static int setup(void **state)
{
    (void)state;
    cat = catalogue_load_parsed("catalogue");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    catalogue_free(cat);
    return 0;
}

static struct date day(const char *text)
{
    struct date d = {0};
    assert_int_equal(date_parse(bytes_str(text), &d), ERR_OK);
    return d;
}

/* By hand, from the calendars and notices of the years. */
static void days_off_and_days_worked(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        bool work;
    } want[] =
        {
            {"2023-06-09", true},  {"2023-06-10", false},
            {"2023-06-11", false}, /* Friday to Sunday */
            {"2023-01-19", true},  {"2023-01-20", false},
            {"2023-01-24", false}, /* Tết */
            {"2023-01-25", false}, {"2023-01-26", false},
            {"2023-01-27", true}, /* for 21 and 22 */
            {"2017-01-25", true},  {"2017-01-26", false},
            {"2017-02-01", false}, {"2017-02-02", true},
            {"2018-02-13", true},  {"2018-02-19", false},
            {"2018-02-20", false}, {"2018-02-21", true},
            {"2019-02-04", false}, {"2019-02-08", false},
            {"2019-02-11", true},  {"2023-05-01", false},
            {"2023-05-02", false}, {"2023-05-03", false}, /* 29 and 30 April */
            {"2023-05-04", true},  {"2022-01-03", false},
            {"2022-01-04", true}, /* 1 January, a Saturday */
            {"2017-05-02", false}, {"2017-05-03", true},
            {"2024-04-29", false}, {"2024-05-04", true},
            {"2024-05-11", false},                       /* swapped */
            {"2020-09-02", false}, {"2020-09-03", true}, /* one day until 2020 */
            {"2021-09-02", false}, {"2021-09-03", false},
            {"2021-09-06", true},  {"2023-09-01", false},
            {"2023-09-04", false}, {"2023-09-05", true},  /* for Saturday the 2nd */
            {"2024-02-29", true},  {"2020-02-29", false}, /* leap days: Thursday, Saturday */
            {"2030-02-01", false}, {"2030-02-04", false}, /* Tết is on 2 February in Vietnam */
        };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        if (workday_is(cat, day(want[i].day)) != want[i].work) fail_msg("%s", want[i].day);
    }
}

static void adding(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        unsigned days;
        const char *to;
    } want[] = {
        {"2023-06-05", 5, "2023-06-12"}, /* Monday: the next Monday */
        {"2023-06-09", 5, "2023-06-16"}, /* Friday */
        {"2023-06-10", 5, "2023-06-16"}, /* Saturday counts as Friday does */
        {"2023-01-13", 5, "2023-01-27"}, /* over Tết */
        {"2024-02-23", 5, "2024-03-01"}, /* over a leap day */
        {"2023-02-24", 5, "2023-03-03"},
        {"2024-04-26", 5, "2024-05-07"}, /* Saturday 4 May is worked */
        {"2023-12-29", 1, "2024-01-02"},
        {"2023-06-10", 0, "2023-06-10"},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct date out;
        char text[DATE_TEXT_ROOM];
        assert_int_equal(workday_add(cat, day(want[i].from), want[i].days, &out), ERR_OK);
        date_print(out, text);
        assert_string_equal(text, want[i].to);
    }
    struct date out = day("2023-01-01");
    assert_int_equal(workday_add(cat, out, CATALOGUE_CLOCK_DAYS_MAX, &out), ERR_OK);
    assert_int_equal(workday_add(cat, out, CATALOGUE_CLOCK_DAYS_MAX + 1, &out), ERR_BAD_INPUT);
    assert_int_equal(workday_add(cat, day("2200-12-30"), 5, &out), ERR_BAD_INPUT);
}

/* Between a day and the one found lie exactly so many working days, the last being one. */
static void what_is_added_can_be_counted(void **state)
{
    (void)state;
    struct rng rng = {20230122};
    for (int i = 0; i < 200; i++) {
        struct date from, to, d;
        unsigned days = 1 + rng_below(&rng, 12), n = 0;
        assert_int_equal(date_from_days((int32_t)(17167 + rng_below(&rng, 5000)), &from), ERR_OK);
        assert_int_equal(workday_add(cat, from, days, &to), ERR_OK);
        assert_true(workday_is(cat, to));
        for (int32_t k = date_to_days(from) + 1; k <= date_to_days(to); k++) {
            assert_int_equal(date_from_days(k, &d), ERR_OK);
            n += workday_is(cat, d) ? 1u : 0u;
        }
        assert_int_equal(n, days);
    }
}

static void years_without_a_calendar_are_known_to_be_guesses(void **state)
{
    (void)state;
    for (int year = 2017; year <= 2030; year++)
        assert_true(workday_known(cat, year));
    assert_false(workday_known(cat, 2016));
    assert_false(workday_known(cat, 2031));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_off_and_days_worked),
        cmocka_unit_test(adding),
        cmocka_unit_test(what_is_added_can_be_counted),
        cmocka_unit_test(years_without_a_calendar_are_known_to_be_guesses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Which days of events are asked about: at the edges of the slack, a year off, and without the parameter. */
#include "common/doubt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lib/catalogue_load.h"

#define UNIT "26170"

static struct catalogue *c;

static int setup(void **state)
{
    (void)state;
    c = catalogue_load_parsed("catalogue");
    return c != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    catalogue_free(c);
    return 0;
}

static struct date day(int year, int month, int of)
{
    return (struct date){(int16_t)year, (uint8_t)month, (uint8_t)of};
}

static struct date off(struct date d, int days)
{
    struct date out;
    assert_int_equal(date_add_days(d, days, &out), ERR_OK);
    return out;
}

static struct doubt_days on(struct date today)
{
    struct doubt_days d;
    assert_int_equal(doubt_days(c, UNIT, today, &d), ERR_OK);
    assert_true(d.asks);
    assert_int_equal(d.slack, 30); /* as shipped */
    return d;
}

static void the_slack_ends_where_it_says(void **state)
{
    (void)state;
    struct doubt_days d = on(day(2026, 11, 22));
    assert_true(date_compare(d.first, day(2026, 1, 1)) <= 0); /* a year's report is still owed */
    assert_false(doubt_asks(&d, d.today));
    assert_false(doubt_asks(&d, d.first));
    assert_false(doubt_asks(&d, off(d.first, -30)));
    assert_true(doubt_asks(&d, off(d.first, -31)));
    assert_false(doubt_asks(&d, off(d.today, 30)));
    assert_true(doubt_asks(&d, off(d.today, 31)));
}

/* Today and every day of two years: 1970 and the same day of another year are caught, yesterday is not. */
static void another_year_is_asked_about_on_any_day(void **state)
{
    (void)state;
    for (struct date t = day(2025, 1, 1); t.year < 2027; t = off(t, 3)) {
        struct doubt_days d = on(t);
        assert_true(doubt_asks(&d, day(1970, 3, 12)));
        assert_true(doubt_asks(&d, off(t, 365)));
        assert_true(doubt_asks(&d, off(d.first, -365)));
        assert_false(doubt_asks(&d, off(t, -1)));
        assert_false(doubt_asks(&d, t));
    }
}

static void the_words_name_the_day(void **state)
{
    (void)state;
    char vi[DOUBT_WORDS_ROOM], en[DOUBT_WORDS_ROOM];
    struct doubt_days d = on(day(2026, 11, 22));
    doubt_words(&d, day(1970, 3, 12), vi, en);
    assert_non_null(strstr(vi, "Ngày 12/03/1970 cách kỳ báo cáo"));
    assert_non_null(strstr(en, "12/03/1970 lies more than 30 days before"));
    doubt_words(&d, day(2027, 11, 22), vi, en);
    assert_non_null(strstr(vi, "Ngày 22/11/2027 ở sau hôm nay (22/11/2026) hơn 30 ngày"));
    assert_non_null(strstr(en, "after today"));
}

static void without_the_parameter_nothing_is_asked(void **state)
{
    (void)state;
    struct doubt_days d;
    struct catalogue *plain = catalogue_load_parsed("tests/bench/catalogue");
    assert_int_equal(doubt_days(plain, UNIT, day(2026, 11, 22), &d), ERR_OK);
    assert_false(doubt_asks(&d, day(1970, 3, 12)));
    catalogue_free(plain);
}

static void only_events_have_such_a_day(void **state)
{
    (void)state;
    const struct catalogue_type *person = catalogue_type_by_name(c, "person");
    const struct catalogue_type *activity = catalogue_type_by_name(c, "activity");
    assert_null(catalogue_event_field(c, person));
    assert_string_equal(catalogue_event_field(c, activity)->name, "on_date");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slack_ends_where_it_says),
        cmocka_unit_test(another_year_is_asked_about_on_any_day),
        cmocka_unit_test(the_words_name_the_day),
        cmocka_unit_test(without_the_parameter_nothing_is_asked),
        cmocka_unit_test(only_events_have_such_a_day),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

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

static enum doubt_what at(const struct doubt_days *d, enum catalogue_day_rule rule, int year,
                          int month, int of)
{
    const struct date_partial p = {(int16_t)year, (uint8_t)month, (uint8_t)of};
    return doubt_day(d, rule, p);
}

/* A day that cannot lie in the future, to the day, and as far as it is known. */
static void nobody_is_born_tomorrow(void **state)
{
    (void)state;
    struct doubt_days d = on(day(2026, 11, 22));
    for (int i = 0; i < 2; i++) {
        enum catalogue_day_rule rule = i == 0 ? CATALOGUE_DAY_PAST : CATALOGUE_DAY_BIRTH;
        assert_int_equal(at(&d, rule, 2026, 11, 22), DOUBT_NONE);
        assert_int_equal(at(&d, rule, 2026, 11, 23), DOUBT_FUTURE);
        assert_int_equal(at(&d, rule, 2026, 11, 0), DOUBT_NONE);
        assert_int_equal(at(&d, rule, 2026, 12, 0), DOUBT_FUTURE);
        assert_int_equal(at(&d, rule, 2026, 0, 0), DOUBT_NONE);
        assert_int_equal(at(&d, rule, 2027, 0, 0), DOUBT_FUTURE);
        assert_int_equal(at(&d, rule, 2199, 1, 1), DOUBT_FUTURE);
    }
    assert_int_equal(at(&d, CATALOGUE_DAY_ANY, 2199, 1, 1), DOUBT_NONE);
    d.dated = false; /* a clock that says no day says nothing of others */
    assert_int_equal(at(&d, CATALOGUE_DAY_BIRTH, 2199, 1, 1), DOUBT_NONE);
}

static void nobody_is_that_old(void **state)
{
    (void)state;
    struct doubt_days d = on(day(2026, 11, 22));
    assert_int_equal(d.age_years, 110);                                      /* as shipped */
    assert_int_equal(at(&d, CATALOGUE_DAY_BIRTH, 1916, 11, 22), DOUBT_NONE); /* 110 today */
    assert_int_equal(at(&d, CATALOGUE_DAY_BIRTH, 1916, 11, 21), DOUBT_AGE);
    assert_int_equal(at(&d, CATALOGUE_DAY_BIRTH, 1916, 0, 0), DOUBT_NONE); /* perhaps in December */
    assert_int_equal(at(&d, CATALOGUE_DAY_BIRTH, 1915, 0, 0), DOUBT_AGE);
    assert_int_equal(at(&d, CATALOGUE_DAY_PAST, 1901, 1, 1), DOUBT_NONE); /* a team may be old */
    d.age_years = 0;
    assert_int_equal(at(&d, CATALOGUE_DAY_BIRTH, 1915, 0, 0), DOUBT_NONE);
    struct doubt_days leap = on(day(2030, 3, 1)); /* 1920 had a 29/02, 2030 has none */
    assert_int_equal(at(&leap, CATALOGUE_DAY_BIRTH, 1920, 3, 1), DOUBT_NONE);
    assert_int_equal(at(&leap, CATALOGUE_DAY_BIRTH, 1920, 2, 29), DOUBT_AGE);
}

static void the_words_of_such_days_fit(void **state)
{
    (void)state;
    char vi[DOUBT_WORDS_ROOM], en[DOUBT_WORDS_ROOM];
    struct doubt_days d = on(day(2026, 11, 22));
    const struct date_partial future = {2027, 3, 12}, old = {1901, 0, 0};
    doubt_day_words(&d, DOUBT_FUTURE, future, true, vi, en);
    assert_non_null(
        strstr(vi, "12/03/2027 ở sau hôm nay (22/11/2026) nên không thể đúng; chưa ghi gì."));
    assert_string_equal(en + strlen(en) - strlen("set the clock."), "set the clock."); /* whole */
    doubt_day_words(&d, DOUBT_FUTURE, future, false, vi, en);
    assert_non_null(strstr(vi, "đúng không?"));
    assert_string_equal(en + strlen(en) - strlen("is it right?"), "is it right?");
    doubt_day_words(&d, DOUBT_AGE, old, true, vi, en);
    assert_string_equal(vi, "Sinh 1901 là đã hơn 110 tuổi; đúng không?");
}

/* Only what the catalogue says; the shipped one says it of births, deaths and what somebody received. */
static void the_catalogue_says_which_days(void **state)
{
    (void)state;
    const struct catalogue_type *person = catalogue_type_by_name(c, "person");
    const struct catalogue_type *activity = catalogue_type_by_name(c, "activity");
    unsigned dob = catalogue_field_by_name(person, "dob")->no;
    unsigned died = catalogue_field_by_name(person, "died_on")->no;
    assert_int_equal(catalogue_day_rule(c, person->no, dob), CATALOGUE_DAY_BIRTH);
    assert_int_equal(catalogue_day_rule(c, person->no, died), CATALOGUE_DAY_PAST);
    assert_int_equal(catalogue_day_rule(c, activity->no, dob), CATALOGUE_DAY_ANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slack_ends_where_it_says),
        cmocka_unit_test(another_year_is_asked_about_on_any_day),
        cmocka_unit_test(the_words_name_the_day),
        cmocka_unit_test(without_the_parameter_nothing_is_asked),
        cmocka_unit_test(only_events_have_such_a_day),
        cmocka_unit_test(nobody_is_born_tomorrow),
        cmocka_unit_test(nobody_is_that_old),
        cmocka_unit_test(the_words_of_such_days_fit),
        cmocka_unit_test(the_catalogue_says_which_days),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

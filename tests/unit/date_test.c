/* Claims about common/date: one calendar, no time zone of the machine, nothing outside 1900..2200.
 */
#include "common/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct date day_of(int year, int month, int day)
{
    return (struct date){.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
}

static void assert_date(struct date d, int year, int month, int day)
{
    assert_int_equal(d.year, year);
    assert_int_equal(d.month, month);
    assert_int_equal(d.day, day);
}

static void days_count_one_by_one_from_1900_to_2200(void **state)
{
    (void)state;
    int32_t expected = -25567; /* 1900-01-01 */
    for (int y = DATE_YEAR_MIN; y <= DATE_YEAR_MAX; y++) {
        for (int m = 1; m <= 12; m++) {
            for (int d = 1; d <= date_month_days(y, m); d++, expected++) {
                struct date back;
                assert_int_equal(date_to_days(day_of(y, m, d)), expected);
                assert_int_equal(date_from_days(expected, &back), ERR_OK);
                assert_date(back, y, m, d);
            }
        }
    }
    struct date out = day_of(1, 2, 3);
    assert_int_equal(date_from_days(expected, &out), ERR_BAD_INPUT);
    assert_int_equal(date_from_days(-25568, &out), ERR_BAD_INPUT);
    assert_int_equal(date_from_days(INT32_MAX, &out), ERR_BAD_INPUT);
    assert_int_equal(date_from_days(INT32_MIN, &out), ERR_BAD_INPUT);
    assert_date(out, 1, 2, 3);
}

static void known_days_have_their_known_numbers(void **state)
{
    (void)state;
    assert_int_equal(date_to_days(day_of(1970, 1, 1)), 0);
    assert_int_equal(date_to_days(day_of(2000, 2, 29)), 11016);
    assert_int_equal(date_to_days(day_of(2023, 6, 30)), 19538);
    assert_int_equal(date_to_days(day_of(1969, 12, 31)), -1);
}

static void weekdays_begin_with_monday(void **state)
{
    (void)state;
    assert_int_equal(date_weekday(day_of(1970, 1, 1)), 3);
    assert_int_equal(date_weekday(day_of(1900, 1, 1)), 0);
    assert_int_equal(date_weekday(day_of(2026, 3, 8)), 6);
}

static void only_days_that_exist_are_valid(void **state)
{
    (void)state;
    assert_true(date_valid(day_of(2024, 2, 29)));
    assert_true(date_valid(day_of(2000, 2, 29)));
    assert_true(date_valid(day_of(1900, 1, 1)));
    assert_true(date_valid(day_of(2200, 12, 31)));
    static const struct date bad[] = {{2023, 2, 29},  {1900, 2, 29}, {2100, 2, 29}, {2023, 4, 31},
                                      {2023, 0, 1},   {2023, 13, 1}, {2023, 1, 0},  {2023, 1, 32},
                                      {1899, 12, 31}, {2201, 1, 1},  {0, 0, 0},     {-1, 1, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(date_valid(bad[i]));
}

static void adding_days_and_months_stays_in_the_calendar(void **state)
{
    (void)state;
    struct date d = {0};
    assert_int_equal(date_add_days(day_of(2023, 12, 31), 1, &d), ERR_OK);
    assert_date(d, 2024, 1, 1);
    assert_int_equal(date_add_days(day_of(2024, 3, 1), -1, &d), ERR_OK);
    assert_date(d, 2024, 2, 29);
    assert_int_equal(date_add_days(day_of(2023, 1, 1), INT32_MAX, &d), ERR_BAD_INPUT);
    assert_int_equal(date_add_days(day_of(1901, 1, 1), INT32_MIN, &d), ERR_BAD_INPUT);
    assert_int_equal(date_add_months(day_of(2023, 1, 31), 1, &d), ERR_OK);
    assert_date(d, 2023, 2, 28);
    assert_int_equal(date_add_months(day_of(2024, 1, 31), 1, &d), ERR_OK);
    assert_date(d, 2024, 2, 29);
    assert_int_equal(date_add_months(day_of(2023, 1, 15), -1, &d), ERR_OK);
    assert_date(d, 2022, 12, 15);
    assert_int_equal(date_add_months(day_of(2023, 11, 30), 27, &d), ERR_OK);
    assert_date(d, 2026, 2, 28);
    assert_int_equal(date_add_months(day_of(2200, 12, 1), 1, &d), ERR_BAD_INPUT);
    assert_int_equal(date_add_months(day_of(1900, 1, 1), -1, &d), ERR_BAD_INPUT);
    assert_int_equal(date_add_months(day_of(1900, 1, 1), INT32_MIN, &d), ERR_BAD_INPUT);
    assert_int_equal(date_add_months(day_of(1900, 1, 1), INT32_MAX, &d), ERR_BAD_INPUT);
    assert_date(d, 2026, 2, 28);
}

static void iso_reads_back_what_it_prints_and_nothing_else(void **state)
{
    (void)state;
    struct date d = {0};
    char text[DATE_TEXT_ROOM];
    assert_int_equal(date_parse(bytes_str("2023-06-01"), &d), ERR_OK);
    assert_date(d, 2023, 6, 1);
    date_print(d, text);
    assert_string_equal(text, "2023-06-01");
    static const char *const bad[] = {"",
                                      "2023",
                                      "2023-06",
                                      "2023-6-1",
                                      "2023-06-1",
                                      "2023-13-01",
                                      "2023-00-01",
                                      "2023-06-00",
                                      "2023-02-29",
                                      "1899-12-31",
                                      "2201-01-01",
                                      "2023-06-01 ",
                                      " 2023-06-01",
                                      "2023/06/01",
                                      "01/06/2023",
                                      "2023-06/01",
                                      "20230601",
                                      "-2023-06-01",
                                      "2023--06-01",
                                      "2023-06-01-",
                                      "2023-06-01-01",
                                      "02023-06-01",
                                      "2023-06-0a",
                                      "٢023-06-01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(date_parse(bytes_str(bad[i]), &d), ERR_BAD_INPUT);
    assert_int_equal(date_parse(bytes_make("2023-06-0\0", 10), &d), ERR_BAD_INPUT);
    assert_date(d, 2023, 6, 1);
}

static void the_vietnamese_order_is_day_month_year(void **state)
{
    (void)state;
    struct date d = {0};
    char text[DATE_TEXT_ROOM];
    assert_int_equal(date_parse_vi(bytes_str("05/06/2023"), &d), ERR_OK);
    assert_date(d, 2023, 6, 5);
    assert_int_equal(date_parse_vi(bytes_str("5/6/2023"), &d), ERR_OK);
    assert_date(d, 2023, 6, 5);
    date_print_vi(d, text);
    assert_string_equal(text, "05/06/2023");
    static const char *const bad[] = {
        "6/31/2023", "05/06/23",  "005/6/2023", "5/6",     "0/6/2023", "5/0/2023", "5-6-2023",
        "2023/6/5",  "29/2/2023", "5/6/2023/",  "/6/2023", "5//2023",  "5/6/",     "2023-06-05"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(date_parse_vi(bytes_str(bad[i]), &d), ERR_BAD_INPUT);
}

static void partial_dates_keep_what_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *in, *canonical, *first, *last;
    } good[] = {
        {"1960", "1960", "1960-01-01", "1960-12-31"},
        {"1960-02", "1960-02", "1960-02-01", "1960-02-29"},
        {"1960-05-12", "1960-05-12", "1960-05-12", "1960-05-12"},
        {"05/1960", "1960-05", "1960-05-01", "1960-05-31"},
        {"5/1960", "1960-05", "1960-05-01", "1960-05-31"},
        {"12/05/1960", "1960-05-12", "1960-05-12", "1960-05-12"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct date_partial p;
        struct date first, last;
        char text[DATE_TEXT_ROOM];
        assert_int_equal(date_partial_parse(bytes_str(good[i].in), &p), ERR_OK);
        date_partial_print(p, text);
        assert_string_equal(text, good[i].canonical);
        date_partial_range(p, &first, &last);
        date_print(first, text);
        assert_string_equal(text, good[i].first);
        date_print(last, text);
        assert_string_equal(text, good[i].last);
    }
    static const char *const bad[] = {"",           "60",      "196",     "19600",   "1960-",
                                      "1960-5",     "1960-13", "1960-00", "13/1960", "00/1960",
                                      "0/1960",     "/1960",   "1899",    "2201",    "0000",
                                      "1960-05-00", "1960/05", "1960 "};
    struct date_partial p;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(date_partial_parse(bytes_str(bad[i]), &p), ERR_BAD_INPUT);
    assert_false(date_partial_valid((struct date_partial){1960, 0, 5}));
}

static void the_day_turns_at_17_utc(void **state)
{
    (void)state;
    struct date d = {0};
    assert_int_equal(date_to_ms(day_of(1970, 1, 1)), -25200000);
    assert_int_equal(date_to_ms(day_of(2023, 6, 30)), INT64_C(1688058000000));
    assert_int_equal(date_of_ms(INT64_C(1688058000000), &d), ERR_OK);
    assert_date(d, 2023, 6, 30);
    assert_int_equal(date_of_ms(INT64_C(1688057999999), &d), ERR_OK);
    assert_date(d, 2023, 6, 29);
    assert_int_equal(date_of_ms(INT64_C(-25200001), &d), ERR_OK);
    assert_date(d, 1969, 12, 31);
    for (int32_t n = -25567; n < 84371; n += 13) {
        struct date day;
        assert_int_equal(date_from_days(n, &day), ERR_OK);
        assert_int_equal(date_of_ms(date_to_ms(day), &d), ERR_OK);
        assert_int_equal(date_compare(d, day), 0);
        assert_int_equal(date_of_ms(date_to_ms(day) + DATE_DAY_MS - 1, &d), ERR_OK);
        assert_int_equal(date_compare(d, day), 0);
    }
    static const int64_t out_of_range[] = {INT64_MIN, INT64_MAX, INT64_MAX - 25200000};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(date_of_ms(out_of_range[i], &d), ERR_BAD_INPUT);
    int64_t first = date_to_ms(day_of(1900, 1, 1));
    int64_t last = date_to_ms(day_of(2200, 12, 31)) + DATE_DAY_MS - 1;
    assert_int_equal(date_of_ms(first, &d), ERR_OK);
    assert_int_equal(date_of_ms(first - 1, &d), ERR_BAD_INPUT);
    assert_int_equal(date_of_ms(last, &d), ERR_OK);
    assert_int_equal(date_of_ms(last + 1, &d), ERR_BAD_INPUT);
}

static void stamps_are_local_time_with_offset(void **state)
{
    (void)state;
    char text[DATE_STAMP_ROOM];
    assert_int_equal(date_stamp(INT64_C(1688058000000), text), ERR_OK);
    assert_string_equal(text, "2023-06-30T00:00:00.000+07:00");
    assert_int_equal(date_stamp(INT64_C(1688057999999), text), ERR_OK);
    assert_string_equal(text, "2023-06-29T23:59:59.999+07:00");
    assert_int_equal(date_stamp(INT64_C(-25200001), text), ERR_OK);
    assert_string_equal(text, "1969-12-31T23:59:59.999+07:00");
    assert_int_equal(date_stamp(INT64_MAX, text), ERR_BAD_INPUT);
}

static void dates_order_by_year_then_month_then_day(void **state)
{
    (void)state;
    assert_true(date_compare(day_of(2023, 12, 31), day_of(2024, 1, 1)) < 0);
    assert_true(date_compare(day_of(2023, 2, 1), day_of(2023, 1, 31)) > 0);
    assert_true(date_compare(day_of(2023, 2, 1), day_of(2023, 2, 2)) < 0);
    assert_int_equal(date_compare(day_of(2023, 2, 1), day_of(2023, 2, 1)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_one_by_one_from_1900_to_2200),
        cmocka_unit_test(known_days_have_their_known_numbers),
        cmocka_unit_test(weekdays_begin_with_monday),
        cmocka_unit_test(only_days_that_exist_are_valid),
        cmocka_unit_test(adding_days_and_months_stays_in_the_calendar),
        cmocka_unit_test(iso_reads_back_what_it_prints_and_nothing_else),
        cmocka_unit_test(the_vietnamese_order_is_day_month_year),
        cmocka_unit_test(partial_dates_keep_what_is_known),
        cmocka_unit_test(the_day_turns_at_17_utc),
        cmocka_unit_test(stamps_are_local_time_with_offset),
        cmocka_unit_test(dates_order_by_year_then_month_then_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Claims about common/period: one label per period, and windows that neither miss nor repeat a day.
 */
#include "common/period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { FIRST_YEAR = 2017, LAST_YEAR = 2030 };

static const struct period_rule rules[] = {{1}, {15}};
enum { RULES = sizeof rules / sizeof rules[0] };

static struct period make(enum period_kind kind, int year, int number)
{
    struct period p;
    assert_int_equal(period_make(kind, year, number, &p), ERR_OK);
    return p;
}

static struct period_window window(struct period p, struct period_rule rule)
{
    struct period_window w;
    assert_int_equal(period_window(p, rule, &w), ERR_OK);
    return w;
}

static void assert_window(struct period_window w, const char *first, const char *last)
{
    char text[DATE_TEXT_ROOM];
    date_print(w.first, text);
    assert_string_equal(text, first);
    date_print(w.last, text);
    assert_string_equal(text, last);
}

static void labels_read_back_as_printed(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum period_kind kind;
        int number;
        const char *title, *first, *last;
    } rows[] = {
        {"2023-06", PERIOD_MONTH, 6, "Tháng 6/2023", "2023-06-01", "2023-06-30"},
        {"2024-02", PERIOD_MONTH, 2, "Tháng 2/2024", "2024-02-01", "2024-02-29"},
        {"2023-12", PERIOD_MONTH, 12, "Tháng 12/2023", "2023-12-01", "2023-12-31"},
        {"2023-Q2", PERIOD_QUARTER, 2, "Quý II/2023", "2023-04-01", "2023-06-30"},
        {"2023-Q4", PERIOD_QUARTER, 4, "Quý IV/2023", "2023-10-01", "2023-12-31"},
        {"2023-6M", PERIOD_HALF, 0, "6 tháng đầu năm 2023", "2023-01-01", "2023-06-30"},
        {"2023-9M", PERIOD_NINE, 0, "9 tháng đầu năm 2023", "2023-01-01", "2023-09-30"},
        {"2023", PERIOD_YEAR, 0, "Năm 2023", "2023-01-01", "2023-12-31"},
        {"2023-03-01_2023-05-15", PERIOD_ADHOC, 0, "Từ 01/03/2023 đến 15/05/2023", "2023-03-01",
         "2023-05-15"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct period p;
        char label[PERIOD_LABEL_ROOM];
        char title[PERIOD_TITLE_ROOM];
        assert_int_equal(period_parse(bytes_str(rows[i].label), &p), ERR_OK);
        assert_int_equal(p.kind, rows[i].kind);
        assert_int_equal(p.number, rows[i].number);
        period_print(p, label);
        assert_string_equal(label, rows[i].label);
        period_title_vi(p, title);
        assert_string_equal(title, rows[i].title);
        assert_window(period_nominal(p), rows[i].first, rows[i].last);
    }
}

static void other_labels_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "23",
                                      "202",
                                      "20233",
                                      "2023-",
                                      "2023-6",
                                      "2023-00",
                                      "2023-13",
                                      "2023-Q0",
                                      "2023-Q5",
                                      "2023-q2",
                                      "2023-QQ",
                                      "2023-3M",
                                      "2023-6m",
                                      "2023-06 ",
                                      "2023/06",
                                      "1900",
                                      "2201",
                                      "0000",
                                      "2023-Q",
                                      "2023-06-01",
                                      "abcd",
                                      "2023-H1",
                                      "-023",
                                      "2023-\xc3\xa0",
                                      "2023-+6",
                                      "2023-05-15_2023-03-01",
                                      "2023-03-01-2023-05-15",
                                      "2023-03-01_2023-02-30",
                                      "2023-13-01_2023-05-15",
                                      "2023-03-01_2023-05-15 "};
    struct period p = make(PERIOD_YEAR, 2023, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(period_parse(bytes_str(bad[i]), &p), ERR_BAD_INPUT);
    assert_int_equal(p.kind, PERIOD_YEAR);
    assert_int_equal(p.year, 2023);
}

static void periods_are_made_within_their_limits(void **state)
{
    (void)state;
    struct period p;
    assert_int_equal(period_make(PERIOD_MONTH, PERIOD_YEAR_MIN, 1, &p), ERR_OK);
    assert_int_equal(period_make(PERIOD_MONTH, PERIOD_YEAR_MAX, 12, &p), ERR_OK);
    assert_int_equal(period_make(PERIOD_MONTH, PERIOD_YEAR_MIN - 1, 1, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_MONTH, PERIOD_YEAR_MAX + 1, 1, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_MONTH, 2023, 0, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_MONTH, 2023, 13, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_QUARTER, 2023, 5, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_YEAR, 2023, 1, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_HALF, 2023, 257, &p), ERR_BAD_INPUT);
    assert_int_equal(period_make(PERIOD_ADHOC, 2023, 0, &p), ERR_BAD_INPUT);
    /* The widest window still lies inside the calendar. */
    assert_window(window(make(PERIOD_YEAR, PERIOD_YEAR_MIN, 0), (struct period_rule){28}),
                  "1900-12-28", "1901-12-27");
}

static void the_rule_of_the_15th_shifts_every_kind(void **state)
{
    (void)state;
    const struct period_rule rule = {15};
    assert_window(window(make(PERIOD_MONTH, 2023, 6), rule), "2023-05-15", "2023-06-14");
    assert_window(window(make(PERIOD_MONTH, 2023, 1), rule), "2022-12-15", "2023-01-14");
    assert_window(window(make(PERIOD_MONTH, 2024, 3), rule), "2024-02-15", "2024-03-14");
    assert_window(window(make(PERIOD_QUARTER, 2023, 2), rule), "2023-03-15", "2023-06-14");
    assert_window(window(make(PERIOD_HALF, 2023, 0), rule), "2022-12-15", "2023-06-14");
    assert_window(window(make(PERIOD_NINE, 2023, 0), rule), "2022-12-15", "2023-09-14");
    assert_window(window(make(PERIOD_YEAR, 2023, 0), rule), "2022-12-15", "2023-12-14");
    struct period adhoc;
    assert_int_equal(period_parse(bytes_str("2023-03-01_2023-05-20"), &adhoc), ERR_OK);
    assert_window(window(adhoc, rule), "2023-03-01", "2023-05-20");
}

static void a_wrong_rule_is_refused(void **state)
{
    (void)state;
    struct period p = make(PERIOD_MONTH, 2023, 6);
    struct period_window w;
    assert_int_equal(period_window(p, (struct period_rule){0}, &w), ERR_BAD_INPUT);
    assert_int_equal(period_window(p, (struct period_rule){28}, &w), ERR_OK);
    assert_int_equal(period_window(p, (struct period_rule){29}, &w), ERR_BAD_INPUT);
    assert_int_equal(period_of(PERIOD_MONTH, (struct period_rule){0}, w.first, &p), ERR_BAD_INPUT);
    assert_int_equal(period_of(PERIOD_MONTH, (struct period_rule){29}, w.first, &p), ERR_BAD_INPUT);
}

static void windows_tile_the_years(enum period_kind kind, int numbers, struct period_rule rule)
{
    struct date expected = {0};
    for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        for (int n = numbers ? 1 : 0; n <= numbers; n++) {
            struct period_window w = window(make(kind, year, n), rule);
            assert_true(date_compare(w.first, w.last) < 0);
            if (expected.year != 0) assert_int_equal(date_compare(w.first, expected), 0);
            assert_int_equal(date_add_days(w.last, 1, &expected), ERR_OK);
        }
    }
}

static void months_quarters_and_years_tile_2017_to_2030(void **state)
{
    (void)state;
    for (size_t r = 0; r < RULES; r++) {
        windows_tile_the_years(PERIOD_MONTH, 12, rules[r]);
        windows_tile_the_years(PERIOD_QUARTER, 4, rules[r]);
        windows_tile_the_years(PERIOD_YEAR, 0, rules[r]);
    }
}

static void assert_is_months(struct period p, int first_month, int last_month,
                             struct period_rule rule)
{
    struct period_window whole = window(p, rule);
    struct period_window from = window(make(PERIOD_MONTH, p.year, first_month), rule);
    struct period_window to = window(make(PERIOD_MONTH, p.year, last_month), rule);
    assert_int_equal(date_compare(whole.first, from.first), 0);
    assert_int_equal(date_compare(whole.last, to.last), 0);
    assert_int_equal(period_months(p), last_month - first_month + 1);
}

static void longer_periods_are_exactly_their_months(void **state)
{
    (void)state;
    for (size_t r = 0; r < RULES; r++) {
        for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
            for (int q = 1; q <= 4; q++)
                assert_is_months(make(PERIOD_QUARTER, year, q), 3 * q - 2, 3 * q, rules[r]);
            assert_is_months(make(PERIOD_HALF, year, 0), 1, 6, rules[r]);
            assert_is_months(make(PERIOD_NINE, year, 0), 1, 9, rules[r]);
            assert_is_months(make(PERIOD_YEAR, year, 0), 1, 12, rules[r]);
        }
    }
}

/* A naive count: the day is in the windows of exactly the period that period_of() names. */
static void every_day_is_in_one_period_of_each_kind(void **state)
{
    (void)state;
    static const enum period_kind kinds[] = {PERIOD_MONTH, PERIOD_QUARTER, PERIOD_HALF, PERIOD_NINE,
                                             PERIOD_YEAR};
    int found = 0;
    int missing = 0;
    int32_t first = date_to_days((struct date){FIRST_YEAR, 1, 1});
    int32_t last = date_to_days((struct date){LAST_YEAR, 12, 31});
    for (size_t r = 0; r < RULES; r++) {
        for (int32_t n = first; n <= last; n++) {
            for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
                struct date d;
                struct period p, near;
                assert_int_equal(date_from_days(n, &d), ERR_OK);
                enum err e = period_of(kinds[k], rules[r], d, &p);
                if (e == ERR_NOT_FOUND) {
                    assert_true(kinds[k] == PERIOD_HALF || kinds[k] == PERIOD_NINE);
                    for (int y = d.year; y <= d.year + 1; y++)
                        assert_false(
                            period_window_contains(window(make(kinds[k], y, 0), rules[r]), d));
                    missing++;
                    continue;
                }
                assert_int_equal(e, ERR_OK);
                assert_true(period_window_contains(window(p, rules[r]), d));
                assert_int_equal(period_next(p, &near), ERR_OK);
                assert_false(period_window_contains(window(near, rules[r]), d));
                assert_int_equal(period_previous(p, &near), ERR_OK);
                assert_false(period_window_contains(window(near, rules[r]), d));
                found++;
            }
        }
    }
    assert_true(found > 0 && missing > 0);
}

static void previous_and_next_keep_the_kind(void **state)
{
    (void)state;
    static const struct {
        const char *p, *next;
    } rows[] = {{"2023-12", "2024-01"}, {"2023-05", "2023-06"}, {"2023-Q4", "2024-Q1"},
                {"2023-Q1", "2023-Q2"}, {"2023-6M", "2024-6M"}, {"2023-9M", "2024-9M"},
                {"2023", "2024"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct period p, q;
        char label[PERIOD_LABEL_ROOM];
        assert_int_equal(period_parse(bytes_str(rows[i].p), &p), ERR_OK);
        assert_int_equal(period_next(p, &q), ERR_OK);
        period_print(q, label);
        assert_string_equal(label, rows[i].next);
        assert_int_equal(period_previous(q, &q), ERR_OK);
        period_print(q, label);
        assert_string_equal(label, rows[i].p);
    }
    struct period p = make(PERIOD_MONTH, PERIOD_YEAR_MIN, 1);
    assert_int_equal(period_previous(p, &p), ERR_BAD_INPUT);
    p = make(PERIOD_QUARTER, PERIOD_YEAR_MAX, 4);
    assert_int_equal(period_next(p, &p), ERR_BAD_INPUT);
    assert_int_equal(period_parse(bytes_str("2023-03-01_2023-05-20"), &p), ERR_OK);
    assert_int_equal(period_next(p, &p), ERR_BAD_INPUT);
}

static void a_window_holds_its_first_and_last_day_only(void **state)
{
    (void)state;
    struct period_window w = window(make(PERIOD_MONTH, 2023, 6), (struct period_rule){15});
    assert_true(period_window_contains(w, (struct date){2023, 5, 15}));
    assert_true(period_window_contains(w, (struct date){2023, 6, 14}));
    assert_false(period_window_contains(w, (struct date){2023, 5, 14}));
    assert_false(period_window_contains(w, (struct date){2023, 6, 15}));
    struct period p;
    assert_int_equal(period_of(PERIOD_ADHOC, rules[0], w.first, &p), ERR_NOT_FOUND);
    assert_int_equal(period_of(PERIOD_MONTH, rules[1], (struct date){2200, 12, 15}, &p),
                     ERR_BAD_INPUT);
    assert_int_equal(period_of(PERIOD_MONTH, rules[1], (struct date){2023, 2, 30}, &p),
                     ERR_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_read_back_as_printed),
        cmocka_unit_test(other_labels_are_refused),
        cmocka_unit_test(periods_are_made_within_their_limits),
        cmocka_unit_test(the_rule_of_the_15th_shifts_every_kind),
        cmocka_unit_test(a_wrong_rule_is_refused),
        cmocka_unit_test(months_quarters_and_years_tile_2017_to_2030),
        cmocka_unit_test(longer_periods_are_exactly_their_months),
        cmocka_unit_test(every_day_is_in_one_period_of_each_kind),
        cmocka_unit_test(previous_and_next_keep_the_kind),
        cmocka_unit_test(a_window_holds_its_first_and_last_day_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

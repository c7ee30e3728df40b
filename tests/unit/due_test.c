/* Claims about common/due: windows tile the calendar whatever the rules do; due days as the plans say. */
#include "common/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "tests/lib/catalogue_load.h"

enum { FIRST_YEAR = 2017, LAST_YEAR = 2030, ROUNDS = 300, TEXT_MAX = 8192, SEEN_MAX = 512 };

#define FILE_OF(name, text)                                                                        \
    {                                                                                              \
        name,                                                                                      \
        {                                                                                          \
            (const uint8_t *)(text), sizeof(text) - 1                                              \
        }                                                                                          \
    }

static const char types[] = "no,name,label_vi,label_en,scope,seed\n1,team,Đội,Team,own,S0\n";
static const char fields[] =
    "type,no,name,kind,list,label_vi,label_en,section,required,identity,class,policy,tie,relevant,"
    "constraint,constraint_vi,constraint_en\nteam,1,name,text,,Tên,Name,,1,,0,latest,,,,,\n";
static const char units[] = "code,name_vi,level,parent,valid_from,valid_to\n"
                            "75,Tỉnh A,tinh,,1900-01-01,\n735,Huyện B,huyen,75,1900-01-01,\n"
                            "26170,Xã C,xa,735,1900-01-01,\n26173,Xã D,xa,735,1900-01-01,\n";
static const char reports[] = "id,label_vi,label_en,level,periods,source\n"
                              "RP01,Xã,Commune,commune,month|quarter|half|nine|year|adhoc,S0\n"
                              "RP04,Huyện,District,district,half|nine|year,S0\n";

static const char *holidays; /* of what parse() makes; NULL: none */

static struct catalogue *parse(const char *windows, const char *params, const char *duties)
{
    struct catalogue_file files[8] = {FILE_OF("types.csv", types), FILE_OF("fields.csv", fields),
                                      FILE_OF("units.csv", units), FILE_OF("reports.csv", reports)};
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    struct catalogue *c = NULL;
    size_t n = 4, bad = 0;
    files[n++] = (struct catalogue_file){"windows.csv", bytes_str(windows)};
    if (holidays != NULL) files[n++] = (struct catalogue_file){"holidays.csv", bytes_str(holidays)};
    if (params != NULL) files[n++] = (struct catalogue_file){"params.csv", bytes_str(params)};
    if (duties != NULL) files[n++] = (struct catalogue_file){"duties.csv", bytes_str(duties)};
    enum err e = catalogue_parse(files, n, &c, errors, &bad);
    for (size_t i = 0; i < bad; i++)
        print_message("%s:%u %s %s\n", errors[i].file, errors[i].row, errors[i].column,
                      errors[i].text_en);
    free(errors);
    assert_int_equal(e, ERR_OK);
    return c;
}

static struct due_slot slot_of(const struct catalogue *c, const char *report, const char *unit,
                               const char *label)
{
    struct period p;
    struct due_slot s;
    assert_int_equal(period_parse(bytes_str(label), &p), ERR_OK);
    assert_int_equal(due_slot(c, report, unit, p, &s), ERR_OK);
    return s;
}

static void assert_day(struct date d, const char *text)
{
    char got[DATE_TEXT_ROOM];
    date_print(d, got);
    assert_string_equal(got, text);
}

#define HEADER "report,start_day,due,due_words,valid_from,valid_to,unit\n"

/* ---- tiling ---- */

/* A day behind the last one is the first one of the next. */
static void assert_follows(struct date last, struct date first)
{
    struct date next;
    assert_int_equal(date_add_days(last, 1, &next), ERR_OK);
    assert_int_equal(date_compare(next, first), 0);
}

static void assert_tiles(const struct catalogue *c, const char *report, const char *unit,
                         enum period_kind kind, int n)
{
    struct due_slot before = {.has_due = false};
    bool any = false;
    for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        for (int k = n > 0 ? 1 : 0; k <= n; k++) {
            struct period p;
            struct due_slot s;
            assert_int_equal(period_make(kind, year, k, &p), ERR_OK);
            assert_int_equal(due_slot(c, report, unit, p, &s), ERR_OK);
            assert_true(date_compare(s.window.first, s.window.last) <= 0);
            if (any) assert_follows(before.window.last, s.window.first);
            before = s;
            any = true;
        }
    }
}

static struct due_slot made(const struct catalogue *c, const char *unit, enum period_kind kind,
                            int year, int number)
{
    struct period p;
    struct due_slot s;
    assert_int_equal(period_make(kind, year, number, &p), ERR_OK);
    assert_int_equal(due_slot(c, "RP01", unit, p, &s), ERR_OK);
    return s;
}

/* month -> quarter -> six months -> nine months -> year: each is made of those before it. */
static void assert_chain(const struct catalogue *c, const char *unit, int year)
{
    struct due_slot half = made(c, unit, PERIOD_HALF, year, 0);
    struct due_slot nine = made(c, unit, PERIOD_NINE, year, 0);
    struct due_slot whole = made(c, unit, PERIOD_YEAR, year, 0);
    for (int q = 1; q <= 4; q++) {
        struct due_slot quarter = made(c, unit, PERIOD_QUARTER, year, q);
        struct due_slot first = made(c, unit, PERIOD_MONTH, year, 3 * q - 2);
        struct due_slot last = made(c, unit, PERIOD_MONTH, year, 3 * q);
        assert_int_equal(date_compare(quarter.window.first, first.window.first), 0);
        assert_int_equal(date_compare(quarter.window.last, last.window.last), 0);
        const struct due_slot *upto = q == 2 ? &half : q == 3 ? &nine : q == 4 ? &whole : NULL;
        if (upto != NULL) assert_int_equal(date_compare(upto->window.last, quarter.window.last), 0);
        if (q == 1) {
            assert_int_equal(date_compare(half.window.first, quarter.window.first), 0);
            assert_int_equal(date_compare(nine.window.first, quarter.window.first), 0);
            assert_int_equal(date_compare(whole.window.first, quarter.window.first), 0);
        }
    }
}

/* Rows of rules one behind the other from 1900 on, changing at random days. */
static int rules_random(char *out, size_t room, const char *unit)
{
    static const int days[] = {1, 15, 4, 5, 2, 28};
    int at = 0, year = 2015, month = 1, day = 1;
    char from[16] = "1900-01-01";
    while (year <= LAST_YEAR) {
        year += rand() % 4;
        month = rand() % 12 + 1;
        day = rand() % 28 + 1;
        struct date next = {(int16_t)(year + 1), (uint8_t)month, (uint8_t)day}, to;
        char last[DATE_TEXT_ROOM], first[DATE_TEXT_ROOM];
        if (date_add_days(next, -1, &to) != ERR_OK) break;
        year++;
        date_print(to, last);
        date_print(next, first);
        at += snprintf(out + at, room - (size_t)at, "RP01,%d,,,%s,%s,%s\n", days[rand() % 6], from,
                       last, unit);
        snprintf(from, sizeof from, "%s", first);
    }
    at += snprintf(out + at, room - (size_t)at, "RP01,%d,,,%s,,%s\n", days[rand() % 6], from, unit);
    return at;
}

static void windows_tile_whatever_the_rules(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    srand(seed);
    char *text = malloc(TEXT_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        int n = snprintf(text, TEXT_MAX, "%s", HEADER);
        n += rules_random(text + n, (size_t)(TEXT_MAX - n), "");
        (void)rules_random(text + n, (size_t)(TEXT_MAX - n), "26170");
        struct catalogue *c = parse(text, NULL, NULL);
        static const char *const who[] = {NULL, "26170", "26173"};
        for (size_t u = 0; u < 3; u++) {
            assert_tiles(c, "RP01", who[u], PERIOD_MONTH, 12);
            assert_tiles(c, "RP01", who[u], PERIOD_QUARTER, 4);
            assert_tiles(c, "RP01", who[u], PERIOD_YEAR, 0);
            for (int year = FIRST_YEAR; year <= LAST_YEAR; year++)
                assert_chain(c, who[u], year);
        }
        /* A unit without rows of its own has the rule of all. */
        struct due_slot a = slot_of(c, "RP01", NULL, "2020-Q3");
        struct due_slot b = slot_of(c, "RP01", "26173", "2020-Q3");
        assert_memory_equal(&a.window, &b.window, sizeof a.window);
        catalogue_free(c);
    }
    free(text);
}

static void a_rule_that_changes_leaves_no_day_out(void **state)
{
    (void)state;
    struct catalogue *c = parse(HEADER "RP01,1,,,1900-01-01,2019-12-31,\n"
                                       "RP01,15,,,2020-01-01,2021-06-30,\n"
                                       "RP01,1,,,2021-07-01,,\n",
                                NULL, NULL);
    struct due_slot s = slot_of(c, "RP01", NULL, "2019-12");
    assert_day(s.window.last, "2019-12-31");
    s = slot_of(c, "RP01", NULL, "2020-01"); /* the first under 15: shorter */
    assert_day(s.window.first, "2020-01-01");
    assert_day(s.window.last, "2020-01-14");
    s = slot_of(c, "RP01", NULL, "2020-02");
    assert_day(s.window.first, "2020-01-15");
    assert_day(s.window.last, "2020-02-14");
    s = slot_of(c, "RP01", NULL, "2021-07"); /* the first under 1 again: longer */
    assert_day(s.window.first, "2021-06-15");
    assert_day(s.window.last, "2021-07-31");
    s = slot_of(c, "RP01", NULL, "2020");
    assert_day(s.window.first, "2020-01-01");
    assert_day(s.window.last, "2020-12-14");
    catalogue_free(c);
}

/* ---- due days ---- */

/* So do the rules that are shipped, of every report, for all and for units of each of the plans' districts. */
static void the_shipped_windows_tile(void **state)
{
    (void)state;
    static const struct {
        enum period_kind kind;
        int n;
    } kinds[] = {{PERIOD_MONTH, 12}, {PERIOD_QUARTER, 4}, {PERIOD_YEAR, 0}};
    static const char *const who[] = {NULL, "26170", "23404", "29869", "26506"};
    size_t count = 0, looked = 0;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    const struct catalogue_report *all = catalogue_reports(c, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            if ((all[i].period_kinds & (1u << kinds[k].kind)) == 0) continue;
            for (size_t u = 0; u < sizeof who / sizeof who[0]; u++)
                assert_tiles(c, all[i].id, who[u], kinds[k].kind, kinds[k].n);
            looked++;
        }
    }
    assert_true(looked >= 15);
    catalogue_free(c);
}

static void due_days_of_the_plans(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    static const struct {
        const char *report, *period, *due, *first, *last;
    } rows[] = {
        {"RP01", "2023-06", "2023-07-02", "2023-06-01", "2023-06-30"},
        {"RP05", "2018-6M", "2018-06-04", "2017-12-04", "2018-06-03"}, /* before 05/6 */
        {"RP09", "2017-6M", "2017-06-05", "2016-12-05", "2017-06-04"}, /* by 05/6 */
        {"RP06", "2018", "2018-12-04", "2017-12-04", "2018-12-03"},
        {"RP10", "2017", "2017-12-05", "2016-12-05", "2017-12-04"},
        {"RP08", "2017-Q1", "2017-03-05", "2016-12-05", "2017-03-04"},
        {"RP08", "2017-Q3", "2017-09-05", "2017-06-05", "2017-09-04"},
        {"RP14", "2017", "2017-12-05", "2017-01-01", "2017-12-31"},
        {"RP15", "2017", "2017-10-15", "2017-01-01", "2017-12-31"},
        {"RP15", "2018", NULL, "2018-01-01", "2018-12-31"},
        {"RP16", "2023", "2023-01-31", "2023-01-01", "2023-12-31"},
        {"RP04", "2023-9M", NULL, "2023-01-01", "2023-09-30"},
        {"RP18", "2023-03-01_2023-05-15", NULL, "2023-03-01", "2023-05-15"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct due_slot s = slot_of(c, rows[i].report, NULL, rows[i].period);
        assert_int_equal(s.has_due, rows[i].due != NULL);
        if (s.has_due) assert_day(s.due, rows[i].due);
        assert_day(s.window.first, rows[i].first);
        assert_day(s.window.last, rows[i].last);
        if (!s.has_due) assert_true(due_late_ms(&s) == INT64_MAX);
    }
    /* The last moment is the midnight behind the due day, in Vietnam's time. */
    struct due_slot s = slot_of(c, "RP05", NULL, "2018-6M");
    struct date day;
    assert_int_equal(date_of_ms(due_late_ms(&s) - 1, &day), ERR_OK);
    assert_day(day, "2018-06-04");
    assert_int_equal(date_of_ms(due_late_ms(&s), &day), ERR_OK);
    assert_day(day, "2018-06-05");
    catalogue_free(c);
}

static void a_weekend_moves_the_day_when_asked(void **state)
{
    (void)state;
#define PARAM(word)                                                                                \
    "name,value,unit,valid_from,valid_to,source\ndue_weekend," word ",,2020-01-01,,\n"
    static const char windows[] = HEADER "RP01,1,md=06-05 incl,,1900-01-01,,\n";
    struct catalogue *none = parse(windows, NULL, NULL);
    struct catalogue *before = parse(windows, PARAM("before"), NULL);
    struct catalogue *after = parse(windows, PARAM("after"), NULL);
    /* 5 June 2021 is a Saturday, 2022 a Sunday, 2023 a Monday. */
    assert_day(slot_of(none, "RP01", NULL, "2021-6M").due, "2021-06-05");
    assert_day(slot_of(before, "RP01", NULL, "2021-6M").due, "2021-06-04");
    assert_day(slot_of(after, "RP01", NULL, "2021-6M").due, "2021-06-07");
    assert_day(slot_of(before, "RP01", NULL, "2022-6M").due, "2022-06-03");
    assert_day(slot_of(after, "RP01", NULL, "2022-6M").due, "2022-06-06");
    assert_day(slot_of(after, "RP01", NULL, "2023-6M").due, "2023-06-05");
    assert_day(slot_of(after, "RP01", NULL, "2010-6M").due, "2010-06-05"); /* not valid yet */
    catalogue_free(none);
    catalogue_free(before);
    catalogue_free(after);
}

/* National Day 2024 is a Monday, with the Tuesday beside it; the list of 2025 is not there yet. */
static void a_holiday_moves_the_day_too(void **state)
{
    (void)state;
    static const char windows[] = HEADER "RP01,1,md=09-02 incl,,1900-01-01,,\n";
    holidays = "day,kind,label_vi,label_en,valid_from,valid_to,source\n"
               "09-02,holiday,Quốc khánh,National Day,1900-01-01,,x\n"
               "2024-09-03,holiday,Quốc khánh,National Day,2024-01-01,2024-12-31,x\n";
    struct catalogue *none = parse(windows, NULL, NULL);
    struct catalogue *before = parse(windows, PARAM("before"), NULL);
    struct catalogue *after = parse(windows, PARAM("after"), NULL);
    holidays = NULL;
    assert_day(slot_of(none, "RP01", NULL, "2024-6M").due, "2024-09-02");
    assert_false(slot_of(none, "RP01", NULL, "2025-6M").guessed); /* moved by nothing */
    assert_day(slot_of(before, "RP01", NULL, "2024-6M").due, "2024-08-30");
    assert_day(slot_of(after, "RP01", NULL, "2024-6M").due, "2024-09-04");
    assert_false(slot_of(after, "RP01", NULL, "2024-6M").guessed);
    assert_day(slot_of(after, "RP01", NULL, "2025-6M").due, "2025-09-03");
    assert_true(slot_of(after, "RP01", NULL, "2025-6M").guessed);
    assert_true(slot_of(before, "RP01", NULL, "2025-6M").guessed);
    catalogue_free(none);
    catalogue_free(before);
    catalogue_free(after);
}

static void per_unit_rules(void **state)
{
    (void)state;
    struct catalogue *c = parse(HEADER "RP01,1,md=06-05 excl,,1900-01-01,,\n"
                                       "RP01,15,md=06-05 incl,,2020-01-01,2020-12-31,26170\n",
                                NULL, NULL);
    assert_day(slot_of(c, "RP01", "26173", "2020-6M").due, "2020-06-04");
    assert_day(slot_of(c, "RP01", "26170", "2020-6M").due, "2020-06-05");
    assert_day(slot_of(c, "RP01", "26170", "2020-6M").window.last, "2020-06-14");
    assert_day(slot_of(c, "RP01", "26170", "2021-6M").due, "2021-06-04");
    assert_day(slot_of(c, "RP01", "26170", "2021-6M").window.first, "2020-12-15");
    catalogue_free(c);
}

/* ---- walking, owing ---- */

static enum err count_one(void *ctx, const struct due_slot *slot)
{
    char label[PERIOD_LABEL_ROOM];
    period_print(slot->period, label);
    size_t at = strlen(ctx);
    snprintf((char *)ctx + at, SEEN_MAX - at, "%s ", label);
    return ERR_OK;
}

static void every_period_once(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    char text[SEEN_MAX] = "";
    struct date from = {2017, 1, 1}, to = {2017, 12, 31};
    assert_int_equal(due_each(c, "RP08", NULL, from, to, count_one, text), ERR_OK);
    assert_string_equal(text, "2017-Q1 2017-Q2 2017-Q3 2017-Q4 ");
    text[0] = '\0';
    assert_int_equal(due_each(c, "RP04", NULL, from, to, count_one, text), ERR_OK);
    assert_string_equal(text, "2017-6M 2017-9M 2017 "); /* no due day: by the window's end */
    text[0] = '\0';
    to = from;
    assert_int_equal(due_each(c, "RP01", NULL, (struct date){2017, 1, 2}, (struct date){2017, 1, 2},
                              count_one, text),
                     ERR_OK);
    assert_string_equal(text, "2016-12 "); /* due two days behind its end */
    assert_int_equal(due_each(c, "RP99", NULL, from, to, count_one, text), ERR_NOT_FOUND);
    catalogue_free(c);
}

static void who_owes_a_report(void **state)
{
    (void)state;
    struct date on = {2023, 6, 30};
    struct catalogue *all = parse(HEADER, NULL, NULL);
    assert_true(catalogue_owes(all, "RP01", "26170", on));  /* no row: every unit */
    assert_false(catalogue_owes(all, "RP04", "26170", on)); /* the district's own */
    catalogue_free(all);
    struct catalogue *c = parse(HEADER, NULL,
                                "report,who,feeds,valid_from,valid_to,source\n"
                                "RP01,26170,RP04,1900-01-01,2023-12-31,\n"
                                "RP01,below:735,,2024-01-01,,\n");
    assert_true(catalogue_owes(c, "RP01", "26170", on));
    assert_false(catalogue_owes(c, "RP01", "26173", on));
    assert_true(catalogue_owes(c, "RP01", "26173", (struct date){2024, 6, 30}));
    assert_true(catalogue_feeds(c, "RP01", "RP04", on));
    assert_false(catalogue_feeds(c, "RP01", "RP04", (struct date){2024, 6, 30}));
    catalogue_free(c);
    struct catalogue *shipped = catalogue_load_parsed("catalogue");
    assert_true(catalogue_owes(shipped, "RP05", "23404", (struct date){2018, 6, 30}));
    assert_false(catalogue_owes(shipped, "RP05", "26170", (struct date){2018, 6, 30}));
    assert_true(catalogue_feeds(shipped, "RP09", "RP11", (struct date){2017, 6, 30}));
    catalogue_free(shipped);
}

static enum err whole_name(void *ctx, const char *report, struct period period)
{
    char *text = ctx, label[PERIOD_LABEL_ROOM];
    size_t n = strlen(text);
    period_print(period, label);
    snprintf(text + n, SEEN_MAX - n, "%s@%s ", report, label);
    return ERR_OK;
}

static void assert_wholes(const struct catalogue *c, const char *part, const char *label,
                          const char *expected)
{
    struct period p;
    char text[SEEN_MAX] = "";
    assert_int_equal(period_parse(bytes_str(label), &p), ERR_OK);
    assert_int_equal(due_each_whole(c, catalogue_report(c, part), p, whole_name, text), ERR_OK);
    assert_string_equal(text, expected);
}

static void assert_part(const struct catalogue *c, const char *part, const char *whole,
                        const char *expected)
{
    struct period p, own;
    char label[PERIOD_LABEL_ROOM] = "";
    assert_int_equal(period_parse(bytes_str(whole), &p), ERR_OK);
    if (due_part(catalogue_report(c, part), p, &own)) period_print(own, label);
    assert_string_equal(label, expected);
}

/* A whole is made of its parts of the same period, or of the last shorter one that the part is made for; which wholes a
 * report is a part of is the same table read from below. */
static void parts_end_with_their_wholes(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    assert_part(c, "RP01", "2023-6M", "2023-06");
    assert_part(c, "RP02", "2023-6M", "2023-Q2");
    assert_part(c, "RP02", "2023-9M", "2023-Q3");
    assert_part(c, "RP03", "2023", "2023");
    assert_part(c, "RP03", "2023-6M", "");
    assert_part(c, "RP08", "2017", "2017-Q4");
    assert_part(c, "RP10", "2017-Q4", ""); /* nothing is a part of what is shorter */
    assert_part(c, "RP01", "2023-03-01_2023-05-15", "");
    assert_wholes(c, "RP01", "2023-06", "RP04@2023-6M RP04@2023-Q2 RP04@2023-06 ");
    assert_wholes(c, "RP01", "2023-12", "RP04@2023 RP04@2023-Q4 RP04@2023-12 ");
    assert_wholes(c, "RP01", "2023-05", "RP04@2023-05 ");
    assert_wholes(c, "RP02", "2023-Q1", "RP04@2023-Q1 ");
    assert_wholes(c, "RP03", "2023", "RP04@2023 ");
    assert_wholes(c, "RP09", "2017-6M", "RP11@2017-6M ");
    assert_wholes(c, "RP12", "2019", "");
    assert_wholes(c, "RP18", "2023-03-01_2023-05-15", "");
    catalogue_free(c);
}

/* Who owed a report on the last day of the districts: the unit it goes on as owes it from the day after. */
static void a_merged_unit_owes_what_its_parts_owed(void **state)
{
    (void)state;
    struct date before = {2025, 6, 30}, after = {2025, 7, 1};
    struct catalogue *c = catalogue_load_parsed("catalogue");
    size_t count = 0, forms = 0, checked = 0;
    const struct catalogue_successor *s = catalogue_successors(c, &count);
    const struct catalogue_report *r = catalogue_reports(c, &forms);
    for (size_t i = 0; i < count * forms; i++) {
        const struct catalogue_successor *to = &s[i / forms];
        const char *report = r[i % forms].id;
        if (date_compare(to->on, after) != 0) continue;
        if (!catalogue_owes(c, report, to->old_code, before)) continue;
        if (!catalogue_owes(c, report, to->new_code, after))
            fail_msg("%s: %s owed it, %s does not", report, to->old_code, to->new_code);
        checked++;
    }
    assert_true(checked > 100);
    /* Bà Rịa - Vũng Tàu's districts owed RP13; their communes owe it now. */
    assert_true(catalogue_owes(c, "RP13", "747", before));
    assert_true(catalogue_owes(c, "RP13", "26506", after));
    assert_true(catalogue_feeds(c, "RP03", "RP04", after));
    catalogue_free(c);
}

/* The day before its window begins a report may not be handed in, the first day it may; a plan may earlier. */
static void a_report_begins_with_its_window_and_a_plan_before(void **state)
{
    static const struct {
        const char *report, *period;
        struct date day;
        bool begun;
    } rows[] = {
        {"RP01", "2027-06", {2027, 5, 31}, false},
        {"RP01", "2027-06", {2027, 6, 1}, true},
        {"RP04", "2027", {2026, 12, 31}, false},
        {"RP04", "2027", {2027, 1, 1}, true},
        {"RP05", "2027-6M", {2026, 12, 3}, false},
        {"RP05", "2027-6M", {2026, 12, 4}, true},
        {"RP14", "2027", {2026, 12, 31}, false},
        {"RP15", "2017", {2016, 12, 31}, false},
        {"RP16", "2027", {2026, 11, 23}, true},
        {"RP16", "2027", {2026, 1, 1}, true},
        {"RP16", "2027", {2025, 12, 31}, false},
        {"RP16", "2050", {2026, 11, 23}, false},
        {"RP18", "2027-01-05_2027-01-20", {2027, 1, 4}, false},
    };
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct due_slot s = slot_of(c, rows[i].report, NULL, rows[i].period);
        if (due_begun(&s, rows[i].day) != rows[i].begun)
            fail_msg("%s %s", rows[i].report, rows[i].period);
    }
    struct due_slot asked = slot_of(c, "RP18", NULL, "2027-01-05_2027-01-20");
    asked.has_due = true; /* asked for by a day before its first */
    asked.due = (struct date){2026, 11, 30};
    assert_true(due_begun(&asked, (struct date){2026, 11, 23}));
    catalogue_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_tile_whatever_the_rules),
        cmocka_unit_test(a_rule_that_changes_leaves_no_day_out),
        cmocka_unit_test(the_shipped_windows_tile),
        cmocka_unit_test(due_days_of_the_plans),
        cmocka_unit_test(a_weekend_moves_the_day_when_asked),
        cmocka_unit_test(a_holiday_moves_the_day_too),
        cmocka_unit_test(per_unit_rules),
        cmocka_unit_test(every_period_once),
        cmocka_unit_test(parts_end_with_their_wholes),
        cmocka_unit_test(who_owes_a_report),
        cmocka_unit_test(a_report_begins_with_its_window_and_a_plan_before),
        cmocka_unit_test(a_merged_unit_owes_what_its_parts_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

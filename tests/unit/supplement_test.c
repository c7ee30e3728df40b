/*
 * Claims about hub/supplement: each figure that differs has a row, a rate that prints the same with what it
 * is of; of hidden cells the table tells no number.
 */
#include "hub/supplement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { UNITS = 2, COLUMNS = UNITS + 1 };

struct paper {
    struct catalogue_indicator indicator;
    struct hub_report_unit units[UNITS];
    struct hub_report_row row;
    struct hub_report_cell cells[COLUMNS];
    struct hub_report_line line;
    struct hub_report r;
};

static void paper_make(struct paper *p, enum catalogue_measure measure)
{
    memset(p, 0, sizeof *p);
    p->indicator.id = "T03";
    p->indicator.measure = measure;
    p->units[0].code = "26170";
    p->units[1].code = "26173";
    p->units[0].name = "A";
    p->units[1].name = "B";
    p->row = (struct hub_report_row){"", "", "", p->cells};
    p->line = (struct hub_report_line){.no = 3,
                                       .indicator = &p->indicator,
                                       .label_vi = "x",
                                       .by = "",
                                       .rows = &p->row,
                                       .row_count = 1};
    memcpy(p->r.unit, "735", sizeof "735");
    p->r.units = p->units;
    p->r.unit_count = UNITS;
    p->r.has_total = true;
    p->r.lines = &p->line;
    p->r.line_count = 1;
}

/* The issue before: a state, numerator and denominator for each column. */
static json_t *before_of(const char *const state[COLUMNS], const int num[COLUMNS],
                         const int den[COLUMNS], const char *value)
{
    static const char *const units[COLUMNS] = {"26170", "26173", "735"};
    json_t *cells = json_array();
    for (size_t i = 0; i < COLUMNS; i++)
        json_array_append_new(cells,
                              json_pack("{s:s, s:s, s:i, s:i, s:s}", "unit", units[i], "state",
                                        state[i], "num", num[i], "den", den[i], "value", value));
    return json_pack("{s:[{s:i, s:s, s:[{s:s, s:b, s:o}]}]}", "lines", "no", 3, "indicator", "T03",
                     "rows", "value", "", "total", 1, "cells", cells);
}

static const char *const figures[COLUMNS] = {"figure", "figure", "figure"};

static void a_rate_that_prints_the_same_stands_with_its_numbers(void **state)
{
    (void)state;
    struct paper p;
    struct hub_supplement s;
    paper_make(&p, CATALOGUE_RATIO);
    json_t *before = before_of(figures, (int[]){0, 1, 0}, (int[]){12, 2, 1199}, "0.0"),
           *diff = json_object();
    p.cells[0] = (struct hub_report_cell){.num = 0, .den = 13};
    p.cells[1] = (struct hub_report_cell){.num = 1, .den = 2};
    p.cells[2] = (struct hub_report_cell){.num = 0, .den = 1200};
    assert_int_equal(hub_supplement_make(&p.r, 1, before, diff, &s), ERR_OK);
    assert_int_equal(s.count, 2); /* one is the same in both numbers */
    assert_string_equal(s.rows[0].unit, "A");
    assert_string_equal(s.rows[0].before, "0,0% (0/12)");
    assert_string_equal(s.rows[0].after, "0,0% (0/13)");
    assert_string_equal(s.rows[1].unit, "");
    assert_string_equal(s.rows[1].before, "0,0% (0/1.199)");
    assert_string_equal(s.rows[1].after, "0,0% (0/1.200)");
    hub_supplement_free(&s);
    p.cells[0].num = 1; /* what prints differently says it itself */
    assert_int_equal(hub_supplement_make(&p.r, 1, before, diff, &s), ERR_OK);
    assert_string_equal(s.rows[0].before, "0,0%");
    assert_string_equal(s.rows[0].after, "7,7%");
    hub_supplement_free(&s);
    /* the widest numbers have room */
    p.cells[0] = (struct hub_report_cell){.num = 0, .den = INT64_MAX};
    p.cells[2] = (struct hub_report_cell){.num = INT64_MIN, .den = INT64_MAX};
    assert_int_equal(hub_supplement_make(&p.r, 1, before, diff, &s), ERR_OK);
    assert_string_equal(s.rows[0].after, "0,0% (0/9.223.372.036.854.775.807)");
    hub_supplement_free(&s);
    json_decref(before);
    json_decref(diff);
}

static void a_count_has_no_base_to_differ_by(void **state)
{
    (void)state;
    struct paper p;
    struct hub_supplement s;
    paper_make(&p, CATALOGUE_COUNT);
    json_t *before = before_of(figures, (int[]){7, 0, 7}, (int[]){0, 0, 0}, "7");
    p.cells[0] = (struct hub_report_cell){.num = 7, .den = 5};
    p.cells[2] = (struct hub_report_cell){.num = 7, .den = 9};
    assert_int_equal(hub_supplement_make(&p.r, 1, before, NULL, &s), ERR_OK);
    assert_int_equal(s.count, 0);
    hub_supplement_free(&s);
    json_decref(before);
}

static void of_hidden_cells_no_number_stands_there(void **state)
{
    (void)state;
    struct paper p;
    struct hub_supplement s;
    static const char *const hidden[COLUMNS] = {"hidden", "hidden", "nothing_sent"};
    paper_make(&p, CATALOGUE_RATIO);
    json_t *before = before_of(hidden, (int[]){0, 0, 0}, (int[]){0, 0, 0}, "–*");
    p.cells[0] = (struct hub_report_cell){.num = 0, .den = 3, .hide = HUB_HIDE_RATE};
    p.cells[1] = (struct hub_report_cell){.num = 0, .den = 3, .hide = HUB_HIDE_RATE};
    p.cells[2] = (struct hub_report_cell){.num = 0, .den = 6, .absent = true};
    assert_int_equal(hub_supplement_make(&p.r, 1, before, NULL, &s), ERR_OK);
    assert_int_equal(s.count, 0); /* hidden in both, or sent in neither */
    hub_supplement_free(&s);
    p.cells[1].hide = HUB_HIDE_NO; /* hidden in one of them */
    assert_int_equal(hub_supplement_make(&p.r, 1, before, NULL, &s), ERR_OK);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.rows[0].before, "*");
    assert_string_equal(s.rows[0].after, "*");
    hub_supplement_free(&s);
    json_decref(before);
}

static json_t *differs(int line, const char *by, const char *cause, int count)
{
    return json_pack("{s:{s:i, s:s, s:s, s:s, s:b, s:s}, s:n, s:[s], s:{s:i}}", "b", "line", line,
                     "indicator", "T03", "by", by, "value", "", "total", 0, "unit", "26170", "a",
                     "causes", cause, cause, "count", count);
}

/* "Not stated" of one breakdown is not that of another. */
static void a_cause_is_that_of_its_line(void **state)
{
    (void)state;
    struct paper p;
    struct hub_supplement s;
    struct hub_report_row rows[2];
    struct hub_report_cell none[COLUMNS] = {{.num = 2}};
    paper_make(&p, CATALOGUE_COUNT);
    rows[0] = p.row;
    rows[1] = (struct hub_report_row){"", "không ghi", "not stated", none};
    p.line.by = "age";
    p.line.rows = rows;
    p.line.row_count = 2;
    json_t *before = before_of(figures, (int[]){0, 0, 0}, (int[]){0, 0, 0}, "0");
    json_object_set_new(json_array_get(json_object_get(before, "lines"), 0), "by",
                        json_string("age"));
    json_t *diff = json_pack("{s:[o, o]}", "cells", differs(2, "sex", "added", 9),
                             differs(3, "age", "removed", 4));
    assert_int_equal(hub_supplement_make(&p.r, 1, before, diff, &s), ERR_OK);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.rows[0].cause, "bớt 4 hồ sơ");
    hub_supplement_free(&s);
    json_decref(before);
    json_decref(diff);
}

/* Another edition of the form may number its lines anew; a line that it had not is no zero. */
static void a_line_is_known_by_what_it_counts(void **state)
{
    (void)state;
    struct paper p;
    struct hub_supplement s;
    struct hub_report_row rows[2];
    struct hub_report_cell female[COLUMNS] = {{.num = 7}, {.num = 1}, {.num = 8}};
    paper_make(&p, CATALOGUE_COUNT);
    json_t *before = before_of(figures, (int[]){7, 1, 8}, (int[]){0, 0, 0}, "7");
    for (size_t i = 0; i < COLUMNS; i++)
        p.cells[i] = female[i];
    p.line.no = 9;
    assert_int_equal(hub_supplement_make(&p.r, 1, before, NULL, &s), ERR_OK);
    assert_int_equal(s.count, 0);
    hub_supplement_free(&s);
    rows[0] = p.row;
    rows[1] = (struct hub_report_row){"female", "nữ", "female", female};
    p.line.by = "sex"; /* broken down now: the total is the same figure, the rest is new */
    p.line.rows = rows;
    p.line.row_count = 2;
    assert_int_equal(hub_supplement_make(&p.r, 1, before, NULL, &s), ERR_OK);
    assert_int_equal(s.count, COLUMNS);
    for (size_t i = 0; i < s.count; i++)
        assert_string_equal(s.rows[i].before, "–");
    assert_string_equal(s.rows[0].after, "7");
    hub_supplement_free(&s);
    p.indicator.id = "T04";
    p.line.row_count = 1;
    assert_int_equal(hub_supplement_make(&p.r, 1, before, NULL, &s), ERR_OK);
    assert_int_equal(s.count, COLUMNS);
    assert_string_equal(s.rows[0].before, "–");
    hub_supplement_free(&s);
    json_decref(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_that_prints_the_same_stands_with_its_numbers),
        cmocka_unit_test(a_count_has_no_base_to_differ_by),
        cmocka_unit_test(of_hidden_cells_no_number_stands_there),
        cmocka_unit_test(a_line_is_known_by_what_it_counts),
        cmocka_unit_test(a_cause_is_that_of_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Claims about hub/dhis2, hub/values and hub/small: what DHIS2 gets satisfies its schema, says no
 * value that is none, refuses by name a period it cannot say, and hides small cells.
 */
#include "hub/dhis2.h"
#include "common/io/file.h"
#include "hub/canonical.h"
#include "hub/report_print.h"
#include "hub/small.h"
#include "hub/values.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#define CLOSED_MS INT64_C(1689000000000) /* 2023-07-10 in Vietnam */

static const char validator[] =
    "import json, sys, jsonschema\n"
    "schema = json.load(open(sys.argv[1]))\n"
    "v = jsonschema.Draft202012Validator(schema)\n"
    "v.check_schema(schema)\n"
    "bad = [e.message[:120] for e in v.iter_errors(json.load(open(sys.argv[2])))]\n"
    "print(bad[:3])\n"
    "sys.exit(1 if bad else 0)\n";

static bool valid(const struct report_hub *h, struct bytes json)
{
    char path[128], script[128], command[600];
    snprintf(path, sizeof path, "%s/dvs.json", h->folder);
    snprintf(script, sizeof script, "%s/validate.py", h->folder);
    assert_int_equal(file_write_atomic(path, json, 0600), ERR_OK);
    assert_int_equal(file_write_atomic(script, bytes_str(validator), 0600), ERR_OK);
    snprintf(command, sizeof command,
             "python3 '%s' '%s/tests/data/schemas/dvs.schema.json' '%s' > '%s/out.txt'", script,
             DONGBO_SOURCE_DIR, path, h->folder);
    return system(command) == 0;
}

static json_t *parsed(const struct buf *b)
{
    json_t *j = json_loadb((const char *)b->p, b->len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    return j;
}

/* The value of (element, unit, option) as text; NULL: there is none. Asserts that there is one. */
static const char *value_of(json_t *set, const char *element, const char *unit, const char *option)
{
    size_t i;
    json_t *v;
    const char *found = NULL;
    json_array_foreach(json_object_get(set, "dataValues"), i, v)
    {
        json_t *u = json_object_get(v, "orgUnit"), *o = json_object_get(v, "categoryOptionCombo");
        if (strcmp(json_string_value(json_object_get(v, "dataElement")), element) != 0) continue;
        if (u != NULL && strcmp(json_string_value(u), unit) != 0) continue;
        if (strcmp(o != NULL ? json_string_value(o) : "", option) != 0) continue;
        assert_null(found); /* twice */
        found = json_string_value(json_object_get(v, "value"));
    }
    return found;
}

static void set_of(const struct hub_report *r, struct buf *out)
{
    struct hub_report_why why;
    buf_init(out, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_dhis2_values(r, CLOSED_MS, out, &why), ERR_OK);
}

/* ---- districts and communes ---- */

static void a_district_is_many_units_and_satisfies_the_schema(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a, b, c;
    struct hub_report_why why;
    char want[32];
    int64_t num, den;
    report_hub_open(&h, 60);
    report_fill(&h, 60, 0, 2);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    set_of(r, &a);
    set_of(r, &b);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    assert_true(valid(&h, buf_bytes(&a)));
    json_t *j = parsed(&a);
    assert_string_equal(json_string_value(json_object_get(j, "dataSet")), "RP04");
    assert_null(json_object_get(j, "completeDate")); /* refused by DHIS2 beside many units */
    assert_true(report_figure(r, "T01", report_units[0], &num, &den));
    snprintf(want, sizeof want, "%lld", (long long)num);
    assert_string_equal(value_of(j, "T01", report_units[0], ""), want);
    assert_true(report_figure(r, "T03", "735", &num, &den));
    snprintf(want, sizeof want, "%lld", (long long)num);
    assert_string_equal(value_of(j, "T03_NUM", "735", ""), want);
    snprintf(want, sizeof want, "%lld", (long long)den);
    assert_string_equal(value_of(j, "T03_DEN", "735", ""), want);
    assert_null(value_of(j, "T01", report_units[2], "")); /* nothing sent is not zero */
    buf_init(&c, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_dhis2_complete(r, CLOSED_MS, &c, &why), ERR_OK);
    json_t *done = parsed(&c), *list = json_object_get(done, "completeDataSetRegistrations");
    assert_int_equal(json_array_size(list), REPORT_UNITS); /* 11 communes and the district */
    json_t *one = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(one, "period")), "2023S1");
    assert_string_equal(json_string_value(json_object_get(one, "date")), "2023-07-10");
    assert_null(strstr(buf_cstr(&c), report_units[2]));
    json_decref(done);
    json_decref(j);
    buf_free(&a);
    buf_free(&b);
    buf_free(&c);
    hub_report_free(r);
    report_hub_close(&h);
}

static void one_commune_carries_its_complete_date(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a;
    report_hub_open(&h, 61);
    report_fill(&h, 61, 0, -1);
    struct hub_report *r = report_of(&h, "RP01", report_units[1], "2023-05");
    set_of(r, &a);
    assert_true(valid(&h, buf_bytes(&a)));
    json_t *j = parsed(&a);
    assert_string_equal(json_string_value(json_object_get(j, "completeDate")), "2023-07-10");
    assert_string_equal(json_string_value(json_object_get(j, "period")), "202305");
    assert_string_equal(json_string_value(json_object_get(j, "orgUnit")), report_units[1]);
    assert_non_null(value_of(j, "T02", "", ""));
    assert_non_null(value_of(j, "T02_ROLE", "", "member"));
    /* whose report was not in is not complete */
    struct hub_report_why why;
    struct buf b, c;
    assert_int_equal(hub_report_set_missing(r, bytes_str(report_units[1])), ERR_OK);
    set_of(r, &b);
    assert_true(valid(&h, buf_bytes(&b)));
    assert_null(strstr(buf_cstr(&b), "completeDate"));
    buf_init(&c, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_dhis2_complete(r, CLOSED_MS, &c, &why), ERR_OK);
    assert_string_equal(buf_cstr(&c), "{\"completeDataSetRegistrations\":[]}\n");
    buf_free(&b);
    buf_free(&c);
    json_object_del(j, "period"); /* the schema does see faults */
    char *text = json_dumps(j, 0);
    assert_false(valid(&h, bytes_str(text)));
    free(text);
    json_decref(j);
    buf_free(&a);
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- periods ---- */

static void periods_it_cannot_say_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *label, *id;
    } cases[] = {{"2023-06", "202306"}, {"2023-Q1", "2023Q1"}, {"2023-6M", "2023S1"},
                 {"2023", "2023"},      {"2023-9M", NULL},     {"2023-03-01_2023-05-15", NULL}};
    struct hub_report r = {.period = {.kind = PERIOD_YEAR}};
    char id[HUB_DHIS2_PERIOD_ROOM];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hub_report_why why = {.vi = ""};
        r.period = report_period(cases[i].label);
        snprintf(r.label, sizeof r.label, "%s", cases[i].label);
        r.window = period_nominal(r.period);
        if (cases[i].id != NULL) {
            assert_int_equal(hub_dhis2_period(&r, id, &why), ERR_OK);
            assert_string_equal(id, cases[i].id);
            /* the same months from the 15th to the 14th */
            assert_int_equal(period_window(r.period, (struct period_rule){15}, &r.window), ERR_OK);
        }
        assert_int_equal(hub_dhis2_period(&r, id, &why), ERR_BAD_INPUT);
        assert_non_null(strstr(why.en, cases[i].label));
        assert_non_null(strstr(why.vi, cases[i].label));
        assert_non_null(strstr(why.en, "ADX"));
        assert_non_null(strstr(why.vi, "ADX"));
    }
}

static void nothing_to_send_is_no_empty_set(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf out;
    struct hub_report_why why;
    report_hub_open(&h, 62);
    struct hub_report *r = report_of(&h, "RP01", report_units[0], "2023-05");
    buf_init(&out, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_dhis2_values(r, CLOSED_MS, &out, &why), ERR_NOT_FOUND);
    assert_int_equal(hub_dhis2_complete(r, CLOSED_MS, &out, &why), ERR_NOT_FOUND);
    assert_int_equal(out.len, 0);
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- small cells, on a table made by hand ---- */

enum { TABLE_ROWS_MAX = 4, TABLE_COLUMNS = 4 }; /* three units and all together */

struct table {
    struct hub_report r;
    struct hub_report_unit units[TABLE_COLUMNS - 1];
    struct hub_report_line line;
    struct hub_report_row rows[TABLE_ROWS_MAX];
    struct hub_report_cell cells[TABLE_ROWS_MAX][TABLE_COLUMNS];
    struct catalogue_indicator indicator;
};

static unsigned class_of(void *ctx, const struct catalogue_indicator *indicator)
{
    (void)indicator;
    return *(const unsigned *)ctx;
}

static void table_make(struct table *t, size_t rows, enum catalogue_measure measure)
{
    *t = (struct table){.indicator = {.id = "V05", .measure = measure}};
    for (size_t i = 0; i < TABLE_COLUMNS - 1; i++)
        t->units[i].code = report_units[i];
    for (size_t i = 0; i < rows; i++)
        t->rows[i] = (struct hub_report_row){.value = "", .cells = t->cells[i]};
    t->line = (struct hub_report_line){
        .no = 1, .indicator = &t->indicator, .by = "", .rows = t->rows, .row_count = rows};
    t->r = (struct hub_report){.units = t->units,
                               .unit_count = TABLE_COLUMNS - 1,
                               .has_total = true,
                               .lines = &t->line,
                               .line_count = 1};
}

/* One letter a cell: "." shown, "5" as <5, "*" second, "r" rate. */
static void table_is(struct table *t, unsigned class, const char *const *want)
{
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(hub_small_apply(&t->r, class_of, &class), ERR_OK);
        for (size_t i = 0; i < t->line.row_count; i++) {
            char got[TABLE_COLUMNS + 1] = "";
            for (size_t c = 0; c < TABLE_COLUMNS; c++)
                got[c] = ".5*r"[t->cells[i][c].hide];
            assert_string_equal(got, want[i]);
        }
    }
}

static void row_set(struct table *t, size_t row, int64_t a, int64_t b, int64_t c, int64_t total)
{
    const int64_t v[TABLE_COLUMNS] = {a, b, c, total};
    for (size_t i = 0; i < TABLE_COLUMNS; i++)
        t->cells[row][i].num = v[i];
}

static void small_counts_are_hidden_with_a_second_cell(void **state)
{
    (void)state;
    struct table t;
    table_make(&t, 1, CATALOGUE_COUNT);
    row_set(&t, 0, 3, 12, 7, 22); /* 22 - 12 - 7 would give 3 */
    table_is(&t, 3, (const char *const[]){"...."});
    table_is(&t, 4, (const char *const[]){"5.*."});
    row_set(&t, 0, 1, 4, 7, 12);
    table_make(&t, 1, CATALOGUE_COUNT);
    row_set(&t, 0, 1, 4, 7, 12); /* two are hidden already */
    table_is(&t, 4, (const char *const[]){"55.."});
    table_make(&t, 1, CATALOGUE_COUNT);
    row_set(&t, 0, 5, 0, 0, 5); /* zero and five are shown */
    table_is(&t, 4, (const char *const[]){"...."});
    table_make(&t, 1, CATALOGUE_COUNT);
    row_set(&t, 0, 4, 0, 0, 4);
    table_is(&t, 4, (const char *const[]){"5..5"});
    table_make(&t, 1, CATALOGUE_COUNT);
    row_set(&t, 0, 4, 0, 6, 9); /* a person known to two units; the second is not the zero */
    table_is(&t, 4, (const char *const[]){"5.*."});
    table_make(&t, 1, CATALOGUE_COUNT);
    row_set(&t, 0, 4, 0, 0, 9);
    t.cells[0][1].absent = t.cells[0][2].absent = true; /* no part is left: the total goes */
    table_is(&t, 4, (const char *const[]){"5..*"});
}

static void a_breakdown_is_hidden_both_ways(void **state)
{
    (void)state;
    static const char *const want[] = {"....", "*.*.", "5.*.", "...."};
    struct table t;
    table_make(&t, 4, CATALOGUE_COUNT);
    row_set(&t, 0, 30, 40, 50, 120);
    row_set(&t, 1, 9, 20, 10, 39);
    row_set(&t, 2, 2, 10, 9, 21);
    row_set(&t, 3, 19, 10, 31, 60);
    table_is(&t, 4, want); /* a rectangle: no row and no column gives any of them away */
}

static void small_rates_are_hidden(void **state)
{
    (void)state;
    struct table t;
    table_make(&t, 1, CATALOGUE_RATIO);
    row_set(&t, 0, 3, 10, 10, 23);
    t.cells[0][0].den = 4;
    t.cells[0][1].den = 13; /* three that are not */
    t.cells[0][2].den = 20;
    t.cells[0][3].den = 37;
    table_is(&t, 4, (const char *const[]){"rr.."});
    table_make(&t, 1, CATALOGUE_RATIO);
    for (size_t i = 0; i < TABLE_COLUMNS; i++)
        t.cells[0][i].null = true;
    table_is(&t, 4, (const char *const[]){"...."});
}

static void hidden_cells_leave_no_number(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a, json, csv;
    char figure[HUB_REPORT_FIGURE_ROOM];
    unsigned class = 4;
    report_hub_open(&h, 63);
    report_fill(&h, 63, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    size_t all = hub_values_count(r), hidden = 0;
    assert_int_equal(hub_small_apply(r, class_of, &class),
                     ERR_OK); /* as if every line were of class 4 */
    assert_true(hub_values_count(r) < all);
    set_of(r, &a);
    assert_true(valid(&h, buf_bytes(&a)));
    json_t *j = parsed(&a);
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t c = 0; c < hub_report_columns(r); c++) {
            const struct hub_report_cell *cell = &line->rows[0].cells[c];
            if (cell->hide == HUB_HIDE_NO || cell->hide == HUB_HIDE_RATE) continue;
            hub_report_figure(line, cell, figure);
            assert_string_equal(figure, cell->hide == HUB_HIDE_SMALL ? "<5" : "*");
            assert_null(value_of(j, line->indicator->id, hub_canonical_unit(r, c), ""));
            hidden++;
        }
    }
    assert_true(hidden > 10);
    buf_init(&json, HUB_CANONICAL_BYTES_MAX);
    buf_init(&csv, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_canonical_json(r, &json), ERR_OK);
    assert_int_equal(hub_canonical_csv(r, &csv), ERR_OK);
    for (int n = 1; n <= 4; n++) {
        char text[64];
        snprintf(text, sizeof text, "\"figure\",\"num\":%d,\"den\":null", n);
        assert_null(strstr(buf_cstr(&json), text));
    }
    assert_non_null(
        strstr(buf_cstr(&json), "\"hidden\",\"num\":null,\"den\":null,\"value\":\"<5\""));
    assert_non_null(strstr(buf_cstr(&csv), "hidden"));
    json_decref(j);
    buf_free(&a);
    buf_free(&json);
    buf_free(&csv);
    hub_report_free(r);
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_district_is_many_units_and_satisfies_the_schema),
        cmocka_unit_test(one_commune_carries_its_complete_date),
        cmocka_unit_test(periods_it_cannot_say_are_refused_by_name),
        cmocka_unit_test(nothing_to_send_is_no_empty_set),
        cmocka_unit_test(small_counts_are_hidden_with_a_second_cell),
        cmocka_unit_test(a_breakdown_is_hidden_both_ways),
        cmocka_unit_test(small_rates_are_hidden),
        cmocka_unit_test(hidden_cells_leave_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Claims about holidays, steps, clocks, checks and score schemes of a catalogue: what is taken, what is
 * refused and where, and what the tables answer. */
#include "common/catalogue_rules.h"
#include "tests/lib/catalogue_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The shipped catalogue with one file of it replaced. */
static enum err parse(const char *file, const char *text, struct catalogue **out,
                      struct catalogue_error *errors, size_t *count)
{
    size_t n = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &n);
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(files[i].name, file) != 0) continue;
        struct bytes kept = files[i].data;
        files[i].data = bytes_str(text);
        enum err e = catalogue_parse(files, n, out, errors, count);
        files[i].data = kept;
        catalogue_unload(files, n);
        return e;
    }
    assert_true(found);
    return ERR_OK;
}

static void refused_at(const char *file, const char *text, unsigned row, const char *column)
{
    struct catalogue *c = NULL;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    size_t count = 0;
    assert_non_null(errors);
    assert_int_equal(parse(file, text, &c, errors, &count), ERR_BAD_INPUT);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(errors[i].file, file) == 0 && errors[i].row == row &&
            strcmp(errors[i].column, column) == 0) {
            assert_true(errors[i].text_vi[0] != '\0' && errors[i].text_en[0] != '\0');
            free(errors);
            return;
        }
    }
    fail_msg("%s row %u %s: %zu other mistakes, the first %s:%u %s", file, row, column, count,
             errors[0].file, errors[0].row, errors[0].column);
}

static struct catalogue *taken(const char *file, const char *text)
{
    struct catalogue *c = NULL;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    size_t count = 0;
    enum err e = parse(file, text, &c, errors, &count);
    if (e != ERR_OK) fail_msg("%s:%u %s", errors[0].file, errors[0].row, errors[0].text_en);
    free(errors);
    return c;
}

#define HOLIDAYS "day,kind,label_vi,label_en,valid_from,valid_to,source\n"
#define STEPS    "type,field,from,to,side,role,when,source\n"
#define CLOCKS   "id,type,unit,start,due,done,relevant,days,count,soon,label_vi,label_en,source\n"
#define CHECKS   "id,type,unit,wrong,label_vi,label_en,source\n"
#define SCHEMES  "scheme,version,label_vi,label_en,most,valid_from,valid_to,source\n"
#define BANDS    "scheme,version,class,least,below\n"
#define CRITERIA "scheme,version,code,most,name_vi,name_en,method,evidence,indicator,source\n"

static void broken_rules_are_named(void **state)
{
    (void)state;
    refused_at("holidays.csv", HOLIDAYS "02-30,holiday,a,b,1900-01-01,,\n", 2, "day");
    refused_at("holidays.csv", HOLIDAYS "30/4,holiday,a,b,1900-01-01,,\n", 2, "day");
    refused_at("holidays.csv", HOLIDAYS "2023-02-29,holiday,a,b,1900-01-01,,\n", 2, "day");
    refused_at("holidays.csv", HOLIDAYS "04-30,feast,a,b,1900-01-01,,\n", 2, "kind");
    refused_at("holidays.csv",
               HOLIDAYS "04-30,holiday,a,b,1900-01-01,,\n04-30,off,a,b,2020-01-01,,\n", 3, "day");
    refused_at("steps.csv", STEPS "nothing,state,*,*,hub,any,,\n", 2, "type");
    refused_at("steps.csv", STEPS "score_sheet,nothing,*,*,hub,any,,\n", 2, "field");
    refused_at("steps.csv", STEPS "score_sheet,state,drafft,*,hub,any,,\n", 2, "from");
    refused_at("steps.csv", STEPS "score_sheet,self_total,10,*,hub,any,,\n", 2, "from");
    refused_at("steps.csv", STEPS "score_sheet,state,*,*,police,any,,\n", 2, "side");
    refused_at("steps.csv", STEPS "score_sheet,state,*,*,unit,any,total=3,\n", 2, "when");
    refused_at("clocks.csv", CLOCKS "K1,court_order,,,,executed_on,,,calendar,1,a,b,\n", 2, "due");
    refused_at("clocks.csv", CLOCKS "K1,court_order,,,,executed_on,,plan_days,calendar,1,a,b,\n", 2,
               "start");
    refused_at("clocks.csv",
               CLOCKS "K1,court_order,,decided_on,,executed_on,,no_such,working,1,a,b,\n", 2,
               "days");
    refused_at("clocks.csv", CLOCKS "K1,court_order,,decided_on,,,,plan_days,working,1,a,b,\n", 2,
               "done");
    refused_at("clocks.csv",
               CLOCKS "K1,court_order,,decided_on,,executed_on,,plan_days,working,91,a,b,\n", 2,
               "soon");
    refused_at("checks.csv", CHECKS "M1,budget_settlement,,,a,b,\n", 2, "wrong");
}

static void broken_schemes_are_named(void **state)
{
    (void)state;
    /* the sum of the DEMO criteria is 100 */
    refused_at("schemes.csv", SCHEMES "DEMO,1,a,b,99.5,1900-01-01,,\n", 2, "most");
    refused_at("schemes.csv", SCHEMES "DEMO,1,a,b,1e2,1900-01-01,,\n", 2, "most");
    refused_at("schemes.csv", SCHEMES "DEMO,1,a,b,100.001,1900-01-01,,\n", 2, "most");
    refused_at("schemes.csv",
               SCHEMES "DEMO,1,a,b,100,1900-01-01,2020-12-31,\nDEMO,1,a,b,100,2021-01-01,,\n", 3,
               "version");
    refused_at("schemes.csv",
               SCHEMES "DEMO,1,a,b,100,1900-01-01,2020-12-31,\nDEMO,2,a,b,0,2020-12-31,,\n", 3,
               "valid_from");
    refused_at("criteria.csv", CRITERIA "DEMO,1,D1,100,a,b,,,,\nDEMO,1,D1,0,a,b,,,,\n", 3, "code");
    refused_at("criteria.csv", CRITERIA "DEMO,1,D1,100,a,b,,,Z99,\n", 2, "indicator");
    refused_at("criteria.csv", CRITERIA "OTHER,1,D1,100,a,b,,,,\n", 2, "scheme");
    refused_at("bands.csv", BANDS "DEMO,1,not_reached,1,\n", 2, "least"); /* not from 0 */
    refused_at("bands.csv", BANDS "DEMO,1,not_reached,0,70\nDEMO,1,neither,71,\n", 3,
               "least"); /* gap */
    refused_at("bands.csv", BANDS "DEMO,1,not_reached,0,70\nDEMO,1,neither,69,\n", 3,
               "least"); /* overlap */
    refused_at("bands.csv", BANDS "DEMO,1,not_reached,0,70\nDEMO,1,neither,70,70\n", 3, "below");
    refused_at("bands.csv", BANDS "DEMO,1,nobody,0,\n", 2, "class");
}

/* A highest band with an end says nothing of the points above it: told at the scheme. */
static void bands_reach_the_most(void **state)
{
    (void)state;
    struct catalogue *c = NULL;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    size_t count = 0;
    assert_int_equal(parse("bands.csv", BANDS "DEMO,1,not_reached,0,70\nDEMO,1,neither,70,100\n",
                           &c, errors, &count),
                     ERR_BAD_INPUT);
    assert_string_equal(errors[0].file, "schemes.csv");
    assert_string_equal(errors[0].column, "most");
    free(errors);
}

static void schemes_answer(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    size_t n = 0;
    const struct catalogue_scheme *s = catalogue_schemes(c, &n);
    assert_int_equal(n, 1); /* shipped empty but for the demo */
    assert_non_null(strstr(s->label_vi, "DEMO"));
    assert_non_null(strstr(s->label_vi, "không phải NQLT 01/2008"));
    assert_ptr_equal(catalogue_scheme_find(c, "DEMO", "1", (struct date){2023, 1, 1}), s);
    assert_ptr_equal(catalogue_scheme_find(c, "DEMO", NULL, (struct date){2023, 1, 1}), s);
    assert_null(catalogue_scheme_find(c, "DEMO", "2", (struct date){2023, 1, 1}));
    assert_null(catalogue_scheme_find(c, "NQLT", NULL, (struct date){2023, 1, 1}));
    assert_string_equal(catalogue_band_of(s, 0)->name, "not_reached");
    assert_string_equal(catalogue_band_of(s, 6999)->name, "not_reached");
    assert_string_equal(catalogue_band_of(s, 7000)->name, "neither");
    assert_string_equal(catalogue_band_of(s, 10000)->name, "neither");
    assert_null(catalogue_band_of(s, 10001));
    assert_null(catalogue_band_of(s, -1));
    assert_int_equal(catalogue_criterion_find(s, "D3")->most, 2500);
    assert_null(catalogue_criterion_find(s, "D9"));
    catalogue_free(c);
}

/* Two versions of a scheme, each with its days. */
static void versions_have_days(void **state)
{
    (void)state;
    struct catalogue *c = taken("schemes.csv", SCHEMES "DEMO,1,a,b,100,1900-01-01,2022-12-31,\n"
                                                       "DEMO,2,a,b,0,2023-01-01,,\n");
    assert_string_equal(
        catalogue_scheme_find(c, "DEMO", NULL, (struct date){2022, 12, 31})->version, "1");
    assert_string_equal(catalogue_scheme_find(c, "DEMO", NULL, (struct date){2023, 1, 1})->version,
                        "2");
    catalogue_free(c);
}

static void points_are_whole_hundredths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t parts;
        const char *back;
    } good[] = {{"0", 0, "0"},       {"12.5", 1250, "12.5"},  {"12.50", 1250, "12.5"},
                {"0.05", 5, "0.05"}, {"-0.05", -5, "-0.05"},  {"10000", 1000000, "10000"},
                {"7", 700, "7"},     {"-3.25", -325, "-3.25"}};
    static const char *const bad[] = {"",         "-",   ".5",  "5.", "1.234",
                                      "10000.01", "1e3", "12a", " 1", "99999999999"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int32_t v = 1;
        char text[CATALOGUE_POINTS_ROOM];
        assert_int_equal(catalogue_points_read(good[i].text, &v), ERR_OK);
        assert_int_equal(v, good[i].parts);
        catalogue_points_print(v, text);
        assert_string_equal(text, good[i].back);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int32_t v = 77;
        assert_int_equal(catalogue_points_read(bad[i], &v), ERR_BAD_INPUT);
        assert_int_equal(v, 77);
    }
}

/* ---- steps ---- */

static const char *shown_state;

static const char *when(void *ctx, unsigned field)
{
    (void)ctx;
    (void)field;
    return shown_state;
}

static enum catalogue_ask step(const struct catalogue *c, const char *type, const char *field,
                               const char *from, const char *to, enum catalogue_side side,
                               bool leader)
{
    const struct catalogue_type *t = catalogue_type_by_name(c, type);
    const struct catalogue_field *f = catalogue_field_by_name(t, field);
    return catalogue_step_ask(c, t->no, f->no, from, to, side, leader,
                              shown_state != NULL ? when : NULL, NULL);
}

/* Written down from docs/cases.md, not from steps.csv: who may take which step of a settlement and a sheet. */
static void the_shipped_machines(void **state)
{
    (void)state;
    static const char *const settlement[] = {"none", "submitted", "returned", "approved"};
    static const char settle[4][4] = {
        /* to     n    s    r    a */
        /* n */ {'-', 'L', '.', '.'},
        /* s */ {'L', '-', 'H', 'H'},
        /* r */ {'.', 'L', '-', '.'},
        /* a */ {'.', '.', '.', '-'},
    };
    static const char *const sheet[] = {"draft", "self_scored", "appraised", "published"};
    static const char score[4][4] = {
        {'-', 'L', '.', '.'},
        {'B', '-', 'H', '.'}, /* taken back by the leader, returned by the district */
        {'.', 'H', '-', 'H'},
        {'.', '.', '.', '-'},
    };
    struct catalogue *c = catalogue_load_parsed("catalogue");
    shown_state = NULL;
    for (size_t i = 0; i < 32; i++) {
        bool s = i >= 16;
        size_t from = i % 16 / 4, to = i % 4;
        char want = s ? score[from][to] : settle[from][to];
        const char *type = s ? "score_sheet" : "budget_settlement";
        const char *a = s ? sheet[from] : settlement[from], *b = s ? sheet[to] : settlement[to];
        if (want == '-') continue;
        bool unit = want == 'L' || want == 'B', hub = want == 'H' || want == 'B';
        assert_int_equal(
            step(c, type, "state", a, b, CATALOGUE_SIDE_UNIT, true) == CATALOGUE_ASK_YES, unit);
        assert_int_equal(
            step(c, type, "state", a, b, CATALOGUE_SIDE_HUB, false) == CATALOGUE_ASK_YES, hub);
        assert_int_not_equal(step(c, type, "state", a, b, CATALOGUE_SIDE_UNIT, false),
                             CATALOGUE_ASK_YES);
        if (want == '.')
            assert_int_equal(step(c, type, "state", a, b, CATALOGUE_SIDE_UNIT, true),
                             CATALOGUE_ASK_NO);
    }
    assert_int_equal(
        step(c, "score_sheet", "state", "draft", "self_scored", CATALOGUE_SIDE_UNIT, false),
        CATALOGUE_ASK_LEADER);
    assert_int_equal(
        step(c, "score_sheet", "state", "draft", "appraised", CATALOGUE_SIDE_UNIT, true),
        CATALOGUE_ASK_NO);
    assert_int_equal(
        step(c, "score_sheet", "state", "self_scored", "appraised", CATALOGUE_SIDE_UNIT, true),
        CATALOGUE_ASK_SIDE);
    catalogue_free(c);
}

static void the_other_sides_fields(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    shown_state = NULL;
    assert_int_equal(step(c, "score_line", "self_score", "5", "6", CATALOGUE_SIDE_HUB, false),
                     CATALOGUE_ASK_SIDE);
    assert_int_equal(step(c, "score_line", "district_score", "", "6", CATALOGUE_SIDE_UNIT, true),
                     CATALOGUE_ASK_SIDE);
    assert_int_equal(step(c, "score_line", "district_score", "", "6", CATALOGUE_SIDE_HUB, false),
                     CATALOGUE_ASK_YES);
    assert_int_equal(step(c, "score_line", "evidence", "", "x", CATALOGUE_SIDE_UNIT, false),
                     CATALOGUE_ASK_FREE);
    shown_state = "published";
    assert_int_equal(step(c, "score_sheet", "self_total", "5", "6", CATALOGUE_SIDE_UNIT, true),
                     CATALOGUE_ASK_NO);
    shown_state = "draft";
    assert_int_equal(step(c, "score_sheet", "self_total", "5", "6", CATALOGUE_SIDE_UNIT, true),
                     CATALOGUE_ASK_YES);
    shown_state = "";
    assert_int_equal(step(c, "score_sheet", "self_total", "5", "6", CATALOGUE_SIDE_UNIT, true),
                     CATALOGUE_ASK_YES);
    shown_state = "submitted";
    assert_int_equal(step(c, "budget_settlement", "spent", "5", "6", CATALOGUE_SIDE_UNIT, true),
                     CATALOGUE_ASK_NO);
    shown_state = "returned";
    assert_int_equal(step(c, "budget_settlement", "spent", "5", "6", CATALOGUE_SIDE_UNIT, true),
                     CATALOGUE_ASK_YES);
    catalogue_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_named), cmocka_unit_test(broken_schemes_are_named),
        cmocka_unit_test(bands_reach_the_most),   cmocka_unit_test(schemes_answer),
        cmocka_unit_test(versions_have_days),     cmocka_unit_test(points_are_whole_hundredths),
        cmocka_unit_test(the_shipped_machines),   cmocka_unit_test(the_other_sides_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

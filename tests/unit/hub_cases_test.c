/*
 * Claims about cases, budgets and scores at the hub: what a unit may not do is held and decided, the
 * district never writes what a commune scored, a publication is frozen, money that does not add up is
 * found and not approved, and clocks run by the records and the day alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/catalogue_rules.h"
#include "common/io/file.h"
#include "hub/app.h"
#include "hub/store_records.h"
#include "tests/lib/office.h"

static int setup(void **state)
{
    *state = office_open(11);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

static json_t *ask(struct office *o, const char *text)
{
    return office_ask(&o->app, text);
}

static enum err told(struct office *o, const char *text)
{
    json_t *r = ask(o, text);
    enum err e = hub_command_error_of(r);
    json_decref(r);
    return e;
}

static void done(struct office *o, const char *text)
{
    json_t *r = ask(o, text);
    if (hub_command_error_of(r) != ERR_OK) fail_msg("%s: %s", text, json_dumps(r, 0));
    json_decref(r);
}

/* A line with ' for " and numbers for their texts. */
static void line(struct office *o, int node, const char *text, bool again)
{
    char copy[2048];
    const char *key = NULL;
    json_t *v = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\'') *p = '"';
    }
    json_t *q = json_loads(copy, 0, NULL);
    assert_non_null(q);
    json_object_foreach(q, key, v)
    {
        char number[24];
        if (!json_is_integer(v)) continue;
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
        json_object_set_new(q, key, json_string(number));
    }
    char *json = json_dumps(q, 0);
    assert_non_null(json);
    if (again)
        report_edit(&o->hub, node, json);
    else
        report_put(&o->hub, node, json);
    free(json);
    json_decref(q);
}

static void put(struct office *o, int node, const char *text)
{
    line(o, node, text, false);
}

static void edit(struct office *o, int node, const char *text)
{
    line(o, node, text, true);
}

/* Value of a field of a record at the hub; "" when it has none, "-" when there is no such record. */
static const char *value(struct office *o, const char *id, const char *field)
{
    static char out[5000];
    char q[200];
    snprintf(q, sizeof q, "{'verb':'get','id':'%s'}", id);
    json_t *r = ask(o, q);
    const json_t *v = json_object_get(json_object_get(r, "values"), field);
    snprintf(out, sizeof out, "%s",
             hub_command_error_of(r) == ERR_NOT_FOUND ? "-"
             : json_is_string(v)                      ? json_string_value(v)
                                                      : "");
    json_decref(r);
    return out;
}

static size_t crossed(struct office *o, char ref[100], const char *why)
{
    json_t *r = ask(o, "{'verb':'crossed','open':true}");
    const json_t *rows = json_object_get(r, "crossed");
    size_t n = json_array_size(rows);
    if (n > 0) {
        const json_t *x = json_array_get(rows, 0);
        snprintf(ref, 100, "%s", json_string_value(json_object_get(x, "ref")));
        assert_string_equal(json_string_value(json_object_get(x, "why")), why);
    }
    json_decref(r);
    return n;
}

/* What is held under this name: its reason, "" when nothing is. */
static const char *held(struct office *o, const char *ref)
{
    static char reason[40];
    json_t *r = ask(o, "{'verb':'held'}");
    const json_t *rows = json_object_get(r, "held");
    assert_int_equal(json_integer_value(json_object_get(r, "total")), json_array_size(rows));
    reason[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *h = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(h, "ref")), ref) != 0) continue;
        snprintf(reason, sizeof reason, "%s", json_string_value(json_object_get(h, "reason")));
        assert_true(json_string_length(json_object_get(h, "next_vi")) > 0);
        assert_true(json_string_length(json_object_get(h, "owner_vi")) > 0);
        assert_true(json_string_length(json_object_get(h, "unit_name")) > 0);
    }
    json_decref(r);
    return reason;
}

/* How many checks, or clocks in a state, name this record on a day. */
static size_t named(struct office *o, const char *list, const char *id, const char *what,
                    const char *on)
{
    char q[200];
    size_t n = 0;
    snprintf(q, sizeof q, "{'verb':'cases','all':'1','on':'%s'}", on);
    json_t *r = ask(o, q);
    const json_t *rows = json_object_get(r, list);
    if (!json_is_array(rows)) fail_msg("%s", json_dumps(r, 0));
    bool checks = strcmp(list, "checks") == 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *x = json_array_get(rows, i);
        const char *is = json_string_value(json_object_get(x, checks ? "check" : "state"));
        if (strcmp(json_string_value(json_object_get(x, "record")), id) == 0 &&
            strcmp(is, what) == 0)
            n++;
    }
    json_decref(r);
    return n;
}

#define SHEET "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
#define LINE  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* ---- steps ---- */

static void a_create_that_may_not_be_is_held_and_decided(void **state)
{
    struct office *o = *state;
    char ref[100], q[300];
    put(o, 0,
        "{'type':'score_sheet','id':'" SHEET "','year':2023,'scheme':'DEMO','version':'1',"
        "'state':'published'}");
    assert_string_equal(value(o, SHEET, "state"), "-");
    assert_int_equal(crossed(o, ref, "step"), 1);
    assert_string_equal(held(o, ref), "step");
    snprintf(q, sizeof q, "{'verb':'settle','ref':'%s','apply':true,'person':'An'}", ref);
    done(o, q);
    assert_string_equal(value(o, SHEET, "state"), "published");
    assert_int_equal(crossed(o, ref, "step"), 0);
    assert_string_equal(held(o, ref), "");
    assert_int_equal(hub_store_check(o->app.store), ERR_OK);
}

/* A program that asks nobody sends what the district alone writes: it waits, counts nowhere, and what
 * came with it is taken. */
static void what_is_the_districts_to_write_is_held(void **state)
{
    struct office *o = *state;
    char ref[100], q[300];
    put(o, -1,
        "{'type':'target','id':'" LINE "1','indicator':'T10','target_unit':'735','year':2023,"
        "'op':'ge','value':'12'}");
    put(o, 0,
        "{'type':'budget_allocation','id':'" SHEET "','alloc_unit':'26170','year':2017,"
        "'model':'no_prostitution','amount':9000000,'settle_due_on':'2017-10-15'}");
    put(o, 0, "{'type':'budget_estimate','id':'" LINE "2','year':2017,'total':5,'state':'draft'}");
    assert_string_equal(value(o, SHEET, "amount"), "-");
    assert_string_equal(value(o, LINE "2", "state"), "draft");
    assert_int_equal(named(o, "rows", SHEET, "overdue", "2017-10-20"), 0);
    assert_int_equal(crossed(o, ref, "step"), 1);
    assert_string_equal(held(o, ref), "step");
    snprintf(q, sizeof q, "{'verb':'settle','ref':'%s','apply':false,'person':'An'}", ref);
    done(o, q);
    assert_string_equal(value(o, SHEET, "amount"), "-");
    assert_int_equal(crossed(o, ref, "step"), 0);
    edit(o, 0, "{'type':'target','id':'" LINE "1','value':'1'}"); /* of the district: scope */
    assert_string_equal(value(o, LINE "1", "value"), "12");
    assert_int_equal(hub_store_check(o->app.store), ERR_OK);
}

static void a_step_that_may_not_be_is_set_aside(void **state)
{
    struct office *o = *state;
    char ref[100], q[300];
    put(o, 0,
        "{'type':'score_sheet','id':'" SHEET "','year':2023,'scheme':'DEMO','version':'1',"
        "'state':'draft'}");
    edit(o, 0, "{'type':'score_sheet','id':'" SHEET "','state':'published'}");
    assert_string_equal(value(o, SHEET, "state"), "draft");
    assert_int_equal(crossed(o, ref, "step"), 1);
    snprintf(q, sizeof q, "{'verb':'settle','ref':'%s','apply':false,'person':'An'}", ref);
    done(o, q);
    assert_int_equal(told(o, q), ERR_NOT_FOUND); /* decided */
    assert_string_equal(value(o, SHEET, "state"), "draft");
    edit(o, 0, "{'type':'score_sheet','id':'" SHEET "','state':'self_scored'}");
    assert_string_equal(value(o, SHEET, "state"), "self_scored");
    /* what only the district writes */
    edit(o, 0, "{'type':'score_sheet','id':'" SHEET "','district_total':'99'}");
    assert_string_equal(value(o, SHEET, "district_total"), "");
    assert_int_equal(crossed(o, ref, "step"), 1);
    report_hub_reopen(&o->hub);
    o->app.store = o->hub.store;
    assert_int_equal(crossed(o, ref, "step"), 1);
}

/* ---- scores ---- */

static void sheet_of(struct office *o, const char *const scores[4])
{
    char text[400];
    int sum = 0;
    put(o, 0,
        "{'type':'score_sheet','id':'" SHEET "','year':2023,'scheme':'DEMO','version':'1',"
        "'state':'draft'}");
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text,
                 "{'type':'score_line','id':'" LINE "%d','sheet':'" SHEET "','code':'D%d',"
                 "'self_score':'%s'}",
                 i + 1, i + 1, scores[i]);
        put(o, 0, text);
        sum += (int)strtol(scores[i], NULL, 10);
    }
    snprintf(text, sizeof text,
             "{'type':'score_sheet','id':'" SHEET "','state':'self_scored','self_total':'%d'}",
             sum);
    edit(o, 0, text);
}

#define APPRAISE                                                                                   \
    "{'verb':'score_appraise','person':'An','id':'" SHEET "','on':'2023-11-20','lines':"

static void the_district_appraises_and_the_commune_s_score_stays(void **state)
{
    struct office *o = *state;
    static const char *const scores[4] = {"30", "25", "20", "15"};
    sheet_of(o, scores);
    assert_int_equal(told(o, "{'verb':'score_step','step':'publish','id':'" SHEET "'}"),
                     ERR_DENIED);
    assert_int_equal(told(o, APPRAISE "{'D1':{'score':'31','note':'x'}}}"), ERR_BAD_VALUE);
    assert_int_equal(told(o, APPRAISE "{'D9':{'score':'1','note':'x'}}}"), ERR_NOT_FOUND);
    assert_int_equal(told(o, APPRAISE "{'D2':{'score':'20','note':''}}}"), ERR_BAD_INPUT);
    assert_int_equal(told(o, APPRAISE "{},'class':'not_reached'}"),
                     ERR_BAD_INPUT); /* 90 is "neither" */
    assert_int_equal(told(o, APPRAISE "{},'class':'nothing'}"), ERR_BAD_VALUE);
    assert_string_equal(value(o, SHEET, "state"), "self_scored"); /* nothing of these was saved */
    done(o, APPRAISE "{'D2':{'score':'12.5','note':'thiếu hồ sơ'},'D3':{'score':'20'}}}");
    assert_string_equal(value(o, LINE "2", "self_score"), "25");
    assert_string_equal(value(o, LINE "2", "district_score"), "12.5");
    assert_string_equal(value(o, LINE "2", "district_note"), "thiếu hồ sơ");
    assert_string_equal(value(o, SHEET, "self_total"), "90");
    assert_string_equal(value(o, SHEET, "district_total"), "77.5");
    assert_string_equal(value(o, SHEET, "result_class"), "neither");
    json_t *r = ask(o, "{'verb':'score','id':'" SHEET "'}");
    const json_t *second = json_array_get(json_object_get(r, "lines"), 1);
    assert_string_equal(json_string_value(json_object_get(second, "difference")), "-12.5");
    assert_string_equal(json_string_value(json_object_get(r, "self_sum")), "90");
    assert_string_equal(json_string_value(json_object_get(r, "district_sum")), "77.5");
    json_decref(r);
    /* the hub's own hand is bound too */
    assert_int_equal(told(o, "{'verb':'put','type':'score_line','id':'" LINE "2','person':'An',"
                             "'values':{'self_score':'12.5'}}"),
                     ERR_DENIED);
    assert_int_equal(told(o, "{'verb':'put','type':'score_sheet','id':'" SHEET "','person':'An',"
                             "'values':{'self_total':'1'}}"),
                     ERR_DENIED);
    assert_string_equal(value(o, LINE "2", "self_score"), "25");
}

static void a_publication_is_frozen(void **state)
{
    struct office *o = *state;
    static const char *const scores[4] = {"30", "25", "20", "15"};
    /* written down from SPEC 21 */
    static const char frozen[] = "dongbo score 1\nunit 26170\nyear 2023\nscheme DEMO\nversion 1\n"
                                 "line 3000 3000 3000 D1\nline 3000 2500 1000 D2\n"
                                 "line 2500 2000 2000 D3\nline 1500 1500 1500 D4\n"
                                 "total 10000 9000 7500\nclass neither";
    uint8_t digest[32];
    char hex[65];
    sheet_of(o, scores);
    done(o, APPRAISE "{'D2':{'score':'10','note':'thiếu hồ sơ'}}}");
    done(o,
         "{'verb':'score_step','step':'publish','on':'2023-12-01','id':'" SHEET "','person':'An'}");
    assert_string_equal(value(o, SHEET, "frozen"), frozen);
    crypto_generichash(digest, sizeof digest, (const uint8_t *)frozen, sizeof frozen - 1, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    assert_string_equal(value(o, SHEET, "digest"), hex);
    assert_int_equal(named(o, "rows", SHEET, "done", "2023-12-31"), 1); /* K08, by 05/12 */
    /* The commune changes a line later: kept, and said; what was published stays. */
    edit(o, 0, "{'type':'score_line','id':'" LINE "1','self_score':'1'}");
    json_t *r = ask(o, "{'verb':'score','id':'" SHEET "'}");
    assert_true(json_is_false(json_object_get(r, "same")));
    json_decref(r);
    assert_int_equal(named(o, "checks", SHEET, "P01", "2023-12-31"), 1);
    assert_string_equal(value(o, SHEET, "frozen"), frozen);
    /* Nobody takes it back. */
    assert_int_equal(told(o, "{'verb':'score_step','step':'return','reason':'x','id':'" SHEET "'}"),
                     ERR_DENIED);
    assert_int_equal(told(o, "{'verb':'put','type':'score_sheet','id':'" SHEET "','person':'An',"
                             "'values':{'state':'appraised'}}"),
                     ERR_DENIED);
    /* Figures of the year: X01 counts it by its class. */
    int64_t num = 0, den = 0;
    struct hub_report *report = report_of(&o->hub, "RP14", "26170", "2023");
    assert_true(report_figure(report, "X01", "26170", &num, &den));
    assert_int_equal(num, 1);
    assert_true(report_figure(report, "X01S", "26170", &num, &den));
    assert_int_equal(num, 7500);
    assert_int_equal(den, 10000);
    hub_report_free(report);
}

static void sheets_that_do_not_add_up_are_found(void **state)
{
    struct office *o = *state;
    put(o, 0,
        "{'type':'score_sheet','id':'" SHEET "','year':2023,'scheme':'DEMO','version':'1',"
        "'state':'self_scored','self_total':'50'}");
    put(o, 0,
        "{'type':'score_line','id':'" LINE "1','sheet':'" SHEET "','code':'D1','self_score':'31'}");
    put(o, 0,
        "{'type':'score_line','id':'" LINE "2','sheet':'" SHEET "','code':'D1','self_score':'1'}");
    put(o, 0,
        "{'type':'score_line','id':'" LINE "3','sheet':'" SHEET "','code':'Z','self_score':'1'}");
    put(o, 0,
        "{'type':'score_sheet','id':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2','year':2023,"
        "'scheme':'DEMO','version':'9','state':'draft'}");
    assert_int_equal(named(o, "checks", SHEET, "P01", "2023-12-31"), 1); /* 50 is not 33 */
    assert_int_equal(named(o, "checks", SHEET, "P04", "2023-12-31"), 1); /* D2 to D4 are missing */
    assert_int_equal(named(o, "checks", SHEET, "P06", "2023-12-31"), 1);
    assert_int_equal(named(o, "checks", LINE "1", "P07", "2023-12-31"), 1);
    assert_int_equal(named(o, "checks", LINE "2", "P07", "2023-12-31"), 0);
    assert_int_equal(named(o, "checks", LINE "2", "P09", "2023-12-31"), 1);
    assert_int_equal(named(o, "checks", LINE "3", "P08", "2023-12-31"), 1);
    assert_int_equal(named(o, "checks", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2", "P03", "2023-12-31"),
                     1);
    assert_int_equal(named(o, "checks", SHEET, "P03", "2023-12-31"), 0);
}

/* ---- budgets ---- */

#define ALLOC  "ccccccccccccccccccccccccccccccc1"
#define SETTLE "ddddddddddddddddddddddddddddddd1"

/* As Cao Lãnh printed it: 9.000.000 = 4.000.000 + 5.000.000. */
static void allocation(struct office *o)
{
    put(o, -1,
        "{'type':'budget_allocation','id':'" ALLOC "','alloc_unit':'26170','year':2017,"
        "'model':'no_prostitution','amount':9000000,'settle_due_on':'2017-10-15'}");
    put(o, -1,
        "{'type':'allocation_line','id':'" LINE "1','allocation':'" ALLOC "','amount':4000000}");
    put(o, -1,
        "{'type':'allocation_line','id':'" LINE "2','allocation':'" ALLOC "','amount':5000000}");
}

static void allocations_add_up(void **state)
{
    struct office *o = *state;
    allocation(o);
    assert_int_equal(named(o, "checks", ALLOC, "M03", "2017-09-01"), 0);
    done(o, "{'verb':'put','type':'allocation_line','id':'" LINE "2','person':'An',"
            "'values':{'amount':'4.999.999'}}");
    assert_int_equal(named(o, "checks", ALLOC, "M03", "2017-09-01"), 1);
    /* an estimate that the council has not approved, or that is smaller, does not carry it */
    put(o, 0,
        "{'type':'budget_estimate','id':'" SHEET "','year':2017,'line_activity':8000000,"
        "'total':8000000,'state':'submitted'}");
    put(o, 0,
        "{'type':'budget_estimate','id':'" LINE "9','year':2018,'line_activity':9000000,"
        "'total':9000001,'state':'submitted'}");
    done(o, "{'verb':'put','type':'budget_allocation','id':'" ALLOC "','person':'An',"
            "'values':{'estimate':'" SHEET "'}}");
    assert_int_equal(named(o, "checks", ALLOC, "M04", "2017-09-01"), 1);
    edit(o, 0,
         "{'type':'budget_estimate','id':'" SHEET "','hdnd_approved_on':'2017-01-20',"
         "'line_activity':9000000,'total':9000000}");
    assert_int_equal(named(o, "checks", ALLOC, "M04", "2017-09-01"), 0);
    assert_int_equal(named(o, "checks", LINE "9", "M01", "2017-09-01"), 1);
}

/* What the council approved stays as it was, until the district returns it and it is a draft again. */
static void an_approved_estimate_is_locked(void **state)
{
    struct office *o = *state;
    char ref[100], q[300];
    put(o, 0,
        "{'type':'budget_estimate','id':'" SHEET "','year':2017,'line_activity':8,'total':8,"
        "'state':'submitted'}");
    edit(o, 0, "{'type':'budget_estimate','id':'" SHEET "','line_activity':9,'total':9}");
    edit(o, 0,
         "{'type':'budget_estimate','id':'" SHEET "','state':'approved',"
         "'hdnd_approved_on':'2017-01-20'}");
    assert_int_equal(crossed(o, ref, "step"), 0);
    edit(o, 0, "{'type':'budget_estimate','id':'" SHEET "','line_activity':10,'total':10}");
    assert_string_equal(value(o, SHEET, "total"), "9");
    assert_int_equal(crossed(o, ref, "step"), 1);
    snprintf(q, sizeof q, "{'verb':'settle','ref':'%s','apply':false,'person':'An'}", ref);
    done(o, q);
    edit(o, 0, "{'type':'budget_estimate','id':'" SHEET "','hdnd_approved_on':'2017-01-02'}");
    assert_string_equal(value(o, SHEET, "hdnd_approved_on"), "2017-01-20");
    assert_int_equal(crossed(o, ref, "step"), 1);
    snprintf(q, sizeof q, "{'verb':'settle','ref':'%s','apply':false,'person':'An'}", ref);
    done(o, q);
    edit(o, 0, "{'type':'budget_estimate','id':'" SHEET "','state':'sent'}");
    done(o,
         "{'verb':'budget_step','step':'return','reason':'thiếu','id':'" SHEET "','person':'An'}");
    edit(o, 0, "{'type':'budget_estimate','id':'" SHEET "','state':'draft'}");
    edit(o, 0, "{'type':'budget_estimate','id':'" SHEET "','line_activity':10,'total':10}");
    assert_string_equal(value(o, SHEET, "total"), "10");
    assert_int_equal(crossed(o, ref, "step"), 0);
}

static void settlements_that_do_not_add_up_are_not_approved(void **state)
{
    struct office *o = *state;
    allocation(o);
    put(o, 0,
        "{'type':'budget_settlement','id':'" SETTLE "','allocation':'" ALLOC "','spent':9000001,"
        "'state':'submitted','submitted_on':'2017-10-16'}");
    assert_int_equal(named(o, "checks", SETTLE, "M06", "2017-10-20"), 1);
    assert_int_equal(told(o, "{'verb':'put','id':'" SETTLE "','person':'An','values':{'state':"
                             "'approved','approved_on':'2017-10-20'}}"),
                     ERR_BAD_VALUE); /* nor around the step */
    assert_int_equal(
        told(o, "{'verb':'budget_step','step':'approve','id':'" SETTLE "','person':'An'}"),
        ERR_BAD_VALUE);
    assert_int_equal(
        told(o, "{'verb':'budget_step','step':'return','id':'" SETTLE "','person':'An'}"),
        ERR_BAD_INPUT); /* a reason */
    /* not while the district has it */
    edit(o, 0, "{'type':'budget_settlement','id':'" SETTLE "','spent':8000000}");
    assert_int_equal(named(o, "checks", SETTLE, "M06", "2017-10-20"), 1);
    done(o, "{'verb':'budget_step','step':'return','reason':'chi vượt','id':'" SETTLE
            "','person':'An'}");
    assert_string_equal(value(o, SETTLE, "state"), "returned");
    assert_string_equal(value(o, SETTLE, "return_reason"), "chi vượt");
    json_t *r = ask(o, "{'verb':'budget','year':2017}");
    const json_t *a = json_array_get(json_object_get(r, "allocations"), 0);
    const json_t *s = json_array_get(json_object_get(a, "settlements"), 0);
    assert_int_equal(json_integer_value(json_object_get(a, "lines_sum")), 9000000);
    assert_int_equal(json_integer_value(json_object_get(s, "late")), 1); /* 16 is after the 15th */
    assert_string_equal(json_string_value(json_object_get(s, "state_vi")), "Trả lại");
    assert_string_equal(json_string_value(json_object_get(s, "state_en")), "Returned");
    json_decref(r);
    /* another commune's, and one twice */
    put(o, 1,
        "{'type':'budget_settlement','id':'ddddddddddddddddddddddddddddddd2','allocation':'" ALLOC
        "','spent':1,'state':'none'}");
    assert_int_equal(named(o, "checks", "ddddddddddddddddddddddddddddddd2", "M08", "2017-10-20"),
                     1);
    assert_int_equal(named(o, "checks", "ddddddddddddddddddddddddddddddd2", "M07", "2017-10-20"),
                     1);
    assert_int_equal(named(o, "checks", SETTLE, "M09", "2017-10-20"), 1);
}

static void a_settlement_that_adds_up_is_approved_once(void **state)
{
    struct office *o = *state;
    allocation(o);
    assert_int_equal(named(o, "rows", ALLOC, "running", "2017-09-01"), 1);
    assert_int_equal(named(o, "rows", ALLOC, "soon", "2017-10-15"), 1); /* its last day */
    assert_int_equal(named(o, "rows", ALLOC, "overdue", "2017-10-16"), 1);
    put(o, 0,
        "{'type':'budget_settlement','id':'" SETTLE "','allocation':'" ALLOC "','spent':8500000,"
        "'returned':500000,'state':'submitted','submitted_on':'2017-10-15'}");
    assert_int_equal(named(o, "rows", ALLOC, "done", "2017-10-16"), 1);
    done(o, "{'verb':'budget_step','step':'approve','on':'2017-10-20','id':'" SETTLE
            "','person':'An'}");
    assert_string_equal(value(o, SETTLE, "state"), "approved");
    assert_string_equal(value(o, SETTLE, "approved_on"), "2017-10-20");
    assert_int_equal(told(o, "{'verb':'budget_step','step':'return','reason':'x','id':'" SETTLE "',"
                             "'person':'An'}"),
                     ERR_DENIED);
}

/* ---- clocks ---- */

#define CASE(n) "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" n

static void clocks_run_by_records_and_the_day(void **state)
{
    struct office *o = *state;
    put(o, 0, "{'type':'person','id':'" CASE("0") "','full_name':'Nguyễn Thử','sex':'male'}");
    put(o, 0,
        "{'type':'court_order','id':'" CASE("1") "','person':'" CASE(
            "0") "','decided_on':"
                 "'2023-05-30','measure':'compulsory_rehab','due_execute_on':'2023-06-10'}");
    assert_int_equal(named(o, "rows", CASE("1"), "running", "2023-06-02"), 1);
    assert_int_equal(named(o, "rows", CASE("1"), "soon", "2023-06-03"), 1);
    assert_int_equal(named(o, "rows", CASE("1"), "soon", "2023-06-10"),
                     1); /* a Saturday is no excuse */
    assert_int_equal(named(o, "rows", CASE("1"), "overdue", "2023-06-11"), 1);
    edit(o, 0, "{'type':'court_order','id':'" CASE("1") "','executed_on':'2023-06-12'}");
    assert_int_equal(named(o, "rows", CASE("1"), "done_late", "2023-06-13"), 1);
    put(o, 0,
        "{'type':'court_order','id':'" CASE("2") "','person':'" CASE(
            "0") "','decided_on':"
                 "'2023-05-30','measure':'compulsory_rehab'}");
    assert_int_equal(named(o, "rows", CASE("2"), "undated", "2023-06-02"), 1);
    /* 5 working days from Friday 13 January 2023: over Tết, to the 27th */
    put(o, 0,
        "{'type':'child_report','id':'" CASE("3") "','received_on':'2023-01-13','channel':'other',"
                                                  "'act':'violence','state':'handling'}");
    assert_int_equal(named(o, "rows", CASE("3"), "soon", "2023-01-27"), 1);
    assert_int_equal(named(o, "rows", CASE("3"), "overdue", "2023-01-28"), 1);
    put(o, 0,
        "{'type':'child_case','id':'" CASE("8") "','person':'" CASE(
            "0") "','from_on':'2023-01-13'}");
    put(o, 0,
        "{'type':'child_plan','id':'" CASE("4") "','child_case':'" CASE(
            "8") "','child_report':'" CASE("3") "','due_on':'2023-01-27','made_on':'2023-01-27'}");
    assert_int_equal(named(o, "rows", CASE("3"), "done", "2023-01-28"), 1);
    /* a notice that was found untrue needs no plan */
    put(o, 0,
        "{'type':'child_report','id':'" CASE(
            "5") "','received_on':'2023-01-13','channel':'other',"
                 "'act':'violence','state':'closed','verified':'false'}");
    assert_int_equal(named(o, "rows", CASE("5"), "overdue", "2023-06-01"), 0);
    /* over the leap day: Friday 23 February 2024 and 5 working days are 1 March */
    put(o, 0, "{'type':'referral','id':'" CASE("6") "','on_date':'2024-02-23','state':'sent'}");
    assert_int_equal(named(o, "rows", CASE("6"), "soon", "2024-03-01"), 1);
    assert_int_equal(named(o, "rows", CASE("6"), "overdue", "2024-03-02"), 1);
    edit(o, 0,
         "{'type':'referral','id':'" CASE("6") "','state':'refused','answered_on':'2024-03-01'}");
    assert_int_equal(named(o, "rows", CASE("6"), "done", "2024-03-02"), 1);
    /* three days of the calendar */
    put(o, 0,
        "{'type':'residence_move','id':'" CASE("7") "','person':'" CASE(
            "0") "','kind':'leave',"
                 "'moved_on':'2024-02-28','notified_on':'2024-02-28','state':'proposed'}");
    assert_int_equal(named(o, "rows", CASE("7"), "soon", "2024-03-02"), 1);
    assert_int_equal(named(o, "rows", CASE("7"), "overdue", "2024-03-03"), 1);
}

/* "In time" is said of nothing whose day is missing or has not come. */
static void in_time_needs_a_day_that_proves_it(void **state)
{
    struct office *o = *state;
    put(o, 0, "{'type':'person','id':'" CASE("0") "','full_name':'Nguyễn Thử','sex':'male'}");
    put(o, 0,
        "{'type':'court_order','id':'" CASE("1") "','person':'" CASE(
            "0") "','decided_on':"
                 "'2023-05-30','measure':'compulsory_rehab','due_execute_on':'2023-06-10',"
                 "'executed_on':'2023-06-09'}");
    assert_int_equal(named(o, "rows", CASE("1"), "soon", "2023-06-08"), 1);
    assert_int_equal(named(o, "rows", CASE("1"), "done", "2023-06-09"), 1);
    edit(o, 0,
         "{'type':'court_order','id':'" CASE("1") "','due_execute_on':'2033-06-10',"
                                                  "'executed_on':'2033-06-09'}");
    assert_int_equal(named(o, "rows", CASE("1"), "running", "2023-07-01"), 1);
    put(o, 0,
        "{'type':'court_order','id':'" CASE("2") "','person':'" CASE(
            "0") "','decided_on':"
                 "'2023-05-30','measure':'compulsory_rehab','executed_on':'2023-06-09'}");
    assert_int_equal(named(o, "rows", CASE("2"), "done_unknown", "2023-07-01"), 1);
    put(o, 0, "{'type':'referral','id':'" CASE("3") "','on_date':'2024-02-23','state':'accepted'}");
    assert_int_equal(named(o, "rows", CASE("3"), "done_unknown", "2024-03-20"), 1);
    put(o, 0,
        "{'type':'residence_move','id':'" CASE("4") "','person':'" CASE(
            "0") "','kind':'leave',"
                 "'moved_on':'2024-02-28','notified_on':'2024-02-28','state':'received'}");
    assert_int_equal(named(o, "rows", CASE("4"), "done_unknown", "2024-03-20"), 1);
    allocation(o);
    put(o, 0,
        "{'type':'budget_settlement','id':'" SETTLE "','allocation':'" ALLOC "','spent':9000000,"
        "'state':'submitted'}");
    assert_int_equal(named(o, "rows", ALLOC, "done_unknown", "2017-10-20"), 1);
}

static void views_filter_and_count(void **state)
{
    struct office *o = *state;
    allocation(o);
    put(o, 0, "{'type':'referral','id':'" CASE("1") "','on_date':'2017-10-02','state':'sent'}");
    put(o, 1, "{'type':'referral','id':'" CASE("2") "','on_date':'2017-10-02','state':'sent'}");
    json_t *r = ask(o, "{'verb':'cases','on':'2017-10-16'}");
    const json_t *counts = json_object_get(r, "counts"), *rows = json_object_get(r, "rows");
    assert_int_equal(json_integer_value(json_object_get(counts, "overdue")), 3);
    assert_int_equal(json_array_size(rows), 3);
    /* overdue ones by their day: the referrals' is 9 October */
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "due")),
                        "2017-10-09");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 2), "clock")),
                        "K07");
    json_decref(r);
    r = ask(o, "{'verb':'cases','on':'2017-10-16','unit':'26173'}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    r = ask(o, "{'verb':'cases','on':'2017-10-16','clock':'K07'}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    assert_int_equal(told(o, "{'verb':'cases','on':'16/10'}"), ERR_BAD_INPUT);
    r = ask(o, "{'verb':'calendar','on':'2017-10-01','from':'2017-10-01','to':'2017-10-31'}");
    const char *ics = json_string_value(json_object_get(r, "ics"));
    assert_non_null(strstr(ics, "UID:K07-" ALLOC "@dongbo"));
    assert_non_null(strstr(ics, "DTSTART;VALUE=DATE:20171015"));
    json_decref(r);
    r = ask(o, "{'verb':'status'}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(r, "cases"), "overdue")),
                     3);
    json_decref(r);
}

/* A rule of a published edition that does not work any more. */
static void a_rule_that_fails_is_told_in_calendar_and_status(void **state)
{
    struct office *o = *state;
    size_t n = 0;
    allocation(o);
    struct catalogue_clock *k = (struct catalogue_clock *)(uintptr_t)catalogue_clocks(
        hub_store_catalogue(o->hub.store), &n);
    while (n > 0 && strcmp(k->id, "K04") != 0)
        k++, n--;
    assert_true(n > 0);
    put(o, 0, "{'type':'referral','id':'" CASE("1") "','on_date':'2017-10-02','state':'sent'}");
    json_t *r =
        ask(o, "{'verb':'calendar','on':'2017-10-01','from':'2017-10-01','to':'2017-10-31'}");
    assert_int_equal(json_array_size(json_object_get(r, "failed")), 0);
    assert_null(strstr(json_string_value(json_object_get(r, "ics")), "-failed@dongbo"));
    json_decref(r);
    const char *due = k->due;
    k->due = "abs(-9223372036854775808)";
    r = ask(o, "{'verb':'calendar','on':'2017-10-01','from':'2017-10-01','to':'2017-10-31'}");
    const json_t *failed = json_array_get(json_object_get(r, "failed"), 0);
    const char *ics = json_string_value(json_object_get(r, "ics"));
    assert_string_equal(json_string_value(json_object_get(failed, "clock")), k->id);
    assert_non_null(strstr(ics, "-failed@dongbo"));
    assert_non_null(strstr(ics, "UID:K07-" ALLOC "@dongbo")); /* the others are there */
    json_decref(r);
    r = ask(o, "{'verb':'status'}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(r, "cases"), "failed")), 1);
    const json_t *warnings = json_object_get(r, "warnings");
    size_t told_of = 0;
    for (size_t i = 0; i < json_array_size(warnings); i++)
        told_of += strcmp(json_string_value(json_object_get(json_array_get(warnings, i), "code")),
                          "rule_failed") == 0;
    assert_int_equal(told_of, 1);
    json_decref(r);
    k->due = due;
}

/* Units for which an ad-hoc rule is true on a day. */
static size_t called(struct office *o, int rule, const char *on, const char *record)
{
    char q[100];
    size_t n = 0;
    snprintf(q, sizeof q, "{'verb':'triggers','on':'%s'}", on);
    json_t *r = ask(o, q);
    const json_t *rows = json_object_get(r, "triggers");
    if (!json_is_array(rows)) fail_msg("%s", json_dumps(r, 0));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *x = json_array_get(rows, i), *ids = json_object_get(x, "records");
        if (json_integer_value(json_object_get(x, "rule")) != rule) continue;
        assert_string_equal(json_string_value(json_array_get(ids, 0)), record);
        assert_int_equal(json_integer_value(json_object_get(x, "count")), 1);
        n++;
    }
    json_decref(r);
    return n;
}

static void urgent_notices_and_disasters_call_for_a_report(void **state)
{
    struct office *o = *state;
    put(o, 0,
        "{'type':'child_report','id':'" CASE(
            "1") "','received_on':'2023-06-01','channel':'other',"
                 "'act':'violence','state':'handling','urgent':'1'}");
    put(o, 0,
        "{'type':'child_report','id':'" CASE("2") "','received_on':'2023-06-01','channel':'other',"
                                                  "'act':'violence','state':'handling'}");
    put(o, 1,
        "{'type':'child_case','id':'" CASE("3") "','from_on':'2023-06-02','groups':['disaster']}");
    assert_int_equal(called(o, 3, "2023-05-31", CASE("1")), 0);
    assert_int_equal(called(o, 3, "2023-06-01", CASE("1")), 1);
    assert_int_equal(called(o, 3, "2023-06-30", CASE("1")), 1); /* thirty days */
    assert_int_equal(called(o, 3, "2023-07-01", CASE("1")), 0);
    assert_int_equal(called(o, 8, "2023-06-02", CASE("3")), 1);
    assert_int_equal(called(o, 5, "2023-06-02", CASE("1")), 0); /* nothing is closed */
}

static void a_late_record_of_class_4_calls_for_a_report(void **state)
{
    struct office *o = *state;
    struct hub_close_result closed;
    char on[DATE_TEXT_ROOM];
    struct date day;
    put(o, 0,
        "{'type':'activity','id':'" CASE("0") "','title':'x','kind':'direct','field':'drugs',"
                                              "'on_date':'2023-05-10'}");
    assert_int_equal(report_close(&o->hub, "RP04", "2023-6M", &closed), ERR_OK);
    put(o, 0,
        "{'type':'child_report','id':'" CASE("1") "','received_on':'2023-05-20','channel':'other',"
                                                  "'act':'violence','state':'handling'}");
    put(o, 0,
        "{'type':'activity','id':'" CASE("2") "','title':'y','kind':'direct','field':'drugs',"
                                              "'on_date':'2023-05-11'}"); /* late too, of class 0 */
    assert_int_equal(date_of_ms(o->hub.now_ms, &day), ERR_OK);
    date_print(day, on);
    assert_int_equal(called(o, 5, on, CASE("1")), 1);
    assert_int_equal(date_add_days(day, 40, &day), ERR_OK);
    date_print(day, on);
    assert_int_equal(called(o, 5, on, CASE("1")), 0);
}

/* "count" of what this rule says of this indicator on that day, -1: it does not call. */
static json_int_t calls(struct office *o, int rule, const char *indicator, const char *on)
{
    char q[100];
    json_int_t count = -1;
    snprintf(q, sizeof q, "{'verb':'triggers','on':'%s'}", on);
    json_t *r = ask(o, q);
    const json_t *rows = json_object_get(r, "triggers");
    if (!json_is_array(rows)) fail_msg("%s", json_dumps(r, 0));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *x = json_array_get(rows, i);
        bool it = json_integer_value(json_object_get(x, "rule")) == rule &&
                  strcmp(json_string_value(json_object_get(x, "indicator")), indicator) == 0;
        if (it) assert_int_equal(count, -1); /* one commune alone */
        if (it) count = json_integer_value(json_object_get(x, "count"));
    }
    json_decref(r);
    return count;
}

/* A person of this number, and what `row` says of them: its text goes behind the person. */
static void case_of(struct office *o, unsigned n, const char *type, const char *row)
{
    char text[600];
    snprintf(
        text, sizeof text,
        "{'type':'person','id':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%02x','full_name':'Nguyễn Thử %u',"
        "'sex':'male'}",
        n, n);
    put(o, 0, text);
    snprintf(text, sizeof text,
             "{'type':'%s','id':'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb%02x','person':"
             "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%02x',%s}",
             type, n, n, row);
    put(o, 0, text);
}

/* Rule 1: so many people, or such a share of the list, within 90 days (adhoc_list_people 5, adhoc_list_percent 10). */
static void a_list_that_changes_much_calls_for_a_report(void **state)
{
    struct office *o = *state;
    for (unsigned i = 0; i < 60; i++) /* the list as it was */
        case_of(o, i, "drug_case", "'status':'addict','in_list':'1','listed_on':'2022-01-10'");
    for (unsigned i = 60; i < 64; i++)
        case_of(o, i, "drug_case", "'status':'addict','in_list':'1','listed_on':'2023-06-01'");
    assert_int_equal(calls(o, 1, "D01N", "2023-06-02"), -1); /* 4 of 60 */
    case_of(o, 64, "drug_case", "'status':'addict','in_list':'1','listed_on':'2023-06-02'");
    assert_int_equal(calls(o, 1, "D01N", "2023-06-01"), -1);
    assert_int_equal(calls(o, 1, "D01N", "2023-06-02"), 5);
    assert_int_equal(calls(o, 1, "D01N", "2023-08-29"), 5);  /* the 90th day since the 1st */
    assert_int_equal(calls(o, 1, "D01N", "2023-08-30"), -1); /* one of them has left the window */
    assert_int_equal(calls(o, 1, "D01C", "2023-06-02"), -1); /* nobody left the list */
    for (unsigned i = 0; i < 5; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "{'type':'drug_case','id':'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb%02x','in_list':'0',"
                 "'dossier_closed_on':'2023-07-0%u','close_reason':'died'}",
                 i, i + 1);
        edit(o, 0, text);
        assert_int_equal(calls(o, 1, "D01C", "2023-07-10"), i < 4 ? -1 : 5);
    }
}

/* Rule 4: every victim who is received; rule 7: relapses of 20 % and more of those whose management ended. */
static void victims_and_relapses_call_for_a_report(void **state)
{
    struct office *o = *state;
    assert_int_equal(calls(o, 4, "V01", "2023-06-02"), -1);
    put(o, 0,
        "{'type':'trafficking_case','id':'" CASE(
            "1") "','alias':'A','received_on':'2023-06-02',"
                 "'received_by':'police','victim_status':'victim'}");
    assert_int_equal(calls(o, 4, "V01", "2023-06-01"), -1);
    assert_int_equal(calls(o, 4, "V01", "2023-06-02"), 1);
    assert_int_equal(calls(o, 4, "V01", "2023-07-01"), 1); /* thirty days */
    assert_int_equal(calls(o, 4, "V01", "2023-07-02"), -1);
    for (unsigned i = 0; i < 5; i++)
        case_of(o, i, "post_rehab",
                "'from_on':'2022-06-01','to_on':'2023-06-01','outcome':'completed'");
    assert_int_equal(calls(o, 7, "D06R", "2023-06-02"), -1); /* 0 of 5 */
    case_of(o, 5, "post_rehab", "'from_on':'2022-06-01','to_on':'2023-06-03','outcome':'relapsed'");
    assert_int_equal(calls(o, 7, "D06R", "2023-06-03"), -1); /* 1 of 6 */
    case_of(o, 6, "post_rehab", "'from_on':'2022-06-01','to_on':'2023-06-04','outcome':'relapsed'");
    assert_int_equal(calls(o, 7, "D06R", "2023-06-04"), 2); /* 2 of 7 */
    assert_int_equal(calls(o, 7, "D06R", "2023-12-30"),
                     -1); /* 180 days later only one is left of them */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_create_that_may_not_be_is_held_and_decided),
        TEST(what_is_the_districts_to_write_is_held),
        TEST(a_step_that_may_not_be_is_set_aside),
        TEST(the_district_appraises_and_the_commune_s_score_stays),
        TEST(a_publication_is_frozen),
        TEST(sheets_that_do_not_add_up_are_found),
        TEST(allocations_add_up),
        TEST(an_approved_estimate_is_locked),
        TEST(settlements_that_do_not_add_up_are_not_approved),
        TEST(a_settlement_that_adds_up_is_approved_once),
        TEST(clocks_run_by_records_and_the_day),
        TEST(in_time_needs_a_day_that_proves_it),
        TEST(views_filter_and_count),
        TEST(a_rule_that_fails_is_told_in_calendar_and_status),
        TEST(urgent_notices_and_disasters_call_for_a_report),
        TEST(a_late_record_of_class_4_calls_for_a_report),
        TEST(a_list_that_changes_much_calls_for_a_report),
        TEST(victims_and_relapses_call_for_a_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Claims about references at the hub: who deletes a record is told how many name it; a reference to a deleted record,
 * and one to a record that has not come for 30 days, is told in `cases` and `doubts`, without names; what was erased by
 * order is no mistake; nothing is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/store_refs.h"
#include "hub/app.h"
#include "tests/lib/office.h"

#define PERSON  "11111111111111111111111111111111"
#define OTHER   "22222222222222222222222222222222"
#define CASE    "33333333333333333333333333333333"
#define HELP    "44444444444444444444444444444444"
#define NOBODY  "00000000000000000000000000000000"
#define STRANGE "55555555555555555555555555555555"
/* The fixture's sets are of this day, and those that the hub itself writes of today. */
#define CAME   "2023-07-10"
#define WAITED "2023-08-09"
#define TOLD   "2023-08-10"
#define LATER  "2099-01-01"

static int setup(void **state)
{
    struct office *o = office_open(12);
    *state = o;
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\"}");
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" OTHER
               "\",\"full_name\":\"Hồ Quốc Ba\",\"sex\":\"male\"}");
    report_put(&o->hub, 6,
               "{\"type\":\"drug_case\",\"id\":\"" CASE "\",\"person\":\"" PERSON "\"}");
    report_put(&o->hub, 6,
               "{\"type\":\"assignment\",\"id\":\"" HELP "\",\"client\":\"" PERSON
               "\",\"drug_case\":\"" CASE "\"}");
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

static json_t *done(struct office *o, const char *text)
{
    json_t *r = office_ask(&o->app, text);
    if (hub_command_error_of(r) != ERR_OK) fail_msg("%s: %s", text, json_dumps(r, 0));
    return r;
}

static json_int_t number(struct office *o, const char *text, const char *key)
{
    json_t *r = done(o, text);
    json_int_t n =
        json_is_integer(json_object_get(r, key)) ? json_integer_value(json_object_get(r, key)) : -1;
    json_decref(r);
    return n;
}

static const char *said(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s != NULL ? s : "";
}

/* "record field check target" of each finding about references on this day, in order, with no name in it. */
static void told(struct office *o, const char *on, const char *want)
{
    char ask[100], got[600] = "";
    snprintf(ask, sizeof ask, "{'verb':'cases','on':'%s'}", on);
    json_t *r = done(o, ask);
    char *all = json_dumps(r, JSON_COMPACT);
    assert_null(strstr(all, "Hồ Quốc"));
    free(all);
    const json_t *rows = json_object_get(r, "checks");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strncmp(said(row, "check"), "ref_", 4) != 0) continue;
        size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%.1s %s %s %.1s;", said(row, "record"),
                 said(row, "field"), said(row, "check"), said(row, "target"));
        assert_string_equal(said(row, "unit"), report_units[6]);
        assert_non_null(strstr(said(row, "vi"), "Mục"));
    }
    assert_string_equal(got, want);
    json_decref(r);
}

#define DELETE(id)                                                                                 \
    "{'verb':'put','id':'" id "','action':'delete','reason':'mistake','person':'Hoa'}"
#define REFERRING(id) "{'verb':'referring','id':'" id "'}"

static void a_deletion_says_who_names_the_record(void **state)
{
    struct office *o = *state;
    assert_int_equal(number(o, REFERRING(PERSON), "records"), 2); /* the assignment once */
    assert_int_equal(number(o, REFERRING(CASE), "records"), 1);
    assert_int_equal(number(o, REFERRING(HELP), "records"), 0);
    json_t *r = office_ask(&o->app, REFERRING(NOBODY));
    assert_int_equal(hub_command_error_of(r), ERR_NOT_FOUND);
    json_decref(r);
    r = office_ask(&o->app, "{'verb':'referring','id':'12'}");
    assert_int_equal(hub_command_error_of(r), ERR_BAD_INPUT);
    json_decref(r);
    told(o, LATER, "");
    assert_int_equal(number(o, DELETE(HELP), "referring"), 0);
    assert_int_equal(number(o, REFERRING(PERSON), "records"), 1); /* what is deleted names nobody */
    assert_int_equal(number(o, DELETE(PERSON), "referring"), 1);
    assert_int_equal(number(o, DELETE(PERSON), "referring"), -1); /* nothing is deleted any more */
}

static void a_reference_to_a_deleted_record_is_told(void **state)
{
    struct office *o = *state;
    json_decref(done(o, DELETE(PERSON)));
    told(o, CAME, "4 client ref_deleted 1;3 person ref_deleted 1;");
    json_t *r = done(o, "{'verb':'get','id':'" CASE "'}");
    assert_string_equal(said(json_object_get(r, "lost"), "person"), "deleted");
    json_decref(r);
    r = done(o, "{'verb':'cases','on':'" CAME "','record':'" CASE "','check':'ref_deleted'}");
    assert_int_equal(json_array_size(json_object_get(r, "checks")), 1);
    assert_int_equal(json_integer_value(json_object_get(r, "wrong")), 1);
    json_decref(r);
    assert_int_equal(number(o, DELETE(HELP), "referring"), 0);
    told(o, CAME, "3 person ref_deleted 1;");
    json_decref(done(o, "{'verb':'put','id':'" PERSON "','action':'restore','person':'Hoa'}"));
    told(o, LATER, "");
    r = done(o, "{'verb':'get','id':'" CASE "'}");
    assert_null(json_object_get(r, "lost"));
    json_decref(r);
}

/* It counts in every period, whenever it came; a closing says so before. */
static void a_closing_counts_them(void **state)
{
    struct office *o = *state;
    static const char period[] = "{'verb':'doubts','report':'RP04','period':'2023-6M'}",
                      later[] = "{'verb':'doubts','report':'RP04','period':'2024-6M'}";
    assert_int_equal(number(o, period, "records"), 0);
    json_decref(done(o, DELETE(PERSON)));
    assert_int_equal(number(o, period, "records"), 2);
    assert_int_equal(number(o, later, "records"), 2);
    report_put(&o->hub, 6,
               "{\"type\":\"drug_case\",\"id\":\"" STRANGE "\",\"person\":\"" NOBODY "\"}");
    json_t *r = done(o, period);
    const json_t *rows = json_object_get(r, "rows");
    size_t unknown = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool strange = strcmp(said(row, "id"), STRANGE) == 0;
        assert_string_equal(said(row, "why"), strange ? "unknown" : "deleted");
        unknown += strange;
    }
    assert_int_equal(unknown, 1);
    json_decref(r);
    r = done(o, "{'verb':'close','report':'RP04','period':'2023-6M'}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(r, "doubts"), "records")),
                     3);
    json_decref(r);
}

/* A record may come after those that name it: nobody is bothered before 30 days are over. */
static void an_unknown_record_may_still_come(void **state)
{
    struct office *o = *state;
    assert_int_equal(REFS_WAIT_DAYS, 30);
    report_put(&o->hub, 6,
               "{\"type\":\"drug_case\",\"id\":\"" STRANGE "\",\"person\":\"" NOBODY "\"}");
    told(o, CAME, "");
    told(o, WAITED, "");
    told(o, TOLD, "5 person ref_unknown 0;");
    json_t *r = done(o, "{'verb':'get','id':'" STRANGE "'}");
    assert_string_equal(said(json_object_get(r, "lost"), "person"), "unknown");
    json_decref(r);
    report_put(&o->hub, 5, "{\"type\":\"activity\",\"id\":\"" NOBODY "\",\"title\":\"Họp\"}");
    told(o, TOLD, "5 person ref_unknown 0;"); /* that is no person */
}

static void a_late_record_ends_the_wait(void **state)
{
    struct office *o = *state;
    report_put(&o->hub, 6,
               "{\"type\":\"drug_case\",\"id\":\"" STRANGE "\",\"person\":\"" NOBODY "\"}");
    told(o, TOLD, "5 person ref_unknown 0;");
    report_put(&o->hub, 5,
               "{\"type\":\"person\",\"id\":\"" NOBODY
               "\",\"full_name\":\"Hồ Quốc Cả\",\"sex\":\"male\"}");
    told(o, LATER, "");
}

static void what_was_erased_is_no_mistake(void **state)
{
    struct office *o = *state;
    struct erase_list l = {.records = NULL};
    struct id_record rid;
    assert_int_equal(id_unhex(PERSON, rid.b, sizeof rid.b), ERR_OK);
    assert_int_equal(erase_add_record(&l, &rid), ERR_OK);
    office_officer(o, &o->an, 2, "An", ORDER_ROLE_ERASE);
    office_officer(o, &o->binh, 3, "Bình", ORDER_ROLE_ERASE);
    json_decref(done(o, DELETE(PERSON)));
    told(o, LATER, "4 client ref_deleted 1;3 person ref_deleted 1;");
    office_erase(o, &l, NULL);
    erase_free(&l);
    told(o, LATER, "");
    assert_int_equal(number(o, "{'verb':'doubts'}", "records"), 0);
}

/* Who found two records to be one person and deletes one of them made no mistake. */
static void decisions_of_the_hub_are_left_out(void **state)
{
    struct office *o = *state;
    json_decref(
        done(o, "{'verb':'put','type':'person_link','person':'Hoa','values':{'person_a':'" PERSON
                "','person_b':'" OTHER "','decision':'same'}}"));
    assert_int_equal(number(o, REFERRING(OTHER), "records"), 0);
    assert_int_equal(number(o, DELETE(OTHER), "referring"), 0);
    told(o, LATER, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deletion_says_who_names_the_record),
        TEST(a_reference_to_a_deleted_record_is_told),
        TEST(a_closing_counts_them),
        TEST(an_unknown_record_may_still_come),
        TEST(a_late_record_ends_the_wait),
        TEST(what_was_erased_is_no_mistake),
        TEST(decisions_of_the_hub_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

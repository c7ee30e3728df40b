/*
 * Claims about corrections of the district: one of a figure that is not there is refused in words, and the list says
 * of one that was overtaken that it does not count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub/command_priv.h"
#include "tests/lib/office.h"

#define TEAM "1e000000000000000000000000000000"

static int setup(void **state)
{
    *state = office_open(7);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

static void members(struct office *o, unsigned from, unsigned count, const char *role)
{
    for (unsigned i = from; i < from + count; i++) {
        char json[400];
        snprintf(
            json, sizeof json,
            "{\"type\":\"team_member\",\"id\":\"b%031x\",\"person\":\"a%031x\",\"team\":\"" TEAM
            "\",\"role\":\"%s\",\"joined_on\":\"2023-05-10\"}",
            i, i, role);
        report_put(&o->hub, 0, json);
    }
}

static void three_members(struct office *o)
{
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"" TEAM
               "\",\"name\":\"Đội\",\"kind\":\"volunteer_team\",\"founded_on\":\"2020-01-01\","
               "\"state\":\"active\"}");
    members(o, 1, 2, "member");
    members(o, 3, 1, "leader");
}

static json_t *correct(struct office *o, const char *indicator, const char *value,
                       const char *before, enum err want)
{
    return office_send(&o->app,
                       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "verb",
                                 "correct", "unit", report_units[0], "report", "RP03", "period",
                                 "2023", "indicator", indicator, "value", value, "before", before,
                                 "after", "1", "reason", "x", "person", "an"),
                       want);
}

static void answered(struct office *o, const char *id, const char *how, bool first)
{
    char json[400];
    snprintf(json, sizeof json,
             "{\"type\":\"correction\",\"id\":\"%s\",\"kind\":\"district\",\"reason\":\"x\","
             "\"on_date\":\"2023-07-01\",\"answer\":\"%s\"}",
             id, how);
    if (first) report_put(&o->hub, 0, json);
    if (!first) report_edit(&o->hub, 0, json);
}

/* The only correction's state, and the figure that it shows: -1: none is shown; -2: it shows that there is none. */
static void listed(struct office *o, const char *state, int figure)
{
    json_t *r = office_ask(&o->app, "{'verb':'corrections'}");
    const json_t *list = json_object_get(r, "corrections"), *c = json_array_get(list, 0);
    const json_t *now = json_object_get(c, "figure");
    assert_int_equal(json_array_size(list), 1);
    assert_string_equal(hub_request_str(c, "state"), state);
    assert_int_equal(now == NULL         ? -1
                     : json_is_null(now) ? -2
                                         : (int)json_integer_value(now),
                     figure);
    json_decref(r);
}

static void refused(struct office *o, const char *indicator, const char *value, const char *before,
                    int figure)
{
    char now[24];
    json_t *r = correct(o, indicator, value, before, ERR_BAD_INPUT);
    const json_t *said = json_object_get(r, "figure");
    assert_int_equal(said != NULL ? (int)json_integer_value(said) : -1, figure);
    snprintf(now, sizeof now, " %d,", figure);
    if (figure >= 0) assert_non_null(strstr(hub_request_str(r, "vi"), now));
    json_decref(r);
    r = office_ask(&o->app, "{'verb':'corrections'}");
    assert_int_equal(json_array_size(json_object_get(r, "corrections")), 0);
    json_decref(r);
}

static void a_figure_that_is_not_there_is_not_corrected(void **state)
{
    struct office *o = *state;
    refused(o, "T02", "", "0", -1); /* nothing was sent: no figure, not even 0 */
    three_members(o);
    refused(o, "T02", "", "9", 3);
    refused(o, "T02", "leader", "2", 1);
    refused(o, "T02", "deputy", "0", -1);
    json_decref(correct(o, "T02", "leader", "1", ERR_OK));
    json_decref(correct(o, "T02", "", "3", ERR_OK));
}

/* What is compared is what a correction is compared with: the records, not an earlier correction. */
static void a_corrected_figure_is_corrected_anew_from_the_records(void **state)
{
    struct office *o = *state;
    three_members(o);
    json_t *r = correct(o, "T02", "", "3", ERR_OK);
    answered(o, hub_request_str(r, "id"), "agreed", true);
    json_decref(r);
    json_decref(correct(o, "T02", "", "1", ERR_BAD_INPUT));
    json_decref(correct(o, "T02", "", "3", ERR_OK));
}

static void the_list_says_which_was_overtaken(void **state)
{
    struct office *o = *state;
    three_members(o);
    json_t *r = correct(o, "T02", "", "3", ERR_OK);
    listed(o, "open", -1);
    members(o, 10, 2, "member");
    listed(o, "open", 5); /* who answers it is told what it is now */
    answered(o, hub_request_str(r, "id"), "agreed", true);
    listed(o, "overtaken", 5);
    report_edit(&o->hub, 0,
                "{\"type\":\"team\",\"id\":\"" TEAM "\",\"state\":\"dissolved\","
                "\"state_since\":\"2023-02-01\"}");
    listed(o, "overtaken", 0);
    answered(o, hub_request_str(r, "id"), "objected", false);
    listed(o, "objected", -1);
    json_decref(r);
}

static void one_that_counts_is_agreed(void **state)
{
    struct office *o = *state;
    three_members(o);
    json_t *r = correct(o, "T02", "leader", "1", ERR_OK);
    answered(o, hub_request_str(r, "id"), "agreed", true);
    listed(o, "agreed", -1);
    report_edit(&o->hub, 0, /* the value is not there any more */
                "{\"type\":\"team_member\",\"id\":\"b0000000000000000000000000000003\","
                "\"role\":\"member\"}");
    listed(o, "overtaken", -2);
    json_decref(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_figure_that_is_not_there_is_not_corrected),
        TEST(a_corrected_figure_is_corrected_anew_from_the_records),
        TEST(the_list_says_which_was_overtaken),
        TEST(one_that_counts_is_agreed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

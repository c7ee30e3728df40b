/*
 * Claims about what the hub calls a unit (docs/hub.md): one code has one name on one day. What is about the present
 * says today's, also of a commune whose name changed with a merger; what is about a report says that of its window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/clock.h"
#include "tests/lib/office.h"

#define FORMER "Thị trấn Vĩnh An" /* of 26170, until 30/6/2025 */
#define PERSON "11111111111111111111111111111111"
#define TEAM   "22222222222222222222222222222222"

static int setup(void **state)
{
    struct office *o = office_open(17);
    *state = o;
    report_put(&o->hub, 0,
               "{\"type\":\"person\",\"id\":\"" PERSON
               "\",\"full_name\":\"Lê Oanh\",\"sex\":\"female\",\"cur_unit\":\"26170\"}");
    report_put(
        &o->hub, 0,
        "{\"type\":\"team\",\"id\":\"" TEAM
        "\",\"name\":\"Đội 1\",\"kind\":\"volunteer_team\",\"state\":\"active\",\"state_since\":"
        "\"2020-01-01\",\"founded_on\":\"2020-01-01\"}");
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

/* What the catalogue calls it on the day on which the test runs. */
static const char *now_called(struct office *o, const char *code)
{
    struct date today;
    assert_int_equal(date_of_ms(clock_wall_ms(), &today), ERR_OK);
    return catalogue_unit_name(o->hub.catalogue, code, today);
}

/* The answer names the unit as it is called today, and never as before. */
static void says_now(struct office *o, json_t *request)
{
    char want[200];
    json_t *r = office_send(&o->app, request, ERR_OK);
    char *text = json_dumps(r, 0);
    snprintf(want, sizeof want, "\"%s", now_called(o, "26170"));
    if (strstr(text, want) == NULL || strstr(text, FORMER) != NULL) fail_msg("%s", text);
    free(text);
    json_decref(r);
}

static void the_present_is_called_as_today(void **state)
{
    struct office *o = *state;
    assert_string_not_equal(now_called(o, "26170"), FORMER);
    says_now(o, json_pack("{s:s}", "verb", "nodes"));
    says_now(o, json_pack("{s:s, s:s}", "verb", "scope", "id", PERSON));
    says_now(o, json_pack("{s:s, s:s, s:s}", "verb", "subject", "id", PERSON, "reason", "đơn 12"));
    says_now(o, json_pack("{s:s, s:s, s:s}", "verb", "invite", "unit", "26170", "address",
                          "hub.example:7443"));
}

static void a_report_is_called_as_in_its_time(void **state)
{
    struct office *o = *state;
    json_t *r =
        office_send(&o->app,
                    json_pack("{s:s, s:s, s:s, s:s, s:s}", "verb", "explain", "report", "RP04",
                              "period", "2023", "indicator", "T01", "unit", "26170"),
                    ERR_OK);
    const json_t *cell = json_object_get(r, "cell");
    assert_string_equal(json_string_value(json_object_get(cell, "unit_name")), FORMER);
    json_decref(r);
}

int main(void)
{
#define WITH_OFFICE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_OFFICE(the_present_is_called_as_today),
        WITH_OFFICE(a_report_is_called_as_in_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Claims about common/flow: every pair of state and event, and when a report is late. */
#include "common/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define NO FLOW_STATES

/* Written down by hand from SPEC 14.2, not from the program's table: one line per state, the state
 * after draft, submit, submit late, withdraw, return, accept. */
static const int expected[FLOW_STATES][FLOW_EVENTS] = {
    {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, NO, NO, NO},                           /* not started */
    {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, FLOW_WITHDRAWN, NO, NO},               /* draft */
    {NO, FLOW_SUBMITTED, FLOW_LATE, FLOW_WITHDRAWN, FLOW_RETURNED, FLOW_ACCEPTED}, /* submitted */
    {NO, NO, FLOW_LATE, FLOW_WITHDRAWN, FLOW_RETURNED, FLOW_ACCEPTED},             /* late */
    {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, FLOW_WITHDRAWN, NO, NO},               /* returned */
    {NO, NO, NO, NO, FLOW_RETURNED, NO},                                           /* accepted */
    {NO, NO, NO, NO, NO, NO},                                                      /* locked */
    {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, NO, NO, NO},                           /* withdrawn */
};

static void every_pair_of_state_and_event(void **state)
{
    (void)state;
    for (int s = 0; s < FLOW_STATES; s++) {
        for (int ev = 0; ev < FLOW_EVENTS; ev++) {
            enum flow_state next = FLOW_STATES;
            enum err e = flow_step((enum flow_state)s, (enum flow_event)ev, &next);
            if (expected[s][ev] == NO) {
                assert_int_equal(e, ERR_DENIED);
                assert_int_equal(next, FLOW_STATES); /* untouched */
                assert_true(strlen(flow_why_vi((enum flow_state)s, (enum flow_event)ev)) > 10);
                assert_true(strlen(flow_why_en((enum flow_state)s, (enum flow_event)ev)) > 10);
            } else {
                assert_int_equal(e, ERR_OK);
                assert_int_equal(next, expected[s][ev]);
            }
        }
    }
}

static void a_closed_period_says_what_to_do(void **state)
{
    (void)state;
    assert_non_null(strstr(flow_why_vi(FLOW_LOCKED, FLOW_EV_SUBMIT), "bổ sung"));
}

static void names_differ(void **state)
{
    (void)state;
    for (int a = 0; a < FLOW_STATES; a++) {
        for (int b = a + 1; b < FLOW_STATES; b++) {
            assert_string_not_equal(flow_state_name((enum flow_state)a),
                                    flow_state_name((enum flow_state)b));
            assert_string_not_equal(flow_state_vi((enum flow_state)a),
                                    flow_state_vi((enum flow_state)b));
            assert_string_not_equal(flow_state_en((enum flow_state)a),
                                    flow_state_en((enum flow_state)b));
        }
    }
    assert_true(flow_is_in(FLOW_SUBMITTED) && flow_is_in(FLOW_LATE) && flow_is_in(FLOW_ACCEPTED));
    assert_false(flow_is_in(FLOW_WITHDRAWN) || flow_is_in(FLOW_RETURNED) || flow_is_in(FLOW_DRAFT));
}

static void late_is_what_is_proved(void **state)
{
    (void)state;
    enum { LATE = 1000 };
    static const struct {
        bool has_after;
        int64_t after, before, claimed;
        enum flow_time time;
    } rows[] = {
        {false, 0, 999, 999, FLOW_TIME_IN_TIME},  /* the hub had it in time */
        {false, 0, 999, 5000, FLOW_TIME_IN_TIME}, /* ... whatever the PC's clock says */
        {true, 998, 999, 5000, FLOW_TIME_IN_TIME},
        {true, 1000, 1001, 999, FLOW_TIME_LATE}, /* it names what the hub did after the day */
        {true, 1000, 5000, 1, FLOW_TIME_LATE},   /* a clock set back does not help */
        {true, 999, 1000, 999,
         FLOW_TIME_UNPROVEN}, /* received at the limit, claims to be in time */
        {false, 0, 1000, 999, FLOW_TIME_UNPROVEN},
        {false, 0, 9000, 0, FLOW_TIME_UNPROVEN}, /* year 1970 */
        {true, 999, 1000, 1000, FLOW_TIME_LATE}, /* says itself that it is late */
        {false, 0, 9000, 5000, FLOW_TIME_LATE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flow_proof p = {rows[i].has_after, rows[i].after, rows[i].before, rows[i].claimed};
        assert_int_equal(flow_time_of(&p, LATE), rows[i].time);
        assert_int_equal(flow_time_of(&p, INT64_MAX), FLOW_TIME_NONE);
    }
    assert_string_equal(flow_time_name(FLOW_TIME_UNPROVEN), "late_unproven");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_state_and_event),
        cmocka_unit_test(a_closed_period_says_what_to_do),
        cmocka_unit_test(names_differ),
        cmocka_unit_test(late_is_what_is_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Claims about the parts of a report that is opened again by two officers (docs/workflow.md): what its closing locked
 * has the state back that it had, unless another closing locks it; what is written anew meanwhile is looked through
 * at the next closing, which locks all of it again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "hub/command_priv.h"
#include "hub/flow.h"
#include "hub/orders.h"
#include "tests/lib/office.h"

#define IN_TIME                                                                                    \
    INT64_C(1688200000000) /* 1 July 2023: the six months are over, the due day is not */
#define MONTH   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define QUARTER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define WHOLE   "'report':'RP04','period':'2023-6M'"
#define JUNE    "'report':'RP01','period':'2023-06'"

static int setup(void **state)
{
    struct office *o = office_open(7);
    o->hub.now_ms = IN_TIME;
    office_officer(o, &o->an, 2, "An", ORDER_ROLE_REOPEN);
    office_officer(o, &o->binh, 3, "Bình", ORDER_ROLE_REOPEN);
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

static enum err told(struct office *o, const char *verb, const char *rest)
{
    char text[400];
    snprintf(text, sizeof text, "{'verb':'%s',%s,'person':'H'}", verb, rest);
    json_t *r = office_ask(&o->app, text);
    enum err e = hub_command_error_of(r);
    json_decref(r);
    return e;
}

/* A report of commune 0 that one person wrote and another handed in. */
static void handed_in(struct office *o, const char *id, const char *form, const char *period)
{
    char json[400];
    snprintf(json, sizeof json,
             "{\"type\":\"report\",\"id\":\"%s\",\"definition\":\"%s\",\"period\":\"%s\","
             "\"state\":\"draft\",\"narrative\":\"x\"}",
             id, form, period);
    o->hub.nodes[0].next.person.b[0] = 1;
    report_put(&o->hub, 0, json);
}

static void signs(struct office *o, const char *id, const char *digest)
{
    char json[400];
    snprintf(json, sizeof json,
             "{\"type\":\"report\",\"id\":\"%s\",\"state\":\"submitted\",\"signed_by\":\"B\","
             "\"digest\":\"%s\"}",
             id, digest);
    o->hub.now_ms += 1000;
    o->hub.nodes[0].next.person.b[0] = 2;
    report_edit(&o->hub, 0, json);
}

/* June is accepted, the second quarter waits, nobody else has sent anything. */
static void two_parts(struct office *o)
{
    handed_in(o, MONTH, "RP01", "2023-06");
    handed_in(o, QUARTER, "RP02", "2023-Q2");
    signs(o, MONTH, "11");
    signs(o, QUARTER, "11");
    assert_int_equal(told(o, "report_accept", JUNE ",'unit':'26170'"), ERR_OK);
}

static void is(struct office *o, const char *form, const char *period, enum flow_state state,
               uint32_t issue)
{
    struct hub_cut cut;
    struct hub_flow_row r;
    assert_int_equal(hub_reports_ready(o->hub.store, &cut), ERR_OK);
    assert_int_equal(
        hub_flow_row(o->hub.store, form, report_units[0], report_period(period), o->hub.now_ms, &r),
        ERR_OK);
    assert_int_equal(r.row.state, state);
    assert_int_equal(r.row.issue_number, issue);
    hub_flow_row_free(&r);
}

static void assert_locked(struct office *o, uint32_t issue)
{
    is(o, "RP01", "2023-06", FLOW_LOCKED, issue);
    is(o, "RP02", "2023-Q2", FLOW_LOCKED, issue);
    is(o, "RP01", "2023-05", FLOW_NOT_STARTED, 0); /* what is no part is never locked */
    is(o, "RP02", "2023-Q1", FLOW_NOT_STARTED, 0);
}

static void assert_open(struct office *o)
{
    is(o, "RP01", "2023-06", FLOW_ACCEPTED, 0);
    is(o, "RP02", "2023-Q2", FLOW_SUBMITTED, 0);
}

static struct id_hash proposed(struct office *o, const char *which, struct buf *order)
{
    char text[300];
    struct id_hash id;
    size_t n = 0;
    snprintf(text, sizeof text, "{'verb':'reopen',%s,'reason':'sai'}", which);
    json_t *r = office_ask(&o->app, text);
    const char *base64 = json_string_value(json_object_get(r, "order"));
    assert_non_null(base64);
    uint8_t *p = buf_room(order, ORDER_BYTES_MAX);
    assert_non_null(p);
    assert_int_equal(sodium_base642bin(p, ORDER_BYTES_MAX, base64, strlen(base64), NULL, &n, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    order->len = n;
    json_decref(r);
    struct order_signature an = office_signed(&o->an, buf_bytes(order));
    assert_int_equal(hub_order_propose(&o->app, buf_bytes(order), &an, o->hub.now_ms, &id), ERR_OK);
    return id;
}

static void reopened(struct office *o, const char *which, bool locked_by_one)
{
    struct buf order;
    buf_init(&order, ORDER_BYTES_MAX);
    struct id_hash id = proposed(o, which, &order);
    if (locked_by_one) assert_locked(o, 1);
    struct order_signature binh = office_signed(&o->binh, buf_bytes(&order));
    assert_int_equal(hub_order_approve(&o->app, &id, &binh, o->hub.now_ms), ERR_OK);
    buf_free(&order);
}

static json_t *closed(struct office *o, const char *which, enum err want)
{
    char text[300];
    snprintf(text, sizeof text, "{'verb':'close',%s,'person':'H'}", which);
    json_t *r = office_ask(&o->app, text);
    assert_int_equal(hub_command_error_of(r), want);
    return r;
}

/* Reports that a closing names as missing: of one form and period, or of all. */
static size_t missing(const json_t *closing, const char *form)
{
    const json_t *list = json_object_get(closing, "missing");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += strcmp(hub_request_str(json_array_get(list, i), "report"), form) == 0;
    return n;
}

static void parts_are_opened_with_the_whole_and_locked_with_it_again(void **state)
{
    struct office *o = *state;
    two_parts(o);
    json_t *first = closed(o, WHOLE, ERR_OK);
    assert_int_equal(missing(first, "RP01"), REPORT_UNITS - 1);
    assert_int_equal(missing(first, "RP02"), REPORT_UNITS - 1);
    json_decref(first);
    assert_locked(o, 1);
    assert_int_equal(told(o, "report_return", JUNE ",'unit':'26170','reason':'x'"), ERR_DENIED);
    reopened(o, WHOLE, true); /* one officer opens nothing */
    assert_open(o);           /* what each of them was */
    assert_int_equal(told(o, "report_accept", "'report':'RP02','period':'2023-Q2','unit':'26170'"),
                     ERR_OK);
    assert_int_equal(told(o, "report_return", JUNE ",'unit':'26170','reason':'x'"), ERR_OK);
    is(o, "RP01", "2023-06", FLOW_RETURNED, 0);
    json_t *again = closed(o, WHOLE, ERR_OK);
    assert_int_equal(json_integer_value(json_object_get(again, "number")), 2);
    assert_string_equal(hub_request_str(again, "mode"), "again");
    assert_int_equal(missing(again, "RP01"), REPORT_UNITS); /* the returned one too */
    assert_int_equal(missing(again, "RP02"), REPORT_UNITS - 1);
    json_decref(again);
    assert_locked(o, 2);
    reopened(o, WHOLE, false); /* and once more: what was decided meanwhile stays */
    is(o, "RP01", "2023-06", FLOW_RETURNED, 0);
    is(o, "RP02", "2023-Q2", FLOW_ACCEPTED, 0);
}

/* The first closing looked the texts through; the next one does it with what was written meanwhile. */
static void what_was_written_anew_is_looked_through(void **state)
{
    struct office *o = *state;
    two_parts(o);
    report_put(&o->hub, 1,
               "{\"type\":\"person\",\"id\":\"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\","
               "\"full_name\":\"Bế Văn Ngọc Lam\"}");
    json_decref(closed(o, WHOLE, ERR_OK));
    reopened(o, WHOLE, false);
    assert_int_equal(told(o, "report_return", JUNE ",'unit':'26170','reason':'x'"), ERR_OK);
    o->hub.now_ms += 1000;
    o->hub.nodes[0].next.person.b[0] = 1;
    report_edit(&o->hub, 0,
                "{\"type\":\"report\",\"id\":\"" MONTH
                "\",\"state\":\"draft\",\"narrative\":\"Bế Văn Ngọc Lam\"}");
    signs(o, MONTH, "22");
    is(o, "RP01", "2023-06", FLOW_SUBMITTED, 0);
    json_t *r = closed(o, WHOLE, ERR_DENIED);
    const json_t *names = json_object_get(r, "names");
    assert_int_equal(json_array_size(names), 1);
    assert_string_equal(hub_request_str(json_array_get(names, 0), "report"), "RP01");
    assert_string_equal(hub_request_str(json_array_get(names, 0), "period"), "2023-06");
    json_decref(r);
    is(o, "RP01", "2023-06", FLOW_SUBMITTED, 0); /* nothing was closed */
}

/* A part that is closed itself has two locks: each is opened by its own order. */
static void a_part_with_a_closing_of_its_own_stays_locked(void **state)
{
    struct office *o = *state;
    two_parts(o);
    json_decref(closed(o, JUNE, ERR_OK));
    json_decref(closed(o, WHOLE, ERR_OK));
    reopened(o, WHOLE, false);
    is(o, "RP01", "2023-06", FLOW_LOCKED, 1);
    is(o, "RP02", "2023-Q2", FLOW_SUBMITTED, 0);
    reopened(o, JUNE, false);
    assert_open(o);
    json_decref(closed(o, WHOLE, ERR_OK));
    assert_locked(o, 2); /* by the whole alone, whose issue is the second */
    json_decref(closed(o, JUNE, ERR_OK));
    reopened(o, JUNE, false);
    assert_locked(o, 2); /* its own order does not open what the whole locks */
}

/* Who asks to open a part that only the whole locks is told which report is closed. */
static void a_part_is_opened_by_its_whole(void **state)
{
    struct office *o = *state;
    two_parts(o);
    json_decref(closed(o, WHOLE, ERR_OK));
    json_t *r = office_ask(&o->app, "{'verb':'reopen'," JUNE ",'reason':'sai'}");
    assert_int_equal(hub_command_error_of(r), ERR_NOT_FOUND);
    print_message("%s\n", hub_request_str(r, "vi"));
    assert_non_null(strstr(hub_request_str(r, "vi"), "RP04 2023-6M"));
    assert_non_null(strstr(hub_request_str(r, "en"), "RP04 2023-6M"));
    json_decref(r);
    r = office_ask(&o->app, "{'verb':'reopen','report':'RP01','period':'2023-05','reason':'sai'}");
    assert_int_equal(hub_command_error_of(r), ERR_NOT_FOUND);
    assert_null(strstr(hub_request_str(r, "vi"), "RP04"));
    json_decref(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(parts_are_opened_with_the_whole_and_locked_with_it_again),
        TEST(what_was_written_anew_is_looked_through),
        TEST(a_part_with_a_closing_of_its_own_stays_locked),
        TEST(a_part_is_opened_by_its_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

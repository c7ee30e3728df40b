/*
 * Claims about the report workflow at the hub: how sure a lateness is, what a judgement is about, who is
 * missing, what is late for a closed period, and that only two officers open one again.
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

#include "hub/canonical.h"
#include "hub/command_priv.h"
#include "hub/flow.h"
#include "hub/orders.h"
#include "hub/owed.h"
#include "hub/report_print.h"
#include "hub/store_records.h"
#include "proto/change.h"
#include "proto/move.h"
#include "proto/workflow.h"
#include "tests/lib/office.h"

#define DUE_2_JULY INT64_C(1688317200000) /* 3 July 2023, 00:00 in Vietnam: the first late moment */

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

/* A report of commune 0 that says `state`, made and received at that time. */
static void submit(struct office *o, const char *id, const char *state, int64_t at_ms)
{
    char json[400];
    o->hub.now_ms = at_ms;
    snprintf(json, sizeof json,
             "{\"type\":\"report\",\"id\":\"%s\",\"definition\":\"RP01\","
             "\"period\":\"2023-06\",\"state\":\"%s\",\"digest\":\"00\"}",
             id, state);
    report_put(&o->hub, 0, json);
}

static void row_of(struct office *o, size_t unit, struct hub_flow_row *out)
{
    struct hub_cut cut;
    assert_int_equal(hub_reports_ready(o->hub.store, &cut), ERR_OK);
    assert_int_equal(hub_flow_row(o->hub.store, "RP01", report_units[unit],
                                  report_period("2023-06"), o->hub.now_ms, out),
                     ERR_OK);
}

static void assert_row(struct office *o, enum flow_state state, enum flow_time time)
{
    struct hub_flow_row r;
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, state);
    assert_int_equal(r.row.time, time);
    hub_flow_row_free(&r);
}

#define ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* ---- time ---- */

static void in_time_when_the_hub_had_it(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    o->hub.now_ms = DUE_2_JULY - 5000;
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_NOT_STARTED);
    assert_string_equal(r.row.sent, "nothing");
    assert_false(flow_row_overdue(&r.row));
    hub_flow_row_free(&r);
    submit(o, ID, "submitted", DUE_2_JULY - 1000);
    assert_row(o, FLOW_SUBMITTED, FLOW_TIME_IN_TIME);
}

static void late_by_its_own_clock(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    o->hub.now_ms = DUE_2_JULY;
    row_of(o, 0, &r);
    assert_true(flow_row_overdue(&r.row));
    hub_flow_row_free(&r);
    submit(o, ID, "submitted", DUE_2_JULY);
    assert_row(o, FLOW_LATE, FLOW_TIME_LATE);
}

static void late_and_unproven(void **state)
{
    struct office *o = *state;
    o->hub.nodes[0].clock_back_ms = 3600000; /* its clock says an hour before midnight */
    submit(o, ID, "submitted", DUE_2_JULY + 1000);
    assert_row(o, FLOW_LATE, FLOW_TIME_UNPROVEN);
}

static void late_by_what_it_had_seen(void **state)
{
    struct office *o = *state;
    struct hub_position at;
    o->hub.now_ms = DUE_2_JULY + 1000; /* the hub does something behind the due day ... */
    report_put(&o->hub, -1,
               "{\"type\":\"document\",\"id\":\"0909090909090909090909090909090a\","
               "\"title\":\"x\"}");
    hub_store_position(o->hub.store, &at);
    struct report_node *n = &o->hub.nodes[0];
    n->clock_back_ms =
        3600000; /* ... and the node says it had seen that, whatever its clock says */
    n->next.epoch = at.epoch;
    n->next.hub_seen = at.position;
    memcpy(n->next.hub_seen_hash, at.hash.b, sizeof n->next.hub_seen_hash);
    submit(o, ID, "submitted", DUE_2_JULY + 9000);
    assert_row(o, FLOW_LATE, FLOW_TIME_LATE);
}

/* ---- judging ---- */

static void a_judgement_is_about_one_submission(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    char text[300];
    submit(o, ID, "draft", DUE_2_JULY - 9000);
    assert_row(o, FLOW_DRAFT, FLOW_TIME_NONE);
    snprintf(text, sizeof text,
             "{'verb':'report_accept','report':'RP01','period':'2023-06','unit':'%s','person':'H'}",
             report_units[0]);
    assert_int_equal(told(o, text), ERR_DENIED); /* a draft is nothing to accept */
    submit(o, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "submitted", DUE_2_JULY - 8000);
    assert_int_equal(told(o, text), ERR_OK);
    assert_row(o, FLOW_ACCEPTED, FLOW_TIME_IN_TIME);
    assert_int_equal(told(o, text), ERR_DENIED); /* twice */
    o->hub.now_ms = DUE_2_JULY - 7000;
    report_edit(&o->hub, 0,
                "{\"type\":\"report\",\"id\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\","
                "\"digest\":\"11\"}");
    row_of(o, 0, &r); /* another text behind the decision: it says nothing about that one */
    assert_int_equal(r.row.state, FLOW_SUBMITTED);
    assert_false(r.row.judged_this);
    assert_string_equal(r.row.judged, "accepted");
    hub_flow_row_free(&r);
}

static void zero_nothing_and_withdrawn_differ(void **state)
{
    struct office *o = *state;
    struct hub_flow_row a, b;
    submit(o, ID, "withdrawn", DUE_2_JULY - 9000);
    row_of(o, 0, &a);
    row_of(o, 1, &b);
    assert_int_equal(a.row.state, FLOW_WITHDRAWN);
    assert_string_equal(a.row.sent, "yes");
    assert_int_equal(b.row.state, FLOW_NOT_STARTED);
    assert_string_equal(b.row.sent, "nothing");
    hub_flow_row_free(&a);
    hub_flow_row_free(&b);
}

/* ---- who handed it in, and what that was about ---- */

/* The record `id`, changed as if nobody asked, by that person at that time; -1: by the district. */
static void change(struct office *o, int node, uint8_t person, const char *id, const char *values,
                   int64_t at_ms)
{
    char json[500];
    o->hub.now_ms = at_ms;
    if (node >= 0) o->hub.nodes[node].next.person.b[0] = person;
    snprintf(json, sizeof json, "{\"type\":\"report\",\"id\":\"%s\",%s}", id, values);
    report_edit(&o->hub, node, json);
}

static void drafted_by(struct office *o, uint8_t person, const char *id, int64_t at_ms)
{
    o->hub.nodes[0].next.person.b[0] = person;
    submit(o, id, "draft", at_ms);
    change(o, 0, person, id, "\"narrative\":\"x\"", at_ms + 1);
}

#define SUBMITTED "\"state\":\"submitted\",\"signed_by\":\"B\",\"digest\":\"11\""

static void accept(struct office *o)
{
    char text[300];
    snprintf(text, sizeof text,
             "{'verb':'report_accept','report':'RP01','period':'2023-06','unit':'%s','person':'H'}",
             report_units[0]);
    assert_int_equal(told(o, text), ERR_OK);
}

/* A hub that went back accepts what it returned before, and then that comes back behind it. */
static void an_older_judgement_that_comes_later_counts_for_nothing(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    struct buf b;
    buf_init(&b, 1024);
    submit(o, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "submitted", DUE_2_JULY - 9000);
    row_of(o, 0, &r);
    struct workflow_judge first = {.key = {.unit = bytes_str(report_units[0]),
                                           .report = bytes_str("RP01"),
                                           .period = bytes_str("2023-06")},
                                   .version = r.row.version,
                                   .verdict = WORKFLOW_VERDICT_RETURNED,
                                   .reason = bytes_str("thiếu số liệu")};
    hub_flow_row_free(&r);
    o->hub.now_ms = DUE_2_JULY - 7000;
    report_edit(&o->hub, 0,
                "{\"type\":\"report\",\"id\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\","
                "\"digest\":\"11\"}");
    accept(o);
    workflow_judge_encode(&first, &b);
    office_own(o, buf_bytes(&b));
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_ACCEPTED);
    assert_true(r.row.judged_this);
    assert_string_equal(r.row.judged, "accepted");
    hub_flow_row_free(&r);
    buf_free(&b);
}

static void a_note_is_no_submission(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    drafted_by(o, 1, ID, DUE_2_JULY - 9000);
    change(o, 0, 2, ID, SUBMITTED, DUE_2_JULY - 8000);
    accept(o);
    assert_row(o, FLOW_ACCEPTED, FLOW_TIME_IN_TIME);
    change(o, 0, 1, ID, "\"note\":\"y\"", DUE_2_JULY + 9000);
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_ACCEPTED);
    assert_int_equal(r.row.time, FLOW_TIME_IN_TIME);
    assert_int_equal(r.row.person.b[0], 2);
    assert_true(r.row.judged_this);
    hub_flow_row_free(&r);
}

static void what_the_district_settles_is_not_late(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    drafted_by(o, 1, ID, DUE_2_JULY - 9000);
    change(o, 0, 2, ID, SUBMITTED, DUE_2_JULY - 8000);
    change(o, -1, 0, ID, "\"digest\":\"22\"", DUE_2_JULY + 9000);
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_SUBMITTED);
    assert_int_equal(r.row.time, FLOW_TIME_IN_TIME);
    assert_int_equal(r.row.person.b[0], 2);
    hub_flow_row_free(&r);
}

/* What people wrote is for who works on it; everybody may know that it came and was returned. */
static void free_texts_are_for_who_needs_to_know(void **state)
{
    struct office *o = *state;
    char where[200], text[400];
    drafted_by(o, 1, ID, DUE_2_JULY - 9000);
    change(o, 0, 1, ID, "\"narrative\":\"kết quả\"", DUE_2_JULY - 8500);
    change(o, 0, 2, ID, SUBMITTED, DUE_2_JULY - 8000);
    snprintf(where, sizeof where, "'report':'RP01','period':'2023-06','unit':'%s'",
             report_units[0]);
    snprintf(text, sizeof text, "{'verb':'report_return',%s,'person':'H','reason':'thiếu số'}",
             where);
    assert_int_equal(told(o, text), ERR_OK);
    for (int quiet = 0; quiet <= 1; quiet++) {
        const char *no_words = quiet ? ",'no_words':true" : "";
        snprintf(text, sizeof text, "{'verb':'report_show',%s%s}", where, no_words);
        json_t *j = ask(o, text);
        const json_t *judged = json_object_get(json_object_get(j, "row"), "judged");
        const json_t *narrative = json_object_get(json_object_get(j, "narrative"), "narrative");
        assert_string_equal(json_string_value(json_object_get(judged, "verdict")), "returned");
        assert_int_equal(json_object_get(judged, "reason") == NULL, quiet);
        assert_int_equal(narrative == NULL, quiet);
        assert_int_equal(json_object_get(j, "names") == NULL, quiet);
        assert_int_equal(json_is_true(json_object_get(j, "words")), !quiet);
        json_decref(j);
        snprintf(text, sizeof text, "{'verb':'reports','report':'RP01','period':'2023-06'%s}",
                 no_words);
        j = ask(o, text);
        size_t reasons = 0, count = json_array_size(json_object_get(j, "rows"));
        for (size_t i = 0; i < count; i++) {
            const json_t *row = json_array_get(json_object_get(j, "rows"), i);
            reasons += json_object_get(json_object_get(row, "judged"), "reason") != NULL;
        }
        assert_true(count > 0);
        assert_int_equal(reasons, !quiet);
        json_decref(j);
    }
}

static void nobody_confirms_an_own_text(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    char text[300];
    drafted_by(o, 1, ID, DUE_2_JULY - 9000);
    change(o, 0, 1, ID, SUBMITTED, DUE_2_JULY - 8000); /* an old program, which did not ask */
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_DRAFT);
    assert_true(r.row.unconfirmed);
    hub_flow_row_free(&r);
    snprintf(text, sizeof text,
             "{'verb':'report_accept','report':'RP01','period':'2023-06','unit':'%s','person':'H'}",
             report_units[0]);
    assert_int_equal(told(o, text), ERR_DENIED);
    change(o, 0, 2, ID, "\"signed_by\":\"C\"", DUE_2_JULY - 7000); /* another person does */
    assert_row(o, FLOW_SUBMITTED, FLOW_TIME_IN_TIME);
    change(o, 0, 1, ID, "\"narrative\":\"z\"", DUE_2_JULY - 6000); /* other words behind that */
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_DRAFT);
    assert_true(r.row.unconfirmed);
    hub_flow_row_free(&r);
}

static void a_second_record_hides_nothing(void **state)
{
    static const char *const words[] = {"withdrawn", "submitted", "draft"};
    struct office *o = *state;
    drafted_by(o, 1, ID, DUE_2_JULY - 9000);
    change(o, 0, 2, ID, SUBMITTED, DUE_2_JULY - 8000);
    accept(o);
    for (size_t i = 0; i < 3; i++) {
        struct hub_flow_row r;
        char id[33];
        snprintf(id, sizeof id, "%032zx", i + 1); /* before the other by its id */
        if (i == 2) snprintf(id, sizeof id, "%.32s", "ffffffffffffffffffffffffffffffff");
        submit(o, id, words[i], DUE_2_JULY - 7000 + (int64_t)i);
        row_of(o, 0, &r);
        assert_int_equal(r.row.state, FLOW_ACCEPTED);
        assert_int_equal(r.row.record.b[0], 0xaa);
        assert_true(r.row.conflict); /* of the two that say they were handed in or taken back */
        assert_true(r.row.has_other);
        assert_int_equal(r.row.other.b[0], 0);
        hub_flow_row_free(&r);
    }
}

/* ---- in time, of those that were due ---- */

struct rate {
    int64_t num, den, records;
};

static enum err rate_fact(void *ctx, const struct fact *f)
{
    struct rate *r = ctx;
    r->num += f->num;
    r->den += f->den;
    r->records += f->record.len > 0;
    return ERR_OK;
}

/* Q01 of what is due on 2 July 2023, the day of RP01 2023-06. */
static void assert_q01(struct office *o, int64_t num, int64_t den, int64_t records)
{
    struct hub_cut cut;
    struct rate r = {.num = 0};
    char why[HUB_REPORT_WHY_ROOM];
    struct period_window day = {.first = {2023, 7, 2}, .last = {2023, 7, 2}};
    assert_int_equal(hub_reports_ready(o->hub.store, &cut), ERR_OK);
    const struct catalogue_indicator *in =
        catalogue_indicator(hub_store_catalogue(o->hub.store), "Q01");
    assert_int_equal(hub_owed_run(o->hub.store, in, day, rate_fact, &r, why), ERR_OK);
    assert_int_equal(r.num, num);
    assert_int_equal(r.den, den);
    assert_int_equal(r.records, records);
}

static void in_time_is_of_what_was_due(void **state)
{
    struct office *o = *state;
    char text[400];
    assert_q01(o, 0, REPORT_UNITS, 0); /* nobody has begun: all that is owed is due */
    drafted_by(o, 1, ID, DUE_2_JULY - 9000);
    assert_q01(o, 0, REPORT_UNITS, 1);
    change(o, 0, 2, ID, SUBMITTED, DUE_2_JULY - 8000);
    assert_q01(o, 1, REPORT_UNITS, 1);
    accept(o);
    assert_q01(o, 1, REPORT_UNITS, 1);
    change(o, 0, 2, ID, "\"state\":\"withdrawn\"", DUE_2_JULY - 7000);
    assert_q01(o, 0, REPORT_UNITS, 1);
    change(o, 0, 2, ID, "\"state\":\"submitted\"", DUE_2_JULY - 6000);
    assert_q01(o, 1, REPORT_UNITS, 1);
    snprintf(text, sizeof text,
             "{'verb':'report_return','report':'RP01','period':'2023-06','unit':'%s','person':'H',"
             "'reason':'x'}",
             report_units[0]);
    assert_int_equal(told(o, text), ERR_OK);
    assert_q01(o, 0, REPORT_UNITS, 1); /* sent back: the report is still wanted */
    change(o, 0, 2, ID, "\"digest\":\"33\",\"submitted_on\":\"2023-07-01\"", DUE_2_JULY + 6000);
    assert_q01(o, 0, REPORT_UNITS,
               1); /* whatever day it names: the hub got it behind the due day */
}

static uint8_t last_verdict(struct office *o);

/* ---- of a commune that is no more ---- */

#define OLD_ID                                                                                     \
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" /* handed in by commune 1, before that of commune 0 */

/* The record of commune 1 counts for commune 0 from this day on. */
static void merge(struct office *o, const char *day)
{
    struct id_record rid;
    struct buf b;
    memset(rid.b, 0xbb, sizeof rid.b);
    buf_init(&b, 4096);
    struct move_assign m = {
        .to = bytes_str(report_units[0]), .date = bytes_str(day), .records = BYTES_OF(rid.b)};
    move_assign_encode(&m, &b);
    office_own(o, buf_bytes(&b));
    buf_free(&b);
    assert_int_equal(last_verdict(o), FOLD_APPLIED);
}

static void both_hand_in(struct office *o)
{
    o->hub.now_ms = DUE_2_JULY - 9000;
    report_put(&o->hub, 1,
               "{\"type\":\"report\",\"id\":\"" OLD_ID "\",\"definition\":\"RP01\","
               "\"period\":\"2023-06\",\"state\":\"submitted\",\"digest\":\"00\"}");
    submit(o, ID, "submitted", DUE_2_JULY - 8000);
}

static void a_merger_takes_no_report_along(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    char text[300];
    both_hand_in(o);
    snprintf(text, sizeof text,
             "{'verb':'report_accept','report':'RP01','period':'2023-06','unit':'%s','person':'H'}",
             report_units[1]);
    assert_int_equal(told(o, text), ERR_OK);
    assert_q01(o, 2, REPORT_UNITS, 2);
    merge(o, "2023-07-01"); /* the day behind the data window */
    accept(o);
    for (size_t unit = 0; unit < 2; unit++) {
        row_of(o, unit, &r);
        assert_int_equal(r.row.state, FLOW_ACCEPTED);
        assert_true(r.row.judged_this);
        assert_int_equal(r.row.record.b[0], unit == 0 ? 0xaa : 0xbb);
        assert_false(r.row.conflict);
        assert_false(r.row.has_other);
        hub_flow_row_free(&r);
    }
    assert_q01(o, 2, REPORT_UNITS,
               1); /* each its own; a cell names no record that another has now */
}

static void a_merger_in_the_period_brings_its_report(void **state)
{
    struct office *o = *state;
    struct hub_flow_row r;
    both_hand_in(o);
    merge(o, "2023-06-30"); /* the last day is the successor's, and so are both records */
    row_of(o, 0, &r);
    assert_int_equal(r.row.record.b[0], 0xbb);
    assert_true(r.row.conflict);
    assert_int_equal(r.row.other.b[0], 0xaa);
    hub_flow_row_free(&r);
    row_of(o, 1, &r);
    assert_int_equal(r.row.state, FLOW_NOT_STARTED);
    hub_flow_row_free(&r);
}

/* ---- closed periods ---- */

#define CLOSE "{'verb':'close','report':'RP01','period':'2023-06'}"

static enum err verdict_row(void *ctx, const struct hub_set *set)
{
    *(uint8_t *)ctx = set->verdicts.p[0];
    return ERR_OK;
}

static uint8_t last_verdict(struct office *o)
{
    struct hub_position at;
    uint8_t v = 0xff;
    hub_store_position(o->hub.store, &at);
    assert_int_equal(hub_store_sets(o->hub.store, at.position, at.position, verdict_row, &v),
                     ERR_OK);
    return v;
}

static void team(struct office *o, const char *id, const char *since)
{
    char json[300];
    snprintf(json, sizeof json,
             "{\"type\":\"team\",\"id\":\"%s\",\"name\":\"Đội\",\"kind\":"
             "\"volunteer_team\",\"founded_on\":\"%s\",\"state\":\"active\"}",
             id, since);
    report_put(&o->hub, 0, json);
}

static void only_days_of_a_closed_period_are_late(void **state)
{
    struct office *o = *state;
    team(o, "01010101010101010101010101010101", "2023-06-15");
    assert_int_equal(last_verdict(o), FOLD_APPLIED);
    assert_int_equal(told(o, CLOSE), ERR_OK);
    assert_int_equal(told(o, CLOSE), ERR_EXISTS);
    team(o, "02020202020202020202020202020202", "2023-06-01");
    assert_int_equal(last_verdict(o), FOLD_APPLIED | FOLD_FLAG_LATE);
    team(o, "03030303030303030303030303030303", "2023-06-30");
    assert_int_equal(last_verdict(o), FOLD_APPLIED | FOLD_FLAG_LATE);
    team(o, "04040404040404040404040404040404", "2023-05-31");
    assert_int_equal(last_verdict(o), FOLD_APPLIED);
    team(o, "05050505050505050505050505050505", "2023-07-01");
    assert_int_equal(last_verdict(o), FOLD_APPLIED);
    /* moved out of the period: the day before the op counts too */
    report_edit(&o->hub, 0,
                "{\"type\":\"team\",\"id\":\"03030303030303030303030303030303\","
                "\"founded_on\":\"2023-07-02\"}");
    assert_int_equal(last_verdict(o), FOLD_APPLIED | FOLD_FLAG_LATE);
    submit(o, ID, "submitted", o->hub.now_ms); /* a report is no data of the period */
    assert_int_equal(last_verdict(o), FOLD_APPLIED);
}

/* The bytes of the order that `reopen` drafts. */
static void drafted(struct office *o, struct buf *out)
{
    json_t *r = ask(o, "{'verb':'reopen','report':'RP01','period':'2023-06','reason':'sai'}");
    const char *text = json_string_value(json_object_get(r, "order"));
    size_t n = 0;
    assert_non_null(text);
    uint8_t *p = buf_room(out, ORDER_BYTES_MAX);
    assert_non_null(p);
    assert_int_equal(sodium_base642bin(p, ORDER_BYTES_MAX, text, strlen(text), NULL, &n, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    out->len = n;
    json_decref(r);
}

static void nobody_reopens_without_an_order(struct office *o)
{
    struct buf b;
    struct workflow_reopen v = {
        .key = {bytes_str(o->app.identity.unit), bytes_str("RP01"), bytes_str("2023-06")},
        .issue = 1};
    buf_init(&b, 1024);
    workflow_reopen_encode(&v, &b);
    struct bytes p = buf_bytes(&b);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    assert_int_equal(hub_app_begin(&o->app), ERR_OK);
    assert_int_equal(hub_own_append(o->app.store, &o->app.keys, &set, o->hub.now_ms, NULL),
                     ERR_NOT_FOUND);
    hub_app_abort(&o->app);
    buf_free(&b);
}

/* What has not begun is not closed, for a closing is for ever; a plan is of days that come. */
static void what_has_not_begun_is_not_closed(void **state)
{
    struct office *o = *state;
    assert_int_equal(told(o, "{'verb':'close','report':'RP04','period':'2099'}"), ERR_DENIED);
    assert_int_equal(told(o, "{'verb':'close','report':'RP01','period':'2099-06'}"), ERR_DENIED);
    json_t *j = ask(o, "{'verb':'issues'}");
    assert_int_equal(json_array_size(json_object_get(j, "issues")), 0);
    json_decref(j);
}

/* Does the list of that day have RP01 of June for the unit, among what is owed? */
static bool owes_june(struct office *o, const char *on, const char *unit, bool cut)
{
    bool found = false;
    char text[120];
    snprintf(text, sizeof text, "{'verb':'owes','on':'%s'}", on);
    json_t *j = ask(o, text);
    assert_int_equal(json_is_true(json_object_get(j, "cut")), cut);
    const json_t *units = json_object_get(j, "units");
    for (size_t i = 0; i < json_array_size(units); i++) {
        const json_t *u = json_array_get(units, i), *rows = json_object_get(u, "rows");
        for (size_t k = 0; k < json_array_size(rows); k++) {
            const json_t *r = json_array_get(rows, k);
            found =
                found || (strcmp(json_string_value(json_object_get(r, "unit")), unit) == 0 &&
                          strcmp(json_string_value(json_object_get(r, "report")), "RP01") == 0 &&
                          strcmp(json_string_value(json_object_get(r, "period")), "2023-06") == 0);
        }
    }
    json_decref(j);
    return found;
}

/* Years later it is owed as on the first day, until it comes or a closing names who is missing; the list ends
 * after FLOW_OWED_DAYS_MAX, and says so. */
static void what_is_owed_is_not_forgotten(void **state)
{
    struct office *o = *state;
    assert_true(owes_june(o, "2023-07-10", report_units[0], false));
    assert_true(owes_june(o, "2024-03-01", report_units[0], false));
    assert_true(owes_june(o, "2032-12-31", report_units[0], false));
    assert_false(owes_june(o, "2033-09-01", report_units[0], true));
    submit(o, ID, "submitted", DUE_2_JULY + DATE_DAY_MS);
    assert_false(owes_june(o, "2024-03-01", report_units[0], false));
    assert_true(owes_june(o, "2024-03-01", report_units[1], false));
    json_t *j = ask(o, "{'verb':'close','report':'RP01','period':'2023-06'}");
    assert_int_equal(json_array_size(json_object_get(j, "missing")), REPORT_UNITS - 1);
    json_decref(j);
    assert_false(owes_june(o, "2024-03-01", report_units[1], false));
}

/* With "complete" nothing is closed while reports are missing, and the words say which. */
static void what_is_missing_is_said(void **state)
{
    struct office *o = *state;
    submit(o, ID, "submitted", DUE_2_JULY - 9000);
    json_t *j = ask(o, "{'verb':'close','report':'RP01','period':'2023-06','complete':true}");
    const char *vi = json_string_value(json_object_get(j, "vi"));
    const json_t *missing = json_object_get(j, "missing");
    assert_int_equal(hub_command_error_of(j), ERR_DENIED);
    assert_int_equal(json_array_size(missing), REPORT_UNITS - 1);
    const json_t *first = json_array_get(missing, 0);
    assert_non_null(strstr(vi, json_string_value(json_object_get(first, "name"))));
    assert_non_null(strstr(vi, "RP01 2023-06"));
    json_decref(j);
    assert_int_equal(told(o, CLOSE), ERR_OK);
}

static void two_officers_reopen(void **state)
{
    struct office *o = *state;
    struct buf order;
    struct id_hash id;
    struct hub_flow_row r;
    buf_init(&order, ORDER_BYTES_MAX);
    submit(o, ID, "submitted", DUE_2_JULY - 9000);
    office_officer(o, &o->an, 2, "An", ORDER_ROLE_REOPEN);
    office_officer(o, &o->binh, 3, "Bình", ORDER_ROLE_REOPEN);
    assert_int_equal(told(o, "{'verb':'reopen','report':'RP01','period':'2023-06','reason':'x'}"),
                     ERR_NOT_FOUND);
    assert_int_equal(told(o, CLOSE), ERR_OK);
    assert_row(o, FLOW_LOCKED, FLOW_TIME_IN_TIME);
    nobody_reopens_without_an_order(o);
    drafted(o, &order);
    struct order_signature an = office_signed(&o->an, buf_bytes(&order));
    struct order_signature binh = office_signed(&o->binh, buf_bytes(&order));
    assert_int_equal(hub_order_propose(&o->app, buf_bytes(&order), &an, o->hub.now_ms, &id),
                     ERR_OK);
    assert_row(o, FLOW_LOCKED, FLOW_TIME_IN_TIME); /* one is not enough */
    assert_int_equal(hub_order_approve(&o->app, &id, &an, o->hub.now_ms), ERR_DENIED);
    assert_row(o, FLOW_LOCKED, FLOW_TIME_IN_TIME);
    assert_int_equal(hub_order_approve(&o->app, &id, &binh, o->hub.now_ms), ERR_OK);
    assert_row(o, FLOW_SUBMITTED, FLOW_TIME_IN_TIME); /* what it was before */
    team(o, "06060606060606060606060606060606", "2023-06-15");
    assert_int_equal(last_verdict(o), FOLD_APPLIED); /* nothing is late for an open period */
    assert_int_equal(told(o, "{'verb':'supplement','report':'RP01','period':'2023-06'}"),
                     ERR_NOT_READY);
    json_t *j = ask(o, CLOSE);
    assert_int_equal(json_integer_value(json_object_get(j, "number")), 2);
    assert_string_equal(json_string_value(json_object_get(j, "mode")), "again");
    assert_int_equal(json_array_size(json_object_get(j, "missing")), REPORT_UNITS - 1);
    json_decref(j);
    row_of(o, 0, &r);
    assert_int_equal(r.row.state, FLOW_LOCKED);
    assert_int_equal(r.row.issue_number, 2);
    hub_flow_row_free(&r);
    buf_free(&order);
}

/* ---- triggers ---- */

static void a_hot_spot_calls_for_a_report(void **state)
{
    struct office *o = *state;
    json_t *r = ask(o, "{'verb':'triggers','on':'2023-06-30'}");
    assert_int_equal(json_array_size(json_object_get(r, "triggers")), 0);
    json_decref(r);
    report_put(&o->hub, 2,
               "{\"type\":\"hotspot\",\"id\":\"07070707070707070707070707070707\",\"kind\":"
               "\"drugs\",\"place\":\"x\",\"since\":\"2023-06-20\",\"state\":\"active\"}");
    r = ask(o, "{'verb':'triggers','on':'2023-06-30'}");
    const json_t *rows = json_object_get(r, "triggers");
    assert_int_equal(json_array_size(rows), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 0), "rule")), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "unit")),
                        report_units[2]);
    json_decref(r);
    r = ask(o, "{'verb':'triggers','on':'2023-07-20'}"); /* the 30 days before do not hold it */
    assert_int_equal(json_array_size(json_object_get(r, "triggers")), 0);
    json_decref(r);
}

/* ---- corrections ---- */

#define TEAM   "11111111111111111111111111111111"
#define REASON "Một người ghi hai lần"

static void members(struct office *o, int commune, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        char json[400];
        snprintf(json, sizeof json,
                 "{\"type\":\"team_member\",\"id\":\"%032x\",\"person\":\"%032x\",\"team\":\"" TEAM
                 "\",\"role\":\"member\",\"joined_on\":\"2023-05-10\"}",
                 0xabc000 + i, 0xdef000 + i);
        report_put(&o->hub, commune, json);
    }
}

/* The district corrects T02 of commune 0; its id as hex in `id`. */
static void correct(struct office *o, const char *before, const char *after, char id[33])
{
    json_t *q =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "verb", "correct", "unit",
                  report_units[0], "report", "RP03", "period", "2023", "indicator", "T02", "before",
                  before, "after", after, "reason", REASON, "person", "an");
    json_t *r = office_send(&o->app, q, ERR_OK);
    snprintf(id, 33, "%s", json_string_value(json_object_get(r, "id")));
    json_decref(r);
}

static json_t *correct_request(const char *indicator, const char *value, const char *before,
                               const char *after)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "verb", "correct",
                     "unit", report_units[0], "report", "RP03", "period", "2023", "indicator",
                     indicator, "value", value, "before", before, "after", after, "reason", REASON,
                     "person", "an");
}

/* A correction as a hub of before could write it: whatever was typed. */
static void correct_as_typed(struct office *o, const char *indicator, const char *value,
                             const char *before, const char *after, char id[33])
{
    struct buf payload;
    struct workflow_correct v = {
        .key = {bytes_str(report_units[0]), bytes_str("RP03"), bytes_str("2023")},
        .indicator = bytes_str(indicator),
        .value = bytes_str(value),
        .before = bytes_str(before),
        .after = bytes_str(after),
        .reason = bytes_str(REASON),
    };
    json_t *q = json_pack("{s:s}", "person", "an");
    randombytes_buf(v.id.b, sizeof v.id.b);
    id_hex(BYTES_OF(v.id.b), id);
    buf_init(&payload, CHANGE_BYTES_MAX);
    workflow_correct_encode(&v, &payload);
    assert_int_equal(hub_request_save(&o->app, q, &payload, NULL), ERR_OK);
    buf_free(&payload);
    json_decref(q);
}

static void answered(struct office *o, int commune, const char *id, const char *how)
{
    char json[400];
    snprintf(json, sizeof json,
             "{\"type\":\"correction\",\"id\":\"%s\",\"kind\":\"district\",\"reason\":\"x\","
             "\"on_date\":\"2023-07-01\",\"answer\":\"%s\"}",
             id, how);
    report_put(&o->hub, commune, json);
}

/* T02 of commune 0 and of all together, in that report of 2023. */
static void assert_figures(struct office *o, const char *form, int64_t commune, int64_t all)
{
    int64_t num = 0, den = 0;
    struct hub_report *r = report_of(&o->hub, form, NULL, "2023");
    assert_true(report_figure(r, "T02", report_units[0], &num, &den));
    assert_int_equal(num, commune);
    assert_true(report_figure(r, "T02", r->unit, &num, &den));
    assert_int_equal(num, all);
    hub_report_free(r);
}

static enum hub_correction_state state_of(struct office *o, size_t *count)
{
    struct hub_report *r = report_of(&o->hub, "RP04", NULL, "2023");
    enum hub_correction_state state = HUB_CORRECTION_NO_NUMBER;
    *count = r->correction_count;
    if (*count > 0) state = r->corrections[0].state;
    hub_report_free(r);
    return state;
}

static void five_members(struct office *o)
{
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"" TEAM
               "\",\"name\":\"Đội\",\"kind\":\"volunteer_team\","
               "\"founded_on\":\"2020-01-01\",\"state\":\"active\"}");
    members(o, 0, 0, 3);
    members(o, 1, 10, 2);
    assert_figures(o, "RP04", 3, 5);
}

static void a_correction_counts_once_the_commune_has_agreed(void **state)
{
    struct office *o = *state;
    char id[33], later[33];
    size_t count = 0;
    five_members(o);
    correct(o, "3", "2", id);
    assert_figures(o, "RP04", 3, 5);
    answered(o, 1, id, "agreed"); /* another commune's word is none */
    assert_figures(o, "RP04", 3, 5);
    correct(o, "3", "2", id);
    answered(o, 0, id, "agreed");
    assert_figures(o, "RP04", 2, 4); /* the district's own report of the same days */
    assert_figures(o, "RP03", 2, 4);
    assert_int_equal(state_of(o, &count), HUB_CORRECTION_APPLIED);
    assert_int_equal(count, 1);
    correct(o, "3", "1", later); /* no answer yet: the agreed one counts */
    assert_figures(o, "RP04", 2, 4);
    answered(o, 0, later, "agreed");
    assert_figures(o, "RP04", 1, 3); /* the newest of those */
    assert_int_equal(state_of(o, &count), HUB_CORRECTION_APPLIED);
    assert_int_equal(count, 1);
    members(o, 0, 20, 1); /* the commune's own change: the figure named is not there any more */
    assert_figures(o, "RP04", 4, 6);
    assert_int_equal(state_of(o, &count), HUB_CORRECTION_OVERTAKEN);
}

static void an_objection_and_what_is_no_number_count_nothing(void **state)
{
    struct office *o = *state;
    static const char *const afters[] = {"-1", "2.5", "hai", "007", "+2"};
    char id[33];
    size_t count = 0;
    five_members(o);
    correct(o, "3", "2", id);
    answered(o, 0, id, "objected");
    assert_figures(o, "RP04", 3, 5);
    (void)state_of(o, &count);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < sizeof afters / sizeof afters[0]; i++) {
        json_decref(
            office_send(&o->app, correct_request("T02", "", "3", afters[i]), ERR_BAD_INPUT));
        json_decref(
            office_send(&o->app, correct_request("T02", "", afters[i], "3"), ERR_BAD_INPUT));
        correct_as_typed(o, "T02", "", "3", afters[i], id);
        answered(o, 0, id, "agreed");
        assert_figures(o, "RP04", 3, 5);
        assert_int_equal(state_of(o, &count), HUB_CORRECTION_NO_NUMBER);
        assert_int_equal(count, 1);
    }
}

/* Sums are of things that people did, and of money: none of them is below 0 either. */
static void a_sum_is_not_corrected_to_less_than_nothing(void **state)
{
    struct office *o = *state;
    char id[33];
    size_t count = 0;
    report_put(&o->hub, 0,
               "{\"type\":\"activity\",\"id\":\"07070707070707070707070707070707\",\"title\":\"x\","
               "\"kind\":\"briefing\",\"field\":\"drugs\","
               "\"on_date\":\"2023-03-01\"}");
    json_decref(office_send(&o->app, correct_request("T13", "", "1", "-5"), ERR_BAD_INPUT));
    correct_as_typed(o, "T13", "", "1", "-5", id);
    answered(o, 0, id, "agreed");
    assert_int_equal(state_of(o, &count), HUB_CORRECTION_NO_NUMBER);
    assert_int_equal(count, 1);
    json_decref(office_send(&o->app, correct_request("T13", "", "1", "0"), ERR_OK));
}

static void a_report_shows_both_figures_and_keeps_the_reason_here(void **state)
{
    struct office *o = *state;
    char id[33];
    struct buf json, csv, sheet;
    five_members(o);
    struct hub_report *r = report_of(&o->hub, "RP04", NULL, "2023");
    buf_init(&json, HUB_CANONICAL_BYTES_MAX);
    buf_init(&csv, HUB_CANONICAL_BYTES_MAX);
    buf_init(&sheet, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_canonical_json(r, &json), ERR_OK);
    assert_null(strstr(buf_cstr(&json), "corrections")); /* bytes of before are as they were */
    assert_int_equal(hub_report_sheet(r, 0, &sheet), ERR_OK);
    char *before = strdup(buf_cstr(&sheet));
    hub_report_free(r);
    correct(o, "3", "2", id);
    answered(o, 0, id, "agreed");
    r = report_of(&o->hub, "RP04", NULL, "2023");
    buf_clear(&json);
    buf_clear(&sheet);
    assert_int_equal(hub_canonical_json(r, &json), ERR_OK);
    assert_int_equal(hub_canonical_csv(r, &csv), ERR_OK);
    assert_int_equal(hub_report_sheet(r, 0, &sheet), ERR_OK);
    assert_string_equal(buf_cstr(&sheet), before); /* the commune hands in what it counts */
    json_t *j = json_loadb((const char *)json.p, json.len, 0, NULL);
    const json_t *c = json_array_get(json_object_get(j, "corrections"), 0);
    assert_string_equal(json_string_value(json_object_get(c, "id")), id);
    assert_string_equal(json_string_value(json_object_get(c, "before")), "3");
    assert_string_equal(json_string_value(json_object_get(c, "after")), "2");
    assert_string_equal(json_string_value(json_object_get(c, "state")), "applied");
    assert_null(strstr(buf_cstr(&json), REASON)); /* free text does not leave */
    assert_null(strstr(buf_cstr(&csv), REASON));
    assert_non_null(strstr(buf_cstr(&csv), "\ncorrection,"));
    json_t *told = ask(o, "{'verb':'report','report':'RP04','period':'2023'}");
    assert_non_null(strstr(json_string_value(json_object_get(told, "text")), REASON));
    json_decref(told);
    json_decref(j);
    hub_report_free(r);
    free(before);
    buf_free(&json);
    buf_free(&csv);
    buf_free(&sheet);
}

/* The list of corrections in the canonical figures; what else is printed is free of NAME. */
#define NAME "Nguyễn Văn Nghiện"
static json_t *printed_corrections(struct office *o)
{
    struct buf b;
    struct hub_report *r = report_of(&o->hub, "RP04", NULL, "2023");
    buf_init(&b, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_canonical_csv(r, &b), ERR_OK);
    assert_non_null(strstr(buf_cstr(&b), "\ncorrection,"));
    assert_null(strstr(buf_cstr(&b), NAME));
    buf_clear(&b);
    assert_int_equal(hub_report_print(r, false, true, &b), ERR_OK);
    assert_null(strstr(buf_cstr(&b), NAME));
    buf_clear(&b);
    assert_int_equal(hub_canonical_json(r, &b), ERR_OK);
    assert_null(strstr(buf_cstr(&b), NAME));
    json_t *j = json_loadb((const char *)b.p, b.len, 0, NULL);
    json_t *list = json_incref(json_object_get(j, "corrections"));
    json_decref(j);
    hub_report_free(r);
    buf_free(&b);
    return list;
}

static void words_in_the_place_of_a_number_do_not_leave(void **state)
{
    struct office *o = *state;
    char id[33];
    static const char *const wrong[][4] = {
        {"T02", "", "3", "2 (" NAME ")"},     {"T02", "", NAME, "2"}, {"T02", NAME, "3", "2"},
        {"T02", "nobody", "3", "2"},          {"T02", "", "3", "-2"}, {"T08", "", "50", "60"},
        {"T02", "", "1000000000000000", "2"},
    };
    five_members(o);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        json_decref(office_send(&o->app,
                                correct_request(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3]),
                                ERR_BAD_INPUT));
    json_decref(
        office_send(&o->app, correct_request("T02", "member", "3", "999999999999999"), ERR_OK));
    /* What stands in a log already is printed as nothing. */
    correct_as_typed(o, "T02", "", "3 " NAME, "2 " NAME, id);
    answered(o, 0, id, "agreed");
    correct_as_typed(o, "T02", NAME, "3", "2", id);
    answered(o, 0, id, "agreed");
    json_t *list = printed_corrections(o);
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *c = json_array_get(list, i), *value = json_object_get(c, "value");
        bool nowhere = json_is_null(value);
        const char *said = json_string_value(json_object_get(c, "state"));
        assert_string_equal(said, nowhere ? "overtaken" : "no_number");
        assert_int_equal(json_is_null(json_object_get(c, "before")), !nowhere);
        assert_int_equal(json_is_null(json_object_get(c, "after")), !nowhere);
        assert_int_equal(nowhere, i == 1);
    }
    json_decref(list);
}

/* What is behind a cell names the one correction that counts in it, or none. */
static void explained(struct office *o, const char *request, const char *id)
{
    json_t *r = ask(o, request);
    const json_t *list = json_object_get(r, "corrections"), *c = json_array_get(list, 0);
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    assert_int_equal(json_array_size(list), id != NULL);
    if (id != NULL) {
        assert_string_equal(json_string_value(json_object_get(c, "id")), id);
        assert_string_equal(json_string_value(json_object_get(c, "before")), "3");
        assert_string_equal(json_string_value(json_object_get(c, "after")), "2");
    }
    json_decref(r);
}

static void a_correction_after_closing_makes_a_supplement(void **state)
{
    struct office *o = *state;
    char id[33];
    five_members(o);
    assert_int_equal(told(o, "{'verb':'close','report':'RP04','period':'2023','person':'an'}"),
                     ERR_OK);
    correct(o, "3", "2", id);
    answered(o, 0, id, "agreed");
    json_t *r = ask(o, "{'verb':'supplement','report':'RP04','period':'2023','person':'an'}");
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    const json_t *cells = json_object_get(r, "cells");
    size_t of_t02 = 0;
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i), *b = json_object_get(cell, "b");
        if (strcmp(json_string_value(json_object_get(b, "indicator")), "T02") != 0) continue;
        of_t02++;
        json_t *causes = json_object_get(cell, "causes");
        assert_int_equal(json_array_size(causes), 1);
        assert_string_equal(json_string_value(json_array_get(causes, 0)), "corrected");
    }
    assert_int_equal(of_t02, 2); /* the commune, and all together */
    json_decref(r);
    explained(o, "{'verb':'explain','issue':1,'cell':'T02'}", NULL);
    explained(o, "{'verb':'explain','issue':2,'cell':'T02'}", id);
    explained(o, "{'verb':'explain','report':'RP04','period':'2023','cell':'T02'}", id);
    explained(o, "{'verb':'explain','issue':2,'cell':'T01'}", NULL);
    for (int issue = 1; issue <= 2; issue++) { /* rebuilt out of the log, both are as issued */
        char text[64];
        snprintf(text, sizeof text, "{'verb':'verify','issue':%d}", issue);
        r = ask(o, text);
        assert_true(json_is_true(json_object_get(r, "ok")));
        assert_true(json_is_true(json_object_get(r, "rebuilt")));
        json_decref(r);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(in_time_when_the_hub_had_it),
        TEST(late_by_its_own_clock),
        TEST(late_and_unproven),
        TEST(late_by_what_it_had_seen),
        TEST(a_judgement_is_about_one_submission),
        TEST(an_older_judgement_that_comes_later_counts_for_nothing),
        TEST(a_note_is_no_submission),
        TEST(what_the_district_settles_is_not_late),
        TEST(free_texts_are_for_who_needs_to_know),
        TEST(nobody_confirms_an_own_text),
        TEST(a_second_record_hides_nothing),
        TEST(in_time_is_of_what_was_due),
        TEST(a_merger_takes_no_report_along),
        TEST(a_merger_in_the_period_brings_its_report),
        TEST(zero_nothing_and_withdrawn_differ),
        TEST(only_days_of_a_closed_period_are_late),
        TEST(what_has_not_begun_is_not_closed),
        TEST(what_is_owed_is_not_forgotten),
        TEST(what_is_missing_is_said),
        TEST(two_officers_reopen),
        TEST(a_hot_spot_calls_for_a_report),
        cmocka_unit_test_setup_teardown(a_correction_counts_once_the_commune_has_agreed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_sum_is_not_corrected_to_less_than_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_objection_and_what_is_no_number_count_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_report_shows_both_figures_and_keeps_the_reason_here,
                                        setup, teardown),
        TEST(words_in_the_place_of_a_number_do_not_leave),
        cmocka_unit_test_setup_teardown(a_correction_after_closing_makes_a_supplement, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The registers of data-protection law: their clocks, their lists, and what status says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/io/clock.h"
#include "hub/own.h"
#include "proto/erase.h"
#include "common/legal.h"
#include "tests/lib/office.h"

#define HOUR_MS INT64_C(3600000)

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

/* A day so many days from today, in Vietnam. */
static const char *day(int days, char out[DATE_TEXT_ROOM])
{
    struct date d;
    assert_int_equal(date_of_ms(clock_wall_ms(), &d), ERR_OK);
    assert_int_equal(date_add_days(d, days, &d), ERR_OK);
    date_print(d, out);
    return out;
}

static struct date date_at(const char *text)
{
    struct date d;
    assert_int_equal(date_parse(bytes_str(text), &d), ERR_OK);
    return d;
}

static void assert_day(const struct legal_clock *k, const char *want)
{
    char text[DATE_TEXT_ROOM];
    assert_true(k->has);
    date_print(k->day, text);
    assert_string_equal(text, want);
}

/* ---- clocks ---- */

static void each_request_has_the_clock_of_its_day(void **state)
{
    struct office *o = *state;
    const struct catalogue *c = hub_store_catalogue(o->app.store);
    struct legal_clock answer, done;
    static const struct {
        const char *kind, *received, *answer, *done; /* "": no clock */
    } cases[] = {
        {"access", "2026-03-05", "2026-03-09", "2026-03-19"},     /* a Thursday: 2 and 10 */
        {"correction", "2026-03-07", "2026-03-10", "2026-03-20"}, /* a Saturday */
        {"restriction", "2026-03-05", "2026-03-09", "2026-03-26"},
        {"erasure", "2026-03-05", "2026-03-09", "2026-04-02"},
        {"other", "2026-03-05", "2026-03-09", ""},
        {"erasure", "2025-12-31", "", "2026-01-03"}, /* the law before: 72 hours for all */
        {"erasure", "2026-01-01", "2026-01-05", "2026-01-29"},
        {"access", "2023-06-30", "", ""},                     /* before any of them */
        {"access", "2026-02-13", "2026-02-24", "2026-03-06"}, /* over Tet */
        {"erasure", "2026-04-20", "2026-04-22",
         "2026-05-21"}, /* Hung Kings on a Sunday, 30/4, 1/5 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        legal_request(c, cases[i].kind, date_at(cases[i].received), &answer, &done);
        if (cases[i].answer[0] != '\0') assert_day(&answer, cases[i].answer);
        if (cases[i].done[0] != '\0') assert_day(&done, cases[i].done);
        assert_int_equal(answer.has, cases[i].answer[0] != '\0');
        assert_int_equal(done.has, cases[i].done[0] != '\0');
        if (done.has) assert_int_equal(done.late_ms, date_to_ms(done.day) + DATE_DAY_MS);
        assert_false(answer.guessed || done.guessed);
    }
}

static void a_breach_has_72_hours_to_the_minute(void **state)
{
    struct office *o = *state;
    const struct catalogue *c = hub_store_catalogue(o->app.store);
    struct legal_clock k;
    struct date on = date_at("2026-03-05");
    legal_breach(c, on, 8 * 60 + 30, &k);
    assert_true(k.has);
    assert_int_equal(k.late_ms, date_to_ms(on) + 8 * HOUR_MS + HOUR_MS / 2 + 72 * HOUR_MS);
    legal_breach(c, date_at("2023-06-30"), 0, &k);
    assert_false(k.has);
    assert_int_equal(legal_minute("00:00"), 0);
    assert_int_equal(legal_minute("23:59"), 1439);
    static const char *const wrong[] = {"", "24:00", "8:30", "08:60", "0830", "08:3x", "08:300"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(legal_minute(wrong[i]), -1);
    assert_int_equal(legal_minute(NULL), -1);
}

/* ---- commands ---- */

static void add(struct hub_app *a, const char *verb, json_t *values, char id[static 33])
{
    json_t *r = office_send(a,
                            json_pack("{s:s, s:s, s:s, s:o}", "verb", verb, "action", "add",
                                      "person", "Lan", "values", values),
                            ERR_OK);
    snprintf(id, 33, "%s", json_string_value(json_object_get(r, "id")));
    json_decref(r);
}

static json_t *set(struct hub_app *a, const char *verb, const char *id, json_t *values,
                   enum err want)
{
    return office_send(a,
                       json_pack("{s:s, s:s, s:s, s:o}", "verb", verb, "action", "set", "id", id,
                                 "values", values),
                       want);
}

static void expect(struct hub_app *a, const char *verb, const char *id, const char *state,
                   json_int_t open, json_int_t overdue)
{
    json_t *r = office_send(a, json_pack("{s:s}", "verb", verb), ERR_OK);
    const json_t *rows = json_object_get(r, "rows");
    bool found = false;
    assert_int_equal(json_integer_value(json_object_get(r, "open")), open);
    assert_int_equal(json_integer_value(json_object_get(r, "overdue")), overdue);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, "id")), id) != 0) continue;
        assert_string_equal(json_string_value(json_object_get(row, "state")), state);
        found = true;
    }
    assert_true(found);
    json_decref(r);
}

static json_int_t status_of(struct hub_app *a, const char *key, const char *warning, bool warned)
{
    json_t *r = office_send(a, json_pack("{s:s}", "verb", "status"), ERR_OK);
    json_int_t n = json_integer_value(json_object_get(r, key));
    const json_t *w = json_object_get(r, "warnings");
    bool there = false;
    for (size_t i = 0; i < json_array_size(w); i++)
        there = there || strcmp(json_string_value(json_object_get(json_array_get(w, i), "code")),
                                warning) == 0;
    assert_int_equal(there, warned);
    json_decref(r);
    return n;
}

static void a_request_goes_from_its_receipt_to_its_end(void **state)
{
    struct office *o = *state;
    struct hub_app *a = &o->app;
    char id[33], late[33], d[DATE_TEXT_ROOM];
    add(a, "request",
        json_pack("{s:s, s:s, s:s}", "kind", "access", "received_on", day(0, d), "requester",
                  "Nguyễn Thị Lan"),
        id);
    expect(a, "request", id, "received", 1, 0);
    add(a, "request",
        json_pack("{s:s, s:s, s:s}", "kind", "correction", "received_on", day(-40, d), "requester",
                  "Trần Văn Trễ"),
        late);
    expect(a, "request", late, "overdue", 2, 1);
    assert_int_equal(status_of(a, "requests_overdue", "requests_overdue", true), 1);
    /* answered in time, and more time is given: not late any more */
    json_decref(set(a, "request", late,
                    json_pack("{s:s, s:s, s:s}", "answered_on", day(-39, d), "extended_to",
                              "2099-01-01", "extended_why", "hồ sơ ở ba nơi"),
                    ERR_OK));
    expect(a, "request", late, "open", 2, 0);
    json_decref(set(a, "request", late, json_pack("{s:s}", "done_on", day(-60, d)), ERR_BAD_VALUE));
    json_decref(set(a, "request", late,
                    json_pack("{s:s, s:s}", "outcome", "granted", "done_on", day(0, d)), ERR_OK));
    expect(a, "request", late, "done", 1, 0);
    assert_int_equal(status_of(a, "requests_open", "requests_overdue", false), 1);
    json_t *r = office_send(a, json_pack("{s:s, s:b}", "verb", "request", "open", 1), ERR_OK);
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
}

static void an_erasure_is_done_by_an_order_only(void **state)
{
    struct office *o = *state;
    struct hub_app *a = &o->app;
    char id[33], d[DATE_TEXT_ROOM];
    add(a, "request",
        json_pack("{s:s, s:s, s:s}", "kind", "erasure", "received_on", day(0, d), "requester",
                  "Lê Văn Quên"),
        id);
    json_decref(set(a, "request", id,
                    json_pack("{s:s, s:s}", "outcome", "granted", "done_on", day(0, d)),
                    ERR_NOT_READY));
    expect(a, "request", id, "received", 1, 0);
    char none[65];
    memset(none, 'a', 64);
    none[64] = '\0';
    json_decref(set(a, "request", id, json_pack("{s:s}", "order_id", none), ERR_NOT_FOUND));
    json_decref(set(a, "request", id,
                    json_pack("{s:s, s:s}", "outcome", "refused", "done_on", day(0, d)), ERR_OK));
    expect(a, "request", id, "done", 0, 0);
    json_decref(set(a, "request", "00000000000000000000000000000000",
                    json_pack("{s:s}", "note", "x"), ERR_NOT_FOUND));
    json_decref(set(a, "breach", id, json_pack("{s:s}", "note", "x"), ERR_NOT_FOUND));
}

/* Whatever is set first, and wherever it was typed. */
static void a_granted_erasure_stays_open_without_its_order(void **state)
{
    struct office *o = *state;
    struct hub_app *a = &o->app;
    char id[33], d[DATE_TEXT_ROOM], json[400];
    add(a, "request",
        json_pack("{s:s, s:s, s:s}", "kind", "access", "received_on", day(0, d), "requester",
                  "Lê Văn Quên"),
        id);
    json_decref(set(a, "request", id,
                    json_pack("{s:s, s:s}", "outcome", "granted", "done_on", day(0, d)), ERR_OK));
    expect(a, "request", id, "done", 0, 0);
    json_decref(set(a, "request", id, json_pack("{s:s}", "kind", "erasure"), ERR_NOT_READY));
    expect(a, "request", id, "done", 0, 0);
    static const char *const rows[] = {"22222222222222222222222222222222",
                                       "33333333333333333333333333333333"};
    static const char *const more[] = {"\"outcome\":\"granted\",",
                                       "\"outcome\":\"partly\",\"order_id\":"
                                       "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                       "aaaaaaaaaa\","};
    for (size_t i = 0; i < 2; i++) { /* of a commune that has no such rule */
        snprintf(json, sizeof json,
                 "{\"type\":\"data_request\",\"id\":\"%s\",\"kind\":\"erasure\",%s"
                 "\"received_on\":\"%s\",\"requester\":\"Trần Thị Nhớ\",\"done_on\":\"%s\"}",
                 rows[i], more[i], day(0, d), d);
        report_put(&o->hub, 0, json);
        expect(a, "request", rows[i], "received", (json_int_t)i + 1, 0);
    }
    json_decref(set(a, "request", rows[0], json_pack("{s:s}", "note", "x"), ERR_NOT_READY));
    json_decref(set(a, "request", rows[0], json_pack("{s:s}", "outcome", "refused"), ERR_OK));
    expect(a, "request", rows[0], "done", 1, 0);
}

/* ---- orders ---- */

static void erase(struct office *o, const char *rid, char hex[static 2 * ID_HASH_BYTES + 1])
{
    struct erase_list l = {.records = NULL};
    struct id_record r;
    assert_int_equal(id_unhex(rid, r.b, sizeof r.b), ERR_OK);
    assert_int_equal(erase_add_record(&l, &r), ERR_OK);
    office_erase(o, &l, hex);
    erase_free(&l);
}

/* What a commune wrote, where no such rule is. */
static void claimed(struct office *o, const char *rid, const char *person, const char *order,
                    int back)
{
    char json[500], d[DATE_TEXT_ROOM], today[DATE_TEXT_ROOM];
    snprintf(
        json, sizeof json,
        "{\"type\":\"data_request\",\"id\":\"%s\",\"kind\":\"erasure\",\"outcome\":\"granted\","
        "\"received_on\":\"%s\",\"requester\":\"Trần Thị Nhớ\",\"done_on\":\"%s\","
        "\"person\":\"%s\",\"order_id\":\"%s\"}",
        rid, day(-back, d), day(0, today), person, order);
    report_put(&o->hub, 0, json);
}

static void an_order_answers_one_request_about_its_person(void **state)
{
    static const char *const persons[] = {"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
                                          "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"};
    static const char *const rows[] = {"22222222222222222222222222222222",
                                       "33333333333333333333333333333333",
                                       "11111111111111111111111111111111"};
    struct office *o = *state;
    struct hub_app *a = &o->app;
    char json[300], order[2 * ID_HASH_BYTES + 1], id[33], d[DATE_TEXT_ROOM];
    for (size_t i = 0; i < 2; i++) {
        snprintf(json, sizeof json,
                 "{\"type\":\"person\",\"id\":\"%s\",\"full_name\":\"Lê Văn Quên\"}", persons[i]);
        report_put(&o->hub, 0, json);
    }
    office_officer(o, &o->an, 2, "An", ORDER_ROLE_ERASE);
    office_officer(o, &o->binh, 3, "Bình", ORDER_ROLE_ERASE);
    erase(o, persons[0], order);
    claimed(o, rows[0], persons[1], order, 2); /* somebody else's order */
    expect(a, "request", rows[0], "received", 1, 0);
    claimed(o, rows[1], persons[0], order, 1);
    expect(a, "request", rows[0], "received", 1, 0);
    expect(a, "request", rows[1], "done", 1, 0);
    claimed(o, rows[2], persons[0], order, 0); /* the same order for a second one */
    expect(a, "request", rows[1], "done", 2, 0);
    expect(a, "request", rows[2], "received", 2, 0);
    add(a, "request",
        json_pack("{s:s, s:s, s:s, s:s}", "kind", "erasure", "received_on", day(-3, d), "requester",
                  "Lê Văn Quên", "person", persons[1]),
        id);
    json_decref(set(a, "request", id, json_pack("{s:s}", "order_id", order), ERR_BAD_VALUE));
    json_decref(set(a, "request", id, json_pack("{s:s, s:s}", "order_id", order, "person", ""),
                    ERR_EXISTS));
    erase(o, persons[1], order);
    json_decref(set(a, "request", id, json_pack("{s:s}", "order_id", order), ERR_OK));
    json_decref(set(a, "request", id,
                    json_pack("{s:s, s:s}", "outcome", "granted", "done_on", day(0, d)), ERR_OK));
    expect(a, "request", id, "done", 2, 0);
}

static void a_breach_runs_until_the_authority_knows(void **state)
{
    struct office *o = *state;
    struct hub_app *a = &o->app;
    char id[33], d[DATE_TEXT_ROOM];
    add(a, "breach",
        json_pack("{s:s, s:s, s:s, s:i}", "kind", "stolen", "detected_on", day(-4, d),
                  "detected_at", "08:30", "people", 120),
        id);
    expect(a, "breach", id, "overdue", 1, 1);
    assert_int_equal(status_of(a, "breaches_overdue", "breaches_overdue", true), 1);
    json_decref(set(a, "breach", id, json_pack("{s:s}", "notified_at", "25:00"), ERR_BAD_VALUE));
    json_decref(set(a, "breach", id,
                    json_pack("{s:s, s:s}", "notified_on", day(-1, d), "notified_at", "08:29"),
                    ERR_OK));
    expect(a, "breach", id, "notified", 1, 0); /* a minute before the 72 hours were over */
    json_decref(set(a, "breach", id, json_pack("{s:s}", "notified_at", "08:30"), ERR_OK));
    expect(a, "breach", id, "notified_late", 1, 0);
    json_decref(set(a, "breach", id, json_pack("{s:s}", "closed_on", day(0, d)), ERR_OK));
    expect(a, "breach", id, "closed_late", 0, 0);
    add(a, "breach", json_pack("{s:s, s:s}", "kind", "misdirected", "detected_on", day(0, d)), id);
    expect(a, "breach", id, "to_notify", 1, 0);
    assert_int_equal(status_of(a, "breaches_open", "breaches_running", true), 1);
    json_decref(set(a, "breach", id, json_pack("{s:s}", "risk", "none"), ERR_OK));
    expect(a, "breach", id, "open", 1, 0); /* no duty to notify; still to be closed */
    assert_int_equal(status_of(a, "breaches_open", "breaches_running", false), 1);
}

int main(void)
{
#define WITH_OFFICE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_OFFICE(each_request_has_the_clock_of_its_day),
        WITH_OFFICE(a_breach_has_72_hours_to_the_minute),
        WITH_OFFICE(a_request_goes_from_its_receipt_to_its_end),
        WITH_OFFICE(an_erasure_is_done_by_an_order_only),
        WITH_OFFICE(a_granted_erasure_stays_open_without_its_order),
        WITH_OFFICE(an_order_answers_one_request_about_its_person),
        WITH_OFFICE(a_breach_runs_until_the_authority_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

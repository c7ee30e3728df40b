/*
 * Claims about explain: what each record does in a figure, live and of an issue, whatever changed since; and that
 * an issue which did not keep it says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/io/db.h"
#include "hub/command_priv.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/office.h"

#define TEAM  "1e000000000000000000000000000000"
#define LIVE  "'report':'RP04','period':'2023'"
#define ISSUE "'issue':1"

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

/* Records of members begin with b, of their assignments with c. */
static void member(struct office *o, unsigned i, unsigned person)
{
    char json[400];
    snprintf(json, sizeof json,
             "{\"type\":\"team_member\",\"id\":\"b%031x\",\"person\":\"a%031x\",\"team\":\"" TEAM
             "\",\"role\":\"member\",\"joined_on\":\"2023-05-10\"}",
             i, person);
    report_put(&o->hub, 0, json);
}

static void assigned(struct office *o, unsigned i)
{
    char json[400];
    snprintf(
        json, sizeof json,
        "{\"type\":\"assignment\",\"id\":\"c%031x\",\"member\":\"b%031x\",\"client\":\"d%031x\","
        "\"purpose\":\"persuade_rehab\",\"from_on\":\"2023-06-01\"}",
        i, i, i);
    report_put(&o->hub, 0, json);
}

static void session(struct office *o, unsigned i, int clients)
{
    char json[400];
    snprintf(json, sizeof json,
             "{\"type\":\"point_session\",\"id\":\"e%031x\",\"on_date\":\"2023-06-0%u\","
             "\"clients\":\"%d\"}",
             i, i, clients);
    report_put(&o->hub, 0, json);
}

/* Three persons in a team, the first by two records; the second of those and person 2 are assigned. */
static void team(struct office *o)
{
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"" TEAM
               "\",\"name\":\"Đội\",\"kind\":\"volunteer_team\",\"founded_on\":\"2020-01-01\","
               "\"state\":\"active\"}");
    for (unsigned i = 1; i <= 3; i++)
        member(o, i, i);
    member(o, 4, 1);
    assigned(o, 4);
    assigned(o, 2);
    session(o, 1, 5);
    session(o, 2, 7);
}

static json_t *explained(struct office *o, const char *of, const char *cell)
{
    char text[200];
    snprintf(text, sizeof text, "{'verb':'explain',%s,'cell':'%s'}", of, cell);
    json_t *r = office_ask(&o->app, text);
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    return r;
}

static const json_t *record_of(const json_t *r, const char *id, size_t *at)
{
    const json_t *list = json_object_get(r, "records"), *found = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        const char *rid = hub_request_str(v, "id");
        if (rid[0] != id[0] || strcmp(rid + strlen(rid) - strlen(id + 1), id + 1) != 0) continue;
        found = v;
        *at = i;
    }
    assert_non_null(found);
    return found;
}

static void says(const json_t *r, const char *id, int num, int den, const char *vi)
{
    size_t at;
    const json_t *v = record_of(r, id, &at), *d = json_object_get(v, "den");
    assert_int_equal(json_integer_value(json_object_get(v, "num")), num);
    assert_int_equal(d != NULL ? json_integer_value(d) : -1, den);
    assert_string_equal(hub_request_str(v, "does_vi"), vi);
}

#define OTHER "đã tính ở hồ sơ khác của cùng đối tượng"

static void all_of_it(struct office *o, const char *of)
{
    size_t first = 9;
    json_t *r = explained(o, of, "T03@26170");
    const json_t *cell = json_object_get(r, "cell");
    assert_true(json_is_true(json_object_get(r, "parts")));
    assert_int_equal(json_integer_value(json_object_get(cell, "num")), 2);
    assert_int_equal(json_integer_value(json_object_get(cell, "den")), 3);
    assert_int_equal(json_integer_value(json_object_get(r, "rest_den")), 0);
    assert_int_equal(json_array_size(json_object_get(r, "records")), 4);
    (void)record_of(r, "b3", &first);
    assert_int_equal(first, 0); /* who is missing stands first */
    says(r, "b3", 0, 1, "chưa đạt");
    says(r, "b1", 0, 0, OTHER);
    says(r, "b2", 1, 1, "đạt");
    says(r, "b4", 1, 1, "đạt");
    json_decref(r);
    r = explained(o, of, "T02@26170");
    says(r, "b1", 1, -1, "cộng thêm 1");
    says(r, "b4", 0, -1, OTHER);
    says(r, "b3", 1, -1, "cộng thêm 1");
    json_decref(r);
    r = explained(o, of, "T11");
    says(r, "e1", 5, -1, "cộng thêm 5");
    says(r, "e2", 7, -1, "cộng thêm 7");
    json_decref(r);
}

static void run(struct office *o, const char *sql)
{
    assert_int_equal(db_exec(hub_store_db(o->hub.store), sql), ERR_OK);
}

static enum err closed(struct office *o)
{
    json_t *r =
        office_ask(&o->app, "{'verb':'close','report':'RP04','period':'2023','person':'an'}");
    enum err e = hub_command_error_of(r);
    json_decref(r);
    return e;
}

static void verified(struct office *o)
{
    json_t *r = office_ask(&o->app, "{'verb':'verify','issue':1}");
    assert_true(json_is_true(json_object_get(r, "ok")));
    assert_true(json_is_true(json_object_get(r, "rebuilt")));
    json_decref(r);
}

static void each_record_says_what_it_does(void **state)
{
    struct office *o = *state;
    team(o);
    all_of_it(o, LIVE);
    assert_int_equal(closed(o), ERR_OK);
    all_of_it(o, ISSUE);
}

/* What is behind a rate is not listed (the assignment): only what was kept can say it. */
static void an_issue_says_it_as_it_was(void **state)
{
    struct office *o = *state;
    team(o);
    assert_int_equal(closed(o), ERR_OK);
    assigned(o, 3);
    session(o, 1, 50);
    json_t *r = explained(o, LIVE, "T03@26170");
    says(r, "b3", 1, 1, "đạt");
    json_decref(r);
    all_of_it(o, ISSUE);
    verified(o);
}

static void an_issue_that_did_not_keep_it_says_so(void **state)
{
    struct office *o = *state;
    static const char *const cells[] = {"T03@26170", "T02@26170", "T11"};
    team(o);
    assert_int_equal(closed(o), ERR_OK);
    run(o, "DELETE FROM sys_issue_part");
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        json_t *r = explained(o, ISSUE, cells[i]);
        const json_t *list = json_object_get(r, "records");
        assert_true(json_is_false(json_object_get(r, "parts")));
        assert_null(json_object_get(r, "rest_den"));
        assert_true(json_array_size(list) > 1);
        for (size_t k = 0; k < json_array_size(list); k++) {
            assert_null(json_object_get(json_array_get(list, k), "num"));
            assert_null(json_object_get(json_array_get(list, k), "does_vi"));
        }
        json_decref(r);
    }
    all_of_it(o, LIVE);
    verified(o);
}

/* What rots says so: a part too many, one too few, one that is none. */
static void damaged_parts_are_told(void **state)
{
    struct office *o = *state;
    static const char *const harms[] = {"CAST(parts || x'11' AS BLOB)", "substr(parts, 2)",
                                        "x'ff'"};
    team(o);
    assert_int_equal(closed(o), ERR_OK);
    run(o, "CREATE TABLE kept AS SELECT * FROM sys_issue_part");
    for (size_t i = 0; i < sizeof harms / sizeof harms[0]; i++) {
        char sql[120];
        snprintf(sql, sizeof sql, "UPDATE sys_issue_part SET parts = %s", harms[i]);
        run(o, sql);
        json_t *r = office_ask(&o->app, "{'verb':'explain','issue':1,'cell':'T02@26170'}");
        print_message("%s\n", harms[i]);
        assert_int_equal(hub_command_error_of(r), ERR_DAMAGED);
        json_decref(r);
        run(o, "DELETE FROM sys_issue_part; INSERT INTO sys_issue_part SELECT * FROM kept");
    }
    all_of_it(o, ISSUE);
}

/* RP04 without its first line, all others a number earlier; members by the list that was not theirs; one more. */
static void other_form(const struct catalogue_file *file, char *out, size_t room)
{
    size_t at = 0;
    const char *next = NULL;
    for (const char *p = (const char *)file->data.p, *end = p + file->data.len; p < end; p = next) {
        unsigned no = 0;
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        next = eol != NULL ? eol + 1 : end;
        int n = 0;
        if (sscanf(p, "RP04,%u,", &no) != 1) {
            n = snprintf(out + at, room - at, "%.*s", (int)(next - p), p);
        } else if (no == 2) {
            n = snprintf(out + at, room - at, "RP04,1,T02,sex,,\n");
        } else if (no > 1) {
            const char *rest = strchr(p + 5, ',');
            n = snprintf(out + at, room - at, "RP04,%u%.*s", no - 1, (int)(next - rest), rest);
            if (no == 34) n += snprintf(out + at + n, room - at - (size_t)n, "RP04,34,C01,,,\n");
        }
        at += (size_t)n;
        assert_true(at < room);
    }
}

static void publish_other_form(struct office *o)
{
    static char text[65536];
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, "report_lines.csv") != 0) continue;
        other_form(&files[i], text, sizeof text);
        struct bytes was = files[i].data;
        files[i].data = bytes_str(text);
        report_publish(&o->hub, 2, files, count);
        files[i].data = was;
    }
    catalogue_unload(files, count);
}

static void one_line(const json_t *r, const char *key, size_t count, const char *indicator,
                     const char *by)
{
    const json_t *list = json_object_get(r, key);
    bool found = false;
    assert_int_equal(json_array_size(list), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *v = json_array_get(list, i);
        found = found || (strcmp(hub_request_str(v, "indicator"), indicator) == 0 &&
                          strcmp(json_string_value(json_object_get(v, "by")), by) == 0);
    }
    assert_true(found);
}

/* Lines are told by what they count: none that only got another number differs. */
static void forms_of_two_editions_are_compared_by_what_lines_count(void **state)
{
    struct office *o = *state;
    team(o);
    assert_int_equal(closed(o), ERR_OK);
    publish_other_form(o);
    json_t *r = office_ask(&o->app, "{'verb':'diff','a':1}");
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    one_line(r, "lines_gone", 2, "T01", "");
    one_line(r, "lines_gone", 2, "T02", "role");
    one_line(r, "lines_new", 2, "C01", "");
    one_line(r, "lines_new", 2, "T02", "sex");
    const json_t *cells = json_object_get(r, "cells");
    assert_true(json_array_size(cells) > 0);
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *v = json_array_get(cells, i), *a = json_object_get(v, "a");
        const json_t *side = json_is_null(a) ? json_object_get(v, "b") : a;
        const char *id = hub_request_str(side, "indicator");
        bool split = strcmp(id, "T02") == 0 && !json_is_true(json_object_get(side, "total"));
        if (!split && strcmp(id, "T01") != 0 && strcmp(id, "C01") != 0) fail_msg("%s", id);
    }
    json_decref(r);
}

/* One person of two communes, whom somebody found to be one: counted once together, and that is said. */
static void who_is_in_two_communes_is_taken_out_once(void **state)
{
    struct office *o = *state;
    char json[400], resolve[120];
    for (int i = 0; i < 2; i++) {
        snprintf(json, sizeof json,
                 "{\"type\":\"person\",\"id\":\"a%031x\",\"full_name\":\"Lê An\",\"sex\":\"male\","
                 "\"dob\":\"1990\",\"national_id\":\"075090000001\"}",
                 i + 1);
        report_put(&o->hub, i, json);
        snprintf(
            json, sizeof json,
            "{\"type\":\"drug_case\",\"id\":\"b%031x\",\"person\":\"a%031x\",\"in_list\":\"1\","
            "\"listed_on\":\"2023-01-10\"}",
            i + 1, i + 1);
        report_put(&o->hub, i, json);
    }
    json_t *r = explained(o, LIVE, "D01");
    assert_null(json_object_get(r, "merged"));
    json_decref(r);
    r = office_ask(&o->app, "{'verb':'conflicts'}");
    const json_t *pair = json_array_get(json_object_get(r, "pairs"), 0);
    snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'same'}",
             hub_request_str(pair, "id"));
    json_decref(r);
    json_decref(office_ask(&o->app, resolve));
    r = explained(o, LIVE, "D01");
    assert_int_equal(json_integer_value(json_object_get(r, "merged")), 1);
    json_decref(r);
    r = explained(o, LIVE, "D01@26170");
    assert_null(json_object_get(r, "merged"));
    json_decref(r);
}

/* Any two issues: what both forms count is compared, the rest is named. */
static void two_forms_are_compared(void **state)
{
    struct office *o = *state;
    team(o);
    assert_int_equal(closed(o), ERR_OK);
    json_t *r = office_ask(&o->app, "{'verb':'close','report':'RP06','period':'2023'}");
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    json_decref(r);
    r = office_ask(&o->app, "{'verb':'diff','a':1,'b':2}");
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    assert_true(json_integer_value(json_object_get(r, "same")) > 0);
    assert_int_equal(json_integer_value(json_object_get(r, "differing")), 0);
    assert_true(json_array_size(json_object_get(r, "lines_gone")) > 20);
    json_decref(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_record_says_what_it_does),
        TEST(an_issue_says_it_as_it_was),
        TEST(an_issue_that_did_not_keep_it_says_so),
        TEST(damaged_parts_are_told),
        TEST(forms_of_two_editions_are_compared_by_what_lines_count),
        TEST(two_forms_are_compared),
        TEST(who_is_in_two_communes_is_taken_out_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

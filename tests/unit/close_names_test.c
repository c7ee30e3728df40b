/*
 * Claims about names in the texts of reports: what a closing locks is compared, folded, with names, other names
 * and numbers of everybody on record; it is refused by report, unit and field, never by name, until somebody says
 * why; and not at all where a record of class 4 speaks of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/command_priv.h"
#include "hub/store_named.h"
#include "tests/lib/office.h"

#define HOA    "01010101010101010101010101010101" /* a child of whom a report of class 4 speaks */
#define SAU    "02020202020202020202020202020202" /* nobody's, but a person on record */
#define REPORT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CLOSE  "'verb':'close','report':'RP01','period':'2023-06','person':'an'"

static int setup(void **state)
{
    struct office *o = office_open(11);
    *state = o;
    o->hub.now_ms = INT64_C(1688300000000);
    report_put(&o->hub, 0,
               "{\"type\":\"person\",\"id\":\"" HOA "\",\"full_name\":\"Nguyễn Thị Hoa\",\"sex\":"
               "\"female\",\"other_names\":\"Mai, Hoa Tám Rạch\"}");
    report_put(
        &o->hub, 0,
        "{\"type\":\"child_report\",\"id\":\"03030303030303030303030303030303\",\"child\":\"" HOA
        "\",\"received_on\":\"2023-06-03\",\"channel\":\"commune\",\"act\":\"violence\","
        "\"state\":\"received\"}");
    report_put(&o->hub, 1,
               "{\"type\":\"person\",\"id\":\"" SAU "\",\"full_name\":\"Trần Văn Sáu\",\"sex\":"
               "\"male\",\"national_id\":\"051190000001\"}");
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

/* The report of a commune for June: written by one person, handed in by another. */
static void handed_in(struct office *o, int unit, const char *id, const char *field,
                      const char *words)
{
    char json[1000];
    struct change_head *head = &o->hub.nodes[unit].next;
    head->person = (struct id_person){{1}};
    snprintf(json, sizeof json,
             "{\"type\":\"report\",\"id\":\"%s\",\"definition\":\"RP01\",\"period\":\"2023-06\","
             "\"state\":\"draft\",\"%s\":\"%s\"}",
             id, field, words);
    report_put(&o->hub, unit, json);
    head->person = (struct id_person){{2}};
    snprintf(json, sizeof json, "{\"type\":\"report\",\"id\":\"%s\",\"state\":\"submitted\"}", id);
    report_edit(&o->hub, unit, json);
}

/* The closing is refused; the one report that is named, and in which field. No name is said. */
static void refused(struct office *o, const char *request, size_t unit, const char *field,
                    bool protected)
{
    json_t *r = office_ask(&o->app, request);
    assert_int_equal(hub_command_error_of(r), ERR_DENIED);
    const json_t *rows = json_object_get(r, "names"), *row = json_array_get(rows, 0);
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(hub_request_str(row, "unit"), report_units[unit]);
    assert_string_equal(hub_request_str(row, "report"), "RP01");
    assert_string_equal(hub_request_str(row, "period"), "2023-06");
    assert_int_equal(json_array_size(json_object_get(row, "fields")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(row, "fields"), 0)),
                        field);
    assert_int_equal(json_is_true(json_object_get(row, "protected")), protected);
    char *text = json_dumps(r, 0);
    assert_null(strstr(text, "Hoa"));
    assert_null(strstr(text, "Sáu"));
    assert_null(strstr(text, "0511"));
    assert_non_null(strstr(hub_request_str(r, "vi"), "RP01 2023-06"));
    free(text);
    json_decref(r);
}

static void closes(struct office *o, const char *request, size_t named)
{
    json_t *r = office_ask(&o->app, request);
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    assert_int_equal(json_array_size(json_object_get(r, "names")), named);
    json_decref(r);
}

static void words_that_name_nobody_are_closed(void **state)
{
    struct office *o = *state;
    handed_in(o, 0, REPORT, "narrative", "Đội họp 2 lần; hồ sơ Hoa, Mai và 0511 90000 chưa đủ.");
    closes(o, "{" CLOSE "}", 0);
}

static void a_name_stops_the_closing_until_somebody_says_why(void **state)
{
    struct office *o = *state;
    handed_in(o, 3, REPORT, "note", "Đã giúp TRAN VAN SAU tìm việc.");
    refused(o, "{" CLOSE "}", 3, "note", false);
    refused(o, "{" CLOSE ",'names_seen':'  '}", 3, "note", false);
    closes(o, "{" CLOSE ",'names_seen':'trùng tên đội trưởng'}", 1);
    json_t *r = office_ask(&o->app, "{'verb':'reads','id':'" SAU "'}");
    const json_t *row = json_array_get(json_object_get(r, "rows"), 0);
    assert_string_equal(hub_request_str(row, "what"), "close");
    assert_string_equal(hub_request_str(row, "reason"), "trùng tên đội trưởng");
    assert_string_equal(hub_request_str(row, "user"), "an");
    json_decref(r);
}

static void a_joined_name_stops_it(void **state)
{
    handed_in(*state, 3, REPORT, "note", "Đã giúp anh TrầnVănSáu tìm việc.");
    refused(*state, "{" CLOSE "}", 3, "note", false);
}

static void a_name_in_another_order_stops_it(void **state)
{
    handed_in(*state, 3, REPORT, "note", "Đã giúp anh Sáu Trần Văn tìm việc.");
    refused(*state, "{" CLOSE "}", 3, "note", false);
}

static void initials_stop_it(void **state)
{
    handed_in(*state, 3, REPORT, "note", "Đã giúp anh T.V.Sáu tìm việc.");
    refused(*state, "{" CLOSE "}", 3, "note", false);
}

static void a_number_counts_however_it_is_written(void **state)
{
    struct office *o = *state;
    handed_in(o, 1, REPORT, "difficulties", "Số 0511 9000-0001 chưa có thẻ.");
    refused(o, "{" CLOSE "}", 1, "difficulties", false);
}

/* No reason passes over a person who can be hurt: the report goes back, and then the period closes without it. */
static void who_must_be_protected_is_never_passed_over(void **state)
{
    struct office *o = *state;
    char text[300];
    handed_in(o, 0, REPORT, "proposals", "Xin hỗ trợ em hoa  tám rạch ở ấp 3.");
    refused(o, "{" CLOSE "}", 0, "proposals", true);
    refused(o, "{" CLOSE ",'names_seen':'trùng tên'}", 0, "proposals", true);
    snprintf(text, sizeof text,
             "{'verb':'report_return','report':'RP01','period':'2023-06','unit':'%s','person':'an',"
             "'reason':'Viết lại, không nêu tên'}",
             report_units[0]);
    json_t *r = office_ask(&o->app, text);
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    json_decref(r);
    closes(o, "{" CLOSE "}", 0);
}

/* Whichever of two texts in conflict is shown: both are locked. */
static void what_is_in_conflict_is_looked_through_too(void **state)
{
    struct office *o = *state;
    static const char *const texts[] = {"Ông Trần Văn Sáu.", "Đội họp 2 lần."};
    for (int unit = 0; unit < 2; unit++) {
        char id[33], json[300];
        snprintf(id, sizeof id, "%s", unit == 0 ? REPORT : OTHER);
        o->hub.nodes[unit].next.person = (struct id_person){{1}};
        for (int i = 0; i < 2; i++) { /* twice made, as by two PCs: neither knew of the other */
            snprintf(json, sizeof json,
                     "{\"type\":\"report\",\"id\":\"%s\",\"definition\":\"RP01\",\"period\":"
                     "\"2023-06\",\"state\":\"draft\",\"narrative\":\"%s\"}",
                     id, texts[(i + unit) % 2]);
            report_put(&o->hub, unit, json);
        }
        o->hub.nodes[unit].next.person = (struct id_person){{2}};
        snprintf(json, sizeof json, "{\"type\":\"report\",\"id\":\"%s\",\"state\":\"submitted\"}",
                 id);
        report_edit(&o->hub, unit, json);
    }
    json_t *r = office_ask(&o->app, "{" CLOSE "}");
    assert_int_equal(hub_command_error_of(r), ERR_DENIED);
    assert_int_equal(json_array_size(json_object_get(r, "names")), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *row = json_array_get(json_object_get(r, "names"), i);
        assert_int_equal(json_array_size(json_object_get(row, "fields")), 1);
    }
    json_decref(r);
    closes(o, "{" CLOSE ",'names_seen':'được phép'}", 2);
}

/* The district's report is made of the communes' ones; what is a draft is in none. */
static void the_parts_of_a_district_report_are_looked_through(void **state)
{
    struct office *o = *state;
    handed_in(o, 5, REPORT, "next_plan", "Gặp ông Trần Văn Sáu.");
    struct change_head *head = &o->hub.nodes[6].next;
    head->person = (struct id_person){{1}};
    report_put(&o->hub, 6,
               "{\"type\":\"report\",\"id\":\"" OTHER "\",\"definition\":\"RP01\",\"period\":"
               "\"2023-06\",\"state\":\"draft\",\"narrative\":\"Nguyễn Thị Hoa\"}");
    refused(o, "{'verb':'close','report':'RP04','period':'2023-6M','person':'an'}", 5, "next_plan",
            false);
}

/* Texts that the issue before was closed with are not asked about again; what was handed in since is. */
static void a_supplement_asks_about_what_came_since(void **state)
{
    struct office *o = *state;
    static const char late[] = "{'verb':'supplement','report':'RP01','period':'2023-06','person':"
                               "'an'}";
    handed_in(o, 3, REPORT, "narrative", "Ông Trần Văn Sáu.");
    closes(o, "{" CLOSE ",'names_seen':'được phép'}", 1);
    o->hub.now_ms = INT64_C(4102444800000); /* behind the closing, which is of the machine's day */
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"04040404040404040404040404040404\",\"name\":\"Đội\","
               "\"kind\":\"volunteer_team\",\"founded_on\":\"2023-06-01\",\"state\":\"active\"}");
    json_t *r = office_ask(&o->app, late);
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    json_decref(r);
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"06060606060606060606060606060606\",\"name\":\"Đội\","
               "\"kind\":\"volunteer_team\",\"founded_on\":\"2023-06-01\",\"state\":\"active\"}");
    handed_in(o, 4, OTHER, "narrative", "Ông Trần Văn Sáu.");
    refused(o, late, 4, "narrative", false);
}

static void a_crowd_is_looked_through_once(void **state)
{
    struct office *o = *state;
    enum { CROWD = 300 };
    struct named_text texts[NAMED_TEXTS_MAX + 1];
    struct named all = {.count = 0};
    struct hub_cut cut;
    for (int i = 0; i < CROWD; i++) {
        char json[300];
        snprintf(json, sizeof json,
                 "{\"type\":\"person\",\"id\":\"0505050505050505050505050505%04x\",\"full_name\":"
                 "\"Lê Thứ %c%c\",\"sex\":\"male\"}",
                 (unsigned)i, 'a' + i / 26, 'a' + i % 26);
        report_put(&o->hub, 0, json);
    }
    assert_int_equal(hub_reports_ready(o->hub.store, &cut), ERR_OK);
    for (size_t i = 0; i < NAMED_TEXTS_MAX; i++)
        texts[i].text = bytes_str(i == 7 ? "lê thứ ab; LE THU BA, lê thứ abc" : "lê thứ");
    assert_int_equal(
        hub_store_named(o->hub.store, NAMED_CLASS_PERSON, texts, NAMED_TEXTS_MAX + 1, &all),
        ERR_TOO_LARGE);
    assert_int_equal(
        hub_store_named(o->hub.store, NAMED_CLASS_PERSON, texts, NAMED_TEXTS_MAX, &all), ERR_OK);
    for (size_t i = 0; i < NAMED_TEXTS_MAX; i++)
        assert_int_equal(texts[i].count, i == 7 ? 2 : 0);
    assert_int_equal(all.count, 2);
    assert_int_equal(texts[7].highest, NAMED_CLASS_PERSON);
    assert_int_equal(
        hub_store_named(o->hub.store, NAMED_CLASS_SENSITIVE, texts, NAMED_TEXTS_MAX, &all), ERR_OK);
    assert_int_equal(texts[7].count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(words_that_name_nobody_are_closed),
        T(a_name_stops_the_closing_until_somebody_says_why),
        T(a_joined_name_stops_it),
        T(a_name_in_another_order_stops_it),
        T(initials_stop_it),
        T(a_number_counts_however_it_is_written),
        T(who_must_be_protected_is_never_passed_over),
        T(what_is_in_conflict_is_looked_through_too),
        T(the_parts_of_a_district_report_are_looked_through),
        T(a_supplement_asks_about_what_came_since),
        T(a_crowd_is_looked_through_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

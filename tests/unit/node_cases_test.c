/*
 * Claims about cases, budgets and scores at the node: a step that is not allowed is refused before it is
 * saved, the leader's steps are not the clerk's, a score is handed in whole, what runs out is the same
 * list as at the hub, and a report is written by its own verbs, confirmed by another than who drafted.
 */
#include "common/catalogue_rules.h"
#include "tests/lib/node_fixture.h"
#include "node/command.h"
#include "node/store_users.h"
#include "proto/change.h"
#include "proto/move.h"
#include "proto/workflow.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct node_fixture fx;
static struct node_command cmd;
static int64_t now_ms;

static int64_t wall(void)
{
    return now_ms;
}

static void today(const char *text)
{
    struct date d;
    assert_int_equal(date_parse(bytes_str(text), &d), ERR_OK);
    now_ms = date_to_ms(d) + DATE_DAY_MS / 2;
}

static int setup(void **state)
{
    (void)state;
    today("2023-11-20");
    fixture_open(&fx, true);
    return node_command_init(&cmd, fx.store, &fx.keys, wall) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    node_command_free(&cmd);
    fixture_close(&fx);
    return 0;
}

/* A request with ' for ". */
static json_t *ask(const char *text)
{
    char copy[2048];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\'') *p = '"';
    }
    json_t *q = json_loads(copy, 0, NULL);
    if (q == NULL) fail_msg("%s", copy);
    json_t *r = node_command_run(&cmd, q);
    json_decref(q);
    assert_non_null(r);
    return r;
}

static enum err told(const char *text)
{
    json_t *r = ask(text);
    enum err e = node_command_error_of(r);
    if (e != ERR_OK) {
        assert_true(json_string_length(json_object_get(r, "vi")) > 0);
        assert_true(json_string_length(json_object_get(r, "en")) > 0);
    }
    json_decref(r);
    return e;
}

/* The id of what was saved. */
static void saved(const char *text, char id[33])
{
    json_t *r = ask(text);
    if (node_command_error_of(r) != ERR_OK) fail_msg("%s: %s", text, json_dumps(r, 0));
    snprintf(id, 33, "%s", json_string_value(json_object_get(r, "id")));
    json_decref(r);
}

/* "verb ... ID ..." with every %s the id. */
static enum err about(const char *format, const char *id)
{
    char text[1024], *out = text;
    for (const char *p = format; *p != '\0'; p++) {
        if (*p == '#')
            out += snprintf(out, 33, "%s", id);
        else
            *out++ = *p;
    }
    *out = '\0';
    return told(text);
}

#define PUT(values) "{'verb':'put','person':'Lan','id':'#','values':{" values "}}"

static void steps_are_asked_before_a_save(void **state)
{
    (void)state;
    char id[33];
    assert_int_equal(told("{'verb':'put','type':'score_sheet','person':'Lan','values':{'year':2023,"
                          "'scheme':'DEMO','version':'1','state':'published'}}"),
                     ERR_DENIED);
    saved(
        "{'verb':'put','type':'budget_estimate','person':'Lan','clerk':true,'values':{'year':2023,"
        "'line_activity':'1.000.000','total':'1.000.000','state':'draft'}}",
        id);
    assert_int_equal(about("{'verb':'budget_step','step':'approve','id':'#','person':'Lan'}", id),
                     ERR_DENIED); /* not before it was submitted */
    assert_int_equal(
        about("{'verb':'budget_step','step':'submit','id':'#','person':'Lan','clerk':true}", id),
        ERR_OK);
    assert_int_equal(
        about("{'verb':'budget_step','step':'approve','id':'#','person':'Lan','clerk':true}", id),
        ERR_DENIED);
    assert_int_equal(
        about("{'verb':'budget_step','step':'approve','id':'#','person':'Hoa','on':'2023-11-20'}",
              id),
        ERR_OK);
    assert_int_equal(
        about("{'verb':'budget_step','step':'send','id':'#','person':'Lan','clerk':true}", id),
        ERR_OK);
    assert_int_equal(about("{'verb':'budget_step','step':'back','id':'#','person':'Lan'}", id),
                     ERR_DENIED);
    assert_int_equal(about("{'verb':'budget_step','step':'jump','id':'#','person':'Lan'}", id),
                     ERR_USAGE);
    assert_int_equal(told("{'verb':'budget_step','step':'submit','id':'00','person':'Lan'}"),
                     ERR_BAD_INPUT);
    json_t *r = ask("{'verb':'budget','year':'2023'}");
    const json_t *e = json_array_get(json_object_get(r, "estimates"), 0);
    assert_string_equal(json_string_value(json_object_get(e, "state")), "sent");
    assert_string_equal(json_string_value(json_object_get(e, "hdnd_approved_on")), "2023-11-20");
    assert_int_equal(json_integer_value(json_object_get(e, "lines")), 1000000);
    json_decref(r);
}

static void a_settlement_without_allocation_is_not_handed_in(void **state)
{
    (void)state;
    char id[33];
    saved("{'verb':'put','type':'budget_settlement','person':'Lan','values':{'allocation':"
          "'11111111111111111111111111111111','spent':'5','state':'none'}}",
          id);
    assert_int_equal(about("{'verb':'budget_step','step':'submit','id':'#','person':'Lan'}", id),
                     ERR_BAD_VALUE);
    assert_int_equal(about(PUT("'approved_on':'2023-11-20'"), id), ERR_DENIED); /* the district's */
}

static json_int_t bad_rows(const char *text)
{
    json_t *r = ask(text);
    json_int_t n = json_integer_value(json_object_get(r, "bad_rows"));
    assert_int_equal(json_integer_value(json_object_get(r, "created")), 0);
    assert_int_equal(json_integer_value(json_object_get(r, "edited")), 0);
    json_decref(r);
    return n;
}

/* Every type that the catalogue gives the district: not by hand, not by a list. */
static void what_is_the_districts_to_write_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *values;
    } rows[] = {
        {"budget_allocation", "'alloc_unit':'26170','year':'2023','amount':'9000000'"},
        {"allocation_line", "'amount':'4000000','printed':'x'"},
        {"target", "'indicator':'T10','target_unit':'26170','year':'2023','op':'ge','value':'1'"},
        {"score_criterion", "'scheme':'DEMO','version':'1','code':'D9','name':'x','max_score':'5'"},
        {"person_link", "'person_a':'11111111111111111111111111111111'"},
    };
    size_t n = 0, district = 0;
    const struct catalogue_type *t = catalogue_types(node_store_catalogue(fx.store, NULL), &n);
    for (size_t i = 0; i < n; i++)
        district += t[i].scope != CATALOGUE_SCOPE_OWN;
    assert_int_equal(district, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < district; i++) {
        char q[400];
        snprintf(q, sizeof q, "{'verb':'put','type':'%s','person':'Hoa','values':{%s}}",
                 rows[i].type, rows[i].values);
        json_t *r = ask(q);
        assert_int_equal(node_command_error_of(r), ERR_DENIED);
        assert_non_null(strstr(json_string_value(json_object_get(r, "vi")), "do huyện ghi"));
        json_decref(r);
        snprintf(q, sizeof q,
                 "{'verb':'import','person':'Hoa','last':true,'rows':[{'line':1,'type':'%s',"
                 "'values':{%s}}]}",
                 rows[i].type, rows[i].values);
        assert_int_equal(bad_rows(q), 1);
    }
}

/* Days out of their order, and days of what was done that have not come, are refused by their field. */
static void days_that_cannot_be_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *type, *values, *field;
    } rows[] = {
        {"referral", "'on_date':'2023-11-13','state':'accepted','answered_on':'2023-11-21'",
         "answered_on"},
        {"budget_estimate", "'year':'2023','total':'0','submitted_on':'2023-11-21'",
         "submitted_on"},
        {"incident",
         "'on_date':'2023-11-10','kind':'drugs','summary':'x','reported_on':'2023-11-09'",
         "reported_on"},
        {"plan_item",
         "'plan':'11111111111111111111111111111111','title':'x','start_on':'2023-11-10','done_on':'"
         "2023-11-09'",
         "done_on"},
        {"person", "'full_name':'Nguyễn Thử','sex':'male','dob':'1990','died_on':'1989-12-31'",
         "died_on"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char q[400];
        snprintf(q, sizeof q, "{'verb':'put','type':'%s','person':'Hoa','values':{%s}}",
                 rows[i].type, rows[i].values);
        json_t *r = ask(q);
        const char *field = json_string_value(json_object_get(r, "field"));
        if (field == NULL || strcmp(field, rows[i].field) != 0) fail_msg("%s", json_dumps(r, 0));
        assert_int_equal(node_command_error_of(r), ERR_BAD_VALUE);
        json_decref(r);
    }
}

static void a_sheet_is_scored_and_handed_in_whole(void **state)
{
    (void)state;
    char sheet[33];
    assert_int_equal(told("{'verb':'score_start','year':'2023','scheme':'NQLT','person':'Lan'}"),
                     ERR_NOT_FOUND);
    saved("{'verb':'score_start','year':'2023','person':'Lan','clerk':true}", sheet);
    assert_int_equal(told("{'verb':'score_start','year':'2023','person':'Lan'}"), ERR_EXISTS);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D9','score':'1','person':'Lan'}", sheet),
        ERR_NOT_FOUND);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D1','score':'30.01','person':'Lan'}", sheet),
        ERR_BAD_VALUE);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D1','score':'-1','person':'Lan'}", sheet),
        ERR_BAD_VALUE);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D1','score':'29','person':'Lan','reason':'x'}",
              sheet),
        ERR_OK);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D1','score':'30','person':'Lan'}", sheet),
        ERR_OK);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D2','score':'12.25','person':'Lan'}", sheet),
        ERR_OK);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D3','score':'25','person':'Lan'}", sheet),
        ERR_OK);
    assert_int_equal(about("{'verb':'score_step','step':'submit','id':'#','person':'Hoa'}", sheet),
                     ERR_BAD_VALUE);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D4','score':'0','person':'Lan'}", sheet),
        ERR_OK);
    assert_int_equal(
        about("{'verb':'score_step','step':'submit','id':'#','person':'Lan','clerk':true}", sheet),
        ERR_DENIED);
    assert_int_equal(about("{'verb':'score_step','step':'submit','id':'#','person':'Hoa'}", sheet),
                     ERR_OK);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D4','score':'1','person':'Lan'}", sheet),
        ERR_DENIED);
    assert_int_equal(about(PUT("'self_total':'1'"), sheet), ERR_DENIED);
    json_t *r = ask("{'verb':'score','year':'2023'}");
    const json_t *s = json_array_get(json_object_get(r, "sheets"), 0);
    assert_string_equal(json_string_value(json_object_get(s, "self_total")), "67.25");
    assert_string_equal(json_string_value(json_object_get(s, "self_scored_on")), "2023-11-20");
    json_decref(r);
    assert_int_equal(
        about("{'verb':'score_step','step':'withdraw','id':'#','person':'Hoa'}", sheet), ERR_OK);
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D4','score':'1','person':'Lan'}", sheet),
        ERR_OK);
}

/* Beside criterion D1 stands indicator A01 of the year. */
static void line_put(const char *sheet, const char *values, enum err want)
{
    char q[400];
    snprintf(q, sizeof q,
             "{'verb':'put','type':'score_line','person':'Lan','values':{'sheet':'%s',%s}}", sheet,
             values);
    assert_int_equal(told(q), want);
    snprintf(q, sizeof q,
             "{'verb':'import','person':'Lan','last':true,'rows':[{'line':1,'type':'score_line',"
             "'values':{'sheet':'%s',%s}}]}",
             sheet, values);
    if (want != ERR_OK) assert_int_equal(bad_rows(q), 1);
}

/* By the form and by a list as by `score set`. */
static void a_line_is_of_its_scheme_and_its_draft(void **state)
{
    (void)state;
    char id[33];
    saved("{'verb':'score_start','year':'2023','person':'Lan'}", id);
    line_put(id, "'code':'D9','self_score':'1'", ERR_BAD_VALUE);
    line_put(id, "'code':'D1','self_score':'30,01'", ERR_BAD_VALUE);
    line_put(id, "'code':'D1','self_score':'-1'", ERR_BAD_VALUE);
    line_put(id, "'code':'D1','self_score':'30'", ERR_OK);
    line_put(id, "'code':'D2','self_score':'12,5'", ERR_OK);
    line_put(id, "'code':'D3','self_score':'20'", ERR_OK);
    line_put(id, "'code':'D1','district_score':'1'", ERR_DENIED); /* the district's */
    assert_int_equal(
        about("{'verb':'score_line','id':'#','code':'D4','score':'15','person':'Lan'}", id),
        ERR_OK);
    assert_int_equal(about("{'verb':'score_step','id':'#','step':'submit','person':'Hoa'}", id),
                     ERR_OK);
    line_put(id, "'code':'D2','self_score':'1'", ERR_DENIED);
}

static void figures_stand_beside_the_criteria(void **state)
{
    (void)state;
    char sheet[33], text[100], id[33];
    saved("{'verb':'put','type':'activity','person':'Lan','values':{'title':'Tuyên "
          "truyền','kind':'direct',"
          "'field':'drugs','on_date':'2023-06-09','participants':40}}",
          id);
    saved("{'verb':'score_start','year':'2023','person':'Lan'}", sheet);
    snprintf(text, sizeof text, "{'verb':'score','id':'%s'}", sheet);
    json_t *r = ask(text);
    const json_t *d1 = json_array_get(json_object_get(r, "lines"), 0);
    assert_string_equal(json_string_value(json_object_get(d1, "indicator")), "A01");
    assert_string_equal(json_string_value(json_object_get(d1, "figure")), "1");
    json_decref(r);
}

static void what_runs_out_is_listed_counted_and_in_the_calendar(void **state)
{
    (void)state;
    char id[33], uid[80];
    saved("{'verb':'put','type':'referral','person':'Lan','values':{'on_date':'2023-11-13','state':"
          "'sent'}}",
          id);
    json_t *r = ask("{'verb':'cases','on':'2023-11-20'}"); /* Monday to Monday */
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json_object_get(r, "rows"), 0), "state")),
        "soon");
    json_decref(r);
    today("2023-11-21");
    r = ask("{'verb':'cases'}");
    const json_t *row = json_array_get(json_object_get(r, "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "state")), "overdue");
    assert_string_equal(json_string_value(json_object_get(row, "due")), "2023-11-20");
    assert_int_equal(json_integer_value(json_object_get(row, "left")), -1);
    json_decref(r);
    r = ask("{'verb':'status'}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(r, "cases"), "overdue")),
                     1);
    json_decref(r);
    r = ask("{'verb':'calendar','from':'2023-11-01','to':'2023-11-30'}");
    snprintf(uid, sizeof uid, "UID:K04-%s@dongbo", id);
    assert_non_null(strstr(json_string_value(json_object_get(r, "ics")), uid));
    json_decref(r);
    assert_int_equal(about(PUT("'state':'accepted','answered_on':'2023-11-21'"), id), ERR_OK);
    r = ask("{'verb':'cases'}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 0);
    json_decref(r);
    r = ask("{'verb':'cases','all':true}");
    row = json_array_get(json_object_get(r, "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "state")), "done_late");
    json_decref(r);
    assert_int_equal(about(PUT("'state':'sent'"), id), ERR_DENIED); /* accepted is not sent again */
}

static void a_rule_that_fails_is_told_in_calendar_and_status(void **state)
{
    (void)state;
    size_t n = 0, told_of = 0;
    char id[33];
    saved("{'verb':'put','type':'referral','person':'Lan','values':{'on_date':'2023-11-13','state':"
          "'sent'}}",
          id);
    struct catalogue_clock *k = (struct catalogue_clock *)(uintptr_t)catalogue_clocks(
        node_store_catalogue(fx.store, NULL), &n);
    while (n > 0 && strcmp(k->id, "K04") != 0)
        k++, n--;
    assert_true(n > 0);
    json_t *r = ask("{'verb':'calendar'}");
    assert_int_equal(json_array_size(json_object_get(r, "failed")), 0);
    json_decref(r);
    const char *due = k->due;
    k->due = "abs(-9223372036854775808)";
    today("2023-11-15");
    r = ask("{'verb':'calendar','from':'2023-11-01','to':'2023-11-30'}");
    const json_t *failed = json_array_get(json_object_get(r, "failed"), 0);
    const char *ics = json_string_value(json_object_get(r, "ics"));
    assert_string_equal(json_string_value(json_object_get(failed, "clock")), k->id);
    const char *event = strstr(ics, "-failed@dongbo");
    assert_non_null(event);
    assert_non_null(strstr(event, "DTSTART;VALUE=DATE:20231115"));
    json_decref(r);
    r = ask("{'verb':'status'}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(r, "cases"), "failed")), 1);
    const json_t *warnings = json_object_get(r, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        told_of += strcmp(json_string_value(json_object_get(json_array_get(warnings, i), "code")),
                          "rule_failed") == 0;
    assert_int_equal(told_of, 1);
    json_decref(r);
    k->due = due;
}

/* A correction of the district that says these two figures, in the log of the hub. */
static void corrected(uint8_t id, const char *before, const char *after, bool record)
{
    struct buf b;
    struct workflow_correct v = {
        .key = {bytes_str("26170"), bytes_str("RP03"), bytes_str("2023")},
        .id = {{id}},
        .indicator = bytes_str("T02"),
        .has_record = record,
        .before = bytes_str(before),
        .after = bytes_str(after),
        .reason = bytes_str("x"),
    };
    buf_init(&b, CHANGE_BYTES_MAX);
    workflow_correct_encode(&v, &b);
    fixture_hub_set(&fx, buf_bytes(&b));
    buf_free(&b);
}

static void what_is_no_number_can_only_be_objected_to(void **state)
{
    (void)state;
    corrected(1, "3", "2 (Nguyễn Văn A)", false);
    corrected(2, "ba", "2", false);
    corrected(3, "3", "2", false);
    corrected(4, "Nguyễn Văn A", "Nguyễn Văn B", true); /* of a record: words are right */
    corrected(5, "3", "-2", false);
    assert_int_equal(fixture_end(&fx, NULL, NULL, 0), ERR_OK);
    static const struct {
        const char *id, *answer;
        enum err e;
    } tries[] = {
        {"01", "agree", ERR_BAD_INPUT}, {"02", "agree", ERR_BAD_INPUT},
        {"01", "object", ERR_OK},       {"03", "agree", ERR_OK},
        {"04", "agree", ERR_OK},        {"05", "agree", ERR_BAD_INPUT},
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "{'verb':'correction_answer','id':'%s000000000000000000000000000000','answer':"
                 "'%s','person':'B'}",
                 tries[i].id, tries[i].answer);
        assert_int_equal(told(text), tries[i].e);
    }
}

/* The figure beside an open correction: 0 persons here, so only the one that says so would count. */
static void an_open_correction_that_is_overtaken_says_so(void **state)
{
    static const struct {
        uint8_t id;
        const char *before;
        bool told;
    } tries[] = {{1, "3", true}, {2, "0", false}, {3, "3", false}}; /* the third is answered */
    (void)state;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        corrected(tries[i].id, tries[i].before, "2", false);
    corrected(4, "Nguyễn Văn A", "Nguyễn Văn B", true);
    assert_int_equal(fixture_end(&fx, NULL, NULL, 0), ERR_OK);
    assert_int_equal(told("{'verb':'correction_answer','id':'03000000000000000000000000000000',"
                          "'answer':'object','person':'B'}"),
                     ERR_OK);
    json_t *r = ask("{'verb':'corrections'}");
    const json_t *rows = json_object_get(r, "corrections");
    assert_int_equal(json_array_size(rows), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *figure = json_object_get(json_array_get(rows, i), "figure");
        assert_int_equal(figure != NULL, i < 3 && tries[i].told);
        if (figure != NULL) assert_int_equal(json_integer_value(figure), 0);
    }
    json_decref(r);
}

/* ---- reports: what their own verbs alone write ---- */

#define REPORT "'report':'RP03','period':'2023'"

/* A set of a program that asks nobody: what `put` refuses, as an older one sends it. NULL `id`: a new record. */
static void forced(const char *type, const char *id, const char *person, const char *const *pairs,
                   char out[33])
{
    struct entry_value values[8];
    struct node_own own;
    struct entry_op op;
    struct entry_why why;
    struct id_person fresh = {{(uint8_t)person[0]}}, who;
    const struct catalogue_type *t =
        catalogue_type_by_name(node_store_catalogue(fx.store, NULL), type);
    struct node_entry_form form = {.action = ENTRY_SAVE, .type = t, .values = values};
    for (; pairs[0] != NULL; pairs += 2)
        values[form.count++] =
            (struct entry_value){catalogue_field_by_name(t, pairs[0]), bytes_str(pairs[1]), false};
    assert_int_equal(node_store_person(fx.store, bytes_str(person), &fresh, &who), ERR_OK);
    assert_int_equal(node_own_begin(fx.store, &fx.keys, now_ms, &own), ERR_OK);
    if (id != NULL)
        assert_int_equal(id_unhex(id, form.rid.b, sizeof form.rid.b), ERR_OK);
    else
        node_own_rid(&own, 0, &form.rid);
    assert_int_equal(node_entry_make(&cmd.entry, &form, &op, &why), ERR_OK);
    struct node_own_set set = {.person = who, .payloads = &op.payload, .count = 1};
    assert_int_equal(node_own_add(&own, &set), ERR_OK);
    assert_int_equal(node_own_commit(&own, NULL), ERR_OK);
    node_own_free(&own);
    id_hex(BYTES_OF(form.rid.b), out);
}

static void report_is(const char *state, const char *record)
{
    json_t *r = ask("{'verb':'report_show'," REPORT "}"), *row = json_object_get(r, "row");
    assert_string_equal(json_string_value(json_object_get(row, "state")), state);
    if (record != NULL)
        assert_string_equal(json_string_value(json_object_get(row, "record")), record);
    json_decref(r);
}

/* Draft by A, handed in by B; the record. */
static void handed_in(char id[33])
{
    assert_int_equal(
        told("{'verb':'report_draft'," REPORT ",'person':'A','values':{'narrative':'x'}}"), ERR_OK);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'B'}"), ERR_OK);
    json_t *r = ask("{'verb':'report_show'," REPORT "}");
    snprintf(id, 33, "%s", json_string_value(json_object_get(json_object_get(r, "row"), "record")));
    json_decref(r);
}

static void time_is(const char *report, const char *state, const char *time)
{
    char text[200];
    snprintf(text, sizeof text, "{'verb':'report_show',%s}", report);
    json_t *r = ask(text);
    const json_t *row = json_object_get(r, "row");
    assert_string_equal(json_string_value(json_object_get(row, "state")), state);
    assert_string_equal(json_string_value(json_object_get(row, "time")), time);
    json_decref(r);
}

/* In time is what the hub had in time, not what this PC's clock says; late it may say of itself. */
static void in_time_is_what_the_hub_confirmed(void **state)
{
    static const char *const months[] = {"'report':'RP01','period':'2023-10'",
                                         "'report':'RP01','period':'2023-11'"};
    char text[300];
    uint8_t signature[64] = {0};
    struct node_store_tip tip;
    struct date due = {2023, 12, 2};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text,
                 "{'verb':'report_draft',%s,'person':'A','values':{'narrative':'x'}}", months[i]);
        assert_int_equal(told(text), ERR_OK);
        snprintf(text, sizeof text, "{'verb':'report_submit',%s,'person':'B'}", months[i]);
        assert_int_equal(told(text), ERR_OK);
    }
    time_is(months[0], "late", "late");
    time_is(months[1], "submitted", "unconfirmed");
    assert_int_equal(node_store_tip(fx.store, &tip), ERR_OK);
    struct admin_receipt r = {.hub = fx.identity.hub,
                              .node = fx.identity.node,
                              .epoch = fx.epoch,
                              .inc = tip.inc,
                              .next_seq = tip.next_seq,
                              .first_position = fx.position + 1,
                              .last_position = fx.position + tip.next_seq};
    int64_t late = date_to_ms(due) + DATE_DAY_MS;
    assert_int_equal(node_store_receipt(fx.store, &r, signature, late), ERR_OK);
    time_is(months[1], "submitted", "unconfirmed"); /* it may have come earlier */
    assert_int_equal(node_store_receipt(fx.store, &r, signature, late - 1), ERR_OK);
    time_is(months[1], "submitted", "in_time");
    time_is(months[0], "late", "late");
}

static void refused_field(const char *request, const char *field)
{
    json_t *r = ask(request);
    assert_int_equal(node_command_error_of(r), ERR_BAD_VALUE);
    assert_string_equal(json_string_value(json_object_get(r, "field")), field);
    assert_non_null(strstr(json_string_value(json_object_get(r, "vi")), " n"));
    json_decref(r);
}

static void no_text_of_a_report_is_dropped_without_a_word(void **state)
{
    (void)state;
    refused_field("{'verb':'report_draft'," REPORT ",'person':'A','values':{'narrativ':'x'}}",
                  "narrativ");
    refused_field("{'verb':'report_draft'," REPORT
                  ",'person':'A','values':{'narrative':'x','note':'y'}}",
                  "note");
    refused_field("{'verb':'report_draft'," REPORT ",'person':'A','values':{'narrative':5}}",
                  "narrative");
    report_is("not_started", NULL);
    assert_int_equal(
        told("{'verb':'report_draft'," REPORT ",'person':'A','values':{'narrative':'x'}}"), ERR_OK);
    refused_field("{'verb':'report_note'," REPORT ",'person':'A','values':{'note':'y','nar':'x'}}",
                  "nar");
}

/* "No due day" is said of what has none. */
static void what_was_not_sent_has_its_due_day(void **state)
{
    (void)state;
    json_t *r = ask("{'verb':'report_list','from':'2023-01-01','to':'2024-03-31'}");
    const json_t *rows = json_object_get(r, "rows");
    size_t due = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool has = json_is_string(json_object_get(row, "due"));
        assert_string_equal(json_string_value(json_object_get(row, "time")), "none");
        assert_string_equal(json_string_value(json_object_get(row, "time_vi")),
                            has ? "" : "không có hạn");
        assert_string_equal(json_string_value(json_object_get(row, "time_en")),
                            has ? "" : "no due day");
        due += has;
    }
    assert_true(due > 0);
    json_decref(r);
    r = ask("{'verb':'report_show'," REPORT "}");
    const json_t *row = json_object_get(r, "row");
    assert_true(json_is_null(json_object_get(row, "due")));
    assert_string_equal(json_string_value(json_object_get(row, "time_vi")), "không có hạn");
    json_decref(r);
}

static void a_day_that_is_none_is_no_day_by_default(void **state)
{
    (void)state;
    static const char *const verbs[] = {"report_list", "calendar"};
    static const char *const keys[] = {"from", "to", "on"};
    char text[100];
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 3; k++) {
            snprintf(text, sizeof text, "{'verb':'%s','%s':'x'}", verbs[i], keys[k]);
            assert_int_equal(told(text), ERR_USAGE);
            snprintf(text, sizeof text, "{'verb':'%s','%s':'2023-06-04'}", verbs[i], keys[k]);
            assert_int_equal(told(text), ERR_OK);
        }
}

static void a_report_is_written_by_its_own_verbs_alone(void **state)
{
    char id[33], other[33], text[400];
    (void)state;
    handed_in(id);
    assert_int_equal(
        told("{'verb':'put','type':'report','person':'A','values':{'definition':'RP03',"
             "'period':'2023','state':'withdrawn'}}"),
        ERR_DENIED);
    static const char *const tries[] = {
        "{'verb':'put','id':'#','person':'A','values':{'state':'draft'}}",
        "{'verb':'put','id':'#','type':'report','person':'A','values':{'signed_by':'C'}}",
        "{'verb':'put','id':'#','person':'A','values':{'narrative':'y'},'settle':true}",
        "{'verb':'put','id':'#','person':'A','values':{'note':'y'}}",
        "{'verb':'put','id':'#','person':'A','action':'delete','reason':'mistake'}",
        "{'verb':'put','id':'#','person':'A','action':'restore'}",
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        assert_int_equal(about(tries[i], id), ERR_DENIED);
    assert_int_equal(
        bad_rows("{'verb':'import','person':'A','last':true,'rows':[{'line':1,'type':'report',"
                 "'values':{'definition':'RP03','period':'2023','state':'draft'}}]}"),
        1);
    snprintf(
        text, sizeof text,
        "{'verb':'import','person':'A','last':true,'rows':[{'line':1,'type':'report','id':'%s',"
        "'values':{'signed_by':'C'}}]}",
        id);
    assert_int_equal(bad_rows(text), 1);
    report_is("submitted", id);
    const char *const second[] = {"definition", "RP03",      "period", "2023",
                                  "state",      "submitted", NULL};
    now_ms += 60000;
    forced("report", NULL, "C", second, other);
    report_is("submitted", id);
    assert_int_equal(about(tries[4], id), ERR_DENIED); /* that is the one that counts */
    assert_int_equal(about(tries[4], other), ERR_OK);
    report_is("submitted", id);
}

static void a_correction_of_the_district_is_answered_by_its_verb(void **state)
{
    char id[33] = "03000000000000000000000000000000";
    (void)state;
    corrected(3, "3", "2", false);
    assert_int_equal(fixture_end(&fx, NULL, NULL, 0), ERR_OK);
    static const char *const tries[] = {
        "{'verb':'put','type':'correction','person':'A','values':{'kind':'district','reason':'x','"
        "on_date':"
        "'2023-11-01'}}",
        "{'verb':'put','type':'correction','person':'A','values':{'kind':'Huyện "
        "sửa','reason':'x','on_date':"
        "'2023-11-01'}}",
        "{'verb':'put','type':'correction','id':'#','person':'A','values':{'kind':'commune','"
        "reason':'x',"
        "'on_date':'2023-11-01','answer':'agreed'}}",
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        assert_int_equal(about(tries[i], id), ERR_DENIED);
    assert_int_equal(
        about("{'verb':'correction_answer','id':'#','answer':'object','person':'B'}", id), ERR_OK);
    assert_int_equal(about("{'verb':'put','id':'#','person':'A','values':{'answer':'agreed'}}", id),
                     ERR_DENIED);
    assert_int_equal(
        about("{'verb':'put','id':'#','person':'A','action':'delete','reason':'mistake'}", id),
        ERR_DENIED);
    assert_int_equal(
        told("{'verb':'put','type':'correction','person':'A','values':{'kind':'commune',"
             "'reason':'x','on_date':'2023-11-01'}}"),
        ERR_OK); /* the commune's own */
}

static void login(const char *name, const char *folded, enum node_user_role role)
{
    struct node_user u = {.role = role, .active = true};
    snprintf(u.name, sizeof u.name, "%s", name);
    snprintf(u.hash, sizeof u.hash, "x");
    assert_int_equal(node_users_add(fx.store, &u, bytes_str(folded)), ERR_OK);
}

/* What is due on a day behind the first login stays until it is sent; the list says how far back it goes. */
static void what_is_owed_stays_in_the_list(void **state)
{
    (void)state;
    struct node_user u = {.name = "A", .hash = "x", .role = NODE_USER_KEEPER, .active = true};
    u.created_ms = now_ms;
    assert_int_equal(node_users_add(fx.store, &u, bytes_str("a")), ERR_OK);
    json_t *r = ask("{'verb':'report_list','on':'2025-06-01'}");
    const json_t *rows = json_object_get(r, "rows");
    const char *first = "9999";
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *due = json_string_value(json_object_get(row, "due"));
        bool old = due != NULL && strcmp(due, "2025-02-01") < 0;
        if (old && strcmp(due, first) < 0) first = due;
        if (old) assert_true(json_is_true(json_object_get(row, "overdue")));
    }
    assert_string_equal(first, "2023-12-02"); /* of November: the first behind the login */
    assert_string_equal(json_string_value(json_object_get(r, "from")), "2023-11-20");
    assert_false(json_is_true(json_object_get(r, "cut")));
    json_decref(r);
    r = ask("{'verb':'report_list','on':'2035-06-01'}");
    assert_true(json_is_true(json_object_get(r, "cut")));
    json_decref(r);
}

/* The officer who keeps the PC drafts; she never confirms, whatever became of the report. */
static void who_drafted_never_confirms(void **state)
{
    static const char *const roles[] = {"A", "K", "Z"};
    char id[33];
    (void)state;
    login("A", "a", NODE_USER_KEEPER);
    assert_int_equal(
        told("{'verb':'report_draft'," REPORT ",'person':'A','values':{'narrative':'x'}}"), ERR_OK);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'A'}"), ERR_DENIED);
    handed_in(id);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'A'}"), ERR_DENIED);
    assert_int_equal(told("{'verb':'report_withdraw'," REPORT ",'person':'B'}"), ERR_OK);
    report_is("withdrawn", id);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'A'}"), ERR_DENIED);
    login("B", "b", NODE_USER_LEADER);
    login("K", "k", NODE_USER_KEEPER); /* wrote nothing; Z has no login */
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "{'verb':'report_submit'," REPORT ",'person':'%s'}", roles[i]);
        assert_int_equal(told(text), ERR_DENIED);
    }
    report_is("withdrawn", id);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'B'}"), ERR_OK);
    report_is("submitted", id);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "{'verb':'report_withdraw'," REPORT ",'person':'%s'}",
                 roles[i]);
        assert_int_equal(told(text), ERR_DENIED);
    }
    report_is("submitted", id);
    assert_int_equal(told("{'verb':'report_withdraw'," REPORT ",'person':'B'}"), ERR_OK);
    report_is("withdrawn", id);
}

/* The number of a name: SPEC 3.4. */
static void number_of(const char *folded, char out[17])
{
    static const char domain[] = "dongbo/person/1";
    uint8_t hash[ID_HASH_BYTES];
    struct buf b;
    buf_init(&b, 256);
    buf_add(&b, domain, sizeof domain);
    buf_add(&b, fx.identity.hub.b, sizeof fx.identity.hub.b);
    buf_add(&b, fx.identity.unit, strlen(fx.identity.unit) + 1);
    buf_add_str(&b, folded);
    crypto_generichash(hash, sizeof hash, b.p, b.len, NULL, 0);
    id_hex(bytes_make(hash, 8), out);
    buf_free(&b);
}

static void a_name_is_one_person_on_every_computer(void **state)
{
    char who[17];
    (void)state;
    assert_int_equal(
        told("{'verb':'report_draft'," REPORT ",'person':'Lê An','values':{'narrative':'x'}}"),
        ERR_OK);
    json_t *r = ask("{'verb':'report_show'," REPORT "}");
    number_of("le an", who);
    assert_string_equal(json_string_value(json_object_get(json_object_get(r, "row"), "person")),
                        who);
    json_decref(r);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'LÊ AN'}"), ERR_DENIED);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'Lê  an'}"), ERR_DENIED);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'Lê Anh'}"), ERR_OK);
}

static void a_note_changes_no_state_and_a_report_is_not_given_away(void **state)
{
    char id[33], text[200];
    (void)state;
    assert_int_equal(told("{'verb':'report_note'," REPORT ",'person':'A','values':{'note':'x'}}"),
                     ERR_NOT_FOUND);
    handed_in(id);
    assert_int_equal(told("{'verb':'report_note'," REPORT ",'person':'A','values':{}}"), ERR_USAGE);
    assert_int_equal(
        told("{'verb':'report_note'," REPORT ",'person':'A','values':{'note':'đã gọi'}}"), ERR_OK);
    report_is("submitted", id);
    json_t *r = ask("{'verb':'report_show'," REPORT "}");
    assert_string_equal(json_string_value(json_object_get(json_object_get(r, "narrative"), "note")),
                        "đã gọi");
    json_decref(r);
    snprintf(text, sizeof text, "{'verb':'transfer_offer','id':'%s','to':'26173','person':'B'}",
             id);
    assert_int_equal(told(text), ERR_DENIED);
}

/* Nobody hands in what has not begun: it would count as in time, for ever. A plan is of days that come. */
static void what_has_not_begun_is_not_handed_in(void **state)
{
    (void)state;
    assert_int_equal(
        told("{'verb':'report_submit','report':'RP01','period':'2023-12','person':'B'}"),
        ERR_DENIED);
    assert_int_equal(told("{'verb':'report_draft','report':'RP01','period':'2023-12','person':'A',"
                          "'values':{'narrative':'x'}}"),
                     ERR_OK);
    assert_int_equal(told("{'verb':'report_submit','report':'RP16','period':'2024','person':'B'}"),
                     ERR_OK);
    today("2023-12-01");
    assert_int_equal(
        told("{'verb':'report_submit','report':'RP01','period':'2023-12','person':'B'}"), ERR_OK);
}

/* A program that asks nobody wrote another text into what was handed in: a draft again, and the leader is told. */
static void a_leader_is_told_of_what_nobody_confirmed(void **state)
{
    char id[33], again[33];
    (void)state;
    handed_in(id);
    const char *const forged[] = {"narrative", "y", NULL};
    now_ms += 60000;
    forced("report", id, "A", forged, again);
    report_is("draft", id);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'B'}"), ERR_DENIED);
    report_is("draft", id);
    assert_int_equal(told("{'verb':'report_draft'," REPORT ",'person':'A'}"), ERR_OK);
    assert_int_equal(told("{'verb':'report_submit'," REPORT ",'person':'B'}"), ERR_OK);
    report_is("submitted", id);
}

/* ---- reports that others wrote ---- */

enum writer { OWN, ELSEWHERE, DISTRICT };

/* A report of 2023-06 of this unit as the feed brings it: drafted by one, handed in by another person at
 * `position`, in a set of this PC's log, of one of another unit, or of the hub's. Its term is added to `sum`. */
static void comes(uint8_t id, uint64_t position, enum writer writer, uint8_t sum[static 16])
{
    static const struct id_inc far = {{7, 7, 7}};
    static const char *const draft[] = {"definition", "RP01", "period", "2023-05", "narrative", "x",
                                        "digest",     "00",   "state",  "draft",   NULL};
    static const char *const sent[] = {"state", "submitted", NULL};
    char own[33];
    struct id_record rid;
    struct node_store_record rec;
    struct buf b;
    uint8_t term[16];
    forced("report", NULL, "Lan", draft, own);
    forced("report", own, "Hoa", sent, own);
    assert_int_equal(id_unhex(own, rid.b, sizeof rid.b), ERR_OK);
    assert_int_equal(node_store_record_init(&rec), ERR_OK);
    assert_int_equal(node_store_record_read(fx.store, &rid, &rec), ERR_OK);
    assert_int_equal(rec.fold.set_count, 2);
    bool later = rec.fold.sets[1].clock > rec.fold.sets[0].clock;
    rec.fold.sets[later ? 0 : 1].position = position - 1;
    rec.fold.sets[later ? 1 : 0].position = position;
    if (writer != OWN)
        memcpy(rec.fold.sets[later ? 1 : 0].version.b, writer == DISTRICT ? fx.hub_inc.b : far.b,
               sizeof far.b);
    buf_init(&b, FOLD_STATE_BYTES_MAX);
    fold_save(&rec.fold, &b);
    assert_int_equal(b.e, ERR_OK);
    size_t found = 0;
    for (size_t i = 0; i + 7 <= b.len; i++) { /* another period than that of what this PC wrote */
        if (memcmp(b.p + i, "2023-05", 7) != 0) continue;
        b.p[i + 6] = '6';
        found++;
    }
    assert_int_equal(found, 1);
    memset(rid.b, id, sizeof rid.b);
    struct message_record m = {.rid = rid,
                               .unit = bytes_str(fx.identity.unit),
                               .position = position,
                               .state = buf_bytes(&b)};
    assert_int_equal(node_store_stage_records(fx.store, fx.epoch, &m, 1), ERR_OK);
    fx.position = position;
    fold_scope_term(&rid, fx.epoch, position, buf_bytes(&b), term);
    fold_scope_add(sum, term);
    buf_free(&b);
    node_store_record_free(&rec);
}

/* The row of the report as the page shows it. */
static void report_row(const char *state, const char *record, bool conflict)
{
    json_t *r = ask("{'verb':'report_show','report':'RP01','period':'2023-06'}");
    const json_t *row = json_object_get(r, "row");
    assert_string_equal(json_string_value(json_object_get(row, "state")), state);
    const char *id = json_string_value(json_object_get(row, "record"));
    if (record == NULL) assert_null(id);
    if (record != NULL) assert_memory_equal(id, record, strlen(record));
    assert_int_equal(json_is_true(json_object_get(row, "conflict")), conflict);
    json_decref(r);
}

static void what_the_district_settles_hands_nothing_in(void **state)
{
    (void)state;
    uint8_t sum[16] = {0};
    today("2023-07-01");
    comes(0xaa, fx.position + 10, OWN, sum);
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("submitted", "aaaa", false);
    memset(sum, 0, sizeof sum);
    comes(0xaa, fx.position + 10, DISTRICT,
          sum); /* the same, but that an officer chose the state */
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("draft", "aaaa", false);
}

static void given(uint8_t id, const char *to, const char *day)
{
    struct id_record rid;
    struct buf b;
    memset(rid.b, id, sizeof rid.b);
    buf_init(&b, CHANGE_BYTES_MAX);
    struct move_assign m = {
        .to = bytes_str(to), .date = bytes_str(day), .records = BYTES_OF(rid.b)};
    move_assign_encode(&m, &b);
    fixture_hub_set(&fx, buf_bytes(&b));
    buf_free(&b);
}

static void the_report_of_a_merged_unit_is_not_ours(void **state)
{
    (void)state;
    uint8_t sum[16] = {0};
    today("2023-07-01");
    comes(0xbb, fx.position + 10, ELSEWHERE, sum);
    given(0xbb, "26173", "2023-06-01"); /* to somebody else: says nothing here */
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("submitted", "bbbb", false);
    given(0xbb, fx.identity.unit, "2023-07-01"); /* the day behind the data window */
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("not_started", NULL, false);
    comes(0xaa, fx.position + 10, OWN, sum);
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("submitted", "aaaa", false);
    given(0xbb, fx.identity.unit, "2023-06-30"); /* the last day of it is ours: two handed in */
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("submitted", "bbbb", true);
}

/* An offer of the record that was taken, as the feed tells it. */
static void passed(uint8_t id, uint8_t transfer, const char *from, const char *to, const char *day)
{
    struct date on;
    struct buf b;
    const struct catalogue_type *t =
        catalogue_type_by_name(node_store_catalogue(fx.store, NULL), "report");
    struct move_transfer m = {
        .type = t->no, .from = bytes_str(from), .to = bytes_str(to), .state = MOVE_ACCEPTED};
    assert_int_equal(date_parse(bytes_str(day), &on), ERR_OK);
    m.offered_ms = (uint64_t)(date_to_ms(on) + DATE_DAY_MS / 2);
    memset(m.record.b, id, sizeof m.record.b);
    memset(m.transfer.b, transfer, sizeof m.transfer.b);
    buf_init(&b, CHANGE_BYTES_MAX);
    move_transfer_encode(&m, &b);
    struct message_move v = {
        .position = fx.position, .kind = MOVE_ITEM_TRANSFER, .item = buf_bytes(&b)};
    assert_int_equal(node_store_stage_moves(fx.store, fx.epoch, &v, 1), ERR_OK);
    buf_free(&b);
}

/* As at the hub (SPEC 13.3): what left behind the data window was ours in it, what was away in it was not. */
static void a_report_that_came_back_is_ours_where_it_was(void **state)
{
    (void)state;
    uint8_t sum[16] = {0};
    today("2023-07-01");
    comes(0xbb, fx.position + 10, OWN, sum);
    given(
        0xbb, fx.identity.unit,
        "2023-07-09"); /* no word of its leaving: this PC may have handed it in for another unit */
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("not_started", NULL, false);
    memset(sum, 0, sizeof sum);
    comes(0xaa, fx.position + 10, ELSEWHERE, sum); /* this unit's other PC handed it in */
    passed(0xaa, 1, fx.identity.unit, "26173", "2023-07-05");
    passed(0xaa, 2, "26173", fx.identity.unit, "2023-07-07");
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("submitted", "aaaa", false);
    memset(sum, 0, sizeof sum);
    comes(0xcc, fx.position + 10, OWN, sum);
    passed(0xcc, 3, fx.identity.unit, "26173", "2023-06-28");
    passed(0xcc, 4, "26173", fx.identity.unit, "2023-07-07");
    assert_int_equal(fixture_end(&fx, sum, NULL, 0), ERR_OK);
    report_row("not_started", NULL, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_written_by_its_own_verbs_alone),
        TEST(no_text_of_a_report_is_dropped_without_a_word),
        TEST(what_was_not_sent_has_its_due_day),
        TEST(a_day_that_is_none_is_no_day_by_default),
        TEST(a_correction_of_the_district_is_answered_by_its_verb),
        TEST(who_drafted_never_confirms),
        TEST(in_time_is_what_the_hub_confirmed),
        TEST(what_is_owed_stays_in_the_list),
        TEST(a_leader_is_told_of_what_nobody_confirmed),
        TEST(what_has_not_begun_is_not_handed_in),
        TEST(what_is_no_number_can_only_be_objected_to),
        TEST(an_open_correction_that_is_overtaken_says_so),
        TEST(what_the_district_settles_hands_nothing_in),
        TEST(the_report_of_a_merged_unit_is_not_ours),
        TEST(a_report_that_came_back_is_ours_where_it_was),
        TEST(a_name_is_one_person_on_every_computer),
        TEST(a_note_changes_no_state_and_a_report_is_not_given_away),
        TEST(steps_are_asked_before_a_save),
        TEST(a_settlement_without_allocation_is_not_handed_in),
        TEST(what_is_the_districts_to_write_is_refused),
        TEST(days_that_cannot_be_are_named),
        TEST(a_sheet_is_scored_and_handed_in_whole),
        TEST(a_line_is_of_its_scheme_and_its_draft),
        TEST(figures_stand_beside_the_criteria),
        TEST(what_runs_out_is_listed_counted_and_in_the_calendar),
        TEST(a_rule_that_fails_is_told_in_calendar_and_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What happened to a record, as the hub's log tells it: who, when, what, with the index behind or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/io/db.h"
#include "hub/store_history.h"
#include "hub/store_repair.h"
#include "hub/store_users.h"
#include "tests/lib/office.h"

#define PERSON_A "11111111111111111111111111111111"
#define PERSON_B "22222222222222222222222222222222"

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

static json_t *ask_ok(struct office *o, const char *text)
{
    json_t *r = office_ask(&o->app, text);
    if (hub_command_error_of(r) != ERR_OK) {
        json_dumpf(r, stderr, 0);
        fail();
    }
    return r;
}

static const char *text_at(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

static void commune_writes(struct office *o, const char *dob)
{
    char text[200];
    snprintf(text, sizeof text,
             "{\"type\":\"person\",\"id\":\"" PERSON_A "\",\"full_name\":\"Hồ Quốc An\","
             "\"sex\":\"male\",\"dob\":\"%s\"}",
             dob);
    report_put(&o->hub, 6, text);
}

/* A commune makes a person, the hub changes the birth date, the commune does too without having seen it. */
static void make_history(struct office *o)
{
    struct hub_user lan = {.name = "Lan", .hash = "x", .role = HUB_ROLE_STATISTICIAN};
    assert_int_equal(hub_users_add(o->app.store, &lan, "lan"), ERR_OK);
    commune_writes(o, "1979-08-20");
    json_decref(ask_ok(o, "{'verb':'put','person':'Lan','id':'" PERSON_A
                          "','values':{'dob':'1978-12-02'}}"));
    report_put(&o->hub, 8,
               "{\"type\":\"person\",\"id\":\"" PERSON_B "\",\"full_name\":\"Người Khác\","
               "\"sex\":\"male\",\"dob\":\"1971-01-01\"}");
    commune_writes(o, "1979-11-20");
}

static json_t *history(struct office *o)
{
    return ask_ok(o, "{'verb':'history','id':'" PERSON_A "'}");
}

/* The value that an event wrote into a field; "" when it did not. */
static const char *wrote(const json_t *event, const char *field)
{
    size_t i = 0;
    json_t *w = NULL;
    json_array_foreach(json_object_get(event, "writes"), i, w)
    {
        if (strcmp(text_at(w, "field"), field) == 0) return text_at(w, "value");
    }
    return "";
}

static void history_says_who_when_and_what(void **state)
{
    struct office *o = *state;
    make_history(o);
    json_t *r = history(o), *events = json_object_get(r, "events");
    assert_int_equal(json_array_size(events), 3);
    assert_false(json_is_true(json_object_get(r, "more")));
    const json_t *made = json_array_get(events, 0), *ours = json_array_get(events, 1),
                 *theirs = json_array_get(events, 2);
    assert_string_equal(text_at(made, "kind"), "create");
    assert_string_equal(text_at(made, "unit"), report_units[6]);
    assert_false(json_is_true(json_object_get(made, "by_hub")));
    assert_string_equal(wrote(made, "full_name"), "Hồ Quốc An");
    assert_string_equal(wrote(made, "dob"), "1979-08-20");
    assert_string_equal(text_at(ours, "kind"), "edit");
    assert_true(json_is_true(json_object_get(ours, "by_hub")));
    assert_string_equal(text_at(ours, "name"), "Lan");
    assert_string_equal(wrote(ours, "dob"), "1978-12-02");
    assert_string_equal(wrote(ours, "full_name"), "");
    assert_string_equal(text_at(theirs, "verdict"), "conflict");
    assert_string_equal(wrote(theirs, "dob"), "1979-11-20");
    assert_true(json_integer_value(json_object_get(theirs, "position")) >
                json_integer_value(json_object_get(ours, "position")));
    json_decref(r);
}

static void index_changes_no_answer(void **state)
{
    struct office *o = *state;
    bool done = false;
    unsigned turns = 0;
    make_history(o);
    json_t *before = history(o);
    for (; !done; turns++) { /* by one position after the other: the rest is read out of the log */
        assert_int_equal(hub_store_history_some(o->app.store, 1, &done), ERR_OK);
        json_t *now = history(o);
        assert_true(json_equal(before, now));
        json_decref(now);
    }
    assert_true(turns > 3);
    assert_int_equal(hub_store_history_some(o->app.store, 1, &done), ERR_OK);
    assert_true(done);
    commune_writes(o, "1980-01-01"); /* behind the index */
    json_t *now = history(o);
    assert_int_equal(json_array_size(json_object_get(now, "events")), 4);
    json_decref(now);
    json_decref(before);
}

static void damaged_set_takes_no_other_with_it(void **state)
{
    struct office *o = *state;
    char sql[80];
    bool done = false;
    make_history(o);
    json_t *r = history(o);
    json_int_t at = json_integer_value(
        json_object_get(json_array_get(json_object_get(r, "events"), 1), "position"));
    json_decref(r);
    snprintf(sql, sizeof sql, "UPDATE sys_log SET head = x'00' WHERE pos = %lld", (long long)at);
    assert_int_equal(db_exec(hub_store_db(o->app.store), sql), ERR_OK);
    for (int i = 0; i < 2; i++) { /* out of the log, and out of the index */
        r = history(o);
        json_t *events = json_object_get(r, "events");
        assert_int_equal(json_array_size(events), 2);
        assert_string_equal(text_at(json_array_get(events, 0), "kind"), "create");
        assert_string_equal(text_at(json_array_get(events, 1), "verdict"), "conflict");
        json_decref(r);
        assert_int_equal(hub_store_history_some(o->app.store, HUB_HISTORY_TURN, &done), ERR_OK);
        assert_true(done);
    }
}

static void unknown_records_have_none(void **state)
{
    struct office *o = *state;
    json_t *r = office_ask(&o->app, "{'verb':'history','id':'" PERSON_B "'}");
    assert_int_equal(hub_command_error_of(r), ERR_NOT_FOUND);
    json_decref(r);
    r = office_ask(&o->app, "{'verb':'history','id':'22'}");
    assert_int_equal(hub_command_error_of(r), ERR_BAD_INPUT);
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(history_says_who_when_and_what, setup, teardown),
        cmocka_unit_test_setup_teardown(index_changes_no_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_set_takes_no_other_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_records_have_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Claims about the node's answer to who asks what is held about a person: every record that names the person is in
 * it, deleted ones too, and what hangs below; of another person's record only where it names this one; what
 * is of too high a class is named and held back, in the history as well; without a reason there is none.
 */
#include "tests/lib/node_fixture.h"
#include "node/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct node_fixture fx;
static struct node_command cmd;

static int64_t wall(void)
{
    return INT64_C(1700000000000);
}

static int setup(void **state)
{
    (void)state;
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

static json_t *run(json_t *q)
{
    assert_non_null(q);
    json_t *r = node_command_run(&cmd, q);
    json_decref(q);
    assert_non_null(r);
    return r;
}

/* The id of a new record. */
static void made(const char *type, json_t *values, char id[33])
{
    json_t *r = run(json_pack("{s:s, s:s, s:s, s:o}", "verb", "put", "person", "Lan", "type", type,
                              "values", values));
    if (node_command_error_of(r) != ERR_OK) fail_msg("%s: %s", type, json_dumps(r, 0));
    snprintf(id, 33, "%s", json_string_value(json_object_get(r, "id")));
    json_decref(r);
}

static json_t *subject(const char *id, int max_class)
{
    return run(json_pack("{s:s, s:s, s:s, s:s, s:i}", "verb", "subject", "person", "Hoa", "id", id,
                         "reason", "12", "max_class", max_class));
}

static json_t *of(const json_t *answer, const char *id)
{
    const json_t *records = json_object_get(answer, "records");
    for (size_t i = 0; i < json_array_size(records); i++) {
        json_t *r = json_array_get(records, i);
        if (strcmp(json_string_value(json_object_get(r, "id")), id) == 0) return r;
    }
    return NULL;
}

static void is(const json_t *answer, const char *id, const char *why)
{
    const json_t *r = of(answer, id);
    if (r == NULL) fail_msg("no record %s, expected: %s", id, why);
    assert_string_equal(json_string_value(json_object_get(r, "why")), why);
}

static struct {
    char one[33], child[33], other[33], drugs[33], gone[33];
} ids;

static void people(void)
{
    made("person", json_pack("{s:s, s:s}", "full_name", "Đặng Thị Hồng", "sex", "female"), ids.one);
    made("person", json_pack("{s:s, s:s}", "full_name", "Trần Quốc Toản", "sex", "male"),
         ids.other);
    made("person",
         json_pack("{s:s, s:s, s:s}", "full_name", "Bé An", "sex", "male", "guardian", ids.one),
         ids.child);
    json_t *drugs =
        json_pack("{s:s, s:s, s:s}", "person", ids.one, "status", "addict", "in_list", "1");
    made("drug_case", json_copy(drugs), ids.drugs);
    made("drug_case", drugs, ids.gone);
    json_decref(run(json_pack("{s:s, s:s, s:s, s:s, s:s}", "verb", "put", "person", "Lan", "id",
                              ids.gone, "action", "delete", "reason", "duplicate")));
}

static void every_record_is_found(void **state)
{
    (void)state;
    people();
    json_t *r = subject(ids.one, 4);
    if (node_command_error_of(r) != ERR_OK) fail_msg("%s", json_dumps(r, 0));
    is(r, ids.one, "self");
    is(r, ids.drugs, "refers");
    is(r, ids.gone, "refers");
    assert_true(json_is_true(json_object_get(of(r, ids.gone), "deleted")));
    is(r, ids.child, "another_person");
    assert_null(of(r, ids.other));
    const json_t *child = of(r, ids.child), *fields = json_object_get(child, "fields");
    assert_int_equal(json_array_size(fields), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(fields, 0), "field")),
                        "guardian");
    assert_null(json_object_get(child, "title"));
    assert_int_equal(json_array_size(json_object_get(child, "events")), 0);
    assert_int_equal(json_array_size(json_object_get(of(r, ids.gone), "events")),
                     3); /* made, why, deleted */
    json_decref(r);
    r = subject(ids.child, 4); /* the other way round: the guardian is no part of it */
    is(r, ids.child, "self");
    assert_int_equal(json_array_size(json_object_get(r, "records")), 1);
    json_decref(r);
}

static void a_higher_class_is_named_and_held_back(void **state)
{
    (void)state;
    people();
    json_t *r = subject(ids.one, 2), *drugs = of(r, ids.drugs);
    const json_t *fields = json_object_get(drugs, "fields"),
                 *events = json_object_get(drugs, "events");
    assert_int_equal(json_array_size(fields), 3);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        assert_true(json_is_true(json_object_get(json_array_get(fields, i), "withheld")));
        assert_null(json_object_get(json_array_get(fields, i), "values"));
    }
    assert_int_equal(json_array_size(events), 1);
    assert_int_equal(json_array_size(json_object_get(json_array_get(events, 0), "writes")), 0);
    char *text = json_dumps(drugs, 0);
    assert_null(strstr(text, "addict"));
    free(text);
    json_decref(r);
    r = subject(ids.one, 3);
    text = json_dumps(of(r, ids.drugs), 0);
    assert_non_null(strstr(text, "addict"));
    free(text);
    json_decref(r);
}

static void without_a_reason_there_is_none(void **state)
{
    (void)state;
    people();
    char much[302];
    memset(much, 'a', 301);
    much[301] = '\0';
    for (int i = 0; i < 2; i++) {
        json_t *r = run(json_pack("{s:s, s:s, s:s, s:s}", "verb", "subject", "person", "Hoa", "id",
                                  ids.one, "reason", i == 0 ? "" : much));
        assert_int_equal(node_command_error_of(r), ERR_BAD_INPUT);
        json_decref(r);
    }
    much[300] = '\0';
    json_t *r = run(json_pack("{s:s, s:s, s:s, s:s}", "verb", "subject", "person", "Hoa", "id",
                              ids.one, "reason", much));
    assert_int_equal(node_command_error_of(r), ERR_OK);
    json_decref(r);
    r = subject("00000000000000000000000000000000", 4);
    assert_int_equal(node_command_error_of(r), ERR_NOT_FOUND);
    json_decref(r);
    r = subject("zz", 4);
    assert_int_not_equal(node_command_error_of(r), ERR_OK);
    json_decref(r);
}

/* Labels beside the codes; titles of what values lead to, where they may be told. */
static void codes_are_told_in_words(void **state)
{
    (void)state;
    char team[33], member[33], minded[33];
    people();
    made("team",
         json_pack("{s:s, s:s, s:s}", "name", "Đội 1", "kind", "volunteer_team", "state", "active"),
         team);
    made("team_member",
         json_pack("{s:s, s:s, s:s, s:s, s:s}", "person", ids.one, "team", team, "role", "member",
                   "joined_on", "2020-01-24", "meets_criteria", "1"),
         member);
    made("child_case",
         json_pack("{s:s, s:s, s:s}", "person", ids.one, "caregiver", ids.other, "from_on",
                   "2023-01-01"),
         minded);
    json_t *r = subject(ids.one, 4);
    char *text = json_dumps(r, 0);
    assert_non_null(strstr(text, "\"told\": [\"Có\"]"));
    assert_non_null(strstr(text, "\"told\": [\"Đội, tổ, nhóm: Đội 1\"]"));
    assert_non_null(strstr(text, "\"told\": [\"Người: Đặng Thị Hồng\"]"));
    assert_null(strstr(text, "Trần Quốc Toản")); /* his name is his own */
    assert_string_equal(json_string_value(json_object_get(json_object_get(r, "titles"), team)),
                        "Đội 1");
    assert_null(json_object_get(json_object_get(r, "titles"), ids.other));
    free(text);
    json_decref(r);
    r = subject(ids.one, 1); /* nor her own, where that class is held back */
    text = json_dumps(r, 0);
    assert_null(strstr(text, "Hồng"));
    free(text);
    json_decref(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_record_is_found),
        T(a_higher_class_is_named_and_held_back),
        T(codes_are_told_in_words),
        T(without_a_reason_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Claims about references at a commune: who deletes a record is told how many name it, nothing is refused; a reference
 * to a deleted record, and one to a record that is not here after 30 days, is told in `cases`;
 * what this PC had once, or what is another unit's now, is no mistake as far as it knows.
 */
#include "common/io/db.h"
#include "node/command.h"
#include "tests/lib/node_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOBODY "00000000000000000000000000000000"

static struct node_fixture fx;
static struct node_command cmd;
static char person[33], drug_case[33], child[33];

static int64_t wall(void)
{
    struct date d = {2023, 11, 20};
    return date_to_ms(d) + DATE_DAY_MS / 2;
}

/* A request with ' for " and every # the id. */
static json_t *ask(const char *format, const char *id)
{
    char text[1024], *out = text;
    for (const char *p = format; *p != '\0'; p++) {
        if (*p == '#')
            out += snprintf(out, 33, "%s", id);
        else
            *out++ = *p == '\'' ? '"' : *p;
    }
    *out = '\0';
    json_t *q = json_loads(text, 0, NULL);
    if (q == NULL) fail_msg("%s", text);
    json_t *r = node_command_run(&cmd, q);
    json_decref(q);
    assert_non_null(r);
    if (node_command_error_of(r) != ERR_OK) fail_msg("%s: %s", text, json_dumps(r, 0));
    return r;
}

static void put(const char *format, const char *id, char out[33])
{
    json_t *r = ask(format, id);
    snprintf(out, 33, "%s", json_string_value(json_object_get(r, "id")));
    json_decref(r);
}

static int setup(void **state)
{
    (void)state;
    fixture_open(&fx, true);
    if (node_command_init(&cmd, fx.store, &fx.keys, wall) != ERR_OK) return -1;
    put("{'verb':'put','person':'Lan','type':'person','values':{'full_name':'Hồ Quốc "
        "An','sex':'male'}}",
        "", person);
    put("{'verb':'put','person':'Lan','type':'drug_case','values':{'person':'#','status':'addict','"
        "in_list':'1'}}",
        person, drug_case);
    put("{'verb':'put','person':'Lan','type':'person','values':{'full_name':'Hồ Thị "
        "Bé','sex':'female','guardian':'#'}}",
        person, child);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_command_free(&cmd);
    fixture_close(&fx);
    return 0;
}

static json_int_t number(const char *format, const char *id, const char *key)
{
    json_t *r = ask(format, id);
    const json_t *n = json_object_get(r, key);
    json_int_t v = json_is_integer(n) ? json_integer_value(n) : -1;
    json_decref(r);
    return v;
}

/* "type field check" of each finding about references on this day, in order. */
static void told(const char *on, const char *want)
{
    char got[600] = "";
    json_t *r = ask("{'verb':'cases','titles':true,'on':'#'}", on);
    json_t *row = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(r, "checks"), i, row)
    {
        const char *check = json_string_value(json_object_get(row, "check"));
        size_t n = strlen(got);
        if (strncmp(check, "ref_", 4) != 0) continue;
        snprintf(got + n, sizeof got - n, "%s %s %s;",
                 json_string_value(json_object_get(row, "type")),
                 json_string_value(json_object_get(row, "field")), check);
        assert_null(
            strstr(json_string_value(json_object_get(row, "title")), "Quốc")); /* initials */
    }
    assert_string_equal(got, want);
    json_decref(r);
}

#define DELETE    "{'verb':'put','person':'Lan','id':'#','action':'delete','reason':'mistake'}"
#define REFERRING "{'verb':'referring','id':'#'}"
#define NOW       "2023-11-20"
#define WAITED    "2023-12-20"
#define TOLD      "2023-12-21"

static const char *lost(const char *id)
{
    static char why[20];
    json_t *r = ask("{'verb':'get','id':'#'}", id);
    const char *s = json_string_value(json_object_get(json_object_get(r, "lost"), "person"));
    snprintf(why, sizeof why, "%s", s != NULL ? s : "");
    json_decref(r);
    return why;
}

static void a_deletion_leaves_what_names_the_record(void **state)
{
    (void)state;
    assert_int_equal(number(REFERRING, person, "records"), 2);
    assert_int_equal(number(REFERRING, child, "records"), 0);
    told(TOLD, "");
    assert_string_equal(lost(drug_case), "");
    assert_int_equal(number(DELETE, person, "referring"), 2);
    told(NOW, "person guardian ref_deleted;drug_case person ref_deleted;");
    assert_string_equal(lost(drug_case), "deleted");
    assert_int_equal(number(DELETE, child, "referring"), 0);
    told(NOW, "drug_case person ref_deleted;");
    assert_int_equal(
        number("{'verb':'put','person':'Lan','id':'#','action':'restore'}", person, "referring"),
        -1);
    told(TOLD, "");
    assert_string_equal(lost(drug_case), "");
}

static void an_unknown_record_may_still_come(void **state)
{
    (void)state;
    char strange[33];
    put("{'verb':'put','person':'Lan','type':'drug_case','values':{'person':'#','status':'addict','"
        "in_list':'1'}}",
        NOBODY, strange);
    told(NOW, "");
    told(WAITED, "");
    told(TOLD, "drug_case person ref_unknown;");
    assert_string_equal(lost(strange), "unknown");
}

/* What stands in the tables of erased, transferred and frozen records, as the feed fills them. */
static void what_was_here_is_no_mistake(void **state)
{
    (void)state;
    static const char *const gone[] = {
        "INSERT INTO sys_dead(rid, list) VALUES (zeroblob(16), 1)",
        "INSERT INTO sys_transfer(id, rid, type, from_unit, to_unit, state, offered_ms, days, "
        "note, answer, position) "
        "VALUES (x'01', zeroblob(16), 1, '26170', '26173', 1, 0, 3, '', '', 1)",
    };
    static const char *const back[] = {"DELETE FROM sys_dead", "DELETE FROM sys_transfer"};
    char strange[33];
    put("{'verb':'put','person':'Lan','type':'drug_case','values':{'person':'#','status':'addict','"
        "in_list':'1'}}",
        NOBODY, strange);
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        assert_int_equal(db_exec(node_store_db(fx.store), gone[i]), ERR_OK);
        told(TOLD, "");
        assert_int_equal(db_exec(node_store_db(fx.store), back[i]), ERR_OK);
        told(TOLD, "drug_case person ref_unknown;");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deletion_leaves_what_names_the_record),
        TEST(an_unknown_record_may_still_come),
        TEST(what_was_here_is_no_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

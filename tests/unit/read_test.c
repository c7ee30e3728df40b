/* The access log: what is noted, that rows cannot be changed unseen, and where it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/io/db.h"
#include "hub/store_read.h"
#include "tests/lib/office.h"

static int setup(void **state)
{
    *state = office_open(12);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

/* How many rows the log has for this record (NULL: all), and what the newest of them says. */
static size_t rows_of(struct hub_app *a, const char *id, const char *what, const char *user,
                      const char *why)
{
    json_t *q = json_pack("{s:s}", "verb", "reads");
    if (id != NULL) json_object_set_new(q, "id", json_string(id));
    json_t *r = office_send(a, q, ERR_OK);
    const json_t *rows = json_object_get(r, "rows");
    size_t n = json_array_size(rows);
    assert_true(json_is_true(json_object_get(r, "whole")));
    if (what != NULL) {
        const json_t *row = json_array_get(rows, 0);
        assert_non_null(row);
        assert_string_equal(json_string_value(json_object_get(row, "what")), what);
        assert_string_equal(json_string_value(json_object_get(row, "user")), user);
        assert_string_equal(json_string_value(json_object_get(row, "reason")), why);
    }
    json_decref(r);
    return n;
}

static void get(struct hub_app *a, const char *id, const char *who, const char *why)
{
    json_decref(office_send(
        a, json_pack("{s:s, s:s, s:s, s:s}", "verb", "get", "id", id, "person", who, "reason", why),
        ERR_OK));
}

#define PERSON "11111111111111111111111111111111" /* class 3: it may say the ethnicity */
#define OTHER  "22222222222222222222222222222222"
#define HAMLET "33333333333333333333333333333333" /* class 0 */

static void plant(struct office *o)
{
    report_put(&o->hub, 0,
               "{\"type\":\"person\",\"id\":\"" PERSON
               "\",\"full_name\":\"Lan\",\"sex\":\"female\"}");
    report_put(&o->hub, 1,
               "{\"type\":\"person\",\"id\":\"" OTHER
               "\",\"full_name\":\"Hoa\",\"sex\":\"female\"}");
    report_put(&o->hub, 0,
               "{\"type\":\"hamlet\",\"id\":\"" HAMLET "\",\"name\":\"Thôn 1\",\"kind\":\"thon\"}");
}

/* ---- what is noted ---- */

static void reading_sensitive_records_is_noted(void **state)
{
    struct office *o = *state;
    struct hub_app *a = &o->app;
    plant(o);
    assert_int_equal(rows_of(a, NULL, NULL, NULL, NULL), 0);
    get(a, PERSON, "Lan", "đơn số 12");
    assert_int_equal(rows_of(a, PERSON, "get", "Lan", "đơn số 12"), 1);
    get(a, HAMLET, "Lan", "");
    assert_int_equal(rows_of(a, NULL, NULL, NULL, NULL), 1); /* nobody is hurt by a hamlet's name */
    json_decref(office_send(
        a, json_pack("{s:s, s:s, s:s}", "verb", "list", "type", "person", "person", "Mai"),
        ERR_OK));
    assert_int_equal(rows_of(a, OTHER, "list", "Mai", ""), 1);
    assert_int_equal(rows_of(a, PERSON, "list", "Mai", ""), 2);
    json_decref(
        office_send(a, json_pack("{s:s, s:s}", "verb", "get", "id", HAMLET "00"), ERR_BAD_INPUT));
    assert_int_equal(rows_of(a, NULL, NULL, NULL, NULL), 2);
    /* only Mai's */
    json_t *r = office_send(a, json_pack("{s:s, s:s}", "verb", "reads", "by", "Mai"), ERR_OK);
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
}

static void a_page_that_asks_again_is_one_reading(void **state)
{
    struct office *o = *state;
    struct hub_app *a = &o->app;
    plant(o);
    for (int i = 0; i < 5; i++)
        get(a, PERSON, "Lan", "");
    assert_int_equal(rows_of(a, PERSON, "get", "Lan", ""), 1);
    get(a, PERSON, "Mai", "");  /* another person */
    get(a, PERSON, "Lan", "x"); /* another reason */
    get(a, OTHER, "Lan", "");   /* another record */
    assert_int_equal(rows_of(a, NULL, NULL, NULL, NULL), 4);
    struct hub_read r = {.at_ms = 1000,
                         .user = "Hà",
                         .what = "get",
                         .why = "",
                         .highest = 4,
                         .rids = bytes_make("0123456789abcdef", 16)};
    assert_int_equal(hub_read_add(a->store, &r), ERR_OK);
    r.at_ms += HUB_READ_AGAIN_MS - 1;
    assert_int_equal(hub_read_add(a->store, &r), ERR_OK);
    assert_int_equal(rows_of(a, NULL, NULL, NULL, NULL), 5);
    r.at_ms++;
    assert_int_equal(hub_read_add(a->store, &r), ERR_OK);
    assert_int_equal(rows_of(a, NULL, NULL, NULL, NULL), 6);
}

/* ---- its end ---- */

static void many(struct office *o, size_t n, size_t ids)
{
    uint8_t *rids = calloc(ids, ID_RECORD_BYTES);
    assert_non_null(rids);
    assert_int_equal(hub_store_begin(o->app.store), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        le64_store(rids, i);
        struct hub_read r = {.at_ms = (int64_t)i,
                             .user = "Lan",
                             .what = "list",
                             .why = "",
                             .highest = 3,
                             .rids = bytes_make(rids, ids * ID_RECORD_BYTES)};
        assert_int_equal(hub_read_add(o->app.store, &r), ERR_OK);
    }
    assert_int_equal(hub_store_commit(o->app.store), ERR_OK);
    free(rids);
}

static void the_oldest_go_and_their_hash_stays(void **state)
{
    struct office *o = *state;
    struct hub_reads_end before, end;
    many(o, HUB_READS_DROP + 500, 2);
    assert_int_equal(hub_read_end(o->app.store, &before), ERR_OK);
    assert_int_equal(before.rows, HUB_READS_DROP + 500);
    assert_int_equal(
        hub_read_shrink(o->app.store, HUB_READS_DROP + 500, 2 * (HUB_READS_DROP + 500)),
        ERR_OK); /* at the limits */
    assert_int_equal(hub_read_end(o->app.store, &end), ERR_OK);
    assert_int_equal(end.dropped, 0);
    assert_int_equal(hub_read_shrink(o->app.store, HUB_READS_DROP + 499, INT64_MAX), ERR_OK);
    assert_int_equal(hub_read_end(o->app.store, &end), ERR_OK);
    assert_int_equal(end.rows, 500);
    assert_int_equal(end.dropped, HUB_READS_DROP);
    assert_int_equal(end.dropped_ms, HUB_READS_DROP - 1);
    assert_true(end.whole);
    assert_true(ID_EQUAL(&end.hash, &before.hash)); /* the chain goes on over what is gone */
    assert_int_equal(hub_read_shrink(o->app.store, INT64_MAX, 999), ERR_OK); /* 1000 ids are left */
    assert_int_equal(hub_read_end(o->app.store, &end), ERR_OK);
    assert_int_equal(end.rows, 0);
    assert_true(ID_EQUAL(&end.hash, &before.hash));
    many(o, 1, HUB_READ_IDS_MAX + 1); /* a long list is several rows */
    assert_int_equal(hub_read_end(o->app.store, &end), ERR_OK);
    assert_int_equal(end.rows, 2);
    assert_true(end.whole);
}

static void a_row_that_was_changed_or_taken_out_shows(void **state)
{
    static const char *const harm[] = {
        "UPDATE sys_read SET user = 'Mai' WHERE no = 3",
        "UPDATE sys_read SET why = 'ở đâu đó' WHERE no = 3",
        "UPDATE sys_read SET rids = zeroblob(16) WHERE no = 3",
        "UPDATE sys_read SET at_ms = at_ms + 1 WHERE no = 3",
        "DELETE FROM sys_read WHERE no = 2",
    };
    struct office *o = *state;
    struct hub_reads_end end;
    many(o, 5, 2);
    for (size_t i = 0; i < sizeof harm / sizeof harm[0]; i++) {
        struct db *db = hub_store_db(o->app.store);
        assert_int_equal(db_begin(db), ERR_OK);
        assert_int_equal(db_exec(db, harm[i]), ERR_OK);
        assert_int_equal(hub_read_end(o->app.store, &end), ERR_OK);
        assert_false(end.whole);
        assert_int_equal(end.wrong, 3);
        db_rollback(db);
    }
    assert_int_equal(hub_read_end(o->app.store, &end), ERR_OK);
    assert_true(end.whole);
}

int main(void)
{
#define WITH_OFFICE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_OFFICE(reading_sensitive_records_is_noted),
        WITH_OFFICE(a_page_that_asks_again_is_one_reading),
        WITH_OFFICE(the_oldest_go_and_their_hash_stays),
        WITH_OFFICE(a_row_that_was_changed_or_taken_out_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

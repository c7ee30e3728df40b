/* The index behind the hub's lists follows every change of a record. Erasure: erase_test.c. */
#include "tests/lib/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "common/search.h"
#include "tests/lib/catalogue_load.h"

#define HOA  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01"
#define HOA2 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa02"
#define BINH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa03"

static int64_t number(struct office *o, const char *sql)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(hub_store_db(o->app.store), sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

static json_t *done(struct office *o, const char *text)
{
    json_t *r = office_ask(&o->app, text);
    if (hub_command_error_of(r) != ERR_OK) json_dumpf(r, stderr, 0);
    assert_int_equal(hub_command_error_of(r), ERR_OK);
    return r;
}

static void does(struct office *o, const char *text)
{
    json_decref(done(o, text));
}

/* How many records of a type the words find; `ids`, if not NULL: the first rows' ids, in order. The
 * index has a row for each row of the typed table, no more. */
static int64_t found(struct office *o, const char *type, const char *unit, const char *words,
                     const char *const *ids)
{
    char sql[200];
    json_t *q = json_pack("{s:s, s:s, s:s, s:s*}", "verb", "search", "type", type, "q", words,
                          "unit", unit);
    json_t *r = office_send(&o->app, q, ERR_OK);
    const json_t *rows = json_object_get(r, "rows");
    for (size_t i = 0; ids != NULL && ids[i] != NULL; i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(rows, i), "id")),
                            ids[i]);
    int64_t total = json_integer_value(json_object_get(r, "total"));
    json_decref(r);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", type);
    int64_t typed = number(o, sql);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM \"%s\" t JOIN sys_record r ON r.rid = t.id JOIN sys_search x ON "
             "x.record = r.no AND x.type = r.type AND x.unit = r.unit",
             type);
    assert_int_equal(number(o, sql), typed);
    assert_int_equal(number(o, "SELECT count(*) FROM sys_search x WHERE NOT EXISTS (SELECT 1 FROM "
                               "sys_record r WHERE r.no = x.record)"),
                     0);
    return total;
}

static int64_t persons(struct office *o, const char *words)
{
    return found(o, "person", NULL, words, NULL);
}

static void three(struct office *o)
{
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" HOA "\",\"full_name\":\"Nguyễn Văn Hoà\","
               "\"sex\":\"male\",\"national_id\":\"075082123456\",\"phone\":\"0901234567\"}");
    report_put(&o->hub, 8,
               "{\"type\":\"person\",\"id\":\"" HOA2 "\",\"full_name\":\"Đặng Văn Hòa\","
               "\"sex\":\"male\",\"national_id\":\"075082123456\"}");
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" BINH "\",\"full_name\":\"Trần Thị Bình\","
               "\"sex\":\"female\"}");
}

static void what_is_created_is_found(void **state)
{
    struct office *o = *state;
    assert_int_equal(persons(o, "hoa"), 0);
    three(o);
    static const char *const by_title[] = {HOA2, HOA, BINH, NULL}; /* Đ among d */
    assert_int_equal(found(o, "person", NULL, "", by_title), 3);
    assert_int_equal(persons(o, "hoa"), 2);
    assert_int_equal(persons(o, "HÒA văn"), 2);
    assert_int_equal(persons(o, "oà nguy"), 1);
    assert_int_equal(persons(o, "dang van hoa"), 1);
    assert_int_equal(persons(o, "hoa binh"), 0);
    assert_int_equal(persons(o, "082123"), 2);          /* the number */
    assert_int_equal(persons(o, "hoa 075082 dang"), 1); /* and name */
    assert_int_equal(persons(o, "0901234567"), 0);      /* no other text: only title and number */
    assert_int_equal(persons(o, "%"), 0);
    assert_int_equal(persons(o, "'"), 0);
    assert_int_equal(found(o, "person", report_units[6], "hoa", NULL), 1);
    assert_int_equal(found(o, "person", report_units[0], "hoa", NULL), 0);
    assert_int_equal(found(o, "person", "no such unit", "", NULL), 0);
    assert_int_equal(found(o, "household", NULL, "hoa", NULL), 0);
}

static void pages_count_all(void **state)
{
    struct office *o = *state;
    static const struct {
        int offset, max, rows;
    } pages[] = {{0, 2, 2}, {2, 2, 1}, {3, 2, 0}, {9, 2, 0}, {0, 3, 3}, {0, 50, 3}};
    three(o);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        json_t *r = office_send(&o->app,
                                json_pack("{s:s, s:s, s:i, s:i}", "verb", "search", "type",
                                          "person", "offset", pages[i].offset, "max", pages[i].max),
                                ERR_OK);
        assert_int_equal(json_array_size(json_object_get(r, "rows")), pages[i].rows);
        assert_int_equal(json_integer_value(json_object_get(r, "total")), 3);
        json_decref(r);
    }
    char text[SEARCH_QUERY_BYTES_MAX + 2] = "";
    memset(text, 'a', SEARCH_QUERY_BYTES_MAX);
    assert_int_equal(persons(o, text), 0);
    text[SEARCH_QUERY_BYTES_MAX] = 'a';
    json_decref(office_send(
        &o->app, json_pack("{s:s, s:s, s:s}", "verb", "search", "type", "person", "q", text),
        ERR_BAD_INPUT));
}

static void edits_deletion_and_restoring_are_followed(void **state)
{
    struct office *o = *state;
    three(o);
    assert_int_equal(persons(o, "binh"), 1);
    does(o, "{'verb':'put','id':'" BINH "','values':{'full_name':'Trần Thị Minh'}}");
    assert_int_equal(persons(o, "binh"), 0);
    assert_int_equal(persons(o, "minh tran"), 1);
    does(o, "{'verb':'put','id':'" BINH "','values':{'national_id':'075182000001'}}");
    assert_int_equal(persons(o, "075182000001"), 1);
    does(o, "{'verb':'put','id':'" BINH "','values':{'phone':'0902'}}"); /* nothing to write */
    assert_int_equal(persons(o, "minh"), 1);
    does(o, "{'verb':'put','id':'" BINH "','action':'delete','reason':'mistake'}");
    assert_int_equal(persons(o, "minh"), 0);
    assert_int_equal(number(o, "SELECT count(*) FROM sys_search WHERE fold LIKE '%minh%'"), 0);
    does(o, "{'verb':'put','id':'" BINH "','action':'restore'}");
    assert_int_equal(persons(o, "minh"), 1);
}

/* Two records of one person stay two rows, each found by its own name. */
static void linked_persons_are_both_found(void **state)
{
    struct office *o = *state;
    char resolve[128];
    three(o);
    json_t *r = done(o, "{'verb':'conflicts'}");
    const json_t *pair = json_array_get(json_object_get(r, "pairs"), 0);
    snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'same'}",
             json_string_value(json_object_get(pair, "id")));
    json_decref(r);
    assert_int_equal(persons(o, "hoa"), 2);
    does(o, resolve);
    assert_int_equal(persons(o, "hoa"), 2);
    assert_int_equal(persons(o, "dang hoa"), 1);
    assert_int_equal(found(o, "person_link", NULL, "", NULL), 1);
}

static void a_moved_record_is_found_at_its_new_unit(void **state)
{
    struct office *o = *state;
    char answer[160], offer[160];
    three(o);
    assert_int_equal(found(o, "person", report_units[6], "binh", NULL), 1);
    snprintf(offer, sizeof offer, "{'verb':'transfer_offer','id':'" BINH "','to':'%s'}",
             report_units[2]);
    json_t *r = done(o, offer);
    snprintf(answer, sizeof answer, "{'verb':'transfer_answer','transfer':'%s','answer':'accept'}",
             json_string_value(json_object_get(r, "transfer")));
    json_decref(r);
    assert_int_equal(found(o, "person", report_units[6], "binh", NULL), 1); /* only offered */
    does(o, answer);
    assert_int_equal(found(o, "person", report_units[6], "binh", NULL), 0);
    assert_int_equal(found(o, "person", report_units[2], "binh", NULL), 1);
    assert_int_equal(persons(o, "binh"), 1);
}

static void hub_again(struct office *o)
{
    report_hub_reopen(&o->hub);
    o->app.store = o->hub.store;
}

static void an_older_copy_finds_what_it_has(void **state)
{
    struct office *o = *state;
    struct buf copy;
    three(o);
    assert_int_equal(persons(o, "binh"), 1);
    buf_init(&copy, 64u << 20);
    hub_store_close(o->hub.store);
    assert_int_equal(file_read(o->hub.path, 64u << 20, &copy), ERR_OK);
    o->hub.store = NULL;
    hub_again(o);
    does(o, "{'verb':'put','id':'" BINH "','values':{'full_name':'Trần Thị Minh'}}");
    does(o, "{'verb':'put','id':'" HOA "','action':'delete','reason':'mistake'}");
    assert_int_equal(persons(o, "minh"), 1);
    assert_int_equal(persons(o, "hoa"), 1);
    hub_store_close(o->hub.store);
    assert_int_equal(file_write_atomic(o->hub.path, buf_bytes(&copy), 0600), ERR_OK);
    buf_free(&copy);
    o->hub.store = NULL;
    hub_again(o);
    assert_int_equal(persons(o, "minh"), 0);
    assert_int_equal(persons(o, "binh"), 1);
    assert_int_equal(persons(o, "hoa"), 2);
}

/* A database of a program that did not know the index yet, or made it otherwise. */
static void it_is_made_anew_for_what_is_there(void **state)
{
    struct office *o = *state;
    struct db *db = hub_store_db(o->app.store);
    three(o);
    assert_int_equal(persons(o, "hoa"), 2);
    assert_int_equal(db_exec(db, "DELETE FROM sys_search; DELETE FROM sys_meta WHERE key = "
                                 "'projected_form'"),
                     ERR_OK);
    hub_again(o);
    assert_int_equal(persons(o, "hoa"), 2);
    assert_int_equal(db_exec(hub_store_db(o->app.store),
                             "UPDATE sys_search SET fold = 'x'; UPDATE sys_meta SET value = 999 "
                             "WHERE key = 'projected_form'"),
                     ERR_OK);
    hub_again(o);
    assert_int_equal(persons(o, "hoa"), 2);
    assert_int_equal(persons(o, "x"), 0);
}

static void sealed_fields_stay_out(void **state)
{
    struct office *o = *state;
    const struct catalogue_type *t =
        catalogue_type_by_name(hub_store_catalogue(o->app.store), "gbv_case");
    assert_true(catalogue_title(t)->sealed); /* its alias; an open text is one of before */
    report_put(&o->hub, 6,
               "{\"type\":\"gbv_case\",\"id\":\"" HOA "\",\"alias\":\"Hoa Sen\","
               "\"received_on\":\"2023-03-01\"}");
    assert_int_equal(found(o, "gbv_case", NULL, "", NULL), 1);
    assert_int_equal(found(o, "gbv_case", NULL, "sen", NULL), 0);
    assert_int_equal(number(o, "SELECT count(*) FROM gbv_case WHERE alias = 'Hoa Sen'"), 1);
    assert_int_equal(number(o, "SELECT count(*) FROM sys_search WHERE fold <> ''"), 0);
}

static int setup(void **state)
{
    *state = office_open(41);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_created_is_found),
        T(pages_count_all),
        T(edits_deletion_and_restoring_are_followed),
        T(linked_persons_are_both_found),
        T(a_moved_record_is_found_at_its_new_unit),
        T(an_older_copy_finds_what_it_has),
        T(it_is_made_anew_for_what_is_there),
        T(sealed_fields_stay_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

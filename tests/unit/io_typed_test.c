/* Typed tables out of the catalogue. */
#include "common/io/indicator.h"
#include "common/io/owed.h"
#include "common/io/store_watch.h"
#include "tests/lib/catalogue_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>

static char folder[] = "/tmp/dongbo-typed-XXXXXX";
static char path[64];

static int64_t number(struct db *db, const char *sql)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(db, sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

static struct typed_value text(const char *s)
{
    return (struct typed_value){.kind = TYPED_TEXT, .bytes = bytes_str(s)};
}

static void rows_and_rules_of_the_catalogue(void **state)
{
    (void)state;
    struct db *db = NULL;
    struct typed *t = NULL;
    struct catalogue_error why;
    struct catalogue_why words;
    const struct catalogue_field *bad = NULL;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    const struct catalogue_type *person = catalogue_type_by_name(c, "person");
    struct typed_value v[CATALOGUE_FIELDS_MAX] = {{.kind = TYPED_NULL}};
    size_t n = person->field_count;
    struct id_record rid = {{1, 2, 3}};
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t), ERR_OK);
    assert_int_equal(typed_check(t, person, v, n, &bad, &words), ERR_BAD_VALUE);
    assert_string_equal(bad->name, "full_name"); /* required */
    size_t name = (size_t)(catalogue_field_by_name(person, "full_name") - person->fields);
    size_t sex = (size_t)(catalogue_field_by_name(person, "sex") - person->fields);
    size_t id = (size_t)(catalogue_field_by_name(person, "national_id") - person->fields);
    size_t year = (size_t)(catalogue_field_by_name(person, "poverty_year") - person->fields);
    v[name] = text("Lan");
    v[sex] = text("female");
    v[id] = text("07512345678"); /* 11 digits */
    assert_int_equal(typed_check(t, person, v, n, &bad, &words), ERR_BAD_VALUE);
    assert_string_equal(bad->name, "national_id");
    assert_non_null(strstr(words.vi, "12"));
    v[id] = text("075123456789");
    v[year] = (struct typed_value){.kind = TYPED_INT, .number = 1800};
    assert_int_equal(typed_check(t, person, v, n, &bad, &words), ERR_OK); /* not relevant */
    v[(size_t)(catalogue_field_by_name(person, "poverty") - person->fields)] = text("poor");
    assert_int_equal(typed_check(t, person, v, n, &bad, &words), ERR_BAD_VALUE);
    assert_string_equal(bad->name, "poverty_year");
    assert_int_equal(typed_put(t, person, &rid, "26170", v, n), ERR_OK);
    v[name] = text("Mai");
    assert_int_equal(typed_put(t, person, &rid, "26170", v, n), ERR_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM person"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM person WHERE full_name = 'Mai' AND "
                                "poverty_year = 1800 AND unit = '26170'"),
                     1);
    assert_int_equal(typed_remove(t, person, &rid), ERR_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM person"), 0);
    assert_true(number(db, "SELECT count(*) FROM unit WHERE valid_to = '9999-12-31'") > 0);
    assert_true(typed_table_allowed(t, "person") && typed_table_allowed(t, "person_root"));
    assert_false(typed_table_allowed(t, "sys_log"));
    assert_true(typed_column_allowed(t, "person", "full_name")); /* class 2 */
    assert_true(typed_column_allowed(t, "unit", "name") && typed_column_allowed(t, "person", ""));
    assert_true(typed_column_allowed(t, "gbv_case", "received_on")); /* a date of class 4 counts */
    assert_false(typed_column_allowed(t, "gbv_case", "alias"));
    assert_false(typed_column_allowed(t, "drug_case", "note")); /* class 3 */
    assert_false(typed_column_allowed(t, "sys_log", ""));
    typed_close(t);
    /* Again over the same tables, and over one that lacks a column. */
    assert_int_equal(db_exec(db, "ALTER TABLE person DROP COLUMN phone"), ERR_OK);
    assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t), ERR_OK);
    assert_int_equal(number(db, "SELECT count(phone) FROM person"), 0);
    typed_close(t);
    assert_int_equal(db_commit(db), ERR_OK);
    db_close(db);
    catalogue_free(c);
}

static void sql_that_does_not_work_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"no_such_column = 1",
                                        "(SELECT 1 FROM sys_secret)",
                                        "random() > 0",
                                        "loai < date('now')",
                                        "(SELECT 1 FROM w_record NATURAL JOIN w_record)",
                                        "loai <> :p_no_such",
                                        "loai <> :t1",
                                        "loai <> ?"};
    size_t count = 0, errors = 0;
    struct catalogue_file *files = catalogue_load("tests/bench/catalogue", &count);
    struct catalogue_error *list = calloc(CATALOGUE_ERRORS_MAX, sizeof *list);
    struct db *db = NULL;
    assert_non_null(list);
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char fields[600];
        struct catalogue *c = NULL;
        struct typed *t = NULL;
        struct catalogue_error why = {0};
        snprintf(fields, sizeof fields,
                 "type,no,name,kind,list,label_vi,label_en,section,required,identity,class,policy,"
                 "tie,relevant,constraint,constraint_vi,constraint_en\n"
                 "w_record,1,loai,text,,Loại,Kind,,1,,2,ask,,,%s,Sai,Wrong\n",
                 wrong[i]);
        for (size_t k = 0; k < count; k++)
            if (strcmp(files[k].name, "fields.csv") == 0) {
                free((void *)(uintptr_t)files[k].data.p);
                uint8_t *copy = malloc(strlen(fields));
                assert_non_null(copy);
                memcpy(copy, fields, strlen(fields));
                files[k].data = bytes_make(copy, strlen(fields));
            }
        assert_int_equal(catalogue_parse(files, count, &c, list, &errors), ERR_OK);
        assert_int_equal(db_begin(db), ERR_OK);
        assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t),
                         ERR_BAD_INPUT);
        assert_string_equal(why.file, "fields.csv");
        assert_string_equal(why.column, "constraint");
        assert_non_null(strstr(why.text_en, "w_record.loai"));
        assert_int_equal(typed_open(db, c, NULL, &t),
                         ERR_OK); /* in use already: all else of it still works */
        typed_close(t);
        db_rollback(db);
        catalogue_free(c);
    }
    free(list);
    db_close(db);
    catalogue_unload(files, count);
}

/* ---- what an indicator may say ---- */

struct facts {
    size_t count;
    char by[2][16];
};

static enum err take_fact(void *ctx, const struct fact *fact)
{
    struct facts *f = ctx;
    for (int i = 0; i < 2; i++)
        snprintf(f->by[i], sizeof f->by[i], "%.*s", (int)fact->by[i].len,
                 (const char *)(fact->by[i].p != NULL ? fact->by[i].p : (const uint8_t *)""));
    f->count++;
    return ERR_OK;
}

/* Texts of class 3 and more are not read, however the SQL asks; a breakdown is by values of its list. */
static void an_indicator_says_nothing_in_words(void **state)
{
    (void)state;
    static const struct {
        const char
            *sql; /* behind "SELECT unit, id AS subject, id AS record, 1 AS num, NULL AS den, " */
        enum err e;
        const char *by[2];
    } cases[] = {
        {"sex AS by1 FROM person", ERR_OK, {"female", ""}},
        {"full_name AS by1 FROM person", ERR_OK, {"?", ""}},
        {"'fEmale' AS by1, 'x' AS by2 FROM person", ERR_OK, {"?", "?"}},
        {"sex AS by1, 'male' AS by2, full_name AS by3 FROM person", ERR_OK, {"female", "male"}},
        {"NULL AS by1, '' AS by2 FROM person", ERR_OK, {"", ""}},
        {"alias AS by1 FROM gbv_case", ERR_DENIED, {"", ""}},
        {"'' AS by1 FROM gbv_case WHERE alias = 'Hoa'", ERR_DENIED, {"", ""}},
        {"(SELECT max(narrative) FROM child_report) AS by1 FROM person", ERR_DENIED, {"", ""}},
        {"'' AS by1 FROM (SELECT *, id AS i FROM gbv_case)", ERR_DENIED, {"", ""}},
        {"'' AS by1 FROM person WHERE date('now') > ''", ERR_DENIED, {"", ""}},
    };
    struct db *db = NULL;
    struct typed *t = NULL;
    struct catalogue_error why;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    struct period_window year = {{2026, 1, 1}, {2026, 12, 31}};
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO person(id, unit, full_name, sex) "
                                 "VALUES (x'01', '26170', 'Lan', 'female')"),
                     ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[400], told[INDICATOR_WHY_ROOM];
        struct facts f = {.count = 0};
        snprintf(sql, sizeof sql,
                 "SELECT unit, id AS subject, id AS record, 1 AS num, NULL AS den, %s",
                 cases[i].sql);
        struct catalogue_indicator in = {.id = "T99", .by = "sex|sex", .sql = sql};
        assert_int_equal(
            indicator_run(db, t, c, &in, year, (struct bytes){NULL, 0}, take_fact, &f, told),
            cases[i].e);
        assert_int_equal(f.count, cases[i].e == ERR_OK ? 1 : 0);
        if (cases[i].e == ERR_DENIED) assert_non_null(strstr(told, "not permitted"));
        for (int k = 0; k < 2 && f.count == 1; k++)
            assert_string_equal(f.by[k], cases[i].by[k]);
    }
    typed_close(t);
    db_rollback(db);
    db_close(db);
    catalogue_free(c);
}

/* ---- what is owed ---- */

struct owed_sum {
    int64_t den, num;
};

static enum err owed_fact(void *ctx, const struct fact *f)
{
    struct owed_sum *sum = ctx;
    sum->den += f->den;
    sum->num += f->num;
    return ERR_OK;
}

/* A list of the greatest size goes into the SQL as a value, far beyond what an SQL text may have. */
static void as_much_is_owed_as_a_list_may_hold(void **state)
{
    struct db *db = NULL;
    struct typed *t = NULL;
    struct catalogue_error why;
    struct owed_sum sum = {.den = 0};
    struct owed owed;
    struct bytes list;
    char told[INDICATOR_WHY_ROOM];
    struct period_window year = {{2026, 1, 1}, {2026, 12, 31}};
    struct catalogue_report form = {.id = "RP01"};
    struct flow_row row = {.unit = "26170", .form = &form, .has_record = true};
    (void)state;
    assert_int_equal(period_parse(bytes_str("2026-06"), &row.slot.period), ERR_OK);
    row.slot.due = (struct date){2026, 7, 2};
    row.time = FLOW_TIME_IN_TIME;
    owed_init(&owed);
    assert_int_equal(owed_row(&owed, &row, FLOW_SUBMITTED),
                     ERR_OK); /* no due day: nobody is late */
    assert_int_equal(owed.rows, 0);
    row.slot.has_due = true;
    for (int i = 0; i < OWED_ROWS_MAX; i++)
        assert_int_equal(owed_row(&owed, &row, i % 4 == 0 ? FLOW_DRAFT : FLOW_SUBMITTED), ERR_OK);
    assert_int_equal(owed_row(&owed, &row, FLOW_SUBMITTED), ERR_TOO_LARGE);
    assert_int_equal(owed_end(&owed, &list), ERR_OK);
    assert_true(list.len > DB_SQL_BYTES_MAX);

    struct catalogue *c = catalogue_load_parsed("catalogue");
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t), ERR_OK);
    const struct catalogue_indicator *in = catalogue_indicator(c, "Q01");
    assert_true(owed_wanted(in));
    assert_int_equal(indicator_run(db, t, c, in, year, list, owed_fact, &sum, told), ERR_OK);
    assert_int_equal(sum.den, OWED_ROWS_MAX);
    assert_int_equal(sum.num, OWED_ROWS_MAX - OWED_ROWS_MAX / 4);
    struct bytes none = {NULL, 0};
    assert_int_equal(indicator_run(db, t, c, in, year, none, owed_fact, &sum, told), ERR_OK);
    assert_int_equal(sum.den, OWED_ROWS_MAX);
    owed_free(&owed);
    owed_init(&owed);
    assert_int_equal(owed_end(&owed, &list), ERR_OK);
    assert_true(bytes_equal(list, bytes_str("[]")));
    owed_free(&owed);
    typed_close(t);
    db_rollback(db);
    db_close(db);
    catalogue_free(c);
}

/* ---- clocks ---- */

static void put_file(struct catalogue_file *files, size_t count, const char *name, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) != 0) continue;
        uint8_t *copy = malloc(strlen(text));
        assert_non_null(copy);
        memcpy(copy, text, strlen(text));
        free((void *)(uintptr_t)files[i].data.p);
        files[i].data = bytes_make(copy, strlen(text));
    }
}

static void a_clock_that_does_not_work_hides_no_other(void **state)
{
    (void)state;
    static const char clocks[] =
        "id,type,unit,start,due,done,relevant,days,count,soon,label_vi,label_en,source\n"
        "K98,child_report,,received_on,,abs(-9223372036854775808),,plan_days,calendar,2,A,A,x\n"
        "K99,child_report,,received_on,,NULL,,plan_days,calendar,2,B,B,x\n";
    size_t count = 0, errors = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    struct catalogue_error *list = calloc(CATALOGUE_ERRORS_MAX, sizeof *list), why;
    struct catalogue *c = NULL;
    struct typed *t = NULL;
    struct db *db = NULL;
    put_file(files, count, "clocks.csv", clocks);
    if (catalogue_parse(files, count, &c, list, &errors) != ERR_OK)
        fail_msg("%s:%u %s: %s", list[0].file, list[0].row, list[0].column, list[0].text_en);
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t), ERR_OK);
    assert_int_equal(db_exec(db, "INSERT INTO child_report(id, unit, received_on) VALUES "
                                 "(x'00112233445566778899aabbccddeeff', '26170', '2026-03-02')"),
                     ERR_OK);
    struct watch_list l = {
        .catalogue = c, .on = {2026, 3, 20}, .rows = json_array(), .failed = json_array()};
    assert_int_equal(watch_clocks(db, t, c, l.on, watch_list_add, &l), ERR_OK);
    assert_int_equal(l.broken, 1);
    const json_t *failed = json_array_get(l.failed, 0), *row = json_array_get(l.rows, 0);
    assert_string_equal(json_string_value(json_object_get(failed, "clock")), "K98");
    assert_non_null(strstr(json_string_value(json_object_get(failed, "why")), "overflow"));
    assert_int_equal(json_array_size(l.rows), 1);
    assert_string_equal(json_string_value(json_object_get(row, "clock")), "K99");
    assert_int_equal(l.counts[WATCH_OVERDUE], 1);
    l.id = "K99"; /* who asks about one clock hears of that one alone */
    assert_int_equal(watch_clocks(db, t, c, l.on, watch_list_add, &l), ERR_OK);
    assert_int_equal(l.broken, 1);
    /* in a calendar it stands today, whatever days are asked for, once */
    struct buf ics;
    buf_init(&ics, 65536);
    l.id = NULL;
    l.ics = &ics;
    l.from = (struct date){2026, 3, 1};
    l.to = (struct date){2026, 3, 19};
    l.events = 0;
    assert_int_equal(watch_clocks(db, t, c, l.on, watch_list_add, &l), ERR_OK);
    const char *told = strstr(buf_cstr(&ics), "UID:K98-failed@dongbo");
    assert_non_null(told);
    assert_non_null(strstr(told, "DTSTART;VALUE=DATE:20260320"));
    assert_non_null(strstr(told, "KHÔNG TÍNH ĐƯỢC hạn: A"));
    assert_null(strstr(told + 1, "UID:K98-failed@dongbo"));
    assert_int_equal(l.events, 1); /* K99's own */
    buf_free(&ics);
    json_decref(l.rows);
    json_decref(l.failed);
    typed_close(t);
    db_rollback(db);
    db_close(db);
    catalogue_free(c);
    free(list);
    catalogue_unload(files, count);
}

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/db", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_rules_of_the_catalogue),
        cmocka_unit_test(sql_that_does_not_work_is_named),
        cmocka_unit_test(an_indicator_says_nothing_in_words),
        cmocka_unit_test(as_much_is_owed_as_a_list_may_hold),
        cmocka_unit_test(a_clock_that_does_not_work_hides_no_other),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

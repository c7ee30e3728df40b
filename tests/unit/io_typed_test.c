/* Typed tables out of the catalogue. */
#include "common/io/store_typed.h"
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
    assert_int_equal(typed_open(db, c, &why, &t), ERR_OK);
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
    typed_close(t);
    /* Again over the same tables, and over one that lacks a column. */
    assert_int_equal(db_exec(db, "ALTER TABLE person DROP COLUMN phone"), ERR_OK);
    assert_int_equal(typed_open(db, c, &why, &t), ERR_OK);
    assert_int_equal(number(db, "SELECT count(phone) FROM person"), 0);
    typed_close(t);
    assert_int_equal(db_commit(db), ERR_OK);
    db_close(db);
    catalogue_free(c);
}

static void sql_that_does_not_work_is_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"no_such_column = 1", "(SELECT 1 FROM sys_secret)",
                                        "random() > 0"};
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
        assert_int_equal(typed_open(db, c, &why, &t), ERR_BAD_INPUT);
        assert_string_equal(why.file, "fields.csv");
        assert_string_equal(why.column, "constraint");
        assert_non_null(strstr(why.text_en, "w_record.loai"));
        db_rollback(db);
        catalogue_free(c);
    }
    free(list);
    db_close(db);
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
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* The shipped catalogue in the typed tables of the stores: every rule and indicator passes the guard, and each
 * indicator runs within the steps that a hub gives it. */
#include "common/io/store_typed.h"
#include "tests/lib/catalogue_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>

enum { STEPS_MAX = 1000000, MS_MAX = 600000 }; /* over empty tables; a hub gives far more steps */

static char folder[] = "/tmp/dongbo-catalogue-XXXXXX";
static char path[64];

static bool allow(void *ctx, const char *table, const char *column)
{
    return typed_column_allowed(ctx, table, column);
}

static void every_sql_passes_the_guard(void **state)
{
    (void)state;
    struct db *db = NULL;
    struct typed *t = NULL;
    struct catalogue_error why = {0};
    struct catalogue *c = catalogue_load_parsed("catalogue");
    size_t count;
    const struct catalogue_indicator *in = catalogue_indicators(c, &count);
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    assert_int_equal(db_begin(db), ERR_OK);
    enum err e = typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t);
    if (e != ERR_OK) fail_msg("%s: %s %s %s", err_name(e), why.file, why.column, why.text_en);
    for (size_t i = 0; i < count; i++) {
        struct db_param days[] = {
            {.name = "t0", .kind = DB_TEXT, .b = bytes_str("2018-01-01")},
            {.name = "t1", .kind = DB_TEXT, .b = bytes_str("2018-12-31")},
        };
        struct db_query q = {.sql = in[i].sql,
                             .params = days,
                             .param_count = sizeof days / sizeof days[0],
                             .step_max = STEPS_MAX,
                             .ms_max = MS_MAX,
                             .allow = allow,
                             .ctx = t};
        e = db_query_readonly(db, &q);
        if (e != ERR_OK) fail_msg("%s: %s: %s", in[i].id, err_name(e), db_text(db));
    }
    typed_close(t);
    db_rollback(db);
    db_close(db);
    catalogue_free(c);
}

/* Text of a file in the place of another, once. */
static void put(struct catalogue_file *files, size_t count, const char *name, const char *old,
                const char *new)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) != 0) continue;
        size_t room = files[i].data.len + strlen(new) + 1;
        char *text = malloc(room);
        assert_non_null(text);
        const char *all = strndup((const char *)files[i].data.p, files[i].data.len);
        const char *at = strstr(all, old);
        assert_non_null(at);
        int n = snprintf(text, room, "%.*s%s%s", (int)(at - all), all, new, at + strlen(old));
        free((void *)(uintptr_t)all);
        free((void *)(uintptr_t)files[i].data.p);
        files[i].data = bytes_make((const uint8_t *)text, (size_t)n);
        return;
    }
    fail_msg("no %s", name);
}

/* A slip in the name of a parameter would be NULL, and its figures 0 for ever. */
static void a_parameter_that_nobody_binds_is_named(void **state)
{
    static const struct {
        const char *file, *old, *new, *en; /* NULL: fine */
    } cases[] = {
        {"indicators/X02.sql", "|| :p_score_due", "|| :p_score_due", NULL},
        {"indicators/X02.sql", "|| :p_score_due", "|| :p_score_deu", ":p_score_deu"},
        {"indicators/X02.sql", "|| :p_score_due", "|| ?9", "parameter: ?"},
        {"indicators/X02.sql", "|| :p_score_due", "|| @t1", "@t1"},
        {"indicators/X02.sql", "|| :p_score_due", "|| :owed", NULL},
        {"clocks.csv", ":p_budget_cutoff", ":t9", ":t9"},
        {"clocks.csv", ":p_budget_cutoff", ":owed", ":owed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct db *db = NULL;
        struct typed *t = NULL;
        struct catalogue *c = NULL;
        struct catalogue_error why = {0}, *list = calloc(CATALOGUE_ERRORS_MAX, sizeof *list);
        size_t count = 0, errors = 0;
        struct catalogue_file *files = catalogue_load("catalogue", &count);
        assert_non_null(list);
        put(files, count, cases[i].file, cases[i].old, cases[i].new);
        assert_int_equal(catalogue_parse(files, count, &c, list, &errors), ERR_OK);
        assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
        assert_int_equal(db_begin(db), ERR_OK);
        assert_int_equal(typed_open(db, c, &(struct catalogue_mistakes){&why, 1, 0}, &t),
                         cases[i].en != NULL ? ERR_BAD_INPUT : ERR_OK);
        if (cases[i].en != NULL) {
            assert_string_equal(why.file, cases[i].file);
            assert_non_null(strstr(why.text_en, cases[i].en));
            assert_non_null(strstr(why.text_vi, cases[i].en));
        } else {
            typed_close(t);
        }
        db_rollback(db);
        db_close(db);
        catalogue_free(c);
        catalogue_unload(files, count);
        free(list);
    }
}

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.db", folder);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sql_passes_the_guard),
                                       cmocka_unit_test(a_parameter_that_nobody_binds_is_named)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

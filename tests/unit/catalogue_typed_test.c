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
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sql_passes_the_guard)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

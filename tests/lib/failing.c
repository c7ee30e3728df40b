#include "tests/lib/failing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include <sqlite3.h>

struct failing failing;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool failing_now(void)
{
    if (!failing.armed || (failing.spares != NULL && failing.spares())) return false;
    failing.count++;
    if (failing.countdown == 0) return false;
    if (failing.countdown > 1) {
        failing.countdown--;
        return false;
    }
    failing.failed = true;
    if (!failing.ever) failing.countdown = 0;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return failing_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return failing_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return failing_now() ? NULL : __real_realloc(p, size);
}

/* ---- SQLite's own, which go through a table of functions ---- */

static sqlite3_mem_methods plain;

static void *sql_malloc(int size)
{
    return failing_now() ? NULL : plain.xMalloc(size);
}

static void *sql_realloc(void *p, int size)
{
    return failing_now() ? NULL : plain.xRealloc(p, size);
}

void failing_sql_plain(void)
{
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
}

void failing_sql(void)
{
    if (plain.xMalloc == NULL) failing_sql_plain();
    sqlite3_mem_methods mine = plain;
    mine.xMalloc = sql_malloc;
    mine.xRealloc = sql_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &mine), SQLITE_OK);
    /* Small blocks out of a pool would hide most allocations. */
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
}

static void *json_get(size_t size)
{
    return failing_now() ? NULL : __real_malloc(size);
}

void failing_json(void)
{
    json_set_alloc_funcs(json_get, free);
}

/* Claims about hub/figures: the figures are those of a naive recount, whatever the order of rows. */
#include "hub/figures.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ROWS = 400, UNITS = 5, SUBJECTS = 40, RECORDS = 60, VALUES = 4 };

struct told {
    unsigned unit, subject, record, by;
    bool has_num, has_den;
    int64_t num, den;
};

static struct hub_fact fact_row(const struct told *f, char text[4][8])
{
    snprintf(text[0], 8, "%05u", 26170 + f->unit);
    snprintf(text[1], 8, "s%u", f->subject);
    snprintf(text[2], 8, "r%u", f->record);
    snprintf(text[3], 8, "%.*s", f->by == 0 ? 0 : 7,
             f->by == 1   ? "addict"
             : f->by == 2 ? "b"
                          : "c");
    return (struct hub_fact){
        .unit = bytes_str(text[0]),
        .subject = bytes_str(text[1]),
        .record = bytes_str(text[2]),
        .has_num = f->has_num,
        .has_den = f->has_den,
        .num = f->num,
        .den = f->den,
        .by = {{NULL, 0}, bytes_str(text[3]), {NULL, 0}},
    };
}

static void fact_random(struct rng *r, enum catalogue_measure m, struct told *f)
{
    *f = (struct told){.unit = rng_below(r, UNITS),
                       .subject = rng_below(r, SUBJECTS),
                       .record = rng_below(r, RECORDS),
                       .by = rng_below(r, VALUES),
                       .has_num = rng_below(r, 8) != 0,
                       .has_den = m == CATALOGUE_RATIO && rng_below(r, 8) != 0};
    f->num = m == CATALOGUE_SUM ? (int64_t)rng_below(r, 2000) - 500 : (int64_t)rng_below(r, 2);
    f->den = rng_below(r, 2);
    if (!f->has_num) f->num = 0;
}

static struct hub_figures *figures_of(enum catalogue_measure m, const struct told *facts, size_t n)
{
    struct hub_figures *f = NULL;
    assert_int_equal(hub_figures_new(m, &f), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        char text[4][8];
        struct hub_fact row = fact_row(&facts[i], text);
        assert_int_equal(hub_figures_add(f, &row), ERR_OK);
    }
    assert_int_equal(hub_figures_finish(f), ERR_OK);
    return f;
}

/* unit < 0: all; by < 0: total. */
static void naive(enum catalogue_measure m, const struct told *facts, size_t n, int unit, int by,
                  int64_t *num, int64_t *den, size_t *records)
{
    bool seen_num[SUBJECTS] = {false}, seen_den[SUBJECTS] = {false}, seen_record[RECORDS] = {false};
    *num = *den = 0;
    *records = 0;
    for (size_t i = 0; i < n; i++) {
        const struct told *f = &facts[i];
        if ((unit >= 0 && f->unit != (unsigned)unit) || (by >= 0 && f->by != (unsigned)by))
            continue;
        if (m == CATALOGUE_SUM) *num += f->num;
        if (f->has_num && f->num == 1) seen_num[f->subject] = true;
        if (f->has_den && f->den == 1) seen_den[f->subject] = true;
        if (m == CATALOGUE_SUM ? f->has_num
                               : (f->has_num && f->num == 1) ||
                                     (m == CATALOGUE_RATIO && f->has_den && f->den == 1))
            seen_record[f->record] = true;
    }
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (m != CATALOGUE_SUM) *num += seen_num[i];
        if (m == CATALOGUE_RATIO) *den += seen_den[i];
    }
    for (size_t i = 0; i < RECORDS; i++)
        *records += seen_record[i];
}

/* What the records add is the figure: each is named once, and none of them brings what another brought. */
static void parts_come_to_the_figure(enum catalogue_measure m, const struct hub_figure *got)
{
    struct bytes parts = got->parts;
    struct hub_figures_part part;
    int64_t num = 0, den = 0;
    for (size_t i = 0; i < got->record_count; i++) {
        assert_int_equal(figures_part_read(&parts, &part), ERR_OK);
        num += part.num;
        den += part.den;
        if (m == CATALOGUE_COUNT) assert_true(part.met && part.den == 0);
        if (m == CATALOGUE_RATIO && part.num > 0) assert_true(part.met);
        if (m == CATALOGUE_SUM) assert_false(part.met);
    }
    assert_int_equal(figures_part_read(&parts, &part), ERR_NOT_FOUND);
    assert_int_equal(num, got->num);
    assert_int_equal(den, got->den);
}

static void compare(enum catalogue_measure m, const struct told *facts, size_t n,
                    const struct hub_figures *f, const struct hub_figures_table *t, int unit,
                    int by)
{
    char text[4][8];
    struct told probe = {.unit = unit < 0 ? 0 : (unsigned)unit, .by = by < 0 ? 0 : (unsigned)by};
    struct hub_fact row = fact_row(&probe, text);
    uint32_t u = HUB_FIGURES_ALL, v = HUB_FIGURES_ALL;
    bool known = unit < 0 || hub_figures_number(f, row.unit, &u);
    known = (by < 0 || hub_figures_number(f, row.by[1], &v)) && known;
    const struct hub_figure *got = known ? hub_figures_find(t, u, v) : NULL;
    int64_t num, den;
    size_t records;
    naive(m, facts, n, unit, by, &num, &den, &records);
    assert_int_equal(got ? got->num : 0, num);
    assert_int_equal(got ? got->den : 0, den);
    assert_int_equal(got ? got->record_count : 0, records);
    for (size_t i = 1; got && i < got->record_count; i++)
        assert_true(got->records[i - 1] < got->records[i]);
    if (got != NULL) parts_come_to_the_figure(m, got);
}

static void figures_equal_a_naive_recount(void **state)
{
    (void)state;
    static const enum catalogue_measure measures[] = {CATALOGUE_COUNT, CATALOGUE_SUM,
                                                      CATALOGUE_RATIO};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng r = {seed};
        struct told facts[ROWS];
        size_t n = rng_below(&r, ROWS);
        enum catalogue_measure m = measures[seed % 3];
        for (size_t i = 0; i < n; i++)
            fact_random(&r, m, &facts[i]);
        struct hub_figures *f = figures_of(m, facts, n);
        struct hub_figures_table total, by;
        print_message("seed %lu rows %zu\n", (unsigned long)seed, n);
        assert_int_equal(hub_figures_tabulate(f, -1, &total), ERR_OK);
        assert_int_equal(hub_figures_tabulate(f, 1, &by), ERR_OK);
        for (int u = -1; u < UNITS; u++) {
            compare(m, facts, n, f, &total, u, -1);
            for (int v = 0; v < VALUES; v++)
                compare(m, facts, n, f, &by, u, v);
        }
        hub_figures_table_free(&total);
        hub_figures_table_free(&by);
        hub_figures_free(f);
    }
}

static void tables_same(const struct hub_figures_table *a, const struct hub_figures_table *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->v[i].unit, b->v[i].unit);
        assert_int_equal(a->v[i].value, b->v[i].value);
        assert_int_equal(a->v[i].num, b->v[i].num);
        assert_int_equal(a->v[i].den, b->v[i].den);
        assert_int_equal(a->v[i].record_count, b->v[i].record_count);
        assert_memory_equal(a->v[i].records, b->v[i].records, 4 * a->v[i].record_count);
        assert_int_equal(a->v[i].parts.len, b->v[i].parts.len);
        assert_memory_equal(a->v[i].parts.p, b->v[i].parts.p, a->v[i].parts.len);
    }
}

static void the_order_of_rows_changes_nothing(void **state)
{
    (void)state;
    struct rng r = {77};
    struct told facts[ROWS], shuffled[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        fact_random(&r, CATALOGUE_RATIO, &facts[i]);
    memcpy(shuffled, facts, sizeof facts);
    for (size_t i = ROWS - 1; i > 0; i--) {
        size_t k = rng_below(&r, (unsigned)i + 1);
        struct told swap = shuffled[i];
        shuffled[i] = shuffled[k];
        shuffled[k] = swap;
    }
    struct hub_figures *a = figures_of(CATALOGUE_RATIO, facts, ROWS);
    struct hub_figures *b = figures_of(CATALOGUE_RATIO, shuffled, ROWS);
    struct hub_figures_table x, y;
    assert_int_equal(hub_figures_tabulate(a, 1, &x), ERR_OK);
    assert_int_equal(hub_figures_tabulate(b, 1, &y), ERR_OK);
    tables_same(&x, &y);
    hub_figures_table_free(&x);
    hub_figures_table_free(&y);
    hub_figures_free(a);
    hub_figures_free(b);
}

static void one_person_in_two_communes_counts_once_together(void **state)
{
    (void)state;
    struct told facts[] = {
        {.unit = 0, .subject = 1, .record = 1, .has_num = true, .num = 1},
        {.unit = 1, .subject = 1, .record = 2, .has_num = true, .num = 1},
        {.unit = 1, .subject = 2, .record = 3, .has_num = true, .num = 1},
    };
    struct hub_figures *f = figures_of(CATALOGUE_COUNT, facts, 3);
    struct hub_figures_table t;
    assert_int_equal(hub_figures_tabulate(f, -1, &t), ERR_OK);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.v[0].num, 1);
    assert_int_equal(t.v[1].num, 2);
    assert_int_equal(t.v[2].unit, HUB_FIGURES_ALL);
    assert_int_equal(t.v[2].num, 2);
    assert_int_equal(t.v[2].record_count, 3);
    hub_figures_table_free(&t);
    hub_figures_table_free(&t);
    hub_figures_free(f);
}

static void wrong_rows_are_refused(void **state)
{
    (void)state;
    struct hub_figures *f = NULL;
    char longest[HUB_FIGURES_TEXT_BYTES_MAX + 1];
    memset(longest, 'x', sizeof longest);
    struct hub_fact row = {.unit = bytes_str("26170"), .has_num = true, .num = 1};
    assert_int_equal(hub_figures_new(CATALOGUE_COUNT, &f), ERR_OK);
    row.subject = bytes_make(longest, HUB_FIGURES_TEXT_BYTES_MAX);
    assert_int_equal(hub_figures_add(f, &row), ERR_OK);
    row.subject = bytes_make(longest, HUB_FIGURES_TEXT_BYTES_MAX + 1);
    assert_int_equal(hub_figures_add(f, &row), ERR_BAD_INPUT);
    row.subject = bytes_str("a");
    row.num = 2;
    assert_int_equal(hub_figures_add(f, &row), ERR_BAD_INPUT);
    row.num = 1;
    row.unit = bytes_str("");
    assert_int_equal(hub_figures_add(f, &row), ERR_BAD_INPUT);
    hub_figures_free(f);
}

static void a_ratio_of_sums_takes_each_subject_once_with_its_largest(void **state)
{
    (void)state;
    struct told facts[] = {
        {.unit = 0,
         .subject = 1,
         .record = 1,
         .has_num = true,
         .num = 3,
         .has_den = true,
         .den = 10},
        {.unit = 1,
         .subject = 1,
         .record = 2,
         .has_num = true,
         .num = -4,
         .has_den = true,
         .den = 12},
        {.unit = 1,
         .subject = 2,
         .record = 3,
         .has_num = true,
         .num = -5,
         .has_den = true,
         .den = 7},
    };
    struct hub_figures *f = figures_of(CATALOGUE_RATIO_SUM, facts, 3);
    struct hub_figures_table t;
    assert_int_equal(hub_figures_tabulate(f, -1, &t), ERR_OK);
    assert_int_equal(t.v[1].num, -9);
    assert_int_equal(t.v[1].den, 19);
    assert_int_equal(t.v[2].num, -2);
    assert_int_equal(t.v[2].den, 19);
    assert_int_equal(t.v[2].record_count, 3);
    for (size_t i = 0; i < t.count; i++)
        parts_come_to_the_figure(CATALOGUE_RATIO_SUM, &t.v[i]);
    hub_figures_table_free(&t);
    hub_figures_free(f);
}

static void a_sum_over_64_bits_is_refused(void **state)
{
    (void)state;
    struct hub_figures *f = NULL;
    struct hub_figures_table t = {0};
    struct hub_fact row = {.unit = bytes_str("1"), .has_num = true, .num = INT64_MAX};
    assert_int_equal(hub_figures_new(CATALOGUE_SUM, &f), ERR_OK);
    assert_int_equal(hub_figures_add(f, &row), ERR_OK);
    row.unit = bytes_str("2");
    row.num = 1;
    assert_int_equal(hub_figures_add(f, &row), ERR_OK);
    assert_int_equal(hub_figures_finish(f), ERR_OK);
    assert_int_equal(hub_figures_tabulate(f, -1, &t), ERR_TOO_LARGE);
    assert_null(t.v);
    hub_figures_free(f);
}

static void rows_have_a_limit(void **state)
{
    (void)state;
    struct hub_figures *f = NULL;
    struct hub_fact row = {.unit = bytes_str("1"), .has_num = true, .num = 1};
    assert_int_equal(hub_figures_new(CATALOGUE_COUNT, &f), ERR_OK);
    for (size_t i = 0; i < HUB_FIGURES_ROWS_MAX; i++)
        assert_int_equal(hub_figures_add(f, &row), ERR_OK);
    assert_int_equal(hub_figures_add(f, &row), ERR_TOO_LARGE);
    hub_figures_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_a_naive_recount),
        cmocka_unit_test(the_order_of_rows_changes_nothing),
        cmocka_unit_test(one_person_in_two_communes_counts_once_together),
        cmocka_unit_test(wrong_rows_are_refused),
        cmocka_unit_test(a_ratio_of_sums_takes_each_subject_once_with_its_largest),
        cmocka_unit_test(a_sum_over_64_bits_is_refused),
        cmocka_unit_test(rows_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

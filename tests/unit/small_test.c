/*
 * Claims about hub/small: whoever knows every number that leaves, every rule of this module, and can
 * try all possibilities, cannot work out one hidden number. The attacker here does just that, on
 * random small tables, by brute force and without any of the module's reasoning.
 */
#include "hub/small.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include "tests/lib/rng.h"

enum {
    UNITS = 3,
    VALUES = 3,
    CELLS = (UNITS + 1) * (VALUES + 1),
    CAP = 14,
    CAP_RATE = 9,
    TABLES = 3000
};

struct table {
    struct catalogue_indicator indicator;
    struct hub_report_unit units[UNITS];
    struct hub_report_row rows[VALUES + 1];
    struct hub_report_cell cells[VALUES + 1][UNITS + 1];
    struct hub_report_line line;
    struct hub_report r;
    size_t units_n, values_n; /* values_n 0: no breakdown */
};

static unsigned class_of(void *ctx, const struct catalogue_indicator *indicator)
{
    (void)ctx;
    return indicator->sensitivity;
}

static void table_make(struct table *t, size_t units, size_t values, bool ratio, unsigned class)
{
    memset(t, 0, sizeof *t);
    t->indicator.id = "V01";
    t->indicator.measure = ratio ? CATALOGUE_RATIO : CATALOGUE_COUNT;
    t->indicator.sensitivity = class;
    t->units_n = units;
    t->values_n = values;
    t->r.units = t->units;
    t->r.unit_count = units;
    t->r.has_total = true;
    t->r.lines = &t->line;
    t->r.line_count = 1;
    t->line.indicator = &t->indicator;
    t->line.rows = t->rows;
    t->line.row_count = values + 1;
    for (size_t i = 0; i <= values; i++)
        t->rows[i].cells = t->cells[i];
}

/* Totals out of the inner cells. */
static void table_add_up(struct table *t)
{
    for (size_t c = 0; c < t->units_n && t->values_n > 0; c++) {
        for (size_t i = 1; i <= t->values_n; i++) {
            t->cells[0][c].num += t->cells[i][c].num;
            t->cells[0][c].den += t->cells[i][c].den;
        }
    }
    for (size_t i = 0; i <= t->values_n; i++) {
        for (size_t c = 0; c < t->units_n; c++) {
            t->cells[i][t->units_n].num += t->cells[i][c].num;
            t->cells[i][t->units_n].den += t->cells[i][c].den;
        }
        for (size_t c = 0; c <= t->units_n; c++)
            t->cells[i][c].null =
                t->indicator.measure == CATALOGUE_RATIO && t->cells[i][c].den == 0;
    }
}

/* ---- the attacker ---- */

struct guess {
    const struct table *t;
    int64_t num[VALUES + 1][UNITS + 1], den[VALUES + 1][UNITS + 1];
    int64_t first_num[VALUES + 1][UNITS + 1], first_den[VALUES + 1][UNITS + 1];
    bool any, two_num[VALUES + 1][UNITS + 1], two_den[VALUES + 1][UNITS + 1];
    uint64_t tried;
    bool loose; /* no number is shown at all: then "*" may be any */
};

/* Does a number fit what is shown of a cell? */
static bool fits(const struct guess *g, size_t i, size_t c, int64_t num, int64_t den)
{
    const struct table *t = g->t;
    const struct hub_report_cell *cell = &t->cells[i][c];
    switch (cell->hide) {
    case HUB_HIDE_NO: return num == cell->num && den == cell->den;
    case HUB_HIDE_SMALL: return num >= 1 && num <= 4;
    case HUB_HIDE_SECOND: return num >= (g->loose ? 1 : 5);
    case HUB_HIDE_RATE: return den >= 1 && num <= den;
    }
    return false;
}

static void guess_found(struct guess *g)
{
    for (size_t i = 0; i <= g->t->values_n; i++) {
        for (size_t c = 0; c <= g->t->units_n; c++) {
            if (!g->any) {
                g->first_num[i][c] = g->num[i][c];
                g->first_den[i][c] = g->den[i][c];
            }
            if (g->first_num[i][c] != g->num[i][c]) g->two_num[i][c] = true;
            if (g->first_den[i][c] != g->den[i][c]) g->two_den[i][c] = true;
        }
    }
    g->any = true;
}

static bool guess_sums(struct guess *g)
{
    const struct table *t = g->t;
    size_t first = t->values_n > 0 ? 1 : 0;
    for (size_t c = 0; c < t->units_n && first == 1; c++) {
        g->num[0][c] = g->den[0][c] = 0;
        for (size_t i = 1; i <= t->values_n; i++) {
            g->num[0][c] += g->num[i][c];
            g->den[0][c] += g->den[i][c];
        }
        if (!fits(g, 0, c, g->num[0][c], g->den[0][c])) return false;
    }
    for (size_t i = 0; i <= t->values_n; i++) {
        g->num[i][t->units_n] = g->den[i][t->units_n] = 0;
        for (size_t c = 0; c < t->units_n; c++) {
            g->num[i][t->units_n] += g->num[i][c];
            g->den[i][t->units_n] += g->den[i][c];
        }
        if (!fits(g, i, t->units_n, g->num[i][t->units_n], g->den[i][t->units_n])) return false;
    }
    return true;
}

static bool guess_done(const struct guess *g)
{
    bool ratio = g->t->indicator.measure == CATALOGUE_RATIO;
    for (size_t i = 0; i <= g->t->values_n; i++) {
        for (size_t c = 0; c <= g->t->units_n; c++) {
            const struct hub_report_cell *cell = &g->t->cells[i][c];
            if (cell->hide == HUB_HIDE_NO) continue;
            if (!(ratio ? g->two_den[i][c] : g->two_num[i][c])) return false;
            if (ratio && cell->num > 0 && cell->num < 5 && !g->two_num[i][c]) return false;
        }
    }
    return true;
}

/* Every assignment of the inner cells, one after the other. */
static void guess_from(struct guess *g, size_t at)
{
    const struct table *t = g->t;
    size_t first = t->values_n > 0 ? 1 : 0, rows = t->values_n > 0 ? t->values_n : 1;
    if (g->any && guess_done(g)) return;
    if (at == rows * t->units_n) {
        g->tried++;
        if (guess_sums(g)) guess_found(g);
        return;
    }
    size_t i = first + at / t->units_n, c = at % t->units_n;
    const struct hub_report_cell *cell = &t->cells[i][c];
    if (cell->hide == HUB_HIDE_NO) {
        g->num[i][c] = cell->num;
        g->den[i][c] = cell->den;
        guess_from(g, at + 1);
        return;
    }
    bool ratio = cell->hide == HUB_HIDE_RATE;
    for (int64_t den = ratio ? 1 : 0; den <= (ratio ? CAP_RATE : 0); den++) {
        for (int64_t num = 0; num <= (ratio ? den : CAP); num++) {
            if (!fits(g, i, c, num, den)) continue;
            g->num[i][c] = num;
            g->den[i][c] = den;
            guess_from(g, at + 1);
        }
    }
}

static bool all_hidden(const struct table *t)
{
    for (size_t i = 0; i <= t->values_n; i++) {
        for (size_t c = 0; c <= t->units_n; c++) {
            const struct hub_report_cell *cell = &t->cells[i][c];
            bool empty = t->indicator.measure == CATALOGUE_RATIO ? cell->den == 0 : cell->num == 0;
            if (cell->hide == HUB_HIDE_NO && !empty) return false;
        }
    }
    return true;
}

static void table_print(const struct table *t)
{
    for (size_t i = 0; i <= t->values_n; i++) {
        for (size_t c = 0; c <= t->units_n; c++)
            print_error(" %lld/%lld%s", (long long)t->cells[i][c].num,
                        (long long)t->cells[i][c].den,
                        t->cells[i][c].hide ? hub_small_text(&t->cells[i][c]) : "");
        print_error("\n");
    }
}

static void attack(bool ratio, uint64_t seed)
{
    static struct table t;
    static struct guess g;
    struct rng rng = {seed};
    unsigned hidden = 0, shown = 0, whole = 0;
    for (int n = 0; n < (ratio ? TABLES / 6 : TABLES); n++) {
        static const int64_t counts[] = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 9};
        static const int64_t parts[] = {0, 0, 0, 1, 2, 2};
        size_t values = rng_below(&rng, ratio ? 2 : VALUES);
        if (values == 1) values = 2;
        size_t units = 1 + (size_t)rng_below(&rng, ratio && values > 0 ? 2 : UNITS);
        table_make(&t, units, values, ratio, 4);
        for (size_t i = t.values_n > 0 ? 1 : 0; i <= t.values_n; i++) {
            for (size_t c = 0; c < units; c++) {
                t.cells[i][c].num = ratio ? parts[rng_below(&rng, 6)] : counts[rng_below(&rng, 11)];
                if (ratio) t.cells[i][c].den = t.cells[i][c].num + 2 * parts[rng_below(&rng, 6)];
            }
        }
        table_add_up(&t);
        assert_int_equal(hub_small_apply(&t.r, class_of, NULL), ERR_OK);
        g = (struct guess){.t = &t, .loose = all_hidden(&t)};
        guess_from(&g, 0);
        whole += all_hidden(&t);
        for (size_t i = 0; i <= t.values_n; i++) {
            for (size_t c = 0; c <= units; c++) {
                const struct hub_report_cell *cell = &t.cells[i][c];
                bool small = ratio ? false : cell->num > 0 && cell->num < 5;
                hidden += cell->hide != HUB_HIDE_NO;
                shown += cell->hide == HUB_HIDE_NO;
                if (small) assert_int_not_equal(cell->hide, HUB_HIDE_NO);
            }
        }
        if (g.any && !guess_done(&g)) table_print(&t);
        assert_true(g.any); /* the truth is among what was tried */
        assert_true(guess_done(&g));
    }
    print_message("hidden %u, shown %u, tables without any number %u\n", hidden, shown, whole);
    assert_true(ratio || shown > hidden / 2); /* it does not simply hide everything */
}

static void no_count_can_be_worked_out(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    attack(false, seed);
}

static void no_rate_can_be_worked_out(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL) ^ 77;
    print_message("seed %llu\n", (unsigned long long)seed);
    attack(true, seed);
}

static void other_classes_are_shown(void **state)
{
    (void)state;
    static struct table t;
    table_make(&t, 3, 0, false, 3);
    t.cells[0][0].num = 1;
    table_add_up(&t);
    assert_int_equal(hub_small_apply(&t.r, class_of, NULL), ERR_OK);
    for (size_t c = 0; c < 4; c++)
        assert_int_equal(t.cells[0][c].hide, HUB_HIDE_NO);
}

static void four_is_hidden_and_five_is_not(void **state)
{
    (void)state;
    static struct table t;
    table_make(&t, 3, 0, false, 4);
    t.cells[0][0].num = 4;
    t.cells[0][1].num = 5;
    t.cells[0][2].num = 50;
    table_add_up(&t);
    assert_int_equal(hub_small_apply(&t.r, class_of, NULL), ERR_OK);
    assert_int_equal(t.cells[0][0].hide, HUB_HIDE_SMALL);
    assert_int_equal(t.cells[0][1].hide, HUB_HIDE_SECOND);
    assert_int_equal(t.cells[0][2].hide, HUB_HIDE_NO);
    assert_int_equal(t.cells[0][3].hide, HUB_HIDE_NO);
}

/* The count of a line is the denominator of the next: what one hides the other does not show. */
static void a_rate_does_not_show_what_its_count_hides(void **state)
{
    (void)state;
    static struct table t, rate;
    table_make(&t, 3, 0, false, 4);
    table_make(&rate, 3, 0, true, 4);
    static const int64_t n[] = {3, 7, 6};
    for (size_t c = 0; c < 3; c++) {
        t.cells[0][c].num = n[c];
        rate.cells[0][c].den = n[c];
        rate.cells[0][c].num = n[c];
    }
    table_add_up(&t);
    table_add_up(&rate);
    struct hub_report_line lines[] = {t.line, rate.line};
    t.r.lines = lines;
    t.r.line_count = 2;
    assert_int_equal(hub_small_apply(&t.r, class_of, NULL), ERR_OK);
    for (size_t c = 0; c < 4; c++)
        assert_true((t.cells[0][c].hide == HUB_HIDE_NO) == (rate.cells[0][c].hide == HUB_HIDE_NO));
    assert_int_equal(t.cells[0][0].hide, HUB_HIDE_SMALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_count_can_be_worked_out),
        cmocka_unit_test(no_rate_can_be_worked_out),
        cmocka_unit_test(other_classes_are_shown),
        cmocka_unit_test(four_is_hidden_and_five_is_not),
        cmocka_unit_test(a_rate_does_not_show_what_its_count_hides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

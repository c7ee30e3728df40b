/*
 * Claims about hub/small: whoever knows every number that leaves, every rule of this module, and can
 * try all possibilities, cannot work out one hidden number. The attacker here does just that, on
 * random small tables, by brute force and without any of the module's reasoning.
 */
#include "hub/small.h"
#include "hub/canonical_read.h"

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

/* ---- two issues of one period ---- */

enum { PAIRS = 300, LIST_MAX = 60000, CAP_AGAIN = 12 };

/* What is printed of a table, as the canonical figures have it. */
static json_t *printed(const struct table *t)
{
    json_t *rows = json_array();
    for (size_t i = 0; i <= t->values_n; i++) {
        json_t *cells = json_array();
        for (size_t c = 0; c <= t->units_n; c++) {
            const struct hub_report_cell *cell = &t->cells[i][c];
            const char *hidden = hub_small_text(cell),
                       *unit = c < t->units_n ? t->units[c].code : t->r.unit;
            json_t *j =
                json_pack("{s:s, s:s, s:s, s:I, s:n}", "unit", unit, "state",
                          hidden != NULL ? "hidden" : "figure", "value",
                          hidden != NULL ? hidden : "", "num", (json_int_t)cell->num, "den");
            if (hidden != NULL) json_object_set_new(j, "num", json_null());
            json_array_append_new(cells, j);
        }
        json_array_append_new(rows, json_pack("{s:s, s:b, s:o}", "value", t->rows[i].value, "total",
                                              i == 0, "cells", cells));
    }
    return json_pack("{s:[{s:i, s:s, s:s, s:o}]}", "lines", "no", (int)t->line.no, "indicator",
                     "V01", "by", t->line.by, "rows", rows);
}

static void table_named(struct table *t)
{
    static const char *const units[] = {"26170", "26173", "26176"}, *const values[] = {"", "a", "b",
                                                                                       "c"};
    t->line.no = 1;
    t->line.by = "";
    snprintf(t->r.unit, sizeof t->r.unit, "735");
    for (size_t c = 0; c < UNITS; c++)
        t->units[c].code = units[c];
    for (size_t i = 0; i <= VALUES; i++)
        t->rows[i].value = values[i];
}

/* Whoever knows both papers, all rules, and that a period's later issue only counts more. */
struct pair {
    const struct table *first, *then;
    int64_t (*v)[VALUES + 1][UNITS + 1]; /* of the first; behind LIST_MAX of the second */
    size_t n, m;
};

static bool pair_fits(const struct pair *p, bool second, size_t i, size_t c, int64_t n)
{
    const struct hub_report_cell *was = &p->first->cells[i][c], *now = &p->then->cells[i][c];
    const struct hub_report_cell *cell = second ? now : was;
    switch (cell->hide) {
    case HUB_HIDE_NO: return n == cell->num;
    case HUB_HIDE_SMALL: return n >= 1 && n <= 4;
    case HUB_HIDE_SECOND: /* of the second it says nothing */
        return second || n >= (all_hidden(p->first) ? 1 : 5);
    case HUB_HIDE_RATE: return true;
    }
    return false;
}

static void pair_list(struct pair *p, bool second, size_t at, int64_t v[VALUES + 1][UNITS + 1])
{
    const struct table *t = p->first;
    size_t first = t->values_n > 0 ? 1 : 0, rows = t->values_n > 0 ? t->values_n : 1;
    size_t *count = second ? &p->m : &p->n;
    if (at < rows * t->units_n) {
        size_t i = first + at / t->units_n, c = at % t->units_n;
        const struct hub_report_cell *cell = second ? &p->then->cells[i][c] : &t->cells[i][c];
        bool shown = cell->hide == HUB_HIDE_NO;
        for (int64_t n = shown ? cell->num : 0; n <= (shown ? cell->num : CAP_AGAIN); n++) {
            v[i][c] = n;
            if (pair_fits(p, second, i, c, n)) pair_list(p, second, at + 1, v);
        }
        return;
    }
    for (size_t c = 0; c < t->units_n && first == 1; c++) {
        v[0][c] = 0;
        for (size_t i = 1; i <= t->values_n; i++)
            v[0][c] += v[i][c];
    }
    for (size_t i = 0; i <= t->values_n; i++) {
        v[i][t->units_n] = 0;
        for (size_t c = 0; c < t->units_n; c++)
            v[i][t->units_n] += v[i][c];
        for (size_t c = 0; c <= t->units_n; c++)
            if (!pair_fits(p, second, i, c, v[i][c])) return;
    }
    assert_true(*count < LIST_MAX);
    memcpy(p->v[(second ? LIST_MAX : 0) + *count], v, sizeof p->v[0]);
    ++*count;
}

/* The same records in two forms, whose breakdowns differ: only the totals are the same cells. */
static bool pair_joins(const struct pair *p, size_t a, size_t b)
{
    return memcmp(p->v[LIST_MAX + b][0], p->v[a][0], sizeof p->v[a][0]) == 0;
}

static bool pair_grows(const struct pair *p, size_t a, size_t b)
{
    for (size_t i = 0; i <= p->first->values_n; i++) {
        for (size_t c = 0; c <= p->first->units_n; c++)
            if (p->v[LIST_MAX + b][i][c] < p->v[a][i][c]) return false;
    }
    return true;
}

static enum err apply_again(struct table *t, json_t *before, bool own, enum hub_small_rule rule)
{
    struct hub_small_paper paper = {.figures = before, .own = own, .rule = rule};
    return hub_small_apply_again(&t->r, &paper, before != NULL, class_of, NULL);
}

/* How many have one possible number left: of the cells that the first paper hides, in either; and of
 * one to four persons in the second. What was printed before and is hidden beside them may be known. */
static unsigned pair_known(const struct table *first, const struct table *then, bool forms)
{
    static int64_t lists[2 * LIST_MAX][VALUES + 1][UNITS + 1];
    int64_t v[VALUES + 1][UNITS + 1] = {{0}};
    bool two[2][VALUES + 1][UNITS + 1] = {{{false}}};
    struct pair p = {.first = first, .then = then, .v = lists};
    size_t one[2] = {SIZE_MAX, SIZE_MAX};
    unsigned known = 1;
    pair_list(&p, false, 0, v);
    pair_list(&p, true, 0, v);
    for (size_t a = 0; a < p.n && known > 0; a++) {
        for (size_t b = 0; b < p.m && known > 0; b++) {
            if (!(forms ? pair_joins : pair_grows)(&p, a, b)) continue;
            if (one[0] == SIZE_MAX) {
                one[0] = a;
                one[1] = LIST_MAX + b;
            }
            known = 0;
            for (size_t i = 0; i <= first->values_n; i++) {
                for (size_t c = 0; c <= first->units_n; c++) {
                    two[0][i][c] |= lists[a][i][c] != lists[one[0]][i][c];
                    two[1][i][c] |= lists[LIST_MAX + b][i][c] != lists[one[1]][i][c];
                    known += first->cells[i][c].hide != HUB_HIDE_NO && !two[0][i][c];
                    bool few = then->cells[i][c].num > 0 && then->cells[i][c].num < 5;
                    few = few || ((i == 0 || !forms) && first->cells[i][c].hide != HUB_HIDE_NO);
                    known += few && !two[1][i][c];
                }
            }
        }
    }
    assert_int_not_equal(one[0], SIZE_MAX); /* the truth is among what was tried */
    return known;
}

static void two_issues_give_no_cell_away(void **state)
{
    (void)state;
    static struct table t[3];
    static const int64_t counts[] = {0, 0, 1, 2, 3, 4, 5, 6, 7};
    const char *given = getenv("SMALL_SEED");
    struct rng rng = {given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) ^ 4711};
    unsigned alone = 0, hidden = 0, shown = 0;
    print_message("seed %llu\n", (unsigned long long)rng.s);
    for (int n = 0; n < PAIRS; n++) {
        size_t values = rng_below(&rng, 3) == 0 ? 2 : 0;
        size_t units = 1 + (size_t)rng_below(&rng, values > 0 ? 2 : UNITS);
        for (size_t k = 0; k < 3; k++) {
            table_make(&t[k], units, values, false, 4);
            table_named(&t[k]);
        }
        for (size_t i = values > 0 ? 1 : 0; i <= values; i++) {
            for (size_t c = 0; c < units; c++) {
                t[0].cells[i][c].num = counts[rng_below(&rng, 9)];
                t[1].cells[i][c].num = t[0].cells[i][c].num + (rng_below(&rng, 3) == 0) *
                                                                  (1 + (int64_t)rng_below(&rng, 2));
                t[2].cells[i][c].num = t[1].cells[i][c].num;
            }
        }
        for (size_t k = 0; k < 3; k++)
            table_add_up(&t[k]);
        assert_int_equal(hub_small_apply(&t[0].r, class_of, NULL), ERR_OK);
        json_t *before = printed(&t[0]);
        assert_int_equal(
            apply_again(&t[1], before, true, n % 2 ? HUB_SMALL_BY_CELL : HUB_SMALL_BY_FIGURE),
            ERR_OK);
        assert_int_equal(hub_small_apply(&t[2].r, class_of, NULL), ERR_OK);
        json_decref(before);
        if (pair_known(&t[0], &t[1], false) > 0) {
            table_print(&t[0]);
            table_print(&t[1]);
            fail();
        }
        alone += pair_known(&t[0], &t[2], false) > 0;
        for (size_t i = 0; i <= values; i++) {
            for (size_t c = 0; c <= units; c++) {
                bool was = t[0].cells[i][c].hide != HUB_HIDE_NO;
                bool now = t[1].cells[i][c].hide != HUB_HIDE_NO;
                assert_true(now || !was);
                hidden += now;
                shown += !now;
            }
        }
    }
    print_message("hidden %u, shown %u; each paper by itself gives away cells in %u of %u\n",
                  hidden, shown, alone, PAIRS);
    assert_true(alone > 0); /* the attacker can do it */
    assert_true(shown > hidden / 4);
}

/* What a person did with two papers: "<5", "*", 12 and one case more. */
static void one_case_more_beside_less_than_five(void **state)
{
    (void)state;
    static struct table t[2];
    static const int64_t n[2][2] = {{4, 8}, {5, 8}};
    json_t *before = NULL;
    for (size_t k = 0; k < 2; k++) {
        table_make(&t[k], 2, 0, false, 4);
        table_named(&t[k]);
        for (size_t c = 0; c < 2; c++)
            t[k].cells[0][c].num = n[k][c];
        table_add_up(&t[k]);
        assert_int_equal(apply_again(&t[k], before, true, HUB_SMALL_BY_FIGURE), ERR_OK);
        if (k == 0) before = printed(&t[0]);
    }
    json_decref(before);
    assert_string_equal(hub_small_text(&t[0].cells[0][0]), "<5");
    assert_string_equal(hub_small_text(&t[0].cells[0][1]), "*");
    assert_null(hub_small_text(&t[0].cells[0][2]));
    for (size_t c = 0; c < 3; c++)
        assert_string_equal(hub_small_text(&t[1].cells[0][c]), "*");
}

/* A form whose lines have moved: what was hidden is found by what it is of. An issue of before that rule
 * comes out as it did. */
static void a_line_that_moved_hides_the_same(void **state)
{
    (void)state;
    static struct table t[2];
    static const int64_t n[2][2] = {{4, 8}, {5, 8}};
    for (int rule = HUB_SMALL_BY_LINE; rule <= HUB_SMALL_BY_FIGURE; rule++) {
        json_t *before = NULL;
        for (size_t k = 0; k < 2; k++) {
            table_make(&t[k], 2, 0, false, 4);
            table_named(&t[k]);
            t[k].line.no = k == 0 ? 7 : 9;
            t[k].line.by = k == 0 ? "" : "sex";
            for (size_t c = 0; c < 2; c++)
                t[k].cells[0][c].num = n[k][c];
            table_add_up(&t[k]);
            assert_int_equal(apply_again(&t[k], before, true, (enum hub_small_rule)rule), ERR_OK);
            if (k == 0) before = printed(&t[0]);
        }
        json_decref(before);
        for (size_t c = 0; c < 3; c++)
            assert_int_equal(t[1].cells[0][c].hide,
                             rule != HUB_SMALL_BY_LINE ? HUB_HIDE_SECOND : HUB_HIDE_NO);
    }
}

static bool table_small(const struct table *t)
{
    for (size_t i = 0; i <= t->values_n; i++) {
        for (size_t c = 0; c <= t->units_n; c++)
            if (t->cells[i][c].num > 0 && t->cells[i][c].num < HUB_SMALL_LEAST) return true;
    }
    return false;
}

/* The first two tables in two papers, or as two lines of one. */
static void forms_apply(struct table t[2], bool one)
{
    if (one) {
        struct hub_report_line lines[2] = {t[0].line, t[1].line};
        struct hub_report r = t[0].r;
        r.lines = lines;
        r.line_count = 2;
        assert_int_equal(hub_small_apply(&r, class_of, NULL), ERR_OK);
        return;
    }
    assert_int_equal(hub_small_apply(&t[0].r, class_of, NULL), ERR_OK);
    json_t *before = printed(&t[0]);
    assert_int_equal(apply_again(&t[1], before, false, HUB_SMALL_BY_FIGURE), ERR_OK);
    json_decref(before);
}

/* Another form over the same days, or another line, breaks the same totals down by something else; the
 * first had its own reasons to hide this rather than that. Whoever has both works out nobody. */
static void two_breakdowns_give_no_cell_away(void **state)
{
    (void)state;
    static struct table t[3];
    static const int64_t counts[] = {0, 0, 1, 2, 3, 4, 5, 6, 7};
    const char *given = getenv("SMALL_SEED");
    struct rng rng = {given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) ^ 815};
    unsigned alone = 0, shown = 0;
    print_message("seed %llu\n", (unsigned long long)rng.s);
    for (int n = 0; n < PAIRS; n++) {
        size_t units = 1 + (size_t)rng_below(&rng, 2);
        for (size_t k = 0; k < 3; k++) {
            table_make(&t[k], units, 2, false, 4);
            table_named(&t[k]);
            t[k].line.by = k == 0 ? "sex" : "age";
        }
        for (size_t c = 0; c < units; c++) {
            int64_t a = counts[rng_below(&rng, 7)], b = counts[rng_below(&rng, 7)];
            int64_t other = (int64_t)rng_below(&rng, (unsigned)(a + b) + 1);
            for (size_t k = 0; k < 3; k++) {
                t[k].cells[1][c].num = k == 0 ? a : other;
                t[k].cells[2][c].num = a + b - t[k].cells[1][c].num;
            }
        }
        for (size_t k = 0; k < 3; k++)
            table_add_up(&t[k]);
        if (rng_below(&rng, 2) == 0 && table_small(&t[0])) {
            struct hub_report_cell *some = &t[0].cells[0][rng_below(&rng, (unsigned)units + 1)];
            some->hide = some->num >= HUB_SMALL_LEAST ? HUB_HIDE_SECOND : HUB_HIDE_NO;
        }
        forms_apply(t, n % 2 == 0);
        assert_int_equal(hub_small_apply(&t[2].r, class_of, NULL), ERR_OK);
        if (pair_known(&t[0], &t[1], true) > 0) {
            table_print(&t[0]);
            table_print(&t[1]);
            fail();
        }
        alone += pair_known(&t[0], &t[2], true) > 0;
        for (size_t c = 0; c <= units; c++)
            shown += t[1].cells[0][c].hide == HUB_HIDE_NO;
    }
    print_message("totals shown %u; each paper by itself gives away cells in %u of %u\n", shown,
                  alone, PAIRS);
    assert_true(alone > 0); /* the attacker can do it */
    assert_true(shown > PAIRS / 4);
}

/* A paper of one commune says nothing of the others: those are shown as they were. */
static void a_paper_of_fewer_units_hides_no_others(void **state)
{
    (void)state;
    static struct table t[2];
    for (size_t own = 0; own < 2; own++) {
        for (size_t k = 0; k < 2; k++) {
            table_make(&t[k], k == 0 ? 1 : 3, 0, false, 4);
            table_named(&t[k]);
            for (size_t c = 0; c < t[k].units_n; c++)
                t[k].cells[0][c].num = c == 0 ? 4 : 8 + (int64_t)c;
            table_add_up(&t[k]);
        }
        snprintf(t[0].r.unit, sizeof t[0].r.unit, "26170");
        assert_int_equal(hub_small_apply(&t[0].r, class_of, NULL), ERR_OK);
        json_t *before = printed(&t[0]);
        assert_int_equal(apply_again(&t[1], before, own != 0, HUB_SMALL_BY_FIGURE), ERR_OK);
        json_decref(before);
        assert_int_not_equal(t[1].cells[0][0].hide, HUB_HIDE_NO);
        assert_int_equal(t[1].cells[0][2].hide, own != 0 ? HUB_HIDE_SECOND : HUB_HIDE_NO);
    }
}

/* Two lines of one indicator change places: parts are found by their breakdown. */
static void parts_are_found_by_their_breakdown(void **state)
{
    (void)state;
    struct hub_report_line line = {
        .no = 1, .by = "age", .indicator = &(struct catalogue_indicator){.id = "V01"}};
    json_t *figures = json_pack("{s:[{s:i,s:s,s:s},{s:i,s:s,s:s},{s:i,s:s,s:s}]}", "lines", "no", 1,
                                "indicator", "V01", "by", "sex", "no", 2, "indicator", "V01", "by",
                                "age", "no", 3, "indicator", "V02", "by", "age");
    const json_t *lines = json_object_get(figures, "lines");
    assert_ptr_equal(hub_canonical_find_like(figures, &line, false), json_array_get(lines, 1));
    assert_ptr_equal(hub_canonical_find_like(figures, &line, true), json_array_get(lines, 1));
    line.by = "kind";
    assert_null(hub_canonical_find_like(figures, &line, false));
    assert_ptr_equal(hub_canonical_find_like(figures, &line, true), json_array_get(lines, 0));
    json_decref(figures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_count_can_be_worked_out),
        cmocka_unit_test(no_rate_can_be_worked_out),
        cmocka_unit_test(other_classes_are_shown),
        cmocka_unit_test(four_is_hidden_and_five_is_not),
        cmocka_unit_test(a_rate_does_not_show_what_its_count_hides),
        cmocka_unit_test(two_issues_give_no_cell_away),
        cmocka_unit_test(two_breakdowns_give_no_cell_away),
        cmocka_unit_test(a_paper_of_fewer_units_hides_no_others),
        cmocka_unit_test(one_case_more_beside_less_than_five),
        cmocka_unit_test(a_line_that_moved_hides_the_same),
        cmocka_unit_test(parts_are_found_by_their_breakdown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

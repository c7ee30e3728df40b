/*
 * The facts of one indicator, and the figures made of them. Pure: rows in, numbers out.
 *
 * An indicator's SQL gives one row per fact: unit, subject, record, num, den, by1..by3. A figure is
 *   count  distinct subjects with num = 1
 *   sum    num added up
 *   ratio  distinct subjects with num = 1 over distinct subjects with den = 1
 *   ratio_sum  num added up over den added up, each subject once, with the largest num and den of
 *              its rows
 * of one unit or of all units together, in total or for one value of a breakdown. A person whom two
 * units know counts once for all together and once in each of the two: figures of all units are
 * made of the facts, never of the units' figures.
 *
 * Each figure keeps the records that it is made of: those of rows with num = 1 or den = 1; for sums
 * those of rows with a num, or a den.
 *
 * The order in which rows arrive changes nothing: texts are numbered in byte order.
 *
 * Ownership: hub_figures_free() and hub_figures_table_free() release; texts given in are copied.
 * Threads:   one at a time.
 * Limits:    HUB_FIGURES_*; about 48 bytes a row and 25 a different text, and while a table is
 *            made 40 bytes a row more.
 */
#ifndef DONGBO_HUB_FIGURES_H
#define DONGBO_HUB_FIGURES_H

#include "common/bytes.h"
#include "common/catalogue.h"
#include "common/err.h"

enum {
    HUB_FIGURES_ROWS_MAX = 500000,        /* rows of one indicator */
    HUB_FIGURES_TEXT_BYTES_MAX = 63,      /* bytes of a unit, subject, record or breakdown value */
    HUB_FIGURES_BY_MAX = 3,               /* breakdown columns */
    HUB_FIGURES_POOL_BYTES_MAX = 1 << 25, /* bytes of all different texts of one indicator */
};

#define HUB_FIGURES_ALL UINT32_MAX /* all units together; not broken down */

struct hub_fact {
    struct bytes unit;
    struct bytes subject;
    struct bytes record;
    bool has_num;
    bool has_den;
    int64_t num;
    int64_t den;
    bool odd; /* an amount that is no number: for whoever counts what was left out */
    struct bytes by[HUB_FIGURES_BY_MAX]; /* empty where there is none */
};

struct hub_figures;

MUST_CHECK enum err hub_figures_new(enum catalogue_measure measure, struct hub_figures **out);
void hub_figures_free(struct hub_figures *f); /* NULL is allowed */

/*
 * Take a row.
 * ERR_BAD_INPUT  a text is over HUB_FIGURES_TEXT_BYTES_MAX, the unit is empty, or in a count or
 *                ratio num or den is neither 0, 1 nor NULL: the indicator's SQL is wrong
 * ERR_TOO_LARGE  HUB_FIGURES_ROWS_MAX, HUB_FIGURES_POOL_BYTES_MAX
 * ERR_NOMEM
 */
MUST_CHECK enum err hub_figures_add(struct hub_figures *f, const struct hub_fact *fact);

/* After the last row, before any table. ERR_NOMEM. */
MUST_CHECK enum err hub_figures_finish(struct hub_figures *f);

struct hub_figure {
    uint32_t unit;  /* number of the unit's text, or HUB_FIGURES_ALL */
    uint32_t value; /* number of the value's text; HUB_FIGURES_ALL in the table of totals */
    int64_t num;
    int64_t den;             /* ratios only, else 0 */
    const uint32_t *records; /* numbers of their texts, each once, ascending */
    size_t record_count;
};

/* Figures that have a row, by (unit, value), all units together last. */
struct hub_figures_table {
    struct hub_figure *v;
    size_t count;
    uint32_t *records;
};

/*
 * The figures per unit and together: totals (by = -1) or per value of breakdown column by (0..2).
 * ERR_TOO_LARGE  a sum does not fit 64 bits;  ERR_NOMEM
 */
MUST_CHECK enum err hub_figures_tabulate(const struct hub_figures *f, int by,
                                         struct hub_figures_table *out);
void hub_figures_table_free(struct hub_figures_table *t); /* twice is fine */

/* The figure of (unit, value), or NULL when no row is in it. */
const struct hub_figure *hub_figures_find(const struct hub_figures_table *t, uint32_t unit,
                                          uint32_t value);

/* Has the measure a denominator? */
bool hub_figures_is_ratio(enum catalogue_measure measure);

/* The text of a number, valid until hub_figures_free(). */
struct bytes hub_figures_text(const struct hub_figures *f, uint32_t number);

/* The number of a text; false when no row has it. */
bool hub_figures_number(const struct hub_figures *f, struct bytes text, uint32_t *number);

#endif

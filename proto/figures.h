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
 * those of rows with a num, or a den; and what each of them does in it (proto/figures_part).
 *
 * The order in which rows arrive changes nothing: texts are numbered in byte order.
 *
 * Ownership: figures_free() and figures_table_free() release; texts given in are copied.
 * Threads:   one at a time.
 * Limits:    FIGURES_*; about 48 bytes a row and 25 a different text, and while a table is
 *            made 80 bytes a row more.
 */
#ifndef DONGBO_PROTO_FIGURES_H
#define DONGBO_PROTO_FIGURES_H

#include "common/bytes.h"
#include "common/catalogue.h"
#include "common/err.h"
#include "common/fact.h"
#include "proto/figures_part.h"

enum {
    FIGURES_ROWS_MAX = 500000, /* rows of one indicator */
    FIGURES_TEXT_BYTES_MAX = FACT_TEXT_BYTES_MAX,
    FIGURES_BY_MAX = FACT_BY_MAX,
    FIGURES_POOL_BYTES_MAX = 1 << 25, /* bytes of all different texts of one indicator */
};

#define FIGURES_ALL UINT32_MAX /* all units together; not broken down */

struct figures;

MUST_CHECK enum err figures_new(enum catalogue_measure measure, struct figures **out);
void figures_free(struct figures *f); /* NULL is allowed */

/*
 * Take a row.
 * ERR_BAD_INPUT  a text is over FIGURES_TEXT_BYTES_MAX, the unit is empty, or in a count or
 *                ratio num or den is neither 0, 1 nor NULL: the indicator's SQL is wrong
 * ERR_TOO_LARGE  FIGURES_ROWS_MAX, FIGURES_POOL_BYTES_MAX
 * ERR_NOMEM
 */
MUST_CHECK enum err figures_add(struct figures *f, const struct fact *fact);

/* After the last row, before any table. ERR_NOMEM. */
MUST_CHECK enum err figures_finish(struct figures *f);

struct figures_one {
    uint32_t unit;  /* number of the unit's text, or FIGURES_ALL */
    uint32_t value; /* number of the value's text; FIGURES_ALL in the table of totals */
    int64_t num;
    int64_t den;             /* ratios only, else 0 */
    const uint32_t *records; /* numbers of their texts, each once, ascending */
    size_t record_count;
    struct bytes parts; /* of each of them in that order, packed */
};

/* Figures that have a row, by (unit, value), all units together last. */
struct figures_table {
    struct figures_one *v;
    size_t count;
    uint32_t *records;
    struct buf parts;
};

/*
 * The figures per unit and together: totals (by = -1) or per value of breakdown column by (0..2).
 * ERR_TOO_LARGE  a sum does not fit 64 bits;  ERR_NOMEM
 */
MUST_CHECK enum err figures_tabulate(const struct figures *f, int by, struct figures_table *out);
void figures_table_free(struct figures_table *t); /* twice is fine */

/* The figure of (unit, value), or NULL when no row is in it. */
const struct figures_one *figures_find(const struct figures_table *t, uint32_t unit,
                                       uint32_t value);

/* Has the measure a denominator? */
bool figures_is_ratio(enum catalogue_measure measure);

/* The text of a number, valid until figures_free(). */
struct bytes figures_text(const struct figures *f, uint32_t number);

/* The number of a text; false when no row has it. */
bool figures_number(const struct figures *f, struct bytes text, uint32_t *number);

#endif

/*
 * Rules of the catalogue about cases, budgets and scores, as data (docs/cases.md): public holidays,
 * who may take a field from one value to another, clocks that run until a record says "done", checks
 * between records, and score schemes. The SQL in them is text here; common/io/store_watch runs it.
 *
 * Ownership: everything returned lives as long as the catalogue.   Threads: any, immutable.
 * Units:     points are whole hundredths (CATALOGUE_POINT_PARTS).   Limits: the constants below.
 * Format:    docs/catalogue.md: holidays.csv, steps.csv, clocks.csv, checks.csv, schemes.csv,
 *            criteria.csv, bands.csv. Every one of them may be missing.
 */
#ifndef DONGBO_COMMON_CATALOGUE_RULES_H
#define DONGBO_COMMON_CATALOGUE_RULES_H

#include "common/catalogue.h"

enum {
    CATALOGUE_POINT_PARTS = 100,    /* parts of a point: two decimals */
    CATALOGUE_POINTS_MAX = 1000000, /* parts; of a scheme or a criterion: 10,000 points */
    CATALOGUE_CLOCK_DAYS_MAX = 366, /* days of a clock's parameter */
    CATALOGUE_CLOCK_SOON_MAX = 90,  /* days before the last one that are "soon" */
    CATALOGUE_POINTS_ROOM = 16,     /* bytes of "-10000.25" with its terminator, and more */
};

/* ---- holidays.csv ---- */

enum catalogue_holiday_kind {
    CATALOGUE_HOLIDAY, /* a public holiday; one on a Saturday or Sunday gives the next working day off */
    CATALOGUE_OFF,  /* this very day is off: swapped with a working Saturday */
    CATALOGUE_WORK, /* this Saturday or Sunday is worked */
};

struct catalogue_holiday {
    int16_t year; /* 0: every year */
    uint8_t month, day;
    enum catalogue_holiday_kind kind;
    const char *label_vi;
    const char *label_en;
    struct date valid_from;
    struct date valid_to;
};
const struct catalogue_holiday *catalogue_holidays(const struct catalogue *c, size_t *count);

/* ---- steps.csv ---- */

enum catalogue_side { CATALOGUE_SIDE_UNIT, CATALOGUE_SIDE_HUB };

/* A field that stands in steps.csv may only go from one value to another as a row says. A write that
 * does not change the value is no step. */
struct catalogue_step {
    unsigned type;
    unsigned field;
    const char *from; /* a value, "" = none, "*" = any */
    const char *to;
    enum catalogue_side side; /* who may write it */
    bool leader;              /* at the unit: its leader alone */
    unsigned when;            /* field of the same record, 0 = none */
    const char *values; /* its values as the step begins, split by '|'; "" among them = none */
};

enum catalogue_ask {
    CATALOGUE_ASK_FREE, /* the field has no steps */
    CATALOGUE_ASK_YES,
    CATALOGUE_ASK_SIDE,   /* there is such a step, of the other side */
    CATALOGUE_ASK_LEADER, /* there is such a step, of the leader */
    CATALOGUE_ASK_NO,     /* there is no such step */
};
/*
 * May `side` take the field from one value to another? `when`: value of a field of the record as the
 * step begins ("" = none); NULL: the record is not there yet, and the condition is not asked.
 */
typedef const char *catalogue_when_fn(void *ctx, unsigned field);
enum catalogue_ask catalogue_step_ask(const struct catalogue *c, unsigned type, unsigned field,
                                      const char *from, const char *to, enum catalogue_side side,
                                      bool leader, catalogue_when_fn *when, void *ctx);
bool catalogue_has_steps(const struct catalogue *c, unsigned type);

/* ---- clocks.csv, checks.csv ---- */

struct catalogue_clock {
    const char *id;
    const struct catalogue_type *type;
    const char *unit;     /* SQL over a row of the type, "" = the record's own unit */
    const char *start;    /* SQL: the day it begins, "" = none */
    const char *due;      /* SQL: its last day; NULL or "" = counted from the start */
    const char *done;     /* SQL: the day it was done */
    const char *relevant; /* SQL: does it run at all? */
    const char *days;     /* parameter of params.csv, "" = none */
    bool working;         /* working days; else days of the calendar */
    unsigned soon;        /* days before the last one from which it is "soon" */
    const char *label_vi;
    const char *label_en;
};
const struct catalogue_clock *catalogue_clocks(const struct catalogue *c, size_t *count);

struct catalogue_check {
    const char *id;
    const struct catalogue_type *type;
    const char *unit;  /* as of a clock */
    const char *wrong; /* SQL over a row of the type: true = it does not add up */
    const char *label_vi;
    const char *label_en;
};
const struct catalogue_check *catalogue_checks(const struct catalogue *c, size_t *count);

/* ---- schemes.csv, criteria.csv, bands.csv ---- */

struct catalogue_criterion {
    const char *code;
    int32_t most; /* parts */
    const char *name_vi;
    const char *name_en;
    const char *method;
    const char *evidence;
    const char *indicator; /* whose figure of the year stands beside the score, "" = none */
};

struct catalogue_band {
    const char *name; /* choice of the list score_class */
    int32_t least;    /* parts, first that belongs to it */
    int32_t below;    /* parts, first above it; of the highest band `most` + 1 */
};

struct catalogue_scheme {
    const char *scheme;
    const char *version;
    const char *label_vi;
    const char *label_en;
    int32_t most; /* parts: the sum of its criteria */
    struct date valid_from;
    struct date valid_to;
    const struct catalogue_criterion *criteria; /* file order */
    size_t criterion_count;
    const struct catalogue_band *bands; /* lowest first; they tile 0..most */
    size_t band_count;
};
const struct catalogue_scheme *catalogue_schemes(const struct catalogue *c, size_t *count);
/* NULL: no such version. `version` NULL: the one that is valid on the day. */
const struct catalogue_scheme *catalogue_scheme_find(const struct catalogue *c, const char *scheme,
                                                     const char *version, struct date on);
const struct catalogue_criterion *catalogue_criterion_find(const struct catalogue_scheme *s,
                                                           const char *code);
/* The band of a total; NULL: below 0, above the most, or a scheme without bands. */
const struct catalogue_band *catalogue_band_of(const struct catalogue_scheme *s, int32_t parts);

/* "12.5" -> 1250. ERR_BAD_INPUT: no number, more than two decimals, or out of range. */
MUST_CHECK enum err catalogue_points_read(const char *text, int32_t *parts);
/* 1250 -> "12.5", 1200 -> "12". */
void catalogue_points_print(int32_t parts, char out[static CATALOGUE_POINTS_ROOM]);

#endif

/*
 * Reporting periods (kỳ báo cáo) and the days whose records they count.
 *
 * A period has a nominal range (its months) and, under a cut-off rule, a data window: rule day 1
 * takes the nominal days, rule day 15 takes "from the 15th of the month before to the 14th", for a
 * month, a quarter or a year alike (the year 2023 is then 2022-12-15..2023-12-14). Windows of
 * consecutive months, quarters and years touch without gap or overlap whatever the rule.
 *
 * The six and nine months of a year begin in January; there is no second half in the reports.
 *
 * Ownership: plain values, copied.   Threads: any.   Units: civil days (common/date.h).
 * Limits:    years PERIOD_YEAR_MIN..PERIOD_YEAR_MAX, so that every window lies within common/date's
 * limits.
 */
#ifndef DONGBO_COMMON_PERIOD_H
#define DONGBO_COMMON_PERIOD_H

#include "common/date.h"

enum {
    PERIOD_YEAR_MIN = DATE_YEAR_MIN + 1, /* first year; its window may begin in the year before */
    PERIOD_YEAR_MAX = DATE_YEAR_MAX,     /* last year */
    PERIOD_START_DAY_MAX = 28,           /* latest day of a month at which a window may begin */
    PERIOD_LABEL_ROOM = 22,              /* bytes of the longest label with its terminator */
    PERIOD_TITLE_ROOM = 48,              /* bytes of the longest title with its terminator */
};

enum period_kind {
    PERIOD_MONTH,
    PERIOD_QUARTER,
    PERIOD_HALF, /* six months: January to June */
    PERIOD_NINE, /* nine months: January to September */
    PERIOD_YEAR,
    PERIOD_ADHOC, /* any days, first to last */
};

struct period {
    enum period_kind kind;
    int16_t year;      /* 0 for PERIOD_ADHOC */
    uint8_t number;    /* month 1..12, quarter 1..4, else 0 */
    struct date first; /* PERIOD_ADHOC only, else zeros */
    struct date last;  /* PERIOD_ADHOC only, else zeros; not before `first` */
};

/* Days first..last, both included. */
struct period_window {
    struct date first;
    struct date last;
};

/* The day of the month at which data windows begin: 1 = nominal months. From the catalogue, so it
 * is checked. */
struct period_rule {
    uint8_t start_day; /* 1..PERIOD_START_DAY_MAX */
};

/* True for a period that a function below may be given. */
bool period_valid(struct period p);

/* The period of a kind other than PERIOD_ADHOC; `number` as in struct period.
 * ERR_BAD_INPUT  no such period. */
MUST_CHECK enum err period_make(enum period_kind kind, int year, int number, struct period *out);

/* ERR_BAD_INPUT  a day is not valid, or `last` is before `first`. */
MUST_CHECK enum err period_make_adhoc(struct date first, struct date last, struct period *out);

/*
 * Read a label in its one canonical form: "2023-06", "2023-Q2", "2023-6M", "2023-9M", "2023",
 * "2023-03-01_2023-05-15".
 *
 * ERR_BAD_INPUT  anything else; tell the forms.
 */
MUST_CHECK enum err period_parse(struct bytes s, struct period *out);

/* Write the label. Labels are ASCII without a slash, so they may stand in file names. */
void period_print(struct period p, char out[PERIOD_LABEL_ROOM]);

/* Write what an officer calls it: "Tháng 6/2023", "Quý II/2023", "6 tháng đầu năm 2023", ... */
void period_title_vi(struct period p, char out[PERIOD_TITLE_ROOM]);

/* Months it has: 1, 3, 6, 9 or 12; 0 for PERIOD_ADHOC. */
int period_months(struct period p);

/* First and last nominal day. */
struct period_window period_nominal(struct period p);

/* The data window under a rule. An ad hoc period's window is its own days under any rule.
 * ERR_BAD_INPUT  the rule's day is not 1..PERIOD_START_DAY_MAX: the catalogue is wrong. */
MUST_CHECK enum err period_window(struct period p, struct period_rule rule,
                                  struct period_window *out);

bool period_window_contains(struct period_window w, struct date d);

/*
 * The period of a kind whose data window holds the day.
 *
 * ERR_NOT_FOUND  none does: a day after June has no six months, and PERIOD_ADHOC has no order.
 * ERR_BAD_INPUT  the rule is wrong or the day lies at the edge of the calendar.
 */
MUST_CHECK enum err period_of(enum period_kind kind, struct period_rule rule, struct date d,
                              struct period *out);

/*
 * The period of the same kind before or after it: for a month or quarter the neighbour, for six
 * months, nine months and a year the same of the year before or after, with which reports compare.
 *
 * ERR_BAD_INPUT  an ad hoc period, or outside the limits.
 */
MUST_CHECK enum err period_previous(struct period p, struct period *out);
MUST_CHECK enum err period_next(struct period p, struct period *out);

#endif

/*
 * Days that are probably mistyped: an event far from the days that a unit now reports of. domain.md 6.7.
 *
 * An event is expected between the first day of the earliest window whose report is still to be handed in (at
 * the latest the first day of this year) and today, each with `clock_doubt_days` of slack. What lies outside is asked
 * about, never refused. Only the day of the event counts (events.csv): a birth, a decision or the begin of
 * help may be as old as it is.
 *
 * Days that cannot be, by what they mean (days.csv): a birth, a death or what somebody received does not lie
 * after today. A birth more than `age_doubt_years` ago is asked about.
 *
 * Ownership: plain values; the catalogue is borrowed for the call.   Threads: any, pure.
 * Units: civil days of Vietnam's time.   Limits: those of common/due.
 */
#ifndef DONGBO_COMMON_DOUBT_H
#define DONGBO_COMMON_DOUBT_H

#include "common/catalogue.h"

enum { DOUBT_WORDS_ROOM = 260 }; /* bytes of a question with its terminator */

struct doubt_days {
    bool dated;        /* false: today is not known, nothing is said of any day */
    bool asks;         /* false: the catalogue has no clock_doubt_days, nothing is in doubt */
    int32_t slack;     /* days */
    struct date first; /* of the windows that are still reported of */
    struct date today;
    int32_t age_years; /* older births are asked about; 0: none */
};

/* The expected days of a unit. ERR_TOO_LARGE: as due_each(). */
MUST_CHECK enum err doubt_days(const struct catalogue *c, const char *unit, struct date today,
                               struct doubt_days *out);

/* Is this day to be asked about? */
bool doubt_asks(const struct doubt_days *d, struct date day);

/* The question: what is odd about a day that is asked about, ending in "?". */
void doubt_words(const struct doubt_days *d, struct date day, char vi[DOUBT_WORDS_ROOM],
                 char en[DOUBT_WORDS_ROOM]);

enum doubt_what {
    DOUBT_NONE,
    DOUBT_FUTURE, /* it cannot be, if today is right */
    DOUBT_AGE,    /* nobody is known to be that old: it is asked about */
};

/* What days.csv says of a day, of which month or day of the month may be unknown. */
enum doubt_what doubt_day(const struct doubt_days *d, enum catalogue_day_rule rule,
                          struct date_partial day);
/* Its words: for DOUBT_AGE a question; for DOUBT_FUTURE what is wrong, or, unless `sure` of today, a question. */
void doubt_day_words(const struct doubt_days *d, enum doubt_what what, struct date_partial day,
                     bool sure, char vi[DOUBT_WORDS_ROOM], char en[DOUBT_WORDS_ROOM]);

#endif

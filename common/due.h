/*
 * Due dates and data windows of reports, out of the catalogue (windows.csv, duties.csv). SPEC 14.1.
 *
 * Data window and due date are independent: a report of a quarter may be due before the quarter is
 * over. Which rule holds is decided on the last nominal day of the period, per report and unit.
 *
 * Windows of one kind of period tile the calendar whatever the rules do: a window ends where its own
 * rule says, and begins on the day after the end of the window before it, which may be under an older
 * rule. Six and nine months begin where their year begins.
 *
 * Ownership: borrows the catalogue.   Threads: any, pure.   Units: civil days of Vietnam's time.
 * Limits:    DUE_SLOTS_MAX.
 */
#ifndef DONGBO_COMMON_DUE_H
#define DONGBO_COMMON_DUE_H

#include "common/catalogue.h"

enum { DUE_SLOTS_MAX = 2000 }; /* periods of one report that due_each() goes through */

/* What a calendar says of such a day. */
#define DUE_GUESSED_VI " Danh mục chưa có ngày nghỉ lễ của năm này: hạn có thể khác."

struct due_slot {
    struct period period;
    struct period_window window;
    bool has_due;    /* else nothing is ever late */
    struct date due; /* last day on which it is in time */
    bool
        guessed; /* moved off days that are not worked, of a year whose holidays the catalogue does not have */
};

/*
 * Window and due date of a report and period, for a unit (NULL: the rule of all).
 * ERR_BAD_INPUT  the report is not made for this kind of period, the period is not valid, or its
 *                window lies at the edge of the calendar
 * ERR_NOT_FOUND  no such report
 */
MUST_CHECK enum err due_slot(const struct catalogue *c, const char *report, const char *unit,
                             struct period p, struct due_slot *out);

/* First moment at which it is late: the midnight behind the due day. UTC ms. */
int64_t due_late_ms(const struct due_slot *slot);

/* May it be handed in or closed on that day: its window has begun. A plan tells of days that come, so it
 * is due in the first half of its window or before: that one may from a window's length ahead. */
bool due_begun(const struct due_slot *slot, struct date day);

/*
 * Every period of a report (ad hoc ones aside) that is expected between two days: whose due day, or
 * without one whose window's last day, lies in `from`..`to`; by kind, then time.
 * Whatever `each` returns ends it. ERR_NOT_FOUND: no such report; ERR_TOO_LARGE: DUE_SLOTS_MAX.
 */
typedef enum err due_slot_fn(void *ctx, const struct due_slot *slot);
MUST_CHECK enum err due_each(const struct catalogue *c, const char *report, const char *unit,
                             struct date from, struct date to, due_slot_fn *each, void *ctx);

/* The period of a part that a whole is made of: the whole's own, or the longest shorter one that the part is made for
 * and that ends on the same day (the last quarter, the last month). false: it has none. */
bool due_part(const struct catalogue_report *part, struct period whole, struct period *out);

/*
 * Every report and period that `part` of that period is a part of, by duties.csv on the period's last nominal day:
 * due_part() seen from below. Also of kinds of period that the whole is made for no more: what was closed then is.
 * Whatever `each` returns ends it.
 */
typedef enum err due_whole_fn(void *ctx, const char *report, struct period period);
MUST_CHECK enum err due_each_whole(const struct catalogue *c, const struct catalogue_report *part,
                                   struct period period, due_whole_fn *each, void *ctx);

#endif

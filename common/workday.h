/*
 * Working days: Monday to Friday without the public holidays of the catalogue (holidays.csv), with the
 * Saturdays that are worked instead. A holiday on a Saturday or Sunday gives the next working day off.
 *
 * Ownership: borrows the catalogue.   Threads: any, pure.   Units: civil days of Vietnam's time.
 */
#ifndef DONGBO_COMMON_WORKDAY_H
#define DONGBO_COMMON_WORKDAY_H

#include "common/catalogue.h"

bool workday_is(const struct catalogue *c, struct date day);

/*
 * The `days`-th working day after a day, which itself does not count; with 0 the day itself.
 * ERR_BAD_INPUT: outside the calendar.
 */
MUST_CHECK enum err workday_add(const struct catalogue *c, struct date from, unsigned days,
                                struct date *out);

/* Has the catalogue any holiday of this very year (Tết)? Without one a result is a guess. */
bool workday_known(const struct catalogue *c, int year);

#endif

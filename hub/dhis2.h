/*
 * A report as DHIS2 takes it: a dataValueSets payload and its complete registrations, both JSON, by
 * codes (CODE schemes). Own writers; the same cut gives the same bytes.
 *
 * One commune's report is the form for one unit, with completeDate in it. A district's report is
 * the form for many units, in which DHIS2 refuses completeDate: the registrations say it.
 * Data set = the report's id; elements and options as in hub/values.h; every value is a string.
 * completeDate is the day of the closing in Vietnam.
 *
 * DHIS2 has ids for months, quarters, the first half and years of the calendar only. What it cannot
 * say is refused by name, never bent: send ADX (hub/adx) or reports by month.
 *
 * Ownership: appended to the caller's buffer.   Threads: any.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_DHIS2_H
#define DONGBO_HUB_DHIS2_H

#include "common/buf.h"
#include "hub/report.h"

enum { HUB_DHIS2_PERIOD_ROOM = 8 }; /* bytes of "2023Q1" with its terminator */

/*
 * "202306", "2023Q2", "2023S1", "2023".
 * ERR_BAD_INPUT  nine months, an ad hoc period, or a window that is not the calendar's: `why` names
 *                it and offers ADX
 */
MUST_CHECK enum err hub_dhis2_period(const struct hub_report *r,
                                     char out[static HUB_DHIS2_PERIOD_ROOM],
                                     struct hub_report_why *why);

/*
 * ERR_BAD_INPUT  as above, or the day of the closing is outside the calendar
 * ERR_NOT_FOUND  no unit has a value: there is nothing to send, and DHIS2 takes no empty set
 * and the buffer's error.
 */
MUST_CHECK enum err hub_dhis2_values(const struct hub_report *r, int64_t closed_ms, struct buf *out,
                                     struct hub_report_why *why);

/* completeDataSetRegistrations of the units that sent something. Errors as above. */
MUST_CHECK enum err hub_dhis2_complete(const struct hub_report *r, int64_t closed_ms,
                                       struct buf *out, struct hub_report_why *why);

#endif

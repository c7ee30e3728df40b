/*
 * A report as ADX (IHE QRPH, urn:ihe:qrph:adx:2015): one group a unit, elements and options as in
 * hub/values.h, the option as an attribute named by its breakdown: SEX="female". Own writer; the
 * same cut and closing time give the same bytes.
 *
 * A period is its first day and its length, so every window can be said: 2023-01-01/P9M,
 * 2022-12-15/P1M for a month from the 15th to the 14th, days (P76D) for an ad hoc period.
 *
 * Ownership: appended to the caller's buffer.   Threads: any.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_ADX_H
#define DONGBO_HUB_ADX_H

#include "common/buf.h"
#include "hub/report.h"

enum { HUB_ADX_PERIOD_ROOM = 32 }; /* bytes of "2023-01-01/P9M" with its terminator */

void hub_adx_period(struct period_window window, char out[static HUB_ADX_PERIOD_ROOM]);

/*
 * ERR_NOT_FOUND  no unit has a value: the format has no empty message
 * ERR_BAD_INPUT  the closing time is outside the calendar;  and the buffer's error.
 */
MUST_CHECK enum err hub_adx(const struct hub_report *r, int64_t closed_ms, struct buf *out);

/* Append text for XML content or an attribute in double quotes; what XML cannot hold as "?". */
void hub_adx_escape(struct buf *out, const char *text);

#endif

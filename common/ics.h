/*
 * A calendar file of deadlines (iCalendar, RFC 5545): all-day events, CRLF, lines folded at 75 octets
 * between characters, text escaped. Nothing of it depends on the machine: same input, same bytes.
 *
 * Ownership: appends to the caller's buf.   Threads: any, pure.   Units: civil days; UTC ms.
 * Limits:    ICS_LINE_BYTES_MAX; the buf's cap (sticky in out->e).
 */
#ifndef DONGBO_COMMON_ICS_H
#define DONGBO_COMMON_ICS_H

#include "common/buf.h"
#include "common/date.h"

enum { ICS_LINE_BYTES_MAX = 75 }; /* octets of a line without its CRLF (RFC 5545, 3.1) */

struct ics_event {
    const char *uid; /* the same deadline has the same one for ever */
    struct date day;
    const char *summary;     /* UTF-8; may have line ends */
    const char *description; /* likewise, "" for none */
    int64_t stamp_ms;        /* when the file was made */
    int alarm_days;          /* remind so many days before; 0: no alarm */
};

/* Begin and end a calendar; `name` is what the program shows as its title. */
void ics_begin(const char *name, struct buf *out);
/* ERR_BAD_INPUT  the day or the stamp is outside the calendar. */
MUST_CHECK enum err ics_event(const struct ics_event *v, struct buf *out);
void ics_end(struct buf *out);

#endif

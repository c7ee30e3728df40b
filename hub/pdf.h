/*
 * A report as PDF, set by hub/nd30: A4, Vietnamese shaped, tables over pages with their heading
 * repeated, page numbers in the top margin from page 2, the figures digest at the foot of every page
 * and a QR code that `dongbo-hub verify --paper` checks.
 *
 * One family of fonts: Tinos, whose letters have the measures of Times New Roman and which has every
 * Vietnamese letter. It is named first, before Times New Roman itself, so that two hubs with the same
 * packages give the same bytes whatever other fonts their machines have.
 *
 * The same report and facts give the same bytes with the same versions of cairo, pango and the
 * fonts; the time in the file is that of the closing. An issue keeps the bytes as issued.
 *
 * Ownership: appended to the caller's buffer.   Threads: one at a time.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_PDF_H
#define DONGBO_HUB_PDF_H

#include "hub/nd30.h"

/*
 * ERR_BAD_INPUT  the closing time is outside the calendar
 * ERR_TOO_LARGE  over the limits of hub/nd30 or the buffer;  ERR_NOMEM
 */
MUST_CHECK enum err hub_pdf(const struct hub_report *r, const struct hub_nd30_about *about,
                            struct buf *out);

#endif

/*
 * A report as DOCX, set by hub/nd30 like the PDF, for an officer to complete: a marked paragraph
 * takes the narrative, dots take number, date and names. Tables are real tables whose heading row
 * repeats; page numbers stand in the top margin from page 2; the figures digest at the foot and the
 * QR code are those of the PDF, so what is written around the figures does not touch their proof.
 *
 * Texts are written as texts: nothing in a name can become markup or a field.
 * The same report and facts give the same bytes with the same versions of the zip and PNG libraries.
 *
 * Ownership: appended to the caller's buffer.   Threads: any.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_DOCX_H
#define DONGBO_HUB_DOCX_H

#include "hub/nd30.h"

/* Errors as those of hub_pdf(). */
MUST_CHECK enum err hub_docx(const struct hub_report *r, const struct hub_nd30_about *about,
                             struct buf *out);

#endif

/*
 * A report as a spreadsheet, for people: a rendering of the canonical figures that carries their
 * digest. Sheets: summary, by unit, chart, targets, units, source. Vietnamese first, English second.
 *
 * Numbers are numbers: counts with thousands separators, rates as the exact quotient shown as a
 * percentage with one decimal. What has no base prints as a dash, what was not sent as words.
 * Texts are written as texts and never become formulas.
 *
 * The same report and the same facts below give the same bytes with the same version of the
 * library that writes them; an issue keeps the bytes as they were issued.
 *
 * Ownership: appended to the caller's buffer.   Threads: any.   Units: UTC milliseconds.
 */
#ifndef DONGBO_HUB_XLSX_H
#define DONGBO_HUB_XLSX_H

#include "common/buf.h"
#include "hub/report.h"

enum { HUB_XLSX_BYTES_MAX = 32 * 1024 * 1024 }; /* bytes of one spreadsheet */

struct hub_xlsx_about {
    uint32_t issue; /* 0: not closed, marked as preliminary */
    int64_t closed_ms;
    struct id_hash digest; /* of the canonical figures */
    const char *scratch;   /* an existing folder where files may be made and removed */
};

/*
 * ERR_IO         the scratch folder cannot be written
 * ERR_TOO_LARGE  over HUB_XLSX_BYTES_MAX or the buffer;  ERR_NOMEM
 */
MUST_CHECK enum err hub_xlsx(const struct hub_report *r, const struct hub_xlsx_about *about,
                             struct buf *out);

#endif

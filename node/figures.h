/*
 * This unit's figures of a report, made on this PC by the catalogue's own SQL: what the unit submits.
 * SPEC 14.4. The hub makes the same figures of the same records; persons whom the district found to
 * be one in two communes are linked there only.
 *
 * Ownership: appends to the caller's buf.   Threads: loop thread.   Limits: FIGURES_*, SHEET_*.
 */
#ifndef DONGBO_NODE_FIGURES_H
#define DONGBO_NODE_FIGURES_H

#include "common/due.h"
#include "common/sheet.h"
#include "node/store_flow.h"

enum { FIGURES_SHEET_BYTES_MAX = 1024 * 1024 }; /* cap of a buffer for one */

/*
 * ERR_BAD_INPUT, ERR_DENIED, ERR_TOO_LARGE  an indicator of the catalogue is wrong; `why` says which
 * ERR_NOT_READY  no catalogue
 * and the store's errors
 */
MUST_CHECK enum err node_figures_sheet(struct node_store *s, const char *unit, const char *report,
                                       struct period_window window, struct buf *out,
                                       char why[static INDICATOR_WHY_ROOM]);

/* One indicator's total for this unit as text (sheet_text); "" over nothing. Errors as above. */
MUST_CHECK enum err node_figures_text(struct node_store *s, const char *unit,
                                      const struct catalogue_indicator *indicator,
                                      struct period_window window,
                                      char out[static SHEET_TEXT_ROOM]);

/*
 * What the records of this PC give in one place: the indicator's total (`value` is ""), or that of a value
 * of the list `by`. *there is false over nothing. Ratios are no counts: ask for none. Errors as above.
 */
MUST_CHECK enum err node_figures_count(struct node_store *s, const char *unit,
                                       const struct catalogue_indicator *indicator, const char *by,
                                       struct bytes value, struct period_window window, bool *there,
                                       int64_t *num);

#endif

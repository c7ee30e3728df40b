/*
 * An indicator at the hub, the ones that ask what units owe (`:owed`, common/io/owed.h) among them: what is
 * due in the window, begun or not, and whether it came in time as far as the hub's log proves it.
 *
 * Ownership: as hub_reports_run().   Threads: loop thread, outside a transaction.   Limits: HUB_FLOW_ROWS_MAX.
 */
#ifndef DONGBO_HUB_OWED_H
#define DONGBO_HUB_OWED_H

#include "common/io/owed.h"
#include "hub/flow.h"
#include "hub/store_reports.h"

enum { HUB_OWED_BYTES_MAX = HUB_FLOW_ROWS_MAX * OWED_ROW_BYTES_MAX };

/* As hub_reports_run(). ERR_TOO_LARGE also: more reports are due than HUB_FLOW_ROWS_MAX. */
MUST_CHECK enum err hub_owed_run(struct hub_store *s, const struct catalogue_indicator *indicator,
                                 struct period_window window, hub_fact_fn *row, void *ctx,
                                 char why[static HUB_REPORT_WHY_ROOM]);

#endif

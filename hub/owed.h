/*
 * An indicator at the hub, the ones that ask what units owe (`:owed`, common/io/owed.h) among them: what is
 * due in the window, begun or not, and whether it came in time as far as the hub's log proves it.
 *
 * Ownership: as hub_reports_run().   Threads: loop thread, outside a transaction.   Limits: OWED_ROWS_MAX.
 */
#ifndef DONGBO_HUB_OWED_H
#define DONGBO_HUB_OWED_H

#include "common/io/owed.h"
#include "hub/flow.h"
#include "hub/store_reports.h"

/*
 * What hub_reports_run() is to bind to `:owed`: nothing when the indicator does not ask. It lives as long as
 * `owed`, which the caller has begun. After hub_reports_ready().
 *
 * ERR_TOO_LARGE  more reports are due in the window than OWED_ROWS_MAX: the window is to blame, not the
 *                indicator; and whatever hub_flow_each() returns
 */
MUST_CHECK enum err hub_owed_list(struct hub_store *s, const struct catalogue_indicator *indicator,
                                  struct period_window window, struct owed *owed,
                                  struct bytes *out);

/* Both at once: the errors of both, `why` only of hub_reports_run(). */
MUST_CHECK enum err hub_owed_run(struct hub_store *s, const struct catalogue_indicator *indicator,
                                 struct period_window window, hub_fact_fn *row, void *ctx,
                                 char why[static HUB_REPORT_WHY_ROOM]);

#endif

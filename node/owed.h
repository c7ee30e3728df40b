/*
 * An indicator on this PC, the ones that ask what this unit owes (`:owed`, common/io/owed.h) among them: in
 * time or not by this PC's own clock; the hub says what is proved.
 *
 * Ownership: as node_flow_indicator().   Threads: loop thread.   Limits: OWED_ROWS_MAX, DUE_SLOTS_MAX a report.
 */
#ifndef DONGBO_NODE_OWED_H
#define DONGBO_NODE_OWED_H

#include "common/io/owed.h"
#include "node/flow.h"

/* As node_flow_indicator(), and the errors of node_flow_each(). ERR_TOO_LARGE also: OWED_ROWS_MAX. */
MUST_CHECK enum err node_owed_run(struct node_store *s, const struct catalogue_indicator *indicator,
                                  struct period_window window, indicator_fn *row, void *ctx,
                                  char why[static INDICATOR_WHY_ROOM]);

#endif

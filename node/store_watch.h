/*
 * The node's store: clocks, checks, budgets and scores of this PC's records. docs/cases.md.
 *
 * Ownership: json is a new reference.   Threads: loop thread.   Errors: ERR_NOT_READY without a
 * catalogue; those of common/io/store_watch and store_money.
 */
#ifndef DONGBO_NODE_STORE_WATCH_H
#define DONGBO_NODE_STORE_WATCH_H

#include "common/io/store_money.h"
#include "common/io/store_watch.h"
#include "node/store.h"

MUST_CHECK enum err node_watch_run(struct node_store *s, struct date on, bool checks, watch_fn *row,
                                   void *ctx);
MUST_CHECK enum err node_watch_budgets(struct node_store *s, int year, const char *unit,
                                       json_t **out);
MUST_CHECK enum err node_watch_sheets(struct node_store *s, int year, const char *unit,
                                      json_t **out);
MUST_CHECK enum err node_watch_sheet(struct node_store *s, const struct id_record *rid,
                                     json_t **out);

#endif

/*
 * The node's store: clocks, checks, budgets and scores of this PC's records. docs/cases.md.
 *
 * Ownership: json is a new reference.   Threads: loop thread.   Errors: ERR_NOT_READY without a
 * catalogue; those of common/io/store_watch and store_money.
 */
#ifndef DONGBO_NODE_STORE_WATCH_H
#define DONGBO_NODE_STORE_WATCH_H

#include "common/io/store_money.h"
#include "common/io/store_refs.h"
#include "node/store.h"

MUST_CHECK enum err node_watch_run(struct node_store *s, struct date on, bool checks, watch_fn *row,
                                   void *ctx);
/* References to records that were deleted, or that have not come (common/io/store_refs.h). What left this PC when a
 * case moved to another unit is no mistake as far as it is known. store_refs.c */
MUST_CHECK enum err node_watch_refs(struct node_store *s, struct date on, watch_fn *row, void *ctx);
/* How many living records here name this one. ERR_NOT_FOUND: it is not here. */
MUST_CHECK enum err node_watch_referring(struct node_store *s, const struct id_record *rid,
                                         uint64_t *records);
MUST_CHECK enum err node_watch_budgets(struct node_store *s, int year, const char *unit,
                                       json_t **out);
MUST_CHECK enum err node_watch_sheets(struct node_store *s, int year, const char *unit,
                                      json_t **out);
MUST_CHECK enum err node_watch_sheet(struct node_store *s, const struct id_record *rid,
                                     json_t **out);

#endif

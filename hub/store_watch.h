/*
 * The hub's store: clocks, checks, budgets and scores of all records. docs/cases.md.
 *
 * Ownership: json is a new reference.   Threads: loop thread.   Errors: ERR_NOT_READY without a
 * catalogue; those of common/io/store_watch and store_money.
 */
#ifndef DONGBO_HUB_STORE_WATCH_H
#define DONGBO_HUB_STORE_WATCH_H

#include "common/io/store_money.h"
#include "common/io/store_watch.h"
#include "hub/store.h"

MUST_CHECK enum err hub_watch_run(struct hub_store *s, struct date on, bool checks, watch_fn *row,
                                  void *ctx, char why[static WATCH_WHY_ROOM]);
MUST_CHECK enum err hub_watch_budgets(struct hub_store *s, int year, const char *unit,
                                      json_t **out);
MUST_CHECK enum err hub_watch_sheets(struct hub_store *s, int year, const char *unit, json_t **out);
MUST_CHECK enum err hub_watch_sheet(struct hub_store *s, const struct id_record *rid, json_t **out);

#endif

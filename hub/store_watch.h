/*
 * The hub's store: clocks, checks, budgets and scores of all records. docs/cases.md.
 *
 * Ownership: json is a new reference.   Threads: loop thread.   Errors: ERR_NOT_READY without a
 * catalogue; those of common/io/store_watch and store_money.
 */
#ifndef DONGBO_HUB_STORE_WATCH_H
#define DONGBO_HUB_STORE_WATCH_H

#include "common/io/store_money.h"
#include "common/io/store_refs.h"
#include "hub/store.h"

MUST_CHECK enum err hub_watch_run(struct hub_store *s, struct date on, bool checks, watch_fn *row,
                                  void *ctx);
MUST_CHECK enum err hub_watch_budgets(struct hub_store *s, int year, const char *unit,
                                      json_t **out);
MUST_CHECK enum err hub_watch_sheets(struct hub_store *s, int year, const char *unit, json_t **out);
MUST_CHECK enum err hub_watch_sheet(struct hub_store *s, const struct id_record *rid, json_t **out);

/* One check over a window of days (watch_check_one). */
MUST_CHECK enum err hub_watch_one(struct hub_store *s, const struct catalogue_check *check,
                                  struct date from, struct date on, watch_fn *row, void *ctx,
                                  char why[static WATCH_WHY_ROOM]);
/* References to records that were deleted, or that have not come (common/io/store_refs.h). */
MUST_CHECK enum err hub_watch_refs(struct hub_store *s, struct date on, watch_fn *row, void *ctx);
/* How many living records name this one. ERR_NOT_FOUND: it is not here. */
MUST_CHECK enum err hub_watch_referring(struct hub_store *s, const struct id_record *rid,
                                        uint64_t *records);

/* Records of class `least` and above that came too late for a closed period, of sets the hub received
 * since then. Each is given once per op; clock and check of the row are NULL. store_late.c */
MUST_CHECK enum err hub_watch_late(struct hub_store *s, int64_t since_ms, unsigned least,
                                   watch_fn *row, void *ctx);

#endif

/*
 * Small cells: a figure of one to four persons of a sensitive record type can point at somebody, so
 * it does not leave the hub. Pure: marks cells of a report, changes no number.
 *
 * In the lines of an indicator whose class is HUB_SMALL_CLASS or more:
 *   - a count of 1..HUB_SMALL_LEAST-1 is hidden and prints as "<5";
 *   - a ratio whose denominator, numerator or their difference is such a number is hidden and prints
 *     as "–*" (nothing over nothing stays a dash);
 *   - where a total is shown and exactly one of its parts is hidden, subtracting would reveal it: the
 *     least other part is hidden too and prints as "*"; without another part the total is. Parts of
 *     all together are the units; parts of a row of totals are the values of its breakdown.
 * Zero is no person and is shown, unless it is the only part that can stand in for the second.
 *
 * Ownership: the report is the caller's.   Threads: any.   Limits: those of the report.
 */
#ifndef DONGBO_HUB_SMALL_H
#define DONGBO_HUB_SMALL_H

#include "hub/report.h"

enum {
    HUB_SMALL_CLASS = 4, /* sensitivity class from which on cells are hidden */
    HUB_SMALL_LEAST = 5, /* persons: the least count that is shown */
};

/* The class of an indicator's figures, 0..4. */
typedef unsigned hub_small_class_fn(void *ctx, const struct catalogue_indicator *indicator);

/* Mark what is to be hidden. Marks that stand already stay; marking twice changes nothing. */
void hub_small_apply(struct hub_report *r, hub_small_class_fn *class_of, void *ctx);

/* The class that the catalogue states: 0 for all, as indicators.csv has no such column yet. */
unsigned hub_small_class(void *ctx, const struct catalogue_indicator *indicator);

/* What a hidden cell prints as: "<5", "*" or "–*". NULL for a cell that is shown. */
const char *hub_small_text(const struct hub_report_cell *cell);

#endif

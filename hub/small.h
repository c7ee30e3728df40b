/*
 * Small cells: a figure of one to four persons of a sensitive record type can point at somebody, so
 * it does not leave the hub. Pure: marks cells of a report, changes no number.
 *
 * In the lines of an indicator whose class is HUB_SMALL_CLASS or more:
 *   - a count of 1..HUB_SMALL_LEAST-1 is hidden and prints as "<5";
 *   - a ratio whose denominator, numerator or their difference is such a number is hidden and prints
 *     as "–*" (nothing over nothing stays a dash);
 *   - as long as a hidden number follows from what is shown - by subtracting from totals of units and
 *     of breakdowns, in any number of steps, and from what the marks themselves say ("<5" is 1 to 4,
 *     "*" is 5 or more) - the least other part is hidden too and prints as "*";
 *   - where all is hidden and parts of 1 to 4 still follow from a total of 1 to 4, totals print as "*";
 *   - where the totals of two lines are the same numbers (the same indicator twice, a count and the
 *     denominator of a rate), what one hides the other hides;
 *   - a target's verdict on a hidden figure is hidden.
 * Zero is no person and is shown.
 *
 * Totals are taken to be the sums of their parts. Where they are not (a person known to two units, a
 * value of several choices) less can be worked out, not more.
 *
 * A period that was issued before: where either issue hides a cell of a line and the papers differ in
 * that line, whatever the earlier one hid and whatever differs from it is hidden, and every mark of the
 * line is "*" or "–*", which then says no more than hidden (it may be 0, 1 or 100): a total that grew by
 * one beside a "<5" that is 5 now would say that it was 4. What issues of different periods give away
 * together (a quarter and its months) is not looked at: docs/exports.md.
 *
 * Ownership: the report is the caller's.   Threads: any.   Limits: those of the report.
 */
#ifndef DONGBO_HUB_SMALL_H
#define DONGBO_HUB_SMALL_H

#include "hub/report.h"

#include <jansson.h>

enum {
    HUB_SMALL_CLASS = 4, /* sensitivity class from which on cells are hidden */
    HUB_SMALL_LEAST = 5, /* persons: the least count that is shown */
};

/* The class of an indicator's figures, 0..4. */
typedef unsigned hub_small_class_fn(void *ctx, const struct catalogue_indicator *indicator);

/* Mark what is to be hidden. Marks that stand already stay; marking twice changes nothing.
 * ERR_NOMEM. */
MUST_CHECK enum err hub_small_apply(struct hub_report *r, hub_small_class_fn *class_of, void *ctx);

/* The same for a report of which `before`, the canonical figures of the newest issue of its form, unit and
 * period, has been printed; NULL: none was. Its cells are found by indicator and breakdown if r->beside says its
 * number, by the number of the line if that is 0, as before issues said it. ERR_NOMEM. */
MUST_CHECK enum err hub_small_apply_again(struct hub_report *r, const json_t *before,
                                          hub_small_class_fn *class_of, void *ctx);

/* The class that the catalogue states. */
unsigned hub_small_class(void *ctx, const struct catalogue_indicator *indicator);

/* What a hidden cell prints as: "<5", "*" or "–*". NULL for a cell that is shown. */
const char *hub_small_text(const struct hub_report_cell *cell);

#endif

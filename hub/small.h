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
 * Figures that an earlier paper shows too (an issue of the same period, another form over the same days:
 * hub/small_papers): where either paper hides a cell of a line and they differ in that line, whatever the
 * earlier one hid and whatever differs from it is hidden, and every mark of the line is "*" or "–*", which then
 * says no more than hidden (it may be 0, 1 or 100): a total that grew by one beside a "<5" that is 5 now would
 * say that it was 4. A number that the earlier paper shows is known, and hides nothing here. What issues of
 * different days give away together (a quarter and its months) is not looked at: docs/exports.md.
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

/* How a paper's cells are found (SPEC 16.7): by the line's number (of before issues said what they stand
 * beside), by indicator and breakdown, or likewise, and what the paper shows is known. */
enum hub_small_rule { HUB_SMALL_BY_LINE, HUB_SMALL_BY_CELL, HUB_SMALL_BY_FIGURE };

/* An issue that has been printed. */
struct hub_small_paper {
    json_t *figures; /* canonical, or of them the lines that the report has too */
    bool own; /* of the report's form, unit and period: what it has no figure for counted nothing */
    enum hub_small_rule rule;
};

/* The same for a report that repeats figures of papers, in the order of their issue. ERR_NOMEM. */
MUST_CHECK enum err hub_small_apply_again(struct hub_report *r,
                                          const struct hub_small_paper *papers, size_t count,
                                          hub_small_class_fn *class_of, void *ctx);

/* The class that the catalogue states. */
unsigned hub_small_class(void *ctx, const struct catalogue_indicator *indicator);

/* What a hidden cell prints as: "<5", "*" or "–*". NULL for a cell that is shown. */
const char *hub_small_text(const struct hub_report_cell *cell);

#endif

/*
 * A report's figures as data values: one element, one unit, one whole number. What the writers of
 * DHIS2 and ADX share.
 *
 * Codes are the catalogue's, as they are:
 *   T01              a count or sum in total
 *   T03_NUM T03_DEN  the two parts of a ratio; a receiver divides, and adds before dividing
 *   T02_SEX          a count by a breakdown; the option beside it is the choice's value, "_" when
 *                    the facts state none
 * An element is given once even where two lines of the form print it.
 *
 * Left out, because no value is not zero: units that sent nothing, hidden cells (hub/small), and
 * values of a breakdown that the catalogue does not know (no receiver has a code for them). A ratio
 * over nothing is given as its 0 over 0.
 *
 * Ownership: what the callback is given is borrowed for the call.   Threads: any.
 */
#ifndef DONGBO_HUB_VALUES_H
#define DONGBO_HUB_VALUES_H

#include "hub/report.h"

enum { HUB_VALUES_CODE_ROOM = 2 * CATALOGUE_NAME_BYTES_MAX + 8 }; /* bytes of an element's code */

struct hub_value {
    const char *element; /* "T02_SEX" */
    const char *by;      /* "" or the breakdown's code in capitals: "SEX" */
    const char *option;  /* "" in a total */
    int64_t number;
};
typedef void hub_value_fn(void *ctx, const struct hub_value *v);

/* All values of one column of the report, in the order of its lines. */
void hub_values_of(const struct hub_report *r, size_t column, hub_value_fn *fn, void *ctx);

/* How many there are, in all columns together. */
size_t hub_values_count(const struct hub_report *r);

#endif

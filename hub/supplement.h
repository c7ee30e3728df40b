/*
 * What a supplement says on paper: each figure that differs from the issue before it, with the cause.
 *
 * Figures are compared as they were and are printed, small ones hidden on both sides, so that the
 * table tells nothing that the two papers do not. A rate that prints as it did and is of other numbers
 * differs too: it stands with both ("0,0% (0/12)", "0,0% (0/13)"). Of a line's cells that are hidden on
 * either side one row says that some differ: not which, what they were, or how many records did it.
 * Causes come from the comparison of docs/explain.md (the answer of `diff`).
 *
 * Ownership: hub_supplement_free() releases; names are borrowed from the report.   Threads: loop thread.
 * Limits:    HUB_SUPPLEMENT_ROWS_MAX rows, the rest counted.
 */
#ifndef DONGBO_HUB_SUPPLEMENT_H
#define DONGBO_HUB_SUPPLEMENT_H

#include "hub/report.h"
#include "hub/report_print.h"

#include <jansson.h>

enum {
    HUB_SUPPLEMENT_ROWS_MAX = 1000,  /* rows of the table */
    HUB_SUPPLEMENT_CAUSE_ROOM = 480, /* bytes of a cause with its terminator */
    HUB_SUPPLEMENT_NAME_ROOM = 400,  /* bytes of a figure's name with its terminator */
    HUB_SUPPLEMENT_FIGURE_ROOM = HUB_REPORT_FIGURE_ROOM + HUB_REPORT_PARTS_ROOM,
};

struct hub_supplement_row {
    unsigned line;
    char name[HUB_SUPPLEMENT_NAME_ROOM]; /* of the line, and of the value of its breakdown */
    const char *unit;                    /* name; "" = all together */
    char before[HUB_SUPPLEMENT_FIGURE_ROOM];
    char after[HUB_SUPPLEMENT_FIGURE_ROOM];
    char cause[HUB_SUPPLEMENT_CAUSE_ROOM];
};

struct hub_supplement {
    uint32_t of; /* number of the issue that it adds to */
    struct hub_supplement_row *rows;
    size_t count;
    size_t more; /* differing figures beyond the rows */
};

/*
 *   in   r: the report as it will be printed;  before: canonical figures of issue `of`;
 *        diff: "cells" as hub_command_diff() answers
 * ERR_NOMEM
 */
MUST_CHECK enum err hub_supplement_make(const struct hub_report *r, uint32_t of,
                                        const json_t *before, const json_t *diff,
                                        struct hub_supplement *out);
void hub_supplement_free(struct hub_supplement *s); /* a zeroed one is fine */

#endif

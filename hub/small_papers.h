/*
 * The issues that show figures of a report already: whoever holds two papers puts them side by side, so a
 * further paper hides beside all of them (hub/small, SPEC 16.7).
 *
 * A figure is the same wherever indicator, value of the breakdown, unit and days are the same, whatever the
 * form: so the papers of a report are the newest issue of each report, unit and period that
 *   - is its own (same report, unit and period), or
 *   - has a line of class HUB_SMALL_CLASS of an indicator that the report has too, of one of its units, over
 *     the same days - of a stock, which is taken at the end of the window, to the same last day.
 *
 * Ownership: what is found is the caller's until hub_small_papers_free(); the report only remembers their names.
 * Threads: that of the store.   Limits: HUB_SMALL_PAPERS_MAX.
 */
#ifndef DONGBO_HUB_SMALL_PAPERS_H
#define DONGBO_HUB_SMALL_PAPERS_H

#include "hub/small.h"
#include "hub/store_issues.h"

enum { HUB_SMALL_PAPERS_MAX = 4096 }; /* issues that one report is hidden beside */

struct hub_small_papers {
    struct hub_small_paper *list; /* in the order in which they were issued */
    size_t count;
};

/* The papers there are now; `r` remembers which (its JSON says them as `beside`).
 * ERR_TOO_LARGE: more than HUB_SMALL_PAPERS_MAX; and the store's errors. */
MUST_CHECK enum err hub_small_papers_find(struct hub_store *s, struct hub_report *r,
                                          struct hub_small_papers *out);

/* Those that an issue says it was made beside; one that says none by its number or not at all is of before this
 * rule. One that is not there any more, or is none that came before, is left out: then the issue cannot be
 * made again where that mattered. The store's errors. */
MUST_CHECK enum err hub_small_papers_of(struct hub_store *s, const struct hub_issue *issue,
                                        struct hub_report *r, struct hub_small_papers *out);

void hub_small_papers_free(struct hub_small_papers *papers);

#endif

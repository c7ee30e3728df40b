/*
 * Is a target met by a figure? The same at hub and commune; exact, without floating point.
 *
 * Ownership: borrowed for the call.   Threads: any.   Limits: numbers of 12 digits and 6 decimals.
 */
#ifndef DONGBO_COMMON_TARGET_H
#define DONGBO_COMMON_TARGET_H

#include "common/catalogue.h"
#include "common/period.h"

enum { TARGET_PROGRESS_ROOM = 24 }; /* bytes of a share with its terminator */

struct target {             /* texts of the record type `target`; none is NULL */
    const char *op;         /* ge, gt, le, lt, eq, band, reduce_percent, reduce_points */
    const char *value;      /* "12", "-0.5" */
    const char *value_hi;   /* of a band */
    const char *base_value; /* what a reduction is compared with */
};

/* Has the catalogue the type `target` with every field that the programs ask for? */
bool target_typed(const struct catalogue *c);

enum target_met {
    TARGET_NO,
    TARGET_YES,
    TARGET_NULL,    /* a rate over nothing */
    TARGET_UNCLEAR, /* it cannot be compared */
};

/* num, or of a rate (`ratio`) 100 num/den, against the target. */
enum target_met target_meets(bool ratio, int64_t num, int64_t den, const struct target *target);

/*
 * Is a target judged in the report of `report`, whose data end on `last`? One of a period (`period`) is:
 * callers compare the two. One of the whole year ("") is in the year's report alone: halfway "not met"
 * would be said of what is not over. An edition of the catalogue without the parameter
 * target_year_alone judges it in every report, so that what was issued under it comes out as it was.
 */
bool target_judged(const struct catalogue *c, const char *period, struct period report,
                   struct date last);

/*
 * Is a target of all units together judged although some sent nothing? No: whatever the others gave, it is not known.
 * An edition without the parameter target_all_units judges by those that sent, as what was issued under it did.
 */
bool target_wants_all(const struct catalogue *c, struct date last);

/*
 * What a figure of the year's first six or nine months is of the year's target, in percent: "83.3",
 * halves up. "": of other periods, whose days do not begin with the year, and of what no share can be
 * told: a limit from above, a band, a reduction, a target that is not above 0, a rate over nothing.
 */
void target_progress(struct period report, bool ratio, int64_t num, int64_t den,
                     const struct target *target, char out[static TARGET_PROGRESS_ROOM]);

#endif

/*
 * Is a target met by a figure? The same at hub and commune; exact, without floating point.
 *
 * Ownership: borrowed for the call.   Threads: any.   Limits: numbers of 12 digits and 6 decimals.
 */
#ifndef DONGBO_COMMON_TARGET_H
#define DONGBO_COMMON_TARGET_H

#include "common/catalogue.h"

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

#endif

/*
 * The records of a figure, each with what it does there: met, not met, or what it adds. docs/explain.md.
 *
 * Ownership: the caller's.   Threads: those of the side (hub/side).
 */
#ifndef DONGBO_HUB_EXPLAINED_H
#define DONGBO_HUB_EXPLAINED_H

#include "hub/side.h"

#include <jansson.h>

struct hub_explained {
    size_t number; /* in the side's inputs */
    struct hub_figures_part part;
};

/*
 * The records of a cell into out[cell->count]: of a rate those that miss it first, else as they are listed.
 * *kept: what each does is known; else the parts are zeros.
 * ERR_DAMAGED  what an issue kept are no parts of these records
 */
MUST_CHECK enum err hub_explained_all(const struct hub_side *side, const struct hub_side_cell *cell,
                                      struct hub_explained *out, bool *kept);

/* What the denominator counts and no record names, as a report that nobody has begun; 0 too when it cannot be told. */
int64_t hub_explained_rest(const struct hub_side_cell *cell, const struct hub_explained *all);

/* Set `num`, `den`, `met`, `does_vi`, `does_en` of a record whose part is known. */
void hub_explained_json(enum catalogue_measure measure, const struct hub_figures_part *part,
                        json_t *out);

#endif

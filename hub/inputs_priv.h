/* What the files of the inputs share. Only hub/inputs*.c include it. */
#ifndef DONGBO_HUB_INPUTS_PRIV_H
#define DONGBO_HUB_INPUTS_PRIV_H

#include "hub/inputs.h"

/* The section of a unit out of what an issue kept; `all`: its list. ERR_DAMAGED: they do not fit. */
MUST_CHECK enum err hub_inputs_section(struct hub_store *s, int64_t issue,
                                       const struct hub_inputs *all, const char *unit,
                                       struct buf *out);
/* The leaf that stands before those of the units; none when there is no type. */
void hub_inputs_reads_leaf(const struct hub_basis *reads, struct buf *leaves);

#endif

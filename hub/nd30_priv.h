/* What the files of hub/nd30 share. Ownership, threads, units: hub/nd30.h. */
#ifndef DONGBO_HUB_ND30_PRIV_H
#define DONGBO_HUB_ND30_PRIV_H

#include "hub/nd30.h"

/* Where the next text begins, and the end of a paragraph that began there. */
size_t nd30_begin(struct hub_nd30 *d);
void nd30_para(struct hub_nd30 *d, enum hub_nd30_where where, enum hub_nd30_role role, size_t at);

/* Sentences about the figures, before and after the tables. */
MUST_CHECK enum err nd30_body(struct hub_nd30 *d);

/* Rows and tables. ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err nd30_tables(struct hub_nd30 *d);

#endif

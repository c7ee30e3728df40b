/* What the files of the consolidation share. Only hub/consolidate*.c include it. */
#ifndef DONGBO_HUB_CONSOLIDATE_PRIV_H
#define DONGBO_HUB_CONSOLIDATE_PRIV_H

#include "hub/canonical_read.h"
#include "hub/consolidate.h"

struct consolidate_source {
    const char *folder;
    json_t *figures; /* canonical JSON, verified */
    json_t *manifest;
    const char *unit;
};

/* consolidate_read.c: verify a folder and read the one issue of it that is asked for. */
MUST_CHECK enum err consolidate_read(const struct hub_consolidate_request *q, const char *folder,
                                     struct consolidate_source *out, struct hub_report_why *why);
MUST_CHECK enum err consolidate_refuse(struct hub_report_why *why, enum err e, const char *folder,
                                       const char *vi, const char *en);
/* consolidate_sum.c: the report; texts are borrowed from the sources. */
MUST_CHECK enum err consolidate_sum(struct hub_report *r, const struct consolidate_source *sources,
                                    size_t count);

#endif

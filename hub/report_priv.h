/* What the files of the report share. Only hub/report*.c include it. */
#ifndef DONGBO_HUB_REPORT_PRIV_H
#define DONGBO_HUB_REPORT_PRIV_H

#include "hub/report.h"

/* report.c: the parts of hub_report_compute(): what it is about, who sent; and its lines, once. */
MUST_CHECK enum err hub_report_begin(struct hub_store *s, const char *id, const char *unit,
                                     struct period period, struct hub_report **out,
                                     struct hub_report_why *why);
MUST_CHECK enum err hub_report_lines(struct hub_store *s, struct hub_report *r,
                                     const struct catalogue_line *lines, size_t count,
                                     struct hub_report_why *why);

/* report_rows.c: the rows and cells of a line whose figures are finished. */
MUST_CHECK enum err hub_report_rows(struct hub_report *r, struct hub_report_line *line);

/* report_correct.c: what communes agreed to have corrected. Before the targets are judged. */
MUST_CHECK enum err hub_report_correct(struct hub_store *s, struct hub_report *r);
void hub_report_corrections_free(struct hub_report *r);

/* report_target.c: read the year's targets and judge them. */
MUST_CHECK enum err hub_report_targets(struct hub_store *s, struct hub_report *r);

#endif

/* What the files of the report share. Only hub/report*.c include it. */
#ifndef DONGBO_HUB_REPORT_PRIV_H
#define DONGBO_HUB_REPORT_PRIV_H

#include "hub/report.h"

/* report_rows.c: the rows and cells of a line whose figures are finished. */
MUST_CHECK enum err hub_report_rows(struct hub_report *r, struct hub_report_line *line);

/* report_correct.c: what communes agreed to have corrected. Before the targets are judged. */
MUST_CHECK enum err hub_report_correct(struct hub_store *s, struct hub_report *r);
void hub_report_corrections_free(struct hub_report *r);

/* report_target.c: read the year's targets and judge them. */
MUST_CHECK enum err hub_report_targets(struct hub_store *s, struct hub_report *r);

#endif

/* What the files of the workflow's commands share. Included by hub/command*.c only. */
#ifndef DONGBO_HUB_COMMAND_FLOW_H
#define DONGBO_HUB_COMMAND_FLOW_H

#include "hub/command_priv.h"
#include "hub/flow.h"

/* The answer that says how report, period, unit and days are written. */
json_t *hub_flow_usage(void);
/* Report, unit, period, from, to, on. NULL: `q` and `on` are filled; else the answer. */
json_t *hub_flow_query(struct hub_app *a, const json_t *request, struct hub_flow_query *q,
                       struct date *on);
/* The row that report, period and unit name. NULL: *out is to be freed; else the answer. */
json_t *hub_flow_named(struct hub_app *a, const json_t *request, struct hub_flow_row *out);
/* A text of the request in NFC, appended; nothing when it is missing. */
MUST_CHECK enum err hub_flow_words(const json_t *request, const char *key, struct buf *out);
/* command_named.c: the texts of a report into `words` (NULL: nowhere), and `names`, {count, records, fields}: persons
 * of sensitive records whom they name. */
MUST_CHECK enum err hub_named_report(struct hub_app *a, const struct hub_flow_row *r, json_t *words,
                                     json_t **names);
/* NULL: the request names who does it. */
json_t *hub_flow_person_needed(const json_t *request);

/* The corrections of the unit, report and period that the request names, appended to `rows`; `open`: those without an
 * answer; `now`: with what the records give now, where that is not what was corrected (an indicator each). */
MUST_CHECK enum err hub_corrections_list(struct hub_app *a, const json_t *request, bool open,
                                         bool now, json_t *rows);

#endif

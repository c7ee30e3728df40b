/*
 * Codes as people read them, in the answer to a person who asks what is held of them, and in the access log.
 *
 * Ownership: what is returned is the caller's.   Threads: loop thread.
 */
#ifndef DONGBO_HUB_SUBJECT_TOLD_H
#define DONGBO_HUB_SUBJECT_TOLD_H

#include "hub/app.h"
#include "hub/store_issues.h"

#include <jansson.h>

/* told_value() of a canonical text. Of a reference the record is read for its name: told_title() says which may be
 * told. `own`: it leads to a record of the person whom the answer is about. */
json_t *hub_told_value(struct hub_app *a, const struct catalogue_field *f, const char *text,
                       unsigned max_class, bool own);

/* What a row of the access log was, by its verb; the verb itself when it has no words. */
struct hub_told_words {
    const char *vi, *en;
};
struct hub_told_words hub_told_read(const char *verb);

/* Add to `out` what the codes of an issue's figure mean: report_label, period_label, unit_name (of the last day of
 * the report's window), line_label, value_label ("" of a total). */
void hub_told_cell(struct hub_app *a, const struct hub_issue *issue,
                   const struct hub_issue_cell *cell, json_t *out);

#endif

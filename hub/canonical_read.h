/*
 * Reading canonical figures (hub/canonical) back: finding a cell in the JSON of an issue.
 *
 * Ownership: everything returned is borrowed from the JSON.   Threads: any.
 * The JSON is an issue's, verified by the caller; what is missing in it reads as NULL or "".
 */
#ifndef DONGBO_HUB_CANONICAL_READ_H
#define DONGBO_HUB_CANONICAL_READ_H

#include "hub/report.h"

#include <jansson.h>

const char *hub_canonical_str(const json_t *object, const char *key); /* "" when missing */

/* A line by its indicator and breakdown (NULL: any, as totals are the same in all), whatever number another edition
 * of the form gave it; of several the one of this number. A row of it, a cell of that. NULL: there is none. */
const json_t *hub_canonical_find_line(const json_t *figures, unsigned no, const char *indicator,
                                      const char *by);
/* The line of the figures that has the cells of `line`, of the same breakdown; for its total (total true) one of
 * another breakdown will do, if there is no such. */
const json_t *hub_canonical_find_like(const json_t *figures, const struct hub_report_line *line,
                                      bool total);
const json_t *hub_canonical_find_row(const json_t *line, bool total, const char *value);
const json_t *hub_canonical_find_cell(const json_t *row, const char *unit);

/* A cell as it was printed: figure, dash, hidden, nothing sent. */
void hub_canonical_read_cell(const json_t *cell, bool ratio, struct hub_report_cell *out);

/* The inverse of hub_canonical_met(); HUB_MET_UNCLEAR for another word. */
enum hub_met hub_canonical_read_met(const char *word);

#endif

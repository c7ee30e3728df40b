/*
 * What the tools of hub and node print for people about cases, budgets and scores (docs/cases.md).
 *
 * Ownership: borrows.   Threads: the tool's.   Limits: CASES_PRINT_BYTES_MAX a table.
 */
#ifndef DONGBO_COMMON_IO_CASES_PRINT_H
#define DONGBO_COMMON_IO_CASES_PRINT_H

#include "common/io/cli.h"

#include <jansson.h>
#include <stdio.h>

void cases_print(const struct cli *c, const json_t *response); /* verb cases */
/* The rules that did not work, of an answer with "failed", one a line; how many. */
size_t cases_print_failed(const struct cli *c, const json_t *response, FILE *out);
/* Of the answer to a deletion: how many records still name what was deleted. Nothing where none does. */
void cases_print_referring(const struct cli *c, const json_t *response);
/* Of a record's answer: the fields whose references lead nowhere, one a line. */
void cases_print_lost(const struct cli *c, const json_t *record);
void cases_print_budget(const struct cli *c, const json_t *response); /* verb budget */
void cases_print_score(const struct cli *c, const json_t *response);  /* verb score: list or one */

/*
 * CODE=POINTS arguments behind the first `skip`, as {"CODE": {"score": "POINTS", "note": note}}.
 * `note` may be NULL. ERR_USAGE (told).
 */
MUST_CHECK enum err cases_points(struct cli *c, int skip, const char *note, json_t *out);

#endif

/*
 * Budgets and scores out of the typed tables, as JSON: the same at hub and node (docs/cases.md).
 *
 * Ownership: *out is a new reference.   Threads: the db's.   Units: đồng, integers; points as texts.
 * Limits:    MONEY_ROWS_MAX.
 */
#ifndef DONGBO_COMMON_IO_STORE_MONEY_H
#define DONGBO_COMMON_IO_STORE_MONEY_H

#include "common/catalogue_rules.h"
#include "common/id.h"
#include "common/io/db.h"

#include <jansson.h>

enum { MONEY_ROWS_MAX = 2000 }; /* estimates, allocations or sheets of one answer */

/*
 * Estimates and allocations of a year with their lines and settlements. `unit` NULL: of every unit.
 * ERR_NOT_READY: the catalogue has no budgets; ERR_TOO_LARGE: MONEY_ROWS_MAX; ERR_NOMEM; the db's.
 */
MUST_CHECK enum err money_budgets(struct db *db, const struct catalogue *c, int year,
                                  const char *unit, json_t **out);

/* Score sheets: of a year (0: all) and unit (NULL: all). Errors as above. */
MUST_CHECK enum err money_sheets(struct db *db, const struct catalogue *c, int year,
                                 const char *unit, json_t **out);

/*
 * One sheet with a line for each criterion of its scheme: what the commune and the district gave, the
 * difference, the totals as the lines add up, and `digest`, that of money_frozen().
 * ERR_NOT_FOUND: no such sheet.
 */
MUST_CHECK enum err money_sheet(struct db *db, const struct catalogue *c,
                                const struct id_record *rid, json_t **out);

/*
 * The text that a publication freezes, one fact a line: its BLAKE2b-256 is the digest. SPEC 21.
 *   in   sheet   of money_sheet()
 * ERR_TOO_LARGE: over CATALOGUE_TEXT_BYTES_MAX
 */
MUST_CHECK enum err money_frozen(const json_t *sheet, struct buf *out);

#endif

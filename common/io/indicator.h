/*
 * Running one indicator of the catalogue over the typed tables, with no right but to read them, no texts
 * of class 3 and more, and a limit of steps and time: the same at hub and node, so that a commune's own
 * figures are made by the very SQL that the district uses. docs/catalogue.md says what the SQL sees and
 * returns.
 *
 * Ownership: what `row` is given is borrowed for the call.   Threads: the db's.
 * Units:     days of Vietnam's time.   Limits: INDICATOR_STEPS_MAX, INDICATOR_MS_MAX; FACT_*.
 */
#ifndef DONGBO_COMMON_IO_INDICATOR_H
#define DONGBO_COMMON_IO_INDICATOR_H

#include "common/fact.h"
#include "common/io/store_typed.h"

#define INDICATOR_STEPS_MAX UINT64_C(2000000000) /* SQLite VM steps of one indicator */
#define INDICATOR_MS_MAX    600000u              /* ms by the clock, of one indicator */
#define INDICATOR_WHY_ROOM  256u                 /* bytes of a reason with its terminator */

/* What a breakdown says of a value that its list has not. */
#define INDICATOR_OTHER "?"

/* Forms take no amount beyond this; what comes in a record all the same is left out and counted. */
#define INDICATOR_AMOUNT_MAX CATALOGUE_AMOUNT_MAX

typedef enum err indicator_fn(void *ctx, const struct fact *fact);

/*
 * Parameters of the SQL: :t0 and :t1 (first and last day), :p_NAME for every parameter of the
 * catalogue valid at :t1, and :owed, the JSON array `owed` (common/io/owed.h; NULL bytes: NULL).
 *
 * ERR_BAD_INPUT, ERR_DENIED, ERR_TOO_LARGE  the SQL is wrong, wants what it may not, or takes too
 *                                           many steps or too long; `why` says so in English
 * and whatever `row` returns.
 */
MUST_CHECK enum err indicator_run(struct db *db, const struct typed *typed,
                                  const struct catalogue *c,
                                  const struct catalogue_indicator *indicator,
                                  struct period_window window, struct bytes owed, indicator_fn *row,
                                  void *ctx, char why[static INDICATOR_WHY_ROOM]);

/* Is this amount none? */
bool indicator_odd(const struct fact *fact);

/* A value of a breakdown as it may stand in a file: short, and in one line. */
struct bytes indicator_clean(struct bytes value, uint8_t room[static FACT_TEXT_BYTES_MAX]);

#endif

/*
 * What an indicator may ask of the reports that units owe: `:owed` in its SQL is a JSON array with one object
 * for each (docs/catalogue.md). Which reports are due, and what is proved of their time, is in no table: hub
 * and node say it, each of what it knows, and the text is bound to the parameter.
 *
 * Ownership: a struct owed owns the text.   Threads: any, pure.   Units: bytes, rows.
 * Limits:    OWED_ROWS_MAX, OWED_ROW_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_OWED_H
#define DONGBO_COMMON_IO_OWED_H

#include "common/buf.h"
#include "common/io/db.h"
#include "common/io/flow_row.h"

enum {
    OWED_ROWS_MAX = 20000,    /* reports due in one window */
    OWED_ROW_BYTES_MAX = 256, /* bytes of one object with its comma */
    OWED_BYTES_MAX = OWED_ROWS_MAX * OWED_ROW_BYTES_MAX + 2, /* bytes of the array */
};
_Static_assert((int)OWED_BYTES_MAX < (int)DB_VALUE_BYTES_MAX, "the array is one value of a query");

struct owed {
    struct buf json;
    size_t rows;
};

/* Does the SQL of this indicator ask? */
bool owed_wanted(const struct catalogue_indicator *indicator);

void owed_init(struct owed *o);
void owed_free(struct owed *o);

/*
 * One more. A row without a due day is left out: nobody can be late with it. `state` is that of the report
 * itself, were its period open. ERR_TOO_LARGE: there are OWED_ROWS_MAX already; no figure can be made of this
 * window. ERR_NOMEM. At a commune its own clock counts until the district confirms.
 */
MUST_CHECK enum err owed_row(struct owed *o, const struct flow_row *r, enum flow_state state);

/* The array, once, behind the last row: *out lives as long as `o`. ERR_NOMEM. */
MUST_CHECK enum err owed_end(struct owed *o, struct bytes *out);

#endif

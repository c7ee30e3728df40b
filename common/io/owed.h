/*
 * What an indicator may ask of the reports that units owe: `:owed` in its SQL stands for a JSON array with
 * one object for each (docs/catalogue.md). Which reports are due, and what is proved of their time, is in no
 * table: hub and node say it, each of what it knows, and the text goes into the SQL as a literal.
 *
 * Ownership: nothing kept.   Threads: any, pure.   Limits: OWED_ROW_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_OWED_H
#define DONGBO_COMMON_IO_OWED_H

#include "common/buf.h"
#include "common/io/flow_row.h"

enum { OWED_ROW_BYTES_MAX = 256 }; /* bytes of one object with its comma */

/* Does the SQL of this indicator ask? */
bool owed_wanted(const struct catalogue_indicator *indicator);

/*
 * The array, appended: begin, rows, end. A row without a due day is left out: nobody can be late with it.
 * `state` is that of the report itself, were its period open. Errors are the buffer's.
 */
void owed_begin(struct buf *out);
void owed_row(const struct flow_row *r, enum flow_state state, struct buf *out);
void owed_end(struct buf *out);

/* The SQL with the array in each place of `:owed`, appended. Errors are the buffer's. */
void owed_sql(const char *sql, const char *owed, struct buf *out);

#endif

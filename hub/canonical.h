/*
 * The canonical figures of a report: JSON and CSV that are the same bytes for the same cut on every
 * machine, whatever its time zone, locale or the order in which change sets arrived there. Own
 * writer: fixed order of keys, integers only (no floating point), texts in UTF-8, LF.
 *
 * Both hold report, period, window, unit, hub, cut (epoch, position, P), catalogue edition and hash
 * of its archive, every cell with its state, numerator, denominator and text, the targets with their
 * status, who sent nothing, and units outside. No time stands in them: the cut is the time. A report
 * of an open period gives the same bytes as its closing at the same cut, unless reports were missing
 * then: an issue names those units ("missing"), as its close set does, and else has no such key. A
 * consolidated report names those of its sources, at each of them and together.
 *
 * State of a cell: "figure"; "no_base": a ratio over nothing, value null, printed as a dash;
 * "nothing_sent": the hub holds no record of the unit, num and value null; "hidden": a small cell or
 * what would reveal one (hub/small), num and den null, value "<5", "*" or "–*".
 *
 * Ownership: appended to the caller's buffer, whose error is returned.   Threads: any.
 * Limits:    HUB_CANONICAL_BYTES_MAX is a cap that no report within HUB_REPORT_* of 12 communes
 *            comes near; ERR_TOO_LARGE from the buffer otherwise.
 */
#ifndef DONGBO_HUB_CANONICAL_H
#define DONGBO_HUB_CANONICAL_H

#include "common/buf.h"
#include "hub/report.h"

enum { HUB_CANONICAL_BYTES_MAX = 32 * 1024 * 1024 }; /* bytes of one file */

MUST_CHECK enum err hub_canonical_json(const struct hub_report *r, struct buf *out);

/* RFC 4180 with a byte order mark; rows of kind "figure", "part" (of a
 * breakdown), "target" (its status in column state), "correction",
 * "outside" and "missing". */
MUST_CHECK enum err hub_canonical_csv(const struct hub_report *r, struct buf *out);

/* The figures digest of SPEC 4.13: BLAKE2b-256 of the JSON. */
void hub_canonical_digest(struct bytes json, struct id_hash *out);

/* Append a JSON string with its quotes, for other writers. */
void hub_canonical_text(struct buf *out, const char *text);

/* `key` and the units whose reports were not in, as a JSON array; nothing at all where there are none. */
void hub_canonical_missing(const struct hub_report *r, const char *key, struct buf *out);

/* The words of the files, for other printers. */
const char *hub_canonical_state(const struct hub_report_cell *cell);
const char *hub_canonical_measure(enum catalogue_measure measure);
const char *hub_canonical_met(enum hub_met met);

/* Code of the unit of a column. */
const char *hub_canonical_unit(const struct hub_report *r, size_t column);

#endif

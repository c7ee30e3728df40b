/*
 * What differs between two canonical figures (hub/canonical) beside their cells: targets and units. docs/explain.md.
 *
 * Ownership: the answers are the caller's, NULL when memory ran out.   Threads: any.
 * The JSON is an issue's, verified by the caller; what is missing in it reads as nothing.
 */
#ifndef DONGBO_HUB_CANONICAL_DIFF_H
#define DONGBO_HUB_CANONICAL_DIFF_H

#include <jansson.h>

/* Members "targets" of two: [{"a": TARGET|null, "b": TARGET|null}] of those that are not the same in both; a target is
 * the same record about the same indicator and unit. */
json_t *hub_canonical_targets_differ(const json_t *a, const json_t *b);

/* Members "units" of two: codes of the units of `from` that `in` has not. */
json_t *hub_canonical_units_alone(const json_t *from, const json_t *in);

#endif

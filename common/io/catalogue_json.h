/*
 * A catalogue as the pages read it: types with their fields, choices, units and reports.
 *
 *   {edition, types: [{name, vi, en, scope, class, title, fields: [...]}], choices: {list: [...]},
 *    units: [{value, vi, level, parent, from, to}], reports: [{id, vi, en, level, periods: [...]}]}
 *
 * Ownership: a new reference.   Threads: any.
 */
#ifndef DONGBO_COMMON_IO_CATALOGUE_JSON_H
#define DONGBO_COMMON_IO_CATALOGUE_JSON_H

#include "common/catalogue.h"

#include <jansson.h>

/* NULL without memory. */
json_t *catalogue_json(const struct catalogue *c, uint32_t edition);

#endif

/*
 * Imports of lists that are of a day (a yearly survey): a value that stands here and is of a later day
 * than the list is not replaced by it. Of the day of its own list when an import of this PC wrote it,
 * else of the day on which it was saved.
 *
 * Ownership: node_asof_free() releases.   Threads: loop thread.   Units: civil days of Vietnam's time.
 */
#ifndef DONGBO_NODE_COMMAND_ASOF_H
#define DONGBO_NODE_COMMAND_ASOF_H

#include "node/command.h"

#include <jansson.h>

struct node_asof {
    bool has;
    struct date day;
    struct node_store_record record; /* of the row at hand */
};

/* The day as people type it. ERR_BAD_INPUT: it is none; ERR_NOMEM. */
MUST_CHECK enum err node_asof_open(struct node_asof *a, const char *text);
void node_asof_free(struct node_asof *a);

/*
 * Take the values out of a row (`values`, `count`) that would replace something later; `op` is what the
 * whole row would save. Each goes into `kept` as {line, column, vi, en}. Nothing is taken out of a record
 * that is not there.
 */
MUST_CHECK enum err node_asof_drop(struct node_command *c, struct node_asof *a,
                                   const struct entry_op *op, const struct catalogue_type *type,
                                   struct entry_value *values, size_t *count, json_t *kept,
                                   json_int_t line);

#endif

/*
 * What an import leaves as it is. Fields that somebody locked against lists (SPEC 4.15); and of a list that is
 * of a day (a yearly survey) what stands here and is of a later day: the day of its own list when an import
 * of this PC wrote it, else the day on which it was saved. Both are named with their line, never silent.
 *
 * Ownership: node_asof_free() releases.   Threads: loop thread.   Units: civil days of Vietnam's time.
 */
#ifndef DONGBO_NODE_COMMAND_ASOF_H
#define DONGBO_NODE_COMMAND_ASOF_H

#include "node/command.h"

#include <jansson.h>

struct node_asof {
    bool open;
    bool has; /* somebody said the day */
    struct date day;
    struct node_store_record record; /* of the row at hand */
};

/* The day as people type it; NULL or "": the list is of no day. ERR_BAD_INPUT: it is none; ERR_NOMEM. */
MUST_CHECK enum err node_asof_open(struct node_asof *a, const char *text);
void node_asof_free(struct node_asof *a);

/*
 * Take the values out of a row (`values`, `count`) that would replace what stays; `op` is what the whole
 * row would save, and c->entry.record the record with it. Each goes into `kept` as {line, column, vi, en, why:
 * "locked" or "later"}. Nothing is taken out of a record that is not there.
 */
MUST_CHECK enum err node_asof_drop(struct node_command *c, struct node_asof *a,
                                   const struct entry_op *op, const struct catalogue_type *type,
                                   struct entry_value *values, size_t *count, json_t *kept,
                                   json_int_t line);

#endif

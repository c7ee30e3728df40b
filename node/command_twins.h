/*
 * New rows of a list that somebody only tries, each with the records here that have all of its values: the list was
 * imported before, or somebody typed it. A question, never a refusal: two may be equal and both right.
 *
 * Ownership: zeroed at first; `here` is whoever's the request is.   Threads: loop thread.   Limits: NODE_TWINS_*.
 */
#ifndef DONGBO_NODE_COMMAND_TWINS_H
#define DONGBO_NODE_COMMAND_TWINS_H

#include "node/command.h"

#include <jansson.h>

enum {
    NODE_TWINS_ROWS_MAX = 1000, /* rows of one list that are looked for; each walks a table */
    NODE_TWINS_NAMED_MAX = 5,   /* records that are named for one row */
};

struct node_twins {
    size_t rows;  /* looked for */
    bool some;    /* there were more */
    json_t *here; /* of the request at hand: [{"line", "records": [{"id", "type", "title"}]}] */
};

/* Look for the record that c->entry made, of `row` of the request; it is not there any more then. Store's errors. */
MUST_CHECK enum err node_twins_row(struct node_command *c, struct node_twins *t,
                                   const struct catalogue_type *type, const json_t *row);

#endif

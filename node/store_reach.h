/*
 * Which units are to read a record besides its owner: those that it is shared with, and those that an
 * open offer gives it to, its own offer or one of a record that it goes along with (follows.csv).
 * SPEC 13.3, 22.8.
 *
 * Ownership: the caller's.   Threads: loop thread only.   Limits: NODE_REACH_MAX.
 * Errors:    those of node/store.h.
 */
#ifndef DONGBO_NODE_STORE_REACH_H
#define DONGBO_NODE_STORE_REACH_H

#include "node/store_records.h"

enum { NODE_REACH_MAX = 64 }; /* records above one; a case file has two or three */

struct node_reach {
    struct id_record v[NODE_REACH_MAX]; /* the record, then what an accept of takes it along */
    size_t count;
};

/*
 * The record and, again and again, what heads of its fields in follows.csv refer to, as far as that is
 * here. `f`: the record's fold; it may have an op on top. Uses the store's working record.
 */
MUST_CHECK enum err node_store_reach(struct node_store *s, const struct id_record *rid,
                                     const struct fold *f, struct node_reach *out);
bool node_reach_has(const struct node_reach *r, const struct id_record *rid);

/* Codes of the units, each with its terminating NUL, appended to `units`. */
MUST_CHECK enum err node_store_reach_units(struct node_store *s, const struct id_record *rid,
                                           const struct fold *f, struct buf *units);
bool node_reach_unit(const struct buf *units, const char *unit);

#endif

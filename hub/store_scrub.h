/*
 * The hub's store, part 13: the log looked at a few sets at a time. hub/scrub.h says when.
 *
 * Ownership: what a callback is given is borrowed.   Threads: loop thread.   Errors: hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_SCRUB_H
#define DONGBO_HUB_STORE_SCRUB_H

#include "hub/store.h"

/* A set that is not what it should be, and why, in English for the log. */
typedef enum err hub_scrub_fn(void *ctx, uint64_t position, const char *why);

/*
 * Look at up to `max` sets behind *position, which moves on: hash of every op and of the set, the hash of
 * its position, its place behind the set before it in its log. *done: the end was reached.
 */
MUST_CHECK enum err hub_store_scrub_log(struct hub_store *s, uint64_t *position, int max,
                                        hub_scrub_fn *found, void *ctx, bool *done);

#endif

/*
 * The hub's store, part 12: the access log: who read which records of class 3 and 4, when and why.
 * Architecture 12. It stays at the hub; it names records by id and says nothing of what they say.
 *
 * Each row carries the hash of itself and the row before it, so that rows cannot be changed or taken out
 * unseen. It does not grow without end: over HUB_READS_MAX rows or HUB_READS_IDS_MAX ids the oldest go,
 * and the hash of the last one that went, their number and its time stay.
 *
 * Ownership: what a callback is given is borrowed for the call.   Threads: loop thread.
 * Units:     UTC milliseconds.   Errors: those of hub/store.h: nothing changed.
 */
#ifndef DONGBO_HUB_STORE_READ_H
#define DONGBO_HUB_STORE_READ_H

#include "hub/store.h"

enum {
    HUB_READ_CLASS = 3,          /* from this sensitivity on reading is noted */
    HUB_READ_IDS_MAX = 1024,     /* records of one row; a longer list is several rows */
    HUB_READ_TEXT_MAX = 300,     /* bytes of a reason */
    HUB_READS_MAX = 200000,      /* rows kept */
    HUB_READS_IDS_MAX = 4000000, /* ids in them: 64 MB */
    HUB_READS_DROP = 1000,       /* rows that go at once */
    HUB_READS_ROWS_MAX = 500,    /* rows of one answer */
    HUB_READ_AGAIN_MS = 600000,  /* the same reading by the same person within this is one */
};

struct hub_read {
    int64_t at_ms;
    const char *user;  /* as logged in, or as the command was told; "": it was not */
    const char *what;  /* the verb */
    const char *why;   /* "" when no reason was given */
    unsigned highest;  /* class of the most sensitive of them, 3 or 4 */
    struct bytes rids; /* ids of 16 bytes */
};

/* Note it, in a transaction of its own unless one is open. */
MUST_CHECK enum err hub_read_add(struct hub_store *s, const struct hub_read *r);

/* Newest first, at most HUB_READS_ROWS_MAX, before row `before` (0: from the newest); only those of the
 * record `rid` and of `user`, unless NULL. */
typedef enum err hub_read_fn(void *ctx, int64_t row, const struct hub_read *r);
MUST_CHECK enum err hub_read_each(struct hub_store *s, int64_t before, const struct id_record *rid,
                                  const char *user, hub_read_fn *each, void *ctx);

struct hub_reads_end {
    uint64_t rows;
    uint64_t dropped;   /* rows that are gone */
    int64_t dropped_ms; /* time of the newest of them, 0: none */
    struct id_hash dropped_hash;
    struct id_hash hash; /* of the newest row */
    bool whole;          /* every row fits to the one before it */
    int64_t wrong;       /* first row that does not, when not whole */
};
/* Where the log begins and ends; hashes all of it. */
MUST_CHECK enum err hub_read_end(struct hub_store *s, struct hub_reads_end *out);

/* Drop the oldest rows until no more than these are left; for hub_read_add() and tests. */
MUST_CHECK enum err hub_read_shrink(struct hub_store *s, int64_t rows_max, int64_t ids_max);

#endif

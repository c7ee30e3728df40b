/*
 * The hub's store, part 10: erasure (SPEC 12.4-12.8). An order of kind "erase" takes payloads and
 * salts out of the log, records out of the state, and names what may never come back; what of it
 * arrives later is stored without its payload. The list of erasures is the sets of the hub's log with
 * an officer, an officer's end or such an order, in the order in which they were taken.
 *
 * Ownership: what a callback or array is given is borrowed until the next call of the same function.
 * Threads:   loop thread.   Units: UTC ms.   Errors: those of hub/store.h everywhere.
 */
#ifndef DONGBO_HUB_STORE_ERASE_H
#define DONGBO_HUB_STORE_ERASE_H

#include "hub/store.h"
#include "proto/erase.h"

/* How long the list is, and its sum (SPEC 12.6). */
MUST_CHECK enum err hub_store_erasure_end(struct hub_store *s, uint32_t *count,
                                          uint8_t sum[static 8]);

/*
 * Sets of the list for somebody who has `count` of them with this sum: those behind if that is how
 * this list begins, else all. Call again with *next until *n is 0; begin with *next = UINT64_MAX.
 */
MUST_CHECK enum err hub_store_erasures(struct hub_store *s, uint32_t count,
                                       const uint8_t sum[static 8], uint64_t *next,
                                       const struct message_set **sets, size_t *n);

/* May every op of these sets that came without its payload do so? ERR_BAD_FORMAT: no. */
MUST_CHECK enum err hub_store_erased_allowed(struct hub_store *s, const struct pack_sets *sets);

/* ---- for people ---- */

struct hub_record_op { /* one op on a record, in a log */
    struct id_inc inc;
    uint64_t seq;
    unsigned op;
    uint64_t position;
    int64_t received_ms;
    bool erased;
    const struct change_op *what; /* NULL when erased */
};
/* Every op on this record that the log has, in its order; reads the whole log. */
MUST_CHECK enum err hub_store_record_ops(struct hub_store *s, const struct id_record *rid,
                                         enum err (*row)(void *ctx, const struct hub_record_op *o),
                                         void *ctx);
/* Record and fields of one op of the log, for an order. ERR_NOT_FOUND: no such op, or erased;
 * ERR_BAD_INPUT: it is no op on a record, or a deletion, which says nothing about anybody, or it
 * chose elements of a list, whose graph cannot be kept without naming them: erase the record. */
MUST_CHECK enum err hub_store_erase_op(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                                       unsigned op, struct erase_op *out);
/* Does the hub know this record id: as a record, or in an op that waits? */
MUST_CHECK enum err hub_store_erase_record(struct hub_store *s, const struct id_record *rid,
                                           bool *known, bool *dead);

/* Decisions about pairs (person_link) that speak of this person: ids into out. ERR_TOO_LARGE. */
MUST_CHECK enum err hub_store_erase_links(struct hub_store *s, const struct id_record *rid,
                                          struct id_record *out, size_t max, size_t *count);

/* Attachments (records of that type) that name this record by its id: ids into out. ERR_TOO_LARGE. */
MUST_CHECK enum err hub_store_erase_attachments(struct hub_store *s, const struct id_record *rid,
                                                struct id_record *out, size_t max, size_t *count);

struct hub_erased { /* what orders took away, of positions up to one */
    uint64_t ops;
    uint64_t order;  /* number of the newest order that did, 0: none */
    uint64_t orders; /* how many */
};
/* Ops at positions <= `position` that an order behind it took away. An order's number is that of its
 * row, as `order list` tells. */
MUST_CHECK enum err hub_store_erased_upto(struct hub_store *s, uint64_t position,
                                          struct hub_erased *out);

struct hub_erased_op { /* one of them: whose it was, and which order took it */
    struct id_record rid;
    uint64_t order; /* its number; 0: there is no such order */
};
/* Each of these ops that the log itself has without its payload, with what is left of it. */
MUST_CHECK enum err hub_store_erased_ops(struct hub_store *s, uint64_t position,
                                         enum err (*row)(void *ctx, const struct hub_erased_op *o),
                                         void *ctx);

struct hub_contribution {
    bool lost; /* what the set said of the record is not there any more */
    uint64_t
        order; /* number of the order behind `cut` that erased it; 0: the log has no such set */
};
/* Is what the set at `position` said of a record still there, as it was at `cut`? */
MUST_CHECK enum err hub_store_contribution(struct hub_store *s, const struct id_record *rid,
                                           uint64_t position, const struct id_hash *hash,
                                           uint64_t cut, struct hub_contribution *out);

/* After the commit of an order: typed tables follow, the file is written anew without what was
 * deleted, the WAL is emptied. Tried again at the next open until it worked. Outside a transaction.
 */
MUST_CHECK enum err hub_store_wipe(struct hub_store *s);
/* Does a wipe wait to be done? */
bool hub_store_wipe_wanted(const struct hub_store *s);

#endif

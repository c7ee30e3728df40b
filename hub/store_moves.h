/*
 * The hub's store, scope moves as people see them: transfers, writes that crossed them, and who has had
 * a record. SPEC 13.
 *
 * Ownership: rows handed to callbacks are borrowed for the call; a callback that calls the store must
 * not list the same thing again.   Threads: loop thread only.   Units: UTC milliseconds.
 */
#ifndef DONGBO_HUB_STORE_MOVES_H
#define DONGBO_HUB_STORE_MOVES_H

#include "common/buf.h"
#include "hub/store.h"
#include "proto/move.h"

struct hub_transfer {
    struct id_record transfer;
    struct id_record record;
    unsigned type;
    const char *from;
    const char *to;
    enum move_state state;
    int64_t offered_ms;
    int64_t answered_ms; /* 0: not yet */
    unsigned days;       /* for an answer; 0: the catalogue does not say */
    struct bytes note;
    struct bytes answer;
};
/* All, newest change first; only those without an answer when `open`. */
MUST_CHECK enum err hub_store_transfers(struct hub_store *s, bool open,
                                        enum err (*row)(void *ctx, const struct hub_transfer *t),
                                        void *ctx);
MUST_CHECK enum err hub_store_transfer(struct hub_store *s, const struct id_record *id,
                                       enum err (*row)(void *ctx, const struct hub_transfer *t),
                                       void *ctx); /* ERR_NOT_FOUND */

struct hub_crossing { /* a write that reached the record after it had left its writer's unit */
    struct id_record record;
    struct id_version version;
    unsigned op;
    const char *unit;  /* of the writer */
    const char *owner; /* who has the record */
    enum move_crossed state;
    struct bytes payload; /* p == NULL: erased */
    bool step; /* held as a step that the unit may not take (SPEC 21), not for its scope */
};
MUST_CHECK enum err hub_store_crossings(struct hub_store *s, bool open,
                                        enum err (*row)(void *ctx, const struct hub_crossing *c),
                                        void *ctx);

struct hub_scope_row { /* a unit that has, or had, a record */
    const char *unit;
    uint64_t entered;        /* position; 0: since its creation */
    uint64_t left;           /* 0: has it */
    enum move_access access; /* MOVE_NOTHING: as its owner */
    const char *since;       /* day from which figures count it there, "" */
};
MUST_CHECK enum err hub_store_scopes(struct hub_store *s, const struct id_record *rid,
                                     enum err (*row)(void *ctx, const struct hub_scope_row *r),
                                     void *ctx);

/* Records that counted for another unit on that day (YYYY-MM-DD) than the one that has them now, in
 * order of id: each with the unit whose spell of it, of sys_owner, has the day in it (SPEC 13.3). Records
 * that are not named counted for who has them now. What a move says of a day changes the giver's days
 * from there on and nobody else's; a share changes none; of two moves on one day the last counts.
 * Errors: of the database, and what `row` returns. */
MUST_CHECK enum err hub_store_owners_on(struct hub_store *s, const char *day,
                                        enum err (*row)(void *ctx, const struct id_record *rid,
                                                        const char *unit),
                                        void *ctx);

/* Records of a unit by number, behind `after`: ids of at most `max` of them, own types only.
 * type 0: all. */
MUST_CHECK enum err hub_store_unit_records(struct hub_store *s, const char *unit, unsigned type,
                                           int64_t *after, struct id_record *out, size_t max,
                                           size_t *count);
MUST_CHECK enum err hub_store_unit_count(struct hub_store *s, const char *unit, uint64_t *count);

/* Add to `ids`, records of this unit, those of it that go along with them (follows.csv). Reads all
 * records of the unit once for each step of reference, however many ids there are. */
MUST_CHECK enum err hub_store_closure(struct hub_store *s, const char *unit, struct buf *ids);

/* Forget the copies for reading of records that left a unit before this moment, 24 months and more ago:
 * nodes whose cursor is older get a snapshot of their scope. Transfers and what crossed them stay: late
 * answers, erasures and replays ask for them. Inside a transaction; hub_store_contact() does so once a day. */
MUST_CHECK enum err hub_store_moves_prune(struct hub_store *s, int64_t before_ms);

/* What waits for an admin. `now_ms`: offers without an answer by then are overdue. */
struct hub_moves_waiting {
    uint64_t offers, overdue, crossed;
};
MUST_CHECK enum err hub_store_moves_waiting(struct hub_store *s, int64_t now_ms,
                                            struct hub_moves_waiting *out);

#endif

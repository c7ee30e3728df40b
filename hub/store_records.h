/*
 * The hub's store, part 3: records as the district's commands and reports read them, conflicts
 * with everything behind them, ops that wait, one person in two communes, and the change set
 * behind a version. SPEC 6.
 *
 * Ownership: what a callback is given is borrowed for the call; the callback must not call the
 * function that calls it again.   Threads: loop thread.   Errors: those of hub/store.h; a callback
 * that returns anything but ERR_OK ends the walk with that error.
 */
#ifndef DONGBO_HUB_STORE_RECORDS_H
#define DONGBO_HUB_STORE_RECORDS_H

#include "hub/store.h"
#include "proto/fold.h"

struct hub_record_row {
    struct id_record rid;
    unsigned type;
    const char *unit;  /* code of the owner */
    uint64_t position; /* of its last change */
    size_t conflicts;  /* registers in conflict */
    struct bytes state;
};
typedef enum err hub_record_fn(void *ctx, const struct hub_record_row *r);

/* One record: its state appended to `state`, for fold_load(), its type, its owner and where it changed
 * last. What is not wanted is NULL. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_store_record(struct hub_store *s, const struct id_record *rid,
                                     struct buf *state, unsigned *type,
                                     char unit[ADMIN_UNIT_BYTES_MAX + 1], uint64_t *position);

/* Living records of the hub's own whose identity number (`field` of `type`) has this canonical text: the first two are
 * enough to tell "none", "one" and "several". ERR_BAD_VALUE: the text is not canonical. */
MUST_CHECK enum err hub_store_own_number(struct hub_store *s, const struct catalogue_field *field,
                                         unsigned type, struct bytes text,
                                         struct id_record out[static 2], size_t *count);

/* All records of a type (0 = any) and unit (NULL = any), in the order in which they were created
 * here. Deleted ones too. */
MUST_CHECK enum err hub_store_records(struct hub_store *s, unsigned type, const char *unit,
                                      hub_record_fn *row, void *ctx);

/* Records of the registers of the law (SPEC 20): types 90 to 99, few and quickly found. */
enum { HUB_REGISTER_FIRST = 90, HUB_REGISTER_LAST = 99 };
MUST_CHECK enum err hub_store_register(struct hub_store *s, unsigned type, hub_record_fn *row,
                                       void *ctx);

/* Records with a register in conflict, same order. */
MUST_CHECK enum err hub_store_conflicts(struct hub_store *s, hub_record_fn *row, void *ctx);

/* Fold rules with the present catalogue's policies: what is in conflict here is in conflict
 * there. Live as long as the store. */
const struct fold_rules *hub_store_rules(const struct hub_store *s);

/* Check required, relevant and constraint of a prospective record. After hub_store_project().
 * ERR_BAD_VALUE: the field and its words;   ERR_NOT_READY: no catalogue */
MUST_CHECK enum err hub_store_try_record(struct hub_store *s, const struct catalogue_type *type,
                                         const struct fold *f, const struct catalogue_field **bad,
                                         struct catalogue_why *why);

/* The change set that a version names: who wrote it, when, and as what. The bytes go to the
 * callback so that its payloads can be read (a base's value, an author). ERR_NOT_FOUND: it never
 * came, or it is a set of a branch that is not here. */
struct hub_set {
    uint64_t position;
    int64_t received_ms;
    const struct change_view *view; /* view->hash is set */
    struct bytes verdicts;          /* one byte per op, flags included */
    const char *unit;               /* of the author; the hub's own for its sets */
};
typedef enum err hub_set_fn(void *ctx, const struct hub_set *set);
MUST_CHECK enum err hub_store_set(struct hub_store *s, const struct id_version *version,
                                  hub_set_fn *row, void *ctx);
/* Every set of the log from position `first` to `last`, in order. */
MUST_CHECK enum err hub_store_sets(struct hub_store *s, uint64_t first, uint64_t last,
                                   hub_set_fn *row, void *ctx);

/*
 * The common base of a register in conflict: the value that the heads' sets replaced, when they
 * name one and its set is here. ERR_NOT_FOUND: there is none (concurrent creation, or several).
 *   out   value: its msgpack appended; version: of the base
 */
MUST_CHECK enum err hub_store_base(struct hub_store *s, const struct id_record *rid,
                                   const struct fold *f, const struct fold_register *r,
                                   struct buf *value, struct id_version *version);

/* Ops that wait, oldest first. */
struct hub_held {
    uint64_t position;
    unsigned op;          /* index in its set */
    struct id_record rid; /* zeros when it could not be read, or is of none */
    unsigned reason;      /* FOLD_HELD_* */
    bool edition;         /* of the catalogue: it waits for its parts */
    const char *unit;     /* of its author */
};
MUST_CHECK enum err hub_store_held(struct hub_store *s,
                                   enum err (*row)(void *ctx, const struct hub_held *h), void *ctx);

/* Pairs of records that may be one person and about which nobody has decided (SPEC: person_link of
 * the hub's log): of two units, or of one unit and made by two of its PCs. */
enum hub_pair_kind {
    HUB_PAIR_IDENTITY = 1, /* the same national id */
    HUB_PAIR_PROBABLE = 2, /* name, birth and sex look like one person: common/person_match.h */
};
enum { HUB_PAIR_SURE = 1000 }; /* score of those with the same national id */

struct hub_pair {
    struct id_record a, b;
    const char *unit_a, *unit_b;
    unsigned kind;
    unsigned score;    /* per mille; 1000 for the same id */
    uint64_t position; /* at which it was found */
};
MUST_CHECK enum err hub_store_pairs(struct hub_store *s,
                                    enum err (*row)(void *ctx, const struct hub_pair *p),
                                    void *ctx);

/*
 * Does a decision about these two go together with those there are? That they are two persons does not while other
 * decisions make them one; that they are one does not while somebody found one of whom the first is and one of whom
 * the second is to be two. After hub_store_project(), with a catalogue that has person_link.
 */
MUST_CHECK enum err hub_store_link_fits(struct hub_store *s, const struct id_record *a,
                                        const struct id_record *b, bool same, bool *fits);

/* Counts for status. */
struct hub_counts {
    uint64_t sets, records, conflicts, held, pairs, nodes;
};
MUST_CHECK enum err hub_store_counts(struct hub_store *s, struct hub_counts *out);

#endif

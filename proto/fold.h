/*
 * Merging: the state of one record as a pure function of the writes that reached it. SPEC
 * section 6.
 *
 * A fold is loaded from the bytes of a state (or empty), ops are applied to it, and it is saved
 * again. The same code runs at the hub (the truth) and at a node (the hub's state with the node's
 * own pending sets on top).
 *
 * Ownership: a fold borrows the state bytes it was loaded from and the payload bytes applied to it
 * until it is saved or cleared. It owns its tables; fold_init once, fold_clear between records,
 * fold_free at the end. Threads:   one at a time.   Pure: no I/O, no time. Limits:    FOLD_* below.
 */
#ifndef DONGBO_PROTO_FOLD_H
#define DONGBO_PROTO_FOLD_H

#include "proto/change.h"

#define FOLD_REGISTERS_MAX   1024u
#define FOLD_HEADS_MAX       64u
#define FOLD_STATE_BYTES_MAX 61440u

enum fold_verdict { /* SPEC 6.6 */
                    FOLD_APPLIED = 0,
                    FOLD_REPLACED = 1,
                    FOLD_CONFLICT = 2,
                    FOLD_HELD_SCOPE = 3,
                    FOLD_HELD_UNKNOWN = 4,
                    FOLD_HELD_DELETED = 5,
                    FOLD_HELD_UNREADABLE = 6,
                    FOLD_HELD_FORK = 7,
                    FOLD_ERASED = 8,
                    FOLD_ASIDE = 9, /* held once, and a person decided that it does not apply */
                    FOLD_HELD_STEP = 10, /* a step that its author may not take (SPEC 21) */
};
#define FOLD_VERDICT_MASK 15u
#define FOLD_FLAG_LATE    64u
#define FOLD_FLAG_UNKNOWN 128u

/* The word of a verdict, flags aside, in answers of both programs: "applied", "held_scope". */
const char *fold_verdict_word(unsigned verdict);

/* How a register's value is shown; from the catalogue. */
enum fold_policy { FOLD_ASK, FOLD_LATEST, FOLD_MAX, FOLD_MIN };

struct fold_set { /* a change set that wrote a head */
    struct id_version version;
    uint64_t clock; /* clamped */
    struct id_person person;
    uint64_t position; /* UINT64_MAX: pending at a node */
};

struct fold_head {
    unsigned set;       /* index into sets */
    struct bytes value; /* canonical msgpack */
};

struct fold_register {
    unsigned field;
    struct bytes element;    /* p == NULL: none */
    struct fold_head *heads; /* in hub order (position, then version) */
    size_t count;
    size_t room; /* private to fold: heads there is memory for */
};

struct fold_early {
    unsigned field;
    struct bytes element;
    struct id_version version;
};

struct fold {
    unsigned type; /* 0: no state yet, the record is unknown */
    struct fold_set *sets;
    size_t set_count;
    struct fold_register *registers; /* sorted by (field, element) */
    size_t register_count;
    struct fold_early *early;
    size_t early_count;
    void *private_; /* the implementation's memory */
};

/*
 * Has this version reached this record already (then it is replaced for good, not early)? True for
 * a set in the log whose ops on the record were folded; false for one that has not come, or whose
 * op is held: it will be folded later, after the write that names it.
 */
typedef bool fold_arrived_fn(void *ctx, const struct id_version *version);

MUST_CHECK enum err fold_init(struct fold *f); /* ERR_NOMEM */
void fold_clear(struct fold *f);
void fold_free(struct fold *f);

/* Load a state. ERR_BAD_FORMAT when the bytes are none (a damaged database or a bad peer). */
MUST_CHECK enum err fold_load(struct fold *f, struct bytes state);

/*
 * Apply one op of a set.
 *
 *   in   op       out of change_op_decode
 *        set      version, clamped clock, person, position of the op's set
 *        rules    rules->policy says which fields ask; NULL, as well as rules NULL = all fields ask
 *   out  verdict  FOLD_REPLACED when every write was named by one that came before it;
 *                 FOLD_CONFLICT when a register it wrote a head of needs a person, or the record
 *                 is deleted and somebody has not seen all of it (6.4); else FOLD_APPLIED;
 *                 FOLD_HELD_UNKNOWN (edit or delete of a record without state),
 *                 FOLD_HELD_UNREADABLE (over a FOLD limit, type 0 or another than the record's, or
 *                 the same set wrote the register before with another value); a held op changes
 *                 nothing
 *
 * Again with an op whose writes are still heads: nothing changes. An op that was folded and replaced
 * must not be given again (the caller knows by the log that it has it).
 *
 * ERR_OK; ERR_NOMEM: the fold is cleared, load it again
 */
struct fold_rules {
    enum fold_policy (*policy)(void *ctx, unsigned type, unsigned field);
    fold_arrived_fn *arrived; /* NULL: everything named has arrived */
    void *ctx;
};
MUST_CHECK enum err fold_apply(struct fold *f, const struct change_op *op,
                               const struct fold_set *set, const struct fold_rules *rules,
                               enum fold_verdict *verdict);

/* Append the state (SPEC 6.5) of a record that has one (f->type > 0). Errors are the buffer's
 * (ERR_TOO_LARGE over FOLD_STATE_BYTES_MAX if so capped). */
void fold_save(const struct fold *f, struct buf *out);

/* Register of (field, element), NULL if it has no head. element.p == NULL for none. */
const struct fold_register *fold_find(const struct fold *f, unsigned field, struct bytes element);

/* Unequal heads of a register under a policy: is a person needed? */
bool fold_register_conflict(const struct fold_register *r, enum fold_policy policy);

/* The head that is shown under a policy; a register always has one. */
const struct fold_head *fold_shown(const struct fold *f, const struct fold_register *r,
                                   enum fold_policy policy);

/* Existence (SPEC 6.4). */
bool fold_deleted(const struct fold *f);
bool fold_delete_conflict(const struct fold *f);

/*
 * Erase what one set wrote into fields of this record (SPEC 12.5): heads of its version get the value
 * nil; those of registers with an element go.
 *   in   inc, seq   the set;   fields   sorted or not, `count` of them
 * Returns whether anything changed. Values then point into static memory or the state.
 */
bool fold_erase(struct fold *f, const struct id_inc *inc, uint64_t seq, const unsigned *fields,
                size_t count);

/* Number of registers in conflict, the existence included. */
size_t fold_conflicts(const struct fold *f, const struct fold_rules *rules);

/* Is this field part of what a delete saw (4.14)? All but the existence and why it was deleted. */
bool fold_digested(unsigned field);

/* Digest of 4.14 over the present heads of the fields that are part of it. */
void fold_digest(const struct fold *f, uint8_t out[static 16]);

/* What a record is now, of whatever register: a form that was opened on another one is stale. Not a
 * format: it never leaves the side that made it. */
void fold_version(const struct fold *f, uint8_t out[static 16]);

/* All head versions of a register, sorted, as the bases of a write that settles it: count * 20
 * bytes appended; none when r is NULL. */
void fold_bases(const struct fold *f, const struct fold_register *r, struct buf *out);

/* First 16 bytes of H(rid ‖ epoch ‖ position ‖ H(state)), to be summed (SPEC 7.10). */
void fold_scope_term(const struct id_record *rid, uint64_t epoch, uint64_t position,
                     struct bytes state, uint8_t out[static 16]);
/* The same of a state whose H is known. */
void fold_scope_term_of(const struct id_record *rid, uint64_t epoch, uint64_t position,
                        const uint8_t digest[static 32], uint8_t out[static 16]);
/* sum += term, sum -= term modulo 2^128, little-endian. */
void fold_scope_add(uint8_t sum[static 16], const uint8_t term[static 16]);
void fold_scope_sub(uint8_t sum[static 16], const uint8_t term[static 16]);

#endif

/*
 * From what a person typed to one checked op, the same on both sides: each value cleaned by the
 * catalogue, the whole record against required, relevant and constraint (through a callback: that
 * is SQL), and only fields that changed written, each naming what the form showed. SPEC 4.11, 6.1.
 *
 * The caller brings the record's fold; entry_make() folds the op on top of it.
 *
 * Ownership: struct entry owns its memory; init once, make many, free. The op's payload lives until
 * the next call. Forms borrow the caller's texts.
 * Threads:   one at a time.   Limits: those of a change set; ENTRY_FIELDS_MAX.
 */
#ifndef DONGBO_PROTO_ENTRY_H
#define DONGBO_PROTO_ENTRY_H

#include "common/catalogue.h"
#include "proto/fold.h"
#include "proto/record.h"
#include "proto/step.h"

#define ENTRY_FIELDS_MAX CATALOGUE_FIELDS_MAX /* values of one form */

/* ENTRY_REASON says why the record is deleted, in a set of its own before that of the delete: the delete
 * names what its author saw, and a set cannot name itself (SPEC 4.14). */
enum entry_action { ENTRY_SAVE, ENTRY_DELETE, ENTRY_RESTORE, ENTRY_REASON };

struct entry_value {
    const struct catalogue_field *field;
    struct bytes typed; /* any bytes; nothing but blanks clears the field */
    bool settle;        /* written even if it is what is shown: a person decides (SPEC 6.2) */
};

struct entry_form {
    enum entry_action action;
    const struct catalogue_type *type; /* NULL: whatever the record is */
    struct id_record rid;
    const struct entry_value *values;
    size_t count;
    struct bytes reason; /* ENTRY_REASON: a value of RECORD_REASON_LIST */
    /* ENTRY_SAVE: fields that lists may not, or may again, overwrite; with or without values */
    const struct record_lock *locks;
    size_t lock_count;
};

struct entry_op {
    struct id_record rid;
    enum change_kind kind;
    bool changed;         /* false: the record says this already, there is no op */
    struct bytes payload; /* canonical; borrowed until the next call */
};

struct entry_why {                       /* what to tell the person */
    const struct catalogue_field *field; /* NULL: the record as a whole */
    char vi[300];
    char en[300];
    bool confirm; /* it may be so: whoever says it again, confirmed, is believed */
    bool
        same; /* likewise, of a row of a list: it may be of another record than the one that its key found */
    char record[33]; /* hexadecimal id of that one; "": none was found */
};

/* Is this prospective record allowed? ERR_BAD_VALUE with the field and its words. */
typedef enum err entry_check_fn(void *ctx, const struct catalogue_type *type, const struct fold *f,
                                const struct catalogue_field **bad, struct catalogue_why *why);

/*
 * The writes of an op, allowed and about to be encoded, as this side lets them out: sealed (SPEC 22).
 * `f` has the op on top already. ERR_DENIED, ERR_TOO_LARGE ... with words.
 */
typedef enum err entry_seal_fn(void *ctx, const struct catalogue_type *type, const struct fold *f,
                               const struct id_record *rid, struct record_writes *w,
                               struct entry_why *why);

struct entry {
    struct record_writes writes;
    struct change_write *decoded;
    struct buf payload; /* what the fold has; open, where a side seals */
    struct buf sealed;  /* the op as it goes out */
    struct buf texts;   /* canonical texts of the form */
    struct buf clean;
    struct bytes *elements;
    size_t element_count;
};

MUST_CHECK enum err entry_init(struct entry *n); /* ERR_NOMEM */
void entry_free(struct entry *n);                /* a zeroed one is fine */

struct entry_rules { /* of the side that calls; borrowed */
    const struct catalogue *catalogue;
    const struct fold_rules *fold;
    entry_check_fn *check;
    entry_seal_fn *seal; /* NULL: nothing is sealed here */
    void *ctx;
    enum catalogue_side side; /* whose step it is (proto/step.h) */
    bool leader;              /* and by its leader */
};

/*
 * Make the op of a form on a record whose state is `f` (f->type 0: there is none yet; a create).
 * `why` is filled for BAD_INPUT, BAD_VALUE, NOT_FOUND and TOO_LARGE.
 *
 * ERR_OK         out; `f` has the op on top
 * ERR_BAD_VALUE  a value the catalogue does not allow; why->field says which
 * ERR_DENIED     a step that this side, or anybody, may not take (steps.csv); why->field says which
 * ERR_BAD_INPUT  a field twice, no field, another type than the record's, an edit of a deleted one
 * ERR_NOT_FOUND  a delete or restore of nothing
 * ERR_TOO_LARGE  over a limit of a change set or a record
 * After an error `f` may have part of it: load it again.
 */
MUST_CHECK enum err entry_make(struct entry *n, const struct entry_rules *rules, struct fold *f,
                               const struct entry_form *form, struct entry_op *out,
                               struct entry_why *why);

/*
 * May this record be deleted without another word? ERR_BAD_INPUT, with words that name the reasons to choose
 * from: the catalogue has a list of them, and the record is not one that is deleted already and says why (a reason
 * in a live record is of a deletion that did not come about). Of a decision of the hub (types
 * that stay there) nothing is asked: its deletion takes it back.
 */
MUST_CHECK enum err entry_reason_needed(const struct catalogue *c, const struct fold *f,
                                        struct entry_why *why);

/* Add a field of `t`, by its name, to what a form locks or unlocks. ERR_BAD_INPUT with words: there is no such
 * field, or it was named before. */
MUST_CHECK enum err entry_lock_add(const struct catalogue_type *t, const char *name, bool on,
                                   struct record_lock locks[CATALOGUE_FIELDS_MAX], size_t *count,
                                   struct entry_why *why);

/* A value of a list's row that is not taken; `locked`: its field, or one tied to it, is locked. */
typedef void entry_kept_fn(void *ctx, const struct catalogue_field *field, bool locked);

/*
 * Take out of a list's row (`values`, `count`) what it may not write: locked fields, those that `stays` says
 * (by their place in the type), and what is tied to one of these. `op` is what the whole row would save, `f` the
 * record without it; `decoded` holds CHANGE_WRITES_MAX writes, scratch. What would have changed the record is told.
 * With fewer values than before the op has to be made again; with none there is nothing to save.
 * ERR_BAD_FORMAT: `op` is none.
 */
MUST_CHECK enum err entry_keep(const struct fold *f, const struct catalogue_type *type,
                               const struct entry_op *op, bool stays[CATALOGUE_FIELDS_MAX],
                               struct change_write *decoded, struct entry_value *values,
                               size_t *count, entry_kept_fn *told, void *ctx);

/* The locked fields that a person's op writes all the same: a lock is against lists. `f` has the op on top. What
 * the op itself locks is not told. ERR_BAD_FORMAT: `op` is none. */
MUST_CHECK enum err entry_locked(const struct fold *f, const struct catalogue_type *type,
                                 const struct entry_op *op, struct change_write *decoded,
                                 entry_kept_fn *told, void *ctx);

/* The type of a record that is here. ERR_NOT_FOUND: it is not. */
typedef enum err entry_type_fn(void *ctx, const struct id_record *rid, unsigned *type);

/*
 * Do references that the form names (others of the record are in nobody's way) mean what their fields may mean: not
 * the record itself, and no record of another type? One that is not here may still come. `op`: what entry_make() gave.
 * ERR_BAD_VALUE  with field and words;   and what type_of() gives
 */
MUST_CHECK enum err entry_refs(struct entry *n, const struct catalogue *c,
                               const struct entry_form *form, const struct entry_op *op,
                               entry_type_fn *type_of, void *ctx, struct entry_why *why);

/* When the reference that stands in `field` was written, by its writer's clamped clock: UTC milliseconds, of several
 * heads the youngest; 0: there is none. */
int64_t entry_ref_saved(const struct fold *f, unsigned field);

struct doubt_days;
/*
 * Are days that the op writes impossible or probably mistyped (common/doubt.h)? Impossible (days.csv) unless `sure`
 * of today: then it is a question. `confirmed`: questions are answered already. `decoded`: scratch.
 * ERR_BAD_VALUE  with field and words; why->confirm when it is a question
 */
MUST_CHECK enum err entry_doubt(const struct catalogue *c, const struct catalogue_type *type,
                                const struct doubt_days *d, bool sure, bool confirmed,
                                const struct entry_op *op, struct change_write *decoded,
                                struct entry_why *why);

/* The same of one field's canonical text, as far as it goes by what its day means. */
MUST_CHECK enum err entry_doubt_text(const struct catalogue *c, const struct catalogue_type *type,
                                     const struct doubt_days *d, bool sure, bool confirmed,
                                     const struct catalogue_field *f, struct bytes text,
                                     struct entry_why *why);

/* The canonical text of a typed value; valid until the next call. ERR_BAD_VALUE with words. */
MUST_CHECK enum err entry_clean(struct entry *n, const struct catalogue *c,
                                const struct catalogue_field *field, struct bytes typed,
                                struct bytes *out, struct entry_why *why);

#endif

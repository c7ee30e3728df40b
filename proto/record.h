/*
 * Records as a person sees them: between the catalogue's fields, the canonical text of values, and
 * the writes and heads of the protocol. Shared by both sides. SPEC 4.11, 4.12, 6.3, 8.3.
 *
 * Ownership: values borrow the fold or payload they came from.   Threads: any, pure.
 */
#ifndef DONGBO_PROTO_RECORD_H
#define DONGBO_PROTO_RECORD_H

#include "common/catalogue.h"
#include "proto/fold.h"

/*
 * Fields of every type, of no catalogue (SPEC 4.15): they are never unknown, never ask a person, and
 * never make an op late.
 */
#define RECORD_REASON_FIELD 65534u /* why the record was deleted: a value of RECORD_REASON_LIST */
#define RECORD_LOCKS_FIELD  65533u /* elements: numbers of the fields that no list may overwrite */
#define RECORD_REASON_LIST  "delete_reason"
bool record_field_common(unsigned field); /* these, and the one of sealed keys (SPEC 22.3) */
/* Its name in answers of both programs: the catalogue's, "(existence)", "(reason)", "(lock)"; "?" */
const char *record_field_name(const struct catalogue_type *t, unsigned field); /* t may be NULL */

/* Context of fold_rules.policy: rules.ctx must be a struct record_rules_ctx. */
struct record_rules_ctx {
    const struct catalogue *catalogue;
    fold_arrived_fn *arrived;
    void *arrived_ctx;
};
/* fold_rules whose policies come from the catalogue (unknown fields ask). */
struct fold_rules record_rules(struct record_rules_ctx *ctx);

/* A value as text: canonical text of catalogue_clean() for the field's kind <-> one msgpack value
 * of SPEC 4.12. */
/* text -> value appended to `out`. ERR_BAD_VALUE when the text is not canonical for the kind. An
 * empty text is nil. */
MUST_CHECK enum err record_value_from_text(const struct catalogue_field *f, struct bytes text,
                                           struct buf *out);
/* value -> canonical text appended to `out`; nil gives nothing. Works without a field (f NULL) by
 * the value's own kind. */
MUST_CHECK enum err record_value_to_text(const struct catalogue_field *f, struct bytes value,
                                         struct buf *out);

/* One column of a record's row: what is shown for the field, for typed tables and lists. */
struct record_cell {
    const struct catalogue_field *field;
    bool set;           /* false: no head, or nil */
    bool conflict;      /* several unequal heads that a person must settle */
    struct bytes value; /* msgpack of the shown head; for choices p == NULL, see record_elements */
    const struct fold_register *reg; /* NULL for choices and when not set */
};
/* Fill cells[0..t->field_count). */
void record_cells(const struct fold *f, const struct catalogue_type *t, struct record_cell *cells);

/* Elements of a `choices` field that are in the set, sorted: returns the count, at most `max`
 * filled. */
size_t record_elements(const struct fold *f, unsigned field, struct bytes *elements, size_t max);

/* JSON array text of those elements, e.g. ["a","b"], appended. */
void record_elements_json(const struct fold *f, unsigned field, struct buf *out);

/*
 * The writes that turn a record's shown state into what a form says.
 *
 * An edit says, per changed field, the new canonical text (or the elements of a choices field) and
 * which heads it saw: by default all heads that the fold has now (the form was opened on this
 * state). Only fields that differ are written.
 */
struct record_edit {
    const struct catalogue_field *field;
    struct bytes text;            /* canonical; empty = clear */
    const struct bytes *elements; /* choices: the whole new set, sorted */
    size_t element_count;
    bool settle; /* write it even if it is what is shown: a person decides between several heads */
};

/* One field locked against lists, or no longer (SPEC 4.15). */
struct record_lock {
    const struct catalogue_field *field;
    bool on;
};
enum { RECORD_LOCK_ROOM = 8 }; /* bytes of a field's number in decimal, with its terminator */

/* May a list write into this field? Who locked and who unlocked at once: it is locked. */
bool record_locked(const struct fold *f, unsigned field);
bool record_locked_any(const struct fold *f);
/* The field of `t` that the element of a lock names; NULL: none of this catalogue. */
const struct catalogue_field *record_lock_field(const struct catalogue_type *t,
                                                struct bytes element);

struct record_writes {      /* memory for building one op */
    struct change_write *v; /* CHANGE_WRITES_MAX entries, allocated by record_writes_init */
    size_t count;
    struct buf memory;
    /* Set it after record_writes_init: with a field, all fields of its tie are written, so that two
     * people who each change another field of a tie are in conflict (SPEC 6.3). NULL: only those of
     * the tie that stand in `edits`. */
    const struct catalogue_type *type;
    /* Set them after record_writes_init too: locks of the same op, at most CATALOGUE_FIELDS_MAX, no field
     * twice. Borrowed until record_writes_make() returns. */
    const struct record_lock *locks;
    size_t lock_count;
    char lock_elements[CATALOGUE_FIELDS_MAX][RECORD_LOCK_ROOM];
};
MUST_CHECK enum err record_writes_init(struct record_writes *w); /* ERR_NOMEM */
void record_writes_free(struct record_writes *w);
/*
 * `w` is overwritten; elements in it borrow the edits and the fold.
 * ERR_OK: w->count may be 0 (nothing changed);  ERR_BAD_VALUE;  ERR_TOO_LARGE: over
 * CHANGE_WRITES_MAX;  ERR_NOMEM
 */
MUST_CHECK enum err record_writes_make(const struct fold *f, const struct record_edit *edits,
                                       size_t count, struct record_writes *w);

/* Why a record was deleted: the value of RECORD_REASON_LIST that was written last, length 0: nobody said. It
 * may be any text: of another edition, or of a program that checks less. */
struct bytes record_reason(const struct fold *f);
/* The choice of that value; NULL: the catalogue has no such reason. */
const struct catalogue_choice *record_reason_choice(const struct catalogue *c, struct bytes value);
/* The write that says so; none when the record says it already. */
MUST_CHECK enum err record_writes_reason(const struct fold *f, struct bytes reason,
                                         struct record_writes *w);

/* The writes of a delete (SPEC 4.14), or of bringing it back, which takes the reason out. */
MUST_CHECK enum err record_writes_delete(const struct fold *f, struct record_writes *w);
MUST_CHECK enum err record_writes_restore(const struct fold *f, struct record_writes *w);

#endif

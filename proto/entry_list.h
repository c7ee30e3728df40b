/*
 * Rows of a list that somebody imports, which find their records by a key: a number that was copied into the wrong
 * line must not make one person of two. Asked about, and told which row, before anything is saved:
 *
 * - the record that has the key says a name or a birth that is not alike (common/person_match.h);
 * - a row above, of the same key or record, said another value of the same field.
 *
 * Whoever says that it is right, confirmed, is believed. A row that names its record by id is not compared with it.
 *
 * Ownership: struct entry_list owns its memory, zeroed at first; forms are borrowed for the call.
 * Threads:   one at a time.
 * Limits:    ENTRY_LIST_MARKS_MAX; rows beyond it are compared with the records alone.
 */
#ifndef DONGBO_PROTO_ENTRY_LIST_H
#define DONGBO_PROTO_ENTRY_LIST_H

#include "proto/entry.h"

enum {
    ENTRY_LIST_MARKS_MAX =
        4 * 1024 * 1024, /* of one list: two a value, and one a key; 8 bytes each */
    ENTRY_LIST_ROW_MARKS = 2 * ENTRY_FIELDS_MAX + 1,
};

struct entry_list {
    uint64_t *slots; /* open addressing, 0 is free */
    size_t room, count;
    uint64_t row[ENTRY_LIST_ROW_MARKS]; /* of the row that was looked at last */
    size_t row_count;
    bool again;     /* it is of a key that a row above had */
    bool news;      /* it says what no row above said */
    bool confirmed; /* whoever imports was asked about the row: it is of its record */
};

void entry_list_free(struct entry_list *l); /* as before the first row */

/* The key of a row: the canonical text of its number, or the bytes of a record's id. Never 0, which is none. */
uint64_t entry_list_key(const struct catalogue_type *t, struct bytes key);

/*
 * Does a row say other values than rows above that have its key? `n`: scratch.
 * ERR_BAD_VALUE  with field and words, why->same; or a value that the catalogue does not allow
 * ERR_NOMEM
 */
MUST_CHECK enum err entry_list_row(struct entry_list *l, struct entry *n, const struct catalogue *c,
                                   const struct entry_form *form, uint64_t key,
                                   struct entry_why *why);

/* The row is taken: those below are compared with it. ERR_NOMEM. */
MUST_CHECK enum err entry_list_taken(struct entry_list *l);

/*
 * Is `f`, the record that the row's `key` found, of the person whom the row names? Of types without names: yes.
 * ERR_BAD_VALUE  with `key` and words, why->same; or a value that the catalogue does not allow
 * ERR_NOMEM
 */
MUST_CHECK enum err entry_list_person(const struct entry_list *l, struct entry *n,
                                      const struct catalogue *c, const struct fold *f,
                                      const struct entry_form *form,
                                      const struct catalogue_field *key, struct entry_why *why);

enum entry_list_did { ENTRY_LIST_UNCHANGED, ENTRY_LIST_CREATED, ENTRY_LIST_EDITED };
/* What the row did. In a trial (`dry`) rows above it saved nothing: what they said counts as if they had. */
enum entry_list_did entry_list_did(const struct entry_list *l, const struct entry_op *op, bool dry);

#endif

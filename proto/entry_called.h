/*
 * Records named in words: offices' lists say who a row is about by number or name, not by the id of a record.
 *
 * A field that refers to a record may hold, in a list,
 *   - the number of its identity, where its type has one: blanks and dots between digits say nothing;
 *   - its name, exactly, where its type has names (catalogue_named());
 *   - of a type with names and births, "name, birth".
 * Where exactly one record is so named, its id takes the place of the words.
 *
 * Ownership: struct entry_called has its own texts.   Threads: any.   Limits: ENTRY_CALLED_BYTES_MAX.
 */
#ifndef DONGBO_PROTO_ENTRY_CALLED_H
#define DONGBO_PROTO_ENTRY_CALLED_H

#include "proto/entry.h"

enum {
    ENTRY_CALLED_BYTES_MAX = 600,                   /* bytes of a name or a birth */
    ENTRY_CALLED_ID_ROOM = 2 * ID_RECORD_BYTES + 1, /* of an id in hexadecimal, and its end */
};

struct entry_called {
    const struct catalogue_type *type;        /* of the record that is named */
    const struct catalogue_field *field[2];   /* of it: number; or name; or name and birth */
    char text[2][ENTRY_CALLED_BYTES_MAX + 1]; /* their canonical texts */
    size_t count; /* 0: nothing is to be looked for, it is an id or empty */
};

/*
 * What a typed value of `f`, which refers to a record, is to be found by.
 * ERR_BAD_VALUE  with words and why->field: records of that type have neither number nor name, or what is typed is none
 */
MUST_CHECK enum err entry_called_read(struct entry *n, const struct catalogue *c,
                                      const struct catalogue_field *f, struct bytes typed,
                                      struct entry_called *out, struct entry_why *why);

/* What field `i` of called->type is to have; no text: it says nothing. */
struct bytes entry_called_text(const struct entry_called *called, size_t i);

/* So many records are named so. ERR_BAD_VALUE with words, unless it is one. */
MUST_CHECK enum err entry_called_one(const struct entry_called *called,
                                     const struct catalogue_field *f, size_t found,
                                     struct entry_why *why);

/* The records that are called so: at most two of them, and how many that are. */
typedef enum err entry_called_fn(void *ctx, const struct entry_called *called,
                                 struct id_record out[static 2], size_t *found);

/*
 * Put the id of what a row refers to in the place of its number or name. `ids`: one for each value, as long as the
 * values are. ERR_BAD_VALUE with words and why->field: none, or more than one, is called so; and errors of `find`.
 */
MUST_CHECK enum err entry_called_values(struct entry *n, const struct catalogue *c,
                                        struct entry_value *values, size_t count,
                                        char ids[][ENTRY_CALLED_ID_ROOM], entry_called_fn *find,
                                        void *ctx, struct entry_why *why);

#endif

/*
 * Does a text name a person? Before a report's words go further they are compared with the names and
 * numbers of everybody whom a record of class 3 or more speaks of, at the hub and at the commune alike.
 *
 * Names are compared folded (common/text), as whole words, and only when they have two words or
 * more; numbers (12 and 9 digits) with blanks, dots and dashes between the digits left out.
 *
 * Ownership: all is borrowed for the call.   Threads: the db's.   Errors: those of db_query_readonly().
 * Limits:    a text is at most CATALOGUE_TEXT_BYTES_MAX bytes; NAMED_MAX persons are told.
 */
#ifndef DONGBO_COMMON_IO_STORE_NAMED_H
#define DONGBO_COMMON_IO_STORE_NAMED_H

#include "common/io/store_typed.h"

enum { NAMED_MAX = 20 }; /* persons named by one answer */

struct named {
    struct id_record rid[NAMED_MAX];
    size_t count; /* all, also beyond NAMED_MAX */
};

/* Whom the text names, added to `out` (each once). Nobody without typed tables (`typed` or `c` NULL). */
MUST_CHECK enum err named_in(struct db *db, const struct typed *typed, const struct catalogue *c,
                             struct bytes text, struct named *out);

#endif

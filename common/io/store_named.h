/*
 * Do texts name a person? Before a report's words go further they are compared with the names and
 * numbers of everybody whom a record speaks of, at the hub and at the commune alike.
 *
 * Names and other names of two words or more are looked for in the forms of common/name_find; numbers (12 and 9
 * digits) with blanks, dots and dashes between the digits left out.
 * All texts are looked through in one pass over the persons.
 *
 * Ownership: all is borrowed for the call.   Threads: the db's.   Errors: those of db_query_readonly().
 * Limits:    a text is at most CATALOGUE_TEXT_BYTES_MAX bytes, NAMED_TEXTS_MAX at once; NAMED_MAX persons
 *            are told.
 */
#ifndef DONGBO_COMMON_IO_STORE_NAMED_H
#define DONGBO_COMMON_IO_STORE_NAMED_H

#include "common/io/store_typed.h"

enum {
    NAMED_MAX = 20,        /* persons named by one answer */
    NAMED_TEXTS_MAX = 200, /* texts of one call */
    /* Classes of records: persons whom no other record speaks of, those of sensitive ones, and those who can
     * be hurt if they are known. */
    NAMED_CLASS_PERSON = 2,
    NAMED_CLASS_SENSITIVE = 3,
    NAMED_CLASS_HURT = 4,
};

struct named { /* whom texts name, each once */
    struct id_record rid[NAMED_MAX];
    size_t count; /* all, also beyond NAMED_MAX */
};

struct named_text {
    struct bytes text;
    size_t count;     /* persons whom it names */
    unsigned highest; /* class of the records that speak of one of them; 0: it names nobody */
};

/* Whom the texts name, of the persons of whom a record of class `least` or more speaks: of each text, and of all
 * added to `all`. Nobody without typed tables (`typed` or `c` NULL). ERR_TOO_LARGE: more than NAMED_TEXTS_MAX. */
MUST_CHECK enum err named_in(struct db *db, const struct typed *typed, const struct catalogue *c,
                             unsigned least, struct named_text *texts, size_t count,
                             struct named *all);

#endif

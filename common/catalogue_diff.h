/*
 * What differs between two catalogues, as rows and cells: what somebody who edited the files in a
 * spreadsheet wants to look at before it is published. Separators, quotes, byte order marks, the order
 * of columns and the way a day is written make no difference; the order of rows does, since lists and forms
 * keep it. docs/catalogue.md.
 *
 * Ownership: what a change points at is valid for the call.   Threads: any.
 * Limits:    those of common/catalogue.h; a row that has a flaw of form is passed over (the check
 *            names it).
 */
#ifndef DONGBO_COMMON_CATALOGUE_DIFF_H
#define DONGBO_COMMON_CATALOGUE_DIFF_H

#include "common/catalogue.h"

enum catalogue_change_what {
    CATALOGUE_CHANGE_FILE_CAME,
    CATALOGUE_CHANGE_FILE_GONE,
    CATALOGUE_CHANGE_FILE, /* SQL or a note: another text */
    CATALOGUE_CHANGE_CAME, /* a row */
    CATALOGUE_CHANGE_GONE,
    CATALOGUE_CHANGE_CELL,
    CATALOGUE_CHANGE_ORDER, /* the same rows of a table, one above the other otherwise: `row` is the first */
};

struct catalogue_change {
    enum catalogue_change_what what;
    const char *file;
    unsigned row;    /* line in the newer file, of what is gone in the older; 0: the whole file */
    const char *key; /* what names the row: its key's cells with ", " between; "" for a file */
    const char *column; /* of a cell, else "" */
    const char *was;    /* of a cell, else "" */
    const char *is;
};

typedef void catalogue_change_fn(void *ctx, const struct catalogue_change *change);

/* Tell `told` of every change, by file in the order of `after`, then files that are gone. ERR_NOMEM. */
MUST_CHECK enum err catalogue_diff(const struct catalogue_file *before, size_t before_count,
                                   const struct catalogue_file *after, size_t after_count,
                                   catalogue_change_fn *told, void *ctx);

#endif

/*
 * Doubles of a list, before it enters: new rows with the name of a record that is here, or of a row above, and no date
 * of birth that speaks against it; rows that have all values of one above; and those of which the answer says that
 * records here have all of their values ("twins" of a trial). Nothing is left out for it: a person looks. docs/node.md.
 *
 * Rows that give an id or an identity number are edits, or are told apart by it.
 *
 * Ownership: import_alike_free() releases.   Threads: main thread.   Limits: IMPORT_ALIKE_*.
 */
#ifndef DONGBO_COMMON_IO_IMPORT_ALIKE_H
#define DONGBO_COMMON_IO_IMPORT_ALIKE_H

#include "common/buf.h"

#include <jansson.h>

enum {
    IMPORT_ALIKE_ROWS_MAX = 1000, /* new rows that are looked for among the records */
    IMPORT_ALIKE_RECORDS_MAX = 5, /* records that are named for one row */
    IMPORT_ALIKE_NAME_MIN = 4,    /* bytes of a folded name; of shorter ones nothing is said */
};

struct import_alike;

/* `catalogue`: what the verb of that name answers, kept. ERR_NOMEM. */
MUST_CHECK enum err import_alike_new(json_t *catalogue, const char *type,
                                     struct import_alike **out);
void import_alike_free(struct import_alike *a); /* NULL is fine */

/* A row as import_rows gives it, borrowed. ERR_NOMEM. */
MUST_CHECK enum err import_alike_row(struct import_alike *a, const json_t *row);

/* Carries out a request, which it takes over. */
typedef enum err import_alike_ask(void *ctx, json_t *request, json_t **response);

/*
 * Into `answer`, for its "twins" and "twins_all": "alike", of each row found {"line", "above": LINE} or
 * {"line", "records": [{"id", "title", "dob"?}]}, in the order of the file; and "alike_all": whether every new row
 * was looked for. `a` NULL: the twins alone.
 * ERR_NOMEM, and errors of `ask`.
 */
MUST_CHECK enum err import_alike_find(struct import_alike *a, import_alike_ask *ask, void *ctx,
                                      json_t *answer);

#endif

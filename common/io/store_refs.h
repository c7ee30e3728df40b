/*
 * References of records that lead nowhere (architecture 5): to a record that was deleted, or to one that has not
 * come. They refuse nothing and change no figure; people who look after the records are told, as they are of what
 * does not add up (common/io/store_watch.h). Decisions of the hub (types that stay there) are left out: who found two
 * records to be one person and deletes one of them made no mistake.
 *
 * Ownership: what a row is given is borrowed for the call.   Threads: the db's.
 * Units:     civil days of Vietnam's time.
 * Errors:    those of db.h, and whatever a callback returns, which ends the walk.
 */
#ifndef DONGBO_COMMON_IO_STORE_REFS_H
#define DONGBO_COMMON_IO_STORE_REFS_H

#include "common/io/store_watch.h"

enum { REFS_WAIT_DAYS = 30 }; /* so long a record may still come that others name already */

enum refs_lead {
    REFS_FINE,    /* to a record that is somewhere else, or that was erased by order: no mistake */
    REFS_DELETED, /* to one that was deleted */
    REFS_UNKNOWN, /* to one that has not come: told when the reference is old enough */
};

/* A field of a record that names a record without a row in the table of the field's type. */
struct refs_row {
    const struct catalogue_type *type;
    const struct catalogue_field *field;
    struct bytes unit; /* owner of the record */
    struct id_record record, target;
};
/* What the side that asks knows of the target. `saved_ms`: when the reference was written, of REFS_UNKNOWN. */
typedef enum err refs_judge_fn(void *ctx, const struct refs_row *row, enum refs_lead *lead,
                               int64_t *saved_ms);

/* Every such field on the day `on`, by type, field and id: rows of the checks REFS_CHECK_*, which no catalogue has. */
#define REFS_CHECK_DELETED "ref_deleted"
#define REFS_CHECK_UNKNOWN "ref_unknown"
MUST_CHECK enum err refs_watch(struct db *db, const struct catalogue *c, struct date on,
                               refs_judge_fn *judge, void *judge_ctx, watch_fn *row, void *ctx);

/* How many records of the typed tables name this one of `type`. */
MUST_CHECK enum err refs_count(struct db *db, const struct catalogue *c,
                               const struct catalogue_type *type, const struct id_record *rid,
                               uint64_t *records);

#endif

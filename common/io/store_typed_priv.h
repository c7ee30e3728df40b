/* What store_typed.c, store_typed_check.c and store_typed_twins.c share. Included by them only. */
#ifndef DONGBO_COMMON_IO_STORE_TYPED_PRIV_H
#define DONGBO_COMMON_IO_STORE_TYPED_PRIV_H

#include "common/io/store_typed.h"

struct typed_table {
    const struct catalogue_type *type;
    char *put_sql;
    char *remove_sql;
    char *check_sql; /* NULL: no field has relevant or constraint */
    struct db_stmt *put;
    struct db_stmt *remove;
};

struct typed {
    struct db *db;
    const struct catalogue *catalogue;
    struct typed_table *tables; /* one per type, in the catalogue's order */
    size_t count;
    struct catalogue_mistakes *why; /* while opening */
};

/* SQL type of a field's column. */
const char *typed_affinity(enum catalogue_kind kind);

/* The table of a type, NULL when the catalogue has none. */
struct typed_table *typed_find(const struct typed *t, const struct catalogue_type *type);

void typed_bind(struct db_stmt *q, int i, const struct typed_value *v);

/* A copy of the text in `sql` that the caller frees; NULL after an error of the buffer or without
 * memory. */
char *typed_copy(struct buf *sql);

/* The query behind typed_check(); NULL when no field has relevant or constraint. */
char *typed_check_text(const struct catalogue_type *type, struct buf *sql);

/* Compile every expression of the catalogue. ERR_BAD_INPUT: t->why says which do not. */
MUST_CHECK enum err typed_check_all(struct typed *t, struct buf *sql);

#endif

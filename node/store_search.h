/*
 * Finding records by what people type (common/search.h). Of every living record the store keeps its
 * title (the text people know it by) and the folded text of all its text fields; a record without a
 * text of its own is found by the title of what it refers to.
 *
 * Ownership: rows handed to callbacks are borrowed for the call.
 * Threads:   loop thread only.   Limits: NODE_SEARCH_*, SEARCH_*.
 */
#ifndef DONGBO_NODE_STORE_SEARCH_H
#define DONGBO_NODE_STORE_SEARCH_H

#include "common/io/store_typed.h"
#include "common/search.h"
#include "node/store_records.h"

#define NODE_SEARCH_TITLE_BYTES_MAX 300u /* of a title; longer ones are cut */
#define NODE_SEARCH_REFS_MAX        4u   /* reference fields of a type that are searched through */
#define NODE_SEARCH_FILTERS_MAX     8u   /* conditions of one question */
#define NODE_SEARCH_CELLS_MAX       64u  /* columns of node_store_cells() */
#define NODE_SEARCH_CELL_ROWS_MAX   60000u /* rows of node_store_cells() */

enum node_search_op {
    NODE_SEARCH_IS,     /* the value; of a set: has the element */
    NODE_SEARCH_FROM,   /* not below; of a partial date: may be later than its first day */
    NODE_SEARCH_TO,     /* not above; of a partial date: the whole year or month */
    NODE_SEARCH_EMPTY,  /* without a value */
    NODE_SEARCH_FILLED, /* with one */
};

struct node_search_filter {
    const struct catalogue_field *field;
    enum node_search_op op;
    struct bytes value; /* canonical text; of a ref: 16 bytes; unused by EMPTY and FILLED */
};

struct node_search {
    const struct catalogue_type *type; /* NULL: all types; then no filters and no sort */
    struct bytes query;                /* as typed; empty: all */
    struct node_search_filter filters[NODE_SEARCH_FILTERS_MAX];
    size_t filter_count;
    const struct catalogue_field *sort; /* NULL: by title */
    bool down;                          /* greatest first */
    bool only_conflicts;
    bool only_pending;
    size_t offset;
    size_t max; /* at most NODE_STORE_LIST_MAX */
};

/* Rows by the folded title, or by `sort` with empty values last; *total = how many match in all.
 * ERR_BAD_INPUT: the question is no text. An error of the callback ends the search. */
MUST_CHECK enum err node_store_search(struct node_store *s, const struct node_search *q,
                                      enum err (*row)(void *ctx, const struct node_store_row *r),
                                      void *ctx, size_t *total);

/*
 * The same rows as values of their typed table, for an export: one value per field of `fields`, of a
 * reference the title of what it names, or with `ids` its 16 bytes. q->type is set; offset and max do
 * not count, at most
 * NODE_SEARCH_CELL_ROWS_MAX rows come. Values are borrowed for the call.
 */
MUST_CHECK enum err node_store_cells(struct node_store *s, const struct node_search *q,
                                     const struct catalogue_field *const *fields, size_t count,
                                     bool ids,
                                     enum err (*row)(void *ctx, const struct node_store_row *r,
                                                     const struct typed_value *values),
                                     void *ctx);

/* The title of a record, cut; "" when it has none or is not here. */
MUST_CHECK enum err node_store_title(struct node_store *s, const struct id_record *rid,
                                     char out[static NODE_SEARCH_TITLE_BYTES_MAX + 1]);

#endif

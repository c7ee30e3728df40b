/*
 * Finding records by what people type: without tone marks, any part of a word, several words in any
 * order ("hong dang" finds "Đặng Thị Hồng"). Of every living record the store keeps its title (the
 * text people know it by) and the folded text of all its text fields; a record without a text of its
 * own is found by the title of what it refers to.
 *
 * Ownership: rows handed to callbacks are borrowed for the call.
 * Threads:   loop thread only.   Limits: NODE_SEARCH_*.
 */
#ifndef DONGBO_NODE_STORE_SEARCH_H
#define DONGBO_NODE_STORE_SEARCH_H

#include "node/store_records.h"

#define NODE_SEARCH_WORDS_MAX       6u    /* words of a question; more are left out */
#define NODE_SEARCH_QUERY_BYTES_MAX 200u  /* typed text of a question */
#define NODE_SEARCH_TITLE_BYTES_MAX 300u  /* of a title; longer ones are cut */
#define NODE_SEARCH_FOLD_BYTES_MAX  2000u /* folded text kept of one record; more is not found */
#define NODE_SEARCH_REFS_MAX        4u    /* reference fields of a type that are searched through */

struct node_search {
    const struct catalogue_type *type; /* NULL: all types */
    struct bytes query;                /* as typed; empty: all */
    bool only_conflicts;
    bool only_pending;
    size_t offset;
    size_t max; /* at most NODE_STORE_LIST_MAX */
};

/* Rows in the order of the folded titles; *total = how many match in all.
 * ERR_BAD_INPUT: the question is no text. An error of the callback ends the search. */
MUST_CHECK enum err node_store_search(struct node_store *s, const struct node_search *q,
                                      enum err (*row)(void *ctx, const struct node_store_row *r),
                                      void *ctx, size_t *total);

/* The title of a record, cut; "" when it has none or is not here. */
MUST_CHECK enum err node_store_title(struct node_store *s, const struct id_record *rid,
                                     char out[static NODE_SEARCH_TITLE_BYTES_MAX + 1]);

/* The field that gives a type its titles: its first required text, else its first text; NULL. */
const struct catalogue_field *node_store_title_field(const struct catalogue_type *t);

#endif

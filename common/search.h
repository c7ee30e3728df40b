/*
 * The narrow index of lists: of each record one short folded text, and the words that somebody types.
 * What folds alike is found alike, without tone marks, any part of a word, several words in any order
 * ("hong dang" finds "Đặng Thị Hồng"). Both sides keep such an index; what they put in is theirs.
 *
 * Ownership: words point into struct search_words, which the caller frees.   Threads: any.
 * Units: bytes of UTF-8.   Limits: SEARCH_*.
 */
#ifndef DONGBO_COMMON_SEARCH_H
#define DONGBO_COMMON_SEARCH_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

#define SEARCH_WORDS_MAX       6u    /* words of a question; more are left out */
#define SEARCH_QUERY_BYTES_MAX 200u  /* typed text of a question */
#define SEARCH_FOLD_BYTES_MAX  2000u /* folded text kept of one record; more is not found */

struct search_words {
    struct buf fold;
    struct bytes word[SEARCH_WORDS_MAX];
    size_t count; /* 0: everything is wanted */
};

/* The words of a question. The caller frees them, after an error too.
 * ERR_TOO_LARGE: over SEARCH_QUERY_BYTES_MAX;  ERR_BAD_INPUT: no UTF-8;  ERR_NOMEM. */
MUST_CHECK enum err search_words_init(struct search_words *w, struct bytes query);
void search_words_free(struct search_words *w);

/* Append a text's folded form behind a blank, cut where `out` has SEARCH_FOLD_BYTES_MAX. What cannot
 * be folded is left out: it is not found, and kept all the same. out->e: ERR_NOMEM. */
void search_fold_add(struct bytes text, struct buf *out);

#endif

/*
 * Which of some texts say a name? The texts are read once into an index; each name is then a few look-ups in it, so
 * that the names of a whole district are compared in one pass over them.
 *
 * Found is, folded (common/text), of a name of two words or more:
 *   the words beside each other, whatever stands between them     Lê Ngọc Oanh   Lê-Ngọc-Oanh   le ngoc oanh
 *   all or some of them joined, where that is no common syllable  LêNgọcOanh   Lê NgọcOanh
 * and of a name of three words or more, written as names are:
 *   its words in another order, with their marks or without any,
 *   capital letters, and only blanks between                      Oanh Lê Ngọc   Oanh Le Ngoc
 *   initials with dots, and the last word, in either order        L.N.Oanh   L. N. Oanh   Oanh L.N.
 * Other orders are not looked for in a line of capitals, and neither they nor initials in what goes on as a longer name
 * (T.T. Vĩnh An; Phường Nguyễn An Ninh): such is said of places all the time.
 *
 * Ownership: name_find_new() allocates and borrows the texts until name_find_free().   Threads: one at a time.
 * Limits:    texts of NAME_FIND_BYTES_MAX bytes. What is no UTF-8 says no name.
 */
#ifndef DONGBO_COMMON_NAME_FIND_H
#define DONGBO_COMMON_NAME_FIND_H

#include "common/bytes.h"
#include "common/err.h"

#define NAME_FIND_BYTES_MAX 8192u /* of a text, and of a name */

struct name_find;

/* ERR_BAD_INPUT: a text is no UTF-8;  ERR_TOO_LARGE: one is too long;  ERR_NOMEM. */
MUST_CHECK enum err name_find_new(const struct bytes *texts, size_t count, struct name_find **out);
void name_find_free(struct name_find *f);

/* Set said[i] for each text that says the name; the others stay as they are. ERR_NOMEM. */
MUST_CHECK enum err name_find(struct name_find *f, struct bytes name, bool *said);

#endif

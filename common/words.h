/*
 * The words of a text: runs of letters, marks and digits, folded (common/text), with what they looked like.
 *
 * Ownership: words_read() allocates and borrows the text; words_free() releases, after an error too.
 * Threads:   any, pure.
 * Units: bytes of UTF-8.
 */
#ifndef DONGBO_COMMON_WORDS_H
#define DONGBO_COMMON_WORDS_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

enum words_shape {
    WORDS_CAPITAL = 1,  /* begins with a capital letter */
    WORDS_CAPITALS = 2, /* several letters, all of them capital */
    WORDS_LETTER = 4,   /* one letter */
    WORDS_DOT = 8,      /* a dot stands directly behind */
    WORDS_BLANK = 16,   /* nothing but blanks between it and the next */
    WORDS_INNER = 32,   /* a capital letter behind a small one: "LêNgọc" */
};

struct words_word {
    uint32_t at, len;    /* in `fold` */
    uint32_t from, size; /* in the text */
    unsigned shape;      /* of words_shape */
};

struct words {
    struct bytes text; /* borrowed: it must live as long */
    struct buf fold;   /* the folded words, nothing between them */
    struct words_word *v;
    size_t count, room;
};

/* The words of `text`, in their order; *w is empty or was freed. ERR_BAD_INPUT: no UTF-8; ERR_TOO_LARGE: over `max`
 * bytes; ERR_NOMEM. */
MUST_CHECK enum err words_read(struct bytes text, size_t max, struct words *w);
/* The folded word. */
struct bytes words_at(const struct words *w, size_t i);
/* Has word `i`, which folds to the same as word `k` of `of`, its marks as well, or none, as people type in haste? */
bool words_marked(const struct words *w, size_t i, const struct words *of, size_t k);
void words_free(struct words *w);

#endif

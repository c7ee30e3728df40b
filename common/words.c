#include "common/words.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { WORDS_GROWTH = 8 }; /* a folded text is at most so many times its source */

static bool words_is_letter(utf8proc_category_t c)
{
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

/* Letters, marks and digits. */
static bool words_is_part(utf8proc_category_t c)
{
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO;
}

static bool words_is_mark(utf8proc_category_t c)
{
    return c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_ME;
}

static enum err words_room(struct words *w)
{
    if (w->count < w->room) return ERR_OK;
    size_t room = w->room > 0 ? 2 * w->room : 8;
    struct words_word *more = realloc(w->v, room * sizeof *more);
    if (more == NULL) return ERR_NOMEM;
    w->v = more;
    w->room = room;
    return ERR_OK;
}

static enum err words_add(struct words *w, size_t from, size_t end, unsigned shape)
{
    struct bytes word = bytes_make(w->text.p + from, end - from);
    size_t at = w->fold.len;
    enum err e = words_room(w);
    if (e == ERR_OK) e = text_fold(word, word.len, &w->fold);
    if (e != ERR_OK || w->fold.len == at) return e; /* marks alone are no word */
    w->v[w->count++] = (struct words_word){.at = (uint32_t)at,
                                           .len = (uint32_t)(w->fold.len - at),
                                           .from = (uint32_t)from,
                                           .size = (uint32_t)word.len,
                                           .shape = shape};
    return ERR_OK;
}

/* One word, at `i`: where it ends, and what it looks like. SIZE_MAX: no UTF-8. */
static size_t words_end(struct bytes text, size_t i, unsigned *shape)
{
    size_t letters = 0, capitals = 0, others = 0;
    bool first = false, small = false, inner = false;
    while (i < text.len) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = utf8proc_iterate(text.p + i, (utf8proc_ssize_t)(text.len - i), &point);
        if (n <= 0) return SIZE_MAX;
        utf8proc_category_t c = utf8proc_category(point);
        if (!words_is_part(c)) break;
        bool capital = c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LT;
        first = first || (capital && letters + others == 0);
        letters += words_is_letter(c);
        others += !words_is_letter(c) && !words_is_mark(c);
        capitals += capital;
        inner = inner || (capital && small);
        if (!words_is_mark(c)) small = c == UTF8PROC_CATEGORY_LL;
        i += (size_t)n;
    }
    *shape = (first ? WORDS_CAPITAL : 0u) |
             (letters > 1 && capitals == letters ? WORDS_CAPITALS : 0u) |
             (inner ? WORDS_INNER : 0u) | (letters == 1 && others == 0 ? WORDS_LETTER : 0u) |
             (i < text.len && text.p[i] == '.' ? WORDS_DOT : 0u);
    return i;
}

enum err words_read(struct bytes text, size_t max, struct words *w)
{
    enum err e = text.len > max ? ERR_TOO_LARGE : ERR_OK;
    *w = (struct words){.text = text};
    buf_init(&w->fold, WORDS_GROWTH * max);
    for (size_t i = 0; e == ERR_OK && i < text.len;) {
        unsigned shape = 0;
        size_t end = words_end(text, i, &shape);
        if (end == SIZE_MAX) {
            e = ERR_BAD_INPUT;
        } else if (end > i) {
            e = words_add(w, i, end, shape);
            if (w->count > 0) w->v[w->count - 1].shape |= WORDS_BLANK;
            i = end;
        } else { /* what stands between words */
            if (w->count > 0 && text.p[i] != ' ')
                w->v[w->count - 1].shape &= ~(unsigned)WORDS_BLANK;
            utf8proc_int32_t point;
            i += (size_t)utf8proc_iterate(text.p + i, (utf8proc_ssize_t)(text.len - i), &point);
        }
    }
    return e == ERR_OK ? w->fold.e : e;
}

struct bytes words_at(const struct words *w, size_t i)
{
    return bytes_make(w->fold.p + w->v[i].at, w->v[i].len);
}

/* As it is typed, capitals aside. The caller frees it; NULL: no memory. */
static utf8proc_uint8_t *words_typed(const struct words *w, size_t i)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
    utf8proc_uint8_t *out = NULL;
    (void)utf8proc_map(w->text.p + w->v[i].from, (utf8proc_ssize_t)w->v[i].size, &out, options);
    return out;
}

bool words_marked(const struct words *w, size_t i, const struct words *of, size_t k)
{
    utf8proc_uint8_t *a = words_typed(w, i), *b = words_typed(of, k);
    bool same = a == NULL || b == NULL; /* without memory rather said than not */
    if (!same)
        same = strcmp((const char *)a, (const char *)b) == 0 ||
               bytes_equal(bytes_str((const char *)a), words_at(w, i));
    free(a);
    free(b);
    return same;
}

void words_free(struct words *w)
{
    buf_free(&w->fold);
    free(w->v);
    *w = (struct words){.v = NULL};
}

#include "common/search.h"
#include "common/text.h"

enum { SEARCH_GROWTH = 8 }; /* a folded text is at most so many times its source */

enum err search_words_init(struct search_words *w, struct bytes query)
{
    *w = (struct search_words){.count = 0};
    buf_init(&w->fold, SEARCH_QUERY_BYTES_MAX * SEARCH_GROWTH);
    enum err e = text_fold(query, SEARCH_QUERY_BYTES_MAX, &w->fold);
    if (e != ERR_OK) return e;
    struct bytes s = buf_bytes(&w->fold);
    for (size_t at = 0; at < s.len && w->count < SEARCH_WORDS_MAX;) {
        size_t end = at;
        while (end < s.len && s.p[end] != ' ')
            end++;
        if (end > at) w->word[w->count++] = bytes_make(s.p + at, end - at);
        at = end + 1;
    }
    return ERR_OK;
}

void search_words_free(struct search_words *w)
{
    buf_free(&w->fold);
}

void search_fold_add(struct bytes text, struct buf *out)
{
    struct buf one;
    buf_init(&one, SEARCH_FOLD_BYTES_MAX * SEARCH_GROWTH);
    enum err e = text_fold(text, TEXT_INPUT_MAX, &one);
    size_t room = out->len < SEARCH_FOLD_BYTES_MAX ? SEARCH_FOLD_BYTES_MAX - out->len : 0;
    if (e == ERR_NOMEM) out->e = e;
    if (e == ERR_OK && one.len > 0 && room > 1) {
        if (out->len > 0) buf_add_str(out, " ");
        buf_add_bytes(out, text_truncate(buf_bytes(&one), room - 1));
    }
    buf_free(&one);
}

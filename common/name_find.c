#include "common/name_find.h"

#include "common/words.h"

#include <stdlib.h>

enum {
    FIND_WINDOW =
        5, /* words of a run that the index knows; longer names are compared on from there */
    FIND_JOINED_WORDS = 3, /* of a text that make a name of more words */
    FIND_JOINED_SHORT =
        6, /* letters of a joined name of three words; shorter ones are words of their own */
    FIND_JOINED_PAIR = 8, /* of one of two words: no syllable has more than seven */
    FIND_INITIALS_MAX = 6,
};

/* What a run of words is, so that the same bytes of two kinds are two keys. */
enum find_kind { FIND_RUN = 1, FIND_JOINED, FIND_INITIALS };

struct find_entry {
    uint64_t key;
    uint32_t text, word; /* where the run begins */
};

struct name_find {
    struct words *texts;
    size_t count;
    struct find_entry *v; /* by key */
    size_t entries, room;
};

/* ---- keys ---- */

static uint64_t find_hash(uint64_t h, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) /* FNV-1a */
        h = (h ^ b.p[i]) * UINT64_C(1099511628211);
    return h;
}

static uint64_t find_mix(uint64_t h)
{
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

static const uint64_t find_start = UINT64_C(14695981039346656037);

/* The same for the words in any order. */
static uint64_t find_run_key(const struct words *w, size_t at, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = at; i < at + n; i++)
        sum += find_mix(find_hash(find_start, words_at(w, i)));
    return find_mix(sum + FIND_RUN + 16 * n);
}

static uint64_t find_joined_key(const struct words *w, size_t at, size_t n)
{
    uint64_t h = find_start + FIND_JOINED;
    for (size_t i = at; i < at + n; i++)
        h = find_hash(h, words_at(w, i));
    return find_mix(h);
}

static size_t find_joined_len(const struct words *w, size_t at, size_t n)
{
    return (size_t)(w->v[at + n - 1].at + w->v[at + n - 1].len - w->v[at].at);
}

/* First letters of `n` words from `at`, and the word `given`. */
static uint64_t find_initials_key(const struct words *w, size_t at, size_t n, size_t given)
{
    uint64_t h = find_start + FIND_INITIALS + 16 * n;
    for (size_t i = at; i < at + n; i++)
        h = find_hash(h, bytes_make(words_at(w, i).p, 1));
    return find_mix(find_hash(h, words_at(w, given)));
}

/* ---- the index ---- */

static enum err find_add(struct name_find *f, uint64_t key, size_t text, size_t word)
{
    if (f->entries == f->room) {
        size_t room = f->room > 0 ? 2 * f->room : 1024;
        struct find_entry *more = realloc(f->v, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        f->v = more;
        f->room = room;
    }
    f->v[f->entries++] = (struct find_entry){key, (uint32_t)text, (uint32_t)word};
    return ERR_OK;
}

static bool find_is(const struct words *w, size_t i, unsigned shape)
{
    return i < w->count && (w->v[i].shape & shape) == shape;
}

/* Does a longer name stand there than up to this word ("T.T. Vĩnh An", "Phường Nguyễn An Ninh")? */
static bool find_goes_on(const struct words *w, size_t i)
{
    return find_is(w, i, WORDS_BLANK) && find_is(w, i + 1, WORDS_CAPITAL);
}

static bool find_initial(const struct words *w, size_t i)
{
    return find_is(w, i, WORDS_LETTER | WORDS_CAPITAL | WORDS_DOT);
}

/* "L.N.Oanh", "Oanh L.N.": of the initials that begin at `i`. */
static enum err find_add_initials(struct name_find *f, size_t text, size_t i)
{
    const struct words *w = &f->texts[text];
    size_t n = 0;
    if (i > 0 && find_initial(w, i - 1)) return ERR_OK; /* a part of those before */
    while (find_initial(w, i + n))
        n++;
    if (find_is(w, i + n, WORDS_LETTER | WORDS_CAPITAL)) n++; /* "L.N Oanh" */
    if (n < 2 || n > FIND_INITIALS_MAX) return ERR_OK;
    size_t given = i + n;
    enum err e = ERR_OK;
    if (find_is(w, given, WORDS_CAPITAL) && !find_goes_on(w, given))
        e = find_add(f, find_initials_key(w, i, n, given), text, i);
    if (e == ERR_OK && i > 0 && find_is(w, i - 1, WORDS_CAPITAL | WORDS_BLANK))
        e = find_add(f, find_initials_key(w, i, n, i - 1), text, i);
    return e;
}

static enum err find_add_text(struct name_find *f, size_t text)
{
    const struct words *w = &f->texts[text];
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
        for (size_t n = 2; e == ERR_OK && n <= FIND_WINDOW && i + n <= w->count; n++)
            e = find_add(f, find_run_key(w, i, n), text, i);
        for (size_t n = 1; e == ERR_OK && n <= FIND_JOINED_WORDS && i + n <= w->count; n++)
            if (find_joined_len(w, i, n) >= FIND_JOINED_SHORT)
                e = find_add(f, find_joined_key(w, i, n), text, i);
        if (e == ERR_OK && find_initial(w, i)) e = find_add_initials(f, text, i);
    }
    return e;
}

static int find_order(const void *a, const void *b)
{
    const struct find_entry *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

enum err name_find_new(const struct bytes *texts, size_t count, struct name_find **out)
{
    struct name_find *f = calloc(1, sizeof *f);
    if (f == NULL) return ERR_NOMEM;
    f->texts = calloc(count > 0 ? count : 1, sizeof *f->texts);
    enum err e = f->texts != NULL ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        f->count = i + 1;
        e = words_read(texts[i], NAME_FIND_BYTES_MAX, &f->texts[i]);
        if (e == ERR_OK) e = find_add_text(f, i);
    }
    if (e != ERR_OK) {
        name_find_free(f);
        return e;
    }
    if (f->entries > 0) qsort(f->v, f->entries, sizeof *f->v, find_order);
    *out = f;
    return ERR_OK;
}

void name_find_free(struct name_find *f)
{
    if (f == NULL) return;
    for (size_t i = 0; i < f->count; i++)
        words_free(&f->texts[i]);
    free(f->texts);
    free(f->v);
    free(f);
}

/* ---- a name ---- */

/* The first entry of the key, or f->entries. */
static size_t find_first(const struct name_find *f, uint64_t key)
{
    size_t low = 0, high = f->entries;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->v[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->entries && f->v[low].key == key ? low : f->entries;
}

static bool find_same(const struct words *w, size_t i, const struct words *name, size_t k)
{
    return i < w->count && bytes_equal(words_at(w, i), words_at(name, k));
}

/* Is word `i` of the text one of the name, with its marks? */
static bool find_one_of(const struct words *w, size_t i, const struct words *name)
{
    for (size_t k = 0; k < name->count; k++)
        if (find_same(w, i, name, k) && words_marked(w, i, name, k)) return true;
    return false;
}

/* The words of a name in another order: written as one name, and not in a line of capitals. The key has said that they
 * are the same words, marks aside. */
static bool find_shuffled(const struct words *w, size_t at, const struct words *name)
{
    static const char city[] = "hochiminh"; /* and the youth's union, in each report */
    size_t n = name->count, end = at + n;
    bool loud = true;
    for (size_t i = at; i < end; i++) {
        unsigned shape = i + 1 < end ? WORDS_CAPITAL | WORDS_BLANK : WORDS_CAPITAL;
        if (!find_is(w, i, shape) || !find_one_of(w, i, name)) return false;
        loud = loud && find_is(w, i, WORDS_CAPITALS);
    }
    struct bytes joined = bytes_make(words_at(w, at).p, find_joined_len(w, at, n));
    if (bytes_equal(joined, bytes_str(city))) return false;
    if (!loud) return !find_goes_on(w, end - 1);
    return !find_is(w, end, WORDS_CAPITALS) && (at == 0 || !find_is(w, at - 1, WORDS_CAPITALS));
}

static bool find_says(const struct words *w, size_t at, const struct words *name)
{
    size_t same = 0;
    while (same < name->count && find_same(w, at + same, name, same))
        same++;
    if (same == name->count) return true;
    return name->count >= 3 && name->count <= FIND_WINDOW && find_shuffled(w, at, name);
}

/* The words of the name, some of them joined. A join is none that is a word of its own ("hoàn" of Hồ An). */
static bool find_joins(const struct words *w, size_t at, const struct words *name)
{
    size_t k = 0;
    for (size_t i = at; k < name->count && i < w->count; i++) {
        size_t from = k, len = 0;
        while (k < name->count && len < w->v[i].len)
            len += name->v[k++].len;
        size_t many = k - from;
        bool clear = many == 1 || find_is(w, i, WORDS_INNER) || len >= FIND_JOINED_PAIR ||
                     (many >= 3 && len >= FIND_JOINED_SHORT);
        if (len != w->v[i].len || !clear) return false;
    }
    return k == name->count;
}

/* Each text in which one of these stands. `is` NULL: whose key it has. */
static void find_keys(const struct name_find *f, uint64_t key, const struct words *name,
                      bool (*is)(const struct words *w, size_t at, const struct words *name),
                      bool *said)
{
    for (size_t i = find_first(f, key); i < f->entries && f->v[i].key == key; i++) {
        const struct find_entry *x = &f->v[i];
        if (!said[x->text] && (is == NULL || is(&f->texts[x->text], x->word, name)))
            said[x->text] = true;
    }
}

enum err name_find(struct name_find *f, struct bytes name, bool *said)
{
    struct words w;
    enum err e = words_read(name, NAME_FIND_BYTES_MAX, &w);
    size_t n = w.count, run = n < FIND_WINDOW ? n : FIND_WINDOW;
    if (e == ERR_OK && n >= 2) {
        find_keys(f, find_run_key(&w, 0, run), &w, find_says, said);
        find_keys(f, find_joined_key(&w, 0, n), &w, find_joins, said);
        if (n >= 3) find_keys(f, find_initials_key(&w, 0, n - 1, n - 1), &w, NULL, said);
    }
    words_free(&w);
    return e == ERR_NOMEM ? e : ERR_OK;
}

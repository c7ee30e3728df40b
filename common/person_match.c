#include "common/person_match.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* ---- names ---- */

static utf8proc_int32_t person_match_point(utf8proc_int32_t point, void *unused)
{
    (void)unused;
    switch (point) {
    case 0x0110: /* Đ */
    case 0x00D0: /* Ð, eth: typed for Đ by old input methods */
    case 0x00F0:
    case 0x0189: return 0x0111; /* đ */
    default: return point;
    }
}

static uint8_t person_match_tone(utf8proc_int32_t point)
{
    switch (point) {
    case 0x0300: return 1;
    case 0x0301: return 2;
    case 0x0309: return 3;
    case 0x0303: return 4;
    case 0x0323: return 5;
    default: return 0;
    }
}

static char person_match_quality(utf8proc_int32_t point)
{
    switch (point) {
    case 0x0302: return '6'; /* â ê ô */
    case 0x031B: return '7'; /* ơ ư */
    case 0x0306: return '8'; /* ă */
    default: return '\0';
    }
}

static void person_match_append(char *to, const char *s, size_t n)
{
    size_t have = strlen(to);
    if (have + n > PERSON_MATCH_PART_BYTES_MAX) return;
    memcpy(to + have, s, n);
    to[have + n] = '\0';
}

static bool person_match_vowel(char c)
{
    return c != '\0' && strchr("aeiouy", c) != NULL;
}

/* A last y that is a whole vowel is an i: Lý, Mỹ, Quý; not Thúy, Hay. */
static void person_match_y(char *s)
{
    size_t n = strlen(s);
    if (n == 0 || s[n - 1] != 'y') return;
    bool whole =
        n == 1 || !person_match_vowel(s[n - 2]) || (n >= 3 && s[n - 2] == 'u' && s[n - 3] == 'q');
    if (whole) s[n - 1] = 'i';
}

static void person_match_end(struct person_match *p, struct person_match_part *part)
{
    if (part->plain[0] == '\0') return;
    person_match_y(part->letters);
    person_match_y(part->plain);
    if (p->count == PERSON_MATCH_TOKENS_MAX) p->count--; /* the given name is the last */
    p->parts[p->count++] = *part;
    *part = (struct person_match_part){.tone = 0};
}

/* One code point of a decomposed, case-folded name. */
static void person_match_take(struct person_match *p, struct person_match_part *part,
                              utf8proc_int32_t point)
{
    uint8_t tone = person_match_tone(point);
    char quality = person_match_quality(point);
    if (tone != 0) {
        part->tone = tone;
        p->marked = true;
    } else if (quality != '\0') {
        person_match_append(part->letters, &quality, 1);
        p->marked = true;
    } else if (point == 0x0111) {
        person_match_append(part->letters, "d9", 2);
        person_match_append(part->plain, "d", 1);
        p->marked = true;
    } else if (point == '\'' || point == 0x2019 ||
               utf8proc_get_property(point)->combining_class != 0) {
        return; /* K'Brôi, and marks of other languages */
    } else if (point > 0x7F || (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9')) {
        utf8proc_uint8_t utf8[4];
        utf8proc_ssize_t n = utf8proc_encode_char(point, utf8);
        if (n <= 0) return;
        person_match_append(part->letters, (const char *)utf8, (size_t)n);
        person_match_append(part->plain, (const char *)utf8, (size_t)n);
    } else {
        person_match_end(p, part); /* blanks, hyphens, the points of N.T. */
    }
}

static enum err person_match_name(struct bytes name, struct person_match *p)
{
    const utf8proc_option_t options = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                      UTF8PROC_IGNORE | UTF8PROC_STABLE;
    struct person_match_part part = {.tone = 0};
    utf8proc_uint8_t *text = NULL;
    if (name.len == 0) return ERR_OK;
    if (name.len > PERSON_MATCH_NAME_BYTES_MAX) name.len = PERSON_MATCH_NAME_BYTES_MAX;
    utf8proc_ssize_t n = utf8proc_map_custom(name.p, (utf8proc_ssize_t)name.len, &text, options,
                                             person_match_point, NULL);
    if (n == UTF8PROC_ERROR_NOMEM) return ERR_NOMEM;
    if (n < 0) return ERR_OK; /* not UTF-8: not known */
    for (utf8proc_ssize_t at = 0; at < n;) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t step = utf8proc_iterate(text + at, n - at, &point);
        if (step <= 0) break;
        person_match_take(p, &part, point);
        at += step;
    }
    person_match_end(p, &part);
    free(text);
    return ERR_OK;
}

enum err person_match_make(struct bytes name, struct bytes birth, struct bytes sex,
                           struct person_match *out)
{
    struct person_match p = {.count = 0};
    enum err e = person_match_name(name, &p);
    if (e != ERR_OK) return e;
    p.has_birth = birth.len > 0 && date_partial_parse(birth, &p.birth) == ERR_OK;
    if (sex.len > 0 && sex.len <= PERSON_MATCH_SEX_BYTES_MAX) memcpy(p.sex, sex.p, sex.len);
    *out = p;
    return ERR_OK;
}

/* ---- keys ---- */

static int person_match_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All parts in an order that no swap changes. */
static void person_match_sorted(const struct person_match *p, struct buf *out)
{
    const char *parts[PERSON_MATCH_TOKENS_MAX];
    for (size_t i = 0; i < p->count; i++)
        parts[i] = p->parts[i].plain;
    qsort(parts, p->count, sizeof parts[0], person_match_order);
    for (size_t i = 0; i < p->count; i++) {
        buf_add_str(out, parts[i]);
        buf_add_u8(out, ' ');
    }
}

bool person_match_key(const struct person_match *p, size_t i, struct buf *out)
{
    if (p->count == 0 || !p->has_birth) return false;
    switch (i) {
    case 0: /* parts swapped, marks, part of the date not known */
        buf_add_str(out, "all ");
        person_match_sorted(p, out);
        buf_printf(out, "%d", p->birth.year);
        return true;
    case 1: /* middle names left out */
        buf_printf(out, "ends %s %s %d", p->parts[0].plain, p->parts[p->count - 1].plain,
                   p->birth.year);
        return true;
    case 2: /* another year; day and month exchanged */
        if (p->birth.day == 0) return false;
        buf_add_str(out, "days ");
        person_match_sorted(p, out);
        buf_printf(out, "%u %u", p->birth.day < p->birth.month ? p->birth.day : p->birth.month,
                   p->birth.day < p->birth.month ? p->birth.month : p->birth.day);
        return true;
    default: return false;
    }
}

/* ---- scores ---- */

static unsigned person_match_max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* Two parts of a name; plain: at least one of the names was typed without marks. */
static unsigned person_match_parts(const struct person_match_part *a,
                                   const struct person_match_part *b, bool plain)
{
    size_t la = strlen(a->plain), lb = strlen(b->plain);
    if (strcmp(a->plain, b->plain) == 0) {
        if (plain) return 970;
        bool letters = strcmp(a->letters, b->letters) == 0;
        if (letters && a->tone == b->tone) return 1000;
        if (letters) return 800; /* Đắk, Đăk */
        return a->tone == b->tone ? 600 : 400;
    }
    if (la > 0 && lb > 0 && (la == 1 || lb == 1))
        return a->plain[0] == b->plain[0] ? 700 : 0; /* an initial */
    return 0;
}

/* How well the parts from..to-1 of both fit in any order: each part of the shorter finds its best one. */
static unsigned person_match_any_order(const struct person_match *a, size_t a_to,
                                       const struct person_match *b, size_t b_to, bool plain)
{
    size_t na = a_to - 1, nb = b_to - 1;
    if (na > nb) return person_match_any_order(b, b_to, a, a_to, plain);
    if (nb == 0) return 1000;
    if (na == 0) return 700; /* left out */
    bool used[PERSON_MATCH_TOKENS_MAX] = {false};
    unsigned sum = 0;
    for (size_t i = 1; i < a_to; i++) {
        size_t best = 0;
        unsigned most = 0;
        for (size_t k = 1; k < b_to; k++) {
            unsigned s = used[k] ? 0 : person_match_parts(&a->parts[i], &b->parts[k], plain);
            if (s > most) {
                most = s;
                best = k;
            }
        }
        used[best] = most > 0;
        sum += most;
    }
    return (unsigned)((sum + 600 * (nb - na)) / nb);
}

static unsigned person_match_names(const struct person_match *a, const struct person_match *b)
{
    bool plain = !a->marked || !b->marked;
    unsigned family = person_match_parts(&a->parts[0], &b->parts[0], plain);
    unsigned given = person_match_parts(&a->parts[a->count - 1], &b->parts[b->count - 1], plain);
    size_t ea = a->count > 1 ? a->count - 1 : 1, eb = b->count > 1 ? b->count - 1 : 1;
    unsigned middle = person_match_any_order(a, ea, b, eb, plain);
    unsigned straight = (300 * family + 250 * middle + 450 * given) / 1000;
    unsigned rest = person_match_any_order(a, a->count, b, b->count, plain);
    unsigned swapped = (300 * family + 700 * rest) / 1000;
    bool whole = a->count == b->count; /* a swap of the given name keeps all parts */
    return person_match_max(straight, whole && swapped > 80 ? swapped - 80 : 0);
}

static unsigned person_match_digits(const char *a, const char *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < DATE_TEXT_ROOM - 1; i++)
        n += a[i] != b[i];
    return n;
}

static unsigned person_match_births(const struct person_match *a, const struct person_match *b)
{
    struct date_partial x = a->birth, y = b->birth;
    char tx[DATE_TEXT_ROOM] = {0}, ty[DATE_TEXT_ROOM] = {0};
    if (!a->has_birth || !b->has_birth) return 500;
    bool year = x.year == y.year, month = x.month == y.month, day = x.day == y.day;
    if (x.day == 0 || y.day == 0) {
        if (!year) return 0;
        return x.month == 0 || y.month == 0 || month ? 800 : 0;
    }
    if (year && month && day) return 1000;
    if (year && x.day == y.month && x.month == y.day) return 850;
    date_partial_print(x, tx);
    date_partial_print(y, ty);
    return person_match_digits(tx, ty) == 1 ? 700 : 0;
}

enum { PERSON_MATCH_NAMES_MIN = 650 }; /* names that are less alike are of two persons */

static unsigned person_match_sum(const struct person_match *a, const struct person_match *b,
                                 unsigned names, unsigned births)
{
    unsigned score = (6 * names + 4 * births) / 10;
    bool sexes = a->sex[0] != '\0' && b->sex[0] != '\0' && strcmp(a->sex, b->sex) != 0;
    if (sexes) score = score > 150 ? score - 150 : 0;
    return names < PERSON_MATCH_NAMES_MIN ? 0 : score;
}

unsigned person_match_score(const struct person_match *a, const struct person_match *b)
{
    if (a->count == 0 || b->count == 0) return 0;
    return person_match_sum(a, b, person_match_names(a, b), person_match_births(a, b));
}

bool person_match_other(const struct person_match *a, const struct person_match *b)
{
    bool named = a->count > 0 && b->count > 0, born = a->has_birth && b->has_birth;
    return person_match_sum(a, b, named ? person_match_names(a, b) : 1000,
                            born ? person_match_births(a, b) : 1000) < PERSON_MATCH_OTHER;
}

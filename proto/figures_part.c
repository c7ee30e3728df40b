#include "proto/figures_part.h"

#include <stdlib.h>

/* ---- packed ---- */

enum { PART_ZERO, PART_ONE, PART_NUMBER, PART_KINDS = 3, PART_DEN = 2, PART_MET = 1 << 4 };

static unsigned part_kind(int64_t n)
{
    return n == 0 ? PART_ZERO : n == 1 ? PART_ONE : PART_NUMBER;
}

void figures_part_write(const struct figures_part *part, struct buf *out)
{
    unsigned num = part_kind(part->num), den = part_kind(part->den);
    buf_add_u8(out, (uint8_t)(num | den << PART_DEN | (part->met ? PART_MET : 0u)));
    if (num == PART_NUMBER) buf_add_le64(out, (uint64_t)part->num);
    if (den == PART_NUMBER) buf_add_le64(out, (uint64_t)part->den);
}

static enum err part_number(struct bytes *parts, unsigned kind, int64_t *out)
{
    if (kind == PART_KINDS) return ERR_DAMAGED;
    *out = kind == PART_ONE;
    if (kind != PART_NUMBER) return ERR_OK;
    if (parts->len < 8) return ERR_DAMAGED;
    *out = (int64_t)le64_load(parts->p);
    *parts = bytes_make(parts->p + 8, parts->len - 8);
    return ERR_OK;
}

enum err figures_part_read(struct bytes *parts, struct figures_part *out)
{
    struct figures_part part = {.num = 0};
    if (parts->len == 0) return ERR_NOT_FOUND;
    unsigned head = parts->p[0];
    if (head >= 2 * PART_MET) return ERR_DAMAGED;
    struct bytes left = bytes_make(parts->p + 1, parts->len - 1);
    part.met = (head & PART_MET) != 0;
    enum err e = part_number(&left, head & PART_KINDS, &part.num);
    if (e == ERR_OK) e = part_number(&left, head >> PART_DEN & PART_KINDS, &part.den);
    if (e != ERR_OK) return e;
    *parts = left;
    *out = part;
    return ERR_OK;
}

/* ---- who carries a subject ---- */

bool figures_contributes(enum catalogue_measure measure, const struct figures_item *item)
{
    switch (measure) {
    case CATALOGUE_COUNT: return item->has_num && item->num == 1;
    case CATALOGUE_SUM: return item->has_num;
    case CATALOGUE_RATIO:
        return (item->has_num && item->num == 1) || (item->has_den && item->den == 1);
    case CATALOGUE_RATIO_SUM: return item->has_num || item->has_den;
    }
    return false;
}

/* The rows of one subject with the largest num and the largest den; n: none has any. */
static void part_largest(const struct figures_item *items, size_t n, size_t *num, size_t *den)
{
    *num = *den = n;
    for (size_t i = 0; i < n; i++)
        if (items[i].has_num && (*num == n || items[i].num > items[*num].num)) *num = i;
    for (size_t i = 0; i < n; i++) {
        if (!items[i].has_den) continue;
        bool same = *num < n && *den < n && items[i].den == items[*den].den &&
                    items[i].record == items[*num].record;
        if (*den == n || items[i].den > items[*den].den || same) *den = i;
    }
}

static void part_subject(enum catalogue_measure measure, const struct figures_item *items, size_t n,
                         struct figures_credit *out, size_t *count)
{
    size_t num, den;
    part_largest(items, n, &num, &den);
    bool met = measure != CATALOGUE_RATIO_SUM && num < n && items[num].num == 1;
    for (size_t i = 0; i < n; i++) {
        if (!figures_contributes(measure, &items[i])) continue;
        struct figures_credit *c = &out[(*count)++];
        *c = (struct figures_credit){.record = items[i].record, .part = {.met = met}};
        if (i == num) c->part.num = items[i].num;
        if (i == den && measure != CATALOGUE_COUNT) c->part.den = items[i].den;
    }
}

static void part_sum(const struct figures_item *items, size_t n, struct figures_credit *out,
                     size_t *count)
{
    for (size_t i = 0; i < n; i++)
        if (items[i].has_num)
            out[(*count)++] = (struct figures_credit){items[i].record, {.num = items[i].num}};
}

static int part_compare(const void *a, const void *b)
{
    const struct figures_credit *x = a, *y = b;
    return (x->record > y->record) - (x->record < y->record);
}

enum err figures_credits(enum catalogue_measure measure, const struct figures_item *items, size_t n,
                         struct figures_credit *out, size_t *count)
{
    size_t all = 0, kept = 0;
    if (measure == CATALOGUE_SUM) part_sum(items, n, out, &all);
    for (size_t i = 0, k; measure != CATALOGUE_SUM && i < n; i = k) {
        for (k = i + 1; k < n && items[k].subject == items[i].subject;)
            k++;
        part_subject(measure, items + i, k - i, out, &all);
    }
    if (all > 1) qsort(out, all, sizeof *out, part_compare);
    for (size_t i = 0; i < all; i++) {
        if (kept == 0 || out[kept - 1].record != out[i].record) {
            out[kept++] = out[i];
            continue;
        }
        struct figures_part *p = &out[kept - 1].part;
        if (__builtin_add_overflow(p->num, out[i].part.num, &p->num)) return ERR_TOO_LARGE;
        if (__builtin_add_overflow(p->den, out[i].part.den, &p->den)) return ERR_TOO_LARGE;
        p->met = p->met || out[i].part.met;
    }
    *count = kept;
    return ERR_OK;
}

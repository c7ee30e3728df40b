#include "hub/explained.h"

#include <stdio.h>
#include <stdlib.h>

enum { HUB_PART_WORDS_ROOM = 128 }; /* bytes of what is said of a record, with its terminator */

struct hub_part_words {
    char vi[HUB_PART_WORDS_ROOM], en[HUB_PART_WORDS_ROOM];
};

static void hub_part_say(struct hub_part_words *out, const char *vi, const char *en)
{
    snprintf(out->vi, sizeof out->vi, "%s", vi);
    snprintf(out->en, sizeof out->en, "%s", en);
}

static void hub_part_words(enum catalogue_measure measure, const struct hub_figures_part *p,
                           struct hub_part_words *out)
{
    bool whole = measure == CATALOGUE_COUNT || measure == CATALOGUE_RATIO;
    bool one = measure == CATALOGUE_RATIO && p->num >= 0 && p->num <= 1 && p->den <= 1;
    if (whole && p->num == 0 && p->den == 0) {
        hub_part_say(out, "đã tính ở hồ sơ khác của cùng đối tượng",
                     "counted by another record of the same subject");
    } else if (one && p->num == 1) {
        hub_part_say(out, p->den == 1 ? "đạt" : "đạt, không thêm vào mẫu số",
                     p->den == 1 ? "met" : "met, adds nothing to the denominator");
    } else if (one) {
        hub_part_say(out, p->met ? "đạt ở hồ sơ khác của cùng đối tượng" : "chưa đạt",
                     p->met ? "met by another record of the same subject" : "not met");
    } else if (hub_figures_is_ratio(measure)) {
        snprintf(out->vi, sizeof out->vi, "cộng thêm %lld vào tử số, %lld vào mẫu số",
                 (long long)p->num, (long long)p->den);
        snprintf(out->en, sizeof out->en, "adds %lld to the numerator, %lld to the denominator",
                 (long long)p->num, (long long)p->den);
    } else {
        snprintf(out->vi, sizeof out->vi, "cộng thêm %lld", (long long)p->num);
        snprintf(out->en, sizeof out->en, "adds %lld", (long long)p->num);
    }
}

/* Who looks at a rate looks for what is missing from it: that first, else as they are listed. */
static int hub_explained_compare(const void *a, const void *b)
{
    const struct hub_explained *x = a, *y = b;
    bool lacks_x = x->part.den > 0 && !x->part.met, lacks_y = y->part.den > 0 && !y->part.met;
    if (lacks_x != lacks_y) return lacks_x ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

enum err hub_explained_all(const struct hub_side *side, const struct hub_side_cell *cell,
                           struct hub_explained *out, bool *kept)
{
    struct bytes parts = buf_bytes(&side->parts);
    *kept = cell->part_len > 0;
    enum err e = ERR_OK;
    if (*kept) parts = bytes_make(parts.p + cell->part_at, cell->part_len);
    for (size_t i = 0; e == ERR_OK && i < cell->count; i++) {
        out[i] = (struct hub_explained){.number = side->records[cell->first + i]};
        if (*kept) e = figures_part_read(&parts, &out[i].part);
    }
    if (e == ERR_NOT_FOUND || (e == ERR_OK && *kept && parts.len > 0)) e = ERR_DAMAGED;
    if (e != ERR_OK || !*kept) return e;
    if (cell->indicator->measure == CATALOGUE_RATIO)
        qsort(out, cell->count, sizeof *out, hub_explained_compare);
    return ERR_OK;
}

int64_t hub_explained_rest(const struct hub_side_cell *cell, const struct hub_explained *all)
{
    int64_t den = cell->den;
    for (size_t i = 0; i < cell->count; i++)
        if (__builtin_sub_overflow(den, all[i].part.den, &den)) return 0;
    return den;
}

void hub_explained_json(enum catalogue_measure measure, const struct hub_figures_part *p,
                        json_t *out)
{
    struct hub_part_words words;
    hub_part_words(measure, p, &words);
    json_object_set_new(out, "num", json_integer((json_int_t)p->num));
    if (hub_figures_is_ratio(measure))
        json_object_set_new(out, "den", json_integer((json_int_t)p->den));
    if (measure != CATALOGUE_SUM && measure != CATALOGUE_RATIO_SUM)
        json_object_set_new(out, "met", json_boolean(p->met));
    json_object_set_new(out, "does_vi", json_string(words.vi));
    json_object_set_new(out, "does_en", json_string(words.en));
}

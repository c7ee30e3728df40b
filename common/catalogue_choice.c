/* Choices as people type them: the value, or the label with or without its marks. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"
#include "common/text.h"

enum match { MATCH_NONE, MATCH_ONE, MATCH_SEVERAL };

/* True when `s` folds to the folded text. */
static enum err folds_to(const char *s, struct bytes folded, struct buf *room, bool *same)
{
    enum err e = catalogue_clean_fold(bytes_str(s), room);
    *same = e == ERR_OK && bytes_equal(buf_bytes(room), folded);
    return e;
}

/* Compare folded: "khong ho tro" is "Không hỗ trợ". Labels that differ by their marks alone make several. */
static enum err match_folded(const struct catalogue_choice *list, size_t count, struct bytes s,
                             size_t *index, enum match *m)
{
    struct buf want;
    struct buf have;
    buf_init(&want, CATALOGUE_FILE_BYTES_MAX);
    buf_init(&have, CATALOGUE_FILE_BYTES_MAX);
    enum err e = catalogue_clean_fold(s, &want);
    *m = MATCH_NONE;
    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        bool vi = false;
        bool en = false;
        e = folds_to(list[i].label_vi, buf_bytes(&want), &have, &vi);
        if (e == ERR_OK) e = folds_to(list[i].label_en, buf_bytes(&want), &have, &en);
        if (e != ERR_OK || (!vi && !en)) continue;
        *m = *m == MATCH_NONE ? MATCH_ONE : MATCH_SEVERAL;
        *index = i;
    }
    buf_free(&have);
    buf_free(&want);
    return e;
}

static enum err match(const struct catalogue_choice *list, size_t count, struct bytes s,
                      size_t *index, enum match *m)
{
    for (size_t i = 0; i < count; i++) {
        if (!bytes_equal(s, bytes_str(list[i].value)) &&
            !bytes_equal(s, bytes_str(list[i].label_vi)))
            continue;
        *index = i;
        *m = MATCH_ONE;
        return ERR_OK;
    }
    return match_folded(list, count, s, index, m);
}

static enum err choice_refuse(struct bytes s, enum match m, struct catalogue_why *why)
{
    struct buf vi;
    struct buf en;
    struct bytes shown = text_truncate(s, sizeof why->vi / 2);
    buf_init(&vi, CATALOGUE_FILE_BYTES_MAX);
    buf_init(&en, CATALOGUE_FILE_BYTES_MAX);
    bool several = m == MATCH_SEVERAL;
    buf_add_str(&vi, several ? "Có nhiều lựa chọn gần giống (ghi đủ dấu): "
                             : "Không có trong danh sách lựa chọn: ");
    buf_add_str(&en, several ? "Several choices are like this (write all marks): "
                             : "Not in the list of choices: ");
    buf_add_bytes(&vi, shown);
    buf_add_bytes(&en, shown);
    enum err e = catalogue_refuse(why, buf_cstr(&vi), buf_cstr(&en));
    buf_free(&en);
    buf_free(&vi);
    return e;
}

enum err catalogue_clean_choice(const struct catalogue *c, const char *list, struct bytes s,
                                struct buf *out, struct catalogue_why *why)
{
    size_t count;
    size_t index = 0;
    enum match m;
    const struct catalogue_choice *choices = catalogue_list(c, list, &count);
    enum err e = match(choices, count, s, &index, &m);
    if (e != ERR_OK) return e;
    if (m != MATCH_ONE) return choice_refuse(s, m, why);
    buf_add_str(out, choices[index].value);
    return ERR_OK;
}

/* The next part of *s before one of the separators; *s moves behind it. */
static struct bytes part_next(struct bytes *s, const char *separators)
{
    size_t n = 0;
    while (n < s->len && (s->p[n] == '\0' || strchr(separators, s->p[n]) == NULL))
        n++;
    struct bytes part = text_trim(bytes_make(s->p, n));
    size_t skip = n < s->len ? n + 1 : n;
    *s = bytes_make(s->p + skip, s->len - skip);
    return part;
}

/* Mark the choices named in `s`. A label may hold a comma itself, so what stands between ';' is tried
 * whole before it is split at commas. */
static enum err set_take(const struct catalogue_choice *list, size_t count, struct bytes s,
                         const char *separators, bool *chosen, struct catalogue_why *why)
{
    while (s.len > 0) {
        struct bytes part = part_next(&s, separators);
        if (part.len == 0) continue;
        size_t index = 0;
        enum match m;
        enum err e = match(list, count, part, &index, &m);
        if (e != ERR_OK) return e;
        if (m == MATCH_ONE) {
            chosen[index] = true;
            continue;
        }
        bool comma = memchr(part.p, ',', part.len) != NULL && strcmp(separators, ",") != 0;
        if (!comma) return choice_refuse(part, m, why);
        e = set_take(list, count, part, ",", chosen, why);
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

enum err catalogue_clean_choices(const struct catalogue *c, const char *list, struct bytes s,
                                 struct buf *out, struct catalogue_why *why)
{
    size_t count;
    const struct catalogue_choice *choices = catalogue_list(c, list, &count);
    bool chosen[CATALOGUE_SET_MAX] = {false};
    if (count > CATALOGUE_SET_MAX) count = CATALOGUE_SET_MAX; /* the parser saw to that */
    enum err e = set_take(choices, count, s, ";|\n", chosen, why);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < count; i++) {
        if (!chosen[i]) continue;
        if (out->len > 0) buf_add_str(out, ";");
        buf_add_str(out, choices[i].value);
    }
    return ERR_OK;
}

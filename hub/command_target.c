/* What a target names must be there: no report would ever judge one of an unknown indicator or period. */
#include "common/target.h"
#include "common/text.h"
#include "hub/command_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum { TARGET_SHOWN_BYTES = 40 }; /* of what was typed, in the message */

struct hub_targeting {
    const struct catalogue_type *type;
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    struct buf text;
};

/* What a field of the record holds, as text; "" for nothing. Valid until the next call. */
static struct bytes target_value(struct hub_targeting *t, const char *name,
                                 const struct catalogue_field **field)
{
    *field = catalogue_field_by_name(t->type, name);
    const struct record_cell *c = &t->cells[*field - t->type->fields];
    buf_clear(&t->text);
    bool good = c->set && record_value_to_text(*field, c->value, &t->text) == ERR_OK;
    return good ? buf_bytes(&t->text) : bytes_str("");
}

static enum err target_say(struct catalogue_why *why, struct bytes typed, const char *vi_what,
                           const char *vi_next, const char *en_what, const char *en_next)
{
    struct bytes b = text_truncate(typed, TARGET_SHOWN_BYTES);
    const char *p = b.len > 0 ? (const char *)b.p : "";
    snprintf(why->vi, sizeof why->vi, "%s “%.*s”; chưa ghi gì. %s", vi_what, (int)b.len, p,
             vi_next);
    snprintf(why->en, sizeof why->en, "%s “%.*s”; nothing was saved. %s", en_what, (int)b.len, p,
             en_next);
    return ERR_BAD_VALUE;
}

static enum err target_indicator(struct hub_targeting *t, const struct catalogue *c,
                                 const struct catalogue_field **bad, struct catalogue_why *why)
{
    char id[CATALOGUE_NAME_BYTES_MAX + 1] = "";
    struct bytes b = target_value(t, "indicator", bad);
    if (b.len == 0) return ERR_OK; /* required: the record's own rules say so */
    if (b.len < sizeof id) memcpy(id, b.p, b.len);
    if (id[0] != '\0' && catalogue_indicator(c, id) != NULL) return ERR_OK;
    return target_say(why, b, "Danh mục không có chỉ số", "Gõ đúng mã, chữ hoa, như T10.",
                      "The catalogue has no indicator", "Type its id, in capitals, such as T10.");
}

static enum err target_period(struct hub_targeting *t, const struct catalogue_field **bad,
                              struct catalogue_why *why)
{
    struct period p;
    char year[16] = "";
    struct bytes b = target_value(t, "year", bad);
    if (b.len < sizeof year && b.len > 0) memcpy(year, b.p, b.len);
    b = target_value(t, "period", bad);
    if (b.len == 0) return ERR_OK; /* the whole year */
    if (period_parse(b, &p) != ERR_OK)
        return target_say(
            why, b, "Không có kỳ", "Viết như 2023-05, 2023-Q2, 2023-6M; cả năm: để trống.",
            "There is no period", "Write 2023-05, 2023-Q2, 2023-6M; whole year: empty.");
    int of = p.kind == PERIOD_ADHOC ? p.last.year : p.year;
    if (year[0] == '\0' || strtol(year, NULL, 10) == of) return ERR_OK;
    return target_say(why, b, "Năm của chỉ tiêu không có kỳ", "Sửa kỳ hoặc năm cho khớp.",
                      "The target's year has no period", "Make the period and the year agree.");
}

enum err hub_target_check(const struct catalogue *c, const struct catalogue_type *type,
                          const struct fold *f, const struct catalogue_field **bad,
                          struct catalogue_why *why)
{
    if (strcmp(type->name, "target") != 0 || !target_typed(c)) return ERR_OK;
    struct hub_targeting *t = calloc(1, sizeof *t);
    if (t == NULL) return ERR_NOMEM;
    t->type = type;
    buf_init(&t->text, CATALOGUE_TEXT_BYTES_MAX * 2);
    record_cells(f, type, t->cells);
    enum err e = target_indicator(t, c, bad, why);
    if (e == ERR_OK) e = target_period(t, bad, why);
    buf_free(&t->text);
    free(t);
    return e;
}

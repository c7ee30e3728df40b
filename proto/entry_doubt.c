/* Days of an op that cannot be, or are probably mistyped: refused or asked about before it is saved. */
#include "common/doubt.h"
#include "proto/entry.h"
#include "proto/wire.h"

#include <stdio.h>

_Static_assert(DOUBT_WORDS_ROOM <= sizeof((struct entry_why *)0)->vi, "the words fit");

enum err entry_doubt_text(const struct catalogue *c, const struct catalogue_type *type,
                          const struct doubt_days *d, bool sure, bool confirmed,
                          const struct catalogue_field *f, struct bytes text, struct entry_why *why)
{
    enum catalogue_day_rule rule = catalogue_day_rule(c, type->no, f->no);
    struct date_partial day;
    if (rule == CATALOGUE_DAY_ANY || date_partial_parse(text, &day) != ERR_OK) return ERR_OK;
    enum doubt_what what = doubt_day(d, rule, day);
    bool asks = what == DOUBT_AGE || !sure;
    if (what == DOUBT_NONE || (asks && confirmed)) return ERR_OK;
    *why = (struct entry_why){.field = f, .confirm = asks};
    doubt_day_words(d, what, day, sure, why->vi, why->en);
    return ERR_BAD_VALUE;
}

/* What a write says when it is a text, as days are; else nothing. */
static struct bytes entry_text(const struct change_write *w)
{
    struct wire_reader r;
    wire_open(&r, w->value);
    bool text = w->element.p == NULL && wire_peek(&r) == WIRE_STR;
    return text ? wire_get_str(&r) : bytes_make(NULL, 0);
}

static bool entry_doubt_event(const struct doubt_days *d, struct bytes text, struct entry_why *why)
{
    struct date day;
    if (date_parse(text, &day) != ERR_OK || !doubt_asks(d, day)) return false;
    why->confirm = true;
    doubt_words(d, day, why->vi, why->en);
    return true;
}

enum err entry_doubt(const struct catalogue *c, const struct catalogue_type *type,
                     const struct doubt_days *d, bool sure, bool confirmed,
                     const struct entry_op *op, struct change_write *decoded, struct entry_why *why)
{
    const struct catalogue_field *event = catalogue_event_field(c, type);
    struct change_op o;
    enum err e = change_op_decode(op->payload, decoded, &o);
    for (int round = 0; round < (confirmed ? 1 : 2); round++) { /* what cannot be comes first */
        for (size_t i = 0; e == ERR_OK && i < o.count; i++) {
            const struct catalogue_field *f = catalogue_field_by_no(type, o.writes[i].field);
            struct bytes text = entry_text(&o.writes[i]);
            if (f == NULL || text.len == 0) continue;
            e = entry_doubt_text(c, type, d, sure, round == 0, f, text, why);
            if (e != ERR_OK || round == 0 || f != event) continue;
            *why = (struct entry_why){.field = f};
            if (entry_doubt_event(d, text, why)) e = ERR_BAD_VALUE;
        }
    }
    return e;
}

/* Days of events that are probably mistyped: asked about before they are saved. common/doubt.h. */
#include "node/command_priv.h"
#include "proto/wire.h"

#include <stdio.h>

/* The days that are expected now, by the hub's clock as far as it is known. Kept for the day: an import asks
 * for every row. */
static enum err node_doubt_days(struct node_command *c, int64_t ahead_ms)
{
    struct node_identity identity;
    struct date today;
    uint32_t edition = 0;
    const struct catalogue *cat = node_store_catalogue(c->store, &edition);
    bool clock = date_of_ms(c->wall_ms() + ahead_ms, &today) == ERR_OK;
    if (!clock) c->doubt.days.asks = false; /* nothing can be said of a day */
    if (!clock) c->doubt.known = false;
    bool same = c->doubt.known && c->doubt.edition == edition &&
                date_compare(c->doubt.days.today, today) == 0;
    if (same || !clock) return ERR_OK;
    enum err e = node_store_identity(c->store, &identity);
    if (e == ERR_OK) e = doubt_days(cat, identity.unit, today, &c->doubt.days);
    c->doubt.known = e == ERR_OK;
    c->doubt.edition = edition;
    return e;
}

/* The day that the op writes into this field. */
static bool node_doubt_written(struct node_command *c, const struct entry_op *op, unsigned field,
                               struct date *out)
{
    struct change_op decoded;
    struct wire_reader r;
    if (change_op_decode(op->payload, c->entry.entry.decoded, &decoded) != ERR_OK) return false;
    for (size_t i = 0; i < decoded.count; i++) {
        if (decoded.writes[i].field != field) continue;
        wire_open(&r, decoded.writes[i].value);
        return wire_peek(&r) == WIRE_STR && date_parse(wire_get_str(&r), out) == ERR_OK;
    }
    return false;
}

enum err node_doubt(struct node_command *c, const struct catalogue_type *t,
                    const struct entry_op *op, int64_t ahead_ms, struct entry_why *why)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const struct catalogue_field *f =
        cat != NULL && t != NULL && op->changed ? catalogue_event_field(cat, t) : NULL;
    struct date day;
    if (f == NULL || !node_doubt_written(c, op, f->no, &day)) return ERR_OK;
    enum err e = node_doubt_days(c, ahead_ms);
    if (e != ERR_OK || !doubt_asks(&c->doubt.days, day)) return e;
    *why = (struct entry_why){.field = f, .confirm = true};
    doubt_words(&c->doubt.days, day, why->vi, why->en);
    return ERR_BAD_VALUE;
}

/* Days that cannot be, or are probably mistyped: refused or asked about before they are saved. common/doubt.h. */
#include "node/command_priv.h"

enum { NODE_DOUBT_BACK_MS = 86400000 }; /* a clock that is further behind the own log is wrong */

/* The days that are expected now, by the hub's clock as far as it is known. Kept for the day: an import asks
 * for every row. */
static enum err node_doubt_days(struct node_command *c, int64_t ahead_ms)
{
    struct node_identity identity;
    struct date today;
    uint32_t edition = 0;
    const struct catalogue *cat = node_store_catalogue(c->store, &edition);
    bool clock = date_of_ms(c->wall_ms() + ahead_ms, &today) == ERR_OK;
    if (!clock)
        c->doubt.days = (struct doubt_days){.dated = false}; /* nothing can be said of a day */
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

/* A battery that ran out sets a clock years back: what was saved here before is later than today. */
static bool node_doubt_sure(const struct node_command *c, const struct node_store_tip *tip)
{
    return (int64_t)(tip->hlc >> 16) <= c->wall_ms() + tip->hub_ahead_ms + NODE_DOUBT_BACK_MS;
}

enum err node_doubt_ahead(struct node_command *c, struct date day, bool *ahead)
{
    struct node_store_tip tip;
    struct date today;
    *ahead = false;
    enum err e = node_store_tip(c->store, &tip);
    if (e != ERR_OK || !node_doubt_sure(c, &tip)) return e;
    if (date_of_ms(c->wall_ms() + tip.hub_ahead_ms, &today) != ERR_OK) return ERR_OK;
    *ahead = date_compare(day, today) > 0;
    return ERR_OK;
}

enum err node_doubt(struct node_command *c, const struct catalogue_type *t,
                    const struct entry_op *op, const struct node_store_tip *tip, bool confirmed,
                    struct entry_why *why)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    if (cat == NULL || t == NULL || !op->changed) return ERR_OK;
    enum err e = node_doubt_days(c, tip->hub_ahead_ms);
    if (e != ERR_OK) return e;
    return entry_doubt(cat, t, &c->doubt.days, node_doubt_sure(c, tip), confirmed, op,
                       c->entry.entry.decoded, why);
}

enum err node_doubt_text(struct node_command *c, const struct catalogue_type *t,
                         const struct catalogue_field *f, struct bytes text, struct entry_why *why)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    struct node_store_tip tip;
    if (cat == NULL || catalogue_day_rule(cat, t->no, f->no) == CATALOGUE_DAY_ANY) return ERR_OK;
    enum err e = node_store_tip(c->store, &tip);
    if (e == ERR_OK) e = node_doubt_days(c, tip.hub_ahead_ms);
    if (e != ERR_OK) return e;
    return entry_doubt_text(cat, t, &c->doubt.days, node_doubt_sure(c, &tip), true, f, text, why);
}

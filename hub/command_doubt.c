/* Days that cannot be, or are probably mistyped, in what the district types or imports. common/doubt.h. */
#include "common/io/clock.h"
#include "hub/command_priv.h"

#include <stdio.h>

enum err hub_doubt_text(struct hub_app *a, const struct catalogue_type *t,
                        const struct catalogue_field *f, struct bytes text, struct entry_why *why)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    struct doubt_days d = {.dated = false};
    if (c == NULL || t == NULL || catalogue_day_rule(c, t->no, f->no) == CATALOGUE_DAY_ANY)
        return ERR_OK;
    d.dated = date_of_ms(clock_wall_ms(), &d.today) == ERR_OK;
    return entry_doubt_text(c, t, &d, true, true, f, text, why);
}

/* The days that are expected now of the record's unit, of a new record the district's own. Kept: an import asks for
 * every row. */
static enum err hub_doubt_days(struct hub_edit *h, const struct catalogue *c)
{
    struct hub_identity id = {.unit = ""};
    const char *unit = h->unit;
    struct date today;
    if (date_of_ms(clock_wall_ms(), &today) != ERR_OK) {
        h->days = (struct doubt_days){.dated = false}; /* nothing can be said of a day */
        return ERR_OK;
    }
    enum err e = unit[0] == '\0' ? hub_store_identity(h->app->store, &id) : ERR_OK;
    if (unit[0] == '\0') unit = id.unit;
    bool same =
        h->days.dated && date_compare(h->days.today, today) == 0 && strcmp(h->days_unit, unit) == 0;
    if (e != ERR_OK || same) return e;
    snprintf(h->days_unit, sizeof h->days_unit, "%s", unit);
    return doubt_days(c, unit, today, &h->days);
}

enum err hub_doubt(struct hub_edit *h, const struct catalogue_type *t, const struct entry_op *op,
                   struct entry_why *why)
{
    const struct catalogue *c = hub_store_catalogue(h->app->store);
    if (c == NULL || t == NULL || !op->changed) return ERR_OK;
    enum err e = hub_doubt_days(h, c);
    if (e != ERR_OK) return e;
    return entry_doubt(c, t, &h->days, true, !h->asks, op, h->entry.decoded, why);
}

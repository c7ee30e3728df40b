/* Days that cannot be (the catalogue's days.csv) in what the district types or imports. common/doubt.h. */
#include "common/doubt.h"
#include "common/io/clock.h"
#include "hub/command_priv.h"

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

enum err hub_doubt(struct hub_app *a, const struct catalogue_type *t, const struct entry_op *op,
                   struct change_write *decoded, struct entry_why *why)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    struct doubt_days d = {.dated = false};
    if (c == NULL || t == NULL || !op->changed) return ERR_OK;
    d.dated = date_of_ms(clock_wall_ms(), &d.today) == ERR_OK;
    return entry_doubt(c, t, &d, true, true, op, decoded, why);
}

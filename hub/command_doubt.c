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

enum err hub_doubt(struct hub_app *a, struct entry *n, const struct entry_form *form,
                   struct entry_why *why)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    for (size_t i = 0; c != NULL && i < form->count; i++) {
        const struct entry_value *v = &form->values[i];
        struct entry_why wrong;
        struct bytes text = {NULL, 0};
        if (catalogue_day_rule(c, form->type->no, v->field->no) == CATALOGUE_DAY_ANY) continue;
        enum err e = entry_clean(n, c, v->field, v->typed, &text, &wrong);
        if (e == ERR_BAD_VALUE) continue; /* the save says it */
        if (e == ERR_OK) e = hub_doubt_text(a, form->type, v->field, text, why);
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

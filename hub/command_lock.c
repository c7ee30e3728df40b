/* Fields that no list may overwrite: read from a request, shown with the record, respected by an import. SPEC 4.15. */
#include "hub/command_priv.h"

enum err hub_locks_read(const json_t *request, const struct catalogue_type *t,
                        struct record_lock locks[CATALOGUE_FIELDS_MAX], size_t *count,
                        struct entry_why *why)
{
    static const char *const members[] = {"unlock", "lock"};
    *count = 0;
    for (size_t on = 0; on < 2; on++) {
        const json_t *names = json_object_get(request, members[on]);
        for (size_t i = 0; i < json_array_size(names); i++) {
            const char *name = json_string_value(json_array_get(names, i));
            enum err e =
                entry_lock_add(t, name != NULL ? name : members[on], on == 1, locks, count, why);
            if (e != ERR_OK) return e;
        }
    }
    return ERR_OK;
}

void hub_locks_json(const struct fold *f, const struct catalogue_type *t, json_t *record)
{
    json_t *names = json_array();
    for (size_t i = 0; t != NULL && record_locked_any(f) && i < t->field_count; i++)
        if (record_locked(f, t->fields[i].no))
            json_array_append_new(names, json_string(t->fields[i].name));
    if (json_array_size(names) > 0) json_object_set(record, "locks", names);
    json_decref(names);
}

static void hub_lock_told(void *ctx, const struct catalogue_field *field, bool locked)
{
    (void)locked;
    json_array_append_new(ctx, json_string(field->name));
}

void hub_locks_written(struct hub_edit *h, const struct entry_op *op, json_t *answer)
{
    const struct catalogue_type *t =
        catalogue_type_by_no(hub_store_catalogue(h->app->store), h->fold.type);
    json_t *names = json_array();
    if (op->changed && t != NULL && record_locked_any(&h->fold) &&
        entry_locked(&h->fold, t, op, h->entry.decoded, hub_lock_told, names) == ERR_OK &&
        json_array_size(names) > 0)
        json_object_set(answer, "locked", names);
    json_decref(names);
}

struct hub_keeping {
    json_t *kept;
    json_int_t line;
};

static void hub_lock_kept(void *ctx, const struct catalogue_field *field, bool locked)
{
    const struct hub_keeping *k = ctx;
    json_array_append_new(k->kept, json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", k->line, "column",
                                             field->name, "vi", field->label_vi, "en",
                                             field->label_en, "why", locked ? "locked" : "later"));
}

enum err hub_locks_keep(struct hub_edit *h, const json_t *row, struct entry_form *form,
                        struct entry_value *values, json_t *kept, struct entry_why *why)
{
    bool stays[CATALOGUE_FIELDS_MAX] = {false};
    struct hub_keeping k = {kept, json_integer_value(json_object_get(row, "line"))};
    struct entry_op op;
    enum err e = hub_edit_load(h, &form->rid);
    if (e != ERR_OK || h->fold.type == 0 || !record_locked_any(&h->fold)) return e;
    e = hub_edit_draft(h, form, &op, why);
    if (e != ERR_OK || !op.changed) return e;
    e = hub_edit_load(h, &form->rid); /* as it was */
    if (e != ERR_OK) return e;
    return entry_keep(&h->fold, form->type, &op, stays, h->entry.decoded, values, &form->count,
                      hub_lock_kept, &k);
}

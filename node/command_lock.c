/* Fields that no list may overwrite: put on and taken off by people, shown with the record. SPEC 4.15. */
#include "node/command_priv.h"

json_t *node_locks_read(const json_t *request, const struct catalogue_type *t,
                        struct record_lock locks[CATALOGUE_FIELDS_MAX], size_t *count)
{
    static const char *const members[] = {"unlock", "lock"};
    struct entry_why why;
    *count = 0;
    for (size_t on = 0; on < 2; on++) {
        const json_t *names = json_object_get(request, members[on]);
        for (size_t i = 0; i < json_array_size(names); i++) {
            const char *name = json_string_value(json_array_get(names, i));
            if (name == NULL) name = members[on];
            if (entry_lock_add(t, name, on == 1, locks, count, &why) != ERR_OK)
                return node_command_error(ERR_BAD_INPUT, why.vi, why.en, name);
        }
    }
    return NULL;
}

void node_locks_json(const struct fold *f, const struct catalogue_type *t, json_t *record)
{
    json_t *names = json_array();
    for (size_t i = 0; t != NULL && record_locked_any(f) && i < t->field_count; i++)
        if (record_locked(f, t->fields[i].no))
            json_array_append_new(names, json_string(t->fields[i].name));
    if (json_array_size(names) > 0) json_object_set(record, "locks", names);
    json_decref(names);
}

static void node_lock_told(void *ctx, const struct catalogue_field *field, bool locked)
{
    (void)locked;
    json_array_append_new(ctx, json_string(field->name));
}

void node_locks_written(struct node_command *c, const struct entry_op *op, json_t *answer)
{
    const struct fold *f = &c->entry.record.fold;
    const struct catalogue_type *t =
        catalogue_type_by_no(node_store_catalogue(c->store, NULL), f->type);
    json_t *names = json_array();
    if (op->changed && t != NULL && record_locked_any(f) &&
        entry_locked(f, t, op, c->entry.entry.decoded, node_lock_told, names) == ERR_OK &&
        json_array_size(names) > 0)
        json_object_set(answer, "locked", names);
    json_decref(names);
}

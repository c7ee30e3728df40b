/* Rows of a list that name what they refer to by number or name (proto/entry_called.h). */
#include "node/command_priv.h"

#include "proto/entry_called.h"

static enum err node_called_one(struct node_command *c, const struct entry_called *named,
                                const struct catalogue_field *f, struct id_record *out,
                                struct entry_why *why)
{
    struct id_record found[2];
    size_t count = 0;
    enum err e = node_store_called(c->store, named, found, 2, &count);
    if (e == ERR_OK && count == 0) { /* of a row above, which is not saved yet? */
        e = node_import_settle(c);
        if (e == ERR_OK) e = node_store_called(c->store, named, found, 2, &count);
    }
    if (e == ERR_OK) e = entry_called_one(named, f, count, why);
    if (e == ERR_OK) *out = found[0];
    return e;
}

enum err node_called_values(struct node_command *c, struct entry_value *values, size_t count,
                            char hex[][NODE_CALLED_ROOM], struct entry_why *why)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    enum err e = ERR_OK;
    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        struct entry_called named;
        struct id_record rid;
        struct entry_value *v = &values[i];
        if (v->field->kind != CATALOGUE_REF) continue;
        e = entry_called_read(&c->entry.entry, cat, v->field, v->typed, &named, why);
        if (e != ERR_OK || named.count == 0) continue;
        e = node_called_one(c, &named, v->field, &rid, why);
        if (e != ERR_OK) continue;
        id_hex(BYTES_OF(rid.b), hex[i]);
        v->typed = bytes_str(hex[i]);
    }
    return e;
}

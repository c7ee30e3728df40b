/* Rows of a list that name what they refer to by number or name. */
#include "node/command_priv.h"

static enum err node_called_find(void *ctx, const struct entry_called *called,
                                 struct id_record out[static 2], size_t *found)
{
    struct node_command *c = ctx;
    enum err e = node_store_called(c->store, called, out, 2, found);
    if (e != ERR_OK || *found > 0) return e;
    e = node_import_settle(c); /* it may be of a row above, which is not saved yet */
    return e == ERR_OK ? node_store_called(c->store, called, out, 2, found) : e;
}

enum err node_called_values(struct node_command *c, struct entry_value *values, size_t count,
                            char ids[][ENTRY_CALLED_ID_ROOM], struct entry_why *why)
{
    return entry_called_values(&c->entry.entry, node_store_catalogue(c->store, NULL), values, count,
                               ids, node_called_find, c, why);
}

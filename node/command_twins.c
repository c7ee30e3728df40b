#include "node/command_twins.h"

#include "node/command_priv.h"

enum err node_twins_row(struct node_command *c, struct node_twins *t,
                        const struct catalogue_type *type, const json_t *row)
{
    struct id_record found[NODE_TWINS_NAMED_MAX];
    size_t count = 0;
    if (t->rows == NODE_TWINS_ROWS_MAX) {
        t->some = true;
        return ERR_OK;
    }
    t->rows++;
    enum err e = node_store_twins(c->store, type, &c->entry.record.fold, found,
                                  NODE_TWINS_NAMED_MAX, &count);
    if (e != ERR_OK || count == 0) return e;
    json_t *records = json_array();
    for (size_t i = 0; i < count; i++) {
        char hex[2 * ID_RECORD_BYTES + 1];
        id_hex(BYTES_OF(found[i].b), hex);
        json_array_append_new(records, node_search_about(c, hex));
    }
    json_t *j = json_pack("{s:O, s:o}", "line", json_object_get(row, "line"), "records", records);
    return json_array_append_new(t->here, j) == 0 ? ERR_OK : ERR_NOMEM;
}

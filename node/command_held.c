/* held: own changes that the hub holds, why, whose turn it is, and what to do next. SPEC 6.6. */
#include "node/command_priv.h"
#include "proto/held.h"

enum { NODE_HELD_ROWS_MAX = 1000 }; /* of an answer, the oldest; status counts all */

struct node_held_walk {
    struct node_command *c;
    const struct catalogue *cat;
    json_t *rows;
    bool more;
};

static enum err node_held_each(void *ctx, const struct node_store_held *h)
{
    struct node_held_walk *w = ctx;
    char name[NODE_STORE_PERSON_BYTES_MAX + 1];
    const struct held_why *why = held_why(h->verdict);
    if (why == NULL) why = held_why(FOLD_HELD_UNREADABLE); /* a verdict of a newer hub */
    if (json_array_size(w->rows) == NODE_HELD_ROWS_MAX) {
        w->more = true;
        return ERR_OK;
    }
    enum err e = node_store_person_name(w->c->store, &h->person, name);
    if (e != ERR_OK) return e;
    const struct catalogue_type *t =
        w->cat != NULL && h->type != 0 ? catalogue_type_by_no(w->cat, h->type) : NULL;
    json_t *j = json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
        h->about ? node_json_hex(BYTES_OF(h->rid.b)) : json_null(), "type",
        t != NULL ? json_string(t->name) : json_null(), "at", node_json_time(h->at_ms), "person",
        name[0] != '\0' ? json_string(name) : node_json_hex(BYTES_OF(h->person.b)), "reason",
        why->name, "vi", why->vi, "en", why->en, "owner_vi", why->owner_vi, "owner_en",
        why->owner_en, "next_vi", why->unit_vi, "next_en", why->unit_en);
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_command_held(struct node_command *c, const json_t *request)
{
    struct node_held_walk w = {
        .c = c, .cat = node_store_catalogue(c->store, NULL), .rows = json_array()};
    (void)request;
    enum err e = node_store_held(c->store, NODE_HELD_ROWS_MAX + 1, node_held_each, &w);
    if (e == ERR_OK) return json_pack("{s:o, s:b}", "held", w.rows, "more", (int)w.more);
    json_decref(w.rows);
    return node_command_fail(e);
}

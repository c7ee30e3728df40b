/* history: who wrote what into a record, when it came here, and what became of it. */
#include "hub/command_priv.h"
#include "hub/store_history.h"
#include "hub/store_nodes.h"
#include "hub/store_users.h"
#include "proto/sealed.h"

#include <stdio.h>
#include <stdlib.h>

enum { HUB_HISTORY_EVENTS_MAX = 500 }; /* of one answer: the newest */

struct hub_telling {
    struct hub_app *app;
    json_t *events; /* oldest first */
    json_t *users;  /* names by the id under which the hub's own sets know them */
    json_t *nodes;  /* names of PCs by their id */
    bool more;      /* there are older ones */
};

static enum err hub_telling_user(void *ctx, const struct hub_user *u)
{
    struct hub_telling *t = ctx;
    struct id_person person;
    char hex[2 * sizeof person.b + 1];
    hub_app_person(t->app, u->name, &person);
    id_hex(BYTES_OF(person.b), hex);
    return json_object_set_new(t->users, hex, json_string(u->name)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err hub_telling_node(void *ctx, const struct hub_node_row *n)
{
    struct hub_telling *t = ctx;
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(n->node.node.b), hex);
    return json_object_set_new(t->nodes, hex, json_string(n->name)) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_telling_writes(const struct catalogue_type *t, const struct change_op *op)
{
    json_t *a = json_array();
    for (size_t i = 0; i < op->count; i++) {
        const struct change_write *w = &op->writes[i];
        const struct catalogue_field *f = t != NULL ? catalogue_field_by_no(t, w->field) : NULL;
        if (w->field == SEALED_FIELD) continue; /* a key for a reader: nobody typed it */
        bool sealed = f != NULL && f->sealed;
        json_t *j = json_pack("{s:s, s:o}", "field", record_field_name(t, w->field), "value",
                              sealed ? json_null() : hub_json_value(w->value));
        if (sealed) json_object_set_new(j, "sealed", json_true());
        const struct catalogue_field *of =
            w->field == RECORD_LOCKS_FIELD ? record_lock_field(t, w->element) : NULL;
        if (of != NULL)
            json_object_set_new(j, "element", json_string(of->name));
        else if (w->element.p != NULL)
            json_object_set_new(j, "element", hub_json_text(w->element));
        json_array_append_new(a, j);
    }
    return a;
}

/* Who: of the hub's own sets the login's name, of others the PC; what only a PC knows stays an id. */
static void hub_telling_who(const struct hub_telling *t, const struct hub_set *set, json_t *j)
{
    char hex[2 * ID_HASH_BYTES + 1];
    const struct change_head *h = &set->view->head;
    bool own = ID_EQUAL(&h->node, &h->hub);
    id_hex(BYTES_OF(h->person.b), hex);
    json_object_set_new(j, "person", json_string(hex));
    const char *name = own ? json_string_value(json_object_get(t->users, hex)) : NULL;
    id_hex(BYTES_OF(h->node.b), hex);
    if (!own) name = json_string_value(json_object_get(t->nodes, hex));
    json_object_set_new(j, "by_hub", json_boolean(own));
    json_object_set_new(j, "name", json_string(name != NULL ? name : ""));
    json_object_set_new(j, "unit", json_string(set->unit));
}

static enum err hub_telling_each(void *ctx, const struct hub_set *set, unsigned index,
                                 const struct change_op *op)
{
    static const char *const kinds[] = {"create", "edit", "delete"};
    struct hub_telling *t = ctx;
    const struct catalogue *c = hub_store_catalogue(t->app->store);
    const struct catalogue_type *type =
        c != NULL && op != NULL ? catalogue_type_by_no(c, op->type) : NULL;
    unsigned verdict = index < set->verdicts.len ? set->verdicts.p[index] : FOLD_APPLIED;
    if (json_array_size(t->events) == HUB_HISTORY_EVENTS_MAX) {
        json_array_remove(t->events, 0);
        t->more = true;
    }
    json_t *j = json_pack("{s:s, s:o, s:o, s:I, s:s, s:b, s:o}", "kind",
                          op != NULL ? kinds[op->kind] : "erased", "at",
                          hub_json_time((int64_t)(set->view->head.hlc >> 16)), "received",
                          hub_json_time(set->received_ms), "position", (json_int_t)set->position,
                          "verdict", op != NULL ? fold_verdict_word(verdict) : "erased", "late",
                          (int)((verdict & FOLD_FLAG_LATE) != 0), "writes",
                          op != NULL ? hub_telling_writes(type, op) : json_array());
    if (j == NULL) return ERR_NOMEM;
    if (set->view->head.import != 0) { /* which of its lists the commune alone knows */
        char id[17];
        snprintf(id, sizeof id, "%016llx", (unsigned long long)set->view->head.import);
        json_object_set_new(j, "import", json_string(id));
    }
    hub_telling_who(t, set, j);
    return json_array_append_new(t->events, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_history(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    unsigned type = 0;
    if (hub_request_id(request, "id", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    enum err e = hub_store_record(a->store, &rid, NULL, &type, NULL, NULL);
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có hồ sơ này ở trung tâm.",
                                 "There is no such record at the hub.");
    struct hub_telling t = {a, json_array(), json_object(), json_object(), false};
    if (e == ERR_OK) e = hub_users_each(a->store, hub_telling_user, &t);
    if (e == ERR_OK) e = hub_store_nodes(a->store, hub_telling_node, &t);
    if (e == ERR_OK) e = hub_store_history(a->store, &rid, hub_telling_each, &t);
    if (e == ERR_OK) {
        struct hub_reads reads;
        const struct catalogue *c = hub_store_catalogue(a->store);
        hub_reads_init(&reads);
        hub_reads_add(&reads, c != NULL ? catalogue_type_by_no(c, type) : NULL, &rid);
        hub_reads_note(&reads, a, request, "history");
    }
    json_t *j = e == ERR_OK ? json_pack("{s:o, s:O, s:b}", "id", hub_json_hex(BYTES_OF(rid.b)),
                                        "events", t.events, "more", (int)t.more)
                            : hub_command_fail(e);
    json_decref(t.events);
    json_decref(t.users);
    json_decref(t.nodes);
    return j;
}

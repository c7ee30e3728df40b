#include "hub/confirm.h"

#include "common/log.h"
#include "hub/command_priv.h"
#include "hub/store_nodes.h"
#include "hub/store_repair.h"
#include "proto/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the content: [epoch] ---- */

static enum err confirm_decode(struct bytes content, uint64_t *epoch)
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, content, 1);
    if (e != ERR_OK) return e;
    *epoch = wire_get_uint(&r, UINT64_MAX);
    return wire_close(&r);
}

enum err hub_confirm_content(struct hub_app *a, struct buf *out)
{
    struct hub_identity id;
    int64_t since_ms = 0;
    enum err e = hub_store_confirm_wanted(a->store, &since_ms);
    if (e == ERR_OK && since_ms == 0) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_store_identity(a->store, &id);
    if (e != ERR_OK) return e;
    wire_put_array(out, 1);
    wire_put_uint(out, id.epoch);
    return out->e;
}

/* ---- who may sign ---- */

enum err hub_confirm_able(struct hub_app *a)
{
    struct order_register *r = calloc(1, sizeof *r);
    const char *first = NULL;
    bool two = false;
    enum err e = r != NULL ? hub_store_officers(a->store, r) : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < r->count; i++) {
        const struct order_person *p = &r->v[i];
        if (p->revoked || (p->roles & ORDER_ROLE_RESTORE) == 0) continue;
        two = two ||
              (first != NULL && strcmp(first, p->name) != 0); /* two keys of one name: one person */
        first = p->name;
    }
    free(r);
    return e == ERR_OK && !two ? ERR_DENIED : e;
}

/* ---- the kind ---- */

enum err hub_confirm_check(struct hub_app *a, const struct order *o)
{
    struct hub_identity id;
    uint64_t epoch = 0;
    int64_t since_ms = 0;
    enum err e = confirm_decode(o->content, &epoch);
    if (e == ERR_OK) e = hub_store_confirm_wanted(a->store, &since_ms);
    if (e == ERR_OK && since_ms == 0) e = ERR_EXISTS;
    if (e == ERR_OK) e = hub_store_identity(a->store, &id);
    return e == ERR_OK && id.epoch != epoch ? ERR_STALE : e;
}

struct confirm_nodes {
    struct hub_app *app;
    int64_t since_ms;
    size_t nodes, called, finished;
    json_t *missing;    /* names of those that did not come since ... */
    json_t *unfinished; /* ... and of those that came, and have not given everything back yet */
};

static enum err confirm_node(void *ctx, const struct hub_node_row *n)
{
    struct confirm_nodes *c = ctx;
    char text[2 * MESSAGE_TEXT_MAX + 8];
    if (n->node.revoked) return ERR_OK;
    bool called = n->finished || (n->seen && n->contact_ms >= c->since_ms);
    c->nodes++;
    c->called += called;
    c->finished += n->finished;
    json_t *names = called ? c->unfinished : c->missing;
    if (n->finished || json_array_size(names) == HUB_CONFIRM_MISSING_MAX) return ERR_OK;
    snprintf(text, sizeof text, "%s (%s)", hub_unit_name(c->app, n->node.unit), n->name);
    return json_array_append_new(names, json_string(text)) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err hub_confirm_progress(struct hub_app *a, json_t *out)
{
    struct confirm_nodes c = {.app = a};
    enum err e = hub_store_confirm_wanted(a->store, &c.since_ms);
    if (e != ERR_OK || c.since_ms == 0) return e;
    c.missing = json_array();
    c.unfinished = json_array();
    e = hub_store_nodes(a->store, confirm_node, &c);
    if (e == ERR_OK) {
        json_object_set_new(out, "went_back", hub_json_time(c.since_ms));
        json_object_set_new(out, "nodes", json_integer((json_int_t)c.nodes));
        json_object_set_new(out, "called", json_integer((json_int_t)c.called));
        json_object_set_new(out, "finished", json_integer((json_int_t)c.finished));
        json_object_set(out, "missing", c.missing);
        json_object_set(out, "unfinished", c.unfinished);
    }
    json_decref(c.missing);
    json_decref(c.unfinished);
    return e;
}

/* Which PCs were here since is said only while it matters: of an order that was carried out it would be news of
 * another day. */
json_t *hub_confirm_describe(struct hub_app *a, struct bytes content)
{
    struct hub_identity id;
    uint64_t epoch = 0;
    char hex[17];
    json_t *j = json_object();
    enum err e = confirm_decode(content, &epoch);
    if (e == ERR_OK) {
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)epoch);
        json_object_set_new(j, "epoch", json_string(hex));
        e = hub_store_identity(a->store, &id);
    }
    if (e == ERR_OK && id.epoch == epoch) e = hub_confirm_progress(a, j);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("confirm.describe"), log_err(e));
    return j;
}

enum err hub_confirm_apply(struct hub_app *a, const struct order *o, const struct id_hash *id,
                           int64_t now_ms)
{
    (void)o;
    (void)id;
    (void)now_ms;
    return hub_store_confirm(a->store);
}

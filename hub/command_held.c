/* Ops that are held: why, whose turn it is, and what that person does next. SPEC 6.6. */
#include "hub/command_priv.h"
#include "proto/held.h"

#include <stdio.h>

enum { HUB_HELD_ROWS_MAX = 5000 }; /* of an answer, the oldest; more are counted */

struct hub_held_walk {
    struct hub_app *app;
    json_t *rows;
    json_int_t total;
};

static enum err hub_held_row(void *ctx, const struct hub_held *h)
{
    struct hub_held_walk *w = ctx;
    const struct hub_identity *id = &w->app->identity;
    const struct held_why *why = h->edition ? held_why_edition() : held_why(h->reason);
    if (w->total++ >= HUB_HELD_ROWS_MAX) return ERR_OK;
    if (why == NULL) return ERR_DAMAGED;
    bool own = h->unit[0] == '\0' || strcmp(h->unit, id->unit) == 0;
    static const struct id_record none;
    json_t *j = json_pack("{s:I, s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                          "position", (json_int_t)h->position, "op", (json_int_t)h->op, "id",
                          ID_EQUAL(&h->rid, &none) ? json_null() : hub_json_hex(BYTES_OF(h->rid.b)),
                          "unit", own ? id->unit : h->unit, "unit_name",
                          own ? id->unit_name : hub_unit_name(w->app, h->unit), "reason", why->name,
                          "vi", why->vi, "en", why->en, "owner_vi", why->owner_vi, "owner_en",
                          why->owner_en, "next_vi", why->hub_vi, "next_en", why->hub_en);
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* When it came, and by which name `transfer apply` and `aside` know it. */
static enum err hub_held_set(void *ctx, const struct hub_set *set)
{
    char hex[2 * ID_VERSION_BYTES + 1], ref[sizeof hex + 8];
    json_t *j = ctx;
    const struct change_head *h = &set->view->head;
    struct id_version v = id_version_make(&h->inc, h->seq, &set->view->hash);
    id_hex(BYTES_OF(v.b), hex);
    snprintf(ref, sizeof ref, "%s.%u", hex, (unsigned)json_integer_value(json_object_get(j, "op")));
    int bad = json_object_set_new(j, "ref", json_string(ref));
    bad |= json_object_set_new(j, "received", hub_json_time(set->received_ms));
    return bad == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_held(struct hub_app *a, const json_t *request)
{
    struct hub_held_walk w = {.app = a, .rows = json_array()};
    (void)request;
    enum err e = hub_store_held(a->store, hub_held_row, &w);
    for (size_t i = 0; e == ERR_OK && i < json_array_size(w.rows); i++) {
        json_t *j = json_array_get(w.rows, i);
        uint64_t at = (uint64_t)json_integer_value(json_object_get(j, "position"));
        e = hub_store_sets(a->store, at, at, hub_held_set, j);
    }
    if (e == ERR_OK)
        return json_pack("{s:o, s:I, s:b}", "held", w.rows, "total", w.total, "more",
                         (int)(w.total > HUB_HELD_ROWS_MAX));
    json_decref(w.rows);
    return hub_command_fail(e);
}

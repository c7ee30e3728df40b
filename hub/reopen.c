#include "hub/reopen.h"

#include "hub/command_priv.h"
#include "hub/store_flow.h"

#include <stdio.h>

static enum err reopen_text(struct bytes b, char *out, size_t room)
{
    if (b.len >= room) return ERR_BAD_FORMAT;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

enum err hub_reopen_check(struct hub_app *a, const struct order *o)
{
    struct workflow_key key;
    struct hub_closing c;
    uint32_t issue = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1], report[CATALOGUE_NAME_BYTES_MAX + 1];
    char period[PERIOD_LABEL_ROOM];
    enum err e = workflow_order_decode(o->content, &key, &issue);
    if (e == ERR_OK) e = reopen_text(key.unit, unit, sizeof unit);
    if (e == ERR_OK) e = reopen_text(key.report, report, sizeof report);
    if (e == ERR_OK) e = reopen_text(key.period, period, sizeof period);
    if (e == ERR_OK) e = hub_flow_closing(a->store, unit, report, period, &c);
    if (e != ERR_OK) return e;
    if (c.number != issue) return ERR_NOT_FOUND;
    return c.reopened ? ERR_EXISTS : ERR_OK;
}

json_t *hub_reopen_describe(struct hub_app *a, struct bytes content)
{
    struct workflow_key key;
    uint32_t issue = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1] = "";
    if (workflow_order_decode(content, &key, &issue) != ERR_OK ||
        reopen_text(key.unit, unit, sizeof unit) != ERR_OK)
        return json_object();
    return json_pack("{s:s, s:s, s:o, s:o, s:I}", "unit", unit, "unit_name", hub_unit_name(a, unit),
                     "report", hub_json_text(key.report), "period", hub_json_text(key.period),
                     "number", (json_int_t)issue);
}

enum err hub_reopen_apply(struct hub_app *a, const struct order *o, const struct id_hash *id,
                          int64_t now_ms)
{
    struct workflow_reopen v = {.order = *id};
    struct buf payload;
    buf_init(&payload, 1024);
    enum err e = workflow_order_decode(o->content, &v.key, &v.issue);
    if (e == ERR_OK) {
        workflow_reopen_encode(&v, &payload);
        e = payload.e;
    }
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    if (e == ERR_OK) e = hub_own_append(a->store, &a->keys, &set, now_ms, NULL);
    buf_free(&payload);
    return e;
}

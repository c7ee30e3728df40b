/* keys: what the hub's card says, and the order of two people that revokes its log key. docs/keys.md. */
#include "hub/command_priv.h"
#include "hub/orders.h"
#include "hub/rotate.h"

#include "common/io/clock.h"

static json_t *hub_keys_show(struct hub_app *a)
{
    const struct admin_card *c = &a->identity.parsed;
    json_t *past = json_array();
    for (size_t i = 0; i < c->past_count; i++)
        json_array_append_new(past, json_pack("{s:o, s:I, s:b}", "log_key",
                                              hub_json_hex(BYTES_OF(c->past[i].log_pk)),
                                              "last_position", (json_int_t)c->past[i].last,
                                              "stolen", (int)c->past[i].stolen));
    return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o}", "hub",
                     hub_json_hex(BYTES_OF(a->identity.hub.b)), "serial", (json_int_t)c->serial,
                     "address", c->address, "log_key", hub_json_hex(BYTES_OF(c->log_pk)),
                     "transport_key", hub_json_hex(BYTES_OF(c->transport_pk)), "sealing_key",
                     hub_json_hex(BYTES_OF(c->sealing_pk)), "past", past, "card",
                     hub_json_base64(bytes_make(a->identity.card, a->identity.card_len)));
}

static json_t *hub_keys_order(struct hub_app *a, const json_t *request)
{
    const char *basis = hub_request_str(request, "reason");
    struct buf content, order;
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&order, ORDER_BYTES_MAX);
    hub_rotate_order_encode(a->identity.parsed.log_pk, &content);
    enum err e = content.e;
    if (e == ERR_OK)
        e = hub_order_draft(a, "keys", bytes_str(basis != NULL ? basis : ""), buf_bytes(&content),
                            clock_wall_ms(), &order);
    json_t *j = e == ERR_OK ? json_pack("{s:o}", "order", hub_json_base64(buf_bytes(&order)))
                : e == ERR_BAD_INPUT ? hub_command_error(e, "Cần --reason: lý do, một dòng.",
                                                         "--reason is needed: why, one line.")
                                     : hub_command_fail(e);
    buf_free(&order);
    buf_free(&content);
    return j;
}

json_t *hub_command_keys(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    if (action == NULL || strcmp(action, "show") == 0) return hub_keys_show(a);
    if (strcmp(action, "order") == 0) return hub_keys_order(a, request);
    return hub_command_fail(ERR_USAGE);
}

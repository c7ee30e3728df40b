/* keys: what the hub's card says, the order of two people that revokes its log key, and the demand that a node
 * changes its own. docs/keys.md. */
#include "hub/command_priv.h"
#include "hub/orders.h"
#include "hub/rotate.h"
#include "hub/store_nodes.h"
#include "hub/store_rekey.h"

#include "common/io/clock.h"
#include "proto/minisign.h"
#include "common/text.h"

json_t *hub_keys_issue(const struct hub_app *a)
{
    struct buf text;
    buf_init(&text, MINISIGN_FILE_BYTES_MAX);
    const char *line =
        minisign_public(a->issue.public, &text) == ERR_OK ? strchr(buf_cstr(&text), '\n') : NULL;
    json_t *j = line != NULL ? json_stringn(line + 1, strcspn(line + 1, "\n")) : json_null();
    buf_free(&text);
    return j;
}

static json_t *hub_keys_show(struct hub_app *a)
{
    const struct admin_card *c = &a->identity.parsed;
    json_t *past = json_array();
    for (size_t i = 0; i < c->past_count; i++)
        json_array_append_new(past, json_pack("{s:o, s:I, s:b}", "log_key",
                                              hub_json_hex(BYTES_OF(c->past[i].log_pk)),
                                              "last_position", (json_int_t)c->past[i].last,
                                              "stolen", (int)c->past[i].stolen));
    return json_pack("{s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "hub",
                     hub_json_hex(BYTES_OF(a->identity.hub.b)), "serial", (json_int_t)c->serial,
                     "address", c->address, "log_key", hub_json_hex(BYTES_OF(c->log_pk)),
                     "transport_key", hub_json_hex(BYTES_OF(c->transport_pk)), "sealing_key",
                     hub_json_hex(BYTES_OF(c->sealing_pk)), "past", past, "card",
                     hub_json_base64(bytes_make(a->identity.card, a->identity.card_len)),
                     "issue_key", hub_keys_issue(a));
}

static json_t *hub_keys_order(struct hub_app *a, const json_t *request)
{
    const char *basis = hub_request_str(request, "reason");
    struct buf content, order;
    const struct admin_card *card = &a->identity.parsed;
    bool past = json_is_true(json_object_get(request, "past"));
    if (past && (card->past_count == 0 || card->past[card->past_count - 1].stolen))
        return hub_command_error(ERR_NOT_FOUND, "Không có khóa cũ nào còn được tin.",
                                 "There is no key of before that is still believed.");
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&order, ORDER_BYTES_MAX);
    hub_rotate_order_encode(past ? card->past[card->past_count - 1].log_pk : card->log_pk,
                            &content);
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

/* The hub's word that this node's present key shall go, as a set of its log. */
static enum err hub_keys_ask(struct hub_app *a, const struct hub_node *n, const json_t *request,
                             const char *reason, struct hub_taken *taken)
{
    struct admin_rekey_ask ask = {.node = n->node, .reason = bytes_str(reason)};
    struct buf payload;
    memcpy(ask.sign_pk, n->sign_pk, sizeof ask.sign_pk);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_rekey_ask_encode(&ask, &payload);
    enum err e = hub_request_save(a, request, &payload, taken);
    buf_free(&payload);
    return e;
}

static json_t *hub_keys_demand(struct hub_app *a, const json_t *request)
{
    struct hub_node_row n;
    struct hub_rekeyed seen;
    struct hub_taken taken;
    const char *reason = hub_request_str(request, "reason");
    json_t *j = hub_command_node(a, request, &n);
    if (j != NULL) return j;
    if (reason == NULL ||
        text_check(bytes_str(reason), ADMIN_KEY_REASON_BYTES_MAX, TEXT_ONE_LINE) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Cần --reason: lý do, một dòng, tối đa 400 byte.",
                                 "--reason is needed: why, one line, at most 400 bytes.");
    if (n.node.revoked)
        return hub_command_error(ERR_REVOKED, "Máy này đã bị thu hồi: không còn khóa nào để đổi.",
                                 "This node was revoked: it has no keys to change.");
    enum err e = hub_store_rekeyed(a->store, &n.node, &seen);
    if (e == ERR_OK && seen.asked_position != 0)
        return hub_command_error(ERR_EXISTS, "Máy này đã được yêu cầu đổi khóa và chưa đổi xong.",
                                 "This node was asked already, and has not changed them yet.");
    if (e == ERR_OK) e = hub_keys_ask(a, &n.node, request, reason, &taken);
    if (e != ERR_OK) return hub_command_fail(e);
    return json_pack("{s:o, s:s, s:s, s:s, s:I}", "node", hub_json_hex(BYTES_OF(n.node.node.b)),
                     "unit", n.node.unit, "unit_name", hub_unit_name(a, n.node.unit), "name",
                     n.name, "position", (json_int_t)taken.last_position);
}

json_t *hub_command_keys(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    if (action == NULL || strcmp(action, "show") == 0) return hub_keys_show(a);
    if (strcmp(action, "order") == 0) return hub_keys_order(a, request);
    if (strcmp(action, "demand") == 0) return hub_keys_demand(a, request);
    return hub_command_fail(ERR_USAGE);
}

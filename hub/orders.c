#include "hub/orders.h"

#include "common/text.h"
#include "hub/confirm.h"
#include "hub/erasing.h"
#include "hub/own.h"
#include "hub/reopen.h"
#include "hub/rotate.h"
#include "hub/sealed.h"

#include <sodium.h>
#include <stdlib.h>

/* Kinds without a row of functions are only recorded: whoever asks for them looks in the log. */
static const struct hub_order_kind hub_order_kinds[] = {
    {.kind = "erase",
     .vi = "xóa dữ liệu cá nhân",
     .en = "erase personal data",
     .check = hub_erasing_check,
     .describe = hub_erasing_describe},
    {.kind = "reopen",
     .vi = "mở lại kỳ đã chốt",
     .en = "reopen a closed period",
     .check = hub_reopen_check,
     .describe = hub_reopen_describe,
     .apply = hub_reopen_apply},
    {.kind = "restore",
     .vi = "xác nhận trung tâm đã khôi phục",
     .en = "confirm what a restored hub has",
     .check = hub_confirm_check,
     .describe = hub_confirm_describe,
     .apply = hub_confirm_apply},
    {.kind = "keys",
     .vi = "thu hồi khóa của trung tâm",
     .en = "revoke the hub's keys",
     .check = hub_rotate_order_check},
    {.kind = "readers",
     .vi = "người đọc các trường niêm phong",
     .en = "who reads sealed fields",
     .check = hub_sealed_order_check,
     .describe = hub_sealed_order_describe},
};

const struct hub_order_kind *hub_order_kind(struct bytes kind)
{
    for (size_t i = 0; i < sizeof hub_order_kinds / sizeof hub_order_kinds[0]; i++) {
        if (bytes_equal(kind, bytes_str(hub_order_kinds[i].kind))) return &hub_order_kinds[i];
    }
    return NULL;
}

/* Decode, and ask the kind whether it could be carried out. */
static enum err hub_order_sound(struct hub_app *a, struct bytes bytes, struct order *o,
                                const struct hub_order_kind **kind)
{
    enum err e = order_decode(bytes, o);
    if (e != ERR_OK) return e;
    *kind = hub_order_kind(o->kind);
    if (*kind == NULL) return ERR_BAD_INPUT;
    return (*kind)->check != NULL ? (*kind)->check(a, o) : ERR_OK;
}

static enum err hub_order_newest(void *ctx, const struct hub_order_row *row)
{
    uint64_t *newest = ctx;
    struct order o;
    if (order_decode(row->order, &o) == ERR_OK && o.made_ms > *newest) *newest = o.made_ms;
    return ERR_OK;
}

enum err hub_order_draft(struct hub_app *a, const char *kind, struct bytes basis,
                         struct bytes content, int64_t now_ms, struct buf *out)
{
    const struct hub_order_kind *row = hub_order_kind(bytes_str(kind));
    uint64_t newest = 0;
    if (row == NULL || basis.len == 0 ||
        text_check(basis, ORDER_BASIS_BYTES_MAX, TEXT_ONE_LINE) != ERR_OK)
        return ERR_BAD_INPUT;
    if (content.len > ORDER_CONTENT_BYTES_MAX) return ERR_TOO_LARGE;
    struct order o = {.hub = a->keys.hub,
                      .kind = bytes_str(kind),
                      .made_ms = now_ms > 0 ? (uint64_t)now_ms : 0,
                      .basis = basis,
                      .content = content};
    /* later than all others, whatever the clock does: an order that is not is taken for an old one */
    enum err e = hub_store_orders(a->store, "", false, hub_order_newest, &newest);
    if (e == ERR_OK && o.made_ms <= newest && newest < INT64_MAX) o.made_ms = newest + 1;
    if (e == ERR_OK && row->check != NULL) e = row->check(a, &o);
    if (e != ERR_OK) return e;
    randombytes_buf(o.nonce, sizeof o.nonce);
    order_encode(&o, out);
    return out->e;
}

static enum err hub_order_signed(struct hub_app *a, struct bytes order,
                                 const struct order_signature *by)
{
    struct order_register *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    enum err e = hub_store_officers(a->store, r);
    if (e == ERR_OK) e = order_register_signed(r, order, by);
    free(r);
    return e;
}

enum err hub_order_propose(struct hub_app *a, struct bytes order, const struct order_signature *by,
                           int64_t now_ms, struct id_hash *id)
{
    struct order o;
    const struct hub_order_kind *kind = NULL;
    enum err e = hub_order_sound(a, order, &o, &kind);
    if (e == ERR_OK) e = hub_order_signed(a, order, by);
    if (e == ERR_OK) e = hub_app_begin(a);
    if (e != ERR_OK) return e;
    e = hub_store_order_propose(a->store, order, by, now_ms);
    if (e != ERR_OK) {
        hub_app_abort(a);
        return e;
    }
    order_id(order, id);
    return hub_app_commit(a);
}

/* Inside a transaction: the order into the log, then whatever its kind does. */
static enum err hub_order_carry_out(struct hub_app *a, const struct order_op *op,
                                    const struct order *o, const struct hub_order_kind *kind,
                                    const struct id_hash *id, int64_t now_ms)
{
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    order_op_encode(op, &payload);
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    enum err e = payload.e;
    if (e == ERR_OK) e = hub_own_append(a->store, &a->keys, &set, now_ms, NULL);
    if (e == ERR_OK && kind->apply != NULL) e = kind->apply(a, o, id, now_ms);
    buf_free(&payload);
    return e;
}

enum err hub_order_approve(struct hub_app *a, const struct id_hash *id,
                           const struct order_signature *by, int64_t now_ms)
{
    struct hub_order_row row;
    struct order o;
    struct buf memory;
    const struct hub_order_kind *kind = NULL;
    buf_init(&memory, ORDER_BYTES_MAX);
    enum err e = hub_store_order(a->store, id, &row, &memory);
    if (e == ERR_OK && row.position != 0) e = ERR_EXISTS;
    if (e == ERR_OK) e = hub_order_sound(a, row.order, &o, &kind);
    if (e == ERR_OK && key_equal(row.by[0].pk, by->pk, sizeof by->pk)) e = ERR_DENIED;
    if (e == ERR_OK) e = hub_order_signed(a, row.order, by);
    if (e == ERR_OK) e = hub_app_begin(a);
    if (e != ERR_OK) goto out;
    struct order_op op = {.order = row.order, .by = {row.by[0], *by}};
    e = hub_order_carry_out(a, &op, &o, kind, id, now_ms);
    if (e != ERR_OK) {
        hub_app_abort(a);
        goto out;
    }
    e = hub_app_commit(a);
    if (e == ERR_OK && kind->done != NULL) kind->done(a, &o, now_ms);
out:
    buf_free(&memory);
    return e;
}

#include "proto/order.h"
#include "common/text.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>

static const struct {
    const char *kind;
    unsigned role;
} order_roles
    [] =
        {
            {"erase", ORDER_ROLE_ERASE},     {"reopen", ORDER_ROLE_REOPEN},
            {"restore", ORDER_ROLE_RESTORE}, {"keys", ORDER_ROLE_KEYS},
            {"readers", ORDER_ROLE_KEYS}, /* who reads is a matter of keys, too; the bit's name is the first */
};

unsigned order_role_of(struct bytes kind)
{
    for (size_t i = 0; i < sizeof order_roles / sizeof order_roles[0]; i++) {
        if (bytes_equal(kind, bytes_str(order_roles[i].kind))) return order_roles[i].role;
    }
    return 0;
}

const char *order_role_name(unsigned role)
{
    for (size_t i = 0; i < sizeof order_roles / sizeof order_roles[0]; i++) {
        if (order_roles[i].role == role) return order_roles[i].kind;
    }
    return NULL;
}

/* ---- the order ---- */

void order_encode(const struct order *o, struct buf *out)
{
    wire_put_array(out, 7);
    wire_put_uint(out, 1);
    wire_put_bin(out, BYTES_OF(o->hub.b));
    wire_put_str(out, o->kind);
    wire_put_bin(out, BYTES_OF(o->nonce));
    wire_put_uint(out, o->made_ms);
    wire_put_str(out, o->basis);
    wire_put_bin(out, o->content);
}

enum err order_decode(struct bytes bytes, struct order *o)
{
    struct wire_reader r;
    struct order out = {0};
    if (bytes.len > ORDER_BYTES_MAX) return ERR_BAD_FORMAT;
    enum err e = wire_open_array(&r, bytes, 7);
    if (e != ERR_OK) return e;
    if (wire_get_uint(&r, 1) != 1) return ERR_BAD_FORMAT;
    wire_get_bin_exact(&r, out.hub.b, sizeof out.hub.b);
    out.kind = wire_get_str(&r);
    wire_get_bin_exact(&r, out.nonce, sizeof out.nonce);
    out.made_ms = wire_get_uint(&r, INT64_MAX);
    out.basis = wire_get_str(&r);
    out.content = wire_get_bin(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    bool fits = out.kind.len > 0 && out.kind.len <= ORDER_KIND_BYTES_MAX && out.basis.len > 0 &&
                out.basis.len <= ORDER_BASIS_BYTES_MAX &&
                out.content.len <= ORDER_CONTENT_BYTES_MAX;
    if (!fits) return ERR_BAD_FORMAT;
    *o = out;
    return ERR_OK;
}

void order_id(struct bytes bytes, struct id_hash *out)
{
    crypto_generichash(out->b, sizeof out->b, bytes.p, bytes.len, NULL, 0);
}

enum err order_sign(const struct key_sign *k, struct bytes bytes, uint8_t signature[static 64])
{
    assert(k->use == KEY_OFFICER);
    return key_sign_parts(k, "dongbo/order/1", &bytes, 1, signature);
}

/* ---- ops ---- */

static enum err order_open(struct wire_reader *r, struct bytes payload, enum change_kind kind,
                           size_t items)
{
    enum err e = wire_open_array(r, payload, items);
    if (e != ERR_OK) return e;
    return wire_get_uint(r, (uint64_t)kind) == (uint64_t)kind ? r->e : ERR_BAD_FORMAT;
}

static void order_begin(struct buf *out, enum change_kind kind, size_t items)
{
    wire_put_array(out, items);
    wire_put_uint(out, (uint64_t)kind);
}

void order_op_encode(const struct order_op *op, struct buf *out)
{
    order_begin(out, CHANGE_ORDER, 6);
    wire_put_bin(out, op->order);
    for (size_t i = 0; i < 2; i++) {
        wire_put_bin(out, BYTES_OF(op->by[i].pk));
        wire_put_bin(out, BYTES_OF(op->by[i].signature));
    }
}

enum err order_op_decode(struct bytes payload, struct order_op *op)
{
    struct wire_reader r;
    struct order_op out = {0};
    enum err e = order_open(&r, payload, CHANGE_ORDER, 6);
    if (e != ERR_OK) return e;
    out.order = wire_get_bin(&r);
    for (size_t i = 0; i < 2; i++) {
        wire_get_bin_exact(&r, out.by[i].pk, sizeof out.by[i].pk);
        wire_get_bin_exact(&r, out.by[i].signature, sizeof out.by[i].signature);
    }
    e = wire_close(&r);
    if (e == ERR_OK) *op = out;
    return e;
}

void order_officer_encode(const struct order_officer *o, struct buf *out)
{
    order_begin(out, CHANGE_OFFICER, 6);
    wire_put_str(out, o->name);
    wire_put_bin(out, BYTES_OF(o->pk));
    wire_put_uint(out, o->roles);
    wire_put_bin(out, BYTES_OF(o->proof));
    if (o->has_root) {
        wire_put_bin(out, BYTES_OF(o->root));
    } else {
        wire_put_nil(out);
    }
}

enum err order_officer_decode(struct bytes payload, struct order_officer *o)
{
    struct wire_reader r;
    struct order_officer out = {0};
    enum err e = order_open(&r, payload, CHANGE_OFFICER, 6);
    if (e != ERR_OK) return e;
    out.name = wire_get_str(&r);
    wire_get_bin_exact(&r, out.pk, sizeof out.pk);
    out.roles = (unsigned)wire_get_uint(&r, UINT16_MAX);
    wire_get_bin_exact(&r, out.proof, sizeof out.proof);
    out.has_root = !wire_get_nil(&r);
    if (out.has_root) wire_get_bin_exact(&r, out.root, sizeof out.root);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.name.len == 0 || out.name.len > ORDER_NAME_BYTES_MAX || out.roles == 0)
        return ERR_BAD_FORMAT;
    *o = out;
    return ERR_OK;
}

/* What an officer's proof and the root's signature are over. */
static void order_officer_parts(const struct id_hash *hub, const struct order_officer *o,
                                uint8_t roles[static 4], struct bytes parts[static 4])
{
    le32_store(roles, o->roles);
    parts[0] = BYTES_OF(hub->b);
    parts[1] = BYTES_OF(o->pk);
    parts[2] = bytes_make(roles, 4);
    parts[3] = o->name;
}

enum err order_officer_prove(const struct key_sign *k, const struct id_hash *hub,
                             struct order_officer *o)
{
    uint8_t roles[4];
    struct bytes parts[4];
    assert(k->use == KEY_OFFICER);
    order_officer_parts(hub, o, roles, parts);
    return key_sign_parts(k, "dongbo/officer/1", parts, 4, o->proof);
}

enum err order_officer_vouch(const struct key_sign *root, const struct id_hash *hub,
                             struct order_officer *o)
{
    uint8_t roles[4];
    struct bytes parts[4];
    assert(root->use == KEY_ROOT);
    order_officer_parts(hub, o, roles, parts);
    enum err e = key_sign_parts(root, "dongbo/vouch/1", parts, 4, o->root);
    if (e == ERR_OK) o->has_root = true;
    return e;
}

void order_revoke_encode(const struct order_revoke *v, struct buf *out)
{
    order_begin(out, CHANGE_OFFICER_REVOKE, 3);
    wire_put_bin(out, BYTES_OF(v->pk));
    wire_put_str(out, v->reason);
}

enum err order_revoke_decode(struct bytes payload, struct order_revoke *v)
{
    struct wire_reader r;
    struct order_revoke out = {0};
    enum err e = order_open(&r, payload, CHANGE_OFFICER_REVOKE, 3);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.pk, sizeof out.pk);
    out.reason = wire_get_str(&r);
    e = wire_close(&r);
    if (e == ERR_OK && out.reason.len > ORDER_REASON_BYTES_MAX) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *v = out;
    return e;
}

/* ---- the register ---- */

void order_register_init(struct order_register *r, const struct id_hash *hub,
                         const uint8_t root_pk[static 32])
{
    memset(r, 0, sizeof *r);
    r->hub = *hub;
    memcpy(r->root_pk, root_pk, sizeof r->root_pk);
}

static size_t order_register_at(const struct order_register *r, const uint8_t pk[static 32])
{
    size_t i = 0;
    while (i < r->count && memcmp(r->v[i].pk, pk, sizeof r->v[i].pk) != 0)
        i++;
    return i;
}

const struct order_person *order_register_find(const struct order_register *r,
                                               const uint8_t pk[static 32])
{
    size_t i = order_register_at(r, pk);
    return i < r->count ? &r->v[i] : NULL;
}

enum { ORDER_FOLDED_BYTES_MAX = 16 * ORDER_NAME_BYTES_MAX };

/* Names as people read them: case, marks and blanks make nobody another person. Bytes that are no text, as they are. */
static enum err order_one_name(struct bytes a, struct bytes b, bool *one)
{
    struct buf fa, fb;
    buf_init(&fa, ORDER_FOLDED_BYTES_MAX);
    buf_init(&fb, ORDER_FOLDED_BYTES_MAX);
    enum err e = text_fold(a, ORDER_NAME_BYTES_MAX, &fa);
    if (e == ERR_OK) e = text_fold(b, ORDER_NAME_BYTES_MAX, &fb);
    *one = e == ERR_OK ? bytes_equal(buf_bytes(&fa), buf_bytes(&fb)) : bytes_equal(a, b);
    buf_free(&fa);
    buf_free(&fb);
    return e == ERR_BAD_INPUT || e == ERR_TOO_LARGE ? ERR_OK : e;
}

enum err order_register_named(const struct order_register *r, struct bytes name, bool *named)
{
    enum err e = ERR_OK;
    *named = false;
    for (size_t i = 0; e == ERR_OK && !*named && i < r->count; i++)
        if (!r->v[i].revoked) e = order_one_name(bytes_str(r->v[i].name), name, named);
    return e;
}

enum err order_register_add(struct order_register *r, const struct order_officer *o)
{
    uint8_t roles[4];
    struct bytes parts[4];
    if (o->name.len == 0 || o->name.len > ORDER_NAME_BYTES_MAX) return ERR_BAD_FORMAT;
    size_t at = order_register_at(r, o->pk), others = r->count - (at < r->count);
    struct order_person *p = &r->v[at];
    if (at < r->count && (p->revoked || (p->roles | o->roles) == p->roles)) return ERR_EXISTS;
    if (at == ORDER_OFFICERS_MAX) return ERR_TOO_LARGE;
    if (others >= ORDER_FREE_OFFICERS && !o->has_root) return ERR_DENIED;
    order_officer_parts(&r->hub, o, roles, parts);
    enum err e = key_verify_parts(o->pk, "dongbo/officer/1", parts, 4, o->proof);
    if (e == ERR_OK && o->has_root)
        e = key_verify_parts(r->root_pk, "dongbo/vouch/1", parts, 4, o->root);
    if (e != ERR_OK) return e;
    if (at < r->count) {
        p->vouched = o->has_root && (p->vouched || (p->roles & ~o->roles) == 0);
        p->roles |= o->roles;
        return ERR_OK;
    }
    r->count++;
    *p = (struct order_person){.roles = o->roles, .vouched = o->has_root};
    memcpy(p->name, o->name.p, o->name.len);
    memcpy(p->pk, o->pk, sizeof p->pk);
    return ERR_OK;
}

enum err order_register_revoke(struct order_register *r, const uint8_t pk[static 32])
{
    size_t i = order_register_at(r, pk);
    if (i == r->count || r->v[i].revoked) return ERR_NOT_FOUND;
    r->v[i].revoked = true;
    return ERR_OK;
}

enum err order_register_signed(const struct order_register *r, struct bytes order,
                               const struct order_signature *by)
{
    struct order o;
    enum err e = order_decode(order, &o);
    if (e != ERR_OK) return e;
    if (!ID_EQUAL(&o.hub, &r->hub)) return ERR_WRONG_HUB;
    const struct order_person *p = order_register_find(r, by->pk);
    if (p == NULL) return ERR_NOT_FOUND;
    if (p->revoked) return ERR_REVOKED;
    if ((p->roles & order_role_of(o.kind)) == 0) return ERR_DENIED;
    return key_verify_parts(by->pk, "dongbo/order/1", &order, 1, by->signature);
}

enum err order_register_check(const struct order_register *r, const struct order_op *op)
{
    if (key_equal(op->by[0].pk, op->by[1].pk, sizeof op->by[0].pk)) return ERR_DENIED;
    enum err e = order_register_signed(r, op->order, &op->by[0]);
    if (e == ERR_OK) e = order_register_signed(r, op->order, &op->by[1]);
    if (e != ERR_OK) return e;
    const struct order_person *a = order_register_find(r, op->by[0].pk);
    const struct order_person *b = order_register_find(r, op->by[1].pk);
    bool one = false;
    e = order_one_name(bytes_str(a->name), bytes_str(b->name), &one);
    return e == ERR_OK && one ? ERR_DENIED : e; /* one person, two keys */
}

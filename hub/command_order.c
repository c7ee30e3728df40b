/* Officers, orders of two people, and erasure: requests. Keys never come here: a request brings
 * public keys and signatures. docs/erasure.md. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "common/text.h"
#include "hub/erasing.h"
#include "hub/orders.h"
#include "hub/store_erase.h"
#include "hub/store_repair.h"
#include "proto/words.h"

#include <stdlib.h>

/* ---- words for what goes wrong ---- */

static json_t *hub_order_said(enum err e)
{
    static const struct {
        enum err e;
        const char *vi, *en;
    } said[] = {
        {ERR_DENIED,
         "Chưa làm gì: khóa này không có quyền ký lệnh loại này, hoặc chính người này đã ký rồi "
         "(cần hai người khác nhau). Từ cán bộ thứ ba trở đi cần khóa gốc (--root).",
         "Nothing was done: this key may not sign orders of this kind, or the same person signed "
         "already (two different people are needed). From the third officer on the root key is "
         "needed (--root)."},
        {ERR_REVOKED, "Chưa làm gì: khóa của cán bộ này đã bị thu hồi.",
         "Nothing was done: this officer's key was revoked."},
        {ERR_NOT_FOUND, "Không có lệnh, cán bộ, hồ sơ hoặc thay đổi mang mã này.",
         "There is no order, officer, record or op of that name."},
        {ERR_EXISTS,
         "Lệnh này đã được thi hành, hồ sơ đã xóa rồi, việc khôi phục đã được xác nhận, hoặc "
         "tên/khóa cán "
         "bộ đã có.",
         "This order was carried out already, the record is erased, the restore is confirmed, or "
         "the "
         "officer's name or key is there."},
        {ERR_STALE,
         "Chưa làm gì: đã có lệnh mới hơn về người này, hoặc trung tâm lại lùi về bản cũ sau khi "
         "soạn lệnh. "
         "Hãy soạn lệnh mới rồi ký lại.",
         "Nothing was done: there is a newer order about this person, or the hub went back once "
         "more since. "
         "Draft the order anew and sign it again."},
        {ERR_REFUSED, hub_unsettled_vi, hub_unsettled_en},
        {ERR_BAD_SIGNATURE, "Chữ ký không khớp; chưa làm gì.",
         "The signature does not fit; nothing was done."},
        {ERR_BAD_INPUT, "Thiếu hoặc sai mã, tên, căn cứ; chưa làm gì.",
         "An id, a name or the legal basis is missing or wrong; nothing was done."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e == e) return hub_command_error(e, said[i].vi, said[i].en);
    }
    return hub_command_fail(e);
}

static enum err hub_request_hex(const json_t *request, const char *key, uint8_t *out, size_t len)
{
    const char *hex = hub_request_str(request, key);
    return hex != NULL ? id_unhex(hex, out, len) : ERR_BAD_INPUT;
}

static json_t *hub_json_roles(unsigned roles)
{
    json_t *list = json_array();
    for (unsigned bit = 1; bit <= ORDER_ROLE_ALL; bit <<= 1) {
        const char *name = order_role_name(bit);
        if ((roles & bit) != 0 && name != NULL) json_array_append_new(list, json_string(name));
    }
    return list;
}

/* ---- officers ---- */

static enum err hub_officer_payload(struct hub_app *a, const struct buf *payload)
{
    struct bytes p = buf_bytes(payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    if (payload->e != ERR_OK) return payload->e;
    enum err e = hub_app_begin(a);
    if (e == ERR_OK) e = hub_own_append(a->store, &a->keys, &set, clock_wall_ms(), NULL);
    if (e == ERR_OK) return hub_app_commit(a);
    hub_app_abort(a);
    return e;
}

/* NULL: a person may record this officer now. Names are unique for people. */
static json_t *hub_officer_ask(struct hub_app *a, const struct order_officer *o)
{
    struct order_register *r = calloc(1, sizeof *r);
    enum err e = r != NULL ? hub_store_officers(a->store, r) : ERR_NOMEM;
    bool named = false;
    if (e == ERR_OK) e = order_register_named(r, o->name, &named);
    free(r);
    if (e == ERR_OK && named)
        return hub_command_error(
            ERR_EXISTS,
            "Chưa làm gì: đã có cán bộ tên này, khóa còn hiệu lực. Muốn thêm hay bớt quyền của "
            "người đó: thu hồi khóa ấy (trang Lệnh, Cán bộ được ký, hoặc `officer revoke`), rồi "
            "thêm lại người đó với khóa mới và đủ các quyền. Người khác trùng tên: ghi thêm đơn vị "
            "hoặc năm sinh vào tên.",
            "Nothing was done: there is an officer of this name whose key is good. To change the "
            "roles: revoke that key (page Orders, or `officer revoke`), then add the person again "
            "with a new key and all the roles. Another person of the same name: add the office or "
            "the year of birth to the name.");
    return e != ERR_OK ? hub_order_said(e) : NULL;
}

static json_t *hub_officer_add(struct hub_app *a, const json_t *request)
{
    struct order_officer o = {.name = {NULL, 0}};
    struct buf payload;
    const char *name = hub_request_str(request, "name");
    json_int_t roles = json_integer_value(json_object_get(request, "roles"));
    if (name == NULL ||
        text_check(bytes_str(name), ORDER_NAME_BYTES_MAX, TEXT_ONE_LINE) != ERR_OK || roles < 1 ||
        roles > ORDER_ROLE_ALL)
        return hub_order_said(ERR_BAD_INPUT);
    o.name = bytes_str(name);
    o.roles = (unsigned)roles;
    o.has_root = hub_request_str(request, "root") != NULL;
    enum err e = hub_request_hex(request, "pk", o.pk, sizeof o.pk);
    if (e == ERR_OK) e = hub_request_hex(request, "proof", o.proof, sizeof o.proof);
    if (e == ERR_OK && o.has_root) e = hub_request_hex(request, "root", o.root, sizeof o.root);
    if (e != ERR_OK) return hub_order_said(e);
    json_t *no = hub_officer_ask(a, &o);
    if (no != NULL) return no;
    buf_init(&payload, 1024);
    order_officer_encode(&o, &payload);
    e = hub_officer_payload(a, &payload);
    buf_free(&payload);
    return e == ERR_OK ? json_pack("{s:s, s:o, s:o}", "name", name, "roles",
                                   hub_json_roles(o.roles), "pk", hub_json_hex(BYTES_OF(o.pk)))
                       : hub_order_said(e);
}

/* A living officer by name, or by the first digits of the key. ERR_EXISTS: more than one. */
static enum err hub_officer_seek(const struct order_register *r, const char *name, size_t *at)
{
    enum { DIGITS_MIN = 8 };
    char hex[2 * sizeof r->v[0].pk + 1];
    size_t found = 0, n = strlen(name);
    for (size_t i = 0; i < r->count; i++) {
        id_hex(BYTES_OF(r->v[i].pk), hex);
        bool same = strcmp(r->v[i].name, name) == 0 ||
                    (n >= DIGITS_MIN && n < sizeof hex && memcmp(hex, name, n) == 0);
        if (r->v[i].revoked || !same) continue;
        *at = i;
        found++;
    }
    return found == 0 ? ERR_NOT_FOUND : found > 1 ? ERR_EXISTS : ERR_OK;
}

static json_t *hub_officer_revoke_by_name(struct hub_app *a, const json_t *request)
{
    const char *name = hub_request_str(request, "name");
    const char *reason = hub_request_str(request, "reason");
    struct order_revoke v = {.reason = bytes_str(reason != NULL ? reason : "")};
    struct buf payload;
    struct order_register *r = calloc(1, sizeof *r);
    if (r == NULL) return hub_command_fail(ERR_NOMEM);
    enum err e =
        name != NULL && text_check(v.reason, ORDER_REASON_BYTES_MAX, TEXT_ONE_LINE) == ERR_OK
            ? hub_store_officers(a->store, r)
            : ERR_BAD_INPUT;
    size_t i = 0;
    if (e == ERR_OK) e = hub_officer_seek(r, name, &i);
    if (e == ERR_OK) {
        memcpy(v.pk, r->v[i].pk, sizeof v.pk);
        buf_init(&payload, 1024);
        order_revoke_encode(&v, &payload);
        e = hub_officer_payload(a, &payload);
        buf_free(&payload);
    }
    free(r);
    if (e == ERR_EXISTS)
        return hub_command_error(e,
                                 "Chưa làm gì: có hai cán bộ cùng tên. Hãy ghi 8 chữ số đầu của "
                                 "khóa thay cho tên (`officer list`).",
                                 "Nothing was done: two officers have this name. Give the first 8 "
                                 "digits of the key in place of the "
                                 "name (`officer list`).");
    return e == ERR_OK ? json_pack("{s:s, s:b}", "name", name, "revoked", 1) : hub_order_said(e);
}

static enum err hub_officer_json(void *ctx, const struct hub_officer_row *o)
{
    json_t *j = json_pack("{s:s, s:o, s:o, s:I, s:b, s:s}", "name", o->name, "roles",
                          hub_json_roles(o->roles), "pk", hub_json_hex(BYTES_OF(o->pk)), "position",
                          (json_int_t)o->position, "revoked", o->revoked_position != 0, "why",
                          o->revoked_why);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_officer(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    if (action == NULL) return hub_command_fail(ERR_USAGE);
    if (strcmp(action, "add") == 0) return hub_officer_add(a, request);
    if (strcmp(action, "revoke") == 0) return hub_officer_revoke_by_name(a, request);
    if (strcmp(action, "list") != 0) return hub_command_fail(ERR_USAGE);
    json_t *rows = json_array();
    enum err e = hub_store_officer_list(a->store, hub_officer_json, rows);
    if (e == ERR_OK)
        return json_pack("{s:o, s:o}", "officers", rows, "hub",
                         hub_json_hex(BYTES_OF(a->keys.hub.b)));
    json_decref(rows);
    return hub_command_fail(e);
}

/* ---- orders ---- */

static void hub_order_names(struct hub_app *a, const struct hub_order_row *row, json_t *list)
{
    struct order_register *r = calloc(1, sizeof *r);
    if (r == NULL || hub_store_officers(a->store, r) != ERR_OK) row = NULL;
    for (unsigned i = 0; row != NULL && i < row->signatures; i++) {
        const struct order_person *p = order_register_find(r, row->by[i].pk);
        json_array_append_new(list, json_string(p != NULL ? p->name : "?"));
    }
    free(r);
}

static json_t *hub_order_json(struct hub_app *a, const struct hub_order_row *row)
{
    struct order o;
    struct buf words;
    if (order_decode(row->order, &o) != ERR_OK) return json_object();
    const struct hub_order_kind *kind = hub_order_kind(o.kind);
    buf_init(&words, 256);
    enum err e = words_text(&row->id, &words);
    json_t *by = json_array();
    hub_order_names(a, row, by);
    json_t *what =
        kind != NULL && kind->describe != NULL ? kind->describe(a, o.content) : json_object();
    json_t *j =
        json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:o}", "id",
                  hub_json_hex(BYTES_OF(row->id.b)), "kind", hub_json_text(o.kind), "state",
                  row->position != 0 ? "approved" : "proposed", "basis", hub_json_text(o.basis),
                  "words", e == ERR_OK ? buf_cstr(&words) : "", "signed_by", by, "made",
                  hub_json_time((int64_t)o.made_ms), "approved", hub_json_time(row->approved_ms),
                  "position", (json_int_t)row->position, "what", what);
    buf_free(&words);
    return j;
}

struct hub_order_walk {
    struct hub_app *app;
    json_t *rows;
    const char *prefix; /* hex digits of an id that is looked for; NULL: all */
    struct id_hash id;
    size_t found;
};

static enum err hub_order_each(void *ctx, const struct hub_order_row *row)
{
    struct hub_order_walk *w = ctx;
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(row->id.b), hex);
    if (w->prefix != NULL) {
        if (strncmp(hex, w->prefix, strlen(w->prefix)) != 0) return ERR_OK;
        w->id = row->id;
        w->found++;
        return ERR_OK;
    }
    return json_array_append_new(w->rows, hub_order_json(w->app, row)) == 0 ? ERR_OK : ERR_NOMEM;
}

/* An order by the first digits of its id. ERR_NOT_FOUND: none, or several. */
static enum err hub_order_find(struct hub_app *a, const json_t *request, struct id_hash *id)
{
    struct hub_order_walk w = {.app = a, .prefix = hub_request_str(request, "id")};
    if (w.prefix == NULL || strlen(w.prefix) < 6) return ERR_BAD_INPUT;
    enum err e = hub_store_orders(a->store, "", false, hub_order_each, &w);
    if (e != ERR_OK) return e;
    if (w.found != 1) return ERR_NOT_FOUND;
    *id = w.id;
    return ERR_OK;
}

static json_t *hub_order_show(struct hub_app *a, const struct id_hash *id)
{
    struct hub_order_row row;
    struct buf memory;
    buf_init(&memory, ORDER_BYTES_MAX);
    enum err e = hub_store_order(a->store, id, &row, &memory);
    json_t *j = e == ERR_OK ? hub_order_json(a, &row) : hub_order_said(e);
    if (e == ERR_OK) json_object_set_new(j, "order", hub_json_base64(row.order));
    buf_free(&memory);
    return j;
}

static json_t *hub_order_list(struct hub_app *a, const json_t *request)
{
    const char *kind = hub_request_str(request, "kind");
    struct hub_order_walk w = {.app = a, .rows = json_array()};
    bool open = json_is_true(json_object_get(request, "open"));
    enum err e = hub_store_orders(a->store, kind != NULL ? kind : "", open, hub_order_each, &w);
    if (e == ERR_OK) return json_pack("{s:o}", "orders", w.rows);
    json_decref(w.rows);
    return hub_command_fail(e);
}

static enum err hub_request_signature(const json_t *request, struct order_signature *by)
{
    enum err e = hub_request_hex(request, "pk", by->pk, sizeof by->pk);
    return e == ERR_OK ? hub_request_hex(request, "signature", by->signature, sizeof by->signature)
                       : e;
}

/* NULL: it waits, and can be signed or withdrawn. */
static json_t *hub_order_waits(struct hub_app *a, const struct id_hash *id)
{
    struct hub_order_row row;
    struct buf memory;
    buf_init(&memory, ORDER_BYTES_MAX);
    enum err e = hub_store_order(a->store, id, &row, &memory);
    buf_free(&memory);
    if (e == ERR_OK && row.position != 0)
        return hub_command_error(
            ERR_EXISTS,
            "Chưa làm gì: lệnh này đã được thi hành, không ký thêm và không rút được nữa.",
            "Nothing was done: this order was carried out; it takes no more signatures and cannot "
            "be withdrawn.");
    return e != ERR_OK ? hub_order_said(e) : NULL;
}

static json_t *hub_order_sign(struct hub_app *a, const json_t *request, bool approve)
{
    struct order_signature by;
    struct id_hash id;
    struct buf order;
    buf_init(&order, ORDER_BYTES_MAX + 3);
    enum err e = hub_request_signature(request, &by);
    if (e == ERR_OK && approve) e = hub_order_find(a, request, &id);
    json_t *no = e == ERR_OK && approve ? hub_order_waits(a, &id) : NULL;
    if (no != NULL) return no;
    if (e == ERR_OK && approve) e = hub_order_approve(a, &id, &by, clock_wall_ms());
    if (e == ERR_OK && !approve) e = hub_request_bytes(request, "order", &order);
    if (e == ERR_OK && !approve)
        e = hub_order_propose(a, buf_bytes(&order), &by, clock_wall_ms(), &id);
    buf_free(&order);
    return e == ERR_OK ? hub_order_show(a, &id) : hub_order_said(e);
}

static json_t *hub_order_withdraw(struct hub_app *a, const struct id_hash *id)
{
    json_t *no = hub_order_waits(a, id);
    if (no != NULL) return no;
    enum err e = hub_app_begin(a);
    if (e != ERR_OK) return hub_order_said(e);
    e = hub_store_order_withdraw(a->store, id);
    if (e == ERR_OK) e = hub_app_commit(a);
    if (e == ERR_OK)
        return json_pack("{s:o, s:s}", "id", hub_json_hex(BYTES_OF(id->b)), "state", "withdrawn");
    hub_app_abort(a);
    return hub_order_said(e);
}

json_t *hub_command_order(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    struct id_hash id;
    if (action == NULL) return hub_command_fail(ERR_USAGE);
    if (strcmp(action, "list") == 0) return hub_order_list(a, request);
    if (strcmp(action, "propose") == 0) return hub_order_sign(a, request, false);
    if (strcmp(action, "approve") == 0) return hub_order_sign(a, request, true);
    enum err e = hub_order_find(a, request, &id);
    if (e != ERR_OK) return hub_order_said(e);
    if (strcmp(action, "show") == 0) return hub_order_show(a, &id);
    return strcmp(action, "withdraw") == 0 ? hub_order_withdraw(a, &id)
                                           : hub_command_fail(ERR_USAGE);
}

/* ---- erasure ---- */

static json_t *hub_erase_draft(struct hub_app *a, const json_t *request)
{
    const json_t *ids = json_object_get(request, "ids");
    const char *basis = hub_request_str(request, "basis");
    size_t count = json_array_size(ids), bad = 0;
    struct buf content, order;
    if (basis == NULL || count == 0) return hub_order_said(ERR_BAD_INPUT);
    enum err e = hub_erasing_may(a);
    if (e != ERR_OK) return hub_order_said(e);
    const char **words = calloc(count, sizeof *words);
    if (words == NULL) return hub_command_fail(ERR_NOMEM);
    for (size_t i = 0; i < count; i++) {
        const char *w = json_string_value(json_array_get(ids, i));
        words[i] = w != NULL ? w : "";
    }
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&order, ORDER_BYTES_MAX);
    e = hub_erasing_content(a, words, count, &content, &bad);
    json_t *j = NULL;
    if (e == ERR_EXISTS)
        j = hub_command_error(e,
                              "Chưa soạn lệnh nào: hồ sơ này đã xóa rồi, theo một lệnh trước "
                              "(`order list`).",
                              "No order was drafted: this record is erased already, by an order "
                              "before (`order list`).");
    else if (e != ERR_OK)
        j = hub_order_said(e);
    if (e != ERR_OK) json_object_set_new(j, "field", json_string(words[bad]));
    if (e == ERR_OK)
        e = hub_order_draft(a, "erase", bytes_str(basis), buf_bytes(&content), clock_wall_ms(),
                            &order);
    if (j == NULL)
        j = e != ERR_OK ? hub_order_said(e)
                        : json_pack("{s:o, s:o}", "order", hub_json_base64(buf_bytes(&order)),
                                    "what", hub_erasing_describe(a, buf_bytes(&content)));
    buf_free(&content);
    buf_free(&order);
    free(words);
    return j;
}

static enum err hub_erase_found(void *ctx, const struct hub_record_op *o)
{
    static const char *const kinds[] = {"create", "edit", "delete"};
    json_t *fields = json_array();
    for (size_t i = 0; o->what != NULL && i < o->what->count; i++)
        json_array_append_new(fields, json_integer(o->what->writes[i].field));
    json_t *j = json_pack("{s:o, s:I, s:i, s:I, s:o, s:b, s:s, s:o}", "log",
                          hub_json_hex(BYTES_OF(o->inc.b)), "seq", (json_int_t)o->seq, "op",
                          (int)o->op, "position", (json_int_t)o->position, "received",
                          hub_json_time(o->received_ms), "erased", (int)o->erased, "kind",
                          o->what != NULL ? kinds[o->what->kind] : "", "fields", fields);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_erase(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    struct id_record rid;
    if (action != NULL && strcmp(action, "draft") == 0) return hub_erase_draft(a, request);
    if (action == NULL || strcmp(action, "find") != 0) return hub_command_fail(ERR_USAGE);
    enum err e = hub_request_id(request, "id", &rid);
    json_t *rows = json_array();
    if (e == ERR_OK) e = hub_store_record_ops(a->store, &rid, hub_erase_found, rows);
    if (e == ERR_OK) return json_pack("{s:o}", "ops", rows);
    json_decref(rows);
    return hub_order_said(e);
}

/* keys: this PC's own keys, and their change. SPEC 18.9, docs/keys.md. */
#include "node/command_priv.h"
#include "node/store_rekey.h"

json_t *node_command_keys_status(struct node_command *c)
{
    char why[ADMIN_KEY_REASON_BYTES_MAX + 1] = "";
    struct node_identity id;
    struct node_rekey r;
    enum err e = node_store_identity(c->store, &id);
    if (e != ERR_OK) return json_null();
    bool changing = node_store_rekey(c->store, &r) == ERR_OK;
    bool asked = !changing && node_store_rekey_asked(c->store, why) == ERR_OK;
    return json_pack("{s:o, s:o, s:b, s:o, s:s}", "sign_key", node_json_hex(BYTES_OF(id.sign_pk)),
                     "transport_key", node_json_hex(BYTES_OF(id.transport_pk)), "changing",
                     (int)changing, "since", node_json_time(changing ? r.at_ms : 0), "asked",
                     asked ? why : "");
}

static json_t *node_keys_said(enum err e)
{
    if (e == ERR_EXISTS)
        return node_command_error(
            e,
            "Khóa của máy này đang được đổi: hãy đồng bộ, hoặc gửi một gói rồi "
            "nhận gói trả lời, để trung tâm xác nhận.",
            "This PC's keys are being changed already: sync, or send a bundle "
            "and take the answer, so that the hub confirms it.",
            NULL);
    if (e == ERR_TOO_LARGE)
        return node_command_error(
            e,
            "Khóa cũ của bốn lần đổi trước còn cần để đọc hồ sơ niêm phong mà chỉ xã khác mới niêm "
            "phong lại được. Nhờ xã đó chấp nhận máy này rồi đồng bộ. Chưa đổi gì.",
            "The old keys of four changes are still needed to read sealed records that only other "
            "communes can seal again. Ask them to accept this PC, then sync. Nothing was changed.",
            NULL);
    return node_command_fail(e);
}

json_t *node_command_keys(struct node_command *c, const json_t *request)
{
    const char *action = node_request_str(request, "action");
    bool rotate = action != NULL && strcmp(action, "rotate") == 0;
    if (rotate && c->rekey == NULL) return node_command_fail(ERR_USAGE);
    enum err e = rotate ? node_import_settle(c) : ERR_OK;
    if (rotate && e == ERR_OK) e = c->rekey(c->home);
    if (e != ERR_OK) return node_keys_said(e);
    if (rotate && c->saved != NULL) c->saved(c->ctx);
    return node_command_keys_status(c);
}

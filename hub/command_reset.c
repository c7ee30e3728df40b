/* reset_code: the answer to a forgotten password on a commune's PC (proto/reset.h). */
#include "hub/command_priv.h"

#include "common/log.h"
#include "common/text.h"
#include "hub/store_nodes.h"
#include "proto/login.h"
#include "proto/reset.h"

#include <sodium.h>
#include <string.h>

json_t *hub_command_reset_code(struct hub_app *a, const json_t *request)
{
    struct hub_node_row n;
    char code[RESET_CODE_ROOM];
    struct buf clean, fold;
    const char *name = hub_request_str(request, "name");
    const char *challenge = hub_request_str(request, "challenge");
    json_t *j = hub_command_node(a, request, &n);
    if (j != NULL) return j;
    if (n.node.revoked)
        return hub_command_error(ERR_REVOKED, "Máy này đã bị thu hồi: không cấp mã.",
                                 "This node was revoked: no code is given.");
    buf_init(&clean, RESET_NAME_BYTES_MAX);
    buf_init(&fold, RESET_NAME_BYTES_MAX);
    enum err e = text_normalise(text_trim(bytes_str(name != NULL ? name : "")),
                                LOGIN_NAME_BYTES_MAX, TEXT_ONE_LINE, &clean);
    if (e == ERR_OK) e = text_fold(buf_bytes(&clean), LOGIN_NAME_BYTES_MAX, &fold);
    struct reset_about about = {.secret = a->keys.transport_secret,
                                .peer_pk = n.node.transport_pk,
                                .hub = &a->keys.hub,
                                .node = &n.node.node,
                                .name = buf_bytes(&fold),
                                .challenge = challenge != NULL ? challenge : ""};
    if (e == ERR_OK) e = reset_code(&about, code);
    if (e == ERR_OK) {
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("reset.code"), log_str("unit", n.node.unit));
        j = json_pack("{s:s, s:o, s:s, s:s, s:s}", "code", code, "node",
                      hub_json_hex(BYTES_OF(n.node.node.b)), "unit", n.node.unit, "pc", n.name,
                      "name", buf_cstr(&clean));
    } else {
        j = e == ERR_NOMEM ? hub_command_fail(e)
                           : hub_command_error(ERR_BAD_INPUT,
                                               "Tên hoặc mã trên màn hình máy xã không đúng: mã có "
                                               "8 chữ, ví dụ K7P2-9XQM. Hãy đọc lại.",
                                               "The name or the code on the commune's screen is "
                                               "wrong: it has 8 letters, like K7P2-9XQM.");
    }
    sodium_memzero(code, sizeof code);
    buf_free(&clean);
    buf_free(&fold);
    return j;
}

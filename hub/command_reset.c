/* reset_code: the answer to a forgotten password on a commune's PC (proto/reset.h). */
#include "hub/command_priv.h"

#include "common/log.h"
#include "common/text.h"
#include "hub/store_nodes.h"
#include "proto/login.h"
#include "proto/reset.h"

#include <sodium.h>
#include <string.h>

enum { HUB_RESET_DIGITS_MIN = 8 };

struct hub_reset { /* a node by the first digits of its id */
    const char *digits;
    struct hub_node_row row;
    unsigned found;
};

static enum err hub_reset_match(void *ctx, const struct hub_node_row *n)
{
    struct hub_reset *f = ctx;
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(n->node.node.b), hex);
    if (strncmp(hex, f->digits, strlen(f->digits)) != 0) return ERR_OK;
    f->row = *n;
    f->found++;
    return ERR_OK;
}

static json_t *hub_reset_find(struct hub_app *a, const json_t *request, struct hub_reset *f)
{
    f->digits = hub_request_str(request, "node");
    if (f->digits == NULL || strlen(f->digits) < HUB_RESET_DIGITS_MIN)
        return hub_command_error(ERR_USAGE, "Cần ít nhất 8 chữ số đầu của mã máy (xem `nodes`).",
                                 "At least 8 digits of the node's id are needed (see `nodes`).");
    enum err e = hub_store_nodes(a->store, hub_reset_match, f);
    if (e != ERR_OK) return hub_command_fail(e);
    if (f->found != 1)
        return hub_command_error(ERR_NOT_FOUND, "Không có đúng một máy xã mang mã này.",
                                 "Not exactly one node has this id.");
    if (f->row.node.revoked)
        return hub_command_error(ERR_REVOKED, "Máy này đã bị thu hồi: không cấp mã.",
                                 "This node was revoked: no code is given.");
    return NULL;
}

json_t *hub_command_reset_code(struct hub_app *a, const json_t *request)
{
    struct hub_reset f = {.found = 0};
    char code[RESET_CODE_ROOM];
    struct buf clean, fold;
    const char *name = hub_request_str(request, "name");
    const char *challenge = hub_request_str(request, "challenge");
    json_t *j = hub_reset_find(a, request, &f);
    if (j != NULL) return j;
    buf_init(&clean, RESET_NAME_BYTES_MAX);
    buf_init(&fold, RESET_NAME_BYTES_MAX);
    enum err e = text_normalise(text_trim(bytes_str(name != NULL ? name : "")),
                                LOGIN_NAME_BYTES_MAX, TEXT_ONE_LINE, &clean);
    if (e == ERR_OK) e = text_fold(buf_bytes(&clean), LOGIN_NAME_BYTES_MAX, &fold);
    struct reset_about about = {.secret = a->keys.transport_secret,
                                .peer_pk = f.row.node.transport_pk,
                                .hub = &a->keys.hub,
                                .node = &f.row.node.node,
                                .name = buf_bytes(&fold),
                                .challenge = challenge != NULL ? challenge : ""};
    if (e == ERR_OK) e = reset_code(&about, code);
    if (e == ERR_OK) {
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("reset.code"), log_str("unit", f.row.node.unit));
        j = json_pack("{s:s, s:o, s:s, s:s, s:s}", "code", code, "node",
                      hub_json_hex(BYTES_OF(f.row.node.node.b)), "unit", f.row.node.unit, "pc",
                      f.row.name, "name", buf_cstr(&clean));
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

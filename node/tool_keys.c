/* keys [show|rotate]. docs/keys.md. */
#include "node/tool.h"

#include <stdio.h>

static const char *tool_keys_text(const json_t *r, const char *key)
{
    const char *s = json_string_value(json_object_get(r, key));
    return s != NULL ? s : "";
}

static void tool_keys_print(const struct cli *c, const json_t *r)
{
    printf(cli_text(c, "Khóa ký của máy này: %s\n", "This PC's signing key: %s\n"),
           tool_keys_text(r, "sign_key"));
    if (json_is_true(json_object_get(r, "changing")))
        printf(
            cli_text(c,
                     "Đang đổi khóa từ %s. Mọi lần ghi từ nay ký bằng khóa mới; trung tâm xác nhận "
                     "khi đồng bộ, hoặc bằng gói trả lời. Sau đó hãy sao lưu thư mục `keys` mới.\n",
                     "The keys are being changed since %s. Whatever is saved from now on is signed "
                     "by the new one; the hub confirms it with a sync, or with its answer to a "
                     "bundle. Then keep a copy of the new folder `keys`.\n"),
            tool_keys_text(r, "since"));
    if (tool_keys_text(r, "asked")[0] != '\0')
        printf(cli_text(c, "Trung tâm yêu cầu đổi khóa: %s\n", "The hub asks for a change: %s\n"),
               tool_keys_text(r, "asked"));
}

enum err node_tool_keys(struct cli *c, void *ctx)
{
    const char *what = c->arg_count > 0 ? c->args[0] : "show";
    json_t *r = NULL;
    if (strcmp(what, "show") != 0 && strcmp(what, "rotate") != 0)
        return cli_fail(c, ERR_USAGE, "keys show | keys rotate", "keys show | keys rotate");
    json_t *request = json_pack("{s:s, s:s}", "verb", "keys", "action", what);
    enum err e = node_tool_ask(c, ctx, request, NODE_TOOL_ASK_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(r);
    else
        tool_keys_print(c, r);
    json_decref(r);
    return ERR_OK;
}

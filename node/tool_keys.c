/* keys [show|rotate]. docs/keys.md. */
#include "node/tool.h"

#include <stdio.h>

static void tool_keys_print(const struct cli *c, const json_t *r)
{
    printf(cli_text(c, "Khóa ký của máy này: %s\n", "This PC's signing key: %s\n"),
           node_tool_str(r, "sign_key"));
    if (json_is_true(json_object_get(r, "changing")))
        printf(
            cli_text(c,
                     "Đang đổi khóa từ %s. Mọi lần ghi từ nay ký bằng khóa mới; trung tâm xác nhận "
                     "khi đồng bộ, hoặc bằng gói trả lời. Sau đó hãy sao lưu thư mục `keys` mới.\n",
                     "The keys are being changed since %s. Whatever is saved from now on is signed "
                     "by the new one; the hub confirms it with a sync, or with its answer to a "
                     "bundle. Then keep a copy of the new folder `keys`.\n"),
            node_tool_str(r, "since"));
    if (node_tool_str(r, "asked")[0] != '\0')
        printf(cli_text(c, "Trung tâm yêu cầu đổi khóa: %s\n", "The hub asks for a change: %s\n"),
               node_tool_str(r, "asked"));
}

enum err node_tool_keys(struct cli *c, void *ctx)
{
    const char *what = c->arg_count > 0 ? c->args[0] : "show";
    if (strcmp(what, "show") != 0 && strcmp(what, "rotate") != 0)
        return cli_fail(c, ERR_USAGE, "keys show | keys rotate", "keys show | keys rotate");
    return node_tool_show(c, ctx, json_pack("{s:s, s:s}", "verb", "keys", "action", what),
                          tool_keys_print);
}

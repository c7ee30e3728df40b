/* keys [show|rotate], words [same|differ]. docs/keys.md, docs/node.md. */
#include "node/tool.h"

#include <stdio.h>
#include <string.h>

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

static void tool_words_print(const struct cli *c, const json_t *r)
{
    printf("%s\n", node_tool_str(r, "words"));
    if (strcmp(node_tool_str(r, "compared"), "differ") == 0)
        printf(
            "%s\n",
            cli_text(c,
                     "Khác với trung tâm: máy này không gửi, không nhận gì nữa. Gọi trung tâm so "
                     "lại; giống nhau thì: dongbo-node words same",
                     "They differ from the hub's: this PC sends and takes nothing. Call the hub "
                     "and compare again; if they agree: dongbo-node words same"));
    if (strcmp(node_tool_str(r, "compared"), "same") == 0)
        printf("%s\n",
               cli_text(c, "Đã so: giống với trung tâm.", "Compared: the same as the hub's."));
}

enum err node_tool_words(struct cli *c, void *ctx)
{
    json_t *request = json_pack("{s:s}", "verb", "compare");
    if (request != NULL && c->arg_count > 0)
        json_object_set_new(request, "said", json_string(c->args[0]));
    return node_tool_show(c, ctx, request, tool_words_print);
}

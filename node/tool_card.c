/* card FILE. docs/keys.md. */
#include "node/tool.h"

#include <stdio.h>

enum err node_tool_card(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    char path[FILE_PATH_BYTES_MAX];
    json_t *r = NULL;
    enum err e = file_absolute(c->args[0], path, sizeof path);
    if (e != ERR_OK) return cli_fail(c, e, NULL, NULL);
    json_t *request = json_pack("{s:s, s:s}", "verb", "card", "path", path);
    e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(r);
    else
        printf(cli_text(c, "Đã nhận thẻ số %lld của trung tâm, địa chỉ %s.\n",
                        "The hub's card number %lld is taken, address %s.\n"),
               (long long)json_integer_value(json_object_get(r, "serial")),
               json_string_value(json_object_get(r, "address")));
    json_decref(r);
    return ERR_OK;
}

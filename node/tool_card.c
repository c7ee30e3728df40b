/* card FILE. docs/keys.md. */
#include "node/tool.h"

#include <stdio.h>

enum err node_tool_card(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    json_t *r = NULL;
    enum err e = node_tool_ask_file(c, t, "card", &r);
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

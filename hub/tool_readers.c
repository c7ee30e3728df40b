/* readers: who reads sealed fields, how much of it, and the order that names an officer. SPEC 22. */
#include "hub/tool.h"

#include <stdio.h>

static void readers_print(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(r, "readers"), i, v)
    {
        bool officer = strcmp(hub_tool_str(v, "kind"), "officer") == 0;
        printf("%s  %s %s %s\n    %s: %s\n", hub_tool_str(v, "id"),
               officer ? cli_text(c, "cán bộ", "officer") : cli_text(c, "máy của", "PC of"),
               hub_tool_str(v, "unit"), hub_tool_str(v, "name"), cli_text(c, "sáu từ", "six words"),
               hub_tool_str(v, "words"));
    }
}

static void readers_print_counts(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *v;
    printf(cli_text(c,
                    "%lld hồ sơ có trường niêm phong; %lld hồ sơ còn chữ để ngỏ (`reseal` ở xã).\n",
                    "%lld records with sealed fields; %lld with text that stands open (`reseal` at "
                    "the commune).\n"),
           (long long)json_integer_value(json_object_get(r, "sealed")),
           (long long)json_integer_value(json_object_get(r, "open")));
    json_array_foreach(json_object_get(r, "readers"), i, v)
        printf("%8lld  %s  %s %s\n", (long long)json_integer_value(json_object_get(v, "records")),
               hub_tool_str(v, "id"), hub_tool_str(v, "unit"), hub_tool_str(v, "name"));
}

enum err hub_tool_readers(struct cli *c, void *ctx)
{
    const char *what = c->arg_count > 0 ? c->args[0] : "list", *out = cli_opt(c, "out");
    json_t *q = hub_tool_request(c, "readers"), *r = NULL;
    json_object_set_new(q, "action", json_string(what));
    if (strcmp(what, "list") == 0) return hub_tool_show(c, ctx, q, readers_print);
    if (strcmp(what, "sealed") == 0) {
        json_decref(q);
        return hub_tool_show(c, ctx, hub_tool_request(c, "readers_sealed"), readers_print_counts);
    }
    if (strcmp(what, "order") != 0 || out == NULL) {
        json_decref(q);
        return cli_fail(
            c, ERR_USAGE,
            "Dùng: readers list | sealed | order --name TÊN --reading KHÓA --reason CĂN_CỨ "
            "[--end] --out TỆP.",
            "Use: readers list | sealed | order --name NAME --reading KEY --reason BASIS [--end] "
            "--out FILE.");
    }
    hub_tool_copy(c, q, "name", "name");
    hub_tool_copy(c, q, "reading", "key");
    hub_tool_copy(c, q, "reason", "reason");
    if (cli_has(c, "end")) json_object_set_new(q, "end", json_true());
    enum err e = hub_tool_ask(c, ctx, q, &r);
    if (e != ERR_OK) return e;
    e = file_write_atomic(out, bytes_str(hub_tool_str(r, "order")), 0600);
    if (e != ERR_OK) {
        e = cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
    } else if (c->json) {
        cli_print_json(r);
    } else {
        printf(
            cli_text(c,
                     "Đã soạn lệnh. Sáu từ của khóa đọc: %s\nHai cán bộ ký: `order propose "
                     "TỆP`, rồi `order approve`.\n",
                     "The order is drafted. Six words of the reading key: %s\nTwo officers sign: "
                     "`order propose FILE`, then `order approve`.\n"),
            hub_tool_str(json_object_get(r, "what"), "key_words"));
    }
    json_decref(r);
    return e;
}

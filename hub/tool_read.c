/* The verb `reads`: the access log. docs/access-log.md. */
#include "hub/tool.h"

#include <stdio.h>

static void hub_print_reads(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *ids = json_object_get(row, "records");
        const char *user = hub_tool_str(row, "user");
        printf("%.19s  %s  %s  %lld  %s%s%s\n", hub_tool_str(row, "at"),
               user[0] != '\0' ? user : cli_text(c, "(không ghi tên)", "(no name given)"),
               cli_text(c, hub_tool_str(row, "vi"), hub_tool_str(row, "en")),
               (long long)json_integer_value(json_object_get(row, "count")),
               json_string_value(json_array_get(ids, 0)), json_array_size(ids) > 1 ? " …  " : "  ",
               hub_tool_str(row, "reason"));
    }
    json_int_t dropped = json_integer_value(json_object_get(r, "dropped"));
    if (dropped > 0)
        printf(cli_text(c, "%lld dòng cũ, đến %.19s, không còn giữ; mã băm của chúng vẫn còn.\n",
                        "%lld older rows, until %.19s, are no longer kept; their hash is.\n"),
               (long long)dropped, hub_tool_str(r, "dropped_until"));
    if (!json_is_true(json_object_get(r, "whole")))
        printf(cli_text(c, "! Nhật ký đọc bị sửa hoặc hỏng từ dòng %lld.\n",
                        "! The access log was changed or damaged from row %lld on.\n"),
               (long long)json_integer_value(json_object_get(r, "wrong")));
}

enum err hub_tool_reads(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_t *response = NULL;
    json_t *q = hub_tool_request(c, "reads");
    hub_tool_copy(c, q, "record", "id");
    hub_tool_copy(c, q, "by", "by");
    hub_tool_copy(c, q, "before", "before");
    enum err e = hub_tool_ask(c, t, q, &response);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(response);
    else
        hub_print_reads(c, response);
    if (!json_is_true(json_object_get(response, "whole"))) t->exit = err_exit_code(ERR_DAMAGED);
    json_decref(response);
    return ERR_OK;
}

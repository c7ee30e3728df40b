/* Verbs about records and decisions. */
#include "hub/tool.h"

#include "common/catalogue.h"

#include <stdio.h>
#include <stdlib.h>

enum err hub_tool_pairs(struct cli *c, int first, json_t *out)
{
    for (int i = first; i < c->arg_count; i++) {
        const char *eq = strchr(c->args[i], '=');
        char name[CATALOGUE_NAME_BYTES_MAX + 1];
        size_t n = eq != NULL ? (size_t)(eq - c->args[i]) : 0;
        json_t *value = eq != NULL ? json_string(eq + 1) : NULL;
        if (n == 0 || n >= sizeof name || value == NULL) {
            json_decref(value);
            return cli_fail(c, ERR_USAGE,
                            "Mỗi giá trị viết là TRƯỜNG=GIÁ_TRỊ (chữ UTF-8); chưa ghi gì.",
                            "Each value is written FIELD=VALUE (UTF-8); nothing was saved.");
        }
        memcpy(name, c->args[i], n);
        name[n] = '\0';
        if (json_object_get(out, name) != NULL) {
            json_decref(value);
            return cli_fail(c, ERR_USAGE, "Một trường được ghi hai lần; chưa ghi gì.",
                            "A field is given twice; nothing was saved.");
        }
        json_object_set_new(out, name, value);
    }
    return ERR_OK;
}

enum err hub_tool_put(struct cli *c, void *ctx)
{
    json_t *values = json_object();
    enum err e = hub_tool_pairs(c, 0, values);
    if (e != ERR_OK) {
        json_decref(values);
        return e;
    }
    json_t *q = hub_tool_request(c, "put");
    json_object_set_new(q, "values", values);
    hub_tool_copy(c, q, "type", "type");
    hub_tool_copy(c, q, "id", "id");
    hub_tool_copy(c, q, "reason", "reason");
    json_object_set_new(q, "lock", cli_names(c, "lock"));
    json_object_set_new(q, "unlock", cli_names(c, "unlock"));
    if (cli_has(c, "delete")) json_object_set_new(q, "action", json_string("delete"));
    if (cli_has(c, "restore")) json_object_set_new(q, "action", json_string("restore"));
    if (cli_has(c, "confirm-dates")) json_object_set_new(q, "confirm_dates", json_true());
    return hub_tool_show(c, ctx, q, hub_print_saved);
}

enum err hub_tool_get(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "get");
    json_object_set_new(q, "id", json_string(c->args[0]));
    hub_tool_copy(c, q, "reason", "reason");
    return hub_tool_show(c, ctx, q, hub_print_record);
}

enum err hub_tool_list(struct cli *c, void *ctx)
{
    json_int_t max;
    enum err e = hub_tool_number(c, "max", 0, &max);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "list");
    hub_tool_copy(c, q, "type", "type");
    hub_tool_copy(c, q, "unit", "unit");
    hub_tool_copy(c, q, "reason", "reason");
    json_object_set_new(q, "max", json_integer(max));
    return hub_tool_show(c, ctx, q, hub_print_list);
}

/* Exit code 14 says to scripts that a person has to decide. */
enum err hub_tool_conflicts(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_t *response = NULL;
    json_t *q = hub_tool_request(c, "conflicts");
    bool one = c->arg_count > 0;
    if (one && (strcmp(c->args[0], "show") != 0 || c->arg_count != 2)) {
        json_decref(q);
        return cli_fail(c, ERR_USAGE, "Dùng: conflicts, hoặc conflicts show MÃ_HỒ_SƠ | MÃ_CẶP.",
                        "Use: conflicts, or conflicts show RECORD | PAIR.");
    }
    if (one) json_object_set_new(q, "id", json_string(c->args[1]));
    enum err e = hub_tool_ask(c, t, q, &response);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(response);
    else if (one)
        hub_print_conflict(c, response);
    else
        hub_print_conflicts(c, response);
    size_t open = json_array_size(json_object_get(response, "conflicts")) +
                  json_array_size(json_object_get(response, "pairs"));
    if (open > 0) t->exit = HUB_TOOL_CONFLICTS;
    json_decref(response);
    return ERR_OK;
}

enum err hub_tool_resolve(struct cli *c, void *ctx)
{
    json_int_t take;
    enum err e = hub_tool_number(c, "take", 0, &take);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "resolve");
    json_object_set_new(q, "id", json_string(c->args[0]));
    hub_tool_copy(c, q, "field", "field");
    hub_tool_copy(c, q, "value", "value");
    hub_tool_copy(c, q, "reason", "reason");
    if (take != 0) json_object_set_new(q, "take", json_integer(take));
    if (cli_has(c, "delete")) json_object_set_new(q, "action", json_string("delete"));
    if (cli_has(c, "keep")) json_object_set_new(q, "action", json_string("restore"));
    if (cli_has(c, "same")) json_object_set_new(q, "decision", json_string("same"));
    if (cli_has(c, "different")) json_object_set_new(q, "decision", json_string("different"));
    return hub_tool_show(c, ctx, q, hub_print_saved);
}

/* Verbs about records and decisions. */
#include "hub/tool.h"

#include "hub/command.h"

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

/* ---- conflicts ---- */

static json_t *conflicts_request(const struct cli *c)
{
    json_t *q = hub_tool_request(c, "conflicts");
    hub_tool_copy(c, q, "unit", "unit");
    hub_tool_copy(c, q, "type", "type");
    return q;
}

/* One decision as `resolve` makes it, by the rule. */
static enum err settle_one(struct cli *c, struct hub_tool *t, const json_t *row)
{
    json_t *r = NULL, *q = hub_tool_request(c, "resolve");
    json_object_set(q, "id", json_object_get(row, "id"));
    json_object_set(q, "field", json_object_get(row, "field"));
    hub_tool_copy(c, q, "take", "take");
    enum err e = hub_tool_ask(c, t, q, &r);
    json_decref(r);
    return e;
}

/* What the options choose. Deletions and pairs are decided one by one. */
static json_t *settle_rows(const struct cli *c, const json_t *conflicts)
{
    json_t *rows = json_array();
    const char *only = cli_opt(c, "field");
    for (size_t i = 0; i < json_array_size(conflicts); i++) {
        const json_t *r = json_array_get(conflicts, i);
        const json_t *fields = json_object_get(r, "fields");
        for (size_t k = 0; k < json_array_size(fields); k++) {
            const json_t *f = json_array_get(fields, k);
            const char *name = hub_tool_str(f, "field");
            if (strcmp(name, HUB_FIELD_EXISTENCE) == 0) continue;
            if (only != NULL && strcmp(only, name) != 0) continue;
            json_array_append_new(
                rows, json_pack("{s:O, s:O, s:O, s:O, s:I}", "id", json_object_get(r, "id"), "type",
                                json_object_get(r, "type"), "unit", json_object_get(r, "unit"),
                                "field", json_object_get(f, "field"), "values",
                                (json_int_t)json_array_size(json_object_get(f, "heads"))));
        }
    }
    return rows;
}

static void settle_print(const struct cli *c, const json_t *rows, size_t done)
{
    size_t n = json_array_size(rows);
    if (c->json) {
        json_t *j = json_pack("{s:O, s:I}", "rows", rows, "settled", (json_int_t)done);
        cli_print_json(j);
        json_decref(j);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(rows, i);
        printf(cli_text(c, "%s %s %s.%s: %lld giá trị\n", "%s %s %s.%s: %lld values\n"),
               hub_tool_str(r, "unit"), hub_tool_str(r, "id"), hub_tool_str(r, "type"),
               hub_tool_str(r, "field"),
               (long long)json_integer_value(json_object_get(r, "values")));
    }
    if (cli_has(c, "yes"))
        printf(cli_text(c, "Đã quyết định %zu trong %zu trường.\n", "Decided %zu of %zu fields.\n"),
               done, n);
    else
        printf(cli_text(c, "%zu trường sẽ được quyết định; chưa ghi gì: thêm --yes để ghi.\n",
                        "%zu fields would be decided; nothing was saved: add --yes.\n"),
               n);
}

/* Many fields by one rule, as the page does it. Without --yes only shown; the first that is refused ends it. */
static enum err conflicts_settle(struct cli *c, struct hub_tool *t)
{
    json_t *response = NULL;
    const char *rule = cli_opt(c, "take");
    if (rule == NULL || (strcmp(rule, "newest") != 0 && strcmp(rule, "first") != 0))
        return cli_fail(c, ERR_USAGE,
                        "Cần --take newest (giá trị ghi sau cùng) hoặc --take first (giá trị đến "
                        "trung tâm trước).",
                        "Give --take newest (the value written last) or --take first (the one that "
                        "came first).");
    enum err e = hub_tool_ask(c, t, conflicts_request(c), &response);
    if (e != ERR_OK) return e;
    json_t *rows = settle_rows(c, json_object_get(response, "conflicts"));
    size_t n = json_array_size(rows), done = 0;
    for (; cli_has(c, "yes") && e == ERR_OK && done < n; done += e == ERR_OK)
        e = settle_one(c, t, json_array_get(rows, done));
    settle_print(c, rows, done);
    if (e == ERR_OK && done < n) t->exit = HUB_TOOL_CONFLICTS;
    json_decref(rows);
    json_decref(response);
    return e;
}

/* What was decided about pairs: `resolve ID --undo` takes it back. */
static void conflicts_print_links(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *v = json_object_get(row, "values");
        bool same = strcmp(hub_tool_str(v, "decision"), "same") == 0;
        printf("%s %s: %s %s\n", hub_tool_str(row, "id"),
               same ? cli_text(c, "là một người", "one person")
                    : cli_text(c, "là hai người", "two persons"),
               hub_tool_str(v, "person_a"), hub_tool_str(v, "person_b"));
    }
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Chưa có kết luận nào về hai người.",
                                "Nothing was decided about two persons."));
}

static enum err conflicts_links(struct cli *c, struct hub_tool *t)
{
    json_t *q = hub_tool_request(c, "list");
    json_object_set_new(q, "type", json_string("person_link"));
    return hub_tool_show(c, t, q, conflicts_print_links);
}

/* Exit code 14 says to scripts that a person has to decide. */
enum err hub_tool_conflicts(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_t *response = NULL;
    bool one = c->arg_count > 0;
    if (c->arg_count == 1 && strcmp(c->args[0], "settle") == 0) return conflicts_settle(c, t);
    if (c->arg_count == 1 && strcmp(c->args[0], "links") == 0) return conflicts_links(c, t);
    if (one && (strcmp(c->args[0], "show") != 0 || c->arg_count != 2))
        return cli_fail(
            c, ERR_USAGE,
            "Dùng: conflicts, conflicts show MÃ_HỒ_SƠ | MÃ_CẶP, conflicts settle --take CÁCH, hoặc "
            "conflicts links.",
            "Use: conflicts, conflicts show RECORD | PAIR, conflicts settle --take RULE, or "
            "conflicts links.");
    json_t *q = conflicts_request(c);
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
    json_int_t take = 0;
    const char *rule = cli_opt(c, "take");
    bool by_rule = rule != NULL && (strcmp(rule, "newest") == 0 || strcmp(rule, "first") == 0);
    enum err e = by_rule ? ERR_OK : hub_tool_number(c, "take", 0, &take);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "resolve");
    if (by_rule) json_object_set_new(q, "take", json_string(rule));
    json_object_set_new(q, "id", json_string(c->args[0]));
    hub_tool_copy(c, q, "field", "field");
    hub_tool_copy(c, q, "value", "value");
    hub_tool_copy(c, q, "reason", "reason");
    if (take != 0) json_object_set_new(q, "take", json_integer(take));
    if (cli_has(c, "delete")) json_object_set_new(q, "action", json_string("delete"));
    if (cli_has(c, "keep")) json_object_set_new(q, "action", json_string("restore"));
    if (cli_has(c, "undo")) json_object_set_new(q, "action", json_string("undo"));
    if (cli_has(c, "same")) json_object_set_new(q, "decision", json_string("same"));
    if (cli_has(c, "different")) json_object_set_new(q, "decision", json_string("different"));
    return hub_tool_show(c, ctx, q, hub_print_saved);
}

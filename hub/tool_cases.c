/* Verbs about cases, budgets and scores. docs/cases.md. */
#include "hub/tool.h"

#include "common/io/cases_print.h"

#include <stdio.h>
#include <string.h>

static json_t *money_request(const struct cli *c, const char *verb)
{
    static const char *const options[] = {"on", "year", "unit", "reason", "class", "note"};
    json_t *q = hub_tool_request(c, verb);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        hub_tool_copy(c, q, options[i], options[i]);
    return q;
}

enum err hub_tool_cases(struct cli *c, void *ctx)
{
    static const char *const options[] = {"on", "unit", "clock", "record"};
    json_t *q = json_pack("{s:s}", "verb", "cases");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        hub_tool_copy(c, q, options[i], options[i]);
    if (cli_has(c, "all")) json_object_set_new(q, "all", json_true());
    return hub_tool_show(c, ctx, q, cases_print);
}

static json_t *cases_with(const struct cli *c, const char *verb)
{
    json_t *q = money_request(c, verb);
    if (c->arg_count > 1) json_object_set_new(q, "id", json_string(c->args[1]));
    return q;
}

enum err hub_tool_budget(struct cli *c, void *ctx)
{
    if (c->arg_count == 0 || strcmp(c->args[0], "list") == 0)
        return hub_tool_show(c, ctx, money_request(c, "budget"), cases_print_budget);
    json_t *q = cases_with(c, "budget_step");
    json_object_set_new(q, "step", json_string(c->args[0]));
    return hub_tool_show(c, ctx, q, hub_print_saved);
}

enum err hub_tool_score(struct cli *c, void *ctx)
{
    const char *word = c->arg_count > 0 ? c->args[0] : "list";
    if (strcmp(word, "list") == 0)
        return hub_tool_show(c, ctx, money_request(c, "score"), cases_print_score);
    if (strcmp(word, "show") == 0)
        return hub_tool_show(c, ctx, cases_with(c, "score"), cases_print_score);
    if (strcmp(word, "appraise") == 0) {
        json_t *q = cases_with(c, "score_appraise"), *lines = json_object();
        json_object_set_new(q, "lines", lines);
        enum err e = cases_points(c, 2, cli_opt(c, "reason"), lines);
        if (e == ERR_OK) return hub_tool_show(c, ctx, q, hub_print_saved);
        json_decref(q);
        return e;
    }
    json_t *q = cases_with(c, "score_step");
    json_object_set_new(q, "step", json_string(word));
    return hub_tool_show(c, ctx, q, hub_print_saved);
}

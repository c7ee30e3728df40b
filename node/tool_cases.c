/* Verbs about cases, budgets and scores. docs/cases.md. */
#include "node/tool.h"

#include "common/io/cases_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *cases_request(const struct cli *c, const char *verb)
{
    static const char *const of_cases[] = {"on", "clock", "record"};
    static const char *const of_money[] = {"on", "year", "scheme"};
    bool money = strcmp(verb, "cases") != 0; /* each verb has its own options */
    json_t *q = json_pack("{s:s}", "verb", verb);
    const char *person = money ? cli_opt(c, "person") : NULL;
    if (person == NULL) person = getenv("DONGBO_PERSON");
    node_tool_copy(q, "person", person);
    for (size_t i = 0; i < 3; i++) {
        const char *option = money ? of_money[i] : of_cases[i];
        node_tool_copy(q, option, cli_opt(c, option));
    }
    return q;
}

static void cases_saved(const struct cli *c, const json_t *r)
{
    printf("%s %s\n", cli_text(c, "Đã lưu trên máy này:", "Saved on this PC:"),
           node_tool_str(r, "id"));
}

enum err node_tool_cases(struct cli *c, void *ctx)
{
    json_t *q = cases_request(c, "cases");
    if (cli_has(c, "all")) json_object_set_new(q, "all", json_true());
    return node_tool_show(c, ctx, q, cases_print);
}

static json_t *cases_with(const struct cli *c, const char *verb)
{
    json_t *q = cases_request(c, verb);
    if (c->arg_count > 1) node_tool_copy(q, "id", c->args[1]);
    return q;
}

enum err node_tool_budget(struct cli *c, void *ctx)
{
    if (c->arg_count == 0 || strcmp(c->args[0], "list") == 0)
        return node_tool_show(c, ctx, cases_request(c, "budget"), cases_print_budget);
    json_t *q = cases_with(c, "budget_step");
    node_tool_copy(q, "step", c->args[0]);
    return node_tool_show(c, ctx, q, cases_saved);
}

static enum err cases_check(struct cli *c, void *ctx, json_t *q)
{
    json_t *r = NULL;
    json_object_set_new(q, "check", json_true());
    enum err e = node_tool_ask(c, ctx, q, NODE_TOOL_ASK_MS, &r);
    json_decref(q);
    json_decref(r);
    return e;
}

/* All of it is checked before any is saved. */
static enum err cases_lines(struct cli *c, void *ctx, const json_t *points, bool check)
{
    const char *code = NULL;
    json_t *given = NULL;
    enum err e = ERR_OK;
    json_object_foreach((json_t *)(uintptr_t)points, code, given)
    {
        if (e != ERR_OK) break;
        json_t *q = cases_with(c, "score_line");
        node_tool_copy(q, "code", code);
        json_object_set(q, "score", json_object_get(given, "score"));
        node_tool_copy(q, "reason", cli_opt(c, "reason"));
        node_tool_copy(q, "evidence", cli_opt(c, "evidence"));
        e = check ? cases_check(c, ctx, q) : node_tool_show(c, ctx, q, cases_saved);
    }
    return e;
}

static enum err cases_set(struct cli *c, void *ctx)
{
    json_t *points = json_object();
    enum err e = cases_points(c, 2, NULL, points);
    if (e == ERR_OK) e = cases_lines(c, ctx, points, true);
    if (e == ERR_OK) e = cases_lines(c, ctx, points, false);
    json_decref(points);
    return e;
}

enum err node_tool_score(struct cli *c, void *ctx)
{
    const char *word = c->arg_count > 0 ? c->args[0] : "list";
    if (strcmp(word, "list") == 0)
        return node_tool_show(c, ctx, cases_request(c, "score"), cases_print_score);
    if (strcmp(word, "start") == 0)
        return node_tool_show(c, ctx, cases_request(c, "score_start"), cases_saved);
    if (strcmp(word, "show") == 0)
        return node_tool_show(c, ctx, cases_with(c, "score"), cases_print_score);
    if (strcmp(word, "set") == 0) return cases_set(c, ctx);
    json_t *q = cases_with(c, "score_step");
    node_tool_copy(q, "step", word);
    return node_tool_show(c, ctx, q, cases_saved);
}

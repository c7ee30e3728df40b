/* The verbs `request` and `breach`. docs/registers.md. */
#include "hub/tool.h"

#include "hub/command.h"

#include <stdio.h>

static const char *register_cell(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    if (s == NULL) s = json_string_value(json_object_get(json_object_get(row, "values"), key));
    return s != NULL ? s : "";
}

static const char *register_state_said(const struct cli *c, const char *state)
{
    static const struct {
        const char *state, *vi, *en;
    } said[] = {
        {"received", "đã nhận, chưa trả lời", "received, not answered"},
        {"open", "đang xử lý", "open"},
        {"overdue", "QUÁ HẠN", "OVERDUE"},
        {"done", "xong", "done"},
        {"done_late", "xong, trễ hạn", "done, late"},
        {"to_notify", "phải báo", "to be notified"},
        {"notified", "đã báo", "notified"},
        {"notified_late", "đã báo, trễ hạn", "notified, late"},
        {"closed", "kết thúc", "closed"},
        {"closed_late", "kết thúc, báo trễ", "closed, notified late"},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (strcmp(said[i].state, state) == 0) return cli_text(c, said[i].vi, said[i].en);
    }
    return state;
}

static void register_left(const struct cli *c, const json_t *row)
{
    const json_t *days = json_object_get(row, "days_left");
    const json_t *hours = json_object_get(row, "hours_left");
    if (json_is_integer(days))
        printf(cli_text(c, ", còn %lld%s ngày", ", %lld%s days left"),
               (long long)json_integer_value(days),
               json_is_true(json_object_get(row, "guessed")) ? "?" : "");
    if (json_is_integer(hours))
        printf(cli_text(c, ", còn %lld giờ", ", %lld hours left"),
               (long long)json_integer_value(hours));
}

static void register_print(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool breach = json_object_get(row, "notify_by") != NULL;
        printf("%s  %s  %s  %s  %s", register_cell(row, "id"), register_cell(row, "unit_name"),
               register_cell(row, breach ? "detected_on" : "received_on"),
               register_cell(row, "kind_label"),
               register_state_said(c, register_cell(row, "state")));
        register_left(c, row);
        const char *due = register_cell(row, breach ? "notify_by" : "due");
        if (due[0] != '\0') printf("  (%s %.16s)", cli_text(c, "hạn", "due"), due);
        printf("\n");
    }
    if (json_array_size(rows) == 0) printf("%s\n", cli_text(c, "Không có.", "None."));
}

static enum err register_tool(struct cli *c, struct hub_tool *t, const char *verb)
{
    const char *what = c->args[0];
    bool set = strcmp(what, "set") == 0, add = strcmp(what, "add") == 0;
    if (strcmp(what, "list") == 0 && c->arg_count == 1) {
        json_t *q = hub_tool_request(c, verb);
        json_object_set_new(q, "action", json_string("list"));
        if (cli_has(c, "open")) json_object_set_new(q, "open", json_true());
        return hub_tool_show(c, t, q, register_print);
    }
    if ((!set && !add) || c->arg_count < (set ? 3 : 2))
        return cli_fail(c, ERR_USAGE,
                        "Dùng: list [--open], add TRƯỜNG=GIÁ_TRỊ..., set MÃ TRƯỜNG=GIÁ_TRỊ...",
                        "Use: list [--open], add FIELD=VALUE..., set ID FIELD=VALUE...");
    json_t *values = json_object();
    enum err e = hub_tool_pairs(c, set ? 2 : 1, values);
    if (e != ERR_OK) {
        json_decref(values);
        return e;
    }
    json_t *q = hub_tool_request(c, verb);
    json_object_set_new(q, "action", json_string(what));
    json_object_set_new(q, "values", values);
    if (set) json_object_set_new(q, "id", json_string(c->args[1]));
    return hub_tool_show(c, t, q, hub_print_saved);
}

enum err hub_tool_data_request(struct cli *c, void *ctx)
{
    return register_tool(c, ctx, "request");
}

enum err hub_tool_breach(struct cli *c, void *ctx)
{
    return register_tool(c, ctx, "breach");
}

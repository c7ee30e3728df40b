/* revoke, quarantine: a PC that is stolen or replaced, and what it still sends. */
#include "hub/tool.h"

#include <stdio.h>
#include <stdlib.h>

static long long hub_number(const json_t *j, const char *key)
{
    return (long long)json_integer_value(json_object_get(j, key));
}

static void hub_print_revoked(const struct cli *c, const json_t *r)
{
    printf(cli_text(c,
                    "Đã thu hồi máy %s của %s (%s), từ vị trí %lld. Không thay đổi nào của máy này "
                    "vào nhật ký nữa; những gì nó còn gửi được để riêng, xem `quarantine`.\n"
                    "Máy thay thế: làm giấy mời mới bằng `invite --unit %s`.\n",
                    "Revoked PC %s of %s (%s), from position %lld on. Nothing of it enters the log "
                    "any more; what it still sends is kept apart, see `quarantine`.\n"
                    "For a replacement make a new invitation: `invite --unit %s`.\n"),
           hub_tool_str(r, "name"), hub_tool_str(r, "unit_name"), hub_tool_str(r, "unit"),
           hub_number(r, "position"), hub_tool_str(r, "unit"));
}

enum err hub_tool_revoke(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "revoke");
    json_object_set_new(q, "node", json_string(c->args[0]));
    hub_tool_copy(c, q, "reason", "reason");
    return hub_tool_show(c, ctx, q, hub_print_revoked);
}

static void hub_print_parcel(const struct cli *c, const json_t *p)
{
    const char *state = hub_tool_str(p, "state");
    printf(cli_text(c, "Gói %lld: %lld lần lưu của máy %s, %s (%s); đến %s qua %s; %s.\n",
                    "Parcel %lld: %lld saves of PC %s, %s (%s); came %s by %s; %s.\n"),
           hub_number(p, "parcel"), hub_number(p, "sets"), hub_tool_str(p, "name"),
           hub_tool_str(p, "unit_name"), hub_tool_str(p, "unit"), hub_tool_str(p, "at"),
           strcmp(hub_tool_str(p, "road"), "bundle") == 0 ? cli_text(c, "gói .dongbo", "bundle")
                                                          : cli_text(c, "mạng", "network"),
           strcmp(state, "released") == 0    ? cli_text(c, "đã cho nhập", "released")
           : strcmp(state, "discarded") == 0 ? cli_text(c, "đã bỏ", "discarded")
                                             : cli_text(c, "chờ quyết định", "waits"));
    printf(cli_text(c, "    máy bị thu hồi vì: %s\n", "    the PC was revoked because: %s\n"),
           hub_tool_str(p, "revoked_why"));
    if (hub_tool_str(p, "by")[0] != '\0')
        printf(cli_text(c, "    %s quyết định lúc %s: %s\n", "    decided by %s at %s: %s\n"),
               hub_tool_str(p, "by"), hub_tool_str(p, "decided"), hub_tool_str(p, "reason"));
    const char *next = hub_tool_str(p, cli_text(c, "next_vi", "next_en"));
    if (next[0] != '\0') printf("    %s\n", next);
}

static void hub_print_quarantine(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "parcels");
    for (size_t i = 0; i < json_array_size(rows); i++)
        hub_print_parcel(c, json_array_get(rows, i));
    printf(cli_text(c, "Chờ quyết định: %lld gói, %lld lần lưu.\n",
                    "Waiting for a decision: %lld parcels, %lld saves.\n"),
           hub_number(r, "waiting"), hub_number(r, "waiting_sets"));
}

static void hub_print_op(const json_t *op)
{
    const json_t *values = json_object_get(op, "values");
    printf("    %s %s %s\n", hub_tool_str(op, "kind"), hub_tool_str(op, "type"),
           hub_tool_str(op, "record"));
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *v = json_array_get(values, i);
        printf("      %s = %s%s%s\n", hub_tool_str(v, "name"), hub_tool_str(v, "value"),
               hub_tool_str(v, "element")[0] != '\0' ? " " : "", hub_tool_str(v, "element"));
    }
}

static void hub_print_content(const struct cli *c, const json_t *r)
{
    const json_t *sets = json_object_get(r, "content");
    hub_print_parcel(c, r);
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *set = json_array_get(sets, i);
        const json_t *ops = json_object_get(set, "ops");
        printf(cli_text(c, "  lần lưu %lld, giờ của máy %s\n",
                        "  save %lld, at %s by that PC's clock\n"),
               hub_number(set, "seq"), hub_tool_str(set, "clock"));
        for (size_t k = 0; k < json_array_size(ops); k++)
            hub_print_op(json_array_get(ops, k));
    }
}

static void hub_print_decided(const struct cli *c, const json_t *r)
{
    bool released = strcmp(hub_tool_str(r, "state"), "released") == 0;
    printf(released ? cli_text(c, "Đã cho nhập %lld lần lưu của gói %lld.\n",
                               "Let in %lld saves of parcel %lld.\n")
                    : cli_text(c, "Đã bỏ %lld lần lưu của gói %lld; gói vẫn được giữ để tra cứu.\n",
                               "Discarded %lld saves of parcel %lld; it is kept for reference.\n"),
           hub_number(r, "sets"), hub_number(r, "parcel"));
}

enum err hub_tool_quarantine(struct cli *c, void *ctx)
{
    const char *action = c->arg_count > 0 ? c->args[0] : "list";
    bool list = strcmp(action, "list") == 0, show = strcmp(action, "show") == 0;
    if (!list && c->arg_count < 2)
        return cli_fail(c, ERR_USAGE, "Cần số của gói (xem `quarantine list`).",
                        "The parcel's number is needed (see `quarantine list`).");
    char *end = NULL;
    long long parcel = c->arg_count > 1 ? strtoll(c->args[1], &end, 10) : 0;
    if (c->arg_count > 1 && (end == c->args[1] || *end != '\0'))
        return cli_fail(c, ERR_USAGE, "Số của gói không đúng (xem `quarantine list`).",
                        "This is no parcel's number (see `quarantine list`).");
    json_t *q = hub_tool_request(c, show ? "quarantine_show" : "quarantine");
    json_object_set_new(q, "action", json_string(action));
    if (c->arg_count > 1) json_object_set_new(q, "parcel", json_integer(parcel));
    if (cli_has(c, "all")) json_object_set_new(q, "all", json_true());
    hub_tool_copy(c, q, "reason", "reason");
    return hub_tool_show(c, ctx, q,
                         list   ? hub_print_quarantine
                         : show ? hub_print_content
                                : hub_print_decided);
}

/* transfer, share, scope: requests and what they print. */
#include "hub/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *tool_state(const struct cli *c, const char *state)
{
    static const char *const words[][3] = {
        {"offered", "chờ đơn vị nhận trả lời", "waits for an answer"},
        {"overdue", "QUÁ HẠN trả lời: cần quản trị quyết định", "OVERDUE: the admin decides"},
        {"refused", "bị từ chối, hồ sơ vẫn ở đơn vị giao", "refused, the giver keeps the record"},
        {"accepted", "đã nhận", "accepted"},
        {"withdrawn", "đã rút lại", "withdrawn"},
        {"void", "hết hiệu lực: hồ sơ đã đi nơi khác", "void: the record left by another road"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0) return cli_text(c, words[i][1], words[i][2]);
    }
    return state;
}

static void print_transfers(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *t = NULL, *rows = json_object_get(r, "transfers");
    if (json_array_size(rows) == 0)
        printf("%s\n",
               cli_text(c, "Không có đề nghị chuyển hồ sơ nào.", "There are no transfers."));
    json_array_foreach(rows, i, t)
    {
        printf("%s  %s (%s) -> %s (%s)\n    %s %s, %s %s\n    %s\n", hub_tool_str(t, "transfer"),
               hub_tool_str(t, "from_name"), hub_tool_str(t, "from"), hub_tool_str(t, "to_name"),
               hub_tool_str(t, "to"), hub_tool_str(t, "type_label"), hub_tool_str(t, "id"),
               cli_text(c, "đề nghị lúc", "offered"), hub_tool_str(t, "offered"),
               tool_state(c, hub_tool_str(t, "state")));
        if (hub_tool_str(t, "note")[0] != '\0')
            printf("    %s: %s\n", cli_text(c, "lời nhắn", "note"), hub_tool_str(t, "note"));
        if (hub_tool_str(t, "answer")[0] != '\0')
            printf("    %s: %s\n", cli_text(c, "trả lời", "answer"), hub_tool_str(t, "answer"));
    }
}

static void print_crossed(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *x = NULL, *rows = json_object_get(r, "crossed");
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Không có thay đổi nào đến sau khi hồ sơ đã chuyển.",
                                "No change came after its record had left."));
    json_array_foreach(rows, i, x)
    {
        const char *state = hub_tool_str(x, "state"), *key = NULL;
        json_t *v = NULL;
        printf("%s\n    %s %s, %s %s, %s %s: %s\n", hub_tool_str(x, "ref"),
               cli_text(c, "hồ sơ", "record"), hub_tool_str(x, "id"),
               cli_text(c, "ghi ở", "written at"), hub_tool_str(x, "unit_name"),
               cli_text(c, "nay của", "now of"), hub_tool_str(x, "owner_name"),
               strcmp(state, "open") == 0      ? cli_text(c, "chờ quyết định", "open")
               : strcmp(state, "applied") == 0 ? cli_text(c, "đã áp dụng", "applied")
                                               : cli_text(c, "đã để lại", "set aside"));
        json_object_foreach(json_object_get(x, "values"), key, v)
            printf("    %s = %s\n", key, json_is_string(v) ? json_string_value(v) : "-");
    }
}

static void print_saved(const struct cli *c, const json_t *r)
{
    const char *transfer = hub_tool_str(r, "transfer");
    printf("%s%s%s\n", cli_text(c, "Đã ghi", "Saved"), transfer[0] != '\0' ? ": " : ".", transfer);
}

static enum err transfer_answer(struct cli *c, struct hub_tool *t, const char *what, const char *id)
{
    json_t *request = hub_tool_request(c, "transfer_answer");
    json_object_set_new(request, "transfer", json_string(id));
    json_object_set_new(request, "answer", json_string(what));
    hub_tool_copy(c, request, "note", "note");
    return hub_tool_show(c, t, request, print_saved);
}

static enum err transfer_settle(struct cli *c, struct hub_tool *t, bool apply, const char *ref)
{
    json_t *request = hub_tool_request(c, "settle");
    json_object_set_new(request, "ref", json_string(ref));
    json_object_set_new(request, "apply", json_boolean(apply));
    return hub_tool_show(c, t, request, print_saved);
}

static enum err transfer_offer(struct cli *c, struct hub_tool *t, const char *id)
{
    json_t *request = hub_tool_request(c, "transfer_offer");
    json_object_set_new(request, "id", json_string(id));
    hub_tool_copy(c, request, "to", "to");
    hub_tool_copy(c, request, "note", "note");
    return hub_tool_show(c, t, request, print_saved);
}

enum err hub_tool_transfer(struct cli *c, void *ctx)
{
    const char *what = c->args[0], *id = c->arg_count > 1 ? c->args[1] : NULL;
    if (id == NULL && (strcmp(what, "list") == 0 || strcmp(what, "crossed") == 0)) {
        bool list = what[0] == 'l';
        json_t *request = hub_tool_request(c, list ? "transfers" : "crossed");
        json_object_set_new(request, "open", json_boolean(cli_has(c, "open")));
        json_object_set_new(request, "overdue", json_boolean(cli_has(c, "overdue")));
        return hub_tool_show(c, ctx, request, list ? print_transfers : print_crossed);
    }
    if (id != NULL && strcmp(what, "offer") == 0 && cli_has(c, "to"))
        return transfer_offer(c, ctx, id);
    if (id != NULL && strcmp(what, "accept-for") == 0) return transfer_answer(c, ctx, "accept", id);
    if (id != NULL && strcmp(what, "refuse-for") == 0) return transfer_answer(c, ctx, "refuse", id);
    if (id != NULL && strcmp(what, "withdraw-for") == 0)
        return transfer_answer(c, ctx, "withdraw", id);
    if (id != NULL && strcmp(what, "apply") == 0) return transfer_settle(c, ctx, true, id);
    if (id != NULL && strcmp(what, "aside") == 0) return transfer_settle(c, ctx, false, id);
    return cli_fail(
        c, ERR_USAGE,
        "transfer list [--open|--overdue] | offer MÃ --to ĐƠN_VỊ | accept-for|refuse-for"
        "|withdraw-for MÃ_ĐỀ_NGHỊ | crossed [--open] | apply|aside MÃ_THAY_ĐỔI",
        "transfer list [--open|--overdue] | offer ID --to UNIT | accept-for|refuse-for|"
        "withdraw-for OFFER | crossed [--open] | apply|aside CHANGE");
}

/* ---- units ---- */

static void print_units(const struct cli *c, const json_t *r)
{
    static const char *const words[][3] = {
        {"done", "xong", "done"},
        {"due", "đến hạn: chạy `units apply`", "due: run `units apply`"},
        {"assumption", "đến hạn, nơi tiếp nhận là giả định: cần --assumptions",
         "due, the successor is an assumption: needs --assumptions"},
        {"waiting", "đơn vị đã chia: hồ sơ chờ phân giao (`units assign`)",
         "split: its records wait for `units assign`"},
        {"future", "chưa đến ngày", "not yet"},
    };
    size_t i = 0;
    json_t *u = NULL;
    json_array_foreach(json_object_get(r, "changes"), i, u)
    {
        const char *state = hub_tool_str(u, "state"), *word = state;
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
            if (strcmp(words[k][0], state) == 0) word = cli_text(c, words[k][1], words[k][2]);
        }
        printf("%s  %s (%s) -> %s (%s): %lld %s, %lld %s. %s%s\n", hub_tool_str(u, "on"),
               hub_tool_str(u, "old_name"), hub_tool_str(u, "old"), hub_tool_str(u, "new_name"),
               hub_tool_str(u, "new"), (long long)json_integer_value(json_object_get(u, "records")),
               cli_text(c, "hồ sơ", "records"),
               (long long)json_integer_value(json_object_get(u, "nodes")),
               cli_text(c, "máy", "PCs"), word,
               json_is_true(json_object_get(u, "assumption"))
                   ? cli_text(c, " [giả định]", " [assumption]")
                   : "");
    }
}

static void print_moved(const struct cli *c, const json_t *r)
{
    printf("%s: %lld %s, %lld %s\n", cli_text(c, "Đã chuyển", "Moved"),
           (long long)json_integer_value(json_object_get(r, "records")),
           cli_text(c, "hồ sơ", "records"),
           (long long)json_integer_value(json_object_get(r, "nodes")), cli_text(c, "máy", "PCs"));
}

static enum err units_assign(struct cli *c, struct hub_tool *t)
{
    json_t *request = hub_tool_request(c, "units_assign"), *where = json_object();
    hub_tool_copy(c, request, "from", "from");
    hub_tool_copy(c, request, "to", "to");
    hub_tool_copy(c, request, "type", "type");
    json_object_set_new(request, "dry", json_boolean(cli_has(c, "dry")));
    for (int i = 1; i < c->arg_count; i++) {
        const char *eq = strchr(c->args[i], '=');
        char name[64];
        size_t n = eq != NULL ? (size_t)(eq - c->args[i]) : 0;
        if (n == 0 || n >= sizeof name) {
            json_decref(request);
            json_decref(where);
            return cli_fail(c, ERR_USAGE, "Điều kiện lọc viết là TRƯỜNG=GIÁ_TRỊ.",
                            "A filter is written FIELD=VALUE.");
        }
        memcpy(name, c->args[i], n);
        name[n] = '\0';
        json_object_set_new(where, name, json_string(eq + 1));
    }
    json_object_set_new(request, "where", where);
    return hub_tool_show(c, t, request, print_moved);
}

enum err hub_tool_units(struct cli *c, void *ctx)
{
    const char *what = c->args[0];
    if (strcmp(what, "list") == 0 && c->arg_count == 1)
        return hub_tool_show(c, ctx, hub_tool_request(c, "units"), print_units);
    if (strcmp(what, "apply") == 0 && c->arg_count == 1) {
        json_t *request = hub_tool_request(c, "units_apply");
        hub_tool_copy(c, request, "until", "until");
        json_object_set_new(request, "assumptions", json_boolean(cli_has(c, "assumptions")));
        return hub_tool_show(c, ctx, request, print_moved);
    }
    if (strcmp(what, "assign") == 0) return units_assign(c, ctx);
    if (strcmp(what, "node") == 0 && c->arg_count == 2) {
        json_t *request = hub_tool_request(c, "units_node");
        json_object_set_new(request, "node", json_string(c->args[1]));
        hub_tool_copy(c, request, "to", "to");
        return hub_tool_show(c, ctx, request, print_moved);
    }
    return cli_fail(c, ERR_USAGE,
                    "units list | apply [--until NGÀY] [--assumptions] | assign --from ĐƠN_VỊ --to "
                    "ĐƠN_VỊ [--type LOẠI] [TRƯỜNG=GIÁ_TRỊ...] | node MÁY --to ĐƠN_VỊ",
                    "units list | apply [--until DAY] [--assumptions] | assign --from UNIT --to "
                    "UNIT [--type T] [FIELD=VALUE...] | node NODE --to UNIT");
}

static void print_scope(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *u = NULL;
    json_array_foreach(json_object_get(r, "units"), i, u)
    {
        bool has = json_is_null(json_object_get(u, "left"));
        printf("%s (%s): %s%s%s%s\n", hub_tool_str(u, "unit_name"), hub_tool_str(u, "unit"),
               strcmp(hub_tool_str(u, "as"), "owner") == 0 ? cli_text(c, "giữ hồ sơ", "owner")
               : strcmp(hub_tool_str(u, "as"), "write") == 0 ? cli_text(c, "được sửa", "may write")
                                                             : cli_text(c, "được xem", "may read"),
               has ? "" : cli_text(c, " (đã thôi)", " (not any more)"),
               hub_tool_str(u, "since")[0] != '\0' ? cli_text(c, ", từ ", ", since ") : "",
               hub_tool_str(u, "since"));
    }
}

enum err hub_tool_share(struct cli *c, void *ctx)
{
    bool ask = cli_opt(c, "unit") == NULL;
    json_t *request = hub_tool_request(c, ask ? "scope" : "share");
    json_object_set_new(request, "id", json_string(c->args[0]));
    if (ask) return hub_tool_show(c, ctx, request, print_scope);
    hub_tool_copy(c, request, "unit", "unit");
    hub_tool_copy(c, request, "access", "access");
    return hub_tool_show(c, ctx, request, print_saved);
}

/* ---- what is held ---- */

static void print_held(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *h = NULL;
    json_array_foreach(json_object_get(r, "held"), i, h)
    {
        const char *id = hub_tool_str(h, "id");
        printf("%s  %s %s, %s, %s\n", hub_tool_str(h, "ref"), cli_text(c, "hồ sơ", "record"),
               id[0] != '\0' ? id : "?", hub_tool_str(h, "unit_name"), hub_tool_str(h, "received"));
        printf("    %s: %s\n", cli_text(c, "bị giữ vì", "held because"),
               hub_tool_str(h, cli_text(c, "vi", "en")));
        printf("    %s: %s\n", cli_text(c, "người lo", "whose turn"),
               hub_tool_str(h, cli_text(c, "owner_vi", "owner_en")));
        printf("    %s: %s\n", cli_text(c, "việc tiếp", "next"),
               hub_tool_str(h, cli_text(c, "next_vi", "next_en")));
    }
    json_int_t total = json_integer_value(json_object_get(r, "total"));
    if (total == 0)
        printf("%s\n", cli_text(c, "Không có thay đổi nào bị giữ.", "Nothing is held."));
    if (json_is_true(json_object_get(r, "more")))
        printf(cli_text(c, "… tất cả %lld\n", "… %lld in all\n"), (long long)total);
}

enum err hub_tool_held(struct cli *c, void *ctx)
{
    return hub_tool_show(c, ctx, hub_tool_request(c, "held"), print_held);
}

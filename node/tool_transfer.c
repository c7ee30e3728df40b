/* transfer, share: requests and what they print. */
#include "node/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- printing ---- */

static const char *tool_state(const struct cli *c, const char *state)
{
    static const char *const words[][3] = {
        {"waiting", "chờ gửi lên trung tâm", "waits to be sent"},
        {"not_taken", "không có hiệu lực: đã có đề nghị khác", "void: there was another offer"},
        {"held", "trung tâm đang giữ, chưa nhận", "held by the hub"},
        {"offered", "chờ đơn vị nhận trả lời", "waits for an answer"},
        {"overdue", "QUÁ HẠN trả lời: quản trị trung tâm sẽ xử lý",
         "OVERDUE: the hub's admin decides"},
        {"answered", "đã trả lời trên máy này, chờ gửi", "answered here, waits to be sent"},
        {"refused", "bị từ chối: hồ sơ vẫn ở đơn vị giao", "refused: the giver keeps the record"},
        {"accepted", "đã nhận: hồ sơ thuộc đơn vị nhận", "accepted: the record is the receiver's"},
        {"withdrawn", "đã rút lại", "withdrawn"},
        {"void", "hết hiệu lực: hồ sơ đã đi nơi khác", "void: the record left by another road"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0) return cli_text(c, words[i][1], words[i][2]);
    }
    return state;
}

static void tool_print_transfers(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *t = NULL, *rows = json_object_get(r, "transfers");
    if (json_array_size(rows) == 0)
        printf("%s\n",
               cli_text(c, "Không có đề nghị chuyển hồ sơ nào.", "There are no transfers."));
    json_array_foreach(rows, i, t)
    {
        bool out = strcmp(node_tool_str(t, "direction"), "out") == 0;
        printf("%s  %s %s (%s)\n    %s %s, %s %s\n    %s\n", node_tool_str(t, "transfer"),
               out ? cli_text(c, "GIAO cho", "OUT to") : cli_text(c, "NHẬN từ", "IN from"),
               node_tool_str(t, out ? "to_name" : "from_name"),
               node_tool_str(t, out ? "to" : "from"), node_tool_str(t, "type_label"),
               node_tool_str(t, "id"), cli_text(c, "đề nghị lúc", "offered"),
               node_tool_str(t, "offered"), tool_state(c, node_tool_str(t, "state")));
        if (node_tool_str(t, "note")[0] != '\0')
            printf("    %s: %s\n", cli_text(c, "lời nhắn", "note"), node_tool_str(t, "note"));
        if (node_tool_str(t, "answer")[0] != '\0')
            printf("    %s: %s\n", cli_text(c, "trả lời", "answer"), node_tool_str(t, "answer"));
    }
}

static void tool_print_crossed(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *x = NULL, *rows = json_object_get(r, "crossed");
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Không có thay đổi nào đến sau khi hồ sơ đã chuyển.",
                                "No change came after its record had left."));
    json_array_foreach(rows, i, x)
    {
        const char *state = node_tool_str(x, "state");
        const char *key = NULL;
        json_t *v = NULL;
        printf("%s\n    %s %s, %s %s: %s\n", node_tool_str(x, "ref"),
               cli_text(c, "hồ sơ", "record"), node_tool_str(x, "id"),
               cli_text(c, "ghi ở", "written at"), node_tool_str(x, "unit_name"),
               strcmp(state, "open") == 0 ? cli_text(c, "chờ đơn vị đang giữ hồ sơ quyết định",
                                                     "waits for the unit that has the record")
               : strcmp(state, "applied") == 0
                   ? cli_text(c, "đã áp dụng", "applied")
                   : cli_text(c, "đã để lại, không áp dụng", "set aside"));
        json_object_foreach(json_object_get(x, "values"), key, v)
        {
            char *text = json_dumps(v, JSON_ENCODE_ANY);
            printf("    %s = %s\n", key, text != NULL ? text : "");
            free(text);
        }
    }
}

static void tool_print_saved(const struct cli *c, const json_t *r)
{
    const char *transfer = node_tool_str(r, "transfer");
    printf("%s%s%s\n",
           cli_text(c, "Đã lưu trên máy này; có hiệu lực khi trung tâm nhận",
                    "Saved on this PC; it holds when the hub has it"),
           transfer[0] != '\0' ? ": " : ".", transfer);
    if (json_is_true(json_object_get(r, "sealed_unread")))
        printf("%s\n",
               cli_text(c,
                        "Đơn vị đó chưa có máy nào đọc được các trường niêm phong của hồ sơ "
                        "này: xem `readers`, so sáu từ, `readers accept`, rồi đồng bộ.",
                        "No PC of that unit reads the sealed fields of this record yet: see "
                        "`readers`, compare the six words, `readers accept`, then "
                        "sync."));
}

/* ---- verbs ---- */

static enum err tool_show(struct cli *c, struct node_tool *t, json_t *request,
                          node_tool_print_fn *print)
{
    node_tool_person(c, request);
    return node_tool_show(c, t, request, print);
}

enum err node_tool_transfer(struct cli *c, void *ctx)
{
    const char *what = c->args[0], *id = c->arg_count > 1 ? c->args[1] : NULL;
    if (strcmp(what, "list") == 0 && id == NULL)
        return tool_show(c, ctx, json_pack("{s:s}", "verb", "transfers"), tool_print_transfers);
    if (strcmp(what, "crossed") == 0 && id == NULL)
        return tool_show(c, ctx, json_pack("{s:s}", "verb", "crossed"), tool_print_crossed);
    if (strcmp(what, "offer") == 0 && id != NULL && cli_has(c, "to")) {
        json_t *request = json_pack("{s:s, s:s}", "verb", "transfer_offer", "id", id);
        node_tool_copy(request, "to", cli_opt(c, "to"));
        node_tool_copy(request, "note", cli_opt(c, "note"));
        return tool_show(c, ctx, request, tool_print_saved);
    }
    bool apply = strcmp(what, "apply") == 0;
    if ((apply || strcmp(what, "aside") == 0) && id != NULL)
        return tool_show(
            c, ctx, json_pack("{s:s, s:s, s:b}", "verb", "settle", "ref", id, "apply", (int)apply),
            tool_print_saved);
    bool answer =
        strcmp(what, "accept") == 0 || strcmp(what, "refuse") == 0 || strcmp(what, "withdraw") == 0;
    if (answer && id != NULL) {
        json_t *request =
            json_pack("{s:s, s:s, s:s}", "verb", "transfer_answer", "transfer", id, "answer", what);
        node_tool_copy(request, "note", cli_opt(c, "note"));
        return tool_show(c, ctx, request, tool_print_saved);
    }
    return cli_fail(c, ERR_USAGE,
                    "transfer list | offer MÃ --to ĐƠN_VỊ | accept|refuse|withdraw MÃ_ĐỀ_NGHỊ | "
                    "crossed | apply|aside MÃ_THAY_ĐỔI",
                    "transfer list | offer ID --to UNIT | accept|refuse|withdraw OFFER | crossed | "
                    "apply|aside CHANGE");
}

static void tool_print_shares(const struct cli *c, const json_t *r)
{
    size_t i = 0;
    json_t *h = NULL, *rows = json_object_get(r, "shares");
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Hồ sơ không chia sẻ với ai.", "The record is not shared."));
    json_array_foreach(rows, i, h)
    {
        bool write = strcmp(node_tool_str(h, "access"), "write") == 0;
        printf("%s (%s): %s\n", node_tool_str(h, "unit_name"), node_tool_str(h, "unit"),
               write ? cli_text(c, "xem và sửa", "read and write")
                     : cli_text(c, "chỉ xem", "read"));
    }
}

enum err node_tool_share(struct cli *c, void *ctx)
{
    const char *unit = cli_opt(c, "unit");
    if (unit == NULL)
        return tool_show(c, ctx, json_pack("{s:s, s:s}", "verb", "shares", "id", c->args[0]),
                         tool_print_shares);
    json_t *request = json_pack("{s:s, s:s, s:s}", "verb", "share", "id", c->args[0], "unit", unit);
    node_tool_copy(request, "access", cli_opt(c, "access"));
    return tool_show(c, ctx, request, tool_print_saved);
}

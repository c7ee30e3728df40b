/* keys: the hub's card. show, order, card, demand (of a node); and on a hub that does not run: rotate, stolen,
 * lost, address. */
#include "hub/tool.h"

#include "common/io/clock.h"
#include "hub/rotate.h"

#include <sodium.h>
#include <stdio.h>

static void hub_print_keys(const struct cli *c, const json_t *r)
{
    const json_t *past = json_object_get(r, "past");
    printf(cli_text(c, "Thẻ của trung tâm số %lld, địa chỉ %s\nkhóa nhật ký %s\n",
                    "The hub's card number %lld, address %s\nlog key %s\n"),
           (long long)json_integer_value(json_object_get(r, "serial")),
           hub_tool_str(r, "address")[0] != '\0' ? hub_tool_str(r, "address") : "-",
           hub_tool_str(r, "log_key"));
    printf(cli_text(c, "khóa ký tệp báo cáo (minisign -P): %s\n",
                    "key of issued files (minisign -P): %s\n"),
           hub_tool_str(r, "issue_key"));
    for (size_t i = 0; i < json_array_size(past); i++) {
        const json_t *p = json_array_get(past, i);
        json_int_t last = json_integer_value(json_object_get(p, "last_position"));
        if (last == (json_int_t)HUB_ROTATE_LOST_LAST) {
            printf(cli_text(c, "khóa đã mất %s, vẫn được tin\n", "lost key %s, still believed\n"),
                   hub_tool_str(p, "log_key"));
            continue;
        }
        printf(json_is_true(json_object_get(p, "stolen"))
                   ? cli_text(c, "khóa bị lộ %s, chỉ tin đến vị trí %lld\n",
                              "stolen key %s, believed up to position %lld\n")
                   : cli_text(c, "khóa cũ %s, đến vị trí %lld\n",
                              "key of before %s, up to position %lld\n"),
               hub_tool_str(p, "log_key"), (long long)last);
    }
}

/* ---- card, order: into files ---- */

static enum err hub_keys_out(struct cli *c, struct hub_tool *t, json_t *request, const char *key,
                             bool decode)
{
    json_t *r = NULL;
    const char *out = cli_opt(c, "out");
    uint8_t bytes[ADMIN_CARD_BYTES_MAX];
    size_t n = 0;
    enum err e = hub_tool_ask(c, t, request, &r);
    if (e != ERR_OK) return e;
    const char *text = hub_tool_str(r, key);
    if (out == NULL) {
        printf("%s\n", text);
    } else if (!decode) {
        e = file_write_atomic(out, bytes_str(text), 0600);
    } else if (sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL, &n, NULL,
                                 sodium_base64_VARIANT_ORIGINAL) == 0) {
        e = file_write_atomic(out, bytes_make(bytes, n), 0644);
    } else {
        e = ERR_TOO_LARGE;
    }
    json_decref(r);
    return e == ERR_OK ? e : cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
}

/* ---- a change ---- */

enum err hub_tool_root(struct cli *c, struct key_sign *root)
{
    struct buf text;
    const char *path = cli_opt(c, "root");
    if (path == NULL)
        return cli_fail(c, ERR_USAGE, "Cần --root TỆP: khóa gốc, cất riêng từ lúc `init`.",
                        "--root FILE is needed: the root key, kept apart since `init`.");
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = file_read_private(path, KEY_FILE_BYTES_MAX, &text);
    if (e == ERR_OK) e = key_sign_load(root, KEY_ROOT, buf_bytes(&text));
    key_wipe_buf(&text);
    return e == ERR_OK ? e
                       : cli_fail(c, e, "Không đọc được khóa gốc (tệp phải chỉ mình bạn đọc được).",
                                  "The root key cannot be read (only you may have rights to it).");
}

enum err hub_tool_not_ready(struct cli *c)
{
    if (!hub_app_keys_gone(c->data_dir))
        return cli_fail(c, ERR_NOT_READY,
                        "Thư mục dữ liệu chưa khởi tạo: hãy chạy `dongbo-hub init` trước.",
                        "The data folder is not initialised: run `dongbo-hub init` first.");
    return cli_fail(c, ERR_NOT_READY,
                    "Thiếu khóa trong thư mục `keys`. Nếu còn bản cất riêng: chép lại vào đó. "
                    "Nếu không còn: `keys lost --root TỆP` tạo khóa mới; khi khóa cũ có thể đã lọt "
                    "vào tay người khác thì sau đó `keys order --past` và `keys stolen`. Chưa thay "
                    "đổi gì.",
                    "Keys are missing in `keys`. If they were kept apart: put them back. If not: "
                    "`keys lost --root FILE` makes new ones; where the old ones may be in other "
                    "hands, `keys order --past` and `keys stolen` follow. Nothing was changed.");
}

static enum err hub_keys_failed(struct cli *c, enum err e)
{
    switch ((int)e) {
    case ERR_NOT_READY: return hub_tool_not_ready(c);
    case ERR_EXISTS:
        return cli_fail(
            c, e, "Các khóa vẫn còn: dùng `keys rotate`, hoặc `keys stolen`. Chưa thay đổi gì.",
            "The keys are there: use `keys rotate`, or `keys stolen`. Nothing was changed.");
    case ERR_TOO_LARGE:
        return cli_fail(
            c, e, "Khóa của trung tâm này đã được thay quá nhiều lần (8). Chưa thay đổi gì.",
            "The keys of this hub were changed too often (8 times). Nothing was changed.");
    case ERR_LOCKED:
        return cli_fail(c, e, "Trung tâm đang chạy: hãy dừng `run` rồi làm lại. Chưa thay đổi gì.",
                        "The hub runs: stop `run` first. Nothing was changed.");
    case ERR_WRONG_HUB:
        return cli_fail(c, e, "Khóa gốc này của trung tâm khác. Chưa thay đổi gì.",
                        "This root key is another hub's. Nothing was changed.");
    case ERR_DENIED:
        return cli_fail(c, e,
                        "Cần lệnh của hai cán bộ: `keys order`, `order propose`, `order approve`. "
                        "Chưa thay đổi gì.",
                        "An order of two officers is needed: `keys order`, `order propose`, `order "
                        "approve`. Nothing was changed.");
    case ERR_BAD_INPUT:
        return cli_fail(c, e, "Địa chỉ phải là MÁY:CỔNG. Chưa thay đổi gì.",
                        "The address must be HOST:PORT. Nothing was changed.");
    default: break;
    }
    return cli_fail(c, e, NULL, NULL);
}

static const char *hub_keys_lost_told(const struct cli *c)
{
    return cli_text(
        c,
        "Đã tạo khóa mới. Rút khóa gốc ra, cất lại. Máy xã chưa biết khóa mới và chưa kết nối "
        "được: "
        "`keys card --out TỆP`, mang tệp đến từng xã rồi `dongbo-node card TỆP`. Giấy mời cũ, và "
        "gói "
        "`.dongbo` gửi tới khóa cũ, không còn dùng được. Báo cấp tỉnh khóa mới của tệp báo cáo "
        "(`dongbo.pub`).",
        "New keys are made. Take the root key out and lock it away. Nodes do not know the new keys "
        "and "
        "cannot connect yet: `keys card --out FILE`, carry the file to each commune, `dongbo-node "
        "card "
        "FILE`. Old invitations, and bundles sealed to the old key, are of no use any more. Tell "
        "the "
        "province the new key of issued files (`dongbo.pub`).");
}

/* `anew`: keys were made; else a key of before was called stolen, and no other changed. */
static const char *hub_keys_stolen_told(const struct cli *c, bool anew)
{
    if (!anew)
        return cli_text(
            c,
            "Khóa cũ mà hai cán bộ đã ra lệnh nay bị coi là lộ, không còn được tin. Không tạo khóa "
            "nào: các khóa đang dùng giữ nguyên. Rút khóa gốc ra, cất lại. Nếu khóa đang dùng cũng "
            "bị lộ: `keys order` (không có --past), hai cán bộ ký, rồi `keys stolen` lần nữa.",
            "The key of before that two officers named counts as stolen now and is believed no "
            "more. No key was made: those in use stay. Take the root key out and lock it away. If "
            "the keys in use are stolen too: `keys order` (without --past), two officers sign, "
            "then `keys stolen` again.");
    return cli_text(
        c,
        "Đã thay mọi khóa và thu hồi khóa cũ. Rút khóa gốc ra, cất lại. Máy xã nhận "
        "thẻ mới khi kết nối; nơi không có mạng: `keys card --out TỆP` rồi `dongbo-node "
        "card TỆP`. Giấy mời cũ không còn dùng được.",
        "All keys are new and the old ones revoked. Take the root key out and lock it "
        "away. Nodes get the new card when they connect; without a network: `keys card "
        "--out FILE`, then `dongbo-node card FILE`. Old invitations are of no use any more.");
}

static void hub_keys_told(const struct cli *c, enum hub_rotate_what what, bool anew)
{
    if (c->json) {
        printf("{\"changed\": true, \"new_keys\": %s}\n", anew ? "true" : "false");
        return;
    }
    printf(
        "%s\n",
        what == HUB_ROTATE_LOST ? hub_keys_lost_told(c)
        : what == HUB_ROTATE_STOLEN
            ? hub_keys_stolen_told(c, anew)
            : cli_text(
                  c,
                  "Đã ký thẻ mới. Rút khóa gốc ra, cất lại. Máy xã nhận thẻ mới khi đồng bộ, "
                  "hoặc bằng tệp: `keys card --out TỆP` rồi `dongbo-node card TỆP`.",
                  "The new card is signed. Take the root key out and lock it away. Nodes get it "
                  "with their next sync, or by a file: `keys card --out FILE`, then `dongbo-node "
                  "card FILE`."));
}

static enum err hub_keys_change(struct cli *c, enum hub_rotate_what what, const char *address)
{
    struct hub_app *a = NULL;
    struct key_sign root = {.secret = NULL};
    uint8_t before[KEY_PUBLIC_BYTES];
    enum err e = key_ready();
    if (e == ERR_OK) e = hub_tool_root(c, &root);
    if (e != ERR_OK) return e;
    struct hub_rotate r = {.what = what, .root = &root, .address = address};
    e = what == HUB_ROTATE_LOST ? hub_app_open_keyless(c->data_dir, &a)
                                : hub_app_open(c->data_dir, &a);
    if (e == ERR_OK) memcpy(before, a->identity.parsed.log_pk, sizeof before);
    if (e == ERR_OK) e = hub_rotate(a, &r, clock_wall_ms());
    bool anew = e == ERR_OK && !key_equal(before, a->identity.parsed.log_pk, sizeof before);
    hub_app_close(a);
    key_sign_free(&root);
    if (e != ERR_OK) return hub_keys_failed(c, e);
    hub_keys_told(c, what, anew);
    return ERR_OK;
}

static void hub_print_demand(const struct cli *c, const json_t *r)
{
    printf(
        cli_text(c,
                 "Đã yêu cầu máy %s của %s (%s) đổi khóa, tại vị trí %lld. Máy tự đổi khi đồng bộ "
                 "hoặc nhận gói tiếp theo; xem `nodes`.\n",
                 "PC %s of %s (%s) was asked to change its keys, at position %lld. It does so by "
                 "itself with its next sync or bundle; see `nodes`.\n"),
        hub_tool_str(r, "name"), hub_tool_str(r, "unit_name"), hub_tool_str(r, "unit"),
        (long long)json_integer_value(json_object_get(r, "position")));
}

static enum err hub_keys_demand(struct cli *c, struct hub_tool *t)
{
    json_t *q = hub_tool_request(c, "keys");
    json_object_set_new(q, "action", json_string("demand"));
    json_object_set_new(q, "node", json_string(c->args[1]));
    hub_tool_copy(c, q, "reason", "reason");
    return hub_tool_show(c, t, q, hub_print_demand);
}

enum err hub_tool_keys(struct cli *c, void *ctx)
{
    const char *what = c->arg_count > 0 ? c->args[0] : "show";
    if (strcmp(what, "demand") == 0 && c->arg_count > 1) return hub_keys_demand(c, ctx);
    if (strcmp(what, "rotate") == 0)
        return hub_keys_change(c, HUB_ROTATE_LOG, cli_opt(c, "address"));
    if (strcmp(what, "stolen") == 0)
        return hub_keys_change(c, HUB_ROTATE_STOLEN, cli_opt(c, "address"));
    if (strcmp(what, "lost") == 0)
        return hub_keys_change(c, HUB_ROTATE_LOST, cli_opt(c, "address"));
    if (strcmp(what, "address") == 0 && c->arg_count > 1)
        return hub_keys_change(c, HUB_ROTATE_ADDRESS, c->args[1]);
    json_t *q = hub_tool_request(c, "keys");
    bool order = strcmp(what, "order") == 0, card = strcmp(what, "card") == 0;
    json_object_set_new(q, "action", json_string(order ? "order" : "show"));
    hub_tool_copy(c, q, "reason", "reason");
    if (cli_has(c, "past")) json_object_set_new(q, "past", json_true());
    if (order) return hub_keys_out(c, ctx, q, "order", false);
    if (card) return hub_keys_out(c, ctx, q, "card", true);
    return hub_tool_show(c, ctx, q, hub_print_keys);
}

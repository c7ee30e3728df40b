/* backup, restore, alarms, confirm. docs/hub.md. */
#include "hub/tool.h"

#include "common/io/clock.h"
#include "hub/command.h"
#include "hub/maintain.h"
#include "hub/rotate.h"

#include <stdio.h>

enum err hub_tool_backup(struct cli *c, void *ctx)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = file_full(c->args[0], path);
    if (e != ERR_OK)
        return cli_fail(c, e, "Đường dẫn này không dùng được.", "This path cannot be used.");
    json_t *q = hub_tool_request(c, "backup");
    json_object_set_new(q, "path", json_string(path));
    return hub_tool_show(c, ctx, q, hub_print_lines);
}

static enum err hub_restore_row(void *ctx, const struct hub_finding *f)
{
    json_t *j = hub_command_finding(f);
    hub_print_finding(stderr, ctx, j);
    json_decref(j);
    return ERR_OK;
}

static enum err hub_restore_failed(struct cli *c, enum err e)
{
    switch ((int)e) {
    case ERR_NOT_FOUND:
        return cli_fail(c, e, "Không thấy tệp sao lưu này. Chưa thay đổi gì.",
                        "There is no such copy. Nothing was changed.");
    case ERR_DAMAGED:
        return cli_fail(c, e,
                        "Bản sao lưu này bị hỏng (xem trên). Chưa thay đổi gì: hãy dùng bản khác.",
                        "This copy is damaged (see above). Nothing was changed: use another one.");
    case ERR_WRONG_HUB:
        return cli_fail(
            c, e,
            "Đây là bản sao lưu của trung tâm khác, hoặc của khóa khác với thư mục `keys` "
            "này. Chưa thay đổi gì.",
            "This is a copy of another hub, or of other keys than those in `keys`. Nothing "
            "was changed.");
    case ERR_OTHER_PROGRAM:
        return cli_fail(
            c, e,
            "Đây là bản sao lưu của một máy xã (dongbo-node), không phải của trung tâm. Chưa thay "
            "đổi gì: hãy chọn tệp khác.",
            "This is a copy of a commune's PC (dongbo-node), not of a hub. Nothing was changed: "
            "choose another file.");
    case ERR_NEWER:
        return cli_fail(
            c, e,
            "Bản sao lưu do phiên bản mới hơn tạo ra: hãy cài phiên bản đó rồi khôi phục. "
            "Chưa thay đổi gì.",
            "A newer version made this copy: install that version, then restore. Nothing was "
            "changed.");
    case ERR_FULL:
        return cli_fail(c, e,
                        "Ổ đĩa thiếu chỗ để chép vào và kiểm tra bản sao lưu. Chưa thay đổi gì: dữ "
                        "liệu hiện tại và "
                        "bản sao lưu vẫn nguyên. Hãy lấy lại chỗ trống, không xóa gì trong thư mục "
                        "dữ liệu, rồi chạy "
                        "lại.",
                        "The disk has no room to copy the backup in and to check it. Nothing was "
                        "changed: the present "
                        "data and the backup are as they were. Make room, delete nothing in the "
                        "data folder, then "
                        "run this again.");
    case ERR_READONLY:
        return cli_fail(c, e,
                        "Không ghi được vào thư mục dữ liệu. Chưa thay đổi gì: dữ liệu hiện tại và "
                        "bản sao lưu vẫn "
                        "nguyên. Hãy mở lại quyền ghi rồi chạy lại.",
                        "The data folder cannot be written. Nothing was changed: the present data "
                        "and the backup are "
                        "as they were. Make it writable, then run this again.");
    default:
        return cli_fail(c, e, "Không khôi phục được bản này. Dữ liệu hiện tại không đổi.",
                        "This copy cannot be restored. The present data are as they were.");
    }
}

static void hub_restore_told(const struct cli *c, const struct hub_restored *r, bool look_only)
{
    bool keyless = !look_only && hub_app_keys_gone(c->data_dir);
    if (c->json) {
        json_t *j = json_pack("{s:b, s:I, s:I, s:I, s:s, s:b}", "restored", (int)!look_only, "sets",
                              (json_int_t)r->seen.sets, "records", (json_int_t)r->seen.records,
                              "position", (json_int_t)r->seen.end.position, "kept", r->kept,
                              "keys_missing", (int)keyless);
        cli_print_json(j);
        json_decref(j);
        return;
    }
    printf(cli_text(c, "Bản sao lưu tốt: %llu gói thay đổi, %llu hồ sơ.\n",
                    "The copy is good: %llu change sets, %llu records.\n"),
           (unsigned long long)r->seen.sets, (unsigned long long)r->seen.records);
    if (look_only) return;
    printf(cli_text(c, "Đã khôi phục. Bản đang dùng trước đó được giữ ở: %s\n",
                    "Restored. What was there is kept at: %s\n"),
           r->kept[0] != '\0' ? r->kept : "-");
    if (keyless)
        printf(
            "%s\n",
            cli_text(
                c,
                "Trước hết: thiếu khóa trong thư mục `keys`, trung tâm chưa chạy được. Nếu còn bản "
                "cất riêng: chép lại vào đó. Nếu không còn: `keys lost --root TỆP` tạo "
                "khóa mới và cho biết phải mang gì đến các xã.",
                "First: keys are missing in `keys`, the hub cannot run yet. If they were kept "
                "apart: put them back. If not: `keys lost --root FILE` makes new ones and "
                "says what to carry to the communes."));
    printf(
        "%s\n",
        cli_text(c,
                 "Tiếp theo: chạy `run`, đợi các xã đồng bộ lại, rồi hai cán bộ ký (`confirm`) để "
                 "chốt kỳ, xóa và chuyển hồ sơ được trở lại.",
                 "Next: `run`, wait until the communes have synced, then two officers sign "
                 "(`confirm`), so that closing, erasing and transfers work again."));
}

/* On a new machine there is a folder with what was kept apart, the keys first of all: it needs a place for the lock. */
static enum err hub_restore_folder(const char *data, bool rooted)
{
    char keys[FILE_PATH_BYTES_MAX], run[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, "keys", keys);
    if (e == ERR_OK) e = hub_app_path(data, "run", run);
    if (e != ERR_OK || (!file_is_folder(keys) && !rooted)) return e;
    return file_mkdirs(run, 0700);
}

/* Whose copy it must be: by the log key of the folder, or by the root key where that is gone. */
static enum err hub_restore_keys(struct cli *c, uint8_t log_pk[static KEY_PUBLIC_BYTES],
                                 struct key_sign *root, struct hub_restore *r)
{
    enum err e = hub_app_log_pk(c->data_dir, log_pk);
    r->log_pk = log_pk;
    if (e == ERR_NOT_FOUND && cli_has(c, "root")) {
        r->log_pk = NULL;
        e = hub_tool_root(c, root);
        if (e == ERR_OK) r->root_pk = root->public;
        return e;
    }
    return e == ERR_OK
               ? e
               : cli_fail(
                     c, e,
                     "Thiếu khóa trong thư mục `keys`: hãy đặt lại các khóa đã cất riêng, rồi "
                     "khôi phục; không còn khóa nào thì thêm --root KHÓA_GỐC, rồi `keys lost`. "
                     "Chưa thay đổi gì.",
                     "Keys are missing in `keys`: put back the keys that were kept apart, then "
                     "restore; if nobody has them, add --root ROOT_KEY, and then `keys lost`. "
                     "Nothing was changed.");
}

enum err hub_tool_restore(struct cli *c, void *ctx)
{
    char lock_path[FILE_PATH_BYTES_MAX], path[FILE_PATH_BYTES_MAX];
    uint8_t log_pk[KEY_PUBLIC_BYTES];
    struct file_lock lock;
    struct hub_restored done;
    struct key_sign root = {.secret = NULL};
    (void)ctx;
    enum err e = hub_app_path(c->data_dir, "run/lock", lock_path);
    if (e == ERR_OK) e = hub_app_path(c->data_dir, "hub.db", path);
    if (e == ERR_OK) e = hub_restore_folder(c->data_dir, cli_has(c, "root"));
    if (e == ERR_OK) e = file_lock(lock_path, &lock);
    if (e == ERR_LOCKED)
        return cli_fail(c, e, "Trung tâm đang chạy: hãy dừng `run` trước khi khôi phục.",
                        "The hub runs: stop `run` before a restore.");
    if (e == ERR_FULL || e == ERR_READONLY) return hub_restore_failed(c, e);
    if (e != ERR_OK) return cli_fail(c, e, "Không mở được thư mục dữ liệu.", "No data folder.");
    struct hub_restore r = {.copy = c->args[0],
                            .path = path,
                            .now_ms = clock_wall_ms(),
                            .look_only = cli_has(c, "check"),
                            .row = hub_restore_row,
                            .ctx = c};
    e = hub_restore_keys(c, log_pk, &root, &r);
    if (e != ERR_OK) {
        file_unlock(&lock);
        return e;
    }
    struct buf card;
    char card_path[FILE_PATH_BYTES_MAX];
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    e = hub_app_path(c->data_dir, HUB_CARD_FILE, card_path);
    if (e == ERR_OK && file_exists(card_path))
        e = file_read(card_path, ADMIN_CARD_BYTES_MAX, &card);
    r.card = buf_bytes(&card);
    if (e == ERR_OK) e = hub_restore(&r, &done);
    buf_free(&card);
    key_sign_free(&root);
    file_unlock(&lock);
    if (e != ERR_OK) return hub_restore_failed(c, e);
    hub_restore_told(c, &done, r.look_only);
    return ERR_OK;
}

/* ---- alarms ---- */

static void hub_print_alarms(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "alarms");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *a = json_array_get(rows, i);
        const char *node = json_string_value(json_object_get(a, "node"));
        const char *what = json_string_value(json_object_get(a, "what"));
        printf("%lld  %.16s  %s%s%.16s%s%s\n",
               (long long)json_integer_value(json_object_get(a, "alarm")),
               json_string_value(json_object_get(a, "first")),
               json_string_value(json_object_get(a, c->en ? "en" : "vi")), node != NULL ? "  " : "",
               node != NULL ? node : "", what != NULL && what[0] != '\0' ? ": " : "",
               what != NULL ? what : "");
    }
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Không có cảnh báo.", "No alarm stands."));
    if (json_is_true(json_object_get(r, "confirm_wanted")))
        printf("%s\n",
               cli_text(
                   c,
                   "Chưa chốt kỳ, xóa hay chuyển hồ sơ được: khi các xã đã gửi lại, hai cán bộ ký "
                   "(`confirm`).",
                   "Closing, erasing and transfers wait: when nodes have sent again, two "
                   "officers sign (`confirm`)."));
}

enum err hub_tool_alarms(struct cli *c, void *ctx)
{
    json_int_t no;
    enum err e = hub_tool_number(c, "settle", 0, &no);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "alarms");
    if (no != 0) json_object_set_new(q, "settle", json_integer(no));
    if (cli_has(c, "all")) json_object_set_new(q, "all", json_true());
    return hub_tool_show(c, ctx, q, hub_print_alarms);
}

enum err hub_tool_confirm(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "confirm");
    hub_tool_copy(c, q, "reason", "reason");
    return hub_tool_draft(c, ctx, q,
                          cli_text(c, "Mới soạn lệnh, chưa xác nhận gì (xem docs/hub.md).",
                                   "Only drafted: nothing is confirmed (see docs/hub.md)."));
}

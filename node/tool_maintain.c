/* backup, verify, restore, alarms. docs/node.md. */
#include "node/tool.h"

#include "common/io/clock.h"
#include "node/maintain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err node_tool_backup(struct cli *c, void *ctx)
{
    char path[FILE_PATH_BYTES_MAX];
    json_t *r = NULL;
    enum err e = file_full(c->args[0], path);
    if (e != ERR_OK)
        return cli_fail(c, e, "Đường dẫn này không dùng được.", "This path cannot be used.");
    json_t *request = json_pack("{s:s, s:s}", "verb", "backup", "path", path);
    e = node_tool_ask(c, ctx, request, NODE_TOOL_SYNC_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(r);
    else
        printf(cli_text(c, "Đã sao lưu cơ sở dữ liệu (không gồm khóa) vào %s\n",
                        "The database (without the keys) was copied to %s\n"),
               json_string_value(json_object_get(r, "backup")));
    json_decref(r);
    return ERR_OK;
}

/* The text of a key; "" for an id of nothing but zeros, which names nothing. */
static const char *tool_finding_str(const json_t *f, const char *key)
{
    const char *s = json_string_value(json_object_get(f, key));
    return s == NULL || s[strspn(s, "0")] == '\0' ? "" : s;
}

/* With the table, record, set of a log or set of the hub that it is in. */
static void tool_print_finding(FILE *to, const struct cli *c, const json_t *f)
{
    const char *table = tool_finding_str(f, "table"), *id = tool_finding_str(f, "id");
    const char *log = tool_finding_str(f, "log"), *what = table[0] != '\0' ? table : id;
    long long position = (long long)json_integer_value(json_object_get(f, "position"));
    fprintf(to, "  %s", json_string_value(json_object_get(f, c->en ? "en" : "vi")));
    if (what[0] != '\0')
        fprintf(to, ": %s", what);
    else if (log[0] != '\0')
        fprintf(to, ": %s %lld", log, (long long)json_integer_value(json_object_get(f, "seq")));
    else if (position > 0)
        fprintf(to, cli_text(c, ": vị trí %lld", ": position %lld"), position);
    fputc('\n', to);
}

enum err node_tool_verify(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    json_t *r = NULL, *request = json_pack("{s:s}", "verb", "verify");
    enum err e = node_tool_ask(c, t, request, NODE_TOOL_SYNC_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    bool ok = json_is_true(json_object_get(r, "ok"));
    const json_t *findings = json_object_get(r, "findings");
    if (c->json) cli_print_json(r);
    for (size_t i = 0; !c->json && i < json_array_size(findings); i++)
        tool_print_finding(stdout, c, json_array_get(findings, i));
    if (!c->json && ok)
        printf("%s\n", cli_text(c, "Không thấy hư hỏng nào.", "No damage was found."));
    json_decref(r);
    if (!ok) t->exit = err_exit_code(ERR_DAMAGED);
    if (!c->json && !ok)
        printf("%s\n", cli_text(c, "Có hư hỏng: hãy báo trung tâm, rồi đồng bộ.",
                                "There is damage: tell the hub's admin, then sync."));
    return ERR_OK;
}

static enum err tool_restore_row(void *ctx, const struct node_finding *f)
{
    json_t *j = node_command_finding(f);
    tool_print_finding(stderr, ctx, j);
    json_decref(j);
    return ERR_OK;
}

static enum err tool_restore_failed(struct cli *c, enum err e)
{
    json_t *said = node_command_restore_said(e);
    const char *vi = json_string_value(json_object_get(said, "vi"));
    const char *en = json_string_value(json_object_get(said, "en"));
    e = cli_fail(c, e, vi != NULL ? vi : "", en != NULL ? en : "");
    json_decref(said);
    return e;
}

static void tool_restore_told(const struct cli *c, const struct node_restored *r, bool look_only)
{
    if (c->json) {
        json_t *j = json_pack("{s:b, s:I, s:I, s:s}", "restored", (int)!look_only, "sets",
                              (json_int_t)r->seen.sets, "records", (json_int_t)r->seen.records,
                              "kept", r->kept);
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
    printf("%s\n",
           cli_text(c, "Tiếp theo: hãy đồng bộ; những gì đã gửi sau bản sao lưu sẽ tự quay về.",
                    "Next: sync; what was sent after the copy comes back by itself."));
}

enum err node_tool_restore(struct cli *c, void *ctx)
{
    char lock_path[NODE_HOME_PATH_MAX], path[NODE_HOME_PATH_MAX];
    uint8_t sign_pk[KEY_PUBLIC_BYTES];
    struct file_lock lock;
    struct node_restored done;
    (void)ctx;
    enum err e = node_home_path(c->data_dir, "lock", lock_path);
    if (e == ERR_OK) e = node_home_path(c->data_dir, "node.db", path);
    if (e == ERR_OK) e = file_lock(lock_path, &lock);
    if (e == ERR_LOCKED)
        return cli_fail(c, e, "Máy đang chạy: hãy dừng `run` trước khi khôi phục.",
                        "The node runs: stop `run` before a restore.");
    if (e == ERR_FULL || e == ERR_READONLY) return tool_restore_failed(c, e);
    if (e != ERR_OK) return cli_fail(c, e, "Không mở được thư mục dữ liệu.", "No data folder.");
    e = node_home_sign_pk(c->data_dir, sign_pk);
    if (e != ERR_OK) {
        file_unlock(&lock);
        return cli_fail(
            c, e,
            "Thiếu khóa trong thư mục `keys`: hãy đặt lại các khóa đã cất riêng, rồi khôi "
            "phục. Chưa thay đổi gì.",
            "Keys are missing in `keys`: put back the keys that were kept apart, then "
            "restore. Nothing was changed.");
    }
    struct node_restore r = {.copy = c->args[0],
                             .path = path,
                             .sign_pk = sign_pk,
                             .dir = c->data_dir,
                             .now_ms = clock_wall_ms(),
                             .look_only = cli_has(c, "check"),
                             .row = tool_restore_row,
                             .ctx = c};
    e = node_restore(&r, &done);
    file_unlock(&lock);
    if (e != ERR_OK) return tool_restore_failed(c, e);
    tool_restore_told(c, &done, r.look_only);
    return ERR_OK;
}

/* ---- alarms ---- */

static void tool_print_alarms(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "alarms");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *a = json_array_get(rows, i);
        printf("%lld  %.16s  %s\n", (long long)json_integer_value(json_object_get(a, "alarm")),
               json_string_value(json_object_get(a, "first")),
               json_string_value(json_object_get(a, c->en ? "en" : "vi")));
    }
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Không có cảnh báo.", "No alarm stands."));
}

enum err node_tool_alarms(struct cli *c, void *ctx)
{
    json_t *r = NULL, *request = json_pack("{s:s}", "verb", "alarms");
    const char *settle = cli_opt(c, "settle");
    char *end = NULL;
    json_int_t no = settle != NULL ? strtoll(settle, &end, 10) : 0;
    if (settle != NULL && (end == settle || *end != '\0' || no <= 0)) {
        json_decref(request);
        return cli_fail(c, ERR_USAGE, "--settle cần số của cảnh báo.",
                        "--settle needs the number of an alarm.");
    }
    if (no > 0) json_object_set_new(request, "settle", json_integer(no));
    if (cli_has(c, "all")) json_object_set_new(request, "all", json_true());
    enum err e = node_tool_ask(c, ctx, request, NODE_TOOL_ASK_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(r);
    else
        tool_print_alarms(c, r);
    json_decref(r);
    return ERR_OK;
}

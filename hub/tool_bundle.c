/* bundle in, out, inspect: files that communes bring and take. */
#include "hub/tool.h"

#include "hub/command.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static enum err hub_tool_bundle_file(struct cli *c, const char *path, json_t *request)
{
    struct buf file;
    buf_init(&file, HUB_COMMAND_FILE_MAX);
    enum err e = file_read(path, HUB_COMMAND_FILE_MAX, &file);
    if (e != ERR_OK) {
        buf_free(&file);
        return cli_fail(c, e, "Không đọc được tệp này.", "This file cannot be read.");
    }
    size_t room = sodium_base64_ENCODED_LEN(file.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text != NULL) {
        sodium_bin2base64(text, room, file.p, file.len, sodium_base64_VARIANT_ORIGINAL);
        json_object_set_new(request, "file", json_string(text));
    }
    free(text);
    buf_free(&file);
    return text != NULL ? ERR_OK : ERR_NOMEM;
}

/* Write the answer's "file", read it back and compare; then the response loses it. */
static enum err hub_tool_bundle_write(const char *path, json_t *response)
{
    struct buf file, back;
    const char *text = json_string_value(json_object_get(response, "file"));
    size_t n = 0;
    enum err e = ERR_OK;
    buf_init(&file, HUB_COMMAND_FILE_MAX + 3);
    buf_init(&back, HUB_COMMAND_FILE_MAX + 3);
    if (path != NULL) {
        size_t len = text != NULL ? strlen(text) : 0;
        uint8_t *p = buf_room(&file, len / 4 * 3 + 3);
        e = file.e;
        if (e == ERR_OK && sodium_base642bin(p, len / 4 * 3 + 3, text, len, NULL, &n, NULL,
                                             sodium_base64_VARIANT_ORIGINAL) != 0)
            e = ERR_BAD_FORMAT;
        if (e == ERR_OK) e = file_write_atomic(path, bytes_make(file.p, n), 0600);
        if (e == ERR_OK) e = file_read(path, HUB_COMMAND_FILE_MAX, &back);
        if (e == ERR_OK && !bytes_equal(buf_bytes(&back), bytes_make(file.p, n))) e = ERR_IO;
    }
    buf_free(&file);
    buf_free(&back);
    json_object_del(response, "file");
    return e;
}

static void hub_print_bundle_in(const struct cli *c, const json_t *r)
{
    long long from = json_integer_value(json_object_get(r, "gap_from"));
    long long to = json_integer_value(json_object_get(r, "gap_to"));
    if (json_is_true(json_object_get(r, "again")))
        printf("%s\n", cli_text(c, "Gói này đã nhận rồi.", "This file was taken before."));
    if (json_is_true(json_object_get(r, "joined")))
        printf("%s\n", cli_text(c, "Đã ghi danh máy xã; hãy so sáu từ với xã (xem `nodes`).",
                                "The node is enrolled; compare the six words (see `nodes`)."));
    printf(cli_text(c, "Nhận %lld lần lưu mới; %lld lần đã có từ trước.\n",
                    "Took %lld new saves; %lld were here already.\n"),
           (long long)json_integer_value(json_object_get(r, "sets_new")),
           (long long)json_integer_value(json_object_get(r, "sets_known")));
    long long apart = (long long)json_integer_value(json_object_get(r, "apart"));
    long long over = (long long)json_integer_value(json_object_get(r, "apart_unkept"));
    if (apart > 0)
        printf(cli_text(c, "Máy này đã bị thu hồi: %lld lần lưu được để riêng, xem `quarantine`.\n",
                        "This PC was revoked: %lld saves are kept apart, see `quarantine`.\n"),
               apart);
    if (over > 0)
        printf(
            cli_text(c,
                     "Máy này đã bị thu hồi và đã để riêng quá nhiều: %lld lần lưu không được giữ; "
                     "hãy cất tệp này lại.\n",
                     "This PC was revoked and too much of it is kept apart: %lld saves are not "
                     "kept; put this file away.\n"),
            over);
    if (json_is_true(json_object_get(r, "waits")))
        printf(
            cli_text(c,
                     "Thiếu gói trước: các lần lưu số %lld đến %lld chưa tới. Gói này được giữ và "
                     "tự nhận khi đủ.\n",
                     "An earlier file is missing: saves %lld to %lld. This one is kept and taken "
                     "by itself when they come.\n"),
            from, to - 1);
    if (json_is_true(json_object_get(r, "unkept")))
        printf(
            cli_text(c,
                     "Thiếu gói trước (lần lưu %lld đến %lld) và đang giữ quá nhiều gói: gói này "
                     "không giữ. Không mất gì: máy xã còn đủ, hãy xin xã gói mới.\n",
                     "Saves %lld to %lld are missing and too many files wait: this one is not "
                     "kept. Nothing is lost: the node has it all, ask it for a new file.\n"),
            from, to - 1);
    if (json_is_true(json_object_get(r, "forked")))
        printf("%s\n",
               cli_text(c,
                        "Dữ liệu của máy xã không nối tiếp dữ liệu trung tâm đang có (máy bị "
                        "khôi phục hoặc sao chép): không nhận phần này, máy xã vẫn giữ.",
                        "The node's log does not extend what the hub has (restored or "
                        "copied): that part was not taken, the node keeps it."));
}

enum err hub_tool_bundle(struct cli *c, void *ctx)
{
    json_t *r = NULL;
    const char *what = c->args[0];
    bool in = strcmp(what, "in") == 0, out = strcmp(what, "out") == 0;
    if (!in && !out && strcmp(what, "inspect") != 0)
        return cli_fail(c, ERR_USAGE,
                        "Dùng: bundle in TỆP [--out TRẢ_LỜI], bundle out --node MÃ "
                        "TỆP, bundle inspect TỆP.",
                        "Use: bundle in FILE [--out ANSWER], bundle out --node ID FILE, bundle "
                        "inspect FILE.");
    json_t *q = hub_tool_request(c, in ? "bundle_in" : out ? "bundle_out" : "bundle_inspect");
    enum err e = out ? ERR_OK : hub_tool_bundle_file(c, c->args[1], q);
    if (e != ERR_OK) {
        json_decref(q);
        return e;
    }
    hub_tool_copy(c, q, "node", "node");
    if (cli_has(c, "whole")) json_object_set_new(q, "whole", json_true());
    e = hub_tool_ask(c, ctx, q, &r);
    if (e != ERR_OK) return e;
    const char *path = out ? c->args[1] : in ? cli_opt(c, "out") : NULL;
    e = hub_tool_bundle_write(path, r);
    if (e != ERR_OK) {
        e = cli_fail(c, e, "Đã nhận, nhưng không ghi được tệp trả lời: hãy làm lại lệnh này.",
                     "Taken, but the answer cannot be written: repeat this command.");
    } else if (c->json) {
        cli_print_json(r);
    } else {
        if (in)
            hub_print_bundle_in(c, r);
        else
            hub_print_lines(c, r);
        if (path != NULL)
            printf(cli_text(c, "Đã ghi %s: hãy chuyển lại cho xã.\n",
                            "Wrote %s: give it to the commune.\n"),
                   path);
    }
    json_decref(r);
    return e;
}

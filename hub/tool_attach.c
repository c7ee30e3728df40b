/* attach list|get: files that communes attached to records. */
#include "hub/tool.h"

#include "common/io/file.h"
#include "proto/attach.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void hub_attach_print(const struct cli *c, const json_t *response)
{
    const json_t *rows = json_object_get(response, "attachments");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i);
        bool sealed = json_is_true(json_object_get(r, "sealed"));
        printf("%s  %s  %lld/%lld  %s%s\n", hub_tool_str(r, "id"), hub_tool_str(r, "unit"),
               (long long)json_integer_value(json_object_get(r, "here")),
               (long long)json_integer_value(json_object_get(r, "bytes")), hub_tool_str(r, "at"),
               sealed ? cli_text(c, "  (đã niêm phong)", "  (sealed)") : "");
    }
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Chưa có tệp kèm theo nào.", "There are no attachments yet."));
}

enum err hub_tool_attach_bytes(const json_t *response, struct buf *out)
{
    size_t n = 0;
    const char *text = hub_tool_str(response, "data");
    size_t len = strlen(text), room = len / 4 * 3 + 3;
    uint8_t *p = buf_room(out, room);
    if (p == NULL) return out->e;
    bool good =
        sodium_base642bin(p, room, text, len, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
    out->len -= room - (good ? n : 0);
    return good ? ERR_OK : ERR_BAD_FORMAT;
}

static enum err hub_attach_write(struct cli *c, const char *path, json_t *response)
{
    struct buf file;
    buf_init(&file, HUB_TOOL_ATTACH_ROOM);
    enum err e = hub_tool_attach_bytes(response, &file);
    if (e == ERR_OK) e = file_write_atomic(path, buf_bytes(&file), 0600);
    size_t n = file.len;
    buf_free(&file);
    json_object_del(response, "data");
    if (e != ERR_OK)
        return cli_fail(c, e, "Không ghi được tệp này.", "This file cannot be written.");
    const json_t *row = json_array_get(json_object_get(response, "attachments"), 0);
    if (!c->json) printf("%s: %s (%zu byte)\n", cli_text(c, "Đã ghi", "Written"), path, n);
    if (!c->json && json_is_true(json_object_get(row, "sealed")))
        printf("%s\n", cli_text(c,
                                "Tệp được niêm phong: cán bộ được đọc mở bằng `open MÃ --key KHÓA "
                                "--file TỆP --out-dir THƯ_MỤC`.",
                                "The file is sealed: an officer who may opens it by `open ID --key "
                                "KEY --file FILE --out-dir FOLDER`."));
    return ERR_OK;
}

enum err hub_tool_attach(struct cli *c, void *ctx)
{
    bool list = strcmp(c->args[0], "list") == 0 && c->arg_count <= 2;
    bool get = strcmp(c->args[0], "get") == 0 && c->arg_count == 3;
    if (!list && !get)
        return cli_fail(c, ERR_USAGE, "Dùng: attach list [MÃ], attach get MÃ TỆP.",
                        "Usage: attach list [ID], attach get ID FILE.");
    json_t *q = hub_tool_request(c, "attach");
    if (c->arg_count > 1) json_object_set_new(q, "id", json_string(c->args[1]));
    json_object_set_new(q, "get", json_boolean(get));
    if (list) return hub_tool_show(c, ctx, q, hub_attach_print);
    json_t *response = NULL;
    enum err e = hub_tool_ask(c, ctx, q, &response);
    if (e != ERR_OK) return e;
    e = hub_attach_write(c, c->args[2], response);
    if (e == ERR_OK && c->json) cli_print_json(response);
    json_decref(response);
    return e;
}

/* attach add|list|get: files of the officer beside records. */
#include "node/tool.h"
#include "proto/attach.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- add ---- */

static enum err tool_attach_read(struct cli *c, const char *path, json_t *request)
{
    struct buf file;
    buf_init(&file, ATTACH_BYTES_MAX);
    enum err e = file_read(path, ATTACH_BYTES_MAX, &file);
    if (e == ERR_TOO_LARGE) {
        buf_free(&file);
        return cli_fail(c, e, "Tệp quá lớn: mỗi tệp tối đa 4 MiB. Chưa lưu gì.",
                        "The file is too large: at most 4 MiB each. Nothing was saved.");
    }
    if (e != ERR_OK) {
        buf_free(&file);
        return cli_fail(c, e, "Không đọc được tệp này; chưa lưu gì.",
                        "This file cannot be read; nothing was saved.");
    }
    size_t room = sodium_base64_ENCODED_LEN(file.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text != NULL) {
        sodium_bin2base64(text, room, file.p, file.len, sodium_base64_VARIANT_ORIGINAL);
        e = json_object_set_new(request, "data", json_string(text)) == 0 ? ERR_OK : ERR_NOMEM;
    }
    buf_free(&file);
    bool room_was = text != NULL;
    free(text);
    return room_was ? e : ERR_NOMEM;
}

static enum err tool_attach_add(struct cli *c, struct node_tool *t, json_t **response)
{
    if (c->arg_count != 3)
        return cli_fail(c, ERR_USAGE, "Dùng: attach add MÃ_HỒ_SƠ TỆP.",
                        "Usage: attach add RECORD FILE.");
    const char *slash = strrchr(c->args[2], '/');
    const char *name = cli_opt(c, "name");
    const char *person = cli_opt(c, "person");
    if (name == NULL) name = slash != NULL ? slash + 1 : c->args[2];
    if (person == NULL) person = getenv("DONGBO_PERSON");
    json_t *request = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?}", "verb", "attach_add", "record",
                                c->args[1], "name", name, "kind", cli_opt(c, "kind"), "person",
                                person, "taken_on", cli_opt(c, "taken-on"));
    enum err e = request != NULL ? tool_attach_read(c, c->args[2], request) : ERR_NOMEM;
    for (size_t i = 0; request != NULL && i < 3; i++) { /* nulls are "not said" */
        static const char *const keys[] = {"kind", "person", "taken_on"};
        if (json_is_null(json_object_get(request, keys[i]))) json_object_del(request, keys[i]);
    }
    if (e == ERR_OK) e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, response);
    json_decref(request);
    bool sealed = e == ERR_OK && json_is_true(json_object_get(*response, "sealed"));
    if (e == ERR_OK && !c->json)
        printf("%s%s: %s\n", sealed ? cli_text(c, "Đã niêm phong. ", "Sealed. ") : "",
               cli_text(c, "Đã lưu tệp trên máy này; nó được gửi sau khi hồ sơ đã gửi xong",
                        "Saved on this PC; it is sent when the records are done"),
               node_tool_str(*response, "id"));
    return e;
}

/* ---- list ---- */

static const char *tool_attach_state(const struct cli *c, const char *state)
{
    static const char *const words[][3] = {
        {"delivered", "trung tâm đã có", "the hub has it"},
        {"waiting", "chờ gửi", "waits to be sent"},
        {"fetching", "đang lấy về", "on its way here"},
        {"at_hub", "chưa có trên máy này", "not on this PC"},
        {"refused", "trung tâm không nhận", "the hub refused it"},
        {"damaged", "hỏng trên máy này", "damaged on this PC"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0) return cli_text(c, words[i][1], words[i][2]);
    }
    return "?";
}

static enum err tool_attach_list(struct cli *c, struct node_tool *t, json_t **response)
{
    json_t *request = json_pack("{s:s}", "verb", "attach_list");
    if (request != NULL && c->arg_count > 1)
        json_object_set_new(request, "record", json_string(c->args[1]));
    enum err e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, response);
    json_decref(request);
    if (e != ERR_OK || c->json) return e;
    const json_t *rows = json_object_get(*response, "attachments");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i);
        const char *open = json_is_true(json_object_get(r, "stands_open"))
                               ? cli_text(c, "  (để ngỏ, không niêm phong)", "  (stands open)")
                               : "";
        const char *sealed = json_is_true(json_object_get(r, "sealed"))
                                 ? cli_text(c, "  (niêm phong)", "  (sealed)")
                                 : open;
        printf("%s  %s  %s  %s%s\n", node_tool_str(r, "id"), node_tool_str(r, "name"),
               node_tool_str(r, "bytes"), tool_attach_state(c, node_tool_str(r, "state")), sealed);
        if (json_object_get(r, "why_vi") != NULL)
            printf("    %s: %s\n    %s: %s\n", cli_text(c, "vì", "because"),
                   node_tool_str(r, cli_text(c, "why_vi", "why_en")),
                   cli_text(c, "việc tiếp", "next"),
                   node_tool_str(r, cli_text(c, "next_vi", "next_en")));
    }
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Không có tệp kèm theo.", "There are no attachments."));
    return ERR_OK;
}

/* ---- get ---- */

static enum err tool_attach_get(struct cli *c, struct node_tool *t, json_t **response)
{
    struct buf file;
    size_t n = 0;
    if (c->arg_count != 3)
        return cli_fail(c, ERR_USAGE, "Dùng: attach get MÃ TỆP.", "Usage: attach get ID FILE.");
    json_t *request = json_pack("{s:s, s:s}", "verb", "attach_get", "id", c->args[1]);
    enum err e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, response);
    json_decref(request);
    if (e != ERR_OK) return e;
    const char *text = node_tool_str(*response, "data");
    size_t len = strlen(text);
    buf_init(&file, ATTACH_BYTES_MAX + 3);
    uint8_t *p = buf_room(&file, len / 4 * 3 + 3);
    e = file.e;
    if (e == ERR_OK && sodium_base642bin(p, len / 4 * 3 + 3, text, len, NULL, &n, NULL,
                                         sodium_base64_VARIANT_ORIGINAL) != 0)
        e = ERR_BAD_FORMAT;
    if (e == ERR_OK) e = file_write_atomic(c->args[2], bytes_make(p, n), 0600);
    buf_free(&file);
    json_object_del(*response, "data");
    if (e != ERR_OK)
        return cli_fail(c, e, "Không ghi được tệp này.", "This file cannot be written.");
    if (!c->json) printf("%s: %s (%zu byte)\n", cli_text(c, "Đã ghi", "Written"), c->args[2], n);
    return ERR_OK;
}

enum err node_tool_attach(struct cli *c, void *ctx)
{
    static const struct {
        const char *word;
        enum err (*run)(struct cli *c, struct node_tool *t, json_t **response);
    } verbs[] = {{"add", tool_attach_add}, {"list", tool_attach_list}, {"get", tool_attach_get}};
    json_t *response = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(c->args[0], verbs[i].word) != 0) continue;
        enum err e = verbs[i].run(c, ctx, &response);
        if (e == ERR_OK && c->json) cli_print_json(response);
        json_decref(response);
        return e;
    }
    return cli_fail(c, ERR_USAGE, "Dùng: attach add MÃ TỆP, attach list [MÃ], attach get MÃ TỆP.",
                    "Usage: attach add RECORD FILE, attach list [RECORD], attach get ID FILE.");
}

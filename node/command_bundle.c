/* bundle out, in, inspect. Files are base64 inside; one that the tool gives may be larger, and is then at a path. */
#include "node/bundle.h"
#include "common/io/carried.h"
#include "node/command_priv.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *node_bundle_said(enum err e)
{
    static const struct {
        enum err e;
        const char *vi;
        const char *en;
    } said[] = {
        {ERR_BAD_FORMAT, "Tệp này không phải gói .dongbo nguyên vẹn; chưa thay đổi gì.",
         "This is no intact .dongbo file; nothing was changed."},
        {ERR_AGAIN, "Gói bị cụt (chép thiếu); chưa thay đổi gì. Hãy chép lại tệp từ nơi gửi.",
         "The file is cut short; nothing was changed. Copy it again from where it came."},
        {ERR_HANDSHAKE,
         "Gói đã bị sửa đổi hoặc của trung tâm khác; chưa thay đổi gì. Hãy xin gói mới.",
         "The file was changed or is of another hub; nothing was changed. Ask for a new one."},
        {ERR_DENIED, "Gói này niêm phong cho máy khác: máy này không mở được, chỉ mang hộ được.",
         "This file is sealed for another machine: this one can only carry it."},
        {ERR_WRONG_HUB, "Gói này không do trung tâm của máy này làm; không nhận gì.",
         "This file was not made by this PC's hub; nothing was taken."},
        {ERR_CONFIG, "Gói do phiên bản mới hơn làm: hãy cập nhật phần mềm.",
         "The file is of a newer version: update this program."},
        {ERR_TOO_LARGE, "Tệp quá lớn (tối đa 64 MiB; ở trang này 5 MiB).",
         "The file is too large (at most 64 MiB; of the page 5 MiB)."},
        {ERR_NOT_READY, "Máy này chưa có lời mời: chạy `dongbo-node join --offline LỜI_MỜI` trước.",
         "This PC has no invitation: run `dongbo-node join --offline INVITATION` first."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e == e) return node_command_error(e, said[i].vi, said[i].en, NULL);
    }
    return node_command_fail(e);
}

static struct node_bundle node_bundle_of(const struct node_command *c)
{
    return (struct node_bundle){
        .store = c->store, .keys = c->keys, .sealing = c->sealing, .now_ms = c->wall_ms()};
}

enum err node_request_base64(const json_t *request, const char *key, struct buf *out)
{
    const char *text = node_request_str(request, key);
    size_t len = text != NULL ? strlen(text) : 0;
    size_t n = 0;
    if (len == 0) return ERR_BAD_FORMAT;
    uint8_t *p = buf_room(out, len / 4 * 3 + 3);
    if (p == NULL) return out->e;
    if (sodium_base642bin(p, len / 4 * 3 + 3, text, len, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return ERR_BAD_FORMAT;
    out->len = n;
    return ERR_OK;
}

json_t *node_json_base64(struct bytes b)
{
    size_t room = sodium_base64_ENCODED_LEN(b.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text == NULL) return json_null();
    sodium_bin2base64(text, room, b.p, b.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *j = json_string(text);
    free(text);
    return j;
}

json_t *node_command_bundle_out(struct node_command *c, const json_t *request)
{
    struct node_bundle b = node_bundle_of(c);
    struct node_bundle_made made;
    struct buf file;
    enum err e = node_import_settle(c);
    if (e != ERR_OK) return node_command_fail(e);
    buf_init(&file, NODE_COMMAND_FILE_MAX);
    e = node_bundle_out(&b, json_is_true(json_object_get(request, "next")), NODE_COMMAND_FILE_MAX,
                        &file, &made);
    json_t *doubt = e == ERR_WRONG_HUB ? node_command_doubt(c) : NULL;
    json_t *r =
        doubt != NULL ? doubt
        : e != ERR_OK
            ? node_bundle_said(e)
            : json_pack("{s:o, s:I, s:b, s:I, s:I, s:o, s:b, s:b}", "file",
                        node_json_base64(buf_bytes(&file)), "bytes", (json_int_t)file.len,
                        "joining", (int)made.joining, "sets", (json_int_t)made.sets, "attachments",
                        (json_int_t)made.files, "since", node_json_time(made.since_ms), "more",
                        (int)made.more, "damaged", (int)made.damaged);
    buf_free(&file);
    return r;
}

static const char *node_bundle_page_name(enum node_bundle_page p)
{
    static const char *const names[] = {"none", "applied", "old", "gap", "epoch", "cut", "bad"};
    return names[p];
}

/* The file of a request; NULL: it was read. `tool`: it may name one by its path. */
static json_t *node_bundle_file(const json_t *request, bool tool, struct buf *file)
{
    buf_init(file, BUNDLE_BYTES_MAX);
    enum err e;
    if (!tool || !carried_named(request)) {
        file->max = NODE_COMMAND_FILE_MAX + 3;
        e = node_request_base64(request, "file", file);
        return e == ERR_OK ? NULL : node_bundle_said(e);
    }
    e = carried_read(request, BUNDLE_BYTES_MAX, file);
    if (e == ERR_OK) return NULL;
    if (e == ERR_TOO_LARGE || e == ERR_NOMEM) return node_bundle_said(e);
    return node_command_error(
        e,
        "Tệp lớn hơn 5 MiB nên tiến trình nền tự đọc, và không đọc được ở đó: hãy để tệp trên USB "
        "(/media, /mnt) hoặc nơi nó được đọc. Chưa thay đổi gì.",
        "Over 5 MiB the daemon reads the file itself, and it cannot there: put it on a stick "
        "(/media, /mnt) or where it may be read. Nothing was changed.",
        NULL);
}

static json_t *node_bundle_take(struct node_command *c, const json_t *request, bool tool)
{
    struct node_bundle b = node_bundle_of(c);
    struct node_bundle_read read;
    struct buf file;
    json_t *unread = node_bundle_file(request, tool, &file);
    enum err e = unread == NULL ? node_bundle_in(&b, buf_bytes(&file), &read) : ERR_OK;
    buf_free(&file);
    if (unread != NULL) return unread;
    json_t *doubt = e == ERR_WRONG_HUB ? node_command_doubt(c) : NULL;
    if (doubt != NULL) return doubt;
    if (e == ERR_OK && c->turn != NULL) e = c->turn(c->home);
    if (e != ERR_OK) return node_bundle_said(e);
    return json_pack("{s:b, s:b, s:b, s:b, s:i, s:b, s:i, s:I, s:b, s:s, s:I, s:o}", "repaired",
                     (int)read.repaired, "hub_back", (int)read.hub_back, "again", (int)read.again,
                     "joined", (int)read.joined, "verdict", (int)read.verdict, "revoked",
                     (int)read.revoked, "refused", (int)read.refusal, "delivered",
                     (json_int_t)read.delivered, "ahead", (int)read.ahead, "page",
                     node_bundle_page_name(read.page), "records", (json_int_t)read.records, "made",
                     node_json_time(read.made_ms));
}

json_t *node_command_bundle_in(struct node_command *c, const json_t *request)
{
    return node_bundle_take(c, request, false);
}

json_t *node_command_bundle_in_file(struct node_command *c, const json_t *request)
{
    return node_bundle_take(c, request, true);
}

/* How many messages of each kind it has; only who holds the key can say. */
static enum err node_bundle_contents(const struct node_bundle *b, const struct id_hash *hub,
                                     struct bytes file, json_t *out)
{
    struct bundle_reader *r = NULL;
    struct bytes body;
    unsigned type = 0;
    json_int_t counts[BUNDLE_CLOSE + 1] = {0};
    enum err e = bundle_open(&r, file, hub, &b->sealing);
    while (e == ERR_OK && type != BUNDLE_CLOSE) {
        e = bundle_next(r, &type, &body);
        if (e == ERR_OK) counts[type]++;
    }
    bundle_reader_free(r);
    json_object_set_new(out, "whole", json_boolean(e == ERR_OK));
    json_object_set_new(out, "receipts", json_integer(counts[MESSAGE_RECEIPT]));
    json_object_set_new(out, "welcome", json_boolean(counts[MESSAGE_WELCOME] > 0));
    json_object_set_new(out, "feed", json_boolean(counts[MESSAGE_END] > 0));
    return e;
}

static json_t *node_bundle_inspect(struct node_command *c, const json_t *request, bool tool)
{
    struct node_bundle b = node_bundle_of(c);
    struct node_identity id;
    struct bundle_look look;
    struct buf file;
    uint8_t own[BUNDLE_KEY_ID_BYTES], hubs[BUNDLE_KEY_ID_BYTES];
    json_t *r = node_bundle_file(request, tool, &file);
    if (r != NULL) {
        buf_free(&file);
        return r;
    }
    enum err e = bundle_look(buf_bytes(&file), &look);
    if (e == ERR_OK) e = node_store_identity(c->store, &id);
    if (e != ERR_OK) {
        buf_free(&file);
        return node_bundle_said(e);
    }
    bundle_key_id(b.sealing.public_key, own);
    bundle_key_id(id.hub_sealing_pk, hubs);
    bool ours = memcmp(look.key_id, own, sizeof own) == 0;
    const char *who = ours ? "this" : memcmp(look.key_id, hubs, sizeof hubs) == 0 ? "hub" : "other";
    r = json_pack("{s:s, s:o, s:I, s:I}", "for", who, "key", node_json_hex(BYTES_OF(look.key_id)),
                  "bytes", (json_int_t)look.bytes, "frames", (json_int_t)look.frames);
    if (r != NULL && ours) e = node_bundle_contents(&b, &id.hub, buf_bytes(&file), r);
    if (r != NULL && e != ERR_OK) json_object_set_new(r, "problem", json_string(err_name(e)));
    buf_free(&file);
    return r;
}

json_t *node_command_bundle_inspect(struct node_command *c, const json_t *request)
{
    return node_bundle_inspect(c, request, false);
}

json_t *node_command_bundle_inspect_file(struct node_command *c, const json_t *request)
{
    return node_bundle_inspect(c, request, true);
}

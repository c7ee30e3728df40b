/* Attachments at the hub: what is there, and one file of it. Bytes come from nodes only. SPEC 19. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/store_attach.h"
#include "hub/store_read.h"

enum { HUB_ATTACH_LIST_MAX = 10000 }; /* rows of one list */

struct hub_attach_listing {
    json_t *rows;
    const char *digest; /* only this file of a record; NULL: all */
    bool found;
    struct hub_attach one;
};

static enum err hub_attach_row(void *ctx, const struct hub_attach *a)
{
    struct hub_attach_listing *l = ctx;
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(a->ref.hash.b), hex);
    if (l->digest != NULL && strcmp(l->digest, hex) != 0) return ERR_OK;
    if (json_array_size(l->rows) == HUB_ATTACH_LIST_MAX) return ERR_TOO_LARGE;
    l->found = true;
    l->one = *a;
    json_t *j = json_pack(
        "{s:o, s:o, s:s, s:I, s:I, s:o, s:s, s:b}", "id", hub_json_hex(BYTES_OF(a->ref.record.b)),
        "digest", hub_json_hex(BYTES_OF(a->ref.hash.b)), "unit", a->unit, "bytes",
        (json_int_t)a->size, "here", (json_int_t)a->have, "at", hub_json_time(a->at_ms), "state",
        a->have == a->size ? "whole" : "arriving", "sealed", (int)a->sealed);
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_attach_no_file(enum err e)
{
    if (e == ERR_AGAIN)
        return hub_command_error(
            e, "Tệp này mới về một phần; phần còn lại đến ở lần đồng bộ sau.",
            "Only a part of this file has come; the rest comes with a later sync.");
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Trung tâm chưa nhận được tệp này.",
                                 "The hub has not got this file.");
    return hub_command_fail(e);
}

/* Who took a file out is noted before it is given. */
static enum err hub_attach_note(struct hub_app *a, const json_t *request,
                                const struct hub_attach *f)
{
    const char *person = hub_request_str(request, "person");
    const char *why = hub_request_str(request, "why");
    struct hub_read note = {.at_ms = clock_wall_ms(),
                            .user = person != NULL ? person : "",
                            .what = "attach_get",
                            .why = why != NULL ? why : "",
                            .highest = HUB_READ_CLASS,
                            .rids = BYTES_OF(f->ref.record.b)};
    return hub_read_add(a->store, &note);
}

json_t *hub_command_attach(struct hub_app *a, const json_t *request)
{
    struct hub_attach_listing l = {.rows = json_array(),
                                   .digest = hub_request_str(request, "digest")};
    struct id_record rid;
    struct buf file;
    bool get = json_is_true(json_object_get(request, "get"));
    const char *about = hub_request_str(request, "about"); /* files of this record */
    bool one = about == NULL && hub_request_str(request, "id") != NULL;
    enum err e = one ? hub_request_id(request, "id", &rid) : ERR_OK;
    if (about != NULL) e = hub_request_id(request, "about", &rid);
    if (e != ERR_OK || (get && !one)) {
        json_decref(l.rows);
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    }
    e = about != NULL ? hub_store_attach_about(a->store, &rid, hub_attach_row, &l)
                      : hub_store_attach_each(a->store, one ? &rid : NULL, hub_attach_row, &l);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "attachments", l.rows) : hub_command_fail(e);
    json_decref(l.rows);
    if (e != ERR_OK || !get) return j;
    buf_init(&file, ATTACH_BYTES_MAX);
    e = l.found ? hub_store_attach_file(a->store, &l.one.ref, &file) : ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_attach_note(a, request, &l.one);
    json_t *data = e == ERR_OK ? hub_json_base64(buf_bytes(&file)) : NULL;
    if (e == ERR_OK && data == NULL) e = ERR_NOMEM;
    if (e == ERR_OK) {
        json_object_set_new(j, "data", data);
        json_object_set_new(j, "media",
                            json_string(attach_kind_media(attach_kind_of(buf_bytes(&file)))));
    } else {
        json_decref(j);
        j = hub_attach_no_file(e);
    }
    buf_free(&file);
    return j;
}

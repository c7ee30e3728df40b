/* Attachments: a file becomes a record of type `attachment`, which names its hash and the record that it
 * belongs to; its bytes stand beside. SPEC 19. */
#include "node/command_priv.h"
#include "common/photo.h"
#include "node/store_attach.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { NODE_ATTACH_LIST_MAX = 200 }; /* attachments of one list */

static json_t *node_attach_said(enum err e)
{
    static const struct {
        enum err e;
        const char *vi, *en;
    } said[] = {
        {ERR_TOO_LARGE,
         "Tệp quá lớn: mỗi tệp tối đa 4 MiB. Chưa lưu gì; hãy chụp hoặc quét ở cỡ nhỏ hơn.",
         "The file is too large: at most 4 MiB each. Nothing was saved; take it at a smaller "
         "size."},
        {ERR_BAD_INPUT, "Chỉ nhận ảnh (JPEG, PNG, WebP, HEIC, TIFF) và PDF. Chưa lưu gì.",
         "Only pictures (JPEG, PNG, WebP, HEIC, TIFF) and PDF are taken. Nothing was saved."},
        {ERR_BAD_FORMAT,
         "Tệp ảnh này hỏng hoặc không đúng dạng nên không xóa chắc được vị trí chụp. Chưa lưu gì; "
         "hãy "
         "mở ảnh bằng chương trình xem ảnh, lưu lại thành JPEG rồi thêm.",
         "This picture is damaged or of no proper form, so the place it was taken at cannot be "
         "removed for sure. Nothing was saved; open it in a viewer, save it as JPEG and add that."},
        {ERR_NOT_FOUND, "Không có tệp này trên máy, và hồ sơ không nêu tên tệp nào.",
         "There is no such file here, and the record names none."},
        {ERR_AGAIN,
         "Nội dung tệp còn ở trung tâm: đã ghi yêu cầu, tệp sẽ về ở lần đồng bộ tới. Hãy mở lại "
         "sau.",
         "The file is at the hub: it was asked for and comes with the next sync. Open it again "
         "then."},
        {ERR_DAMAGED,
         "Tệp trên máy này bị hỏng. Hồ sơ vẫn nguyên; nếu trung tâm đã nhận thì bản ở đó còn tốt.",
         "The file is damaged on this PC. The record is whole; if the hub has it, its copy is "
         "good."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e != e) continue;
        return node_command_error(e == ERR_BAD_FORMAT ? ERR_BAD_INPUT : e, said[i].vi, said[i].en,
                                  NULL);
    }
    return node_command_fail(e);
}

/* ---- add ---- */

static const char *node_attach_word(const json_t *request, enum attach_kind kind)
{
    const char *word = node_request_str(request, "kind");
    if (word != NULL) return word;
    return kind == ATTACH_KIND_PDF || kind == ATTACH_KIND_TIFF ? "scan" : "photo";
}

/* The put request of the attachment's record. */
static json_t *node_attach_put(const json_t *request, const char *type, const struct id_record *rid,
                               struct bytes file, const struct id_hash *hash)
{
    char hex[2 * ID_RECORD_BYTES + 1], digest[2 * ID_HASH_BYTES + 1], size[24];
    id_hex(BYTES_OF(rid->b), hex);
    id_hex(BYTES_OF(hash->b), digest);
    snprintf(size, sizeof size, "%zu", file.len);
    const char *name = node_request_str(request, "name");
    json_t *values = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "record_type", type, "record",
                               node_request_str(request, "record"), "name",
                               name != NULL && name[0] != '\0' ? name : "?", "kind",
                               node_attach_word(request, attach_kind_of(file)), "digest", digest,
                               "size_bytes", size);
    const char *taken = node_request_str(request, "taken_on");
    if (values != NULL && taken != NULL)
        json_object_set_new(values, "taken_on", json_string(taken));
    return json_pack("{s:s, s:s, s:s, s:O?, s:o}", "verb", "put", "type", "attachment", "id", hex,
                     "person", json_object_get(request, "person"), "values", values);
}

/* Bytes first, then the record that names them: bytes without a record are swept away, a record without
 * bytes would be a promise that nobody can keep. */
static json_t *node_attach_save(struct node_command *c, const json_t *request, const char *type,
                                struct bytes file)
{
    struct id_record rid;
    struct id_hash hash;
    randombytes_buf(rid.b, sizeof rid.b);
    enum err e = node_store_attach_add(c->store, &rid, file, c->wall_ms(), &hash);
    if (e != ERR_OK) return node_attach_said(e);
    json_t *put = node_attach_put(request, type, &rid, file, &hash);
    json_t *j = put != NULL ? node_command_put(c, put) : node_command_fail(ERR_NOMEM);
    json_decref(put);
    if (node_command_error_of(j) != ERR_OK) {
        if (node_store_attach_drop(c->store, &rid) != ERR_OK)
            return j; /* swept at the next start */
        return j;
    }
    json_object_set_new(j, "digest", node_json_hex(BYTES_OF(hash.b)));
    json_object_set_new(j, "bytes", json_integer((json_int_t)file.len));
    json_object_set_new(j, "media", json_string(attach_kind_media(attach_kind_of(file))));
    return j;
}

json_t *node_command_attach_add(struct node_command *c, const json_t *request)
{
    struct id_record parent;
    struct buf file, clean;
    bool cleaned = false;
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    if (cat == NULL) return node_no_catalogue();
    if (catalogue_type_by_name(cat, "attachment") == NULL) return node_no_type("attachment");
    if (node_request_id(node_request_str(request, "record"), &parent) != ERR_OK)
        return node_bad_id();
    enum err e = node_store_record_read(c->store, &parent, &c->entry.record);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && fold_deleted(&c->entry.record.fold)))
        return node_command_error(ERR_NOT_FOUND, "Không có hồ sơ này trên máy để kèm tệp vào.",
                                  "There is no such record here to attach a file to.", NULL);
    if (e != ERR_OK) return node_command_fail(e);
    const struct catalogue_type *t = catalogue_type_by_no(cat, c->entry.record.fold.type);
    if (t == NULL) return node_no_type("?");
    buf_init(&file, NODE_COMMAND_FILE_MAX);
    buf_init(&clean, NODE_COMMAND_FILE_MAX);
    e = node_request_base64(request, "data", &file);
    if (e == ERR_BAD_FORMAT) e = ERR_BAD_INPUT;
    if (e == ERR_OK) e = photo_clean(buf_bytes(&file), &clean, &cleaned);
    json_t *j = e != ERR_OK ? node_attach_said(e)
                            : node_attach_save(c, request, t->name, buf_bytes(&clean));
    if (node_command_error_of(j) == ERR_OK)
        json_object_set_new(j, "cleaned", json_boolean(cleaned));
    buf_free(&file);
    buf_free(&clean);
    return j;
}

/* ---- list ---- */

static const char *node_attach_state(const struct node_attach *a)
{
    if (a->delivered && a->size > 0 && a->have == a->size) return "delivered";
    if (a->code == ATTACH_BAD) return "damaged";
    if (a->code != ATTACH_OK && a->code != ATTACH_NONE) return "refused";
    return a->size > 0 && a->have == a->size ? "waiting" : "fetching";
}

/* Row of a list: what the record says and how its file stands. */
static json_t *node_attach_json(struct node_command *c, const json_t *row)
{
    const json_t *values = json_object_get(row, "values");
    const char *digest = json_string_value(json_object_get(values, "digest"));
    const char *id = json_string_value(json_object_get(row, "id"));
    struct node_attach a = {.no = 0};
    const char *state = "unknown"; /* the record names no file */
    if (digest != NULL && id_unhex(digest, a.ref.hash.b, ID_HASH_BYTES) == ERR_OK &&
        node_request_id(id, &a.ref.record) == ERR_OK) {
        enum err e = node_store_attach_get(c->store, &a.ref, &a);
        state = e == ERR_NOT_FOUND ? "at_hub" : e == ERR_OK ? node_attach_state(&a) : "unknown";
    }
    return json_pack("{s:s, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:I, s:s}", "id", id, "name",
                     json_object_get(values, "name"), "kind", json_object_get(values, "kind"),
                     "taken_on", json_object_get(values, "taken_on"), "record",
                     json_object_get(values, "record"), "digest", json_object_get(values, "digest"),
                     "bytes", json_object_get(values, "size_bytes"), "here", (json_int_t)a.have,
                     "state", state);
}

json_t *node_command_attach_list(struct node_command *c, const json_t *request)
{
    const char *record = node_request_str(request, "record");
    json_t *ask = json_pack("{s:s, s:s, s:i}", "verb", "list", "type", "attachment", "max",
                            (int)NODE_ATTACH_LIST_MAX);
    if (ask != NULL && record != NULL)
        json_object_set_new(ask, "where", json_pack("{s:s}", "record", record));
    if (ask != NULL && node_request_str(request, "after") != NULL)
        json_object_set(ask, "after", json_object_get(request, "after"));
    json_t *list = ask != NULL ? node_command_list(c, ask) : node_command_fail(ERR_NOMEM);
    json_decref(ask);
    if (node_command_error_of(list) != ERR_OK) return list;
    json_t *rows = json_array();
    const json_t *from = json_object_get(list, "rows");
    for (size_t i = 0; i < json_array_size(from); i++)
        json_array_append_new(rows, node_attach_json(c, json_array_get(from, i)));
    json_t *j = json_pack("{s:s, s:o, s:O}", "id", record != NULL ? record : "", "attachments",
                          rows, "next", json_object_get(list, "next"));
    if (json_array_size(rows) > 0) /* then somebody has looked at what is of their class */
        json_object_set_new(j, "type", json_string("attachment"));
    json_decref(list);
    return j;
}

/* ---- get ---- */

json_t *node_command_attach_get(struct node_command *c, const json_t *request)
{
    struct attach_ref ref;
    struct buf file;
    json_t *record = node_command_get(c, request);
    if (node_command_error_of(record) != ERR_OK) return record;
    json_t *row = node_attach_json(c, record);
    json_decref(record);
    const char *digest = json_string_value(json_object_get(row, "digest"));
    enum err e = digest != NULL ? id_unhex(digest, ref.hash.b, ID_HASH_BYTES) : ERR_NOT_FOUND;
    if (e == ERR_OK) e = node_request_id(node_request_str(request, "id"), &ref.record);
    if (e == ERR_BAD_INPUT || e == ERR_BAD_FORMAT) e = ERR_NOT_FOUND;
    buf_init(&file, ATTACH_BYTES_MAX);
    if (e == ERR_OK) {
        e = node_store_attach_file(c->store, &ref, &file);
        if (e == ERR_NOT_FOUND || e == ERR_AGAIN) { /* wish for it */
            enum err wished = node_store_attach_want(c->store, &ref, c->wall_ms());
            e = wished == ERR_OK ? ERR_AGAIN : wished;
            if (wished == ERR_OK && c->saved != NULL) c->saved(c->ctx);
        }
    }
    json_t *j = e == ERR_OK ? row : node_attach_said(e);
    if (e == ERR_OK) {
        const char *media = attach_kind_media(attach_kind_of(buf_bytes(&file)));
        json_object_set_new(j, "type", json_string("attachment"));
        json_object_set_new(j, "media",
                            json_string(media != NULL ? media : "application/octet-stream"));
        json_object_set_new(j, "data", node_json_base64(buf_bytes(&file)));
    } else {
        json_decref(row);
    }
    buf_free(&file);
    return j;
}

/* ---- status ---- */

json_t *node_command_attach_status(struct node_command *c)
{
    struct node_attach_counts n = {0};
    enum err e = node_store_attach_counts(c->store, &n);
    if (e != ERR_OK) return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "files", (json_int_t)n.files, "delivered",
                     (json_int_t)n.delivered, "waiting", (json_int_t)n.waiting, "waiting_bytes",
                     (json_int_t)n.waiting_bytes, "fetching", (json_int_t)n.fetching, "refused",
                     (json_int_t)n.refused);
}

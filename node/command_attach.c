/* Attachments: a file becomes a record of type `attachment`, which names its hash and the record that it
 * belongs to; its bytes stand beside (SPEC 19). Of a record of class 4 they are sealed before anything is kept
 * of them (SPEC 22.11). */
#include "node/command_priv.h"
#include "common/photo.h"
#include "node/store_attach.h"
#include "proto/sealed_file.h"
#include "proto/sealed_record.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    NODE_ATTACH_LIST_MAX = 200,  /* attachments of one list */
    NODE_ATTACH_CLASS_SEALED = 4 /* files of records from this class on are sealed */
};
#define NODE_ATTACH_NAME_SEALED "(đã niêm phong)" /* the open name of a sealed file */

static json_t *node_attach_said(enum err e)
{
    static const struct {
        enum err e;
        const char *vi, *en;
    } said[] = {
        {ERR_TOO_LARGE,
         "Tệp quá lớn: mỗi tệp tối đa 4 MiB, tệp phải niêm phong tối đa 3,98 MiB. Chưa lưu gì; hãy "
         "chụp hoặc quét ở cỡ nhỏ hơn.",
         "The file is too large: at most 4 MiB each, 3.98 MiB one that is sealed. Nothing was "
         "saved; "
         "take it at a smaller size."},
        {ERR_NOT_READY,
         "Hồ sơ này thuộc loại phải niêm phong, nhưng danh mục của huyện chưa có chỗ cho tệp niêm "
         "phong. Chưa lưu gì; hãy đồng bộ, hoặc báo huyện cập nhật danh mục.",
         "Files of this kind of record are sealed, and the district's catalogue has no place for "
         "sealed files yet. Nothing was saved; sync, or ask the district to renew the catalogue."},
        {ERR_DENIED,
         "Tệp này được niêm phong và máy này không đọc được. Hãy nhờ máy hoặc cán bộ đọc được niêm "
         "phong lại cho máy này.",
         "This file is sealed and this PC cannot read it. Ask a PC or an officer who can to seal "
         "it "
         "again for this PC."},
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

struct node_attach_new {             /* a file on its way into a record */
    const struct catalogue_type *of; /* of the record that it belongs to */
    struct bytes plain;
    struct bytes kept; /* as it is kept and sent: sealed, or the same */
    struct buf sealed;
    char key[SEALED_FILE_TEXT_ROOM]; /* "": it is not sealed */
    struct id_record rid;
    struct id_hash hash;
};

/* The put request of the attachment's record. */
static json_t *node_attach_put(const json_t *request, const struct node_attach_new *f)
{
    char hex[2 * ID_RECORD_BYTES + 1], digest[2 * ID_HASH_BYTES + 1], size[24];
    id_hex(BYTES_OF(f->rid.b), hex);
    id_hex(BYTES_OF(f->hash.b), digest);
    snprintf(size, sizeof size, "%zu", f->kept.len);
    bool sealed = f->key[0] != '\0';
    const char *name = node_request_str(request, "name");
    if (name == NULL || name[0] == '\0') name = "?";
    json_t *values = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "record_type", f->of->name,
                               "record", node_request_str(request, "record"), "name",
                               sealed ? NODE_ATTACH_NAME_SEALED : name, "kind",
                               node_attach_word(request, attach_kind_of(f->plain)), "digest",
                               digest, "size_bytes", size);
    const char *taken = node_request_str(request, "taken_on");
    if (values != NULL && taken != NULL)
        json_object_set_new(values, "taken_on", json_string(taken));
    if (values != NULL && sealed) {
        json_object_set_new(values, SEALED_FILE_FIELD_NAME, json_string(name));
        json_object_set_new(values, SEALED_FILE_FIELD_KEY, json_string(f->key));
    }
    return json_pack("{s:s, s:s, s:s, s:O?, s:o}", "verb", "put", "type", "attachment", "id", hex,
                     "person", json_object_get(request, "person"), "values", values);
}

static bool node_attach_seals(const struct catalogue_type *attachment, const char *field)
{
    const struct catalogue_field *f = catalogue_field_by_name(attachment, field);
    return f != NULL && f->sealed;
}

/* Seal it, when its record is of such a class. ERR_NOT_READY: the catalogue has no place for the key. A
 * catalogue that seals nothing of the record has its files stand open like the record. */
static enum err node_attach_seal(const struct catalogue *cat, struct node_attach_new *f)
{
    const struct catalogue_type *t = catalogue_type_by_name(cat, "attachment");
    struct sealed_file how;
    f->kept = f->plain;
    if (f->of->sensitivity < NODE_ATTACH_CLASS_SEALED) return ERR_OK;
    if (!node_attach_seals(t, SEALED_FILE_FIELD_KEY) ||
        !node_attach_seals(t, SEALED_FILE_FIELD_NAME))
        return sealed_type(f->of) ? ERR_NOT_READY : ERR_OK;
    enum err e = sealed_file_make(&f->rid, f->plain, &how, &f->sealed);
    if (e != ERR_OK) return e;
    sealed_file_print(&how, f->key);
    f->kept = buf_bytes(&f->sealed);
    sodium_memzero(&how, sizeof how);
    return ERR_OK;
}

/* Bytes first, then the record that names them: bytes without a record are swept away, a record without
 * bytes would be a promise that nobody can keep. */
static json_t *node_attach_save(struct node_command *c, const json_t *request,
                                struct node_attach_new *f)
{
    enum attach_kind kind = attach_kind_of(f->plain);
    randombytes_buf(f->rid.b, sizeof f->rid.b);
    enum err e = f->plain.len > ATTACH_BYTES_MAX ? ERR_TOO_LARGE : ERR_OK;
    if (e == ERR_OK && (kind == ATTACH_KIND_NONE || kind == ATTACH_KIND_SEALED)) e = ERR_BAD_INPUT;
    if (e == ERR_OK) e = node_attach_seal(node_store_catalogue(c->store, NULL), f);
    if (e == ERR_OK) e = node_store_attach_add(c->store, &f->rid, f->kept, c->wall_ms(), &f->hash);
    if (e != ERR_OK) return node_attach_said(e);
    json_t *put = node_attach_put(request, f);
    json_t *j = put != NULL ? node_command_put(c, put) : node_command_fail(ERR_NOMEM);
    json_decref(put);
    if (node_command_error_of(j) != ERR_OK) {
        if (node_store_attach_drop(c->store, &f->rid) != ERR_OK)
            return j; /* swept at the next start */
        return j;
    }
    json_object_set_new(j, "digest", node_json_hex(BYTES_OF(f->hash.b)));
    json_object_set_new(j, "bytes", json_integer((json_int_t)f->plain.len));
    json_object_set_new(j, "media", json_string(attach_kind_media(kind)));
    json_object_set_new(j, "sealed", json_boolean(f->key[0] != '\0'));
    return j;
}

static void node_attach_wipe(struct buf *b)
{
    if (b->p != NULL) sodium_memzero(b->p, b->cap);
    buf_free(b);
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
    struct node_attach_new f = {.of = t, .plain = buf_bytes(&clean)};
    buf_init(&f.sealed, ATTACH_BYTES_MAX);
    json_t *j = e != ERR_OK ? node_attach_said(e) : node_attach_save(c, request, &f);
    if (node_command_error_of(j) == ERR_OK)
        json_object_set_new(j, "cleaned", json_boolean(cleaned));
    sodium_memzero(f.key, sizeof f.key);
    buf_free(&f.sealed);
    node_attach_wipe(&file);
    node_attach_wipe(&clean);
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

/* Why the hub did not take it, and what a person does next. */
static void node_attach_why(const struct node_attach *a, json_t *j)
{
    static const struct {
        unsigned code;
        const char *vi, *en, *next_vi, *next_en;
    } said[] = {
        {ATTACH_UNKNOWN, "ở trung tâm chưa có, hoặc không còn, hồ sơ của xã nêu tên tệp này",
         "at the hub no record of this unit names this file, or none any more",
         "xem các thay đổi bị giữ lại (lệnh `held`) rồi gọi trung tâm; tệp vẫn ở máy này và được "
         "gửi lại "
         "khi hồ sơ thay đổi, hoặc mỗi ngày một lần",
         "see what is held (`held`), then call the hub; the file stays here and is offered again "
         "when its record changes, or once a day"},
        {ATTACH_QUOTA, "phần chỗ của xã cho tệp ở trung tâm đã hết",
         "the unit has no room left for files at the hub",
         "gọi quản trị trung tâm xin thêm chỗ; tệp vẫn ở máy này và được gửi lại mỗi ngày một lần",
         "ask the hub's administrator for more room; the file stays here and is offered again once "
         "a day"},
        {ATTACH_BAD, "nội dung không đúng là tệp mà hồ sơ nêu, hoặc loại tệp này không được nhận",
         "the bytes are not the file that the record names, or of no kind that is taken",
         "mở tệp xem; nếu hỏng, thêm lại tệp gốc vào hồ sơ, hoặc gọi trung tâm",
         "open it; if it is damaged add the original to the record again, or call the hub"},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (a->code != said[i].code) continue;
        json_object_set_new(j, "why_vi", json_string(said[i].vi));
        json_object_set_new(j, "why_en", json_string(said[i].en));
        json_object_set_new(j, "next_vi", json_string(said[i].next_vi));
        json_object_set_new(j, "next_en", json_string(said[i].next_en));
    }
}

/* How its file is opened. ERR_NOT_FOUND: it is not sealed;  ERR_DENIED: not by this PC. */
static enum err node_attach_key(const json_t *row, struct sealed_file *out)
{
    const char *text =
        json_string_value(json_object_get(json_object_get(row, "values"), SEALED_FILE_FIELD_KEY));
    if (text == NULL || text[0] == '\0') return ERR_NOT_FOUND;
    return sealed_file_parse(bytes_str(text), out) == ERR_OK ? ERR_OK : ERR_DENIED;
}

/* Name and length as the sealed texts tell them; does a file stand open that would be sealed now? */
static void node_attach_tell(struct node_command *c, const json_t *row, json_t *j)
{
    struct sealed_file f;
    const json_t *values = json_object_get(row, "values");
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *of = json_string_value(json_object_get(values, "record_type"));
    const struct catalogue_type *t =
        cat != NULL && of != NULL ? catalogue_type_by_name(cat, of) : NULL;
    enum err e = node_attach_key(row, &f);
    bool open = e == ERR_NOT_FOUND && t != NULL && t->sensitivity >= NODE_ATTACH_CLASS_SEALED;
    json_object_set_new(j, "sealed", json_boolean(e != ERR_NOT_FOUND));
    json_object_set_new(j, "readable", json_boolean(e != ERR_DENIED));
    json_object_set_new(j, "stands_open", json_boolean(open));
    if (e == ERR_NOT_FOUND) return;
    json_t *name = json_object_get(values, SEALED_FILE_FIELD_NAME);
    if (json_string_length(name) > 0) json_object_set(j, "name", name);
    if (e == ERR_OK)
        json_object_set_new(j, "bytes", json_sprintf("%llu", (unsigned long long)f.size));
    sodium_memzero(&f, sizeof f);
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
    json_t *j = json_pack(
        "{s:s, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:I, s:s}", "id", id, "name",
        json_object_get(values, "name"), "kind", json_object_get(values, "kind"), "taken_on",
        json_object_get(values, "taken_on"), "record", json_object_get(values, "record"), "digest",
        json_object_get(values, "digest"), "bytes", json_object_get(values, "size_bytes"), "here",
        (json_int_t)a.have, "state", state);
    if (j != NULL && !a.delivered) node_attach_why(&a, j);
    if (j != NULL) node_attach_tell(c, row, j);
    return j;
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
    json_t *list = ask != NULL ? node_record_list(c, ask) : node_command_fail(ERR_NOMEM);
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

/* The whole file as it is kept; one that is not here is wished for (ERR_AGAIN). */
static enum err node_attach_kept(struct node_command *c, const struct attach_ref *ref,
                                 struct buf *file)
{
    enum err e = node_store_attach_file(c->store, ref, file);
    if (e != ERR_NOT_FOUND && e != ERR_AGAIN) return e;
    e = node_store_attach_want(c->store, ref, c->wall_ms());
    if (e == ERR_OK && c->saved != NULL) c->saved(c->ctx);
    return e == ERR_OK ? ERR_AGAIN : e;
}

/* The open bytes of the file that this record names. */
static enum err node_attach_open(struct node_command *c, const json_t *record, struct buf *out)
{
    struct attach_ref ref;
    struct sealed_file how;
    struct buf file;
    const char *digest =
        json_string_value(json_object_get(json_object_get(record, "values"), "digest"));
    enum err e = digest != NULL ? id_unhex(digest, ref.hash.b, ID_HASH_BYTES) : ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = node_request_id(json_string_value(json_object_get(record, "id")), &ref.record);
    if (e != ERR_OK) return ERR_NOT_FOUND;
    enum err sealed = node_attach_key(record, &how);
    if (sealed == ERR_NOT_FOUND) return node_attach_kept(c, &ref, out);
    if (sealed != ERR_OK) return sealed;
    buf_init(&file, ATTACH_BYTES_MAX);
    e = node_attach_kept(c, &ref, &file);
    if (e == ERR_OK) e = sealed_file_open(&how, &ref.record, buf_bytes(&file), out);
    if (e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
    sodium_memzero(&how, sizeof how);
    buf_free(&file);
    return e;
}

json_t *node_command_attach_get(struct node_command *c, const json_t *request)
{
    struct buf file;
    json_t *record = node_record_get(c, request);
    if (node_command_error_of(record) != ERR_OK) return record;
    buf_init(&file, ATTACH_BYTES_MAX);
    enum err e = node_attach_open(c, record, &file);
    json_t *j = e == ERR_OK ? node_attach_json(c, record) : node_attach_said(e);
    if (e == ERR_OK) {
        const char *media = attach_kind_media(attach_kind_of(buf_bytes(&file)));
        json_object_set_new(j, "type", json_string("attachment"));
        json_object_set_new(j, "media",
                            json_string(media != NULL ? media : "application/octet-stream"));
        json_object_set_new(j, "data", node_json_base64(buf_bytes(&file)));
    }
    json_decref(record);
    node_attach_wipe(&file);
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

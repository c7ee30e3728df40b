/* reading-key, open, reseal: sealed fields and files. The officer's key and what it opens stay in this
 * process; the hub is only asked for the sealed record and its sealed file. docs/sealed.md. */
#include "hub/tool.h"

#include "common/text.h"
#include "proto/reader.h"
#include "proto/sealed_file.h"
#include "proto/sealed_record.h"
#include "proto/words.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SEALED_FILE_BYTES_MAX = 256 * 1024, /* a record that was put into a file */
    SEALED_FILE_NAME_ROOM = 128,        /* of a name that a file is written under */
    SEALED_FILE_ID_BYTES = 4,           /* of the record's id, in front of it */
};

/* ---- the officer's key ---- */

static enum err sealed_key(struct cli *c, struct key_box *k)
{
    struct key_sign officer = {.secret = NULL};
    enum err e = hub_tool_officer_key(c, &officer);
    if (e == ERR_OK) e = reader_key(&officer, k);
    key_sign_free(&officer);
    return e;
}

enum err hub_tool_reading_key(struct cli *c, void *ctx)
{
    struct key_box k = {.secret = NULL};
    struct id_hash h;
    struct buf words;
    char id[SEALED_READER_ROOM], hex[2 * KEY_PUBLIC_BYTES + 1];
    (void)ctx;
    enum err e = sealed_key(c, &k);
    if (e != ERR_OK) return e;
    buf_init(&words, 256);
    sealed_reader_hash(k.public, &h);
    id_hex(bytes_make(h.b, SEALED_READER_BYTES), id);
    id_hex(BYTES_OF(k.public), hex);
    e = words_text(&h, &words);
    if (c->json) {
        json_t *j =
            json_pack("{s:s, s:s, s:s}", "id", id, "public_key", hex, "words", buf_cstr(&words));
        cli_print_json(j);
        json_decref(j);
    } else {
        printf("%s\n%s: %s\n", hex, cli_text(c, "sáu từ", "six words"), buf_cstr(&words));
    }
    buf_free(&words);
    key_box_free(&k);
    return e;
}

/* ---- a record ---- */

struct sealed_doc { /* the answer of the verb `sealed`, read */
    json_t *json;
    struct id_record rid;
    struct buf state;
    struct fold fold;
    struct catalogue_field fields[CATALOGUE_FIELDS_MAX];
    struct catalogue_type type; /* its sealed fields alone */
    struct sealed_ring ring;
    struct sealed_file file; /* how the attachment's file is opened; size 0: it has none */
    char file_name[SEALED_FILE_NAME_ROOM];
};

static void sealed_doc_free(struct sealed_doc *d)
{
    if (d->fold.private_ != NULL) fold_free(&d->fold);
    buf_free(&d->state);
    json_decref(d->json);
    sealed_ring_wipe(&d->ring);
    sodium_memzero(&d->file, sizeof d->file);
    *d = (struct sealed_doc){.json = NULL};
}

static enum err sealed_doc_fields(struct sealed_doc *d)
{
    const json_t *list = json_object_get(d->json, "fields");
    json_int_t type = json_integer_value(json_object_get(d->json, "type_no"));
    size_t n = json_array_size(list);
    if (n > CATALOGUE_FIELDS_MAX || type < 1 || type > UINT16_MAX) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        json_int_t no = json_integer_value(json_object_get(v, "no"));
        if (no < 1 || no > (json_int_t)CATALOGUE_FIELDS_MAX ||
            (i > 0 && (unsigned)no <= d->fields[i - 1].no))
            return ERR_BAD_FORMAT;
        d->fields[i] = (struct catalogue_field){.no = (unsigned)no,
                                                .name = hub_tool_str(v, "name"),
                                                .label_vi = hub_tool_str(v, "label"),
                                                .sealed = true};
    }
    d->type = (struct catalogue_type){
        .no = (unsigned)type, .name = "", .fields = d->fields, .field_count = n};
    return ERR_OK;
}

static enum err sealed_doc_parse(struct sealed_doc *d)
{
    const char *text = hub_tool_str(d->json, "state");
    size_t len = 0;
    if (strcmp(hub_tool_str(d->json, "format"), "dongbo-sealed/1") != 0 ||
        id_unhex(hub_tool_str(d->json, "id"), d->rid.b, sizeof d->rid.b) != ERR_OK)
        return ERR_BAD_FORMAT;
    buf_init(&d->state, FOLD_STATE_BYTES_MAX);
    uint8_t *p = buf_room(&d->state, FOLD_STATE_BYTES_MAX);
    if (p == NULL) return d->state.e;
    if (sodium_base642bin(p, FOLD_STATE_BYTES_MAX, text, strlen(text), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return ERR_BAD_FORMAT;
    enum err e = sealed_doc_fields(d);
    if (e == ERR_OK) e = fold_init(&d->fold);
    return e == ERR_OK ? fold_load(&d->fold, bytes_make(p, len)) : e;
}

/* From a file, or from the hub, which notes that it was asked for. */
static enum err sealed_doc_read(struct cli *c, struct hub_tool *t, const char *what,
                                struct sealed_doc *d)
{
    struct buf text;
    enum err e = ERR_OK;
    *d = (struct sealed_doc){.json = NULL};
    if (file_exists(what)) {
        buf_init(&text, SEALED_FILE_BYTES_MAX);
        e = file_read(what, SEALED_FILE_BYTES_MAX, &text);
        if (e == ERR_OK) d->json = json_loadb((const char *)text.p, text.len, 0, NULL);
        buf_free(&text);
    } else {
        json_t *q = hub_tool_request(c, "sealed");
        json_object_set_new(q, "id", json_string(what));
        e = hub_tool_ask(c, t, q, &d->json);
        if (e != ERR_OK) return e;
    }
    if (e == ERR_OK && d->json == NULL) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) e = sealed_doc_parse(d);
    if (e == ERR_OK) return e;
    sealed_doc_free(d);
    return cli_fail(c, e, "Đây không phải hồ sơ niêm phong đọc được.",
                    "This is no sealed record that can be read.");
}

/* ---- open ---- */

/* A name that stays in its folder: of the name that a person gave, without what leads elsewhere. */
static void sealed_file_name(struct sealed_doc *d, const char *text)
{
    char id[2 * SEALED_FILE_ID_BYTES + 1];
    id_hex(bytes_make(d->rid.b, SEALED_FILE_ID_BYTES), id);
    struct bytes name = text_truncate(bytes_str(text), SEALED_FILE_NAME_ROOM - sizeof id - 1);
    int len = snprintf(d->file_name, sizeof d->file_name, "%s-%.*s", id, (int)name.len,
                       (const char *)name.p);
    for (int i = 0; i < len && d->file_name[i] != '\0'; i++) {
        unsigned char ch = (unsigned char)d->file_name[i];
        if (ch < 0x20 || ch == 0x7f || strchr("/\\:*?\"<>|", ch) != NULL) d->file_name[i] = '_';
    }
}

/* One text: to the person and into `values`. The key of a file goes no further than this process. */
static void sealed_tell(struct cli *c, struct sealed_doc *d, const struct catalogue_field *f,
                        const char *text, json_t *values)
{
    if (strcmp(f->name, SEALED_FILE_FIELD_KEY) == 0) {
        enum err e = sealed_file_parse(bytes_str(text), &d->file);
        if (e == ERR_OK) return; /* else it is a mark, that says who may not read */
    }
    if (strcmp(f->name, SEALED_FILE_FIELD_NAME) == 0) sealed_file_name(d, text);
    if (!c->json) printf("%s: %s\n", f->label_vi[0] != '\0' ? f->label_vi : f->name, text);
    if (json_object_get(values, f->name) == NULL)
        json_object_set_new(values, f->name, json_string(text));
}

static enum err sealed_texts(struct cli *c, struct sealed_doc *d, const struct key_box *k,
                             json_t *values, bool *closed)
{
    struct buf opened, text;
    uint64_t unread = 0;
    const struct bytes none = {NULL, 0};
    buf_init(&opened, SEALED_FILE_BYTES_MAX);
    buf_init(&text, SEALED_FILE_BYTES_MAX);
    sealed_ring_read(&d->ring, &d->fold, &d->rid, k->secret, k->public);
    enum err e = sealed_fold_open(&d->ring, &d->fold, &d->type, &d->rid, &opened, &unread);
    for (size_t i = 0; e == ERR_OK && i < d->type.field_count; i++) {
        const struct fold_register *r = fold_find(&d->fold, d->fields[i].no, none);
        for (size_t n = 0; r != NULL && e == ERR_OK && n < r->count; n++) {
            buf_clear(&text);
            e = record_value_to_text(NULL, r->heads[n].value, &text);
            if (e == ERR_OK) sealed_tell(c, d, &d->fields[i], buf_cstr(&text), values);
        }
    }
    fold_clear(&d->fold); /* it points to what goes now */
    if (opened.p != NULL) sodium_memzero(opened.p, opened.cap);
    if (text.p != NULL) sodium_memzero(text.p, text.cap);
    buf_free(&opened);
    buf_free(&text);
    *closed = *closed || unread != 0;
    return e;
}

/* The sealed file of this record: out of a file, or from the hub, which notes that it was taken. */
static enum err sealed_file_take(struct cli *c, struct hub_tool *t, const struct sealed_doc *d,
                                 struct buf *out)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    const char *from = cli_opt(c, "file");
    if (from != NULL) {
        enum err e = file_read(from, ATTACH_BYTES_MAX, out);
        return e == ERR_OK ? e
                           : cli_fail(c, e, "Không đọc được tệp niêm phong.",
                                      "The sealed file cannot be read.");
    }
    json_t *q = hub_tool_request(c, "attach"), *r = NULL;
    id_hex(BYTES_OF(d->rid.b), hex);
    json_object_set_new(q, "id", json_string(hex));
    json_object_set_new(q, "get", json_true());
    enum err e = hub_tool_ask(c, t, q, &r);
    if (e == ERR_OK) e = hub_tool_attach_bytes(r, out);
    json_decref(r);
    return e;
}

static enum err sealed_file_write(struct cli *c, struct hub_tool *t, const struct sealed_doc *d,
                                  json_t *files)
{
    char path[FILE_PATH_BYTES_MAX];
    const char *dir = cli_opt(c, "out-dir");
    struct buf sealed, plain;
    buf_init(&sealed, HUB_TOOL_ATTACH_ROOM);
    buf_init(&plain, ATTACH_BYTES_MAX);
    enum err e = sealed_file_take(c, t, d, &sealed);
    if (e != ERR_OK) goto out;
    e = sealed_file_open(&d->file, &d->rid, buf_bytes(&sealed), &plain);
    if (e != ERR_OK) {
        e = cli_fail(
            c, e, "Tệp này không phải tệp niêm phong của hồ sơ, hoặc đã bị sửa; chưa ghi gì.",
            "This is not the record's sealed file, or it was changed; nothing was written.");
        goto out;
    }
    e = file_mkdirs(dir, 0700);
    if (e == ERR_OK) e = file_join(dir, d->file_name, path, sizeof path);
    if (e == ERR_OK) e = file_write_atomic(path, buf_bytes(&plain), 0600);
    if (e != ERR_OK) {
        e = cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
        goto out;
    }
    json_array_append_new(files,
                          json_pack("{s:s, s:I}", "path", path, "bytes", (json_int_t)plain.len));
    if (!c->json) printf("%s: %s\n", cli_text(c, "Đã ghi", "Written"), path);
out:
    if (plain.p != NULL) sodium_memzero(plain.p, plain.cap);
    buf_free(&plain);
    buf_free(&sealed);
    return e;
}

/* One attachment of a record, by the id of its own. */
static enum err sealed_file_of(struct cli *c, struct hub_tool *t, const char *id,
                               const struct key_box *k, json_t *files, bool *closed)
{
    struct sealed_doc *d = calloc(1, sizeof *d);
    json_t *values = json_object();
    enum err e = d == NULL ? ERR_NOMEM : sealed_doc_read(c, t, id, d);
    if (e == ERR_OK) {
        e = sealed_texts(c, d, k, values, closed);
        if (e == ERR_OK && d->file.size > 0) e = sealed_file_write(c, t, d, files);
        sealed_doc_free(d);
    }
    json_decref(values);
    free(d);
    return e;
}

/* The file of an attachment, or those of all attachments of a record. */
static enum err sealed_files(struct cli *c, struct hub_tool *t, const struct sealed_doc *d,
                             const struct key_box *k, json_t *files, bool *closed)
{
    size_t i;
    json_t *row, *r = NULL;
    if (cli_opt(c, "out-dir") == NULL) return ERR_OK;
    if (d->file.size > 0) return sealed_file_write(c, t, d, files);
    if (cli_opt(c, "file") != NULL || strcmp(hub_tool_str(d->json, "type"), "attachment") == 0)
        return ERR_OK; /* not sealed, or not for this key, which is told */
    json_t *q = hub_tool_request(c, "attach");
    json_object_set(q, "about", json_object_get(d->json, "id"));
    enum err e = hub_tool_ask(c, t, q, &r);
    json_array_foreach(json_object_get(r, "attachments"), i, row)
    {
        bool whole = strcmp(hub_tool_str(row, "state"), "whole") == 0;
        if (e == ERR_OK && whole && json_is_true(json_object_get(row, "sealed")))
            e = sealed_file_of(c, t, hub_tool_str(row, "id"), k, files, closed);
    }
    json_decref(r);
    return e;
}

static enum err sealed_show(struct cli *c, struct hub_tool *t, struct sealed_doc *d,
                            const struct key_box *k)
{
    bool closed = false;
    json_t *values = json_object(), *files = json_array();
    enum err e = sealed_texts(c, d, k, values, &closed);
    if (e != ERR_OK)
        e = cli_fail(c, e, NULL, NULL);
    else
        e = sealed_files(c, t, d, k, files, &closed);
    if (e == ERR_OK && c->json) {
        json_t *j =
            json_pack("{s:s, s:s, s:O, s:b}", "id", hub_tool_str(d->json, "id"), "type",
                      hub_tool_str(d->json, "type"), "values", values, "closed", (int)closed);
        if (cli_opt(c, "out-dir") != NULL) json_object_set(j, "files", files);
        cli_print_json(j);
        json_decref(j);
    }
    json_decref(values);
    json_decref(files);
    if (e != ERR_OK || !closed) return e;
    return cli_fail(
        c, ERR_DENIED,
        "Có trường mà khóa này không mở được: nhờ máy hoặc cán bộ đọc được niêm phong "
        "lại cho khóa này.",
        "Some field does not open with this key: ask a PC or an officer who can to seal "
        "it again for this key.");
}

enum err hub_tool_open_sealed(struct cli *c, void *ctx)
{
    struct sealed_doc *d = calloc(1, sizeof *d);
    struct key_box k = {.secret = NULL};
    const char *out = cli_opt(c, "out");
    enum err e = d == NULL ? ERR_NOMEM : sealed_doc_read(c, ctx, c->args[0], d);
    if (e != ERR_OK) goto out;
    if (out != NULL) {
        char *text = json_dumps(d->json, JSON_INDENT(1));
        e = text != NULL ? file_write_atomic(out, bytes_str(text), 0600) : ERR_NOMEM;
        free(text);
        if (e != ERR_OK) e = cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
    } else {
        e = sealed_key(c, &k);
        if (e == ERR_OK) e = sealed_show(c, ctx, d, &k);
    }
    sealed_doc_free(d);
out:
    key_box_free(&k);
    free(d);
    return e;
}

/* ---- reseal ---- */

/* The public key behind a reader's name, as the PC itself shows it: the hub cannot give another. */
static enum err sealed_target(struct cli *c, struct hub_tool *t, uint8_t pk[static 32])
{
    const char *to = cli_opt(c, "to");
    json_t *r = NULL, *v;
    size_t i;
    bool found = false;
    if (to == NULL || strlen(to) != SEALED_READER_ROOM - 1)
        return cli_fail(
            c, ERR_USAGE,
            "Cần --to MÃ: 16 chữ số mà `dongbo-node readers` trên chính máy đó hiện ra.",
            "--to ID is needed: the 16 digits that `dongbo-node readers` shows on that "
            "very PC.");
    enum err e = hub_tool_ask(c, t, hub_tool_request(c, "readers"), &r);
    if (e != ERR_OK) return e;
    json_array_foreach(json_object_get(r, "readers"), i, v)
    {
        struct id_hash h;
        char id[SEALED_READER_ROOM];
        uint8_t key[32];
        if (id_unhex(hub_tool_str(v, "public_key"), key, sizeof key) != ERR_OK) continue;
        sealed_reader_hash(key, &h);
        id_hex(bytes_make(h.b, SEALED_READER_BYTES), id);
        if (strcmp(id, to) != 0) continue;
        memcpy(pk, key, sizeof key);
        found = true;
    }
    json_decref(r);
    return found ? ERR_OK
                 : cli_fail(c, ERR_NOT_FOUND, "Trung tâm không có máy hoặc cán bộ mang mã đó.",
                            "The hub has no PC or officer of that name.");
}

static enum err sealed_elements(const struct sealed_doc *d, const struct key_box *k,
                                const uint8_t pk[static 32], json_t *elements)
{
    for (size_t i = 0; i < d->ring.count; i++) {
        char element[SEALED_WRAP_CHARS + 1];
        enum err e = sealed_wrap(k->secret, k->public, pk, &d->rid, d->ring.v[i].key, element);
        if (e != ERR_OK) return e;
        json_array_append_new(elements, json_string(element));
    }
    return json_array_size(elements) > 0 ? ERR_OK : ERR_DENIED;
}

static enum err sealed_again_one(struct cli *c, struct hub_tool *t, const char *what,
                                 const struct key_box *k, const uint8_t pk[static 32])
{
    struct sealed_doc *d = calloc(1, sizeof *d);
    json_t *elements = json_array(), *r = NULL;
    enum err e = d == NULL ? ERR_NOMEM : sealed_doc_read(c, t, what, d);
    if (e != ERR_OK) goto out;
    sealed_ring_read(&d->ring, &d->fold, &d->rid, k->secret, k->public);
    e = sealed_elements(d, k, pk, elements);
    if (e == ERR_OK) {
        json_t *q = hub_tool_request(c, "reseal");
        json_object_set(q, "id", json_object_get(d->json, "id"));
        json_object_set(q, "elements", elements);
        e = hub_tool_ask(c, t, q, &r);
        json_decref(r);
    } else {
        e = cli_fail(c, e, "Khóa này không mở được hồ sơ này nên không niêm phong lại được.",
                     "This key does not open this record, so it cannot seal it again.");
    }
    sealed_doc_free(d);
out:
    json_decref(elements);
    free(d);
    return e;
}

enum err hub_tool_reseal(struct cli *c, void *ctx)
{
    struct key_box k = {.secret = NULL};
    uint8_t pk[32];
    enum err e = sealed_target(c, ctx, pk);
    if (e == ERR_OK) e = sealed_key(c, &k);
    for (int i = 0; e == ERR_OK && i < c->arg_count; i++)
        e = sealed_again_one(c, ctx, c->args[i], &k, pk);
    key_box_free(&k);
    if (e == ERR_OK && !c->json)
        printf(cli_text(c, "Đã niêm phong lại %d hồ sơ cho khóa đó.\n",
                        "%d records were sealed again for that key.\n"),
               c->arg_count);
    return e;
}

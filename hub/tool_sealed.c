/* readers, reading-key, open, reseal: sealed fields. The officer's key and what it opens stay in this
 * process; the hub is only asked for the sealed record. docs/sealed.md. */
#include "hub/tool.h"

#include "proto/reader.h"
#include "proto/sealed_record.h"
#include "proto/words.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEALED_FILE_BYTES_MAX = 256 * 1024 }; /* a record that was put into a file */

static const char *sealed_str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

/* ---- readers ---- */

static void sealed_print_readers(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(r, "readers"), i, v)
    {
        bool officer = strcmp(sealed_str(v, "kind"), "officer") == 0;
        printf("%s  %s %s %s\n    %s: %s\n", sealed_str(v, "id"),
               officer ? cli_text(c, "cán bộ", "officer") : cli_text(c, "máy của", "PC of"),
               sealed_str(v, "unit"), sealed_str(v, "name"), cli_text(c, "sáu từ", "six words"),
               sealed_str(v, "words"));
    }
}

static void sealed_print_counts(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *v;
    printf(cli_text(c,
                    "%lld hồ sơ có trường niêm phong; %lld hồ sơ còn chữ để ngỏ (`reseal` ở xã).\n",
                    "%lld records with sealed fields; %lld with text that stands open (`reseal` at "
                    "the commune).\n"),
           (long long)json_integer_value(json_object_get(r, "sealed")),
           (long long)json_integer_value(json_object_get(r, "open")));
    json_array_foreach(json_object_get(r, "readers"), i, v)
        printf("%8lld  %s  %s %s\n", (long long)json_integer_value(json_object_get(v, "records")),
               sealed_str(v, "id"), sealed_str(v, "unit"), sealed_str(v, "name"));
}

enum err hub_tool_readers(struct cli *c, void *ctx)
{
    const char *what = c->arg_count > 0 ? c->args[0] : "list", *out = cli_opt(c, "out");
    json_t *q = hub_tool_request(c, "readers"), *r = NULL;
    json_object_set_new(q, "action", json_string(what));
    if (strcmp(what, "list") == 0) return hub_tool_show(c, ctx, q, sealed_print_readers);
    if (strcmp(what, "sealed") == 0) {
        json_decref(q);
        return hub_tool_show(c, ctx, hub_tool_request(c, "readers_sealed"), sealed_print_counts);
    }
    if (strcmp(what, "order") != 0 || out == NULL) {
        json_decref(q);
        return cli_fail(
            c, ERR_USAGE,
            "Dùng: readers list | sealed | order --name TÊN --reading KHÓA --reason CĂN_CỨ "
            "[--end] --out TỆP.",
            "Use: readers list | sealed | order --name NAME --reading KEY --reason BASIS [--end] "
            "--out FILE.");
    }
    hub_tool_copy(c, q, "name", "name");
    hub_tool_copy(c, q, "reading", "key");
    hub_tool_copy(c, q, "reason", "reason");
    if (cli_has(c, "end")) json_object_set_new(q, "end", json_true());
    enum err e = hub_tool_ask(c, ctx, q, &r);
    if (e != ERR_OK) return e;
    e = file_write_atomic(out, bytes_str(sealed_str(r, "order")), 0600);
    if (e != ERR_OK) {
        e = cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
    } else if (c->json) {
        cli_print_json(r);
    } else {
        printf(
            cli_text(c,
                     "Đã soạn lệnh. Sáu từ của khóa đọc: %s\nHai cán bộ ký: `order propose "
                     "TỆP`, rồi `order approve`.\n",
                     "The order is drafted. Six words of the reading key: %s\nTwo officers sign: "
                     "`order propose FILE`, then `order approve`.\n"),
            sealed_str(json_object_get(r, "what"), "key_words"));
    }
    json_decref(r);
    return e;
}

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
};

static void sealed_doc_free(struct sealed_doc *d)
{
    if (d->fold.private_ != NULL) fold_free(&d->fold);
    buf_free(&d->state);
    json_decref(d->json);
    sealed_ring_wipe(&d->ring);
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
                                                .name = sealed_str(v, "name"),
                                                .label_vi = sealed_str(v, "label"),
                                                .sealed = true};
    }
    d->type = (struct catalogue_type){
        .no = (unsigned)type, .name = "", .fields = d->fields, .field_count = n};
    return ERR_OK;
}

static enum err sealed_doc_parse(struct sealed_doc *d)
{
    const char *text = sealed_str(d->json, "state");
    size_t len = 0;
    if (strcmp(sealed_str(d->json, "format"), "dongbo-sealed/1") != 0 ||
        id_unhex(sealed_str(d->json, "id"), d->rid.b, sizeof d->rid.b) != ERR_OK)
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

static enum err sealed_show(struct cli *c, struct sealed_doc *d)
{
    struct buf opened, text;
    uint64_t unread = 0;
    json_t *values = json_object();
    const struct bytes none = {NULL, 0};
    buf_init(&opened, SEALED_FILE_BYTES_MAX);
    buf_init(&text, SEALED_FILE_BYTES_MAX);
    enum err e = sealed_fold_open(&d->ring, &d->fold, &d->type, &d->rid, &opened, &unread);
    for (size_t i = 0; e == ERR_OK && i < d->type.field_count; i++) {
        const struct catalogue_field *f = &d->fields[i];
        const struct fold_register *r = fold_find(&d->fold, f->no, none);
        for (size_t k = 0; r != NULL && e == ERR_OK && k < r->count; k++) {
            buf_clear(&text);
            e = record_value_to_text(NULL, r->heads[k].value, &text);
            if (e == ERR_OK && !c->json)
                printf("%s: %s\n", f->label_vi[0] != '\0' ? f->label_vi : f->name, buf_cstr(&text));
            if (e == ERR_OK && k == 0)
                json_object_set_new(values, f->name, json_string(buf_cstr(&text)));
        }
    }
    if (e == ERR_OK && c->json) {
        json_t *j = json_pack("{s:s, s:s, s:O, s:b}", "id", sealed_str(d->json, "id"), "type",
                              sealed_str(d->json, "type"), "values", values, "closed", unread != 0);
        cli_print_json(j);
        json_decref(j);
    }
    json_decref(values);
    if (opened.p != NULL) sodium_memzero(opened.p, opened.cap);
    if (text.p != NULL) sodium_memzero(text.p, text.cap);
    buf_free(&opened);
    buf_free(&text);
    if (e != ERR_OK) return cli_fail(c, e, NULL, NULL);
    if (unread == 0) return ERR_OK;
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
        if (e == ERR_OK) {
            sealed_ring_read(&d->ring, &d->fold, &d->rid, k.secret, k.public);
            e = sealed_show(c, d);
        }
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
        if (id_unhex(sealed_str(v, "public_key"), key, sizeof key) != ERR_OK) continue;
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

/* Files that the page takes out of the hub: an attachment, and everything held about one person. */
#include "hub/desk_priv.h"

#include "common/io/file.h"
#include "hub/xlsx_subject.h"
#include "proto/attach.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { DESK_SUBJECT_BYTES_MAX = 64 << 20 }; /* of one workbook */

/* ---- attachments ---- */

/* Of one record: its files, without what anybody called them. */
json_t *hub_desk_attachments(struct hub_desk_call *c)
{
    json_t *ask = json_pack("{s:s, s:s}", "verb", "attach", "about", web_json_text(c->body, "id"));
    json_t *j = hub_command(c->d->o.app, ask);
    json_decref(ask);
    return j;
}

/* The bytes came from a commune: the browser saves them and shows nothing of them as a page of ours. */
static enum err hub_desk_attachment_send(struct web_response *r, const json_t *j)
{
    char name[80];
    const char *media = json_string_value(json_object_get(j, "media"));
    const char *digest = json_string_value(
        json_object_get(json_array_get(json_object_get(j, "attachments"), 0), "digest"));
    const char *text = json_string_value(json_object_get(j, "data"));
    uint8_t *bytes = text != NULL ? malloc(ATTACH_BYTES_MAX) : NULL;
    size_t len = 0;
    const char *kind = media != NULL ? strchr(media, '/') : NULL;
    if (bytes == NULL || kind == NULL || digest == NULL) {
        free(bytes);
        return ERR_NOMEM;
    }
    enum err e = sodium_base642bin(bytes, ATTACH_BYTES_MAX, text, strlen(text), NULL, &len, NULL,
                                   sodium_base64_VARIANT_ORIGINAL) == 0
                     ? ERR_OK
                     : ERR_DAMAGED;
    snprintf(name, sizeof name, "attachment; filename=\"tep-%.8s.%s\"", digest,
             kind + 1); /* "png", "pdf": fixed words of ours */
    if (e == ERR_OK) {
        web_set_header(r, "Content-Type", media);
        web_set_header(r, "Content-Disposition", name);
        buf_add(&r->body, bytes, len);
        e = r->body.e;
    }
    sodium_memzero(bytes, len);
    free(bytes);
    return e;
}

/* One file of a record, as the verb tells it; with its bytes, which is noted. */
static json_t *hub_desk_attachment_ask(struct hub_desk_call *c, bool get)
{
    json_t *ask =
        json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "verb", "attach", "get", (int)get, "id",
                  web_json_text(c->body, "id"), "digest", web_json_text(c->body, "digest"), "why",
                  web_json_text(c->body, "reason"), "person", c->session->user);
    json_t *j = hub_command(c->d->o.app, ask);
    json_decref(ask);
    return j;
}

json_t *hub_desk_attachment(struct hub_desk_call *c)
{
    if (web_json_text(c->body, "digest")[0] == '\0')
        return hub_command_error(ERR_BAD_INPUT, "Thiếu mã của tệp.",
                                 "The file's digest is missing.");
    json_t *j = hub_desk_attachment_ask(c, false);
    bool sealed = json_is_true(
        json_object_get(json_array_get(json_object_get(j, "attachments"), 0), "sealed"));
    json_decref(j);
    if (sealed)
        return hub_command_error(
            ERR_DENIED,
            "Tệp này được niêm phong: trung tâm không đọc được. Cán bộ được đọc mở nó bằng khóa "
            "của "
            "mình: `dongbo-hub open MÃ --key KHÓA --out-dir THƯ_MỤC`.",
            "This file is sealed: the hub cannot read it. An officer who may opens it with the own "
            "key: `dongbo-hub open ID --key KEY --out-dir FOLDER`.");
    j = hub_desk_attachment_ask(c, true);
    if (web_json_error_of(j) != ERR_OK) return j;
    enum err e = hub_desk_attachment_send(c->r, j);
    json_decref(j);
    return e == ERR_OK ? NULL : hub_command_fail(e);
}

/* ---- one person ---- */

/* The library writes to a path only: a file of the run folder, for its owner, that is gone at once. */
static enum err hub_desk_subject_book(const struct hub_app *a, const json_t *j, struct buf *out)
{
    char name[40], folder[FILE_PATH_BYTES_MAX], path[FILE_PATH_BYTES_MAX];
    snprintf(name, sizeof name, "subject-%08x.xlsx", (unsigned)randombytes_random());
    enum err e = hub_app_path(a->data, "run", folder);
    if (e == ERR_OK) e = file_join(folder, name, path, sizeof path);
    if (e == ERR_OK) e = file_create_empty(path);
    if (e != ERR_OK) return e;
    e = hub_xlsx_subject(j, path);
    if (e == ERR_OK) e = file_read(path, DESK_SUBJECT_BYTES_MAX, out);
    enum err removed = file_remove(path);
    return e != ERR_OK ? e : removed;
}

json_t *hub_desk_subject(struct hub_desk_call *c)
{
    bool book = strcmp(web_json_text(c->body, "format"), "xlsx") == 0;
    json_object_set_new(c->body, "verb", json_string("subject"));
    json_object_set_new(c->body, "person", json_string(c->session->user));
    json_t *j = hub_command(c->d->o.app, c->body);
    if (!book || web_json_error_of(j) != ERR_OK) return j;
    struct buf file;
    buf_init(&file, DESK_SUBJECT_BYTES_MAX);
    enum err e = hub_desk_subject_book(c->d->o.app, j, &file);
    json_decref(j);
    if (e == ERR_OK) {
        web_set_header(c->r, "Content-Type",
                       "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        web_set_header(c->r, "Content-Disposition",
                       "attachment; filename=\"du-lieu-ca-nhan.xlsx\"");
        buf_add_bytes(&c->r->body, buf_bytes(&file));
        e = c->r->body.e;
    }
    buf_free(&file);
    return e == ERR_OK ? NULL : hub_command_fail(e);
}

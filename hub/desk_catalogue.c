/* The catalogue as files: read in the browser, changed in Excel, and brought back, file by file. */
#include "hub/desk_priv.h"

#include "hub/store_issues.h"

#include <stdlib.h>

/* The files of the edition in force. */
struct hub_desk_files {
    struct buf archive;
    struct catalogue_file *v;
    size_t count;
};

static enum err hub_desk_files_open(struct hub_desk_call *c, struct hub_desk_files *f)
{
    struct hub_position at;
    *f = (struct hub_desk_files){.v = NULL};
    buf_init(&f->archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    hub_store_position(c->d->o.app->store, &at);
    enum err e = at.edition > 0 ? hub_issues_archive(c->d->o.app->store, at.edition, &f->archive)
                                : ERR_NOT_READY;
    return e == ERR_OK ? catalogue_unarchive(buf_bytes(&f->archive), &f->v, &f->count) : e;
}

static void hub_desk_files_close(struct hub_desk_files *f)
{
    catalogue_files_free(f->v);
    buf_free(&f->archive);
}

json_t *hub_desk_files(struct hub_desk_call *c)
{
    struct hub_desk_files f;
    struct hub_position at;
    enum err e = hub_desk_files_open(c, &f);
    json_t *files = json_object();
    for (size_t i = 0; e == ERR_OK && i < f.count; i++)
        json_object_set_new(files, f.v[i].name, hub_json_text(f.v[i].data));
    hub_store_position(c->d->o.app->store, &at);
    json_t *j = e == ERR_OK
                    ? json_pack("{s:I, s:O}", "edition", (json_int_t)at.edition, "files", files)
                    : hub_command_fail(e);
    json_decref(files);
    hub_desk_files_close(&f);
    return j;
}

/* What stands in the request in the place of the edition's file of that name; the others stay. */
static enum err hub_desk_files_merge(const json_t *given, struct hub_desk_files *f,
                                     struct buf *archive)
{
    const char *name = NULL;
    json_t *text = NULL;
    size_t n = f->count;
    struct catalogue_file *all = calloc(f->count + json_object_size(given) + 1, sizeof *all);
    if (all == NULL) return ERR_NOMEM;
    if (n > 0) memcpy(all, f->v, n * sizeof *all);
    json_object_foreach((json_t *)(uintptr_t)given, name, text)
    {
        size_t at = 0;
        while (at < n && strcmp(all[at].name, name) != 0)
            at++;
        all[at] = (struct catalogue_file){
            .name = name, .data = bytes_make(json_string_value(text), json_string_length(text))};
        if (at == n) n++;
    }
    enum err e = catalogue_archive(all, n, archive);
    free(all);
    return e;
}

json_t *hub_desk_files_set(struct hub_desk_call *c)
{
    static const char *const verbs[] = {"catalogue_check", "catalogue_publish"};
    struct hub_desk_files f;
    struct buf archive;
    const json_t *given = json_object_get(c->body, "files");
    json_int_t edition = json_integer_value(json_object_get(c->body, "edition"));
    struct hub_position at;
    hub_store_position(c->d->o.app->store, &at);
    if (edition != (json_int_t)at.edition)
        return hub_command_error(ERR_STALE,
                                 "Danh mục đã có bản mới hơn; chưa ban hành gì. Hãy tải lại trang.",
                                 "There is a newer edition; nothing was published. Load the page "
                                 "again.");
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_desk_files_open(c, &f);
    if (e == ERR_NOT_READY) e = ERR_OK; /* the first edition */
    if (e == ERR_OK) e = hub_desk_files_merge(given, &f, &archive);
    json_t *j = NULL;
    if (e == ERR_OK) {
        bool publish = json_is_true(json_object_get(c->body, "publish"));
        json_t *ask = json_pack("{s:s, s:s, s:o}", "verb", verbs[publish], "person",
                                c->session->user, "archive", hub_json_base64(buf_bytes(&archive)));
        j = hub_command(c->d->o.app, ask);
        json_decref(ask);
        if (publish) c->d->news++;
    }
    if (e == ERR_BAD_INPUT)
        j = hub_command_error(
            e, "Có tệp mà danh mục không được có: chỉ nhận các tệp .csv của danh mục.",
            "There is a file that no catalogue may have: only its .csv files.");
    else if (e != ERR_OK)
        j = hub_command_fail(e);
    buf_free(&archive);
    hub_desk_files_close(&f);
    return j;
}

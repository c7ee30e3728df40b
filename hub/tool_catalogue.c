/* catalogue check|diff|publish|export: a folder of files that people edit in a spreadsheet. docs/catalogue.md. */
#include "hub/tool.h"

#include "common/catalogue.h"
#include "common/io/file.h"
#include "common/io/folder.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* What a spreadsheet puts before the text of a CSV file: an edition goes without. */
#define HUB_CATALOGUE_MARK "\xEF\xBB\xBF"

static bool hub_catalogue_is_csv(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".csv") == 0;
}

static struct bytes hub_catalogue_bare(const struct catalogue_file *f)
{
    size_t mark = strlen(HUB_CATALOGUE_MARK);
    bool has = hub_catalogue_is_csv(f->name) && f->data.len >= mark &&
               memcmp(f->data.p, HUB_CATALOGUE_MARK, mark) == 0;
    return has ? bytes_make(f->data.p + mark, f->data.len - mark) : f->data;
}

static enum err hub_catalogue_unread(struct cli *c, enum err e, const char *dir, const char *bad)
{
    char vi[300], en[300];
    const char *slash = bad[0] != '\0' ? "/" : "";
    snprintf(vi, sizeof vi, "Không đọc được thư mục danh mục %.150s%s%.60s: %s.", dir, slash, bad,
             err_text_vi(e));
    snprintf(en, sizeof en, "The catalogue folder %.150s%s%.60s cannot be read: %s.", dir, slash,
             bad, err_text_en(e));
    return cli_fail(c, e, vi, en);
}

/* No catalogue may have these files: say which is the first that is at fault. */
static enum err hub_catalogue_unfit(struct cli *c, enum err e, const struct catalogue_file *files,
                                    size_t count)
{
    char vi[300], en[300];
    const char *bad = "";
    for (size_t i = 0; i < count && bad[0] == '\0'; i++) {
        struct buf one;
        buf_init(&one, CATALOGUE_ARCHIVE_BYTES_MAX);
        if (catalogue_archive(&files[i], 1, &one) != ERR_OK) bad = files[i].name;
        buf_free(&one);
    }
    snprintf(
        vi, sizeof vi,
        "Thư mục có tệp mà danh mục không được có, hoặc quá lớn: %.80s. Hãy bỏ nó ra; danh mục "
        "đang dùng giữ nguyên.",
        bad[0] != '\0' ? bad : "tất cả");
    snprintf(
        en, sizeof en,
        "The folder has a file that no catalogue may have, or is too large: %.80s. Take it out; "
        "the edition in force stays.",
        bad[0] != '\0' ? bad : "all of it");
    return cli_fail(c, e, vi, en);
}

static enum err hub_tool_archive(struct cli *c, const char *dir, json_t *request)
{
    struct buf archive;
    struct catalogue_file files[CATALOGUE_FILES_MAX];
    char *text = NULL;
    struct folder *f = calloc(1, sizeof *f);
    if (f == NULL) return ERR_NOMEM;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = folder_read(dir, f);
    if (e != ERR_OK) {
        e = hub_catalogue_unread(c, e, dir, f->bad);
        goto out;
    }
    for (size_t i = 0; i < f->count; i++)
        files[i] = (struct catalogue_file){f->files[i].name, hub_catalogue_bare(&f->files[i])};
    e = catalogue_archive(files, f->count, &archive);
    if (e != ERR_OK) {
        e = hub_catalogue_unfit(c, e, files, f->count);
        goto out;
    }
    size_t room = sodium_base64_ENCODED_LEN(archive.len, sodium_base64_VARIANT_ORIGINAL);
    text = malloc(room);
    if (text != NULL) {
        sodium_bin2base64(text, room, archive.p, archive.len, sodium_base64_VARIANT_ORIGINAL);
        json_object_set_new(request, "archive", json_string(text));
    }
    e = text != NULL ? ERR_OK : ERR_NOMEM;
out:
    free(text);
    folder_free(f);
    free(f);
    buf_free(&archive);
    return e;
}

/* ---- for people ---- */

static void hub_print_change(const struct cli *c, const json_t *j)
{
    static const struct {
        const char *what, *vi, *en;
    } words[] = {{"file_came", "tệp mới", "a new file"},
                 {"file_gone", "tệp bị bỏ", "the file is gone"},
                 {"file", "nội dung khác", "another text"},
                 {"came", "thêm", "added"},
                 {"gone", "bỏ", "gone"},
                 {"cell", "sửa", "changed"},
                 {"order", "đổi thứ tự dòng, từ", "rows in another order, from"}};
    const char *what = hub_tool_str(j, "what"), *told = "";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].what, what) == 0) told = c->en ? words[i].en : words[i].vi;
    }
    long long row = json_integer_value(json_object_get(j, "row"));
    printf("%s", hub_tool_str(j, "file"));
    if (row > 0) printf(":%lld", row);
    printf(": %s%s%s", told, row > 0 ? " " : "", hub_tool_str(j, "key"));
    if (strcmp(what, "cell") == 0)
        printf(": %s “%s” → “%s”", hub_tool_str(j, "column"), hub_tool_str(j, "was"),
               hub_tool_str(j, "is"));
    printf("\n");
}

static void hub_print_diff(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "changes");
    long long total = json_integer_value(json_object_get(r, "change_count"));
    if (rows == NULL) {
        printf(
            "%s\n",
            cli_text(c, "Danh mục không có lỗi; chưa ban hành bản nào để so.",
                     "The catalogue has no mistake; no edition is published to compare it with."));
        return;
    }
    for (size_t i = 0; i < json_array_size(rows); i++)
        hub_print_change(c, json_array_get(rows, i));
    if ((long long)json_array_size(rows) < total)
        printf(cli_text(c, "… và %lld thay đổi nữa\n", "… and %lld more changes\n"),
               total - (long long)json_array_size(rows));
    printf(cli_text(c, "%lld thay đổi so với bản đang dùng; chưa ban hành gì.\n",
                    "%lld changes against the edition in force; nothing is published.\n"),
           total);
}

static void hub_print_catalogue(const struct cli *c, const json_t *r)
{
    json_t *edition = json_object_get(r, "edition");
    if (edition != NULL) {
        printf(cli_text(c, "Đã ban hành danh mục, bản số %lld; các máy xã nhận khi đồng bộ.\n",
                        "Published as edition %lld; nodes get it with their next sync.\n"),
               (long long)json_integer_value(edition));
    } else {
        printf("%s\n", cli_text(c, "Danh mục không có lỗi.", "The catalogue has no mistake."));
    }
    hub_print_lines(c, r);
}

static enum err hub_tool_catalogue_do(struct cli *c, struct hub_tool *t, const char *verb,
                                      const char *dir, hub_tool_print_fn *print)
{
    json_t *response = NULL;
    json_t *q = hub_tool_request(c, verb);
    enum err e = hub_tool_archive(c, dir, q);
    if (e != ERR_OK) {
        json_decref(q);
        return e;
    }
    e = hub_tool_ask(c, t, q, &response);
    if (e != ERR_OK && response != NULL) hub_print_mistakes(c, response);
    if (e == ERR_OK && c->json) cli_print_json(response);
    if (e == ERR_OK && !c->json) print(c, response);
    json_decref(response);
    return e;
}

enum err hub_tool_catalogue_first(struct cli *c, const char *dir, const char *unit)
{
    struct hub_store_options memory = {.path = DB_MEMORY_PATH, .create = true};
    struct hub_tool t = {.app = calloc(1, sizeof *t.app)};
    json_t *q = hub_tool_request(c, "catalogue_check"), *response = NULL;
    enum err e = t.app != NULL ? hub_tool_archive(c, dir, q) : ERR_NOMEM;
    if (e == ERR_OK) e = key_ready();
    if (e == ERR_OK) e = hub_store_open(&memory, &t.app->store);
    if (e == ERR_OK) {
        json_object_set_new(q, "unit", json_string(unit));
        e = hub_tool_ask(c, &t, json_incref(q), &response);
        if (e != ERR_OK && response != NULL) hub_print_mistakes(c, response);
    }
    json_decref(response);
    json_decref(q);
    hub_tool_close(&t);
    return e;
}

enum err hub_tool_catalogue_publish(struct cli *c, struct hub_tool *t, const char *dir)
{
    return hub_tool_catalogue_do(c, t, "catalogue_publish", dir, hub_print_catalogue);
}

/* ---- export ---- */

static enum err hub_catalogue_put(const char *dir, const struct catalogue_file *f)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf b;
    buf_init(&b, CATALOGUE_FILE_BYTES_MAX + sizeof HUB_CATALOGUE_MARK);
    if (hub_catalogue_is_csv(f->name)) buf_add_str(&b, HUB_CATALOGUE_MARK);
    buf_add_bytes(&b, f->data);
    enum err e = b.e;
    if (e == ERR_OK) e = file_join(dir, f->name, path, sizeof path);
    char *slash = e == ERR_OK && strchr(f->name, '/') != NULL ? strrchr(path, '/') : NULL;
    if (slash != NULL) {
        *slash = '\0';
        e = file_mkdirs(path, 0755);
        *slash = '/';
    }
    if (e == ERR_OK) e = file_write_atomic(path, buf_bytes(&b), 0644);
    buf_free(&b);
    return e;
}

/* Nothing that stands there is written over. */
static enum err hub_catalogue_room(struct cli *c, const char *dir)
{
    struct file_list list;
    if (file_exists(dir)) {
        enum err e = file_list(dir, &list);
        bool empty = e == ERR_OK && list.n == 0;
        if (e == ERR_OK) file_list_free(&list);
        if (!empty)
            return cli_fail(c, ERR_EXISTS,
                            "Thư mục này đã có tệp; chưa ghi gì. Hãy nêu một thư mục mới.",
                            "There are files in this folder; nothing was written. Name a new one.");
    }
    enum err e = file_mkdirs(dir, 0755);
    return e == ERR_OK
               ? e
               : cli_fail(c, e, "Không tạo được thư mục này.", "No such folder can be made.");
}

static enum err hub_catalogue_unpack(struct cli *c, const char *dir, const json_t *response,
                                     size_t *count)
{
    struct catalogue_file *files = NULL;
    struct buf archive;
    const char *text = hub_tool_str(response, "archive");
    size_t len = strlen(text), room = len / 4 * 3 + 3, n = 0;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX + 3);
    uint8_t *p = buf_room(&archive, room);
    enum err e = p != NULL ? ERR_OK : archive.e;
    if (e == ERR_OK &&
        sodium_base642bin(p, room, text, len, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        e = ERR_BAD_FORMAT;
    if (e == ERR_OK) e = catalogue_unarchive(bytes_make(archive.p, n), &files, count);
    for (size_t i = 0; e == ERR_OK && i < *count; i++)
        e = hub_catalogue_put(dir, &files[i]);
    catalogue_files_free(files);
    buf_free(&archive);
    return e == ERR_OK ? e
                       : cli_fail(c, e, "Không ghi được hết các tệp vào thư mục này.",
                                  "Not all files could be written into this folder.");
}

static enum err hub_tool_catalogue_export(struct cli *c, struct hub_tool *t, const char *dir)
{
    json_t *response = NULL;
    json_int_t edition = 0;
    size_t count = 0;
    enum err e = hub_tool_number(c, "edition", 0, &edition);
    if (e == ERR_OK) e = hub_catalogue_room(c, dir);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "catalogue");
    json_object_set_new(q, "edition", json_integer(edition));
    e = hub_tool_ask(c, t, q, &response);
    if (e == ERR_OK) e = hub_catalogue_unpack(c, dir, response, &count);
    if (e == ERR_OK && c->json) {
        json_object_del(response, "archive");
        json_object_set_new(response, "files", json_integer((json_int_t)count));
        cli_print_json(response);
    } else if (e == ERR_OK) {
        printf(cli_text(c, "Danh mục bản số %lld: đã ghi %zu tệp vào %s\n",
                        "Edition %lld of the catalogue: %zu files written to %s\n"),
               (long long)json_integer_value(json_object_get(response, "edition")), count, dir);
    }
    json_decref(response);
    return e;
}

enum err hub_tool_catalogue(struct cli *c, void *ctx)
{
    const char *what = c->args[0], *dir = c->args[1];
    if (strcmp(what, "check") == 0)
        return hub_tool_catalogue_do(c, ctx, "catalogue_check", dir, hub_print_catalogue);
    if (strcmp(what, "diff") == 0)
        return hub_tool_catalogue_do(c, ctx, "catalogue_check", dir, hub_print_diff);
    if (strcmp(what, "publish") == 0) return hub_tool_catalogue_publish(c, ctx, dir);
    if (strcmp(what, "export") == 0) return hub_tool_catalogue_export(c, ctx, dir);
    return cli_fail(c, ERR_USAGE, "Dùng: catalogue export|check|diff|publish THƯ_MỤC.",
                    "Use: catalogue export|check|diff|publish DIR.");
}

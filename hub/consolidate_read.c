/* A folder of a hub's export: nothing of it is believed before its signatures. */
#include "common/io/file.h"
#include "hub/canonical.h"
#include "hub/consolidate_priv.h"
#include "hub/export.h"
#include "hub/verify.h"

#include <stdio.h>
#include <string.h>

enum err consolidate_refuse(struct hub_report_why *why, enum err e, const char *folder,
                            const char *vi, const char *en)
{
    snprintf(why->vi, sizeof why->vi, "%.100s: %.150s", folder, vi);
    snprintf(why->en, sizeof why->en, "%.100s: %.150s", folder, en);
    return e;
}

/* The last line of a public key file that is not empty. */
static struct bytes read_key_line(struct bytes text)
{
    struct bytes line = {NULL, 0};
    for (size_t at = 0; at < text.len;) {
        size_t n = 0;
        while (at + n < text.len && text.p[at + n] != '\n' && text.p[at + n] != '\r')
            n++;
        if (n > 0) line = bytes_make(text.p + at, n);
        at += n + 1;
    }
    return line;
}

/* Is a line one of the lines of the accepted keys? */
static bool read_key_known(struct bytes keys, struct bytes line)
{
    for (size_t at = 0; line.len > 0 && at < keys.len;) {
        size_t n = 0;
        while (at + n < keys.len && keys.p[at + n] != '\n' && keys.p[at + n] != '\r')
            n++;
        if (bytes_equal(bytes_make(keys.p + at, n), line)) return true;
        at += n + 1;
    }
    return false;
}

static enum err read_trusted(const struct hub_consolidate_request *q, const char *folder,
                             struct hub_report_why *why)
{
    enum { KEYS_BYTES_MAX = 64 * 1024 };
    char path[FILE_PATH_BYTES_MAX];
    struct buf keys, own;
    size_t count = 0;
    buf_init(&keys, KEYS_BYTES_MAX);
    buf_init(&own, MINISIGN_FILE_BYTES_MAX);
    enum err e = file_read(q->keys, KEYS_BYTES_MAX, &keys);
    if (e != ERR_OK)
        e = consolidate_refuse(why, e, q->keys, "không đọc được tệp khóa", "cannot be read");
    if (e == ERR_OK) e = file_join(folder, HUB_EXPORT_KEY_NAME, path, sizeof path);
    if (e == ERR_OK) e = file_read(path, MINISIGN_FILE_BYTES_MAX, &own);
    if (e == ERR_OK && !read_key_known(buf_bytes(&keys), read_key_line(buf_bytes(&own))))
        e = consolidate_refuse(why, ERR_BAD_SIGNATURE, folder,
                               "khóa của thư mục không có trong danh sách khóa được tin",
                               "the folder's key is not among the accepted ones");
    if (e == ERR_OK) {
        e = hub_verify_folder(folder, path, NULL, NULL, &count);
        if (e == ERR_DAMAGED) e = ERR_BAD_SIGNATURE;
    }
    buf_free(&keys);
    buf_free(&own);
    if (e != ERR_OK && why->vi[0] == '\0')
        return consolidate_refuse(why, e, folder, "chữ ký không đúng hoặc thiếu tệp",
                                  "a signature is not good or a file is missing");
    return e;
}

static enum err read_json(const char *folder, const char *name, struct buf *text, json_t **out)
{
    char path[FILE_PATH_BYTES_MAX];
    buf_clear(text);
    enum err e = file_join(folder, name, path, sizeof path);
    if (e == ERR_OK) e = file_read(path, HUB_CANONICAL_BYTES_MAX, text);
    if (e != ERR_OK) return e;
    *out = json_loadb((const char *)text->p, text->len, JSON_REJECT_DUPLICATES, NULL);
    return *out != NULL ? ERR_OK : ERR_BAD_FORMAT;
}

static bool read_wanted(const struct hub_consolidate_request *q, const json_t *manifest)
{
    return strcmp(hub_canonical_str(manifest, "format"), "dongbo-issue/1") == 0 &&
           (q->report == NULL || strcmp(hub_canonical_str(manifest, "report"), q->report) == 0) &&
           (q->period == NULL || strcmp(hub_canonical_str(manifest, "period"), q->period) == 0);
}

static const char *read_figures_name(const json_t *manifest)
{
    const json_t *files = json_object_get(manifest, "files");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *f = json_array_get(files, i);
        if (strcmp(hub_canonical_str(f, "kind"), "json") == 0) return hub_canonical_str(f, "file");
    }
    return "";
}

/* The manifest that is asked for; the newest issue of it. ERR_BAD_INPUT: none, or of several periods. */
static enum err read_manifest(const struct hub_consolidate_request *q, const char *folder,
                              struct buf *text, json_t **out)
{
    static const char ending[] = ".manifest.json";
    struct file_list list = {0};
    enum err e = file_list(folder, &list);
    bool several = false;
    for (size_t i = 0; e == ERR_OK && i < list.n; i++) {
        size_t n = strlen(list.names[i]);
        json_t *one = NULL;
        if (n < sizeof ending || strcmp(list.names[i] + n - (sizeof ending - 1), ending) != 0)
            continue;
        e = read_json(folder, list.names[i], text, &one);
        if (e == ERR_OK && read_wanted(q, one)) {
            bool same =
                *out == NULL ||
                (strcmp(hub_canonical_str(one, "report"), hub_canonical_str(*out, "report")) == 0 &&
                 strcmp(hub_canonical_str(one, "period"), hub_canonical_str(*out, "period")) == 0 &&
                 strcmp(hub_canonical_str(one, "unit"), hub_canonical_str(*out, "unit")) == 0);
            bool newer = *out == NULL || json_integer_value(json_object_get(one, "issue")) >
                                             json_integer_value(json_object_get(*out, "issue"));
            several = several || !same;
            if (newer) {
                json_decref(*out);
                *out = json_incref(one);
            }
        }
        json_decref(one);
    }
    file_list_free(&list);
    if (e != ERR_OK) return e;
    return *out == NULL || several ? ERR_BAD_INPUT : ERR_OK;
}

enum err consolidate_read(const struct hub_consolidate_request *q, const char *folder,
                          struct consolidate_source *out, struct hub_report_why *why)
{
    struct buf text;
    char hex[2 * ID_HASH_BYTES + 1];
    struct id_hash digest;
    out->folder = folder;
    enum err e = read_trusted(q, folder, why);
    if (e != ERR_OK) return e;
    buf_init(&text, HUB_CANONICAL_BYTES_MAX);
    e = read_manifest(q, folder, &text, &out->manifest);
    if (e == ERR_BAD_INPUT)
        e = consolidate_refuse(why, e, folder,
                               "không có đúng một báo cáo: hãy ghi --report và --period",
                               "not exactly one report is there: give --report and --period");
    if (e == ERR_OK) e = read_json(folder, read_figures_name(out->manifest), &text, &out->figures);
    if (e == ERR_OK) {
        hub_canonical_digest(buf_bytes(&text), &digest);
        id_hex(BYTES_OF(digest.b), hex);
        if (strcmp(hex, hub_canonical_str(out->manifest, "figures")) != 0 ||
            strcmp(hub_canonical_str(out->figures, "format"), "dongbo-figures/1") != 0)
            e = consolidate_refuse(why, ERR_BAD_SIGNATURE, folder,
                                   "số liệu không phải của bản kê đã ký",
                                   "the figures are not those of the signed list");
    }
    out->unit = hub_canonical_str(out->figures, "unit");
    buf_free(&text);
    return e;
}

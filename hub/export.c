#include "hub/export.h"
#include "common/io/file.h"

#include <stdio.h>

enum {
    EXPORT_FOLDER_MODE = 0755, /* for others to read: counts only, and signed */
    EXPORT_FILE_MODE = 0644,
    EXPORT_BYTES_MAX = 64 * 1024 * 1024,
};

struct export_job {
    const char *folder;
    size_t count;
};

enum err hub_export_folder(const char *folder)
{
    return file_mkdirs(folder, EXPORT_FOLDER_MODE);
}

/* Put a file unless it is there with the same bytes. */
enum err hub_export_put(const char *folder, const char *name, struct bytes content)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf old;
    enum err e = file_join(folder, name, path, sizeof path);
    if (e != ERR_OK) return e;
    if (!file_exists(path)) return file_write_atomic(path, content, EXPORT_FILE_MODE);
    buf_init(&old, EXPORT_BYTES_MAX);
    e = file_read(path, EXPORT_BYTES_MAX, &old);
    if (e == ERR_OK && !bytes_equal(buf_bytes(&old), content)) e = ERR_EXISTS;
    if (e == ERR_TOO_LARGE) e = ERR_EXISTS;
    buf_free(&old);
    return e;
}

enum err hub_export_file(const char *folder, const struct hub_issue_file *file)
{
    char name[HUB_ISSUE_NAME_ROOM + 16];
    snprintf(name, sizeof name, "%s.minisig", file->name);
    enum err e = hub_export_put(folder, file->name, file->data);
    return e == ERR_OK ? hub_export_put(folder, name, file->minisig) : e;
}

static enum err export_file(void *ctx, const struct hub_issue_file *file)
{
    struct export_job *job = ctx;
    enum err e = hub_export_file(job->folder, file);
    if (e == ERR_OK) job->count++;
    return e;
}

enum err hub_export(struct hub_store *s, const struct hub_issue *issue, const char *folder,
                    size_t *count)
{
    struct export_job job = {.folder = folder};
    struct buf key;
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    enum err e = minisign_public(issue->issue_pk, &key);
    if (e == ERR_OK) e = hub_export_put(folder, HUB_EXPORT_KEY_NAME, buf_bytes(&key));
    if (e == ERR_OK) e = hub_issues_files(s, issue->id, export_file, &job);
    buf_free(&key);
    *count = job.count;
    return e;
}

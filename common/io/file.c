#include "common/io/file.h"
#include "common/log.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <uv.h>

enum { FILE_TEMP_TRIES = 100 };

/* The one mapping of errno; paths are not logged, they can name people. */
static enum err file_fail(const char *what, int code)
{
    if (code == ENOENT || code == ENOTDIR) return ERR_NOT_FOUND;
    if (code == EEXIST) return ERR_EXISTS;
    if (code == EACCES || code == EPERM) return ERR_DENIED;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("file.failed"), log_str("what", what),
              log_int("errno", code));
    if (code == ENOSPC || code == EDQUOT) return ERR_FULL;
    if (code == EROFS) return ERR_READONLY;
    if (code == ENOMEM) return ERR_NOMEM;
    if (code == ENAMETOOLONG) return ERR_TOO_LARGE;
    return ERR_IO;
}

static enum err file_open(const char *path, int flags, mode_t mode, int *out)
{
    int fd;
    do {
        fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return file_fail("open", errno);
    *out = fd;
    return ERR_OK;
}

static enum err file_read_fd(int fd, size_t max_bytes, struct buf *out)
{
    uint8_t chunk[4096];
    size_t got = 0;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_fail("read", errno);
        if (n == 0) return out->e;
        got += (size_t)n;
        if (got > max_bytes) return ERR_TOO_LARGE;
        buf_add(out, chunk, (size_t)n);
        if (out->e != ERR_OK) return out->e;
    }
}

static enum err file_read_checked(const char *path, size_t max_bytes, bool private, struct buf *out)
{
    assert(path != NULL && out != NULL && out->e == ERR_OK);
    struct stat st;
    size_t before = out->len;
    int fd = -1;
    /* Non-blocking, so that a FIFO in place of the file cannot hang us. */
    enum err e = file_open(path, O_RDONLY | O_NONBLOCK, 0, &fd);
    if (e != ERR_OK) return e;
    if (fstat(fd, &st) != 0) {
        e = file_fail("stat", errno);
    } else if (!S_ISREG(st.st_mode)) {
        e = ERR_IO;
    } else if (private && ((st.st_mode & 077) != 0 || st.st_uid != geteuid())) {
        e = ERR_CONFIG;
    } else {
        e = file_read_fd(fd, max_bytes, out);
    }
    close(fd);
    if (e != ERR_OK) {
        out->len = before;
        out->e = ERR_OK;
    }
    return e;
}

enum err file_read(const char *path, size_t max_bytes, struct buf *out)
{
    return file_read_checked(path, max_bytes, false, out);
}

enum err file_read_private(const char *path, size_t max_bytes, struct buf *out)
{
    return file_read_checked(path, max_bytes, true, out);
}

static enum err file_write_fd(int fd, struct bytes content)
{
    size_t done = 0;
    while (done < content.len) {
        ssize_t n = write(fd, content.p + done, content.len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_fail("write", errno);
        done += (size_t)n;
    }
    return fsync(fd) == 0 ? ERR_OK : file_fail("fsync", errno);
}

/* Fill a file just created by us; on error it is removed again. */
static enum err file_fill(const char *path, int fd, struct bytes content, mode_t mode)
{
    enum err e =
        fchmod(fd, mode) == 0 ? ERR_OK : file_fail("chmod", errno); /* The umask may be odd. */
    if (e == ERR_OK) e = file_write_fd(fd, content);
    if (close(fd) != 0 && e == ERR_OK) e = file_fail("close", errno);
    if (e != ERR_OK) unlink(path);
    return e;
}

static enum err file_temp(const char *path, char *temp, size_t cap, int *fd)
{
    static _Atomic unsigned counter;
    for (int i = 0; i < FILE_TEMP_TRIES; i++) {
        int n = snprintf(temp, cap, "%s.tmp%ld-%u", path, (long)getpid(), counter++);
        if (n < 0 || (size_t)n >= cap) return ERR_TOO_LARGE;
        enum err e = file_open(temp, O_WRONLY | O_CREAT | O_EXCL, 0600, fd);
        if (e != ERR_EXISTS) return e;
    }
    return ERR_IO;
}

enum err file_write_atomic(const char *path, struct bytes content, unsigned mode)
{
    char temp[FILE_PATH_BYTES_MAX];
    int fd = -1;
    enum err e = file_temp(path, temp, sizeof temp, &fd);
    if (e != ERR_OK) return e;
    e = file_fill(temp, fd, content, (mode_t)mode);
    if (e != ERR_OK) return e;
    e = file_replace(temp, path);
    if (e != ERR_OK) unlink(temp);
    return e;
}

/* How large a file is, and whether it begins with these bytes. */
static enum err file_begins(const char *path, struct bytes with, bool *begins, uint64_t *size)
{
    uint8_t chunk[4096];
    struct stat st;
    int fd = -1;
    enum err e = file_open(path, O_RDONLY | O_NONBLOCK, 0, &fd);
    if (e != ERR_OK) return e;
    if (fstat(fd, &st) != 0)
        e = file_fail("stat", errno);
    else if (!S_ISREG(st.st_mode))
        e = ERR_IO;
    *begins = true;
    *size = e == ERR_OK ? (uint64_t)st.st_size : 0;
    for (size_t at = 0; e == ERR_OK && *begins && at < with.len;) {
        size_t left = with.len - at;
        ssize_t n = read(fd, chunk, left < sizeof chunk ? left : sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) e = file_fail("read", errno);
        *begins = n > 0 && memcmp(chunk, with.p + at, (size_t)n) == 0;
        if (n > 0) at += (size_t)n;
    }
    close(fd);
    return e;
}

enum err file_write_marked(const char *path, struct bytes content, struct bytes mark)
{
    bool same = false;
    uint64_t size = 0;
    enum err e = file_begins(path, mark, &same, &size);
    if (e == ERR_OK && size > 0 && !same) e = ERR_EXISTS;
    if (e == ERR_OK || e == ERR_NOT_FOUND) e = file_write_atomic(path, content, 0600);
    if (e == ERR_OK) e = file_begins(path, content, &same, &size);
    return e == ERR_OK && (!same || size != content.len) ? ERR_IO : e;
}

enum err file_replace(const char *from, const char *to)
{
    if (rename(from, to) != 0) {
        enum err e = file_fail("rename", errno);
        return e == ERR_EXISTS ? ERR_IO : e;
    }
    return file_sync_parent(to);
}

enum err file_create_private(const char *path, struct bytes content)
{
    int fd = -1;
    enum err e = file_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd);
    if (e != ERR_OK) return e;
    e = file_fill(path, fd, content, 0600);
    if (e == ERR_OK) e = file_sync_parent(path);
    return e;
}

enum err file_create_empty(const char *path)
{
    int fd = -1;
    enum err e = file_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd);
    if (e != ERR_OK) return e;
    close(fd);
    return ERR_OK;
}

/* The folder part of a path into `out`. */
static enum err file_parent(const char *path, char *out, size_t cap)
{
    size_t len = strlen(path);
    if (len >= cap) return ERR_TOO_LARGE;
    memcpy(out, path, len + 1);
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        memcpy(out, ".", 2);
    } else {
        slash[slash == out ? 1 : 0] = '\0';
    }
    return ERR_OK;
}

/* A folder may be reached over a link (a data folder on another disk), so O_NOFOLLOW is not used
 * here. */
enum err file_sync_parent(const char *path)
{
    char dir[FILE_PATH_BYTES_MAX];
    enum err e = file_parent(path, dir, sizeof dir);
    if (e != ERR_OK) return e;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return file_fail("open-dir", errno);
    if (fsync(fd) != 0) e = file_fail("fsync-dir", errno);
    close(fd);
    return e;
}

static enum err file_mkdir_one(const char *path, unsigned mode)
{
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0) return file_sync_parent(path);
    int code = errno;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return ERR_OK;
    return file_fail("mkdir", code);
}

enum err file_mkdirs(const char *path, unsigned mode)
{
    char part[FILE_PATH_BYTES_MAX];
    size_t len = strlen(path);
    if (len == 0) return ERR_NOT_FOUND;
    if (len >= sizeof part) return ERR_TOO_LARGE;
    memcpy(part, path, len + 1);
    for (size_t i = 1; i < len; i++) {
        if (part[i] != '/' || part[i - 1] == '/') continue;
        part[i] = '\0';
        enum err e = file_mkdir_one(part, mode);
        if (e != ERR_OK) return e;
        part[i] = '/';
    }
    return file_mkdir_one(part, mode);
}

static int file_name_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err file_list_add(struct file_list *list, size_t *cap, const char *name)
{
    if (list->n == FILE_LIST_MAX) return ERR_TOO_LARGE;
    if (list->n == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        char **p = realloc(list->names, more * sizeof *p);
        if (p == NULL) return ERR_NOMEM;
        list->names = p;
        *cap = more;
    }
    size_t len = strlen(name) + 1;
    char *copy = malloc(len);
    if (copy == NULL) return ERR_NOMEM;
    memcpy(copy, name, len);
    list->names[list->n++] = copy;
    return ERR_OK;
}

enum err file_list(const char *dir, struct file_list *out)
{
    struct file_list list = {0};
    size_t cap = 0;
    enum err e = ERR_OK;
    DIR *d = opendir(dir);
    if (d == NULL) return file_fail("opendir", errno);
    struct dirent *entry;
    errno = 0;
    while (e == ERR_OK && (entry = readdir(d)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            e = file_list_add(&list, &cap, entry->d_name);
        }
        errno = 0;
    }
    if (e == ERR_OK && errno != 0) e = file_fail("readdir", errno);
    closedir(d);
    if (e != ERR_OK) {
        file_list_free(&list);
        return e;
    }
    if (list.n > 1) qsort(list.names, list.n, sizeof *list.names, file_name_compare);
    *out = list;
    return ERR_OK;
}

void file_list_free(struct file_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct file_list){0};
}

void file_sweep(const char *path, const char *suffix)
{
    char folder[FILE_PATH_BYTES_MAX], full[FILE_PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    struct file_list list = {0};
    size_t len = strlen(name);
    enum err e = file_beside(path, slash != NULL ? "" : ".", folder);
    if (e == ERR_OK) e = file_list(folder, &list);
    for (size_t i = 0; i < list.n; i++) {
        const char *found = list.names[i];
        if (strncmp(found, name, len) != 0 || strncmp(found + len, suffix, strlen(suffix)) != 0)
            continue;
        e = file_beside(path, found, full);
        if (e == ERR_OK) e = file_remove(full);
        if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("file.sweep"), log_err(e));
    }
    file_list_free(&list);
}

bool file_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum err file_rename(const char *from, const char *to)
{
    if (!file_exists(from)) return ERR_NOT_FOUND;
    if (file_exists(to)) return ERR_EXISTS;
    if (rename(from, to) != 0) return file_fail("rename", errno);
    return file_sync_parent(to);
}

enum err file_swap(const char *fresh, const char *path, const char *keep)
{
    if (link(path, keep) != 0) {
        if (errno == EEXIST || errno == ENOENT) return file_fail("link", errno);
        enum err e = file_rename(path, keep); /* FAT and its like */
        if (e != ERR_OK) return e;
        e = file_rename(fresh, path);
        if (e != ERR_OK && rename(keep, path) != 0) return file_fail("rename back", errno);
        return e;
    }
    enum err e = file_sync_parent(path); /* the second name first */
    if (e == ERR_OK && rename(fresh, path) != 0) e = file_fail("rename", errno);
    if (e == ERR_OK) return file_sync_parent(path);
    if (unlink(keep) != 0) return file_fail("unlink", errno);
    return e;
}

enum err file_remove(const char *path)
{
    if (unlink(path) != 0) return file_fail("unlink", errno);
    return file_sync_parent(path);
}

enum err file_free_bytes(const char *path, uint64_t *out)
{
    struct statvfs v;
    if (statvfs(path, &v) != 0) return file_fail("statvfs", errno);
    *out = (uint64_t)v.f_bavail * (uint64_t)v.f_frsize;
    return ERR_OK;
}

enum err file_join(const char *dir, const char *name, char *out, size_t cap)
{
    size_t len = strlen(dir);
    const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";
    int n = snprintf(out, cap, "%s%s%s", dir, slash, name);
    return n >= 0 && (size_t)n < cap ? ERR_OK : ERR_TOO_LARGE;
}

enum err file_beside(const char *path, const char *name, char out[static FILE_PATH_BYTES_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0, len = strlen(name);
    if (folder + len + 1 > FILE_PATH_BYTES_MAX) return ERR_TOO_LARGE;
    memcpy(out, path, folder);
    memcpy(out + folder, name, len + 1);
    return ERR_OK;
}

enum err file_absolute(const char *path, char *out, size_t cap)
{
    uv_fs_t q;
    int n = -1, code = uv_fs_realpath(NULL, &q, path, NULL);
    if (code == 0) n = snprintf(out, cap, "%s", (const char *)q.ptr);
    uv_fs_req_cleanup(&q);
    if (code != 0) return file_fail("realpath", -code); /* libuv's codes are negative errnos */
    return n >= 0 && (size_t)n < cap ? ERR_OK : ERR_TOO_LARGE;
}

enum err file_full(const char *path, char out[static FILE_PATH_BYTES_MAX])
{
    char here[FILE_PATH_BYTES_MAX];
    if (path[0] == '/') {
        int n = snprintf(out, FILE_PATH_BYTES_MAX, "%s", path);
        return n >= 0 && n < FILE_PATH_BYTES_MAX ? ERR_OK : ERR_TOO_LARGE;
    }
    enum err e = file_absolute(".", here, sizeof here);
    return e == ERR_OK ? file_join(here, path, out, FILE_PATH_BYTES_MAX) : e;
}

enum err file_lock(const char *path, struct file_lock *out)
{
    int fd = -1;
    enum err e = file_open(path, O_RDWR | O_CREAT, 0600, &fd);
    if (e != ERR_OK) return e;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        e = errno == EWOULDBLOCK ? ERR_LOCKED : file_fail("lock", errno);
        close(fd);
        return e;
    }
    *out = (struct file_lock){.fd = fd};
    return ERR_OK;
}

void file_unlock(struct file_lock *lock)
{
    if (lock->fd >= 0) close(lock->fd);
    lock->fd = -1;
}

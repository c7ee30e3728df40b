#include "common/io/log_file.h"

#include "common/io/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

void log_file_sink(void *file, struct bytes line)
{
    assert(file != NULL);
    /* Nobody could be told that telling failed. */
    if (fwrite(line.p, 1, line.len, file) == line.len) (void)fflush(file);
}

struct log_kept {
    uv_mutex_t lock;
    int fd; /* -1: it could not be opened again; tried with each line */
    size_t bytes;
    char path[FILE_PATH_BYTES_MAX], before[FILE_PATH_BYTES_MAX];
};

static enum err log_kept_reopen(struct log_kept *k)
{
    struct stat st;
    k->bytes = 0;
    k->fd = open(k->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (k->fd < 0) return errno == EACCES || errno == ELOOP ? ERR_DENIED : ERR_IO;
    if (fstat(k->fd, &st) == 0 && st.st_size > 0) k->bytes = (size_t)st.st_size;
    return ERR_OK;
}

enum err log_kept_open(const char *path, struct log_kept **out)
{
    struct log_kept *k = calloc(1, sizeof *k);
    if (k == NULL) return ERR_NOMEM;
    int n = snprintf(k->path, sizeof k->path, "%s", path);
    int m = snprintf(k->before, sizeof k->before, "%s.1", path);
    enum err e = n < 0 || m < 0 || (size_t)m >= sizeof k->before ? ERR_TOO_LARGE : ERR_OK;
    if (e == ERR_OK) e = log_kept_reopen(k);
    if (e == ERR_OK && uv_mutex_init(&k->lock) != 0) {
        close(k->fd);
        e = ERR_NOMEM;
    }
    if (e == ERR_OK)
        *out = k;
    else
        free(k);
    return e;
}

void log_kept_sink(void *kept, struct bytes line)
{
    struct log_kept *k = kept;
    uv_mutex_lock(&k->lock);
    if (k->fd >= 0 && k->bytes > 0 && k->bytes + line.len > LOG_KEPT_BYTES_MAX) {
        close(k->fd);
        k->fd = -1;
        (void)rename(k->path, k->before); /* where it cannot, the old one only grows */
    }
    if (k->fd < 0 && log_kept_reopen(k) != ERR_OK) k->fd = -1;
    if (k->fd >= 0 && write(k->fd, line.p, line.len) == (ssize_t)line.len) k->bytes += line.len;
    uv_mutex_unlock(&k->lock);
}

void log_kept_close(struct log_kept *k)
{
    if (k == NULL) return;
    if (k->fd >= 0) close(k->fd);
    uv_mutex_destroy(&k->lock);
    free(k);
}

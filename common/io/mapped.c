#include "common/io/mapped.h"

#include "common/blackbox.h"
#include "common/io/file.h"
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static enum err mapped_failed(const char *path)
{
    int code = errno;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("file.map"), log_str("path", path), log_int("errno", code));
    if (code == ENOSPC || code == EDQUOT) return ERR_FULL;
    return code == EACCES || code == EPERM || code == EROFS ? ERR_DENIED : ERR_IO;
}

enum err mapped_open(const char *path, size_t bytes, struct mapped *out)
{
    assert(bytes > 0 && bytes <= MAPPED_BYTES_MAX);
    void *p = MAP_FAILED;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return mapped_failed(path);
    /* With room of its own a page that is written later cannot meet a full disk. */
    int rc = posix_fallocate(fd, 0, (off_t)bytes);
    if (rc != 0) errno = rc;
    if (rc == 0) p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    enum err e = p == MAP_FAILED ? mapped_failed(path) : ERR_OK;
    close(fd);
    if (e == ERR_OK) *out = (struct mapped){p, bytes};
    return e;
}

void mapped_close(struct mapped *m)
{
    if (m->p != NULL) munmap(m->p, m->bytes);
    m->p = NULL;
}

enum err mapped_blackbox(const char *path, struct mapped *out)
{
    struct buf system;
    enum err e = mapped_open(path, sizeof(struct blackbox), out);
    if (e != ERR_OK) return e;
    buf_init(&system, BLACKBOX_SYSTEM);
    (void)!file_read("/proc/sys/kernel/random/boot_id", BLACKBOX_SYSTEM - 1, &system);
    blackbox_boot(out->p, DONGBO_VERSION, buf_cstr(&system)); /* without it every death counts */
    buf_free(&system);
    return ERR_OK;
}

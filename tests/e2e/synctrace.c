/*
 * For LD_PRELOAD under real programs (fault S3): each new name of a file and each sync goes into the file that
 * SYNCTRACE names, as "WHO from PATH" and "WHO name PATH", or "WHO sync PATH", in the order in which they ended well.
 * WHO is PID.THREAD.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In one write, so that lines of one event stay together. */
static void note(const char *lines, int n)
{
    const char *to = getenv("SYNCTRACE");
    int fd = to != NULL ? open(to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || n <= 0 || write(fd, lines, (size_t)n) != n) abort();
    close(fd);
}

/* Absolute, without following the last part. */
static void whole(const char *path, char out[PATH_MAX + 256])
{
    char folder[PATH_MAX] = ".", real[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash != NULL) snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    if (realpath(folder, real) == NULL) abort();
    snprintf(out, PATH_MAX + 256, "%s/%.200s", real, slash != NULL ? slash + 1 : path);
}

static int named(int rc, const char *from, const char *to)
{
    char a[PATH_MAX + 256], b[PATH_MAX + 256], lines[2 * PATH_MAX + 1024];
    int pid = (int)getpid(), thread = (int)syscall(SYS_gettid);
    if (rc != 0) return rc;
    whole(from, a);
    whole(to, b);
    note(lines, snprintf(lines, sizeof lines, "%d.%d from %s\n%d.%d name %s\n", pid, thread, a, pid,
                         thread, b));
    return 0;
}

static int synced(int rc, int fd)
{
    char self[64], path[PATH_MAX], line[PATH_MAX + 64];
    if (rc != 0) return rc;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(self, path, sizeof path - 1);
    if (n <= 0) abort();
    path[n] = '\0';
    note(line, snprintf(line, sizeof line, "%d.%d sync %s\n", (int)getpid(),
                        (int)syscall(SYS_gettid), path));
    return 0;
}

int rename(const char *from, const char *to)
{
    return named((int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0), from, to);
}

int link(const char *from, const char *to)
{
    return named((int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0), from, to);
}

int fsync(int fd)
{
    return synced((int)syscall(SYS_fsync, fd), fd);
}

int fdatasync(int fd)
{
    return synced((int)syscall(SYS_fdatasync, fd), fd);
}

/*
 * What becomes of names (fault S3), for LD_PRELOAD under real programs: each rename and link that is done, and each
 * sync of a file or folder, is a line of RENAMES_LOG: the thread, what, which inode, and the name. Nothing else is
 * changed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE_BYTES = 4500, NAME_BYTES = 4096 };

static void tell(const char *what, unsigned long inode, const char *name)
{
    char line[LINE_BYTES];
    const char *log = getenv("RENAMES_LOG");
    int fd = log != NULL ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0) return;
    int n = snprintf(line, sizeof line, "%ld %s %lu %s\n", syscall(SYS_gettid), what, inode, name);
    if (n > 0 && write(fd, line, (size_t)n) != n)
        abort(); /* a line that is missing would prove nothing */
    close(fd);
}

static void tell_synced(int fd)
{
    struct stat st;
    char link[64], name[NAME_BYTES] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (fstat(fd, &st) != 0 || readlink(link, name, sizeof name - 1) < 0) return;
    tell(S_ISDIR(st.st_mode) ? "folder" : "file", st.st_ino, name);
}

static void tell_named(const char *what, const char *to)
{
    struct stat st;
    char name[NAME_BYTES];
    if (lstat(to, &st) == 0 && realpath(to, name) != NULL) tell(what, st.st_ino, name);
}

int rename(const char *from, const char *to)
{
    int failed = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (failed == 0) tell_named("named", to);
    return failed;
}

int link(const char *from, const char *to)
{
    int failed = (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (failed == 0) tell_named("named", to);
    return failed;
}

int fsync(int fd)
{
    int failed = (int)syscall(SYS_fsync, fd);
    if (failed == 0) tell_synced(fd);
    return failed;
}

int fdatasync(int fd)
{
    int failed = (int)syscall(SYS_fdatasync, fd);
    if (failed == 0) tell_synced(fd);
    return failed;
}

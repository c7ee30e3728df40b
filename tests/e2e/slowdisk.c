/*
 * A slow disk (fault S12), for LD_PRELOAD under real programs: each fsync and fdatasync takes SLOWDISK_MS milliseconds
 * longer. Nothing else is changed.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_as_told(void)
{
    const char *text = getenv("SLOWDISK_MS");
    long ms = text != NULL ? strtol(text, NULL, 10) : 0;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) != 0) {
    }
}

int fsync(int fd)
{
    wait_as_told();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    wait_as_told();
    return (int)syscall(SYS_fdatasync, fd);
}

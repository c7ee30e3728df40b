/*
 * A slow disk (fault S12), for LD_PRELOAD under real programs: each fsync and fdatasync takes SLOWDISK_MS milliseconds
 * longer; below 0: nothing is synced, to fill a folder fast. Nothing else is changed.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* false: it shall not be synced at all. */
static bool wait_as_told(void)
{
    const char *text = getenv("SLOWDISK_MS");
    long ms = text != NULL ? strtol(text, NULL, 10) : 0;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) != 0) {
    }
    return ms >= 0;
}

int fsync(int fd)
{
    return wait_as_told() ? (int)syscall(SYS_fsync, fd) : 0;
}

int fdatasync(int fd)
{
    return wait_as_told() ? (int)syscall(SYS_fdatasync, fd) : 0;
}

/* major() and minor() are no part of POSIX. */
#define _DEFAULT_SOURCE /* NOLINT(bugprone-reserved-identifier): glibc's own name for it */

#include "common/io/device.h"
#include "common/io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __linux__

#include <sys/sysmacros.h>

enum { DEVICE_LINE_MAX = 4096 };

/* A small file of sysfs, its line end cut. */
static bool device_read(const char *folder, const char *name, char *out, size_t cap)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf b;
    buf_init(&b, DEVICE_LINE_MAX);
    bool good = file_join(folder, name, path, sizeof path) == ERR_OK && file_exists(path) &&
                file_read(path, DEVICE_LINE_MAX, &b) == ERR_OK && b.len < cap;
    if (good) snprintf(out, cap, "%.*s", (int)b.len, b.p != NULL ? (const char *)b.p : "");
    if (good) out[strcspn(out, "\n")] = '\0';
    buf_free(&b);
    return good;
}

static enum device_crypt device_look(const char *sys, unsigned major, unsigned minor, int depth);

static enum device_crypt device_of(const char *sys, const char *folder, int depth)
{
    char dev[64];
    unsigned major = 0, minor = 0;
    if (!device_read(folder, "dev", dev, sizeof dev)) return DEVICE_CRYPT_UNKNOWN;
    if (sscanf(dev, "%u:%u", &major, &minor) != 2) return DEVICE_CRYPT_UNKNOWN;
    return device_look(sys, major, minor, depth);
}

/* Encrypted when every device under it is; *any: there is one. */
static enum device_crypt device_slaves(const char *sys, const char *folder, int depth, bool *any)
{
    char slaves[FILE_PATH_BYTES_MAX], one[FILE_PATH_BYTES_MAX];
    struct file_list list = {0};
    enum device_crypt all = DEVICE_CRYPT_YES;
    *any = false;
    if (file_join(folder, "slaves", slaves, sizeof slaves) != ERR_OK || !file_is_folder(slaves) ||
        file_list(slaves, &list) != ERR_OK)
        return DEVICE_CRYPT_UNKNOWN;
    for (size_t i = 0; i < list.n && i < DEVICE_SLAVES_MAX; i++) {
        enum device_crypt c = DEVICE_CRYPT_UNKNOWN;
        *any = true;
        if (file_join(slaves, list.names[i], one, sizeof one) == ERR_OK)
            c = device_of(sys, one, depth);
        if (c == DEVICE_CRYPT_NO) all = DEVICE_CRYPT_NO;
        if (c == DEVICE_CRYPT_UNKNOWN && all == DEVICE_CRYPT_YES) all = DEVICE_CRYPT_UNKNOWN;
    }
    file_list_free(&list);
    return all;
}

static enum device_crypt device_look(const char *sys, unsigned major, unsigned minor, int depth)
{
    char folder[FILE_PATH_BYTES_MAX], uuid[256], other[FILE_PATH_BYTES_MAX];
    bool any = false;
    int n = snprintf(folder, sizeof folder, "%s/dev/block/%u:%u", sys, major, minor);
    if (depth > DEVICE_DEPTH_MAX || n < 0 || (size_t)n >= sizeof folder || !file_is_folder(folder))
        return DEVICE_CRYPT_UNKNOWN;
    if (device_read(folder, "dm/uuid", uuid, sizeof uuid) && strncmp(uuid, "CRYPT-", 6) == 0)
        return DEVICE_CRYPT_YES;
    enum device_crypt c = device_slaves(sys, folder, depth + 1, &any);
    if (any) return c;
    if (file_join(folder, "loop", other, sizeof other) == ERR_OK && file_is_folder(other))
        return DEVICE_CRYPT_UNKNOWN; /* a file somewhere */
    if (device_read(folder, "partition", uuid, sizeof uuid) &&
        file_join(folder, "..", other, sizeof other) == ERR_OK)
        return device_of(sys, other, depth + 1);
    return DEVICE_CRYPT_NO;
}

enum device_crypt device_crypt_at(const char *sys, unsigned major, unsigned minor)
{
    return device_look(sys, major, minor, 0);
}

/* A line of mountinfo: "36 35 98:0 /root /mount options - type source super". */
static bool device_mount(const char *line, unsigned major, unsigned minor, char type[64],
                         char source[256])
{
    unsigned a = 0, b = 0;
    const char *rest = strstr(line, " - ");
    return sscanf(line, "%*d %*d %u:%u", &a, &b) == 2 && a == major && b == minor && rest != NULL &&
           sscanf(rest, " - %63s %255s", type, source) == 2;
}

/* File systems with devices of their own numbering (btrfs, overlays): by what is mounted. */
static enum device_crypt device_mounted(unsigned major, unsigned minor)
{
    static const char *const crypts[] = {"ecryptfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs"};
    char line[DEVICE_LINE_MAX], type[64], source[256];
    struct stat st;
    enum device_crypt c = DEVICE_CRYPT_UNKNOWN;
    FILE *f = fopen("/proc/self/mountinfo", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (!device_mount(line, major, minor, type, source)) continue;
        for (size_t i = 0; i < sizeof crypts / sizeof crypts[0]; i++) {
            if (strcmp(type, crypts[i]) == 0) c = DEVICE_CRYPT_YES;
        }
        if (c == DEVICE_CRYPT_UNKNOWN && source[0] == '/' && stat(source, &st) == 0 &&
            S_ISBLK(st.st_mode))
            c = device_crypt_at("/sys", major(st.st_rdev), minor(st.st_rdev));
    }
    if (f != NULL) fclose(f);
    return c;
}

enum device_crypt device_crypt(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) return DEVICE_CRYPT_UNKNOWN;
    enum device_crypt c = device_crypt_at("/sys", major(st.st_dev), minor(st.st_dev));
    return c != DEVICE_CRYPT_UNKNOWN ? c : device_mounted(major(st.st_dev), minor(st.st_dev));
}

/* "\\040" and the like of mountinfo, in place. */
static void device_unescape(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; to++) {
        unsigned c = 0;
        int n = 0;
        bool octal =
            p[0] == '\\' && sscanf(p + 1, "%3o%n", &c, &n) == 1 && n == 3 && c > 0 && c < 256;
        *to = octal ? (char)(unsigned char)c : *p;
        p += octal ? 4 : 1;
    }
    *to = '\0';
}

void device_sticks(const char *mounts, device_stick_fn *each, void *ctx)
{
    char line[DEVICE_LINE_MAX], path[DEVICE_LINE_MAX];
    FILE *f = fopen(mounts != NULL ? mounts : "/proc/self/mountinfo", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%*s %*s %*s %*s %4095s", path) != 1) continue;
        device_unescape(path);
        if (strncmp(path, "/media/", 7) == 0 || strncmp(path, "/run/media/", 11) == 0)
            each(ctx, path);
    }
    if (f != NULL) fclose(f);
}

#else

void device_sticks(const char *mounts, device_stick_fn *each, void *ctx)
{
    (void)mounts;
    (void)each;
    (void)ctx;
}

enum device_crypt device_crypt(const char *path)
{
    (void)path;
    return DEVICE_CRYPT_UNKNOWN;
}

enum device_crypt device_crypt_at(const char *sys, unsigned major, unsigned minor)
{
    (void)sys;
    (void)major;
    (void)minor;
    return DEVICE_CRYPT_UNKNOWN;
}

#endif

/*
 * Is a folder on an encrypted device? For the warning of `status`: whoever takes a disk that is not
 * encrypted reads everything on it (docs/at-rest.md).
 *
 * Linux: the device that holds the path, down through LVM, RAID and partitions, until one is of
 * dm-crypt (LUKS). Elsewhere, and for file systems without a device that can be asked (network, ZFS,
 * overlays), it is not known.
 *
 * Threads: any.   Limits: DEVICE_DEPTH_MAX.
 */
#ifndef DONGBO_COMMON_IO_DEVICE_H
#define DONGBO_COMMON_IO_DEVICE_H

#include "common/err.h"

enum {
    DEVICE_DEPTH_MAX = 8,   /* devices that stand on devices */
    DEVICE_SLAVES_MAX = 64, /* devices under one */
};

enum device_crypt { DEVICE_CRYPT_UNKNOWN, DEVICE_CRYPT_NO, DEVICE_CRYPT_YES };

/* What holds `path`. Never fails: what cannot be told is unknown. */
enum device_crypt device_crypt(const char *path);

/*
 * Every stick or disk that a person put into this PC, by the folder it stands in: what is mounted below /media or
 * /run/media, as desktops do. `mounts`: a file like /proc/self/mountinfo, for tests; NULL: that one. Elsewhere than on
 * Linux, and when it cannot be read: none.
 */
typedef void device_stick_fn(void *ctx, const char *path);
void device_sticks(const char *mounts, device_stick_fn *each, void *ctx);

/* The device `major`:`minor` as the folder `sys` ("/sys") describes it; for tests. */
enum device_crypt device_crypt_at(const char *sys, unsigned major, unsigned minor);

#endif

/* Encrypted devices, out of a folder that looks like /sys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/device.h"
#include "common/io/file.h"

static char root[64];

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(file_mkdirs(path, 0700), ERR_OK);
    *slash = '/';
    assert_int_equal(file_write_atomic(path, bytes_str(text), 0600), ERR_OK);
}

static void a_device_is_followed_down_to_dm_crypt(void **state)
{
    (void)state;
    char command[128];
    snprintf(root, sizeof root, "device-%d", (int)getpid());
    /* 8:0 a disk; 8:1 its partition; 253:0 LUKS on it; 253:1 LVM on LUKS; 253:2 LVM on the plain one */
    put("devices/sda/dev", "8:0\n");
    put("devices/sda/sda1/dev", "8:1\n");
    put("devices/sda/sda1/partition", "1\n");
    put("dev/block/8:0/dev", "8:0\n");
    put("dev/block/8:1/partition", "1\n");
    put("dev/block/8:1/dev", "8:1\n");
    put("dev/block/dev", "8:0\n"); /* ".." of the partition */
    put("dev/block/253:0/dm/uuid", "CRYPT-LUKS2-0123456789-root\n");
    put("dev/block/253:0/slaves/sda1/dev", "8:1\n");
    put("dev/block/253:1/dm/uuid", "LVM-abcdef\n");
    put("dev/block/253:1/slaves/dm-0/dev", "253:0\n");
    put("dev/block/253:2/dm/uuid", "LVM-abcdef\n");
    put("dev/block/253:2/slaves/sda1/dev", "8:1\n");
    put("dev/block/9:0/slaves/dm-0/dev", "253:0\n"); /* a mirror, half of it encrypted */
    put("dev/block/9:0/slaves/sda1/dev", "8:1\n");
    put("dev/block/9:1/slaves/gone/dev", "77:7\n");
    put("dev/block/10:0/slaves/self/dev", "10:0\n"); /* a circle ends */
    put("dev/block/7:0/loop/backing_file", "/x\n");
    assert_int_equal(device_crypt_at(root, 8, 0), DEVICE_CRYPT_NO);
    assert_int_equal(device_crypt_at(root, 8, 1), DEVICE_CRYPT_NO);
    assert_int_equal(device_crypt_at(root, 253, 0), DEVICE_CRYPT_YES);
    assert_int_equal(device_crypt_at(root, 253, 1), DEVICE_CRYPT_YES);
    assert_int_equal(device_crypt_at(root, 253, 2), DEVICE_CRYPT_NO);
    assert_int_equal(device_crypt_at(root, 9, 0), DEVICE_CRYPT_NO);
    assert_int_equal(device_crypt_at(root, 9, 1), DEVICE_CRYPT_UNKNOWN);
    assert_int_equal(device_crypt_at(root, 10, 0), DEVICE_CRYPT_UNKNOWN);
    assert_int_equal(device_crypt_at(root, 7, 0), DEVICE_CRYPT_UNKNOWN);
    assert_int_equal(device_crypt_at(root, 1, 1), DEVICE_CRYPT_UNKNOWN);
    assert_int_equal(device_crypt("/proc"), DEVICE_CRYPT_UNKNOWN);
    assert_int_equal(device_crypt("/does/not/exist"), DEVICE_CRYPT_UNKNOWN);
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

static char sticks[512];

static void stick(void *ctx, const char *path)
{
    size_t n = strlen(sticks);
    assert_ptr_equal(ctx, root);
    snprintf(sticks + n, sizeof sticks - n, "[%s]", path);
}

static void sticks_are_what_stands_below_media(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "device-%d", (int)getpid());
    put("mounts",
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "40 22 8:17 / /media/lan/USB\\040c\\303\\241\\134i rw shared:9 - vfat /dev/sdb1 rw\n"
        "41 22 8:33 / /run/media/lan/KINGSTON rw - exfat /dev/sdc1 rw\n"
        "42 22 0:40 / /mnt/nfs rw - nfs4 server:/x rw\n"
        "43 22 0:41 / /mediaeval rw - tmpfs x rw\n"
        "44 22 0:42 / /media/cut\\04 rw - tmpfs x rw\n"
        "short\n\n");
    char path[128], command[160];
    snprintf(path, sizeof path, "%s/mounts", root);
    device_sticks(path, stick, root);
    assert_string_equal(sticks, "[/media/lan/USB cá\\i][/run/media/lan/KINGSTON][/media/cut\\04]");
    device_sticks("/does/not/exist", stick, root);
    device_sticks(NULL, stick, root); /* this machine's own: whatever they are */
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_device_is_followed_down_to_dm_crypt),
                                       cmocka_unit_test(sticks_are_what_stands_below_media)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

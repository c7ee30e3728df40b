/*
 * Runs a fuzz target over every file of the corpus folders given as arguments, for builds without libFuzzer.
 * Each input is an exact-size copy, so that AddressSanitizer traps a read past its end. A folder that cannot be
 * read or has no files is a failure: a test that runs nothing proves nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRIVER_INPUT_BYTES_MAX = 4 * 1024 * 1024, DRIVER_PATH_BYTES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int driver_fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    return 1;
}

/* Read all of `path`; *p is the caller's to free. */
static int driver_read(const char *path, uint8_t **p, size_t *len)
{
    int failed = 1;
    long size = 0;
    uint8_t *data = NULL;
    FILE *in = fopen(path, "rb");
    if (in == NULL) return driver_fail(path, strerror(errno));
    if (fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0 || fseek(in, 0, SEEK_SET) != 0)
        goto out;
    if (size > DRIVER_INPUT_BYTES_MAX) goto out;
    data = malloc(size > 0 ? (size_t)size : 1);
    if (data == NULL || fread(data, 1, (size_t)size, in) != (size_t)size) goto out;
    *p = data;
    *len = (size_t)size;
    data = NULL;
    failed = 0;
out:
    if (failed) driver_fail(path, "cannot be read");
    free(data);
    fclose(in);
    return failed;
}

static int driver_file(const char *path)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (driver_read(path, &data, &len) != 0) return 1;
    printf("%s: %zu bytes\n", path, len);
    fflush(stdout); /* The last line names the input that crashed. */
    LLVMFuzzerTestOneInput(data, len);
    free(data);
    return 0;
}

static int driver_folder(const char *folder)
{
    char path[DRIVER_PATH_BYTES_MAX];
    size_t files = 0;
    int failed = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) return driver_fail(folder, strerror(errno));
    for (struct dirent *d = readdir(dir); d != NULL && !failed; d = readdir(dir)) {
        if (d->d_name[0] == '.') continue;
        int n = snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
        failed = n < 0 || (size_t)n >= sizeof path ? driver_fail(folder, "path too long")
                                                   : driver_file(path);
        files++;
    }
    closedir(dir);
    if (failed) return 1;
    if (files == 0) return driver_fail(folder, "no files");
    printf("%s: %zu inputs\n", folder, files);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) return driver_fail(argc > 0 ? argv[0] : "driver", "name a corpus folder");
    for (int i = 1; i < argc; i++)
        if (driver_folder(argv[i]) != 0) return 1;
    return 0;
}

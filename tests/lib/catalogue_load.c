#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/catalogue_load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_ROOM = 4096, NAME_ROOM = 300 };

/* Add the file `name` of `folder`; a folder cannot be opened for reading and is passed over. */
static void file_add(struct catalogue_file *files, size_t *count, const char *folder,
                     const char *name)
{
    char path[PATH_ROOM];
    assert_true(*count < CATALOGUE_FILES_MAX);
    snprintf(path, sizeof path, "%s/%s/%s", DONGBO_SOURCE_DIR, folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *data = malloc(CATALOGUE_FILE_BYTES_MAX + 1);
    assert_non_null(data);
    size_t len = fread(data, 1, CATALOGUE_FILE_BYTES_MAX + 1, f);
    assert_int_equal(fclose(f), 0);
    char *copy = malloc(strlen(name) + 1);
    assert_non_null(copy);
    memcpy(copy, name, strlen(name) + 1);
    files[(*count)++] = (struct catalogue_file){.name = copy, .data = bytes_make(data, len)};
}

static void folder_add(struct catalogue_file *files, size_t *count, const char *folder,
                       const char *part)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s/%s", DONGBO_SOURCE_DIR, folder, part);
    DIR *d = opendir(path);
    if (d == NULL) return; /* a catalogue may have no indicators */
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char name[NAME_ROOM];
        if (strchr(e->d_name, '.') == NULL || e->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s%s", part, e->d_name);
        file_add(files, count, folder, name);
    }
    closedir(d);
}

struct catalogue_file *catalogue_load(const char *folder, size_t *count)
{
    struct catalogue_file *files = calloc(CATALOGUE_FILES_MAX, sizeof *files);
    assert_non_null(files);
    *count = 0;
    folder_add(files, count, folder, "");
    folder_add(files, count, folder, "indicators/");
    assert_true(*count > 0);
    return files;
}

void catalogue_unload(struct catalogue_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)files[i].name);
        free((void *)(uintptr_t)files[i].data.p);
    }
    free(files);
}

struct catalogue *catalogue_load_parsed(const char *folder)
{
    static struct catalogue_error errors[CATALOGUE_ERRORS_MAX];
    size_t count;
    size_t error_count;
    struct catalogue *c = NULL;
    struct catalogue_file *files = catalogue_load(folder, &count);
    enum err e = catalogue_parse(files, count, &c, errors, &error_count);
    for (size_t i = 0; e == ERR_BAD_INPUT && i < error_count; i++)
        print_error("%s:%u %s: %s\n", errors[i].file, errors[i].row, errors[i].column,
                    errors[i].text_en);
    assert_int_equal(e, ERR_OK);
    catalogue_unload(files, count);
    return c;
}

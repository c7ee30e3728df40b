#include "common/io/folder.h"

#include "common/io/file.h"

#include <stdio.h>
#include <stdlib.h>

static bool folder_wanted(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && name[0] != '~' && strchr(name, '.') != NULL && name[len - 1] != '~';
}

/* A copy of the name and of the file's bytes. */
static enum err folder_add(struct folder *f, const char *path, const char *name)
{
    struct buf b;
    size_t len = strlen(name);
    snprintf(f->bad, sizeof f->bad, "%.*s", (int)sizeof f->bad - 1, name);
    if (f->count == CATALOGUE_FILES_MAX || len > CATALOGUE_NAME_BYTES_MAX) return ERR_TOO_LARGE;
    buf_init(&b, CATALOGUE_FILE_BYTES_MAX);
    enum err e = file_read(path, CATALOGUE_FILE_BYTES_MAX, &b);
    char *copy = e == ERR_OK ? malloc(len + 1) : NULL;
    if (e == ERR_OK && copy == NULL) e = ERR_NOMEM;
    if (e != ERR_OK) {
        buf_free(&b);
        return e;
    }
    memcpy(copy, name, len + 1);
    f->files[f->count++] = (struct catalogue_file){.name = copy, .data = buf_bytes(&b)};
    f->bad[0] = '\0';
    return ERR_OK;
}

static enum err folder_part(struct folder *f, const char *path, const char *prefix)
{
    struct file_list list;
    char at[FILE_PATH_BYTES_MAX];
    enum err e = file_list(path, &list);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < list.n && e == ERR_OK; i++) {
        char name[FILE_PATH_BYTES_MAX];
        if (!folder_wanted(list.names[i])) continue;
        int n = snprintf(name, sizeof name, "%s%s", prefix, list.names[i]);
        e = n > 0 && (size_t)n < sizeof name ? file_join(path, list.names[i], at, sizeof at)
                                             : ERR_TOO_LARGE;
        if (e == ERR_OK) e = folder_add(f, at, name);
    }
    file_list_free(&list);
    return e;
}

enum err folder_read(const char *path, struct folder *out)
{
    char below[FILE_PATH_BYTES_MAX];
    *out = (struct folder){.count = 0};
    enum err e = folder_part(out, path, "");
    if (e == ERR_OK) e = file_join(path, "indicators", below, sizeof below);
    if (e == ERR_OK && file_exists(below)) e = folder_part(out, below, "indicators/");
    if (e == ERR_OK && out->count == 0) e = ERR_NOT_FOUND;
    if (e != ERR_OK) folder_free(out);
    return e;
}

void folder_free(struct folder *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free((void *)(uintptr_t)f->files[i].name);
        free((void *)(uintptr_t)f->files[i].data.p);
    }
    f->count = 0;
}

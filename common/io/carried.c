#include "common/io/carried.h"

#include <sodium.h>
#include <stdlib.h>

static enum err carried_set(json_t *request, const char *key, const char *text)
{
    return json_object_set_new(request, key, json_string(text)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err carried_path(json_t *request, const char *path)
{
    char whole[FILE_PATH_BYTES_MAX];
    enum err e = file_absolute(path, whole, sizeof whole);
    return e == ERR_OK ? carried_set(request, "path", whole) : e;
}

enum err carried_ask(json_t *request, const char *path)
{
    struct buf file;
    buf_init(&file, CARRIED_INSIDE_MAX);
    enum err e = file_read(path, CARRIED_INSIDE_MAX, &file);
    if (e == ERR_OK) {
        size_t room = sodium_base64_ENCODED_LEN(file.len, sodium_base64_VARIANT_ORIGINAL);
        char *text = malloc(room);
        if (text != NULL)
            sodium_bin2base64(text, room, file.p, file.len, sodium_base64_VARIANT_ORIGINAL);
        e = text != NULL ? carried_set(request, "file", text) : ERR_NOMEM;
        free(text);
    }
    buf_free(&file);
    return e == ERR_TOO_LARGE ? carried_path(request, path) : e;
}

enum err carried_out(json_t *request, const char *path)
{
    char whole[FILE_PATH_BYTES_MAX];
    enum err e = file_full(path, whole);
    return e == ERR_OK ? carried_set(request, "out", whole) : e;
}

enum err carried_keep(json_t *answer, const char *path, struct bytes mark)
{
    struct buf file;
    const char *text = json_string_value(json_object_get(answer, "file"));
    size_t n = 0, len = text != NULL ? strlen(text) : 0;
    if (text == NULL) return ERR_OK;
    buf_init(&file, CARRIED_INSIDE_MAX + 3);
    uint8_t *p = buf_room(&file, len / 4 * 3 + 3);
    enum err e = file.e;
    if (e == ERR_OK && sodium_base642bin(p, len / 4 * 3 + 3, text, len, NULL, &n, NULL,
                                         sodium_base64_VARIANT_ORIGINAL) != 0)
        e = ERR_BAD_FORMAT;
    if (e == ERR_OK) e = file_write_marked(path, bytes_make(p, n), mark);
    buf_free(&file);
    json_object_del(answer, "file");
    return e;
}

bool carried_named(const json_t *request)
{
    return json_is_string(json_object_get(request, "path"));
}

enum err carried_read(const json_t *request, size_t max, struct buf *out)
{
    const char *path = json_string_value(json_object_get(request, "path"));
    return path != NULL && path[0] == '/' ? file_read(path, max, out) : ERR_BAD_INPUT;
}

enum err carried_write(const json_t *request, struct bytes content, struct bytes mark)
{
    const char *path = json_string_value(json_object_get(request, "out"));
    if (path == NULL) return ERR_TOO_LARGE;
    return path[0] == '/' ? file_write_marked(path, content, mark) : ERR_BAD_INPUT;
}

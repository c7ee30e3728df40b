/* The canonical archive of a catalogue (SPEC 8.1). */
#include "common/buf.h"
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

#include <stdlib.h>

enum { NAME_LENGTH_BYTES = 2, DATA_LENGTH_BYTES = 4 }; /* of an entry of the archive */

bool catalogue_is_file_name(struct bytes s)
{
    if (s.len == 0 || s.len > CATALOGUE_NAME_BYTES_MAX) return false;
    bool part_begins = true;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t b = s.p[i];
        bool word = (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
        /* A part begins with a letter or digit, so "..", "/x" and "a//b" cannot be. */
        if (!word && (part_begins || !(b == '_' || b == '-' || b == '.' || b == '/'))) return false;
        part_begins = b == '/';
    }
    return !part_begins;
}

static int by_name(const void *a, const void *b)
{
    const struct catalogue_file *x = *(const struct catalogue_file *const *)a;
    const struct catalogue_file *y = *(const struct catalogue_file *const *)b;
    return strcmp(x->name, y->name);
}

/* Sorted pointers to the files, or an error when they are no set of files. */
static enum err files_sort(const struct catalogue_file *files, size_t count,
                           const struct catalogue_file **sorted)
{
    for (size_t i = 0; i < count; i++) {
        if (!catalogue_is_file_name(bytes_str(files[i].name))) return ERR_BAD_INPUT;
        if (files[i].data.len > CATALOGUE_FILE_BYTES_MAX) return ERR_TOO_LARGE;
        sorted[i] = &files[i];
    }
    qsort(sorted, count, sizeof sorted[0], by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) return ERR_BAD_INPUT;
    return ERR_OK;
}

enum err catalogue_archive(const struct catalogue_file *files, size_t count, struct buf *out)
{
    if (count > CATALOGUE_FILES_MAX) return ERR_TOO_LARGE;
    const struct catalogue_file *sorted[CATALOGUE_FILES_MAX];
    enum err e = files_sort(files, count, sorted);
    if (e != ERR_OK) return e;
    size_t before = out->len;
    for (size_t i = 0; i < count; i++) {
        struct bytes name = bytes_str(sorted[i]->name);
        buf_add_le16(out, (uint16_t)name.len);
        buf_add_bytes(out, name);
        buf_add_le32(out, (uint32_t)sorted[i]->data.len);
        buf_add_bytes(out, sorted[i]->data);
    }
    if (out->e != ERR_OK) return out->e;
    return out->len - before > CATALOGUE_ARCHIVE_BYTES_MAX ? ERR_TOO_LARGE : ERR_OK;
}

/* Take `len` bytes from the front of *rest. */
static bool take(struct bytes *rest, size_t len, struct bytes *out)
{
    if (rest->len < len) return false;
    *out = bytes_make(rest->p, len);
    *rest = bytes_make(rest->p + len, rest->len - len);
    return true;
}

/* Read the next entry; false when the bytes are none. */
static bool entry_take(struct bytes *rest, struct bytes *name, struct bytes *data)
{
    struct bytes length;
    if (!take(rest, NAME_LENGTH_BYTES, &length)) return false;
    if (!take(rest, le16_load(length.p), name) || !catalogue_is_file_name(*name)) return false;
    if (!take(rest, DATA_LENGTH_BYTES, &length)) return false;
    uint32_t len = le32_load(length.p);
    return len <= CATALOGUE_FILE_BYTES_MAX && take(rest, len, data);
}

/* Count the entries and the bytes of their names, and check all of the archive. */
static bool archive_check(struct bytes rest, size_t *count, size_t *names_bytes)
{
    struct bytes last = {.p = NULL, .len = 0};
    *count = 0;
    *names_bytes = 0;
    while (rest.len > 0) {
        struct bytes name;
        struct bytes data;
        if (*count == CATALOGUE_FILES_MAX || !entry_take(&rest, &name, &data)) return false;
        if (*count > 0 && bytes_compare(last, name) >= 0) return false;
        last = name;
        (*count)++;
        *names_bytes += name.len + 1;
    }
    return true;
}

enum err catalogue_unarchive(struct bytes archive, struct catalogue_file **files, size_t *count)
{
    size_t found;
    size_t names_bytes;
    if (archive.len > CATALOGUE_ARCHIVE_BYTES_MAX) return ERR_BAD_FORMAT;
    if (!archive_check(archive, &found, &names_bytes)) return ERR_BAD_FORMAT;
    /* One allocation: entries | data | names. */
    size_t table = (found + 1) * sizeof **files;
    uint8_t *at = malloc(table + archive.len + names_bytes);
    if (at == NULL) return ERR_NOMEM;
    struct catalogue_file *entries = (struct catalogue_file *)(void *)at;
    uint8_t *copy = at + table;
    char *names = (char *)copy + archive.len;
    if (archive.len > 0) memcpy(copy, archive.p, archive.len);
    struct bytes rest = bytes_make(copy, archive.len);
    for (size_t i = 0; i < found; i++) {
        struct bytes name;
        if (!entry_take(&rest, &name, &entries[i].data)) break; /* was checked */
        memcpy(names, name.p, name.len);
        names[name.len] = '\0';
        entries[i].name = names;
        names += name.len + 1;
    }
    *files = entries;
    *count = found;
    return ERR_OK;
}

void catalogue_files_free(struct catalogue_file *files)
{
    free(files);
}

#include "proto/edition.h"

#include "common/log.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <zstd.h>

enum { EDITION_LEVEL = 19 }; /* published once, carried often */

enum err edition_squeeze(struct bytes archive, struct buf *frame, struct admin_edition *edition)
{
    if (archive.len > CATALOGUE_ARCHIVE_BYTES_MAX) return ERR_TOO_LARGE;
    size_t before = frame->len;
    size_t bound = ZSTD_compressBound(archive.len);
    uint8_t *to = buf_room(frame, bound);
    if (to == NULL) return frame->e;
    size_t n = ZSTD_compress(to, bound, archive.p, archive.len, EDITION_LEVEL);
    if (ZSTD_isError(n)) return ERR_NOMEM; /* the bound leaves nothing else to fail */
    frame->len = before + n;
    crypto_generichash(edition->archive.b, sizeof edition->archive.b, archive.p, archive.len, NULL,
                       0);
    edition->archive_bytes = (uint32_t)archive.len;
    edition->parts = (unsigned)((n + ADMIN_PART_BYTES_MAX - 1) / ADMIN_PART_BYTES_MAX);
    assert(edition->parts >= 1 && edition->parts <= ADMIN_PARTS_MAX);
    return ERR_OK;
}

struct admin_part edition_part(const struct admin_edition *edition, struct bytes frame,
                               unsigned index)
{
    size_t at = (size_t)index * ADMIN_PART_BYTES_MAX;
    assert(index < edition->parts && at < frame.len);
    size_t len = frame.len - at < ADMIN_PART_BYTES_MAX ? frame.len - at : ADMIN_PART_BYTES_MAX;
    return (struct admin_part){.archive = edition->archive,
                               .index = index,
                               .parts = edition->parts,
                               .data = bytes_make(frame.p + at, len)};
}

enum err edition_open(const struct admin_edition *edition, struct bytes frame, struct buf *archive)
{
    if (edition->archive_bytes > CATALOGUE_ARCHIVE_BYTES_MAX) return ERR_TOO_LARGE;
    ZSTD_DCtx *d = ZSTD_createDCtx();
    uint8_t *to = d != NULL ? buf_room(archive, edition->archive_bytes) : NULL;
    enum err e = ERR_NOMEM;
    if (to == NULL) goto out;
    ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, (int)EDITION_WINDOW_LOG_MAX);
    size_t n = ZSTD_decompressDCtx(d, to, edition->archive_bytes, frame.p, frame.len);
    e = ERR_BAD_FORMAT;
    if (ZSTD_isError(n) || n != edition->archive_bytes) goto out;
    struct id_hash hash;
    crypto_generichash(hash.b, sizeof hash.b, to, n, NULL, 0);
    e = ID_EQUAL(&hash, &edition->archive) ? ERR_OK : ERR_BAD_HASH;
out:
    ZSTD_freeDCtx(d);
    return e;
}

enum err edition_parse(struct bytes archive, struct catalogue **out)
{
    struct catalogue_file *files = NULL;
    size_t count = 0;
    size_t error_count = 0;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    enum err e = errors != NULL ? catalogue_unarchive(archive, &files, &count) : ERR_NOMEM;
    if (e == ERR_OK) {
        e = catalogue_parse(files, count, out, errors, &error_count);
        catalogue_files_free(files);
    }
    if (e == ERR_BAD_INPUT && error_count > 0) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("catalogue.bad"), log_str("file", errors[0].file),
                  log_uint("row", errors[0].row), log_str("text", errors[0].text_en));
    }
    free(errors);
    return e;
}

#include "hub/zip.h"

#include <minizip/zip.h>
#include <stdio.h>
#include <stdlib.h>

struct hub_zip {
    zipFile file;
    struct buf *out;
    size_t base; /* where the archive begins in the buffer */
    size_t pos;  /* of the next byte, from the base */
    zip_fileinfo info;
};

enum { ZIP_YEAR_MIN = 1980, ZIP_LEVEL = 6 };

/* ---- the buffer as a file ---- */

static voidpf ZCALLBACK zip_io_open(voidpf ctx, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return ctx;
}

static uLong ZCALLBACK zip_io_read(voidpf ctx, voidpf stream, void *p, uLong size)
{
    (void)ctx;
    (void)stream;
    (void)p;
    (void)size;
    return 0; /* a new archive is never read */
}

static uLong ZCALLBACK zip_io_write(voidpf ctx, voidpf stream, const void *p, uLong size)
{
    struct hub_zip *z = ctx;
    size_t have = z->out->len - z->base - z->pos, n = size < have ? size : have;
    (void)stream;
    if (n > 0) memcpy(z->out->p + z->base + z->pos, p, n); /* a header that is filled in later */
    buf_add(z->out, (const uint8_t *)p + n, size - n);
    if (z->out->e != ERR_OK) return 0;
    z->pos += size;
    return size;
}

static ZPOS64_T ZCALLBACK zip_io_tell(voidpf ctx, voidpf stream)
{
    (void)stream;
    return ((struct hub_zip *)ctx)->pos;
}

static long ZCALLBACK zip_io_seek(voidpf ctx, voidpf stream, ZPOS64_T offset, int origin)
{
    struct hub_zip *z = ctx;
    size_t end = z->out->len - z->base;
    size_t from = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                  : origin == ZLIB_FILEFUNC_SEEK_CUR ? z->pos
                                                     : end;
    (void)stream;
    if (offset > end - from) return -1;
    z->pos = from + (size_t)offset;
    return 0;
}

static int ZCALLBACK zip_io_close(voidpf ctx, voidpf stream)
{
    (void)ctx;
    (void)stream;
    return 0;
}

static int ZCALLBACK zip_io_error(voidpf ctx, voidpf stream)
{
    (void)stream;
    return ((struct hub_zip *)ctx)->out->e != ERR_OK;
}

/* ---- the archive ---- */

enum err hub_zip_open(struct buf *out, struct date day, struct hub_zip **z)
{
    struct hub_zip *v = calloc(1, sizeof *v);
    if (v == NULL) return ERR_NOMEM;
    zlib_filefunc64_def io = {
        .zopen64_file = zip_io_open,
        .zread_file = zip_io_read,
        .zwrite_file = zip_io_write,
        .ztell64_file = zip_io_tell,
        .zseek64_file = zip_io_seek,
        .zclose_file = zip_io_close,
        .zerror_file = zip_io_error,
        .opaque = v,
    };
    v->out = out;
    v->base = out->len;
    v->info.tmz_date.tm_year = (uInt)(day.year < ZIP_YEAR_MIN ? ZIP_YEAR_MIN : day.year);
    v->info.tmz_date.tm_mon = day.month - 1u;
    v->info.tmz_date.tm_mday = day.day;
    v->file = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &io);
    if (v->file == NULL) {
        free(v);
        return ERR_NOMEM;
    }
    *z = v;
    return ERR_OK;
}

static enum err zip_result(const struct hub_zip *z, int code)
{
    if (z->out->e != ERR_OK) return z->out->e;
    return code == ZIP_OK ? ERR_OK : ERR_NOMEM;
}

enum err hub_zip_add(struct hub_zip *z, const char *name, struct bytes content)
{
    if (content.len > UINT32_MAX) return ERR_TOO_LARGE;
    int code =
        zipOpenNewFileInZip(z->file, name, &z->info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, ZIP_LEVEL);
    if (code != ZIP_OK) return zip_result(z, code);
    code = zipWriteInFileInZip(z->file, content.p, (unsigned)content.len);
    int closed = zipCloseFileInZip(z->file);
    return zip_result(z, code == ZIP_OK ? closed : code);
}

enum err hub_zip_close(struct hub_zip *z, enum err e)
{
    int code = zipClose(z->file, NULL);
    if (e == ERR_OK) e = zip_result(z, code);
    free(z);
    return e;
}

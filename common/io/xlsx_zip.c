/* The zip of a workbook, in memory, and one part of it through the parser. */
#include "common/io/xlsx_priv.h"

#include <stdio.h>
#include <string.h>

enum { XLSX_PIECE_BYTES = 65536 };

enum err xlsx_say(struct xlsx *x, enum err e, const char *vi, const char *en)
{
    if (x->e != ERR_OK) return x->e;
    x->e = e;
    snprintf(x->why->vi, sizeof x->why->vi, "%s", vi);
    snprintf(x->why->en, sizeof x->why->en, "%s", en);
    if (x->parser != NULL) XML_StopParser(x->parser, XML_FALSE);
    return e;
}

enum err xlsx_broken(struct xlsx *x)
{
    return xlsx_say(
        x, ERR_BAD_INPUT, "Tệp Excel bị hỏng hoặc không phải .xlsx: hãy mở bằng Excel rồi lưu lại.",
        "The workbook is broken or no .xlsx: open it in a spreadsheet and save it again.");
}

void xlsx_memory(struct xlsx *x)
{
    if (x->e == ERR_OK) x->e = ERR_NOMEM;
    if (x->parser != NULL) XML_StopParser(x->parser, XML_FALSE);
}

/* ---- the zip, in memory ---- */

static voidpf ZCALLBACK xlsx_io_open(voidpf ctx, const void *name, int mode)
{
    (void)name;
    (void)mode;
    return ctx;
}

static uLong ZCALLBACK xlsx_io_read(voidpf ctx, voidpf stream, void *p, uLong size)
{
    struct xlsx *x = ctx;
    size_t left = x->file.len - x->pos, n = size < left ? size : left;
    (void)stream;
    if (n > 0) memcpy(p, x->file.p + x->pos, n);
    x->pos += n;
    return n;
}

static ZPOS64_T ZCALLBACK xlsx_io_tell(voidpf ctx, voidpf stream)
{
    (void)stream;
    return ((struct xlsx *)ctx)->pos;
}

static long ZCALLBACK xlsx_io_seek(voidpf ctx, voidpf stream, ZPOS64_T offset, int origin)
{
    struct xlsx *x = ctx;
    size_t from = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                  : origin == ZLIB_FILEFUNC_SEEK_CUR ? x->pos
                                                     : x->file.len;
    (void)stream;
    if (offset > x->file.len - from) return -1;
    x->pos = from + (size_t)offset;
    return 0;
}

static int ZCALLBACK xlsx_io_close(voidpf ctx, voidpf stream)
{
    (void)ctx;
    (void)stream;
    return 0;
}

enum err xlsx_zip_open(struct xlsx *x)
{
    zlib_filefunc64_def io = {.zopen64_file = xlsx_io_open,
                              .zread_file = xlsx_io_read,
                              .ztell64_file = xlsx_io_tell,
                              .zseek64_file = xlsx_io_seek,
                              .zclose_file = xlsx_io_close,
                              .zerror_file = xlsx_io_close,
                              .opaque = x};
    static const uint8_t ole[] = {0xD0, 0xCF, 0x11, 0xE0};
    if (x->file.len > XLSX_FILE_BYTES_MAX)
        return xlsx_say(x, ERR_TOO_LARGE, "Tệp Excel lớn hơn 32 MiB: hãy tách thành nhiều tệp.",
                        "The workbook is over 32 MiB: cut it into several.");
    if (x->file.len >= sizeof ole && memcmp(x->file.p, ole, sizeof ole) == 0)
        return xlsx_say(
            x, ERR_BAD_INPUT,
            "Tệp có mật khẩu hoặc là .xls đời cũ: hãy bỏ mật khẩu, lưu lại dạng .xlsx.",
            "A workbook with a password, or an old .xls: save it as .xlsx without password.");
    x->zip = unzOpen2_64("", &io);
    return x->zip != NULL ? ERR_OK : xlsx_broken(x);
}

/* ---- one part through the parser ---- */

static void XMLCALL xlsx_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
                                 const XML_Char *pubid, int internal)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)internal;
    (void)xlsx_broken(ctx);
}

static enum err xlsx_feed(struct xlsx *x)
{
    size_t total = 0;
    int n = 1;
    while (n > 0 && x->e == ERR_OK) {
        void *room = XML_GetBuffer(x->parser, XLSX_PIECE_BYTES);
        if (room == NULL) {
            xlsx_memory(x);
            break;
        }
        n = unzReadCurrentFile(x->zip, room, XLSX_PIECE_BYTES);
        if (n < 0) return xlsx_broken(x);
        total += (size_t)n;
        if (total > XLSX_PART_BYTES_MAX)
            return xlsx_say(x, ERR_TOO_LARGE,
                            "Một phần của tệp Excel bung ra quá 128 MiB: không đọc.",
                            "A part of the workbook unpacks to over 128 MiB: not read.");
        if (XML_ParseBuffer(x->parser, n, n == 0) == XML_STATUS_ERROR && x->e == ERR_OK) {
            if (XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY) xlsx_memory(x);
            return xlsx_broken(x);
        }
    }
    return x->e;
}

enum err xlsx_part(struct xlsx *x, const char *name, XML_StartElementHandler start,
                   XML_EndElementHandler end, XML_CharacterDataHandler text)
{
    if (unzLocateFile(x->zip, name, 2) != UNZ_OK) return ERR_NOT_FOUND;
    if (unzOpenCurrentFile(x->zip) != UNZ_OK) return xlsx_broken(x);
    x->parser = XML_ParserCreateNS("UTF-8", '|');
    if (x->parser == NULL) {
        x->e = ERR_NOMEM;
    } else {
        XML_SetUserData(x->parser, x);
        XML_SetElementHandler(x->parser, start, end);
        if (text != NULL) XML_SetCharacterDataHandler(x->parser, text);
        XML_SetStartDoctypeDeclHandler(x->parser, xlsx_doctype);
        (void)xlsx_feed(x);
        XML_ParserFree(x->parser);
        x->parser = NULL;
    }
    (void)unzCloseCurrentFile(x->zip);
    return x->e;
}

const char *xlsx_local(const XML_Char *name)
{
    const char *bar = strrchr(name, '|');
    return bar != NULL ? bar + 1 : name;
}

const char *xlsx_attr(const XML_Char **attrs, const char *name)
{
    for (size_t i = 0; attrs[i] != NULL; i += 2)
        if (strcmp(xlsx_local(attrs[i]), name) == 0) return attrs[i + 1];
    return NULL;
}

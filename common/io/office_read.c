#include "common/io/office_read.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE_PIECE_BYTES = 256 * 1024 };

bool office_read_is_book(struct bytes file)
{
    static const uint8_t zip[] = {'P', 'K', 3, 4}, ole[] = {0xD0, 0xCF, 0x11, 0xE0};
    return file.len >= sizeof zip &&
           (memcmp(file.p, zip, sizeof zip) == 0 || memcmp(file.p, ole, sizeof ole) == 0);
}

/* Skip the rows above the names; keep their line ends, so that lines keep their numbers. */
static enum err office_lines(struct bytes file, uint32_t first_row, struct buf *out, bool *latin)
{
    size_t at = 0;
    enum err e = ERR_OK;
    if (file.len >= 3 && memcmp(file.p, "\xEF\xBB\xBF", 3) == 0) at = 3;
    for (uint32_t line = 1; line < first_row && at < file.len; line++) {
        const uint8_t *end = memchr(file.p + at, '\n', file.len - at);
        at = end == NULL ? file.len : (size_t)(end - file.p) + 1;
        buf_add_u8(out, '\n');
    }
    struct bytes rest = bytes_make(file.p + at, file.len - at);
    bool utf8 = text_utf8_prefix(rest) == rest.len;
    if (latin != NULL) *latin = !utf8;
    if (utf8) {
        buf_add_bytes(out, rest);
        return out->e;
    }
    while (rest.len > 0 && e == ERR_OK) { /* bytes of an old code page */
        size_t n = rest.len < OFFICE_PIECE_BYTES ? rest.len : OFFICE_PIECE_BYTES;
        e = legacy_text_bytes(bytes_make(rest.p, n), out);
        rest = bytes_make(rest.p + n, rest.len - n);
    }
    return e;
}

enum err office_read_text(struct bytes file, bool book, uint32_t sheet, uint32_t first_row,
                          struct buf *out, bool *latin, struct xlsx_why *why)
{
    if (latin != NULL) *latin = false;
    if (book) return xlsx_read_csv(file, sheet, first_row, out, why);
    if (file.len > 0 && memchr(file.p, 0, file.len) != NULL) {
        snprintf(why->vi, sizeof why->vi, "%s",
                 "Tệp này không phải là chữ: hãy lưu thành .xlsx hoặc CSV UTF-8.");
        snprintf(why->en, sizeof why->en, "%s",
                 "This file is no text: save it as .xlsx or as CSV UTF-8.");
        return ERR_BAD_INPUT;
    }
    return office_lines(file, first_row, out, latin);
}

/* Whole lines at a time: a letter of VNI is two. */
enum err office_read_decode(enum legacy_text kind, struct bytes in, struct buf *out)
{
    enum err e = ERR_OK;
    while (in.len > 0 && e == ERR_OK) {
        size_t n = in.len < OFFICE_PIECE_BYTES ? in.len : OFFICE_PIECE_BYTES;
        size_t cut = n;
        while (n < in.len && cut > 0 && in.p[cut - 1] != '\n')
            cut--;
        if (cut == 0) return ERR_TOO_LARGE;
        e = legacy_text_decode(kind, bytes_make(in.p, cut), out);
        in = bytes_make(in.p + cut, in.len - cut);
    }
    return e;
}

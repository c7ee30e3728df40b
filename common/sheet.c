#include "common/sheet.h"

#include <stdio.h>

enum { SHEET_COLUMNS = 4, SHEET_LINE_MAX = 999 };

void sheet_add(const struct sheet_row *row, struct buf *out)
{
    buf_printf(out, "%s%u\t", out->len > 0 ? "\n" : "", row->line);
    if (row->total) buf_add_str(out, "=");
    for (size_t i = 0; !row->total && i < row->value.len; i++) {
        uint8_t c = row->value.p[i];
        buf_add_u8(out, c < 0x20 || c == 0x7f || c == '=' ? '?' : c);
    }
    buf_printf(out, "\t%lld\t", (long long)row->num);
    if (row->ratio)
        buf_printf(out, "%lld", (long long)row->den);
    else
        buf_add_str(out, "-");
}

/* A whole number in its one form. */
static bool sheet_number(struct bytes s, int64_t *out)
{
    char text[24], again[24];
    long long v = 0;
    int n = 0;
    if (s.len == 0 || s.len >= sizeof text) return false;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    if (sscanf(text, "%lld%n", &v, &n) != 1 || (size_t)n != s.len) return false;
    snprintf(again, sizeof again, "%lld", v);
    if (strcmp(again, text) != 0) return false; /* "007", "+1", out of range */
    *out = v;
    return true;
}

static bool sheet_read(const struct bytes cells[SHEET_COLUMNS], struct sheet_row *row)
{
    int64_t line = 0;
    struct sheet_row r = {.value = cells[1]};
    if (!sheet_number(cells[0], &line) || line < 1 || line > SHEET_LINE_MAX) return false;
    r.line = (unsigned)line;
    r.total = bytes_equal(cells[1], bytes_str("="));
    if (r.total) r.value.len = 0;
    r.ratio = !bytes_equal(cells[3], bytes_str("-"));
    if (r.value.len > SHEET_VALUE_BYTES_MAX || !sheet_number(cells[2], &r.num)) return false;
    if (r.ratio && !sheet_number(cells[3], &r.den)) return false;
    *row = r;
    return true;
}

enum err sheet_next(struct bytes *rest, struct sheet_row *row)
{
    struct bytes cells[SHEET_COLUMNS];
    const uint8_t *p = rest->p;
    size_t column = 0, start = 0, i = 0;
    if (rest->len == 0) return ERR_NOT_FOUND;
    for (; i < rest->len && p[i] != '\n'; i++) {
        if (p[i] != '\t') continue;
        if (column == SHEET_COLUMNS - 1) return ERR_BAD_FORMAT;
        cells[column++] = bytes_make(p + start, i - start);
        start = i + 1;
    }
    if (column != SHEET_COLUMNS - 1) return ERR_BAD_FORMAT;
    cells[column] = bytes_make(p + start, i - start);
    if (!sheet_read(cells, row)) return ERR_BAD_FORMAT;
    bool last = i == rest->len;
    if (!last && i + 1 == rest->len) return ERR_BAD_FORMAT; /* a line end with nothing behind it */
    *rest = last ? bytes_make(p + i, 0) : bytes_make(p + i + 1, rest->len - i - 1);
    return ERR_OK;
}

enum err sheet_find(struct bytes sheet, unsigned line, bool total, struct bytes value,
                    struct sheet_row *row)
{
    for (;;) {
        struct sheet_row r;
        enum err e = sheet_next(&sheet, &r);
        if (e != ERR_OK) return e;
        if (r.line != line || r.total != total || !bytes_equal(r.value, value)) continue;
        *row = r;
        return ERR_OK;
    }
}

enum err sheet_split(struct bytes sheet, struct bytes parts[static SHEET_PARTS])
{
    for (size_t k = 0; k < SHEET_PARTS; k++) {
        size_t n = sheet.len;
        if (n > SHEET_PART_BYTES_MAX) {
            n = SHEET_PART_BYTES_MAX;
            while (n > 0 && sheet.p[n] != '\n')
                n--;
        }
        bool more = n < sheet.len;
        parts[k] = bytes_make(sheet.p, n);
        sheet = bytes_make(sheet.p + n + more, sheet.len - n - more);
    }
    return sheet.len == 0 ? ERR_OK : ERR_TOO_LARGE;
}

void sheet_text(const struct sheet_row *row, char out[static SHEET_TEXT_ROOM])
{
    out[0] = '\0';
    if (!row->ratio) {
        snprintf(out, SHEET_TEXT_ROOM, "%lld", (long long)row->num);
        return;
    }
    if (row->den <= 0) return;
    __extension__ __int128 num = row->num, den = row->den;
    bool minus = num < 0;
    num = ((minus ? -num : num) * 2000 + den) / (2 * den);
    if (num > INT64_MAX) num = INT64_MAX;
    int64_t tenths = (int64_t)num;
    snprintf(out, SHEET_TEXT_ROOM, "%s%lld.%lld", minus && tenths > 0 ? "-" : "",
             (long long)(tenths / 10), (long long)(tenths % 10));
}

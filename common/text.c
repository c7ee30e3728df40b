#include "common/text.h"

#include <stdlib.h>
#include <utf8proc.h>

static const uint8_t text_nbsp[] = {0xC2, 0xA0};
static const uint8_t text_bom[] = {0xEF, 0xBB, 0xBF};

/* Decode one code point at `at` (< s.len): its length in bytes, 0 if the bytes are not UTF-8. */
static size_t text_decode(struct bytes s, size_t at, uint32_t *point)
{
    if (s.p[at] < 0x80) {
        *point = s.p[at];
        return 1;
    }
    size_t left = s.len - at;
    utf8proc_int32_t cp = -1;
    utf8proc_ssize_t n = utf8proc_iterate(s.p + at, left < 4 ? (utf8proc_ssize_t)left : 4, &cp);
    if (n <= 0 || cp < 0) return 0;
    *point = (uint32_t)cp;
    return (size_t)n;
}

enum text_flaw text_point_flaw(uint32_t point, unsigned allow)
{
    if (point == '\t') return allow & TEXT_TAB ? TEXT_FLAW_NONE : TEXT_FLAW_CONTROL;
    if (point == '\n') return allow & TEXT_LF ? TEXT_FLAW_NONE : TEXT_FLAW_CONTROL;
    if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return TEXT_FLAW_CONTROL;
    if (point < 0x061C) return TEXT_FLAW_NONE;
    if (point == 0x2028 || point == 0x2029 || point == 0xFEFF) return TEXT_FLAW_CONTROL;
    if (point == 0x061C || point == 0x200E || point == 0x200F) return TEXT_FLAW_BIDI;
    if (point >= 0x202A && point <= 0x202E) return TEXT_FLAW_BIDI;
    if (point >= 0x2066 && point <= 0x2069) return TEXT_FLAW_BIDI;
    if (point >= 0xFDD0 && point <= 0xFDEF) return TEXT_FLAW_NONCHARACTER;
    return (point & 0xFFFE) == 0xFFFE ? TEXT_FLAW_NONCHARACTER : TEXT_FLAW_NONE;
}

size_t text_utf8_prefix(struct bytes s)
{
    size_t at = 0;
    uint32_t point;
    while (at < s.len) {
        size_t n = text_decode(s, at, &point);
        if (n == 0) break;
        at += n;
    }
    return at;
}

/*
 * Code points of which any sequence is in NFC: they neither decompose in NFC nor join what stands
 * before them. Latin with all Vietnamese letters, and common punctuation with the sign of the đồng.
 */
static bool text_point_is_plain(uint32_t point)
{
    return point < 0x300 || (point >= 0x1E00 && point < 0x1F00) ||
           (point >= 0x2010 && point < 0x2028) || point == 0x20AB;
}

static bool text_is_mark(uint32_t point)
{
    if (text_point_is_plain(point)) return false;
    return utf8proc_get_property((utf8proc_int32_t)point)->combining_class != 0;
}

/* Flaws but those of NFC. `*plain` says that the text needs no further look for NFC. */
static enum text_flaw text_scan(struct bytes s, unsigned allow, size_t *at, bool *plain)
{
    size_t i = 0;
    size_t marks = 0;
    *plain = true;
    while (i < s.len) {
        uint32_t point = 0;
        size_t n = text_decode(s, i, &point);
        *at = i;
        if (n == 0) return TEXT_FLAW_UTF8;
        enum text_flaw flaw = text_point_flaw(point, allow);
        if (flaw != TEXT_FLAW_NONE) return flaw;
        if (!text_point_is_plain(point)) *plain = false;
        marks = text_is_mark(point) ? marks + 1 : 0;
        if (marks > TEXT_MARKS_MAX) return TEXT_FLAW_MARKS;
        i += n;
    }
    *at = s.len;
    return TEXT_FLAW_NONE;
}

static enum err text_map_error(utf8proc_ssize_t code)
{
    switch (code) {
    case UTF8PROC_ERROR_NOMEM: return ERR_NOMEM;
    case UTF8PROC_ERROR_OVERFLOW: return ERR_TOO_LARGE;
    default: return ERR_BAD_INPUT;
    }
}

/* utf8proc_map() into a fresh block that the caller frees; also for empty text. */
static enum err text_map(struct bytes s, utf8proc_option_t options, utf8proc_custom_func fn,
                         struct bytes *out)
{
    static const uint8_t empty[1];
    utf8proc_uint8_t *p = NULL;
    if (s.len > TEXT_INPUT_MAX) return ERR_TOO_LARGE;
    utf8proc_ssize_t n =
        utf8proc_map_custom(s.len ? s.p : empty, (utf8proc_ssize_t)s.len, &p, options, fn, NULL);
    if (n < 0) return text_map_error(n);
    *out = bytes_make(p, (size_t)n);
    return ERR_OK;
}

static void text_map_free(struct bytes mapped)
{
    free((void *)(uintptr_t)mapped.p);
}

enum text_flaw text_find_flaw(struct bytes s, unsigned allow, size_t *at)
{
    size_t offset = 0;
    bool plain;
    enum text_flaw flaw = text_scan(s, allow, &offset, &plain);
    if (flaw == TEXT_FLAW_NONE && !plain) {
        struct bytes nfc = {NULL, 0};
        enum err e = text_map(s, UTF8PROC_COMPOSE | UTF8PROC_STABLE, NULL, &nfc);
        if (e != ERR_OK || !bytes_equal(s, nfc)) {
            flaw = TEXT_FLAW_NFC;
            offset = 0;
        }
        text_map_free(nfc);
    }
    if (at != NULL) *at = offset;
    return flaw;
}

enum err text_check(struct bytes s, size_t max_bytes, unsigned allow)
{
    if (s.len > max_bytes || s.len > TEXT_INPUT_MAX) return ERR_TOO_LARGE;
    return text_find_flaw(s, allow, NULL) == TEXT_FLAW_NONE ? ERR_OK : ERR_BAD_INPUT;
}

/* CR LF and lone CR as LF. */
static void text_add_lines(struct bytes s, struct buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] != '\r') continue;
        buf_add(out, s.p + from, i - from);
        if (i + 1 == s.len || s.p[i + 1] != '\n') buf_add_u8(out, '\n');
        from = i + 1;
    }
    if (from < s.len) buf_add(out, s.p + from, s.len - from);
}

enum err text_normalise(struct bytes s, size_t max_bytes, unsigned allow, struct buf *out)
{
    if (s.len > TEXT_INPUT_MAX) return ERR_TOO_LARGE;
    struct buf lines;
    struct bytes nfc = {NULL, 0};
    size_t at;
    bool plain;
    enum err e;
    buf_init(&lines, TEXT_INPUT_MAX);
    if (allow & TEXT_LF) {
        text_add_lines(s, &lines);
        e = lines.e;
        if (e != ERR_OK) goto out;
        s = buf_bytes(&lines);
    }
    e = ERR_BAD_INPUT;
    if (text_scan(s, allow, &at, &plain) != TEXT_FLAW_NONE) goto out;
    e = text_map(s, UTF8PROC_COMPOSE | UTF8PROC_STABLE, NULL, &nfc);
    if (e != ERR_OK) goto out;
    e = ERR_TOO_LARGE;
    if (nfc.len > max_bytes) goto out;
    /* A letter can decompose into a run of marks that is too long only now. */
    e = ERR_BAD_INPUT;
    if (text_scan(nfc, allow, &at, &plain) != TEXT_FLAW_NONE) goto out;
    buf_add_bytes(out, nfc);
    e = out->e;
out:
    text_map_free(nfc);
    buf_free(&lines);
    return e;
}

/* Before anything decomposes: the letters that have no decomposition but mean d, and every kind of
 * blank. */
static utf8proc_int32_t text_fold_point(utf8proc_int32_t point, void *unused)
{
    (void)unused;
    switch (point) {
    case 0x0110: /* Đ */
    case 0x0111: /* đ */
    case 0x00D0: /* Ð, eth: typed for Đ by old input methods */
    case 0x00F0: /* ð */
    case 0x0189: /* Ɖ, African d: likewise */
    case 0x0256: /* ɖ */
    case 0x1D9E: /* raised ð and ɖ, which would fold to them: folding twice must change nothing */
    case 0x1078B: return 'd';
    default: break;
    }
    if ((point >= 0x09 && point <= 0x0D) || point == 0x85) return ' ';
    utf8proc_category_t c = utf8proc_category(point);
    bool blank =
        c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP;
    return blank ? ' ' : point;
}

enum err text_fold(struct bytes s, size_t max_bytes, struct buf *out)
{
    if (s.len > max_bytes) return ERR_TOO_LARGE;
    const utf8proc_option_t options = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                      UTF8PROC_STRIPMARK | UTF8PROC_IGNORE | UTF8PROC_STABLE;
    struct bytes folded = {NULL, 0};
    enum err e = text_map(s, options, text_fold_point, &folded);
    if (e != ERR_OK) return e;
    bool wrote = false;
    size_t i = 0;
    while (i < folded.len) {
        while (i < folded.len && folded.p[i] == ' ')
            i++;
        size_t from = i;
        while (i < folded.len && folded.p[i] != ' ')
            i++;
        if (i == from) break;
        if (wrote) buf_add_u8(out, ' ');
        buf_add(out, folded.p + from, i - from);
        wrote = true;
    }
    text_map_free(folded);
    return out->e;
}

static bool text_continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t text_count(struct bytes s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += !text_continues(s.p[i]);
    return n;
}

struct bytes text_truncate(struct bytes s, size_t max_bytes)
{
    if (s.len <= max_bytes) return s;
    size_t n = max_bytes;
    while (n > 0 && text_continues(s.p[n]))
        n--;
    return bytes_make(s.p, n);
}

/* Bytes of the blank at the start (or, with `last`, at the end) of `s`; 0 if there is none. */
static size_t text_blank(struct bytes s, bool last)
{
    if (s.len == 0) return 0;
    uint8_t c = s.p[last ? s.len - 1 : 0];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return 1;
    const struct bytes wide[] = {BYTES_OF(text_nbsp), BYTES_OF(text_bom)};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (s.len < wide[i].len) continue;
        const uint8_t *p = last ? s.p + s.len - wide[i].len : s.p;
        if (memcmp(p, wide[i].p, wide[i].len) == 0) return wide[i].len;
    }
    return 0;
}

struct bytes text_trim(struct bytes s)
{
    size_t n;
    while ((n = text_blank(s, false)) > 0)
        s = bytes_make(s.p + n, s.len - n);
    while ((n = text_blank(s, true)) > 0)
        s.len -= n;
    return s;
}

bool text_is_blank(struct bytes s)
{
    const uint32_t unseen = 1u << UTF8PROC_CATEGORY_ZS | 1u << UTF8PROC_CATEGORY_ZL |
                            1u << UTF8PROC_CATEGORY_ZP | 1u << UTF8PROC_CATEGORY_CC |
                            1u << UTF8PROC_CATEGORY_CF | 1u << UTF8PROC_CATEGORY_MN |
                            1u << UTF8PROC_CATEGORY_ME;
    uint32_t point = 0;
    for (size_t at = 0, n; at < s.len; at += n) {
        n = text_decode(s, at, &point);
        if (n == 0) return false;
        if ((unseen >> (unsigned)utf8proc_category((utf8proc_int32_t)point) & 1u) == 0)
            return false;
    }
    return true;
}

void text_initials(struct bytes s, struct buf *out)
{
    bool start = true;
    const size_t before = out->len;
    for (size_t i = 0; i < s.len; i++) {
        size_t len = 1;
        bool blank = s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\t';
        while (i + len < s.len && (s.p[i + len] & 0xc0u) == 0x80u)
            len++;
        if (start && !blank) {
            if (out->len > before) buf_add_str(out, " ");
            buf_add(out, s.p + i, len);
            buf_add_str(out, ".");
        }
        start = blank;
        i += len - 1;
    }
}

void text_grouped(const char *plain, char *out, size_t room)
{
    size_t n = 0, whole = strcspn(plain, "."), sign = plain[0] == '-';
    for (size_t i = 0; plain[i] != '\0' && n + 2 < room; i++) {
        if (i > sign && i < whole && (whole - i) % 3 == 0) out[n++] = '.';
        out[n++] = plain[i] == '.' ? ',' : plain[i];
    }
    out[n] = '\0';
}

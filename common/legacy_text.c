#include "common/legacy_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* TCVN 5712:1993, VN3, from LEGACY_TCVN3_FIRST on; 0: not used. */
#define LEGACY_TCVN3_FIRST 0xA1
static const uint16_t tcvn3[] = {
    0x0102, 0x00C2, 0x00CA, 0x00D4, 0x01A0, 0x01AF, 0x0110, 0x0103, /* A1 Ă Â Ê Ô Ơ Ư Đ ă */
    0x00E2, 0x00EA, 0x00F4, 0x01A1, 0x01B0, 0x0111, 0,      0,      /* A9 â ê ô ơ ư đ */
    0,      0,      0,      0,      0x00E0, 0x1EA3, 0x00E3, 0x00E1, /* B1 . . . . à ả ã á */
    0x1EA1, 0,      0x1EB1, 0x1EB3, 0x1EB5, 0x1EAF, 0,      0,      /* B9 ạ . ằ ẳ ẵ ắ */
    0,      0,      0,      0,      0,      0x1EB7, 0x1EA7, 0x1EA9, /* C1 . . . . . ặ ầ ẩ */
    0x1EAB, 0x1EA5, 0x1EAD, 0x00E8, 0,      0x1EBB, 0x1EBD, 0x00E9, /* C9 ẫ ấ ậ è . ẻ ẽ é */
    0x1EB9, 0x1EC1, 0x1EC3, 0x1EC5, 0x1EBF, 0x1EC7, 0x00EC, 0x1EC9, /* D1 ẹ ề ể ễ ế ệ ì ỉ */
    0,      0,      0,      0x0129, 0x00ED, 0x1ECB, 0x00F2, 0, /* D9 . . . ĩ í ị ò */
    0x1ECF, 0x00F5, 0x00F3, 0x1ECD, 0x1ED3, 0x1ED5, 0x1ED7, 0x1ED1, /* E1 ỏ õ ó ọ ồ ổ ỗ ố */
    0x1ED9, 0x1EDD, 0x1EDF, 0x1EE1, 0x1EDB, 0x1EE3, 0x00F9, 0, /* E9 ộ ờ ở ỡ ớ ợ ù */
    0x1EE7, 0x0169, 0x00FA, 0x1EE5, 0x1EEB, 0x1EED, 0x1EEF, 0x1EE9, /* F1 ủ ũ ú ụ ừ ử ữ ứ */
    0x1EF1, 0x1EF3, 0x1EF7, 0x1EF9, 0x00FD, 0x1EF5,                 /* F9 ự ỳ ỷ ỹ ý ỵ */
};

/* VNI: a letter that stands for itself. */
static const struct {
    uint16_t from, to;
} vni_letters[] = {
    {0xF4, 0x01A1}, {0xD4, 0x01A0}, /* ô: ơ */
    {0xF6, 0x01B0}, {0xD6, 0x01AF}, /* ö: ư */
    {0xF1, 0x0111}, {0xD1, 0x0110}, /* ñ: đ */
    {0xE6, 0x1EC9}, {0xC6, 0x1EC8}, /* æ: ỉ */
    {0xF3, 0x0129}, {0xD3, 0x0128}, /* ó: ĩ */
    {0xF2, 0x1ECB}, {0xD2, 0x1ECA}, /* ò: ị */
    {0xEE, 0x1EF5}, {0xCE, 0x1EF4}, /* î: ỵ */
};

/* VNI: what a second letter says of the one before it; small letters, a capital is 0x20 below. */
static const struct {
    uint8_t from;
    uint16_t shape; /* combining mark, 0: none */
    uint16_t tone;
} vni_marks[] = {
    {0xF9, 0, 0x0301},      {0xF8, 0, 0x0300},      {0xFB, 0, 0x0309},      {0xF5, 0, 0x0303},
    {0xEF, 0, 0x0323},      {0xE2, 0x0302, 0},      {0xE1, 0x0302, 0x0301}, {0xE0, 0x0302, 0x0300},
    {0xE5, 0x0302, 0x0309}, {0xE3, 0x0302, 0x0303}, {0xE4, 0x0302, 0x0323}, {0xEA, 0x0306, 0},
    {0xE9, 0x0306, 0x0301}, {0xE8, 0x0306, 0x0300}, {0xFA, 0x0306, 0x0309}, {0xFC, 0x0306, 0x0303},
    {0xEB, 0x0306, 0x0323},
};

static const char *const names[] = {"unicode", "tcvn3", "vni"};

const char *legacy_text_name(enum legacy_text kind)
{
    return names[kind];
}

bool legacy_text_named(const char *name, enum legacy_text *out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *out = (enum legacy_text)i;
        return true;
    }
    return false;
}

/* ---- code points ---- */

static void legacy_add(struct buf *out, int32_t point)
{
    utf8proc_uint8_t utf8[4];
    utf8proc_ssize_t n = utf8proc_encode_char(point, utf8);
    if (n > 0) buf_add(out, utf8, (size_t)n);
}

enum err legacy_text_bytes(struct bytes s, struct buf *out)
{
    if (s.len > LEGACY_BYTES_MAX) return ERR_TOO_LARGE;
    for (size_t i = 0; i < s.len; i++)
        legacy_add(out, s.p[i]);
    return out->e;
}

/* The point at *at, which moves on; -1: not UTF-8. */
static int32_t legacy_next(struct bytes s, size_t *at)
{
    utf8proc_int32_t point = -1;
    utf8proc_ssize_t n = utf8proc_iterate(s.p + *at, (utf8proc_ssize_t)(s.len - *at), &point);
    if (n <= 0) return -1;
    *at += (size_t)n;
    return point;
}

static int32_t legacy_tcvn3(int32_t point)
{
    if (point < LEGACY_TCVN3_FIRST || point > 0xFE) return 0;
    return tcvn3[point - LEGACY_TCVN3_FIRST];
}

static int32_t legacy_vni_letter(int32_t point)
{
    for (size_t i = 0; i < sizeof vni_letters / sizeof vni_letters[0]; i++) {
        if (vni_letters[i].from == point) return vni_letters[i].to;
    }
    return 0;
}

/* Whether `mark` is a second letter of VNI that `base` (as decoded) can carry. */
static bool legacy_vni_mark(int32_t base, int32_t mark, uint16_t *shape, uint16_t *tone)
{
    if (base <= 0 || mark < 0xC0 || mark > 0xFF) return false;
    uint8_t small = (uint8_t)(mark < 0xE0 ? mark + 0x20 : mark);
    for (size_t i = 0; i < sizeof vni_marks / sizeof vni_marks[0]; i++) {
        if (vni_marks[i].from != small) continue;
        *shape = vni_marks[i].shape;
        *tone = vni_marks[i].tone;
        if (*shape == 0x0306) return base == 'a' || base == 'A';
        if (*shape == 0x0302) return base < 0x80 && strchr("aeoAEO", (char)base) != NULL;
        if (base < 0x80) return strchr("aeouyAEOUY", (char)base) != NULL;
        return base == 0x01A1 || base == 0x01A0 || base == 0x01B0 || base == 0x01AF;
    }
    return false;
}

/* ---- decoding ---- */

/* Decode into `out`, decomposed; returns the letters above ASCII that the font does not explain. */
static size_t legacy_take(enum legacy_text kind, struct bytes s, struct buf *out)
{
    size_t strange = 0, at = 0;
    int32_t base = 0;
    while (at < s.len) {
        int32_t point = legacy_next(s, &at);
        uint16_t shape = 0, tone = 0;
        if (kind == LEGACY_VNI && legacy_vni_mark(base, point, &shape, &tone)) {
            if (shape != 0) legacy_add(out, shape);
            if (tone != 0) legacy_add(out, tone);
            base = 0;
            continue;
        }
        int32_t to = kind == LEGACY_VNI ? legacy_vni_letter(point) : legacy_tcvn3(point);
        bool plain = point < 0x80 || (kind == LEGACY_VNI && (point == 0xED || point == 0xEC ||
                                                             point == 0xCD || point == 0xCC));
        if (to == 0 && !plain) strange++;
        base = to != 0 ? to : point;
        legacy_add(out, base);
    }
    return strange;
}

enum err legacy_text_decode(enum legacy_text kind, struct bytes s, struct buf *out)
{
    struct buf text;
    utf8proc_uint8_t *nfc = NULL;
    if (s.len > LEGACY_BYTES_MAX) return ERR_TOO_LARGE;
    for (size_t at = 0; at < s.len;) {
        if (legacy_next(s, &at) < 0) return ERR_BAD_INPUT;
    }
    if (kind == LEGACY_UNICODE || s.len == 0) {
        buf_add_bytes(out, s);
        return out->e;
    }
    buf_init(&text, 4 * LEGACY_BYTES_MAX);
    (void)legacy_take(kind, s, &text);
    utf8proc_ssize_t n = text.e != ERR_OK ? 0
                                          : utf8proc_map(text.p, (utf8proc_ssize_t)text.len, &nfc,
                                                         UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    enum err e = text.e != ERR_OK ? text.e : n < 0 ? ERR_NOMEM : ERR_OK;
    if (e == ERR_OK) buf_add(out, nfc, (size_t)n);
    free(nfc);
    buf_free(&text);
    return e == ERR_OK ? out->e : e;
}

/* ---- guessing ---- */

/* Letters of Latin-1 that Vietnamese has; others are a sign of an old font. */
static bool legacy_vietnamese(int32_t point)
{
    int32_t small = point < 0xE0 ? point + 0x20 : point;
    if (point < 0xC0 || point > 0xFF) return false;
    return strchr("\xE0\xE1\xE2\xE3\xE8\xE9\xEA\xEC\xED\xF2\xF3\xF4\xF5\xF9\xFA\xFD",
                  (char)small) != NULL;
}

enum legacy_text legacy_text_guess(struct bytes s)
{
    size_t strange = 0, high = 0, unicode = 0, at = 0;
    struct buf scratch;
    if (s.len > LEGACY_BYTES_MAX) s.len = LEGACY_BYTES_MAX;
    while (at < s.len) {
        int32_t point = legacy_next(s, &at);
        if (point < 0) {
            s.len = at;
            break;
        }
        if (point < 0x80) continue;
        high++;
        unicode += point > 0xFF;
        strange += point <= 0xFF && !legacy_vietnamese(point);
    }
    /* Letters that only Unicode has, or none that speaks against it. */
    if (strange == 0 || unicode >= strange) return LEGACY_UNICODE;
    buf_init(&scratch, 4 * LEGACY_BYTES_MAX);
    size_t as_tcvn3 = legacy_take(LEGACY_TCVN3, s, &scratch);
    buf_clear(&scratch);
    size_t as_vni = legacy_take(LEGACY_VNI, s, &scratch);
    buf_free(&scratch);
    size_t least = as_tcvn3 <= as_vni ? as_tcvn3 : as_vni;
    if (10 * least > high) return LEGACY_UNICODE; /* neither explains it */
    /* TCVN3 can read nearly all that VNI uses, but hardly writes a line without signs like ¨ © µ. */
    return as_vni <= as_tcvn3 ? LEGACY_VNI : LEGACY_TCVN3;
}

#include "common/photo.h"

#include <assert.h>

/* What is left of a file. */
struct photo {
    struct bytes in;
    size_t at;
    struct buf *out;
    bool seen;       /* a picture's data */
    unsigned turned; /* 1 to 8, as Exif counts; 0: nothing is said */
};

static size_t photo_left(const struct photo *p)
{
    return p->in.len - p->at;
}

static uint32_t photo_be16(const uint8_t *b)
{
    return (uint32_t)b[0] << 8 | b[1];
}

static uint32_t photo_be32(const uint8_t *b)
{
    return photo_be16(b) << 16 | photo_be16(b + 2);
}

static bool photo_begins(struct bytes b, const char *magic, size_t len)
{
    return b.len >= len && memcmp(b.p, magic, len) == 0;
}

/* ---- JPEG ---- */

enum {
    JPEG_SOI = 0xd8,
    JPEG_EOI = 0xd9,
    JPEG_SOS = 0xda,
    JPEG_APP0 = 0xe0,
    JPEG_APP1 = 0xe1,
    JPEG_APP2 = 0xe2,
    JPEG_APP14 = 0xee,
    EXIF_TAG_TURNED = 0x0112,
    EXIF_SHORT = 3,
};

/* How the picture is turned: the tag of the first directory of a TIFF. 0: it does not say. */
static unsigned photo_turned(struct bytes tiff)
{
    bool little = photo_begins(tiff, "II*\0", 4);
    if (tiff.len < 8 || (!little && !photo_begins(tiff, "MM\0*", 4))) return 0;
    size_t at = little ? le32_load(tiff.p + 4) : photo_be32(tiff.p + 4);
    if (at < 8 || at > tiff.len - 2) return 0;
    size_t count = little ? le16_load(tiff.p + at) : photo_be16(tiff.p + at);
    for (at += 2; count > 0 && tiff.len - at >= 16; count--, at += 12) {
        const uint8_t *e = tiff.p + at;
        unsigned tag = little ? le16_load(e) : photo_be16(e);
        unsigned kind = little ? le16_load(e + 2) : photo_be16(e + 2);
        unsigned value = little ? le16_load(e + 8) : photo_be16(e + 8);
        if (tag != EXIF_TAG_TURNED || kind != EXIF_SHORT) continue;
        return value >= 1 && value <= 8 ? value : 0;
    }
    return 0;
}

/* An Exif that says that alone, once. It is never longer than the one that it stands for. */
static void photo_say_turned(struct photo *p, unsigned turned)
{
    static const uint8_t head[] = {0xff, JPEG_APP1, 0, 34,         'E', 'x', 'i', 'f', 0, 0,
                                   'M',  'M',       0, 42,         0,   0,   0,   8,   0, 1,
                                   1,    0x12,      0, EXIF_SHORT, 0,   0,   0,   1,   0};
    if (turned <= 1 || p->turned != 0) return;
    p->turned = turned;
    buf_add(p->out, head, sizeof head);
    buf_add_u8(p->out, (uint8_t)turned);
    buf_add_le16(p->out, 0);
    buf_add_le32(p->out, 0); /* no further directory */
}

/* Is a segment's marker one that a decoder needs? */
static bool photo_jpeg_keeps(unsigned marker, struct bytes body)
{
    if (marker >= 0xc0 && marker <= 0xcf) return true; /* frames and Huffman tables */
    if (marker >= 0xdb && marker <= 0xdf) return true; /* tables, intervals */
    if (marker == JPEG_APP0) return photo_begins(body, "JFIF\0", 5);
    if (marker == JPEG_APP2) return photo_begins(body, "ICC_PROFILE\0", 12);
    if (marker == JPEG_APP14) return photo_begins(body, "Adobe", 5);
    return marker == JPEG_SOS;
}

/* The coded lines behind a scan's head, up to the next marker that is none of theirs. */
static void photo_jpeg_scan(struct photo *p)
{
    size_t from = p->at;
    while (p->at < p->in.len) {
        const uint8_t *ff = memchr(p->in.p + p->at, 0xff, photo_left(p));
        if (ff == NULL) {
            p->at = p->in.len;
            break;
        }
        p->at = (size_t)(ff - p->in.p);
        if (photo_left(p) < 2) break;
        bool own = ff[1] == 0 || (ff[1] >= 0xd0 && ff[1] <= 0xd7);
        if (!own && ff[1] != 0xff) break;
        p->at += own ? 2 : 1;
    }
    size_t end = p->at;
    while (end > from && p->in.p[end - 1] == 0xff)
        end--; /* fill bytes */
    buf_add(p->out, p->in.p + from, end - from);
}

/* One segment. ERR_NOT_FOUND: the picture has ended. */
static enum err photo_jpeg_segment(struct photo *p)
{
    while (photo_left(p) >= 2 && p->in.p[p->at] == 0xff && p->in.p[p->at + 1] == 0xff)
        p->at++; /* a marker may have fill bytes before it */
    if (photo_left(p) < 2 || p->in.p[p->at] != 0xff) return ERR_BAD_FORMAT;
    unsigned marker = p->in.p[p->at + 1];
    if (marker == JPEG_EOI) return ERR_NOT_FOUND;
    if (photo_left(p) < 4) return ERR_BAD_FORMAT;
    size_t len = photo_be16(p->in.p + p->at + 2);
    if (len < 2 || photo_left(p) - 2 < len) return ERR_BAD_FORMAT;
    struct bytes body = bytes_make(p->in.p + p->at + 4, len - 2);
    if (photo_jpeg_keeps(marker, body)) buf_add(p->out, p->in.p + p->at, len + 2);
    if (marker == JPEG_APP1 && photo_begins(body, "Exif\0\0", 6))
        photo_say_turned(p, photo_turned(bytes_make(body.p + 6, body.len - 6)));
    p->at += len + 2;
    if (marker != JPEG_SOS) return ERR_OK;
    p->seen = true;
    photo_jpeg_scan(p);
    return ERR_OK;
}

/* A file that was cut inside its lines is shown as far as it goes by everybody: so it is taken too. */
static enum err photo_jpeg(struct photo *p)
{
    static const uint8_t begin[] = {0xff, JPEG_SOI}, end[] = {0xff, JPEG_EOI};
    enum err e = ERR_OK;
    buf_add(p->out, begin, sizeof begin);
    p->at = sizeof begin;
    while (e == ERR_OK && !(p->seen && photo_left(p) < 2))
        e = photo_jpeg_segment(p);
    if (e == ERR_NOT_FOUND) {
        e = ERR_OK;
        buf_add(p->out, end, sizeof end);
    }
    return e == ERR_OK && !p->seen ? ERR_BAD_FORMAT : e;
}

/* ---- PNG ---- */

static bool photo_png_keeps(const uint8_t *type)
{
    static const char *const kept[] = {"tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT",
                                       "bKGD", "hIST", "pHYs", "sPLT", "acTL", "fcTL",
                                       "fdAT", "cICP", "mDCV", "cLLI"};
    if ((type[0] & 0x20) == 0) return true; /* a decoder must know it */
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (memcmp(type, kept[i], 4) == 0) return true;
    return false;
}

static enum err photo_png(struct photo *p)
{
    enum { PNG_HEAD = 8, PNG_AROUND = 12 }; /* a chunk's length, type and check value */
    buf_add(p->out, p->in.p, PNG_HEAD);
    for (p->at = PNG_HEAD; photo_left(p) >= PNG_AROUND;) {
        const uint8_t *chunk = p->in.p + p->at, *type = chunk + 4;
        size_t len = photo_be32(chunk);
        if (len > photo_left(p) - PNG_AROUND) return ERR_BAD_FORMAT;
        if (photo_png_keeps(type)) buf_add(p->out, chunk, len + PNG_AROUND);
        p->at += len + PNG_AROUND;
        p->seen = p->seen || memcmp(type, "IDAT", 4) == 0;
        if (memcmp(type, "IEND", 4) == 0) return p->seen ? ERR_OK : ERR_BAD_FORMAT;
    }
    return ERR_BAD_FORMAT;
}

/* ---- WebP ---- */

static bool photo_webp_keeps(const uint8_t *type)
{
    static const char *const kept[] = {"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (memcmp(type, kept[i], 4) == 0) return true;
    return false;
}

static enum err photo_webp(struct photo *p)
{
    enum { WEBP_HEAD = 12, CHUNK_HEAD = 8, WEBP_SAYS_EXIF_XMP = 0x0c };
    size_t begin = p->out->len, end = le32_load(p->in.p + 4);
    if (end < 4 || end > p->in.len - CHUNK_HEAD) return ERR_BAD_FORMAT;
    p->in.len = end + CHUNK_HEAD; /* what hangs behind is dropped */
    buf_add(p->out, p->in.p, WEBP_HEAD);
    for (p->at = WEBP_HEAD; photo_left(p) > 0;) {
        const uint8_t *chunk = p->in.p + p->at;
        if (photo_left(p) < CHUNK_HEAD) return ERR_BAD_FORMAT;
        size_t len = le32_load(chunk + 4);
        if (len > photo_left(p) - CHUNK_HEAD) return ERR_BAD_FORMAT;
        size_t whole = CHUNK_HEAD + len;
        if ((len & 1) != 0 && whole < photo_left(p)) whole++; /* padded to two bytes */
        p->at += whole;
        if (!photo_webp_keeps(chunk)) continue;
        size_t from = p->out->len;
        buf_add(p->out, chunk, whole);
        p->seen = p->seen || memcmp(chunk, "VP8", 3) == 0 || memcmp(chunk, "ANMF", 4) == 0;
        if (p->out->e == ERR_OK && memcmp(chunk, "VP8X", 4) == 0 && len > 0)
            p->out->p[from + CHUNK_HEAD] &= (uint8_t)~WEBP_SAYS_EXIF_XMP;
    }
    if (p->out->e == ERR_OK)
        le32_store(p->out->p + begin + 4, (uint32_t)(p->out->len - begin - CHUNK_HEAD));
    return p->seen ? ERR_OK : ERR_BAD_FORMAT;
}

enum err photo_clean(struct bytes file, struct buf *out, bool *clean)
{
    struct photo p = {.in = file, .out = out};
    size_t begin = out->len;
    enum err e = ERR_OK;
    *clean = true;
    if (photo_begins(file, "\xff\xd8\xff", 3)) {
        e = photo_jpeg(&p);
    } else if (photo_begins(file, "\x89PNG\r\n\x1a\n", 8)) {
        e = photo_png(&p);
    } else if (file.len >= 12 && photo_begins(file, "RIFF", 4) &&
               memcmp(file.p + 8, "WEBP", 4) == 0) {
        e = photo_webp(&p);
    } else {
        buf_add_bytes(out, file);
        *clean = false;
    }
    assert(out->e != ERR_OK || out->len - begin <= file.len);
    return e == ERR_OK ? out->e : e;
}

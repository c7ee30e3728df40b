/* Claims about common/photo: what a decoder needs stays byte for byte; place, names, previews and what hangs
 * behind go; how a picture is turned stays; a file that is no picture is refused; every cut is survived. */
#include "common/photo.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SECRET "10.9577N 106.8426E"
#define ROOM   (size_t)65536

static struct buf made, got;
static bool clean;

static int setup(void **state)
{
    (void)state;
    buf_init(&made, ROOM);
    buf_init(&got, ROOM);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&made);
    buf_free(&got);
    return 0;
}

/* From a copy of exactly its size, so that the sanitizer sees a read past its end. */
static enum err run(struct bytes in)
{
    uint8_t *copy = malloc(in.len > 0 ? in.len : 1);
    assert_non_null(copy);
    if (in.len > 0) memcpy(copy, in.p, in.len);
    buf_clear(&got);
    enum err e = photo_clean(bytes_make(copy, in.len), &got, &clean);
    free(copy);
    return e;
}

static bool has(const struct buf *b, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= b->len; i++)
        if (memcmp(b->p + i, text, n) == 0) return true;
    return false;
}

/* ---- pictures ---- */

static void be16(struct buf *b, unsigned v)
{
    buf_add_u8(b, (uint8_t)(v >> 8));
    buf_add_u8(b, (uint8_t)v);
}

static void segment(struct buf *b, unsigned marker, const void *body, size_t len)
{
    be16(b, 0xff00 | marker);
    be16(b, (unsigned)len + 2);
    buf_add(b, body, len);
}

/* `turned` in the directory, a place behind it. */
static void exif(struct buf *b, bool little, unsigned turned)
{
    struct buf t;
    buf_init(&t, 4096);
    buf_add(&t, "Exif\0\0", 6);
    buf_add(&t, little ? "II*\0\x08\0\0\0\x02\0" : "MM\0*\0\0\0\x08\0\x02", 10);
    buf_add(&t, little ? "\x0f\x01\x02\0\x01\0\0\0\0\0\0\0" : "\x01\x0f\0\x02\0\0\0\x01\0\0\0\0",
            12);
    buf_add(&t, little ? "\x12\x01\x03\0\x01\0\0\0" : "\x01\x12\0\x03\0\0\0\x01", 8);
    buf_add_u8(&t, (uint8_t)(little ? turned : 0));
    buf_add_u8(&t, (uint8_t)(little ? 0 : turned));
    buf_add(&t, "\0\0\0\0\0\0", 6);
    buf_add_str(&t, SECRET);
    segment(b, 0xe1, t.p, t.len);
    buf_free(&t);
}

static const char jfif[] = "JFIF\0\1\1\0\0\1\0\1\0\0";
static const char lines[] = "\x11\x22\xff\x00\x33\xff\xd0\x44\x55";

static void jpeg(struct buf *b, bool extra, bool little, unsigned turned)
{
    static const uint8_t table[65] = {0}, frame[11] = {8, 0, 1, 0, 1, 1, 1, 0x11, 0};
    buf_add(b, "\xff\xd8", 2);
    segment(b, 0xe0, jfif, sizeof jfif - 1);
    if (extra) {
        exif(b, little, turned);
        segment(b, 0xe1, "http://ns.adobe.com/xap/1.0/\0" SECRET, 29 + sizeof SECRET);
        segment(b, 0xe2, "MPF\0" SECRET, 4 + sizeof SECRET);
        segment(b, 0xed, "Photoshop 3.0\0" SECRET, 14 + sizeof SECRET);
        segment(b, 0xfe, SECRET, sizeof SECRET);
    }
    segment(b, 0xe2, "ICC_PROFILE\0\1\1profile", 21);
    segment(b, 0xdb, table, sizeof table);
    segment(b, 0xc2, frame, sizeof frame);
    for (int scan = 0; scan < 2; scan++) { /* progressive: tables stand between scans */
        segment(b, 0xc4, "\0\1\2", 3);
        segment(b, 0xda, "\1\1\0\0\77\0", 6);
        buf_add(b, lines, sizeof lines - 1);
        if (extra && scan == 0) segment(b, 0xfe, SECRET, sizeof SECRET);
    }
    buf_add(b, "\xff\xd9", 2);
    if (extra) buf_add_str(b, "\xff\xd8\xff\xe1 a second picture: " SECRET);
}

static void chunk(struct buf *b, const char *type, const char *text)
{
    buf_add(b, "\0\0\0", 3);
    buf_add_u8(b, (uint8_t)strlen(text));
    buf_add_str(b, type);
    buf_add_str(b, text);
    buf_add(b, "crc!", 4);
}

static void png(struct buf *b, bool extra)
{
    buf_add(b, "\x89PNG\r\n\x1a\n", 8);
    chunk(b, "IHDR", "the head");
    if (extra) {
        chunk(b, "eXIf", SECRET);
        chunk(b, "tEXt", "Comment" SECRET);
        chunk(b, "iTXt", "XML" SECRET);
        chunk(b, "tIME", "2026-11");
        chunk(b, "prVt", SECRET);
    }
    chunk(b, "pHYs", "nine byte");
    chunk(b, "IDAT", "pixels");
    chunk(b, "IEND", "");
    if (extra) buf_add_str(b, SECRET);
}

static void piece(struct buf *b, const char *type, const char *data, size_t len)
{
    buf_add_str(b, type);
    buf_add_le32(b, (uint32_t)len);
    buf_add(b, data, len);
    if (len & 1) buf_add_u8(b, 0);
}

static void webp(struct buf *b, bool extra)
{
    size_t begin = b->len;
    buf_add(b, "RIFF\0\0\0\0WEBP", 12);
    piece(b, "VP8X", extra ? "\x1c\0\0\0\0\0\0\0\0\0" : "\x10\0\0\0\0\0\0\0\0\0", 10);
    piece(b, "ALPH", "odd", 3);
    piece(b, "VP8 ", "pixels", 6);
    if (extra) {
        piece(b, "EXIF", SECRET, sizeof SECRET);
        piece(b, "XMP ", SECRET, sizeof SECRET);
    }
    le32_store(b->p + begin + 4, (uint32_t)(b->len - begin - 8));
    if (extra) buf_add_str(b, SECRET);
}

/* ---- claims ---- */

static void a_jpeg_keeps_its_lines_and_loses_its_place(void **state)
{
    (void)state;
    struct buf bare;
    buf_init(&bare, ROOM);
    jpeg(&bare, false, false, 0);
    jpeg(&made, true, false, 1);
    assert_true(has(&made, SECRET));
    assert_int_equal(run(buf_bytes(&made)), ERR_OK);
    assert_true(clean);
    assert_true(bytes_equal(buf_bytes(&got), buf_bytes(&bare)));
    buf_free(&bare);
}

static void how_it_is_turned_stays(void **state)
{
    (void)state;
    for (unsigned turned = 2; turned <= 8; turned++) {
        for (int little = 0; little < 2; little++) {
            struct buf bare;
            buf_init(&bare, ROOM);
            buf_clear(&made);
            jpeg(&bare, false, false, 0);
            jpeg(&made, true, little != 0, turned);
            assert_int_equal(run(buf_bytes(&made)), ERR_OK);
            assert_false(has(&got, SECRET));
            assert_int_equal(got.len, bare.len + 36);
            assert_true(has(&got, "Exif"));
            buf_clear(&bare);
            buf_add_bytes(&bare, buf_bytes(&got));
            assert_int_equal(run(buf_bytes(&bare)), ERR_OK); /* again: it says the same */
            assert_true(bytes_equal(buf_bytes(&got), buf_bytes(&bare)));
            buf_free(&bare);
        }
    }
    for (unsigned turned = 0; turned < 2; turned++) { /* nothing to say */
        buf_clear(&made);
        jpeg(&made, true, true, turned == 0 ? 0 : 9);
        assert_int_equal(run(buf_bytes(&made)), ERR_OK);
        assert_false(has(&got, "Exif"));
    }
}

static void png_and_webp_too(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct buf bare;
        buf_init(&bare, ROOM);
        buf_clear(&made);
        (kind == 0 ? png : webp)(&bare, false);
        (kind == 0 ? png : webp)(&made, true);
        assert_int_equal(run(buf_bytes(&made)), ERR_OK);
        assert_true(clean);
        assert_true(bytes_equal(buf_bytes(&got), buf_bytes(&bare)));
        buf_free(&bare);
    }
}

static void other_kinds_are_copied_and_said_so(void **state)
{
    (void)state;
    static const char *const other[] = {("%PDF-1.7 " SECRET), "II*\0 a TIFF", "", "\xff\xd8",
                                        "RIFF"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        assert_int_equal(run(bytes_str(other[i])), ERR_OK);
        assert_false(clean);
        assert_true(bytes_equal(buf_bytes(&got), bytes_str(other[i])));
    }
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t len;
    } bad[] = {
        {"\xff\xd8\xff", 3},                                     /* nothing behind */
        {"\xff\xd8\xff\xd9", 4},                                 /* no picture in it */
        {"\xff\xd8\xff\xe0\0\1", 6},                             /* a length that is too small */
        {"\xff\xd8\xff\xe1\xff\xff" SECRET, 24},                 /* one that is too large */
        {"\xff\xd8\xff\xfe\0\2not a marker", 18},                /* text where a marker stands */
        {"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT0123456789", 26}, /* a chunk over the end */
        {"\x89PNG\r\n\x1a\n\0\0\0\0IENDcrc!", 20},
        {"RIFF\xff\xff\xff\xffWEBPVP8 \0\0\0\0", 20},
        {"RIFF\x04\0\0\0WEBP", 12},
        {"RIFF\x0c\0\0\0WEBPVP8 \xff\0\0\0", 20},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(run(bytes_make(bad[i].p, bad[i].len)), ERR_BAD_FORMAT);
}

/* Whatever stands in it: no read past the end (the sanitizer), no longer copy, and a second time nothing changes. */
static void survived(struct bytes in)
{
    struct buf once;
    if (run(in) != ERR_OK) return;
    assert_true(got.len <= in.len);
    buf_init(&once, ROOM);
    buf_add_bytes(&once, buf_bytes(&got));
    assert_int_equal(run(buf_bytes(&once)), ERR_OK);
    assert_true(bytes_equal(buf_bytes(&got), buf_bytes(&once)));
    buf_free(&once);
}

static void every_cut_and_many_flips_are_survived(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    printf("seed %" PRIu64 "\n", seed);
    for (int kind = 0; kind < 4; kind++) {
        buf_clear(&made);
        if (kind < 2)
            jpeg(&made, true, kind == 1, 6);
        else
            (kind == 2 ? png : webp)(&made, true);
        for (size_t n = 0; n <= made.len; n++)
            survived(bytes_make(made.p, n));
        for (int i = 0; i < 4000; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t at = (size_t)(seed >> 33) % made.len;
            uint8_t was = made.p[at];
            made.p[at] = (uint8_t)(seed >> 20);
            survived(buf_bytes(&made));
            if (i % 8 != 0) made.p[at] = was; /* some stay */
        }
    }
}

static void the_cap_of_the_copy_holds(void **state)
{
    (void)state;
    struct buf small;
    png(&made, false);
    buf_init(&small, made.len - 1);
    assert_int_equal(photo_clean(buf_bytes(&made), &small, &clean), ERR_TOO_LARGE);
    buf_free(&small);
    buf_init(&small, made.len);
    assert_int_equal(photo_clean(buf_bytes(&made), &small, &clean), ERR_OK);
    buf_free(&small);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_jpeg_keeps_its_lines_and_loses_its_place),
        T(how_it_is_turned_stays),
        T(png_and_webp_too),
        T(other_kinds_are_copied_and_said_so),
        T(what_is_no_picture_is_refused),
        T(every_cut_and_many_flips_are_survived),
        T(the_cap_of_the_copy_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

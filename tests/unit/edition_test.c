/* A catalogue on its way: what is cut into parts comes back whole, and nothing else is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "proto/edition.h"
#include "proto/key.h"

static void fill(uint8_t *p, size_t n, uint64_t x)
{
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = (uint8_t)x;
    }
}

static void edition_parts_make_the_archive_again(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 1000, ADMIN_PART_BYTES_MAX, 100000, CATALOGUE_ARCHIVE_BYTES_MAX};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        uint8_t *raw = malloc(sizes[k]);
        assert_non_null(raw);
        fill(raw, sizes[k], 88172645463325252u + k);
        struct bytes archive = bytes_make(raw, sizes[k]);
        struct admin_edition ed = {.edition = 1};
        struct buf frame, joined, back;
        buf_init(&frame, SIZE_MAX / 2);
        buf_init(&joined, SIZE_MAX / 2);
        buf_init(&back, CATALOGUE_ARCHIVE_BYTES_MAX);
        assert_int_equal(edition_squeeze(archive, &frame, &ed), ERR_OK);
        for (unsigned i = 0; i < ed.parts; i++) {
            struct admin_part part = edition_part(&ed, buf_bytes(&frame), i);
            assert_true(part.data.len <= ADMIN_PART_BYTES_MAX);
            buf_add_bytes(&joined, part.data);
        }
        assert_int_equal(edition_open(&ed, buf_bytes(&joined), &back), ERR_OK);
        assert_true(bytes_equal(buf_bytes(&back), archive));

        buf_clear(&back);
        joined.p[joined.len / 2] ^= 1; /* one bit on the way */
        assert_int_not_equal(edition_open(&ed, buf_bytes(&joined), &back), ERR_OK);
        joined.p[joined.len / 2] ^= 1;
        buf_clear(&back);
        ed.archive_bytes += 1; /* a size that is not the archive's */
        assert_int_not_equal(edition_open(&ed, buf_bytes(&joined), &back), ERR_OK);
        buf_free(&frame);
        buf_free(&joined);
        buf_free(&back);
        free(raw);
    }
}

static void edition_refuses_what_is_over_the_limit(void **state)
{
    (void)state;
    uint8_t *raw = calloc(1, CATALOGUE_ARCHIVE_BYTES_MAX + 1);
    assert_non_null(raw);
    struct admin_edition ed = {.edition = 1};
    struct buf frame, back;
    buf_init(&frame, SIZE_MAX / 2);
    buf_init(&back, SIZE_MAX / 2);
    assert_int_equal(edition_squeeze(bytes_make(raw, CATALOGUE_ARCHIVE_BYTES_MAX + 1), &frame, &ed),
                     ERR_TOO_LARGE);
    assert_int_equal(edition_squeeze(bytes_make(raw, CATALOGUE_ARCHIVE_BYTES_MAX), &frame, &ed),
                     ERR_OK);
    ed.archive_bytes = CATALOGUE_ARCHIVE_BYTES_MAX + 1;
    assert_int_equal(edition_open(&ed, buf_bytes(&frame), &back), ERR_TOO_LARGE);
    ed.archive_bytes = 1000; /* a bomb: more comes out than the edition says */
    assert_int_equal(edition_open(&ed, buf_bytes(&frame), &back), ERR_BAD_FORMAT);
    assert_true(back.len <= 1000);
    buf_free(&frame);
    buf_free(&back);
    free(raw);
}

int main(void)
{
    if (key_ready() != ERR_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edition_parts_make_the_archive_again),
        cmocka_unit_test(edition_refuses_what_is_over_the_limit),
    };
    return cmocka_run_group_tests_name("edition", tests, NULL, NULL);
}

/* Claims about common/sheet: rows read back, parts hold whole rows, nothing else is read. */
#include "common/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void rows_read_back(void **state)
{
    (void)state;
    struct buf b;
    struct sheet_row r;
    char text[SHEET_TEXT_ROOM];
    buf_init(&b, 1024);
    sheet_add(&(struct sheet_row){.line = 1, .total = true, .num = 12}, &b);
    sheet_add(&(struct sheet_row){.line = 1, .value = bytes_str("male"), .num = -3}, &b);
    sheet_add(&(struct sheet_row){.line = 1, .value = bytes_str(""), .num = 1}, &b);
    sheet_add(&(struct sheet_row){.line = 2, .total = true, .ratio = true, .num = 7, .den = 8}, &b);
    sheet_add(&(struct sheet_row){.line = 3, .total = true, .ratio = true}, &b);
    assert_string_equal(buf_cstr(&b),
                        "1\t=\t12\t-\n1\tmale\t-3\t-\n1\t\t1\t-\n2\t=\t7\t8\n3\t=\t0\t0");
    assert_int_equal(sheet_find(buf_bytes(&b), 1, false, bytes_str("male"), &r), ERR_OK);
    assert_int_equal(r.num, -3);
    assert_int_equal(sheet_find(buf_bytes(&b), 1, false, bytes_str(""), &r), ERR_OK);
    assert_int_equal(r.num, 1);
    assert_int_equal(sheet_find(buf_bytes(&b), 2, true, bytes_str(""), &r), ERR_OK);
    sheet_text(&r, text);
    assert_string_equal(text, "87.5");
    assert_int_equal(sheet_find(buf_bytes(&b), 3, true, bytes_str(""), &r), ERR_OK);
    sheet_text(&r, text);
    assert_string_equal(text, "");
    assert_int_equal(sheet_find(buf_bytes(&b), 4, true, bytes_str(""), &r), ERR_NOT_FOUND);
    buf_free(&b);
}

static void what_is_no_sheet_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1",          "1\t=\t12",      "1\t=\t12\t",   "1\t=\t012\t-",
        "0\t=\t1\t-", "1000\t=\t1\t-", "1\t=\t1\t-\n", "1\t=\t1\t-\t2",
        "x\t=\t1\t-", "1\t=\t1 \t-",   "1\t=\t+1\t-",  "1\t=\t99999999999999999999\t-",
        "1\t=\t\t-",  "\n1\t=\t1\t-",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sheet_row r;
        struct bytes rest = bytes_str(bad[i]);
        enum err e = sheet_next(&rest, &r);
        assert_int_equal(e, ERR_BAD_FORMAT);
    }
}

static void parts_hold_whole_rows(void **state)
{
    (void)state;
    for (size_t rows = 0; rows < 2600; rows += 37) {
        struct bytes parts[SHEET_PARTS];
        struct buf b, again;
        buf_init(&b, 64 * 1024);
        buf_init(&again, 64 * 1024);
        for (size_t i = 0; i < rows; i++)
            sheet_add(&(struct sheet_row){.line = 1 + (unsigned)i % 999,
                                          .total = true,
                                          .num = (int64_t)i},
                      &b);
        enum err e = sheet_split(buf_bytes(&b), parts);
        if (e == ERR_TOO_LARGE) {
            assert_true(b.len > SHEET_BYTES_MAX - SHEET_PARTS * 20);
        } else {
            assert_int_equal(e, ERR_OK);
            for (size_t k = 0; k < SHEET_PARTS; k++) {
                assert_true(parts[k].len <= SHEET_PART_BYTES_MAX);
                if (parts[k].len == 0) continue;
                if (again.len > 0) buf_add_str(&again, "\n");
                buf_add_bytes(&again, parts[k]);
            }
            assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&b)));
        }
        buf_free(&b);
        buf_free(&again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_read_back),
        cmocka_unit_test(what_is_no_sheet_is_refused),
        cmocka_unit_test(parts_hold_whole_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

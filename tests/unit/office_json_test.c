/* An office's list as a page sees it: sheets, fonts of before Unicode, and files that are none. */
#include "common/io/office_json.h"
#include "common/io/file.h"
#include "common/io/web_json.h"
#include "common/io/xlsx_read.h"
#include "hub/zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#include <cmocka.h>

static json_t *answer;

static const char *said(const char *key)
{
    return web_json_text(answer, key);
}

static void read_as(struct bytes file, const char *text, const char *sheet, const char *header)
{
    json_decref(answer);
    json_t *q = json_pack("{s:s, s:s, s:s}", "text", text, "sheet", sheet, "header", header);
    answer = office_json(file, q);
    json_decref(q);
    assert_non_null(answer);
}

static void read_it(struct bytes file)
{
    read_as(file, "", "", "");
}

static void refused(enum err e, const char *en)
{
    assert_int_equal(web_json_error_of(answer), e);
    if (strstr(said("en"), en) == NULL) fail_msg("%s", said("en"));
    if (strstr(said("vi"), "hưa nhập gì") == NULL) fail_msg("%s", said("vi"));
    assert_null(json_object_get(answer, "csv"));
}

static void book_of(unsigned sheets, struct buf *file)
{
    static const char path[] = "office_json_test.xlsx";
    lxw_workbook *book = workbook_new(path);
    for (unsigned i = 0; i < sheets; i++) {
        char name[32], text[32];
        snprintf(name, sizeof name, "Thôn %u", i + 1);
        snprintf(text, sizeof text, "dòng của %u", i + 1);
        lxw_worksheet *s = workbook_add_worksheet(book, name);
        worksheet_write_string(s, 0, 0, "full_name", NULL);
        worksheet_write_string(s, 1, 0, text, NULL);
    }
    lxw_worksheet *hidden = workbook_add_worksheet(book, "tạm");
    worksheet_hide(hidden);
    assert_int_equal(workbook_close(book), LXW_NO_ERROR);
    buf_init(file, XLSX_FILE_BYTES_MAX);
    assert_int_equal(file_read(path, XLSX_FILE_BYTES_MAX, file), ERR_OK);
    assert_int_equal(file_remove(path), ERR_OK);
}

static void a_sheet_is_chosen(void **state)
{
    (void)state;
    struct buf file;
    book_of(3, &file);
    read_it(buf_bytes(&file));
    assert_string_equal(said("kind"), "xlsx");
    assert_int_equal(json_array_size(json_object_get(answer, "sheets")), 3);
    assert_string_equal(json_string_value(json_array_get(json_object_get(answer, "sheets"), 2)),
                        "Thôn 3");
    assert_string_equal(said("csv"), "full_name\ndòng của 1\n");
    read_as(buf_bytes(&file), "", "3", "");
    assert_string_equal(said("csv"), "full_name\ndòng của 3\n");
    assert_int_equal(json_integer_value(json_object_get(answer, "sheet")), 3);
    read_as(buf_bytes(&file), "", "3", "2");
    assert_string_equal(said("csv"), "\ndòng của 3\n");
    read_as(buf_bytes(&file), "", "4", ""); /* the fourth is hidden */
    refused(ERR_BAD_INPUT, "no sheet of this number");
    buf_free(&file);
}

static void as_many_sheets_are_named_as_there_is_room(void **state)
{
    (void)state;
    struct buf file;
    for (unsigned n = XLSX_SHEETS_MAX; n <= XLSX_SHEETS_MAX + 1; n++) {
        book_of(n, &file);
        read_as(buf_bytes(&file), "", "65", "");
        if (n == XLSX_SHEETS_MAX)
            refused(ERR_BAD_INPUT, "no sheet of this number");
        else
            assert_string_equal(said("csv"), "full_name\ndòng của 65\n");
        read_it(buf_bytes(&file));
        assert_int_equal(json_array_size(json_object_get(answer, "sheets")), XLSX_SHEETS_MAX);
        buf_free(&file);
    }
}

static json_t *sample(size_t i, const char *key)
{
    return json_object_get(json_array_get(json_object_get(answer, "samples"), i), key);
}

static void old_fonts_are_found_and_shown(void **state)
{
    (void)state;
    /* Bytes of .VnTime, as a CSV of before Unicode has them. */
    read_it(bytes_str("full_name,note\nNguy\xD4n V\xA8n H\xEFng,\xAE\xD2 1\n"));
    assert_false(json_is_true(json_object_get(answer, "utf8")));
    assert_string_equal(said("guess"), "tcvn3");
    assert_string_equal(said("text"), "tcvn3");
    assert_string_equal(json_string_value(sample(0, "before")), "NguyÔn V¨n Hïng,®Ò 1");
    assert_string_equal(json_string_value(sample(0, "after")), "Nguyễn Văn Hùng,đề 1");
    assert_string_equal(said("csv"), "full_name,note\nNguyễn Văn Hùng,đề 1\n");
    /* Cells of VNI-Times, pasted. */
    read_it(bytes_str("full_name\tnote\nNguyeãn Vaên Huøng\tôû xaõ\n"));
    assert_true(json_is_true(json_object_get(answer, "utf8")));
    assert_string_equal(said("guess"), "vni");
    assert_string_equal(said("csv"), "full_name\tnote\nNguyễn Văn Hùng\tở xã\n");
    /* A person knows better. */
    read_as(bytes_str("full_name\nNguyeãn Huøng\n"), "unicode", "", "");
    assert_string_equal(said("guess"), "vni");
    assert_string_equal(said("text"), "unicode");
    assert_int_equal(json_array_size(json_object_get(answer, "samples")), 0);
    assert_string_equal(said("csv"), "full_name\nNguyeãn Huøng\n");
    read_it(bytes_str("\xEF\xBB\xBF"
                      "full_name\nNguyễn Văn Hùng\n"));
    assert_string_equal(said("guess"), "unicode");
    assert_string_equal(said("csv"), "full_name\nNguyễn Văn Hùng\n");
}

static void samples_are_few_and_short(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 100000);
    for (int i = 0; i < 20; i++) {
        for (int k = 0; k < 100; k++)
            buf_add_str(&text, "Huøng ");
        buf_add_str(&text, "\n");
    }
    read_it(buf_bytes(&text));
    assert_int_equal(json_array_size(json_object_get(answer, "samples")), OFFICE_JSON_SAMPLES);
    assert_true(json_string_length(sample(0, "before")) <= OFFICE_JSON_SAMPLE_BYTES);
    assert_true(json_string_length(sample(0, "after")) > 0);
    buf_free(&text);
}

static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0", "x", "-1", "65536", "1 ", "999999999999"};
    read_it(bytes_str("PK\3\4 and nothing behind it"));
    refused(ERR_BAD_INPUT, "broken or no .xlsx");
    read_it(bytes_str("\xD0\xCF\x11\xE0 a document of long ago"));
    refused(ERR_BAD_INPUT, "password");
    read_it(bytes_make("a\0b,c\n", 6));
    refused(ERR_BAD_INPUT, "no text");
    read_as(bytes_str("a\n1\n"), "tcvn4", "", "");
    refused(ERR_BAD_INPUT, "cannot be read");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        read_as(bytes_str("a\n1\n"), "", wrong[i], "");
        refused(ERR_BAD_INPUT, "cannot be read");
    }
    read_it(bytes_make(NULL, 0));
    assert_string_equal(said("csv"), "");
}

/* A few kilobytes that would be 20 MB of text. */
static void a_bomb_is_no_bomb(void **state)
{
    (void)state;
    struct hub_zip *z = NULL;
    struct buf file, sheet;
    static const char book[] =
        "<workbook xmlns:r=\"r\"><sheets><sheet name=\"a\" r:id=\"r1\"/></sheets></workbook>";
    static const char rels[] =
        "<Relationships><Relationship Id=\"r1\" Target=\"s.xml\"/></Relationships>";
    buf_init(&file, 1 << 20);
    buf_init(&sheet, 64 << 20);
    buf_add_str(&sheet, "<worksheet><sheetData>");
    for (int i = 0; i < 20; i++) {
        buf_add_str(&sheet, "<row>");
        for (int k = 0; k < 256; k++) {
            buf_add_str(&sheet, "<c t=\"str\"><v>");
            for (int n = 0; n < 64; n++)
                buf_add_str(&sheet,
                            "oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo");
            buf_add_str(&sheet, "</v></c>");
        }
        buf_add_str(&sheet, "</row>");
    }
    buf_add_str(&sheet, "</sheetData></worksheet>");
    assert_int_equal(hub_zip_open(&file, (struct date){2023, 1, 1}, &z), ERR_OK);
    assert_int_equal(hub_zip_add(z, "xl/workbook.xml", bytes_str(book)), ERR_OK);
    assert_int_equal(hub_zip_add(z, "xl/_rels/workbook.xml.rels", bytes_str(rels)), ERR_OK);
    assert_int_equal(hub_zip_add(z, "xl/s.xml", buf_bytes(&sheet)), ERR_OK);
    assert_int_equal(hub_zip_close(z, ERR_OK), ERR_OK);
    assert_true(file.len < 200000);
    read_it(buf_bytes(&file));
    refused(ERR_TOO_LARGE, "too large");
    buf_free(&sheet);
    buf_free(&file);
}

static void files_are_at_most_so_long(void **state)
{
    (void)state;
    char *text = malloc(OFFICE_JSON_FILE_BYTES + 1);
    assert_non_null(text);
    memset(text, 'a', OFFICE_JSON_FILE_BYTES + 1);
    for (size_t i = 99; i < OFFICE_JSON_FILE_BYTES; i += 100)
        text[i] = '\n';
    read_it(bytes_make(text, OFFICE_JSON_FILE_BYTES));
    assert_int_equal(web_json_error_of(answer), ERR_OK);
    read_it(bytes_make(text, OFFICE_JSON_FILE_BYTES + 1));
    refused(ERR_TOO_LARGE, "at most 7 MB");
    free(text);
    json_decref(answer);
    answer = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_is_chosen),
        cmocka_unit_test(as_many_sheets_are_named_as_there_is_room),
        cmocka_unit_test(old_fonts_are_found_and_shown),
        cmocka_unit_test(samples_are_few_and_short),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(a_bomb_is_no_bomb),
        cmocka_unit_test(files_are_at_most_so_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

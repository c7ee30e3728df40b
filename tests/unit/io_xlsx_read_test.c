/* Office workbooks: made by a library that offices' programs read, and by hand where it would not write such a file. */
#include "common/io/file.h"
#include "common/io/xlsx_read.h"
#include "hub/zip.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

#include <cmocka.h>

static struct buf out;
static struct xlsx_why why;

static enum err reading(struct bytes file, uint32_t first_row)
{
    if (out.max == 0) buf_init(&out, XLSX_TEXT_BYTES_MAX);
    buf_clear(&out);
    why = (struct xlsx_why){.vi = ""};
    return xlsx_read_csv(file, 1, first_row, &out, &why);
}

static void reads(struct bytes file, uint32_t first_row, const char *csv)
{
    assert_int_equal(reading(file, first_row), ERR_OK);
    assert_string_equal(buf_cstr(&out), csv);
}

static void refuses(struct bytes file, enum err e, const char *en)
{
    assert_int_equal(reading(file, 1), e);
    assert_non_null(strstr(why.en, en));
    assert_true(strlen(why.vi) > 10);
}

/* ---- by the library ---- */

static void by_library(void (*fill)(lxw_workbook *), struct buf *file)
{
    static const char path[] = "io_xlsx_read_test.xlsx";
    lxw_workbook *book = workbook_new(path);
    assert_non_null(book);
    fill(book);
    assert_int_equal(workbook_close(book), LXW_NO_ERROR);
    buf_init(file, XLSX_FILE_BYTES_MAX + 1);
    assert_int_equal(file_read(path, XLSX_FILE_BYTES_MAX, file), ERR_OK);
    assert_int_equal(file_remove(path), ERR_OK);
}

static void people(lxw_workbook *book)
{
    lxw_worksheet *hidden = workbook_add_worksheet(book, "tạm"),
                  *s = workbook_add_worksheet(book, "Danh sách");
    lxw_format *day = workbook_add_format(book), *own = workbook_add_format(book),
               *percent = workbook_add_format(book);
    format_set_num_format_index(day, 14);
    format_set_num_format(own, "\"ngày\" dd\\/mm\\/yyyy");
    format_set_num_format(percent, "0.00\" d\"");
    worksheet_hide(hidden);
    worksheet_activate(s);
    worksheet_set_first_sheet(s);
    worksheet_write_string(hidden, 0, 0, "not to be read", NULL);
    worksheet_write_string(s, 0, 0, "DANH SÁCH, năm 2023", NULL);
    worksheet_write_string(s, 2, 0, "full_name", NULL);
    worksheet_write_string(s, 2, 1, "dob", NULL);
    worksheet_write_string(s, 2, 2, "note", NULL);
    worksheet_write_string(s, 3, 0, "Nguyễn Văn \"Hùng\", ông", NULL);
    worksheet_write_number(s, 3, 1, 31121, day);
    worksheet_write_string(s, 4, 0, "=cmd|' /C calc'!A0", NULL);
    worksheet_write_number(s, 4, 1, 1990, NULL);
    worksheet_write_string(s, 4, 2, "dòng một\ndòng hai", NULL);
    worksheet_write_number(s, 6, 0, 75082123456, NULL);
    worksheet_write_number(s, 6, 1, 45000.75, own);
    worksheet_write_number(s, 6, 2, 0.1 + 0.2, percent);
    worksheet_write_boolean(s, 7, 0, 1, NULL);
    worksheet_write_formula_num(s, 7, 2, "=1+1", NULL, 2);
}

static void test_a_list_of_people(void **state)
{
    (void)state;
    struct buf file;
    by_library(people, &file);
    reads(buf_bytes(&file), 3,
          "\n\nfull_name,dob,note\n\"Nguyễn Văn \"\"Hùng\"\", ông\",15/03/1985,\n"
          "=cmd|' /C calc'!A0,1990,dòng một dòng hai\n\n75082123456,15/03/2023,\"0,3\"\n1,,2\n");
    reads(buf_bytes(&file), 1,
          "\"DANH SÁCH, năm 2023\"\n\nfull_name,dob,note\n\"Nguyễn Văn \"\"Hùng\"\", "
          "ông\",15/03/1985\n"
          "=cmd|' /C calc'!A0,1990,dòng một dòng hai\n\n75082123456,15/03/2023,\"0,3\"\n1,,2\n");
    buf_free(&file);
}

/* Cut anywhere, or with any bit changed: an answer, and no crash. */
static void test_damage(void **state)
{
    (void)state;
    struct buf file;
    struct rng rng = {20261122};
    print_message("seed %llu\n", (unsigned long long)rng.s);
    by_library(people, &file);
    for (size_t len = 0; len < file.len; len += 1 + len / 64)
        assert_int_not_equal(reading(bytes_make(file.p, len), 1), ERR_OK);
    for (int round = 0; round < 3000; round++) {
        size_t at = rng_below(&rng, (unsigned)file.len);
        uint8_t old = file.p[at];
        file.p[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
        enum err e = reading(buf_bytes(&file), 1);
        assert_true(e == ERR_OK || e == ERR_BAD_INPUT || e == ERR_TOO_LARGE);
        assert_true(e == ERR_OK || why.en[0] != '\0');
        file.p[at] = old;
    }
    buf_free(&file);
}

/* ---- by hand ---- */

#define NS "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define WORKBOOK                                                                                   \
    "<workbook " NS                                                                                \
    " xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">%s<sheets>"  \
    "<sheet name=\"a\" sheetId=\"1\" r:id=\"rId7\"/></sheets></workbook>"

static void by_hand(const char *properties, const char *texts, const char *rows, struct buf *file)
{
    static const char rels[] =
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
        "<Relationship Id=\"rId7\" Target=\"/xl/worksheets/one.xml\"/></Relationships>";
    static const char styles[] =
        "<styleSheet " NS "><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs>"
        "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
    struct hub_zip *z = NULL;
    struct buf text;
    buf_init(file, XLSX_FILE_BYTES_MAX + 1);
    buf_init(&text, XLSX_PART_BYTES_MAX + 4096);
    assert_int_equal(hub_zip_open(file, (struct date){2023, 1, 1}, &z), ERR_OK);
    buf_printf(&text, WORKBOOK, properties);
    assert_int_equal(hub_zip_add(z, "xl/workbook.xml", buf_bytes(&text)), ERR_OK);
    assert_int_equal(hub_zip_add(z, "xl/_rels/workbook.xml.rels", bytes_str(rels)), ERR_OK);
    assert_int_equal(hub_zip_add(z, "xl/styles.xml", bytes_str(styles)), ERR_OK);
    if (texts != NULL)
        assert_int_equal(hub_zip_add(z, "xl/sharedStrings.xml", bytes_str(texts)), ERR_OK);
    buf_clear(&text);
    buf_add_str(&text, "<worksheet " NS "><sheetData>");
    buf_add_str(&text, rows);
    buf_add_str(&text, "</sheetData></worksheet>");
    assert_int_equal(hub_zip_add(z, "xl/worksheets/one.xml", buf_bytes(&text)), ERR_OK);
    assert_int_equal(hub_zip_close(z, ERR_OK), ERR_OK);
    buf_free(&text);
}

static void rows_read(const char *properties, const char *texts, const char *rows, const char *csv)
{
    struct buf file;
    by_hand(properties, texts, rows, &file);
    reads(buf_bytes(&file), 1, csv);
    buf_free(&file);
}

static void rows_refused(const char *texts, const char *rows, enum err e, const char *en)
{
    struct buf file;
    by_hand("", texts, rows, &file);
    refuses(buf_bytes(&file), e, en);
    buf_free(&file);
}

static void test_forms_of_cells(void **state)
{
    (void)state;
    rows_read("", NULL,
              "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><r><t>Hà "
              "</t></r><r><t>Nội</t></r></is></c></row>",
              "Hà Nội\n");
    rows_read("",
              "<sst " NS "><si><t>một</t></si><si><t>ha</t><rPh><t>x</t></rPh><t>i</t></si></sst>",
              "<row><c t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c></row>", "hai,một\n");
    rows_read("", NULL,
              "<row><c t=\"str\"><f>A1</f><v>kết quả</v></c><c t=\"e\"><v>#REF!</v></c></row>",
              "kết quả,#REF!\n");
    rows_read("", NULL, "<row><c><v>1E+5</v></c><c><v>-2.50</v></c><c><v>chữ</v></c></row>",
              "100000,\"-2,5\",chữ\n");
    rows_read(
        "", NULL,
        "<row><c s=\"1\"><v>1</v></c><c s=\"1\"><v>61</v></c><c s=\"1\"><v>9999999</v></c></row>",
        "01/01/1900,01/03/1900,9999999\n");
    rows_read("<workbookPr date1904=\"1\"/>", NULL, "<row><c s=\"1\"><v>1462</v></c></row>",
              "02/01/1908\n");
    rows_read("", NULL, "<row><c s=\"99\"><v>45000</v></c></row>",
              "45000\n"); /* a style that is not there */
    rows_read("", NULL, "", "");
}

static void test_what_is_refused(void **state)
{
    (void)state;
    rows_refused(NULL, "<row><c t=\"s\"><v>0</v></c></row>", ERR_BAD_INPUT, "broken");
    rows_refused("<sst " NS "><si><t>a</t></si></sst>", "<row><c t=\"s\"><v>1</v></c></row>",
                 ERR_BAD_INPUT, "broken");
    rows_refused(NULL, "<row r=\"2\"/><row r=\"2\"/>", ERR_BAD_INPUT, "broken");
    rows_refused(NULL, "<row><c r=\"B1\"/><c r=\"A1\"/></row>", ERR_BAD_INPUT, "broken");
    rows_refused(NULL, "<c r=\"A1\"/>", ERR_BAD_INPUT, "broken");
    rows_refused(NULL, "<row r=\"0\"/>", ERR_BAD_INPUT, "broken");
    rows_refused("<!DOCTYPE sst [<!ENTITY a \"aaaaaaaaaa\">]><sst " NS "><si><t>&a;</t></si></sst>",
                 "", ERR_BAD_INPUT, "broken");
    rows_refused("<!DOCTYPE sst SYSTEM \"file:///etc/passwd\"><sst " NS "/>", "", ERR_BAD_INPUT,
                 "broken");
    refuses(bytes_str(""), ERR_BAD_INPUT, "broken");
    refuses(bytes_make("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8), ERR_BAD_INPUT, "password");
}

static void test_limits(void **state)
{
    (void)state;
    struct buf text, file;
    buf_init(&text, XLSX_PART_BYTES_MAX + 4096);
    for (size_t len = XLSX_CELL_BYTES_MAX; len <= XLSX_CELL_BYTES_MAX + 1; len++) {
        buf_clear(&text);
        buf_printf(&text, "<row><c t=\"str\"><v>%0*d</v></c></row>", (int)len, 0);
        if (len == XLSX_CELL_BYTES_MAX) {
            by_hand("", NULL, buf_cstr(&text), &file);
            assert_int_equal(reading(buf_bytes(&file), 1), ERR_OK);
            assert_int_equal(out.len, len + 1);
            buf_free(&file);
        } else {
            rows_refused(NULL, buf_cstr(&text), ERR_TOO_LARGE, "4,096");
        }
    }
    rows_read("", NULL, "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", "1\n");
    by_hand("", NULL, "<row r=\"100000\"><c r=\"IV100000\"><v>1</v></c></row>",
            &file); /* the last of both */
    assert_int_equal(reading(buf_bytes(&file), 1), ERR_OK);
    assert_int_equal(out.len, XLSX_ROWS_MAX - 1 + XLSX_COLUMNS_MAX + 1);
    buf_free(&file);
    rows_refused(NULL, "<row r=\"100001\"><c><v>1</v></c></row>", ERR_TOO_LARGE, "100,000 rows");
    rows_refused(NULL, "<row><c r=\"IW1\"><v>1</v></c></row>", ERR_TOO_LARGE, "256 columns");
    rows_refused(NULL, "<row><c r=\"ZZZZZZZZZZZZZZZZ1\"><v>1</v></c></row>", ERR_TOO_LARGE,
                 "256 columns");
    /* 128 MiB of blanks in some 130 KiB */
    buf_clear(&text);
    uint8_t *blanks = buf_room(&text, XLSX_PART_BYTES_MAX);
    assert_non_null(blanks);
    memset(blanks, ' ', XLSX_PART_BYTES_MAX);
    rows_refused(NULL, buf_cstr(&text), ERR_TOO_LARGE, "128 MiB");
    struct buf big;
    buf_init(&big, XLSX_FILE_BYTES_MAX + 1);
    memset(buf_room(&big, XLSX_FILE_BYTES_MAX + 1), 'x', XLSX_FILE_BYTES_MAX + 1);
    refuses(buf_bytes(&big), ERR_TOO_LARGE, "32 MiB");
    refuses(bytes_make(big.p, XLSX_FILE_BYTES_MAX), ERR_BAD_INPUT, "broken");
    buf_free(&big);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_of_people), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_forms_of_cells),   cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

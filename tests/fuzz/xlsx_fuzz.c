/*
 * Feeds bytes to the workbook reader of common/io/xlsx_read.
 *
 * Input: byte 0 chooses (modulo 8)
 *   0  the whole file
 *   1  the sheet of a sound workbook
 *   2  its shared texts, of which the sheet shows the first two
 *   3  its styles, with which the sheet shows two numbers
 *   4  its list of sheets
 *
 * and its two highest bits the sheet that is read: the first to the fourth.
 *
 * Checked: what is accepted is CSV without a flaw, at most as many rows and columns as the limits say; names of
 * sheets are text, no more of them than there is room for, and none when the file is refused.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/csv.h"
#include "common/io/xlsx_read.h"
#include "common/text.h"
#include "hub/zip.h"

#define NS "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define OD "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PR "http://schemas.openxmlformats.org/package/2006/relationships"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct hub_zip *z, const char *name, struct bytes content)
{
    if (hub_zip_add(z, name, content) != ERR_OK) abort();
}

static void build(unsigned part, struct bytes in, struct buf *file)
{
    struct hub_zip *z = NULL;
    if (hub_zip_open(file, (struct date){2023, 1, 1}, &z) != ERR_OK) abort();
    add(z, "xl/workbook.xml",
        part == 4 ? in
                  : bytes_str("<workbook " NS " xmlns:r=\"" OD
                              "\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets>"
                              "</workbook>"));
    add(z, "xl/_rels/workbook.xml.rels",
        bytes_str("<Relationships xmlns=\"" PR
                  "\"><Relationship Id=\"r1\" Target=\"s.xml\"/></Relationships>"));
    add(z, "xl/s.xml",
        part == 1
            ? in
            : bytes_str("<worksheet " NS
                        "><sheetData><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>"
                        "<row><c s=\"1\"><v>45000.5</v></c><c "
                        "s=\"2\"><v>-1</v></c></row></sheetData></worksheet>"));
    add(z, "xl/sharedStrings.xml",
        part == 2 ? in : bytes_str("<sst " NS "><si><t>a</t></si><si><t>b</t></si></sst>"));
    if (part == 3) add(z, "xl/styles.xml", in);
    if (hub_zip_close(z, ERR_OK) != ERR_OK) abort();
}

static void check_csv(struct bytes text)
{
    struct csv_reader r;
    struct csv_row row;
    csv_open(&r, ',');
    csv_feed(&r, text);
    enum err e = csv_next(&r, &row);
    while (e == ERR_OK || e == ERR_AGAIN) {
        assert(e == ERR_AGAIN || (row.line <= XLSX_ROWS_MAX && row.count <= XLSX_COLUMNS_MAX));
        if (e == ERR_AGAIN) csv_finish(&r);
        e = csv_next(&r, &row);
    }
    assert(e == ERR_NOT_FOUND);
    csv_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xlsx_why why;
    struct buf file, out;
    if (size == 0) return 0;
    buf_init(&file, XLSX_FILE_BYTES_MAX);
    buf_init(&out, XLSX_TEXT_BYTES_MAX);
    struct bytes in = bytes_make(data + 1, size - 1);
    unsigned part = data[0] % 8u;
    if (part >= 1 && part <= 4) {
        build(part, in, &file);
        in = buf_bytes(&file);
    }
    struct xlsx_sheets sheets;
    if (xlsx_read_sheets(in, &sheets, &why) != ERR_OK) assert(sheets.count == 0);
    assert(sheets.count <= XLSX_SHEETS_MAX);
    for (size_t i = 0; i < sheets.count; i++)
        assert(text_utf8_prefix(bytes_str(sheets.names[i])) == strlen(sheets.names[i]));
    enum err e = xlsx_read_csv(in, 1 + data[0] / 64u, 1, &out, &why);
    if (e == ERR_OK) check_csv(buf_bytes(&out));
    buf_free(&file);
    buf_free(&out);
    return 0;
}

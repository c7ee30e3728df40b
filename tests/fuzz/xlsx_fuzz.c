/*
 * Feeds bytes to the workbook reader of common/io/xlsx_read.
 *
 * Input: byte 0 chooses (modulo 4)
 *   0  the whole file
 *   1  the sheet of a sound workbook
 *   2  its shared texts, of which the sheet shows the first two
 *   3  its styles, with which the sheet shows two numbers
 *
 * Checked: what is accepted is CSV without a flaw, at most as many rows and columns as the limits say.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/csv.h"
#include "common/io/xlsx_read.h"
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
        bytes_str("<workbook " NS " xmlns:r=\"" OD
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
    if (data[0] % 4 != 0) build(data[0] % 4, in, &file);
    enum err e = xlsx_read_csv(data[0] % 4 != 0 ? buf_bytes(&file) : in, 1, 1, &out, &why);
    if (e == ERR_OK) check_csv(buf_bytes(&out));
    buf_free(&file);
    buf_free(&out);
    return 0;
}

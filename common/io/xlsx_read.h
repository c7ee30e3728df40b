/*
 * Reads a sheet of an office workbook (.xlsx: ECMA-376 in a zip) as CSV text, row for row: row 7 of the
 * sheet is line 7 of the text, so that a mistake can be named by the row a person sees.
 *
 * Cells come as they are shown as far as that is safe: dates as dd/mm/yyyy, whole numbers without
 * exponent, fractions with a comma, TRUE as 1; formulas by their last result. Breaks inside a cell
 * become blanks. A cell that holds an error (#REF!) comes as that text: the check of its field refuses it.
 *
 * Everything in the file is hostile until read: sizes are checked before anything is unpacked, a
 * DTD ends the reading, and nothing outside of the workbook is ever opened.
 *
 * Ownership: the file is borrowed; the text goes to the caller's struct buf.
 * Threads:   any.   Units: bytes, rows and columns from 1.
 * Limits:    XLSX_*.
 */
#ifndef DONGBO_COMMON_IO_XLSX_READ_H
#define DONGBO_COMMON_IO_XLSX_READ_H

#include "common/buf.h"

#define XLSX_FILE_BYTES_MAX 33554432u  /* of the file */
#define XLSX_PART_BYTES_MAX 134217728u /* of one part of it, unpacked */
#define XLSX_TEXT_BYTES_MAX 67108864u  /* of all shared texts; of the CSV */
#define XLSX_CELL_BYTES_MAX 4096u      /* of one cell's text; longer is an error */
#define XLSX_ROWS_MAX       100000u
#define XLSX_COLUMNS_MAX    256u
#define XLSX_STYLES_MAX     65536u /* cell formats */
#define XLSX_SHEETS_MAX                                                                            \
    64u /* visible sheets that are named; one behind them can be read all the same */
#define XLSX_SHEET_ROOM 128u /* bytes of a sheet's name, with its terminator */

struct xlsx_why { /* for the person */
    char vi[200];
    char en[200];
};

struct xlsx_sheets {
    size_t count; /* visible sheets, at most XLSX_SHEETS_MAX */
    char names[XLSX_SHEETS_MAX][XLSX_SHEET_ROOM];
};

/* The visible sheets in their order. Errors as below; after one *out is all zeros. */
MUST_CHECK enum err xlsx_read_sheets(struct bytes file, struct xlsx_sheets *out,
                                     struct xlsx_why *why);

/*
 * Append visible sheet number `sheet` (from 1) as CSV (UTF-8, commas). Rows above `first_row` (a title block; 1
 * for none) become empty lines.
 *
 * ERR_BAD_INPUT  no workbook, a broken one, one with a password, one without that sheet: *why says it.
 * ERR_TOO_LARGE  over a limit: *why names it.
 * ERR_NOMEM      out of memory; *why is untouched.
 * After an error `out` holds what was read so far: drop it.
 */
MUST_CHECK enum err xlsx_read_csv(struct bytes file, uint32_t sheet, uint32_t first_row,
                                  struct buf *out, struct xlsx_why *why);

#endif

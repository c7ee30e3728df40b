/*
 * What import reads: a CSV file as it is, in the fonts of before Unicode, or an office workbook;
 * and which of its columns are which fields. docs/node.md, import.
 *
 * Ownership: results go to the caller's struct buf and json_t.   Threads: main thread.
 * Limits:    XLSX_* for workbooks; IMPORT_FILE_TEXT_MAX for a text in an old font.
 */
#ifndef DONGBO_COMMON_IO_IMPORT_FILE_H
#define DONGBO_COMMON_IO_IMPORT_FILE_H

#include "common/io/cli.h"

#include <stdio.h>

#define IMPORT_FILE_TEXT_MAX 67108864u /* of a file that is read whole, as CSV text */

/* Do the options go with such a file? ERR_USAGE, told: --sheet of a file that has none ... */
MUST_CHECK enum err import_file_options(struct cli *c, const char *file, bool ndjson);

/* Whether the file must be read whole by import_file_read(): .xlsx, or --text tcvn3 or vni. */
bool import_file_whole(const struct cli *c, const char *file);

/*
 * Append the file's rows to `csv` as CSV text in UTF-8: line n is row n of the file. An answer
 * other than ERR_OK was told to the person; nothing is imported then.
 */
MUST_CHECK enum err import_file_read(struct cli *c, const char *file, struct buf *csv);

struct import_file { /* a CSV file that is read in pieces; private */
    FILE *f;
    uint8_t *p;
    size_t len;     /* bytes at `p` that were not handed out */
    uint32_t above; /* lines above the names, still to come */
};

/*
 * Begin to read CSV from `f`, which stays the caller's; import_file_close() always. The first piece is read and
 * looked at: what looks like an old font or UTF-16 is refused, unless --text unicode says that it is right. What an
 * office program wrote (.xls, or a zip: .xlsx, .ods, .docx) is refused by its bytes, whatever it is called.
 *
 * ERR_BAD_INPUT, ERR_USAGE (--header): told, nothing is imported.   ERR_NOMEM.
 */
MUST_CHECK enum err import_file_open(struct cli *c, FILE *f, struct import_file *t);
/* The next piece, never empty, valid until the next call; lines above --header are empty. ERR_NOT_FOUND: the end;
 * ERR_IO. */
MUST_CHECK enum err import_file_piece(struct import_file *t, struct bytes *piece);
void import_file_close(struct import_file *t);

/*
 * Rename the columns (an array of strings, changed in place) of `type` to names of fields: by
 * --map "COLUMN=field", else by the field's Vietnamese or English label, or what the catalogue's list
 * `import_heading` calls it, when just one has it. A column that --map gives no field becomes "".
 * `catalogue` is what the verb of that name answers.
 *
 * ERR_NOMEM; told, nothing is imported: ERR_USAGE (--map names a column that is not there), ERR_BAD_INPUT (a column
 * that the type does not have, or no such type).
 */
MUST_CHECK enum err import_file_columns(struct cli *c, const json_t *catalogue, const char *type,
                                        json_t *columns);

#endif

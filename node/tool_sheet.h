/*
 * What import reads: a CSV file as it is, in the fonts of before Unicode, or an office workbook;
 * and which of its columns are which fields. docs/node.md, import.
 *
 * Ownership: results go to the caller's struct buf and json_t.   Threads: main thread.
 * Limits:    XLSX_* for workbooks; TOOL_SHEET_BYTES_MAX for a text in an old font.
 */
#ifndef DONGBO_NODE_TOOL_SHEET_H
#define DONGBO_NODE_TOOL_SHEET_H

#include "node/tool.h"

#define TOOL_SHEET_BYTES_MAX 67108864u /* of a file that is read whole, as CSV text */

/* Whether the file must be read whole by node_sheet_read(): .xlsx, or --text. */
bool node_sheet_whole(const struct cli *c, const char *file);

/*
 * Append the file's rows to `csv` as CSV text in UTF-8: line n is row n of the file. An answer
 * other than ERR_OK was told to the person; nothing is imported then.
 */
MUST_CHECK enum err node_sheet_read(struct cli *c, const char *file, struct buf *csv);

/*
 * Rename the columns (an array of strings, changed in place) of `type` to names of fields: by
 * --map "COLUMN=field", else by the field's Vietnamese or English label when just one has it. A
 * column that --map gives no field becomes "".
 *
 * ERR_NOMEM, ERR_USAGE (--map names a column that is not there; told), or what asking for the
 * catalogue answered (told).
 */
MUST_CHECK enum err node_sheet_columns(struct cli *c, struct node_tool *t, const char *type,
                                       json_t *columns);

#endif

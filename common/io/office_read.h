/*
 * What an office sends as a list, as CSV text in UTF-8: a workbook, a CSV in Unicode, or either in a font of
 * before Unicode. The tools and the pages read through here alone.
 *
 *   bytes -> office_read_text() -> text as it stands in the file -> legacy_text_guess(), a person
 *         -> office_read_decode() -> text
 *
 * Ownership: inputs are borrowed; texts go to the caller's struct buf.   Threads: any.
 * Units:     rows and sheets from 1.   Limits: XLSX_*, and the cap of the buffer.
 */
#ifndef DONGBO_COMMON_IO_OFFICE_READ_H
#define DONGBO_COMMON_IO_OFFICE_READ_H

#include "common/io/xlsx_read.h"
#include "common/legacy_text.h"

#define OFFICE_TEXT_BYTES_MAX 67108864u /* of a file as CSV text */

/* Whether these bytes begin like a workbook: a zip, or what an office program of before 2007 wrote. */
bool office_read_is_book(struct bytes file);

/*
 * Append the file's rows as text: line n is row n. Rows above `first_row` become empty lines. Bytes that are no
 * UTF-8 are taken as the letters that an old font draws; *latin (may be NULL): it was so.
 *   in  book   a workbook, of which sheet number `sheet` is read; else text
 *
 * ERR_BAD_INPUT  no workbook (*why says it), or a text with NUL bytes: no text (*why says that too).
 * ERR_TOO_LARGE  over a limit; *why names it where it is one of the workbook.
 * ERR_NOMEM
 */
MUST_CHECK enum err office_read_text(struct bytes file, bool book, uint32_t sheet,
                                     uint32_t first_row, struct buf *out, bool *latin,
                                     struct xlsx_why *why);

/* The whole text out of its font, some lines at a time. ERR_TOO_LARGE: also a line over 256 KiB.
 * ERR_BAD_INPUT: no UTF-8. ERR_NOMEM. */
MUST_CHECK enum err office_read_decode(enum legacy_text kind, struct bytes in, struct buf *out);

#endif

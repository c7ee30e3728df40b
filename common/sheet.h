/*
 * A sheet of figures as text: what a unit submitted, the same bytes at node and hub. SPEC 14.4.
 *
 *   LINE TAB VALUE TAB NUM TAB DEN     one row a figure, in the order of the form, LF between rows
 *
 * VALUE is "=" for the line's total, else the value of its breakdown ("" = not stated), in byte
 * order; DEN is "-" unless the figure is a ratio.
 *
 * Ownership: rows borrow the text they are read from.   Threads: any, pure.
 * Limits:    SHEET_*.
 */
#ifndef DONGBO_COMMON_SHEET_H
#define DONGBO_COMMON_SHEET_H

#include "common/buf.h"

enum {
    SHEET_PARTS = 4,             /* text fields of a report that hold one */
    SHEET_PART_BYTES_MAX = 4096, /* bytes of each (SPEC 4.12) */
    SHEET_BYTES_MAX = SHEET_PARTS * SHEET_PART_BYTES_MAX,
    SHEET_VALUE_BYTES_MAX = 63, /* of a breakdown */
};

struct sheet_row {
    unsigned line;
    bool total;
    struct bytes value;
    bool ratio;
    int64_t num;
    int64_t den; /* ratios only */
};

/* Append a row; what may not stand in it (a tab, a line end, "=") becomes '?'. Errors are the
 * buffer's. */
void sheet_add(const struct sheet_row *row, struct buf *out);

/* Take the next row off `rest`. ERR_NOT_FOUND: there is none more; ERR_BAD_FORMAT. */
MUST_CHECK enum err sheet_next(struct bytes *rest, struct sheet_row *row);

/* The row of a line and value. ERR_NOT_FOUND; ERR_BAD_FORMAT. */
MUST_CHECK enum err sheet_find(struct bytes sheet, unsigned line, bool total, struct bytes value,
                               struct sheet_row *row);

/* Cut into parts of whole rows; an LF between two parts is in neither.
 * ERR_TOO_LARGE: it does not fit SHEET_PARTS of them. */
MUST_CHECK enum err sheet_split(struct bytes sheet, struct bytes parts[static SHEET_PARTS]);

/* Text of a figure: "12"; of a ratio the percentage with one decimal, halves away from zero: "87.5";
 * "" over nothing. */
enum { SHEET_TEXT_ROOM = 28 };
void sheet_text(const struct sheet_row *row, char out[static SHEET_TEXT_ROOM]);

#endif

/*
 * Reading and writing tables as CSV (RFC 4180), in pieces of any size.
 *
 * The reader is strict, bounded, and goes on after an error. A row that is not in order is handed
 * out with its flaw: line, column and field, and the raw bytes of that one physical line, so that
 * it can be put into a file of rows to correct. Reading resumes at the next physical line: a
 * forgotten quote then costs one row, not the rest of the file. The price: if the flaw stands in
 * the later lines of a quoted field, those lines come out as rows of their own; the caller compares
 * the number of columns with the header's, which also tells.
 *
 * It accepts LF and CR LF, a byte order mark at the beginning, quoted fields with line breaks and
 * doubled quotes, and a last line without an end. Empty lines are skipped. How the bytes were cut
 * into pieces never changes a result.
 *
 * Ownership: the reader keeps copies of what it still needs; what it hands out is valid until the
 * next call. Threads:   one at a time. Units:     lines, columns and fields count from 1; a column
 * is a code point. Limits:    CSV_FIELD_BYTES_MAX, CSV_COLUMNS_MAX, CSV_ROW_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_CSV_H
#define DONGBO_COMMON_CSV_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

enum {
    CSV_FIELD_BYTES_MAX = 65536, /* bytes of one field, quoting removed */
    CSV_COLUMNS_MAX = 256,       /* fields of one row */
    CSV_ROW_BYTES_MAX = 1048576, /* bytes of one row as it stands in the file, line end included */
};

/* X(name, text for the log, text for the officer) */
#define CSV_FLAW_LIST(X)                                                                           \
    X(NONE, "no flaw", "Không có lỗi")                                                             \
    X(UNTERMINATED, "quote is never closed", "Dấu ngoặc kép mở ra nhưng không đóng lại")           \
    X(STRAY_QUOTE, "quote in the wrong place", "Dấu ngoặc kép đặt sai chỗ")                        \
    X(STRAY_CR, "carriage return without line feed", "Ký tự xuống dòng (CR) đặt sai chỗ")          \
    X(UTF8, "not UTF-8: save the file as CSV UTF-8",                                               \
      "Không phải UTF-8: hãy lưu lại tệp dạng CSV UTF-8")                                          \
    X(FIELD_SIZE, "field over 64 KiB (or its quote is never closed)",                              \
      "Ô dài quá 64 KiB (hoặc thiếu dấu ngoặc kép đóng)")                                          \
    X(COLUMNS, "over 256 columns", "Quá 256 cột")                                                  \
    X(ROW_SIZE, "row over 1 MiB", "Dòng dài quá 1 MiB")

enum csv_flaw_kind {
#define CSV_X(name, en, vi) CSV_FLAW_##name,
    CSV_FLAW_LIST(CSV_X)
#undef CSV_X
        CSV_FLAW_COUNT
};

struct csv_flaw {
    enum csv_flaw_kind kind;
    uint64_t
        line; /* physical line of the flaw: of the opening quote, the byte, the field's begin */
    uint64_t column; /* code points before it on that line, plus 1 */
    size_t field;    /* the field it stands in */
};

struct csv_row {
    const struct bytes *fields; /* `count` of them; none in a row with a flaw */
    size_t count;
    uint64_t line; /* physical line where the row begins */
    struct bytes
        raw; /* as it stood in the file, without the line end; with a flaw: its first line only */
    bool raw_cut; /* that line was over CSV_ROW_BYTES_MAX and `raw` is its start */
    struct csv_flaw flaw;
};

enum csv_state {
    CSV_MARK,   /* at the beginning, where a byte order mark may stand */
    CSV_GUESS,  /* looking through the header line for the separator */
    CSV_FIELD,  /* at the first byte of a field */
    CSV_PLAIN,  /* in a field without quotes */
    CSV_QUOTED, /* in a quoted field */
    CSV_QUOTE,  /* behind a quote in a quoted field: its end, or the first half of a doubled one */
    CSV_RETURN, /* behind a CR outside of quotes */
    CSV_SKIP,   /* over the rest of the first line of a row with a flaw */
};

/* All of it is private to csv.c. */
struct csv_reader {
    char separator; /* 0 until guessed */
    enum csv_state state;
    bool ended;      /* no piece will follow */
    bool handed;     /* the row at hand was given out: the next call begins another */
    struct bytes in; /* rest of the caller's piece */
    struct buf raw;  /* the row at hand from `start`, read up to `pos`, and bytes behind it */
    size_t start;
    size_t pos;
    size_t dropped;   /* bytes of an over-long line that were not kept */
    uint64_t line;    /* physical line of `start` */
    uint64_t lines;   /* line ends between `start` and `pos` */
    struct buf cells; /* the fields of the row at hand, quoting removed, back to back */
    size_t count;     /* fields ended */
    size_t begin[CSV_COLUMNS_MAX]; /* of each field begun: offset in the row */
    size_t end[CSV_COLUMNS_MAX];   /* of each field ended: offset in `cells` */
    struct bytes fields[CSV_COLUMNS_MAX];
    struct csv_flaw flaw;
    size_t guess[3]; /* separators of each kind in the header line */
    bool guess_quoted;
};

/* `separator` is ',', ';' or TAB, or 0 to take the one that the first line has most of (',' if
 * none). csv_close() releases the memory and may be called twice. */
void csv_open(struct csv_reader *r, char separator);
void csv_close(struct csv_reader *r);

/* Give the next piece, borrowed until csv_next() answers ERR_AGAIN; only after it answered that, or
 * first. */
void csv_feed(struct csv_reader *r, struct bytes piece);

/* Say that no piece follows. */
void csv_finish(struct csv_reader *r);

/*
 * The next row.
 *
 * ERR_OK         a row.
 * ERR_AGAIN      feed another piece, or finish.
 * ERR_NOT_FOUND  finished, and there are no more rows.
 * ERR_BAD_INPUT  a row with a flaw of form: row->flaw, row->raw. Call again for the rest.
 * ERR_TOO_LARGE  a row over a limit, likewise.
 * ERR_NOMEM      out of memory; the reader is of no further use.
 */
MUST_CHECK enum err csv_next(struct csv_reader *r, struct csv_row *row);

const char *csv_flaw_text_en(enum csv_flaw_kind kind);
const char *csv_flaw_text_vi(enum csv_flaw_kind kind);

enum csv_mode {
    CSV_MACHINE, /* RFC 4180: quotes only where needed, LF. The same rows give the same bytes */
    /*
     * For spreadsheets: byte order mark, CR LF, everything quoted, and an apostrophe before a cell
     * that a spreadsheet would take for a formula (it begins with = + - @, also
     * full width, TAB CR LF). Not for
     * figures that are signed.
     */
    CSV_PEOPLE,
};

struct csv_writer {
    struct buf
        *out; /* the caller's; its sticky error tells at the end. May be emptied between rows */
    enum csv_mode mode;
    char separator;
    size_t fields; /* written in this row */
    bool bare;     /* the row has one field so far, and it left no bytes */
};

/* In CSV_PEOPLE mode the byte order mark is appended at once. */
void csv_write_open(struct csv_writer *w, struct buf *out, enum csv_mode mode, char separator);
void csv_write_field(struct csv_writer *w, struct bytes field);

/* Would a spreadsheet take it for a formula? CSV_PEOPLE then puts an apostrophe before it. */
bool csv_needs_guard(struct bytes field);

/* End the row, which has at least one field. */
void csv_write_end(struct csv_writer *w);

/* What a cell was before CSV_PEOPLE put an apostrophe before it. Points into `cell`. */
struct bytes csv_unguard(struct bytes cell);

#endif

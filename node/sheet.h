/*
 * A list as a file: rows of cells are gathered on the loop (node_export_collect), then written as a
 * workbook for people (XLSX) or as CSV for machines, on any thread.
 *
 * A cell of text is only ever text: the workbook says so, and the CSV guards what a spreadsheet would
 * take for a formula with an apostrophe, which the import takes away again (common/csv.h). The CSV
 * has field names and canonical values, the workbook labels and dates as people read them.
 *
 * Ownership: node_sheet_new() returns the sheet, node_sheet_free() ends it; texts are copied.
 * Threads:   one at a time.   Limits: NODE_SHEET_*.
 */
#ifndef DONGBO_NODE_SHEET_H
#define DONGBO_NODE_SHEET_H

#include "common/buf.h"

#define NODE_SHEET_BYTES_MAX   (48u * 1024u * 1024u) /* of gathered cells */
#define NODE_SHEET_FILE_MAX    (60u * 1024u * 1024u) /* of the file; below WEB_REPLY_BYTES_MAX */
#define NODE_SHEET_COLUMNS_MAX 70u
#define NODE_SHEET_MARK_MAX    200u /* bytes of the foot; a longer name is cut */

enum node_sheet_format { NODE_SHEET_XLSX, NODE_SHEET_CSV };

struct node_sheet;

/* ERR_NOMEM. */
MUST_CHECK enum err node_sheet_new(enum node_sheet_format format, struct node_sheet **out);
void node_sheet_free(struct node_sheet *s);
enum node_sheet_format node_sheet_format(const struct node_sheet *s);

/* A column's heading; before the first row. */
void node_sheet_column(struct node_sheet *s, const char *heading);
/* A line of the workbook's page about where it is from; both texts are copied. */
void node_sheet_about(struct node_sheet *s, const char *what, const char *text);
/* Who took the list out and when, at the foot of every printed page. */
void node_sheet_mark(struct node_sheet *s, const char *person, const char *stamp);

/* Cells of a row in the order of the columns, then its end. */
void node_sheet_text(struct node_sheet *s, struct bytes text); /* empty: an empty cell */
void node_sheet_number(struct node_sheet *s, int64_t v);
void node_sheet_decimal(struct node_sheet *s, struct bytes text); /* "-12.5" */
void node_sheet_date(struct node_sheet *s, struct bytes iso);     /* whole "YYYY-MM-DD" */
void node_sheet_row(struct node_sheet *s);
size_t node_sheet_rows(const struct node_sheet *s);
/* What went wrong while gathering: ERR_TOO_LARGE, ERR_NOMEM. */
enum err node_sheet_error(const struct node_sheet *s);

/* Append the file to `out`. `folder` takes the workbook's scratch files, readable by this user only.
 * ERR_IO (also without the workbook library: late_load()), ERR_FULL, ERR_NOMEM, ERR_TOO_LARGE: nothing usable
 * in `out`. */
MUST_CHECK enum err node_sheet_write(const struct node_sheet *s, const char *folder,
                                     struct buf *out);

#endif

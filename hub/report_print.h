/*
 * A report as plain text for a terminal: Vietnamese, aligned by display columns, numbers as an
 * officer writes them (90,0 %; 15.000). A rendering for people, of no fixed form.
 *
 * Ownership: appended to the caller's buffer.   Threads: any.
 */
#ifndef DONGBO_HUB_REPORT_PRINT_H
#define DONGBO_HUB_REPORT_PRINT_H

#include "common/buf.h"
#include "hub/report.h"

/*
 * closed: false marks the report "số liệu chưa chốt" (preliminary figures).
 * by_unit: also a table of each commune's totals.
 * Errors are the buffer's.
 */
MUST_CHECK enum err hub_report_print(const struct hub_report *r, bool closed, bool by_unit,
                                     struct buf *out);

/* A figure as people write it: "15.000", "90,0%", "–", "chưa gửi". */
enum { HUB_REPORT_FIGURE_ROOM = 40 }; /* bytes with the terminator */
void hub_report_figure(const struct hub_report_line *line, const struct hub_report_cell *cell,
                       char out[static HUB_REPORT_FIGURE_ROOM]);

/* A target as people write it: "≥ 12", "80,0% đến 90,0%", "giảm ≥ 0,5% so với 2.000". */
void hub_report_target_words(const struct hub_report_line *line, const struct hub_target_row *t,
                             struct buf *out);

/* What a rate is of: "1.199/1.200". The caller sees to it that it is neither hidden nor absent. */
enum { HUB_REPORT_PARTS_ROOM = 64 }; /* bytes with the terminator */
void hub_report_parts(const struct hub_report_cell *cell, char out[static HUB_REPORT_PARTS_ROOM]);

#endif

/* A report's figures of one unit as the sheet that the unit submits (common/sheet). */
#include "common/sheet.h"
#include "hub/report.h"

#include <stdlib.h>

static int sheet_order(const void *a, const void *b)
{
    const struct hub_report_row *const *x = a, *const *y = b;
    return strcmp((*x)->value, (*y)->value);
}

static void sheet_put(const struct hub_report_line *line, const struct hub_report_row *row,
                      size_t column, struct buf *out)
{
    const struct hub_report_cell *cell = &row->cells[column];
    struct sheet_row v = {
        .line = line->no,
        .total = row == line->rows,
        .value = bytes_str(row->value),
        .ratio = hub_figures_is_ratio(line->indicator->measure),
        .num = cell->num - cell->corrected, /* the unit counts its records */
        .den = cell->den,
    };
    if (!cell->absent) sheet_add(&v, out);
}

enum err hub_report_sheet(const struct hub_report *r, size_t column, struct buf *out)
{
    const struct hub_report_row **rows = calloc(HUB_REPORT_VALUES_MAX + 1, sizeof(void *));
    if (rows == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t k = 1; k < line->row_count; k++)
            rows[k - 1] = &line->rows[k];
        if (line->row_count > 1) qsort(rows, line->row_count - 1, sizeof *rows, sheet_order);
        sheet_put(line, &line->rows[0], column, out);
        for (size_t k = 1; k < line->row_count; k++)
            sheet_put(line, rows[k - 1], column, out);
    }
    free(rows);
    return out->e;
}

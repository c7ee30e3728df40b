/* The tables of the document: the summary, then figures by unit in as many tables as they need. */
#include "common/text.h"
#include "hub/nd30_priv.h"
#include "hub/report_print.h"

#include <stdio.h>
#include <stdlib.h>

enum {                               /* tenths of a millimetre */
       TABLE_NAME = 420,             /* column of the units' names, at least */
       TABLE_NAME_MAX = 700,         /* and at most */
       TABLE_FIGURE = 130,           /* column of figures, at least */
       TABLE_CHARACTER = 19,         /* of a digit at the size of such cells */
       TABLE_CHARACTER_SUMMARY = 22, /* and of those of the summary */
       TABLE_PADDING = 40,           /* of a cell, both sides */
       TABLE_SUMMARY_COLUMNS = 6,
       TABLE_TEXT = 340,   /* what the names of the lines keep beside wide figures, */
       TABLE_TARGET = 200, /* the targets, */
       TABLE_MET = 170,    /* and the words of whether they are met */
};

static const struct hub_nd30_column summary_columns[TABLE_SUMMARY_COLUMNS] = {
    {100, HUB_ND30_CENTER, "TT"},
    {640, HUB_ND30_START, "Chỉ tiêu"},
    {190, HUB_ND30_CENTER, "Đơn vị tính"},
    {220, HUB_ND30_END, "Kết quả"},
    {260, HUB_ND30_CENTER, "Chỉ tiêu giao"},
    {240, HUB_ND30_CENTER, "Đánh giá"},
};

static const struct hub_nd30_column change_columns[TABLE_SUMMARY_COLUMNS] = {
    {100, HUB_ND30_CENTER, "TT"},    {540, HUB_ND30_START, "Số liệu"},
    {300, HUB_ND30_START, "Đơn vị"}, {180, HUB_ND30_END, "Bản trước"},
    {180, HUB_ND30_END, "Nay"},      {350, HUB_ND30_START, "Nguyên nhân"},
};

/* ---- layout ---- */

static enum err table_rows(struct hub_nd30 *d)
{
    const struct hub_report *r = d->r;
    size_t n = 0;
    for (size_t i = 0; i < r->line_count; i++)
        n += r->lines[i].row_count;
    d->rows = calloc(n > 0 ? n : 1, sizeof *d->rows);
    if (d->rows == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < r->line_count; i++) {
        for (size_t k = 0; k < r->lines[i].row_count; k++)
            d->rows[d->row_count++] = (struct hub_nd30_row){i, k};
    }
    return ERR_OK;
}

/* Width that a figure needs: none may break, for half an amount reads as another. */
static unsigned table_figure_width(const char *figure, unsigned character)
{
    return (unsigned)text_count(bytes_str(figure)) * character + TABLE_PADDING;
}

/* Width of a column of figures by unit. */
static unsigned table_width(const struct hub_report *r, const struct hub_report_line *line)
{
    unsigned width = TABLE_FIGURE;
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        char figure[HUB_REPORT_FIGURE_ROOM];
        const struct hub_report_cell *cell = &line->rows[0].cells[c];
        if (cell->absent) continue; /* words, which may break */
        hub_report_figure(line, cell, figure);
        unsigned needed = table_figure_width(figure, TABLE_CHARACTER);
        if (needed > width) width = needed;
    }
    return width;
}

/* A column of figures gets what its widest one needs, from a column of words down to its least. */
static void table_widen(struct hub_nd30_column *figures, struct hub_nd30_column *words,
                        unsigned least, unsigned needed)
{
    if (needed <= figures->width || words->width <= least) return;
    unsigned more = needed - figures->width, spare = words->width - least;
    if (more > spare) more = spare;
    figures->width += more;
    words->width -= more;
}

static struct hub_nd30_table *table_add(struct hub_nd30 *d)
{
    if (d->table_count == HUB_ND30_TABLES_MAX) return NULL;
    return &d->tables[d->table_count++];
}

static enum err table_summary(struct hub_nd30 *d)
{
    struct hub_nd30_table *t = table_add(d);
    if (t == NULL) return ERR_TOO_LARGE;
    memcpy(t->columns, summary_columns, sizeof summary_columns);
    t->column_count = TABLE_SUMMARY_COLUMNS;
    t->row_count = d->row_count;
    for (size_t i = 0; i < d->row_count; i++) {
        char figure[HUB_REPORT_FIGURE_ROOM];
        const struct hub_report_line *line = &d->r->lines[d->rows[i].line];
        hub_report_figure(line, &line->rows[d->rows[i].row].cells[hub_report_columns(d->r) - 1],
                          figure);
        unsigned needed = table_figure_width(figure, TABLE_CHARACTER_SUMMARY);
        table_widen(&t->columns[3], &t->columns[5], TABLE_MET, needed);
        table_widen(&t->columns[3], &t->columns[4], TABLE_TARGET, needed);
        table_widen(&t->columns[3], &t->columns[1], TABLE_TEXT, needed);
    }
    snprintf(t->title, sizeof t->title, "Bảng 1. Kết quả thực hiện");
    return ERR_OK;
}

/* A table of lines from *next on, as many as fit. */
static enum err table_by_unit(struct hub_nd30 *d, size_t *next)
{
    const struct hub_report *r = d->r;
    unsigned used = 0;
    struct hub_nd30_table *t = table_add(d);
    if (t == NULL) return ERR_TOO_LARGE;
    t->by_unit = true;
    t->first = *next;
    t->row_count = hub_report_columns(r);
    t->columns[0] = (struct hub_nd30_column){TABLE_NAME, HUB_ND30_START, "Đơn vị"};
    t->column_count = 1;
    while (*next < r->line_count && t->column_count < HUB_ND30_COLUMNS_MAX) {
        unsigned width = table_width(r, &r->lines[*next]);
        if (t->column_count > 1 && used + width > HUB_ND30_BODY - TABLE_NAME) break;
        struct hub_nd30_column *c = &t->columns[t->column_count++];
        *c = (struct hub_nd30_column){width, HUB_ND30_END, ""};
        snprintf(c->head, sizeof c->head, "(%u)", r->lines[*next].no);
        used += width;
        ++*next;
    }
    unsigned name = used < HUB_ND30_BODY ? HUB_ND30_BODY - used : TABLE_NAME;
    t->columns[0].width = name > TABLE_NAME_MAX ? TABLE_NAME_MAX : name;
    snprintf(t->title, sizeof t->title,
             "Bảng %zu. Số liệu theo đơn vị (trong ngoặc: số thứ tự chỉ tiêu ở Bảng 1)",
             d->table_count);
    return ERR_OK;
}

static enum err table_changes(struct hub_nd30 *d)
{
    const struct hub_supplement *s = d->about->supplement;
    if (s == NULL) return ERR_OK;
    struct hub_nd30_table *t = table_add(d);
    if (t == NULL) return ERR_TOO_LARGE;
    memcpy(t->columns, change_columns, sizeof change_columns);
    t->column_count = TABLE_SUMMARY_COLUMNS;
    t->row_count = s->count;
    t->changes = true;
    for (size_t i = 0; i < s->count; i++) {
        table_widen(&t->columns[3], &t->columns[1], TABLE_TEXT,
                    table_figure_width(s->rows[i].before, TABLE_CHARACTER));
        table_widen(&t->columns[4], &t->columns[1], TABLE_TEXT,
                    table_figure_width(s->rows[i].after, TABLE_CHARACTER));
    }
    snprintf(t->title, sizeof t->title, "Bảng %zu. Số liệu khác bản số %u và nguyên nhân",
             d->table_count, (unsigned)s->of);
    return ERR_OK;
}

enum err nd30_tables(struct hub_nd30 *d)
{
    size_t next = 0;
    d->tables = calloc(HUB_ND30_TABLES_MAX, sizeof *d->tables);
    if (d->tables == NULL) return ERR_NOMEM;
    enum err e = table_rows(d);
    if (e == ERR_OK) e = table_summary(d);
    while (e == ERR_OK && d->r->unit_count > 1 && next < d->r->line_count)
        e = table_by_unit(d, &next);
    return e == ERR_OK ? table_changes(d) : e;
}

/* ---- cells ---- */

static void cell_text(const char *text, struct buf *out)
{
    buf_add_bytes(out, text_truncate(bytes_str(text), HUB_ND30_CELL_BYTES_MAX));
}

static const struct hub_report_target *cell_target_of(const struct hub_report *r, size_t line)
{
    for (size_t i = 0; i < r->target_count; i++) {
        if (r->targets[i].line == line && r->targets[i].unit + 1 == hub_report_columns(r))
            return &r->targets[i];
    }
    return NULL;
}

static void cell_summary(const struct hub_nd30 *d, size_t row, size_t column, struct buf *out)
{
    const struct hub_report *r = d->r;
    const struct hub_nd30_row *at = &d->rows[row];
    const struct hub_report_line *line = &r->lines[at->line];
    const struct hub_report_row *v = &line->rows[at->row];
    const struct hub_report_target *t = cell_target_of(r, at->line);
    char figure[HUB_REPORT_FIGURE_ROOM];
    bool total = at->row == 0;
    if (column == 0 && total) buf_printf(out, "%u", line->no);
    if (column == 1) {
        if (!total) buf_add_str(out, "– ");
        cell_text(v->label_vi, out);
    }
    if (column == 2 && total) cell_text(line->indicator->measured_vi, out);
    if (column == 3) {
        hub_report_figure(line, &v->cells[hub_report_columns(r) - 1], figure);
        buf_add_str(out, figure);
    }
    if (t == NULL || !total) return;
    if (column == 4) hub_report_target_words(line, &t->row, out);
    if (column != 5) return;
    char met[HUB_MET_ROOM];
    hub_met_vi(r, t, met);
    buf_add_str(out, met);
}

static void cell_by_unit(const struct hub_nd30 *d, const struct hub_nd30_table *t, size_t row,
                         size_t column, struct buf *out)
{
    const struct hub_report *r = d->r;
    char figure[HUB_REPORT_FIGURE_ROOM];
    if (column == 0) {
        cell_text(row < r->unit_count ? r->units[row].name : "Toàn đơn vị", out);
        return;
    }
    const struct hub_report_line *line = &r->lines[t->first + column - 1];
    hub_report_figure(line, &line->rows[0].cells[row], figure);
    buf_add_str(out, figure);
}

static void cell_change(const struct hub_nd30 *d, size_t row, size_t column, struct buf *out)
{
    const struct hub_supplement_row *v = &d->about->supplement->rows[row];
    if (column == 0) buf_printf(out, "%u", v->line);
    if (column == 1) cell_text(v->name, out);
    if (column == 2) cell_text(v->unit[0] != '\0' ? v->unit : "Toàn đơn vị", out);
    if (column == 3) buf_add_str(out, v->before);
    if (column == 4) buf_add_str(out, v->after);
    if (column == 5) cell_text(v->cause, out);
}

enum err hub_nd30_cell(const struct hub_nd30 *d, const struct hub_nd30_table *t, size_t row,
                       size_t column, struct buf *out, enum hub_nd30_role *role)
{
    buf_clear(out);
    if (t->changes) {
        cell_change(d, row, column, out);
        *role = HUB_ND30_CELL_SMALL;
    } else if (t->by_unit) {
        bool all = row >= d->r->unit_count;
        cell_by_unit(d, t, row, column, out);
        *role = all ? HUB_ND30_CELL_SMALL_BOLD : HUB_ND30_CELL_SMALL;
    } else {
        bool total = d->rows[row].row == 0 && (column == 1 || column == 3);
        cell_summary(d, row, column, out);
        *role = total ? HUB_ND30_CELL_BOLD : HUB_ND30_CELL;
    }
    return out->e;
}

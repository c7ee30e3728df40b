/* Mistakes, and CSV files of the catalogue as tables of cells with rules. */
#include "common/buf.h"
#include "common/catalogue_impl.h"
#include "common/csv.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLUMN_NONE = CATALOGUE_COLUMNS_MAX }; /* a column of the file that the table has not */

/* Copy text into a fixed field, cutting no code point. */
static void copy_cut(char *out, size_t room, const char *s)
{
    struct bytes cut = text_truncate(bytes_str(s), room - 1);
    memcpy(out, cut.p, cut.len);
    out[cut.len] = '\0';
}

static void copy_with_detail(char *out, size_t room, const char *s, const char *detail)
{
    struct buf b;
    buf_init(&b, CATALOGUE_FILE_BYTES_MAX);
    buf_add_str(&b, s);
    if (detail != NULL) buf_printf(&b, ": “%s”", detail);
    copy_cut(out, room, buf_cstr(&b));
    buf_free(&b);
}

bool catalogue_more(const struct catalogue_parser *ps)
{
    return ps->error_count < CATALOGUE_ERRORS_MAX && !ps->nomem;
}

void catalogue_mistake(struct catalogue_parser *ps, struct catalogue_place at, const char *vi,
                       const char *en, const char *detail)
{
    if (ps->error_count >= CATALOGUE_ERRORS_MAX) return;
    struct catalogue_error *e = &ps->errors[ps->error_count++];
    *e = (struct catalogue_error){.row = at.row};
    copy_cut(e->file, sizeof e->file, at.file);
    copy_cut(e->column, sizeof e->column, at.column == NULL ? "" : at.column);
    copy_with_detail(e->text_vi, sizeof e->text_vi, vi, detail);
    copy_with_detail(e->text_en, sizeof e->text_en, en, detail);
}

/* ---- what could not be read ---- */

static void unread_note(struct catalogue_parser *ps, const char *file, struct catalogue_error *said)
{
    if (ps->unread_count < CATALOGUE_UNREAD_MAX)
        ps->unread[ps->unread_count++] = (struct catalogue_unread){file, said};
}

/* "Thiếu tệp này" becomes "Thiếu tệp này; vì vậy chưa xét được: a.csv, b.csv". */
static void unread_add(char *text, size_t room, const char *so, const char *file)
{
    size_t n = strlen(text);
    const char *join = strstr(text, so) != NULL ? ", " : so;
    if (strstr(text, file) == NULL && n + strlen(join) + strlen(file) < room)
        snprintf(text + n, room - n, "%s%s", join, file);
}

bool catalogue_unread(struct catalogue_parser *ps, const char *file, const char *unchecked)
{
    struct catalogue_unread *u = NULL;
    for (size_t i = 0; i < ps->unread_count && u == NULL; i++)
        if (strcmp(ps->unread[i].file, file) == 0) u = &ps->unread[i];
    if (u == NULL) return false;
    if (unchecked == NULL) return true;
    if (u->said == NULL && ps->error_count < CATALOGUE_ERRORS_MAX) {
        u->said = &ps->errors[ps->error_count];
        catalogue_mistake(ps, (struct catalogue_place){.file = file}, "Thiếu tệp này",
                          "The file is missing", NULL);
    }
    if (u->said == NULL) return true;
    unread_add(u->said->text_vi, sizeof u->said->text_vi, "; vì vậy chưa xét được: ", unchecked);
    unread_add(u->said->text_en, sizeof u->said->text_en, "; so not checked: ", unchecked);
    return true;
}

void catalogue_cell_unknown(const struct catalogue_table *t, size_t row, size_t column,
                            const char *in, const char *vi, const char *en)
{
    if (!catalogue_unread(t->ps, in, t->file)) catalogue_cell_mistake(t, row, column, vi, en);
}

/* ---- reading ---- */

/* What one read of a CSV file knows besides the table. */
struct reading {
    struct csv_reader csv;
    size_t target[CSV_COLUMNS_MAX]; /* column of the table, or COLUMN_NONE, of each of the file */
    size_t columns;                 /* columns of the file */
    size_t capacity;                /* rows that the table has room for */
};

static void row_mistake(struct catalogue_table *t, uint64_t line, const char *column,
                        const char *vi, const char *en, const char *detail)
{
    struct catalogue_place at = {.file = t->file, .row = (unsigned)line, .column = column};
    catalogue_mistake(t->ps, at, vi, en, detail);
}

/* The text of a cell: trimmed, NFC, in the arena. "" with a mistake when it is not text. */
static const char *cell_text(struct catalogue_table *t, uint64_t line, const char *column,
                             struct bytes raw)
{
    struct buf b;
    buf_init(&b, TEXT_INPUT_MAX);
    const char *out = "";
    enum err e = text_normalise(text_trim(raw), CSV_FIELD_BYTES_MAX, TEXT_NOTE, &b);
    if (e == ERR_OK)
        out = catalogue_text(t->ps, buf_bytes(&b));
    else if (e == ERR_NOMEM)
        t->ps->nomem = true;
    else
        row_mistake(t, line, column, "Ký tự không hợp lệ trong ô", "Bad characters in the cell",
                    NULL);
    buf_free(&b);
    return out == NULL ? "" : out;
}

static size_t column_find(const struct catalogue_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (strcmp(t->columns[i], name) == 0) return i;
    return COLUMN_NONE;
}

static void header_read(struct catalogue_table *t, struct reading *rd, const struct csv_row *row)
{
    bool seen[CATALOGUE_COLUMNS_MAX] = {false};
    rd->columns = row->count;
    for (size_t i = 0; i < row->count; i++) {
        const char *name = cell_text(t, row->line, NULL, row->fields[i]);
        rd->target[i] = column_find(t, name);
        if (rd->target[i] == COLUMN_NONE) {
            /* A spreadsheet leaves empty columns behind; they are nobody's mistake. */
            if (name[0] == '\0') continue;
            row_mistake(t, row->line, name, "Không có cột tên này", "There is no such column",
                        name);
        } else if (seen[rd->target[i]]) {
            row_mistake(t, row->line, name, "Cột bị trùng", "The column is there twice", name);
        } else {
            seen[rd->target[i]] = true;
        }
    }
    for (size_t i = 0; i < t->needed; i++)
        if (!seen[i])
            row_mistake(t, row->line, t->columns[i], "Thiếu cột", "The column is missing",
                        t->columns[i]);
}

static bool row_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (text_trim(row->fields[i]).len > 0) return false;
    return true;
}

static void row_read(struct catalogue_table *t, struct reading *rd, const struct csv_row *row)
{
    if (row_blank(row) || t->row_count == rd->capacity) return;
    const char **cells = t->cells + t->row_count * t->column_count;
    for (size_t i = 0; i < t->column_count; i++)
        cells[i] = "";
    for (size_t i = 0; i < row->count; i++) {
        size_t target = i < rd->columns ? rd->target[i] : COLUMN_NONE;
        if (target != COLUMN_NONE)
            cells[target] = cell_text(t, row->line, t->columns[target], row->fields[i]);
        else if (text_trim(row->fields[i]).len > 0)
            row_mistake(t, row->line, NULL, "Dòng có nhiều ô hơn số cột (thiếu dấu ngoặc kép?)",
                        "More cells than columns (a quote is missing?)", NULL);
    }
    t->rows[t->row_count++] = (unsigned)row->line;
}

static void flaw_note(struct catalogue_table *t, const struct csv_row *row)
{
    row_mistake(t, row->flaw.line, NULL, csv_flaw_text_vi(row->flaw.kind),
                csv_flaw_text_en(row->flaw.kind), NULL);
}

/* The file as a whole cannot be read. */
static void unread_mistake(struct catalogue_table *t, const char *vi, const char *en)
{
    bool more = t->ps->error_count < CATALOGUE_ERRORS_MAX;
    struct catalogue_error *said = more ? &t->ps->errors[t->ps->error_count] : NULL;
    row_mistake(t, 0, NULL, vi, en, NULL);
    unread_note(t->ps, t->file, said);
}

static void rows_read(struct catalogue_table *t, struct reading *rd)
{
    bool header = false;
    while (catalogue_more(t->ps)) {
        struct csv_row row;
        enum err e = csv_next(&rd->csv, &row);
        if (e == ERR_AGAIN) {
            csv_finish(&rd->csv);
        } else if (e == ERR_OK) {
            if (header)
                row_read(t, rd, &row);
            else
                header_read(t, rd, &row);
            header = true;
        } else if (e == ERR_BAD_INPUT || e == ERR_TOO_LARGE) {
            flaw_note(t, &row);
        } else {
            if (e == ERR_NOMEM) t->ps->nomem = true;
            break;
        }
    }
    if (!header) unread_mistake(t, "Tệp không có dòng tiêu đề", "The file has no header line");
}

static size_t lines_count(struct bytes data)
{
    size_t n = 1;
    for (size_t i = 0; i < data.len; i++)
        n += data.p[i] == '\n';
    return n;
}

void catalogue_table_read(struct catalogue_parser *ps, const char *file, const char *const *columns,
                          size_t column_count, bool required, struct catalogue_table *t)
{
    catalogue_table_read_some(ps, file, columns, column_count, column_count, required, t);
}

void catalogue_table_read_some(struct catalogue_parser *ps, const char *file,
                               const char *const *columns, size_t column_count, size_t needed,
                               bool required, struct catalogue_table *t)
{
    *t = (struct catalogue_table){
        .ps = ps, .file = file, .columns = columns, .column_count = column_count, .needed = needed};
    const struct catalogue_file *f = catalogue_file_find(ps, file);
    if (f == NULL) {
        if (required)
            unread_mistake(t, "Thiếu tệp này", "The file is missing");
        else
            unread_note(ps, file, NULL);
        return;
    }
    struct reading *rd = calloc(1, sizeof *rd);
    if (rd == NULL) {
        ps->nomem = true;
        return;
    }
    rd->capacity = lines_count(f->data);
    t->cells = catalogue_alloc(ps, rd->capacity * column_count, sizeof *t->cells);
    t->rows = catalogue_alloc(ps, rd->capacity, sizeof *t->rows);
    if (!ps->nomem) {
        csv_open(&rd->csv, 0);
        csv_feed(&rd->csv, f->data);
        rows_read(t, rd);
        csv_close(&rd->csv);
    }
    free(rd);
}

const char *catalogue_cell(const struct catalogue_table *t, size_t row, size_t column)
{
    return t->cells[row * t->column_count + column];
}

void catalogue_cell_mistake(const struct catalogue_table *t, size_t row, size_t column,
                            const char *vi, const char *en)
{
    struct catalogue_place at = {
        .file = t->file, .row = t->rows[row], .column = t->columns[column]};
    catalogue_mistake(t->ps, at, vi, en, catalogue_cell(t, row, column));
}

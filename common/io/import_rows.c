#include "common/io/import_rows.h"

#include "common/catalogue.h"
#include "common/csv.h"
#include "common/io/import_alike.h"
#include "common/io/import_file.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

enum { IMPORT_ROWS_PIECE = 64 * 1024 };

/* ---- CSV ---- */

/* Two columns of one name: which of them would count? */
static bool rows_column_twice(const json_t *columns)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *name = json_array_get(columns, i);
        bool left_out = json_string_length(name) == 0;
        for (size_t k = 0; k < i && !left_out; k++)
            if (json_equal(json_array_get(columns, k), name)) return true;
    }
    return false;
}

static enum err rows_names(struct import_rows *m)
{
    json_t *catalogue = NULL;
    const char *type = cli_opt(m->c, "type");
    enum err e = m->to->ask(m->to->ctx, json_pack("{s:s}", "verb", m->to->forms), &catalogue);
    if (e != ERR_OK) return e;
    e = import_file_columns(m->c, catalogue, type, m->columns);
    if (e == ERR_OK && cli_has(m->c, "dry-run")) e = import_alike_new(catalogue, type, &m->alike);
    json_decref(catalogue);
    if (e == ERR_OK && rows_column_twice(m->columns))
        e = cli_fail(m->c, ERR_BAD_INPUT, "Dòng tiêu đề có hai cột trùng nhau; chưa nhập dòng nào.",
                     "The header names a column twice; nothing was imported.");
    return e == ERR_OK ? m->header.e : e;
}

static enum err rows_csv_header(struct import_rows *m, const struct csv_row *row)
{
    m->columns = json_array();
    buf_add_bytes(&m->header, row->raw);
    for (size_t i = 0; i < row->count; i++) {
        struct buf name;
        buf_init(&name, CATALOGUE_NAME_BYTES_MAX * 4);
        enum err e = text_normalise(text_trim(row->fields[i]), CATALOGUE_NAME_BYTES_MAX * 4,
                                    TEXT_ONE_LINE, &name);
        json_t *j = e == ERR_OK && name.len > 0 ? json_string(buf_cstr(&name)) : NULL;
        buf_free(&name);
        if (j == NULL || json_array_append_new(m->columns, j) != 0)
            return cli_fail(m->c, ERR_BAD_INPUT,
                            "Dòng tiêu đề có tên cột hỏng hoặc trống; chưa nhập dòng nào.",
                            "The header has a broken or an empty column name; nothing imported.");
    }
    return rows_names(m);
}

/* Empty cells say nothing: an import never clears a field. */
static enum err rows_csv_row(struct import_rows *m, const struct csv_row *row)
{
    if (row->count != json_array_size(m->columns)) {
        char vi[120], en[120];
        snprintf(vi, sizeof vi, "Dòng có %zu cột, tiêu đề có %zu cột.", row->count,
                 json_array_size(m->columns));
        snprintf(en, sizeof en, "The row has %zu columns, the header %zu.", row->count,
                 json_array_size(m->columns));
        return m->to->bad(m->to->ctx, row->line, vi, en, row->raw);
    }
    json_t *values = json_object();
    json_t *j = json_pack("{s:I, s:s, s:o}", "line", (json_int_t)row->line, "type",
                          cli_opt(m->c, "type"), "values", values);
    for (size_t i = 0; j != NULL && i < row->count; i++) {
        const char *name = json_string_value(json_array_get(m->columns, i));
        struct bytes cell = text_trim(csv_unguard(row->fields[i]));
        if (cell.len == 0 || name[0] == '\0') continue;
        json_object_set_new(strcmp(name, "id") == 0 ? j : values, name,
                            json_stringn((const char *)cell.p, cell.len));
    }
    enum err e = m->alike != NULL && j != NULL ? import_alike_row(m->alike, j) : ERR_OK;
    if (e == ERR_OK) return m->to->row(m->to->ctx, j, row->raw);
    json_decref(j);
    return e;
}

static enum err rows_csv_next(struct import_rows *m, struct csv_reader *r, bool *more)
{
    struct csv_row row;
    enum err e = csv_next(r, &row);
    *more = false;
    if (e == ERR_AGAIN || e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_NOMEM) return e;
    *more = true;
    if (m->columns == NULL) {
        if (e == ERR_OK) return rows_csv_header(m, &row);
        return cli_fail(m->c, ERR_BAD_INPUT, "Dòng tiêu đề của tệp CSV bị hỏng; chưa nhập gì.",
                        "The header line of the CSV file is broken; nothing was imported.");
    }
    if (e == ERR_OK) return rows_csv_row(m, &row);
    return m->to->bad(m->to->ctx, row.flaw.line, csv_flaw_text_vi(row.flaw.kind),
                      csv_flaw_text_en(row.flaw.kind), row.raw);
}

static enum err rows_csv_all(struct import_rows *m, struct csv_reader *r)
{
    enum err e = ERR_OK;
    for (bool more = true; e == ERR_OK && more;)
        e = rows_csv_next(m, r, &more);
    return e;
}

static enum err rows_csv(struct import_rows *m, FILE *f)
{
    struct csv_reader r;
    struct import_file t;
    struct bytes piece;
    csv_open(&r, 0);
    enum err e = import_file_open(m->c, f, &t);
    for (bool ended = false; e == ERR_OK && !ended;) {
        e = import_file_piece(&t, &piece);
        ended = e == ERR_NOT_FOUND;
        if (e == ERR_OK) csv_feed(&r, piece);
        if (ended) csv_finish(&r);
        if (ended) e = ERR_OK;
        if (e == ERR_OK) e = rows_csv_all(m, &r);
    }
    csv_close(&r);
    import_file_close(&t);
    return e;
}

/* A workbook, or text in an old font: read whole, as CSV. */
static enum err rows_sheet(struct import_rows *m)
{
    struct buf csv;
    struct csv_reader r;
    buf_init(&csv, IMPORT_FILE_TEXT_MAX);
    enum err e = import_file_read(m->c, m->file, &csv);
    csv_open(&r, 0);
    csv_feed(&r, buf_bytes(&csv));
    for (int piece = 0; e == ERR_OK && piece < 2; piece++) {
        e = rows_csv_all(m, &r);
        csv_finish(&r);
    }
    csv_close(&r);
    buf_free(&csv);
    return e;
}

/* ---- NDJSON ---- */

static enum err rows_json_line(struct import_rows *m, uint64_t line, struct bytes raw)
{
    const char *wanted = cli_opt(m->c, "type");
    if (raw.len > 0 && raw.p[raw.len - 1] == '\r') raw.len--;
    if (text_trim(raw).len == 0) return ERR_OK;
    json_t *o = json_loadb((const char *)raw.p, raw.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(o)) {
        json_decref(o);
        return m->to->bad(m->to->ctx, line, "Dòng không phải là một đối tượng JSON đúng (UTF-8).",
                          "The line is no JSON object (UTF-8).", raw);
    }
    json_t *row = json_pack("{s:I}", "line", (json_int_t)line);
    const json_t *type = json_object_get(o, "type");
    const json_t *id = json_object_get(o, "id");
    if (json_is_string(type))
        json_object_set_new(row, "type", json_string(json_string_value(type)));
    else if (wanted != NULL)
        json_object_set_new(row, "type", json_string(wanted));
    if (json_is_string(id)) json_object_set_new(row, "id", json_string(json_string_value(id)));
    json_object_del(o, "type");
    json_object_del(o, "id");
    json_object_set_new(row, "values", o);
    return m->to->row(m->to->ctx, row, raw);
}

/* Whole lines out of `text`; what is left of the last one stays in it. */
static enum err rows_json_lines(struct import_rows *m, struct buf *text, uint64_t *line)
{
    enum err e = ERR_OK;
    size_t at = 0;
    while (e == ERR_OK) {
        const uint8_t *end = text->len > at ? memchr(text->p + at, '\n', text->len - at) : NULL;
        if (end == NULL) break;
        size_t n = (size_t)(end - (text->p + at));
        e = rows_json_line(m, ++*line, bytes_make(text->p + at, n));
        at += n + 1;
    }
    buf_drop(text, at);
    return e;
}

static enum err rows_json_long(struct import_rows *m)
{
    return cli_fail(m->c, ERR_TOO_LARGE,
                    "Có dòng dài quá 1 MiB. Tệp này có phải NDJSON không? Sửa tệp rồi nhập lại: "
                    "dòng đã nhập có mã hoặc khóa thì không bị lặp.",
                    "A line is over 1 MiB. Is this file NDJSON? Correct it and import it again: "
                    "rows that are in are not doubled when they have an id or a key.");
}

static enum err rows_ndjson(struct import_rows *m, FILE *f)
{
    struct buf text;
    uint64_t line = 0;
    size_t n = 1;
    enum err e = ERR_OK;
    buf_init(&text, IMPORT_ROWS_LINE_MAX + IMPORT_ROWS_PIECE);
    bool first = true;
    while (e == ERR_OK && n > 0) {
        uint8_t *room = buf_room(&text, IMPORT_ROWS_PIECE);
        if (room == NULL) {
            e = rows_json_long(m);
            break;
        }
        n = fread(room, 1, IMPORT_ROWS_PIECE, f);
        text.len -= IMPORT_ROWS_PIECE - n;
        if (first && text.len >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0) buf_drop(&text, 3);
        first = false;
        e = rows_json_lines(m, &text, &line);
    }
    if (e == ERR_OK && text.len > 0) e = rows_json_line(m, ++line, buf_bytes(&text));
    buf_free(&text);
    return e == ERR_OK && ferror(f) ? ERR_IO : e;
}

/* ---- the file ---- */

static bool rows_ends(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

void import_rows_init(struct import_rows *m, struct cli *c, const char *file,
                      const struct import_rows_to *to)
{
    *m = (struct import_rows){.c = c, .file = file, .to = to};
    m->ndjson = cli_has(c, "ndjson") ||
                (!cli_has(c, "csv") && (rows_ends(file, ".ndjson") || rows_ends(file, ".jsonl")));
    buf_init(&m->header, CSV_ROW_BYTES_MAX);
}

void import_rows_free(struct import_rows *m)
{
    json_decref(m->columns);
    buf_free(&m->header);
    import_alike_free(m->alike);
}

static enum err rows_file(struct import_rows *m)
{
    bool in = strcmp(m->file, "-") == 0;
    FILE *f = in ? stdin : fopen(m->file, "rb");
    if (f == NULL)
        return cli_fail(m->c, ERR_NOT_FOUND, "Không mở được tệp này; chưa nhập gì.",
                        "The file cannot be opened; nothing was imported.");
    enum err e = m->ndjson ? rows_ndjson(m, f) : rows_csv(m, f);
    if (!in) fclose(f);
    return e;
}

enum err import_rows_read(struct import_rows *m)
{
    enum err e = import_file_options(m->c, m->file, m->ndjson);
    if (e == ERR_OK)
        e = !m->ndjson && import_file_whole(m->c, m->file) ? rows_sheet(m) : rows_file(m);
    if (e == ERR_OK && !m->ndjson && m->columns == NULL)
        e = cli_fail(m->c, ERR_BAD_INPUT, "Tệp rỗng.", "The file is empty.");
    return e;
}

enum err import_rows_alike(struct import_rows *m, json_t *answer)
{
    if (!cli_has(m->c, "dry-run")) return ERR_OK;
    return import_alike_find(m->alike, m->to->ask, m->to->ctx, answer);
}

/*
 * import: the file is read in pieces and sent in batches of rows. A row that is refused is named
 * with its line, column and reason, and put into FILE.loi.csv (or .loi.ndjson) to correct and
 * import again; all other rows are taken.
 */
#include "node/tool_sheet.h"
#include "common/csv.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOOL_PIECE_BYTES = 64 * 1024,
    TOOL_BATCH_ROWS = 256,
    TOOL_BATCH_BYTES = 1024 * 1024, /* of raw rows in one request */
    TOOL_LINE_BYTES_MAX = 1024 * 1024,
    TOOL_BAD_TOLD_MAX = 1000, /* bad rows named one by one; all are in the file */
};

struct tool_import {
    struct cli *c;
    struct node_tool *t;
    const char *file;
    bool ndjson;
    json_t *rows;   /* of the batch */
    struct buf raw; /* their bytes as they stand in the file */
    size_t lens[TOOL_BATCH_ROWS];
    json_t *local; /* rows of the batch that are no rows at all: never sent, told in their place */
    struct buf local_raw;
    json_t *columns; /* CSV: names; NULL until the header was read */
    struct buf header;
    char id[17];  /* of the import, "" before the first answer */
    json_t *last; /* newest answer */
    json_t *bad;
    json_t *kept; /* values of a later day than the list */
    uint64_t bad_count;
    bool asks; /* a row was refused for its day only: it enters once that is confirmed */
    FILE *out; /* bad rows, NULL until there is one */
    char out_path[FILE_PATH_BYTES_MAX];
    enum err told; /* an error that was printed */
};

/* ---- bad rows ---- */

static enum err tool_bad_open(struct tool_import *m)
{
    if (m->out != NULL) return ERR_OK;
    int n = snprintf(m->out_path, sizeof m->out_path, "%s.loi.%s", m->file,
                     m->ndjson ? "ndjson" : "csv");
    if (n < 0 || (size_t)n >= sizeof m->out_path) return ERR_TOO_LARGE;
    /* People's data: for the owner only. The file of an earlier try is replaced. */
    if (file_exists(m->out_path) && file_remove(m->out_path) != ERR_OK) return ERR_IO;
    enum err e = file_create_empty(m->out_path);
    if (e != ERR_OK) return e;
    m->out = fopen(m->out_path, "ab");
    if (m->out == NULL) return ERR_IO;
    if (!m->ndjson) {
        fputs("\xEF\xBB\xBF", m->out);
        fwrite(m->header.p, 1, m->header.len, m->out);
        fputs("\r\n", m->out);
    }
    return ERR_OK;
}

static enum err tool_bad_row(struct tool_import *m, struct bytes raw)
{
    enum err e = tool_bad_open(m);
    if (e != ERR_OK) return e;
    fwrite(raw.p, 1, raw.len, m->out);
    fputs(m->ndjson ? "\n" : "\r\n", m->out);
    m->bad_count++;
    return ferror(m->out) ? ERR_IO : ERR_OK;
}

static enum err tool_send(struct tool_import *m, bool last);

/* A row that is refused before it is sent. */
static enum err tool_bad(struct tool_import *m, uint64_t line, const char *column, const char *vi,
                         const char *en, struct bytes raw)
{
    if (json_array_size(m->local) == TOOL_BATCH_ROWS || m->local_raw.len > TOOL_BATCH_BYTES) {
        enum err e = tool_send(m, false);
        if (e != ERR_OK) return e;
    }
    json_array_append_new(m->local,
                          json_pack("{s:I, s:s, s:s, s:s, s:I}", "line", (json_int_t)line, "column",
                                    column, "vi", vi, "en", en, "len", (json_int_t)raw.len));
    buf_add_bytes(&m->local_raw, raw);
    return m->local_raw.e;
}

/* ---- batches ---- */

static enum err tool_tell_bad(struct tool_import *m, const json_t *b, struct bytes raw)
{
    m->asks = m->asks || json_is_true(json_object_get(b, "confirm"));
    if (json_array_size(m->bad) < TOOL_BAD_TOLD_MAX) {
        json_t *told = json_copy((json_t *)(uintptr_t)b);
        json_object_del(told, "row");
        json_object_del(told, "len");
        json_array_append_new(m->bad, told);
    }
    return tool_bad_row(m, raw);
}

/* Bytes of a row of the batch. */
static struct bytes tool_raw(const struct tool_import *m, size_t row)
{
    size_t at = 0;
    for (size_t k = 0; k < row; k++)
        at += m->lens[k];
    return bytes_make(m->raw.p + at, m->lens[row]);
}

static json_int_t tool_line(const json_t *bad, size_t i)
{
    const json_t *b = json_array_get(bad, i);
    return b != NULL ? json_integer_value(json_object_get(b, "line")) : INT64_MAX;
}

/* The refused rows of the answer and the local ones, in the order of the file. */
static enum err tool_take_bad(struct tool_import *m, const json_t *bad)
{
    enum err e = ERR_OK;
    size_t i = 0, k = 0, at = 0;
    while (e == ERR_OK && (i < json_array_size(bad) || k < json_array_size(m->local))) {
        if (tool_line(m->local, k) < tool_line(bad, i)) {
            const json_t *b = json_array_get(m->local, k++);
            size_t len = (size_t)json_integer_value(json_object_get(b, "len"));
            e = tool_tell_bad(m, b, bytes_make(m->local_raw.p + at, len));
            at += len;
            continue;
        }
        const json_t *b = json_array_get(bad, i++);
        size_t row = (size_t)json_integer_value(json_object_get(b, "row"));
        if (row >= json_array_size(m->rows)) return ERR_BAD_FORMAT;
        e = tool_tell_bad(m, b, tool_raw(m, row));
    }
    json_array_clear(m->local);
    buf_clear(&m->local_raw);
    return e;
}

/* Without those that are left out. */
static json_t *tool_columns_kept(const json_t *columns)
{
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(columns); i++)
        if (json_string_length(json_array_get(columns, i)) > 0)
            json_array_append(kept, json_array_get(columns, i));
    return kept;
}

static json_t *tool_request(struct tool_import *m, bool last)
{
    json_t *q = json_pack("{s:s, s:O, s:b}", "verb", "import", "rows", m->rows, "last", (int)last);
    const char *person = cli_opt(m->c, "person");
    if (person == NULL) person = getenv("DONGBO_PERSON");
    if (q == NULL) return NULL;
    if (cli_has(m->c, "key")) json_object_set_new(q, "key", json_string(cli_opt(m->c, "key")));
    if (m->id[0] != '\0') {
        json_object_set_new(q, "import", json_string(m->id));
        return q;
    }
    const char *slash = strrchr(m->file, '/');
    json_object_set_new(q, "source", json_string(slash != NULL ? slash + 1 : m->file));
    if (person != NULL) json_object_set_new(q, "person", json_string(person));
    if (!m->ndjson) json_object_set_new(q, "type", json_string(cli_opt(m->c, "type")));
    node_tool_copy(q, "as_of", cli_opt(m->c, "as-of"));
    if (cli_has(m->c, "confirm-dates")) json_object_set_new(q, "confirm_dates", json_true());
    if (cli_has(m->c, "dry-run")) json_object_set_new(q, "dry", json_true());
    if (m->columns != NULL) json_object_set_new(q, "columns", tool_columns_kept(m->columns));
    return q;
}

static enum err tool_send(struct tool_import *m, bool last)
{
    json_t *response = NULL;
    json_t *request = tool_request(m, last);
    enum err e = node_tool_ask(m->c, m->t, request, NODE_TOOL_SYNC_MS, &response);
    json_decref(request);
    if (e != ERR_OK) {
        m->told = e;
        return e;
    }
    snprintf(m->id, sizeof m->id, "%s", json_string_value(json_object_get(response, "import")));
    e = tool_take_bad(m, json_object_get(response, "bad"));
    json_array_extend(m->kept, json_object_get(response, "kept"));
    json_decref(m->last);
    m->last = response;
    json_array_clear(m->rows);
    buf_clear(&m->raw);
    return e;
}

/* Takes over `row`. */
static enum err tool_add(struct tool_import *m, json_t *row, struct bytes raw)
{
    enum err e = ERR_OK;
    if (row == NULL) return ERR_NOMEM;
    size_t n = json_array_size(m->rows);
    if (n == TOOL_BATCH_ROWS || (n > 0 && m->raw.len + raw.len > TOOL_BATCH_BYTES)) {
        e = tool_send(m, false);
        n = 0;
    }
    if (e == ERR_OK) buf_add_bytes(&m->raw, raw);
    if (e == ERR_OK) e = m->raw.e;
    if (e != ERR_OK) {
        json_decref(row);
        return e;
    }
    m->lens[n] = raw.len;
    return json_array_append_new(m->rows, row) == 0 ? ERR_OK : ERR_NOMEM;
}

/* ---- CSV ---- */

/* Two columns of one name: which of them would count? */
static bool tool_column_twice(const json_t *columns)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *name = json_array_get(columns, i);
        bool left_out = json_string_length(name) == 0;
        for (size_t k = 0; k < i && !left_out; k++)
            if (json_equal(json_array_get(columns, k), name)) return true;
    }
    return false;
}

static enum err tool_csv_header(struct tool_import *m, const struct csv_row *row)
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
        if (j == NULL || json_array_append_new(m->columns, j) != 0) {
            m->told = cli_fail(
                m->c, ERR_BAD_INPUT, "Dòng tiêu đề có tên cột hỏng hoặc trống; chưa nhập dòng nào.",
                "The header has a broken or an empty column name; nothing imported.");
            return m->told;
        }
    }
    enum err e = node_sheet_columns(m->c, m->t, cli_opt(m->c, "type"), m->columns);
    if (e == ERR_OK && tool_column_twice(m->columns))
        e = cli_fail(m->c, ERR_BAD_INPUT, "Dòng tiêu đề có hai cột trùng nhau; chưa nhập dòng nào.",
                     "The header names a column twice; nothing was imported.");
    m->told = e;
    return e == ERR_OK ? m->header.e : e;
}

/* Empty cells say nothing: an import never clears a field. */
static enum err tool_csv_row(struct tool_import *m, const struct csv_row *row)
{
    if (row->count != json_array_size(m->columns)) {
        char vi[120], en[120];
        snprintf(vi, sizeof vi, "Dòng có %zu cột, tiêu đề có %zu cột.", row->count,
                 json_array_size(m->columns));
        snprintf(en, sizeof en, "The row has %zu columns, the header %zu.", row->count,
                 json_array_size(m->columns));
        return tool_bad(m, row->line, "", vi, en, row->raw);
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
    return tool_add(m, j, row->raw);
}

static enum err tool_csv_next(struct tool_import *m, struct csv_reader *r, bool *more)
{
    struct csv_row row;
    enum err e = csv_next(r, &row);
    *more = false;
    if (e == ERR_AGAIN || e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_NOMEM) return e;
    *more = true;
    if (m->columns == NULL) {
        if (e == ERR_OK) return tool_csv_header(m, &row);
        m->told = cli_fail(m->c, ERR_BAD_INPUT, "Dòng tiêu đề của tệp CSV bị hỏng; chưa nhập gì.",
                           "The header line of the CSV file is broken; nothing was imported.");
        return m->told;
    }
    if (e == ERR_OK) return tool_csv_row(m, &row);
    return tool_bad(m, row.flaw.line, "", csv_flaw_text_vi(row.flaw.kind),
                    csv_flaw_text_en(row.flaw.kind), row.raw);
}

static enum err tool_csv(struct tool_import *m, FILE *f)
{
    struct csv_reader r;
    struct node_sheet_text t;
    struct bytes piece;
    csv_open(&r, 0);
    enum err e = m->told = node_sheet_open(m->c, f, &t);
    for (bool ended = false; e == ERR_OK && !ended;) {
        e = node_sheet_piece(&t, &piece);
        ended = e == ERR_NOT_FOUND;
        if (e == ERR_OK) csv_feed(&r, piece);
        if (ended) csv_finish(&r);
        if (ended) e = ERR_OK;
        for (bool more = true; e == ERR_OK && more;)
            e = tool_csv_next(m, &r, &more);
    }
    csv_close(&r);
    node_sheet_close(&t);
    return e;
}

/* ---- NDJSON ---- */

static enum err tool_json_line(struct tool_import *m, uint64_t line, struct bytes raw)
{
    json_error_t why;
    const char *wanted = cli_opt(m->c, "type");
    if (raw.len > 0 && raw.p[raw.len - 1] == '\r') raw.len--;
    if (text_trim(raw).len == 0) return ERR_OK;
    json_t *o = json_loadb((const char *)raw.p, raw.len, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(o)) {
        json_decref(o);
        return tool_bad(m, line, "", "Dòng không phải là một đối tượng JSON đúng (UTF-8).",
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
    return tool_add(m, row, raw);
}

/* Whole lines out of `text`; what is left of the last one stays in it. */
static enum err tool_json_lines(struct tool_import *m, struct buf *text, uint64_t *line)
{
    enum err e = ERR_OK;
    size_t at = 0;
    while (e == ERR_OK) {
        const uint8_t *end = text->len > at ? memchr(text->p + at, '\n', text->len - at) : NULL;
        if (end == NULL) break;
        size_t n = (size_t)(end - (text->p + at));
        e = tool_json_line(m, ++*line, bytes_make(text->p + at, n));
        at += n + 1;
    }
    buf_drop(text, at);
    return e;
}

static enum err tool_ndjson(struct tool_import *m, FILE *f)
{
    struct buf text;
    uint64_t line = 0;
    size_t n = 1;
    enum err e = ERR_OK;
    buf_init(&text, TOOL_LINE_BYTES_MAX + TOOL_PIECE_BYTES);
    bool first = true;
    while (e == ERR_OK && n > 0) {
        uint8_t *room = buf_room(&text, TOOL_PIECE_BYTES);
        if (room == NULL) {
            m->told = cli_fail(m->c, ERR_TOO_LARGE,
                               "Có dòng dài quá 1 MiB; các dòng trước đó đã nhập. Tệp này có phải "
                               "NDJSON không?",
                               "A line is over 1 MiB; the lines before it are in. Is this file "
                               "NDJSON?");
            e = m->told;
            break;
        }
        n = fread(room, 1, TOOL_PIECE_BYTES, f);
        text.len -= TOOL_PIECE_BYTES - n;
        if (first && text.len >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0) buf_drop(&text, 3);
        first = false;
        e = tool_json_lines(m, &text, &line);
    }
    if (e == ERR_OK && text.len > 0) e = tool_json_line(m, ++line, buf_bytes(&text));
    buf_free(&text);
    return e == ERR_OK && ferror(f) ? ERR_IO : e;
}

/* ---- the verb ---- */

static bool tool_ends(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static enum err tool_import_show(struct tool_import *m)
{
    json_t *j = json_copy(m->last);
    json_object_set_new(j, "bad_rows", json_integer((json_int_t)m->bad_count));
    json_object_set(j, "bad", m->bad);
    json_object_set(j, "kept", m->kept);
    if (m->asks) json_object_set_new(j, "confirm", json_true());
    if (m->out != NULL) json_object_set_new(j, "bad_file", json_string(m->out_path));
    if (m->c->json) {
        cli_print_json(j);
    } else {
        node_tool_print_import(m->c, j);
    }
    json_decref(j);
    if (m->bad_count > 0) m->t->exit = NODE_TOOL_WARNINGS;
    return ERR_OK;
}

static enum err tool_import_end(struct tool_import *m, enum err e)
{
    if (e == ERR_OK && !m->ndjson && m->columns == NULL)
        e = m->told = cli_fail(m->c, ERR_BAD_INPUT, "Tệp rỗng.", "The file is empty.");
    if (e == ERR_OK) e = tool_send(m, true);
    if (e == ERR_OK && m->out != NULL && fflush(m->out) != 0) e = ERR_FULL;
    return e == ERR_OK ? tool_import_show(m) : e;
}

static enum err tool_import_file(struct tool_import *m)
{
    bool in = strcmp(m->file, "-") == 0;
    FILE *f = in ? stdin : fopen(m->file, "rb");
    if (f == NULL)
        return cli_fail(m->c, ERR_NOT_FOUND, "Không mở được tệp này; chưa nhập gì.",
                        "The file cannot be opened; nothing was imported.");
    enum err e = m->ndjson ? tool_ndjson(m, f) : tool_csv(m, f);
    if (!in) fclose(f);
    return tool_import_end(m, e);
}

/* A workbook, or text in an old font: read whole, as CSV. */
static enum err tool_import_sheet(struct tool_import *m)
{
    struct buf csv;
    struct csv_reader r;
    buf_init(&csv, TOOL_SHEET_BYTES_MAX);
    enum err e = m->told = node_sheet_read(m->c, m->file, &csv);
    csv_open(&r, 0);
    csv_feed(&r, buf_bytes(&csv));
    for (int piece = 0; piece < 2; piece++) {
        for (bool more = true; e == ERR_OK && more;)
            e = tool_csv_next(m, &r, &more);
        csv_finish(&r);
    }
    csv_close(&r);
    buf_free(&csv);
    return tool_import_end(m, e);
}

enum err node_tool_import(struct cli *c, void *ctx)
{
    struct tool_import *m = calloc(1, sizeof *m);
    if (m == NULL) return ERR_NOMEM;
    m->c = c;
    m->t = ctx;
    m->file = c->args[0];
    m->ndjson =
        cli_has(c, "ndjson") ||
        (!cli_has(c, "csv") && (tool_ends(m->file, ".ndjson") || tool_ends(m->file, ".jsonl")));
    m->rows = json_array();
    m->bad = json_array();
    m->kept = json_array();
    m->local = json_array();
    buf_init(&m->local_raw, TOOL_BATCH_BYTES + CSV_ROW_BYTES_MAX + TOOL_LINE_BYTES_MAX);
    buf_init(&m->raw, TOOL_BATCH_BYTES + CSV_ROW_BYTES_MAX + TOOL_LINE_BYTES_MAX);
    buf_init(&m->header, CSV_ROW_BYTES_MAX);
    enum err e = node_sheet_options(c, m->file, m->ndjson);
    if (e == ERR_OK)
        e = !m->ndjson && node_sheet_whole(c, m->file) ? tool_import_sheet(m) : tool_import_file(m);
    if (m->out != NULL) fclose(m->out);
    json_decref(m->rows);
    json_decref(m->bad);
    json_decref(m->kept);
    json_decref(m->columns);
    json_decref(m->last);
    json_decref(m->local);
    buf_free(&m->local_raw);
    buf_free(&m->raw);
    buf_free(&m->header);
    free(m);
    return e;
}

/*
 * import: the file is read in pieces and sent in batches of rows. A row that is refused is named
 * with its line, column and reason, and put into FILE.loi.csv (or .loi.ndjson) to correct and
 * import again; all other rows are taken.
 */
#include "node/tool.h"

#include "common/csv.h"
#include "common/io/import_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOOL_BATCH_ROWS = 256,
    TOOL_BATCH_BYTES = 1024 * 1024, /* of raw rows in one request */
    TOOL_BAD_TOLD_MAX = 1000,       /* bad rows named one by one; all are in the file */
};

struct tool_import {
    struct cli *c;
    struct node_tool *t;
    struct import_rows in;
    json_t *rows;   /* of the batch */
    struct buf raw; /* their bytes as they stand in the file */
    size_t lens[TOOL_BATCH_ROWS];
    json_t *local; /* rows of the batch that are no rows at all: never sent, told in their place */
    struct buf local_raw;
    char id[17];  /* of the import, "" before the first answer */
    json_t *last; /* newest answer */
    json_t *bad;
    json_t *kept;  /* values of a later day than the list */
    json_t *twins; /* rows of a trial whose values a record here has */
    uint64_t bad_count;
    bool asks; /* a row was refused for its day only: it enters once that is confirmed */
    bool same; /* likewise, because it may be of another record */
    FILE *out; /* bad rows, NULL until there is one */
    char out_path[FILE_PATH_BYTES_MAX];
};

/* ---- bad rows ---- */

static enum err tool_bad_open(struct tool_import *m)
{
    if (m->out != NULL) return ERR_OK;
    int n = snprintf(m->out_path, sizeof m->out_path, "%s.loi.%s", m->in.file,
                     m->in.ndjson ? "ndjson" : "csv");
    if (n < 0 || (size_t)n >= sizeof m->out_path) return ERR_TOO_LARGE;
    /* People's data: for the owner only. The file of an earlier try is replaced. */
    if (file_exists(m->out_path) && file_remove(m->out_path) != ERR_OK) return ERR_IO;
    enum err e = file_create_empty(m->out_path);
    if (e != ERR_OK) return e;
    m->out = fopen(m->out_path, "ab");
    if (m->out == NULL) return ERR_IO;
    if (!m->in.ndjson) {
        fputs("\xEF\xBB\xBF", m->out);
        fwrite(m->in.header.p, 1, m->in.header.len, m->out);
        fputs("\r\n", m->out);
    }
    return ERR_OK;
}

static enum err tool_bad_row(struct tool_import *m, struct bytes raw)
{
    enum err e = tool_bad_open(m);
    if (e != ERR_OK) return e;
    fwrite(raw.p, 1, raw.len, m->out);
    fputs(m->in.ndjson ? "\n" : "\r\n", m->out);
    m->bad_count++;
    return ferror(m->out) ? ERR_IO : ERR_OK;
}

static enum err tool_send(struct tool_import *m, bool last);

/* A row that is refused before it is sent. */
static enum err tool_bad(void *ctx, uint64_t line, const char *vi, const char *en, struct bytes raw)
{
    struct tool_import *m = ctx;
    if (json_array_size(m->local) == TOOL_BATCH_ROWS || m->local_raw.len > TOOL_BATCH_BYTES) {
        enum err e = tool_send(m, false);
        if (e != ERR_OK) return e;
    }
    json_array_append_new(m->local,
                          json_pack("{s:I, s:s, s:s, s:s, s:I}", "line", (json_int_t)line, "column",
                                    "", "vi", vi, "en", en, "len", (json_int_t)raw.len));
    buf_add_bytes(&m->local_raw, raw);
    return m->local_raw.e;
}

/* ---- batches ---- */

static enum err tool_tell_bad(struct tool_import *m, const json_t *b, struct bytes raw)
{
    m->asks = m->asks || json_is_true(json_object_get(b, "confirm"));
    m->same = m->same || json_is_true(json_object_get(b, "same"));
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
    const char *slash = strrchr(m->in.file, '/');
    json_object_set_new(q, "source", json_string(slash != NULL ? slash + 1 : m->in.file));
    if (person != NULL) json_object_set_new(q, "person", json_string(person));
    if (!m->in.ndjson) json_object_set_new(q, "type", json_string(cli_opt(m->c, "type")));
    node_tool_copy(q, "as_of", cli_opt(m->c, "as-of"));
    if (cli_has(m->c, "confirm-dates")) json_object_set_new(q, "confirm_dates", json_true());
    if (cli_has(m->c, "confirm-same")) json_object_set_new(q, "confirm_same", json_true());
    if (cli_has(m->c, "dry-run")) json_object_set_new(q, "dry", json_true());
    if (m->in.columns != NULL) json_object_set_new(q, "columns", tool_columns_kept(m->in.columns));
    return q;
}

static enum err tool_send(struct tool_import *m, bool last)
{
    json_t *response = NULL;
    json_t *request = tool_request(m, last);
    enum err e = node_tool_ask(m->c, m->t, request, NODE_TOOL_SYNC_MS, &response);
    json_decref(request);
    if (e != ERR_OK) return e;
    snprintf(m->id, sizeof m->id, "%s", json_string_value(json_object_get(response, "import")));
    e = tool_take_bad(m, json_object_get(response, "bad"));
    json_array_extend(m->kept, json_object_get(response, "kept"));
    json_array_extend(m->twins, json_object_get(response, "twins"));
    json_decref(m->last);
    m->last = response;
    json_array_clear(m->rows);
    buf_clear(&m->raw);
    return e;
}

/* Takes over `row`. */
static enum err tool_add(void *ctx, json_t *row, struct bytes raw)
{
    struct tool_import *m = ctx;
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

static enum err tool_ask(void *ctx, json_t *request, json_t **response)
{
    struct tool_import *m = ctx;
    enum err e = node_tool_ask(m->c, m->t, request, NODE_TOOL_ASK_MS, response);
    json_decref(request);
    return e;
}

/* ---- the verb ---- */

static enum err tool_import_show(struct tool_import *m)
{
    json_t *j = json_copy(m->last);
    json_object_set_new(j, "bad_rows", json_integer((json_int_t)m->bad_count));
    json_object_set(j, "bad", m->bad);
    json_object_set(j, "kept", m->kept);
    if (cli_has(m->c, "dry-run")) json_object_set(j, "twins", m->twins);
    if (m->asks) json_object_set_new(j, "confirm", json_true());
    if (m->same) json_object_set_new(j, "same", json_true());
    if (m->out != NULL) json_object_set_new(j, "bad_file", json_string(m->out_path));
    enum err e = import_rows_alike(&m->in, j);
    if (e != ERR_OK) {
        json_decref(j);
        return e;
    }
    if (m->c->json) {
        cli_print_json(j);
    } else {
        import_rows_print(m->c, j);
    }
    json_decref(j);
    if (m->bad_count > 0) m->t->exit = NODE_TOOL_WARNINGS;
    return ERR_OK;
}

enum err node_tool_import(struct cli *c, void *ctx)
{
    struct tool_import *m = calloc(1, sizeof *m);
    if (m == NULL) return ERR_NOMEM;
    const struct import_rows_to to = {tool_add, tool_bad, tool_ask, "catalogue", m};
    m->c = c;
    m->t = ctx;
    import_rows_init(&m->in, c, c->args[0], &to);
    m->rows = json_array();
    m->bad = json_array();
    m->kept = json_array();
    m->twins = json_array();
    m->local = json_array();
    buf_init(&m->local_raw, TOOL_BATCH_BYTES + CSV_ROW_BYTES_MAX + IMPORT_ROWS_LINE_MAX);
    buf_init(&m->raw, TOOL_BATCH_BYTES + CSV_ROW_BYTES_MAX + IMPORT_ROWS_LINE_MAX);
    enum err e = import_rows_read(&m->in);
    if (e == ERR_OK) e = tool_send(m, true);
    if (e == ERR_OK && m->out != NULL && fflush(m->out) != 0) e = ERR_FULL;
    if (e == ERR_OK) e = tool_import_show(m);
    if (m->out != NULL) fclose(m->out);
    import_rows_free(&m->in);
    json_decref(m->rows);
    json_decref(m->bad);
    json_decref(m->kept);
    json_decref(m->twins);
    json_decref(m->last);
    json_decref(m->local);
    buf_free(&m->local_raw);
    buf_free(&m->raw);
    free(m);
    return e;
}

/* The verb import: a file of the district's own records, CSV or NDJSON, in one request. */
#include "hub/tool.h"

#include "common/csv.h"
#include "common/text.h"
#include "hub/command.h"

#include <stdio.h>
#include <stdlib.h>

struct hub_rows {
    struct cli *c;
    json_t *rows;
    json_t *columns; /* CSV: of the header line */
    json_t *bad;     /* lines that could not be read at all */
};

static enum err hub_rows_bad(struct hub_rows *m, uint64_t line, const char *vi, const char *en)
{
    json_t *j = json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)line, "column", "", "vi", vi,
                          "en", en);
    return json_array_append_new(m->bad, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* ---- NDJSON ---- */

static enum err hub_rows_json(struct hub_rows *m, uint64_t line, struct bytes raw)
{
    const char *wanted = cli_opt(m->c, "type");
    if (text_trim(raw).len == 0) return ERR_OK;
    json_t *o = json_loadb((const char *)raw.p, raw.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(o)) {
        json_decref(o);
        return hub_rows_bad(m, line, "Dòng không phải là một đối tượng JSON đúng (UTF-8).",
                            "The line is no JSON object (UTF-8).");
    }
    json_t *row = json_pack("{s:I}", "line", (json_int_t)line);
    if (wanted != NULL) json_object_set_new(row, "type", json_string(wanted));
    if (json_object_get(o, "type") != NULL)
        json_object_set(row, "type", json_object_get(o, "type"));
    if (json_object_get(o, "id") != NULL) json_object_set(row, "id", json_object_get(o, "id"));
    json_object_del(o, "type");
    json_object_del(o, "id");
    json_object_set_new(row, "values", o);
    return json_array_append_new(m->rows, row) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err hub_rows_ndjson(struct hub_rows *m, struct bytes text)
{
    enum err e = ERR_OK;
    size_t at = 0;
    for (uint64_t line = 1; at < text.len && e == ERR_OK; line++) {
        const uint8_t *end = memchr(text.p + at, '\n', text.len - at);
        size_t n = end != NULL ? (size_t)(end - (text.p + at)) : text.len - at;
        e = hub_rows_json(m, line, bytes_make(text.p + at, n));
        at += n + 1;
    }
    return e;
}

/* ---- CSV ---- */

static enum err hub_rows_header(struct hub_rows *m, const struct csv_row *row)
{
    m->columns = json_array();
    for (size_t i = 0; i < row->count; i++) {
        struct bytes name = text_trim(row->fields[i]);
        json_t *j = json_stringn((const char *)name.p, name.len);
        if (j == NULL || json_array_append_new(m->columns, j) != 0) return ERR_BAD_INPUT;
    }
    return ERR_OK;
}

/* Empty cells say nothing: an import never clears a field. */
static enum err hub_rows_cells(struct hub_rows *m, const struct csv_row *row)
{
    if (row->count != json_array_size(m->columns))
        return hub_rows_bad(m, row->line, "Số cột khác dòng tiêu đề.",
                            "The number of columns is not the header's.");
    json_t *values = json_object();
    json_t *j = json_pack("{s:I, s:s, s:o}", "line", (json_int_t)row->line, "type",
                          cli_opt(m->c, "type"), "values", values);
    for (size_t i = 0; j != NULL && i < row->count; i++) {
        const char *name = json_string_value(json_array_get(m->columns, i));
        struct bytes cell = text_trim(csv_unguard(row->fields[i]));
        if (cell.len == 0) continue;
        json_object_set_new(strcmp(name, "id") == 0 ? j : values, name,
                            json_stringn((const char *)cell.p, cell.len));
    }
    return j != NULL && json_array_append_new(m->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err hub_rows_csv(struct hub_rows *m, struct bytes text)
{
    struct csv_reader r;
    struct csv_row row;
    enum err e = ERR_OK;
    csv_open(&r, 0);
    csv_feed(&r, text);
    csv_finish(&r);
    while (e == ERR_OK) {
        enum err got = csv_next(&r, &row);
        if (got == ERR_AGAIN || got == ERR_NOT_FOUND) break;
        if (got == ERR_NOMEM)
            e = got;
        else if (m->columns == NULL)
            e = got == ERR_OK ? hub_rows_header(m, &row) : ERR_BAD_INPUT;
        else if (got == ERR_OK)
            e = hub_rows_cells(m, &row);
        else
            e = hub_rows_bad(m, row.flaw.line, csv_flaw_text_vi(row.flaw.kind),
                             csv_flaw_text_en(row.flaw.kind));
    }
    csv_close(&r);
    return e;
}

/* ---- the verb ---- */

static void hub_print_import(const struct cli *c, const json_t *r)
{
    const json_t *bad = json_object_get(r, "bad");
    hub_print_lines(c, r);
    for (size_t i = 0; i < json_array_size(bad); i++) {
        const json_t *b = json_array_get(bad, i);
        const char *column = json_string_value(json_object_get(b, "column"));
        fprintf(stderr, "%s %lld%s%s: %s\n", cli_text(c, "dòng", "line"),
                (long long)json_integer_value(json_object_get(b, "line")),
                column != NULL && column[0] != '\0' ? ", " : "", column != NULL ? column : "",
                json_string_value(json_object_get(b, c->en ? "en" : "vi")));
    }
    for (size_t i = 0; i < json_array_size(bad); i++) {
        if (!json_is_true(json_object_get(json_array_get(bad, i), "confirm"))) continue;
        fputs(cli_text(c, "Nếu những ngày đó đúng: nhập lại với --confirm-dates.\n",
                       "If those days are right: import again with --confirm-dates.\n"),
              stderr);
        break;
    }
    const json_t *kept = json_object_get(r, "kept");
    for (size_t i = 0; i < json_array_size(kept); i++) {
        const json_t *k = json_array_get(kept, i);
        printf("  %s %lld, %s: %s\n", cli_text(c, "dòng", "line"),
               (long long)json_integer_value(json_object_get(k, "line")),
               json_string_value(json_object_get(k, c->en ? "en" : "vi")),
               cli_text(c, "khóa, giữ nguyên", "locked, left as it is"));
    }
}

static enum err hub_import_send(struct hub_rows *m, struct hub_tool *t)
{
    json_t *response = NULL;
    json_t *q = hub_tool_request(m->c, "import");
    json_object_set(q, "rows", m->rows);
    if (cli_has(m->c, "confirm-dates")) json_object_set_new(q, "confirm_dates", json_true());
    enum err e = hub_tool_ask(m->c, t, q, &response);
    if (e != ERR_OK) return e;
    json_array_extend(m->bad, json_object_get(response, "bad"));
    json_object_set(response, "bad", m->bad);
    if (m->c->json)
        cli_print_json(response);
    else
        hub_print_import(m->c, response);
    if (json_array_size(m->bad) > 0) t->exit = HUB_TOOL_WARNINGS;
    json_decref(response);
    return ERR_OK;
}

static bool hub_import_is_csv(const char *path)
{
    size_t n = strlen(path);
    return n >= 4 && strcmp(path + n - 4, ".csv") == 0;
}

enum err hub_tool_import(struct cli *c, void *ctx)
{
    struct hub_rows m = {.c = c};
    struct buf text;
    bool csv = hub_import_is_csv(c->args[0]);
    if (csv && !cli_has(c, "type"))
        return cli_fail(c, ERR_USAGE, "Nhập CSV cần --type LOẠI.",
                        "Importing CSV needs --type TYPE.");
    buf_init(&text, HUB_COMMAND_FILE_MAX);
    enum err e = file_read(c->args[0], HUB_COMMAND_FILE_MAX, &text);
    if (e != ERR_OK) {
        buf_free(&text);
        return cli_fail(c, e, "Không đọc được tệp này (tối đa 5 MiB); chưa nhập gì.",
                        "The file cannot be read (at most 5 MiB); nothing was imported.");
    }
    m.rows = json_array();
    m.bad = json_array();
    e = csv ? hub_rows_csv(&m, buf_bytes(&text)) : hub_rows_ndjson(&m, buf_bytes(&text));
    if (e == ERR_OK) e = hub_import_send(&m, ctx);
    json_decref(m.rows);
    json_decref(m.bad);
    json_decref(m.columns);
    buf_free(&text);
    return e;
}

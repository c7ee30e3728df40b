/* The verb import: a list of the district's own records, in one request: all good rows enter together. */
#include "hub/tool.h"

#include "common/io/import_rows.h"
#include "hub/command.h"

#include <stdio.h>

struct hub_rows {
    struct cli *c;
    struct hub_tool *t;
    json_t *rows;
    size_t bytes; /* of them, in the file */
    json_t *bad;  /* lines that are no rows at all */
};

static enum err hub_rows_add(void *ctx, json_t *row, struct bytes raw)
{
    struct hub_rows *m = ctx;
    if (row == NULL || json_array_append_new(m->rows, row) != 0) return ERR_NOMEM;
    m->bytes += raw.len;
    if (m->bytes <= HUB_COMMAND_FILE_MAX && json_array_size(m->rows) <= HUB_COMMAND_ROWS_MAX)
        return ERR_OK;
    return cli_fail(m->c, ERR_TOO_LARGE,
                    "Mỗi lần nhập tối đa 5000 dòng, 5 MiB: hãy tách tệp. Chưa nhập gì.",
                    "At most 5000 rows and 5 MiB an import: cut the file. Nothing was imported.");
}

static enum err hub_rows_bad(void *ctx, uint64_t line, const char *vi, const char *en,
                             struct bytes raw)
{
    struct hub_rows *m = ctx;
    json_t *j = json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)line, "column", "", "vi", vi,
                          "en", en);
    (void)raw;
    return json_array_append_new(m->bad, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err hub_rows_ask(void *ctx, json_t *request, json_t **response)
{
    struct hub_rows *m = ctx;
    return hub_tool_ask(m->c, m->t, request, response);
}

/* ---- the verb ---- */

/* Those of the answer and the own ones, in the order of the file. */
static enum err hub_rows_merge(struct hub_rows *m, json_t *answer)
{
    json_t *bad = json_object_get(answer, "bad");
    for (size_t i = 0, at = 0; i < json_array_size(m->bad); i++) {
        json_t *own = json_array_get(m->bad, i);
        json_int_t line = json_integer_value(json_object_get(own, "line"));
        while (at < json_array_size(bad) &&
               json_integer_value(json_object_get(json_array_get(bad, at), "line")) < line)
            at++;
        if (json_array_insert(bad, at, own) != 0) return ERR_NOMEM;
    }
    json_object_set_new(answer, "bad_rows", json_integer((json_int_t)json_array_size(bad)));
    for (size_t i = 0; i < json_array_size(bad); i++) {
        const json_t *b = json_array_get(bad, i);
        if (json_is_true(json_object_get(b, "confirm")))
            json_object_set_new(answer, "confirm", json_true());
        if (json_is_true(json_object_get(b, "same")))
            json_object_set_new(answer, "same", json_true());
    }
    return ERR_OK;
}

static enum err hub_import_send(struct hub_rows *m, struct import_rows *in)
{
    json_t *response = NULL;
    json_t *q = hub_tool_request(m->c, "import");
    json_object_set(q, "rows", m->rows);
    if (cli_has(m->c, "confirm-dates")) json_object_set_new(q, "confirm_dates", json_true());
    if (cli_has(m->c, "confirm-same")) json_object_set_new(q, "confirm_same", json_true());
    if (cli_has(m->c, "dry-run")) json_object_set_new(q, "dry", json_true());
    enum err e = hub_tool_ask(m->c, m->t, q, &response);
    if (e == ERR_OK) e = hub_rows_merge(m, response);
    if (e == ERR_OK) e = import_rows_alike(in, response);
    if (e == ERR_OK && m->c->json) cli_print_json(response);
    if (e == ERR_OK && !m->c->json) import_rows_print(m->c, response);
    if (e == ERR_OK && json_array_size(json_object_get(response, "bad")) > 0)
        m->t->exit = HUB_TOOL_WARNINGS;
    json_decref(response);
    return e;
}

enum err hub_tool_import(struct cli *c, void *ctx)
{
    struct hub_rows m = {.c = c, .t = ctx, .rows = json_array(), .bad = json_array()};
    const struct import_rows_to to = {hub_rows_add, hub_rows_bad, hub_rows_ask, "forms", &m};
    struct import_rows in;
    import_rows_init(&in, c, c->args[0], &to);
    enum err e = import_rows_read(&in);
    if (e == ERR_OK) e = hub_import_send(&m, &in);
    import_rows_free(&in);
    json_decref(m.rows);
    json_decref(m.bad);
    return e;
}

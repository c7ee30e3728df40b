/* The verb `subject`: everything held about one person, written as JSON or as a workbook. */
#include "hub/tool.h"

#include "common/io/file.h"
#include "hub/xlsx_subject.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the file ---- */

static bool subject_ends(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

static enum err subject_json(const json_t *r, const char *path)
{
    char *text = json_dumps(r, JSON_INDENT(1) | JSON_SORT_KEYS);
    enum err e = text != NULL ? file_write_atomic(path, bytes_str(text), 0600) : ERR_NOMEM;
    free(text);
    return e;
}

static enum err subject_write(const json_t *r, const char *path)
{
    if (subject_ends(path, ".json")) return subject_json(r, path);
    enum err e = file_create_empty(path);
    if (e != ERR_OK) return e;
    e = hub_xlsx_subject(r, path);
    enum err gone = e == ERR_OK ? ERR_OK : file_remove(path);
    return e != ERR_OK ? e : gone;
}

enum err hub_tool_subject(struct cli *c, void *ctx)
{
    const char *path = cli_opt(c, "out");
    json_t *r = NULL;
    if (path == NULL || (!subject_ends(path, ".json") && !subject_ends(path, ".xlsx")))
        return cli_fail(c, ERR_USAGE, "Cần --out TỆP.xlsx (để đọc) hoặc --out TỆP.json.",
                        "Give --out FILE.xlsx (for people) or --out FILE.json.");
    if (file_exists(path))
        return cli_fail(c, ERR_EXISTS, "Đã có tệp mang tên này: hãy chọn tên khác. Chưa đọc gì.",
                        "There is a file of that name: choose another. Nothing was read.");
    json_t *q = hub_tool_request(c, "subject");
    json_object_set_new(q, "id", json_string(c->args[0]));
    hub_tool_copy(c, q, "reason", "reason");
    json_int_t highest = 4;
    enum err e = hub_tool_number(c, "max-class", 4, &highest);
    json_object_set_new(q, "max_class", json_integer(highest));
    if (e == ERR_OK) {
        e = hub_tool_ask(c, ctx, q, &r);
    } else {
        json_decref(q);
    }
    if (e != ERR_OK) return e;
    e = subject_write(r, path);
    if (e == ERR_OK) {
        json_t *done =
            json_pack("{s:s, s:I, s:I}", "file", path, "records",
                      (json_int_t)json_array_size(json_object_get(r, "records")), "history",
                      (json_int_t)json_array_size(json_object_get(r, "history")));
        if (c->json)
            cli_print_json(done);
        else
            hub_print_lines(c, done);
        json_decref(done);
    }
    json_decref(r);
    return e == ERR_OK ? ERR_OK
                       : cli_fail(c, e, "Không ghi được tệp này.", "The file cannot be written.");
}

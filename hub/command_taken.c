/* What was taken of the issued files, by whom and when. */
#include "hub/command_priv.h"

#include "hub/store_taken.h"

static enum err hub_taken_row(void *ctx, const struct hub_taken_file *f)
{
    json_t *j = json_pack("{s:I, s:s, s:s, s:b, s:o, s:o, s:I}", "issue", (json_int_t)f->issue,
                          "file", f->name, "who", f->who, "token", (int)f->token, "first",
                          hub_json_time(f->first_ms), "last", hub_json_time(f->last_ms), "times",
                          (json_int_t)f->times);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_taken(struct hub_app *a, const json_t *request)
{
    json_int_t issue = json_integer_value(json_object_get(request, "issue"));
    json_t *rows = json_array();
    enum err e = hub_taken_each(a->store, issue > 0 ? issue : 0, hub_taken_row, rows);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "taken", rows) : hub_command_fail(e);
    json_decref(rows);
    return j;
}

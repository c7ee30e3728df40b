/* report_records: the records behind one figure of a report, as this PC has them now. */
#include "node/command_priv.h"
#include "node/flow.h"
#include "node/owed.h"

#include <stdlib.h>
#include <string.h>

#define NODE_DRILL_RECORDS_MAX 500u /* of one answer; `total` counts them all */

struct node_drill {
    struct node_command *c;
    const struct catalogue_indicator *indicator;
    const char *unit;
    const char *value; /* of the breakdown; NULL: the whole line */
    int by;            /* its column, -1: none */
    json_t *ids;       /* a set: hex -> true */
};

/* Which of by1..by3 a breakdown list is; -1: none. */
static int node_drill_by(const struct catalogue_indicator *indicator, const char *by)
{
    size_t len = strlen(by);
    const char *p = indicator->by;
    for (int i = 0; len > 0 && i < FACT_BY_MAX; i++) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, by, n) == 0) return i;
        if (p[n] == '\0') break;
        p += n + 1;
    }
    return -1;
}

/* A fact that adds to the numerator: 0 and nothing add nothing. */
static enum err node_drill_fact(void *ctx, const struct fact *f)
{
    struct node_drill *d = ctx;
    char hex[2 * ID_RECORD_BYTES + 1];
    bool ours = f->unit.len == strlen(d->unit) && memcmp(f->unit.p, d->unit, f->unit.len) == 0;
    if (!ours || !f->has_num || f->num == 0 || f->record.len != ID_RECORD_BYTES) return ERR_OK;
    if (d->value != NULL && d->by >= 0) {
        struct bytes b = f->by[d->by];
        if (b.len != strlen(d->value) || (b.len > 0 && memcmp(b.p, d->value, b.len) != 0))
            return ERR_OK;
    }
    id_hex(f->record, hex);
    return json_object_set_new(d->ids, hex, json_true()) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *node_drill_rows(struct node_drill *d)
{
    json_t *rows = json_array();
    const char *hex = NULL;
    json_t *v = NULL;
    json_object_foreach(d->ids, hex, v)
    {
        if (json_array_size(rows) >= NODE_DRILL_RECORDS_MAX) break;
        json_array_append_new(rows, node_search_about(d->c, hex));
    }
    return json_pack("{s:o, s:I}", "rows", rows, "total", (json_int_t)json_object_size(d->ids));
}

static json_t *node_drill_line(struct node_drill *d, const json_t *request,
                               const struct node_flow *f)
{
    const struct catalogue *cat = node_store_catalogue(d->c->store, NULL);
    const char *text = node_request_str(request, "line");
    char why[INDICATOR_WHY_ROOM] = "";
    size_t n = 0;
    const struct catalogue_line *lines = catalogue_lines(cat, f->row.form->id, &n), *line = NULL;
    long no = text != NULL ? strtol(text, NULL, 10)
                           : (long)json_integer_value(json_object_get(request, "line"));
    for (size_t i = 0; i < n; i++) {
        if ((long)lines[i].no == no) line = &lines[i];
    }
    if (line == NULL)
        return node_command_error(ERR_NOT_FOUND, "Báo cáo không có dòng này.",
                                  "The report has no such line.", "line");
    d->indicator = catalogue_indicator(cat, line->indicator);
    d->by = node_drill_by(d->indicator, line->by);
    d->unit = f->unit;
    enum err e =
        node_owed_run(d->c->store, d->indicator, f->row.slot.window, node_drill_fact, d, why);
    return e == ERR_OK ? node_drill_rows(d) : node_command_fail(e);
}

json_t *node_command_report_records(struct node_command *c, const json_t *request)
{
    struct node_flow f;
    struct period period;
    struct node_drill d = {.c = c, .ids = json_object()};
    const char *report = node_request_str(request, "report");
    const char *label = node_request_str(request, "period");
    enum err e =
        report != NULL && label != NULL ? period_parse(bytes_str(label), &period) : ERR_BAD_INPUT;
    if (node_store_catalogue(c->store, NULL) == NULL) e = ERR_NOT_READY;
    if (!json_is_true(json_object_get(request, "all")))
        d.value = node_request_str(request, "value");
    if (e == ERR_OK)
        e = node_flow_row(c->store, &c->entry.record, report, period, c->wall_ms(), &f);
    json_t *j = e == ERR_OK ? node_drill_line(&d, request, &f) : node_command_fail(e);
    if (e == ERR_OK) node_flow_free(&f);
    json_decref(d.ids);
    return j;
}

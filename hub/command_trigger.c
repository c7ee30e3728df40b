/* What calls for an ad-hoc report: the rules of triggers.csv over the last days. docs/workflow.md. */
#include "hub/command_flow.h"

#include "hub/figures.h"
#include "hub/owed.h"
#include "hub/store_watch.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRIGGER_RECORDS_MAX = 50 }; /* records named for one unit; all are counted */

struct trigger_run {
    struct hub_app *app;
    const struct catalogue *c;
    const struct catalogue_trigger *g;
    const char *unit; /* NULL: all */
    struct period_window window;
    int64_t least;
    struct hub_figures *figures;
    struct hub_figures_table table;
    json_t *out;
    size_t first; /* rows of the present rule begin here */
};

static enum err trigger_fact(void *ctx, const struct hub_fact *fact)
{
    return fact->odd ? ERR_OK : hub_figures_add(ctx, fact);
}

/* All figures of an indicator by unit. */
static enum err trigger_figures(struct trigger_run *r, const char *id, struct hub_figures **f,
                                struct hub_figures_table *table)
{
    char why[HUB_REPORT_WHY_ROOM];
    const struct catalogue_indicator *in = catalogue_indicator(r->c, id);
    enum err e = hub_figures_new(in->measure, f);
    if (e == ERR_OK) e = hub_owed_run(r->app->store, in, r->window, trigger_fact, *f, why);
    if (e == ERR_OK) e = hub_figures_finish(*f);
    return e == ERR_OK ? hub_figures_tabulate(*f, -1, table) : e;
}

/* What is 100 percent for a unit. */
static enum err trigger_base(struct trigger_run *r, struct bytes unit, int64_t *base)
{
    struct hub_figures *f = NULL;
    struct hub_figures_table table = {.count = 0};
    uint32_t number = 0;
    enum err e = trigger_figures(r, r->g->percent_of, &f, &table);
    *base = 0;
    if (e == ERR_OK && hub_figures_number(f, unit, &number)) {
        const struct hub_figure *one = hub_figures_find(&table, number, HUB_FIGURES_ALL);
        if (one != NULL) *base = one->num;
    }
    hub_figures_table_free(&table);
    hub_figures_free(f);
    return e;
}

static enum err trigger_fires(struct trigger_run *r, const struct hub_figure *v, bool *fires)
{
    int64_t base = 0;
    struct bytes unit = hub_figures_text(r->figures, v->unit);
    if (r->g->percent_of[0] != '\0') {
        enum err e = trigger_base(r, unit, &base);
        *fires = v->num > 0 && v->num * 100 >= r->least * base && base > 0;
        return e;
    }
    if (r->g->what == CATALOGUE_TRIGGER_RATE)
        *fires = v->den > 0 && v->num * 100 >= r->least * v->den;
    else
        *fires = (r->g->what == CATALOGUE_TRIGGER_DEN ? v->den : v->num) >= r->least;
    return ERR_OK;
}

static void trigger_tell(struct trigger_run *r, const struct hub_figure *v)
{
    char code[ADMIN_UNIT_BYTES_MAX + 1];
    struct bytes unit = hub_figures_text(r->figures, v->unit);
    if (unit.len > ADMIN_UNIT_BYTES_MAX) return;
    snprintf(code, sizeof code, "%.*s", (int)unit.len, (const char *)unit.p);
    if (r->unit != NULL && strcmp(r->unit, code) != 0) return;
    json_t *records = json_array();
    for (size_t i = 0; i < v->record_count && i < TRIGGER_RECORDS_MAX; i++) {
        struct bytes id = hub_figures_text(r->figures, v->records[i]);
        if (id.len == ID_RECORD_BYTES) json_array_append_new(records, hub_json_hex(id));
    }
    int64_t count = r->g->what == CATALOGUE_TRIGGER_DEN ? v->den : v->num;
    json_array_append_new(r->out,
                          json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "rule",
                                    (json_int_t)r->g->rule, "indicator", r->g->indicator, "unit",
                                    code, "name", hub_unit_name(r->app, code), "vi", r->g->label_vi,
                                    "en", r->g->label_en, "count", (json_int_t)count, "of",
                                    (json_int_t)v->den, "records", records));
}

/* ---- records ---- */

enum { TRIGGER_CLASS_LATE = 4 }; /* from which class a record that comes late calls for a report */

/* One record: into the row of its unit, which is made by the first; an id is listed once. */
static enum err trigger_record(void *ctx, const struct watch_row *row)
{
    struct trigger_run *r = ctx;
    char code[ADMIN_UNIT_BYTES_MAX + 1], hex[2 * ID_RECORD_BYTES + 1];
    json_t *at = NULL;
    if (row->unit.len == 0 || row->unit.len > ADMIN_UNIT_BYTES_MAX) return ERR_OK;
    snprintf(code, sizeof code, "%.*s", (int)row->unit.len, (const char *)row->unit.p);
    if (r->unit != NULL && strcmp(r->unit, code) != 0) return ERR_OK;
    for (size_t i = r->first; at == NULL && i < json_array_size(r->out); i++) {
        json_t *o = json_array_get(r->out, i);
        if (strcmp(json_string_value(json_object_get(o, "unit")), code) == 0) at = o;
    }
    if (at == NULL) {
        at = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:[]}", "rule",
                       (json_int_t)r->g->rule, "indicator", "", "unit", code, "name",
                       hub_unit_name(r->app, code), "vi", r->g->label_vi, "en", r->g->label_en,
                       "count", 0, "of", 0, "records");
        if (json_array_append_new(r->out, at) != 0) return ERR_NOMEM;
    }
    json_t *records = json_object_get(at, "records");
    id_hex(BYTES_OF(row->record.b), hex);
    for (size_t i = 0; i < json_array_size(records); i++)
        if (strcmp(json_string_value(json_array_get(records, i)), hex) == 0) return ERR_OK;
    json_object_set_new(at, "count",
                        json_integer(json_integer_value(json_object_get(at, "count")) + 1));
    if (json_array_size(records) < TRIGGER_RECORDS_MAX)
        json_array_append_new(records, json_string(hex));
    return ERR_OK;
}

static enum err trigger_records(struct trigger_run *r)
{
    char why[WATCH_WHY_ROOM];
    struct catalogue_check check = {
        .id = r->g->label_en, .type = r->g->type, .unit = "", .wrong = r->g->records};
    r->first = json_array_size(r->out);
    enum err e = r->g->what == CATALOGUE_TRIGGER_LATE
                     ? hub_watch_late(r->app->store, date_to_ms(r->window.first),
                                      TRIGGER_CLASS_LATE, trigger_record, r)
                     : hub_watch_one(r->app->store, &check, r->window.first, r->window.last,
                                     trigger_record, r, why);
    for (size_t i = json_array_size(r->out); e == ERR_OK && i-- > r->first;) {
        const json_t *n = json_object_get(json_array_get(r->out, i), "count");
        if (json_integer_value(n) < r->least) json_array_remove(r->out, i);
    }
    return e;
}

static enum err trigger_one(struct trigger_run *r, struct date on)
{
    const char *least = r->g->least[0] != '\0' ? catalogue_param(r->c, r->g->least, on) : "1";
    r->window.last = on;
    r->least = least != NULL ? strtoll(least, NULL, 10) : 0;
    if (r->least <= 0) return ERR_OK; /* no such parameter on this day: the rule is off */
    enum err e = date_add_days(on, 1 - (int32_t)r->g->days, &r->window.first);
    if (e == ERR_OK && r->g->what >= CATALOGUE_TRIGGER_RECORDS) return trigger_records(r);
    if (e == ERR_OK) e = trigger_figures(r, r->g->indicator, &r->figures, &r->table);
    for (size_t i = 0; e == ERR_OK && i < r->table.count; i++) {
        bool fires = false;
        if (r->table.v[i].unit == HUB_FIGURES_ALL) continue;
        e = trigger_fires(r, &r->table.v[i], &fires);
        if (e == ERR_OK && fires) trigger_tell(r, &r->table.v[i]);
    }
    hub_figures_table_free(&r->table);
    hub_figures_free(r->figures);
    r->figures = NULL;
    return e;
}

json_t *hub_command_triggers(struct hub_app *a, const json_t *request)
{
    struct hub_flow_query q;
    struct date on;
    char day[DATE_TEXT_ROOM];
    size_t n = 0;
    json_t *j = hub_flow_query(a, request, &q, &on);
    if (j != NULL) return j;
    struct trigger_run r = {
        .app = a, .c = hub_store_catalogue(a->store), .unit = q.unit, .out = json_array()};
    const struct catalogue_trigger *g = catalogue_triggers(r.c, &n);
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        r.g = &g[i];
        e = trigger_one(&r, on);
    }
    date_print(on, day);
    j = e == ERR_OK ? json_pack("{s:s, s:O}", "on", day, "triggers", r.out) : hub_command_fail(e);
    json_decref(r.out);
    return j;
}

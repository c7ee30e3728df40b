/* What calls for an ad-hoc report: the rules of triggers.csv over the last days. docs/workflow.md. */
#include "hub/command_flow.h"

#include "hub/figures.h"

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
    if (e == ERR_OK) e = hub_reports_run(r->app->store, in, r->window, trigger_fact, *f, why);
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

static enum err trigger_one(struct trigger_run *r, struct date on)
{
    const char *least = r->g->least[0] != '\0' ? catalogue_param(r->c, r->g->least, on) : "1";
    r->window.last = on;
    r->least = least != NULL ? strtoll(least, NULL, 10) : 0;
    if (r->least <= 0) return ERR_OK; /* no such parameter on this day: the rule is off */
    enum err e = date_add_days(on, 1 - (int32_t)r->g->days, &r->window.first);
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

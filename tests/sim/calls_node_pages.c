/* What the node's pages ask its store, for calls_test. */
#include "tests/sim/calls.h"

#include "node/store_flow.h"
#include "node/store_search.h"
#include "node/store_watch.h"

static const struct date today = {2023, 6, 10};

/* ---- the report workflow ---- */

static enum err flow_had(struct calls *c)
{
    struct fold_set set = {.position = 1};
    int64_t ms = 0;
    enum err e = node_flow_had(c->node, &set, &ms);
    if (e == ERR_OK) calls_tell(c, &ms, sizeof ms);
    return e;
}

static enum err flow_find(struct calls *c)
{
    struct id_record id;
    enum err e =
        node_flow_find(c->node, CALLS_PAGE_UNIT, CALLS_PAGE_FORM, CALLS_PAGE_PERIOD, NULL, &id);
    if (e == ERR_OK) calls_tell(c, id.b, sizeof id.b);
    return e;
}

static enum err fact_tell(void *ctx, const struct fact *f)
{
    calls_tell_int(ctx, f->num);
    return ERR_OK;
}

static enum err flow_indicator(struct calls *c)
{
    char why[INDICATOR_WHY_ROOM];
    const struct period_window half = {{2023, 1, 1}, {2023, 6, 30}};
    const struct catalogue *k = node_store_catalogue(c->node, NULL);
    const struct catalogue_indicator *i = k != NULL ? catalogue_indicator(k, "C04") : NULL;
    if (i == NULL) return ERR_NOT_READY;
    return node_flow_indicator(c->node, i, half, (struct bytes){NULL, 0}, fact_tell, c, why);
}

static enum err target_tell(void *ctx, const struct node_target *t)
{
    calls_tell_str(ctx, t->indicator);
    calls_tell_str(ctx, t->value);
    return ERR_OK;
}

static enum err flow_targets(struct calls *c)
{
    return node_flow_targets(c->node, CALLS_PAGE_UNIT, CALLS_PAGE_YEAR, CALLS_PAGE_PERIOD,
                             target_tell, c);
}

static enum err flow_named(struct calls *c)
{
    struct named_text texts[] = {{.text = bytes_str("Em Nguyễn Văn Long")},
                                 {.text = bytes_str("Không có ai")}};
    struct named all = {.count = 0};
    enum err e = node_flow_named(c->node, texts, 2, &all);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(all.count * 10 + texts[0].highest));
    return e;
}

/* ---- lists ---- */

static enum err cells_tell(void *ctx, const struct node_store_row *r, const struct typed_value *v)
{
    calls_tell(ctx, r->rid.b, sizeof r->rid.b);
    calls_tell_bytes(ctx, v[0].bytes);
    return ERR_OK;
}

static enum err cells(struct calls *c)
{
    const struct catalogue *k = node_store_catalogue(c->node, NULL);
    struct node_search q = {.type = k != NULL ? catalogue_type_by_name(k, "child_report") : NULL,
                            .max = 10};
    if (q.type == NULL) return ERR_NOT_READY;
    const struct catalogue_field *fields[] = {catalogue_field_by_name(q.type, "child"),
                                              catalogue_field_by_name(q.type, "received_on")};
    return node_store_cells(c->node, &q, fields, 2, false, cells_tell, c);
}

static enum err import_list(struct calls *c)
{
    char source[NODE_STORE_SOURCE_BYTES_MAX + 1];
    struct date day = {0, 0, 0};
    bool said = false;
    enum err e = node_store_import_list(c->node, CALLS_PAGE_IMPORT, source, &said, &day);
    if (e != ERR_OK) return e;
    calls_tell_str(c, source);
    calls_tell_int(c, said + day.day * 10);
    return ERR_OK;
}

static enum err import_day(struct calls *c)
{
    struct date day = {0, 0, 0};
    bool said = false;
    enum err e = node_store_import_day(c->node, &c->version, &said, &day);
    if (e == ERR_OK) calls_tell_int(c, said + day.day * 10);
    return e;
}

/* ---- clocks, checks, money, scores ---- */

static enum err watch_clocks_run(struct calls *c)
{
    return node_watch_run(c->node, today, false, calls_page_watch, c);
}

static enum err watch_checks_run(struct calls *c)
{
    return node_watch_run(c->node, today, true, calls_page_watch, c);
}

static enum err watch_refs(struct calls *c)
{
    return node_watch_refs(c->node, today, calls_page_watch, c);
}

static enum err watch_referring(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_PERSON);
    uint64_t records = 0;
    enum err e = node_watch_referring(c->node, &id, &records);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)records);
    return e;
}

static enum err budgets(struct calls *c)
{
    json_t *j = NULL;
    enum err e = node_watch_budgets(c->node, CALLS_PAGE_YEAR, CALLS_PAGE_UNIT, &j);
    return calls_page_json(c, e, j);
}

static enum err sheets(struct calls *c)
{
    json_t *j = NULL;
    enum err e = node_watch_sheets(c->node, CALLS_PAGE_YEAR, CALLS_PAGE_UNIT, &j);
    return calls_page_json(c, e, j);
}

static enum err sheet(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_SHEET);
    json_t *j = NULL;
    enum err e = node_watch_sheet(c->node, &id, &j);
    return calls_page_json(c, e, j);
}

const struct call calls_node_pages[] = {
    {"node_flow_find", flow_find, CALL_PAGE},
    {"node_flow_had", flow_had, CALL_PAGE},
    {"node_flow_indicator", flow_indicator, CALL_PAGE},
    {"node_flow_targets", flow_targets, CALL_PAGE},
    {"node_flow_named", flow_named, CALL_PAGE},
    {"node_store_cells", cells, CALL_PAGE},
    {"node_store_import_list", import_list, CALL_PAGE},
    {"node_store_import_day", import_day, CALL_PAGE},
    {"node_watch_run", watch_clocks_run, CALL_PAGE},
    {"node_watch_run (checks)", watch_checks_run, CALL_PAGE},
    {"node_watch_refs", watch_refs, CALL_PAGE},
    {"node_watch_referring", watch_referring, CALL_PAGE},
    {"node_watch_budgets", budgets, CALL_PAGE},
    {"node_watch_sheets", sheets, CALL_PAGE},
    {"node_watch_sheet", sheet, CALL_PAGE},
};
const size_t calls_node_pages_count = sizeof calls_node_pages / sizeof calls_node_pages[0];

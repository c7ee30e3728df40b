#include "hub/owed.h"

static enum err owed_flow(void *ctx, struct hub_flow_row *r)
{
    struct buf *out = ctx;
    owed_row(&r->row, r->open_state, out);
    return out->e;
}

enum err hub_owed_run(struct hub_store *s, const struct catalogue_indicator *indicator,
                      struct period_window window, hub_fact_fn *row, void *ctx,
                      char why[static HUB_REPORT_WHY_ROOM])
{
    struct catalogue_indicator asking = *indicator;
    struct buf owed, sql;
    /* No `now`: a figure is the same whenever it is made. */
    struct hub_flow_query q = {.from = window.first, .to = window.last};
    if (!owed_wanted(indicator)) return hub_reports_run(s, indicator, window, row, ctx, why);
    why[0] = '\0';
    buf_init(&owed, HUB_OWED_BYTES_MAX);
    buf_init(&sql, 2 * HUB_OWED_BYTES_MAX);
    owed_begin(&owed);
    enum err e = hub_flow_each(s, &q, owed_flow, &owed);
    owed_end(&owed);
    if (e == ERR_OK) e = owed.e;
    if (e == ERR_OK) owed_sql(indicator->sql, buf_cstr(&owed), &sql);
    if (e == ERR_OK) e = sql.e;
    if (e == ERR_OK) {
        asking.sql = buf_cstr(&sql);
        e = hub_reports_run(s, &asking, window, row, ctx, why);
    }
    buf_free(&sql);
    buf_free(&owed);
    return e;
}

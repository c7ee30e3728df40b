#include "node/owed.h"

static enum err owed_flow(void *ctx, struct node_flow *f)
{
    struct buf *out = ctx;
    owed_row(&f->row, f->open_state, out);
    return out->e;
}

static enum err owed_json(struct node_store *s, struct period_window window, struct buf *out)
{
    struct node_store_record record = {.fold.private_ = NULL};
    enum err e = node_store_record_init(&record);
    if (e != ERR_OK) return e;
    owed_begin(out);
    /* No `now`: a figure is the same whenever it is made. */
    e = node_flow_each(s, &record, window.first, window.last, 0, owed_flow, out);
    owed_end(out);
    node_store_record_free(&record);
    return e == ERR_OK ? out->e : e;
}

enum err node_owed_run(struct node_store *s, const struct catalogue_indicator *indicator,
                       struct period_window window, indicator_fn *row, void *ctx,
                       char why[static INDICATOR_WHY_ROOM])
{
    struct catalogue_indicator asking = *indicator;
    struct buf owed, sql;
    if (!owed_wanted(indicator)) return node_flow_indicator(s, indicator, window, row, ctx, why);
    why[0] = '\0';
    buf_init(&owed, NODE_OWED_BYTES_MAX);
    buf_init(&sql, 2 * NODE_OWED_BYTES_MAX);
    enum err e = owed_json(s, window, &owed);
    if (e == ERR_OK) owed_sql(indicator->sql, buf_cstr(&owed), &sql);
    if (e == ERR_OK) e = sql.e;
    if (e == ERR_OK) {
        asking.sql = buf_cstr(&sql);
        e = node_flow_indicator(s, &asking, window, row, ctx, why);
    }
    buf_free(&sql);
    buf_free(&owed);
    return e;
}

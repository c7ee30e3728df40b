#include "node/owed.h"

static enum err owed_flow(void *ctx, struct node_flow *f)
{
    return owed_row(ctx, &f->row, f->open_state);
}

static enum err owed_list(struct node_store *s, struct period_window window, struct owed *owed,
                          struct bytes *out)
{
    struct node_store_record record = {.fold.private_ = NULL};
    enum err e = node_store_record_init(&record);
    if (e != ERR_OK) return e;
    /* No `now`: a figure is the same whenever it is made. */
    e = node_flow_each(s, &record, window.first, window.last, 0, owed_flow, owed);
    node_store_record_free(&record);
    return e == ERR_OK ? owed_end(owed, out) : e;
}

enum err node_owed_run(struct node_store *s, const struct catalogue_indicator *indicator,
                       struct period_window window, indicator_fn *row, void *ctx,
                       char why[static INDICATOR_WHY_ROOM])
{
    struct owed owed;
    struct bytes list = {NULL, 0};
    enum err e = ERR_OK;
    why[0] = '\0';
    owed_init(&owed);
    if (owed_wanted(indicator)) e = owed_list(s, window, &owed, &list);
    if (e == ERR_OK) e = node_flow_indicator(s, indicator, window, list, row, ctx, why);
    owed_free(&owed);
    return e;
}

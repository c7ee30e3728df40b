#include "hub/owed.h"

_Static_assert((int)HUB_FLOW_ROWS_MAX == (int)OWED_ROWS_MAX, "what is walked is what is said");

static enum err owed_flow(void *ctx, struct hub_flow_row *r)
{
    return owed_row(ctx, &r->row, r->open_state);
}

enum err hub_owed_list(struct hub_store *s, const struct catalogue_indicator *indicator,
                       struct period_window window, struct owed *owed, struct bytes *out)
{
    /* No `now`: a figure is the same whenever it is made. */
    struct hub_flow_query q = {.from = window.first, .to = window.last};
    if (!owed_wanted(indicator)) {
        *out = (struct bytes){NULL, 0};
        return ERR_OK;
    }
    enum err e = hub_flow_each(s, &q, owed_flow, owed);
    return e == ERR_OK ? owed_end(owed, out) : e;
}

enum err hub_owed_run(struct hub_store *s, const struct catalogue_indicator *indicator,
                      struct period_window window, hub_fact_fn *row, void *ctx,
                      char why[static HUB_REPORT_WHY_ROOM])
{
    struct owed owed;
    struct bytes list;
    why[0] = '\0';
    owed_init(&owed);
    enum err e = hub_owed_list(s, indicator, window, &owed, &list);
    if (e == ERR_OK) e = hub_reports_run(s, indicator, window, list, row, ctx, why);
    owed_free(&owed);
    return e;
}

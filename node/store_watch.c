#include "node/store_watch.h"

#include "node/store_priv.h"

enum err node_watch_run(struct node_store *s, struct date on, bool checks, watch_fn *row, void *ctx)
{
    enum err e = node_catalogue_wanted(s);
    if (e != ERR_OK) return e;
    return checks ? watch_checks(s->db, s->typed, s->catalogue, on, row, ctx)
                  : watch_clocks(s->db, s->typed, s->catalogue, on, row, ctx);
}

enum err node_watch_budgets(struct node_store *s, int year, const char *unit, json_t **out)
{
    enum err e = node_catalogue_wanted(s);
    return e == ERR_OK ? money_budgets(s->db, s->catalogue, year, unit, out) : e;
}

enum err node_watch_sheets(struct node_store *s, int year, const char *unit, json_t **out)
{
    enum err e = node_catalogue_wanted(s);
    return e == ERR_OK ? money_sheets(s->db, s->catalogue, year, unit, out) : e;
}

enum err node_watch_sheet(struct node_store *s, const struct id_record *rid, json_t **out)
{
    enum err e = node_catalogue_wanted(s);
    return e == ERR_OK ? money_sheet(s->db, s->catalogue, rid, out) : e;
}

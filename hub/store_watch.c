#include "hub/store_watch.h"

#include "hub/store_priv.h"

/* The typed tables as they are now. */
static enum err hub_watch_ready(struct hub_store *s)
{
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_store_project(s);
    return e == ERR_OK && s->catalogue == NULL ? ERR_NOT_READY : e;
}

enum err hub_watch_run(struct hub_store *s, struct date on, bool checks, watch_fn *row, void *ctx)
{
    enum err e = hub_watch_ready(s);
    if (e != ERR_OK) return e;
    return checks ? watch_checks(s->db, s->typed, s->catalogue, on, row, ctx)
                  : watch_clocks(s->db, s->typed, s->catalogue, on, row, ctx);
}

enum err hub_watch_budgets(struct hub_store *s, int year, const char *unit, json_t **out)
{
    enum err e = hub_watch_ready(s);
    return e == ERR_OK ? money_budgets(s->db, s->catalogue, year, unit, out) : e;
}

enum err hub_watch_sheets(struct hub_store *s, int year, const char *unit, json_t **out)
{
    enum err e = hub_watch_ready(s);
    return e == ERR_OK ? money_sheets(s->db, s->catalogue, year, unit, out) : e;
}

enum err hub_watch_sheet(struct hub_store *s, const struct id_record *rid, json_t **out)
{
    enum err e = hub_watch_ready(s);
    return e == ERR_OK ? money_sheet(s->db, s->catalogue, rid, out) : e;
}

enum err hub_watch_one(struct hub_store *s, const struct catalogue_check *check, struct date from,
                       struct date on, watch_fn *row, void *ctx, char why[static WATCH_WHY_ROOM])
{
    enum err e = hub_watch_ready(s);
    return e == ERR_OK
               ? watch_check_one(s->db, s->typed, s->catalogue, check, from, on, row, ctx, why)
               : e;
}

#include "hub/scrub.h"

#include "common/io/db.h"
#include "common/log.h"
#include "hub/store_alarm.h"
#include "hub/store_desk.h"
#include "hub/store_repair.h"
#include "hub/store_scrub.h"

#include <stdio.h>

struct hub_scrub_found {
    struct hub_scrub *scrub;
    int64_t now_ms;
};

static enum err hub_scrub_alarm(struct hub_scrub_found *f, const char *what)
{
    f->scrub->findings++;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("scrub.damaged"), log_str("what", what));
    return hub_store_alarm_damage(f->scrub->store, what, f->now_ms);
}

static enum err hub_scrub_set(void *ctx, uint64_t position, const char *why)
{
    char what[HUB_ALARM_WHAT_MAX];
    struct hub_scrub_found *f = ctx;
    snprintf(what, sizeof what, "sys_log %llu: %s", (unsigned long long)position, why);
    enum err e = hub_store_mend_note(f->scrub->store, position, f->now_ms);
    return e == ERR_OK ? hub_scrub_alarm(f, what) : e;
}

static enum err hub_scrub_table(void *ctx, const char *table)
{
    return hub_scrub_alarm(ctx, table);
}

void hub_scrub_init(struct hub_scrub *s, struct hub_store *store, uint64_t mono_ms)
{
    *s = (struct hub_scrub){.store = store, .next_ms = mono_ms + HUB_SCRUB_FIRST_MS};
}

void hub_scrub_free(struct hub_scrub *s)
{
    db_scan_free(s->scan);
    s->scan = NULL;
}

/* From the log to the tables, and from their end to the next round. */
static enum err hub_scrub_next(struct hub_scrub *s, uint64_t mono_ms, int64_t wall_ms)
{
    struct hub_scrub_note note = {.at_ms = wall_ms, .findings = s->findings - s->before};
    bool sealed = false;
    enum err e = s->tables ? ERR_OK : db_sealed(hub_store_db(s->store), &sealed);
    if (e == ERR_OK && sealed) e = db_scan_new(hub_store_db(s->store), &s->scan);
    if (e != ERR_OK) return e;
    if (sealed) {
        s->tables = true;
        return ERR_OK;
    }
    hub_scrub_free(s);
    s->tables = false;
    s->position = 0;
    s->rounds++;
    s->next_ms = mono_ms + HUB_SCRUB_REST_MS;
    s->before = s->findings;
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("scrub.round"), log_uint("findings", s->findings));
    return hub_scrub_noted(s->store, &note);
}

void hub_scrub_turn(struct hub_scrub *s, uint64_t mono_ms, int64_t wall_ms)
{
    struct hub_scrub_found found = {.scrub = s, .now_ms = wall_ms};
    bool done = false;
    if (mono_ms < s->next_ms || db_in_transaction(hub_store_db(s->store))) return;
    enum err e = s->tables ? db_scan_step(s->scan, HUB_SCRUB_ROWS, hub_scrub_table, &found, &done)
                           : hub_store_scrub_log(s->store, &s->position, HUB_SCRUB_SETS,
                                                 hub_scrub_set, &found, &done);
    if (e == ERR_OK && done) e = hub_scrub_next(s, mono_ms, wall_ms);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("scrub.turn"), log_err(e));
}

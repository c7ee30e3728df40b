#include "node/scrub.h"

#include "common/io/db.h"
#include "common/log.h"
#include "node/store_alarm.h"
#include "node/store_heal.h"

static enum err node_scrub_table(void *ctx, const char *table)
{
    struct node_scrub *s = ctx;
    s->findings++;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("scrub.damaged"), log_str("what", table));
    enum err e = node_store_heal_want(s->store, node_store_heal_kind(s->store, table), s->now_ms);
    return e == ERR_OK ? node_store_alarm(s->store, NODE_ALARM_DAMAGED, s->now_ms) : e;
}

void node_scrub_init(struct node_scrub *s, struct node_store *store)
{
    *s = (struct node_scrub){.store = store};
}

void node_scrub_free(struct node_scrub *s)
{
    db_scan_free(s->scan);
    s->scan = NULL;
}

uint64_t node_scrub_turn(struct node_scrub *s, int64_t wall_ms)
{
    struct db *db = node_store_db(s->store);
    bool done = false, sealed = s->scan != NULL;
    s->now_ms = wall_ms;
    if (db_in_transaction(db)) return NODE_SCRUB_TURN_MS;
    enum err e = sealed ? ERR_OK : db_sealed(db, &sealed);
    if (e == ERR_OK && !sealed) return NODE_SCRUB_REST_MS;
    if (e == ERR_OK && s->scan == NULL) e = db_scan_new(db, &s->scan);
    if (e == ERR_OK) e = db_scan_step(s->scan, NODE_SCRUB_ROWS, node_scrub_table, s, &done);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("scrub.turn"), log_err(e));
    if (!done) return NODE_SCRUB_TURN_MS;
    s->rounds++;
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("scrub.round"), log_uint("findings", s->findings));
    return NODE_SCRUB_REST_MS;
}

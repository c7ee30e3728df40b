#include "hub/stops.h"

#include "common/log.h"
#include "hub/store_alarm.h"

struct blackbox *hub_stops(struct hub_app *a)
{
    return a->stops.p;
}

static enum err hub_stops_alarms(struct hub_app *a, const struct blackbox *b, int64_t now_ms)
{
    enum err e = hub_store_begin(a->store);
    if (e != ERR_OK) return e;
    for (size_t i = 0; e == ERR_OK && i < BLACKBOX_PEERS; i++) {
        struct id_hash node;
        bool stands = false;
        memcpy(node.b, b->peers[i].name, sizeof node.b);
        if (!blackbox_stopped(b, node.b)) continue;
        e = hub_store_alarmed(a->store, HUB_ALARM_STOPPED, &node, &stands);
        if (e == ERR_OK && !stands) e = hub_store_alarm(a->store, HUB_ALARM_STOPPED, &node, now_ms);
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("node.stopped"), log_uint("deaths", b->peers[i].deaths));
    }
    if (e == ERR_OK) return hub_store_commit(a->store);
    hub_store_rollback(a->store);
    return e;
}

void hub_stops_open(struct hub_app *a, int64_t now_ms)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(a->data, HUB_STOPS_FILE, path);
    if (e == ERR_OK) e = mapped_blackbox(path, &a->stops);
    if (e != ERR_OK) return; /* logged; it only helps */
    e = hub_stops_alarms(a, a->stops.p, now_ms);
    if (e != ERR_OK)
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("node.stopped"),
                  log_err(e)); /* the next start tells it */
}

void hub_stops_close(struct hub_app *a)
{
    mapped_close(&a->stops);
}

enum err hub_stops_settled(struct hub_app *a)
{
    struct blackbox *b = hub_stops(a);
    enum err e = ERR_OK;
    for (size_t i = 0; b != NULL && e == ERR_OK && i < BLACKBOX_PEERS; i++) {
        struct id_hash node;
        bool stands = true;
        memcpy(node.b, b->peers[i].name, sizeof node.b);
        if (!blackbox_stopped(b, node.b)) continue;
        e = hub_store_alarmed(a->store, HUB_ALARM_STOPPED, &node, &stands);
        if (e == ERR_OK && !stands) blackbox_forgive(b, node.b);
    }
    return e;
}

#include "node/stops.h"

#include "common/log.h"
#include "node/home.h"

/* There is one peer. */
static const uint8_t NODE_STOPS_HUB[BLACKBOX_NAME] = "hub";

void node_stops_open(const char *dir, struct mapped *file)
{
    char path[NODE_HOME_PATH_MAX];
    enum err e = node_home_path(dir, NODE_STOPS_FILE, path);
    if (e == ERR_OK) e = mapped_blackbox(path, file);
    if (e == ERR_OK && node_stops_stopped(file->p))
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("sync.stopped"));
}

void node_stops_begin(struct blackbox *b)
{
    blackbox_begin(b, NODE_STOPS_HUB);
}

void node_stops_end(struct blackbox *b)
{
    blackbox_end(b);
}

void node_stops_forgive(struct blackbox *b)
{
    blackbox_forgive(b, NODE_STOPS_HUB);
}

bool node_stops_stopped(const struct blackbox *b)
{
    return blackbox_stopped(b, NODE_STOPS_HUB);
}

#include "hub/copier.h"

#include "common/log.h"
#include "hub/maintain.h"
#include "hub/store_desk.h"

static void hub_copier_done(void *ctx, enum err how, const char *dest)
{
    struct hub_copier *c = ctx;
    c->copying = NULL;
    if (how == ERR_OK) how = hub_backup_noted(c->store, dest, c->wall_ms());
    c->how = how;
    LOG_EVENT(how == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, log_evt("backup.ended"),
              log_err(how));
    c->done(c->ctx, how, dest);
}

enum err hub_copier_start(struct hub_copier *c, const char *to, hub_copier_done_fn done, void *ctx)
{
    char made[FILE_PATH_BYTES_MAX] = "";
    if (to == NULL || to[0] != '/') return ERR_BAD_INPUT;
    if (c->copying != NULL) return ERR_LOCKED;
    enum err e = hub_backup_dest(c->store, to, c->wall_ms(), made);
    if (e != ERR_OK) return e;
    memcpy(c->made, made, sizeof c->made);
    c->how = ERR_OK;
    c->done = done;
    c->ctx = ctx;
    return copying_start(c->loop, hub_store_db(c->store), c->made, hub_copier_done, c, &c->copying);
}

void hub_copier_stop(struct hub_copier *c)
{
    copying_stop(c->copying);
}

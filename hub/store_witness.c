/* The witness beside the hub's database (architecture 8). */
#include "common/io/clock.h"
#include "common/log.h"
#include "hub/store_priv.h"
#include "hub/store_repair.h"

enum err hub_witness_open(struct hub_store *s, const char *path)
{
    struct witness_mark mark;
    bool behind = false;
    enum err e = witness_open(&s->witness, path);
    if (e != ERR_OK) return e;
    if (!s->has_identity || witness_read(&s->witness, &mark) != ERR_OK) return ERR_OK;
    uint64_t epoch = le64_load(mark.name);
    e = hub_store_behind(s, epoch, mark.number, &mark.hash, &behind);
    if (e != ERR_OK || !behind) return e;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("store.restored"));
    e = hub_store_begin(s);
    if (e == ERR_OK) e = hub_store_epoch_new(s, epoch, clock_wall_ms());
    return e == ERR_OK ? hub_store_commit(s) : e;
}

void hub_witness_note(struct hub_store *s)
{
    struct witness_mark mark = {.number = s->position, .hash = s->position_hash};
    if (s->witness.path[0] == '\0' || !s->has_identity || s->stale) return;
    le64_store(mark.name, s->identity.epoch);
    witness_note(&s->witness, &mark, clock_mono_ms());
}

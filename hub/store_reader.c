/* A second, read-only connection for a long question beside the loop. Architecture 2. */
#include "hub/store_issues.h"
#include "hub/store_priv.h"

#include <stdlib.h>

#define HUB_READER_PRAGMAS "PRAGMA cache_size=-8192"

static size_t hub_erased_size(const struct hub_store *s)
{
    return s->erased.record_count + s->erased.op_count;
}

static enum err hub_reader_open(struct hub_store *s, struct hub_store *r)
{
    r->reader = s;
    r->erased_then = hub_erased_size(s);
    memcpy(r->match_key, s->match_key, sizeof r->match_key);
    enum err e = db_open(db_path(s->db), NULL, DB_READONLY, &r->db);
    if (e == ERR_OK) e = db_exec(r->db, HUB_READER_PRAGMAS);
    if (e == ERR_OK) e = db_snapshot(r->db);
    if (e == ERR_OK) e = hub_memory(r);
    r->stale = true; /* the other thread loads, when it is first asked */
    return e;
}

enum err hub_store_reader(struct hub_store *s, struct hub_store **out)
{
    bool done = false;
    if (db_path(s->db)[0] == '\0' || s->exclusive) return ERR_NOT_READY;
    enum err e = hub_issues_ready(s);
    if (e == ERR_OK) e = hub_project_done(s, &done);
    if (e == ERR_OK && !done) e = ERR_AGAIN;
    if (e == ERR_OK && !db_in_transaction(s->db)) e = db_checkpoint_some(s->db);
    struct hub_store *r = e == ERR_OK ? calloc(1, sizeof *r) : NULL;
    if (e == ERR_OK && r == NULL) e = ERR_NOMEM;
    if (e != ERR_OK) return e;
    e = hub_reader_open(s, r);
    if (e != ERR_OK) {
        hub_store_close(r);
        return e;
    }
    s->readers++;
    *out = r;
    return ERR_OK;
}

void hub_store_reader_close(struct hub_store *s, struct hub_store *reader)
{
    hub_store_close(reader);
    s->readers--;
    if (s->readers == 0 && !db_in_transaction(s->db)) hub_erased_settle(s);
}

bool hub_store_reader_old(const struct hub_store *s, const struct hub_store *reader)
{
    return hub_erased_size(s) != reader->erased_then;
}

unsigned hub_store_readers(const struct hub_store *s)
{
    return s->readers;
}

uint64_t hub_store_reader_rows(const struct hub_store *reader)
{
    return reader->rows_seen;
}

void hub_store_reader_stop(struct hub_store *reader)
{
    db_stop(reader->db);
}

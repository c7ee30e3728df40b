/* The index of the log by record, and what it finds. */
#include "hub/store_history.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <stdlib.h>

#define HUB_HISTORY_AT "history_at" /* position up to which the index goes */

static int64_t hub_history_key(const struct id_record *rid)
{
    return (int64_t)le64_load(rid->b);
}

/* ---- ops of the log ---- */

/* Of which record an op is that was taken out of the log. *found = false: of none that is known here. */
static enum err hub_history_gone(struct hub_store *s, const struct change_head *h, unsigned op,
                                 struct id_record *rid, bool *found)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT rid FROM sys_gone WHERE inc = ?1 AND seq = ?2 AND op = ?3");
    db_bind_blob(q, 1, BYTES_OF(h->inc.b));
    db_bind_int(q, 2, (int64_t)h->seq);
    db_bind_int(q, 3, op);
    enum err e = db_get(q);
    *found = e == ERR_OK;
    if (e == ERR_OK) e = db_column_copy(q, 0, rid->b, sizeof rid->b);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

struct hub_history_walk {
    struct hub_store *s;
    struct change_write *writes; /* CHANGE_WRITES_MAX */
    /* Every op that is of a record; `op` NULL: an order took it. */
    enum err (*each)(void *ctx, const struct hub_set *set, unsigned index,
                     const struct id_record *rid, const struct change_op *op);
    void *ctx;
    uint64_t last; /* position of the set that was given last */
    enum err
        e; /* of what is done with an op: it ends the walk, as no set that cannot be read does */
};

static enum err hub_history_walk_set(void *ctx, const struct hub_set *set)
{
    struct hub_history_walk *w = ctx;
    w->last = set->position;
    for (unsigned i = 0; w->e == ERR_OK && i < set->view->head.ops; i++) {
        struct change_op op;
        struct bytes payload = set->view->payload[i];
        bool is = payload.p != NULL && change_op_decode(payload, w->writes, &op) == ERR_OK;
        if (payload.p == NULL) w->e = hub_history_gone(w->s, &set->view->head, i, &op.rid, &is);
        if (w->e == ERR_OK && is)
            w->e = w->each(w->ctx, set, i, &op.rid, payload.p != NULL ? &op : NULL);
    }
    return w->e;
}

/* A set that no longer is what it was stops nothing: it is left out. */
static enum err hub_history_range(struct hub_history_walk *w, uint64_t first, uint64_t last)
{
    enum err e = ERR_DAMAGED;
    w->last = first - 1;
    while (e == ERR_DAMAGED && w->e == ERR_OK && first <= last) {
        e = hub_store_sets(w->s, first, last, hub_history_walk_set, w);
        first = w->last + 2; /* behind the one that is damaged */
        w->last = first - 1;
    }
    if (w->e != ERR_OK) return w->e;
    return e == ERR_DAMAGED ? ERR_OK : e;
}

/* ---- filling ---- */

static enum err hub_history_put(void *ctx, const struct hub_set *set, unsigned index,
                                const struct id_record *rid, const struct change_op *op)
{
    (void)index;
    (void)op;
    struct db_stmt *q = db_stmt(((struct hub_store *)ctx)->db,
                                "INSERT OR IGNORE INTO sys_history(record, pos) VALUES (?1, ?2)");
    db_bind_int(q, 1, hub_history_key(rid));
    db_bind_int(q, 2, (int64_t)set->position);
    return db_run(q);
}

enum err hub_store_history_some(struct hub_store *s, uint64_t positions, bool *done)
{
    int64_t at = 0;
    assert(s->reader == NULL && !db_in_transaction(s->db));
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_meta_int(s, HUB_HISTORY_AT, &at);
    if (e != ERR_OK) return e;
    uint64_t from = (uint64_t)at, upto = s->position;
    *done = from >= upto;
    if (*done) return ERR_OK;
    if (upto - from > positions) upto = from + positions;
    struct hub_history_walk w = {.s = s, .each = hub_history_put, .ctx = s};
    w.writes = calloc(CHANGE_WRITES_MAX, sizeof *w.writes);
    if (w.writes == NULL) return ERR_NOMEM;
    e = db_begin(s->db);
    if (e == ERR_OK) {
        e = hub_history_range(&w, from + 1, upto);
        if (e == ERR_OK) e = hub_meta_set_int(s, HUB_HISTORY_AT, (int64_t)upto);
        e = db_end(s->db, e);
    }
    free(w.writes);
    *done = e == ERR_OK && upto == s->position;
    return e;
}

/* ---- asking ---- */

struct hub_history_seek {
    const struct id_record *rid;
    hub_history_fn *each;
    void *ctx;
};

static enum err hub_history_seek_op(void *ctx, const struct hub_set *set, unsigned index,
                                    const struct id_record *rid, const struct change_op *op)
{
    const struct hub_history_seek *k = ctx;
    return ID_EQUAL(rid, k->rid) ? k->each(k->ctx, set, index, op) : ERR_OK;
}

/* The positions that the index knows; *count of them, the caller's to free. */
static enum err hub_history_positions(struct hub_store *s, const struct id_record *rid,
                                      uint64_t upto, uint64_t **out, size_t *count)
{
    size_t room = 0;
    bool row = true;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT pos FROM sys_history WHERE record = ?1 AND pos <= ?2 ORDER BY pos");
    db_bind_int(q, 1, hub_history_key(rid));
    db_bind_int(q, 2, (int64_t)upto);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        if (*count == room) {
            room = room > 0 ? 2 * room : 16;
            uint64_t *more = realloc(*out, room * sizeof *more);
            if (more == NULL) {
                e = ERR_NOMEM;
                break;
            }
            *out = more;
        }
        (*out)[(*count)++] = (uint64_t)db_column_int(q, 0);
        e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err hub_store_history(struct hub_store *s, const struct id_record *rid, hub_history_fn *each,
                           void *ctx)
{
    int64_t at = 0;
    uint64_t *positions = NULL;
    size_t count = 0;
    struct hub_history_seek k = {rid, each, ctx};
    struct hub_history_walk w = {.s = s, .each = hub_history_seek_op, .ctx = &k};
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_meta_int(s, HUB_HISTORY_AT, &at);
    if (e == ERR_OK) e = hub_history_positions(s, rid, (uint64_t)at, &positions, &count);
    if (e == ERR_OK) w.writes = calloc(CHANGE_WRITES_MAX, sizeof *w.writes);
    if (e == ERR_OK && w.writes == NULL) e = ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = hub_history_range(&w, positions[i], positions[i]);
    if (e == ERR_OK && (uint64_t)at < s->position)
        e = hub_history_range(&w, (uint64_t)at + 1, s->position);
    free(w.writes);
    free(positions);
    return e;
}

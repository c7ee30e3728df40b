#include "hub/store_quarantine.h"
#include "common/zoo.h"
#include "hub/store_alarm.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <stdlib.h>

void hub_store_road(struct hub_store *s, enum hub_road road)
{
    s->road = (int)road;
}

/* ---- where a log of a revoked node stands ---- */

enum err hub_store_apart_head(struct hub_store *s, const struct id_hash *node,
                              const struct id_inc *inc, struct message_head *out)
{
    struct message_head head;
    enum err e = hub_store_head(s, node, inc, &head);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT next, hash FROM sys_quarantine WHERE inc = ?1 AND "
                                       "node = ?2 ORDER BY next DESC LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_blob(q, 2, BYTES_OF(node->b));
    e = db_get(q);
    if (e == ERR_OK && (uint64_t)db_column_int(q, 0) > head.next_seq) {
        head.next_seq = (uint64_t)db_column_int(q, 0);
        e = db_column_copy(q, 1, head.head.b, sizeof head.head.b);
    }
    db_done(q);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    if (e == ERR_OK) *out = head;
    return e;
}

enum err hub_store_apart_hash(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                              struct id_hash *out)
{
    enum err e = hub_store_set_hash(s, inc, seq, out);
    if (e != ERR_NOT_FOUND) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT t.hash FROM sys_quarantine p JOIN sys_quarantine_set t ON "
                       "t.no = p.no WHERE p.inc = ?1 AND t.seq = ?2");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_int(q, 2, (int64_t)seq);
    e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->b, sizeof out->b);
    db_done(q);
    return e;
}

/* ---- what comes ---- */

static enum err hub_parcel_room(struct hub_store *s, const struct id_hash *node, uint64_t bytes,
                                bool *room)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT ifnull(sum(bytes), 0) FROM sys_quarantine WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK) *room = (uint64_t)db_column_int(q, 0) + bytes <= HUB_QUARANTINE_BYTES_MAX;
    db_done(q);
    return e;
}

static enum err hub_parcel_set(struct hub_store *s, int64_t no, const struct pack_decoded *set,
                               uint64_t seq)
{
    bool changed = false;
    struct bytes body = set->body;
    enum err e = change_open(set->head, body, s->view);
    if (e == ERR_OK) e = hub_erase_ingest(s, s->view, &s->ingest, &changed);
    if (e == ERR_OK && changed) body = buf_bytes(&s->ingest);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_quarantine_set(no, seq, hash, head, body) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, (int64_t)seq);
    db_bind_blob(q, 3, BYTES_OF(set->hash.b));
    db_bind_blob(q, 4, set->head);
    db_bind_blob(q, 5, body);
    return db_run(q);
}

static enum err hub_parcel_insert(struct hub_store *s, const struct id_hash *node,
                                  const struct pack_sets *sets, const struct change_head *first,
                                  uint64_t bytes, int64_t received_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_quarantine(node, inc, first, next, hash, signature, at_ms, "
                       "road, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, BYTES_OF(first->inc.b));
    db_bind_int(q, 3, (int64_t)first->seq);
    db_bind_int(q, 4, (int64_t)(first->seq + sets->count));
    db_bind_blob(q, 5, BYTES_OF(sets->v[sets->count - 1].hash.b));
    db_bind_blob(q, 6, bytes_make(sets->signature, CHANGE_SIGNATURE_BYTES));
    db_bind_int(q, 7, received_ms);
    db_bind_int(q, 8, s->road);
    db_bind_int(q, 9, (int64_t)bytes);
    enum err e = db_run(q);
    int64_t no = db_last_rowid(s->db);
    for (size_t i = 0; e == ERR_OK && i < sets->count; i++)
        e = hub_parcel_set(s, no, &sets->v[i], first->seq + i);
    return e == ERR_OK ? hub_store_alarm(s, HUB_ALARM_QUARANTINE, node, received_ms) : e;
}

enum err hub_quarantine_take(struct hub_store *s, const struct id_hash *node,
                             const struct pack_sets *sets, int64_t received_ms,
                             struct hub_taken *out)
{
    struct change_head first;
    struct message_head head;
    bool room = false;
    uint64_t bytes = 0;
    enum err e = change_head_read(sets->v[0].head, &first);
    if (e == ERR_OK) e = hub_store_apart_head(s, node, &first.inc, &head);
    if (e != ERR_OK) return e;
    if (first.seq != head.next_seq || !ID_EQUAL(&first.prev, &head.head) ||
        !ID_EQUAL(&first.node, node) || !ID_EQUAL(&first.hub, &s->identity.hub))
        return ERR_CHAIN_BROKEN;
    for (size_t i = 0; i < sets->count; i++)
        bytes += sets->v[i].head.len + sets->v[i].body.len;
    *out = (struct hub_taken){.apart = true,
                              .epoch = s->identity.epoch,
                              .next_seq = first.seq + sets->count,
                              .chain = sets->v[sets->count - 1].hash};
    e = hub_parcel_room(s, node, bytes, &room);
    if (e == ERR_OK && !room) {
        out->unkept = true;
        return ERR_OK;
    }
    if (e == ERR_OK) e = hub_parcel_insert(s, node, sets, &first, bytes, received_ms);
    if (e != ERR_OK) hub_store_rollback(s);
    return e;
}

/* ---- decisions ---- */

enum err hub_quarantine_decide(struct hub_store *s, const struct admin_quarantine *d, uint64_t at,
                               int64_t received_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_decided(pos, node, inc, first, next, hash, release, by, "
                       "reason, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    db_bind_int(q, 1, (int64_t)at);
    db_bind_blob(q, 2, BYTES_OF(d->node.b));
    db_bind_blob(q, 3, BYTES_OF(d->inc.b));
    db_bind_int(q, 4, (int64_t)d->first);
    db_bind_int(q, 5, (int64_t)d->next);
    db_bind_blob(q, 6, BYTES_OF(d->hash.b));
    db_bind_int(q, 7, d->release);
    db_bind_text(q, 8, d->by);
    db_bind_text(q, 9, d->reason);
    db_bind_int(q, 10, received_ms);
    return db_run(q);
}

/*
 * Did somebody let exactly these sets in, by the hash that covers them? In a replay sets come one by
 * one: there the place among those that were let in, and the last one's hash, are what is asked.
 */
enum err hub_quarantine_released(struct hub_store *s, const struct id_hash *node,
                                 const struct pack_sets *sets, bool *released)
{
    struct change_head h;
    enum err e = change_head_read(sets->v[0].head, &h);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT first, next, hash FROM sys_decided WHERE inc = ?1 AND node = ?2 AND "
                       "first <= ?3 AND next >= ?4 AND release = 1 ORDER BY pos");
    db_bind_blob(q, 1, BYTES_OF(h.inc.b));
    db_bind_blob(q, 2, BYTES_OF(node->b));
    db_bind_int(q, 3, ZOO(125) ? INT64_MAX : (int64_t)h.seq);
    db_bind_int(q, 4, ZOO(125) ? 0 : (int64_t)(h.seq + sets->count));
    bool row = true;
    *released = false;
    while (e == ERR_OK && row && !*released) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        bool last = (uint64_t)db_column_int(q, 1) == h.seq + sets->count;
        bool whole = last && (uint64_t)db_column_int(q, 0) == h.seq;
        bool fits =
            !last || bytes_equal(db_column_bytes(q, 2), BYTES_OF(sets->v[sets->count - 1].hash.b));
        *released = (fits && (whole || s->replaying)) || ZOO(125);
    }
    db_done(q);
    return e;
}

static enum err hub_parcel_take(struct hub_store *s, int64_t no, int64_t now_ms,
                                struct hub_taken *out)
{
    struct hub_parcel p;
    struct pack_sets sets = {.count = 0};
    struct buf memory;
    buf_init(&memory, PACK_SETS_BYTES_MAX);
    enum err e = hub_store_parcel(s, no, &p);
    if (e == ERR_OK) sets.v = calloc((size_t)(p.next - p.first), sizeof *sets.v);
    if (e == ERR_OK && sets.v == NULL) e = ERR_NOMEM;
    if (e == ERR_OK) e = hub_parcel_load(s, &p, &sets, &memory);
    if (e == ERR_OK) e = hub_store_take(s, &p.node, &sets, now_ms, out);
    if (e == ERR_OK && out->apart) e = ERR_DENIED; /* not what was decided about */
    free(sets.v);
    buf_free(&memory);
    return e;
}

/* The first parcel behind number *no that was let in, and that its log goes on with. */
static enum err hub_parcel_next(struct hub_store *s, int64_t *no)
{
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT p.no FROM sys_quarantine p WHERE p.no > ?1 AND EXISTS (SELECT 1 FROM sys_decided d "
        "WHERE d.inc = p.inc AND d.first = p.first AND d.next = p.next AND d.node = p.node AND "
        "d.hash = p.hash AND d.release = 1) AND p.first = ifnull((SELECT l.seq + 1 FROM sys_inc i "
        "JOIN sys_log l ON l.inc = i.no WHERE i.inc = p.inc AND i.node = p.node ORDER BY l.seq "
        "DESC LIMIT 1), 0) ORDER BY p.no LIMIT 1");
    db_bind_int(q, 1, *no);
    enum err e = db_get(q);
    if (e == ERR_OK) *no = db_column_int(q, 0);
    db_done(q);
    return e;
}

enum err hub_parcels_due(struct hub_store *s, int64_t now_ms)
{
    int64_t no = 0;
    struct hub_taken taken;
    enum err e = hub_parcel_next(s, &no);
    while (e == ERR_OK) {
        e = hub_parcel_take(s, no, now_ms, &taken);
        if (e == ERR_OK) no = 0; /* another one may go on behind it */
        if (e == ERR_OK || e == ERR_CHAIN_BROKEN) e = hub_parcel_next(s, &no);
    }
    if (e == ERR_NOT_FOUND) return ERR_OK;
    hub_store_rollback(s);
    return e;
}

enum err hub_store_parcel_take(struct hub_store *s, int64_t no, int64_t now_ms,
                               struct hub_taken *out)
{
    assert(db_in_transaction(s->db));
    enum err e = hub_parcel_take(s, no, now_ms, out);
    if (e == ERR_OK) return hub_parcels_due(s, now_ms);
    hub_store_rollback(s);
    return e;
}

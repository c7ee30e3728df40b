/* What the feed brings before its END: kept durably, shown to nobody. SPEC 7.9. */
#include "node/store_erase_priv.h"

#include <sodium.h>

enum err node_stage_clear(struct node_store *s)
{
    return db_exec(s->db, "DELETE FROM sys_staged_set; DELETE FROM sys_staged_record;"
                          "DELETE FROM sys_staged_verdict; DELETE FROM sys_staged_move;"
                          "UPDATE sys_state SET staged_epoch = 0, staged = 0;");
}

/* What was staged under another epoch of the hub cannot be completed by this one. */
static enum err node_stage_epoch(struct node_store *s, uint64_t epoch)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT staged_epoch FROM sys_state");
    enum err e = db_get(q);
    uint64_t now = e == ERR_OK ? node_store_u64(db_column_int(q, 0)) : 0;
    db_done(q);
    if (e != ERR_OK || now == epoch) return e;
    if (now != 0) e = node_stage_clear(s); /* 0: verdicts alone, which name no epoch */
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_state SET staged_epoch = ?1");
    db_bind_int(q, 1, node_store_i64(epoch));
    return db_run(q);
}

static enum err node_stage_set(struct node_store *s, const struct message_set *m,
                               struct node_erasing *w)
{
    bool changed = false;
    enum err e = node_erase_body(s, &s->erased, m->head, m->body, w, &changed);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_staged_set(position, head, body, signature) "
                       "VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, node_store_i64(m->position));
    db_bind_blob(q, 2, m->head);
    db_bind_blob(q, 3, changed ? buf_bytes(&w->body) : m->body);
    db_bind_blob(q, 4, BYTES_OF(m->signature));
    return db_run(q);
}

enum err node_store_stage_sets(struct node_store *s, uint64_t epoch, const struct message_set *v,
                               size_t count)
{
    struct node_erasing *w = NULL;
    enum err e = node_erasing_new(&w);
    if (e == ERR_OK) e = db_begin(s->db);
    if (e != ERR_OK) goto out;
    e = node_stage_epoch(s, epoch);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_stage_set(s, &v[i], w);
    e = db_end(s->db, e);
out:
    node_erasing_free(w);
    return e;
}

/* An older page may bring what an order named: then only the digest of what was sent is kept, which
 * the scope's sum wants. `state` is empty for an erased record. */
static enum err node_stage_record(struct node_store *s, const struct message_record *m,
                                  struct buf *state)
{
    bool changed = false;
    struct id_hash digest;
    if (m->unit.len > ADMIN_UNIT_BYTES_MAX) return ERR_BAD_FORMAT;
    buf_clear(state);
    enum err e = node_erase_state(s, &s->erased, &m->rid, m->state, state, &changed);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_staged_record(rid, unit, position, state, digest) "
                       "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT(rid) DO UPDATE SET unit = ?2, "
                       "position = ?3, state = ?4, digest = ?5");
    db_bind_blob(q, 1, BYTES_OF(m->rid.b));
    db_bind_text(q, 2, m->unit);
    db_bind_int(q, 3, node_store_i64(m->position));
    db_bind_blob(q, 4, changed ? buf_bytes(state) : m->state);
    if (changed) {
        crypto_generichash(digest.b, sizeof digest.b, m->state.p, m->state.len, NULL, 0);
        db_bind_blob(q, 5, BYTES_OF(digest.b));
    }
    return db_run(q);
}

/* A hub sends the records of a stretch behind its sets and verdicts: what is staged up to a
 * record's position is whole, and the next hello may say so. */
static enum err node_stage_position(struct node_store *s, const struct message_record *v,
                                    size_t count)
{
    uint64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        if (v[i].position > last) last = v[i].position;
    }
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_state SET staged = max(staged, ?1)");
    db_bind_int(q, 1, node_store_i64(last));
    return db_run(q);
}

enum err node_store_stage_records(struct node_store *s, uint64_t epoch,
                                  const struct message_record *v, size_t count)
{
    struct node_store_record *r = &s->work;
    struct buf state;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    e = node_stage_epoch(s, epoch);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        fold_clear(&r->fold);
        e = fold_load(&r->fold, v[i].state); /* a bad peer's bytes must not get into the store */
        fold_clear(&r->fold);
        if (e == ERR_OK) e = node_stage_record(s, &v[i], &state);
    }
    buf_free(&state);
    fold_clear(&r->fold);
    if (e == ERR_OK) e = node_stage_position(s, v, count);
    return db_end(s->db, e);
}

/* As of records: a page from before an order brings what it names (a note, a copy, a write that crossed). */
static enum err node_stage_move(struct node_store *s, const struct message_move *m,
                                struct buf *item, bool *unheard)
{
    struct id_record rid = {{0}};
    enum node_erased_item left = NODE_ITEM_SAME;
    enum err e = node_move_check(m, &rid);
    if (e == ERR_OK)
        e = node_erase_item(s, &s->erased, m->kind, m->item, &rid, item, &left, unheard);
    if (e != ERR_OK || left == NODE_ITEM_GONE) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_staged_move(position, kind, rid, item) "
                                       "VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, node_store_i64(m->position));
    db_bind_int(q, 2, m->kind);
    db_bind_blob(q, 3, BYTES_OF(rid.b));
    db_bind_blob(q, 4, left == NODE_ITEM_LESS ? buf_bytes(item) : m->item);
    return db_run(q);
}

enum err node_store_stage_moves(struct node_store *s, uint64_t epoch, const struct message_move *v,
                                size_t count)
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    struct buf item;
    bool unheard = false;
    buf_init(&item, NODE_ITEM_BYTES_MAX);
    e = node_stage_epoch(s, epoch);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_stage_move(s, &v[i], &item, &unheard);
    if (e == ERR_OK && unheard) e = node_erase_answers(s, &s->erased);
    buf_free(&item);
    return db_end(s->db, e);
}

enum err node_store_stage_verdicts(struct node_store *s, uint64_t epoch,
                                   const struct message_verdicts *v, size_t count)
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_stage_epoch(s, epoch);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct db_stmt *q =
            db_stmt(s->db, "INSERT INTO sys_staged_verdict(inc, first_seq, position, verdicts) "
                           "VALUES (?1, ?2, ?3, ?4)");
        db_bind_blob(q, 1, BYTES_OF(v[i].inc.b));
        db_bind_int(q, 2, node_store_i64(v[i].first_seq));
        db_bind_int(q, 3, node_store_i64(v[i].position));
        db_bind_blob(q, 4, v[i].verdicts);
        e = db_run(q);
    }
    return db_end(s->db, e);
}

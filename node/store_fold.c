/*
 * Records that only this node changed do not come with the feed: the verdicts tell at which positions
 * the own sets stand, and folding them gives what the hub has. What comes out is staged like a record
 * that was sent; the scope hash of END covers both. SPEC 7.9.
 */
#include "node/store_priv.h"

struct node_folding {
    uint64_t done; /* own sets up to here were folded */
    struct bytes unit;
};

struct node_run { /* verdicts of own sets at positions without a gap */
    int64_t log;
    uint64_t first_seq;
    uint64_t next_seq; /* of the log */
    uint64_t position;
    struct bytes verdicts;
};

static enum err node_fold_write(struct node_store *s, const struct id_record *rid,
                                struct bytes unit, uint64_t position)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_staged_record(rid, unit, position, folded, state) "
                       "VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT(rid) DO UPDATE SET position = ?3, "
                       "folded = 1, state = ?4, digest = NULL");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_text(q, 2, unit);
    db_bind_int(q, 3, node_store_i64(position));
    db_bind_blob(q, 4, buf_bytes(&s->work.state));
    return db_run(q);
}

/* Fold on top of `state` (empty: a new record) and stage it. */
static enum err node_fold_on(struct node_store *s, const struct change_op *op,
                             const struct fold_set *set, struct bytes unit, struct bytes state)
{
    struct node_store_record *r = &s->work;
    enum fold_verdict verdict = FOLD_HELD_UNKNOWN;
    fold_clear(&r->fold);
    enum err e = state.len == 0 ? ERR_OK : fold_load(&r->fold, state);
    if (e == ERR_BAD_FORMAT) return ERR_DAMAGED;
    if (e == ERR_OK) e = fold_apply(&r->fold, op, set, &s->rules, &verdict);
    /* The hub folded it, so this is not the hub's state: the scope hash will show it. */
    if (e != ERR_OK || verdict >= FOLD_HELD_SCOPE) return e;
    buf_clear(&r->state);
    fold_save(&r->fold, &r->state);
    if (r->state.e != ERR_OK) return r->state.e;
    return node_fold_write(s, &op->rid, unit, set->position);
}

static enum err node_fold_op(struct node_store *s, const struct node_folding *f,
                             const struct change_op *op, const struct fold_set *set)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT unit, position, folded, state FROM "
                                       "sys_staged_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(op->rid.b));
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) {
        q = db_stmt(s->db, "SELECT unit, 0, 1, state FROM sys_record WHERE rid = ?1");
        db_bind_blob(q, 1, BYTES_OF(op->rid.b));
        e = db_get(q);
    }
    if (e == ERR_NOT_FOUND) return node_fold_on(s, op, set, f->unit, bytes_make(NULL, 0));
    /* One that was sent has everything up to its position. */
    bool sent = e == ERR_OK && db_column_int(q, 2) == 0 &&
                node_store_u64(db_column_int(q, 1)) >= set->position;
    if (e == ERR_OK && !sent)
        e = node_fold_on(s, op, set, db_column_bytes(q, 0), db_column_bytes(q, 3));
    fold_clear(&s->work.fold); /* it borrows the row */
    db_done(q);
    return e;
}

static enum err node_fold_set(struct node_store *s, const struct node_folding *f,
                              const uint8_t *verdicts, uint64_t position)
{
    const struct change_head *h = &s->view->head;
    struct id_hash hash;
    change_hash(s->view->head_bytes, &hash);
    struct fold_set set = {.version = id_version_make(&h->inc, h->seq, &hash),
                           .clock = h->hlc,
                           .person = h->person,
                           .position = position};
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < h->ops; i++) {
        struct change_op op;
        struct bytes payload = s->view->payload[i];
        if ((verdicts[i] & FOLD_VERDICT_MASK) > FOLD_CONFLICT || payload.p == NULL) continue;
        if (change_op_decode(payload, s->writes, &op) == ERR_OK) e = node_fold_op(s, f, &op, &set);
    }
    return e;
}

static enum err node_fold_run(struct node_store *s, struct node_folding *f,
                              const struct node_run *run)
{
    size_t at = 0;
    enum err e = ERR_OK;
    uint64_t position = run->position;
    for (uint64_t seq = run->first_seq; e == ERR_OK && seq < run->next_seq; seq++, position++) {
        if (at >= run->verdicts.len) break;
        e = node_log_view(s, run->log, seq);
        if (e != ERR_OK) break;
        size_t ops = s->view->head.ops;
        if (ops > run->verdicts.len - at) break;
        if (position > f->done) { /* a cut session's verdicts may come twice */
            e = node_fold_set(s, f, run->verdicts.p + at, position);
            f->done = position;
        }
        at += ops;
    }
    return e;
}

static enum err node_fold_runs(struct node_store *s, struct node_folding *f)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT i.no, i.next_seq, v.first_seq, v.position, v.verdicts FROM "
                       "sys_staged_verdict v JOIN sys_inc i ON i.inc = v.inc "
                       "WHERE v.position > ?1 ORDER BY v.position, v.no");
    db_bind_int(q, 1, node_store_i64(f->done));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct node_run run = {.log = db_column_int(q, 0),
                               .next_seq = node_store_u64(db_column_int(q, 1)),
                               .first_seq = node_store_u64(db_column_int(q, 2)),
                               .position = node_store_u64(db_column_int(q, 3)),
                               .verdicts = db_column_bytes(q, 4)};
        e = node_fold_run(s, f, &run);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_fold_own(struct node_store *s)
{
    struct node_identity id;
    struct node_folding f = {0};
    struct db_stmt *q = db_stmt(s->db, "SELECT position FROM sys_state");
    enum err e = db_get(q);
    if (e == ERR_OK) f.done = node_store_u64(db_column_int(q, 0));
    db_done(q);
    if (e != ERR_OK || f.done == 0) return e; /* nothing applied yet: everything was sent */
    e = node_store_identity(s, &id);
    if (e != ERR_OK) return e == ERR_NOT_READY ? ERR_OK : e;
    f.unit = bytes_str(id.unit);
    return node_fold_runs(s, &f);
}

/* What the feed tells of the scope, and own offers and answers before the hub has them. SPEC 13. */
#include "node/store_moves.h"
#include "node/store_priv.h"

/* ---- checking what came ---- */

enum err node_move_check(const struct message_move *m, struct id_record *rid)
{
    struct move_leave leave;
    struct move_transfer transfer;
    struct move_crossing crossing;
    struct move_shared shared;
    enum err e = ERR_OK;
    switch (m->kind) {
    case MOVE_ITEM_LEAVE:
        e = move_leave_decode(m->item, &leave);
        if (e == ERR_OK) *rid = leave.record;
        return e;
    case MOVE_ITEM_TRANSFER:
        e = move_transfer_decode(m->item, &transfer);
        if (e == ERR_OK) *rid = transfer.record;
        return e;
    case MOVE_ITEM_CROSSED:
        e = move_crossing_decode(m->item, &crossing);
        if (e == ERR_OK) *rid = crossing.record;
        return e;
    case MOVE_ITEM_SHARE:
        e = move_shared_decode(m->item, &shared);
        if (e == ERR_OK) *rid = shared.record;
        return e;
    default: return ERR_BAD_FORMAT;
    }
}

enum err node_moves_before(struct node_store *s)
{
    return db_run(db_stmt(s->db, "DELETE FROM sys_staged_record WHERE EXISTS (SELECT 1 FROM "
                                 "sys_staged_move m WHERE m.rid = sys_staged_record.rid AND "
                                 "m.kind = 0 AND m.position > sys_staged_record.position)"));
}

/* ---- applying ---- */

static enum err node_leave_apply(struct node_store *s, uint64_t position, struct bytes item)
{
    struct move_leave l;
    enum err e = move_leave_decode(item, &l);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_staged_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(l.record.b));
    e = db_get(q);
    db_done(q);
    if (e != ERR_NOT_FOUND) return e; /* it is here again */
    static const char *const gone[] = {"DELETE FROM sys_record WHERE rid = ?1",
                                       "DELETE FROM sys_tomb WHERE rid = ?1"}; /* erased since */
    e = node_rid_run(s, &l.record, gone, sizeof gone / sizeof gone[0]);
    if (e != ERR_OK) return e;
    if (l.frozen) {
        e = fold_load(&s->work.fold, l.state);
        fold_clear(&s->work.fold);
        if (e != ERR_OK) return e;
        q = db_stmt(s->db, "INSERT OR REPLACE INTO sys_frozen(rid, unit, position, state) "
                           "VALUES (?1, ?2, ?3, ?4)");
        db_bind_text(q, 2, l.unit);
        db_bind_int(q, 3, node_store_i64(position));
        db_bind_blob(q, 4, l.state);
    } else {
        q = db_stmt(s->db, "DELETE FROM sys_frozen WHERE rid = ?1");
    }
    db_bind_blob(q, 1, BYTES_OF(l.record.b));
    e = db_run(q);
    return e == ERR_OK ? node_show_mark(s, &l.record) : e;
}

static enum err node_transfer_apply(struct node_store *s, uint64_t position, struct bytes item)
{
    struct move_transfer t;
    enum err e = move_transfer_decode(item, &t);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_transfer(id, rid, type, from_unit, to_unit, state, offered_ms, "
               "days, note, answer, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
               "?11) ON CONFLICT(id) DO UPDATE SET type = ?3, from_unit = ?4, state = ?6, to_unit "
               "= ?5, offered_ms = ?7, days = ?8, note = ?9, answer = ?10, position = ?11");
    db_bind_blob(q, 1, BYTES_OF(t.transfer.b));
    db_bind_blob(q, 2, BYTES_OF(t.record.b));
    db_bind_int(q, 3, t.type);
    db_bind_text(q, 4, t.from);
    db_bind_text(q, 5, t.to);
    db_bind_int(q, 6, (int64_t)t.state);
    db_bind_int(q, 7, (int64_t)t.offered_ms);
    db_bind_int(q, 8, t.days);
    db_bind_text(q, 9, t.note);
    db_bind_text(q, 10, t.answer);
    db_bind_int(q, 11, node_store_i64(position));
    return db_run(q);
}

static enum err node_crossed_apply(struct node_store *s, uint64_t position, struct bytes item)
{
    struct move_crossing c;
    enum err e = move_crossing_decode(item, &c);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_crossed(version, op, rid, unit, state, position, payload) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(version, op) DO UPDATE SET "
                       "state = ?5, position = ?6, payload = ?7");
    db_bind_blob(q, 1, BYTES_OF(c.version.b));
    db_bind_int(q, 2, c.op);
    db_bind_blob(q, 3, BYTES_OF(c.record.b));
    db_bind_text(q, 4, c.unit);
    db_bind_int(q, 5, (int64_t)c.state);
    db_bind_int(q, 6, node_store_i64(position));
    db_bind_blob(q, 7, c.payload);
    return db_run(q);
}

static enum err node_share_apply(struct node_store *s, uint64_t position, struct bytes item)
{
    struct move_shared h;
    enum err e = move_shared_decode(item, &h);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        h.access == MOVE_NOTHING
            ? db_stmt(s->db, "DELETE FROM sys_share WHERE rid = ?1 AND unit = ?2")
            : db_stmt(s->db, "INSERT OR REPLACE INTO sys_share(rid, unit, access, position) "
                             "VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(h.record.b));
    db_bind_text(q, 2, h.unit);
    if (h.access != MOVE_NOTHING) {
        db_bind_int(q, 3, (int64_t)h.access);
        db_bind_int(q, 4, node_store_i64(position));
    }
    e = db_run(q);
    return e == ERR_OK ? node_show_mark(s, &h.record) : e;
}

static enum err node_move_apply(struct node_store *s, const struct db_stmt *q)
{
    uint64_t position = node_store_u64(db_column_int(q, 0));
    struct bytes item = db_column_bytes(q, 2);
    enum err e = ERR_DAMAGED;
    switch (db_column_int(q, 1)) {
    case MOVE_ITEM_LEAVE: e = node_leave_apply(s, position, item); break;
    case MOVE_ITEM_TRANSFER: e = node_transfer_apply(s, position, item); break;
    case MOVE_ITEM_CROSSED: e = node_crossed_apply(s, position, item); break;
    case MOVE_ITEM_SHARE: e = node_share_apply(s, position, item); break;
    default: break;
    }
    return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e; /* it was checked before it was staged */
}

/* Everything came anew: what the feed told before is told again, or is not so any more. */
static enum err node_moves_forget(struct node_store *s)
{
    return db_exec(s->db, "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_frozen;"
                          "DELETE FROM sys_frozen; DELETE FROM sys_share; DELETE FROM sys_crossed;"
                          "DELETE FROM sys_transfer WHERE position > 0 AND olog IS NULL;"
                          "UPDATE sys_transfer SET position = 0, state = 0;");
}

enum err node_moves_apply(struct node_store *s, bool all)
{
    bool row = false;
    enum err e = all ? node_moves_forget(s) : ERR_OK;
    if (e == ERR_OK)
        e = db_run(db_stmt(s->db, "DELETE FROM sys_frozen WHERE rid IN "
                                  "(SELECT rid FROM sys_staged_record)"));
    struct db_stmt *q = db_stmt(s->db, "SELECT position, kind, item FROM sys_staged_move "
                                       "ORDER BY position, no");
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_move_apply(s, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- own ops ---- */

static enum err node_offer_local(struct node_store *s, int64_t log, uint64_t seq, unsigned op,
                                 struct bytes payload, int64_t now_ms)
{
    struct move_offer m;
    enum err e = move_offer_decode(payload, &m);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_transfer(id, rid, type, from_unit, to_unit, state, offered_ms, "
               "days, note, answer, position, olog, oseq, oop) SELECT ?1, ?2, ifnull((SELECT type "
               "FROM sys_shown WHERE rid = ?2), 0), i.unit, ?3, 0, ?4, 0, ?5, '', 0, ?6, ?7, ?8 "
               "FROM sys_identity i WHERE true ON CONFLICT(id) DO UPDATE SET olog = ?6, oseq = ?7, "
               "oop = ?8");
    db_bind_blob(q, 1, BYTES_OF(m.transfer.b));
    db_bind_blob(q, 2, BYTES_OF(m.record.b));
    db_bind_text(q, 3, m.to);
    db_bind_int(q, 4, now_ms);
    db_bind_text(q, 5, m.note);
    db_bind_int(q, 6, log);
    db_bind_int(q, 7, node_store_i64(seq));
    db_bind_int(q, 8, op);
    return db_run(q);
}

/* For an erasure: whose record an own answer was of, whatever the feed tells later. */
static enum err node_answered(struct node_store *s, const struct id_record *transfer)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_answered(id, rid) SELECT id, rid "
                                       "FROM sys_transfer WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(transfer->b));
    return db_run(q);
}

enum err node_move_local(struct node_store *s, int64_t log, uint64_t seq, unsigned op,
                         struct bytes payload, int64_t now_ms)
{
    struct move_answer a;
    struct move_settle c;
    struct db_stmt *q = NULL;
    const struct id_record *answered = NULL;
    int kind = change_payload_kind(payload);
    if (kind == CHANGE_OFFER) return node_offer_local(s, log, seq, op, payload, now_ms);
    if (kind == CHANGE_ANSWER && move_answer_decode(payload, &a) == ERR_OK) {
        q = db_stmt(s->db, "UPDATE sys_transfer SET reply = ?1, rlog = ?2, rseq = ?3, rop = ?4 "
                           "WHERE id = ?5");
        db_bind_int(q, 1, (int64_t)a.reply);
        db_bind_blob(q, 5, BYTES_OF(a.transfer.b));
        answered = &a.transfer;
    } else if (kind == CHANGE_SETTLE && move_settle_decode(payload, &c) == ERR_OK) {
        q = db_stmt(s->db, "UPDATE sys_crossed SET reply = ?1, rlog = ?2, rseq = ?3, rop = ?4 "
                           "WHERE version = ?5 AND op = ?6");
        db_bind_int(q, 1, c.apply);
        db_bind_blob(q, 5, BYTES_OF(c.version.b));
        db_bind_int(q, 6, c.op);
    }
    if (q == NULL) return ERR_OK;
    db_bind_int(q, 2, log);
    db_bind_int(q, 3, node_store_i64(seq));
    db_bind_int(q, 4, op);
    enum err e = db_run(q);
    return e == ERR_OK && answered != NULL ? node_answered(s, answered) : e;
}

/* ---- lists ---- */

#define NODE_TRANSFER_COLUMNS                                                                      \
    "SELECT t.id, t.rid, t.type, t.from_unit, t.to_unit, t.state, t.offered_ms, t.days, t.note, "  \
    "t.answer, t.position, o.verdict, t.reply, r.verdict FROM sys_transfer t LEFT JOIN sys_op o "  \
    "ON o.log = t.olog AND o.seq = t.oseq AND o.op = t.oop LEFT JOIN sys_op r ON r.log = t.rlog "  \
    "AND r.seq = t.rseq AND r.op = t.rop "

static enum err node_transfer_row(const struct db_stmt *q, struct node_transfer *out)
{
    *out = (struct node_transfer){
        .t = {.type = (unsigned)db_column_int(q, 2),
              .from = db_column_bytes(q, 3),
              .to = db_column_bytes(q, 4),
              .state = (enum move_state)db_column_int(q, 5),
              .offered_ms = (uint64_t)db_column_int(q, 6),
              .days = (unsigned)db_column_int(q, 7),
              .note = db_column_bytes(q, 8),
              .answer = db_column_bytes(q, 9)},
        .at_hub = db_column_int(q, 10) > 0,
        .said = db_column_kind(q, 11) != DB_NULL,
        .verdict = (uint8_t)db_column_int(q, 11),
        .replied = db_column_kind(q, 12) != DB_NULL,
        .reply = (enum move_reply)db_column_int(q, 12),
        .reply_said = db_column_kind(q, 13) != DB_NULL,
        .reply_verdict = (uint8_t)db_column_int(q, 13),
    };
    enum err e = db_column_copy(q, 0, out->t.transfer.b, sizeof out->t.transfer.b);
    return e == ERR_OK ? db_column_copy(q, 1, out->t.record.b, sizeof out->t.record.b) : e;
}

enum err node_store_transfers(struct node_store *s,
                              enum err (*row)(void *ctx, const struct node_transfer *t), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, NODE_TRANSFER_COLUMNS "ORDER BY t.position = 0 DESC, t.position DESC, t.id");
    while (e == ERR_OK && more) {
        struct node_transfer t;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = node_transfer_row(q, &t);
        if (e == ERR_OK && more) e = row(ctx, &t);
    }
    db_done(q);
    return e;
}

enum err node_store_transfer(struct node_store *s, const struct id_record *id,
                             enum err (*row)(void *ctx, const struct node_transfer *t), void *ctx)
{
    struct node_transfer t;
    struct db_stmt *q = db_stmt(s->db, NODE_TRANSFER_COLUMNS "WHERE t.id = ?1");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_transfer_row(q, &t);
    if (e == ERR_OK) e = row(ctx, &t);
    db_done(q);
    return e;
}

enum err node_store_offered(struct node_store *s, const struct id_record *rid, bool *offered)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_transfer t LEFT JOIN sys_op o ON o.log = t.olog AND "
                       "o.seq = t.oseq AND o.op = t.oop WHERE t.rid = ?1 AND t.state = 0 AND "
                       "(t.position > 0 OR ifnull(o.verdict, 0) = 0) LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    db_done(q);
    *offered = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_store_crossed(struct node_store *s,
                            enum err (*row)(void *ctx, const struct node_crossed *c), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT version, op, rid, unit, state, payload, reply FROM "
                                       "sys_crossed ORDER BY position DESC, version, op");
    while (e == ERR_OK && more) {
        struct node_crossed c;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        c = (struct node_crossed){.c = {.op = (unsigned)db_column_int(q, 1),
                                        .unit = db_column_bytes(q, 3),
                                        .state = (enum move_crossed)db_column_int(q, 4),
                                        .payload = db_column_bytes(q, 5)},
                                  .decided = db_column_kind(q, 6) != DB_NULL,
                                  .apply = db_column_int(q, 6) != 0};
        e = db_column_copy(q, 0, c.c.version.b, sizeof c.c.version.b);
        if (e == ERR_OK) e = db_column_copy(q, 2, c.c.record.b, sizeof c.c.record.b);
        if (e == ERR_OK) e = row(ctx, &c);
    }
    db_done(q);
    return e;
}

enum err node_store_shares(struct node_store *s, const struct id_record *rid,
                           enum err (*row)(void *ctx, const struct move_shared *h), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT unit, access FROM sys_share WHERE rid = ?1 ORDER BY unit");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    while (e == ERR_OK && more) {
        struct move_shared h = {.record = *rid};
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        h.unit = db_column_bytes(q, 0);
        h.access = (enum move_access)db_column_int(q, 1);
        e = row(ctx, &h);
    }
    db_done(q);
    return e;
}

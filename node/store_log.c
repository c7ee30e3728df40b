/* The own log: its end, appending, reading for sending, receipts. */
#include "node/store_priv.h"
#include "common/zoo.h"

#include <stdlib.h>

enum err node_log_number(struct node_store *s, const struct id_inc *inc, int64_t *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT no FROM sys_inc WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    enum err e = db_get(q);
    if (e == ERR_OK) *out = db_column_int(q, 0);
    db_done(q);
    return e;
}

/* ---- opening a set ---- */

/* Make a set that is not in the table yet the one that node_log_view() gives. */
static enum err node_log_view_set(struct node_store *s, int64_t log, uint64_t seq,
                                  struct bytes head, struct bytes body)
{
    s->view_open = false;
    buf_clear(&s->view_memory);
    buf_add_bytes(&s->view_memory, head);
    buf_add_bytes(&s->view_memory, body);
    if (s->view_memory.e != ERR_OK) return s->view_memory.e;
    enum err e = change_open(bytes_make(s->view_memory.p, head.len),
                             bytes_make(s->view_memory.p + head.len, body.len), s->view);
    s->view_open = e == ERR_OK;
    s->view_log = log;
    s->view_seq = seq;
    return e;
}

enum err node_log_view(struct node_store *s, int64_t log, uint64_t seq)
{
    if (s->view_open && s->view_log == log && s->view_seq == seq) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body FROM sys_log WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(seq));
    enum err e = db_get(q);
    if (e == ERR_OK)
        e = node_log_view_set(s, log, seq, db_column_bytes(q, 0), db_column_bytes(q, 1));
    db_done(q);
    /* Our own rows: what does not open or is missing was damaged on the disk. */
    bool damaged = e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE || e == ERR_NOT_FOUND;
    return damaged ? ERR_DAMAGED : e;
}

/* ---- the tip ---- */

static enum err node_tip_log(struct node_store *s, struct node_store_tip *t)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT inc, next_seq, head, "
                                       "(SELECT max(hlc) FROM sys_inc), no FROM sys_inc "
                                       "ORDER BY no DESC LIMIT 1");
    bool made = false;
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) {
        t->has_log = true;
        t->next_seq = node_store_u64(db_column_int(q, 1));
        t->hlc = node_store_u64(db_column_int(q, 3));
        made = s->root_made && s->root_log == db_column_int(q, 4) &&
               s->root_block == t->next_seq / CHANGE_BLOCK_SETS;
        e = db_column_copy(q, 0, t->inc.b, sizeof t->inc.b);
    }
    if (e == ERR_OK) e = db_column_copy(q, 2, t->head.b, sizeof t->head.b);
    db_done(q);
    if (e != ERR_OK || !made) return e;
    e = node_store_block_root(s, &t->inc, t->next_seq / CHANGE_BLOCK_SETS, t->root);
    t->has_root = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_store_tip(struct node_store *s, struct node_store_tip *out)
{
    struct node_store_tip t = {.edition = s->edition};
    enum err e = node_tip_log(s, &t);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT epoch, position, hash, hub_ahead_ms, renew FROM "
                                       "sys_state");
    e = db_get(q);
    if (e == ERR_OK) {
        t.epoch = node_store_u64(db_column_int(q, 0));
        t.hub_seen = node_store_u64(db_column_int(q, 1));
        t.hub_ahead_ms = db_column_int(q, 3);
        t.renew = db_column_int(q, 4) != 0;
        e = db_column_copy(q, 2, t.hub_seen_hash, sizeof t.hub_seen_hash);
    }
    db_done(q);
    if (e == ERR_OK) *out = t;
    return e;
}

/* ---- appending ---- */

static enum err node_append_log(struct node_store *s, const struct node_store_append *a,
                                const struct change_head *h, int64_t *log)
{
    enum err e = node_log_number(s, &a->inc, log);
    struct db_stmt *q = NULL;
    if (e == ERR_NOT_FOUND) {
        if (a->seq != 0) return ERR_CHAIN_BROKEN;
        q = db_stmt(s->db, "INSERT INTO sys_inc(inc, next_seq, head, hlc) VALUES (?1, 1, ?2, ?3)");
        db_bind_blob(q, 1, BYTES_OF(a->inc.b));
        db_bind_blob(q, 2, BYTES_OF(a->hash.b));
        db_bind_int(q, 3, node_store_i64(a->hlc));
        e = db_run(q);
        *log = db_last_rowid(s->db);
        if (e == ERR_OK) e = db_run(db_stmt(s->db, "UPDATE sys_state SET renew = 0"));
        return e;
    }
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_inc SET next_seq = ?2 + 1, head = ?3, hlc = ?4 "
                       "WHERE no = ?1 AND next_seq = ?2 AND head = ?5 AND hlc < ?4");
    db_bind_int(q, 1, *log);
    db_bind_int(q, 2, node_store_i64(a->seq));
    db_bind_blob(q, 3, BYTES_OF(a->hash.b));
    db_bind_int(q, 4, node_store_i64(a->hlc));
    db_bind_blob(q, 5, BYTES_OF(h->prev.b));
    e = db_run(q);
    return e == ERR_OK && db_changes(s->db) != 1 ? ERR_CHAIN_BROKEN : e;
}

static enum err node_append_row(struct node_store *s, const struct node_store_append *a,
                                int64_t log, int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_log(log, seq, head, body, signature, saved_ms) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(a->seq));
    db_bind_blob(q, 3, a->head);
    db_bind_blob(q, 4, a->body);
    db_bind_blob(q, 5, BYTES_OF(a->signature));
    db_bind_int(q, 6, now_ms);
    enum err e = db_run(q);
    if (e != ERR_OK || a->new_root == NULL) return e;
    s->root_made = true;
    s->root_log = log;
    s->root_block = a->seq / CHANGE_BLOCK_SETS;
    q = db_stmt(s->db, "INSERT OR REPLACE INTO sys_root(log, block, root) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(a->seq / CHANGE_BLOCK_SETS));
    db_bind_blob(q, 3, bytes_make(a->new_root, 16));
    return db_run(q);
}

/* An own op that comes back from the hub without its payload. */
static enum err node_append_erased(struct node_store *s, int64_t log, uint64_t seq, unsigned index)
{
    struct change_op op;
    bool whole = false;
    struct bytes stub = s->view->stub[index];
    bool known = stub.p != NULL && erase_stub_decode(stub, s->writes, &op, &whole) == ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_op(log, seq, op, rid, kind, verdict, "
                                       "pending) VALUES (?1, ?2, ?3, ?4, 1, 8, 0)");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(seq));
    db_bind_int(q, 3, index);
    if (known) db_bind_blob(q, 4, BYTES_OF(op.rid.b));
    return db_run(q);
}

static enum err node_append_op(struct node_store *s, int64_t log, uint64_t seq, unsigned index,
                               int64_t now_ms)
{
    struct change_op op;
    struct bytes payload = s->view->payload[index];
    if (payload.p == NULL) return node_append_erased(s, log, seq, index);
    int kind = change_payload_kind(payload);
    enum err e = change_op_decode(payload, s->writes, &op);
    if (e == ERR_OK && erase_has_record(&s->erased, &op.rid)) return ERR_DENIED;
    if (kind < 0 || (e != ERR_OK && e != ERR_NOT_FOUND)) return ERR_BAD_FORMAT;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_op(log, seq, op, rid, type, kind, pending) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(seq));
    db_bind_int(q, 3, index);
    db_bind_int(q, 6, kind);
    db_bind_int(q, 7, e == ERR_OK ? NODE_STORE_WAITS : NODE_STORE_SETTLED);
    if (e == ERR_OK) {
        db_bind_blob(q, 4, BYTES_OF(op.rid.b));
        db_bind_int(q, 5, op.type);
    }
    bool on_record = e == ERR_OK;
    e = db_run(q);
    if (e == ERR_OK && move_kind(kind)) e = node_move_local(s, log, seq, index, payload, now_ms);
    return e == ERR_OK && on_record ? node_show_mark(s, &op.rid) : e;
}

static enum err node_append_import(struct node_store *s, const struct change_head *h,
                                   int64_t now_ms)
{
    if (h->import == 0) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_import(id, source, begun_ms, ended_ms, ops, sets) "
                       "VALUES (?1, '', ?4, CASE WHEN ?2 THEN ?4 ELSE 0 END, ?3, 1) "
                       "ON CONFLICT(id) DO UPDATE SET ops = ops + ?3, sets = sets + 1, "
                       "ended_ms = CASE WHEN ?2 THEN ?4 ELSE ended_ms END");
    db_bind_int(q, 1, node_store_i64(h->import));
    db_bind_int(q, 2, (h->flags & CHANGE_FLAG_IMPORT_LAST) != 0);
    db_bind_int(q, 3, h->ops);
    db_bind_int(q, 4, now_ms);
    return db_run(q);
}

enum err node_log_put(struct node_store *s, const struct node_store_append *a, int64_t log,
                      int64_t now_ms)
{
    enum err e = node_log_view_set(s, log, a->seq, a->head, a->body);
    if (e == ERR_OK) e = node_append_row(s, a, log, now_ms);
    for (unsigned i = 0; e == ERR_OK && i < s->view->head.ops; i++)
        e = node_append_op(s, log, a->seq, i, now_ms);
    return e;
}

enum err node_log_append(struct node_store *s, const struct node_store_append *a, int64_t now_ms)
{
    int64_t log = 0;
    struct change_head h;
    enum err e = change_head_read(a->head, &h);
    if (e == ERR_OK) e = node_append_log(s, a, &h, &log);
    return e == ERR_OK ? node_log_put(s, a, log, now_ms) : e;
}

static enum err node_append_one(struct node_store *s, const struct node_store_append *a,
                                int64_t now_ms)
{
    enum err e = node_log_append(s, a, now_ms);
    if (e == ERR_OK) e = node_rekey_saved(s, a, now_ms);
    return e == ERR_OK ? node_append_import(s, &s->view->head, now_ms) : e;
}

enum err node_store_append(struct node_store *s, const struct node_store_append *sets, size_t count,
                           int64_t now_ms)
{
    bool had = s->typed != NULL;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_catalogue_ready(s);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_append_one(s, &sets[i], now_ms);
    if (e == ERR_OK) e = node_show_saved(s);
    e = db_end(s->db, e);
    if (e == ERR_OK) node_witness_note(s);
    if (e == ERR_OK) return ERR_OK;
    s->view_open = false;
    if (!had) node_catalogue_unready(s);
    return e;
}

/* ---- reading for sending ---- */

static enum err node_read_row(struct node_store *s, const struct db_stmt *q, size_t *count)
{
    struct node_store_set *set = &s->sets[*count];
    enum err e = db_column_copy(q, 2, set->signature, sizeof set->signature);
    if (e != ERR_OK) return e;
    /* The memory may move while it grows: only lengths for now. */
    struct bytes head = db_column_bytes(q, 0), body = db_column_bytes(q, 1);
    buf_add_bytes(&s->set_memory, head);
    buf_add_bytes(&s->set_memory, body);
    set->head.len = head.len;
    set->body.len = body.len;
    ++*count;
    return s->set_memory.e;
}

enum err node_store_read_sets(struct node_store *s, const struct id_inc *inc, uint64_t from_seq,
                              size_t max_sets, size_t max_bytes, const struct node_store_set **sets,
                              size_t *count)
{
    size_t n = 0;
    bool row = false;
    if (max_sets > NODE_STORE_SETS_MAX) max_sets = NODE_STORE_SETS_MAX;
    buf_clear(&s->set_memory);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.head, l.body, l.signature FROM sys_inc i JOIN sys_log l "
                       "ON l.log = i.no WHERE i.inc = ?1 AND l.seq >= ?2 ORDER BY l.seq LIMIT ?3");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_int(q, 2, node_store_i64(from_seq));
    db_bind_int(q, 3, (int64_t)max_sets);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row && n < max_sets && (n == 0 || s->set_memory.len < max_bytes)) {
        e = node_read_row(s, q, &n);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e != ERR_OK) return e;
    const uint8_t *p = s->set_memory.p;
    for (size_t i = 0; i < n; i++) {
        s->sets[i].head.p = p;
        s->sets[i].body.p = p + s->sets[i].head.len;
        p = s->sets[i].body.p + s->sets[i].body.len;
    }
    *sets = s->sets;
    *count = n;
    return ERR_OK;
}

enum err node_store_block_root(struct node_store *s, const struct id_inc *inc, uint64_t block,
                               uint8_t out[static 16])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT r.root FROM sys_inc i JOIN sys_root r "
                                       "ON r.log = i.no WHERE i.inc = ?1 AND r.block = ?2");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_int(q, 2, node_store_i64(block));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out, 16);
    db_done(q);
    return e;
}

/* ---- receipts ---- */

static enum err node_receipt_write(struct node_store *s, int64_t log, const struct admin_receipt *r,
                                   const uint8_t signature[static 64], int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_receipt(log, next_seq, epoch, chain, first, "
                       "last, hash, signature, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(r->next_seq));
    db_bind_int(q, 3, node_store_i64(r->epoch));
    db_bind_blob(q, 4, BYTES_OF(r->chain.b));
    db_bind_int(q, 5, node_store_i64(r->first_position));
    db_bind_int(q, 6, node_store_i64(r->last_position));
    db_bind_blob(q, 7, BYTES_OF(r->position_hash.b));
    db_bind_blob(q, 8, bytes_make(signature, 64));
    db_bind_int(q, 9, now_ms);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_inc SET receipted = ?2 "
                       "WHERE no = ?1 AND receipted < ?2 AND next_seq >= ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(r->next_seq + (ZOO(34) ? 1u : 0u)));
    e = db_run(q);
    if (e != ERR_OK || !ZOO(2)) return e;
    q = db_stmt(s->db, "UPDATE sys_op SET pending = 0 WHERE log = ?1 AND seq < ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(r->next_seq));
    return db_run(q);
}

enum err node_store_receipt(struct node_store *s, const struct admin_receipt *r,
                            const uint8_t signature[static 64], int64_t now_ms)
{
    int64_t log = 0;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_log_number(s, &r->inc, &log);
    if (e == ERR_OK && !ZOO(68)) e = node_receipt_write(s, log, r, signature, now_ms);
    if (e == ERR_OK) e = node_rekey_receipt(s, r);
    return db_end(s->db, e);
}

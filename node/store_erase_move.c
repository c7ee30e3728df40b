/*
 * What an erasure takes out of the scope's events: those that wait for their page's END or come with a page from before
 * it, copies for reading, and writes that crossed. SPEC 12.5, 12.7.
 */
#include "node/store_erase_priv.h"

#include "common/zoo.h"
#include "proto/move.h"

static const uint8_t payload_nil[] = {0xc0};

/* ---- one event ---- */

/* A leave stays, for it takes the record out of the scope: without the copy, or with what is left of it. */
static enum err node_erase_leave(struct node_store *s, const struct erase_list *l,
                                 struct bytes item, struct buf *out, bool *changed)
{
    struct move_leave m;
    struct buf state;
    enum err e = move_leave_decode(item, &m);
    if (e != ERR_OK || !m.frozen) return e;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    e = node_erase_state(s, l, &m.record, m.state, &state, changed);
    if (e == ERR_OK && *changed) {
        m.frozen = state.len > 0;
        m.unit = m.frozen ? m.unit : bytes_make(NULL, 0);
        m.state = m.frozen ? buf_bytes(&state) : bytes_make(NULL, 0);
        move_leave_encode(&m, out);
    }
    buf_free(&state);
    return e;
}

static enum err node_erase_crossed(const struct erase_list *l, struct bytes item, struct buf *out,
                                   bool *changed)
{
    struct move_crossing m;
    enum err e = move_crossing_decode(item, &m);
    if (e != ERR_OK) return e;
    const struct id_inc inc = id_version_inc(&m.version);
    const struct erase_op *o = erase_find_op(l, &inc, id_version_seq(&m.version), m.op);
    *changed = o != NULL && ID_EQUAL(&o->rid, &m.record);
    if (!*changed) return ERR_OK;
    m.payload = BYTES_OF(payload_nil);
    move_crossing_encode(&m, out);
    return ERR_OK;
}

/* An answer names only its transfer, so which record that was of is kept when the transfer is not. */
static enum err node_erase_keep(struct node_store *s, const struct id_record *transfer,
                                const struct id_record *rid, bool *fresh)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_answered(id, rid) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(transfer->b));
    db_bind_blob(q, 2, BYTES_OF(rid->b));
    enum err e = db_run(q);
    *fresh = e == ERR_OK && db_changes(s->db) > 0;
    return e;
}

static enum err node_erase_unheard(struct node_store *s, struct bytes item, bool *unheard)
{
    struct move_transfer t;
    bool fresh = false;
    enum err e = move_transfer_decode(item, &t);
    if (e == ERR_OK) e = node_erase_keep(s, &t.transfer, &t.record, &fresh);
    *unheard = *unheard || fresh;
    return e;
}

enum err node_erase_answers(struct node_store *s, const struct erase_list *l)
{
    struct node_erasing *w = NULL;
    enum err e = node_erasing_new(&w);
    if (e == ERR_OK) e = node_erase_sets(s, l, w);
    node_erasing_free(w);
    return e;
}

enum err node_erase_item(struct node_store *s, const struct erase_list *l, unsigned kind,
                         struct bytes item, const struct id_record *rid, struct buf *out,
                         enum node_erased_item *left, bool *unheard)
{
    bool changed = false;
    enum err e = ERR_OK;
    *left = NODE_ITEM_SAME;
    buf_clear(out);
    if (ZOO(130)) return ERR_OK;
    if (kind == MOVE_ITEM_LEAVE) {
        e = node_erase_leave(s, l, item, out, &changed);
    } else if (erase_has_record(l, rid)) {
        *left = NODE_ITEM_GONE;
        return kind == MOVE_ITEM_TRANSFER ? node_erase_unheard(s, item, unheard) : ERR_OK;
    } else if (kind == MOVE_ITEM_CROSSED) {
        e = node_erase_crossed(l, item, out, &changed);
    }
    if (changed) *left = NODE_ITEM_LESS;
    return e == ERR_OK ? out->e : e;
}

/* ---- all events that wait ---- */

static enum err node_erase_staged_row(struct node_store *s, int64_t no, enum node_erased_item left,
                                      struct bytes item)
{
    if (left == NODE_ITEM_SAME) return ERR_OK;
    struct db_stmt *q = left == NODE_ITEM_GONE
                            ? db_stmt(s->db, "DELETE FROM sys_staged_move WHERE no = ?1")
                            : db_stmt(s->db, "UPDATE sys_staged_move SET item = ?2 WHERE no = ?1");
    db_bind_int(q, 1, no);
    if (left == NODE_ITEM_LESS) db_bind_blob(q, 2, item);
    return db_run(q);
}

static enum err node_erase_staged_moves(struct node_store *s, const struct erase_list *l,
                                        const struct id_record *rid, struct buf *item,
                                        bool *unheard)
{
    int64_t no = INT64_MIN;
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        enum node_erased_item left = NODE_ITEM_SAME;
        struct db_stmt *q = db_stmt(s->db, "SELECT no, kind, item FROM sys_staged_move WHERE rid = "
                                           "?1 AND no > ?2 ORDER BY no LIMIT 1");
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        db_bind_int(q, 2, no);
        e = db_step(q, &more);
        if (e == ERR_OK && more) {
            no = db_column_int(q, 0);
            e = node_erase_item(s, l, (unsigned)db_column_int(q, 1), db_column_bytes(q, 2), rid,
                                item, &left, unheard);
        }
        db_done(q);
        if (e == ERR_OK && more) e = node_erase_staged_row(s, no, left, buf_bytes(item));
    }
    return e;
}

/* ---- what came of them ---- */

static enum err node_erase_of_dead(struct node_store *s, const struct id_record *rid)
{
    static const char *const sql[] = {
        "INSERT OR IGNORE INTO sys_answered SELECT id, rid FROM sys_transfer WHERE rid = ?1",
        "DELETE FROM sys_frozen WHERE rid = ?1",
        "DELETE FROM sys_transfer WHERE rid = ?1",
        "DELETE FROM sys_share WHERE rid = ?1",
        "DELETE FROM sys_crossed WHERE rid = ?1",
        "DELETE FROM sys_ref WHERE rid = ?1 OR target = ?1",
    };
    return node_rid_run(s, rid, sql, sizeof sql / sizeof sql[0]);
}

/* A copy for reading of a record that stays, without what its op wrote. */
static enum err node_erase_frozen(struct node_store *s, const struct erase_list *l,
                                  const struct id_record *rid, struct buf *state)
{
    bool changed = false;
    buf_clear(state);
    struct db_stmt *q = db_stmt(s->db, "SELECT state FROM sys_frozen WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_erase_state(s, l, rid, db_column_bytes(q, 0), state, &changed);
    db_done(q);
    if (e != ERR_OK || !changed) return e == ERR_NOT_FOUND ? ERR_OK : e;
    q = db_stmt(s->db, "UPDATE sys_frozen SET state = ?2 WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_blob(q, 2, buf_bytes(state));
    return db_run(q);
}

static enum err node_erase_crossed_op(struct node_store *s, const struct erase_op *o)
{
    struct id_version v = id_version_make(&o->inc, o->seq, &(struct id_hash){{0}});
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_crossed SET payload = ?4 WHERE rid = ?1 AND op "
                                       "= ?2 AND substr(version, 1, 16) = ?3");
    db_bind_blob(q, 1, BYTES_OF(o->rid.b));
    db_bind_int(q, 2, o->op);
    db_bind_blob(q, 3, bytes_make(v.b, ID_INC_BYTES + 8));
    db_bind_blob(q, 4, BYTES_OF(payload_nil));
    return db_run(q);
}

enum err node_erase_moves(struct node_store *s, const struct erase_list *l)
{
    struct buf b;
    bool unheard = false;
    enum err e = ERR_OK;
    buf_init(&b, NODE_ITEM_BYTES_MAX);
    for (size_t i = 0; e == ERR_OK && i < l->record_count; i++) {
        e = node_erase_of_dead(s, &l->records[i]);
        if (e == ERR_OK) e = node_erase_staged_moves(s, l, &l->records[i], &b, &unheard);
    }
    for (size_t i = 0; e == ERR_OK && i < l->op_count; i++) {
        e = node_erase_frozen(s, l, &l->ops[i].rid, &b);
        if (e == ERR_OK) e = node_erase_crossed_op(s, &l->ops[i]);
        if (e == ERR_OK) e = node_erase_staged_moves(s, l, &l->ops[i].rid, &b, &unheard);
    }
    if (e == ERR_OK && unheard) e = node_erase_answers(s, l);
    buf_free(&b);
    return e;
}

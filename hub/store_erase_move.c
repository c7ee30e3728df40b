/* Where erasure and scope moves meet: which record a move speaks of, what an erased accept had moved
 * along, copies at units that a record left, and what else of the hub speaks of it. SPEC 12.5. */
#include "hub/store_erase.h"
#include "hub/store_priv.h"

#include "proto/move.h"

static enum err hub_move_row_rid(struct db_stmt *q, const struct id_record *transfer,
                                 struct id_record *rid)
{
    db_bind_blob(q, 1, BYTES_OF(transfer->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, rid->b, sizeof rid->b);
    db_done(q);
    return e;
}

/* An answer names only its transfer. */
static enum err hub_answer_rid(struct hub_store *s, const struct id_record *transfer,
                               struct id_record *rid)
{
    enum err e = hub_move_row_rid(db_stmt(s->db, "SELECT r.rid FROM sys_transfer t JOIN sys_record "
                                                 "r ON r.no = t.record WHERE t.id = ?1"),
                                  transfer, rid);
    if (e != ERR_NOT_FOUND) return e;
    return hub_move_row_rid(db_stmt(s->db, "SELECT rid FROM sys_dead_transfer WHERE id = ?1"),
                            transfer, rid);
}

bool hub_move_rid(struct hub_store *s, struct bytes payload, struct id_record *rid)
{
    struct move_offer offer;
    struct move_answer answer;
    struct move_share share;
    struct move_settle settle;
    int kind = change_payload_kind(payload);
    if (kind == CHANGE_ANSWER && move_answer_decode(payload, &answer) == ERR_OK)
        return hub_answer_rid(s, &answer.transfer, rid) == ERR_OK;
    if (kind == CHANGE_OFFER && move_offer_decode(payload, &offer) == ERR_OK)
        *rid = offer.record;
    else if (kind == CHANGE_SHARE && move_share_decode(payload, &share) == ERR_OK)
        *rid = share.record;
    else if (kind == CHANGE_SETTLE && move_settle_decode(payload, &settle) == ERR_OK)
        *rid = settle.record;
    else
        return false;
    return true;
}

/* The record of this offer and its name, also of one whose payload is gone. */
static bool hub_offer_of(struct hub_store *s, const struct change_view *view, unsigned op,
                         struct id_record *rid, struct id_record *transfer)
{
    struct move_offer m;
    struct change_op gone;
    bool whole = false;
    struct bytes payload = view->payload[op], stub = view->stub[op];
    if (payload.p == NULL) {
        if (stub.p == NULL || !erase_stub_transfer(stub, transfer) ||
            erase_stub_decode(stub, s->writes, &gone, &whole) != ERR_OK)
            return false;
        *rid = gone.rid;
        return true;
    }
    if (change_payload_kind(payload) != CHANGE_OFFER || move_offer_decode(payload, &m) != ERR_OK)
        return false;
    *rid = m.record;
    *transfer = m.transfer;
    return true;
}

/* An offer that did not apply left no transfer, and its node knows its name all the same: an answer to
 * it is an answer to an offer of the record. A name belongs to the offer that did apply, if one did. */
enum err hub_dead_offers(struct hub_store *s, const struct erase_list *l,
                         const struct change_view *view, bool *any)
{
    enum err e = ERR_OK;
    *any = false;
    for (unsigned i = 0; e == ERR_OK && l->record_count > 0 && i < view->head.ops; i++) {
        struct id_record rid, transfer;
        if (!hub_offer_of(s, view, i, &rid, &transfer) || !erase_has_record(l, &rid)) continue;
        struct db_stmt *q =
            db_stmt(s->db, "INSERT OR IGNORE INTO sys_dead_transfer(id, rid) SELECT ?1, ?2 WHERE "
                           "NOT EXISTS (SELECT 1 FROM sys_transfer WHERE id = ?1)");
        db_bind_blob(q, 1, BYTES_OF(transfer.b));
        db_bind_blob(q, 2, BYTES_OF(rid.b));
        e = db_run(q);
        *any = *any || (e == ERR_OK && db_changes(s->db) > 0);
    }
    return e;
}

enum err hub_erase_moves(struct hub_store *s, int64_t record, const struct id_record *rid)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_dead_transfer(id, rid) SELECT "
                                       "id, ?2 FROM sys_transfer WHERE record = ?1");
    db_bind_int(q, 1, record);
    db_bind_blob(q, 2, BYTES_OF(rid->b));
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_moved_along(pos, rid, unit) SELECT c.entered, "
                       "r.rid, t.to_unit FROM sys_transfer t JOIN sys_scope c ON c.scope = "
                       "t.to_unit AND c.entered = t.changed AND c.access = 0 JOIN sys_record r ON "
                       "r.no = c.record WHERE t.record = ?1 AND t.state = ?2 AND c.record <> ?1");
    db_bind_int(q, 1, record);
    db_bind_int(q, 2, MOVE_ACCEPTED);
    return db_run(q);
}

struct hub_copy { /* key of a row of sys_scope, with its record */
    int64_t scope, entered, access;
};

static enum err hub_erase_copy(struct hub_store *s, int64_t record, const struct hub_copy *at,
                               struct bytes state, const struct erase_op *o, struct buf *out)
{
    fold_clear(&s->fold);
    enum err e = fold_load(&s->fold, state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    if (!fold_erase(&s->fold, &o->inc, o->seq, o->fields, o->field_count)) return ERR_OK;
    buf_clear(out);
    fold_save(&s->fold, out);
    if (out->e != ERR_OK) return out->e;
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_scope SET state = ?5 WHERE record = ?1 AND scope "
                       "= ?2 AND entered = ?3 AND access = ?4");
    db_bind_int(q, 1, record);
    db_bind_int(q, 2, at->scope);
    db_bind_int(q, 3, at->entered);
    db_bind_int(q, 4, at->access);
    db_bind_blob(q, 5, buf_bytes(out));
    return db_run(q);
}

/* What units may still read that the record left is of the day it left them. */
enum err hub_erase_copies(struct hub_store *s, int64_t record, const struct erase_op *o)
{
    struct buf out;
    struct hub_copy at = {.scope = INT64_MIN};
    bool more = true;
    enum err e = ERR_OK;
    buf_init(&out, FOLD_STATE_BYTES_MAX);
    while (e == ERR_OK && more) {
        struct db_stmt *q =
            db_stmt(s->db, "SELECT scope, entered, access, state FROM sys_scope WHERE record = ?1 "
                           "AND state IS NOT NULL AND (scope, entered, access) > (?2, ?3, ?4) "
                           "ORDER BY scope, entered, access LIMIT 1");
        db_bind_int(q, 1, record);
        db_bind_int(q, 2, at.scope);
        db_bind_int(q, 3, at.entered);
        db_bind_int(q, 4, at.access);
        e = db_step(q, &more);
        if (e == ERR_OK && more) {
            at = (struct hub_copy){db_column_int(q, 0), db_column_int(q, 1), db_column_int(q, 2)};
            e = hub_erase_copy(s, record, &at, db_column_bytes(q, 3), o, &out);
        }
        db_done(q);
    }
    buf_free(&out);
    return e;
}

static enum err hub_moved_one(struct hub_store *to, const struct id_record *rid, int64_t unit,
                              uint64_t at, const char *since)
{
    struct hub_record r;
    struct db_stmt *q = NULL;
    enum err e = hub_record_get(to, rid, &q, &r);
    if (e == ERR_OK && r.unit != unit) e = hub_scope_rehome(to, &r, unit, at, since);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* erased as well */
}

/* What such an assignment waited for does not come again. */
static enum err hub_assigned_again(struct hub_store *from, struct hub_store *to, uint64_t at)
{
    bool row = true;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(from->db, "SELECT pos, op FROM sys_assigned_late WHERE at = ?1 ORDER BY pos, op");
    db_bind_int(q, 1, (int64_t)at);
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row)
            e = hub_held_again(to, (uint64_t)db_column_int(q, 0), (unsigned)db_column_int(q, 1),
                               at);
    }
    db_done(q);
    return e;
}

enum err hub_moved_again(struct hub_store *from, struct hub_store *to, uint64_t at,
                         int64_t received_ms)
{
    char since[DATE_TEXT_ROOM] = "";
    struct date day;
    bool row = true;
    enum err e = ERR_OK;
    if (date_of_ms(received_ms, &day) == ERR_OK) date_print(day, since);
    struct db_stmt *q =
        db_stmt(from->db, "SELECT rid, unit FROM sys_moved_along WHERE pos = ?1 ORDER BY rid");
    db_bind_int(q, 1, (int64_t)at);
    while (e == ERR_OK && row) {
        struct id_record rid;
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        e = db_column_copy(q, 0, rid.b, sizeof rid.b);
        if (e == ERR_OK) e = hub_moved_one(to, &rid, db_column_int(q, 1), at, since);
    }
    db_done(q);
    return e == ERR_OK ? hub_assigned_again(from, to, at) : e;
}

enum err hub_store_erase_links(struct hub_store *s, const struct id_record *rid,
                               struct id_record *out, size_t max, size_t *count)
{
    bool row = true;
    *count = 0;
    enum err e = hub_cache_ready(s);
    struct db_stmt *q = db_stmt(s->db, "SELECT r.rid FROM sys_link l JOIN sys_record r ON r.no = "
                                       "l.record WHERE l.a = ?1 OR l.b = ?1 ORDER BY r.rid");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        e = *count < max ? db_column_copy(q, 0, out[*count].b, ID_RECORD_BYTES) : ERR_TOO_LARGE;
        if (e == ERR_OK) ++*count;
    }
    db_done(q);
    return e;
}

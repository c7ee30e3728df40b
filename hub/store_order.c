#include "hub/store_order.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <stdlib.h>

/* ---- officers ---- */

enum err hub_store_officers(struct hub_store *s, struct order_register *out)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity) return ERR_NOT_READY;
    order_register_init(out, &s->identity.hub, s->identity.parsed.root_pk);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT name, pk, roles, revoked_pos FROM sys_officer ORDER BY no");
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct bytes name = db_column_bytes(q, 0);
        struct order_person *p = &out->v[out->count];
        if (out->count == ORDER_OFFICERS_MAX || name.len > ORDER_NAME_BYTES_MAX) {
            e = ERR_DAMAGED;
            break;
        }
        *p = (struct order_person){.roles = (unsigned)db_column_int(q, 2),
                                   .revoked = db_column_kind(q, 3) != DB_NULL};
        memcpy(p->name, name.p, name.len);
        e = db_column_copy(q, 1, p->pk, sizeof p->pk);
        if (e == ERR_OK) out->count++;
    }
    db_done(q);
    return e;
}

enum err hub_store_officer_list(struct hub_store *s,
                                enum err (*row)(void *ctx, const struct hub_officer_row *o),
                                void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT name, pk, roles, pos, revoked_pos, revoked_why FROM "
                                       "sys_officer ORDER BY no");
    while (e == ERR_OK && more) {
        char name[ORDER_NAME_BYTES_MAX + 1] = "", why[ORDER_REASON_BYTES_MAX + 1] = "";
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct bytes n = db_column_bytes(q, 0), w = db_column_bytes(q, 5);
        if (n.len >= sizeof name || w.len >= sizeof why) {
            e = ERR_DAMAGED;
            break;
        }
        memcpy(name, n.p, n.len);
        if (w.len > 0) memcpy(why, w.p, w.len);
        struct hub_officer_row o = {.name = name,
                                    .roles = (unsigned)db_column_int(q, 2),
                                    .position = (uint64_t)db_column_int(q, 3),
                                    .revoked_position = (uint64_t)db_column_int(q, 4),
                                    .revoked_why = why};
        e = db_column_copy(q, 1, o.pk, sizeof o.pk);
        if (e == ERR_OK) e = row(ctx, &o);
    }
    db_done(q);
    return e;
}

static enum err hub_officer_take(struct hub_store *s, struct bytes payload, uint64_t at)
{
    struct order_officer o;
    struct order_register *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    enum err e = order_officer_decode(payload, &o);
    if (e == ERR_OK) e = hub_store_officers(s, r);
    if (e == ERR_OK) e = order_register_add(r, &o);
    free(r);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_officer(pk, name, roles, pos) VALUES (?1, ?2, ?3, ?4) ON "
                       "CONFLICT(pk) DO UPDATE SET roles = roles | excluded.roles");
    db_bind_blob(q, 1, BYTES_OF(o.pk));
    db_bind_text(q, 2, o.name);
    db_bind_int(q, 3, o.roles);
    db_bind_int(q, 4, (int64_t)at);
    return db_run(q);
}

static enum err hub_officer_revoke(struct hub_store *s, struct bytes payload, uint64_t at)
{
    struct order_revoke v;
    enum err e = order_revoke_decode(payload, &v);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_officer SET revoked_pos = ?2, revoked_why = ?3 "
                                       "WHERE pk = ?1 AND revoked_pos IS NULL");
    db_bind_blob(q, 1, BYTES_OF(v.pk));
    db_bind_int(q, 2, (int64_t)at);
    db_bind_text(q, 3, v.reason);
    e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

/* ---- orders ---- */

static enum err hub_order_read(const struct db_stmt *q, struct hub_order_row *o)
{
    *o = (struct hub_order_row){.order = db_column_bytes(q, 1),
                                .signatures = db_column_kind(q, 4) != DB_NULL ? 2 : 1,
                                .proposed_ms = db_column_int(q, 6),
                                .approved_ms = db_column_int(q, 7),
                                .position = (uint64_t)db_column_int(q, 8)};
    enum err e = db_column_copy(q, 0, o->id.b, sizeof o->id.b);
    if (e == ERR_OK) e = db_column_copy(q, 2, o->by[0].pk, sizeof o->by[0].pk);
    if (e == ERR_OK) e = db_column_copy(q, 3, o->by[0].signature, sizeof o->by[0].signature);
    if (e != ERR_OK || o->signatures == 1) return e;
    e = db_column_copy(q, 4, o->by[1].pk, sizeof o->by[1].pk);
    return e == ERR_OK ? db_column_copy(q, 5, o->by[1].signature, sizeof o->by[1].signature) : e;
}

#define HUB_ORDER_COLUMNS                                                                          \
    "id, bytes, pk_a, sig_a, pk_b, sig_b, ifnull(proposed_ms, 0), ifnull(approved_ms, 0), "        \
    "ifnull(pos, 0)"

enum err hub_store_order(struct hub_store *s, const struct id_hash *id, struct hub_order_row *out,
                         struct buf *memory)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT " HUB_ORDER_COLUMNS " FROM sys_order WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = hub_order_read(q, out);
    if (e == ERR_OK) {
        size_t at = memory->len;
        buf_add_bytes(memory, out->order);
        e = memory->e;
        out->order = bytes_make(e == ERR_OK ? memory->p + at : NULL, out->order.len);
    }
    db_done(q);
    return e;
}

enum err hub_store_orders(struct hub_store *s, const char *kind, bool open,
                          enum err (*row)(void *ctx, const struct hub_order_row *o), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " HUB_ORDER_COLUMNS " FROM sys_order WHERE (?1 = '' OR kind = ?1) "
                       "AND (?2 = 0 OR pos IS NULL) ORDER BY no DESC");
    db_bind_str(q, 1, kind);
    db_bind_int(q, 2, open);
    while (e == ERR_OK && more) {
        struct hub_order_row o;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_order_read(q, &o);
        if (e == ERR_OK && more) e = row(ctx, &o);
    }
    db_done(q);
    return e;
}

enum err hub_store_order_propose(struct hub_store *s, struct bytes bytes,
                                 const struct order_signature *by, int64_t now_ms)
{
    struct order o;
    struct id_hash id;
    assert(db_in_transaction(s->db));
    enum err e = order_decode(bytes, &o);
    if (e != ERR_OK) return e;
    order_id(bytes, &id);
    struct db_stmt *q = db_stmt(s->db, "SELECT count(*) FROM sys_order WHERE pos IS NULL");
    e = db_get(q);
    bool full = e == ERR_OK && db_column_int(q, 0) >= HUB_ORDERS_OPEN_MAX;
    db_done(q);
    if (e != ERR_OK || full) return e != ERR_OK ? e : ERR_TOO_LARGE;
    q = db_stmt(s->db, "INSERT INTO sys_order(id, kind, bytes, pk_a, sig_a, proposed_ms) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_blob(q, 1, BYTES_OF(id.b));
    db_bind_text(q, 2, o.kind);
    db_bind_blob(q, 3, bytes);
    db_bind_blob(q, 4, BYTES_OF(by->pk));
    db_bind_blob(q, 5, BYTES_OF(by->signature));
    db_bind_int(q, 6, now_ms);
    return db_run(q);
}

enum err hub_store_order_withdraw(struct hub_store *s, const struct id_hash *id)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_order WHERE id = ?1 AND pos IS NULL");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

/* The order's row says that it is approved, whether it was proposed here or not. */
static enum err hub_order_write(struct hub_store *s, const struct order_op *op,
                                const struct order *o, uint64_t at, int64_t received_ms)
{
    struct id_hash id;
    order_id(op->order, &id);
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_order(id, kind, bytes, pk_a, sig_a, pk_b, sig_b, approved_ms, pos) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(id) DO UPDATE SET "
               "pk_a = ?4, sig_a = ?5, pk_b = ?6, sig_b = ?7, approved_ms = ?8, pos = ?9 "
               "WHERE pos IS NULL");
    db_bind_blob(q, 1, BYTES_OF(id.b));
    db_bind_text(q, 2, o->kind);
    db_bind_blob(q, 3, op->order);
    db_bind_blob(q, 4, BYTES_OF(op->by[0].pk));
    db_bind_blob(q, 5, BYTES_OF(op->by[0].signature));
    db_bind_blob(q, 6, BYTES_OF(op->by[1].pk));
    db_bind_blob(q, 7, BYTES_OF(op->by[1].signature));
    db_bind_int(q, 8, received_ms);
    db_bind_int(q, 9, (int64_t)at);
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_EXISTS : e; /* each order once */
}

static enum err hub_order_take(struct hub_store *s, struct bytes payload, uint64_t at,
                               int64_t received_ms, bool *listed)
{
    struct order_op op;
    struct order o;
    struct order_register *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    enum err e = order_op_decode(payload, &op);
    if (e == ERR_OK) e = order_decode(op.order, &o);
    if (e == ERR_OK) e = hub_store_officers(s, r);
    if (e == ERR_OK) e = order_register_check(r, &op);
    free(r);
    if (e == ERR_OK) e = hub_order_write(s, &op, &o, at, received_ms);
    if (e != ERR_OK || order_role_of(o.kind) != ORDER_ROLE_ERASE) return e;
    *listed = true;
    return hub_erase_apply(s, o.content, at);
}

enum err hub_order_admin(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                         int64_t received_ms)
{
    bool listed = kind != CHANGE_ORDER; /* who may sign is part of the list of erasures */
    struct id_hash set = s->view->hash;
    enum err e;
    if (kind == CHANGE_OFFICER) {
        e = hub_officer_take(s, payload, at);
    } else if (kind == CHANGE_OFFICER_REVOKE) {
        e = hub_officer_revoke(s, payload, at);
    } else {
        e = hub_order_take(s, payload, at, received_ms, &listed);
    }
    return e == ERR_OK && listed ? hub_erasure_add(s, &set, at) : e;
}

/* Is it an order to erase? */
static bool hub_order_erases(struct bytes payload)
{
    struct order_op op;
    struct order o;
    return order_op_decode(payload, &op) == ERR_OK && order_decode(op.order, &o) == ERR_OK &&
           order_role_of(o.kind) == ORDER_ROLE_ERASE;
}

/* What a set that came back says was done since by one that was made anew, or nothing vouches for its officer any
 * more: it changes nothing, and is of the list all the same, for who gave it back has it there. */
static bool hub_order_idle(struct bytes payload, int kind, enum err e)
{
    if (kind == CHANGE_ORDER) return e == ERR_EXISTS && hub_order_erases(payload);
    if (kind == CHANGE_OFFICER_REVOKE) return e == ERR_NOT_FOUND;
    return e == ERR_EXISTS || e == ERR_DENIED || e == ERR_TOO_LARGE;
}

enum err hub_order_given(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                         int64_t received_ms)
{
    struct id_hash set = s->view->hash;
    enum err e = hub_order_admin(s, payload, kind, at, received_ms);
    if (!hub_order_idle(payload, kind, e)) return e;
    bool refused = e == ERR_DENIED || e == ERR_TOO_LARGE; /* people see that: held */
    enum err listed = hub_erasure_add(s, &set, at);
    return listed == ERR_OK && refused ? e : listed;
}

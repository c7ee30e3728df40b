#include "node/store_rekey.h"
#include "node/store_priv.h"
#include "node/store_repair.h"

#include <stdlib.h>

enum err node_store_rekey(struct node_store *s, struct node_rekey *out)
{
    struct node_rekey r = {.turn = false};
    struct db_stmt *q = db_stmt(s->db, "SELECT inc, seq, sign_pk, transport_pk, sealing_pk, "
                                       "old_sign_pk, turn, at_ms FROM sys_rekey");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        r.seq = node_store_u64(db_column_int(q, 1));
        r.turn = db_column_int(q, 6) != 0;
        r.at_ms = db_column_int(q, 7);
        e = db_column_copy(q, 0, r.inc.b, sizeof r.inc.b);
    }
    if (e == ERR_OK) e = db_column_copy(q, 2, r.sign_pk, sizeof r.sign_pk);
    if (e == ERR_OK) e = db_column_copy(q, 3, r.transport_pk, sizeof r.transport_pk);
    if (e == ERR_OK) e = db_column_copy(q, 4, r.sealing_pk, sizeof r.sealing_pk);
    if (e == ERR_OK) e = db_column_copy(q, 5, r.old_sign_pk, sizeof r.old_sign_pk);
    db_done(q);
    if (e == ERR_OK) *out = r;
    return e;
}

enum err node_store_rekey_turn(struct node_store *s, bool turn)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_rekey SET turn = ?1 WHERE turn <> ?1");
    db_bind_int(q, 1, turn);
    return db_run(q);
}

static enum err node_rekey_identity(struct node_store *s, const uint8_t sign_pk[static 32],
                                    const uint8_t transport_pk[static 32],
                                    const uint8_t sealing_pk[static 32])
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_identity SET sign_pk = ?1, transport_pk = ?2, sealing_pk = ?3");
    db_bind_blob(q, 1, bytes_make(sign_pk, 32));
    db_bind_blob(q, 2, bytes_make(transport_pk, 32));
    db_bind_blob(q, 3, bytes_make(sealing_pk, 32));
    return db_run(q);
}

static enum err node_rekey_forget(struct node_store *s)
{
    return db_run(db_stmt(s->db, "DELETE FROM sys_rekey"));
}

enum err node_rekey_finish(struct node_store *s, const struct node_rekey *r)
{
    enum err e = node_rekey_identity(s, r->sign_pk, r->transport_pk, r->sealing_pk);
    return e == ERR_OK ? node_rekey_forget(s) : e;
}

enum err node_store_rekey_done(struct node_store *s)
{
    struct node_rekey r;
    enum err e = node_store_rekey(s, &r);
    if (e == ERR_OK) e = db_begin(s->db);
    return e == ERR_OK ? db_end(s->db, node_rekey_finish(s, &r)) : e;
}

enum err node_store_rekey_adopt(struct node_store *s, const struct admin_rekey *keys)
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_rekey_identity(s, keys->sign_pk, keys->transport_pk, keys->sealing_pk);
    if (e == ERR_OK) e = node_rekey_forget(s);
    if (e == ERR_OK)
        e = node_store_renew(
            s); /* with it: the old log would go on under a key that is not its own */
    return db_end(s->db, e);
}

/* ---- the own log ---- */

enum err node_store_log_key(struct node_store *s, const struct id_inc *inc,
                            uint8_t sign_pk[static 32])
{
    struct admin_genesis *g = calloc(1, sizeof *g);
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = g != NULL && view != NULL ? ERR_OK : ERR_NOMEM;
    struct db_stmt *q = NULL;
    if (e != ERR_OK) goto out;
    q = db_stmt(s->db, "SELECT head, body FROM sys_log WHERE seq = 0 AND log IN (SELECT no FROM "
                       "sys_inc WHERE inc = ?1 UNION ALL SELECT -no FROM sys_branch WHERE inc = "
                       "?1) LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    e = db_get(q);
    if (e == ERR_OK && (change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), view) != ERR_OK ||
                        change_verify(view) != ERR_OK || view->payload[0].p == NULL ||
                        admin_genesis_decode(view->payload[0], g) != ERR_OK))
        e = ERR_DAMAGED;
    db_done(q);
    if (e == ERR_OK) memcpy(sign_pk, g->sign_pk, 32);
out:
    free(view);
    free(g);
    return e;
}

/* A set was saved: does it change the keys? Its op is alone in it. */
enum err node_rekey_saved(struct node_store *s, const struct node_store_append *a, int64_t now_ms)
{
    struct node_identity id;
    struct admin_rekey r;
    struct bytes payload = s->view->payload[0];
    if (s->view->head.ops != 1 || payload.p == NULL || change_payload_kind(payload) != CHANGE_REKEY)
        return ERR_OK;
    enum err e = admin_rekey_decode(payload, &r);
    if (e == ERR_OK) e = node_store_identity(s, &id);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_rekey(one, inc, seq, sign_pk, transport_pk, "
                       "sealing_pk, old_sign_pk, turn, at_ms) VALUES (1, ?1, ?2, "
                       "?3, ?4, ?5, ?6, 0, ?7)");
    db_bind_blob(q, 1, BYTES_OF(a->inc.b));
    db_bind_int(q, 2, node_store_i64(a->seq));
    db_bind_blob(q, 3, BYTES_OF(r.sign_pk));
    db_bind_blob(q, 4, BYTES_OF(r.transport_pk));
    db_bind_blob(q, 5, BYTES_OF(r.sealing_pk));
    db_bind_blob(q, 6, BYTES_OF(id.sign_pk));
    db_bind_int(q, 7, now_ms);
    e = db_run(q);
    if (e == ERR_OK) e = node_rekey_identity(s, r.sign_pk, id.transport_pk, id.sealing_pk);
    /* Should the genesis of the next log not be of the same save, the next one brings it. */
    return e == ERR_OK ? db_run(db_stmt(s->db, "UPDATE sys_state SET renew = 1")) : e;
}

enum err node_rekey_receipt(struct node_store *s, const struct admin_receipt *r)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_rekey SET turn = 1 WHERE inc = ?1 AND seq < ?2 AND turn = 0");
    db_bind_blob(q, 1, BYTES_OF(r->inc.b));
    db_bind_int(q, 2, node_store_i64(r->next_seq));
    return db_run(q);
}

/* ---- the one repair ---- */

/* The hub's copy of an own log brings a change of keys: if it is the one under way, the hub has it. */
enum err node_rekey_pulled(struct node_store *s, const struct node_store_append *a, bool *there)
{
    struct node_rekey r;
    struct admin_rekey named;
    struct bytes payload = s->view->payload[0];
    *there = false;
    if (s->view->head.ops != 1 || payload.p == NULL || change_payload_kind(payload) != CHANGE_REKEY)
        return ERR_OK;
    enum err e = admin_rekey_decode(payload, &named);
    if (e == ERR_OK) e = node_store_rekey(s, &r);
    if (e != ERR_OK) return e == ERR_NOT_FOUND || e == ERR_BAD_FORMAT ? ERR_OK : e;
    if (memcmp(named.sign_pk, r.sign_pk, sizeof r.sign_pk) != 0) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_rekey SET inc = ?1, seq = ?2, turn = 1");
    db_bind_blob(q, 1, BYTES_OF(a->inc.b));
    db_bind_int(q, 2, node_store_i64(a->seq));
    *there = true;
    return db_run(q);
}

/* The set that changed them lost its place: the old keys count, and the change is begun anew. */
enum err node_rekey_undo(struct node_store *s, struct node_identity *id)
{
    struct node_rekey r;
    enum err e = node_store_rekey(s, &r);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    memcpy(id->sign_pk, r.old_sign_pk, sizeof id->sign_pk);
    e = node_rekey_identity(s, id->sign_pk, id->transport_pk, id->sealing_pk);
    return e == ERR_OK ? node_rekey_forget(s) : e;
}

/* ---- the hub's demand ---- */

enum err node_rekey_ask(struct node_store *s, struct bytes payload, uint64_t position)
{
    struct admin_rekey_ask a;
    struct node_identity id;
    enum err e = admin_rekey_ask_decode(payload, &a);
    if (e == ERR_OK) e = node_store_identity(s, &id);
    if (e != ERR_OK || !ID_EQUAL(&a.node, &id.node)) return e == ERR_NOT_READY ? ERR_OK : e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_rekey_ask(one, sign_pk, position, "
                       "why) VALUES (1, ?1, ?2, ?3)");
    db_bind_blob(q, 1, BYTES_OF(a.sign_pk));
    db_bind_int(q, 2, node_store_i64(position));
    db_bind_text(q, 3, a.reason);
    return db_run(q);
}

enum err node_store_rekey_asked(struct node_store *s,
                                char why[static ADMIN_KEY_REASON_BYTES_MAX + 1])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT a.why FROM sys_rekey_ask a JOIN sys_identity i ON "
                                       "i.sign_pk = a.sign_pk");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        struct bytes b = db_column_bytes(q, 0);
        if (b.len > ADMIN_KEY_REASON_BYTES_MAX) e = ERR_DAMAGED;
        if (e == ERR_OK && b.len > 0) memcpy(why, b.p, b.len);
        if (e == ERR_OK) why[b.len] = '\0';
    }
    db_done(q);
    return e;
}

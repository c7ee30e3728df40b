/* After the hub went back: own sets wait again, its own sets are kept for it. SPEC 7.14. */
#include "node/store_alarm.h"
#include "node/store_priv.h"

#include <stdlib.h>

/* ---- the reset ---- */

static enum err node_reset_log(struct node_store *s, const struct node_store_fix *f)
{
    int64_t log = 0;
    enum err e = node_log_number(s, &f->inc, &log);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM "
                                       "sys_op WHERE log = ?1 AND seq >= ?2 AND rid IS NOT NULL");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(f->next_seq));
    e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_op SET verdict = NULL, pending = CASE WHEN rid IS NULL THEN 0 "
                       "ELSE 1 END WHERE log = ?1 AND seq >= ?2 AND NOT " NODE_OP_GONE);
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(f->next_seq));
    e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_inc SET receipted = min(receipted, ?2), "
                       "applied = min(applied, ?2) WHERE no = ?1");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(f->next_seq));
    return db_run(q);
}

enum err node_keep_one(struct node_store *s, const struct db_stmt *from)
{
    struct id_hash hash;
    change_hash(db_column_bytes(from, 1), &hash);
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_kept_set(hash, position, head, "
                                       "body, signature) VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    db_bind_int(q, 2, db_column_int(from, 0));
    db_bind_blob(q, 3, db_column_bytes(from, 1));
    db_bind_blob(q, 4, db_column_bytes(from, 2));
    db_bind_blob(q, 5, db_column_bytes(from, 3));
    return db_run(q);
}

static enum err node_keep_from(struct node_store *s, struct db_stmt *q)
{
    bool row = false;
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_keep_one(s, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_keep_all(struct node_store *s)
{
    enum err e = node_keep_from(s, db_stmt(s->db, "SELECT position, head, body, signature FROM "
                                                  "sys_hub_set ORDER BY position"));
    if (e != ERR_OK) return e;
    return node_keep_from(s, db_stmt(s->db, "SELECT position, head, body, signature FROM "
                                            "sys_staged_set ORDER BY position"));
}

enum err node_keep_overlap(struct node_store *s, uint64_t from)
{
    static const char *const sql[] = {
        "DELETE FROM sys_hub_set WHERE position > ?1 AND position <= (SELECT position FROM "
        "sys_state)",
        "DELETE FROM sys_flow WHERE position > ?1 AND position <= (SELECT position FROM sys_state)",
    };
    struct db_stmt *q = db_stmt(
        s->db, "SELECT h.position, h.head, h.body, h.signature FROM sys_hub_set h WHERE h.position "
               "> ?1 AND h.position <= (SELECT position FROM sys_state) AND NOT EXISTS (SELECT 1 "
               "FROM sys_staged_set n WHERE n.head = h.head) ORDER BY h.position");
    db_bind_int(q, 1, node_store_i64(from));
    enum err e = node_keep_from(s, q);
    for (size_t i = 0; e == ERR_OK && i < sizeof sql / sizeof sql[0]; i++) {
        q = db_stmt(s->db, sql[i]);
        db_bind_int(q, 1, node_store_i64(from));
        e = db_run(q);
    }
    return e;
}

static enum err node_reset_cursor(struct node_store *s)
{
    enum err e = node_keep_all(s);
    if (e == ERR_OK) e = node_stage_clear(s);
    if (e != ERR_OK) return e;
    return db_exec(s->db, "DELETE FROM sys_hub_set; DELETE FROM sys_flow;"
                          "DELETE FROM sys_early_verdict;"
                          "UPDATE sys_kept_set SET ready = 0, tries = 0, sent = 0;"
                          "UPDATE sys_attach SET again_ms = 0, code = 0 WHERE again_ms <> 0;"
                          "UPDATE sys_state SET epoch = 0, position = 0, "
                          "hash = x'0000000000000000', scope = zeroblob(16);");
}

enum err node_keep_orders(struct node_store *s)
{
    return db_exec(s->db, "INSERT OR IGNORE INTO sys_kept_set(hash, position, head, body, "
                          "signature) SELECT hash, position, head, body, signature FROM "
                          "sys_erasure ORDER BY no;"
                          "UPDATE sys_kept_set SET ready = 1, tries = 0, sent = 0 WHERE hash IN "
                          "(SELECT hash FROM sys_erasure);");
}

enum err node_store_reset(struct node_store *s, const struct node_store_fix *fixes, size_t count,
                          bool forget, int64_t now_ms)
{
    bool had = s->typed != NULL;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_catalogue_ready(s);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_reset_log(s, &fixes[i]);
    if (e == ERR_OK && forget) e = node_reset_cursor(s);
    if (e == ERR_OK) e = node_keep_orders(s);
    if (e == ERR_OK) e = node_asked_forget(s);
    if (e == ERR_OK) e = node_store_alarm(s, NODE_ALARM_HUB_BACK, now_ms);
    if (e == ERR_OK) e = node_show_marked(s);
    e = db_end(s->db, e);
    s->view_open = false;
    if (e != ERR_OK && !had) node_catalogue_unready(s);
    return e;
}

/* ---- proof ---- */

/* The newest of its epoch by position: the hub's clock may have been wrong for a while. Epochs have no order of their
 * own here, so among them the clock must do. */
enum err node_store_proof(struct node_store *s, struct admin_receipt *r,
                          uint8_t signature[static 64])
{
    struct admin_receipt p = {.next_seq = 0};
    struct db_stmt *q = db_stmt(
        s->db, "SELECT r.epoch, i.inc, r.next_seq, r.chain, r.first, r.last, r.hash, r.signature "
               "FROM sys_receipt r JOIN sys_inc i ON i.no = r.log "
               "JOIN (SELECT epoch, max(at_ms) AS newest FROM sys_receipt GROUP BY epoch) e "
               "ON e.epoch = r.epoch ORDER BY e.newest DESC, r.last DESC LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        p.epoch = node_store_u64(db_column_int(q, 0));
        p.next_seq = node_store_u64(db_column_int(q, 2));
        p.first_position = node_store_u64(db_column_int(q, 4));
        p.last_position = node_store_u64(db_column_int(q, 5));
        e = db_column_copy(q, 1, p.inc.b, sizeof p.inc.b);
    }
    if (e == ERR_OK) e = db_column_copy(q, 3, p.chain.b, sizeof p.chain.b);
    if (e == ERR_OK) e = db_column_copy(q, 6, p.position_hash.b, sizeof p.position_hash.b);
    if (e == ERR_OK) e = db_column_copy(q, 7, signature, 64);
    db_done(q);
    if (e == ERR_OK) *r = p;
    return e;
}

/* ---- giving back ---- */

enum err node_keep_matched(struct node_store *s, struct bytes head)
{
    struct id_hash hash;
    change_hash(head, &hash);
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_kept_set WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    return db_run(q);
}

/* What was sent and did not come down until this END was tried once; a session that broke off, or a hub that could not
 * store, says nothing about it. */
enum err node_keep_ready(struct node_store *s)
{
    return db_run(db_stmt(s->db, "UPDATE sys_kept_set SET ready = 1, tries = tries + (sent > 0), "
                                 "sent = 0 WHERE ready = 0 OR sent > 0"));
}

/* To be sent now. Where no END is reached, what comes behind these sets must have its turn: they rest until one is. Not
 * so the list of erasures: without it the hub refuses own sets from which an order took something. */
#define NODE_KEPT_DUE                                                                              \
    "ready = 1 AND tries < ?1 AND (sent < ?1 OR hash IN (SELECT hash FROM sys_erasure))"

enum err node_store_keeps(struct node_store *s, bool *keeps)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_kept_set WHERE " NODE_KEPT_DUE " LIMIT 1");
    db_bind_int(q, 1, NODE_STORE_KEPT_TRIES_MAX);
    enum err e = db_get(q);
    db_done(q);
    *keeps = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_kept_row(struct node_store *s, const struct db_stmt *q, struct message_set *m)
{
    struct bytes head = db_column_bytes(q, 1), body = db_column_bytes(q, 2);
    m->position = node_store_u64(db_column_int(q, 0)); /* a number of the row, to go on from */
    m->head.len = head.len;
    m->body.len = body.len;
    buf_add_bytes(&s->set_memory, head);
    buf_add_bytes(&s->set_memory, body);
    enum err e = db_column_copy(q, 3, m->signature, sizeof m->signature);
    return e == ERR_OK ? s->set_memory.e : e;
}

static enum err node_kept_sent(struct node_store *s, uint64_t after, uint64_t last)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_kept_set SET sent = sent + 1 WHERE " NODE_KEPT_DUE
                       " AND no > ?2 AND no <= ?3");
    db_bind_int(q, 1, NODE_STORE_KEPT_TRIES_MAX);
    db_bind_int(q, 2, node_store_i64(after));
    db_bind_int(q, 3, node_store_i64(last));
    return db_run(q);
}

enum err node_store_kept(struct node_store *s, uint64_t *after, size_t max_bytes,
                         const struct message_set **sets, size_t *count)
{
    bool row = false;
    size_t n = 0;
    if (s->kept == NULL) s->kept = calloc(NODE_STORE_KEPT_MAX, sizeof *s->kept);
    if (s->kept == NULL) return ERR_NOMEM;
    buf_clear(&s->set_memory);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT no, head, body, signature FROM sys_kept_set WHERE " NODE_KEPT_DUE
                       " AND no > ?2 ORDER BY no LIMIT ?3");
    db_bind_int(q, 1, NODE_STORE_KEPT_TRIES_MAX);
    db_bind_int(q, 2, node_store_i64(*after));
    db_bind_int(q, 3, NODE_STORE_KEPT_MAX);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        size_t bytes = db_column_bytes(q, 1).len + db_column_bytes(q, 2).len + 96 * (n + 1);
        if (n > 0 && s->set_memory.len + bytes > max_bytes) break;
        e = node_kept_row(s, q, &s->kept[n++]);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK && n > 0) e = node_kept_sent(s, *after, s->kept[n - 1].position);
    if (e != ERR_OK) return e;
    const uint8_t *p = s->set_memory.p;
    for (size_t i = 0; i < n; i++) {
        s->kept[i].head.p = p;
        s->kept[i].body.p = p + s->kept[i].head.len;
        p = s->kept[i].body.p + s->kept[i].body.len;
    }
    if (n > 0) *after = s->kept[n - 1].position;
    *sets = s->kept;
    *count = n;
    return ERR_OK;
}

enum err node_store_renew(struct node_store *s)
{
    return db_run(db_stmt(s->db, "UPDATE sys_state SET renew = 1"));
}

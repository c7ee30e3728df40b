/* Delivered own sets that rotted here: found, kept as they come back, written when the chain names them. SPEC 15.7. */
#include "common/log.h"
#include "node/store_erase_priv.h"
#include "node/store_heal_priv.h"
#include "node/store_rekey.h"

#include <sodium.h>
#include <stdlib.h>

struct node_rot { /* one log */
    struct node_store *s;
    struct id_inc inc;
    int64_t no;
    uint64_t next_seq, receipted;
    struct id_hash head;
    bool has_key;
    uint8_t key[32];
    bool known;              /* `expected` is the hash of the row at hand */
    struct id_hash expected; /* as the row above it names it, the last one's as sys_inc does */
    /* what is put in their place */
    struct change_view *view;
    struct node_erasing *erasing;
    node_store_sign_fn *sign;
    const void *ctx;
    uint64_t kept, put; /* of the sets at hand */
    bool genesis;       /* it is back */
    bool other;         /* the hub's set is another than the one that the chain names */
};

/* Columns no, inc, next_seq, head, receipted of sys_inc. */
static enum err node_rot_log(struct node_rot *r, const struct db_stmt *q)
{
    r->no = db_column_int(q, 0);
    r->next_seq = node_store_u64(db_column_int(q, 2));
    r->receipted = node_store_u64(db_column_int(q, 4));
    enum err e = db_column_copy(q, 1, r->inc.b, sizeof r->inc.b);
    return e == ERR_OK ? db_column_copy(q, 3, r->head.b, sizeof r->head.b) : e;
}

static enum err node_rot_key(struct node_rot *r)
{
    enum err e = node_store_log_key(r->s, &r->inc, r->key);
    r->has_key = e == ERR_OK;
    return e == ERR_DAMAGED || e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool node_rot_signed(const struct node_rot *r, const struct change_head *h,
                            const struct id_hash *hash, struct bytes signature)
{
    if (signature.len != CHANGE_SIGNATURE_BYTES) return false;
    if (!r->has_key || sodium_is_zero(signature.p, CHANGE_SIGNATURE_BYTES)) return true;
    return change_check_signature(r->key, h, hash, signature.p) == ERR_OK;
}

/* ---- looking ---- */

/* A statement on the row (log, seq) of what rotted. */
static enum err node_rot_row(struct node_rot *r, const char *sql, uint64_t seq)
{
    struct db_stmt *q = db_stmt(r->s->db, sql);
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, node_store_i64(seq));
    return db_run(q);
}

/* Is the row what it was: is it the one that the row above it names, or does its own signature tell? Where neither can
 * be asked it counts as damaged, and so may those below it: the hub's are compared with the chain before they stay. */
static bool node_rot_good(struct node_rot *r, const struct db_stmt *q, uint64_t seq)
{
    struct node_store *s = r->s;
    struct bytes head = db_column_bytes(q, 1), signature = db_column_bytes(q, 3);
    struct id_hash hash;
    bool named = r->known;
    change_hash(head, &hash);
    s->view_open = r->known = false;
    if (named && !ID_EQUAL(&hash, &r->expected)) return false;
    if (change_open(head, db_column_bytes(q, 2), s->view) != ERR_OK) return false;
    const struct change_head *h = &s->view->head;
    if (h->seq != seq || !ID_EQUAL(&h->inc, &r->inc)) return false;
    bool good = node_rot_signed(r, h, &hash, signature);
    r->known =
        named || (good && r->has_key && !sodium_is_zero(signature.p, CHANGE_SIGNATURE_BYTES));
    r->expected = h->prev;
    return r->known && good && change_verify(s->view) == ERR_OK;
}

/* What came for a row that is damaged still is kept. */
static enum err node_rot_look_row(struct node_rot *r, const struct db_stmt *q)
{
    uint64_t seq = node_store_u64(db_column_int(q, 0));
    bool good = node_rot_good(r, q, seq);
    if (seq >= r->receipted) return ERR_OK; /* the hub has it not */
    return node_rot_row(r,
                        good ? "DELETE FROM sys_staged_rot WHERE log = ?1 AND seq = ?2"
                             : "INSERT OR IGNORE INTO sys_staged_rot(log, seq) VALUES (?1, ?2)",
                        seq);
}

/* From its end to its beginning. */
static enum err node_rot_look_log(struct node_rot *r)
{
    bool row = false;
    enum err e = node_rot_key(r);
    if (e != ERR_OK) return e;
    r->known = true;
    r->expected = r->head;
    struct db_stmt *q = db_stmt(r->s->db, "SELECT seq, head, body, signature FROM sys_log WHERE "
                                          "log = ?1 ORDER BY seq DESC");
    db_bind_int(q, 1, r->no);
    e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_rot_look_row(r, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    r->s->view_open = false;
    return e;
}

static enum err node_rot_look_logs(struct node_store *s)
{
    struct node_rot r = {.s = s};
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT no, inc, next_seq, head, receipted FROM sys_inc ORDER BY no");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_rot_log(&r, q);
        if (e == ERR_OK) e = node_rot_look_log(&r);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK)
        e = db_exec(s->db, "DELETE FROM sys_staged_rot WHERE log NOT IN (SELECT no FROM sys_inc);");
    return e == ERR_OK
               ? node_heal_tries(s, NODE_HEAL_LOG, "UPDATE sys_heal SET looked = 1 WHERE kind = ?1")
               : e;
}

static enum err node_rot_look(struct node_store *s)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_heal WHERE kind = ?1 AND looked = 0");
    db_bind_int(q, 1, NODE_HEAL_LOG);
    enum err e = db_get(q);
    db_done(q);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = db_begin(s->db);
    return e == ERR_OK ? db_end(s->db, node_rot_look_logs(s)) : e;
}

/* *any: something rotted, whatever came of it. */
static enum err node_rot_wanted(struct node_store *s, const struct message_hello_node *h,
                                struct node_store_rot *rot, bool *any)
{
    bool row = false;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT i.inc, min(CASE WHEN r.head IS NULL THEN r.seq END), max(r.seq) FROM "
               "sys_staged_rot r JOIN sys_inc i ON i.no = r.log GROUP BY i.no");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct id_inc inc;
        bool all = db_column_kind(q, 1) == DB_NULL; /* came, but for what only the last row tells */
        struct node_store_rot r = {.any = true, .last = node_store_u64(db_column_int(q, 2))};
        r.first = all ? r.last : node_store_u64(db_column_int(q, 1));
        *any = true;
        e = db_column_copy(q, 0, inc.b, sizeof inc.b);
        for (size_t i = 0; e == ERR_OK && i < h->log_count; i++) {
            if (ID_EQUAL(&h->logs[i].inc, &inc)) rot[i] = r;
        }
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_store_heal_rot(struct node_store *s, const struct message_hello_node *h,
                             struct node_store_rot rot[static HELLO_LOGS_MAX])
{
    bool wanted = false, any = false;
    enum err e = node_heal_wanted(s, NODE_HEAL_LOG, &wanted);
    if (e != ERR_OK || !wanted) return e;
    e = node_rot_look(s);
    if (e == ERR_OK) e = node_rot_wanted(s, h, rot, &any);
    return e == ERR_OK && !any ? node_heal_done(s, NODE_HEAL_LOG, "log") : e;
}

enum err node_store_heal_tried(struct node_store *s)
{
    return node_heal_tries(s, NODE_HEAL_LOG,
                           "UPDATE sys_heal SET tries = tries + 1 WHERE kind = ?1");
}

/* ---- what came ---- */

static enum err node_rot_keep(struct node_rot *r, const struct message_set *m, uint64_t seq)
{
    bool changed = false;
    struct db_stmt *q =
        db_stmt(r->s->db, "SELECT 1 FROM sys_staged_rot WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, node_store_i64(seq));
    enum err e = db_get(q);
    db_done(q);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e; /* ours is good */
    e = node_erase_body(r->s, &r->s->erased, m->head, m->body, r->erasing, &changed);
    if (e != ERR_OK) return e;
    q = db_stmt(r->s->db, "UPDATE sys_staged_rot SET head = ?3, body = ?4, signature = ?5 WHERE "
                          "log = ?1 AND seq = ?2");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, node_store_i64(seq));
    db_bind_blob(q, 3, m->head);
    db_bind_blob(q, 4, changed ? buf_bytes(&r->erasing->body) : m->body);
    db_bind_blob(q, 5, BYTES_OF(m->signature));
    r->kept++;
    return db_run(q);
}

/* ---- putting it back ---- */

/* The key of the log, out of its genesis: the one that came where ours is damaged. */
static enum err node_rot_put_key(struct node_rot *r)
{
    struct admin_genesis *g = NULL;
    enum err e = node_rot_key(r);
    if (e != ERR_OK || r->has_key) return e;
    g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    struct db_stmt *q = db_stmt(r->s->db, "SELECT head, body FROM sys_staged_rot WHERE log = ?1 "
                                          "AND seq = 0 AND head IS NOT NULL");
    db_bind_int(q, 1, r->no);
    e = db_get(q);
    if (e == ERR_OK &&
        change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), r->view) == ERR_OK &&
        r->view->payload[0].p != NULL && admin_genesis_decode(r->view->payload[0], g) == ERR_OK) {
        memcpy(r->key, g->sign_pk, sizeof r->key);
        r->has_key = true;
    }
    db_done(q);
    free(g);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The hash of the set `seq`, as what stands above it names it. An unsent set that is damaged or gone names nothing, and
 * the hub has it not: then nothing is put in place, and the repair of 7.13 has its turn. */
static enum err node_rot_expected(struct node_rot *r, uint64_t seq)
{
    struct change_head h;
    r->expected = r->head;
    if (seq + 1 == r->next_seq) return ERR_OK;
    struct db_stmt *q = db_stmt(r->s->db, "SELECT head FROM sys_log WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, node_store_i64(seq + 1));
    enum err e = db_get(q);
    if (e == ERR_OK) e = change_head_read(db_column_bytes(q, 0), &h);
    if (e == ERR_OK) r->expected = h.prev;
    db_done(q);
    if (e != ERR_NOT_FOUND && e != ERR_BAD_FORMAT && e != ERR_TOO_LARGE) return e;
    r->other = true;
    return ERR_OK;
}

/* The signature that stands there, if it is good or cannot be told; else ours once more; else the one that came. */
static enum err node_rot_sign(struct node_rot *r, uint64_t seq, struct bytes came,
                              uint8_t out[static CHANGE_SIGNATURE_BYTES])
{
    const struct change_head *h = &r->view->head;
    struct db_stmt *q =
        db_stmt(r->s->db, "SELECT signature FROM sys_log WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, node_store_i64(seq));
    enum err e = db_get(q);
    bool good = e == ERR_OK && node_rot_signed(r, h, &r->expected, db_column_bytes(q, 0));
    if (good) memcpy(out, db_column_bytes(q, 0).p, CHANGE_SIGNATURE_BYTES);
    db_done(q);
    if (e != ERR_OK || good) return e;
    if (r->has_key && r->sign(r->ctx, r->key, h, &r->expected, out)) return ERR_OK;
    memcpy(out, came.p, CHANGE_SIGNATURE_BYTES);
    return ERR_OK;
}

/* Columns head, body, signature of what came: is it the set that the chain names? Then it is written as it was. */
static enum err node_rot_put(struct node_rot *r, uint64_t seq, const struct db_stmt *from,
                             bool *put)
{
    struct bytes head = db_column_bytes(from, 0), body = db_column_bytes(from, 1);
    uint8_t signature[CHANGE_SIGNATURE_BYTES];
    struct id_hash hash;
    bool changed = false;
    change_hash(head, &hash);
    *put = ID_EQUAL(&hash, &r->expected) && change_open(head, body, r->view) == ERR_OK &&
           change_verify(r->view) == ERR_OK && r->view->head.seq == seq &&
           db_column_bytes(from, 2).len == CHANGE_SIGNATURE_BYTES;
    if (!*put) return ERR_OK;
    /* An order may have come since. */
    enum err e = node_erase_body(r->s, &r->s->erased, head, body, r->erasing, &changed);
    if (e == ERR_OK) e = node_rot_sign(r, seq, db_column_bytes(from, 2), signature);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(r->s->db, "UPDATE sys_log SET head = ?3, body = ?4, signature = ?5 "
                                          "WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, node_store_i64(seq));
    db_bind_blob(q, 3, head);
    db_bind_blob(q, 4, changed ? buf_bytes(&r->erasing->body) : body);
    db_bind_blob(q, 5, BYTES_OF(signature));
    r->put++;
    r->genesis = r->genesis || seq == 0;
    LOG_EVENT(LOG_LEVEL_DEBUG, log_evt("heal.set"), log_uint("seq", seq));
    return db_run(q);
}

/* From the end of a run down, as far as it came. */
static enum err node_rot_put_run(struct node_rot *r, uint64_t seq)
{
    bool more = true;
    enum err e = node_rot_expected(r, seq);
    while (e == ERR_OK && more && !r->other) {
        bool put = false;
        struct db_stmt *q = db_stmt(r->s->db, "SELECT head, body, signature FROM sys_staged_rot "
                                              "WHERE log = ?1 AND seq = ?2 AND head IS NOT NULL");
        db_bind_int(q, 1, r->no);
        db_bind_int(q, 2, node_store_i64(seq));
        e = db_get(q);
        if (e == ERR_OK) e = node_rot_put(r, seq, q, &put);
        db_done(q);
        if (e == ERR_NOT_FOUND) return ERR_OK;
        if (e == ERR_OK && !put) r->other = true;
        if (e != ERR_OK || !put) return e;
        r->expected = r->view->head.prev;
        e = node_rot_row(r, "DELETE FROM sys_staged_rot WHERE log = ?1 AND seq = ?2", seq);
        more = seq-- > 0;
    }
    return e;
}

/* Runs whose last set is among those that came: nothing that rotted stands above it. */
static enum err node_rot_put_all(struct node_rot *r, uint64_t first)
{
    enum err e = node_rot_put_key(r);
    while (e == ERR_OK && !r->other) {
        struct db_stmt *q = db_stmt(
            r->s->db, "SELECT max(seq) FROM sys_staged_rot t WHERE log = ?1 AND seq >= ?2 AND head "
                      "IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sys_staged_rot u WHERE u.log = ?1 "
                      "AND u.seq = t.seq + 1)");
        db_bind_int(q, 1, r->no);
        db_bind_int(q, 2, node_store_i64(first));
        e = db_get(q);
        bool none = e == ERR_OK && db_column_kind(q, 0) == DB_NULL;
        uint64_t seq = e == ERR_OK && !none ? node_store_u64(db_column_int(q, 0)) : 0;
        db_done(q);
        if (e != ERR_OK || none) return e;
        e = node_rot_put_run(r, seq);
    }
    return e;
}

/* Progress gives the tries back. A genesis that is back tells the key: then signatures can be looked at, too. Of a hub
 * that has other sets than our chain names nothing is hoped for until damage is found anew. */
static enum err node_rot_note(struct node_rot *r)
{
    enum err e = ERR_OK;
    if (r->other) {
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.other"));
        e = node_heal_tries(r->s, NODE_HEAL_LOG, "UPDATE sys_heal SET tries = 99 WHERE kind = ?1");
        if (e == ERR_OK)
            e = node_rot_row(r,
                             "UPDATE sys_staged_rot SET head = NULL, body = NULL, signature = NULL "
                             "WHERE log = ?1 AND seq >= ?2",
                             0);
        return e;
    }
    if (r->kept + r->put == 0) return ERR_OK;
    e = node_heal_tries(r->s, NODE_HEAL_LOG,
                        r->genesis ? "UPDATE sys_heal SET tries = 0, looked = 0 WHERE kind = ?1"
                                   : "UPDATE sys_heal SET tries = 0 WHERE kind = ?1");
    if (r->put > 0) LOG_EVENT(LOG_LEVEL_INFO, log_evt("heal.sets"), log_uint("count", r->put));
    return e;
}

/* The rows are again what they were: so is the seal of the table, which is left as it is. */
static enum err node_rot_write(struct node_rot *r, const struct message_set *sets, size_t count,
                               uint64_t first)
{
    struct db_seal seal;
    struct db_stmt *q = db_stmt(r->s->db, "SELECT no, inc, next_seq, head, receipted FROM sys_inc "
                                          "WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(r->inc.b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_rot_log(r, q);
    db_done(q);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_rot_keep(r, &sets[i], first + i);
    if (e != ERR_OK || r->kept == 0) return e;
    e = db_seal_keep(r->s->db, "sys_log", &seal);
    if (e == ERR_OK) e = node_rot_put_all(r, first);
    if (e == ERR_OK && r->put > 0) e = db_seal_back(r->s->db, "sys_log", &seal);
    r->s->view_open = false;
    return e == ERR_OK ? node_rot_note(r) : e;
}

enum err node_store_heal_sets(struct node_store *s, const struct id_inc *inc,
                              const struct message_set *sets, size_t count,
                              node_store_sign_fn *sign, const void *ctx)
{
    struct change_head h;
    struct node_rot r = {.s = s, .inc = *inc, .sign = sign, .ctx = ctx};
    if (count == 0 || change_head_read(sets[0].head, &h) != ERR_OK) return ERR_BAD_FORMAT;
    r.view = calloc(1, sizeof *r.view);
    enum err e = r.view != NULL ? node_erasing_new(&r.erasing) : ERR_NOMEM;
    if (e == ERR_OK) e = db_begin(s->db);
    if (e == ERR_OK) e = db_end(s->db, node_rot_write(&r, sets, count, h.seq));
    node_erasing_free(r.erasing);
    free(r.view);
    return e;
}

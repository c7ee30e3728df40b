/* The one repair: own sets that come back, and those in their way. SPEC 7.13. */
#include "node/store_alarm.h"
#include "node/store_erase_priv.h"
#include "node/store_repair_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* ---- staged own sets ---- */

enum err node_store_stage_own(struct node_store *s, const struct id_inc *inc,
                              const struct message_set *v, size_t count)
{
    bool changed = false;
    struct node_erasing *w = NULL;
    enum err e = node_erasing_new(&w);
    if (e == ERR_OK) e = db_begin(s->db);
    if (e != ERR_OK) goto out;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct change_head h;
        struct id_hash hash;
        e = change_head_read(v[i].head, &h);
        if (e == ERR_OK) e = node_erase_body(s, &s->erased, v[i].head, v[i].body, w, &changed);
        if (e != ERR_OK) break;
        change_hash(v[i].head, &hash);
        struct db_stmt *q = db_stmt(s->db, "INSERT OR REPLACE INTO sys_staged_own(inc, seq, hash, "
                                           "head, body, signature) VALUES (?1, ?2, ?3, ?4, ?5, "
                                           "?6)");
        db_bind_blob(q, 1, BYTES_OF(inc->b));
        db_bind_int(q, 2, node_store_i64(h.seq));
        db_bind_blob(q, 3, BYTES_OF(hash.b));
        db_bind_blob(q, 4, v[i].head);
        db_bind_blob(q, 5, changed ? buf_bytes(&w->body) : v[i].body);
        db_bind_blob(q, 6, BYTES_OF(v[i].signature));
        e = db_run(q);
    }
    e = db_end(s->db, e);
out:
    node_erasing_free(w);
    return e;
}

enum err node_store_staged_own(struct node_store *s, const struct id_inc *inc, uint64_t *next_seq)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT max(seq) FROM sys_staged_own WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    enum err e = db_get(q);
    if (e == ERR_OK)
        *next_seq = db_column_kind(q, 0) == DB_NULL ? 0 : node_store_u64(db_column_int(q, 0)) + 1;
    db_done(q);
    return e;
}

enum err node_store_own_drop(struct node_store *s)
{
    return db_exec(s->db, "DELETE FROM sys_staged_own");
}

enum err node_store_log_head(struct node_store *s, const struct id_inc *inc, uint64_t *next_seq,
                             struct id_hash *head)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT next_seq, head FROM sys_inc WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        *next_seq = node_store_u64(db_column_int(q, 0));
        e = db_column_copy(q, 1, head->b, sizeof head->b);
    }
    db_done(q);
    return e;
}

/* ---- the repair ---- */

static enum err node_mend_read(struct node_mend *m, size_t i)
{
    struct node_mend_log *l = &m->logs[i];
    struct db_stmt *q = db_stmt(m->s->db, "SELECT no, next_seq, head FROM sys_inc WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(m->fixes[i].inc.b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        l->no = db_column_int(q, 0);
        l->next_seq = node_store_u64(db_column_int(q, 1));
        e = db_column_copy(q, 2, l->head.b, sizeof l->head.b);
    }
    db_done(q);
    l->common = l->next_seq;
    l->common_head = l->head;
    return e;
}

enum err node_mend_hash(struct node_mend *m, int64_t log, uint64_t seq, struct id_hash *out)
{
    struct db_stmt *q = db_stmt(m->s->db, "SELECT head FROM sys_log WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(seq));
    enum err e = db_get(q);
    if (e == ERR_OK) change_hash(db_column_bytes(q, 0), out);
    db_done(q);
    return e;
}

/* Where the staged sets leave our log: below `common` they are the same. */
static enum err node_mend_common(struct node_mend *m, size_t i)
{
    static const struct id_hash zeros;
    struct node_mend_log *l = &m->logs[i];
    bool row = false, first = true, same = true;
    struct db_stmt *q = db_stmt(m->s->db, "SELECT seq, hash, head FROM sys_staged_own "
                                          "WHERE inc = ?1 ORDER BY seq");
    db_bind_blob(q, 1, BYTES_OF(m->fixes[i].inc.b));
    enum err e = db_step(q, &row);
    if (e == ERR_OK && !row) e = ERR_CHAIN_BROKEN;
    while (e == ERR_OK && row && same) {
        struct id_hash theirs, ours;
        struct change_head h;
        uint64_t seq = node_store_u64(db_column_int(q, 0));
        e = db_column_copy(q, 1, theirs.b, sizeof theirs.b);
        if (e == ERR_OK && first) {
            l->common = seq;
            l->common_head = zeros;
            if (seq > 0) e = node_mend_hash(m, l->no, seq - 1, &l->common_head);
            if (e == ERR_OK) e = change_head_read(db_column_bytes(q, 2), &h);
            if (e == ERR_NOT_FOUND || (e == ERR_OK && !ID_EQUAL(&h.prev, &l->common_head)))
                e = ERR_CHAIN_BROKEN;
            first = false;
        }
        if (e != ERR_OK) break;
        e = node_mend_hash(m, l->no, seq, &ours);
        same = e == ERR_OK && ID_EQUAL(&ours, &theirs);
        if (same) l->common = seq + 1;
        if (same) l->common_head = theirs;
        if (e == ERR_NOT_FOUND) e = ERR_OK;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* What is shown of the records of these ops changes. */
static enum err node_mend_mark(struct node_mend *m, int64_t log, uint64_t from)
{
    struct db_stmt *q =
        db_stmt(m->s->db, "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM "
                          "sys_op WHERE log = ?1 AND seq >= ?2 AND rid IS NOT NULL");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(from));
    return db_run(q);
}

/* A move of rows from one log number to another; `sql` has ?1 from, ?2 first seq, ?3 to. */
static enum err node_mend_rows(struct node_mend *m, const char *sql, int64_t log, uint64_t from,
                               int64_t to)
{
    struct db_stmt *q = db_stmt(m->s->db, sql);
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(from));
    db_bind_int(q, 3, to);
    return db_run(q);
}

/* Own sets from `from` on leave the log: kept under a number of their own. */
static enum err node_mend_move(struct node_mend *m, size_t i, uint64_t from)
{
    struct node_mend_log *l = &m->logs[i];
    l->last = l->next_seq - 1;
    l->last_hash = l->head;
    struct db_stmt *q = db_stmt(m->s->db, "INSERT INTO sys_branch(inc, first, last, hash, at_ms) "
                                          "VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_blob(q, 1, BYTES_OF(m->fixes[i].inc.b));
    db_bind_int(q, 2, node_store_i64(from));
    db_bind_int(q, 3, node_store_i64(l->last));
    db_bind_blob(q, 4, BYTES_OF(l->last_hash.b));
    db_bind_int(q, 5, m->now_ms);
    enum err e = db_run(q);
    if (e == ERR_OK) e = node_mend_mark(m, l->no, from);
    if (e != ERR_OK) return e;
    q = db_stmt(m->s->db, "SELECT max(no) FROM sys_branch");
    e = db_get(q);
    if (e == ERR_OK) l->branch = -db_column_int(q, 0);
    db_done(q);
    if (e == ERR_OK)
        e = node_mend_rows(m, "UPDATE sys_log SET log = ?3 WHERE log = ?1 AND seq >= ?2", l->no,
                           from, l->branch);
    if (e == ERR_OK)
        e = node_mend_rows(m,
                           "UPDATE sys_op SET log = ?3, pending = 0 WHERE log = ?1 AND seq >= ?2",
                           l->no, from, l->branch);
    if (e == ERR_OK)
        e = node_mend_rows(m, "UPDATE sys_receipt SET log = ?3 WHERE log = ?1 AND next_seq > ?2",
                           l->no, from, l->branch);
    if (e == ERR_OK)
        e = node_mend_rows(m, "DELETE FROM sys_root WHERE log = ?1 AND block >= ?2 AND ?3 < 0",
                           l->no, from / CHANGE_BLOCK_SETS, l->branch);
    m->s->view_open = false;
    l->moved = m->moved = l->touched = true;
    struct node_rekey r;
    if (e == ERR_OK) e = node_store_rekey(m->s, &r);
    if (e == ERR_OK && ID_EQUAL(&r.inc, &m->fixes[i].inc) && r.seq >= from) m->rekey_moved = true;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The end of a log after what was moved out and put in. */
static enum err node_mend_end(struct node_mend *m, size_t i, uint64_t next_seq,
                              const struct id_hash *head)
{
    struct node_mend_log *l = &m->logs[i];
    struct db_stmt *q =
        db_stmt(m->s->db, "UPDATE sys_inc SET next_seq = ?2, head = ?3, receipted = "
                          "min(receipted, ?4), applied = min(applied, ?4) WHERE no = ?1");
    db_bind_int(q, 1, l->no);
    db_bind_int(q, 2, node_store_i64(next_seq));
    db_bind_blob(q, 3, BYTES_OF(head->b));
    db_bind_int(q, 4, node_store_i64(l->common));
    enum err e = db_run(q);
    l->next_seq = next_seq;
    l->head = *head;
    if (e != ERR_OK || next_seq > 0) return e;
    q = db_stmt(m->s->db, "DELETE FROM sys_inc WHERE no = ?1"); /* all of it is a branch */
    db_bind_int(q, 1, l->no);
    return db_run(q);
}

/* A pulled set needs a signature. We sign it anew, unless its log is of a key that we changed since: then it
 * keeps the one that it came with, which is zeros where a later set's covers it. */
static enum err node_mend_sign(struct node_mend *m, const struct db_stmt *q,
                               const struct change_head *h, struct node_store_append *a,
                               uint8_t key[static 32])
{
    struct admin_genesis g;
    enum err e = ERR_OK;
    if (h->seq == 0) {
        e = change_open(a->head, a->body, m->view);
        if (e == ERR_OK)
            e = m->view->payload[0].p != NULL ? admin_genesis_decode(m->view->payload[0], &g)
                                              : ERR_BAD_FORMAT;
        if (e == ERR_OK) memcpy(key, g.sign_pk, 32);
    }
    if (e != ERR_OK) return ERR_CHAIN_BROKEN;
    if (m->sign(m->ctx, key, h, &a->hash, a->signature)) return ERR_OK;
    memset(a->signature, 0, sizeof a->signature);
    return db_column_kind(q, 4) == DB_NULL
               ? ERR_OK
               : db_column_copy(q, 4, a->signature, sizeof a->signature);
}

/* Staged sets from l->common on become our log. */
static enum err node_mend_take(struct node_mend *m, size_t i)
{
    uint8_t key[32] = {0};
    struct node_mend_log *l = &m->logs[i];
    uint64_t seq = l->common;
    struct id_hash head = l->common_head;
    bool row = false;
    enum err e = node_mend_rows(m, "DELETE FROM sys_root WHERE log = ?1 AND block >= ?2 AND ?3 = 0",
                                l->no, seq / CHANGE_BLOCK_SETS, 0);
    if (e == ERR_OK && seq > 0) e = node_store_log_key(m->s, &m->fixes[i].inc, key);
    struct db_stmt *q = db_stmt(m->s->db, "SELECT seq, hash, head, body, signature FROM "
                                          "sys_staged_own WHERE inc = ?1 AND seq >= ?2 ORDER BY "
                                          "seq");
    db_bind_blob(q, 1, BYTES_OF(m->fixes[i].inc.b));
    db_bind_int(q, 2, node_store_i64(seq));
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct change_head h;
        struct node_store_append a = {.inc = m->fixes[i].inc,
                                      .seq = seq,
                                      .head = db_column_bytes(q, 2),
                                      .body = db_column_bytes(q, 3)};
        e = db_column_copy(q, 1, a.hash.b, sizeof a.hash.b);
        if (e == ERR_OK) e = change_head_read(a.head, &h);
        if (e == ERR_OK && (h.seq != seq || !ID_EQUAL(&h.prev, &head))) e = ERR_CHAIN_BROKEN;
        if (e == ERR_OK) e = node_mend_sign(m, q, &h, &a, key);
        if (e != ERR_OK) break;
        bool there = false;
        e = node_log_put(m->s, &a, l->no, m->now_ms);
        if (e == ERR_OK) e = node_rekey_pulled(m->s, &a, &there);
        if (there) m->rekey_moved = false;
        head = a.hash;
        seq++;
        if (h.hlc > m->hlc) m->hlc = h.hlc;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK && (seq != m->fixes[i].next_seq || !ID_EQUAL(&head, &m->fixes[i].head)))
        e = ERR_CHAIN_BROKEN;
    l->touched = true;
    return e == ERR_OK ? node_mend_end(m, i, seq, &head) : e;
}

static enum err node_mend_log(struct node_mend *m, size_t i)
{
    const struct node_store_fix *f = &m->fixes[i];
    struct node_mend_log *l = &m->logs[i];
    enum err e = node_mend_read(m, i);
    if (e == ERR_OK && f->pull) {
        e = node_mend_common(m, i);
        if (e == ERR_OK && l->common < l->next_seq) e = node_mend_move(m, i, l->common);
        return e == ERR_OK ? node_mend_take(m, i) : e;
    }
    /* What is newer than a branch may name its versions: it goes with it. */
    bool tail = (f->tail || m->moved) && l->next_seq > f->next_seq;
    if (e != ERR_OK || !tail) return e;
    l->common = f->next_seq;
    l->common_head = f->head;
    e = node_mend_move(m, i, f->next_seq);
    return e == ERR_OK ? node_mend_end(m, i, f->next_seq, &f->head) : e;
}

/* A log that began since the hello (the keys changed meanwhile) stands behind what may move now: the repair waits for a
 * hello that names it. */
static enum err node_mend_newest(struct node_mend *m)
{
    struct id_inc inc;
    struct db_stmt *q = db_stmt(m->s->db, "SELECT inc FROM sys_inc ORDER BY no DESC LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, inc.b, sizeof inc.b);
    db_done(q);
    if (e == ERR_OK && m->count > 0 && !ID_EQUAL(&inc, &m->fixes[0].inc)) e = ERR_AGAIN;
    return e;
}

static enum err node_mend_all(struct node_mend *m)
{
    enum err e = node_mend_newest(m);
    if (e == ERR_OK) e = node_store_identity(m->s, &m->identity);
    if (e == ERR_OK) e = node_catalogue_ready(m->s);
    for (size_t i = m->count; e == ERR_OK && i > 0; i--)
        e = node_mend_log(m, i - 1);
    bool renew = m->moved || (m->count > 0 && (m->fixes[0].closed || m->logs[0].touched));
    if (e == ERR_OK && m->rekey_moved) e = node_rekey_undo(m->s, &m->identity);
    if (e == ERR_OK && renew) e = node_mend_anew(m);
    if (e == ERR_OK && m->moved) e = node_store_alarm(m->s, NODE_ALARM_FORK, m->now_ms);
    if (e == ERR_OK)
        e = db_exec(m->s->db, "DELETE FROM sys_staged_own; DELETE FROM sys_staged_rot;"
                              "UPDATE sys_heal SET looked = 0;");
    if (e == ERR_OK) e = node_asked_forget(m->s);
    return e == ERR_OK ? node_show_marked(m->s) : e;
}

/* What was pulled does not fit our log: the next pull is of all of it. */
static enum err node_mend_again(struct node_mend *m)
{
    enum err e = db_begin(m->s->db);
    if (e != ERR_OK) return e;
    e = db_exec(m->s->db, "DELETE FROM sys_staged_own");
    for (size_t i = 0; e == ERR_OK && i < m->count; i++) {
        if (!m->fixes[i].pull) continue;
        struct db_stmt *q = db_stmt(m->s->db, "UPDATE sys_inc SET receipted = 0 WHERE inc = ?1");
        db_bind_blob(q, 1, BYTES_OF(m->fixes[i].inc.b));
        e = db_run(q);
    }
    e = db_end(m->s->db, e);
    return e == ERR_OK ? ERR_CHAIN_BROKEN : e;
}

enum err node_store_repair(struct node_store *s, const struct node_store_fix *fixes, size_t count,
                           node_store_sign_fn *sign, const void *ctx, int64_t now_ms)
{
    struct node_mend *m = calloc(1, sizeof *m);
    if (m == NULL) return ERR_NOMEM;
    assert(count <= HELLO_LOGS_MAX);
    *m = (struct node_mend){
        .s = s, .fixes = fixes, .count = count, .sign = sign, .ctx = ctx, .now_ms = now_ms};
    buf_init(&m->bases, CHANGE_BYTES_MAX);
    buf_init(&m->payload, CHANGE_BYTES_MAX);
    m->view = calloc(1, sizeof *m->view);
    m->writes = calloc(CHANGE_WRITES_MAX, sizeof *m->writes);
    bool had = s->typed != NULL;
    enum err e = m->view != NULL && m->writes != NULL ? db_begin(s->db) : ERR_NOMEM;
    if (e == ERR_OK) {
        e = db_end(s->db, node_mend_all(m));
        if (e == ERR_OK) node_witness_note(s);
        s->view_open = false;
        if (e != ERR_OK && !had) node_catalogue_unready(s);
        if (e == ERR_CHAIN_BROKEN) e = node_mend_again(m);
    }
    buf_free(&m->bases);
    buf_free(&m->payload);
    free(m->view);
    free(m->writes);
    sodium_memzero(m, sizeof *m);
    free(m);
    return e;
}

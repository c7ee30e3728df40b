/* Taking payloads away, wherever the node has them. SPEC 12.5, 12.7. */
#include "common/zoo.h"
#include "node/store_erase_priv.h"

#include "proto/move.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* ---- sets ---- */

/* An answer names only its transfer. */
static bool node_erase_answer_rid(struct node_store *s, const struct id_record *transfer,
                                  struct id_record *rid)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT rid FROM sys_transfer WHERE id = ?1 UNION ALL "
                                       "SELECT rid FROM sys_answered WHERE id = ?1 LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(transfer->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, rid->b, sizeof rid->b);
    db_done(q);
    return e == ERR_OK;
}

/* Notes of offers and answers are free text. */
static bool node_erase_move_rid(struct node_store *s, struct bytes payload, struct id_record *rid)
{
    struct move_offer offer;
    struct move_answer answer;
    struct move_share share;
    struct move_settle settle;
    int kind = change_payload_kind(payload);
    if (kind == CHANGE_ANSWER && move_answer_decode(payload, &answer) == ERR_OK)
        return node_erase_answer_rid(s, &answer.transfer, rid);
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

static bool node_erase_rid(struct node_store *s, struct bytes payload, struct id_record *rid)
{
    if (node_erase_move_rid(s, payload, rid)) return true;
    static const uint8_t bin16[] = {0xc4, 0x10};
    if (payload.len < 20 || payload.p[0] != 0x94 || payload.p[1] > CHANGE_DELETE ||
        memcmp(payload.p + 2, bin16, sizeof bin16) != 0)
        return false;
    memcpy(rid->b, payload.p + 4, sizeof rid->b);
    return true;
}

static bool node_erase_names(struct node_store *s, const struct erase_list *l,
                             const struct change_view *view, unsigned op)
{
    struct id_record rid;
    if (view->payload[op].p == NULL || !node_erase_rid(s, view->payload[op], &rid)) return false;
    return erase_has_record(l, &rid) ||
           erase_names_payload(l, &view->head, op, view->payload[op], s->writes);
}

static enum err node_erase_stub(struct node_store *s, const struct erase_list *l,
                                struct bytes payload, struct buf *out)
{
    struct id_record rid;
    bool whole = node_erase_rid(s, payload, &rid) && erase_has_record(l, &rid);
    erase_stub_payload(payload, &rid, whole, s->writes, out);
    return out->e;
}

enum err node_erase_body(struct node_store *s, const struct erase_list *l, struct bytes head,
                         struct bytes body, struct node_erasing *w, bool *changed)
{
    size_t at[CHANGE_OPS_MAX + 1];
    *changed = false;
    if (l->record_count + l->op_count == 0) return ERR_OK;
    enum err e = change_open(head, body, &w->view);
    if (e != ERR_OK) return e;
    buf_clear(&w->stubs);
    for (unsigned i = 0; e == ERR_OK && i < w->view.head.ops; i++) {
        at[i] = w->stubs.len;
        if (!node_erase_names(s, l, &w->view, i)) continue;
        e = node_erase_stub(s, l, w->view.payload[i], &w->stubs);
        *changed = true;
    }
    if (e != ERR_OK || !*changed) return e;
    at[w->view.head.ops] = w->stubs.len;
    for (unsigned i = 0; i < w->view.head.ops; i++)
        w->stub[i] = at[i + 1] > at[i] ? bytes_make(w->stubs.p + at[i], at[i + 1] - at[i])
                                       : bytes_make(NULL, 0);
    buf_clear(&w->body);
    change_rewrite(&w->view, w->stub, &w->body);
    return w->body.e;
}

enum err node_erasing_new(struct node_erasing **out)
{
    struct node_erasing *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    buf_init(&w->stubs, CHANGE_BYTES_MAX);
    buf_init(&w->body, CHANGE_BODY_BYTES_MAX);
    *out = w;
    return ERR_OK;
}

void node_erasing_free(struct node_erasing *w)
{
    if (w == NULL) return;
    buf_free(&w->stubs);
    buf_free(&w->body);
    free(w);
}

/* One table of sets: read key, head and body row by row, write the body where it changes. */
struct node_erase_table {
    const char *read;  /* key, head, body of the first row behind key ?1 */
    const char *write; /* body ?2 at key ?1 */
};

static enum err node_erase_row(struct node_store *s, const struct node_erase_table *t,
                               const struct erase_list *l, struct node_erasing *w, int64_t *key,
                               bool *more)
{
    bool changed = false;
    struct db_stmt *q = db_stmt(s->db, t->read);
    db_bind_int(q, 1, *key);
    enum err e = db_step(q, more);
    if (e == ERR_OK && *more) {
        *key = db_column_int(q, 0);
        e = node_erase_body(s, l, db_column_bytes(q, 1), db_column_bytes(q, 2), w, &changed);
        if (e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE) e = ERR_OK; /* damaged: `verify` tells */
    }
    db_done(q);
    if (e != ERR_OK || !changed) return e;
    q = db_stmt(s->db, t->write);
    db_bind_int(q, 1, *key);
    db_bind_blob(q, 2, buf_bytes(&w->body));
    return db_run(q);
}

enum err node_erase_sets(struct node_store *s, const struct erase_list *l, struct node_erasing *w)
{
    static const struct node_erase_table tables[] = {
        {"SELECT position, head, body FROM sys_hub_set WHERE position > ?1 ORDER BY position "
         "LIMIT 1",
         "UPDATE sys_hub_set SET body = ?2 WHERE position = ?1"},
        {"SELECT position, head, body FROM sys_staged_set WHERE position > ?1 ORDER BY position "
         "LIMIT 1",
         "UPDATE sys_staged_set SET body = ?2 WHERE position = ?1"},
        {"SELECT no, head, body FROM sys_kept_set WHERE no > ?1 ORDER BY no LIMIT 1",
         "UPDATE sys_kept_set SET body = ?2 WHERE no = ?1"},
        {"SELECT rowid, head, body FROM sys_staged_own WHERE rowid > ?1 ORDER BY rowid LIMIT 1",
         "UPDATE sys_staged_own SET body = ?2 WHERE rowid = ?1"},
        {"SELECT no, head, body FROM sys_staged_rot WHERE no > ?1 AND head IS NOT NULL ORDER BY no "
         "LIMIT 1",
         "UPDATE sys_staged_rot SET body = ?2 WHERE no = ?1"},
    };
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < sizeof tables / sizeof tables[0]; i++) {
        int64_t key = INT64_MIN;
        bool more = true;
        while (e == ERR_OK && more)
            e = node_erase_row(s, &tables[i], l, w, &key, &more);
    }
    return e;
}

/* ---- the own log ---- */

static enum err node_erase_own_set(struct node_store *s, const struct erase_list *l,
                                   struct node_erasing *w, int64_t log, int64_t seq, bool *changed)
{
    *changed = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body FROM sys_log WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, seq);
    enum err e = db_get(q);
    if (e == ERR_OK)
        e = node_erase_body(s, l, db_column_bytes(q, 0), db_column_bytes(q, 1), w, changed);
    db_done(q);
    if (e == ERR_NOT_FOUND || e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE) return ERR_OK;
    if (e != ERR_OK || !*changed || ZOO(93)) return e;
    q = db_stmt(s->db, "UPDATE sys_log SET body = ?3 WHERE log = ?1 AND seq = ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, seq);
    db_bind_blob(q, 3, buf_bytes(&w->body));
    e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_root WHERE log = ?1 AND block = ?2"); /* gives salts */
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, seq / (int64_t)CHANGE_BLOCK_SETS);
    s->root_made = false;
    return db_run(q);
}

/* Nothing waits for an op that is gone. */
static enum err node_erase_own_op(struct node_store *s, int64_t log, int64_t seq, int64_t op)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_op SET verdict = 8, pending = 0 WHERE log = ?1 "
                                       "AND seq = ?2 AND op = ?3");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, seq);
    db_bind_int(q, 3, op);
    return db_run(q);
}

/* Rows (log, seq, op) of `q`, read whole first: what follows changes the table. `named`: every row is
 * of an op that the list names; else those of which the set changes. */
static enum err node_erase_own_rows(struct node_store *s, const struct erase_list *l,
                                    struct node_erasing *w, struct db_stmt *q, bool named)
{
    struct buf rows;
    bool row = false, changed = false;
    buf_init(&rows, DB_VALUE_BYTES_MAX);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        for (int i = 0; i < 3; i++)
            buf_add_le64(&rows, (uint64_t)db_column_int(q, i));
        e = rows.e;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    for (size_t at = 0; e == ERR_OK && at < rows.len; at += 24) {
        int64_t log = (int64_t)le64_load(rows.p + at);
        int64_t seq = (int64_t)le64_load(rows.p + at + 8);
        e = node_erase_own_set(s, l, w, log, seq, &changed);
        if (e == ERR_OK && (named || changed))
            e = node_erase_own_op(s, log, seq, (int64_t)le64_load(rows.p + at + 16));
    }
    buf_free(&rows);
    return e;
}

static enum err node_erase_own(struct node_store *s, const struct erase_list *l,
                               struct node_erasing *w)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < l->record_count; i++) {
        struct db_stmt *q = db_stmt(s->db, "SELECT log, seq, op FROM sys_op WHERE rid = ?1");
        db_bind_blob(q, 1, BYTES_OF(l->records[i].b));
        e = node_erase_own_rows(s, l, w, q, true);
    }
    /* Moves stand without a record id; each is alone in its set. */
    if (e == ERR_OK && l->record_count > 0)
        e = node_erase_own_rows(
            s, l, w, db_stmt(s->db, "SELECT log, seq, op FROM sys_op WHERE kind BETWEEN 32 AND 35"),
            false);
    for (size_t i = 0; e == ERR_OK && i < l->op_count && !ZOO(135); i++) {
        struct db_stmt *q =
            db_stmt(s->db, "SELECT o.log, o.seq, o.op FROM sys_inc i JOIN sys_op o ON o.log = i.no "
                           "WHERE i.inc = ?1 AND o.seq = ?2 AND o.op = ?3 AND o.rid = ?4");
        db_bind_blob(q, 1, BYTES_OF(l->ops[i].inc.b));
        db_bind_int(q, 2, node_store_i64(l->ops[i].seq));
        db_bind_int(q, 3, l->ops[i].op);
        db_bind_blob(q, 4, BYTES_OF(l->ops[i].rid.b));
        e = node_erase_own_rows(s, l, w, q, true);
    }
    s->view_open = false;
    return e;
}

/* ---- the state ---- */

enum err node_erase_state(struct node_store *s, const struct erase_list *l,
                          const struct id_record *rid, struct bytes state, struct buf *out,
                          bool *changed)
{
    struct fold *f = &s->work.fold;
    *changed = false;
    if (erase_has_record(l, rid)) {
        *changed = state.len > 0;
        return ERR_OK;
    }
    bool named = false;
    for (size_t i = 0; !named && i < l->op_count; i++)
        named = ID_EQUAL(&l->ops[i].rid, rid);
    if (!named || state.len == 0) return ERR_OK;
    fold_clear(f);
    enum err e = fold_load(f, state);
    for (size_t i = 0; e == ERR_OK && i < l->op_count; i++) {
        const struct erase_op *o = &l->ops[i];
        if (ID_EQUAL(&o->rid, rid))
            *changed = fold_erase(f, &o->inc, o->seq, o->fields, o->field_count) || *changed;
    }
    if (e == ERR_OK && *changed) {
        fold_save(f, out);
        e = out->e;
    }
    fold_clear(f);
    return e;
}

/* A record of the hub's state: gone, but what it adds to the scope's sum until the feed takes it
 * out; or without some values, with the sum of what was sent. */
static enum err node_erase_record(struct node_store *s, const struct erase_list *l,
                                  const struct id_record *rid, struct buf *state)
{
    bool changed = false;
    buf_clear(state);
    struct db_stmt *q = db_stmt(s->db, "SELECT state FROM sys_record WHERE rid = ?1 LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_erase_state(s, l, rid, db_column_bytes(q, 0), state, &changed);
    db_done(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK || !changed) return e;
    if (state->len > 0) {
        q = db_stmt(s->db, "UPDATE sys_record SET state = ?2 WHERE rid = ?1");
        db_bind_blob(q, 2, buf_bytes(state));
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        return db_run(q);
    }
    static const char *const sql[] = {"INSERT OR REPLACE INTO sys_tomb(rid, term) SELECT rid, term "
                                      "FROM sys_record WHERE rid = ?1",
                                      "DELETE FROM sys_record WHERE rid = ?1"};
    return node_rid_run(s, rid, sql, sizeof sql / sizeof sql[0]);
}

static enum err node_erase_staged(struct node_store *s, const struct erase_list *l,
                                  const struct id_record *rid, struct buf *state)
{
    bool changed = false, had = false;
    struct id_hash digest;
    buf_clear(state);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT state, digest FROM sys_staged_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        struct bytes old = db_column_bytes(q, 0);
        had = db_column_kind(q, 1) != DB_NULL;
        crypto_generichash(digest.b, sizeof digest.b, old.p, old.len, NULL, 0);
        if (had) e = db_column_copy(q, 1, digest.b, sizeof digest.b);
        if (e == ERR_OK) e = node_erase_state(s, l, rid, old, state, &changed);
    }
    db_done(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK || !changed) return e;
    q = db_stmt(s->db, "UPDATE sys_staged_record SET state = ?2, digest = ?3 WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_blob(q, 2, buf_bytes(state));
    db_bind_blob(q, 3, BYTES_OF(digest.b));
    return db_run(q);
}

/* Half-written forms that speak of the record. */
static enum err node_erase_drafts(struct node_store *s, const struct id_record *rid)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    id_hex(BYTES_OF(rid->b), hex);
    struct db_stmt *q = db_stmt(
        s->db, "DELETE FROM desk_draft WHERE instr(lower(key), ?1) > 0 OR instr(lower(body), ?1) "
               "> 0");
    db_bind_str(q, 1, hex);
    return db_run(q);
}

static enum err node_erase_shown(struct node_store *s, const struct id_record *rid, bool whole)
{
    enum err e = node_show_mark(s, rid);
    if (e == ERR_OK) e = node_attach_unnamed(s, rid);
    if (e != ERR_OK || !whole) return e;
    e = typed_forget(s->db, rid);
    if (e == ERR_OK) e = node_search_remove(s, rid);
    return e == ERR_OK ? node_erase_drafts(s, rid) : e;
}

static enum err node_erase_records(struct node_store *s, const struct erase_list *l)
{
    struct buf state;
    enum err e = ERR_OK;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    for (size_t i = 0; e == ERR_OK && i < l->record_count + l->op_count; i++) {
        bool whole = i < l->record_count;
        const struct id_record *rid = whole ? &l->records[i] : &l->ops[i - l->record_count].rid;
        e = node_erase_record(s, l, rid, &state);
        if (e == ERR_OK) e = node_erase_staged(s, l, rid, &state);
        if (e == ERR_OK) e = node_erase_shown(s, rid, whole);
    }
    buf_free(&state);
    return e;
}

enum err node_erase_apply(struct node_store *s, const struct erase_list *l)
{
    struct node_erasing *w = NULL;
    enum err e = node_erasing_new(&w);
    if (e == ERR_OK) e = node_erase_own(s, l, w);
    if (e == ERR_OK) e = node_erase_sets(s, l, w);
    if (e == ERR_OK) e = node_erase_records(s, l);
    if (e == ERR_OK) e = node_erase_moves(s, l);
    if (e == ERR_OK) e = db_run(db_stmt(s->db, "UPDATE sys_state SET wipe = 1"));
    node_erasing_free(w);
    return e;
}

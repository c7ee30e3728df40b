#include "common/zoo.h"
#include "hub/store_erase.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct hub_positions {
    uint64_t *v;
    size_t count, room;
};

struct hub_erasing { /* one order at work */
    const struct erase_list *list;
    uint64_t at; /* nodes are told of it at this position: the order's, or a later set's */
    uint64_t by; /* position of the order; 0: it is an older one */
    struct hub_positions hits;
    struct hub_positions answers; /* of sets with an answer to who knows what */
    struct buf stubs;             /* of the set at hand */
    struct bytes stub[CHANGE_OPS_MAX];
    bool named[CHANGE_OPS_MAX];
    struct buf body;
    struct hub_erase_files files; /* that ops of records that stay had named */
};

/* ---- which op is named ---- */

/* The record id of an op on a record, without decoding the rest. */
static bool hub_payload_rid(struct hub_store *s, struct bytes payload, struct id_record *rid)
{
    if (hub_move_rid(s, payload, rid)) return true;
    static const uint8_t bin16[] = {0xc4, 0x10};
    if (payload.len < 20 || payload.p[0] != 0x94 || payload.p[1] > CHANGE_DELETE ||
        memcmp(payload.p + 2, bin16, sizeof bin16) != 0)
        return false;
    memcpy(rid->b, payload.p + 4, sizeof rid->b);
    return true;
}

/* *whole: because its record is erased. */
static bool hub_erase_names(struct hub_store *s, const struct erase_list *l,
                            const struct change_view *view, unsigned op, bool *whole)
{
    struct id_record rid;
    if (view->payload[op].p == NULL || !hub_payload_rid(s, view->payload[op], &rid)) return false;
    *whole = erase_has_record(l, &rid);
    return *whole || erase_names_payload(l, &view->head, op, view->payload[op], s->writes);
}

/* In a replay of a log that has its payload no more the order takes it all the same: nothing waits any more. */
static bool hub_erase_again(struct hub_store *s, const struct erase_list *l,
                            const struct change_view *view, unsigned op)
{
    struct change_op was;
    return s->replays != NULL && view->payload[op].p == NULL && hub_op_read(s, view, op, &was) &&
           (erase_has_record(l, &was.rid) || erase_names_op(l, &view->head, op, &was));
}

/* Stubs of all named ops of the set; *any: there are some. */
static enum err hub_erase_stubs(struct hub_store *s, struct hub_erasing *w,
                                const struct erase_list *l, const struct change_view *view,
                                bool *any)
{
    size_t at[CHANGE_OPS_MAX + 1];
    *any = false;
    buf_clear(&w->stubs);
    for (unsigned i = 0; i < view->head.ops; i++) {
        struct id_record rid;
        bool whole = false;
        at[i] = w->stubs.len;
        w->stub[i] = bytes_make(NULL, 0);
        w->named[i] = hub_erase_again(s, l, view, i);
        if (!hub_erase_names(s, l, view, i, &whole)) continue;
        *any = w->named[i] = true;
        enum err e = whole ? ERR_OK : hub_erase_files_add(s, &w->files, view, i);
        if (e != ERR_OK) return e;
        (void)hub_payload_rid(s, view->payload[i], &rid);
        erase_stub_payload(view->payload[i], &rid, whole, s->writes, &w->stubs);
    }
    at[view->head.ops] = w->stubs.len;
    for (unsigned i = 0; w->stubs.e == ERR_OK && i < view->head.ops; i++) {
        if (at[i + 1] > at[i]) w->stub[i] = bytes_make(w->stubs.p + at[i], at[i + 1] - at[i]);
    }
    return w->stubs.e;
}

static enum err hub_erasing_new(struct hub_erasing **out)
{
    struct hub_erasing *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    buf_init(&w->stubs, CHANGE_BYTES_MAX);
    buf_init(&w->body, CHANGE_BODY_BYTES_MAX);
    *out = w;
    return ERR_OK;
}

static void hub_erasing_free(struct hub_erasing *w)
{
    if (w == NULL) return;
    buf_free(&w->stubs);
    buf_free(&w->body);
    free(w->hits.v);
    free(w->answers.v);
    free(w->files.v);
    free(w);
}

/* ---- taking an order ---- */

static enum err hub_erase_note(struct hub_store *s, const struct erase_list *l, uint64_t at)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < l->record_count; i++) {
        struct db_stmt *q =
            db_stmt(s->db, "INSERT OR IGNORE INTO sys_dead(rid, pos) VALUES (?1, ?2)");
        db_bind_blob(q, 1, BYTES_OF(l->records[i].b));
        db_bind_int(q, 2, (int64_t)at);
        e = db_run(q);
    }
    for (size_t i = 0; e == ERR_OK && i < l->op_count; i++) {
        const struct erase_op *o = &l->ops[i];
        uint8_t fields[2 * ERASE_FIELDS_MAX];
        for (size_t k = 0; k < o->field_count; k++)
            le16_store(fields + 2 * k, (uint16_t)o->fields[k]);
        struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_gone(inc, seq, op, rid, "
                                           "fields, pos) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        db_bind_blob(q, 1, BYTES_OF(o->inc.b));
        db_bind_int(q, 2, (int64_t)o->seq);
        db_bind_int(q, 3, o->op);
        db_bind_blob(q, 4, BYTES_OF(o->rid.b));
        db_bind_blob(q, 5, bytes_make(fields, 2 * o->field_count));
        db_bind_int(q, 6, (int64_t)at);
        e = db_run(q);
    }
    return e;
}

static enum err hub_erase_hit(struct hub_positions *p, uint64_t position)
{
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        uint64_t *more = realloc(p->v, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        p->v = more;
        p->room = room;
    }
    p->v[p->count++] = position;
    return ERR_OK;
}

static enum err hub_erase_look(struct hub_store *s, struct hub_erasing *w, struct change_view *view,
                               const struct db_stmt *q)
{
    bool hit = false, whole = false, answers = false, named;
    uint64_t position = (uint64_t)db_column_int(q, 0);
    enum err e = change_open(db_column_bytes(q, 1), db_column_bytes(q, 2), view);
    if (e != ERR_OK) return ERR_DAMAGED;
    e = hub_dead_offers(s, w->list, view, &named);
    for (unsigned i = 0; e == ERR_OK && !hit && i < view->head.ops; i++) {
        hit = hub_erase_names(s, w->list, view, i, &whole) || hub_erase_again(s, w->list, view, i);
        answers = answers || (view->payload[i].p != NULL &&
                              change_payload_kind(view->payload[i]) == CHANGE_ANSWER);
    }
    if (e == ERR_OK && hit) e = hub_erase_hit(&w->hits, position);
    if (e == ERR_OK && !hit && answers) e = hub_erase_hit(&w->answers, position);
    return e;
}

/* An answer stands before its offer, where that came by another road. */
static enum err hub_erase_answers(struct hub_store *s, struct hub_erasing *w,
                                  struct change_view *view)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < w->answers.count; i++) {
        bool hit = false, whole = false;
        struct db_stmt *q = db_stmt(s->db, "SELECT head, body FROM sys_log WHERE pos = ?1");
        db_bind_int(q, 1, (int64_t)w->answers.v[i]);
        e = db_get(q);
        if (e == ERR_OK) e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), view);
        for (unsigned k = 0; e == ERR_OK && !hit && k < view->head.ops; k++)
            hit = hub_erase_names(s, w->list, view, k, &whole);
        db_done(q);
        if (e == ERR_OK && hit) e = hub_erase_hit(&w->hits, w->answers.v[i]);
    }
    return e;
}

/* Positions of all sets with an op that is named. */
static enum err hub_erase_seek(struct hub_store *s, struct hub_erasing *w, struct change_view *view)
{
    bool row = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT pos, head, body FROM sys_log ORDER BY pos");
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = hub_erase_look(s, w, view, q);
    }
    db_done(q);
    return e == ERR_OK ? hub_erase_answers(s, w, view) : e;
}

/* One op of the set at `position` is gone: nothing waits for it, and it is counted. */
enum err hub_erased_count(struct hub_store *s, uint64_t position, unsigned op, uint64_t at)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_held WHERE pos = ?1 AND op = ?2");
    db_bind_int(q, 1, (int64_t)position);
    db_bind_int(q, 2, op);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_erased_op(pos, op, by) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, (int64_t)position);
    db_bind_int(q, 2, op);
    db_bind_int(q, 3, (int64_t)at);
    return db_run(q);
}

/* Nobody is asked about it any more. */
static enum err hub_erase_crossed(struct hub_store *s, uint64_t position, unsigned op, uint64_t at)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_crossed SET state = ?3, changed = ?4 WHERE pos "
                                       "= ?1 AND op = ?2 AND state = ?5");
    db_bind_int(q, 1, (int64_t)position);
    db_bind_int(q, 2, op);
    db_bind_int(q, 3, MOVE_CROSSED_ASIDE);
    db_bind_int(q, 4, (int64_t)at);
    db_bind_int(q, 5, ZOO(133) ? -1 : MOVE_CROSSED_OPEN);
    return db_run(q);
}

static enum err hub_erase_row(struct hub_store *s, uint64_t position, struct bytes body,
                              struct bytes verdicts)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_log SET body = ?2, verdicts = ?3 WHERE pos = ?1");
    db_bind_int(q, 1, ZOO(90) ? -1 : (int64_t)position);
    db_bind_blob(q, 2, body);
    db_bind_blob(q, 3, verdicts);
    return db_run(q);
}

/* Tell the set's node of its new verdicts; no seed above it may be told any more. */
static enum err hub_erase_tell(struct hub_store *s, const struct hub_erasing *w, uint64_t position,
                               int64_t log, const struct change_head *head)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT OR IGNORE INTO sys_reverdict(inc, pos, set_pos) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, (int64_t)w->at);
    db_bind_int(q, 3, (int64_t)position);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_seed WHERE inc = ?1 AND block = ?2");
    db_bind_blob(q, 1, BYTES_OF(head->inc.b));
    db_bind_int(q, 2, (int64_t)(head->seq / CHANGE_BLOCK_SETS));
    e = db_run(q);
    if (e == ERR_OK && db_changes(s->db) > 0) s->root_made = false;
    return e;
}

static enum err hub_erase_set(struct hub_store *s, struct hub_erasing *w, struct change_view *view,
                              uint64_t position)
{
    uint8_t verdicts[CHANGE_OPS_MAX];
    bool any = false;
    int64_t log = 0;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body, verdicts, inc FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)position);
    enum err e = db_get(q);
    if (e == ERR_OK) e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), view);
    if (e == ERR_OK) e = db_column_copy(q, 2, verdicts, view->head.ops);
    if (e == ERR_OK) e = hub_erase_stubs(s, w, w->list, view, &any);
    if (e == ERR_OK) {
        log = db_column_int(q, 3);
        buf_clear(&w->body);
        change_rewrite(view, w->stub, &w->body);
        e = w->body.e;
    }
    db_done(q);
    for (unsigned i = 0; e == ERR_OK && i < view->head.ops; i++) {
        if (!w->named[i]) continue;
        verdicts[i] = FOLD_ERASED;
        e = hub_erased_count(s, position, i, w->by);
        if (e == ERR_OK) e = hub_erase_crossed(s, position, i, w->at);
    }
    if (e == ERR_OK)
        e = hub_erase_row(s, position, buf_bytes(&w->body), bytes_make(verdicts, view->head.ops));
    return e == ERR_OK ? hub_erase_tell(s, w, position, log, &view->head) : e;
}

/* ---- the state ---- */

static enum err hub_erase_find(struct hub_store *s, const struct id_record *rid, struct db_stmt **q,
                               struct hub_record *r)
{
    *q = db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record WHERE rid = ?1 LIMIT 1");
    db_bind_blob(*q, 1, BYTES_OF(rid->b));
    enum err e = db_get(*q);
    return e == ERR_OK ? hub_record_read(*q, r) : e;
}

static enum err hub_erase_by_no(struct hub_store *s, int64_t no)
{
    static const char *const sql[] = {
        "DELETE FROM sys_match WHERE record = ?1",    "DELETE FROM sys_pair WHERE a = ?1 OR b = ?1",
        "DELETE FROM sys_link WHERE record = ?1",     "DELETE FROM sys_scope WHERE record = ?1",
        "DELETE FROM sys_transfer WHERE record = ?1", "DELETE FROM sys_crossed WHERE record = ?1",
        "DELETE FROM sys_search WHERE record = ?1",   "DELETE FROM sys_owner WHERE record = ?1",
        "DELETE FROM sys_record WHERE no = ?1",
    };
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < sizeof sql / sizeof sql[0]; i++) {
        struct db_stmt *q = db_stmt(s->db, sql[i]);
        db_bind_int(q, 1, no);
        e = db_run(q);
    }
    return e;
}

/* Other units that have it count it no more either. */
static enum err hub_erase_shares(struct hub_store *s, const struct hub_record *old)
{
    bool row = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT scope FROM sys_scope WHERE record = ?1 AND left IS "
                                       "NULL AND access > 0 ORDER BY scope");
    db_bind_int(q, 1, old->no);
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row) hub_sum_change(s, db_column_int(q, 0), old, false);
    }
    db_done(q);
    return e;
}

static enum err hub_erase_record(struct hub_store *s, const struct id_record *rid)
{
    struct hub_record old;
    struct db_stmt *q = NULL;
    int64_t no = 0;
    enum err e = hub_erase_find(s, rid, &q, &old);
    if (e == ERR_OK) {
        no = old.no;
        e = hub_erase_shares(s, &old);
        if (e == ERR_OK) e = hub_scope_move(s, &old, NULL);
    }
    db_done(q);
    if (e == ERR_OK) e = hub_erase_moves(s, no, rid);
    if (e == ERR_OK) e = hub_erase_by_no(s, no);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    return e == ERR_OK ? typed_forget(s->db, rid) : e;
}

/* The record stays, what the op wrote goes. Its position moves even when none of it was a head any
 * more: the order changed it, here and in every replay of the log. */
static enum err hub_erase_op_state(struct hub_store *s, const struct erase_op *o, uint64_t at)
{
    struct hub_record old, now;
    struct hub_match was, is;
    struct db_stmt *q = NULL;
    enum err e = hub_erase_find(s, &o->rid, &q, &old);
    if (e == ERR_OK) {
        fold_clear(&s->fold);
        e = fold_load(&s->fold, old.state);
        if (e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
    }
    if (e == ERR_OK) {
        e = hub_match_of(s, &s->fold, &was);
    }
    if (e == ERR_OK) {
        if (!ZOO(134)) (void)fold_erase(&s->fold, &o->inc, o->seq, o->fields, o->field_count);
        e = hub_match_of(s, &s->fold, &is);
    }
    if (e == ERR_OK) {
        now = old;
        now.pos = now.others = at;
        now.author = 0;
        e = hub_record_rewrite(s, &old, &now);
    }
    db_done(q);
    if (e == ERR_OK) e = hub_match_move(s, &now, &was, &is);
    if (e == ERR_OK) e = hub_erase_copies(s, now.no, o);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_erase_state(struct hub_store *s, const struct hub_erasing *w, uint64_t at)
{
    const struct erase_list *l = w->list;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < l->record_count; i++)
        e = hub_erase_record(s, &l->records[i]);
    for (size_t i = 0; e == ERR_OK && i < l->op_count; i++)
        e = hub_erase_op_state(s, &l->ops[i], at);
    for (size_t i = 0; e == ERR_OK && i < l->record_count; i++)
        e = hub_attach_unnamed(s, &l->records[i], NULL);
    return e == ERR_OK ? hub_erase_files_go(s, &w->files) : e;
}

enum err hub_erase_apply(struct hub_store *s, struct bytes content, uint64_t at)
{
    struct erase_list l = {.records = NULL};
    struct hub_erasing *w = NULL;
    bool any = false;
    struct change_view *view = calloc(1, sizeof *view); /* s->view is the order's own set */
    enum err e = view != NULL ? erase_decode(content, &l) : ERR_NOMEM;
    if (e == ERR_OK) e = hub_erasing_new(&w);
    if (e != ERR_OK) goto out;
    w->list = &l;
    w->at = w->by = at;
    e = hub_erase_note(s, &l, at);
    if (e == ERR_OK) e = hub_erase_seek(s, w, view);
    for (size_t i = 0; e == ERR_OK && i < w->hits.count; i++)
        e = hub_erase_set(s, w, view, w->hits.v[i]);
    if (e == ERR_OK) e = hub_erase_state(s, w, at);
    if (e == ERR_OK) e = hub_meta_set_int(s, "wipe_wanted", 1);
    if (e == ERR_OK) e = hub_erased_load(s);
    for (size_t i = 0; e == ERR_OK && i < l.record_count; i++) /* assignments of others with it */
        e = hub_held_retry(s, &l.records[i], at, NULL, NULL, 0);
    if (e == ERR_OK) e = hub_quarantine_erase(s, &any);
out:
    hub_erasing_free(w);
    erase_free(&l);
    free(view);
    return e;
}

/* ---- what comes later ---- */

enum err hub_erase_ingest(struct hub_store *s, const struct change_view *view, struct buf *body,
                          bool *changed)
{
    bool any = false;
    *changed = false;
    for (unsigned i = 0; !any && i < view->head.ops; i++) {
        bool whole = false;
        any = hub_erase_names(s, &s->erased, view, i, &whole);
    }
    if (!any || ZOO(92)) return ERR_OK;
    struct hub_erasing *w = NULL;
    enum err e = hub_erasing_new(&w);
    if (e == ERR_OK) e = hub_erase_stubs(s, w, &s->erased, view, &any);
    if (e == ERR_OK) {
        buf_clear(body);
        change_rewrite(view, w->stub, body);
        e = body->e;
    }
    hub_erasing_free(w);
    *changed = e == ERR_OK;
    return e;
}

/* Sets with an answer that waits for one of these offers. */
static enum err hub_erase_waiting(struct hub_store *s, struct hub_erasing *w)
{
    bool row = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT DISTINCT h.pos FROM sys_dead_transfer d JOIN "
                                       "sys_held h ON h.rid = d.id ORDER BY h.pos");
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = hub_erase_hit(&w->answers, (uint64_t)db_column_int(q, 0));
    }
    db_done(q);
    return e;
}

enum err hub_erase_late(struct hub_store *s, uint64_t at)
{
    struct hub_erasing *w = NULL;
    bool any = false;
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = view != NULL ? hub_erasing_new(&w) : ERR_NOMEM;
    if (e == ERR_OK) {
        w->list = &s->erased;
        w->at = at;
        e = hub_erase_waiting(s, w);
    }
    if (e == ERR_OK) e = hub_erase_answers(s, w, view);
    for (size_t i = 0; e == ERR_OK && i < w->hits.count; i++)
        e = hub_erase_set(s, w, view, w->hits.v[i]);
    if (e == ERR_OK) e = hub_quarantine_erase(s, &any);
    any = any || (e == ERR_OK && w->hits.count > 0);
    if (e == ERR_OK && any) e = hub_meta_set_int(s, "wipe_wanted", 1);
    /* A node could ask for it with every set that it sends. */
    if (e == ERR_OK && any && s->late_wipes++ < HUB_LATE_WIPES_MAX) s->wipe_wanted = true;
    hub_erasing_free(w);
    free(view);
    return e;
}

/* Ops that wait for something, and what happens when it comes. SPEC 6.6, 6.7. */
#include "hub/store_priv.h"
#include "common/zoo.h"

#include <stdlib.h>

struct hub_waiting {
    uint64_t pos;
    unsigned op;
    int64_t unit;
    bool own;
    bool settled; /* a person decided that it applies */
};

struct hub_trial { /* what trying a waiting op gave */
    uint8_t verdict;
    int64_t scope;
    bool wakes; /* others wait for what it made */
    bool waits; /* a move: for this, which may be another than before */
    struct id_record id;
};

enum err hub_held_add(struct hub_store *s, const struct hub_writer *w, const struct id_record *rid,
                      unsigned index, uint8_t verdict)
{
    if (ZOO(14)) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_held(pos, op, rid, reason, unit, own) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_int(q, 1, (int64_t)w->at);
    db_bind_int(q, 2, index);
    db_bind_blob(q, 3, BYTES_OF(rid->b));
    db_bind_int(q, 4, verdict);
    db_bind_int(q, 5, w->unit);
    db_bind_int(q, 6, w->own ? 1 : 0);
    return db_run(q);
}

/* The list is read first: trying them changes the table. */
static enum err hub_waiting_list(struct hub_store *s, const struct id_record *rid,
                                 struct hub_waiting **out, size_t *count)
{
    struct hub_waiting *v = NULL;
    size_t n = 0, room = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT pos, op, unit, own FROM sys_held WHERE rid = ?1 "
                                       "AND reason = 4 ORDER BY pos, op");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        if (n == room) {
            room = room ? 2 * room : 16;
            struct hub_waiting *more = realloc(v, room * sizeof *v);
            if (more == NULL) e = ERR_NOMEM;
            if (more != NULL) v = more;
        }
        if (e == ERR_OK) {
            v[n++] =
                (struct hub_waiting){(uint64_t)db_column_int(q, 0), (unsigned)db_column_int(q, 1),
                                     db_column_int(q, 2), db_column_int(q, 3) != 0, false};
        }
    }
    db_done(q);
    if (e != ERR_OK) {
        free(v);
        return e;
    }
    *out = v;
    *count = n;
    return ERR_OK;
}

static enum err hub_held_settle(struct hub_store *s, const struct hub_waiting *h,
                                const struct hub_trial *t)
{
    struct db_stmt *q;
    if (t->verdict >= FOLD_HELD_SCOPE) {
        q = db_stmt(s->db, "UPDATE sys_held SET reason = ?3, rid = ifnull(?4, rid) WHERE pos = ?1 "
                           "AND op = ?2");
        db_bind_int(q, 3, t->verdict);
        if (t->waits) db_bind_blob(q, 4, BYTES_OF(t->id.b));
    } else {
        q = db_stmt(s->db, "DELETE FROM sys_held WHERE pos = ?1 AND op = ?2");
    }
    db_bind_int(q, 1, (int64_t)h->pos);
    db_bind_int(q, 2, h->op);
    return db_run(q);
}

/* The stored verdict of an older set changes, and its node is told at this position. */
static enum err hub_verdict_change(struct hub_store *s, const struct hub_waiting *h, int64_t inc,
                                   uint64_t at, struct bytes verdicts, uint8_t verdict)
{
    uint8_t v[CHANGE_OPS_MAX];
    if (verdicts.len > sizeof v || h->op >= verdicts.len) return ERR_DAMAGED;
    memcpy(v, verdicts.p, verdicts.len);
    v[h->op] = verdict;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_log SET verdicts = ?2 WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)h->pos);
    db_bind_blob(q, 2, bytes_make(v, verdicts.len));
    enum err e = db_run(q);
    if (e != ERR_OK || ZOO(18)) return e;
    q = db_stmt(s->db,
                "INSERT OR IGNORE INTO sys_reverdict(inc, pos, set_pos) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, inc);
    db_bind_int(q, 2, (int64_t)at);
    db_bind_int(q, 3, (int64_t)h->pos);
    return db_run(q);
}

static enum err hub_held_apply(struct hub_store *s, const struct hub_waiting *h, uint64_t at,
                               const struct change_view *view, int64_t received_ms,
                               struct hub_trial *t)
{
    struct change_op op;
    uint64_t limit = (uint64_t)(received_ms + HUB_CLAMP_MS) << 16;
    struct hub_writer w = {
        .own = h->own,
        .unit = h->unit,
        .set = {.version = id_version_make(&view->head.inc, view->head.seq, &view->hash),
                .clock = view->head.hlc < limit ? view->head.hlc : limit,
                .person = view->head.person,
                .position = h->pos},
        .op = h->op,
        .at = at,
        .received_ms = received_ms,
        .settled = h->settled,
    };
    if (h->op >= view->head.ops) return ERR_DAMAGED;
    int kind = change_payload_kind(view->payload[h->op]);
    if (kind == CHANGE_CATALOGUE && h->own) {
        t->id = hub_waits_parts;
        enum err e = hub_admin_given(s, view->payload[h->op], kind, at, received_ms, &t->verdict);
        t->wakes = t->verdict == FOLD_APPLIED; /* another of its number does not apply any more */
        return e;
    }
    if (move_kind(kind)) {
        struct hub_moved moved;
        enum err e = hub_move_apply(s, &w, view->payload[h->op], &moved);
        if (e != ERR_OK) return e;
        *t = (struct hub_trial){moved.verdict, moved.scope, moved.wakes,
                                moved.verdict == FOLD_HELD_UNKNOWN, moved.wait};
        return ERR_OK;
    }
    if (!hub_op_read(s, view, h->op, &op)) return ERR_DAMAGED;
    /* It is not waiting any more while it is folded: its own version has arrived. */
    enum err e = hub_op_apply(s, &w, &op, &t->verdict, &t->scope);
    bool crossed = false;
    if (e == ERR_OK && t->verdict == FOLD_HELD_SCOPE)
        e = hub_crossed_note(s, &w, &op.rid, h->op, &crossed);
    return e;
}

static enum err hub_own_scope(struct hub_store *s, int64_t scope, uint64_t pos)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_own(scope, pos) VALUES (?1, ?2)");
    db_bind_int(q, 1, scope);
    db_bind_int(q, 2, (int64_t)pos);
    return db_run(q);
}

/* A set of the log, copied: trying one op may try another, which reads another set. */
struct hub_past {
    struct buf memory;
    struct change_view view;
    int64_t received_ms;
    int64_t inc;
    struct bytes verdicts;
};

static enum err hub_past_read(struct hub_store *s, uint64_t pos, struct hub_past *p)
{
    size_t head = 0, body = 0;
    buf_init(&p->memory, CHANGE_HEAD_BYTES_MAX + CHANGE_BODY_BYTES_MAX + CHANGE_OPS_MAX);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body, verdicts, hash, received_ms, inc FROM sys_log "
                       "WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)pos);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        for (int i = 0; i < 3; i++)
            buf_add_bytes(&p->memory, db_column_bytes(q, i));
        head = db_column_bytes(q, 0).len;
        body = db_column_bytes(q, 1).len;
        p->received_ms = db_column_int(q, 4);
        p->inc = db_column_int(q, 5);
        e = p->memory.e;
    }
    if (e == ERR_OK) {
        const uint8_t *m = p->memory.p;
        p->verdicts = bytes_make(m + head + body, p->memory.len - head - body);
        e = change_open(bytes_make(m, head), bytes_make(m + head, body), &p->view);
    }
    if (e == ERR_OK) e = db_column_copy(q, 3, p->view.hash.b, sizeof p->view.hash.b);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}

/* Try an op of a set in the log. `t->verdict` on entry: what it has now. */
static enum err hub_held_try(struct hub_store *s, const struct hub_waiting *h, uint64_t at,
                             struct hub_trial *t)
{
    uint8_t before = t->verdict;
    struct hub_past *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    enum err e = hub_past_read(s, h->pos, p);
    if (e == ERR_OK) e = hub_held_apply(s, h, at, &p->view, p->received_ms, t);
    if (e == ERR_OK) e = hub_held_settle(s, h, t);
    if (e == ERR_OK && t->verdict != before)
        e = hub_verdict_change(s, h, p->inc, at, p->verdicts, t->verdict);
    buf_free(&p->memory);
    free(p);
    /* The set that waited, not the one at `at` that it waited for: that one may be a node's. */
    if (e == ERR_OK && h->own && t->scope != HUB_SCOPE_NONE) e = hub_own_scope(s, t->scope, h->pos);
    return e;
}

/* Trying the one before it may have tried this one as well. */
static enum err hub_held_waits(struct hub_store *s, const struct hub_waiting *h,
                               const struct id_record *rid, bool *waits)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_held WHERE pos = ?1 AND op = ?2 AND "
                                       "rid = ?3 AND reason = 4");
    db_bind_int(q, 1, (int64_t)h->pos);
    db_bind_int(q, 2, h->op);
    db_bind_blob(q, 3, BYTES_OF(rid->b));
    enum err e = db_get(q);
    *waits = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* `verdicts` NULL: the set at `at` is in the log already. */
static enum err hub_held_retry_one(struct hub_store *s, const struct hub_waiting *h, uint64_t at,
                                   const struct change_view *view, uint8_t *verdicts,
                                   int64_t received_ms)
{
    struct hub_trial t = {.verdict = FOLD_HELD_UNKNOWN, .scope = HUB_SCOPE_NONE};
    enum err e;
    if (verdicts == NULL || h->pos != at) {
        e = hub_held_try(s, h, at, &t);
    } else { /* the op of this set that creates it has the same scope */
        e = hub_held_apply(s, h, at, view, received_ms, &t);
        if (e == ERR_OK) verdicts[h->op] = t.verdict;
        if (e == ERR_OK) e = hub_held_settle(s, h, &t);
    }
    if (e != ERR_OK || !t.wakes) return e;
    return hub_held_retry(s, &t.id, at, view, verdicts, received_ms);
}

enum err hub_held_retry(struct hub_store *s, const struct id_record *rid, uint64_t at,
                        const struct change_view *view, uint8_t *verdicts, int64_t received_ms)
{
    struct hub_waiting *v = NULL;
    size_t count = 0;
    enum err e = hub_waiting_list(s, rid, &v, &count);
    if (e != ERR_OK || count == 0) return e;
    if (ZOO(17)) count = 0;
    if (ZOO(98) && count > 1) count = 1;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        bool waits = true;
        if (i > 0) e = hub_held_waits(s, &v[i], rid, &waits);
        if (e == ERR_OK && waits) e = hub_held_retry_one(s, &v[i], at, view, verdicts, received_ms);
    }
    free(v);
    return e;
}

/* Whose this op is, and why it is held. ERR_NOT_FOUND: it is not. */
static enum err hub_held_find(struct hub_store *s, struct hub_waiting *h, int64_t *reason)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT unit, own, reason FROM sys_held WHERE pos = ?1 AND op = ?2");
    db_bind_int(q, 1, (int64_t)h->pos);
    db_bind_int(q, 2, h->op);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        h->unit = db_column_int(q, 0);
        h->own = db_column_int(q, 1) != 0;
        *reason = db_column_int(q, 2);
    }
    db_done(q);
    return e;
}

enum err hub_held_again(struct hub_store *s, uint64_t pos, unsigned op, uint64_t at)
{
    struct hub_waiting h = {.pos = pos, .op = op};
    int64_t reason = 0;
    enum err e = hub_held_find(s, &h, &reason);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    return reason == FOLD_HELD_UNKNOWN ? hub_held_retry_one(s, &h, at, NULL, NULL, 0) : ERR_OK;
}

/* ---- decided by a person ---- */

static enum err hub_held_aside(struct hub_store *s, const struct hub_waiting *h, uint64_t at)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT inc, verdicts FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)h->pos);
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) e = ERR_DAMAGED;
    if (e == ERR_OK)
        e = hub_verdict_change(s, h, db_column_int(q, 0), at, db_column_bytes(q, 1), FOLD_ASIDE);
    db_done(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_held WHERE pos = ?1 AND op = ?2");
    db_bind_int(q, 1, (int64_t)h->pos);
    db_bind_int(q, 2, h->op);
    return db_run(q);
}

enum err hub_held_decide(struct hub_store *s, uint64_t pos, unsigned op, bool apply, uint64_t at,
                         bool *done)
{
    struct hub_waiting h = {.pos = pos, .op = op, .settled = true};
    int64_t reason = 0;
    enum err e = hub_held_find(s, &h, &reason);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    *done = true;
    if (!apply) return hub_held_aside(s, &h, at);
    struct hub_trial t = {.verdict = FOLD_HELD_SCOPE, .scope = HUB_SCOPE_NONE};
    e = hub_held_try(s, &h, at, &t);
    *done = t.verdict < FOLD_HELD_SCOPE;
    return e;
}

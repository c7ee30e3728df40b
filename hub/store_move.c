/* Ops that move records between units, by nodes and by the hub. SPEC 13.2, 13.3. */
#include "common/zoo.h"
#include "hub/store_priv.h"

#include <stdlib.h>

struct hub_offer { /* a row of sys_transfer */
    int64_t record;
    int64_t from;
    int64_t to;
    enum move_state state;
};

/* ---- small questions ---- */

/* Units of the catalogue, whenever they are valid: which of them somebody moves to is theirs to say. */
static bool hub_unit_known(const struct hub_store *s, const char *code)
{
    size_t n = 0;
    const struct catalogue_unit *u =
        s->catalogue != NULL ? catalogue_units(s->catalogue, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(u[i].code, code) == 0) return true;
    }
    return s->catalogue == NULL;
}

/* The number of a unit that a record of `owner` may go to. *out 0: there is none. */
static enum err hub_unit_target(struct hub_store *s, struct bytes code, int64_t owner, int64_t *out)
{
    char text[ADMIN_UNIT_BYTES_MAX + 1] = {0};
    *out = 0;
    if (code.len > ADMIN_UNIT_BYTES_MAX || memchr(code.p, 0, code.len) != NULL) return ERR_OK;
    memcpy(text, code.p, code.len);
    if (!hub_unit_known(s, text)) return ERR_OK;
    enum err e = hub_unit_number(s, text, out);
    if (e == ERR_OK && (*out == owner || *out == s->hub_unit)) *out = 0;
    return e;
}

/* Records of units move; what goes to everybody, or stays at the hub, does not. */
static bool hub_may_move(const struct hub_store *s, const struct hub_record *r)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, r->type) : NULL;
    bool own = t == NULL || t->scope == CATALOGUE_SCOPE_OWN;
    return own && r->unit != s->hub_unit && r->scope == r->unit;
}

static unsigned hub_answer_days(const struct hub_store *s, int64_t ms)
{
    struct date day;
    if (s->catalogue == NULL || date_of_ms(ms, &day) != ERR_OK) return 0;
    const char *days = catalogue_param(s->catalogue, "move_answer_days", day);
    unsigned long n = days != NULL ? strtoul(days, NULL, 10) : 0;
    return n <= UINT16_MAX ? (unsigned)n : 0;
}

static enum err hub_offer_get(struct hub_store *s, const struct id_record *id,
                              struct hub_offer *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT record, from_unit, to_unit, state FROM sys_transfer "
                                       "WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        *out = (struct hub_offer){.record = db_column_int(q, 0),
                                  .from = db_column_int(q, 1),
                                  .to = db_column_int(q, 2),
                                  .state = (enum move_state)db_column_int(q, 3)};
    }
    db_done(q);
    return e;
}

static enum err hub_offer_open(struct hub_store *s, int64_t record, bool *open)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_transfer WHERE record = ?1 AND state = 0 LIMIT 1");
    db_bind_int(q, 1, record);
    enum err e = db_get(q);
    db_done(q);
    *open = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- offer ---- */

static enum err hub_offer_add(struct hub_store *s, const struct hub_writer *w,
                              const struct move_offer *m, const struct hub_record *r, int64_t to)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, r->type) : NULL;
    bool hidden = w->own && (t == NULL || t->sensitivity >= MOVE_CLASS_DROPPED);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_transfer(id, record, from_unit, to_unit, state, offered, "
                       "offered_ms, days, changed, hidden, note, answer) "
                       "VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?5, ?8, ?9, '')");
    db_bind_blob(q, 1, BYTES_OF(m->transfer.b));
    db_bind_int(q, 2, r->no);
    db_bind_int(q, 3, r->unit);
    db_bind_int(q, 4, to);
    db_bind_int(q, 5, (int64_t)w->at);
    db_bind_int(q, 6, w->received_ms);
    db_bind_int(q, 7, hub_answer_days(s, w->received_ms));
    db_bind_int(q, 8, hidden);
    db_bind_text(q, 9, m->note);
    s->moves = true;
    return db_run(q);
}

static enum err hub_offer_take(struct hub_store *s, const struct hub_writer *w,
                               struct bytes payload, struct hub_moved *out)
{
    struct move_offer m;
    struct hub_offer old;
    struct hub_record r;
    struct db_stmt *q = NULL;
    int64_t to = 0;
    bool open = false;
    if (move_offer_decode(payload, &m) != ERR_OK) return ERR_OK;
    enum err e = hub_record_get(s, &m.record, &q, &r);
    db_done(q); /* of the row only numbers are used */
    if (e == ERR_NOT_FOUND) {
        out->verdict = FOLD_HELD_UNKNOWN;
        out->wait = m.record;
        return ERR_OK;
    }
    if (e == ERR_OK && ((!w->own && r.unit != w->unit) || !hub_may_move(s, &r))) {
        out->verdict = FOLD_HELD_SCOPE;
        return ERR_OK;
    }
    if (e == ERR_OK) e = hub_unit_target(s, m.to, r.unit, &to);
    if (e != ERR_OK || to == 0) return e;
    e = hub_offer_get(s, &m.transfer, &old);
    open = e == ERR_OK; /* the same name again is no second offer */
    if (e == ERR_NOT_FOUND) e = hub_offer_open(s, r.no, &open);
    out->verdict = open ? FOLD_REPLACED : FOLD_APPLIED;
    if (e != ERR_OK || open) return e;
    out->scope = to;
    out->wakes = true;
    out->wait = m.transfer;
    return hub_offer_add(s, w, &m, &r, to);
}

/* ---- answer ---- */

static enum err hub_answer_write(struct hub_store *s, const struct hub_writer *w,
                                 const struct move_answer *m)
{
    static const enum move_state states[] = {[MOVE_REFUSE] = MOVE_REFUSED,
                                             [MOVE_ACCEPT] = MOVE_ACCEPTED,
                                             [MOVE_WITHDRAW] = MOVE_WITHDRAWN};
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_transfer SET state = ?2, changed = ?3, "
                                       "answered_ms = ?4, answer = ?5 WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(m->transfer.b));
    db_bind_int(q, 2, (int64_t)states[m->reply]);
    db_bind_int(q, 3, (int64_t)w->at);
    db_bind_int(q, 4, w->received_ms);
    db_bind_text(q, 5, m->note);
    return db_run(q);
}

static enum err hub_rehome_no(struct hub_store *s, int64_t no, int64_t to, uint64_t at,
                              const char *since)
{
    struct hub_record r;
    struct db_stmt *q = NULL;
    enum err e = hub_record_get_no(s, no, &q, &r);
    if (e == ERR_OK && r.unit != to) e = hub_scope_rehome(s, &r, to, at, since);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}

static enum err hub_accept(struct hub_store *s, const struct hub_writer *w,
                           const struct hub_offer *o, struct hub_moved *out)
{
    char since[DATE_TEXT_ROOM] = "";
    struct date day;
    int64_t *v = NULL;
    size_t count = 0;
    if (date_of_ms(w->received_ms, &day) == ERR_OK) date_print(day, since);
    enum err e = hub_scope_closure(s, o->record, &v, &count);
    if (e == ERR_TOO_LARGE) {
        out->verdict = FOLD_HELD_UNREADABLE;
        return ERR_OK;
    }
    out->verdict = FOLD_APPLIED;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = hub_rehome_no(s, v[i], o->to, w->at, since);
    free(v);
    return e;
}

static enum err hub_answer_take(struct hub_store *s, const struct hub_writer *w,
                                struct bytes payload, struct hub_moved *out)
{
    struct move_answer m;
    struct hub_offer o;
    if (move_answer_decode(payload, &m) != ERR_OK) return ERR_OK;
    enum err e = hub_offer_get(s, &m.transfer, &o);
    if (e == ERR_NOT_FOUND) {
        out->verdict = FOLD_HELD_UNKNOWN;
        out->wait = m.transfer;
        return ERR_OK;
    }
    if (e != ERR_OK) return e;
    int64_t who = m.reply == MOVE_WITHDRAW ? o.from : o.to;
    if (!w->own && w->unit != who) {
        out->verdict = FOLD_HELD_SCOPE;
        return ERR_OK;
    }
    out->verdict = o.state == MOVE_OFFERED ? FOLD_APPLIED : FOLD_REPLACED;
    if (o.state != MOVE_OFFERED) return ERR_OK;
    if (m.reply != MOVE_ACCEPT) {
        out->scope = who;
        return hub_answer_write(s, w, &m);
    }
    out->scope = o.to;
    e = hub_accept(s, w, &o, out); /* it empties this offer too, which then says what it was */
    return e == ERR_OK && out->verdict == FOLD_APPLIED ? hub_answer_write(s, w, &m) : e;
}

/* ---- share ---- */

static enum err hub_share_take(struct hub_store *s, const struct hub_writer *w,
                               struct bytes payload, struct hub_moved *out)
{
    struct move_share m;
    struct hub_record r;
    struct db_stmt *q = NULL;
    int64_t unit = 0;
    if (move_share_decode(payload, &m) != ERR_OK) return ERR_OK;
    enum err e = hub_record_get(s, &m.record, &q, &r);
    if (e == ERR_NOT_FOUND) {
        out->verdict = FOLD_HELD_UNKNOWN;
        out->wait = m.record;
        db_done(q);
        return ERR_OK;
    }
    if (e == ERR_OK) e = hub_unit_target(s, m.unit, r.unit, &unit);
    bool ends = m.access == MOVE_NOTHING && w->unit == unit;
    bool may = e == ERR_OK && (w->own || r.unit == w->unit || ends) && hub_may_move(s, &r);
    if (e == ERR_OK && !may) out->verdict = FOLD_HELD_SCOPE;
    if (may && unit != 0) {
        out->verdict = FOLD_APPLIED;
        out->scope = unit;
        e = hub_scope_share(s, &r, unit, m.access, w->at);
    }
    db_done(q);
    return e;
}

/* ---- settle ---- */

struct hub_cross { /* a row of sys_crossed */
    uint64_t pos;
    int64_t record;
    enum move_crossed state;
};

static enum err hub_crossed_get(struct hub_store *s, const struct move_settle *m,
                                struct hub_cross *out)
{
    struct id_inc inc = id_version_inc(&m->version);
    const struct hub_log *log = hub_log_find(s, &inc);
    if (log == NULL) return ERR_NOT_FOUND;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT c.pos, c.record, c.state FROM sys_log l JOIN sys_crossed c ON c.pos "
                       "= l.pos AND c.op = ?4 JOIN sys_record r ON r.no = c.record "
                       "WHERE l.inc = ?1 AND l.seq = ?2 AND substr(l.hash, 1, 4) = ?3 "
                       "AND r.rid = ?5");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)id_version_seq(&m->version));
    db_bind_blob(q, 3, bytes_make(m->version.b + ID_INC_BYTES + 8, 4));
    db_bind_int(q, 4, m->op);
    db_bind_blob(q, 5, BYTES_OF(m->record.b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        *out = (struct hub_cross){(uint64_t)db_column_int(q, 0), db_column_int(q, 1),
                                  (enum move_crossed)db_column_int(q, 2)};
    }
    db_done(q);
    return e;
}

static enum err hub_crossed_write(struct hub_store *s, uint64_t pos, unsigned op,
                                  enum move_crossed state, uint64_t at)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_crossed SET state = ?3, changed = ?4 WHERE pos "
                                       "= ?1 AND op = ?2");
    db_bind_int(q, 1, (int64_t)pos);
    db_bind_int(q, 2, op);
    db_bind_int(q, 3, (int64_t)state);
    db_bind_int(q, 4, (int64_t)at);
    return db_run(q);
}

/* An op held as a step that its author may not take: the hub alone decides, and no record need be
 * there yet. */
static enum err hub_step_settle(struct hub_store *s, const struct hub_writer *w,
                                const struct move_settle *m, struct hub_moved *out, bool *found)
{
    struct id_inc inc = id_version_inc(&m->version);
    const struct hub_log *log = hub_log_find(s, &inc);
    int64_t pos = 0, unit = 0;
    bool done = false;
    *found = false;
    if (log == NULL || !w->own) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT h.pos, h.unit FROM sys_log l JOIN sys_held h ON h.pos = l.pos AND "
                       "h.op = ?4 WHERE l.inc = ?1 AND l.seq = ?2 AND substr(l.hash, 1, 4) = ?3 "
                       "AND h.rid = ?5 AND h.reason = ?6");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)id_version_seq(&m->version));
    db_bind_blob(q, 3, bytes_make(m->version.b + ID_INC_BYTES + 8, 4));
    db_bind_int(q, 4, m->op);
    db_bind_blob(q, 5, BYTES_OF(m->record.b));
    db_bind_int(q, 6, FOLD_HELD_STEP);
    enum err e = db_get(q);
    *found = e == ERR_OK;
    if (*found) pos = db_column_int(q, 0);
    if (*found) unit = db_column_int(q, 1);
    db_done(q);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->verdict = FOLD_REPLACED;
    e = hub_held_decide(s, (uint64_t)pos, m->op, m->apply, w->at, &done);
    if (e == ERR_OK && done) *out = (struct hub_moved){.verdict = FOLD_APPLIED, .scope = unit};
    /* a create that was held: what came after it can be folded now */
    bool made = e == ERR_OK && done && m->apply;
    return made ? hub_held_retry(s, &m->record, w->at, NULL, NULL, w->received_ms) : e;
}

static enum err hub_settle_take(struct hub_store *s, const struct hub_writer *w,
                                struct bytes payload, struct hub_moved *out)
{
    struct move_settle m;
    struct hub_cross c;
    struct hub_record r;
    struct db_stmt *q = NULL;
    bool done = false;
    if (move_settle_decode(payload, &m) != ERR_OK) return ERR_OK;
    enum err e = hub_step_settle(s, w, &m, out, &done);
    if (e != ERR_OK || done) return e;
    e = hub_crossed_get(s, &m, &c);
    if (e == ERR_NOT_FOUND) { /* it may come yet */
        out->verdict = FOLD_HELD_UNKNOWN;
        out->wait = m.record;
        return ERR_OK;
    }
    if (e == ERR_OK) e = hub_record_get_no(s, c.record, &q, &r);
    db_done(q);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    if (!w->own && r.unit != w->unit) {
        out->verdict = FOLD_HELD_SCOPE;
        return ERR_OK;
    }
    out->verdict = FOLD_REPLACED;
    if (c.state != MOVE_CROSSED_OPEN) return ERR_OK;
    e = hub_held_decide(s, c.pos, m.op, m.apply, w->at, &done);
    if (e != ERR_OK || !done) return e;
    out->verdict = FOLD_APPLIED;
    out->scope = r.unit;
    return hub_crossed_write(s, c.pos, m.op, m.apply ? MOVE_CROSSED_APPLIED : MOVE_CROSSED_ASIDE,
                             w->at);
}

enum err hub_crossed_note(struct hub_store *s, const struct hub_writer *w,
                          const struct id_record *rid, unsigned index, bool *noted)
{
    *noted = false;
    if (!s->moves) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_crossed(pos, op, record, unit, state, changed) "
                       "SELECT ?1, ?2, r.no, ?3, 0, ?5 FROM sys_record r WHERE r.rid = ?4 AND "
                       "EXISTS (SELECT 1 FROM sys_scope c WHERE c.record = r.no AND c.scope = ?3)");
    db_bind_int(q, 1, (int64_t)w->set.position);
    db_bind_int(q, 2, index);
    db_bind_int(q, 3, w->unit);
    db_bind_blob(q, 4, BYTES_OF(rid->b));
    db_bind_int(q, 5, (int64_t)w->at); /* later than its own position when it had waited */
    enum err e = db_run(q);
    *noted = e == ERR_OK && db_changes(s->db) > 0;
    return e;
}

/* ---- assign ---- */

static struct id_record hub_assign_rid(const struct move_assign *m, size_t i)
{
    struct id_record rid;
    memcpy(rid.b, m->records.p + i * sizeof rid.b, sizeof rid.b);
    return rid;
}

/* An erased record holds up nothing. In a replay it does until the assignment applied in fact. */
static enum err hub_assign_gone(const struct hub_store *s, const struct hub_writer *w,
                                const struct id_record *rid, bool *gone)
{
    const struct hub_store *as = s->replays != NULL ? s->replays : s;
    *gone = erase_has_record(&as->erased, rid);
    if (!*gone || s->replays == NULL) return ERR_OK;
    struct db_stmt *q =
        db_stmt(as->db, "SELECT at FROM sys_assigned_late WHERE pos = ?1 AND op = ?2");
    db_bind_int(q, 1, (int64_t)w->set.position);
    db_bind_int(q, 2, w->op);
    enum err e = db_get(q);
    if (e == ERR_OK) *gone = w->at >= (uint64_t)db_column_int(q, 0);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_assign_late(struct hub_store *s, const struct hub_writer *w)
{
    if (w->at == w->set.position) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_assigned_late(pos, op, at) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, (int64_t)w->set.position);
    db_bind_int(q, 2, w->op);
    db_bind_int(q, 3, (int64_t)w->at);
    return db_run(q);
}

/* All or nothing: the first record that is not there yet is waited for. */
static enum err hub_assign_ready(struct hub_store *s, const struct hub_writer *w,
                                 const struct move_assign *m, struct hub_moved *out)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < m->records.len / ID_RECORD_BYTES; i++) {
        struct id_record rid = hub_assign_rid(m, i);
        struct hub_record r;
        struct db_stmt *q = NULL;
        e = hub_record_get(s, &rid, &q, &r);
        db_done(q);
        if (e != ERR_NOT_FOUND) continue;
        bool gone = false;
        e = hub_assign_gone(s, w, &rid, &gone);
        if (e != ERR_OK || gone) continue;
        out->verdict = FOLD_HELD_UNKNOWN;
        out->wait = rid;
        e = ERR_NOT_FOUND;
    }
    return e;
}

static enum err hub_assign_take(struct hub_store *s, const struct hub_writer *w,
                                struct bytes payload, struct hub_moved *out)
{
    struct move_assign m;
    char since[DATE_TEXT_ROOM] = "";
    int64_t to = 0;
    if (move_assign_decode(payload, &m) != ERR_OK) return ERR_OK;
    if (!w->own) {
        out->verdict = FOLD_HELD_SCOPE;
        return ERR_OK;
    }
    if (!ZOO(116)) memcpy(since, m.date.p, m.date.len);
    enum err e = hub_unit_target(s, m.to, 0, &to);
    if (e != ERR_OK || to == 0) return e;
    e = hub_assign_ready(s, w, &m, out);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->verdict = FOLD_APPLIED;
    out->scope = to;
    e = hub_assign_late(s, w);
    for (size_t i = 0; e == ERR_OK && i < m.records.len / ID_RECORD_BYTES; i++) {
        struct id_record rid = hub_assign_rid(&m, i);
        struct hub_record r;
        struct db_stmt *q = NULL;
        e = hub_record_get(s, &rid, &q, &r);
        if (e == ERR_OK && r.unit != to && hub_may_move(s, &r) && !(ZOO(117) && i > 0))
            e = hub_scope_rehome(s, &r, to, w->at, since);
        db_done(q);
        if (e == ERR_NOT_FOUND) e = ERR_OK; /* erased */
    }
    return e;
}

/* ---- all of them ---- */

enum err hub_move_apply(struct hub_store *s, const struct hub_writer *w, struct bytes payload,
                        struct hub_moved *out)
{
    *out = (struct hub_moved){.verdict = FOLD_HELD_UNREADABLE, .scope = HUB_SCOPE_NONE};
    switch (change_payload_kind(payload)) {
    case CHANGE_OFFER: return hub_offer_take(s, w, payload, out);
    case CHANGE_ANSWER: return hub_answer_take(s, w, payload, out);
    case CHANGE_SHARE: return hub_share_take(s, w, payload, out);
    case CHANGE_SETTLE: return hub_settle_take(s, w, payload, out);
    case CHANGE_ASSIGN: return hub_assign_take(s, w, payload, out);
    default: return ERR_OK;
    }
}

/* One op on a record: who may write it, folding, the row, the sums. SPEC 6, 7.10. */
#include "hub/store_priv.h"
#include "common/zoo.h"
#include "proto/step.h"
#include "proto/wire.h"

#include <assert.h>

/* ---- rows ---- */

enum err hub_record_read(const struct db_stmt *q, struct hub_record *r)
{
    *r = (struct hub_record){
        .no = db_column_int(q, 0),
        .type = (unsigned)db_column_int(q, 2),
        .unit = db_column_int(q, 3),
        .scope = db_column_int(q, 4),
        .pos = (uint64_t)db_column_int(q, 5),
        .conflicts = (size_t)db_column_int(q, 6),
        .state = db_column_bytes(q, 7),
        .author = db_column_int(q, 8),
        .others = (uint64_t)db_column_int(q, 9),
        .shared = db_column_int(q, 10),
    };
    return db_column_copy(q, 1, r->rid.b, sizeof r->rid.b);
}

static struct db_stmt *hub_record_select(struct hub_store *s, const struct id_record *rid)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    return q;
}

/* *inserted = false: there is a record with that id. */
static enum err hub_record_insert(struct hub_store *s, struct hub_record *r, bool *inserted)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_record(rid, type, unit, scope, pos, conflicts, state, "
                       "author, others) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
                       "ON CONFLICT(rid) DO NOTHING");
    db_bind_blob(q, 1, BYTES_OF(r->rid.b));
    db_bind_int(q, 2, r->type);
    db_bind_int(q, 3, r->unit);
    db_bind_int(q, 4, r->scope);
    db_bind_int(q, 5, (int64_t)r->pos);
    db_bind_int(q, 6, (int64_t)r->conflicts);
    db_bind_blob(q, 7, r->state);
    db_bind_int(q, 8, r->author);
    db_bind_int(q, 9, (int64_t)r->others);
    enum err e = db_run(q);
    *inserted = e == ERR_OK && db_changes(s->db) == 1;
    if (*inserted) r->no = db_last_rowid(s->db);
    return e;
}

enum err hub_record_update(struct hub_store *s, const struct hub_record *r)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_record SET scope = ?2, pos = ?3, conflicts = ?4, state = ?5, "
                       "author = ?6, others = ?7, unit = ?8, shared = ?9 WHERE no = ?1");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, r->scope);
    db_bind_int(q, 3, (int64_t)r->pos);
    db_bind_int(q, 4, (int64_t)r->conflicts);
    db_bind_blob(q, 5, r->state);
    db_bind_int(q, 6, r->author);
    db_bind_int(q, 7, (int64_t)r->others);
    db_bind_int(q, 8, r->unit);
    db_bind_int(q, 9, r->shared);
    return db_run(q);
}

/* ---- scopes and sums ---- */

int64_t hub_scope_of(const struct hub_store *s, unsigned type, int64_t unit)
{
    if (unit != s->hub_unit) return unit; /* a commune always gets back what it wrote */
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    if (t == NULL || t->scope == CATALOGUE_SCOPE_HUB) return HUB_SCOPE_NONE;
    return t->scope == CATALOGUE_SCOPE_DOWN && !ZOO(63) ? HUB_SCOPE_ALL : unit;
}

/* The other units that have it sum it up as well. */
static enum err hub_scope_shares(struct hub_store *s, const struct hub_record *old,
                                 const struct hub_record *now)
{
    uint8_t before[16], after[16];
    bool row = false;
    fold_scope_term(&old->rid, hub_epoch_of(s, old->pos), old->pos, old->state, before);
    fold_scope_term(&now->rid, hub_epoch_of(s, now->pos), now->pos, now->state, after);
    struct db_stmt *q = db_stmt(s->db, "SELECT scope FROM sys_scope WHERE record = ?1 AND left IS "
                                       "NULL AND access > 0");
    db_bind_int(q, 1, old->no);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct hub_unit *u = &s->units[db_column_int(q, 0)];
        fold_scope_sub(u->sum, before);
        fold_scope_add(u->sum, after);
        u->dirty = true;
        e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Take `old` out of its scope's sum (NULL: a new record) and put `now` in (NULL: gone). */
enum err hub_scope_move(struct hub_store *s, const struct hub_record *old,
                        const struct hub_record *now)
{
    uint8_t term[16];
    if (old != NULL) {
        struct hub_unit *u = &s->units[old->scope];
        fold_scope_term(&old->rid, hub_epoch_of(s, old->pos), old->pos, old->state, term);
        fold_scope_sub(u->sum, term);
        u->records--;
        u->dirty = true;
    }
    if (now != NULL) {
        struct hub_unit *u = &s->units[now->scope];
        fold_scope_term(&now->rid, hub_epoch_of(s, now->pos), now->pos, now->state, term);
        fold_scope_add(u->sum, term);
        u->records++;
        u->dirty = true;
    }
    bool others = old != NULL && now != NULL && old->shared > 0;
    return others ? hub_scope_shares(s, old, now) : ERR_OK;
}

/* ---- what the catalogue does not know ---- */

static bool hub_choice_unknown(const struct hub_store *s, const char *list, struct bytes value)
{
    char text[CATALOGUE_NAME_BYTES_MAX + 1];
    if (value.len == 0 || value.len > CATALOGUE_NAME_BYTES_MAX) return true;
    if (memchr(value.p, 0, value.len) != NULL) return true;
    memcpy(text, value.p, value.len);
    text[value.len] = '\0';
    return !catalogue_choice_known(s->catalogue, list, text);
}

static bool hub_write_unknown(const struct hub_store *s, const struct catalogue_type *t,
                              const struct change_write *w)
{
    if (w->field == 0 || record_field_common(w->field)) return false;
    const struct catalogue_field *f = catalogue_field_by_no(t, w->field);
    if (f == NULL) return true;
    if (f->kind == CATALOGUE_CHOICES)
        return w->element.p == NULL || hub_choice_unknown(s, f->list, w->element);
    if (f->kind != CATALOGUE_CHOICE) return false;
    struct wire_reader r;
    wire_open(&r, w->value);
    if (wire_peek(&r) == WIRE_NIL) return false;
    return hub_choice_unknown(s, f->list, wire_get_str(&r));
}

static uint8_t hub_op_flags(const struct hub_store *s, const struct change_op *op)
{
    if (s->catalogue == NULL) return 0; /* nothing to be unknown to */
    const struct catalogue_type *t = catalogue_type_by_no(s->catalogue, op->type);
    if (t == NULL) return FOLD_FLAG_UNKNOWN;
    for (size_t i = 0; i < op->count; i++) {
        if (hub_write_unknown(s, t, &op->writes[i])) return FOLD_FLAG_UNKNOWN;
    }
    return 0;
}

/* An edit of nothing but sealed fields and fields of every type: no figure reads them, so it is never
 * late. */
static bool hub_op_silent(const struct hub_store *s, const struct change_op *op)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, op->type) : NULL;
    if (t == NULL || op->kind != CHANGE_EDIT) return false;
    for (size_t i = 0; i < op->count; i++) {
        const struct catalogue_field *f = catalogue_field_by_no(t, op->writes[i].field);
        if (!record_field_common(op->writes[i].field) && (f == NULL || !f->sealed)) return false;
    }
    return true;
}

/* ---- applying ---- */

static enum err hub_state_save(struct hub_store *s, struct hub_record *r)
{
    buf_clear(&s->state);
    fold_save(&s->fold, &s->state);
    r->state = buf_bytes(&s->state);
    r->conflicts = fold_conflicts(&s->fold, &s->rules);
    return s->state.e;
}

enum err hub_record_rewrite(struct hub_store *s, const struct hub_record *old,
                            struct hub_record *now)
{
    enum err e = hub_state_save(s, now);
    bool left = ZOO(22) && now->conflicts > old->conflicts;
    if (e == ERR_OK && !left) e = hub_record_update(s, now);
    return e == ERR_OK && !ZOO(19) ? hub_scope_move(s, old, now) : e;
}

/* Who made this change and those before it. Versions named early wait for sets that a node need not
 * have in the same order: such a state only the hub can tell. */
static void hub_record_author(const struct hub_store *s, const struct hub_writer *w,
                              const struct hub_record *old, struct hub_record *r)
{
    bool plain = w->author != 0 && s->fold.early_count == 0;
    r->author = plain ? w->author : 0;
    r->others = old == NULL ? 0 : old->author == r->author ? old->others : old->pos;
    if (!plain) r->others = r->pos;
}

static bool hub_is_held(enum fold_verdict v)
{
    return v >= FOLD_HELD_SCOPE;
}

/* After the row was written: matches between records, and decisions about them. */
static enum err hub_record_written(struct hub_store *s, const struct hub_writer *w,
                                   const struct hub_record *r, const struct hub_match *old)
{
    struct hub_match now;
    enum err e = hub_match_of(s, &s->fold, &now);
    if (e == ERR_OK) e = hub_match_move(s, r, old, &now);
    if (e == ERR_OK && w->own) e = hub_link_note(s, r, &s->fold);
    return e;
}

/* Only the hub's own log may make records of a type that stays at the hub: decisions such as
 * person_link change what is counted. */
static bool hub_type_foreign(const struct hub_store *s, const struct hub_writer *w, unsigned type)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    return !w->own && t != NULL && t->scope == CATALOGUE_SCOPE_HUB;
}

/* Is it a step that a unit may not take? The hub's own ops, and what a person decided, are not asked. */
static enum err hub_step_held(struct hub_store *s, const struct hub_writer *w,
                              const struct change_op *op, bool *held)
{
    struct step_why why;
    bool known = false;
    *held = false;
    if (w->own || w->settled || w->erased) return ERR_OK;
    enum err e = hub_step_was(s, w, &op->rid, &known, held);
    if (e != ERR_OK || known) return e;
    *held = !step_allowed(s->catalogue, &s->fold, op->type, op->writes, op->count,
                          CATALOGUE_SIDE_UNIT, true, &why);
    return ERR_OK;
}

static enum err hub_step_note(struct hub_store *s, const struct hub_writer *w)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_step(pos, op) VALUES (?1, ?2)");
    db_bind_int(q, 1, (int64_t)w->set.position);
    db_bind_int(q, 2, w->op);
    return db_run(q);
}

/* A create that its author may not make so. *done = false: the record is there, which may allow it. */
static enum err hub_step_hold(struct hub_store *s, const struct hub_writer *w,
                              const struct change_op *op, uint8_t *verdict, bool *done)
{
    struct db_stmt *q = hub_record_select(s, &op->rid);
    enum err e = db_get(q);
    db_done(q);
    *done = e != ERR_OK;
    if (e != ERR_NOT_FOUND) return e;
    *verdict = FOLD_HELD_STEP;
    return hub_step_note(s, w);
}

/* A create of an id that is not there yet; *done = false: it is there, take the long way. */
static enum err hub_op_create(struct hub_store *s, const struct hub_writer *w,
                              const struct change_op *op, uint8_t *verdict, int64_t *scope,
                              bool *done)
{
    enum fold_verdict v = FOLD_APPLIED;
    struct hub_match none = {.has = false};
    struct hub_record r = {
        .rid = op->rid,
        .type = op->type,
        .unit = w->unit,
        .scope = hub_scope_of(s, op->type, w->unit),
        .pos = w->at,
    };
    *done = true;
    bool held = false;
    fold_clear(&s->fold);
    enum err e = hub_step_held(s, w, op, &held);
    if (e == ERR_OK && held) return hub_step_hold(s, w, op, verdict, done);
    if (e == ERR_OK) e = fold_apply(&s->fold, op, &w->set, &s->rules, &v);
    if (e != ERR_OK || hub_is_held(v)) {
        *verdict = (uint8_t)v;
        return e;
    }
    hub_record_author(s, w, NULL, &r);
    e = hub_state_save(s, &r);
    if (e == ERR_OK) e = hub_record_insert(s, &r, done);
    if (e != ERR_OK || !*done) return e;
    e = hub_scope_move(s, NULL, &r);
    *verdict = (uint8_t)v;
    *scope = r.scope;
    return e == ERR_OK ? hub_record_written(s, w, &r, &none) : e;
}

static enum err hub_op_change(struct hub_store *s, const struct hub_writer *w,
                              const struct change_op *op, const struct hub_record *old,
                              uint8_t *verdict, int64_t *scope)
{
    enum fold_verdict v = FOLD_HELD_SCOPE;
    struct hub_match match;
    fold_clear(&s->fold); /* it borrows from a row that is gone */
    if (!w->own && !w->settled && old->unit != w->unit) {
        enum move_access access = MOVE_NOTHING;
        enum err asked = old->shared > 0 ? hub_scope_access(s, old->no, w->unit, &access) : ERR_OK;
        *verdict = (uint8_t)v;
        if (asked != ERR_OK || access != MOVE_WRITE) return asked;
    }
    enum err e = fold_load(&s->fold, old->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    if (s->closed_count > 0) s->late = hub_record_late(s, w->unit, false);
    e = hub_match_of(s, &s->fold, &match);
    bool held = false;
    if (e == ERR_OK) e = hub_step_held(s, w, op, &held);
    if (held) v = FOLD_HELD_STEP;
    if (e == ERR_OK && held) e = hub_step_note(s, w);
    if (e == ERR_OK && !held) e = fold_apply(&s->fold, op, &w->set, &s->rules, &v);
    *verdict = (uint8_t)v;
    if (e != ERR_OK || hub_is_held(v)) return e;
    struct hub_record now = *old;
    now.pos = w->at;
    now.scope = hub_scope_of(s, old->type, old->unit);
    hub_record_author(s, w, old, &now);
    e = hub_record_rewrite(s, old, &now);
    if (e != ERR_OK) return e;
    *scope = now.scope;
    return hub_record_written(s, w, &now, &match);
}

/*
 * Apply one op. Out: the verdict without flags; the scope of the record when it changed, else
 * untouched.
 */
enum err hub_op_apply(struct hub_store *s, const struct hub_writer *w, const struct change_op *op,
                      uint8_t *verdict, int64_t *scope)
{
    s->folding = op->rid;
    s->late = false;
    if (hub_type_foreign(s, w, op->type)) {
        *verdict = FOLD_HELD_SCOPE;
        return ERR_OK;
    }
    if (op->kind == CHANGE_CREATE) {
        bool done = false;
        enum err e = hub_op_create(s, w, op, verdict, scope, &done);
        if (e == ERR_OK && done) s->late = hub_late_flag(s, w) != 0;
        if (e != ERR_OK || done) return e;
    }
    struct hub_record old;
    struct db_stmt *q = hub_record_select(s, &op->rid);
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) {
        *verdict = FOLD_HELD_UNKNOWN;
        db_done(q);
        return ERR_OK;
    }
    if (e == ERR_OK) e = hub_record_read(q, &old);
    if (e == ERR_OK) e = hub_op_change(s, w, op, &old, verdict, scope);
    /* while the row is there from which the fold borrows */
    if (e == ERR_OK) s->late = !hub_op_silent(s, op) && hub_late_flag(s, w) != 0;
    db_done(q);
    return e;
}

enum err hub_op_take(struct hub_store *s, const struct hub_writer *w, const struct change_op *op,
                     unsigned index, uint8_t *verdict, int64_t *scope)
{
    enum err e = hub_op_apply(s, w, op, verdict, scope);
    if (e != ERR_OK) return e;
    if (hub_is_held((enum fold_verdict) * verdict))
        return hub_held_add(s, w, &op->rid, index, *verdict);
    *verdict = (uint8_t)(*verdict | hub_op_flags(s, op) | (s->late ? FOLD_FLAG_LATE : 0));
    return ERR_OK;
}

/* ---- a new catalogue ---- */

static enum err hub_record_next(struct hub_store *s, int64_t after, struct db_stmt **q,
                                struct hub_record *r)
{
    *q = db_stmt(s->db,
                 "SELECT " HUB_RECORD_COLUMNS " FROM sys_record WHERE no > ?1 ORDER BY no LIMIT 1");
    db_bind_int(*q, 1, after);
    enum err e = db_get(*q);
    return e == ERR_OK ? hub_record_read(*q, r) : e;
}

static enum err hub_record_refresh(struct hub_store *s, const struct hub_record *old, uint64_t at)
{
    fold_clear(&s->fold);
    enum err e = fold_load(&s->fold, old->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    struct hub_record now = *old;
    now.conflicts = fold_conflicts(&s->fold, &s->rules);
    now.scope = hub_scope_of(s, old->type, old->unit);
    if (now.scope != old->scope) { /* so that the feed carries it */
        now.pos = now.others = at;
        now.author = 0;
    }
    if (now.scope != old->scope || now.conflicts != old->conflicts) e = hub_record_update(s, &now);
    if (e == ERR_OK && now.scope != old->scope) e = hub_scope_move(s, old, &now);
    if (e != ERR_OK) return e;
    struct hub_writer w = {.own = old->unit == s->hub_unit};
    struct hub_match none = {.has = false};
    return hub_record_written(s, &w, &now, &none);
}

enum err hub_records_refresh(struct hub_store *s, uint64_t at)
{
    enum err e = db_run(db_stmt(s->db, "DELETE FROM sys_match"));
    if (e == ERR_OK) e = db_run(db_stmt(s->db, "DELETE FROM sys_pair"));
    if (e == ERR_OK) e = db_run(db_stmt(s->db, "DELETE FROM sys_link"));
    int64_t after = 0;
    while (e == ERR_OK) {
        struct hub_record r;
        struct db_stmt *q = NULL;
        e = hub_record_next(s, after, &q, &r);
        if (e == ERR_OK) e = hub_record_refresh(s, &r, at);
        after = r.no;
        db_done(q);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

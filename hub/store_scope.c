/* Who has which record: owners, shares, and what stays with a unit that lost one. SPEC 13.1, 13.4. */
#include "hub/store_priv.h"
#include "common/zoo.h"

#include <stdlib.h>
#include <string.h>

/* ---- records by id and number ---- */

enum err hub_record_get(struct hub_store *s, const struct id_record *rid, struct db_stmt **q,
                        struct hub_record *r)
{
    *q = db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record r WHERE r.rid = ?1");
    db_bind_blob(*q, 1, BYTES_OF(rid->b));
    enum err e = db_get(*q);
    return e == ERR_OK ? hub_record_read(*q, r) : e;
}

enum err hub_record_get_no(struct hub_store *s, int64_t no, struct db_stmt **q,
                           struct hub_record *r)
{
    *q = db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record WHERE no = ?1");
    db_bind_int(*q, 1, no);
    enum err e = db_get(*q);
    return e == ERR_OK ? hub_record_read(*q, r) : e;
}

enum err hub_moves_load(struct hub_store *s)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT EXISTS (SELECT 1 FROM sys_scope) OR "
                                       "EXISTS (SELECT 1 FROM sys_transfer)");
    enum err e = db_get(q);
    if (e == ERR_OK) s->moves = db_column_int(q, 0) != 0;
    db_done(q);
    return e;
}

/* ---- rows of sys_scope ---- */

void hub_sum_change(struct hub_store *s, int64_t scope, const struct hub_record *r, bool in)
{
    uint8_t term[16];
    struct hub_unit *u = &s->units[scope];
    fold_scope_term(&r->rid, hub_epoch_of(s, r->pos), r->pos, r->state, term);
    if (in) {
        fold_scope_add(u->sum, term);
        u->records++;
    } else {
        fold_scope_sub(u->sum, term);
        u->records--;
    }
    u->dirty = true;
}

/* A share's unit is the twelfth column; without one the record counts for its owner. */
static enum err hub_sums_of(struct hub_store *s, struct db_stmt *q)
{
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        struct hub_record r;
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        e = hub_record_read(q, &r);
        int64_t unit = db_column_count(q) > 11 ? db_column_int(q, 11) : r.scope;
        if (e == ERR_OK && (unit < 0 || (size_t)unit >= s->unit_count)) e = ERR_DAMAGED;
        if (e == ERR_OK) hub_sum_change(s, unit, &r, true);
    }
    db_done(q);
    return e;
}

enum err hub_sums_anew(struct hub_store *s)
{
    for (size_t i = 0; i < s->unit_count; i++) {
        memset(s->units[i].sum, 0, sizeof s->units[i].sum);
        s->units[i].records = 0;
        s->units[i].dirty = true;
    }
    enum err e = hub_sums_of(s, db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record"));
    if (e == ERR_OK)
        e = hub_sums_of(s, db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS ", a.s FROM sys_record "
                                          "JOIN (SELECT record, scope AS s FROM sys_scope WHERE "
                                          "left IS NULL AND access > 0) a ON a.record = no"));
    return e == ERR_OK ? hub_sums_flush(s) : e;
}

enum err hub_scope_access(struct hub_store *s, int64_t record, int64_t unit, enum move_access *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT access FROM sys_scope WHERE scope = ?1 AND record = "
                                       "?2 AND left IS NULL AND access > 0");
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, record);
    *out = MOVE_NOTHING;
    enum err e = db_get(q);
    if (e == ERR_OK) *out = (enum move_access)db_column_int(q, 0);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* A copy for reading stays where the type is not too sensitive; then it says who has the record. */
static bool hub_leaves_copy(const struct hub_store *s, unsigned type)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    return t != NULL && t->sensitivity < MOVE_CLASS_DROPPED;
}

/* One set may let it in, take it out and let it in again: it is in since that set. */
static enum err hub_scope_enter(struct hub_store *s, int64_t unit, int64_t record, uint64_t at,
                                enum move_access access, const char *since)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_scope(scope, record, entered, access, changed, since) "
                       "VALUES (?1, ?2, ?3, ?4, ?3, ?5) ON CONFLICT DO UPDATE SET left = NULL, "
                       "heir = NULL, state = NULL, changed = ?3, since = ?5");
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, record);
    db_bind_int(q, 3, (int64_t)at);
    db_bind_int(q, 4, (int64_t)access);
    db_bind_str(q, 5, since);
    s->moves = true;
    return db_run(q);
}

/* The unit does not have the record any more, as its owner or as one it was shared with. */
static enum err hub_scope_leave(struct hub_store *s, int64_t unit, const struct hub_record *r,
                                bool owner, int64_t heir, uint64_t at)
{
    bool copy = hub_leaves_copy(s, r->type);
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_scope SET left = ?3, changed = ?3, heir = ?4, state = ?5 WHERE "
                       "scope = ?1 AND record = ?2 AND left IS NULL AND (access = 0) = ?6");
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, r->no);
    db_bind_int(q, 3, (int64_t)at);
    if (copy) db_bind_int(q, 4, heir);
    if (copy) db_bind_blob(q, 5, r->state);
    db_bind_int(q, 6, owner);
    enum err e = db_run(q);
    if (e != ERR_OK || !owner || db_changes(s->db) > 0) return e;
    q = db_stmt(s->db, "INSERT INTO sys_scope(scope, record, entered, left, access, changed, "
                       "since, heir, state) VALUES (?1, ?2, 0, ?3, 0, ?3, '', ?4, ?5)");
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, r->no);
    db_bind_int(q, 3, (int64_t)at);
    if (copy) db_bind_int(q, 4, heir);
    if (copy) db_bind_blob(q, 5, r->state);
    return db_run(q);
}

/* The record's last change is at `at`, and nobody can fold it from sets: the feed carries it. */
static struct hub_record hub_record_bumped(const struct hub_record *old, uint64_t at)
{
    struct hub_record now = *old;
    now.pos = now.others = at;
    now.author = 0;
    return now;
}

/* ---- shares ---- */

static enum err hub_share_begin(struct hub_store *s, const struct hub_record *old, int64_t unit,
                                enum move_access access, uint64_t at)
{
    struct hub_record now = hub_record_bumped(old, at);
    now.shared++;
    enum err e = hub_record_update(s, &now);
    if (e == ERR_OK) e = hub_scope_move(s, old, &now);
    if (e == ERR_OK) e = hub_scope_enter(s, unit, old->no, at, access, "");
    if (e == ERR_OK) hub_sum_change(s, unit, &now, true);
    return e;
}

static enum err hub_share_end(struct hub_store *s, const struct hub_record *old, int64_t unit,
                              uint64_t at)
{
    struct hub_record now = hub_record_bumped(old, at);
    now.shared--;
    enum err e = hub_record_update(s, &now);
    if (e == ERR_OK) e = hub_scope_leave(s, unit, old, false, old->unit, at);
    if (e != ERR_OK) return e;
    hub_sum_change(s, unit, old, false);
    return hub_scope_move(s, old, &now);
}

enum err hub_scope_share(struct hub_store *s, const struct hub_record *old, int64_t unit,
                         enum move_access access, uint64_t at)
{
    enum move_access before = MOVE_NOTHING;
    enum err e = hub_scope_access(s, old->no, unit, &before);
    if (e != ERR_OK || before == access) return e;
    if (before == MOVE_NOTHING) return hub_share_begin(s, old, unit, access, at);
    if (access == MOVE_NOTHING) return hub_share_end(s, old, unit, at);
    /* OR REPLACE: of a share of the other access that began and ended in this same set */
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE OR REPLACE sys_scope SET access = ?3, changed = ?4 WHERE scope = ?1 "
                       "AND record = ?2 AND left IS NULL AND access > 0");
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, old->no);
    db_bind_int(q, 3, (int64_t)access);
    db_bind_int(q, 4, (int64_t)at);
    return db_run(q);
}

/* ---- another owner ---- */

/* The new owner had it as a share: that ends without an event, for it keeps the record. */
static enum err hub_share_merge(struct hub_store *s, const struct hub_record *old, int64_t unit,
                                uint64_t at, bool *had)
{
    enum move_access access = MOVE_NOTHING;
    enum err e = old->shared > 0 ? hub_scope_access(s, old->no, unit, &access) : ERR_OK;
    *had = access != MOVE_NOTHING;
    if (e != ERR_OK || !*had) return e;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_scope SET left = ?3, changed = ?3 WHERE scope = "
                                       "?1 AND record = ?2 AND left IS NULL AND access > 0");
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, old->no);
    db_bind_int(q, 3, (int64_t)at);
    hub_sum_change(s, unit, old, false);
    return db_run(q);
}

/* What else must be told to the new owner, and offers that are empty now. Shares that ended as well, and crossings that
 * are settled: who had the record before may know of one from then, and who comes now of none. */
static enum err hub_rehome_tell(struct hub_store *s, int64_t record, uint64_t at)
{
    static const char *const sql[] = {
        "UPDATE sys_scope AS c SET changed = ?2 WHERE record = ?1 AND access > 0 AND (left IS "
        "NULL OR NOT EXISTS (SELECT 1 FROM sys_scope d WHERE d.record = ?1 AND d.scope = c.scope "
        "AND "
        "d.access > 0 AND d.left IS NULL))",
        "UPDATE sys_crossed SET changed = ?2 WHERE record = ?1",
        "UPDATE sys_transfer SET state = 4, changed = ?2 WHERE record = ?1 AND state = 0",
    };
    enum err e = ERR_OK;
    for (size_t i = ZOO(114) ? 1 : 0; e == ERR_OK && i < sizeof sql / sizeof sql[0]; i++) {
        struct db_stmt *q = db_stmt(s->db, sql[i]);
        db_bind_int(q, 1, record);
        db_bind_int(q, 2, (int64_t)at);
        e = db_run(q);
    }
    return e;
}

enum err hub_scope_rehome(struct hub_store *s, const struct hub_record *old, int64_t to,
                          uint64_t at, const char *since)
{
    bool had = false;
    struct hub_record now = hub_record_bumped(old, at);
    enum err e = hub_share_merge(s, old, to, at, &had);
    if (had) now.shared--;
    now.unit = to;
    now.scope = hub_scope_of(s, old->type, to);
    if (e == ERR_OK) e = hub_record_update(s, &now);
    if (e == ERR_OK) e = hub_scope_move(s, old, &now);
    if (e == ERR_OK) e = hub_scope_leave(s, old->unit, old, true, to, at);
    if (e == ERR_OK) e = hub_scope_enter(s, to, old->no, at, MOVE_NOTHING, since);
    if (e == ERR_OK) e = hub_owner_change(s, old->no, old->unit, to, since);
    return e == ERR_OK ? hub_rehome_tell(s, old->no, at) : e;
}

/* ---- what goes along ---- */

struct hub_closure {
    int64_t *v;
    size_t count;
    size_t room;
};

static enum err hub_closure_add(struct hub_closure *c, int64_t no)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->v[i] == no) return ERR_OK;
    }
    if (c->count >= MOVE_CLOSURE_MAX) return ERR_TOO_LARGE;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        int64_t *v = realloc(c->v, room * sizeof *v);
        if (v == NULL) return ERR_NOMEM;
        c->v = v;
        c->room = room;
    }
    c->v[c->count++] = no;
    return ERR_OK;
}

bool hub_refers_to(struct bytes value, struct id_record *out)
{
    char hex[2 * ID_RECORD_BYTES + 1] = "";
    if (value.len == 2 + sizeof out->b && value.p[0] == 0xc4) { /* bin8 */
        memcpy(out->b, value.p + 2, sizeof out->b);
        return true;
    }
    if (value.len != 2 + sizeof hex - 1 || value.p[0] != 0xd9) return false; /* str8 */
    memcpy(hex, value.p + 2, sizeof hex - 1);
    for (const char *c = hex; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'F') return false;
    return id_unhex(hex, out->b, sizeof out->b) == ERR_OK;
}

/* Does a head of this field refer to the record? */
static bool hub_refers(const struct fold *f, unsigned field, const struct id_record *rid)
{
    static const struct bytes no_element = {NULL, 0};
    struct id_record to;
    const struct fold_register *reg = fold_find(f, field, no_element);
    for (size_t i = 0; reg != NULL && i < reg->count; i++) {
        if (hub_refers_to(reg->heads[i].value, &to) && ID_EQUAL(&to, rid)) return true;
    }
    return false;
}

static enum err hub_closure_of(struct hub_store *s, const struct catalogue_follow *follow,
                               const struct id_record *rid, int64_t unit, struct hub_closure *c)
{
    bool row = false;
    char hex[2 * ID_RECORD_BYTES + 1];
    struct db_stmt *q = db_stmt(s->db, "SELECT no, state FROM sys_record WHERE scope = ?1 AND unit "
                                       "= ?1 AND type = ?2 AND instr(state, ?3) > 0 ORDER BY no");
    id_hex(BYTES_OF(rid->b), hex);
    db_bind_int(q, 1, unit);
    db_bind_int(q, 2, follow->type);
    db_bind_blob(q, 3, follow->to != 0 ? BYTES_OF(rid->b) : bytes_str(hex));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        fold_clear(&s->fold);
        e = fold_load(&s->fold, db_column_bytes(q, 1));
        if (e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
        if (e == ERR_OK && hub_refers(&s->fold, follow->field, rid))
            e = hub_closure_add(c, db_column_int(q, 0));
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err hub_closure_step(struct hub_store *s, size_t at, struct hub_closure *c)
{
    struct hub_record r;
    struct db_stmt *q = NULL;
    size_t count = 0;
    const struct catalogue_follow *f =
        s->catalogue != NULL ? catalogue_follows(s->catalogue, &count) : NULL;
    enum err e = hub_record_get_no(s, c->v[at], &q, &r);
    db_done(q);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (f[i].to == r.type || f[i].to == 0) e = hub_closure_of(s, &f[i], &r.rid, r.unit, c);
    }
    return e;
}

enum err hub_scope_closure(struct hub_store *s, int64_t record, int64_t **v, size_t *count)
{
    struct hub_closure c = {0};
    enum err e = hub_closure_add(&c, record);
    for (size_t i = 0; e == ERR_OK && i < c.count; i++)
        e = hub_closure_step(s, i, &c);
    if (e != ERR_OK) {
        free(c.v);
        return e;
    }
    *v = c.v;
    *count = c.count;
    return ERR_OK;
}

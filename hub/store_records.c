#include "hub/store_records.h"
#include "hub/store_priv.h"

#include <stdlib.h>

static const char *hub_unit_code(const struct hub_store *s, int64_t no)
{
    return no >= HUB_UNIT_FIRST && (size_t)no < s->unit_count ? s->units[no].code : "";
}

/* ---- records ---- */

enum err hub_store_record(struct hub_store *s, const struct id_record *rid, struct buf *state,
                          unsigned *type, char unit[ADMIN_UNIT_BYTES_MAX + 1], uint64_t *position)
{
    struct hub_record r;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record WHERE ?1 = rid");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    e = db_get(q);
    if (e == ERR_OK) e = hub_record_read(q, &r);
    if (e == ERR_OK && state != NULL) {
        buf_add_bytes(state, r.state);
        e = state->e;
    }
    db_done(q);
    if (e != ERR_OK) return e;
    if (type != NULL) *type = r.type;
    if (position != NULL) *position = r.pos;
    if (unit != NULL) memcpy(unit, hub_unit_code(s, r.unit), strlen(hub_unit_code(s, r.unit)) + 1);
    return ERR_OK;
}

static enum err hub_records_walk(struct hub_store *s, struct db_stmt *q, hub_record_fn *row,
                                 void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct hub_record r;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_record_read(q, &r);
        if (e != ERR_OK || !more) break;
        struct hub_record_row out = {
            .rid = r.rid,
            .type = r.type,
            .unit = hub_unit_code(s, r.unit),
            .position = r.pos,
            .conflicts = r.conflicts,
            .state = r.state,
        };
        e = row(ctx, &out);
    }
    db_done(q);
    return e;
}

enum err hub_store_records(struct hub_store *s, unsigned type, const char *unit, hub_record_fn *row,
                           void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    int64_t no = unit != NULL ? hub_unit_find(s, unit) : 0;
    if (unit != NULL && no == 0) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS
                                       " FROM sys_record WHERE (?1 = 0 OR type = ?1) AND "
                                       "(?2 = 0 OR unit = ?2) ORDER BY no");
    db_bind_int(q, 1, type);
    db_bind_int(q, 2, no);
    return hub_records_walk(s, q, row, ctx);
}

enum err hub_store_register(struct hub_store *s, unsigned type, hub_record_fn *row, void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK || type < HUB_REGISTER_FIRST || type > HUB_REGISTER_LAST) return e;
    /* The bounds in so many words, or SQLite would not take the index of them. */
    struct db_stmt *q = db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS
                                       " FROM sys_record WHERE type = ?1 AND type >= 90 AND "
                                       "type <= 99 ORDER BY no");
    db_bind_int(q, 1, type);
    return hub_records_walk(s, q, row, ctx);
}

enum err hub_store_conflicts(struct hub_store *s, hub_record_fn *row, void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    return hub_records_walk(s,
                            db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS
                                           " FROM sys_record WHERE conflicts > 0 ORDER BY no"),
                            row, ctx);
}

const struct fold_rules *hub_store_rules(const struct hub_store *s)
{
    return &s->rules;
}

/* ---- sets ---- */

/* Columns: pos, received_ms, head, body, hash, verdicts, unit number (NULL: the hub's). */
static enum err hub_set_row(struct hub_store *s, const struct db_stmt *q, struct change_view *view,
                            hub_set_fn *row, void *ctx)
{
    enum err e = change_open(db_column_bytes(q, 2), db_column_bytes(q, 3), view);
    if (e != ERR_OK) return ERR_DAMAGED;
    e = db_column_copy(q, 4, view->hash.b, sizeof view->hash.b);
    if (e != ERR_OK) return e;
    int64_t unit = db_column_kind(q, 6) == DB_NULL ? s->hub_unit : db_column_int(q, 6);
    struct hub_set set = {
        .position = (uint64_t)db_column_int(q, 0),
        .received_ms = db_column_int(q, 1),
        .view = view,
        .verdicts = db_column_bytes(q, 5),
        .unit = hub_unit_code(s, unit),
    };
    return row(ctx, &set);
}

enum err hub_store_set(struct hub_store *s, const struct id_version *version, hub_set_fn *row,
                       void *ctx)
{
    struct id_inc inc = id_version_inc(version);
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct change_view *view = calloc(1, sizeof *view);
    if (view == NULL) return ERR_NOMEM;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT l.pos, l.received_ms, l.head, l.body, l.hash, l.verdicts, n.unit "
               "FROM sys_inc i JOIN sys_log l ON l.inc = i.no LEFT JOIN sys_node n ON "
               "n.node = i.node WHERE i.inc = ?1 AND l.seq = ?2 AND substr(l.hash, 1, 4) = ?3");
    db_bind_blob(q, 1, BYTES_OF(inc.b));
    db_bind_int(q, 2, (int64_t)id_version_seq(version));
    db_bind_blob(q, 3, bytes_make(version->b + ID_INC_BYTES + 8, 4));
    e = db_get(q);
    if (e == ERR_OK) e = hub_set_row(s, q, view, row, ctx);
    db_done(q);
    free(view);
    return e;
}

enum err hub_store_sets(struct hub_store *s, uint64_t first, uint64_t last, hub_set_fn *row,
                        void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct change_view *view = calloc(1, sizeof *view);
    if (view == NULL) return ERR_NOMEM;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.pos, l.received_ms, l.head, l.body, l.hash, l.verdicts, n.unit "
                       "FROM sys_log l JOIN sys_inc i ON i.no = l.inc LEFT JOIN sys_node n ON "
                       "n.node = i.node WHERE l.pos BETWEEN ?1 AND ?2 ORDER BY l.pos");
    db_bind_int(q, 1, (int64_t)first);
    db_bind_int(q, 2, (int64_t)last);
    bool more = true;
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_set_row(s, q, view, row, ctx);
    }
    db_done(q);
    free(view);
    return e;
}

/* ---- the base of a conflict ---- */

struct hub_seek { /* a write in a set */
    const struct id_record *rid;
    const struct fold_register *reg;
    struct change_write *writes;
    struct buf *value; /* appended when not NULL */
    struct id_version base;
    size_t bases; /* versions that the write names */
    bool found;
};

static enum err hub_seek_set(void *ctx, const struct hub_set *set)
{
    struct hub_seek *k = ctx;
    for (unsigned i = 0; i < set->view->head.ops && !k->found; i++) {
        struct change_op op;
        if (set->view->payload[i].p == NULL ||
            change_op_decode(set->view->payload[i], k->writes, &op) != ERR_OK ||
            !ID_EQUAL(&op.rid, k->rid))
            continue;
        for (size_t w = 0; w < op.count; w++) {
            const struct change_write *c = &op.writes[w];
            bool same = c->field == k->reg->field &&
                        (c->element.p == NULL) == (k->reg->element.p == NULL) &&
                        bytes_equal(c->element, k->reg->element);
            if (!same) continue;
            k->found = true;
            k->bases = c->bases.len / ID_VERSION_BYTES;
            if (k->bases == 1) memcpy(k->base.b, c->bases.p, ID_VERSION_BYTES);
            if (k->value != NULL) buf_add_bytes(k->value, c->value);
        }
    }
    return ERR_OK;
}

enum err hub_store_base(struct hub_store *s, const struct id_record *rid, const struct fold *f,
                        const struct fold_register *r, struct buf *value,
                        struct id_version *version)
{
    struct id_version base;
    struct hub_seek k = {.rid = rid, .reg = r};
    k.writes = calloc(CHANGE_WRITES_MAX, sizeof *k.writes);
    if (k.writes == NULL) return ERR_NOMEM;
    enum err e = r->count > 0 ? ERR_OK : ERR_NOT_FOUND;
    for (size_t i = 0; e == ERR_OK && i < r->count; i++) {
        k.found = false;
        e = hub_store_set(s, &f->sets[r->heads[i].set].version, hub_seek_set, &k);
        if (e == ERR_OK && (!k.found || k.bases != 1)) e = ERR_NOT_FOUND;
        if (e == ERR_OK && i > 0 && !ID_EQUAL(&base, &k.base)) e = ERR_NOT_FOUND;
        base = k.base;
    }
    if (e == ERR_OK) {
        k.found = false;
        k.value = value;
        e = hub_store_set(s, &base, hub_seek_set, &k);
        if (e == ERR_OK && !k.found) e = ERR_NOT_FOUND;
        if (e == ERR_OK) *version = base;
    }
    free(k.writes);
    return e == ERR_OK ? value->e : e;
}

/* ---- what waits, who is double ---- */

enum err hub_store_held(struct hub_store *s, enum err (*row)(void *ctx, const struct hub_held *h),
                        void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT pos, op, rid, reason, unit FROM sys_held ORDER BY pos, op");
    bool more = true;
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct hub_held h = {
            .position = (uint64_t)db_column_int(q, 0),
            .op = (unsigned)db_column_int(q, 1),
            .reason = (unsigned)db_column_int(q, 3),
            .unit = hub_unit_code(s, db_column_int(q, 4)),
        };
        e = db_column_copy(q, 2, h.rid.b, sizeof h.rid.b);
        h.edition = h.reason == FOLD_HELD_UNKNOWN && ID_EQUAL(&h.rid, &hub_waits_parts);
        if (ID_EQUAL(&h.rid, &hub_waits_parts)) h.rid = (struct id_record){0};
        if (e == ERR_OK) e = row(ctx, &h);
    }
    db_done(q);
    return e;
}

/* A pair is open while no link record names both, smaller id first; of two pairs of the same records
 * the one by national id is shown. */
#define HUB_PAIR_OPEN                                                                              \
    "NOT EXISTS (SELECT 1 FROM sys_link l WHERE l.a = min(ra.rid, rb.rid) AND "                    \
    "l.b = max(ra.rid, rb.rid))"                                                                   \
    " AND NOT (p.kind = 2 AND EXISTS (SELECT 1 FROM sys_pair i WHERE i.a = p.a AND i.b = p.b "     \
    "AND i.kind = 1))"

enum err hub_store_pairs(struct hub_store *s, enum err (*row)(void *ctx, const struct hub_pair *p),
                         void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT ra.rid, rb.rid, ra.unit, rb.unit, p.kind, p.pos, p.score FROM sys_pair p "
               "JOIN sys_record ra ON ra.no = p.a JOIN sys_record rb ON rb.no = p.b "
               "WHERE " HUB_PAIR_OPEN " ORDER BY p.pos, p.a, p.b");
    bool more = true;
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct hub_pair p = {
            .unit_a = hub_unit_code(s, db_column_int(q, 2)),
            .unit_b = hub_unit_code(s, db_column_int(q, 3)),
            .kind = (unsigned)db_column_int(q, 4),
            .position = (uint64_t)db_column_int(q, 5),
            .score = (unsigned)db_column_int(q, 6),
        };
        e = db_column_copy(q, 0, p.a.b, sizeof p.a.b);
        if (e == ERR_OK) e = db_column_copy(q, 1, p.b.b, sizeof p.b.b);
        if (e == ERR_OK) e = row(ctx, &p);
    }
    db_done(q);
    return e;
}

enum err hub_store_link_fits(struct hub_store *s, const struct id_record *a,
                             const struct id_record *b, bool same, bool *fits)
{
    struct db_stmt *q = db_stmt(
        s->db,
        "WITH one(p) AS (SELECT ?1 UNION SELECT y.person FROM person_root x JOIN person_root y ON "
        "y.root = x.root WHERE x.person = ?1), other(p) AS (SELECT ?2 UNION SELECT y.person FROM "
        "person_root x JOIN person_root y ON y.root = x.root WHERE x.person = ?2) "
        "SELECT CASE WHEN ?3 THEN EXISTS (SELECT 1 FROM person_link d WHERE d.decision = "
        "'different' AND ((d.person_a IN one AND d.person_b IN other) OR (d.person_b IN one AND "
        "d.person_a IN other))) ELSE ?2 IN one END");
    db_bind_blob(q, 1, BYTES_OF(a->b));
    db_bind_blob(q, 2, BYTES_OF(b->b));
    db_bind_int(q, 3, same);
    enum err e = db_get(q);
    if (e == ERR_OK) *fits = db_column_int(q, 0) == 0;
    db_done(q);
    return e;
}

enum err hub_store_counts(struct hub_store *s, struct hub_counts *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT (SELECT count(*) FROM sys_record WHERE conflicts > 0), "
                       "(SELECT count(*) FROM sys_held), (SELECT count(*) FROM sys_node), "
                       "(SELECT count(*) FROM sys_pair p JOIN sys_record ra ON ra.no = p.a "
                       "JOIN sys_record rb ON rb.no = p.b WHERE " HUB_PAIR_OPEN ")");
    e = db_get(q);
    if (e == ERR_OK) {
        *out = (struct hub_counts){
            .sets = s->position,
            .conflicts = (uint64_t)db_column_int(q, 0),
            .held = (uint64_t)db_column_int(q, 1),
            .nodes = (uint64_t)db_column_int(q, 2),
            .pairs = (uint64_t)db_column_int(q, 3),
        };
        for (size_t i = 0; i < s->unit_count; i++)
            out->records += s->units[i].records;
    }
    db_done(q);
    return e;
}

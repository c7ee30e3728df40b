/* What people see of the quarantine, and erasure in it. SPEC 18.4. */
#include "hub/store_priv.h"
#include "hub/store_quarantine.h"

#include <stdlib.h>

/* The newest decision about exactly these sets counts. */
#define HUB_PARCEL_SQL                                                                             \
    "SELECT p.no, p.node, u.code, n.name, ifnull(n.revoked_why, 'khóa cũ, máy đã đổi'), "  \
    "n.revoked_pos, p.inc, p.first, p.next, p.hash, p.at_ms, p.road, p.bytes, d.release, d.by, "   \
    "d.reason, d.at_ms FROM sys_quarantine p "                                                     \
    "LEFT JOIN sys_node n ON n.node = p.node LEFT JOIN sys_unit u ON u.no = n.unit LEFT JOIN "     \
    "sys_decided d ON d.pos = (SELECT max(x.pos) FROM sys_decided x WHERE x.inc = p.inc AND "      \
    "x.first = p.first AND x.next = p.next AND x.hash = p.hash) "

/* Shortened where a newer program allowed more: what is shown, not what is decided by. */
static void hub_parcel_text(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    size_t n = b.len < room ? b.len : room - 1;
    while (n < b.len && n > 0 && (b.p[n] & 0xC0u) == 0x80u)
        n--; /* whole characters */
    if (n > 0) memcpy(out, b.p, n);
    out[n] = '\0';
}

static enum err hub_parcel_read(const struct db_stmt *q, struct hub_parcel *p)
{
    *p = (struct hub_parcel){.no = db_column_int(q, 0),
                             .revoked_position = (uint64_t)db_column_int(q, 5),
                             .first = (uint64_t)db_column_int(q, 7),
                             .next = (uint64_t)db_column_int(q, 8),
                             .at_ms = db_column_int(q, 10),
                             .road = (enum hub_road)db_column_int(q, 11),
                             .bytes = (uint64_t)db_column_int(q, 12),
                             .decided_ms = db_column_int(q, 16)};
    if (db_column_kind(q, 13) != DB_NULL)
        p->state = db_column_int(q, 13) != 0 ? HUB_PARCEL_RELEASED : HUB_PARCEL_DISCARDED;
    hub_parcel_text(q, 2, p->unit, sizeof p->unit);
    hub_parcel_text(q, 3, p->name, sizeof p->name);
    hub_parcel_text(q, 4, p->revoked_why, sizeof p->revoked_why);
    hub_parcel_text(q, 14, p->by, sizeof p->by);
    hub_parcel_text(q, 15, p->reason, sizeof p->reason);
    enum err e = db_column_copy(q, 1, p->node.b, sizeof p->node.b);
    if (e == ERR_OK) e = db_column_copy(q, 6, p->inc.b, sizeof p->inc.b);
    return e == ERR_OK ? db_column_copy(q, 9, p->hash.b, sizeof p->hash.b) : e;
}

enum err hub_store_quarantine(struct hub_store *s, bool all,
                              enum err (*row)(void *ctx, const struct hub_parcel *p), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, all ? HUB_PARCEL_SQL "ORDER BY p.no"
                           : HUB_PARCEL_SQL "WHERE d.release IS NULL ORDER BY p.no");
    while (e == ERR_OK && more) {
        struct hub_parcel p;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_parcel_read(q, &p);
        if (e == ERR_OK && more) e = row(ctx, &p);
    }
    db_done(q);
    return e;
}

enum err hub_store_parcel(struct hub_store *s, int64_t no, struct hub_parcel *out)
{
    struct hub_parcel p;
    struct db_stmt *q = db_stmt(s->db, HUB_PARCEL_SQL "WHERE p.no = ?1");
    db_bind_int(q, 1, no);
    enum err e = db_get(q);
    if (e == ERR_OK) e = hub_parcel_read(q, &p);
    db_done(q);
    if (e == ERR_OK) *out = p;
    return e;
}

enum err hub_store_parcel_sets(struct hub_store *s, int64_t no,
                               enum err (*row)(void *ctx, const struct change_view *view),
                               void *ctx)
{
    bool more = true;
    struct change_view *view = calloc(1, sizeof *view);
    if (view == NULL) return ERR_NOMEM;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body FROM sys_quarantine_set WHERE no = ?1 ORDER BY seq");
    db_bind_int(q, 1, no);
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), view);
        if (e == ERR_OK) e = row(ctx, view);
    }
    db_done(q);
    free(view);
    return e;
}

enum err hub_store_quarantine_count(struct hub_store *s, uint64_t *parcels, uint64_t *sets)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT count(*), ifnull(sum(p.next - p.first), 0) FROM sys_quarantine p WHERE NOT "
               "EXISTS (SELECT 1 FROM sys_decided d WHERE d.inc = p.inc AND d.first = p.first AND "
               "d.next = p.next AND d.hash = p.hash)");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        *parcels = (uint64_t)db_column_int(q, 0);
        *sets = (uint64_t)db_column_int(q, 1);
    }
    db_done(q);
    return e;
}

/* ---- for letting in ---- */

enum err hub_parcel_load(struct hub_store *s, const struct hub_parcel *p, struct pack_sets *out,
                         struct buf *memory)
{
    size_t room = (size_t)(p->next - p->first), n = 0;
    bool more = true;
    struct db_stmt *q = db_stmt(s->db, "SELECT signature FROM sys_quarantine WHERE no = ?1");
    db_bind_int(q, 1, p->no);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->signature, sizeof out->signature);
    db_done(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db,
                "SELECT hash, head, body FROM sys_quarantine_set WHERE no = ?1 ORDER BY seq");
    db_bind_int(q, 1, p->no);
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        if (n == room) e = ERR_DAMAGED;
        if (e != ERR_OK) break;
        out->v[n].head.len = db_column_bytes(q, 1).len;
        out->v[n].body.len = db_column_bytes(q, 2).len;
        buf_add_bytes(memory, db_column_bytes(q, 1));
        buf_add_bytes(memory, db_column_bytes(q, 2));
        e = db_column_copy(q, 0, out->v[n].hash.b, sizeof out->v[n].hash.b);
        n++;
    }
    db_done(q);
    if (e == ERR_OK) e = n == room ? memory->e : ERR_DAMAGED;
    const uint8_t *at = memory->p; /* it grew while rows were read: pointers are made now */
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        out->v[i].head.p = at;
        out->v[i].body.p = at + out->v[i].head.len;
        at = out->v[i].body.p + out->v[i].body.len;
    }
    out->count = n;
    return e;
}

/* ---- erasure ---- */

static enum err hub_parcel_rewrite(struct hub_store *s, int64_t no, int64_t seq)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_quarantine_set SET body = ?3 WHERE no = ?1 AND seq = ?2");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, seq);
    db_bind_blob(q, 3, buf_bytes(&s->ingest));
    return db_run(q);
}

/* The next set behind (*no, *seq) that has something to lose now; its new body is in s->ingest.
 * ERR_NOT_FOUND: there is none. */
static enum err hub_parcel_hit(struct hub_store *s, struct change_view *view, int64_t *no,
                               int64_t *seq)
{
    bool more = true, hit = false;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT no, seq, head, body FROM sys_quarantine_set WHERE (no, seq) > "
                       "(?1, ?2) ORDER BY no, seq");
    db_bind_int(q, 1, *no);
    db_bind_int(q, 2, *seq);
    while (e == ERR_OK && more && !hit) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        *no = db_column_int(q, 0);
        *seq = db_column_int(q, 1);
        e = change_open(db_column_bytes(q, 2), db_column_bytes(q, 3), view);
        if (e == ERR_OK) e = hub_erase_ingest(s, view, &s->ingest, &hit);
    }
    db_done(q);
    return e == ERR_OK && !hit ? ERR_NOT_FOUND : e;
}

enum err hub_quarantine_erase(struct hub_store *s, bool *any)
{
    int64_t no = 0, seq = -1;
    *any = false;
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = view != NULL ? ERR_OK : ERR_NOMEM;
    while (e == ERR_OK) {
        e = hub_parcel_hit(s, view, &no, &seq);
        if (e == ERR_OK) e = hub_parcel_rewrite(s, no, seq);
        *any = *any || e == ERR_OK;
    }
    free(view);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Own ops that the hub holds. SPEC 6.6. */
#include "node/store_priv.h"

static enum err node_held_row(struct node_store *s, const struct db_stmt *q, node_store_held_fn *fn,
                              void *ctx)
{
    struct node_store_held h = {.kind = (unsigned)db_column_int(q, 4),
                                .verdict = (uint8_t)db_column_int(q, 5)};
    uint64_t seq = node_store_u64(db_column_int(q, 1));
    struct bytes rid = db_column_bytes(q, 3);
    enum err e = node_log_view(s, db_column_int(q, 0), seq);
    if (e != ERR_OK) return e;
    if (rid.len == sizeof h.rid.b) {
        memcpy(h.rid.b, rid.p, sizeof h.rid.b);
        h.about = true;
    }
    h.at_ms = (int64_t)(s->view->head.hlc >> 16);
    h.person = s->view->head.person;
    h.type = (unsigned)db_column_int(q, 6);
    return fn(ctx, &h);
}

enum err node_store_held(struct node_store *s, size_t max, node_store_held_fn *fn, void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT o.log, o.seq, o.op, o.rid, o.kind, o.verdict, coalesce(w.type, 0) "
        "FROM sys_op o JOIN sys_inc i ON i.no = o.log LEFT JOIN sys_shown w ON w.rid = o.rid "
        "WHERE o.seq < i.receipted AND (o.verdict & ?1) NOT IN (?2, ?3, ?4, ?5, ?6) "
        "ORDER BY o.log, o.seq, o.op LIMIT ?7");
    db_bind_int(q, 1, FOLD_VERDICT_MASK);
    db_bind_int(q, 2, FOLD_APPLIED);
    db_bind_int(q, 3, FOLD_REPLACED);
    db_bind_int(q, 4, FOLD_CONFLICT);
    db_bind_int(q, 5, FOLD_ERASED);
    db_bind_int(q, 6, FOLD_ASIDE);
    db_bind_int(q, 7, (int64_t)(max < INT64_MAX ? max : INT64_MAX));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_held_row(s, q, fn, ctx);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

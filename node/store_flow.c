#include "node/store_flow.h"
#include "common/target.h"
#include "node/store_priv.h"
#include "proto/workflow.h"

/* ---- what the hub's sets say ---- */

static enum err node_flow_key(struct bytes payload, int kind, struct workflow_key *key)
{
    struct admin_close c;
    if (kind != CHANGE_CLOSE) return workflow_key_decode(payload, key);
    enum err e = admin_close_decode(payload, &c);
    if (e == ERR_OK) *key = (struct workflow_key){c.unit, c.report, c.period};
    return e;
}

enum err node_flow_had(struct node_store *s, const struct fold_set *set, int64_t *before_ms)
{
    struct id_inc inc = id_version_inc(&set->version);
    struct db_stmt *q = db_stmt(
        s->db, "SELECT min(at_ms) FROM (SELECT r.at_ms FROM sys_receipt r JOIN sys_inc i ON "
               "i.no = r.log WHERE i.inc = ?1 AND r.next_seq > ?2 UNION ALL "
               "SELECT at_ms FROM sys_flow WHERE ?3 > 0 AND position > ?3) HAVING count(*) > 0");
    db_bind_blob(q, 1, BYTES_OF(inc.b));
    db_bind_int(q, 2, node_store_i64(id_version_seq(&set->version)));
    db_bind_int(q, 3, node_store_i64(set->position));
    enum err e = db_get(q);
    *before_ms = e == ERR_OK ? db_column_int(q, 0) : INT64_MAX;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_flow_forget(struct node_store *s, uint64_t position)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_flow WHERE position = ?1");
    db_bind_int(q, 1, node_store_i64(position));
    return db_run(q);
}

enum err node_flow_apply(struct node_store *s, uint64_t position, unsigned op, int kind,
                         struct bytes payload)
{
    struct workflow_key key;
    const struct change_head *head = &s->view->head;
    enum err e = node_flow_key(payload, kind, &key);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_flow(position, op, kind, report, period, at_ms, person, "
                       "payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    db_bind_int(q, 1, node_store_i64(position));
    db_bind_int(q, 2, op);
    db_bind_int(q, 3, kind);
    db_bind_text(q, 4, key.report);
    db_bind_text(q, 5, key.period);
    db_bind_int(q, 6, (int64_t)(head->hlc >> 16));
    db_bind_blob(q, 7, BYTES_OF(head->person.b));
    db_bind_blob(q, 8, payload);
    return db_run(q);
}

enum err node_flow_ops(struct node_store *s, int kind, const char *report, const char *period,
                       node_flow_op_fn *row, void *ctx)
{
    bool more = true;
    struct db_stmt *q = NULL;
    /* Not from the cache: the callback may look for other ops. */
    enum err e = db_prepare(s->db,
                            "SELECT position, kind, at_ms, person, payload FROM sys_flow WHERE "
                            "kind = ?1 AND (?2 IS NULL OR report = ?2) AND (?3 IS NULL OR "
                            "period = ?3) ORDER BY position, op",
                            &q);
    if (e != ERR_OK) return e;
    db_bind_int(q, 1, kind);
    db_bind_str(q, 2, report);
    db_bind_str(q, 3, period);
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct node_flow_op op = {
            .position = node_store_u64(db_column_int(q, 0)),
            .kind = (int)db_column_int(q, 1),
            .at_ms = db_column_int(q, 2),
            .payload = db_column_bytes(q, 4),
        };
        e = db_column_copy(q, 3, op.person.b, sizeof op.person.b);
        if (e == ERR_OK) e = row(ctx, &op);
    }
    db_stmt_free(q);
    return e;
}

/* ---- figures and reports ---- */

enum err node_flow_indicator(struct node_store *s, const struct catalogue_indicator *indicator,
                             struct period_window window, struct bytes owed, indicator_fn *row,
                             void *ctx, char why[static INDICATOR_WHY_ROOM])
{
    enum err e = node_catalogue_wanted(s);
    if (e != ERR_OK) return e;
    return indicator_run(s->db, s->typed, s->catalogue, indicator, window, owed, row, ctx, why);
}

enum err node_flow_targets(struct node_store *s, const char *unit, int year, const char *period,
                           node_target_fn *row, void *ctx)
{
    enum { TEXTS = 6, TEXT_ROOM = 128 };
    enum err e = node_catalogue_wanted(s);
    if (e != ERR_OK) return e;
    if (!target_typed(s->catalogue)) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT indicator, op, CAST(value AS TEXT), CAST(value_hi AS TEXT), "
                       "CAST(base_value AS TEXT), period FROM target WHERE year = ?1 AND "
                       "(target_unit = ?2 OR (target_unit = unit AND per <> 'total')) AND "
                       "coalesce(period, '') IN ('', ?3) ORDER BY id");
    db_bind_int(q, 1, year);
    db_bind_str(q, 2, unit);
    db_bind_str(q, 3, period);
    for (bool more = true; e == ERR_OK && more;) {
        char text[TEXTS][TEXT_ROOM] = {""};
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        bool fits = true;
        for (int i = 0; i < TEXTS; i++) {
            struct bytes b = db_column_bytes(q, i);
            fits = fits && b.len < TEXT_ROOM;
            if (fits && b.len > 0) memcpy(text[i], b.p, b.len);
        }
        struct node_target t = {text[0], text[1], text[2], text[3], text[4], text[5]};
        if (fits) e = row(ctx, &t);
    }
    db_done(q);
    return e;
}

enum err node_flow_named(struct node_store *s, struct named_text *texts, size_t count,
                         struct named *all)
{
    enum err e = node_catalogue_wanted(s);
    return e == ERR_OK
               ? named_in(s->db, s->typed, s->catalogue, NAMED_CLASS_SENSITIVE, texts, count, all)
               : e;
}

enum err node_flow_find(struct node_store *s, const char *unit, const char *report,
                        const char *period, const struct id_record *after, struct id_record *rid)
{
    static const char *const fields[] = {"definition", "period", "state"};
    enum err e = node_catalogue_wanted(s);
    if (e != ERR_OK && e != ERR_NOT_READY) return e;
    const struct catalogue_type *t =
        e == ERR_OK ? catalogue_type_by_name(s->catalogue, "report") : NULL;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (t == NULL || catalogue_field_by_name(t, fields[i]) == NULL) return ERR_NOT_FOUND;
    }
    struct db_stmt *q =
        db_stmt(s->db, "SELECT id FROM report WHERE unit = ?1 AND definition = ?2 AND period = ?3 "
                       "AND (?4 IS NULL OR id > ?4) ORDER BY id LIMIT 1");
    db_bind_str(q, 1, unit);
    db_bind_str(q, 2, report);
    db_bind_str(q, 3, period);
    if (after != NULL) db_bind_blob(q, 4, BYTES_OF(after->b));
    e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, rid->b, sizeof rid->b);
    db_done(q);
    return e;
}

/* What `status` says, and looking for damage. */
#include "node/store_priv.h"

static enum err node_status_sets(struct node_store *s, struct node_store_status *st)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT coalesce(sum(next_seq), 0), coalesce(sum(receipted), 0) FROM sys_inc");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        st->sets = node_store_u64(db_column_int(q, 0));
        st->delivered = node_store_u64(db_column_int(q, 1));
        st->waiting = st->sets - st->delivered;
    }
    db_done(q);
    return e;
}

static void node_status_verdict(struct node_store_status *st, bool said, unsigned verdict)
{
    if (!said) {
        st->unsaid++;
        return;
    }
    if (verdict & FOLD_FLAG_LATE) st->late++;
    switch (verdict & FOLD_VERDICT_MASK) {
    case FOLD_APPLIED: st->applied++; break;
    case FOLD_REPLACED: st->replaced++; break;
    case FOLD_CONFLICT: st->conflict++; break;
    case FOLD_ERASED: st->erased++; break;
    case FOLD_ASIDE: st->aside++; break;
    default: st->held++; break;
    }
}

/* Counted here: GROUP BY would sort all ops, in memory, at the end of each session. */
static enum err node_status_ops(struct node_store *s, struct node_store_status *st)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT o.verdict, o.seq < i.receipted FROM sys_op o "
                                       "JOIN sys_inc i ON i.no = o.log");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        st->ops++;
        if (db_column_int(q, 1) != 0) {
            node_status_verdict(st, db_column_kind(q, 0) != DB_NULL, (unsigned)db_column_int(q, 0));
        } else {
            st->ops_waiting++;
        }
        e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err node_status_records(struct node_store *s, struct node_store_status *st)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT count(*) FILTER (WHERE NOT deleted), count(*) FILTER (WHERE "
                       "conflicts > 0), count(*) FILTER (WHERE deleted), (SELECT count(*) FROM "
                       "sys_import WHERE ended_ms = 0 AND sets > 0) FROM sys_shown");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        st->records = node_store_u64(db_column_int(q, 0));
        st->records_conflict = node_store_u64(db_column_int(q, 1));
        st->records_deleted = node_store_u64(db_column_int(q, 2));
        st->imports_unfinished = node_store_u64(db_column_int(q, 3));
    }
    db_done(q);
    return e;
}

static enum err node_status_state(struct node_store *s, struct node_store_status *st)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT sessions, contact_ms, session_ms, session_how, complete_ms, "
                       "hub_ahead_ms, epoch, position, revoked, (SELECT ifnull(max(at_ms), 0) "
                       "FROM sys_bundle WHERE outward = 0) FROM sys_state");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        int64_t how = db_column_int(q, 3);
        st->sessions = node_store_u64(db_column_int(q, 0)) + s->sessions_lost;
        st->contact_ms = db_column_int(q, 1);
        st->session_ms = db_column_int(q, 2);
        st->session_how = how >= 0 && how < ERR_COUNT ? (enum err)how : ERR_STORE;
        st->complete_ms = db_column_int(q, 4);
        st->hub_ahead_ms = db_column_int(q, 5);
        st->epoch = node_store_u64(db_column_int(q, 6));
        st->position = node_store_u64(db_column_int(q, 7));
        st->revoked = db_column_int(q, 8) != 0;
        st->file_ms = db_column_int(q, 9);
    }
    db_done(q);
    return e;
}

static enum err node_status_waiting(struct node_store *s, struct node_store_status *st)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT coalesce(sum(length(l.head) + length(l.body)), 0) FROM sys_inc i "
                       "JOIN sys_log l ON l.log = i.no AND l.seq >= i.receipted");
    enum err e = db_get(q);
    if (e == ERR_OK) st->waiting_bytes = node_store_u64(db_column_int(q, 0));
    db_done(q);
    return e;
}

enum err node_store_status(struct node_store *s, struct node_store_status *out)
{
    struct node_store_status st = {.edition = s->edition};
    struct node_store_tip tip;
    enum err e = node_store_tip(s, &tip);
    if (e == ERR_OK) {
        st.has_log = tip.has_log;
        st.inc = tip.inc;
        st.next_seq = tip.next_seq;
        e = node_status_sets(s, &st);
    }
    if (e == ERR_OK) e = node_status_waiting(s, &st);
    if (e == ERR_OK) e = node_status_ops(s, &st);
    if (e == ERR_OK) e = node_status_records(s, &st);
    if (e == ERR_OK) e = node_status_state(s, &st);
    if (e == ERR_OK) *out = st;
    return e;
}

/* ---- damage ---- */

static enum err node_scrub_set(struct node_store *s, const struct db_stmt *q)
{
    s->view_open = false;
    enum err e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view);
    if (e == ERR_OK) e = change_verify(s->view);
    return e == ERR_OK ? ERR_OK : ERR_DAMAGED;
}

enum err node_store_scrub(struct node_store *s)
{
    bool row = false;
    enum err e = db_check(s->db);
    struct db_stmt *q = db_stmt(s->db, "SELECT head, body FROM sys_log ORDER BY log, seq");
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_scrub_set(s, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/*
 * Verdicts of own sets, SPEC 7.6. A page by bundle may bring those of sets that a restored node has lost, or has others
 * in the place of: they wait in sys_early_verdict until a repair (7.13) has brought the sets and a receipt covers them,
 * for the feed tells each verdict once. Whatever sets the cursor back to 0 drops them: everything comes again.
 */
#include "node/store_priv.h"
#include "common/zoo.h"

static bool node_verdict_holds(uint8_t verdict)
{
    unsigned v = verdict & FOLD_VERDICT_MASK;
    bool held = v == FOLD_HELD_STEP || (v >= FOLD_HELD_SCOPE && v <= FOLD_HELD_FORK);
    return held && !ZOO(31);
}

/* Held ops stay folded into what their writer sees. */
static enum err node_verdict_set(struct node_store *s, int64_t log, int64_t seq, int64_t op,
                                 uint8_t verdict)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_op SET verdict = ?4, pending = CASE WHEN rid IS NULL THEN 0 "
                       "WHEN ?5 THEN 2 WHEN pending = 2 THEN 0 ELSE pending END "
                       "WHERE log = ?1 AND seq = ?2 AND op = ?3 AND NOT " NODE_OP_GONE);
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, seq);
    db_bind_int(q, 3, op);
    db_bind_int(q, 4, verdict);
    db_bind_int(q, 5, node_verdict_holds(verdict));
    return db_run(q);
}

/* What is left of a run: verdicts from a set on that is not proven to be the hub's. */
static enum err node_verdict_wait(struct node_store *s, const struct id_inc *inc, int64_t first_seq,
                                  struct bytes verdicts)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_early_verdict(inc, first_seq, verdicts) "
                                       "VALUES (?1, ?2, ?3)");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_int(q, 2, first_seq);
    db_bind_blob(q, 3, verdicts);
    return db_run(q);
}

struct node_verdicts { /* one byte per op of the sets from first_seq on */
    int64_t log;
    struct id_inc inc;
    int64_t receipted; /* sets of the log that are proven */
    int64_t first_seq;
    struct bytes bytes;
};

static enum err node_verdict_run(struct node_store *s, const struct node_verdicts *v)
{
    bool row = false;
    size_t i = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT seq, op, rid FROM sys_op WHERE log = ?1 AND "
                                       "seq >= ?2 AND seq < ?3 ORDER BY seq, op LIMIT ?4");
    db_bind_int(q, 1, v->log);
    db_bind_int(q, 2, v->first_seq);
    db_bind_int(q, 3, v->receipted);
    db_bind_int(q, 4, (int64_t)v->bytes.len);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row && i < v->bytes.len) {
        struct id_record rid;
        bool record = db_column_kind(q, 2) == DB_BLOB;
        if (record) e = db_column_copy(q, 2, rid.b, sizeof rid.b);
        if (e == ERR_OK)
            e = node_verdict_set(s, v->log, db_column_int(q, 0), db_column_int(q, 1),
                                 v->bytes.p[ZOO(32) ? 0 : i]);
        if (e == ERR_OK && record) e = node_show_mark(s, &rid);
        i++;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e != ERR_OK || i == v->bytes.len) return e;
    int64_t from = v->first_seq > v->receipted ? v->first_seq : v->receipted;
    return node_verdict_wait(s, &v->inc, from, bytes_make(v->bytes.p + i, v->bytes.len - i));
}

/* What waited comes before what is new, which may have changed it. */
static enum err node_verdicts_early(struct node_store *s)
{
    return db_exec(s->db, "INSERT INTO sys_staged_verdict(no, inc, first_seq, position, verdicts) "
                          "SELECT no - 1 - (SELECT max(no) FROM sys_early_verdict), inc, "
                          "first_seq, 0, verdicts FROM sys_early_verdict;"
                          "DELETE FROM sys_early_verdict;");
}

enum err node_verdicts_apply(struct node_store *s)
{
    bool row = false;
    enum err e = node_verdicts_early(s);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT i.no, i.inc, i.receipted, v.first_seq, v.verdicts FROM "
                       "sys_staged_verdict v JOIN sys_inc i ON i.inc = v.inc ORDER BY v.no");
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct node_verdicts v = {.log = db_column_int(q, 0),
                                  .receipted = db_column_int(q, 2),
                                  .first_seq = db_column_int(q, 3),
                                  .bytes = db_column_bytes(q, 4)};
        e = db_column_copy(q, 1, v.inc.b, sizeof v.inc.b);
        if (e == ERR_OK) e = node_verdict_run(s, &v);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

#include "node/store_proof.h"
#include "node/store_priv.h"
#include "proto/change.h"

static bool proof_has(struct bytes sets, const struct id_hash *hash)
{
    for (size_t at = 0; at + ID_HASH_BYTES <= sets.len; at += ID_HASH_BYTES) {
        if (memcmp(sets.p + at, hash->b, ID_HASH_BYTES) == 0) return true;
    }
    return false;
}

struct proof_last { /* the last own op on the record that the hub applied before the cut */
    bool any;
    bool listed;
};

/* Every own op on the record, oldest first. `before`: its set was in the hub's log at the cut. */
static enum err proof_own(struct node_store *s, const struct id_record *rid, struct bytes sets,
                          uint64_t epoch, uint64_t position, struct node_store_proof *out,
                          struct proof_last *last)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT l.head, o.verdict, EXISTS (SELECT 1 FROM sys_receipt r WHERE r.log = o.log "
               "AND r.next_seq > o.seq AND r.epoch = ?2 AND r.last <= ?3) FROM sys_op o "
               "JOIN sys_log l ON l.log = o.log AND l.seq = o.seq WHERE o.rid = ?1 "
               "ORDER BY o.log, o.seq, o.op");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_int(q, 2, node_store_i64(epoch));
    db_bind_int(q, 3, node_store_i64(position));
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct id_hash hash;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        change_hash(db_column_bytes(q, 0), &hash);
        bool listed = proof_has(sets, &hash);
        bool applied = db_column_kind(q, 1) != DB_NULL &&
                       (db_column_int(q, 1) & (int64_t)FOLD_VERDICT_MASK) == FOLD_APPLIED;
        out->own += listed;
        if (applied && db_column_int(q, 2) != 0) *last = (struct proof_last){true, listed};
    }
    db_done(q);
    return e;
}

static enum err proof_hub(struct node_store *s, struct bytes sets, struct node_store_proof *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT head FROM sys_hub_set ORDER BY position");
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct id_hash hash;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        change_hash(db_column_bytes(q, 0), &hash);
        out->hub += proof_has(sets, &hash);
    }
    db_done(q);
    return e;
}

enum err node_store_proof_record(struct node_store *s, const struct id_record *rid,
                                 struct bytes sets, uint64_t epoch, uint64_t position,
                                 struct node_store_proof *out)
{
    struct node_store_proof v = {.own = 0};
    struct proof_last last = {false, false};
    unsigned count = (unsigned)(sets.len / ID_HASH_BYTES);
    enum err e = proof_own(s, rid, sets, epoch, position, &v, &last);
    if (e == ERR_OK && v.own < count) e = proof_hub(s, sets, &v);
    if (e != ERR_OK) return e;
    v.other = count - (v.own + v.hub < count ? v.own + v.hub : count);
    v.newer = last.any && !last.listed && v.own == count;
    *out = v;
    return ERR_OK;
}

enum err node_store_hub_set_at(struct node_store *s, struct bytes head, uint64_t *position)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT position FROM sys_hub_set WHERE head = ?1");
    db_bind_blob(q, 1, head);
    enum err e = db_get(q);
    *position = e == ERR_OK ? node_store_u64(db_column_int(q, 0)) : 0;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

#include "node/store_bundle.h"
#include "node/store_priv.h"

enum err node_store_bundle_seen(struct node_store *s, const struct id_hash *file, bool outward,
                                bool *seen)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_bundle WHERE hash = ?1 AND outward = ?2");
    db_bind_blob(q, 1, BYTES_OF(file->b));
    db_bind_int(q, 2, outward);
    enum err e = db_get(q);
    *seen = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_store_bundle_note(struct node_store *s, const struct id_hash *file, bool outward,
                                size_t bytes, uint64_t sets, int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_bundle(hash, outward, at_ms, bytes, sets) "
                       "VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_blob(q, 1, BYTES_OF(file->b));
    db_bind_int(q, 2, outward);
    db_bind_int(q, 3, now_ms);
    db_bind_int(q, 4, (int64_t)bytes);
    db_bind_int(q, 5, node_store_i64(sets));
    return db_run(q);
}

enum err node_store_bundled(struct node_store *s, const struct id_inc *inc, uint64_t *next_seq)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT next_seq FROM sys_bundled WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    enum err e = db_get(q);
    *next_seq = e == ERR_OK ? node_store_u64(db_column_int(q, 0)) : 0;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_store_bundled_set(struct node_store *s, const struct id_inc *inc, uint64_t next_seq)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_bundled(inc, next_seq) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_int(q, 2, node_store_i64(next_seq));
    return db_run(q);
}

enum err node_store_waiting_since(struct node_store *s, int64_t *ms)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT ifnull(min(l.saved_ms), 0) FROM sys_inc i "
                                       "JOIN sys_log l ON l.log = i.no AND l.seq >= i.receipted");
    enum err e = db_get(q);
    if (e == ERR_OK) *ms = db_column_int(q, 0);
    db_done(q);
    return e;
}

enum err node_store_stage_drop(struct node_store *s)
{
    enum err e = db_begin(s->db);
    return e == ERR_OK ? db_end(s->db, node_stage_clear(s)) : e;
}

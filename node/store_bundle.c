#include "node/store_bundle.h"
#include "node/store_priv.h"

#include <string.h>

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

/* ---- what was asked ---- */

enum err node_store_asked_note(struct node_store *s, const uint8_t nonce[static 16],
                               const struct message_log *logs, size_t count)
{
    uint8_t incs[HELLO_LOGS_MAX * ID_INC_BYTES];
    for (size_t i = 0; i < count; i++)
        memcpy(incs + i * ID_INC_BYTES, logs[i].inc.b, ID_INC_BYTES);
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_asked(nonce, logs) VALUES (?1, ?2)");
    db_bind_blob(q, 1, bytes_make(nonce, 16));
    db_bind_blob(q, 2, bytes_make(incs, count * ID_INC_BYTES));
    e = db_run(q);
    if (e == ERR_OK) {
        q = db_stmt(s->db, "DELETE FROM sys_asked WHERE no <= "
                           "(SELECT max(no) FROM sys_asked) - ?1");
        db_bind_int(q, 1, NODE_STORE_ASKED_MAX);
        e = db_run(q);
    }
    return db_end(s->db, e);
}

enum err node_store_asked(struct node_store *s, const uint8_t nonce[static 16], struct id_inc *logs,
                          size_t *count)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT logs FROM sys_asked WHERE nonce = ?1");
    db_bind_blob(q, 1, bytes_make(nonce, 16));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        struct bytes b = db_column_bytes(q, 0);
        *count = b.len / ID_INC_BYTES;
        if (*count > HELLO_LOGS_MAX || b.len % ID_INC_BYTES != 0) e = ERR_DAMAGED;
        for (size_t i = 0; e == ERR_OK && i < *count; i++)
            memcpy(logs[i].b, b.p + i * ID_INC_BYTES, ID_INC_BYTES);
    }
    db_done(q);
    return e;
}

enum err node_asked_forget(struct node_store *s)
{
    return db_exec(s->db, "DELETE FROM sys_asked; DELETE FROM sys_bundled;");
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

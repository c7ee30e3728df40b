#include "hub/store_bundle.h"
#include "hub/store_priv.h"
#include "hub/store_rekey.h"

enum err hub_store_sealing(struct hub_store *s, const struct id_hash *node, uint8_t out[static 32])
{
    struct admin_cert cert;
    /* Between a change of its keys and the certificate for it there is only the change. */
    struct db_stmt *q =
        db_stmt(s->db, "SELECT r.sealing FROM sys_rekey r JOIN sys_node n ON n.node = "
                       "r.node AND n.sign_pk = r.sign WHERE r.node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out, 32);
    db_done(q);
    if (e != ERR_NOT_FOUND) return e;
    e = hub_store_cert(s, node, &cert);
    if (e == ERR_OK) memcpy(out, cert.sealing_pk, sizeof cert.sealing_pk);
    return e;
}

enum err hub_store_node_cursor(struct hub_store *s, const struct id_hash *node, uint64_t *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT ifnull(cursor, 0) FROM sys_node WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK) *out = (uint64_t)db_column_int(q, 0);
    db_done(q);
    return e;
}

enum err hub_store_node_logs(struct hub_store *s, const struct id_hash *node,
                             struct message_log out[static HELLO_LOGS_MAX], size_t *count)
{
    enum err e = hub_cache_ready(s);
    *count = 0;
    for (size_t i = s->log_count; e == ERR_OK && i > 0 && *count < HELLO_LOGS_MAX; i--) {
        const struct hub_log *log = &s->logs[i - 1];
        if (!ID_EQUAL(&log->node, node) || log->next_seq == 0) continue;
        out[(*count)++] =
            (struct message_log){.inc = log->inc, .next_seq = log->next_seq, .head = log->head};
    }
    return e;
}

/* ---- files ---- */

enum err hub_store_bundle_seen(struct hub_store *s, const struct id_hash *file, bool *seen)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_bundle WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(file->b));
    enum err e = db_get(q);
    *seen = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_store_bundle_note(struct hub_store *s, const struct id_hash *file,
                               const struct id_hash *node, size_t bytes, uint64_t sets,
                               int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_bundle(hash, node, at_ms, bytes, sets) "
                       "VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_blob(q, 1, BYTES_OF(file->b));
    db_bind_blob(q, 2, BYTES_OF(node->b));
    db_bind_int(q, 3, now_ms);
    db_bind_int(q, 4, (int64_t)bytes);
    db_bind_int(q, 5, (int64_t)sets);
    return db_run(q);
}

enum err hub_store_waiting_put(struct hub_store *s, const struct id_hash *file,
                               const struct id_hash *node, struct bytes bytes, int64_t now_ms)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT count(*), ifnull(sum(length(file)), 0) "
                                       "FROM sys_waiting WHERE node = ?1 AND hash <> ?2");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, BYTES_OF(file->b));
    enum err e = db_get(q);
    bool room = e == ERR_OK && db_column_int(q, 0) < HUB_BUNDLE_WAITING_MAX &&
                (uint64_t)db_column_int(q, 1) + bytes.len <= HUB_BUNDLE_WAITING_BYTES_MAX;
    db_done(q);
    if (e != ERR_OK) return e;
    if (!room) return ERR_TOO_LARGE;
    q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_waiting(hash, node, at_ms, file) "
                       "VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(file->b));
    db_bind_blob(q, 2, BYTES_OF(node->b));
    db_bind_int(q, 3, now_ms);
    db_bind_blob(q, 4, bytes);
    return db_run(q);
}

enum err hub_store_waiting_drop(struct hub_store *s, const struct id_hash *file)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_waiting WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(file->b));
    return db_run(q);
}

enum err hub_store_waiting_next(struct hub_store *s, const struct id_hash *node,
                                const struct id_hash *after, struct id_hash *file,
                                struct buf *bytes)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT hash, file FROM sys_waiting WHERE node = ?1 "
                                       "AND hash > ?2 ORDER BY hash LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, BYTES_OF(after->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, file->b, sizeof file->b);
    if (e == ERR_OK) buf_add_bytes(bytes, db_column_bytes(q, 1));
    db_done(q);
    return e == ERR_OK ? bytes->e : e;
}

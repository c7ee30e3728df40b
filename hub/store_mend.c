/* Damaged sets of nodes' logs: noted, asked for again, and written as they were. SPEC 15.6. */
#include "hub/store_repair.h"
#include "common/log.h"
#include "hub/store_priv.h"
#include "hub/store_users.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns `i`: P before, P, hash of the set. The position hash covers the set's: then it is the true one. */
static bool hub_mend_sure(const struct db_stmt *q, int i, int64_t position)
{
    static const uint8_t zeros[ID_HASH_BYTES];
    uint8_t m[2 * ID_HASH_BYTES], p[ID_HASH_BYTES];
    struct bytes before = db_column_bytes(q, i), at = db_column_bytes(q, i + 1);
    struct bytes hash = db_column_bytes(q, i + 2);
    if (position == 1) before = BYTES_OF(zeros);
    if (before.len != ID_HASH_BYTES || hash.len != ID_HASH_BYTES) return false;
    memcpy(m, before.p, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, hash.p, ID_HASH_BYTES);
    crypto_generichash(p, sizeof p, m, sizeof m, NULL, 0);
    return bytes_equal(at, BYTES_OF(p));
}

enum err hub_store_mend_note(struct hub_store *s, uint64_t position, int64_t now_ms)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT (SELECT b.p FROM sys_log b WHERE b.pos = l.pos - 1), l.p, l.hash "
                       "FROM sys_log l JOIN sys_inc i ON i.no = l.inc WHERE l.pos = ?1 AND "
                       "i.node <> ?2");
    db_bind_int(q, 1, (int64_t)position);
    db_bind_blob(q, 2, BYTES_OF(s->identity.hub.b));
    e = db_get(q);
    bool sure = e == ERR_OK && hub_mend_sure(q, 0, (int64_t)position);
    db_done(q);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !sure)) return ERR_OK;
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_mend(pos, at_ms) VALUES (?1, ?2)");
    db_bind_int(q, 1, (int64_t)position);
    db_bind_int(q, 2, now_ms);
    return db_run(q);
}

/* The place that waits for this very set of this node; ERR_NOT_FOUND. */
static enum err hub_mend_place(struct hub_store *s, const struct id_hash *node,
                               const struct id_hash *hash, int64_t *position)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT (SELECT b.p FROM sys_log b WHERE b.pos = l.pos - 1), l.p, l.hash, "
                       "l.pos FROM sys_mend m JOIN sys_log l ON l.pos = m.pos JOIN sys_inc i ON "
                       "i.no = l.inc WHERE i.node = ?1 AND l.hash = ?2");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, BYTES_OF(hash->b));
    enum err e = db_get(q);
    if (e == ERR_OK) *position = db_column_int(q, 3);
    if (e == ERR_OK && !hub_mend_sure(q, 0, *position)) e = ERR_NOT_FOUND;
    db_done(q);
    return e;
}

/* The row as it was: its seal is of that, and is left alone. */
static enum err hub_mend_write(struct hub_store *s, int64_t position, struct bytes head,
                               struct bytes body)
{
    struct db_seal seal;
    enum err e = db_seal_keep(s->db, "sys_log", &seal);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_log SET head = ?2, body = ?3 WHERE pos = ?1");
    db_bind_int(q, 1, position);
    db_bind_blob(q, 2, head);
    db_bind_blob(q, 3, body);
    e = db_run(q);
    if (e == ERR_OK) e = db_seal_back(s->db, "sys_log", &seal);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_mend WHERE pos = ?1");
    db_bind_int(q, 1, position);
    return db_run(q);
}

static enum err hub_mend_audit(struct hub_store *s, const struct id_hash *node, int64_t position,
                               int64_t now_ms)
{
    char name[2 * ID_HASH_BYTES + 1], text[HUB_AUDIT_TEXT_MAX];
    id_hex(BYTES_OF(node->b), name);
    snprintf(text, sizeof text, "sys_log %lld, from node %.16s", (long long)position, name);
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("log.mended"), log_str("what", text));
    return hub_audit_add(s, &(struct hub_audit){now_ms, "", "mend", text, "OK"});
}

enum err hub_store_mend(struct hub_store *s, const struct id_hash *node,
                        const struct message_set *set, int64_t now_ms, bool *mended)
{
    assert(db_in_transaction(s->db));
    struct change_view *view = calloc(1, sizeof *view);
    int64_t position = 0;
    struct bytes body = set->body;
    bool changed = false;
    *mended = false;
    if (view == NULL) return ERR_NOMEM;
    bool good = change_open(set->head, set->body, view) == ERR_OK && change_verify(view) == ERR_OK;
    change_hash(set->head, &view->hash);
    enum err e = good ? hub_cache_ready(s) : ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_mend_place(s, node, &view->hash, &position);
    if (e == ERR_OK) e = hub_erase_ingest(s, view, &s->ingest, &changed);
    if (e == ERR_OK && changed) body = buf_bytes(&s->ingest);
    if (e == ERR_OK) e = hub_mend_write(s, position, set->head, body);
    if (e == ERR_OK) e = hub_mend_audit(s, node, position, now_ms);
    free(view);
    *mended = e == ERR_OK;
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK) hub_store_rollback(s);
    return e;
}

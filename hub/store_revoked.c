/* Revocations: at a position of the log, and in a file outside the database. SPEC 18.1, 18.2. */
#include "common/log.h"
#include "hub/store_priv.h"
#include "hub/store_quarantine.h"

enum err hub_revoke_take(struct hub_store *s, const struct admin_revoke *r, uint64_t at)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_revoked(node, pos, why, hash) "
                                       "VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(r->node.b));
    db_bind_int(q, 2, (int64_t)at);
    db_bind_text(q, 3, r->reason);
    db_bind_blob(q, 4, BYTES_OF(s->view->hash.b));
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    /* The position of the first counts; the file keeps the last, whose key may be the only one that counts. */
    q = db_stmt(s->db,
                "INSERT OR REPLACE INTO sys_revoked_said(node, pos, hash) VALUES (?1, ?2, ?3)");
    db_bind_blob(q, 1, BYTES_OF(r->node.b));
    db_bind_int(q, 2, (int64_t)at);
    db_bind_blob(q, 3, BYTES_OF(s->view->hash.b));
    e = db_run(q);
    if (e == ERR_OK) s->revoked_grown = true;
    return e == ERR_OK ? hub_revoked_mark(s, &r->node) : e;
}

enum err hub_revoked_mark(struct hub_store *s, const struct id_hash *node)
{
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE sys_node SET (revoked_pos, revoked_why) = (SELECT pos, why FROM sys_revoked "
               "WHERE node = ?1) WHERE node = ?1 AND revoked_pos IS NULL");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    return db_run(q);
}

enum err hub_store_revocations(struct hub_store *s,
                               enum err (*row)(void *ctx, const struct admin_revoke *r), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT node, why FROM sys_revoked ORDER BY pos");
    while (e == ERR_OK && more) {
        struct admin_revoke r;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        r.reason = db_column_bytes(q, 1);
        e = db_column_copy(q, 0, r.node.b, sizeof r.node.b);
        if (e == ERR_OK) e = row(ctx, &r);
    }
    db_done(q);
    return e;
}

/* ---- the file ---- */

/* All sets of the log that revoked somebody, and the newest certificates of nodes that changed their keys. */
static enum err hub_revoked_collect(struct hub_store *s, struct buf *out)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT l.head, l.body, l.signature FROM (SELECT pos FROM sys_revoked_said UNION "
               "SELECT pos FROM sys_rekey_cert) r JOIN sys_log l ON l.pos = r.pos ORDER BY "
               "l.pos");
    while (e == ERR_OK && more) {
        uint8_t signature[CHANGE_SIGNATURE_BYTES];
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = db_column_copy(q, 2, signature, sizeof signature);
        if (e == ERR_OK)
            erase_file_add(db_column_bytes(q, 0), db_column_bytes(q, 1), signature, out);
    }
    db_done(q);
    return e == ERR_OK ? out->e : e;
}

enum err hub_revoked_write(struct hub_store *s)
{
    struct buf b;
    if (!s->revoked_grown || s->replaying || s->revoked_path[0] == '\0') return ERR_OK;
    buf_init(&b, ERASE_FILE_BYTES_MAX);
    erase_file_begin(HUB_REVOKED_TAG, &b);
    enum err e = hub_revoked_collect(s, &b);
    if (e == ERR_OK) e = file_write_atomic(s->revoked_path, buf_bytes(&b), 0600);
    buf_free(&b);
    if (e == ERR_OK) s->revoked_grown = false;
    return e;
}

static enum err hub_revoked_known(struct hub_store *s, const struct id_hash *hash, bool *known)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_revoked_said WHERE hash = ?1 UNION SELECT 1 FROM "
                       "sys_rekey_cert WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(hash->b));
    enum err e = db_get(q);
    *known = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_revoked_open(struct hub_store *s)
{
    size_t count;
    struct hub_list list = {s->revoked_path, HUB_REVOKED_TAG, "revoked.again", hub_revoked_known};
    if (s->revoked_path[0] == '\0' || !s->has_identity) return ERR_OK;
    /* What the file has and this database has not, it had once, or was about to have: it is revoked. */
    enum err e = hub_list_open(s, &list, &count);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT (SELECT count(*) FROM sys_revoked_said) + (SELECT count(*) FROM "
                       "sys_rekey_cert)");
    e = db_get(q);
    if (e == ERR_OK && db_column_int(q, 0) > (int64_t)count)
        s->revoked_grown = true; /* lost, or of before */
    db_done(q);
    return e;
}

enum err hub_store_reread(struct hub_store *s)
{
    enum err e = hub_erased_open(s);
    return e == ERR_OK ? hub_revoked_open(s) : e;
}

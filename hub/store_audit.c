/* Who did what at the desk: rows, and the digest of those that had to go. */
#include "hub/store_priv.h"
#include "hub/store_users.h"

#include "common/text.h"

#include <sodium.h>

static void hub_audit_text(struct bytes b, char *out, size_t room)
{
    size_t len = b.len < room ? b.len : room - 1;
    if (len > 0) memcpy(out, b.p, len);
    out[len] = '\0';
}

/* ---- what had to go ---- */

enum err hub_audit_past(struct hub_store *s, struct hub_audit_past *out)
{
    struct buf digest;
    *out = (struct hub_audit_past){.rows = 0};
    buf_init(&digest, sizeof out->digest);
    enum err e = hub_meta_int(s, "audit_rows", &out->rows);
    if (e == ERR_OK) e = hub_meta_int(s, "audit_until", &out->until_ms);
    if (e == ERR_OK) e = hub_meta_get(s, "audit_digest", &digest);
    if (e == ERR_OK && digest.len != sizeof out->digest) e = ERR_DAMAGED;
    if (e == ERR_OK) memcpy(out->digest, digest.p, sizeof out->digest);
    buf_free(&digest);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Columns: no, at_ms, user, what, detail, result. */
static void hub_audit_fold(const struct db_stmt *q, struct hub_audit_past *p)
{
    crypto_generichash_state h;
    uint8_t numbers[16], len[4];
    crypto_generichash_init(&h, NULL, 0, sizeof p->digest);
    crypto_generichash_update(&h, p->digest, sizeof p->digest);
    le64_store(numbers, (uint64_t)db_column_int(q, 0));
    le64_store(numbers + 8, (uint64_t)db_column_int(q, 1));
    crypto_generichash_update(&h, numbers, sizeof numbers);
    for (int i = 2; i < 6; i++) {
        struct bytes text = db_column_bytes(q, i);
        le32_store(len, (uint32_t)text.len);
        crypto_generichash_update(&h, len, sizeof len);
        if (text.len > 0) crypto_generichash_update(&h, text.p, text.len);
    }
    crypto_generichash_final(&h, p->digest, sizeof p->digest);
    p->rows++;
    p->until_ms = db_column_int(q, 1);
}

static enum err hub_audit_forget(struct hub_store *s, int64_t count)
{
    struct hub_audit_past past;
    bool row = false;
    int64_t last = 0;
    enum err e = hub_audit_past(s, &past);
    struct db_stmt *q = db_stmt(
        s->db, "SELECT no, at_ms, user, what, detail, result FROM sys_audit ORDER BY no LIMIT ?1");
    db_bind_int(q, 1, count);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        last = db_column_int(q, 0);
        hub_audit_fold(q, &past);
        e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK) e = hub_meta_set_int(s, "audit_rows", past.rows);
    if (e == ERR_OK) e = hub_meta_set_int(s, "audit_until", past.until_ms);
    if (e == ERR_OK) e = hub_meta_set(s, "audit_digest", BYTES_OF(past.digest));
    if (e != ERR_OK) return e;
    struct db_stmt *d = db_stmt(s->db, "DELETE FROM sys_audit WHERE no <= ?1");
    db_bind_int(d, 1, last);
    return db_run(d);
}

enum err hub_audit_trim(struct hub_store *s, int64_t keep)
{
    struct db_stmt *n = db_stmt(s->db, "SELECT count(*) FROM sys_audit");
    enum err e = db_get(n);
    int64_t over = e == ERR_OK ? db_column_int(n, 0) - keep : 0;
    db_done(n);
    if (e != ERR_OK || over <= 0) return e;
    if (db_in_transaction(s->db)) return hub_audit_forget(s, over);
    e = db_begin(s->db);
    return e == ERR_OK ? db_end(s->db, hub_audit_forget(s, over)) : e;
}

/* ---- audit ---- */

enum err hub_audit_add(struct hub_store *s, const struct hub_audit *a)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_audit(at_ms, user, what, detail, result) VALUES "
                       "(?1, ?2, ?3, ?4, ?5)");
    db_bind_int(q, 1, a->at_ms);
    db_bind_str(q, 2, a->user);
    db_bind_str(q, 3, a->what);
    db_bind_text(q, 4, text_truncate(bytes_str(a->detail), HUB_AUDIT_TEXT_MAX));
    db_bind_str(q, 5, a->result);
    enum err e = db_run(q);
    bool look = e == ERR_OK && db_last_rowid(s->db) % HUB_AUDIT_BATCH == 0;
    return look ? hub_audit_trim(s, HUB_AUDIT_KEEP) : e;
}

enum err hub_audit_each(struct hub_store *s, int64_t before,
                        enum err (*each)(void *ctx, int64_t row, const struct hub_audit *a),
                        void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT no, at_ms, user, what, detail, result FROM sys_audit WHERE ?1 = 0 OR no < "
               "?1 ORDER BY no DESC LIMIT ?2");
    db_bind_int(q, 1, before);
    db_bind_int(q, 2, HUB_AUDIT_ROWS_MAX);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        char user[LOGIN_NAME_BYTES_MAX + 1], what[64], detail[HUB_AUDIT_TEXT_MAX + 1], result[32];
        struct hub_audit a = {db_column_int(q, 1), user, what, detail, result};
        hub_audit_text(db_column_bytes(q, 2), user, sizeof user);
        hub_audit_text(db_column_bytes(q, 3), what, sizeof what);
        hub_audit_text(db_column_bytes(q, 4), detail, sizeof detail);
        hub_audit_text(db_column_bytes(q, 5), result, sizeof result);
        e = each(ctx, db_column_int(q, 0), &a);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

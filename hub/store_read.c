#include "hub/store_read.h"
#include "common/text.h"
#include "hub/store_priv.h"

#include <sodium.h>
#include <stdio.h>

#define HUB_READ_TAG "dongbo/read/1\0\0" /* 16 bytes with its terminator */

enum { HUB_READ_USER_ROOM = 256, HUB_READ_WHAT_ROOM = 64 };

static void hub_read_part(crypto_generichash_state *h, struct bytes b)
{
    uint8_t len[4];
    le32_store(len, (uint32_t)b.len);
    crypto_generichash_update(h, len, sizeof len);
    if (b.len > 0) crypto_generichash_update(h, b.p, b.len);
}

static void hub_read_hash(const struct id_hash *before, const struct hub_read *r,
                          struct id_hash *out)
{
    crypto_generichash_state h;
    uint8_t at[9];
    le64_store(at, (uint64_t)r->at_ms);
    at[8] = (uint8_t)r->highest;
    crypto_generichash_init(&h, NULL, 0, sizeof out->b);
    crypto_generichash_update(&h, (const uint8_t *)HUB_READ_TAG, 16);
    crypto_generichash_update(&h, before->b, sizeof before->b);
    crypto_generichash_update(&h, at, sizeof at);
    hub_read_part(&h, bytes_str(r->user));
    hub_read_part(&h, bytes_str(r->what));
    hub_read_part(&h, bytes_str(r->why));
    hub_read_part(&h, r->rids);
    crypto_generichash_final(&h, out->b, sizeof out->b);
}

static enum err hub_read_meta_hash(struct hub_store *s, const char *key, struct id_hash *out)
{
    struct buf b;
    *out = (struct id_hash){{0}};
    buf_init(&b, sizeof out->b);
    enum err e = hub_meta_get(s, key, &b);
    if (e == ERR_OK && b.len != sizeof out->b) e = ERR_DAMAGED;
    if (e == ERR_OK) memcpy(out->b, b.p, sizeof out->b);
    buf_free(&b);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Hash of the newest row, or of the newest that is gone. */
static enum err hub_read_last(struct hub_store *s, struct id_hash *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT hash FROM sys_read ORDER BY no DESC LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->b, sizeof out->b);
    db_done(q);
    return e == ERR_NOT_FOUND ? hub_read_meta_hash(s, "reads_hash", out) : e;
}

static enum err hub_read_put(struct hub_store *s, const struct hub_read *r)
{
    struct id_hash before, hash;
    int64_t ids = 0;
    enum err e = hub_read_last(s, &before);
    if (e != ERR_OK) return e;
    hub_read_hash(&before, r, &hash);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_read(at_ms, user, what, why, highest, rids, hash) VALUES "
                       "(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    db_bind_int(q, 1, r->at_ms);
    db_bind_str(q, 2, r->user);
    db_bind_str(q, 3, r->what);
    db_bind_str(q, 4, r->why);
    db_bind_int(q, 5, r->highest);
    db_bind_blob(q, 6, r->rids);
    db_bind_blob(q, 7, BYTES_OF(hash.b));
    e = db_run(q);
    if (e == ERR_OK) e = hub_meta_int(s, "reads_ids", &ids);
    return e == ERR_OK
               ? hub_meta_set_int(s, "reads_ids", ids + (int64_t)(r->rids.len / ID_RECORD_BYTES))
               : e;
}

/* ---- the oldest go ---- */

static enum err hub_read_drop(struct hub_store *s)
{
    struct id_hash hash = {{0}};
    int64_t last = 0, n = 0, ids = 0, at_ms = 0, dropped = 0, held = 0;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT max(no), count(*), sum(length(rids)) FROM (SELECT no, rids FROM "
                       "sys_read ORDER BY no LIMIT ?1)");
    db_bind_int(q, 1, HUB_READS_DROP);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        last = db_column_int(q, 0);
        n = db_column_int(q, 1);
        ids = db_column_int(q, 2) / ID_RECORD_BYTES;
    }
    db_done(q);
    if (e != ERR_OK || n == 0) return e;
    q = db_stmt(s->db, "SELECT at_ms, hash FROM sys_read WHERE no = ?1");
    db_bind_int(q, 1, last);
    e = db_get(q);
    at_ms = e == ERR_OK ? db_column_int(q, 0) : 0;
    if (e == ERR_OK) e = db_column_copy(q, 1, hash.b, sizeof hash.b);
    db_done(q);
    if (e == ERR_OK) e = hub_meta_int(s, "reads_dropped", &dropped);
    if (e == ERR_OK) e = hub_meta_int(s, "reads_ids", &held);
    if (e == ERR_OK) e = hub_meta_set_int(s, "reads_dropped", dropped + n);
    if (e == ERR_OK) e = hub_meta_set_int(s, "reads_dropped_ms", at_ms);
    if (e == ERR_OK) e = hub_meta_set_int(s, "reads_ids", held > ids ? held - ids : 0);
    if (e == ERR_OK) e = hub_meta_set(s, "reads_hash", BYTES_OF(hash.b));
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_read WHERE no <= ?1");
    db_bind_int(q, 1, last);
    return db_run(q);
}

enum err hub_read_shrink(struct hub_store *s, int64_t rows_max, int64_t ids_max)
{
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        int64_t rows = 0, ids = 0;
        /* Numbers have no gaps: rows go at the old end only. */
        struct db_stmt *q = db_stmt(
            s->db, "SELECT ifnull((SELECT no FROM sys_read ORDER BY no DESC LIMIT 1) - (SELECT no "
                   "FROM sys_read ORDER BY no LIMIT 1) + 1, 0)");
        e = db_get(q);
        if (e == ERR_OK) rows = db_column_int(q, 0);
        db_done(q);
        if (e == ERR_OK) e = hub_meta_int(s, "reads_ids", &ids);
        if (e != ERR_OK || rows == 0 || (rows <= rows_max && ids <= ids_max)) break;
        e = hub_read_drop(s);
    }
    return e;
}

/* ---- noting ---- */

/* The same by the same person a moment ago: a page that asks again. */
static bool hub_read_again(struct hub_store *s, const struct hub_read *r)
{
    static const struct id_hash none;
    struct hub_read bare = *r;
    struct id_hash h;
    bare.at_ms = 0;
    hub_read_hash(&none, &bare, &h);
    for (size_t i = 0; i < HUB_READ_SEEN; i++) {
        struct hub_read_seen *seen = &s->read_seen[i];
        if (!ID_EQUAL(&seen->hash, &h)) continue;
        int64_t since = r->at_ms - seen->at_ms;
        if (since >= 0 && since < HUB_READ_AGAIN_MS) return true;
        seen->at_ms = r->at_ms;
        return false;
    }
    s->read_seen[s->read_next] = (struct hub_read_seen){h, r->at_ms};
    s->read_next = (s->read_next + 1) % HUB_READ_SEEN;
    return false;
}

enum err hub_read_add(struct hub_store *s, const struct hub_read *r)
{
    char user[HUB_READ_USER_ROOM], what[HUB_READ_WHAT_ROOM], why[HUB_READ_TEXT_MAX + 1];
    struct hub_read row = *r;
    struct bytes u = text_truncate(bytes_str(r->user), sizeof user - 1);
    struct bytes w = text_truncate(bytes_str(r->why), HUB_READ_TEXT_MAX);
    snprintf(user, sizeof user, "%.*s", (int)u.len, (const char *)u.p);
    snprintf(why, sizeof why, "%.*s", (int)w.len, (const char *)w.p);
    snprintf(what, sizeof what, "%s", r->what);
    row.user = user;
    row.what = what;
    row.why = why;
    if (hub_read_again(s, &row)) return ERR_OK;
    bool own = !db_in_transaction(s->db);
    enum err e = own ? db_begin(s->db) : ERR_OK;
    const size_t part = (size_t)HUB_READ_IDS_MAX * ID_RECORD_BYTES;
    for (size_t at = 0; e == ERR_OK && at < r->rids.len; at += part) {
        size_t len = r->rids.len - at < part ? r->rids.len - at : part;
        row.rids = bytes_make(r->rids.p + at, len);
        e = hub_read_put(s, &row);
    }
    if (e == ERR_OK) e = hub_read_shrink(s, HUB_READS_MAX, HUB_READS_IDS_MAX);
    if (own) e = db_end(s->db, e);
    if (e != ERR_OK) memset(s->read_seen, 0, sizeof s->read_seen);
    return e;
}

/* ---- reading it ---- */

struct hub_read_texts {
    char user[HUB_READ_USER_ROOM], what[HUB_READ_WHAT_ROOM], why[HUB_READ_TEXT_MAX + 1];
};

static void hub_read_text(struct bytes b, char *out, size_t room)
{
    size_t len = b.len < room ? b.len : room - 1;
    if (len > 0) memcpy(out, b.p, len);
    out[len] = '\0';
}

/* Columns: no, at_ms, user, what, why, highest, rids. */
static void hub_read_row(const struct db_stmt *q, struct hub_read_texts *t, struct hub_read *r)
{
    hub_read_text(db_column_bytes(q, 2), t->user, sizeof t->user);
    hub_read_text(db_column_bytes(q, 3), t->what, sizeof t->what);
    hub_read_text(db_column_bytes(q, 4), t->why, sizeof t->why);
    *r = (struct hub_read){.at_ms = db_column_int(q, 1),
                           .user = t->user,
                           .what = t->what,
                           .why = t->why,
                           .highest = (unsigned)db_column_int(q, 5),
                           .rids = db_column_bytes(q, 6)};
}

static bool hub_read_has(struct bytes rids, const struct id_record *rid)
{
    for (size_t i = 0; i + ID_RECORD_BYTES <= rids.len; i += ID_RECORD_BYTES) {
        if (memcmp(rids.p + i, rid->b, ID_RECORD_BYTES) == 0) return true;
    }
    return false;
}

enum err hub_read_each(struct hub_store *s, int64_t before, const struct id_record *rid,
                       const char *user, hub_read_fn *each, void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT no, at_ms, user, what, why, highest, rids FROM sys_read WHERE (?1 = "
                       "0 OR no < ?1) AND (?2 IS NULL OR user = ?2) ORDER BY no DESC");
    db_bind_int(q, 1, before);
    db_bind_str(q, 2, user);
    for (int told = 0; e == ERR_OK && told < HUB_READS_ROWS_MAX;) {
        struct hub_read_texts t;
        struct hub_read r;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        hub_read_row(q, &t, &r);
        if (rid != NULL && !hub_read_has(r.rids, rid)) continue;
        told++;
        e = each(ctx, db_column_int(q, 0), &r);
    }
    db_done(q);
    return e;
}

enum err hub_read_end(struct hub_store *s, struct hub_reads_end *out)
{
    int64_t dropped = 0;
    bool more = true;
    *out = (struct hub_reads_end){.whole = true};
    enum err e = hub_meta_int(s, "reads_dropped", &dropped);
    if (e == ERR_OK) e = hub_meta_int(s, "reads_dropped_ms", &out->dropped_ms);
    if (e == ERR_OK) e = hub_read_meta_hash(s, "reads_hash", &out->dropped_hash);
    out->dropped = (uint64_t)dropped;
    out->hash = out->dropped_hash;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT no, at_ms, user, what, why, highest, rids, hash FROM sys_read ORDER "
                       "BY no");
    while (e == ERR_OK && more) {
        struct hub_read_texts t;
        struct hub_read r;
        struct id_hash hash;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        hub_read_row(q, &t, &r);
        hub_read_hash(&out->hash, &r, &hash);
        if (out->whole && !bytes_equal(db_column_bytes(q, 7), BYTES_OF(hash.b))) {
            out->whole = false;
            out->wrong = db_column_int(q, 0);
        }
        out->hash = hash;
        out->rows++;
    }
    db_done(q);
    return e;
}

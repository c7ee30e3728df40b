/* Bytes of attachments. SPEC 19. */
#include "node/store_attach.h"
#include "node/store_priv.h"

#define NODE_ATTACH_COLUMNS                                                                        \
    "no, rid, hash, size, have, coalesce(sent = (SELECT epoch FROM sys_state), 0), code"
/* Whole here, and the hub of the present epoch has not said that it has it; or not whole here. */
#define NODE_ATTACH_OPEN                                                                           \
    "(size = 0 OR have < size OR sent IS NULL OR sent <> (SELECT epoch FROM sys_state))"
/* And does not rest, by a clock that may have gone back. */
#define NODE_ATTACH_DUE NODE_ATTACH_OPEN " AND NOT (again_ms > ?1 AND again_ms <= ?2)"

static enum err node_attach_row(const struct db_stmt *q, struct node_attach *out)
{
    struct node_attach a = {.no = db_column_int(q, 0),
                            .size = node_store_u64(db_column_int(q, 3)),
                            .have = node_store_u64(db_column_int(q, 4)),
                            .delivered = db_column_int(q, 5) != 0,
                            .code = (unsigned)db_column_int(q, 6)};
    enum err e = db_column_copy(q, 1, a.ref.record.b, sizeof a.ref.record.b);
    if (e == ERR_OK) e = db_column_copy(q, 2, a.ref.hash.b, sizeof a.ref.hash.b);
    if (e == ERR_OK) *out = a;
    return e;
}

enum err node_store_attach_get(struct node_store *s, const struct attach_ref *ref,
                               struct node_attach *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT " NODE_ATTACH_COLUMNS
                                       " FROM sys_attach WHERE rid = ?1 AND hash = ?2");
    db_bind_blob(q, 1, BYTES_OF(ref->record.b));
    db_bind_blob(q, 2, BYTES_OF(ref->hash.b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_attach_row(q, out);
    db_done(q);
    return e;
}

/* What is known against it, and till when it rests for that. */
static enum err node_attach_rest(struct node_store *s, int64_t no, unsigned code, int64_t again_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_attach SET code = ?2, again_ms = ?3 WHERE no = ?1");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, code);
    db_bind_int(q, 3, again_ms);
    return db_run(q);
}

/* ---- putting bytes in ---- */

static enum err node_attach_begin(struct node_store *s, const struct attach_ref *ref, uint64_t size,
                                  int64_t now_ms)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_attach(rid, hash, size, have, at_ms) "
                                       "VALUES (?1, ?2, ?3, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(ref->record.b));
    db_bind_blob(q, 2, BYTES_OF(ref->hash.b));
    db_bind_int(q, 3, node_store_i64(size));
    db_bind_int(q, 4, now_ms);
    return db_run(q);
}

static enum err node_attach_block(struct node_store *s, int64_t no, uint64_t at, struct bytes data)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_attach_block(file, at, data) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, node_store_i64(at));
    db_bind_blob(q, 3, data);
    return db_run(q);
}

enum err node_store_attach_add(struct node_store *s, const struct id_record *record,
                               struct bytes file, int64_t now_ms, struct id_hash *hash)
{
    struct attach_ref ref = {.record = *record};
    struct node_attach a;
    if (file.len > ATTACH_BYTES_MAX) return ERR_TOO_LARGE;
    if (attach_kind_of(file) == ATTACH_KIND_NONE) return ERR_BAD_INPUT;
    attach_hash(file, &ref.hash);
    enum err e = node_store_attach_get(s, &ref, &a);
    if (e != ERR_NOT_FOUND) return e == ERR_OK ? ERR_EXISTS : e;
    e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_attach_begin(s, &ref, file.len, now_ms);
    int64_t no = db_last_rowid(s->db);
    for (size_t at = 0; e == ERR_OK && at < file.len; at += ATTACH_BLOCK_BYTES)
        e = node_attach_block(s, no, at, bytes_make(file.p + at, attach_block_len(at, file.len)));
    e = db_end(s->db, e);
    if (e == ERR_OK) *hash = ref.hash;
    return e;
}

enum err node_store_attach_want(struct node_store *s, const struct attach_ref *ref, int64_t now_ms)
{
    struct node_attach a;
    enum err e = node_store_attach_get(s, ref, &a);
    if (e == ERR_NOT_FOUND) return node_attach_begin(s, ref, 0, now_ms);
    return e == ERR_OK ? node_attach_rest(s, a.no, a.code, 0) : e;
}

/* ---- taking bytes out ---- */

/* Every block of a whole file in order; to `out` and to the hash, where they are wanted. */
static enum err node_attach_blocks(struct node_store *s, const struct node_attach *a,
                                   struct buf *out, struct attach_hash_state *state)
{
    bool row = true;
    uint64_t at = 0;
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT at, data FROM sys_attach_block WHERE file = ?1 ORDER BY at");
    db_bind_int(q, 1, a->no);
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        struct bytes data = db_column_bytes(q, 1);
        if (node_store_u64(db_column_int(q, 0)) != at ||
            data.len != attach_block_len(at, a->size)) {
            e = ERR_DAMAGED;
            break;
        }
        if (out != NULL) buf_add_bytes(out, data);
        if (out != NULL) e = out->e;
        attach_hash_add(state, data);
        at += data.len;
    }
    db_done(q);
    return e == ERR_OK && at != a->size ? ERR_DAMAGED : e;
}

/* Is it, by its bytes, the file that the record names? ERR_DAMAGED: no. */
static enum err node_attach_check(struct node_store *s, const struct node_attach *a,
                                  struct buf *out)
{
    struct attach_hash_state state;
    struct id_hash hash;
    attach_hash_begin(&state);
    enum err e = node_attach_blocks(s, a, out, &state);
    attach_hash_end(&state, &hash);
    if (e != ERR_OK) return e;
    return ID_EQUAL(&hash, &a->ref.hash) ? ERR_OK : ERR_DAMAGED;
}

enum err node_store_attach_file(struct node_store *s, const struct attach_ref *ref, struct buf *out)
{
    struct node_attach a;
    enum err e = node_store_attach_get(s, ref, &a);
    if (e != ERR_OK) return e;
    if (a.size == 0 || a.have < a.size) return ERR_AGAIN;
    size_t before = out->len;
    e = node_attach_check(s, &a, out);
    if (e != ERR_OK) out->len = before;
    return e;
}

/* ---- a session ---- */

enum err node_store_attach_busy(struct node_store *s, int64_t now_ms, bool *busy)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT EXISTS (SELECT 1 FROM sys_attach WHERE " NODE_ATTACH_DUE ")");
    db_bind_int(q, 1, now_ms);
    db_bind_int(q, 2, now_ms + NODE_ATTACH_REST_MS);
    enum err e = db_get(q);
    if (e == ERR_OK) *busy = db_column_int(q, 0) != 0;
    db_done(q);
    return e;
}

enum err node_store_attach_next(struct node_store *s, int64_t after, int64_t now_ms,
                                struct node_attach *out)
{
    struct node_attach a;
    for (;;) {
        struct db_stmt *q = db_stmt(s->db, "SELECT " NODE_ATTACH_COLUMNS
                                           " FROM sys_attach WHERE no > ?3 AND " NODE_ATTACH_DUE
                                           " ORDER BY no LIMIT 1");
        db_bind_int(q, 1, now_ms);
        db_bind_int(q, 2, now_ms + NODE_ATTACH_REST_MS);
        db_bind_int(q, 3, after);
        enum err e = db_get(q);
        if (e == ERR_OK) e = node_attach_row(q, &a);
        db_done(q);
        if (e != ERR_OK) return e;
        if (a.size == 0 || a.have < a.size) break; /* to be fetched */
        e = node_attach_check(s, &a, NULL);
        if (e == ERR_OK) break;
        if (e != ERR_DAMAGED) return e;
        e = node_attach_rest(s, a.no, ATTACH_BAD, 0);
        if (e != ERR_OK) return e;
        after = a.no;
    }
    *out = a;
    return ERR_OK;
}

enum err node_store_attach_read(struct node_store *s, int64_t no, uint64_t from, struct bytes *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT data FROM sys_attach_block WHERE file = ?1 AND at = ?2");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, node_store_i64(from));
    buf_clear(&s->attach_block);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        buf_add_bytes(&s->attach_block, db_column_bytes(q, 0));
        e = s->attach_block.e;
    }
    db_done(q);
    if (e == ERR_OK) *out = buf_bytes(&s->attach_block);
    return e;
}

static enum err node_attach_grown(struct node_store *s, int64_t no, uint64_t size, uint64_t have)
{
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE sys_attach SET size = ?2, have = ?3, code = 0, again_ms = 0 WHERE no = ?1");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, node_store_i64(size));
    db_bind_int(q, 3, node_store_i64(have));
    return db_run(q);
}

static enum err node_attach_sent(struct node_store *s, int64_t no)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_attach SET sent = (SELECT epoch FROM sys_state), "
                       "code = 0, again_ms = 0 WHERE no = ?1");
    db_bind_int(q, 1, no);
    return db_run(q);
}

static enum err node_attach_forget(struct node_store *s, int64_t no)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_attach_block WHERE file = ?1");
    db_bind_int(q, 1, no);
    return db_run(q);
}

static enum err node_attach_take(struct node_store *s, struct node_attach *a,
                                 const struct attach_block *b)
{
    enum err e = node_attach_block(s, a->no, b->from, b->data);
    a->size = b->size;
    a->have = b->from + b->data.len;
    if (e == ERR_OK) e = node_attach_grown(s, a->no, a->size, a->have);
    if (e != ERR_OK || a->have < a->size) return e;
    e = node_attach_check(s, a, NULL);
    return e == ERR_OK ? node_attach_sent(s, a->no) : e;
}

enum err node_store_attach_put(struct node_store *s, int64_t no, const struct attach_block *b,
                               int64_t now_ms, uint64_t *have)
{
    struct node_attach a;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " NODE_ATTACH_COLUMNS " FROM sys_attach WHERE no = ?1");
    db_bind_int(q, 1, no);
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_attach_row(q, &a);
    db_done(q);
    if (e != ERR_OK) return e;
    if (b->from != a.have || (a.size != 0 && b->size != a.size) ||
        (a.size != 0 && a.have == a.size))
        return ERR_BAD_FORMAT;
    e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = db_end(s->db, node_attach_take(s, &a, b));
    if (e == ERR_OK) *have = a.have;
    if (e != ERR_DAMAGED) return e;
    e = db_begin(s->db); /* another file than the record's: nothing of it stays */
    if (e != ERR_OK) return e;
    e = node_attach_forget(s, no);
    if (e == ERR_OK) e = node_attach_grown(s, no, 0, 0);
    if (e == ERR_OK) e = node_attach_rest(s, no, ATTACH_BAD, now_ms + NODE_ATTACH_REST_MS);
    e = db_end(s->db, e);
    return e == ERR_OK ? ERR_BAD_HASH : e;
}

enum err node_store_attach_said(struct node_store *s, int64_t no, unsigned code, int64_t now_ms)
{
    if (code == ATTACH_OK) return node_attach_sent(s, no);
    return node_attach_rest(s, no, code, code == ATTACH_NONE ? 0 : now_ms + NODE_ATTACH_REST_MS);
}

enum err node_store_attach_counts(struct node_store *s, struct node_attach_counts *out)
{
    struct node_attach_counts c = {0};
    struct db_stmt *q = db_stmt(
        s->db, "SELECT count(*), total(size > 0 AND have = size AND " NODE_ATTACH_OPEN "), "
               "total(CASE WHEN size > 0 AND have = size AND " NODE_ATTACH_OPEN " THEN size END), "
               "total(size = 0 OR have < size), total(code <> 0) FROM sys_attach");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        c.files = node_store_u64(db_column_int(q, 0));
        c.waiting = node_store_u64(db_column_int(q, 1));
        c.waiting_bytes = node_store_u64(db_column_int(q, 2));
        c.fetching = node_store_u64(db_column_int(q, 3));
        c.refused = node_store_u64(db_column_int(q, 4));
        c.delivered = c.files - c.waiting - c.fetching;
        *out = c;
    }
    db_done(q);
    return e;
}

/* ---- bundles ---- */

enum err node_store_attach_bundled(struct node_store *s, int64_t no)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_attach SET bundled = ?1 > 0 WHERE no = ?1 OR ?1 = 0");
    db_bind_int(q, 1, no);
    return db_run(q);
}

enum err node_store_attach_is_bundled(struct node_store *s, int64_t no, bool *bundled)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT bundled FROM sys_attach WHERE no = ?1");
    db_bind_int(q, 1, no);
    enum err e = db_get(q);
    if (e == ERR_OK) *bundled = db_column_int(q, 0) != 0;
    db_done(q);
    return e;
}

enum err node_store_attach_held(struct node_store *s, const struct attach_ref *ref)
{
    struct node_attach a;
    enum err e = node_store_attach_get(s, ref, &a);
    if (e == ERR_OK && a.size > 0 && a.have == a.size) e = node_attach_sent(s, a.no);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- going with the record ---- */

static enum err node_attach_remove(struct node_store *s, int64_t no)
{
    enum err e = node_attach_forget(s, no);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_attach WHERE no = ?1");
    db_bind_int(q, 1, no);
    return db_run(q);
}

/* The file of this record behind number `after`. ERR_NOT_FOUND: no more. */
static enum err node_attach_of(struct node_store *s, const struct id_record *rid, int64_t after,
                               struct node_attach *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " NODE_ATTACH_COLUMNS
                       " FROM sys_attach WHERE rid = ?1 AND no > ?2 ORDER BY no LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_int(q, 2, after);
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_attach_row(q, out);
    db_done(q);
    return e;
}

enum err node_attach_unnamed(struct node_store *s, const struct id_record *rid)
{
    struct node_attach a;
    enum err e = node_attach_of(s, rid, 0, &a);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e; /* most records have none */
    e = node_store_record_read(s, rid, &s->work);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    while (e == ERR_OK) {
        if (!attach_named(&s->work.fold, &a.ref.hash)) e = node_attach_remove(s, a.no);
        if (e == ERR_OK) e = node_attach_of(s, rid, a.no, &a);
    }
    fold_clear(&s->work.fold);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_store_attach_drop(struct node_store *s, const struct id_record *record)
{
    struct node_attach a;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    while (e == ERR_OK) {
        e = node_attach_of(s, record, 0, &a);
        if (e == ERR_OK) e = node_attach_remove(s, a.no);
    }
    return db_end(s->db, e == ERR_NOT_FOUND ? ERR_OK : e);
}

enum err node_attach_woken(struct node_store *s)
{
    return db_exec(s->db, "UPDATE sys_attach SET again_ms = 0, code = 0 WHERE again_ms <> 0 AND "
                          "rid IN (SELECT rid FROM sys_marked)");
}

/* Of records that are not here any more; a whole file that the hub has not got yet stays until it has. */
#define NODE_ATTACH_LEFT                                                                           \
    "rid NOT IN (SELECT rid FROM sys_shown) AND NOT (size > 0 AND have = size "                    \
    "AND " NODE_ATTACH_OPEN ")"

enum err node_attach_sweep(struct node_store *s)
{
    bool any = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT EXISTS (SELECT 1 FROM sys_attach WHERE " NODE_ATTACH_LEFT ")");
    enum err e = db_get(q);
    if (e == ERR_OK) any = db_column_int(q, 0) != 0;
    db_done(q);
    if (e != ERR_OK || !any) return e;
    e = db_exec(s->db, "DELETE FROM sys_attach_block WHERE file IN (SELECT no FROM sys_attach "
                       "WHERE " NODE_ATTACH_LEFT ");"
                       "DELETE FROM sys_attach WHERE " NODE_ATTACH_LEFT ";");
    return e;
}

/* Bytes of attachments. SPEC 19. */
#include "hub/store_attach.h"
#include "common/zoo.h"
#include "hub/store_erase.h"
#include "hub/store_priv.h"

struct hub_attach_row {
    int64_t no;
    uint64_t size, have;
};

static enum err hub_attach_find(struct hub_store *s, const struct attach_ref *ref,
                                struct hub_attach_row *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT no, size, have FROM sys_attach WHERE rid = ?1 AND hash = ?2");
    db_bind_blob(q, 1, BYTES_OF(ref->record.b));
    db_bind_blob(q, 2, BYTES_OF(ref->hash.b));
    enum err e = db_get(q);
    if (e == ERR_OK)
        *out = (struct hub_attach_row){db_column_int(q, 0), (uint64_t)db_column_int(q, 1),
                                       (uint64_t)db_column_int(q, 2)};
    db_done(q);
    return e;
}

/* ---- who may ---- */

/* Was the record ever in the scope of this unit? */
static enum err hub_attach_had(struct hub_store *s, int64_t record, int64_t unit, bool *had)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_scope WHERE record = ?1 AND scope = ?2 LIMIT 1");
    db_bind_int(q, 1, record);
    db_bind_int(q, 2, unit);
    enum err e = db_get(q);
    *had = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Is the record in the node's scope, and does it name the file? *unit: whose it is, 0: no. `giving`: or was it in
 * the scope once; a file that was on its way when the record left is not lost. */
static enum err hub_attach_allowed(struct hub_store *s, const struct hub_node *node,
                                   const struct attach_ref *ref, bool giving, int64_t *unit)
{
    bool had = false;
    struct hub_record r;
    struct db_stmt *q = NULL;
    enum move_access access = MOVE_NOTHING;
    int64_t own = hub_unit_find(s, node->unit);
    *unit = 0;
    enum err e = hub_record_get(s, &ref->record, &q, &r);
    if (e == ERR_OK) {
        fold_clear(&s->other);
        e = fold_load(&s->other, r.state);
        if (e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
    }
    bool named = e == ERR_OK && attach_named(&s->other, &ref->hash);
    fold_clear(&s->other);
    db_done(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK && named && own != 0 && r.unit != own)
        e = hub_scope_access(s, r.no, own, &access);
    if (e == ERR_OK && named && own != 0 && giving) e = hub_attach_had(s, r.no, own, &had);
    bool in_scope = r.scope == HUB_SCOPE_ALL || (r.unit == own && r.scope == own) || had;
    if (e == ERR_OK && named && own != 0 && !node->revoked && (in_scope || access != MOVE_NOTHING))
        *unit = r.unit;
    return e;
}

void hub_store_attach_quota(struct hub_store *s, uint64_t bytes)
{
    s->attach_quota = bytes;
}

static enum err hub_attach_room(struct hub_store *s, int64_t unit, uint64_t size, bool *fits)
{
    uint64_t quota = s->attach_quota != 0 ? s->attach_quota : HUB_ATTACH_UNIT_BYTES_MAX;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT coalesce(sum(size), 0) FROM sys_attach WHERE unit = ?1");
    db_bind_int(q, 1, unit);
    enum err e = db_get(q);
    if (e == ERR_OK) *fits = (uint64_t)db_column_int(q, 0) + size <= quota || ZOO(124);
    db_done(q);
    return e;
}

/* ---- taking ---- */

static enum err hub_attach_begin(struct hub_store *s, const struct attach_offer *o, int64_t unit,
                                 int64_t now_ms)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_attach(rid, hash, size, have, unit, at_ms) "
                                       "VALUES (?1, ?2, ?3, 0, ?4, ?5)");
    db_bind_blob(q, 1, BYTES_OF(o->ref.record.b));
    db_bind_blob(q, 2, BYTES_OF(o->ref.hash.b));
    db_bind_int(q, 3, (int64_t)o->size);
    db_bind_int(q, 4, unit);
    db_bind_int(q, 5, now_ms);
    return db_run(q);
}

enum err hub_store_attach_offer(struct hub_store *s, const struct hub_node *node,
                                const struct attach_offer *o, int64_t now_ms,
                                struct hub_attach_said *out)
{
    struct hub_attach_row row;
    int64_t unit = 0;
    bool fits = false;
    struct hub_attach_said said = {.size = o->size, .code = ATTACH_UNKNOWN};
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_attach_allowed(s, node, &o->ref, true, &unit);
    if (e != ERR_OK) return e;
    *out = said;
    if (unit == 0) return ERR_OK;
    e = hub_attach_find(s, &o->ref, &row);
    if (e == ERR_OK) {
        out->code = row.size == o->size ? ATTACH_OK : ATTACH_BAD;
        out->have = row.size == o->size ? row.have : 0;
        if (ZOO(121) && row.have > 0 && row.have + ATTACH_BLOCK_BYTES < row.size)
            out->have += ATTACH_BLOCK_BYTES;
        return ERR_OK;
    }
    if (e != ERR_NOT_FOUND) return e;
    e = hub_attach_room(s, unit, o->size, &fits);
    if (e != ERR_OK) return e;
    out->code = fits ? ATTACH_OK : ATTACH_QUOTA;
    return fits ? hub_attach_begin(s, o, unit, now_ms) : ERR_OK;
}

static enum err hub_attach_put(struct hub_store *s, int64_t no, const struct attach_block *b)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_attach_block(file, at, data) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, (int64_t)b->from);
    db_bind_blob(q, 3, b->data);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_attach SET have = ?2 WHERE no = ?1");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, (int64_t)(b->from + b->data.len));
    return db_run(q);
}

static enum err hub_attach_remove(struct hub_store *s, int64_t no)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_attach_block WHERE file = ?1");
    db_bind_int(q, 1, no);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_attach WHERE no = ?1");
    db_bind_int(q, 1, no);
    return db_run(q);
}

/* Every block in order; to `out` when it is wanted. ERR_DAMAGED: one is missing or short;
 * ERR_BAD_HASH: it is another file than the record's, or of no kind that is taken. */
static enum err hub_attach_check(struct hub_store *s, const struct hub_attach_row *r,
                                 const struct id_hash *hash, struct buf *out)
{
    struct attach_hash_state state;
    struct id_hash is;
    enum attach_kind kind = ATTACH_KIND_NONE;
    uint64_t at = 0;
    bool row = true;
    enum err e = ERR_OK;
    attach_hash_begin(&state);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT at, data FROM sys_attach_block WHERE file = ?1 ORDER BY at");
    db_bind_int(q, 1, r->no);
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        struct bytes data = db_column_bytes(q, 1);
        bool fits =
            (uint64_t)db_column_int(q, 0) == at && data.len == attach_block_len(at, r->size);
        if (!fits) e = ERR_DAMAGED;
        if (at == 0) kind = attach_kind_of(data);
        if (out != NULL) buf_add_bytes(out, data);
        if (out != NULL && e == ERR_OK) e = out->e;
        attach_hash_add(&state, data);
        at += data.len;
    }
    db_done(q);
    attach_hash_end(&state, &is);
    if (e == ERR_OK && at != r->size) e = ERR_DAMAGED;
    if (e == ERR_OK && (kind == ATTACH_KIND_NONE || !ID_EQUAL(&is, hash))) e = ERR_BAD_HASH;
    return e;
}

enum err hub_store_attach_block(struct hub_store *s, const struct attach_ref *ref,
                                const struct attach_block *b, struct hub_attach_said *out)
{
    struct hub_attach_row r;
    enum err e = hub_attach_find(s, ref, &r);
    if (e == ERR_NOT_FOUND) { /* erased since it was offered */
        *out = (struct hub_attach_said){.size = b->size, .code = ATTACH_UNKNOWN};
        return ERR_OK;
    }
    if (e != ERR_OK) return e;
    *out = (struct hub_attach_said){.have = r.have, .size = r.size, .code = ATTACH_OK};
    if (b->size != r.size || b->from > r.have) out->code = ATTACH_BAD;
    if (out->code != ATTACH_OK) return ERR_OK;
    if (b->from < r.have) return ERR_OK; /* another session of the node was faster */
    e = hub_attach_put(s, r.no, b);
    out->have = r.have = b->from + b->data.len;
    if (e != ERR_OK || r.have < r.size) return e;
    e = hub_attach_check(s, &r, &ref->hash, NULL);
    if (e != ERR_BAD_HASH && e != ERR_DAMAGED) return e; /* a block that was here is gone: anew */
    out->have = 0;
    out->code = ATTACH_BAD;
    return hub_attach_remove(s, r.no);
}

/* ---- giving ---- */

enum err hub_store_attach_read(struct hub_store *s, const struct hub_node *node,
                               const struct attach_want *w, struct bytes *data,
                               struct hub_attach_said *out)
{
    struct hub_attach_row r;
    int64_t unit = 0;
    *out = (struct hub_attach_said){.code = ATTACH_UNKNOWN};
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_attach_allowed(s, node, &w->ref, false, &unit);
    if (e != ERR_OK || unit == 0) return e;
    out->code = ATTACH_NONE;
    e = hub_attach_find(s, &w->ref, &r);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK) return e;
    if (r.have < r.size || w->from >= r.size) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT data FROM sys_attach_block WHERE file = ?1 AND at = ?2");
    db_bind_int(q, 1, r.no);
    db_bind_int(q, 2, (int64_t)w->from);
    buf_clear(&s->attach_block);
    e = db_get(q);
    if (e == ERR_OK) {
        buf_add_bytes(&s->attach_block, db_column_bytes(q, 0));
        e = s->attach_block.e;
    }
    db_done(q);
    if (e == ERR_NOT_FOUND) return ERR_DAMAGED;
    if (e != ERR_OK) return e;
    if (s->attach_block.len != attach_block_len(w->from, r.size)) return ERR_DAMAGED;
    *data = buf_bytes(&s->attach_block);
    *out = (struct hub_attach_said){.have = r.have, .size = r.size, .code = ATTACH_OK};
    return ERR_OK;
}

enum err hub_store_attach_file(struct hub_store *s, const struct attach_ref *ref, struct buf *out)
{
    struct hub_attach_row r;
    enum err e = hub_attach_find(s, ref, &r);
    if (e != ERR_OK) return e;
    if (r.have < r.size) return ERR_AGAIN;
    size_t before = out->len;
    e = hub_attach_check(s, &r, &ref->hash, out);
    if (e != ERR_OK) out->len = before;
    return e == ERR_BAD_HASH ? ERR_DAMAGED : e;
}

/* Columns of hub_attach_tell(), of `f` with its unit `u`. */
#define HUB_ATTACH_COLUMNS                                                                         \
    "f.rid, f.hash, f.size, f.have, u.code, f.at_ms, (SELECT substr(b.data, 1, 16) FROM "          \
    "sys_attach_block b WHERE b.file = f.no AND b.at = 0) FROM sys_attach f JOIN sys_unit u ON "   \
    "u.no = f.unit "

static enum err hub_attach_tell(const struct db_stmt *q, struct hub_attach *a)
{
    *a = (struct hub_attach){.size = (uint64_t)db_column_int(q, 2),
                             .have = (uint64_t)db_column_int(q, 3),
                             .at_ms = db_column_int(q, 5),
                             .sealed = attach_kind_of(db_column_bytes(q, 6)) == ATTACH_KIND_SEALED};
    struct bytes unit = db_column_bytes(q, 4);
    if (unit.len > ADMIN_UNIT_BYTES_MAX) return ERR_DAMAGED;
    if (unit.len > 0) memcpy(a->unit, unit.p, unit.len);
    enum err e = db_column_copy(q, 0, a->ref.record.b, sizeof a->ref.record.b);
    return e == ERR_OK ? db_column_copy(q, 1, a->ref.hash.b, sizeof a->ref.hash.b) : e;
}

/* Rows of `q`: HUB_ATTACH_COLUMNS. */
static enum err hub_attach_rows(struct db_stmt *q,
                                enum err (*row)(void *ctx, const struct hub_attach *a), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct hub_attach a;
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_attach_tell(q, &a);
        if (e == ERR_OK && more) e = row(ctx, &a);
    }
    db_done(q);
    return e;
}

enum err hub_store_attach_each(struct hub_store *s, const struct id_record *record,
                               enum err (*row)(void *ctx, const struct hub_attach *a), void *ctx)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " HUB_ATTACH_COLUMNS "WHERE ?1 IS NULL OR f.rid = ?1 ORDER BY f.no");
    if (record != NULL) db_bind_blob(q, 1, BYTES_OF(record->b));
    return hub_attach_rows(q, row, ctx);
}

enum err hub_store_attach_about(struct hub_store *s, const struct id_record *record,
                                enum err (*row)(void *ctx, const struct hub_attach *a), void *ctx)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    const struct catalogue *c = hub_store_catalogue(s);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_name(c, "attachment") : NULL;
    if (t == NULL || catalogue_field_by_name(t, "record") == NULL) return ERR_OK;
    enum err e = hub_store_project(s);
    if (e == ERR_OK && s->typed == NULL) e = ERR_NOT_READY;
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " HUB_ATTACH_COLUMNS "WHERE f.rid IN (SELECT id FROM "
                       "\"attachment\" WHERE record = ?1) ORDER BY f.no");
    id_hex(BYTES_OF(record->b), hex);
    db_bind_str(q, 1, hex);
    return hub_attach_rows(q, row, ctx);
}

enum err hub_store_attach_whole(struct hub_store *s, const struct hub_node *node,
                                enum err (*row)(void *ctx, const struct hub_attach *a), void *ctx)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT " HUB_ATTACH_COLUMNS "WHERE f.have = f.size AND (f.unit = ?1 OR "
               "EXISTS (SELECT 1 FROM sys_record r JOIN sys_scope c ON c.record = r.no WHERE "
               "r.rid = f.rid AND c.scope = ?1)) ORDER BY f.no DESC LIMIT ?2");
    db_bind_int(q, 1, hub_unit_find(s, node->unit));
    db_bind_int(q, 2, ATTACH_TOLD_MAX);
    return hub_attach_rows(q, row, ctx);
}

/* ---- erasure ---- */

static enum err hub_attach_of(struct hub_store *s, const struct id_record *rid, int64_t after,
                              int64_t *no, struct id_hash *hash)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT no, hash FROM sys_attach WHERE rid = ?1 AND no > ?2 ORDER BY no LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_int(q, 2, after);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        *no = db_column_int(q, 0);
        e = db_column_copy(q, 1, hash->b, sizeof hash->b);
    }
    db_done(q);
    return e;
}

enum err hub_attach_unnamed(struct hub_store *s, const struct id_record *rid,
                            const struct id_hash *only)
{
    struct id_hash hash;
    struct hub_record r;
    struct db_stmt *q = NULL;
    int64_t no = 0;
    if (ZOO(122)) return ERR_OK;
    enum err e = hub_attach_of(s, rid, 0, &no, &hash);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e; /* most records have none */
    fold_clear(&s->other);
    e = hub_record_get(s, rid, &q, &r);
    if (e == ERR_OK) e = fold_load(&s->other, r.state);
    if (e == ERR_NOT_FOUND) e = ERR_OK; /* erased: the fold is empty and names nothing */
    while (e == ERR_OK) {
        bool asked = only == NULL || ID_EQUAL(only, &hash);
        if (asked && !attach_named(&s->other, &hash)) e = hub_attach_remove(s, no);
        if (e == ERR_OK) e = hub_attach_of(s, rid, no, &no, &hash);
    }
    fold_clear(&s->other);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_store_erase_attachments(struct hub_store *s, const struct id_record *rid,
                                     struct id_record *out, size_t max, size_t *count)
{
    bool row = true;
    char hex[2 * ID_RECORD_BYTES + 1];
    *count = 0;
    enum err e = hub_cache_ready(s);
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_name(s->catalogue, "attachment") : NULL;
    if (e != ERR_OK || t == NULL) return e;
    id_hex(BYTES_OF(rid->b), hex);
    struct db_stmt *q = db_stmt(s->db, "SELECT rid FROM sys_record WHERE type = ?1 AND "
                                       "instr(state, ?2) > 0 AND rid <> ?3 ORDER BY rid");
    db_bind_int(q, 1, t->no);
    db_bind_blob(q, 2, bytes_str(hex));
    db_bind_blob(q, 3, BYTES_OF(rid->b));
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        e = *count < max ? db_column_copy(q, 0, out[*count].b, ID_RECORD_BYTES) : ERR_TOO_LARGE;
        if (e == ERR_OK) ++*count;
    }
    db_done(q);
    return e;
}

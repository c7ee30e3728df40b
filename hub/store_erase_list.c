/* The list of erasures, and what people ask about it. SPEC 12.6. */
#include "common/zoo.h"
#include "hub/store_erase.h"
#include "common/io/file.h"
#include "common/log.h"
#include "hub/store_priv.h"
#include "hub/store_repair.h"

/* ---- the list ---- */

enum err hub_store_erasure_end(struct hub_store *s, uint32_t *count, uint8_t sum[static 8])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT no, sum FROM sys_erasure ORDER BY no DESC LIMIT 1");
    enum err e = db_get(q);
    *count = 0;
    memset(sum, 0, 8);
    if (e == ERR_OK) {
        *count = (uint32_t)db_column_int(q, 0);
        e = db_column_copy(q, 1, sum, 8);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_erasure_add(struct hub_store *s, const struct id_hash *hash, uint64_t at)
{
    uint32_t count = 0;
    uint8_t sum[8];
    enum err e = hub_store_erasure_end(s, &count, sum);
    if (e != ERR_OK) return e;
    le64_store(sum, le64_load(sum) + le64_load(hash->b));
    s->erased_grown = true;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_erasure(no, pos, hash, sum) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, (int64_t)count + 1);
    db_bind_int(q, 2, (int64_t)at);
    db_bind_blob(q, 3, BYTES_OF(hash->b));
    db_bind_blob(q, 4, BYTES_OF(sum));
    return db_run(q);
}

/* Is this set of the hub's own log in the list? */
static enum err hub_store_erasure_known(struct hub_store *s, const struct id_hash *hash,
                                        bool *known)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_erasure WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(hash->b));
    enum err e = db_get(q);
    *known = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_erasure_begin(struct hub_store *s, uint32_t count, const uint8_t sum[static 8],
                                  uint64_t *next)
{
    *next = 1;
    if (count == 0) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_erasure WHERE no = ?1 AND sum = ?2");
    db_bind_int(q, 1, count);
    db_bind_blob(q, 2, bytes_make(sum, 8));
    enum err e = db_get(q);
    if (e == ERR_OK) *next = (uint64_t)count + 1;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_erasure_row(struct hub_store *s, const struct db_stmt *q, struct message_set *m)
{
    struct bytes head = db_column_bytes(q, 1), body = db_column_bytes(q, 2);
    *m = (struct message_set){.position = (uint64_t)db_column_int(q, 0)};
    m->head.len = head.len;
    m->body.len = body.len;
    buf_add_bytes(&s->own_memory, head);
    buf_add_bytes(&s->own_memory, body);
    enum err e = db_column_copy(q, 3, m->signature, sizeof m->signature);
    return e == ERR_OK ? s->own_memory.e : e;
}

enum err hub_store_erasures(struct hub_store *s, uint32_t count, const uint8_t sum[static 8],
                            uint64_t *next, const struct message_set **sets, size_t *n)
{
    bool row = false;
    enum err e = hub_own_room(s);
    *n = 0;
    if (e == ERR_OK && *next == UINT64_MAX) e = hub_erasure_begin(s, count, sum, next);
    if (e != ERR_OK) return e;
    buf_clear(&s->own_memory);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.pos, l.head, l.body, l.signature FROM sys_erasure e JOIN sys_log "
                       "l ON l.pos = e.pos WHERE e.no >= ?1 ORDER BY e.no LIMIT 64");
    db_bind_int(q, 1, (int64_t)*next);
    e = db_step(q, &row);
    while (e == ERR_OK && row && *n < HUB_OWN_SETS_MAX) {
        e = hub_erasure_row(s, q, &s->own_sets[*n]);
        if (e == ERR_OK) e = db_step(q, &row);
        ++*n;
    }
    db_done(q);
    if (e != ERR_OK) return e;
    hub_own_point(s, *n);
    *next += *n;
    *sets = s->own_sets;
    return ERR_OK;
}

/* ---- for people ---- */

static enum err hub_ops_of_set(struct hub_store *s, const struct db_stmt *q,
                               const struct change_view *view, const struct id_record *rid,
                               enum err (*row)(void *ctx, const struct hub_record_op *o), void *ctx)
{
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < view->head.ops; i++) {
        struct change_op op;
        bool whole = false, erased = view->payload[i].p == NULL;
        enum err read = erased ? erase_stub_decode(view->stub[i], s->writes, &op, &whole)
                               : change_op_decode(view->payload[i], s->writes, &op);
        if (read != ERR_OK || !ID_EQUAL(&op.rid, rid)) continue;
        struct hub_record_op o = {.inc = view->head.inc,
                                  .seq = view->head.seq,
                                  .op = i,
                                  .position = (uint64_t)db_column_int(q, 0),
                                  .received_ms = db_column_int(q, 3),
                                  .erased = erased,
                                  .what = erased ? NULL : &op};
        e = row(ctx, &o);
    }
    return e;
}

enum err hub_store_record_ops(struct hub_store *s, const struct id_record *rid,
                              enum err (*row)(void *ctx, const struct hub_record_op *o), void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT pos, head, body, received_ms FROM sys_log ORDER BY +pos");
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = change_open(db_column_bytes(q, 1), db_column_bytes(q, 2), s->view);
        if (e == ERR_OK) e = hub_ops_of_set(s, q, s->view, rid, row, ctx);
    }
    db_done(q);
    return e;
}

static enum err hub_erase_op_of(struct hub_store *s, const struct change_view *view, unsigned op,
                                struct erase_op *out)
{
    struct change_op what;
    if (op >= view->head.ops || view->payload[op].p == NULL) return ERR_NOT_FOUND;
    if (change_op_decode(view->payload[op], s->writes, &what) != ERR_OK ||
        what.kind == CHANGE_DELETE)
        return ERR_BAD_INPUT;
    *out =
        (struct erase_op){.inc = view->head.inc, .seq = view->head.seq, .op = op, .rid = what.rid};
    for (size_t i = 0; i < what.count; i++) {
        unsigned f = what.writes[i].field;
        if (what.writes[i].element.p != NULL) return ERR_BAD_INPUT;
        if (out->field_count == 0 || out->fields[out->field_count - 1] != f)
            out->fields[out->field_count++] = f;
    }
    return ERR_OK;
}

enum err hub_store_erase_op(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                            unsigned op, struct erase_op *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    const struct hub_log *log = hub_log_find(s, inc);
    if (log == NULL) return ERR_NOT_FOUND;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body FROM sys_log WHERE inc = ?1 AND seq = ?2 LIMIT 1");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)seq);
    e = db_get(q);
    if (e == ERR_OK) e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view);
    if (e == ERR_OK) e = hub_erase_op_of(s, s->view, op, out);
    db_done(q);
    return e;
}

enum err hub_store_erase_record(struct hub_store *s, const struct id_record *rid, bool *known,
                                bool *dead)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    *dead = erase_has_record(&s->erased, rid);
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_record WHERE rid = ?1 UNION ALL "
                                       "SELECT 1 FROM sys_held WHERE rid = ?1 LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    e = db_get(q);
    *known = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_store_erased_upto(struct hub_store *s, uint64_t position, struct hub_erased *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT count(*), ifnull(max(o.no), 0), count(DISTINCT e.by) FROM "
                       "sys_erased_op e LEFT JOIN sys_order o ON o.pos = e.by WHERE e.pos <= ?1 "
                       "AND e.by > ?1");
    db_bind_int(q, 1, (int64_t)position);
    enum err e = db_get(q);
    if (e == ERR_OK)
        *out = (struct hub_erased){.ops = (uint64_t)db_column_int(q, 0),
                                   .order = (uint64_t)db_column_int(q, 1),
                                   .orders = (uint64_t)db_column_int(q, 2)};
    db_done(q);
    return e;
}

/* False: the log does not bear it out. */
static bool hub_erased_op_of(struct hub_store *s, const struct db_stmt *q,
                             struct hub_erased_op *out)
{
    struct change_op what;
    bool whole = false;
    int64_t op = db_column_int(q, 0);
    *out = (struct hub_erased_op){.order = (uint64_t)db_column_int(q, 1)};
    if (change_open(db_column_bytes(q, 2), db_column_bytes(q, 3), s->view) != ERR_OK || op < 0 ||
        op >= s->view->head.ops || s->view->payload[op].p != NULL || s->view->stub[op].p == NULL ||
        erase_stub_decode(s->view->stub[op], s->writes, &what, &whole) != ERR_OK)
        return false;
    out->rid = what.rid;
    return true;
}

enum err hub_store_erased_ops(struct hub_store *s, uint64_t position,
                              enum err (*row)(void *ctx, const struct hub_erased_op *o), void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT e.op, ifnull(o.no, 0), l.head, l.body FROM sys_erased_op e JOIN "
                       "sys_log l ON l.pos = e.pos LEFT JOIN sys_order o ON o.pos = e.by WHERE "
                       "e.pos <= ?1 AND e.by > ?1 ORDER BY e.pos, e.op");
    db_bind_int(q, 1, (int64_t)position);
    while (e == ERR_OK && more) {
        struct hub_erased_op op;
        e = db_step(q, &more);
        if (e == ERR_OK && more && hub_erased_op_of(s, q, &op)) e = row(ctx, &op);
    }
    db_done(q);
    return e;
}

enum err hub_store_contribution(struct hub_store *s, const struct id_record *rid, uint64_t position,
                                const struct id_hash *hash, uint64_t cut,
                                struct hub_contribution *out)
{
    struct db_stmt *q = db_stmt(
        s->db,
        "WITH took(pos) AS (SELECT d.pos FROM sys_dead d WHERE d.rid = ?1 AND d.pos > ?4 "
        "UNION ALL SELECT g.pos FROM sys_gone g JOIN sys_inc i ON i.inc = g.inc JOIN sys_log x "
        "ON x.inc = i.no AND x.seq = g.seq WHERE g.rid = ?1 AND x.pos = ?2 AND g.pos > ?4) "
        "SELECT l.hash = ?3, (SELECT min(pos) FROM took), (SELECT o.no FROM sys_order o WHERE "
        "o.pos = (SELECT min(pos) FROM took)) FROM sys_log l WHERE l.pos = ?2");
    *out = (struct hub_contribution){.lost = true};
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_int(q, 2, (int64_t)position);
    db_bind_blob(q, 3, BYTES_OF(hash->b));
    db_bind_int(q, 4, (int64_t)cut);
    enum err e = db_get(q);
    if (e == ERR_OK && db_column_int(q, 0) != 0) {
        out->lost = db_column_kind(q, 1) != DB_NULL;
        out->order = (uint64_t)db_column_int(q, 2);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- the copy in a file ---- */

static enum err hub_erased_write(struct hub_store *s)
{
    static const uint8_t none[8];
    const struct message_set *sets = NULL;
    uint64_t next = UINT64_MAX;
    size_t n = 0;
    struct buf b;
    if (s->erased_path[0] == '\0') return ERR_OK;
    buf_init(&b, ERASE_FILE_BYTES_MAX);
    erase_file_begin(ERASE_FILE_TAG, &b);
    enum err e;
    do {
        e = hub_store_erasures(s, 0, none, &next, &sets, &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++)
            erase_file_add(sets[i].head, sets[i].body, sets[i].signature, &b);
    } while (e == ERR_OK && n > 0);
    if (e == ERR_OK) e = b.e;
    if (e == ERR_OK) e = file_write_atomic(s->erased_path, buf_bytes(&b), 0600);
    buf_free(&b);
    return e;
}

enum err hub_erased_open(struct hub_store *s)
{
    uint32_t listed = 0;
    uint8_t sum[8];
    size_t count;
    struct hub_list list = {s->erased_path, ERASE_FILE_TAG, "erased.again",
                            hub_store_erasure_known};
    if (s->erased_path[0] == '\0' || !s->has_identity) return ERR_OK;
    /* What the file has and this database has not, it had once: it is an older copy. */
    enum err e = hub_list_open(s, &list, &count);
    if (e == ERR_OK) e = hub_store_erasure_end(s, &listed, sum);
    s->erased_grown = e == ERR_OK && listed > count;
    if (e == ERR_OK) hub_erased_settle(s);
    return e;
}

/* ---- after the commit ---- */

void hub_erased_settle(struct hub_store *s)
{
    enum err e = ERR_OK;
    if (s->replaying) return;
    if (s->erased_grown) {
        e = hub_erased_write(s);
        s->erased_grown = e != ERR_OK; /* again with the next commit */
        if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("erased.file"), log_err(e));
    }
    if (!s->wipe_wanted || s->readers > 0) return;
    e = hub_store_wipe(s);
    s->wipe_wanted = false; /* if it failed: again when it is opened */
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("erased.wipe"), log_err(e));
}

bool hub_store_wipe_wanted(const struct hub_store *s)
{
    return s->wipe_wanted || s->late_wipes > HUB_LATE_WIPES_MAX;
}

enum err hub_store_wipe(struct hub_store *s)
{
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_store_project(s);
    if (e == ERR_OK && !ZOO(91)) e = db_vacuum(s->db);
    if (e == ERR_OK) e = db_begin(s->db);
    if (e == ERR_OK) e = db_end(s->db, hub_meta_set_int(s, "wipe_wanted", 0));
    if (e == ERR_OK) s->wipe_wanted = false;
    return e;
}

#include "hub/store_moves.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <stdlib.h>

/* ---- transfers ---- */

#define HUB_TRANSFER_COLUMNS                                                                       \
    "SELECT t.id, r.rid, r.type, t.from_unit, t.to_unit, t.state, t.offered_ms, t.answered_ms, "   \
    "t.days, t.note, t.answer FROM sys_transfer t JOIN sys_record r ON r.no = t.record "

static enum err hub_transfer_read(const struct hub_store *s, const struct db_stmt *q,
                                  struct hub_transfer *t)
{
    *t = (struct hub_transfer){
        .type = (unsigned)db_column_int(q, 2),
        .from = s->units[db_column_int(q, 3)].code,
        .to = s->units[db_column_int(q, 4)].code,
        .state = (enum move_state)db_column_int(q, 5),
        .offered_ms = db_column_int(q, 6),
        .answered_ms = db_column_int(q, 7),
        .days = (unsigned)db_column_int(q, 8),
        .note = db_column_bytes(q, 9),
        .answer = db_column_bytes(q, 10),
    };
    enum err e = db_column_copy(q, 0, t->transfer.b, sizeof t->transfer.b);
    return e == ERR_OK ? db_column_copy(q, 1, t->record.b, sizeof t->record.b) : e;
}

enum err hub_store_transfers(struct hub_store *s, bool open,
                             enum err (*row)(void *ctx, const struct hub_transfer *t), void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, HUB_TRANSFER_COLUMNS
                                "WHERE ?1 = 0 OR t.state = 0 ORDER BY t.changed DESC, t.id");
    db_bind_int(q, 1, open);
    while (e == ERR_OK && more) {
        struct hub_transfer t;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_transfer_read(s, q, &t);
        if (e == ERR_OK && more) e = row(ctx, &t);
    }
    db_done(q);
    return e;
}

enum err hub_store_transfer(struct hub_store *s, const struct id_record *id,
                            enum err (*row)(void *ctx, const struct hub_transfer *t), void *ctx)
{
    struct hub_transfer t;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, HUB_TRANSFER_COLUMNS "WHERE t.id = ?1");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    e = db_get(q);
    if (e == ERR_OK) e = hub_transfer_read(s, q, &t);
    if (e == ERR_OK) e = row(ctx, &t);
    db_done(q);
    return e;
}

/* ---- writes that crossed ---- */

static enum err hub_crossing_read(struct hub_store *s, const struct db_stmt *q,
                                  struct hub_crossing *c)
{
    struct id_hash hash;
    *c = (struct hub_crossing){
        .op = (unsigned)db_column_int(q, 1),
        .unit = s->units[db_column_int(q, 2)].code,
        .owner = s->units[db_column_int(q, 3)].code,
        .state = (enum move_crossed)db_column_int(q, 4),
        .step = db_column_int(q, 8) != 0,
    };
    enum err e = db_column_copy(q, 0, c->record.b, sizeof c->record.b);
    if (e == ERR_OK) e = db_column_copy(q, 7, hash.b, sizeof hash.b);
    if (e == ERR_OK) e = change_open(db_column_bytes(q, 5), db_column_bytes(q, 6), s->view);
    if (e == ERR_OK && c->op >= s->view->head.ops) e = ERR_DAMAGED;
    if (e != ERR_OK) return e;
    c->version = id_version_make(&s->view->head.inc, s->view->head.seq, &hash);
    c->payload = s->view->payload[c->op];
    return ERR_OK;
}

enum err hub_store_crossings(struct hub_store *s, bool open,
                             enum err (*row)(void *ctx, const struct hub_crossing *c), void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT r.rid, c.op, c.unit, r.unit, c.state, l.head, l.body, l.hash, 0, c.changed, c.pos "
        "FROM "
        "sys_crossed c JOIN sys_record r ON r.no = c.record JOIN sys_log l ON l.pos = c.pos "
        "WHERE ?1 = 0 OR c.state = 0 UNION ALL "
        "SELECT h.rid, h.op, h.unit, h.unit, 0, l.head, l.body, l.hash, 1, h.pos, h.pos FROM "
        "sys_held h JOIN sys_log l ON l.pos = h.pos WHERE h.reason = 10 "
        "ORDER BY 10 DESC, 11, 2");
    db_bind_int(q, 1, open);
    while (e == ERR_OK && more) {
        struct hub_crossing c;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_crossing_read(s, q, &c);
        if (e == ERR_OK && more) e = row(ctx, &c);
    }
    db_done(q);
    return e;
}

/* ---- who has had a record ---- */

enum err hub_store_scopes(struct hub_store *s, const struct id_record *rid,
                          enum err (*row)(void *ctx, const struct hub_scope_row *r), void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT a.scope, a.entered, a.left, a.access, ifnull(c.since, '') FROM sys_record r "
               "JOIN sys_scope_all a ON a.record = r.no LEFT JOIN sys_scope c ON c.scope = a.scope "
               "AND c.record = a.record AND c.entered = a.entered AND c.access = a.access "
               "WHERE r.rid = ?1 ORDER BY a.entered, a.access");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct bytes since = db_column_bytes(q, 4);
        char day[MOVE_DATE_BYTES + 1] = "";
        if (since.len == MOVE_DATE_BYTES) memcpy(day, since.p, since.len);
        struct hub_scope_row r = {.unit = s->units[db_column_int(q, 0)].code,
                                  .entered = (uint64_t)db_column_int(q, 1),
                                  .left = (uint64_t)db_column_int(q, 2),
                                  .access = (enum move_access)db_column_int(q, 3),
                                  .since = day};
        e = row(ctx, &r);
    }
    db_done(q);
    return e;
}

/* ---- records of a unit ---- */

enum err hub_store_unit_records(struct hub_store *s, const char *unit, unsigned type,
                                int64_t *after, struct id_record *out, size_t max, size_t *count)
{
    bool row = false;
    enum err e = hub_cache_ready(s);
    *count = 0;
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT no, rid FROM sys_record WHERE unit = ?1 AND scope = "
                                       "?1 AND (?2 = 0 OR type = ?2) AND no > ?3 ORDER BY no "
                                       "LIMIT ?4");
    db_bind_int(q, 1, hub_unit_find(s, unit));
    db_bind_int(q, 2, type);
    db_bind_int(q, 3, *after);
    db_bind_int(q, 4, (int64_t)max);
    e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = db_column_copy(q, 1, out[*count].b, sizeof out[*count].b);
        *after = db_column_int(q, 0);
        ++*count;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err hub_store_unit_count(struct hub_store *s, const char *unit, uint64_t *count)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT count(*) FROM sys_record WHERE unit = ?1 AND scope = ?1");
    db_bind_int(q, 1, hub_unit_find(s, unit));
    e = db_get(q);
    if (e == ERR_OK) *count = (uint64_t)db_column_int(q, 0);
    db_done(q);
    return e;
}

/* ---- what goes along, for many ---- */

static int hub_id_order(const void *a, const void *b)
{
    return memcmp(a, b, ID_RECORD_BYTES);
}

struct hub_following { /* one pass over a unit */
    const struct catalogue_follow *follows;
    size_t follow_count;
    uint8_t *known; /* ids, sorted */
    size_t count;
};

static bool hub_following_has(const struct hub_following *f, const uint8_t *id)
{
    return bsearch(id, f->known, f->count, ID_RECORD_BYTES, hub_id_order) != NULL;
}

/* Does a head of a following field refer to one of them? */
static bool hub_follows_one(const struct hub_following *f, const struct fold *fold)
{
    static const struct bytes no_element = {NULL, 0};
    for (size_t i = 0; i < f->follow_count; i++) {
        if (f->follows[i].type != fold->type) continue;
        const struct fold_register *reg = fold_find(fold, f->follows[i].field, no_element);
        for (size_t k = 0; reg != NULL && k < reg->count; k++) {
            struct id_record to;
            if (hub_refers_to(reg->heads[k].value, &to) && hub_following_has(f, to.b)) return true;
        }
    }
    return false;
}

static enum err hub_follow_row(struct hub_store *s, const struct hub_following *f,
                               const struct db_stmt *q, struct buf *ids)
{
    uint8_t rid[ID_RECORD_BYTES];
    bool follows = false;
    for (size_t i = 0; i < f->follow_count; i++)
        follows = follows || f->follows[i].type == (unsigned)db_column_int(q, 1);
    enum err e = db_column_copy(q, 0, rid, sizeof rid);
    if (e != ERR_OK || !follows || hub_following_has(f, rid)) return e;
    fold_clear(&s->fold);
    e = fold_load(&s->fold, db_column_bytes(q, 2));
    if (e == ERR_BAD_FORMAT) return ERR_DAMAGED;
    if (e == ERR_OK && hub_follows_one(f, &s->fold)) buf_add(ids, rid, sizeof rid);
    return e == ERR_OK ? ids->e : e;
}

static enum err hub_follow_pass(struct hub_store *s, const char *unit,
                                const struct hub_following *f, struct buf *ids)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT rid, type, state FROM sys_record WHERE scope = ?1 "
                                       "AND unit = ?1 ORDER BY no");
    db_bind_int(q, 1, hub_unit_find(s, unit));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = hub_follow_row(s, f, q, ids);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err hub_store_closure(struct hub_store *s, const char *unit, struct buf *ids)
{
    struct hub_following f = {.count = 0};
    size_t before;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK || s->catalogue == NULL) return e;
    f.follows = catalogue_follows(s->catalogue, &f.follow_count);
    do {
        before = ids->len;
        f.count = ids->len / ID_RECORD_BYTES;
        f.known = malloc(ids->len + 1);
        if (f.known == NULL) return ERR_NOMEM;
        if (ids->len > 0) memcpy(f.known, ids->p, ids->len);
        qsort(f.known, f.count, ID_RECORD_BYTES, hub_id_order);
        e = hub_follow_pass(s, unit, &f, ids);
        free(f.known);
    } while (e == ERR_OK && ids->len > before);
    return e;
}

/* ---- forgetting ---- */

/* The last position that was received before then, as far as the hub's clock grew. */
static enum err hub_position_before(struct hub_store *s, int64_t before_ms, int64_t *out)
{
    int64_t low = 0, high = (int64_t)s->position;
    while (low < high) {
        int64_t mid = low + (high - low + 1) / 2;
        struct db_stmt *q = db_stmt(s->db, "SELECT received_ms FROM sys_log WHERE pos = ?1");
        db_bind_int(q, 1, mid);
        enum err e = db_get(q);
        bool before = e == ERR_OK && db_column_int(q, 0) < before_ms;
        db_done(q);
        if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
        if (before)
            low = mid;
        else
            high = mid - 1;
    }
    *out = low;
    return ERR_OK;
}

enum err hub_store_moves_prune(struct hub_store *s, int64_t before_ms)
{
    assert(db_in_transaction(s->db));
    int64_t pos = 0, done = 0;
    if (!s->moves) return ERR_OK;
    enum err e = hub_position_before(s, before_ms, &pos);
    if (e == ERR_OK) e = hub_meta_int(s, "events_from", &done);
    if (e != ERR_OK || pos <= done) return e;
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_scope SET state = NULL WHERE left <= ?1 AND state IS NOT NULL");
    db_bind_int(q, 1, pos);
    e = db_run(q);
    return e == ERR_OK ? hub_meta_set_int(s, "events_from", pos) : e;
}

/* ---- what waits ---- */

enum err hub_store_moves_waiting(struct hub_store *s, int64_t now_ms, struct hub_moves_waiting *out)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT count(*), count(*) FILTER (WHERE days > 0 AND offered_ms + days * 86400000 "
               "< ?1), (SELECT count(*) FROM sys_crossed WHERE state = 0) FROM sys_transfer "
               "WHERE state = 0");
    db_bind_int(q, 1, now_ms);
    enum err e = db_get(q);
    if (e == ERR_OK)
        *out =
            (struct hub_moves_waiting){(uint64_t)db_column_int(q, 0), (uint64_t)db_column_int(q, 1),
                                       (uint64_t)db_column_int(q, 2)};
    db_done(q);
    return e;
}

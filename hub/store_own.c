#include "hub/store_own.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <sodium.h>

/* Clock of the newest set of the hub's log, 0 when there is none. */
static enum err hub_own_clock(struct hub_store *s, const struct hub_log *log, uint64_t *hlc)
{
    struct change_head h;
    if (log == NULL || log->next_seq == 0) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT head FROM sys_log WHERE inc = ?1 AND seq = ?2");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)log->next_seq - 1);
    enum err e = db_get(q);
    if (e == ERR_OK && change_head_read(db_column_bytes(q, 0), &h) != ERR_OK) e = ERR_DAMAGED;
    if (e == ERR_OK) *hlc = h.hlc;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}

static enum err hub_own_root_read(struct hub_store *s, const struct id_inc *inc, uint64_t block,
                                  uint8_t root[16])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT root FROM sys_seed WHERE inc = ?1 AND block = ?2");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_int(q, 2, (int64_t)block);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, root, 16);
    db_done(q);
    return e;
}

/* A seed of its own, the same for the same set. */
static void hub_own_lone(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                         uint8_t seed[static CHANGE_SEED_BYTES])
{
    if (!s->lone || s->lone_seq != seq || !ID_EQUAL(&s->lone_inc, inc)) {
        randombytes_buf(s->lone_seed, sizeof s->lone_seed);
        s->lone = true;
        s->lone_inc = *inc;
        s->lone_seq = seq;
    }
    memcpy(seed, s->lone_seed, CHANGE_SEED_BYTES);
}

/* A block begins with a fresh root. In a block whose root is gone, or was made before this process
 * began, each set has a seed of its own: the database may be an old copy. */
static enum err hub_own_seed(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                             uint8_t seed[static CHANGE_SEED_BYTES])
{
    uint8_t root[16];
    unsigned leaf = (unsigned)(seq % CHANGE_BLOCK_SETS);
    bool made =
        s->root_made && ID_EQUAL(&s->root_inc, inc) && s->root_block == seq / CHANGE_BLOCK_SETS;
    enum err e = made ? hub_own_root_read(s, inc, seq / CHANGE_BLOCK_SETS, root) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND && leaf > 0) {
        hub_own_lone(s, inc, seq, seed);
        return ERR_OK;
    }
    if (e == ERR_NOT_FOUND) {
        randombytes_buf(root, sizeof root);
        struct db_stmt *q =
            db_stmt(s->db, "INSERT OR REPLACE INTO sys_seed(inc, block, root) VALUES (?1, ?2, ?3)");
        db_bind_blob(q, 1, BYTES_OF(inc->b));
        db_bind_int(q, 2, (int64_t)(seq / CHANGE_BLOCK_SETS));
        db_bind_blob(q, 3, BYTES_OF(root));
        e = db_run(q);
        s->root_made = true;
        s->root_inc = *inc;
        s->root_block = seq / CHANGE_BLOCK_SETS;
    }
    if (e == ERR_OK) change_tree(root, 0, leaf, seed);
    sodium_memzero(root, sizeof root);
    return e;
}

enum err hub_store_own_next(struct hub_store *s, int64_t now_ms, struct change_head *head,
                            uint8_t seed[static CHANGE_SEED_BYTES])
{
    assert(db_in_transaction(s->db));
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity) return ERR_NOT_READY;
    const struct hub_log *log = hub_log_find(s, &s->identity.inc);
    uint64_t hlc = 0;
    uint64_t now = now_ms > 0 ? (uint64_t)now_ms << 16 : 0;
    e = hub_own_clock(s, log, &hlc);
    if (e != ERR_OK) return e;
    struct change_head h = {.hub = s->identity.hub,
                            .node = s->identity.hub,
                            .inc = s->identity.inc,
                            .seq = log != NULL ? log->next_seq : 0,
                            .hlc = now > hlc ? now : hlc + 1,
                            .epoch = s->identity.epoch,
                            .hub_seen = s->position,
                            .edition = s->edition};
    if (h.seq > 0) h.prev = log->head;
    memcpy(h.hub_seen_hash, s->position_hash.b, sizeof h.hub_seen_hash);
    e = hub_own_seed(s, &h.inc, h.seq, seed);
    if (e == ERR_OK) *head = h;
    return e;
}

enum err hub_store_own_since(struct hub_store *s, int64_t *since_ms)
{
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK && !s->has_identity) e = ERR_NOT_READY;
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT min((SELECT l.received_ms FROM sys_log l WHERE "
                                       "l.inc = i.no ORDER BY l.seq LIMIT 1)) "
                                       "FROM sys_inc i WHERE i.node = ?1 AND i.sign_pk = ?2");
    db_bind_blob(q, 1, BYTES_OF(s->identity.hub.b));
    db_bind_blob(q, 2, BYTES_OF(s->identity.parsed.log_pk));
    e = db_get(q);
    if (e == ERR_OK && db_column_kind(q, 0) == DB_NULL) e = ERR_NOT_FOUND;
    if (e == ERR_OK) *since_ms = db_column_int(q, 0);
    db_done(q);
    return e;
}

/* Checks of quiescence: copies, redelivery. */
#include "hub/store_repair.h"
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* ---- 3: every node's copy is the hub's, bit for bit ---- */

struct scope {
    uint8_t sum[16];
    size_t records;
};

/* The epoch of a position: the newest item of the lineage that begins at or before it. */
static uint64_t epoch_of(const struct hub_position *p, uint64_t position)
{
    for (size_t i = 0; i < p->lineage_count; i++) {
        if (p->lineage[i].start <= position) return p->lineage[i].epoch;
    }
    return 0;
}

/* SPEC 7.10, once more by hand. */
static void scope_add(struct scope *s, const struct db_stmt *q, const struct hub_position *p)
{
    uint64_t epoch = epoch_of(p, (uint64_t)db_column_int(q, 2));
    uint8_t m[16 + 8 + 8 + 32], term[32];
    struct bytes rid = db_column_bytes(q, 0), state = db_column_bytes(q, 3);
    memcpy(m, rid.p, 16);
    le64_store(m + 16, epoch);
    le64_store(m + 24, (uint64_t)db_column_int(q, 2));
    crypto_generichash(m + 32, 32, state.p, state.len, NULL, 0);
    crypto_generichash(term, 32, m, sizeof m, NULL, 0);
    unsigned carry = 0;
    for (unsigned i = 0; i < 16; i++) {
        carry += s->sum[i] + term[i];
        s->sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
    s->records++;
}

static bool row_equal(const struct db_stmt *a, const struct db_stmt *b)
{
    return bytes_equal(db_column_bytes(a, 0), db_column_bytes(b, 0)) &&
           bytes_equal(db_column_bytes(a, 1), db_column_bytes(b, 1)) &&
           db_column_int(a, 2) == db_column_int(b, 2) &&
           bytes_equal(db_column_bytes(a, 3), db_column_bytes(b, 3));
}

static void rows_compare(struct world *w, unsigned node, struct db_stmt *h, struct db_stmt *n,
                         struct scope *scope)
{
    bool hub_row = false, node_row = false;
    struct hub_position p;
    hub_store_position(w->hub.store, &p);
    enum err e = db_step(h, &hub_row);
    if (e == ERR_OK) e = db_step(n, &node_row);
    while (e == ERR_OK && hub_row && node_row && !w->failed) {
        if (!row_equal(h, n)) world_fail(w, "node %u: a record is not the hub's", node);
        scope_add(scope, n, &p);
        e = db_step(h, &hub_row);
        if (e == ERR_OK) e = db_step(n, &node_row);
    }
    if (e != ERR_OK) world_fail(w, "node %u: copies cannot be read: %s", node, err_name(e));
    if (hub_row || node_row)
        world_fail(w, "node %u has %s records than the hub has for it", node,
                   hub_row ? "fewer" : "more");
}

static void hash_compare(struct world *w, unsigned node, struct db *copy, const struct scope *scope)
{
    uint8_t stated[16];
    struct db_stmt *q = db_stmt(copy, "SELECT scope FROM sys_state");
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, stated, sizeof stated);
    db_done(q);
    if (e != ERR_OK || memcmp(stated, scope->sum, 16) != 0)
        world_fail(w, "node %u: the scope hash is not that of its records", node);
}

bool check_of_node(const struct check *c, unsigned node, const struct naive_row *r)
{
    const struct saved_log *log = &c->logs[node];
    for (size_t i = 0; i < log->count && !r->own; i++) {
        if (!log->v[i].branch && ID_EQUAL(&log->v[i].inc, &r->inc)) return true;
    }
    return false;
}

/* What the node counts by verdict against the naive fold. */
static void verdicts_count(struct world *w, unsigned node)
{
    const struct check *c = w->check;
    struct node_store_status s;
    uint64_t by[16] = {0};
    for (size_t i = 0; i < c->row_count; i++) {
        if (!check_of_node(c, node, &c->rows[i])) continue;
        for (unsigned k = 0; k < c->rows[i].ops; k++)
            by[check_verdict_due(w, node, i, k)]++;
    }
    enum err e = node_store_status(w->nodes[node].store, &s);
    if (e != ERR_OK || s.applied != by[0] || s.replaced != by[1] || s.conflict != by[2] ||
        s.held != by[3] + by[4] + by[5] + by[6] + by[7] || s.erased != by[8] || s.aside != by[9])
        world_fail(w,
                   "node %u counts %u applied, %u replaced, %u conflict, %u held; the log says "
                   "%u, %u, %u, %u",
                   node, (unsigned)s.applied, (unsigned)s.replaced, (unsigned)s.conflict,
                   (unsigned)s.held, (unsigned)by[0], (unsigned)by[1], (unsigned)by[2],
                   (unsigned)(by[3] + by[4] + by[5] + by[6] + by[7]));
}

/* What the feed has brought does not wait any more. */
static void pending_none(struct world *w, unsigned node, struct db *copy)
{
    struct db_stmt *q = db_stmt(copy, "SELECT count(*) FROM sys_op WHERE pending = 1");
    enum err e = db_get(q);
    if (e != ERR_OK || db_column_int(q, 0) != 0)
        world_fail(w, "node %u: %u ops are still pending", node, (unsigned)db_column_int(q, 0));
    db_done(q);
}

static void copy_compare(struct world *w, unsigned node)
{
    struct db *copy = node_store_db(w->nodes[node].store);
    struct scope scope = {{0}, 0};
    if (db_in_transaction(copy)) {
        world_fail(w, "node %u: something is begun and not committed", node);
        return;
    }
    struct db_stmt *h = db_stmt(
        hub_store_db(w->hub.store),
        "SELECT r.rid, u.code, r.pos, r.state FROM sys_record r JOIN sys_unit u ON u.no = r.unit "
        "JOIN sys_unit s ON s.no = r.scope WHERE s.code IN ('*', ?1) OR EXISTS (SELECT 1 FROM "
        "sys_scope c JOIN sys_unit v ON v.no = c.scope WHERE c.record = r.no AND c.access > 0 AND "
        "c.left IS NULL AND v.code = ?1) ORDER BY r.rid");
    db_bind_str(h, 1, naive_unit(w, node, UINT64_MAX));
    struct db_stmt *n =
        db_stmt(copy, "SELECT rid, unit, position, state FROM sys_record ORDER BY rid");
    rows_compare(w, node, h, n, &scope);
    db_done(h);
    db_done(n);
    if (!w->failed) hash_compare(w, node, copy, &scope);
    if (!w->failed) pending_none(w, node, copy);
}

static void check_edition(struct world *w, unsigned node)
{
    struct hub_position p;
    uint32_t edition = 0;
    hub_store_position(w->hub.store, &p);
    (void)node_store_catalogue(w->nodes[node].store, &edition);
    if (edition != p.edition)
        world_fail(w, "node %u has edition %u of the catalogue, the hub %u", node, edition,
                   p.edition);
}

void check_copies(struct world *w)
{
    for (unsigned i = 0; i < w->node_count && !w->failed; i++) {
        if (w->nodes[i].hostile) continue;
        check_node(w, i);
        if (!w->failed) check_node_booted(w, i);
        if (check_outside(w, i)) continue; /* nothing comes down to it any more */
        if (!w->failed) copy_compare(w, i);
        if (!w->failed) check_edition(w, i);
        if (!w->failed) verdicts_count(w, i);
        if (!w->failed) check_held_node(w, i);
    }
    if (!w->failed) check_held_hub(w);
    if (!w->failed) check_closings(w);
}

/* ---- 4: the same logs again, in another order and grouping ---- */

struct replay {
    struct hub_store *store;
    struct rng rng;
    bool *taken;
    bool ordered;  /* there are barriers */
    bool *barrier; /* moves decide by their place in the order: before them, behind them */
    size_t *late;  /* row + 1 of the order behind which this one may come, see replay_late() */
};

static enum err replay_take(struct world *w, struct replay *x, size_t first, size_t count)
{
    struct check *c = w->check;
    struct pack_sets sets = {.count = 0};
    struct hub_taken taken;
    const struct naive_row *r = &c->rows[first];
    static const uint8_t unsigned_[64];
    if (r->given) {
        struct message_set set = {.head = buf_bytes(&r->head), .body = buf_bytes(&r->body)};
        memcpy(set.signature, r->signature, sizeof set.signature);
        x->taken[first] = true;
        return hub_store_give(x->store, &set, r->received_ms);
    }
    if (r->own) {
        x->taken[first] = true;
        return hub_store_take_own(x->store, buf_bytes(&r->head), buf_bytes(&r->body), unsigned_,
                                  r->received_ms, &taken);
    }
    if (r->parcel > 0) count = r->parcel; /* what was let in comes whole */
    sets.v = calloc(count, sizeof *sets.v);
    assert(sets.v != NULL);
    for (size_t i = first; i < c->row_count && sets.count < count; i++) {
        const struct naive_row *s = &c->rows[i];
        if (!ID_EQUAL(&s->inc, &r->inc)) continue;
        if (i > first && x->ordered && r->parcel == 0) break; /* one by one: see replay_until() */
        sets.v[sets.count++] =
            (struct pack_decoded){buf_bytes(&s->head), buf_bytes(&s->body), s->hash};
        x->taken[i] = true;
    }
    enum err e = hub_store_take(x->store, &r->node, &sets, r->received_ms, &taken);
    free(sets.v);
    return e;
}

/* Rows that one commit erased before anybody read them whole come behind its order; so does what stands behind them. */
static void replay_late(const struct world *w, struct replay *x)
{
    const struct check *c = w->check;
    for (size_t i = 0; i < c->row_count; i++) {
        const struct naive_row *r = &c->rows[i];
        size_t order = i;
        while (r->early && order < c->row_count && !c->rows[order].orders)
            order++;
        if (r->early && order < c->row_count) x->late[i] = order + 1;
        for (size_t k = 0; k < i && !r->own; k++) {
            bool behind = ID_EQUAL(&c->rows[k].inc, &r->inc) ||
                          (r->seq == 0 && ID_EQUAL(&c->rows[k].node, &r->node));
            if (behind && x->late[k] > i + 1 && x->late[i] < x->late[k]) x->late[i] = x->late[k];
        }
    }
}

static bool replay_waits(const struct replay *x, size_t i)
{
    return x->late[i] > 0 && !x->taken[x->late[i] - 1];
}

/* Moves decide by their place in the order: everything before one comes before it, everything behind
 * it behind. How far may be gone now? */
static size_t replay_until(const struct world *w, const struct replay *x)
{
    bool all = true;
    for (size_t i = 0; i < w->check->row_count; i++) {
        if (x->taken[i] || replay_waits(x, i)) continue;
        if (x->barrier[i]) return all ? i + 1 : i;
        all = false;
    }
    return w->check->row_count;
}

/* May this set come now? The first of its log that was not taken, of a node that is enrolled by then. */
static bool replay_may(const struct world *w, const struct replay *x, size_t i)
{
    const struct check *c = w->check;
    struct hub_node node;
    if (x->taken[i] || replay_waits(x, i)) return false;
    /* A genesis closes logs: what the hub took of them stood before it. The hub's own sets keep their order. */
    for (size_t k = 0; k < i; k++) {
        const struct naive_row *a = &c->rows[k], *b = &c->rows[i];
        if (x->taken[k]) continue;
        if (ID_EQUAL(&a->inc, &b->inc) || (a->own && b->own)) return false;
        if (b->seq == 0 && ID_EQUAL(&a->node, &b->node)) return false;
        /* A log under changed keys, of which the hub has the certificate alone: what it lost said that they changed. */
        if (b->seq == 0 && a->certifies && ID_EQUAL(&a->certified, &b->node)) return false;
    }
    return c->rows[i].own || hub_store_node(x->store, &c->rows[i].node, &node) == ERR_OK;
}

static size_t replay_pick(const struct world *w, struct replay *x)
{
    size_t pick = SIZE_MAX, until = replay_until(w, x);
    unsigned n = 0;
    for (size_t i = 0; i < until; i++) {
        if (replay_may(w, x, i) && rng_below(&x->rng, ++n) == 0) pick = i;
    }
    return pick;
}

static enum err replay_all(struct world *w, struct replay *x)
{
    enum err e = ERR_OK;
    bool open = false;
    for (size_t i = replay_pick(w, x); e == ERR_OK && i != SIZE_MAX; i = replay_pick(w, x)) {
        if (!open) e = hub_store_begin(x->store);
        open = true;
        if (e == ERR_OK) e = replay_take(w, x, i, 1 + rng_below(&x->rng, 8));
        if (e == ERR_OK && rng_below(&x->rng, 3) == 0) {
            e = hub_store_commit(x->store);
            open = false;
        }
    }
    if (e == ERR_OK && open) e = hub_store_commit(x->store);
    return e;
}

/* The disk of a hub that knows nothing yet; made once in a process. */
static enum err empty_hub(void)
{
    struct memvfs_host *base = memvfs_host("base-empty"), *copy = memvfs_host("copy");
    struct hub_store_options o = {.path = "base-empty/hub.db", .vfs = MEMVFS_NAME, .create = true};
    struct hub_store *store = NULL;
    static bool made;
    enum err e = ERR_OK;
    if (!made) e = hub_store_open(&o, &store);
    if (e == ERR_OK && !made) hub_store_close(store);
    made = e == ERR_OK;
    memvfs_copy(base, copy, false);
    return e;
}

void check_redelivery(struct world *w)
{
    struct check *c = w->check;
    struct replay x = {.rng = {w->seed + 99}};
    struct hub_identity id;
    struct hub_store_options o = {.path = "copy/hub.db", .vfs = MEMVFS_NAME};
    for (size_t i = 0; i < c->row_count; i++) {
        /* The hub wrote it and an order of the same commit took its payload: what it was taken with is nowhere. */
        if (c->rows[i].own && c->rows[i].early) return;
        /* Whether the hub took it hung on what it had lost, and the copy has lost nothing. */
        bool lost = c->rows[i].given || (c->rows[i].rekeys && w->stats.hub_restores > 0);
        if (lost && c->rows[i].rehomes) return;
    }
    for (size_t i = 0; i < c->move_count; i++)
        if (c->moves[i].late) return; /* likewise, on what came behind it */
    x.taken = calloc(c->row_count + 1, sizeof *x.taken);
    x.barrier = calloc(c->row_count + 1, sizeof *x.barrier);
    x.late = calloc(c->row_count + 1, sizeof *x.late);
    assert(x.taken != NULL && x.barrier != NULL && x.late != NULL);
    replay_late(w, &x);
    for (size_t i = 0; i < c->move_count; i++)
        x.barrier[c->moves[i].row] = true;
    for (size_t i = 0; i < c->row_count; i++)
        x.barrier[i] = x.barrier[i] || c->rows[i].orders || c->rows[i].rehomes;
    for (size_t i = 0; i < c->row_count; i++)
        x.ordered = x.ordered || x.barrier[i];
    enum err e = hub_store_identity(w->hub.store, &id);
    if (e == ERR_OK) e = empty_hub();
    if (e == ERR_OK) e = hub_store_open(&o, &x.store);
    if (e == ERR_OK) e = hub_store_identity_set(x.store, &id);
    if (e == ERR_OK) e = replay_all(w, &x);
    if (e != ERR_OK) world_fail(w, "the logs cannot be delivered again: %s", err_name(e));
    for (size_t i = 0; i < c->record_count && !w->failed; i++)
        check_record(w, hub_store_db(x.store), &c->records[i], false, "delivered again");
    hub_store_close(x.store);
    free(x.taken);
    free(x.barrier);
    free(x.late);
}

/* Every version that a write names was written by somebody. After a restore it may have been lost with its log. */
static void check_bases_known(struct world *w)
{
    const struct check *c = w->check;
    if (w->stats.node_restores + w->stats.hub_restores + c->ever_count > 0) return;
    for (size_t i = 0; i < c->op_count && !w->failed; i++) {
        const struct change_op *op = &c->ops[i].op;
        for (size_t k = 0; k < op->count; k++) {
            for (size_t at = 0; at < op->writes[k].bases.len; at += ID_VERSION_BYTES) {
                size_t n = 0;
                while (n < c->op_count && memcmp(c->ops[n].version.b, op->writes[k].bases.p + at,
                                                 ID_VERSION_BYTES) != 0)
                    n++;
                if (n == c->op_count)
                    world_fail(w, "position %u names a version that nobody wrote",
                               (unsigned)c->ops[i].position);
            }
        }
    }
}

void check_quiet(struct world *w)
{
    if (!w->failed) check_hub(w, true);
    if (!w->failed && hub_store_check(w->hub.store) != ERR_OK)
        world_fail(w, "the hub's own check finds damage");
    if (!w->failed) check_copies(w);
    for (int who = WORLD_HUB; who < (int)w->node_count && !w->failed; who++)
        if (who == WORLD_HUB || !check_outside(w, (unsigned)who)) check_erased(w, who, true);
    if (!w->failed) check_nothing_lost(w);
    if (!w->failed) check_files(w);
    if (!w->failed) check_bases_known(w);
    if (!w->failed) check_verified(w);
    if (!w->failed) check_redelivery(w);
}

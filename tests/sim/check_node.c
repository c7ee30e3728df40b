/* Checks of nodes: what was saved, what was receipted, what is shown. */
#include "tests/sim/check_priv.h"

#include "node/store_erase.h"
#include "node/store_priv.h"
#include "node/store_repair.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DURABLE_EVERY = 8, /* of the receipts are checked against what a power loss would leave */
    SHOWN_SETS = 6,    /* newest own sets that are looked at */
};

/* ---- the own log ---- */

static struct saved_set *saved_find(struct saved_log *log, struct bytes head)
{
    for (size_t i = log->count; i > 0; i--) {
        if (bytes_equal(buf_bytes(&log->v[i - 1].head), head)) return &log->v[i - 1];
    }
    return NULL;
}

static struct saved_set *saved_add(struct saved_log *log, struct bytes head, struct bytes body)
{
    struct change_head h;
    log->v = realloc(log->v, (log->count + 1) * sizeof *log->v);
    assert(log->v != NULL);
    struct saved_set *x = &log->v[log->count++];
    *x = (struct saved_set){.found = true};
    enum err e = change_head_read(head, &h);
    assert(e == ERR_OK);
    buf_init(&x->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&x->body, CHANGE_BODY_BYTES_MAX);
    buf_add_bytes(&x->head, head);
    buf_add_bytes(&x->body, body);
    change_hash(head, &x->hash);
    x->inc = h.inc;
    x->seq = h.seq;
    return x;
}

static void saved_cut(struct saved_log *log, size_t count)
{
    while (log->count > count) {
        struct saved_set *x = &log->v[--log->count];
        buf_free(&x->head);
        buf_free(&x->body);
    }
}

static bool has_payload(struct bytes body, struct bytes payload)
{
    return body.len == payload.len + 1 + CHANGE_SEED_BYTES &&
           memcmp(body.p + 1 + CHANGE_SEED_BYTES, payload.p, payload.len) == 0;
}

void check_saved(struct world *w, unsigned node, const struct node_own_saved *saved)
{
    struct saved_log *log = &w->check->logs[node];
    const struct node_store_set *sets = NULL;
    size_t count = 0;
    for (uint64_t seq = saved->seq == 1 ? 0 : saved->seq; seq <= saved->seq && !w->failed; seq++) {
        enum err e = node_store_read_sets(w->nodes[node].store, &saved->inc, seq, 1, 1u << 20,
                                          &sets, &count);
        if (e != ERR_OK || count != 1) {
            world_fail(w, "node %u saved set %u and cannot read it: %s", node, (unsigned)seq,
                       err_name(e));
            return;
        }
        if (saved_find(log, sets[0].head) == NULL)
            check_begun(w, saved_add(log, sets[0].head, sets[0].body));
    }
    if (!has_payload(buf_bytes(&log->v[log->count - 1].body),
                     buf_bytes(&w->nodes[node].doubt.payload)))
        world_fail(w, "node %u saved something else than was typed", node);
}

/* One row of the node's log as it stands on the disk. true: it is new. */
static bool own_row(struct world *w, unsigned node, const struct db_stmt *q, struct id_hash *prev,
                    uint64_t *next)
{
    struct saved_log *log = &w->check->logs[node];
    struct bytes head = db_column_bytes(q, 2), body = db_column_bytes(q, 3);
    struct saved_set *x = saved_find(log, head);
    bool new = x == NULL, branch = db_column_int(q, 0) < 0;
    struct change_head h;
    if (new) {
        x = saved_add(log, head, body);
        check_begun(w, x);
    }
    x->found = true;
    x->branch = branch;
    if (!bytes_equal(buf_bytes(&x->body), body) && !check_own_erased(w, head, body))
        world_fail(w, "node %u: a set is not what was saved", node);
    if (change_head_read(head, &h) != ERR_OK || h.seq != (uint64_t)db_column_int(q, 1))
        world_fail(w, "node %u: a set of its log is at another seq", node);
    if (!branch && (h.seq != *next || (h.seq > 0 && !ID_EQUAL(&h.prev, prev))))
        world_fail(w, "node %u: its log has a gap before seq %u", node, (unsigned)h.seq);
    *prev = x->hash;
    *next = h.seq + 1;
    return new;
}

/* All own sets are read, and compared with those that were saved. true: the save in doubt is there. */
static bool own_read(struct world *w, unsigned node)
{
    struct saved_log *log = &w->check->logs[node];
    struct world_node *n = &w->nodes[node];
    struct id_hash prev = {{0}};
    uint64_t next = 0;
    int64_t at = INT64_MIN;
    bool row = false, there = false;
    size_t before = log->count;
    for (size_t i = 0; i < log->count; i++)
        log->v[i].found = false;
    struct db_stmt *q =
        db_stmt(n->store->db, "SELECT log, seq, head, body FROM sys_log ORDER BY log, seq");
    enum err e = db_step(q, &row);
    for (; e == ERR_OK && row && !w->failed; e = db_step(q, &row)) {
        if (db_column_int(q, 0) != at) next = 0;
        at = db_column_int(q, 0);
        if (!own_row(w, node, q, &prev, &next)) continue;
        bool doubt =
            n->doubt.open && has_payload(db_column_bytes(q, 3), buf_bytes(&n->doubt.payload));
        there = there || doubt;
        log->v[log->count - 1].typed = doubt;
        /* A genesis comes with the set behind it. */
        if (!doubt && !n->mends && !(n->doubt.open && next == 1))
            world_fail(w, "node %u has a set that nobody saved", node);
    }
    db_done(q);
    if (e != ERR_OK) world_fail(w, "node %u: the log cannot be read: %s", node, err_name(e));
    for (size_t i = 0; i < log->count && !w->failed; i++) {
        if (!log->v[i].found)
            world_fail(w, "node %u: saved set %u of %zu is gone", node, (unsigned)i, log->count);
    }
    if (n->mends) check_mend(w, node, before);
    n->mends = false;
    return there;
}

void check_mended(struct world *w, unsigned node)
{
    if (!w->failed && w->nodes[node].mends) (void)own_read(w, node);
}

bool check_node_booted(struct world *w, unsigned node)
{
    struct world_node *n = &w->nodes[node];
    bool there = own_read(w, node);
    if (w->failed) return false;
    n->doubt.open = false;
    n->doubt.there = there;
    if (there && n->doubt.record >= 0) {
        struct change_op op;
        enum err e = change_op_decode(buf_bytes(&n->doubt.first), w->check->writes, &op);
        assert(e == ERR_OK);
        w->records[n->doubt.record] = (struct world_record){true, n->doubt.rid, op.type};
    }
    return there;
}

/* ---- receipts ---- */

static const struct naive_row *hub_row(const struct check *c, const struct id_hash *hash)
{
    for (size_t i = c->row_count; i > 0; i--) {
        if (ID_EQUAL(&c->rows[i - 1].hash, hash)) return &c->rows[i - 1];
    }
    return NULL;
}

/* Would the hub still have `position` if its power failed now? */
static void check_durable(struct world *w, uint64_t position)
{
    struct memvfs_host *peek = memvfs_host("peek");
    memvfs_copy(w->hub.host.disk, peek, true);
    if (memvfs_peek("peek/hub.db", "SELECT max(pos) FROM sys_log") < (int64_t)position)
        world_fail(w, "a receipt is out and position %u is not durable", (unsigned)position);
}

static void delivered_row(struct world *w, unsigned node, const struct db_stmt *q,
                          const struct naive_row **last)
{
    struct check *c = w->check;
    struct saved_set *x = saved_find(&c->logs[node], db_column_bytes(q, 0));
    struct id_hash hash;
    if (x != NULL && x->held) return;
    change_hash(db_column_bytes(q, 0), &hash);
    const struct naive_row *r = hub_row(c, &hash);
    if (r == NULL) {
        world_fail(w, "node %u has a receipt for set %u, which the hub has not committed", node,
                   (unsigned)db_column_int(q, 1));
    } else if (x != NULL && !r->erased && !bytes_equal(buf_bytes(&r->body), buf_bytes(&x->body)) &&
               !check_own_erased(w, buf_bytes(&x->head), buf_bytes(&x->body))) {
        world_fail(w, "node %u: set %u is another at the hub", node, (unsigned)x->seq);
    } else {
        *last = r;
        if (x != NULL) x->held = true;
    }
}

static void delivered_compare(struct world *w, unsigned node)
{
    struct check *c = w->check;
    struct saved_log *log = &c->logs[node];
    const struct naive_row *last = NULL;
    bool row = false;
    /* The hub went back: what it lost comes again with a session; of a revoked node, whose sessions may end well while
     * its keys take turns, never. */
    if (log->behind && (w->nodes[node].synced == log->since || check_outside(w, node))) return;
    log->behind = false;
    struct db_stmt *q =
        db_stmt(w->nodes[node].store->db, "SELECT l.head, l.seq FROM sys_inc i JOIN sys_log l ON "
                                          "l.log = i.no AND l.seq < i.receipted");
    enum err e = db_step(q, &row);
    for (; e == ERR_OK && row && !w->failed; e = db_step(q, &row))
        delivered_row(w, node, q, &last);
    db_done(q);
    if (e != ERR_OK) world_fail(w, "node %u: receipts cannot be read: %s", node, err_name(e));
    if (last != NULL && !w->failed && w->hub.host.up && c->receipts++ % DURABLE_EVERY == 0)
        check_durable(w, (uint64_t)(last - c->rows) + 1);
}

/* ---- what is shown ---- */

static bool names_version(const struct change_write *x, const struct change_write *y,
                          const struct id_version *v)
{
    if (x->field != y->field || !bytes_equal(x->element, y->element)) return false;
    for (size_t at = 0; at < x->bases.len; at += ID_VERSION_BYTES) {
        if (memcmp(x->bases.p + at, v->b, ID_VERSION_BYTES) == 0) return true;
    }
    return false;
}

static bool set_replaces(struct check *c, const struct buf *head, const struct buf *body,
                         const struct id_record *rid, const struct change_write *x,
                         const struct id_version *v)
{
    enum err e = change_open(buf_bytes(head), buf_bytes(body), c->view);
    for (unsigned o = 0; e == ERR_OK && o < c->view->head.ops; o++) {
        struct change_op op;
        if (c->view->payload[o].p == NULL ||
            change_op_decode(c->view->payload[o], c->writes, &op) != ERR_OK)
            continue;
        for (size_t k = 0; k < op.count && ID_EQUAL(&op.rid, rid); k++) {
            if (names_version(&op.writes[k], x, v)) return true;
        }
    }
    return false;
}

/* Is a write of an own set named by another own set, or by one in the hub's log, also one that the hub has lost? */
static bool replaced(struct world *w, const struct saved_log *log, const struct id_record *rid,
                     const struct change_write *x, const struct id_version *v)
{
    struct check *c = w->check;
    for (size_t i = 0; i < c->op_count; i++) {
        for (size_t k = 0; k < c->ops[i].op.count && ID_EQUAL(&c->ops[i].op.rid, rid); k++) {
            if (names_version(&c->ops[i].op.writes[k], x, v)) return true;
        }
    }
    for (size_t i = 0; i < log->count; i++)
        if (set_replaces(c, &log->v[i].head, &log->v[i].body, rid, x, v)) return true;
    for (size_t i = 0; i < c->lost_count; i++)
        if (set_replaces(c, &c->lost[i].head, &c->lost[i].body, rid, x, v)) return true;
    return false;
}

static bool fold_has(const struct fold *f, const struct change_write *x, const struct id_version *v)
{
    const struct fold_register *r = fold_find(f, x->field, x->element);
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        if (ID_EQUAL(&f->sets[r->heads[i].set].version, v)) return true;
    }
    return false;
}

/* It left its writer's unit, or somebody decided against it: then its writer hears so instead. */
static bool gone(struct world *w, const char *unit, const struct id_record *rid,
                 const struct id_version *v)
{
    const struct check *c = w->check;
    const struct naive_record *r = naive_record_find(c, rid);
    if (r != NULL && !r->own && strcmp(r->unit, unit) != 0 &&
        naive_access(c, rid, unit) == MOVE_NOTHING)
        return true;
    for (size_t i = 0; i < c->op_count; i++) {
        if (c->ops[i].verdict == 9 && ID_EQUAL(&c->ops[i].version, v)) return true;
    }
    return false;
}

/* Does its writer still see what the first op (of one write) of this own set wrote? */
static void shown_compare(struct world *w, unsigned node, const struct saved_set *set,
                          uint64_t position)
{
    struct check *c = w->check;
    struct change_op op;
    struct change_write x;
    enum err e = change_open(buf_bytes(&set->head), buf_bytes(&set->body), c->view);
    if (e == ERR_OK && c->view->payload[0].p == NULL) return; /* erased before it was seen here */
    if (e == ERR_OK) e = change_op_decode(c->view->payload[0], c->writes, &op);
    if (e != ERR_OK || naive_ever_dead(c, &op.rid)) return; /* the genesis; erased */
    if (naive_named(c, &c->view->head, 0, &op, true) != NULL) return;
    x = op.writes[0];
    struct id_version v = id_version_make(&set->inc, set->seq, &set->hash);
    e = node_store_record_read(w->nodes[node].store, &op.rid, &c->shown);
    if (e == ERR_OK && fold_has(&c->shown.fold, &x, &v)) return;
    /* The hub went back behind the record's creation, or the record has left and comes to this unit again at a position
     * of which the node has not heard: the op is held, and counted so, until the record comes. */
    const struct naive_record *r = naive_record_find(c, &op.rid);
    const char *unit = naive_unit(w, node, position); /* as the node knows it */
    if (e == ERR_NOT_FOUND && (r == NULL || naive_entered(c, r, unit) > position)) return;
    if (!gone(w, unit, &op.rid, &v) && !replaced(w, &c->logs[node], &op.rid, &x, &v))
        world_fail(w, "node %u does not show any more what set %u wrote", node, (unsigned)set->seq);
}

static uint64_t own_sets(struct world *w, unsigned node)
{
    struct db_stmt *q =
        db_stmt(w->nodes[node].store->db, "SELECT count(*) FROM sys_log WHERE log > 0");
    uint64_t n = db_get(q) == ERR_OK ? (uint64_t)db_column_int(q, 0) : UINT64_MAX;
    db_done(q);
    return n;
}

bool check_outside(const struct world *w, unsigned node)
{
    struct id_hash id;
    if (w->nodes[node].hostile) return true;
    crypto_generichash(id.b, sizeof id.b, w->nodes[node].keys->sign.public, 32, NULL, 0);
    /* A copy that has not got the keys which the node changed to is no longer the node. */
    if (!w->nodes[node].ring.made && naive_rekeyed(w->check, &id) != NULL) return true;
    return naive_revoked(w->check, &id);
}

void check_node(struct world *w, unsigned node)
{
    if (w->nodes[node].hostile) return;
    struct node_store_status s;
    const struct saved_log *log = &w->check->logs[node];
    enum err e = node_store_status(w->nodes[node].store, &s);
    check_mended(w, node);
    if (w->failed) return;
    if (e != ERR_OK) {
        world_fail(w, "node %u: no status: %s", node, err_name(e));
    } else if (s.sets != own_sets(w, node)) {
        world_fail(w, "node %u shows %u sets, its log has %u", node, (unsigned)s.sets,
                   (unsigned)own_sets(w, node));
    } else if (s.sets != s.delivered + s.waiting) {
        world_fail(w, "node %u: %u sets are not %u delivered + %u waiting", node, (unsigned)s.sets,
                   (unsigned)s.delivered, (unsigned)s.waiting);
    } else if (s.ops != s.ops_waiting + s.applied + s.replaced + s.conflict + s.held + s.erased +
                            s.aside + s.unsaid) {
        world_fail(w, "node %u: the verdicts do not add up", node);
    } else {
        world_trace(w, w->nodes[node].host.name, "has %u sets, %u delivered, position %u",
                    (unsigned)s.sets, (unsigned)s.delivered, (unsigned)s.position);
        delivered_compare(w, node);
        check_erased(w, (int)node, false);
        /* Until it has synced once more after it or the hub went back, its copy may lack the record, or have what
         * replaced them. */
        bool stale = w->nodes[node].synced == log->since;
        for (size_t i = stale ? 0 : log->count, n = 0; i > 0 && n < SHOWN_SETS && !w->failed; i--) {
            if (log->v[i - 1].branch) continue;
            shown_compare(w, node, &log->v[i - 1], s.position);
            n++;
        }
    }
}

/* Does this node stand at the end of the hub's log? Of one that was restored another may have taken its place, and the
 * epoch is the old one until somebody shows what is lost. */
static bool at_end(struct world *w, unsigned node, const struct node_store_status *s)
{
    uint8_t hash[8] = {0};
    struct hub_position p;
    hub_store_position(w->hub.store, &p);
    struct db_stmt *q = db_stmt(w->nodes[node].store->db, "SELECT hash FROM sys_state");
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, hash, sizeof hash);
    db_done(q);
    return e == ERR_OK && s->position == p.position && s->epoch == p.epoch &&
           memcmp(hash, p.hash.b, sizeof hash) == 0;
}

bool check_settled(struct world *w, unsigned node)
{
    const struct world_node *n = &w->nodes[node];
    struct node_store_status s;
    bool keeps = true; /* sets that the hub lost, to be given back in the next session */
    if (check_outside(w, node)) return check_let_in(w, node);
    if (n->complete == 0) return false;
    if (node_store_status(n->store, &s) != ERR_OK) return false;
    if (node_store_keeps(n->store, &keeps) != ERR_OK || keeps) return false;
    if (!check_lane(w, node)) return false;
    if (node_store_wipe_wanted(n->store))
        return false; /* behind the session, which still speaks of files */
    return s.waiting == 0 && s.unsaid == 0 && at_end(w, node, &s);
}

/* ---- back in time ---- */

static struct must *must_of(struct check *c, const struct id_hash *hash)
{
    for (size_t i = 0; i < c->must_count; i++)
        if (ID_EQUAL(&c->musts[i].hash, hash)) return &c->musts[i];
    c->musts = realloc(c->musts, (c->must_count + 1) * sizeof *c->musts);
    assert(c->musts != NULL);
    c->musts[c->must_count] = (struct must){.hash = *hash};
    return &c->musts[c->must_count++];
}

/* Which sets of its own log, lost with what is behind the image, does this node hold? */
static void musts_note(struct world *w, unsigned node, size_t from)
{
    struct check *c = w->check;
    for (size_t i = from; i < c->row_count && w->nodes[node].host.up; i++) {
        if (!c->rows[i].own || check_outside(w, node)) continue;
        struct db_stmt *q =
            db_stmt(w->nodes[node].store->db, "SELECT 1 FROM sys_hub_set WHERE head = ?1");
        db_bind_blob(q, 1, buf_bytes(&c->rows[i].head));
        if (db_get(q) == ERR_OK) must_of(c, &c->rows[i].hash)->held[node] = true;
        db_done(q);
    }
}

static void log_behind(struct world *w, unsigned node)
{
    struct saved_log *log = &w->check->logs[node];
    log->behind = true;
    log->since = w->nodes[node].synced;
    for (size_t k = 0; k < log->count; k++)
        log->v[k].held = false;
}

static void hub_restored(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        musts_note(w, i, w->check->hub_image);
        log_behind(w, i);
    }
    naive_cut(w, w->check->hub_image);
}

void check_swapped(struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++)
        log_behind(w, i);
    naive_cut(w, 0);
}

void check_save_copy(const struct world *w, const struct world_save *from, struct world_save *to)
{
    to->open = from->open;
    to->rid = from->rid;
    /* The number may be another record's since. */
    to->record = from->record >= 0 && !w->records[from->record].exists ? from->record : -1;
    buf_clear(&to->payload);
    buf_clear(&to->first);
    buf_add_bytes(&to->payload, buf_bytes(&from->payload));
    buf_add_bytes(&to->first, buf_bytes(&from->first));
}

void check_restored(struct world *w, int who)
{
    if (who == WORLD_HUB) {
        hub_restored(w);
    } else {
        saved_cut(&w->check->logs[who], w->check->logs[who].image);
        check_save_copy(w, &w->nodes[who].image_doubt, &w->nodes[who].doubt);
        w->check->logs[who].since = w->nodes[who].synced;
        for (size_t i = 0; i < w->check->must_count; i++)
            w->check->musts[i].held[who] = false;
    }
}

void check_cloned(struct world *w, unsigned from, unsigned to)
{
    const struct saved_log *a = &w->check->logs[from];
    struct saved_log *b = &w->check->logs[to];
    check_mended(w, from);
    check_save_copy(w, &w->nodes[from].doubt, &w->nodes[to].doubt);
    for (size_t i = 0; i < a->count; i++) {
        struct saved_set *x = saved_add(b, buf_bytes(&a->v[i].head), buf_bytes(&a->v[i].body));
        x->branch = a->v[i].branch;
    }
    for (size_t i = 0; i < w->check->must_count; i++)
        w->check->musts[i].held[to] = w->check->musts[i].held[from];
    b->behind = a->behind;
    b->since = a->since == w->nodes[from].synced ? 0 : UINT64_MAX;
}

/* ---- nothing is lost ---- */

/* Of an op that was erased alone nobody can say what it wrote. */
static bool same_op(const struct naive_op *o, const struct change_op *op)
{
    if (!o->gone) return check_op_equal(&o->op, op);
    bool same =
        ID_EQUAL(&o->op.rid, &op->rid) && o->op.kind == op->kind && o->op.count == op->count;
    for (size_t i = 0; same && i < op->count; i++)
        same = o->op.writes[i].field == op->writes[i].field;
    return same;
}

static bool op_there(const struct check *c, const struct change_op *op, const struct id_person *who)
{
    for (size_t i = 0; i < c->op_count; i++) {
        if (ID_EQUAL(&c->ops[i].person, who) && same_op(&c->ops[i], op)) return true;
    }
    return false;
}

static void set_lost(struct world *w, unsigned node, const struct saved_set *s)
{
    struct check *c = w->check;
    if (hub_row(c, &s->hash) != NULL) return;
    enum err e = change_open(buf_bytes(&s->head), buf_bytes(&s->body), c->view);
    for (unsigned i = 0; e == ERR_OK && i < c->view->head.ops && !w->failed; i++) {
        struct change_op op;
        if (c->view->payload[i].p == NULL ||
            change_op_decode(c->view->payload[i], c->writes, &op) != ERR_OK ||
            naive_ever_dead(c, &op.rid) || naive_named(c, &c->view->head, i, &op, true) != NULL)
            continue;
        if (!s->branch || !op_there(c, &op, &c->view->head.person))
            world_fail(w, "node %u: op %u of saved set %u is not in the hub's log", node, i,
                       (unsigned)s->seq);
    }
}

static void must_missing(struct world *w, const struct id_hash *hash)
{
    char where[200] = "";
    for (unsigned i = 0; i < w->node_count; i++) {
        struct db_stmt *q =
            db_stmt(w->nodes[i].store->db, "SELECT ready, tries FROM sys_kept_set WHERE hash = ?1");
        db_bind_blob(q, 1, BYTES_OF(hash->b));
        size_t at = strlen(where);
        if (db_get(q) == ERR_OK)
            snprintf(where + at, sizeof where - at, "; node %u keeps it, ready %d, tries %d", i,
                     (int)db_column_int(q, 0), (int)db_column_int(q, 1));
        db_done(q);
    }
    world_fail(w, "a set of the hub's own log that it lost and a node held did not come back%s",
               where);
}

void check_nothing_lost(struct world *w)
{
    struct check *c = w->check;
    for (unsigned i = 0; i < w->node_count; i++) {
        for (size_t k = 0; k < c->logs[i].count && !w->failed && !check_outside(w, i); k++)
            set_lost(w, i, &c->logs[i].v[k]);
    }
    for (size_t i = 0; i < c->must_count && !w->failed; i++) {
        bool held = false; /* by somebody who may still give it */
        for (unsigned n = 0; n < w->node_count; n++)
            held = held || (c->musts[i].held[n] && !check_outside(w, n));
        if (held && hub_row(c, &c->musts[i].hash) == NULL) must_missing(w, &c->musts[i].hash);
    }
}

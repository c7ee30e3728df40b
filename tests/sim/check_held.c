/*
 * Checks of quiescence: what waits, on both sides. Every op that the hub holds stands in its list, with its reason and
 * its owner, and nothing else does; every node says of each of its ops what the hub decided, and knows of the
 * transfers, shares and crossed writes that concern its unit.
 */
#include "hub/store_moves.h"
#include "hub/store_records.h"
#include "node/store_moves.h"
#include "node/store_priv.h"
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the hub ---- */

struct listed {
    struct world *w;
    size_t count;
    unsigned node;
};

/* An administrative op that was given back may no longer apply: then the hub holds it, and the model does not know. */
static bool told_of(const struct naive_row *r, unsigned op)
{
    return r->on_record[op] || !r->given;
}

static const struct naive_op *op_at(const struct check *c, size_t row, unsigned index)
{
    for (size_t i = 0; i < c->op_count; i++)
        if (c->ops[i].row == row && c->ops[i].index == index) return &c->ops[i];
    return NULL;
}

static bool of_held(unsigned verdict)
{
    return verdict >= FOLD_HELD_SCOPE && verdict <= FOLD_HELD_FORK;
}

static enum err held_row(void *ctx, const struct hub_held *h)
{
    struct listed *x = ctx;
    const struct check *c = x->w->check;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    bool there = h->position > 0 && h->position <= c->row_count;
    if (!there || h->op >= c->rows[h->position - 1].ops) {
        world_fail(x->w, "the hub holds what its log has not: op %u at position %u", h->op,
                   (unsigned)h->position);
        return ERR_OK;
    }
    const struct naive_row *r = &c->rows[h->position - 1];
    if (!told_of(r, h->op)) return ERR_OK;
    const struct naive_op *op = op_at(c, h->position - 1, h->op);
    naive_author(x->w, r, unit);
    x->count++;
    if (h->reason != r->verdicts[h->op])
        world_fail(x->w, "the hub holds op %u at position %u for %u, not for %u", h->op,
                   (unsigned)h->position, h->reason, r->verdicts[h->op]);
    else if (op != NULL && h->reason != FOLD_HELD_UNREADABLE && !ID_EQUAL(&op->op.rid, &h->rid))
        world_fail(x->w, "the hub holds op %u at position %u as one of another record", h->op,
                   (unsigned)h->position);
    else if (!r->own && strcmp(unit, h->unit) != 0)
        world_fail(x->w, "the hub says that op %u at position %u is of %s, not of %s", h->op,
                   (unsigned)h->position, h->unit, unit);
    return ERR_OK;
}

static enum move_crossed state_of(const struct naive_op *op)
{
    return op->verdict == FOLD_HELD_SCOPE ? MOVE_CROSSED_OPEN
           : naive_held(op->verdict)      ? MOVE_CROSSED_ASIDE /* by somebody, or erased */
                                          : MOVE_CROSSED_APPLIED;
}

static const struct naive_op *crossed_find(const struct check *c, const struct id_version *v,
                                           unsigned op)
{
    for (size_t i = 0; i < c->op_count; i++) {
        const struct naive_op *o = &c->ops[i];
        if (o->crossed && o->index == op && ID_EQUAL(&o->version, v)) return o;
    }
    return NULL;
}

static enum err crossing_row(void *ctx, const struct hub_crossing *h)
{
    struct listed *x = ctx;
    const struct naive_op *op = crossed_find(x->w->check, &h->version, h->op);
    x->count += h->state == MOVE_CROSSED_OPEN;
    if (op == NULL || !ID_EQUAL(&op->op.rid, &h->record))
        world_fail(x->w, "the hub lists an op as crossed that did not");
    else if (h->state != state_of(op))
        world_fail(x->w, "the hub says %u of an op that crossed, the model %u", h->state,
                   state_of(op));
    else if (strcmp(h->unit, op->unit) != 0)
        world_fail(x->w, "the hub says that %s wrote what %s wrote", h->unit, op->unit);
    return ERR_OK;
}

void check_held_hub(struct world *w)
{
    const struct check *c = w->check;
    struct listed held = {.w = w}, crossed = {.w = w};
    size_t there = 0, open = 0;
    for (size_t i = 0; i < c->row_count; i++)
        for (unsigned k = 0; k < c->rows[i].ops; k++)
            there += told_of(&c->rows[i], k) && of_held(c->rows[i].verdicts[k]);
    for (size_t i = 0; i < c->op_count; i++)
        open += c->ops[i].crossed && c->ops[i].verdict == FOLD_HELD_SCOPE;
    enum err e = hub_store_held(w->hub.store, held_row, &held);
    if (e == ERR_OK) e = hub_store_crossings(w->hub.store, false, crossing_row, &crossed);
    if (e != ERR_OK) world_fail(w, "what the hub holds cannot be read: %s", err_name(e));
    if (!w->failed && held.count != there)
        world_fail(w, "the hub lists %zu ops that it holds, the model has %zu", held.count, there);
    if (!w->failed && crossed.count != open)
        world_fail(w, "the hub lists %zu open ops that crossed, the model has %zu", crossed.count,
                   open);
}

/* ---- a node: the verdict of every own op ---- */

/* Has the node taken the payload of this op out of its own log? The set has no other. */
static bool own_gone(struct world *w, unsigned node, const struct naive_row *r)
{
    struct db_stmt *q = db_stmt(
        w->nodes[node].store->db,
        "SELECT 1 FROM sys_inc i JOIN sys_op o ON o.log = i.no JOIN sys_log l ON l.log = i.no AND "
        "l.seq = o.seq WHERE i.inc = ?1 AND o.seq = ?2 AND o.verdict = 8 AND substr(l.body, 1, 1) "
        "= x'01'");
    db_bind_blob(q, 1, BYTES_OF(r->inc.b));
    db_bind_int(q, 2, (int64_t)r->seq);
    enum err e = db_get(q);
    db_done(q);
    return e == ERR_OK;
}

unsigned check_verdict_due(struct world *w, unsigned node, size_t row, unsigned op)
{
    const struct check *c = w->check;
    const struct naive_row *r = &c->rows[row];
    bool gone = r->ops == 1 && naive_answer_blind(c, row, op) && own_gone(w, node, r);
    return gone ? FOLD_ERASED : r->verdicts[op];
}

static void said_compare(struct world *w, unsigned node, size_t at)
{
    const struct naive_row *r = &w->check->rows[at];
    bool row = false;
    struct db_stmt *q =
        db_stmt(w->nodes[node].store->db,
                "SELECT o.op, o.verdict, o.pending, o.rid IS NOT NULL FROM sys_inc i JOIN sys_op o "
                "ON o.log = i.no WHERE i.inc = ?1 AND o.seq = ?2");
    db_bind_blob(q, 1, BYTES_OF(r->inc.b));
    db_bind_int(q, 2, (int64_t)r->seq);
    enum err e = db_step(q, &row);
    for (; e == ERR_OK && row && !w->failed; e = db_step(q, &row)) {
        size_t k = (size_t)db_column_int(q, 0);
        unsigned said = (unsigned)db_column_int(q, 1) & FOLD_VERDICT_MASK;
        unsigned want = k < r->ops ? check_verdict_due(w, node, at, (unsigned)k) : 16;
        if (want == FOLD_ERASED) continue;
        if (said != want || db_column_kind(q, 1) == DB_NULL)
            world_fail(w, "node %u says %u of op %zu of set %u, the hub %u", node, said, k,
                       (unsigned)r->seq, want);
        else if (db_column_int(q, 3) != 0 && (db_column_int(q, 2) == 2) != of_held(want))
            world_fail(w, "node %u: op %zu of set %u is %s", node, k, (unsigned)r->seq,
                       of_held(want) ? "held and not shown so" : "shown as held and is not");
    }
    db_done(q);
    if (e != ERR_OK) world_fail(w, "node %u: verdicts cannot be read: %s", node, err_name(e));
}

/* ---- a node: what concerns its unit ---- */

static bool concerns(const struct check *c, const struct id_record *rid, const char *unit)
{
    const struct naive_record *r = naive_record_find(c, rid);
    return r != NULL && strcmp(r->unit, unit) == 0;
}

static enum err node_crossed_row(void *ctx, const struct node_crossed *n)
{
    struct listed *x = ctx;
    const struct check *c = x->w->check;
    const char *unit = naive_unit(x->w, x->node, UINT64_MAX);
    const struct naive_op *op = crossed_find(c, &n->c.version, n->c.op);
    if (op == NULL) {
        world_fail(x->w, "node %u lists an op as crossed that did not", x->node);
        return ERR_OK;
    }
    /* Of a record that has left since, its writer's unit hears the end; another one that had it does not. */
    if (strcmp(op->unit, unit) != 0 && !concerns(c, &op->op.rid, unit)) return ERR_OK;
    x->count++;
    if (n->c.state != state_of(op))
        world_fail(x->w, "node %u says %u of an op that crossed, the hub %u", x->node, n->c.state,
                   state_of(op));
    return ERR_OK;
}

static void node_crossed_compare(struct world *w, unsigned node)
{
    const struct check *c = w->check;
    const char *unit = naive_unit(w, node, UINT64_MAX);
    struct listed x = {.w = w, .node = node};
    size_t want = 0;
    for (size_t i = 0; i < c->op_count; i++) {
        const struct naive_op *o = &c->ops[i];
        want += o->crossed && (strcmp(o->unit, unit) == 0 || concerns(c, &o->op.rid, unit));
    }
    enum err e = node_store_crossed(w->nodes[node].store, node_crossed_row, &x);
    if (!w->failed && (e != ERR_OK || x.count != want))
        world_fail(w, "node %u lists %zu of %zu ops that crossed: %s", node, x.count, want,
                   err_name(e));
}

static enum err node_transfer_row(void *ctx, const struct node_transfer *n)
{
    struct listed *x = ctx;
    const struct naive_transfer *t = naive_transfer_find(x->w->check, &n->t.transfer);
    if (!n->at_hub) return ERR_OK; /* held, or not taken */
    if (t == NULL) {
        world_fail(x->w, "node %u lists a transfer that nobody offered", x->node);
        return ERR_OK;
    }
    x->count++;
    if (n->t.state != t->state)
        world_fail(x->w, "node %u says that a transfer is %u, the hub %u", x->node, n->t.state,
                   t->state);
    return ERR_OK;
}

static void node_transfers_compare(struct world *w, unsigned node)
{
    const struct check *c = w->check;
    const char *unit = naive_unit(w, node, UINT64_MAX);
    struct listed x = {.w = w, .node = node};
    size_t want = 0;
    for (size_t i = 0; i < c->transfer_count; i++) {
        const struct naive_transfer *t = &c->transfers[i];
        bool there = naive_record_find(c, &t->rid) != NULL; /* of an erased one nothing is known */
        want += there && (strcmp(t->from, unit) == 0 || strcmp(t->to, unit) == 0);
    }
    enum err e = node_store_transfers(w->nodes[node].store, node_transfer_row, &x);
    if (!w->failed && (e != ERR_OK || x.count != want))
        world_fail(w, "node %u lists %zu of %zu transfers: %s", node, x.count, want, err_name(e));
}

static void node_share_compare(struct world *w, unsigned node, const struct naive_share *h)
{
    struct db_stmt *q = db_stmt(w->nodes[node].store->db,
                                "SELECT access FROM sys_share WHERE rid = ?1 AND unit = ?2");
    db_bind_blob(q, 1, BYTES_OF(h->rid.b));
    db_bind_str(q, 2, h->unit);
    enum err e = db_get(q);
    int64_t has = e == ERR_OK ? db_column_int(q, 0) : MOVE_NOTHING;
    db_done(q);
    if (has != (int64_t)h->access || (e != ERR_OK && e != ERR_NOT_FOUND))
        world_fail(w, "node %u says that a record is shared with %s by %d, the hub by %d", node,
                   h->unit, (int)has, (int)h->access);
}

void check_held_node(struct world *w, unsigned node)
{
    const struct check *c = w->check;
    const char *unit = naive_unit(w, node, UINT64_MAX);
    for (size_t i = 0; i < c->row_count && !w->failed; i++)
        if (check_of_node(c, node, &c->rows[i])) said_compare(w, node, i);
    if (!w->failed) node_crossed_compare(w, node);
    if (!w->failed) node_transfers_compare(w, node);
    for (size_t i = 0; i < c->share_count && !w->failed; i++) {
        const struct naive_share *h = &c->shares[i];
        if (strcmp(h->unit, unit) == 0 || concerns(c, &h->rid, unit))
            node_share_compare(w, node, h);
    }
}

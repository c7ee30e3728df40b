/* SPEC section 6 a second time, slow and simple: heads are the writes that no write names. */
#include "tests/sim/check_priv.h"

#include "proto/admin.h"
#include "proto/admin_key.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static bool same_register(const struct change_write *a, const struct change_write *b)
{
    return a->field == b->field && (a->element.p == NULL) == (b->element.p == NULL) &&
           bytes_equal(a->element, b->element);
}

static bool names(const struct change_write *w, const struct id_version *v)
{
    for (size_t at = 0; at < w->bases.len; at += ID_VERSION_BYTES) {
        if (memcmp(w->bases.p + at, v->b, ID_VERSION_BYTES) == 0) return true;
    }
    return false;
}

bool naive_held(uint8_t verdict)
{
    return verdict >= 3; /* held, erased or set aside: it counts for nothing */
}

struct naive_record *naive_record_find(const struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->record_count; i++) {
        if (ID_EQUAL(&c->records[i].rid, rid)) return &c->records[i];
    }
    return NULL;
}

static bool is_head(const struct check *c, const struct naive_op *op, const struct change_write *w)
{
    for (size_t i = 0; i < c->op_count; i++) {
        const struct naive_op *o = &c->ops[i];
        if (naive_held(o->verdict) || !ID_EQUAL(&o->op.rid, &op->op.rid)) continue;
        for (size_t k = 0; k < o->op.count; k++) {
            if (same_register(&o->op.writes[k], w) && names(&o->op.writes[k], &op->version))
                return false;
        }
    }
    return true;
}

size_t naive_heads(const struct check *c, const struct id_record *rid, struct naive_head *out,
                   size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < c->op_count; i++) {
        const struct naive_op *o = &c->ops[i];
        if (naive_held(o->verdict) || !ID_EQUAL(&o->op.rid, rid)) continue;
        for (size_t k = 0; k < o->op.count; k++) {
            if (!is_head(c, o, &o->op.writes[k])) continue;
            assert(n < max);
            out[n++] = (struct naive_head){o, &o->op.writes[k]};
        }
    }
    return n;
}

static bool asks(struct world *w, unsigned type, unsigned field)
{
    const struct catalogue *c = hub_store_catalogue(w->hub.store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, type) : NULL;
    const struct catalogue_field *f = t != NULL ? catalogue_field_by_no(t, field) : NULL;
    return f == NULL || f->policy == CATALOGUE_ASK;
}

/* Does this register have unequal heads that a person must settle? */
static bool torn(struct world *w, unsigned type, const struct change_write *reg,
                 const struct naive_head *heads, size_t count)
{
    const struct change_write *first = NULL;
    if (reg->field == 0 || !asks(w, type, reg->field)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!same_register(heads[i].write, reg)) continue;
        if (first == NULL) first = heads[i].write;
        if (!bytes_equal(first->value, heads[i].write->value)) return true;
    }
    return false;
}

static bool is_nil(struct bytes value)
{
    return value.len == 1 && value.p[0] == 0xc0;
}

bool naive_deleted(const struct naive_head *heads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (heads[i].write->field == 0 && !is_nil(heads[i].write->value)) return true;
    }
    return false;
}

static int version_order(const void *a, const void *b)
{
    return memcmp(a, b, ID_VERSION_BYTES);
}

static void digest(const struct naive_head *heads, size_t count, uint8_t out[32])
{
    struct id_version *v = calloc(count + 1, sizeof *v);
    size_t n = 0;
    assert(v != NULL);
    for (size_t i = 0; i < count; i++) {
        unsigned field = heads[i].write->field; /* 65,534: why it was deleted (SPEC 4.14) */
        if (field > 0 && field != 65534) v[n++] = heads[i].op->version;
    }
    qsort(v, n, sizeof *v, version_order);
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 32);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !ID_EQUAL(&v[i], &v[i - 1]))
            crypto_generichash_update(&h, v[i].b, sizeof v[i].b);
    }
    crypto_generichash_final(&h, out, 32);
    free(v);
}

static bool delete_torn(const struct naive_head *heads, size_t count)
{
    uint8_t now[32];
    const struct change_write *first = NULL;
    if (!naive_deleted(heads, count)) return false;
    digest(heads, count, now);
    for (size_t i = 0; i < count; i++) {
        const struct change_write *x = heads[i].write;
        if (x->field != 0) continue;
        if (first == NULL) first = x;
        if (!bytes_equal(first->value, x->value)) return true;
        /* bin8 of 16 bytes: two bytes in front */
        if (x->value.len != 18 || memcmp(x->value.p + 2, now, 16) != 0) return true;
    }
    return false;
}

size_t naive_conflicts(struct world *w, const struct naive_record *r,
                       const struct naive_head *heads, size_t count)
{
    size_t n = delete_torn(heads, count) ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && !same_register(heads[k].write, heads[i].write);
        if (first && torn(w, r->type, heads[i].write, heads, count)) n++;
    }
    return n;
}

/* ---- verdicts ---- */

static struct naive_record *record_add(struct check *c, const struct naive_op *op, uint64_t at)
{
    c->records = realloc(c->records, (c->record_count + 1) * sizeof *c->records);
    assert(c->records != NULL);
    struct naive_record *r = &c->records[c->record_count++];
    *r = (struct naive_record){.rid = op->op.rid, .type = op->op.type, .own = op->own, .born = at};
    memcpy(r->unit, op->unit, sizeof r->unit);
    return r;
}

static uint8_t judge(struct world *w, const struct naive_op *op, const struct naive_record *r)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    struct check *c = w->check;
    bool any = false, conflict = false;
    size_t n = naive_heads(c, &op->op.rid, heads, NAIVE_HEADS_MAX);
    for (size_t k = 0; k < op->op.count; k++) {
        if (!is_head(c, op, &op->op.writes[k])) continue;
        any = true;
        conflict = conflict || torn(w, r->type, &op->op.writes[k], heads, n);
    }
    if (!any) return 1;
    return conflict || delete_torn(heads, n) ? 2 : 0;
}

/* An op meets the record at position `at`. */
static void op_take(struct world *w, struct naive_op *op, uint64_t at)
{
    struct naive_record *r = naive_record_find(w->check, &op->op.rid);
    struct naive_row *row = &w->check->rows[op->row];
    if (r == NULL && op->op.kind == CHANGE_CREATE) r = record_add(w->check, op, at);
    if (r == NULL) {
        op->verdict = 4;
    } else if (!op->own && !op->settled && (r->own || strcmp(r->unit, op->unit) != 0) &&
               naive_access(w->check, &op->op.rid, op->unit) != MOVE_WRITE) {
        op->verdict = 3;
        op->crossed = naive_had(w->check, &op->op.rid, op->unit);
    } else if (r->type != op->op.type) {
        op->verdict = 6;
    } else {
        op->verdict = 0; /* it counts, so that judging sees it */
        op->verdict = judge(w, op, r);
        r->position = at;
        r->touched = true;
    }
    if (op->gone && naive_held(op->verdict)) { /* and it waits for nothing */
        op->verdict = 8;
        op->crossed = false;
    }
    row->on_record[op->index] = true;
    row->verdicts[op->index] = op->gone ? 8 : op->verdict;
    row->touched = true;
}

void naive_op_again(struct world *w, struct naive_op *op, uint64_t at)
{
    op_take(w, op, at);
}

void naive_author(const struct world *w, const struct naive_row *r,
                  char unit[static ADMIN_UNIT_BYTES_MAX + 1])
{
    const char *code =
        r->own ? "" : naive_unit_of(w->check, &r->node, (uint64_t)(r - w->check->rows));
    memset(unit, 0, ADMIN_UNIT_BYTES_MAX + 1);
    memcpy(unit, code, strlen(code));
}

/* What waited for this record is tried again, oldest first: a share that stands before an edit lets it in. */
static void waiting_take(struct world *w, const struct id_record *rid, uint64_t at)
{
    struct check *c = w->check;
    size_t i = 0, k = 0;
    for (;;) {
        while (i < c->op_count && (c->ops[i].verdict != 4 || !ID_EQUAL(&c->ops[i].op.rid, rid)))
            i++;
        while (k < c->move_count && (c->moves[k].verdict != 4 || !ID_EQUAL(&c->moves[k].wait, rid)))
            k++;
        bool op = i < c->op_count, move = k < c->move_count;
        if (op && move) {
            const struct naive_op *o = &c->ops[i];
            const struct naive_move *m = &c->moves[k];
            op = o->row < m->row || (o->row == m->row && o->index < m->index);
            move = !op;
        }
        if (!op && !move) return;
        if (op) {
            op_take(w, &c->ops[i++], at);
        } else {
            naive_move_again(w, k++, at);
        }
    }
}

void naive_op_add(struct world *w, size_t row, unsigned index, const struct change_op *op,
                  bool gone)
{
    struct check *c = w->check;
    const struct naive_row *r = &c->rows[row];
    const struct change_head *h = &c->view->head;
    uint64_t limit = (uint64_t)(r->received_ms + 120000) << 16;
    c->ops = realloc(c->ops, (c->op_count + 1) * sizeof *c->ops);
    assert(c->ops != NULL);
    struct naive_op *o = &c->ops[c->op_count++];
    *o = (struct naive_op){.row = row,
                           .index = index,
                           .op = *op,
                           .version = id_version_make(&h->inc, h->seq, &r->hash),
                           .clock = h->hlc < limit ? h->hlc : limit,
                           .person = h->person,
                           .position = row + 1,
                           .own = r->own,
                           .gone = gone,
                           .verdict = 4};
    o->op.writes = calloc(op->count, sizeof *op->writes);
    assert(o->op.writes != NULL);
    memcpy(o->op.writes, op->writes, op->count * sizeof *op->writes);
    naive_author(w, r, o->unit);
    bool create = op->kind == CHANGE_CREATE && naive_record_find(c, &op->rid) == NULL;
    op_take(w, o, row + 1);
    struct id_record rid = op->rid;
    bool crossed = o->crossed;
    if (create) waiting_take(w, &rid, row + 1);
    if (crossed) naive_moves_wake(w, &rid, row + 1);
}

bool naive_revoked(const struct check *c, const struct id_hash *node)
{
    for (size_t i = 0; i < c->revoked_count; i++)
        if (ID_EQUAL(&c->revoked[i], node)) return true;
    return false;
}

static void revoke_take(struct world *w, size_t row, struct bytes payload)
{
    struct check *c = w->check;
    struct admin_revoke r;
    if (admin_revoke_decode(payload, &r) != ERR_OK) return;
    c->rows[row].orders = true;
    if (naive_revoked(c, &r.node)) return;
    c->revoked = realloc(c->revoked, (c->revoked_count + 1) * sizeof *c->revoked);
    assert(c->revoked != NULL);
    c->revoked[c->revoked_count++] = r.node;
}

const struct naive_rekeyed *naive_rekeyed(const struct check *c, const struct id_hash *node)
{
    for (size_t i = 0; i < c->rekeyed_count; i++)
        if (ID_EQUAL(&c->rekeyed[i].node, node)) return &c->rekeyed[i];
    return NULL;
}

/* No node does it twice in a run: a second time it says nothing. */
static bool rekey_take(struct check *c, size_t row, struct bytes payload)
{
    const struct naive_row *r = &c->rows[row];
    struct admin_rekey op;
    if (r->ops != 1 || naive_rekeyed(c, &r->node) != NULL ||
        admin_rekey_decode(payload, &op) != ERR_OK)
        return false;
    assert(c->rekeyed_count < WORLD_NODES_MAX);
    struct naive_rekeyed *x = &c->rekeyed[c->rekeyed_count++];
    *x = (struct naive_rekeyed){.node = r->node, .row = row};
    memcpy(x->sign_pk, op.sign_pk, sizeof x->sign_pk);
    return true;
}

/* Is it under a key that its node changed? Every log has the key of its genesis; c->view has the set. */
static bool retired(struct world *w, size_t row)
{
    struct check *c = w->check;
    const struct naive_row *r = &c->rows[row];
    const struct naive_rekeyed *x = r->own ? NULL : naive_rekeyed(c, &r->node);
    struct admin_genesis *g = calloc(1, sizeof *g);
    assert(g != NULL);
    bool old = x != NULL && r->seq == 0 && c->view->payload[0].p != NULL &&
               admin_genesis_decode(c->view->payload[0], g) == ERR_OK &&
               memcmp(g->sign_pk, x->sign_pk, sizeof g->sign_pk) != 0;
    for (size_t i = 0; x != NULL && r->seq > 0 && i < row && !old; i++)
        old = ID_EQUAL(&c->rows[i].inc, &r->inc) && c->rows[i].seq == 0 &&
              (i < x->row || c->rows[i].outside);
    free(g);
    return old;
}

void naive_take(struct world *w, size_t row)
{
    struct check *c = w->check;
    struct naive_row *r = &c->rows[row];
    enum err e = change_open(buf_bytes(&r->head), buf_bytes(&r->body), c->view);
    if (e == ERR_OK) e = change_verify(c->view);
    if (e != ERR_OK) {
        world_fail(w, "position %zu of the hub's log is no change set: %s", row + 1, err_name(e));
        return;
    }
    r->ops = c->view->head.ops;
    r->touched = true;
    r->erased = false;
    r->outside = naive_revoked(c, &r->node) || retired(w, row);
    memset(r->verdicts, 0, sizeof r->verdicts);
    for (unsigned i = 0; i < r->ops; i++) {
        struct change_op op;
        int kind = change_payload_kind(c->view->payload[i]);
        if (c->view->payload[i].p == NULL) {
            naive_stub_take(w, row, i);
        } else if (change_op_decode(c->view->payload[i], c->writes, &op) == ERR_OK) {
            if (naive_dead(c, &op.rid))
                world_fail(w, "position %zu has an op on an erased record, with its payload",
                           row + 1);
            if (naive_named(c, &c->view->head, i, &op, false) != NULL)
                world_fail(w, "position %zu has an op that was erased, with its payload", row + 1);
            naive_op_add(w, row, i, &op, false);
        } else if (kind == CHANGE_REVOKE && r->own) {
            revoke_take(w, row, c->view->payload[i]);
        } else if (kind == CHANGE_QUARANTINE && r->own) {
            naive_release_take(w, row, c->view->payload[i]);
        } else if (kind == CHANGE_ENROL && r->own) {
            naive_enrol_take(w, row, c->view->payload[i]);
        } else if (kind == CHANGE_ORDER && r->own) {
            r->orders = true;
            naive_order_take(w, c->view->payload[i], row + 1);
        } else if (move_kind(kind)) {
            naive_move_take(w, row, i);
        } else if (kind == CHANGE_REKEY && !r->own && rekey_take(c, row, c->view->payload[i])) {
            continue;
        } else if (!r->own && !(kind == CHANGE_GENESIS && r->seq == 0 && r->ops == 1)) {
            r->verdicts[i] = 6; /* no op, or none that a node may write: kept, and nothing else */
        }
    }
}

void naive_cut(struct world *w, size_t rows)
{
    struct check *c = w->check;
    static const struct id_hash zeros;
    size_t had = c->row_count;
    for (size_t i = 0; i < c->op_count; i++)
        free(c->ops[i].op.writes);
    c->op_count = c->record_count = 0;
    c->move_count = c->stay_count = c->transfer_count = c->share_count = c->dead_count =
        c->early_count = c->named_count = 0;
    c->revoked_count = c->rekeyed_count = c->home_count = c->release_count = 0;
    for (size_t i = 0; i < c->issue_count; i++)
        if (c->issues[i].position > rows) c->issues[i--] = c->issues[--c->issue_count];
    if (had > rows) {
        c->lost = realloc(c->lost, (c->lost_count + had - rows) * sizeof *c->lost);
        assert(c->lost != NULL);
        memcpy(c->lost + c->lost_count, c->rows + rows, (had - rows) * sizeof *c->lost);
        c->lost_count += had - rows;
    }
    c->p = zeros;
    c->row_count = 0;
    for (size_t i = 0; i < rows && !w->failed; i++) {
        uint8_t m[2 * ID_HASH_BYTES];
        memcpy(m, c->p.b, ID_HASH_BYTES);
        memcpy(m + ID_HASH_BYTES, c->rows[i].hash.b, ID_HASH_BYTES);
        crypto_generichash(c->p.b, sizeof c->p.b, m, sizeof m, NULL, 0);
        naive_take(w, c->row_count++);
    }
}

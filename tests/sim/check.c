#include "tests/sim/check_priv.h"

#include "proto/record.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

enum { DURABLE_EVERY = 8 }; /* of the receipts are checked against what a power loss would leave */

struct check *check_new(void)
{
    struct check *c = calloc(1, sizeof *c);
    assert(c != NULL);
    c->view = calloc(1, sizeof *c->view);
    c->writes = calloc(CHANGE_WRITES_MAX, sizeof *c->writes);
    enum err e = fold_init(&c->fold);
    if (e == ERR_OK) e = node_store_record_init(&c->shown);
    assert(c->view != NULL && c->writes != NULL && e == ERR_OK);
    return c;
}

static void row_free(struct naive_row *r)
{
    buf_free(&r->head);
    buf_free(&r->body);
}

static void hub_forget(struct check *c)
{
    for (size_t i = 0; i < c->row_count; i++)
        row_free(&c->rows[i]);
    for (size_t i = 0; i < c->op_count; i++)
        free(c->ops[i].op.writes);
    free(c->rows);
    free(c->ops);
    free(c->records);
    free(c->moves);
    free(c->transfers);
    free(c->shares);
}

void check_free(struct check *c)
{
    hub_forget(c);
    for (unsigned i = 0; i < WORLD_NODES_MAX; i++) {
        for (size_t k = 0; k < c->logs[i].count; k++) {
            buf_free(&c->logs[i].v[k].head);
            buf_free(&c->logs[i].v[k].body);
        }
        free(c->logs[i].v);
    }
    fold_free(&c->fold);
    node_store_record_free(&c->shown);
    free(c->view);
    free(c->writes);
    free(c);
}

/* ---- the hub's log ---- */

static bool row_same(const struct naive_row *a, const struct naive_row *b)
{
    return bytes_equal(buf_bytes(&a->head), buf_bytes(&b->head)) &&
           bytes_equal(buf_bytes(&a->body), buf_bytes(&b->body)) && ID_EQUAL(&a->hash, &b->hash) &&
           ID_EQUAL(&a->inc, &b->inc) && a->seq == b->seq && a->received_ms == b->received_ms;
}

static enum err row_read(const struct db_stmt *q, struct naive_row *r, struct id_hash *p)
{
    *r = (struct naive_row){.seq = (uint64_t)db_column_int(q, 2),
                            .received_ms = db_column_int(q, 6)};
    buf_init(&r->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&r->body, CHANGE_BODY_BYTES_MAX);
    buf_add_bytes(&r->head, db_column_bytes(q, 4));
    buf_add_bytes(&r->body, db_column_bytes(q, 5));
    enum err e = db_column_copy(q, 1, r->inc.b, sizeof r->inc.b);
    if (e == ERR_OK) e = db_column_copy(q, 3, r->hash.b, sizeof r->hash.b);
    if (e == ERR_OK) e = db_column_copy(q, 7, r->node.b, sizeof r->node.b);
    if (e == ERR_OK) e = db_column_copy(q, 8, p->b, sizeof p->b);
    return e == ERR_OK ? r->head.e : e;
}

static void row_append(struct world *w, const struct naive_row *r, const struct id_hash *p)
{
    struct check *c = w->check;
    uint8_t m[2 * ID_HASH_BYTES];
    struct id_hash hash;
    memcpy(m, c->p.b, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, r->hash.b, ID_HASH_BYTES);
    crypto_generichash(c->p.b, sizeof c->p.b, m, sizeof m, NULL, 0);
    change_hash(buf_bytes(&r->head), &hash);
    if (!ID_EQUAL(&c->p, p)) world_fail(w, "position hash differs at %zu", c->row_count + 1);
    if (!ID_EQUAL(&hash, &r->hash)) world_fail(w, "hash differs at %zu", c->row_count + 1);
    c->rows = realloc(c->rows, (c->row_count + 1) * sizeof *c->rows);
    assert(c->rows != NULL);
    c->rows[c->row_count] = *r;
    c->rows[c->row_count].own = ID_EQUAL(&r->node, &w->hub.keys.hub);
    naive_take(w, c->row_count++);
}

static void rows_read(struct world *w, uint64_t from)
{
    struct check *c = w->check;
    struct db_stmt *q =
        db_stmt(hub_store_db(w->hub.store),
                "SELECT l.pos, i.inc, l.seq, l.hash, l.head, l.body, l.received_ms, i.node, l.p "
                "FROM sys_log l JOIN sys_inc i ON i.no = l.inc WHERE l.pos > ?1 ORDER BY l.pos");
    db_bind_int(q, 1, (int64_t)from);
    bool row = false;
    uint64_t at = from;
    enum err e = db_step(q, &row);
    for (; e == ERR_OK && row && !w->failed; e = db_step(q, &row)) {
        struct naive_row r;
        struct id_hash p;
        e = row_read(q, &r, &p);
        if (e != ERR_OK) break;
        if ((uint64_t)db_column_int(q, 0) != ++at)
            world_fail(w, "the hub's log has a gap at %u", (unsigned)at);
        if (at > c->row_count) {
            row_append(w, &r, &p);
            continue;
        }
        if (!row_same(&r, &c->rows[at - 1]))
            world_fail(w, "position %u of the hub's log is not what was committed", (unsigned)at);
        row_free(&r);
    }
    db_done(q);
    if (e != ERR_OK) world_fail(w, "the hub's log cannot be read: %s", err_name(e));
    if (!w->failed && at < c->row_count)
        world_fail(w, "the hub committed %zu positions and has %u", c->row_count, (unsigned)at);
}

static void verdicts_compare(struct world *w)
{
    struct check *c = w->check;
    for (size_t i = 0; i < c->row_count && !w->failed; i++) {
        if (!c->rows[i].touched) continue;
        c->rows[i].touched = false;
        struct db_stmt *q =
            db_stmt(hub_store_db(w->hub.store), "SELECT verdicts FROM sys_log WHERE pos = ?1");
        db_bind_int(q, 1, (int64_t)i + 1);
        enum err e = db_get(q);
        struct bytes v = e == ERR_OK ? db_column_bytes(q, 0) : (struct bytes){NULL, 0};
        if (v.len != c->rows[i].ops) world_fail(w, "position %zu: %zu verdicts", i + 1, v.len);
        for (size_t k = 0; k < v.len && !w->failed; k++) {
            if ((v.p[k] & FOLD_VERDICT_MASK) != c->rows[i].verdicts[k])
                world_fail(w, "verdict of op %zu at position %zu: hub %u, naive fold %u", k, i + 1,
                           v.p[k] & FOLD_VERDICT_MASK, c->rows[i].verdicts[k]);
        }
        db_done(q);
    }
}

void check_hub(struct world *w, bool again)
{
    struct check *c = w->check;
    size_t before = c->row_count;
    rows_read(w, again ? 0 : c->row_count);
    if (w->failed) return;
    verdicts_compare(w);
    for (size_t i = 0; i < c->record_count && !w->failed; i++) {
        if (!c->records[i].touched && !again) continue;
        c->records[i].touched = false;
        check_record(w, hub_store_db(w->hub.store), &c->records[i], true, "hub");
    }
    if (c->row_count > before) world_trace(w, "hub", "has position %zu", c->row_count);
}

bool check_has_payload(const struct world *w, struct bytes payload)
{
    const struct check *c = w->check;
    for (size_t i = 0; i < c->row_count; i++) {
        struct bytes body = buf_bytes(&c->rows[i].body);
        if (!c->rows[i].own || body.len != payload.len + 1 + CHANGE_SEED_BYTES) continue;
        if (memcmp(body.p + 1 + CHANGE_SEED_BYTES, payload.p, payload.len) == 0) return true;
    }
    return false;
}

/* ---- records ---- */

static bool head_there(const struct fold *f, const struct naive_head *h, bool strict)
{
    const struct fold_register *r = fold_find(f, h->write->field, h->write->element);
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        const struct fold_set *s = &f->sets[r->heads[i].set];
        if (!ID_EQUAL(&s->version, &h->op->version)) continue;
        if (!bytes_equal(r->heads[i].value, h->write->value)) return false;
        return !strict || (s->position == h->op->position && s->clock == h->op->clock &&
                           ID_EQUAL(&s->person, &h->op->person));
    }
    return false;
}

static void fold_compare(struct world *w, const struct naive_record *r, bool strict,
                         size_t conflicts, const char *where)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    const struct fold *f = &w->check->fold;
    size_t n = naive_heads(w->check, &r->rid, heads, NAIVE_HEADS_MAX), there = 0;
    for (size_t i = 0; i < f->register_count; i++)
        there += f->registers[i].count;
    for (size_t i = 0; i < n; i++) {
        if (!head_there(f, &heads[i], strict))
            world_fail(w, "%s: a head of field %u, written at position %u, is gone or changed",
                       where, heads[i].write->field, (unsigned)heads[i].op->position);
    }
    if (there != n)
        world_fail(w, "%s: a record has %zu heads, the naive fold %zu", where, there, n);
    if (conflicts != naive_conflicts(w, r, heads, n))
        world_fail(w, "%s: a record has %zu conflicts, the naive fold %zu", where, conflicts,
                   naive_conflicts(w, r, heads, n));
}

void check_record(struct world *w, struct db *db, const struct naive_record *r, bool strict,
                  const char *where)
{
    struct db_stmt *q = db_stmt(db, "SELECT r.type, u.code, r.pos, r.conflicts, r.state FROM "
                                    "sys_record r JOIN sys_unit u ON u.no = r.unit WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(r->rid.b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        fold_clear(&w->check->fold);
        e = fold_load(&w->check->fold, db_column_bytes(q, 4));
        if (db_column_int(q, 0) != r->type) world_fail(w, "%s: type of a record", where);
        if (!r->own && !bytes_equal(db_column_bytes(q, 1), bytes_str(r->unit)))
            world_fail(w, "%s: owner of a record", where);
        if (strict && (uint64_t)db_column_int(q, 2) != r->position)
            world_fail(w, "%s: a record changed last at %u, not at %u", where,
                       (unsigned)r->position, (unsigned)db_column_int(q, 2));
    }
    if (e == ERR_OK) fold_compare(w, r, strict, (size_t)db_column_int(q, 3), where);
    db_done(q);
    if (e != ERR_OK) world_fail(w, "%s: a record cannot be read: %s", where, err_name(e));
}

/* ---- nodes ---- */

static void saved_add(struct saved_log *log, const struct node_store_set *s)
{
    log->v = realloc(log->v, (log->count + 1) * sizeof *log->v);
    assert(log->v != NULL);
    struct saved_set *x = &log->v[log->count++];
    buf_init(&x->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&x->body, CHANGE_BODY_BYTES_MAX);
    buf_add_bytes(&x->head, s->head);
    buf_add_bytes(&x->body, s->body);
    memcpy(x->signature, s->signature, sizeof x->signature);
}

static bool has_payload(struct bytes body, struct bytes payload)
{
    return body.len == payload.len + 1 + CHANGE_SEED_BYTES &&
           memcmp(body.p + 1 + CHANGE_SEED_BYTES, payload.p, payload.len) == 0;
}

/* Own sets of a node from `from` on, at most `*count`. */
static bool sets_read(struct world *w, unsigned node, uint64_t from,
                      const struct node_store_set **sets, size_t *count)
{
    const struct saved_log *log = &w->check->logs[node];
    enum err e =
        node_store_read_sets(w->nodes[node].store, &log->inc, from, 1000, 1u << 30, sets, count);
    if (e != ERR_OK) world_fail(w, "node %u: the log cannot be read: %s", node, err_name(e));
    return e == ERR_OK;
}

void check_saved(struct world *w, unsigned node, const struct node_own_saved *saved)
{
    struct saved_log *log = &w->check->logs[node];
    const struct node_store_set *sets = NULL;
    size_t count = 0;
    log->inc = saved->inc;
    if (!sets_read(w, node, log->count, &sets, &count)) return;
    for (size_t i = 0; i < count; i++)
        saved_add(log, &sets[i]);
    if (count == 0 || log->count != saved->seq + 1) {
        world_fail(w, "node %u saved set %u and has %zu", node, (unsigned)saved->seq, log->count);
    } else if (!has_payload(buf_bytes(&log->v[log->count - 1].body),
                            buf_bytes(&w->nodes[node].doubt.payload))) {
        world_fail(w, "node %u saved something else than was typed", node);
    }
}

static void saved_compare(struct world *w, unsigned node, const struct node_store_set *sets,
                          size_t count)
{
    const struct saved_log *log = &w->check->logs[node];
    if (count < log->count)
        world_fail(w, "node %u said that %zu sets are saved and has %zu", node, log->count, count);
    for (size_t i = 0; i < log->count && !w->failed; i++) {
        if (!bytes_equal(buf_bytes(&log->v[i].head), sets[i].head) ||
            !bytes_equal(buf_bytes(&log->v[i].body), sets[i].body))
            world_fail(w, "node %u: set %zu is not what was saved", node, i);
    }
}

bool check_node_booted(struct world *w, unsigned node)
{
    struct saved_log *log = &w->check->logs[node];
    struct world_node *n = &w->nodes[node];
    const struct node_store_set *sets = NULL;
    size_t count = 0;
    struct node_store_tip tip;
    enum err e = node_store_tip(n->store, &tip);
    if (e != ERR_OK) world_fail(w, "node %u: no tip: %s", node, err_name(e));
    if (w->failed) return false;
    if (log->count == 0) log->inc = tip.inc;
    if (!sets_read(w, node, 0, &sets, &count)) return false;
    saved_compare(w, node, sets, count);
    if (w->failed) return false;
    bool there = count > log->count && n->doubt.open &&
                 has_payload(sets[count - 1].body, buf_bytes(&n->doubt.payload));
    if (count > log->count && !there)
        world_fail(w, "node %u has %zu sets, %zu were saved", node, count, log->count);
    for (size_t i = log->count; there && i < count; i++)
        saved_add(log, &sets[i]);
    n->doubt.open = false;
    n->doubt.there = there;
    if (there && n->doubt.record >= 0) {
        struct change_op op;
        e = change_op_decode(buf_bytes(&n->doubt.payload), w->check->writes, &op);
        assert(e == ERR_OK);
        w->records[n->doubt.record] = (struct world_record){true, n->doubt.rid, op.type};
    }
    return there;
}

static const struct naive_row *hub_row(const struct check *c, const struct id_inc *inc,
                                       uint64_t seq)
{
    for (size_t i = 0; i < c->row_count; i++) {
        if (c->rows[i].seq == seq && ID_EQUAL(&c->rows[i].inc, inc)) return &c->rows[i];
    }
    return NULL;
}

/* Would the hub still have `position` if its power failed now? */
static void check_durable(struct world *w, uint64_t position)
{
    struct memvfs_host *peek = memvfs_host("peek");
    struct db *db = NULL;
    int64_t last = -1;
    memvfs_copy(w->hub.host.disk, peek, true);
    enum err e = db_open("peek/hub.db", MEMVFS_NAME, DB_EXCLUSIVE, &db);
    if (e == ERR_OK) {
        struct db_stmt *q = db_stmt(db, "SELECT max(pos) FROM sys_log");
        e = db_get(q);
        if (e == ERR_OK) last = db_column_int(q, 0);
        db_done(q);
    }
    db_close(db);
    if (e != ERR_OK || last < (int64_t)position)
        world_fail(w, "a receipt is out and position %u is not durable", (unsigned)position);
}

static void delivered_compare(struct world *w, unsigned node, uint64_t delivered)
{
    struct check *c = w->check;
    struct saved_log *log = &c->logs[node];
    const struct naive_row *last = NULL;
    for (; log->delivered < delivered && !w->failed; log->delivered++) {
        const struct saved_set *s = &log->v[log->delivered];
        last = hub_row(c, &log->inc, log->delivered);
        if (last == NULL) {
            world_fail(w, "node %u has a receipt for set %u, which the hub has not committed", node,
                       (unsigned)log->delivered);
        } else if (!bytes_equal(buf_bytes(&last->head), buf_bytes(&s->head)) ||
                   !bytes_equal(buf_bytes(&last->body), buf_bytes(&s->body))) {
            world_fail(w, "node %u: set %u is another at the hub", node, (unsigned)log->delivered);
        }
    }
    if (last != NULL && !w->failed && w->hub.host.up && c->receipts++ % DURABLE_EVERY == 0)
        check_durable(w, (uint64_t)(last - c->rows) + 1);
}

static bool names_version(const struct change_write *x, const struct change_write *y,
                          const struct id_version *v)
{
    if (x->field != y->field || !bytes_equal(x->element, y->element)) return false;
    for (size_t at = 0; at < x->bases.len; at += ID_VERSION_BYTES) {
        if (memcmp(x->bases.p + at, v->b, ID_VERSION_BYTES) == 0) return true;
    }
    return false;
}

/* Is a write of the own set `at` named by a later own set, or by one in the hub's log? */
static bool replaced(struct world *w, const struct saved_log *log, size_t at,
                     const struct id_record *rid, const struct change_write *x,
                     const struct id_version *v)
{
    struct check *c = w->check;
    for (size_t i = 0; i < c->op_count; i++) {
        for (size_t k = 0; k < c->ops[i].op.count && ID_EQUAL(&c->ops[i].op.rid, rid); k++) {
            if (names_version(&c->ops[i].op.writes[k], x, v)) return true;
        }
    }
    for (size_t i = at + 1; i < log->count; i++) {
        struct change_op op;
        enum err e = change_open(buf_bytes(&log->v[i].head), buf_bytes(&log->v[i].body), c->view);
        if (e == ERR_OK) e = change_op_decode(c->view->payload[0], c->writes, &op);
        for (size_t k = 0; e == ERR_OK && k < op.count && ID_EQUAL(&op.rid, rid); k++) {
            if (names_version(&op.writes[k], x, v)) return true;
        }
    }
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
static bool gone(struct world *w, unsigned node, const struct id_record *rid,
                 const struct id_version *v)
{
    const struct check *c = w->check;
    const struct naive_record *r = naive_record_find(c, rid);
    if (r != NULL && !r->own && strcmp(r->unit, w->nodes[node].unit) != 0 &&
        naive_access(c, rid, w->nodes[node].unit) == MOVE_NOTHING)
        return true;
    for (size_t i = 0; i < c->op_count; i++) {
        if (c->ops[i].verdict == 9 && ID_EQUAL(&c->ops[i].version, v)) return true;
    }
    return false;
}

/* Does its writer still see what own set `at` (of one op, one write) wrote? */
static void shown_compare(struct world *w, unsigned node, size_t at)
{
    struct check *c = w->check;
    const struct saved_log *log = &c->logs[node];
    struct change_op op;
    struct change_write x;
    enum err e = change_open(buf_bytes(&log->v[at].head), buf_bytes(&log->v[at].body), c->view);
    if (e == ERR_OK) e = change_op_decode(c->view->payload[0], c->writes, &op);
    if (e != ERR_OK) return; /* the genesis */
    x = op.writes[0];
    struct id_version v = id_version_make(&c->view->head.inc, c->view->head.seq, &c->view->hash);
    e = node_store_record_read(w->nodes[node].store, &op.rid, &c->shown);
    if (e == ERR_OK && fold_has(&c->shown.fold, &x, &v)) return;
    if (!gone(w, node, &op.rid, &v) && !replaced(w, log, at, &op.rid, &x, &v))
        world_fail(w, "node %u does not show any more what its set %zu wrote", node, at);
}

enum { SHOWN_SETS = 6 }; /* newest own sets that are looked at */

void check_node(struct world *w, unsigned node)
{
    struct node_store_status s;
    const struct saved_log *log = &w->check->logs[node];
    enum err e = node_store_status(w->nodes[node].store, &s);
    if (w->failed) return;
    if (e != ERR_OK) {
        world_fail(w, "node %u: no status: %s", node, err_name(e));
    } else if (s.sets != log->count) {
        world_fail(w, "node %u shows %u sets, %zu were saved", node, (unsigned)s.sets, log->count);
    } else if (s.sets != s.delivered + s.waiting) {
        world_fail(w, "node %u: %u sets are not %u delivered + %u waiting", node, (unsigned)s.sets,
                   (unsigned)s.delivered, (unsigned)s.waiting);
    } else if (s.ops != s.ops_waiting + s.applied + s.replaced + s.conflict + s.held + s.erased +
                            s.aside + s.unsaid) {
        world_fail(w, "node %u: the verdicts do not add up", node);
    } else {
        world_trace(w, w->nodes[node].host.name, "has %u sets, %u delivered, position %u",
                    (unsigned)s.sets, (unsigned)s.delivered, (unsigned)s.position);
        delivered_compare(w, node, s.delivered);
        for (size_t i = 0; i < SHOWN_SETS && i < log->count && !w->failed; i++)
            shown_compare(w, node, log->count - 1 - i);
    }
}

bool check_settled(struct world *w, unsigned node)
{
    const struct world_node *n = &w->nodes[node];
    struct node_store_status s;
    struct hub_position p;
    if (n->complete == 0) return false;
    if (node_store_status(n->store, &s) != ERR_OK) return false;
    hub_store_position(w->hub.store, &p);
    return s.waiting == 0 && s.unsaid == 0 && s.position == p.position;
}

/* ---- for users and pictures ---- */

static bool fold_at(struct world *w, int who, const struct id_record *rid, const struct fold **out)
{
    struct check *c = w->check;
    if (who != WORLD_HUB) {
        *out = &c->shown.fold;
        return node_store_record_read(w->nodes[who].store, rid, &c->shown) == ERR_OK;
    }
    struct db_stmt *q =
        db_stmt(hub_store_db(w->hub.store), "SELECT state FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    buf_clear(&c->shown.state);
    if (e == ERR_OK) buf_add_bytes(&c->shown.state, db_column_bytes(q, 0));
    db_done(q);
    fold_clear(&c->fold);
    *out = &c->fold;
    return e == ERR_OK && fold_load(&c->fold, buf_bytes(&c->shown.state)) == ERR_OK;
}

bool check_bases(struct world *w, int who, const struct id_record *rid, unsigned field,
                 struct bytes element, struct buf *bases, uint8_t digest[16])
{
    const struct fold *f = NULL;
    if (!fold_at(w, who, rid, &f)) return false;
    fold_bases(f, fold_find(f, field, element), bases);
    fold_digest(f, digest);
    return bases->e == ERR_OK;
}

static int head_order(const void *a, const void *b)
{
    const struct naive_head *x = a, *y = b;
    if (x->write->field != y->write->field) return x->write->field < y->write->field ? -1 : 1;
    int c = bytes_compare(x->write->element, y->write->element);
    return c != 0 ? c : bytes_compare(x->write->value, y->write->value);
}

void check_picture(struct world *w, const struct id_record *rid, struct buf *out)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    size_t n = naive_heads(w->check, rid, heads, NAIVE_HEADS_MAX);
    const struct naive_record *r = naive_record_find(w->check, rid);
    if (r == NULL) return;
    qsort(heads, n, sizeof heads[0], head_order);
    if (naive_deleted(heads, n)) buf_printf(out, " deleted");
    for (size_t i = 0; i < n; i++) {
        const struct change_write *x = heads[i].write;
        struct buf text;
        if (x->field == 0) continue;
        buf_init(&text, 8192);
        enum err e = record_value_to_text(NULL, x->value, &text);
        buf_printf(out, " %u", x->field);
        if (x->element.p != NULL) buf_printf(out, "/%.*s", (int)x->element.len, x->element.p);
        buf_printf(out, "=%s", e == ERR_OK ? buf_cstr(&text) : "?");
        buf_free(&text);
    }
    buf_printf(out, " (%zu in conflict)", naive_conflicts(w, r, heads, n));
}

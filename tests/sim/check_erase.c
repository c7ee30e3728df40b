/*
 * Promise 5: what an order erased is gone and does not come back, and chains verify after it. The model keeps the
 * payloads that it saw for itself and knows which records are dead; the stores may have none of theirs any more.
 *
 * Where a world has marks (struct world), every text that is typed on a record ends with the record's mark, and whole
 * disks are searched for marks of dead records: pages, WAL, free pages, indices, everything.
 */
#include "tests/sim/check_priv.h"

#include "hub/store_erase.h"
#include "node/store_erase.h"
#include "node/store_priv.h"
#include "proto/erase.h"
#include "proto/order.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool naive_dead(const struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->dead_count; i++)
        if (ID_EQUAL(&c->dead[i], rid)) return true;
    return false;
}

bool naive_ever_dead(const struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->ever_count; i++)
        if (ID_EQUAL(&c->ever[i], rid)) return true;
    return false;
}

static void rid_add(struct id_record **v, size_t *count, const struct id_record *rid)
{
    *v = realloc(*v, (*count + 1) * sizeof **v);
    assert(*v != NULL);
    (*v)[(*count)++] = *rid;
}

/* ---- an order in the hub's log ---- */

static void op_kill(struct check *c, size_t row, unsigned index)
{
    c->rows[row].verdicts[index] = 8;
    c->rows[row].touched = true;
    c->rows[row].erased = true;
}

/* The record of an offer of that name: of the one that applied, if one did. */
static bool offers(struct check *c, const struct id_record *transfer, const struct id_record *rid)
{
    const struct naive_transfer *t = naive_transfer_find(c, transfer);
    if (t != NULL) return ID_EQUAL(&t->rid, rid);
    for (size_t i = 0; i < c->move_count; i++) {
        const struct naive_move *m = &c->moves[i];
        if (m->kind == CHANGE_OFFER && ID_EQUAL(&m->transfer, transfer) && ID_EQUAL(&m->wait, rid))
            return true;
    }
    return false;
}

static bool speaks_of(struct check *c, const struct naive_move *m, const struct id_record *rid)
{
    if (m->kind == CHANGE_ASSIGN) return false; /* it names many, and stays */
    return m->kind == CHANGE_ANSWER ? offers(c, &m->wait, rid) : ID_EQUAL(&m->wait, rid);
}

static void record_kill(struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->op_count; i++) {
        struct naive_op *o = &c->ops[i];
        if (!ID_EQUAL(&o->op.rid, rid)) continue;
        o->verdict = 8;
        o->crossed = false;
        op_kill(c, o->row, o->index);
    }
    for (size_t i = 0; i < c->move_count; i++) {
        struct naive_move *m = &c->moves[i];
        if (!speaks_of(c, m, rid)) continue;
        m->verdict = 8;
        op_kill(c, m->row, m->index);
    }
    for (size_t i = 0; i < c->transfer_count; i++)
        if (ID_EQUAL(&c->transfers[i].rid, rid)) c->transfers[i].state = MOVE_VOID;
    for (size_t i = 0; i < c->share_count; i++) {
        if (!ID_EQUAL(&c->shares[i].rid, rid)) continue;
        c->shares[i--] = c->shares[--c->share_count];
    }
    for (size_t i = 0; i < c->record_count; i++) {
        if (!ID_EQUAL(&c->records[i].rid, rid)) continue;
        memmove(&c->records[i], &c->records[i + 1],
                (c->record_count - i - 1) * sizeof c->records[0]);
        c->record_count--;
        break;
    }
}

/* ---- of ops that are named alone ---- */

static const struct naive_named *named_find(const struct naive_named *v, size_t count,
                                            const struct naive_named *n)
{
    for (size_t i = 0; i < count; i++)
        if (v[i].seq == n->seq && v[i].op == n->op && ID_EQUAL(&v[i].inc, &n->inc) &&
            ID_EQUAL(&v[i].rid, &n->rid) && v[i].field == n->field)
            return &v[i];
    return NULL;
}

/* Two sets may have one place of a log that forked: it is the record and the fields, too. */
const struct naive_named *naive_named(const struct check *c, const struct change_head *head,
                                      unsigned op, const struct change_op *what, bool ever)
{
    struct naive_named n = {.inc = head->inc, .seq = head->seq, .op = op, .rid = what->rid};
    n.field = what->count > 0 ? what->writes[0].field : 0;
    return ever ? named_find(c->ever_named, c->ever_named_count, &n)
                : named_find(c->named, c->named_count, &n);
}

static const struct naive_named *op_named(const struct check *c, const struct naive_op *o)
{
    struct change_head h = {.inc = id_version_inc(&o->version), .seq = id_version_seq(&o->version)};
    return naive_named(c, &h, o->index, &o->op, false);
}

static void named_add(struct naive_named **v, size_t *count, const struct naive_named *n)
{
    *v = realloc(*v, (*count + 1) * sizeof **v);
    assert(*v != NULL);
    (*v)[(*count)++] = *n;
}

void naive_text_mark(uint64_t n, char out[static NAIVE_MARK_BYTES + 1])
{
    uint64_t x = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    (void)snprintf(out, NAIVE_MARK_BYTES + 1, "~!%016llx", (unsigned long long)(x ^ (x >> 29)));
}

static bool marked_text(struct bytes value, char out[static NAIVE_MARK_BYTES + 1])
{
    for (size_t i = 0; i + NAIVE_MARK_BYTES <= value.len; i++) {
        if (memcmp(value.p + i, "~!", 2) != 0) continue;
        memcpy(out, value.p + i, NAIVE_MARK_BYTES);
        out[NAIVE_MARK_BYTES] = '\0';
        return true;
    }
    return false;
}

/* Its values are nil from now on; what was held applies no more. */
static void op_gone(struct check *c, struct naive_op *o)
{
    static const uint8_t nil[] = {0xc0};
    if (naive_held(o->verdict)) o->verdict = 8;
    for (size_t i = 0; i < o->op.count; i++)
        if (o->op.writes[i].field != 0) o->op.writes[i].value = BYTES_OF(nil);
    o->gone = true;
    op_kill(c, o->row, o->index);
}

static void named_kill(struct check *c, const struct erase_op *e, uint64_t at)
{
    struct naive_named n = {
        .inc = e->inc, .seq = e->seq, .op = e->op, .rid = e->rid, .field = e->fields[0]};
    const struct naive_named *was = named_find(c->ever_named, c->ever_named_count, &n);
    struct naive_record *r = naive_record_find(c, &e->rid);
    if (was != NULL) n = *was;
    for (size_t i = 0; i < c->op_count; i++) {
        struct naive_op *o = &c->ops[i];
        struct id_inc inc = id_version_inc(&o->version);
        if (o->index != e->op || id_version_seq(&o->version) != e->seq ||
            !ID_EQUAL(&inc, &e->inc) || !ID_EQUAL(&o->op.rid, &e->rid) ||
            o->op.writes[0].field != e->fields[0])
            continue;
        if (!n.marked) n.marked = marked_text(o->op.writes[0].value, n.mark);
        if (!o->gone) op_gone(c, o);
    }
    if (named_find(c->named, c->named_count, &n) == NULL) named_add(&c->named, &c->named_count, &n);
    if (was == NULL) named_add(&c->ever_named, &c->ever_named_count, &n);
    if (r != NULL) {
        r->position = at;
        r->touched = true;
    }
    c->killed = true;
}

void naive_order_take(struct world *w, struct bytes payload, uint64_t at)
{
    struct check *c = w->check;
    struct order_op op;
    struct order order;
    struct erase_list l = {.records = NULL};
    if (order_op_decode(payload, &op) != ERR_OK || order_decode(op.order, &order) != ERR_OK ||
        !bytes_equal(order.kind, bytes_str("erase")))
        return;
    enum err e = erase_decode(order.content, &l);
    assert(e == ERR_OK);
    (void)e;
    for (size_t i = 0; i < l.record_count; i++) {
        if (naive_dead(c, &l.records[i])) continue;
        rid_add(&c->dead, &c->dead_count, &l.records[i]);
        if (!naive_ever_dead(c, &l.records[i])) rid_add(&c->ever, &c->ever_count, &l.records[i]);
        record_kill(c, &l.records[i]);
        c->killed = true;
    }
    for (size_t i = 0; i < l.record_count;
         i++) /* an assignment waits no longer for what will never come */
        naive_moves_wake(w, &l.records[i], at);
    for (size_t i = 0; i < l.op_count; i++)
        named_kill(c, &l.ops[i], at);
    erase_free(&l);
}

static bool stub_rid(struct check *c, struct bytes stub, struct id_record *rid)
{
    struct change_op op;
    bool whole = false;
    if (stub.p == NULL || erase_stub_decode(stub, c->writes, &op, &whole) != ERR_OK) return false;
    *rid = op.rid;
    return true;
}

/* What is left of an offer has its name: the answers that waited for it are of a dead record. */
static void offer_killed(struct check *c, size_t row, unsigned index, const struct id_record *rid,
                         const struct id_record *transfer)
{
    for (size_t i = 0; i < c->move_count; i++) {
        struct naive_move *m = &c->moves[i];
        if (m->kind != CHANGE_ANSWER || m->verdict != 4 || !ID_EQUAL(&m->wait, transfer)) continue;
        m->verdict = 8;
        op_kill(c, m->row, m->index);
    }
    c->moves = realloc(c->moves, (c->move_count + 1) * sizeof *c->moves);
    assert(c->moves != NULL);
    c->moves[c->move_count++] = (struct naive_move){.row = row,
                                                    .index = index,
                                                    .kind = CHANGE_OFFER,
                                                    .wait = *rid,
                                                    .transfer = *transfer,
                                                    .verdict = 8};
}

void naive_stub_take(struct world *w, size_t row, unsigned index)
{
    struct check *c = w->check;
    struct id_record rid, transfer;
    struct change_op op;
    bool whole = true;
    if (!stub_rid(c, c->view->stub[index], &rid)) {
        world_fail(w, "op %u at position %zu has no payload and does not say why", index, row + 1);
        return;
    }
    enum err e = erase_stub_decode(c->view->stub[index], c->writes, &op, &whole);
    if (e == ERR_OK && !whole && !naive_dead(c, &rid)) {
        if (naive_named(c, &c->view->head, index, &op, false) == NULL) c->unnamed++;
        naive_op_add(w, row, index, &op, true);
        c->rows[row].erased = true;
        return;
    }
    /* The order may be of the same commit, behind it. */
    if (!naive_dead(c, &rid)) {
        rid_add(&c->early, &c->early_count, &rid);
        c->rows[row].early = true;
    }
    c->rows[row].on_record[index] = true;
    op_kill(c, row, index);
    if (erase_stub_transfer(c->view->stub[index], &transfer))
        offer_killed(c, row, index, &rid, &transfer);
}

/* ---- what is left ---- */

/* Bodies are of a good set; ops that may have none of their payload have none, the others have it. */
bool check_body_erased(struct world *w, const struct naive_row *r, struct bytes body)
{
    struct change_view *view = malloc(sizeof *view);
    assert(view != NULL);
    bool good =
        change_open(buf_bytes(&r->head), body, view) == ERR_OK && change_verify(view) == ERR_OK;
    for (unsigned i = 0; good && i < view->head.ops; i++)
        good = (view->payload[i].p == NULL) == (r->verdicts[i] == 8);
    free(view);
    (void)w;
    return good;
}

/* Is this op of c->view what is left of one that was named alone? */
static bool stub_named(const struct check *c, unsigned op)
{
    struct change_op was;
    bool whole = true;
    return erase_stub_decode(c->view->stub[op], c->writes, &was, &whole) == ERR_OK && !whole &&
           naive_named(c, &c->view->head, op, &was, true) != NULL;
}

/* A set in a node's own log: as it was saved, or without payloads that an order took. */
bool check_own_erased(struct world *w, struct bytes head, struct bytes body)
{
    struct check *c = w->check;
    bool good = change_open(head, body, c->view) == ERR_OK && change_verify(c->view) == ERR_OK;
    for (unsigned i = 0; good && i < c->view->head.ops; i++) {
        struct id_record rid;
        if (c->view->payload[i].p != NULL) continue;
        good =
            stub_rid(c, c->view->stub[i], &rid) && (naive_ever_dead(c, &rid) || stub_named(c, i));
    }
    return good;
}

void naive_mark(const struct id_record *rid, char out[static NAIVE_MARK_BYTES + 1])
{
    out[0] = '~';
    out[1] = '#';
    sodium_bin2hex(out + 2, NAIVE_MARK_BYTES - 1, rid->b, (NAIVE_MARK_BYTES - 2) / 2);
}

/* A hub that went back behind an offer may have an answer to it, and cannot know of what (SPEC 12.5). */
static bool offer_unheard(const struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->answered_count; i++) {
        bool heard = !ID_EQUAL(&c->answered[i].rid, rid);
        for (size_t k = 0; !heard && k < c->move_count; k++)
            heard = c->moves[k].kind == CHANGE_OFFER &&
                    ID_EQUAL(&c->moves[k].transfer, &c->answered[i].transfer);
        if (!heard) return true;
    }
    return false;
}

/* May anybody there still speak of it? */
static bool is_there(struct world *w, int who, const struct id_record *rid)
{
    if (who == WORLD_HUB) return !naive_dead(w->check, rid);
    return world_host_of(w, who)->up && !erase_has_record(&w->nodes[who].store->erased, rid);
}

void check_offered(struct world *w, int who, const struct id_record *rid,
                   char note[static NAIVE_MARK_BYTES + 1])
{
    if (is_there(w, who, rid)) naive_mark(rid, note);
}

void check_answered(struct world *w, int who, const struct id_record *transfer,
                    char note[static NAIVE_MARK_BYTES + 1])
{
    struct check *c = w->check;
    struct naive_answered a = {.transfer = *transfer};
    if (who == WORLD_HUB || !w->nodes[who].host.up) return;
    struct db_stmt *q =
        db_stmt(w->nodes[who].store->db, "SELECT rid FROM sys_transfer WHERE id = ?1");
    db_bind_blob(q, 1, BYTES_OF(transfer->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, a.rid.b, sizeof a.rid.b);
    db_done(q);
    if (e != ERR_OK || !is_there(w, who, &a.rid)) return;
    naive_mark(&a.rid, note);
    c->answered = realloc(c->answered, (c->answered_count + 1) * sizeof *c->answered);
    assert(c->answered != NULL);
    c->answered[c->answered_count++] = a;
}

static bool holds(struct bytes b, const char *mark)
{
    for (size_t i = 0; i + NAIVE_MARK_BYTES <= b.len; i++)
        if (memcmp(b.p + i, mark, NAIVE_MARK_BYTES) == 0) return true;
    return false;
}

/* A repair wrote it once more before the order came: another op, which the order does not name. */
static bool repeated(const struct world *w, const struct naive_named *n)
{
    const struct check *c = w->check;
    for (unsigned i = 0; i < w->node_count; i++) {
        const struct saved_log *log = &c->logs[i];
        for (size_t k = 0; k < log->count; k++) {
            const struct saved_set *x = &log->v[k];
            if (x->seq == n->seq && ID_EQUAL(&x->inc, &n->inc)) continue;
            if (holds(buf_bytes(&x->body), n->mark)) return true;
        }
    }
    for (size_t i = 0; i < c->op_count; i++)
        if (!c->ops[i].gone && c->ops[i].op.count > 0 &&
            holds(c->ops[i].op.writes[0].value, n->mark))
            return true;
    return false;
}

/* Marks of dead records, and of texts that were erased alone, on a whole disk. */
static void marks_seek(struct world *w, const struct memvfs_host *disk, const char *where)
{
    const struct check *c = w->check;
    const char *file = NULL;
    size_t n = 0;
    char *marks = malloc((c->dead_count + c->named_count) * NAIVE_MARK_BYTES + 1);
    assert(marks != NULL);
    for (size_t i = 0; i < c->dead_count; i++) {
        if (disk == w->hub.host.disk && offer_unheard(c, &c->dead[i])) continue;
        naive_mark(&c->dead[i], marks + n++ * NAIVE_MARK_BYTES); /* its end is written over */
    }
    for (size_t i = 0; i < c->named_count; i++) {
        if (!c->named[i].marked || repeated(w, &c->named[i])) continue;
        memcpy(marks + n++ * NAIVE_MARK_BYTES, c->named[i].mark, NAIVE_MARK_BYTES);
    }
    if (n > 0 && memvfs_seek(disk, marks, NAIVE_MARK_BYTES, n, &file))
        world_fail(w, "%s: what was erased stands in %s", where, file);
    free(marks);
}

/* The list is the hub's, and all that it wants is done. */
static bool node_knows(struct world *w, unsigned node)
{
    uint32_t mine = 0, theirs = 0;
    uint8_t my_sum[8], their_sum[8];
    if (!w->hub.host.up || memvfs_dead(w->hub.host.disk)) return false;
    return node_store_erasure_end(w->nodes[node].store, &mine, my_sum) == ERR_OK &&
           hub_store_erasure_end(w->hub.store, &theirs, their_sum) == ERR_OK && mine == theirs &&
           memcmp(my_sum, their_sum, sizeof my_sum) == 0;
}

void check_erased(struct world *w, int who, bool must)
{
    const struct check *c = w->check;
    const struct world_host *h = world_host_of(w, who);
    if (!w->marks || c->dead_count + c->named_count == 0 || w->failed || memvfs_dead(h->disk))
        return;
    if (who == WORLD_HUB ? hub_store_wipe_wanted(w->hub.store)
                         : node_store_wipe_wanted(w->nodes[who].store)) {
        if (must) world_fail(w, "%s still has to be written anew after an erasure", h->name);
        return;
    }
    if (who != WORLD_HUB && !node_knows(w, (unsigned)who)) {
        if (must) world_fail(w, "%s has another list of erasures than the hub", h->name);
        return;
    }
    marks_seek(w, h->disk, h->name);
}

/* Ops that came without their payload, alone: the order may have been of the same commit, behind them. */
static void unnamed_check(struct world *w)
{
    const struct check *c = w->check;
    for (size_t i = 0; i < c->op_count && !w->failed; i++) {
        const struct naive_op *o = &c->ops[i];
        if (o->gone && op_named(c, o) == NULL)
            world_fail(w, "the hub has an op without its values that no order names");
    }
}

/* After the log was read to its end. */
void check_orders(struct world *w)
{
    struct check *c = w->check;
    for (size_t i = 0; i < c->early_count && !w->failed; i++)
        if (!naive_dead(c, &c->early[i]))
            world_fail(w, "the hub has an op without its payload that no order names");
    c->early_count = 0;
    if (c->unnamed > 0 && !w->failed) unnamed_check(w);
    c->unnamed = 0;
    for (size_t i = 0; i < c->dead_count && !w->failed; i++) {
        struct db_stmt *q =
            db_stmt(hub_store_db(w->hub.store), "SELECT 1 FROM sys_record WHERE rid = ?1");
        db_bind_blob(q, 1, BYTES_OF(c->dead[i].b));
        if (db_get(q) != ERR_NOT_FOUND) world_fail(w, "the hub has a record that was erased");
        db_done(q);
    }
}

/* SPEC section 13 a second time, slow and simple: records, transfers and shares as arrays. The small catalogue of the
 * simulator has no follows.csv, so a record moves alone. */
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <stdlib.h>

static bool same_text(const char *a, struct bytes b)
{
    return bytes_equal(bytes_str(a), b);
}

static void copy_text(char out[static ADMIN_UNIT_BYTES_MAX + 1], struct bytes b)
{
    memset(out, 0, ADMIN_UNIT_BYTES_MAX + 1);
    if (b.len > 0) memcpy(out, b.p, b.len);
}

static struct naive_share *share_find(const struct check *c, const struct id_record *rid,
                                      const char *unit)
{
    for (size_t i = 0; i < c->share_count; i++) {
        if (ID_EQUAL(&c->shares[i].rid, rid) && strcmp(c->shares[i].unit, unit) == 0)
            return &c->shares[i];
    }
    return NULL;
}

enum move_access naive_access(const struct check *c, const struct id_record *rid, const char *unit)
{
    const struct naive_share *h = share_find(c, rid, unit);
    return h != NULL ? h->access : MOVE_NOTHING;
}

bool naive_had(const struct check *c, const struct id_record *rid, const char *unit)
{
    return share_find(c, rid, unit) != NULL;
}

uint64_t naive_entered(const struct check *c, const struct naive_record *r, const char *unit)
{
    const struct naive_share *h = share_find(c, &r->rid, unit);
    if (r->own) return r->born;
    if (strcmp(r->unit, unit) == 0) return r->moved > r->born ? r->moved : r->born;
    return h != NULL ? h->since : UINT64_MAX;
}

static void share_set(struct check *c, const struct id_record *rid, const char *unit,
                      enum move_access access, uint64_t at)
{
    struct naive_share *h = share_find(c, rid, unit);
    if (h == NULL) {
        c->shares = realloc(c->shares, (c->share_count + 1) * sizeof *c->shares);
        assert(c->shares != NULL);
        h = &c->shares[c->share_count++];
        *h = (struct naive_share){.rid = *rid};
        memcpy(h->unit, unit, ADMIN_UNIT_BYTES_MAX + 1);
    }
    if ((h->access == MOVE_NOTHING) != (access == MOVE_NOTHING)) h->since = at;
    h->access = access;
}

struct naive_transfer *naive_transfer_find(struct check *c, const struct id_record *id)
{
    for (size_t i = 0; i < c->transfer_count; i++) {
        if (ID_EQUAL(&c->transfers[i].id, id)) return &c->transfers[i];
    }
    return NULL;
}

static uint8_t offer(struct world *w, struct naive_move *m, const struct move_offer *o)
{
    struct check *c = w->check;
    const struct naive_record *r = naive_record_find(c, &o->record);
    m->wait = o->record;
    m->transfer = o->transfer;
    if (r == NULL) return 4;
    if (r->own || (!m->own && strcmp(r->unit, m->unit) != 0)) return 3;
    if (same_text(r->unit, o->to)) return 6;
    if (naive_transfer_find(c, &o->transfer) != NULL) return 1;
    for (size_t i = 0; i < c->transfer_count; i++) {
        if (ID_EQUAL(&c->transfers[i].rid, &o->record) && c->transfers[i].state == MOVE_OFFERED)
            return 1;
    }
    c->transfers = realloc(c->transfers, (c->transfer_count + 1) * sizeof *c->transfers);
    assert(c->transfers != NULL);
    struct naive_transfer *t = &c->transfers[c->transfer_count++];
    *t = (struct naive_transfer){.id = o->transfer, .rid = o->record, .state = MOVE_OFFERED};
    memcpy(t->from, r->unit, sizeof t->from);
    copy_text(t->to, o->to);
    return 0;
}

static void move_to(struct world *w, const struct id_record *rid, const char *to, uint64_t at,
                    struct date day)
{
    struct check *c = w->check;
    struct naive_record *r = naive_record_find(c, rid);
    share_set(c, rid, r->unit, MOVE_NOTHING, at);
    share_set(c, rid, to, MOVE_NOTHING, at);
    c->stays = realloc(c->stays, (c->stay_count + 1) * sizeof *c->stays);
    assert(c->stays != NULL);
    struct naive_stay *y = &c->stays[c->stay_count++];
    *y = (struct naive_stay){.rid = *rid, .day = day};
    memcpy(y->from, r->unit, sizeof y->from);
    memcpy(y->to, to, strlen(to) + 1);
    memcpy(r->unit, to, sizeof r->unit);
    r->position = r->moved = at;
    r->touched = true;
    for (size_t i = 0; i < c->transfer_count; i++) {
        if (ID_EQUAL(&c->transfers[i].rid, rid) && c->transfers[i].state == MOVE_OFFERED)
            c->transfers[i].state = MOVE_VOID;
    }
}

static uint8_t answer(struct world *w, struct naive_move *m, const struct move_answer *a,
                      uint64_t at)
{
    struct naive_transfer *t = naive_transfer_find(w->check, &a->transfer);
    m->wait = a->transfer;
    if (t == NULL) return 4;
    const char *who = a->reply == MOVE_WITHDRAW ? t->from : t->to;
    if (!m->own && strcmp(who, m->unit) != 0) return 3;
    if (t->state != MOVE_OFFERED) return 1;
    struct date day;
    enum err e = date_of_ms(w->check->rows[at - 1].received_ms, &day);
    assert(e == ERR_OK);
    (void)e;
    if (a->reply == MOVE_ACCEPT) move_to(w, &t->rid, t->to, at, day);
    t->state = a->reply == MOVE_ACCEPT   ? MOVE_ACCEPTED
               : a->reply == MOVE_REFUSE ? MOVE_REFUSED
                                         : MOVE_WITHDRAWN;
    return 0;
}

static uint8_t share(struct world *w, struct naive_move *m, const struct move_share *s, uint64_t at)
{
    struct check *c = w->check;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    struct naive_record *r = naive_record_find(c, &s->record);
    m->wait = s->record;
    copy_text(unit, s->unit);
    if (r == NULL) return 4;
    bool ends = s->access == MOVE_NOTHING && strcmp(m->unit, unit) == 0;
    if (r->own || (!m->own && strcmp(r->unit, m->unit) != 0 && !ends)) return 3;
    if (strcmp(r->unit, unit) == 0) return 6;
    enum move_access before = naive_access(c, &s->record, unit);
    if (before == s->access) return 0;
    share_set(c, &s->record, unit, s->access, at);
    if (before == MOVE_NOTHING || s->access == MOVE_NOTHING) {
        r->position = at;
        r->touched = true;
    }
    return 0;
}

static uint8_t settle(struct world *w, struct naive_move *m, const struct move_settle *s,
                      uint64_t at)
{
    struct check *c = w->check;
    const struct naive_record *r = naive_record_find(c, &s->record);
    struct naive_op *op = NULL;
    m->wait = s->record;
    for (size_t i = 0; i < c->op_count; i++) {
        struct naive_op *o = &c->ops[i];
        if (o->crossed && o->index == s->op && ID_EQUAL(&o->version, &s->version) &&
            ID_EQUAL(&o->op.rid, &s->record))
            op = o;
    }
    if (op == NULL || r == NULL) return 4;
    if (!m->own && strcmp(r->unit, m->unit) != 0) return 3;
    if (op->verdict != 3) return 1;
    if (s->apply) {
        op->settled = true;
        naive_op_again(w, op, at);
        return 0;
    }
    op->verdict = 9;
    c->rows[op->row].verdicts[op->index] = 9;
    c->rows[op->row].touched = true;
    return 0;
}

static bool early(const struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->early_count; i++)
        if (ID_EQUAL(&c->early[i], rid)) return true;
    return false;
}

/* All or nothing; what was erased holds up nothing. */
static uint8_t assign(struct world *w, struct naive_move *m, const struct move_assign *a,
                      uint64_t at)
{
    static const char *const units[] = {"75", "26176", "26179", "26182"};
    struct check *c = w->check;
    char to[ADMIN_UNIT_BYTES_MAX + 1];
    struct id_record rid;
    struct date day;
    bool known = false;
    copy_text(to, a->to);
    if (!m->own) return 3;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        known = known || strcmp(units[i], to) == 0;
    if (!known || date_parse(a->date, &day) != ERR_OK) return 6;
    for (size_t i = 0; i < a->records.len / sizeof rid.b; i++) {
        memcpy(rid.b, a->records.p + i * sizeof rid.b, sizeof rid.b);
        if (naive_record_find(c, &rid) != NULL) continue;
        m->late = true;
        if (naive_ever_dead(c, &rid) || early(c, &rid)) continue;
        m->wait = rid;
        return 4;
    }
    for (size_t i = 0; i < a->records.len / sizeof rid.b; i++) {
        memcpy(rid.b, a->records.p + i * sizeof rid.b, sizeof rid.b);
        const struct naive_record *r = naive_record_find(c, &rid);
        if (r != NULL && !r->own && strcmp(r->unit, to) != 0) move_to(w, &rid, to, at, day);
    }
    return 0;
}

static void move_take(struct world *w, size_t which, uint64_t at)
{
    struct check *c = w->check;
    struct naive_move m = c->moves[which];
    struct naive_row *r = &c->rows[m.row];
    struct change_view *view = malloc(sizeof *view);
    assert(view != NULL);
    enum err e = change_open(buf_bytes(&r->head), buf_bytes(&r->body), view);
    assert(e == ERR_OK);
    struct bytes payload = view->payload[m.index];
    union {
        struct move_offer offer;
        struct move_answer answer;
        struct move_share share;
        struct move_settle settle;
        struct move_assign assign;
    } x;
    m.verdict = 6;
    if (m.kind == CHANGE_OFFER && move_offer_decode(payload, &x.offer) == ERR_OK)
        m.verdict = offer(w, &m, &x.offer);
    if (m.kind == CHANGE_ANSWER && move_answer_decode(payload, &x.answer) == ERR_OK)
        m.verdict = answer(w, &m, &x.answer, at);
    if (m.kind == CHANGE_SHARE && move_share_decode(payload, &x.share) == ERR_OK)
        m.verdict = share(w, &m, &x.share, at);
    if (m.kind == CHANGE_SETTLE && move_settle_decode(payload, &x.settle) == ERR_OK)
        m.verdict = settle(w, &m, &x.settle, at);
    if (m.kind == CHANGE_ASSIGN && move_assign_decode(payload, &x.assign) == ERR_OK)
        m.verdict = assign(w, &m, &x.assign, at);
    c->moves[which] = m;
    c->rows[m.row].verdicts[m.index] = m.verdict;
    c->rows[m.row].touched = true;
    struct id_record made = {{0}};
    bool wakes = m.kind == CHANGE_OFFER && m.verdict == 0;
    if (wakes) made = x.offer.transfer;
    free(view);
    if (wakes) naive_moves_wake(w, &made, at);
}

void naive_move_again(struct world *w, size_t which, uint64_t at)
{
    move_take(w, which, at);
}

bool naive_answer_blind(const struct check *c, size_t row, unsigned op)
{
    const struct naive_move *a = NULL;
    for (size_t i = 0; i < c->move_count && a == NULL; i++)
        if (c->moves[i].row == row && c->moves[i].index == op) a = &c->moves[i];
    if (a == NULL || a->kind != CHANGE_ANSWER || a->verdict != 4) return false;
    for (size_t i = 0; i < c->move_count; i++)
        if (c->moves[i].kind == CHANGE_OFFER && ID_EQUAL(&c->moves[i].transfer, &a->wait))
            return false;
    return true;
}

void naive_moves_wake(struct world *w, const struct id_record *id, uint64_t at)
{
    for (size_t i = 0; i < w->check->move_count; i++) {
        const struct naive_move *m = &w->check->moves[i];
        if (m->verdict == 4 && ID_EQUAL(&m->wait, id)) move_take(w, i, at);
    }
}

void naive_move_take(struct world *w, size_t row, unsigned index)
{
    struct check *c = w->check;
    c->moves = realloc(c->moves, (c->move_count + 1) * sizeof *c->moves);
    assert(c->moves != NULL);
    struct naive_move *m = &c->moves[c->move_count];
    *m = (struct naive_move){.row = row,
                             .index = index,
                             .kind = change_payload_kind(c->view->payload[index]),
                             .own = c->rows[row].own};
    naive_author(w, &c->rows[row], m->unit);
    move_take(w, c->move_count++, row + 1);
}

bool check_crossed(struct world *w, const struct id_record *rid, struct id_version *version,
                   unsigned *op)
{
    const struct check *c = w->check;
    for (size_t i = 0; i < c->op_count; i++) {
        if (!c->ops[i].crossed || c->ops[i].verdict != 3 || !ID_EQUAL(&c->ops[i].op.rid, rid))
            continue;
        *version = c->ops[i].version;
        *op = c->ops[i].index;
        return true;
    }
    return false;
}

/*
 * What the one repair (SPEC 7.13) may add to a node's log: a genesis, sets that the hub has, and each set of its
 * branches once more, once: the same ops by the same person, but for those that are erased. Bases have new names, and a
 * clock may be later. And no two logs ever begin under one incarnation, whoever is whose copy.
 */
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <stdlib.h>

bool check_op_equal(const struct change_op *a, const struct change_op *b)
{
    if (!ID_EQUAL(&a->rid, &b->rid) || a->kind != b->kind || a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct change_write *x = &a->writes[i], *y = &b->writes[i];
        if (x->field != y->field || !bytes_equal(x->element, y->element)) return false;
        /* A delete may have got the digest of the same heads under their new names. */
        if (x->field != 0 && !bytes_equal(x->value, y->value)) return false;
    }
    return true;
}

static bool payload_equal(struct check *c, struct bytes a, struct bytes b)
{
    static struct change_write more[CHANGE_WRITES_MAX];
    struct change_op x, y;
    if (bytes_equal(a, b)) return true; /* also what is no op on a record */
    if (change_op_decode(a, c->writes, &x) != ERR_OK || change_op_decode(b, more, &y) != ERR_OK)
        return false;
    return check_op_equal(&x, &y);
}

/* Is `set`, opened in c->view, what `old` says? *whole: nothing of it is left out. */
static bool made_of(struct check *c, const struct saved_set *old, bool *whole)
{
    static struct change_view was;
    const struct change_view *is = c->view;
    unsigned at = 0, left = 0;
    if (change_open(buf_bytes(&old->head), buf_bytes(&old->body), &was) != ERR_OK) return false;
    if (!ID_EQUAL(&was.head.person, &is->head.person)) return false;
    for (unsigned i = 0; i < was.head.ops; i++) {
        bool its = at < is->head.ops && is->payload[at].p != NULL && was.payload[i].p != NULL &&
                   payload_equal(c, is->payload[at], was.payload[i]);
        if (its) at++;
        left += !its;
    }
    *whole = left == 0;
    return at == is->head.ops;
}

static bool hub_has(const struct check *c, const struct id_hash *hash)
{
    for (size_t i = c->row_count; i > 0; i--)
        if (ID_EQUAL(&c->rows[i - 1].hash, hash)) return true;
    return false;
}

/* The set of a branch that this one says once more, and that no other does; those of which nothing is erased first. */
static bool taken(struct check *c, const struct saved_log *log, const struct saved_set *x,
                  bool *used)
{
    if (change_open(buf_bytes(&x->head), buf_bytes(&x->body), c->view) != ERR_OK) return false;
    for (int erased = 0; erased < 2; erased++) {
        for (size_t i = 0; i < log->count; i++) {
            bool whole = false;
            if (!log->v[i].branch || used[i] || log->v[i].seq == 0 ||
                ID_EQUAL(&log->v[i].inc, &x->inc))
                continue;
            if (!made_of(c, &log->v[i], &whole) || (!whole && erased == 0)) continue;
            used[i] = true;
            return true;
        }
    }
    return false;
}

static void begins_once(struct world *w, const struct saved_set *x, const struct id_inc *inc,
                        uint64_t seq, const struct id_hash *hash, const char *where)
{
    if (seq == 0 && ID_EQUAL(inc, &x->inc) && !ID_EQUAL(hash, &x->hash))
        world_fail(w, "a log begins under a name that another log has %s", where);
}

void check_begun(struct world *w, const struct saved_set *x)
{
    const struct check *c = w->check;
    if (x->seq != 0) return;
    for (unsigned i = 0; i < w->node_count; i++) {
        const struct saved_log *log = &c->logs[i];
        for (size_t k = 0; k < log->count; k++)
            begins_once(w, x, &log->v[k].inc, log->v[k].seq, &log->v[k].hash, "at a node");
    }
    for (size_t i = 0; i < c->row_count; i++)
        begins_once(w, x, &c->rows[i].inc, c->rows[i].seq, &c->rows[i].hash, "at the hub");
    for (size_t i = 0; i < c->lost_count; i++)
        begins_once(w, x, &c->lost[i].inc, c->lost[i].seq, &c->lost[i].hash, "at the hub once");
}

void check_mend(struct world *w, unsigned node, size_t from)
{
    struct saved_log *log = &w->check->logs[node];
    /* What came back from a hub that has gone back since can no longer be told. */
    if (w->failed || from == log->count || log->behind || check_outside(w, node)) return;
    bool *used = calloc(log->count, sizeof *used);
    assert(used != NULL);
    for (size_t i = from; i < log->count && !w->failed; i++) {
        const struct saved_set *x = &log->v[i];
        if (x->seq == 0 || x->typed || hub_has(w->check, &x->hash)) continue;
        if (!taken(w->check, log, x, used))
            world_fail(w, "node %u: a repair made set %u, which no branch of its log has", node,
                       (unsigned)x->seq);
    }
    free(used);
}

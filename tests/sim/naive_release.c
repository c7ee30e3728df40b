/* SPEC 18.4 a second time: of a revoked node, or under a key that a node changed, the log has what a person let in, as
 * a whole and behind that decision, and nothing else. */
#include "tests/sim/check_priv.h"

#include "proto/admin_key.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

void naive_release_take(struct world *w, size_t row, struct bytes payload)
{
    struct check *c = w->check;
    struct admin_quarantine d;
    if (admin_quarantine_decode(payload, &d) != ERR_OK || !d.release) return;
    c->rows[row].orders = true; /* what it lets in comes behind it */
    c->releases = realloc(c->releases, (c->release_count + 1) * sizeof *c->releases);
    assert(c->releases != NULL);
    c->releases[c->release_count++] = (struct naive_release){
        .node = d.node, .inc = d.inc, .first = d.first, .next = d.next, .hash = d.hash, .row = row};
}

/* The sets that it names, from this row on, one behind the other and up to that hash: how many? */
static size_t parcel_at(const struct check *c, size_t row, const struct naive_release *x)
{
    size_t n = (size_t)(x->next - x->first);
    if (x->row >= row || n == 0 || n > c->row_count - row) return 0;
    for (size_t i = 0; i < n; i++) {
        const struct naive_row *r = &c->rows[row + i];
        if (!ID_EQUAL(&r->inc, &x->inc) || !ID_EQUAL(&r->node, &x->node) || r->seq != x->first + i)
            return 0;
    }
    return ID_EQUAL(&c->rows[row + n - 1].hash, &x->hash) ? n : 0;
}

static uint64_t log_next(const struct check *c, const struct id_inc *inc, struct id_hash *head)
{
    for (size_t i = c->row_count; i > 0; i--) {
        if (!ID_EQUAL(&c->rows[i - 1].inc, inc) || c->rows[i - 1].given) continue;
        *head = c->rows[i - 1].hash;
        return c->rows[i - 1].seq + 1;
    }
    return 0;
}

/* A parcel stands apart, was let in, and its log goes on with it. */
static bool stands_apart(struct world *w, const struct naive_release *x)
{
    struct db_stmt *q = db_stmt(hub_store_db(w->hub.store),
                                "SELECT t.head FROM sys_quarantine p JOIN sys_quarantine_set t ON "
                                "t.no = p.no AND t.seq = p.first WHERE p.inc = ?1 AND p.first = ?2 "
                                "AND p.next = ?3 AND p.hash = ?4 AND p.node = ?5");
    struct id_hash head = {{0}};
    struct change_head h;
    db_bind_blob(q, 1, BYTES_OF(x->inc.b));
    db_bind_int(q, 2, (int64_t)x->first);
    db_bind_int(q, 3, (int64_t)x->next);
    db_bind_blob(q, 4, BYTES_OF(x->hash.b));
    db_bind_blob(q, 5, BYTES_OF(x->node.b));
    bool apart = db_get(q) == ERR_OK && log_next(w->check, &x->inc, &head) == x->first &&
                 change_head_read(db_column_bytes(q, 0), &h) == ERR_OK && ID_EQUAL(&h.prev, &head);
    db_done(q);
    return apart;
}

void check_releases(struct world *w)
{
    struct check *c = w->check;
    for (size_t i = 0, n = 0; i < c->row_count && !w->failed; i += n > 0 ? n : 1) {
        n = 0;
        for (size_t k = 0; k < c->release_count && c->rows[i].outside && n == 0; k++)
            n = parcel_at(c, i, &c->releases[k]);
        if (c->rows[i].outside && n == 0)
            world_fail(w,
                       "position %zu is of a node that was revoked, or of a log whose key was "
                       "changed, before it, and nobody let it in",
                       i + 1);
        c->rows[i].parcel = n;
    }
    for (size_t k = 0; k < c->release_count && !w->failed; k++)
        if (stands_apart(w, &c->releases[k]))
            world_fail(w, "what position %zu let in still stands apart", c->releases[k].row + 1);
}

/* Has it the set that was let in, behind what the hub has of its log? */
static bool still_has(const struct check *c, unsigned node, const struct naive_release *x)
{
    const struct saved_log *log = &c->logs[node];
    struct id_hash head = {{0}};
    struct change_head h;
    if (x->next != x->first + 1 || log_next(c, &x->inc, &head) != x->first) return false;
    for (size_t i = 0; i < log->count; i++) {
        const struct saved_set *s = &log->v[i];
        if (!s->branch && ID_EQUAL(&s->hash, &x->hash))
            return change_head_read(buf_bytes(&s->head), &h) == ERR_OK && ID_EQUAL(&h.prev, &head);
    }
    return false;
}

/* In the log, or apart: what stands apart with other bounds than were decided about waits for another decision. */
static bool at_hub(const struct world *w, const struct id_hash *hash)
{
    struct db_stmt *q = db_stmt(hub_store_db(w->hub.store),
                                "SELECT 1 FROM sys_log WHERE hash = ?1 UNION ALL SELECT 1 FROM "
                                "sys_quarantine_set WHERE hash = ?1 LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(hash->b));
    bool there = db_get(q) == ERR_OK;
    db_done(q);
    return there;
}

/* Is all that it saved at the hub, in the log or apart? */
static bool handed_in(const struct world *w, unsigned node)
{
    const struct saved_log *log = &w->check->logs[node];
    struct node_identity id;
    bool there = node_store_identity(w->nodes[node].store, &id) == ERR_OK;
    if (there && !id.joined)
        return true; /* revoked before it heard that it had joined: it has nobody to hand in to */
    for (size_t i = 0; i < log->count && there; i++)
        there = log->v[i].branch || at_hub(w, &log->v[i].hash);
    return there;
}

bool check_let_in(const struct world *w, unsigned node)
{
    const struct check *c = w->check;
    const struct world_stats *s = &w->stats;
    struct id_hash id;
    crypto_generichash(id.b, sizeof id.b, w->nodes[node].keys->sign.public, 32, NULL, 0);
    /* Copies of one PC have several logs of the same name. */
    if (w->nodes[node].hostile || s->clones > 0 || !naive_revoked(c, &id)) return true;
    /* A log that is another than the hub's, after a restore, stays at its PC; so does what is under keys of before. */
    if (s->node_restores + s->rekeys == 0 && !handed_in(w, node)) return false;
    for (size_t k = 0; k < c->release_count; k++)
        if (ID_EQUAL(&c->releases[k].node, &id) && still_has(c, node, &c->releases[k]) &&
            !at_hub(w, &c->releases[k].hash))
            return false;
    return true;
}

/* Taking change sets: positions, P, verdicts. SPEC 3.5, 4.9, 6.6. */
#include "hub/store_alarm.h"
#include "common/zoo.h"
#include "hub/store_erase.h"
#include "hub/store_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct hub_job { /* one set on its way into the log */
    struct hub_log *log;
    struct hub_writer writer;
    int64_t received_ms;
    struct bytes head;
    struct bytes body;
    const struct id_hash *hash;
    const uint8_t *signature; /* NULL: the frame's last set has it */
    uint8_t verdicts[CHANGE_OPS_MAX];
    int64_t scopes[CHANGE_OPS_MAX]; /* of the records that an own set changed; one an op at most */
    size_t scope_count;
    struct id_record crossed[CHANGE_OPS_MAX]; /* records whose held ops may be decided already */
    size_t crossed_count;
    bool given;   /* a node gave it back: it extends nothing, and may not apply any more */
    bool rekeyed; /* the node's keys changed with it */
};

/* ---- ops ---- */

static void hub_scope_note(struct hub_job *job, int64_t scope)
{
    if (!job->writer.own || scope == HUB_SCOPE_NONE) return;
    for (size_t i = 0; i < job->scope_count; i++) {
        if (job->scopes[i] == scope) return;
    }
    job->scopes[job->scope_count++] = scope;
}

static enum err hub_take_record_op(struct hub_store *s, struct hub_job *job, unsigned index)
{
    struct change_op op;
    int64_t scope = HUB_SCOPE_NONE;
    job->writer.op = index;
    if (!hub_op_read(s, s->view, index, &op) || op.type == 0) {
        static const struct id_record nobody;
        job->verdicts[index] = FOLD_HELD_UNREADABLE;
        return hub_held_add(s, &job->writer, &nobody, index, FOLD_HELD_UNREADABLE);
    }
    enum err e = hub_op_take(s, &job->writer, &op, index, &job->verdicts[index], &scope);
    if (e != ERR_OK) return e;
    hub_scope_note(job, scope);
    unsigned verdict = job->verdicts[index] & FOLD_VERDICT_MASK;
    bool wakes = op.kind == CHANGE_CREATE && verdict < FOLD_HELD_SCOPE;
    if (verdict == FOLD_HELD_SCOPE) {
        bool crossed = false;
        e = hub_crossed_note(s, &job->writer, &op.rid, index, &crossed);
        if (crossed) job->crossed[job->crossed_count++] = op.rid;
    }
    if (e != ERR_OK || !wakes) return e;
    return hub_held_retry(s, &op.rid, job->writer.at, s->view, job->verdicts, job->received_ms);
}

static enum err hub_take_move_op(struct hub_store *s, struct hub_job *job, unsigned index)
{
    struct hub_moved moved;
    job->writer.op = index;
    enum err e = hub_move_apply(s, &job->writer, s->view->payload[index], &moved);
    if (e != ERR_OK) return e;
    job->verdicts[index] = moved.verdict;
    hub_scope_note(job, moved.scope);
    if (moved.verdict >= FOLD_HELD_SCOPE)
        return hub_held_add(s, &job->writer, &moved.wait, index, moved.verdict);
    if (!moved.wakes) return ERR_OK;
    return hub_held_retry(s, &moved.wait, job->writer.at, s->view, job->verdicts, job->received_ms);
}

/* An op without its payload: what its writes replaced stays replaced. */
static enum err hub_take_erased(struct hub_store *s, struct hub_job *job, unsigned index)
{
    struct change_op op;
    bool whole = true;
    uint8_t verdict = FOLD_ERASED;
    int64_t scope = HUB_SCOPE_NONE;
    if (!hub_erase_may(s, s->view, index, s->writes)) return ERR_BAD_FORMAT;
    if (hub_op_read(s, s->view, index, &op) && hub_erased_since(s, job->writer.at, index))
        return hub_take_record_op(s, job, index); /* the order comes later, as it did */
    job->verdicts[index] = FOLD_ERASED;
    enum err e = hub_erased_count(s, job->writer.at, index, 0);
    if (e != ERR_OK || s->view->stub[index].p == NULL) return e;
    if (erase_stub_decode(s->view->stub[index], s->writes, &op, &whole) != ERR_OK)
        return ERR_BAD_FORMAT;
    if (whole || erase_has_record(&s->erased, &op.rid)) return ERR_OK;
    struct hub_writer w = job->writer;
    w.erased = true;
    w.op = index;
    e = hub_op_apply(s, &w, &op, &verdict, &scope); /* held or not, it is gone */
    if (e != ERR_OK) return e;
    hub_scope_note(job, scope);
    if (op.kind != CHANGE_CREATE || verdict >= FOLD_HELD_SCOPE) return ERR_OK;
    return hub_held_retry(s, &op.rid, job->writer.at, s->view, job->verdicts, job->received_ms);
}

static enum err hub_take_rekey(struct hub_store *s, struct hub_job *job, unsigned index)
{
    static const struct id_record nobody;
    enum err e = hub_rekey_take(s, &job->writer, job->log, s->view->payload[index], &job->rekeyed);
    job->verdicts[index] = job->rekeyed ? FOLD_APPLIED : FOLD_HELD_UNREADABLE;
    if (e != ERR_OK || job->rekeyed) return e;
    return hub_held_add(s, &job->writer, &nobody, index, FOLD_HELD_UNREADABLE);
}

static enum err hub_take_op(struct hub_store *s, struct hub_job *job, unsigned index)
{
    struct bytes payload = s->view->payload[index];
    if (payload.p == NULL) return hub_take_erased(s, job, index);
    int kind = change_payload_kind(payload);
    if (kind >= 0 && kind <= CHANGE_DELETE) return hub_take_record_op(s, job, index);
    if (move_kind(kind)) return hub_take_move_op(s, job, index);
    if (kind == CHANGE_REKEY && !job->writer.own) return hub_take_rekey(s, job, index);
    bool first = kind == CHANGE_GENESIS && s->view->head.seq == 0 && s->view->head.ops == 1;
    if (first) {
        job->verdicts[index] = FOLD_APPLIED;
        hub_scope_note(job, HUB_SCOPE_ALL);
        if (job->writer.own) return ERR_OK;
        return hub_store_fork_look(s, &s->view->head.node, payload, job->received_ms);
    }
    job->verdicts[index] = FOLD_HELD_UNREADABLE;
    if (ZOO(96) && !job->writer.own) return ERR_BAD_FORMAT;
    if (job->writer.own || (ZOO(97) && kind == CHANGE_REVOKE)) {
        enum err e = job->given ? hub_admin_given(s, payload, kind, job->writer.at,
                                                  job->received_ms, &job->verdicts[index])
                                : hub_admin_take(s, payload, kind, job->writer.at, job->received_ms,
                                                 &job->verdicts[index]);
        int64_t scope = HUB_SCOPE_ALL;
        if (e == ERR_OK && kind >= CHANGE_JUDGE && kind <= CHANGE_REOPEN)
            e = hub_flow_scope(s, payload, &scope);
        if (e != ERR_OK) return e;
        hub_scope_note(job, scope);
    }
    static const struct id_record nobody;
    uint8_t verdict = job->verdicts[index];
    if (verdict >= FOLD_HELD_SCOPE)
        return hub_held_add(s, &job->writer,
                            verdict == FOLD_HELD_UNKNOWN ? &hub_waits_parts : &nobody, index,
                            verdict);
    bool wakes = kind == CHANGE_CATALOGUE || (kind == CHANGE_CATALOGUE_PART && job->given);
    if (!wakes) return ERR_OK;
    return hub_held_retry(s, &hub_waits_parts, job->writer.at, s->view, job->verdicts,
                          job->received_ms);
}

/* ---- the log ---- */

static enum err hub_log_insert(struct hub_store *s, const struct hub_job *job,
                               const struct id_hash *p)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_log(pos, inc, seq, received_ms, verdicts, hash, p, signature, "
               "head, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    db_bind_int(q, 1, (int64_t)job->writer.at);
    db_bind_int(q, 2, job->log->no);
    db_bind_int(q, 3, (int64_t)s->view->head.seq);
    db_bind_int(q, 4, job->received_ms);
    db_bind_blob(q, 5, bytes_make(job->verdicts, s->view->head.ops));
    db_bind_blob(q, 6, BYTES_OF(job->hash->b));
    db_bind_blob(q, 7, BYTES_OF(p->b));
    if (job->signature != NULL)
        db_bind_blob(q, 8, bytes_make(job->signature, CHANGE_SIGNATURE_BYTES));
    db_bind_blob(q, 9, job->head);
    db_bind_blob(q, 10, job->body);
    return db_run(q);
}

/* An own set that goes to everybody goes to each scope. */
static enum err hub_own_insert(struct hub_store *s, const struct hub_job *job)
{
    bool all = false;
    for (size_t i = 0; i < job->scope_count; i++)
        all = all || job->scopes[i] == HUB_SCOPE_ALL;
    for (size_t i = 0; i < job->scope_count; i++) {
        if (all && job->scopes[i] != HUB_SCOPE_ALL) continue;
        struct db_stmt *q =
            db_stmt(s->db, "INSERT OR IGNORE INTO sys_own(scope, pos) VALUES (?1, ?2)");
        db_bind_int(q, 1, job->scopes[i]);
        db_bind_int(q, 2, (int64_t)job->writer.at);
        enum err e = db_run(q);
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

static void hub_position_hash(const struct id_hash *before, const struct id_hash *set,
                              struct id_hash *out)
{
    uint8_t m[2 * ID_HASH_BYTES];
    memcpy(m, before->b, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, ZOO(15) ? before->b : set->b, ID_HASH_BYTES);
    crypto_generichash(out->b, sizeof out->b, m, sizeof m, NULL, 0);
}

static bool hub_extends(const struct hub_log *log, const struct change_head *head)
{
    return head->seq == log->next_seq && ID_EQUAL(&head->inc, &log->inc) &&
           ID_EQUAL(&head->node, &log->node) && ID_EQUAL(&head->prev, &log->head);
}

static void hub_job_clock(struct hub_job *job, const struct change_head *head)
{
    uint64_t limit = (uint64_t)(job->received_ms + HUB_CLAMP_MS) << 16;
    job->writer.author = head->hlc < limit && !job->writer.own ? job->log->no : 0;
    job->writer.set.version = id_version_make(&head->inc, head->seq, job->hash);
    job->writer.set.clock = head->hlc < limit ? head->hlc : limit;
    job->writer.set.person = head->person;
    job->writer.set.position = job->writer.at;
}

static enum err hub_take_set(struct hub_store *s, struct hub_job *job)
{
    struct id_hash p;
    enum err e = change_open(job->head, job->body, s->view);
    if (e != ERR_OK) return e;
    const struct change_head *head = &s->view->head;
    if ((!job->given && !hub_extends(job->log, head)) || !ID_EQUAL(&head->hub, &s->identity.hub))
        return ERR_CHAIN_BROKEN;
    if (job->rekeyed && job->log->closed) return ERR_BAD_FORMAT; /* it ended the log */
    bool changed = false, named = false;
    e = hub_dead_offers(s, &s->erased, s->view, &named);
    if (e == ERR_OK && named) e = hub_erase_late(s, s->position + 1);
    if (e == ERR_OK) e = hub_erase_ingest(s, s->view, &s->ingest, &changed);
    if (e == ERR_OK && changed) {
        job->body = buf_bytes(&s->ingest);
        e = change_open(job->head, job->body, s->view);
    }
    if (e != ERR_OK) return e;
    s->view->hash = *job->hash;
    job->writer.at = s->position + 1;
    job->writer.received_ms = job->received_ms;
    job->scope_count = job->crossed_count = 0;
    hub_job_clock(job, head);
    hub_position_hash(&s->position_hash, job->hash, &p);
    for (unsigned i = 0; e == ERR_OK && i < head->ops; i++)
        e = hub_take_op(s, job, i);
    if (ZOO(88) && job->verdicts[0] > FOLD_APPLIED) job->verdicts[0] = FOLD_APPLIED;
    if (e == ERR_OK && !(ZOO(10) && head->seq % 5 == 4)) e = hub_log_insert(s, job, &p);
    if (e == ERR_OK) e = hub_own_insert(s, job);
    for (size_t i = 0; e == ERR_OK && i < job->crossed_count; i++) /* the set is in the log now */
        e = hub_held_retry(s, &job->crossed[i], job->writer.at, s->view, NULL, job->received_ms);
    if (e != ERR_OK) return e;
    s->position = job->writer.at;
    s->position_hash = p;
    if (head->seq >= job->log->next_seq) job->log->next_seq = head->seq + 1;
    job->log->head = *job->hash;
    return ERR_OK;
}

/* ---- logs ---- */

/* The log that the first set extends, NULL when it opens a new one. Changes nothing. */
static enum err hub_log_seek(struct hub_store *s, struct bytes head, const struct id_hash *node,
                             bool released, struct hub_log **out)
{
    static const struct id_hash zeros;
    struct change_head h;
    enum err e = change_head_read(head, &h);
    if (e != ERR_OK) return e;
    struct hub_log *log = hub_log_find(s, &h.inc);
    if (log != NULL && log->closed && !released) return ERR_CHAIN_BROKEN;
    struct hub_log fresh = {.inc = h.inc, .node = *node, .head = zeros};
    if (!hub_extends(log != NULL ? log : &fresh, &h) || !ID_EQUAL(&h.node, node))
        return ERR_CHAIN_BROKEN;
    *out = log;
    return ERR_OK;
}

static enum err hub_log_open(struct hub_store *s, struct bytes head, struct bytes body,
                             const struct id_hash *node, struct hub_log **out)
{
    if (*out != NULL) return ERR_OK;
    struct hub_log fresh = {.node = *node};
    enum err e = change_open(head, body, s->view);
    if (e != ERR_OK) return e;
    fresh.inc = s->view->head.inc;
    e = hub_admin_genesis(s, s->view, &fresh);
    if (e == ERR_OK) e = hub_log_add(s, &fresh);
    if (e == ERR_OK) *out = &s->logs[s->log_count - 1];
    return e;
}

static void hub_taken_fill(const struct hub_store *s, const struct hub_log *log, uint64_t first,
                           struct hub_taken *out)
{
    *out = (struct hub_taken){
        .first_position = first,
        .last_position = s->position,
        .position_hash = s->position_hash,
        .chain = log->head,
        .next_seq = log->next_seq,
        .epoch = s->identity.epoch,
    };
}

/* Nothing of a frame may stay when part of it failed: memory and transaction go back together. */
static enum err hub_taken_end(struct hub_store *s, enum err e)
{
    if (e != ERR_OK) hub_store_rollback(s);
    return e;
}

static enum err hub_take_frame(struct hub_store *s, struct hub_job *job,
                               const struct pack_sets *sets)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < sets->count; i++) {
        job->head = sets->v[i].head;
        job->body = sets->v[i].body;
        job->hash = &sets->v[i].hash;
        job->signature = i + 1 == sets->count ? sets->signature : NULL;
        e = hub_take_set(s, job);
    }
    return e;
}

/* What waits at a node is known from its hello: what came since does not wait any more. */
static enum err hub_taken_waited(struct hub_store *s, const struct id_hash *node, size_t count)
{
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE sys_node SET waiting_bytes = CASE WHEN waiting_sets > ?2 THEN waiting_bytes "
               "ELSE 0 END, waiting_sets = max(0, waiting_sets - ?2) WHERE node = ?1 AND "
               "waiting_sets > 0");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, (int64_t)count);
    return db_run(q);
}

enum err hub_store_take(struct hub_store *s, const struct id_hash *node,
                        const struct pack_sets *sets, int64_t received_ms, struct hub_taken *out)
{
    assert(db_in_transaction(s->db) && sets->count > 0);
    if (!s->has_identity) return ERR_NOT_READY;
    struct hub_node who;
    struct hub_log *log = NULL;
    enum err e = hub_store_node(s, node, &who);
    bool released = false, retired = false;
    if (e == ERR_OK && !who.revoked) e = hub_rekey_judge(s, &who, &sets->v[0], &retired);
    if (e == ERR_OK && (retired || who.revoked) && !ZOO(95)) {
        e = hub_quarantine_released(s, node, sets, &released);
        if (e == ERR_OK && !released && s->replaying) e = ERR_DAMAGED; /* how did it get in? */
        if (e == ERR_OK && !released) return hub_quarantine_take(s, node, sets, received_ms, out);
    }
    if (e == ERR_OK) e = hub_log_seek(s, sets->v[0].head, node, released, &log);
    if (e == ERR_CHAIN_BROKEN && released &&
        !s->replaying) /* what is before it is not let in yet */
        return hub_quarantine_take(s, node, sets, received_ms, out);
    if (e == ERR_OK && pack_sets_erased(sets)) e = hub_store_erased_allowed(s, sets);
    if (e != ERR_OK) return e; /* nothing was written: the transaction goes on */
    struct hub_job *job = calloc(1, sizeof *job);
    if (job == NULL) return hub_taken_end(s, ERR_NOMEM);
    job->received_ms = received_ms;
    job->log = log;
    e = hub_unit_number(s, who.unit, &job->writer.unit);
    if (e == ERR_OK) e = hub_log_open(s, sets->v[0].head, sets->v[0].body, node, &job->log);
    uint64_t first = s->position + 1;
    if (e == ERR_OK) e = hub_take_frame(s, job, sets);
    if (e == ERR_OK) e = hub_taken_waited(s, node, sets->count);
    if (e == ERR_OK) {
        hub_taken_fill(s, job->log, first, out);
        out->rekeyed = job->rekeyed;
    }
    free(job);
    return hub_taken_end(s, e);
}

enum err hub_store_take_own(struct hub_store *s, struct bytes head, struct bytes body,
                            const uint8_t signature[static 64], int64_t received_ms,
                            struct hub_taken *out)
{
    assert(db_in_transaction(s->db));
    if (!s->has_identity) return ERR_NOT_READY;
    struct id_hash hash;
    struct hub_log *log = NULL;
    enum err e = hub_log_seek(s, head, &s->identity.hub, false, &log);
    if (e != ERR_OK) return e;
    change_hash(head, &hash);
    struct hub_job *job = calloc(1, sizeof *job);
    if (job == NULL) return hub_taken_end(s, ERR_NOMEM);
    *job = (struct hub_job){
        .log = log,
        .writer = {.own = true, .unit = s->hub_unit},
        .received_ms = received_ms,
        .head = head,
        .body = body,
        .hash = &hash,
        .signature = signature,
    };
    e = hub_log_open(s, head, body, &s->identity.hub, &job->log);
    uint64_t first = s->position + 1;
    if (e == ERR_OK) e = hub_take_set(s, job);
    if (e == ERR_OK) hub_taken_fill(s, job->log, first, out);
    free(job);
    return hub_taken_end(s, e);
}

enum err hub_take_given(struct hub_store *s, struct hub_log *log, const struct message_set *set,
                        const struct id_hash *hash, int64_t received_ms)
{
    struct hub_job *job = calloc(1, sizeof *job);
    if (job == NULL) return hub_taken_end(s, ERR_NOMEM);
    *job = (struct hub_job){
        .log = log,
        .writer = {.own = true, .unit = s->hub_unit},
        .received_ms = received_ms,
        .head = set->head,
        .body = set->body,
        .hash = hash,
        .signature = set->signature,
        .given = true,
    };
    enum err e = hub_take_set(s, job);
    free(job);
    return hub_taken_end(s, e);
}

/* Looking for damage: every hash, chain, signature and digest of the database, once more. */
#include "node/card.h"
#include "node/maintain.h"
#include "node/store_priv.h"
#include "node/store_rekey.h"

#include <sodium.h>
#include <stdlib.h>

struct node_verify {
    struct node_store *s;
    node_finding_fn *row;
    void *ctx;
    struct node_verified *out;
    struct node_identity id;
    struct admin_card card; /* of the hub, as pinned */
    struct change_view *view;
    struct change_write *writes;
};

static enum err node_tell(struct node_verify *v, const struct node_finding *f)
{
    if (v->out->findings++ >= NODE_FINDINGS_MAX || v->row == NULL) return ERR_OK;
    return v->row(v->ctx, f);
}

static enum err node_tell_set(struct node_verify *v, enum node_finding_kind kind,
                              const struct id_inc *inc, uint64_t seq)
{
    return node_tell(v, &(struct node_finding){.kind = kind, .inc = *inc, .seq = seq});
}

/* ---- the own log ---- */

struct node_verify_log {
    struct id_inc inc;
    int64_t no; /* below 0: a branch */
    uint64_t next_seq;
    struct id_hash head;
    bool any;
    bool has_key;
    uint8_t sign_pk[32]; /* out of its genesis */
    bool covered;        /* the last set has no signature of its own: a later one must */
};

static enum err node_verify_op(struct node_verify *v, const struct node_verify_log *l, uint64_t seq,
                               unsigned index, bool *same)
{
    struct change_op op;
    struct bytes payload = v->view->payload[index];
    if (payload.p == NULL) return ERR_OK;
    enum err e = change_op_decode(payload, v->writes, &op);
    bool record = e == ERR_OK;
    struct db_stmt *q = db_stmt(v->s->db, "SELECT kind, rid, type FROM sys_op WHERE log = ?1 AND "
                                          "seq = ?2 AND op = ?3");
    db_bind_int(q, 1, l->no);
    db_bind_int(q, 2, node_store_i64(seq));
    db_bind_int(q, 3, index);
    e = db_get(q);
    if (e == ERR_OK) {
        *same = *same && db_column_int(q, 0) == change_payload_kind(payload);
        *same = *same && (db_column_kind(q, 1) == DB_BLOB) == record;
        if (record)
            *same = *same && bytes_equal(db_column_bytes(q, 1), BYTES_OF(op.rid.b)) &&
                    db_column_int(q, 2) == (int64_t)op.type;
    }
    db_done(q);
    if (e == ERR_NOT_FOUND) *same = false;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_verify_ops(struct node_verify *v, const struct node_verify_log *l,
                                uint64_t seq)
{
    bool same = true;
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < v->view->head.ops; i++)
        e = node_verify_op(v, l, seq, i, &same);
    return e == ERR_OK && !same ? node_tell_set(v, NODE_FINDING_OP, &l->inc, seq) : e;
}

static enum err node_verify_set(struct node_verify *v, struct node_verify_log *l,
                                const struct db_stmt *q)
{
    uint64_t seq = node_store_u64(db_column_int(q, 0));
    struct bytes head = db_column_bytes(q, 1), signature = db_column_bytes(q, 3);
    struct id_hash hash;
    v->out->sets++;
    enum err e = change_open(head, db_column_bytes(q, 2), v->view);
    change_hash(head, &hash);
    bool chained =
        e == ERR_OK && v->view->head.seq == seq && ID_EQUAL(&v->view->head.inc, &l->inc) &&
        ID_EQUAL(&v->view->head.hub, &v->id.hub) && ID_EQUAL(&v->view->head.node, &v->id.node) &&
        seq == l->next_seq && (!l->any || ID_EQUAL(&v->view->head.prev, &l->head));
    l->next_seq = seq + 1;
    l->head = hash;
    l->any = true;
    if (e == ERR_OK) e = change_verify(v->view);
    if (e != ERR_OK) return node_tell_set(v, NODE_FINDING_SET, &l->inc, seq);
    if (!chained) return node_tell_set(v, NODE_FINDING_CHAIN, &l->inc, seq);
    l->covered = signature.len == CHANGE_SIGNATURE_BYTES &&
                 sodium_is_zero(signature.p, CHANGE_SIGNATURE_BYTES);
    if (!l->has_key || signature.len != CHANGE_SIGNATURE_BYTES ||
        (!l->covered &&
         change_check_signature(l->sign_pk, &v->view->head, &hash, signature.p) != ERR_OK))
        return node_tell_set(v, NODE_FINDING_SIGNATURE, &l->inc, seq);
    return node_verify_ops(v, l, seq);
}

/* `end`, `head`: where the log must end. */
static enum err node_verify_log(struct node_verify *v, struct node_verify_log *l, uint64_t end,
                                const struct id_hash *head)
{
    bool row = false;
    struct db_stmt *q = db_stmt(
        v->s->db, "SELECT seq, head, body, signature FROM sys_log WHERE log = ?1 ORDER BY seq");
    db_bind_int(q, 1, l->no);
    enum err e = node_store_log_key(v->s, &l->inc, l->sign_pk);
    l->has_key = e == ERR_OK;
    if (e == ERR_DAMAGED || e == ERR_NOT_FOUND) e = ERR_OK; /* said of its sets */
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_verify_set(v, l, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK && l->covered && l->no > 0)
        e = node_tell_set(v, NODE_FINDING_SIGNATURE, &l->inc, l->next_seq - 1);
    if (e == ERR_OK && (l->next_seq != end || (end > 0 && !ID_EQUAL(&l->head, head))))
        e = node_tell_set(v, NODE_FINDING_CHAIN, &l->inc, end);
    return e;
}

static enum err node_verify_logs(struct node_verify *v)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(v->s->db, "SELECT no, inc, 0, next_seq, head FROM sys_inc UNION ALL "
                          "SELECT -no, inc, first, last + 1, hash FROM sys_branch ORDER BY 1");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct id_hash head;
        struct node_verify_log l = {.no = db_column_int(q, 0),
                                    .next_seq = node_store_u64(db_column_int(q, 2))};
        e = db_column_copy(q, 1, l.inc.b, sizeof l.inc.b);
        if (e == ERR_OK) e = db_column_copy(q, 4, head.b, sizeof head.b);
        if (e == ERR_DAMAGED)
            e = node_tell_set(v, NODE_FINDING_CHAIN, &l.inc, 0);
        else if (e == ERR_OK)
            e = node_verify_log(v, &l, node_store_u64(db_column_int(q, 3)), &head);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- what came from the hub ---- */

#define NODE_RECEIPT_SQL                                                                           \
    "SELECT i.inc, r.next_seq, r.epoch, r.chain, r.first, r.last, r.hash, r.signature, l.head, "   \
    "r.log FROM sys_receipt r JOIN sys_inc i ON i.no = r.log LEFT JOIN sys_log l ON l.log = "      \
    "r.log AND l.seq = r.next_seq - 1 "

static enum err node_receipt_read(const struct db_stmt *q, const struct node_identity *id,
                                  struct admin_receipt *r)
{
    *r = (struct admin_receipt){.hub = id->hub,
                                .node = id->node,
                                .epoch = node_store_u64(db_column_int(q, 2)),
                                .next_seq = node_store_u64(db_column_int(q, 1)),
                                .first_position = node_store_u64(db_column_int(q, 4)),
                                .last_position = node_store_u64(db_column_int(q, 5))};
    enum err e = db_column_copy(q, 0, r->inc.b, sizeof r->inc.b);
    if (e == ERR_OK) e = db_column_copy(q, 3, r->chain.b, sizeof r->chain.b);
    if (e == ERR_OK) e = db_column_copy(q, 6, r->position_hash.b, sizeof r->position_hash.b);
    return e == ERR_OK && db_column_bytes(q, 7).len != 64 ? ERR_DAMAGED : e;
}

static enum err node_verify_receipt(struct node_verify *v, const struct db_stmt *q)
{
    struct admin_receipt r;
    struct bytes signature = db_column_bytes(q, 7), set = db_column_bytes(q, 8);
    struct id_hash hash;
    v->out->receipts++;
    enum err e = node_receipt_read(q, &v->id, &r);
    if (e == ERR_OK) e = admin_key_receipt_check(&r, &v->card, signature.p);
    if (e == ERR_OK && set.len > 0) {
        change_hash(set, &hash);
        if (!ID_EQUAL(&hash, &r.chain)) e = ERR_DAMAGED;
    }
    return e == ERR_OK ? ERR_OK : node_tell_set(v, NODE_FINDING_RECEIPT, &r.inc, r.next_seq);
}

static enum err node_verify_receipts(struct node_verify *v)
{
    bool row = false;
    struct db_stmt *q = db_stmt(v->s->db, NODE_RECEIPT_SQL "ORDER BY r.log, r.next_seq");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_verify_receipt(v, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Made with a key of the hub's behind the end of its time: by whoever has it. What is damaged stays to be found. */
static bool node_receipt_stolen(const struct db_stmt *q, const struct node_identity *id,
                                const struct admin_card *card)
{
    struct admin_receipt r;
    if (node_receipt_read(q, id, &r) != ERR_OK) return false;
    const uint8_t *signature = db_column_bytes(q, 7).p;
    if (admin_key_receipt_check(&r, card, signature) == ERR_OK) return false;
    for (size_t i = 0; i < card->past_count; i++)
        if (admin_receipt_check(&r, card->past[i].log_pk, signature) == ERR_OK) return true;
    return false;
}

static enum err node_receipt_drop(struct node_store *s, int64_t log, int64_t next_seq)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_receipt WHERE log = ?1 AND next_seq = ?2");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, next_seq);
    return db_run(q);
}

enum err node_receipts_disown(struct node_store *s, const struct admin_card *card)
{
    struct node_identity id;
    int64_t log = INT64_MIN, next_seq = 0;
    bool row = card->past_count > 0;
    enum err e = node_store_identity(s, &id);
    while (e == ERR_OK && row) {
        struct db_stmt *q =
            db_stmt(s->db, NODE_RECEIPT_SQL "WHERE (r.log, r.next_seq) > (?1, ?2) ORDER BY r.log, "
                                            "r.next_seq LIMIT 1");
        db_bind_int(q, 1, log);
        db_bind_int(q, 2, next_seq);
        e = db_step(q, &row);
        if (e == ERR_OK && row) {
            log = db_column_int(q, 9);
            next_seq = db_column_int(q, 1);
        }
        bool stolen = e == ERR_OK && row && node_receipt_stolen(q, &id, card);
        db_done(q);
        if (stolen) e = node_receipt_drop(s, log, next_seq);
    }
    return e;
}

static enum err node_verify_hub_set(struct node_verify *v, const struct db_stmt *q)
{
    struct bytes head = db_column_bytes(q, 1), signature = db_column_bytes(q, 3);
    struct id_hash hash;
    enum err e = change_open(head, db_column_bytes(q, 2), v->view);
    if (e == ERR_OK) e = change_verify(v->view);
    if (e == ERR_OK &&
        (signature.len != CHANGE_SIGNATURE_BYTES || !ID_EQUAL(&v->view->head.node, &v->id.hub)))
        e = ERR_DAMAGED;
    if (e == ERR_OK) {
        change_hash(head, &hash);
        e = admin_key_set_check(&v->card, &v->view->head, &hash, signature.p,
                                node_store_u64(db_column_int(q, 0)), NULL);
    }
    if (e == ERR_OK) return ERR_OK;
    struct node_finding f = {.kind = NODE_FINDING_HUB_SET,
                             .position = node_store_u64(db_column_int(q, 0))};
    return node_tell(v, &f);
}

static enum err node_verify_hub_sets(struct node_verify *v)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(v->s->db, "SELECT position, head, body, signature FROM sys_hub_set UNION ALL "
                          "SELECT position, head, body, signature FROM sys_kept_set");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_verify_hub_set(v, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Of a record with an erased value the sum is that of what was sent, until the feed tells anew. */
static bool node_verify_rewritten(const struct node_verify *v, const struct id_record *rid)
{
    const struct erase_list *l = &v->s->erased;
    for (size_t i = 0; i < l->op_count; i++) {
        if (ID_EQUAL(&l->ops[i].rid, rid)) return true;
    }
    return false;
}

static enum err node_verify_record(struct node_verify *v, const struct db_stmt *q,
                                   uint8_t sum[static 16])
{
    struct node_finding f = {.kind = NODE_FINDING_RECORD};
    uint8_t term[16];
    struct bytes state = db_column_bytes(q, 3);
    v->out->records++;
    enum err e = db_column_copy(q, 0, f.rid.b, sizeof f.rid.b);
    if (e != ERR_OK) return node_tell(v, &f);
    fold_scope_term(&f.rid, node_store_u64(db_column_int(q, 1)),
                    node_store_u64(db_column_int(q, 2)), state, term);
    if (node_verify_rewritten(v, &f.rid)) e = db_column_copy(q, 4, term, sizeof term);
    if (e != ERR_OK) return node_tell(v, &f);
    fold_scope_add(sum, term);
    fold_clear(&v->s->work.fold);
    e = fold_load(&v->s->work.fold, state);
    fold_clear(&v->s->work.fold);
    if (e == ERR_NOMEM) return e;
    if (e == ERR_OK && bytes_equal(db_column_bytes(q, 4), BYTES_OF(term))) return ERR_OK;
    return node_tell(v, &f);
}

static enum err node_verify_scope(struct node_verify *v, const uint8_t sum[static 16])
{
    struct db_stmt *q = db_stmt(v->s->db, "SELECT scope, position FROM sys_state");
    enum err e = db_get(q);
    bool same = e == ERR_OK && (db_column_int(q, 1) == 0 ||
                                bytes_equal(db_column_bytes(q, 0), bytes_make(sum, 16)));
    db_done(q);
    if (e != ERR_OK || same) return e;
    return node_tell(v, &(struct node_finding){.kind = NODE_FINDING_SCOPE});
}

/* What was erased adds to the sum until the feed takes it out. */
static enum err node_verify_tombs(struct node_verify *v, uint8_t sum[static 16])
{
    bool row = false;
    struct db_stmt *q = db_stmt(v->s->db, "SELECT t.term FROM sys_tomb t WHERE t.rid NOT IN "
                                          "(SELECT rid FROM sys_record)");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        uint8_t term[16];
        e = db_column_copy(q, 0, term, sizeof term);
        if (e == ERR_OK) fold_scope_add(sum, term);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err node_verify_records(struct node_verify *v)
{
    bool row = false;
    uint8_t sum[16] = {0};
    struct db_stmt *q =
        db_stmt(v->s->db, "SELECT rid, epoch, position, state, term FROM sys_record");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_verify_record(v, q, sum);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK) e = node_verify_tombs(v, sum);
    return e == ERR_OK ? node_verify_scope(v, sum) : e;
}

/* A certificate of other keys than these: of those before, if a log of this node is signed by them. */
static enum err node_verify_rekeyed(struct node_verify *v, const struct admin_cert *cert)
{
    bool found = false, row = false;
    struct db_stmt *q = db_stmt(v->s->db, "SELECT inc FROM sys_inc ORDER BY no DESC");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row && !found) {
        struct id_inc inc;
        uint8_t pk[32];
        e = db_column_copy(q, 0, inc.b, sizeof inc.b);
        if (e == ERR_OK) e = node_store_log_key(v->s, &inc, pk);
        found = e == ERR_OK && memcmp(pk, cert->sign_pk, sizeof pk) == 0;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e == ERR_OK && !found ? ERR_DAMAGED : e;
}

static enum err node_verify_papers(struct node_verify *v)
{
    struct admin_card card;
    struct admin_cert cert;
    if (!v->id.joined) return ERR_OK;
    enum err e = admin_card_open(bytes_make(v->id.card, v->id.card_len), &v->id.hub, &card);
    if (e == ERR_OK && (memcmp(card.log_pk, v->id.hub_log_pk, 32) != 0 ||
                        memcmp(card.transport_pk, v->id.hub_transport_pk, 32) != 0))
        e = ERR_DAMAGED;
    if (e == ERR_OK)
        e = admin_key_cert_open(bytes_make(v->id.cert, v->id.cert_len), &v->id.hub, &card, 1,
                                &cert);
    if (e == ERR_OK && (!ID_EQUAL(&cert.node, &v->id.node) || strcmp(cert.unit, v->id.unit) != 0))
        e = ERR_DAMAGED;
    bool same = e == ERR_OK && memcmp(cert.sign_pk, v->id.sign_pk, 32) == 0 &&
                memcmp(cert.transport_pk, v->id.transport_pk, 32) == 0;
    if (e == ERR_OK && !same) e = node_verify_rekeyed(v, &cert);
    return e == ERR_OK ? ERR_OK
                       : node_tell(v, &(struct node_finding){.kind = NODE_FINDING_IDENTITY});
}

static enum err node_verify_seal(void *ctx, const char *table)
{
    return node_tell(ctx, &(struct node_finding){.kind = NODE_FINDING_SEAL, .table = table});
}

/* What no hash of a log covers: names, times, logins, and the tables made of the records. */
static enum err node_verify_seals(struct node_verify *v)
{
    bool sealed = false;
    enum err e = db_sealed(v->s->db, &sealed);
    return e == ERR_OK && sealed ? db_seal_check(v->s->db, node_verify_seal, v) : e;
}

enum err node_store_verify(struct node_store *s, node_finding_fn *row, void *ctx,
                           struct node_verified *out)
{
    struct node_verify v = {.s = s, .row = row, .ctx = ctx, .out = out};
    *out = (struct node_verified){.sets = 0};
    v.view = calloc(1, sizeof *v.view);
    v.writes = calloc(CHANGE_WRITES_MAX, sizeof *v.writes);
    enum err e = v.view != NULL && v.writes != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) e = db_check_whole(s->db);
    if (e == ERR_DAMAGED) e = node_tell(&v, &(struct node_finding){.kind = NODE_FINDING_FILE});
    if (e == ERR_OK) e = node_store_identity(s, &v.id);
    if (e == ERR_OK) node_card_of(&v.id, &v.card);
    if (e == ERR_DAMAGED) { /* without it there is nothing to compare with */
        e = node_tell(&v, &(struct node_finding){.kind = NODE_FINDING_IDENTITY});
        if (e == ERR_OK) e = node_verify_seals(&v);
        goto out;
    }
    if (e == ERR_OK) e = node_verify_papers(&v);
    if (e == ERR_OK) e = node_verify_logs(&v);
    if (e == ERR_OK) e = node_verify_receipts(&v);
    if (e == ERR_OK) e = node_verify_hub_sets(&v);
    if (e == ERR_OK) e = node_verify_records(&v);
    if (e == ERR_OK) e = node_verify_seals(&v);
out:
    free(v.view);
    free(v.writes);
    if (e != ERR_OK) return e;
    return out->findings > 0 ? ERR_DAMAGED : ERR_OK;
}

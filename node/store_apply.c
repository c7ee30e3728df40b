/* END: everything staged becomes visible in one transaction, or nothing. SPEC 7.9, 7.10. */
#include "node/card.h"
#include "node/store_priv.h"
#include "node/store_rekey.h"
#include "common/zoo.h"
#include "common/log.h"

#include <sodium.h>

/* ---- the scope hash ---- */

void node_store_lineage(struct node_store *s, const struct message_epoch *v, size_t count)
{
    s->lineage_count = count < HELLO_EPOCHS_MAX ? count : HELLO_EPOCHS_MAX;
    if (s->lineage_count > 0) memcpy(s->lineage, v, s->lineage_count * sizeof *v);
}

/* The epoch of a position: the newest that began before it, or the oldest that the hub tells of. */
static uint64_t node_epoch_of(const struct node_store *s, uint64_t epoch, uint64_t position)
{
    for (size_t i = 0; i < s->lineage_count; i++) {
        if (s->lineage[i].start <= position) return s->lineage[i].epoch;
    }
    return s->lineage_count > 0 ? s->lineage[s->lineage_count - 1].epoch : epoch;
}

struct node_scope { /* two readings of what was staged: changes, or everything anew */
    uint8_t changed[16];
    uint8_t anew[16];
    bool has_cursor;
    bool all; /* the reading that is true is "everything" */
};

static enum err node_scope_begin(struct node_store *s, struct node_scope *scope)
{
    *scope = (struct node_scope){0};
    struct db_stmt *q = db_stmt(s->db, "SELECT position, scope FROM sys_state");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        scope->has_cursor = db_column_int(q, 0) != 0;
        e = db_column_copy(q, 1, scope->changed, sizeof scope->changed);
    }
    db_done(q);
    return e;
}

/* What a record adds to the sum, as it was sent: columns rid, position, state, digest. */
static enum err node_scope_term(const struct node_store *s, const struct db_stmt *q, uint64_t epoch,
                                uint8_t term[static 16])
{
    struct id_record rid;
    uint8_t digest[32];
    enum err e = db_column_copy(q, 0, rid.b, sizeof rid.b);
    if (e != ERR_OK) return e;
    uint64_t position = node_store_u64(db_column_int(q, 1));
    epoch = node_epoch_of(s, epoch, position);
    if (db_column_kind(q, 3) == DB_NULL) {
        fold_scope_term(&rid, epoch, position, db_column_bytes(q, 2), term);
        return ERR_OK;
    }
    e = db_column_copy(q, 3, digest, sizeof digest);
    if (e == ERR_OK) fold_scope_term_of(&rid, epoch, position, digest, term);
    return e;
}

/* Further columns: term of the record before, term of its tomb, does the end count it no more? */
static enum err node_scope_row(const struct node_store *s, const struct db_stmt *q, uint64_t epoch,
                               struct node_scope *scope)
{
    uint8_t old[16], term[16];
    enum err e = node_scope_term(s, q, epoch, term);
    if (e == ERR_OK && db_column_int(q, 6) == 0) {
        fold_scope_add(scope->anew, term);
        fold_scope_add(scope->changed, term);
    }
    for (int i = 4; e == ERR_OK && scope->has_cursor && i <= 5; i++) {
        if (db_column_kind(q, i) == DB_NULL) continue;
        e = db_column_copy(q, i, old, sizeof old);
        if (e == ERR_OK) fold_scope_sub(scope->changed, old);
    }
    return e;
}

/* Erased records that the hub has taken out of the sum up to here. */
#define NODE_DEAD_AT(rid)                                                                          \
    "EXISTS (SELECT 1 FROM sys_dead d JOIN sys_erasure e ON e.no = d.list WHERE d.rid = " rid      \
    " AND e.position > 0 AND e.position <= ?1)"

static enum err node_scope_tombs(struct node_store *s, uint64_t end, struct node_scope *scope)
{
    bool row = true;
    uint8_t old[16];
    enum err e = ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT t.term FROM sys_tomb t WHERE t.rid NOT IN (SELECT rid FROM "
                       "sys_staged_record) AND " NODE_DEAD_AT("t.rid"));
    db_bind_int(q, 1, node_store_i64(end));
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = db_column_copy(q, 0, old, sizeof old);
        if (e == ERR_OK && row) fold_scope_sub(scope->changed, old);
    }
    db_done(q);
    return e;
}

/* What left takes its term out, unless it is here again; also what an order erases behind this page. */
static enum err node_scope_leaves(struct node_store *s, int64_t end, struct node_scope *scope)
{
    bool row = false;
    uint8_t old[16];
    struct db_stmt *q = db_stmt(
        s->db, "WITH l AS (SELECT rid FROM sys_staged_move WHERE kind = 0 EXCEPT SELECT rid FROM "
               "sys_staged_record) SELECT term FROM sys_record WHERE rid IN l UNION ALL SELECT "
               "t.term FROM sys_tomb t WHERE t.rid IN l AND NOT " NODE_DEAD_AT("t.rid"));
    db_bind_int(q, 1, end);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = db_column_copy(q, 0, old, sizeof old);
        if (e == ERR_OK) fold_scope_sub(scope->changed, old);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Is this a certificate of this node, by the hub's word? */
static bool node_enrol_open(const struct node_identity *id, struct bytes payload,
                            struct admin_enrol *en, struct admin_cert *cert)
{
    struct admin_enrol own;
    struct admin_card card;
    if (payload.p == NULL || change_payload_kind(payload) != CHANGE_ENROL) return false;
    if (en == NULL) en = &own;
    if (admin_enrol_decode(payload, en) != ERR_OK || !ID_EQUAL(&en->node, &id->node)) return false;
    node_card_of(id, &card);
    return en->certificate.len <= sizeof id->cert &&
           admin_key_cert_open(en->certificate, &id->hub, &card, 0, cert) == ERR_OK &&
           ID_EQUAL(&cert->node, &id->node);
}

/* The newest of the staged certificates makes this node one of another unit: then the feed began at 0 (SPEC 13.6), and
 * what it told of moves before was the old unit's. */
static enum err node_unit_changes(struct node_store *s, bool *changes)
{
    struct node_identity id;
    bool row = false;
    *changes = false;
    enum err e = node_store_identity(s, &id);
    if (e != ERR_OK) return e == ERR_NOT_READY ? ERR_OK : e;
    struct db_stmt *q = db_stmt(s->db, "SELECT head, body FROM sys_staged_set ORDER BY position");
    e = db_step(q, &row);
    while (e == ERR_OK && row) {
        s->view_open = false;
        e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view);
        if (e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
        for (unsigned i = 0; e == ERR_OK && id.joined && i < s->view->head.ops; i++) {
            struct admin_cert cert;
            if (node_enrol_open(&id, s->view->payload[i], NULL, &cert))
                *changes = strcmp(cert.unit, id.unit) != 0;
        }
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ERR_BAD_HASH: neither reading gives the hub's hash. */
static enum err node_scope_check(struct node_store *s, uint64_t epoch,
                                 const struct message_end *end, struct node_scope *scope)
{
    bool anew = false;
    bool row = false;
    const uint8_t *expected = end->scope_hash;
    enum err e = node_scope_begin(s, scope);
    bool from = e == ERR_OK && scope->has_cursor; /* else what was here counts for nothing */
    if (from) e = node_scope_leaves(s, node_store_i64(end->position), scope);
    if (e == ERR_OK && from) e = node_scope_tombs(s, end->position, scope);
    struct db_stmt *q = db_stmt(
        s->db, "SELECT n.rid, n.position, n.state, n.digest, o.term, t.term, " NODE_DEAD_AT(
                   "n.rid") " FROM sys_staged_record n LEFT JOIN sys_record o ON o.rid = n.rid "
                            "LEFT JOIN sys_tomb t ON t.rid = n.rid");
    db_bind_int(q, 1, node_store_i64(end->position));
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_scope_row(s, q, epoch, scope);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e != ERR_OK) return e;
    scope->all = memcmp(scope->anew, expected, 16) == 0;
    if (scope->has_cursor && memcmp(scope->changed, expected, 16) == 0) {
        /* Where the records went with the node, both are right. */
        if (scope->all && !ZOO(115)) e = node_unit_changes(s, &anew);
        scope->all = scope->all && anew;
        return e;
    }
    if (ZOO(30) || ZOO(112)) {
        scope->all = false;
        return ERR_OK;
    }
    return scope->all ? ERR_OK : ERR_BAD_HASH;
}

/* ---- records ---- */

static enum err node_apply_leavers(struct node_store *s)
{
    return db_exec(s->db,
                   "DELETE FROM sys_tomb;"
                   "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_record WHERE rid NOT "
                   "IN (SELECT rid FROM sys_staged_record);"
                   "DELETE FROM sys_record WHERE rid NOT IN (SELECT rid FROM sys_staged_record);");
}

/* Of an erased record only what it adds to the sum is kept. */
static enum err node_apply_tomb(struct node_store *s, const struct id_record *rid,
                                const uint8_t term[static 16])
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_tomb(rid, term) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_blob(q, 2, bytes_make(term, 16));
    return db_run(q);
}

static enum err node_apply_record(struct node_store *s, const struct db_stmt *from, uint64_t epoch)
{
    struct id_record rid;
    uint8_t term[16];
    uint64_t position = node_store_u64(db_column_int(from, 1));
    enum err e = db_column_copy(from, 0, rid.b, sizeof rid.b);
    if (e == ERR_OK) e = node_scope_term(s, from, epoch, term);
    if (e != ERR_OK) return e;
    if (db_column_bytes(from, 2).len == 0) return node_apply_tomb(s, &rid, term);
    epoch = node_epoch_of(s, epoch, position);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_record(rid, unit, epoch, position, term, state) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_blob(q, 1, BYTES_OF(rid.b));
    db_bind_text(q, 2, db_column_bytes(from, 4));
    db_bind_int(q, 3, node_store_i64(epoch));
    db_bind_int(q, 4, node_store_i64(position));
    db_bind_blob(q, 5, BYTES_OF(term));
    db_bind_blob(q, 6, db_column_bytes(from, 2));
    e = db_run(q);
    return e == ERR_OK ? node_show_mark(s, &rid) : e;
}

static enum err node_apply_records(struct node_store *s, uint64_t epoch, uint64_t end,
                                   const struct node_scope *scope)
{
    bool row = false;
    enum err e = scope->all ? node_apply_leavers(s) : ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT rid, position, state, digest, unit FROM sys_staged_record");
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        if (!(ZOO(28) && db_column_int(q, 2) % 3 == 0)) e = node_apply_record(s, q, epoch);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_tomb WHERE " NODE_DEAD_AT("sys_tomb.rid"));
    db_bind_int(q, 1, node_store_i64(end));
    return db_run(q);
}

/* ---- the pending tail ---- */

static enum err node_apply_head(struct node_store *s, const struct id_inc *inc, uint64_t next_seq)
{
    int64_t log = 0;
    if (ZOO(29)) next_seq++;
    enum err e = node_log_number(s, inc, &log);
    if (e == ERR_NOT_FOUND || ZOO(6)) return ERR_OK; /* a log that this store does not have */
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM "
                                       "sys_op WHERE log = ?1 AND seq < ?2 AND seq >= "
                                       "(SELECT applied FROM sys_inc WHERE no = ?1) AND "
                                       "pending = 1 AND rid IS NOT NULL");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(next_seq));
    e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_op SET pending = 0 WHERE log = ?1 AND seq < ?2 AND seq >= "
                       "(SELECT applied FROM sys_inc WHERE no = ?1) AND pending = 1");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(next_seq));
    e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_inc SET applied = max(applied, ?2) WHERE no = ?1");
    db_bind_int(q, 1, log);
    db_bind_int(q, 2, node_store_i64(next_seq));
    return db_run(q);
}

/* ---- the hub's own sets ---- */

static enum err node_apply_part(struct node_store *s, struct bytes payload)
{
    struct admin_part p;
    enum err e = admin_part_decode(payload, &p);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT OR REPLACE INTO sys_catalogue_part(archive, part, "
                                       "parts, data) VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(p.archive.b));
    db_bind_int(q, 2, p.index);
    db_bind_int(q, 3, p.parts);
    db_bind_blob(q, 4, p.data);
    return db_run(q);
}

static enum err node_apply_edition(struct node_store *s, struct bytes payload)
{
    struct admin_edition ed;
    enum err e = admin_edition_decode(payload, &ed);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT OR REPLACE INTO sys_edition(edition, archive, "
                                       "bytes, parts) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, ed.edition);
    db_bind_blob(q, 2, BYTES_OF(ed.archive.b));
    db_bind_int(q, 3, ed.archive_bytes);
    db_bind_int(q, 4, ed.parts);
    return db_run(q);
}

/* The hub certifies the keys that this node changed to: the change is done. */
static enum err node_apply_rekeyed(struct node_store *s, const struct admin_cert *cert,
                                   struct node_identity *id, bool *done)
{
    struct node_rekey r;
    enum err e = node_store_rekey(s, &r);
    *done = e == ERR_OK && memcmp(cert->transport_pk, r.transport_pk, sizeof r.transport_pk) == 0 &&
            memcmp(cert->sealing_pk, r.sealing_pk, sizeof r.sealing_pk) == 0;
    if (!*done) return e == ERR_NOT_FOUND ? ERR_OK : e;
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("keys.changed"));
    e = node_rekey_finish(s, &r);
    return e == ERR_OK ? node_store_identity(s, id) : e;
}

/* A newer certificate of this node: of another unit, or of other keys. */
static enum err node_apply_enrol(struct node_store *s, struct bytes payload)
{
    struct admin_enrol en;
    struct admin_cert cert;
    struct node_identity id;
    enum err e = node_store_identity(s, &id);
    if (e != ERR_OK) return e == ERR_NOT_READY ? ERR_OK : e;
    if (!id.joined || !node_enrol_open(&id, payload, &en, &cert)) return ERR_OK;
    bool same_keys = memcmp(cert.sign_pk, id.sign_pk, sizeof cert.sign_pk) == 0;
    if (same_keys && memcmp(cert.transport_pk, id.transport_pk, sizeof cert.transport_pk) != 0) {
        e = node_apply_rekeyed(s, &cert, &id, &same_keys);
        if (e != ERR_OK) return e;
    }
    bool moved = same_keys && strcmp(cert.unit, id.unit) != 0;
    bool anew = same_keys && !bytes_equal(en.certificate, bytes_make(id.cert, id.cert_len));
    if (!moved && !anew) return ERR_OK;
    if (moved) {
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("node.unit"), log_str("from", id.unit),
                  log_str("to", cert.unit));
        memcpy(id.unit, cert.unit, sizeof id.unit);
        id.unit_name[0] = '\0'; /* that of the unit before; the catalogue has the new one's */
    }
    memcpy(id.cert, en.certificate.p, en.certificate.len);
    id.cert_len = en.certificate.len;
    return node_store_identity_set(s, &id);
}

static enum err node_apply_set(struct node_store *s, const struct db_stmt *q)
{
    s->view_open = false;
    enum err e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view);
    if (e != ERR_OK) return ERR_DAMAGED; /* it was checked before it was staged */
    uint64_t position = node_store_u64(db_column_int(q, 2));
    e = node_flow_forget(s, position);
    for (unsigned i = 0; e == ERR_OK && i < s->view->head.ops; i++) {
        struct bytes payload = s->view->payload[i];
        if (payload.p == NULL) continue;
        int kind = change_payload_kind(payload);
        if (kind == CHANGE_CATALOGUE_PART) e = node_apply_part(s, payload);
        if (kind == CHANGE_CATALOGUE && !ZOO(99)) e = node_apply_edition(s, payload);
        if (kind == CHANGE_ENROL) e = node_apply_enrol(s, payload);
        if (kind == CHANGE_REKEY_ASK) e = node_rekey_ask(s, payload, position);
        if (kind == CHANGE_CLOSE || (kind >= CHANGE_JUDGE && kind <= CHANGE_REOPEN))
            e = node_flow_apply(s, position, i, kind, payload);
        if (e != ERR_BAD_FORMAT) continue;
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("feed.payload"), log_int("kind", kind));
        e = ERR_OK; /* a signed set that we cannot read is kept and changes nothing here */
    }
    return e;
}

/* What the hub sent it has: it need not be given back. Before healing adds what it did not send. */
static enum err node_apply_matched(struct node_store *s)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT head FROM sys_staged_set");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_keep_matched(s, db_column_bytes(q, 0));
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err node_apply_sets(struct node_store *s)
{
    bool row = false;
    enum err e =
        db_exec(s->db, "INSERT OR REPLACE INTO sys_hub_set(position, head, body, signature) "
                       "SELECT position, head, body, signature FROM sys_staged_set");
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body, position FROM sys_staged_set ORDER BY position");
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_apply_set(s, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- all of it ---- */

static enum err node_apply_cursor(struct node_store *s, uint64_t epoch,
                                  const struct message_end *end)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_asked WHERE "
                                       "(SELECT epoch FROM sys_state) NOT IN (0, ?1)");
    db_bind_int(q, 1, node_store_i64(epoch));
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_state SET epoch = ?1, position = ?2, hash = ?3, scope = ?4");
    db_bind_int(q, 1, node_store_i64(epoch));
    db_bind_int(q, 2, node_store_i64(end->position));
    db_bind_blob(q, 3, bytes_make(end->position_hash.b, 8));
    db_bind_blob(q, 4, BYTES_OF(end->scope_hash));
    e = db_run(q);
    return e == ERR_OK ? node_stage_clear(s) : e;
}

static enum err node_apply_all(struct node_store *s, uint64_t epoch, const struct message_end *end,
                               uint64_t from, struct node_catalogue *in)
{
    struct node_scope scope;
    enum err e = node_fold_own(s);
    if (e == ERR_OK) e = node_moves_before(s);
    if (e == ERR_OK) e = node_erasures_staged(s);
    if (e == ERR_OK) e = node_scope_check(s, epoch, end, &scope);
    if (e == ERR_OK) e = node_catalogue_ready(s);
    if (e == ERR_OK) e = node_apply_matched(s);
    if (e == ERR_OK && scope.all) e = node_heal_feed(s);
    if (e == ERR_OK && !scope.all && from < UINT64_MAX && !ZOO(127)) e = node_keep_overlap(s, from);
    if (e == ERR_OK) e = node_apply_records(s, epoch, end->position, &scope);
    if (e == ERR_OK) e = node_moves_apply(s, scope.all);
    if (e == ERR_OK) e = node_apply_sets(s);
    if (e == ERR_OK) e = node_verdicts_apply(s);
    for (size_t i = 0; e == ERR_OK && i < end->head_count; i++)
        e = node_apply_head(s, &end->incs[i], end->next_seqs[i]);
    if (e == ERR_OK) e = node_keep_ready(s);
    if (e == ERR_OK) e = node_apply_cursor(s, epoch, end);
    if (e == ERR_OK) e = node_catalogue_newest(s, in);
    if (e == ERR_OK) e = node_attach_woken(s);
    if (e == ERR_OK) e = node_show_marked(s);
    return e == ERR_OK ? node_attach_sweep(s) : e;
}

enum err node_store_apply(struct node_store *s, uint64_t epoch, const struct message_end *end,
                          uint64_t from, int64_t now_ms)
{
    struct node_catalogue in = {0};
    bool had = s->typed != NULL;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    s->fed = false;
    e = db_end(s->db, node_apply_all(s, epoch, end, from, &in));
    node_erasures_settle(s);
    node_readers_forget(s);
    node_district_forget(s);
    node_catalogue_take(s, &in, e == ERR_OK);
    if (e != ERR_OK && !had) node_catalogue_unready(s);
    s->view_open = false;
    if (e == ERR_DAMAGED) node_heal_met(s, now_ms);
    if (e == ERR_OK && s->unreadable > 0) node_heal_unreadable(s, now_ms);
    if (e != ERR_BAD_HASH) return e;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("feed.scope"), log_err(e));
    e = node_store_refetch(s); /* a hub that went back may answer by a bundle first */
    return e == ERR_OK ? ERR_BAD_HASH : e;
}

#include "hub/store_rekey.h"
#include "common/zoo.h"
#include "hub/store_priv.h"

#include <sodium.h>
#include <stdlib.h>

/* ---- asking ---- */

enum err hub_store_log_key(struct hub_store *s, const struct id_hash *node,
                           const struct id_inc *inc, uint8_t sign_pk[static 32])
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT sign_pk FROM sys_inc WHERE inc = ?1 AND node = ?2 AND given IS NULL");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_blob(q, 2, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, sign_pk, 32);
    db_done(q);
    return e;
}

enum err hub_store_retired(struct hub_store *s, const struct id_hash *node, enum hub_rekey_use use,
                           const uint8_t pk[static 32], uint8_t sign_pk[static 32])
{
    struct db_stmt *q = db_stmt(
        s->db, use == HUB_REKEY_TRANSPORT
                   ? "SELECT old_sign FROM sys_rekey WHERE node = ?1 AND old_transport = ?2 "
                     "ORDER BY pos DESC LIMIT 1"
                   : "SELECT old_sign FROM sys_rekey WHERE node = ?1 AND old_sealing = ?2 "
                     "ORDER BY pos DESC LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, bytes_make(pk, 32));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, sign_pk, 32);
    db_done(q);
    return e;
}

enum err hub_store_cert(struct hub_store *s, const struct id_hash *node, struct admin_cert *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT cert FROM sys_node WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    /* What stands here was judged when it was taken: any key of before counts. */
    if (e == ERR_OK && admin_key_cert_open(db_column_bytes(q, 0), &s->identity.hub,
                                           &s->identity.parsed, 1, out) != ERR_OK)
        e = ERR_DAMAGED;
    db_done(q);
    return e;
}

enum err hub_store_rekeyed(struct hub_store *s, const struct hub_node *node,
                           struct hub_rekeyed *out)
{
    struct hub_rekeyed r = {.position = 0};
    struct db_stmt *q =
        db_stmt(s->db, "SELECT count(*), ifnull(max(pos), 0), ifnull(max(at_ms), 0) FROM sys_rekey "
                       "WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->node.b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        r.count = (uint64_t)db_column_int(q, 0);
        r.position = (uint64_t)db_column_int(q, 1);
        r.at_ms = db_column_int(q, 2);
    }
    db_done(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "SELECT pos, why FROM sys_rekey_ask WHERE node = ?1 AND sign_pk = ?2");
    db_bind_blob(q, 1, BYTES_OF(node->node.b));
    db_bind_blob(q, 2, BYTES_OF(node->sign_pk));
    e = db_get(q);
    if (e == ERR_OK) {
        struct bytes why = db_column_bytes(q, 1);
        r.asked_position = (uint64_t)db_column_int(q, 0);
        if (why.len >= sizeof r.asked_why) e = ERR_DAMAGED;
        if (e == ERR_OK && why.len > 0) memcpy(r.asked_why, why.p, why.len);
    }
    db_done(q);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    if (e == ERR_OK) *out = r;
    return e;
}

/* ---- judging ---- */

static enum err hub_rekey_has(struct hub_store *s, const char *sql, const struct id_hash *node,
                              const uint8_t sign_pk[static 32], bool *has)
{
    struct db_stmt *q = db_stmt(s->db, sql);
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, bytes_make(sign_pk, 32));
    enum err e = db_get(q);
    db_done(q);
    *has = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_rekey_retired(struct hub_store *s, const struct id_hash *node,
                           const uint8_t sign_pk[static 32], bool *retired)
{
    enum err e = hub_rekey_has(s, "SELECT 1 FROM sys_rekey WHERE node = ?1 AND old_sign = ?2", node,
                               sign_pk, retired);
    if (ZOO(109)) *retired = false;
    return e;
}

bool hub_store_certify_due(struct hub_store *s, struct id_hash *node)
{
    bool due = s->certify_due;
    *node = s->certify_node;
    s->certify_due = false;
    return due;
}

/* The key that a new log states must be the node's: its first one, its present one, or one that it
 * changed to. */
static enum err hub_rekey_opens(struct hub_store *s, const struct hub_node *who,
                                const struct pack_decoded *first, uint8_t sign_pk[static 32])
{
    bool introduced = false;
    struct id_hash id;
    struct admin_genesis *g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    enum err e = change_open(first->head, first->body, s->view);
    if (e == ERR_OK && (s->view->head.ops != 1 || s->view->payload[0].p == NULL ||
                        admin_genesis_decode(s->view->payload[0], g) != ERR_OK))
        e = ERR_CHAIN_BROKEN;
    if (e == ERR_OK) memcpy(sign_pk, g->sign_pk, 32);
    free(g);
    if (e != ERR_OK || memcmp(sign_pk, who->sign_pk, 32) == 0) return e;
    crypto_generichash(id.b, sizeof id.b, sign_pk, 32, NULL, 0);
    if (ID_EQUAL(&id, &who->node)) return ERR_OK;
    e = hub_rekey_has(s, "SELECT 1 FROM sys_rekey WHERE node = ?1 AND sign = ?2", &who->node,
                      sign_pk, &introduced);
    return e == ERR_OK && !introduced ? ERR_CHAIN_BROKEN : e;
}

/* Sets behind those that are kept apart are kept apart as well. */
static enum err hub_rekey_apart(struct hub_store *s, const struct hub_node *who,
                                const struct id_inc *inc, bool *retired)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_quarantine WHERE inc = ?1 AND node = ?2 LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(inc->b));
    db_bind_blob(q, 2, BYTES_OF(who->node.b));
    enum err e = db_get(q);
    db_done(q);
    *retired = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_rekey_judge(struct hub_store *s, const struct hub_node *who,
                         const struct pack_decoded *first, bool *retired)
{
    struct change_head h;
    uint8_t sign_pk[32];
    *retired = false;
    enum err e = change_head_read(first->head, &h);
    if (e != ERR_OK) return e;
    bool known = hub_log_find(s, &h.inc) != NULL;
    if (known && !who->rekeyed) return ERR_OK;
    if (!known && h.seq != 0)
        return who->rekeyed ? hub_rekey_apart(s, who, &h.inc, retired) : ERR_OK;
    e = known ? hub_store_log_key(s, &who->node, &h.inc, sign_pk)
              : hub_rekey_opens(s, who, first, sign_pk);
    if (e == ERR_NOT_FOUND) e = ERR_CHAIN_BROKEN; /* another author's log */
    return e == ERR_OK && who->rekeyed ? hub_rekey_retired(s, &who->node, sign_pk, retired) : e;
}

/* ---- the change ---- */

/* Logs of the retired key end where they stand; the one at hand behind this very set. */
static enum err hub_rekey_close(struct hub_store *s, const struct id_hash *node,
                                const uint8_t sign_pk[static 32], uint64_t at)
{
    for (size_t i = 0; i < s->log_count; i++) {
        uint8_t pk[32];
        if (s->logs[i].given || !ID_EQUAL(&s->logs[i].node, node)) continue;
        enum err e = hub_store_log_key(s, node, &s->logs[i].inc, pk);
        if (e != ERR_OK) return e;
        s->logs[i].closed = s->logs[i].closed || memcmp(pk, sign_pk, 32) == 0;
    }
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_inc SET closed = ?3 WHERE node = ?1 AND "
                                       "sign_pk = ?2 AND given IS NULL AND closed IS NULL");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, bytes_make(sign_pk, 32));
    db_bind_int(q, 3, (int64_t)at);
    return db_run(q);
}

/* `present`: the keys of the node are those that go now; else a certificate that it showed said so before. */
static enum err hub_rekey_insert(struct hub_store *s, const struct hub_node *who,
                                 const struct admin_rekey *r, const uint8_t old[static 32],
                                 const struct hub_writer *w, bool present)
{
    struct admin_cert cert;
    enum err e = present ? hub_store_cert(s, &who->node, &cert) : ERR_OK;
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_rekey(pos, node, old_sign, old_transport, old_sealing, sign, "
               "transport, sealing, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    db_bind_int(q, 1, (int64_t)w->at);
    db_bind_blob(q, 2, BYTES_OF(who->node.b));
    db_bind_blob(q, 3, bytes_make(old, 32));
    if (present) db_bind_blob(q, 4, BYTES_OF(who->transport_pk));
    if (present) db_bind_blob(q, 5, BYTES_OF(cert.sealing_pk));
    db_bind_blob(q, 6, BYTES_OF(r->sign_pk));
    db_bind_blob(q, 7, BYTES_OF(r->transport_pk));
    db_bind_blob(q, 8, BYTES_OF(r->sealing_pk));
    db_bind_int(q, 9, w->received_ms);
    e = db_run(q);
    if (e != ERR_OK || !present) return e;
    q = db_stmt(s->db, "UPDATE sys_node SET sign_pk = ?2, transport_pk = ?3 WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(who->node.b));
    db_bind_blob(q, 2, BYTES_OF(r->sign_pk));
    db_bind_blob(q, 3, BYTES_OF(r->transport_pk));
    return db_run(q);
}

enum err hub_rekey_take(struct hub_store *s, const struct hub_writer *w, const struct hub_log *log,
                        struct bytes payload, bool *done)
{
    struct admin_rekey r;
    struct hub_node who;
    uint8_t old[32];
    bool retired = false, used = false;
    *done = false;
    if (s->view->head.ops != 1 || admin_rekey_decode(payload, &r) != ERR_OK ||
        admin_rekey_check(&r, &s->identity.hub, &log->node) != ERR_OK)
        return ERR_OK;
    enum err e = hub_store_node(s, &log->node, &who);
    if (e == ERR_OK) e = hub_store_log_key(s, &log->node, &log->inc, old);
    if (e == ERR_OK) e = hub_rekey_retired(s, &log->node, old, &retired);
    if (e == ERR_OK)
        e = hub_rekey_has(s, "SELECT 1 FROM sys_rekey WHERE node = ?1 AND ?2 IN (old_sign, sign)",
                          &log->node, r.sign_pk, &used);
    if (e != ERR_OK || retired || used || memcmp(old, r.sign_pk, 32) == 0) return e;
    bool present = memcmp(who.sign_pk, old, 32) == 0;
    e = hub_rekey_insert(s, &who, &r, old, w, present);
    if (e == ERR_OK) e = hub_rekey_close(s, &log->node, old, w->at);
    *done = e == ERR_OK;
    return e;
}

/* ---- the demand ---- */

enum err hub_rekey_ask_take(struct hub_store *s, struct bytes payload, uint64_t at)
{
    struct admin_rekey_ask a;
    enum err e = admin_rekey_ask_decode(payload, &a);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT OR REPLACE INTO sys_rekey_ask(node, sign_pk, pos, "
                                       "why) VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(a.node.b));
    db_bind_blob(q, 2, BYTES_OF(a.sign_pk));
    db_bind_int(q, 3, (int64_t)at);
    db_bind_text(q, 4, a.reason);
    return db_run(q);
}

/* Which of a node's keys are newer. Serials of certificates grow with each change of keys, but a hub that went
 * back may certify the keys that it still knows again, up to the serials of newer ones and beyond. So keys are
 * ordered by the lowest serial under which any certificate of them is known: the one given before the hub went
 * back counts as soon as it stands in the log once more. SPEC 18.11. sys_key follows from the log alone, and
 * not from its order. */
#include "hub/store_priv.h"
#include "hub/store_rekey.h"

#include <sodium.h>

#define HUB_KEYS_FORM "keys" /* in sys_meta: the table was filled from the log of before it */

enum err hub_key_note(struct hub_store *s, const struct admin_cert *c)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_key(node, sign_pk, first, last) VALUES (?1, ?2, ?3, ?3) ON "
                       "CONFLICT DO UPDATE SET first = min(first, ?3), last = max(last, ?3)");
    db_bind_blob(q, 1, BYTES_OF(c->node.b));
    db_bind_blob(q, 2, BYTES_OF(c->sign_pk));
    db_bind_int(q, 3, c->serial);
    return db_run(q);
}

enum err hub_store_serial_max(struct hub_store *s, const struct id_hash *node, uint32_t *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT ifnull(max(last), 0) FROM sys_key WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK) *out = (uint32_t)db_column_int(q, 0);
    db_done(q);
    return e;
}

/* *first stays as it is when no certificate of the key is known. */
static enum err hub_key_first(struct hub_store *s, const struct id_hash *node,
                              const uint8_t sign_pk[static 32], uint32_t *first)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT first FROM sys_key WHERE node = ?1 AND sign_pk = ?2");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, bytes_make(sign_pk, 32));
    enum err e = db_get(q);
    if (e == ERR_OK) *first = (uint32_t)db_column_int(q, 0);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The node's id is the hash of its first key: nothing is older. */
static bool hub_key_is_first(const struct admin_cert *c)
{
    struct id_hash id;
    crypto_generichash(id.b, sizeof id.b, c->sign_pk, sizeof c->sign_pk, NULL, 0);
    return ID_EQUAL(&id, &c->node);
}

/* Has the hub said of the node, since it gave this certificate or since it went back, what holds? */
static enum err hub_key_outdated(struct hub_store *s, const struct admin_cert *c, bool *out)
{
    bool anew = false;
    uint32_t last = 0;
    enum err e = hub_store_serial_max(s, &c->node, &last);
    if (e == ERR_OK) e = hub_enrol_anew(s, &c->node, &anew);
    if (e == ERR_OK) *out = anew || last >= c->serial;
    return e;
}

enum err hub_store_keys_newer(struct hub_store *s, const struct admin_cert *shown, bool *newer,
                              bool *keep)
{
    struct hub_node node;
    bool retired = false, outdated = false;
    uint32_t here = 0, there = UINT32_MAX;
    enum err e = hub_store_node(s, &shown->node, &node);
    if (e == ERR_OK) e = hub_key_first(s, &shown->node, node.sign_pk, &here);
    if (e == ERR_OK) e = hub_key_first(s, &shown->node, shown->sign_pk, &there);
    if (e == ERR_OK) e = hub_rekey_retired(s, &shown->node, shown->sign_pk, &retired);
    if (e == ERR_OK) e = hub_key_outdated(s, shown, &outdated);
    if (e != ERR_OK) return e;
    if (there > shown->serial) there = shown->serial;
    *newer = there > here && !retired && !hub_key_is_first(shown) &&
             memcmp(shown->sign_pk, node.sign_pk, sizeof shown->sign_pk) != 0;
    *keep = *newer && outdated;
    return ERR_OK;
}

enum err hub_key_keeps_unit(struct hub_store *s, const struct admin_cert *c,
                            char unit[static ADMIN_UNIT_BYTES_MAX + 1], bool *keeps)
{
    struct hub_node node;
    struct admin_cert here;
    bool outdated = false;
    *keeps = false;
    enum err e = hub_store_node(s, &c->node, &node);
    if (e == ERR_OK) e = hub_store_cert(s, &c->node, &here);
    if (e == ERR_OK) e = hub_key_outdated(s, c, &outdated);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    *keeps = outdated && !hub_key_is_first(c) &&
             memcmp(c->sign_pk, here.sign_pk, sizeof c->sign_pk) != 0;
    if (*keeps) memcpy(unit, node.unit, sizeof node.unit);
    return ERR_OK;
}

/* ---- a database of before the table ---- */

static enum err hub_keys_of_set(struct hub_store *s, struct bytes head, struct bytes body,
                                uint64_t position)
{
    enum err e = change_open(head, body, s->view);
    if (e != ERR_OK) return ERR_OK; /* damaged: verify names it */
    for (unsigned i = 0; e == ERR_OK && i < s->view->head.ops; i++) {
        struct admin_enrol en;
        struct admin_cert c;
        struct bytes p = s->view->payload[i];
        if (p.p == NULL || change_payload_kind(p) != CHANGE_ENROL ||
            admin_enrol_decode(p, &en) != ERR_OK ||
            admin_key_cert_open(en.certificate, &s->identity.hub, &s->identity.parsed, position,
                                &c) != ERR_OK ||
            !ID_EQUAL(&c.node, &en.node))
            continue;
        e = hub_key_note(s, &c);
    }
    return e;
}

enum err hub_keys_open(struct hub_store *s)
{
    int64_t form = 0;
    bool row = true;
    enum err e = hub_meta_int(s, HUB_KEYS_FORM, &form);
    if (e != ERR_OK || form > 0) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT l.head, l.body, CASE WHEN i.given IS NULL THEN l.pos ELSE 1 END FROM "
               "sys_inc i JOIN sys_log l ON l.inc = i.no WHERE i.node = ?1");
    db_bind_blob(q, 1, BYTES_OF(s->identity.hub.b));
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row)
            e = hub_keys_of_set(s, db_column_bytes(q, 0), db_column_bytes(q, 1),
                                (uint64_t)db_column_int(q, 2));
    }
    db_done(q);
    return e == ERR_OK ? hub_meta_set_int(s, HUB_KEYS_FORM, 1) : e;
}

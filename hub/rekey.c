#include "hub/rekey.h"
#include "hub/own.h"
#include "hub/store_bundle.h"
#include "common/log.h"

#include <stdio.h>

static enum err hub_rekey_enrol(struct hub_store *store, const struct hub_sync_keys *keys,
                                const struct hub_certify *c, struct bytes paper, int64_t now_ms)
{
    struct admin_enrol enrol = {.node = *c->node, .certificate = paper};
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_enrol_encode(&enrol, &payload);
    enum err e = payload.e;
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    if (c->person != NULL) set.person = *c->person;
    if (e == ERR_OK) e = hub_own_append(store, keys, &set, now_ms, NULL);
    buf_free(&payload);
    return e;
}

static enum err hub_rekey_append(struct hub_store *store, const struct hub_sync_keys *keys,
                                 const struct hub_certify *c, const struct admin_cert *cert,
                                 int64_t now_ms)
{
    struct buf paper;
    buf_init(&paper, ADMIN_CERT_BYTES_MAX);
    admin_cert_make(cert, keys->log_secret, &paper);
    enum err e = paper.e;
    if (e == ERR_OK) e = hub_rekey_enrol(store, keys, c, buf_bytes(&paper), now_ms);
    buf_free(&paper);
    return e;
}

enum err hub_rekey_certify(struct hub_store *store, const struct hub_sync_keys *keys,
                           const struct hub_certify *c, int64_t now_ms)
{
    struct hub_node n;
    struct admin_cert cert = {.hub = keys->hub, .node = *c->node};
    uint32_t last = 0;
    enum err e = hub_store_node(store, c->node, &n);
    if (e == ERR_OK) e = hub_store_sealing(store, c->node, cert.sealing_pk);
    if (e == ERR_OK) e = hub_store_serial_max(store, c->node, &last);
    if (e != ERR_OK) return e;
    memcpy(cert.sign_pk, n.sign_pk, sizeof cert.sign_pk);
    memcpy(cert.transport_pk, n.transport_pk, sizeof cert.transport_pk);
    snprintf(cert.unit, sizeof cert.unit, "%s", c->unit != NULL ? c->unit : n.unit);
    cert.serial = last < UINT32_MAX ? last + 1 : last;
    return hub_rekey_append(store, keys, c, &cert, now_ms);
}

enum err hub_rekey_taken(struct hub_store *store, const struct hub_sync_keys *keys,
                         const struct id_hash *node, const struct hub_taken *taken, int64_t now_ms)
{
    struct hub_node n;
    struct admin_cert cert;
    uint32_t last = 0;
    if (!taken->rekeyed) return ERR_OK;
    enum err e = hub_store_node(store, node, &n);
    if (e == ERR_OK) e = hub_store_cert(store, node, &cert);
    if (e == ERR_OK) e = hub_store_serial_max(store, node, &last);
    /* A hub that went back has heard of these keys by their certificate; it is enough unless the hub certified
     * the old ones meanwhile, or moved the node. */
    if (e != ERR_OK || (key_equal(cert.sign_pk, n.sign_pk, sizeof cert.sign_pk) &&
                        strcmp(cert.unit, n.unit) == 0 && cert.serial == last))
        return e;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("node.rekeyed"), log_str("unit", n.unit));
    return hub_rekey_certify(store, keys, &(struct hub_certify){.node = node}, now_ms);
}

enum err hub_rekey_given(struct hub_store *store, const struct hub_sync_keys *keys, int64_t now_ms)
{
    struct id_hash node;
    struct hub_node n;
    if (!hub_store_certify_due(store, &node)) return ERR_OK;
    enum err e = hub_store_node(store, &node, &n);
    if (e != ERR_OK || n.revoked) return e == ERR_NOT_FOUND ? ERR_OK : e;
    return hub_rekey_certify(store, keys, &(struct hub_certify){.node = &node}, now_ms);
}

bool hub_rekey_newer(struct hub_store *store, const struct admin_cert *shown)
{
    bool newer = false, keep;
    return hub_store_keys_newer(store, shown, &newer, &keep) == ERR_OK && newer;
}

/* As it was shown, for it says when the keys are from. Where the hub certified older ones meanwhile, behind it what
 * holds: the unit that it said last, under a serial above all. */
enum err hub_rekey_again(struct hub_store *store, const struct hub_sync_keys *keys,
                         const struct admin_cert *shown, struct bytes paper, int64_t now_ms)
{
    struct hub_certify c = {.node = &shown->node};
    struct hub_node n;
    bool newer = true, keep = false;
    enum err e = hub_store_node(store, &shown->node, &n);
    if (e == ERR_NOT_FOUND) return hub_rekey_enrol(store, keys, &c, paper, now_ms);
    if (e == ERR_OK) e = hub_store_keys_newer(store, shown, &newer, &keep);
    if (e != ERR_OK || !newer || n.revoked) return e; /* another session was quicker */
    e = hub_rekey_enrol(store, keys, &c, paper, now_ms);
    return e == ERR_OK && keep ? hub_rekey_certify(store, keys, &c, now_ms) : e;
}

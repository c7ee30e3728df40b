#include "hub/rekey.h"
#include "hub/own.h"
#include "hub/store_bundle.h"
#include "common/log.h"

#include <stdio.h>

static enum err hub_rekey_append(struct hub_store *store, const struct hub_sync_keys *keys,
                                 const struct hub_certify *c, const struct admin_cert *cert,
                                 int64_t now_ms)
{
    struct admin_enrol enrol = {.node = cert->node};
    struct buf paper, payload;
    buf_init(&paper, ADMIN_CERT_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_cert_make(cert, keys->log_secret, &paper);
    enrol.certificate = buf_bytes(&paper);
    admin_enrol_encode(&enrol, &payload);
    enum err e = paper.e != ERR_OK ? paper.e : payload.e;
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    if (c->person != NULL) set.person = *c->person;
    if (e == ERR_OK) e = hub_own_append(store, keys, &set, now_ms, NULL);
    buf_free(&payload);
    buf_free(&paper);
    return e;
}

enum err hub_rekey_certify(struct hub_store *store, const struct hub_sync_keys *keys,
                           const struct hub_certify *c, int64_t now_ms)
{
    struct hub_node n;
    struct admin_cert old, cert = {.hub = keys->hub, .node = *c->node};
    enum err e = hub_store_node(store, c->node, &n);
    if (e == ERR_OK) e = hub_store_cert(store, c->node, &old);
    if (e == ERR_OK) e = hub_store_sealing(store, c->node, cert.sealing_pk);
    if (e != ERR_OK) return e;
    memcpy(cert.sign_pk, n.sign_pk, sizeof cert.sign_pk);
    memcpy(cert.transport_pk, n.transport_pk, sizeof cert.transport_pk);
    snprintf(cert.unit, sizeof cert.unit, "%s", c->unit != NULL ? c->unit : n.unit);
    cert.serial = old.serial < UINT32_MAX ? old.serial + 1 : old.serial;
    return hub_rekey_append(store, keys, c, &cert, now_ms);
}

enum err hub_rekey_taken(struct hub_store *store, const struct hub_sync_keys *keys,
                         const struct id_hash *node, const struct hub_taken *taken, int64_t now_ms)
{
    struct hub_node n;
    struct admin_cert cert;
    if (!taken->rekeyed) return ERR_OK;
    enum err e = hub_store_node(store, node, &n);
    if (e == ERR_OK) e = hub_store_cert(store, node, &cert);
    if (e != ERR_OK || key_equal(cert.sign_pk, n.sign_pk, sizeof cert.sign_pk))
        return e; /* the hub went back, and has heard of these keys by their certificate */
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("node.rekeyed"), log_str("unit", n.unit));
    return hub_rekey_certify(store, keys, &(struct hub_certify){.node = node}, now_ms);
}

bool hub_rekey_newer(struct hub_store *store, const struct id_hash *node,
                     const struct admin_cert *shown)
{
    struct admin_cert cert;
    return hub_store_cert(store, node, &cert) == ERR_OK && shown->serial > cert.serial &&
           !key_equal(shown->sign_pk, cert.sign_pk, sizeof cert.sign_pk);
}

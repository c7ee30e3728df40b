#include "hub/join.h"
#include "hub/own.h"
#include "hub/store_bundle.h"

#include <sodium.h>

static enum err hub_join_enrol(struct hub_store *store, const struct hub_sync_keys *keys,
                               const struct message_join *join, const struct hub_join *j,
                               int64_t now_ms)
{
    struct admin_enrol enrol = {.node = j->node, .certificate = bytes_make(j->cert, j->cert_len)};
    struct hub_taken taken;
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_enrol_encode(&enrol, &payload);
    enum err e = payload.e;
    struct bytes p = buf_bytes(&payload);
    if (e == ERR_OK)
        e = hub_own_append(store, keys, &(struct hub_own_set){.payloads = &p, .count = 1}, now_ms,
                           &taken);
    if (e == ERR_OK) e = hub_store_invite_use(store, join->token, &j->node, join->name, now_ms);
    buf_free(&payload);
    return e;
}

/* A node that is enrolled may only repeat its JOIN, with the same keys. */
static enum err hub_join_known(struct hub_store *store, const struct message_join *join,
                               struct hub_join *j)
{
    struct hub_node node;
    uint8_t sealing[32];
    enum err e = hub_store_node(store, &j->node, &node);
    j->again = e == ERR_OK;
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = hub_store_sealing(store, &j->node, sealing);
    if (e != ERR_OK) return e;
    if (node.revoked) {
        j->refusal = MESSAGE_REVOKED_NODE;
    } else if (sodium_memcmp(node.transport_pk, join->transport_pk, 32) != 0 ||
               sodium_memcmp(sealing, join->sealing_pk, 32) != 0) {
        j->refusal = MESSAGE_BAD_PROOF;
    }
    return ERR_OK;
}

/* May these keys use this token? Fills the refusal, or the unit. */
static enum err hub_join_may(struct hub_store *store, const struct message_join *join,
                             struct admin_cert *cert, int64_t now_ms, struct hub_join *j)
{
    enum err e =
        hub_store_invite_check(store, join->token, &cert->node, now_ms, cert->unit, j->unit_name);
    j->refusal = e == ERR_NOT_FOUND ? MESSAGE_BAD_INVITE
                 : e == ERR_EXISTS  ? MESSAGE_USED_INVITE
                 : e == ERR_TIMEOUT ? MESSAGE_OLD_INVITE
                                    : 0;
    if (j->refusal != 0) return ERR_OK;
    return e == ERR_OK ? hub_join_known(store, join, j) : e;
}

static enum err hub_join_certify(const struct hub_sync_keys *keys, const struct admin_cert *cert,
                                 struct hub_join *j)
{
    struct buf b;
    buf_init(&b, sizeof j->cert);
    admin_cert_make(cert, keys->log_secret, &b);
    enum err e = b.e;
    if (e == ERR_OK) memcpy(j->cert, b.p, b.len);
    if (e == ERR_OK) j->cert_len = b.len;
    buf_free(&b);
    return e;
}

enum err hub_join_take(struct hub_store *store, const struct hub_sync_keys *keys,
                       const struct message_join *join, int64_t now_ms, struct hub_join *out)
{
    struct admin_cert cert = {.hub = keys->hub, .serial = 1};
    memset(out, 0, sizeof *out);
    memcpy(cert.sign_pk, join->sign_pk, sizeof cert.sign_pk);
    memcpy(cert.transport_pk, join->transport_pk, sizeof cert.transport_pk);
    memcpy(cert.sealing_pk, join->sealing_pk, sizeof cert.sealing_pk);
    crypto_generichash(cert.node.b, sizeof cert.node.b, join->sign_pk, sizeof join->sign_pk, NULL,
                       0);
    out->node = cert.node;
    enum err e = hub_join_may(store, join, &cert, now_ms, out);
    if (e != ERR_OK || out->refusal != 0) return e;
    e = hub_join_certify(keys, &cert, out);
    if (e == ERR_OK && !out->again) e = hub_join_enrol(store, keys, join, out, now_ms);
    return e == ERR_OK ? hub_store_identity(store, &out->identity) : e;
}

struct message_welcome hub_join_welcome(const struct hub_join *join)
{
    return (struct message_welcome){
        .card = bytes_make(join->identity.card, join->identity.card_len),
        .cert = bytes_make(join->cert, join->cert_len),
        .unit_name = bytes_str(join->unit_name),
    };
}

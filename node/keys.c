/* Which key of the node: the present ones, or those that they are being changed to. */
#include "node/sync.h"

#include <sodium.h>
#include <string.h>

const uint8_t *node_keys_sign(const struct node_sync_keys *k, const uint8_t sign_pk[static 32])
{
    for (; k != NULL; k = k->next) {
        if (memcmp(k->sign_pk, sign_pk, 32) == 0) return k->sign_secret;
    }
    return NULL;
}

bool node_keys_signer(const void *keys, const uint8_t sign_pk[static 32],
                      const struct change_head *head, const struct id_hash *hash,
                      uint8_t signature[static 64])
{
    const uint8_t *secret = node_keys_sign(keys, sign_pk);
    if (secret == NULL) return false;
    change_sign(secret, head, hash, signature);
    return true;
}

bool node_keys_transport(const struct node_sync_keys *k, const uint8_t pk[static 32],
                         struct link_keys *out)
{
    for (; k != NULL; k = k->next) {
        if (memcmp(k->transport_pk, pk, 32) != 0) continue;
        *out = (struct link_keys){.secret = k->transport_secret, .public_key = k->transport_pk};
        return true;
    }
    return false;
}

bool node_keys_sealing(const struct node_sync_keys *k, const uint8_t pk[static 32],
                       struct link_keys *out)
{
    for (; k != NULL; k = k->next) {
        if (k->sealing.public_key == NULL || memcmp(k->sealing.public_key, pk, 32) != 0) continue;
        *out = k->sealing;
        return true;
    }
    return false;
}

bool node_keys_signed(const struct node_store_set *v)
{
    return !sodium_is_zero(v->signature, sizeof v->signature);
}

size_t node_keys_run(const struct node_store_set *v, size_t count)
{
    size_t n = 0;
    while (n < count && node_keys_signed(&v[n]))
        n++;
    if (n > 0) return n; /* a frame may end behind each of them */
    while (n < count && !node_keys_signed(&v[n]))
        n++;
    return n < count ? n + 1 : 0;
}

#include "hub/own.h"
#include "hub/store_own.h"

#include <sodium.h>

/* Build, sign and take the set that `h` and `seed` begin (hub_store_own_next). */
static enum err hub_own_take(struct hub_store *store, const struct hub_sync_keys *keys,
                             struct change_head *h, const uint8_t seed[static CHANGE_SEED_BYTES],
                             const struct hub_own_set *set, int64_t now_ms, struct hub_taken *taken)
{
    struct change_builder b;
    struct buf head;
    struct buf body;
    struct id_hash hash;
    uint8_t signature[CHANGE_SIGNATURE_BYTES];
    buf_init(&head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    h->person = set->person;
    h->flags = set->import_last ? CHANGE_FLAG_IMPORT_LAST : 0;
    h->import = set->import;
    change_begin(&b, h, seed);
    for (size_t i = 0; i < set->count && b.e == ERR_OK; i++)
        change_add(&b, set->payloads[i]);
    enum err e = change_finish(&b, &head, &body, &hash);
    if (e == ERR_OK) {
        change_sign(keys->log_secret, h, &hash, signature);
        e = hub_store_take_own(store, buf_bytes(&head), buf_bytes(&body), signature, now_ms, taken);
    }
    buf_free(&head);
    buf_free(&body);
    return e;
}

static enum err hub_own_genesis(struct hub_store *store, const struct hub_sync_keys *keys,
                                struct change_head *h, const uint8_t seed[static CHANGE_SEED_BYTES],
                                int64_t now_ms)
{
    struct admin_genesis g = {.has_parent = false};
    struct hub_taken taken;
    struct buf payload;
    memcpy(g.sign_pk, keys->log_pk, sizeof g.sign_pk);
    buf_init(&payload, 1024);
    admin_genesis_encode(&g, &payload);
    enum err e = payload.e;
    struct bytes p = buf_bytes(&payload);
    if (e == ERR_OK)
        e = hub_own_take(store, keys, h, seed, &(struct hub_own_set){.payloads = &p, .count = 1},
                         now_ms, &taken);
    buf_free(&payload);
    return e;
}

enum err hub_own_append(struct hub_store *store, const struct hub_sync_keys *keys,
                        const struct hub_own_set *set, int64_t now_ms, struct hub_taken *taken)
{
    struct change_head h;
    struct hub_taken unused;
    uint8_t seed[CHANGE_SEED_BYTES];
    enum err e = hub_store_own_next(store, now_ms, &h, seed);
    if (e == ERR_OK && h.seq == 0) {
        e = hub_own_genesis(store, keys, &h, seed, now_ms);
        if (e == ERR_OK) e = hub_store_own_next(store, now_ms, &h, seed);
    }
    if (e == ERR_OK)
        e = hub_own_take(store, keys, &h, seed, set, now_ms, taken != NULL ? taken : &unused);
    sodium_memzero(seed, sizeof seed);
    return e;
}

#include "proto/noise.h"

#include <assert.h>
#include <sodium.h>

enum { NOISE_BLOCK_BYTES = 128, NOISE_TOKENS_MAX = 4 };

_Static_assert(NOISE_KEY_BYTES == crypto_scalarmult_BYTES, "X25519 key size");
_Static_assert(NOISE_KEY_BYTES == crypto_scalarmult_SCALARBYTES, "X25519 scalar size");
_Static_assert(NOISE_KEY_BYTES == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "cipher key size");
_Static_assert(NOISE_TAG_BYTES == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag size");
_Static_assert(NOISE_HASH_BYTES == crypto_generichash_BYTES_MAX, "BLAKE2b-512");

enum noise_token { NOISE_END, NOISE_E, NOISE_S, NOISE_EE, NOISE_ES, NOISE_SE, NOISE_SS };

struct noise_line {
    enum noise_token token[NOISE_TOKENS_MAX + 1];
    size_t overhead_bytes;
};

struct noise_table {
    const char *name;
    unsigned messages;
    struct noise_line line[2];
};

static const struct noise_table noise_tables[] = {
    [NOISE_IK] = {"Noise_IK_25519_ChaChaPoly_BLAKE2b",
                  2,
                  {{{NOISE_E, NOISE_ES, NOISE_S, NOISE_SS, NOISE_END}, NOISE_IK1_OVERHEAD_BYTES},
                   {{NOISE_E, NOISE_EE, NOISE_SE, NOISE_END, NOISE_END},
                    NOISE_IK2_OVERHEAD_BYTES}}},
    [NOISE_X] = {"Noise_X_25519_ChaChaPoly_BLAKE2b",
                 1,
                 {{{NOISE_E, NOISE_ES, NOISE_S, NOISE_SS, NOISE_END}, NOISE_X_OVERHEAD_BYTES},
                  {{NOISE_END, NOISE_END, NOISE_END, NOISE_END, NOISE_END}, 0}}},
};

/* --- hashes
 * ------------------------------------------------------------------------------------------- */

static void noise_hash(struct bytes a, struct bytes b, uint8_t out[NOISE_HASH_BYTES])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, NOISE_HASH_BYTES);
    if (a.len > 0) crypto_generichash_update(&st, a.p, a.len);
    if (b.len > 0) crypto_generichash_update(&st, b.p, b.len);
    crypto_generichash_final(&st, out, NOISE_HASH_BYTES);
    sodium_memzero(&st, sizeof st);
}

/* HMAC (RFC 2104) over BLAKE2b-512; keys here are always one hash long. */
static void noise_hmac(const uint8_t key[NOISE_HASH_BYTES], struct bytes data,
                       uint8_t out[NOISE_HASH_BYTES])
{
    uint8_t pad[NOISE_BLOCK_BYTES];
    uint8_t inner[NOISE_HASH_BYTES];
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < NOISE_HASH_BYTES; i++)
        pad[i] ^= key[i];
    noise_hash(BYTES_OF(pad), data, inner);
    memset(pad, 0x5c, sizeof pad);
    for (size_t i = 0; i < NOISE_HASH_BYTES; i++)
        pad[i] ^= key[i];
    noise_hash(BYTES_OF(pad), BYTES_OF(inner), out);
    sodium_memzero(pad, sizeof pad);
    sodium_memzero(inner, sizeof inner);
}

/* HKDF of the Noise specification, 4.3, with two outputs. `first` may be `ck`. */
static void noise_hkdf(const uint8_t ck[NOISE_HASH_BYTES], struct bytes input,
                       uint8_t first[NOISE_HASH_BYTES], uint8_t second[NOISE_HASH_BYTES])
{
    uint8_t temp[NOISE_HASH_BYTES];
    uint8_t more[NOISE_HASH_BYTES + 1];
    noise_hmac(ck, input, temp);
    noise_hmac(temp, bytes_make("\x01", 1), first);
    memcpy(more, first, NOISE_HASH_BYTES);
    more[NOISE_HASH_BYTES] = 0x02;
    noise_hmac(temp, BYTES_OF(more), second);
    sodium_memzero(temp, sizeof temp);
    sodium_memzero(more, sizeof more);
}

/* --- cipher state
 * ------------------------------------------------------------------------------------- */

static void noise_cipher_key(struct noise_cipher *c, const uint8_t *key)
{
    memcpy(c->k, key, NOISE_KEY_BYTES);
    c->n = 0;
    c->open = true;
}

static bool noise_cipher_usable(const struct noise_cipher *c)
{
    return c->open && c->n != UINT64_MAX;
}

static void noise_nonce(uint64_t n, uint8_t out[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
    memset(out, 0, 4);
    le64_store(out + 4, n);
}

/* Writes plain.len + NOISE_TAG_BYTES. */
static void noise_seal(struct noise_cipher *c, struct bytes ad, struct bytes plain, uint8_t *out)
{
    assert(noise_cipher_usable(c));
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    noise_nonce(c->n++, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.p, plain.len, ad.p, ad.len, NULL,
                                              nonce, c->k);
}

/* Writes message.len - NOISE_TAG_BYTES; false when it does not authenticate. */
static bool noise_unseal(struct noise_cipher *c, struct bytes ad, struct bytes message,
                         uint8_t *out)
{
    assert(noise_cipher_usable(c) && message.len >= NOISE_TAG_BYTES);
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    noise_nonce(c->n, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, message.p, message.len, ad.p,
                                                  ad.len, nonce, c->k) != 0)
        return false;
    c->n++;
    return true;
}

/* --- symmetric state
 * ---------------------------------------------------------------------------------- */

static void noise_mix_hash(struct noise_handshake *hs, struct bytes data)
{
    noise_hash(BYTES_OF(hs->h), data, hs->h);
}

static void noise_mix_key(struct noise_handshake *hs, struct bytes input)
{
    uint8_t key[NOISE_HASH_BYTES];
    noise_hkdf(hs->ck, input, hs->ck, key);
    noise_cipher_key(&hs->cipher, key);
    sodium_memzero(key, sizeof key);
}

/* EncryptAndHash. In our patterns a key is always set before the first static key or payload. */
static void noise_seal_and_hash(struct noise_handshake *hs, struct bytes plain, uint8_t *out)
{
    noise_seal(&hs->cipher, BYTES_OF(hs->h), plain, out);
    noise_mix_hash(hs, bytes_make(out, plain.len + NOISE_TAG_BYTES));
}

static bool noise_unseal_and_hash(struct noise_handshake *hs, struct bytes sealed, uint8_t *out)
{
    if (!noise_unseal(&hs->cipher, BYTES_OF(hs->h), sealed, out)) return false;
    noise_mix_hash(hs, sealed);
    return true;
}

/* --- handshake
 * ---------------------------------------------------------------------------------------- */

void noise_init(struct noise_handshake *hs, const struct noise_config *config)
{
    assert(hs != NULL && config != NULL && config->s_secret != NULL);
    assert((config->role == NOISE_INITIATOR) == (config->rs_public != NULL));
    *hs = (struct noise_handshake){.pattern = config->pattern,
                                   .role = config->role,
                                   .state = NOISE_TALKING,
                                   .s_secret = config->s_secret};
    crypto_scalarmult_base(hs->s_public, hs->s_secret);
    if (config->e_secret != NULL) {
        hs->e_given = true;
        memcpy(hs->e_secret, config->e_secret, NOISE_KEY_BYTES);
    }
    if (config->rs_public != NULL) {
        hs->knows_rs = true;
        memcpy(hs->rs, config->rs_public, NOISE_KEY_BYTES);
    }
    /* The name is no longer than a hash, so h begins as the name padded with zeros. */
    const char *name = noise_tables[hs->pattern].name;
    assert(strlen(name) <= NOISE_HASH_BYTES);
    memcpy(hs->h, name, strlen(name));
    memcpy(hs->ck, hs->h, NOISE_HASH_BYTES);
    noise_mix_hash(hs, config->prologue);
    noise_mix_hash(hs, hs->role == NOISE_INITIATOR ? BYTES_OF(hs->rs) : BYTES_OF(hs->s_public));
}

static const struct noise_line *noise_next_line(const struct noise_handshake *hs)
{
    assert(hs->state == NOISE_TALKING && hs->message < noise_tables[hs->pattern].messages);
    return &noise_tables[hs->pattern].line[hs->message];
}

/* Even messages are the initiator's. */
static bool noise_may(const struct noise_handshake *hs, bool write)
{
    if (hs->state != NOISE_TALKING) return false;
    bool mine = (hs->message % 2 == 0) == (hs->role == NOISE_INITIATOR);
    return mine == write;
}

size_t noise_overhead(const struct noise_handshake *hs)
{
    return hs->state == NOISE_TALKING ? noise_next_line(hs)->overhead_bytes : 0;
}

bool noise_writes_next(const struct noise_handshake *hs)
{
    return noise_may(hs, true);
}

bool noise_done(const struct noise_handshake *hs)
{
    return hs->state == NOISE_DONE;
}

const uint8_t *noise_peer(const struct noise_handshake *hs)
{
    return hs->state != NOISE_ENDED && hs->knows_rs ? hs->rs : NULL;
}

void noise_wipe(struct noise_handshake *hs)
{
    sodium_memzero(hs, sizeof *hs);
}

void noise_session_wipe(struct noise_session *s)
{
    sodium_memzero(s, sizeof *s);
}

/* A point of low order gives an all-zero secret, which anyone knows: refused. */
static enum err noise_mix_dh(struct noise_handshake *hs, const uint8_t *secret,
                             const uint8_t *public)
{
    uint8_t shared[NOISE_KEY_BYTES];
    enum err e = ERR_HANDSHAKE;
    if (crypto_scalarmult(shared, secret, public) == 0) {
        noise_mix_key(hs, BYTES_OF(shared));
        e = ERR_OK;
    }
    sodium_memzero(shared, sizeof shared);
    return e;
}

/* The four key agreements; the letters name the initiator's key first. */
static enum err noise_agree(struct noise_handshake *hs, enum noise_token token)
{
    bool initiator = hs->role == NOISE_INITIATOR;
    switch (token) {
    case NOISE_EE: return noise_mix_dh(hs, hs->e_secret, hs->re);
    case NOISE_SS: return noise_mix_dh(hs, hs->s_secret, hs->rs);
    case NOISE_ES:
        return initiator ? noise_mix_dh(hs, hs->e_secret, hs->rs)
                         : noise_mix_dh(hs, hs->s_secret, hs->re);
    case NOISE_SE:
        return initiator ? noise_mix_dh(hs, hs->s_secret, hs->re)
                         : noise_mix_dh(hs, hs->e_secret, hs->rs);
    case NOISE_E:
    case NOISE_S:
    case NOISE_END: break;
    }
    assert(false); /* No other token is a key agreement. */
    return ERR_HANDSHAKE;
}

/* Write what one token stands for at *at and move it on. */
static enum err noise_write_token(struct noise_handshake *hs, enum noise_token token, uint8_t **at)
{
    if (token == NOISE_E) {
        if (!hs->e_given) randombytes_buf(hs->e_secret, NOISE_KEY_BYTES);
        crypto_scalarmult_base(hs->e_public, hs->e_secret);
        memcpy(*at, hs->e_public, NOISE_KEY_BYTES);
        *at += NOISE_KEY_BYTES;
        noise_mix_hash(hs, BYTES_OF(hs->e_public));
        return ERR_OK;
    }
    if (token == NOISE_S) {
        noise_seal_and_hash(hs, BYTES_OF(hs->s_public), *at);
        *at += NOISE_KEY_BYTES + NOISE_TAG_BYTES;
        return ERR_OK;
    }
    return noise_agree(hs, token);
}

/* Read what one token stands for at the front of *rest, whose length was checked for the whole
 * message. */
static enum err noise_read_token(struct noise_handshake *hs, enum noise_token token,
                                 struct bytes *rest)
{
    size_t used = 0;
    if (token == NOISE_E) {
        memcpy(hs->re, rest->p, NOISE_KEY_BYTES);
        noise_mix_hash(hs, BYTES_OF(hs->re));
        used = NOISE_KEY_BYTES;
    } else if (token == NOISE_S) {
        used = NOISE_KEY_BYTES + NOISE_TAG_BYTES;
        if (!noise_unseal_and_hash(hs, bytes_make(rest->p, used), hs->rs)) return ERR_HANDSHAKE;
    } else {
        return noise_agree(hs, token);
    }
    rest->p += used;
    rest->len -= used;
    return ERR_OK;
}

static void noise_next(struct noise_handshake *hs)
{
    hs->message++;
    if (hs->message == noise_tables[hs->pattern].messages) hs->state = NOISE_DONE;
}

enum err noise_write(struct noise_handshake *hs, struct bytes payload, uint8_t *out, size_t cap,
                     size_t *len)
{
    assert(hs != NULL && out != NULL && len != NULL);
    enum err e = ERR_HANDSHAKE;
    if (!noise_may(hs, true)) goto out;
    const struct noise_line *line = noise_next_line(hs);
    e = ERR_TOO_LARGE;
    if (payload.len > NOISE_MESSAGE_BYTES_MAX - line->overhead_bytes) goto out;
    if (cap < payload.len + line->overhead_bytes) goto out;
    uint8_t *at = out;
    for (size_t i = 0; line->token[i] != NOISE_END; i++) {
        e = noise_write_token(hs, line->token[i], &at);
        if (e != ERR_OK) goto out;
    }
    noise_seal_and_hash(hs, payload, at);
    at += payload.len + NOISE_TAG_BYTES;
    assert((size_t)(at - out) == payload.len + line->overhead_bytes);
    noise_next(hs);
    *len = (size_t)(at - out);
    e = ERR_OK;
out:
    if (e != ERR_OK) noise_wipe(hs);
    return e;
}

enum err noise_read(struct noise_handshake *hs, struct bytes message, uint8_t *payload, size_t cap,
                    size_t *len)
{
    assert(hs != NULL && len != NULL);
    enum err e = ERR_HANDSHAKE;
    if (!noise_may(hs, false)) goto out;
    const struct noise_line *line = noise_next_line(hs);
    e = ERR_BAD_FORMAT;
    if (message.len < line->overhead_bytes) goto out;
    e = ERR_TOO_LARGE;
    if (message.len > NOISE_MESSAGE_BYTES_MAX) goto out;
    size_t plain_bytes = message.len - line->overhead_bytes;
    if (plain_bytes > cap) goto out;
    struct bytes rest = message;
    for (size_t i = 0; line->token[i] != NOISE_END; i++) {
        e = noise_read_token(hs, line->token[i], &rest);
        if (e != ERR_OK) goto out;
    }
    assert(rest.len == plain_bytes + NOISE_TAG_BYTES);
    e = ERR_HANDSHAKE;
    if (!noise_unseal_and_hash(hs, rest, payload)) goto out;
    hs->knows_rs = true; /* Only now: the last key agreement has proven the static key we read. */
    noise_next(hs);
    *len = plain_bytes;
    e = ERR_OK;
out:
    if (e != ERR_OK) noise_wipe(hs);
    return e;
}

enum err noise_split_raw(struct noise_handshake *hs, struct noise_cipher out[2])
{
    assert(hs != NULL && out != NULL);
    if (hs->state != NOISE_DONE) return ERR_HANDSHAKE;
    uint8_t key[2][NOISE_HASH_BYTES];
    noise_hkdf(hs->ck, bytes_make(NULL, 0), key[0], key[1]);
    noise_cipher_key(&out[0], key[0]);
    noise_cipher_key(&out[1], key[1]);
    sodium_memzero(key, sizeof key);
    noise_wipe(hs);
    return ERR_OK;
}

enum err noise_split(struct noise_handshake *hs, struct noise_session *out)
{
    assert(hs != NULL && out != NULL);
    if (hs->state != NOISE_DONE) return ERR_HANDSHAKE;
    struct noise_cipher way[2];
    bool initiator = hs->role == NOISE_INITIATOR;
    bool one_way = noise_tables[hs->pattern].messages == 1;
    memcpy(out->hash, hs->h, NOISE_HASH_BYTES);
    memcpy(out->peer, hs->rs, NOISE_KEY_BYTES);
    enum err e = noise_split_raw(hs, way);
    assert(e == ERR_OK);
    if (one_way) sodium_memzero(&way[1], sizeof way[1]);
    out->send = way[initiator ? 0 : 1];
    out->recv = way[initiator ? 1 : 0];
    sodium_memzero(way, sizeof way);
    return e;
}

/* --- transport
 * ---------------------------------------------------------------------------------------- */

enum err noise_encrypt(struct noise_cipher *c, struct bytes plain, uint8_t *out, size_t cap,
                       size_t *len)
{
    assert(c != NULL && out != NULL && len != NULL);
    if (!noise_cipher_usable(c)) return ERR_HANDSHAKE;
    if (plain.len > NOISE_PLAIN_BYTES_MAX || cap < plain.len + NOISE_TAG_BYTES)
        return ERR_TOO_LARGE;
    noise_seal(c, bytes_make(NULL, 0), plain, out);
    *len = plain.len + NOISE_TAG_BYTES;
    return ERR_OK;
}

enum err noise_decrypt(struct noise_cipher *c, struct bytes message, uint8_t *out, size_t cap,
                       size_t *len)
{
    assert(c != NULL && len != NULL);
    enum err e = ERR_HANDSHAKE;
    if (!noise_cipher_usable(c)) goto out;
    e = ERR_BAD_FORMAT;
    if (message.len < NOISE_TAG_BYTES) goto out;
    e = ERR_TOO_LARGE;
    if (message.len > NOISE_MESSAGE_BYTES_MAX || cap < message.len - NOISE_TAG_BYTES) goto out;
    e = ERR_BAD_FORMAT;
    if (!noise_unseal(c, bytes_make(NULL, 0), message, out)) goto out;
    *len = message.len - NOISE_TAG_BYTES;
    e = ERR_OK;
out:
    if (e != ERR_OK) sodium_memzero(c, sizeof *c);
    return e;
}

enum err noise_encrypt_buf(struct noise_cipher *c, struct bytes plain, struct buf *out)
{
    assert(out != NULL);
    if (plain.len > NOISE_PLAIN_BYTES_MAX) return ERR_TOO_LARGE;
    size_t before = out->len;
    size_t len = 0;
    uint8_t *at = buf_room(out, plain.len + NOISE_TAG_BYTES);
    if (at == NULL) return out->e;
    enum err e = noise_encrypt(c, plain, at, plain.len + NOISE_TAG_BYTES, &len);
    if (e != ERR_OK) out->len = before;
    return e;
}

enum err noise_decrypt_buf(struct noise_cipher *c, struct bytes message, struct buf *out)
{
    assert(out != NULL);
    size_t before = out->len;
    size_t room = message.len < NOISE_TAG_BYTES ? 0 : message.len - NOISE_TAG_BYTES;
    size_t len = 0;
    if (room > NOISE_PLAIN_BYTES_MAX)
        room = 0; /* noise_decrypt refuses it and closes the cipher. */
    uint8_t *at = buf_room(out, room);
    if (at == NULL) return out->e;
    enum err e = noise_decrypt(c, message, at, room, &len);
    if (e != ERR_OK) out->len = before;
    return e;
}

#include "proto/sealed.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

enum {
    SEALED_SIV_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEALED_TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SEALED_HEAD_BYTES = SEALED_KID_BYTES + SEALED_SIV_BYTES,
    SEALED_PADDED_MAX = SEALED_PLAIN_BYTES_MAX + 1,
    SEALED_BODY_MAX = SEALED_HEAD_BYTES + SEALED_PADDED_MAX + SEALED_TAG_BYTES,
    SEALED_TAG = 16, /* bytes of a label */
    SEALED_BASE64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
    SEALED_WRAP_BYTES = SEALED_KID_BYTES + 32 + SEALED_READER_BYTES + SEALED_KEY_BYTES + 16,
    SEALED_MARK_DIGITS = 4, /* bytes of the keyed hash that are shown */
};

static_assert(SEALED_PADDED_MAX % SEALED_BLOCK_BYTES == 0, "the longest text fills its blocks");
static_assert(sizeof(struct sealed_wrap) == SEALED_WRAP_BYTES, "an element is the struct's bytes");
static_assert(SEALED_WRAP_BYTES * 4 == SEALED_WRAP_CHARS * 3, "without padding");

static const char sealed_prefix[] = "seal1:";
enum { SEALED_PREFIX_BYTES = sizeof sealed_prefix - 1 };

/* A label of 16 bytes. */
static void sealed_label(const char *name, uint8_t out[static SEALED_TAG])
{
    size_t len = strlen(name);
    assert(len <= SEALED_TAG);
    memset(out, 0, SEALED_TAG);
    memcpy(out, name, len);
}

/* HK(key, label). */
static void sealed_derive(const uint8_t *key, const char *name, uint8_t out[static 32])
{
    uint8_t label[SEALED_TAG];
    sealed_label(name, label);
    crypto_generichash(out, 32, label, sizeof label, key, SEALED_KEY_BYTES);
}

void sealed_kid(const uint8_t key[static SEALED_KEY_BYTES], uint8_t out[static SEALED_KID_BYTES])
{
    uint8_t h[32];
    sealed_derive(key, "dongbo/seal-id/1", h);
    memcpy(out, h, SEALED_KID_BYTES);
}

/* label ‖ rid ‖ type u16 ‖ field u16 */
enum { SEALED_BOUND_BYTES = SEALED_TAG + ID_RECORD_BYTES + 4 };
static void sealed_bound(const struct sealed_place *at, uint8_t out[static SEALED_BOUND_BYTES])
{
    sealed_label("dongbo/seal/1", out);
    memcpy(out + SEALED_TAG, at->rid.b, ID_RECORD_BYTES);
    le16_store(out + SEALED_TAG + ID_RECORD_BYTES, (uint16_t)at->type);
    le16_store(out + SEALED_TAG + ID_RECORD_BYTES + 2, (uint16_t)at->field);
}

/* The keyed hash of a value, which is its nonce too. */
static void sealed_siv(const uint8_t *key, const uint8_t *bound, struct bytes text,
                       uint8_t out[static SEALED_SIV_BYTES])
{
    uint8_t k[32];
    crypto_generichash_state state;
    sealed_derive(key, "dongbo/seal-eq/1", k);
    crypto_generichash_init(&state, k, sizeof k, SEALED_SIV_BYTES);
    crypto_generichash_update(&state, bound, SEALED_BOUND_BYTES);
    crypto_generichash_update(&state, text.p, text.len);
    crypto_generichash_final(&state, out, SEALED_SIV_BYTES);
    sodium_memzero(k, sizeof k);
    sodium_memzero(&state, sizeof state);
}

enum err sealed_make(const uint8_t key[static SEALED_KEY_BYTES], const struct sealed_place *at,
                     struct bytes text, struct buf *out)
{
    uint8_t body[SEALED_BODY_MAX], padded[SEALED_PADDED_MAX], bound[SEALED_BOUND_BYTES], k[32];
    unsigned long long n = 0;
    if (text.len == 0) return ERR_BAD_INPUT;
    if (text.len > SEALED_PLAIN_BYTES_MAX) return ERR_TOO_LARGE;
    size_t len = (text.len / SEALED_BLOCK_BYTES + 1) * SEALED_BLOCK_BYTES;
    memset(padded, 0, sizeof padded);
    memcpy(padded, text.p, text.len);
    padded[text.len] = 0x80;
    sealed_bound(at, bound);
    sealed_kid(key, body);
    sealed_siv(key, bound, text, body + SEALED_KID_BYTES);
    sealed_derive(key, "dongbo/seal-ke/1", k);
    crypto_aead_xchacha20poly1305_ietf_encrypt(body + SEALED_HEAD_BYTES, &n, padded, len, bound,
                                               sizeof bound, NULL, body + SEALED_KID_BYTES, k);
    sodium_memzero(padded, sizeof padded);
    sodium_memzero(k, sizeof k);
    char chars[SEALED_TEXT_BYTES_MAX + 1];
    sodium_bin2base64(chars, sizeof chars, body, SEALED_HEAD_BYTES + (size_t)n, SEALED_BASE64);
    buf_add(out, sealed_prefix, SEALED_PREFIX_BYTES);
    buf_add_str(out, chars);
    return out->e;
}

/* The one canonical base64 form of 1..max bytes. */
static bool sealed_unbase64(struct bytes text, uint8_t *out, size_t max, size_t *len)
{
    char again[SEALED_TEXT_BYTES_MAX + 1];
    if (text.len == 0 || text.len > SEALED_TEXT_BYTES_MAX) return false;
    if (sodium_base642bin(out, max, (const char *)text.p, text.len, NULL, len, NULL,
                          SEALED_BASE64) != 0)
        return false;
    if (*len == 0 || sodium_base64_encoded_len(*len, SEALED_BASE64) != text.len + 1) return false;
    sodium_bin2base64(again, sizeof again, out, *len, SEALED_BASE64);
    return memcmp(again, text.p, text.len) == 0;
}

static bool sealed_body(struct bytes text, uint8_t body[static SEALED_BODY_MAX], size_t *len)
{
    if (text.len <= SEALED_PREFIX_BYTES || text.len > SEALED_TEXT_BYTES_MAX ||
        memcmp(text.p, sealed_prefix, SEALED_PREFIX_BYTES) != 0)
        return false;
    if (!sealed_unbase64(bytes_make(text.p + SEALED_PREFIX_BYTES, text.len - SEALED_PREFIX_BYTES),
                         body, SEALED_BODY_MAX, len))
        return false;
    size_t over = SEALED_HEAD_BYTES + SEALED_TAG_BYTES;
    return *len > over && (*len - over) % SEALED_BLOCK_BYTES == 0;
}

bool sealed_is(struct bytes text, uint8_t *kid)
{
    uint8_t body[SEALED_BODY_MAX];
    size_t len = 0;
    if (!sealed_body(text, body, &len)) return false;
    if (kid != NULL) memcpy(kid, body, SEALED_KID_BYTES);
    return true;
}

/* Bytes in front of the padding; 0: it is none. */
static size_t sealed_unpad(const uint8_t *p, size_t len)
{
    size_t n = len;
    while (n > 0 && p[n - 1] == 0)
        n--;
    bool good = n > 1 && p[n - 1] == 0x80 && len - n < SEALED_BLOCK_BYTES;
    return good ? n - 1 : 0;
}

enum err sealed_open(const uint8_t key[static SEALED_KEY_BYTES], const struct sealed_place *at,
                     struct bytes text, struct buf *out)
{
    uint8_t body[SEALED_BODY_MAX], plain[SEALED_PADDED_MAX], bound[SEALED_BOUND_BYTES], k[32];
    uint8_t kid[SEALED_KID_BYTES], siv[SEALED_SIV_BYTES];
    unsigned long long n = 0;
    size_t len = 0;
    if (!sealed_body(text, body, &len)) return ERR_BAD_FORMAT;
    sealed_kid(key, kid);
    if (memcmp(kid, body, sizeof kid) != 0) return ERR_NOT_FOUND;
    sealed_bound(at, bound);
    sealed_derive(key, "dongbo/seal-ke/1", k);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &n, NULL, body + SEALED_HEAD_BYTES,
                                                         len - SEALED_HEAD_BYTES, bound,
                                                         sizeof bound, body + SEALED_KID_BYTES, k);
    sodium_memzero(k, sizeof k);
    size_t length = bad == 0 ? sealed_unpad(plain, (size_t)n) : 0;
    if (length > 0) sealed_siv(key, bound, bytes_make(plain, length), siv);
    /* One text has one sealed form: else equal values could be made unequal. */
    bool good = length > 0 && sodium_memcmp(siv, body + SEALED_KID_BYTES, sizeof siv) == 0;
    if (good) buf_add(out, plain, length);
    sodium_memzero(plain, sizeof plain);
    return good ? out->e : ERR_DAMAGED;
}

void sealed_mark(struct bytes text, char out[static SEALED_MARK_ROOM])
{
    uint8_t body[SEALED_BODY_MAX];
    char hex[2 * SEALED_MARK_DIGITS + 1];
    size_t len = 0;
    if (!sealed_body(text, body, &len)) {
        snprintf(out, SEALED_MARK_ROOM, "(không đọc được)");
        return;
    }
    id_hex(bytes_make(body + SEALED_KID_BYTES, SEALED_MARK_DIGITS), hex);
    snprintf(out, SEALED_MARK_ROOM, "(đã niêm phong #%s)", hex);
}

/* ---- readers ---- */

void sealed_reader_hash(const uint8_t pk[static 32], struct id_hash *out)
{
    uint8_t in[SEALED_TAG + 32];
    sealed_label("dongbo/reader/1", in);
    memcpy(in + SEALED_TAG, pk, 32);
    crypto_generichash(out->b, sizeof out->b, in, sizeof in, NULL, 0);
}

/* The key between two, for one record: which of them wrapped is part of it. */
static enum err sealed_between(const uint8_t *secret, const uint8_t *other, const uint8_t *from,
                               const uint8_t *to, const struct id_record *rid,
                               uint8_t out[static 32])
{
    uint8_t dh[32], label[SEALED_TAG];
    crypto_generichash_state state;
    if (crypto_scalarmult(dh, secret, other) != 0) return ERR_BAD_INPUT;
    sealed_label("dongbo/wrap/1", label);
    crypto_generichash_init(&state, dh, sizeof dh, 32);
    crypto_generichash_update(&state, label, sizeof label);
    crypto_generichash_update(&state, from, 32);
    crypto_generichash_update(&state, to, 32);
    crypto_generichash_update(&state, rid->b, sizeof rid->b);
    crypto_generichash_final(&state, out, 32);
    sodium_memzero(dh, sizeof dh);
    sodium_memzero(&state, sizeof state);
    return ERR_OK;
}

/* No two keys are wrapped under one key and nonce: the nonce is the wrapped key's name. */
static void sealed_wrap_nonce(const uint8_t *kid, uint8_t out[static SEALED_SIV_BYTES])
{
    memset(out, 0, SEALED_SIV_BYTES);
    memcpy(out, kid, SEALED_KID_BYTES);
}

enum err sealed_wrap(const uint8_t secret[static 32], const uint8_t pk[static 32],
                     const uint8_t to[static 32], const struct id_record *rid,
                     const uint8_t key[static SEALED_KEY_BYTES],
                     char out[static SEALED_WRAP_CHARS + 1])
{
    struct sealed_wrap w;
    struct id_hash reader;
    uint8_t k[32], nonce[SEALED_SIV_BYTES];
    enum err e = sealed_between(secret, to, pk, to, rid, k);
    if (e != ERR_OK) return e;
    sealed_kid(key, w.kid);
    memcpy(w.from, pk, sizeof w.from);
    sealed_reader_hash(to, &reader);
    memcpy(w.to, reader.b, sizeof w.to);
    sealed_wrap_nonce(w.kid, nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(w.box, NULL, key, SEALED_KEY_BYTES, NULL, 0, NULL,
                                               nonce, k);
    sodium_memzero(k, sizeof k);
    sodium_bin2base64(out, SEALED_WRAP_CHARS + 1, (const uint8_t *)&w, sizeof w, SEALED_BASE64);
    return ERR_OK;
}

enum err sealed_wrap_read(struct bytes element, struct sealed_wrap *out)
{
    struct sealed_wrap w;
    size_t len = 0;
    if (element.len != SEALED_WRAP_CHARS ||
        !sealed_unbase64(element, (uint8_t *)&w, sizeof w, &len) || len != sizeof w)
        return ERR_BAD_FORMAT;
    *out = w;
    return ERR_OK;
}

enum err sealed_unwrap(const struct sealed_wrap *w, const uint8_t secret[static 32],
                       const uint8_t pk[static 32], const struct id_record *rid,
                       uint8_t key[static SEALED_KEY_BYTES])
{
    struct id_hash reader;
    uint8_t k[32], nonce[SEALED_SIV_BYTES], kid[SEALED_KID_BYTES], plain[SEALED_KEY_BYTES];
    unsigned long long n = 0;
    sealed_reader_hash(pk, &reader);
    if (memcmp(reader.b, w->to, sizeof w->to) != 0) return ERR_NOT_FOUND;
    if (sealed_between(secret, w->from, w->from, pk, rid, k) != ERR_OK) return ERR_DAMAGED;
    sealed_wrap_nonce(w->kid, nonce);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &n, NULL, w->box, sizeof w->box,
                                                         NULL, 0, nonce, k);
    sodium_memzero(k, sizeof k);
    if (bad == 0) {
        sealed_kid(plain, kid);
        bad = memcmp(kid, w->kid, sizeof kid);
    }
    if (bad == 0) memcpy(key, plain, SEALED_KEY_BYTES);
    sodium_memzero(plain, sizeof plain);
    return bad == 0 ? ERR_OK : ERR_DAMAGED;
}

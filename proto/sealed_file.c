#include "proto/sealed_file.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

enum {
    FILE_BEGIN_BYTES = 16,
    FILE_TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    FILE_HEAD_BYTES = FILE_BEGIN_BYTES + SEALED_FILE_NONCE_BYTES,
    FILE_BOUND_BYTES = FILE_BEGIN_BYTES + ID_RECORD_BYTES,
    FILE_HEX_BYTES = 2 * SEALED_KEY_BYTES,        /* of the key, and of the hash */
    FILE_TEXT_BYTES = 2 + 2 * FILE_HEX_BYTES + 2, /* in front of the length */
    FILE_DIGITS_MAX = 7,                          /* of the length */
};

static_assert(SEALED_FILE_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "XChaCha20");
static_assert(SEALED_FILE_OVER_BYTES == FILE_HEAD_BYTES + FILE_TAG_BYTES, "what is around the box");
static_assert(SEALED_FILE_PLAIN_BYTES_MAX + 1 + SEALED_FILE_OVER_BYTES <= (int)ATTACH_BYTES_MAX,
              "the largest fits the lane");
static_assert(FILE_TEXT_BYTES + FILE_DIGITS_MAX < SEALED_FILE_TEXT_ROOM, "the text fits");

static const uint8_t file_begin[FILE_BEGIN_BYTES] = "dongbo/file/1";

/* begin ‖ rid: a file cannot be put into another record. */
static void file_bound(const struct id_record *rid, uint8_t out[static FILE_BOUND_BYTES])
{
    memcpy(out, file_begin, FILE_BEGIN_BYTES);
    memcpy(out + FILE_BEGIN_BYTES, rid->b, ID_RECORD_BYTES);
}

/* ---- the bytes ---- */

enum err sealed_file_seal(const uint8_t key[static SEALED_KEY_BYTES],
                          const uint8_t nonce[static SEALED_FILE_NONCE_BYTES],
                          const struct id_record *rid, struct bytes plain, struct buf *sealed)
{
    uint8_t bound[FILE_BOUND_BYTES];
    if (plain.len == 0) return ERR_BAD_INPUT;
    if (plain.len > SEALED_FILE_PLAIN_BYTES_MAX) return ERR_TOO_LARGE;
    size_t padded = (plain.len / SEALED_FILE_STEP_BYTES + 1) * SEALED_FILE_STEP_BYTES;
    uint8_t *p = buf_room(sealed, SEALED_FILE_OVER_BYTES + padded);
    if (p == NULL) return sealed->e;
    uint8_t *box = p + FILE_HEAD_BYTES;
    file_bound(rid, bound);
    memcpy(p, file_begin, FILE_BEGIN_BYTES);
    memcpy(p + FILE_BEGIN_BYTES, nonce, SEALED_FILE_NONCE_BYTES);
    memcpy(box, plain.p,
           plain.len); /* sealed where it stands: the open bytes are in no second place */
    box[plain.len] = 0x80;
    memset(box + plain.len + 1, 0, padded - plain.len - 1);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, box, padded, bound, sizeof bound, NULL,
                                               nonce, key);
    return ERR_OK;
}

enum err sealed_file_make(const struct id_record *rid, struct bytes plain, struct sealed_file *out,
                          struct buf *sealed)
{
    struct sealed_file f = {.size = plain.len};
    uint8_t nonce[SEALED_FILE_NONCE_BYTES];
    randombytes_buf(f.key, sizeof f.key);
    randombytes_buf(nonce, sizeof nonce);
    enum err e = sealed_file_seal(f.key, nonce, rid, plain, sealed);
    if (e == ERR_OK) attach_hash(plain, &f.hash);
    if (e == ERR_OK) *out = f;
    sodium_memzero(&f, sizeof f);
    return e;
}

bool sealed_file_is(struct bytes sealed)
{
    return sealed.len > SEALED_FILE_OVER_BYTES && sealed.len <= ATTACH_BYTES_MAX &&
           (sealed.len - SEALED_FILE_OVER_BYTES) % SEALED_FILE_STEP_BYTES == 0 &&
           memcmp(sealed.p, file_begin, FILE_BEGIN_BYTES) == 0;
}

/* Bytes in front of the padding; 0: it is none. */
static size_t file_unpad(const uint8_t *p, size_t len)
{
    size_t n = len;
    while (n > 0 && len - n < SEALED_FILE_STEP_BYTES && p[n - 1] == 0)
        n--;
    return n > 1 && p[n - 1] == 0x80 && len - n < SEALED_FILE_STEP_BYTES ? n - 1 : 0;
}

enum err sealed_file_open(const struct sealed_file *f, const struct id_record *rid,
                          struct bytes sealed, struct buf *out)
{
    uint8_t bound[FILE_BOUND_BYTES];
    struct id_hash hash;
    unsigned long long n = 0;
    if (!sealed_file_is(sealed)) return ERR_BAD_FORMAT;
    size_t before = out->len, padded = sealed.len - SEALED_FILE_OVER_BYTES;
    uint8_t *plain = buf_room(out, padded);
    if (plain == NULL) return out->e;
    file_bound(rid, bound);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, &n, NULL, sealed.p + FILE_HEAD_BYTES, sealed.len - FILE_HEAD_BYTES, bound,
        sizeof bound, sealed.p + FILE_BEGIN_BYTES, f->key);
    size_t len = bad == 0 ? file_unpad(plain, (size_t)n) : 0;
    bool good = len > 0 && len == f->size;
    if (good) attach_hash(bytes_make(plain, len), &hash);
    good = good && ID_EQUAL(&hash, &f->hash);
    if (!good) sodium_memzero(plain, padded);
    out->len = before + (good ? len : 0);
    return good ? ERR_OK : ERR_DAMAGED;
}

/* ---- the text: "1 KEY HASH LENGTH" ---- */

void sealed_file_print(const struct sealed_file *f, char out[static SEALED_FILE_TEXT_ROOM])
{
    char key[FILE_HEX_BYTES + 1], hash[FILE_HEX_BYTES + 1];
    id_hex(BYTES_OF(f->key), key);
    id_hex(BYTES_OF(f->hash.b), hash);
    snprintf(out, SEALED_FILE_TEXT_ROOM, "1 %s %s %llu", key, hash, (unsigned long long)f->size);
    sodium_memzero(key, sizeof key);
}

enum err sealed_file_parse(struct bytes text, struct sealed_file *out)
{
    struct sealed_file f = {.size = 0};
    char s[SEALED_FILE_TEXT_ROOM], again[SEALED_FILE_TEXT_ROOM];
    enum err e = ERR_BAD_FORMAT;
    if (text.len <= FILE_TEXT_BYTES || text.len > FILE_TEXT_BYTES + FILE_DIGITS_MAX) return e;
    memcpy(s, text.p, text.len);
    s[text.len] = '\0';
    char *key = s + 2, *hash = key + FILE_HEX_BYTES + 1, *digits = hash + FILE_HEX_BYTES + 1;
    key[FILE_HEX_BYTES] = hash[FILE_HEX_BYTES] = '\0';
    for (const char *p = digits; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') goto out;
        f.size = 10 * f.size + (uint64_t)(*p - '0');
    }
    if (f.size == 0 || f.size > SEALED_FILE_PLAIN_BYTES_MAX) goto out;
    if (id_unhex(key, f.key, sizeof f.key) != ERR_OK ||
        id_unhex(hash, f.hash.b, sizeof f.hash.b) != ERR_OK)
        goto out;
    sealed_file_print(&f, again); /* one form only: what stands between is checked by it as well */
    if (strlen(again) == text.len && memcmp(again, text.p, text.len) == 0) e = ERR_OK;
    if (e == ERR_OK) *out = f;
out:
    sodium_memzero(&f, sizeof f);
    sodium_memzero(s, sizeof s);
    sodium_memzero(again, sizeof again);
    return e;
}

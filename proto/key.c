#include "proto/key.h"

#include <assert.h>
#include <sodium.h>

#define KEY_MAGIC "dongbo-key/1 "

enum { KEY_BASE64_CHARS = 44 }; /* 32 bytes, padded, without terminator */

_Static_assert(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(KEY_PUBLIC_BYTES == crypto_scalarmult_BYTES, "X25519 public key");
_Static_assert(KEY_SEED_BYTES == crypto_sign_SEEDBYTES, "Ed25519 seed");
_Static_assert(KEY_SEED_BYTES == crypto_scalarmult_SCALARBYTES, "X25519 scalar");
_Static_assert(KEY_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
_Static_assert(KEY_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519 signature");
_Static_assert(KEY_BASE64_CHARS + 1 ==
                   sodium_base64_ENCODED_LEN(KEY_SEED_BYTES, sodium_base64_VARIANT_ORIGINAL),
               "base64 of a key");

static const char *const key_use_names[] = {
    [KEY_SIGN] = "sign",       [KEY_TRANSPORT] = "transport", [KEY_SEALING] = "sealing",
    [KEY_ROOT] = "root",       [KEY_ISSUE] = "issue",         [KEY_OFFICER] = "officer",
    [KEY_READING] = "reading",
};
_Static_assert(sizeof key_use_names / sizeof *key_use_names == KEY_USE_COUNT,
               "a name for every use");

enum err key_ready(void)
{
    return sodium_init() < 0 ? ERR_NOT_READY : ERR_OK;
}

/* "sign", "transport", ... : the word in the file. */
static const char *key_use_name(enum key_use use)
{
    assert((unsigned)use < KEY_USE_COUNT);
    return key_use_names[use];
}

static bool key_is_sign(enum key_use use)
{
    return use == KEY_SIGN || use == KEY_ROOT || use == KEY_ISSUE || use == KEY_OFFICER;
}

static bool key_is_box(enum key_use use)
{
    return use == KEY_TRANSPORT || use == KEY_SEALING || use == KEY_READING;
}

/* --- making and forgetting
 * ---------------------------------------------------------------------------- */

enum err key_sign_from_seed(struct key_sign *k, enum key_use use,
                            const uint8_t seed[KEY_SEED_BYTES])
{
    assert(k != NULL && seed != NULL && key_is_sign(use));
    uint8_t *secret = sodium_malloc(KEY_SIGN_SECRET_BYTES);
    if (secret == NULL) return ERR_NOMEM;
    struct key_sign made = {.use = use, .secret = secret};
    crypto_sign_seed_keypair(made.public, secret, seed);
    sodium_mprotect_readonly(secret);
    *k = made;
    return ERR_OK;
}

enum err key_box_from_seed(struct key_box *k, enum key_use use, const uint8_t seed[KEY_SEED_BYTES])
{
    assert(k != NULL && seed != NULL && key_is_box(use));
    uint8_t *secret = sodium_malloc(KEY_SEED_BYTES);
    if (secret == NULL) return ERR_NOMEM;
    struct key_box made = {.use = use, .secret = secret};
    memcpy(secret, seed, KEY_SEED_BYTES);
    crypto_scalarmult_base(made.public, secret);
    sodium_mprotect_readonly(secret);
    *k = made;
    return ERR_OK;
}

enum err key_sign_make(struct key_sign *k, enum key_use use)
{
    uint8_t seed[KEY_SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    enum err e = key_sign_from_seed(k, use, seed);
    sodium_memzero(seed, sizeof seed);
    return e;
}

enum err key_box_make(struct key_box *k, enum key_use use)
{
    uint8_t seed[KEY_SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    enum err e = key_box_from_seed(k, use, seed);
    sodium_memzero(seed, sizeof seed);
    return e;
}

void key_sign_free(struct key_sign *k)
{
    sodium_free(k->secret); /* Wipes; NULL is allowed. */
    *k = (struct key_sign){.secret = NULL};
}

void key_box_free(struct key_box *k)
{
    sodium_free(k->secret);
    *k = (struct key_box){.secret = NULL};
}

void key_wipe_buf(struct buf *b)
{
    if (b->p != NULL) sodium_memzero(b->p, b->cap);
    buf_free(b);
}

bool key_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

/* --- files
 * -------------------------------------------------------------------------------------------- */

/* Composed on the stack and appended at once, so that a growing buffer leaves no copies behind. */
static enum err key_save(enum key_use use, const uint8_t *seed, const uint8_t *public,
                         struct buf *out)
{
    char text[KEY_FILE_BYTES_MAX];
    struct bytes magic = bytes_str(KEY_MAGIC);
    struct bytes name = bytes_str(key_use_name(use));
    size_t n = magic.len + name.len;
    memcpy(text, magic.p, magic.len);
    memcpy(text + magic.len, name.p, name.len);
    text[n++] = ' ';
    sodium_bin2base64(text + n, KEY_BASE64_CHARS + 1, seed, KEY_SEED_BYTES,
                      sodium_base64_VARIANT_ORIGINAL);
    n += KEY_BASE64_CHARS;
    text[n++] = ' ';
    sodium_bin2base64(text + n, KEY_BASE64_CHARS + 1, public, KEY_PUBLIC_BYTES,
                      sodium_base64_VARIANT_ORIGINAL);
    n += KEY_BASE64_CHARS;
    text[n++] = '\n';
    assert(n <= sizeof text);
    buf_add(out, text, n);
    sodium_memzero(text, sizeof text);
    return out->e;
}

enum err key_sign_save(const struct key_sign *k, struct buf *out)
{
    assert(k != NULL && k->secret != NULL && out != NULL);
    return key_save(k->use, k->secret, k->public, out);
}

enum err key_box_save(const struct key_box *k, struct buf *out)
{
    assert(k != NULL && k->secret != NULL && out != NULL);
    return key_save(k->use, k->secret, k->public, out);
}

/* Take `word` from the front of *text; false when something else stands there. */
static bool key_take(struct bytes *text, const char *word)
{
    size_t n = strlen(word);
    if (text->len < n || memcmp(text->p, word, n) != 0) return false;
    text->p += n;
    text->len -= n;
    return true;
}

enum err key_unbase64(struct bytes text, void *out, size_t len)
{
    char again[(KEY_BASE64_BYTES_MAX + 2) / 3 * 4 + 1];
    size_t got = 0;
    enum err e = ERR_BAD_FORMAT;
    assert(len <= KEY_BASE64_BYTES_MAX);
    if (text.len != (len + 2) / 3 * 4) return ERR_BAD_FORMAT;
    if (sodium_base642bin(out, len, (const char *)text.p, text.len, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != len)
        return ERR_BAD_FORMAT;
    sodium_bin2base64(again, sizeof again, out, len, sodium_base64_VARIANT_ORIGINAL);
    if (key_equal(again, text.p, text.len)) e = ERR_OK;
    sodium_memzero(again, sizeof again);
    return e;
}

/* Take 32 bytes of base64 from the front of *text. */
static bool key_take_base64(struct bytes *text, uint8_t out[KEY_SEED_BYTES])
{
    if (text->len < KEY_BASE64_CHARS) return false;
    if (key_unbase64(bytes_make(text->p, KEY_BASE64_CHARS), out, KEY_SEED_BYTES) != ERR_OK)
        return false;
    text->p += KEY_BASE64_CHARS;
    text->len -= KEY_BASE64_CHARS;
    return true;
}

static bool key_parse(enum key_use use, struct bytes text, uint8_t seed[KEY_SEED_BYTES],
                      uint8_t public[KEY_PUBLIC_BYTES])
{
    if (text.len > KEY_FILE_BYTES_MAX) return false;
    if (!key_take(&text, KEY_MAGIC) || !key_take(&text, key_use_name(use)) || !key_take(&text, " "))
        return false;
    if (!key_take_base64(&text, seed) || !key_take(&text, " ") || !key_take_base64(&text, public))
        return false;
    if (!key_take(&text, "\n")) (void)key_take(&text, "\r\n");
    return text.len == 0;
}

enum err key_sign_load(struct key_sign *k, enum key_use use, struct bytes text)
{
    assert(k != NULL && key_is_sign(use));
    uint8_t seed[KEY_SEED_BYTES];
    uint8_t public[KEY_PUBLIC_BYTES];
    struct key_sign made = {.secret = NULL};
    enum err e = ERR_BAD_FORMAT;
    if (!key_parse(use, text, seed, public)) goto out;
    e = key_sign_from_seed(&made, use, seed);
    if (e != ERR_OK) goto out;
    e = ERR_DAMAGED;
    if (!key_equal(made.public, public, KEY_PUBLIC_BYTES)) goto out;
    *k = made;
    made.secret = NULL;
    e = ERR_OK;
out:
    key_sign_free(&made);
    sodium_memzero(seed, sizeof seed);
    return e;
}

enum err key_box_load(struct key_box *k, enum key_use use, struct bytes text)
{
    assert(k != NULL && key_is_box(use));
    uint8_t seed[KEY_SEED_BYTES];
    uint8_t public[KEY_PUBLIC_BYTES];
    struct key_box made = {.secret = NULL};
    enum err e = ERR_BAD_FORMAT;
    if (!key_parse(use, text, seed, public)) goto out;
    e = key_box_from_seed(&made, use, seed);
    if (e != ERR_OK) goto out;
    e = ERR_DAMAGED;
    if (!key_equal(made.public, public, KEY_PUBLIC_BYTES)) goto out;
    *k = made;
    made.secret = NULL;
    e = ERR_OK;
out:
    key_box_free(&made);
    sodium_memzero(seed, sizeof seed);
    return e;
}

/* --- signatures
 * --------------------------------------------------------------------------------------- */

/* Ed25519 passes over its message twice, so the parts must stand in one piece. */
static enum err key_compose(const char *domain, const struct bytes *parts, size_t count,
                            struct buf *out)
{
    uint8_t tag[KEY_DOMAIN_BYTES] = {0};
    struct bytes name = bytes_str(domain);
    assert(name.len > 0 && name.len <= sizeof tag);
    memcpy(tag, name.p, name.len);
    buf_init(out, KEY_DOMAIN_BYTES + KEY_MESSAGE_BYTES_MAX);
    buf_add(out, tag, sizeof tag);
    for (size_t i = 0; i < count; i++)
        buf_add_bytes(out, parts[i]);
    return out->e;
}

enum err key_sign_parts(const struct key_sign *k, const char *domain, const struct bytes *parts,
                        size_t count, uint8_t sig[KEY_SIGNATURE_BYTES])
{
    assert(k != NULL && k->secret != NULL && sig != NULL);
    assert(k->use !=
           KEY_ISSUE); /* That key signs in minisign's format only, which has no domain. */
    struct buf message;
    enum err e = key_compose(domain, parts, count, &message);
    if (e == ERR_OK) crypto_sign_detached(sig, NULL, message.p, message.len, k->secret);
    buf_free(&message);
    return e;
}

enum err key_verify_parts(const uint8_t public[KEY_PUBLIC_BYTES], const char *domain,
                          const struct bytes *parts, size_t count,
                          const uint8_t sig[KEY_SIGNATURE_BYTES])
{
    assert(public != NULL && sig != NULL);
    struct buf message;
    enum err e = key_compose(domain, parts, count, &message);
    if (e == ERR_OK && crypto_sign_verify_detached(sig, message.p, message.len, public) != 0)
        e = ERR_BAD_SIGNATURE;
    buf_free(&message);
    return e;
}

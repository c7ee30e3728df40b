#include "proto/minisign.h"

#include <assert.h>
#include <sodium.h>
#include <utf8proc.h>

#define MINISIGN_UNTRUSTED "untrusted comment: "
#define MINISIGN_TRUSTED   "trusted comment: "

/* "Ed" ‖ id ‖ public key */
struct minisign_key {
    uint8_t algorithm[2];
    uint8_t id[MINISIGN_ID_BYTES];
    uint8_t public[KEY_PUBLIC_BYTES];
};

/* "ED" ‖ id ‖ signature */
struct minisign_sig {
    uint8_t algorithm[2];
    uint8_t id[MINISIGN_ID_BYTES];
    uint8_t sig[KEY_SIGNATURE_BYTES];
};

_Static_assert(sizeof(struct minisign_key) == 42, "no padding");
_Static_assert(sizeof(struct minisign_sig) == 74, "no padding");
_Static_assert(MINISIGN_PUBLIC_CHARS == (sizeof(struct minisign_key) + 2) / 3 * 4, "base64 length");

enum {
    MINISIGN_BASE64_CHARS_MAX = 100
}; /* of the longest, struct minisign_sig, without terminator */

/* Key id of an Ed25519 public key as we issue it. */
static void minisign_id(const uint8_t public[KEY_PUBLIC_BYTES], uint8_t id[MINISIGN_ID_BYTES])
{
    static const uint8_t tag[16] = "dongbo/minisign";
    uint8_t digest[32];
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof digest);
    crypto_generichash_update(&st, tag, sizeof tag);
    crypto_generichash_update(&st, public, KEY_PUBLIC_BYTES);
    crypto_generichash_final(&st, digest, sizeof digest);
    memcpy(id, digest, MINISIGN_ID_BYTES);
}

static void minisign_add_base64(struct buf *out, struct bytes data)
{
    char text[MINISIGN_BASE64_CHARS_MAX + 1];
    sodium_bin2base64(text, sizeof text, data.p, data.len, sodium_base64_VARIANT_ORIGINAL);
    buf_add_str(out, text);
    buf_add_u8(out, '\n');
}

enum err minisign_public(const uint8_t public[KEY_PUBLIC_BYTES], struct buf *out)
{
    assert(public != NULL && out != NULL);
    struct minisign_key key = {.algorithm = {'E', 'd'}};
    minisign_id(public, key.id);
    memcpy(key.public, public, sizeof key.public);
    buf_printf(out, MINISIGN_UNTRUSTED "minisign public key %016llX\n",
               (unsigned long long)le64_load(key.id));
    minisign_add_base64(out, bytes_make(&key, sizeof key));
    return out->e;
}

/* UTF-8 without control characters, tab excepted. */
static bool minisign_is_text(struct bytes s)
{
    while (s.len > 0) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t n = utf8proc_iterate(s.p, (utf8proc_ssize_t)s.len, &c);
        if (n <= 0) return false;
        if (c != '\t' && utf8proc_category(c) == UTF8PROC_CATEGORY_CC) return false;
        s.p += n;
        s.len -= (size_t)n;
    }
    return true;
}

/* Ed25519( sig ‖ T ). */
static void minisign_bind(const uint8_t sig[KEY_SIGNATURE_BYTES], struct bytes trusted,
                          uint8_t *message)
{
    assert(trusted.len <= MINISIGN_TRUSTED_BYTES_MAX);
    memcpy(message, sig, KEY_SIGNATURE_BYTES);
    if (trusted.len > 0) memcpy(message + KEY_SIGNATURE_BYTES, trusted.p, trusted.len);
}

enum err minisign_sign(const struct key_sign *k, const uint8_t hash[MINISIGN_HASH_BYTES],
                       struct bytes trusted, struct buf *out)
{
    assert(k != NULL && k->secret != NULL && hash != NULL && out != NULL);
    assert(k->use == KEY_ISSUE); /* Without a domain tag, so with a key of its own. */
    if (trusted.len > MINISIGN_TRUSTED_BYTES_MAX) return ERR_TOO_LARGE;
    if (!minisign_is_text(trusted)) return ERR_BAD_INPUT;
    struct minisign_sig file = {.algorithm = {'E', 'D'}};
    uint8_t message[KEY_SIGNATURE_BYTES + MINISIGN_TRUSTED_BYTES_MAX];
    uint8_t global[KEY_SIGNATURE_BYTES];
    minisign_id(k->public, file.id);
    crypto_sign_detached(file.sig, NULL, hash, MINISIGN_HASH_BYTES, k->secret);
    minisign_bind(file.sig, trusted, message);
    crypto_sign_detached(global, NULL, message, KEY_SIGNATURE_BYTES + trusted.len, k->secret);
    buf_printf(out, MINISIGN_UNTRUSTED "signature of a dongbo hub, key %016llX\n",
               (unsigned long long)le64_load(file.id));
    minisign_add_base64(out, bytes_make(&file, sizeof file));
    buf_add_str(out, MINISIGN_TRUSTED);
    buf_add_bytes(out, trusted);
    buf_add_u8(out, '\n');
    minisign_add_base64(out, BYTES_OF(global));
    return out->e;
}

/* Take one line from the front of *text, without its LF or CR LF. False at the end. */
static bool minisign_line(struct bytes *text, struct bytes *line)
{
    if (text->len == 0) return false;
    const uint8_t *lf = memchr(text->p, '\n', text->len);
    size_t len = lf != NULL ? (size_t)(lf - text->p) : text->len;
    size_t used = lf != NULL ? len + 1 : len;
    if (lf != NULL && len > 0 && text->p[len - 1] == '\r') len--;
    *line = bytes_make(text->p, len);
    text->p += used;
    text->len -= used;
    return true;
}

/* Take a line that is `prefix` and then a comment of at most `max` bytes. */
static enum err minisign_comment(struct bytes *text, const char *prefix, size_t max,
                                 struct bytes *comment)
{
    struct bytes line;
    size_t n = strlen(prefix);
    if (!minisign_line(text, &line)) return ERR_BAD_FORMAT;
    if (line.len < n || memcmp(line.p, prefix, n) != 0) return ERR_BAD_FORMAT;
    line.p += n;
    line.len -= n;
    if (line.len > max) return ERR_TOO_LARGE;
    if (!minisign_is_text(line)) return ERR_BAD_FORMAT;
    *comment = line;
    return ERR_OK;
}

/* Take a line that is the canonical base64 of exactly `len` bytes. */
static enum err minisign_base64(struct bytes *text, void *out, size_t len)
{
    struct bytes line;
    if (!minisign_line(text, &line)) return ERR_BAD_FORMAT;
    return key_unbase64(line, out, len);
}

static enum err minisign_parse_public(struct bytes text, struct minisign_key *key)
{
    struct bytes comment;
    if (text.len > MINISIGN_FILE_BYTES_MAX) return ERR_TOO_LARGE;
    enum err e =
        minisign_comment(&text, MINISIGN_UNTRUSTED, MINISIGN_UNTRUSTED_BYTES_MAX, &comment);
    if (e == ERR_OK) e = minisign_base64(&text, key, sizeof *key);
    if (e != ERR_OK) return e;
    return text.len == 0 && memcmp(key->algorithm, "Ed", 2) == 0 ? ERR_OK : ERR_BAD_FORMAT;
}

bool minisign_public_good(struct bytes public_file)
{
    struct minisign_key key;
    return minisign_parse_public(public_file, &key) == ERR_OK;
}

static enum err minisign_parse_sig(struct bytes text, struct minisign_sig *file,
                                   struct bytes *trusted, uint8_t global[KEY_SIGNATURE_BYTES])
{
    struct bytes comment;
    if (text.len > MINISIGN_FILE_BYTES_MAX) return ERR_TOO_LARGE;
    enum err e =
        minisign_comment(&text, MINISIGN_UNTRUSTED, MINISIGN_UNTRUSTED_BYTES_MAX, &comment);
    if (e == ERR_OK) e = minisign_base64(&text, file, sizeof *file);
    if (e == ERR_OK)
        e = minisign_comment(&text, MINISIGN_TRUSTED, MINISIGN_TRUSTED_BYTES_MAX, trusted);
    if (e == ERR_OK) e = minisign_base64(&text, global, KEY_SIGNATURE_BYTES);
    if (e != ERR_OK) return e;
    return text.len == 0 && memcmp(file->algorithm, "ED", 2) == 0 ? ERR_OK : ERR_BAD_FORMAT;
}

enum err minisign_verify(struct bytes public_file, struct bytes minisig,
                         const uint8_t hash[MINISIGN_HASH_BYTES], struct bytes *trusted)
{
    assert(hash != NULL && trusted != NULL);
    struct minisign_key key;
    struct minisign_sig file;
    struct bytes comment;
    uint8_t global[KEY_SIGNATURE_BYTES];
    uint8_t message[KEY_SIGNATURE_BYTES + MINISIGN_TRUSTED_BYTES_MAX];
    enum err e = minisign_parse_public(public_file, &key);
    if (e == ERR_OK) e = minisign_parse_sig(minisig, &file, &comment, global);
    if (e != ERR_OK) return e;
    if (memcmp(key.id, file.id, sizeof key.id) != 0) return ERR_BAD_SIGNATURE;
    if (crypto_sign_verify_detached(file.sig, hash, MINISIGN_HASH_BYTES, key.public) != 0)
        return ERR_BAD_SIGNATURE;
    minisign_bind(file.sig, comment, message);
    if (crypto_sign_verify_detached(global, message, KEY_SIGNATURE_BYTES + comment.len,
                                    key.public) != 0)
        return ERR_BAD_SIGNATURE;
    *trusted = comment;
    return ERR_OK;
}

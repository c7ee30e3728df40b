#include "proto/officer.h"

#include <assert.h>
#include <sodium.h>

#define OFFICER_MAGIC "dongbo-officer/1 "

enum {
    OFFICER_SALT_BYTES = crypto_pwhash_SALTBYTES,
    OFFICER_NONCE_BYTES = crypto_secretbox_NONCEBYTES,
    OFFICER_BOX_BYTES = crypto_secretbox_MACBYTES + KEY_SEED_BYTES,
};

_Static_assert(OFFICER_SALT_BYTES == 16 && OFFICER_NONCE_BYTES == 24 && OFFICER_BOX_BYTES == 48,
               "sizes of the file's parts");
_Static_assert((int)OFFICER_BOX_BYTES <= (int)KEY_BASE64_BYTES_MAX, "base64 of the box");

struct officer_file { /* the parts of the line */
    struct officer_cost cost;
    uint8_t salt[OFFICER_SALT_BYTES];
    uint8_t nonce[OFFICER_NONCE_BYTES];
    uint8_t box[OFFICER_BOX_BYTES];
    uint8_t public[KEY_PUBLIC_BYTES];
};

static enum err officer_secret(const struct officer_file *f, struct bytes passphrase,
                               uint8_t *secret)
{
    int bad = crypto_pwhash(secret, crypto_secretbox_KEYBYTES, (const char *)passphrase.p,
                            passphrase.len, f->salt, f->cost.ops, (size_t)f->cost.kib * 1024u,
                            crypto_pwhash_ALG_ARGON2ID13);
    return bad == 0 ? ERR_OK : ERR_NOMEM;
}

static void officer_base64(const uint8_t *p, size_t len, char end, struct buf *out)
{
    char text[sodium_base64_ENCODED_LEN(OFFICER_BOX_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(text, sizeof text, p, len, sodium_base64_VARIANT_ORIGINAL);
    buf_add_str(out, text);
    buf_add_u8(out, (uint8_t)end);
}

enum err officer_save(const struct key_sign *k, struct bytes passphrase, struct officer_cost cost,
                      struct buf *out)
{
    assert(k->use == KEY_OFFICER && k->secret != NULL);
    struct officer_file f = {.cost = cost};
    if (passphrase.len < OFFICER_PASSPHRASE_MIN || passphrase.len > OFFICER_PASSPHRASE_MAX)
        return ERR_BAD_INPUT;
    uint8_t *secret = sodium_malloc(crypto_secretbox_KEYBYTES);
    if (secret == NULL) return ERR_NOMEM;
    randombytes_buf(f.salt, sizeof f.salt);
    randombytes_buf(f.nonce, sizeof f.nonce);
    enum err e = officer_secret(&f, passphrase, secret);
    if (e == ERR_OK) {
        crypto_secretbox_easy(f.box, k->secret, KEY_SEED_BYTES, f.nonce, secret);
        buf_printf(out, OFFICER_MAGIC "%u %u ", cost.ops, cost.kib);
        officer_base64(f.salt, sizeof f.salt, ' ', out);
        officer_base64(f.nonce, sizeof f.nonce, ' ', out);
        officer_base64(f.box, sizeof f.box, ' ', out);
        officer_base64(k->public, sizeof k->public, '\n', out);
        e = out->e;
    }
    sodium_free(secret);
    return e;
}

/* ---- reading ---- */

/* The word up to the next blank or the end; false: none. */
static bool officer_word(struct bytes *text, struct bytes *word)
{
    size_t n = 0;
    while (n < text->len && text->p[n] != ' ')
        n++;
    *word = bytes_make(text->p, n);
    size_t skip = n < text->len ? n + 1 : n;
    text->p += skip;
    text->len -= skip;
    return n > 0;
}

static bool officer_number(struct bytes *text, unsigned max, unsigned *out)
{
    struct bytes w;
    unsigned v = 0;
    if (!officer_word(text, &w) || w.len > 7 || w.p[0] == '0') return false;
    for (size_t i = 0; i < w.len; i++) {
        if (w.p[i] < '0' || w.p[i] > '9') return false;
        v = v * 10 + (unsigned)(w.p[i] - '0');
    }
    *out = v;
    return v <= max;
}

static bool officer_part(struct bytes *text, uint8_t *out, size_t len)
{
    struct bytes w;
    return officer_word(text, &w) && key_unbase64(w, out, len) == ERR_OK;
}

static bool officer_parse(struct bytes text, struct officer_file *f)
{
    size_t magic = strlen(OFFICER_MAGIC);
    if (text.len > OFFICER_FILE_BYTES_MAX || text.len < magic ||
        memcmp(text.p, OFFICER_MAGIC, magic) != 0)
        return false;
    text = bytes_make(text.p + magic, text.len - magic);
    while (text.len > 0 && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
        text.len--;
    return officer_number(&text, OFFICER_OPS_MAX, &f->cost.ops) &&
           officer_number(&text, OFFICER_KIB_MAX, &f->cost.kib) && f->cost.kib >= OFFICER_KIB_MIN &&
           officer_part(&text, f->salt, sizeof f->salt) &&
           officer_part(&text, f->nonce, sizeof f->nonce) &&
           officer_part(&text, f->box, sizeof f->box) &&
           officer_part(&text, f->public, sizeof f->public) && text.len == 0;
}

enum err officer_load(struct key_sign *k, struct bytes passphrase, struct bytes text)
{
    struct officer_file f;
    struct key_sign made = {.secret = NULL};
    if (!officer_parse(text, &f)) return ERR_BAD_FORMAT;
    uint8_t *secret = sodium_malloc(crypto_secretbox_KEYBYTES);
    uint8_t *seed = sodium_malloc(KEY_SEED_BYTES);
    enum err e = secret != NULL && seed != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) e = officer_secret(&f, passphrase, secret);
    if (e == ERR_OK && crypto_secretbox_open_easy(seed, f.box, sizeof f.box, f.nonce, secret) != 0)
        e = ERR_DENIED;
    if (e == ERR_OK) e = key_sign_from_seed(&made, KEY_OFFICER, seed);
    if (e == ERR_OK && !key_equal(made.public, f.public, KEY_PUBLIC_BYTES)) e = ERR_DAMAGED;
    sodium_free(seed);
    sodium_free(secret);
    if (e == ERR_OK) {
        *k = made;
    } else {
        key_sign_free(&made);
    }
    return e;
}

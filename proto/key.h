/*
 * Keys: Ed25519 for signatures, X25519 for agreement, their files as text, and signatures with a
 * domain. A key has one use, which stands in its file and is checked when it is loaded: never one
 * key for two uses.
 *
 * Key file: one line, `dongbo-key/1 USE SECRET PUBLIC` and a newline. USE is sign, transport,
 * sealing, root or issue; SECRET (Ed25519 seed or X25519 scalar) and PUBLIC are 32 bytes each in
 * standard base64 with padding. PUBLIC is what SECRET gives; a file where it is not is damaged.
 *
 * Ownership: secrets live in sodium_malloc memory owned by the struct (guard pages, locked,
 * read-only); key_sign_free and key_box_free wipe and release, twice is fine. A zeroed struct is
 * empty. Threads:   key_ready once before all else; then a key may be read by any thread. Units:
 * bytes. Limits:    KEY_MESSAGE_BYTES_MAX for what is signed, KEY_FILE_BYTES_MAX for a file.
 */
#ifndef DONGBO_PROTO_KEY_H
#define DONGBO_PROTO_KEY_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

enum {
    KEY_PUBLIC_BYTES = 32,         /* Ed25519 or X25519 */
    KEY_SEED_BYTES = 32,           /* Ed25519 seed or X25519 scalar: what a file keeps */
    KEY_SIGN_SECRET_BYTES = 64,    /* libsodium's form: seed, then public key */
    KEY_SIGNATURE_BYTES = 64,      /* Ed25519 */
    KEY_DOMAIN_BYTES = 16,         /* domain tag before every signed message */
    KEY_MESSAGE_BYTES_MAX = 65536, /* all parts of a signed message together, without the tag */
    KEY_BASE64_BYTES_MAX = 96,     /* decoded bytes of one base64 word */
    KEY_FILE_BYTES_MAX = 128,      /* a key file; longer ones are refused unread */
};

enum key_use {
    KEY_SIGN,      /* Ed25519: a node's or a hub's log */
    KEY_TRANSPORT, /* X25519: Noise IK */
    KEY_SEALING,   /* X25519: Noise X, bundles */
    KEY_ROOT,      /* Ed25519: the hub's offline root */
    KEY_ISSUE,     /* Ed25519: issued files, by proto/minisign only */
    KEY_OFFICER,   /* Ed25519: a person's own, orders of two people (proto/order) only; its file is
                      proto/officer's, under a passphrase */
    KEY_READING,   /* X25519: an officer's, what is sealed to him (proto/reader); in no file of its
                      own */
    KEY_USE_COUNT
};

struct key_sign {
    enum key_use use; /* KEY_SIGN, KEY_ROOT, KEY_ISSUE or KEY_OFFICER */
    uint8_t public[KEY_PUBLIC_BYTES];
    uint8_t *secret; /* KEY_SIGN_SECRET_BYTES, sodium_malloc; NULL when empty */
};

struct key_box {
    enum key_use use; /* KEY_TRANSPORT, KEY_SEALING or KEY_READING */
    uint8_t public[KEY_PUBLIC_BYTES];
    uint8_t *secret; /* KEY_SEED_BYTES, sodium_malloc; NULL when empty */
};

/* Prepare libsodium; again does nothing. ERR_NOT_READY  no random source: the process cannot go on.
 */
MUST_CHECK enum err key_ready(void);

/*
 * Make a key from the random source, or (_from_seed) the one that belongs to 32 secret bytes.
 * A use of the other algorithm is our bug.
 * ERR_NOMEM  no locked memory; `k` is untouched.
 */
MUST_CHECK enum err key_sign_make(struct key_sign *k, enum key_use use);
MUST_CHECK enum err key_sign_from_seed(struct key_sign *k, enum key_use use,
                                       const uint8_t seed[KEY_SEED_BYTES]);
MUST_CHECK enum err key_box_make(struct key_box *k, enum key_use use);
MUST_CHECK enum err key_box_from_seed(struct key_box *k, enum key_use use,
                                      const uint8_t seed[KEY_SEED_BYTES]);

void key_sign_free(struct key_sign *k);
void key_box_free(struct key_box *k);

/*
 * Append the key file's text to `out`, an empty buffer with room for KEY_FILE_BYTES_MAX. The caller
 * writes it to disk with rights for its owner only, then calls key_wipe_buf. ERR_TOO_LARGE,
 * ERR_NOMEM  of the buffer.
 */
MUST_CHECK enum err key_sign_save(const struct key_sign *k, struct buf *out);
MUST_CHECK enum err key_box_save(const struct key_box *k, struct buf *out);

/*
 * Read a key file. `text` is the whole file, borrowed; the caller wipes it after. The final newline
 * may be missing or CR LF.
 *
 * ERR_BAD_FORMAT  not a key file, or one for another use than `use`; `k` is untouched.
 * ERR_DAMAGED     its two halves do not belong together: restore it from a copy.
 * ERR_NOMEM       no locked memory.
 */
MUST_CHECK enum err key_sign_load(struct key_sign *k, enum key_use use, struct bytes text);
MUST_CHECK enum err key_box_load(struct key_box *k, enum key_use use, struct bytes text);

/* Overwrite all memory of a buffer that held a secret, and free it. */
void key_wipe_buf(struct buf *b);

/*
 * Sign: Ed25519 over `domain` padded with zeros to KEY_DOMAIN_BYTES, then all parts one after
 * another. Parts are not delimited: whoever defines a message must fix their lengths or state them
 * inside. `k` is a KEY_SIGN, KEY_ROOT or KEY_OFFICER key; `domain` is 1..16 bytes.
 *
 * ERR_TOO_LARGE  parts over KEY_MESSAGE_BYTES_MAX together.   ERR_NOMEM
 */
MUST_CHECK enum err key_sign_parts(const struct key_sign *k, const char *domain,
                                   const struct bytes *parts, size_t count,
                                   uint8_t sig[KEY_SIGNATURE_BYTES]);

/*
 * ERR_OK             `sig` is by the holder of `public` over these bytes in this domain.
 * ERR_BAD_SIGNATURE  it is not: stop that chain.
 * ERR_TOO_LARGE, ERR_NOMEM  as above.
 */
MUST_CHECK enum err key_verify_parts(const uint8_t public[KEY_PUBLIC_BYTES], const char *domain,
                                     const struct bytes *parts, size_t count,
                                     const uint8_t sig[KEY_SIGNATURE_BYTES]);

/*
 * Read exactly `len` bytes from their one canonical base64 form (standard alphabet, padded).
 * Stricter than libsodium 1.0.18, which takes some bytes over 0x7f for '+' and '/'. Constant time
 * in the content. `len` is at most KEY_BASE64_BYTES_MAX.
 *
 * ERR_BAD_FORMAT  `text` is anything else; `out` may hold part of it.
 */
MUST_CHECK enum err key_unbase64(struct bytes text, void *out, size_t len);

/* Equal? In time that depends on `len` only. */
bool key_equal(const void *a, const void *b, size_t len);

#endif

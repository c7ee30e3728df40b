/*
 * The Noise Protocol Framework, revision 34, as far as we use it: Noise_IK_25519_ChaChaPoly_BLAKE2b
 * for live links and Noise_X_25519_ChaChaPoly_BLAKE2b for sealed bundles. Built on libsodium's
 * primitives alone.
 *
 * A handshake is: noise_init, then noise_write and noise_read in turn until noise_done, then
 * noise_split:
 *
 *     IK  initiator  write ──────► read  responder, who now knows noise_peer (look the node up
 * before answering) read  ◄────── write X   initiator  write ──────► read  responder; both are done
 *
 * Any error of noise_write or noise_read ends the handshake: the state is wiped and every later
 * call is ERR_HANDSHAKE. Likewise a cipher state after a message that did not authenticate. There
 * is nothing to repair: close the link and begin anew.
 *
 * Ownership: structs are the caller's, of fixed size, allocate nothing; wipe them with noise_wipe
 * and noise_session_wipe (noise_split wipes the handshake itself). The long-term secret is
 * borrowed. Threads:   one at a time for each struct. key_ready() must have been called once
 * before. Units:     bytes. Limits:    NOISE_MESSAGE_BYTES_MAX for every message, handshake or
 * transport.
 */
#ifndef DONGBO_PROTO_NOISE_H
#define DONGBO_PROTO_NOISE_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

enum {
    NOISE_KEY_BYTES = 32,            /* X25519 keys and cipher keys */
    NOISE_HASH_BYTES = 64,           /* HASHLEN of BLAKE2b */
    NOISE_TAG_BYTES = 16,            /* what a transport message is longer than its plain text */
    NOISE_MESSAGE_BYTES_MAX = 65535, /* a whole Noise message */
    NOISE_PLAIN_BYTES_MAX =
        NOISE_MESSAGE_BYTES_MAX - NOISE_TAG_BYTES, /* payload of a transport message */
    NOISE_IK1_OVERHEAD_BYTES = 96, /* IK, first message: e 32, sealed s 48, tag 16 */
    NOISE_IK2_OVERHEAD_BYTES = 48, /* IK, second message: e 32, tag 16 */
    NOISE_X_OVERHEAD_BYTES = 96,   /* X, its one message */
};

enum noise_pattern { NOISE_IK, NOISE_X };
enum noise_role { NOISE_INITIATOR, NOISE_RESPONDER };

/*
 * One direction of transport: a key and the number of the next message. Zeroed = closed.
 * Nonce 2^64-1 is never used: a cipher that reached it refuses.
 */
struct noise_cipher {
    uint8_t k[NOISE_KEY_BYTES];
    uint64_t n;
    bool open;
};

/* What the caller gives a handshake. */
struct noise_config {
    enum noise_pattern pattern;
    enum noise_role role;
    const uint8_t
        *s_secret; /* own long-term X25519 secret, 32; borrowed until the handshake ends */
    const uint8_t *rs_public; /* initiator: the responder's long-term public key, 32, copied;
                                 responder: NULL */
    const uint8_t *e_secret;  /* NULL: random. Tests give the ephemeral secret, 32, copied */
    struct bytes prologue;    /* any length, both sides the same; read by noise_init only */
};

enum noise_state { NOISE_ENDED, NOISE_TALKING, NOISE_DONE };

/* A handshake in progress. Fields are private to noise.c. */
struct noise_handshake {
    enum noise_pattern pattern;
    enum noise_role role;
    enum noise_state state;
    unsigned message; /* index of the next message of the pattern */
    bool e_given;
    bool knows_rs;
    const uint8_t *s_secret;
    uint8_t s_public[NOISE_KEY_BYTES];
    uint8_t e_secret[NOISE_KEY_BYTES];
    uint8_t e_public[NOISE_KEY_BYTES];
    uint8_t rs[NOISE_KEY_BYTES];
    uint8_t re[NOISE_KEY_BYTES];
    uint8_t ck[NOISE_HASH_BYTES];
    uint8_t h[NOISE_HASH_BYTES];
    struct noise_cipher cipher;
};

/* What a finished handshake leaves. In X only the initiator's `send` and the responder's `recv` are
 * open. */
struct noise_session {
    struct noise_cipher send;
    struct noise_cipher recv;
    uint8_t
        hash[NOISE_HASH_BYTES]; /* handshake hash, equal on both sides: what a signature binds to */
    uint8_t peer[NOISE_KEY_BYTES]; /* the other side's long-term public key, proven */
};

/* Begin. Uses no randomness; an initiator without rs_public, or a responder with one, is our bug.
 */
void noise_init(struct noise_handshake *hs, const struct noise_config *config);

/* Bytes by which the next message is longer than its payload; 0 when there is no next message. */
size_t noise_overhead(const struct noise_handshake *hs);

/* Whether it is this side's turn to write. False too when done or ended. */
bool noise_writes_next(const struct noise_handshake *hs);
bool noise_done(const struct noise_handshake *hs);

/*
 * Write the next handshake message.
 *
 *   in    payload: up to NOISE_MESSAGE_BYTES_MAX - noise_overhead() bytes; must not overlap `out`.
 *         In IK 1 and X it is readable by whoever later gets the responder's secret, and can be
 * replayed. out   out: cap bytes, of which *len are filled.
 *
 * ERR_OK         send out[0..*len).
 * ERR_TOO_LARGE  over NOISE_MESSAGE_BYTES_MAX or over cap; the handshake is ended.
 * ERR_HANDSHAKE  not this side's turn, or ended before, or the peer's key is a point of low order.
 */
MUST_CHECK enum err noise_write(struct noise_handshake *hs, struct bytes payload, uint8_t *out,
                                size_t cap, size_t *len);

/*
 * Read the next handshake message; `message` is the whole of it, from the network.
 *
 *   out   payload: cap bytes, of which *len are filled; its content is undefined after an error.
 *         message.len bytes of room are always enough. Must not overlap `message`.
 *
 * ERR_OK         payload is authentic; after message 1 noise_peer is known.
 * ERR_BAD_FORMAT shorter than the message's overhead.
 * ERR_TOO_LARGE  over NOISE_MESSAGE_BYTES_MAX, or its payload over cap.
 * ERR_HANDSHAKE  does not authenticate (wrong key, prologue or bytes), a point of low order, not
 * this side's turn, or ended before. After each of these: close the link.
 */
MUST_CHECK enum err noise_read(struct noise_handshake *hs, struct bytes message, uint8_t *payload,
                               size_t cap, size_t *len);

/* The other side's long-term public key, 32 bytes inside `hs`; NULL while it is not known or after
 * the end. */
const uint8_t *noise_peer(const struct noise_handshake *hs);

/*
 * Turn a finished handshake into a session and wipe the handshake.
 * ERR_HANDSHAKE  not finished, or ended; `out` is untouched.
 */
MUST_CHECK enum err noise_split(struct noise_handshake *hs, struct noise_session *out);

/*
 * The specification's Split(): both ciphers open, [0] initiator to responder, [1] back, whatever
 * the pattern. For test vectors; the program uses noise_split. Wipes the handshake. Same errors.
 */
MUST_CHECK enum err noise_split_raw(struct noise_handshake *hs, struct noise_cipher out[2]);

/* Forget all keys. A wiped struct answers ERR_HANDSHAKE. Twice is fine. */
void noise_wipe(struct noise_handshake *hs);
void noise_session_wipe(struct noise_session *s);

/*
 * Seal one transport message: out[0..*len) is the sealed text, plain.len + NOISE_TAG_BYTES bytes.
 * `out` may be exactly plain.p (in place), else they must not overlap.
 *
 * ERR_TOO_LARGE  plain over NOISE_PLAIN_BYTES_MAX, or result over cap; the cipher is as before.
 * ERR_HANDSHAKE  cipher closed, or its nonces are used up: a new handshake is needed.
 */
MUST_CHECK enum err noise_encrypt(struct noise_cipher *c, struct bytes plain, uint8_t *out,
                                  size_t cap, size_t *len);

/*
 * Open one transport message: out[0..*len) is the plain text, message.len - NOISE_TAG_BYTES bytes.
 * `out` may be exactly message.p (in place), else they must not overlap; undefined after an error.
 *
 * ERR_BAD_FORMAT does not authenticate (changed, replayed, lost or reordered), or too short; cipher
 * closed. ERR_TOO_LARGE  message over NOISE_MESSAGE_BYTES_MAX, or plain text over cap; cipher
 * closed. ERR_HANDSHAKE  cipher closed before, or its nonces are used up.   After each of these:
 * close the link.
 */
MUST_CHECK enum err noise_decrypt(struct noise_cipher *c, struct bytes message, uint8_t *out,
                                  size_t cap, size_t *len);

/*
 * The same, appending to `out`, whose length is as before after an error. Also the buffer's own
 * ERR_TOO_LARGE and ERR_NOMEM: the cipher is then as before and the buffer's sticky error is set.
 */
MUST_CHECK enum err noise_encrypt_buf(struct noise_cipher *c, struct bytes plain, struct buf *out);
MUST_CHECK enum err noise_decrypt_buf(struct noise_cipher *c, struct bytes message,
                                      struct buf *out);

#endif

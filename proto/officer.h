/*
 * The key file of an officer: an Ed25519 key that signs orders of two people and nothing else, under
 * a passphrase, in a file that the person keeps (a USB stick in a drawer). The hub never has it.
 *
 * File: one line, `dongbo-officer/1 OPS KIB SALT NONCE BOX PUBLIC` and a newline. OPS and KIB are the
 * passes and the memory of Argon2id (decimal, KiB); SALT is 16, NONCE 24, BOX 48 and PUBLIC 32 bytes
 * in standard base64. BOX is crypto_secretbox (XSalsa20-Poly1305) of the 32-byte seed under
 * Argon2id13(passphrase, SALT). SPEC 12.2.
 *
 * Ownership: as proto/key.h.   Threads: any; one call at a time costs its memory.
 * Units:     bytes, KiB.   Limits: OFFICER_*.
 */
#ifndef DONGBO_PROTO_OFFICER_H
#define DONGBO_PROTO_OFFICER_H

#include "proto/key.h"

enum {
    OFFICER_OPS = 3,              /* passes of Argon2id of a new file */
    OFFICER_KIB = 262144,         /* its memory, KiB */
    OFFICER_OPS_MAX = 16,         /* a file that asks for more is refused unread */
    OFFICER_KIB_MIN = 8,          /* what Argon2id takes at least */
    OFFICER_KIB_MAX = 1048576,    /* likewise */
    OFFICER_PASSPHRASE_MIN = 10,  /* bytes */
    OFFICER_PASSPHRASE_MAX = 256, /* bytes */
    OFFICER_FILE_BYTES_MAX = 320, /* a key file; longer ones are refused unread */
};

/* What a new file costs to open; {OFFICER_OPS, OFFICER_KIB} for people. */
struct officer_cost {
    unsigned ops;
    unsigned kib;
};

/*
 * Append the file's text to `out`, an empty buffer.
 *   in   k           a KEY_OFFICER key;   passphrase   OFFICER_PASSPHRASE_MIN.._MAX bytes
 * ERR_BAD_INPUT  the passphrase is too short or too long
 * ERR_NOMEM      no memory for Argon2id, or of the buffer
 */
MUST_CHECK enum err officer_save(const struct key_sign *k, struct bytes passphrase,
                                 struct officer_cost cost, struct buf *out);

/*
 * ERR_BAD_FORMAT  not such a file, or over a limit
 * ERR_DENIED      the passphrase does not open it (or it was changed)
 * ERR_DAMAGED     its public key is not the seed's
 * ERR_NOMEM
 */
MUST_CHECK enum err officer_load(struct key_sign *k, struct bytes passphrase, struct bytes text);

#endif

/*
 * Sealed files: the bytes of an attachment under a random key of its own, which stands as a sealed text in
 * the attachment's record (SPEC 22.11). Who may read the record's sealed texts opens the file; a key for a
 * further reader is wrapped for the record and the file stays as it is. All others carry, count and erase
 * ciphertext.
 *
 * Ownership: everything is the caller's; a struct sealed_file is secret: wipe it (sodium_memzero).
 * Threads:   any, pure but for random keys; key_ready() before.   Units: bytes.   Limits: SEALED_FILE_*.
 */
#ifndef DONGBO_PROTO_SEALED_FILE_H
#define DONGBO_PROTO_SEALED_FILE_H

#include "proto/attach.h"
#include "proto/sealed.h"

/* Fields of the catalogue's type `attachment`, by name; both are sealed texts. */
#define SEALED_FILE_FIELD_KEY                                                                      \
    "file_key" /* a sealed_file as text: for programs alone, no page and no answer shows it */
#define SEALED_FILE_FIELD_NAME "sealed_name" /* what the file is called */

enum {
    SEALED_FILE_NONCE_BYTES = 24,
    SEALED_FILE_STEP_BYTES = 16384, /* files are padded to a multiple */
    SEALED_FILE_OVER_BYTES = 56,    /* begin, nonce and tag */
    SEALED_FILE_PLAIN_BYTES_MAX = /* of a file that is sealed: with its padding it fits the lane */
    (ATTACH_BYTES_MAX - SEALED_FILE_OVER_BYTES) / SEALED_FILE_STEP_BYTES * SEALED_FILE_STEP_BYTES -
    1,
    SEALED_FILE_TEXT_ROOM = 160, /* of the text, with its terminator */
};

struct sealed_file { /* what the sealed text says */
    uint8_t key[SEALED_KEY_BYTES];
    struct id_hash hash; /* of the open bytes: attach_hash() */
    uint64_t size;       /* of the open bytes */
};

/*
 * Append the sealed form of `plain`, the file of the record `rid`, under a new random key; *out tells how
 * it is opened.
 * ERR_BAD_INPUT: empty;  ERR_TOO_LARGE: over SEALED_FILE_PLAIN_BYTES_MAX, or over the buffer;  ERR_NOMEM
 */
MUST_CHECK enum err sealed_file_make(const struct id_record *rid, struct bytes plain,
                                     struct sealed_file *out, struct buf *sealed);
/* The same with a key and nonce that are given: for tests. A key is used for one file, once. */
MUST_CHECK enum err sealed_file_seal(const uint8_t key[static SEALED_KEY_BYTES],
                                     const uint8_t nonce[static SEALED_FILE_NONCE_BYTES],
                                     const struct id_record *rid, struct bytes plain,
                                     struct buf *sealed);

/* Has it the form of a sealed file, by its length and first bytes? */
bool sealed_file_is(struct bytes sealed);

/*
 * Append the open bytes.
 * ERR_BAD_FORMAT  no sealed file
 * ERR_DAMAGED     of another key or record, tampered with, or not the file that the text tells of
 * ERR_TOO_LARGE, ERR_NOMEM  of the buffer
 */
MUST_CHECK enum err sealed_file_open(const struct sealed_file *f, const struct id_record *rid,
                                     struct bytes sealed, struct buf *out);

/* The text that is sealed in the record. */
void sealed_file_print(const struct sealed_file *f, char out[static SEALED_FILE_TEXT_ROOM]);
/* ERR_BAD_FORMAT: it is none, as a mark in place of a text that cannot be read. */
MUST_CHECK enum err sealed_file_parse(struct bytes text, struct sealed_file *out);

#endif

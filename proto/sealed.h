/*
 * Sealed values: a text of a record that only named readers can read, while everybody else merges,
 * carries and counts it. The value travels as a str; the key of the record travels beside it, once
 * for each reader, as an element of the field SEALED_FIELD. SPEC 22.
 *
 * The same text in the same field of the same record under the same key gives the same bytes, so
 * equal values written at two sides are equal heads; their first bytes are the keyed hash by which
 * whoever cannot read compares.
 *
 * Ownership: everything is the caller's; keys are in plain memory for the time of a call: wipe them
 *            (sealed_ring_wipe, sodium_memzero).
 * Threads:   any, pure but for random keys; key_ready() before.   Units: bytes.   Limits: SEALED_*.
 */
#ifndef DONGBO_PROTO_SEALED_H
#define DONGBO_PROTO_SEALED_H

#include "common/buf.h"
#include "common/id.h"

#define SEALED_FIELD 65535u /* holds the wrapped keys; no field of a catalogue has this number */

enum {
    SEALED_KEY_BYTES = 32,         /* of a record */
    SEALED_KID_BYTES = 8,          /* names a key */
    SEALED_READER_BYTES = 8,       /* names a reader */
    SEALED_BLOCK_BYTES = 64,       /* texts are padded to a multiple */
    SEALED_PLAIN_BYTES_MAX = 3007, /* bytes of a text that can be sealed */
    SEALED_TEXT_BYTES_MAX = 4096,  /* bytes of the sealed str (SPEC 4.12) */
    SEALED_WRAP_CHARS = 128,       /* of an element of SEALED_FIELD */
    SEALED_MARK_ROOM = 48,         /* what is shown in place of a text, with its terminator */
    SEALED_READER_ROOM = 2 * SEALED_READER_BYTES + 1,
};

struct sealed_place { /* what a value is bound to */
    struct id_record rid;
    unsigned type;
    unsigned field;
};

/* The name of a key. */
void sealed_kid(const uint8_t key[static SEALED_KEY_BYTES], uint8_t out[static SEALED_KID_BYTES]);

/*
 * Append the sealed str of `text`, 1..SEALED_PLAIN_BYTES_MAX bytes.
 * ERR_TOO_LARGE: longer, or over the buffer;  ERR_BAD_INPUT: empty;  ERR_NOMEM
 */
MUST_CHECK enum err sealed_make(const uint8_t key[static SEALED_KEY_BYTES],
                                const struct sealed_place *at, struct bytes text, struct buf *out);

/* Has it the form of a sealed value? Its key's name in `kid`, which may be NULL. */
bool sealed_is(struct bytes text, uint8_t *kid);

/*
 * Append the text.
 * ERR_BAD_FORMAT  no sealed value
 * ERR_NOT_FOUND   of another key
 * ERR_DAMAGED     tampered with, or of another record, type or field
 * ERR_TOO_LARGE, ERR_NOMEM  of the buffer
 */
MUST_CHECK enum err sealed_open(const uint8_t key[static SEALED_KEY_BYTES],
                                const struct sealed_place *at, struct bytes text, struct buf *out);

/* What who cannot read is shown: "(đã niêm phong #3f9a01c2)"; equal for equal values of one field
 * and key. For other texts "(không đọc được)". */
void sealed_mark(struct bytes text, char out[static SEALED_MARK_ROOM]);

/* ---- readers ---- */

/* H of a reader's public key: its words are for comparing, its first bytes name it. */
void sealed_reader_hash(const uint8_t pk[static 32], struct id_hash *out);

struct sealed_wrap { /* a key for one reader */
    uint8_t kid[SEALED_KID_BYTES];
    uint8_t from[32]; /* public key of who wrapped it */
    uint8_t to[SEALED_READER_BYTES];
    uint8_t box[SEALED_KEY_BYTES + 16];
};

/* Wrap `key` of the record for the reader `to`. ERR_BAD_INPUT: `to` is no key anybody can have. */
MUST_CHECK enum err sealed_wrap(const uint8_t secret[static 32], const uint8_t pk[static 32],
                                const uint8_t to[static 32], const struct id_record *rid,
                                const uint8_t key[static SEALED_KEY_BYTES],
                                char out[static SEALED_WRAP_CHARS + 1]);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err sealed_wrap_read(struct bytes element, struct sealed_wrap *out);
/* ERR_NOT_FOUND: for another reader;  ERR_DAMAGED. */
MUST_CHECK enum err sealed_unwrap(const struct sealed_wrap *w, const uint8_t secret[static 32],
                                  const uint8_t pk[static 32], const struct id_record *rid,
                                  uint8_t key[static SEALED_KEY_BYTES]);

#endif

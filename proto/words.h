/*
 * Six comparison words for a 32-byte hash: two people read them to each other over the phone when a
 * node joins (SPEC, enrolment). 48 bits, so that finding another hash with the same words within
 * one phone call is hopeless, while reading them takes a few seconds.
 *
 * word i = words_list[ BLAKE2b-256( "dongbo/words/1" padded with zeros to 16 bytes || hash )[i] ],
 * i = 0..5
 *
 * The list is part of the protocol: never reorder or change it, make a list with another number.
 *
 * Ownership: all texts are static.   Threads: any, after key_ready().
 */
#ifndef DONGBO_PROTO_WORDS_H
#define DONGBO_PROTO_WORDS_H

#include "common/buf.h"
#include "common/err.h"
#include "common/id.h"

enum {
    WORDS_COUNT = 6,       /* words for one hash */
    WORDS_LIST_COUNT = 256 /* one per value of a byte */
};

/* Vietnamese syllables in UTF-8 NFC. No two are alike without tones and marks, or in any region's
 * speech. */
extern const char *const words_list[WORDS_LIST_COUNT];

/* The words of `hash`, in reading order. */
void words_of(const struct id_hash *hash, const char *out[WORDS_COUNT]);

/* The same as one text, "ba – lúa – ...", appended. ERR_TOO_LARGE, ERR_NOMEM  of the buffer. */
MUST_CHECK enum err words_text(const struct id_hash *hash, struct buf *out);

#endif

/*
 * A forgotten password on a commune's PC, without any network: the PC shows a challenge, a person at
 * the hub, who knows whom they speak to, answers with a code, over the telephone (SPEC 17).
 *
 *   secret = X25519(node's transport key, hub's transport key)
 *   code   = first 50 bits of BLAKE2b-256, keyed with the secret, of
 *            "dongbo/reset/1" padded with zeros to 16 bytes || hub id || node id || challenge's 5 bytes
 *            || folded name
 *
 * Only these two machines know the secret. A challenge is random, good for one login, once and for
 * RESET_AGE_MS; the PC counts wrong answers like wrong passwords, so 50 bits are enough.
 *
 * Texts are base32 without I, L, O and U (Crockford's letters), in groups of four or five; reading
 * takes small letters, O for 0, I and L for 1, and any blanks and dashes.
 *
 * Ownership: all memory is the caller's.   Threads: any, after key_ready().
 */
#ifndef DONGBO_PROTO_RESET_H
#define DONGBO_PROTO_RESET_H

#include "common/bytes.h"
#include "common/err.h"
#include "common/id.h"

enum {
    RESET_CHALLENGE_ROOM = 10,   /* "XXXX-XXXX" and its end */
    RESET_CODE_ROOM = 12,        /* "XXXXX-XXXXX" and its end */
    RESET_NAME_BYTES_MAX = 1600, /* of a folded name */
};
#define RESET_AGE_MS 86400000 /* a challenge lives a day */

void reset_challenge(char out[static RESET_CHALLENGE_ROOM]);

struct reset_about {
    const uint8_t *secret;  /* own transport secret, 32 bytes */
    const uint8_t *peer_pk; /* the other side's transport key, 32 bytes */
    const struct id_hash *hub;
    const struct id_hash *node;
    struct bytes name;     /* folded (common/text.h) */
    const char *challenge; /* as shown or as typed */
};
/* ERR_BAD_INPUT: the challenge is none, or the name has no or too many bytes;  ERR_HANDSHAKE: the
 * peer's key is unusable. */
MUST_CHECK enum err reset_code(const struct reset_about *a, char out[static RESET_CODE_ROOM]);
/* In constant time: is what was typed this code? */
bool reset_same(const char *code, const char *typed);

#endif

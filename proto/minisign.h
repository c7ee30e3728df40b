/*
 * Signatures of issued files in the format of the `minisign` tool, which a province can verify
 * without us. Prehashed form ("ED") only: the caller hashes the file with BLAKE2b-512 as a stream
 * and hands the hash in.
 *
 *   public key file   untrusted comment: minisign public key ID
 *                     base64( "Ed" ‖ key id 8 ‖ Ed25519 public key 32 )
 *   NAME.minisig      untrusted comment: ...
 *                     base64( "ED" ‖ key id 8 ‖ sig 64 )         sig = Ed25519( BLAKE2b-512(file) )
 *                     trusted comment: T
 *                     base64( Ed25519( sig ‖ T ) )
 *
 * The key id is the first 8 bytes of BLAKE2b-256("dongbo/minisign" padded to 16 ‖ public key), so
 * that it needs no storing; verifying takes any key id that both files agree on.
 *
 * Ownership: buffers are the caller's; parsed texts are borrowed.   Threads: any, after
 * key_ready(). Limits:    MINISIGN_TRUSTED_BYTES_MAX, MINISIGN_FILE_BYTES_MAX.
 */
#ifndef DONGBO_PROTO_MINISIGN_H
#define DONGBO_PROTO_MINISIGN_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"
#include "proto/key.h"

enum {
    MINISIGN_ID_BYTES = 8,
    MINISIGN_HASH_BYTES = 64,   /* BLAKE2b-512, no key */
    MINISIGN_PUBLIC_CHARS = 56, /* base64 of a public key: what is printed on the official letter */
    MINISIGN_UNTRUSTED_BYTES_MAX =
        1000, /* text after "untrusted comment: "; the tool's line buffer is 1024 */
    MINISIGN_TRUSTED_BYTES_MAX =
        8000, /* text after "trusted comment: "; the tool's line buffer is 8192 */
    MINISIGN_FILE_BYTES_MAX = 10240, /* a whole .minisig or public key file */
};

/* Append the public key file. ERR_TOO_LARGE, ERR_NOMEM  of the buffer. */
MUST_CHECK enum err minisign_public(const uint8_t public[KEY_PUBLIC_BYTES], struct buf *out);

/*
 * Append the .minisig of a file.
 *
 *   in    k        a KEY_ISSUE key
 *         hash     BLAKE2b-512 of the file's bytes
 *         trusted  the trusted comment: UTF-8, no control characters but tab,
 * MINISIGN_TRUSTED_BYTES_MAX
 *
 * ERR_BAD_INPUT   `trusted` is not such a text.
 * ERR_TOO_LARGE   `trusted` or the buffer.   ERR_NOMEM
 */
MUST_CHECK enum err minisign_sign(const struct key_sign *k, const uint8_t hash[MINISIGN_HASH_BYTES],
                                  struct bytes trusted, struct buf *out);

/* Is this a public key file of that format? A verification says ERR_BAD_FORMAT of either text. */
bool minisign_public_good(struct bytes public_file);

/*
 * Check a .minisig against a public key file and the hash of the signed file. Lines may end in CR
 * LF and the last newline may be missing; nothing else may differ from the format above.
 *
 *   out   trusted: the trusted comment, inside `minisig`.
 *
 * ERR_OK             signed by this key, comment included.
 * ERR_BAD_FORMAT     one of the texts is not in the format, or in minisign's legacy form ("Ed").
 * ERR_TOO_LARGE      one of the texts is over MINISIGN_FILE_BYTES_MAX or a comment over its limit.
 * ERR_BAD_SIGNATURE  another key, or file or comment were changed.
 */
MUST_CHECK enum err minisign_verify(struct bytes public_file, struct bytes minisig,
                                    const uint8_t hash[MINISIGN_HASH_BYTES], struct bytes *trusted);

#endif

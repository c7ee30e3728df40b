/*
 * Frames of change sets: many sets of one log packed by columns, with derived ids, seed trees and
 * one signature. SPEC section 5.
 *
 * Ownership: struct pack holds the alias table of one direction of one session; pack_free()
 * releases it. Decoded sets live in a struct pack_sets that the caller frees. Threads:   one at a
 * time.   Pure. Limits:    PACK_SETS_MAX sets, FRAME_BODY_BYTES_MAX bytes and the other PACK_* a
 * frame; PACK_ALIASES_MAX ids a session.
 *
 * Both sides number the ids they meet. After any error but ERR_BAD_HASH of pack_encode the numbers
 * of the two sides may differ: end the session, begin the next with a new struct pack.
 */
#ifndef DONGBO_PROTO_PACK_H
#define DONGBO_PROTO_PACK_H

#include "proto/change.h"

#define PACK_SETS_MAX        1024u
#define PACK_ALIASES_MAX     65536u
#define FRAME_BODY_BYTES_MAX 65000u   /* bytes of a frame's body, decoded */
#define PACK_SETS_BYTES_MAX  1048576u /* bytes of all heads and bodies of a frame's sets */
#define PACK_TEMPLATES_MAX   1024u    /* templates of a frame */
#define PACK_FIELDS_MAX      8192u    /* fields in the templates of a frame */
#define PACK_COLUMNS_MAX     1024u    /* columns of a frame */

struct pack; /* alias tables and scratch memory of one direction */
MUST_CHECK enum err pack_new(struct pack **out); /* ERR_NOMEM */
void pack_free(struct pack *p);

struct pack_set { /* one set to send, borrowed */
    struct bytes head;
    struct bytes body;
};

/* Root of the seed tree of block (seq / 64), or NULL when it may not be used (SPEC 4.7). */
typedef const uint8_t *pack_root_fn(void *ctx, const struct id_inc *inc, uint64_t block);

/*
 * Pack as many of `sets` (count >= 1, consecutive sets of one log) as fit into one frame.
 *
 *   in   signature: of which set is the last packed is not known before: `sign(ctx, i, out)` gives
 * the stored signature of sets[i], or fails with ERR_NOT_FOUND out  body: the frame's body
 * appended;  taken: sets packed, >= 1
 *
 * ERR_OK; ERR_BAD_HASH: sets[*taken] no longer matches its hashes or the set behind it (damaged);
 * what is before it was packed and may be sent (taken may be 0, then nothing was appended);
 * ERR_NOT_FOUND, ERR_NOMEM, ERR_TOO_LARGE (the buffer's): nothing was appended
 */
typedef enum err pack_signature_fn(void *ctx, size_t index, uint8_t out[static 64]);
MUST_CHECK enum err pack_encode(struct pack *p, const struct pack_set *sets, size_t count,
                                pack_root_fn *root, pack_signature_fn *signature, void *ctx,
                                struct buf *body, size_t *taken);

struct pack_context { /* what the receiver knows of the log */
    struct id_hash hub;
    struct id_hash node;
    struct id_inc inc;      /* out of pack_peek */
    uint64_t next_seq;      /* the frame must begin here */
    struct id_hash prev;    /* hash of set next_seq - 1; zeros at 0 */
    const uint8_t *sign_pk; /* key of the log; NULL only when next_seq is 0: then the genesis in the
                               frame gives it, and H(key) must be the node id ... */
    bool any_key;           /* ... unless the caller judges it: pack_sets.sign_pk */
};

/* Log and range of a frame, before decoding it. ERR_BAD_FORMAT. */
MUST_CHECK enum err pack_peek(struct bytes body, struct id_inc *inc, uint64_t *first_seq,
                              size_t *count);

struct pack_decoded {
    struct bytes head;
    struct bytes body;
    struct id_hash hash;
};

struct pack_sets {
    struct pack_decoded *v;
    size_t count;
    uint8_t signature[64];
    uint8_t sign_pk[32]; /* the key that verified */
    void *memory;        /* all bytes live here */
};

/*
 * Decode, rebuild and verify a frame: every op hash, the chain, the one signature.
 * ERR_OK          sets: owned by the caller (pack_sets_free). A body that begins with 0x01 has
 *                 erased ops: whether they are on the erasure list is the caller's to check.
 * ERR_BAD_FORMAT  not a frame;  ERR_CHAIN_BROKEN it does not begin at next_seq or link to prev
 * ERR_BAD_HASH, ERR_BAD_SIGNATURE, ERR_TOO_LARGE, ERR_NOMEM   close the link
 */
MUST_CHECK enum err pack_decode(struct pack *p, struct bytes body, const struct pack_context *ctx,
                                struct pack_sets *sets);
void pack_sets_free(struct pack_sets *sets);

/* Does any of them have an erased op? Only an order of erasure that names it lets one in (SPEC 5.5). */
bool pack_sets_erased(const struct pack_sets *sets);

#endif

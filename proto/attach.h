/*
 * Attachments: files that belong to a record. A record names its file by the file's hash, as text in
 * one of its fields; the bytes travel on a lane of their own, in blocks, when the records of a session
 * are done. SPEC 19.
 *
 * Ownership: decoded structs borrow the body.   Threads: any, pure.   Units: bytes.
 * Limits:    ATTACH_* below.
 */
#ifndef DONGBO_PROTO_ATTACH_H
#define DONGBO_PROTO_ATTACH_H

#include "common/buf.h"
#include "common/id.h"
#include "proto/fold.h"

#define ATTACH_BYTES_MAX 4194304u /* bytes of one file: it fits one bundle */
#define ATTACH_BLOCK_BYTES                                                                         \
    32768u                  /* bytes of a block, the last one may be shorter: it fits one frame */
#define ATTACH_AHEAD_MAX 2u /* blocks on their way without an answer */
#define ATTACH_TOLD_MAX  1024u /* files that one bundle of the hub says it has */
#define ATTACH_HEX_BYTES 64u   /* the hash as a record has it */

enum attach_code { /* of HAVE */
                   ATTACH_OK = 0,
                   ATTACH_UNKNOWN = 1, /* no record of the node's scope names this hash */
                   ATTACH_QUOTA = 2,   /* the unit has no room left */
                   ATTACH_BAD =
                       3, /* the bytes have another hash, or are of no kind that is taken */
                   ATTACH_NONE = 4, /* not here (yet) */
};

enum attach_kind { /* by the first bytes; what a scanner or a telephone makes */
                   ATTACH_KIND_NONE,
                   ATTACH_KIND_JPEG,
                   ATTACH_KIND_PNG,
                   ATTACH_KIND_PDF,
                   ATTACH_KIND_WEBP,
                   ATTACH_KIND_TIFF,
                   ATTACH_KIND_HEIC,
                   ATTACH_KIND_SEALED, /* no picture for whoever has no key (proto/sealed_file.h) */
};
/* What a file that begins like this is. */
enum attach_kind attach_kind_of(struct bytes begin);
const char *attach_kind_media(enum attach_kind kind); /* "image/jpeg"; NULL for none */

/* The address of a file: HK("dongbo/attach/1", bytes). */
struct attach_hash_state {
    _Alignas(64) uint8_t opaque[384];
};
void attach_hash_begin(struct attach_hash_state *s);
void attach_hash_add(struct attach_hash_state *s, struct bytes part);
void attach_hash_end(struct attach_hash_state *s, struct id_hash *out);
void attach_hash(struct bytes file, struct id_hash *out);

/* Does a head of the record name this file: is it a text, the hash in small hexadecimal digits? */
bool attach_named(const struct fold *f, const struct id_hash *hash);

/* The file that this value names, if it has the form of such. */
bool attach_value(struct bytes value, struct id_hash *hash);

struct attach_ref { /* whose file, and which */
    struct id_record record;
    struct id_hash hash;
};

struct attach_offer { /* ATTACH: the node has it */
    struct attach_ref ref;
    uint64_t size; /* 1..ATTACH_BYTES_MAX */
};
struct attach_have { /* HAVE: so much of it, from its beginning, is on the hub's disk */
    struct attach_ref ref;
    uint64_t have;
    unsigned code; /* enum attach_code, or one of a later version */
};
struct attach_want { /* WANT: the blocks from there on, at most ATTACH_AHEAD_MAX */
    struct attach_ref ref;
    uint64_t from; /* begin of a block */
};
struct attach_block { /* BLOCK, of the file named last in this direction */
    uint64_t from;    /* begin of a block */
    uint64_t size;    /* of the whole file */
    struct bytes data;
};

/* Encoders append one body; errors are the buffer's. Decoders are strict: ERR_BAD_FORMAT closes the
 * link. A block has exactly the bytes that its place in the file says. */
void attach_offer_encode(const struct attach_offer *m, struct buf *out);
MUST_CHECK enum err attach_offer_decode(struct bytes body, struct attach_offer *m);
void attach_have_encode(const struct attach_have *m, struct buf *out);
MUST_CHECK enum err attach_have_decode(struct bytes body, struct attach_have *m);
void attach_want_encode(const struct attach_want *m, struct buf *out);
MUST_CHECK enum err attach_want_decode(struct bytes body, struct attach_want *m);
void attach_block_encode(const struct attach_block *m, struct buf *out);
MUST_CHECK enum err attach_block_decode(struct bytes body, struct attach_block *m);

/* Bytes of the block that begins at `from`. */
static inline size_t attach_block_len(uint64_t from, uint64_t size)
{
    uint64_t rest = size > from ? size - from : 0;
    return rest < ATTACH_BLOCK_BYTES ? (size_t)rest : ATTACH_BLOCK_BYTES;
}

#endif

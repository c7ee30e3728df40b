/*
 * The change set: its fixed header, op hashes, seeds and salts, hash, signature, and the payload of
 * ops on records. SPEC section 4.
 *
 * A change set is kept and moved as two byte strings, exactly as made: `head` (header ‖ op
 * entries, 4.2-4.3) and `body` (seed or salts, and payloads, 7.7). Everything else is derived from
 * them.
 *
 * Ownership: views borrow the bytes they were opened on.   Threads: any, pure.
 * Limits:    CHANGE_* below.
 */
#ifndef DONGBO_PROTO_CHANGE_H
#define DONGBO_PROTO_CHANGE_H

#include "common/buf.h"
#include "common/id.h"

#define CHANGE_HEADER_BYTES     184u
#define CHANGE_ENTRY_BYTES      36u
#define CHANGE_OPS_MAX          256u
#define CHANGE_BYTES_MAX        49152u /* header, entries and payloads of one set */
#define CHANGE_HEAD_BYTES_MAX   (CHANGE_HEADER_BYTES + CHANGE_OPS_MAX * CHANGE_ENTRY_BYTES)
#define CHANGE_BODY_BYTES_MAX   (CHANGE_BYTES_MAX + 17u * CHANGE_OPS_MAX + 17u)
#define CHANGE_SEED_BYTES       16u
#define CHANGE_SIGNATURE_BYTES  64u
#define CHANGE_WRITES_MAX       512u   /* writes of one op */
#define CHANGE_BASES_MAX        64u    /* versions named by one write */
#define CHANGE_VALUE_BYTES_MAX  4096u  /* bytes of a text value */
#define CHANGE_NUMBER_MAX       65535u /* highest number of a record type or field */
#define CHANGE_BLOCK_SETS       64u    /* sets that share one tree of seeds (4.7) */
#define CHANGE_FLAG_IMPORT_LAST 1u

enum change_kind { /* SPEC 4.11, 4.13 */
                   CHANGE_CREATE = 0,
                   CHANGE_EDIT = 1,
                   CHANGE_DELETE = 2,
                   CHANGE_GENESIS = 16,
                   CHANGE_CATALOGUE_PART = 17,
                   CHANGE_CATALOGUE = 18,
                   CHANGE_ENROL = 19,
                   CHANGE_REVOKE = 20,
                   CHANGE_CLOSE = 21,
                   CHANGE_OFFICER = 22,
                   CHANGE_OFFICER_REVOKE = 23,
                   CHANGE_ORDER = 24,
                   CHANGE_CARD = 25, /* proto/admin_key.h */
                   CHANGE_QUARANTINE = 26,
                   CHANGE_REKEY = 27,     /* of a node: its own keys change (18.9) */
                   CHANGE_REKEY_ASK = 28, /* of the hub: they shall */
                   CHANGE_JUDGE = 42,     /* of a submitted report: proto/workflow.h */
                   CHANGE_ASK = 43,
                   CHANGE_CORRECT = 44,
                   CHANGE_REOPEN = 45,
                   CHANGE_KIND_MAX = 51, /* administrative kinds, those to come included */
                   /* scope moves, SPEC 13: of nodes and of the hub (proto/move.h) */
                   CHANGE_OFFER = 32,
                   CHANGE_ANSWER = 33,
                   CHANGE_SHARE = 34,
                   CHANGE_SETTLE = 35,
                   CHANGE_ASSIGN = 36,
};

struct change_head { /* the header as values */
    struct id_hash hub;
    struct id_hash node;
    struct id_inc inc;
    uint64_t seq;
    struct id_person person;
    struct id_hash prev;
    uint64_t hlc; /* ms << 16 | counter */
    uint64_t epoch;
    uint64_t hub_seen;
    uint8_t hub_seen_hash[8];
    uint32_t edition;
    uint16_t ops;
    uint16_t flags;
    uint64_t import;
};

struct change_view { /* a change set opened for reading */
    struct change_head head;
    struct bytes head_bytes; /* header and entries */
    struct bytes body_bytes;
    struct id_hash hash;                  /* H(head_bytes) */
    bool seeded;                          /* body form 0: seed known; form 1: salts one by one */
    uint8_t seed[CHANGE_SEED_BYTES];      /* when seeded */
    struct bytes payload[CHANGE_OPS_MAX]; /* p == NULL: erased */
    uint8_t salt[CHANGE_OPS_MAX][16];     /* of ops that are not erased */
    struct bytes stub[CHANGE_OPS_MAX]; /* of erased ops: what is left (12.5); p == NULL: nothing */
};

/*
 * Open head and body: sizes, tag, flags, limits, and the parts of the body. Hashes are not
 * recomputed (see change_verify). `view` is large (about 13 KiB): keep it off deep stacks; only the
 * first head.ops places of its arrays are filled, and after an error none of it means anything.
 *
 * ERR_OK; ERR_BAD_FORMAT, ERR_TOO_LARGE: the bytes are not a change set
 */
MUST_CHECK enum err change_open(struct bytes head, struct bytes body, struct change_view *view);

/* Only the header of `head`; nothing of a body is needed. ERR_BAD_FORMAT. */
MUST_CHECK enum err change_head_read(struct bytes head, struct change_head *out);

/* Recompute the hash of every op that is not erased. ERR_BAD_HASH: damaged or forged. */
MUST_CHECK enum err change_verify(const struct change_view *view);

/*
 * Erase ops: append to `body` the body of the same set without the payloads and salts of the ops that
 * have a stub in `stubs` (head.ops of them; p == NULL: as it is). A stub is at most as long as the op.
 * Errors are the buffer's.
 */
void change_rewrite(const struct change_view *view, const struct bytes *stubs, struct buf *body);

/* The 184 bytes of 4.2 as they stand in front of the entries. */
void change_head_write(const struct change_head *h, uint8_t p[static CHANGE_HEADER_BYTES]);

/* Hash of an op (4.4). */
void change_op_hash(const uint8_t salt[static 16], struct bytes payload, uint8_t out[static 32]);

/* H(head). */
void change_hash(struct bytes head, struct id_hash *out);

/* Salt and derived record id of op `index` under `seed` (4.5, 4.6). */
void change_salt(const uint8_t seed[static CHANGE_SEED_BYTES], unsigned index,
                 uint8_t out[static 16]);
void change_rid(const uint8_t seed[static CHANGE_SEED_BYTES], unsigned index,
                struct id_record *out);

/* Node of the seed tree below `root` (of the block) with 2^height leaves that begins at leaf
 * `first` (0..63, divisible by 2^height); height 0 is the seed of one set. */
void change_tree(const uint8_t root[static 16], unsigned height, unsigned first,
                 uint8_t out[static 16]);
/* The leaf `index` (0..2^height-1) below a tree node of that height. */
void change_tree_leaf(const uint8_t node[static 16], unsigned height, unsigned index,
                      uint8_t out[static 16]);

/* Building: begin, add payloads, finish. */
struct change_builder {
    struct change_head head;
    uint8_t seed[CHANGE_SEED_BYTES];
    struct buf entries;
    struct buf payloads;
    enum err e; /* sticky, reported by change_finish */
};

/* `head` gives all header fields but `ops`. The seed is the leaf of 4.7. */
void change_begin(struct change_builder *b, const struct change_head *head,
                  const uint8_t seed[static CHANGE_SEED_BYTES]);
void change_add(struct change_builder *b, struct bytes payload);
/* Bytes that one more payload of this size would bring the set to (compare with CHANGE_BYTES_MAX).
 */
size_t change_size_with(const struct change_builder *b, size_t payload_bytes);
/*
 * Append head and body to the (empty) buffers and release the builder.
 * ERR_OK; ERR_TOO_LARGE: over CHANGE_OPS_MAX or CHANGE_BYTES_MAX; ERR_BAD_INPUT: no op; ERR_NOMEM
 */
MUST_CHECK enum err change_finish(struct change_builder *b, struct buf *head, struct buf *body,
                                  struct id_hash *hash);
void change_abandon(struct change_builder *b);

/* Signature of 4.8. `secret` is a 64-byte Ed25519 secret key as libsodium keeps it. */
void change_sign(const uint8_t secret[static 64], const struct change_head *head,
                 const struct id_hash *hash, uint8_t signature[static CHANGE_SIGNATURE_BYTES]);
MUST_CHECK enum err change_check_signature(const uint8_t public_key[static 32],
                                           const struct change_head *head,
                                           const struct id_hash *hash,
                                           const uint8_t signature[static CHANGE_SIGNATURE_BYTES]);

/* Payload of an op on a record (4.11). */
struct change_write {
    unsigned field;
    struct bytes value;   /* one canonical msgpack value */
    struct bytes bases;   /* k * 20 bytes, sorted; len 0 = none */
    struct bytes element; /* p == NULL: no element */
};

struct change_op {
    enum change_kind kind; /* CHANGE_CREATE, CHANGE_EDIT or CHANGE_DELETE */
    struct id_record rid;
    unsigned type;
    struct change_write *writes;
    size_t count;
};

/* Append the canonical payload. Writes must be sorted by (field, element) with sorted bases
 * (asserted). Errors are the buffer's. */
void change_op_encode(const struct change_op *op, struct buf *out);

/*
 * Decode a payload of kind 0..2 strictly: what decodes encodes back to the same bytes.
 *   in   writes: room for CHANGE_WRITES_MAX;  out: op->writes = writes, slices into payload
 * ERR_OK; ERR_NOT_FOUND: it is a payload of another kind (4.13); ERR_BAD_FORMAT
 */
MUST_CHECK enum err change_op_decode(struct bytes payload, struct change_write *writes,
                                     struct change_op *op);

/* Sort writes by (field, element); for encoders. */
void change_writes_sort(struct change_write *writes, size_t count);

/* Kind of any payload without decoding it; a negative number when it is none. */
int change_payload_kind(struct bytes payload);

#endif

/*
 * The messages of a session as structs: hellos and everything of SPEC 7.4-7.6 but UP (proto/pack).
 *
 * Ownership: decoded structs borrow the body.   Threads: any, pure.
 * Limits:    HELLO_LOGS_MAX, MESSAGE_* below.
 */
#ifndef DONGBO_PROTO_MESSAGE_H
#define DONGBO_PROTO_MESSAGE_H

#include "common/buf.h"
#include "common/id.h"

#define HELLO_LOGS_MAX     8u
#define HELLO_VERSIONS_MAX 8u
#define HELLO_EPOCHS_MAX   32u   /* epochs of the lineage */
#define MESSAGE_ITEMS_MAX  4096u /* sets, records or verdict runs in one message */
#define MESSAGE_TEXT_MAX   200u  /* bytes of a REFUSE text or a node's name */

enum message_type {
    MESSAGE_UP = 1,
    MESSAGE_UPEND = 2,
    MESSAGE_BYE = 3,
    MESSAGE_JOIN = 4,
    MESSAGE_PULL = 5,
    MESSAGE_PROOF = 6,
    MESSAGE_GIVEBACK = 7, /* as SETS */
    MESSAGE_ATTACH = 10,  /* 10 to 12 and 30, 31: proto/attach.h */
    MESSAGE_NODE_BLOCK = 11,
    MESSAGE_WANT = 12,
    MESSAGE_RECEIPT = 16,
    MESSAGE_SETS = 17,
    MESSAGE_RECORDS = 18,
    MESSAGE_VERDICTS = 19,
    MESSAGE_END = 20,
    MESSAGE_WELCOME = 21,
    MESSAGE_REFUSE = 22,
    MESSAGE_PAGE = 23, /* in bundles only */
    MESSAGE_OWN = 24,  /* as SETS */
    MESSAGE_MOVES = 25,
    MESSAGE_ERASURES = 26,
    MESSAGE_QUARANTINED = 27,
    MESSAGE_HAVE = 30,
    MESSAGE_HUB_BLOCK = 31,
    MESSAGE_AGAIN = 34,  /* as PULL, from the hub: one set of the node's log once more */
    MESSAGE_RESENT = 35, /* as SETS: that set, or none */
};

enum message_verdict { /* of the hub's hello */
                       MESSAGE_GO = 0,
                       MESSAGE_NEW_INCARNATION = 1,
                       MESSAGE_REFETCH = 2,
                       MESSAGE_WENT_BACK = 3,
                       MESSAGE_UNKNOWN_NODE = 4,
                       MESSAGE_REVOKED = 5,
                       MESSAGE_NO_VERSION = 6,
                       MESSAGE_JOIN_FIRST = 7,
                       MESSAGE_NEW_CARD = 8, /* SPEC 18.7 */
};

enum message_refusal {
    MESSAGE_BAD_INVITE = 1,
    MESSAGE_USED_INVITE = 2,
    MESSAGE_OLD_INVITE = 3,
    MESSAGE_BAD_PROOF = 4,
    MESSAGE_REVOKED_NODE = 5,
    MESSAGE_CANNOT_STORE = 6,
    MESSAGE_BUSY = 7,
};

struct message_log {
    struct id_inc inc;
    uint64_t next_seq;
    struct id_hash head;    /* hash of set next_seq - 1; zeros at 0 */
    uint64_t receipted_seq; /* next seq by receipts */
};

struct message_hello_node {
    bool joining; /* no node id yet */
    struct id_hash node;
    struct bytes cert;
    struct message_log logs[HELLO_LOGS_MAX];
    size_t log_count;
    uint64_t cursor_epoch;
    uint64_t cursor_position;
    uint8_t cursor_hash[8];
    uint64_t staged;
    uint8_t scope_hash[16];
    uint64_t clock_ms;
    uint32_t edition;
    uint32_t erasure_count;
    uint8_t erasure_hash[8];
    uint8_t nonce[16];
    uint64_t waiting_sets;
    uint64_t waiting_bytes;
    uint32_t card_serial;
    uint64_t sessions;
    bool version_1; /* version 1 is among those offered */
};

struct message_head {
    uint64_t next_seq;
    struct id_hash head;
    bool closed; /* a later incarnation goes on in its place: the hub takes nothing more */
};

struct message_epoch {
    uint64_t epoch;
    uint64_t start;
};

struct message_hello_hub {
    uint8_t nonce[16];
    enum message_verdict verdict;
    uint64_t epoch;
    struct message_epoch lineage[HELLO_EPOCHS_MAX];
    size_t lineage_count;
    struct message_head heads[HELLO_LOGS_MAX];
    size_t head_count;
    uint64_t upto;
    uint64_t feed_count;
    uint64_t clock_ms;
    struct bytes card; /* len 0: not sent */
    uint32_t edition;
};

struct message_receipt {
    struct id_inc inc;
    uint64_t next_seq;
    uint64_t first_position;
    uint64_t last_position;
    struct id_hash position_hash;
    uint8_t signature[64];
};

struct message_set { /* one of SETS */
    uint64_t position;
    struct bytes head;
    struct bytes body;
    uint8_t signature[64];
};

struct message_erasures { /* a stretch of the list of erasures (SPEC 12.6) */
    uint64_t first;       /* number of its first set, from 1 */
    uint64_t total;       /* sets of the whole list at the hub */
    size_t count;         /* sets that follow */
};

struct message_record { /* one of RECORDS */
    struct id_record rid;
    struct bytes unit;
    uint64_t position;
    struct bytes state;
};

struct message_verdicts { /* one of VERDICTS */
    struct id_inc inc;
    uint64_t first_seq;
    uint64_t position; /* of first_seq, the others follow on it; 0: verdicts that changed later */
    struct bytes verdicts; /* one byte per op */
};

struct message_move { /* one of MOVES: an event of the scope (SPEC 13.6) */
    uint64_t position;
    unsigned kind;     /* enum move_item of proto/move.h */
    struct bytes item; /* its msgpack */
};

struct message_end {
    uint64_t position;
    struct id_hash position_hash;
    struct id_inc incs[HELLO_LOGS_MAX];
    uint64_t next_seqs[HELLO_LOGS_MAX];
    size_t head_count;
    uint8_t scope_hash[16];
    uint64_t records;
};

struct message_join {
    uint8_t token[16];
    uint8_t sign_pk[32];
    uint8_t transport_pk[32];
    uint8_t sealing_pk[32];
    struct bytes name;
    uint8_t signature[64];
};

struct message_welcome {
    struct bytes card;
    struct bytes cert;
    struct bytes unit_name;
};

struct message_pull { /* own sets that the hub has, from one seq to its head */
    struct id_inc inc;
    uint64_t from;
};

struct message_proof { /* a receipt, in full (7.8); hub and node are those of the session */
    bool has;          /* false: there is none */
    uint64_t epoch;
    struct id_inc inc;
    uint64_t next_seq;
    struct id_hash chain;
    uint64_t first_position;
    uint64_t last_position;
    struct id_hash position_hash;
    uint8_t signature[64];
};

struct message_quarantined { /* of a revoked node: kept apart, no receipt (SPEC 18.3) */
    struct id_inc inc;
    uint64_t next_seq; /* up to before this set */
};

struct message_refuse {
    unsigned code;
    struct bytes text;
};

struct message_page { /* what the feed of a bundle goes on from; its end is that of END */
    uint64_t from;
    uint8_t hash[8]; /* the first bytes of P at it; zeros at 0 */
};

struct message_bye {
    uint64_t position;
    unsigned code;
};

/* Encoders append one body; errors are the buffer's. Decoders are strict: ERR_BAD_FORMAT closes the
 * link. */
void message_hello_node_encode(const struct message_hello_node *m, struct buf *out);
MUST_CHECK enum err message_hello_node_decode(struct bytes body, struct message_hello_node *m);
void message_hello_hub_encode(const struct message_hello_hub *m, struct buf *out);
MUST_CHECK enum err message_hello_hub_decode(struct bytes body, struct message_hello_hub *m);
void message_receipt_encode(const struct message_receipt *m, struct buf *out);
MUST_CHECK enum err message_receipt_decode(struct bytes body, struct message_receipt *m);
void message_end_encode(const struct message_end *m, struct buf *out);
MUST_CHECK enum err message_end_decode(struct bytes body, struct message_end *m);
void message_join_encode(const struct message_join *m, struct buf *out);
MUST_CHECK enum err message_join_decode(struct bytes body, struct message_join *m);
void message_welcome_encode(const struct message_welcome *m, struct buf *out);
MUST_CHECK enum err message_welcome_decode(struct bytes body, struct message_welcome *m);
void message_refuse_encode(const struct message_refuse *m, struct buf *out);
MUST_CHECK enum err message_refuse_decode(struct bytes body, struct message_refuse *m);
void message_bye_encode(const struct message_bye *m, struct buf *out);
MUST_CHECK enum err message_bye_decode(struct bytes body, struct message_bye *m);

void message_page_encode(const struct message_page *m, struct buf *out);
MUST_CHECK enum err message_page_decode(struct bytes body, struct message_page *m);

void message_quarantined_encode(const struct message_quarantined *m, struct buf *out);
MUST_CHECK enum err message_quarantined_decode(struct bytes body, struct message_quarantined *m);

void message_pull_encode(const struct message_pull *m, struct buf *out);
MUST_CHECK enum err message_pull_decode(struct bytes body, struct message_pull *m);
void message_proof_encode(const struct message_proof *m, struct buf *out);
MUST_CHECK enum err message_proof_decode(struct bytes body, struct message_proof *m);

/* Lists. Encoding: begin with the count, then each item. Decoding: at most `max` items into `v`,
 * *count set. */
void message_sets_encode(const struct message_set *v, size_t count, struct buf *out);
MUST_CHECK enum err message_sets_decode(struct bytes body, struct message_set *v, size_t max,
                                        size_t *count);
void message_erasures_encode(const struct message_erasures *m, const struct message_set *v,
                             struct buf *out);
MUST_CHECK enum err message_erasures_decode(struct bytes body, struct message_erasures *m,
                                            struct message_set *v, size_t max);
void message_records_encode(const struct message_record *v, size_t count, struct buf *out);
MUST_CHECK enum err message_records_decode(struct bytes body, struct message_record *v, size_t max,
                                           size_t *count);
void message_verdicts_encode(const struct message_verdicts *v, size_t count, struct buf *out);
MUST_CHECK enum err message_verdicts_decode(struct bytes body, struct message_verdicts *v,
                                            size_t max, size_t *count);
void message_moves_encode(const struct message_move *v, size_t count, struct buf *out);
MUST_CHECK enum err message_moves_decode(struct bytes body, struct message_move *v, size_t max,
                                         size_t *count);

#endif

/*
 * Payloads of administrative ops (genesis, catalogue, enrol, revoke, close), the hub card,
 * certificates, receipts, invitations and the join proof. SPEC 3.6, 3.7, 4.13, 7.4-7.12.
 *
 * Ownership: decoded structs with `struct bytes` borrow the input.   Threads: any, pure.
 */
#ifndef DONGBO_PROTO_ADMIN_H
#define DONGBO_PROTO_ADMIN_H

#include "common/buf.h"
#include "common/id.h"

#define ADMIN_PART_BYTES_MAX    32768u /* data of one catalogue part */
#define ADMIN_PARTS_MAX         256u   /* parts of one catalogue archive */
#define ADMIN_UNIT_BYTES_MAX    16u    /* a unit code */
#define ADMIN_ADDRESS_BYTES_MAX 255u   /* host:port */
#define ADMIN_REAUTHORED_MAX    64u
#define ADMIN_MISSING_BYTES_MAX 32768u /* codes of missing units in a closing */
#define ADMIN_CARD_BYTES_MAX    1024u
#define ADMIN_CARD_PAST_MAX     8u /* log keys of before that a card names */
#define ADMIN_CERT_BYTES_MAX    288u

struct admin_span { /* sets of an older log that a genesis re-authors */
    struct id_inc inc;
    uint64_t first;
    uint64_t last;
    struct id_hash hash;
};

struct admin_genesis {
    uint8_t sign_pk[32];
    bool has_parent;
    struct id_inc parent_inc;
    uint64_t parent_seq;
    struct id_hash parent_hash;
    struct admin_span reauthored[ADMIN_REAUTHORED_MAX];
    size_t reauthored_count;
};

struct admin_part {
    struct id_hash archive;
    unsigned index;
    unsigned parts;
    struct bytes data;
};

struct admin_edition {
    uint32_t edition;
    struct id_hash archive;
    uint32_t archive_bytes;
    unsigned parts;
};

struct admin_enrol {
    struct id_hash node;
    struct bytes certificate;
};

struct admin_revoke {
    struct id_hash node;
    struct bytes reason;
};

enum admin_close_mode {
    ADMIN_CLOSE_FIRST = 0,      /* of an open period */
    ADMIN_CLOSE_SUPPLEMENT = 1, /* what came late, beside the issue before it, which stands */
    ADMIN_CLOSE_AGAIN = 2,      /* after the period was reopened: in place of the issue before it */
};

struct admin_close {
    struct bytes report;
    struct bytes unit;
    struct bytes period;
    uint32_t issue;
    uint64_t cut_epoch;
    uint64_t cut_position;
    struct id_hash cut_hash;
    uint32_t edition;
    struct id_hash figures;
    bool has_inputs;       /* logs of before 0.2 state none */
    struct id_hash inputs; /* SPEC 16 */
    enum admin_close_mode mode;
    struct bytes missing; /* codes of units whose reports were not in, a blank between them */
};

void admin_genesis_encode(const struct admin_genesis *g, struct buf *out);
MUST_CHECK enum err admin_genesis_decode(struct bytes payload, struct admin_genesis *g);
void admin_part_encode(const struct admin_part *p, struct buf *out);
MUST_CHECK enum err admin_part_decode(struct bytes payload, struct admin_part *p);
void admin_edition_encode(const struct admin_edition *e, struct buf *out);
MUST_CHECK enum err admin_edition_decode(struct bytes payload, struct admin_edition *e);
void admin_enrol_encode(const struct admin_enrol *e, struct buf *out);
MUST_CHECK enum err admin_enrol_decode(struct bytes payload, struct admin_enrol *e);
void admin_revoke_encode(const struct admin_revoke *r, struct buf *out);
MUST_CHECK enum err admin_revoke_decode(struct bytes payload, struct admin_revoke *r);
void admin_close_encode(const struct admin_close *c, struct buf *out);
MUST_CHECK enum err admin_close_decode(struct bytes payload, struct admin_close *c);

struct admin_past { /* a log key of before (18.6) */
    uint8_t log_pk[32];
    uint64_t last; /* nothing of it counts behind this position */
    bool stolen;   /* nor anywhere but where the hub's own log has it */
};

/* Hub card (3.6, 18.6). */
struct admin_card {
    uint8_t root_pk[32];
    uint8_t log_pk[32];
    uint8_t transport_pk[32];
    uint8_t sealing_pk[32];
    uint32_t serial;
    char address[ADMIN_ADDRESS_BYTES_MAX + 1]; /* where the hub is now; "": as it was told before */
    struct admin_past past[ADMIN_CARD_PAST_MAX];
    size_t past_count;
};
/* Append the signed card, in the form of 3.6 when it has neither address nor past; root_secret is a
 * 64-byte libsodium Ed25519 secret key. */
void admin_card_make(const struct admin_card *c, const uint8_t root_secret[static 64],
                     struct buf *out);
/* Check a card for this hub. ERR_BAD_FORMAT, ERR_WRONG_HUB (root does not hash to hub),
 * ERR_BAD_SIGNATURE. */
MUST_CHECK enum err admin_card_open(struct bytes card, const struct id_hash *hub,
                                    struct admin_card *c);

/* Certificate (3.7). `unit` is a C string of at most ADMIN_UNIT_BYTES_MAX bytes. */
struct admin_cert {
    struct id_hash hub;
    struct id_hash node;
    uint8_t sign_pk[32];
    uint8_t transport_pk[32];
    uint8_t sealing_pk[32]; /* what bundles for the node are sealed to */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint32_t serial;
};
void admin_cert_make(const struct admin_cert *c, const uint8_t log_secret[static 64],
                     struct buf *out);
MUST_CHECK enum err admin_cert_open(struct bytes cert, const struct id_hash *hub,
                                    const uint8_t log_pk[static 32], struct admin_cert *c);

/* Receipt (7.8). */
struct admin_receipt {
    struct id_hash hub;
    struct id_hash node;
    uint64_t epoch;
    struct id_inc inc;
    uint64_t next_seq;
    struct id_hash chain; /* hash of set next_seq - 1 */
    uint64_t first_position;
    uint64_t last_position;
    struct id_hash position_hash;
};
void admin_receipt_sign(const struct admin_receipt *r, const uint8_t log_secret[static 64],
                        uint8_t signature[static 64]);
MUST_CHECK enum err admin_receipt_check(const struct admin_receipt *r,
                                        const uint8_t log_pk[static 32],
                                        const uint8_t signature[static 64]);

/* Proof in a JOIN (7.6). */
void admin_join_sign(const uint8_t secret[static 64], const struct id_hash *hub,
                     const uint8_t handshake_hash[static 64], const uint8_t sign_pk[static 32],
                     const uint8_t transport_pk[static 32], const uint8_t sealing_pk[static 32],
                     uint8_t signature[static 64]);
MUST_CHECK enum err admin_join_check(const struct id_hash *hub,
                                     const uint8_t handshake_hash[static 64],
                                     const uint8_t sign_pk[static 32],
                                     const uint8_t transport_pk[static 32],
                                     const uint8_t sealing_pk[static 32],
                                     const uint8_t signature[static 64]);
/* Hash whose six words both people compare (7.11). */
void admin_join_fingerprint(const struct id_hash *hub, const struct id_hash *node,
                            const uint8_t sign_pk[static 32], const uint8_t transport_pk[static 32],
                            struct id_hash *out);

/* Invitation (7.12). */
struct admin_invite {
    struct id_hash hub;
    uint8_t transport_pk[32];
    uint8_t sealing_pk[32];
    uint8_t token[16];
    char address[ADMIN_ADDRESS_BYTES_MAX + 1];
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
};
void admin_invite_encode(const struct admin_invite *i, struct buf *out);
/* ERR_BAD_INPUT for anything a person may have mistyped. */
MUST_CHECK enum err admin_invite_decode(const char *text, struct admin_invite *i);

#endif

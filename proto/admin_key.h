/*
 * Payloads of administrative ops about keys. SPEC 18.
 *
 *   card (kind 25)        the hub's new card; signatures of log keys of before are judged by it
 *   quarantine (kind 26)  a person's decision about sets of a revoked node: let in, or not
 *   rekey (kind 27)       a node's keys change: the end of a log, signed by the old key, and by the new
 *   rekey ask (kind 28)   the hub wants that a node changes its keys
 *
 * Ownership: decoded structs borrow the input.   Threads: any, pure.
 */
#ifndef DONGBO_PROTO_ADMIN_KEY_H
#define DONGBO_PROTO_ADMIN_KEY_H

#include "proto/admin.h"
#include "proto/change.h"

#define ADMIN_KEY_NAME_BYTES_MAX   200u /* who decided, as people call them */
#define ADMIN_KEY_REASON_BYTES_MAX 400u /* why */

struct admin_quarantine {
    struct id_hash node;
    struct id_inc inc;
    uint64_t first;
    uint64_t next;       /* behind the last set */
    struct id_hash hash; /* of the last set: covers the chain of all of them */
    bool release;        /* false: discarded */
    struct bytes by;     /* 1..ADMIN_KEY_NAME_BYTES_MAX */
    struct bytes reason; /* 1..ADMIN_KEY_REASON_BYTES_MAX */
};
void admin_quarantine_encode(const struct admin_quarantine *q, struct buf *out);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err admin_quarantine_decode(struct bytes payload, struct admin_quarantine *q);

/* ---- a node's own keys (SPEC 18.9) ---- */

struct admin_rekey {
    uint8_t sign_pk[32]; /* from here on */
    uint8_t transport_pk[32];
    uint8_t sealing_pk[32];
    uint8_t proof[64]; /* by sign_pk: it is this node's */
};
/* Fill r->proof. `secret`: 64 bytes, of r->sign_pk. */
void admin_rekey_sign(struct admin_rekey *r, const struct id_hash *hub, const struct id_hash *node,
                      const uint8_t secret[static 64]);
/* ERR_BAD_SIGNATURE. */
MUST_CHECK enum err admin_rekey_check(const struct admin_rekey *r, const struct id_hash *hub,
                                      const struct id_hash *node);
void admin_rekey_encode(const struct admin_rekey *r, struct buf *out);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err admin_rekey_decode(struct bytes payload, struct admin_rekey *r);

struct admin_rekey_ask {
    struct id_hash node;
    uint8_t sign_pk[32]; /* the key that shall go: asked for once it is gone, this says nothing */
    struct bytes reason; /* 1..ADMIN_KEY_REASON_BYTES_MAX */
};
void admin_rekey_ask_encode(const struct admin_rekey_ask *a, struct buf *out);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err admin_rekey_ask_decode(struct bytes payload, struct admin_rekey_ask *a);

/* ---- the hub's card ---- */

/* Payload of kind 25. `card` is a whole signed card. */
void admin_key_card_encode(struct bytes card, struct buf *out);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err admin_key_card_decode(struct bytes payload, struct bytes *card);

/*
 * Whose word counts by a card (SPEC 18.6): the log key's; one of before, whose secret is gone; and a stolen
 * one for what stands in the hub's log up to its last position alone (`position` 0: place not known).
 * ERR_BAD_SIGNATURE: nobody's.  `by` (may be NULL): the key that signed.
 */
MUST_CHECK enum err admin_key_set_check(const struct admin_card *card,
                                        const struct change_head *head, const struct id_hash *hash,
                                        const uint8_t signature[static CHANGE_SIGNATURE_BYTES],
                                        uint64_t position, uint8_t *by);
MUST_CHECK enum err admin_key_cert_open(struct bytes cert, const struct id_hash *hub,
                                        const struct admin_card *card, uint64_t position,
                                        struct admin_cert *out);
/* A receipt states its position itself. */
MUST_CHECK enum err admin_key_receipt_check(const struct admin_receipt *r,
                                            const struct admin_card *card,
                                            const uint8_t signature[static 64]);
/* Did this key sign for the hub before, and is it not the present one? */
bool admin_key_is_past(const struct admin_card *card, const uint8_t log_pk[static 32]);

#endif

/*
 * Orders of two people: what nobody may do alone. Officers with Ed25519 keys of their own, the order
 * that two of them sign, the ops that record both in the hub's log, and the register of officers that
 * hub and nodes rebuild from that log. SPEC 12.
 *
 * The register accepts an officer without further proof only while fewer than ORDER_FREE_OFFICERS
 * were ever recorded; each later one carries a signature of the hub's offline root key. So whoever
 * holds the hub's log key alone can neither erase nor reopen anything.
 *
 * Ownership: decoded structs borrow the input; a register owns copies.
 * Threads:   any, pure.   Units: UTC milliseconds.
 */
#ifndef DONGBO_PROTO_ORDER_H
#define DONGBO_PROTO_ORDER_H

#include "common/buf.h"
#include "common/id.h"
#include "proto/key.h"

enum {
    ORDER_FREE_OFFICERS = 2,         /* recorded without the root key's signature */
    ORDER_OFFICERS_MAX = 64,         /* officers of one hub, revoked ones included */
    ORDER_NAME_BYTES_MAX = 64,       /* name of an officer */
    ORDER_KIND_BYTES_MAX = 16,       /* kind of an order, ASCII */
    ORDER_BASIS_BYTES_MAX = 400,     /* its legal basis, text */
    ORDER_REASON_BYTES_MAX = 200,    /* why an officer was revoked */
    ORDER_CONTENT_BYTES_MAX = 40960, /* what it says, so that it fits a change set */
    ORDER_BYTES_MAX = 41984,         /* a whole order, without signatures */
};

/* What an officer may sign; bits. */
enum order_role {
    ORDER_ROLE_ERASE = 1,   /* kind "erase" */
    ORDER_ROLE_REOPEN = 2,  /* kind "reopen": a closed period */
    ORDER_ROLE_RESTORE = 4, /* kind "restore": confirm what a restored hub lost */
    ORDER_ROLE_KEYS = 8,    /* kinds "keys": revoke and replace the hub's keys, and "readers": name
                               who reads sealed fields */
    ORDER_ROLE_ALL = 15,
};

/* "erase" -> ORDER_ROLE_ERASE ...; 0: no such kind. */
unsigned order_role_of(struct bytes kind);
/* Name of the kind that one role bit stands for; NULL for anything else. */
const char *order_role_name(unsigned role);

/* ---- the order ---- */

struct order {
    struct id_hash hub;
    struct bytes kind;
    uint8_t nonce[16]; /* makes every order another one */
    uint64_t made_ms;
    struct bytes basis;
    struct bytes content; /* of the kind's own form */
};

/* Append its bytes. TOO_LARGE as the buffer's sticky error. */
void order_encode(const struct order *o, struct buf *out);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err order_decode(struct bytes bytes, struct order *o);
/* The order's name: H(bytes); its six words are for reading out (SPEC appendix A). */
void order_id(struct bytes bytes, struct id_hash *out);

/* Sign(officer, "dongbo/order/1", bytes). `k` is a KEY_OFFICER key. */
MUST_CHECK enum err order_sign(const struct key_sign *k, struct bytes bytes,
                               uint8_t signature[static 64]);

struct order_signature {
    uint8_t pk[32];
    uint8_t signature[64];
};
struct order_op { /* payload of kind CHANGE_ORDER */
    struct bytes order;
    struct order_signature by[2];
};
void order_op_encode(const struct order_op *op, struct buf *out);
MUST_CHECK enum err order_op_decode(struct bytes payload, struct order_op *op);

/* ---- officers ---- */

struct order_officer { /* payload of kind CHANGE_OFFICER */
    struct bytes name;
    uint8_t pk[32];
    unsigned roles;
    uint8_t proof[64]; /* by the officer's key: it is really his */
    bool has_root;
    uint8_t root[64]; /* by the hub's root key */
};
void order_officer_encode(const struct order_officer *o, struct buf *out);
MUST_CHECK enum err order_officer_decode(struct bytes payload, struct order_officer *o);
/* Fill o->proof / o->root. */
MUST_CHECK enum err order_officer_prove(const struct key_sign *k, const struct id_hash *hub,
                                        struct order_officer *o);
MUST_CHECK enum err order_officer_vouch(const struct key_sign *root, const struct id_hash *hub,
                                        struct order_officer *o);

struct order_revoke { /* payload of kind CHANGE_OFFICER_REVOKE */
    uint8_t pk[32];
    struct bytes reason;
};
void order_revoke_encode(const struct order_revoke *r, struct buf *out);
MUST_CHECK enum err order_revoke_decode(struct bytes payload, struct order_revoke *r);

/* ---- the register ---- */

struct order_person {
    char name[ORDER_NAME_BYTES_MAX + 1];
    uint8_t pk[32];
    unsigned roles;
    bool vouched; /* the hub's root key signed for him, not its log key alone */
    bool revoked;
};
struct order_register {
    struct id_hash hub;
    uint8_t root_pk[32];
    struct order_person v[ORDER_OFFICERS_MAX];
    size_t count;
};

void order_register_init(struct order_register *r, const struct id_hash *hub,
                         const uint8_t root_pk[static 32]);
/*
 * Record an officer, or more roles of one: what a set says that came back after the hub lost it comes to the
 * same in any order. Names are not looked at (order_register_named()): two keys may have one.
 * ERR_EXISTS         that key is there with these roles, or was revoked
 * ERR_BAD_SIGNATURE  the proof is not by that key, or not the root's signature
 * ERR_DENIED         the root's signature is needed
 * ERR_TOO_LARGE      ORDER_OFFICERS_MAX
 */
MUST_CHECK enum err order_register_add(struct order_register *r, const struct order_officer *o);
/* From now on the key signs nothing. ERR_NOT_FOUND: no living officer has it. */
MUST_CHECK enum err order_register_revoke(struct order_register *r, const uint8_t pk[static 32]);
/* Has a living officer this name, written in whatever case, with whatever marks and blanks? Whoever records a new one
 * asks this first. ERR_NOMEM. */
MUST_CHECK enum err order_register_named(const struct order_register *r, struct bytes name,
                                         bool *named);
/* NULL: nobody has that key. */
const struct order_person *order_register_find(const struct order_register *r,
                                               const uint8_t pk[static 32]);
/* May the holder of this key sign this order, and did he? ERR_NOT_FOUND unknown key; ERR_REVOKED;
 * ERR_DENIED not his role; ERR_WRONG_HUB; ERR_BAD_FORMAT; ERR_BAD_SIGNATURE. */
MUST_CHECK enum err order_register_signed(const struct order_register *r, struct bytes order,
                                          const struct order_signature *by);
/* Two different living officers signed it: as above, and ERR_DENIED for one key, or one name
 * (order_register_named()), twice; ERR_NOMEM. */
MUST_CHECK enum err order_register_check(const struct order_register *r, const struct order_op *op);

#endif

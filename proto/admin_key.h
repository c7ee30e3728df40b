/*
 * Payloads of administrative ops about keys. SPEC 18.
 *
 *   quarantine (kind 26)  a person's decision about sets of a revoked node: let in, or not
 *
 * Ownership: decoded structs borrow the input.   Threads: any, pure.
 */
#ifndef DONGBO_PROTO_ADMIN_KEY_H
#define DONGBO_PROTO_ADMIN_KEY_H

#include "proto/admin.h"

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

#endif

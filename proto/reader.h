/*
 * Orders of two people that name the officers who read sealed fields (SPEC 22.6): an order of kind
 * "readers", whose content is one of these.
 *
 * Ownership: a decoded struct borrows the content.   Threads: any, pure.   Limits: ORDER_NAME_BYTES_MAX.
 */
#ifndef DONGBO_PROTO_READER_H
#define DONGBO_PROTO_READER_H

#include "proto/key.h"
#include "proto/order.h"

struct reader_order {
    struct bytes name; /* 1..ORDER_NAME_BYTES_MAX */
    uint8_t pk[32];    /* X25519 */
    bool reads;        /* false: from now on not any more */
};

void reader_order_encode(const struct reader_order *o, struct buf *out);
/* ERR_BAD_FORMAT. */
MUST_CHECK enum err reader_order_decode(struct bytes content, struct reader_order *o);

/* An officer's key for reading, derived from the seed in the officer's key file (12.2).
 * ERR_NOMEM: no locked memory. */
MUST_CHECK enum err reader_key(const struct key_sign *officer, struct key_box *out);

#endif

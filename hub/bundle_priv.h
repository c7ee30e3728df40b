/* What the files of the hub's bundles share. Included by hub/bundle*.c only. */
#ifndef DONGBO_HUB_BUNDLE_PRIV_H
#define DONGBO_HUB_BUNDLE_PRIV_H

#include "hub/bundle.h"
#include "hub/join.h"
#include "hub/store_bundle.h"

struct hub_bundle_answer { /* what to say to whom */
    const struct hub_node *node;
    const uint8_t *sealing_pk;
    uint8_t nonce[16];
    enum message_verdict verdict;
    unsigned refusal;            /* 0: none */
    const struct hub_join *join; /* NULL: no WELCOME */
    uint64_t from;               /* of the page */
    bool page;                   /* receipts and a page */
    uint32_t card_serial;        /* that the node has */
    uint32_t erasure_count;      /* its list of erasures; 0: it is sent whole */
    uint8_t erasure_sum[8];
};

/* bundle_answer.c: seal it and append it to `file`. Outside a transaction. */
MUST_CHECK enum err hub_bundle_answer(const struct hub_bundle *b, const struct hub_bundle_answer *a,
                                      size_t file_max, struct buf *file,
                                      struct hub_bundle_result *out);

#endif

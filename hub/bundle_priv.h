/* What the files of the hub's bundles share. Included by hub/bundle*.c only. */
#ifndef DONGBO_HUB_BUNDLE_PRIV_H
#define DONGBO_HUB_BUNDLE_PRIV_H

#include "hub/bundle.h"
#include "hub/join.h"
#include "hub/store_bundle.h"

struct hub_bundle_judged { /* what the hub finds of the logs that a hello names, in its order */
    size_t count;
    struct message_head heads[HELLO_LOGS_MAX];
    bool own[HELLO_LOGS_MAX]; /* it has sets there that the hello does not tell of */
};

struct hub_bundle_answer { /* what to say to whom */
    const struct hub_node *node;
    const uint8_t *sealing_pk;
    uint8_t nonce[16];
    enum message_verdict verdict;
    unsigned refusal;                       /* 0: none */
    const struct hub_join *join;            /* NULL: no WELCOME */
    const struct message_hello_node *asked; /* what it answers; NULL: nothing */
    const struct hub_bundle_judged *judged; /* ... and what the hub found of it */
    uint64_t from;                          /* of the page */
    bool page;                              /* receipts and a page */
    uint32_t card_serial;                   /* that the node has */
    uint32_t erasure_count;                 /* its list of erasures; 0: it is sent whole */
    uint8_t erasure_sum[8];
};

/* bundle_repair.c. All but the last two inside the transaction.
 * PROOF; `certified`: nothing else is known of the node. Errors of a proof that is none. */
MUST_CHECK enum err hub_bundle_prove(const struct hub_bundle *b,
                                     const struct message_hello_node *hello, bool certified,
                                     struct bytes body);
/* GIVEBACK. */
MUST_CHECK enum err hub_bundle_given(const struct hub_bundle *b, struct bytes body);
/* The file was read to its end: what this hub lost stood in it. */
MUST_CHECK enum err hub_bundle_gave_back(const struct hub_bundle *b,
                                         const struct message_hello_node *hello);
/* The verdict (7.5) on a hello of a node that is here and not revoked. `forked`: a log whose frame was none of its
 * history, NULL: none. */
MUST_CHECK enum err hub_bundle_judge(const struct hub_bundle *b,
                                     const struct message_hello_node *hello,
                                     const struct id_inc *forked, struct hub_bundle_judged *out,
                                     enum message_verdict *verdict);

/* bundle_answer.c: seal it and append it to `file`. Outside a transaction. */
MUST_CHECK enum err hub_bundle_answer(const struct hub_bundle *b, const struct hub_bundle_answer *a,
                                      size_t file_max, struct buf *file,
                                      struct hub_bundle_result *out);

#endif

/* What the files of the node's bundles share. Included by node/bundle*.c only. */
#ifndef DONGBO_NODE_BUNDLE_PRIV_H
#define DONGBO_NODE_BUNDLE_PRIV_H

#include "node/bundle.h"

struct node_carry { /* a file on its way in */
    const struct node_bundle *b;
    struct node_bundle_read *out;
    struct bundle_reader *reader;
    struct node_identity identity;
    struct message_hello_node self; /* where this node stands */
    struct message_hello_hub hello;
    struct admin_card card; /* of the hub, as pinned */
    /* The bundle of ours that it answers: the logs that it told of; of the hub's heads each has its own. */
    bool asked;
    struct id_inc logs[HELLO_LOGS_MAX];
    size_t log_count;
    /* Own sets that came. */
    bool own_dropped, pulling, pull_stages;
    size_t pull;
    struct node_pull own;
    uint8_t own_key[32]; /* that signs in it */
    bool pulled[HELLO_LOGS_MAX];
    bool mended;   /* looked at, once the last of them came */
    bool applying; /* a page is being staged ... */
    uint64_t from; /* ... which begins behind this position */
    struct attach_ref
        have[ATTACH_TOLD_MAX]; /* files that the hub had, of which nothing is believed until ... */
    size_t have_count;
    bool have_counts; /* ... this node stands where the hub stood then */
    struct change_view view;
    union {
        struct message_set sets[MESSAGE_ITEMS_MAX];
        struct message_record records[MESSAGE_ITEMS_MAX];
        struct message_verdicts verdicts[MESSAGE_ITEMS_MAX];
        struct message_move moves[MESSAGE_ITEMS_MAX];
    } items;
};

/* bundle_repair.c, SPEC 11.7. Is it the answer to a bundle of ours? Then a hub that went back is believed. */
MUST_CHECK enum err node_carry_answers(struct node_carry *c);
MUST_CHECK enum err node_carry_own(struct node_carry *c, struct bytes body);
/* Behind the last OWN: the one repair, where a log of ours is not the hub's. */
MUST_CHECK enum err node_carry_mend(struct node_carry *c);

#endif

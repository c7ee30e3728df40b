/*
 * What the files of the repair share. Only node/store_repair.c and node/store_reauthor.c include it.
 */
#ifndef DONGBO_NODE_STORE_REPAIR_PRIV_H
#define DONGBO_NODE_STORE_REPAIR_PRIV_H

#include "node/store_priv.h"
#include "node/store_rekey.h"

struct node_mend_log { /* one log of the hello while it is mended */
    int64_t no;
    uint64_t next_seq;   /* what is kept, then its new end */
    struct id_hash head; /* likewise */
    uint64_t common;     /* sets below are the hub's and ours */
    struct id_hash common_head;
    bool touched;
    bool moved; /* sets went to a branch */
    int64_t branch;
    uint64_t last; /* of the branch */
    struct id_hash last_hash;
};

struct node_mend {
    struct node_store *s;
    const struct node_store_fix *fixes;
    size_t count;
    node_store_sign_fn *sign;
    const void *ctx;
    int64_t now_ms;
    struct node_identity identity;
    struct node_mend_log logs[HELLO_LOGS_MAX];
    bool moved;       /* anything did */
    bool rekey_moved; /* ... the change of our keys that is under way, and the hub has not got it */
    /* the new incarnation */
    struct id_inc inc;
    uint64_t seq;
    struct id_hash head;
    uint64_t hlc;
    uint8_t root[16];
    struct change_view *view; /* of the set that is re-authored */
    struct change_write *writes;
    struct buf bases;
    struct buf payload;
};

/* store_repair.c: hash of an own set; ERR_NOT_FOUND. */
MUST_CHECK enum err node_mend_hash(struct node_mend *m, int64_t log, uint64_t seq,
                                   struct id_hash *out);

/* store_reauthor.c: begin the new incarnation and make the branches' sets once more. */
MUST_CHECK enum err node_mend_anew(struct node_mend *m);

#endif

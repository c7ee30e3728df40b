/* What the files of the feed share. Included by hub/store_feed*.c only. */
#ifndef DONGBO_HUB_STORE_FEED_PRIV_H
#define DONGBO_HUB_STORE_FEED_PRIV_H

#include "hub/store_priv.h"

enum {
    HUB_FEED_LOGS_MAX = 64, /* newest incarnations of a node whose verdicts are told */
    HUB_FEED_SOURCES_MAX = 9 + 2 * HUB_FEED_LOGS_MAX,
    HUB_FEED_BYTES_MAX = 64 * 1024 * 1024, /* one bite: bounded by what one position can change */
};

enum hub_source_kind {
    HUB_FROM_RECORDS,
    HUB_FROM_SETS,
    HUB_FROM_VERDICTS,
    HUB_FROM_REVERDICTS,
    HUB_FROM_SHARED, /* records of other units */
    HUB_FROM_LEAVES,
    HUB_FROM_TRANSFERS,
    HUB_FROM_CROSSED,
    HUB_FROM_SHARES,
};

struct hub_source {
    enum hub_source_kind kind;
    int64_t key;               /* scope, or number of the incarnation */
    const struct hub_log *log; /* of verdicts */
    struct db_stmt *q;
    bool row;
    uint64_t pos; /* of the row */
};

struct hub_feed_memory {
    struct message_set *sets;
    struct message_record *records;
    struct message_verdicts *verdicts;
    struct message_move *moves;
    size_t set_count, record_count, verdict_count, move_count;
    size_t set_room, record_room, verdict_room, move_room;
    struct buf bytes;   /* heads, bodies, units and states; pointers are made at the end */
    struct buf verdict; /* verdict bytes, run after run */
    struct buf move;    /* items, one behind the other */
    struct hub_source sources[HUB_FEED_SOURCES_MAX];
    size_t source_count;
    bool open_run; /* the last run may be continued */
    uint64_t run_next;
    uint64_t run_position; /* of the set that may come next; 0: verdicts that changed later */
    uint64_t base;         /* what the node has applied, 0: nothing */
    struct id_hash node;
};

MUST_CHECK enum err hub_feed_room(void **v, size_t *room, size_t count, size_t item);
/* store_feed_move.c: the row as an item of MOVES, behind the others. */
MUST_CHECK enum err hub_feed_move(struct hub_store *s, struct hub_feed_memory *m,
                                  const struct hub_source *src);

#endif

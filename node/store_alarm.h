/*
 * The node's store: alarms that stand until a person at this PC settles them. SPEC 15.4.
 *
 * Threads: loop thread only.   Units: UTC milliseconds.   Errors: those of node/store.h.
 */
#ifndef DONGBO_NODE_STORE_ALARM_H
#define DONGBO_NODE_STORE_ALARM_H

#include "node/store.h"

#define NODE_ALARM_CLOCK_MS 3600000 /* a clock this far from the hub's is an alarm */

/* Numbers are stored: new kinds go to the end. */
enum node_alarm_kind {
    NODE_ALARM_RESTORED = 1, /* the database was older than its witness, or a copy was restored */
    NODE_ALARM_FORK,         /* saves of this PC lost their place to others of the same log */
    NODE_ALARM_HUB_BACK,     /* the hub lost what it had receipted; it is sent again */
    NODE_ALARM_DAMAGED,      /* verify or scrub found damage */
    NODE_ALARM_CLOCK,        /* this PC's clock is NODE_ALARM_CLOCK_MS or more from the hub's */
    NODE_ALARM_HUB_CLOCK /* the hub's clock is NODE_ALARM_CLOCK_MS or more behind what it said before */
};

struct node_alarm {
    int64_t no;
    enum node_alarm_kind kind;
    int64_t first_ms;
    int64_t last_ms;
    uint64_t count;   /* times it was noticed */
    int64_t acked_ms; /* 0: it stands */
};
const char *node_alarm_vi(enum node_alarm_kind kind);
const char *node_alarm_en(enum node_alarm_kind kind);

/* Raise it, or count one that stands already. Inside or outside a transaction. */
MUST_CHECK enum err node_store_alarm(struct node_store *s, enum node_alarm_kind kind,
                                     int64_t now_ms);
/* Newest first; only those that stand, or all. */
MUST_CHECK enum err node_store_alarms(struct node_store *s, bool all,
                                      enum err (*row)(void *ctx, const struct node_alarm *a),
                                      void *ctx);
/* A person settled it. ERR_NOT_FOUND: no such alarm stands. */
MUST_CHECK enum err node_store_alarm_ack(struct node_store *s, int64_t no, int64_t now_ms);
/* Its cause is gone by itself (a clock that was set right): those of the kind that stand are settled. */
MUST_CHECK enum err node_store_alarm_over(struct node_store *s, enum node_alarm_kind kind,
                                          int64_t now_ms);

#endif

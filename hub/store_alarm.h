/*
 * The hub's store, part 8: alarms that stand until a person settles them. SPEC 7.13, 15.4.
 *
 * Threads: loop thread only.   Units: UTC milliseconds.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_ALARM_H
#define DONGBO_HUB_STORE_ALARM_H

#include "hub/store.h"

#define HUB_ALARM_CLOCK_MS 3600000 /* a node's clock this far from ours is an alarm */

enum { HUB_ALARM_WHAT_MAX = 128 }; /* bytes of what is damaged, terminator included */

/* Numbers are stored: new kinds go to the end. */
enum hub_alarm_kind {
    HUB_ALARM_CLONE = 1,     /* two live copies of one node, or one older than its last repair */
    HUB_ALARM_WENT_BACK = 2, /* this hub lost the end of its log; a new epoch began */
    HUB_ALARM_FORK = 3, /* a node made saves anew that had lost their place: restored or copied */
    HUB_ALARM_DAMAGED = 4,    /* verify or scrub found damage */
    HUB_ALARM_CLOCK = 5,      /* a node's clock is HUB_ALARM_CLOCK_MS or more from ours */
    HUB_ALARM_QUARANTINE = 6, /* a revoked node sent something: a person decides about it */
    HUB_ALARM_STOPPED =
        7, /* this program died several times at what a node sends: it waits (SPEC 15.8) */
};

struct hub_alarm {
    int64_t no;
    enum hub_alarm_kind kind;
    bool has_node;
    struct id_hash node;
    int64_t first_ms;
    int64_t last_ms;
    uint64_t count;                /* times it was noticed */
    int64_t acked_ms;              /* 0: it stands */
    char what[HUB_ALARM_WHAT_MAX]; /* which entry is damaged; "" else */
};

const char *hub_alarm_vi(enum hub_alarm_kind kind);
const char *hub_alarm_en(enum hub_alarm_kind kind);

/* Raise it, or count one that stands already. `node` NULL: about the hub itself. Inside a
 * transaction. */
MUST_CHECK enum err hub_store_alarm(struct hub_store *s, enum hub_alarm_kind kind,
                                    const struct id_hash *node, int64_t now_ms);
/* HUB_ALARM_DAMAGED naming the entry: "sys_log 812: ...", or a table. Inside or outside a transaction. */
MUST_CHECK enum err hub_store_alarm_damage(struct hub_store *s, const char *what, int64_t now_ms);
/* Newest first; only those that stand, or all. */
MUST_CHECK enum err hub_store_alarms(struct hub_store *s, bool all,
                                     enum err (*row)(void *ctx, const struct hub_alarm *a),
                                     void *ctx);
/* A person settled it. ERR_NOT_FOUND: no such alarm stands. */
MUST_CHECK enum err hub_store_alarm_ack(struct hub_store *s, int64_t no, int64_t now_ms);

/* Is a node named by such an alarm that stands? */
MUST_CHECK enum err hub_store_alarmed(struct hub_store *s, enum hub_alarm_kind kind,
                                      const struct id_hash *node, bool *out);

/* Look for a clone in a hello, inside a transaction: the node's newest log here is not among its
 * logs. Raises HUB_ALARM_CLONE, once for each newest log. */
MUST_CHECK enum err hub_store_clone_look(struct hub_store *s, const struct id_hash *node,
                                         const struct message_hello_node *hello, int64_t now_ms);

/* A node's genesis that re-authors what had lost its place: HUB_ALARM_FORK. Inside a transaction. */
MUST_CHECK enum err hub_store_fork_look(struct hub_store *s, const struct id_hash *node,
                                        struct bytes genesis, int64_t now_ms);

/* The clock of a hello: HUB_ALARM_CLOCK, or its end. Inside a transaction. */
MUST_CHECK enum err hub_store_clock_look(struct hub_store *s, const struct id_hash *node,
                                         int64_t clock_ms, int64_t now_ms);

#endif

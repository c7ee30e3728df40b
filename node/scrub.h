/*
 * Looking for damage all the time, a little each second, beside the node's other work: the seals of every
 * table, NODE_SCRUB_ROWS rows at a time. What is found raises NODE_ALARM_DAMAGED; the program's log names
 * the table, `verify` the set or record. SPEC 15.4.
 *
 * Ownership: the store is borrowed.   Threads: loop thread.   Units: milliseconds.
 */
#ifndef DONGBO_NODE_SCRUB_H
#define DONGBO_NODE_SCRUB_H

#include "node/store.h"

enum {
    NODE_SCRUB_ROWS = 500,               /* in one turn: an office PC is old */
    NODE_SCRUB_TURN_MS = 1000,           /* between two turns */
    NODE_SCRUB_FIRST_MS = 120000,        /* from the start to the first */
    NODE_SCRUB_REST_MS = 12 * 60 * 60000 /* between two rounds */
};

struct db_scan;
struct node_scrub {
    struct node_store *store;
    struct db_scan *scan; /* NULL: not begun */
    uint64_t rounds, findings;
    int64_t now_ms;
};

void node_scrub_init(struct node_scrub *s, struct node_store *store);
void node_scrub_free(struct node_scrub *s);

/* One turn; how long to wait for the next. Errors are logged and tried again. */
uint64_t node_scrub_turn(struct node_scrub *s, int64_t wall_ms);

#endif

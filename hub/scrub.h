/*
 * Looking for damage all the time, a little each second, beside the hub's other work: every set of the log
 * (its hashes, its place in its chain and in the one order), then the seals of every table. What is found
 * raises HUB_ALARM_DAMAGED and names the entry; `verify` looks at everything at once and deeper
 * (signatures, states). SPEC 15.4.
 *
 * Ownership: the store is borrowed.   Threads: loop thread, outside transactions.
 * Units:     milliseconds of a clock that does not jump.   Limits: HUB_SCRUB_*.
 */
#ifndef DONGBO_HUB_SCRUB_H
#define DONGBO_HUB_SCRUB_H

#include "hub/store.h"

enum {
    HUB_SCRUB_SETS = 200,                /* of the log in one turn */
    HUB_SCRUB_ROWS = 2000,               /* of a table in one turn */
    HUB_SCRUB_FIRST_MS = 60000,          /* from the start to the first turn */
    HUB_SCRUB_REST_MS = 12 * 60 * 60000, /* between two rounds */
};

struct db_scan;
struct hub_scrub {
    struct hub_store *store;
    struct db_scan *scan; /* NULL: still in the log, or no seals */
    uint64_t position;    /* of the last set that was looked at */
    uint64_t next_ms;
    uint64_t rounds, findings, before; /* findings, and those of the rounds before this one */
    bool tables;                       /* the log is done */
};

void hub_scrub_init(struct hub_scrub *s, struct hub_store *store, uint64_t mono_ms);
void hub_scrub_free(struct hub_scrub *s);

/* About once a second. Errors are logged and tried again. */
void hub_scrub_turn(struct hub_scrub *s, uint64_t mono_ms, int64_t wall_ms);

#endif

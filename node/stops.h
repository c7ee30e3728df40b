/*
 * The daemon's black box: when this program died several times in a session with the hub, sessions wait for a person,
 * and everything else on this PC goes on. SPEC 15.8, common/blackbox.h.
 *
 * Ownership: the memory is the home's.   Threads: loop thread only.
 */
#ifndef DONGBO_NODE_STOPS_H
#define DONGBO_NODE_STOPS_H

#include "common/blackbox.h"
#include "common/io/mapped.h"

#include <stdbool.h>

#define NODE_STOPS_FILE "stops" /* in the folder of the node */

/* At the daemon's start. Without room for the file the daemon goes on without it (logged), and `file` stays closed. */
void node_stops_open(const char *dir, struct mapped *file);

/* `b` NULL: nothing is noted. */
void node_stops_begin(struct blackbox *b); /* the hub's bytes are worked on */
void node_stops_end(struct blackbox *b);
void node_stops_forgive(struct blackbox *b); /* a session ended well, or a person wants one */
bool node_stops_stopped(const struct blackbox *b);

#endif

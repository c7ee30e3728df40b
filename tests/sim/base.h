/*
 * Where runs begin: keys and disks of a hub that has published the project's catalogue and invited its nodes, and of
 * nodes that know their invitation; or of nodes that have joined. Made once per process, with a seed of its own.
 *
 * And libsodium's random bytes, from a seed.
 *
 * Ownership: everything is of the process.   Threads: one.
 */
#ifndef DONGBO_TESTS_SIM_BASE_H
#define DONGBO_TESTS_SIM_BASE_H

#include "tests/sim/world.h"

/* Before anything else in the process. */
void base_random_install(void);
void base_random_seed(uint64_t seed);
/* cheap.c: SQLite's memory; before SQLite is used. base_random_install() calls it. */
void cheap_sqlite(void);

struct base {
    struct key_sign root;
    struct key_sign hub_log, next_log;
    struct key_box hub_transport, next_transport;
    struct key_box sealing;
    struct id_hash hub;
    struct world_keys nodes[WORLD_NODES_MAX];
    struct world_keys next[WORLD_NODES_MAX]; /* that they may change to */
    uint8_t tokens[WORLD_NODES_MAX][16];
};
struct base *base_keys(void);

/* Make the stores of a fresh world on its (empty) disks. */
void base_make(struct world *w);

/* Payloads of a catalogue as an edition: parts and the closing op. `folder`: "catalogue", the project's, or
 * "tests/sim/catalogue", a small part of it, which runs begin with because opening it takes little time. */
enum { BASE_PAYLOADS_MAX = 64 };
size_t base_catalogue(const char *folder, unsigned edition, struct buf payloads[BASE_PAYLOADS_MAX]);

/* Append a set to the hub's own log within the engine's transaction. */
enum err base_hub_append(struct world *w, const struct bytes *payloads, size_t count);

#endif

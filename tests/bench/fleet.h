/*
 * A hub and its communes' nodes in one process: real stores in a folder, real engines, joined by pipes
 * in memory that count bytes and turns. Sessions of all nodes run at once.
 *
 *   fleet_make -> a folder with hub.db, node-NN.db and keys; fleet_open -> on with it; fleet_sync
 *
 * Ownership: fleet_close() releases.   Threads: one.   Aborts on failure: measuring code.
 */
#ifndef DONGBO_BENCH_FLEET_H
#define DONGBO_BENCH_FLEET_H

#include "hub/engine.h"
#include "node/engine.h"
#include "proto/key.h"
#include "tests/bench/workload.h"

#define FLEET_NODES_MAX 64u

struct fleet;

struct fleet_node {
    struct fleet *f;
    uint8_t sign_seed[32];
    uint8_t transport_seed[32];
    struct key_sign sign;
    struct key_box transport;
    struct node_sync_keys keys;
    struct node_store *store;
    struct node_engine *engine;
    uint64_t link, conn, wake_at;
    bool up, dialed, closing, hub_closing;
    bool client_speaks; /* the client sent last */
    struct buf to_hub, to_node;
    size_t sent, received, turns; /* of the last session */
};

struct fleet {
    char folder[200];
    size_t count;
    uint64_t now_ms;
    uint64_t random;
    struct {
        uint8_t seeds[4][32]; /* root, log, transport, sealing */
        struct key_sign root, log;
        struct key_box transport, sealing;
        struct id_hash id;
        struct hub_sync_keys keys;
        struct hub_store *store;
        struct hub_engine *engine;
        double wall, cpu; /* seconds inside it */
        size_t commits;
    } hub;
    double node_cpu; /* seconds inside all nodes */
    struct fleet_node nodes[FLEET_NODES_MAX];
};

/* A new folder: hub with the measuring catalogue, `count` nodes that joined and have it. */
void fleet_make(struct fleet *f, const char *folder, size_t count);
void fleet_open(struct fleet *f, const char *folder, size_t count);
void fleet_close(struct fleet *f);

/* One session of the first `count` nodes, at the same time, to the end. */
void fleet_sync(struct fleet *f, size_t count);

/* "folder/name" into a buffer of the next call but one. */
const char *fleet_path(const char *folder, const char *name);

#endif

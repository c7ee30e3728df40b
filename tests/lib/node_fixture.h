/*
 * A node for tests: a store in a folder of its own, with keys, an identity, and on wish the
 * project's catalogue, brought in through the feed as the hub would.
 *
 * Ownership: fixture_close() removes the folder.   Threads: one.
 */
#ifndef DONGBO_TESTS_LIB_NODE_FIXTURE_H
#define DONGBO_TESTS_LIB_NODE_FIXTURE_H

#include "node/own.h"
#include "node/store.h"
#include "node/store_records.h"
#include "proto/key.h"

struct node_fixture {
    char folder[64];
    char path[96];
    struct node_store *store;
    struct key_sign sign;
    struct key_box transport;
    struct key_box sealing;
    struct key_sign hub_log;
    struct node_sync_keys keys;
    struct node_identity identity;
    uint64_t epoch;
    uint64_t position; /* of the last staged thing */
    struct id_inc hub_inc;
    uint64_t hub_seq;
    struct id_hash hub_head;
};

/* Asserts on every failure. */
void fixture_open(struct node_fixture *f, bool with_catalogue);
void fixture_reopen(struct node_fixture *f);
void fixture_close(struct node_fixture *f);

/* Stage one set of the hub's log with this payload; returns its position. */
uint64_t fixture_hub_set(struct node_fixture *f, struct bytes payload);
/* Stage the catalogue of the project as an edition. */
void fixture_catalogue(struct node_fixture *f, uint32_t edition);
/* END with this scope hash (NULL: zeros) and these heads. */
enum err fixture_end(struct node_fixture *f, const uint8_t *scope, const struct id_inc *inc,
                     uint64_t next_seq);
/* A receipt for the own log up to next_seq. */
void fixture_receipt(struct node_fixture *f, uint64_t next_seq);

#endif

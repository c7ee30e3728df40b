/*
 * For tests: a hub's store in a folder of its own, with keys, and nodes whose change sets reach it as
 * frames, as they do in a session.
 *
 * Ownership: world_close() and world_node_close() release; everything asserts on failure.
 * Threads:   one.
 */
#ifndef DONGBO_TESTS_HUB_WORLD_H
#define DONGBO_TESTS_HUB_WORLD_H

#include "hub/own.h"
#include "hub/store.h"
#include "hub/store_nodes.h"
#include "hub/store_records.h"
#include "proto/record.h"
#include "tests/lib/setgen.h"

struct world {
    char folder[64];
    char path[96];
    struct hub_store *store;
    uint8_t root_secret[64];
    uint8_t log_secret[64];
    uint8_t log_pk[32];
    uint8_t transport_pk[32];
    struct hub_sync_keys keys;
    int64_t now_ms;
};

struct world_node {
    struct setgen g;
    struct setgen_set *sets; /* the whole log */
    size_t count;
    size_t room;
    struct hub_node hub_node;
    struct pack *up; /* both directions' alias tables */
    struct pack *down;
};

void world_open(struct world *w, uint64_t seed);
void world_reopen(struct world *w);
void world_close(struct world *w);

/* Publish a catalogue as the next edition. */
void world_publish(struct world *w, const struct catalogue_file *files, size_t count);
/* One own set of these payloads, committed. */
struct hub_taken world_own(struct world *w, const struct bytes *payloads, size_t count);

/* A node of that unit, enrolled, with its genesis made (not sent). */
void world_node_open(struct world *w, struct world_node *n, const char *unit, uint64_t seed);
void world_node_close(struct world_node *n);
/* Save one set of these payloads at the node; returns its version. */
struct id_version world_save(struct world_node *n, const struct bytes *payloads, size_t count);
/* Save a set that the generator made. */
void world_keep(struct world_node *n, const struct setgen_set *set);
/* Send everything the hub has not got, `frame` sets a frame, inside the open transaction. */
enum err world_send(struct world *w, struct world_node *n, size_t frame);
/* The same in a transaction of its own. */
enum err world_push(struct world *w, struct world_node *n);
/* The one frame from the hub's head on, decoded: for tests and benches of hub_store_take alone. */
size_t world_frame(struct world_node *n, const struct message_head *head, size_t max,
                   struct pack_sets *sets);

/* Payload with text writes: `fields` NULL-terminated pairs are too clumsy, so one write a call. */
struct world_op {
    struct change_op op;
    struct change_write writes[64];
    struct buf memory;
    struct buf payload;
};
void world_op_begin(struct world_op *o, enum change_kind kind, const struct id_record *rid,
                    unsigned type);
/* text NULL: nil. `bases` of `count` versions. */
void world_op_text(struct world_op *o, unsigned field, const char *text,
                   const struct id_version *bases, size_t count);
void world_op_value(struct world_op *o, unsigned field, struct bytes value,
                    const struct id_version *bases, size_t count);
struct bytes world_op_end(struct world_op *o);
void world_op_free(struct world_op *o);

/* Text shown in a field at the hub, "" when nothing; conflicts of the record. */
const char *world_text(struct world *w, const struct id_record *rid, unsigned field,
                       size_t *conflicts);
/* Verdict of op 0 of the set at a position; 255 when there is none. */
uint8_t world_verdict(struct world *w, uint64_t position);

#endif

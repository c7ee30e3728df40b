/*
 * What the verbs of w_bench share.
 *
 * Threads: one.   Aborts on failure: measuring code.
 */
#ifndef DONGBO_BENCH_W_BENCH_H
#define DONGBO_BENCH_W_BENCH_H

#include "proto/record.h"
#include "tests/bench/fleet.h"

/* Nodes of a folder that fleet_make made. */
size_t w_bench_nodes(const char *folder);
const struct catalogue_type *w_bench_type(struct node_store *store);

struct w_bench_frame { /* body of an UP message */
    struct buf body;
    size_t node;
    size_t sets;
};

/* Everything that the nodes of a fleet have to send, as frames, node after node; malloc. */
struct w_bench_frame *w_bench_frames(struct fleet *f, size_t *count);
void w_bench_frames_free(struct w_bench_frame *v, size_t count);

void verb_ingest(char **args);
void verb_save(char **args);
void verb_limits(char **args);

#endif

/*
 * The workload W of gen.py as change sets of a node: NDJSON in, one create or edit a change, each edit
 * naming the versions that it replaces.
 *
 * Ownership: workload_close() releases.   Threads: one.   Everything aborts on failure: measuring code.
 */
#ifndef DONGBO_BENCH_WORKLOAD_H
#define DONGBO_BENCH_WORKLOAD_H

#include "common/catalogue.h"
#include "node/own.h"

#include <stdio.h>

#define WORKLOAD_FIELDS 12u

/* A year after the workload begins (gen.py): all of it is made before that, and no clock of it is in the hub's future,
 * where a record would come back to its own writer (SPEC 7.9). UTC ms. */
#define WORKLOAD_END_MS (INT64_C(1735693200000) + INT64_C(31536000000))

/* Stop the program with the place and the error's name. */
#define BENCH_OK(call)        bench_ok((call), __FILE__, __LINE__, #call)
#define BENCH_TRUE(condition) bench_true((condition), __FILE__, __LINE__, #condition)
void bench_ok(enum err e, const char *file, int line, const char *what);
void bench_true(bool ok, const char *file, int line, const char *what);

/* Seconds: of a monotonic clock, and of processor time of this process. */
double bench_wall(void);
double bench_cpu(void);
int bench_order(const void *a, const void *b); /* of doubles, for qsort */
double bench_median(double *v, size_t n);

/* A figure of the run: "name value", one a line, for tests/bench/run. */
void bench_say(const char *name, double value);

struct workload_record { /* newest version of each field */
    char id[16];
    struct id_record rid;
    struct id_version version[WORKLOAD_FIELDS + 1];
};

struct workload {
    FILE *in;
    const struct catalogue_type *type;
    struct workload_record *records;
    size_t count;
    size_t room;
    size_t *slots; /* record + 1 by id, open addressing */
    size_t slot_count;
    struct buf values;
    struct buf payload;
    size_t changes; /* made so far */
};

/* `path` of one commune's NDJSON; `type` is w_record of tests/bench/catalogue. */
void workload_open(struct workload *w, const char *path, const struct catalogue_type *type);
void workload_close(struct workload *w);

/*
 * Add the next change to what is being saved; false at the end of the file. The clock of the set is the
 * change's own; three logins take turns, forty changes each.
 */
bool workload_next(struct workload *w, struct node_own *own);

/* Save all of it, `batch` sets a transaction (at most NODE_OWN_SETS_MAX - 1). */
void workload_save(struct workload *w, struct node_store *store, const struct node_sync_keys *keys,
                   size_t batch);

#endif

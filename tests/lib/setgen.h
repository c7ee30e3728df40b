/*
 * Logs of change sets for tests: random ones with everything that the format allows, and ones like
 * the workload that the system is measured with. Same seed, same bytes.
 *
 * Ownership: setgen_close() and setgen_set_free() release.   Threads: one at a time.
 */
#ifndef DONGBO_TESTS_SETGEN_H
#define DONGBO_TESTS_SETGEN_H

#include "proto/change.h"
#include "tests/lib/rng.h"

enum { SETGEN_FIELDS = 14 };

struct setgen_record {
    struct id_record rid;
    struct id_version version[SETGEN_FIELDS]; /* last write of the field */
    bool written[SETGEN_FIELDS];
};

struct setgen {
    struct rng rng;
    uint8_t public_key[32];
    uint8_t secret[64];
    struct change_head next; /* header of the next set */
    uint64_t tree;           /* roots of the blocks come from it */
    struct setgen_record *records;
    size_t count;
    char officer[6][48];
};

struct setgen_set {
    struct buf head;
    struct buf body;
    struct id_hash hash;
    uint8_t signature[64];
};

void setgen_open(struct setgen *g, uint64_t seed);
void setgen_close(struct setgen *g);
void setgen_set_free(struct setgen_set *s);

/* Root of the seeds of a block. */
void setgen_root(const struct setgen *g, uint64_t block, uint8_t out[16]);

/* Seq 0. */
void setgen_genesis(struct setgen *g, struct setgen_set *out);
/* A set with 1 to 6 ops of any kind. */
void setgen_random(struct setgen *g, struct setgen_set *out);
/* One change of the workload: 70 % new records of 12 fields, 30 % edits of 1 or 2 fields. */
void setgen_workload(struct setgen *g, struct setgen_set *out);
/* A set of the given payloads. */
void setgen_payloads(struct setgen *g, const struct bytes *payloads, size_t count,
                     struct setgen_set *out);
/* Erase one op: the seed goes, the other salts stay (SPEC 4.5, 7.7). */
void setgen_erase(struct setgen_set *s, unsigned op);

#endif

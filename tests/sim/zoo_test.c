/*
 * The bug zoo: each planted bug (ZOO(n) in the product's sources) must be noticed by the checks within a number of
 * random seeds; and without a bug the same seeds pass. A check that nothing can fail proves nothing.
 *
 *   zoo_test          all bugs
 *   zoo_test --bug N  one, with the trace of the seed that shows it
 */
#include "common/zoo.h"
#include "tests/sim/base.h"
#include "tests/sim/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS_MAX = 80, SEEDS_GOOD = 6 };

struct bug {
    unsigned number;
    uint64_t seed; /* that showed it when this was written: tried first */
    const char *what;
};

static const struct bug bugs[] = {
    {1, 44, "the hub says that it has sets before they are committed"},
    {2, 1, "the node drops pending ops at the receipt, before the feed brings them"},
    {3, 33, "the hub goes on after a commit that failed"},
    {4, 6, "the last writer wins, silently"},
    {5, 6, "an op in conflict counts as applied"},
    {6, 1, "the feed is applied and the pending ops stay"},
    {7, 1, "stores do not wait for the disk"},
    {8, 1, "the feed leaves out some positions"},
};

static bool caught(const struct bug *b, bool trace)
{
    for (uint64_t i = 0; i <= SEEDS_MAX; i++) {
        struct swarm_result r;
        uint64_t seed = i == 0 ? b->seed : i;
        zoo_bug = b->number;
        swarm_run(seed, false, &r);
        if (!r.failed) continue;
        printf("bug %u (%s): seed %llu: %s\n", b->number, b->what, (unsigned long long)seed,
               r.failure);
        if (trace) swarm_run(seed, true, &r);
        return true;
    }
    printf("bug %u (%s): NOT noticed in %d seeds\n", b->number, b->what, SEEDS_MAX);
    return false;
}

int main(int argc, char **argv)
{
    unsigned only =
        argc > 2 && strcmp(argv[1], "--bug") == 0 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    unsigned missed = 0;
    struct swarm_result r;
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    /* The disks that runs begin with are made without a bug. */
    for (uint64_t seed = 1; seed <= SEEDS_GOOD; seed++) {
        swarm_run(seed, false, &r);
        if (!r.failed) continue;
        printf("seed %llu fails without a bug: %s\n", (unsigned long long)seed, r.failure);
        missed++;
    }
    for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) {
        if (only == 0 || only == bugs[i].number) missed += !caught(&bugs[i], only != 0);
    }
    printf("%u missed\n", missed);
    return missed > 0 ? 1 : 0;
}

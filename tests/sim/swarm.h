/*
 * Random runs: what happens, how often, and which kinds of faults there are is drawn from the seed. A phase in which
 * anything goes, then faults stop and everything must arrive and agree.
 *
 * Threads: one.   Units: virtual milliseconds.
 */
#ifndef DONGBO_TESTS_SIM_SWARM_H
#define DONGBO_TESTS_SIM_SWARM_H

#include "tests/sim/world.h"

struct swarm_result {
    bool failed;
    char failure[400];
    uint64_t hash;
    struct world_stats stats;
    uint64_t virtual_ms;
};

/* Only what was drawn when the first seeds were kept: seeds.txt says which need it. */
extern bool swarm_plain;
/* Without what was added since: seeds of seeds.txt without the word `new`. */
extern bool swarm_old;
/* Without decisions about what revoked nodes sent: those without the word `apart`. */
extern bool swarm_undecided;
/* Without erasures of single changes: those without the word `alone`. */
extern bool swarm_whole;

/* Make what all runs begin with, so that processes that are copied from this one need not. */
void swarm_prepare(void);

/* `echo`: print every line of the trace. */
void swarm_run(uint64_t seed, bool echo, struct swarm_result *out);

#endif

/*
 * Named stories: what people and machines do, step by step, and what must come out. story_test compares each with its
 * trace, crash_test repeats each with a crash at every step.
 *
 * A story must go on when a host is down for a while: it uses world_do() and its kin, which wait.
 *
 * Threads: one.
 */
#ifndef DONGBO_TESTS_SIM_STORIES_H
#define DONGBO_TESTS_SIM_STORIES_H

#include "tests/sim/world.h"

/* For `every`: it renders papers; months go by in it, and each time that it is told takes seconds. A prime, so that
 * what is done again and again is crashed at each of its places in turn. */
enum { STORY_SLOW = 16, STORY_LONG = 509 };

struct story {
    const char *name;
    bool joined; /* nodes have joined before it begins */
    unsigned nodes;
    const char *units[WORLD_NODES_MAX];
    void (*run)(struct world *w);
    unsigned
        every; /* it is crashed at one disk operation of so many, and at every step (crash.c) */
};

extern const struct story stories[];
extern const size_t story_count;

/* Open the world of a story; run it; everybody in agreement at the end, checked. */
void story_open(const struct story *s, struct world *w, uint64_t seed);
void story_run(const struct story *s, struct world *w);

#endif

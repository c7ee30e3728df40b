/*
 * Every story again, with a crash of each host at each of its steps: at every durable step of its engine, and in every
 * I/O operation of its disk, most of them with loss of power. (Of stories that render papers or last for months, at one
 * operation of many; of months in which nobody answers, also at one step of many.) Whatever happens, the story must end
 * as it ends without.
 *
 * A crash point is (story, host, operation or step, damage seed); damage seed d decides what the disk keeps of what was
 * not synced, and whether the power fails at all.
 *
 * A story is run once for many points: the process is copied at each of them (fork), the copy dies there and goes on
 * to the story's end, the original goes on as if nothing had been. So what lies before a point is not run again.
 *
 * All points are dealt out to passes, some of each side and kind to each; no point is in two passes. After as many
 * passes as that takes the damage seeds go up by one.
 *
 * Ownership: a struct crash owns its pictures.   Threads: one; it starts processes.
 */
#ifndef DONGBO_TESTS_SIM_CRASH_H
#define DONGBO_TESTS_SIM_CRASH_H

#include "tests/sim/stories.h"

#include <time.h>

enum crash_class {
    CRASH_HUB_OPS,
    CRASH_HUB_STEPS,
    CRASH_NODE_OPS,
    CRASH_NODE_STEPS,
    CRASH_CLASSES
};

enum {
    CRASH_PASS_POINTS = 64, /* of each side in one pass */
    CRASH_BATCH_MAX = 8     /* passes at once, so that a story is run once for more points */
};

struct crash_count { /* of points */
    uint64_t ran[CRASH_CLASSES];
    uint64_t crashed; /* the host really died: a story's own crash may come first */
    uint64_t failed;
};

struct crash;

/* Run every story whose name has `only` in it (NULL: all) without a crash, see that it passes and how many points it
 * has. NULL: one failed, it was said which. */
struct crash *crash_new(const char *only);
void crash_free(struct crash *c);

uint64_t crash_points(const struct crash *c, enum crash_class class); /* without damage seeds */
/* Passes until every point of every class was run with one damage seed. */
uint64_t crash_passes(const struct crash *c);

/*
 * The points of `batch` passes from number `pass` on, with damage seeds from `damage` on, until that time has come.
 * Counts are added to `out`; points that fail are printed as crash_one() wants them.
 */
void crash_passes_run(struct crash *c, uint64_t pass, unsigned batch, uint64_t damage, time_t until,
                      struct crash_count *out);

/* All points at engine steps, with one damage seed. */
void crash_steps_run(struct crash *c, uint64_t damage, time_t until, struct crash_count *out);

/* One point, in this process, with its trace. true: the story ended as it must. */
bool crash_one(struct crash *c, const char *story, int who, bool step, uint64_t at,
               uint64_t damage);

#endif

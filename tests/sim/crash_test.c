/*
 * Every story with crashes (crash.h).
 *
 *   crash_test              as many points as there is time for: DONGBO_CRASH_S seconds (default 120); spread evenly,
 *                           in the same order on every machine
 *   crash_test --minutes N  likewise;   --damage D: damage seeds from D on (default 0)
 *   crash_test --steps      all at engine steps, with one damage seed; ./dev soak does
 *   crash_test --all        all of them, with one damage seed
 *   crash_test --one STORY HOST op|step NUMBER DAMAGE    (HOST -1: the hub)
 *
 * DONGBO_CRASH_STORY: only the stories in whose names this stands. Long campaigns: sim_soak.
 */
#include "tests/sim/base.h"
#include "tests/sim/crash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    time_t seconds;
    bool everything, steps;
    uint64_t damage;
};

static struct options options_read(int argc, char **argv)
{
    const char *limit = getenv("DONGBO_CRASH_S");
    struct options o = {.seconds = limit != NULL ? strtol(limit, NULL, 10) : 120};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0) o.everything = true;
        if (strcmp(argv[i], "--steps") == 0) o.steps = o.everything = true;
        if (i + 1 == argc) break;
        if (strcmp(argv[i], "--minutes") == 0) o.seconds = 60 * strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--damage") == 0) o.damage = strtoull(argv[i + 1], NULL, 10);
    }
    return o;
}

static void told(const struct crash *c, const struct options *o, const struct crash_count *n,
                 long seconds)
{
    printf(
        "%zu stories, %llu I/O operations and %llu engine steps: %llu distinct crash points "
        "(hub %llu at operations, %llu at steps; node %llu, %llu), damage seeds from %llu, %llu "
        "crashes happened, %llu runs failed, %ld s\n",
        story_count,
        (unsigned long long)(crash_points(c, CRASH_HUB_OPS) + crash_points(c, CRASH_NODE_OPS)),
        (unsigned long long)(crash_points(c, CRASH_HUB_STEPS) + crash_points(c, CRASH_NODE_STEPS)),
        (unsigned long long)(n->ran[0] + n->ran[1] + n->ran[2] + n->ran[3]),
        (unsigned long long)n->ran[CRASH_HUB_OPS], (unsigned long long)n->ran[CRASH_HUB_STEPS],
        (unsigned long long)n->ran[CRASH_NODE_OPS], (unsigned long long)n->ran[CRASH_NODE_STEPS],
        (unsigned long long)o->damage, (unsigned long long)n->crashed,
        (unsigned long long)n->failed, seconds);
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    struct crash_count n = {{0}, 0, 0};
    time_t begun = time(NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    struct crash *c = crash_new(getenv("DONGBO_CRASH_STORY"));
    if (c == NULL) return 1;
    if (argc > 6 && strcmp(argv[1], "--one") == 0) {
        bool good =
            crash_one(c, argv[2], (int)strtol(argv[3], NULL, 10), strcmp(argv[4], "step") == 0,
                      strtoull(argv[5], NULL, 10), strtoull(argv[6], NULL, 10));
        crash_free(c);
        return good ? 0 : 1;
    }
    time_t until = o.everything ? begun + 1000000 : begun + o.seconds;
    uint64_t passes = o.everything ? crash_passes(c) : UINT64_MAX;
    unsigned batch = o.everything ? CRASH_BATCH_MAX : 1;
    if (o.steps) {
        crash_steps_run(c, o.damage, until, &n);
        passes = 0;
    }
    for (uint64_t pass = 0; pass < passes && time(NULL) < until; pass += batch) {
        if (pass + batch > passes) batch = (unsigned)(passes - pass);
        crash_passes_run(c, pass, batch, o.damage, until, &n);
    }
    told(c, &o, &n, (long)(time(NULL) - begun));
    crash_free(c);
    return n.failed > 0 ? 1 : 0;
}

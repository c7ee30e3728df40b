/*
 * The bug zoo: each planted bug (ZOO(n) in the product's sources) must be noticed by the checks, in a story or within a
 * number of random seeds; and without a bug the same seeds pass. A check that nothing can fail proves nothing.
 *
 *   zoo_test           all bugs, each in a process of its own
 *   zoo_test --bug N   one, with the trace of what shows it
 *   zoo_test --find N  where it shows first: all stories, then seeds from 1 on
 */
#include "common/zoo.h"
#include "tests/sim/base.h"
#include "tests/sim/stories.h"
#include "tests/sim/swarm.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SEEDS_MAX = 80,
    SEEDS_FIND = 3000,
    SEEDS_GOOD = 6,
    PROMISES = 9,
    STORY_SEED = 2023,
    CRASH_STEPS_MAX = 60, /* steps of the hub's engine at which a story is crashed */
    BUG_S = 300,
};

struct bug {
    unsigned number;
    unsigned promise; /* that it breaks: architecture 13 */
    const char
        *story; /* that shows it, by itself or with the hub crashed at a step; NULL: a seed does */
    uint64_t seed; /* that showed it when this was written: tried first */
    const char *what;
};

static const struct bug bugs[] = {
#include "tests/sim/zoo_bugs.inc"
};

enum { BUGS = sizeof bugs / sizeof bugs[0] };

/* `step`: of the hub's engine, at which it loses its power; 0: none. */
static bool story_at(const struct story *s, uint64_t step, bool trace)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    story_open(s, w, STORY_SEED);
    if (trace) w->echo = stdout;
    if (step > 0) {
        struct world_host *h = world_host_of(w, WORLD_HUB);
        h->crash_step = h->steps + step;
        h->power = true;
        h->power_seed = step;
    }
    story_run(s, w);
    bool failed = w->failed;
    if (failed)
        printf("story %s, crash at step %llu: %s\n", s->name, (unsigned long long)step, w->failure);
    world_close(w);
    free(w);
    return failed;
}

static bool story_shows(const struct story *s, bool trace)
{
    for (uint64_t step = 0; step <= CRASH_STEPS_MAX; step++)
        if (story_at(s, step, trace)) return true;
    return false;
}

static bool seed_shows(uint64_t seed, bool trace)
{
    struct swarm_result r;
    swarm_run(seed, trace, &r);
    if (r.failed) printf("seed %llu: %s\n", (unsigned long long)seed, r.failure);
    return r.failed;
}

/* As it was drawn before erasures of single changes were, or as it is drawn now. */
static bool listed_shows(uint64_t seed, bool trace)
{
    swarm_whole = true;
    bool its = seed_shows(seed, trace);
    swarm_whole = false;
    return its || seed_shows(seed, trace);
}

static bool shows(const struct bug *b, bool find, bool trace)
{
    for (size_t i = 0; i < story_count; i++) {
        bool its = b->story != NULL && strcmp(b->story, stories[i].name) == 0;
        if (find && story_at(&stories[i], 0, trace)) return true;
        if (its && story_shows(&stories[i], trace)) return true;
    }
    for (size_t i = 0; find && i < story_count; i++) {
        if (story_shows(&stories[i], trace)) return true;
    }
    if (!find && b->seed != 0 && listed_shows(b->seed, trace)) return true;
    for (uint64_t i = 1; i <= (find ? SEEDS_FIND : SEEDS_MAX); i++)
        if (seed_shows(i, trace)) return true;
    return false;
}

/* In a process of its own: a bug may also run into an assertion or never end. */
static bool caught(const struct bug *b, bool find, bool trace)
{
    int status = 0;
    printf("bug %u, promise %u (%s): ", b->number, b->promise, b->what);
    fflush(stdout);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        alarm(find ? 100 * BUG_S : BUG_S);
        zoo_bug = b->number;
        bool noticed = shows(b, find, trace);
        if (!noticed) printf("NOT noticed\n");
        fflush(stdout);
        _exit(noticed ? 1 : 0);
    }
    assert(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) printf("stopped by signal %d\n", WTERMSIG(status));
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT : WEXITSTATUS(status) != 0;
}

static int one(int argc, char **argv)
{
    unsigned number = (unsigned)strtoul(argv[2], NULL, 10);
    bool find = argc > 1 && strcmp(argv[1], "--find") == 0;
    struct bug unknown = {.number = number, .what = "not in the list"};
    for (size_t i = 0; i < BUGS; i++)
        if (bugs[i].number == number) return caught(&bugs[i], find, !find) ? 0 : 1;
    return caught(&unknown, find, !find) ? 0 : 1;
}

int main(int argc, char **argv)
{
    unsigned missed = 0, good = 0, of[PROMISES + 1] = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    if (argc > 2) return one(argc, argv);
    for (uint64_t seed = 1; seed <= SEEDS_GOOD; seed++) {
        if (seed_shows(seed, false)) {
            printf("seed %llu fails without a bug\n", (unsigned long long)seed);
            return 1;
        }
        good++;
    }
    for (size_t i = 0; i < BUGS; i++) {
        bool noticed = caught(&bugs[i], false, false);
        missed += !noticed;
        of[bugs[i].promise] += noticed;
    }
    printf("%d bugs, %u not noticed; %u seeds without a bug pass\n", BUGS, missed, good);
    for (unsigned p = 1; p <= PROMISES; p++)
        printf("promise %u: broken by %u\n", p, of[p]);
    return missed > 0 ? 1 : 0;
}

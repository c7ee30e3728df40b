/*
 * Every story again, with a crash of each host at each of its steps: at every durable step of its engine, and in every
 * I/O operation of its disk, most of them with loss of power. Whatever happens, the story must end as it ends without.
 *
 * A crash point is (story, host, operation or step, damage seed); damage seed d decides what the disk keeps of what was
 * not synced, and whether the power fails at all. No two of one run are the same.
 *
 *   crash_test              as many as there is time for, a quarter of it for engine steps: DONGBO_CRASH_S seconds
 *                           (default 120); spread evenly, in the same order on every machine
 *   crash_test --minutes N  likewise;   --damage D: damage seeds from D on (default 0), to go on where another run was
 *   crash_test --all        all of them, with one damage seed
 *   crash_test --one STORY HOST op|step NUMBER DAMAGE
 *
 * DONGBO_CRASH_STORY: only the stories in whose names this stands.
 */
#include "tests/sim/base.h"
#include "tests/sim/stories.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SEED = 7, PICTURE_BYTES_MAX = 65536, HOSTS = WORLD_NODES_MAX + 1, FAILURES_SHOWN = 20 };

struct span { /* of the operations or steps of one host in one story */
    const struct story *story;
    int who;
    bool steps;
    uint64_t first;
    uint64_t count;
};

struct all {
    struct span spans[2 * 32 * HOSTS];
    size_t count;
    uint64_t ops;
    uint64_t steps;
    struct buf *pictures; /* by story */
    uint64_t ran, crashed, failed;
    uint64_t points[2][2]; /* by (hub, node) and (operations, steps) */
    uint64_t damage;       /* the first */
    bool echo;
};

static struct world *world_of(const struct story *s)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    story_open(s, w, SEED);
    return w;
}

static void spans_add(struct all *a, const struct story *s, struct world *w, const uint64_t *ops,
                      const uint64_t *steps)
{
    for (int who = WORLD_HUB; who < (int)w->node_count; who++) {
        const struct world_host *h = world_host_of(w, who);
        uint64_t op = ops[who + 1], step = steps[who + 1];
        assert(a->count + 2 <= sizeof a->spans / sizeof a->spans[0]);
        a->spans[a->count++] = (struct span){s, who, false, op, memvfs_ops(h->disk) - op};
        a->spans[a->count++] = (struct span){s, who, true, step, h->steps - step};
        a->ops += memvfs_ops(h->disk) - op;
        a->steps += h->steps - step;
    }
}

/* Without a crash: what comes out, and how many steps there are. */
static void measure(struct all *a, size_t i)
{
    const struct story *s = &stories[i];
    struct world *w = world_of(s);
    uint64_t ops[HOSTS] = {0}, steps[HOSTS] = {0};
    for (int who = WORLD_HUB; who < (int)w->node_count; who++) {
        ops[who + 1] = memvfs_ops(world_host_of(w, who)->disk);
        steps[who + 1] = world_host_of(w, who)->steps;
    }
    story_run(s, w);
    buf_init(&a->pictures[i], PICTURE_BYTES_MAX);
    world_picture(w, &a->pictures[i]);
    if (w->failed) {
        printf("%s without a crash: %s\n", s->name, w->failure);
        a->failed++;
    }
    spans_add(a, s, w, ops, steps);
    world_close(w);
    free(w);
}

static void crash_one(struct all *a, const struct span *x, uint64_t at, uint64_t damage)
{
    struct world *w = world_of(x->story);
    struct world_host *h = world_host_of(w, x->who);
    struct buf picture;
    if (a->echo) w->echo = stdout;
    h->power = (at + damage) % 4 != 3;
    h->power_seed = at * 1000003 + (uint64_t)x->who + damage * UINT64_C(7919000027);
    if (x->steps) {
        h->crash_step = at;
    } else {
        memvfs_crash_at(h->disk, at);
    }
    story_run(x->story, w);
    buf_init(&picture, PICTURE_BYTES_MAX);
    world_picture(w, &picture);
    const struct buf *want = &a->pictures[x->story - stories];
    if (!w->failed && !bytes_equal(buf_bytes(want), buf_bytes(&picture)))
        world_fail(w, "ends as\n%sand not as\n%s", buf_cstr(&picture),
                   buf_cstr(&a->pictures[x->story - stories]));
    a->ran++;
    a->points[x->who != WORLD_HUB][x->steps]++;
    a->crashed += h->crashes > 0;
    if (w->failed && a->failed++ < FAILURES_SHOWN)
        printf("--one %s %d %s %llu %llu: %s\n", x->story->name, x->who, x->steps ? "step" : "op",
               (unsigned long long)at, (unsigned long long)damage, w->failure);
    buf_free(&picture);
    world_close(w);
    free(w);
}

/* Number n of all steps (or operations) of one side in all stories together. */
static void crash_nth(struct all *a, bool node, bool steps, uint64_t n, uint64_t damage)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct span *x = &a->spans[i];
        if (x->steps != steps || (x->who != WORLD_HUB) != node) continue;
        if (n < x->count) {
            crash_one(a, x, x->first + n, damage);
            return;
        }
        n -= x->count;
    }
}

/* A stride with no common divisor: all operations once, far apart. */
static uint64_t stride_of(uint64_t count)
{
    uint64_t stride = (uint64_t)((double)count * 0.618034) | 1;
    for (;; stride++) {
        uint64_t x = count, y = stride;
        while (y != 0) {
            uint64_t t = x % y;
            x = y;
            y = t;
        }
        if (x == 1) return stride;
    }
}

/* Spread evenly, as many of the hub as of nodes, until there is no more time; `rounds`: damage seeds at each. */
static void crash_many(struct all *a, bool steps, uint64_t rounds, time_t until)
{
    uint64_t count[2] = {0, 0}, stride[2], most = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->spans[i].steps == steps) count[a->spans[i].who != WORLD_HUB] += a->spans[i].count;
    }
    for (int side = 0; side < 2; side++) {
        stride[side] = stride_of(count[side]);
        if (count[side] > most) most = count[side];
    }
    uint64_t turns = rounds > UINT64_MAX / most ? UINT64_MAX : rounds * most;
    for (uint64_t i = 0; i < turns && time(NULL) < until; i++) {
        for (int side = 0; side < 2; side++) {
            uint64_t n = count[side];
            if (i / n < rounds)
                crash_nth(a, side == 1, steps, i % n * stride[side] % n, a->damage + i / n);
        }
    }
}

static int one(struct all *a, char **argv)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct span *x = &a->spans[i];
        if (strcmp(x->story->name, argv[2]) != 0 || x->who != (int)strtol(argv[3], NULL, 10) ||
            x->steps != (strcmp(argv[4], "step") == 0))
            continue;
        a->echo = true;
        crash_one(a, x, strtoull(argv[5], NULL, 10), strtoull(argv[6], NULL, 10));
    }
    return a->failed > 0 ? 1 : 0;
}

static void told(const struct all *a, time_t begun)
{
    printf("%zu stories, %llu I/O operations and %llu engine steps: %llu distinct crash points "
           "(hub %llu at operations, %llu at steps; node %llu, %llu), damage seeds from %llu, %llu "
           "crashes "
           "happened, %llu runs failed, %ld s\n",
           story_count, (unsigned long long)a->ops, (unsigned long long)a->steps,
           (unsigned long long)a->ran, (unsigned long long)a->points[0][0],
           (unsigned long long)a->points[0][1], (unsigned long long)a->points[1][0],
           (unsigned long long)a->points[1][1], (unsigned long long)a->damage,
           (unsigned long long)a->crashed, (unsigned long long)a->failed,
           (long)(time(NULL) - begun));
}

struct options {
    time_t seconds;
    bool everything;
    uint64_t damage;
};

static struct options options_read(int argc, char **argv)
{
    const char *limit = getenv("DONGBO_CRASH_S");
    struct options o = {.seconds = limit != NULL ? strtol(limit, NULL, 10) : 120};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0) o.everything = true;
        if (i + 1 == argc) break;
        if (strcmp(argv[i], "--minutes") == 0) o.seconds = 60 * strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--damage") == 0) o.damage = strtoull(argv[i + 1], NULL, 10);
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    time_t begun = time(NULL);
    struct all *a = calloc(1, sizeof *a);
    assert(a != NULL);
    a->pictures = calloc(story_count, sizeof *a->pictures);
    assert(a->pictures != NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    const char *only = getenv("DONGBO_CRASH_STORY");
    for (size_t i = 0; i < story_count; i++) {
        if (only == NULL || strstr(stories[i].name, only) != NULL) measure(a, i);
    }
    if (argc > 6 && strcmp(argv[1], "--one") == 0) return one(a, argv);
    a->damage = o.damage;
    time_t end = o.everything ? begun + 1000000 : begun + o.seconds;
    uint64_t rounds = o.everything ? 1 : UINT64_MAX;
    crash_many(a, true, rounds, o.everything ? end : begun + o.seconds / 4);
    crash_many(a, false, rounds, end);
    told(a, begun);
    for (size_t i = 0; i < story_count; i++)
        buf_free(&a->pictures[i]);
    free(a->pictures);
    uint64_t failed = a->failed;
    free(a);
    return failed > 0 ? 1 : 0;
}

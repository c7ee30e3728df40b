#include "tests/sim/crash.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SEED = 7,
    PICTURE_BYTES_MAX = 65536,
    HOSTS = WORLD_NODES_MAX + 1,
    STORIES_MAX = 64,
    POINT_S = 300,     /* a run that takes longer never ends */
    CHILD_CRASHED = 1, /* bits of what a copy ends with */
    CHILD_FAILED = 2,
};

/* Points of a class in one pass: a quarter of them at engine steps, which are few. */
static const uint64_t share[CRASH_CLASSES] = {CRASH_PASS_POINTS * 3 / 4, CRASH_PASS_POINTS / 4,
                                              CRASH_PASS_POINTS * 3 / 4, CRASH_PASS_POINTS / 4};

struct span { /* of the operations or steps of one host in one story */
    const struct story *story;
    int who;
    bool steps;
    uint64_t first;
    uint64_t count;
    uint64_t base;  /* points of its class before it */
    uint64_t every; /* of operations only each so manieth is a point */
    uint64_t *at;   /* of steps: which are; owned by the crash */
};

struct taken { /* steps of one host that are points, while they are counted */
    uint64_t *v;
    size_t count;
};

struct crash {
    struct span spans[2 * STORIES_MAX * HOSTS];
    size_t count;
    uint64_t points[CRASH_CLASSES];
    struct buf pictures[STORIES_MAX]; /* by story: how it must end */
    /* the run that is under way */
    const struct story *story;
    struct world *w;
    uint64_t pass, damage;
    unsigned batch;
    uint64_t passes[CRASH_CLASSES];
    uint64_t residues[CRASH_CLASSES][CRASH_BATCH_MAX]; /* of the points of each pass of the batch */
    time_t until;
    struct taken taken[HOSTS]; /* while the points are counted */
    bool dies;                 /* this is a copy, or crash_one(): no more copies */
    struct span point;
    struct crash_count *out;
};

static struct crash *running; /* for the engines' steps */

static enum crash_class class_of(const struct span *x)
{
    if (x->who == WORLD_HUB) return x->steps ? CRASH_HUB_STEPS : CRASH_HUB_OPS;
    return x->steps ? CRASH_NODE_STEPS : CRASH_NODE_OPS;
}

/* ---- how many there are ---- */

static void span_add(struct crash *c, struct span x)
{
    assert(c->count < sizeof c->spans / sizeof c->spans[0]);
    x.every = x.story->every;
    if (!x.steps) x.count /= x.every;
    x.base = c->points[class_of(&x)];
    c->points[class_of(&x)] += x.count;
    c->spans[c->count++] = x;
}

/*
 * Every step is a point. But where a story lasts for months (STORY_LONG), nearly all steps are of calls that nobody
 * answers, four to each: of those one of `every` is.
 */
static bool step_take(struct world *w, struct world_host *h, uint64_t step)
{
    unsigned every = running->story->every;
    int who = WORLD_HUB;
    while (world_host_of(w, who) != h)
        who++;
    struct taken *t = &running->taken[who + 1];
    bool unanswered = who != WORLD_HUB && w->nodes[who].offline;
    if (every == STORY_LONG && unanswered && step % every != 0) return false;
    t->v = realloc(t->v, (t->count + 1) * sizeof *t->v);
    assert(t->v != NULL);
    t->v[t->count++] = step;
    return false;
}

static bool measure(struct crash *c, const struct story *s)
{
    struct world *w = calloc(1, sizeof *w);
    struct buf *picture = &c->pictures[s - stories];
    uint64_t ops[HOSTS] = {0};
    assert(w != NULL);
    story_open(s, w, SEED);
    for (int who = WORLD_HUB; who < (int)w->node_count; who++)
        ops[who + 1] = memvfs_ops(world_host_of(w, who)->disk);
    memset(c->taken, 0, sizeof c->taken);
    c->story = s;
    running = c;
    w->watch = step_take;
    story_run(s, w);
    world_picture(w, picture);
    bool good = !w->failed;
    if (!good) printf("%s without a crash: %s\n", s->name, w->failure);
    /* A copy that comes to be in the story has no points of its own. */
    for (int who = WORLD_HUB; who < HOSTS - 1; who++) {
        struct taken *t = &c->taken[who + 1];
        if (who >= (int)s->nodes) {
            free(t->v);
            continue;
        }
        uint64_t op = ops[who + 1], end = memvfs_ops(world_host_of(w, who)->disk);
        span_add(c, (struct span){s, who, false, op, end - op, 0, 0, NULL});
        span_add(c, (struct span){s, who, true, 0, t->count, 0, 0, t->v});
    }
    world_close(w);
    free(w);
    return good;
}

struct crash *crash_new(const char *only)
{
    struct crash *c = calloc(1, sizeof *c);
    bool good = true;
    assert(c != NULL && story_count <= STORIES_MAX);
    for (size_t i = 0; i < story_count; i++) {
        buf_init(&c->pictures[i], PICTURE_BYTES_MAX);
        if (only == NULL || strstr(stories[i].name, only) != NULL)
            good = measure(c, &stories[i]) && good;
    }
    if (good) return c;
    crash_free(c);
    return NULL;
}

void crash_free(struct crash *c)
{
    for (size_t i = 0; i < story_count; i++)
        buf_free(&c->pictures[i]);
    for (size_t i = 0; i < c->count; i++)
        free(c->spans[i].at);
    free(c);
}

uint64_t crash_points(const struct crash *c, enum crash_class class)
{
    return c->points[class];
}

static uint64_t passes_of(const struct crash *c, enum crash_class class)
{
    return c->points[class] / share[class] + 1;
}

uint64_t crash_passes(const struct crash *c)
{
    uint64_t most = 0;
    for (int k = 0; k < CRASH_CLASSES; k++) {
        uint64_t n = passes_of(c, (enum crash_class)k);
        if (n > most) most = n;
    }
    return most;
}

/* ---- one story, many ends ---- */

static uint64_t coprime(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t t = a % b;
        a = b;
        b = t;
    }
    return a == 1;
}

/* Passes go about in a class by steps of the golden section, so that a few of them are spread evenly. */
static uint64_t residue_of(uint64_t pass, uint64_t passes)
{
    uint64_t stride = (uint64_t)((double)passes * 0.618034) | 1;
    while (!coprime(passes, stride))
        stride++;
    return pass % passes * stride % passes;
}

static void batch_begin(struct crash *c, uint64_t pass, unsigned batch)
{
    assert(batch > 0 && batch <= CRASH_BATCH_MAX);
    c->pass = pass;
    c->batch = batch;
    for (int k = 0; k < CRASH_CLASSES; k++) {
        c->passes[k] = passes_of(c, (enum crash_class)k);
        for (unsigned i = 0; i < batch; i++)
            c->residues[k][i] = residue_of(pass + i, c->passes[k]);
    }
}

static int at_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Which point of the span is at this operation or step? false: none. */
static bool point_at(const struct span *x, uint64_t at, uint64_t *n)
{
    if (x->steps) {
        const uint64_t *found =
            x->count > 0 ? bsearch(&at, x->at, x->count, sizeof at, at_order) : NULL;
        if (found != NULL) *n = (uint64_t)(found - x->at);
        return found != NULL;
    }
    if (at < x->first || (at - x->first) % x->every != 0) return false;
    *n = (at - x->first) / x->every;
    return *n < x->count;
}

/* Is this point in the batch? Then with which damage seed. */
static bool chosen(const struct crash *c, const struct span *x, uint64_t n, uint64_t *damage)
{
    enum crash_class class = class_of(x);
    for (unsigned i = 0; i < c->batch; i++) {
        *damage = c->damage + (c->pass + i) / c->passes[class];
        if ((x->base + n) % c->passes[class] == c->residues[class][i]) return true;
    }
    return false;
}

static void die_here(struct crash *c, const struct span *x, struct world_host *h, uint64_t at,
                     uint64_t damage)
{
    c->dies = true;
    c->point = *x;
    c->point.first = at;
    c->damage = damage;
    h->power = (at + damage) % 4 != 3;
    h->power_seed = at * 1000003 + (uint64_t)x->who + damage * UINT64_C(7919000027);
}

static void ended(struct crash *c, const struct span *x, uint64_t at, uint64_t damage, int status)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_CRASHED | CHILD_FAILED;
    c->out->ran[class_of(x)]++;
    c->out->crashed += (code & CHILD_CRASHED) != 0;
    if ((code & CHILD_FAILED) == 0) return;
    c->out->failed++;
    printf("--one %s %d %s %llu %llu", x->story->name, x->who, x->steps ? "step" : "op",
           (unsigned long long)at, (unsigned long long)damage);
    if (WIFSIGNALED(status)) printf(": ended by signal %d", WTERMSIG(status));
    printf("\n");
}

/* Shall the host die here, in this process? */
static bool point_reached(struct crash *c, struct world_host *h, bool steps, uint64_t at)
{
    uint64_t damage = 0;
    if (c->dies || time(NULL) >= c->until) return false;
    for (size_t i = 0; i < c->count; i++) {
        const struct span *x = &c->spans[i];
        uint64_t n;
        if (x->story != c->story || x->steps != steps || world_host_of(c->w, x->who) != h ||
            !point_at(x, at, &n) || !chosen(c, x, n, &damage))
            continue;
        int status = 0;
        fflush(stdout);
        pid_t child = fork();
        assert(child >= 0);
        if (child == 0) {
            alarm(POINT_S);
            die_here(c, x, h, at, damage);
            return true;
        }
        pid_t done = waitpid(child, &status, 0);
        assert(done == child);
        ended(c, x, at, damage, status);
        return false;
    }
    return false;
}

static struct world_host *host_of_disk(struct world *w, const struct memvfs_host *disk)
{
    for (int who = WORLD_HUB; who < (int)w->node_count; who++)
        if (world_host_of(w, who)->disk == disk) return world_host_of(w, who);
    return NULL;
}

static bool at_operation(void *ctx, const struct memvfs_host *disk, uint64_t op)
{
    struct crash *c = ctx;
    struct world_host *h = host_of_disk(c->w, disk);
    return h != NULL && point_reached(c, h, false, op);
}

static bool at_step(struct world *w, struct world_host *h, uint64_t step)
{
    (void)w;
    return point_reached(running, h, true, step);
}

/* How did the story end in which a host died? */
static bool ends_well(struct crash *c)
{
    struct buf picture;
    struct buf *want = &c->pictures[c->story - stories];
    buf_init(&picture, PICTURE_BYTES_MAX);
    world_picture(c->w, &picture);
    if (!c->w->failed && !bytes_equal(buf_bytes(want), buf_bytes(&picture)))
        world_fail(c->w, "ends as\n%sand not as\n%s", buf_cstr(&picture), buf_cstr(want));
    if (c->w->failed) printf("%s: %s\n", c->story->name, c->w->failure);
    buf_free(&picture);
    return !c->w->failed;
}

static void story_open_watched(struct crash *c, const struct story *s)
{
    c->story = s;
    c->w = calloc(1, sizeof *c->w);
    assert(c->w != NULL);
    story_open(s, c->w, SEED);
    running = c;
    c->w->watch = at_step;
    memvfs_watch(at_operation, c);
}

static void story_close(struct crash *c)
{
    memvfs_watch(NULL, NULL);
    world_close(c->w);
    free(c->w);
    c->w = NULL;
}

static void story_pass(struct crash *c, const struct story *s)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        const struct span *x = &c->spans[i];
        uint64_t damage;
        for (uint64_t k = 0; x->story == s && !any && k < x->count; k++)
            any = chosen(c, x, k, &damage);
    }
    if (!any) return;
    story_open_watched(c, s);
    story_run(s, c->w);
    if (c->dies) {
        int code = ends_well(c) ? 0 : CHILD_FAILED;
        if (world_host_of(c->w, c->point.who)->crashes > 0) code |= CHILD_CRASHED;
        fflush(stdout);
        _exit(code);
    }
    assert(!c->w->failed);
    story_close(c);
}

static void batch_run(struct crash *c, uint64_t damage, time_t until, struct crash_count *out)
{
    c->damage = damage;
    c->until = until;
    c->out = out;
    /* Each pass begins with another story, as the last of all may not come to its end. */
    for (size_t i = 0; i < story_count && time(NULL) < until; i++)
        story_pass(c, &stories[(c->pass * 7 + i) % story_count]);
}

void crash_passes_run(struct crash *c, uint64_t pass, unsigned batch, uint64_t damage, time_t until,
                      struct crash_count *out)
{
    batch_begin(c, pass, batch);
    batch_run(c, damage, until, out);
}

void crash_steps_run(struct crash *c, uint64_t damage, time_t until, struct crash_count *out)
{
    batch_begin(c, 0, 1);
    for (int k = 0; k < CRASH_CLASSES; k++) {
        bool steps = k == CRASH_HUB_STEPS || k == CRASH_NODE_STEPS;
        c->passes[k] = steps ? 1 : UINT64_MAX;
        c->residues[k][0] = steps ? 0 : UINT64_MAX; /* which no point has */
    }
    batch_run(c, damage, until, out);
}

/* ---- one point ---- */

static struct span wanted;

static bool only_point(struct crash *c, struct world_host *h, bool steps, uint64_t at)
{
    if (c->dies || steps != wanted.steps || at != wanted.first ||
        world_host_of(c->w, wanted.who) != h)
        return false;
    die_here(c, &wanted, h, at, c->damage);
    return true;
}

static bool only_operation(void *ctx, const struct memvfs_host *disk, uint64_t op)
{
    struct crash *c = ctx;
    struct world_host *h = host_of_disk(c->w, disk);
    return h != NULL && only_point(c, h, false, op);
}

static bool only_step(struct world *w, struct world_host *h, uint64_t step)
{
    (void)w;
    return only_point(running, h, true, step);
}

bool crash_one(struct crash *c, const char *story, int who, bool step, uint64_t at, uint64_t damage)
{
    size_t i = 0;
    while (i < story_count && strcmp(stories[i].name, story) != 0)
        i++;
    if (i == story_count || who < WORLD_HUB || who >= (int)stories[i].nodes) {
        printf("there is no such story, or no such host in it\n");
        return false;
    }
    wanted = (struct span){.story = &stories[i], .who = who, .steps = step, .first = at};
    c->damage = damage;
    story_open_watched(c, &stories[i]);
    c->w->watch = only_step;
    memvfs_watch(only_operation, c);
    c->w->echo = stdout;
    story_run(&stories[i], c->w);
    bool good = ends_well(c);
    if (!c->dies) printf("the story never came to that point\n");
    good = good && c->dies;
    story_close(c);
    c->dies = false;
    return good;
}

/*
 * Long campaigns: new seeds and new crash points on all cores for a while, and the sums of all campaigns so far.
 *
 *   soak --minutes N --state FILE [--jobs J]
 *
 * A piece of work is some seeds (swarm.h) or some passes of crash points (crash.h), in a process of its own; which
 * kind is next is decided by how far each is from its aim. No seed and no pass is ever given out twice: the file says
 * how far all campaigns came, and what each build of the simulator has done: another build may go other ways from the
 * same seed. What fails is printed; a seed is also kept at the end of seeds.txt.
 *
 * Threads: one, and one process for each core.   Units: seconds.
 */
#include "tests/sim/base.h"
#include "tests/sim/crash.h"
#include "tests/sim/swarm.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BANK DONGBO_SOURCE_DIR "/tests/sim/seeds.txt"

enum {
    AIM_SEEDS = 15000,
    AIM_POINTS = 30000, /* a side */
    JOBS_MAX = 256,
    BLOCK = 10, /* seeds in a piece of work */
    BUILDS_MAX = 200,
    SEED_S = 600, /* a seed that takes longer never ends */
    TOLD_S = 60,
};

struct sums {
    uint64_t seeds, seeds_failed, hub, node, points_failed;
    double hours;
};

struct build {
    char name[17]; /* of the program's bytes */
    struct sums s;
};

struct job {   /* in memory that both processes see */
    pid_t pid; /* 0: idle */
    bool crash;
    uint64_t first; /* seed, or the pass */
    uint64_t now;   /* the seed that runs */
    struct sums s;
    struct crash_count points;
};

static struct {
    uint64_t next_seed, next_pass;
    struct build builds[BUILDS_MAX];
    size_t build_count;
    struct build *build; /* this one */
    struct sums run;
    struct crash *crash;
    struct job *jobs;
    unsigned job_count;
    time_t begun, until;
    const char *state;
} soak;

/* ---- the file ---- */

static void program_name(char out[static 17])
{
    crypto_generichash_state h;
    uint8_t piece[65536], sum[16];
    size_t n = 0;
    FILE *f = fopen("/proc/self/exe", "rb");
    crypto_generichash_init(&h, NULL, 0, sizeof sum);
    while (f != NULL && (n = fread(piece, 1, sizeof piece, f)) > 0)
        crypto_generichash_update(&h, piece, n);
    if (f != NULL) fclose(f);
    crypto_generichash_final(&h, sum, sizeof sum);
    sodium_bin2hex(out, 17, sum, 8);
}

static void state_read(void)
{
    char line[300], name[17];
    FILE *f = fopen(soak.state, "r");
    soak.next_seed = 1000000;
    while (f != NULL && fgets(line, sizeof line, f) != NULL && soak.build_count + 1 < BUILDS_MAX) {
        struct build *b = &soak.builds[soak.build_count];
        struct sums *s = &b->s;
        (void)sscanf(line, "next seed %" SCNu64 " pass %" SCNu64, &soak.next_seed, &soak.next_pass);
        if (sscanf(line,
                   "build %16s seeds %" SCNu64 " failed %" SCNu64 " hours %lf hub %" SCNu64
                   " node %" SCNu64 " failed %" SCNu64,
                   b->name, &s->seeds, &s->seeds_failed, &s->hours, &s->hub, &s->node,
                   &s->points_failed) == 7)
            soak.build_count++;
    }
    if (f != NULL) fclose(f);
    program_name(name);
    for (size_t i = 0; i < soak.build_count; i++)
        if (strcmp(soak.builds[i].name, name) == 0) soak.build = &soak.builds[i];
    if (soak.build != NULL) return;
    soak.build = &soak.builds[soak.build_count++];
    *soak.build = (struct build){.s = {0}};
    memcpy(soak.build->name, name, sizeof name);
}

static void state_write(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.new", soak.state);
    FILE *f = fopen(path, "w");
    if (f == NULL) return;
    fprintf(f, "next seed %" PRIu64 " pass %" PRIu64 "\n", soak.next_seed, soak.next_pass);
    for (size_t i = 0; i < soak.build_count; i++) {
        const struct sums *s = &soak.builds[i].s;
        fprintf(f,
                "build %s seeds %" PRIu64 " failed %" PRIu64 " hours %.1f hub %" PRIu64
                " node %" PRIu64 " failed %" PRIu64 "\n",
                soak.builds[i].name, s->seeds, s->seeds_failed, s->hours, s->hub, s->node,
                s->points_failed);
    }
    bool good = fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (fclose(f) == 0 && good) (void)rename(path, soak.state);
}

static void sums_add(struct sums *to, const struct sums *s)
{
    to->seeds += s->seeds;
    to->seeds_failed += s->seeds_failed;
    to->hub += s->hub;
    to->node += s->node;
    to->points_failed += s->points_failed;
    to->hours += s->hours;
}

static void told(const char *what, const struct sums *s)
{
    printf("%s: %" PRIu64 " distinct seeds (%" PRIu64
           " failed, %.0f virtual hours), distinct crash points: hub %" PRIu64 ", node %" PRIu64
           " (%" PRIu64 " failed)\n",
           what, s->seeds, s->seeds_failed, s->hours, s->hub, s->node, s->points_failed);
}

static void told_all(void)
{
    struct sums all = {0};
    printf("after %ld s\n", (long)(time(NULL) - soak.begun));
    told("  this run", &soak.run);
    told("  this build", &soak.build->s);
    for (size_t i = 0; i < soak.build_count; i++)
        sums_add(&all, &soak.builds[i].s);
    if (soak.build_count > 1) told("  all builds", &all);
}

/* ---- in a process of its own ---- */

static void seeds_do(struct job *j)
{
    for (j->now = j->first; j->now < j->first + BLOCK && time(NULL) < soak.until; j->now++) {
        struct swarm_result r;
        alarm(SEED_S);
        swarm_run(j->now, false, &r);
        j->s.seeds++;
        j->s.hours += (double)r.virtual_ms / 3600000.0;
        if (!r.failed) continue;
        j->s.seeds_failed++;
        printf("seed %" PRIu64 ": %s\n", j->now, r.failure);
        FILE *f = fopen(BANK, "a");
        if (f != NULL) fprintf(f, "# %s\n%" PRIu64 " new apart alone\n", r.failure, j->now);
        if (f != NULL) fclose(f);
    }
}

static void job_do(struct job *j)
{
    if (!j->crash) {
        seeds_do(j);
    } else {
        crash_passes_run(soak.crash, j->first, CRASH_BATCH_MAX, 0, soak.until, &j->points);
    }
    fflush(stdout);
}

/* ---- giving work out ---- */

static bool crash_next(void)
{
    const struct sums *s = &soak.build->s;
    uint64_t least = s->hub < s->node ? s->hub : s->node;
    for (unsigned i = 0; i < soak.job_count; i++) /* what is under way counts as done */
        if (soak.jobs[i].pid != 0 && soak.jobs[i].crash)
            least += CRASH_BATCH_MAX * CRASH_PASS_POINTS;
    uint64_t seeds = s->seeds;
    for (unsigned i = 0; i < soak.job_count; i++)
        if (soak.jobs[i].pid != 0 && !soak.jobs[i].crash) seeds += BLOCK;
    return least * AIM_SEEDS < seeds * AIM_POINTS;
}

static void job_start(struct job *j)
{
    bool crash = crash_next();
    *j = (struct job){.crash = crash, .first = crash ? soak.next_pass : soak.next_seed};
    if (crash) {
        soak.next_pass += CRASH_BATCH_MAX;
    } else {
        soak.next_seed += BLOCK;
    }
    state_write();
    fflush(stdout);
    pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        job_do(j);
        _exit(0);
    }
    j->pid = pid;
}

static void job_ended(struct job *j, int status)
{
    j->pid = 0;
    if (WIFSIGNALED(status) && j->crash) {
        printf("pass %" PRIu64 " ended by signal %d\n", j->first, WTERMSIG(status));
        j->points.failed++;
    } else if (WIFSIGNALED(status)) {
        printf("seed %" PRIu64 ": ended by signal %d\n", j->now, WTERMSIG(status));
        j->s.seeds++;
        j->s.seeds_failed++;
    }
    j->s.hub = j->points.ran[CRASH_HUB_OPS] + j->points.ran[CRASH_HUB_STEPS];
    j->s.node = j->points.ran[CRASH_NODE_OPS] + j->points.ran[CRASH_NODE_STEPS];
    j->s.points_failed = j->points.failed;
    sums_add(&soak.run, &j->s);
    sums_add(&soak.build->s, &j->s);
    state_write();
}

static void work(void)
{
    time_t said = time(NULL);
    unsigned busy = 0;
    for (unsigned i = 0; i < soak.job_count; i++, busy++)
        job_start(&soak.jobs[i]);
    while (busy > 0) {
        int status = 0;
        pid_t done = waitpid(-1, &status, 0);
        assert(done > 0);
        for (unsigned i = 0; i < soak.job_count; i++) {
            struct job *j = &soak.jobs[i];
            if (j->pid != done) continue;
            job_ended(j, status);
            if (time(NULL) < soak.until) {
                job_start(j);
            } else {
                busy--;
            }
        }
        if (time(NULL) - said < TOLD_S) continue;
        said = time(NULL);
        told_all();
    }
}

int main(int argc, char **argv)
{
    long minutes = 0, jobs = sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--minutes") == 0) minutes = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--jobs") == 0) jobs = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--state") == 0) soak.state = argv[i + 1];
    }
    if (minutes <= 0 || jobs <= 0 || jobs > JOBS_MAX || soak.state == NULL) {
        fprintf(stderr, "soak --minutes N --state FILE [--jobs J]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    soak.begun = time(NULL);
    soak.until = soak.begun + 60 * minutes;
    soak.job_count = (unsigned)jobs;
    state_read();
    printf("build %s on %ld processes: seeds from %" PRIu64 ", passes of crash points from %" PRIu64
           "\n",
           soak.build->name, jobs, soak.next_seed, soak.next_pass);
    soak.crash = crash_new(NULL);
    if (soak.crash == NULL) return 1;
    swarm_prepare();
    soak.jobs = mmap(NULL, soak.job_count * sizeof *soak.jobs, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(soak.jobs != MAP_FAILED);
    work();
    told_all();
    crash_free(soak.crash);
    return soak.run.seeds_failed + soak.run.points_failed > 0 ? 1 : 0;
}

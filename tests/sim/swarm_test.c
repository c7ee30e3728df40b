/*
 * Random runs of the simulator.
 *
 *   swarm_test                 the seeds of seeds.txt, then new ones for DONGBO_SWARM_S seconds (default 300)
 *   swarm_test --seeds N       N seeds from --first (default 1)
 *   swarm_test --minutes N     as many as there is time for
 *   swarm_test --keep          write seeds that fail to the end of seeds.txt; ./dev soak does
 *   swarm_test --plain         with --seed: a seed marked so in seeds.txt;  --old: one that is not marked `new`;
 *                              --undecided: one that is not marked `apart`;  --whole: not marked `alone`
 *   swarm_test --seed X        this one, twice, with its trace when --trace is there
 *
 * A seed that is run twice is printed with the sum of all that happened in it, to compare builds and machines.
 */
#include "tests/sim/base.h"
#include "tests/sim/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TWICE_EVERY = 20 }; /* seeds that are run twice and must be the same */

struct options {
    uint64_t first;
    uint64_t seeds;
    uint64_t seconds;
    bool one;
    bool keep;
    bool trace;
};

struct totals {
    uint64_t seeds, failed, first_failed;
    struct world_stats stats;
    double hours;
};

static void add_up(struct totals *t, const struct swarm_result *r)
{
    t->stats.saves += r->stats.saves;
    t->stats.sessions += r->stats.sessions;
    t->stats.commits += r->stats.commits;
    t->stats.cuts += r->stats.cuts;
    t->stats.crashes += r->stats.crashes;
    t->stats.power_losses += r->stats.power_losses;
    t->stats.faults += r->stats.faults;
    t->stats.node_restores += r->stats.node_restores;
    t->stats.clones += r->stats.clones;
    t->stats.hub_restores += r->stats.hub_restores;
    t->stats.clock_jumps += r->stats.clock_jumps;
    t->stats.editions += r->stats.editions;
    t->stats.many_ops += r->stats.many_ops;
    t->stats.bundles += r->stats.bundles;
    t->stats.moves += r->stats.moves;
    t->stats.erasures += r->stats.erasures;
    t->stats.poisons += r->stats.poisons;
    t->stats.revoked += r->stats.revoked;
    t->stats.strangers += r->stats.strangers;
    t->stats.closings += r->stats.closings;
    t->stats.further += r->stats.further;
    t->stats.reopened += r->stats.reopened;
    t->stats.rekeys += r->stats.rekeys;
    t->stats.assigned += r->stats.assigned;
    t->stats.mergers += r->stats.mergers;
    t->stats.rehomed += r->stats.rehomed;
    t->stats.files += r->stats.files;
    t->stats.fetches += r->stats.fetches;
    t->stats.released += r->stats.released;
    t->stats.alone += r->stats.alone;
    t->hours += (double)r->virtual_ms / 3600000.0;
}

#define BANK DONGBO_SOURCE_DIR "/tests/sim/seeds.txt"

static void bank_add(uint64_t seed, const char *what)
{
    FILE *f = fopen(BANK, "a");
    if (f == NULL) return;
    fprintf(f, "# %s\n%llu new apart alone\n", what, (unsigned long long)seed);
    fclose(f);
}

static void run(uint64_t seed, bool twice, bool trace, bool keep, struct totals *t)
{
    struct swarm_result r, again;
    swarm_run(seed, trace, &r);
    t->seeds++;
    add_up(t, &r);
    if (twice && !r.failed) {
        swarm_run(seed, false, &again);
        if (again.hash != r.hash) {
            r.failed = true;
            snprintf(r.failure, sizeof r.failure, "the same seed went another way");
        }
    }
    if (twice && !r.failed)
        printf("seed %llu: %016llx\n", (unsigned long long)seed, (unsigned long long)r.hash);
    if (!r.failed) return;
    if (keep) bank_add(seed, r.failure);
    if (t->failed++ == 0) t->first_failed = seed;
    printf("seed %llu: %s\n", (unsigned long long)seed, r.failure);
    fflush(stdout);
}

static void run_bank(struct totals *t)
{
    FILE *f = fopen(BANK, "r");
    char line[200];
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        swarm_plain = strstr(line, "plain") != NULL;
        swarm_old = strstr(line, "new") == NULL;
        swarm_undecided = strstr(line, "apart") == NULL;
        swarm_whole = strstr(line, "alone") == NULL;
        if (line[0] >= '0' && line[0] <= '9') run(strtoull(line, NULL, 10), false, false, false, t);
    }
    swarm_plain = swarm_old = swarm_undecided = swarm_whole = false;
    if (f != NULL) fclose(f);
    printf("%llu seeds of the bank\n", (unsigned long long)t->seeds);
}

static uint64_t number(const char *text)
{
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static struct options options_read(int argc, char **argv)
{
    const char *s = getenv("DONGBO_SWARM_S");
    struct options o = {.first = 1, .seeds = UINT64_MAX, .seconds = s != NULL ? number(s) : 300};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--trace") == 0) o.trace = true;
        if (strcmp(argv[i], "--keep") == 0) o.keep = true;
        if (strcmp(argv[i], "--plain") == 0) swarm_plain = true;
        if (strcmp(argv[i], "--old") == 0) swarm_old = true;
        if (strcmp(argv[i], "--undecided") == 0) swarm_undecided = true;
        if (strcmp(argv[i], "--whole") == 0) swarm_whole = true;
        if (strcmp(argv[i], "--first") == 0) o.first = number(value);
        if (strcmp(argv[i], "--minutes") == 0) o.seconds = 60 * number(value);
        if (strcmp(argv[i], "--seeds") == 0) {
            o.seeds = number(value);
            o.seconds = UINT64_MAX;
        }
        if (strcmp(argv[i], "--seed") == 0) {
            o.one = true;
            o.first = number(value);
            o.seeds = 1;
            o.seconds = UINT64_MAX;
        }
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    struct totals t = {0};
    time_t begun = time(NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    if (!o.one) run_bank(&t);
    for (uint64_t i = 0; i < o.seeds && (uint64_t)(time(NULL) - begun) < o.seconds; i++)
        run(o.first + i, o.one || i % TWICE_EVERY == 0, o.trace, o.keep, &t);
    printf("%llu distinct seeds, %.0f virtual hours in %ld s: %llu saves, %llu sessions, %llu "
           "commits, "
           "%llu cuts, %llu crashes, %llu of them with power loss, %llu disk faults\n",
           (unsigned long long)t.seeds, t.hours, (long)(time(NULL) - begun),
           (unsigned long long)t.stats.saves, (unsigned long long)t.stats.sessions,
           (unsigned long long)t.stats.commits, (unsigned long long)t.stats.cuts,
           (unsigned long long)t.stats.crashes, (unsigned long long)t.stats.power_losses,
           (unsigned long long)t.stats.faults);
    printf(
        "%llu node restores, %llu clones, %llu hub restores, %llu clock jumps, %llu editions, "
        "%llu sets of many ops, %llu bundles, %llu moves, %llu erasures, %llu poisoned sets, "
        "%llu revocations, %llu strangers, %llu closings, %llu further issues, "
        "%llu reopenings, %llu changes of keys, %llu mergers, %llu assignments, %llu nodes of "
        "another unit, %llu files, %llu fetched, %llu parcels let in, %llu changes erased alone\n",
        (unsigned long long)t.stats.node_restores, (unsigned long long)t.stats.clones,
        (unsigned long long)t.stats.hub_restores, (unsigned long long)t.stats.clock_jumps,
        (unsigned long long)t.stats.editions, (unsigned long long)t.stats.many_ops,
        (unsigned long long)t.stats.bundles, (unsigned long long)t.stats.moves,
        (unsigned long long)t.stats.erasures, (unsigned long long)t.stats.poisons,
        (unsigned long long)t.stats.revoked, (unsigned long long)t.stats.strangers,
        (unsigned long long)t.stats.closings, (unsigned long long)t.stats.further,
        (unsigned long long)t.stats.reopened, (unsigned long long)t.stats.rekeys,
        (unsigned long long)t.stats.mergers, (unsigned long long)t.stats.assigned,
        (unsigned long long)t.stats.rehomed, (unsigned long long)t.stats.files,
        (unsigned long long)t.stats.fetches, (unsigned long long)t.stats.released,
        (unsigned long long)t.stats.alone);
    if (t.failed > 0)
        printf("%llu failed, first: %llu\n", (unsigned long long)t.failed,
               (unsigned long long)t.first_failed);
    return t.failed > 0 ? 1 : 0;
}

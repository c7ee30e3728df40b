/*
 * A disk that says it synced and did not (fault S5): the hub's, or a commune's. Real stores and engines, whole
 * sessions; from some moment on no sync of one host reaches its disk, then the power fails: each sector that was
 * written since is there, lost or garbled, by seed, and so is each name of a file.
 *
 * What no disk has no program brings back. What must hold all the same:
 *   - nothing is used that is not what somebody saved: the store does not open, or `verify` names the damage, or what
 *     is there is whole and older;
 *   - told of damage a person puts a copy of before back, and work goes on;
 *   - what the other side holds comes back from there: a commune's confirmed saves from the hub, and to a hub all that
 *     communes hold, confirmed or not;
 *   - in the end both sides say the same, and nothing is called delivered that is not at the hub.
 *
 *   liar_test [SEEDS]      a side; default LIAR_SEEDS
 */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/verify.h"
#include "node/maintain.h"
#include "node/store_records.h"
#include "tests/sim/memvfs.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { LIAR_SEEDS = 12, SAVES_MAX = 64, ROUNDS_MAX = 6 };

struct save {
    struct id_record rid;
    unsigned node;
    bool confirmed; /* and shown so */
};

struct liar {
    struct pair w;
    struct rng rng;
    bool hub; /* whose disk it is: the hub's, or node 0's */
    struct memvfs_host *disk, *copy;
    struct save saves[SAVES_MAX];
    size_t count;
};

struct told {
    unsigned runs, unopened, named, whole, gone;
};

/* ---- work ---- */

static void save(struct liar *l, unsigned node)
{
    struct save *s = &l->saves[l->count];
    char text[32];
    assert_true(l->count < SAVES_MAX);
    snprintf(text, sizeof text, "save %zu", l->count++);
    *s = (struct save){.node = node};
    pair_create(&l->w.nodes[node], &s->rid, text);
}

static void settle(struct liar *l, unsigned node)
{
    OK(pair_settle(&l->w.nodes[node]));
    for (size_t i = 0; i < l->count; i++)
        l->saves[i].confirmed = l->saves[i].confirmed || l->saves[i].node == node;
}

static void again(struct liar *l)
{
    if (l->hub) {
        pair_hub_off(&l->w);
        pair_hub_on(&l->w);
    } else {
        pair_node_off(&l->w.nodes[0]);
        pair_node_on(&l->w.nodes[0]);
    }
}

static void work(struct liar *l)
{
    unsigned rounds = 1 + rng_below(&l->rng, ROUNDS_MAX);
    for (unsigned i = 0; i < rounds; i++) {
        unsigned node = rng_below(&l->rng, 2);
        for (unsigned n = 1 + rng_below(&l->rng, 3); n > 0; n--)
            save(l, node);
        if (rng_below(&l->rng, 3) > 0) settle(l, node);
        if (rng_below(&l->rng, 4) == 0) again(l); /* which moves all of the log into the database */
    }
}

/* ---- the cut ---- */

static void cut(struct liar *l)
{
    memvfs_kill(l->disk);
    if (l->hub)
        pair_hub_off(&l->w);
    else
        pair_node_off(&l->w.nodes[0]);
    memvfs_boot(l->disk);
    memvfs_power_loss(l->disk, rng_u64(&l->rng));
    memvfs_lie(l->disk, false);
}

/* Opens it as the program does, and looks as `verify` does. ERR_DAMAGED: it is named; else what opening said. */
static enum err look(struct liar *l)
{
    struct hub_verified_log hub;
    struct node_verified node;
    struct pair_node *n = &l->w.nodes[0];
    enum err e =
        l->hub
            ? hub_store_open(&(struct hub_store_options){.path = l->w.hub.path, .vfs = MEMVFS_NAME},
                             &l->w.hub.store)
            : node_store_open(&(struct node_store_options){.path = n->path, .vfs = MEMVFS_NAME},
                              &n->store);
    if (e != ERR_OK) return e;
    struct hub_identity hid;
    struct node_identity nid;
    e = l->hub ? hub_store_identity(l->w.hub.store, &hid) : node_store_identity(n->store, &nid);
    if (e == ERR_OK)
        e = l->hub ? hub_verify_log(l->w.hub.store, NULL, NULL, &hub)
                   : node_store_verify(n->store, NULL, NULL, &node);
    if (e == ERR_OK && (l->hub ? hub.findings : node.findings) > 0) e = ERR_DAMAGED;
    if (l->hub)
        hub_store_close(l->w.hub.store);
    else
        node_store_close(n->store);
    return e;
}

static void on(struct liar *l)
{
    if (l->hub)
        pair_hub_on(&l->w);
    else
        pair_node_on(&l->w.nodes[0]);
}

/* ---- what must hold ---- */

static void check(struct liar *l, struct told *t)
{
    struct hub_verified_log hub;
    for (unsigned i = 0; i < 2; i++) {
        struct pair_node *n = &l->w.nodes[i];
        struct node_verified seen;
        OK(node_store_verify(n->store, NULL, NULL, &seen));
        assert_int_equal(seen.findings, 0);
        pair_assert_scope(n);
        assert_int_equal(pair_status(n).waiting, 0);
    }
    OK(hub_verify_log(l->w.hub.store, NULL, NULL, &hub));
    assert_int_equal(hub.findings, 0);
    for (size_t i = 0; i < l->count; i++) {
        const struct save *s = &l->saves[i];
        bool there = pair_hub_has(&l->w, &s->rid);
        /* A hub's disk costs nothing that a commune holds; a commune's disk costs what nobody else had. */
        if (l->hub || s->node == 1 || s->confirmed) assert_true(there);
        assert_int_equal(pair_node_has(&l->w.nodes[s->node], &s->rid), there);
        t->gone += !there;
    }
}

/* ---- one run ---- */

static void one(uint64_t seed, bool hub, struct told *t)
{
    struct liar *l = calloc(1, sizeof *l);
    assert_non_null(l);
    memvfs_reset(seed);
    pair_random_state.s = seed * 1299709 + 7;
    l->rng.s = seed * 15485863 + hub;
    l->hub = hub;
    pair_open(&l->w, seed);
    pair_join(&l->w.nodes[0]);
    pair_join(&l->w.nodes[1]);
    work(l);
    settle(l, 0);
    settle(l, 1);
    l->disk = memvfs_host(hub ? "hub" : "n0");
    l->copy = memvfs_host("copy");
    memvfs_copy(l->disk, l->copy, false);
    memvfs_lie(l->disk, true);
    work(l);
    cut(l);
    enum err e = look(l);
    t->runs++;
    if (e == ERR_OK) {
        t->whole++; /* as it was at some moment before */
        on(l);
    } else { /* a person is told, and puts the copy back */
        t->named += e == ERR_DAMAGED;
        t->unopened += e != ERR_DAMAGED;
        memvfs_copy(l->copy, l->disk, false);
        on(l);
    }
    for (unsigned i = 0; i < 4; i++)
        OK(pair_settle(&l->w.nodes[i % 2]));
    check(l, t);
    pair_close(&l->w);
    free(l);
}

static unsigned seeds = LIAR_SEEDS;

static void run(bool hub)
{
    struct told t = {0};
    for (unsigned i = 1; i <= seeds; i++)
        one(i, hub, &t);
    printf("%s: %u cuts: %u did not open, %u were named by verify, %u came up as of some moment "
           "before; "
           "%u saves that nobody else had are gone\n",
           hub ? "hub" : "node", t.runs, t.unopened, t.named, t.whole, t.gone);
    assert_true(t.unopened + t.named > 0); /* else no disk lied */
    assert_true(hub ? t.gone == 0 : t.gone > 0 || seeds < LIAR_SEEDS);
}

static void a_hub_whose_disk_lies_gets_all_back(void **state)
{
    (void)state;
    run(true);
}

static void a_commune_whose_disk_lies_gets_back_what_was_confirmed(void **state)
{
    (void)state;
    run(false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hub_whose_disk_lies_gets_all_back),
        cmocka_unit_test(a_commune_whose_disk_lies_gets_back_what_was_confirmed),
    };
    if (argc > 1) seeds = (unsigned)strtoul(argv[1], NULL, 10);
    randombytes_set_implementation(&pair_random);
    memvfs_register();
    pair_vfs = MEMVFS_NAME;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

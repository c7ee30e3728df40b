#include "tests/sim/swarm.h"

#include "hub/store_attach.h"
#include "proto/move.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct plan { /* drawn from the seed; per mille of deeds */
    uint64_t end_ms;
    unsigned gap_ms;
    unsigned sync, offline, crash, power, op_crash, step_crash, io, full, clock, publish;
    unsigned image, restore, clone, hub_image, hub_restore, many, bundle;
    unsigned records;
    unsigned move;      /* offers, answers, shares, decisions about what crossed */
    unsigned transfers; /* made so far */
    unsigned erase, poison, revoke;
    unsigned closings; /* left */
    unsigned further;  /* issues of periods that are closed, left */
    struct rng papers; /* which, and when: of their own, so that old seeds tell what they told */
    unsigned rekey;
    unsigned units;       /* mergers, assignments and PCs of another unit, left */
    struct rng unit_rng;  /* likewise */
    unsigned files;       /* deeds with attachments, left */
    struct rng file_rng;  /* likewise */
    unsigned decisions;   /* about what revoked nodes sent, left */
    struct rng apart_rng; /* likewise */
    unsigned alone;       /* changes that are erased while their records stay, left */
    struct rng alone_rng; /* likewise */
};

enum { CLOSE_PERMILLE = 60 };

static struct plan plan;
bool swarm_plain, swarm_old, swarm_undecided, swarm_whole;

static bool draw(struct world *w, unsigned permille)
{
    return rng_below(&w->rng, 1000) < permille;
}

/* A rate that is zero in half of the seeds, small in most others, and sometimes large. */
static unsigned rate(struct world *w, unsigned max)
{
    if (draw(w, 500)) return 0;
    return 1 + rng_below(&w->rng, draw(w, 700) ? (max + 9) / 10 : max);
}

/* What came later is drawn from a generator of its own, so that old seeds tell what they told. */
static void plan_extra(struct world *w, bool joined)
{
    struct rng r = {w->seed * UINT64_C(0x9e3779b97f4a7c15) + 13};
    if (swarm_plain) return;
    if (rng_below(&r, 1000) < 400) plan.move = 20 + rng_below(&r, 200);
    if (rng_below(&r, 1000) < 300) plan.erase = 5 + rng_below(&r, 40);
    w->marks = plan.erase > 0;
    if (rng_below(&r, 1000) < 250) plan.poison = 5 + rng_below(&r, 60);
    if (rng_below(&r, 1000) < 150) plan.revoke = 4 + rng_below(&r, 16);
    if (rng_below(&r, 1000) < 200) w->rates.stranger = 1 + rng_below(&r, 30);
    if (rng_below(&r, 1000) < 200) world_hostile(w, rng_below(&r, w->node_count));
    if (rng_below(&r, 1000) < 150) plan.closings = 1 + rng_below(&r, 3);
    /* A copy of a node has not got the keys that the other one changes to, and is kept apart for ever. */
    if (rng_below(&r, 1000) < 250 && plan.clone == 0 && joined) plan.rekey = 5 + rng_below(&r, 40);
    w->misnames = rng_below(&r, 1000) < 500;
    if (plan.closings > 0 && rng_below(&r, 1000) < 600) plan.further = 1 + rng_below(&r, 2);
    plan.papers = (struct rng){r.s + 1};
}

static void plan_new(struct world *w)
{
    struct rng r = {w->seed * UINT64_C(0xd1342543de82ef95) + 29};
    if (swarm_plain || swarm_old) return;
    if (rng_below(&r, 1000) < 300) plan.units = 1 + rng_below(&r, 8);
    plan.unit_rng = (struct rng){r.s + 1};
    r.s = w->seed * UINT64_C(0xaef17502108ef2d9) + 37;
    if (rng_below(&r, 1000) < 250) plan.files = 2 + rng_below(&r, 14);
    if (plan.files > 0 && rng_below(&r, 1000) < 400)
        w->quota = ATTACH_BLOCK_BYTES + rng_below(&r, 4 * ATTACH_BLOCK_BYTES);
    if (w->quota > 0) hub_store_attach_quota(w->hub.store, w->quota);
    plan.file_rng = (struct rng){r.s + 1};
}

/* Where nodes are revoked, and of a few runs in which nothing else would be: what they sent is let in, or not. */
static void plan_apart(struct world *w)
{
    struct rng r = {w->seed * UINT64_C(0x94d049bb133111eb) + 43};
    if (swarm_plain || swarm_old || swarm_undecided) return;
    unsigned more = rng_below(&r, 1000), drawn = rng_below(&r, 1000), bundle = rng_below(&r, 300);
    if (more < 60) {
        plan.revoke = 10 + rng_below(&r, 20);
        plan.hub_image = 25;
        plan.hub_restore = 5 + rng_below(&r, 30);
        if (more < 20) plan.bundle += bundle;
    }
    if (plan.revoke > 0 && (more < 60 || drawn < 700)) plan.decisions = 4 + rng_below(&r, 40);
    plan.apart_rng = (struct rng){r.s + 1};
}

static void plan_alone(struct world *w)
{
    struct rng r = {w->seed * UINT64_C(0xbf58476d1ce4e5b9) + 47};
    if (swarm_plain || swarm_old || swarm_undecided || swarm_whole) return;
    if (rng_below(&r, 1000) < 250) plan.alone = 1 + rng_below(&r, 12);
    plan.alone_rng = (struct rng){r.s + 1};
    if (plan.alone > 0) w->alone = w->marks = true;
}

static void plan_draw(struct world *w)
{
    plan = (struct plan){
        .end_ms = (10 + rng_below(&w->rng, 50)) * UINT64_C(60000),
        .gap_ms = 2000 + rng_below(&w->rng, 60000),
        .sync = 20 + rng_below(&w->rng, 200),
        .offline = rate(w, 150),
        .crash = rate(w, 100),
        .power = rate(w, 100),
        .op_crash = rate(w, 150),
        .step_crash = rate(w, 100),
        .io = rate(w, 80),
        .full = rate(w, 80),
        .clock = rate(w, 60),
        .publish = draw(w, 300) ? 1 + rng_below(&w->rng, 4) : 0,
        .many = rate(w, 300),
        .bundle = draw(w, 400) ? rate(w, 400) : 0,
        .records = 1 + rng_below(&w->rng, 12),
    };
    if (draw(w, 400)) { /* back in time */
        plan.image = 40;
        plan.restore = rate(w, 60);
        plan.clone = draw(w, 300) ? rate(w, 20) : 0;
        plan.hub_image = 25;
        plan.hub_restore = rate(w, 40);
    }
    w->rates = (struct world_rates){
        .cut = rate(w, 400),
        .flip = rate(w, 30),
        .stall = rate(w, 30),
        .dial = rate(w, 400),
        .replay = rate(w, 10),
        .latency_ms = 5 + rng_below(&w->rng, draw(w, 800) ? 300 : 4000),
        .turn_ms = rng_below(&w->rng, 300),
    };
    for (int who = WORLD_HUB; who < (int)w->node_count; who++) {
        if (plan.clock > 0)
            world_host_of(w, who)->skew_ms = (int64_t)rng_below(&w->rng, 7200000) - 3600000;
    }
}

static int anybody(struct world *w)
{
    return (int)rng_below(&w->rng, w->node_count + 1) - 1;
}

static void save_new(struct world *w, int who, int record)
{
    char text[32];
    struct world_act a = {.deed = WORLD_CREATE, .who = who, .record = record, .value = text};
    snprintf(text, sizeof text, "người %u", rng_below(&w->rng, 1000));
    a.type = who == WORLD_HUB ? 41 : draw(w, 800) ? 1 : 8;
    a.field = a.type == 8 ? 6 : a.type == 41 ? 11 : 2;
    (void)world_try(w, &a);
}

/* One set of 2 to CHANGE_OPS_MAX ops: records that exist are edited once, others made. */
static void save_many(struct world *w, int who, int record)
{
    static struct world_act acts[CHANGE_OPS_MAX];
    unsigned ops = 2 + rng_below(&w->rng, draw(w, 900) ? 6 : CHANGE_OPS_MAX - 1);
    for (unsigned i = 0; i < ops; i++) {
        int at = (record + (int)i) % WORLD_RECORDS_MAX;
        bool old = i < plan.records && w->records[at].exists && w->records[at].type == 1;
        acts[i] = (struct world_act){.deed = old ? WORLD_EDIT : WORLD_CREATE,
                                     .who = who,
                                     .record = old ? at : (int)(128 + i % 128),
                                     .type = 1,
                                     .field = old ? 19 : 2,
                                     .value = "cùng một lần lưu"};
    }
    acts[0].more = &acts[1];
    acts[0].more_count = ops - 1;
    (void)world_try(w, &acts[0]);
}

static void save(struct world *w)
{
    static const unsigned fields[] = {2, 6, 9, 19, 31};
    static const char *const elements[] = {"persuasion", "advice", "counselling", "?"};
    char text[32];
    int who = anybody(w);
    struct world_act a = {.who = who, .record = (int)rng_below(&w->rng, plan.records)};
    if (!w->records[a.record].exists) {
        save_new(w, who, a.record);
        return;
    }
    if (who != WORLD_HUB && draw(w, plan.many)) {
        save_many(w, who, a.record);
        return;
    }
    unsigned r = rng_below(&w->rng, 100);
    snprintf(text, sizeof text, "giá trị %u", rng_below(&w->rng, 4));
    a.value = draw(w, 60) ? NULL : text;
    a.field = fields[rng_below(&w->rng, 5)];
    a.deed = r < 85 ? WORLD_EDIT : r < 93 ? WORLD_DELETE : WORLD_RESTORE;
    if (w->records[a.record].type == 8 && a.deed == WORLD_EDIT) {
        a.field = 6;
        if (draw(w, 600))
            a = (struct world_act){.deed = WORLD_ELEMENT,
                                   .who = who,
                                   .record = a.record,
                                   .field = 5,
                                   .value = elements[rng_below(&w->rng, 4)],
                                   .in = draw(w, 600)};
    }
    if (w->records[a.record].type == 41 && a.deed == WORLD_EDIT) a.field = 11;
    (void)world_try(w, &a);
}

/* By whoever: most of it is not theirs to do, and is told so. */
static void move(struct world *w)
{
    static const char *const units[] = {"26176", "26179", "26182"};
    int who = anybody(w), record = (int)rng_below(&w->rng, plan.records);
    const char *unit = units[rng_below(&w->rng, 3)];
    unsigned r = rng_below(&w->rng, 100);
    if (!w->records[record].exists) return;
    if (r < 35 && plan.transfers < 255) {
        world_offer(w, who, (int)++plan.transfers, record, unit);
    } else if (r < 65 && plan.transfers > 0) {
        world_answer(w, who, 1 + (int)rng_below(&w->rng, plan.transfers),
                     draw(w, 600) ? MOVE_ACCEPT : rng_below(&w->rng, 3));
    } else if (r < 85) {
        world_share(w, who, record, unit, rng_below(&w->rng, 3));
    } else {
        world_settle_one(w, who, record, draw(w, 500));
    }
}

static void heal(struct world *w, uint64_t who)
{
    memvfs_heal(world_host_of(w, (int)who - 1)->disk);
}

/* The three ways of an I/O error. */
static enum memvfs_fault io_kind(struct world *w)
{
    unsigned r = rng_below(&w->rng, 3);
    return r == 0 ? MEMVFS_IO : r == 1 ? MEMVFS_IO_FORGET : MEMVFS_SYNC_FORGET;
}

static void fault(struct world *w, enum memvfs_fault kind)
{
    static const char *const names[] = {
        [MEMVFS_IO] = "I/O errors",
        [MEMVFS_IO_FORGET] = "I/O errors that forget",
        [MEMVFS_SYNC_FORGET] = "failing syncs",
        [MEMVFS_FULL] = "disk full",
    };
    int who = anybody(w);
    struct world_host *h = world_host_of(w, who);
    uint64_t from = memvfs_ops(h->disk) + rng_below(&w->rng, 60);
    bool once = draw(w, 500);
    world_trace(w, h->name, "%s %s", names[kind], once ? "once" : "for a while");
    memvfs_fail(h->disk, kind, from, once ? 1 : MEMVFS_NEVER);
    w->stats.faults++;
    world_call(w, 1000 + rng_below(&w->rng, WORLD_FAULT_MS_MAX), heal, (uint64_t)(who + 1));
}

/* By hours, or by years, as when the battery of a PC is dead. */
static void clock_jump(struct world *w)
{
    struct world_host *h = world_host_of(w, anybody(w));
    int64_t by = (int64_t)rng_below(&w->rng, 200000000) - 100000000;
    if (draw(w, 300)) by = ((int64_t)rng_below(&w->rng, 61) - 30) * INT64_C(31557600000);
    h->skew_ms = draw(w, 300) ? 0 : by;
    w->stats.clock_jumps++;
    world_trace(w, h->name, "clock is off by %lld s", (long long)(h->skew_ms / 1000));
}

static void hub_cut(struct world *w, uint64_t arg)
{
    struct world_host *h = &w->hub.host;
    (void)arg;
    if (!h->up || w->now_ms >= plan.end_ms) return;
    h->power = true;
    h->power_seed = rng_u64(&w->rng);
    if (draw(w, 500)) {
        h->crash_step = h->steps + rng_below(&w->rng, 12);
    } else {
        memvfs_crash_at(h->disk, memvfs_ops(h->disk) + rng_below(&w->rng, 100));
    }
}

/* true: something went back in time, or was made ready for it. */
static bool back_in_time(struct world *w, unsigned n)
{
    if (draw(w, plan.image)) return world_image(w, (int)n);
    if (draw(w, plan.hub_image)) return world_image(w, WORLD_HUB);
    if (draw(w, plan.restore)) return world_restore(w, (int)n);
    if (draw(w, plan.clone)) return world_clone(w, n) >= 0;
    if (!draw(w, plan.hub_restore) || !world_restore(w, WORLD_HUB)) return false;
    for (unsigned i = 0; i < 2; i++) /* cut by a power loss soon after, or twice */
        if (draw(w, 500)) world_call(w, 2000 + rng_below(&w->rng, 100000), hub_cut, 0);
    return true;
}

static bool crash(struct world *w, unsigned r)
{
    int who = anybody(w);
    struct world_host *h = world_host_of(w, who);
    uint64_t down = 500 + rng_below(&w->rng, 60000);
    h->power = draw(w, 500);
    h->power_seed = rng_u64(&w->rng);
    if (r < plan.crash) {
        world_crash(w, who, false, down);
    } else if (r < plan.crash + plan.power) {
        world_crash(w, who, true, down);
    } else if (r < plan.crash + plan.power + plan.op_crash) {
        memvfs_crash_at(h->disk, memvfs_ops(h->disk) + rng_below(&w->rng, 200));
    } else if (r < plan.crash + plan.power + plan.op_crash + plan.step_crash) {
        h->crash_step = h->steps + rng_below(&w->rng, 12);
    } else {
        return false;
    }
    return true;
}

/* Files of an issue take long to write: a few in some runs. */
static void close_month(struct world *w)
{
    uint64_t before = w->stats.closings;
    world_try_close(w, world_months[rng_below(&w->rng, WORLD_MONTHS)]);
    plan.closings -= w->stats.closings > before;
}

/* Supplements, and periods that are opened again, while everything else goes on. */
static void further(struct world *w, uint64_t arg)
{
    struct rng *r = &plan.papers;
    (void)arg;
    if (w->now_ms >= plan.end_ms || plan.further == 0) return;
    world_call(w, 1 + rng_below(r, (unsigned)plan.end_ms / 8), further, 0);
    const char *month = world_months[rng_below(r, WORLD_MONTHS)];
    bool reopen = rng_below(r, 1000) < 600;
    unsigned order = rng_below(r, 2);
    plan.further -= world_try_further(w, month, reopen, order);
}

/* Who belongs to which unit changes, while everything else goes on; what is asked of a hub that is down is lost. */
static void units(struct world *w, uint64_t arg)
{
    static const char *const codes[] = {"26176", "26179", "26182"};
    static const char *const days[] = {"2022-12-01", "2023-01-16", "2023-02-28", "2025-07-01"};
    struct rng *r = &plan.unit_rng;
    (void)arg;
    if (w->now_ms >= plan.end_ms || plan.units == 0) return;
    plan.units--;
    world_call(w, 1 + rng_below(r, (unsigned)plan.end_ms / 6), units, 0);
    unsigned old = rng_below(r, 3), to = (old + 1 + rng_below(r, 2)) % 3, how = rng_below(r, 100);
    unsigned record = rng_below(r, plan.records), count = 1 + rng_below(r, plan.records);
    unsigned node = rng_below(r, w->node_count);
    const char *day = days[rng_below(r, 4)];
    if (how < 40) {
        world_merge(w, codes[old], codes[to], day);
    } else if (how < 75) {
        world_assign(w, how < 44 ? "735" : how < 46 ? "99999" : codes[to], day, (int)record, count);
    } else {
        world_node_unit(w, node, codes[to]);
    }
}

/* Files are added and fetched, while everything else goes on. */
static void files(struct world *w, uint64_t arg)
{
    static const unsigned sizes[] = {26,
                                     4000,
                                     ATTACH_BLOCK_BYTES - 1,
                                     ATTACH_BLOCK_BYTES,
                                     ATTACH_BLOCK_BYTES + 1,
                                     7 * ATTACH_BLOCK_BYTES + 77};
    struct rng *r = &plan.file_rng;
    (void)arg;
    if (w->now_ms >= plan.end_ms || plan.files == 0) return;
    plan.files--;
    world_call(w, 1 + rng_below(r, (unsigned)plan.end_ms / 8), files, 0);
    int who = (int)rng_below(r, w->node_count), record = (int)rng_below(r, plan.records);
    unsigned size = sizes[rng_below(r, 6)], file = rng_below(r, WORLD_FILES_MAX);
    if (rng_below(r, 1000) < 600 || w->file_count == 0)
        (void)world_attach(w, who, record, size);
    else
        world_fetch(w, who, file % w->file_count);
}

/* Decisions about what stands apart, while everything else goes on: mostly in the order of its log. */
static void decisions(struct world *w, uint64_t arg)
{
    struct rng *r = &plan.apart_rng;
    (void)arg;
    if (w->now_ms >= plan.end_ms || plan.decisions == 0) return;
    world_call(w, 1 + rng_below(r, (unsigned)plan.end_ms / 20), decisions, 0);
    if (w->stats.revoked == 0) return;
    for (unsigned n = 1 + rng_below(r, 4); n > 0 && plan.decisions > 0; n--, plan.decisions--)
        world_try_decide(w, rng_below(r, 1000) < 800 ? 0 : rng_below(r, 20),
                         rng_below(r, 1000) < 850);
}

/* Single changes are erased, while everything else goes on. */
static void alone(struct world *w, uint64_t arg)
{
    struct rng *r = &plan.alone_rng;
    (void)arg;
    if (w->now_ms >= plan.end_ms || plan.alone == 0) return;
    plan.alone--;
    world_call(w, 1 + rng_below(r, (unsigned)plan.end_ms / 8), alone, 0);
    int record = (int)rng_below(r, plan.records);
    world_erase_alone(w, record, rng_below(r, 1000));
}

static void act(struct world *w, uint64_t arg)
{
    (void)arg;
    if (w->now_ms >= plan.end_ms) return;
    world_call(w, 1 + rng_below(&w->rng, 2 * plan.gap_ms), act, 0);
    if (crash(w, rng_below(&w->rng, 1000))) return;
    unsigned n = rng_below(&w->rng, w->node_count);
    if (back_in_time(w, n)) return;
    if (plan.poison > 0 && draw(w, plan.poison)) {
        world_poison(w, (int)n, rng_below(&w->rng, 5));
    } else if (plan.revoke > 0 && draw(w, plan.revoke)) {
        world_revoke(w, n);
    } else if (plan.erase > 0 && draw(w, plan.erase)) {
        world_erase(w, (int)rng_below(&w->rng, plan.records));
    } else if (plan.rekey > 0 && draw(w, plan.rekey)) {
        if (!w->nodes[n].hostile) world_rekey(w, n);
    } else if (plan.closings > 0 && draw(w, CLOSE_PERMILLE)) {
        close_month(w);
    } else if (plan.move > 0 && draw(w, plan.move)) {
        move(w);
    } else if (draw(w, plan.bundle)) {
        (void)world_bundle(w, n);
    } else if (draw(w, plan.sync)) {
        world_sync(w, n);
    } else if (draw(w, plan.offline)) {
        world_offline(w, n, !w->nodes[n].offline);
    } else if (draw(w, plan.io)) {
        fault(w, io_kind(w));
    } else if (draw(w, plan.full)) {
        fault(w, MEMVFS_FULL);
    } else if (draw(w, plan.clock)) {
        clock_jump(w);
    } else {
        save(w);
    }
}

/* The next edition, while everything else goes on. */
static void publish(struct world *w, uint64_t left)
{
    struct hub_position p;
    if (left > 1) world_call(w, rng_below(&w->rng, 1200000), publish, left - 1);
    if (!w->hub.host.up || w->now_ms >= plan.end_ms) return;
    hub_store_position(w->hub.store, &p);
    if (p.edition == 0 || p.edition >= WORLD_EDITION_WHOLE) return;
    w->stats.editions++;
    world_publish(w, draw(w, 30) ? WORLD_EDITION_WHOLE : p.edition + 1);
}

/* No fault is left that would come later. */
static void calm(struct world *w)
{
    for (int who = WORLD_HUB; who < (int)w->node_count; who++) {
        struct world_host *h = world_host_of(w, who);
        h->crash_step = UINT64_MAX;
        memvfs_crash_at(h->disk, MEMVFS_NEVER);
        memvfs_heal(h->disk);
    }
}

static const struct shape {
    unsigned nodes;
    const char *units[WORLD_NODES_MAX];
    bool joined;
} shapes[] = {
    {3, {"26176", "26179", "26182"}, true},
    {2, {"26176", "26176"}, true},
    {4, {"26176", "26179", "26176", "26179"}, true},
    {2, {"26176", "26176"}, false},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void shape_open(const struct shape *s, struct world *w, uint64_t seed)
{
    world_open(w, seed, s->nodes, s->units, s->joined);
}

void swarm_prepare(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    for (unsigned i = 0; i < SHAPES; i++) {
        shape_open(&shapes[i], w, 1);
        world_close(w);
    }
    free(w);
}

void swarm_run(uint64_t seed, bool echo, struct swarm_result *out)
{
    struct world *w = calloc(1, sizeof *w);
    struct rng shape = {seed * 7 + 1};
    assert(w != NULL);
    const struct shape *s = &shapes[rng_below(&shape, SHAPES)];
    shape_open(s, w, seed);
    if (echo) w->echo = stdout;
    plan_draw(w);
    plan_extra(w, s->joined);
    plan_new(w);
    plan_apart(w);
    plan_alone(w);
    w->once = true;
    w->reopens = draw(w, 500);
    world_call(w, 1, act, 0);
    if (plan.publish > 0) world_call(w, rng_below(&w->rng, 1200000), publish, plan.publish);
    further(w, 0);
    if (plan.units > 0)
        world_call(w, rng_below(&plan.unit_rng, (unsigned)plan.end_ms / 3), units, 0);
    if (plan.files > 0)
        world_call(w, rng_below(&plan.file_rng, (unsigned)plan.end_ms / 4), files, 0);
    if (plan.decisions > 0)
        world_call(w, rng_below(&plan.apart_rng, (unsigned)plan.end_ms / 4), decisions, 0);
    if (plan.alone > 0)
        world_call(w, rng_below(&plan.alone_rng, (unsigned)plan.end_ms / 3), alone, 0);
    world_run(w, plan.end_ms);
    calm(w);
    world_end(w);
    *out = (struct swarm_result){
        .failed = w->failed, .hash = w->hash, .stats = w->stats, .virtual_ms = w->now_ms};
    memcpy(out->failure, w->failure, sizeof out->failure);
    world_close(w);
    free(w);
}

/*
 * One hub and several nodes in one process: the real engines, cores and stores (on memvfs disks), joined by simulated
 * links, under a virtual clock. Everything random comes from the seed, so a run can be repeated bit for bit.
 *
 *   world_open -> world_create/edit/..., world_run, world_settle -> world_end -> world_close
 *
 * Time is milliseconds since the run began; hosts see it through their own skewed wall clocks and through monotonic
 * clocks that begin when they boot. Events are handled in order of (time, insertion). Nothing happens but through an
 * event or a call from the test.
 *
 * A host dies when its disk reaches the operation given to memvfs_crash_at(), when its engine's step hook says so
 * (crash_step), or by world_crash(). It boots again after a while, with or without loss of power.
 *
 * Checks (architecture 13) run after every step of a host, see check.h; the first that fails is kept in `failure` and
 * ends the run.
 *
 * Ownership: one world at a time (disks and randombytes are of the process).   Threads: one.
 * Limits:    WORLD_*.
 */
#ifndef DONGBO_TESTS_SIM_WORLD_H
#define DONGBO_TESTS_SIM_WORLD_H

#include "hub/engine.h"
#include "hub/own.h"
#include "hub/store.h"
#include "node/engine.h"
#include "node/own.h"
#include "node/store.h"
#include "node/store_records.h"
#include "proto/attach.h"
#include "proto/key.h"
#include "tests/lib/rng.h"
#include "tests/sim/memvfs.h"

#include <stdio.h>

enum {
    WORLD_NODES_MAX = 8, /* clones included */
    WORLD_CONNS_MAX = 64,
    WORLD_RECORDS_MAX = 256, /* that a test names */
    WORLD_FILES_MAX = 12,
    WORLD_STICKS_MAX = 32, /* bundles under way at once */
    WORLD_HUB = -1,        /* as `who` */
    WORLD_EDITION_WHOLE = 100,
    WORLD_MONTHS = 3,                   /* that random runs close */
    WORLD_WAIT_MS_MAX = 15 * 60 * 1000, /* the longest that a node waits by itself */
    WORLD_FAULT_MS_MAX = 300 * 1000,    /* the longest that a disk fails or is full */
    WORLD_AWAIT_S = 600, /* a host is back: faults end, and one that is down boots every second */
    WORLD_DRAIN_MS = 4 * 3600 * 1000, /* after faults stop, everything has arrived everywhere */
};

struct check; /* the reference model, check.c */

struct world_rates { /* of faults; per mille unless said */
    unsigned cut;  /* a piece of a connection's bytes is cut somewhere and the connection is lost */
    unsigned flip; /* one bit of a piece changes */
    unsigned stall;      /* a connection goes silent without ending */
    unsigned dial;       /* a dial fails */
    unsigned stranger;   /* somebody sends noise, with every piece that comes to the hub */
    unsigned replay;     /* an old connection's first bytes come again from a stranger */
    unsigned latency_ms; /* greatest latency of a piece */
    unsigned turn_ms;    /* greatest time from reading to flush at the hub */
};

struct world_keys {
    struct key_sign sign;
    struct key_box transport;
    struct key_box sealing;
};

struct world_host {
    char name[16];
    struct memvfs_host *disk;
    bool up;
    int64_t skew_ms;
    uint64_t booted_ms;
    uint64_t steps;      /* of its engine, over all lives */
    uint64_t crash_step; /* it dies at this one; UINT64_MAX: never */
    uint64_t crashes;
    bool has_image; /* world_image() kept one */
    bool power;     /* the next death takes the power with it */
    uint64_t power_seed;
};

struct world_save { /* a save whose fate a crash left open */
    bool open;
    bool there;         /* it turned out to be on the disk */
    struct buf payload; /* all ops */
    struct buf first;   /* the first one */
    int record;         /* that it creates, or -1 */
    struct id_record rid;
};

struct world_node {
    struct world_host host;
    struct world_keys *keys;
    struct node_sync_keys sync_keys;
    struct world_ring {
        struct node_sync_keys next; /* that it may change to */
        bool made;                  /* they are on its disk */
        bool settled;               /* and are the only ones */
        bool saving;                /* somebody waits for the change to be saved */
    } ring;                         /* its key files, which do not go back with its database */
    struct node_store *store;
    struct node_engine *engine;
    char unit[ADMIN_UNIT_BYTES_MAX + 1]; /* that it was invited to */
    uint64_t wake;                       /* generation of the timer */
    uint64_t finished;
    uint64_t complete; /* sessions that ended with ERR_OK since boot */
    uint64_t synced;   /* likewise, over all boots */
    bool offline;      /* no dial succeeds */
    bool receipted;
    bool applied;
    bool hostile; /* nothing that it says or shows is to be believed */
    bool mends;   /* a repair may have changed its log since it was compared */
    struct world_save doubt;
    struct world_save doubt_before; /* while a save is tried: what was in doubt till then */
    struct world_save image_doubt;  /* likewise, when its backup was made */
};

struct world_hub {
    struct world_host host;
    struct hub_store *store;
    struct hub_engine *engine;
    struct hub_sync_keys keys;
    bool turn;
    bool tick;
    bool committed;
};

struct world_record {
    bool exists;
    struct id_record rid;
    unsigned type;
};

struct world_file { /* that somebody added to a record */
    struct attach_ref ref;
    uint64_t seed;
    unsigned size;
    unsigned node; /* at which */
};

struct world_stats {
    uint64_t events, saves, sessions, commits, cuts, crashes, power_losses, faults;
    uint64_t node_restores, clones, hub_restores, clock_jumps, editions, many_ops, bundles;
    uint64_t moves, erasures, poisons, revoked, strangers, closings, further, reopened, rekeys;
    uint64_t assigned, mergers, rehomed, files, fetches, released, alone;
};

struct world {
    uint64_t seed;
    struct rng rng;
    struct rng
        link_rng; /* of the links alone, so that the size of what is sent changes nothing else */
    uint64_t now_ms;
    int64_t wall0_ms;
    struct world_rates rates;
    /* After an I/O error a host closes and opens its store again (architecture 8); otherwise it goes on with the
     * connection it has, which writes again what was not synced. Both must lose nothing: see common/io/db_wal.c for
     * what the first needs. */
    bool reopens;
    bool marks; /* texts that are typed end with the record's mark: see check_erase.c */
    bool alone; /* likewise with a mark of their own before it: single ops are erased */
    uint64_t typed;
    unsigned thieves; /* times that one stood in the hub's place */
    bool misnames;    /* decisions name the first op of a set, whichever was meant */
    bool once;        /* who moves records tries once and does not wait: for random runs */
    struct world_hub hub;
    struct world_node nodes[WORLD_NODES_MAX];
    unsigned node_count;
    struct world_record records[WORLD_RECORDS_MAX];
    struct world_file files[WORLD_FILES_MAX];
    unsigned file_count;
    uint64_t quota; /* bytes of a unit's files at the hub; 0: the usual */
    struct world_events *events;
    struct world_conn *conns; /* WORLD_CONNS_MAX */
    uint64_t serial;
    struct buf first_bytes;     /* what a node once sent first, for replays */
    struct world_stick *sticks; /* WORLD_STICKS_MAX */
    bool calm;                  /* no sticks any more */
    struct check *check;
    struct world_stats stats;
    /* Asked before every step of an engine; true: its host dies at it. NULL: nobody asks. */
    bool (*watch)(struct world *w, struct world_host *h, uint64_t step);
    uint64_t hash;     /* FNV over everything that happened */
    struct buf *story; /* NULL, or where the trace is written as text */
    FILE *echo;        /* NULL, or where every line goes at once */
    bool failed;
    char failure[400];
};

/* `seed` decides everything; nodes begin joined, with the catalogue, when `joined`. units[i] of node i: nodes may
 * share one. */
void world_open(struct world *w, uint64_t seed, unsigned nodes, const char *const *units,
                bool joined);
void world_close(struct world *w);

/* The first failure is kept. */
void world_fail(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line of the trace. world_note(): only into the hash and the echo. */
void world_trace(struct world *w, const char *who, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void world_note(struct world *w, const void *bytes, size_t len);

/* Let so much time pass. */
void world_run(struct world *w, uint64_t ms);
/* Handle one event; false: there is none before `until_ms`. */
bool world_step(struct world *w, uint64_t until_ms);
/* No faults any more; until every node that is not offline has everything and the hub has everything of it, at most
 * WORLD_DRAIN_MS. Then the checks of quiescence. */
void world_settle(struct world *w);
/* End of a run: everybody online and up, settle, and all checks. */
void world_end(struct world *w);

/* A person asks node `n` to sync now. */
void world_sync(struct world *w, unsigned n);
void world_offline(struct world *w, unsigned n, bool offline);

/* Now; it boots again after `down_ms`. */
void world_crash(struct world *w, int who, bool power, uint64_t down_ms);
struct world_host *world_host_of(struct world *w, int who);
/* The disk of a host may have died inside the last call: take note. */
void world_look(struct world *w, int who);
/* Let time pass until this host is up. */
void world_await(struct world *w, int who);

int64_t world_wall(const struct world *w, const struct world_host *h);
uint64_t world_mono(const struct world *w, const struct world_host *h);

/*
 * Things that go back in time. Keep the disk of a host as it is now; put it back; a second PC begins with a copy of the
 * disk of node `from` and runs beside it (its number, or -1 when there are WORLD_NODES_MAX). A host that is down, or
 * whose disk does not work, is left alone: false.
 */
bool world_image(struct world *w, int who);
bool world_restore(struct world *w, int who);
int world_clone(struct world *w, unsigned from);

/* Node `n` writes a bundle; somebody carries it to the hub and the answer back, if all goes well. */
bool world_bundle(struct world *w, unsigned n);

/*
 * Users. `record` is the test's own number. Values are text; field 0 is not for world_edit. When the host dies in the
 * save, the person waits for it and saves again unless it is there. world_try(): once, true when it was saved.
 */
enum world_deed { WORLD_CREATE, WORLD_EDIT, WORLD_DELETE, WORLD_RESTORE, WORLD_ELEMENT, WORLD_RAW };
struct world_act {
    enum world_deed deed;
    int who;
    int record;
    unsigned type; /* WORLD_CREATE */
    unsigned field;
    const char *value;            /* NULL: nil; WORLD_ELEMENT: the element */
    bool in;                      /* WORLD_ELEMENT: put in or taken out */
    struct bytes raw;             /* WORLD_RAW: the op's payload, of SPEC 13 */
    const struct world_act *more; /* further ops of the same set, on other records; NULL */
    size_t more_count;
};
bool world_try(struct world *w, const struct world_act *a);
void world_do(struct world *w, const struct world_act *a);
void world_create(struct world *w, int who, int record, unsigned type, const char *value);
void world_edit(struct world *w, int who, int record, unsigned field, const char *value);
void world_delete(struct world *w, int who, int record);
/* Scope moves. `transfer` is the test's own number, 1..255; `to` a unit's code. world_settle_one():
 * what waits for a decision about the record, if anything. */
void world_offer(struct world *w, int who, int transfer, int record, const char *to);
void world_answer(struct world *w, int who, int transfer, unsigned reply);
void world_share(struct world *w, int who, int record, const char *unit, unsigned access);
void world_settle_one(struct world *w, int who, int record, bool apply);
/* files.c. A person adds a file of so many bytes to a record of type 1: once; true: it was saved. A node wishes for
 * one. */
bool world_attach(struct world *w, int who, int record, unsigned size);
void world_fetch(struct world *w, int who, unsigned file);
/* units.c. The district assigns records (those of these numbers that exist) to a unit, counted there from a day
 * "2023-01-31" on; a unit goes on in another, records, nodes and all; a node is of another unit from now on. */
void world_assign(struct world *w, const char *to, const char *date, int record, unsigned count);
void world_merge(struct world *w, const char *old, const char *to, const char *date);
void world_node_unit(struct world *w, unsigned n, const char *to);
/*
 * From now on the node garbles what it sends: nothing of it is checked but that others go on. It saves something that
 * is no op, or not one it may write (style 0 to 4). It is revoked: from a position on the hub takes nothing of it.
 */
void world_hostile(struct world *w, unsigned n);
void world_poison(struct world *w, int who, unsigned style);
void world_revoke(struct world *w, unsigned n);
/* release.c. A person lets in all that revoked nodes sent and that stands apart. For random runs: decides once about
 * one of those that are not let in, the pick-th. */
void world_release(struct world *w);
void world_try_decide(struct world *w, unsigned pick, bool release);
/* The node changes its own keys (SPEC 18.9), once in a run. */
void world_rekey(struct world *w, unsigned n);
/* ... and by now both sides know only the new ones. */
void world_has_keys(struct world *w, unsigned n);
/*
 * Somebody copies the hub's disk, keys and all; the hub changes its keys; the copy stands in its place (thief.c),
 * until it is off again. world_disbelieved(): fails when the record that the thief wrote is anywhere at the true hub
 * or a node.
 */
void world_steal(struct world *w);
void world_hub_rekey(struct world *w);
void world_thief(struct world *w, bool on);
void world_disbelieved(struct world *w, int record);
/* Two officers of the district order that a record be erased; or of its changes that are in the hub's log, and that no
 * order named yet, the pick-th. */
void world_erase(struct world *w, int record);
void world_erase_alone(struct world *w, int record, unsigned pick);
/* The district closes a month ("2023-01") of the simulator's report. */
void world_close_period(struct world *w, const char *period);
/* Once, when the hub is there and has nothing else under way: for random runs. */
void world_try_close(struct world *w, const char *period);
/* Likewise, of a period that is closed: two officers open it again, or a supplement is issued; of one that was opened
 * again, the next issue. `order`: orders of the same number are the same order. true: there is an issue more. */
bool world_try_further(struct world *w, const char *period, bool reopen, unsigned order);
void world_try_reopen(struct world *w, const char *report, const char *period, uint32_t issue,
                      unsigned order);
extern const char *const world_months[WORLD_MONTHS];
/* Publish a catalogue: the small one of the simulator, with a choice more in every edition after the first; or the
 * project's, from WORLD_EDITION_WHOLE on. */
void world_publish(struct world *w, unsigned edition);

/* What everybody shows in the end, in a form that does not depend on random ids: for comparing a run with another. */
void world_picture(struct world *w, struct buf *out);

/* Used between the files of the world. What node/rekey.c does when it opens a folder, and behind a session. */
enum err world_hub_keys_open(struct world *w);
enum err world_keys_open(struct world *w, unsigned i);
/* false: a node's change of keys would be unknown to both sides when this host goes back. The program's hub knows it
 * from `revoked.list` then (SPEC 18.2), a file outside the database, which is not on the simulated disk. */
bool world_keys_stay(struct world *w, int who);
void world_keys_turn(struct world *w, unsigned i);
enum world_event_kind {
    WORLD_EV_WAKE,
    WORLD_EV_BYTES,
    WORLD_EV_CUT,
    WORLD_EV_DOWN,
    WORLD_EV_DRAINED,
    WORLD_EV_DIALED,
    WORLD_EV_DIAL_FAILED,
    WORLD_EV_TURN,
    WORLD_EV_TICK,
    WORLD_EV_BOOT,
    WORLD_EV_CALL,
};
typedef void world_call_fn(struct world *w, uint64_t arg);
struct world_event {
    uint64_t at_ms, order;
    enum world_event_kind kind;
    int who;       /* host that it concerns */
    uint64_t n;    /* generation, connection, argument */
    uint8_t *data; /* BYTES: owned */
    size_t len;
    enum err error;
    world_call_fn *call;
};
void world_push(struct world *w, uint64_t delay_ms, struct world_event ev);
void world_call(struct world *w, uint64_t delay_ms, world_call_fn *fn, uint64_t arg);

void world_link_event(struct world *w, struct world_event *ev);
void world_link_outputs(struct world *w, unsigned n, const struct node_engine_outputs *out);
void world_link_host_died(struct world *w, int who);
void world_hub_drain(struct world *w);
void world_hub_turn_soon(struct world *w);
struct hub_engine_time world_hub_time(const struct world *w);
void world_node_handle(struct world *w, unsigned n, struct node_sync_event *ev);
void world_hostile_turn(const struct world *w, unsigned n, bool begins, bool file);
void world_cut_all(struct world *w, unsigned n);
void world_sticks_init(struct world *w);
void world_sticks_free(struct world *w);

#endif

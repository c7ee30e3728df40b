/*
 * Store calls of hub and node that calls_test repeats while the disk or the memory fails under each of them.
 *
 * A call is a small function that does one thing with a store as the programs do (its own transaction where one is
 * wanted) and tells everything that it was given back, so that two runs can be compared.
 *
 * Ownership: a struct calls is the harness's; a call frees what it makes, whatever happens.   Threads: one.
 */
#ifndef DONGBO_TESTS_SIM_CALLS_H
#define DONGBO_TESTS_SIM_CALLS_H

#include "common/io/store_watch.h"
#include "hub/store.h"
#include "node/store.h"
#include "proto/attach.h"
#include "tests/sim/base.h"

#include <jansson.h>

#define CALLS_HUB_PATH   "x/hub.db"
#define CALLS_NODE_PATH  "x/node.db"
#define CALLS_FROM_PATH  "x/from.db"            /* another of the same PC, with a login */
#define CALLS_NOW        INT64_C(1686400000000) /* UTC ms, behind all that the base has */
#define CALLS_BUNDLE_MAX (1024u * 1024u)

struct calls {
    struct hub_store *
        hub; /* one of both is open; NULL after a call that closed it and could not open it again */
    struct node_store *node;
    const struct hub_sync_keys *hub_keys;
    const struct node_sync_keys *node_keys;
    struct link_keys hub_sealing, node_sealing;
    uint64_t told; /* hash of what calls gave back */
    /* what the base has */
    struct id_record person, moved, shared, erased, activity, fresh;
    struct id_record transfer;
    struct hub_node at;        /* the node, as the hub knows it */
    struct id_inc inc;         /* its log */
    struct id_version version; /* of a set in the hub's log */
    struct bytes up, answer;   /* a bundle of the node, and what the hub answers to it */
    /* records that name files: the first file is at both, the second at the node alone */
    struct attach_ref files[2];
    struct bytes head, body; /* of a set of the node in the hub's log, */
    uint8_t signature[64];
    uint64_t position;          /* its place, */
    struct bytes own, own_body; /* and of one of the hub's own */
    uint8_t own_signature[64];
    struct message_set order; /* of two officers, to erase a person; the node has not heard of it */
};

/* The files: `which` is 0 or 1. */
struct bytes calls_file(unsigned which);

enum {
    /* several transactions: an error may leave some of them done, and doing it again must still come to the same end */
    CALL_STEPS = 1,
    CALL_SLOW = 2, /* renders papers or replays the log: few places in a short run */
    /* counts its tries, durably: after a failed one the end is another. On a full disk it may go on, and keep the count
     * in memory */
    CALL_COUNTS = 4,
    /* asks what a page shows: on the base with the project's whole catalogue and records of each kind (calls_pages.c).
     * The catalogue is read before, and what SQLite remembers of the file is forgotten. */
    CALL_PAGE = 8,
};

typedef enum err call_fn(struct calls *c);
struct call {
    const char *name; /* public function it is about */
    call_fn *fn;
    unsigned flags;
};

extern const struct call calls_hub[], calls_node[], calls_hub_pages[], calls_node_pages[];
extern const size_t calls_hub_count, calls_node_count, calls_hub_pages_count,
    calls_node_pages_count;

/* Called once when the base is made, with both stores open, before they are copied: what calls will want to find there
 * and the simulator's world does not make. */
void calls_hub_prepare(struct calls *c);
void calls_node_prepare(struct calls *c);
/* Makes CALLS_FROM_PATH on the disk "x". */
void calls_node_beside(void);
/* The officers of the simulator order that c->person be erased: c->order. */
void calls_hub_order(struct calls *c);
/* What pages show, at the node and, as a bundle brings it, at the hub; then what the hub says, at the node. */
void calls_pages_prepare(struct calls *c);

/* Ids of what calls_pages_prepare() makes. */
enum calls_page {
    PAGE_PERSON = 1,
    PAGE_CHILD_REPORT,
    PAGE_ESTIMATE,
    PAGE_ALLOCATION,
    PAGE_ALLOCATION_LINE,
    PAGE_SETTLEMENT,
    PAGE_SHEET,
    PAGE_SCORE_LINE,
    PAGE_REPORT,
    PAGE_CORRECTION,
    PAGE_TARGET,
};
struct id_record calls_page_id(enum calls_page which);
/* Tell a row of a clock or a check (ctx: the calls). */
enum err calls_page_watch(void *ctx, const struct watch_row *r);
/* Tell and free what a call with the result `e` made. */
enum err calls_page_json(struct calls *c, enum err e, json_t *j);
#define CALLS_PAGE_UNIT   "26176"
#define CALLS_PAGE_FORM   "RP04"
#define CALLS_PAGE_PERIOD "2023-6M"
#define CALLS_PAGE_IMPORT 71 /* the list that the person came from */
#define CALLS_PAGE_YEAR   2023

void calls_tell_json(struct calls *c, const json_t *j);
void calls_tell(struct calls *c, const void *p, size_t len);
void calls_tell_bytes(struct calls *c, struct bytes b);
void calls_tell_str(struct calls *c, const char *s);
void calls_tell_int(struct calls *c, int64_t v);

#endif

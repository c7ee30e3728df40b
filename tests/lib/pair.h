/*
 * For tests: a hub and up to four nodes as real stores and engines in one process, with a pipe between
 * them that can be cut at any byte, copies of their databases, and a random source that replays.
 * Records have type PAIR_TYPE and a text in PAIR_NAME; no catalogue is needed.
 *
 * Ownership: pair_close() releases everything and removes the files.   Threads: one.
 */
#ifndef DONGBO_TESTS_PAIR_H
#define DONGBO_TESTS_PAIR_H

#include <sodium.h>

#include "hub/engine.h"
#include "hub/store_records.h"
#include "node/engine.h"
#include "node/store_records.h"
#include "proto/key.h"
#include "tests/lib/rng.h"

enum { PAIR_MAKE = 2, PAIR_NODES = 4, PAIR_TYPE = 900, PAIR_NAME = 2, PAIR_STATE = 8 };
#define PAIR_WALL INT64_C(1686000000000) /* UTC ms at now_ms 0 */

struct pair_hub {
    struct key_sign root, log;
    struct key_box transport, sealing;
    struct id_hash id;
    struct hub_sync_keys keys;
    struct hub_store *store;
    struct hub_engine *engine;
    char path[64];
    bool (*step)(void *ctx, const char *what);
    unsigned conns_max, half_open_max; /* of its next engine; 0: the program's */
    struct blackbox *blackbox;         /* NULL: none; boot it as the program does */
};

struct pair_node {
    struct pair *w;
    struct key_sign sign;
    struct key_box transport, sealing;
    struct node_sync_keys keys;
    bool active;
    struct node_store *store;
    struct node_engine *engine;
    char path[64];
    uint64_t link, conn, wake_at;
    bool up, dialed, closing, hub_closing;
    struct buf to_hub, to_node;
    size_t sent, received; /* bytes of the last session */
};

struct pair {
    struct rng rng;
    uint64_t now_ms;
    struct pair_hub hub;
    struct pair_node nodes[PAIR_NODES];
    size_t cut_after; /* bytes of both directions until the link is cut; SIZE_MAX = never */
    bool chunks;      /* deliver in random pieces */
    /* NULL, or told of every piece that is delivered; `up`: to the hub */
    void (*tap)(void *ctx, bool up, struct bytes piece);
    void *tap_ctx;
    unsigned serial;
};

struct pair_copy {
    struct buf bytes;
};

/* The random bytes of libsodium out of a seed: randombytes_set_implementation(&pair_random). */
extern struct rng pair_random_state;
extern struct randombytes_implementation pair_random;

/* NULL: databases are files of the system. Else they are on disks of this SQLite VFS: hub/hub.db, n0/node.db ... */
extern const char *pair_vfs;

void pair_open(struct pair *w, uint64_t seed);
void pair_close(struct pair *w);
/* Node `i` (0..65024) of unit 26173 + 3i, invited: for a test that keeps more than PAIR_NODES, and moves their bytes
 * itself. pair_node_free() removes its file; `keys`: and its keys, which a copy of another node has not of its own. */
void pair_node_make(struct pair *w, struct pair_node *n, unsigned i);
void pair_node_free(struct pair_node *n, bool keys);
struct hub_engine_time pair_time(struct pair *w);
void pair_unlink(const char *path);
void pair_hub_engine(struct pair *w);
void pair_node_engine(struct pair_node *n);
void pair_event(struct pair_node *n, struct node_sync_event ev);
/* One turn for one node: false when nothing moves any more. */
bool pair_turn(struct pair_node *n);
void pair_hub_outputs(struct pair *w);
void pair_link_down(struct pair_node *n);
enum err pair_attempt(struct pair_node *n);
void pair_join(struct pair_node *n);
void pair_save(struct pair_node *n, enum change_kind kind, struct id_record *rid, const char *text,
               struct bytes bases);
/* A new record with this text. */
void pair_create(struct pair_node *n, struct id_record *rid, const char *text);
bool pair_hub_has(struct pair *w, const struct id_record *rid);
/* Of the hub's log. */
uint64_t pair_hub_position(struct pair *w);
/* An edition of a small catalogue, in which PAIR_TYPE is `thing` with PAIR_NAME and PAIR_STATE. */
void pair_publish(struct pair *w, uint32_t edition);
/* The same with a file of `noise` bytes (at most 128 KiB) of text by chance: an archive of several parts. */
void pair_publish_large(struct pair *w, uint32_t edition, size_t noise);
void pair_hub_save(struct pair *w, enum change_kind kind, const struct id_record *rid,
                   const char *text, struct bytes bases);
/* Versions of all heads of PAIR_NAME as the node shows them (bases may be NULL), and how many. */
size_t pair_heads(struct pair_node *n, const struct id_record *rid, struct buf *bases);
struct node_store_status pair_status(struct pair_node *n);
void pair_assert_scope(struct pair_node *n);
void pair_file_get(const char *path, struct buf *out);
void pair_file_put(const char *path, const struct buf *in);
void pair_node_off(struct pair_node *n);
void pair_node_on(struct pair_node *n);
void pair_hub_off(struct pair *w);
void pair_hub_on(struct pair *w);
void pair_node_copy(struct pair_node *n, struct pair_copy *c);
void pair_node_back(struct pair_node *n, const struct pair_copy *c);
void pair_hub_copy(struct pair *w, struct pair_copy *c);
void pair_hub_back(struct pair *w, const struct pair_copy *c);
struct pair_node *pair_clone(struct pair *w, unsigned from, unsigned to, const struct pair_copy *c);
enum err pair_settle(struct pair_node *n);
struct node_sync_result pair_result(const struct pair_node *n);
/* The one number that the SQL gives. */
int64_t pair_number(struct db *db, const char *sql);
bool pair_node_has(struct pair_node *n, const struct id_record *rid);

#endif

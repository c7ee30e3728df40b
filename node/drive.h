/*
 * The node's event loop: the sync engine on libuv. It owns the loop, the retry timer, the one
 * connection to the hub and the signals that end the process.
 *
 *   node_drive_new -> (listen for the tool on node_drive_loop) -> node_drive_run, which returns after
 *   SIGINT, SIGTERM or node_drive_stop, when everything is closed -> node_drive_free
 *
 * Ownership: store and keys are borrowed for the life of the drive.
 * Threads:   loop thread only.   Units: milliseconds.   Limits: NODE_DRIVE_QUEUE_BYTES_MAX.
 */
#ifndef DONGBO_NODE_DRIVE_H
#define DONGBO_NODE_DRIVE_H

#include "node/engine.h"

#define NODE_DRIVE_QUEUE_BYTES_MAX (8u * 1024u * 1024u) /* waiting in the connection */

struct uv_loop_s;
struct node_drive;

struct node_drive_options {
    struct node_store *store;
    const struct node_sync_keys *keys;
    bool signals; /* end on SIGINT and SIGTERM */
    struct blackbox *
        blackbox; /* booted; borrowed. Stopped: only node_drive_now begins a session. May be NULL */
    /* A session ended; may be NULL. */
    void (*on_result)(void *ctx, const struct node_sync_result *r);
    /* The loop is about to end: close every handle of yours on it. May be NULL; runs once. */
    void (*on_stop)(void *ctx);
    void *ctx;
};

/* ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err node_drive_new(const struct node_drive_options *options,
                                   struct node_drive **out);
struct uv_loop_s *node_drive_loop(struct node_drive *d);

/* Run until stopped: the first session begins at once. ERR_OK: everything is closed. ERR_IO. */
MUST_CHECK enum err node_drive_run(struct node_drive *d);

void node_drive_now(struct node_drive *d);     /* a person asks to sync now */
void node_drive_saved(struct node_drive *d);   /* a change set was saved */
void node_drive_hang_up(struct node_drive *d); /* a person says: this is not our hub */
void node_drive_stop(struct node_drive *d);    /* again does nothing */

enum node_sync_state node_drive_state(const struct node_drive *d);

/* After node_drive_run returned, or without it having run. NULL is fine. */
void node_drive_free(struct node_drive *d);

#endif

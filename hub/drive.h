/*
 * The hub's event loop: the sync engine on libuv. It owns the loop, the accept loop, the tick and
 * the signals that end the process.
 *
 *   hub_drive_new -> hub_drive_listen -> (other listeners on hub_drive_loop) -> hub_drive_run, which
 *   returns after SIGINT, SIGTERM or hub_drive_stop, when everything is closed -> hub_drive_free
 *
 * Once a loop turn, after all ready connections were read, it commits what they brought and lets
 * the receipts go: many nodes share one commit.
 *
 * Ownership: store and keys are borrowed for the life of the drive.
 * Threads:   loop thread only.   Units: milliseconds.   Limits: HUB_DRIVE_*, HUB_ENGINE_*.
 */
#ifndef DONGBO_HUB_DRIVE_H
#define DONGBO_HUB_DRIVE_H

#include "hub/engine.h"

#define HUB_DRIVE_TICK_MS         1000u                 /* deadlines are looked at so often */
#define HUB_DRIVE_QUEUE_BYTES_MAX (16u * 1024u * 1024u) /* waiting in one connection */
#define HUB_DRIVE_LOG_MAX         10u                   /* lines about bad connections per minute */

struct uv_loop_s;
struct hub_drive;

struct hub_drive_options {
    struct hub_store *store;
    const struct hub_sync_keys *keys;
    unsigned conns_max;        /* 0: HUB_ENGINE_CONNS_MAX */
    unsigned source_rate;      /* handshakes a second of one source (sources.h); 0: the default */
    struct blackbox *blackbox; /* of the engine; borrowed; may be NULL */
    bool signals;              /* end on SIGINT and SIGTERM */
    /* The loop is about to end: close every handle of yours on it. May be NULL; runs once. */
    void (*on_stop)(void *ctx);
    /* Every HUB_DRIVE_TICK_MS, outside any transaction; may be NULL. */
    void (*on_tick)(void *ctx);
    /* A commit failed (disk full ...); may be NULL. */
    void (*on_trouble)(void *ctx, enum err why);
    void *ctx;
};

/* ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err hub_drive_new(const struct hub_drive_options *options, struct hub_drive **out);
struct uv_loop_s *hub_drive_loop(struct hub_drive *d);
struct hub_engine *hub_drive_engine(struct hub_drive *d);

/* Take nodes at an address and port (0 = any free one); *port is the one taken. Once. Errors of
 * listen_tcp. */
MUST_CHECK enum err hub_drive_listen(struct hub_drive *d, const char *address, uint16_t want,
                                     uint16_t *port);

/* Commit now: for commands that answer only after their own sets are on the disk. */
MUST_CHECK enum err hub_drive_flush(struct hub_drive *d);

/* Run until stopped. ERR_OK: everything is closed. ERR_IO. */
MUST_CHECK enum err hub_drive_run(struct hub_drive *d);
void hub_drive_stop(struct hub_drive *d); /* again does nothing */

/* Connections refused since the start because of where they came from (sources.h). */
uint64_t hub_drive_refused(const struct hub_drive *d);

/* After hub_drive_run returned, or without it having run. NULL is fine. */
void hub_drive_free(struct hub_drive *d);

#endif

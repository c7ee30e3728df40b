/*
 * An accept loop with a cap: TCP, or the local socket. Connections over the cap are taken and
 * closed at once, so that a peer learns it quickly and comes back later.
 *
 * Ownership: the struct belongs to this module until on_gone. Accepted connections live on after
 * listen_close(). Threads:   loop thread only. Limits:    conn_max of the options;
 * LISTEN_PIPE_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_LISTEN_H
#define DONGBO_COMMON_IO_LISTEN_H

#include "common/io/conn.h"

enum {
    LISTEN_BACKLOG = 512,
    LISTEN_PIPE_BYTES_MAX =
        100, /* bytes of a local socket's path: the kernel's limit is little above */
};

struct listener;

struct listen_options {
    unsigned conn_max;        /* connections alive at once, at least 1 */
    struct conn_options conn; /* for each connection */
    /* A connection is there, not reading yet: conn_set_handlers() and conn_resume(), or
     * conn_close(). */
    void (*on_conn)(void *ctx, struct conn *c);
    void (*on_gone)(void *ctx); /* after listen_close(); may be NULL */
    void *ctx;
};

/*
 * Listen at an IPv4 or IPv6 address (no name) and port; port 0 takes any free one.
 * ERR_BAD_INPUT  not an address
 * ERR_LOCKED     the port is in use: another daemon runs, or the config names a taken port
 * ERR_DENIED     ports below 1024 and the like
 * ERR_IO, ERR_NOMEM
 */
MUST_CHECK enum err listen_tcp(struct uv_loop_s *loop, const char *address, uint16_t port,
                               const struct listen_options *options, struct listener **out);

/*
 * Listen at a local socket of mode 0600. A stale one is removed first: the caller holds the lock of
 * the data folder. ERR_CONFIG  the path is over LISTEN_PIPE_BYTES_MAX: the data folder needs a
 * shorter path
 */
MUST_CHECK enum err listen_pipe(struct uv_loop_s *loop, const char *path,
                                const struct listen_options *options, struct listener **out);

/* The port really listened at; 0 for a local socket. */
uint16_t listen_port(const struct listener *l);

/* Connections alive now, and how many were turned away since the start. */
unsigned listen_count(const struct listener *l);
uint64_t listen_refused(const struct listener *l);

/* Stop accepting; a local socket's file is removed. Once. */
void listen_close(struct listener *l);

#endif

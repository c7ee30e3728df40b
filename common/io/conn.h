/*
 * One stream connection (TCP, or the local socket) on the libuv loop: bytes in, bytes out, closed
 * exactly once.
 *
 * A connection ends in one way, whoever ends it: conn_close() or an error marks it closing, all its
 * handles are closed, then on_gone runs once with the reason and the struct is freed. After
 * conn_close() no other callback runs.
 *
 *     dial -> (resolving -> connecting, next address on failure ...) -> open -> closing -> gone
 *     accept ------------------------------------------------------->  open -> closing -> gone
 *
 * Ownership: the struct belongs to this module; a pointer is valid until on_gone returns. Bytes
 * given to on_bytes are borrowed for the call; bytes given to conn_send are copied. Threads:   loop
 * thread only. Units:     milliseconds, bytes. Limits:    CONN_* below and the options of each
 * connection.
 */
#ifndef DONGBO_COMMON_IO_CONN_H
#define DONGBO_COMMON_IO_CONN_H

#include "common/bytes.h"
#include "common/err.h"

struct uv_loop_s;
struct uv_stream_s;
struct conn;

enum {
    CONN_QUEUE_BYTES_MAX = 1024 * 1024, /* default of queue_bytes_max */
    CONN_READ_BYTES = 64 * 1024,        /* most bytes of one on_bytes */
    CONN_DEAD_MS = 45000,               /* unacknowledged bytes for so long: the peer is gone */
    CONN_KEEPALIVE_S = 30,     /* seconds of silence before TCP asks whether the peer lives */
    CONN_HOST_BYTES_MAX = 256, /* host name, terminator included */
    CONN_ADDRESSES_MAX = 8,    /* addresses of one name that are tried */
};

struct conn_handlers {
    void (*on_open)(void *ctx); /* dialled connection is there; NULL: not wanted */
    void (*on_bytes)(void *ctx, struct bytes bytes); /* 1..CONN_READ_BYTES bytes arrived */
    /* Queued bytes went down to 0; NULL: not wanted. What the system took within conn_send was never
     * queued and brings none: who waits looks at conn_queued() too. */
    void (*on_drained)(void *ctx);
    void (*on_gone)(void *ctx, enum err why); /* last call; the conn is freed after it */
};

struct conn_options {
    size_t queue_bytes_max;      /* 0: CONN_QUEUE_BYTES_MAX */
    unsigned connect_timeout_ms; /* name look-up and all addresses together; 0: none */
    unsigned idle_timeout_ms;    /* no byte in or out for so long: ERR_TIMEOUT; 0: none */
};

/*
 * Start to connect to host (name or address) and port. Errors come by on_gone: ERR_UNREACHABLE (no
 * such name, refused, no route), ERR_TIMEOUT (connect_timeout_ms). ERR_BAD_INPUT  host empty or too
 * long, port 0: nothing was started, no callback will run ERR_NOMEM      likewise
 */
MUST_CHECK enum err conn_dial(struct uv_loop_s *loop, const char *host, uint16_t port,
                              const struct conn_options *options,
                              const struct conn_handlers *handlers, void *ctx, struct conn **out);

/* Change handlers, idle timeout or reading. on_gone must stay set. */
void conn_set_handlers(struct conn *c, const struct conn_handlers *handlers, void *ctx);
void conn_set_idle_timeout(struct conn *c, unsigned idle_timeout_ms);

/* Stop and start reading (backpressure to the peer). A paused connection notices the peer's end
 * only when it writes. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/*
 * Queue a copy of the bytes, all or nothing.
 * ERR_AGAIN      the queue has no room: nothing was taken, send again after on_drained
 * ERR_TOO_LARGE  more than queue_bytes_max at once: never fits
 * ERR_LINK_LOST  not open any more (or not yet)
 * ERR_NOMEM      close the connection
 */
MUST_CHECK enum err conn_send(struct conn *c, struct bytes bytes);

/* The address at the other end, IPv4 as ::ffff:a.b.c.d. false: a local socket, or it is gone already. */
MUST_CHECK bool conn_peer(const struct conn *c, uint8_t address[static 16]);

/* Bytes taken by conn_send but not yet by the operating system. */
size_t conn_queued(const struct conn *c);

/* Send what is queued, then close with ERR_OK. What arrives meanwhile is dropped. */
void conn_finish(struct conn *c);

/* Close now, queued bytes are lost; on_gone gets `why`. Later calls change nothing. */
void conn_close(struct conn *c, enum err why);
bool conn_is_closing(const struct conn *c);

/* Why on_gone came, when we did not ask for it: ERR_LINK_LOST the peer ended or reset it,
 * ERR_TIMEOUT idle or dead, ERR_UNREACHABLE could not connect, ERR_NOMEM. */

/* For listen.c: take the next connection waiting at a listening stream. on_freed runs after
 * on_gone. The connection does not read before conn_resume(). */
MUST_CHECK enum err conn_accept(struct uv_loop_s *loop, struct uv_stream_s *server, bool pipe,
                                const struct conn_options *options, void (*on_freed)(void *),
                                void *freed_ctx, struct conn **out);

#endif

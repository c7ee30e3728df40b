/*
 * All sessions of the hub over its one store, without libuv: bytes of connections in, bytes and
 * closings out, many nodes in one commit. The drive and the simulator both use it. SPEC 7.8, 7.9.
 *
 * hub_engine_connect -> hub_engine_bytes ... -> hub_engine_flush once a loop turn, after all ready
 * connections were read -> hub_engine_next until it says false -> when the connection is gone:
 * hub_engine_down.
 *
 * Group commit: the first thing to store opens a transaction; hub_engine_flush() commits it. While
 * it is open, whatever a session that stored or read says waits: it may speak of sets that are not
 * on the disk yet. When the commit fails, all that is dropped and these connections are closed:
 * nothing was receipted, their nodes send again.
 *
 * A node has one session: when it proves itself in a new one, an older one of it ends. Its line is dead, or
 * a copy of the PC comes in turn.
 *
 * Ownership: store and keys are borrowed for the life of the engine. Bytes of an output are the
 *            engine's until its next call.
 * Threads:   loop thread only.   Units: now_ms monotonic, wall_ms UTC.
 * Limits:    HUB_ENGINE_* below.
 */
#ifndef DONGBO_HUB_ENGINE_H
#define DONGBO_HUB_ENGINE_H

#include "common/blackbox.h"
#include "hub/sync.h"

#define HUB_ENGINE_CONNS_MAX     1024u /* connections at once */
#define HUB_ENGINE_HALF_OPEN_MAX 256u  /* of them that nobody has proved to be behind */
#define HUB_ENGINE_OUT_BYTES_MAX (8u * 1024u * 1024u) /* waiting for one connection */

struct hub_engine;

/*
 * Called with the name of each durable step: before a store effect ("take", "join", "contact"),
 * before the commit ("commit") and after it ("committed").
 * false: the process "dies" here: nothing more is done, all outputs are dropped and later calls do
 * nothing; the open transaction is left to hub_store_close. For the simulator; NULL in the program.
 */
typedef bool hub_engine_step_fn(void *ctx, const char *what);

struct hub_engine_options {
    struct hub_store *store;
    const struct hub_sync_keys *keys;
    unsigned conns_max;     /* 0: HUB_ENGINE_CONNS_MAX, also the most */
    unsigned half_open_max; /* 0: HUB_ENGINE_HALF_OPEN_MAX */
    hub_engine_step_fn *step;
    void *step_ctx;
    struct blackbox *blackbox; /* booted; borrowed. NULL: none is kept */
};

struct hub_engine_time {
    uint64_t now_ms;
    int64_t wall_ms;
};

/* ERR_NOMEM. */
MUST_CHECK enum err hub_engine_new(const struct hub_engine_options *options,
                                   struct hub_engine **out);
void hub_engine_free(struct hub_engine *e); /* rolls back what is open; NULL is fine */

/*
 * A connection came.
 * ERR_OK      *conn names it in all later calls
 * ERR_DENIED  at conns_max: close it, the node tries again. At half_open_max the oldest connection behind which
 *             nobody has proved to be (hub_sync_live) is closed instead.
 * ERR_NOMEM   likewise
 */
MUST_CHECK enum err hub_engine_connect(struct hub_engine *e, struct hub_engine_time t,
                                       uint64_t *conn);
void hub_engine_bytes(struct hub_engine *e, uint64_t conn, struct bytes bytes,
                      struct hub_engine_time t);
/* Everything handed out for it has left this process. */
void hub_engine_drained(struct hub_engine *e, uint64_t conn, struct hub_engine_time t);
/* It is gone; its session is freed. Unknown numbers are ignored. */
void hub_engine_down(struct hub_engine *e, uint64_t conn, struct hub_engine_time t);
/* About once a second: deadlines of all sessions. */
void hub_engine_tick(struct hub_engine *e, struct hub_engine_time t);

/* Commit what is open and release what waited for it. ERR_OK also when nothing is open; an error
 * (ERR_FULL ...) is for the log and the status: the connections concerned are closed already. */
enum err hub_engine_flush(struct hub_engine *e, struct hub_engine_time t);

/*
 * Own work of the hub's commands in the same transaction as the sessions': make sure that it is
 * open, or roll it back because that work failed (sessions that took part are closed).
 */
MUST_CHECK enum err hub_engine_begin(struct hub_engine *e, struct hub_engine_time t);
void hub_engine_abort(struct hub_engine *e, struct hub_engine_time t);

struct hub_engine_output {
    uint64_t conn;
    struct bytes bytes; /* to send; may be empty */
    bool close;         /* then close, after what was sent has left; said once */
    enum err why;       /* of the closing; ERR_OK = the session was complete */
    bool proven;        /* an enrolled node is behind it */
};
bool hub_engine_next(struct hub_engine *e, struct hub_engine_output *out);

unsigned hub_engine_conns(const struct hub_engine *e);
bool hub_engine_dead(const struct hub_engine *e); /* a step said so */

#endif

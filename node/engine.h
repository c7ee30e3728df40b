/*
 * The node's sync core and its store together, without libuv: events of the link and the clock in,
 * what the link and the timer must do out. The drive and the simulator both use it.
 *
 * node_engine_handle() runs the core and carries out its store effects in their order, at once,
 * feeding the answers back, until only DIAL, SEND, CLOSE and WAKE_AT are left for the caller. It
 * stops a list at the first store effect that fails and tells the core.
 *
 * Ownership: the store and the keys are borrowed for the life of the engine; outputs are borrowed
 *            from it until the next call.
 * Threads:   loop thread only.   Units: as in node/sync.h.
 * Limits:    NODE_ENGINE_OUTPUTS_MAX, NODE_ENGINE_BYTES_MAX.
 */
#ifndef DONGBO_NODE_ENGINE_H
#define DONGBO_NODE_ENGINE_H

#include "node/sync.h"

#define NODE_ENGINE_KEPT_BYTES  60000u               /* of sets given back in one message */
#define NODE_ENGINE_OUTPUTS_MAX 32u                  /* of one event */
#define NODE_ENGINE_BYTES_MAX   (4u * 1024u * 1024u) /* to send because of one event */

struct node_engine;

/*
 * Called with the name of each durable step, before a store effect ("receipt", "stage", "apply",
 * "hello", "identity", "card", "contact", "repair", "reset", "kept", "attach") and after it has committed
 * ("committed").
 * false: the process "dies" here: nothing more is done, all outputs are dropped, and the engine
 * ignores every later event. For the simulator; NULL in the program.
 */
typedef bool node_engine_step_fn(void *ctx, const char *what);

struct node_engine_options {
    struct node_store *store;
    const struct node_sync_keys *keys;
    node_engine_step_fn *step;
    void *step_ctx;
};

/* ERR_NOMEM. */
MUST_CHECK enum err node_engine_new(const struct node_engine_options *options,
                                    struct node_engine **out);
void node_engine_free(struct node_engine *e); /* NULL is fine */

enum node_engine_output_kind {
    NODE_ENGINE_DIAL,    /* link, address "host:port"; a link before it is no longer wanted */
    NODE_ENGINE_SEND,    /* link, bytes */
    NODE_ENGINE_CLOSE,   /* link, after what was sent has left; error = why, ERR_OK = all done */
    NODE_ENGINE_WAKE_AT, /* at_ms, monotonic; replaces the one before */
};

struct node_engine_output {
    enum node_engine_output_kind kind;
    uint64_t link;
    const char *address;
    struct bytes bytes;
    enum err error;
    uint64_t at_ms;
};

struct node_engine_outputs { /* to be carried out in this order */
    struct node_engine_output v[NODE_ENGINE_OUTPUTS_MAX];
    size_t count;
};

/*
 * Handle one event from outside: WAKE, NOW, SAVED or LINK_*. Not from inside an output.
 * ev->random must be fresh; answers get random bits derived from it.
 */
void node_engine_handle(struct node_engine *e, const struct node_sync_event *ev,
                        struct node_engine_outputs *out);

void node_engine_result(const struct node_engine *e, struct node_sync_result *out);
enum node_sync_state node_engine_state(const struct node_engine *e);

#endif

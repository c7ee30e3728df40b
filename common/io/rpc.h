/*
 * The local control socket: one JSON request, one JSON response, each as a u32 little-endian length
 * and that many bytes of UTF-8 JSON. The daemon serves it on its loop; the command line tool asks
 * it with a blocking call.
 *
 * A peer that sends a length over the limit, bytes that are no JSON object, or more before its
 * answer came is dropped.
 *
 * Ownership: said at each function.   Threads: server: loop thread only; client: any.
 * Limits:    RPC_*.
 */
#ifndef DONGBO_COMMON_IO_RPC_H
#define DONGBO_COMMON_IO_RPC_H

#include "common/err.h"

#include <jansson.h>

enum {
    RPC_MESSAGE_BYTES_MAX = 8 * 1024 * 1024, /* JSON bytes of a request or response */
    RPC_PEERS_MAX = 32,                      /* connections at once */
    RPC_IDLE_MS = 600000, /* a silent peer without a running request is dropped */
};

struct uv_loop_s;
struct rpc_server;
struct rpc_call;

/* A request. `request` is a JSON object, borrowed for the call (json_incref to keep it). Answer
 * with rpc_reply(), now or later; exactly once for each call. */
typedef void (*rpc_request_fn)(void *ctx, struct rpc_call *call, json_t *request);

/*
 * Serve at the socket `path` (mode 0600, a stale file is removed: hold the data folder's lock).
 * ERR_CONFIG  path over LISTEN_PIPE_BYTES_MAX; others as listen_pipe()
 */
MUST_CHECK enum err rpc_serve(struct uv_loop_s *loop, const char *path, rpc_request_fn on_request,
                              void *ctx, struct rpc_server **out);

/* Send the answer (borrowed); the call is over and must not be used again. A peer that left
 * meanwhile is no error, and an answer over the limit becomes {"error": ...}. */
void rpc_reply(struct rpc_call *call, json_t *response);

/* Close the socket and all peers. Calls not yet answered stay valid and still need their
 * rpc_reply(). on_gone (may be NULL) runs when nothing of it is left on the loop; the server is
 * freed after it. */
void rpc_close(struct rpc_server *s, void (*on_gone)(void *ctx), void *ctx);

/*
 * Ask the daemon and wait. `*response` is a new reference.
 * ERR_UNREACHABLE  nobody listens: no daemon runs on this data folder
 * ERR_TIMEOUT      no whole answer within timeout_ms; the daemon may still carry the request out
 * ERR_LINK_LOST    the daemon closed before it answered
 * ERR_BAD_FORMAT   the answer is not what this program understands
 * ERR_TOO_LARGE    the request is over RPC_MESSAGE_BYTES_MAX
 * ERR_CONFIG       the path is too long for a socket
 */
MUST_CHECK enum err rpc_ask(const char *path, const json_t *request, unsigned timeout_ms,
                            json_t **response);

#endif

/*
 * The node as a process: the drive (sync), the local control socket, and one session on demand.
 *
 * Ownership: the home is borrowed for the call.   Threads: main thread.
 */
#ifndef DONGBO_NODE_DAEMON_H
#define DONGBO_NODE_DAEMON_H

#include "node/home.h"

/* Run until SIGINT or SIGTERM. ERR_OK; ERR_CONFIG the socket's path is too long; ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err node_daemon_run(struct node_home *h, const char *socket_path);

/* One session (or two, when the first one joined), then back. *response: as of the verb "sync" at
 * the socket, a new reference. ERR_OK: there is a response, which may be an error. */
MUST_CHECK enum err node_daemon_once(struct node_home *h, json_t **response);

#endif

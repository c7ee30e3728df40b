/*
 * The commune desk: the page that `run` serves on this PC. Routes over common/io/web to the same
 * JSON commands as the tool (node/command.h); what is the desk's own are logins, drafts and the log
 * of who looked at what. docs/api-node.md describes the API, web/openapi-node.json word for word.
 *
 *   request -> route -> (not a GET) Origin and token -> session -> command -> JSON
 *
 * Who gets in: officers with a name and a password (Argon2id). The first one is created with a code
 * that stands in <data>/run/desk-code (0600), so that only who can read the data folder becomes it.
 * Sessions live in memory: a random id in an HttpOnly cookie, NODE_DESK_IDLE_MS without a person's
 * action ends it. A login's name is the `person` of everything saved through it.
 *
 * Ownership: node_desk_open() returns the desk; node_desk_close() ends it. Command, store and texts
 * of the options are borrowed for its life.
 * Threads:   loop thread only.   Units: milliseconds.   Limits: NODE_DESK_*.
 */
#ifndef DONGBO_NODE_DESK_H
#define DONGBO_NODE_DESK_H

#include "common/io/web.h"
#include "node/command.h"

#define NODE_DESK_IDLE_MS        900000u   /* without a person's action */
#define NODE_DESK_SESSION_MS     43200000u /* in all */
#define NODE_DESK_HASHES_MAX     4u        /* password checks at once, then one each */
#define NODE_DESK_HASH_MS        1000u     /* this long: what a peer may cost the loop */
#define NODE_DESK_HASHING_MAX    2u        /* password checks under way */
#define NODE_DESK_WORKS_MAX      4u        /* pieces of work beside the loop */
#define NODE_DESK_FIGURES_MS     30000u    /* between two live figures without news */
#define NODE_DESK_BODY_BYTES_MAX 7340032u  /* of a request: a bundle of 5 MiB as base64 */
#define NODE_DESK_ACCESS_ROWS    100u      /* of the access log, in one answer */
#define NODE_DESK_CODE_BYTES     16u       /* hex digits of the first login's code */

struct uv_loop_s;
struct node_desk;

struct node_desk_options {
    struct uv_loop_s *loop;
    struct node_command *command;
    const char *dir;     /* the data folder */
    const char *address; /* loopback address */
    uint16_t port;       /* 0: any free one */
    uint64_t (*mono_ms)(void);
    void (*sync_now)(void *ctx);
    /* State of the session that runs: a word of docs/api-node.md, "idle" for none. */
    const char *(*sync_state)(void *ctx);
    /* This copy, which was found good, shall be restored: the program ends its work and begins anew. */
    void (*restore)(void *ctx, const char *copy);
    /* The joining shall be undone (node_home_unjoin()): likewise. */
    void (*unjoin)(void *ctx);
    void *ctx;
};

/*
 * Begin to serve, and write <data>/run/ports.json and, while nobody can log in, run/desk-code.
 * ERR_LOCKED: the port is taken;  ERR_BAD_INPUT: the address is not this PC's own;  ERR_IO, ...
 */
MUST_CHECK enum err node_desk_open(const struct node_desk_options *o, struct node_desk **out);
uint16_t node_desk_port(const struct node_desk *d);
/* The code of the first login; "" when somebody can log in. */
const char *node_desk_code(const struct node_desk *d);
/* A session with the hub ended: the words of the verb "sync"; borrowed for the call. */
void node_desk_synced(struct node_desk *d, const json_t *response);
/* Something was saved or received by other means: live figures are sent anew. */
void node_desk_changed(struct node_desk *d);
/* Nothing is called back after it; the memory goes when the loop has closed its handle. */
void node_desk_close(struct node_desk *d);

/* ---- for tests ---- */

/* A desk that listens nowhere (o->loop is not used); requests come by node_desk_handle(). */
MUST_CHECK enum err node_desk_new(const struct node_desk_options *o, struct node_desk **out);
void node_desk_free(struct node_desk *d);
void node_desk_handle(void *desk, const struct web_request *q, struct web_response *r);

struct node_desk_route_text {
    const char *method; /* "GET" */
    const char *path;
};
/* Row `i` of the route table of the API; false behind the last one. */
bool node_desk_route_at(size_t i, struct node_desk_route_text *out);

#endif

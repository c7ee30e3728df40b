/* What the node's desk*.c files share. Included by them only. */
#ifndef DONGBO_NODE_DESK_PRIV_H
#define DONGBO_NODE_DESK_PRIV_H

#include "node/desk.h"
#include "node/store_users.h"
#include "proto/login.h"

struct node_desk {
    struct node_desk_options o;
    struct web *web;
    uint16_t port;
    char code[NODE_DESK_CODE_BYTES + 1]; /* "": somebody can log in */
    char csrf[LOGIN_TOKEN_ROOM];         /* of who has not logged in */
    struct login_table sessions;         /* `note`: the record that was noted last */
    uint64_t hashes_ms;                  /* time paid for password checks */
    json_t *synced; /* words of the last session with the hub, NULL: none yet */
    uint64_t sessions_ended;
};

struct node_desk_call {
    struct node_desk *d;
    const struct web_request *q;
    struct web_response *r;
    struct login_session *session; /* NULL: not logged in */
    json_t *body;                  /* an object: the body, or the query of a GET */
};

typedef json_t *node_desk_fn(struct node_desk_call *c);

/* desk_login.c */
node_desk_fn node_desk_session_get, node_desk_first, node_desk_login, node_desk_logout;
node_desk_fn node_desk_users, node_desk_user_add, node_desk_password;
/* The session of the request's cookie, NULL for none or one that ended. */
struct login_session *node_desk_session_of(struct node_desk *d, const struct web_request *q);
/* Make or take away the code of the first login. */
MUST_CHECK enum err node_desk_code_set(struct node_desk *d);

/* desk_data.c */
node_desk_fn node_desk_status, node_desk_sync, node_desk_drafts, node_desk_draft_set;
node_desk_fn node_desk_draft_drop, node_desk_access, node_desk_openapi;
/* Note in the access log; a full disk does not stop reading, it is said in the program's log. */
void node_desk_note(struct node_desk *d, const char *user, const char *what, const char *type,
                    const char *rid);

/* desk_assets.c: answer with a file of the page; false: there is none of that name. */
bool node_desk_asset(const struct web_request *q, struct web_response *r);
const char *node_desk_text(const struct node_desk_call *c, const char *key); /* "" for none */

#endif

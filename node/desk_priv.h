/* What the node's desk*.c files share. Included by them only. */
#ifndef DONGBO_NODE_DESK_PRIV_H
#define DONGBO_NODE_DESK_PRIV_H

#include "common/io/file.h"
#include "common/io/web_json.h"
#include "common/io/work.h"
#include "node/desk.h"
#include "node/sheet.h"
#include "node/store_users.h"
#include "proto/login.h"

struct node_desk {
    struct node_desk_options o;
    struct web *web;
    uint16_t port;
    char code[NODE_DESK_CODE_BYTES + 1]; /* "": somebody can log in */
    char csrf[LOGIN_TOKEN_ROOM];         /* of who has not logged in */
    struct login_table sessions; /* `note`: the record noted last; `stage`: enum node_user_role */
    uint64_t hashes_ms;          /* time paid for password checks */
    json_t *synced;              /* words of the last session with the hub, NULL: none yet */
    uint64_t sessions_ended;
    unsigned working; /* pieces of work beside the loop */
    unsigned hashing; /* of them: passwords, 64 MiB each */
    bool gone;        /* closed; the last piece of work frees the desk */
    struct node_desk_stream {
        uint64_t id; /* 0: free place */
        char token[LOGIN_TOKEN_ROOM];
        uint64_t told; /* the news that it was sent last */
    } streams[WEB_STREAMS_MAX];
    uint64_t news;       /* grows when figures may have changed */
    char state[16];      /* of the session with the hub, when last looked at */
    uint64_t figures_ms; /* when figures were last sent without news */
};

struct node_desk_call {
    struct node_desk *d;
    const struct web_request *q;
    struct web_response *r;
    struct login_session *session; /* NULL: not logged in */
    json_t *body;                  /* an object: the body, or the query of a GET */
    bool left;                     /* the answer comes later, or is a stream */
};

typedef json_t *node_desk_fn(struct node_desk_call *c);

/* desk_work.c */
struct node_desk_job { /* first member of a piece of work; zeroed but for the three functions */
    void (*work)(struct node_desk_job *j); /* on another thread: its own memory only */
    /* Then on the loop: the response, or NULL when it has filled c->r. c->body and c->q are NULL. */
    json_t *(*done)(struct node_desk_call *c, struct node_desk_job *j);
    void (*drop)(struct node_desk_job *j); /* in every case, last */
    bool hash;
    struct node_desk *d;
    struct web_later *later;
    char token[LOGIN_TOKEN_ROOM]; /* of the session that asked */
};
/* Begin it. What it returns is the call's answer: NULL with c->left, or an error. Owns `j`. */
json_t *node_desk_work(struct node_desk_call *c, struct node_desk_job *j);
node_desk_fn node_desk_export, node_desk_sheet;

/* desk_restore.c, desk_sticks.c */
node_desk_fn node_desk_restore, node_desk_unjoin, node_desk_sticks;

/* desk_login.c */
node_desk_fn node_desk_session_get, node_desk_first, node_desk_login, node_desk_logout;
node_desk_fn node_desk_password, node_desk_reset;

struct node_desk_name { /* of a login, as typed and as it is looked for */
    char clean[NODE_STORE_PERSON_BYTES_MAX + 1];
    char fold[8 * NODE_STORE_PERSON_BYTES_MAX + 1];
};
/* ERR_BAD_INPUT. */
MUST_CHECK enum err node_desk_name(const char *typed, struct node_desk_name *n);
json_t *node_desk_bad_name(void);
/* What is wrong with it, NULL for nothing. */
json_t *node_desk_bad_password(const char *password);

/* A password beside the loop: checked when `verify`, hashed when `make` (and it fitted). */
struct node_desk_pass {
    struct node_desk_job job; /* first */
    struct node_desk_name name;
    bool verify, make;
    bool known;                   /* the login is there and may log in */
    char stored[LOGIN_HASH_ROOM]; /* "": nobody's; takes as long */
    char typed[LOGIN_PASSWORD_MAX + 1];
    char fresh[LOGIN_PASSWORD_MAX + 1];
    char hash[LOGIN_HASH_ROOM]; /* made of `fresh` */
    bool fits;
    enum err e;
    enum node_user_role role;
    bool hand_over;
    json_t *(*then)(struct node_desk_call *c, struct node_desk_pass *p);
};
/* NULL: no memory. A typed password that is too long fits nothing. */
struct node_desk_pass *node_desk_pass_new(json_t *(*then)(struct node_desk_call *c,
                                                          struct node_desk_pass *p));
void node_desk_pass_drop(struct node_desk_job *j);
/* Whether one may be begun now; NULL: yes. */
json_t *node_desk_may_hash(struct node_desk_call *c);

/* desk_users.c */
node_desk_fn node_desk_users, node_desk_user_add, node_desk_user_set, node_desk_hand_over;
/* A new login of the name in `p`, with the hash made. NULL: done. */
json_t *node_desk_user_make(struct node_desk *d, const struct node_desk_pass *p);

/* desk_live.c */
node_desk_fn node_desk_events;
void node_desk_tick(void *desk);
/* The session of the request's cookie, NULL for none or one that ended. */
struct login_session *node_desk_session_of(struct node_desk *d, const struct web_request *q);
/* Make or take away the code of the first login. */
MUST_CHECK enum err node_desk_code_set(struct node_desk *d);

/* desk_data.c */
node_desk_fn node_desk_status, node_desk_sync, node_desk_drafts, node_desk_draft_set;
node_desk_fn node_desk_draft_drop, node_desk_access, node_desk_subject, node_desk_openapi;
/* Note in the access log; a full disk does not stop reading, it is said in the program's log. */
void node_desk_note(struct node_desk *d, const char *user, const char *what, const char *type,
                    const char *rid);

/* desk_assets.c: answer with a file of the page; false: there is none of that name. */
bool node_desk_asset(const struct web_request *q, struct web_response *r);
const char *node_desk_text(const struct node_desk_call *c, const char *key); /* "" for none */

#endif

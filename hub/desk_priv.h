/* What the hub's desk*.c files share. Included by them only. */
#ifndef DONGBO_HUB_DESK_PRIV_H
#define DONGBO_HUB_DESK_PRIV_H

#include "common/io/web_json.h"
#include "hub/command_priv.h"
#include "hub/desk.h"
#include "hub/store_users.h"
#include "proto/minisign.h"

enum hub_stage { /* of a session */
                 HUB_STAGE_NONE,
                 HUB_STAGE_CHANGE,  /* the password was given out: choose an own one */
                 HUB_STAGE_CODE,    /* the password was right: now the authenticator's code */
                 HUB_STAGE_ENROL,   /* set up an authenticator */
                 HUB_STAGE_IN,      /* logged in */
                 HUB_STAGE_PROVINCE /* a token of the province's door */
};

struct hub_desk {
    struct hub_desk_options o;
    struct web *web;
    struct login_table sessions; /* `stage` is an enum hub_stage */
    char csrf[LOGIN_TOKEN_ROOM]; /* of who has not logged in */
    unsigned hashing;
};

struct hub_desk_call {
    struct hub_desk *d;
    const struct web_request *q;
    struct web_response *r;
    struct login_session *session; /* NULL: none */
    struct hub_user user;          /* of the session; name "" for none */
    enum hub_role role;            /* what the session may do now */
    json_t *body;                  /* an object: the body, or the query of a GET */
    bool later;                    /* the answer comes later */
};

/* The answer, or NULL when it comes later or stands in the response already. */
typedef json_t *hub_desk_fn(struct hub_desk_call *c);

/* desk_login.c */
hub_desk_fn hub_desk_session, hub_desk_login, hub_desk_code, hub_desk_logout, hub_desk_token;
hub_desk_fn hub_desk_authenticator, hub_desk_authenticator_set, hub_desk_password;
/* Session, user and role of the request's cookie into the call. */
MUST_CHECK enum err hub_desk_who(struct hub_desk_call *c);

/* desk_data.c */
hub_desk_fn hub_desk_catalogue, hub_desk_invite, hub_desk_audit, hub_desk_verify, hub_desk_openapi;
/* The squares of a QR code, a text of 0 and 1 a row; empty when the text is too long. */
json_t *hub_desk_qr(const char *text);
/* Note in the audit; a full disk does not stop the work, it is said in the program's log. */
void hub_desk_note(struct hub_desk *d, const char *user, const char *what, const json_t *body,
                   enum err result);

#endif

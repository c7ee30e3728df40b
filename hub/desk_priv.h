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

struct hub_desk_stream { /* a page that listens; id 0: none */
    uint64_t id;
    uint64_t told;                /* `news` of the desk at its last event */
    char token[LOGIN_TOKEN_ROOM]; /* of its session */
};

struct hub_desk {
    struct hub_desk_options o;
    struct web *web;
    struct login_table sessions; /* `stage` is an enum hub_stage */
    char csrf[LOGIN_TOKEN_ROOM]; /* of who has not logged in */
    unsigned hashing;
    char first[LOGIN_ONCE_ROOM]; /* code of the first admin; "": there are logins */
    struct hub_desk_stream streams[WEB_STREAMS_MAX];
    uint64_t news;       /* goes up when the status may have changed */
    uint64_t figures_ms; /* when it did for the time's sake */
    uint64_t position;   /* of the log, as last looked at */
    int64_t check_ms;    /* the whole log is being checked since then; 0: it is not */
    uint64_t check_mono_ms;
    json_t *check_failed; /* why the last check could not be made; NULL: it could */
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
/* Let those who are logged in, and nobody else, send files (web_upload_keys()). */
void hub_desk_keys(struct hub_desk *d);
/* Every step of a login is a new session with new secrets; `before` ends. */
struct login_session *hub_desk_begin(struct hub_desk *d, struct web_response *r,
                                     struct login_session *before, const char *user,
                                     enum hub_stage stage);
json_t *hub_desk_state(struct hub_desk *d, const struct login_session *s, const struct hub_user *u);
/* Too many passwords are being checked: not the asker's doing, so the page asks again by itself. */
json_t *hub_desk_busy(struct web_response *r);
/* NULL: one may try; then hub_desk_tried() says how it went. */
json_t *hub_desk_may_try(struct hub_desk *d, struct web_response *r, const char *key,
                         struct hub_tries *t);
void hub_desk_tried(struct hub_desk *d, const char *key, bool right);
/* Session, user and role of the request's cookie into the call. */
MUST_CHECK enum err hub_desk_who(struct hub_desk_call *c);

/* desk_first.c */
hub_desk_fn hub_desk_first;
/* Make the code, when there is no login yet, and write it to HUB_FIRST_FILE. Errors of the file. */
MUST_CHECK enum err hub_desk_first_begin(struct hub_desk *d);
/* May the first admin still be made here? */
bool hub_desk_first_open(struct hub_desk *d);

/* desk_form.c */
hub_desk_fn hub_desk_drafts, hub_desk_draft_set, hub_desk_draft_drop, hub_desk_search;

/* desk_sheet.c, desk_check.c */
hub_desk_fn hub_desk_sheet, hub_desk_check_log;
/* For the status: is one running, how did the last end, and the last round of the scrub. */
json_t *hub_desk_check_state(struct hub_desk *d);

/* desk_catalogue.c */
hub_desk_fn hub_desk_files, hub_desk_files_set;

/* desk_file.c */
hub_desk_fn hub_desk_attachments, hub_desk_attachment, hub_desk_subject;

/* desk_live.c */
hub_desk_fn hub_desk_status, hub_desk_events, hub_desk_backup;

/* desk_data.c */
hub_desk_fn hub_desk_authority, hub_desk_invite, hub_desk_audit, hub_desk_verify, hub_desk_openapi;
/* The squares of a QR code, a text of 0 and 1 a row; empty when the text is too long. */
json_t *hub_desk_qr(const char *text);
/* Note in the audit; a full disk does not stop the work, it is said in the program's log. */
void hub_desk_note(struct hub_desk *d, const char *user, const char *what, const json_t *body,
                   enum err result);

#endif

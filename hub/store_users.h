/*
 * The hub's store, the desk's part: who may log in and as what, failed tries, and the audit: who did
 * what, when, with what outcome. None of it is a record: it stays at the hub.
 *
 * Ownership: structs are the caller's; what callbacks get is borrowed for the call.
 * Threads:   loop thread.   Units: UTC milliseconds.   Limits: HUB_USERS_MAX, HUB_TRIES_MAX,
 * HUB_AUDIT_*. Errors:    those of hub/store.h everywhere: nothing changed.
 */
#ifndef DONGBO_HUB_STORE_USERS_H
#define DONGBO_HUB_STORE_USERS_H

#include "hub/store.h"
#include "proto/login.h"

enum {
    HUB_USERS_MAX = 200,      /* logins of one hub */
    HUB_TRIES_MAX = 1000,     /* names with failed tries that are remembered */
    HUB_AUDIT_ROWS_MAX = 500, /* rows of one answer */
    HUB_AUDIT_TEXT_MAX = 300, /* bytes of a row's detail */
    HUB_AUDIT_KEEP = 200000,  /* rows that are kept; older ones leave their digest */
    HUB_AUDIT_BATCH = 1024,   /* rows between two looks at that */
    HUB_ROLE_ROOM = 16,
};

/* What a login may: one role each; who does two kinds of work has two logins. */
enum hub_role {
    HUB_ROLE_NONE = 0,
    HUB_ROLE_ADMIN = 1,        /* users, nodes, keys, catalogue; no record of a person */
    HUB_ROLE_STATISTICIAN = 2, /* records, conflicts, reports and their closing */
    HUB_ROLE_VIEWER = 4,       /* figures and the state of the communes */
    HUB_ROLE_PROVINCE = 8,     /* a token of the province's door, not a login */
};
const char *hub_role_name(enum hub_role role); /* "admin", "statistician", "viewer", ... */
enum hub_role hub_role_of(const char *name);   /* of a login; HUB_ROLE_NONE: no such role */
/* Must such a login have an authenticator? */
bool hub_role_needs_code(enum hub_role role);

struct hub_user {
    char name[LOGIN_NAME_BYTES_MAX + 1]; /* as it signs what it does */
    char hash[LOGIN_HASH_ROOM];
    enum hub_role role;
    bool once;                          /* the password was given out and must be changed */
    bool has_secret;                    /* an authenticator is set up */
    uint8_t secret[LOGIN_SECRET_BYTES]; /* of it */
    int64_t code_step;                  /* of its last code that was taken, -1: none */
    int64_t created_ms;
    int64_t disabled_ms; /* 0: may log in */
};

/* The name as it is kept and as it is looked up ("Lan" and "lan" are one). ERR_BAD_INPUT. */
struct hub_user_name {
    char clean[LOGIN_NAME_BYTES_MAX + 1];
    char fold[8 * LOGIN_NAME_BYTES_MAX + 1];
};
MUST_CHECK enum err hub_user_name(const char *typed, struct hub_user_name *out);

/* ERR_NOT_FOUND. */
MUST_CHECK enum err hub_users_find(struct hub_store *s, const char *fold, struct hub_user *out);
/* ERR_EXISTS: the name or one that folds alike;  ERR_TOO_LARGE: HUB_USERS_MAX. */
MUST_CHECK enum err hub_users_add(struct hub_store *s, const struct hub_user *u, const char *fold);
/* Everything but the name. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_users_set(struct hub_store *s, const struct hub_user *u);
/* By name. */
MUST_CHECK enum err hub_users_each(struct hub_store *s,
                                   enum err (*each)(void *ctx, const struct hub_user *u),
                                   void *ctx);

struct hub_tries {
    unsigned fails; /* in a row; 0: none */
    int64_t at_ms;  /* of the last one */
};
MUST_CHECK enum err hub_tries_get(struct hub_store *s, const char *key, struct hub_tries *out);
/* fails = 0 forgets the key. */
MUST_CHECK enum err hub_tries_set(struct hub_store *s, const char *key,
                                  const struct hub_tries *tries);

struct hub_audit {
    int64_t at_ms;
    const char *user;
    const char *what;   /* login, refused, or the verb */
    const char *detail; /* ids and codes, never a person's data; cut to HUB_AUDIT_TEXT_MAX */
    const char *result; /* "OK" or the error's name */
};
MUST_CHECK enum err hub_audit_add(struct hub_store *s, const struct hub_audit *a);
/* Newest first, at most HUB_AUDIT_ROWS_MAX, before row `before` (0: from the newest). */
MUST_CHECK enum err hub_audit_each(struct hub_store *s, int64_t before,
                                   enum err (*each)(void *ctx, int64_t row,
                                                    const struct hub_audit *a),
                                   void *ctx);

/* Rows that were taken out: how many, of which the newest was made when, and the digest over all of them
 * in order: D' = BLAKE2b-256(D ‖ no u64 ‖ at u64 ‖ each text with its length u32), D of none = zeros. Whoever
 * kept a copy of them can prove it. */
struct hub_audit_past {
    int64_t rows;
    int64_t until_ms;
    uint8_t digest[32];
};
MUST_CHECK enum err hub_audit_past(struct hub_store *s, struct hub_audit_past *out);
/* Take out the oldest so that `keep` are left, in one transaction. hub_audit_add() does it by itself. */
MUST_CHECK enum err hub_audit_trim(struct hub_store *s, int64_t keep);

#endif

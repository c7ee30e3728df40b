/*
 * The store, the desk's part: who may log in, failed tries, drafts, and who looked at what. None of
 * it is a record: it stays on this PC and never goes to the hub.
 *
 * Ownership: structs are the caller's; what callbacks get is borrowed for the call.
 * Threads:   loop thread only.   Units: UTC milliseconds.   Limits: NODE_USERS_MAX, NODE_DRAFT_*.
 * Errors:    as in node/store_records.h: nothing changed.
 */
#ifndef DONGBO_NODE_STORE_USERS_H
#define DONGBO_NODE_STORE_USERS_H

#include "node/store_records.h"

#define NODE_USERS_MAX            50u    /* logins of one PC */
#define NODE_USER_HASH_BYTES_MAX  127u   /* text of crypto_pwhash_str */
#define NODE_TRIES_MAX            1000u  /* names with failed tries that are remembered */
#define NODE_DRAFT_BYTES_MAX      65536u /* JSON text of one draft */
#define NODE_DRAFT_KEY_BYTES_MAX  80u
#define NODE_DRAFTS_MAX           50u  /* drafts of one user */
#define NODE_ACCESS_ROWS_MAX      500u /* rows of one answer */
#define NODE_ACCESS_WHY_BYTES_MAX 300u /* of a reason; what is longer is cut when it is read */

enum node_user_role {
    NODE_USER_KEEPER, /* all, and the PC itself: users, backups */
    NODE_USER_CLERK,  /* records */
    NODE_USER_LEADER, /* reads, and submits reports */
    NODE_USER_ROLES
};

struct node_user {
    char name[NODE_STORE_PERSON_BYTES_MAX + 1]; /* as it signs records */
    char hash[NODE_USER_HASH_BYTES_MAX + 1];
    int64_t created_ms;
    enum node_user_role role;
    bool active; /* false: may not log in; the name stays at what it wrote */
};
/* "keeper", "clerk", "leader" */
const char *node_user_role_word(enum node_user_role role);
/* ERR_BAD_INPUT. */
MUST_CHECK enum err node_user_role_read(const char *word, enum node_user_role *out);

MUST_CHECK enum err node_users_count(struct node_store *s, size_t *out);
/* By the folded name, so that "lan" and "Lan" are one login. ERR_NOT_FOUND. */
MUST_CHECK enum err node_users_find(struct node_store *s, struct bytes fold, struct node_user *out);
/* ERR_EXISTS: the name or one that folds alike;  ERR_TOO_LARGE: NODE_USERS_MAX. */
MUST_CHECK enum err node_users_add(struct node_store *s, const struct node_user *u,
                                   struct bytes fold);
MUST_CHECK enum err node_users_set_hash(struct node_store *s, const char *name, const char *hash);
/* ERR_NOT_FOUND;  ERR_DENIED: nobody who may log in would be a keeper any more. */
MUST_CHECK enum err node_users_set_role(struct node_store *s, const char *name,
                                        enum node_user_role role, bool active);
/* What `from` has half written becomes that of `to`; keys that `to` has too stay where they are. */
MUST_CHECK enum err node_drafts_hand_over(struct node_store *s, const char *from, const char *to);
MUST_CHECK enum err node_users_each(struct node_store *s,
                                    enum err (*each)(void *ctx, const struct node_user *u),
                                    void *ctx);

/* All logins of `from` become logins of `to`, which has none. */
MUST_CHECK enum err node_users_take(struct node_store *to, struct node_store *from);

struct node_tries {
    unsigned fails; /* in a row; 0: none */
    int64_t at_ms;  /* of the last one */
};
MUST_CHECK enum err node_tries_get(struct node_store *s, const char *key, struct node_tries *out);
/* fails = 0 forgets the key. */
MUST_CHECK enum err node_tries_set(struct node_store *s, const char *key,
                                   const struct node_tries *tries);

/* The challenge of a forgotten password, one a login (proto/reset.h). */
#define NODE_RESET_CHALLENGE_BYTES_MAX 15u
struct node_reset {
    char challenge[NODE_RESET_CHALLENGE_BYTES_MAX + 1];
    int64_t at_ms;
};
/* ERR_NOT_FOUND: none was made. */
MUST_CHECK enum err node_reset_get(struct node_store *s, struct bytes fold, struct node_reset *out);
/* Replaces the one before; NULL takes it away. */
MUST_CHECK enum err node_reset_set(struct node_store *s, struct bytes fold,
                                   const struct node_reset *v);

struct node_draft {
    const char *key;
    struct bytes body; /* JSON */
    int64_t saved_ms;
};
/* Replaces the draft of that key. ERR_TOO_LARGE: a limit. */
MUST_CHECK enum err node_draft_put(struct node_store *s, const char *user,
                                   const struct node_draft *d);
MUST_CHECK enum err node_draft_remove(struct node_store *s, const char *user, const char *key);
/* Newest first. */
MUST_CHECK enum err node_drafts_each(struct node_store *s, const char *user,
                                     enum err (*each)(void *ctx, const struct node_draft *d),
                                     void *ctx);

struct node_access {
    int64_t no; /* of the row; of one to be added: unused */
    int64_t at_ms;
    const char *user;
    const char *what;            /* login, refused, open, reveal, export, user, password, ... */
    const char *type;            /* of the record, "" for none */
    const struct id_record *rid; /* NULL: none */
    const char *why;             /* the reason that was given; NULL or "": none */
};
MUST_CHECK enum err node_access_add(struct node_store *s, const struct node_access *a);
/* Newest first, those before row `before` (0: from the newest), at most `max`. */
MUST_CHECK enum err node_access_each(struct node_store *s, int64_t before, size_t max,
                                     enum err (*each)(void *ctx, const struct node_access *a),
                                     void *ctx);

#endif

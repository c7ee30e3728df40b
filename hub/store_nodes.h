/*
 * The hub's store, part 2: nodes and invitations as the district sees them, and tokens of
 * the province's door. SPEC 7.11, 7.12.
 *
 * Ownership: texts and structs given to callbacks are borrowed for the call.   Threads: loop
 * thread.   Units: times UTC milliseconds.   Errors: those of hub/store.h everywhere; functions that
 * write open their own transaction unless one is open.
 */
#ifndef DONGBO_HUB_STORE_NODES_H
#define DONGBO_HUB_STORE_NODES_H

#include "hub/store.h"

#define HUB_TOKEN_BYTES 32u /* a secret of the province's door */

/* An invitation; the token itself is kept only as its hash. ERR_EXISTS: that token is known. */
struct hub_invite {
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char unit_name[MESSAGE_TEXT_MAX + 1];
    int64_t created_ms;
    int64_t expires_ms;
    bool used;
    struct id_hash node; /* when used */
    int64_t used_ms;
};
MUST_CHECK enum err hub_store_invite_create(struct hub_store *s, const uint8_t token[static 16],
                                            const char *unit, const char *unit_name, int64_t now_ms,
                                            int64_t expires_ms);
/* Invitations of this unit that nobody used are worth nothing any more. */
MUST_CHECK enum err hub_store_invite_withdraw(struct hub_store *s, const char *unit,
                                              int64_t now_ms);
MUST_CHECK enum err hub_store_invites(struct hub_store *s,
                                      enum err (*row)(void *ctx, const struct hub_invite *i),
                                      void *ctx);

/* A node in the list: who, where, when last seen, what waits there. */
struct hub_node_row {
    struct hub_node node;
    char name[MESSAGE_TEXT_MAX + 1]; /* of the PC, as it joined */
    struct id_hash words;            /* its six words are words_of this (SPEC 7.11) */
    uint64_t enrolled_position;
    uint64_t revoked_position; /* 0: not revoked */
    bool finished; /* it has given back what the hub lost when the present epoch began */
    bool seen;     /* the rest is out of its last hello */
    int64_t contact_ms;
    int64_t clock_off_ms; /* its clock minus ours */
    uint64_t waiting_sets;
    uint64_t waiting_bytes;
    uint64_t cursor;   /* position it has applied */
    uint32_t edition;  /* catalogue it has */
    uint64_t sets;     /* of its logs that the hub has */
    uint64_t next_seq; /* of its newest log */
};
MUST_CHECK enum err hub_store_nodes(struct hub_store *s,
                                    enum err (*row)(void *ctx, const struct hub_node_row *n),
                                    void *ctx);

/* Tokens of the province's door, kept as hashes. ERR_EXISTS: a living one has that name. */
MUST_CHECK enum err hub_store_token_add(struct hub_store *s, const char *name,
                                        const uint8_t token[static HUB_TOKEN_BYTES],
                                        int64_t now_ms);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err hub_store_token_revoke(struct hub_store *s, const char *name, int64_t now_ms);
struct hub_token { /* without its secret, which is not kept */
    const char *name;
    int64_t created_ms;
    int64_t revoked_ms; /* 0: living */
};
/* By name. */
MUST_CHECK enum err hub_store_tokens(struct hub_store *s,
                                     enum err (*row)(void *ctx, const struct hub_token *t),
                                     void *ctx);
/* ERR_DENIED: unknown or revoked. Otherwise the name of its holder. */
MUST_CHECK enum err hub_store_token_check(struct hub_store *s, struct bytes token,
                                          char name[static MESSAGE_TEXT_MAX + 1]);

#endif

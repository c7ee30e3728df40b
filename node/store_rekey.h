/*
 * The node's store: its own keys change. SPEC 18.9 to 18.11.
 *
 *   saved      the change is the end of a log, signed by the old key; the identity states the new signing
 *              key from here on, and a new log begins under it
 *   under way  the hub may know of it or not: sessions and bundles use the old transport and sealing
 *              keys, or the new ones, in turns, until one side is answered
 *   done       the hub's certificate names the new keys: only they are left
 *
 * Ownership: copies.   Threads: loop thread only.   Units: UTC ms.   Errors: those of node/store.h.
 */
#ifndef DONGBO_NODE_STORE_REKEY_H
#define DONGBO_NODE_STORE_REKEY_H

#include "node/store.h"
#include "proto/admin_key.h"

struct node_rekey { /* a change under way */
    struct id_inc inc;
    uint64_t seq; /* the set that says so */
    uint8_t sign_pk[32], transport_pk[32], sealing_pk[32];
    uint8_t old_sign_pk[32];
    bool turn; /* the next session or bundle is under the new transport and sealing keys */
    int64_t at_ms;
};
/* ERR_NOT_FOUND: none. */
MUST_CHECK enum err node_store_rekey(struct node_store *s, struct node_rekey *out);
/* Which keys are tried next. Nothing happens when no change is under way. */
MUST_CHECK enum err node_store_rekey_turn(struct node_store *s, bool turn);
/* The change is done, whatever this copy of the database says of it. */
MUST_CHECK enum err node_store_rekey_done(struct node_store *s);
/* This copy is from before a change that is done: these are the keys, and the next save begins a new log. */
MUST_CHECK enum err node_store_rekey_adopt(struct node_store *s, const struct admin_rekey *keys);

/* Does the hub want that the present keys are changed? ERR_NOT_FOUND: no. */
MUST_CHECK enum err node_store_rekey_asked(struct node_store *s,
                                           char why[static ADMIN_KEY_REASON_BYTES_MAX + 1]);

/* The key that signs a log, out of its genesis. ERR_NOT_FOUND. */
MUST_CHECK enum err node_store_log_key(struct node_store *s, const struct id_inc *inc,
                                       uint8_t sign_pk[static 32]);

#endif

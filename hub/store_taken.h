/*
 * The hub's store, part 12: who took which issued file. One row for each file and taker: when first,
 * when last, how often. It says what left through the door, not that somebody read it, and is no
 * record: it stays at the hub, and a hub put back from a copy forgets what came after the copy.
 *
 * Ownership: what a callback is given is borrowed for the call.
 * Threads:   loop thread.   Units: UTC ms.   Errors: those of hub/store.h.
 * Limits:    files of issues times logins and tokens.
 */
#ifndef DONGBO_HUB_STORE_TAKEN_H
#define DONGBO_HUB_STORE_TAKEN_H

#include "hub/store.h"

struct hub_taken_file {
    int64_t issue;    /* id of the issue */
    const char *name; /* of the file, or of its signature: "...minisig" */
    const char *who;  /* the token's or the login's name */
    bool token;       /* of the province's door, not a login */
    int64_t first_ms;
    int64_t last_ms;
    int64_t times;
};

/* One more time, now. */
MUST_CHECK enum err hub_taken_note(struct hub_store *s, int64_t issue, const char *name,
                                   const char *who, bool token, int64_t now_ms);
/* What was taken last comes first; of one issue unless it is 0. */
MUST_CHECK enum err hub_taken_each(struct hub_store *s, int64_t issue,
                                   enum err (*each)(void *ctx, const struct hub_taken_file *f),
                                   void *ctx);

#endif

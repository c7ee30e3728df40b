/*
 * The hub's keys change: a new card that the offline root key signs, in one step on a hub that does not run.
 * SPEC 18.5 to 18.8, docs/keys.md.
 *
 * Order of writing, so that a cut at any point is completed by the next opening: new keys as
 * keys/next-*.key; the transaction that puts the card into the log and the identity; the keys in the place
 * of the old ones; keys/card, the signed card outside the database. A database that is older than keys/card
 * (a copy was put back) gets that card again when it is opened.
 *
 * Ownership: everything is borrowed for the call.   Threads: loop thread only.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_ROTATE_H
#define DONGBO_HUB_ROTATE_H

#include "hub/app.h"

#define HUB_CARD_FILE "keys/card" /* the newest signed card, as bytes */

enum hub_rotate_what {
    HUB_ROTATE_ADDRESS, /* the hub moved: no key changes */
    HUB_ROTATE_LOG,     /* new log and sealing keys; the old ones were never in other hands */
    HUB_ROTATE_STOLEN, /* all keys of the old card may be in other hands; or, by the order, older ones */
    HUB_ROTATE_LOST, /* the key files are gone: hub_app_open_keyless() */
};

#define HUB_ROTATE_LOST_LAST ((uint64_t)INT64_MAX) /* last position of a lost key: not known */
enum {
    HUB_ROTATE_LOST_STEP = 64
}; /* serials that a lost hub leaves free: cards that this copy never saw */

struct hub_rotate {
    enum hub_rotate_what what;
    const struct key_sign *root; /* KEY_ROOT */
    const char *address;         /* host:port that nodes dial from now on; NULL: as it is */
};

/*
 * ERR_WRONG_HUB  the root key is another hub's;   ERR_BAD_INPUT  the address
 * ERR_DENIED     HUB_ROTATE_STOLEN without an order of kind "keys" that two officers signed for this log key, or
 *                for one of before, that the card calls safe: then that key is revoked and no key is new
 * ERR_TOO_LARGE  ADMIN_CARD_PAST_MAX keys were changed already
 * and of files and store. After ERR_OK open the hub anew.
 */
MUST_CHECK enum err hub_rotate(struct hub_app *a, const struct hub_rotate *r, int64_t now_ms);

/* At opening, before keys are loaded: put new keys into their places if the identity has them. */
MUST_CHECK enum err hub_rotate_settle(const char *data, const struct hub_identity *id);
/* ... and behind it: a copy from before the last card gets it again. */
MUST_CHECK enum err hub_rotate_again(struct hub_app *a, int64_t now_ms);

/* Content of an order of kind "keys": msgpack [log key bin32]. */
void hub_rotate_order_encode(const uint8_t log_pk[static 32], struct buf *out);
struct order;
MUST_CHECK enum err hub_rotate_order_check(struct hub_app *a, const struct order *o);

#endif

/*
 * Damage in the node's database that heals. SPEC 15.7.
 *
 *   shown   lists, search and typed tables: made anew here, out of the records and the log
 *   feed    what came from the hub: taken anew from cursor 0; the rows stay in use until all of it is there, and the
 *           own sets that wait are folded in again
 *   log     delivered own sets: pulled from the hub; a row is written only where its own bytes do not verify, with
 *           the set whose hash the chain names
 *
 * What waits to be sent, logins, drafts and papers have no second copy: their damage stays an alarm. The alarm of what
 * healed stands too, for the disk wants a look.
 *
 * Threads: loop thread only.   Units: UTC milliseconds.   Errors: those of node/store.h.
 * Limits:  NODE_HEAL_TRIES_MAX pulls after each time that damage was found, more only while they bring something.
 */
#ifndef DONGBO_NODE_STORE_HEAL_H
#define DONGBO_NODE_STORE_HEAL_H

#include "node/store_repair.h"

enum { NODE_HEAL_TRIES_MAX = 3 };

/* Numbers are stored: new kinds go to the end. */
enum node_heal_kind { NODE_HEAL_SHOWN = 1, NODE_HEAL_FEED, NODE_HEAL_LOG };

/* How damage of this table heals: enum node_heal_kind, 0 = not by itself. */
unsigned node_store_heal_kind(struct node_store *s, const char *table);
/* Damage of this kind was found; 0 changes nothing. */
MUST_CHECK enum err node_store_heal_want(struct node_store *s, unsigned kind, int64_t now_ms);

/* A session begins: what is shown is made anew, the cursor goes to 0 where the feed is wanted anew. */
MUST_CHECK enum err node_store_heal_begin(struct node_store *s);
/* store_rot.c. Delivered sets that rotted and did not come yet, for each log of the hello. The logs are read through
 * once for each time that damage of them was noted; after that only what was found then is asked for. */
MUST_CHECK enum err node_store_heal_rot(struct node_store *s, const struct message_hello_node *h,
                                        struct node_store_rot rot[static HELLO_LOGS_MAX]);

/* The hub was asked for them and answered to the end: one of NODE_HEAL_TRIES_MAX. */
MUST_CHECK enum err node_store_heal_tried(struct node_store *s);

/* Consecutive sets of this log out of the hub's hands, hashes and chain checked by the caller. Those that rotted here
 * are kept, durably, and written as soon as the chain above names them: a run of them when its last one came. All other
 * sets are left alone. */
MUST_CHECK enum err node_store_heal_sets(struct node_store *s, const struct id_inc *inc,
                                         const struct message_set *sets, size_t count,
                                         node_store_sign_fn *sign, const void *ctx);

#endif

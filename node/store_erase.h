/*
 * The node's store, part 6: erasure (SPEC 12.4-12.8). The list of erasures is sets of the hub's own
 * log: officers, their ends, and orders of kind "erase". Each is checked here against the officers
 * before it in the list: the hub's signature alone erases nothing. What an order names loses its
 * payload everywhere, in branches and staged pages too, and is not let in again.
 *
 * The list is kept a second time in the file erased.list beside the database, so that an older copy
 * of the database is put right when it is opened.
 *
 * Threads: loop thread.   Units: UTC ms.   Errors: those of node/store.h everywhere.
 */
#ifndef DONGBO_NODE_STORE_ERASE_H
#define DONGBO_NODE_STORE_ERASE_H

#include "node/store.h"
#include "proto/erase.h"
#include "proto/order.h"

/*
 * Take sets of the list, in order; their signatures by the hub were checked. Those that are there
 * already only tell their position. One transaction; the wipe is then wanted.
 *   in   whole   this is the list from its beginning; `last`: and here it ends: what this node has
 *                beyond it is kept to be given back
 * ERR_BAD_SIGNATURE, ERR_DENIED, ERR_REVOKED, ERR_NOT_FOUND, ERR_BAD_FORMAT: an order is not signed
 * by two officers: nothing was taken, close the link.
 */
MUST_CHECK enum err node_store_erasures(struct node_store *s, const struct message_set *sets,
                                        size_t count, bool whole, bool last);

/* For the hello: how long the list is, and its sum. */
MUST_CHECK enum err node_store_erasure_end(struct node_store *s, uint32_t *count,
                                           uint8_t sum[static 8]);

/* Write the database anew without what was deleted, and empty the WAL. Outside a transaction, between
 * sessions: it takes a while. Tried again at the next open until it worked. */
MUST_CHECK enum err node_store_wipe(struct node_store *s);
bool node_store_wipe_wanted(const struct node_store *s);

#endif

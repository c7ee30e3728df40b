/*
 * What must always hold (architecture 13), checked against a second, simple implementation: plain arrays of what users
 * typed and of the hub's log, and a naive fold over all of that log. No SQL of its own but reading.
 *
 *   after every step   1 saved sets are in their node's log, or in a branch of it; receipted ones, byte for byte, in
 *                        the hub's committed log, unless the hub went back and the node has not synced since
 *                      2 every register at the hub has exactly the heads of the naive fold; so has every verdict
 *                        no two logs begin under one incarnation, whoever is whose copy
 *                      9 sets = receipted + waiting; ops of receipted sets = sum of verdicts
 *   at quiescence      1 every op that was saved on a disk that still is one is in the hub's log: its set, or the
 *                        same op made once more in a newer incarnation; so is every set of the hub's own log that it
 *                        lost and a node holds
 *                      3 every node's copy equals the hub's records in its scope, bit for bit; scope hashes agree
 *                      4 the same logs, delivered in another order and grouping, give the same heads and conflicts
 *                      8 queues are empty (world_settle)
 *   after every step   5 of an op that an order erased the hub's log has a stub and no payload, and verifies; no
 *                        disk of who knows the order has the record's mark any more (check_erase.c)
 *                      6 files of issued reports are as they were issued; at closing the figures equal a recount by
 *                        the naive fold (close.c)
 *                      7 no set of a node stands behind its revocation but what a person let in,
 *                        which does; what cannot be read is held, no more
 *   Nothing is asked of a hostile node, and of a revoked one only what concerns itself.
 *
 * Ownership: a struct check owns copies of everything.   Threads: one.
 */
#ifndef DONGBO_TESTS_SIM_CHECK_H
#define DONGBO_TESTS_SIM_CHECK_H

#include "tests/sim/world.h"

struct check *check_new(void);
void check_free(struct check *c);

/* A save that the node's store said is durable. */
void check_saved(struct world *w, unsigned node, const struct node_own_saved *saved);
/* The hub committed (or booted): read on in its log. `again`: read all of it, what was there must still be. */
void check_hub(struct world *w, bool again);
/* The node booted: everything saved is still there. Takes over what a crash left in doubt; true: the save in doubt is
 * there. */
bool check_node_booted(struct world *w, unsigned node);
/* A receipt was stored, or a feed applied. */
void check_node(struct world *w, unsigned node);
/*
 * Things that go back in time. The disk of a host is kept as it is now; or is what was kept (before it boots); node
 * `to` begins with a copy of the disk of node `from`. After the hub went back, receipts are compared again when the
 * node has had a complete session.
 */
void check_image(struct world *w, int who);
void check_restored(struct world *w, int who);
/* Another disk is in the hub's place: all of its log is read at the next boot, and nothing is asked of receipts before
 * the next complete session. */
void check_swapped(struct world *w);
void check_cloned(struct world *w, unsigned from, unsigned to);

/* All hosts up and in rest. */
void check_quiet(struct world *w);

/* Has the hub everything of this node, and the node everything of the hub? Cheap. */
bool check_settled(struct world *w, unsigned node);

/* Is this payload of the hub's own log committed? */
bool check_has_payload(const struct world *w, struct bytes payload);

/* Heads of a register as texts, sorted, with conflicts: for world_picture. */
void check_picture(struct world *w, const struct id_record *rid, struct buf *out);

/* Heads that a record's field has at `who` now: versions as bases, appended. false: nothing there. */
bool check_bases(struct world *w, int who, const struct id_record *rid, unsigned field,
                 struct bytes element, struct buf *bases, uint8_t digest[16]);

/* The first write on this record that waits for a decision. */
bool check_crossed(struct world *w, const struct id_record *rid, struct id_version *version,
                   unsigned *op);

#endif
